/* request.h: what the ways of asking (one request, many, a session) have in common. */
#ifndef PV_HOST_REQUEST_H
#define PV_HOST_REQUEST_H

#include "host/anchors.h"
#include "host/lens.h"
#include "host/pool.h"

/* Certificates of one call. Views take the most room of all that there is of each certificate: on a host of
 * 32 bits, no size of such an array wraps, nor the sum of a view and what points to it. */
#define PVH_ADDRESSABLE (SIZE_MAX / sizeof(pv_cert) / 4)
#define PVH_MOST_CERTS  (PVH_ADDRESSABLE < 0x10000000u ? (uint32_t)PVH_ADDRESSABLE : 0x10000000u)

static inline uint32_t pvh_num_signers(const pvh_evidence *evidence) {
    return evidence ? pvh_evidence_view(evidence)->num_certs : 0;
}

/* PV_OK: the request may be read. */
static inline pv_reason pvh_charge(const pvh_config *config, uint32_t num_certs, uint64_t der_len) {
    if (num_certs > config->max_certs) return PV_R_BUDGET_CERTIFICATES;
    return der_len > config->max_der ? PV_R_BUDGET_BYTES : PV_OK;
}

static inline pv_verdict pvh_spent_verdict(pv_reason reason) {
    return (pv_verdict){.outcome = PV_OUTCOME_UNDECIDED,
                        .reason = reason,
                        .field = PV_FIELD_REQUEST,
                        .node = PV_NODE_NONE,
                        .offset = PV_NO_OFFSET,
                        .anchor = PV_NODE_NONE};
}

/* The reader's own words instead of the core's, which only sees an empty view. */
static inline void pvh_explain_target(pv_verdict *verdict, const pv_fault *fault) {
    if (verdict->reason != PV_R_CERT_UNREADABLE || verdict->node != 0) return;
    if (fault->reason == PV_R_UNCHECKED || fault->reason == PV_OK) return;
    verdict->reason = fault->reason;
    verdict->field = fault->field;
    verdict->offset = fault->offset;
}

static inline int pvh_config_is_complete(const pvh_config *config) {
    return config->store && config->engine && pvh_store_core(config->store);
}

static inline pv_request pvh_request_of(const pvh_config *config, const pv_cert *const *certs,
                                        uint32_t num_certs, const pvh_evidence *evidence) {
    return (pv_request){.certs = certs,
                        .num_certs = num_certs,
                        .evidence = evidence ? pvh_evidence_view(evidence) : NULL,
                        .store = pvh_store_core(config->store),
                        .pool = config->pool ? pvh_pool_core(config->pool) : NULL,
                        .policy = &config->policy};
}

#endif
