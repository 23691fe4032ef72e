/* test_hostile_evidence.c: evidence that is crafted to be dear is paid for, and the work ends within the
 * budget. What it takes in time, fuzz/worst_evidence.c tells. */
#define GRAPH_ROOM   0x300000
#define MAX_EVIDENCE 2100
#define MAX_GRAPH    1000
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "hostile_evidence.h"
#include "harness.h"

#if !defined(PV_NO_CRL) && !defined(PV_NO_OCSP)

static int is_within(const pv_budget *spent, const pv_budget *budget) {
    return spent->signatures <= budget->signatures && spent->steps <= budget->steps &&
           spent->names <= budget->names && spent->bytes <= budget->bytes;
}

static void check_end(world *w, const char *what) {
    world_judge(w);
    int is_spent = w->v.reason >= PV_R_BUDGET_SIGNATURES && w->v.reason <= PV_R_BUDGET_POLICY_NODES;
    CHECK_MSG(w->v.outcome != PV_OUTCOME_TRUSTED && w->v.outcome != PV_OUTCOME_NONE, "%s: outcome %d", what,
              w->v.outcome);
    CHECK_MSG((w->v.outcome == PV_OUTCOME_UNDECIDED) == is_spent, "%s: outcome %d, reason %d", what,
              w->v.outcome, w->v.reason);
    CHECK_MSG(is_within(&w->v.spent, &w->policy.budget), "%s", what);
}

TEST(the_work_ends_within_the_budget) {
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        world *w = hostile_world(&hostile_cases[i]);
        check_end(w, hostile_cases[i].what);
        pv_budget first = w->v.spent;
        w->policy.budget.steps /= 8;
        check_end(w, hostile_cases[i].what);
        w->policy.budget.names /= 64;
        check_end(w, hostile_cases[i].what);
        w->policy.budget.bytes = 3000;
        check_end(w, hostile_cases[i].what);
        CHECK(w->v.spent.steps <= first.steps || first.steps > w->policy.budget.steps);
        world_free(w);
    }
}

static pv_budget spent_by(const char *a, const char *b, const char *c, uint32_t steps) {
    static const char *const anchor = "anchor R by R CA";
    world *w = world_new();
    w->policy.budget.steps = steps;
    world_line(w, a);
    world_line(w, "I by R CA");
    world_line(w, anchor);
    if (b) world_line(w, b);
    if (c) world_line(w, c);
    world_seal(w);
    pv_budget spent = world_judge(w)->spent;
    world_free(w);
    return spent;
}

/* Each look-up in a long list is paid for by its length: once to judge, once for the log. */
TEST(long_lists_are_paid_for) {
    uint32_t steps = spent_by("L by I serial:5 dp:;id=Y", "crl Y idp:;I entries:100000", NULL, 1000000).steps;
    CHECK(steps >= 2 * 100000 / 16);
    CHECK(spent_by("L by I serial:5", "ocsp I of:X times:8000 good:6", NULL, 1000000).steps >= 2 * 8000 / 4);
    CHECK(spent_by("L by I serial:5", "ocsp I of:X times:8000 good:5", NULL, 1000000).bytes >= 2 * 8000 * 10);
}

/* Each digest costs a step, and each certificate that has the name of a CRL's issuer. */
TEST(digests_and_candidates_are_paid_for) {
    CHECK(spent_by("L by I serial:5", "ocsp I of:X times:8000 good:5", NULL, 1000000).steps >=
          2 * (8000 + 8000 / 4));
    for (int is_namesake = 0; is_namesake < 2; is_namesake++) {
        world *w = world_new();
        world_line(w, "L by I serial:5");
        world_line(w, "I by R CA");
        world_line(w, "anchor R by R CA");
        for (int i = 0; i < 200; i++) {
            hostile_line(w, is_namesake ? "ev I by R CA key:I tail:%d" : "ev X by R CA tail:%d", i + 1);
        }
        world_line(w, "crl I signed:none aki:I");
        world_seal(w);
        world_judge(w);
        CHECK_IS(w->v.reason, PV_R_REVOCATION_UNKNOWN);
        CHECK((w->v.spent.steps >= 2 * 200) == is_namesake);
        world_free(w);
    }
}

/* Names of distribution points: those that are compared, and those that are only read. */
TEST(long_points_are_paid_for) {
    CHECK(spent_by("L by I serial:5 uris:300", "crl I uris:300", NULL, 20000).names >= 2 * 300 * 300);
    CHECK(spent_by("L by I serial:5 uris:3000", "crl I idp:d=X", NULL, 20000).names >= 2 * 3000 * 42 / 32);
    /* lists of directories are read once for each name that is looked for in them, and these compared both
     * ways */
    CHECK(spent_by("L by I serial:5 dirs:20", "crl I dirs:20", NULL, 20000).names >= 20000);
    CHECK(spent_by("L by I serial:5", "crl I dirs:100", NULL, 20000).names >= 2 * 100);
    CHECK(spent_by("L by I serial:5 dp:r=x", "crl I dirs:100", NULL, 20000).names >= 2 * 2 * 100);
}

/* CRLs of other issuers cost next to nothing. */
TEST(other_issuers_crls_are_cheap) {
    CHECK(spent_by("L by I serial:5", "crl X entries:100000", "crl Y entries:100000", 20000).steps < 60);
}

#endif
