/* revocation.h: whether the certificates of a path are revoked: RFC 5280 6.3 (CRLs), RFC 6960 (OCSP).
 *
 * It judges a path whose signatures hold, with the evidence of the request, from scratch each time it is
 * asked. What it has to know of signatures and of signers' paths it asks the search; what is not known yet
 * the search notes down, finds out, and then asks for the judgement again. So nothing is kept here between
 * two askings.
 *
 * Deviations from RFC 5280 6.3.3, all towards refusing: every CRL and response at hand is looked at, not only
 * as many as are needed, and one that says "revoked" decides; a permanent revocation counts also on a CRL
 * past its nextUpdate, and on a delta CRL without its complete CRL. Nothing is fetched: (a) is the caller's.
 */
#ifndef PV_REVOCATION_H
#define PV_REVOCATION_H

#include "path_check.h"

/* What a signer's certificate is wanted for. */
typedef enum pv_signer_use {
    PV_SIGNER_OF_CRLS = 0,   /* a path to the anchor (RFC 5280 6.3.3 (f)) */
    PV_SIGNER_OF_OCSP = 1,   /* and OCSP signing as its purpose (RFC 6960 4.2.2.2) */
    PV_SIGNER_TO_REVOKE = 2, /* a bit beside them: its word would revoke, so it need not be known that it is
                              * not revoked itself; that it is still counts */
} pv_signer_use;

/* What the search knows. */
typedef enum pv_known {
    PV_KNOWN_NOT = 0, /* nothing yet: it was noted down */
    PV_KNOWN_GOOD = 1,
    PV_KNOWN_BAD = 2,
    PV_KNOWN_UNSUPPORTED = 3, /* nobody here can check it; of a signer: it hangs on others too deeply */
    PV_KNOWN_FAILED = 4,      /* the engine failed on it: no word, and no trust over it */
} pv_known;

typedef struct pv_proofs {
    void *ctx;
    /* Whether the CRL, response or certificate `child` is signed by the key of `issuer`. */
    pv_known (*edge)(void *ctx, pv_node child, pv_node issuer);
    /* Whether the certificate `node` has a valid path to the path's anchor. */
    pv_known (*signer)(void *ctx, pv_node node, uint8_t use);
} pv_proofs;

typedef struct pv_revocation_case {
    const pv_rules *rules;
    const pv_checker *checker; /* for the hashes in OCSP's CertIDs */
    pv_request *request;       /* certificates, pool, evidence; and the log */
    const pv_path *path;
    const pv_node *nodes; /* of the path's certificates */
    pv_node anchor;
    pv_proofs proofs;
    uint8_t exempt_target; /* the target asserts id-pkix-ocsp-nocheck for this use (RFC 6960 4.2.2.2.1) */
    uint8_t log;           /* write what evidence told nothing, and which entry decides */
    uint8_t depth;         /* out: the certificate that a reason other than PV_OK speaks of */
    uint32_t uncovered;    /* out: as pv_verdict.uncovered */
    uint32_t odd_crls;     /* out: as pv_verdict.odd_crls */
} pv_revocation_case;

/* pv_revocation_is_built_in: whether this build can judge by these sources (PV_SOURCE_*). */
int pv_revocation_is_built_in(uint8_t sources);

/* pv_revocation_check: PV_OK: none is revoked, as far as the policy asks. UNCHECKED: something is to be found
 * out first. REVOKED; REVOCATION_UNKNOWN; SIGNATURE_NOT_CHECKED (the engine failed on evidence);
 * REVOCATION_UNSUPPORTED (not built in); or a budget's reason: each CRL and response looked at, each
 * candidate for a CRL's signer and each digest cost a step, names, look-ups and octets hashed their own. */
pv_reason pv_revocation_check(pv_revocation_case *c);

#endif
