/* profile.h: rules on one certificate by itself (RFC 5280 section 4, CA/Browser Forum BR 7.1): a table, one
 * row a rule. */
#ifndef PV_PROFILE_H
#define PV_PROFILE_H

#include "budget.h"
#include "cert.h"

/* Where a certificate stands on the path. */
typedef enum pv_role {
    PV_ROLE_TARGET = 1,
    PV_ROLE_INTERMEDIATE = 2,
    PV_ROLE_ANCHOR = 3,
    PV_ROLE_UNCONSTRAINED_TARGET = 4, /* asked once the whole path is known and no CA on it constrains names:
                                         only the rules that wait for that */
} pv_role;

/* What is asked of a certificate. */
typedef struct pv_profile_question {
    const pv_cert *cert;
    uint8_t profile; /* pv_profile */
    uint8_t role;    /* pv_role */
    uint8_t purpose; /* pv_purpose: under WEBPKI, rules on what a server's certificate says hold for servers
                        only */
} pv_profile_question;

/* pv_profile_check: PV_OK, or the first rule that this profile refuses the certificate for; `field` tells the
 * part. Names are read for it, and paid for: BUDGET_NAMES. */
pv_reason pv_profile_check(uint8_t *field, pv_budget *left, const pv_profile_question *question);

/* pv_profile_notes: the rules that this profile only notes. Writes at most max_notes of them; returns how
 * many there are. */
size_t pv_profile_notes(pv_reason *notes, size_t max_notes, const pv_cert *cert, uint8_t profile,
                        uint8_t role);

/* pv_profile_fit: whether the profile lets a key of this kind make such a signature: PV_OK or BR_ECDSA_HASH.
 */
pv_reason pv_profile_fit(uint8_t profile, uint8_t sig_alg, uint8_t key_alg);

/* pv_profile_known: whether this build has the profile. */
int pv_profile_known(uint8_t profile);

/* pv_profile_has_wildcard: whether a target's subjectAltName has a wildcard that only a list of public
 * suffixes can judge. */
int pv_profile_has_wildcard(const pv_cert *cert);

#endif
