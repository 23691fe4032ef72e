#include "edges.h"

#include "algorithm.h"
#include "der.h"

#include <string.h>

uint32_t pv_edges_num_slots(const pv_budget *budget) {
    return PV_EDGE_SLOTS(budget->signatures);
}

void pv_edges_clear(pv_edges *edges) {
    edges->num = 0;
}

pv_span pv_edge_parameters(const pv_request *request, const pv_edge *edge) {
    const pv_span none = {NULL, 0};
    pv_node source = pv_edge_source(edge);
    return source == PV_NODE_NONE ? none : pv_algorithm_dsa_parameters(pv_node_key(request, source));
}

/* The edge looked for. */
typedef struct sought {
    const pv_request *request;
    const pv_edge *edge;
} sought;

/* Nodes first: nearly always they decide. */
static int is_wanted(const sought *w, const pv_edge *edge) {
    if (edge->child != w->edge->child) return 0;
    if (edge->issuer == w->edge->issuer && pv_edge_source(edge) == pv_edge_source(w->edge)) return 1;
    return pv_span_equal(pv_node_key(w->request, edge->issuer), pv_node_key(w->request, w->edge->issuer)) &&
           pv_span_equal(pv_edge_parameters(w->request, edge), pv_edge_parameters(w->request, w->edge));
}

#if PV_HAS_EDGE_TABLE

static uint32_t hash_end(uint32_t hash, pv_span bytes) {
    for (size_t i = bytes.len > 12u ? bytes.len - 12u : 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * 0x01000193u;
    }
    return hash;
}

/* Over the ends of signature and key (where the modulus or the point is), never over a position: look-ups
 * that collide are charged for, and the order in which certificates were sent must not show in the price.
 * Nothing else hangs on the hash's quality. */
static uint32_t edge_hash(const pv_request *request, const pv_edge *edge) {
    pv_signed object;
    pv_node_signed(&object, request, edge->child);
    uint32_t hash = hash_end(hash_end(0x811C9DC5u, object.signature), pv_node_key(request, edge->issuer));
    return hash ^ (hash >> 15);
}

/* The slot where an edge is or would be. */
static uint32_t slot_of(const pv_edges *edges, const sought *w, uint32_t *probes) {
    uint32_t mask = edges->num_slots - 1u;
    uint32_t at = edge_hash(w->request, w->edge) & mask;
    while (edges->slots[at] != 0 && !is_wanted(w, &edges->edges[edges->slots[at] - 1u])) {
        at = (at + 1u) & mask;
        (*probes)++;
    }
    return at;
}

#endif

/* Where an edge is in `edges`, or their number. */
static uint32_t find(const pv_edges *edges, const sought *w, uint32_t *probes) {
    uint32_t i = 0;
#if PV_HAS_EDGE_TABLE
    if (edges->num > PV_FEW_EDGES) {
        uint16_t slot = edges->slots[slot_of(edges, w, probes)];
        return slot == 0 ? edges->num : slot - 1u;
    }
#else
    (void)probes;
#endif
    while (i < edges->num && !is_wanted(w, &edges->edges[i])) {
        i++;
    }
    return i;
}

#if PV_HAS_EDGE_TABLE

/* Enters the edge at this position into the table; the first that does not fit the few makes it. */
static void enter(pv_edges *edges, const pv_request *request, uint32_t *probes, uint32_t position) {
    if (position < PV_FEW_EDGES) return;
    if (position == PV_FEW_EDGES) memset(edges->slots, 0, edges->num_slots * sizeof edges->slots[0]);
    for (uint32_t i = position == PV_FEW_EDGES ? 0 : position; i <= position; i++) {
        sought w = {request, &edges->edges[i]};
        edges->slots[slot_of(edges, &w, probes)] = (uint16_t)(i + 1u);
    }
}

#endif

uint8_t pv_edges_known(const pv_edges *edges, const pv_request *request, uint32_t *probes,
                       const pv_edge *edge) {
    if (edges->num == 0) return 0;
    sought w = {request, edge};
    uint32_t at = find(edges, &w, probes);
    return at < edges->num ? edges->states[at] : 0;
}

/* The search has seen to it that there is room: every edge was paid for. */
void pv_edges_remember(pv_edges *edges, const pv_request *request, uint32_t *probes, const pv_edge *edge,
                       uint8_t state) {
    sought w = {request, edge};
    uint32_t at = find(edges, &w, probes);
    edges->states[at] = state;
    if (at < edges->num) return;
    edges->edges[at] = *edge;
#if PV_HAS_EDGE_TABLE
    enter(edges, request, probes, at);
#endif
    edges->num++;
}

void pv_edges_forget_revoked(pv_edges *edges, uint8_t level) {
    for (uint32_t i = 0; i < edges->num; i++) {
        if (edges->states[i] >= PV_EDGE_REVOKED + level) edges->states[i] = PV_SIG_GOOD;
    }
}
