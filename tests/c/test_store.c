/* test_store.c: anchors made of certificates and of keys, the indexes over them, and what pv_validate refuses
 * to carry out; edges that requests share. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "graph.h"
#include "harness.h"
#include "store.h"

/* Nothing in it that could be taken for an anchor. (What pads a struct is nobody's.) */
static int is_blank(const pv_anchor *anchor) {
    return anchor->usable == 0 && anchor->cert == NULL && anchor->subject.data == NULL &&
           anchor->spki.data == NULL && anchor->subject.len == 0 && anchor->spki.len == 0 &&
           anchor->subject_hash == 0 && anchor->key_alg == 0 && anchor->flags == 0;
}

/* --- Anchors */

TEST(anchors_of_certificates) {
    graph *g = graph_new();
    pv_cert cert = *graph_parse(g, "R by R ca len:3 permit:example eku:1");
    const pv_cert nothing = {0};
    pv_anchor anchor;
    GARBAGE(anchor);
    CHECK_IS(pv_anchor_from_cert(&anchor, &cert), PV_OK);
    CHECK(anchor.usable == 1 && anchor.cert == &cert && anchor.path_len == 3);
    CHECK(anchor.name_constraints.len > 0 && anchor.eku.len > 0 && anchor.key_id.len == 1);
    CHECK(anchor.not_before == cert.not_before && anchor.not_after == cert.not_after);
    CHECK_IS(anchor.flags, PV_ANCHOR_WINDOW);
    cert.key_fault = PV_R_KEY_CURVE;
    GARBAGE(anchor);
    CHECK_IS(pv_anchor_from_cert(&anchor, &cert), PV_R_KEY_CURVE);
    CHECK(is_blank(&anchor));
    GARBAGE(anchor);
    cert.key_alg = PV_KEY_DSA;
    for (int is_good = 0; is_good < 2; is_good++) {
        cert.key_fault = is_good ? PV_OK : PV_R_ALGORITHM_PARAMETERS;
        CHECK_IS(pv_anchor_from_cert(&anchor, &cert), PV_R_ALGORITHM_NOT_ALLOWED);
        CHECK(is_blank(&anchor));
    }
    GARBAGE(anchor);
    CHECK_IS(pv_anchor_from_cert(&anchor, &nothing), PV_R_CERT_UNREADABLE);
    CHECK(is_blank(&anchor));
    graph_free(g);
}

static pv_span a_name(void) {
    return SEQ(SET(SEQ(OID("550403"), STR(0x0C, "R"))));
}

static pv_span a_key(void) {
    return JOIN(HEX("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), repeat(7, 64));
}

/* Complete, or inheriting its parameters, which an anchor could never do. */
static pv_span a_dsa_key(int is_complete) {
    pv_span p = TLV(0x02, HEX("00"), repeat(0xFF, 128)), q = TLV(0x02, HEX("00"), repeat(0xFF, 20));
    pv_span parameters = is_complete ? SEQ(p, q, INT(2)) : HEX("");
    return SEQ(SEQ(OID("2A8648CE380401"), parameters), BITS(0, INT(5)));
}

TEST(anchors_of_names_and_keys) {
    pv_span odd_curve = JOIN(HEX("3059301306072a8648ce3d020106082a8648ce3d03010803420004"), repeat(7, 64));
    const struct {
        pv_span subject, spki;
        pv_reason want;
        uint8_t field;
        uint32_t offset;
    } cases[] = {
        {a_name(), a_key(), PV_OK, 0, 0},
        {EMPTY(0x30), a_key(), PV_R_DER_EMPTY, PV_FIELD_SUBJECT, 2}, /* it would stand above anyone */
        {SEQ(EMPTY(0x31)), a_key(), PV_R_DER_EMPTY, PV_FIELD_SUBJECT, 0},
        {JOIN(a_name(), NUL()), a_key(), PV_R_DER_TRAILING, PV_FIELD_SUBJECT, (uint32_t)a_name().len},
        {HEX("3005"), a_key(), PV_R_DER_TRUNCATED, PV_FIELD_SUBJECT, 0},
        {{NULL, 0}, a_key(), PV_R_DER_TRUNCATED, PV_FIELD_SUBJECT, 0},
        {NUL(), a_key(), PV_R_DER_TAG, PV_FIELD_SUBJECT, 0},
        {a_name(), {NULL, 0}, PV_R_DER_TRUNCATED, PV_FIELD_SUBJECT_PUBLIC_KEY, 0},
        {a_name(), JOIN(a_key(), NUL()), PV_R_DER_TRAILING, PV_FIELD_SUBJECT_PUBLIC_KEY, 91},
        {a_name(), odd_curve, PV_R_KEY_CURVE, PV_FIELD_SUBJECT_PUBLIC_KEY, 91},
        {a_name(), NUL(), PV_R_DER_TAG, PV_FIELD_SUBJECT_PUBLIC_KEY, 0},
        {a_name(), a_dsa_key(1), PV_R_ALGORITHM_NOT_ALLOWED, PV_FIELD_SUBJECT_PUBLIC_KEY,
         (uint32_t)a_dsa_key(1).len},
        {a_name(), a_dsa_key(0), PV_R_ALGORITHM_NOT_ALLOWED, PV_FIELD_SUBJECT_PUBLIC_KEY,
         (uint32_t)a_dsa_key(0).len},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_anchor anchor;
        pv_fault fault;
        GARBAGE(anchor);
        GARBAGE(fault);
        pv_reason got =
            pv_anchor_from_key(&anchor, &fault, guarded(cases[i].subject), guarded(cases[i].spki));
        CHECK_MSG(got == cases[i].want, "number %zu: %u", i, (unsigned)got);
        if (got == PV_OK) {
            CHECK(anchor.usable == 1 && anchor.cert == NULL && anchor.flags == 0 && anchor.present == 0);
            CHECK(anchor.path_len == PV_NO_PATH_LEN && anchor.key_alg == PV_KEY_P256);
            continue;
        }
        CHECK(is_blank(&anchor));
        CHECK_MSG(fault.reason == got && fault.field == cases[i].field, "number %zu", i);
        if (cases[i].want != PV_R_DER_EMPTY) CHECK_IS(fault.offset, cases[i].offset);
    }
}

/* --- Indexes */

TEST(slots_that_suit) {
    for (uint32_t num = 0; num < 1000; num++) {
        uint32_t slots = pv_store_slots(num);
        CHECK(slots > num && slots >= 8 && (slots & (slots - 1)) == 0);
    }
    CHECK_IS(pv_store_slots(0x40000000u), 0x80000000u);
}

/* How often a walk for this hash finds this entry. */
static unsigned finds(const pv_store *store, uint32_t hash, uint32_t wanted) {
    uint32_t cursor = 0, entry = 0;
    unsigned num = 0, steps = 0;
    pv_index_step step;
    while ((step = pv_store_next(store, &cursor, &entry, hash)) != PV_INDEX_END && steps++ < 1000)
        num += step == PV_INDEX_FOUND && entry == wanted;
    CHECK(steps <= 16);
    return num;
}

static unsigned pool_finds(const pv_pool *pool, uint32_t hash, uint32_t wanted) {
    uint32_t cursor = 0, entry = 0;
    unsigned num = 0, steps = 0;
    pv_index_step step;
    while ((step = pv_pool_next(pool, &cursor, &entry, hash)) != PV_INDEX_END && steps++ < 1000)
        num += step == PV_INDEX_FOUND && entry == wanted;
    CHECK(steps <= 16);
    return num;
}

/* Each entry is found once by its hash, however the hashes fall, with slots and without. */
TEST(every_entry_is_found_once) {
    static const uint32_t strides[] = {0, 1, 8, 0x10000, 0x9E3779B1u};
    for (size_t s = 0; s < 5; s++) {
        for (uint32_t num_slots = 0; num_slots <= 16; num_slots = num_slots ? num_slots * 2 : 8) {
            pv_anchor anchors[7];
            pv_cert certs[7];
            const pv_cert *list[7];
            pv_slot slots[16], more[16], links[7], more_links[7];
            memset(anchors, 0, sizeof anchors);
            memset(certs, 0, sizeof certs);
            memset(slots, 0xA5, sizeof slots);
            memset(more, 0xA5, sizeof more);
            for (uint32_t i = 0; i < 7; i++) {
                anchors[i].subject_hash = certs[i].subject_hash = i * strides[s];
                list[i] = &certs[i];
            }
            pv_store store = {anchors, 7, {slots, links, num_slots}};
            pv_pool pool = {list, 7, {more, more_links, num_slots}};
            CHECK(pv_store_index(&store) == PV_DONE && pv_pool_index(&pool) == PV_DONE);
            for (uint32_t i = 0; i < 7; i++) {
                CHECK_IS(finds(&store, i * strides[s], i), 1);
                CHECK_IS(finds(&store, 0xFFFFFFF7u, i), 0);
                CHECK_IS(pool_finds(&pool, i * strides[s], i), 1);
                CHECK_IS(pool_finds(&pool, 0xFFFFFFF7u, i), 0);
            }
        }
    }
}

TEST(slots_that_do_not_fit) {
    pv_anchor anchors[8];
    pv_cert cert;
    const pv_cert *list[8] = {&cert, &cert, &cert, &cert, &cert, &cert, &cert, &cert};
    pv_slot slots[16], links[8];
    memset(anchors, 0, sizeof anchors);
    memset(&cert, 0, sizeof cert);
    for (uint32_t num_slots = 0; num_slots <= 16; num_slots++) {
        pv_store store = {anchors, 8, {slots, links, num_slots}};
        pv_pool pool = {list, 8, {slots, links, num_slots}};
        pv_status want = num_slots == 0 || num_slots == 16 ? PV_DONE : PV_FAILED;
        CHECK(pv_store_index(&store) == want && pv_pool_index(&pool) == want);
    }
}

/* Many entries of one hash take one slot: nobody else's walk gets longer by them. */
TEST(many_of_one_name_are_in_nobodys_way) {
    pv_anchor anchors[100];
    pv_slot slots[256], links[100];
    memset(anchors, 0, sizeof anchors);
    for (uint32_t i = 0; i < 100; i++) {
        anchors[i].subject_hash = i % 10 == 9 ? i : 5;
    }
    pv_store store = {anchors, 100, {slots, links, 256}};
    CHECK_IS(pv_store_index(&store), PV_DONE);
    for (uint32_t hash = 0; hash < 4096; hash++) {
        uint32_t cursor = 0, entry = 0, last = 0, num = 0, others = 0;
        pv_index_step step;
        while ((step = pv_store_next(&store, &cursor, &entry, hash)) != PV_INDEX_END) {
            others += step == PV_INDEX_OTHER;
            if (step == PV_INDEX_OTHER) continue;
            CHECK(num == 0 || entry > last);
            last = entry;
            num++;
        }
        CHECK_IS(num, hash == 5 ? 90u : hash < 100 && hash % 10 == 9 ? 1u : 0u);
        CHECK(others <= 4);
    }
}

/* Slots and links that are wrong (by another's hand) end a walk all the same. */
TEST(walks_end) {
    pv_anchor anchor;
    pv_cert cert;
    const pv_cert *list[1] = {&cert};
    pv_slot slots[8] = {1, 1, 1, 1, 1, 1, 1, 1}, links[1] = {1};
    memset(&anchor, 0, sizeof anchor);
    memset(&cert, 0, sizeof cert);
    pv_store store = {&anchor, 1, {slots, links, 8}};
    pv_pool pool = {list, 1, {slots, links, 8}};
    CHECK_IS(finds(&store, 0, 0), 1); /* the link leads back to its own entry */
    CHECK_IS(pool_finds(&pool, 0, 0), 1);
    CHECK_IS(finds(&store, 7, 0), 0); /* eight slots of another hash */
    CHECK_IS(pool_finds(&pool, 7, 0), 0);
}

/* --- What pv_validate refuses to carry out: no verdict is left that could be taken for one */

typedef struct call {
    graph *g;
    pv_policy policy;
    pv_request requests[2];
    pv_checker checker;
    uint8_t *workspace;
    size_t size;
    uint32_t num;
} call;

static call *good_call(void) {
    call *c = calloc(1, sizeof *c);
    c->g = graph_new();
    graph_send(c->g, "L by I");
    graph_send(c->g, "I by R ca");
    graph_anchor(c->g, "R by R ca");
    graph_seal(c->g);
    c->policy = GRAPH_POLICY;
    c->num = 2;
    for (int i = 0; i < 2; i++)
        c->requests[i] = graph_request(c->g, &c->policy);
    c->checker = (pv_checker){c->g, graph_check, NULL};
    c->size = pv_workspace_size(2, 2, &c->policy);
    c->workspace = malloc(c->size);
    memset(c->workspace, 0xA5, c->size);
    return c;
}

static pv_status validate(call *c) {
    for (int i = 0; i < 2; i++)
        memset(&c->requests[i].verdict, 1, sizeof c->requests[i].verdict); /* "trusted", from before */
    return pv_validate(c->workspace, c->size, c->requests, c->num, &c->checker);
}

static void call_free(call *c) {
    graph_free(c->g);
    free(c->workspace);
    free(c);
}

#define REFUSED_CALL(change)                                                                                 \
    do {                                                                                                     \
        call *c = good_call();                                                                               \
        CHECK_IS(validate(c), PV_DONE);                                                                      \
        CHECK_IS(c->requests[0].verdict.outcome, PV_OUTCOME_TRUSTED);                                        \
        change;                                                                                              \
        CHECK_IS(validate(c), PV_FAILED);                                                                    \
        CHECK_IS(c->requests[0].verdict.outcome, PV_OUTCOME_NONE);                                           \
        CHECK_IS(c->requests[1].verdict.outcome, PV_OUTCOME_NONE);                                           \
        call_free(c);                                                                                        \
    } while (0)

TEST(calls_that_cannot_be_carried_out) {
    REFUSED_CALL(c->requests[1].policy = NULL);
    REFUSED_CALL(c->requests[1].store = NULL);
    REFUSED_CALL(c->requests[1].certs = NULL);
    REFUSED_CALL(c->requests[1].max_records = 1);
    REFUSED_CALL(c->requests[1].num_certs = PV_NODE_POOL);
    REFUSED_CALL(c->requests[1].num_certs = 0x3FFFFFFFu);
    REFUSED_CALL(c->checker.check = NULL);
    REFUSED_CALL(c->size -= 8);
    REFUSED_CALL(c->size = 0);
    REFUSED_CALL(c->requests[0].parent = &c->requests[0]);
    REFUSED_CALL(c->requests[0].parent = &c->requests[1]);
    REFUSED_CALL(c->requests[1].parent = (pv_request *)(void *)((uint8_t *)&c->requests[0] + 8));
}

TEST(calls_of_nothing) {
    call *c = good_call();
    c->num = 0;
    CHECK_IS(validate(c), PV_DONE);
    c->num = 2;
    for (int i = 0; i < 2; i++) {
        c->requests[i].certs = NULL;
        c->requests[i].num_certs = 0;
    }
    CHECK_IS(validate(c), PV_DONE); /* no target: a verdict, and no trust */
    CHECK_IS(c->requests[1].verdict.outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(c->requests[1].verdict.reason, PV_R_CERT_UNREADABLE);
    call_free(c);
}

TEST(sizes_of_workspaces) {
    const pv_policy *policy = &GRAPH_POLICY;
    CHECK_IS(pv_workspace_size(0, 1, policy), 0);
    CHECK(pv_workspace_size(0x10000u, 1, policy) > pv_workspace_size(1, 1, policy));
    CHECK_IS(pv_workspace_size(0x10001u, 1, policy), 0);
    CHECK_IS(pv_workspace_size(1, PV_NODE_POOL, policy), 0);
    CHECK(pv_workspace_size(1, 0, policy) > 0);
}

TEST(resuming_what_was_not_begun) {
    call *c = good_call();
    CHECK_IS(validate(c), PV_DONE);
    CHECK_IS(pv_resume(c->workspace, 8, c->requests, 2, &c->checker), PV_FAILED);
    CHECK_IS(pv_resume(c->workspace, c->size, c->requests, 1, &c->checker), PV_FAILED);
    CHECK_IS(pv_resume(c->workspace, c->size, c->requests, 2, &c->checker), PV_DONE); /* nothing waits */
    call_free(c);
}

/* --- Edges that requests share */

static pv_request own_request(const graph *g, const pv_policy *policy, const pv_cert *const *certs,
                              uint32_t num) {
    pv_request r = graph_request(g, policy);
    r.certs = certs;
    r.num_certs = num;
    return r;
}

/* Two requests with more edges of their own than the table has room for: each is judged as if alone. */
TEST(more_edges_than_there_is_room_to_share) {
    const pv_cert *certs[2][8];
    pv_policy policy = GRAPH_POLICY;
    for (int broken = 0; broken < 8; broken++) { /* the place of one bad signature in the second; 0: none */
        graph *g = graph_new();
        char line[128];
        for (int r = 0; r < 2; r++) {
            for (int i = 0; i < 7; i++) {
                const char *fault = r == 1 && i + 1 == broken ? " signed:none" : "";
                if (i == 6)
                    snprintf(line, sizeof line, "C%d.6 by R ca%s", r, fault);
                else
                    snprintf(line, sizeof line, "C%d.%d by C%d.%d%s%s", r, i, r, i + 1, i > 0 ? " ca" : "",
                             fault);
                certs[r][i] = graph_parse(g, line);
            }
        }
        graph_anchor(g, "R by R ca");
        graph_seal(g);
        pv_request requests[2] = {own_request(g, &policy, certs[0], 7), own_request(g, &policy, certs[1], 7)};
        CHECK_IS(graph_run(g, requests, 2), PV_DONE);
        CHECK_IS(requests[0].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1].verdict.outcome, broken ? PV_OUTCOME_REFUSED : PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1].verdict.reason, broken ? PV_R_SIGNATURE_BAD : PV_OK);
        graph_free(g);
    }
}

/* What one request learns in an early round, another is told in a later one, good or bad, and it is not asked
 * again. */
TEST(an_edge_known_from_an_earlier_round) {
    for (int bad = 0; bad < 2; bad++) {
        graph *g = graph_new();
        pv_policy policy = GRAPH_POLICY;
        const pv_cert *shared = graph_parse(g, bad ? "I by R ca signed:none" : "I by R ca");
        const pv_cert *first[] = {graph_parse(g, "L by I"), shared};
        /* The newer K is tried first; its key did not sign M. */
        const pv_cert *second[] = {graph_parse(g, "M by K signed:k2"), graph_parse(g, "K by I ca key:k2"),
                                   shared, graph_parse(g, "K by R ca key:k1 from:1650067200")};
        graph_anchor(g, "R by R ca");
        graph_seal(g);
        pv_request requests[2] = {own_request(g, &policy, first, 2), own_request(g, &policy, second, 4)};
        CHECK_IS(graph_run(g, requests, 2), PV_DONE);
        CHECK_IS(requests[0].verdict.outcome, bad ? PV_OUTCOME_REFUSED : PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1].verdict.outcome, bad ? PV_OUTCOME_REFUSED : PV_OUTCOME_TRUSTED);
        uint32_t together = g->num_jobs;
        g->num_jobs = 0;
        CHECK_IS(graph_run(g, &requests[0], 1), PV_DONE);
        CHECK_IS(graph_run(g, &requests[1], 1), PV_DONE);
        CHECK_MSG(together < g->num_jobs, "%u, %u", together, g->num_jobs);
        graph_free(g);
    }
}
