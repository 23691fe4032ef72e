/* test_policy_graph.c: certificate policies (RFC 5280 6.1.2 to 6.1.5 as RFC 9618 has them), clause by clause,
 * and on random paths against the tree of RFC 5280. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#define GRAPH_ROOM 0x40000
#include "policy_graph.h"

#include "graph.h"
#include "harness.h"

#include <time.h>

#define EXPLICIT PV_POLICY_EXPLICIT
#define NO_MAP   PV_POLICY_INHIBIT_MAPPING
#define NO_ANY   PV_POLICY_INHIBIT_ANY
#define ENOUGH   60000u

/* --- Asking
 * ---------------------------------------------------------------------------------------------------------
 */

/* A set of policies 1 to 31 is their bits; anyPolicy is bit 0. */
static const pv_span *oid_of(uint32_t number) {
    static uint8_t contents[32][2];
    static pv_span oids[32];
    static const uint8_t any[] = {0x55, 0x1D, 0x20, 0x00};
    contents[number][0] = 0x53;
    contents[number][1] = (uint8_t)number;
    oids[number] = (pv_span){contents[number], 2};
    if (number == 0) oids[0] = (pv_span){any, sizeof any};
    return &oids[number];
}

static uint32_t bit_of(pv_span oid) {
    if (pv_span_equal(oid, *oid_of(0))) return 1;
    return oid.len == 2 && oid.data[0] == 0x53 && oid.data[1] < 32 ? 1u << oid.data[1] : 0;
}

typedef struct asked {
    pv_policy policy;
    pv_span user[32];
} asked;

/* `user` 0: any-policy. */
static void ask(asked *a, uint32_t user, uint32_t flags, uint32_t budget) {
    memset(a, 0, sizeof *a);
    for (uint32_t i = 0; i < 32; i++) {
        if (user >> i & 1) a->user[a->policy.num_user_policies++] = *oid_of(i);
    }
    a->policy.user_policies = a->user;
    a->policy.policy_flags = flags;
    a->policy.budget.policy_nodes = budget;
}

typedef struct answer {
    pv_reason reason;
    uint8_t failed;
    uint32_t spent;
    uint32_t authority, user; /* sets; 0 unless the reason is PV_OK */
} answer;

static uint32_t set_of(const pv_policy_graph *pg, const pv_policy *policy, pv_policy_set_kind kind) {
    pv_span spans[64];
    uint32_t bits = 0;
    uint32_t num = pv_policy_set(pg, spans, 64, policy, kind);
    CHECK(num <= 64);
    CHECK_IS(pv_policy_set(pg, spans, 0, policy, kind), num);
    for (uint32_t i = 0; i < num && i < 64; i++) {
        CHECK(!(bits & bit_of(spans[i]))); /* each once */
        bits |= bit_of(spans[i]);
    }
    return bits;
}

/* certs: target first. The cells are exactly as many as the budget asks for. */
static answer judge(const asked *a, const pv_cert *anchor, const pv_cert *const *certs, uint8_t num) {
    answer out = {0, 0xFF, 0, 0, 0};
    pv_policy_graph pg;
    pv_budget left = a->policy.budget;
    size_t size = PV_POLICY_CELLS(left.policy_nodes) * sizeof(pv_policy_cell);
    GARBAGE(pg);
    pg.max_cells = (uint16_t)PV_POLICY_CELLS(left.policy_nodes);
    pg.cells = malloc(size);
    memset(pg.cells, 0xA5, size);
    out.reason = pv_policy_check(&pg, &out.failed, &left, &a->policy, anchor, certs, num);
    out.spent = a->policy.budget.policy_nodes - left.policy_nodes;
    if (out.reason == PV_OK) {
        out.authority = set_of(&pg, &a->policy, PV_POLICY_SET_AUTHORITY);
        out.user = set_of(&pg, &a->policy, PV_POLICY_SET_USER);
    }
    free(pg.cells);
    return out;
}

/* Lines from the anchor down; the first is the anchor's. */
static answer judge_lines(uint32_t user, uint32_t flags, uint32_t budget, const char *const *lines) {
    graph *g = graph_new();
    const pv_cert *certs[PV_MAX_PATH];
    asked a;
    uint8_t num = 0;
    while (lines[num + 1])
        num++;
    const pv_cert *anchor = graph_parse(g, lines[0]);
    for (uint8_t i = 0; i < num; i++)
        certs[num - 1 - i] = graph_parse(g, lines[i + 1]);
    ask(&a, user, flags, budget);
    answer out = judge(&a, anchor, certs, num);
    graph_free(g);
    return out;
}

#define PATH(user, flags, ...) judge_lines(user, flags, ENOUGH, (const char *[]){__VA_ARGS__, NULL})
#define ROOT                   "R by R ca"

#define GIVES(authority_, user_, answer_)                                                                    \
    do {                                                                                                     \
        answer gives = answer_;                                                                              \
        CHECK_IS(gives.reason, PV_OK);                                                                       \
        CHECK_IS(gives.authority, authority_);                                                               \
        CHECK_IS(gives.user, user_);                                                                         \
    } while (0)
#define FAILS(reason_, failed_, answer_)                                                                     \
    do {                                                                                                     \
        answer fails = answer_;                                                                              \
        CHECK_IS(fails.reason, PV_R_##reason_);                                                              \
        CHECK_IS(fails.failed, failed_);                                                                     \
    } while (0)

/* Sets. */
#define A  1u
#define P1 2u
#define P2 4u
#define P3 8u
#define P4 16u

/* --- 6.1.3 (d): what is asserted
 * ------------------------------------------------------------------------------------
 */

TEST(a_policy_holds_where_all_assert_it) {
    GIVES(P1, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:1,2", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2", "L by C pol:3,1"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1", "L by C"));
    FAILS(POLICY_REQUIRED, 1, PATH(0, EXPLICIT, ROOT, "C by R ca", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 0, PATH(P2, EXPLICIT, ROOT, "C by R ca pol:1,2", "L by C pol:1"));
    GIVES(P1 | P2, P2, PATH(P2 | P3, EXPLICIT, ROOT, "C by R ca pol:2,1", "L by C pol:1,2"));
    GIVES(P1, P1, PATH(P1, EXPLICIT, ROOT, "L by R pol:1 critpol"));
    /* not required: whatever is valid is told, and nothing fails */
    GIVES(P1, 0, PATH(P2, 0, ROOT, "C by R ca pol:1", "L by C pol:1"));
    GIVES(0, 0, PATH(P2, 0, ROOT, "C by R ca", "L by C pol:1"));
}

TEST(a_policy_lost_on_the_way_does_not_come_back) {
    FAILS(POLICY_REQUIRED, 1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1", "D by C ca pol:2", "L by D pol:1"));
    GIVES(P2, P2, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2", "D by C ca pol:2", "L by D pol:1,2"));
    GIVES(P2, P2, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2", "D by C ca pol:1,2", "L by D pol:2"));
}

TEST(any_policy_carries_on_what_is_expected) {
    GIVES(A, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:*"));
    GIVES(A, A, PATH(0, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:*"));
    GIVES(A, P1 | P4, PATH(P1 | P4, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:*"));
    GIVES(P1, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:1"));
    GIVES(P1, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:1", "L by C pol:*"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1", "L by C pol:1,*"));
    GIVES(A | P1, P1 | P2, PATH(P1 | P2, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:1,*"));
    GIVES(A | P1, P2, PATH(P2, EXPLICIT, ROOT, "C by R ca pol:1,*", "L by C pol:1,*"));
    FAILS(POLICY_REQUIRED, 0, PATH(P2, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:1"));
    /* anyPolicy among what is asked for is any-policy */
    GIVES(A | P1, A | P1, PATH(A | P2, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:1,*"));
    GIVES(P1, P1, PATH(A | P2, EXPLICIT, ROOT, "C by R ca pol:*", "L by C pol:1"));
}

TEST(any_policy_inhibited) {
    FAILS(POLICY_REQUIRED, 1, PATH(0, EXPLICIT | NO_ANY, ROOT, "C by R ca pol:*", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT | NO_ANY, ROOT, "C by R ca pol:1", "L by C pol:*"));
    GIVES(P1, P1, PATH(0, EXPLICIT | NO_ANY, ROOT, "C by R ca pol:1,*", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:0", "L by C pol:*"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:1", "L by C pol:*"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:1", "D by C ca pol:*", "L by D pol:*"));
    FAILS(POLICY_REQUIRED, 1,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:0 softpol", "D by C ca pol:*", "L by D pol:1"));
    /* a later, laxer number changes nothing; a stricter one counts */
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:1", "D by C ca pol:* noany:5", "L by D pol:*"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:5", "D by C ca pol:* noany:0", "L by D pol:*"));
}

/* (d)(2)(b): anyPolicy counts in a self-issued CA though it is inhibited, not in a self-issued target; and
 * (h): a self-issued certificate is not counted. */
TEST(self_issued) {
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:0", "C by C ca pol:*", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:0", "C by C ca pol:*"));
    GIVES(P1, P1,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 noany:1", "C by C ca pol:1", "D by C ca pol:*",
               "L by D pol:1"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, 0, ROOT, "C by R ca pol:1 require:1", "C by C ca pol:1", "D by C ca pol:1", "L by D"));
    GIVES(0, 0, PATH(0, 0, ROOT, "C by R ca pol:1 require:2", "C by C ca pol:1", "L by C"));
    GIVES(P1, P1,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 nomap:1", "C by C ca pol:1", "D by C ca pol:1 map:1>2",
               "L by D pol:2"));
}

/* --- 6.1.4 (i), 6.1.5 (a), (b): when a policy is required
 * ------------------------------------------------------------------------------------
 */

TEST(an_explicit_policy_is_required_from_where_it_is_said) {
    FAILS(POLICY_REQUIRED, 0, PATH(0, 0, ROOT, "C by R ca pol:1 require:0", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(P2, 0, ROOT, "C by R ca pol:1 require:0", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, 0, ROOT, "C by R ca pol:1 require:0", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, 0, ROOT, "C by R ca pol:1 require:0 softpol", "L by C"));
    /* 6.1.5 (a) lowers it once more */
    FAILS(POLICY_REQUIRED, 0, PATH(0, 0, ROOT, "C by R ca require:1", "L by C pol:1"));
    GIVES(0, 0, PATH(0, 0, ROOT, "C by R ca require:2", "L by C pol:1"));
    FAILS(POLICY_REQUIRED, 1, PATH(0, 0, ROOT, "C by R ca require:0", "D by C ca pol:1", "L by D pol:1"));
    /* 6.1.5 (b): the target's own counts if it is 0 */
    FAILS(POLICY_REQUIRED, 0, PATH(0, 0, ROOT, "C by R ca", "L by C pol:1 require:0"));
    GIVES(0, 0, PATH(0, 0, ROOT, "C by R ca", "L by C pol:1 require:1"));
    GIVES(P1, P1, PATH(0, 0, ROOT, "C by R ca pol:1", "L by C pol:1 require:0"));
    /* only the least counts */
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, 0, ROOT, "C by R ca require:7 pol:1", "D by C ca pol:1 require:0", "L by D pol:2"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, 0, ROOT, "C by R ca require:1 pol:1", "D by C ca pol:1 require:9", "L by D pol:2"));
}

/* --- 6.1.4 (a), (b): mappings
 * ------------------------------------------------------------------------------------
 */

TEST(mappings) {
    GIVES(P1, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(P2, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2,1>1", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:*"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 map:3>2", "L by C pol:2"));
    /* chains, and two into one */
    GIVES(P1, P1,
          PATH(P1, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2", "D by C ca pol:2 map:2>3", "L by D pol:3"));
    GIVES(P1 | P2, P1 | P2, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2 map:1>3,2>3", "L by C pol:3"));
    GIVES(P1 | P2, P2, PATH(P2, EXPLICIT, ROOT, "C by R ca pol:1,2 map:1>3,2>3", "L by C pol:*"));
    GIVES(P1 | P2, P1 | P2, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2 map:1>2,2>1", "L by C pol:1,2"));
    GIVES(P2, P2, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2 map:1>2,2>1", "L by C pol:1"));
    /* (b)(1), its end: below anyPolicy a mapped policy comes into being */
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:* map:1>2", "L by C pol:2"));
    GIVES(A | P1, P1, PATH(P1, EXPLICIT, ROOT, "C by R ca pol:* map:1>2", "L by C pol:2,*"));
    GIVES(P3, P3, PATH(P3, EXPLICIT, ROOT, "C by R ca pol:* map:1>2", "L by C pol:3"));
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:* map:1>2,1>3", "L by C pol:2,3"));
    /* the domain's name is the one where it leaves anyPolicy */
    GIVES(P2, P2,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:*", "D by C ca pol:* map:2>3", "E by D ca pol:3 map:3>4",
               "L by E pol:4"));
    /* 3 begins below anyPolicy at D, 1 at C and at D: each is told once */
    GIVES(A | P1 | P3, A | P1 | P3,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,*", "D by C ca pol:1,* map:3>1", "E by D ca pol:1,*",
               "L by E pol:1,*"));
    GIVES(P1, P1,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,* map:1>2", "D by C ca pol:1,2", "L by D pol:1,2"));
}

TEST(mappings_of_any_policy) {
    FAILS(POLICY_MAPPING_ANY, 1, PATH(0, 0, ROOT, "C by R ca pol:1 map:1>*", "L by C pol:1"));
    FAILS(POLICY_MAPPING_ANY, 1, PATH(0, 0, ROOT, "C by R ca pol:1 map:*>1", "L by C pol:1"));
    FAILS(POLICY_MAPPING_ANY, 1, PATH(0, 0, ROOT, "C by R ca map:1>2,*>1 softpol", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, 0, ROOT, "C by R ca pol:1", "L by C pol:1 map:1>*")); /* not a CA's */
}

TEST(mappings_inhibited) {
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT | NO_MAP, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT | NO_MAP, ROOT, "C by R ca pol:1 map:1>2", "L by C pol:1"));
    GIVES(P3, P3, PATH(0, EXPLICIT | NO_MAP, ROOT, "C by R ca pol:1,3 map:1>2,1>3", "L by C pol:*"));
    GIVES(A, A, PATH(0, EXPLICIT | NO_MAP, ROOT, "C by R ca pol:* map:1>2", "L by C pol:*"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 nomap:0", "D by C ca pol:1 map:1>2", "L by D pol:2"));
    GIVES(P1, P1,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 nomap:1", "D by C ca pol:1 map:1>2", "L by D pol:2"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 nomap:1", "D by C ca pol:1", "E by D ca pol:1 map:1>2",
               "L by E pol:2"));
    /* a mapping takes effect before its own certificate's nomap does */
    GIVES(P1, P1, PATH(0, EXPLICIT, ROOT, "C by R ca pol:1 map:1>2 nomap:0", "L by C pol:2"));
    /* what hung on the deleted node alone is gone above it, too */
    GIVES(P2, P2,
          PATH(0, EXPLICIT, ROOT, "C by R ca pol:1,2 nomap:0", "D by C ca pol:1,2 map:1>3", "L by D pol:*"));
}

/* --- Anchors
 * ------------------------------------------------------------------------------------
 */

TEST(anchors_with_policies) {
    GIVES(P1, P1, PATH(0, EXPLICIT, "R by R ca pol:1", "C by R ca pol:1,2", "L by C pol:1,2"));
    FAILS(POLICY_REQUIRED, 1, PATH(0, EXPLICIT, "R by R ca pol:3", "C by R ca pol:1,2", "L by C pol:1,2"));
    GIVES(P1, P1, PATH(0, EXPLICIT | NO_ANY, "R by R ca pol:*", "C by R ca pol:1", "L by C pol:1"));
    GIVES(P1, P1, PATH(0, EXPLICIT, "R by R ca pol:1 map:1>2", "C by R ca pol:2", "L by C pol:2"));
    GIVES(P1, P1, PATH(0, EXPLICIT, "R by R ca map:1>2", "C by R ca pol:2", "L by C pol:2"));
    GIVES(P3, P3, PATH(0, EXPLICIT, "R by R ca map:1>2", "C by R ca pol:3", "L by C pol:3"));
    FAILS(POLICY_MAPPING_ANY, 1, PATH(0, 0, "R by R ca map:1>*", "C by R ca pol:3", "L by C pol:3"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, 0, "R by R ca require:1", "C by R ca pol:1", "L by C pol:2"));
    FAILS(POLICY_REQUIRED, 0, PATH(0, EXPLICIT, "R by R ca noany:0", "C by R ca pol:1", "L by C pol:*"));
    FAILS(POLICY_REQUIRED, 0,
          PATH(0, EXPLICIT, "R by R ca nomap:0", "C by R ca pol:1 map:1>2", "L by C pol:2"));
    /* without a certificate of the anchor nothing of it counts */
    graph *g = graph_new();
    asked a;
    const pv_cert *certs[] = {graph_parse(g, "L by R pol:1")};
    ask(&a, 0, EXPLICIT, ENOUGH);
    GIVES(P1, P1, judge(&a, NULL, certs, 1));
    FAILS(POLICY_REQUIRED, 0, judge(&a, graph_parse(g, "R by R ca pol:2"), certs, 1));
    graph_free(g);
}

TEST(idle_paths) {
    static const struct {
        const char *line;
        int idle;
    } cases[] = {{"C by R ca", 1},           {"C by R ca pol:1,*", 1},    {"C by R ca noany:0", 1},
                 {"C by R ca require:0", 0}, {"C by R ca nomap:0", 0},    {"C by R ca map:1>2", 0},
                 {"C by R ca map:1>*", 0},   {"C by R ca pcons pol:1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        graph *g = graph_new();
        asked a;
        const pv_cert *plain = graph_parse(g, ROOT), *odd = graph_parse(g, cases[i].line);
        const pv_cert *certs[] = {plain, odd}, *plains[] = {plain, plain};
        ask(&a, P1, NO_ANY | NO_MAP, 0);
        CHECK_IS(pv_policy_is_idle(&a.policy, plain, certs, 2), cases[i].idle);
        CHECK_IS(pv_policy_is_idle(&a.policy, odd, plains, 2), cases[i].idle);
        CHECK_IS(pv_policy_is_idle(&a.policy, NULL, plains, 2), 1);
        ask(&a, 0, EXPLICIT, 0);
        CHECK_IS(pv_policy_is_idle(&a.policy, NULL, plains, 2), 0);
        graph_free(g);
    }
}

/* --- Extensions that cannot be read
 * ------------------------------------------------------------------------------------
 */

/* A path of one certificate whose only extension has this value. */
static pv_reason judge_value(const char *oid, pv_span value, uint32_t flags) {
    graph *g = graph_new();
    asked a;
    pv_cert leaf = *graph_parse(g, "L by C noids nodns"), ca = *graph_parse(g, "C by R ca pol:1");
    pv_span der = JOIN(NUL(), SEQ(SEQ(OID(oid), OCTETS(value)))); /* an offset of 0 is no extensions */
    pv_span octets = HEX(oid);
    leaf.der = der.data;
    leaf.der_len = (uint32_t)der.len;
    leaf.extensions = 2;
    leaf.present = PV_EXT_BIT(pv_ext_id_of(octets));
    const pv_cert *certs[] = {&leaf};
    ask(&a, 0, flags, ENOUGH);
    pv_reason reason = judge(&a, &ca, certs, 1).reason;
    graph_free(g);
    return reason;
}

TEST(extensions_that_cannot_be_read) {
    static const char policies[] = "551D20", limits[] = "551D24";
    pv_span one = OID("5301");
    CHECK_IS(judge_value(policies, SEQ(SEQ(one)), EXPLICIT), PV_OK);
    CHECK_IS(judge_value(policies, SEQ(SEQ(one), SEQ(one)), EXPLICIT), PV_OK);
    CHECK_IS(judge_value(policies, SEQ(SEQ(one, SEQ(NUL()))), EXPLICIT),
             PV_OK); /* qualifiers: not looked at */
    CHECK_IS(judge_value(policies, SEQ(one), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(judge_value(policies, EMPTY(0x30), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(judge_value(policies, SEQ(SEQ(one), NUL()), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(judge_value(policies, SEQ(SEQ(one), EMPTY(0x30)), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(judge_value(policies, JOIN(SEQ(SEQ(one)), NUL()), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(judge_value(policies, SEQ(SEQ(OID("5380"))), EXPLICIT), PV_R_EXTENSION_MALFORMED);
    /* policyConstraints: an explicit policy of 0 where the target has none */
    CHECK_IS(judge_value(limits, HEX("3003800100"), 0), PV_R_POLICY_REQUIRED);
    CHECK_IS(judge_value(limits, HEX("3003800101"), 0), PV_OK);
    CHECK_IS(judge_value(limits, HEX("300480020100"), 0), PV_OK);
    CHECK_IS(judge_value(limits, HEX("30058003010000"), 0), PV_OK);
    CHECK_IS(judge_value(limits, HEX("3006800100810100"), 0), PV_R_POLICY_REQUIRED);
    CHECK_IS(judge_value(limits, HEX("3003810100"), 0), PV_OK);
    static const char *const bad[] = {
        "3000",          "30038001FF",       "3004800200 01", "30028000", "3003820100", "3006810100800100",
        "3003800100 00", "3006800100800100", "300380010000",  "0500"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_IS(judge_value(limits, HEX(bad[i]), 0), PV_R_EXTENSION_MALFORMED);
    }
}

/* --- Budgets
 * ------------------------------------------------------------------------------------
 */

TEST(exactly_enough_passes_and_one_less_does_not) {
    static const char *const paths[][6] = {
        {ROOT, "L by R pol:1"},
        {ROOT, "C by R ca pol:1,2,3,4 map:1>2,2>3,3>4", "D by C ca pol:* map:4>1", "L by D pol:*"},
        {ROOT, "C by R ca pol:* map:1>2,2>3", "D by C ca pol:2,3,*", "L by D pol:*"},
        {ROOT, "C by R ca pols:40", "D by C ca pols:40", "L by D pols:40"},
        {ROOT, "C by R ca pol:1 lost:50", "L by C pol:1"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        answer all = judge_lines(0, EXPLICIT, ENOUGH, paths[i]);
        CHECK_IS(all.reason, PV_OK);
        CHECK(all.spent > 0 && all.spent < 20000);
        for (uint32_t less = 0; less < all.spent; less += 1 + less / 8) {
            answer fewer = judge_lines(0, EXPLICIT, all.spent - 1 - less, paths[i]);
            CHECK_IS(fewer.reason, PV_R_BUDGET_POLICY_NODES);
            CHECK(fewer.spent <= all.spent - 1 - less);
        }
        answer exact = judge_lines(0, EXPLICIT, all.spent, paths[i]);
        CHECK_IS(exact.reason, PV_OK);
        CHECK_IS(exact.spent, all.spent);
        CHECK_IS(exact.authority, all.authority);
    }
}

/* The whole search says UNDECIDED, never trusted and never refused. */
TEST(a_spent_budget_is_undecided) {
    graph *g = graph_new();
    graph_send(g, "L by I pol:1");
    graph_send(g, "I by R ca pol:1,2 map:2>1");
    graph_anchor(g, ROOT);
    graph_seal(g);
    pv_policy policy = GRAPH_POLICY;
    policy.policy_flags = EXPLICIT;
    pv_verdict all = graph_verdict(g, &policy, NULL, 0);
    CHECK_IS(all.outcome, PV_OUTCOME_TRUSTED);
    for (uint32_t budget = 0; budget <= all.spent.policy_nodes; budget++) {
        policy.budget.policy_nodes = budget;
        pv_verdict v = graph_verdict(g, &policy, NULL, 0);
        int enough = budget == all.spent.policy_nodes;
        CHECK_IS(v.outcome, enough ? PV_OUTCOME_TRUSTED : PV_OUTCOME_UNDECIDED);
        CHECK_IS(v.reason, enough ? PV_OK : PV_R_BUDGET_POLICY_NODES);
    }
    graph_free(g);
}

/* Policies that a tree would multiply at each level: the graph has one node for each, and its links are paid
 * for. The work is bounded by the budget, whatever is sent. */
TEST(explosions) {
    char line[64];
    const char *lines[PV_MAX_PATH + 2] = {ROOT};
    char texts[PV_MAX_PATH][128];
    static const struct {
        int pols, maps, lost;
    } shapes[] = {{8, 8, 0}, {30, 30, 0}, {100, 0, 0}, {60, 60, 0}, {2, 0, 4000}, {2000, 0, 0}, {0, 60, 0}};
    static const uint32_t budgets[] = {1024, 65535, 0xFFFFFFFFu};
    clock_t start = clock();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int k = 0; k < 20; k++) {
            snprintf(line, sizeof line, shapes[i].pols ? "pols:%d" : "pol:*", shapes[i].pols);
            snprintf(texts[k], sizeof texts[k], "%s by %s ca %s maps:%d lost:%d", k % 2 ? "D" : "C",
                     k == 0       ? "R"
                     : k % 2 != 0 ? "C"
                                  : "D",
                     line, shapes[i].maps, shapes[i].lost);
            lines[k + 1] = texts[k];
        }
        lines[21] = "L by D pol:1";
        lines[22] = NULL;
        for (size_t b = 0; b < 3; b++) {
            answer got = judge_lines(P1, EXPLICIT, budgets[b], lines);
            CHECK(got.reason == PV_OK || got.reason == PV_R_BUDGET_POLICY_NODES);
            CHECK(got.spent <= budgets[b]);
            if (b == 0) CHECK_IS(got.reason, PV_R_BUDGET_POLICY_NODES);
        }
    }
    CHECK_MSG(clock() - start < 60 * CLOCKS_PER_SEC, "%g s", (double)(clock() - start) / CLOCKS_PER_SEC);
}

/* --- The tree of RFC 5280, as it is written there, for small paths
 * ------------------------------------------------------------------------------------
 */

#define LEAST     1u /* policies of random paths are 1 to 4 */
#define MOST      4u
#define MAX_DEPTH 5
#define MAX_TREE  200000

typedef struct plan {
    uint32_t policies;     /* a set; 0: no extension */
    uint8_t map[MOST + 1]; /* of each policy, the set that it is mapped to */
    int require, nomap, noany;
    int is_self_issued;
} plan;

typedef struct leaf {
    uint32_t policy, expected; /* a number; a set */
    int parent, depth, is_gone;
} leaf;

typedef struct tree {
    leaf *nodes;
    int num;
    int is_null;
} tree;

static void grow(tree *t, int parent, uint32_t policy, uint32_t expected) {
    if (t->num == MAX_TREE) abort();
    int depth = parent < 0 ? 0 : t->nodes[parent].depth + 1;
    t->nodes[t->num++] = (leaf){policy, expected, parent, depth, 0};
}

static int has_child(const tree *t, int node) {
    for (int i = node + 1; i < t->num; i++) {
        if (!t->nodes[i].is_gone && t->nodes[i].parent == node) return 1;
    }
    return 0;
}

/* "If there is a node of depth i-1 or less without any child nodes, delete that node. Repeat." Children stand
 * after their parents, so one pass from the end does. */
static void prune(tree *t, int depth) {
    for (int i = t->num - 1; i >= 0; i--) {
        if (!t->nodes[i].is_gone && t->nodes[i].depth < depth && !has_child(t, i)) t->nodes[i].is_gone = 1;
    }
    if (t->nodes[0].is_gone) t->is_null = 1;
}

static void delete_below(tree *t, int node) {
    t->nodes[node].is_gone = 1;
    for (int i = node + 1; i < t->num; i++) {
        if (!t->nodes[i].is_gone && t->nodes[i].parent == node) delete_below(t, i);
    }
}

/* The nodes at a depth, each by a loop over a snapshot of the tree. */
#define EACH(t, i, num, depth_)                                                                              \
    for (int num = (t)->num, i = 0; i < num; i++)                                                            \
        if (!(t)->nodes[i].is_gone && (t)->nodes[i].depth == (depth_))

static int child_has(const tree *t, int node, uint32_t policy) {
    for (int i = node + 1; i < t->num; i++) {
        if (!t->nodes[i].is_gone && t->nodes[i].parent == node && t->nodes[i].policy == policy) return 1;
    }
    return 0;
}

/* 6.1.3 (d) */
static void tree_take(tree *t, const plan *c, int depth, int any_counts) {
    for (uint32_t p = LEAST; p <= MOST; p++) {
        int matched = 0;
        if (!(c->policies >> p & 1)) continue;
        EACH(t, i, num, depth - 1) {
            if (!(t->nodes[i].expected >> p & 1)) continue;
            grow(t, i, p, 1u << p);
            matched = 1;
        }
        if (matched) continue;
        EACH(t, i, num, depth - 1) {
            if (t->nodes[i].policy == 0) grow(t, i, p, 1u << p);
        }
    }
    if ((c->policies & 1) && any_counts) {
        EACH(t, i, num, depth - 1) {
            for (uint32_t p = 0; p <= MOST; p++) {
                if ((t->nodes[i].expected >> p & 1) && !child_has(t, i, p)) grow(t, i, p, 1u << p);
            }
        }
    }
    prune(t, depth);
}

/* 6.1.4 (b) */
static void tree_map(tree *t, const plan *c, int depth, int mapping) {
    for (uint32_t p = LEAST; p <= MOST; p++) {
        int found = 0;
        if (c->map[p] == 0) continue;
        EACH(t, i, num, depth) {
            if (t->nodes[i].policy != p) continue;
            found = 1;
            if (mapping > 0)
                t->nodes[i].expected = c->map[p];
            else
                t->nodes[i].is_gone = 1;
        }
        if (mapping == 0 || found) continue;
        EACH(t, i, num, depth) {
            if (t->nodes[i].policy == 0) grow(t, t->nodes[i].parent, p, c->map[p]);
        }
    }
    prune(t, depth);
}

/* The valid_policy_node_set's policies that reach the end; anyPolicy only where it stands at the end. */
static uint32_t tree_set(const tree *t, int n) {
    uint32_t set = 0;
    for (int i = 1; !t->is_null && i < t->num; i++) {
        const leaf *node = &t->nodes[i];
        if (node->is_gone || t->nodes[node->parent].policy != 0) continue;
        if (node->policy != 0 || node->depth == n) set |= 1u << node->policy;
    }
    return set;
}

/* 6.1.5 (g)(iii) */
static void tree_intersect(tree *t, uint32_t user, int n) {
    uint32_t set = tree_set(t, n);
    for (int i = 1; i < t->num; i++) {
        const leaf *node = &t->nodes[i];
        if (node->is_gone || node->policy == 0 || t->nodes[node->parent].policy != 0) continue;
        if (!(user >> node->policy & 1)) delete_below(t, i);
    }
    EACH(t, i, num, n) {
        if (t->nodes[i].policy != 0) continue;
        for (uint32_t p = LEAST; p <= MOST; p++) {
            if ((user >> p & 1) && !(set >> p & 1)) grow(t, t->nodes[i].parent, p, 1u << p);
        }
        t->nodes[i].is_gone = 1;
    }
    prune(t, n);
}

static void tree_lower(int *counter, int skip) {
    if (skip >= 0 && skip < *counter) *counter = skip;
}

static answer judge_by_tree(tree *t, const plan *plans, int n, uint32_t user, uint32_t flags) {
    answer out = {PV_R_POLICY_REQUIRED, 0, 0, 0, 0};
    int explicit_policy = flags & EXPLICIT ? 0 : n + 1;
    int mapping = flags & NO_MAP ? 0 : n + 1;
    int inhibit_any = flags & NO_ANY ? 0 : n + 1;
    t->num = t->is_null = 0;
    grow(t, -1, 0, 1);
    for (int depth = 1; depth <= n; depth++) {
        const plan *c = &plans[depth - 1];
        out.failed = (uint8_t)(n - depth);
        if (c->policies == 0) t->is_null = 1;
        if (!t->is_null) tree_take(t, c, depth, inhibit_any > 0 || (depth < n && c->is_self_issued));
        if (explicit_policy == 0 && t->is_null) return out;
        if (depth == n) break;
        if (!t->is_null) tree_map(t, c, depth, mapping);
        if (!c->is_self_issued) {
            explicit_policy -= explicit_policy > 0;
            mapping -= mapping > 0;
            inhibit_any -= inhibit_any > 0;
        }
        tree_lower(&explicit_policy, c->require);
        tree_lower(&mapping, c->nomap);
        tree_lower(&inhibit_any, c->noany);
    }
    explicit_policy -= explicit_policy > 0;
    if (plans[n - 1].require == 0) explicit_policy = 0;
    out.authority = tree_set(t, n);
    if (user != 0 && !t->is_null) tree_intersect(t, user, n);
    out.user = tree_set(t, n);
    if (explicit_policy > 0 || !t->is_null) out.reason = PV_OK;
    return out;
}

/* --- Random paths */

static uint32_t seed = 0x9618u;

static uint32_t dice(uint32_t sides) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (seed >> 4) % sides;
}

static plan random_plan(int depth) {
    plan c = {0, {0}, -1, -1, -1, depth > 0 && dice(5) == 0};
    if (dice(25) != 0) {
        c.policies = (dice(3) == 0 ? 1u : 0) | (dice(16) << 1);
        if (c.policies == 0) c.policies = 1u << (LEAST + dice(MOST));
    }
    for (uint32_t p = LEAST; p <= MOST && dice(2); p++) {
        if (dice(2)) c.map[LEAST + dice(MOST)] = (uint8_t)((1 + dice(15)) << 1);
    }
    if (dice(6) == 0) c.require = (int)dice(4);
    if (dice(6) == 0) c.nomap = (int)dice(3);
    if (dice(6) == 0) c.noany = (int)dice(3);
    return c;
}

static void put_set(char *at, uint32_t set) {
    for (uint32_t p = 0; p <= MOST; p++) {
        if (set >> p & 1) at += sprintf(at, p ? "%u," : "*,", p);
    }
    at[-1] = 0;
}

static void put_maps(char *at, const plan *c) {
    for (uint32_t p = LEAST; p <= MOST; p++) {
        for (uint32_t q = LEAST; q <= MOST; q++) {
            if (c->map[p] >> q & 1) at += sprintf(at, "%u>%u,", p, q);
        }
    }
    at[-1] = 0;
}

static int has_maps(const plan *c) {
    return c->map[1] || c->map[2] || c->map[3] || c->map[4];
}

/* `name` is the certificate's letter, `above` its issuer's. */
static const char *line_of(const plan *c, char name, char above) {
    static char line[256];
    char set[64], maps[128];
    char *at = line + sprintf(line, "%c by %c ca", name, above);
    if (c->policies) {
        put_set(set, c->policies);
        at += sprintf(at, " pol:%s", set);
    }
    if (has_maps(c)) {
        put_maps(maps, c);
        at += sprintf(at, " map:%s", maps);
    }
    if (c->require >= 0) at += sprintf(at, " require:%d", c->require);
    if (c->nomap >= 0) at += sprintf(at, " nomap:%d", c->nomap);
    if (c->noany >= 0) sprintf(at, " noany:%d", c->noany);
    return line;
}

/* `g` is emptied for the next path. */
static answer judge_plans(graph *g, const plan *plans, int n, const asked *a) {
    const pv_cert *certs[MAX_DEPTH];
    char name = 'R';
    for (int i = 0; i < n; i++) {
        char above = name;
        if (!plans[i].is_self_issued) name = (char)('A' + i);
        certs[n - 1 - i] = graph_parse(g, line_of(&plans[i], name, above));
    }
    answer out = judge(a, NULL, certs, (uint8_t)n);
    while (g->num_certs > 0)
        free(g->der[--g->num_certs]);
    return out;
}

TEST(random_paths_against_the_tree) {
    tree t = {malloc(MAX_TREE * sizeof(leaf)), 0, 0};
    graph *g = graph_new();
    plan plans[MAX_DEPTH];
    asked a;
    int tally[2][2] = {{0}};
    for (int round = 0; round < 10000; round++) {
        int n = 1 + (int)dice(MAX_DEPTH);
        for (int i = 0; i < n; i++)
            plans[i] = random_plan(i);
        uint32_t user = dice(3) ? dice(16) << 1 : 0;
        uint32_t flags = (dice(2) ? EXPLICIT : 0) | (dice(5) ? 0 : NO_MAP) | (dice(5) ? 0 : NO_ANY);
        ask(&a, user, flags, 4000);
        answer got = judge_plans(g, plans, n, &a);
        answer want = judge_by_tree(&t, plans, n, user, flags);
        int same = got.reason == want.reason &&
                   (got.reason != PV_OK || (got.authority == want.authority && got.user == want.user));
        CHECK_MSG(same, "path %d (n %d, user %x, flags %x): %d %x %x, not %d %x %x", round, n, user, flags,
                  got.reason, got.authority, got.user, want.reason, want.authority, want.user);
        CHECK(got.reason == PV_OK || got.failed == want.failed);
        tally[got.reason == PV_OK][got.user != 0]++;
    }
    /* the paths are of all kinds */
    CHECK_MSG(tally[0][0] > 1000 && tally[1][0] > 1000 && tally[1][1] > 1000, "%d %d %d", tally[0][0],
              tally[1][0], tally[1][1]);
    graph_free(g);
    free(t.nodes);
}
