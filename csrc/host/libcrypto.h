/* libcrypto.h: OpenSSL's libcrypto (1.1.1, 3.x, 4.x) found at run time. No header of OpenSSL is needed: what
 * is called is declared here and in libcrypto.c. Knows keys, digests and signatures; nothing of jobs or
 * caches. */
#ifndef PV_HOST_LIBCRYPTO_H
#define PV_HOST_LIBCRYPTO_H

#include "pyvalidator.h"

#include <stdatomic.h>

typedef struct pvh_libcrypto pvh_libcrypto;

/* pvh_libcrypto_open: see pvh_engine_libcrypto. The library itself stays loaded; the table is freed by
 * pvh_libcrypto_close. */
pvh_libcrypto *pvh_libcrypto_open(const char *path, const char **why);
void pvh_libcrypto_close(pvh_libcrypto *lib);
const char *pvh_libcrypto_version(const pvh_libcrypto *lib);
uint32_t pvh_libcrypto_algorithms(const pvh_libcrypto *lib);

/* pvh_libcrypto_drop_direct forgets the direct constructors and the low-level hashes, as a build without
 * deprecated functions would: for the tests of what then remains. */
void pvh_libcrypto_drop_direct(pvh_libcrypto *lib);

/* pvh_libcrypto_doubt takes every good RSA signature for a bad one until libcrypto itself was asked: for the
 * tests of that second asking. */
void pvh_libcrypto_doubt(pvh_libcrypto *lib);

/* A public key: one of the five handles is set. */
typedef struct pvh_public_key {
    void *mont; /* RSA of the exponent 2^16 + 1: the modulus, ready to multiply by (BN_MONT_CTX); */
    _Atomic(void *) whole; /* and its RSA, once libcrypto was asked for its own word */
    void *rsa;
    void *ec;
    void *dsa;
    void *pkey;
    uint8_t alg;          /* pv_key_alg */
    uint16_t modulus_len; /* RSA: octets of the modulus */
    uint16_t order_len;   /* EC, DSA: octets of the group's order at most */
    uint8_t *modulus;     /* RSA: big-endian, no leading zero; the owner's */
} pvh_public_key;

/* pvh_public_key_open returns PV_SIG_GOOD if the key is ready; else as pvh_key_new's `why`. `key->modulus`
 * has room for an RSA key's modulus. `parameters`: see pv_job. */
uint8_t pvh_public_key_open(const pvh_libcrypto *lib, pvh_public_key *key, uint8_t key_alg, pv_span spki,
                            pv_span parameters);
void pvh_public_key_close(const pvh_libcrypto *lib, pvh_public_key *key);

/* pvh_public_key_verify: a pv_sig_result for a signature over `digest`, or over `message` where the algorithm
 * hashes by itself (Ed25519, Ed448, ML-DSA). */
uint8_t pvh_public_key_verify(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                              pv_span signature, pv_span message, pv_span digest);

/* pvh_libcrypto_hash: one shot; the length, 0: failed. pvh_libcrypto_digest: the seam's `digest`. */
size_t pvh_libcrypto_hash(const pvh_libcrypto *lib, uint8_t *out, pv_digest_alg alg, pv_span data);
size_t pvh_libcrypto_digest(const pvh_libcrypto *lib, void *state, uint8_t *out, pv_digest_step step,
                            pv_digest_alg alg, pv_span data);
void pvh_libcrypto_clear_errors(const pvh_libcrypto *lib);

/* pvh_sig_hash: the hash that a signature algorithm signs; PV_DIGEST_NONE if it signs the message itself or
 * is not one of ours. pvh_digest_len: its octets. */
pv_digest_alg pvh_sig_hash(uint8_t sig_alg);
size_t pvh_digest_len(pv_digest_alg alg);

#endif
