/* test_search.c: paths over graphs: backtracking, order, loops, budgets, rounds, pauses. See graph.h for the
 * lines. */
#include "graph.h"
#include "harness.h"

#define EXPIRED "to:1640995200"

/* Lines after "|" are anchors. */
typedef struct path_case {
    const char *lines[16];
    uint8_t outcome;
    pv_reason reason;
} path_case;

/* What a demand for an explicit policy comes to where there is none. */
#ifdef PV_NO_POLICIES
#define PV_R_POLICY_DEMANDED PV_R_POLICY_UNSUPPORTED
#else
#define PV_R_POLICY_DEMANDED PV_R_POLICY_REQUIRED
#endif
#define T         PV_OUTCOME_TRUSTED, PV_OK
#define R(reason) PV_OUTCOME_REFUSED, PV_R_##reason

static const path_case path_cases[] = {
    {{"L by I", "I by R ca", "|", "R by R ca"}, T},
    {{"L by I", "I by R ca", "R by R ca", "|", "R by R ca"}, T},
    {{"L by R", "|", "R by R ca"}, T},
    {{"R by R ca", "|", "R by R ca"}, T}, /* a CA certificate as the target */
    {{"L by I", "I by R ca", "|", "S by S ca", "Q by Q ca", "R by R ca"}, T},
    /* anchors of one name, other keys */
    {{"L by I", "I by R ca noids", "|", "R by R ca key:new signed:new", "R by R ca"}, T},
    {{"L by I", "I by R ca signed:gone", "|", "R by R ca key:new signed:new", "R by R ca"}, R(SIGNATURE_BAD)},
    /* cross-signs: dead ends first and last */
    {{"L by I", "I by R2 ca", "R2 by R1 ca", "|", "R1 by R1 ca"}, T},
    {{"L by I", "I by R2 ca", "R2 by R1 ca", "|", "R2 by R2 ca"}, T},
    {{"L by I", "I by R2 ca", "R2 by R3 ca", "R2 by R1 ca", "|", "R1 by R1 ca"}, T},
    {{"L by I", "I by R3 ca", "I by R2 ca", "|", "R2 by R2 ca"}, T},
    {{"L by I noids", "I by R2 ca key:other noids", "I by R2 ca noids", "|", "R2 by R2 ca"}, T},
    {{"L by I", "I by R2 ca " EXPIRED, "I by R2 ca", "|", "R2 by R2 ca"}, T},
    {{"L by I", "I by R2 ca", "R2 by R1 ca " EXPIRED, "|", "R1 by R1 ca"}, R(EXPIRED)},
    {{"L by I", "I by R2 ca", "R2 by R1 ca", "|", "R1 by R1 ca " EXPIRED}, R(ANCHOR_EXPIRED)},
    {{"L by I", "I by R ca", "|", "R by R ca " EXPIRED, "R by R ca"}, T},
    {{"L by I", "J by R ca", "I by R ca", "|", "R by R ca"}, T},
    {{"L by I", "L by I", "I by R ca", "I by R ca", "|", "R by R ca"}, T},
    {{"L by I", "|", "R by R ca"}, R(NO_ISSUER)},
    {{"L by I", "I by R2 ca", "|", "R1 by R1 ca"}, R(NO_ISSUER)},
    {{"L by I", "I by R ca", "R by R ca", "|", "Q by Q ca"}, R(ROOT_NOT_TRUSTED)},
    {{"L by L", "|", "Q by Q ca"}, R(ROOT_NOT_TRUSTED)},
    {{"L by A", "A by B ca", "B by A ca", "A by B ca serial:2", "|", "R by R ca"}, R(LOOP)},
    /* root rollover: new with old, old with new */
    {{"L by I", "I by R ca signed:new", "R by R ca key:new signed:old", "|", "R by R ca key:old signed:old"},
     T},
    {{"L by I", "R by R ca key:old signed:new", "I by R ca signed:new", "R by R ca key:new signed:old", "|",
      "R by R ca key:old signed:old"},
     T},
    {{"L by I", "I by R ca signed:old", "R by R ca key:old signed:new", "|", "R by R ca key:new signed:new"},
     T},
    /* path length: self-issued ones do not count */
    {{"L by P", "P by P ca signed:P0 key:P1", "P by R ca key:P0 len:0", "|", "R by R ca"}, R(SIGNATURE_BAD)},
    {{"L by P signed:P1", "P by P ca signed:P0 key:P1", "P by R ca key:P0 len:0", "|", "R by R ca"}, T},
    {{"L by I", "I by P ca", "P by R ca len:0", "|", "R by R ca"}, R(PATH_LEN_EXCEEDED)},
    {{"L by I", "I by P ca", "P by R ca len:1", "|", "R by R ca"}, T},
    {{"L by I", "I by R ca", "|", "R by R ca len:0"}, R(PATH_LEN_EXCEEDED)},
    /* who may not issue */
    {{"L by I", "I by R", "|", "R by R ca"}, R(NOT_A_CA)},
    {{"L by I", "I by R ca nousage", "|", "R by R ca"}, R(NO_CERT_SIGN)},
    {{"L by I", "I by R ca crit", "|", "R by R ca"}, R(UNKNOWN_CRITICAL_EXTENSION)},
    {{"L by I crit", "I by R ca", "|", "R by R ca"}, R(UNKNOWN_CRITICAL_EXTENSION)},
    /* an explicit policy is demanded */
    {{"L by I", "I by R ca pcons", "|", "R by R ca"}, R(POLICY_DEMANDED)},
    {{"L by I", "I by R ca", "|", "R by R ca pcons"}, R(POLICY_DEMANDED)},
    {{"L by I pcons", "I by R ca", "|", "R by R ca"}, R(POLICY_DEMANDED)},
#ifndef PV_NO_POLICIES
    {{"L by I pol:1", "I by R ca pcons pol:1", "|", "R by R ca"}, T},
    {{"L by I pol:1", "I by R ca pol:2", "I by R ca pcons pol:1 serial:2", "|", "R by R ca"}, T},
    {{"L by I pol:2", "I by R ca pcons pol:1", "I by Q ca pol:2 require:0", "|", "R by R ca", "Q by Q ca"},
     T},
    {{"L by I pol:1", "I by R ca map:1>*", "|", "R by R ca"}, R(POLICY_MAPPING_ANY)},
#endif
    {{"L by I " EXPIRED, "I by R ca", "|", "R by R ca"}, R(EXPIRED)},
    {{"L by I from:1700006400", "I by R ca", "|", "R by R ca"}, R(NOT_YET_VALID)},
    /* forged */
    {{"L by I signed:none", "I by R ca", "|", "R by R ca"}, R(SIGNATURE_BAD)},
    {{"L by I", "I by R ca signed:none", "|", "R by R ca"}, R(SIGNATURE_BAD)},
    {{"F by L", "L by I", "I by R ca", "|", "R by R ca"}, R(NOT_A_CA)},
    /* name constraints, wherever they stand */
    {{"L by I dns:a.example", "I by R ca permit:example", "|", "R by R ca"}, T},
    {{"L by I dns:a.example", "I by R ca permit:other", "|", "R by R ca"}, R(NC_NOT_PERMITTED)},
    {{"L by I dns:a.example", "I by R ca", "|", "R by R ca exclude:example"}, R(NC_EXCLUDED)},
    {{"L by I dns:a.example", "I by R ca exclude:example", "I by Q ca", "|", "R by R ca", "Q by Q ca"}, T},
};

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

TEST(paths) {
    for (size_t i = 0; i < sizeof path_cases / sizeof *path_cases; i++) {
        graph *g = build(path_cases[i].lines);
        pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
        if (v.outcome != path_cases[i].outcome || v.reason != path_cases[i].reason) {
            fprintf(stderr, "case %zu (%s ...): outcome %d, reason %d\n", i, path_cases[i].lines[0],
                    v.outcome, v.reason);
        }
        CHECK(v.outcome == path_cases[i].outcome);
        CHECK(v.reason == path_cases[i].reason);
        CHECK((v.path_len > 0) == (v.outcome == PV_OUTCOME_TRUSTED));
        CHECK((v.anchor != PV_NODE_NONE) == (v.outcome == PV_OUTCOME_TRUSTED));
        graph_free(g);
    }
}

static int same_path(const graph *g, const pv_verdict *a, const pv_verdict *b,
                     const pv_cert *const *order_b) {
    if (a->outcome != b->outcome || a->path_len != b->path_len || a->anchor != b->anchor ||
        a->reason != b->reason)
        return 0;
    for (unsigned i = 0; i < a->path_len; i++) {
        if (!pv_span_equal(pv_cert_der(g->sent[a->path[i]]), pv_cert_der(order_b[b->path[i]]))) return 0;
    }
    return memcmp(&a->spent, &b->spent, sizeof a->spent) == 0;
}

/* The order in which candidates were sent changes nothing: not the outcome, the path, the headline, nor what
 * was spent. */
static void check_orders(const path_case *cases, size_t num_cases) {
    for (size_t i = 0; i < num_cases; i++) {
        graph *g = build(cases[i].lines);
        pv_verdict first = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
        const pv_cert *order[16];
        uint32_t seed = 7;
        for (int round = 0; round < 24; round++) {
            memcpy(order, g->sent, sizeof order);
            for (uint32_t k = g->num_sent - 1; k > 1; k--) {
                seed = seed * 1103515245u + 12345u;
                uint32_t with = 1 + (seed >> 16) % k;
                const pv_cert *kept = order[k];
                order[k] = order[with];
                order[with] = kept;
            }
            pv_request r = graph_request(g, &GRAPH_POLICY);
            r.certs = order;
            CHECK(graph_run(g, &r, 1) == PV_DONE);
            CHECK(same_path(g, &first, &r.verdict, order));
        }
        graph_free(g);
    }
}

TEST(order_changes_nothing) {
    check_orders(path_cases, sizeof path_cases / sizeof *path_cases);
}

/* Whatever a budget of n buys, n - 1 does not; and too little is never "refused", never "trusted". */
static void check_edge(const char *const *lines, size_t member, uint32_t enough) {
    for (int less = 0; less < 2; less++) {
        graph *g = build(lines);
        pv_policy policy = GRAPH_POLICY;
        uint32_t value = enough - (uint32_t)less;
        memcpy((uint8_t *)&policy.budget + member, &value, sizeof value);
        pv_verdict v = graph_verdict(g, &policy, NULL, 0);
        CHECK(v.outcome == (less ? PV_OUTCOME_UNDECIDED : PV_OUTCOME_TRUSTED));
        CHECK(less == 0 || (v.reason >= PV_R_BUDGET_SIGNATURES && v.reason <= PV_R_BUDGET_POLICY_NODES));
        graph_free(g);
    }
}

TEST(budgets_end_exactly) {
    static const char *const lines[] = {"L by I dns:a.example", "I by R ca permit:example", "|", "R by R ca",
                                        NULL};
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_TRUSTED);
    CHECK(v.spent.signatures == 2 * PV_COST_P256);
    check_edge(lines, offsetof(pv_budget, signatures), v.spent.signatures);
    check_edge(lines, offsetof(pv_budget, steps), v.spent.steps);
    check_edge(lines, offsetof(pv_budget, names), v.spent.names);
    check_edge(lines, offsetof(pv_budget, bytes), v.spent.bytes);
    graph_free(g);
}

/* Signatures above a bad one are paid for, those below are not looked at. */
TEST(anchor_side_first) {
    static const char *const lines[] = {"L by I signed:none", "I by R ca signed:none", "|", "R by R ca",
                                        NULL};
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_REFUSED && v.reason == PV_R_SIGNATURE_BAD);
    CHECK(v.spent.signatures == PV_COST_P256);
    CHECK(v.depth == 1 && v.node == 1);
    CHECK(g->num_jobs == 1 && g->num_calls == 1);
    graph_free(g);
}

TEST(an_edge_is_asked_about_once) {
    /* One key certified by two roots: the leaf's edge is the same under both. */
    static const char *const lines[] = {"L by I signed:none", "I by R ca", "I by Q ca", "|",
                                        "R by R ca",          "Q by Q ca", NULL};
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_REFUSED && v.reason == PV_R_SIGNATURE_BAD);
    CHECK(g->num_jobs == 2);
    graph_free(g);
}

/* --- Engines that fail
 * ----------------------------------------------------------------------------------------------- */

TEST(an_engine_without_answers_decides_nothing) {
    for (uint32_t after = 1; after <= 2; after++) {
        graph *g = build(path_cases[0].lines);
        g->fail_after = after;
        g->num_jobs = after == 1 ? 1 : 1; /* the first (or second) job gets no answer */
        pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
        CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.reason == PV_R_SIGNATURE_NOT_CHECKED);
        graph_free(g);
    }
}

TEST(odd_answers_are_no_answers) {
    static const uint8_t odd[] = {4, 5, 17, 128, 255};
    for (size_t i = 0; i < sizeof odd; i++) {
        graph *g = build(path_cases[0].lines);
        g->answer_all = odd[i];
        CHECK(graph_verdict(g, &GRAPH_POLICY, NULL, 0).outcome == PV_OUTCOME_UNDECIDED);
        graph_free(g);
    }
}

TEST(unsupported_is_neither_good_nor_bad) {
    graph *g = build(path_cases[0].lines);
    g->answer_all = PV_SIG_UNSUPPORTED;
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_REFUSED && v.reason == PV_R_SIGNATURE_UNSUPPORTED);
    graph_free(g);
}

/* --- Zero refuses
 * ------------------------------------------------------------------------------------------------------ */

static void check_refused(const pv_request *asked, graph *g, pv_reason reason) {
    pv_request r = *asked;
    CHECK(graph_run(g, &r, 1) == PV_DONE);
    CHECK(r.verdict.outcome == PV_OUTCOME_REFUSED && r.verdict.reason == reason);
    CHECK(g->num_jobs == 0);
}

/* What is not built in is refused by name; what is built in is asked for evidence, and there is none. */
TEST(revocation_by_what_is_built_in) {
    graph *g = build(path_cases[0].lines);
    for (uint8_t sources = PV_SOURCE_CRL; sources <= (PV_SOURCE_CRL | PV_SOURCE_OCSP); sources++) {
        pv_policy policy = GRAPH_POLICY;
        policy.revocation = PV_REVOCATION_LEAF;
        policy.revocation_sources = sources;
        pv_verdict v = graph_verdict(g, &policy, NULL, 0);
        CHECK(v.outcome == PV_OUTCOME_REFUSED);
        int built_in = pv_revocation_is_built_in(sources);
        CHECK_IS(v.reason, built_in ? PV_R_REVOCATION_UNKNOWN : PV_R_REVOCATION_UNSUPPORTED);
    }
    graph_free(g);
}

TEST(zero_refuses) {
    graph *g = build(path_cases[0].lines);
    pv_request good = graph_request(g, &GRAPH_POLICY);
    pv_policy policy = GRAPH_POLICY;
    pv_request r = good;
    r.policy = &policy;
    policy.profile = 0;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    policy.profile = 77;
    check_refused(&r, g, PV_R_PROFILE_UNSUPPORTED);
    policy = GRAPH_POLICY;
    policy.purpose = 0;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    policy = GRAPH_POLICY;
    policy.purpose = PV_PURPOSE_OID;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    policy = GRAPH_POLICY;
    policy.anchor_checks = 0;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    policy = GRAPH_POLICY;
    policy.algorithms = 0;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    policy = GRAPH_POLICY;
    policy.revocation = 1;
    check_refused(&r, g, PV_R_POLICY_UNUSABLE);
    r = good;
    r.time.mode = 0;
    check_refused(&r, g, PV_R_TIME_UNSET);
    r = good;
    r.subject.kind = 0;
    check_refused(&r, g, PV_R_SUBJECT_UNSET);
    r = good;
    r.num_certs = 0;
    check_refused(&r, g, PV_R_CERT_UNREADABLE);
    graph_free(g);
}

TEST(a_zeroed_anchor_or_view_is_nothing) {
    static const pv_cert empty_view;
    graph *g = build(path_cases[0].lines);
    const pv_cert *sent[] = {&empty_view, g->sent[1]};
    const pv_cert *junk[] = {g->sent[0], &empty_view, g->sent[1]};
    pv_request r = graph_request(g, &GRAPH_POLICY);
    r.certs = sent;
    check_refused(&r, g, PV_R_CERT_UNREADABLE);
    r.certs = junk;
    r.num_certs = 3;
    CHECK(graph_run(g, &r, 1) == PV_DONE);
    CHECK(r.verdict.outcome == PV_OUTCOME_TRUSTED);
    g->anchors[0].usable = 0;
    CHECK(graph_run(g, &r, 1) == PV_DONE);
    CHECK(r.verdict.outcome == PV_OUTCOME_REFUSED && r.verdict.reason == PV_R_ANCHOR_UNUSABLE);
    memset(&g->anchors[0], 0, sizeof g->anchors[0]);
    CHECK(graph_run(g, &r, 1) == PV_DONE);
    CHECK(r.verdict.outcome == PV_OUTCOME_REFUSED);
    graph_free(g);
}

/* --- Time
 * ------------------------------------------------------------------------------------------------------------------
 */

static uint8_t outcome_at(graph *g, uint8_t mode, int64_t value) {
    pv_request r = graph_request(g, &GRAPH_POLICY);
    r.time.mode = mode;
    r.time.value = value;
    CHECK(graph_run(g, &r, 1) == PV_DONE);
    return r.verdict.outcome;
}

TEST(time_modes) {
    /* L valid days 100 to 200, its issuer 50 to 150, the root 0 to 300 */
    static const char *const lines[] = {"L by I from:8640000 to:17280000",
                                        "I by R ca from:4320000 to:12960000", "|",
                                        "R by R ca from:0 to:25920000", NULL};
    graph *g = build(lines);
    CHECK(outcome_at(g, PV_TIME_KNOWN, 8640000) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, PV_TIME_KNOWN, 8639999) == PV_OUTCOME_REFUSED);
    CHECK(outcome_at(g, PV_TIME_KNOWN, 12960000) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, PV_TIME_KNOWN, 12960001) == PV_OUTCOME_REFUSED);
    CHECK(outcome_at(g, PV_TIME_FLOOR, 0) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, PV_TIME_FLOOR, 12960000) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, PV_TIME_FLOOR, 12960001) == PV_OUTCOME_REFUSED);
    CHECK(outcome_at(g, PV_TIME_UNKNOWN, 1) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, PV_TIME_AT_ISSUANCE, 1) == PV_OUTCOME_TRUSTED);
    CHECK(outcome_at(g, 0, 8640000) == PV_OUTCOME_REFUSED);
    CHECK(outcome_at(g, 5, 8640000) == PV_OUTCOME_REFUSED);
    graph_free(g);
    static const char *const late[] = {"L by I from:13046400 to:17280000",
                                       "I by R ca from:4320000 to:12960000", "|",
                                       "R by R ca from:0 to:25920000", NULL};
    g = build(late);
    CHECK(outcome_at(g, PV_TIME_AT_ISSUANCE, 1) == PV_OUTCOME_REFUSED);
    CHECK(outcome_at(g, PV_TIME_UNKNOWN, 1) == PV_OUTCOME_TRUSTED);
    graph_free(g);
}

/* --- Anchor checks
 * -----------------------------------------------------------------------------------------------------------
 */

static pv_verdict with_checks(graph *g, uint8_t checks) {
    pv_policy policy = GRAPH_POLICY;
    policy.anchor_checks = checks;
    return graph_verdict(g, &policy, NULL, 0);
}

TEST(anchor_checks) {
    static const char *const expired[] = {"L by I", "I by R ca", "|", "R by R ca " EXPIRED, NULL};
    graph *g = build(expired);
    CHECK(with_checks(g, PV_ANCHOR_CONSTRAINTS).reason == PV_R_ANCHOR_EXPIRED);
    CHECK(with_checks(g, PV_ANCHOR_CERTIFICATE).reason == PV_R_EXPIRED);
    CHECK(with_checks(g, PV_ANCHOR_NAME_AND_KEY).outcome == PV_OUTCOME_TRUSTED);
    graph_free(g);
    static const char *const odd[] = {"L by I", "I by R ca", "|", "R by R ca crit", NULL};
    g = build(odd);
    CHECK(with_checks(g, PV_ANCHOR_CONSTRAINTS).outcome == PV_OUTCOME_TRUSTED);
    CHECK(with_checks(g, PV_ANCHOR_CERTIFICATE).reason == PV_R_UNKNOWN_CRITICAL_EXTENSION);
    g->anchors[0].cert = NULL;
    CHECK(with_checks(g, PV_ANCHOR_CERTIFICATE).reason == PV_R_ANCHOR_UNUSABLE);
    /* distrusted for what was issued after a date, under every kind of check */
    g->anchors[0].flags |= PV_ANCHOR_DISTRUST_AFTER;
    g->anchors[0].distrust_after = g->certs[0].not_before;
    CHECK(with_checks(g, PV_ANCHOR_NAME_AND_KEY).outcome == PV_OUTCOME_TRUSTED);
    g->anchors[0].distrust_after--;
    CHECK(with_checks(g, PV_ANCHOR_NAME_AND_KEY).reason == PV_R_ANCHOR_DISTRUSTED);
    CHECK(with_checks(g, PV_ANCHOR_CONSTRAINTS).reason == PV_R_ANCHOR_DISTRUSTED);
    graph_free(g);
}

/* --- Purposes
 * ------------------------------------------------------------------------------------------------------------------
 */

static pv_verdict for_purpose(const char *const *lines, uint8_t purpose) {
    graph *g = build(lines);
    pv_policy policy = GRAPH_POLICY;
    policy.purpose = purpose;
    pv_verdict v = graph_verdict(g, &policy, NULL, 0);
    graph_free(g);
    return v;
}

TEST(purposes) {
    static const char *const server[] = {"L by I eku:1", "I by R ca", "|", "R by R ca", NULL};
    static const char *const narrow[] = {"L by I eku:1", "I by R ca eku:2", "|", "R by R ca", NULL};
    static const char *const narrow_root[] = {"L by I eku:1", "I by R ca", "|", "R by R ca eku:2", NULL};
    static const char *const open[] = {"L by I", "I by R ca", "|", "R by R ca", NULL};
    static const char *const stamps[] = {"L by I eku:8", "I by R ca", "|", "R by R ca", NULL};
    CHECK(for_purpose(server, PV_PURPOSE_SERVER_AUTH).outcome == PV_OUTCOME_TRUSTED);
    CHECK(for_purpose(server, PV_PURPOSE_ANY).outcome == PV_OUTCOME_TRUSTED);
    CHECK(for_purpose(server, PV_PURPOSE_CLIENT_AUTH).reason == PV_R_EKU_MISMATCH);
    CHECK(for_purpose(narrow, PV_PURPOSE_SERVER_AUTH).reason == PV_R_EKU_MISMATCH);
    CHECK(for_purpose(narrow_root, PV_PURPOSE_SERVER_AUTH).reason == PV_R_EKU_MISMATCH);
    CHECK(for_purpose(open, PV_PURPOSE_CODE_SIGNING).outcome == PV_OUTCOME_TRUSTED);
    CHECK(for_purpose(open, PV_PURPOSE_TIME_STAMPING).reason == PV_R_EKU_MISMATCH);
    CHECK(for_purpose(open, PV_PURPOSE_OCSP_SIGNING).reason == PV_R_EKU_MISMATCH);
    CHECK(for_purpose(stamps, PV_PURPOSE_TIME_STAMPING).outcome == PV_OUTCOME_TRUSTED);
    CHECK(for_purpose(stamps, 9).reason == PV_R_POLICY_UNUSABLE);
}

/* --- Logs
 * ---------------------------------------------------------------------------------------------------------------------------
 */

TEST(the_log_tells_the_story) {
    static const char *const lines[] = {"L by I", "I by R ca " EXPIRED, "I by Q ca", "|", "R by R ca", NULL};
    pv_record log[8];
    graph *g = build(lines);
    pv_verdict v = graph_verdict(g, &GRAPH_POLICY, log, 8);
    CHECK(v.outcome == PV_OUTCOME_REFUSED && v.num_records == 4);
    CHECK(log[0].node == 0 && log[0].depth == 0 && log[0].reason == PV_OK);
    CHECK(log[1].node == 2 && log[1].depth == 1 && log[1].reason == PV_OK);
    CHECK(log[2].node == 2 && log[2].depth == 2 && log[2].reason == PV_R_NO_ISSUER);
    CHECK(log[3].node == 1 && log[3].depth == 1 && log[3].reason == PV_R_EXPIRED);
    /* the log may be shorter than the story */
    pv_verdict again = graph_verdict(g, &GRAPH_POLICY, log, 1);
    CHECK(again.num_records == 4 && again.reason == v.reason);
    graph_free(g);
}

/* The headline is the rule that a person would name first, whatever stands beside the chain. */
static const path_case headlines[] = {
    /* a namesake that asks for nobody, beside the issuer whose time is over */
    {{"L by I", "I by R ca " EXPIRED, "I by I ca key:decoy signed:decoy", "|", "R by R ca"}, R(EXPIRED)},
    {{"L by I", "I by J ca " EXPIRED, "J by R ca", "I by I ca key:decoy signed:decoy", "|", "R by R ca"},
     R(EXPIRED)},
    {{"L by I", "I by J ca " EXPIRED, "J by R ca", "I by I ca key:decoy noids", "|", "R by R ca"},
     R(EXPIRED)},
    /* a namesake under a longer row of strangers */
    {{"L by I", "I by R ca " EXPIRED, "I by X ca key:decoy", "X by Y ca", "Y by Y ca", "|", "R by R ca"},
     R(EXPIRED)},
    /* alone it is what there is to tell of */
    {{"L by I", "I by I ca key:decoy signed:decoy", "|", "R by R ca"}, R(ROOT_NOT_TRUSTED)},
    /* a namesake below an anchor: its signature is checked, the issuer's own fault is told */
    {{"L by I", "I by R ca " EXPIRED, "I by R ca key:decoy", "|", "R by R ca"}, R(EXPIRED)},
    {{"L by I", "I by R ca key:decoy", "|", "R by R ca"}, R(SIGNATURE_BAD)},
    {{"L by I", "I by R ca key:decoy", "I by I ca key:other signed:other", "|", "R by R ca"},
     R(SIGNATURE_BAD)},
    /* what leads to an anchor before what leads further away from it */
    {{"L by I", "I by R ca " EXPIRED, "I by Q ca", "|", "R by R ca"}, R(EXPIRED)},
    {{"L by I", "I by Q ca " EXPIRED, "I by Q ca", "|", "R by R ca"}, R(NO_ISSUER)},
    {{"L by I", "I by Q ca " EXPIRED, "I by P ca", "P by P ca", "|", "R by R ca"}, R(ROOT_NOT_TRUSTED)},
    /* a loop tells nobody anything while there is something else */
    {{"L by A", "A by B ca", "B by A ca", "B by Q ca", "|", "R by R ca"}, R(NO_ISSUER)},
    {{"L by A", "A by B ca", "A by Q ca", "B by A ca", "|", "R by R ca"}, R(NO_ISSUER)},
    /* without identifiers the deeper one stands for all */
    {{"L by I noids", "I by J ca noids " EXPIRED, "I by K ca noids", "K by K ca noids", "|", "R by R ca"},
     R(ROOT_NOT_TRUSTED)},
};

TEST(headlines_are_what_a_person_would_name) {
    for (size_t i = 0; i < sizeof headlines / sizeof *headlines; i++) {
        graph *g = build(headlines[i].lines);
        pv_verdict v = graph_verdict(g, &GRAPH_POLICY, NULL, 0);
        if (v.reason != headlines[i].reason) fprintf(stderr, "headline %zu: reason %d\n", i, v.reason);
        CHECK(v.outcome == headlines[i].outcome && v.reason == headlines[i].reason);
        graph_free(g);
    }
    check_orders(headlines, sizeof headlines / sizeof *headlines);
}

/* --- Limits on length
 * ------------------------------------------------------------------------------------------------------------------
 */

static graph *long_chain(int intermediates, const char *how) {
    graph *g = graph_new();
    char line[128];
    graph_send(g, "L by C0");
    for (int i = 0; i < intermediates; i++) {
        snprintf(line, sizeof line, how, i, i + 1);
        graph_send(g, line);
    }
    snprintf(line, sizeof line, "C%d by C%d ca", intermediates, intermediates);
    graph_anchor(g, line);
    graph_seal(g);
    return g;
}

TEST(long_paths) {
    pv_policy policy = GRAPH_POLICY;
    graph *g = long_chain(8, "C%d by C%d ca");
    CHECK(graph_verdict(g, &policy, NULL, 0).outcome == PV_OUTCOME_TRUSTED);
    policy.max_intermediates = 7;
    CHECK(graph_verdict(g, &policy, NULL, 0).reason == PV_R_TOO_MANY_INTERMEDIATES);
    graph_free(g);
    policy.max_intermediates = 255;
    g = long_chain(PV_MAX_PATH - 1, "C%d by C%d ca");
    CHECK(graph_verdict(g, &policy, NULL, 0).outcome == PV_OUTCOME_TRUSTED);
    graph_free(g);
    /* Longer than the build can follow: there may be a path, so this is no refusal. */
    g = long_chain(PV_MAX_PATH, "C%d by C%d ca");
    pv_verdict v = graph_verdict(g, &policy, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.reason == PV_R_LIMIT_PATH);
    graph_free(g);
}

/* --- Hostile meshes
 * ------------------------------------------------------------------------------------------------------------------------
 */

/* `levels` of `width` CAs of one name each, every one certified by every one of the level above. */
static graph *mesh(int levels, int width, const char *leaf, int rooted) {
    graph *g = graph_new();
    char line[128];
    graph_send(g, leaf);
    for (int level = 0; level < levels; level++) {
        for (int i = 0; i < width * width; i++) {
            snprintf(line, sizeof line, "M%d by M%d ca noids key:M%d.%d signed:M%d.%d", level, level + 1,
                     level, i % width, level + 1, i / width);
            graph_send(g, line);
        }
    }
    if (rooted) {
        snprintf(line, sizeof line, "M%d by M%d ca noids key:M%d.0 signed:M%d.0", levels, levels, levels,
                 levels);
        graph_anchor(g, line);
    } else {
        graph_anchor(g, "R by R ca");
    }
    graph_seal(g);
    return g;
}

static void check_mesh(graph *g, const pv_policy *policy) {
    pv_verdict v = graph_verdict(g, policy, NULL, 0);
    CHECK(v.outcome == PV_OUTCOME_UNDECIDED || v.outcome == PV_OUTCOME_REFUSED);
    CHECK(g->num_jobs * PV_COST_P256 <= policy->budget.signatures);
    CHECK(v.spent.signatures <= policy->budget.signatures);
    graph_free(g);
}

TEST(meshes_end_within_the_budget) {
    pv_policy policy = GRAPH_POLICY;
    policy.max_intermediates = 12;
    check_mesh(mesh(10, 4, "L by M0 noids", 0), &policy);
    check_mesh(mesh(10, 4, "L by M0 noids signed:none", 1), &policy);
    policy.budget.signatures = 0;
    check_mesh(mesh(10, 4, "L by M0 noids", 1), &policy);
    policy.budget.signatures = 1;
    policy.budget.steps = 0xFFFFFFFFu;
    check_mesh(mesh(3, 4, "L by M0 noids", 1), &policy);
}

/* --- Many requests
 * ----------------------------------------------------------------------------------------------------------------------------
 */

TEST(requests_share_edges_and_nothing_else) {
    enum { NUM = 40 };
    static const char *const lines[] = {"I by R ca", "J by R ca signed:none", "|", "R by R ca", NULL};
    graph *g = build(lines);
    const pv_cert *sent[NUM][2];
    pv_request requests[NUM];
    char line[64];
    uint32_t alone = 0;
    for (int i = 0; i < NUM; i++) {
        const char *how = i % 5 == 1 ? "signed:none" : i % 5 == 2 ? EXPIRED : i % 5 == 3 ? "by_J" : "";
        snprintf(line, sizeof line, "D%d by %s %s", i, i % 5 == 3 ? "J" : "I", i % 5 == 3 ? "" : how);
        sent[i][0] = graph_parse(g, line);
        sent[i][1] = g->sent[i % 5 == 3];
        requests[i] = graph_request(g, &GRAPH_POLICY);
        requests[i].certs = sent[i];
        requests[i].num_certs = 2;
    }
    pv_verdict each[NUM];
    for (int i = 0; i < NUM; i++) {
        CHECK(graph_run(g, &requests[i], 1) == PV_DONE);
        each[i] = requests[i].verdict;
    }
    alone = g->num_jobs;
    g->num_jobs = g->num_calls = 0;
    CHECK(graph_run(g, requests, NUM) == PV_DONE);
    for (int i = 0; i < NUM; i++) {
        CHECK(memcmp(&each[i], &requests[i].verdict, sizeof each[i]) == 0);
    }
    /* two shared edges, and the leaves' own: those under I that are valid, 24 of 40 */
    CHECK(g->num_jobs == 2 + 24);
    CHECK(alone == 24 * 2 + 8);
    CHECK(g->num_calls <= 3);
    graph_free(g);
}

/* --- Pauses
 * --------------------------------------------------------------------------------------------------------------------------------------
 */

static pv_policy web_policy(void) {
    pv_policy policy = GRAPH_POLICY;
    policy.profile = PV_PROFILE_WEBPKI;
    policy.purpose = PV_PURPOSE_SERVER_AUTH;
    return policy;
}

/* What only a list of public suffixes can judge is not trusted here, with its valid path. */
TEST(a_wildcard_of_the_web_is_left_to_the_caller) {
    static const char *const wild[] = {"L by I dns:*.a.example eku:1", "I by R ca", "|", "R by R ca", NULL};
    static const char *const plain[] = {"L by I dns:a.example eku:1", "I by R ca", "|", "R by R ca", NULL};
    pv_policy policy = web_policy();
    graph *g = build(plain);
    pv_verdict v = graph_verdict(g, &policy, NULL, 0);
    CHECK_IS(v.reason, PV_OK);
    CHECK(v.outcome == PV_OUTCOME_TRUSTED && v.marks == 0);
    graph_free(g);
    g = build(wild);
    v = graph_verdict(g, &policy, NULL, 0);
    CHECK_IS(v.reason, PV_R_BR_PUBLIC_SUFFIX_UNKNOWN);
    CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.marks == PV_MARK_WILDCARD);
    CHECK(v.path_len == 2 && v.anchor == 0 && v.node == 0 && v.field == PV_FIELD_SUBJECT_ALT_NAME);
    v = graph_verdict(g, &GRAPH_POLICY, NULL, 0); /* no rule of DEVICE */
    CHECK(v.outcome == PV_OUTCOME_TRUSTED && v.marks == 0);
    policy.budget.signatures = 0;
    v = graph_verdict(g, &policy, NULL, 0); /* no path: nothing is left to judge */
    CHECK(v.outcome == PV_OUTCOME_UNDECIDED && v.marks == 0 && v.path_len == 0);
    graph_free(g);
}

/* Accepted by a hook it is as open as before; refused, nothing remains of the mark. */
TEST(a_mark_survives_a_pause_with_its_path_alone) {
    static const char *const lines[] = {"L by R dns:*.a.example eku:1", "|", "R by R ca", NULL};
    const uint8_t answers[] = {PV_ANSWER_ACCEPT, PV_ANSWER_REFUSE};
    graph *g = build(lines);
    for (int i = 0; i < 2; i++) {
        pv_policy policy = web_policy();
        policy.pause = PV_PAUSE_PATH;
        pv_checker checker = {g, graph_check, NULL};
        pv_request r = graph_request(g, &policy);
        size_t size = pv_workspace_size(1, r.num_certs, &policy);
        void *workspace = malloc(size);
        CHECK(pv_validate(workspace, size, &r, 1, &checker) == PV_SUSPENDED);
        CHECK(r.verdict.marks == PV_MARK_WILDCARD && r.verdict.outcome == PV_OUTCOME_NONE);
        r.answer = answers[i];
        CHECK(pv_resume(workspace, size, &r, 1, &checker) == PV_DONE);
        CHECK_IS(r.verdict.outcome, i == 0 ? PV_OUTCOME_UNDECIDED : PV_OUTCOME_REFUSED);
        CHECK_IS(r.verdict.marks, i == 0 ? PV_MARK_WILDCARD : 0);
        CHECK_IS(r.verdict.path_len, i == 0 ? 1 : 0);
        free(workspace);
    }
    graph_free(g);
}

static unsigned count_paths(graph *g, uint8_t last_answer, uint8_t *outcome) {
    pv_policy policy = GRAPH_POLICY;
    policy.pause = PV_PAUSE_PATH;
    pv_checker checker = {g, graph_check, NULL};
    pv_request r = graph_request(g, &policy);
    size_t size = pv_workspace_size(1, r.num_certs, &policy);
    void *workspace = malloc(size);
    unsigned paths = 0;
    pv_status status = pv_validate(workspace, size, &r, 1, &checker);
    while (status == PV_SUSPENDED) {
        CHECK(r.wait == PV_WAIT_PATH && r.verdict.path_len > 0 && r.verdict.outcome == PV_OUTCOME_NONE);
        paths++;
        r.answer = last_answer == PV_ANSWER_ACCEPT && paths == 2 ? PV_ANSWER_ACCEPT : PV_ANSWER_NONE;
        status = pv_resume(workspace, size, &r, 1, &checker);
    }
    CHECK(status == PV_DONE && r.wait == PV_WAIT_NOTHING);
    *outcome = r.verdict.outcome;
    free(workspace);
    return paths;
}

TEST(a_paused_path_is_refused_unless_accepted) {
    static const char *const lines[] = {"L by I", "I by R ca", "I by Q ca", "R by Q ca",
                                        "|",      "R by R ca", "Q by Q ca", NULL};
    uint8_t outcome;
    graph *g = build(lines);
    CHECK(count_paths(g, PV_ANSWER_NONE, &outcome) == 3);
    CHECK(outcome == PV_OUTCOME_REFUSED);
    CHECK(count_paths(g, PV_ANSWER_ACCEPT, &outcome) == 2);
    CHECK(outcome == PV_OUTCOME_TRUSTED);
    graph_free(g);
}

/* --- Pools
 * ------------------------------------------------------------------------------------------------------------------------------------------
 */

TEST(a_pool_supplies_intermediates) {
    static const char *const lines[] = {"L by I", "|", "R by R ca", NULL};
    graph *g = build(lines);
    const pv_cert *pooled[] = {graph_parse(g, "X by Y ca"), graph_parse(g, "I by R ca"),
                               graph_parse(g, "R by R ca")};
    pv_slot slots[16], links[3];
    for (uint32_t num_slots = 0; num_slots <= 16; num_slots += 16) {
        pv_pool pool = {pooled, 3, {slots, links, num_slots}};
        pv_request r = graph_request(g, &GRAPH_POLICY);
        CHECK(pv_pool_index(&pool) == PV_DONE);
        r.pool = &pool;
        CHECK(graph_run(g, &r, 1) == PV_DONE);
        CHECK(r.verdict.outcome == PV_OUTCOME_TRUSTED && r.verdict.path[1] == (PV_NODE_POOL | 1));
    }
    pv_pool small = {pooled, 3, {slots, links, 2}};
    CHECK(pv_pool_index(&small) == PV_FAILED);
    small.index.num_slots = 12;
    CHECK(pv_pool_index(&small) == PV_FAILED);
    graph_free(g);
}

/* --- Calls that cannot be carried out
 * --------------------------------------------------------------------------------------------------------------
 */

TEST(too_little_workspace_fails) {
    graph *g = build(path_cases[0].lines);
    pv_checker checker = {g, graph_check, NULL};
    pv_checker none = {g, NULL, NULL};
    pv_request r = graph_request(g, &GRAPH_POLICY);
    size_t size = pv_workspace_size(1, r.num_certs, &GRAPH_POLICY);
    void *workspace = malloc(size);
    CHECK(pv_validate(workspace, size - 8, &r, 1, &checker) == PV_FAILED);
    CHECK(r.verdict.outcome == PV_OUTCOME_NONE);
    CHECK(pv_validate(workspace, size, &r, 1, &none) == PV_FAILED);
    CHECK(pv_workspace_size(0, 1, &GRAPH_POLICY) == 0);
    CHECK(pv_workspace_size(0x7FFFFFFFu, 1, &GRAPH_POLICY) == 0);
    r.store = NULL;
    CHECK(pv_validate(workspace, size, &r, 1, &checker) == PV_FAILED);
    r.store = &g->store;
    CHECK(pv_validate(workspace, size, &r, 1, &checker) == PV_DONE);
    free(workspace);
    graph_free(g);
}

TEST(a_child_lives_on_its_parents_budget) {
    graph *g = build(path_cases[0].lines);
    pv_policy policy = GRAPH_POLICY;
    policy.budget.signatures =
        3 * PV_COST_P256; /* enough for one of the two, not for both: the edges are charged to each */
    pv_request requests[2] = {graph_request(g, &policy), graph_request(g, &policy)};
    requests[1].parent = &requests[0];
    CHECK(graph_run(g, requests, 2) == PV_DONE);
    CHECK(requests[0].verdict.outcome == PV_OUTCOME_TRUSTED);
    CHECK(requests[1].verdict.outcome == PV_OUTCOME_UNDECIDED);
    policy.budget.signatures++;
    requests[0].parent = &requests[1]; /* a parent must stand before its child */
    requests[1].parent = NULL;
    CHECK(graph_run(g, requests, 2) == PV_FAILED);
    graph_free(g);
}
