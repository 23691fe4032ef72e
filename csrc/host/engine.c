#include "host/engine.h"

#include "algorithm.h"

#include <stdlib.h>
#include <string.h>

/* --- Engines ----------------------------------------------------------------------------------------------
 */

static pvh_engine *engine_new(void) {
    pvh_engine *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    atomic_init(&engine->refs, 1);
    engine->hash_key = pvh_hash_key_make();
    return engine;
}

pvh_engine *pvh_engine_libcrypto(const char *path, const char **why) {
    const char *reason = "no memory";
    pvh_engine *engine = engine_new();
    if (engine) engine->lib = pvh_libcrypto_open(path, &reason);
    if (engine && engine->lib) {
        engine->algorithms = pvh_libcrypto_algorithms(engine->lib);
        return engine;
    }
    free(engine);
    if (why) *why = reason;
    return NULL;
}

pvh_engine *pvh_engine_callback(void (*check)(void *ctx, pv_job *jobs, size_t num_jobs), void *ctx) {
    pvh_engine *engine = engine_new();
    if (!engine) return NULL;
    engine->callback = check;
    engine->ctx = ctx;
    for (uint8_t alg = PV_SIG_RSA_PKCS1_SHA256; alg <= PV_SIG_ML_DSA_87; alg++)
        engine->algorithms |= PV_ALG_BIT(alg);
    for (uint8_t alg = PV_SIG_RSA_PKCS1_SHA1; alg <= PV_SIG_DSA_SHA256; alg++)
        engine->algorithms |= PV_ALG_BIT(alg);
    return engine;
}

void pvh_engine_limit(pvh_engine *engine, uint32_t algorithms) {
    engine->algorithms &= algorithms;
}

/* One fallback, which has none itself: no engine can come to ask itself. */
pv_status pvh_engine_set_fallback(pvh_engine *engine, pvh_engine *other) {
    if (engine == other || engine->fallback || other->fallback) return PV_FAILED;
    if (atomic_load(&engine->refs) != 1) return PV_FAILED;
    engine->fallback = pvh_engine_retain(other);
    return PV_DONE;
}

pvh_engine *pvh_engine_retain(pvh_engine *engine) {
    atomic_fetch_add_explicit(&engine->refs, 1, memory_order_relaxed);
    return engine;
}

void pvh_engine_free(pvh_engine *engine) {
    if (!engine || atomic_fetch_sub_explicit(&engine->refs, 1, memory_order_acq_rel) != 1) return;
    pvh_libcrypto_close((pvh_libcrypto *)engine->lib);
    pvh_engine_free(engine->fallback);
    free(engine);
}

const char *pvh_engine_version(const pvh_engine *engine) {
    return engine->lib ? pvh_libcrypto_version(engine->lib) : "";
}

uint32_t pvh_engine_algorithms(const pvh_engine *engine) {
    return engine->algorithms | (engine->fallback ? engine->fallback->algorithms : 0);
}

void pvh_engine_set_hash(pvh_engine *engine, size_t (*hash)(void *ctx, uint8_t *out, uint8_t alg,
                                                            const uint8_t *data, size_t len)) {
    engine->hash = hash;
}

/* What a callback engine keeps between BEGIN and FINISH: it hashes in one go, so a second UPDATE fails. */
typedef struct whole {
    size_t len;
    uint8_t alg;
    uint8_t is_used;
    uint8_t digest[64];
} whole;

static size_t callback_digest(pvh_engine *engine, void *state, uint8_t *out, pv_digest_step step,
                              pv_digest_alg alg, pv_span data) {
    whole *w = state;
    if (step == PV_DIGEST_BEGIN) {
        *w = (whole){.alg = (uint8_t)alg};
    } else if (step == PV_DIGEST_UPDATE) {
        int is_first = engine->hash && !w->is_used;
        w->is_used = 1;
        w->len = is_first ? engine->hash(engine->ctx, w->digest, w->alg, data.data, data.len) : 0;
        if (w->len != pvh_digest_len((pv_digest_alg)w->alg)) w->len = 0;
    } else {
        memcpy(out, w->digest, w->len);
    }
    return w->len;
}

size_t pvh_engine_digest(pvh_engine *engine, void *state, uint8_t *out, pv_digest_step step,
                         pv_digest_alg alg, pv_span data) {
    return engine->lib ? pvh_libcrypto_digest(engine->lib, state, out, step, alg, data)
                       : callback_digest(engine, state, out, step, alg, data);
}

void pvh_engine_settle(const pvh_engine *engine) {
    if (engine->lib) pvh_libcrypto_clear_errors(engine->lib);
}

/* --- Keys --------------------------------------------------------------------------------------------------
 */

/* What libcrypto keeps for a key, roughly: a modulus with its Montgomery form; a group with its constants; of
 * ML-DSA the matrix, a KiB for each of its 16, 30 or 56 polynomials, and two vectors. */
static size_t body_size(uint8_t key_alg, size_t spki_len) {
    static const size_t ml_dsa[] = {24 * 1024, 42 * 1024, 72 * 1024};
    if (key_alg >= PV_KEY_ML_DSA_44 && key_alg <= PV_KEY_ML_DSA_87) return ml_dsa[key_alg - PV_KEY_ML_DSA_44];
    return key_alg <= PV_KEY_RSA_PSS ? 1024 + 4 * spki_len : key_alg <= PV_KEY_P521 ? 4096 : 1024;
}

/* The modulus lies inside the SPKI, so the SPKI's length is room enough for it. */
static pvh_key *key_open(pvh_engine *engine, uint8_t key_alg, pv_span spki, pv_span parameters,
                         uint8_t *why) {
    *why = PV_SIG_NOT_CHECKED;
    pvh_key *key = malloc(sizeof *key + 2 * spki.len);
    if (!key) return NULL;
    memcpy(key + 1, spki.data, spki.len);
    key->spki_len = spki.len;
    key->body.modulus = (uint8_t *)(key + 1) + spki.len;
    *why = pvh_public_key_open(engine->lib, &key->body, key_alg, spki, parameters);
    if (*why != PV_SIG_GOOD) {
        free(key);
        return NULL;
    }
    atomic_init(&key->refs, 1);
    atomic_init(&key->is_cached, 0);
    key->engine = pvh_engine_retain(engine);
    key->size = sizeof *key + 2 * spki.len + body_size(key_alg, spki.len);
    return key;
}

pvh_key *pvh_key_new(pvh_engine *engine, uint8_t key_alg, pv_span spki, uint8_t *why) {
    const pv_span none = {NULL, 0};
    return key_open(engine, key_alg, spki, none, why);
}

pvh_key *pvh_key_retain(pvh_key *key) {
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void pvh_key_release(pvh_key *key) {
    if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1) return;
    pvh_public_key_close(key->engine->lib, &key->body);
    pvh_engine_free(key->engine);
    free(key);
}

/* --- Jobs --------------------------------------------------------------------------------------------------
 */

static int is_same(pv_span a, pv_span b) {
    return a.data == b.data && a.len == b.len;
}

/* Only the very same bytes in memory are taken for the same message: the neighbours of a round. */
static pv_span hash_message(const pvh_libcrypto *lib, pvh_hashed *hashed, pv_digest_alg alg,
                            pv_span message) {
    if (hashed->alg != alg || !is_same(hashed->message, message)) {
        hashed->len = (uint8_t)pvh_libcrypto_hash(lib, hashed->digest, alg, message);
        hashed->alg = hashed->len ? (uint8_t)alg : PV_DIGEST_NONE;
        hashed->message = message;
    }
    return (pv_span){hashed->digest, hashed->len};
}

pv_span pvh_job_digest(const pvh_engine *engine, const pv_job *job, pv_digest_alg alg, pvh_hashed *hashed) {
    const pv_span none = {NULL, 0};
    if (job->digest_len > 0)
        return job->digest && job->digest_len == pvh_digest_len(alg) ? (pv_span){job->digest, job->digest_len}
                                                                     : none;
    return job->message.data ? hash_message(engine->lib, hashed, alg, job->message) : none;
}

uint8_t pvh_key_check(const pvh_key *key, const pv_job *job, pvh_hashed *hashed) {
    const pvh_libcrypto *lib = key->engine->lib;
    pv_span digest = {NULL, 0};
    if (!pvh_engine_knows(key->engine, job->sig_alg)) return PV_SIG_UNSUPPORTED;
    pv_digest_alg alg = pvh_sig_hash(job->sig_alg);
    if (alg != PV_DIGEST_NONE) {
        digest = pvh_job_digest(key->engine, job, alg, hashed);
        if (digest.len == 0) return PV_SIG_NOT_CHECKED;
    } else if (job->digest_len > 0 || !job->message.data) {
        return PV_SIG_NOT_CHECKED; /* RFC 8032, 9881: these sign the message itself */
    }
    return pvh_public_key_verify(lib, &key->body, job->sig_alg, job->signature, job->message, digest);
}

/* What neither can check is UNSUPPORTED. Whether the job is due was decided before. */
static uint8_t ask_fallback(const pvh_engine *engine, const pv_job *job) {
    pv_job alone = *job;
    if (!engine->fallback || !pvh_engine_knows(engine->fallback, job->sig_alg)) return PV_SIG_UNSUPPORTED;
    alone.after = 0;
    pvh_engine_check(engine->fallback, &alone, 1);
    return alone.result;
}

uint8_t pvh_job_answer(pvh_engine *engine, const pv_job *job, pvh_hashed *hashed) {
    uint8_t result = PV_SIG_UNSUPPORTED;
    if (!pvh_engine_knows(engine, job->sig_alg)) return ask_fallback(engine, job);
    pvh_key *key = key_open(engine, job->key_alg, job->spki, job->parameters, &result);
    if (key) result = pvh_key_check(key, job, hashed);
    pvh_key_release(key);
    return result;
}

/* What can be said of a job before any library sees its key; NOT_CHECKED: nothing. Of a key without
 * parameters nobody can say whether the signature is its own. */
static uint8_t judge_early(const pv_job *job) {
    pv_dsa_numbers numbers;
    if (job->key_alg != PV_KEY_DSA && job->sig_alg != PV_SIG_DSA_SHA1 && job->sig_alg != PV_SIG_DSA_SHA256)
        return PV_SIG_NOT_CHECKED;
    switch (pv_algorithm_dsa(job->spki, job->parameters, &numbers)) {
    case PV_DSA_GOOD: return PV_SIG_NOT_CHECKED;
    case PV_DSA_INCOMPLETE: return PV_SIG_UNSUPPORTED;
    default: return PV_SIG_BAD;
    }
}

/* A callback is not trusted to know the rules: an answer that is none, one to a job that was to be left
 * alone, and one beside what was known before, are taken back. */
void pvh_engine_ask(pvh_engine *engine, pv_job *jobs, size_t num_jobs) {
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result = judge_early(&jobs[i]);
    if (engine->callback && num_jobs > 0) engine->callback(engine->ctx, jobs, num_jobs);
    for (size_t i = 0; i < num_jobs; i++) {
        uint8_t known = judge_early(&jobs[i]);
        if (known != PV_SIG_NOT_CHECKED) jobs[i].result = known;
        if (jobs[i].result > PV_SIG_UNSUPPORTED || pvh_job_waits(jobs, i))
            jobs[i].result = PV_SIG_NOT_CHECKED;
    }
}

void pvh_engine_check(pvh_engine *engine, pv_job *jobs, size_t num_jobs) {
    pvh_hashed hashed = {.alg = PV_DIGEST_NONE};
    if (!engine->lib) {
        pvh_engine_ask(engine, jobs, num_jobs);
        return;
    }
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result =
            pvh_job_waits(jobs, i) ? PV_SIG_NOT_CHECKED : pvh_job_answer(engine, &jobs[i], &hashed);
    pvh_engine_settle(engine);
}

/* --- A single edge -----------------------------------------------------------------------------------------
 */

static pv_job edge_job(const pv_cert *cert, pv_span spki, uint8_t key_alg) {
    return (pv_job){.message = pv_cert_tbs(cert),
                    .spki = spki,
                    .signature = pv_cert_signature(cert),
                    .sig_alg = cert->sig_alg,
                    .key_alg = key_alg};
}

uint8_t pvh_verify(pvh_engine *engine, const pv_cert *cert, const uint8_t *spki, size_t spki_len) {
    pv_span in = {spki, spki_len}, element;
    pv_key_info info = {0};
    uint32_t deviations = 0;
    if (cert->version == 0) return PV_SIG_NOT_CHECKED;
    if (pv_algorithm_key(&in, &element, &info, &deviations) != PV_OK || in.len > 0) return PV_SIG_UNSUPPORTED;
    if (info.fault != PV_OK || cert->sig_alg == PV_SIG_UNKNOWN) return PV_SIG_UNSUPPORTED;
    if (!pv_algorithm_fits(cert->sig_alg, info.alg)) return PV_SIG_BAD;
    pv_job job = edge_job(cert, element, info.alg);
    pvh_engine_check(engine, &job, 1);
    return job.result;
}
