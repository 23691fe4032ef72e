#include "host/stack.h"

#include "nodes.h"

#include <stdlib.h>
#include <string.h>

/* --- The checker: cache above ready keys above the engine --------------------------------------------------
 */

void pvh_stack_open(pvh_stack *s, const pvh_config *config, pvh_cache *cache, pvh_key **keys,
                    uint32_t num_keys) {
    *s = (pvh_stack){.config = config, .cache = cache, .keys = keys, .num_keys = num_keys};
    s->epoch = pvh_memo_epoch();
    s->hash_key = cache ? pvh_cache_hash_key(cache) : config->engine->hash_key;
}

void pvh_stack_close(pvh_stack *s) {
    for (uint32_t i = 0; s->has_keys && i < s->num_keys; i++)
        pvh_key_release(s->keys[i]);
    free(s->hot_memory);
    pvh_cache_count(s->cache, s->num_known, s->num_unknown);
}

/* The table is cleared when it is first needed: what is known from before needs no key. */
static pvh_key **key_place(pvh_stack *s, pv_span spki) {
    if (!s->has_keys) memset(s->keys, 0, s->num_keys * sizeof *s->keys);
    s->has_keys = 1;
    return &s->keys[pvh_hash(s->hash_key, spki) & (s->num_keys - 1)];
}

/* From this call, the cache, or made now; it stays the table's. */
static const pvh_key *find_key(pvh_stack *s, const pv_job *job, uint8_t *why) {
    pvh_key **place = key_place(s, job->spki);
    if (*place && pvh_equal(pvh_key_spki(*place), job->spki)) return *place;
    pvh_key *key = pvh_cache_key(s->cache, s->config->engine, job->spki);
    if (!key) key = pvh_key_new(s->config->engine, job->key_alg, job->spki, why);
    if (!key) return NULL;
    pvh_key_release(*place);
    *place = key;
    return key;
}

static uint8_t ask_with_key(pvh_stack *s, const pv_job *job) {
    uint8_t why = PV_SIG_NOT_CHECKED;
    const pvh_key *key = pvh_store_key(s->config->store, s->config->engine, job->spki.data);
    if (!key) key = find_key(s, job, &why);
    return key ? pvh_key_check(key, job, &s->hashed) : why;
}

/* A certificate's own memo is its cache's: what belongs to a request learns from every answer. */
static int is_evidence(const pv_job *job) {
    return job->memo && ((const pvh_memo *)job->memo)->is_open;
}

/* No table holds the keys of a fallback, nor any that its SPKI alone does not name. */
static int has_tables(const pvh_stack *s, const pv_job *job) {
    return pvh_engine_knows(s->config->engine, job->sig_alg) && pvh_job_is_lasting(job);
}

/* An attacker who sends the same forged certificate again is told so again, for little. */
static int is_refused(pvh_stack *s, const pv_job *job) {
    return !is_evidence(job) && has_tables(s, job) && pvh_cache_is_refused(s->cache, s->config->engine, job);
}

static uint8_t ask_engine(pvh_stack *s, const pv_job *job) {
    pvh_engine *engine = s->config->engine;
    if (!has_tables(s, job)) return pvh_job_answer(engine, job, &s->hashed);
    uint8_t result = ask_with_key(s, job);
    if (result == PV_SIG_BAD && !is_evidence(job)) pvh_cache_add_refusal(s->cache, engine, job);
    return result;
}

static uint8_t ask(pvh_stack *s, const pv_job *job) {
    uint8_t result = ask_engine(s, job);
    s->asked += result == PV_SIG_GOOD;
    return result;
}

static uint8_t recall_or_ask(pvh_stack *s, const pv_job *job) {
    return is_refused(s, job) ? (uint8_t)PV_SIG_BAD : ask(s, job);
}

/* Signed by a key that it remembers. An SPKI that inherits its parameters does not say which key it is. */
static int is_remembered(const pv_job *job) {
    return job->memo && job->parameters.len == 0 && pvh_memo_has(job->memo, job->spki);
}

static int is_known(pvh_stack *s, const pv_job *job) {
    int known = is_remembered(job);
    *(known ? &s->num_known : &s->num_unknown) += 1;
    return known;
}

static void keep_memo(const pv_job *job) {
    if (is_evidence(job) && job->result == PV_SIG_GOOD && job->parameters.len == 0)
        pvh_memo_add(job->memo, job->spki);
}

/* --- By tables: before anything else, for a whole round, but for what hangs on answers that are still open
 */

#define FEW_JOBS 3u /* are checked one by one */

static int has_hot_room(pvh_stack *s) {
    if (!s->hot_memory) {
        s->hot_memory = aligned_alloc(64, pvh_hot_room_size());
        if (s->hot_memory) pvh_hot_round_open(&s->hot_round, s->hot_memory);
    }
    return s->hot_memory != NULL;
}

#define WAITING PV_SIG_UNSUPPORTED /* meanwhile: hangs on an answer that is still open */

/* The jobs that are due, of those whose result is `which`. What hangs on a bad answer may be given back to
 * the budget: nothing is spent on it. */
static void ask_wave(pvh_stack *s, pv_job *jobs, size_t num_jobs, uint8_t which) {
    pvh_hot *hot = s->config->hot;
    int together = num_jobs > FEW_JOBS && has_hot_room(s);
    for (size_t i = 0; i < num_jobs; i++) {
        if (jobs[i].result != which) continue;
        jobs[i].result = PV_SIG_NOT_CHECKED;
        if (pvh_job_waits(jobs, i))
            jobs[i].result = WAITING;
        else if (is_remembered(&jobs[i]))
            jobs[i].result = PV_SIG_GOOD;
        else if (is_refused(s, &jobs[i]))
            jobs[i].result = PV_SIG_BAD;
        else if (together)
            pvh_hot_add(hot, &s->hot_round, s->config->engine, &jobs[i], &s->hashed);
        else
            pvh_hot_one(hot, s->config->engine, &jobs[i], &s->hashed);
    }
    if (together) pvh_hot_run(hot, &s->hot_round);
}

/* Leaves wait for their intermediate at most, as a rule: the rest is asked about one by one (answer). */
static void ask_tables(pvh_stack *s, pv_job *jobs, size_t num_jobs) {
    ask_wave(s, jobs, num_jobs, PV_SIG_NOT_CHECKED);
    ask_wave(s, jobs, num_jobs, WAITING);
}

/* What tables accepted is good, unless it is among those that libcrypto is asked about too: then its word
 * counts. */
static uint8_t confirm(pvh_stack *s, const pv_job *job) {
    if (pvh_hot_is_sampled(s->config->hot, job)) {
        uint8_t result = ask(s, job);
        if (result == PV_SIG_BAD) pvh_hot_doubt(s->config->hot);
        return result;
    }
    s->asked++;
    return PV_SIG_GOOD;
}

/* A job that waited, and is due now. */
static uint8_t ask_late(pvh_stack *s, pv_job *job) {
    if (is_refused(s, job)) return PV_SIG_BAD;
    pvh_hot_one(s->config->hot, s->config->engine, job, &s->hashed);
    return job->result;
}

/* A job that is due: `said` is what its table says of it, or that it is known to be refused. */
static uint8_t answer(pvh_stack *s, pv_job *job, uint8_t said) {
    if (said == WAITING) said = ask_late(s, job);
    if (said == PV_SIG_BAD) return said;
    return said == PV_SIG_GOOD ? confirm(s, job) : ask(s, job);
}

static void check_round(pvh_stack *s, pv_job *jobs, size_t num_jobs, int by_tables) {
    int is_used = 0;
    s->hashed.alg = PV_DIGEST_NONE;
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result = PV_SIG_NOT_CHECKED;
    if (by_tables) ask_tables(s, jobs, num_jobs);
    for (size_t i = 0; i < num_jobs; i++) {
        uint8_t said = jobs[i].result;
        jobs[i].result = PV_SIG_NOT_CHECKED;
        if (pvh_job_waits(jobs, i)) continue;
        int known = is_known(s, &jobs[i]);
        jobs[i].result = known       ? PV_SIG_GOOD
                         : by_tables ? answer(s, &jobs[i], said)
                                     : recall_or_ask(s, &jobs[i]);
        if (!known) keep_memo(&jobs[i]);
        is_used |= !known;
    }
    if (is_used) pvh_engine_settle(s->config->engine);
}

/* Once a table is found wrong, nothing of what they said in the round counts. */
static void check_direct(pvh_stack *s, pv_job *jobs, size_t num_jobs) {
    int by_tables = pvh_hot_is_ready(s->config->hot);
    check_round(s, jobs, num_jobs, by_tables);
    if (by_tables && !pvh_hot_is_ready(s->config->hot)) check_round(s, jobs, num_jobs, 0);
}

/* A callback is asked once for a whole round, without what the cache knows. `ids` gets, of each job, what
 * stands for it among the open ones (position + 1): itself, or where the cache knows it, the job that it
 * hangs on. */
static size_t gather_open(pvh_stack *s, pv_job *open, uint32_t *ids, pv_job *jobs, size_t num_jobs) {
    size_t num_open = 0;
    for (size_t i = 0; i < num_jobs; i++) {
        uint32_t after = jobs[i].after && jobs[i].after <= i ? ids[jobs[i].after - 1] : 0;
        jobs[i].result = is_known(s, &jobs[i]) ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED;
        ids[i] = after;
        if (jobs[i].result == PV_SIG_GOOD) continue;
        open[num_open] = jobs[i];
        open[num_open].after = after;
        ids[i] = (uint32_t)++num_open;
    }
    return num_open;
}

static void scatter_open(pvh_stack *s, const pv_job *open, const uint32_t *ids, pv_job *jobs,
                         size_t num_jobs) {
    for (size_t i = 0; i < num_jobs; i++) {
        if (jobs[i].result != PV_SIG_GOOD) {
            jobs[i].result = open[ids[i] - 1].result;
            s->asked += jobs[i].result == PV_SIG_GOOD;
        }
        if (pvh_job_waits(jobs, i)) jobs[i].result = PV_SIG_NOT_CHECKED;
        keep_memo(&jobs[i]);
    }
}

static void check_callback(pvh_stack *s, pv_job *jobs, size_t num_jobs) {
    pv_job *open = num_jobs < UINT32_MAX ? malloc(num_jobs * sizeof *open) : NULL;
    uint32_t *ids = open ? malloc(num_jobs * sizeof *ids) : NULL;
    if (ids) {
        pvh_engine_ask(s->config->engine, open, gather_open(s, open, ids, jobs, num_jobs));
        scatter_open(s, open, ids, jobs, num_jobs);
    } else {
        for (size_t i = 0; i < num_jobs; i++)
            jobs[i].result = PV_SIG_NOT_CHECKED;
    }
    free(ids);
    free(open);
}

static void stack_check(void *ctx, pv_job *jobs, size_t num_jobs) {
    pvh_stack *s = ctx;
    if (s->config->engine->lib)
        check_direct(s, jobs, num_jobs);
    else
        check_callback(s, jobs, num_jobs);
}

static size_t stack_digest(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                           pv_span data) {
    return pvh_engine_digest(((pvh_stack *)ctx)->config->engine, state, out, step, alg, data);
}

pv_checker pvh_stack_checker(pvh_stack *s) {
    return (pv_checker){s, stack_check, stack_digest};
}

/* --- Remembering -------------------------------------------------------------------------------------------
 */

/* A certificate that was sent enters the cache, unless it is there; one of the pool keeps the key itself. */
static void remember_child(pvh_stack *s, const pv_cert *child, int is_pooled, pv_span spki) {
    pv_job job = {.sig_alg = child->sig_alg};
    if (!pvh_job_is_lasting(&job)) return;
    if (is_pooled)
        pvh_memo_add(child->memo, spki);
    else if (!child->memo)
        pvh_cache_add_cert(s->cache, child, spki, s->epoch);
}

static void remember_key(pvh_stack *s, pv_span spki) {
    pvh_key *key = *key_place(s, spki);
    if (key && pvh_equal(pvh_key_spki(key), spki)) pvh_cache_add_key(s->cache, key, spki);
}

/* A key under which something new was signed: if that comes often, a table pays. */
static void note_hot(pvh_stack *s, const pv_cert *child, pv_span spki) {
    if (!s->config->hot || child->sig_alg != PV_SIG_ECDSA_SHA256) return;
    if (!child->memo || !pvh_memo_has(child->memo, spki)) pvh_hot_note(s->config->hot, spki);
}

void pvh_stack_remember(pvh_stack *s, const pv_request *request) {
    const pv_verdict *verdict = &request->verdict;
    const pv_store *store = request->store;
    if ((!s->cache && !request->pool && !s->config->hot) || s->asked == 0) return;
    if (verdict->outcome != PV_OUTCOME_TRUSTED && verdict->marks == 0) return;
    if (verdict->anchor >= store->num_anchors || verdict->path_len > PV_MAX_PATH) return;
    for (unsigned i = 0; i < verdict->path_len; i++) {
        pv_node node = verdict->path[i];
        int is_last = i + 1u == verdict->path_len;
        pv_span spki = is_last ? store->anchors[verdict->anchor].spki
                               : pv_cert_spki(pv_node_cert(request, verdict->path[i + 1]));
        note_hot(s, pv_node_cert(request, node), spki);
        remember_child(s, pv_node_cert(request, node), (node & PV_NODE_POOL) != 0, spki);
        if (!is_last) remember_key(s, spki);
    }
}
