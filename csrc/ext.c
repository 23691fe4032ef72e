/* ext.c: see ext.h. */
#include "ext.h"

#include "der.h"
#include "name.h"
#include "oid.h"

#include <string.h>

/* --- Which extension --- */

/* 2.5.29.n (RFC 5280 4.2.1) */
static uint8_t ce_id(uint8_t n) {
    switch (n) {
    case 9: return PV_EXT_SUBJECT_DIRECTORY_ATTRIBUTES;
    case 14: return PV_EXT_SUBJECT_KEY_ID;
    case 15: return PV_EXT_KEY_USAGE;
    case 17: return PV_EXT_SUBJECT_ALT_NAME;
    case 18: return PV_EXT_ISSUER_ALT_NAME;
    case 19: return PV_EXT_BASIC_CONSTRAINTS;
    case 30: return PV_EXT_NAME_CONSTRAINTS;
    case 31: return PV_EXT_CRL_DISTRIBUTION_POINTS;
    case 32: return PV_EXT_CERTIFICATE_POLICIES;
    case 33: return PV_EXT_POLICY_MAPPINGS;
    case 35: return PV_EXT_AUTHORITY_KEY_ID;
    case 36: return PV_EXT_POLICY_CONSTRAINTS;
    case 37: return PV_EXT_EXTENDED_KEY_USAGE;
    case 46: return PV_EXT_FRESHEST_CRL;
    case 54: return PV_EXT_INHIBIT_ANY_POLICY;
    default: return PV_EXT_UNKNOWN;
    }
}

/* 1.3.6.1.5.5.7.1.n (RFC 5280 4.2.2, RFC 7633 4) */
static uint8_t pe_id(uint8_t n) {
    switch (n) {
    case 1: return PV_EXT_AUTHORITY_INFO_ACCESS;
    case 11: return PV_EXT_SUBJECT_INFO_ACCESS;
    case 24: return PV_EXT_TLS_FEATURE;
    default: return PV_EXT_UNKNOWN;
    }
}

uint8_t pv_ext_id_of(pv_span oid) {
    size_t ce = PV_OID_LEN(PV_OID_CE_ARC);
    size_t pe = PV_OID_LEN(PV_OID_PE_ARC);
    if (oid.len == ce + 1 && memcmp(oid.data, PV_OID_CE_ARC, ce) == 0) return ce_id(oid.data[ce]);
    if (oid.len == pe + 1 && memcmp(oid.data, PV_OID_PE_ARC, pe) == 0) return pe_id(oid.data[pe]);
    return PV_OID_IS(oid, PV_OID_OCSP_NO_CHECK) ? PV_EXT_OCSP_NO_CHECK : PV_EXT_UNKNOWN;
}

/* critical BOOLEAN DEFAULT FALSE */
static pv_reason read_critical(pv_span *in, pv_ext *out) {
    int critical = 0;
    out->critical = 0;
    out->explicit_default = 0;
    if (!pv_der_has(in, PV_DER_BOOLEAN)) return PV_OK;
    pv_reason reason = pv_der_read_boolean(in, &critical);
    out->critical = critical != 0;
    out->explicit_default = critical == 0;
    return reason;
}

pv_reason pv_ext_next(pv_span *in, pv_ext *out) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_SEQUENCE, &contents);
    if (reason != PV_OK) return reason;
    const uint8_t *end = contents.data + contents.len;
    reason = pv_der_read_oid(&contents, &out->oid);
    if (reason == PV_OK) reason = read_critical(&contents, out);
    if (reason == PV_OK) reason = pv_der_read(&contents, PV_DER_OCTET_STRING, &out->value);
    if (reason == PV_OK) reason = pv_der_end(&contents);
    if (reason != PV_OK) return reason;
    out->id = pv_ext_id_of(out->oid);
    pv_der_move(in, end);
    return PV_OK;
}

int pv_ext_list_has(pv_span list, pv_span oid) {
    pv_span extension, other;
    while (pv_der_read(&list, PV_DER_SEQUENCE, &extension) == PV_OK)
        if (pv_der_read(&extension, PV_DER_OID, &other) == PV_OK && pv_span_equal(oid, other)) return 1;
    return 0;
}

pv_reason pv_ext_list_next(pv_ext_list *list, pv_ext *out) {
    pv_span rest = list->rest;
    if (list->first == NULL) list->first = rest.data;
    if (list->num == PV_MAX_EXTENSIONS) return PV_R_CERT_TOO_MANY_EXTENSIONS;
    pv_reason reason = pv_ext_next(&rest, out);
    if (reason != PV_OK) return reason;
    pv_span before = {list->first, (size_t)(list->rest.data - list->first)};
    if (pv_ext_list_has(before, out->oid)) return PV_R_CERT_EXTENSION_REPEATED;
    list->rest = rest;
    list->num++;
    return PV_OK;
}

/* --- Values --- */

/* The contents of the one element that a value is. */
static pv_reason open_value(pv_span value, uint8_t tag, pv_span *contents) {
    pv_reason reason = pv_der_read(&value, tag, contents);
    return reason == PV_OK ? pv_der_end(&value) : reason;
}

/* The same for a list that must have an entry. */
static pv_reason open_list(pv_span value, pv_span *contents) {
    pv_reason reason = open_value(value, PV_DER_SEQUENCE, contents);
    if (reason != PV_OK) return reason;
    return contents->len == 0 ? PV_R_DER_EMPTY : PV_OK;
}

pv_reason pv_ext_basic_constraints(pv_span value, int *ca, uint16_t *path_len, uint32_t *deviations) {
    pv_span in;
    *ca = 0;
    *path_len = PV_NO_PATH_LEN;
    pv_reason reason = open_value(value, PV_DER_SEQUENCE, &in);
    if (reason != PV_OK) return reason;
    if (pv_der_has(&in, PV_DER_BOOLEAN)) {
        reason = pv_der_read_boolean(&in, ca);
        if (reason != PV_OK) return reason;
        if (PV_HAS_NOTES && *ca == 0) *deviations |= PV_DEV_EXPLICIT_DEFAULT;
    }
    if (in.len == 0) return PV_OK;
    /* A length of 65535 or more constrains no path that can be built: as good as none. */
    reason = pv_der_read_small(&in, path_len);
    if (reason != PV_OK) return reason;
    if (PV_HAS_NOTES && *ca == 0) *deviations |= PV_DEV_PATH_LEN_NOT_CA;
    return pv_der_end(&in);
}

/* Bit 0 of the standard is the top bit of the first octet. */
static uint16_t usage_of(pv_span octets) {
    unsigned usage = 0;
    for (unsigned bit = 0; bit < 8 * octets.len; bit++)
        if ((octets.data[bit / 8] >> (7 - bit % 8) & 1) != 0) usage |= 1u << bit;
    return (uint16_t)usage;
}

pv_reason pv_ext_key_usage(pv_span value, uint16_t *usage, uint32_t *deviations) {
    pv_span octets;
    uint8_t unused = 0;
    *usage = 0;
    pv_reason reason = pv_der_read_bits(&value, &octets, &unused);
    if (reason == PV_OK) reason = pv_der_end(&value);
    if (reason != PV_OK) return reason;
    /* Nine bits are named; two octets hold them. */
    if (octets.len > 2) return PV_R_DER_BIT_STRING;
    /* The last bit of a named bit list is set (X.690 11.2.2); roots in use end in zeros, which say nothing.
     */
    if (PV_HAS_NOTES && octets.len > 0 && (octets.data[octets.len - 1] >> unused & 1) == 0)
        *deviations |= PV_DEV_KEY_USAGE_PADDING;
    *usage = usage_of(octets);
    if (PV_HAS_NOTES && *usage == 0) *deviations |= PV_DEV_KEY_USAGE_EMPTY;
    return PV_OK;
}

pv_reason pv_ext_subject_key_id(pv_span value, pv_span *key_id) {
    return open_value(value, PV_DER_OCTET_STRING, key_id);
}

static pv_reason read_optional(pv_span *in, uint8_t tag, pv_span *contents) {
    return pv_der_has(in, tag) ? pv_der_read(in, tag, contents) : PV_OK;
}

pv_reason pv_ext_authority_key_id(pv_span value, pv_aki *out) {
    pv_span in;
    memset(out, 0, sizeof(*out));
    pv_reason reason = open_value(value, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = read_optional(&in, PV_DER_CONTEXT(0), &out->key_id);
    if (reason == PV_OK) reason = read_optional(&in, PV_DER_CONTEXT_CONSTRUCTED(1), &out->issuer);
    if (reason == PV_OK) reason = read_optional(&in, PV_DER_CONTEXT(2), &out->serial);
    if (reason == PV_OK) reason = pv_der_end(&in);
    if (reason != PV_OK) return reason;
    if (out->issuer.data != NULL && out->issuer.len == 0) return PV_R_DER_EMPTY;
    if (out->serial.data != NULL && !pv_der_integer_is_minimal(out->serial)) return PV_R_DER_INTEGER;
    return PV_OK;
}

pv_reason pv_ext_eku_open(pv_span value, pv_span *cursor) {
    return open_list(value, cursor);
}

pv_reason pv_ext_eku_next(pv_span *cursor, pv_span *oid) {
    return pv_der_read_oid(cursor, oid);
}

/* --- GeneralNames (4.2.1.6) --- */

pv_reason pv_ext_general_names_open(pv_span value, pv_span *cursor) {
    return open_list(value, cursor);
}

static pv_reason check_other(pv_span contents) {
    pv_span type_id, value, mailbox;
    pv_reason reason = pv_ext_other_name(contents, &type_id, &value);
    if (reason != PV_OK || !PV_OID_IS(type_id, PV_OID_SMTP_UTF8)) return reason;
    /* RFC 9598 3: constraints hold for such a mailbox, so that it must not slip through unread. */
    return pv_ext_is_smtp_utf8(contents, &mailbox) ? PV_OK : PV_R_DER_STRING;
}

static pv_reason check_directory(pv_span contents) {
    pv_span element;
    uint32_t hash = 0;
    uint32_t deviations = 0; /* of a name beside the certificate's own: nobody asks */
    pv_reason reason = pv_name_read(&contents, &element, &hash, &deviations);
    return reason == PV_OK ? pv_der_end(&contents) : reason;
}

/* What a name's form asks of its contents. Each form has one tag, so that the tag decides. */
static pv_reason check_general_name(uint8_t tag, pv_span contents) {
    switch (tag) {
    case PV_DER_CONTEXT_CONSTRUCTED(PV_NAME_OTHER): return check_other(contents);
    case PV_DER_CONTEXT(PV_NAME_EMAIL):
    case PV_DER_CONTEXT(PV_NAME_DNS):
    case PV_DER_CONTEXT(PV_NAME_URI): return pv_der_is_ascii(contents) ? PV_OK : PV_R_DER_STRING;
    case PV_DER_CONTEXT_CONSTRUCTED(PV_NAME_DIRECTORY): return check_directory(contents);
    case PV_DER_CONTEXT_CONSTRUCTED(PV_NAME_X400):
    case PV_DER_CONTEXT_CONSTRUCTED(PV_NAME_EDI):
    case PV_DER_CONTEXT(PV_NAME_IP): return PV_OK;
    case PV_DER_CONTEXT(PV_NAME_REGISTERED_ID): return pv_der_oid_is_good(contents) ? PV_OK : PV_R_DER_OID;
    default: return PV_R_DER_TAG;
    }
}

pv_reason pv_ext_general_name_next(pv_span *cursor, pv_general_name *out) {
    pv_span rest = *cursor;
    pv_span contents;
    uint8_t tag = 0;
    pv_reason reason = pv_der_read_any(&rest, &tag, &contents);
    if (reason == PV_OK) reason = check_general_name(tag, contents);
    if (reason != PV_OK) return reason;
    out->value = contents;
    out->form = tag & 0x1Fu;
    *cursor = rest;
    return PV_OK;
}

pv_reason pv_ext_other_name(pv_span contents, pv_span *type_id, pv_span *value) {
    uint8_t tag = 0;
    pv_span tagged, skipped;
    pv_reason reason = pv_der_read_oid(&contents, type_id);
    if (reason == PV_OK) reason = pv_der_read(&contents, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason == PV_OK) reason = pv_der_end(&contents);
    if (reason != PV_OK) return reason;
    *value = tagged;
    reason = pv_der_read_any(&tagged, &tag, &skipped);
    return reason == PV_OK ? pv_der_end(&tagged) : reason;
}

int pv_ext_is_smtp_utf8(pv_span contents, pv_span *mailbox) {
    pv_span type_id, value, text;
    if (pv_ext_other_name(contents, &type_id, &value) != PV_OK) return 0;
    if (!PV_OID_IS(type_id, PV_OID_SMTP_UTF8)) return 0;
    if (pv_der_read(&value, PV_DER_UTF8_STRING, &text) != PV_OK || !pv_der_is_utf8(text)) return 0;
    *mailbox = text;
    return 1;
}

/* --- Certificate policies
 * ------------------------------------------------------------------------------------------- */

pv_reason pv_ext_policies_open(pv_span value, pv_span *cursor) {
    return open_list(value, cursor);
}

pv_reason pv_ext_policy_next(pv_span *cursor, pv_span *policy, pv_span *qualifiers) {
    pv_reason reason = pv_der_peek(cursor, PV_DER_SEQUENCE, qualifiers);
    if (reason != PV_OK) return reason;
    const uint8_t *end = qualifiers->data + qualifiers->len;
    reason = pv_der_read_oid(qualifiers, policy);
    if (reason == PV_OK) pv_der_move(cursor, end);
    return reason;
}

pv_reason pv_ext_mapping_next(pv_span *cursor, pv_span *issuer_domain, pv_span *subject_domain) {
    pv_span entry;
    pv_reason reason = pv_der_peek(cursor, PV_DER_SEQUENCE, &entry);
    if (reason != PV_OK) return reason;
    const uint8_t *end = entry.data + entry.len;
    reason = pv_der_read_oid(&entry, issuer_domain);
    if (reason == PV_OK) reason = pv_der_read_oid(&entry, subject_domain);
    if (reason == PV_OK) reason = pv_der_end(&entry);
    if (reason == PV_OK) pv_der_move(cursor, end);
    return reason;
}

/* An INTEGER's contents under an implicit tag; as pv_der_read_small. */
static pv_reason read_skip(pv_span *in, uint8_t tag, uint16_t *skip) {
    pv_span number;
    *skip = PV_NO_PATH_LEN;
    if (!pv_der_has(in, tag)) return PV_OK;
    pv_reason reason = pv_der_read(in, tag, &number);
    if (reason != PV_OK) return reason;
    if (!pv_der_integer_is_minimal(number) || (number.data[0] & 0x80u) != 0) return PV_R_DER_INTEGER;
    if (number.len <= 2)
        *skip = (uint16_t)(number.len == 1 ? number.data[0] : number.data[0] << 8 | number.data[1]);
    return PV_OK;
}

pv_reason pv_ext_policy_constraints(pv_span value, uint16_t *require_explicit, uint16_t *inhibit_mapping) {
    pv_span in;
    *require_explicit = *inhibit_mapping = PV_NO_PATH_LEN;
    pv_reason reason = open_list(value, &in);
    if (reason == PV_OK) reason = read_skip(&in, PV_DER_CONTEXT(0), require_explicit);
    if (reason == PV_OK) reason = read_skip(&in, PV_DER_CONTEXT(1), inhibit_mapping);
    return reason == PV_OK ? pv_der_end(&in) : reason;
}

pv_reason pv_ext_inhibit_any_policy(pv_span value, uint16_t *skip) {
    pv_reason reason = pv_der_read_small(&value, skip);
    return reason == PV_OK ? pv_der_end(&value) : reason;
}
