#include "profile.h"

#include "contents.h"
#include "der.h"
#include "oid.h"
#include "subject.h"
#include "webpki.h"

/* --- Findings: what is remarkable about a certificate. The reader's deviations are the lower half of the
 * word. ----- */

typedef uint64_t findings;

#define OWN(n) ((findings)1 << (20 + (n)))

#define FIND_DEV_SERIAL_NEGATIVE   PV_DEV_SERIAL_NEGATIVE
#define FIND_DEV_SERIAL_ZERO       PV_DEV_SERIAL_ZERO
#define FIND_DEV_SERIAL_TOO_LONG   PV_DEV_SERIAL_TOO_LONG
#define FIND_DEV_EXPLICIT_DEFAULT  PV_DEV_EXPLICIT_DEFAULT
#define FIND_DEV_TIME_ENCODING     PV_DEV_TIME_ENCODING
#define FIND_DEV_VERSION           PV_DEV_VERSION
#define FIND_DEV_SET_ORDER         PV_DEV_SET_ORDER
#define FIND_DEV_UNIQUE_ID         PV_DEV_UNIQUE_ID
#define FIND_DEV_EMPTY_EXTENSIONS  PV_DEV_EMPTY_EXTENSIONS
#define FIND_DEV_PATH_LEN_NOT_CA   PV_DEV_PATH_LEN_NOT_CA
#define FIND_DEV_KEY_USAGE_EMPTY   PV_DEV_KEY_USAGE_EMPTY
#define FIND_DEV_KEY_PARAMETERS    PV_DEV_KEY_PARAMETERS
#define FIND_DEV_DIRECTORY_STRING  PV_DEV_DIRECTORY_STRING
#define FIND_DEV_KEY_USAGE_PADDING PV_DEV_KEY_USAGE_PADDING

#define FIND_CA_EMPTY_SUBJECT         OWN(0u)
#define FIND_CA_VERSION               OWN(1u)
#define FIND_CA_NOT_CRITICAL          OWN(2u)
#define FIND_ISSUER_EMPTY             OWN(3u)
#define FIND_NO_AUTHORITY_KEY         OWN(4u)
#define FIND_AKI_HALF                 OWN(5u)
#define FIND_NO_SUBJECT_KEY           OWN(6u)
#define FIND_KEY_ID_CRITICAL          OWN(7u)
#define FIND_NO_KEY_USAGE             OWN(8u)
#define FIND_CERT_SIGN_NOT_CA         OWN(9u)
#define FIND_PATH_LEN_NO_SIGN         OWN(10u)
#define FIND_SAN_NOT_CRITICAL         OWN(11u)
#define FIND_SAN_CRITICAL             OWN(12u)
#define FIND_SAN_SYNTAX               OWN(13u)
#define FIND_NC_NOT_CRITICAL          OWN(14u)
#define FIND_NC_NOT_CA                OWN(15u)
#define FIND_PC_NOT_CRITICAL          OWN(16u)
#define FIND_INHIBIT_ANY_NOT_CRITICAL OWN(17u)
#define FIND_BR_VERSION               OWN(18u)
#define FIND_BR_TARGET_CA             OWN(19u)
#define FIND_BR_CRL_SIGN              OWN(20u)
#define FIND_BR_KEY                   OWN(21u)
#define FIND_BR_RSA_BITS              OWN(22u)
#define FIND_BR_SIGNATURE             OWN(23u)
#define FIND_BR_AKI_ISSUER            OWN(24u)
#define FIND_BR_ROOT_AKI              OWN(25u)
#define FIND_BR_ROOT_EKU              OWN(26u)
#define FIND_BR_EKU_MISSING           OWN(27u)
#define FIND_BR_EKU_ANY               OWN(28u)
#define FIND_BR_SAN_MISSING           OWN(29u)
#define FIND_BR_SAN_FORM              OWN(30u)
#define FIND_BR_TLD_WILDCARD          OWN(31u)
#define FIND_BR_COMMON_NAME           OWN(32u)
#define FIND_BR_KEY_USAGE             OWN(33u)
#define FIND_BR_EKU_FOREIGN           OWN(34u)
#define FIND_BR_LABEL                 OWN(35u)
#define FIND_BR_CRITICAL              OWN(36u)

static findings when(int condition, findings found) {
    return condition ? found : 0;
}

static int has(uint32_t extensions, pv_ext_id id) {
    return (extensions & PV_EXT_BIT(id)) != 0;
}

static int is_there_not_critical(const pv_cert *cert, pv_ext_id id) {
    return has(cert->present, id) && !has(cert->critical, id);
}

static int is_ca(const pv_cert *cert) {
    return (cert->flags & PV_CERT_CA) != 0;
}

static int is_self_issued(const pv_cert *cert) {
    return (cert->flags & PV_CERT_SELF_ISSUED) != 0;
}

/* --- RFC 5280 section 4
 * --------------------------------------------------------------------------------------------- */

/* What DEVICE refuses a CA for, too. */
static findings of_any_ca(const pv_cert *cert) {
    findings found = when((cert->flags & PV_CERT_EMPTY_NAME) != 0, FIND_CA_EMPTY_SUBJECT);
    return found | when((cert->deviations & PV_DEV_VERSION) != 0, FIND_CA_VERSION);
}

static findings of_ca(const pv_cert *cert, uint8_t role) {
    findings found = of_any_ca(cert);
    found |= when(!has(cert->critical, PV_EXT_BASIC_CONSTRAINTS), FIND_CA_NOT_CRITICAL);
    found |= when(pv_cert_key_id(cert).len == 0, FIND_NO_SUBJECT_KEY);
    /* An anchor's key verifies because its owner says so (6.1.1 (d)), not because its keyUsage does. */
    found |= when(role != PV_ROLE_ANCHOR && !has(cert->present, PV_EXT_KEY_USAGE), FIND_NO_KEY_USAGE);
    return found;
}

static findings of_end_entity(const pv_cert *cert) {
    findings found = when(has(cert->present, PV_EXT_NAME_CONSTRAINTS), FIND_NC_NOT_CA);
    found |= when((cert->key_usage & PV_KU_KEY_CERT_SIGN) != 0, FIND_CERT_SIGN_NOT_CA);
    int nameless = (cert->flags & PV_CERT_EMPTY_NAME) != 0;
    return found | when(nameless && !has(cert->critical, PV_EXT_SUBJECT_ALT_NAME), FIND_SAN_NOT_CRITICAL);
}

/* 4.2.1.1 spares self-signed certificates the key identifier of their issuer. Only self-issued ones can be.
 */
static findings of_key_ids(const pv_cert *cert) {
    pv_aki aki = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    int has_aki = has(cert->present, PV_EXT_AUTHORITY_KEY_ID);
    if (has_aki) (void)pv_ext_authority_key_id(pv_cert_extension(cert, PV_EXT_AUTHORITY_KEY_ID), &aki);
    int critical = has(cert->critical, PV_EXT_AUTHORITY_KEY_ID) || has(cert->critical, PV_EXT_SUBJECT_KEY_ID);
    findings found = when(critical, FIND_KEY_ID_CRITICAL);
    found |= when(!is_self_issued(cert) && aki.key_id.len == 0, FIND_NO_AUTHORITY_KEY);
    found |= when((aki.issuer.data != NULL) != (aki.serial.data != NULL), FIND_AKI_HALF);
    return found | when(aki.issuer.data != NULL || aki.serial.data != NULL, FIND_BR_AKI_ISSUER);
}

static findings of_criticality(const pv_cert *cert) {
    int nameless = (cert->flags & PV_CERT_EMPTY_NAME) != 0;
    findings found = when(is_there_not_critical(cert, PV_EXT_NAME_CONSTRAINTS), FIND_NC_NOT_CRITICAL);
    found |= when(is_there_not_critical(cert, PV_EXT_POLICY_CONSTRAINTS), FIND_PC_NOT_CRITICAL);
    found |= when(is_there_not_critical(cert, PV_EXT_INHIBIT_ANY_POLICY), FIND_INHIBIT_ANY_NOT_CRITICAL);
    return found | when(!nameless && has(cert->critical, PV_EXT_SUBJECT_ALT_NAME), FIND_SAN_CRITICAL);
}

static int has_empty_issuer(const pv_cert *cert) {
    pv_span issuer = pv_cert_issuer(cert);
    return issuer.len == 2; /* a SEQUENCE of nothing */
}

static int has_idle_path_len(const pv_cert *cert) {
    int signs = !has(cert->present, PV_EXT_KEY_USAGE) || (cert->key_usage & PV_KU_KEY_CERT_SIGN) != 0;
    return is_ca(cert) && cert->path_len != PV_NO_PATH_LEN && !signs;
}

/* What a wildcard stands below; any other name itself. RFC 5280 says nothing of wildcards (4.2.1.6), so that
 * they count as names here. */
static pv_span below_wildcard(pv_span name) {
    if (name.len > 2 && name.data[0] == '*' && name.data[1] == '.') pv_der_skip(&name, 2);
    return name;
}

static int name_is_well_formed(const pv_general_name *name) {
    pv_span one, two;
    switch (name->form) {
    case PV_NAME_DNS: return pv_dns_is_name(below_wildcard(name->value));
    case PV_NAME_EMAIL: return pv_mail_split(name->value, &one, &two);
    case PV_NAME_URI: return pv_uri_split(name->value, &one);
    case PV_NAME_IP: return name->value.len == 4 || name->value.len == 16;
    default: return 1;
    }
}

/* Names that the reader could read; what it could not is a fault of its own (contents.h). */
static int names_are_well_formed(const pv_cert *cert) {
    pv_span names;
    pv_general_name name;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) return 1;
    while (names.len > 0 && pv_ext_general_name_next(&names, &name) == PV_OK) {
        if (!name_is_well_formed(&name)) return 0;
    }
    return 1;
}

/* What the view tells without reading names again. */
static findings at_a_glance(const pv_cert *cert, uint8_t role) {
    findings found = cert->deviations | of_criticality(cert);
    found |= is_ca(cert) ? of_ca(cert, role) : of_end_entity(cert);
    found |= when(has_empty_issuer(cert), FIND_ISSUER_EMPTY);
    return found | when(has_idle_path_len(cert), FIND_PATH_LEN_NO_SIGN);
}

static findings on_reading(const pv_cert *cert) {
    return of_key_ids(cert) | when(!names_are_well_formed(cert), FIND_SAN_SYNTAX);
}

#if PV_PROFILES & PV_WITH_WEBPKI

/* --- CA/Browser Forum BR 7.1
 * ------------------------------------------------------------------------------------------ */

/* 7.1.3.2: RSA or ECDSA. An anchor's own signature is nobody's to check, nor to judge. */
static int signature_is_allowed(const pv_cert *cert, uint8_t role) {
    return role == PV_ROLE_ANCHOR ||
           (cert->sig_alg >= PV_SIG_RSA_PKCS1_SHA256 && cert->sig_alg <= PV_SIG_ECDSA_SHA512);
}

static findings of_web_certificate(const pv_cert *cert, uint8_t role) {
    findings found = when(cert->version != 3, FIND_BR_VERSION);
    found |= when(!pv_webpki_key_is_allowed(cert), FIND_BR_KEY);
    found |= when(cert->key_alg == PV_KEY_RSA && cert->key_bits % 8u != 0, FIND_BR_RSA_BITS);
    return found | when(!signature_is_allowed(cert, role), FIND_BR_SIGNATURE);
}

static findings of_web_root(const pv_cert *cert) {
    pv_span own = pv_cert_key_id(cert);
    pv_span above = pv_cert_authority_key_id(cert);
    int has_aki = has(cert->present, PV_EXT_AUTHORITY_KEY_ID);
    findings found = when(has_aki && is_self_issued(cert) && !pv_span_equal(own, above), FIND_BR_ROOT_AKI);
    return found | when(has(cert->present, PV_EXT_EXTENDED_KEY_USAGE), FIND_BR_ROOT_EKU);
}

static int has_any_eku(const pv_cert *cert) {
    pv_span cursor, oid;
    if (pv_ext_eku_open(pv_cert_eku(cert), &cursor) != PV_OK) return 0;
    while (cursor.len > 0 && pv_ext_eku_next(&cursor, &oid) == PV_OK) {
        if (PV_OID_IS(oid, PV_OID_EKU_ANY)) return 1;
    }
    return 0;
}

/* What a server's certificate says of itself. */
static findings of_web_server(const pv_cert *cert) {
    int has_san = has(cert->present, PV_EXT_SUBJECT_ALT_NAME);
    uint32_t never_critical = PV_EXT_BIT(PV_EXT_EXTENDED_KEY_USAGE) | PV_EXT_BIT(PV_EXT_CERTIFICATE_POLICIES);
    findings found = when(!has_san, FIND_BR_SAN_MISSING);
    found |= when(!pv_webpki_usage_is_allowed(cert), FIND_BR_KEY_USAGE);
    found |= when(pv_webpki_has_foreign_eku(cert), FIND_BR_EKU_FOREIGN);
    found |= when(pv_webpki_has_reserved_label(cert), FIND_BR_LABEL);
    found |= when((cert->critical & never_critical) != 0, FIND_BR_CRITICAL);
    found |= when(pv_webpki_has_tld_wildcard(cert), FIND_BR_TLD_WILDCARD);
    return found | when(has_san && !pv_webpki_names_are_hosts(cert), FIND_BR_SAN_FORM);
}

static int is_server(uint8_t purpose) {
    return purpose == PV_PURPOSE_SERVER_AUTH || purpose == PV_PURPOSE_ANY;
}

static findings of_web_target(const pv_cert *cert, uint8_t purpose) {
    findings found = when(is_ca(cert), FIND_BR_TARGET_CA);
    found |= when(!is_ca(cert) && (cert->key_usage & PV_KU_CRL_SIGN) != 0, FIND_BR_CRL_SIGN);
    found |= when(!has(cert->present, PV_EXT_EXTENDED_KEY_USAGE), FIND_BR_EKU_MISSING);
    found |= when(has_any_eku(cert), FIND_BR_EKU_ANY);
    return is_server(purpose) ? found | of_web_server(cert) : found;
}

static findings of_web(const pv_profile_question *question) {
    findings found = of_web_certificate(question->cert, question->role);
    if (question->role == PV_ROLE_ANCHOR) found |= of_web_root(question->cert);
    if (question->role == PV_ROLE_TARGET) found |= of_web_target(question->cert, question->purpose);
    return found;
}

#endif

/* --- The table
 * ----------------------------------------------------------------------------------------------------------
 */

#define NONE 0u
#define R    PV_ALG_BIT(PV_PROFILE_RFC5280)
#define W    PV_ALG_BIT(PV_PROFILE_WEBPKI)
#define D    PV_ALG_BIT(PV_PROFILE_DEVICE)

typedef struct rule {
    findings finding;
    pv_reason reason;
    uint8_t refused_by; /* profiles as bits */
    uint8_t noted_by;
    uint8_t field;
} rule;

static const rule rules[] = {
#define PV_RULE(finding, reason, refused_by, noted_by, field, why)                                           \
    {FIND_##finding, PV_R_##reason, refused_by, noted_by, PV_FIELD_##field},
#include "rules.def"
#undef PV_RULE
};
#define NUM_RULES (sizeof rules / sizeof rules[0])

/* What looking for notes may cost: nothing hangs on it. */
#define NOTE_BUDGET 100000u

int pv_profile_known(uint8_t profile) {
    return profile < 8u && ((R | W | D) & PV_PROFILES & PV_ALG_BIT(profile)) != 0;
}

#if PV_PROFILES & ~PV_WITH_DEVICE

/* Reading a certificate's names costs as much as comparing them, and common names are compared with all of
 * them. */
static pv_reason pay_reading(pv_budget *left, const pv_cert *cert) {
    uint32_t names = (uint32_t)(pv_cert_san(cert).len / 32u);
    uint32_t attributes = (uint32_t)(pv_cert_subject(cert).len / 32u);
    if (attributes != 0 && names > left->names / attributes) return PV_R_BUDGET_NAMES;
    return pv_budget_names(left, names + names * attributes);
}

/* BR 7.1.4.3 is not judged below a CA that constrains names: such chains are held valid by suites that
 * otherwise demand the rule (docs/standards.md); nothing here reads the common name as an identity. */
static findings of_unconstrained_target(const pv_profile_question *question) {
#if PV_PROFILES & PV_WITH_WEBPKI
    if (question->profile != PV_PROFILE_WEBPKI || !is_server(question->purpose)) return 0;
    return when(!pv_webpki_common_name_stands_in_san(question->cert), FIND_BR_COMMON_NAME);
#else
    (void)question;
    return 0;
#endif
}

/* All that the profile may refuse for. DEVICE refuses for nothing that would have to be read. */
static pv_reason find(findings *found, pv_budget *left, const pv_profile_question *question) {
    int late = question->role == PV_ROLE_UNCONSTRAINED_TARGET;
    *found = late ? 0 : at_a_glance(question->cert, question->role);
    if (question->profile == PV_PROFILE_DEVICE) return PV_OK;
    pv_reason reason = pay_reading(left, question->cert);
    if (reason != PV_OK) return reason;
    if (late) {
        *found = of_unconstrained_target(question);
        return PV_OK;
    }
    *found |= on_reading(question->cert);
#if PV_PROFILES & PV_WITH_WEBPKI
    if (question->profile == PV_PROFILE_WEBPKI) *found |= of_web(question);
#endif
    return PV_OK;
}

static pv_reason refusal(uint8_t *field, findings found, uint8_t profile) {
    for (size_t i = 0; found != 0 && i < NUM_RULES; i++) {
        if ((found & rules[i].finding) && (rules[i].refused_by & PV_ALG_BIT(profile))) {
            *field = rules[i].field;
            return rules[i].reason;
        }
    }
    return PV_OK;
}

#else

/* All that DEVICE refuses for, which the table is held to. */
static pv_reason find(findings *found, pv_budget *left, const pv_profile_question *question) {
    (void)left;
    *found = 0;
    if (question->role == PV_ROLE_UNCONSTRAINED_TARGET) return PV_OK;
    *found = question->cert->deviations | when(is_ca(question->cert), of_any_ca(question->cert));
    return PV_OK;
}

#define FOUND ((OWN(0u) - 1u) | FIND_CA_EMPTY_SUBJECT | FIND_CA_VERSION)
/* clang-format off */
typedef char device_refuses_for_what_is_found[((0
#define PV_RULE(finding, reason, refused_by, noted_by, field, why) | (((refused_by) & D) ? FIND_##finding : (findings)0)
#include "rules.def"
#undef PV_RULE
    ) & ~FOUND) == 0 ? 1 : -1];
/* clang-format on */

/* The rows of the one profile as code: a compiler leaves out those that do not refuse, and what finds them.
 */
static pv_reason refusal(uint8_t *field, findings found, uint8_t profile) {
    (void)profile;
#define PV_RULE(finding, reason, refused_by, noted_by, rule_field, why)                                      \
    if (((refused_by) & D) && (found & FIND_##finding)) {                                                    \
        *field = PV_FIELD_##rule_field;                                                                      \
        return PV_R_##reason;                                                                                \
    }
#include "rules.def"
#undef PV_RULE
    return PV_OK;
}

#endif

pv_reason pv_profile_check(uint8_t *field, pv_budget *left, const pv_profile_question *question) {
    findings found;
    if (!pv_profile_known(question->profile)) return PV_R_PROFILE_UNSUPPORTED;
    pv_reason reason = find(&found, left, question);
    return reason == PV_OK ? refusal(field, found, question->profile) : reason;
}

/* Contents that nobody reads because the extension is not critical: what is wrong with them. */
static pv_reason note_of_contents(const pv_cert *cert) {
    pv_budget left = {.names = NOTE_BUDGET};
    const uint8_t *at;
    uint8_t field;
    pv_reason reason = pv_contents_check(&at, &field, &left, cert, cert->present & ~cert->critical);
    return reason == PV_R_BUDGET_NAMES ? PV_OK : reason;
}

size_t pv_profile_notes(pv_reason *notes, size_t max_notes, const pv_cert *cert, uint8_t profile,
                        uint8_t role) {
    size_t num_notes = 0;
    if (!PV_HAS_NOTES || profile != PV_PROFILE_DEVICE || !pv_profile_known(profile)) return 0;
    findings found = at_a_glance(cert, role) | on_reading(cert);
    for (size_t i = 0; i < NUM_RULES; i++) {
        if (!(found & rules[i].finding) || !(rules[i].noted_by & PV_ALG_BIT(profile))) continue;
        if (num_notes < max_notes) notes[num_notes] = rules[i].reason;
        num_notes++;
    }
    pv_reason reason = note_of_contents(cert);
    if (reason != PV_OK && num_notes++ < max_notes) notes[num_notes - 1] = reason;
    return num_notes;
}

/* BR 7.1.3.2.2: each curve has its hash. */
pv_reason pv_profile_fit(uint8_t profile, uint8_t sig_alg, uint8_t key_alg) {
#if PV_PROFILES & PV_WITH_WEBPKI
    static const uint8_t hashes[] = {PV_SIG_ECDSA_SHA256, PV_SIG_ECDSA_SHA384, PV_SIG_ECDSA_SHA512};
    if (profile != PV_PROFILE_WEBPKI || key_alg < PV_KEY_P256 || key_alg > PV_KEY_P521) return PV_OK;
    return hashes[key_alg - PV_KEY_P256] == sig_alg ? PV_OK : PV_R_BR_ECDSA_HASH;
#else
    (void)profile, (void)sig_alg, (void)key_alg;
    return PV_OK;
#endif
}

int pv_profile_has_wildcard(const pv_cert *cert) {
    pv_span names;
    pv_general_name name;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) return 0;
    while (names.len > 0 && pv_ext_general_name_next(&names, &name) == PV_OK) {
        if (name.form == PV_NAME_DNS && name.value.len > 0 && name.value.data[0] == '*') return 1;
    }
    return 0;
}
