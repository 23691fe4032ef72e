/* test_hostile.c: what costs much to read or compare is paid for; arguments at the edge. See graph.h for the
 * lines. */
#define GRAPH_ROOM 0x80000
#include "graph.h"
#include "harness.h"

static graph *build(const char *const *lines) {
    graph *g = graph_new();
    int anchors = 0;
    for (; *lines; lines++) {
        if (strcmp(*lines, "|") == 0)
            anchors = 1;
        else if (anchors)
            graph_anchor(g, *lines);
        else
            graph_send(g, *lines);
    }
    graph_seal(g);
    return g;
}

static pv_verdict verdict_of(const char *target, const char *issuer, const char *anchor) {
    const char *const lines[] = {target, issuer, "|", anchor, NULL};
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    graph_free(g);
    return v;
}

/* --- Steps ------------------------------------------------------------------------------------------------
 */

TEST(long_names_are_paid_for) {
    pv_verdict plain = verdict_of("L by M_1", "M_1 by R ca", "R by R ca");
    pv_verdict wide = verdict_of("L by M_1", "M_1 by R ca gap:6400", "R by R ca");
    CHECK_IS(plain.outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(wide.outcome, PV_OUTCOME_TRUSTED);
    /* compared when the ranks are taken, besides what its length costs at the sorting */
    CHECK(wide.spent.steps >= plain.spent.steps + 6400 / 64 + 6400 / 512);
    /* beside another candidate it is looked for, and compared, again when its turn comes */
    static const char *const two[] = {
        "L by M_1", "M_1 by R ca gap:6400", "M_1 by R ca gap:3200", "|", "R by R ca", NULL};
    graph *g = build(two);
    pv_verdict both = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK_IS(both.outcome, PV_OUTCOME_TRUSTED);
    CHECK(both.spent.steps >= plain.spent.steps + (6400 + 3200) / 64 + 3200 / 64 + (6400 + 3200) / 512);
    graph_free(g);
}

/* Whatever buys a comparison of long names, one less does not. */
TEST(long_names_end_exactly) {
    static const char *const lines[] = {"L by M_1", "M_1 by R_1 ca gap:999 igap:800", "|",
                                        "R_1 by R_1 ca gap:700", NULL};
    graph *g = build(lines);
    pv_policy policy = GRAPH_POLICY;
    policy.budget.steps = graph_verdict(g, &policy, NULL, 0).spent.steps;
    CHECK_IS(graph_verdict(g, &policy, NULL, 0).outcome, PV_OUTCOME_TRUSTED);
    for (uint32_t most = policy.budget.steps;
         policy.budget.steps-- > 0 && most - policy.budget.steps < 100;) {
        pv_verdict v = graph_verdict(g, &policy, NULL, 0);
        CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.reason == PV_R_BUDGET_STEPS);
        CHECK(v.spent.steps <= policy.budget.steps);
    }
    graph_free(g);
}

/* The same name and key on a path, the name written long: finding that out is paid for too. */
TEST(loops_are_paid_for) {
    static const char *const lines[] = {"L by M_1", "M_1 by M_1 ca key:k", "M_1 by M_1 ca key:k gap:6400",
                                        "|",        "R by R ca",           NULL};
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK_IS(v.outcome, PV_OUTCOME_REFUSED);
    CHECK(v.spent.steps >= 6 * 6400 / 64);
    graph_free(g);
}

TEST(sorting_is_paid_for) {
    pv_policy policy = GRAPH_POLICY;
    char line[64];
    graph *g = graph_new();
    graph_send(g, "L by M");
    for (int i = 0; i < 8; i++) {
        snprintf(line, sizeof line, "M by R ca tail:51200 serial:%d", i);
        graph_send(g, line);
    }
    graph_anchor(g, "R by R ca");
    graph_seal(g);
    CHECK(graph_verdict(g, &policy, NULL, 0).spent.steps > 800);
    policy.budget.steps = 800;
    pv_verdict v = graph_verdict(g, &policy, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.reason == PV_R_BUDGET_STEPS && v.num_records == 0);
    graph_free(g);
}

/* Key identifiers beyond 128 octets prove nothing: of two issuers the one that expires later comes first. */
TEST(long_key_ids_are_no_evidence) {
    for (int len = 128; len <= 129; len++) {
        char text[2][64];
        pv_record log[4];
        snprintf(text[0], sizeof text[0], "L by M kid:%d", len);
        snprintf(text[1], sizeof text[1], "M by Q ca kid:%d", len);
        const char *const with[] = {text[0], text[1], "M by P ca to:1900022400", "|", "R by R ca", NULL};
        graph *g = build(with);
        pv_verdict v = graph_verdict(g, &GRAPH_POLICY, log, 4);
        CHECK(v.num_records >= 4 && log[1].node == (len == 128 ? 1u : 2u));
        graph_free(g);
    }
}

#ifndef PV_SMALL /* which reads no index */

static uint32_t steps_without_slots(uint32_t num_anchors, uint32_t num_slots) {
    graph *g = graph_new();
    char line[64];
    graph_send(g, "L by M");
    graph_send(g, "M by N ca");
    for (uint32_t i = 0; i < num_anchors; i++) {
        snprintf(line, sizeof line, "R%u by R%u ca", (unsigned)i, (unsigned)i);
        graph_anchor(g, line);
    }
    graph_seal(g);
    if (num_slots == 0) g->store.index.num_slots = 0;
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK_IS(v.outcome, PV_OUTCOME_REFUSED);
    graph_free(g);
    return v.spent.steps;
}

/* Names other than N whose walks begin at N's slot: what store.c makes of a hash, for 512 slots. */
static uint32_t home_of(uint32_t hash) {
    uint32_t mixed = hash * 0x9E3779B1u;
    return (mixed ^ (mixed >> 16)) & 511u;
}

static uint32_t steps_past_others(uint32_t num_anchors) {
    graph *g = graph_new();
    uint32_t hash = 0;
    graph_send(g, "L by M");
    graph_send(g, "M by N ca");
    for (uint32_t i = 0; i < 160; i++) {
        graph_anchor(g, "R by R ca");
        while (i < num_anchors && home_of(++hash) != home_of(g->sent[1]->issuer_hash)) {
        }
        g->anchors[i].subject_hash = i < num_anchors ? hash : 1;
    }
    graph_seal(g);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK_IS(v.outcome, PV_OUTCOME_REFUSED);
    graph_free(g);
    return v.spent.steps;
}

TEST(slots_of_others_are_paid_for) {
    CHECK_IS(steps_past_others(4), steps_past_others(0));
    CHECK(steps_past_others(128) >= steps_past_others(0) + (128 - 8) / 4);
}

TEST(a_store_without_index_is_paid_for) {
    CHECK_IS(steps_without_slots(160, 1), steps_without_slots(1, 1));
    CHECK(steps_without_slots(160, 0) >= steps_without_slots(1, 0) + 2 * 10);
}

#endif

/* --- Names ------------------------------------------------------------------------------------------------
 */

TEST(long_values_are_paid_for) {
    /* purposes: 10 octets each, once for the target and once for its issuer */
    CHECK(verdict_of("L by M ekus:1000 eku:1", "M by R ca", "R by R ca").spent.names >= 10000 / 64);
    CHECK(verdict_of("L by M", "M by R ca ekus:1000 eku:1", "R by R ca").spent.names >= 10000 / 64);
    /* names that nothing is compared with */
    uint32_t alone = verdict_of("L by M sans:1000", "M by R ca", "R by R ca").spent.names;
    CHECK(verdict_of("L by M sans:1000", "M by R ca exlen:3", "R by R ca").spent.names >= alone + 16000 / 32);
    /* one long constraint */
    CHECK(verdict_of("L by M", "M by R ca exlen:64000", "R by R ca").spent.names >= 64000 / 32);
    /* a long subject */
    CHECK(verdict_of("L_1 by M gap:6400", "M by R ca permit:example", "R by R ca").spent.names >= 6400 / 32);
    /* looking for the critical extension that stopped it */
    pv_verdict v = verdict_of("L by M", "M by R ca exts:6400", "R by R ca");
    CHECK(v.outcome == PV_OUTCOME_REFUSED && v.reason == PV_R_UNKNOWN_CRITICAL_EXTENSION &&
          v.offset != PV_NO_OFFSET);
    CHECK(v.spent.names >= 6400 / 64);
}

/* --- Arguments --------------------------------------------------------------------------------------------
 */

/* A child whose own policy is poor has a small table for edges: it gives up, whatever its parent has left. */
TEST(a_childs_table_is_its_own) {
    static const char *const lines[] = {"L by I", "I by J ca", "J by R ca", "|", "R by R ca", NULL};
    graph *g = build(lines);
    for (uint32_t own = 0; own <= 8; own++) {
        pv_policy poor = GRAPH_POLICY, rich = GRAPH_POLICY;
        rich.budget = (pv_budget){0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu};
        poor.budget = (pv_budget){own, 0, 0, 0, 0};
        pv_request requests[2] = {graph_request(g, &rich), graph_request(g, &poor)};
        requests[1].parent = &requests[0];
        CHECK_IS(graph_run(g, requests, 2), PV_DONE);
        CHECK_IS(requests[0].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1].verdict.outcome, own < 4 ? PV_OUTCOME_UNDECIDED : PV_OUTCOME_TRUSTED);
        CHECK(own >= 4 || requests[1].verdict.reason == PV_R_BUDGET_SIGNATURES);
    }
    graph_free(g);
}

TEST(a_parent_is_an_earlier_request) {
    static const char *const lines[] = {"L by R", "|", "R by R ca", NULL};
    graph *g = build(lines);
    pv_request requests[3] = {graph_request(g, &GRAPH_POLICY), graph_request(g, &GRAPH_POLICY),
                              graph_request(g, &GRAPH_POLICY)};
    pv_request stranger = requests[0];
    requests[1].parent = (pv_request *)(void *)((uint8_t *)&requests[0] + 8);
    CHECK_IS(graph_run(g, requests, 3), PV_FAILED);
    requests[1].parent = &stranger;
    CHECK_IS(graph_run(g, requests, 3), PV_FAILED);
    requests[1].parent = &requests[1];
    CHECK_IS(graph_run(g, requests, 3), PV_FAILED);
    requests[1].parent = &requests[0];
    requests[2].parent = &requests[1];
    CHECK_IS(graph_run(g, requests, 3), PV_DONE);
    CHECK_IS(requests[2].verdict.outcome, PV_OUTCOME_TRUSTED);
    graph_free(g);
}

/* The count of lines stays at its end rather than begin anew over the lines there are. */
TEST(the_log_does_not_wrap) {
    pv_record log[2] = {{7, 7, 7, 7, 7}, {7, 7, 7, 7, 7}};
    pv_request r = {.records = log, .max_records = 2};
    r.verdict.num_records = 0xFFFFFFFFu;
    pv_verdict_enter(&r, 1, 1);
    pv_verdict_enter(&r, 1, 1);
    CHECK_IS(r.verdict.num_records, 0xFFFFFFFFu);
    CHECK(log[0].node == 7 && log[1].node == 7);
}

TEST(nothing_at_all) {
    graph *g = graph_new();
    pv_pool pool = {NULL, 0, {NULL, NULL, 0}};
    graph_send(g, "L by R");
    pv_request r = graph_request(g, &GRAPH_POLICY);
    r.pool = &pool;
    CHECK_IS(graph_run(g, &r, 1), PV_DONE); /* no anchors, no slots, an empty pool */
    CHECK_IS(r.verdict.outcome, PV_OUTCOME_REFUSED);
    r.certs = NULL;
    r.num_certs = 0;
    CHECK_IS(graph_run(g, &r, 1), PV_DONE);
    CHECK_IS(r.verdict.reason, PV_R_CERT_UNREADABLE);
    graph_free(g);
}

/* Nor does the order of what was sent show in the price of looking up edges. */
TEST(order_is_free) {
    pv_verdict first = {0};
    const pv_cert *order[65];
    char line[128];
    uint32_t seed = 5;
    graph *g = graph_new();
    graph_send(g, "L by M0 noids signed:none");
    for (int i = 0; i < 64; i++) {
        snprintf(line, sizeof line, "M0 by M0 ca noids key:k%d signed:%s", i, i % 2 ? "R" : "none");
        graph_send(g, line);
    }
    graph_anchor(g, "M0 by M0 ca key:R signed:R noids");
    graph_seal(g);
    memcpy(order, g->sent, sizeof order);
    for (int round = 0; round < 30; round++) {
        pv_request r = graph_request(g, &GRAPH_POLICY);
        r.certs = order;
        CHECK_IS(graph_run(g, &r, 1), PV_DONE);
        if (round == 0) first = r.verdict;
        CHECK(r.verdict.outcome == first.outcome && r.verdict.reason == first.reason);
        CHECK_IS(r.verdict.spent.signatures, first.spent.signatures);
        CHECK_IS(r.verdict.spent.steps, first.spent.steps);
        for (uint32_t k = 64; k > 1; k--) {
            seed = seed * 1103515245u + 12345u;
            uint32_t with = 1 + (seed >> 16) % k;
            const pv_cert *kept = order[k];
            order[k] = order[with];
            order[with] = kept;
        }
    }
    graph_free(g);
}

/* 200 names whose hashes were made to collide with the one that is looked for. */
TEST(colliding_names_are_paid_for) {
    uint32_t steps[2];
    for (int collide = 0; collide < 2; collide++) {
        char line[64];
        graph *g = graph_new();
        graph_send(g, "L by M");
        for (int i = 0; i < 200; i++) {
            snprintf(line, sizeof line, "X%d by Q ca", i);
            graph_send(g, line);
            if (collide) g->certs[i + 1].subject_hash = g->certs[0].issuer_hash;
        }
        graph_anchor(g, "R by R ca");
        graph_send(g, "M by R ca");
        graph_seal(g);
        pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
        CHECK_IS(v.outcome, PV_OUTCOME_TRUSTED);
        steps[collide] = v.spent.steps;
        graph_free(g);
    }
    CHECK(steps[1] >= steps[0] + 200 / 4);
}
