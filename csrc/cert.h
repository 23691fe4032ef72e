/* cert.h: reading a parsed view. Spans borrow from the view's DER. */
#ifndef PV_CERT_H
#define PV_CERT_H

#include "der.h"
#include "ext.h"

/* Key identifiers are hashes or counters; a longer one is no evidence of anything, so that comparing stays
 * cheap. */
#define PV_MAX_KEY_ID 128u

/* The element at an offset of the view, header included, or its contents; 0: absent. */
static inline pv_span pv_cert_element_at(const pv_cert *cert, uint32_t at) {
    return at == 0 ? (pv_span){NULL, 0} : pv_der_element_at((pv_span){cert->der, cert->der_len}, at);
}

static inline pv_span pv_cert_contents_at(const pv_cert *cert, uint32_t at) {
    return at == 0 ? (pv_span){NULL, 0} : pv_der_contents_at((pv_span){cert->der, cert->der_len}, at);
}

static inline pv_span pv_cert_der(const pv_cert *cert) {
    return (pv_span){cert->der, cert->der_len};
}

/* The signed bytes: TBSCertificate with its header, as received. */
static inline pv_span pv_cert_tbs(const pv_cert *cert) {
    return pv_der_element_at(pv_der_contents_at(pv_cert_der(cert), 0), 0);
}

/* The contents of the INTEGER. */
static inline pv_span pv_cert_serial(const pv_cert *cert) {
    return pv_cert_contents_at(cert, cert->serial);
}

/* Names and the SubjectPublicKeyInfo: with their headers. */
static inline pv_span pv_cert_issuer(const pv_cert *cert) {
    return pv_cert_element_at(cert, cert->issuer);
}

static inline pv_span pv_cert_subject(const pv_cert *cert) {
    return pv_cert_element_at(cert, cert->subject);
}

static inline pv_span pv_cert_spki(const pv_cert *cert) {
    return pv_cert_element_at(cert, cert->spki);
}

/* The signature's octets: of a BIT STRING without unused bits, as was checked. */
static inline pv_span pv_cert_signature(const pv_cert *cert) {
    pv_span octets = pv_cert_contents_at(cert, cert->signature);
    if (octets.len == 0) return octets;
    pv_der_skip(&octets, 1);
    return octets;
}

/* Whether two certificates have one name and key, as far as their hash and key tell. */
static inline int pv_cert_is_alike(const pv_cert *a, const pv_cert *b) {
    return a->subject_hash == b->subject_hash && pv_span_equal(pv_cert_spki(a), pv_cert_spki(b));
}

pv_span pv_cert_key_id(const pv_cert *cert);           /* subjectKeyIdentifier; empty: none */
pv_span pv_cert_authority_key_id(const pv_cert *cert); /* AKI keyIdentifier; empty: none */

/* Whole extension values (empty: absent): san, name constraints, eku are found in constant time;
 * pv_cert_extension walks the list. */
pv_span pv_cert_san(const pv_cert *cert);
pv_span pv_cert_name_constraints(const pv_cert *cert);
pv_span pv_cert_eku(const pv_cert *cert);
pv_span pv_cert_extension(const pv_cert *cert, uint8_t id);

/* pv_cert_extensions: the cursor for pv_ext_next over all of them; empty: none. */
pv_span pv_cert_extensions(const pv_cert *cert);

/* pv_cert_offset: where `data` lies in the certificate, for a record. PV_NO_OFFSET if outside. */
uint32_t pv_cert_offset(const pv_cert *cert, const uint8_t *data);

#endif
