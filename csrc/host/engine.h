/* engine.h: what the hosted parts share of an engine: its keys, and checks that may be handed a ready key. */
#ifndef PV_HOST_ENGINE_H
#define PV_HOST_ENGINE_H

#include "host/hash.h"
#include "host/host.h"
#include "host/libcrypto.h"

#include <stdatomic.h>

struct pvh_engine {
    atomic_size_t refs;       /* the owner, stores that prepared keys for it, and its keys */
    const pvh_libcrypto *lib; /* NULL: a callback */
    void (*callback)(void *ctx, pv_job *jobs, size_t num_jobs);
    size_t (*hash)(void *ctx, uint8_t *out, uint8_t alg, const uint8_t *data, size_t len);
    void *ctx;
    pvh_hash_key hash_key; /* for the tables of calls without a cache */
    uint32_t algorithms;   /* its own */
    pvh_engine *fallback;  /* is asked about all others; may be NULL */
};

/* A public key set up for an engine. Immutable but for its count; any thread may verify with it. */
typedef struct pvh_key {
    atomic_size_t refs;
    pvh_engine *engine;
    size_t size; /* bytes of memory, libcrypto's share estimated */
    size_t spki_len;
    atomic_uchar is_cached; /* it was offered to a cache: it is not offered again and again */
    pvh_public_key body;    /* last: the SPKI follows it, then room for the modulus */
} pvh_key;

/* pvh_key_spki: the bytes that it was made of, in its own memory. */
static inline pv_span pvh_key_spki(const pvh_key *key) {
    return (pv_span){(const uint8_t *)(key + 1), key->spki_len};
}

pvh_engine *pvh_engine_retain(pvh_engine *engine);

/* pvh_key_new sets up `spki`, which the core has checked. NULL: `why` is a pv_sig_result: BAD if this can be
 * nobody's key (a point that is not on its curve), UNSUPPORTED, or NOT_CHECKED if the library failed. A DSA
 * key that inherits its parameters is UNSUPPORTED here: its SPKI does not say which key it is, so that no
 * table of keys can hold one. */
pvh_key *pvh_key_new(pvh_engine *engine, uint8_t key_alg, pv_span spki, uint8_t *why);
pvh_key *pvh_key_retain(pvh_key *key);
void pvh_key_release(pvh_key *key);

/* The digest of the message last hashed, so that neighbours over the same bytes hash once. */
typedef struct pvh_hashed {
    pv_span message;
    uint8_t alg; /* pv_digest_alg; 0: nothing yet */
    uint8_t len;
    uint8_t digest[64];
} pvh_hashed;

/* pvh_job_digest: what is signed, of a libcrypto engine: the job's own digest if it has the right length,
 * else the message's hash. Length 0: neither. */
pv_span pvh_job_digest(const pvh_engine *engine, const pv_job *job, pv_digest_alg alg, pvh_hashed *hashed);

/* pvh_key_check answers one job with a ready key of a libcrypto engine (a pv_sig_result). */
uint8_t pvh_key_check(const pvh_key *key, const pv_job *job, pvh_hashed *hashed);

/* pvh_engine_knows: whether jobs of this kind are the engine's own, not its fallback's. */
static inline int pvh_engine_knows(const pvh_engine *engine, uint8_t sig_alg) {
    return sig_alg <= PV_SIG_MAX && (engine->algorithms & PV_ALG_BIT(sig_alg)) != 0;
}

/* pvh_job_is_lasting: whether the answer may be remembered under the job's SPKI, and its key found by it. DSA
 * never: the same SPKI is another key under other inherited parameters (RFC 3279 2.3.2), and old
 * intermediates are not worth a cache that could mix them up. */
static inline int pvh_job_is_lasting(const pv_job *job) {
    return job->sig_alg != PV_SIG_DSA_SHA1 && job->sig_alg != PV_SIG_DSA_SHA256 &&
           job->key_alg != PV_KEY_DSA && job->parameters.len == 0;
}

/* pvh_job_answer: as pvh_key_check where no key is at hand, or the engine's fallback is to be asked. */
uint8_t pvh_job_answer(pvh_engine *engine, const pv_job *job, pvh_hashed *hashed);

/* pvh_job_waits: whether jobs[i] must be left unchecked because the job that it depends on did not come out
 * good. One that does not depend on an earlier job can never be due. */
static inline int pvh_job_waits(const pv_job *jobs, size_t i) {
    return jobs[i].after != 0 && (jobs[i].after > i || jobs[jobs[i].after - 1].result != PV_SIG_GOOD);
}

/* pvh_engine_ask hands jobs to a callback engine and mistrusts what comes back. DSA keys are judged first;
 * the jobs of bad ones have their answer when the callback sees them, which leaves them alone. */
void pvh_engine_ask(pvh_engine *engine, pv_job *jobs, size_t num_jobs);

/* pvh_engine_settle ends a round: libcrypto's error queue of this thread is left empty, as ssl expects. */
void pvh_engine_settle(const pvh_engine *engine);

#endif
