/* budget.h: one function for each cost, called before the work. Exactly enough passes; one less does not. */
#ifndef PV_BUDGET_H
#define PV_BUDGET_H

#include "pyvalidator.h"

static inline pv_reason pv_budget_take(uint32_t *left, uint32_t cost, pv_reason spent) {
    if (*left < cost) return spent;
    *left -= cost;
    return PV_OK;
}

/* Units of PV_COST_*: the price of a signature check by kind and size of its key. */
static inline pv_reason pv_budget_signature(pv_budget *left, uint32_t units) {
    return pv_budget_take(&left->signatures, units, PV_R_BUDGET_SIGNATURES);
}

/* Candidates looked at, in the search and in its indexes. */
static inline pv_reason pv_budget_steps(pv_budget *left, uint32_t num) {
    return pv_budget_take(&left->steps, num, PV_R_BUDGET_STEPS);
}

/* Comparisons of a name with a constraint, of a name with the subject asked for. */
static inline pv_reason pv_budget_names(pv_budget *left, uint32_t num) {
    return pv_budget_take(&left->names, num, PV_R_BUDGET_NAMES);
}

/* Bytes handed to a signature check. */
static inline pv_reason pv_budget_bytes(pv_budget *left, uint32_t len) {
    return pv_budget_take(&left->bytes, len, PV_R_BUDGET_BYTES);
}

/* Nodes of the policy graph. */
static inline pv_reason pv_budget_policy_nodes(pv_budget *left, uint32_t num) {
    return pv_budget_take(&left->policy_nodes, num, PV_R_BUDGET_POLICY_NODES);
}

/* Whether a reason ends the whole search (the budget, the engine) instead of this candidate only. */
static inline int pv_reason_is_fatal(pv_reason reason) {
    return reason >= PV_R_BUDGET_SIGNATURES && reason <= PV_R_BUDGET_POLICY_NODES;
}

#endif
