/* ocsp.c: see ocsp.h and pv_ocsp_parse in pyvalidator.h. Clauses are RFC 6960's unless they say otherwise;
 * its ASN.1 module has explicit tags. */
#ifndef PV_NO_OCSP
#include "ocsp.h"

#include "algorithm.h"
#include "der.h"
#include "der_time.h"
#include "ext.h"
#include "name.h"
#include "oid.h"

#include <string.h>

/* One run of a reader. */
typedef struct parse {
    const uint8_t *first; /* of the bytes that offsets are counted from */
    pv_fault *fault;
    pv_ocsp *ocsp;
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

/* The one element inside an explicit tag. */
static pv_reason open_tagged(const parse *p, pv_span *in, unsigned number, uint8_t tag, pv_span *contents,
                             uint8_t field) {
    pv_span tagged;
    const uint8_t *at = in->data;
    pv_reason reason = pv_der_read(in, (uint8_t)PV_DER_CONTEXT_CONSTRUCTED(number), &tagged);
    if (reason != PV_OK) return stop(p, reason, field, at);
    at = tagged.data;
    reason = pv_der_read(&tagged, tag, contents);
    if (reason != PV_OK) return stop(p, reason, field, at);
    return stop(p, pv_der_end(&tagged), field, tagged.data);
}

/* --- Extensions (4.4) --- */

/* Nonce: an OCTET STRING of 1 to 128 octets (RFC 9654 2.1). It answers a request, of which nothing is known
 * here: only its form is read. */
static pv_reason check_nonce(const parse *p, const pv_ext *ext) {
    pv_span octets;
    pv_span value = ext->value;
    const uint8_t *at = ext->value.data - pv_der_header_len(ext->value.len);
    pv_reason reason = pv_der_read(&value, PV_DER_OCTET_STRING, &octets);
    if (reason == PV_OK && value.len == 0 && octets.len >= 1 && octets.len <= 128) return PV_OK;
    return stop(p, PV_R_EXTENSION_MALFORMED, PV_FIELD_UNKNOWN_EXTENSION, at);
}

/* Extensions of the whole response that may be critical: nonce (4.4.1), extended revoked definition (4.4.8),
 * which only explains what "revoked" may mean. */
static int is_known_of_response(const pv_ext *ext) {
    return PV_OID_IS(ext->oid, PV_OID_OCSP_NONCE) || PV_OID_IS(ext->oid, PV_OID_OCSP_EXTENDED);
}

/* And of a single one: CRL references (4.4.2), archive cutoff (4.4.4), CRL entry extensions (4.4.5). None of
 * them changes what the status says. */
static int is_known_of_single(const pv_ext *ext) {
    return PV_OID_IS(ext->oid, PV_OID_OCSP_CRL) || PV_OID_IS(ext->oid, PV_OID_OCSP_ARCHIVE_CUTOFF) ||
           PV_OID_IS(ext->oid, PV_OID_CRL_REASON) || PV_OID_IS(ext->oid, PV_OID_INVALIDITY_DATE) ||
           PV_OID_IS(ext->oid, PV_OID_CERTIFICATE_ISSUER);
}

/* One extension; `is_critical` becomes 1 if it is critical and not known. */
static pv_reason read_extension(const parse *p, pv_ext_list *list, int is_single, uint8_t *is_critical) {
    pv_ext ext;
    const uint8_t *at = list->rest.data;
    pv_reason reason = pv_ext_list_next(list, &ext);
    if (reason == PV_R_CERT_EXTENSION_REPEATED) return stop(p, reason, PV_FIELD_UNKNOWN_EXTENSION, at);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_EXTENSIONS, at);
    int is_known = is_single ? is_known_of_single(&ext) : is_known_of_response(&ext);
    if (!is_known) *is_critical |= ext.critical;
    return !is_single && PV_OID_IS(ext.oid, PV_OID_OCSP_NONCE) ? check_nonce(p, &ext) : PV_OK;
}

/* [1] EXPLICIT Extensions OPTIONAL, 1..n of them (RFC 5280 4.1) */
static pv_reason read_extensions(const parse *p, pv_span *in, int is_single, uint8_t *is_critical) {
    pv_ext_list list = {.first = NULL, .num = 0};
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(1))) return PV_OK;
    pv_reason reason = open_tagged(p, in, 1, PV_DER_SEQUENCE, &list.rest, PV_FIELD_EXTENSIONS);
    if (reason == PV_OK && list.rest.len == 0)
        return stop(p, PV_R_DER_EMPTY, PV_FIELD_EXTENSIONS, list.rest.data - pv_der_header_len(0));
    while (reason == PV_OK && list.rest.len > 0)
        reason = read_extension(p, &list, is_single, is_critical);
    return reason;
}

/* --- SingleResponse (4.2.1) --- */

static size_t digest_len(uint8_t alg) {
    switch (alg) {
    case PV_DIGEST_SHA1: return 20;
    case PV_DIGEST_SHA256: return 32;
    case PV_DIGEST_SHA384: return 48;
    case PV_DIGEST_SHA512: return 64;
    default: return 0;
    }
}

static uint8_t digest_of(pv_span oid) {
    if (PV_OID_IS(oid, PV_OID_SHA1)) return PV_DIGEST_SHA1;
    if (PV_OID_IS(oid, PV_OID_SHA256)) return PV_DIGEST_SHA256;
    if (PV_OID_IS(oid, PV_OID_SHA384)) return PV_DIGEST_SHA384;
    return PV_OID_IS(oid, PV_OID_SHA512) ? PV_DIGEST_SHA512 : PV_DIGEST_NONE;
}

/* hashAlgorithm. The known ones have NULL as their parameters or none (RFC 4055 2.1, 5754 2). */
static pv_reason read_digest(pv_span *in, uint8_t *alg) {
    pv_span contents, oid, parameters;
    uint8_t tag = PV_DER_NULL;
    pv_reason reason = pv_der_peek(in, PV_DER_SEQUENCE, &contents);
    if (reason != PV_OK) return reason;
    const uint8_t *end = contents.data + contents.len;
    parameters = (pv_span){NULL, 0};
    reason = pv_der_read_oid(&contents, &oid);
    if (reason == PV_OK && contents.len > 0) reason = pv_der_read_any(&contents, &tag, &parameters);
    if (reason == PV_OK) reason = pv_der_end(&contents);
    if (reason != PV_OK) return reason;
    *alg = digest_of(oid);
    if (*alg != PV_DIGEST_NONE && (tag != PV_DER_NULL || parameters.len != 0))
        return PV_R_ALGORITHM_PARAMETERS;
    pv_der_move(in, end);
    return PV_OK;
}

/* issuerNameHash, issuerKeyHash: as long as a known hash is. */
static pv_reason read_hash(pv_span *in, uint8_t alg, pv_span *hash) {
    pv_reason reason = pv_der_peek(in, PV_DER_OCTET_STRING, hash);
    if (reason != PV_OK) return reason;
    if (alg != PV_DIGEST_NONE && hash->len != digest_len(alg)) return PV_R_DER_STRING;
    pv_der_move(in, hash->data + hash->len);
    return PV_OK;
}

/* CertID (4.1.1) */
static pv_reason read_cert_id(const parse *p, pv_span *in, pv_ocsp_single *out) {
    pv_span id;
    const uint8_t *at = in->data;
    pv_reason reason = pv_der_read(in, PV_DER_SEQUENCE, &id);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SINGLE_RESPONSE, at);
    reason = read_digest(&id, &out->digest_alg);
    if (reason == PV_OK) reason = read_hash(&id, out->digest_alg, &out->name_hash);
    if (reason == PV_OK) reason = read_hash(&id, out->digest_alg, &out->key_hash);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SINGLE_RESPONSE, id.data);
    reason = pv_der_read_integer(&id, &out->serial);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SERIAL_NUMBER, id.data);
    return stop(p, pv_der_end(&id), PV_FIELD_SINGLE_RESPONSE, id.data);
}

/* CRLReason (RFC 5280 5.3.1): 7 is not used, 10 is the last. */
static pv_reason read_reason(pv_span *in, uint8_t *code) {
    pv_span at = *in;
    pv_reason reason = pv_der_read_enumerated(&at, code);
    if (reason == PV_OK && (*code == 7 || *code > 10)) reason = PV_R_DER_INTEGER;
    if (reason == PV_OK) *in = at;
    return reason;
}

/* RevokedInfo: revocationTime, revocationReason [0] EXPLICIT OPTIONAL */
static pv_reason read_revoked(const parse *p, pv_span in, pv_ocsp_single *out) {
    pv_span tagged;
    out->status = PV_OCSP_REVOKED;
    pv_reason reason = pv_time_read_generalized(&in, &out->revoked_at);
    if (reason == PV_OK && in.len == 0) return PV_OK;
    const uint8_t *at = in.data;
    if (reason == PV_OK) reason = pv_der_read(&in, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_CERT_STATUS, at);
    reason = read_reason(&tagged, &out->reason);
    if (reason == PV_OK) reason = pv_der_end(&tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_CERT_STATUS, tagged.data);
    return stop(p, pv_der_end(&in), PV_FIELD_CERT_STATUS, in.data);
}

/* CertStatus: good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL */
static pv_reason read_status(const parse *p, pv_span *in, pv_ocsp_single *out) {
    pv_span contents;
    const uint8_t *at = in->data;
    if (pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(1))) {
        pv_reason reason = pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(1), &contents);
        if (reason != PV_OK) return stop(p, reason, PV_FIELD_CERT_STATUS, at);
        return read_revoked(p, contents, out);
    }
    int is_good = pv_der_has(in, PV_DER_CONTEXT(0));
    out->status = is_good ? PV_OCSP_GOOD : PV_OCSP_UNKNOWN;
    pv_reason reason = pv_der_read(in, is_good ? PV_DER_CONTEXT(0) : PV_DER_CONTEXT(2), &contents);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_CERT_STATUS, at);
    return stop(p, pv_der_end(&contents), PV_FIELD_CERT_STATUS, contents.data); /* X.690 8.8.2 */
}

/* thisUpdate, nextUpdate [0] EXPLICIT OPTIONAL */
static pv_reason read_updates(const parse *p, pv_span *in, pv_ocsp_single *out) {
    pv_span tagged;
    pv_reason reason = pv_time_read_generalized(in, &out->this_update);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_THIS_UPDATE, in->data);
    const uint8_t *at = in->data;
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    out->has_next_update = 1;
    reason = pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_NEXT_UPDATE, at);
    reason = pv_time_read_generalized(&tagged, &out->next_update);
    if (reason == PV_OK) reason = pv_der_end(&tagged);
    return stop(p, reason, PV_FIELD_NEXT_UPDATE, tagged.data);
}

static pv_reason read_single(const parse *p, pv_span *cursor, pv_ocsp_single *out) {
    pv_span in;
    memset(out, 0, sizeof(*out));
    out->at = cursor->data;
    pv_reason reason = pv_der_peek(cursor, PV_DER_SEQUENCE, &in);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_SINGLE_RESPONSE, cursor->data);
    const uint8_t *end = in.data + in.len;
    reason = read_cert_id(p, &in, out);
    if (reason == PV_OK) reason = read_status(p, &in, out);
    if (reason == PV_OK) reason = read_updates(p, &in, out);
    if (reason == PV_OK) reason = read_extensions(p, &in, 1, &out->is_critical);
    if (reason == PV_OK) reason = stop(p, pv_der_end(&in), PV_FIELD_SINGLE_RESPONSE, in.data);
    if (reason == PV_OK) pv_der_move(cursor, end);
    return reason;
}

pv_reason pv_ocsp_single_next(pv_span *cursor, pv_ocsp_single *out) {
    pv_fault fault;
    const parse p = {.first = cursor->data, .fault = &fault, .ocsp = NULL};
    pv_reason reason = read_single(&p, cursor, out);
    if (reason != PV_OK) memset(out, 0, sizeof(*out)); /* a zeroed status is "good": of nothing, then */
    return reason;
}

/* --- ResponseData (4.2.1) --- */

/* version [0] EXPLICIT INTEGER DEFAULT v1: there is no other. One that is written out (X.690 11.5 forbids it)
 * says the same: it is passed on. */
static pv_reason read_version(const parse *p, pv_span *in) {
    pv_span tagged, version;
    const uint8_t *at = in->data;
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    pv_reason reason = pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_VERSION, at);
    at = tagged.data;
    reason = pv_der_read_integer(&tagged, &version);
    if (reason == PV_OK && (version.len != 1 || version.data[0] != 0)) reason = PV_R_DER_INTEGER;
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_VERSION, at);
    return stop(p, pv_der_end(&tagged), PV_FIELD_VERSION, tagged.data);
}

/* byName [1] Name, byKey [2] KeyHash, an OCTET STRING: the SHA-1 of the responder's key, always */
static pv_reason read_responder_choice(pv_span *tagged, int by_key) {
    pv_span found;
    uint32_t hash = 0;
    uint32_t deviations = 0;
    if (!by_key) return pv_name_read(tagged, &found, &hash, &deviations);
    return read_hash(tagged, PV_DIGEST_SHA1, &found);
}

static pv_reason read_responder(const parse *p, pv_span *in) {
    pv_span tagged;
    int by_key = pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(2));
    const uint8_t *at = in->data;
    p->ocsp->responder = offset_of(p, at);
    pv_reason reason =
        pv_der_read(in, by_key ? PV_DER_CONTEXT_CONSTRUCTED(2) : PV_DER_CONTEXT_CONSTRUCTED(1), &tagged);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_RESPONDER_ID, at);
    reason = read_responder_choice(&tagged, by_key);
    if (reason == PV_OK) reason = pv_der_end(&tagged);
    return stop(p, reason, PV_FIELD_RESPONDER_ID, tagged.data);
}

/* responses: what answers nothing is no response. */
static pv_reason read_singles(const parse *p, pv_span *in) {
    pv_span list;
    pv_ocsp_single single;
    const uint8_t *at = in->data;
    p->ocsp->responses = offset_of(p, at);
    pv_reason reason = pv_der_read(in, PV_DER_SEQUENCE, &list);
    if (reason == PV_OK && list.len == 0) reason = PV_R_DER_EMPTY;
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_RESPONSE_DATA, at);
    for (; reason == PV_OK && list.len > 0; p->ocsp->num_responses++)
        reason = read_single(p, &list, &single);
    return reason;
}

static pv_reason read_data(const parse *p, pv_span in) {
    uint8_t is_critical = 0;
    pv_reason reason = read_version(p, &in);
    if (reason == PV_OK) reason = read_responder(p, &in);
    if (reason != PV_OK) return reason;
    reason = pv_time_read_generalized(&in, &p->ocsp->produced_at);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_PRODUCED_AT, in.data);
    reason = read_singles(p, &in);
    if (reason == PV_OK) reason = read_extensions(p, &in, 0, &is_critical);
    if (reason == PV_OK) reason = stop(p, pv_der_end(&in), PV_FIELD_RESPONSE_DATA, in.data);
    if (is_critical) p->ocsp->unusable = PV_R_EVIDENCE_CRITICAL;
    return reason;
}

/* --- BasicOCSPResponse (4.2.1) --- */

static pv_reason read_algorithm(const parse *p, pv_span *in) {
    pv_span contents;
    uint32_t deviations = 0; /* missing RSA parameters are passed on, as for certificates */
    const uint8_t *at = in->data;
    pv_reason reason = pv_der_read(in, PV_DER_SEQUENCE, &contents);
    if (reason == PV_OK) reason = pv_algorithm_signature(contents, &p->ocsp->sig_alg, &deviations);
    return stop(p, reason, PV_FIELD_SIGNATURE_ALGORITHM, at);
}

static pv_reason read_signature(const parse *p, pv_span *in) {
    pv_span octets;
    p->ocsp->signature = offset_of(p, in->data);
    return stop(p, pv_der_read_octets(in, &octets), PV_FIELD_SIGNATURE, in->data);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL: framed only. */
static pv_reason read_certs(const parse *p, pv_span *in) {
    pv_span list, cert;
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(0))) return PV_OK;
    pv_reason reason = open_tagged(p, in, 0, PV_DER_SEQUENCE, &list, PV_FIELD_OCSP_CERTIFICATES);
    if (reason != PV_OK) return reason;
    p->ocsp->certs = offset_of(p, list.data - pv_der_header_len(list.len));
    for (uint32_t num = 0; reason == PV_OK && list.len > 0; num++) {
        reason = num < PV_MAX_OCSP_CERTS ? pv_ocsp_cert_next(&list, &cert) : PV_R_EVIDENCE_TOO_LARGE;
    }
    return stop(p, reason, PV_FIELD_OCSP_CERTIFICATES, list.data);
}

static pv_reason read_basic(const parse *p, pv_span response) {
    pv_span in, data;
    pv_reason reason = pv_der_read(&response, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = pv_der_end(&response);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_OCSP_RESPONSE, response.data);
    const uint8_t *at = in.data;
    p->ocsp->tbs = offset_of(p, at);
    reason = pv_der_read(&in, PV_DER_SEQUENCE, &data);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_RESPONSE_DATA, at);
    reason = read_data(p, data);
    if (reason == PV_OK) reason = read_algorithm(p, &in);
    if (reason == PV_OK) reason = read_signature(p, &in);
    if (reason == PV_OK) reason = read_certs(p, &in);
    return reason == PV_OK ? stop(p, pv_der_end(&in), PV_FIELD_OCSP_RESPONSE, in.data) : reason;
}

/* --- OCSPResponse (4.2.1) --- */

/* ResponseBytes. A responseType other than id-pkix-ocsp-basic is one that nobody has defined: whatever it
 * holds cannot be read, and "the responder did not answer" would be untrue. */
static pv_reason read_bytes(const parse *p, pv_span in) {
    pv_span type, response;
    const uint8_t *at = in.data;
    pv_reason reason = pv_der_read_oid(&in, &type);
    if (reason == PV_OK && !PV_OID_IS(type, PV_OID_OCSP_BASIC)) reason = PV_R_EXTENSION_MALFORMED;
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_OCSP_RESPONSE, at);
    at = in.data;
    reason = pv_der_read(&in, PV_DER_OCTET_STRING, &response);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_OCSP_RESPONSE, at);
    reason = stop(p, pv_der_end(&in), PV_FIELD_OCSP_RESPONSE, in.data);
    return reason == PV_OK ? read_basic(p, response) : reason;
}

/* responseStatus: 4 is not used, 6 is the last. */
static pv_reason read_response_status(const parse *p, pv_span *in) {
    const uint8_t *at = in->data;
    uint8_t status = 0;
    pv_reason reason = pv_der_read_enumerated(in, &status);
    if (reason == PV_OK && (status == 4 || status > 6)) reason = PV_R_DER_INTEGER;
    p->ocsp->status = status;
    return stop(p, reason, PV_FIELD_OCSP_RESPONSE, at);
}

/* 4.2.1: in error conditions responseBytes are not set. */
static pv_reason read_response(const parse *p, pv_span der) {
    pv_span in, bytes;
    pv_reason reason = pv_der_read(&der, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = pv_der_end(&der);
    if (reason != PV_OK) return stop(p, reason, PV_FIELD_OCSP_RESPONSE, der.data);
    reason = read_response_status(p, &in);
    if (reason != PV_OK) return reason;
    if (p->ocsp->status == 0) {
        reason = open_tagged(p, &in, 0, PV_DER_SEQUENCE, &bytes, PV_FIELD_OCSP_RESPONSE);
        if (reason == PV_OK) reason = read_bytes(p, bytes);
        if (reason != PV_OK) return reason;
    } else {
        p->ocsp->unusable = PV_R_OCSP_UNSUCCESSFUL;
    }
    return stop(p, pv_der_end(&in), PV_FIELD_OCSP_RESPONSE, in.data);
}

pv_reason pv_ocsp_parse(pv_ocsp *out, pv_fault *fault, pv_span der) {
    const parse p = {.first = der.data, .fault = fault, .ocsp = out};
    memset(out, 0, sizeof(*out));
    *fault = (pv_fault){.offset = 0, .reason = PV_R_DER_TRUNCATED, .field = PV_FIELD_OCSP_RESPONSE};
    if (der.len > PV_MAX_OCSP) fault->reason = PV_R_EVIDENCE_TOO_LARGE;
    if (der.len == 0 || der.len > PV_MAX_OCSP) return fault->reason;
    out->der = der.data;
    out->der_len = (uint32_t)der.len;
    out->unusable = PV_OK;
    pv_reason reason = read_response(&p, der);
    if (reason != PV_OK) {
        memset(out, 0, sizeof(*out)); /* zero refuses: no half of a view gets out */
        return reason;
    }
    out->is_response = 1;
    *fault = (pv_fault){.offset = 0, .reason = PV_OK, .field = PV_FIELD_NONE};
    return PV_OK;
}

/* --- Reading a view --- */

static pv_span der_of(const pv_ocsp *ocsp) {
    return (pv_span){ocsp->der, ocsp->der_len};
}

static pv_span contents_at(const pv_ocsp *ocsp, uint32_t at) {
    return at == 0 ? (pv_span){NULL, 0} : pv_der_contents_at(der_of(ocsp), at);
}

pv_span pv_ocsp_tbs(const pv_ocsp *ocsp) {
    return ocsp->tbs == 0 ? (pv_span){NULL, 0} : pv_der_element_at(der_of(ocsp), ocsp->tbs);
}

pv_span pv_ocsp_signature(const pv_ocsp *ocsp) {
    pv_span octets = {NULL, 0};
    if (ocsp->signature == 0) return octets;
    pv_span element = pv_der_element_at(der_of(ocsp), ocsp->signature);
    (void)pv_der_read_octets(&element, &octets); /* on failure it stays empty */
    return octets;
}

pv_span pv_ocsp_responder(const pv_ocsp *ocsp, int *by_key) {
    pv_span inner = contents_at(ocsp, ocsp->responder);
    *by_key = ocsp->responder != 0 && ocsp->der[ocsp->responder] == PV_DER_CONTEXT_CONSTRUCTED(2);
    return *by_key ? pv_der_contents_at(inner, 0) : inner;
}

pv_span pv_ocsp_certs(const pv_ocsp *ocsp) {
    return contents_at(ocsp, ocsp->certs);
}

pv_reason pv_ocsp_cert_next(pv_span *cursor, pv_span *der) {
    return pv_der_read_element(cursor, PV_DER_SEQUENCE, der);
}

uint32_t pv_ocsp_offset(const pv_ocsp *ocsp, const uint8_t *at) {
    uintptr_t first = (uintptr_t)ocsp->der;
    uintptr_t place = (uintptr_t)at;
    if (at == NULL || place < first || place - first > ocsp->der_len) return PV_NO_OFFSET;
    return (uint32_t)(place - first);
}

pv_span pv_ocsp_singles(const pv_ocsp *ocsp) {
    return contents_at(ocsp, ocsp->responses);
}

#else
typedef int pv_no_ocsp; /* C99 6.9: a translation unit is not empty */
#endif
