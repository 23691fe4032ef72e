#include "edges.h"

#include "algorithm.h"
#include "der.h"

#define MAX_EDGE_SLOTS 0x10000u

/* Every edge costs at least this much, so a budget bounds how many edges there can be. */
#define CHEAPEST_EDGE PV_COST_RSA_2048

uint32_t pv_edges_num_slots(const pv_budget *budget) {
    uint32_t slots = 2;
    while (slots <= budget->signatures / CHEAPEST_EDGE && slots < MAX_EDGE_SLOTS) {
        slots *= 2u;
    }
    return slots;
}

void pv_edges_clear(pv_edges *edges) {
    edges->num = 0;
    for (uint32_t i = 0; i < edges->num_slots; i++) {
        edges->states[i] = 0;
    }
}

static pv_span key_of(const pv_request *request, pv_node node) {
    uint8_t key_alg;
    uint16_t key_bits;
    return pv_node_key(request, node, &key_alg, &key_bits);
}

pv_span pv_edge_parameters(const pv_request *request, const pv_edge *edge) {
    const pv_span none = {NULL, 0};
    return edge->source == PV_NODE_NONE ? none : pv_algorithm_dsa_parameters(key_of(request, edge->source));
}

static uint32_t hash_end(uint32_t hash, pv_span bytes) {
    for (size_t i = bytes.len > 12u ? bytes.len - 12u : 0; i < bytes.len; i++) {
        hash = (hash ^ bytes.data[i]) * 0x01000193u;
    }
    return hash;
}

/* Over the ends of signature and key (where the modulus or the point is), never over a position: look-ups
 * that collide are charged for, and the order in which certificates were sent must not show in the price.
 * Nothing else hangs on the hash's quality. */
static uint32_t edge_hash(const pv_request *request, pv_node child, pv_span key) {
    pv_signed object;
    pv_node_signed(&object, request, child);
    uint32_t hash = hash_end(hash_end(0x811C9DC5u, object.signature), key);
    return hash ^ (hash >> 15);
}

static int same_edge(const pv_request *request, const pv_edge *a, const pv_edge *b, pv_span key,
                     pv_span parameters) {
    return a->child == b->child && pv_span_equal(key_of(request, a->issuer), key) &&
           pv_span_equal(pv_edge_parameters(request, a), parameters);
}

/* The slot where an edge is or would be. */
static uint32_t slot_of(const pv_edges *edges, const pv_request *request, uint32_t *probes,
                        const pv_edge *wanted) {
    pv_span key = key_of(request, wanted->issuer), parameters = pv_edge_parameters(request, wanted);
    uint32_t mask = edges->num_slots - 1u;
    uint32_t at = edge_hash(request, wanted->child, key) & mask;
    while (edges->states[at] != 0 && !same_edge(request, &edges->edges[at], wanted, key, parameters)) {
        at = (at + 1u) & mask;
        (*probes)++;
    }
    return at;
}

uint8_t pv_edges_known(const pv_edges *edges, const pv_request *request, uint32_t *probes,
                       const pv_edge *edge) {
    return edges->num == 0 ? 0 : edges->states[slot_of(edges, request, probes, edge)];
}

void pv_edges_remember(pv_edges *edges, const pv_request *request, uint32_t *probes, const pv_edge *edge,
                       uint8_t state) {
    uint32_t at = slot_of(edges, request, probes, edge);
    edges->num += edges->states[at] == 0;
    edges->edges[at] = *edge;
    edges->states[at] = state;
}

void pv_edges_forget_revoked(pv_edges *edges, uint8_t level) {
    for (uint32_t i = 0; i < edges->num_slots; i++) {
        if (edges->states[i] >= PV_EDGE_REVOKED + level) edges->states[i] = PV_SIG_GOOD;
    }
}
