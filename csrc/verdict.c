#include "verdict.h"

#include <string.h>

void pv_verdict_begin(pv_verdict *verdict) {
    memset(verdict, 0, sizeof *verdict);
    verdict->node = PV_NODE_NONE;
    verdict->anchor = PV_NODE_NONE;
    verdict->offset = PV_NO_OFFSET;
}

#ifdef PV_NO_LOG

void pv_verdict_reject(pv_request *request, pv_node node, uint8_t depth, pv_reason reason,
                       const pv_finding *finding, pv_nearness nearness) {
    pv_verdict *verdict = &request->verdict;
    (void)nearness;
    verdict->reason = reason;
    verdict->node = node;
    verdict->offset = finding->offset;
    verdict->field = finding->field;
    verdict->depth = depth;
}

#else

void pv_verdict_note(pv_request *request, const pv_record *line) {
    pv_verdict *verdict = &request->verdict;
    if (verdict->num_records < request->max_records) request->records[verdict->num_records] = *line;
    verdict->num_records += verdict->num_records < 0xFFFFFFFFu;
}

void pv_verdict_enter(pv_request *request, pv_node node, uint8_t depth) {
    pv_record line = {node, PV_NO_OFFSET, PV_OK, PV_FIELD_NONE, depth};
    pv_verdict_note(request, &line);
}

/* Fifty ranks for each pv_nearness: two for each depth up to the 24 of a usual build; deeper ones share the
 * last. */
static uint8_t rank_of(const pv_record *line, pv_nearness nearness) {
    int ends_here = line->reason == PV_R_NO_ISSUER || line->reason == PV_R_ROOT_NOT_TRUSTED;
    unsigned within = line->depth * 2u + !ends_here;
    if (line->reason == PV_R_LOOP) return 1;
    return (uint8_t)(1u + (unsigned)nearness * 50u + (within < 49u ? within : 49u));
}

static void keep_headline(pv_verdict *verdict, const pv_record *line, pv_nearness nearness) {
    uint8_t rank = rank_of(line, nearness);
    if (rank <= verdict->rank) return;
    verdict->rank = rank;
    verdict->reason = line->reason;
    verdict->node = line->node;
    verdict->offset = line->offset;
    verdict->field = line->field;
    verdict->depth = line->depth;
}

void pv_verdict_reject(pv_request *request, pv_node node, uint8_t depth, pv_reason reason,
                       const pv_finding *finding, pv_nearness nearness) {
    pv_record line = {node, finding->offset, reason, finding->field, depth};
    pv_verdict_note(request, &line);
    keep_headline(&request->verdict, &line, nearness);
}

#endif

void pv_verdict_end(pv_verdict *verdict, pv_outcome outcome, pv_reason reason) {
    verdict->outcome = (uint8_t)outcome;
    verdict->path_len = 0;
    verdict->uncovered = 0;
    verdict->odd_crls = 0;
    verdict->anchor = PV_NODE_NONE;
    if (reason == PV_OK) return;
    verdict->reason = reason;
    verdict->node = PV_NODE_NONE;
    verdict->offset = PV_NO_OFFSET;
    verdict->field = PV_FIELD_REQUEST;
    verdict->depth = 0;
}
