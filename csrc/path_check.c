#include "path_check.h"

#include "algorithm.h"
#include "constraints.h"
#include "contents.h"
#include "der.h"
#include "name.h"
#include "profile.h"
#include "subject.h"

#include <string.h>

/* RFC 5280 6.1 processes a path from the anchor down and carries state along. Here the path grows from the
 * target up, so each issuer's demands are held against everything below it when it joins. Both give the same
 * answer: permitted subtrees intersect and excluded ones unite (6.1.4 (g)) exactly if each CA's constraints
 * hold for all that follows, and path lengths likewise (6.1.4 (l), (m)). */

#define HAS_WEBPKI     ((PV_PROFILES & PV_WITH_WEBPKI) != 0)
#define IS_DEVICE_ONLY (PV_PROFILES == PV_WITH_DEVICE)

static pv_reason found(pv_finding *out, pv_reason reason, pv_field_code field, uint32_t offset) {
    out->field = (uint8_t)field;
    out->offset = offset;
    return reason;
}

/* --- Time: 6.1.3 (a)(2)
 * ------------------------------------------------------------------------------------- */

/* `issued` is the notBefore of the certificate below: what AT_ISSUANCE judges an issuer by. */
static pv_reason check_window(const pv_time *time, int64_t not_before, int64_t not_after, int64_t issued) {
    switch (time->mode) {
    case PV_TIME_KNOWN:
        if (time->value > not_after) return PV_R_EXPIRED;
        return time->value < not_before ? PV_R_NOT_YET_VALID : PV_OK;
    case PV_TIME_FLOOR: return time->value > not_after ? PV_R_EXPIRED : PV_OK;
    case PV_TIME_UNKNOWN: return PV_OK;
    case PV_TIME_AT_ISSUANCE:
        return issued < not_before || issued > not_after ? PV_R_NOT_VALID_AT_ISSUANCE : PV_OK;
    default: return PV_R_TIME_UNSET;
    }
}

static pv_reason check_time(pv_finding *out, const pv_rules *rules, const pv_cert *cert, int64_t issued) {
    pv_reason reason = check_window(&rules->time, cert->not_before, cert->not_after, issued);
    if (reason == PV_OK) return PV_OK;
    return found(out, reason, reason == PV_R_NOT_YET_VALID ? PV_FIELD_NOT_BEFORE : PV_FIELD_NOT_AFTER,
                 PV_NO_OFFSET);
}

/* --- Algorithms and keys
 * -------------------------------------------------------------------------------------- */

static pv_reason check_signature_algorithm(pv_finding *out, const pv_rules *rules, const pv_cert *cert) {
    pv_reason reason = PV_OK;
    if (cert->sig_alg == PV_SIG_UNKNOWN || cert->sig_alg > PV_SIG_MAX) {
        reason = PV_R_ALGORITHM_UNKNOWN;
    } else if (!(rules->policy->algorithms & PV_ALG_BIT(cert->sig_alg))) {
        reason = PV_R_ALGORITHM_NOT_ALLOWED;
    }
    return reason == PV_OK ? PV_OK : found(out, reason, PV_FIELD_SIGNATURE_ALGORITHM, PV_NO_OFFSET);
}

static int is_rsa(uint8_t key_alg) {
    return key_alg >= PV_KEY_RSA && key_alg <= PV_KEY_RSA_PSS;
}

static pv_reason check_key_size(pv_finding *out, const pv_rules *rules, uint8_t key_alg, uint16_t key_bits) {
    if (!is_rsa(key_alg) || key_bits >= rules->policy->min_rsa_bits) return PV_OK;
    return found(out, PV_R_KEY_TOO_SMALL, PV_FIELD_SUBJECT_PUBLIC_KEY, PV_NO_OFFSET);
}

#define DSA_SIGNATURES (PV_ALG_BIT(PV_SIG_DSA_SHA1) | PV_ALG_BIT(PV_SIG_DSA_SHA256))

/* A DSA key belongs to a policy that lists DSA signatures (FIPS 186-5 has none any more). */
static int is_allowed(const pv_rules *rules, uint8_t key_alg) {
    return key_alg != PV_KEY_DSA || (rules->policy->algorithms & DSA_SIGNATURES) != 0;
}

static pv_reason check_key(pv_finding *out, const pv_rules *rules, const pv_cert *cert) {
    pv_reason reason = is_allowed(rules, cert->key_alg) ? cert->key_fault : PV_R_ALGORITHM_NOT_ALLOWED;
    if (reason != PV_OK) return found(out, reason, PV_FIELD_SUBJECT_PUBLIC_KEY, cert->spki);
    return check_key_size(out, rules, cert->key_alg, cert->key_bits);
}

/* The target's key verifies nothing here, so a kind of key that is not known (a key agreement key, say) is
 * its owner's affair; a known kind that is weak or malformed is refused. A build that does not know all kinds
 * cannot tell the two apart. */
static pv_reason check_target_key(pv_finding *out, const pv_rules *rules, const pv_cert *target) {
    if (PV_ALGORITHMS == PV_WITH_ALL && target->key_fault == PV_R_ALGORITHM_UNKNOWN) return PV_OK;
    return check_key(out, rules, target);
}

/* Whether this key can have signed the path's last certificate (6.1.4 (d): the working key's algorithm). */
static pv_reason check_fit(pv_finding *out, const pv_rules *rules, const pv_path *path, uint8_t key_alg) {
    uint8_t sig_alg = path->certs[path->len - 1]->sig_alg;
    pv_reason reason = pv_profile_fit(rules->policy->profile, sig_alg, key_alg);
    if (!pv_algorithm_fits(sig_alg, key_alg)) reason = PV_R_ALGORITHM_KEY_MISMATCH;
    return reason == PV_OK ? PV_OK : found(out, reason, PV_FIELD_SUBJECT_PUBLIC_KEY, PV_NO_OFFSET);
}

/* --- Extensions
 * --------------------------------------------------------------------------------------------------- */

/* What a build without the policy graph cannot judge: a policyConstraints, critical or not, may demand an
 * explicit policy (6.1.4 (i)); the others matter only then, and are refused where they are critical. */
#ifdef PV_NO_POLICIES
#define POLICY_PROCESSED 0u
#define POLICY_REFUSED   PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS)
#else
#define POLICY_PROCESSED                                                                                     \
    (PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS) | PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS) |                            \
     PV_EXT_BIT(PV_EXT_INHIBIT_ANY_POLICY))
#define POLICY_REFUSED 0u
#endif
#define POLICY_DEMANDS (PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS) | PV_EXT_BIT(PV_EXT_INHIBIT_ANY_POLICY))

/* Critical extensions whose meaning is acted upon (or, as key identifiers, has none that could be violated).
 */
#define PROCESSED                                                                                            \
    (PV_EXT_BIT(PV_EXT_SUBJECT_KEY_ID) | PV_EXT_BIT(PV_EXT_AUTHORITY_KEY_ID) |                               \
     PV_EXT_BIT(PV_EXT_KEY_USAGE) | PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME) |                                    \
     PV_EXT_BIT(PV_EXT_BASIC_CONSTRAINTS) | PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS) |                            \
     PV_EXT_BIT(PV_EXT_EXTENDED_KEY_USAGE) | PV_EXT_BIT(PV_EXT_CERTIFICATE_POLICIES) | POLICY_PROCESSED)

/* What a build without name constraints cannot judge, critical or not: somebody would be let through whom a
 * CA has excluded. */
#ifdef PV_NO_NAME_CONSTRAINTS
#define NAMES_REFUSED PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS)
#else
#define NAMES_REFUSED 0u
#endif

static pv_reason check_critical(pv_finding *out, uint32_t present, uint32_t critical) {
    if (present & NAMES_REFUSED) {
        return found(out, PV_R_NC_UNSUPPORTED, PV_FIELD_NAME_CONSTRAINTS, PV_NO_OFFSET);
    }
    if ((present & POLICY_REFUSED) || (critical & POLICY_DEMANDS & ~(uint32_t)PROCESSED)) {
        return found(out, PV_R_POLICY_UNSUPPORTED, PV_FIELD_POLICY_CONSTRAINTS, PV_NO_OFFSET);
    }
    if (critical & ~(uint32_t)PROCESSED) { /* 6.1.4 (o), 6.1.5 (f) */
        return found(out, PV_R_UNKNOWN_CRITICAL_EXTENSION, PV_FIELD_EXTENSIONS, PV_NO_OFFSET);
    }
    return PV_OK;
}

/* Where the first critical extension that is not processed stands, for the record. */
static uint32_t critical_offset(const pv_cert *cert) {
    pv_span list = pv_cert_extensions(cert);
    while (list.len > 0) {
        const uint8_t *at = list.data;
        pv_ext ext;
        if (pv_ext_next(&list, &ext) != PV_OK) break;
        if (ext.critical && (ext.id == PV_EXT_UNKNOWN || !(PV_EXT_BIT(ext.id) & PROCESSED)))
            return pv_cert_offset(cert, at);
    }
    return PV_NO_OFFSET;
}

/* What reading a value costs each time that a certificate is judged: as much as comparing names. */
static pv_reason pay_value(const pv_rules *rules, pv_span value) {
    return pv_budget_names(rules->left, (uint32_t)(value.len / 32u));
}

static pv_reason check_extensions(pv_finding *out, const pv_rules *rules, const pv_cert *cert) {
    pv_reason reason = check_critical(out, cert->present, cert->critical);
    if (reason != PV_R_UNKNOWN_CRITICAL_EXTENSION) return reason;
    pv_reason paid = pay_value(rules, pv_cert_extensions(cert));
    if (paid != PV_OK) return paid;
    out->offset = critical_offset(cert);
    return reason;
}

/* Which extensions are to be read to their end though nothing hangs on them: the strict profiles want all of
 * them well-formed, DEVICE those that are critical (name constraints are read where they are applied);
 * mappings count for every CA (6.1.4 (a)). An end entity's names are read with its identity. */
static uint32_t to_be_read(const pv_rules *rules, const pv_cert *cert) {
    int device = IS_DEVICE_ONLY || rules->policy->profile == PV_PROFILE_DEVICE;
    uint32_t wanted = device ? cert->critical & ~PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS) : cert->present;
    if (!(cert->flags & PV_CERT_CA)) return wanted & ~PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME);
    return wanted | (cert->present & PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS));
}

static pv_reason check_contents(pv_finding *out, const pv_rules *rules, const pv_cert *cert) {
    const uint8_t *at = NULL;
    pv_reason reason = pv_contents_check(&at, &out->field, rules->left, cert, to_be_read(rules, cert));
    if (reason != PV_OK && at != NULL) out->offset = pv_cert_offset(cert, at);
    return reason;
}

/* Extended key usage (4.2.1.12). id-kp is 1.3.6.1.5.5.7.3; anyExtendedKeyUsage is 2.5.29.37.0. */
static const uint8_t ID_KP[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03};
static const uint8_t ANY_EKU[] = {0x55, 0x1D, 0x25, 0x00};

/* The last arc of id-kp for each pv_purpose that is one of them. */
static const uint8_t kp_arcs[] = {0, 0, 1, 2, 3, 4, 8, 9};

static int bytes_are(pv_span span, const uint8_t *bytes, size_t len) {
    pv_span other = {bytes, len};
    return pv_span_equal(span, other);
}

/* The purpose asked for. One that is given by its OID is the same purpose as by its name, and its own rules
 * hold. */
static uint8_t purpose_of(const pv_policy *policy) {
    pv_span oid = policy->purpose_oid;
    pv_span head = {oid.data, sizeof ID_KP};
    if (policy->purpose != PV_PURPOSE_OID) return policy->purpose;
    if (oid.len != sizeof ID_KP + 1 || !bytes_are(head, ID_KP, sizeof ID_KP)) return PV_PURPOSE_OID;
    for (uint8_t i = PV_PURPOSE_SERVER_AUTH; i < PV_PURPOSE_OID; i++) {
        if (oid.data[sizeof ID_KP] == kp_arcs[i]) return i;
    }
    return PV_PURPOSE_OID;
}

/* The purpose's OID, for a name of id-kp written into `room`. */
static pv_span wanted_oid(const pv_policy *policy, uint8_t purpose, uint8_t room[sizeof ID_KP + 1]) {
    pv_span oid = {room, sizeof ID_KP + 1};
    if (purpose == PV_PURPOSE_OID) return policy->purpose_oid;
    memcpy(room, ID_KP, sizeof ID_KP);
    room[sizeof ID_KP] = kp_arcs[purpose];
    return oid;
}

/* RFC 3161 2.3 and RFC 6960 4.2.2.2 want these two purposes named, not implied by "any" or by saying nothing.
 */
static int wants_explicit(const pv_policy *policy) {
    uint8_t purpose = purpose_of(policy);
    return purpose == PV_PURPOSE_TIME_STAMPING || purpose == PV_PURPOSE_OCSP_SIGNING;
}

/* Reads the whole list, also after a match: a list that cannot be read to its end allows nothing. */
static pv_reason eku_allows(const pv_policy *policy, pv_span value, int any_counts, int *allowed) {
    uint8_t room[sizeof ID_KP + 1];
    pv_span cursor, oid, wanted = wanted_oid(policy, purpose_of(policy), room);
    pv_reason reason = pv_ext_eku_open(value, &cursor);
    while (reason == PV_OK && cursor.len > 0) {
        reason = pv_ext_eku_next(&cursor, &oid);
        if (reason != PV_OK) break;
        if (any_counts && bytes_are(oid, ANY_EKU, sizeof ANY_EKU)) *allowed = 1;
        if (pv_span_equal(oid, wanted)) *allowed = 1;
    }
    return reason;
}

/* An extension that is there and empty is malformed, not absent: `present` tells the two apart. */
static int is_absent(uint32_t present, pv_ext_id id, pv_span value) {
    return value.len == 0 && !(present & PV_EXT_BIT(id));
}

static pv_reason check_eku(pv_finding *out, const pv_rules *rules, uint32_t present, pv_span value,
                           int any_counts) {
    const pv_policy *policy = rules->policy;
    int allowed = policy->purpose == PV_PURPOSE_ANY;
    if (is_absent(present, PV_EXT_EXTENDED_KEY_USAGE, value)) return PV_OK;
    pv_reason reason = pay_value(rules, value);
    if (reason != PV_OK) return reason;
    reason = eku_allows(policy, value, any_counts, &allowed);
    if (reason != PV_OK)
        return found(out, PV_R_EXTENSION_MALFORMED, PV_FIELD_EXTENDED_KEY_USAGE, PV_NO_OFFSET);
    return allowed ? PV_OK : found(out, PV_R_EKU_MISMATCH, PV_FIELD_EXTENDED_KEY_USAGE, PV_NO_OFFSET);
}

/* keyUsage bits of which a target needs at least one (4.2.1.12 names them for each purpose): bit n is bit n
 * of 4.2.1.3. */
#define DS_NR (0x01u | 0x02u)
static const uint16_t purpose_usages[] = {
    0, 0, 0x01u | 0x04u | 0x10u, 0x01u | 0x10u, 0x01u, DS_NR | 0x04u | 0x10u, DS_NR, DS_NR, 0};

/* "If both are present, both must be consistent with the purpose" (4.2.1.12). An end entity's keyUsage
 * restricts its key without the other too (4.2.1.3); a CA's speaks of what it issues, so there it does not
 * decide alone. */
static pv_reason check_usage(pv_finding *out, const pv_policy *policy, const pv_cert *target) {
    uint32_t counts = PV_EXT_BIT(PV_EXT_KEY_USAGE);
    uint16_t wanted = purpose_usages[purpose_of(policy)];
    if (target->flags & PV_CERT_CA) counts |= PV_EXT_BIT(PV_EXT_EXTENDED_KEY_USAGE);
    if (wanted == 0 || (target->present & counts) != counts || (target->key_usage & wanted) != 0)
        return PV_OK;
    return found(out, PV_R_KEY_USAGE_PURPOSE, PV_FIELD_KEY_USAGE, PV_NO_OFFSET);
}

static pv_reason check_target_purpose(pv_finding *out, const pv_rules *rules, const pv_cert *target) {
    const pv_policy *policy = rules->policy;
    int has_eku = (target->present & PV_EXT_BIT(PV_EXT_EXTENDED_KEY_USAGE)) != 0;
    if (!has_eku && wants_explicit(policy)) {
        return found(out, PV_R_EKU_MISMATCH, PV_FIELD_EXTENDED_KEY_USAGE, PV_NO_OFFSET);
    }
    pv_reason reason = check_eku(out, rules, target->present, pv_cert_eku(target), !wants_explicit(policy));
    return reason == PV_OK ? check_usage(out, policy, target) : reason;
}

/* --- Name constraints: 6.1.3 (b), (c)
 * ------------------------------------------------------------------------------- */

static int is_self_issued(const pv_cert *cert) {
    return (cert->flags & PV_CERT_SELF_ISSUED) != 0;
}

#ifdef PV_NO_NAME_CONSTRAINTS

static pv_reason check_names(pv_finding *out, const pv_rules *rules, const pv_path *path, uint32_t present,
                             pv_span constraints) {
    (void)rules, (void)path;
    if (is_absent(present, PV_EXT_NAME_CONSTRAINTS, constraints)) return PV_OK;
    return found(out, PV_R_NC_UNSUPPORTED, PV_FIELD_NAME_CONSTRAINTS, PV_NO_OFFSET);
}

#else

/* Self-issued intermediates are exempt; the target never is. */
static pv_reason check_names(pv_finding *out, const pv_rules *rules, const pv_path *path, uint32_t present,
                             pv_span constraints) {
    if (is_absent(present, PV_EXT_NAME_CONSTRAINTS, constraints)) return PV_OK;
    for (uint8_t i = 0; i < path->len; i++) {
        if (i > 0 && is_self_issued(path->certs[i])) continue;
        pv_constraint_fault fault = {NULL, PV_FIELD_NAME_CONSTRAINTS};
        pv_reason reason = pv_constraints_check(&fault, rules->left, constraints, path->certs[i]);
        if (reason != PV_OK) return found(out, reason, (pv_field_code)fault.field, PV_NO_OFFSET);
    }
    return PV_OK;
}

#endif

/* --- The three places
 * ------------------------------------------------------------------------------------------------ */

static int revocation_is_sound(const pv_policy *policy) {
    uint8_t sources = policy->revocation_sources;
    if (policy->revocation == PV_REVOCATION_NONE) return 1;
    return policy->revocation <= PV_REVOCATION_CHAIN && sources != 0 &&
           (sources & ~(PV_SOURCE_CRL | PV_SOURCE_OCSP)) == 0 && policy->may_lack_evidence <= 1;
}

pv_reason pv_path_check_policy(const pv_rules *rules) {
    const pv_policy *policy = rules->policy;
    if (!pv_profile_known(policy->profile)) {
        return policy->profile == PV_PROFILE_UNSET ? PV_R_POLICY_UNUSABLE : PV_R_PROFILE_UNSUPPORTED;
    }
    if (policy->purpose == PV_PURPOSE_UNSET || policy->purpose > PV_PURPOSE_OID) return PV_R_POLICY_UNUSABLE;
    if (policy->purpose == PV_PURPOSE_OID && policy->purpose_oid.len == 0) return PV_R_POLICY_UNUSABLE;
    if (policy->anchor_checks == PV_ANCHOR_UNSET || policy->anchor_checks > PV_ANCHOR_NAME_AND_KEY)
        return PV_R_POLICY_UNUSABLE;
    if (policy->algorithms == 0) return PV_R_POLICY_UNUSABLE;
    if (policy->num_user_policies != 0 && policy->user_policies == NULL) return PV_R_POLICY_UNUSABLE;
    if (policy->policy_flags & ~PV_POLICY_FLAGS) return PV_R_POLICY_UNUSABLE;
    if (!revocation_is_sound(policy)) return PV_R_POLICY_UNUSABLE;
    if (rules->time.mode == PV_TIME_UNSET || rules->time.mode > PV_TIME_AT_ISSUANCE) return PV_R_TIME_UNSET;
    return PV_OK;
}

/* What holds for every certificate of the path, target or not. */
static pv_reason check_certificate(pv_finding *out, const pv_rules *rules, const pv_cert *cert, pv_role role,
                                   int64_t issued) {
    pv_profile_question question = {cert, rules->policy->profile, (uint8_t)role, purpose_of(rules->policy)};
    pv_reason reason = check_time(out, rules, cert, issued);
    if (reason == PV_OK) reason = pv_profile_check(&out->field, rules->left, &question);
    if (reason == PV_OK) reason = check_extensions(out, rules, cert);
    if (reason == PV_OK) reason = check_signature_algorithm(out, rules, cert);
    if (reason == PV_OK) reason = check_contents(out, rules, cert);
    return reason;
}

PV_OWN_FRAME static pv_reason check_identity(pv_finding *out, const pv_rules *rules, const pv_cert *target) {
    const uint8_t *at = NULL;
    pv_reason reason = pv_subject_check(&at, rules->left, rules->subject, target);
    if (reason == PV_OK) return PV_OK;
    return found(out, reason, PV_FIELD_SUBJECT_ALT_NAME, at ? pv_cert_offset(target, at) : PV_NO_OFFSET);
}

pv_reason pv_path_check_target(pv_finding *out, const pv_rules *rules, const pv_cert *target) {
    found(out, PV_OK, PV_FIELD_CERTIFICATE, PV_NO_OFFSET);
    if (target->version == 0) return PV_R_CERT_UNREADABLE;
    pv_reason reason = check_certificate(out, rules, target, PV_ROLE_TARGET, target->not_before);
    if (reason == PV_OK) reason = check_target_key(out, rules, target);
    if (reason == PV_OK) reason = check_target_purpose(out, rules, target);
    if (reason == PV_OK) reason = check_identity(out, rules, target);
    return reason;
}

uint8_t pv_path_check_marks(const pv_rules *rules, const pv_cert *target) {
    if (!HAS_WEBPKI || rules->policy->profile != PV_PROFILE_WEBPKI) return 0;
    return pv_profile_has_wildcard(target) ? PV_MARK_WILDCARD : 0;
}

unsigned pv_path_num_intermediates(const pv_path *path) {
    unsigned num = 0;
    for (uint8_t i = 1; i < path->len; i++) {
        num += !is_self_issued(path->certs[i]);
    }
    return num;
}

static pv_reason check_path_len(pv_finding *out, const pv_path *path, uint16_t path_len) {
    if (path_len == PV_NO_PATH_LEN || pv_path_num_intermediates(path) <= path_len)
        return PV_OK; /* 6.1.4 (m) */
    return found(out, PV_R_PATH_LEN_EXCEEDED, PV_FIELD_BASIC_CONSTRAINTS, PV_NO_OFFSET);
}

static pv_reason check_ca(pv_finding *out, const pv_path *path, const pv_cert *issuer) {
    if (!(issuer->flags & PV_CERT_CA)) { /* 6.1.4 (k); versions without extensions have no CAs here */
        return found(out, PV_R_NOT_A_CA, PV_FIELD_BASIC_CONSTRAINTS, PV_NO_OFFSET);
    }
    int has_usage = (issuer->present & PV_EXT_BIT(PV_EXT_KEY_USAGE)) != 0;
    if (has_usage && !(issuer->key_usage & PV_KU_KEY_CERT_SIGN)) { /* 6.1.4 (n) */
        return found(out, PV_R_NO_CERT_SIGN, PV_FIELD_KEY_USAGE, PV_NO_OFFSET);
    }
    return check_path_len(out, path, issuer->path_len);
}

/* All that an issuer's certificate must satisfy, whether it is an intermediate or an anchor's certificate
 * judged like one. */
static pv_reason check_issuer(pv_finding *out, const pv_rules *rules, const pv_path *path,
                              const pv_cert *issuer) {
    found(out, PV_OK, PV_FIELD_CERTIFICATE, PV_NO_OFFSET);
    pv_reason reason = check_ca(out, path, issuer);
    if (reason == PV_OK) reason = check_key(out, rules, issuer); /* says more than that it does not fit */
    if (reason == PV_OK) reason = check_fit(out, rules, path, issuer->key_alg);
    if (reason == PV_OK) reason = check_eku(out, rules, issuer->present, pv_cert_eku(issuer), 1);
    if (reason == PV_OK)
        reason = check_names(out, rules, path, issuer->present, pv_cert_name_constraints(issuer));
    return reason;
}

static int64_t last_issued(const pv_path *path) {
    return path->certs[path->len - 1]->not_before;
}

pv_reason pv_path_check_issuer(pv_finding *out, const pv_rules *rules, const pv_path *path,
                               const pv_cert *issuer) {
    pv_reason reason;
    found(out, PV_OK, PV_FIELD_PATH, PV_NO_OFFSET);
    if (!is_self_issued(issuer) && pv_path_num_intermediates(path) >= rules->policy->max_intermediates) {
        return PV_R_TOO_MANY_INTERMEDIATES;
    }
    reason = check_certificate(out, rules, issuer, PV_ROLE_INTERMEDIATE, last_issued(path));
    return reason == PV_OK ? check_issuer(out, rules, path, issuer) : reason;
}

/* RFC 5914: what an anchor's own constraints say. */
static pv_reason check_anchor_constraints(pv_finding *out, const pv_rules *rules, const pv_path *path,
                                          const pv_anchor *anchor) {
    pv_reason reason = PV_OK;
    if (anchor->flags & PV_ANCHOR_WINDOW) {
        reason = check_window(&rules->time, anchor->not_before, anchor->not_after, last_issued(path));
        if (reason == PV_R_EXPIRED) reason = PV_R_ANCHOR_EXPIRED;
        if (reason == PV_R_NOT_YET_VALID) reason = PV_R_ANCHOR_NOT_YET_VALID;
        if (reason != PV_OK) return reason;
    }
    reason = check_critical(out, anchor->present, 0);
    if (reason == PV_OK) reason = check_path_len(out, path, anchor->path_len);
    if (reason == PV_OK) reason = check_eku(out, rules, anchor->present, anchor->eku, 1);
    if (reason == PV_OK) reason = check_names(out, rules, path, anchor->present, anchor->name_constraints);
    return reason;
}

/* The anchor's certificate as an intermediate would be judged; its own signature is nobody's to check. */
static pv_reason check_anchor_certificate(pv_finding *out, const pv_rules *rules, const pv_path *path,
                                          const pv_anchor *anchor) {
    if (anchor->cert == NULL) return PV_R_ANCHOR_UNUSABLE;
    pv_reason reason = check_certificate(out, rules, anchor->cert, PV_ROLE_ANCHOR, last_issued(path));
    if (reason == PV_OK) reason = check_issuer(out, rules, path, anchor->cert);
    /* Limits that the owner set on top of the certificate's own. */
    return reason == PV_OK ? check_anchor_constraints(out, rules, path, anchor) : reason;
}

static pv_reason check_by_mode(pv_finding *out, const pv_rules *rules, const pv_path *path,
                               const pv_anchor *anchor) {
    switch (rules->policy->anchor_checks) {
    case PV_ANCHOR_CONSTRAINTS: return check_anchor_constraints(out, rules, path, anchor);
    case PV_ANCHOR_CERTIFICATE: return check_anchor_certificate(out, rules, path, anchor);
    case PV_ANCHOR_NAME_AND_KEY: return PV_OK;
    default: return PV_R_ANCHOR_UNUSABLE;
    }
}

/* Whether some CA of the whole path constrains names. */
static int is_name_constrained(const pv_path *path, const pv_anchor *anchor) {
    uint32_t present = anchor->present;
    for (uint8_t i = 1; i < path->len; i++) {
        present |= path->certs[i]->present;
    }
    return anchor->name_constraints.len > 0 || (present & PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS)) != 0;
}

/* Certificate policies of the whole path (6.1.2 to 6.1.5). Under NAME_AND_KEY the anchor has none. */
static pv_reason check_policies(pv_finding *out, const pv_rules *rules, const pv_path *path,
                                const pv_anchor *anchor) {
#ifdef PV_NO_POLICIES
    (void)path;
    (void)anchor;
    int asked = rules->policy->policy_flags != 0 || rules->policy->num_user_policies != 0;
    return asked ? found(out, PV_R_POLICY_UNSUPPORTED, PV_FIELD_CERTIFICATE_POLICIES, PV_NO_OFFSET) : PV_OK;
#else
    const pv_cert *top = rules->policy->anchor_checks == PV_ANCHOR_NAME_AND_KEY ? NULL : anchor->cert;
    pv_policy_graph graph;
    uint8_t failed;
    if (pv_policy_is_idle(rules->policy, top, path->certs, path->len)) return PV_OK;
    graph.cells = rules->cells;
    graph.max_cells = rules->max_cells;
    pv_reason reason =
        pv_policy_check(&graph, &failed, rules->left, rules->policy, top, path->certs, path->len);
    return reason == PV_OK ? PV_OK : found(out, reason, PV_FIELD_CERTIFICATE_POLICIES, PV_NO_OFFSET);
#endif
}

/* Rules on the target that wait for the whole path. */
static pv_reason check_whole(pv_finding *out, const pv_rules *rules, const pv_path *path,
                             const pv_anchor *anchor) {
    pv_profile_question question = {path->certs[0], rules->policy->profile, PV_ROLE_UNCONSTRAINED_TARGET,
                                    purpose_of(rules->policy)};
    if (!HAS_WEBPKI || question.profile != PV_PROFILE_WEBPKI || is_name_constrained(path, anchor))
        return PV_OK;
    return pv_profile_check(&out->field, rules->left, &question);
}

pv_reason pv_path_check_anchor(pv_finding *out, const pv_rules *rules, const pv_path *path,
                               const pv_anchor *anchor) {
    found(out, PV_OK, PV_FIELD_ANCHOR, PV_NO_OFFSET);
    /* 4.1.2.6: a nameless anchor would stand above every certificate that names no issuer. */
    if (!anchor->usable || pv_name_is_empty(anchor->subject)) return PV_R_ANCHOR_UNUSABLE;
    if ((anchor->flags & PV_ANCHOR_DISTRUST_AFTER) && path->certs[0]->not_before > anchor->distrust_after) {
        return PV_R_ANCHOR_DISTRUSTED;
    }
    if (anchor->key_alg == PV_KEY_DSA) return PV_R_ALGORITHM_NOT_ALLOWED; /* store.c makes none of these */
    pv_reason reason = check_fit(out, rules, path, anchor->key_alg);
    if (reason == PV_OK) reason = check_key_size(out, rules, anchor->key_alg, anchor->key_bits);
    if (reason != PV_OK) return reason;
    reason = check_by_mode(out, rules, path, anchor);
    if (reason == PV_OK) reason = check_policies(out, rules, path, anchor);
    return reason == PV_OK ? check_whole(out, rules, path, anchor) : reason;
}
