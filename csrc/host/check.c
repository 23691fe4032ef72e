#include "host/anchors.h"
#include "host/cache.h"
#include "host/hash.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW        64u    /* requests of a batch that are worked on together */
#define FEW_CERTS     8u     /* views that a single request keeps on the stack */
#define FEW_WORKSPACE 49152u /* bytes of workspace that it keeps there */
#define ONE_KEYS      16u    /* keys that a call remembers; powers of two */
#define MANY_KEYS     512u
#define OWN_CACHE     (1024u * 1024u) /* bytes that a large batch without a cache lends itself */
#define MAX_PROBES    16u

/* --- The checker: cache above ready keys above the engine --------------------------------------------------
 */

typedef struct known_key {
    pv_span spki;
    pvh_key *key; /* NULL: free */
} known_key;

/* One call's way to the engine. `keys` is a direct-mapped table: a newcomer drives out who sits in its place.
 */
typedef struct stack {
    const pvh_config *config;
    pvh_cache *cache;
    known_key *keys;
    uint32_t num_keys;
    uint32_t asked; /* edges that the engine found good: something to remember */
    pvh_hash_key hash_key;
    pvh_hashed hashed;
} stack;

/* Addresses differ from process to process, which is enough to spread keys; a clash costs time only. */
static void stack_open(stack *s, const pvh_config *config, known_key *keys, uint32_t num_keys) {
    memset(keys, 0, num_keys * sizeof *keys);
    s->config = config;
    s->cache = config->cache;
    s->keys = keys;
    s->num_keys = num_keys;
    s->asked = 0;
    s->hash_key = (pvh_hash_key){(uint64_t)(uintptr_t)keys * 0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu};
    s->hashed.alg = PV_DIGEST_NONE;
}

static void stack_close(stack *s) {
    for (uint32_t i = 0; i < s->num_keys; i++)
        pvh_key_release(s->keys[i].key);
}

static known_key *key_place(stack *s, pv_span spki) {
    return &s->keys[pvh_hash(s->hash_key, spki) & (s->num_keys - 1)];
}

/* From this call, the cache, or made now; it stays the table's. */
static const pvh_key *find_key(stack *s, const pv_job *job, uint8_t *why) {
    known_key *place = key_place(s, job->spki);
    if (place->key && pvh_equal(place->spki, job->spki)) return place->key;
    pvh_key *key = pvh_cache_key(s->cache, s->config->engine, job->spki);
    if (!key) key = pvh_key_new(s->config->engine, job->key_alg, job->spki, why);
    if (!key) return NULL;
    pvh_key_release(place->key);
    *place = (known_key){job->spki, key};
    return key;
}

static uint8_t ask_with_key(stack *s, const pv_job *job) {
    uint8_t why = PV_SIG_NOT_CHECKED;
    const pvh_key *key = pvh_store_key(s->config->store, s->config->engine, job->spki.data);
    if (!key) key = find_key(s, job, &why);
    return key ? pvh_key_check(key, job, &s->hashed) : why;
}

/* No table holds the keys of a fallback, nor any that its SPKI alone does not name. */
static uint8_t ask(stack *s, const pv_job *job) {
    pvh_engine *engine = s->config->engine;
    int has_tables = pvh_engine_knows(engine, job->sig_alg) && pvh_job_is_lasting(job);
    uint8_t result = has_tables ? ask_with_key(s, job) : pvh_job_answer(engine, job, &s->hashed);
    s->asked += result == PV_SIG_GOOD;
    return result;
}

static void check_direct(stack *s, pv_job *jobs, size_t num_jobs) {
    int is_used = 0;
    s->hashed.alg = PV_DIGEST_NONE;
    for (size_t i = 0; i < num_jobs; i++) {
        jobs[i].result = PV_SIG_NOT_CHECKED;
        if (pvh_job_waits(jobs, i)) continue;
        int is_known = pvh_cache_has_edge(s->cache, &jobs[i]);
        jobs[i].result = is_known ? PV_SIG_GOOD : ask(s, &jobs[i]);
        is_used |= !is_known;
    }
    if (is_used) pvh_engine_settle(s->config->engine);
}

/* A callback is asked once for a whole round, without what the cache knows. `ids` gets, of each job, what
 * stands for it among the open ones (position + 1): itself, or where the cache knows it, the job that it
 * hangs on. */
static size_t gather_open(stack *s, pv_job *open, uint32_t *ids, pv_job *jobs, size_t num_jobs) {
    size_t num_open = 0;
    for (size_t i = 0; i < num_jobs; i++) {
        uint32_t after = jobs[i].after && jobs[i].after <= i ? ids[jobs[i].after - 1] : 0;
        jobs[i].result = pvh_cache_has_edge(s->cache, &jobs[i]) ? PV_SIG_GOOD : PV_SIG_NOT_CHECKED;
        ids[i] = after;
        if (jobs[i].result == PV_SIG_GOOD) continue;
        open[num_open] = jobs[i];
        open[num_open].after = after;
        ids[i] = (uint32_t)++num_open;
    }
    return num_open;
}

static void scatter_open(stack *s, const pv_job *open, const uint32_t *ids, pv_job *jobs, size_t num_jobs) {
    for (size_t i = 0; i < num_jobs; i++) {
        if (jobs[i].result != PV_SIG_GOOD) {
            jobs[i].result = open[ids[i] - 1].result;
            s->asked += jobs[i].result == PV_SIG_GOOD;
        }
        if (pvh_job_waits(jobs, i)) jobs[i].result = PV_SIG_NOT_CHECKED;
    }
}

static void check_callback(stack *s, pv_job *jobs, size_t num_jobs) {
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
    stack *s = ctx;
    if (s->config->engine->lib)
        check_direct(s, jobs, num_jobs);
    else
        check_callback(s, jobs, num_jobs);
}

static size_t stack_digest(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                           pv_span data) {
    return pvh_engine_digest(((stack *)ctx)->config->engine, state, out, step, alg, data);
}

static pv_checker checker_of(stack *s) {
    return (pv_checker){s, stack_check, stack_digest};
}

/* --- Remembering -------------------------------------------------------------------------------------------
 */

static void remember_edge(stack *s, const pv_cert *child, pv_span spki, int is_anchor) {
    pv_job job = {.message = pv_cert_tbs(child),
                  .spki = spki,
                  .signature = pv_cert_signature(child),
                  .sig_alg = child->sig_alg};
    pvh_cache_add_edge(s->cache, &job);
    known_key *place = key_place(s, spki);
    if (!is_anchor && place->key && pvh_equal(place->spki, spki))
        pvh_cache_add_key(s->cache, place->key, spki);
}

/* Only what lies on a path verified to an anchor enters: nothing that a stranger sends can fill the cache. */
static void remember(stack *s, const pv_request *request) {
    const pv_verdict *verdict = &request->verdict;
    const pv_store *store = request->store;
    if (!s->cache || s->asked == 0) return;
    if (verdict->outcome != PV_OUTCOME_TRUSTED && verdict->marks == 0) return;
    if (verdict->anchor >= store->num_anchors || verdict->path_len > PV_MAX_PATH) return;
    for (unsigned i = 0; i < verdict->path_len; i++) {
        int is_last = i + 1u == verdict->path_len;
        pv_node child = verdict->path[i], issuer = is_last ? 0 : verdict->path[i + 1];
        if (child >= request->num_certs || issuer >= request->num_certs) return;
        pv_span spki = is_last ? store->anchors[verdict->anchor].spki : pv_cert_spki(request->certs[issuer]);
        remember_edge(s, request->certs[child], spki, is_last);
    }
}

/* --- Requests ----------------------------------------------------------------------------------------------
 */

/* PV_OK: the request may be read. */
static pv_reason charge(const pvh_config *config, uint32_t num_certs, uint64_t der_len) {
    if (num_certs > config->max_certs) return PV_R_BUDGET_CERTIFICATES;
    return der_len > config->max_der ? PV_R_BUDGET_BYTES : PV_OK;
}

static pv_verdict spent_verdict(pv_reason reason) {
    return (pv_verdict){.outcome = PV_OUTCOME_UNDECIDED,
                        .reason = reason,
                        .field = PV_FIELD_REQUEST,
                        .node = PV_NODE_NONE,
                        .offset = PV_NO_OFFSET,
                        .anchor = PV_NODE_NONE};
}

/* The reader's own words instead of the core's, which only sees an empty view. */
static void explain_target(pv_verdict *verdict, const pv_fault *fault) {
    if (verdict->reason != PV_R_CERT_UNREADABLE || verdict->node != 0) return;
    if (fault->reason == PV_R_UNCHECKED || fault->reason == PV_OK) return;
    verdict->reason = fault->reason;
    verdict->field = fault->field;
    verdict->offset = fault->offset;
}

static int config_is_complete(const pvh_config *config) {
    return config->store && config->engine && pvh_store_core(config->store);
}

static pv_request request_of(const pvh_config *config, const pv_cert *const *certs, uint32_t num_certs) {
    return (pv_request){.certs = certs,
                        .num_certs = num_certs,
                        .store = pvh_store_core(config->store),
                        .policy = &config->policy};
}

/* --- One request -------------------------------------------------------------------------------------------
 */

/* Sum of the lengths; more than der_len if one of them leaves it. */
static uint64_t total_len(const uint32_t *lens, uint32_t num) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < num; i++)
        sum += lens[i];
    return sum;
}

typedef struct one {
    pv_cert *views;
    const pv_cert **certs;
    uint64_t *workspace;
    size_t workspace_len;
    pv_fault target; /* the target's own fault */
    void *heap;      /* holds the three if they are too large for the stack */
} one;

static int one_open(one *o, const pvh_config *config, uint32_t num_certs) {
    size_t each = sizeof(pv_cert) + sizeof(pv_cert *);
    size_t len = pv_workspace_size(1, num_certs, &config->policy.budget);
    if (len == 0) return 0;
    if (num_certs <= FEW_CERTS && len <= o->workspace_len) return 1;
    o->heap = malloc(len + num_certs * each + sizeof(uint64_t));
    if (!o->heap) return 0;
    o->workspace = o->heap;
    o->workspace_len = len;
    o->views = (pv_cert *)(void *)((uint8_t *)o->heap + ((len + 7u) & ~(size_t)7u));
    o->certs = (const pv_cert **)(void *)(o->views + num_certs);
    return 1;
}

static void one_parse(one *o, pv_fault *faults, const uint8_t *der, const uint32_t *cert_lens,
                      uint32_t num_certs) {
    for (uint32_t i = 0; i < num_certs; i++) {
        pv_fault fault = {0};
        if (pv_cert_parse(&o->views[i], &fault, (pv_span){der, cert_lens[i]}) != PV_OK)
            memset(&o->views[i], 0, sizeof o->views[i]);
        o->certs[i] = &o->views[i];
        if (i == 0) o->target = fault;
        if (faults) faults[i] = fault;
        der += cert_lens[i];
    }
}

/* An empty request is asked as one unreadable target: the core says so. */
static void one_parse_all(one *o, pv_fault *faults, const uint8_t *der, const uint32_t *cert_lens,
                          uint32_t num_certs) {
    memset(&o->views[0], 0, sizeof o->views[0]);
    o->certs[0] = &o->views[0];
    one_parse(o, faults, der, cert_lens, num_certs);
}

static pv_status one_run(one *o, const pvh_config *config, pv_request *request) {
    known_key keys[ONE_KEYS];
    stack s;
    stack_open(&s, config, keys, ONE_KEYS);
    pv_checker checker = checker_of(&s);
    pv_status status = pv_validate(o->workspace, o->workspace_len, request, 1, &checker);
    if (status == PV_DONE) remember(&s, request);
    stack_close(&s);
    return status;
}

pv_status pvh_check_one(const pvh_config *config, pv_verdict *verdict, pv_record *records,
                        uint32_t max_records, pv_fault *faults, const uint8_t *der, size_t der_len,
                        const uint32_t *cert_lens, uint32_t num_certs, uint8_t subject_kind,
                        const uint8_t *subject, size_t subject_len, uint8_t time_mode, int64_t time_value) {
    pv_cert views[FEW_CERTS];
    const pv_cert *certs[FEW_CERTS];
    uint64_t workspace[FEW_WORKSPACE / sizeof(uint64_t)];
    one o = {views, certs, workspace, sizeof workspace, {0}, NULL};
    memset(verdict, 0, sizeof *verdict);
    if (faults) memset(faults, 0, num_certs * sizeof *faults);
    if (!config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER) return PV_FAILED;
    if (total_len(cert_lens, num_certs) > der_len) return PV_FAILED;
    pv_reason reason = charge(config, num_certs, total_len(cert_lens, num_certs));
    if (reason != PV_OK) {
        *verdict = spent_verdict(reason);
        return PV_DONE;
    }
    uint32_t asked = num_certs ? num_certs : 1;
    if (!one_open(&o, config, asked)) return PV_FAILED;
    one_parse_all(&o, faults, der, cert_lens, num_certs);
    pv_request request = request_of(config, o.certs, asked);
    request.subject = (pv_subject){{subject, subject_len}, subject_kind};
    request.time = (pv_time){time_value, time_mode};
    request.records = records;
    request.max_records = records ? max_records : 0;
    pv_status status = one_run(&o, config, &request);
    if (status == PV_DONE) *verdict = request.verdict;
    explain_target(verdict, &o.target);
    free(o.heap);
    return status == PV_DONE ? PV_DONE : PV_FAILED;
}

/* --- Many requests -----------------------------------------------------------------------------------------
 */

/* Where reading stands in the input, and the room for one window of it. Certificates are interned: the same
 * bytes are parsed once, and are one pointer in all requests of the window. */
typedef struct batch {
    const pvh_config *config;
    const pvh_output *output;
    const pvh_input *input;
    stack stack;
    size_t der_at, subject_at;
    uint32_t cert_at, num_views, num_slots;    /* slots: a power of two */
    uint32_t num_requests, window, most_certs; /* admitted now; of each window; of a request */
    pv_cert *views;
    pv_fault *faults; /* of each view */
    uint64_t *hashes; /* of each view's bytes */
    pv_span *bytes;   /* of each view, also where it is zeroed */
    const pv_cert **certs;
    uint32_t *slots; /* view + 1; 0: free */
    void *workspace;
    size_t workspace_len;
    known_key *keys;
    pv_request requests[WINDOW];
    uint32_t places[WINDOW]; /* the request's position in the input */
} batch;

static int lens_fit(const uint32_t *lens, uint32_t num, size_t room) {
    return num == 0 || (lens && total_len(lens, num) <= room);
}

static int input_is_sound(const pvh_input *in) {
    return in->num_requests > 0 && in->counts && in->subject_kinds && in->subject_lens && in->times &&
           (in->num_times == 1 || in->num_times == in->num_requests) &&
           total_len(in->counts, in->num_requests) == in->num_certs &&
           lens_fit(in->cert_lens, in->num_certs, in->der_len) &&
           lens_fit(in->subject_lens, in->num_requests, in->subjects_len);
}

/* The largest window's certificates, requests beyond the limit left out; at least one for each. */
static uint32_t largest_window(batch *b) {
    uint64_t most = 0;
    for (uint32_t i = 0; i < b->input->num_requests; i += b->window) {
        uint64_t sum = 0;
        for (uint32_t k = i; k < b->input->num_requests && k - i < b->window; k++) {
            uint32_t num = b->input->counts[k] ? b->input->counts[k] : 1;
            if (num > b->config->max_certs && num > 1) continue;
            sum += num;
            if (num > b->most_certs) b->most_certs = num;
        }
        if (sum > most) most = sum;
    }
    return most < 0x10000000u ? (uint32_t)most : 0;
}

static int batch_rooms(batch *b, uint32_t num) {
    b->num_slots = 16;
    while (b->num_slots < 2 * num)
        b->num_slots *= 2;
    b->views = calloc(num, sizeof *b->views);
    b->faults = calloc(num, sizeof *b->faults);
    b->hashes = calloc(num, sizeof *b->hashes);
    b->bytes = calloc(num, sizeof *b->bytes);
    b->certs = calloc(num, sizeof *b->certs);
    b->slots = calloc(b->num_slots, sizeof *b->slots);
    b->keys = calloc(MANY_KEYS, sizeof *b->keys);
    return b->views && b->faults && b->hashes && b->bytes && b->certs && b->slots && b->keys;
}

static void batch_free(batch *b) {
    if (!b) return;
    if (b->keys) stack_close(&b->stack);
    if (b->stack.cache != b->config->cache) pvh_cache_free(b->stack.cache);
    free(b->views);
    free(b->faults);
    free(b->hashes);
    free(b->bytes);
    free(b->certs);
    free(b->slots);
    free(b->keys);
    free(b->workspace);
    free(b);
}

static int batch_workspace(batch *b) {
    b->workspace_len = pv_workspace_size(b->window, b->most_certs, &b->config->policy.budget);
    b->workspace = b->workspace_len ? malloc(b->workspace_len) : NULL;
    return b->workspace != NULL;
}

/* Several windows meet the same intermediates again: without a cache of the caller's, one for this call. */
static batch *batch_new(const pvh_config *config, const pvh_output *output, const pvh_input *input) {
    batch *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    b->config = config;
    b->output = output;
    b->input = input;
    b->stack.cache = config->cache;
    b->window = input->num_requests < WINDOW ? input->num_requests : WINDOW;
    uint32_t num = largest_window(b);
    if (b->most_certs == 0) b->most_certs = num = 1;
    if (num == 0 || !batch_rooms(b, num) || !batch_workspace(b)) {
        batch_free(b);
        return NULL;
    }
    stack_open(&b->stack, config, b->keys, MANY_KEYS);
    if (!config->cache && input->num_requests > WINDOW) b->stack.cache = pvh_cache_new(OWN_CACHE);
    return b;
}

static const pv_cert *add_view(batch *b, uint64_t hash, pv_span der) {
    uint32_t at = b->num_views++;
    b->faults[at] = (pv_fault){0};
    b->hashes[at] = hash;
    b->bytes[at] = der;
    if (pv_cert_parse(&b->views[at], &b->faults[at], der) != PV_OK)
        memset(&b->views[at], 0, sizeof b->views[at]);
    return &b->views[at];
}

/* After MAX_PROBES the certificate gets a view of its own: slower, never wrong. */
static const pv_cert *intern(batch *b, pv_span der) {
    uint64_t hash = pvh_hash(b->stack.hash_key, der);
    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        uint32_t *slot = &b->slots[(hash + i) & (b->num_slots - 1)];
        if (*slot == 0) {
            const pv_cert *view = add_view(b, hash, der);
            *slot = b->num_views;
            return view;
        }
        uint32_t at = *slot - 1;
        if (b->hashes[at] == hash && pvh_equal(b->bytes[at], der)) return &b->views[at];
    }
    return add_view(b, hash, der);
}

static const pv_cert **read_certs(batch *b, const pv_cert **certs, uint32_t num) {
    const pvh_input *in = b->input;
    size_t at = b->der_at;
    if (num == 0) *certs++ = add_view(b, 0, (pv_span){NULL, 0});
    for (uint32_t i = 0; i < num; i++) {
        uint32_t len = in->cert_lens[b->cert_at + i];
        *certs = intern(b, (pv_span){in->der + at, len});
        if (b->output->faults) b->output->faults[b->cert_at + i] = b->faults[*certs - b->views];
        certs++;
        at += len;
    }
    return certs;
}

static void admit(batch *b, const pv_cert *const *certs, uint32_t num, uint32_t place) {
    const pvh_input *in = b->input;
    pv_request *request = &b->requests[b->num_requests];
    *request = request_of(b->config, certs, num ? num : 1);
    const uint8_t *subject = in->subjects ? in->subjects + b->subject_at : NULL;
    request->subject = (pv_subject){{subject, in->subject_lens[place]}, in->subject_kinds[place]};
    request->time = in->times[in->num_times == 1 ? 0 : place];
    if (b->output->records) {
        request->records = b->output->records + (size_t)place * in->max_records;
        request->max_records = in->max_records;
    }
    b->places[b->num_requests++] = place;
}

/* Reads a window into requests; what is over its limits gets its verdict at once. */
static void read_window(batch *b, uint32_t first, uint32_t num) {
    const pv_cert **certs = b->certs;
    memset(b->slots, 0, b->num_slots * sizeof *b->slots);
    b->num_views = b->num_requests = 0;
    for (uint32_t i = first; i < first + num; i++) {
        uint32_t count = b->input->counts[i];
        uint64_t len = total_len(b->input->cert_lens + b->cert_at, count);
        pv_reason reason = charge(b->config, count, len);
        if (reason == PV_OK) {
            const pv_cert **begin = certs;
            certs = read_certs(b, certs, count);
            admit(b, begin, count, i);
        } else {
            b->output->verdicts[i] = spent_verdict(reason);
        }
        b->cert_at += count;
        b->der_at += (size_t)len;
        b->subject_at += b->input->subject_lens[i];
    }
}

static void write_window(batch *b) {
    for (uint32_t i = 0; i < b->num_requests; i++) {
        const pv_request *request = &b->requests[i];
        remember(&b->stack, request);
        pv_verdict *verdict = &b->output->verdicts[b->places[i]];
        *verdict = request->verdict;
        explain_target(verdict, &b->faults[request->certs[0] - b->views]);
    }
}

static pv_status run_window(batch *b) {
    b->stack.asked = 0;
    pv_checker checker = checker_of(&b->stack);
    pv_status status = PV_DONE;
    if (b->num_requests > 0)
        status = pv_validate(b->workspace, b->workspace_len, b->requests, b->num_requests, &checker);
    if (status == PV_DONE) write_window(b);
    return status;
}

static pv_status run_windows(batch *b) {
    uint32_t left = b->input->num_requests;
    for (uint32_t first = 0; left > 0;) {
        uint32_t num = left < b->window ? left : b->window;
        read_window(b, first, num);
        if (run_window(b) != PV_DONE) return PV_FAILED;
        first += num;
        left -= num;
    }
    return PV_DONE;
}

static void clear_output(const pvh_output *output, const pvh_input *input) {
    memset(output->verdicts, 0, input->num_requests * sizeof *output->verdicts);
    if (output->faults && input->num_certs > 0)
        memset(output->faults, 0, input->num_certs * sizeof *output->faults);
}

pv_status pvh_check_many(const pvh_config *config, const pvh_output *output, const pvh_input *input) {
    if (input->num_requests == 0) return PV_DONE;
    clear_output(output, input);
    if (!config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER) return PV_FAILED;
    batch *b = input_is_sound(input) ? batch_new(config, output, input) : NULL;
    if (!b) return PV_FAILED;
    pv_status status = run_windows(b);
    if (status != PV_DONE) clear_output(output, input);
    batch_free(b);
    return status;
}

/* --- Sessions ----------------------------------------------------------------------------------------------
 */

/* A batch of one request, kept between two calls. */
struct pvh_session {
    batch *batch;
    pv_status status; /* PV_FAILED until it was run */
    int is_started;
};

pvh_session *pvh_session_new(const pvh_config *config, const pvh_output *output, const pvh_input *input) {
    if (!config_is_complete(config) || input->num_requests != 1 || !input_is_sound(input)) return NULL;
    pvh_session *session = calloc(1, sizeof *session);
    if (!session) return NULL;
    clear_output(output, input);
    session->batch = batch_new(config, output, input);
    if (session->batch) return session;
    free(session);
    return NULL;
}

static pv_status session_start(batch *b, const pv_checker *checker) {
    read_window(b, 0, 1);
    if (b->num_requests == 0) return PV_DONE; /* over its limits: it has its verdict */
    return pv_validate(b->workspace, b->workspace_len, b->requests, 1, checker);
}

static pv_status session_step(pvh_session *session, pv_answer answer) {
    batch *b = session->batch;
    pv_checker checker = checker_of(&b->stack);
    if (!session->is_started) {
        session->is_started = 1;
        return session_start(b, &checker);
    }
    if (session->status != PV_SUSPENDED) return session->status;
    b->requests[0].answer = (uint8_t)answer;
    return pv_resume(b->workspace, b->workspace_len, b->requests, 1, &checker);
}

pv_status pvh_session_run(pvh_session *session, pv_answer answer) {
    batch *b = session->batch;
    session->status = session_step(session, answer);
    if (session->status == PV_FAILED)
        clear_output(b->output, b->input);
    else
        write_window(b);
    return session->status;
}

void pvh_session_free(pvh_session *session) {
    if (!session) return;
    batch_free(session->batch);
    free(session);
}
