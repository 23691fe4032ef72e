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
    pv_node source;
} pv_edge;

/* What is known of an edge: a pv_sig_result, that the engine failed on it, or (with the depth of the search
 * that found it out) that the certificate is revoked. 0: nothing. */
#define PV_EDGE_FAILED  4u
#define PV_EDGE_REVOKED 8u

/* Up to this many edges are looked through one by one; a hash table is made when there are more. */
#define PV_FEW_EDGES 16u

typedef struct pv_edges {
    pv_edge *edges;  /* in the order in which they became known */
    uint8_t *states; /* of each */
    uint16_t *slots; /* the table: a position in `edges` plus 1; 0: free */
    uint32_t num_slots;
    uint32_t num;
} pv_edges;

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
