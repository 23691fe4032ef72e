#include "policy_graph.h"

#include "der.h"
#include "oid.h"

#define FLAG_REACHED 0x01u /* a path leads from here down to the last level */
#define FLAG_DELETED 0x02u /* 6.1.4 (b)(2): mapped away while mapping is inhibited */

/* --- Cells
 * ------------------------------------------------------------------------------------------------------------
 */

/* The next free cell for this policy; 0: the budget is spent. */
static uint16_t new_cell(pv_policy_graph *graph, pv_span policy) {
    const pv_policy_cell fresh = {policy.data, (uint16_t)policy.len, 0, 0, 0, 0};
    if (policy.len > 0xFFFFu || graph->num_cells >= graph->max_cells) return 0;
    if (pv_budget_policy_nodes(graph->left, 1) != PV_OK) return 0;
    graph->cells[graph->num_cells] = fresh;
    return graph->num_cells++;
}

static pv_span policy_of(const pv_policy_graph *graph, uint16_t cell) {
    pv_span policy = {graph->cells[cell].oid, graph->cells[cell].oid_len};
    return policy;
}

static int is_policy(const pv_policy_graph *graph, uint16_t cell, pv_span policy) {
    return pv_span_equal(policy_of(graph, cell), policy);
}

static const pv_span ANY = {(const uint8_t *)PV_OID_ANY_POLICY, PV_OID_LEN(PV_OID_ANY_POLICY)};

/* Walking a list of `num` cells is paid for by the sixteen. */
static pv_reason pay_walks(pv_policy_graph *graph, uint32_t num) {
    return pv_budget_policy_nodes(graph->left, num / 16u);
}

/* An extension's value is paid for before it is read: what it names may leave no node behind. */
static pv_reason pay_value(pv_policy_graph *graph, pv_span value) {
    return pv_budget_policy_nodes(graph->left, (uint32_t)(value.len / 64u));
}

/* --- Nodes
 * -------------------------------------------------------------------------------------------------------------
 */

static uint16_t find_node(const pv_policy_graph *graph, uint8_t level, pv_span policy) {
    uint16_t node = graph->levels[level];
    while (node != 0 && ((graph->cells[node].flags & FLAG_DELETED) || !is_policy(graph, node, policy))) {
        node = graph->cells[node].next;
    }
    return node;
}

static uint16_t add_node(pv_policy_graph *graph, uint8_t level, pv_span policy) {
    uint16_t node = new_cell(graph, policy);
    if (node == 0) return 0;
    graph->cells[node].next = graph->levels[level];
    graph->levels[level] = node;
    return node;
}

static int add_parent(pv_policy_graph *graph, uint16_t node, uint16_t parent) {
    pv_span nothing = {NULL, 0};
    uint16_t link = new_cell(graph, nothing);
    if (link == 0) return 0;
    graph->cells[link].parents = parent;
    graph->cells[link].next = graph->cells[node].parents;
    graph->cells[node].parents = link;
    return 1;
}

static int expects(const pv_policy_graph *graph, uint16_t node, pv_span policy) {
    uint16_t expected = graph->cells[node].expected;
    if (graph->cells[node].flags & FLAG_DELETED) return 0;
    if (expected == 0) return is_policy(graph, node, policy);
    while (expected != 0 && !is_policy(graph, expected, policy)) {
        expected = graph->cells[expected].next;
    }
    return expected != 0;
}

/* Makes every node of the level above that expects the policy a parent of `node`. */
static pv_reason adopt(pv_policy_graph *graph, uint16_t node, uint8_t level, pv_span policy) {
    pv_reason reason = pay_walks(graph, graph->num_cells);
    for (uint16_t above = graph->levels[level - 1]; reason == PV_OK && above != 0;
         above = graph->cells[above].next) {
        if (expects(graph, above, policy) && !add_parent(graph, node, above))
            reason = PV_R_BUDGET_POLICY_NODES;
    }
    return reason;
}

static int is_expected(const pv_policy_graph *graph, uint8_t level, pv_span policy) {
    uint16_t node = graph->levels[level];
    while (node != 0 && !expects(graph, node, policy)) {
        node = graph->cells[node].next;
    }
    return node != 0;
}

static pv_reason add_child(pv_policy_graph *graph, uint8_t level, pv_span policy) {
    uint16_t node = add_node(graph, level, policy);
    return node == 0 ? PV_R_BUDGET_POLICY_NODES : adopt(graph, node, level, policy);
}

/* --- 6.1.3 (d): one certificate's policies
 * -------------------------------------------------------------------------------- */

/* (d)(1): a policy that is expected becomes a child of all who expect it; another one a child of anyPolicy,
 * if that is still valid. */
static pv_reason take_policy(pv_policy_graph *graph, uint8_t level, pv_span policy) {
    pv_reason reason = pay_walks(graph, graph->num_cells);
    if (reason != PV_OK) return reason;
    if (find_node(graph, level, policy) != 0) return PV_OK; /* named twice: once is enough */
    if (is_expected(graph, (uint8_t)(level - 1), policy)) return add_child(graph, level, policy);
    uint16_t any = find_node(graph, (uint8_t)(level - 1), ANY);
    if (any == 0) return PV_OK;
    uint16_t node = add_node(graph, level, policy);
    return node != 0 && add_parent(graph, node, any) ? PV_OK : PV_R_BUDGET_POLICY_NODES;
}

static pv_reason continue_policy(pv_policy_graph *graph, uint8_t level, pv_span policy) {
    pv_reason reason = pay_walks(graph, graph->num_cells);
    if (reason != PV_OK || find_node(graph, level, policy) != 0) return reason;
    return add_child(graph, level, policy);
}

/* (d)(2): anyPolicy carries on everything that is expected and was not named. */
static pv_reason continue_all(pv_policy_graph *graph, uint8_t level) {
    pv_reason reason = PV_OK;
    uint16_t above = graph->levels[level - 1];
    for (; reason == PV_OK && above != 0; above = graph->cells[above].next) {
        uint16_t expected = graph->cells[above].expected;
        if (graph->cells[above].flags & FLAG_DELETED) continue;
        if (expected == 0) reason = continue_policy(graph, level, policy_of(graph, above));
        for (; reason == PV_OK && expected != 0; expected = graph->cells[expected].next) {
            reason = continue_policy(graph, level, policy_of(graph, expected));
        }
    }
    return reason;
}

static pv_reason malformed(pv_reason reason) {
    return reason == PV_OK || reason == PV_R_BUDGET_POLICY_NODES ? reason : PV_R_EXTENSION_MALFORMED;
}

/* The named policies; whether anyPolicy was among them. */
static pv_reason take_named(pv_policy_graph *graph, uint8_t level, pv_span value, int *has_any) {
    pv_span list, policy, qualifiers;
    pv_reason reason = pay_value(graph, value);
    if (reason == PV_OK) reason = pv_ext_policies_open(value, &list);
    *has_any = 0;
    while (reason == PV_OK && list.len > 0) {
        reason = pv_ext_policy_next(&list, &policy, &qualifiers);
        if (reason != PV_OK) break;
        if (pv_span_equal(policy, ANY))
            *has_any = 1;
        else
            reason = take_policy(graph, level, policy);
    }
    return malformed(reason);
}

static int is_self_issued(const pv_cert *cert) {
    return (cert->flags & PV_CERT_SELF_ISSUED) != 0;
}

/* Whether the level has a node that was not mapped away. */
static int has_nodes(const pv_policy_graph *graph, uint8_t level) {
    uint16_t node = graph->levels[level];
    while (node != 0 && (graph->cells[node].flags & FLAG_DELETED)) {
        node = graph->cells[node].next;
    }
    return node != 0;
}

/* (d) and (e). Nodes without children need not be pruned: whether the graph is NULL shows at its last level,
 * and the sets at the end ask for nodes that reach it. */
static pv_reason take_certificate(pv_policy_graph *graph, const pv_cert *cert, int is_last) {
    int has_any;
    uint8_t level = ++graph->depth;
    graph->levels[level] = 0;
    if (!(cert->present & PV_EXT_BIT(PV_EXT_CERTIFICATE_POLICIES))) graph->is_null = 1;
    if (graph->is_null) return PV_OK;
    pv_reason reason =
        take_named(graph, level, pv_cert_extension(cert, PV_EXT_CERTIFICATE_POLICIES), &has_any);
    int any_counts = graph->inhibit_any > 0 || (!is_last && is_self_issued(cert));
    if (reason == PV_OK && has_any && any_counts) reason = continue_all(graph, level);
    if (!has_nodes(graph, level)) graph->is_null = 1;
    return reason;
}

/* --- 6.1.4 (a), (b): mappings
 * ------------------------------------------------------------------------------------------------- */

static int expect(pv_policy_graph *graph, uint16_t node, pv_span policy) {
    uint16_t expected = new_cell(graph, policy);
    if (expected == 0) return 0;
    graph->cells[expected].next = graph->cells[node].expected;
    graph->cells[node].expected = expected;
    return 1;
}

/* (b)(1): the node for the issuer's policy; where only anyPolicy is valid, it is made beside it, below the
 * anyPolicy above. */
static pv_reason mapped_node(pv_policy_graph *graph, pv_span policy, uint16_t *node) {
    *node = find_node(graph, graph->depth, policy);
    if (*node != 0 || find_node(graph, graph->depth, ANY) == 0) return PV_OK;
    uint16_t above = find_node(graph, (uint8_t)(graph->depth - 1), ANY);
    if (above == 0) return PV_OK;
    *node = add_node(graph, graph->depth, policy);
    return *node != 0 && add_parent(graph, *node, above) ? PV_OK : PV_R_BUDGET_POLICY_NODES;
}

static pv_reason map(pv_policy_graph *graph, pv_span from, pv_span to) {
    uint16_t node;
    pv_reason reason = pay_walks(graph, graph->num_cells);
    if (reason == PV_OK) reason = mapped_node(graph, from, &node);
    if (reason != PV_OK || node == 0) return reason;
    return expect(graph, node, to) ? PV_OK : PV_R_BUDGET_POLICY_NODES;
}

/* (b)(2) */
static pv_reason unmap(pv_policy_graph *graph, pv_span from) {
    pv_reason reason = pay_walks(graph, graph->num_cells);
    uint16_t node = reason == PV_OK ? find_node(graph, graph->depth, from) : 0;
    if (node != 0) graph->cells[node].flags |= FLAG_DELETED;
    return reason;
}

static pv_reason apply_mappings(pv_policy_graph *graph, const pv_cert *cert) {
    pv_span list, from, to;
    if (!(cert->present & PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS))) return PV_OK;
    pv_span value = pv_cert_extension(cert, PV_EXT_POLICY_MAPPINGS);
    pv_reason reason = pay_value(graph, value);
    if (reason == PV_OK) reason = pv_ext_policies_open(value, &list);
    while (reason == PV_OK && list.len > 0) {
        reason = pv_ext_mapping_next(&list, &from, &to);
        if (reason != PV_OK) break;
        if (pv_span_equal(from, ANY) || pv_span_equal(to, ANY)) return PV_R_POLICY_MAPPING_ANY; /* (a) */
        if (graph->is_null) continue;
        reason = graph->policy_mapping > 0 ? map(graph, from, to) : unmap(graph, from);
    }
    if (!graph->is_null && !has_nodes(graph, graph->depth)) graph->is_null = 1;
    return malformed(reason);
}

/* --- 6.1.4 (h) to (j): the counters
 * -------------------------------------------------------------------------------------------- */

static void lower(uint32_t *counter) {
    if (*counter > 0) (*counter)--;
}

static void cap(uint32_t *counter, uint16_t skip) {
    if (skip != PV_NO_PATH_LEN && skip < *counter) *counter = skip;
}

/* (i) and (j); the anchor's own constraints count from the start (RFC 5937 3). */
static pv_reason constrain(pv_policy_graph *graph, const pv_cert *cert) {
    uint16_t require_explicit = PV_NO_PATH_LEN;
    uint16_t inhibit_mapping = PV_NO_PATH_LEN;
    uint16_t inhibit_any = PV_NO_PATH_LEN;
    pv_reason reason = PV_OK;
    if (cert->present & PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS)) {
        pv_span value = pv_cert_extension(cert, PV_EXT_POLICY_CONSTRAINTS);
        reason = pv_ext_policy_constraints(value, &require_explicit, &inhibit_mapping);
    }
    if (reason == PV_OK && (cert->present & PV_EXT_BIT(PV_EXT_INHIBIT_ANY_POLICY))) {
        reason = pv_ext_inhibit_any_policy(pv_cert_extension(cert, PV_EXT_INHIBIT_ANY_POLICY), &inhibit_any);
    }
    cap(&graph->explicit_policy, require_explicit);
    cap(&graph->policy_mapping, inhibit_mapping);
    cap(&graph->inhibit_any, inhibit_any);
    return malformed(reason);
}

static pv_reason prepare_next(pv_policy_graph *graph, const pv_cert *cert) {
    pv_reason reason = apply_mappings(graph, cert);
    if (reason != PV_OK) return reason;
    if (!is_self_issued(cert)) { /* (h) */
        lower(&graph->explicit_policy);
        lower(&graph->policy_mapping);
        lower(&graph->inhibit_any);
    }
    return constrain(graph, cert);
}

/* --- 6.1.2, 6.1.5
 * --------------------------------------------------------------------------------------------------------------------
 */

/* Any policy, as the level of an anchor that maps policies and names none. */
static pv_reason take_any(pv_policy_graph *graph) {
    uint8_t level = ++graph->depth;
    graph->levels[level] = 0;
    return continue_all(graph, level);
}

/* An anchor's policies, where its certificate names some, bound what may follow (RFC 5937 3): they are the
 * first level, by the names that its mappings give them. An anchor that has neither bounds nothing. */
static pv_reason take_anchor(pv_policy_graph *graph, const pv_cert *anchor) {
    pv_reason reason = PV_OK;
    if (anchor == NULL) return PV_OK;
    if (anchor->present & PV_EXT_BIT(PV_EXT_CERTIFICATE_POLICIES))
        reason = take_certificate(graph, anchor, 0);
    else if (anchor->present & PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS))
        reason = take_any(graph);
    if (reason == PV_OK) reason = apply_mappings(graph, anchor);
    return reason == PV_OK ? constrain(graph, anchor) : reason;
}

static pv_reason begin(pv_policy_graph *graph, const pv_policy *policy, uint8_t num_certs) {
    graph->num_cells = 1;
    graph->depth = 0;
    graph->is_null = 0;
    graph->levels[0] = 0;
    graph->explicit_policy = (policy->policy_flags & PV_POLICY_EXPLICIT) ? 0 : num_certs + 1u;
    graph->inhibit_any = (policy->policy_flags & PV_POLICY_INHIBIT_ANY) ? 0 : num_certs + 1u;
    graph->policy_mapping = (policy->policy_flags & PV_POLICY_INHIBIT_MAPPING) ? 0 : num_certs + 1u;
    return add_node(graph, 0, ANY) != 0 ? PV_OK : PV_R_BUDGET_POLICY_NODES;
}

static void mark_parents(pv_policy_graph *graph, uint16_t node) {
    for (uint16_t link = graph->cells[node].parents; link != 0; link = graph->cells[link].next) {
        graph->cells[graph->cells[link].parents].flags |= FLAG_REACHED;
    }
}

/* Marks what a path leads from down to the last level: what pruning (6.1.3 (d)(3)) would leave. */
static void mark_reached(pv_policy_graph *graph) {
    for (uint16_t node = graph->levels[graph->depth]; node != 0; node = graph->cells[node].next) {
        graph->cells[node].flags |= FLAG_REACHED;
    }
    for (uint8_t level = graph->depth; level > 0; level--) {
        for (uint16_t node = graph->levels[level]; node != 0; node = graph->cells[node].next) {
            if ((graph->cells[node].flags & (FLAG_REACHED | FLAG_DELETED)) == FLAG_REACHED)
                mark_parents(graph, node);
        }
    }
}

/* 6.1.5 (a), (b) */
static pv_reason wrap_up(pv_policy_graph *graph, const pv_cert *target) {
    uint16_t require_explicit = PV_NO_PATH_LEN;
    uint16_t inhibit_mapping;
    pv_reason reason = PV_OK;
    lower(&graph->explicit_policy);
    if (target->present & PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS)) {
        pv_span value = pv_cert_extension(target, PV_EXT_POLICY_CONSTRAINTS);
        reason = pv_ext_policy_constraints(value, &require_explicit, &inhibit_mapping);
    }
    if (require_explicit == 0) graph->explicit_policy = 0;
    if (!graph->is_null) mark_reached(graph);
    return malformed(reason);
}

int pv_policy_is_idle(const pv_policy *policy, const pv_cert *anchor_cert, const pv_cert *const *certs,
                      uint8_t num_certs) {
    uint32_t present = anchor_cert ? anchor_cert->present : 0;
    for (uint8_t i = 0; i < num_certs; i++) {
        present |= certs[i]->present;
    }
    uint32_t demands = PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS) | PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS);
    return !(policy->policy_flags & PV_POLICY_EXPLICIT) && !(present & demands);
}

/* --- 6.1.5 (g), as RFC 9618 has it
 * ------------------------------------------------------------------------------------------------------- */

typedef struct set_writer {
    pv_span *policies;
    uint32_t max_policies;
    uint32_t num;
} set_writer;

static void write(set_writer *set, pv_span policy) {
    if (set->num < set->max_policies) set->policies[set->num] = policy;
    set->num++;
}

/* (g)(2): nodes of the anchor's domain: not anyPolicy, and below anyPolicy alone. */
static int is_of_domain(const pv_policy_graph *graph, uint16_t node) {
    const pv_policy_cell *cell = &graph->cells[node];
    if ((cell->flags & (FLAG_REACHED | FLAG_DELETED)) != FLAG_REACHED || is_policy(graph, node, ANY))
        return 0;
    if (cell->parents == 0 || graph->cells[cell->parents].next != 0) return 0;
    return is_policy(graph, graph->cells[cell->parents].parents, ANY);
}

/* An empty user-initial-policy-set, and one that has anyPolicy in it, are any-policy. */
static int user_wants(const pv_policy *policy, pv_span wanted) {
    if (policy->num_user_policies == 0) return 1;
    for (uint32_t i = 0; i < policy->num_user_policies; i++) {
        pv_span each = policy->user_policies[i];
        if (pv_span_equal(each, wanted) || pv_span_equal(each, ANY)) return 1;
    }
    return 0;
}

/* Whether the node's policy is of the domain at a level above `level` too: the same policy may begin at
 * several levels. */
static int was_written(const pv_policy_graph *graph, uint8_t level, uint16_t node) {
    pv_span policy = policy_of(graph, node);
    for (uint8_t above = 1; above < level; above++) {
        uint16_t other = find_node(graph, above, policy);
        if (other != 0 && is_of_domain(graph, other)) return 1;
    }
    return 0;
}

static int is_in_domain(const pv_policy_graph *graph, pv_span policy) {
    for (uint8_t level = 1; level <= graph->depth; level++) {
        uint16_t node = find_node(graph, level, policy);
        if (node != 0 && is_of_domain(graph, node)) return 1;
    }
    return 0;
}

static void write_domain(const pv_policy_graph *graph, set_writer *set, const pv_policy *policy,
                         pv_policy_set_kind kind) {
    for (uint8_t level = 1; level <= graph->depth; level++) {
        for (uint16_t node = graph->levels[level]; node != 0; node = graph->cells[node].next) {
            if (!is_of_domain(graph, node) || was_written(graph, level, node)) continue;
            if (kind == PV_POLICY_SET_USER && !user_wants(policy, policy_of(graph, node))) continue;
            write(set, policy_of(graph, node));
        }
    }
}

/* (g)(3) and (6)(ii): anyPolicy at the last level stands for every policy that the user asked for. */
static void write_any(const pv_policy_graph *graph, set_writer *set, const pv_policy *policy,
                      pv_policy_set_kind kind) {
    if (find_node(graph, graph->depth, ANY) == 0) return;
    if (kind == PV_POLICY_SET_AUTHORITY || user_wants(policy, ANY)) {
        write(set, ANY);
        return;
    }
    for (uint32_t i = 0; i < policy->num_user_policies; i++) {
        if (!is_in_domain(graph, policy->user_policies[i])) write(set, policy->user_policies[i]);
    }
}

uint32_t pv_policy_set(const pv_policy_graph *graph, pv_span *policies, uint32_t max_policies,
                       const pv_policy *policy, pv_policy_set_kind kind) {
    set_writer set = {policies, max_policies, 0};
    if (graph->is_null) return 0;
    write_domain(graph, &set, policy, kind);
    write_any(graph, &set, policy, kind);
    return set.num;
}

/* --- The whole path
 * ------------------------------------------------------------------------------------------------- */

/* Whether one of the domain's policies at a level is asked for. */
static pv_reason look_for_user(pv_policy_graph *graph, uint8_t level, const pv_policy *policy,
                               int *is_found) {
    pv_reason reason = PV_OK;
    uint16_t node = graph->levels[level];
    for (; reason == PV_OK && node != 0 && !*is_found; node = graph->cells[node].next) {
        if (!is_of_domain(graph, node)) continue;
        reason = pay_walks(graph, policy->num_user_policies);
        if (reason == PV_OK) *is_found = user_wants(policy, policy_of(graph, node));
    }
    return reason;
}

/* 6.1.5, at its end: the user-constrained policy set is not empty. anyPolicy at the last level stands for
 * whatever was asked for. */
static pv_reason check_user(pv_policy_graph *graph, const pv_policy *policy) {
    pv_reason reason = PV_OK;
    if (graph->is_null) return PV_R_POLICY_REQUIRED;
    int is_found = find_node(graph, graph->depth, ANY) != 0;
    for (uint8_t level = 1; reason == PV_OK && !is_found && level <= graph->depth; level++) {
        reason = look_for_user(graph, level, policy, &is_found);
    }
    if (reason != PV_OK) return reason;
    return is_found ? PV_OK : PV_R_POLICY_REQUIRED;
}

/* 6.1.3 (f) */
static pv_reason check_explicit(const pv_policy_graph *graph) {
    return graph->explicit_policy > 0 || !graph->is_null ? PV_OK : PV_R_POLICY_REQUIRED;
}

pv_reason pv_policy_check(pv_policy_graph *graph, uint8_t *failed, pv_budget *left, const pv_policy *policy,
                          const pv_cert *anchor_cert, const pv_cert *const *certs, uint8_t num_certs) {
    graph->left = left;
    *failed = (uint8_t)(num_certs - 1);
    pv_reason reason = begin(graph, policy, num_certs);
    if (reason == PV_OK) reason = take_anchor(graph, anchor_cert);
    for (uint8_t i = num_certs; reason == PV_OK && i-- > 0;) {
        *failed = i;
        reason = take_certificate(graph, certs[i], i == 0);
        if (reason == PV_OK) reason = check_explicit(graph);
        if (reason == PV_OK && i > 0) reason = prepare_next(graph, certs[i]);
    }
    if (reason == PV_OK) reason = wrap_up(graph, certs[0]);
    if (reason != PV_OK || graph->explicit_policy > 0) return reason;
    return check_user(graph, policy);
}
