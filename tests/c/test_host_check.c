/* test_host_check.c: one request, many, and sessions, from DER bytes to verdicts; what enters the cache. */
#include "harness.h"
#include "host/engine.h"
#include "host_vectors.h"
#include "policy_graph.h"

#include <pthread.h>

#define NOW 1750000000 /* 2025, inside the chains' validity */

static pvh_engine *engine(void) {
    static pvh_engine *made;
    if (!made) made = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    return made;
}

#define CERT(name) ((pv_span){name, sizeof name})

static pvh_store *store_of(pv_span a, pv_span b) {
    pvh_store *store = pvh_store_new();
    pv_fault fault;
    CHECK_IS(pvh_store_add_certificate(store, &fault, a.data, a.len, NULL), PV_OK);
    if (b.len) CHECK_IS(pvh_store_add_certificate(store, &fault, b.data, b.len, NULL), PV_OK);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    return store;
}

static pvh_config config_of(pvh_store *store, pvh_engine *by, pvh_cache *cache) {
    pvh_config config = {.store = store, .engine = by, .cache = cache, .max_certs = 16, .max_der = 100000};
    config.policy = (pv_policy){.profile = PV_PROFILE_RFC5280,
                                .purpose = PV_PURPOSE_ANY,
                                .anchor_checks = PV_ANCHOR_CONSTRAINTS,
                                .max_intermediates = 8,
                                .min_rsa_bits = 2048,
                                .algorithms = 0xFFEu,
                                .budget = {2000, 10000, 10000, 1000, 10000000}};
    CHECK_IS(pvh_store_prepare(store, by), PV_DONE);
    return config;
}

/* A request's certificates one after another. */
typedef struct chain {
    pv_span der;
    uint32_t lens[32], num;
} chain;

static chain chain_of(const pv_span *certs, uint32_t num) {
    chain c = {.der = join(certs, num), .num = num};
    for (uint32_t i = 0; i < num; i++)
        c.lens[i] = (uint32_t)certs[i].len;
    return c;
}
#define CHAIN(...)                                                                                           \
    chain_of((const pv_span[]){__VA_ARGS__}, sizeof((const pv_span[]){__VA_ARGS__}) / sizeof(pv_span))

static pv_status run(const pvh_config *config, pv_verdict *verdict, pv_fault *faults, const chain *c,
                     const char *dns) {
    return pvh_check_one(config, verdict, NULL, 0, faults, c->der.data, c->der.len, c->lens, c->num,
                         dns ? PV_SUBJECT_DNS : PV_SUBJECT_ANY, (const uint8_t *)dns, dns ? strlen(dns) : 0,
                         PV_TIME_KNOWN, NOW, NULL);
}

static pv_verdict check(const pvh_config *config, const chain *c, const char *dns) {
    pv_verdict verdict;
    GARBAGE(verdict);
    CHECK_IS(run(config, &verdict, NULL, c, dns), PV_DONE);
    return verdict;
}

static pv_span altered(pv_span cert, size_t from_end) {
    pv_span copy = JOIN(cert);
    ((uint8_t *)(uintptr_t)copy.data)[copy.len - from_end] ^= 1;
    return copy;
}

TEST(chains_are_trusted_in_any_order) {
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    chain chains[] = {CHAIN(CERT(ec_leaf0), CERT(ec_inter)),
                      CHAIN(CERT(ec_leaf0), CERT(ec_root), CERT(ec_inter)),
                      CHAIN(CERT(ec_leaf0), CERT(rsa_inter), CERT(ec_inter), CERT(ec_inter)),
                      CHAIN(CERT(rsa_leaf0), CERT(rsa_inter))};
    for (size_t i = 0; i < 4; i++) {
        pv_verdict verdict = check(&config, &chains[i], "leaf0.example");
        CHECK_MSG(verdict.outcome == PV_OUTCOME_TRUSTED, "chain %zu: reason %d", i, verdict.reason);
        CHECK_IS(verdict.reason, PV_OK);
        CHECK_IS(verdict.path_len, 2);
        CHECK_IS(verdict.anchor, i == 3);
    }
    pvh_store_free(store);
}

TEST(refusals) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    chain good = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    CHECK_IS(check(&config, &good, "other.example").reason, PV_R_SUBJECT_MISMATCH);
    chain alone = CHAIN(CERT(ec_leaf0)), foreign = CHAIN(CERT(rsa_leaf0), CERT(rsa_inter));
    CHECK_IS(check(&config, &alone, NULL).reason, PV_R_NO_ISSUER);
    CHECK_IS(check(&config, &foreign, NULL).outcome, PV_OUTCOME_REFUSED);
    chain forged = CHAIN(altered(CERT(ec_leaf0), 3), CERT(ec_inter));
    CHECK_IS(check(&config, &forged, NULL).reason, PV_R_SIGNATURE_BAD);
    chain forged_inter = CHAIN(CERT(ec_leaf0), altered(CERT(ec_inter), 3));
    CHECK_IS(check(&config, &forged_inter, NULL).reason, PV_R_SIGNATURE_BAD);
    pvh_store_free(store);
}

TEST(limits_are_exact) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    chain c = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    config.max_certs = 2;
    config.max_der = c.der.len;
    CHECK_IS(check(&config, &c, NULL).outcome, PV_OUTCOME_TRUSTED);
    config.max_der--;
    pv_verdict verdict = check(&config, &c, NULL);
    CHECK_IS(verdict.outcome, PV_OUTCOME_UNDECIDED);
    CHECK_IS(verdict.reason, PV_R_BUDGET_BYTES);
    config.max_certs = 1;
    config.max_der++;
    verdict = check(&config, &c, NULL);
    CHECK_IS(verdict.outcome, PV_OUTCOME_UNDECIDED);
    CHECK_IS(verdict.reason, PV_R_BUDGET_CERTIFICATES);
    CHECK_IS(verdict.anchor, PV_NODE_NONE);
    pvh_store_free(store);
}

TEST(faults_are_told) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    pv_fault faults[3], own;
    pv_cert view;
    pv_verdict verdict;
    pv_span junk = HEX("3003020101");
    chain c = CHAIN(junk, CERT(ec_inter), HEX("00"));
    CHECK_IS(run(&config, &verdict, faults, &c, NULL), PV_DONE);
    CHECK(pv_cert_parse(&view, &own, junk) != PV_OK);
    CHECK_IS(verdict.outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(verdict.reason, own.reason);
    CHECK_IS(verdict.field, own.field);
    CHECK_IS(verdict.offset, own.offset);
    CHECK_IS(faults[0].reason, own.reason);
    CHECK(faults[1].reason == PV_OK || faults[1].reason == PV_R_UNCHECKED);
    CHECK(faults[2].reason > PV_OK);
    chain second = CHAIN(CERT(ec_leaf0), junk, CERT(ec_inter)), none = {.num = 0};
    CHECK_IS(check(&config, &second, NULL).outcome, PV_OUTCOME_TRUSTED); /* junk beside the chain */
    CHECK_IS(check(&config, &none, NULL).outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(check(&config, &none, NULL).reason, PV_R_CERT_UNREADABLE);
    pvh_store_free(store);
}

TEST(calls_that_cannot_be_carried_out) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0}), *open = pvh_store_new();
    pvh_config config = config_of(store, engine(), NULL);
    chain c = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    pv_verdict verdict;
    c.lens[1]++;
    GARBAGE(verdict);
    CHECK_IS(run(&config, &verdict, NULL, &c, NULL), PV_FAILED);
    CHECK_IS(verdict.outcome, PV_OUTCOME_NONE);
    c.lens[1]--;
    c.num = 0x10000000u;
    CHECK_IS(run(&config, &verdict, NULL, &c, NULL), PV_FAILED);
    c.num = 2;
    config.policy.pause = PV_PAUSE_PATH;
    CHECK_IS(run(&config, &verdict, NULL, &c, NULL), PV_FAILED);
    config.policy.pause = PV_PAUSE_NEVER;
    config.store = open;
    CHECK_IS(run(&config, &verdict, NULL, &c, NULL), PV_FAILED);
    pvh_store_free(open);
    pvh_store_free(store);
}

TEST(more_than_fits_on_the_stack) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    pv_span certs[16];
    for (size_t i = 0; i < 16; i++)
        certs[i] = CERT(rsa_inter);
    certs[0] = CERT(ec_leaf0);
    certs[15] = CERT(ec_inter);
    chain c = chain_of(certs, 16);
    CHECK_IS(check(&config, &c, NULL).outcome, PV_OUTCOME_TRUSTED);
    pvh_store_free(store);
}

/* --- Cache --- */

static pvh_cache_stats stats_of(pvh_cache *cache) {
    pvh_cache_stats stats;
    pvh_cache_read_stats(cache, &stats);
    return stats;
}

TEST(trusted_paths_enter_the_cache_and_nothing_else) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pvh_config config = config_of(store, engine(), cache);
    chain good = CHAIN(CERT(ec_leaf0), CERT(ec_inter)), foreign = CHAIN(CERT(rsa_leaf0), CERT(rsa_inter));
    chain forged = CHAIN(altered(CERT(ec_leaf0), 3), CERT(ec_inter));
    chain rooted = CHAIN(CERT(rsa_leaf0), CERT(rsa_inter), CERT(rsa_root));
    check(&config, &forged, NULL);  /* its intermediate's edge is good, its own is not */
    check(&config, &foreign, NULL); /* all edges good, no anchor */
    check(&config, &rooted, NULL);
    check(&config, &good, "other.example");
    CHECK_IS(stats_of(cache).edges + stats_of(cache).keys, 0);
    CHECK_IS(check(&config, &good, NULL).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(stats_of(cache).edges, 2);
    CHECK_IS(stats_of(cache).keys, 1); /* the intermediate's; the anchor's is the store's */
    uint64_t hits = stats_of(cache).edge_hits;
    CHECK_IS(check(&config, &good, NULL).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(stats_of(cache).edge_hits - hits, 2);
    CHECK_IS(check(&config, &forged, NULL).outcome, PV_OUTCOME_REFUSED); /* still */
    CHECK_IS(check(&config, &good, "other.example").outcome, PV_OUTCOME_REFUSED);
    chain next = CHAIN(CERT(ec_leaf1), CERT(ec_inter));
    CHECK_IS(check(&config, &next, NULL).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(stats_of(cache).edges, 3);
    CHECK_IS(stats_of(cache).key_hits, 1);
    CHECK_IS(stats_of(cache).refusals, 1); /* the forged one's edge was asked about once */
    CHECK_IS(stats_of(cache).refusal_hits, 1);
    /* under another store nothing of this counts as an anchor */
    pvh_store *other = store_of(CERT(rsa_root), (pv_span){NULL, 0});
    pvh_config strict = config_of(other, engine(), cache);
    CHECK_IS(check(&strict, &good, NULL).outcome, PV_OUTCOME_REFUSED);
    pvh_store_free(other);
    pvh_store_free(store);
    pvh_cache_free(cache);
}

/* --- Frames --- */

static size_t ask(const pvh_frame *frame, const chain *c) {
    return pvh_ask(frame, c->der.data, c->der.len, (const uint8_t *)c->lens, c->num, PV_SUBJECT_ANY, NULL, 0,
                   PV_TIME_KNOWN, NOW, NULL);
}

/* The answer in one piece is the answer in parts. */
TEST(frames_answer_in_one_piece) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    static uint64_t room[1024];
    pvh_frame frame = {&config, (uint8_t *)room, pvh_frame_size(8, 4), 8, 4};
    chain good = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    chain odd = CHAIN(CERT(ec_leaf0), ((pv_span){(const uint8_t *)"\x30", 1}), CERT(ec_inter));
    pv_verdict *verdict = (pv_verdict *)room;
    memset(room, 0xA5, sizeof room);
    size_t len = ask(&frame, &good);
    CHECK_IS(verdict->outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(len, sizeof *verdict + verdict->num_records * sizeof(pv_record)); /* no faults to tell of */
    len = ask(&frame, &odd);
    size_t records = verdict->num_records < 8 ? verdict->num_records : 8;
    size_t faults_at = sizeof *verdict + records * sizeof(pv_record);
    CHECK_IS(verdict->outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(len, faults_at + 3 * sizeof(pv_fault));
    const pv_fault *faults = (const pv_fault *)(const void *)((const uint8_t *)room + faults_at);
    CHECK(faults[0].reason == PV_OK && faults[1].reason == PV_R_DER_TRUNCATED && faults[2].reason == PV_OK);
    for (size_t i = (frame.room_len + 7) / 8; i < 1024; i++)
        CHECK(room[i] == UINT64_C(0xA5A5A5A5A5A5A5A5));
    pvh_store_free(store);
}

static size_t ask_pair(const pvh_frame *frame, pv_span target, pv_span other, const char *name) {
    uint8_t *a = malloc(target.len + !target.len), *b = malloc(other.len + !other.len);
    if (target.len) memcpy(a, target.data, target.len);
    if (other.len) memcpy(b, other.data, other.len);
    size_t len = pvh_ask_pair(frame, a, (uint32_t)target.len, b, (uint32_t)other.len,
                              name ? PV_SUBJECT_DNS : PV_SUBJECT_ANY, (const uint8_t *)name,
                              name ? strlen(name) : 0, PV_TIME_KNOWN, NOW);
    free(a);
    free(b);
    return len;
}

/* Two certificates in two places are answered as those in one. */
TEST(pairs_in_two_places) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_cache *cache = pvh_cache_new(1u << 20);
    pvh_config config = config_of(store, engine(), NULL), cached = config_of(store, engine(), cache);
    static uint64_t room[1024], again[1024];
    pv_span none = {(const uint8_t *)"", 0}, scrap = {(const uint8_t *)"\x30", 1};
    pv_span certs[] = {CERT(ec_leaf0), CERT(ec_inter), CERT(rsa_leaf0),           CERT(ec_root),
                       scrap,          none,           altered(CERT(ec_leaf0), 3)};
    for (size_t i = 0; i < 7 * 7 * 2; i++) {
        pvh_frame frame = {i % 2 ? &cached : &config, (uint8_t *)room, pvh_frame_size(8, 4), 8, 4};
        chain both = CHAIN(certs[i / 2 % 7], certs[i / 14]);
        size_t len = ask(&frame, &both);
        memcpy(again, room, sizeof again);
        memset(room, 0x5A, sizeof room);
        CHECK_IS(ask_pair(&frame, certs[i / 2 % 7], certs[i / 14], NULL), len);
        if (i % 2 == 0) CHECK(len > 0 && memcmp(room, again, len) == 0);
        CHECK_IS(((pv_verdict *)room)->outcome, ((pv_verdict *)again)->outcome);
    }
    pvh_frame frame = {&config, (uint8_t *)room, pvh_frame_size(8, 4), 8, 4};
    CHECK(ask_pair(&frame, certs[0], certs[1], "other.example") > 0);
    CHECK_IS(((pv_verdict *)room)->outcome, PV_OUTCOME_REFUSED);
    config.max_certs = 1;
    CHECK(ask_pair(&frame, certs[0], certs[1], NULL) > 0);
    CHECK_IS(((pv_verdict *)room)->reason, PV_R_BUDGET_CERTIFICATES);
    config.max_certs = 2;
    config.max_der = certs[0].len + certs[1].len - 1;
    CHECK(ask_pair(&frame, certs[0], certs[1], NULL) > 0);
    CHECK_IS(((pv_verdict *)room)->reason, PV_R_BUDGET_BYTES);
    frame.max_certs = 1;
    CHECK_IS(ask_pair(&frame, certs[0], certs[1], NULL), 0);
    pvh_cache_free(cache);
    pvh_store_free(store);
}

TEST(frames_that_are_too_small) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    static uint64_t room[1024];
    pvh_frame frame = {&config, (uint8_t *)room, pvh_frame_size(8, 1), 8, 1};
    chain good = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    CHECK_IS(ask(&frame, &good), 0);
    frame.max_certs = 2;
    CHECK_IS(ask(&frame, &good), 0);
    frame.room_len = pvh_frame_size(8, 2);
    CHECK(ask(&frame, &good) > 0);
    good.lens[1]++; /* a length that leaves the buffer */
    CHECK_IS(ask(&frame, &good), 0);
    CHECK_IS(room[0] & 0xFF, PV_OUTCOME_NONE);
    pvh_store_free(store);
}

/* --- Pools --- */

static pvh_pool *pool_of(const chain *c) {
    pv_fault fault;
    uint32_t position;
    pvh_pool *pool = pvh_pool_new(&fault, &position, c->der.data, c->der.len, c->lens, c->num);
    CHECK(pool != NULL);
    return pool;
}

TEST(pooled_intermediates_are_candidates) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_config config = config_of(store, engine(), NULL);
    chain cas = CHAIN(CERT(rsa_inter), CERT(ec_inter)), alone = CHAIN(CERT(ec_leaf0));
    CHECK_IS(check(&config, &alone, NULL).outcome, PV_OUTCOME_REFUSED);
    pvh_pool *pool = pool_of(&cas);
    config.pool = pool;
    for (int i = 0; i < 2; i++) {
        pv_verdict verdict = check(&config, &alone, NULL);
        CHECK_IS(verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK(verdict.path_len == 2 && verdict.path[1] == (PV_NODE_POOL | 1));
    }
    chain forged = CHAIN(altered(CERT(ec_leaf0), 3));
    CHECK_IS(check(&config, &forged, NULL).outcome, PV_OUTCOME_REFUSED);
    chain foreign = CHAIN(CERT(rsa_leaf0)); /* its issuer is there, its root is not trusted */
    CHECK_IS(check(&config, &foreign, NULL).outcome, PV_OUTCOME_REFUSED);
    CHECK(pvh_pool_overhead(pool) < 2 * 200 + 200);
    pvh_pool_free(pool);
    pvh_store_free(store);
}

TEST(what_is_no_pool) {
    pv_fault fault;
    uint32_t position;
    chain leaf = CHAIN(CERT(ec_inter), CERT(ec_leaf0)), junk = CHAIN(((pv_span){(const uint8_t *)"\x30", 1}));
    CHECK(pvh_pool_new(&fault, &position, leaf.der.data, leaf.der.len, leaf.lens, leaf.num) == NULL);
    CHECK(fault.reason == PV_R_NOT_A_CA && position == 1);
    CHECK(pvh_pool_new(&fault, &position, junk.der.data, junk.der.len, junk.lens, junk.num) == NULL);
    CHECK(fault.reason == PV_R_DER_TRUNCATED && position == 0);
    leaf.lens[1]++;
    CHECK(pvh_pool_new(&fault, &position, leaf.der.data, leaf.der.len, leaf.lens, leaf.num) == NULL);
    CHECK_IS(fault.reason, PV_R_UNCHECKED);
    pvh_pool *empty = pvh_pool_new(&fault, &position, NULL, 0, NULL, 0);
    CHECK(empty != NULL);
    pvh_pool_free(empty);
}

/* --- Callback --- */

static size_t num_jobs_asked;
static uint8_t callback_says;

static void callback(void *ctx, pv_job *jobs, size_t num_jobs) {
    (void)ctx;
    num_jobs_asked += num_jobs;
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result = callback_says;
}

TEST(callback_engine_and_cache) {
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pvh_engine *by = pvh_engine_callback(callback, NULL);
    pvh_config config = config_of(store, by, cache);
    chain first = CHAIN(CERT(ec_leaf0), CERT(ec_inter)), next = CHAIN(CERT(ec_leaf1), CERT(ec_inter));
    callback_says = PV_SIG_NOT_CHECKED;
    CHECK_IS(check(&config, &first, NULL).outcome, PV_OUTCOME_UNDECIDED);
    callback_says = 99;
    CHECK_IS(check(&config, &first, NULL).outcome, PV_OUTCOME_UNDECIDED);
    callback_says = PV_SIG_BAD;
    CHECK_IS(check(&config, &first, NULL).outcome, PV_OUTCOME_REFUSED);
    callback_says = PV_SIG_UNSUPPORTED;
    CHECK_IS(check(&config, &first, NULL).reason, PV_R_SIGNATURE_UNSUPPORTED);
    CHECK_IS(stats_of(cache).edges, 0);
    callback_says = PV_SIG_GOOD;
    num_jobs_asked = 0;
    CHECK_IS(check(&config, &first, NULL).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(num_jobs_asked, 2);
    CHECK_IS(check(&config, &next, NULL).outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(num_jobs_asked, 3); /* only the leaf was new */
    callback_says = PV_SIG_BAD;
    chain forged = CHAIN(altered(CERT(ec_leaf0), 3), CERT(ec_inter));
    CHECK_IS(check(&config, &forged, NULL).outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(num_jobs_asked, 4);
    CHECK_IS(check(&config, &first, NULL).outcome, PV_OUTCOME_TRUSTED); /* from the cache alone */
    CHECK_IS(num_jobs_asked, 4);
    pvh_engine_free(by);
    pvh_store_free(store);
    pvh_cache_free(cache);
}

/* --- Many --- */

#define MANY 150u

typedef struct batch_in {
    pv_span parts[MANY * 2], der;
    uint32_t lens[MANY * 2], counts[MANY], subject_lens[MANY];
    uint8_t kinds[MANY];
    pv_time now;
    uint32_t num_certs;
} batch_in;

static const struct {
    pv_span leaf, inter;
    uint8_t outcome;
} kinds[] = {{CERT(ec_leaf0), CERT(ec_inter), PV_OUTCOME_TRUSTED},
             {CERT(ec_leaf1), CERT(ec_inter), PV_OUTCOME_TRUSTED},
             {CERT(rsa_leaf0), CERT(rsa_inter), PV_OUTCOME_TRUSTED},
             {CERT(ec_leaf2), CERT(rsa_inter), PV_OUTCOME_REFUSED},
             {{(const uint8_t *)"x", 1}, CERT(ec_inter), PV_OUTCOME_REFUSED},
             {CERT(ec_leaf3), {NULL, 0}, PV_OUTCOME_REFUSED},
             {{NULL, 0}, {NULL, 0}, PV_OUTCOME_REFUSED}};
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

static pvh_input input_of(batch_in *b, uint32_t num) {
    memset(b, 0, sizeof *b);
    for (uint32_t i = 0; i < num; i++) {
        const pv_span pair[] = {kinds[i % NUM_KINDS].leaf, kinds[i % NUM_KINDS].inter};
        for (size_t k = 0; k < 2; k++) {
            if (pair[k].len == 0) continue;
            b->parts[b->num_certs] = pair[k];
            b->lens[b->num_certs++] = (uint32_t)pair[k].len;
            b->counts[i]++;
        }
        b->kinds[i] = PV_SUBJECT_ANY;
    }
    b->der = join(b->parts, b->num_certs);
    b->now = (pv_time){NOW, PV_TIME_KNOWN};
    return (pvh_input){.der = b->der.data,
                       .der_len = b->der.len,
                       .cert_lens = b->lens,
                       .counts = b->counts,
                       .subject_kinds = b->kinds,
                       .subject_lens = b->subject_lens,
                       .times = &b->now,
                       .num_certs = b->num_certs,
                       .num_requests = num,
                       .num_subjects = num,
                       .num_times = 1,
                       .max_records = 4};
}

static const pv_record *lines_of(const pvh_answers *answers, uint32_t request, uint32_t *num_lines) {
    const pvh_log *log = answers->log;
    uint32_t begin = request % log->window ? log->ends[request - 1] : 0;
    const pv_record *lines = log->windows[request / log->window];
    *num_lines = log->ends[request] - begin;
    return lines ? lines + begin : NULL;
}

static void check_answer(const pvh_answers *answers, const batch_in *b, uint32_t i, uint32_t at) {
    const pv_verdict *verdict = &answers->verdicts[i];
    uint32_t lines = 0xA5A5A5A5u;
    const pv_record *log = lines_of(answers, i, &lines);
    CHECK_MSG(verdict->outcome == kinds[i % NUM_KINDS].outcome, "request %u: %d, reason %d", i,
              verdict->outcome, verdict->reason);
    CHECK_IS(answers->outcomes[i], verdict->outcome);
    CHECK_IS(answers->anchors[i], verdict->outcome == PV_OUTCOME_TRUSTED ? verdict->anchor : PV_NODE_NONE);
    CHECK_IS(answers->reasons[i], verdict->reason);
    CHECK_IS(lines, verdict->num_records < 4 ? verdict->num_records : 4);
    for (uint32_t k = 0; k < lines; k++)
        CHECK(log[k].reason > 0 && log[k].depth < PV_MAX_PATH);
    if (b->counts[i] == 0) CHECK_IS(verdict->reason, PV_R_INPUT_UNREADABLE);
    if (b->counts[i] == 2 && answers->faults)
        CHECK((answers->faults[at].reason > PV_OK) == (b->lens[at] == 1));
    if (b->counts[i] == 2) CHECK(answers->faults || b->lens[at] != 1);
}

static void check_many_kinds(pvh_cache *cache, uint32_t num, uint32_t num_threads) {
    static batch_in b;
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), cache);
    pvh_input input = input_of(&b, num);
    pvh_answers *answers = pvh_check_many(&config, &input, num_threads);
    CHECK(answers != NULL);
    if (!answers) return;
    CHECK_IS(answers->num_requests, num);
    CHECK_IS(answers->num_certs, b.num_certs);
    CHECK_IS(answers->num_marked, 0);
    for (uint32_t i = 0, at = 0; i < num; at += b.counts[i++])
        check_answer(answers, &b, i, at);
    pvh_answers_free(answers);
    pvh_store_free(store);
}

TEST(many_requests) {
    static const uint32_t nums[] = {1, 2, 63, 64, 65, 128, 150};
    for (size_t i = 0; i < 7; i++) {
        pvh_cache *cache = pvh_cache_new(1 << 20);
        check_many_kinds(NULL, nums[i], 1);
        check_many_kinds(cache, nums[i], 1);
        check_many_kinds(cache, nums[i], 1);
        pvh_cache_free(cache);
    }
}

TEST(many_requests_on_several_threads) {
    static const uint32_t nums[] = {1, 2, 3, 64, 150};
    for (uint32_t threads = 2; threads < 200; threads *= 4)
        for (size_t i = 0; i < 5; i++) {
            pvh_cache *cache = pvh_cache_new(1 << 20);
            check_many_kinds(NULL, nums[i], threads);
            check_many_kinds(cache, nums[i], threads);
            check_many_kinds(cache, nums[i], threads);
            pvh_cache_free(cache);
        }
}

/* What is the same for all is given once. */
TEST(one_subject_and_one_time_for_all) {
    static batch_in b;
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    pvh_input input = input_of(&b, 100);
    uint8_t kind = PV_SUBJECT_DNS;
    uint32_t len = 13;
    input.subject_kinds = &kind;
    input.subject_lens = &len;
    input.subjects = (const uint8_t *)"other.example";
    input.subjects_len = len;
    input.num_subjects = 1;
    pvh_answers *answers = pvh_check_many(&config, &input, 1);
    CHECK(answers != NULL);
    for (uint32_t i = 0; answers && i < 100; i++)
        CHECK_IS(answers->outcomes[i], PV_OUTCOME_REFUSED);
    if (answers) CHECK_IS(answers->reasons[0], PV_R_SUBJECT_MISMATCH);
    pvh_answers_free(answers);
    pvh_store_free(store);
}

TEST(each_request_has_its_own_time) {
    static batch_in b;
    pv_time times[MANY];
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    pvh_input input = input_of(&b, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        times[i] = (pv_time){i % 2 ? NOW : 0, PV_TIME_KNOWN};
    input.times = times;
    input.num_times = MANY;
    pvh_answers *answers = pvh_check_many(&config, &input, 2);
    CHECK(answers != NULL);
    for (uint32_t i = 0; answers && i < MANY; i++)
        CHECK_IS(answers->outcomes[i], i % 2 ? kinds[i % NUM_KINDS].outcome : PV_OUTCOME_REFUSED);
    pvh_answers_free(answers);
    pvh_store_free(store);
}

/* One request over its limits spoils only itself. */
TEST(one_of_many_over_its_limit) {
    static batch_in b;
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    pvh_input input = input_of(&b, NUM_KINDS);
    config.max_certs = 1;
    pvh_answers *answers = pvh_check_many(&config, &input, 1);
    CHECK(answers != NULL);
    for (size_t i = 0; answers && i < NUM_KINDS; i++)
        CHECK_IS(answers->outcomes[i], b.counts[i] > 1 ? PV_OUTCOME_UNDECIDED : PV_OUTCOME_REFUSED);
    if (answers) CHECK_IS(answers->reasons[0], PV_R_BUDGET_CERTIFICATES);
    pvh_answers_free(answers);
    pvh_store_free(store);
}

/* Of a log that does not fit, the first lines are kept, and the verdict says how many there were. */
TEST(logs_are_cut) {
    static batch_in b;
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    pvh_input input = input_of(&b, 70);
    for (uint32_t room = 0; room < 3; room++) {
        input.max_records = room;
        pvh_answers *answers = pvh_check_many(&config, &input, 1);
        uint32_t lines = 99;
        CHECK(answers != NULL);
        if (!answers) continue;
        const pv_record *log = lines_of(answers, 65, &lines);
        CHECK_IS(lines, room);
        CHECK(answers->verdicts[65].num_records > room);
        CHECK((log != NULL) == (room > 0));
        pvh_answers_free(answers);
    }
    pvh_store_free(store);
}

TEST(equal_certificates_are_asked_about_once) {
    static batch_in b;
    pvh_engine *by = pvh_engine_callback(callback, NULL);
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, by, NULL);
    pvh_input input = input_of(&b, 64);
    callback_says = PV_SIG_GOOD;
    num_jobs_asked = 0;
    pvh_answers *answers = pvh_check_many(&config, &input, 1);
    CHECK(answers != NULL);
    CHECK_IS(num_jobs_asked, 5); /* three leaves, two intermediates */
    pvh_answers_free(answers);
    pvh_engine_free(by);
    pvh_store_free(store);
}

TEST(unsound_inputs) {
    static batch_in b;
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_config config = config_of(store, engine(), NULL);
    for (int what = 0; what < 15; what++) {
        pvh_input input = input_of(&b, NUM_KINDS);
        if (what == 0) b.lens[3] = 0xFFFFFFFFu;
        if (what == 1) b.counts[2]++;
        if (what == 2) input.num_certs--;
        if (what == 3) input.num_times = 2;
        if (what == 4) b.subject_lens[1] = 1;
        if (what == 5) input.der_len--;
        if (what == 6) input.num_subjects = 2;
        if (what == 7) input.num_subjects = 0;
        if (what == 8) input.num_evidences = 1;
        if (what == 9) input.num_requests = 0;
        if (what == 10) input.max_records = 0xFFFFFFFFu;
        if (what == 11) input.cert_lens = NULL;
        if (what == 13) b.counts[0] += 0x10000000u, input.num_certs += 0x10000000u;
        if (what == 14) config.policy.pause = PV_PAUSE_PATH;
        CHECK_MSG(pvh_check_many(&config, &input, what != 12) == NULL, "case %d", what);
    }
    pvh_store_free(store);
}

/* --- Offsets --- */

TEST(offsets_become_lengths) {
    const uint32_t narrow[] = {5, 5, 12, 0xFFFFFFFFu};
    const uint64_t wide[] = {0x100000000u, 0x100000007u, 0x200000006u};
    uint8_t unaligned[1 + sizeof wide];
    uint32_t lens[3];
    uint64_t first, last;
    CHECK_IS(pvh_read_offsets(lens, &first, &last, narrow, 4, 4), 4);
    CHECK(first == 5 && last == 0xFFFFFFFFu && lens[0] == 0 && lens[1] == 7 && lens[2] == 0xFFFFFFF3u);
    memcpy(unaligned + 1, wide, sizeof wide);
    CHECK_IS(pvh_read_offsets(lens, &first, &last, unaligned + 1, 3, 8), 3);
    CHECK(first == wide[0] && last == wide[2] && lens[0] == 7 && lens[1] == 0xFFFFFFFFu);
    CHECK_IS(pvh_read_offsets(lens, &first, &last, wide, 1, 8), 1);
    CHECK(first == wide[0] && last == wide[0]);
    CHECK_IS(pvh_read_offsets(lens, &first, &last, wide, 0, 8), 0);
}

TEST(offsets_that_are_not_in_order) {
    const uint32_t back[] = {5, 7, 6, 9};
    const uint64_t far[] = {0, 0x100000000u}, wrapped[] = {1, 2, UINT64_MAX};
    uint32_t lens[3];
    uint64_t first, last;
    CHECK_IS(pvh_read_offsets(lens, &first, &last, back, 4, 4), 2);
    CHECK_IS(pvh_read_offsets(lens, &first, &last, far, 2, 8), 1);
    CHECK_IS(pvh_read_offsets(lens, &first, &last, wrapped, 3, 8), 2);
}

/* --- Sessions --- */

static void session_case(pv_answer given, uint8_t outcome, uint64_t edges) {
    static batch_in b;
    pv_verdict verdict;
    pvh_store *store = store_of(CERT(ec_root), (pv_span){NULL, 0});
    pvh_cache *cache = pvh_cache_new(1 << 20);
    pvh_config config = config_of(store, engine(), cache);
    config.policy.pause = PV_PAUSE_PATH;
    pvh_input input = input_of(&b, 1);
    pvh_output output = {&verdict, NULL, NULL};
    pvh_session *session = pvh_session_new(&config, &output, &input);
    CHECK(session != NULL);
    if (!session) return;
    CHECK_IS(pvh_session_run(session, PV_ANSWER_ACCEPT), PV_SUSPENDED); /* there was no question yet */
    CHECK_IS(verdict.path_len, 2);
    CHECK(verdict.outcome != PV_OUTCOME_TRUSTED);
    CHECK_IS(stats_of(cache).edges, 0);
    CHECK_IS(pvh_session_run(session, given), PV_DONE);
    CHECK_IS(verdict.outcome, outcome);
    CHECK_IS(stats_of(cache).edges, edges);
    CHECK_IS(pvh_session_run(session, PV_ANSWER_ACCEPT), PV_DONE); /* over: nothing changes any more */
    CHECK_IS(verdict.outcome, outcome);
    pvh_session_free(session);
    pvh_store_free(store);
    pvh_cache_free(cache);
}

TEST(sessions) {
    session_case(PV_ANSWER_ACCEPT, PV_OUTCOME_TRUSTED, 2);
    session_case(PV_ANSWER_REFUSE, PV_OUTCOME_REFUSED, 0);
    session_case(PV_ANSWER_NONE, PV_OUTCOME_REFUSED, 0);
    session_case((pv_answer)77, PV_OUTCOME_REFUSED, 0);
}

/* --- Store --- */

static pv_status policies_of(const pvh_config *config, uint32_t *num, uint8_t kind, uint32_t anchor,
                             const chain *c, uint32_t num_certs) {
    pv_span out[4];
    *num = 99;
    return pvh_policy_set(config, num, out, 4, kind, anchor, c->der.data, c->der.len, c->lens, num_certs);
}

/* These certificates assert no policy, so their sets are empty; what is no path has none. */
TEST(policy_sets) {
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root)), *open = pvh_store_new();
    pvh_config config = config_of(store, engine(), NULL), unsealed = config;
    chain c = CHAIN(CERT(ec_leaf0), CERT(ec_inter)), cut = c, long_one = c,
          odd = CHAIN(CERT(ec_leaf0), HEX("3000"));
    uint32_t num;
    unsealed.store = open;
    cut.der.len--;
    for (uint32_t i = 0; i < 32; i++)
        long_one.lens[i] = 0;
    for (uint8_t kind = 0; kind < 4; kind++) {
        int known = kind == PV_POLICY_SET_AUTHORITY || kind == PV_POLICY_SET_USER;
        CHECK_IS(policies_of(&config, &num, kind, 0, &c, 2), known ? PV_DONE : PV_FAILED);
        CHECK_IS(num, 0);
    }
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 1, &c, 1), PV_DONE);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 2, &c, 2), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0xFFFFFFFFu, &c, 2), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &c, 0), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &cut, 2), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &odd, 2), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &long_one, PV_MAX_PATH), PV_FAILED);
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &long_one, PV_MAX_PATH + 1), PV_FAILED);
    CHECK_IS(policies_of(&unsealed, &num, PV_POLICY_SET_USER, 0, &c, 2), PV_FAILED);
    CHECK_IS(num, 0);
    config.policy.budget.policy_nodes = 0; /* nothing can be known: empty */
    CHECK_IS(policies_of(&config, &num, PV_POLICY_SET_USER, 0, &c, 2), PV_DONE);
    CHECK_IS(num, 0);
    pvh_store_free(open);
    pvh_store_free(store);
}

TEST(stores_grow_and_refuse) {
    pvh_store *store = pvh_store_new();
    pv_fault fault;
    pv_cert root;
    for (uint32_t i = 0; i < 2000; i++)
        CHECK_IS(pvh_store_add_certificate(store, &fault, i % 2 ? rsa_root : ec_root,
                                           i % 2 ? sizeof rsa_root : sizeof ec_root, NULL),
                 PV_OK);
    CHECK(pvh_store_add_certificate(store, &fault, ec_root, sizeof ec_root - 1, NULL) != PV_OK);
    CHECK(fault.reason > PV_OK);
    CHECK(pvh_store_add_key(store, &fault, ec_root, 9, ec_root, 9, NULL) != PV_OK);
    CHECK(pv_cert_parse(&root, &fault, CERT(ec_root)) == PV_OK);
    pv_span subject = pv_cert_subject(&root), key = pv_cert_spki(&root);
    pvh_anchor_limits limits = {.flags = PV_ANCHOR_WINDOW, .not_before = NOW + 1, .not_after = NOW + 2};
    CHECK_IS(pvh_store_add_key(store, &fault, subject.data, subject.len, key.data, key.len, &limits), PV_OK);
    CHECK_IS(pvh_store_num_anchors(store), 2001);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    CHECK(pvh_store_add_certificate(store, &fault, ec_root, sizeof ec_root, NULL) != PV_OK);
    CHECK_IS(pvh_store_num_anchors(store), 2001);
    pvh_config config = config_of(store, engine(), NULL);
    CHECK_IS(pvh_store_prepare(store, engine()), PV_DONE);
    chain c = CHAIN(CERT(rsa_leaf0), CERT(rsa_inter));
    CHECK_IS(check(&config, &c, NULL).outcome, PV_OUTCOME_TRUSTED);
    pvh_store_free(store);
}

static pv_verdict check_limited(const pvh_anchor_limits *limits) {
    pvh_store *store = pvh_store_new();
    pv_fault fault;
    CHECK_IS(pvh_store_add_certificate(store, &fault, ec_root, sizeof ec_root, limits), PV_OK);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    pvh_config config = config_of(store, engine(), NULL);
    chain c = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    pv_verdict verdict = check(&config, &c, NULL);
    pvh_store_free(store);
    return verdict;
}

TEST(limits_of_anchors) {
    pvh_anchor_limits limits = {.flags = PV_ANCHOR_WINDOW, .not_before = NOW + 1, .not_after = NOW + 2};
    CHECK_IS(check_limited(&limits).reason, PV_R_ANCHOR_NOT_YET_VALID);
    limits.not_before = 0;
    CHECK_IS(check_limited(&limits).outcome, PV_OUTCOME_TRUSTED);
    limits.not_after = NOW - 1;
    CHECK_IS(check_limited(&limits).reason, PV_R_ANCHOR_EXPIRED);
    limits = (pvh_anchor_limits){.flags = PV_ANCHOR_DISTRUST_AFTER, .distrust_after = 1000000000};
    CHECK_IS(check_limited(&limits).reason, PV_R_ANCHOR_DISTRUSTED);
    /* NameConstraints: only names below example.org */
    pv_span only = SEQ(TLV(0xA0, SEQ(STR(0x82, "example.org"))));
    limits = (pvh_anchor_limits){.name_constraints = only.data, .name_constraints_len = only.len};
    CHECK_IS(check_limited(&limits).reason, PV_R_NC_NOT_PERMITTED);
}

/* --- Threads --- */

typedef struct shared {
    pvh_config config;
    chain chains[4];
    uint32_t wrong;
} shared;

static void *thread_work(void *ctx) {
    shared *s = ctx;
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < 200; i++) {
        pv_verdict verdict;
        uint32_t k = i % 4;
        if (run(&s->config, &verdict, NULL, &s->chains[k], NULL) != PV_DONE) wrong++;
        if ((verdict.outcome == PV_OUTCOME_TRUSTED) != (k < 3)) wrong++;
    }
    return wrong ? s : NULL;
}

TEST(threads_share_a_validator) {
    pvh_store *store = store_of(CERT(ec_root), CERT(rsa_root));
    pvh_cache *cache = pvh_cache_new(1 << 20);
    shared s = {.config = config_of(store, engine(), cache)};
    s.chains[0] = CHAIN(CERT(ec_leaf0), CERT(ec_inter));
    s.chains[1] = CHAIN(CERT(rsa_leaf0), CERT(rsa_inter));
    s.chains[2] = CHAIN(CERT(ec_leaf1), CERT(ec_inter));
    s.chains[3] = CHAIN(altered(CERT(ec_leaf2), 3), CERT(ec_inter));
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, thread_work, &s) == 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        CHECK(wrong == NULL);
    }
    pvh_cache_free(cache);
    pvh_store_free(store);
}
