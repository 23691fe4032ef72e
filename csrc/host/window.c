#include "host/window.h"

#include <stdlib.h>
#include <string.h>

#define NUM_KEYS     512u /* keys that a thread remembers; a power of two */
#define MAX_PROBES   16u
#define EACH_VERDICT (sizeof(pv_verdict) + 32) /* with its columns, and more */

/* --- What an input says of itself --------------------------------------------------------------------------
 */

static int is_one_or_each(uint32_t num, uint32_t num_requests) {
    return num == 1 || num == num_requests;
}

static int evidences_are_sound(const pvh_input *in) {
    return in->num_evidences == 0 || (in->evidences && is_one_or_each(in->num_evidences, in->num_requests));
}

static int subjects_are_sound(const pvh_input *in) {
    return in->subject_kinds && in->subject_lens && is_one_or_each(in->num_subjects, in->num_requests) &&
           pvh_lens_fit(in->subject_lens, in->num_subjects, in->subjects_len);
}

/* Sizes that are made of these numbers do not wrap. */
static int is_addressable(const pvh_input *in) {
    uint64_t verdicts = (uint64_t)in->num_requests * EACH_VERDICT;
    return in->num_certs < PVH_MOST_CERTS && verdicts < SIZE_MAX / 2;
}

int pvh_input_is_sound(const pvh_input *in) {
    return in->num_requests > 0 && is_addressable(in) && in->counts && in->times &&
           is_one_or_each(in->num_times, in->num_requests) && evidences_are_sound(in) &&
           subjects_are_sound(in) && pvh_total_len(in->counts, in->num_requests) == in->num_certs &&
           pvh_lens_fit(in->cert_lens, in->num_certs, in->der_len);
}

/* --- Sizes -------------------------------------------------------------------------------------------------
 */

static uint32_t most_signers(const pvh_input *in) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < in->num_evidences; i++) {
        uint32_t num = pvh_num_signers(in->evidences[i]);
        if (num > most) most = num;
    }
    return most;
}

static void pass(pvh_place *at, const pvh_input *in) {
    uint32_t count = in->counts[at->request];
    at->der += (size_t)pvh_total_len(in->cert_lens + at->cert, count);
    at->cert += count;
    if (in->num_subjects > 1) at->subject += in->subject_lens[at->request];
    at->request++;
}

/* Requests beyond the limit are not read. */
static uint32_t num_read(const pvh_config *config, const pvh_input *in, uint32_t request) {
    uint32_t num = in->counts[request];
    return num > config->max_certs ? 0 : num;
}

pvh_sizes pvh_window_sizes(pvh_place *starts, const pvh_config *config, const pvh_input *in, uint32_t num) {
    pvh_sizes sizes = {num, 1, 1};
    pvh_place at = {0, 0, 0, 0};
    uint64_t sum = 0, most = 1;
    while (at.request < in->num_requests) {
        uint32_t own = num_read(config, in, at.request);
        if (at.request % num == 0) sum = 0;
        if (at.request % num == 0 && starts) starts[at.request / num] = at;
        sum += own;
        if (sum > most) most = sum;
        if (own > sizes.request) sizes.request = own;
        pass(&at, in);
    }
    sizes.certs = most < PVH_MOST_CERTS ? (uint32_t)most : 0;
    sizes.request += most_signers(in);
    return sizes;
}

static int make_rooms(pvh_window *w, const pvh_sizes *sizes) {
    uint32_t num = sizes->certs;
    w->num_slots = 16;
    while (w->num_slots < 2 * num)
        w->num_slots *= 2;
    w->views = malloc(num * sizeof *w->views);
    w->held = malloc(num * sizeof *w->held);
    w->faults = malloc(num * sizeof *w->faults);
    w->hashes = malloc(num * sizeof *w->hashes);
    w->bytes = malloc(num * sizeof *w->bytes);
    w->certs = malloc(num * sizeof *w->certs);
    w->slots = malloc(w->num_slots * sizeof *w->slots);
    w->keys = malloc(NUM_KEYS * sizeof *w->keys);
    w->workspace_len = pv_workspace_size(sizes->requests, sizes->request, &w->config->policy);
    w->workspace = w->workspace_len ? malloc(w->workspace_len) : NULL;
    return w->views && w->held && w->faults && w->hashes && w->bytes && w->certs && w->slots && w->keys &&
           w->workspace;
}

static void free_rooms(pvh_window *w) {
    free(w->views);
    free(w->held);
    free(w->faults);
    free(w->hashes);
    free(w->bytes);
    free(w->certs);
    free(w->slots);
    free(w->keys);
    free(w->workspace);
    free(w);
}

pvh_window *pvh_window_new(const pvh_config *config, const pvh_input *input, const pvh_output *output,
                           pvh_cache *cache, const pvh_sizes *sizes) {
    pvh_window *w = sizes->certs > 0 ? calloc(1, sizeof *w) : NULL;
    if (!w) return NULL;
    w->config = config;
    w->input = input;
    w->output = *output;
    if (!make_rooms(w, sizes)) {
        free_rooms(w);
        return NULL;
    }
    pvh_stack_open(&w->stack, config, cache, w->keys, NUM_KEYS);
    return w;
}

/* Nothing points to a window's certificates any more. */
static void release(pvh_window *w) {
    for (uint32_t i = 0; i < w->num_views; i++)
        pvh_interned_release(w->held[i]);
    w->num_views = 0;
}

void pvh_window_free(pvh_window *w) {
    if (!w) return;
    release(w);
    pvh_stack_close(&w->stack);
    free_rooms(w);
}

/* --- Reading -----------------------------------------------------------------------------------------------
 */

static const pv_cert *add_view(pvh_window *w, uint64_t hash, pv_span der) {
    uint32_t at = w->num_views++;
    w->faults[at] = (pv_fault){0};
    w->hashes[at] = hash;
    w->bytes[at] = der;
    w->held[at] = pvh_cache_cert_hashed(w->stack.cache, hash, der);
    if (w->held[at])
        w->views[at] = w->held[at]->view;
    else if (pv_cert_parse(&w->views[at], &w->faults[at], der) != PV_OK)
        memset(&w->views[at], 0, sizeof w->views[at]);
    return &w->views[at];
}

/* After MAX_PROBES the certificate gets a view of its own: slower, never wrong. */
static const pv_cert *intern(pvh_window *w, pv_span der) {
    uint64_t hash = pvh_hash_tail(w->stack.hash_key, der);
    for (uint32_t i = 0; i < MAX_PROBES; i++) {
        uint32_t *slot = &w->slots[(hash + i) & (w->num_slots - 1)];
        if (*slot == 0) {
            const pv_cert *view = add_view(w, hash, der);
            *slot = w->num_views;
            return view;
        }
        uint32_t at = *slot - 1;
        if (w->hashes[at] == hash && pvh_equal(w->bytes[at], der)) return &w->views[at];
    }
    return add_view(w, hash, der);
}

static void read_certs(pvh_window *w, const pv_cert **certs, const pvh_place *at, uint32_t num) {
    const pvh_input *in = w->input;
    const uint8_t *der = in->der + at->der;
    for (uint32_t i = 0; i < num; i++) {
        uint32_t len = in->cert_lens[at->cert + i];
        certs[i] = intern(w, (pv_span){der, len});
        pv_fault fault = w->faults[certs[i] - w->views];
        w->num_unreadable += fault.reason != PV_R_UNCHECKED && fault.reason != PV_OK;
        if (w->output.faults) w->output.faults[at->cert + i] = fault;
        der += len;
    }
}

static const pvh_evidence *evidence_of(const pvh_input *in, uint32_t place) {
    if (in->num_evidences == 0) return NULL;
    return in->evidences[in->num_evidences == 1 ? 0 : place];
}

static pv_subject subject_of(const pvh_input *in, const pvh_place *at) {
    uint32_t which = in->num_subjects == 1 ? 0 : at->request;
    const uint8_t *subject = in->subjects ? in->subjects + at->subject : NULL;
    return (pv_subject){{subject, in->subject_lens[which]}, in->subject_kinds[which]};
}

static void admit(pvh_window *w, const pv_cert *const *certs, uint32_t num, const pvh_place *at) {
    const pvh_input *in = w->input;
    pv_request *request = &w->requests[w->num_requests];
    *request = pvh_request_of(w->config, certs, num, evidence_of(in, at->request));
    request->subject = subject_of(in, at);
    request->time = in->times[in->num_times == 1 ? 0 : at->request];
    if (w->output.records) {
        request->records = w->output.records + (size_t)w->num_requests * in->max_records;
        request->max_records = in->max_records;
    }
    w->places[w->num_requests++] = at->request;
}

static pv_verdict empty_verdict(void) {
    pv_verdict verdict = pvh_spent_verdict(PV_R_INPUT_UNREADABLE);
    verdict.outcome = PV_OUTCOME_REFUSED;
    return verdict;
}

static pv_reason charge(const pvh_window *w, const pvh_place *at, uint32_t count) {
    if (count == 0) return PV_R_INPUT_UNREADABLE;
    return pvh_charge(w->config, count, pvh_total_len(w->input->cert_lens + at->cert, count));
}

static void settle(pvh_window *w, const pvh_place *at, uint32_t count, pv_reason reason) {
    pv_verdict *verdict = &w->output.verdicts[at->request];
    *verdict = reason == PV_R_INPUT_UNREADABLE ? empty_verdict() : pvh_spent_verdict(reason);
    if (w->output.faults && count > 0)
        memset(w->output.faults + at->cert, 0, count * sizeof *w->output.faults);
}

void pvh_window_read(pvh_window *w, pvh_place at, uint32_t num) {
    const pv_cert **certs = w->certs;
    memset(w->slots, 0, w->num_slots * sizeof *w->slots);
    release(w);
    w->num_requests = 0;
    for (uint32_t i = 0; i < num; i++) {
        uint32_t count = w->input->counts[at.request];
        pv_reason reason = charge(w, &at, count);
        if (reason == PV_OK) {
            read_certs(w, certs, &at, count);
            admit(w, certs, count, &at);
            certs += count;
        } else {
            settle(w, &at, count, reason);
        }
        pass(&at, w->input);
    }
}

/* --- Asking ------------------------------------------------------------------------------------------------
 */

pv_status pvh_window_start(pvh_window *w) {
    pv_checker checker = pvh_stack_checker(&w->stack);
    w->stack.asked = 0;
    if (w->num_requests == 0) return PV_DONE;
    return pv_validate(w->workspace, w->workspace_len, w->requests, w->num_requests, &checker);
}

pv_status pvh_window_resume(pvh_window *w) {
    pv_checker checker = pvh_stack_checker(&w->stack);
    return pv_resume(w->workspace, w->workspace_len, w->requests, w->num_requests, &checker);
}

void pvh_window_keep(pvh_window *w) {
    for (uint32_t i = 0; i < w->num_requests; i++) {
        const pv_request *request = &w->requests[i];
        pvh_stack_remember(&w->stack, request);
        pv_verdict *verdict = &w->output.verdicts[w->places[i]];
        *verdict = request->verdict;
        pvh_explain_target(verdict, &w->faults[request->certs[0] - w->views]);
    }
}
