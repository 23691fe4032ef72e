/* test_path_check.c: RFC 5280 6.1, one link at a time, each rule on both sides. Paths are of graph.h's
 * certificates; where a fault cannot be written as a line, a field of a good view is bent. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "graph.h"
#include "harness.h"
#include "path_check.h"

#define EXT(id) PV_EXT_BIT(PV_EXT_##id)

/* What comes of a demand that only a build with the policy graph can judge. */
#ifdef PV_NO_POLICIES
#define OF_POLICIES(judged) PV_R_POLICY_UNSUPPORTED
#define EXT_OF_GRAPH        0u
#else
#define OF_POLICIES(judged) (judged)
#define EXT_OF_GRAPH        EXT(POLICY_CONSTRAINTS)
#endif

/* A target under an issuer under an anchor, all good, and what they are judged by. */
typedef struct scene {
    graph *g;
    pv_cert target, issuer, root;
    pv_anchor anchor;
    pv_policy policy;
    pv_subject subject;
    pv_budget left;
    pv_policy_cell cells[64];
    pv_rules rules;
    pv_path path;
    pv_finding finding;
} scene;

static scene *scene_of(const char *target, const char *issuer, const char *root) {
    scene *s = calloc(1, sizeof *s);
    s->g = graph_new();
    s->target = *graph_parse(s->g, target);
    s->issuer = *graph_parse(s->g, issuer);
    s->root = *graph_parse(s->g, root);
    CHECK_IS(pv_anchor_from_cert(&s->anchor, &s->root), PV_OK);
    s->policy = GRAPH_POLICY;
    s->subject.kind = PV_SUBJECT_ANY;
    s->left = GRAPH_POLICY.budget;
    s->rules = (pv_rules){&s->policy, &s->subject, {TEST_NOW, PV_TIME_KNOWN}, &s->left, s->cells, 64};
    s->path.certs[0] = &s->target;
    s->path.len = 1;
    return s;
}

static scene *good(void) {
    return scene_of("L by I", "I by R ca", "R by R ca");
}

static void scene_free(scene *s) {
    graph_free(s->g);
    free(s);
}

static pv_reason target(scene *s) {
    GARBAGE(s->finding);
    return pv_path_check_target(&s->finding, &s->rules, &s->target);
}

static pv_reason issuer(scene *s) {
    GARBAGE(s->finding);
    return pv_path_check_issuer(&s->finding, &s->rules, &s->path, &s->issuer);
}

/* The anchor above the whole path. */
static pv_reason anchor(scene *s) {
    if (s->path.len == 1) s->path.certs[s->path.len++] = &s->issuer;
    GARBAGE(s->finding);
    return pv_path_check_anchor(&s->finding, &s->rules, &s->path, &s->anchor);
}

/* Judges with one thing bent, and puts it right again. */
#define BENT(place, value, call, want)                                                                       \
    do {                                                                                                     \
        scene *bent = good();                                                                                \
        CHECK_IS(call(bent), PV_OK);                                                                         \
        bent->place = value;                                                                                 \
        CHECK_IS(call(bent), want);                                                                          \
        scene_free(bent);                                                                                    \
    } while (0)

static pv_reason policy(scene *s) {
    return pv_path_check_policy(&s->rules);
}

TEST(policies_that_cannot_judge) {
    const pv_span none = {NULL, 0};
    BENT(policy.profile, PV_PROFILE_UNSET, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.profile, 200, policy, PV_R_PROFILE_UNSUPPORTED);
    BENT(policy.purpose, PV_PURPOSE_UNSET, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.purpose, PV_PURPOSE_OID + 1, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.purpose, PV_PURPOSE_OID, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.anchor_checks, PV_ANCHOR_UNSET, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.anchor_checks, PV_ANCHOR_NAME_AND_KEY + 1, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.algorithms, 0, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.revocation, PV_REVOCATION_LEAF, policy, PV_R_POLICY_UNUSABLE); /* no source */
    BENT(policy.revocation, PV_REVOCATION_CHAIN + 1, policy, PV_R_POLICY_UNUSABLE);
    BENT(rules.time.mode, PV_TIME_UNSET, policy, PV_R_TIME_UNSET);
    BENT(rules.time.mode, PV_TIME_AT_ISSUANCE + 1, policy, PV_R_TIME_UNSET);
    scene *s = good();
    s->policy.purpose = PV_PURPOSE_OID;
    s->policy.purpose_oid = HEX("2A03");
    CHECK_IS(policy(s), PV_OK);
    s->policy.purpose_oid = none;
    CHECK_IS(policy(s), PV_R_POLICY_UNUSABLE);
    scene_free(s);
}

TEST(nothing_zeroed_is_accepted) {
    const pv_policy no_policy = {0};
    const pv_anchor no_anchor = {0};
    const pv_cert no_cert = {0};
    BENT(policy, no_policy, policy, PV_R_POLICY_UNUSABLE);
    BENT(anchor, no_anchor, anchor, PV_R_ANCHOR_UNUSABLE);
    BENT(target, no_cert, target, PV_R_CERT_UNREADABLE);
    BENT(subject.kind, PV_SUBJECT_UNSET, target, PV_R_SUBJECT_UNSET);
    BENT(rules.time.mode, PV_TIME_UNSET, target, PV_R_TIME_UNSET);
}

/* --- Time */

static void window(scene *s, pv_reason (*call)(scene *), uint8_t mode, int64_t value, pv_reason want) {
    s->rules.time = (pv_time){value, mode};
    CHECK_IS(call(s), want);
}

TEST(both_ends_belong_to_the_validity) {
    scene *s = good();
    int64_t begin = s->target.not_before, end = s->target.not_after;
    window(s, target, PV_TIME_KNOWN, begin, PV_OK);
    window(s, target, PV_TIME_KNOWN, end, PV_OK);
    window(s, target, PV_TIME_KNOWN, begin - 1, PV_R_NOT_YET_VALID);
    CHECK_IS(s->finding.field, PV_FIELD_NOT_BEFORE);
    window(s, target, PV_TIME_KNOWN, end + 1, PV_R_EXPIRED);
    CHECK_IS(s->finding.field, PV_FIELD_NOT_AFTER);
    window(s, target, PV_TIME_KNOWN, INT64_MIN, PV_R_NOT_YET_VALID);
    window(s, target, PV_TIME_KNOWN, INT64_MAX, PV_R_EXPIRED);
    window(s, target, PV_TIME_FLOOR, INT64_MIN, PV_OK);
    window(s, target, PV_TIME_FLOOR, end, PV_OK);
    window(s, target, PV_TIME_FLOOR, end + 1, PV_R_EXPIRED);
    window(s, target, PV_TIME_UNKNOWN, end + 1, PV_OK);
    window(s, target, PV_TIME_AT_ISSUANCE, 0, PV_OK);
    s->target.not_after = begin - 1; /* valid at no time, its own issuance included */
    window(s, target, PV_TIME_AT_ISSUANCE, 0, PV_R_NOT_VALID_AT_ISSUANCE);
    window(s, target, PV_TIME_AT_ISSUANCE + 1, 0, PV_R_TIME_UNSET);
    scene_free(s);
}

TEST(an_issuer_was_valid_when_it_issued) {
    scene *s = good();
    s->rules.time.mode = PV_TIME_AT_ISSUANCE;
    s->target.not_before = s->issuer.not_before;
    CHECK_IS(issuer(s), PV_OK);
    s->target.not_before = s->issuer.not_after;
    CHECK_IS(issuer(s), PV_OK);
    s->target.not_before = s->issuer.not_before - 1;
    CHECK_IS(issuer(s), PV_R_NOT_VALID_AT_ISSUANCE);
    s->target.not_before = s->issuer.not_after + 1;
    CHECK_IS(issuer(s), PV_R_NOT_VALID_AT_ISSUANCE);
    s->issuer.not_before = s->anchor.not_before - 1; /* the anchor issued the issuer, not the target */
    CHECK_IS(anchor(s), PV_R_NOT_VALID_AT_ISSUANCE);
    s->issuer.not_before = s->anchor.not_before;
    CHECK_IS(anchor(s), PV_OK);
    scene_free(s);
}

/* --- Algorithms and keys */

TEST(signature_algorithms) {
    BENT(target.sig_alg, PV_SIG_UNKNOWN, target, PV_R_ALGORITHM_UNKNOWN);
    BENT(target.sig_alg, PV_SIG_MAX + 1, target, PV_R_ALGORITHM_UNKNOWN);
    BENT(target.sig_alg, 255, target, PV_R_ALGORITHM_UNKNOWN);
    BENT(target.sig_alg, PV_SIG_ED25519, target, PV_R_ALGORITHM_NOT_ALLOWED);
    BENT(target.sig_alg, PV_SIG_MAX, target, PV_R_ALGORITHM_NOT_ALLOWED);
    BENT(issuer.sig_alg, PV_SIG_ECDSA_SHA1, issuer, PV_R_ALGORITHM_NOT_ALLOWED);
    BENT(issuer.sig_alg, PV_SIG_UNKNOWN, issuer, PV_R_ALGORITHM_UNKNOWN);
}

TEST(keys) {
    BENT(target.key_fault, PV_R_KEY_POINT, target, PV_R_KEY_POINT);
    BENT(target.key_fault, PV_R_UNCHECKED, target, PV_R_UNCHECKED);
    BENT(target.key_fault, PV_R_ALGORITHM_UNKNOWN, target, PV_OK); /* verifies nothing here */
    BENT(target.key_alg, PV_KEY_UNKNOWN, target, PV_OK);
    BENT(issuer.key_fault, PV_R_ALGORITHM_UNKNOWN, issuer, PV_R_ALGORITHM_UNKNOWN);
    BENT(issuer.key_fault, PV_R_UNCHECKED, issuer, PV_R_UNCHECKED);
    BENT(issuer.key_alg, PV_KEY_RSA, issuer, PV_R_KEY_TOO_SMALL); /* 256 bits */
    BENT(issuer.key_alg, PV_KEY_ED25519, issuer, PV_R_ALGORITHM_KEY_MISMATCH);
    BENT(anchor.key_alg, PV_KEY_ED25519, anchor, PV_R_ALGORITHM_KEY_MISMATCH);
    BENT(anchor.key_alg, PV_KEY_UNKNOWN, anchor, PV_R_ALGORITHM_KEY_MISMATCH);
}

/* A DSA key stands behind a policy that lists DSA signatures; a key that is bad as well is refused for being
 * DSA. */
TEST(dsa_keys) {
    static const uint8_t sigs[] = {PV_SIG_DSA_SHA1, PV_SIG_DSA_SHA256};
    BENT(target.key_alg, PV_KEY_DSA, target, PV_R_ALGORITHM_NOT_ALLOWED);
    BENT(issuer.key_alg, PV_KEY_DSA, issuer, PV_R_ALGORITHM_NOT_ALLOWED);
    BENT(anchor.key_alg, PV_KEY_DSA, anchor, PV_R_ALGORITHM_NOT_ALLOWED);
    for (size_t i = 0; i < 2; i++) {
        scene *s = good();
        s->policy.algorithms |= PV_ALG_BIT(sigs[i]);
        s->target.key_alg = s->issuer.key_alg = s->anchor.key_alg = PV_KEY_DSA;
        CHECK_IS(target(s), PV_OK);
        s->target.key_fault = PV_R_KEY_LENGTH;
        CHECK_IS(target(s), PV_R_KEY_LENGTH);
        CHECK_IS(issuer(s), PV_R_ALGORITHM_KEY_MISMATCH); /* the target's signature is not DSA */
        s->target.sig_alg = s->issuer.sig_alg = sigs[i];
        CHECK_IS(issuer(s), PV_OK);
        CHECK_IS(anchor(s), PV_R_ALGORITHM_NOT_ALLOWED); /* never an anchor's */
        s->issuer.key_fault = PV_R_ALGORITHM_PARAMETERS;
        CHECK_IS(issuer(s), PV_R_ALGORITHM_PARAMETERS);
        s->policy.algorithms &= ~PV_ALG_BIT(sigs[i]);
        CHECK_IS(issuer(s), PV_R_ALGORITHM_NOT_ALLOWED);
        scene_free(s);
    }
}

TEST(rsa_keys_have_the_size_that_the_policy_wants) {
    for (uint8_t alg = PV_KEY_RSA; alg <= PV_KEY_RSA_PSS; alg++) {
        scene *s = good();
        s->policy.min_rsa_bits = 3072;
        s->target.key_alg = alg;
        s->target.key_bits = 3072;
        CHECK_IS(target(s), PV_OK);
        s->target.key_bits = 3071;
        CHECK_IS(target(s), PV_R_KEY_TOO_SMALL);
        s->policy.algorithms |= PV_ALG_BIT(PV_SIG_RSA_PSS_SHA256);
        s->issuer.sig_alg = PV_SIG_RSA_PSS_SHA256;
        s->anchor.key_alg = alg;
        s->anchor.key_bits = 3071;
        int fits = alg != PV_KEY_RSA_PSS_SHA384 && alg != PV_KEY_RSA_PSS_SHA512;
        CHECK_IS(anchor(s), fits ? PV_R_KEY_TOO_SMALL : PV_R_ALGORITHM_KEY_MISMATCH);
        s->anchor.key_bits = 3072;
        CHECK_IS(anchor(s), fits ? PV_OK : PV_R_ALGORITHM_KEY_MISMATCH);
        scene_free(s);
    }
}

/* --- Extensions */

TEST(critical_extensions) {
    scene *s = scene_of("L by I crit", "I by R ca crit", "R by R ca crit");
    CHECK_IS(target(s), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    CHECK(s->finding.offset != PV_NO_OFFSET && s->finding.offset < s->target.der_len);
    CHECK_IS(s->target.der[s->finding.offset], 0x30);
    CHECK_IS(issuer(s), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    CHECK_IS(anchor(s), PV_OK); /* an anchor's certificate is not processed */
    s->policy.anchor_checks = PV_ANCHOR_CERTIFICATE;
    CHECK_IS(anchor(s), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    scene_free(s);
    for (uint8_t id = PV_EXT_UNKNOWN; id < PV_EXT_COUNT; id++) {
        uint32_t processed = EXT(SUBJECT_KEY_ID) | EXT(AUTHORITY_KEY_ID) | EXT(KEY_USAGE) |
                             EXT(SUBJECT_ALT_NAME) | EXT(BASIC_CONSTRAINTS) | EXT(NAME_CONSTRAINTS) |
                             EXT(EXTENDED_KEY_USAGE) | EXT(CERTIFICATE_POLICIES);
        uint32_t demands = EXT(POLICY_MAPPINGS) | EXT(INHIBIT_ANY_POLICY) | EXT_OF_GRAPH;
        pv_reason want = processed & PV_EXT_BIT(id) ? PV_OK
                         : demands & PV_EXT_BIT(id) ? OF_POLICIES(PV_OK)
                                                    : PV_R_UNKNOWN_CRITICAL_EXTENSION;
        BENT(target.critical, PV_EXT_BIT(id), target, want);
    }
}

TEST(a_demand_for_policies) {
    scene *s = scene_of("L by I", "I by R ca", "R by R ca pcons");
    CHECK_IS(anchor(s), OF_POLICIES(PV_R_POLICY_REQUIRED));
    s->policy.anchor_checks = PV_ANCHOR_CERTIFICATE;
    CHECK_IS(anchor(s), OF_POLICIES(PV_R_POLICY_REQUIRED));
    s->policy.anchor_checks = PV_ANCHOR_NAME_AND_KEY;
    CHECK_IS(anchor(s), PV_OK);
    scene_free(s);
    s = scene_of("L by I pcons", "I by R ca pcons", "R by R ca");
    CHECK_IS(target(s), OF_POLICIES(PV_OK)); /* what policies say is known once the path is whole */
    CHECK_IS(issuer(s), OF_POLICIES(PV_OK));
#ifndef PV_NO_POLICIES
    CHECK_IS(anchor(s), PV_R_POLICY_REQUIRED);
#endif
    scene_free(s);
    BENT(target.present, EXT(POLICY_CONSTRAINTS), target, OF_POLICIES(PV_OK)); /* critical or not */
}

TEST(policies_that_are_asked_for) {
    const pv_span wanted[] = {HEX("5301")}; /* policy 1 of graph.h */
    BENT(policy.policy_flags, PV_POLICY_EXPLICIT, anchor, OF_POLICIES(PV_R_POLICY_REQUIRED));
    BENT(policy.policy_flags, PV_POLICY_INHIBIT_ANY, anchor, OF_POLICIES(PV_OK));
    BENT(policy.policy_flags, PV_POLICY_INHIBIT_MAPPING, anchor, OF_POLICIES(PV_OK));
    BENT(policy.policy_flags, PV_POLICY_FLAGS + 1, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.policy_flags, 0x80000000u, policy, PV_R_POLICY_UNUSABLE);
    BENT(policy.num_user_policies, 1, policy, PV_R_POLICY_UNUSABLE);
    scene *s = good();
    s->policy.user_policies = wanted;
    s->policy.num_user_policies = 1;
    CHECK_IS(policy(s), PV_OK);
    CHECK_IS(anchor(s), OF_POLICIES(PV_OK)); /* asked for, but not required */
    scene_free(s);
#ifndef PV_NO_POLICIES
    const char *leaves[] = {"L by I pol:1", "L by I pol:2", "L by I pol:*"};
    const pv_reason want[] = {PV_OK, PV_R_POLICY_REQUIRED, PV_OK};
    for (size_t i = 0; i < 3; i++) {
        s = scene_of(leaves[i], "I by R ca pol:1,2", "R by R ca");
        s->policy.user_policies = wanted;
        s->policy.num_user_policies = 1;
        s->policy.policy_flags = PV_POLICY_EXPLICIT;
        CHECK_IS(anchor(s), want[i]);
        if (want[i] != PV_OK) CHECK_IS(s->finding.field, PV_FIELD_CERTIFICATE_POLICIES);
        scene_free(s);
    }
#endif
}

/* A certificate that has these extensions and nothing else of note; `ca` if basicConstraints is among them.
 */
static pv_cert with(pv_span extensions) {
    pv_cert cert;
    pv_fault fault;
    pv_span algorithm = HEX("300a06082a8648ce3d040302");
    pv_span spki = JOIN(HEX("3059301306072a8648ce3d020106082a8648ce3d030107034200 04"), repeat(7, 64));
    pv_span validity = SEQ(STR(0x17, "200101000000Z"), STR(0x17, "400101000000Z"));
    pv_span subject = SEQ(SET(SEQ(OID("550403"), STR(0x0C, "I"))));
    pv_span list = extensions.len ? TLV(0xA3, TLV(0x30, extensions)) : HEX("");
    pv_span name = SEQ(SET(SEQ(OID("550403"), STR(0x0C, "R"))));
    pv_span tbs = SEQ(HEX("a003020102"), INT(1), algorithm, name, validity, subject, spki, list);
    CHECK_IS(pv_cert_parse(&cert, &fault, SEQ(tbs, algorithm, BITS(0, HEX("00")))), PV_OK);
    return cert;
}

static pv_span ext(const char *oid, int critical, pv_span value) {
    return SEQ(OID(oid), critical ? HEX("0101FF") : HEX(""), OCTETS(value));
}

static pv_span ca_ext(void) {
    return ext("551D13", 1, SEQ(HEX("0101FF")));
}

static pv_reason issuer_with(uint8_t profile, pv_span extension) {
    scene *s = good();
    pv_span ids = JOIN(ext("551D0E", 0, OCTETS(HEX("01"))), ext("551D23", 0, SEQ(HEX("800101"))),
                       ext("551D0F", 1, HEX("03020204")));
    s->policy.profile = profile;
    s->issuer = with(JOIN(ca_ext(), ids, extension));
    pv_reason reason = issuer(s);
    s->target = s->issuer; /* a CA as the target is judged alike */
    CHECK_IS(target(s), reason);
    scene_free(s);
    return reason;
}

static pv_span policies(pv_span qualifiers) {
    return SEQ(SEQ(OID("2A03"), qualifiers), SEQ(OID("2A04")));
}

TEST(contents_of_policies) {
    pv_span cps = SEQ(SEQ(OID("2B06010505070201"), STR(0x16, "u"))),
            notice = SEQ(SEQ(OID("2B06010505070202"), SEQ(HEX(""))));
    const struct {
        pv_span value;
        pv_reason critical, strict, device;
    } cases[] = {
        {policies(HEX("")), PV_OK, PV_OK, PV_OK},
        {policies(cps), PV_OK, PV_OK, PV_OK},
        {policies(notice), PV_OK, PV_OK, PV_OK},
        {policies(SEQ(SEQ(OID("2A05"), NUL()))), PV_R_UNKNOWN_CRITICAL_EXTENSION, PV_OK, PV_OK},
        {policies(SEQ(SEQ(OID("2B06010505070203"), NUL()))), PV_R_UNKNOWN_CRITICAL_EXTENSION, PV_OK, PV_OK},
        {policies(EMPTY(0x30)), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {policies(NUL()), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {policies(JOIN(cps, NUL())), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {policies(SEQ(SEQ(OID("2B06010505070201")))), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED,
         PV_OK},
        {policies(SEQ(SEQ(OID("2B06010505070201"), NUL(), NUL()))), PV_R_EXTENSION_MALFORMED,
         PV_R_EXTENSION_MALFORMED, PV_OK},
        {policies(SEQ(NUL())), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {SEQ(EMPTY(0x30)), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {EMPTY(0x30), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {NUL(), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {HEX(""), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
        {JOIN(policies(cps), NUL()), PV_R_EXTENSION_MALFORMED, PV_R_EXTENSION_MALFORMED, PV_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D20", 1, cases[i].value)), cases[i].critical);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext("551D20", 0, cases[i].value)), cases[i].strict);
        CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D20", 0, cases[i].value)), cases[i].device);
    }
}

TEST(contents_of_mappings) {
    pv_span a = OID("2A03"), b = OID("2A04"), any = OID("551D2000");
    const struct {
        pv_span value;
        pv_reason want;
    } cases[] = {
        {SEQ(SEQ(a, b), SEQ(b, a)), PV_OK},
        {SEQ(SEQ(OID("551D2001"), OID("551D1F00"))), PV_OK},
        {SEQ(SEQ(a, b), SEQ(any, a)), PV_R_POLICY_MAPPING_ANY},
        {SEQ(SEQ(a, any)), PV_R_POLICY_MAPPING_ANY},
        {SEQ(SEQ(a, b, a)), PV_R_EXTENSION_MALFORMED},
        {SEQ(SEQ(a)), PV_R_EXTENSION_MALFORMED},
        {SEQ(SEQ(a, NUL())), PV_R_EXTENSION_MALFORMED},
        {SEQ(a, b), PV_R_EXTENSION_MALFORMED},
        {EMPTY(0x30), PV_R_EXTENSION_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D21", 0, cases[i].value)), cases[i].want);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext("551D21", 0, cases[i].value)), cases[i].want);
        CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D21", 1, cases[i].value)),
                 OF_POLICIES(cases[i].want));
    }
}

TEST(contents_of_names_and_pointers) {
    pv_span uri = STR(0x86, "http://ca.example"), ocsp = OID("2B06010505073001");
    const char *names[] = {"551D11", "551D12"}, *access[] = {"2B06010505070101", "2B0601050507010B"};
    for (int i = 0; i < 2; i++) {
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(names[i], 0, SEQ(uri))), PV_OK);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(names[i], 0, EMPTY(0x30))), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(names[i], 0, SEQ(uri, NUL()))),
                 PV_R_EXTENSION_MALFORMED);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(access[i], 0, SEQ(SEQ(ocsp, uri)))), PV_OK);
        CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext(access[i], 0, EMPTY(0x30))), PV_OK);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(access[i], 0, EMPTY(0x30))), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(access[i], 0, SEQ(SEQ(ocsp, uri, uri)))),
                 PV_R_EXTENSION_MALFORMED);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(access[i], 0, SEQ(SEQ(ocsp, NUL())))),
                 PV_R_EXTENSION_MALFORMED);
        CHECK_IS(issuer_with(PV_PROFILE_RFC5280, ext(access[i], 0, SEQ(SEQ(uri)))), PV_R_EXTENSION_MALFORMED);
    }
    CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D11", 1, SEQ(uri))), PV_OK);
    CHECK_IS(issuer_with(PV_PROFILE_DEVICE, ext("551D11", 1, SEQ(uri, NUL()))), PV_R_EXTENSION_MALFORMED);
}

TEST(what_stands_between_is_passed_over) {
    pv_span between = JOIN(ext("2A0304", 0, NUL()), ext("551D1F", 0, NUL()));
    CHECK_IS(issuer_with(PV_PROFILE_DEVICE, JOIN(between, ext("551D20", 1, policies(HEX(""))))), PV_OK);
    CHECK_IS(issuer_with(PV_PROFILE_DEVICE, JOIN(between, ext("551D20", 1, NUL()))),
             PV_R_EXTENSION_MALFORMED);
    scene *s = good();
    pv_span first = ext("551D25", 1, SEQ(OID("551D2500"))), culprit = ext("551D1F", 1, NUL());
    s->target = with(JOIN(first, culprit)); /* critical and known, but not processed */
    CHECK_IS(target(s), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    CHECK_IS(s->finding.offset, where((pv_span){s->target.der, s->target.der_len}, culprit));
    scene_free(s);
}

TEST(reading_is_paid_for) {
    scene *s = good();
    s->issuer = with(JOIN(
        ca_ext(), ext("551D20", 1, policies(SEQ(SEQ(OID("2B06010505070201"), OCTETS(repeat(0, 400))))))));
    CHECK_IS(issuer(s), PV_OK);
    uint32_t price = GRAPH_POLICY.budget.names - s->left.names;
    CHECK(price > 0);
    s->left.names = price;
    CHECK_IS(issuer(s), PV_OK);
    CHECK_IS(s->left.names, 0);
    s->left.names = price - 1;
    CHECK_IS(issuer(s), PV_R_BUDGET_NAMES);
    s->issuer = with(JOIN(
        ca_ext(),
        ext("551D25", 0, SEQ(OID("2B06010505070301"), tlv(0x06, (const pv_span[]){repeat(0x7F, 200)}, 1)))));
    s->left.names = 0;
    CHECK_IS(issuer(s), PV_R_BUDGET_NAMES);
    s->issuer = with(JOIN(ca_ext(), ext("2A03", 1, repeat(0, 200))));
    CHECK_IS(issuer(s), PV_R_BUDGET_NAMES);
    s->left.names = 1000;
    CHECK_IS(issuer(s), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    scene_free(s);
}

/* --- Purpose */

static const char *const kp[] = {"", "", "01", "02", "03", "04", "08", "09"};

static pv_reason purposed(uint8_t purpose, const char *oid, pv_span eku, int as_target, pv_span usage) {
    scene *s = good();
    s->policy.purpose = purpose;
    s->policy.purpose_oid = HEX(oid);
    pv_span with_eku = eku.len ? ext("551D25", 0, eku) : HEX("");
    pv_span with_usage = usage.len ? ext("551D0F", 1, usage) : HEX("");
    s->target = s->issuer = with(JOIN(ca_ext(), with_eku, with_usage));
    pv_reason reason = as_target ? target(s) : issuer(s);
    scene_free(s);
    return reason;
}

TEST(purposes_by_name_and_by_oid) {
    pv_span any = OID("551D2500"), none = HEX(""), other = OID("2B0601050507030A");
    for (uint8_t purpose = PV_PURPOSE_SERVER_AUTH; purpose <= PV_PURPOSE_OCSP_SIGNING; purpose++) {
        char oid[24];
        snprintf(oid, sizeof oid, "2B060105050703%s", kp[purpose]);
        pv_reason named_only = purpose >= PV_PURPOSE_TIME_STAMPING ? PV_R_EKU_MISMATCH : PV_OK;
        for (int by_oid = 0; by_oid < 2; by_oid++) {
            uint8_t asked = by_oid ? PV_PURPOSE_OID : purpose;
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(other, OID(oid)), 1, none), PV_OK);
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(other), 1, none), PV_R_EKU_MISMATCH);
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(any), 1, none), named_only);
            CHECK_IS(purposed(asked, by_oid ? oid : "", none, 1, none), named_only);
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(OID(oid)), 0, none), PV_OK);
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(other), 0, none), PV_R_EKU_MISMATCH);
            CHECK_IS(purposed(asked, by_oid ? oid : "", SEQ(any), 0, none),
                     PV_OK); /* an issuer's "any" counts */
            CHECK_IS(purposed(asked, by_oid ? oid : "", none, 0, none), PV_OK);
        }
    }
}

TEST(other_purposes) {
    pv_span none = HEX("");
    CHECK_IS(purposed(PV_PURPOSE_ANY, "", SEQ(OID("2A03")), 1, none), PV_OK);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2A03", SEQ(OID("2A03")), 1, none), PV_OK);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2A03", SEQ(OID("2A04")), 1, none), PV_R_EKU_MISMATCH);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2A03", SEQ(OID("551D2500")), 1, none), PV_OK);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2B0601050507030A", SEQ(OID("2B0601050507030A")), 1, none), PV_OK);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2B0601050507040A", SEQ(OID("2B0601050507030A")), 1, none),
             PV_R_EKU_MISMATCH);
    CHECK_IS(purposed(PV_PURPOSE_SERVER_AUTH, "", SEQ(OID("2B0601050508030101")), 1, none),
             PV_R_EKU_MISMATCH);
    CHECK_IS(purposed(PV_PURPOSE_SERVER_AUTH, "", SEQ(OID("2B06010505080301")), 1, none), PV_R_EKU_MISMATCH);
}

TEST(lists_of_purposes_are_read_to_their_end) {
    pv_span server = OID("2B06010505070301"), none = HEX("");
    pv_span bad[] = {EMPTY(0x30), server, SEQ(server, NUL()), JOIN(SEQ(server), NUL()),
                     SEQ(server, HEX("0601"))};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int as_target = 0; as_target < 2; as_target++) {
            CHECK_IS(purposed(PV_PURPOSE_SERVER_AUTH, "", bad[i], as_target, none), PV_R_EXTENSION_MALFORMED);
            CHECK_IS(purposed(PV_PURPOSE_ANY, "", bad[i], as_target, none), PV_R_EXTENSION_MALFORMED);
        }
    }
    scene *s = good();
    s->target = with(ext("551D25", 0, HEX(""))); /* there, and empty: not absent */
    CHECK_IS(target(s), PV_R_EXTENSION_MALFORMED);
    scene_free(s);
}

/* keyUsage of one bit each, n as 4.2.1.3 numbers it. */
static pv_span usage_bit(unsigned n) {
    static const char *const bits[] = {"03020780", "03020640", "03020520", "03020410",  "03020308",
                                       "03020204", "03020102", "03020001", "0303070080"};
    return HEX(bits[n]);
}

TEST(key_usage_and_purpose_agree) {
    const unsigned allowed[] = {0, 0, 0x15, 0x11, 0x01, 0x17, 0x03, 0x03};
    for (uint8_t purpose = PV_PURPOSE_ANY; purpose <= PV_PURPOSE_OCSP_SIGNING; purpose++) {
        char oid[24];
        snprintf(oid, sizeof oid, "2B060105050703%s", purpose == PV_PURPOSE_ANY ? "01" : kp[purpose]);
        for (unsigned bit = 0; bit < 9; bit++) {
            int fits = purpose == PV_PURPOSE_ANY || (allowed[purpose] >> bit & 1) != 0;
            CHECK_IS(purposed(purpose, "", SEQ(OID(oid)), 1, usage_bit(bit)),
                     fits ? PV_OK : PV_R_KEY_USAGE_PURPOSE);
        }
    }
    CHECK_IS(purposed(PV_PURPOSE_CODE_SIGNING, "", HEX(""), 1, usage_bit(5)), PV_OK); /* a CA's alone */
    scene *s = good();
    s->policy.purpose = PV_PURPOSE_CODE_SIGNING;
    s->target = with(ext("551D0F", 1, usage_bit(2))); /* an end entity's alone */
    CHECK_IS(target(s), PV_R_KEY_USAGE_PURPOSE);
    CHECK_IS(s->finding.field, PV_FIELD_KEY_USAGE);
    s->target = with(ext("551D0F", 1, usage_bit(0)));
    CHECK_IS(target(s), PV_OK);
    s->target = with(HEX(""));
    CHECK_IS(target(s), PV_OK);
    scene_free(s);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2B06010505070303", SEQ(OID("2B06010505070303")), 1, usage_bit(2)),
             PV_R_KEY_USAGE_PURPOSE);
    CHECK_IS(purposed(PV_PURPOSE_OID, "2A03", SEQ(OID("2A03")), 1, usage_bit(2)), PV_OK);
}

/* --- Who may issue */

TEST(who_may_issue) {
    BENT(issuer.flags, 0, issuer, PV_R_NOT_A_CA);
    BENT(issuer.key_usage, PV_KU_CRL_SIGN, issuer, PV_R_NO_CERT_SIGN);
    BENT(issuer.key_usage, 0, issuer, PV_R_NO_CERT_SIGN);
    scene *s = good();
    s->issuer.present &= ~EXT(KEY_USAGE);
    s->issuer.key_usage = 0;
    CHECK_IS(issuer(s), PV_OK); /* 6.1.4 (n): only if it is there */
    scene_free(s);
}

TEST(path_lengths) {
    scene *s = scene_of("L by I", "I by R ca", "R by R ca len:1");
    pv_cert self_issued = *graph_parse(s->g, "I by I ca"), other = *graph_parse(s->g, "J by I ca");
    CHECK_IS(pv_path_num_intermediates(&s->path), 0);
    CHECK_IS(anchor(s), PV_OK);
    CHECK_IS(pv_path_num_intermediates(&s->path), 1);
    s->path.certs[s->path.len++] = &self_issued;
    CHECK_IS(pv_path_num_intermediates(&s->path), 1);
    CHECK_IS(anchor(s), PV_OK);
    s->path.certs[s->path.len++] = &other;
    CHECK_IS(pv_path_num_intermediates(&s->path), 2);
    CHECK_IS(anchor(s), PV_R_PATH_LEN_EXCEEDED);
    s->issuer.path_len = 1;
    CHECK_IS(issuer(s), PV_R_PATH_LEN_EXCEEDED);
    s->issuer.path_len = 2;
    CHECK_IS(issuer(s), PV_OK);
    s->policy.max_intermediates = 3;
    CHECK_IS(issuer(s), PV_OK);
    s->policy.max_intermediates = 2;
    CHECK_IS(issuer(s), PV_R_TOO_MANY_INTERMEDIATES);
    s->issuer.flags |= PV_CERT_SELF_ISSUED;
    CHECK_IS(issuer(s), PV_OK);
    scene_free(s);
}

/* --- Names */

TEST(name_constraints_spare_self_issued_intermediates_alone) {
    scene *s = scene_of("L by M dns:a.bad", "I by R ca permit:good", "R by R ca");
    pv_cert middle = *graph_parse(s->g, "M by I dns:b.bad");
    s->rules.policy = &s->policy;
    CHECK_IS(issuer(s), PV_R_NC_NOT_PERMITTED);
    CHECK_IS(s->finding.field, PV_FIELD_SUBJECT_ALT_NAME);
    s->target.flags |= PV_CERT_SELF_ISSUED; /* the last certificate is never spared */
    CHECK_IS(issuer(s), PV_R_NC_NOT_PERMITTED);
    s->target = *graph_parse(s->g, "L by M dns:a.good");
    CHECK_IS(issuer(s), PV_OK);
    s->path.certs[s->path.len++] = &middle;
    CHECK_IS(issuer(s), PV_R_NC_NOT_PERMITTED);
    middle.flags |= PV_CERT_SELF_ISSUED;
    CHECK_IS(issuer(s), PV_OK);
    s->left.names = 0;
    CHECK_IS(issuer(s), PV_R_BUDGET_NAMES);
    scene_free(s);
}

TEST(constraints_that_are_there_and_empty) {
    scene *s = good();
    s->issuer = with(JOIN(ca_ext(), ext("551D1E", 1, HEX(""))));
    CHECK_IS(issuer(s), PV_R_NC_MALFORMED);
    scene_free(s);
}

TEST(identity) {
    scene *s = scene_of("L by I dns:gw.example", "I by R ca", "R by R ca");
    s->subject = (pv_subject){text("gw.example"), PV_SUBJECT_DNS};
    CHECK_IS(target(s), PV_OK);
    s->subject.value = text("other.example");
    CHECK_IS(target(s), PV_R_SUBJECT_MISMATCH);
    CHECK_IS(s->finding.field, PV_FIELD_SUBJECT_ALT_NAME);
    CHECK(s->finding.offset < s->target.der_len);
    s->subject.value = text("*.example");
    CHECK_IS(target(s), PV_R_SUBJECT_UNSET);
    CHECK_IS(s->finding.offset, PV_NO_OFFSET);
    s->left.names = 0;
    s->subject.value = text("gw.example");
    CHECK_IS(target(s), PV_R_BUDGET_NAMES);
    scene_free(s);
}

TEST(rules_of_the_profile_reach_target_issuer_and_anchor) {
    BENT(issuer.flags, PV_CERT_CA | PV_CERT_EMPTY_NAME, issuer, PV_R_RULE_CA_EMPTY_SUBJECT);
    scene *s = good();
    s->policy.profile = PV_PROFILE_RFC5280;
    CHECK_IS(target(s), PV_OK);
    s->target.deviations = PV_DEV_SERIAL_ZERO;
    CHECK_IS(target(s), PV_R_RULE_SERIAL_ZERO);
    CHECK_IS(s->finding.field, PV_FIELD_SERIAL_NUMBER);
    s->policy.anchor_checks = PV_ANCHOR_CERTIFICATE;
    CHECK_IS(anchor(s), PV_OK);
    s->root.deviations = PV_DEV_SERIAL_ZERO;
    CHECK_IS(anchor(s), PV_R_RULE_SERIAL_ZERO);
    scene_free(s);
}

/* --- Anchors */

TEST(anchors_that_are_none) {
    BENT(anchor.usable, 0, anchor, PV_R_ANCHOR_UNUSABLE);
    BENT(anchor.subject, HEX("3000"), anchor, PV_R_ANCHOR_UNUSABLE);
    BENT(policy.anchor_checks, PV_ANCHOR_UNSET, anchor, PV_R_ANCHOR_UNUSABLE);
    BENT(policy.anchor_checks, PV_ANCHOR_NAME_AND_KEY + 1, anchor, PV_R_ANCHOR_UNUSABLE);
    scene *s = good();
    s->policy.anchor_checks = PV_ANCHOR_CERTIFICATE;
    CHECK_IS(anchor(s), PV_OK);
    s->anchor.cert = NULL;
    CHECK_IS(anchor(s), PV_R_ANCHOR_UNUSABLE);
    scene_free(s);
}

TEST(distrust_counts_under_all_anchor_checks) {
    for (uint8_t checks = PV_ANCHOR_CONSTRAINTS; checks <= PV_ANCHOR_NAME_AND_KEY; checks++) {
        scene *s = good();
        s->policy.anchor_checks = checks;
        s->anchor.distrust_after = s->target.not_before - 1;
        CHECK_IS(anchor(s), PV_OK); /* without the flag it is no date */
        s->anchor.flags |= PV_ANCHOR_DISTRUST_AFTER;
        CHECK_IS(anchor(s), PV_R_ANCHOR_DISTRUSTED);
        s->anchor.distrust_after++;
        CHECK_IS(anchor(s), PV_OK);
        scene_free(s);
    }
}

/* What each of the three anchor checks says of one and the same anchor. */
static void anchored(scene *s, pv_reason constraints, pv_reason certificate, pv_reason name_and_key) {
    const pv_reason want[] = {PV_OK, constraints, certificate, name_and_key};
    for (uint8_t checks = PV_ANCHOR_CONSTRAINTS; checks <= PV_ANCHOR_NAME_AND_KEY; checks++) {
        s->policy.anchor_checks = checks;
        CHECK_IS(anchor(s), want[checks]);
    }
    scene_free(s);
}

TEST(three_ways_to_check_an_anchor) {
    anchored(good(), PV_OK, PV_OK, PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R ca to:1640995200"), PV_R_ANCHOR_EXPIRED, PV_R_EXPIRED,
             PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R ca from:1750032000"), PV_R_ANCHOR_NOT_YET_VALID,
             PV_R_NOT_YET_VALID, PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R ca len:0"), PV_R_PATH_LEN_EXCEEDED,
             PV_R_PATH_LEN_EXCEEDED, PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R ca exclude:device.example"), PV_R_NC_EXCLUDED,
             PV_R_NC_EXCLUDED, PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R"), PV_OK, PV_R_NOT_A_CA, PV_OK);
    anchored(scene_of("L by I", "I by R ca", "R by R ca nousage"), PV_OK, PV_R_NO_CERT_SIGN, PV_OK);
    scene *s = scene_of("L by I", "I by R ca", "R by R ca eku:3");
    s->policy.purpose = PV_PURPOSE_SERVER_AUTH;
    anchored(s, PV_R_EKU_MISMATCH, PV_R_EKU_MISMATCH, PV_OK);
    s = good(); /* limits on top of the certificate's own count beside them */
    s->anchor.not_after = TEST_NOW - 1;
    anchored(s, PV_R_ANCHOR_EXPIRED, PV_R_ANCHOR_EXPIRED, PV_OK);
    s = good();
    s->anchor.flags = 0; /* no window of its own */
    s->anchor.not_after = TEST_NOW - 1;
    anchored(s, PV_OK, PV_OK, PV_OK);
    s = good();
    s->anchor.name_constraints = SEQ(TLV(0xA1, SEQ(STR(0x82, "device.example")))); /* of no certificate */
    anchored(s, PV_R_NC_EXCLUDED, PV_R_NC_EXCLUDED, PV_OK);
    s = good();
    s->anchor.present |= EXT(NAME_CONSTRAINTS); /* there, and empty */
    anchored(s, PV_R_NC_MALFORMED, PV_R_NC_MALFORMED, PV_OK);
}
