#include "validate.h"

#include "der.h"
#include "nodes.h"
#include "signers.h"

#include <string.h>

#define NO_SLOT 0xFFFFFFFFu
#define SHARES  (PV_MAX_REQUESTS > 1u)     /* a single request has nobody to share edges with */
#define HANGS   (PV_MAX_DUE > 1 || SHARES) /* a job may wait for another of its call */
/* In due[]: the edge's result is known from another request; the low bits say which. */
#define KNOWN 0x80000000u

/* --- Workspace
 * ---------------------------------------------------------------------------------------------------- */

/* Room for the edges of a few rounds; when it is full, edges are asked about by each request for itself. */
static uint32_t shared_slots(uint32_t num_requests) {
    uint32_t slots = 8;
    if (!SHARES || num_requests < 2) return 0;
    while (slots < num_requests * 4u && slots < 0x10000000u) {
        slots *= 2u;
    }
    return slots;
}

static size_t fixed_size(uint32_t num_requests) {
    size_t num_jobs = (size_t)num_requests * PV_MAX_DUE;
    return PV_SESSION_BYTES(num_requests, num_jobs) +
           PV_ALIGN8(shared_slots(num_requests) * sizeof(pv_shared_edge));
}

size_t pv_workspace_size(uint32_t num_requests, uint32_t max_certs, const pv_policy *policy) {
    if (num_requests == 0 || num_requests > PV_MAX_REQUESTS || max_certs >= PV_NODE_OCSP) return 0;
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
    session->num_requests = num_requests;
    session->searches = (pv_search *)(void *)at;
    at += PV_ALIGN8(num_requests * sizeof(pv_search));
    session->jobs = (pv_job *)(void *)at;
#if PV_MAX_REQUESTS > 1
    size_t num_jobs = (size_t)num_requests * PV_MAX_DUE;
    session->num_shared_slots = shared_slots(num_requests);
    session->num_shared = 0;
    at += PV_ALIGN8(num_jobs * sizeof(pv_job));
    session->job_slots = (uint32_t *)(void *)at;
    at += PV_ALIGN8(num_jobs * sizeof(uint32_t));
    session->shared = (pv_shared_edge *)(void *)at;
    for (uint32_t i = 0; i < session->num_shared_slots; i++) {
        session->shared[i].child = NULL;
    }
#endif
}

#if PV_MAX_REQUESTS > 1

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

#endif

/* --- One request's due edges into jobs
 * --------------------------------------------------------------------------------- */

static int is_known(uint32_t due) {
    return SHARES && (due & KNOWN) != 0;
}

/* Appends a job for due edge `i`. It need not be done if the edge above it does not hold. */
static uint32_t add_job(pv_session *session, const pv_search *search, unsigned i, uint32_t slot) {
    uint32_t at = session->num_jobs++;
    pv_search_job(search, &session->jobs[at], &search->due_edges[i]);
    if (HANGS && i > 0 && !pv_search_is_on_evidence(search) && !is_known(search->due[i - 1]))
        session->jobs[at].after = search->due[i - 1] + 1u;
#if PV_MAX_REQUESTS > 1
    session->job_slots[at] = slot;
#else
    (void)slot;
#endif
    return at;
}

#if PV_MAX_REQUESTS > 1

static pv_shared_edge shared_edge(const pv_search *search, const pv_edge *edge) {
    pv_shared_edge shared = {NULL, NULL, NULL, 0, PV_SIG_NOT_CHECKED, 0};
    pv_signed object;
    pv_node_signed(&object, search->request, edge->child);
    shared.child = object.object;
    shared.key = pv_node_key(search->request, edge->issuer).data;
    if (pv_edge_source(edge) != PV_NODE_NONE)
        shared.source = pv_node_key(search->request, pv_edge_source(edge)).data;
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

#else
#define share_or_add(session, search, i) add_job(session, search, i, NO_SLOT)
#endif

static int is_dead(uint32_t due) {
    return is_known(due) && (due & ~KNOWN) != PV_SIG_GOOD;
}

/* Returns 1 if the request must wait for this round's jobs. */
PV_OWN_FRAME static int gather(pv_session *session, pv_search *search) {
    int waits = 0;
    pv_search_due(search);
    for (unsigned i = 0; i < search->num_due; i++) {
        search->due[i] = share_or_add(session, search, i);
        waits |= !is_known(search->due[i]);
        /* Below an edge that is known not to hold, nothing needs to be asked. */
        if (!pv_search_is_on_evidence(search) && is_dead(search->due[i])) pv_search_postpone(search, i + 1);
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
    return HANGS && !is_answer(jobs[job].result) && jobs[job].after != 0 &&
           jobs[jobs[job].after - 1u].result != PV_SIG_GOOD;
}

static uint8_t result_of(const pv_session *session, const pv_search *search, unsigned i) {
    uint32_t due = search->due[i];
    return is_known(due) ? (uint8_t)(due & ~KNOWN) : session->jobs[due].result;
}

#if PV_HAS_REVOCATION

/* Each by itself. One that hung on another request's edge was not looked at, and comes up again. */
static void learn_evidence(pv_session *session, pv_search *search) {
    for (unsigned i = 0; i < search->num_due; i++) {
        uint32_t due = search->due[i];
        if (!is_known(due) && was_skipped(session, due))
            pv_search_refund(search, i);
        else
            pv_search_learn_evidence(search, i, result_of(session, search, i));
    }
    pv_signers_settle(search);
}

#endif

static void learn(pv_session *session, pv_search *search) {
#if PV_HAS_REVOCATION
    if (search->on_evidence) {
        learn_evidence(session, search);
        return;
    }
#endif
    for (unsigned i = 0; i < search->num_due; i++) {
        uint32_t due = search->due[i];
        if (!is_known(due) && was_skipped(session, due)) {
            pv_search_postpone(search, i);
            return;
        }
        if (!pv_search_learn(search, i, result_of(session, search, i))) return;
    }
    if (pv_search_has_more(search)) return; /* they fall due next */
    pv_signers_settle(search);
}

static void publish(pv_session *session) {
#if PV_MAX_REQUESTS > 1
    for (uint32_t i = 0; i < session->num_jobs; i++) {
        if (session->job_slots[i] == NO_SLOT) continue;
        pv_shared_edge *shared = &session->shared[session->job_slots[i]];
        uint8_t result = session->jobs[i].result;
        shared->pending = 0;
        shared->result = is_answer(result) ? result : PV_SIG_NOT_CHECKED;
    }
#else
    (void)session;
#endif
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
#if PV_HAS_REVOCATION
        } else if (search->state == PV_SEARCH_DONE && search != own) {
            pv_signers_done(search->parent);
#endif
        } else if (search->state != PV_SEARCH_RUNNING && search->state != PV_SEARCH_SIGNER) {
            return;
        }
    }
}

static uint32_t num_of(const pv_session *session) {
    return SHARES ? session->num_requests : 1u;
}

/* Works on all requests: what they want signed stands in `jobs`. */
static void work_on_all(pv_session *session) {
    session->num_jobs = 0;
    for (uint32_t i = 0; i < num_of(session); i++) {
        work(session, &session->searches[i]);
    }
}

static void learn_all(pv_session *session) {
    publish(session);
    for (uint32_t i = 0; i < num_of(session); i++) {
        pv_search *search = pv_search_active(&session->searches[i]);
        if (search->state == PV_SEARCH_SIGNATURES) learn(session, search);
    }
}

/* After the first work: the checker is called from here, with little on the stack. */
static pv_status run(pv_session *session, const pv_checker *checker) {
    while (session->num_jobs > 0) {
        checker->check(checker->ctx, session->jobs, session->num_jobs);
        learn_all(session);
        work_on_all(session);
    }
    for (uint32_t i = 0; i < num_of(session); i++) {
        if (session->searches[i].state == PV_SEARCH_PATH) return PV_SUSPENDED;
    }
    return PV_DONE;
}

/* A child request lives on the budget of a parent that stands before it. */
static int parent_left(const pv_session *session, const pv_request *requests, uint32_t i, pv_budget **left) {
    *left = NULL;
    if (requests[i].parent == NULL) return 1;
    if (!SHARES) return 0;
    uintptr_t offset = (uintptr_t)requests[i].parent - (uintptr_t)requests;
    size_t k = (size_t)(offset / sizeof *requests);
    if (offset % sizeof *requests != 0 || k >= i) return 0;
    *left = session->searches[k].left;
    return 1;
}

static int evidence_is_complete(const pv_evidence *evidence) {
    if (!PV_HAS_REVOCATION || evidence == NULL) return 1;
    return (evidence->crls != NULL || evidence->num_crls == 0) &&
           (evidence->ocsps != NULL || evidence->num_ocsps == 0) &&
           (evidence->certs != NULL || evidence->num_certs == 0) && evidence->num_crls < PV_NODE_OCSP &&
           evidence->num_ocsps < PV_NODE_OCSP && evidence->num_certs < PV_NODE_OCSP;
}

/* What the build has no use for is not passed over: whoever sends a pool counts on it. */
static int request_is_complete(const pv_request *request) {
#ifdef PV_NO_LOG
    if (request->max_records != 0) return 0;
#endif
#ifdef PV_NO_POOL
    if (request->pool != NULL) return 0;
#endif
    return request->policy != NULL && request->store != NULL &&
           (request->certs != NULL || request->num_certs == 0) &&
           (request->records != NULL || request->max_records == 0) &&
           evidence_is_complete(request->evidence) && request->num_certs < PV_NODE_OCSP;
}

/* What all requests need; 0: one of them cannot be carried out. */
PV_OWN_FRAME static size_t needed_size(const pv_request *requests, uint32_t num_requests) {
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
    for (uint32_t i = 0; i < num_requests; i++) {
        memset(&requests[i].verdict, 0, sizeof requests[i].verdict);
        requests[i].wait = PV_WAIT_NOTHING;
    }
}

pv_status pv_validate(void *workspace, size_t workspace_len, pv_request *requests, uint32_t num_requests,
                      const pv_checker *checker) {
    pv_session *session = workspace;
    clear_verdicts(requests, num_requests);
    if (num_requests == 0) return PV_DONE;
    if (num_requests > PV_MAX_REQUESTS || checker->check == NULL) return PV_FAILED;
    size_t size = needed_size(requests, num_requests);
    if (size == 0 || size > workspace_len) return PV_FAILED;
    if (!SHARES) num_requests = 1; /* which it is */
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
    work_on_all(session);
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
    work_on_all(session);
    return run(session, checker);
}
