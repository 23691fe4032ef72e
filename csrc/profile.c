#include "profile.h"

#define STRICT PV_ALG_BIT(PV_PROFILE_RFC5280)
#define ALL    (STRICT | PV_ALG_BIT(PV_PROFILE_DEVICE))

/* Findings beyond the reader's deviations, in the upper half of the same word. */
#define FOUND_SAN_NOT_CRITICAL 0x00010000u
#define FOUND_CERT_SIGN_NOT_CA 0x00020000u
#define FOUND_CA_EMPTY_SUBJECT 0x00040000u
#define FOUND_CA_NOT_CRITICAL  0x00080000u
#define FOUND_CA_VERSION       0x00100000u
#define FOUND_NO_AUTHORITY_KEY 0x00200000u
#define FOUND_NO_SUBJECT_KEY   0x00400000u
#define FOUND_NO_KEY_USAGE     0x00800000u
#define FOUND_NC_NOT_CRITICAL  0x01000000u
#define FOUND_NC_NOT_CA        0x02000000u
#define FOUND_KEY_ID_CRITICAL  0x04000000u

typedef struct rule {
    uint32_t finding;
    pv_reason reason;
    uint8_t refused_by; /* profiles as bits; the others note it */
    uint8_t field;
} rule;

/* DEVICE refuses what could mislead about who may sign for whom, and notes the rest: deployed devices carry
 * odd serial numbers and encodings, and none of these says anything about trust. */
static const rule rules[] = {
    {PV_DEV_SERIAL_NEGATIVE, PV_R_RULE_SERIAL_NEGATIVE, STRICT, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_SERIAL_ZERO, PV_R_RULE_SERIAL_ZERO, STRICT, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_SERIAL_TOO_LONG, PV_R_RULE_SERIAL_TOO_LONG, STRICT, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_EXPLICIT_DEFAULT, PV_R_RULE_EXPLICIT_DEFAULT, STRICT, PV_FIELD_EXTENSIONS},
    {PV_DEV_TIME_ENCODING, PV_R_RULE_TIME_ENCODING, STRICT, PV_FIELD_VALIDITY},
    {PV_DEV_VERSION, PV_R_RULE_VERSION, STRICT, PV_FIELD_VERSION},
    {PV_DEV_SET_ORDER, PV_R_RULE_SET_ORDER, STRICT, PV_FIELD_SUBJECT},
    {PV_DEV_UNIQUE_ID, PV_R_RULE_UNIQUE_ID, STRICT, PV_FIELD_UNIQUE_ID},
    {PV_DEV_EMPTY_EXTENSIONS, PV_R_RULE_EMPTY_EXTENSIONS, STRICT, PV_FIELD_EXTENSIONS},
    {PV_DEV_PATH_LEN_NOT_CA, PV_R_RULE_PATH_LEN_NOT_CA, STRICT, PV_FIELD_BASIC_CONSTRAINTS},
    {PV_DEV_KEY_USAGE_EMPTY, PV_R_RULE_KEY_USAGE_EMPTY, STRICT, PV_FIELD_KEY_USAGE},
    {PV_DEV_KEY_PARAMETERS, PV_R_RULE_KEY_PARAMETERS, STRICT, PV_FIELD_SUBJECT_PUBLIC_KEY},
    {PV_DEV_DIRECTORY_STRING, PV_R_RULE_DIRECTORY_STRING, STRICT, PV_FIELD_SUBJECT},
    {FOUND_SAN_NOT_CRITICAL, PV_R_RULE_SAN_NOT_CRITICAL, STRICT, PV_FIELD_SUBJECT_ALT_NAME},
    {FOUND_CERT_SIGN_NOT_CA, PV_R_RULE_CERT_SIGN_NOT_CA, STRICT, PV_FIELD_KEY_USAGE},
    {FOUND_CA_NOT_CRITICAL, PV_R_RULE_CA_NOT_CRITICAL, STRICT, PV_FIELD_BASIC_CONSTRAINTS},
    {FOUND_NO_AUTHORITY_KEY, PV_R_RULE_AUTHORITY_KEY_ID, STRICT, PV_FIELD_AUTHORITY_KEY_ID},
    {FOUND_NO_SUBJECT_KEY, PV_R_RULE_SUBJECT_KEY_ID, STRICT, PV_FIELD_SUBJECT_KEY_ID},
    {FOUND_NO_KEY_USAGE, PV_R_RULE_KEY_USAGE_MISSING, STRICT, PV_FIELD_KEY_USAGE},
    {FOUND_NC_NOT_CRITICAL, PV_R_RULE_NC_NOT_CRITICAL, STRICT, PV_FIELD_NAME_CONSTRAINTS},
    {FOUND_NC_NOT_CA, PV_R_RULE_NC_NOT_CA, STRICT, PV_FIELD_NAME_CONSTRAINTS},
    {FOUND_KEY_ID_CRITICAL, PV_R_RULE_KEY_ID_CRITICAL, STRICT, PV_FIELD_EXTENSIONS},
    /* A CA without a name could be chained to by every certificate without an issuer (4.1.2.6). */
    {FOUND_CA_EMPTY_SUBJECT, PV_R_RULE_CA_EMPTY_SUBJECT, ALL, PV_FIELD_SUBJECT},
    /* A CA whose version has no extensions says with one that it is a CA: one of the two is a lie (4.1.2.1).
     */
    {FOUND_CA_VERSION, PV_R_RULE_VERSION, ALL, PV_FIELD_VERSION},
};
#define NUM_RULES (sizeof rules / sizeof rules[0])

static int has(uint32_t extensions, pv_ext_id id) {
    return (extensions & PV_EXT_BIT(id)) != 0;
}

static uint32_t ca_findings(const pv_cert *cert) {
    uint32_t found = 0;
    if (cert->flags & PV_CERT_EMPTY_NAME) found |= FOUND_CA_EMPTY_SUBJECT;
    if (!has(cert->critical, PV_EXT_BASIC_CONSTRAINTS)) found |= FOUND_CA_NOT_CRITICAL;
    if (cert->deviations & PV_DEV_VERSION) found |= FOUND_CA_VERSION;
    if (!has(cert->present, PV_EXT_SUBJECT_KEY_ID)) found |= FOUND_NO_SUBJECT_KEY;
    if (!has(cert->present, PV_EXT_KEY_USAGE)) found |= FOUND_NO_KEY_USAGE;
    return found;
}

static uint32_t target_findings(const pv_cert *cert) {
    uint32_t found = 0;
    int critical_san = has(cert->critical, PV_EXT_SUBJECT_ALT_NAME);
    if ((cert->flags & PV_CERT_EMPTY_NAME) && !critical_san) found |= FOUND_SAN_NOT_CRITICAL;
    if (cert->key_usage & PV_KU_KEY_CERT_SIGN) found |= FOUND_CERT_SIGN_NOT_CA;
    if (has(cert->present, PV_EXT_NAME_CONSTRAINTS)) found |= FOUND_NC_NOT_CA;
    return found;
}

/* 4.2.1.1 spares self-signed certificates the key identifier of their issuer. Only self-issued ones can be.
 */
static uint32_t key_id_findings(const pv_cert *cert) {
    uint32_t found = 0;
    int self_issued = (cert->flags & PV_CERT_SELF_ISSUED) != 0;
    int critical = has(cert->critical, PV_EXT_AUTHORITY_KEY_ID) || has(cert->critical, PV_EXT_SUBJECT_KEY_ID);
    if (!self_issued && pv_cert_authority_key_id(cert).len == 0) found |= FOUND_NO_AUTHORITY_KEY;
    if (critical) found |= FOUND_KEY_ID_CRITICAL;
    return found;
}

static uint32_t findings(const pv_cert *cert) {
    uint32_t found = cert->deviations | key_id_findings(cert);
    int constrains = has(cert->present, PV_EXT_NAME_CONSTRAINTS);
    if (constrains && !has(cert->critical, PV_EXT_NAME_CONSTRAINTS)) found |= FOUND_NC_NOT_CRITICAL;
    return found | ((cert->flags & PV_CERT_CA) ? ca_findings(cert) : target_findings(cert));
}

int pv_profile_known(uint8_t profile) {
    return profile < 8u && (ALL & PV_ALG_BIT(profile)) != 0;
}

pv_reason pv_profile_check(uint8_t *field, const pv_cert *cert, uint8_t profile) {
    if (!pv_profile_known(profile)) return PV_R_PROFILE_UNSUPPORTED;
    uint32_t found = findings(cert);
    if (found == 0) return PV_OK;
    for (size_t i = 0; i < NUM_RULES; i++) {
        if ((found & rules[i].finding) && (rules[i].refused_by & PV_ALG_BIT(profile))) {
            *field = rules[i].field;
            return rules[i].reason;
        }
    }
    return PV_OK;
}

size_t pv_profile_notes(pv_reason *notes, size_t max_notes, const pv_cert *cert, uint8_t profile) {
    size_t num_notes = 0;
    if (!pv_profile_known(profile)) return 0;
    uint32_t found = findings(cert);
    for (size_t i = 0; i < NUM_RULES; i++) {
        if (!(found & rules[i].finding) || (rules[i].refused_by & PV_ALG_BIT(profile))) continue;
        if (num_notes < max_notes) notes[num_notes] = rules[i].reason;
        num_notes++;
    }
    return num_notes;
}
