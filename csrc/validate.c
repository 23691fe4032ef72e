#include "validate.h"

#include "der.h"
#include "nodes.h"
#include "signers.h"

#define NO_SLOT 0xFFFFFFFFu
/* In due[]: the edge's result is known from another request; the low bits say which. */
#define KNOWN 0x80000000u

/* --- Workspace
 * ---------------------------------------------------------------------------------------------------- */

/* Room for the edges of a few rounds; when it is full, edges are asked about by each request for itself. */
static uint32_t shared_slots(uint32_t num_requests) {
    uint32_t slots = 8;
    if (num_requests < 2) return 0;
    while (slots < num_requests * 4u && slots < 0x10000000u) {
        slots *= 2u;
    }
    return slots;
}

static size_t fixed_size(uint32_t num_requests) {
    size_t num_jobs = (size_t)num_requests * PV_MAX_PATH;
    return PV_SESSION_BYTES(num_requests, num_jobs) +
           PV_ALIGN8(shared_slots(num_requests) * sizeof(pv_shared_edge));
}

#define MAX_REQUESTS 0x10000u

size_t pv_workspace_size(uint32_t num_requests, uint32_t max_certs, const pv_policy *policy) {
    if (num_requests == 0 || num_requests > MAX_REQUESTS || max_certs >= PV_NODE_OCSP) return 0;
#if SIZE_MAX <= 0xFFFFFFFFu
    if (max_certs > SIZE_MAX / 64u) return 0;
#endif
    size_t each = pv_search_size(max_certs, policy);
    size_t fixed = fixed_size(num_requests);
    if (each > (SIZE_MAX - fixed) / num_requests) return 0;
    return fixed + num_requests * each;
}

static void lay_out(pv_session *session, uint32_t num_requests) {
    uint8_t *at = (uint8_t *)session + PV_ALIGN8(sizeof(pv_session));
    size_t num_jobs = (size_t)num_requests * PV_MAX_PATH;
    session->num_requests = num_requests;
    session->num_shared_slots = shared_slots(num_requests);
    session->num_shared = 0;
    session->searches = (pv_search *)(void *)at;
    at += PV_ALIGN8(num_requests * sizeof(pv_search));
    session->jobs = (pv_job *)(void *)at;
    at += PV_ALIGN8(num_jobs * sizeof(pv_job));
    session->job_slots = (uint32_t *)(void *)at;
    at += PV_ALIGN8(num_jobs * sizeof(uint32_t));
    session->shared = (pv_shared_edge *)(void *)at;
    for (uint32_t i = 0; i < session->num_shared_slots; i++) {
        session->shared[i].child = NULL;
    }
}

/* --- Edges that requests share
 * --------------------------------------------------------------------------------------- */

static int same_edge(const pv_shared_edge *a, const pv_shared_edge *b) {
    return a->child == b->child && a->key == b->key && a->source == b->source;
}

static uint32_t shared_slot(const pv_session *session, const pv_shared_edge *edge) {
    uint32_t mask = session->num_shared_slots - 1u;
    uintptr_t mixed = ((uintptr_t)edge->child >> 3) * 31u + ((uintptr_t)edge->key >> 3);
    uint32_t at = ((uint32_t)mixed * 0x9E3779B1u >> 7) & mask;
    while (session->shared[at].child != NULL && !same_edge(&session->shared[at], edge)) {
        at = (at + 1u) & mask;
    }
    return at;
}

static uint32_t reserve_slot(pv_session *session, const pv_shared_edge *edge) {
    uint32_t at = shared_slot(session, edge);
    if (session->shared[at].child != NULL) return at;
    if (session->num_shared + 1u >= session->num_shared_slots / 4u * 3u) return NO_SLOT;
    session->num_shared++;
    session->shared[at] = *edge;
    return at;
}

/* --- One request's due edges into jobs
 * --------------------------------------------------------------------------------- */

/* Appends a job for due edge `i`. It need not be done if the edge above it does not hold. */
static uint32_t add_job(pv_session *session, const pv_search *search, unsigned i, uint32_t slot) {
    uint32_t at = session->num_jobs++;
    pv_search_job(search, &session->jobs[at], &search->due_edges[i]);
    if (i > 0 && !search->on_evidence && !(search->due[i - 1] & KNOWN))
        session->jobs[at].after = search->due[i - 1] + 1u;
    session->job_slots[at] = slot;
    return at;
}

static pv_shared_edge shared_edge(const pv_search *search, const pv_edge *edge) {
    pv_shared_edge shared = {NULL, NULL, NULL, 0, PV_SIG_NOT_CHECKED, 0};
    pv_signed object;
    pv_node_signed(&object, search->request, edge->child);
    shared.child = object.object;
    shared.key = pv_node_key(search->request, edge->issuer).data;
    if (edge->source != PV_NODE_NONE) shared.source = pv_node_key(search->request, edge->source).data;
    return shared;
}

static uint32_t share_or_add(pv_session *session, const pv_search *search, unsigned i) {
    if (session->num_shared_slots == 0) return add_job(session, search, i, NO_SLOT);
    pv_shared_edge wanted = shared_edge(search, &search->due_edges[i]);
    uint32_t slot = reserve_slot(session, &wanted);
    if (slot == NO_SLOT) return add_job(session, search, i, NO_SLOT);
    pv_shared_edge *shared = &session->shared[slot];
    if (shared->result != PV_SIG_NOT_CHECKED) return KNOWN | shared->result;
    if (!shared->pending) {
        shared->pending = 1;
        shared->job = add_job(session, search, i, slot);
    }
    return shared->job;
}

static int is_dead(uint32_t due) {
    return (due & KNOWN) && (due & ~KNOWN) != PV_SIG_GOOD;
}

/* Returns 1 if the request must wait for this round's jobs. */
static int gather(pv_session *session, pv_search *search) {
    int waits = 0;
    pv_search_due(search);
    for (unsigned i = 0; i < search->num_due; i++) {
        search->due[i] = share_or_add(session, search, i);
        waits |= !(search->due[i] & KNOWN);
        /* Below an edge that is known not to hold, nothing needs to be asked. */
        if (!search->on_evidence && is_dead(search->due[i])) pv_search_postpone(search, i + 1);
    }
    return waits;
}

/* --- Results back into the searches
 * --------------------------------------------------------------------------------------- */

static int is_answer(uint8_t result) {
    return result == PV_SIG_GOOD || result == PV_SIG_BAD || result == PV_SIG_UNSUPPORTED;
}

/* Skipped because an edge above it, on whichever request's path, did not hold: no word on this one. */
static int was_skipped(const pv_session *session, uint32_t job) {
    const pv_job *jobs = session->jobs;
    return !is_answer(jobs[job].result) && jobs[job].after != 0 &&
           jobs[jobs[job].after - 1u].result != PV_SIG_GOOD;
}

static uint8_t result_of(const pv_session *session, const pv_search *search, unsigned i) {
    uint32_t due = search->due[i];
    return (due & KNOWN) ? (uint8_t)(due & ~KNOWN) : session->jobs[due].result;
}

/* Each by itself. One that hung on another request's edge was not looked at, and comes up again. */
static void learn_evidence(pv_session *session, pv_search *search) {
    for (unsigned i = 0; i < search->num_due; i++) {
        uint32_t due = search->due[i];
        if (!(due & KNOWN) && was_skipped(session, due))
            pv_search_refund(search, i);
        else
            pv_search_learn_evidence(search, i, result_of(session, search, i));
    }
    pv_signers_settle(search);
}

static void learn(pv_session *session, pv_search *search) {
    if (search->on_evidence) {
        learn_evidence(session, search);
        return;
    }
    for (unsigned i = 0; i < search->num_due; i++) {
        uint32_t due = search->due[i];
        if (!(due & KNOWN) && was_skipped(session, due)) {
            pv_search_postpone(search, i);
            return;
        }
        if (!pv_search_learn(search, i, result_of(session, search, i))) return;
    }
    pv_signers_settle(search);
}

static void publish(pv_session *session) {
    for (uint32_t i = 0; i < session->num_jobs; i++) {
        if (session->job_slots[i] == NO_SLOT) continue;
        pv_shared_edge *shared = &session->shared[session->job_slots[i]];
        uint8_t result = session->jobs[i].result;
        shared->pending = 0;
        shared->result = is_answer(result) ? result : PV_SIG_NOT_CHECKED;
    }
}

/* --- Rounds
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Runs a request's searches, the one for a signer's path before the one that waits for it, until they wait
 * for jobs, for the caller, or are done. */
static void work(pv_session *session, pv_search *own) {
    for (;;) {
        pv_search *search = pv_search_active(own);
        if (search->state == PV_SEARCH_RUNNING) pv_search_advance(search);
        if (search->state == PV_SEARCH_SIGNATURES) {
            if (gather(session, search)) return;
            learn(session, search);
        } else if (search->state == PV_SEARCH_DONE && search != own) {
            pv_signers_done(search->parent);
        } else if (search->state != PV_SEARCH_RUNNING && search->state != PV_SEARCH_SIGNER) {
            return;
        }
    }
}

static pv_status run(pv_session *session, const pv_checker *checker) {
    pv_status status = PV_DONE;
    do {
        session->num_jobs = 0;
        for (uint32_t i = 0; i < session->num_requests; i++) {
            work(session, &session->searches[i]);
        }
        if (session->num_jobs > 0) checker->check(checker->ctx, session->jobs, session->num_jobs);
        publish(session);
        for (uint32_t i = 0; i < session->num_requests; i++) {
            pv_search *search = pv_search_active(&session->searches[i]);
            if (search->state == PV_SEARCH_SIGNATURES) learn(session, search);
        }
    } while (session->num_jobs > 0);
    for (uint32_t i = 0; i < session->num_requests; i++) {
        if (session->searches[i].state == PV_SEARCH_PATH) status = PV_SUSPENDED;
    }
    return status;
}

/* A child request lives on the budget of a parent that stands before it. */
static int parent_left(const pv_session *session, const pv_request *requests, uint32_t i, pv_budget **left) {
    *left = NULL;
    if (requests[i].parent == NULL) return 1;
    uintptr_t offset = (uintptr_t)requests[i].parent - (uintptr_t)requests;
    size_t k = (size_t)(offset / sizeof *requests);
    if (offset % sizeof *requests != 0 || k >= i) return 0;
    *left = session->searches[k].left;
    return 1;
}

static int evidence_is_complete(const pv_evidence *evidence) {
    if (evidence == NULL) return 1;
    return (evidence->crls != NULL || evidence->num_crls == 0) &&
           (evidence->ocsps != NULL || evidence->num_ocsps == 0) &&
           (evidence->certs != NULL || evidence->num_certs == 0) && evidence->num_crls < PV_NODE_OCSP &&
           evidence->num_ocsps < PV_NODE_OCSP && evidence->num_certs < PV_NODE_OCSP;
}

static int request_is_complete(const pv_request *request) {
    return request->policy != NULL && request->store != NULL &&
           (request->certs != NULL || request->num_certs == 0) &&
           (request->records != NULL || request->max_records == 0) &&
           evidence_is_complete(request->evidence) && request->num_certs < PV_NODE_OCSP;
}

/* What all requests need; 0: one of them cannot be carried out. */
static size_t needed_size(const pv_request *requests, uint32_t num_requests) {
    size_t size = fixed_size(num_requests);
    for (uint32_t i = 0; i < num_requests; i++) {
        if (!request_is_complete(&requests[i])) return 0;
        size_t more = pv_search_size(pv_search_num_certs(&requests[i]), requests[i].policy);
        if (more > SIZE_MAX - size) return 0;
        size += more;
    }
    return size;
}

static void clear_verdicts(pv_request *requests, uint32_t num_requests) {
    const pv_verdict nothing = {0};
    for (uint32_t i = 0; i < num_requests; i++) {
        requests[i].verdict = nothing;
        requests[i].wait = PV_WAIT_NOTHING;
    }
}

pv_status pv_validate(void *workspace, size_t workspace_len, pv_request *requests, uint32_t num_requests,
                      const pv_checker *checker) {
    pv_session *session = workspace;
    clear_verdicts(requests, num_requests);
    if (num_requests == 0) return PV_DONE;
    if (num_requests > MAX_REQUESTS || checker->check == NULL) return PV_FAILED;
    size_t size = needed_size(requests, num_requests);
    if (size == 0 || size > workspace_len) return PV_FAILED;
    lay_out(session, num_requests);
    uint8_t *memory = (uint8_t *)workspace + fixed_size(num_requests);
    for (uint32_t i = 0; i < num_requests; i++) {
        pv_budget *left;
        if (!parent_left(session, requests, i, &left)) {
            clear_verdicts(requests, num_requests);
            return PV_FAILED;
        }
        pv_search_begin(&session->searches[i], &requests[i], memory, left, checker);
        memory += pv_search_size(pv_search_num_certs(&requests[i]), requests[i].policy);
    }
    return run(session, checker);
}

pv_status pv_resume(void *workspace, size_t workspace_len, pv_request *requests, uint32_t num_requests,
                    const pv_checker *checker) {
    pv_session *session = workspace;
    if (workspace_len < sizeof *session || session->num_requests != num_requests) return PV_FAILED;
    for (uint32_t i = 0; i < num_requests; i++) {
        if (session->searches[i].state != PV_SEARCH_PATH) continue;
        pv_search_answer(&session->searches[i], requests[i].answer);
        requests[i].answer = PV_ANSWER_NONE;
    }
    return run(session, checker);
}
