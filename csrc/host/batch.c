/* Many requests in windows, and sessions, which are batches of one that stop at each path. */
#include "host/request.h"
#include "host/stack.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW     64u             /* requests that are worked on together */
#define NUM_KEYS   512u            /* keys that a call remembers; a power of two */
#define OWN_CACHE  (1024u * 1024u) /* bytes that a large batch without a cache lends itself */
#define MAX_PROBES 16u

/* Where reading stands in the input, and the room for one window of it. Certificates are interned: the same
 * bytes are parsed once, and are one pointer in all requests of the window. */
typedef struct batch {
    const pvh_config *config;
    const pvh_output *output;
    const pvh_input *input;
    pvh_stack stack;
    size_t der_at, subject_at;
    uint32_t cert_at, num_views, num_slots;    /* slots: a power of two */
    uint32_t num_requests, window, most_certs; /* admitted now; of each window; of a request */
    uint32_t most_signers;                     /* certificates of one request's evidence */
    pv_cert *views;
    pvh_interned **held; /* of each view that the cache knows, which it then is a copy of; else NULL */
    pv_fault *faults;    /* of each view */
    uint64_t *hashes;    /* of each view's bytes */
    pv_span *bytes;      /* of each view, also where it is zeroed */
    const pv_cert **certs;
    uint32_t *slots; /* view + 1; 0: free */
    void *workspace;
    size_t workspace_len;
    pvh_key **keys;
    pv_request requests[WINDOW];
    uint32_t places[WINDOW]; /* the request's position in the input */
} batch;

static int evidences_are_sound(const pvh_input *in) {
    if (in->num_evidences == 0) return 1;
    return in->evidences && (in->num_evidences == 1 || in->num_evidences == in->num_requests);
}

static const pvh_evidence *evidence_of(const pvh_input *in, uint32_t place) {
    if (in->num_evidences == 0) return NULL;
    return in->evidences[in->num_evidences == 1 ? 0 : place];
}

static int input_is_sound(const pvh_input *in) {
    return in->num_requests > 0 && in->counts && in->subject_kinds && in->subject_lens && in->times &&
           (in->num_times == 1 || in->num_times == in->num_requests) && evidences_are_sound(in) &&
           pvh_total_len(in->counts, in->num_requests) == in->num_certs &&
           pvh_lens_fit(in->cert_lens, in->num_certs, in->der_len) &&
           pvh_lens_fit(in->subject_lens, in->num_requests, in->subjects_len);
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
    b->held = calloc(num, sizeof *b->held);
    b->faults = calloc(num, sizeof *b->faults);
    b->hashes = calloc(num, sizeof *b->hashes);
    b->bytes = calloc(num, sizeof *b->bytes);
    b->certs = calloc(num, sizeof *b->certs);
    b->slots = calloc(b->num_slots, sizeof *b->slots);
    b->keys = calloc(NUM_KEYS, sizeof *b->keys);
    return b->views && b->held && b->faults && b->hashes && b->bytes && b->certs && b->slots && b->keys;
}

/* Nothing points to the window's certificates any more. */
static void release_window(batch *b) {
    for (uint32_t i = 0; i < b->num_views; i++)
        pvh_interned_release(b->held[i]);
    b->num_views = 0;
}

static void batch_free(batch *b) {
    if (!b) return;
    release_window(b);
    if (b->keys) pvh_stack_close(&b->stack);
    if (b->stack.cache != b->config->cache) pvh_cache_free(b->stack.cache);
    free(b->views);
    free(b->held);
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
    b->workspace_len = pv_workspace_size(b->window, b->most_certs + b->most_signers, &b->config->policy);
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
    for (uint32_t i = 0; i < input->num_evidences; i++)
        if (pvh_num_signers(input->evidences[i]) > b->most_signers)
            b->most_signers = pvh_num_signers(input->evidences[i]);
    if (num == 0 || !batch_rooms(b, num) || !batch_workspace(b)) {
        batch_free(b);
        return NULL;
    }
    pvh_stack_open(&b->stack, config, b->keys, NUM_KEYS);
    if (!config->cache && input->num_requests > WINDOW) b->stack.cache = pvh_cache_new(OWN_CACHE);
    if (b->stack.cache) b->stack.hash_key = pvh_cache_hash_key(b->stack.cache);
    return b;
}

static const pv_cert *add_view(batch *b, uint64_t hash, pv_span der) {
    uint32_t at = b->num_views++;
    b->faults[at] = (pv_fault){0};
    b->hashes[at] = hash;
    b->bytes[at] = der;
    b->held[at] = pvh_cache_cert(b->stack.cache, hash, der);
    if (b->held[at])
        b->views[at] = b->held[at]->view;
    else if (pv_cert_parse(&b->views[at], &b->faults[at], der) != PV_OK)
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
    *request = pvh_request_of(b->config, certs, num ? num : 1, evidence_of(in, place));
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
    release_window(b);
    b->num_requests = 0;
    for (uint32_t i = first; i < first + num; i++) {
        uint32_t count = b->input->counts[i];
        uint64_t len = pvh_total_len(b->input->cert_lens + b->cert_at, count);
        pv_reason reason = pvh_charge(b->config, count, len);
        if (reason == PV_OK) {
            const pv_cert **begin = certs;
            certs = read_certs(b, certs, count);
            admit(b, begin, count, i);
        } else {
            b->output->verdicts[i] = pvh_spent_verdict(reason);
        }
        b->cert_at += count;
        b->der_at += (size_t)len;
        b->subject_at += b->input->subject_lens[i];
    }
}

static void write_window(batch *b) {
    for (uint32_t i = 0; i < b->num_requests; i++) {
        const pv_request *request = &b->requests[i];
        pvh_stack_remember(&b->stack, request);
        pv_verdict *verdict = &b->output->verdicts[b->places[i]];
        *verdict = request->verdict;
        pvh_explain_target(verdict, &b->faults[request->certs[0] - b->views]);
    }
}

static pv_status run_window(batch *b) {
    b->stack.asked = 0;
    pv_checker checker = pvh_stack_checker(&b->stack);
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
    if (!pvh_config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER) return PV_FAILED;
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
    if (!pvh_config_is_complete(config) || input->num_requests != 1 || !input_is_sound(input)) return NULL;
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
    pv_checker checker = pvh_stack_checker(&b->stack);
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
