/* test_psa_checker.c: what psa_checker.c makes of signatures, right and odd, and of a provider that fails:
 * run on this machine by `make test-checker`. */
#include "cases.h"
#include "cert.h"
#include "harness.h"
#include "psa_checker.h"

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/platform.h>
#include <psa/crypto.h>

static uint8_t heap[32768];
static pv_cert leaf, issuer;

/* See main.c. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length) {
    (void)context;
    memset(output, 0, output_size);
    *output_length = 0;
    return PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static void start(void) {
    pv_fault fault;
    mbedtls_memory_buffer_alloc_init(heap, sizeof heap);
    CHECK_IS(psa_crypto_init(), PSA_SUCCESS);
    CHECK_IS(pv_cert_parse(&leaf, &fault, device_cases[0].chain[0]), PV_OK);
    CHECK_IS(pv_cert_parse(&issuer, &fault, device_cases[0].chain[1]), PV_OK);
}

static void stop(void) {
    mbedtls_psa_crypto_free();
}

/* The first case's leaf under its intermediate: P-256. */
static pv_job good_job(void) {
    pv_job job = {0};
    job.message = pv_cert_tbs(&leaf);
    job.signature = pv_cert_signature(&leaf);
    job.spki = pv_cert_spki(&issuer);
    job.sig_alg = leaf.sig_alg;
    job.key_alg = issuer.key_alg;
    return job;
}

static uint8_t result_of(pv_job job) {
    psa_checker.check(psa_checker.ctx, &job, 1);
    return job.result;
}

static uint8_t with_signature(pv_span signature) {
    pv_job job = good_job();
    job.signature = signature;
    return result_of(job);
}

static pv_span changed(pv_span bytes, size_t at) {
    pv_span copy = JOIN(bytes);
    ((uint8_t *)(uintptr_t)copy.data)[at] ^= 1;
    return copy;
}

TEST(a_signature_that_holds) {
    start();
    CHECK_IS(result_of(good_job()), PV_SIG_GOOD);
    stop();
}

TEST(what_was_changed_does_not_hold) {
    start();
    pv_job job = good_job();
    CHECK_IS(with_signature(changed(job.signature, job.signature.len - 1)), PV_SIG_BAD);
    job.message = changed(job.message, job.message.len - 1);
    CHECK_IS(result_of(job), PV_SIG_BAD);
    stop();
}

/* r and s of the good signature, as INTEGERs. */
static void numbers(pv_span *r, pv_span *s) {
    pv_span sig = pv_cert_signature(&leaf);
    size_t r_len = 2u + sig.data[3];
    *r = (pv_span){sig.data + 2, r_len};
    *s = (pv_span){sig.data + 2 + r_len, sig.len - 2 - r_len};
}

/* Other encodings of the same two numbers are other signatures (X.690 8.3.2, 10.1), as with any other
 * checker. */
TEST(signatures_in_odd_encodings) {
    start();
    pv_span r, s;
    numbers(&r, &s);
    pv_span padded = TLV(2, HEX("00"), ((pv_span){r.data + 2, r.len - 2}));
    pv_span negative = TLV(2, HEX("ff"), ((pv_span){r.data + 2, r.len - 2}));
    pv_span body = JOIN(r, s);
    pv_span long_form = JOIN(HEX("3081"), ((pv_span){(const uint8_t[]){(uint8_t)body.len}, 1}), body);
    CHECK_IS(with_signature(SEQ(r, s)), PV_SIG_GOOD);
    const pv_span odd[] = {SEQ(padded, s),
                           SEQ(negative, s),
                           SEQ(r),
                           SEQ(r, s, NUL()),
                           JOIN(SEQ(r, s), HEX("00")),
                           SEQ(s, r),
                           SEQ(INT(0), s),
                           SEQ(r, EMPTY(2)),
                           EMPTY(0x30),
                           HEX(""),
                           long_form,
                           JOIN(HEX("3080"), r, s),
                           HEX("30"),
                           SET(r, s),
                           HEX("308300000102"),
                           SEQ(TLV(2, HEX("01"), repeat(0, 66)), s)};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        CHECK_MSG(with_signature(odd[i]) == PV_SIG_BAD, "odd signature %zu", i);
    }
    stop();
}

TEST(keys_that_are_none) {
    start();
    pv_job job = good_job();
    job.spki = changed(job.spki, job.spki.len - 1); /* off the curve */
    CHECK_IS(result_of(job), PV_SIG_BAD);
    job.spki = HEX("3000");
    CHECK_IS(result_of(job), PV_SIG_BAD);
    job = good_job();
    job.key_alg = PV_KEY_RSA; /* which no ECDSA signature can be under */
    CHECK_IS(result_of(job), PV_SIG_BAD);
    stop();
}

/* What this build of the provider, or the checker, cannot do: neither good nor bad. */
TEST(what_cannot_be_done) {
    start();
    pv_job job = good_job();
    job.sig_alg = PV_SIG_ED25519;
    CHECK_IS(result_of(job), PV_SIG_UNSUPPORTED);
    job = good_job();
    job.key_alg = PV_KEY_ML_DSA_44;
    CHECK_IS(result_of(job), PV_SIG_UNSUPPORTED);
    job = good_job();
    job.key_alg = PV_KEY_P521;
    job.spki = SEQ(SEQ(OID("2a8648ce3d0201"), OID("2b81040023")), BITS(0, JOIN(HEX("04"), repeat(1, 132))));
    CHECK_IS(result_of(job), PV_SIG_UNSUPPORTED);
    stop();
}

TEST(a_digest_in_the_place_of_the_message) {
    start();
    uint8_t digest[32];
    size_t len = 0;
    pv_job job = good_job();
    CHECK_IS(
        psa_hash_compute(PSA_ALG_SHA_256, job.message.data, job.message.len, digest, sizeof digest, &len),
        PSA_SUCCESS);
    job.message = (pv_span){NULL, 0};
    job.digest = digest;
    job.digest_len = (uint8_t)len;
    CHECK_IS(result_of(job), PV_SIG_GOOD);
    job.digest_len = 31;
    CHECK_IS(result_of(job), PV_SIG_NOT_CHECKED);
    digest[0] ^= 1;
    job.digest_len = 32;
    CHECK_IS(result_of(job), PV_SIG_BAD);
    stop();
}

TEST(a_job_waits_for_the_one_it_names) {
    start();
    pv_job jobs[4] = {good_job(), good_job(), good_job(), good_job()};
    jobs[1].after = 1;
    jobs[2].after = 3; /* itself: no earlier job */
    jobs[3].after = 9; /* none at all */
    psa_checker.check(NULL, jobs, 4);
    const uint8_t wanted[4] = {PV_SIG_GOOD, PV_SIG_GOOD, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED};
    for (int i = 0; i < 4; i++) {
        CHECK_IS(jobs[i].result, wanted[i]);
    }
    pv_job after_bad[3] = {good_job(), good_job(), good_job()};
    after_bad[0].signature = HEX("3000");
    after_bad[1].after = 1;
    after_bad[2].after = 2;
    psa_checker.check(NULL, after_bad, 3);
    CHECK_IS(after_bad[0].result, PV_SIG_BAD);
    CHECK_IS(after_bad[1].result, PV_SIG_NOT_CHECKED);
    CHECK_IS(after_bad[2].result, PV_SIG_NOT_CHECKED);
    stop();
}

/* A provider that fails says nothing of the signature. */
TEST(a_provider_that_fails) {
    start();
    stop();
    CHECK_IS(result_of(good_job()), PV_SIG_NOT_CHECKED); /* not initialised */
    start();
    size_t room = sizeof heap;
    void *hog = NULL;
    while (hog == NULL && room > 64) {
        room -= 64;
        hog = mbedtls_calloc(1, room);
    }
    CHECK(hog != NULL);
    CHECK_IS(result_of(good_job()), PV_SIG_NOT_CHECKED); /* no memory */
    mbedtls_free(hog);
    CHECK_IS(result_of(good_job()), PV_SIG_GOOD);
    stop();
}

static size_t heap_in_use(void) {
    size_t bytes = 0, blocks = 0;
    mbedtls_memory_buffer_alloc_cur_get(&bytes, &blocks);
    return bytes;
}

/* There is room for two keys only. */
TEST(no_key_is_left_behind) {
    start();
    size_t before = heap_in_use();
    for (int i = 0; i < 8; i++) {
        CHECK_IS(result_of(good_job()), PV_SIG_GOOD);
        CHECK_IS(with_signature(HEX("3000")), PV_SIG_BAD);
        CHECK_IS(heap_in_use(), before);
    }
    stop();
}

static size_t digest_of(uint8_t out[64], pv_digest_alg alg, const char *first, const char *second) {
    uint64_t state[PV_DIGEST_STATE / sizeof(uint64_t)];
    const pv_span none = {NULL, 0};
    GARBAGE(state);
    psa_checker.digest(NULL, state, out, PV_DIGEST_BEGIN, alg, none);
    psa_checker.digest(NULL, state, out, PV_DIGEST_UPDATE, alg, text(first));
    psa_checker.digest(NULL, state, out, PV_DIGEST_UPDATE, alg, text(second));
    return psa_checker.digest(NULL, state, out, PV_DIGEST_FINISH, alg, none);
}

/* FIPS 180-4's example "abc", in two parts. */
TEST(digests_in_parts) {
    start();
    uint8_t out[64];
    CHECK_IS(digest_of(out, PV_DIGEST_SHA256, "a", "bc"), 32);
    pv_span wanted = HEX("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(memcmp(out, wanted.data, 32) == 0);
    CHECK_IS(digest_of(out, PV_DIGEST_SHA512, "a", "bc"), 64);
    CHECK_IS(digest_of(out, PV_DIGEST_SHA1, "a", "bc"), 0); /* not in this build */
    CHECK_IS(digest_of(out, PV_DIGEST_NONE, "a", "bc"), 0);
    stop();
}
