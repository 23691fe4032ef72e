/* test_host_hot.c: which keys get tables, and what is done with what tables say. */
#if defined(__SIZEOF_INT128__)
#include "p256_samples.h"

/* What the test of a layer shall say, instead of what it says. */
#define pvh_p256_test said_by_test
static pvh_p256_result said_by_test(const pvh_p256 *p256, const unsigned *widths, size_t num_widths);
#include "host/hot.c"
#undef pvh_p256_test
#include "host/stack.h"

static const pvh_p256_result *instead; /* NULL: nothing */

static pvh_p256_result said_by_test(const pvh_p256 *p256, const unsigned *of, size_t num_widths) {
    return instead ? *instead : pvh_p256_test(p256, of, num_widths);
}

static unsigned alarms;

static void count_alarm(void) {
    alarms++;
}

static void note(pvh_hot *hot, const test_key *k, unsigned times) {
    while (times-- > 0)
        pvh_hot_note(hot, (pv_span){k->spki, 91});
    CHECK(pvh_hot_wait(hot, 20000));
}

static int has_table(pvh_hot *hot, const test_key *k) {
    pvh_hot_key *held = pvh_hot_key_of(hot, (pv_span){k->spki, 91});
    if (held) pvh_hot_key_release(held);
    return held != NULL;
}

static pvh_hot_stats stats_of(const pvh_hot *hot) {
    pvh_hot_stats out;
    pvh_hot_read_stats(hot, &out);
    return out;
}

/* The seam, with nothing behind it but the tables and libcrypto. */
typedef struct seam {
    pvh_config config;
    pvh_stack stack;
    pvh_key *keys[16];
} seam;

static void seam_open_cached(seam *s, pvh_hot *hot, pvh_cache *cache) {
    memset(s, 0, sizeof *s);
    pvh_store *store = pvh_store_new();
    CHECK(pvh_store_seal(store) == PV_DONE);
    s->config.store = store;
    s->config.engine = engine();
    s->config.hot = hot;
    pvh_stack_open(&s->stack, &s->config, cache, s->keys, 16);
}

static void seam_open(seam *s, pvh_hot *hot) {
    seam_open_cached(s, hot, NULL);
}

static void seam_close(seam *s) {
    pvh_stack_close(&s->stack);
    pvh_store_free((pvh_store *)s->config.store);
}

typedef struct written {
    pvh_p256_check check;
    uint8_t signature[72];
} written;

static pv_job job_of(written *w, const sample *s) {
    w->check = check_of(s);
    size_t len = write_signature(w->signature, &w->check);
    return (pv_job){.digest = w->check.digest,
                    .digest_len = 32,
                    .signature = {w->signature, len},
                    .spki = {s->key->spki, 91},
                    .sig_alg = PV_SIG_ECDSA_SHA256,
                    .key_alg = PV_KEY_P256};
}

static void ask_seam(seam *s, pv_job *jobs, size_t num) {
    pv_checker checker = pvh_stack_checker(&s->stack);
    checker.check(checker.ctx, jobs, num);
}

TEST(a_key_is_hot_when_it_was_seen_often) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 1024, PVH_P256_IFMA, NULL);
    test_key k, other;
    make_key(&k, below(P256_N), 8);
    make_key(&other, below(P256_N), 8);
    CHECK(!pvh_hot_is_ready(hot) && stats_of(hot).layer == 0);
    note(hot, &k, ENOUGH - 1);
    CHECK(!has_table(hot, &k) && stats_of(hot).bytes == 0);
    note(hot, &k, 1);
    CHECK(has_table(hot, &k) && !has_table(hot, &other) && pvh_hot_is_ready(hot));
    pvh_hot_stats stats = stats_of(hot);
    CHECK(stats.layer > 0 && stats.tables == 1 && stats.built == 1 && stats.evicted == 0);
    CHECK(stats.bytes > pvh_p256_table_size(12) && stats.bytes < stats.max_bytes);
    note(hot, &k, 3 * ENOUGH);
    CHECK_IS(stats_of(hot).built, 1);
    uint8_t compressed[59] = {0};
    for (unsigned i = 0; i < 2 * ENOUGH; i++)
        pvh_hot_note(hot, (pv_span){compressed, sizeof compressed});
    pvh_hot_note(NULL, (pv_span){k.spki, 91});
    CHECK(pvh_hot_wait(hot, 20000) && stats_of(hot).built == 1);
    pvh_p256_table_free(k.table);
    pvh_p256_table_free(other.table);
    pvh_hot_free(hot);
}

/* With room for the generator and few keys: narrow tables, and a new one only in the place of one long
 * unused. */
TEST(room_is_bounded) {
    enum { NUM = 8 };
    pvh_hot *hot = pvh_hot_new(4u << 20, 0, PVH_P256_IFMA, NULL);
    test_key keys[NUM];
    unsigned have = 0;
    for (unsigned i = 0; i < NUM; i++) {
        make_key(&keys[i], below(P256_N), 8);
        note(hot, &keys[i], ENOUGH);
        CHECK(stats_of(hot).bytes <= 4u << 20);
        have += (unsigned)has_table(hot, &keys[i]);
    }
    CHECK(have > 0 && have < NUM && stats_of(hot).tables == have && stats_of(hot).evicted == 0);
    CHECK(!has_table(hot, &keys[NUM - 1]));
    pvh_hot_key *held = pvh_hot_key_of(hot, (pv_span){keys[0].spki, 91});
    atomic_fetch_add(&hot->clock, 2 * IDLE);
    for (unsigned i = 0; i < 2 * NUM; i++)
        note(hot, &keys[NUM - 1], ENOUGH); /* the one in use is passed over in the end */
    CHECK(held && held->table && atomic_load(&held->state) == SLOT_READY);
    pvh_hot_key_release(held);
    for (unsigned i = 0; i < 4; i++)
        note(hot, &keys[NUM - 1], ENOUGH);
    CHECK(has_table(hot, &keys[NUM - 1]) && stats_of(hot).evicted > 0);
    CHECK(stats_of(hot).bytes <= 4u << 20);
    for (unsigned i = 0; i < NUM; i++)
        pvh_p256_table_free(keys[i].table);
    pvh_hot_free(hot);
}

/* Good and bad ones by hot keys and others, one alone and many together; jobs that hang on others. */
TEST(the_seam) {
    enum { NUM = 150 };
    for (uint32_t shadow = 0; shadow <= 2; shadow++) {
        pvh_hot *hot = pvh_hot_new(32u << 20, shadow, PVH_P256_IFMA, count_alarm);
        test_key k[2];
        seam s;
        seam_open(&s, hot);
        for (int i = 0; i < 2; i++)
            make_key(&k[i], below(P256_N), 8);
        note(hot, &k[0], ENOUGH);
        for (size_t num = 1; num <= NUM; num += num < 6 ? 1 : 48) {
            pv_job jobs[NUM];
            written *texts = calloc(NUM, sizeof *texts);
            int good[NUM];
            for (size_t i = 0; i < num; i++) {
                sample one = sign(&k[i % 5 == 4], below(P256_N), below(P256_N));
                good[i] = (i * 5 + num) % 7 != 0;
                if (!good[i]) one.digest.v[0] ^= 2;
                jobs[i] = job_of(&texts[i], &one);
                if (i % 6 == 5) jobs[i].after = (uint32_t)i; /* hangs on the one before */
                if (i % 6 == 5 && !good[i - 1]) good[i] = -1;
                if (i == 3) jobs[i].digest_len = 31;
                if (i == 3) good[i] = -1;
                if (i == 4) jobs[i].after = 4, good[i] = -1;
            }
            ask_seam(&s, jobs, num);
            for (size_t i = 0; i < num; i++) {
                int wanted = good[i] < 0 ? PV_SIG_NOT_CHECKED : good[i] ? PV_SIG_GOOD : PV_SIG_BAD;
                if (i % 6 == 5 && i > 0 && jobs[i - 1].result != PV_SIG_GOOD) wanted = PV_SIG_NOT_CHECKED;
                CHECK_MSG(jobs[i].result == wanted, "job %zu of %zu: %d, not %d", i, num, jobs[i].result,
                          wanted);
            }
            free(texts);
        }
        pvh_hot_stats stats = stats_of(hot);
        CHECK(stats.accepted > 0 && stats.accepted < stats.taken && !stats.is_wrong && alarms == 0);
        CHECK(shadow == 1 ? stats.sampled > 0 : shadow == 0 ? stats.sampled == 0 : 1);
        seam_close(&s);
        for (int i = 0; i < 2; i++)
            pvh_p256_table_free(k[i].table);
        pvh_hot_free(hot);
    }
}

/* A table that belongs to another key: found out at the first signature that libcrypto is asked about too. */
TEST(a_wrong_table_is_found_out) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 1, PVH_P256_IFMA, count_alarm);
    test_key k, other;
    seam s;
    written text;
    seam_open(&s, hot);
    make_key(&k, below(P256_N), 8);
    make_key(&other, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    pvh_hot_key *held = pvh_hot_key_of(hot, (pv_span){k.spki, 91});
    const p256_row *right = held->table->rows;
    unsigned width = held->table->width;
    pvh_p256_table *wrong = pvh_p256_table_new(other.spki + 27, width);
    held->table->rows = wrong->rows;
    sample forged = sign(&other, below(P256_N), below(P256_N));
    forged.key = &k;
    pv_job job = job_of(&text, &forged);
    ask_seam(&s, &job, 1);
    CHECK_IS(job.result, PV_SIG_BAD);
    CHECK(stats_of(hot).is_wrong && alarms == 1 && !pvh_hot_is_ready(hot));
    ask_seam(&s, &job, 1);
    CHECK(job.result == PV_SIG_BAD && alarms == 1 && stats_of(hot).taken == 1);
    note(hot, &other, 2 * ENOUGH);
    CHECK(!has_table(hot, &other));
    pvh_hot *another = pvh_hot_new(32u << 20, 1, PVH_P256_IFMA, count_alarm);
    note(another, &other, 2 * ENOUGH);
    CHECK(!has_table(another, &other) && stats_of(another).is_wrong);
    pvh_hot_free(another);
    held->table->rows = (p256_row *)right;
    pvh_hot_key_release(held);
    seam_close(&s);
    pvh_p256_table_free(wrong);
    pvh_p256_table_free(k.table);
    pvh_p256_table_free(other.table);
    pvh_hot_free(hot);
    atomic_store(&found_wrong, 0);
    alarms = 0;
}

/* What hangs on a bad answer is given back to the budget, so no table may spend work on it; what hangs on a
 * good one is a table's. */
TEST(what_hangs_on_a_bad_answer_costs_nothing) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    test_key k;
    seam s;
    written texts[8];
    pv_job jobs[8];
    seam_open(&s, hot);
    make_key(&k, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    for (int is_good = 0; is_good < 2; is_good++) {
        uint64_t before = stats_of(hot).taken;
        for (uint32_t i = 0; i < 8; i++) {
            sample one = sign(&k, below(P256_N), below(P256_N));
            if (i == 0 && !is_good) one.digest.v[0] ^= 1;
            jobs[i] = job_of(&texts[i], &one);
            jobs[i].after = i;
        }
        ask_seam(&s, jobs, 8);
        CHECK_IS(jobs[0].result, is_good ? PV_SIG_GOOD : PV_SIG_BAD);
        CHECK_IS(jobs[7].result, is_good ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED);
        CHECK_IS(stats_of(hot).taken - before, is_good ? 8 : 1);
    }
    seam_close(&s);
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
}

/* What was refused before is neither hashed nor asked of a table again, alone or among others. */
TEST(a_forged_one_again_costs_no_table_work) {
    enum { NUM = 6 };
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    pvh_cache *cache = pvh_cache_new(4u << 20);
    test_key k;
    seam s;
    written texts[NUM];
    pv_job jobs[NUM];
    seam_open_cached(&s, hot, cache);
    make_key(&k, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    for (uint32_t i = 0; i < NUM; i++) {
        sample one = sign(&k, below(P256_N), below(P256_N));
        jobs[i] = job_of(&texts[i], &one);
        jobs[i].message = (pv_span){texts[i].signature, 20}; /* not what was signed */
        jobs[i].digest_len = 0;
    }
    for (uint64_t turn = 0; turn < 3; turn++) {
        ask_seam(&s, jobs, NUM);
        for (uint32_t i = 0; i < NUM; i++)
            CHECK_IS(jobs[i].result, PV_SIG_BAD);
        ask_seam(&s, jobs, 1);
        CHECK_IS(jobs[0].result, PV_SIG_BAD);
        CHECK_IS(stats_of(hot).taken, NUM);
        pvh_cache_stats stats;
        pvh_cache_read_stats(cache, &stats);
        CHECK_IS(stats.refusal_hits, (turn + 1) * (NUM + 1) - NUM);
    }
    seam_close(&s);
    pvh_cache_free(cache);
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
}

/* An engine that leaves this kind of signature to another. */
TEST(tables_are_not_asked_for_a_fallback) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    pvh_engine limited = *engine();
    test_key k;
    seam s;
    written text;
    seam_open(&s, hot);
    limited.algorithms &= ~PV_ALG_BIT(PV_SIG_ECDSA_SHA256);
    limited.fallback = engine();
    s.config.engine = &limited;
    make_key(&k, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    sample one = sign(&k, below(P256_N), below(P256_N));
    pv_job job = job_of(&text, &one);
    ask_seam(&s, &job, 1);
    CHECK(job.result == PV_SIG_GOOD && stats_of(hot).taken == 0);
    s.config.engine = engine();
    ask_seam(&s, &job, 1);
    CHECK(job.result == PV_SIG_GOOD && stats_of(hot).taken == 1);
    seam_close(&s);
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
}

TEST(a_layer_is_given_up_when_it_is_wrong_not_for_want_of_memory) {
    static const pvh_p256_result results[] = {PVH_P256_UNTESTED, PVH_P256_WRONG};
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    test_key k;
    make_key(&k, below(P256_N), 8);
    instead = &results[0];
    note(hot, &k, ENOUGH);
    CHECK(!has_table(hot, &k) && stats_of(hot).layer == 0 && stats_of(hot).bytes == 0);
    instead = NULL;
    note(hot, &k, ENOUGH);
    CHECK(has_table(hot, &k) && stats_of(hot).layer > 0);
    pvh_hot_free(hot);
    hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    instead = &results[1];
    note(hot, &k, ENOUGH);
    CHECK(!has_table(hot, &k) && stats_of(hot).layer == -1);
    instead = NULL;
    note(hot, &k, ENOUGH);
    CHECK(!has_table(hot, &k));
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
}

/* Threads that wear off the same two counters, with keys that are always new. */
static atomic_uint num_wrapped;

static void *note_strangers(void *argument) {
    pvh_hot *hot = argument;
    uint64_t own = (uint64_t)(uintptr_t)&hot << 16;
    for (uint64_t i = 0; i < 300000; i++) {
        counter *c = counter_of(hot, ((own ^ i << 50) & ~(uint64_t)0x3FF000003FF00u) | (i & 0x7F) << 1 | 1u);
        if (c) atomic_store(&c->count, 1);
        atomic_fetch_add(&num_wrapped, atomic_load(&hot->counters[0].count) > 1000);
    }
    return NULL;
}

TEST(counters_do_not_run_below_zero) {
    enum { NUM = 4 };
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    pthread_t threads[NUM];
    for (int i = 0; i < NUM; i++)
        CHECK(pthread_create(&threads[i], NULL, note_strangers, hot) == 0);
    for (int i = 0; i < NUM; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_IS(num_wrapped, 0);
    pvh_hot_free(hot);
}

/* A stamp that is later than the builder's look at the clock. */
TEST(what_was_used_a_moment_ago_is_not_idle) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    test_key k;
    make_key(&k, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    pvh_hot_key *held = pvh_hot_key_of(hot, (pv_span){k.spki, 91});
    CHECK(held != NULL);
    atomic_store(&held->stamp, atomic_load(&hot->clock) + 5);
    CHECK(idle_slot(hot, hot->slots, SLOTS) == NULL);
    atomic_fetch_add(&hot->clock, 2 * IDLE);
    CHECK(idle_slot(hot, hot->slots, SLOTS) == held);
    pvh_hot_key_release(held);
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
}

/* Signatures of odd forms are not for tables to judge. */
TEST(forms_of_signatures) {
    test_key k;
    make_key(&k, below(P256_N), 8);
    sample one = sign(&k, below(P256_N), below(P256_N));
    pvh_p256_check check = check_of(&one), found;
    uint8_t text[80];
    size_t len = write_signature(text, &check);
    CHECK(read_signature(&found, (pv_span){text, len}));
    CHECK(memcmp(found.r, check.r, 32) == 0 && memcmp(found.s, check.s, 32) == 0);
    for (size_t cut = 0; cut < len; cut++)
        CHECK(!read_signature(&found, guarded((pv_span){text, cut})));
    text[len] = 0;
    CHECK(!read_signature(&found, (pv_span){text, len + 1}));
    static const struct {
        const char *hex;
        int is_read;
    } forms[] = {{"3006020101020101", 1},       {"3006020100020100", 1},   {"300702020001020101", 0},
                 {"3006020181020101", 0},       {"30070202008002010A", 1}, {"30050200020101", 0},
                 {"308106020101020101", 0},     {"3006030101020101", 0},   {"3106020101020101", 0},
                 {"3009020101020101020101", 0}, {"3006020101028001", 0},   {"3003020101", 0},
                 {"30080201010201010500", 0},   {"3080020101020101", 0},   {"3007020101020101", 0}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        CHECK_MSG(read_signature(&found, guarded(HEX(forms[i].hex))) == forms[i].is_read, "%s", forms[i].hex);
    pvh_p256_table_free(k.table);
}
#endif /* else there are no tables */
