/* test_host_cache.c: the cache of certificates, keys and refusals: exact bytes, bounds, threads, fork. */
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

/* A job that `number` makes its own. */
static pv_job edge(uint32_t number, uint8_t *sig) {
    memset(sig, 0x5A, 64);
    memcpy(sig, &number, sizeof number);
    return (pv_job){.message = {filler, 900},
                    .spki = {filler, 91},
                    .signature = {sig, 64},
                    .sig_alg = PV_SIG_ECDSA_SHA256,
                    .key_alg = PV_KEY_P256};
}

#define CERT_LEN 900u

/* A view of bytes that `number` makes its own; nobody here reads them as a certificate. */
static pv_cert cert(uint32_t number, uint8_t der[CERT_LEN]) {
    memset(der, 0x5A, CERT_LEN);
    memcpy(der + CERT_LEN - 20, &number, sizeof number);
    return (pv_cert){.der = der, .der_len = CERT_LEN, .version = 3, .serial = number};
}

static const pv_span spki = {filler, 91};

static int is_known(pvh_cache *cache, const pv_cert *view) {
    pvh_interned *found = pvh_cache_cert(cache, (pv_span){view->der, view->der_len});
    int known = found && pvh_memo_has(&found->memo, spki) && found->view.serial == view->serial;
    pvh_interned_release(found);
    return known;
}

static pvh_cache_stats stats_of(pvh_cache *cache) {
    pvh_cache_stats stats;
    pvh_cache_read_stats(cache, &stats);
    return stats;
}

TEST(exact_bytes_only) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t der[CERT_LEN], other[CERT_LEN + 1] = {0};
    pv_cert view = cert(1, der);
    CHECK(!is_known(cache, &view));
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    CHECK(is_known(cache, &view));
    memcpy(other, der, sizeof der);
    pv_cert same = view;
    same.der = other; /* elsewhere, but the same bytes */
    CHECK(is_known(cache, &same));
    for (size_t i = 0; i < CERT_LEN; i += 37) {
        other[i] ^= 1;
        CHECK(!is_known(cache, &same));
        other[i] ^= 1;
    }
    same.der_len--;
    CHECK(!is_known(cache, &same));
    same.der_len += 2;
    CHECK(!is_known(cache, &same));
    pvh_cache_free(cache);
}

/* The copy is its own: what it was made of may go, and its view points into itself. */
TEST(certificates_are_copied) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t der[CERT_LEN], same[CERT_LEN];
    pv_cert view = cert(7, der);
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    memcpy(same, der, sizeof same);
    memset(der, 0, sizeof der);
    pvh_interned *found = pvh_cache_cert(cache, (pv_span){same, sizeof same});
    CHECK(found != NULL);
    if (!found) return;
    CHECK(found->view.der == found->bytes && found->view.memo == &found->memo);
    CHECK(memcmp(found->bytes, same, sizeof same) == 0 && found->view.serial == 7);
    pvh_cache_free(cache);
    CHECK(memcmp(found->bytes, same, sizeof same) == 0); /* held, it outlives the cache */
    pvh_interned_release(found);
}

/* It is known under the key that it was added with, and no other; a second one is not taken. */
TEST(one_key_only) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t der[CERT_LEN], key[91] = {1};
    pv_span other = {key, sizeof key};
    pv_cert view = cert(1, der);
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    pvh_cache_add_cert(cache, &view, other, pvh_memo_epoch());
    pvh_interned *found = pvh_cache_cert(cache, (pv_span){der, sizeof der});
    CHECK(found && pvh_memo_has(&found->memo, spki) && !pvh_memo_has(&found->memo, other));
    CHECK(found && !pvh_memo_has(&found->memo, (pv_span){filler, 90}));
    CHECK(found && !pvh_memo_has(&found->memo, (pv_span){NULL, 0}));
    pvh_interned_release(found);
    CHECK_IS(stats_of(cache).edges, 1);
    pvh_cache_free(cache);
}

TEST(no_zeroed_view_enters) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t der[CERT_LEN];
    pv_cert view = cert(1, der);
    view.version = 0;
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    CHECK_IS(stats_of(cache).edges, 0);
    pvh_cache_free(cache);
}

/* --- Refusals --- */

TEST(refusals_by_exact_bytes) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64], other[1000];
    pv_job job = edge(1, sig);
    CHECK(!pvh_cache_is_refused(cache, engine(), &job));
    pvh_cache_add_refusal(cache, engine(), &job);
    CHECK(pvh_cache_is_refused(cache, engine(), &job));
    CHECK(!pvh_cache_is_refused(cache, NULL, &job)); /* it is one engine's word */
    memcpy(other, filler, sizeof other);
    pv_job same = job;
    same.message.data = other;
    CHECK(pvh_cache_is_refused(cache, engine(), &same));
    for (size_t i = 0; i < 900; i += 37) {
        other[i] ^= 1;
        CHECK(!pvh_cache_is_refused(cache, engine(), &same));
        other[i] ^= 1;
    }
    same = job;
    same.spki.data = other;
    other[90] ^= 1;
    CHECK(!pvh_cache_is_refused(cache, engine(), &same));
    same = job;
    same.signature.len--;
    CHECK(!pvh_cache_is_refused(cache, engine(), &same));
    same = job;
    same.sig_alg = PV_SIG_ECDSA_SHA384;
    CHECK(!pvh_cache_is_refused(cache, engine(), &same));
    same = job;
    same.message.len++; /* the border between message and key is part of it */
    same.spki.len--;
    CHECK(!pvh_cache_is_refused(cache, engine(), &same));
    pvh_cache_free(cache);
}

/* A digest cannot be compared with bytes, and the SPKI of a DSA key that inherits its parameters does not say
 * which key it is. */
TEST(some_jobs_are_not_remembered) {
    pvh_cache *cache = pvh_cache_new(1 << 20);
    uint8_t sig[64];
    pv_job jobs[5];
    for (uint32_t i = 0; i < 5; i++)
        jobs[i] = edge(i, sig);
    jobs[0].sig_alg = PV_SIG_DSA_SHA1;
    jobs[1].sig_alg = PV_SIG_DSA_SHA256;
    jobs[2].key_alg = PV_KEY_DSA;
    jobs[3].parameters = (pv_span){filler, 5};
    jobs[4].digest = filler;
    jobs[4].digest_len = 32;
    for (size_t i = 0; i < 5; i++) {
        pvh_cache_add_refusal(cache, engine(), &jobs[i]);
        CHECK(!pvh_cache_is_refused(cache, engine(), &jobs[i]));
    }
    CHECK_IS(stats_of(cache).refusals, 0);
    pvh_cache_free(cache);
}

/* Forged certificates that share their signature are found as fast as others: each has a place of its own. */
TEST(refusals_with_one_signature) {
    enum { NUM = 1000 };
    pvh_cache *cache = pvh_cache_new(32 << 20);
    static uint8_t messages[NUM][64];
    uint8_t sig[64];
    pv_job job = edge(1, sig);
    for (uint32_t i = 0; i < NUM; i++) {
        memcpy(messages[i], &i, sizeof i);
        job.message = (pv_span){messages[i], sizeof messages[i]};
        pvh_cache_add_refusal(cache, engine(), &job);
    }
    for (uint32_t i = 0; i < NUM; i++) { /* a walk looks at few entries of one place */
        job.message = (pv_span){messages[i], sizeof messages[i]};
        CHECK(pvh_cache_is_refused(cache, engine(), &job));
    }
    CHECK_IS(stats_of(cache).refusals, NUM);
    pvh_cache_free(cache);
}

/* However many there are, what lies on trusted paths stays. */
TEST(refusals_drive_out_each_other_only) {
    pvh_cache *cache = pvh_cache_new(64 * 1024);
    uint8_t sig[64], der[CERT_LEN];
    pv_cert view = cert(1, der);
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    for (uint32_t i = 0; i < 500; i++) {
        pv_job job = edge(i, sig);
        pvh_cache_add_refusal(cache, engine(), &job);
        CHECK(pvh_cache_is_refused(cache, engine(), &job));
        CHECK(stats_of(cache).bytes <= 64 * 1024);
    }
    pvh_cache_stats stats = stats_of(cache);
    CHECK(stats.refusals > 0 && stats.refusals < 5 && stats.edges == 1);
    CHECK(is_known(cache, &view));
    pvh_cache_free(cache);
}

TEST(bounded_and_least_recent_goes) {
    pvh_cache *cache = pvh_cache_new(64 * 1024);
    uint8_t der[CERT_LEN], first_der[CERT_LEN];
    pv_cert first = cert(0, first_der);
    pvh_cache_add_cert(cache, &first, spki, pvh_memo_epoch());
    for (uint32_t i = 1; i < 2000; i++) {
        pv_cert view = cert(i, der);
        pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
        CHECK(is_known(cache, &view));
        CHECK(is_known(cache, &first)); /* in use, so it stays */
        CHECK(stats_of(cache).bytes <= 64 * 1024);
    }
    pvh_cache_stats stats = stats_of(cache);
    CHECK(stats.evictions > 1900 && stats.edges > 30 && stats.edges + stats.evictions == 2000);
    pv_cert old = cert(1, der);
    CHECK(!is_known(cache, &old));
    pvh_cache_free(cache);
}

TEST(too_small_a_cache_holds_nothing) {
    for (size_t size = 0; size < 1000; size += 111) {
        pvh_cache *cache = pvh_cache_new(size);
        uint8_t der[CERT_LEN], sig[64];
        pv_cert view = cert(1, der);
        pv_job job = edge(1, sig);
        pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
        pvh_cache_add_refusal(cache, engine(), &job);
        CHECK(!is_known(cache, &view));
        CHECK(!pvh_cache_is_refused(cache, engine(), &job));
        pvh_cache_free(cache);
    }
}

TEST(no_cache_is_a_miss) {
    uint8_t der[CERT_LEN], sig[64];
    pv_cert view = cert(1, der);
    pv_job job = edge(1, sig);
    CHECK(!is_known(NULL, &view));
    CHECK(!pvh_cache_is_refused(NULL, engine(), &job));
    CHECK(pvh_cache_key(NULL, engine(), spki) == NULL);
    pvh_cache_add_cert(NULL, &view, spki, pvh_memo_epoch());
    pvh_cache_add_refusal(NULL, engine(), &job);
    pvh_cache_count(NULL, 1, 1);
    pvh_cache_free(NULL);
}

TEST(counts_are_kept) {
    pvh_cache *cache = pvh_cache_new(64 * 1024);
    pvh_cache_count(cache, 3, 5);
    pvh_cache_count(cache, 1, 0);
    CHECK_IS(stats_of(cache).edge_hits, 4);
    CHECK_IS(stats_of(cache).edge_misses, 5);
    pvh_cache_free(cache);
}

static pvh_key *key_of(const vector *v) {
    uint8_t why;
    pvh_key *key = pvh_key_new(engine(), v->key_alg, (pv_span){v->spki, v->spki_len}, &why);
    return key; /* no CHECK here: threads come by */
}

/* A key that was handed out works on after it was driven out, and after the cache is gone. */
TEST(keys_outlive_the_cache) {
    const vector *v = &vectors[0];
    pv_span bytes = {v->spki, v->spki_len};
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pvh_key *made = key_of(v);
    CHECK(made != NULL);
    if (!made) return;
    pvh_cache_add_key(cache, made, bytes);
    pvh_key_release(made);
    CHECK_IS(stats_of(cache).keys, 1);
    pvh_engine *other = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    CHECK(pvh_cache_key(cache, other, bytes) == NULL); /* keys belong to their engine */
    pvh_engine_free(other);
    pvh_key *key = pvh_cache_key(cache, engine(), bytes);
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

/* A certificate or a refusal whose bytes are a key's must not be taken for the key, nor the other way round.
 */
TEST(kinds_are_apart) {
    const vector *v = &vectors[0];
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pv_span bytes = {v->spki, v->spki_len};
    pv_cert view = {.der = v->spki, .der_len = (uint32_t)v->spki_len, .version = 3};
    pv_job job = {.signature = bytes, .sig_alg = PV_SIG_ECDSA_SHA256};
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    pvh_cache_add_refusal(cache, engine(), &job);
    CHECK(pvh_cache_key(cache, engine(), bytes) == NULL);
    pvh_key *key = key_of(v);
    CHECK(key != NULL);
    if (key) pvh_cache_add_key(cache, key, bytes);
    pvh_key_release(key);
    CHECK_IS(stats_of(cache).keys, 1);
    CHECK_IS(stats_of(cache).edges, 1);
    CHECK_IS(stats_of(cache).refusals, 1);
    pvh_cache_free(cache);
}

/* --- Threads --- */

typedef struct worker {
    pvh_cache *cache;
    uint32_t seed;
    uint32_t wrong;
} worker;

static void use_key(worker *w) {
    const vector *v = &vectors[0];
    pv_span bytes = {v->spki, v->spki_len};
    pvh_hashed hashed = {.alg = PV_DIGEST_NONE};
    pvh_key *key = pvh_cache_key(w->cache, engine(), bytes);
    if (!key) {
        key = key_of(v);
        if (key) pvh_cache_add_key(w->cache, key, bytes);
    }
    pv_job real = {.message = {message, sizeof message},
                   .signature = {v->sig, v->sig_len},
                   .sig_alg = v->sig_alg,
                   .key_alg = v->key_alg};
    if (!key || pvh_key_check(key, &real, &hashed) != v->want) w->wrong++;
    pvh_key_release(key);
}

/* Certificates of even numbers, and refusals of odd ones, never enter. */
static void *work(void *ctx) {
    worker *w = ctx;
    uint8_t der[CERT_LEN], sig[64];
    for (uint32_t i = 0; i < 4000; i++) {
        w->seed = w->seed * 1664525u + 1013904223u;
        uint32_t number = (w->seed >> 16) % 300;
        pv_cert view = cert(number, der);
        pv_job job = edge(number, sig);
        if (number % 2)
            pvh_cache_add_cert(w->cache, &view, spki, pvh_memo_epoch());
        else
            pvh_cache_add_refusal(w->cache, engine(), &job);
        pvh_interned *found = pvh_cache_cert(w->cache, (pv_span){der, sizeof der});
        if (found && (number % 2 == 0 || memcmp(found->bytes, der, sizeof der) != 0)) w->wrong++;
        pvh_interned_release(found);
        if (pvh_cache_is_refused(w->cache, engine(), &job) && number % 2) w->wrong++;
        if (i % 64 == 0) use_key(w);
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
    uint8_t der[CERT_LEN], sig[64];
    pv_cert view = cert(1, der);
    pv_job job = edge(2, sig);
    if (is_known(cache, &view) || pvh_cache_is_refused(cache, engine(), &job)) return 1; /* empty */
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    pvh_cache_add_refusal(cache, engine(), &job);
    if (!is_known(cache, &view) || !pvh_cache_is_refused(cache, engine(), &job)) return 2; /* and usable */
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
    uint8_t der[CERT_LEN], sig[64];
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pv_cert view = cert(1, der);
    pv_job job = edge(2, sig);
    pvh_cache_add_cert(cache, &view, spki, pvh_memo_epoch());
    pvh_cache_add_refusal(cache, engine(), &job);
    CHECK_IS(fork_and_wait(cache), 0);
    CHECK(is_known(cache, &view) &&
          pvh_cache_is_refused(cache, engine(), &job)); /* the parent's is as it was */
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
