/* hot.h: the keys that sign many certificates, each with a table of multiples (p256.h), and rounds of checks
 * under them; once there is a first one, others by their points alone. What does not hold here is asked of
 * libcrypto; a part of what does is asked of it too. */
#ifndef PV_HOST_HOT_H
#define PV_HOST_HOT_H

#include "host/engine.h"
#include "host/p256.h"

/* A table in use; it stays until it is let go of. */
typedef struct pvh_hot_key pvh_hot_key;

/* pvh_hot_key_of: the table for this SubjectPublicKeyInfo, if there is one; NULL: none. Never waits. */
pvh_hot_key *pvh_hot_key_of(pvh_hot *hot, pv_span spki);
void pvh_hot_key_release(pvh_hot_key *key);

/* pvh_hot_note: a signature by this key lay on a path that was verified to an anchor. When there were enough
 * of them, a thread of its own begins to make a table. */
void pvh_hot_note(pvh_hot *hot, pv_span spki);

/* Checks that are made together. */
#define PVH_HOT_ROUND 128u

typedef struct pvh_hot_taken {
    pv_job *job;
    pvh_hot_key *key;
} pvh_hot_taken;

typedef struct pvh_hot_round {
    uint32_t num;
    pvh_hot_taken *jobs;
    pvh_p256_check *checks;
    void *room;
} pvh_hot_round;

/* pvh_hot_room_size: bytes for a round, in whole lines of 64 and aligned to that; pvh_hot_round_open begins
 * one in them. */
size_t pvh_hot_room_size(void);
void pvh_hot_round_open(pvh_hot_round *round, void *memory);

/* pvh_hot_add takes a job if its key has a table, and runs the round when it is full; under a key without one
 * it may be checked at once. pvh_hot_run sets `result` of the jobs that were taken to GOOD where the
 * signature holds, and to NOT_CHECKED where another library has to be asked. The round is empty then. */
void pvh_hot_add(pvh_hot *hot, pvh_hot_round *round, const pvh_engine *engine, pv_job *job,
                 pvh_hashed *hashed);
void pvh_hot_run(pvh_hot *hot, pvh_hot_round *round);

/* pvh_hot_one: the same for one job alone. */
void pvh_hot_one(pvh_hot *hot, const pvh_engine *engine, pv_job *job, pvh_hashed *hashed);

/* pvh_hot_is_sampled: whether this good signature shall be asked about once more. pvh_hot_doubt: libcrypto
 * did not agree; nothing is checked by tables any more, and nothing is remembered of what was found before.
 */
int pvh_hot_is_sampled(pvh_hot *hot, const pv_job *job);
void pvh_hot_doubt(pvh_hot *hot);

/* pvh_hot_is_ready: whether there is a layer, and it was not found wrong. */
int pvh_hot_is_ready(const pvh_hot *hot);

#endif
