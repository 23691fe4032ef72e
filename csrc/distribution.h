/* distribution.h: whether a CRL speaks of a certificate, and of which reasons: distribution points against
 * the CRL's issuer and issuingDistributionPoint (RFC 5280 6.3.3 (b), (d)). */
#ifndef PV_DISTRIBUTION_H
#define PV_DISTRIBUTION_H

#include "cert.h"
#include "crl.h"

typedef struct pv_scope {
    uint16_t reasons;   /* those that the CRL covers of this certificate; 0: it does not speak of it */
    uint8_t is_related; /* its issuer is the certificate's, or one that the certificate names for its CRLs */
} pv_scope;

/* pv_distribution_scope: PV_OK; EXTENSION_MALFORMED if the certificate's distribution points cannot be read
 * (then nothing speaks of it); BUDGET_NAMES (each comparison and each walk along a list 1, and 1 for each 32
 * octets compared or read; those of directoryNames count twice when they are compared). */
pv_reason pv_distribution_scope(pv_scope *out, pv_budget *left, const pv_crl *crl, const pv_cert *cert);

#endif
