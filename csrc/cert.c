/* cert.c: see cert.h and pv_cert_parse in pyvalidator.h. */
#include "cert.h"

#include "algorithm.h"
#include "der.h"
#include "der_time.h"
#include "name.h"

#include <string.h>

/* One run of pv_cert_parse. Each reader says where it is before it reads; when one stops, that is the fault.
 */
typedef struct parse {
    pv_cert *cert;
    pv_span inner_algorithm; /* tbsCertificate.signature, with its header */
    const uint8_t *at;
    uint8_t field;
} parse;

static uint32_t offset_of(const parse *p, const uint8_t *at) {
    return (uint32_t)(at - p->cert->der);
}

static uint32_t begin(parse *p, uint8_t field, const pv_span *in) {
    p->field = field;
    p->at = in->data;
    return offset_of(p, in->data);
}

/* What stands behind the last element of a part is in the way. */
static pv_reason end(parse *p, uint8_t field, const pv_span *in) {
    begin(p, field, in);
    return pv_der_end(in);
}

/* version [0] EXPLICIT INTEGER DEFAULT v1 (4.1.2.1) */
static pv_reason read_version(parse *p, pv_span *tbs) {
    pv_span tagged;
    uint16_t version = 0;
    p->cert->version = 1;
    if (!pv_der_has(tbs, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    begin(p, PV_FIELD_VERSION, tbs);
    pv_reason reason = pv_der_read(tbs, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason != PV_OK) return reason;
    begin(p, PV_FIELD_VERSION, &tagged);
    reason = pv_der_read_small(&tagged, &version);
    if (reason == PV_OK && tagged.len != 0) return end(p, PV_FIELD_VERSION, &tagged);
    if (reason == PV_OK && version > 2) return PV_R_CERT_VERSION;
    if (PV_HAS_NOTES && version == 0) p->cert->deviations |= PV_DEV_EXPLICIT_DEFAULT;
    p->cert->version = (uint8_t)(version + 1);
    return reason;
}

/* serialNumber (4.1.2.2): positive, 20 octets at most; other ones are in use. */
static pv_reason read_serial(parse *p, pv_span *tbs) {
    pv_span serial;
    p->cert->serial = begin(p, PV_FIELD_SERIAL_NUMBER, tbs);
    pv_reason reason = pv_der_read_integer(tbs, &serial);
    if (!PV_HAS_NOTES || reason != PV_OK) return reason;
    if ((serial.data[0] & 0x80u) != 0) p->cert->deviations |= PV_DEV_SERIAL_NEGATIVE;
    if (serial.len == 1 && serial.data[0] == 0) p->cert->deviations |= PV_DEV_SERIAL_ZERO;
    if (serial.len > 20) p->cert->deviations |= PV_DEV_SERIAL_TOO_LONG;
    return PV_OK;
}

/* signature AlgorithmIdentifier (4.1.2.3) */
static pv_reason read_inner_algorithm(parse *p, pv_span *tbs) {
    pv_span contents;
    begin(p, PV_FIELD_TBS_SIGNATURE, tbs);
    pv_reason reason = pv_der_read(tbs, PV_DER_SEQUENCE, &contents);
    if (reason != PV_OK) return reason;
    p->inner_algorithm = (pv_span){p->at, (size_t)(tbs->data - p->at)};
    return pv_algorithm_signature(contents, &p->cert->sig_alg, &p->cert->deviations);
}

static pv_reason read_issuer(parse *p, pv_span *tbs) {
    pv_span name;
    p->cert->issuer = begin(p, PV_FIELD_ISSUER, tbs);
    return pv_name_read(tbs, &name, &p->cert->issuer_hash, &p->cert->deviations);
}

static pv_reason read_subject(parse *p, pv_span *tbs) {
    pv_span name;
    p->cert->subject = begin(p, PV_FIELD_SUBJECT, tbs);
    pv_reason reason = pv_name_read(tbs, &name, &p->cert->subject_hash, &p->cert->deviations);
    if (reason == PV_OK && pv_name_is_empty(name)) p->cert->flags |= PV_CERT_EMPTY_NAME;
    return reason;
}

static pv_reason read_moment(parse *p, uint8_t field, pv_span *in, int64_t *moment) {
    begin(p, field, in);
    return pv_time_read(in, moment, &p->cert->deviations);
}

/* validity (4.1.2.5) */
static pv_reason read_validity(parse *p, pv_span *tbs) {
    pv_span in;
    begin(p, PV_FIELD_VALIDITY, tbs);
    pv_reason reason = pv_der_read(tbs, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = read_moment(p, PV_FIELD_NOT_BEFORE, &in, &p->cert->not_before);
    if (reason == PV_OK) reason = read_moment(p, PV_FIELD_NOT_AFTER, &in, &p->cert->not_after);
    return reason == PV_OK ? end(p, PV_FIELD_VALIDITY, &in) : reason;
}

static pv_reason read_spki(parse *p, pv_span *tbs) {
    pv_span element;
    pv_key_info info;
    p->cert->spki = begin(p, PV_FIELD_SUBJECT_PUBLIC_KEY, tbs);
    pv_reason reason = pv_algorithm_key(tbs, &element, &info, &p->cert->deviations);
    if (reason != PV_OK) return reason;
    p->cert->key_fault = info.fault;
    p->cert->key_bits = info.bits;
    p->cert->key_alg = info.alg;
    return PV_OK;
}

/* issuerUniqueID [1], subjectUniqueID [2] IMPLICIT BIT STRING (4.1.2.8) */
static pv_reason read_unique_id(parse *p, pv_span *tbs, uint8_t tag) {
    pv_span contents, octets;
    uint8_t unused = 0;
    if (!pv_der_has(tbs, tag)) return PV_OK;
    begin(p, PV_FIELD_UNIQUE_ID, tbs);
    pv_reason reason = pv_der_read(tbs, tag, &contents);
    if (reason == PV_OK) reason = pv_der_split_bits(contents, &octets, &unused);
    if (reason != PV_OK) return reason;
    if (PV_HAS_NOTES) p->cert->deviations |= PV_DEV_UNIQUE_ID;
    if (p->cert->version == 1) p->cert->deviations |= PV_DEV_VERSION;
    return PV_OK;
}

/* --- Extensions (4.2) --- */

static uint8_t field_of(uint8_t id) {
    switch (id) {
    case PV_EXT_SUBJECT_KEY_ID: return PV_FIELD_SUBJECT_KEY_ID;
    case PV_EXT_KEY_USAGE: return PV_FIELD_KEY_USAGE;
    case PV_EXT_SUBJECT_ALT_NAME: return PV_FIELD_SUBJECT_ALT_NAME;
    case PV_EXT_ISSUER_ALT_NAME: return PV_FIELD_ISSUER_ALT_NAME;
    case PV_EXT_BASIC_CONSTRAINTS: return PV_FIELD_BASIC_CONSTRAINTS;
    case PV_EXT_NAME_CONSTRAINTS: return PV_FIELD_NAME_CONSTRAINTS;
    case PV_EXT_CRL_DISTRIBUTION_POINTS: return PV_FIELD_CRL_DISTRIBUTION_POINTS;
    case PV_EXT_CERTIFICATE_POLICIES: return PV_FIELD_CERTIFICATE_POLICIES;
    case PV_EXT_POLICY_MAPPINGS: return PV_FIELD_POLICY_MAPPINGS;
    case PV_EXT_AUTHORITY_KEY_ID: return PV_FIELD_AUTHORITY_KEY_ID;
    case PV_EXT_POLICY_CONSTRAINTS: return PV_FIELD_POLICY_CONSTRAINTS;
    case PV_EXT_EXTENDED_KEY_USAGE: return PV_FIELD_EXTENDED_KEY_USAGE;
    case PV_EXT_FRESHEST_CRL: return PV_FIELD_FRESHEST_CRL;
    case PV_EXT_INHIBIT_ANY_POLICY: return PV_FIELD_INHIBIT_ANY_POLICY;
    default: return PV_FIELD_UNKNOWN_EXTENSION;
    }
}

static pv_reason read_basic_constraints(pv_cert *cert, pv_span value) {
    int ca = 0;
    pv_reason reason = pv_ext_basic_constraints(value, &ca, &cert->path_len, &cert->deviations);
    if (ca != 0) cert->flags |= PV_CERT_CA;
    return reason;
}

static pv_reason read_subject_key_id(pv_cert *cert, pv_span value, uint32_t at) {
    pv_span key_id;
    cert->ski = at;
    return pv_ext_subject_key_id(value, &key_id);
}

static pv_reason read_authority_key_id(pv_cert *cert, pv_span value, uint32_t at) {
    pv_aki aki;
    cert->aki = at;
    return pv_ext_authority_key_id(value, &aki);
}

/* Takes a known extension's value over; `at` is the offset of its extnValue. */
static pv_reason take_value(pv_cert *cert, uint8_t id, pv_span value, uint32_t at) {
    switch (id) {
    case PV_EXT_BASIC_CONSTRAINTS: return read_basic_constraints(cert, value);
    case PV_EXT_KEY_USAGE: return pv_ext_key_usage(value, &cert->key_usage, &cert->deviations);
    case PV_EXT_SUBJECT_KEY_ID: return read_subject_key_id(cert, value, at);
    case PV_EXT_AUTHORITY_KEY_ID: return read_authority_key_id(cert, value, at);
    case PV_EXT_SUBJECT_ALT_NAME: cert->san = at; return PV_OK;
    case PV_EXT_NAME_CONSTRAINTS: cert->name_constraints = at; return PV_OK;
    case PV_EXT_EXTENDED_KEY_USAGE: cert->eku = at; return PV_OK;
    default: return PV_OK;
    }
}

/* One extension at the cursor. `unknown` is what stands from the first unknown extension on: only there can
 * another unknown one have its twin. */
static pv_reason read_extension(parse *p, pv_span *in, pv_span *unknown) {
    pv_ext ext;
    pv_cert *cert = p->cert;
    begin(p, PV_FIELD_EXTENSIONS, in);
    pv_reason reason = pv_ext_next(in, &ext);
    if (reason != PV_OK) return reason;
    if (PV_HAS_NOTES && ext.explicit_default) cert->deviations |= PV_DEV_EXPLICIT_DEFAULT;
    if (ext.critical) cert->critical |= PV_EXT_BIT(ext.id);
    p->field = field_of(ext.id);
    if (ext.id == PV_EXT_UNKNOWN) {
        if (unknown->data == NULL) unknown->data = p->at;
        unknown->len = (size_t)(p->at - unknown->data);
        return pv_ext_list_has(*unknown, ext.oid) ? PV_R_CERT_EXTENSION_REPEATED : PV_OK;
    }
    if ((cert->present & PV_EXT_BIT(ext.id)) != 0) return PV_R_CERT_EXTENSION_REPEATED;
    cert->present |= PV_EXT_BIT(ext.id);
    p->at = ext.value.data - pv_der_header_len(ext.value.len);
    return take_value(cert, ext.id, ext.value, offset_of(p, p->at));
}

static pv_reason read_list(parse *p, pv_span in) {
    pv_span unknown = {NULL, 0};
    for (unsigned num = 0; in.len > 0; num++) {
        if (num == PV_MAX_EXTENSIONS) {
            begin(p, PV_FIELD_EXTENSIONS, &in);
            return PV_R_CERT_TOO_MANY_EXTENSIONS;
        }
        pv_reason reason = read_extension(p, &in, &unknown);
        if (reason != PV_OK) return reason;
    }
    return PV_OK;
}

/* extensions [3] EXPLICIT (4.1.2.9) */
static pv_reason read_extensions(parse *p, pv_span *tbs) {
    pv_span tagged, list;
    if (!pv_der_has(tbs, PV_DER_CONTEXT_CONSTRUCTED(3))) return PV_OK;
    begin(p, PV_FIELD_EXTENSIONS, tbs);
    pv_reason reason = pv_der_read(tbs, PV_DER_CONTEXT_CONSTRUCTED(3), &tagged);
    if (reason != PV_OK) return reason;
    p->cert->extensions = begin(p, PV_FIELD_EXTENSIONS, &tagged);
    reason = pv_der_read(&tagged, PV_DER_SEQUENCE, &list);
    if (reason != PV_OK) return reason;
    reason = end(p, PV_FIELD_EXTENSIONS, &tagged);
    if (reason != PV_OK) return reason;
    if (p->cert->version != 3) p->cert->deviations |= PV_DEV_VERSION;
    if (PV_HAS_NOTES && list.len == 0) p->cert->deviations |= PV_DEV_EMPTY_EXTENSIONS;
    return read_list(p, list);
}

/* --- The whole (4.1) --- */

static pv_reason read_tbs(parse *p, pv_span in) {
    pv_reason reason = read_version(p, &in);
    if (reason == PV_OK) reason = read_serial(p, &in);
    if (reason == PV_OK) reason = read_inner_algorithm(p, &in);
    if (reason == PV_OK) reason = read_issuer(p, &in);
    if (reason == PV_OK) reason = read_validity(p, &in);
    if (reason == PV_OK) reason = read_subject(p, &in);
    if (reason == PV_OK) reason = read_spki(p, &in);
    if (reason == PV_OK) reason = read_unique_id(p, &in, PV_DER_CONTEXT(1));
    if (reason == PV_OK) reason = read_unique_id(p, &in, PV_DER_CONTEXT(2));
    if (reason == PV_OK) reason = read_extensions(p, &in);
    return reason == PV_OK ? end(p, PV_FIELD_TBS_CERTIFICATE, &in) : reason;
}

/* signatureAlgorithm: the same as the signed one (4.1.1.2), which was read already. */
static pv_reason read_outer_algorithm(parse *p, pv_span *in) {
    pv_span element;
    begin(p, PV_FIELD_SIGNATURE_ALGORITHM, in);
    pv_reason reason = pv_der_read_element(in, PV_DER_SEQUENCE, &element);
    if (reason != PV_OK) return reason;
    return pv_span_equal(element, p->inner_algorithm) ? PV_OK : PV_R_CERT_ALGORITHM_MISMATCH;
}

static pv_reason read_signature(parse *p, pv_span *in) {
    pv_span octets;
    p->cert->signature = begin(p, PV_FIELD_SIGNATURE, in);
    pv_reason reason = pv_der_read_octets(in, &octets);
    return reason == PV_OK ? end(p, PV_FIELD_CERTIFICATE, in) : reason;
}

static pv_reason read_certificate(parse *p, pv_span der) {
    pv_span in, tbs;
    begin(p, PV_FIELD_CERTIFICATE, &der);
    pv_reason reason = pv_der_read(&der, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = end(p, PV_FIELD_CERTIFICATE, &der);
    if (reason != PV_OK) return reason;
    begin(p, PV_FIELD_TBS_CERTIFICATE, &in);
    reason = pv_der_read(&in, PV_DER_SEQUENCE, &tbs);
    if (reason == PV_OK) reason = read_tbs(p, tbs);
    if (reason == PV_OK) reason = read_outer_algorithm(p, &in);
    return reason == PV_OK ? read_signature(p, &in) : reason;
}

/* Self-issued: subject and issuer are one name (RFC 5280 3.2). No name is no one's: two empty ones do not
 * count. */
static void judge_self_issued(pv_cert *cert) {
    if (cert->subject_hash != cert->issuer_hash || (cert->flags & PV_CERT_EMPTY_NAME) != 0) return;
    if (pv_name_equal(pv_cert_subject(cert), pv_cert_issuer(cert))) cert->flags |= PV_CERT_SELF_ISSUED;
}

pv_reason pv_cert_parse(pv_cert *out, pv_fault *fault, pv_span der) {
    parse p = {.cert = out, .inner_algorithm = {NULL, 0}, .at = NULL, .field = PV_FIELD_NONE};
    memset(out, 0, sizeof(*out));
    *fault = (pv_fault){.offset = 0, .reason = PV_R_DER_TRUNCATED, .field = PV_FIELD_CERTIFICATE};
    if (der.len > PV_MAX_DER) fault->reason = PV_R_CERT_TOO_LARGE;
    if (der.len == 0 || der.len > PV_MAX_DER) return fault->reason;
    out->der = der.data;
    out->der_len = (uint32_t)der.len;
    out->path_len = PV_NO_PATH_LEN;
    fault->reason = read_certificate(&p, der);
    if (fault->reason != PV_OK) {
        fault->offset = offset_of(&p, p.at);
        fault->field = p.field;
        memset(out, 0, sizeof(*out)); /* zero refuses: no half of a view gets out */
        return fault->reason;
    }
    fault->field = PV_FIELD_NONE;
    judge_self_issued(out);
    return PV_OK;
}

/* --- Reading a view --- */

pv_span pv_cert_key_id(const pv_cert *cert) {
    pv_span key_id = {NULL, 0};
    if (cert->ski != 0) (void)pv_ext_subject_key_id(pv_cert_contents_at(cert, cert->ski), &key_id);
    return key_id;
}

pv_span pv_cert_authority_key_id(const pv_cert *cert) {
    pv_aki aki = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    if (cert->aki != 0) (void)pv_ext_authority_key_id(pv_cert_contents_at(cert, cert->aki), &aki);
    return aki.key_id;
}

pv_span pv_cert_san(const pv_cert *cert) {
    return pv_cert_contents_at(cert, cert->san);
}

pv_span pv_cert_name_constraints(const pv_cert *cert) {
    return pv_cert_contents_at(cert, cert->name_constraints);
}

pv_span pv_cert_eku(const pv_cert *cert) {
    return pv_cert_contents_at(cert, cert->eku);
}

pv_span pv_cert_extensions(const pv_cert *cert) {
    return pv_cert_contents_at(cert, cert->extensions);
}

pv_span pv_cert_extension(const pv_cert *cert, uint8_t id) {
    pv_ext ext;
    pv_span in = pv_cert_extensions(cert);
    if (id == PV_EXT_UNKNOWN || id >= PV_EXT_COUNT) return (pv_span){NULL, 0};
    if ((cert->present & PV_EXT_BIT(id)) == 0) return (pv_span){NULL, 0};
    while (in.len > 0 && pv_ext_next(&in, &ext) == PV_OK)
        if (ext.id == id) return ext.value;
    return (pv_span){NULL, 0};
}

uint32_t pv_cert_offset(const pv_cert *cert, const uint8_t *data) {
    uintptr_t first = (uintptr_t)cert->der;
    uintptr_t at = (uintptr_t)data;
    if (data == NULL || at < first || at - first > cert->der_len) return PV_NO_OFFSET;
    return (uint32_t)(at - first);
}
