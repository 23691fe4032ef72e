/* algorithm.h: AlgorithmIdentifiers and public keys (RFC 3279, 4055, 5480, 5758, 8410): which, how large, fit
 * for use? */
#ifndef PV_ALGORITHM_H
#define PV_ALGORITHM_H

#include "pyvalidator.h"

/* pv_algorithm_signature: which pv_sig_alg an AlgorithmIdentifier (contents of its SEQUENCE) names. PV_OK
 * with PV_SIG_UNKNOWN if well-formed but not known; parameters that the algorithm forbids, or PSS parameters
 * other than hash = MGF hash in {256,384,512}, salt as long as the hash, trailer 1: ALGORITHM_PARAMETERS. */
pv_reason pv_algorithm_signature(pv_span contents, uint8_t *sig_alg, uint32_t *deviations);

typedef struct pv_key_info {
    pv_reason fault; /* PV_OK: a library may be handed this key. Else ALGORITHM_UNKNOWN, KEY_CURVE, KEY_POINT,
                      * KEY_TOO_SMALL (RSA under 2048), KEY_TOO_LARGE (RSA over 8192), KEY_MODULUS (even),
                      * KEY_EXPONENT (not odd, 1, or 2^33 and above), ALGORITHM_PARAMETERS,
                      * ALGORITHM_NOT_ALLOWED (DSA), or der.h's reason if an RSAPublicKey cannot be read */
    uint16_t bits;
    uint8_t alg; /* pv_key_alg */
} pv_key_info;

/* pv_algorithm_key: reads a SubjectPublicKeyInfo at the cursor. A reason other than PV_OK is an encoding
 * fault of the frame; what is wrong with the key itself stands in `info->fault`, because it matters only
 * where the key is used. */
pv_reason pv_algorithm_key(pv_span *in, pv_span *element, pv_key_info *info, uint32_t *deviations);

/* pv_algorithm_key_octets: the subjectPublicKey bits of an accepted SubjectPublicKeyInfo (RSAPublicKey,
 * point, or raw key). */
pv_span pv_algorithm_key_octets(pv_span spki);

/* pv_algorithm_rsa: modulus and exponent (big-endian, no leading zero) of an accepted RSA
 * SubjectPublicKeyInfo. 0: not RSA. */
int pv_algorithm_rsa(pv_span spki, pv_span *modulus, pv_span *exponent);

/* pv_algorithm_fits: whether a key of this kind can make such signatures (an ECDSA hash goes with any of the
 * three curves). */
int pv_algorithm_fits(uint8_t sig_alg, uint8_t key_alg);

/* pv_algorithm_cost: the price of one check in budget units (PV_COST_*). Never 0. */
uint32_t pv_algorithm_cost(uint8_t key_alg, uint16_t key_bits);

#endif
