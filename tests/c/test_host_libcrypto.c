/* test_host_libcrypto.c: RSA keys of the usual exponent, when parts of libcrypto fail or say no. */
#include "harness.h"
#include "host/libcrypto.c"

#include "host_vectors.h"

static int no_verify(int type, const uint8_t *m, unsigned int m_len, const uint8_t *sig, unsigned int sig_len,
                     void *rsa) {
    (void)type, (void)m, (void)m_len, (void)sig, (void)sig_len, (void)rsa;
    return 0;
}

static int no_pss(void *rsa, const uint8_t *hash, const void *md, const void *mgf, const uint8_t *em,
                  int salt) {
    (void)rsa, (void)hash, (void)md, (void)mgf, (void)em, (void)salt;
    return 0;
}

static int no_product(void *out, const void *a, const void *b, void *mont, void *context) {
    (void)out, (void)a, (void)b, (void)mont, (void)context;
    return 0;
}

static int no_start(void *out, const void *a, void *mont, void *context) {
    (void)out, (void)a, (void)mont, (void)context;
    return 0;
}

static int no_octets(const void *number, uint8_t *out, int len) {
    (void)number, (void)out, (void)len;
    return -1;
}

static int wrong_octets(const void *number, uint8_t *out, int len) {
    (void)number;
    memset(out, 0x5A, (size_t)len);
    return len;
}

static int no_modulus(void *mont, const void *n, void *context) {
    (void)mont, (void)n, (void)context;
    return 0;
}

static int num_started;
static void (*start_it)(void *), (*end_it)(void *);

static void count_start(void *context) {
    num_started++;
    start_it(context);
}

static void count_end(void *context) {
    num_started--;
    end_it(context);
}

static pvh_libcrypto *library(void) {
    const char *why;
    pvh_libcrypto *lib = pvh_libcrypto_open(getenv("PV_LIBCRYPTO"), &why);
    CHECK(lib != NULL && has_montgomery(lib));
    return lib;
}

static int is_rsa_vector(const vector *v) {
    return v->key_alg == PV_KEY_RSA && is_rsa_sig(v->sig_alg);
}

/* With a key of its own each time. */
static uint8_t answer(const pvh_libcrypto *lib, const vector *v) {
    uint8_t modulus[MAX_MODULUS], digest[64];
    pvh_public_key key = {.modulus = modulus};
    const pv_span none = {NULL, 0};
    uint8_t result = pvh_public_key_open(lib, &key, v->key_alg, (pv_span){v->spki, v->spki_len}, none);
    if (result != PV_SIG_GOOD) return result;
    size_t len =
        pvh_libcrypto_hash(lib, digest, pvh_sig_hash(v->sig_alg), (pv_span){message, sizeof message});
    for (int i = 0; i < 2; i++) { /* the second time with what the first one left behind */
        uint8_t again = pvh_public_key_verify(lib, &key, v->sig_alg, (pv_span){v->sig, v->sig_len}, none,
                                              (pv_span){digest, len});
        CHECK(i == 0 || again == result);
        result = again;
    }
    pvh_public_key_close(lib, &key);
    return result;
}

/* What is wanted of good and of bad vectors. */
static void run(pvh_libcrypto *lib, uint8_t good, uint8_t bad) {
    unsigned num = 0;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        if (!is_rsa_vector(&vectors[i])) continue;
        uint8_t got = answer(lib, &vectors[i]), want = vectors[i].want == PV_SIG_GOOD ? good : bad;
        if (vectors[i].want != PV_SIG_GOOD && got == PV_SIG_BAD) continue; /* by its length, or its range */
        CHECK_MSG(got == want, "%s: %d", vectors[i].name, got);
        num++;
    }
    CHECK(num > 10);
    pvh_libcrypto_close(lib);
}

TEST(good_ones_need_no_second_word) {
    pvh_libcrypto *lib = library();
    lib->RSA_verify = no_verify;
    lib->RSA_verify_PKCS1_PSS_mgf1 = no_pss;
    run(lib, PV_SIG_GOOD, PV_SIG_NOT_CHECKED);
}

TEST(bad_ones_have_it) {
    pvh_libcrypto *lib = library();
    lib->BN_bn2binpad = wrong_octets;
    run(lib, PV_SIG_GOOD, PV_SIG_BAD);
}

TEST(failures_are_no_answers) {
    pvh_libcrypto *lib = library();
    lib->BN_mod_mul_montgomery = no_product;
    run(lib, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED);
    lib = library();
    lib->BN_to_montgomery = no_start;
    run(lib, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED);
    lib = library();
    lib->BN_bn2binpad = no_octets;
    run(lib, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED);
    lib = library();
    lib->BN_MONT_CTX_set = no_modulus;
    run(lib, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED);
}

TEST(contexts_are_left_as_they_were) {
    pvh_libcrypto *lib = library();
    start_it = lib->BN_CTX_start;
    end_it = lib->BN_CTX_end;
    lib->BN_CTX_start = count_start;
    lib->BN_CTX_end = count_end;
    run(lib, PV_SIG_GOOD, PV_SIG_BAD);
    CHECK_IS(num_started, 0);
}

TEST(other_exponents_go_the_general_way) {
    const uint8_t three[] = {3}, four[] = {1, 0, 1, 0}, close[] = {1, 0, 3};
    CHECK(is_usual((pv_span){usual_exponent, 3}) && !is_usual((pv_span){three, 1}));
    CHECK(!is_usual((pv_span){four, 4}) && !is_usual((pv_span){close, 3}) && !is_usual((pv_span){NULL, 0}));
}
