/* test_host_cache.c: the cache of edges and keys: exact bytes, bounds, threads, fork. */
#define _GNU_SOURCE
#include "harness.h"
#include "host/cache.h"
#include "host/hash.h"
#include "host_vectors.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pvh_engine *engine(void) {
    static pvh_engine *made;
    if (!made) made = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    return made;
}

static uint8_t filler[4096];

/* An edge that `number` makes its own. */
static pv_job edge(uint32_t number, uint8_t *sig) {
    memset(sig, 0x5A, 64);
    memcpy(sig, &number, sizeof number);
    return (pv_job){.message = {filler, 900},
                    .spki = {filler, 91},
                    .signature = {sig, 64},
                    .sig_alg = PV_SIG_ECDSA_SHA256,
                    .key_alg = PV_KEY_P256};
}

static pvh_cache_stats stats_of(pvh_cache *cache) {
    pvh_cache_stats stats;
    pvh_cache_read_stats(cache, &stats);
    return stats;
}

TEST(exact_bytes_only) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64], other[1000];
    pv_job job = edge(1, sig);
    CHECK(!pvh_cache_has_edge(cache, &job));
    pvh_cache_add_edge(cache, &job);
    CHECK(pvh_cache_has_edge(cache, &job));
    memcpy(other, filler, sizeof other);
    pv_job same = job;
    same.message.data = other; /* elsewhere, but the same bytes */
    CHECK(pvh_cache_has_edge(cache, &same));
    for (size_t i = 0; i < 900; i += 37) { /* one byte of the message, then of the key, differs */
        other[i] ^= 1;
        CHECK(!pvh_cache_has_edge(cache, &same));
        other[i] ^= 1;
    }
    same = job;
    same.spki.data = other;
    other[90] ^= 1;
    CHECK(!pvh_cache_has_edge(cache, &same));
    same = job;
    same.message.len--;
    CHECK(!pvh_cache_has_edge(cache, &same));
    same = job;
    same.signature.len--;
    CHECK(!pvh_cache_has_edge(cache, &same));
    same = job;
    same.sig_alg = PV_SIG_ECDSA_SHA384;
    CHECK(!pvh_cache_has_edge(cache, &same));
    pvh_cache_free(cache);
}

/* The border between message, key and signature is part of the edge. */
TEST(bytes_do_not_move_between_fields) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64];
    pv_job job = edge(1, sig);
    pvh_cache_add_edge(cache, &job);
    job.message.len++;
    job.spki.len--;
    CHECK(!pvh_cache_has_edge(cache, &job));
    pvh_cache_free(cache);
}

/* Neither a digest nor an empty signature can be compared with bytes. */
TEST(digest_jobs_do_not_enter) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64];
    pv_job job = edge(1, sig);
    job.digest = filler;
    job.digest_len = 32;
    pvh_cache_add_edge(cache, &job);
    CHECK(!pvh_cache_has_edge(cache, &job));
    job.digest_len = 0;
    CHECK(!pvh_cache_has_edge(cache, &job));
    job.signature.len = 0;
    pvh_cache_add_edge(cache, &job);
    CHECK(!pvh_cache_has_edge(cache, &job));
    CHECK_IS(stats_of(cache).edges, 0);
    pvh_cache_free(cache);
}

/* The SPKI of a DSA key that inherits its parameters does not say which key it is. */
TEST(dsa_jobs_do_not_enter) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64];
    pv_job jobs[4];
    for (uint32_t i = 0; i < 4; i++)
        jobs[i] = edge(i, sig);
    jobs[0].sig_alg = PV_SIG_DSA_SHA1; /* as what remembers an edge makes it: without the key's algorithm */
    jobs[1].sig_alg = PV_SIG_DSA_SHA256;
    jobs[2].key_alg = PV_KEY_DSA;
    jobs[3].parameters = (pv_span){filler, 5};
    for (size_t i = 0; i < 4; i++) {
        pvh_cache_add_edge(cache, &jobs[i]);
        CHECK(!pvh_cache_has_edge(cache, &jobs[i]));
    }
    CHECK_IS(stats_of(cache).edges, 0);
    pv_job bare = edge(3, sig);
    pvh_cache_add_edge(cache, &bare);
    CHECK(pvh_cache_has_edge(cache, &bare) && !pvh_cache_has_edge(cache, &jobs[3]));
    pvh_cache_free(cache);
}

TEST(bounded_and_least_recent_goes) {
    pvh_cache *cache = pvh_cache_new(64 * 1024);
    uint8_t sig[64], first_sig[64];
    pv_job first = edge(0, first_sig);
    pvh_cache_add_edge(cache, &first);
    for (uint32_t i = 1; i < 2000; i++) {
        pv_job job = edge(i, sig);
        pvh_cache_add_edge(cache, &job);
        CHECK(pvh_cache_has_edge(cache, &job));
        CHECK(pvh_cache_has_edge(cache, &first)); /* in use, so it stays */
        CHECK(stats_of(cache).bytes <= 64 * 1024);
    }
    pvh_cache_stats stats = stats_of(cache);
    CHECK(stats.evictions > 1900 && stats.edges > 40 && stats.edges + stats.evictions == 2000);
    pv_job old = edge(1, sig);
    CHECK(!pvh_cache_has_edge(cache, &old));
    pvh_cache_free(cache);
}

TEST(too_small_a_cache_holds_nothing) {
    for (size_t size = 0; size < 1000; size += 111) {
        pvh_cache *cache = pvh_cache_new(size);
        uint8_t sig[64];
        pv_job job = edge(1, sig);
        pvh_cache_add_edge(cache, &job);
        CHECK(!pvh_cache_has_edge(cache, &job));
        pvh_cache_free(cache);
    }
}

TEST(no_cache_is_a_miss) {
    uint8_t sig[64];
    pv_job job = edge(1, sig);
    CHECK(!pvh_cache_has_edge(NULL, &job));
    CHECK(pvh_cache_key(NULL, engine(), job.spki) == NULL);
    pvh_cache_add_edge(NULL, &job);
    pvh_cache_free(NULL);
}

static pvh_key *key_of(const vector *v) {
    uint8_t why;
    pvh_key *key = pvh_key_new(engine(), v->key_alg, (pv_span){v->spki, v->spki_len}, &why);
    return key; /* no CHECK here: threads come by */
}

/* A key that was handed out works on after it was driven out, and after the cache is gone. */
TEST(keys_outlive_the_cache) {
    const vector *v = &vectors[0];
    pv_span spki = {v->spki, v->spki_len};
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pvh_key *made = key_of(v);
    CHECK(made != NULL);
    if (!made) return;
    pvh_cache_add_key(cache, made, spki);
    pvh_key_release(made);
    CHECK_IS(stats_of(cache).keys, 1);
    pvh_engine *other = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    CHECK(pvh_cache_key(cache, other, spki) == NULL); /* keys belong to their engine */
    pvh_engine_free(other);
    pvh_key *key = pvh_cache_key(cache, engine(), spki);
    CHECK(key != NULL);
    pvh_cache_free(cache);
    pvh_hashed hashed = {.alg = PV_DIGEST_NONE};
    pv_job job = {.message = {message, sizeof message},
                  .signature = {v->sig, v->sig_len},
                  .sig_alg = v->sig_alg,
                  .key_alg = v->key_alg};
    if (key) CHECK_IS(pvh_key_check(key, &job, &hashed), v->want);
    pvh_key_release(key);
}

/* An edge whose bytes are a key's must not be taken for the key, nor the other way round. */
TEST(edges_and_keys_are_apart) {
    const vector *v = &vectors[0];
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pv_job job = {.signature = {v->spki, v->spki_len}};
    pvh_cache_add_edge(cache, &job);
    CHECK(pvh_cache_key(cache, engine(), job.signature) == NULL);
    pvh_cache_free(cache);
}

/* --- Threads --- */

typedef struct worker {
    pvh_cache *cache;
    uint32_t seed;
    uint32_t wrong;
} worker;

static void *work(void *ctx) {
    worker *w = ctx;
    uint8_t sig[64];
    const vector *v = &vectors[0];
    pv_span spki = {v->spki, v->spki_len};
    pvh_hashed hashed = {.alg = PV_DIGEST_NONE};
    for (uint32_t i = 0; i < 4000; i++) {
        w->seed = w->seed * 1664525u + 1013904223u;
        uint32_t number = (w->seed >> 16) % 300;
        pv_job job = edge(number, sig);
        if (number % 2) pvh_cache_add_edge(w->cache, &job); /* even ones never enter */
        if (pvh_cache_has_edge(w->cache, &job) && number % 2 == 0) w->wrong++;
        if (i % 64) continue;
        pvh_key *key = pvh_cache_key(w->cache, engine(), spki);
        if (!key) {
            key = key_of(v);
            if (key) pvh_cache_add_key(w->cache, key, spki);
        }
        pv_job real = {.message = {message, sizeof message},
                       .signature = {v->sig, v->sig_len},
                       .sig_alg = v->sig_alg,
                       .key_alg = v->key_alg};
        if (!key || pvh_key_check(key, &real, &hashed) != v->want) w->wrong++;
        pvh_key_release(key);
    }
    return NULL;
}

TEST(threads_share_a_cache) {
    pthread_t threads[4];
    worker workers[4];
    pvh_cache *cache = pvh_cache_new(128 * 1024);
    CHECK(engine() != NULL);
    for (uint32_t i = 0; i < 4; i++) {
        workers[i] = (worker){cache, i + 1, 0};
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_IS(workers[i].wrong, 0);
    }
    pvh_cache_stats stats = stats_of(cache);
    CHECK(stats.bytes <= 128 * 1024 && stats.evictions > 0);
    pvh_cache_free(cache);
}

/* --- Fork: not under TSan, which takes the parent's other threads for running on in the child --- */

#ifndef __SANITIZE_THREAD__

static int child_is_sound(pvh_cache *cache) {
    uint8_t sig[64];
    pv_job job = edge(1, sig);
    if (pvh_cache_has_edge(cache, &job)) return 1; /* empty */
    pvh_cache_add_edge(cache, &job);
    if (!pvh_cache_has_edge(cache, &job)) return 2; /* and usable */
    if (stats_of(cache).edges != 1) return 3;
    pvh_cache_free(cache);
    return 0;
}

static int fork_and_wait(pvh_cache *cache) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(child_is_sound(cache));
    }
    waitpid(child, &status, 0);
    return status;
}

TEST(child_of_fork_starts_empty) {
    uint8_t sig[64];
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pv_job job = edge(1, sig);
    pvh_cache_add_edge(cache, &job);
    CHECK_IS(fork_and_wait(cache), 0);
    CHECK(pvh_cache_has_edge(cache, &job)); /* the parent's is as it was */
    pvh_cache_free(cache);
}

/* Forking while other threads are in the middle of changes. */
TEST(fork_among_threads) {
    pthread_t threads[2];
    worker workers[2];
    pvh_cache *cache = pvh_cache_new(128 * 1024);
    CHECK(engine() != NULL);
    for (uint32_t i = 0; i < 2; i++) {
        workers[i] = (worker){cache, i + 7, 0};
        CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < 10; i++)
        CHECK_IS(fork_and_wait(cache), 0);
    for (uint32_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pvh_cache_free(cache);
}

#endif

/* --- Hash --- */

TEST(hash_depends_on_every_byte) {
    pvh_hash_key key = pvh_hash_key_make(), other = pvh_hash_key_make();
    CHECK(key.a != other.a || key.b != other.b);
    uint8_t bytes[40] = {0};
    for (size_t len = 0; len <= sizeof bytes; len++) {
        pv_span span = {bytes, len};
        uint64_t plain = pvh_hash(key, span);
        CHECK(plain != pvh_hash(other, span));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = 1;
            CHECK(pvh_hash(key, span) != plain);
            bytes[i] = 0;
        }
        if (len > 0) CHECK(pvh_hash(key, (pv_span){bytes, len - 1}) != plain);
    }
}
