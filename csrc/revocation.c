#include "revocation.h"

#include "algorithm.h"
#include "crl.h"
#include "der.h"
#include "distribution.h"
#include "name.h"
#include "nodes.h"
#include "ocsp.h"
#include "store.h"

#if defined(PV_NO_CRL) && defined(PV_NO_OCSP)

int pv_revocation_is_built_in(uint8_t sources) {
    return sources == 0;
}

/* Nobody who asks for revocation gets here; whoever did would learn nothing. */
pv_reason pv_revocation_check(pv_revocation_case *c) {
    c->uncovered = 0;
    c->odd_crls = 0;
    c->depth = 0;
    return c->rules->policy->revocation == PV_REVOCATION_NONE ? PV_OK : PV_R_REVOCATION_UNSUPPORTED;
}

#else

/* What is found out about one certificate of the path. */
typedef struct inquiry {
    pv_revocation_case *c;
    const pv_cert *cert;
    pv_node issuer;  /* the certificate or anchor above it on the path */
    pv_reason broke; /* PV_OK, or the budget that is spent */
    pv_reason
        doubt; /* PV_OK, or why something that could revoke, or that an engine failed on, is not known */
    int64_t good_update; /* thisUpdate of the newest response that says "good", if is_good */
    uint32_t held_at;    /* the response that says "on hold", its position and place, if is_held */
    uint32_t held_offset;
    int64_t held_update;
    pv_node covering; /* the last CRL that covers some */
    uint32_t
        vouched_response; /* the response last asked about, plus 1, for which use, and the answer: each has */
    pv_known vouched;     /* many singles, and one signer */
    uint8_t vouched_use;
    uint16_t reasons;   /* that CRLs cover */
    uint8_t depth;      /* of `cert` */
    uint8_t is_good;    /* a response says so */
    uint8_t is_held;    /* a response says that it is on hold */
    uint8_t is_revoked; /* for good, or on hold */
    uint8_t is_pending; /* something that could matter is not known yet */
} inquiry;

/* --- The log
 * ------------------------------------------------------------------------------------------------ */

static void tell(const inquiry *q, pv_node evidence, pv_reason reason, pv_field_code field, uint32_t offset) {
    pv_record line = {evidence, offset, reason, (uint8_t)field, q->depth};
    if (q->c->log) pv_verdict_note(q->c->request, &line);
}

static void revoke(inquiry *q, pv_node evidence, pv_field_code field, uint32_t offset) {
    q->is_revoked = 1;
    tell(q, evidence, PV_R_REVOKED, field, offset);
}

/* --- Shared: budget, time, algorithms, keys
 * ----------------------------------------------------------------- */

static pv_budget *budget_of(const inquiry *q) {
    return q->c->rules->left;
}

/* 0: it cannot be paid for, and the inquiry ends. */
static int pay_steps(inquiry *q, uint32_t num) {
    if (q->broke == PV_OK) q->broke = pv_budget_steps(budget_of(q), num);
    return q->broke == PV_OK;
}

static int names_equal(inquiry *q, pv_span a, uint32_t hash_a, pv_span b, uint32_t hash_b) {
    if (hash_a != hash_b || q->broke != PV_OK) return 0;
    q->broke = pv_budget_names(budget_of(q), 1u + (uint32_t)((a.len + b.len) / 32u));
    return q->broke == PV_OK && pv_name_equal(a, b);
}

/* later - earlier, which no two moments make too large for it. */
static uint64_t between(int64_t earlier, int64_t later) {
    return (uint64_t)later - (uint64_t)earlier;
}

static int is_ahead(const inquiry *q, int64_t moment) {
    const pv_time *time = &q->c->rules->time;
    return time->mode == PV_TIME_KNOWN && moment > time->value &&
           between(time->value, moment) > q->c->rules->policy->evidence_leeway;
}

/* When it is only known that it is `value` or later, evidence is at least as old as it would be then. */
static int is_stale(const inquiry *q, int64_t this_update, int has_next, int64_t next_update) {
    const pv_time *time = &q->c->rules->time;
    uint32_t max_age = q->c->rules->policy->evidence_max_age;
    if (time->mode != PV_TIME_KNOWN && time->mode != PV_TIME_FLOOR) return 0;
    if (has_next && time->value > next_update) return 1;
    if (max_age == 0) return !has_next;
    return time->value > this_update && between(this_update, time->value) > max_age;
}

static int allows(const inquiry *q, uint8_t sig_alg) {
    return sig_alg != PV_SIG_UNKNOWN && sig_alg <= PV_SIG_MAX &&
           (q->c->rules->policy->algorithms & PV_ALG_BIT(sig_alg)) != 0;
}

/* Whether the key can have made such a signature. A certificate's own faults come out with its path. */
static int key_fits(const inquiry *q, pv_node node, uint8_t sig_alg) {
    uint8_t key_alg;
    uint16_t key_bits;
    pv_node_key_kind(q->c->request, node, &key_alg, &key_bits);
    if (!pv_node_is_anchor(node) && pv_node_cert(q->c->request, node)->key_fault != PV_OK) return 0;
    return pv_algorithm_fits(sig_alg, key_alg);
}

static pv_known ask_edge(inquiry *q, pv_node child, pv_node issuer) {
    pv_known known = q->c->proofs.edge(q->c->proofs.ctx, child, issuer);
    if (known == PV_KNOWN_NOT) q->is_pending = 1;
    return known;
}

/* A word that would revoke, of somebody whose path there was no room to look for, leaves everything in doubt:
 * who sends certificates could else crowd it out. */
static pv_known ask_signer(inquiry *q, pv_node node, uint8_t use) {
    pv_known known = q->c->proofs.signer(q->c->proofs.ctx, node, use);
    if (known == PV_KNOWN_NOT) q->is_pending = 1;
    if (known == PV_KNOWN_FAILED) q->doubt = PV_R_SIGNATURE_NOT_CHECKED;
    if (known == PV_KNOWN_UNSUPPORTED && (use & PV_SIGNER_TO_REVOKE)) q->doubt = PV_R_EVIDENCE_DEPTH;
    return known;
}

/* The engine failed on a signature by a certificate that is not on the path: a doubt only if that one may
 * sign. */
static pv_known doubt_if_signer(inquiry *q, pv_node node, uint8_t use) {
    pv_known known = ask_signer(q, node, use);
    if (known == PV_KNOWN_GOOD) q->doubt = PV_R_SIGNATURE_NOT_CHECKED;
    return known == PV_KNOWN_NOT ? known : PV_KNOWN_FAILED;
}

/* The node of the path at this depth; the anchor above them all. */
static pv_node path_node(const inquiry *q, unsigned depth) {
    return depth < q->c->path->len ? q->c->nodes[depth] : q->c->anchor;
}

/* Certificates that may have signed evidence: see pv_node_listed. */
static uint32_t num_listed(const pv_request *request) {
    return request->num_certs + request->evidence->num_certs;
}

/* Who has the name and key of the certificate in question, in whatever copy, cannot clear it: its word is its
 * own. (Of the target itself the search knows.) */
static int is_own_word(const inquiry *q, const pv_cert *cert, uint8_t use) {
    return q->depth > 0 && !(use & PV_SIGNER_TO_REVOKE) && pv_cert_is_alike(cert, q->cert);
}

/* --- CRLs (RFC 5280 6.3.3)
 * ---------------------------------------------------------------------------------- */

#ifndef PV_NO_CRL

static const pv_crl *crl_at(const inquiry *q, uint32_t i) {
    return q->c->request->evidence->crls[i];
}

/* A walk along the CRLs: nearly all are other issuers', and 16 of those cost a step. */
static int pay_walk(inquiry *q) {
    return pay_steps(q, 1u + q->c->request->evidence->num_crls / 16u);
}

static int is_delta(const pv_crl *crl) {
    return crl->base_number != 0;
}

/* Who signed a CRL, as far as it was looked for. */
typedef struct vouching {
    const pv_crl *crl;
    pv_node node;     /* the CRL's */
    pv_node signer;   /* if GOOD */
    pv_reason reason; /* why nobody did, for the log */
    uint8_t use;      /* pv_signer_use: what hangs on it */
} vouching;

/* 4.2.1.3: a keyUsage without cRLSign; no keyUsage restricts nothing. */
static int may_sign_crls(const inquiry *q, pv_node node) {
    const pv_cert *cert = pv_node_is_anchor(node) ? pv_node_anchor(q->c->request, node)->cert
                                                  : pv_node_cert(q->c->request, node);
    if (pv_node_is_anchor(node) && q->c->rules->policy->anchor_checks == PV_ANCHOR_NAME_AND_KEY) return 1;
    if (cert == NULL || !(cert->present & PV_EXT_BIT(PV_EXT_KEY_USAGE))) return 1;
    return (cert->key_usage & PV_KU_CRL_SIGN) != 0;
}

/* Whether `signer`, if it has the CRL's issuer's name, signed it. BAD also where it cannot have. */
static pv_known try_signer(inquiry *q, vouching *v, pv_node signer) {
    uint32_t hash;
    pv_span subject = pv_node_subject(q->c->request, signer, &hash);
    if (!names_equal(q, subject, hash, pv_crl_issuer(v->crl), v->crl->issuer_hash)) return PV_KNOWN_BAD;
    if (!key_fits(q, signer, v->crl->sig_alg)) return PV_KNOWN_BAD;
    if (!may_sign_crls(q, signer)) {
        v->reason = PV_R_CRL_NO_CRL_SIGN;
        return PV_KNOWN_BAD;
    }
    pv_known known = ask_edge(q, v->node, signer);
    if (known == PV_KNOWN_GOOD) v->signer = signer;
    if (known == PV_KNOWN_UNSUPPORTED) v->reason = PV_R_SIGNATURE_UNSUPPORTED;
    return known;
}

/* The path above the certificate has what (f) asks for: each of its certificates stands under the anchor. */
static pv_known vouch_above(inquiry *q, vouching *v) {
    for (unsigned depth = q->depth + 1u; depth <= q->c->path->len; depth++) {
        pv_known known = try_signer(q, v, path_node(q, depth));
        if (known == PV_KNOWN_FAILED) q->doubt = PV_R_SIGNATURE_NOT_CHECKED;
        if (known == PV_KNOWN_GOOD || known == PV_KNOWN_NOT || q->broke != PV_OK) return known;
    }
    return PV_KNOWN_BAD;
}

static int is_above(const inquiry *q, pv_node node) {
    for (unsigned depth = q->depth + 1u; depth < q->c->path->len; depth++) {
        if (q->c->nodes[depth] == node) return 1;
    }
    return 0;
}

/* 5.2.1: the key identifier is evidence of which key signed, and says in which order to try. */
static int is_named_key(const pv_crl *crl, const pv_cert *cert) {
    pv_span wanted = pv_crl_key_id(crl), offered = pv_cert_key_id(cert);
    if (wanted.len == 0 || offered.len == 0 || wanted.len > PV_MAX_KEY_ID || offered.len > PV_MAX_KEY_ID)
        return 1;
    return pv_span_equal(wanted, offered);
}

/* A certificate that is not on the path: the signature first, which few pass, then its own path (f). */
static pv_known try_stranger(inquiry *q, vouching *v, pv_node node, int named) {
    const pv_cert *cert = pv_node_cert(q->c->request, node);
    if (cert->version == 0 || cert->subject_hash != v->crl->issuer_hash || is_above(q, node))
        return PV_KNOWN_BAD;
    if (is_named_key(v->crl, cert) != named || is_own_word(q, cert, v->use)) return PV_KNOWN_BAD;
    if (node == q->c->nodes[0] && q->depth > 0 && !(v->use & PV_SIGNER_TO_REVOKE))
        return PV_KNOWN_BAD; /* it stands below: its word hangs on this one */
    if (!pay_steps(q, 1)) return PV_KNOWN_BAD;
    pv_known known = try_signer(q, v, node);
    if (known == PV_KNOWN_FAILED) return doubt_if_signer(q, node, v->use);
    if (known != PV_KNOWN_GOOD) return known;
    known = ask_signer(q, node, v->use);
    if (known != PV_KNOWN_GOOD) v->reason = PV_R_EVIDENCE_SIGNER;
    if (known == PV_KNOWN_UNSUPPORTED) v->reason = PV_R_EVIDENCE_DEPTH;
    return known;
}

static pv_known vouch_listed(inquiry *q, vouching *v, int named) {
    const pv_request *request = q->c->request;
    uint32_t num = num_listed(request);
    if (!pay_steps(q, 1u + num / 16u)) return PV_KNOWN_BAD;
    for (uint32_t i = num; i > 0; i--) { /* the evidence's own first */
        pv_known known = try_stranger(q, v, pv_node_listed(request, i - 1), named);
        if (known == PV_KNOWN_GOOD || known == PV_KNOWN_NOT || q->broke != PV_OK) return known;
    }
    return PV_KNOWN_BAD;
}

static pv_known vouch_pooled(inquiry *q, vouching *v, int named) {
    const pv_pool *pool = q->c->request->pool;
    uint32_t cursor = 0, entry = 0;
    if (pool == NULL) return PV_KNOWN_BAD;
    for (;;) {
        if (!pay_steps(q, 1)) return PV_KNOWN_BAD;
        pv_index_step step = pv_pool_next(pool, &cursor, &entry, v->crl->issuer_hash);
        if (step == PV_INDEX_END) return PV_KNOWN_BAD;
        pv_known known =
            step == PV_INDEX_FOUND ? try_stranger(q, v, PV_NODE_POOL | entry, named) : PV_KNOWN_BAD;
        if (known == PV_KNOWN_GOOD || known == PV_KNOWN_NOT || q->broke != PV_OK) return known;
    }
}

/* (f), (g): who vouches for the CRL. One candidate is asked about at a time: the likeliest is nearly always
 * right. */
static pv_known vouch(inquiry *q, vouching *v, uint32_t i, uint8_t use) {
    const vouching fresh = {crl_at(q, i), PV_NODE_CRL | i, PV_NODE_NONE, PV_R_EVIDENCE_SIGNER, use};
    *v = fresh;
    pv_known known = vouch_above(q, v);
    for (int named = 1; known == PV_KNOWN_BAD || known >= PV_KNOWN_UNSUPPORTED; named--) {
        if (named < 0 || q->broke != PV_OK) break;
        known = vouch_listed(q, v, named);
        if (known != PV_KNOWN_GOOD && known != PV_KNOWN_NOT) known = vouch_pooled(q, v, named);
    }
    if (known != PV_KNOWN_GOOD && known != PV_KNOWN_NOT)
        tell(q, v->node, v->reason, PV_FIELD_SIGNATURE, PV_NO_OFFSET);
    return known;
}

/* A CRL's entry for the certificate of the inquiry. */
static int find_entry(inquiry *q, const pv_crl *crl, pv_crl_entry *entry) {
    int found = 0;
    if (q->broke != PV_OK) return 0;
    q->broke =
        pv_crl_find(entry, &found, budget_of(q), crl, pv_cert_issuer(q->cert), pv_cert_serial(q->cert));
    return q->broke == PV_OK && found;
}

static int is_hold(const pv_crl_entry *entry) {
    return entry->reason == PV_CRL_CERTIFICATE_HOLD;
}

static int is_removal(const pv_crl_entry *entry) {
    return entry->reason == PV_CRL_REMOVE_FROM_CRL;
}

/* (c): one issuer, one scope, one key identifier. Octets are paid for before they are compared. */
static int same_scope(inquiry *q, const pv_crl *a, const pv_crl *b) {
    pv_span idp = pv_crl_idp_value(a), key_id = pv_crl_key_id(a);
    if (q->broke == PV_OK)
        q->broke = pv_budget_names(budget_of(q), 1u + (uint32_t)((idp.len + key_id.len) / 32u));
    if (q->broke != PV_OK) return 0;
    return pv_span_equal(idp, pv_crl_idp_value(b)) && pv_span_equal(key_id, pv_crl_key_id(b)) &&
           names_equal(q, pv_crl_issuer(a), a->issuer_hash, pv_crl_issuer(b), b->issuer_hash);
}

/* 5.2.4 (a) to (d): whether the delta CRL may be joined to this complete one. */
static int joins(inquiry *q, const pv_crl *base, const pv_crl *delta) {
    pv_span number = pv_crl_number(base);
    if (base->version == 0 || is_delta(base) || base->unusable != PV_OK || number.data == NULL) return 0;
    return pv_crl_compare_numbers(pv_crl_base_number(delta), number) <= 0 &&
           pv_crl_compare_numbers(number, pv_crl_number(delta)) < 0 && same_scope(q, base, delta);
}

/* The strict profiles hold CRLs to their form as well; devices take what can be understood. */
static int is_odd(const inquiry *q, const pv_crl *crl) {
    return q->c->rules->policy->profile != PV_PROFILE_DEVICE && (crl->flags & PV_CRL_ODD_FORM) != 0;
}

/* Whether a CRL is in a state to tell anything now, but for being stale. */
static int is_usable(const inquiry *q, const pv_crl *crl) {
    return crl->version != 0 && crl->unusable == PV_OK && !is_odd(q, crl) && allows(q, crl->sig_alg) &&
           !is_ahead(q, crl->this_update);
}

static int is_stale_crl(const inquiry *q, const pv_crl *crl) {
    return is_stale(q, crl->this_update, (crl->flags & PV_CRL_NEXT_UPDATE) != 0, crl->next_update);
}

static pv_span signer_key(const inquiry *q, const vouching *v) {
    return pv_node_key(q->c->request, v->signer);
}

/* (c), (h): the newest current delta CRL for a complete one, signed by the same key. `out` NULL: there is
 * none. */
static void find_delta(inquiry *q, const pv_crl **out, const vouching *base) {
    const pv_evidence *evidence = q->c->request->evidence;
    vouching v;
    *out = NULL;
    if (!pay_walk(q)) return;
    for (uint32_t i = 0; i < evidence->num_crls; i++) {
        const pv_crl *delta = crl_at(q, i);
        if (delta->issuer_hash != base->crl->issuer_hash) continue;
        if (!pay_steps(q, 1)) return;
        if (!is_usable(q, delta) || !is_delta(delta) || is_stale_crl(q, delta) || !joins(q, base->crl, delta))
            continue;
        if (*out != NULL && pv_crl_compare_numbers(pv_crl_number(delta), pv_crl_number(*out)) <= 0) continue;
        if (vouch(q, &v, i, PV_SIGNER_OF_CRLS) == PV_KNOWN_GOOD &&
            pv_span_equal(signer_key(q, base), signer_key(q, &v)))
            *out = delta;
    }
}

/* 5.2.3: of two CRLs of one issuer and scope the one with the greater number is the newer. */
static int is_newer(const pv_crl *a, const pv_crl *b) {
    pv_span one = pv_crl_number(a), other = pv_crl_number(b);
    if (a->this_update < b->this_update) return 0;
    if (one.data == NULL || other.data == NULL) return a->this_update > b->this_update;
    return pv_crl_compare_numbers(one, other) > 0;
}

/* What a newer CRL of the same scope says of a hold: a complete one that no longer has the certificate, or a
 * delta CRL that removes it (5.3.1), takes it back. */
static int takes_back(inquiry *q, const pv_crl *newer, const pv_crl *crl) {
    pv_crl_entry entry;
    pv_span number = pv_crl_number(crl);
    if (is_delta(newer) &&
        (number.data == NULL || pv_crl_compare_numbers(pv_crl_base_number(newer), number) > 0))
        return 0; /* it builds upon a later one (5.2.4) */
    int is_listed = find_entry(q, newer, &entry);
    if (q->broke != PV_OK) return 0;
    return is_delta(newer) ? is_listed && is_removal(&entry) : !is_listed;
}

/* The key has to be the one that put it on hold, as with a delta CRL (5.2.4): else one CA on hold, or whoever
 * may sign beside the one that said so, could lift it. */
static int is_lifted(inquiry *q, const vouching *hold) {
    const pv_evidence *evidence = q->c->request->evidence;
    const pv_crl *crl = hold->crl;
    vouching v;
    if (!pay_walk(q)) return 0;
    for (uint32_t i = 0; i < evidence->num_crls; i++) {
        const pv_crl *newer = crl_at(q, i);
        if (newer->issuer_hash != crl->issuer_hash) continue;
        if (!pay_steps(q, 1)) return 0;
        if (!is_usable(q, newer) || is_stale_crl(q, newer) || !is_newer(newer, crl)) continue;
        if (!same_scope(q, crl, newer) || !takes_back(q, newer, crl)) continue;
        if (vouch(q, &v, i, PV_SIGNER_OF_CRLS) == PV_KNOWN_GOOD &&
            pv_span_equal(signer_key(q, hold), signer_key(q, &v)))
            return 1;
    }
    return 0;
}

/* A hold counts while it is the newest word. 1: it does, or it is not known yet whether it does. */
static int is_held(inquiry *q, const vouching *v, const pv_crl_entry *entry) {
    if (is_lifted(q, v)) return 0;
    if (q->broke == PV_OK && !q->is_pending)
        revoke(q, v->node, PV_FIELD_REVOKED_CERTIFICATES, pv_crl_offset(v->crl, entry->at));
    return 1;
}

/* A complete CRL that was vouched for, with its delta (i) to (l): it has no word against the certificate. */
static void join(inquiry *q, const vouching *v, uint16_t reasons) {
    const pv_crl *delta;
    find_delta(q, &delta, v);
    if (q->is_pending || q->broke != PV_OK) return;
    if (delta == NULL && is_stale_crl(q, v->crl)) {
        tell(q, v->node, PV_R_EVIDENCE_STALE, PV_FIELD_NEXT_UPDATE, PV_NO_OFFSET);
    } else {
        q->reasons |= reasons;
        if (v->crl->flags & PV_CRL_ODD_FORM) q->c->odd_crls |= (uint32_t)1 << q->depth;
        q->covering = v->node;
    }
}

static int has_base(inquiry *q, const pv_crl *delta) {
    const pv_evidence *evidence = q->c->request->evidence;
    if (!pay_walk(q)) return 0;
    for (uint32_t i = 0; i < evidence->num_crls; i++) {
        if (crl_at(q, i)->issuer_hash != delta->issuer_hash) continue;
        if (!pay_steps(q, 1)) return 0;
        if (joins(q, crl_at(q, i), delta)) return 1;
    }
    return 0;
}

/* Why a CRL of the certificate's issuer does not clear it; PV_OK: it may. One of odd form, and a delta CRL
 * without its base, can still revoke it. */
static pv_reason crl_fault(inquiry *q, const pv_crl *crl, uint16_t reasons) {
    if (crl->unusable != PV_OK) return crl->unusable;
    if (reasons == 0) return PV_R_EVIDENCE_SCOPE;
    if (!allows(q, crl->sig_alg)) return PV_R_ALGORITHM_NOT_ALLOWED;
    if (is_ahead(q, crl->this_update)) return PV_R_EVIDENCE_NOT_YET_VALID;
    if (is_odd(q, crl)) return PV_R_CRL_FORM;
    return is_delta(crl) && !has_base(q, crl) ? PV_R_CRL_NO_BASE : PV_OK;
}

/* What the CRL says that no later one can take back, or an entry of a delta CRL. 1: that decided. */
static int is_final(inquiry *q, uint32_t i, const pv_crl_entry *entry) {
    vouching v;
    if (is_removal(entry) || is_hold(entry)) return 0;
    if (vouch(q, &v, i, PV_SIGNER_OF_CRLS | PV_SIGNER_TO_REVOKE) == PV_KNOWN_GOOD)
        revoke(q, v.node, PV_FIELD_REVOKED_CERTIFICATES, pv_crl_offset(v.crl, entry->at));
    return 1;
}

/* An entry that says "on hold": 1: it stands, or it is not known yet whether it does. */
static int holds(inquiry *q, uint32_t i, const pv_crl_entry *entry) {
    vouching v;
    pv_known known = vouch(q, &v, i, PV_SIGNER_OF_CRLS | PV_SIGNER_TO_REVOKE);
    return known == PV_KNOWN_NOT || (known == PV_KNOWN_GOOD && is_held(q, &v, entry));
}

static void consider(inquiry *q, uint32_t i, uint16_t reasons) {
    const pv_crl *crl = crl_at(q, i);
    pv_crl_entry entry;
    vouching v;
    int is_listed = find_entry(q, crl, &entry);
    if (q->broke != PV_OK || (is_listed && is_final(q, i, &entry))) return;
    if (is_listed && is_hold(&entry) && holds(q, i, &entry)) return;
    if (is_delta(crl) || is_odd(q, crl) || q->broke != PV_OK) return;
    if (q->is_good || (q->reasons | reasons) == q->reasons) return; /* nothing new */
    if (vouch(q, &v, i, PV_SIGNER_OF_CRLS) == PV_KNOWN_GOOD) join(q, &v, reasons);
}

static void ask_crl(inquiry *q, uint32_t i) {
    const pv_crl *crl = crl_at(q, i);
    pv_scope scope;
    if (crl->version == 0 || !pay_steps(q, 1)) return;
    pv_reason reason = pv_distribution_scope(&scope, budget_of(q), crl, q->cert);
    if (pv_reason_is_fatal(reason)) q->broke = reason;
    if (reason != PV_OK || !scope.is_related) return;
    reason = crl_fault(q, crl, scope.reasons);
    if (reason != PV_OK) tell(q, PV_NODE_CRL | i, reason, PV_FIELD_REVOCATION, PV_NO_OFFSET);
    if (reason == PV_OK || reason == PV_R_CRL_NO_BASE || reason == PV_R_CRL_FORM)
        consider(q, i, scope.reasons);
}

/* Whether the certificate names others than its issuer for its CRLs (4.2.1.13 cRLIssuer). */
static int has_foreign_crls(inquiry *q) {
    pv_span value = pv_cert_extension(q->cert, PV_EXT_CRL_DISTRIBUTION_POINTS), cursor;
    pv_dist_point point;
    if (!(q->cert->present & PV_EXT_BIT(PV_EXT_CRL_DISTRIBUTION_POINTS)) || q->broke != PV_OK) return 0;
    q->broke = pv_budget_names(budget_of(q), 1u + (uint32_t)(value.len / 32u));
    if (q->broke != PV_OK || pv_dist_points_open(value, &cursor) != PV_OK) return 0;
    while (cursor.len > 0 && pv_dist_point_next(&cursor, &point) == PV_OK) {
        if (point.crl_issuer.len > 0) return 1;
    }
    return 0;
}

static void ask_crls(inquiry *q) {
    const pv_evidence *evidence = q->c->request->evidence;
    int all = has_foreign_crls(q);
    if (!pay_walk(q)) return;
    for (uint32_t i = 0; i < evidence->num_crls && q->broke == PV_OK && !q->is_revoked; i++) {
        if (all || crl_at(q, i)->issuer_hash == q->cert->issuer_hash) ask_crl(q, i);
    }
}

#endif

/* --- OCSP (RFC 6960)
 * ---------------------------------------------------------------------------------------- */

#ifndef PV_NO_OCSP

#define MAX_DIGEST   64u
#define DIGEST_STEPS 2u /* of each digest: a callback engine's takes some microseconds */

static const pv_ocsp *ocsp_at(const inquiry *q, uint32_t i) {
    return q->c->request->evidence->ocsps[i];
}

/* Whether the digest of `data` is this one. What cannot be hashed is the engine's failure: not "no". */
static int digest_is(inquiry *q, uint8_t alg, pv_span data, pv_span wanted) {
    const pv_checker *checker = q->c->checker;
    const pv_span none = {NULL, 0};
    uint64_t state[PV_DIGEST_STATE / sizeof(uint64_t)];
    uint8_t out[MAX_DIGEST];
    if (q->broke == PV_OK) q->broke = pv_budget_bytes(budget_of(q), (uint32_t)data.len);
    if (!pay_steps(q, DIGEST_STEPS)) return 0;
    size_t len = 0;
    if (checker->digest != NULL) {
        (void)checker->digest(checker->ctx, state, out, PV_DIGEST_BEGIN, (pv_digest_alg)alg, none);
        (void)checker->digest(checker->ctx, state, out, PV_DIGEST_UPDATE, (pv_digest_alg)alg, data);
        len = checker->digest(checker->ctx, state, out, PV_DIGEST_FINISH, (pv_digest_alg)alg, none);
    }
    pv_span digest = {out, len};
    if (len == 0 || len > MAX_DIGEST) {
        q->doubt = PV_R_SIGNATURE_NOT_CHECKED;
        return 0;
    }
    return pv_span_equal(digest, wanted);
}

/* The public key's bits, which key hashes are over (4.1.1, 4.2.1). */
static pv_span key_bits_of(const inquiry *q, pv_node node) {
    return pv_algorithm_key_octets(pv_node_key(q->c->request, node));
}

/* 4.1.1: whether a response is on the certificate: its issuer's name and key, and its serial number. */
static int is_about(inquiry *q, const pv_ocsp_single *single) {
    if (!pv_span_equal(single->serial, pv_cert_serial(q->cert)) || single->digest_alg == PV_DIGEST_NONE)
        return 0;
    return digest_is(q, single->digest_alg, pv_cert_issuer(q->cert), single->name_hash) &&
           digest_is(q, single->digest_alg, key_bits_of(q, q->issuer), single->key_hash);
}

/* 4.2.1: the responder is named by its name, or by the SHA-1 of its key. */
static int is_responder(inquiry *q, const pv_ocsp *ocsp, pv_node node) {
    int by_key = 0;
    uint32_t hash;
    pv_span wanted = pv_ocsp_responder(ocsp, &by_key);
    if (by_key) return digest_is(q, PV_DIGEST_SHA1, key_bits_of(q, node), wanted);
    pv_span subject = pv_node_subject(q->c->request, node, &hash);
    return names_equal(q, subject, hash, wanted, hash);
}

/* The same of somebody whose word counts, whatever it is: that the engine failed on it is then a doubt. */
static pv_known ask_trusted_edge(inquiry *q, pv_node child, pv_node issuer) {
    pv_known known = ask_edge(q, child, issuer);
    if (known == PV_KNOWN_FAILED) q->doubt = PV_R_SIGNATURE_NOT_CHECKED;
    return known;
}

/* 4.2.2.2: a certificate that the certificate's own issuer issued, with the same key, for OCSP signing. */
static pv_known try_delegate(inquiry *q, uint32_t i, pv_node node, uint8_t use, pv_reason *reason) {
    const pv_cert *cert = pv_node_cert(q->c->request, node);
    const pv_ocsp *ocsp = ocsp_at(q, i);
    if (cert->version == 0 || !key_fits(q, node, ocsp->sig_alg) || !is_responder(q, ocsp, node))
        return PV_KNOWN_BAD;
    if (cert->flags & PV_CERT_CA)
        return PV_KNOWN_BAD; /* the issuer itself, or one that stands for no one else */
    *reason = PV_R_OCSP_RESPONDER;
    if (is_own_word(q, cert, use) || cert->issuer_hash != q->cert->issuer_hash) return PV_KNOWN_BAD;
    if (!(cert->present & PV_EXT_BIT(PV_EXT_EXTENDED_KEY_USAGE))) return PV_KNOWN_BAD;
    if (!allows(q, cert->sig_alg) || !key_fits(q, q->issuer, cert->sig_alg)) return PV_KNOWN_BAD;
    if (!names_equal(q, pv_cert_issuer(cert), cert->issuer_hash, pv_cert_issuer(q->cert),
                     q->cert->issuer_hash))
        return PV_KNOWN_BAD;
    pv_known issued = ask_trusted_edge(q, node, q->issuer), known = ask_edge(q, PV_NODE_OCSP | i, node);
    if (issued != PV_KNOWN_GOOD) return issued;
    if (known == PV_KNOWN_FAILED) return doubt_if_signer(q, node, use);
    return known == PV_KNOWN_GOOD ? ask_signer(q, node, use) : known;
}

static pv_known vouch_by_delegate(inquiry *q, uint32_t i, uint8_t use, pv_reason *reason) {
    const pv_request *request = q->c->request;
    uint32_t num = num_listed(request);
    if (!pay_steps(q, 1u + num / 16u)) return PV_KNOWN_BAD;
    for (uint32_t k = num; k > 0; k--) { /* the evidence's own first */
        pv_known known = try_delegate(q, i, pv_node_listed(request, k - 1), use, reason);
        if (known == PV_KNOWN_GOOD || known == PV_KNOWN_NOT || q->broke != PV_OK) return known;
    }
    return PV_KNOWN_BAD;
}

/* Whether who signed the response may speak for the certificate's issuer: the issuer itself, or a delegate.
 */
static pv_known vouch_response(inquiry *q, uint32_t i, uint8_t use) {
    if (q->vouched_response == i + 1u && q->vouched_use == use) return q->vouched;
    const pv_ocsp *ocsp = ocsp_at(q, i);
    pv_known known = PV_KNOWN_BAD;
    pv_reason reason = PV_R_EVIDENCE_SIGNER;
    if (key_fits(q, q->issuer, ocsp->sig_alg) && is_responder(q, ocsp, q->issuer))
        known = ask_trusted_edge(q, PV_NODE_OCSP | i, q->issuer);
    if (known != PV_KNOWN_GOOD && known != PV_KNOWN_NOT) known = vouch_by_delegate(q, i, use, &reason);
    if (known != PV_KNOWN_GOOD && known != PV_KNOWN_NOT)
        tell(q, PV_NODE_OCSP | i, reason, PV_FIELD_RESPONDER_ID, PV_NO_OFFSET);
    q->vouched_response = i + 1u;
    q->vouched_use = use;
    q->vouched = known;
    return known;
}

static void take_status(inquiry *q, uint32_t i, const pv_ocsp_single *single) {
    const pv_ocsp *ocsp = ocsp_at(q, i);
    uint32_t offset = pv_ocsp_offset(ocsp, single->at);
    if (single->status == PV_OCSP_GOOD) {
        if (!q->is_good || single->this_update > q->good_update) q->good_update = single->this_update;
        q->is_good = 1;
    } else if (single->reason != PV_CRL_CERTIFICATE_HOLD) {
        revoke(q, PV_NODE_OCSP | i, PV_FIELD_CERT_STATUS, offset);
    } else if (!q->is_held || single->this_update > q->held_update) {
        q->is_held = 1;
        q->held_update = single->this_update;
        q->held_at = i;
        q->held_offset = offset;
    }
}

/* Why a response on the certificate tells nothing of it; PV_OK: it may. A revocation stays one when it is
 * old. */
static pv_reason single_fault(const inquiry *q, const pv_ocsp *ocsp, const pv_ocsp_single *single) {
    if (single->is_critical) return PV_R_EVIDENCE_CRITICAL;
    if (single->status == PV_OCSP_UNKNOWN) return PV_R_OCSP_UNKNOWN;
    if (is_ahead(q, single->this_update) || is_ahead(q, ocsp->produced_at))
        return PV_R_EVIDENCE_NOT_YET_VALID;
    if (single->status == PV_OCSP_REVOKED) return PV_OK;
    return is_stale(q, single->this_update, single->has_next_update, single->next_update)
               ? PV_R_EVIDENCE_STALE
               : PV_OK;
}

static void ask_single(inquiry *q, uint32_t i, const pv_ocsp_single *single) {
    const pv_ocsp *ocsp = ocsp_at(q, i);
    if (!is_about(q, single) || q->broke != PV_OK) return;
    pv_reason reason = single_fault(q, ocsp, single);
    uint8_t use = PV_SIGNER_OF_OCSP;
    if (single->status == PV_OCSP_REVOKED) use |= PV_SIGNER_TO_REVOKE;
    if (reason != PV_OK) {
        tell(q, PV_NODE_OCSP | i, reason, PV_FIELD_SINGLE_RESPONSE, pv_ocsp_offset(ocsp, single->at));
    } else if (vouch_response(q, i, use) == PV_KNOWN_GOOD) {
        take_status(q, i, single);
    }
}

static void ask_response(inquiry *q, uint32_t i) {
    const pv_ocsp *ocsp = ocsp_at(q, i);
    pv_ocsp_single single;
    if (!ocsp->is_response || !pay_steps(q, 1u + ocsp->num_responses / 4u)) return;
    if (ocsp->unusable != PV_OK || !allows(q, ocsp->sig_alg)) {
        pv_reason reason = ocsp->unusable != PV_OK ? ocsp->unusable : PV_R_ALGORITHM_NOT_ALLOWED;
        tell(q, PV_NODE_OCSP | i, reason, PV_FIELD_OCSP_RESPONSE, PV_NO_OFFSET);
        return;
    }
    pv_span cursor = pv_ocsp_singles(ocsp);
    while (cursor.len > 0 && q->broke == PV_OK && !q->is_revoked) {
        if (pv_ocsp_single_next(&cursor, &single) != PV_OK) return; /* cannot be: the reader has read it */
        ask_single(q, i, &single);
    }
}

static void ask_responses(inquiry *q) {
    const pv_evidence *evidence = q->c->request->evidence;
    for (uint32_t i = 0; i < evidence->num_ocsps && q->broke == PV_OK && !q->is_revoked; i++) {
        ask_response(q, i);
    }
    /* A hold lasts until a newer response says "good" (RFC 5280 5.3.1). */
    if (!q->is_held || (q->is_good && q->good_update > q->held_update)) return;
    if (!q->is_revoked && !q->is_pending)
        revoke(q, PV_NODE_OCSP | q->held_at, PV_FIELD_CERT_STATUS, q->held_offset);
}

#endif

/* --- One certificate, all certificates
 * ---------------------------------------------------------------------- */

static void ask_evidence(inquiry *q) {
    uint8_t sources = q->c->rules->policy->revocation_sources;
    if (q->c->request->evidence == NULL) return;
#ifndef PV_NO_OCSP
    if (sources & PV_SOURCE_OCSP) ask_responses(q);
#endif
#ifndef PV_NO_CRL
    if ((sources & PV_SOURCE_CRL) && !q->is_revoked) ask_crls(q);
#endif
}

/* A revocation that is known decides, whatever else is not known yet; trust waits until all that could speak
 * against it is known. */
static pv_reason answer(const inquiry *q) {
    if (q->broke != PV_OK) return q->broke;
    if (q->is_revoked) return PV_R_REVOKED;
    if (q->is_pending) return PV_R_UNCHECKED;
    if (q->doubt != PV_OK) return q->doubt;
    return q->is_good || q->reasons == PV_ALL_REASONS ? PV_OK : PV_R_REVOCATION_UNKNOWN;
}

static pv_reason inquire(pv_revocation_case *c, uint8_t depth) {
    inquiry q = {0};
    q.c = c;
    q.cert = c->path->certs[depth];
    q.depth = depth;
    q.issuer = path_node(&q, depth + 1u);
    q.broke = PV_OK;
    q.doubt = PV_OK;
    if (pay_steps(&q, 1)) ask_evidence(&q);
    pv_reason reason = answer(&q);
    if (reason == PV_R_REVOCATION_UNKNOWN && q.reasons != 0)
        tell(&q, q.covering, PV_R_CRL_REASONS, PV_FIELD_REVOCATION, PV_NO_OFFSET);
    return reason;
}

int pv_revocation_is_built_in(uint8_t sources) {
    uint8_t built = PV_SOURCE_CRL | PV_SOURCE_OCSP;
#ifdef PV_NO_CRL
    built &= (uint8_t)~PV_SOURCE_CRL;
#endif
#ifdef PV_NO_OCSP
    built &= (uint8_t)~PV_SOURCE_OCSP;
#endif
    return (sources & built) == sources;
}

/* From the anchor's side down: what an issuer's revocation takes away need not be looked at. */
pv_reason pv_revocation_check(pv_revocation_case *c) {
    const pv_policy *policy = c->rules->policy;
    unsigned num = policy->revocation == PV_REVOCATION_LEAF ? 1u : c->path->len;
    pv_reason all = PV_OK;
    c->uncovered = 0;
    c->odd_crls = 0;
    c->depth = 0;
    if (policy->revocation == PV_REVOCATION_NONE) return PV_OK;
    for (unsigned depth = num; depth-- > c->exempt_target;) {
        pv_reason reason = inquire(c, (uint8_t)depth);
        if (reason == PV_R_REVOCATION_UNKNOWN && policy->may_lack_evidence) {
            c->uncovered |= (uint32_t)1 << depth;
        } else if (reason == PV_R_UNCHECKED || (all == PV_R_UNCHECKED && !pv_reason_is_fatal(reason))) {
            all = PV_R_UNCHECKED; /* what is above has to be known first, so that the answer is the same in
                                     any case */
        } else if (reason != PV_OK) {
            c->depth = (uint8_t)depth;
            return reason;
        }
    }
    return all;
}

#endif
