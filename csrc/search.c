#include "search.h"

#include "algorithm.h"
#include "budget.h"
#include "der.h"
#include "name.h"
#include "nodes.h"
#include "search_steps.h"
#include "store.h"

#include <string.h>

/* Depths are bits of pv_verdict.uncovered. */
typedef char max_path_fits[PV_MAX_PATH >= 1 && PV_MAX_PATH <= 32 ? 1 : -1];
typedef char max_due_fits[PV_MAX_DUE >= 1 && PV_MAX_DUE <= PV_MAX_PATH ? 1 : -1];
/* A table of edges has a power of two for its size, and positions of 16 bits. */
typedef char max_signatures_fit[PV_MAX_SIGNATURES <= 0x10000u &&
                                        (PV_MAX_SIGNATURES & (PV_MAX_SIGNATURES - 1u)) == 0 &&
                                        PV_MAX_SIGNATURES >= 2u
                                    ? 1
                                    : -1];

/* --- Nodes
 * ------------------------------------------------------------------------------------------------------- */

static uint8_t depth_of(const pv_search *search) {
    return (uint8_t)(search->path.len - 1);
}

static const pv_cert *top_cert(const pv_search *search) {
    return search->path.certs[depth_of(search)];
}

/* --- Memory: policy cells, edges, order[], signer searches
 * ----------------------------------------------------------- */

static size_t cells_size(const pv_budget *budget) {
    return PV_ALIGN8(PV_POLICY_CELLS(budget->policy_nodes) * sizeof(pv_policy_cell));
}

static size_t order_size(uint32_t max_certs) {
    return PV_ALIGN8((size_t)max_certs * sizeof(pv_node));
}

#if PV_HAS_REVOCATION

/* Searches for signers' paths share all but the order of candidates with the one that asks. */
static size_t signers_size(uint32_t max_certs, const pv_policy *policy) {
    if (policy->revocation == PV_REVOCATION_NONE) return 0;
    return PV_MAX_SIGNER_DEPTH * (PV_ALIGN8(sizeof(pv_signer_search)) + order_size(max_certs));
}

#else
#define signers_size(max_certs, policy) 0u
#endif

size_t pv_search_size(uint32_t max_certs, const pv_policy *policy) {
    size_t slots = pv_edges_num_slots(&policy->budget);
    return PV_SEARCH_BYTES((size_t)max_certs, slots, PV_POLICY_CELLS(policy->budget.policy_nodes)) +
           signers_size(max_certs, policy);
}

uint32_t pv_search_num_certs(const pv_request *request) {
    if (!PV_HAS_REVOCATION) return request->num_certs;
    if (request->evidence == NULL || request->policy->revocation == PV_REVOCATION_NONE)
        return request->num_certs;
    return request->num_certs + request->evidence->num_certs;
}

#if PV_HAS_REVOCATION

/* The chain of searches for signers, each the child of the one before. */
static void lay_out_signers(pv_search *search, uint8_t *at, uint32_t max_certs) {
    pv_search *parent = search;
    for (uint8_t level = 1; level <= PV_MAX_SIGNER_DEPTH; level++) {
        pv_signer_search *signer = (pv_signer_search *)(void *)at;
        at += PV_ALIGN8(sizeof(pv_signer_search));
        signer->search.request = &signer->request;
        signer->search.order = (pv_node *)(void *)at;
        signer->search.level = level;
        signer->search.parent = parent;
        signer->search.child = NULL;
        parent->child = &signer->search;
        parent = &signer->search;
        at += order_size(max_certs);
    }
}

#endif

static void lay_out(pv_search *search, void *memory, const pv_request *request) {
    const pv_budget *budget = &request->policy->budget;
    uint32_t max_certs = pv_search_num_certs(request);
    pv_edges *edges = search->edges = &search->own_edges;
    uint8_t *at = memory;
    search->rules.cells = (pv_policy_cell *)(void *)at;
    search->rules.max_cells = (uint16_t)PV_POLICY_CELLS(budget->policy_nodes);
    at += cells_size(budget);
    edges->num_slots = pv_edges_num_slots(budget);
    edges->edges = (pv_edge *)(void *)at;
    at += PV_ALIGN8(edges->num_slots * sizeof(pv_edge));
    search->order = (pv_node *)(void *)at;
    at += order_size(max_certs);
#if PV_HAS_EDGE_TABLE
    edges->slots = (uint16_t *)(void *)at;
    at += PV_ALIGN8(edges->num_slots * sizeof(uint16_t));
#endif
    edges->states = at;
    pv_edges_clear(edges);
#if PV_HAS_REVOCATION
    at += PV_ALIGN8(edges->num_slots);
    search->child = NULL;
    if (request->policy->revocation != PV_REVOCATION_NONE) lay_out_signers(search, at, max_certs);
#endif
}

/* --- Inherited parameters (RFC 3279 2.3.2)
 * ------------------------------------------------------------------ */

static int inherits(const pv_search *search, pv_node node) {
    uint8_t key_alg;
    if (!PV_HAS_INHERITANCE) return 0;
    uint16_t key_bits;
    pv_node_key_kind(search->request, node, &key_alg, &key_bits);
    return key_alg == PV_KEY_DSA && pv_algorithm_dsa_parameters(pv_node_key(search->request, node)).len == 0;
}

/* RFC 5280 6.1.4 (f): the parameters of the key above, as long as that is one of the same algorithm. */
static pv_node source_above(const pv_search *search, uint8_t depth) {
    if (depth >= search->path.len || !inherits(search, search->frames[depth].node)) return PV_NODE_NONE;
    while (++depth < search->path.len && search->path.certs[depth]->key_alg == PV_KEY_DSA) {
        if (!inherits(search, search->frames[depth].node)) return search->frames[depth].node;
    }
    return PV_NODE_NONE;
}

/* What is known of an edge; what the look-up came across is paid for later. */
static uint8_t known(pv_search *search, const pv_edge *edge) {
    return pv_edges_known(search->edges, search->request, &search->probes, edge);
}

static void remember(pv_search *search, const pv_edge *edge, uint8_t state) {
    pv_edges_remember(search->edges, search->request, &search->probes, edge, state);
}

static pv_edge edge_of(const pv_search *search, pv_node child, pv_node issuer, uint8_t issuer_depth) {
    return pv_edge_of(child, issuer, source_above(search, issuer_depth));
}

/* --- Canonical order
 * ----------------------------------------------------------------------------------------------------- */

/* Later expiry first, then later issuance, then by the bytes: an order that does not know in which one they
 * were sent. */
static int compare_certs(const pv_cert *a, const pv_cert *b) {
    if (a->not_after != b->not_after) return a->not_after > b->not_after ? -1 : 1;
    if (a->not_before != b->not_before) return a->not_before > b->not_before ? -1 : 1;
    if (a->der_len != b->der_len) return a->der_len < b->der_len ? -1 : 1;
    return a->der == b->der ? 0 : memcmp(a->der, b->der, a->der_len);
}

static int compare_at(const pv_search *search, uint32_t i, uint32_t k) {
    return compare_certs(pv_node_cert(search->request, search->order[i]),
                         pv_node_cert(search->request, search->order[k]));
}

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(pv_search *search, uint32_t root, uint32_t end) {
    for (;;) {
        uint32_t child = 2 * root + 1;
        if (child >= end) return;
        if (child + 1 < end && compare_at(search, child, child + 1) < 0) child++;
        if (compare_at(search, root, child) >= 0) return;
        swap(&search->order[root], &search->order[child]);
        root = child;
    }
}

/* Heap sort: n log n whatever is sent, in place. */
static void sort_candidates(pv_search *search) {
    uint32_t num = search->num_order;
    for (uint32_t i = num / 2; i > 0; i--) {
        sift_down(search, i - 1, num);
    }
    for (uint32_t end = num; end > 1; end--) {
        swap(&search->order[0], &search->order[end - 1]);
        sift_down(search, 0, end - 1);
    }
}

/* Equal certificates are neighbours now; one of each is kept. */
static void drop_repeated(pv_search *search) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < search->num_order; i++) {
        if (kept > 0 && compare_at(search, kept - 1, i) == 0) continue;
        search->order[kept++] = search->order[i];
    }
    search->num_order = kept;
}

static void collect(pv_search *search, pv_node node) {
    const pv_cert *cert = pv_node_cert(search->request, node);
    if (cert->version == 0 || node == pv_search_target(search)) return;
    if (compare_certs(cert, pv_node_cert(search->request, pv_search_target(search))) == 0) return;
    search->order[search->num_order++] = node;
}

/* Certificates of the evidence are candidates for the paths of its signers alone. */
static void collect_candidates(pv_search *search) {
    const pv_request *request = search->request;
    search->num_order = 0;
    uint32_t num = pv_search_level(search) > 0 ? pv_search_num_certs(request) : request->num_certs;
    for (uint32_t i = 0; i < num; i++) {
        collect(search, pv_node_listed(request, i));
    }
    sort_candidates(search);
    drop_repeated(search);
}

/* --- Rank: evidence, before a signature is spent (RFC 4158 3.5)
 * -------------------------------------------------------------- */

/* Lower is tried first. Anchors: 0 to 2 by key identifier. Certificates: 3 to 14: key identifier counts most,
 * then validity now, then whether an anchor has the name that issued it. */
#define NUM_ANCHOR_RANKS 3u

static unsigned key_id_rank(pv_span wanted, pv_span offered) {
    if (wanted.len == 0 || offered.len == 0 || wanted.len > PV_MAX_KEY_ID || offered.len > PV_MAX_KEY_ID)
        return 1;
    return pv_span_equal(wanted, offered) ? 0 : 2;
}

static int valid_now(const pv_time *time, const pv_cert *cert) {
    if (time->mode == PV_TIME_KNOWN && time->value < cert->not_before) return 0;
    return (time->mode != PV_TIME_KNOWN && time->mode != PV_TIME_FLOOR) || time->value <= cert->not_after;
}

#define FREE_SLOTS 8u

/* Slots of other names cost a walk nothing for the few that chance leaves there; each one more is a probe. */
static void count_other(pv_search *search, uint32_t cursor) {
    search->probes += cursor > FREE_SLOTS;
}

static int leads_to_anchor(pv_search *search, const pv_cert *cert) {
    uint32_t cursor = 0;
    uint32_t entry;
    pv_index_step step;
    for (;;) {
        step = pv_store_next(search->request->store, &cursor, &entry, cert->issuer_hash);
        if (step != PV_INDEX_OTHER) break;
        count_other(search, cursor);
    }
    return step == PV_INDEX_FOUND;
}

static unsigned cert_rank(pv_search *search, const pv_cert *child, const pv_cert *issuer) {
    unsigned rank = key_id_rank(pv_cert_authority_key_id(child), pv_cert_key_id(issuer)) * 4u;
    if (!valid_now(&search->request->time, issuer)) rank += 2u;
    if (!leads_to_anchor(search, issuer)) rank += 1u;
    return NUM_ANCHOR_RANKS + rank;
}

static unsigned anchor_rank(const pv_cert *child, const pv_anchor *anchor) {
    return key_id_rank(pv_cert_authority_key_id(child), anchor->key_id);
}

/* --- Candidates of one frame
 * ---------------------------------------------------------------------------------------------------- */

/* Names of equal hash. Each 64 octets cost a step, since blanks to fold and attributes to pair make long ones
 * slow to compare; what is usual costs one to four. What cannot be paid for is not compared: `broke`. */
static int equal_names(pv_search *search, pv_span a, pv_span b) {
    pv_reason reason = pv_budget_steps(search->left, (uint32_t)((a.len + b.len) / 64u));
    if (reason != PV_OK) {
        search->broke = reason;
        return 0;
    }
    search->probes++; /* hashes can be made to collide: then a walk compares every name for nothing */
    return pv_name_equal(a, b);
}

static int names_meet(pv_search *search, const pv_cert *child, pv_span subject, uint32_t subject_hash) {
    return child->issuer_hash == subject_hash &&
           equal_names(search, pv_cert_issuer(child), subject); /* 6.1.3 (a)(4) */
}

/* Each of the three looks at its source's next entry: PV_INDEX_FOUND with the node if its subject is the name
 * wanted. */
static pv_index_step next_anchor(pv_search *search, uint32_t *cursor, pv_node *node, const pv_cert *child) {
    const pv_store *store = search->request->store;
    uint32_t entry;
    pv_index_step step = pv_store_next(store, cursor, &entry, child->issuer_hash);
    if (step == PV_INDEX_OTHER && pv_index_is_used(&store->index)) count_other(search, *cursor);
    if (step != PV_INDEX_FOUND) return step;
    const pv_anchor *anchor = &store->anchors[entry];
    *node = PV_NODE_ANCHOR | entry;
#if PV_HAS_REVOCATION
    if (search->only_anchor != PV_NODE_NONE && *node != search->only_anchor) return PV_INDEX_OTHER;
#endif
    return names_meet(search, child, anchor->subject, anchor->subject_hash) ? PV_INDEX_FOUND : PV_INDEX_OTHER;
}

static pv_index_step next_sent(pv_search *search, uint32_t *cursor, pv_node *node, const pv_cert *child) {
    if (*cursor >= search->num_order) return PV_INDEX_END;
    *node = search->order[(*cursor)++];
    const pv_cert *cert = pv_node_cert(search->request, *node);
    if (cert->subject_hash != child->issuer_hash) return PV_INDEX_OTHER;
    return names_meet(search, child, pv_cert_subject(cert), cert->subject_hash) ? PV_INDEX_FOUND
                                                                                : PV_INDEX_OTHER;
}

#ifndef PV_NO_POOL

static pv_index_step next_pooled(pv_search *search, uint32_t *cursor, pv_node *node, const pv_cert *child) {
    const pv_pool *pool = search->request->pool;
    uint32_t entry;
    uint32_t place = *cursor - search->num_order;
    if (pool == NULL) return PV_INDEX_END;
    pv_index_step step = pv_pool_next(pool, &place, &entry, child->issuer_hash);
    *cursor = place + search->num_order;
    if (step == PV_INDEX_OTHER && pv_index_is_used(&pool->index)) count_other(search, place);
    if (step != PV_INDEX_FOUND) return step;
    *node = PV_NODE_POOL | entry;
    const pv_cert *cert = pool->certs[entry];
    return names_meet(search, child, pv_cert_subject(cert), cert->subject_hash) ? PV_INDEX_FOUND
                                                                                : PV_INDEX_OTHER;
}

#else
#define next_pooled(search, cursor, node, child) PV_INDEX_END
#endif

static pv_index_step next_cert(pv_search *search, uint32_t *cursor, pv_node *node, const pv_cert *child) {
    if (*cursor < search->num_order) return next_sent(search, cursor, node, child);
    return next_pooled(search, cursor, node, child);
}

static unsigned node_rank(pv_search *search, pv_node node, const pv_cert *child) {
    if (pv_node_is_anchor(node)) return anchor_rank(child, pv_node_anchor(search->request, node));
    return cert_rank(search, child, pv_node_cert(search->request, node));
}

/* A walk along the certificates sent, and along what has no index, costs a step for every 16 of them. */
static uint32_t walk_cost(const pv_search *search) {
    const pv_store *store = search->request->store;
    uint32_t cost = 1u + search->num_order / 16u;
    if (!pv_index_is_used(&store->index)) cost += store->num_anchors / 16u;
#ifndef PV_NO_POOL
    const pv_pool *pool = search->request->pool;
    if (pool != NULL && !pv_index_is_used(&pool->index)) cost += pool->num_certs / 16u;
#endif
    return cost;
}

static pv_reason pay_walk(pv_search *search) {
    uint32_t probes = search->probes / 4u;
    search->probes = 0;
    return pv_budget_steps(search->left, walk_cost(search) + probes);
}

/* A candidate costs a step, and the look-ups of edges since the last one cost theirs. */
static pv_reason pay_candidate(pv_search *search) {
    uint32_t probes = search->probes / 4u;
    search->probes = 0;
    return pv_budget_steps(search->left, 1u + probes);
}

/* The ranks that occur among the candidates of this frame. Nearly always there is one: it need not be looked
 * for again. */
static pv_reason open_frame(pv_search *search, pv_frame *frame, const pv_cert *child) {
    pv_reason reason = pay_walk(search);
    pv_index_step step = PV_INDEX_OTHER;
    pv_node node, last = PV_NODE_NONE;
    uint32_t num = 0;
    frame->opened = 1;
    for (int sources = 0; reason == PV_OK && sources < 2; sources++) {
        uint32_t cursor = 0;
        do {
            step = sources ? next_cert(search, &cursor, &node, child)
                           : next_anchor(search, &cursor, &node, child);
            reason = search->broke;
            if (step != PV_INDEX_FOUND || reason != PV_OK) continue;
            frame->phases |= (uint16_t)(1u << node_rank(search, node, child));
            last = node;
            num++;
            reason = pv_budget_steps(search->left, 1);
        } while (step != PV_INDEX_END && reason == PV_OK);
    }
    if (frame->phases != 0) frame->marks |= PV_FRAME_FRUITFUL;
    if (num == 1) {
        frame->opened = PV_ONE_CANDIDATE;
        frame->cursor = last;
    }
    return reason;
}

static pv_reason take_only_candidate(pv_search *search, pv_frame *frame, pv_node *node) {
    if (frame->phases == 0) return PV_OK; /* it was taken before */
    *node = frame->cursor;
    frame->phases = 0;
    return pay_candidate(search);
}

static unsigned lowest_phase(uint16_t phases) {
    unsigned phase = 0;
    while (!(phases & (1u << phase))) {
        phase++;
    }
    return phase;
}

/* The frame's next candidate of this phase; PV_NODE_NONE at the phase's end. */
static pv_node next_of_phase(pv_search *search, pv_frame *frame, const pv_cert *child, unsigned phase) {
    pv_node node = PV_NODE_NONE;
    pv_index_step step;
    do {
        step = phase < NUM_ANCHOR_RANKS ? next_anchor(search, &frame->cursor, &node, child)
                                        : next_cert(search, &frame->cursor, &node, child);
        if (step != PV_INDEX_FOUND) continue;
        if (node_rank(search, node, child) == phase) return node;
        search->probes++;
    } while (step != PV_INDEX_END && search->broke == PV_OK);
    return PV_NODE_NONE;
}

/* The next candidate issuer of the path's last certificate, PV_NODE_NONE when all were tried. */
static pv_reason next_candidate(pv_search *search, pv_node *node) {
    pv_frame *frame = &search->frames[depth_of(search)];
    const pv_cert *child = top_cert(search);
    pv_reason reason = frame->opened ? PV_OK : open_frame(search, frame, child);
    *node = PV_NODE_NONE;
    if (reason == PV_OK && frame->opened == PV_ONE_CANDIDATE) return take_only_candidate(search, frame, node);
    while (reason == PV_OK && frame->phases != 0) {
        unsigned phase = lowest_phase(frame->phases);
        *node = next_of_phase(search, frame, child, phase);
        if (search->broke != PV_OK) return search->broke;
        if (*node != PV_NODE_NONE) return pay_candidate(search);
        frame->phases &= (uint16_t) ~(1u << phase);
        frame->cursor = 0;
        reason = pay_walk(search);
    }
    return reason;
}

/* --- Verdicts
 * -----------------------------------------------------------------------------------------------------------------------
 */

static void spend_report(pv_search *search) {
    const pv_budget *had = &search->request->policy->budget;
    pv_budget *spent = &search->request->verdict.spent;
    if (search->left != &search->own_left) return; /* a child's spending is its parent's */
    spent->signatures = had->signatures - search->left->signatures;
    spent->steps = had->steps - search->left->steps;
    spent->names = had->names - search->left->names;
    spent->policy_nodes = had->policy_nodes - search->left->policy_nodes;
    spent->bytes = had->bytes - search->left->bytes;
}

void pv_search_finish(pv_search *search, pv_outcome outcome, pv_reason reason) {
    pv_verdict_end(&search->request->verdict, outcome, reason);
    spend_report(search);
    search->state = PV_SEARCH_DONE;
}

/* Every path was tried. REFUSED only if nothing stayed in doubt. */
static void finish_exhausted(pv_search *search) {
    if (search->doubt == PV_OK) {
        pv_search_finish(search, PV_OUTCOME_REFUSED, PV_OK);
    } else {
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, search->doubt);
    }
}

#ifdef PV_NO_LOG
#define is_stray(search, node, len)    ((void)(node), (void)(len), 0)
#define nearness_of(search, node, len) ((void)(node), PV_NEAR_CANDIDATE)
#else

/* A CA certificate without an identifier is not the one asked for (4.2.1.2 demands it); an anchor may be no
 * more than a name and a key, so there its absence says nothing. Evidence for the headline alone. */
static int asks_for_another(const pv_search *search, const pv_cert *child, pv_node node) {
    pv_span wanted = pv_cert_authority_key_id(child);
    pv_span offered = pv_node_is_anchor(node) ? pv_node_anchor(search->request, node)->key_id
                                              : pv_cert_key_id(pv_node_cert(search->request, node));
    if (wanted.len == 0 || (pv_node_is_anchor(node) && offered.len == 0)) return 0;
    return key_id_rank(wanted, offered) != 0;
}

/* Whether the path of `len` certificates, with this node as the next, is stray. */
static int is_stray(const pv_search *search, pv_node node, uint8_t len) {
    if (len == 0) return 0;
    const pv_frame *top = &search->frames[len - 1];
    return (top->marks & PV_FRAME_STRAY) ||
           (node != top->node && asks_for_another(search, search->path.certs[len - 1], node));
}

static pv_nearness nearness_of(pv_search *search, pv_node node, uint8_t len) {
    int stray = is_stray(search, node, len);
    if (len == 0) return PV_NEAR_CANDIDATE; /* the target, or a request that has none */
    if (pv_node_is_anchor(node)) return stray ? PV_NEAR_STRAY_TO_ANCHOR : PV_NEAR_ANCHOR;
    if (stray) return PV_NEAR_STRAY;
    return leads_to_anchor(search, pv_node_cert(search->request, node)) ? PV_NEAR_BELOW_ANCHOR
                                                                        : PV_NEAR_CANDIDATE;
}

#endif

static void reject(pv_search *search, pv_node node, uint8_t depth, pv_reason reason,
                   const pv_finding *finding) {
    if (reason == PV_R_LIMIT_PATH) search->doubt = PV_R_LIMIT_PATH;
    pv_verdict_reject(search->request, node, depth, reason, finding,
                      nearness_of(search, node, search->path.len));
}

/* --- The walk
 * -----------------------------------------------------------------------------------------------------------------------
 */

static void push(pv_search *search, pv_node node) {
    uint8_t depth = search->path.len;
    pv_frame fresh = {node, 0, 0, 0, is_stray(search, node, depth) ? PV_FRAME_STRAY : 0};
    search->frames[depth] = fresh;
    search->path.certs[depth] = pv_node_cert(search->request, node);
    search->path.len++;
    pv_verdict_enter(search->request, node, depth);
}

/* No issuer is left to try for the path's last certificate. */
static void pop(pv_search *search) {
    uint8_t depth = depth_of(search);
    if (!(search->frames[depth].marks & PV_FRAME_FRUITFUL)) {
        const pv_cert *cert = search->path.certs[depth];
        int is_root = (cert->flags & PV_CERT_SELF_ISSUED) != 0;
        pv_finding finding = {cert->issuer, PV_FIELD_ISSUER};
        pv_reason reason = is_root ? PV_R_ROOT_NOT_TRUSTED : PV_R_NO_ISSUER;
        reject(search, search->frames[depth].node, (uint8_t)(depth + 1), reason, &finding);
    }
    search->path.len--;
}

static int same_entity(pv_search *search, const pv_cert *cert, pv_span subject, uint32_t subject_hash,
                       pv_span key) {
    return cert->subject_hash == subject_hash && pv_span_equal(pv_cert_spki(cert), key) &&
           equal_names(search, pv_cert_subject(cert), subject);
}

/* RFC 4158 5.2: a name and key once on a path, the target's included. A self-signed certificate finds itself
 * as its only issuer: then the path has ended at a root that nobody trusts. */
static pv_reason check_loop(pv_search *search, pv_node node) {
    const pv_cert *cert = pv_node_cert(search->request, node);
    if (node == search->frames[depth_of(search)].node) return PV_R_ROOT_NOT_TRUSTED;
    if (cert->key_fault != PV_OK) return PV_OK; /* refused for it; such a key may be as long as it likes */
    pv_span subject = pv_cert_subject(cert), key = pv_cert_spki(cert);
    for (uint8_t i = 0; i < search->path.len; i++) {
        if (same_entity(search, search->path.certs[i], subject, cert->subject_hash, key)) return PV_R_LOOP;
    }
    return search->broke;
}

/* An anchor that the path's last certificate already stands for adds nothing: it was tried one step below. */
static pv_reason check_anchor_loop(pv_search *search, const pv_anchor *anchor) {
    if (search->path.len == 1) return PV_OK;
    if (same_entity(search, top_cert(search), anchor->subject, anchor->subject_hash, anchor->spki))
        return PV_R_LOOP;
    return search->broke;
}

#if PV_HAS_REVOCATION

/* Whether some search that waits for this one asks about this certificate's name and key: nothing below them,
 * and not they themselves, can speak for them. */
static int is_asked_about(const pv_search *search, const pv_cert *cert) {
    while (search->level > 0) {
        search = search->parent;
        if (pv_cert_is_alike(cert, pv_node_cert(search->request, search->target))) return 1;
    }
    return 0;
}

/* Who has the name and key of one that is asked about says nothing that this one could not say itself: sent
 * twice, renewed or found elsewhere, it is the same witness. */
int pv_search_is_no_witness(const pv_search *search, pv_node node) {
    const pv_cert *cert = pv_node_cert(search->request, node);
    return pv_cert_is_alike(cert, pv_node_cert(search->request, search->target)) ||
           is_asked_about(search, cert);
}

#endif

static pv_reason judge_cert(pv_search *search, pv_node node, pv_finding *finding) {
    pv_reason reason = check_loop(search, node);
#if PV_HAS_REVOCATION
    if (reason == PV_OK && !(search->use & PV_SIGNER_TO_REVOKE) &&
        is_asked_about(search, pv_node_cert(search->request, node)))
        reason = PV_R_LOOP;
#endif
    if (reason == PV_OK && search->path.len >= PV_MAX_PATH) reason = PV_R_LIMIT_PATH;
    if (reason != PV_OK) return reason;
    return pv_path_check_issuer(finding, &search->rules, &search->path, pv_node_cert(search->request, node));
}

static pv_reason judge_anchor(pv_search *search, pv_node node, pv_finding *finding) {
    const pv_anchor *anchor = pv_node_anchor(search->request, node);
    pv_reason reason = check_anchor_loop(search, anchor);
    return reason == PV_OK ? pv_path_check_anchor(finding, &search->rules, &search->path, anchor) : reason;
}

static void propose(pv_search *search, pv_node anchor) {
    search->anchor = anchor & ~PV_NODE_ANCHOR;
    pv_verdict_enter(search->request, anchor, search->path.len);
    search->num_due = 0;
    search->shortage = PV_OK;
#if PV_HAS_REVOCATION
    search->on_evidence = 0;
    search->is_cleared = 0;
#endif
    search->state = PV_SEARCH_SIGNATURES;
}

/* An edge that is known not to hold was logged when that was found out. What a key inherits is known only
 * when the path above it is. */
static int is_dead_edge(pv_search *search, pv_node node) {
    pv_edge edge = pv_edge_of(search->frames[depth_of(search)].node, node, PV_NODE_NONE);
    if (inherits(search, node)) return 0;
    uint8_t state = known(search, &edge);
    return state != 0 && state != PV_SIG_GOOD;
}

static void try_candidate(pv_search *search, pv_node node) {
    pv_finding finding = {PV_NO_OFFSET, PV_FIELD_PATH};
    if (is_dead_edge(search, node)) return;
    pv_reason reason =
        pv_node_is_anchor(node) ? judge_anchor(search, node, &finding) : judge_cert(search, node, &finding);
    if (pv_reason_is_fatal(reason)) {
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, reason);
    } else if (reason != PV_OK) {
        reject(search, node, search->path.len, reason, &finding);
    } else if (pv_node_is_anchor(node)) {
        propose(search, node);
    } else {
        push(search, node);
    }
}

void pv_search_advance(pv_search *search) {
    while (search->state == PV_SEARCH_RUNNING) {
        pv_node node;
        pv_reason reason = next_candidate(search, &node);
        if (reason != PV_OK) {
            pv_search_finish(search, PV_OUTCOME_UNDECIDED, reason);
        } else if (node != PV_NODE_NONE) {
            try_candidate(search, node);
        } else {
            pop(search);
            if (search->path.len == 0) finish_exhausted(search);
        }
    }
}

/* --- Beginning
 * -----------------------------------------------------------------------------------------------------------------------
 */

/* Sorting looks at every certificate some log n times, and reads one that differs from others only at its end
 * through each time. So each 512 octets cost a step more; of what is usually sent, a certificate costs one to
 * five. */
static pv_reason pay_sorting(pv_search *search) {
    const pv_request *request = search->request;
    uint32_t num = pv_search_level(search) > 0 ? pv_search_num_certs(request) : request->num_certs;
    uint64_t more = 0;
    pv_reason reason = pv_budget_steps(search->left, num);
    if (reason != PV_OK) return reason;
    for (uint32_t i = 0; i < num; i++) {
        more += pv_node_cert(request, pv_node_listed(request, i))->der_len / 512u;
    }
    return pv_budget_steps(search->left, more > 0xFFFFFFFFu ? 0xFFFFFFFFu : (uint32_t)more);
}

static pv_reason check_request(pv_search *search) {
    const pv_policy *policy = search->request->policy;
    if (search->request->num_certs == 0) return PV_R_CERT_UNREADABLE;
    pv_reason reason = pv_path_check_policy(&search->rules);
    if (reason == PV_OK && policy->revocation != PV_REVOCATION_NONE &&
        !pv_revocation_is_built_in(policy->revocation_sources))
        reason = PV_R_REVOCATION_UNSUPPORTED;
    return reason == PV_OK ? pay_sorting(search) : reason;
}

static void begin_rules(pv_search *search, pv_budget *left) {
    pv_request *request = search->request;
    search->own_left = request->policy->budget;
    search->left = left ? left : &search->own_left;
    search->rules.policy = request->policy;
    search->rules.subject = &request->subject;
    search->rules.time = request->time;
    search->rules.left = search->left;
}

static void refuse_target(pv_search *search, pv_reason reason, const pv_finding *finding) {
    reject(search, pv_search_target(search), 0, reason, finding);
    pv_search_finish(search, PV_OUTCOME_REFUSED, PV_OK);
}

PV_OWN_FRAME static void begin_target(pv_search *search) {
    pv_finding finding = {PV_NO_OFFSET, PV_FIELD_REQUEST};
    pv_reason reason = check_request(search);
    if (reason == PV_OK)
        reason = pv_path_check_target(&finding, &search->rules,
                                      pv_node_cert(search->request, pv_search_target(search)));
    if (pv_reason_is_fatal(reason)) {
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, reason);
    } else if (reason != PV_OK) {
        refuse_target(search, reason, &finding);
    } else {
        collect_candidates(search);
        push(search, pv_search_target(search));
    }
}

#if PV_HAS_REVOCATION

static void forget_evidence(pv_search *search) {
    search->num_signers = 0;
    search->signers_anchor = PV_NODE_NONE;
    search->on_evidence = 0;
    search->is_cleared = 0;
    search->is_too_deep = 0;
    search->uncovered = 0;
    search->odd_crls = 0;
}

static void begin_own(pv_search *search, const pv_checker *checker) {
    search->checker = checker;
    search->parent = NULL;
    search->target = 0;
    search->only_anchor = PV_NODE_NONE;
    search->level = 0;
    search->use = PV_SIGNER_OF_CRLS;
}

pv_search *pv_search_active(pv_search *search) {
    while (search->state == PV_SEARCH_SIGNER) {
        search = search->child;
    }
    return search;
}

#else

#define forget_evidence(search)    ((void)(search))
#define begin_own(search, checker) ((void)(search), (void)(checker))

pv_search *pv_search_active(pv_search *search) {
    return search;
}

#endif

void pv_search_restart(pv_search *search, pv_budget *left) {
    begin_rules(search, left);
    forget_evidence(search);
    search->num_order = 0;
    search->probes = 0;
    search->num_due = 0;
    search->path.len = 0;
    search->doubt = PV_OK;
    search->shortage = PV_OK;
    search->broke = PV_OK;
    search->state = PV_SEARCH_RUNNING;
    search->request->wait = PV_WAIT_NOTHING;
    pv_verdict_begin(&search->request->verdict);
    begin_target(search);
}

void pv_search_begin(pv_search *search, pv_request *request, void *memory, pv_budget *left,
                     const pv_checker *checker) {
    search->request = request;
    begin_own(search, checker);
    lay_out(search, memory, request);
    pv_search_restart(search, left);
}

/* --- Signatures
 * ----------------------------------------------------------------------------------------------------------------------
 */

/* Octets that a check hashes: none if the owner lent the digest. */
static uint32_t hashed_len(const pv_search *search, pv_node child) {
#ifdef PV_NO_CRL
    return (uint32_t)pv_node_message(search->request, child).len;
#else
    pv_signed object;
    pv_node_signed(&object, search->request, child);
    return object.digest_len > 0 ? 0 : (uint32_t)object.message.len;
#endif
}

static uint32_t edge_cost(const pv_search *search, pv_node issuer) {
    uint8_t key_alg;
    uint16_t key_bits;
    pv_node_key_kind(search->request, issuer, &key_alg, &key_bits);
    return pv_algorithm_cost(key_alg, key_bits);
}

static pv_reason pay_edge(pv_search *search, unsigned i, const pv_edge *edge) {
    uint32_t cost = edge_cost(search, edge->issuer);
    if (search->edges->num + i + 1 >= search->edges->num_slots) return PV_R_BUDGET_SIGNATURES;
    pv_reason reason = pv_budget_signature(search->left, cost);
    if (reason != PV_OK) return reason;
    reason = pv_budget_bytes(search->left, hashed_len(search, edge->child));
    if (reason != PV_OK) search->left->signatures += cost;
    return reason;
}

void pv_search_refund(pv_search *search, unsigned i) {
    const pv_edge *edge = &search->due_edges[i];
    search->left->signatures += edge_cost(search, edge->issuer);
    search->left->bytes += hashed_len(search, edge->child);
}

/* The issuer of the path's certificate at `depth`: the next one up, or the anchor proposed. */
static pv_node issuer_of(const pv_search *search, uint8_t depth) {
    if (depth + 1 < search->path.len) return search->frames[depth + 1].node;
    return PV_NODE_ANCHOR | search->anchor;
}

static pv_edge path_edge(const pv_search *search, uint8_t depth) {
    return edge_of(search, search->frames[depth].node, issuer_of(search, depth), (uint8_t)(depth + 1));
}

void pv_search_due(pv_search *search) {
    if (pv_search_is_on_evidence(search)) return;
    search->num_due = 0;
    search->shortage = PV_OK;
    for (uint8_t depth = search->path.len; depth-- > 0 && search->num_due < PV_MAX_DUE;) {
        pv_edge edge = path_edge(search, depth);
        if (known(search, &edge) == PV_SIG_GOOD) continue;
        search->shortage = pay_edge(search, search->num_due, &edge);
        if (search->shortage != PV_OK) return;
        search->due_edges[search->num_due++] = edge;
    }
}

void pv_search_job(const pv_search *search, pv_job *job, const pv_edge *edge) {
    const pv_job fresh = {0};
    pv_signed object;
    uint16_t key_bits;
    pv_node_signed(&object, search->request, edge->child);
    *job = fresh;
    job->message = object.message;
#ifndef PV_NO_CRL
    if (object.digest_len > 0) job->message = (pv_span){NULL, 0};
    job->digest = object.digest;
    job->digest_len = object.digest_len;
#endif
    job->signature = object.signature;
    job->sig_alg = object.sig_alg;
    job->memo = object.memo;
    job->spki = pv_node_key(search->request, edge->issuer);
    pv_node_key_kind(search->request, edge->issuer, &job->key_alg, &key_bits);
    job->parameters = pv_edge_parameters(search->request, edge);
}

void pv_search_postpone(pv_search *search, unsigned i) {
    for (unsigned k = i; k < search->num_due; k++) {
        pv_search_refund(search, k);
    }
    search->num_due = (uint8_t)i;
}

static pv_reason edge_reason(uint8_t state) {
    switch (state) {
    case PV_SIG_BAD: return PV_R_SIGNATURE_BAD;
    case PV_SIG_UNSUPPORTED: return PV_R_SIGNATURE_UNSUPPORTED;
    default: return PV_R_SIGNATURE_NOT_CHECKED;
    }
}

/* Back to the certificate whose signature did not hold, or that its issuer revoked: its next issuer is tried.
 */
static void backtrack_to(pv_search *search, pv_node child, pv_reason reason) {
    uint8_t depth = depth_of(search);
    while (search->frames[depth].node != child) {
        depth--;
    }
    pv_finding finding = {search->path.certs[depth]->signature, PV_FIELD_SIGNATURE};
    if (PV_HAS_REVOCATION && reason == PV_R_REVOKED) {
        finding.offset = PV_NO_OFFSET;
        finding.field = PV_FIELD_REVOCATION;
    }
    int stray = is_stray(search, issuer_of(search, depth), (uint8_t)(depth + 1));
    search->path.len = (uint8_t)(depth + 1);
    pv_verdict_reject(search->request, child, depth, reason, &finding,
                      stray ? PV_NEAR_STRAY_TO_ANCHOR : PV_NEAR_ANCHOR);
    search->state = PV_SEARCH_RUNNING;
}

int pv_search_learn(pv_search *search, unsigned i, uint8_t result) {
    pv_edge edge = search->due_edges[i];
    uint8_t state = result;
    if (result == PV_SIG_GOOD) {
        remember(search, &edge, state);
        return 1;
    }
    if (result != PV_SIG_BAD && result != PV_SIG_UNSUPPORTED) {
        state = PV_EDGE_FAILED; /* the engine had no answer: no path over this edge, but no refusal either */
        search->doubt = PV_R_SIGNATURE_NOT_CHECKED;
    }
    remember(search, &edge, state);
    if (PV_MAX_DUE > 1) pv_search_postpone(search, i + 1);
    backtrack_to(search, edge.child, edge_reason(state));
    return 0;
}

/* Nothing is trusted but what is remembered as good, edge by edge, at the end. */
static int every_edge_is_good(pv_search *search) {
    for (uint8_t depth = 0; depth < search->path.len; depth++) {
        pv_edge edge = path_edge(search, depth);
        if (known(search, &edge) != PV_SIG_GOOD) return 0;
    }
    return search->path.len > 0;
}

static void write_path(pv_search *search) {
    pv_verdict *verdict = &search->request->verdict;
    verdict->path_len = search->path.len;
    verdict->marks = pv_path_check_marks(&search->rules, search->path.certs[0]);
    verdict->anchor = search->anchor;
#if PV_HAS_REVOCATION
    verdict->uncovered = search->uncovered;
    verdict->odd_crls = search->odd_crls;
#endif
    for (uint8_t i = 0; i < search->path.len; i++) {
        verdict->path[i] = search->frames[i].node;
    }
}

static void finish_trusted(pv_search *search) {
    pv_verdict *verdict = &search->request->verdict;
    /* What is left to the caller is not trusted for as long as the caller has not spoken. */
    int is_open = verdict->marks != 0;
    verdict->outcome = is_open ? PV_OUTCOME_UNDECIDED : PV_OUTCOME_TRUSTED;
    verdict->reason = is_open ? PV_R_BR_PUBLIC_SUFFIX_UNKNOWN : PV_OK;
    verdict->node = is_open ? search->frames[0].node : PV_NODE_NONE;
    verdict->offset = PV_NO_OFFSET;
    verdict->field = is_open ? PV_FIELD_SUBJECT_ALT_NAME : PV_FIELD_NONE;
    verdict->depth = 0;
    spend_report(search);
    search->state = PV_SEARCH_DONE;
}

/* The last gate: every signature is good, and revocation was judged. */
static int is_proved(pv_search *search) {
    int is_judged = search->request->policy->revocation == PV_REVOCATION_NONE;
#if PV_HAS_REVOCATION
    is_judged |= search->is_cleared;
#endif
    return is_judged && every_edge_is_good(search);
}

int pv_search_has_more(pv_search *search) {
    return PV_MAX_DUE < PV_MAX_PATH && search->shortage == PV_OK && !every_edge_is_good(search);
}

void pv_search_accept(pv_search *search) {
    if (!is_proved(search)) { /* cannot be; if it is, nothing is trusted */
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, PV_R_SIGNATURE_NOT_CHECKED);
        return;
    }
    write_path(search);
    if (search->request->policy->pause == PV_PAUSE_NEVER) {
        finish_trusted(search);
    } else {
        search->request->wait = PV_WAIT_PATH;
        search->state = PV_SEARCH_PATH;
    }
}

void pv_search_answer(pv_search *search, uint8_t answer) {
    pv_finding finding = {PV_NO_OFFSET, PV_FIELD_PATH};
    search->request->wait = PV_WAIT_NOTHING;
    if (answer == PV_ANSWER_ACCEPT && is_proved(search)) {
        finish_trusted(search);
        return;
    }
    search->request->verdict.path_len = 0;
    search->request->verdict.marks = 0;
    search->request->verdict.uncovered = 0;
    search->request->verdict.odd_crls = 0;
    search->request->verdict.anchor = PV_NODE_NONE;
    reject(search, PV_NODE_ANCHOR | search->anchor, search->path.len, PV_R_HOOK_REFUSED, &finding);
    search->state = PV_SEARCH_RUNNING;
}

#if PV_HAS_REVOCATION

/* --- Evidence of revocation
 * ----------------------------------------------------------------------------------------------------------------------
 */

static pv_known known_of(uint8_t state) {
    if (state >= PV_EDGE_REVOKED) return PV_KNOWN_BAD;
    switch (state) {
    case PV_SIG_GOOD: return PV_KNOWN_GOOD;
    case PV_SIG_BAD: return PV_KNOWN_BAD;
    case PV_SIG_UNSUPPORTED: return PV_KNOWN_UNSUPPORTED;
    default: return PV_KNOWN_FAILED;
    }
}

static int is_due(const pv_search *search, const pv_edge *edge) {
    for (unsigned i = 0; i < search->num_due; i++) {
        const pv_edge *due = &search->due_edges[i];
        if (due->child == edge->child && due->issuer == edge->issuer) return 1;
    }
    return 0;
}

/* Where a node stands on the path, or beyond its end. */
static uint8_t path_depth(const pv_search *search, pv_node node) {
    uint8_t depth = 0;
    while (depth < search->path.len && search->frames[depth].node != node) {
        depth++;
    }
    return depth;
}

/* What does not fit into this round comes up again in the next. */
pv_known pv_search_ask_edge(pv_search *search, pv_node child, pv_node issuer) {
    pv_edge edge = edge_of(search, child, issuer, path_depth(search, issuer));
    uint8_t state = known(search, &edge);
    if (state != 0) return known_of(state);
    if (search->num_due == PV_MAX_DUE || search->shortage != PV_OK || is_due(search, &edge))
        return PV_KNOWN_NOT;
    search->shortage = pay_edge(search, search->num_due, &edge);
    if (search->shortage == PV_OK) search->due_edges[search->num_due++] = edge;
    return PV_KNOWN_NOT;
}

void pv_search_learn_evidence(pv_search *search, unsigned i, uint8_t result) {
    int is_answer = result == PV_SIG_GOOD || result == PV_SIG_BAD || result == PV_SIG_UNSUPPORTED;
    remember(search, &search->due_edges[i], is_answer ? result : (uint8_t)PV_EDGE_FAILED);
}

void pv_search_refuse_revoked(pv_search *search, uint8_t depth) {
    pv_edge edge = path_edge(search, depth);
    remember(search, &edge, (uint8_t)(PV_EDGE_REVOKED + search->level));
    backtrack_to(search, edge.child, PV_R_REVOKED);
}

#endif
