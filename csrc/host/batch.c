#define _GNU_SOURCE /* pthread_sigmask */
#include "host/window.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Many requests: threads take windows of them as they come to it, until there are none left. */

#define OWN_CACHE    (1024u * 1024u) /* bytes that a large batch without a cache lends itself */
#define THREAD_STACK (1024u * 1024u) /* some systems give threads too little for a callback */
#define MAX_THREADS  64u
#define MAX_REQUESTS 0x1000000u /* of one call: sizes stay below 2^32 */
#define MAX_RECORDS  0x10000u   /* of one request */

/* --- Answers -----------------------------------------------------------------------------------------------
 */

/* One behind the other in a single block: the widest first, so that each is aligned. */
static size_t answers_size(uint32_t num, uint32_t num_windows) {
    size_t each = sizeof(pv_verdict) + 2 * sizeof(uint32_t) + sizeof(pv_reason) + sizeof(uint8_t);
    return sizeof(pvh_answers) + sizeof(pvh_log) + num_windows * sizeof(pv_record *) + num * each;
}

static void lay_out(pvh_answers *a, uint32_t num, uint32_t num_windows) {
    pvh_log *log = a->log = (pvh_log *)(void *)(a + 1);
    log->windows = (pv_record **)(void *)(log + 1);
    a->verdicts = (pv_verdict *)(void *)(log->windows + num_windows);
    a->anchors = (uint32_t *)(void *)(a->verdicts + num);
    log->ends = a->anchors + num;
    a->reasons = (pv_reason *)(void *)(log->ends + num);
    a->outcomes = (uint8_t *)(void *)(a->reasons + num);
}

static pvh_answers *answers_new(const pvh_input *in, uint32_t window, uint32_t num_windows) {
    pvh_answers *a = malloc(answers_size(in->num_requests, num_windows));
    pv_fault *faults = malloc(in->num_certs * sizeof *faults + 1);
    if (!a || !faults) {
        free(a);
        free(faults);
        return NULL;
    }
    lay_out(a, in->num_requests, num_windows);
    a->faults = faults;
    a->num_requests = in->num_requests;
    a->num_certs = in->num_certs;
    a->num_marked = 0;
    a->log->window = window;
    a->log->num_windows = num_windows;
    memset(a->log->windows, 0, num_windows * sizeof *a->log->windows);
    return a;
}

void pvh_answers_free(pvh_answers *answers) {
    if (!answers) return;
    for (uint32_t i = 0; i < answers->log->num_windows; i++)
        free(answers->log->windows[i]);
    free(answers->faults);
    free(answers);
}

/* --- One call ----------------------------------------------------------------------------------------------
 */

/* What its threads share. */
typedef struct call {
    const pvh_config *config;
    const pvh_input *input;
    pvh_answers *answers;
    pvh_cache *cache; /* the validator's, this call's own, or NULL */
    pvh_place *starts;
    pvh_sizes sizes;
    uint32_t num_windows;
    atomic_uint next; /* the window that is taken next */
    atomic_uint num_marked, num_unreadable;
    atomic_int has_failed;
} call;

static uint32_t num_lines(const pvh_window *w, uint32_t i) {
    uint32_t wanted = w->requests[i].verdict.num_records, room = w->requests[i].max_records;
    return wanted < room ? wanted : room;
}

/* 0: no memory. */
static int keep_log(const call *c, const pvh_window *w, const pvh_place *start, uint32_t num) {
    pvh_log *log = c->answers->log;
    uint32_t sum = 0, end = 0, k = 0;
    for (uint32_t i = 0; i < w->num_requests; i++)
        sum += num_lines(w, i);
    pv_record *lines = sum ? malloc(sum * sizeof *lines) : NULL;
    if (sum && !lines) return 0;
    for (uint32_t place = start->request; place < start->request + num; place++) {
        if (k < w->num_requests && w->places[k] == place) {
            uint32_t own = num_lines(w, k);
            if (own) memcpy(lines + end, w->requests[k].records, own * sizeof *lines);
            end += own;
            k++;
        }
        log->ends[place] = end;
    }
    log->windows[start->request / log->window] = lines;
    return 1;
}

/* The reader's own words instead of the core's, as in the verdict's report. */
static pv_reason reason_of(const call *c, const pv_verdict *verdict, const pvh_place *at) {
    if (verdict->reason != PV_R_CERT_UNREADABLE || verdict->node >= c->input->counts[at->request])
        return verdict->reason;
    pv_reason reason = c->answers->faults[at->cert + verdict->node].reason;
    return reason == PV_R_UNCHECKED || reason == PV_OK ? verdict->reason : reason;
}

static uint32_t keep_columns(const call *c, pvh_place at, uint32_t num) {
    pvh_answers *a = c->answers;
    uint32_t num_marked = 0;
    for (uint32_t i = at.request; num > 0; i++, num--) {
        const pv_verdict *verdict = &a->verdicts[i];
        at.request = i;
        a->outcomes[i] = verdict->outcome == PV_OUTCOME_NONE ? PV_OUTCOME_UNDECIDED : verdict->outcome;
        a->anchors[i] = verdict->outcome == PV_OUTCOME_TRUSTED ? verdict->anchor : PV_NODE_NONE;
        a->reasons[i] = reason_of(c, verdict, &at);
        num_marked += verdict->marks != 0;
        at.cert += c->input->counts[i];
    }
    return num_marked;
}

static int answer_window(call *c, pvh_window *w, uint32_t which) {
    pvh_place start = c->starts[which];
    uint32_t left = c->input->num_requests - start.request;
    uint32_t num = left < c->sizes.requests ? left : c->sizes.requests;
    pvh_window_read(w, start, num);
    if (pvh_window_start(w) != PV_DONE) return 0;
    pvh_window_keep(w);
    atomic_fetch_add(&c->num_marked, keep_columns(c, start, num));
    return keep_log(c, w, &start, num);
}

static void answer_windows(call *c, pvh_window *w) {
    uint32_t which;
    while (!atomic_load(&c->has_failed) && (which = atomic_fetch_add(&c->next, 1)) < c->num_windows)
        if (!answer_window(c, w, which)) atomic_store(&c->has_failed, 1);
    atomic_fetch_add(&c->num_unreadable, w->num_unreadable);
}

/* --- Threads -----------------------------------------------------------------------------------------------
 */

/* A thread's own room. All of it is the caller's thread's memory: what a new thread asks for comes fresh from
 * the system, page by page. */
typedef struct worker {
    call *call;
    pvh_window *window;
    pv_record *records;
    pthread_t thread;
} worker;

static int worker_open(worker *w, call *c) {
    size_t room = (size_t)c->sizes.requests * c->input->max_records;
    w->call = c;
    w->records = malloc(room * sizeof *w->records + 1);
    pvh_output output = {c->answers->verdicts, room ? w->records : NULL, c->answers->faults};
    w->window = w->records ? pvh_window_new(c->config, c->input, &output, c->cache, &c->sizes) : NULL;
    return w->window != NULL;
}

static void worker_close(worker *w) {
    pvh_window_free(w->window);
    free(w->records);
}

static void work(worker *w) {
    answer_windows(w->call, w->window);
}

static _Thread_local uint64_t works_for;

uint64_t pvh_caller(void) {
    return works_for;
}

static void *begin_work(void *ctx) {
    worker *w = ctx;
    works_for = w->call->input->caller;
    work(w);
    return NULL;
}

/* Returns how many were started, the caller's own (the first) among them. Signals are for the process's other
 * threads. */
static uint32_t start_threads(worker *workers, uint32_t num) {
    sigset_t all, before;
    pthread_attr_t attr;
    uint32_t started = 1;
    if (num < 2 || pthread_attr_init(&attr) != 0) return 1;
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < num &&
           pthread_create(&workers[started].thread, &attr, begin_work, &workers[started]) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

/* Fewer threads do the same work if there is no memory for all. */
static void work_together(call *c, uint32_t num_threads) {
    worker workers[MAX_THREADS] = {{0}};
    uint32_t most = c->num_windows < MAX_THREADS ? c->num_windows : MAX_THREADS, num = 0;
    if (num_threads < most) most = num_threads;
    while (num < most && worker_open(&workers[num], c))
        num++;
    if (num > 0) {
        uint32_t started = start_threads(workers, num);
        work(&workers[0]);
        for (uint32_t i = 1; i < started; i++)
            pthread_join(workers[i].thread, NULL);
    }
    atomic_store(&c->has_failed, num == 0 || atomic_load(&c->has_failed));
    for (uint32_t i = 0; i < most; i++)
        worker_close(&workers[i]);
}

/* Small batches have smaller windows, so that there is one for each thread. */
static uint32_t window_of(uint32_t num_requests, uint32_t num_threads) {
    uint32_t share = (num_requests - 1) / num_threads + 1;
    return share < PVH_WINDOW ? share : PVH_WINDOW;
}

/* Several windows meet the same intermediates again: without a cache of the caller's, one for this call. */
static int call_open(call *c, uint32_t num_threads) {
    uint32_t window = window_of(c->input->num_requests, num_threads);
    c->num_windows = (c->input->num_requests - 1) / window + 1;
    c->starts = malloc(c->num_windows * sizeof *c->starts);
    c->answers = answers_new(c->input, window, c->num_windows);
    if (!c->starts || !c->answers) return 0;
    c->sizes = pvh_window_sizes(c->starts, c->config, c->input, window);
    c->cache = c->config->cache;
    if (!c->cache && c->num_windows > 1) c->cache = pvh_cache_new(OWN_CACHE);
    return 1;
}

static pvh_answers *call_close(call *c) {
    pvh_answers *answers = c->answers;
    if (c->cache != c->config->cache) pvh_cache_free(c->cache);
    free(c->starts);
    if (!answers) return NULL;
    if (atomic_load(&c->has_failed)) {
        pvh_answers_free(answers);
        return NULL;
    }
    answers->num_marked = atomic_load(&c->num_marked);
    if (atomic_load(&c->num_unreadable) > 0) return answers;
    free(answers->faults);
    answers->faults = NULL;
    return answers;
}

pvh_answers *pvh_check_many(const pvh_config *config, const pvh_input *input, uint32_t num_threads) {
    if (!pvh_config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER || num_threads == 0)
        return NULL;
    if (input->num_requests > MAX_REQUESTS || input->max_records > MAX_RECORDS) return NULL;
    if (!pvh_input_is_sound(input)) return NULL;
    call c = {.config = config, .input = input, .has_failed = 1};
    if (call_open(&c, num_threads)) {
        atomic_store(&c.has_failed, 0);
        work_together(&c, num_threads);
    }
    return call_close(&c);
}

/* --- Offsets -----------------------------------------------------------------------------------------------
 */

static uint64_t offset_at(const void *offsets, size_t i, unsigned size) {
    uint64_t wide;
    uint32_t narrow;
    if (size == sizeof wide) {
        memcpy(&wide, (const uint8_t *)offsets + i * sizeof wide, sizeof wide);
        return wide;
    }
    memcpy(&narrow, (const uint8_t *)offsets + i * sizeof narrow, sizeof narrow);
    return narrow;
}

size_t pvh_read_offsets(uint32_t *lens, uint64_t *first, uint64_t *last, const void *offsets, size_t num,
                        unsigned size) {
    if (num == 0) return 0;
    *first = *last = offset_at(offsets, 0, size);
    for (size_t i = 1; i < num; i++) {
        uint64_t next = offset_at(offsets, i, size);
        if (next < *last || next - *last > UINT32_MAX) return i;
        lens[i - 1] = (uint32_t)(next - *last);
        *last = next;
    }
    return num;
}
