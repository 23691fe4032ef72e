/* test_host_engine.c: signatures through a libcrypto found at run time, with and without its direct
 * constructors; the callback engine. PV_LIBCRYPTO names another libcrypto than the system's. */
#include "algorithm.h"
#include "harness.h"
#include "host/engine.h"
#include "host_vectors.h"

#include <dlfcn.h>

#define NUM_VECTORS (sizeof vectors / sizeof vectors[0])

/* The libcrypto of these tests, as dlsym wants it. */
static void *library(void) {
    static const char *const names[] = {"libcrypto.so.4", "libcrypto.so.3", "libcrypto.so.1.1"};
    static void *handle;
    const char *path = getenv("PV_LIBCRYPTO");
    if (!handle && path) handle = dlopen(path, RTLD_NOW);
    for (size_t i = 0; i < 3 && !path && !handle; i++)
        handle = dlopen(names[i], RTLD_NOW);
    return handle;
}

static void find(const char *name, void *function) {
    void *symbol = library() ? dlsym(library(), name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
}

/* The generic constructors came with 3.0. */
static int can_do_without(void) {
    int (*from_data)(void) = NULL;
    find("EVP_PKEY_fromdata", &from_data);
    return from_data != NULL;
}

/* As found; without the deprecated functions; and both with every RSA signature asked of libcrypto again. */
#define DIRECT    1
#define DOUBTING  2
#define NUM_MODES 4

static pvh_engine *engine_of(int mode) {
    static pvh_engine *made[NUM_MODES];
    if (!made[mode]) {
        made[mode] = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
        if (!made[mode]) exit(3); /* harness.c's runner says that this file did not end */
        pvh_libcrypto *lib = (pvh_libcrypto *)made[mode]->lib;
        if (!(mode & DIRECT) && can_do_without()) pvh_libcrypto_drop_direct(lib);
        if (mode & DOUBTING) pvh_libcrypto_doubt(lib);
        made[mode]->algorithms = pvh_libcrypto_algorithms(lib);
    }
    return made[mode];
}

static pv_job job_of(const vector *v) {
    return (pv_job){.message = {message, sizeof message},
                    .spki = {v->spki, v->spki_len},
                    .signature = {v->sig, v->sig_len},
                    .sig_alg = v->sig_alg,
                    .key_alg = v->key_alg};
}

static const vector *vector_named(const char *name) {
    for (size_t i = 0; i < NUM_VECTORS; i++)
        if (strcmp(vectors[i].name, name) == 0) return &vectors[i];
    CHECK_MSG(0, "no vector %s", name);
    return &vectors[0];
}

/* What a library that may lack the algorithm must say. */
static uint8_t wanted(int mode, const vector *v) {
    uint32_t bits = pvh_engine_algorithms(engine_of(mode));
    return v->sig_alg >= PV_SIG_ML_DSA_44 && !(bits & PV_ALG_BIT(v->sig_alg)) ? PV_SIG_UNSUPPORTED : v->want;
}

static uint8_t answer(pvh_engine *engine, pv_job job) {
    pvh_engine_check(engine, &job, 1);
    return job.result;
}

TEST(library_is_found) {
    const char *why = NULL;
    CHECK(engine_of(DIRECT) != NULL);
    CHECK(strncmp(pvh_engine_version(engine_of(DIRECT)), "OpenSSL ", 8) == 0);
    CHECK_IS(pvh_engine_algorithms(engine_of(DIRECT)) & 0xFFFu, 0xFFEu);
    CHECK(pvh_engine_libcrypto("", &why) == NULL && why && *why);
    why = NULL;
    CHECK(pvh_engine_libcrypto("/does/not/exist.so", &why) == NULL && why && *why);
    why = NULL;
    CHECK(pvh_engine_libcrypto("libc.so.6", &why) == NULL && why && *why); /* loads, and is not one */
}

TEST(every_vector) {
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (size_t i = 0; i < NUM_VECTORS; i++) {
            uint8_t got = answer(engine_of(mode), job_of(&vectors[i]));
            CHECK_MSG(got == wanted(mode, &vectors[i]), "%s (mode %d): %d", vectors[i].name, mode, got);
        }
}

/* OpenSSL has ML-DSA from 3.5 on, and its word on it is not asked before. DSA is in all of them. */
TEST(algorithms_that_versions_lack) {
    const uint32_t ml_dsa =
        PV_ALG_BIT(PV_SIG_ML_DSA_44) | PV_ALG_BIT(PV_SIG_ML_DSA_65) | PV_ALG_BIT(PV_SIG_ML_DSA_87);
    const uint32_t dsa = PV_ALG_BIT(PV_SIG_DSA_SHA1) | PV_ALG_BIT(PV_SIG_DSA_SHA256);
    unsigned long (*version)(void) = NULL;
    find("OpenSSL_version_num", &version);
    for (int mode = 0; mode < NUM_MODES; mode++) {
        uint32_t bits = pvh_engine_algorithms(engine_of(mode));
        CHECK_IS(bits & ml_dsa, version && version() >= 0x30500000ul ? ml_dsa : 0);
        CHECK_IS(bits & dsa, dsa);
    }
}

/* Every good one is bad after a change of message, of signature, and under another hash or key. */
TEST(good_ones_altered) {
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (size_t i = 0; i < NUM_VECTORS; i++) {
            if (wanted(mode, &vectors[i]) != PV_SIG_GOOD) continue;
            pv_job job = job_of(&vectors[i]);
            uint8_t other[sizeof message], sig[5000];
            memcpy(other, message, sizeof message);
            other[3] ^= 1;
            job.message.data = other;
            CHECK_MSG(answer(engine_of(mode), job) == PV_SIG_BAD, "%s message", vectors[i].name);
            job = job_of(&vectors[i]);
            memcpy(sig, job.signature.data, job.signature.len);
            sig[job.signature.len - 2] ^= 0x10;
            job.signature.data = sig;
            CHECK_MSG(answer(engine_of(mode), job) == PV_SIG_BAD, "%s signature", vectors[i].name);
            job = job_of(&vectors[i]);
            job.signature.len = 0;
            CHECK_MSG(answer(engine_of(mode), job) == PV_SIG_BAD, "%s empty", vectors[i].name);
        }
}

/* A signature cut at any length is bad, and no byte behind its end is read (the guard page would tell). */
TEST(cut_signatures) {
    static const char *const names[] = {"p256_256", "p521_512",       "rsa2048_pkcs1_256", "ed25519",
                                        "ed448",    "dsa2048_sha256", "ml_dsa_44",         "ml_dsa_87"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const vector *v = vector_named(names[k]);
        if (wanted(DIRECT, v) != PV_SIG_GOOD) continue;
        guard g = guard_make(v->sig_len);
        for (size_t len = 0; len < v->sig_len; len++) {
            pv_job job = job_of(v);
            job.signature = guard_lay(&g, (pv_span){v->sig, len}, 1);
            CHECK_MSG(answer(engine_of(DIRECT), job) == PV_SIG_BAD, "%s cut to %zu", names[k], len);
        }
    }
}

/* r and s of a good ECDSA signature, so that its encoding can be spoiled alone. */
static pv_span integer_of(pv_span sig, int which) {
    pv_span r = {sig.data + 4, sig.data[3]};
    return which == 0 ? r : (pv_span){r.data + r.len + 2, r.data[r.len + 1]};
}

static pv_span integer(pv_span value) {
    return TLV(0x02, value);
}

static void check_form(const vector *v, pv_span sig, uint8_t want, const char *what) {
    pv_job job = job_of(v);
    job.signature = guarded(sig);
    for (int mode = 0; mode < NUM_MODES; mode++) {
        uint8_t got = answer(engine_of(mode), job);
        CHECK_MSG(got == want, "%s, %s: %d", v->name, what, got);
    }
}

static void check_forms(const vector *v, pv_span order) {
    pv_span whole = {v->sig, v->sig_len}, r = integer_of(whole, 0), s = integer_of(whole, 1);
    pv_span zero = HEX("00"), minus = HEX("FF");
    check_form(v, SEQ(integer(r), integer(s)), PV_SIG_GOOD, "as made");
    check_form(v, SEQ(integer(zero), integer(s)), PV_SIG_BAD, "r zero");
    check_form(v, SEQ(integer(r), integer(zero)), PV_SIG_BAD, "s zero");
    check_form(v, SEQ(integer(minus), integer(s)), PV_SIG_BAD, "r negative");
    check_form(v, SEQ(integer(r), integer(minus)), PV_SIG_BAD, "s negative");
    check_form(v, SEQ(integer(order), integer(s)), PV_SIG_BAD, "r is the order");
    check_form(v, SEQ(integer(r), integer(order)), PV_SIG_BAD, "s is the order");
    check_form(v, SEQ(integer(JOIN(zero, r)), integer(s)), PV_SIG_BAD, "leading zero in r");
    check_form(v, SEQ(integer(r), integer(JOIN(zero, s))), PV_SIG_BAD, "leading zero in s");
    check_form(v, JOIN(SEQ(integer(r), integer(s)), zero), PV_SIG_BAD, "trailing byte");
    check_form(v, SEQ(integer(r), integer(s), zero), PV_SIG_BAD, "trailing byte inside");
    check_form(v, SEQ(integer(r), integer(s), NUL()), PV_SIG_BAD, "third element");
    check_form(v, SEQ(integer(r)), PV_SIG_BAD, "one integer");
    check_form(v, SEQ(integer(r), EMPTY(0x02)), PV_SIG_BAD, "empty s");
    check_form(v, SEQ(TLV(0x03, r), integer(s)), PV_SIG_BAD, "wrong tag");
    check_form(v, SET(integer(r), integer(s)), PV_SIG_BAD, "a set");
    pv_span inner = JOIN(integer(r), integer(s)), len = {(const uint8_t[]){(uint8_t)inner.len}, 1};
    check_form(v, JOIN(HEX("3081"), len, inner), PV_SIG_BAD, "length not minimal");
    check_form(v, JOIN(HEX("308200"), len, inner), PV_SIG_BAD, "length in three octets");
    check_form(v, JOIN(HEX("3080"), inner, HEX("0000")), PV_SIG_BAD, "indefinite length");
    check_form(v, JOIN(HEX("307F"), inner), PV_SIG_BAD, "length beyond the end");
    check_form(v, SEQ(integer(repeat(0x7F, 120)), integer(s)), PV_SIG_BAD, "huge r");
}

TEST(ecdsa_encodings) {
    check_forms(vector_named("p256_256"),
                HEX("00FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"));
}

/* --- DSA --- */

static pv_dsa_numbers dsa_of(const vector *v) {
    pv_dsa_numbers numbers;
    CHECK_IS(pv_algorithm_dsa((pv_span){v->spki, v->spki_len}, (pv_span){NULL, 0}, &numbers), PV_DSA_GOOD);
    return numbers;
}

TEST(dsa_encodings) {
    const vector *v = vector_named("dsa2048_sha256");
    check_forms(v, JOIN(HEX("00"), dsa_of(v).q));
}

static pv_job bare_job(pv_span parameters) {
    pv_job job = job_of(vector_named("dsa_bare"));
    job.parameters = guarded(parameters);
    return job;
}

#define DSS_PARMS ((pv_span){dss_parms, sizeof dss_parms})

/* Parameters like the right ones with one number replaced. */
static pv_span dss(pv_span p, pv_span q, pv_span g) {
    return SEQ(integer(JOIN(HEX("00"), p)), integer(JOIN(HEX("00"), q)), integer(g));
}

/* RFC 3279 2.3.2: a key without parameters is one with its issuer's, and no key without any. */
TEST(dsa_inherits_parameters) {
    pv_dsa_numbers own = dsa_of(vector_named("dsa2048_sha256")), small = dsa_of(vector_named("dsa1024_sha1"));
    pv_span two = HEX("02");
    for (int mode = 0; mode < NUM_MODES; mode++) {
        pvh_engine *by = engine_of(mode);
        CHECK_IS(answer(by, bare_job(DSS_PARMS)), PV_SIG_GOOD);
        pv_job other = bare_job(DSS_PARMS);
        other.message.len--;
        CHECK_IS(answer(by, other), PV_SIG_BAD);
        CHECK_IS(answer(by, bare_job(HEX(""))), PV_SIG_UNSUPPORTED);
        CHECK_IS(answer(by, bare_job(dss(own.p, own.q, two))), PV_SIG_BAD);
        CHECK_IS(answer(by, bare_job(dss(small.p, small.q, two))), PV_SIG_BAD); /* y is not below p */
        CHECK_IS(answer(by, bare_job(dss(own.p, small.p, two))), PV_SIG_BAD);   /* q of 1024 bits */
        CHECK_IS(answer(by, bare_job(dss(own.p, own.q, HEX("01")))), PV_SIG_BAD);
        CHECK_IS(answer(by, bare_job(NUL())), PV_SIG_BAD);
        CHECK_IS(answer(by, bare_job(JOIN(DSS_PARMS, NUL()))), PV_SIG_BAD);
        pv_job whole = job_of(vector_named("dsa1024_sha1")); /* its own parameters count */
        whole.parameters = DSS_PARMS;
        CHECK_IS(answer(by, whole), PV_SIG_GOOD);
    }
}

/* No table can come to hold a key that is more than its SPKI. */
TEST(bare_dsa_keys_are_no_keys) {
    const vector *v = vector_named("dsa_bare");
    uint8_t why = 0;
    CHECK(pvh_key_new(engine_of(DIRECT), PV_KEY_DSA, (pv_span){v->spki, v->spki_len}, &why) == NULL);
    CHECK_IS(why, PV_SIG_UNSUPPORTED);
}

static uint8_t key_answer(int mode, const char *name, size_t from_end, uint8_t flip, int all_x) {
    const vector *v = vector_named(name);
    uint8_t spki[200];
    memcpy(spki, v->spki, v->spki_len);
    spki[v->spki_len - from_end] ^= flip;
    size_t len = v->key_alg == PV_KEY_P256 ? 32 : v->key_alg == PV_KEY_P384 ? 48 : 66;
    if (all_x) memset(spki + v->spki_len - 2 * len, 0xFF, len);
    pv_job job = job_of(v);
    job.spki.data = spki;
    return answer(engine_of(mode), job);
}

/* A point that is not on its curve, or not of its field, verifies nothing. */
TEST(points_off_the_curve) {
    static const char *const names[] = {"p256_256", "p384_384", "p521_512"};
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (size_t i = 0; i < 3; i++) {
            CHECK_IS(key_answer(mode, names[i], 1, 0, 0), PV_SIG_GOOD);
            CHECK_IS(key_answer(mode, names[i], 1, 1, 0), PV_SIG_BAD);
            CHECK_IS(key_answer(mode, names[i], 60, 0x40, 0), PV_SIG_BAD);
            CHECK_IS(key_answer(mode, names[i], 1, 0, 1), PV_SIG_BAD);
        }
}

TEST(other_keys_do_not_verify) {
    pv_job job = job_of(vector_named("p256_256"));
    job.spki = (pv_span){ec_root, 0};
    CHECK(answer(engine_of(DIRECT), job) != PV_SIG_GOOD);
    job = job_of(vector_named("rsa2048_pkcs1_256"));
    const vector *ec = vector_named("p256_256");
    job.spki = (pv_span){ec->spki, ec->spki_len};
    CHECK(answer(engine_of(DIRECT), job) != PV_SIG_GOOD);
    job.key_alg = PV_KEY_P256; /* the core never asks this; nor does the engine say yes */
    CHECK(answer(engine_of(DIRECT), job) == PV_SIG_UNSUPPORTED);
}

TEST(legacy_and_unknown_algorithms) {
    static const uint8_t algs[] = {
        PV_SIG_UNKNOWN,    PV_SIG_DSA_SHA1, /* not by an RSA key */
        PV_SIG_DSA_SHA256, PV_SIG_ML_DSA_44, PV_SIG_RSA_PKCS1_MD5, PV_SIG_RSA_PKCS1_MD2, 15, 31, 32, 255};
    for (size_t i = 0; i < sizeof algs; i++) {
        pv_job job = job_of(vector_named("rsa2048_pkcs1_256"));
        job.sig_alg = algs[i];
        CHECK_IS(answer(engine_of(DIRECT), job), PV_SIG_UNSUPPORTED);
    }
}

TEST(digest_jobs) {
    static const struct {
        const char *name;
        pv_digest_alg alg;
    } cases[] = {{"p256_256", PV_DIGEST_SHA256},          {"p256_sha1", PV_DIGEST_SHA1},
                 {"p384_384", PV_DIGEST_SHA384},          {"p521_512", PV_DIGEST_SHA512},
                 {"rsa2048_pkcs1_256", PV_DIGEST_SHA256}, {"rsa2048_pss_512", PV_DIGEST_SHA512},
                 {"dsa1024_sha1", PV_DIGEST_SHA1},        {"dsa1024_sha256", PV_DIGEST_SHA256}};
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            uint64_t state[PV_DIGEST_STATE / 8];
            uint8_t digest[64];
            pvh_engine *engine = engine_of(mode);
            const pv_span none = {NULL, 0}, one = {message, 1}, rest = {message + 1, sizeof message - 1};
            pvh_engine_digest(engine, state, digest, PV_DIGEST_BEGIN, cases[i].alg, none);
            pvh_engine_digest(engine, state, digest, PV_DIGEST_UPDATE, cases[i].alg, one);
            pvh_engine_digest(engine, state, digest, PV_DIGEST_UPDATE, cases[i].alg, rest);
            size_t len = pvh_engine_digest(engine, state, digest, PV_DIGEST_FINISH, cases[i].alg, none);
            CHECK_IS(len, pvh_digest_len(cases[i].alg));
            pv_job job = job_of(vector_named(cases[i].name));
            job.message = none;
            job.digest = digest;
            job.digest_len = (uint8_t)len;
            CHECK_IS(answer(engine, job), PV_SIG_GOOD);
            digest[0] ^= 1;
            CHECK_IS(answer(engine, job), PV_SIG_BAD);
            job.digest_len--;
            CHECK_IS(answer(engine, job), PV_SIG_NOT_CHECKED);
        }
}

TEST(incomplete_jobs) {
    pv_job job = job_of(vector_named("p256_256"));
    job.message = (pv_span){NULL, 0};
    CHECK_IS(answer(engine_of(DIRECT), job), PV_SIG_NOT_CHECKED);
    job = job_of(vector_named("ed25519"));
    job.digest = message;
    job.digest_len = 32; /* Ed25519 signs no digest */
    CHECK_IS(answer(engine_of(DIRECT), job), PV_SIG_NOT_CHECKED);
    const vector *ml_dsa = vector_named("ml_dsa_44");
    job = job_of(ml_dsa);
    job.digest = message;
    job.digest_len = 32; /* nor does ML-DSA: that would be HashML-DSA */
    CHECK_IS(answer(engine_of(DIRECT), job),
             wanted(DIRECT, ml_dsa) == PV_SIG_GOOD ? PV_SIG_NOT_CHECKED : PV_SIG_UNSUPPORTED);
    uint8_t out[64];
    CHECK_IS(pvh_engine_digest(engine_of(DIRECT), out, out, PV_DIGEST_BEGIN, PV_DIGEST_NONE, job.spki), 0);
    CHECK_IS(pvh_engine_digest(engine_of(DIRECT), out, out, PV_DIGEST_BEGIN, (pv_digest_alg)5, job.spki), 0);
}

TEST(a_job_waits_for_the_one_it_names) {
    pv_job good = job_of(vector_named("p256_256")), bad = job_of(vector_named("bad_p256"));
    pv_job jobs[] = {good, bad, good, good, good, good, good};
    static const uint8_t want[] = {PV_SIG_GOOD,        PV_SIG_BAD,         PV_SIG_GOOD,
                                   PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED, PV_SIG_NOT_CHECKED,
                                   PV_SIG_NOT_CHECKED};
    jobs[2].after = 1; /* the good one */
    jobs[3].after = 2; /* the bad one */
    jobs[4].after = 4; /* one that was not checked */
    jobs[5].after = 6; /* itself */
    jobs[6].after = 99;
    pvh_engine_check(engine_of(DIRECT), jobs, 7);
    for (size_t i = 0; i < 7; i++)
        CHECK_IS(jobs[i].result, want[i]);
}

/* The same message under several hashes and keys, side by side: a remembered hash must not be mixed up. */
TEST(neighbours_over_one_message) {
    static const char *const names[] = {"p256_256",        "p256_256", "p256_384",
                                        "p256_256",        "bad_p256", "rsa2048_pkcs1_256",
                                        "rsa2048_pss_384", "ed25519",  "p384_384"};
    pv_job jobs[9];
    for (size_t i = 0; i < 9; i++)
        jobs[i] = job_of(vector_named(names[i]));
    pvh_engine_check(engine_of(DIRECT), jobs, 9);
    for (size_t i = 0; i < 9; i++)
        CHECK_IS(jobs[i].result, vector_named(names[i])->want);
}

static unsigned long errors_left(void) {
    static unsigned long (*peek)(void);
    if (!peek) find("ERR_peek_error", &peek);
    CHECK(peek != NULL);
    return peek ? peek() : 1;
}

/* ssl shares this thread's error queue. */
TEST(error_queue_is_left_empty) {
    for (int mode = 0; mode < NUM_MODES; mode++) {
        for (size_t i = 0; i < NUM_VECTORS; i++) {
            answer(engine_of(mode), job_of(&vectors[i]));
            CHECK_MSG(errors_left() == 0, "%s left an error", vectors[i].name);
        }
        CHECK_IS(key_answer(mode, "p256_256", 1, 1, 0), PV_SIG_BAD);
        CHECK_IS(errors_left(), 0);
    }
}

/* --- Memory that fails --- */

/* libcrypto's allocations from the `allowed`th on fail (fail_once: only that one); negative: none does. */
static long allowed = -1;
static int fail_once, hooks_are_set;

static int may_allocate(void) {
    if (allowed < 0) return 1;
    if (allowed-- > 0) return 1;
    if (!fail_once) allowed = 0;
    return 0;
}

static void *lend(size_t len, const char *file, int line) {
    (void)file;
    (void)line;
    return may_allocate() ? malloc(len) : NULL;
}

static void *lend_more(void *old, size_t len, const char *file, int line) {
    (void)file;
    (void)line;
    return may_allocate() ? realloc(old, len) : NULL;
}

static void take_back(void *old, const char *file, int line) {
    (void)file;
    (void)line;
    free(old);
}

/* Before anything else here makes libcrypto allocate: it takes no other allocator afterwards. */
__attribute__((constructor)) static void set_hooks(void) {
    int (*set)(void *(*)(size_t, const char *, int), void *(*)(void *, size_t, const char *, int),
               void (*)(void *, const char *, int)) = NULL;
    find("CRYPTO_set_mem_functions", &set);
    hooks_are_set = set && set(lend, lend_more, take_back) == 1;
}

/* Whether the n-th allocation was reached; the answer is then right, or there is none. */
static int answer_without_memory(pvh_engine *engine, const vector *v, long n, int once) {
    pv_job job = job_of(v);
    allowed = n;
    fail_once = once;
    pvh_engine_check(engine, &job, 1);
    int was_hit = once ? allowed < 0 : allowed == 0;
    allowed = -1;
    uint8_t want = pvh_engine_knows(engine, v->sig_alg) ? v->want : PV_SIG_UNSUPPORTED;
    CHECK_MSG(job.result == want || job.result == PV_SIG_NOT_CHECKED, "%s, allocation %ld fails: %d", v->name,
              n, job.result);
    CHECK_IS(errors_left(), 0);
    return was_hit;
}

/* Where the library fails nothing is said: neither good nor bad. */
TEST(no_memory_is_no_answer) {
    CHECK(hooks_are_set);
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (size_t i = 0; i < NUM_VECTORS; i++) {
            answer(engine_of(mode), job_of(&vectors[i])); /* what is made once is made now */
            for (long n = 0; n < 400; n++)
                if (!(answer_without_memory(engine_of(mode), &vectors[i], n, 0) |
                      answer_without_memory(engine_of(mode), &vectors[i], n, 1)))
                    break;
        }
}

TEST(no_memory_for_a_point_off_the_curve) {
    for (int mode = 0; mode < NUM_MODES; mode++)
        for (long n = 0; n < 120; n++) {
            fail_once = (int)(n % 2);
            allowed = n / 2;
            uint8_t got = key_answer(mode, "p256_256", 1, 1, 0);
            allowed = -1;
            CHECK_MSG(got == PV_SIG_BAD || got == PV_SIG_NOT_CHECKED, "allocation %ld: %d", n / 2, got);
        }
}

/* --- Callback --- */

static uint8_t scripted[8];
static size_t num_asked;

static void script(void *ctx, pv_job *jobs, size_t num_jobs) {
    CHECK(ctx == scripted);
    num_asked = num_jobs;
    for (size_t i = 0; i < num_jobs; i++)
        if (scripted[i] != 0xEE) jobs[i].result = scripted[i];
}

TEST(callback_is_mistrusted) {
    pvh_engine *engine = pvh_engine_callback(script, scripted);
    static const uint8_t say[] = {PV_SIG_GOOD,        PV_SIG_BAD,  0xEE,       77,
                                  PV_SIG_UNSUPPORTED, PV_SIG_GOOD, PV_SIG_GOOD};
    static const uint8_t want[] = {PV_SIG_GOOD,        PV_SIG_BAD,         PV_SIG_NOT_CHECKED,
                                   PV_SIG_NOT_CHECKED, PV_SIG_UNSUPPORTED, PV_SIG_NOT_CHECKED,
                                   PV_SIG_GOOD};
    pv_job jobs[7];
    memcpy(scripted, say, sizeof say);
    for (size_t i = 0; i < 7; i++) {
        jobs[i] = job_of(vector_named("p256_256"));
        jobs[i].result = PV_SIG_GOOD; /* left over from somewhere: counts for nothing */
    }
    jobs[5].after = 2; /* the bad one: GOOD is not believed */
    jobs[6].after = 1;
    pvh_engine_check(engine, jobs, 7);
    CHECK_IS(num_asked, 7);
    for (size_t i = 0; i < 7; i++)
        CHECK_IS(jobs[i].result, want[i]);
    CHECK_IS(strlen(pvh_engine_version(engine)), 0);
    CHECK_IS(pvh_engine_digest(engine, jobs, scripted, PV_DIGEST_BEGIN, PV_DIGEST_SHA256, jobs[0].spki), 0);
    pvh_engine_free(engine);
}

/* --- Fallback --- */

/* Says GOOD to everything, and counts. */
static void yes(void *ctx, pv_job *jobs, size_t num_jobs) {
    *(size_t *)ctx += num_jobs;
    for (size_t i = 0; i < num_jobs; i++) {
        CHECK_IS(jobs[i].after, 0);
        jobs[i].result = PV_SIG_GOOD;
    }
}

/* A libcrypto engine that knows `own` alone, with a callback that says that it knows `others`. */
static pvh_engine *joined(uint32_t own, uint32_t others, size_t *asked) {
    pvh_engine *engine = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    pvh_engine *other = pvh_engine_callback(yes, asked);
    pvh_engine_limit(engine, own);
    pvh_engine_limit(other, others);
    CHECK_IS(pvh_engine_set_fallback(engine, other), PV_DONE);
    pvh_engine_free(other); /* it lives on */
    return engine;
}

TEST(fallback_is_asked_for_what_is_not_known) {
    size_t asked = 0;
    const uint32_t ec = PV_ALG_BIT(PV_SIG_ECDSA_SHA256), ml_dsa = PV_ALG_BIT(PV_SIG_ML_DSA_44);
    pvh_engine *engine = joined(ec, ec | ml_dsa, &asked);
    CHECK_IS(pvh_engine_algorithms(engine), ec | ml_dsa);
    CHECK_IS(answer(engine, job_of(vector_named("bad_p256"))), PV_SIG_BAD); /* its own: nobody else's word */
    CHECK_IS(answer(engine, job_of(vector_named("rsa2048_pkcs1_256"))), PV_SIG_UNSUPPORTED);
    CHECK_IS(answer(engine, job_of(vector_named("ml_dsa_87"))), PV_SIG_UNSUPPORTED);
    CHECK_IS(asked, 0);
    CHECK_IS(answer(engine, job_of(vector_named("ml_dsa_44"))), PV_SIG_GOOD);
    CHECK_IS(asked, 1);
    pvh_engine_free(engine);
}

TEST(fallback_keeps_to_the_order_of_jobs) {
    size_t asked = 0;
    pvh_engine *engine = joined(PV_ALG_BIT(PV_SIG_ECDSA_SHA256), PV_ALG_BIT(PV_SIG_ML_DSA_44), &asked);
    pv_job ml_dsa = job_of(vector_named("ml_dsa_44")), bad = job_of(vector_named("bad_p256"));
    pv_job jobs[] = {ml_dsa, job_of(vector_named("p256_256")), bad, ml_dsa, ml_dsa};
    static const uint8_t want[] = {PV_SIG_GOOD, PV_SIG_GOOD, PV_SIG_BAD, PV_SIG_NOT_CHECKED, PV_SIG_GOOD};
    jobs[1].after = 1;
    jobs[3].after = 3; /* the bad one */
    jobs[4].after = 2;
    pvh_engine_check(engine, jobs, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_IS(jobs[i].result, want[i]);
    CHECK_IS(asked, 2);
    pvh_engine_free(engine);
}

TEST(fallbacks_that_are_refused) {
    size_t asked = 0;
    pvh_engine *one = joined(0, 0, &asked), *other = pvh_engine_callback(yes, &asked);
    CHECK_IS(pvh_engine_set_fallback(one, other), PV_FAILED);   /* it has one */
    CHECK_IS(pvh_engine_set_fallback(other, one), PV_FAILED);   /* which has one itself */
    CHECK_IS(pvh_engine_set_fallback(other, other), PV_FAILED); /* no circle */
    CHECK_IS(answer(one, job_of(vector_named("p256_256"))), PV_SIG_UNSUPPORTED);
    pvh_engine_free(one);
    pvh_engine_free(other);
}

/* What no library may see, the callback is not believed about: it says GOOD to all of them. */
TEST(callback_is_not_asked_about_bad_dsa_keys) {
    size_t asked = 0;
    pvh_engine *by = pvh_engine_callback(yes, &asked);
    pv_dsa_numbers small = dsa_of(vector_named("dsa1024_sha1"));
    CHECK_IS(answer(by, bare_job(DSS_PARMS)), PV_SIG_GOOD);
    CHECK_IS(answer(by, bare_job(HEX(""))), PV_SIG_UNSUPPORTED);
    CHECK_IS(answer(by, bare_job(dss(small.p, small.q, HEX("02")))), PV_SIG_BAD);
    CHECK_IS(answer(by, bare_job(NUL())), PV_SIG_BAD);
    pv_job odd = job_of(vector_named("p256_256"));
    odd.sig_alg = PV_SIG_DSA_SHA256; /* not a DSA key */
    CHECK_IS(answer(by, odd), PV_SIG_BAD);
    pvh_engine_free(by);
}

/* --- A single edge --- */

TEST(verify_certificates) {
    pv_cert root, inter;
    pv_fault fault;
    CHECK(pv_cert_parse(&root, &fault, (pv_span){ec_root, sizeof ec_root}) == PV_OK);
    CHECK(pv_cert_parse(&inter, &fault, (pv_span){ec_inter, sizeof ec_inter}) == PV_OK);
    pv_span key = pv_cert_spki(&root), wrong = pv_cert_spki(&inter);
    const vector *rsa = vector_named("rsa2048_pkcs1_256");
    CHECK_IS(pvh_verify(engine_of(DIRECT), &root, key.data, key.len), PV_SIG_GOOD);
    CHECK_IS(pvh_verify(engine_of(DIRECT), &inter, key.data, key.len), PV_SIG_GOOD);
    CHECK_IS(pvh_verify(engine_of(DIRECT), &inter, wrong.data, wrong.len), PV_SIG_BAD);
    CHECK_IS(pvh_verify(engine_of(DIRECT), &inter, rsa->spki, rsa->spki_len), PV_SIG_BAD);
    CHECK_IS(pvh_verify(engine_of(DIRECT), &inter, key.data, key.len - 1), PV_SIG_UNSUPPORTED);
    memset(&root, 0, sizeof root);
    CHECK_IS(pvh_verify(engine_of(DIRECT), &root, key.data, key.len), PV_SIG_NOT_CHECKED);
}
