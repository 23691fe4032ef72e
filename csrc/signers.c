#include "signers.h"

#include "profile.h"
#include "search_steps.h"
#include "verdict.h"

#if PV_HAS_REVOCATION

/* --- What the judgement asks
 * -----------------------------------------------------------------------------------------------------------
 */

static const pv_signer *find_signer(const pv_search *search, pv_node node, uint8_t use) {
    for (unsigned i = 0; i < search->num_signers; i++) {
        const pv_signer *signer = &search->signers[i];
        if (signer->node == node && signer->use == use) return signer;
    }
    return NULL;
}

/* The target itself as the signer of evidence on its path. A CRL may cover its own signer (its word then
 * stands until another's stands against it); a response may not, and who is to be judged has no word for
 * itself. */
static pv_known own_word(const pv_search *search, uint8_t use) {
    return search->level > 0 && !(use & PV_SIGNER_OF_OCSP) ? PV_KNOWN_GOOD : PV_KNOWN_BAD;
}

/* pv_proofs.edge. */
static pv_known ask_edge(void *ctx, pv_node child, pv_node issuer) {
    return pv_search_ask_edge(ctx, child, issuer);
}

/* pv_proofs.signer. Where there is no room to find out, nobody is taken for a signer. A word that would
 * revoke is heard of anybody. */
static pv_known ask_signer(void *ctx, pv_node node, uint8_t use) {
    pv_search *search = ctx;
    if (!(use & PV_SIGNER_TO_REVOKE)) {
        if (node == search->target) return own_word(search, use);
        if (pv_search_is_no_witness(search, node)) return PV_KNOWN_BAD;
    } else if (search->level > 0 && node == search->target) {
        return PV_KNOWN_GOOD;
    }
    const pv_signer *signer = find_signer(search, node, use);
    if (signer != NULL && signer->known != PV_KNOWN_UNSUPPORTED) return (pv_known)signer->known;
    if (signer != NULL || search->child == NULL || search->num_signers == PV_MAX_SIGNERS) {
        search->is_too_deep = 1;
        return PV_KNOWN_UNSUPPORTED;
    }
    if (search->wanted == PV_NODE_NONE) {
        search->wanted = node;
        search->wanted_use = use;
    }
    return PV_KNOWN_NOT;
}

/* --- Searches for signers' paths
 * -----------------------------------------------------------------------------------------------------------
 */

static pv_profile signer_profile(const pv_policy *policy) {
    int is_web = policy->profile == PV_PROFILE_WEBPKI; /* whose rules are for servers */
    return is_web && pv_profile_known(PV_PROFILE_RFC5280) ? PV_PROFILE_RFC5280 : (pv_profile)policy->profile;
}

/* A signer is judged as what it signs is: LEAF asks about it, CHAIN also about the CAs above it. What it
 * lacks evidence for is not noted but refused, as there is no verdict to note it in; where its word would
 * revoke, the lack does not silence it. */
static void make_signer_policy(pv_policy *out, const pv_policy *policy, uint8_t use) {
    *out = *policy;
    out->profile = (uint8_t)signer_profile(policy);
    out->purpose = (use & PV_SIGNER_OF_OCSP) ? PV_PURPOSE_OCSP_SIGNING : PV_PURPOSE_ANY;
    out->user_policies = NULL;
    out->num_user_policies = 0;
    out->policy_flags = 0;
    out->pause = PV_PAUSE_NEVER;
    out->may_lack_evidence = (use & PV_SIGNER_TO_REVOKE) != 0;
}

static void make_signer_request(pv_signer_search *signer, pv_search *search) {
    const pv_subject any = {{NULL, 0}, PV_SUBJECT_ANY};
    signer->request = *search->request;
    signer->request.policy = &signer->policy;
    signer->request.subject = any;
    signer->request.records = NULL;
    signer->request.max_records = 0;
}

/* The search for the path of `wanted`, on this one's budget, to the anchor of the path proposed. */
static void begin_signer(pv_search *search) {
    pv_signer_search *signer = (pv_signer_search *)(void *)search->child;
    pv_search *child = search->child;
    make_signer_policy(&signer->policy, search->request->policy, search->wanted_use);
    make_signer_request(signer, search);
    child->checker = search->checker;
    child->edges = search->edges;
    child->target = search->wanted;
    child->use = search->wanted_use;
    child->only_anchor = PV_NODE_ANCHOR | search->anchor;
    child->rules.cells = search->rules.cells;
    child->rules.max_cells = search->rules.max_cells;
    search->state = PV_SEARCH_SIGNER;
    pv_search_restart(child, search->left);
}

/* --- Judging the path proposed
 * -----------------------------------------------------------------------------------------------------------
 */

static void refuse_uncovered(pv_search *search, uint8_t depth, pv_reason reason) {
    pv_finding finding = {PV_NO_OFFSET, PV_FIELD_REVOCATION};
    if (reason != PV_R_REVOCATION_UNKNOWN) search->doubt = reason;
    pv_verdict_reject(search->request, search->frames[depth].node, depth, PV_R_REVOCATION_UNKNOWN, &finding,
                      PV_NEAR_ANCHOR);
    search->state = PV_SEARCH_RUNNING;
}

/* A revoked certificate is dead below this issuer, whatever stands above; one that nothing is known of may
 * have evidence under another anchor, so the search goes on from where it stands. */
static void refuse_for_revocation(pv_search *search, uint8_t depth, pv_reason reason) {
    if (reason == PV_R_REVOKED)
        pv_search_refuse_revoked(search, depth);
    else
        refuse_uncovered(search, depth, reason);
}

static void find_out(pv_search *search) {
    if (search->num_due > 0) {
        search->on_evidence = 1;
        search->state = PV_SEARCH_SIGNATURES;
    } else if (search->wanted != PV_NODE_NONE) {
        begin_signer(search);
    } else {
        pv_reason reason =
            search->shortage == PV_OK ? (pv_reason)PV_R_SIGNATURE_NOT_CHECKED : search->shortage;
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, reason);
    }
}

static void begin_case(pv_revocation_case *c, pv_search *search, pv_node nodes[PV_MAX_PATH]) {
    const pv_revocation_case fresh = {0};
    const pv_cert *target = search->path.certs[0];
    for (uint8_t i = 0; i < search->path.len; i++) {
        nodes[i] = search->frames[i].node;
    }
    *c = fresh;
    c->rules = &search->rules;
    c->checker = search->checker;
    c->request = search->request;
    c->path = &search->path;
    c->nodes = nodes;
    c->anchor = PV_NODE_ANCHOR | search->anchor;
    c->proofs.ctx = search;
    c->proofs.edge = ask_edge;
    c->proofs.signer = ask_signer;
    c->exempt_target =
        (search->use & PV_SIGNER_OF_OCSP) && (target->present & PV_EXT_BIT(PV_EXT_OCSP_NO_CHECK)) != 0;
    search->num_due = 0;
    search->shortage = PV_OK;
    search->wanted = PV_NODE_NONE;
    if (search->signers_anchor != c->anchor) search->num_signers = 0;
    search->signers_anchor = c->anchor;
}

/* Judges the path proposed, as far as what is known goes. The same again tells the log why it is refused. */
static void judge_revocation(pv_search *search) {
    pv_revocation_case c;
    pv_node nodes[PV_MAX_PATH];
    begin_case(&c, search, nodes);
    pv_reason reason = pv_revocation_check(&c);
    if (reason != PV_OK && reason != PV_R_UNCHECKED && !pv_reason_is_fatal(reason)) {
        c.log = 1;
        reason = pv_revocation_check(&c);
    }
    if (pv_reason_is_fatal(reason)) {
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, reason);
    } else if (reason == PV_R_UNCHECKED) {
        find_out(search);
    } else if (reason != PV_OK) {
        pv_search_postpone(search, 0); /* what it no longer needs to know */
        refuse_for_revocation(search, c.depth, reason);
    } else {
        search->uncovered = c.uncovered;
        search->odd_crls = c.odd_crls;
        search->is_cleared = 1;
        pv_search_accept(search);
    }
}

static pv_known signer_known(pv_search *search, const pv_verdict *verdict) {
    if (verdict->outcome == PV_OUTCOME_TRUSTED) return PV_KNOWN_GOOD;
    if (verdict->outcome == PV_OUTCOME_REFUSED)
        return search->child->is_too_deep ? PV_KNOWN_UNSUPPORTED : PV_KNOWN_BAD;
    if (pv_reason_is_fatal(verdict->reason)) return PV_KNOWN_NOT;
    search->doubt = verdict->reason;
    return PV_KNOWN_FAILED;
}

void pv_signers_done(pv_search *search) {
    const pv_verdict *verdict = &search->child->request->verdict;
    pv_signer signer = {search->child->target, search->child->use, PV_KNOWN_BAD};
    pv_known found = signer_known(search, verdict);
    pv_edges_forget_revoked(search->edges, search->child->level);
    if (found == PV_KNOWN_NOT) {
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, verdict->reason);
        return;
    }
    signer.known = (uint8_t)found;
    search->signers[search->num_signers++] = signer;
    judge_revocation(search);
}

#endif

void pv_signers_settle(pv_search *search) {
    if (search->state != PV_SEARCH_SIGNATURES) return;
    if (!pv_search_is_on_evidence(search) && search->shortage != PV_OK) {
        /* What could be paid for was good; the rest is not known. */
        pv_search_finish(search, PV_OUTCOME_UNDECIDED, search->shortage);
        return;
    }
#if PV_HAS_REVOCATION
    if (search->request->policy->revocation != PV_REVOCATION_NONE) {
        judge_revocation(search);
        return;
    }
#endif
    pv_search_accept(search);
}
