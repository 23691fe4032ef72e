/* validate.h: the entry of the core. pv_validate and pv_resume stand in pyvalidator.h; here is what their
 * workspace holds. */
#ifndef PV_VALIDATE_H
#define PV_VALIDATE_H

#include "search.h"

/* An edge that several requests of a call may ask about, by address: who wants to profit from it hands in
 * each certificate once. */
typedef struct pv_shared_edge {
    const void *child; /* the view of a certificate, CRL or response */
    const uint8_t *key;
    const uint8_t *source; /* of inherited parameters; NULL: none */
    uint32_t job;          /* in this round, if `result` is PV_SIG_NOT_CHECKED */
    uint8_t result;
    uint8_t pending;
} pv_shared_edge;

/* The workspace's head; what the pointers name lies behind it. */
typedef struct pv_session {
    pv_search *searches;
    pv_job *jobs;
#if PV_MAX_REQUESTS > 1
    uint32_t *job_slots; /* each job's place in `shared`, or NO_SLOT */
    pv_shared_edge *shared;
    uint32_t num_shared_slots; /* 0 for a single request, else a power of two */
    uint32_t num_shared;
#endif
    uint32_t num_jobs;
    uint32_t num_requests;
} pv_session;

/* The workspace of one request without revocation, as a constant expression. */
#define PV_SESSION_BYTES(num_requests, num_jobs)                                                             \
    (PV_ALIGN8(sizeof(pv_session)) + PV_ALIGN8((num_requests) * sizeof(pv_search)) +                         \
     PV_ALIGN8((num_jobs) * sizeof(pv_job)) +                                                                \
     (PV_MAX_REQUESTS > 1u ? PV_ALIGN8((num_jobs) * sizeof(uint32_t)) : 0u))
#define PV_WORKSPACE_BYTES(max_certs, signatures, policy_nodes)                                              \
    (PV_SESSION_BYTES(1u, PV_MAX_DUE) +                                                                      \
     PV_SEARCH_BYTES(max_certs, PV_EDGE_SLOTS(signatures), PV_POLICY_CELLS(policy_nodes)))

#endif
