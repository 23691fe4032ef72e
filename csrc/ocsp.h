/* ocsp.h: OCSP responses (RFC 6960 4.2, 9654): DER to views. No judgement, no hashing. */
#ifndef PV_OCSP_H
#define PV_OCSP_H

#include "pyvalidator.h"

/* No response above this size is read, and none with more certificates in it. */
#define PV_MAX_OCSP       0x100000u
#define PV_MAX_OCSP_CERTS 1024u

/* pv_ocsp_tbs: tbsResponseData with its header, the signed bytes. pv_ocsp_signature: the bit string's octets.
 */
pv_span pv_ocsp_tbs(const pv_ocsp *ocsp);
pv_span pv_ocsp_signature(const pv_ocsp *ocsp);

/* pv_ocsp_responder: responderID: the Name with its header (byName), or the key hash's octets; `by_key` says
 * which. */
pv_span pv_ocsp_responder(const pv_ocsp *ocsp, int *by_key);

/* pv_ocsp_certs: the cursor over the certificates in it; pv_ocsp_cert_next takes the next element, header
 * included. */
pv_span pv_ocsp_certs(const pv_ocsp *ocsp);
pv_reason pv_ocsp_cert_next(pv_span *cursor, pv_span *der);

/* pv_ocsp_offset: where `at` stands in the response's DER; PV_NO_OFFSET if outside. */
uint32_t pv_ocsp_offset(const pv_ocsp *ocsp, const uint8_t *at);

typedef enum pv_ocsp_status { PV_OCSP_GOOD = 0, PV_OCSP_REVOKED = 1, PV_OCSP_UNKNOWN = 2 } pv_ocsp_status;

/* One SingleResponse. */
typedef struct pv_ocsp_single {
    const uint8_t *at; /* its first byte */
    pv_span name_hash; /* CertID (4.1.1) */
    pv_span key_hash;
    pv_span serial; /* INTEGER contents as they stand */
    int64_t this_update;
    int64_t next_update; /* if has_next_update */
    int64_t revoked_at;  /* if REVOKED */
    uint8_t digest_alg;  /* pv_digest_alg of the CertID; PV_DIGEST_NONE: one that is not known */
    uint8_t has_next_update;
    uint8_t status;      /* pv_ocsp_status */
    uint8_t reason;      /* pv_crl_reason of crl.h, 0 if absent */
    uint8_t is_critical; /* a critical singleExtension is not known */
} pv_ocsp_single;

/* pv_ocsp_singles: the cursor over the responses; pv_ocsp_single_next reads one. The view's parser has read
 * them all. A critical extension of one response makes that one unusable (is_critical), of the whole
 * pv_ocsp.unusable. */
pv_span pv_ocsp_singles(const pv_ocsp *ocsp);
pv_reason pv_ocsp_single_next(pv_span *cursor, pv_ocsp_single *out);

#endif
