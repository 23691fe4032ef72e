/* edges.h: what is known of signatures (a certificate, CRL or response under a key), each asked about once: a
 * hash table in memory lent by the search. */
#ifndef PV_EDGES_H
#define PV_EDGES_H

#include "nodes.h"

/* The certificate, CRL or response `child` under the key of `issuer`, whose parameters, if it inherits them
 * (RFC 3279 2.3.2), are those of `source`'s key; else that is PV_NODE_NONE. */
typedef struct pv_edge {
    pv_node child;
    pv_node issuer;
#if PV_HAS_INHERITANCE
    pv_node source;
#endif
} pv_edge;

static inline pv_edge pv_edge_of(pv_node child, pv_node issuer, pv_node source) {
#if PV_HAS_INHERITANCE
    pv_edge edge = {child, issuer, source};
#else
    pv_edge edge = {child, issuer};
    (void)source;
#endif
    return edge;
}

static inline pv_node pv_edge_source(const pv_edge *edge) {
#if PV_HAS_INHERITANCE
    return edge->source;
#else
    (void)edge;
    return PV_NODE_NONE;
#endif
}

/* What is known of an edge: a pv_sig_result, that the engine failed on it, or (with the depth of the search
 * that found it out) that the certificate is revoked. 0: nothing. */
#define PV_EDGE_FAILED  4u
#define PV_EDGE_REVOKED 8u

/* Up to this many edges are looked through one by one; a hash table is made when there are more. */
#define PV_FEW_EDGES      16u
#define PV_HAS_EDGE_TABLE (PV_MAX_SIGNATURES > PV_FEW_EDGES)

typedef struct pv_edges {
    pv_edge *edges;  /* in the order in which they became known */
    uint8_t *states; /* of each */
#if PV_HAS_EDGE_TABLE
    uint16_t *slots; /* the table: a position in `edges` plus 1; 0: free */
#endif
    uint32_t num_slots;
    uint32_t num;
} pv_edges;

#define PV_ALIGN8(size) (((size_t)(size) + 7u) & ~(size_t)7u)

/* Every edge costs at least this much, so a budget bounds how many edges there can be. */
#if PV_ALGORITHMS & (PV_WITH_ANY_RSA | PV_WITH_LEGACY)
#define PV_CHEAPEST_EDGE PV_COST_RSA_2048
#else
#define PV_CHEAPEST_EDGE PV_COST_P256
#endif

/* A number below 2^16 with every bit below its highest set. */
#define PV_FILL_2(n)  ((n) | (n) >> 1)
#define PV_FILL_4(n)  (PV_FILL_2(n) | PV_FILL_2(n) >> 2)
#define PV_FILL_8(n)  (PV_FILL_4(n) | PV_FILL_4(n) >> 4)
#define PV_FILL_16(n) (PV_FILL_8(n) | PV_FILL_8(n) >> 8)

/* pv_edges_num_slots as an expression: constant if the budget is. */
#define PV_EDGE_SLOTS(signatures)                                                                            \
    ((signatures) / PV_CHEAPEST_EDGE >= PV_MAX_SIGNATURES                                                    \
         ? PV_MAX_SIGNATURES                                                                                 \
         : PV_FILL_16((uint32_t)((signatures) / PV_CHEAPEST_EDGE) | 1u) + 1u)

#define PV_EDGE_BYTES(num_slots)                                                                             \
    (PV_ALIGN8((num_slots) * sizeof(pv_edge)) + PV_ALIGN8(num_slots) +                                       \
     (PV_HAS_EDGE_TABLE ? PV_ALIGN8((num_slots) * sizeof(uint16_t)) : 0u))

/* pv_edges_num_slots: a power of two above the number of edges that the budget can pay for, so that one slot
 * always stays free; also the room that `edges` and `states` need. pv_edges_clear: nothing is known. */
uint32_t pv_edges_num_slots(const pv_budget *budget);
void pv_edges_clear(pv_edges *edges);

/* pv_edge_parameters: what the issuer's key inherits; empty: nothing. */
pv_span pv_edge_parameters(const pv_request *request, const pv_edge *edge);

/* pv_edges_known, pv_edges_remember. Different issuers with one key are one edge: the key (and what it
 * inherits) is compared, not the node. `probes` counts the entries passed on the way. */
uint8_t pv_edges_known(const pv_edges *edges, const pv_request *request, uint32_t *probes,
                       const pv_edge *edge);
void pv_edges_remember(pv_edges *edges, const pv_request *request, uint32_t *probes, const pv_edge *edge,
                       uint8_t state);

/* pv_edges_forget_revoked: revocations found on the way to a signer, at this level or deeper, hold for that
 * way alone: there its own word may have been presumed. */
void pv_edges_forget_revoked(pv_edges *edges, uint8_t level);

#endif
