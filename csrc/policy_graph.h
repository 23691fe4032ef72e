/* policy_graph.h: certificate policies by the graph of RFC 9618 (which replaces the tree of RFC 5280 6.1.2
 * to 6.1.5), in lent memory.
 *
 * The graph has a level for each certificate, from the anchor down. Its nodes are policies that are valid so
 * far; a node is a child of every node of the level above that expects its policy. Unlike a tree it has at
 * most one node for a policy at a level, so it cannot explode. */
#ifndef PV_POLICY_GRAPH_H
#define PV_POLICY_GRAPH_H

#include "budget.h"
#include "cert.h"

/* A node, an expected policy of a node, or a link from a node to a parent: a cell of the lent array. Cell 0
 * is never used, so that 0 ends a list. */
typedef struct pv_policy_cell {
    const uint8_t *oid;
    uint16_t oid_len;
    uint16_t next;     /* in its list */
    uint16_t parents;  /* node: list of links; link: the parent */
    uint16_t expected; /* node: list of expected policies; 0: the policy itself */
    uint8_t flags;
} pv_policy_cell;

/* The state variables of 6.1.2, and the graph. */
typedef struct pv_policy_graph {
    pv_policy_cell *cells;
    pv_budget *left;
    uint32_t explicit_policy;
    uint32_t policy_mapping;
    uint32_t inhibit_any;
    uint16_t num_cells;
    uint16_t max_cells;
    uint16_t levels[PV_MAX_PATH + 2]; /* heads of lists of nodes: 0 is the anchor's */
    uint8_t depth;
    uint8_t is_null; /* 6.1.3 (d), (e): no policy is valid any more */
} pv_policy_graph;

/* How many cells suit a budget: as many nodes, and the one that is never used. */
#ifdef PV_NO_POLICIES
#define PV_POLICY_CELLS(policy_nodes) ((uint32_t)0 * (policy_nodes))
#else
#define PV_POLICY_CELLS(policy_nodes) ((policy_nodes) < 0xFFFEu ? (policy_nodes) + 1u : 0xFFFFu)
#endif

/* pv_policy_check processes the policies of a whole path (`certs` target first) below an anchor (its own
 * certificate's policies and constraints count if `anchor_cert` is not NULL; RFC 5937). `graph->cells` and
 * `max_cells` are lent. PV_OK; POLICY_REQUIRED (6.1.3 (f), 6.1.5: an explicit policy is required and none is
 * valid, or none of those asked for); EXTENSION_MALFORMED; POLICY_MAPPING_ANY; BUDGET_POLICY_NODES (each cell
 * takes 1 from left->policy_nodes, and so do 16 comparisons and 64 octets of an extension). `failed` is the
 * position in `certs` where it failed. */
pv_reason pv_policy_check(pv_policy_graph *graph, uint8_t *failed, pv_budget *left, const pv_policy *policy,
                          const pv_cert *anchor_cert, const pv_cert *const *certs, uint8_t num_certs);

/* pv_policy_is_idle: whether the policies of such a path cannot fail it, so that nothing needs to be
 * computed: without an initial explicit policy and without policyConstraints explicit_policy stays above 0,
 * and without mappings none can be of anyPolicy. */
int pv_policy_is_idle(const pv_policy *policy, const pv_cert *anchor_cert, const pv_cert *const *certs,
                      uint8_t num_certs);

/* pv_policy_set: after pv_policy_check, the authority- or the user-constrained policy set (RFC 9618 5.5):
 * writes at most max_policies, returns how many there are. anyPolicy in it stands for every policy. Not
 * charged: it costs at most the square of the cells in use. */
typedef enum pv_policy_set_kind { PV_POLICY_SET_AUTHORITY = 1, PV_POLICY_SET_USER = 2 } pv_policy_set_kind;
uint32_t pv_policy_set(const pv_policy_graph *graph, pv_span *policies, uint32_t max_policies,
                       const pv_policy *policy, pv_policy_set_kind kind);

#endif
