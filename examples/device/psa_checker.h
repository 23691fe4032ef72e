/* psa_checker.h: signature checks by PSA Crypto (PSA Certified Crypto API 1.0 and later), whoever provides
 * it. */
#ifndef PSA_CHECKER_H
#define PSA_CHECKER_H

#include "pyvalidator.h"

/* ECDSA over the curves and RSA (PKCS #1 v1.5 and PSS) in the sizes that the provider was built with. What it
 * cannot do is PV_SIG_UNSUPPORTED, and so neither good nor bad. psa_crypto_init comes first: before it every
 * answer is PV_SIG_NOT_CHECKED. */
extern const pv_checker psa_checker;

#endif
