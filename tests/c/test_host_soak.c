/* test_host_soak.c: threads check while what they use is replaced: stores and evidence are made, prepared and
 * freed by another thread, one small cache is shared by all and by two engines, and every answer is known
 * beforehand.
 *
 * PV_SOAK_CHECKS says how many checks each thread makes. What must be free of races is told by TSan, what is
 * used after it was freed by ASan; the answers are looked at here. */
#define _GNU_SOURCE
#include "harness.h"
#include "host/host.h"
#include "host_vectors.h"

#include <pthread.h>
#include <stdatomic.h>

#define NOW         1750000000 /* 2025, inside the chains' validity */
#define NUM_THREADS 4
#define CERT(name)  ((pv_span){name, sizeof name})

enum { TRUSTS_EC, TRUSTS_RSA, TRUSTS_BOTH, NUM_KINDS };

static uint32_t num_checks(void) {
    const char *said = getenv("PV_SOAK_CHECKS");
    return said ? (uint32_t)strtoul(said, NULL, 10) : 2000;
}

/* --- Engines: libcrypto, and one that answers by a byte of the signature, so that new leaves need no key ---
 */

#define GOOD_MARK 0x60
#define BAD_MARK  0xB0
#define MARK_AT   4 /* from the end of a signature; a number follows */

static int is_marked_bad(const pv_job *job) {
    return job->signature.len >= MARK_AT && job->signature.data[job->signature.len - MARK_AT] == BAD_MARK;
}

static void answer_by_mark(void *ctx, pv_job *jobs, size_t num_jobs) {
    (void)ctx;
    for (size_t i = 0; i < num_jobs; i++)
        if (jobs[i].result == PV_SIG_NOT_CHECKED)
            jobs[i].result = is_marked_bad(&jobs[i]) ? PV_SIG_BAD : PV_SIG_GOOD;
}

/* --- Evidence: a CRL of the intermediate, which the second engine takes for signed; ec_leaf1 is on it --- */

static pv_span field_of(pv_span der, pv_span (*field)(const pv_cert *)) {
    pv_cert view;
    pv_fault fault;
    CHECK_IS(pv_cert_parse(&view, &fault, der), PV_OK);
    return field(&view);
}

static pv_span crl_der(void) {
    pv_span algorithm = SEQ(OID("2A8648CE3D040302"));
    pv_span serial = field_of(CERT(ec_leaf1), pv_cert_serial);
    pv_span entry = SEQ(TLV(2, serial), STR(0x17, "250101000000Z"));
    pv_span key_id = SEQ(OID("551D23"), OCTETS(SEQ(TLV(0x80, field_of(CERT(ec_inter), pv_cert_key_id)))));
    pv_span extensions = SEQ(key_id, SEQ(OID("551D14"), OCTETS(INT(7))));
    pv_span tbs =
        SEQ(INT(1), algorithm, field_of(CERT(ec_inter), pv_cert_subject), STR(0x17, "250601000000Z"),
            STR(0x17, "260601000000Z"), SEQ(entry), TLV(0xA0, extensions));
    return SEQ(tbs, algorithm, BITS(0, SEQ(INT(77), INT(78))));
}

/* --- What is replaced again and again --- */

typedef struct trust {
    pvh_store *store;
    pvh_evidence *evidence;
    pvh_config real, marked, asking; /* by libcrypto, by marks, by marks with revocation */
    int kind;
    atomic_int holders;
} trust;

typedef struct scene {
    pvh_engine *libcrypto, *marks;
    pvh_cache *cache;
    pvh_crl *crl;
    pthread_mutex_t lock; /* of `current` */
    trust *current;
    atomic_int num_busy, num_replaced, num_failures;
} scene;

static pvh_config config_of(const trust *made, pvh_engine *engine, pvh_cache *cache) {
    pvh_config config = {
        .store = made->store, .engine = engine, .cache = cache, .max_certs = 16, .max_der = 100000};
    config.policy = (pv_policy){.profile = PV_PROFILE_RFC5280,
                                .purpose = PV_PURPOSE_ANY,
                                .anchor_checks = PV_ANCHOR_CONSTRAINTS,
                                .max_intermediates = 8,
                                .min_rsa_bits = 2048,
                                .algorithms = 0xFFEu,
                                .budget = {2000, 10000, 10000, 1000, 10000000}};
    return config;
}

static int add_root(pvh_store *store, pv_span root) {
    pv_fault fault;
    return pvh_store_add_certificate(store, &fault, root.data, root.len, NULL) == PV_OK;
}

static pvh_store *store_of(scene *s, int kind) {
    pvh_store *store = pvh_store_new();
    int good = store != NULL && (kind == TRUSTS_RSA || add_root(store, CERT(ec_root))) &&
               (kind == TRUSTS_EC || add_root(store, CERT(rsa_root))) && pvh_store_seal(store) == PV_DONE &&
               pvh_store_prepare(store, s->libcrypto) == PV_DONE &&
               pvh_store_prepare(store, s->marks) == PV_DONE;
    if (!good) s->num_failures++;
    return store;
}

static trust *trust_new(scene *s, int kind) {
    trust *made = calloc(1, sizeof *made);
    if (!made) abort();
    made->kind = kind;
    made->holders = 1;
    made->store = store_of(s, kind);
    made->evidence = pvh_evidence_new(&s->crl, 1, NULL, 0, NULL, 0, NULL, 0);
    if (!made->evidence) s->num_failures++;
    made->real = config_of(made, s->libcrypto, s->cache);
    made->marked = made->asking = config_of(made, s->marks, s->cache);
    made->asking.policy.revocation = PV_REVOCATION_LEAF;
    made->asking.policy.revocation_sources = PV_SOURCE_CRL;
    return made;
}

static void trust_drop(trust *held) {
    if (atomic_fetch_sub(&held->holders, 1) > 1) return;
    pvh_evidence_free(held->evidence);
    pvh_store_free(held->store);
    free(held);
}

static trust *trust_hold(scene *s) {
    pthread_mutex_lock(&s->lock);
    trust *held = s->current;
    held->holders++;
    pthread_mutex_unlock(&s->lock);
    return held;
}

static void trust_replace(scene *s, trust *made) {
    pthread_mutex_lock(&s->lock);
    trust *before = s->current;
    s->current = made;
    pthread_mutex_unlock(&s->lock);
    if (before) trust_drop(before);
}

static void *replace_all_the_time(void *ctx) {
    scene *s = ctx;
    for (int kind = 0; s->num_busy > 0; kind = (kind + 1) % NUM_KINDS) {
        trust_replace(s, trust_new(s, kind));
        s->num_replaced++;
    }
    return NULL;
}

/* --- Questions whose answers are known --- */

typedef struct question {
    pv_span certs[3];
    const char *dns;
    uint8_t wanted[NUM_KINDS];
} question;

#define T               PV_OUTCOME_TRUSTED
#define R               PV_OUTCOME_REFUSED
#define NUM_REAL        7
#define NUM_BATCH       (20 * NUM_REAL) /* more than one thread of a call takes at a time */
#define ROOM            4096
#define FORGED_FROM_END 9

static uint8_t forged[sizeof ec_leaf2];
static const question real[NUM_REAL] = {
    {{CERT(ec_leaf0), CERT(ec_inter)}, "leaf0.example", {T, R, T}},
    {{CERT(ec_leaf1), CERT(rsa_inter), CERT(ec_inter)}, "leaf1.example", {T, R, T}},
    {{CERT(rsa_leaf0), CERT(rsa_inter)}, "leaf0.example", {R, T, T}},
    {{CERT(forged), CERT(ec_inter)}, "leaf2.example", {R, R, R}},
    {{CERT(ec_leaf3)}, "leaf3.example", {R, R, R}},
    {{{(const uint8_t *)"0", 1}, CERT(ec_inter)}, "leaf0.example", {R, R, R}},
    {{CERT(ec_leaf0), CERT(ec_inter)}, "other.example", {R, R, R}},
};

/* A chain as the host takes it, in the asking thread's own memory. */
typedef struct chain {
    uint8_t der[ROOM];
    uint32_t lens[3], num, len;
} chain;

static void chain_lay(chain *c, const pv_span *certs) {
    c->num = c->len = 0;
    for (size_t i = 0; i < 3 && certs[i].len; i++) {
        memcpy(c->der + c->len, certs[i].data, certs[i].len);
        c->len += c->lens[c->num++] = (uint32_t)certs[i].len;
    }
}

static uint8_t outcome_of(const pvh_config *config, const chain *c, const char *dns,
                          const pvh_evidence *evidence) {
    pv_verdict verdict;
    pv_record records[16];
    pv_fault faults[3];
    pv_status status =
        pvh_check_one(config, &verdict, records, 16, faults, c->der, c->len, c->lens, c->num, PV_SUBJECT_DNS,
                      (const uint8_t *)dns, strlen(dns), PV_TIME_KNOWN, NOW, evidence);
    return status == PV_DONE ? verdict.outcome : PV_OUTCOME_NONE;
}

static int is_right_alone(const trust *held, const question *q) {
    chain c;
    chain_lay(&c, q->certs);
    return outcome_of(&held->real, &c, q->dns, NULL) == q->wanted[held->kind];
}

/* A leaf that nobody has seen, or one of the last few again. */
static int is_right_for_marked(const trust *held, uint32_t number, int is_good) {
    const pv_span certs[3] = {CERT(ec_leaf0), CERT(ec_inter)};
    chain c;
    chain_lay(&c, certs);
    uint8_t *end = c.der + sizeof ec_leaf0;
    end[-MARK_AT] = is_good ? GOOD_MARK : BAD_MARK;
    for (int i = 1; i < MARK_AT; i++, number >>= 8)
        end[-i] = (uint8_t)number;
    uint8_t wanted = is_good && held->kind != TRUSTS_RSA ? T : R;
    return outcome_of(&held->marked, &c, "leaf0.example", NULL) == wanted;
}

static int is_right_with_evidence(const trust *held, int is_revoked) {
    const question *q = &real[is_revoked];
    chain c;
    chain_lay(&c, q->certs);
    uint8_t wanted = is_revoked || held->kind == TRUSTS_RSA ? R : T;
    return outcome_of(&held->asking, &c, q->dns, held->evidence) == wanted;
}

/* All the real questions, many times, in one call that has threads of its own. */
typedef struct batch {
    uint8_t der[NUM_BATCH * ROOM], kinds[NUM_BATCH], subjects[NUM_BATCH * 16];
    uint32_t lens[NUM_BATCH * 3], counts[NUM_BATCH], subject_lens[NUM_BATCH];
    pv_time time;
} batch;

static void batch_add(batch *b, pvh_input *in, const question *q) {
    chain c;
    chain_lay(&c, q->certs);
    memcpy(b->der + in->der_len, c.der, c.len);
    memcpy(b->lens + in->num_certs, c.lens, sizeof *c.lens * c.num);
    memcpy(b->subjects + in->subjects_len, q->dns, strlen(q->dns));
    b->kinds[in->num_requests] = PV_SUBJECT_DNS;
    b->counts[in->num_requests] = c.num;
    b->subject_lens[in->num_requests++] = (uint32_t)strlen(q->dns);
    in->der_len += c.len;
    in->num_certs += c.num;
    in->subjects_len += strlen(q->dns);
}

static uint32_t num_wrong_of_answers(const trust *held, pvh_answers *answers) {
    uint32_t num_wrong = 0;
    if (!answers) return NUM_BATCH;
    for (size_t i = 0; i < NUM_BATCH; i++)
        num_wrong += answers->outcomes[i] != real[i % NUM_REAL].wanted[held->kind];
    pvh_answers_free(answers);
    return num_wrong;
}

static uint32_t num_wrong_in_batch(const trust *held, batch *b) {
    pvh_input in = {.der = b->der,
                    .cert_lens = b->lens,
                    .counts = b->counts,
                    .subject_kinds = b->kinds,
                    .subjects = b->subjects,
                    .subject_lens = b->subject_lens,
                    .times = &b->time,
                    .num_times = 1};
    b->time = (pv_time){NOW, PV_TIME_KNOWN};
    for (size_t i = 0; i < NUM_BATCH; i++)
        batch_add(b, &in, &real[i % NUM_REAL]);
    in.num_subjects = in.num_requests;
    return num_wrong_of_answers(held, pvh_check_many(&held->real, &in, 2));
}

/* --- The threads --- */

typedef struct worker {
    scene *scene;
    batch *batch;
    uint32_t number, num_wrong, num_done[NUM_KINDS];
} worker;

static uint32_t num_wrong_of(worker *w, const trust *held, uint32_t i) {
    uint32_t leaf = w->number << 20 | (i % 3 ? i : i / 64); /* new ones, and some over and over */
    switch (i % 8) {
    case 0: return !is_right_with_evidence(held, i / 8 % 2);
    case 1: return i % 32 == 1 ? num_wrong_in_batch(held, w->batch) : !is_right_for_marked(held, leaf, 0);
    case 2:
    case 3: return !is_right_alone(held, &real[i / 8 % NUM_REAL]);
    default: return !is_right_for_marked(held, leaf, 1);
    }
}

static void *check_all_the_time(void *ctx) {
    worker *w = ctx;
    for (uint32_t i = 0, num = num_checks(); i < num; i++) {
        trust *held = trust_hold(w->scene);
        w->num_wrong += num_wrong_of(w, held, i);
        w->num_done[held->kind]++;
        trust_drop(held);
    }
    w->scene->num_busy--;
    return NULL;
}

static void run(scene *s, worker *workers) {
    pthread_t threads[NUM_THREADS], replacing;
    s->num_busy = NUM_THREADS;
    for (uint32_t i = 0; i < NUM_THREADS; i++) {
        workers[i] = (worker){.scene = s, .batch = calloc(1, sizeof(batch)), .number = i};
        CHECK_IS(pthread_create(&threads[i], NULL, check_all_the_time, &workers[i]), 0);
    }
    CHECK_IS(pthread_create(&replacing, NULL, replace_all_the_time, s), 0);
    for (uint32_t i = 0; i < NUM_THREADS; i++) {
        pthread_join(threads[i], NULL);
        free(workers[i].batch);
    }
    pthread_join(replacing, NULL);
}

static void set_up(scene *s) {
    pv_fault fault;
    pv_span der = crl_der();
    memcpy(forged, ec_leaf2, sizeof forged);
    forged[sizeof forged - FORGED_FROM_END] ^= 1;
    CHECK(ec_inter[sizeof ec_inter - MARK_AT] != BAD_MARK); /* else no chain would be good by marks */
    s->libcrypto = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    s->marks = pvh_engine_callback(answer_by_mark, NULL);
    s->cache = pvh_cache_new(64 * 1024);
    s->crl = pvh_crl_new(&fault, der.data, der.len);
    CHECK(s->libcrypto && s->marks && s->cache && s->crl);
    pthread_mutex_init(&s->lock, NULL);
    trust_replace(s, trust_new(s, TRUSTS_BOTH));
}

static void tear_down(scene *s) {
    trust_drop(s->current);
    pthread_mutex_destroy(&s->lock);
    pvh_crl_free(s->crl);
    pvh_cache_free(s->cache);
    pvh_engine_free(s->marks);
    pvh_engine_free(s->libcrypto);
}

TEST(threads_check_while_everything_is_replaced) {
    scene s = {0};
    worker workers[NUM_THREADS];
    pvh_cache_stats stats;
    uint32_t num_done[NUM_KINDS] = {0};
    set_up(&s);
    run(&s, workers);
    for (size_t i = 0; i < NUM_THREADS; i++) {
        CHECK_IS(workers[i].num_wrong, 0);
        for (size_t kind = 0; kind < NUM_KINDS; kind++)
            num_done[kind] += workers[i].num_done[kind];
    }
    for (size_t kind = 0; kind < NUM_KINDS; kind++)
        CHECK(num_done[kind] > 0);
    pvh_cache_read_stats(s.cache, &stats);
    CHECK(stats.bytes <= stats.max_bytes && stats.edge_hits > 0 && stats.evictions > 0);
    CHECK(s.num_replaced > NUM_KINDS && s.num_failures == 0);
    tear_down(&s);
}
