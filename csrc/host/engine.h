/* engine.h: what the hosted parts share of an engine: its keys, and checks that may be handed a ready key. */
#ifndef PV_HOST_ENGINE_H
#define PV_HOST_ENGINE_H

#include "host/host.h"
#include "host/libcrypto.h"

#include <stdatomic.h>

struct pvh_engine {
    atomic_size_t refs;       /* the owner, stores that prepared keys for it, and its keys */
    const pvh_libcrypto *lib; /* NULL: a callback */
    void (*callback)(void *ctx, pv_job *jobs, size_t num_jobs);
    size_t (*hash)(void *ctx, uint8_t *out, uint8_t alg, const uint8_t *data, size_t len);
    void *ctx;
    uint32_t algorithms;
};

/* A public key set up for an engine. Immutable but for its count; any thread may verify with it. */
typedef struct pvh_key {
    atomic_size_t refs;
    pvh_engine *engine;
    size_t size;         /* bytes of memory, libcrypto's share estimated */
    pvh_public_key body; /* last: the modulus follows it */
} pvh_key;

pvh_engine *pvh_engine_retain(pvh_engine *engine);

/* pvh_key_new sets up `spki`, which the core has checked. NULL: `why` is a pv_sig_result: BAD if this can be
 * nobody's key (a point that is not on its curve), UNSUPPORTED, or NOT_CHECKED if the library failed. */
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

/* pvh_key_check answers one job with a ready key of a libcrypto engine (a pv_sig_result). */
uint8_t pvh_key_check(const pvh_key *key, const pv_job *job, pvh_hashed *hashed);

/* pvh_job_answer: the same where no key is at hand. */
uint8_t pvh_job_answer(pvh_engine *engine, const pv_job *job, pvh_hashed *hashed);

/* pvh_job_waits: whether jobs[i] must be left unchecked because the job that it depends on did not come out
 * good. One that does not depend on an earlier job can never be due. */
static inline int pvh_job_waits(const pv_job *jobs, size_t i) {
    return jobs[i].after != 0 && (jobs[i].after > i || jobs[jobs[i].after - 1].result != PV_SIG_GOOD);
}

/* pvh_engine_ask hands jobs to a callback engine and mistrusts what comes back. */
void pvh_engine_ask(pvh_engine *engine, pv_job *jobs, size_t num_jobs);

/* pvh_engine_settle ends a round: libcrypto's error queue of this thread is left empty, as ssl expects. */
void pvh_engine_settle(const pvh_engine *engine);

#endif
