/* test_host_hot.c: which keys get tables, and what is done with what tables say. */
#if defined(__SIZEOF_INT128__)
#include "p256_samples.h"

/* What the test of a layer shall say, instead of what it says. */
#define pvh_p256_test said_by_test
static pvh_p256_result said_by_test(const pvh_p256 *p256, const unsigned *widths, size_t num_widths);
#include "host/hot.c"
#undef pvh_p256_test
#include "host/interned.h"
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

/* A key with a table, one without, and the seam. */
typedef struct two_keys {
    pvh_hot *hot;
    test_key hot_key, other;
    seam seam;
} two_keys;

static void two_keys_open(two_keys *t, uint32_t shadow) {
    t->hot = pvh_hot_new(32u << 20, shadow, PVH_P256_IFMA, NULL);
    make_key(&t->hot_key, below(P256_N), 8);
    make_key(&t->other, below(P256_N), 8);
    seam_open(&t->seam, t->hot);
    note(t->hot, &t->hot_key, ENOUGH);
    CHECK(has_table(t->hot, &t->hot_key) && !has_table(t->hot, &t->other));
}

static void two_keys_close(two_keys *t) {
    seam_close(&t->seam);
    pvh_p256_table_free(t->hot_key.table);
    pvh_p256_table_free(t->other.table);
    pvh_hot_free(t->hot);
}

static uint8_t ask_alone(seam *s, const sample *of) {
    written text;
    pv_job job = job_of(&text, of);
    ask_seam(s, &job, 1);
    return job.result;
}

/* Once there is a layer; and forgeries do not cost both checks each time. */
TEST(keys_without_a_table_are_checked_by_their_points) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    test_key k, other;
    seam s;
    make_key(&k, below(P256_N), 8);
    make_key(&other, below(P256_N), 8);
    seam_open(&s, hot);
    sample good = sign(&other, below(P256_N), below(P256_N)), bad = good;
    bad.digest.v[3] ^= 4;
    CHECK(ask_alone(&s, &good) == PV_SIG_GOOD && stats_of(hot).taken == 0);
    note(hot, &k, ENOUGH);
    for (unsigned i = 1; i < 40; i++) {
        CHECK_IS(ask_alone(&s, &good), PV_SIG_GOOD);
        CHECK(stats_of(hot).bare == i && stats_of(hot).accepted == i);
    }
    pvh_hot_stats stats = stats_of(hot);
    for (unsigned i = 0; i < 10 * (CREDIT + 1); i++)
        CHECK_IS(ask_alone(&s, &bad), PV_SIG_BAD);
    CHECK(stats_of(hot).bare >= stats.bare + 10 && stats_of(hot).bare <= stats.bare + 12);
    CHECK_IS(stats_of(hot).accepted, stats.accepted);
    for (unsigned i = 0; i <= 2 * CREDIT; i++)
        CHECK_IS(ask_alone(&s, &good), PV_SIG_GOOD);
    CHECK(stats_of(hot).accepted >= stats.accepted + CREDIT && !has_table(hot, &other));
    seam_close(&s);
    pvh_p256_table_free(k.table);
    pvh_p256_table_free(other.table);
    pvh_hot_free(hot);
}

/* What costs no library anything earns no credit: else it would buy double checks of forgeries. */
TEST(junk_earns_no_credit) {
    two_keys t;
    test_key off;
    two_keys_open(&t, 0);
    off = t.other;
    off.spki[90] ^= 1;
    sample good = sign(&t.other, below(P256_N), below(P256_N)), bad = good, large = good, strange = good;
    bad.digest.v[3] ^= 4;
    large.s = P256_N;
    strange.key = &off;
    for (unsigned i = 0; i < 20; i++)
        CHECK_IS(ask_alone(&t.seam, &good), PV_SIG_GOOD);
    uint64_t before = stats_of(t.hot).bare;
    CHECK_IS(ask_alone(&t.seam, &bad), PV_SIG_BAD); /* all that twenty good ones earned */
    for (unsigned i = 0; i < 100; i++) {
        written text;
        pv_job job = job_of(&text, &good);
        job.signature.len = 3;
        ask_seam(&t.seam, &job, 1);
        CHECK_IS(job.result, PV_SIG_BAD);
        CHECK_IS(ask_alone(&t.seam, &large), PV_SIG_BAD);
        CHECK_IS(ask_alone(&t.seam, &strange), PV_SIG_BAD);
    }
    CHECK_IS(ask_alone(&t.seam, &bad), PV_SIG_BAD);
    CHECK_IS(stats_of(t.hot).bare, before + 1);
    CHECK_IS(ask_alone(&t.seam, &good), PV_SIG_GOOD); /* the one that was left to libcrypto has earned it */
    CHECK_IS(stats_of(t.hot).bare, before + 2);
    two_keys_close(&t);
}

/* Children of a parent that is judged in the same round are asked about once. */
TEST(forged_children_of_a_parent_with_a_table) {
    enum { ROUNDS = 100 };
    two_keys t;
    two_keys_open(&t, 0);
    sample parent = sign(&t.hot_key, below(P256_N), below(P256_N)),
           forged = sign(&t.other, below(P256_N), below(P256_N));
    forged.digest.v[0] ^= 1;
    for (unsigned n = 0; n < ROUNDS; n++) {
        written texts[4];
        pv_job jobs[4] = {job_of(&texts[0], &parent)};
        for (unsigned i = 1; i < 4; i++) {
            jobs[i] = job_of(&texts[i], &forged);
            jobs[i].after = 1;
        }
        ask_seam(&t.seam, jobs, 4);
        CHECK_IS(jobs[0].result, PV_SIG_GOOD);
        for (unsigned i = 1; i < 4; i++)
            CHECK_IS(jobs[i].result, PV_SIG_BAD);
    }
    CHECK_MSG(stats_of(t.hot).bare <= 3 * ROUNDS / (CREDIT + 1) + 2, "%u", (unsigned)stats_of(t.hot).bare);
    two_keys_close(&t);
}

/* In rounds and alone: neither another hash's signature nor a key in another form is looked at here. */
TEST(what_is_not_ours_in_rounds) {
    enum { NUM = 6 };
    two_keys t;
    two_keys_open(&t, 0);
    for (unsigned num = 1; num <= NUM; num += NUM - 1) {
        for (unsigned kind = 0; kind < 3; kind++) {
            written texts[NUM];
            pv_job jobs[NUM];
            uint8_t *spki = malloc(59); /* of exactly that length, so that who reads on is seen */
            for (unsigned i = 0; i < num; i++) {
                sample each = sign(i % 2 ? &t.other : &t.hot_key, below(P256_N), below(P256_N));
                jobs[i] = job_of(&texts[i], &each);
                memcpy(spki, each.key->spki, 59);
                if (kind == 0) jobs[i].sig_alg = PV_SIG_ECDSA_SHA384;
                if (kind == 1) jobs[i].spki = (pv_span){spki, 59};
                if (kind == 2) jobs[i].sig_alg = PV_SIG_ECDSA_SHA1;
            }
            uint64_t taken = stats_of(t.hot).taken;
            ask_seam(&t.seam, jobs, num);
            for (unsigned i = 0; i < num; i++)
                CHECK_MSG(jobs[i].result != PV_SIG_GOOD, "kind %u of %u", kind, num);
            CHECK_IS(stats_of(t.hot).taken, taken);
            free(spki);
        }
    }
    two_keys_close(&t);
}

/* In a round with others that have one; none of them when the arithmetic was found wrong. */
TEST(keys_with_and_without_tables_in_one_round) {
    enum { NUM = 24 };
    two_keys t;
    written texts[NUM];
    pv_job jobs[NUM];
    two_keys_open(&t, 0);
    for (unsigned times = 0; times < 2; times++) {
        for (unsigned i = 0; i < NUM; i++) {
            sample each = sign(i % 2 ? &t.other : &t.hot_key, below(P256_N), below(P256_N));
            each.digest.v[0] ^= i % 5 == 4;
            jobs[i] = job_of(&texts[i], &each);
        }
        ask_seam(&t.seam, jobs, NUM);
        for (unsigned i = 0; i < NUM; i++)
            CHECK_IS(jobs[i].result, i % 5 == 4 ? PV_SIG_BAD : PV_SIG_GOOD);
        CHECK(stats_of(t.hot).bare > 0 && stats_of(t.hot).taken == NUM / 2 + stats_of(t.hot).bare);
        atomic_store(&found_wrong, 1);
    }
    atomic_store(&found_wrong, 0);
    two_keys_close(&t);
}

/* A table that belongs to another key, and a round of what that one signed. */
typedef struct imposture {
    pvh_hot *hot;
    test_key k, other;
    pvh_hot_key *held;
    p256_row *right;
    pvh_p256_table *wrong;
} imposture;

static imposture imposture_open(uint32_t shadow) {
    imposture im = {.hot = pvh_hot_new(32u << 20, shadow, PVH_P256_IFMA, count_alarm)};
    make_key(&im.k, below(P256_N), 8);
    make_key(&im.other, below(P256_N), 8);
    note(im.hot, &im.k, ENOUGH);
    im.held = pvh_hot_key_of(im.hot, (pv_span){im.k.spki, 91});
    im.right = im.held->table->rows;
    im.wrong = pvh_p256_table_new(im.other.spki + 27, im.held->table->width);
    im.held->table->rows = im.wrong->rows;
    return im;
}

static void imposture_close(imposture *im) {
    im->held->table->rows = im->right;
    pvh_hot_key_release(im->held);
    pvh_p256_table_free(im->wrong);
    pvh_p256_table_free(im->k.table);
    pvh_p256_table_free(im->other.table);
    pvh_hot_free(im->hot);
    atomic_store(&found_wrong, 0);
    alarms = 0;
}

/* How many forged signatures came out good before the alarm: none, where the lot fell on the first round. */
static unsigned judge_by_wrong_table(void) {
    enum { NUM = 128 };
    imposture im = imposture_open(20);
    pvh_memo memos[NUM];
    written *texts = calloc(NUM, sizeof *texts);
    pv_job jobs[NUM];
    seam s;
    seam_open(&s, im.hot);
    for (unsigned i = 0; i < NUM; i++) {
        sample forged = sign(&im.other, below(P256_N), below(P256_N));
        forged.key = &im.k;
        jobs[i] = job_of(&texts[i], &forged);
        pvh_memo_init(&memos[i], 1);
        jobs[i].memo = &memos[i];
    }
    unsigned num = 0, was_good = 0;
    while (alarms == 0 &&
           num + 4 <= NUM) { /* rounds that are small enough for some of them not to be sampled */
        ask_seam(&s, jobs + num, 4);
        for (unsigned i = 0; i < 4; i++) {
            was_good += jobs[num + i].result == PV_SIG_GOOD;
            CHECK(alarms == 0 || jobs[num + i].result == PV_SIG_BAD);
        }
        num += 4;
    }
    CHECK(alarms == 1);
    for (unsigned i = 0; i < num; i++)
        CHECK(!pvh_memo_has(&memos[i], (pv_span){im.k.spki, 91}));
    ask_seam(&s, jobs, num);
    for (unsigned i = 0; i < num; i++)
        CHECK_IS(jobs[i].result, PV_SIG_BAD);
    for (unsigned i = 0; i < NUM; i++)
        pvh_memo_clear(&memos[i]);
    free(texts);
    seam_close(&s);
    imposture_close(&im);
    return was_good;
}

/* The round in which it is found out is judged anew, and what was remembered before counts for nothing. */
TEST(what_a_wrong_table_said_does_not_last) {
    unsigned tries = 0;
    while (judge_by_wrong_table() == 0 && tries < 40)
        tries++;
    CHECK(tries < 40);
}

/* A call that began before, and ends after it. */
TEST(what_was_found_before_the_doubt_is_not_remembered_after_it) {
    static const uint8_t der[4] = {0x30, 2, 5, 0};
    pv_cert cert = {.der = der, .der_len = 4, .version = 3};
    pv_span spki = {der, 4};
    for (int is_late = 0; is_late < 2; is_late++) {
        unsigned epoch = pvh_memo_epoch();
        if (is_late) pvh_memo_void();
        pvh_interned *made = pvh_interned_copy(&cert, spki, epoch);
        CHECK(made && pvh_memo_has(&made->memo, spki) == !is_late);
        pvh_interned_release(made);
    }
}

/* Under a key with a table one in `shadow` is asked about, under others sixteen times as many. */
TEST(keys_without_a_table_are_sampled_more_often) {
    enum { SHADOW = 64, NUM = 100 * SHADOW };
    two_keys t;
    uint8_t signature[72] = {0};
    two_keys_open(&t, SHADOW);
    pv_job by_table = {.signature = {signature, 72}, .spki = {t.hot_key.spki, 91}};
    pv_job bare = {.signature = {signature, 72}, .spki = {t.other.spki, 91}};
    unsigned of_table = 0, of_bare = 0;
    for (unsigned i = 0; i < NUM; i++) {
        of_table += (unsigned)pvh_hot_is_sampled(t.hot, &by_table);
        of_bare += (unsigned)pvh_hot_is_sampled(t.hot, &bare);
    }
    CHECK_MSG(of_table > 40 && of_table < 160, "%u", of_table); /* 100 and 1,600 are expected */
    CHECK_MSG(of_bare > 1390 && of_bare < 1810, "%u", of_bare);
    CHECK_IS(stats_of(t.hot).sampled, of_table + of_bare);
    two_keys_close(&t);
}

/* What libcrypto is asked about again: as many as there should be, and never long none. */
TEST(samples_are_spread) {
    enum { SHADOW = 64 * BARE_SHARE, HOTS = 60 };
    unsigned longest = 0;
    uint64_t num = 0;
    for (unsigned h = 0; h < HOTS; h++) {
        pvh_hot *hot = pvh_hot_new(1u << 20, SHADOW, PVH_P256_IFMA, NULL);
        uint8_t signature[72] = {0};
        pv_job job = {.signature = {signature, sizeof signature}};
        unsigned gap = 0;
        for (unsigned i = 0; i < 100 * SHADOW / BARE_SHARE; i++) {
            gap = pvh_hot_is_sampled(hot, &job) ? 0 : gap + 1; /* the same signature, over and over */
            if (gap > longest) longest = gap;
        }
        num += stats_of(hot).sampled;
        pvh_hot_free(hot);
    }
    /* Of 6,000 that are expected, within 6 standard deviations; a gap of 25 times the mean is one of 10^11.
     */
    CHECK_MSG(num > 5530 && num < 6470, "%llu samples", (unsigned long long)num);
    CHECK_MSG(longest < 25 * SHADOW / BARE_SHARE, "a gap of %u", longest);
}

/* Two processes that have one parent: key and number are the same, what they are sent is not. */
TEST(samples_differ_by_signature) {
    pvh_hot *one = pvh_hot_new(1u << 20, 8 * BARE_SHARE, 3, NULL);
    pvh_hot *two = pvh_hot_new(1u << 20, 8 * BARE_SHARE, 3, NULL);
    two->hash_key = one->hash_key;
    unsigned differ = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t a[8] = {1, (uint8_t)i}, b[8] = {2, (uint8_t)i};
        pv_job of_one = {.signature = {a, 8}}, of_two = {.signature = {b, 8}};
        differ += pvh_hot_is_sampled(one, &of_one) != pvh_hot_is_sampled(two, &of_two);
    }
    CHECK(differ > 100);
    pvh_hot_free(one);
    pvh_hot_free(two);
}

/* It would be hashed twice if the table does not accept it. */
TEST(long_messages_are_for_libcrypto) {
    pvh_hot *hot = pvh_hot_new(32u << 20, 0, PVH_P256_IFMA, NULL);
    uint8_t *message = calloc(1, LONG_MESSAGE + 1);
    test_key k;
    seam s;
    written text;
    seam_open(&s, hot);
    make_key(&k, below(P256_N), 8);
    note(hot, &k, ENOUGH);
    sample one = sign(&k, below(P256_N), below(P256_N));
    pv_job job = job_of(&text, &one);
    job.digest_len = 0;
    for (size_t more = 2; more-- > 0;) {
        job.message = (pv_span){message, LONG_MESSAGE + more};
        ask_seam(&s, &job, 1);
        CHECK(job.result == PV_SIG_BAD && stats_of(hot).taken == 1 - more);
    }
    free(message);
    seam_close(&s);
    pvh_p256_table_free(k.table);
    pvh_hot_free(hot);
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
    for (unsigned i = 1, tries = 0; i < 8; i++) { /* less and less often */
        unsigned before = atomic_load(&hot->failures);
        note(hot, &k, ENOUGH);
        tries += atomic_load(&hot->failures) - before;
        CHECK_IS(tries, i >= 5 ? 2 : i >= 2 ? 1 : 0);
    }
    instead = NULL;
    for (unsigned i = 0; i < 4; i++)
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
    CHECK(idle_slot(hot, hot->slots, SLOTS) == NULL); /* it is held */
    pvh_hot_key *slot = held;
    pvh_hot_key_release(held);
    CHECK(idle_slot(hot, hot->slots, SLOTS) == slot);
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
