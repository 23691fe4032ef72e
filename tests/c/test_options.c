/* test_options.c: what a build leaves out, it refuses. Each test holds under every set of options: what is
 * there is judged, what is not is never passed over. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "algorithm.h"
#include "graph.h"
#include "harness.h"
#include "name.h"
#include "path_check.h"
#include "profile.h"
#include "subject.h"

#define HAS_ECDSA    ((PV_ALGORITHMS & PV_WITH_ECDSA) != 0)
#define LEAF         "L by I dns:device.example"
#define HAS_NAME(of) ((PV_NAMES & (of)) != 0)

#define HASH_OF_ROOT   2740866546u
#define HASH_OF_EIGHT  3569569362u
#define HASH_OF_UMLAUT 498027900u

/* The policy of graph.h, by a profile of the build. */
static pv_policy policy_of_build(void) {
    pv_policy policy = GRAPH_POLICY;
    if (!(PV_PROFILES & PV_WITH_DEVICE)) policy.profile = PV_PROFILE_RFC5280;
    if (!(PV_PROFILES & (PV_WITH_DEVICE | PV_WITH_RFC5280))) policy.profile = PV_PROFILE_WEBPKI;
    policy.max_intermediates = PV_MAX_PATH;
    return policy;
}

/* The verdict on a target under an intermediate under a root, each as its line says. */
static pv_verdict verdict_on(const pv_policy *policy, const char *leaf, const char *ca, const char *root) {
    graph *g = graph_new();
    graph_send(g, leaf);
    graph_send(g, ca);
    graph_anchor(g, root);
    graph_seal(g);
    pv_verdict verdict = graph_verdict(g, policy, NULL, 0);
    graph_free(g);
    return verdict;
}

static void refused(pv_verdict verdict, pv_reason reason) {
    CHECK_IS(verdict.outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(verdict.reason, reason);
}

/* --- PV_PROFILES --- */

TEST(profiles_that_are_not_built_are_refused) {
    static const uint8_t profiles[] = {PV_PROFILE_RFC5280, PV_PROFILE_WEBPKI, PV_PROFILE_DEVICE};
    for (size_t i = 0; i < sizeof profiles; i++) {
        int built = (PV_PROFILES & PV_ALG_BIT(profiles[i])) != 0;
        pv_policy policy = GRAPH_POLICY;
        policy.profile = profiles[i];
        CHECK_IS(pv_profile_known(profiles[i]), built);
        if (!HAS_ECDSA) continue;
        pv_verdict verdict = verdict_on(&policy, LEAF, "I by R ca", "R by R ca");
        if (!built) refused(verdict, PV_R_PROFILE_UNSUPPORTED);
        if (built) CHECK(verdict.reason != PV_R_PROFILE_UNSUPPORTED);
    }
}

TEST(a_rule_of_every_profile_refuses_in_every_build) {
    uint8_t field = 0;
    pv_policy policy = policy_of_build();
    graph *g = graph_new();
    pv_cert ca = *graph_parse(g, "I by R ca");
    pv_profile_question question = {&ca, policy.profile, PV_ROLE_INTERMEDIATE, PV_PURPOSE_ANY};
    ca.deviations |= PV_DEV_VERSION;
    CHECK_IS(pv_profile_check(&field, &policy.budget, &question), PV_R_RULE_VERSION);
    CHECK_IS(field, PV_FIELD_VERSION);
    ca.flags |= PV_CERT_EMPTY_NAME;
    CHECK_IS(pv_profile_check(&field, &policy.budget, &question), PV_R_RULE_CA_EMPTY_SUBJECT);
    graph_free(g);
}

/* --- PV_ALGORITHMS --- */

static void check_key(pv_span algorithm, pv_span octets, uint8_t alg, uint32_t family) {
    pv_span element, spki = SEQ(algorithm, BITS(0, octets));
    pv_key_info info;
    uint32_t deviations = 0;
    CHECK_IS(pv_algorithm_key(&spki, &element, &info, &deviations), PV_OK);
    CHECK_IS(info.alg, (PV_ALGORITHMS & family) ? alg : PV_KEY_UNKNOWN);
    if (!(PV_ALGORITHMS & family)) CHECK_IS(info.fault, PV_R_ALGORITHM_UNKNOWN);
}

TEST(keys_that_are_not_built_are_unknown) {
    pv_span modulus = TLV(2, HEX("00"), repeat(0xC1, 256)), rsa = SEQ(modulus, INT(65537));
    pv_span point = JOIN(HEX("04"), repeat(0x11, 64));
    check_key(SEQ(OID("2A864886F70D010101"), NUL()), rsa, PV_KEY_RSA, PV_WITH_ANY_RSA);
    check_key(SEQ(OID("2A864886F70D01010A")), rsa, PV_KEY_RSA_PSS, PV_WITH_RSA_PSS);
    check_key(SEQ(OID("2A8648CE3D0201"), OID("2A8648CE3D030107")), point, PV_KEY_P256, PV_WITH_ECDSA);
    check_key(SEQ(OID("2B6570")), repeat(1, 32), PV_KEY_ED25519, PV_WITH_ED25519);
    check_key(SEQ(OID("2B6571")), repeat(1, 57), PV_KEY_ED448, PV_WITH_ED448);
    check_key(SEQ(OID("608648016503040311")), repeat(1, 1312), PV_KEY_ML_DSA_44, PV_WITH_ML_DSA);
    check_key(SEQ(OID("2A8648CE380401")), INT(65537), PV_KEY_DSA, PV_WITH_DSA);
}

static void check_signature(pv_span contents, uint8_t alg, uint32_t family) {
    uint8_t found = 0xA5;
    uint32_t deviations = 0;
    CHECK_IS(pv_algorithm_signature(contents, &found, &deviations), PV_OK);
    CHECK_IS(found, (PV_ALGORITHMS & family) ? alg : PV_SIG_UNKNOWN);
}

TEST(signatures_that_are_not_built_are_unknown) {
    check_signature(JOIN(OID("2A864886F70D01010B"), NUL()), PV_SIG_RSA_PKCS1_SHA256, PV_WITH_RSA_PKCS1);
    check_signature(OID("2A8648CE3D040302"), PV_SIG_ECDSA_SHA256, PV_WITH_ECDSA);
    check_signature(OID("2A8648CE3D040304"), PV_SIG_ECDSA_SHA512, PV_WITH_ECDSA);
    check_signature(OID("2B6570"), PV_SIG_ED25519, PV_WITH_ED25519);
    check_signature(OID("2B6571"), PV_SIG_ED448, PV_WITH_ED448);
    check_signature(OID("608648016503040312"), PV_SIG_ML_DSA_65, PV_WITH_ML_DSA);
    check_signature(OID("2A8648CE380403"), PV_SIG_DSA_SHA1, PV_WITH_DSA);
    check_signature(JOIN(OID("2A864886F70D010105"), NUL()), PV_SIG_RSA_PKCS1_SHA1, PV_WITH_LEGACY);
}

TEST(nothing_fits_what_is_not_built) {
    CHECK_IS(pv_algorithm_fits(PV_SIG_ECDSA_SHA256, PV_KEY_P256), HAS_ECDSA);
    CHECK_IS(pv_algorithm_fits(PV_SIG_ED25519, PV_KEY_ED25519), (PV_ALGORITHMS & PV_WITH_ED25519) != 0);
    CHECK_IS(pv_algorithm_fits(PV_SIG_RSA_PSS_SHA256, PV_KEY_RSA), (PV_ALGORITHMS & PV_WITH_RSA_PSS) != 0);
    CHECK_IS(pv_algorithm_fits(PV_SIG_DSA_SHA256, PV_KEY_DSA), (PV_ALGORITHMS & PV_WITH_DSA) != 0);
    CHECK_IS(pv_algorithm_fits(PV_SIG_UNKNOWN, PV_KEY_UNKNOWN), 0);
    CHECK(pv_algorithm_cost(PV_KEY_UNKNOWN, 0) > 0);
}

#if (PV_ALGORITHMS & PV_WITH_ECDSA) && (PV_PROFILES & PV_WITH_DEVICE)

/* A kind of key that nobody knows may be a key agreement key, its owner's affair; a build that knows only
 * some kinds could take a weak key for one. */
TEST(a_target_key_of_an_unknown_kind_is_refused_where_not_all_kinds_are_built) {
    pv_policy policy = policy_of_build();
    pv_subject any = {{NULL, 0}, PV_SUBJECT_ANY};
    pv_budget left = policy.budget;
    pv_rules rules = {&policy, &any, {TEST_NOW, PV_TIME_KNOWN}, &left, NULL, 0};
    pv_finding finding;
    graph *g = graph_new();
    pv_cert cert = *graph_parse(g, LEAF);
    cert.key_alg = PV_KEY_UNKNOWN;
    cert.key_fault = PV_R_ALGORITHM_UNKNOWN;
    pv_reason want = PV_ALGORITHMS == PV_WITH_ALL ? PV_OK : PV_R_ALGORITHM_UNKNOWN;
    CHECK_IS(pv_path_check_target(&finding, &rules, &cert), want);
    graph_free(g);
}

#endif

#if !(PV_ALGORITHMS & PV_WITH_ECDSA)

/* graph.h's certificates are all under ECDSA. */
TEST(a_path_without_its_algorithm_is_refused) {
    pv_policy policy = policy_of_build();
    graph *g = graph_new();
    pv_subject any = {{NULL, 0}, PV_SUBJECT_ANY};
    pv_rules rules = {&policy, &any, {TEST_NOW, PV_TIME_KNOWN}, &policy.budget, NULL, 0};
    pv_finding finding;
    const pv_cert *cert = graph_parse(g, LEAF);
    pv_anchor anchor;
    CHECK_IS(cert->sig_alg, PV_SIG_UNKNOWN);
    CHECK_IS(pv_path_check_target(&finding, &rules, cert), PV_R_ALGORITHM_UNKNOWN);
    CHECK_IS(pv_anchor_from_cert(&anchor, graph_parse(g, "R by R ca")), PV_R_ALGORITHM_UNKNOWN);
    graph_free(g);
}

#endif

#if (PV_ALGORITHMS & PV_WITH_ECDSA) && (PV_PROFILES & (PV_WITH_DEVICE | PV_WITH_RFC5280))

/* --- PV_NO_NAME_CONSTRAINTS --- */

TEST(constraints_are_judged_or_refused) {
    pv_policy policy = policy_of_build();
    const char *ca = "I by R ca", *root = "R by R ca", *free = "I by R ca permit:example";
    pv_verdict verdict = verdict_on(&policy, LEAF, free, root);
#ifdef PV_NO_NAME_CONSTRAINTS
    refused(verdict, PV_R_NC_UNSUPPORTED);
    CHECK_IS(verdict.field, PV_FIELD_NAME_CONSTRAINTS);
    refused(verdict_on(&policy, LEAF, ca, "R by R ca permit:example"), PV_R_NC_UNSUPPORTED);
    refused(verdict_on(&policy, LEAF, ca, "R by R ca exclude:other"), PV_R_NC_UNSUPPORTED);
    refused(verdict_on(&policy, "L by I ca permit:example", ca, root), PV_R_NC_UNSUPPORTED);
#else
    CHECK_IS(verdict.outcome, HAS_NAME(PV_WITH_DNS) ? PV_OUTCOME_TRUSTED : PV_OUTCOME_REFUSED);
    if (!HAS_NAME(PV_WITH_DNS)) CHECK_IS(verdict.reason, PV_R_NC_UNSUPPORTED);
    verdict = verdict_on(&policy, LEAF, "I by R ca exclude:example", root);
    refused(verdict, HAS_NAME(PV_WITH_DNS) ? PV_R_NC_EXCLUDED : PV_R_NC_UNSUPPORTED);
    verdict = verdict_on(&policy, LEAF, "I by R ca exdirs:1", root);
    CHECK_IS(verdict.outcome, HAS_NAME(PV_WITH_DIRECTORY_NAME) ? PV_OUTCOME_TRUSTED : PV_OUTCOME_REFUSED);
#endif
    CHECK_IS(verdict_on(&policy, LEAF, ca, root).outcome, PV_OUTCOME_TRUSTED);
}

/* Constraints that stand in an anchor's fields, not in a certificate. */
TEST(constraints_set_on_an_anchor_are_judged_or_refused) {
    pv_policy policy = policy_of_build();
    graph *g = graph_new();
    graph_send(g, LEAF);
    graph_anchor(g, "I by I ca");
    g->anchors[0].name_constraints = SEQ(TLV(0xA1, SEQ(STR(0x82, "device.example"))));
    graph_seal(g);
    pv_verdict verdict = graph_verdict(g, &policy, NULL, 0);
#ifdef PV_NO_NAME_CONSTRAINTS
    refused(verdict, PV_R_NC_UNSUPPORTED);
#else
    refused(verdict, HAS_NAME(PV_WITH_DNS) ? PV_R_NC_EXCLUDED : PV_R_NC_UNSUPPORTED);
#endif
    graph_free(g);
}

/* --- PV_MAX_PATH, PV_MAX_DUE, PV_MAX_SIGNATURES --- */

/* A chain with this many certificates, the anchor not counted. */
static graph *chain_of(unsigned len) {
    char line[64];
    graph *g = graph_new();
    for (unsigned i = 0; i < len; i++) {
        snprintf(line, sizeof line, "N%u by N%u%s", i, i + 1, i > 0 ? " ca" : "");
        graph_send(g, line);
    }
    snprintf(line, sizeof line, "N%u by N%u ca", len, len);
    graph_anchor(g, line);
    graph_seal(g);
    return g;
}

/* The longest path that the build's room for signatures lets through. */
static unsigned longest(void) {
    return PV_MAX_PATH < PV_MAX_SIGNATURES ? PV_MAX_PATH : PV_MAX_SIGNATURES - 1u;
}

TEST(the_longest_path_is_found_and_a_longer_one_is_undecided) {
    pv_policy policy = policy_of_build();
    policy.max_intermediates = PV_MAX_PATH + 1;
    graph *g = chain_of(longest());
    pv_verdict verdict = graph_verdict(g, &policy, NULL, 0);
    CHECK_IS(verdict.outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(verdict.path_len, longest());
    graph_free(g);
    if (longest() < PV_MAX_PATH) return;
    g = chain_of(PV_MAX_PATH + 1);
    verdict = graph_verdict(g, &policy, NULL, 0);
    CHECK_IS(verdict.outcome, PV_OUTCOME_UNDECIDED);
    CHECK_IS(verdict.reason, PV_R_LIMIT_PATH);
    graph_free(g);
}

static size_t most_jobs;

static void check_few(void *ctx, pv_job *jobs, size_t num_jobs) {
    if (num_jobs > most_jobs) most_jobs = num_jobs;
    graph_check(ctx, jobs, num_jobs);
}

static pv_verdict run_few(graph *g, const pv_policy *policy) {
    pv_request request = graph_request(g, policy);
    pv_checker checker = {g, check_few, NULL};
    size_t size = pv_workspace_size(1, request.num_certs, policy);
    void *workspace = malloc(size);
    CHECK_IS(pv_validate(workspace, size - 1, &request, 1, &checker), PV_FAILED);
    CHECK_IS(request.verdict.outcome, PV_OUTCOME_NONE);
    most_jobs = 0;
    CHECK_IS(pv_validate(workspace, size, &request, 1, &checker), PV_DONE);
    free(workspace);
    return request.verdict;
}

TEST(no_more_signatures_at_once_than_there_is_room_for) {
    pv_policy policy = policy_of_build();
    graph *g = chain_of(longest());
    CHECK_IS(run_few(g, &policy).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(most_jobs, PV_MAX_DUE < longest() ? PV_MAX_DUE : longest());
    CHECK_IS(g->num_jobs, longest());
    graph_free(g);
}

/* Whichever signature of a path is bad, and in whichever round it comes up, the path is refused for it. */
TEST(a_bad_signature_is_found_in_every_round) {
    pv_policy policy = policy_of_build();
    for (unsigned bad = 0; bad < 4; bad++) {
        char lines[4][64];
        graph *g = graph_new();
        for (unsigned i = 0; i < 4; i++) {
            const char *ca = i > 0 ? " ca" : "", *forged = i == bad ? " signed:none" : "";
            snprintf(lines[i], sizeof lines[i], "N%u by N%u%s%s", i, i + 1, ca, forged);
            graph_send(g, lines[i]);
        }
        graph_anchor(g, "N4 by N4 ca");
        graph_seal(g);
        pv_verdict verdict = run_few(g, &policy);
        refused(verdict, PV_R_SIGNATURE_BAD);
        CHECK_IS(verdict.node, bad);
        CHECK_IS(g->num_jobs, 4 - bad); /* nothing below a signature that does not hold */
        graph_free(g);
    }
}

/* Namesakes that did not sign: each is a signature to remember. */
TEST(a_search_that_would_remember_more_signatures_is_undecided) {
    pv_policy policy = policy_of_build();
    char line[64];
    unsigned num = 40;
    graph *g = graph_new();
    graph_send(g, "L by I signed:none");
    for (unsigned i = 0; i < num; i++) {
        snprintf(line, sizeof line, "I by R ca key:K%u", i);
        graph_send(g, line);
    }
    graph_anchor(g, "R by R ca");
    graph_seal(g);
    pv_verdict verdict = graph_verdict(g, &policy, NULL, 0);
    if (PV_MAX_SIGNATURES > 2 * num) {
        refused(verdict, PV_R_SIGNATURE_BAD);
    } else {
        CHECK_IS(verdict.outcome, PV_OUTCOME_UNDECIDED);
        CHECK_IS(verdict.reason, PV_R_BUDGET_SIGNATURES);
        CHECK(g->num_jobs < PV_MAX_SIGNATURES);
    }
    graph_free(g);
}

/* --- PV_MAX_REQUESTS, PV_NO_POOL --- */

TEST(more_requests_than_the_build_takes_fail) {
    pv_policy policy = policy_of_build();
    graph *g = chain_of(2);
    pv_request requests[2] = {graph_request(g, &policy), graph_request(g, &policy)};
    pv_checker checker = {g, graph_check, NULL};
    uint64_t workspace[4096];
    int fits = PV_MAX_REQUESTS > 1 && pv_workspace_size(2, 2, &policy) <= sizeof workspace;
    pv_status status = pv_validate(workspace, sizeof workspace, requests, 2, &checker);
    CHECK_IS(status, fits ? PV_DONE : PV_FAILED);
    CHECK_IS(requests[1].verdict.outcome, fits ? PV_OUTCOME_TRUSTED : PV_OUTCOME_NONE);
    CHECK_IS(pv_workspace_size(2, 2, &policy) == 0, PV_MAX_REQUESTS < 2);
    requests[0].parent = &requests[1];
    CHECK_IS(pv_validate(workspace, sizeof workspace, requests, 1, &checker), PV_FAILED);
    graph_free(g);
}

TEST(a_pool_is_read_or_the_call_fails) {
    pv_policy policy = policy_of_build();
    graph *g = chain_of(2);
    const pv_cert *pooled[] = {g->sent[1]};
    pv_pool pool = {pooled, 1, {NULL, NULL, 0}};
    pv_request request = graph_request(g, &policy);
    request.num_certs = 1;
    request.pool = &pool;
#ifdef PV_NO_POOL
    CHECK_IS(graph_run(g, &request, 1), PV_FAILED);
    CHECK_IS(request.verdict.outcome, PV_OUTCOME_NONE);
#else
    CHECK_IS(graph_run(g, &request, 1), PV_DONE);
    CHECK_IS(request.verdict.outcome, PV_OUTCOME_TRUSTED);
#endif
    graph_free(g);
}

/* --- PV_NO_LOG --- */

TEST(a_log_is_written_or_the_call_fails) {
    pv_policy policy = policy_of_build();
    graph *g = chain_of(2);
    pv_record lines[8];
    pv_request request = graph_request(g, &policy);
    request.records = lines;
    request.max_records = 8;
#ifdef PV_NO_LOG
    CHECK_IS(graph_run(g, &request, 1), PV_FAILED);
    CHECK_IS(request.verdict.outcome, PV_OUTCOME_NONE);
#else
    CHECK_IS(graph_run(g, &request, 1), PV_DONE);
    CHECK_IS(request.verdict.num_records, 3); /* the target, the intermediate, the anchor */
#endif
    graph_free(g);
}

/* --- PV_NO_CRL, PV_NO_OCSP, PV_NO_POLICIES --- */

TEST(revocation_is_judged_or_refused) {
    pv_policy policy = policy_of_build();
    policy.revocation = PV_REVOCATION_LEAF;
    policy.revocation_sources = PV_SOURCE_CRL | PV_SOURCE_OCSP;
#if defined(PV_NO_CRL) || defined(PV_NO_OCSP)
    pv_reason want = PV_R_REVOCATION_UNSUPPORTED;
#else
    pv_reason want = PV_R_REVOCATION_UNKNOWN;
#endif
    refused(verdict_on(&policy, LEAF, "I by R ca", "R by R ca"), want);
}

TEST(policies_are_judged_or_refused) {
    pv_policy policy = policy_of_build();
    policy.policy_flags = PV_POLICY_EXPLICIT;
#ifdef PV_NO_POLICIES
    pv_reason want = PV_R_POLICY_UNSUPPORTED;
#else
    pv_reason want = PV_R_POLICY_REQUIRED;
#endif
    refused(verdict_on(&policy, LEAF, "I by R ca", "R by R ca"), want);
}

#endif

/* --- PV_NO_NOTES --- */

/* A deviation that DEVICE tolerates is noted or passed over; the one that it refuses a CA for is always told.
 */
TEST(what_device_tolerates_is_noted_where_there_are_notes) {
    uint16_t usage = 0;
    uint32_t deviations = 0;
    CHECK_IS(pv_ext_key_usage(BITS(0, HEX("04")), &usage, &deviations), PV_OK);
    CHECK_IS(deviations, PV_HAS_NOTES ? PV_DEV_KEY_USAGE_PADDING : 0);
    graph *g = graph_new();
    pv_cert leaf = *graph_parse(g, LEAF);
    pv_reason note = 0;
    leaf.deviations = PV_DEV_SERIAL_ZERO;
    size_t num = pv_profile_notes(&note, 1, &leaf, PV_PROFILE_DEVICE, PV_ROLE_TARGET);
    CHECK_IS(num, PV_HAS_NOTES && pv_profile_known(PV_PROFILE_DEVICE));
    if (num) CHECK_IS(note, PV_R_RULE_SERIAL_ZERO);
    graph_free(g);
}

/* --- PV_NAMES --- */

TEST(subjects_of_forms_that_are_not_built_are_refused) {
    const struct {
        pv_subject subject;
        int built;
    } cases[] = {
        {{text("device.example"), PV_SUBJECT_DNS}, HAS_NAME(PV_WITH_DNS)},
        {{HEX("C0000201"), PV_SUBJECT_IP}, HAS_NAME(PV_WITH_IP)},
        {{text("urn:device"), PV_SUBJECT_URI}, HAS_NAME(PV_WITH_URI)},
        {{text("a@device.example"), PV_SUBJECT_EMAIL}, HAS_NAME(PV_WITH_EMAIL)},
    };
    graph *g = graph_new();
    const pv_cert *cert = graph_parse(g, LEAF);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *at;
        pv_budget left = GRAPH_POLICY.budget;
        pv_reason want = cases[i].subject.kind == PV_SUBJECT_DNS ? PV_OK : PV_R_SUBJECT_MISMATCH;
        if (!cases[i].built) want = PV_R_SUBJECT_UNSET;
        CHECK_IS(pv_subject_check(&at, &left, &cases[i].subject, cert), want);
    }
    graph_free(g);
}

/* --- PV_SMALL --- */

static uint32_t hash_of(const char *cn, uint8_t tag) {
    pv_span element, name = SEQ(SET(SEQ(OID("550403"), STR(tag, cn))));
    uint32_t hash = 0, deviations = 0;
    CHECK_IS(pv_name_read(&name, &element, &hash, &deviations), PV_OK);
    return hash;
}

/* Tables of anchors are made on a host and read on a device: their hashes are those of every build. */
TEST(names_hash_the_same_in_every_build) {
    CHECK_IS(hash_of("Example Device Root 2026", 0x0C), HASH_OF_ROOT);
    CHECK_IS(hash_of("  example  DEVICE root   2026 ", 0x13), HASH_OF_ROOT);
    CHECK_IS(hash_of("exactly8", 0x0C), HASH_OF_EIGHT);
    CHECK_IS(hash_of("\xC3\x84rzte", 0x0C), HASH_OF_UMLAUT);
}
