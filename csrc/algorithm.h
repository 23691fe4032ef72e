/* algorithm.h: AlgorithmIdentifiers and public keys (RFC 3279, 4055, 5480, 5758, 8410, 9881): which, how
 * large, fit for use? */
#ifndef PV_ALGORITHM_H
#define PV_ALGORITHM_H

#include "pyvalidator.h"

/* pv_algorithm_signature: which pv_sig_alg an AlgorithmIdentifier (contents of its SEQUENCE) names. PV_OK
 * with PV_SIG_UNKNOWN if well-formed but not known; parameters that the algorithm forbids, or PSS parameters
 * other than hash = MGF hash in {256,384,512}, salt as long as the hash, trailer 1: ALGORITHM_PARAMETERS. */
pv_reason pv_algorithm_signature(pv_span contents, uint8_t *sig_alg, uint32_t *deviations);

typedef struct pv_key_info {
    pv_reason
        fault;     /* PV_OK: a library may be handed this key. Else ALGORITHM_UNKNOWN, KEY_CURVE, KEY_POINT,
                    * KEY_TOO_SMALL (RSA under 2048), KEY_TOO_LARGE (RSA over 8192), KEY_MODULUS (even),
                    * KEY_EXPONENT (not odd, 1, or 2^33 and above), KEY_LENGTH (ML-DSA: octets; DSA: y out of
                    * range), ALGORITHM_PARAMETERS, or der.h's reason if an RSAPublicKey or a DSAPublicKey
                    * cannot be read. That DSA is only for policies that list it is path_check.h's rule. */
    uint16_t bits; /* RSA: of the modulus; curves: their size; DSA: of p, 0 if it is inherited; ML-DSA: 0 */
    uint8_t alg;   /* pv_key_alg */
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

/* pv_algorithm_dsa_parameters: the Dss-Parms of an accepted DSA SubjectPublicKeyInfo, with their header.
 * Empty: it inherits them from its issuer (RFC 3279 2.3.2), or they are not good, or it is not DSA. */
pv_span pv_algorithm_dsa_parameters(pv_span spki);

/* pv_algorithm_dsa: what verifies under a DSA SubjectPublicKeyInfo, whole and judged by the rules of
 * pv_algorithm_key, so that a library may be handed it. `inherited` are the issuer's Dss-Parms, with their
 * header (may be empty); they count only where the key has none of its own. */
typedef struct pv_dsa_numbers {
    pv_span p, q, g, y; /* big-endian, no leading zero */
} pv_dsa_numbers;

typedef enum pv_dsa_key {
    PV_DSA_BAD = 0,        /* nobody's key: numbers out of range, or not DSA */
    PV_DSA_GOOD = 1,       /* the numbers hold */
    PV_DSA_INCOMPLETE = 2, /* it inherits its parameters, and there are none */
} pv_dsa_key;
pv_dsa_key pv_algorithm_dsa(pv_span spki, pv_span inherited, pv_dsa_numbers *numbers);

/* pv_algorithm_fits: whether a key of this kind can make such signatures (an ECDSA hash goes with any of the
 * three curves). */
int pv_algorithm_fits(uint8_t sig_alg, uint8_t key_alg);

/* pv_algorithm_cost: the price of one check in budget units (PV_COST_*). Never 0. */
uint32_t pv_algorithm_cost(uint8_t key_alg, uint16_t key_bits);

#endif
