/* crl.c: see crl.h and pv_crl_parse in pyvalidator.h. Clauses are RFC 5280's unless they say otherwise. */
#ifndef PV_NO_CRL
#include "crl.h"

#include "algorithm.h"
#include "contents.h"
#include "der.h"
#include "der_time.h"
#include "name.h"
#include "oid.h"

#include <string.h>

/* One run of a reader. */
typedef struct parse {
    const uint8_t *first; /* of the bytes that offsets are counted from */
    pv_fault *fault;
    pv_crl *crl;
    pv_span inner_algorithm; /* tbsCertList.signature, with its header */
    uint8_t is_new;          /* nobody has read these entries before */
    uint8_t is_odd;          /* an extension is critical that must not be, or the other way round */
} parse;

static uint32_t offset_of(const parse *p, const uint8_t *at) {
    return (uint32_t)(at - p->first);
}

/* Records what stopped the reader, and where. A reason that is PV_OK is passed on: nothing stopped. */
static pv_reason stop(const parse *p, pv_reason reason, uint8_t field, const uint8_t *at) {
    if (reason == PV_OK) return reason;
    *p->fault = (pv_fault){.offset = offset_of(p, at), .reason = reason, .field = field};
    return reason;
}

/* Any fault inside an extension's value is "malformed", at extnValue. */
static pv_reason stop_value(const parse *p, pv_reason reason, uint8_t field, const pv_ext *ext) {
    if (reason == PV_OK) return reason;
    const uint8_t *at = ext->value.data - pv_der_header_len(ext->value.len);
    return stop(p, PV_R_EXTENSION_MALFORMED, field, at);
}

/* The element that a value is, and nothing behind it. */
static pv_reason open_value(pv_span value, uint8_t tag, pv_span *contents) {
    pv_reason reason = pv_der_read(&value, tag, contents);
    return reason == PV_OK ? pv_der_end(&value) : reason;
}

static pv_reason open_list(pv_span value, pv_span *list) {
    pv_reason reason = open_value(value, PV_DER_SEQUENCE, list);
    return reason == PV_OK && list->len == 0 ? PV_R_DER_EMPTY : reason;
}

/* --- Distribution points (4.2.1.13, 5.2.5) --- */

/* ReasonFlags under an implicit tag; `reasons` stays if they are not there. Bit 0 of the standard is the top
 * bit of the first octet; it and those above 8 mean nothing. */
static pv_reason read_reasons(pv_span *in, uint8_t tag, uint16_t *reasons) {
    pv_span contents, octets;
    uint8_t unused = 0;
    *reasons = PV_ALL_REASONS;
    if (!pv_der_has(in, tag)) return PV_OK;
    pv_reason reason = pv_der_read(in, tag, &contents);
    if (reason == PV_OK) reason = pv_der_split_bits(contents, &octets, &unused);
    if (reason != PV_OK) return reason;
    *reasons = 0;
    for (unsigned bit = 1; bit <= 8 && bit / 8 < octets.len; bit++)
        if ((octets.data[bit / 8] >> (7 - bit % 8) & 1) != 0) *reasons |= (uint16_t)(1u << bit);
    return PV_OK;
}

/* An element under an implicit tag that is not empty; none if it is not there. */
static pv_reason read_tagged(pv_span *in, uint8_t tag, pv_span *contents) {
    if (!pv_der_has(in, tag)) return PV_OK;
    pv_reason reason = pv_der_read(in, tag, contents);
    return reason == PV_OK && contents->len == 0 ? PV_R_DER_EMPTY : reason;
}

/* DistributionPointName, a CHOICE: so its [0] is explicit (X.680 31.2.7). What the names are is not read. */
static pv_reason read_point_name(pv_span *in, pv_point_name *out) {
    pv_span choice;
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    pv_reason reason = pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(0), &choice);
    if (reason != PV_OK) return reason;
    out->has_point = 1;
    if (pv_der_has(&choice, PV_DER_CONTEXT_CONSTRUCTED(0)))
        reason = read_tagged(&choice, PV_DER_CONTEXT_CONSTRUCTED(0), &out->names);
    else
        reason = read_tagged(&choice, PV_DER_CONTEXT_CONSTRUCTED(1), &out->relative);
    if (reason != PV_OK) return reason;
    if (out->names.len == 0 && out->relative.len == 0) return PV_R_DER_TAG;
    return pv_der_end(&choice);
}

/* A RelativeDistinguishedName's contents: attributes of a type and a value, 16 at most as in any name. */
static pv_reason check_relative(pv_span in) {
    pv_span attribute, type, value;
    uint8_t tag = 0;
    pv_reason reason = PV_OK;
    for (unsigned num = 0; reason == PV_OK && in.len > 0; num++) {
        if (num == 16) return PV_R_NAME_RDN_TOO_LARGE;
        reason = pv_der_read(&in, PV_DER_SEQUENCE, &attribute);
        if (reason == PV_OK) reason = pv_der_read_oid(&attribute, &type);
        if (reason == PV_OK) reason = pv_der_read_any(&attribute, &tag, &value);
        if (reason == PV_OK) reason = pv_der_end(&attribute);
    }
    return reason;
}

static pv_reason check_point_name(const pv_point_name *point) {
    pv_reason reason = pv_contents_names(point->names);
    return reason == PV_OK ? check_relative(point->relative) : reason;
}

/* BOOLEAN DEFAULT FALSE under an implicit tag. A FALSE that is written out (X.690 11.5 forbids it) says the
 * same as none: it is passed on. */
static pv_reason read_flag(pv_span *in, uint8_t tag, uint8_t *flag) {
    pv_span contents;
    if (!pv_der_has(in, tag)) return PV_OK;
    pv_reason reason = pv_der_read(in, tag, &contents);
    if (reason != PV_OK) return reason;
    if (contents.len != 1 || (contents.data[0] != 0x00 && contents.data[0] != 0xFF)) return PV_R_DER_BOOLEAN;
    *flag = contents.data[0] == 0xFF;
    return PV_OK;
}

/* IssuingDistributionPoint (5.2.5): never an empty sequence, and for one kind of certificates at most. */
static pv_reason read_idp(pv_span value, pv_idp *out) {
    pv_span in;
    memset(out, 0, sizeof(*out));
    pv_reason reason = open_list(value, &in);
    if (reason == PV_OK) reason = read_point_name(&in, &out->point);
    if (reason == PV_OK) reason = read_flag(&in, PV_DER_CONTEXT(1), &out->only_user);
    if (reason == PV_OK) reason = read_flag(&in, PV_DER_CONTEXT(2), &out->only_ca);
    if (reason == PV_OK) reason = read_reasons(&in, PV_DER_CONTEXT(3), &out->reasons);
    if (reason == PV_OK) reason = read_flag(&in, PV_DER_CONTEXT(4), &out->indirect);
    if (reason == PV_OK) reason = read_flag(&in, PV_DER_CONTEXT(5), &out->only_attribute);
    if (reason == PV_OK) reason = pv_der_end(&in);
    if (reason != PV_OK) return reason;
    return out->only_user + out->only_ca + out->only_attribute > 1 ? PV_R_EXTENSION_MALFORMED : PV_OK;
}

pv_reason pv_dist_points_open(pv_span value, pv_span *cursor) {
    return open_list(value, cursor);
}

/* DistributionPoint (4.2.1.13): "MUST NOT consist of only the reasons field". */
static pv_reason read_dist_point(pv_span in, pv_dist_point *out) {
    memset(out, 0, sizeof(*out));
    pv_reason reason = read_point_name(&in, &out->point);
    if (reason == PV_OK) reason = check_point_name(&out->point);
    if (reason == PV_OK) reason = read_reasons(&in, PV_DER_CONTEXT(1), &out->reasons);
    if (reason == PV_OK) reason = read_tagged(&in, PV_DER_CONTEXT_CONSTRUCTED(2), &out->crl_issuer);
    if (reason == PV_OK) reason = pv_contents_names(out->crl_issuer);
    if (reason == PV_OK) reason = pv_der_end(&in);
    if (reason != PV_OK) return reason;
    return !out->point.has_point && out->crl_issuer.len == 0 ? PV_R_DER_EMPTY : PV_OK;
}

pv_reason pv_dist_point_next(pv_span *cursor, pv_dist_point *out) {
    pv_span point;
    pv_reason reason = pv_der_peek(cursor, PV_DER_SEQUENCE, &point);
    if (reason == PV_OK) reason = read_dist_point(point, out);
    if (reason == PV_OK) pv_der_move(cursor, point.data + point.len);
    return reason;
}

static pv_reason check_dist_points(pv_span value) {
    pv_span cursor;
    pv_dist_point point;
    pv_reason reason = pv_dist_points_open(value, &cursor);
    while (reason == PV_OK && cursor.len > 0)
        reason = pv_dist_point_next(&cursor, &point);
    return reason;
}

/* --- Entries (5.1.2.6, 5.3) --- */

/* 5.3.1: 7 is not used. */
static pv_reason read_reason_code(pv_span value, uint8_t *code) {
    pv_reason reason = pv_der_read_enumerated(&value, code);
    if (reason == PV_OK) reason = pv_der_end(&value);
    if (reason != PV_OK) return reason;
    return *code == 7 || *code > PV_CRL_AA_COMPROMISE ? PV_R_DER_INTEGER : PV_OK;
}

static pv_reason read_invalidity_date(pv_span value, pv_crl_entry *out) {
    pv_reason reason = pv_time_read_generalized(&value, &out->invalid_at);
    if (reason == PV_OK) reason = pv_der_end(&value);
    out->has_invalid_at = reason == PV_OK;
    return reason;
}

static uint8_t entry_field_of(const pv_ext *ext) {
    if (PV_OID_IS(ext->oid, PV_OID_CRL_REASON)) return PV_FIELD_REASON_CODE;
    if (PV_OID_IS(ext->oid, PV_OID_INVALIDITY_DATE)) return PV_FIELD_INVALIDITY_DATE;
    if (PV_OID_IS(ext->oid, PV_OID_CERTIFICATE_ISSUER)) return PV_FIELD_CERTIFICATE_ISSUER;
    return PV_FIELD_UNKNOWN_EXTENSION;
}

/* Takes over what an entry's extension says; the names of certificateIssuer are not read. */
static pv_reason take_entry_value(pv_crl_entry *out, uint8_t field, const pv_ext *ext) {
    switch (field) {
    case PV_FIELD_REASON_CODE: return read_reason_code(ext->value, &out->reason);
    case PV_FIELD_INVALIDITY_DATE: return read_invalidity_date(ext->value, out);
    case PV_FIELD_CERTIFICATE_ISSUER: return pv_ext_general_names_open(ext->value, &out->issuer);
    default: out->is_critical |= ext->critical; return PV_OK;
    }
}

/* pv_ext_next for a list that was read before: by its frames alone, so that an entry that is looked at again
 * costs the same however long its extensions are. */
static pv_reason skim_extension(pv_span *in, pv_ext *out) {
    pv_span contents, flag;
    pv_reason reason = pv_der_read(in, PV_DER_SEQUENCE, &contents);
    if (reason == PV_OK) reason = pv_der_read(&contents, PV_DER_OID, &out->oid);
    if (reason != PV_OK) return reason;
    out->critical = 0;
    if (pv_der_read(&contents, PV_DER_BOOLEAN, &flag) == PV_OK)
        out->critical = flag.len == 1 && flag.data[0] != 0;
    return pv_der_read(&contents, PV_DER_OCTET_STRING, &out->value);
}

/* One extension of an entry. */
static pv_reason read_entry_extension(const parse *p, pv_ext_list *list, pv_crl_entry *out) {
    pv_ext ext;
    const uint8_t *at = list->rest.data;
    pv_reason reason = p->is_new ? pv_ext_list_next(list, &ext) : skim_extension(&list->rest, &ext);
    if (reason == PV_R_CERT_EXTENSION_REPEATED) return stop(p, reason, entry_field_of(&ext), at);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    uint8_t field = entry_field_of(&ext);
    reason = take_entry_value(out, field, &ext);
    if (reason == PV_OK && p->is_new && field == PV_FIELD_CERTIFICATE_ISSUER)
        reason = pv_contents_names(out->issuer);
    return stop_value(p, reason, field, &ext);
}

/* crlEntryExtensions: a list of 1..n, and nothing behind it. */
static pv_reason read_entry_extensions(const parse *p, pv_span in, pv_crl_entry *out) {
    pv_ext_list list = {.first = NULL, .num = 0};
    const uint8_t *at = in.data;
    pv_reason reason = pv_der_read(&in, PV_DER_SEQUENCE, &list.rest);
    if (reason == PV_OK && list.rest.len == 0) reason = PV_R_DER_EMPTY;
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    while (reason == PV_OK && list.rest.len > 0)
        reason = read_entry_extension(p, &list, out);
    return reason == PV_OK ? stop(p, pv_der_end(&in), PV_FIELD_REVOKED_CERTIFICATES, in.data) : reason;
}

/* userCertificate and revocationDate. The serial number is any INTEGER: it is only compared. */
static pv_reason read_entry_start(const parse *p, pv_span *in, pv_crl_entry *out) {
    uint32_t deviations = 0; /* of a time's encoding: nobody asks */
    pv_reason reason = pv_der_read_integer(in, &out->serial);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SERIAL_NUMBER, in->data);
    reason = pv_time_read(in, &out->revoked_at, &deviations);
    return stop(p, reason, PV_FIELD_REVOKED_CERTIFICATES, in->data);
}

static pv_reason read_entry(const parse *p, pv_span *cursor, pv_crl_entry *out) {
    pv_span in;
    memset(out, 0, sizeof(*out));
    out->at = cursor->data;
    pv_reason reason = pv_der_peek(cursor, PV_DER_SEQUENCE, &in);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_REVOKED_CERTIFICATES, cursor->data);
    const uint8_t *end = in.data + in.len;
    reason = read_entry_start(p, &in, out);
    if (reason == PV_OK && in.len > 0) {
        /* 5.1.2.1: "If extensions are used, this field MUST be present and MUST specify version 2" */
        if (p->is_new && p->crl->version != 2) return stop(p, PV_R_CRL_VERSION, PV_FIELD_EXTENSIONS, in.data);
        reason = read_entry_extensions(p, in, out);
    }
    if (reason == PV_OK) pv_der_move(cursor, end);
    return reason;
}

pv_reason pv_crl_entry_next(pv_span *cursor, pv_crl_entry *out) {
    pv_fault fault;
    const parse p = {.first = cursor->data, .fault = &fault, .crl = NULL, .is_new = 0};
    return read_entry(&p, cursor, out);
}

/* The next directoryName of GeneralNames that were read before: a Name with its header. 0: there is none. */
static int next_directory(pv_span *names, pv_span *name) {
    uint8_t tag = 0;
    while (names->len > 0) {
        if (pv_der_read_any(names, &tag, name) != PV_OK) return 0;
        if (tag == PV_DER_CONTEXT_CONSTRUCTED(PV_NAME_DIRECTORY)) return 1;
    }
    return 0;
}

/* 5.3: a CRL with a critical extension of an entry that cannot be processed must not be used. Such is also a
 * certificateIssuer without a directoryName: whose certificates it and the entries after it speak of cannot
 * be told, as an issuer is known by its name (5.3.3). */
static void note_entry(pv_crl *crl, const pv_crl_entry *entry) {
    pv_span names = entry->issuer, name;
    crl->num_entries++;
    if (entry->is_critical) crl->unusable = PV_R_EVIDENCE_CRITICAL;
    if (names.len == 0) return;
    crl->num_entry_issuers++;
    if (!next_directory(&names, &name)) crl->unusable = PV_R_EVIDENCE_CRITICAL;
}

/* revokedCertificates. 5.1.2.6 wants it absent rather than empty; many CAs write an empty list, which says
 * the same. */
static pv_reason read_entries(parse *p, pv_span *tbs) {
    pv_span list;
    pv_crl_entry entry;
    if (!pv_der_has(tbs, PV_DER_SEQUENCE)) return PV_OK;
    p->crl->entries = offset_of(p, tbs->data);
    pv_reason reason = pv_der_read_within(tbs, PV_DER_SEQUENCE, PV_MAX_CRL, &list);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_REVOKED_CERTIFICATES, tbs->data);
    while (list.len > 0) {
        reason = read_entry(p, &list, &entry);
        if (reason != PV_OK) return reason;
        note_entry(p->crl, &entry);
    }
    return PV_OK;
}

/* --- Extensions (5.2) --- */

/* CRLNumber, BaseCRLNumber: not negative, 20 octets at most (5.2.3). `number` is without leading zeros. */
static pv_reason read_number(pv_span value, pv_span *number) {
    pv_reason reason = pv_der_read_integer(&value, number);
    if (reason == PV_OK) reason = pv_der_end(&value);
    if (reason != PV_OK) return reason;
    if ((number->data[0] & 0x80u) != 0) return PV_R_DER_INTEGER;
    if (number->data[0] == 0) pv_der_skip(number, 1); /* minimal: there is but one */
    return number->len > 20 ? PV_R_DER_INTEGER : PV_OK;
}

static pv_reason check_number(pv_span value) {
    pv_span number;
    return read_number(value, &number);
}

static pv_reason check_key_id(pv_span value) {
    pv_aki aki;
    return pv_ext_authority_key_id(value, &aki);
}

static pv_reason check_idp(pv_span value) {
    pv_idp idp;
    pv_reason reason = read_idp(value, &idp);
    return reason == PV_OK ? check_point_name(&idp.point) : reason;
}

static uint8_t field_of(const pv_ext *ext) {
    if (PV_OID_IS(ext->oid, PV_OID_CRL_NUMBER)) return PV_FIELD_CRL_NUMBER;
    if (PV_OID_IS(ext->oid, PV_OID_DELTA_CRL)) return PV_FIELD_DELTA_CRL_INDICATOR;
    if (PV_OID_IS(ext->oid, PV_OID_CRL_ISSUING_POINT)) return PV_FIELD_ISSUING_DISTRIBUTION_POINT;
    switch (ext->id) {
    case PV_EXT_AUTHORITY_KEY_ID: return PV_FIELD_AUTHORITY_KEY_ID;
    case PV_EXT_ISSUER_ALT_NAME: return PV_FIELD_ISSUER_ALT_NAME;
    case PV_EXT_FRESHEST_CRL: return PV_FIELD_FRESHEST_CRL;
    case PV_EXT_AUTHORITY_INFO_ACCESS: return PV_FIELD_AUTHORITY_INFO_ACCESS;
    default: return PV_FIELD_UNKNOWN_EXTENSION;
    }
}

/* Takes an extension over; `at` is the offset of its extnValue. 5.2: with a critical one that is not known
 * the CRL must not be used to determine the status of certificates. */
static pv_reason take_value(pv_crl *crl, uint8_t field, const pv_ext *ext, uint32_t at) {
    switch (field) {
    case PV_FIELD_CRL_NUMBER: crl->number = at; return check_number(ext->value);
    case PV_FIELD_DELTA_CRL_INDICATOR: crl->base_number = at; return check_number(ext->value);
    case PV_FIELD_ISSUING_DISTRIBUTION_POINT: crl->idp = at; return check_idp(ext->value);
    case PV_FIELD_AUTHORITY_KEY_ID: crl->aki = at; return check_key_id(ext->value);
    case PV_FIELD_ISSUER_ALT_NAME: return pv_contents_general_names(ext->value);
    case PV_FIELD_FRESHEST_CRL: return check_dist_points(ext->value);
    case PV_FIELD_AUTHORITY_INFO_ACCESS: return pv_contents_access(ext->value);
    default: break;
    }
    if (ext->critical) crl->unusable = PV_R_EVIDENCE_CRITICAL;
    return PV_OK;
}

/* 5.2: which are critical (1), which are not (0); -1: either. */
static int must_be_critical(uint8_t field) {
    switch (field) {
    case PV_FIELD_CRL_NUMBER:
    case PV_FIELD_AUTHORITY_KEY_ID:
    case PV_FIELD_FRESHEST_CRL:
    case PV_FIELD_AUTHORITY_INFO_ACCESS: return 0;
    case PV_FIELD_DELTA_CRL_INDICATOR:
    case PV_FIELD_ISSUING_DISTRIBUTION_POINT: return 1;
    default: return -1;
    }
}

static pv_reason read_extension(parse *p, pv_ext_list *list) {
    pv_ext ext;
    const uint8_t *at = list->rest.data;
    pv_reason reason = pv_ext_list_next(list, &ext);
    if (reason == PV_R_CERT_EXTENSION_REPEATED) return stop(p, reason, field_of(&ext), at);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    uint8_t field = field_of(&ext);
    if (must_be_critical(field) >= 0 && must_be_critical(field) != ext.critical) p->is_odd = 1;
    at = ext.value.data - pv_der_header_len(ext.value.len);
    return stop_value(p, take_value(p->crl, field, &ext, offset_of(p, at)), field, &ext);
}

/* crlExtensions [0] EXPLICIT (5.1.2.7) */
static pv_reason read_extensions(parse *p, pv_span *tbs) {
    pv_span tagged;
    pv_ext_list list = {.first = NULL, .num = 0};
    const uint8_t *at = tbs->data;
    if (!pv_der_has(tbs, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    if (p->crl->version != 2) return stop(p, PV_R_CRL_VERSION, PV_FIELD_EXTENSIONS, at); /* 5.1.2.1 */
    pv_reason reason = pv_der_read(tbs, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    at = tagged.data;
    p->crl->extensions = offset_of(p, at);
    reason = pv_der_read(&tagged, PV_DER_SEQUENCE, &list.rest);
    if (reason == PV_OK && list.rest.len == 0) reason = PV_R_DER_EMPTY;
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    if (tagged.len != 0) return stop(p, PV_R_DER_TRAILING, PV_FIELD_EXTENSIONS, tagged.data);
    while (reason == PV_OK && list.rest.len > 0)
        reason = read_extension(p, &list);
    return reason;
}

/* --- The whole (5.1) --- */

/* version INTEGER OPTIONAL: absent is v1, and if present it is v2 (5.1.2.1). */
static pv_reason read_version(parse *p, pv_span *tbs) {
    pv_span version;
    const uint8_t *at = tbs->data;
    p->crl->version = 1;
    if (!pv_der_has(tbs, PV_DER_INTEGER)) return PV_OK;
    pv_reason reason = pv_der_read_integer(tbs, &version);
    if (reason == PV_OK && (version.len != 1 || version.data[0] != 1)) reason = PV_R_CRL_VERSION;
    p->crl->version = 2;
    return stop(p, reason, PV_FIELD_VERSION, at);
}

/* signature AlgorithmIdentifier (5.1.2.2) */
static pv_reason read_inner_algorithm(parse *p, pv_span *tbs) {
    pv_span contents;
    uint32_t deviations = 0; /* missing RSA parameters are passed on, as for certificates */
    const uint8_t *at = tbs->data;
    pv_reason reason = pv_der_read(tbs, PV_DER_SEQUENCE, &contents);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_TBS_SIGNATURE, at);
    p->inner_algorithm = (pv_span){at, (size_t)(tbs->data - at)};
    reason = pv_algorithm_signature(contents, &p->crl->sig_alg, &deviations);
    return stop(p, reason, PV_FIELD_TBS_SIGNATURE, at);
}

/* issuer (5.1.2.3): "MUST contain a non-empty X.500 distinguished name" */
static pv_reason read_issuer(parse *p, pv_span *tbs) {
    pv_span name;
    uint32_t deviations = 0;
    const uint8_t *at = tbs->data;
    p->crl->issuer = offset_of(p, at);
    pv_reason reason = pv_name_read(tbs, &name, &p->crl->issuer_hash, &deviations);
    if (reason == PV_OK && pv_name_is_empty(name)) reason = PV_R_DER_EMPTY;
    return stop(p, reason, PV_FIELD_ISSUER, at);
}

/* thisUpdate, and nextUpdate if a time follows (5.1.2.4, 5.1.2.5). Either encoding of a year is taken. */
static pv_reason read_updates(parse *p, pv_span *tbs) {
    uint32_t deviations = 0;
    pv_reason reason = pv_time_read(tbs, &p->crl->this_update, &deviations);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_THIS_UPDATE, tbs->data);
    if (!pv_der_has(tbs, PV_DER_UTC_TIME) && !pv_der_has(tbs, PV_DER_GENERALIZED_TIME)) return PV_OK;
    reason = pv_time_read(tbs, &p->crl->next_update, &deviations);
    p->crl->flags |= PV_CRL_NEXT_UPDATE;
    return stop(p, reason, PV_FIELD_NEXT_UPDATE, tbs->data);
}

static pv_reason read_tbs(parse *p, pv_span in) {
    pv_reason reason = read_version(p, &in);
    if (reason == PV_OK) reason = read_inner_algorithm(p, &in);
    if (reason == PV_OK) reason = read_issuer(p, &in);
    if (reason == PV_OK) reason = read_updates(p, &in);
    if (reason == PV_OK) reason = read_entries(p, &in);
    if (reason == PV_OK) reason = read_extensions(p, &in);
    return reason == PV_OK ? stop(p, pv_der_end(&in), PV_FIELD_TBS_CERT_LIST, in.data) : reason;
}

/* signatureAlgorithm: the same as the signed one (5.1.1.2), which was read already. */
static pv_reason read_outer_algorithm(parse *p, pv_span *in) {
    pv_span element;
    const uint8_t *at = in->data;
    pv_reason reason = pv_der_read_element(in, PV_DER_SEQUENCE, &element);
    if (reason == PV_OK && !pv_span_equal(element, p->inner_algorithm)) reason = PV_R_CERT_ALGORITHM_MISMATCH;
    return stop(p, reason, PV_FIELD_SIGNATURE_ALGORITHM, at);
}

static pv_reason read_signature(parse *p, pv_span *in) {
    pv_span octets;
    p->crl->signature = offset_of(p, in->data);
    pv_reason reason = pv_der_read_octets(in, &octets);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SIGNATURE, in->data);
    return stop(p, pv_der_end(in), PV_FIELD_CERTIFICATE_LIST, in->data);
}

/* What conforming CRLs have: version 2 (5.1.2.1), nextUpdate (5.1.2.5), a cRLNumber and the authority's key
 * identifier (5.2). */
static void note_form(parse *p) {
    int is_whole = p->crl->version == 2 && (p->crl->flags & PV_CRL_NEXT_UPDATE) && p->crl->number != 0 &&
                   p->crl->aki != 0;
    if (!is_whole || p->is_odd) p->crl->flags |= PV_CRL_ODD_FORM;
}

static pv_reason read_crl(parse *p, pv_span der) {
    pv_span in, tbs;
    pv_reason reason = pv_der_read_within(&der, PV_DER_SEQUENCE, PV_MAX_CRL, &in);
    if (reason == PV_OK) reason = pv_der_end(&der);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_CERTIFICATE_LIST, der.data);
    const uint8_t *at = in.data;
    reason = pv_der_read_within(&in, PV_DER_SEQUENCE, PV_MAX_CRL, &tbs);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_TBS_CERT_LIST, at);
    reason = read_tbs(p, tbs);
    note_form(p);
    if (reason == PV_OK) reason = read_outer_algorithm(p, &in);
    return reason == PV_OK ? read_signature(p, &in) : reason;
}

pv_reason pv_crl_parse(pv_crl *out, pv_fault *fault, pv_span der) {
    parse p = {.first = der.data, .fault = fault, .crl = out, .inner_algorithm = {NULL, 0}, .is_new = 1};
    memset(out, 0, sizeof(*out));
    *fault = (pv_fault){.offset = 0, .reason = PV_R_DER_TRUNCATED, .field = PV_FIELD_CERTIFICATE_LIST};
    if (der.len > PV_MAX_CRL) fault->reason = PV_R_EVIDENCE_TOO_LARGE;
    if (der.len == 0 || der.len > PV_MAX_CRL) return fault->reason;
    out->der = der.data;
    out->der_len = (uint32_t)der.len;
    out->unusable = PV_OK;
    pv_reason reason = read_crl(&p, der);
    if (reason != PV_OK) {
        memset(out, 0, sizeof(*out)); /* zero refuses: no half of a view gets out */
        return reason;
    }
    *fault = (pv_fault){.offset = 0, .reason = PV_OK, .field = PV_FIELD_NONE};
    return PV_OK;
}

/* --- Reading a view --- */

static pv_span der_of(const pv_crl *crl) {
    return (pv_span){crl->der, crl->der_len};
}

/* What stands at an offset of the view, to the end of its DER; 0: absent. */
static pv_span from(const pv_crl *crl, uint32_t at) {
    if (at == 0 || at >= crl->der_len) return (pv_span){NULL, 0};
    return (pv_span){crl->der + at, crl->der_len - at};
}

/* An extension's value, by the offset of its extnValue; empty if absent. */
static pv_span value_at(const pv_crl *crl, uint32_t at) {
    return at == 0 ? (pv_span){NULL, 0} : pv_der_contents_at(der_of(crl), at);
}

pv_span pv_crl_tbs(const pv_crl *crl) {
    pv_span outer, tbs;
    pv_span der = der_of(crl);
    if (pv_der_peek_within(&der, PV_DER_SEQUENCE, PV_MAX_CRL, &outer) != PV_OK) return (pv_span){NULL, 0};
    if (pv_der_peek_within(&outer, PV_DER_SEQUENCE, PV_MAX_CRL, &tbs) != PV_OK) return (pv_span){NULL, 0};
    return (pv_span){outer.data, (size_t)(tbs.data - outer.data) + tbs.len};
}

pv_span pv_crl_signature(const pv_crl *crl) {
    pv_span octets = {NULL, 0};
    pv_span rest = from(crl, crl->signature);
    (void)pv_der_read_octets(&rest, &octets); /* on failure it stays empty */
    return octets;
}

pv_span pv_crl_issuer(const pv_crl *crl) {
    return crl->issuer == 0 ? (pv_span){NULL, 0} : pv_der_element_at(der_of(crl), crl->issuer);
}

pv_span pv_crl_key_id(const pv_crl *crl) {
    pv_aki aki = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    if (crl->aki != 0) (void)pv_ext_authority_key_id(value_at(crl, crl->aki), &aki);
    return aki.key_id;
}

pv_span pv_crl_idp_value(const pv_crl *crl) {
    return value_at(crl, crl->idp);
}

static pv_span number_at(const pv_crl *crl, uint32_t at) {
    pv_span number;
    if (at == 0 || read_number(value_at(crl, at), &number) != PV_OK) return (pv_span){NULL, 0};
    return number;
}

pv_span pv_crl_number(const pv_crl *crl) {
    return number_at(crl, crl->number);
}

pv_span pv_crl_base_number(const pv_crl *crl) {
    return number_at(crl, crl->base_number);
}

int pv_crl_compare_numbers(pv_span a, pv_span b) {
    if (a.len != b.len) return a.len < b.len ? -1 : 1;
    int order = a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
    return (order > 0) - (order < 0);
}

uint32_t pv_crl_offset(const pv_crl *crl, const uint8_t *at) {
    uintptr_t first = (uintptr_t)crl->der;
    uintptr_t place = (uintptr_t)at;
    if (at == NULL || place < first || place - first > crl->der_len) return PV_NO_OFFSET;
    return (uint32_t)(place - first);
}

pv_span pv_crl_entries(const pv_crl *crl) {
    pv_span list = {NULL, 0};
    pv_span rest = from(crl, crl->entries);
    (void)pv_der_peek_within(&rest, PV_DER_SEQUENCE, PV_MAX_CRL, &list); /* on failure it stays empty */
    return list;
}

pv_reason pv_crl_idp(const pv_crl *crl, pv_idp *out) {
    memset(out, 0, sizeof(*out));
    out->reasons = PV_ALL_REASONS;
    return crl->idp == 0 ? PV_OK : read_idp(value_at(crl, crl->idp), out);
}

/* --- Index --- */

/* The bucket of a serial number. Multiplication carries a byte's bits upwards, so the upper half is folded
 * down before each next byte, and the buckets are taken from the whole. */
static uint32_t bucket_of(const pv_crl_index *index, pv_span serial) {
    uint32_t hash = index->seed ^ (uint32_t)serial.len;
    for (size_t i = 0; i < serial.len; i++) {
        hash = (hash ^ serial.data[i]) * 0x9E3779B1u; /* odd; 2^32 by the golden ratio */
        hash ^= hash >> 15;
    }
    return hash & (index->num_buckets - 1);
}

static int is_power_of_two(uint32_t num) {
    return num != 0 && (num & (num - 1)) == 0;
}

uint32_t pv_crl_num_buckets(const pv_crl *crl) {
    uint32_t wanted = crl->num_entries / 4;
    uint32_t num = 1;
    while (num < wanted) /* a CRL of PV_MAX_CRL has no more than 2^24 entries */
        num <<= 1;
    return num;
}

/* First pass: how many entries each bucket has, in `starts`, and where the issuers stand. */
static pv_status count_buckets(pv_crl_index *index, const pv_crl *crl) {
    pv_crl_entry entry;
    uint32_t num = 0;
    uint32_t num_issuers = 0;
    for (pv_span cursor = pv_crl_entries(crl); cursor.len > 0; num++) {
        if (num == crl->num_entries || pv_crl_entry_next(&cursor, &entry) != PV_OK) return PV_FAILED;
        index->starts[bucket_of(index, entry.serial)]++;
        if (entry.issuer.len == 0) continue;
        if (num_issuers == crl->num_entry_issuers) return PV_FAILED;
        index->issuers[num_issuers++] = pv_crl_offset(crl, entry.at);
    }
    return num == crl->num_entries && num_issuers == crl->num_entry_issuers ? PV_DONE : PV_FAILED;
}

/* Second pass: the entries, in their order. Each bucket's start moves to its end, which is the next one's
 * start. */
static void fill_buckets(pv_crl_index *index, const pv_crl *crl) {
    pv_crl_entry entry;
    pv_span cursor = pv_crl_entries(crl);
    for (uint32_t i = 0; i < crl->num_entries && pv_crl_entry_next(&cursor, &entry) == PV_OK; i++)
        index->entries[index->starts[bucket_of(index, entry.serial)]++] = pv_crl_offset(crl, entry.at);
}

pv_status pv_crl_index_build(pv_crl_index *index, const pv_crl *crl) {
    uint32_t num = index->num_buckets;
    uint32_t sum = 0;
    if (crl->version == 0 || !is_power_of_two(num)) return PV_FAILED;
    memset(index->starts, 0, ((size_t)num + 1) * sizeof(*index->starts));
    if (count_buckets(index, crl) != PV_DONE) return PV_FAILED;
    for (uint32_t i = 0; i < num; i++) {
        uint32_t count = index->starts[i];
        index->starts[i] = sum;
        sum += count;
    }
    fill_buckets(index, crl);
    memmove(index->starts + 1, index->starts, (size_t)num * sizeof(*index->starts));
    index->starts[0] = 0;
    return PV_DONE;
}

/* --- Look-up --- */

typedef struct lookup {
    const pv_crl *crl;
    pv_budget *left;
    pv_span issuer;
    pv_span serial;
    pv_crl_entry *out;
    int *found;
    const uint8_t *judged; /* whose names were compared last: of certificateIssuer, or the CRL's own */
    int is_same; /* and what came out; names are compared once in a run of entries that share them */
    int is_over;
} lookup;

static pv_reason pay_octets(pv_budget *left, size_t len) {
    return pv_budget_names(left, (uint32_t)(len / 32u));
}

static pv_reason compare_name(lookup *l, pv_span name) {
    pv_reason reason = pv_budget_names(l->left, 1u + (uint32_t)((name.len + l->issuer.len) / 32u));
    if (reason == PV_OK) l->is_same = pv_name_equal(name, l->issuer);
    return reason;
}

/* One of the directoryNames is enough (5.3.3); `names` are walked, too, and that is paid for. */
static pv_reason compare_names(lookup *l, pv_span names) {
    pv_span name;
    pv_reason reason = pay_octets(l->left, names.len);
    while (reason == PV_OK && !l->is_same && next_directory(&names, &name))
        reason = compare_name(l, name);
    return reason;
}

/* Whether the entries that `names` governs (empty: those of the CRL's own issuer) speak of the issuer. */
static pv_reason compare_issuer(lookup *l, pv_span names) {
    pv_span own = pv_crl_issuer(l->crl);
    const uint8_t *judged = names.len > 0 ? names.data : own.data;
    if (l->judged == judged) return PV_OK;
    l->is_same = 0;
    pv_reason reason = names.len > 0 ? compare_names(l, names) : compare_name(l, own);
    l->judged = judged;
    return reason;
}

/* An entry with the right serial number. Of several the one that cannot be taken back counts, in whatever
 * order; of the others a hold before one that is removed again (removeFromCRL, 5.3.1). */
static pv_reason judge_entry(lookup *l, const pv_crl_entry *entry, pv_span names) {
    pv_reason reason = compare_issuer(l, names);
    if (reason != PV_OK || !l->is_same) return reason;
    int is_removal = entry->reason == PV_CRL_REMOVE_FROM_CRL;
    l->is_over = !is_removal && entry->reason != PV_CRL_CERTIFICATE_HOLD;
    if (!is_removal || !*l->found) *l->out = *entry;
    *l->found = 1;
    return PV_OK;
}

/* Serial numbers are short (4.1.2.2), and longer ones are paid for. */
static pv_reason compare_serial(const lookup *l, const pv_crl_entry *entry, size_t entry_len, int *is_same) {
    *is_same = 0;
    if (entry->serial.len != l->serial.len) return PV_OK;
    pv_reason reason = pay_octets(l->left, l->serial.len);
    if (reason == PV_OK) *is_same = pv_span_equal(entry->serial, l->serial);
    /* Entries of one serial number can be made to fill a bucket, with extensions to skim in each. */
    return reason == PV_OK && *is_same ? pv_budget_steps(l->left, (uint32_t)(entry_len / 64u)) : reason;
}

/* All entries, one by one. */
static pv_reason scan(lookup *l) {
    pv_crl_entry entry;
    pv_span names = {NULL, 0};
    pv_span cursor = pv_crl_entries(l->crl);
    pv_reason reason = PV_OK;
    int is_same = 0;
    for (uint32_t i = 0; reason == PV_OK && !l->is_over && cursor.len > 0; i++) {
        if (i % 16 == 0) reason = pv_budget_steps(l->left, 1);
        if (reason == PV_OK) reason = pv_crl_entry_next(&cursor, &entry);
        if (reason == PV_OK) reason = compare_serial(l, &entry, (size_t)(cursor.data - entry.at), &is_same);
        if (reason != PV_OK) return reason;
        if (entry.issuer.len > 0) names = entry.issuer;
        if (is_same) reason = judge_entry(l, &entry, names);
    }
    return reason;
}

/* The certificateIssuer that governs the entry at this offset: the last one up to it. */
static pv_reason governing_names(const pv_crl *crl, uint32_t at, pv_span *names) {
    const uint32_t *issuers = crl->index->issuers;
    uint32_t low = 0;
    uint32_t high = crl->num_entry_issuers;
    pv_crl_entry entry;
    while (low < high) { /* those before `low` are not behind `at`, those from `high` on are */
        uint32_t middle = low + (high - low) / 2;
        if (issuers[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    *names = (pv_span){NULL, 0};
    if (low == 0) return PV_OK;
    pv_span cursor = from(crl, issuers[low - 1]);
    pv_reason reason = pv_crl_entry_next(&cursor, &entry);
    if (reason == PV_OK) *names = entry.issuer;
    return reason;
}

/* One entry of the bucket. */
static pv_reason look_at(lookup *l, uint32_t at) {
    pv_crl_entry entry;
    pv_span names;
    pv_span cursor = from(l->crl, at);
    int is_same = 0;
    pv_reason reason = pv_crl_entry_next(&cursor, &entry);
    if (reason == PV_OK) reason = compare_serial(l, &entry, (size_t)(cursor.data - entry.at), &is_same);
    if (reason != PV_OK || !is_same) return reason;
    reason = governing_names(l->crl, at, &names);
    return reason == PV_OK ? judge_entry(l, &entry, names) : reason;
}

static pv_reason look_up(lookup *l) {
    const pv_crl_index *index = l->crl->index;
    pv_reason reason = pay_octets(l->left, l->serial.len);
    if (reason != PV_OK) return reason;
    uint32_t bucket = bucket_of(index, l->serial);
    uint32_t first = index->starts[bucket];
    for (uint32_t i = first; reason == PV_OK && !l->is_over && i < index->starts[bucket + 1]; i++) {
        if ((i - first) % 4 == 0) reason = pv_budget_steps(l->left, 1);
        if (reason == PV_OK) reason = look_at(l, index->entries[i]);
    }
    return reason;
}

pv_reason pv_crl_find(pv_crl_entry *out, int *found, pv_budget *left, const pv_crl *crl, pv_span issuer,
                      pv_span serial) {
    lookup l = {.crl = crl, .left = left, .issuer = issuer, .serial = serial, .out = out, .found = found};
    memset(out, 0, sizeof(*out));
    *found = 0;
    if (crl->version == 0) return PV_R_EVIDENCE_UNREADABLE; /* nothing was read: that is no "not there" */
    /* A zeroed index is none. */
    pv_reason reason = crl->index != NULL && crl->index->num_buckets != 0 ? look_up(&l) : scan(&l);
    if (reason != PV_OK) *found = 0;
    return reason;
}

#else
typedef int pv_no_crl; /* C99 6.9: a translation unit is not empty */
#endif
