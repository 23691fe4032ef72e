/* search.h: finds paths (RFC 4158): proposes candidates in a canonical order, has each judged, backtracks,
 * spends the budget.
 *
 * One pv_search serves one request. It runs until signatures fall due, a path waits for the caller's word, or
 * it is done; then it is resumed. Its state lives in memory lent by the session; it has no recursion, and
 * every loop is paid for. */
#ifndef PV_SEARCH_H
#define PV_SEARCH_H

#include "edges.h"
#include "revocation.h"

typedef enum pv_search_state {
    PV_SEARCH_DONE = 0,       /* the request has its verdict */
    PV_SEARCH_RUNNING = 1,    /* call pv_search_advance */
    PV_SEARCH_SIGNATURES = 2, /* a path was proposed: its edges are to be checked */
    PV_SEARCH_PATH = 3,       /* a valid path waits for the caller's answer */
    PV_SEARCH_SIGNER = 4,     /* the search for a signer's path runs: see `child` */
} pv_search_state;

/* How deep searches for the paths of CRL and OCSP signers may hang on one another. */
#ifndef PV_MAX_SIGNER_DEPTH
#define PV_MAX_SIGNER_DEPTH 2
#endif

/* Most signers that one search looks for the paths of, for one anchor. */
#ifndef PV_MAX_SIGNERS
#define PV_MAX_SIGNERS 16
#endif

/* What a signer search found. */
typedef struct pv_signer {
    pv_node node;
    uint8_t use;   /* pv_signer_use */
    uint8_t known; /* pv_known */
} pv_signer;

#define PV_ONE_CANDIDATE 2u

/* One node of the path being built, and how far its issuers were gone through. */
typedef struct pv_frame {
    pv_node node;
    uint32_t cursor; /* within the present phase; of a frame with one candidate, that node */
    uint16_t phases; /* bit p: candidates of rank p are left */
    uint8_t opened;  /* `phases` was computed; PV_ONE_CANDIDATE */
    uint8_t marks;   /* PV_FRAME_* */
} pv_frame;

#define PV_FRAME_FRUITFUL 0x01u /* some certificate or anchor had the issuer's name */
#define PV_FRAME_STRAY    0x02u /* some key identifier on the path up to here is not the one asked for */

typedef struct pv_search {
    pv_request *request;
    pv_budget *left; /* own_left, or the parent request's */
    pv_budget own_left;
    pv_rules rules;
    pv_path path;   /* path.certs[i] is frames[i].node */
    pv_node *order; /* candidates in canonical order, equal ones once */
    uint32_t num_order;
    pv_edges own_edges;
    pv_edges *edges; /* own_edges, or the parent search's */
    uint32_t probes; /* quick looks (at the table, at candidates of other ranks) still to be paid for */
    uint32_t anchor; /* of the path proposed */
    uint32_t due[PV_MAX_DUE]; /* the session's job for each edge that is due, anchor side first */
    pv_edge due_edges[PV_MAX_DUE];
    pv_frame frames[PV_MAX_PATH];
    pv_reason doubt;    /* why an exhausted search is UNDECIDED instead of REFUSED; PV_OK: it is not */
    pv_reason shortage; /* why not every edge of the proposed path could be paid for */
    pv_reason broke;    /* PV_OK, or what a comparison of names could not be paid with */
#if PV_HAS_REVOCATION
    const pv_checker *checker;
    struct pv_search *parent; /* of a signer search: who wants to know */
    struct pv_search *child;  /* room for one; NULL: no deeper */
    pv_signer signers[PV_MAX_SIGNERS];
    pv_node target;         /* where paths begin */
    pv_node only_anchor;    /* of a signer search: where they must end; else PV_NODE_NONE */
    pv_node wanted;         /* the signer to look for next */
    pv_node signers_anchor; /* that `signers` holds for */
    uint32_t uncovered;     /* of the path proposed, once it is cleared */
    uint32_t odd_crls;
    uint8_t num_signers;
    uint8_t wanted_use;
    uint8_t use;         /* of a signer search */
    uint8_t level;       /* 0: the request's own search */
    uint8_t on_evidence; /* what is due is asked for the judgement of revocation, each by itself */
    uint8_t is_too_deep; /* some signer's path was not looked for, for want of room */
    uint8_t is_cleared;  /* revocation of the path proposed was judged, and found to be in order */
#endif
    uint8_t num_due;
    uint8_t state; /* pv_search_state */
} pv_search;

/* What a search without revocation always is: the request's own, of its first certificate. */
static inline uint8_t pv_search_level(const pv_search *search) {
#if PV_HAS_REVOCATION
    return search->level;
#else
    (void)search;
    return 0;
#endif
}

static inline pv_node pv_search_target(const pv_search *search) {
#if PV_HAS_REVOCATION
    return search->target;
#else
    (void)search;
    return 0;
#endif
}

static inline int pv_search_is_on_evidence(const pv_search *search) {
#if PV_HAS_REVOCATION
    return search->on_evidence;
#else
    (void)search;
    return 0;
#endif
}

/* A search for a signer's path, and the question that it is asked. */
typedef struct pv_signer_search {
    pv_search search;
    pv_request request;
    pv_policy policy;
} pv_signer_search;

/* The memory of a search without revocation: policy cells, edges, order of candidates, the edges' table. */
#define PV_SEARCH_BYTES(max_certs, num_slots, num_cells)                                                     \
    (PV_ALIGN8((num_cells) * sizeof(pv_policy_cell)) + PV_ALIGN8((max_certs) * sizeof(pv_node)) +            \
     PV_EDGE_BYTES(num_slots))

/* pv_search_size: bytes of memory beyond the pv_search itself, for max_certs certificates, those of the
 * evidence counted, under this policy. */
size_t pv_search_size(uint32_t max_certs, const pv_policy *policy);

/* pv_search_num_certs: what a request counts for it. */
uint32_t pv_search_num_certs(const pv_request *request);

/* pv_search_begin: `memory` has pv_search_size bytes, aligned like uint64_t; `left` NULL: the request's own
 * budget. */
void pv_search_begin(pv_search *search, pv_request *request, void *memory, pv_budget *left,
                     const pv_checker *checker);

/* pv_search_active: the search that is to be worked on: this one, or the one for a signer's path that it
 * waits for. */
pv_search *pv_search_active(pv_search *search);

/* pv_search_advance runs until the state is another than RUNNING. */
void pv_search_advance(pv_search *search);

/* pv_search_due lists the edges of the proposed path that nothing is known of and that could be paid for,
 * anchor side first, at most PV_MAX_DUE (due_edges, num_due), and charges for them. State SIGNATURES. With
 * `on_evidence` they were listed by the judgement, and none hangs on another. */
void pv_search_due(pv_search *search);

/* pv_search_learn takes the result of due edge `i` (in order; the first that is not good ends the row: the
 * rest is refunded). pv_search_postpone: edge `i` and those after it were not looked at; they fall due again.
 * Returns 1 to go on with the next. */
int pv_search_learn(pv_search *search, unsigned i, uint8_t result);
void pv_search_postpone(pv_search *search, unsigned i);

/* pv_search_has_more: whether edges of the proposed path are still to fall due that could be paid for. */
int pv_search_has_more(pv_search *search);

/* pv_search_answer resumes a path that waited: PV_ANSWER_ACCEPT trusts it, anything else refuses it. */
void pv_search_answer(pv_search *search, uint8_t answer);

/* pv_search_learn_evidence takes the result of one edge that was asked for the judgement of revocation. */
void pv_search_learn_evidence(pv_search *search, unsigned i, uint8_t result);

/* pv_search_refund: due edge `i` was paid for, and not looked at. */
void pv_search_refund(pv_search *search, unsigned i);

/* pv_search_job fills in what a job for this edge is made of. */
void pv_search_job(const pv_search *search, pv_job *job, const pv_edge *edge);

#endif
