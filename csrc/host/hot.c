#define _POSIX_C_SOURCE 200809L /* nanosleep, pthread_sigmask */
#include "host/hot.h"

#include "algorithm.h"
#include "host/memo.h"
#include "host/pair.h"
#include "host/rooms.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Nobody waits for anybody here. Tables are made and dropped by one thread at a time, the builder; whoever
 * uses one holds a count of its slot first and looks afterwards whether it is still what it was, and the
 * builder marks a slot first and looks at its count afterwards, so that one of the two always sees the other.
 * A child of fork has no builder, and finds out by its process id. */

#define P256_SPKI  91u /* RFC 5480 2: an uncompressed point */
#define P256_POINT 27u /* where its x begins */
#define SETS       32u
#define WAYS       8u
#define SLOTS      (SETS * WAYS)
#define COUNTERS   1024u /* a power of two */
#define ENOUGH     64u /* signatures before a table is made, which costs about as many checks of libcrypto's */
#define IDLE       (1u << 16) /* signatures by tables that one does not see before it may make room */

#define CREDIT        16     /* of keys without a table: a signature that does not hold costs all of it */
#define BARE_SHARE    16u    /* of such keys so many times as many samples are asked about */
#define LONG_MESSAGE  16384u /* octets: hashing takes as long as libcrypto's check, or nearly */
#define MOST_PATIENCE 12u

static const unsigned widths[] = {12u, 10u, 8u}; /* of tables: the last where room is short */
#define NUM_WIDTHS (sizeof widths / sizeof widths[0])

typedef enum slot_state { SLOT_EMPTY = 0, SLOT_READY = 1, SLOT_LEAVING = 2 } slot_state;

struct pvh_hot_key {
    atomic_uint state; /* slot_state */
    atomic_uint refs;
    _Atomic uint64_t tag, stamp;
    pvh_p256_table *table;
    uint8_t spki[P256_SPKI];
};

/* Keys without a table: by a keyed hash alone. Whoever hits upon another's hash has its table made early. */
typedef struct counter {
    _Atomic uint64_t tag;
    atomic_uint count;
} counter;

struct pvh_hot {
    atomic_size_t refs; /* the owner's, and the builder's */
    size_t max_bytes;
    uint32_t shadow;
    pvh_p256_layer most;
    pvh_hash_key hash_key;
    void (*alarm)(void);
    _Atomic(pvh_p256 *) p256; /* made by the first builder */
    atomic_int layer;         /* pvh_p256_layer; -1: none passed its test */
    atomic_long builder;      /* its process; 0: none */
    atomic_uint failures;     /* to find a layer, for want of memory, one after another */
    atomic_uint waits;        /* for so many hot keys nothing is tried */
    atomic_int credit;        /* of keys without a table; 0 or less: libcrypto alone is asked */
    atomic_size_t bytes;
    atomic_uint tables;
    _Atomic uint64_t taken, bare, accepted, sampled, built, evicted, clock, confirmed;
    pvh_hot_key slots[SLOTS];
    counter counters[COUNTERS];
};

/* What was wrong once is wrong in all of the process: the arithmetic is the same. */
static atomic_int found_wrong;

/* --- Life --------------------------------------------------------------------------------------------------
 */

pvh_hot *pvh_hot_new(size_t max_bytes, uint32_t shadow, uint32_t most_layer, void (*alarm)(void)) {
    pvh_hot *hot = calloc(1, sizeof *hot);
    if (!hot) return NULL;
    atomic_init(&hot->refs, 1);
    atomic_init(&hot->credit, CREDIT);
    hot->max_bytes = max_bytes;
    hot->shadow = shadow;
    hot->most = most_layer > PVH_P256_IFMA ? PVH_P256_IFMA : (pvh_p256_layer)most_layer;
    hot->hash_key = pvh_hash_key_make();
    hot->alarm = alarm;
    return hot;
}

void pvh_hot_free(pvh_hot *hot) {
    if (!hot || atomic_fetch_sub_explicit(&hot->refs, 1, memory_order_acq_rel) != 1) return;
    for (unsigned i = 0; i < SLOTS; i++)
        pvh_p256_table_free(hot->slots[i].table);
    pvh_p256_free(atomic_load(&hot->p256));
    free(hot);
}

int pvh_hot_is_ready(const pvh_hot *hot) {
    return hot && atomic_load_explicit(&hot->p256, memory_order_acquire) &&
           !atomic_load_explicit(&found_wrong, memory_order_relaxed);
}

static int is_wrong(void) {
    return atomic_load(&found_wrong) != 0;
}

/* --- Keys --------------------------------------------------------------------------------------------------
 */

static int is_p256(pv_span spki) {
    return spki.len == P256_SPKI && spki.data[P256_POINT - 1u] == 0x04;
}

static uint64_t tag_of(const pvh_hot *hot, pv_span spki) {
    return pvh_hash(hot->hash_key, spki) | 1u;
}

static pvh_hot_key *set_of(pvh_hot *hot, uint64_t tag) {
    return &hot->slots[(tag >> 32) % SETS * WAYS];
}

static pvh_hot_key *hold(pvh_hot *hot, pvh_hot_key *slot, pv_span spki) {
    atomic_fetch_add(&slot->refs, 1);
    if (atomic_load(&slot->state) == SLOT_READY && memcmp(slot->spki, spki.data, P256_SPKI) == 0) {
        uint64_t now = atomic_fetch_add_explicit(&hot->clock, 1, memory_order_relaxed);
        atomic_store_explicit(&slot->stamp, now, memory_order_relaxed);
        return slot;
    }
    pvh_hot_key_release(slot);
    return NULL;
}

pvh_hot_key *pvh_hot_key_of(pvh_hot *hot, pv_span spki) {
    if (!is_p256(spki)) return NULL;
    uint64_t tag = tag_of(hot, spki);
    pvh_hot_key *set = set_of(hot, tag);
    for (unsigned i = 0; i < WAYS; i++) {
        if (atomic_load_explicit(&set[i].tag, memory_order_relaxed) == tag) return hold(hot, &set[i], spki);
    }
    return NULL;
}

void pvh_hot_key_release(pvh_hot_key *key) {
    atomic_fetch_sub_explicit(&key->refs, 1, memory_order_release);
}

/* --- The builder -------------------------------------------------------------------------------------------
 */

typedef struct build {
    pvh_hot *hot;
    uint8_t spki[P256_SPKI];
} build;

/* Out of its slot, if nobody uses it. */
static int drop(pvh_hot *hot, pvh_hot_key *slot) {
    atomic_store(&slot->state, SLOT_LEAVING);
    if (atomic_load(&slot->refs) != 0) { /* another time, then */
        atomic_store(&slot->state, SLOT_READY);
        return 0;
    }
    atomic_store(&slot->tag, 0);
    atomic_fetch_sub(&hot->bytes, pvh_p256_table_bytes(slot->table));
    atomic_fetch_sub(&hot->tables, 1);
    atomic_fetch_add_explicit(&hot->evicted, 1, memory_order_relaxed);
    pvh_p256_table_free(slot->table);
    slot->table = NULL;
    atomic_store(&slot->state, SLOT_EMPTY);
    return 1;
}

/* One that was long not used. One that is held is passed over: in a child of fork, by a thread that is gone.
 */
static pvh_hot_key *idle_slot(pvh_hot *hot, pvh_hot_key *from, unsigned num) {
    uint64_t now = atomic_load(&hot->clock);
    pvh_hot_key *found = NULL;
    for (unsigned i = 0; i < num; i++) {
        int64_t unused = (int64_t)(now - atomic_load(&from[i].stamp)); /* below 0: used a moment ago */
        if (atomic_load(&from[i].state) != SLOT_READY || unused < (int64_t)IDLE) continue;
        if (atomic_load(&from[i].refs) != 0) continue;
        if (!found || atomic_load(&from[i].stamp) < atomic_load(&found->stamp)) found = &from[i];
    }
    return found;
}

static int has_room(pvh_hot *hot, size_t size) {
    pvh_hot_key *idle;
    while (atomic_load(&hot->bytes) + size > hot->max_bytes) {
        idle = idle_slot(hot, hot->slots, SLOTS);
        if (!idle || !drop(hot, idle)) return 0;
    }
    return 1;
}

/* A free one of the key's set. */
static pvh_hot_key *free_slot(pvh_hot *hot, uint64_t tag) {
    pvh_hot_key *set = set_of(hot, tag), *idle;
    for (unsigned i = 0; i < WAYS; i++) {
        if (atomic_load(&set[i].state) == SLOT_EMPTY && atomic_load(&set[i].refs) == 0) return &set[i];
    }
    idle = idle_slot(hot, set, WAYS);
    return idle && drop(hot, idle) ? idle : NULL;
}

/* Wide tables while eight of them have room, narrow ones then, so that many keys have one. */
static unsigned width_for(pvh_hot *hot) {
    const unsigned narrow = widths[NUM_WIDTHS - 1];
    for (size_t i = 0; widths[i] != narrow; i++)
        if (atomic_load(&hot->bytes) + 8u * pvh_p256_table_size(widths[i]) <= hot->max_bytes)
            return widths[i];
    return has_room(hot, pvh_p256_table_size(narrow)) ? narrow : 0;
}

static unsigned generator_width(const pvh_hot *hot) {
    return hot->max_bytes >= 16u << 20 ? 13u : 12u;
}

static int is_there(pvh_hot *hot, pv_span spki) {
    pvh_hot_key *held = pvh_hot_key_of(hot, spki);
    if (held) pvh_hot_key_release(held);
    return held != NULL;
}

/* What is read of the slot is written before its state says so. */
static void make_table(pvh_hot *hot, const uint8_t *spki) {
    pv_span key = {spki, P256_SPKI};
    uint64_t tag = tag_of(hot, key);
    pvh_hot_key *slot = is_there(hot, key) ? NULL : free_slot(hot, tag);
    unsigned width = slot ? width_for(hot) : 0;
    pvh_p256_table *table = width ? pvh_p256_table_new(spki + P256_POINT, width) : NULL;
    if (!table) return;
    slot->table = table;
    memcpy(slot->spki, spki, P256_SPKI);
    atomic_store(&slot->stamp, atomic_load(&hot->clock));
    atomic_fetch_add(&hot->bytes, pvh_p256_table_bytes(table));
    atomic_fetch_add(&hot->built, 1);
    atomic_store(&slot->state, SLOT_READY);
    atomic_store(&slot->tag, tag);
    atomic_fetch_add(&hot->tables, 1);
}

/* A layer that passed its test. NULL: it did not, or (`result`) for want of memory nobody knows. */
static pvh_p256 *tested_layer(pvh_p256_result *result, pvh_p256_layer layer, unsigned generator) {
    pvh_p256 *p256 = pvh_p256_new(layer, generator);
    *result = p256 ? pvh_p256_test(p256, widths, NUM_WIDTHS) : PVH_P256_UNTESTED;
    if (*result == PVH_P256_RIGHT) return p256;
    pvh_p256_free(p256);
    return NULL;
}

/* Trying takes tens of milliseconds: twice as many hot keys pass each time before it is tried again. */
static void wait_longer(pvh_hot *hot) {
    unsigned failures = atomic_fetch_add(&hot->failures, 1);
    atomic_store(&hot->waits, 1u << (failures < MOST_PATIENCE ? failures : MOST_PATIENCE));
}

static int must_wait(pvh_hot *hot) {
    unsigned waits = atomic_load(&hot->waits);
    return waits > 0 && atomic_compare_exchange_strong(&hot->waits, &waits, waits - 1u);
}

/* The fastest one that is there and passes. */
static void find_layer(pvh_hot *hot) {
    for (int layer = (int)hot->most; layer > PVH_P256_NONE; layer--) {
        pvh_p256_result result;
        if (!pvh_p256_has((pvh_p256_layer)layer)) continue;
        pvh_p256 *p256 = tested_layer(&result, (pvh_p256_layer)layer, generator_width(hot));
        if (result == PVH_P256_WRONG) continue;
        if (!p256) {
            wait_longer(hot);
            return;
        }
        atomic_fetch_add(&hot->bytes, pvh_p256_size(p256));
        atomic_store(&hot->p256, p256); /* first: a child of fork may find this and not that */
        atomic_store(&hot->layer, layer);
        return;
    }
    atomic_store(&hot->layer, -1);
}

static int has_layer(pvh_hot *hot) {
    if (!atomic_load(&hot->p256) && atomic_load(&hot->layer) >= 0) find_layer(hot);
    return atomic_load(&hot->p256) != NULL;
}

static void *run_build(void *argument) {
    build *b = argument;
    pvh_hot *hot = b->hot;
    if (!is_wrong() && has_layer(hot)) make_table(hot, b->spki);
    free(b);
    atomic_store(&hot->builder, 0);
    pvh_hot_free(hot);
    return NULL;
}

/* One at a time; that of the process before a fork is none. */
static int become_builder(pvh_hot *hot) {
    long mine = (long)getpid(), other = atomic_load(&hot->builder);
    return other != mine && atomic_compare_exchange_strong(&hot->builder, &other, mine);
}

/* Signals are for the process's other threads. */
static int start_silent(const pthread_attr_t *attributes, build *b) {
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int done = pthread_create(&thread, attributes, run_build, b) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

static int start_thread(build *b) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return 0;
    int done = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
               start_silent(&attributes, b);
    (void)pthread_attr_destroy(&attributes);
    return done;
}

static void begin_build(pvh_hot *hot, pv_span spki) {
    if (is_wrong() || atomic_load(&hot->layer) < 0 || must_wait(hot) || !become_builder(hot)) return;
    build *b = malloc(sizeof *b);
    if (b) {
        b->hot = hot;
        memcpy(b->spki, spki.data, P256_SPKI);
        atomic_fetch_add_explicit(&hot->refs, 1, memory_order_relaxed);
        if (start_thread(b)) return;
        atomic_fetch_sub_explicit(&hot->refs, 1, memory_order_relaxed);
        free(b);
    }
    atomic_store(&hot->builder, 0);
}

/* Of the two places of a key, its own or the one that counts less, which wears off. */
static counter *counter_of(pvh_hot *hot, uint64_t tag) {
    counter *a = &hot->counters[(tag >> 8) % COUNTERS], *b = &hot->counters[(tag >> 40) % COUNTERS];
    if (atomic_load_explicit(&a->tag, memory_order_relaxed) == tag) return a;
    if (atomic_load_explicit(&b->tag, memory_order_relaxed) == tag) return b;
    counter *less = a->count <= b->count ? a : b;
    unsigned count = atomic_load_explicit(&less->count, memory_order_relaxed);
    if (count > 0) { /* one less, unless another thread was here: never below 0 */
        atomic_compare_exchange_strong(&less->count, &count, count - 1u);
        return NULL;
    }
    atomic_store_explicit(&less->tag, tag, memory_order_relaxed);
    return less;
}

void pvh_hot_note(pvh_hot *hot, pv_span spki) {
    if (!hot || !is_p256(spki)) return;
    uint64_t tag = tag_of(hot, spki);
    counter *c = counter_of(hot, tag);
    if (!c || atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed) + 1u < ENOUGH) return;
    atomic_store_explicit(&c->count, 0, memory_order_relaxed);
    if (!is_there(hot, spki)) begin_build(hot, spki);
}

int pvh_hot_wait(const pvh_hot *hot, uint32_t milliseconds) {
    const struct timespec moment = {0, 1000000};
    long mine = (long)getpid();
    while (atomic_load(&hot->builder) == mine && milliseconds-- > 0)
        nanosleep(&moment, NULL);
    return atomic_load(&hot->builder) != mine;
}

/* --- Jobs --------------------------------------------------------------------------------------------------
 */

/* To 32 octets; 0: it has more. */
static int widen(uint8_t out[32], pv_span number) {
    if (number.len == 33 && number.data[0] == 0) number = (pv_span){number.data + 1, 32};
    if (number.len > 32) return 0;
    memset(out, 0, 32);
    memcpy(out + 32 - number.len, number.data, number.len);
    return 1;
}

/* What is of any other form is for another library to judge. */
static int read_signature(pvh_p256_check *check, pv_span in) {
    pv_span numbers[2];
    return pvh_read_pair(numbers, in, 32) && widen(check->r, numbers[0]) && widen(check->s, numbers[1]);
}

/* What the engine would leave to its fallback is not for tables either, nor what is long: it would be hashed
 * twice where the table does not accept it, and nobody has paid for that. */
static int is_ours(const pvh_engine *engine, const pv_job *job) {
    return (job->digest_len > 0 || job->message.len <= LONG_MESSAGE) && job->sig_alg == PV_SIG_ECDSA_SHA256 &&
           job->key_alg == PV_KEY_P256 && job->parameters.len == 0 && pvh_engine_knows(engine, job->sig_alg);
}

/* 0: it is for another library to judge. */
static int read_digest(pvh_p256_check *check, const pvh_engine *engine, const pv_job *job,
                       pvh_hashed *hashed) {
    pv_span digest = pvh_job_digest(engine, job, PV_DIGEST_SHA256, hashed);
    if (digest.len != 32) return 0;
    memcpy(check->digest, digest.data, 32);
    return 1;
}

static void tell(pvh_hot *hot, pv_job *job, const pvh_p256_check *check) {
    int is_good = check->is_good == 1 && !is_wrong();
    job->result = is_good ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED;
    atomic_fetch_add_explicit(&hot->taken, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&hot->accepted, (uint64_t)is_good, memory_order_relaxed);
}

/* Whether a key without a table may be tried: what it gains over libcrypto is too little for a stranger to be
 * let have both for each forgery. After one that did not hold, some are left to libcrypto alone; each of
 * those that costs it a full check earns back one. */
static int has_credit(pvh_hot *hot, const pvh_p256_check *check, const uint8_t *xy) {
    if (atomic_load_explicit(&hot->credit, memory_order_relaxed) > 0) return 1;
    if (pvh_p256_is_in_order(check, xy)) atomic_fetch_add_explicit(&hot->credit, 1, memory_order_relaxed);
    return 0;
}

static void settle_credit(pvh_hot *hot, int is_good) {
    if (!is_good)
        atomic_fetch_sub_explicit(&hot->credit, CREDIT, memory_order_relaxed);
    else if (atomic_load_explicit(&hot->credit, memory_order_relaxed) < CREDIT)
        atomic_fetch_add_explicit(&hot->credit, 1, memory_order_relaxed);
}

static void check_by_point(pvh_hot *hot, pv_job *job, pvh_p256_check *check) {
    if (!pvh_p256_verify_bare(atomic_load(&hot->p256), check, job->spki.data + P256_POINT)) return;
    atomic_fetch_add_explicit(&hot->bare, 1, memory_order_relaxed);
    settle_credit(hot, check->is_good == 1);
    tell(hot, job, check);
}

/* The table of the job's key, with the check read. NULL: there is none, and the job has its answer, by the
 * key's point, or another library is to judge it. */
static pvh_hot_key *take(pvh_hot *hot, pvh_p256_check *check, const pvh_engine *engine, pv_job *job,
                         pvh_hashed *hashed) {
    if (!is_ours(engine, job) || !is_p256(job->spki) || !read_signature(check, job->signature)) return NULL;
    pvh_hot_key *key = pvh_hot_key_of(hot, job->spki);
    check->key = key ? key->table : NULL;
    if (!key && !has_credit(hot, check, job->spki.data + P256_POINT)) return NULL;
    if (!read_digest(check, engine, job, hashed)) {
        if (key) pvh_hot_key_release(key);
        return NULL;
    }
    if (!key) check_by_point(hot, job, check);
    return key;
}

void pvh_hot_one(pvh_hot *hot, const pvh_engine *engine, pv_job *job, pvh_hashed *hashed) {
    pvh_p256_check check;
    pvh_hot_key *key = take(hot, &check, engine, job, hashed);
    if (!key) return;
    pvh_p256_verify_one(atomic_load(&hot->p256), &check);
    tell(hot, job, &check);
    pvh_hot_key_release(key);
}

size_t pvh_hot_room_size(void) {
    return PVH_IN_LINES(pvh_p256_room_size()) + PVH_IN_LINES(PVH_HOT_ROUND * sizeof(pvh_p256_check)) +
           PVH_IN_LINES(PVH_HOT_ROUND * sizeof(pvh_hot_taken));
}

void pvh_hot_round_open(pvh_hot_round *round, void *memory) {
    uint8_t *at = memory;
    round->num = 0;
    round->room = at;
    at += PVH_IN_LINES(pvh_p256_room_size());
    round->checks = (pvh_p256_check *)(void *)at;
    round->jobs = (pvh_hot_taken *)(void *)(at + PVH_IN_LINES(PVH_HOT_ROUND * sizeof(pvh_p256_check)));
}

void pvh_hot_add(pvh_hot *hot, pvh_hot_round *round, const pvh_engine *engine, pv_job *job,
                 pvh_hashed *hashed) {
    pvh_hot_key *key = take(hot, &round->checks[round->num], engine, job, hashed);
    if (!key) return;
    round->jobs[round->num++] = (pvh_hot_taken){job, key};
    if (round->num == PVH_HOT_ROUND) pvh_hot_run(hot, round);
}

void pvh_hot_run(pvh_hot *hot, pvh_hot_round *round) {
    if (round->num == 0) return;
    pvh_p256_verify(atomic_load(&hot->p256), round->checks, round->num, round->room);
    for (uint32_t i = 0; i < round->num; i++) {
        tell(hot, round->jobs[i].job, &round->checks[i]);
        pvh_hot_key_release(round->jobs[i].key);
    }
    round->num = 0;
}

/* Mixes all bits with all others (the finisher of Steele, Lea and Flood's SplitMix, 2014). */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The signature's last octets, of s. */
static uint64_t tail_of(pv_span signature) {
    uint64_t tail = 0;
    size_t len = signature.len < sizeof tail ? signature.len : sizeof tail;
    if (len > 0) memcpy(&tail, signature.data + signature.len - len, len);
    return tail;
}

/* Of keys without a table more are asked about: anybody may have made them. */
static uint32_t bare_shadow(const pvh_hot *hot) {
    return hot->shadow > BARE_SHARE ? hot->shadow / BARE_SHARE : 1u;
}

/* Which ones cannot be foretold. The number makes the same signature's lot another one each time, the
 * signature that of processes which have key and number from one parent. */
int pvh_hot_is_sampled(pvh_hot *hot, const pv_job *job) {
    if (hot->shadow == 0) return 0;
    uint64_t number = atomic_fetch_add_explicit(&hot->confirmed, 1, memory_order_relaxed);
    uint64_t lot = mix(mix(mix(number + hot->hash_key.a) ^ hot->hash_key.b) ^ tail_of(job->signature));
    int is_sampled = lot % hot->shadow == 0;
    if (!is_sampled && lot % bare_shadow(hot) == 0) is_sampled = !is_there(hot, job->spki);
    atomic_fetch_add_explicit(&hot->sampled, (uint64_t)is_sampled, memory_order_relaxed);
    return is_sampled;
}

void pvh_hot_doubt(pvh_hot *hot) {
    if (atomic_exchange(&found_wrong, 1)) return;
    pvh_memo_void();
    if (hot->alarm) hot->alarm();
}

void pvh_hot_read_stats(const pvh_hot *hot, pvh_hot_stats *out) {
    *out = (pvh_hot_stats){.bytes = atomic_load(&hot->bytes),
                           .max_bytes = hot->max_bytes,
                           .tables = atomic_load(&hot->tables),
                           .built = atomic_load(&hot->built),
                           .evicted = atomic_load(&hot->evicted),
                           .taken = atomic_load(&hot->taken),
                           .bare = atomic_load(&hot->bare),
                           .accepted = atomic_load(&hot->accepted),
                           .sampled = atomic_load(&hot->sampled),
                           .layer = atomic_load(&hot->layer),
                           .is_wrong = is_wrong()};
}

int pvh_hot_layer_state(uint32_t layer) {
    pvh_p256_result result;
    if (layer > PVH_P256_IFMA || !pvh_p256_has((pvh_p256_layer)layer)) return -1;
    pvh_p256_free(tested_layer(&result, (pvh_p256_layer)layer, 13u));
    return result == PVH_P256_RIGHT;
}
