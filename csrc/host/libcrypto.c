#define _GNU_SOURCE /* RTLD_NOLOAD */
#include "host/libcrypto.h"

#include "host/pair.h"

#include "algorithm.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* OpenSSL's types are opaque here: every handle is a void pointer. */

#define MAX_MODULUS     1024u /* octets: RSA 8192 */
#define MAX_PAIR        1024u /* octets: far more than DER needs for P-521; keeps lengths inside int */
#define MAX_DSA         384u  /* octets: p of 3072 bits */
#define DSA_SIGNATURES  (PV_ALG_BIT(PV_SIG_DSA_SHA1) | PV_ALG_BIT(PV_SIG_DSA_SHA256))
#define PKCS1_PADDING   1    /* RSA_PKCS1_PADDING */
#define NO_PADDING      3    /* RSA_NO_PADDING */
#define PSS_PADDING     6    /* RSA_PKCS1_PSS_PADDING */
#define PUBLIC_KEY      0x86 /* EVP_PKEY_PUBLIC_KEY */
#define MIN_VERSION     0x10101000ul
#define NID_P256        415
#define NID_P384        715
#define NID_P521        716
#define NID_ED25519     1087
#define NID_ED448       1088
#define PARAM_UINT      2u /* OSSL_PARAM_UNSIGNED_INTEGER: in the machine's byte order */
#define PARAM_TEXT      4u
#define PARAM_OCTETS    5u
#define PARAM_UNTOUCHED ((size_t) - 1)

typedef struct ossl_param {
    const char *key;
    unsigned int data_type;
    void *data;
    size_t data_size;
    size_t return_size;
} ossl_param;

/* FUNCTION(result, name, arguments). Any may be missing: what each algorithm needs is asked in the has_*
 * below.
 */
#define FUNCTIONS(FUNCTION)                                                                                  \
    FUNCTION(unsigned long, OpenSSL_version_num, (void))                                                     \
    FUNCTION(const char *, OpenSSL_version, (int))                                                           \
    FUNCTION(void, ERR_clear_error, (void))                                                                  \
    FUNCTION(unsigned long, ERR_get_error, (void))                                                           \
    FUNCTION(unsigned long, ERR_peek_error, (void))                                                          \
    FUNCTION(void *, BN_CTX_new, (void))                                                                     \
    FUNCTION(void, BN_CTX_free, (void *))                                                                    \
    FUNCTION(void, BN_CTX_start, (void *))                                                                   \
    FUNCTION(void *, BN_CTX_get, (void *))                                                                   \
    FUNCTION(void, BN_CTX_end, (void *))                                                                     \
    FUNCTION(void *, BN_MONT_CTX_new, (void))                                                                \
    FUNCTION(int, BN_MONT_CTX_set, (void *, const void *, void *))                                           \
    FUNCTION(void, BN_MONT_CTX_free, (void *))                                                               \
    FUNCTION(int, BN_mod_mul_montgomery, (void *, const void *, const void *, void *, void *))               \
    FUNCTION(int, BN_to_montgomery, (void *, const void *, void *, void *))                                  \
    FUNCTION(int, BN_bn2binpad, (const void *, uint8_t *, int))                                              \
    FUNCTION(void *, BN_bin2bn, (const uint8_t *, int, void *))                                              \
    FUNCTION(void, BN_free, (void *))                                                                        \
    FUNCTION(void *, RSA_new, (void))                                                                        \
    FUNCTION(void, RSA_free, (void *))                                                                       \
    FUNCTION(int, RSA_set0_key, (void *, void *, void *, void *))                                            \
    FUNCTION(int, RSA_public_decrypt, (int, const uint8_t *, uint8_t *, void *, int))                        \
    FUNCTION(int, RSA_verify, (int, const uint8_t *, unsigned int, const uint8_t *, unsigned int, void *))   \
    FUNCTION(int, RSA_verify_PKCS1_PSS_mgf1,                                                                 \
             (void *, const uint8_t *, const void *, const void *, const uint8_t *, int))                    \
    FUNCTION(void *, EC_GROUP_new_by_curve_name, (int))                                                      \
    FUNCTION(void, EC_GROUP_free, (void *))                                                                  \
    FUNCTION(void *, EC_KEY_new, (void))                                                                     \
    FUNCTION(void, EC_KEY_free, (void *))                                                                    \
    FUNCTION(int, EC_KEY_set_group, (void *, const void *))                                                  \
    FUNCTION(int, EC_KEY_oct2key, (void *, const uint8_t *, size_t, void *))                                 \
    FUNCTION(const void *, EC_KEY_get0_public_key, (const void *))                                           \
    FUNCTION(int, EC_POINT_is_on_curve, (const void *, const void *, void *))                                \
    FUNCTION(int, ECDSA_verify, (int, const uint8_t *, int, const uint8_t *, int, void *))                   \
    FUNCTION(void *, DSA_new, (void))                                                                        \
    FUNCTION(void, DSA_free, (void *))                                                                       \
    FUNCTION(int, DSA_set0_pqg, (void *, void *, void *, void *))                                            \
    FUNCTION(int, DSA_set0_key, (void *, void *, void *))                                                    \
    FUNCTION(int, DSA_verify, (int, const uint8_t *, int, const uint8_t *, int, void *))                     \
    FUNCTION(void *, EVP_PKEY_new_raw_public_key, (int, void *, const uint8_t *, size_t))                    \
    FUNCTION(void *, EVP_PKEY_new_raw_public_key_ex,                                                         \
             (void *, const char *, const char *, const uint8_t *, size_t))                                  \
    FUNCTION(void, EVP_PKEY_free, (void *))                                                                  \
    FUNCTION(void *, EVP_MD_CTX_new, (void))                                                                 \
    FUNCTION(void, EVP_MD_CTX_free, (void *))                                                                \
    FUNCTION(int, EVP_DigestVerifyInit, (void *, void **, const void *, void *, void *))                     \
    FUNCTION(int, EVP_DigestVerify, (void *, const uint8_t *, size_t, const uint8_t *, size_t))              \
    FUNCTION(void *, EVP_PKEY_CTX_new, (void *, void *))                                                     \
    FUNCTION(void *, EVP_PKEY_CTX_new_from_name, (void *, const char *, const char *))                       \
    FUNCTION(void, EVP_PKEY_CTX_free, (void *))                                                              \
    FUNCTION(int, EVP_PKEY_fromdata_init, (void *))                                                          \
    FUNCTION(int, EVP_PKEY_fromdata, (void *, void **, int, ossl_param *))                                   \
    FUNCTION(int, EVP_PKEY_verify_init, (void *))                                                            \
    FUNCTION(int, EVP_PKEY_verify, (void *, const uint8_t *, size_t, const uint8_t *, size_t))               \
    FUNCTION(int, EVP_PKEY_verify_recover_init, (void *))                                                    \
    FUNCTION(int, EVP_PKEY_verify_recover, (void *, uint8_t *, size_t *, const uint8_t *, size_t))           \
    FUNCTION(int, EVP_PKEY_CTX_set_rsa_padding, (void *, int))                                               \
    FUNCTION(int, EVP_PKEY_CTX_set_signature_md, (void *, const void *))                                     \
    FUNCTION(int, EVP_PKEY_CTX_set_rsa_pss_saltlen, (void *, int))                                           \
    FUNCTION(int, EVP_DigestInit_ex, (void *, const void *, void *))                                         \
    FUNCTION(int, EVP_DigestUpdate, (void *, const void *, size_t))                                          \
    FUNCTION(int, EVP_DigestFinal_ex, (void *, uint8_t *, unsigned int *))

/* One hash: the low-level functions (no heap, no fetching: about a fifth faster than EVP_Digest), and its EVP
 * name. */
typedef struct hash_functions {
    int (*init)(void *state);
    int (*update)(void *state, const void *data, size_t len);
    int (*final)(uint8_t *out, void *state);
    const void *(*evp)(void);
} hash_functions;

#define NUM_HASHES 5u /* by pv_digest_alg */
#define NUM_CURVES 3u
#define NUM_SPARES 4u

struct pvh_libcrypto {
#define FUNCTION(result, name, arguments) result(*name) arguments;
    FUNCTIONS(FUNCTION)
#undef FUNCTION
    hash_functions hashes[NUM_HASHES];
    void *curves[NUM_CURVES]; /* EC_GROUP templates: copying one is cheaper than naming it each time */
    _Atomic(void *) spare_keys[NUM_CURVES][NUM_SPARES]; /* EC_KEYs with their group, to be given a point */
    _Atomic(void *) spare_contexts[NUM_SPARES];         /* BN_CTXs */
    uint32_t algorithms;
    int checks_points; /* EC_KEY_oct2key refuses a point that is not on its curve */
    int is_doubting;   /* pvh_libcrypto_doubt */
};

/* --- Hashes -----------------------------------------------------------------------------------------------
 */

pv_digest_alg pvh_sig_hash(uint8_t sig_alg) {
    switch (sig_alg) {
    case PV_SIG_RSA_PKCS1_SHA256:
    case PV_SIG_RSA_PSS_SHA256:
    case PV_SIG_ECDSA_SHA256:
    case PV_SIG_DSA_SHA256: return PV_DIGEST_SHA256;
    case PV_SIG_RSA_PKCS1_SHA384:
    case PV_SIG_RSA_PSS_SHA384:
    case PV_SIG_ECDSA_SHA384: return PV_DIGEST_SHA384;
    case PV_SIG_RSA_PKCS1_SHA512:
    case PV_SIG_RSA_PSS_SHA512:
    case PV_SIG_ECDSA_SHA512: return PV_DIGEST_SHA512;
    case PV_SIG_RSA_PKCS1_SHA1:
    case PV_SIG_ECDSA_SHA1:
    case PV_SIG_DSA_SHA1: return PV_DIGEST_SHA1;
    default: return PV_DIGEST_NONE;
    }
}

size_t pvh_digest_len(pv_digest_alg alg) {
    static const uint8_t lens[NUM_HASHES] = {0, 20, 32, 48, 64};
    return (unsigned)alg < NUM_HASHES ? lens[alg] : 0;
}

static int has_direct(const hash_functions *hash) {
    return hash->init && hash->update && hash->final;
}

static int has_hash(const pvh_libcrypto *lib, pv_digest_alg alg) {
    const hash_functions *hash = &lib->hashes[alg];
    return has_direct(hash) || (hash->evp && lib->EVP_MD_CTX_new && lib->EVP_MD_CTX_free &&
                                lib->EVP_DigestInit_ex && lib->EVP_DigestUpdate && lib->EVP_DigestFinal_ex);
}

static int hash_begin(const pvh_libcrypto *lib, void *state, const hash_functions *hash) {
    if (has_direct(hash)) return hash->init(state);
    void *ctx = lib->EVP_MD_CTX_new();
    if (ctx && lib->EVP_DigestInit_ex(ctx, hash->evp(), NULL) == 1) {
        memcpy(state, &ctx, sizeof ctx);
        return 1;
    }
    lib->EVP_MD_CTX_free(ctx);
    return 0;
}

static void *hash_ctx(const void *state) {
    void *ctx;
    memcpy(&ctx, state, sizeof ctx);
    return ctx;
}

static int hash_update(const pvh_libcrypto *lib, void *state, const hash_functions *hash, pv_span data) {
    if (data.len == 0) return 1;
    if (has_direct(hash)) return hash->update(state, data.data, data.len);
    return lib->EVP_DigestUpdate(hash_ctx(state), data.data, data.len);
}

static int hash_finish(const pvh_libcrypto *lib, void *state, uint8_t *out, const hash_functions *hash) {
    if (has_direct(hash)) return hash->final(out, state);
    void *ctx = hash_ctx(state);
    int done = lib->EVP_DigestFinal_ex(ctx, out, NULL);
    lib->EVP_MD_CTX_free(ctx);
    return done;
}

size_t pvh_libcrypto_digest(const pvh_libcrypto *lib, void *state, uint8_t *out, pv_digest_step step,
                            pv_digest_alg alg, pv_span data) {
    size_t len = pvh_digest_len(alg);
    if (len == 0 || !has_hash(lib, alg)) return 0;
    const hash_functions *hash = &lib->hashes[alg];
    int done = 0;
    switch (step) {
    case PV_DIGEST_BEGIN: done = hash_begin(lib, state, hash); break;
    case PV_DIGEST_UPDATE: done = hash_update(lib, state, hash, data); break;
    case PV_DIGEST_FINISH: done = hash_finish(lib, state, out, hash); break;
    }
    return done == 1 ? len : 0;
}

/* Two spans, so that MGF1 and PSS need not copy. */
static size_t hash_two(const pvh_libcrypto *lib, uint8_t *out, pv_digest_alg alg, pv_span a, pv_span b) {
    uint64_t state[PV_DIGEST_STATE / sizeof(uint64_t)];
    const pv_span none = {NULL, 0};
    if (pvh_libcrypto_digest(lib, state, out, PV_DIGEST_BEGIN, alg, none) == 0) return 0;
    size_t done = pvh_libcrypto_digest(lib, state, out, PV_DIGEST_UPDATE, alg, a);
    if (done) done = pvh_libcrypto_digest(lib, state, out, PV_DIGEST_UPDATE, alg, b);
    size_t len = pvh_libcrypto_digest(lib, state, out, PV_DIGEST_FINISH, alg, none);
    return done ? len : 0;
}

size_t pvh_libcrypto_hash(const pvh_libcrypto *lib, uint8_t *out, pv_digest_alg alg, pv_span data) {
    const pv_span none = {NULL, 0};
    return hash_two(lib, out, alg, data, none);
}

/* --- Errors -----------------------------------------------------------------------------------------------
 */

/* Asking whether there is one costs far less than emptying an empty queue. */
static void clear_errors(const pvh_libcrypto *lib) {
    if (!lib->ERR_peek_error || lib->ERR_peek_error() != 0) lib->ERR_clear_error();
}

void pvh_libcrypto_clear_errors(const pvh_libcrypto *lib) {
    clear_errors(lib);
}

#define SEEN_FAILURE                                                                                         \
    1u                   /* no memory, an internal fault, something not found: nothing is known of the input \
                          */
#define SEEN_POINT    2u /* a point that is not on its curve */
#define SEEN_MISSING  4u /* the algorithm is not there */
#define SEEN_REFUSED  8u /* RSA: the signature is not what it should be */
#define SEEN_INFINITY 16u /* an ECDSA signature whose sum of points is infinity */
#define LIB_RSA       4u
#define LIB_EC        16u
#define LIB_EVP       6u
#define LIB_CRYPTO    15u
#define REASON_FATAL3 0x40000u /* ERR_RFLAG_FATAL (3.x) */
#define REASON_COMMON 0x80000u /* ERR_RFLAG_COMMON (3.x) */

/* The reasons with which RSA_verify and RSA_verify_PKCS1_PSS_mgf1 refuse (rsaerr.h): header, padding, block
 * type, length, digest, first and last octet, salt. */
static int is_rsa_refusal(unsigned long reason) {
    static const uint8_t refusals[] = {100, 102, 103, 104, 106, 108, 109, 112, 113,
                                       114, 119, 132, 133, 134, 135, 136, 137, 138};
    for (size_t i = 0; i < sizeof refusals; i++)
        if (reason == refusals[i]) return 1;
    return 0;
}

/* 3.x: ERR_R_UNSUPPORTED 268, EVP_R_UNSUPPORTED_ALGORITHM 156, ERR_R_FETCH_FAILED 269; 1.1.1: the common
 * reasons have bit 6 (ERR_R_FATAL: malloc 65, internal 68). EC: not on curve 107, coordinate out of range
 * 102, 146; at infinity 106. */
static unsigned error_class(int is3, unsigned long error) {
    unsigned long lib = (error >> (is3 ? 23 : 24)) & 0xFFu;
    unsigned long reason = error & (is3 ? 0x7FFFFFu : 0xFFFu);
    unsigned long plain = reason & 0xFFFu;
    if (lib == LIB_EC && (reason == 107 || reason == 102 || reason == 146)) return SEEN_POINT;
    if (lib == LIB_EC && reason == 106) return SEEN_INFINITY;
    if (lib == LIB_RSA && is_rsa_refusal(reason)) return SEEN_REFUSED;
    if (lib == LIB_EVP && reason == 156) return SEEN_MISSING;
    if (!is3) return reason >= 64 && reason < 100 ? SEEN_FAILURE : 0;
    if (reason & REASON_COMMON && (plain == 268 || plain == 269)) return SEEN_MISSING;
    return reason & REASON_FATAL3 || lib == LIB_CRYPTO ? SEEN_FAILURE : 0;
}

/* Empties the queue and says what was in it. */
static unsigned errors_seen(const pvh_libcrypto *lib) {
    int is3 = lib->OpenSSL_version_num() >= 0x30000000ul;
    unsigned seen = 0;
    for (int i = 0; i < 32; i++) { /* the queue has room for 16 */
        unsigned long error = lib->ERR_get_error();
        if (error == 0) break;
        seen |= error_class(is3, error);
    }
    clear_errors(lib);
    return seen;
}

/* --- Keys --------------------------------------------------------------------------------------------------
 */

static int is_rsa(uint8_t key_alg) {
    return key_alg >= PV_KEY_RSA && key_alg <= PV_KEY_RSA_PSS;
}

static int is_ec(uint8_t key_alg) {
    return key_alg >= PV_KEY_P256 && key_alg <= PV_KEY_P521;
}

/* Keys that are their octets, and sign the message itself (RFC 8410, 9881). Those with a name came later than
 * the numbers, and are asked for by it. */
typedef struct raw_kind {
    uint8_t key_alg, sig_alg;
    uint16_t key_len, sig_len;
    int nid;
    const char *name;
} raw_kind;

static const raw_kind *raw_kind_of(uint8_t key_alg) {
    static const raw_kind kinds[] = {
        {PV_KEY_ED25519, PV_SIG_ED25519, 32, 64, NID_ED25519, NULL},
        {PV_KEY_ED448, PV_SIG_ED448, 57, 114, NID_ED448, NULL},
        {PV_KEY_ML_DSA_44, PV_SIG_ML_DSA_44, 1312, 2420, 0, "ML-DSA-44"},
        {PV_KEY_ML_DSA_65, PV_SIG_ML_DSA_65, 1952, 3309, 0, "ML-DSA-65"},
        {PV_KEY_ML_DSA_87, PV_SIG_ML_DSA_87, 2592, 4627, 0, "ML-DSA-87"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].key_alg == key_alg) return &kinds[i];
    return NULL;
}

static int has_direct_rsa(const pvh_libcrypto *lib) {
    return lib->BN_bin2bn && lib->BN_free && lib->RSA_new && lib->RSA_free && lib->RSA_set0_key &&
           lib->RSA_public_decrypt && lib->RSA_verify && lib->RSA_verify_PKCS1_PSS_mgf1;
}

static int has_direct_ec(const pvh_libcrypto *lib) {
    return lib->EC_GROUP_new_by_curve_name && lib->EC_GROUP_free && lib->EC_KEY_new && lib->EC_KEY_free &&
           lib->EC_KEY_set_group && lib->EC_KEY_oct2key && lib->EC_KEY_get0_public_key &&
           lib->EC_POINT_is_on_curve && lib->ECDSA_verify;
}

static int has_direct_dsa(const pvh_libcrypto *lib) {
    return lib->BN_bin2bn && lib->BN_free && lib->DSA_new && lib->DSA_free && lib->DSA_set0_pqg &&
           lib->DSA_set0_key && lib->DSA_verify;
}

static int has_fromdata(const pvh_libcrypto *lib) {
    return lib->EVP_PKEY_CTX_new_from_name && lib->EVP_PKEY_CTX_new && lib->EVP_PKEY_CTX_free &&
           lib->EVP_PKEY_fromdata_init && lib->EVP_PKEY_fromdata && lib->EVP_PKEY_free &&
           lib->EVP_PKEY_verify_init && lib->EVP_PKEY_verify && lib->EVP_PKEY_verify_recover_init &&
           lib->EVP_PKEY_verify_recover && lib->EVP_PKEY_CTX_set_rsa_padding &&
           lib->EVP_PKEY_CTX_set_signature_md && lib->EVP_PKEY_CTX_set_rsa_pss_saltlen;
}

static int has_raw(const pvh_libcrypto *lib, const raw_kind *kind) {
    int has_new =
        kind->name ? lib->EVP_PKEY_new_raw_public_key_ex != NULL : lib->EVP_PKEY_new_raw_public_key != NULL;
    return has_new && lib->EVP_PKEY_free && lib->EVP_MD_CTX_new && lib->EVP_MD_CTX_free &&
           lib->EVP_DigestVerifyInit && lib->EVP_DigestVerify;
}

/* --- Spares: what is dear to make and may be used again; each is in one place only, so no thread waits. */

static void *take_spare(_Atomic(void *) *spares) {
    for (unsigned i = 0; i < NUM_SPARES; i++) {
        if (!atomic_load_explicit(&spares[i], memory_order_relaxed)) continue;
        void *found = atomic_exchange_explicit(&spares[i], NULL, memory_order_acquire);
        if (found) return found;
    }
    return NULL;
}

/* 0: there is no room. */
static int give_spare(_Atomic(void *) *spares, void *spare) {
    for (unsigned i = 0; i < NUM_SPARES; i++) {
        void *expected = NULL;
        if (atomic_compare_exchange_strong_explicit(&spares[i], &expected, spare, memory_order_release,
                                                    memory_order_relaxed))
            return 1;
    }
    return 0;
}

/* NULL: there is none. Functions of libcrypto's that get none make their own. */
static void *take_context(const pvh_libcrypto *lib) {
    void *context = take_spare(((pvh_libcrypto *)lib)->spare_contexts);
    return context || !lib->BN_CTX_new || !lib->BN_CTX_free ? context : lib->BN_CTX_new();
}

static void give_context(const pvh_libcrypto *lib, void *context) {
    if (context && !give_spare(((pvh_libcrypto *)lib)->spare_contexts, context)) lib->BN_CTX_free(context);
}

/* --- RSA keys: of the usual exponent their number for Montgomery's multiplication is enough */

static int has_montgomery(const pvh_libcrypto *lib) {
    return lib->BN_CTX_new && lib->BN_CTX_free && lib->BN_CTX_start && lib->BN_CTX_get && lib->BN_CTX_end &&
           lib->BN_MONT_CTX_new && lib->BN_MONT_CTX_set && lib->BN_MONT_CTX_free &&
           lib->BN_mod_mul_montgomery && lib->BN_to_montgomery && lib->BN_bn2binpad;
}

static const uint8_t usual_exponent[] = {1, 0, 1}; /* 2^16 + 1 */

static int is_usual(pv_span exponent) {
    return exponent.len == sizeof usual_exponent && memcmp(exponent.data, usual_exponent, exponent.len) == 0;
}

static void *montgomery_of(const pvh_libcrypto *lib, pv_span modulus) {
    void *context = take_context(lib), *n = lib->BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    void *mont = context && n ? lib->BN_MONT_CTX_new() : NULL;
    if (mont && lib->BN_MONT_CTX_set(mont, n, context) != 1) {
        lib->BN_MONT_CTX_free(mont);
        mont = NULL;
    }
    lib->BN_free(n);
    give_context(lib, context);
    return mont;
}

static void *rsa_direct(const pvh_libcrypto *lib, pv_span modulus, pv_span exponent) {
    void *n = lib->BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    void *e = lib->BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    void *rsa = n && e ? lib->RSA_new() : NULL;
    if (rsa && lib->RSA_set0_key(rsa, n, e, NULL) == 1) return rsa; /* it owns n and e now */
    lib->RSA_free(rsa);
    lib->BN_free(n);
    lib->BN_free(e);
    return NULL;
}

/* The generic constructor, for builds without the direct ones. */
static void *pkey_from_params(const pvh_libcrypto *lib, const char *type, ossl_param *params) {
    void *pkey = NULL;
    void *ctx = lib->EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx && lib->EVP_PKEY_fromdata_init(ctx) == 1) lib->EVP_PKEY_fromdata(ctx, &pkey, PUBLIC_KEY, params);
    lib->EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* Parameters of integers are in the machine's byte order. */
static ossl_param param_uint(const char *name, uint8_t *room, pv_span big_endian) {
    const uint16_t probe = 1;
    int little = *(const uint8_t *)&probe;
    for (size_t i = 0; i < big_endian.len; i++)
        room[i] = big_endian.data[little ? big_endian.len - 1 - i : i];
    return (ossl_param){name, PARAM_UINT, room, big_endian.len, PARAM_UNTOUCHED};
}

static void *rsa_fromdata(const pvh_libcrypto *lib, pv_span modulus, pv_span exponent) {
    uint8_t n[MAX_MODULUS], e[16];
    if (exponent.len > sizeof e) return NULL;
    ossl_param params[] = {param_uint("n", n, modulus), param_uint("e", e, exponent), {0}};
    return pkey_from_params(lib, "RSA", params);
}

static uint8_t open_rsa(const pvh_libcrypto *lib, pvh_public_key *key, pv_span spki) {
    pv_span n, e;
    if (!pv_algorithm_rsa(spki, &n, &e) || n.len == 0 || n.len > MAX_MODULUS || n.data[0] == 0)
        return PV_SIG_UNSUPPORTED;
    if (has_direct_rsa(lib) && has_montgomery(lib) && is_usual(e))
        key->mont = montgomery_of(lib, n);
    else if (has_direct_rsa(lib))
        key->rsa = rsa_direct(lib, n, e);
    else if (has_fromdata(lib))
        key->pkey = rsa_fromdata(lib, n, e);
    else
        return PV_SIG_UNSUPPORTED;
    memcpy(key->modulus, n.data, n.len);
    key->modulus_len = (uint16_t)n.len;
    return key->mont || key->rsa || key->pkey ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED;
}

/* --- Curves */

/* Giving an EC_KEY its group copies the group, which costs more than all else. So keys that are done with are
 * kept, a few of each curve, and given their next point: EC_KEY_oct2key puts it in the place of the last. */
static _Atomic(void *) *spare_keys(const pvh_libcrypto *lib, uint8_t alg) {
    return ((pvh_libcrypto *)lib)->spare_keys[alg - PV_KEY_P256];
}

static void *take_ec_key(const pvh_libcrypto *lib, uint8_t alg, const void *group) {
    void *ec = take_spare(spare_keys(lib, alg));
    if (ec) return ec;
    ec = lib->EC_KEY_new();
    if (ec && lib->EC_KEY_set_group(ec, group) == 1) return ec;
    lib->EC_KEY_free(ec);
    return NULL;
}

static void give_ec_key(const pvh_libcrypto *lib, uint8_t alg, void *ec) {
    if (!give_spare(spare_keys(lib, alg), ec)) lib->EC_KEY_free(ec);
}

static int set_point(const pvh_libcrypto *lib, void *ec, pv_span point) {
    void *context = take_context(lib);
    int done = lib->EC_KEY_oct2key(ec, point.data, point.len, context);
    give_context(lib, context);
    return done == 1;
}

static int is_on_curve(const pvh_libcrypto *lib, const void *group, const void *ec) {
    if (lib->checks_points) return 1;
    return lib->EC_POINT_is_on_curve(group, lib->EC_KEY_get0_public_key(ec), NULL);
}

/* A point off its curve can verify nothing, whoever asks: BAD (SEC 1 3.2.2.1). Anything else that goes wrong
 * is the library's. A key that did not take its point is not used again. */
static uint8_t open_ec_direct(const pvh_libcrypto *lib, pvh_public_key *key, const void *group,
                              pv_span point) {
    void *ec = take_ec_key(lib, key->alg, group);
    uint8_t result = PV_SIG_NOT_CHECKED;
    clear_errors(lib);
    if (ec && set_point(lib, ec, point)) {
        int on_curve = is_on_curve(lib, group, ec);
        result = on_curve == 1 ? PV_SIG_GOOD : on_curve == 0 ? PV_SIG_BAD : PV_SIG_NOT_CHECKED;
    } else if (ec && errors_seen(lib) == SEEN_POINT) {
        result = PV_SIG_BAD;
    }
    if (result == PV_SIG_GOOD)
        key->ec = ec;
    else
        lib->EC_KEY_free(ec);
    return result;
}

static uint8_t open_ec_fromdata(const pvh_libcrypto *lib, pvh_public_key *key, pv_span point) {
    static const char names[NUM_CURVES][6] = {"P-256", "P-384", "P-521"};
    char name[6];
    uint8_t room[160];
    if (point.len > sizeof room) return PV_SIG_BAD;
    memcpy(name, names[key->alg - PV_KEY_P256], sizeof name);
    memcpy(room, point.data, point.len);
    ossl_param params[] = {{"group", PARAM_TEXT, name, 5, PARAM_UNTOUCHED},
                           {"pub", PARAM_OCTETS, room, point.len, PARAM_UNTOUCHED},
                           {0}};
    clear_errors(lib);
    key->pkey = pkey_from_params(lib, "EC", params);
    if (key->pkey) return PV_SIG_GOOD;
    unsigned seen = errors_seen(lib);
    if (seen & SEEN_FAILURE) return PV_SIG_NOT_CHECKED;
    return seen & SEEN_POINT ? PV_SIG_BAD : seen & SEEN_MISSING ? PV_SIG_UNSUPPORTED : PV_SIG_NOT_CHECKED;
}

/* Octets of one coordinate. */
static size_t coordinate_len(uint8_t key_alg) {
    return key_alg == PV_KEY_P256 ? 32 : key_alg == PV_KEY_P384 ? 48 : 66;
}

static uint8_t open_ec(const pvh_libcrypto *lib, pvh_public_key *key, pv_span spki) {
    pv_span point = pv_algorithm_key_octets(spki);
    key->order_len = (uint16_t)coordinate_len(key->alg);
    if (point.len != 1 + 2 * coordinate_len(key->alg) || point.data[0] != 4) return PV_SIG_BAD;
    const void *group = lib->curves[key->alg - PV_KEY_P256];
    if (has_direct_ec(lib) && group) return open_ec_direct(lib, key, group, point);
    return has_fromdata(lib) ? open_ec_fromdata(lib, key, point) : PV_SIG_UNSUPPORTED;
}

static void *number_of(const pvh_libcrypto *lib, pv_span big_endian) {
    return lib->BN_bin2bn(big_endian.data, (int)big_endian.len, NULL);
}

/* The two setters take what they are given, all of it or nothing. */
static void *dsa_direct(const pvh_libcrypto *lib, const pv_dsa_numbers *numbers) {
    void *p = number_of(lib, numbers->p), *q = number_of(lib, numbers->q);
    void *g = number_of(lib, numbers->g), *y = number_of(lib, numbers->y);
    void *dsa = p && q && g && y ? lib->DSA_new() : NULL;
    if (dsa && lib->DSA_set0_pqg(dsa, p, q, g) == 1) {
        p = q = g = NULL;
        if (lib->DSA_set0_key(dsa, y, NULL) == 1) return dsa;
    }
    lib->DSA_free(dsa);
    lib->BN_free(p);
    lib->BN_free(q);
    lib->BN_free(g);
    lib->BN_free(y);
    return NULL;
}

static void *dsa_fromdata(const pvh_libcrypto *lib, const pv_dsa_numbers *numbers) {
    uint8_t p[MAX_DSA], q[MAX_DSA], g[MAX_DSA], y[MAX_DSA];
    ossl_param params[] = {param_uint("p", p, numbers->p),
                           param_uint("q", q, numbers->q),
                           param_uint("g", g, numbers->g),
                           param_uint("pub", y, numbers->y),
                           {0}};
    return pkey_from_params(lib, "DSA", params);
}

/* The numbers were judged: none is longer than p, and p not longer than MAX_DSA. Making a key of them is no
 * arithmetic, so what goes wrong is the library's. */
static uint8_t open_dsa(const pvh_libcrypto *lib, pvh_public_key *key, pv_span spki, pv_span parameters) {
    pv_dsa_numbers numbers;
    pv_dsa_key judged = pv_algorithm_dsa(spki, parameters, &numbers);
    if (judged == PV_DSA_INCOMPLETE || !(lib->algorithms & DSA_SIGNATURES)) return PV_SIG_UNSUPPORTED;
    if (judged != PV_DSA_GOOD || numbers.p.len > MAX_DSA) return PV_SIG_BAD;
    key->order_len = (uint16_t)numbers.q.len;
    if (has_direct_dsa(lib))
        key->dsa = dsa_direct(lib, &numbers);
    else
        key->pkey = dsa_fromdata(lib, &numbers);
    return key->dsa || key->pkey ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED;
}

static uint8_t open_raw(const pvh_libcrypto *lib, pvh_public_key *key, const raw_kind *kind,
                        const uint8_t *raw) {
    clear_errors(lib);
    key->pkey = kind->name ? lib->EVP_PKEY_new_raw_public_key_ex(NULL, kind->name, NULL, raw, kind->key_len)
                           : lib->EVP_PKEY_new_raw_public_key(kind->nid, NULL, raw, kind->key_len);
    if (key->pkey) return PV_SIG_GOOD;
    unsigned seen = errors_seen(lib);
    return seen == SEEN_MISSING ? PV_SIG_UNSUPPORTED : PV_SIG_NOT_CHECKED;
}

static uint8_t open_raw_spki(const pvh_libcrypto *lib, pvh_public_key *key, const raw_kind *kind,
                             pv_span spki) {
    pv_span raw = pv_algorithm_key_octets(spki);
    if (!(lib->algorithms & PV_ALG_BIT(kind->sig_alg))) return PV_SIG_UNSUPPORTED;
    return raw.len == kind->key_len ? open_raw(lib, key, kind, raw.data) : PV_SIG_BAD;
}

uint8_t pvh_public_key_open(const pvh_libcrypto *lib, pvh_public_key *key, uint8_t key_alg, pv_span spki,
                            pv_span parameters) {
    uint8_t result = PV_SIG_UNSUPPORTED;
    const raw_kind *kind = raw_kind_of(key_alg);
    key->mont = key->rsa = key->ec = key->dsa = key->pkey = NULL;
    atomic_init(&key->whole, NULL);
    key->modulus_len = key->order_len = 0;
    key->alg = key_alg;
    if (is_rsa(key_alg)) result = open_rsa(lib, key, spki);
    if (is_ec(key_alg)) result = open_ec(lib, key, spki);
    if (key_alg == PV_KEY_DSA) result = open_dsa(lib, key, spki, parameters);
    if (kind) result = open_raw_spki(lib, key, kind, spki);
    if (result != PV_SIG_GOOD) pvh_public_key_close(lib, key);
    return result;
}

void pvh_public_key_close(const pvh_libcrypto *lib, pvh_public_key *key) {
    void *whole = atomic_exchange_explicit(&key->whole, NULL, memory_order_acquire);
    if (key->mont) lib->BN_MONT_CTX_free(key->mont);
    if (whole) lib->RSA_free(whole);
    if (key->rsa) lib->RSA_free(key->rsa);
    if (key->ec) give_ec_key(lib, key->alg, key->ec);
    if (key->dsa) lib->DSA_free(key->dsa);
    if (key->pkey) lib->EVP_PKEY_free(key->pkey);
    key->mont = key->rsa = key->ec = key->dsa = key->pkey = NULL;
}

/* --- RSA (RFC 8017) ----------------------------------------------------------------------------------------
 *
 * libcrypto does the modular multiplications, or all of the power; the paddings are compared here. So a
 * failure of the library and a bad signature can be told apart, which RSA_verify does not. What is bad by
 * that comparison is asked again of libcrypto's own verification, whose word holds: only bad signatures pay
 * for both. */

/* s^(2^16 + 1) mod n: to Montgomery's form, 16 squarings, and s itself as the last factor, whose form is the
 * usual one, as is the product's then (Montgomery 1985). Two multiplications less than the general power, and
 * nothing of a key's general parts. What comes out is below n, as the comparison wants it. */
static int usual_power(const pvh_libcrypto *lib, void *context, const pvh_public_key *key, uint8_t *out,
                       pv_span signature) {
    void *s = lib->BN_CTX_get(context), *power = lib->BN_CTX_get(context);
    if (!s || !power || !lib->BN_bin2bn(signature.data, (int)signature.len, s)) return 0;
    if (lib->BN_to_montgomery(power, s, key->mont, context) != 1) return 0;
    for (int i = 0; i < 16; i++)
        if (lib->BN_mod_mul_montgomery(power, power, power, key->mont, context) != 1) return 0;
    return lib->BN_mod_mul_montgomery(power, power, s, key->mont, context) == 1 &&
           lib->BN_bn2binpad(power, out, key->modulus_len) == key->modulus_len;
}

static int recover_usual(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t *out,
                         pv_span signature) {
    void *context = take_context(lib);
    if (!context) return 0;
    lib->BN_CTX_start(context);
    int done = usual_power(lib, context, key, out, signature);
    lib->BN_CTX_end(context);
    give_context(lib, context);
    return done;
}

/* RSAVP1 (5.2.2): `out` gets as many octets as the modulus has. The caller checked that s < n. */
static int rsa_recover(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t *out, pv_span signature) {
    int len = key->modulus_len;
    if (key->mont) return recover_usual(lib, key, out, signature);
    if (key->rsa) return lib->RSA_public_decrypt(len, signature.data, out, key->rsa, NO_PADDING) == len;
    size_t out_len = MAX_MODULUS;
    void *ctx = lib->EVP_PKEY_CTX_new(key->pkey, NULL);
    int done = ctx && lib->EVP_PKEY_verify_recover_init(ctx) == 1 &&
               lib->EVP_PKEY_CTX_set_rsa_padding(ctx, NO_PADDING) == 1 &&
               lib->EVP_PKEY_verify_recover(ctx, out, &out_len, signature.data, signature.len) == 1;
    lib->EVP_PKEY_CTX_free(ctx);
    return done && out_len == key->modulus_len;
}

/* DigestInfo up to the hash value (9.2, note 1): the OID's last octets and the lengths differ. */
static size_t digest_info(uint8_t *out, pv_digest_alg alg) {
    static const uint8_t sha1[] = {0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 20};
    static const uint8_t sha2[] = {0x30, 0, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1,
                                   0x65, 3, 4,    2,  0, 5, 0,    4,    0};
    if (alg == PV_DIGEST_SHA1) {
        memcpy(out, sha1, sizeof sha1);
        return sizeof sha1;
    }
    memcpy(out, sha2, sizeof sha2);
    out[1] = (uint8_t)(17 + pvh_digest_len(alg));
    out[14] = (uint8_t)(alg - PV_DIGEST_SHA256 + 1); /* 2.16.840.1.101.3.4.2.{1,2,3} */
    out[18] = (uint8_t)pvh_digest_len(alg);
    return sizeof sha2;
}

/* RSASSA-PKCS1-v1_5 (8.2.2): the one encoding that is right is built and compared whole. */
static uint8_t check_pkcs1(const uint8_t *em, size_t em_len, pv_digest_alg alg, pv_span digest) {
    uint8_t expected[MAX_MODULUS], info[32];
    size_t info_len = digest_info(info, alg), tail = info_len + digest.len;
    if (em_len < tail + 11) return PV_SIG_BAD;
    memset(expected, 0xFF, em_len);
    expected[0] = 0;
    expected[1] = 1;
    expected[em_len - tail - 1] = 0;
    memcpy(expected + em_len - tail, info, info_len);
    memcpy(expected + em_len - digest.len, digest.data, digest.len);
    return memcmp(expected, em, em_len) == 0 ? PV_SIG_GOOD : PV_SIG_BAD;
}

/* MGF1 (B.2.1), added onto `mask` bit by bit. */
static int mgf1_xor(const pvh_libcrypto *lib, uint8_t *mask, size_t mask_len, pv_digest_alg alg,
                    pv_span seed) {
    uint8_t block[64];
    for (size_t at = 0, counter = 0; at < mask_len; counter++) {
        const uint8_t number[4] = {0, 0, (uint8_t)(counter >> 8), (uint8_t)counter};
        size_t len = hash_two(lib, block, alg, seed, (pv_span){number, 4});
        if (len == 0) return 0;
        for (size_t i = 0; i < len && at < mask_len; i++)
            mask[at++] ^= block[i];
    }
    return 1;
}

/* EMSA-PSS-VERIFY steps 12 to 14: H' over eight zeros, the digest and the salt. */
static uint8_t check_pss_hash(const pvh_libcrypto *lib, pv_digest_alg alg, pv_span digest, pv_span salt,
                              const uint8_t *h) {
    uint8_t start[8 + 64] = {0}, again[64];
    memcpy(start + 8, digest.data, digest.len);
    if (hash_two(lib, again, alg, (pv_span){start, 8 + digest.len}, salt) == 0) return PV_SIG_NOT_CHECKED;
    return memcmp(again, h, digest.len) == 0 ? PV_SIG_GOOD : PV_SIG_BAD;
}

/* EMSA-PSS-VERIFY (9.1.2) with MGF1 over the same hash and a salt as long as the hash. `em` has em_len
 * octets, of which the first `spare` bits must be zero. */
static uint8_t check_pss_encoded(const pvh_libcrypto *lib, uint8_t *em, size_t em_len, unsigned spare,
                                 pv_digest_alg alg, pv_span digest) {
    size_t len = digest.len;
    if (em_len < 2 * len + 2 || em[em_len - 1] != 0xBC) return PV_SIG_BAD;
    size_t db_len = em_len - len - 1, pad_len = db_len - len - 1;
    uint8_t *db = em, top = (uint8_t)(0xFFu >> spare);
    const uint8_t *h = em + db_len;
    if (db[0] & ~top) return PV_SIG_BAD;
    if (!mgf1_xor(lib, db, db_len, alg, (pv_span){h, len})) return PV_SIG_NOT_CHECKED;
    db[0] &= top;
    for (size_t i = 0; i < pad_len; i++)
        if (db[i] != 0) return PV_SIG_BAD;
    if (db[pad_len] != 1) return PV_SIG_BAD;
    return check_pss_hash(lib, alg, digest, (pv_span){db + pad_len + 1, len}, h);
}

/* The encoded message has one bit less than the modulus (8.1.2 step 2c), so it may lack the first octet. */
static uint8_t check_pss(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t *em, pv_digest_alg alg,
                         pv_span digest) {
    size_t em_len = key->modulus_len;
    unsigned top_bits = 0;
    for (unsigned top = key->modulus[0]; top; top >>= 1)
        top_bits++;
    if (top_bits > 1) return check_pss_encoded(lib, em, em_len, 9 - top_bits, alg, digest);
    return em[0] == 0 ? check_pss_encoded(lib, em + 1, em_len - 1, 0, alg, digest) : PV_SIG_BAD;
}

static int is_pss(uint8_t sig_alg) {
    return sig_alg >= PV_SIG_RSA_PSS_SHA256 && sig_alg <= PV_SIG_RSA_PSS_SHA512;
}

static uint8_t compare_rsa(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                           pv_span signature, pv_span digest) {
    uint8_t em[MAX_MODULUS];
    pv_digest_alg alg = pvh_sig_hash(sig_alg);
    if (!rsa_recover(lib, key, em, signature)) return PV_SIG_NOT_CHECKED;
    return is_pss(sig_alg) ? check_pss(lib, key, em, alg, digest)
                           : check_pkcs1(em, signature.len, alg, digest);
}

static int ask_rsa_direct(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                          pv_span signature, pv_span digest) {
    static const int nids[NUM_HASHES] = {0, 64, 672, 673, 674};
    pv_digest_alg alg = pvh_sig_hash(sig_alg);
    if (!is_pss(sig_alg))
        return lib->RSA_verify(nids[alg], digest.data, (unsigned int)digest.len, signature.data,
                               (unsigned int)signature.len, key->rsa);
    uint8_t em[MAX_MODULUS];
    const void *md = lib->hashes[alg].evp ? lib->hashes[alg].evp() : NULL;
    if (!md || !rsa_recover(lib, key, em, signature)) return -1;
    return lib->RSA_verify_PKCS1_PSS_mgf1(key->rsa, digest.data, md, md, em, (int)digest.len);
}

/* MGF1's hash is the signature's unless another is named. */
static int ask_rsa_pkey(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                        pv_span signature, pv_span digest) {
    pv_digest_alg alg = pvh_sig_hash(sig_alg);
    int padding = is_pss(sig_alg) ? PSS_PADDING : PKCS1_PADDING, result = -1;
    const void *md = lib->hashes[alg].evp ? lib->hashes[alg].evp() : NULL;
    void *ctx = md ? lib->EVP_PKEY_CTX_new(key->pkey, NULL) : NULL;
    if (ctx && lib->EVP_PKEY_verify_init(ctx) == 1 && lib->EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
        lib->EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
        (!is_pss(sig_alg) || lib->EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)digest.len) == 1))
        result = lib->EVP_PKEY_verify(ctx, signature.data, signature.len, digest.data, digest.len);
    lib->EVP_PKEY_CTX_free(ctx);
    return result;
}

/* 0 is said of a bad signature and of lack of memory; only the first leaves a refusal in the queue, and
 * nothing beside it. */
static uint8_t ask_rsa_whole(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                             pv_span signature, pv_span digest) {
    clear_errors(lib);
    int result = key->rsa ? ask_rsa_direct(lib, key, sig_alg, signature, digest)
                          : ask_rsa_pkey(lib, key, sig_alg, signature, digest);
    if (result == 1) return PV_SIG_GOOD;
    return errors_seen(lib) == SEEN_REFUSED && result == 0 ? PV_SIG_BAD : PV_SIG_NOT_CHECKED;
}

/* The key that libcrypto verifies with by itself, made when it is first needed: for every forgery anew it
 * would cost half as much again. Of two that threads make at once the first stays. */
static void *whole_rsa(const pvh_libcrypto *lib, const pvh_public_key *key) {
    _Atomic(void *) *place = (_Atomic(void *) *)&key->whole;
    void *found = atomic_load_explicit(place, memory_order_acquire), *first = NULL;
    if (found || !has_direct_rsa(lib)) return found;
    found = rsa_direct(lib, (pv_span){key->modulus, key->modulus_len},
                       (pv_span){usual_exponent, sizeof usual_exponent});
    if (!found || atomic_compare_exchange_strong_explicit(place, &first, found, memory_order_acq_rel,
                                                          memory_order_acquire))
        return found;
    lib->RSA_free(found);
    return first;
}

static uint8_t ask_rsa(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                       pv_span signature, pv_span digest) {
    if (!key->mont) return ask_rsa_whole(lib, key, sig_alg, signature, digest);
    pvh_public_key whole = {.rsa = whole_rsa(lib, key),
                            .alg = key->alg,
                            .modulus = key->modulus,
                            .modulus_len = key->modulus_len};
    return whole.rsa ? ask_rsa_whole(lib, &whole, sig_alg, signature, digest) : PV_SIG_NOT_CHECKED;
}

/* Length and range come before any arithmetic (8.1.2 and 8.2.2 step 1; 5.2.2 step 1). libcrypto itself takes
 * a PSS signature whose leading zeros were cut off; RFC 8017 does not. */
static uint8_t verify_rsa(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                          pv_span signature, pv_span digest) {
    if (signature.len != key->modulus_len || memcmp(signature.data, key->modulus, signature.len) >= 0)
        return PV_SIG_BAD;
    uint8_t result = compare_rsa(lib, key, sig_alg, signature, digest);
    if (result == PV_SIG_BAD || (lib->is_doubting && result == PV_SIG_GOOD))
        return ask_rsa(lib, key, sig_alg, signature, digest);
    return result;
}

/* --- ECDSA and DSA -----------------------------------------------------------------------------------------
 */

static int is_zero(pv_span number) {
    return number.len == 1 && number.data[0] == 0;
}

/* Two positive numbers of at most so many octets. */
static int is_pair(pv_span sig, size_t max) {
    pv_span numbers[2];
    if (sig.len < 8 || sig.len > 150 || !pvh_read_pair(numbers, sig, max)) return 0;
    return !is_zero(numbers[0]) && !is_zero(numbers[1]);
}

static int pair_pkey(const pvh_libcrypto *lib, const pvh_public_key *key, pv_span sig, pv_span digest) {
    void *ctx = lib->EVP_PKEY_CTX_new(key->pkey, NULL);
    int result = -1;
    if (ctx && lib->EVP_PKEY_verify_init(ctx) == 1)
        result = lib->EVP_PKEY_verify(ctx, sig.data, sig.len, digest.data, digest.len);
    lib->EVP_PKEY_CTX_free(ctx);
    return result;
}

static int ask_pair(const pvh_libcrypto *lib, const pvh_public_key *key, pv_span sig, pv_span digest) {
    int digest_len = (int)digest.len, sig_len = (int)sig.len;
    if (key->ec) return lib->ECDSA_verify(0, digest.data, digest_len, sig.data, sig_len, key->ec);
    if (key->dsa) return lib->DSA_verify(0, digest.data, digest_len, sig.data, sig_len, key->dsa);
    return pair_pkey(lib, key, sig, digest);
}

/* libcrypto is asked in any case. It says -1 of what it cannot read and of its own failure; the form tells
 * which: BAD then needs that both refuse and that nothing failed. */
/* libcrypto says "failed" of a well-formed signature. One thing of the input's making does that: a sum at
 * infinity, which is no valid signature (SEC 1 4.1.4). Asked again with an empty queue, so that no older
 * error speaks. */
static uint8_t why_pair_failed(const pvh_libcrypto *lib, const pvh_public_key *key, pv_span sig,
                               pv_span digest) {
    clear_errors(lib);
    if (ask_pair(lib, key, sig, digest) >= 0) return PV_SIG_NOT_CHECKED;
    return errors_seen(lib) == SEEN_INFINITY ? PV_SIG_BAD : PV_SIG_NOT_CHECKED;
}

static uint8_t verify_pair(const pvh_libcrypto *lib, const pvh_public_key *key, pv_span sig, pv_span digest) {
    int is_formed = is_pair(sig, key->order_len);
    if (sig.len > MAX_PAIR) return PV_SIG_BAD;
    if (!is_formed) clear_errors(lib);
    int result = ask_pair(lib, key, sig, digest);
    if (result == 1) return PV_SIG_GOOD;
    if (result != 0 && is_formed) return why_pair_failed(lib, key, sig, digest);
    if (result == 0) return PV_SIG_BAD;
    return errors_seen(lib) & (SEEN_FAILURE | SEEN_MISSING) ? PV_SIG_NOT_CHECKED : PV_SIG_BAD;
}

/* --- EdDSA and ML-DSA --------------------------------------------------------------------------------------
 */

/* EVP_DigestVerify's answer; what its error queue says of memory or of missing parts makes it -1. */
static int raw_pkey(const pvh_libcrypto *lib, const pvh_public_key *key, pv_span sig, pv_span message) {
    int result = -1;
    clear_errors(lib);
    void *ctx = lib->EVP_MD_CTX_new();
    if (ctx && lib->EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1)
        result = lib->EVP_DigestVerify(ctx, sig.data, sig.len, message.data, message.len);
    lib->EVP_MD_CTX_free(ctx);
    if (result != 0) return result;
    return errors_seen(lib) & (SEEN_FAILURE | SEEN_MISSING) ? -1 : 0;
}

/* libcrypto says 0 too, without an error, when it had no memory for its hash. So a 0 is asked about again:
 * lack of memory that lasts then fails in the open, and lack that has passed no longer matters. Only bad
 * signatures pay. */
static uint8_t verify_raw(const pvh_libcrypto *lib, const pvh_public_key *key, const raw_kind *kind,
                          pv_span sig, pv_span message) {
    if (sig.len != kind->sig_len) return PV_SIG_BAD;
    int result = raw_pkey(lib, key, sig, message);
    if (result == 0) result = raw_pkey(lib, key, sig, message);
    return result == 1 ? PV_SIG_GOOD : result == 0 ? PV_SIG_BAD : PV_SIG_NOT_CHECKED;
}

static int is_rsa_sig(uint8_t sig_alg) {
    return (sig_alg >= PV_SIG_RSA_PKCS1_SHA256 && sig_alg <= PV_SIG_RSA_PSS_SHA512) ||
           sig_alg == PV_SIG_RSA_PKCS1_SHA1;
}

static int is_ecdsa_sig(uint8_t sig_alg) {
    return (sig_alg >= PV_SIG_ECDSA_SHA256 && sig_alg <= PV_SIG_ECDSA_SHA512) || sig_alg == PV_SIG_ECDSA_SHA1;
}

static int is_dsa_sig(uint8_t sig_alg) {
    return sig_alg == PV_SIG_DSA_SHA1 || sig_alg == PV_SIG_DSA_SHA256;
}

uint8_t pvh_public_key_verify(const pvh_libcrypto *lib, const pvh_public_key *key, uint8_t sig_alg,
                              pv_span signature, pv_span message, pv_span digest) {
    if (signature.len == 0) return PV_SIG_BAD;
    if (is_rsa_sig(sig_alg) && is_rsa(key->alg)) return verify_rsa(lib, key, sig_alg, signature, digest);
    if ((is_ecdsa_sig(sig_alg) && is_ec(key->alg)) || (is_dsa_sig(sig_alg) && key->alg == PV_KEY_DSA))
        return verify_pair(lib, key, signature, digest);
    const raw_kind *kind = raw_kind_of(key->alg);
    return kind && kind->sig_alg == sig_alg ? verify_raw(lib, key, kind, signature, message)
                                            : PV_SIG_UNSUPPORTED;
}

/* --- Loading ----------------------------------------------------------------------------------------------
 */

/* ISO C has no cast from an object pointer to a function's; POSIX promises that the bytes are the same. */
static void load(void *handle, const char *name, void *function) {
    void *symbol = dlsym(handle, name);
    memcpy(function, &symbol, sizeof symbol);
}

static void load_hash(void *handle, hash_functions *hash, const char *const names[4]) {
    load(handle, names[0], &hash->init);
    load(handle, names[1], &hash->update);
    load(handle, names[2], &hash->final);
    load(handle, names[3], &hash->evp);
}

static void load_all(void *handle, pvh_libcrypto *lib) {
    static const char *const hashes[NUM_HASHES][4] = {
        {NULL},
        {"SHA1_Init", "SHA1_Update", "SHA1_Final", "EVP_sha1"},
        {"SHA256_Init", "SHA256_Update", "SHA256_Final", "EVP_sha256"},
        {"SHA384_Init", "SHA384_Update", "SHA384_Final", "EVP_sha384"},
        {"SHA512_Init", "SHA512_Update", "SHA512_Final", "EVP_sha512"},
    };
#define FUNCTION(result, name, arguments) load(handle, #name, &lib->name);
    FUNCTIONS(FUNCTION)
#undef FUNCTION
    for (unsigned i = 1; i < NUM_HASHES; i++)
        load_hash(handle, &lib->hashes[i], hashes[i]);
}

/* The library that others in this process use already, so that there are not two; else the system's newest.
 */
static void *find(const char *path) {
    static const char *const names[] = {"libcrypto.so.4", "libcrypto.so.3", "libcrypto.so.1.1",
                                        "libcrypto.so"};
    const size_t num = sizeof names / sizeof names[0];
    void *handle = NULL;
    if (path) return *path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    for (size_t i = 0; i < num && !handle; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    for (size_t i = 0; i < num && !handle; i++)
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return handle;
}

/* LibreSSL, BoringSSL and others have the same function names with other types behind them. */
static const char *unfit(const pvh_libcrypto *lib) {
    if (!lib->OpenSSL_version_num || !lib->OpenSSL_version || !lib->ERR_clear_error || !lib->ERR_get_error)
        return "this is no libcrypto of OpenSSL 1.1.1 or later";
    const char *version = lib->OpenSSL_version(0);
    if (!version || strncmp(version, "OpenSSL ", 8) != 0 || strstr(version, "compatible"))
        return "this libcrypto is not OpenSSL's";
    return lib->OpenSSL_version_num() < MIN_VERSION ? "this libcrypto is older than OpenSSL 1.1.1" : NULL;
}

/* Whether points are checked where they are read, as all versions since 1.1.1 do: (1, 1) is on none of the
 * curves. Else each is checked once more. */
static int knows_bad_points(const pvh_libcrypto *lib) {
    uint8_t point[1 + 2 * 66] = {4};
    for (uint8_t alg = PV_KEY_P256; alg <= PV_KEY_P521; alg++) {
        size_t len = coordinate_len(alg);
        const void *group = lib->curves[alg - PV_KEY_P256];
        void *ec = group ? take_ec_key(lib, alg, group) : NULL;
        memset(point + 1, 0, 2 * len);
        point[len] = point[2 * len] = 1;
        clear_errors(lib);
        int taken = ec && lib->EC_KEY_oct2key(ec, point, 1 + 2 * len, NULL) == 1;
        if (ec) lib->EC_KEY_free(ec);
        if (group && (taken || errors_seen(lib) != SEEN_POINT)) return 0; /* or it failed for another cause */
    }
    return 1;
}

static void open_curves(pvh_libcrypto *lib) {
    static const int nids[NUM_CURVES] = {NID_P256, NID_P384, NID_P521};
    for (unsigned i = 0; i < NUM_CURVES && has_direct_ec(lib); i++)
        lib->curves[i] = lib->EC_GROUP_new_by_curve_name(nids[i]);
    lib->checks_points = knows_bad_points(lib);
    clear_errors(lib);
}

static void close_curves(pvh_libcrypto *lib) {
    for (unsigned i = 0; i < NUM_CURVES; i++) {
        for (void *ec; (ec = take_spare(lib->spare_keys[i])) != NULL;)
            lib->EC_KEY_free(ec);
        if (lib->curves[i]) lib->EC_GROUP_free(lib->curves[i]);
        lib->curves[i] = NULL;
    }
    for (void *context; (context = take_spare(lib->spare_contexts)) != NULL;)
        lib->BN_CTX_free(context);
}

static int can_verify_raw(const pvh_libcrypto *lib, const pvh_public_key *key) {
    void *ctx = lib->EVP_MD_CTX_new();
    int can = ctx && lib->EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key->pkey) == 1;
    lib->EVP_MD_CTX_free(ctx);
    return can;
}

/* Whether raw keys of this kind can be made and verify: versions and builds may lack it. 1 is the neutral
 * element's encoding (RFC 8032 5.1.2, 5.2.2); of ML-DSA every string of the right length is a key (FIPS 204
 * 7.2, algorithm 23). */
static int knows_raw(const pvh_libcrypto *lib, const raw_kind *kind) {
    uint8_t some_key[2592] = {1};
    pvh_public_key key = {.alg = kind->key_alg};
    if (!has_raw(lib, kind)) return 0;
    int known = open_raw(lib, &key, kind, some_key) == PV_SIG_GOOD && can_verify_raw(lib, &key);
    pvh_public_key_close(lib, &key);
    return known;
}

/* Builds may lack DSA. */
static int knows_dsa(const pvh_libcrypto *lib) {
    if (has_direct_dsa(lib)) return 1;
    void *ctx = has_fromdata(lib) ? lib->EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL) : NULL;
    int known = ctx && lib->EVP_PKEY_fromdata_init(ctx) == 1;
    if (ctx) lib->EVP_PKEY_CTX_free(ctx);
    return known;
}

/* Algorithms over a hash: those whose hash is there. */
static uint32_t probe_hashed(const pvh_libcrypto *lib) {
    uint32_t algorithms = 0;
    int rsa = has_direct_rsa(lib) || has_fromdata(lib);
    int ec = (has_direct_ec(lib) && lib->curves[0]) || has_fromdata(lib), dsa = knows_dsa(lib);
    for (uint8_t alg = PV_SIG_UNKNOWN; alg <= PV_SIG_MAX; alg++) {
        pv_digest_alg hash = pvh_sig_hash(alg);
        if (hash == PV_DIGEST_NONE || !has_hash(lib, hash)) continue;
        if ((is_rsa_sig(alg) && rsa) || (is_ecdsa_sig(alg) && ec) || (is_dsa_sig(alg) && dsa))
            algorithms |= PV_ALG_BIT(alg);
    }
    return algorithms;
}

static uint32_t probe_algorithms(const pvh_libcrypto *lib) {
    uint32_t algorithms = probe_hashed(lib);
    for (uint8_t alg = PV_KEY_ED25519; alg <= PV_KEY_ML_DSA_87; alg++) {
        const raw_kind *kind = raw_kind_of(alg);
        if (kind && knows_raw(lib, kind)) algorithms |= PV_ALG_BIT(kind->sig_alg);
    }
    clear_errors(lib);
    return algorithms;
}

/* Without SHA-256 and one kind of key there is nothing to build on. */
static const char *set_up(pvh_libcrypto *lib) {
    const char *why = unfit(lib);
    if (why) return why;
    open_curves(lib);
    lib->algorithms = probe_algorithms(lib);
    return lib->algorithms & PV_ALG_BIT(PV_SIG_ECDSA_SHA256) ||
                   lib->algorithms & PV_ALG_BIT(PV_SIG_RSA_PKCS1_SHA256)
               ? NULL
               : "this libcrypto can check neither RSA nor ECDSA";
}

pvh_libcrypto *pvh_libcrypto_open(const char *path, const char **why) {
    void *handle = find(path);
    pvh_libcrypto *lib = handle ? calloc(1, sizeof *lib) : NULL;
    *why = !handle ? "no libcrypto was found" : "no memory";
    if (lib) {
        load_all(handle, lib);
        *why = set_up(lib);
    }
    if (lib && !*why) return lib;
    pvh_libcrypto_close(lib);
    if (handle) dlclose(handle);
    return NULL;
}

/* The library stays loaded: its thread-local state outlives us. */
void pvh_libcrypto_close(pvh_libcrypto *lib) {
    if (!lib) return;
    close_curves(lib);
    free(lib);
}

void pvh_libcrypto_drop_direct(pvh_libcrypto *lib) {
    close_curves(lib);
    lib->RSA_new = NULL;
    lib->EC_KEY_new = NULL;
    lib->DSA_new = NULL;
    for (unsigned i = 1; i < NUM_HASHES; i++)
        lib->hashes[i].init = NULL;
    lib->algorithms = probe_algorithms(lib);
}

void pvh_libcrypto_doubt(pvh_libcrypto *lib) {
    lib->is_doubting = 1;
}

const char *pvh_libcrypto_version(const pvh_libcrypto *lib) {
    return lib->OpenSSL_version(0);
}

uint32_t pvh_libcrypto_algorithms(const pvh_libcrypto *lib) {
    return lib->algorithms;
}
