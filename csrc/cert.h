/* cert.h: reading a parsed view. Spans borrow from the view's DER. */
#ifndef PV_CERT_H
#define PV_CERT_H

#include "ext.h"

/* Key identifiers are hashes or counters; a longer one is no evidence of anything, so that comparing stays
 * cheap. */
#define PV_MAX_KEY_ID 128u

pv_span pv_cert_der(const pv_cert *cert);
pv_span pv_cert_tbs(const pv_cert *cert); /* the signed bytes: TBSCertificate with its header, as received */
pv_span pv_cert_serial(const pv_cert *cert);           /* contents of the INTEGER */
pv_span pv_cert_issuer(const pv_cert *cert);           /* Name with header */
pv_span pv_cert_subject(const pv_cert *cert);          /* Name with header */
pv_span pv_cert_spki(const pv_cert *cert);             /* SubjectPublicKeyInfo with header */
pv_span pv_cert_signature(const pv_cert *cert);        /* octets of the signature */
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
