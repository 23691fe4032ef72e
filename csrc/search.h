/* search.h: finds paths (RFC 4158): proposes candidates in a canonical order, has each judged, backtracks,
 * spends the budget.
 *
 * One pv_search serves one request. It runs until signatures fall due, a path waits for the caller's word, or
 * it is done; then it is resumed. Its state lives in memory lent by the session; it has no recursion, and
 * every loop is paid for. */
#ifndef PV_SEARCH_H
#define PV_SEARCH_H

#include "path_check.h"

typedef enum pv_search_state {
    PV_SEARCH_DONE = 0,       /* the request has its verdict */
    PV_SEARCH_RUNNING = 1,    /* call pv_search_advance */
    PV_SEARCH_SIGNATURES = 2, /* a path was proposed: its edges are to be checked */
    PV_SEARCH_PATH = 3,       /* a valid path waits for the caller's answer */
} pv_search_state;

/* Certificate `child` under the key of `issuer`. */
typedef struct pv_edge {
    pv_node child;
    pv_node issuer;
} pv_edge;

/* What is known of an edge: a pv_sig_result, or that the engine failed on it. 0: nothing. */
#define PV_EDGE_FAILED 4u

/* One node of the path being built, and how far its issuers were gone through. */
typedef struct pv_frame {
    pv_node node;
    uint32_t cursor;  /* within the present phase */
    uint16_t phases;  /* bit p: candidates of rank p are left */
    uint8_t opened;   /* `phases` was computed */
    uint8_t fruitful; /* some certificate or anchor had the issuer's name */
    uint8_t stray;    /* some key identifier on the path up to here is not the one asked for */
} pv_frame;

typedef struct pv_search {
    pv_request *request;
    pv_budget *left; /* own_left, or the parent request's */
    pv_budget own_left;
    pv_rules rules;
    pv_path path;    /* path.certs[i] is frames[i].node */
    uint32_t *order; /* candidate positions in canonical order, equal ones once */
    uint32_t num_order;
    pv_edge *edges; /* hash table of edges asked about; edge_state[i] 0: free */
    uint8_t *edge_state;
    uint32_t num_edge_slots;
    uint32_t num_edges;
    uint32_t probes; /* quick looks (at the table, at candidates of other ranks) still to be paid for */
    uint32_t anchor; /* of the path proposed */
    uint32_t due[PV_MAX_PATH]; /* the session's job for each edge that is due, anchor side first */
    pv_edge due_edges[PV_MAX_PATH];
    uint32_t due_cost[PV_MAX_PATH];
    pv_frame frames[PV_MAX_PATH];
    pv_reason doubt;    /* why an exhausted search is UNDECIDED instead of REFUSED; PV_OK: it is not */
    pv_reason shortage; /* why not every edge of the proposed path could be paid for */
    pv_reason broke;    /* PV_OK, or what a comparison of names could not be paid with */
    uint8_t num_due;
    uint8_t state; /* pv_search_state */
} pv_search;

/* pv_search_size: bytes of memory beyond the pv_search itself, for max_certs certificates under this budget.
 */
size_t pv_search_size(uint32_t max_certs, const pv_budget *budget);

/* pv_search_begin: `memory` has pv_search_size bytes, aligned like uint64_t; `left` NULL: the request's own
 * budget. */
void pv_search_begin(pv_search *search, pv_request *request, void *memory, pv_budget *left);

/* pv_search_advance runs until the state is another than RUNNING. */
void pv_search_advance(pv_search *search);

/* pv_search_due lists the edges of the proposed path that nothing is known of and that could be paid for,
 * anchor side first (due_edges, due_cost, num_due), and charges for them. State SIGNATURES. */
void pv_search_due(pv_search *search);

/* pv_search_learn takes the result of due edge `i` (in order; the first that is not good ends the row: the
 * rest is refunded). pv_search_postpone: edge `i` and those after it were not looked at; they fall due again.
 * Returns 1 to go on with the next. */
int pv_search_learn(pv_search *search, unsigned i, uint8_t result);
void pv_search_postpone(pv_search *search, unsigned i);

/* pv_search_settle ends a round of learning: every due edge was good, and the path is complete unless
 * something is still due. */
void pv_search_settle(pv_search *search);

/* pv_search_answer resumes a path that waited: PV_ANSWER_ACCEPT trusts it, anything else refuses it. */
void pv_search_answer(pv_search *search, uint8_t answer);

/* What the edge is made of: the certificate below, and the key above. */
const pv_cert *pv_search_cert(const pv_search *search, pv_node node);
pv_span pv_search_key(const pv_search *search, pv_node node, uint8_t *key_alg, uint16_t *key_bits);

#endif
