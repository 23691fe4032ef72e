/* test_revocation_oracle.c: random hierarchies with random CRLs and OCSP responses, against an oracle that
 * goes through every path and every piece of evidence, without a budget, an order or anything remembered. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "evidence_graph.h"
#include "harness.h"

#if !defined(PV_NO_CRL) && !defined(PV_NO_OCSP)

/* How many thousand models of each kind; -DMODELS=100 for a long run. */
#ifndef MODELS
#define MODELS 2
#endif

#define MOST_CERTS 8
#define MOST_CRLS  6
#define ALL        0x1FEu

/* A key is its owner's name and a digit. */
typedef struct entity {
    char name;
    int key;
} entity;

typedef struct node {
    entity subject, signer; /* signer.name is the issuer */
    int serial, is_ca, in_evidence;
    char dp; /* the cRLIssuer of its only distribution point; 0: none */
} node;

typedef struct entry {
    int serial, reason;
    char issuer;
} entry;

typedef struct list {
    entity signer; /* its name is the CRL's issuer */
    int is_forged, at, until, number, is_indirect, num;
    char kind; /* U, C or 0 */
    unsigned reasons;
    entry entries[4];
} list;

typedef struct response {
    entity signer;
    int is_forged, at, until, serial, status; /* 0 good, 1 revoked, 2 on hold, 3 unknown */
} response;

typedef struct model {
    node nodes[MOST_CERTS]; /* the first is the target */
    entity anchors[2];
    list lists[MOST_CRLS];
    response responses[3];
    int num_nodes, num_anchors, num_lists, num_responses;
    int is_chain, may;
} model;

typedef enum state { UNKNOWN, GOOD, REVOKED, DOUBTFUL } state;

static int same_entity(entity a, entity b) {
    return a.name == b.name && a.key == b.key;
}

/* --- The oracle: a search for the path of `path[0]`, which others wait for if there is an `above` --- */

typedef struct question {
    const model *m;
    const struct question *above;
    int path[MOST_CERTS + 1], len, anchor;
    int level, to_revoke;
    int is_deep; /* some signer was not looked for, as it hangs on too many others */
} question;

typedef enum word { NOBODYS, SIGNERS, TOO_DEEP } word;

static word signer_word(question *above, int target, int to_revoke);

static entity issuer_at(const question *q, int depth) {
    return depth + 1 < q->len ? q->m->nodes[q->path[depth + 1]].subject : q->m->anchors[q->anchor];
}

/* Whether a search that waits for this one is for this name and key. */
static int is_asked_about(const question *q, entity e) {
    for (q = q->above; q != NULL; q = q->above) {
        if (same_entity(q->m->nodes[q->path[0]].subject, e)) return 1;
    }
    return 0;
}

/* The word of a certificate that is not above on the path. Whoever is asked about, or stands below, vouches
 * for nobody; but a word that would revoke is heard of anybody. */
static word stranger_word(question *q, int depth, int who, int to_revoke) {
    int is_own = who == q->path[0];
    if (is_own && q->level > 0 && (to_revoke || depth == 0)) return SIGNERS;
    if (!to_revoke && (is_own || is_asked_about(q, q->m->nodes[who].subject))) return NOBODYS;
    word found = q->level == PV_MAX_SIGNER_DEPTH ? TOO_DEEP : signer_word(q, who, to_revoke);
    q->is_deep |= found == TOO_DEEP;
    return found;
}

/* `doubt` is set if it might be a word that revokes. Strangers are asked in the order of the core, as the
 * first whose word counts ends it: the evidence's before those sent, the last first. */
static int is_vouched(question *q, int depth, const list *crl, int to_revoke, int *doubt) {
    if (crl->is_forged) return 0;
    for (int i = depth; i < q->len; i++) {
        if (same_entity(issuer_at(q, i), crl->signer)) return 1;
    }
    for (int k = 2 * q->m->num_nodes; k-- > 0;) {
        int i = k % q->m->num_nodes;
        const node *n = &q->m->nodes[i];
        if (n->in_evidence != (k >= q->m->num_nodes) || !same_entity(n->subject, crl->signer)) continue;
        word found = stranger_word(q, depth, i, to_revoke);
        if (found == SIGNERS) return 1;
        *doubt |= to_revoke && found == TOO_DEEP;
    }
    return 0;
}

static unsigned scope_of(const list *crl, const node *n) {
    int is_own = crl->signer.name == n->signer.name, is_named = n->dp == crl->signer.name && crl->is_indirect;
    if (!is_own && !is_named) return 0;
    if ((crl->kind == 'U' && n->is_ca) || (crl->kind == 'C' && !n->is_ca)) return 0;
    return crl->reasons;
}

static const entry *entry_of(const list *crl, const node *n) {
    for (int i = 0; i < crl->num; i++) {
        if (crl->entries[i].serial == n->serial && crl->entries[i].issuer == n->signer.name)
            return &crl->entries[i];
    }
    return NULL;
}

static int same_scope(const list *a, const list *b) {
    return same_entity(a->signer, b->signer) && a->is_forged == b->is_forged && a->kind == b->kind &&
           a->reasons == b->reasons && a->is_indirect == b->is_indirect;
}

static int is_newer(const list *a, const list *b) {
    if (a->at < b->at) return 0;
    if (a->number < 0 || b->number < 0) return a->at > b->at;
    return a->number > b->number;
}

static int is_lifted(question *q, int depth, const list *crl, const node *n) {
    int doubt = 0;
    for (int i = 0; i < q->m->num_lists; i++) {
        const list *newer = &q->m->lists[i];
        if (newer->at > 0 || newer->until < 0 || !same_scope(newer, crl) || !is_newer(newer, crl)) continue;
        if (entry_of(newer, n) == NULL && is_vouched(q, depth, newer, 0, &doubt)) return 1;
    }
    return 0;
}

static state by_responses(const question *q, int depth, const node *n) {
    int good = -100000, held = -100000;
    for (int i = 0; i < q->m->num_responses; i++) {
        const response *r = &q->m->responses[i];
        if (r->is_forged || !same_entity(r->signer, issuer_at(q, depth)) || r->serial != n->serial) continue;
        if (r->at > 0 || r->status == 3) continue;
        if (r->status == 1) return REVOKED;
        if (r->status == 2 && r->at > held) held = r->at;
        if (r->status == 0 && r->until >= 0 && r->at > good) good = r->at;
    }
    if (held > -100000 && held >= good) return REVOKED;
    return good > -100000 ? GOOD : UNKNOWN;
}

static state judge_cert(question *q, int depth) {
    const node *n = &q->m->nodes[q->path[depth]];
    state found = by_responses(q, depth, n);
    unsigned covered = 0;
    int doubt = 0;
    for (int i = 0; found != REVOKED && i < q->m->num_lists; i++) {
        const list *crl = &q->m->lists[i];
        const entry *e = entry_of(crl, n);
        unsigned reasons = scope_of(crl, n);
        if (reasons == 0 || crl->at > 0) continue;
        if (e != NULL && is_vouched(q, depth, crl, 1, &doubt) &&
            (e->reason != 6 || !is_lifted(q, depth, crl, n)))
            return REVOKED;
        if (e != NULL && e->reason != 6) continue;
        if (crl->until >= 0 && is_vouched(q, depth, crl, 0, &doubt)) covered |= reasons;
    }
    if (found == REVOKED) return REVOKED;
    if (doubt) return DOUBTFUL;
    return covered == ALL ? GOOD : found;
}

static int is_fine(question *q, int may) {
    for (int depth = 0; depth < (q->m->is_chain ? q->len : 1); depth++) {
        state found = judge_cert(q, depth);
        if (found == REVOKED || found == DOUBTFUL || (found == UNKNOWN && !may)) return 0;
    }
    return 1;
}

static int is_on_path(const question *q, entity e) {
    for (int i = 0; i < q->len; i++) {
        if (same_entity(q->m->nodes[q->path[i]].subject, e)) return 1;
    }
    return 0;
}

static int find(question *q, int only_anchor, int may) {
    const model *m = q->m;
    entity wanted = m->nodes[q->path[q->len - 1]].signer;
    for (int i = 0; i < m->num_anchors; i++) {
        if ((only_anchor >= 0 && i != only_anchor) || !same_entity(m->anchors[i], wanted)) continue;
        q->anchor = i;
        if (is_fine(q, may)) return 1;
    }
    for (int i = 0; i < m->num_nodes; i++) {
        const node *n = &m->nodes[i];
        if (!n->is_ca || !same_entity(n->subject, wanted) || is_on_path(q, n->subject)) continue;
        if (n->in_evidence && q->level == 0) continue;
        if (!q->to_revoke && is_asked_about(q, n->subject)) continue;
        q->path[q->len++] = i;
        int found = find(q, only_anchor, may);
        q->len--;
        if (found) return 1;
    }
    return 0;
}

/* Who would revoke need not be known to be good itself. */
static word signer_word(question *above, int target, int to_revoke) {
    question q = {.m = above->m, .above = above, .len = 1, .level = above->level + 1, .to_revoke = to_revoke};
    q.path[0] = target;
    if (find(&q, above->anchor, to_revoke)) return SIGNERS;
    return q.is_deep ? TOO_DEEP : NOBODYS;
}

static int is_trusted(const model *m, int *is_deep) {
    question q = {.m = m, .len = 1};
    int found = find(&q, -1, m->may);
    *is_deep = q.is_deep;
    return found;
}

/* --- Random models --- */

static uint32_t seed;

static int dice(int sides) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (int)((seed >> 4) % (uint32_t)sides);
}

static entity random_entity(int num_names, int num_keys) {
    static const char names[] = "RABCQ";
    entity e = {names[dice(num_names)], 0};
    if (e.name != 'R' && e.name != 'Q') e.key = dice(num_keys);
    return e;
}

static list random_list(int num_keys, int has_indirect) {
    static const unsigned parts[] = {ALL, ALL, ALL, 0x1E, 0x1E0};
    list l = {.signer = random_entity(5, num_keys), .reasons = parts[dice(5)], .number = -1};
    l.is_forged = dice(8) == 0;
    l.at = dice(10) == 0 ? 1 : -60 * (1 + dice(3));
    l.until = dice(5) == 0 ? -1 : 3600;
    if (dice(2)) l.number = dice(4);
    l.kind = "UC\0\0\0\0"[dice(6)];
    l.is_indirect = has_indirect && dice(2);
    l.num = dice(4);
    char issuer = l.signer.name;
    for (int i = 0; i < l.num; i++) {
        if (l.is_indirect && dice(2)) issuer = random_entity(5, 1).name;
        l.entries[i] = (entry){1 + dice(4), dice(2) ? 6 : 1, issuer};
    }
    return l;
}

static response random_response(int num_keys) {
    response r = {.signer = random_entity(5, num_keys), .serial = 1 + dice(4), .status = dice(4)};
    r.is_forged = dice(8) == 0;
    r.at = dice(10) == 0 ? 1 : -60 * (1 + dice(3));
    r.until = dice(5) == 0 ? -1 : 3600;
    return r;
}

/* Names that have one key each, or two: then signers off the path occur. */
static model random_model(int num_keys, int has_indirect) {
    model m = {.num_anchors = 1 + dice(2), .anchors = {{'R', 0}, {'Q', 0}}};
    m.num_nodes = 2 + dice(MOST_CERTS - 2);
    m.num_lists = dice(MOST_CRLS + 1);
    m.num_responses = dice(3) ? 0 : dice(4);
    m.is_chain = dice(2);
    m.may = dice(4) == 0;
    for (int i = 0; i < m.num_nodes; i++) {
        node *n = &m.nodes[i];
        n->subject = random_entity(3, num_keys);
        while (n->subject.name == 'R')
            n->subject = random_entity(4, num_keys);
        n->signer = random_entity(5, num_keys);
        n->serial = 1 + dice(4);
        n->is_ca = i > 0;
        n->in_evidence = i > 0 && dice(4) == 0;
        if (has_indirect && dice(3) == 0) n->dp = random_entity(5, 1).name;
    }
    m.nodes[0].is_ca = dice(2);
    if (!m.nodes[0].is_ca) m.nodes[0].subject = (entity){'L', 0};
    for (int i = 0; i < m.num_lists; i++) {
        m.lists[i] = random_list(num_keys, has_indirect);
    }
    for (int i = 0; i < m.num_responses; i++) {
        m.responses[i] = random_response(num_keys);
    }
    return m;
}

/* --- A model as lines --- */

static void put_node(world *w, const node *n) {
    char line[200], dp[32] = "";
    if (n->dp) snprintf(dp, sizeof dp, "dp:;id=%c", n->dp);
    snprintf(line, sizeof line, "%s%c by %c key:%c%d signed:%c%d serial:%d %s %s",
             n->in_evidence ? "ev " : "", n->subject.name, n->signer.name, n->subject.name, n->subject.key,
             n->signer.name, n->signer.key, n->serial, n->is_ca ? "CA" : "", dp);
    world_line(w, line);
}

static void put_list(world *w, const list *l) {
    char line[400], *at = line;
    at += sprintf(at, "crl %c signed:%c%d at:%d until:%d", l->signer.name, l->signer.name, l->signer.key,
                  l->at, l->until);
    if (l->is_forged)
        at = line + sprintf(line, "crl %c signed:none aki:%c%d at:%d until:%d", l->signer.name,
                            l->signer.name, l->signer.key, l->at, l->until);
    if (l->number >= 0) at += sprintf(at, " n:%d", l->number);
    if (l->kind || l->is_indirect || l->reasons != ALL) at += sprintf(at, " idp:");
    if (l->kind) at += sprintf(at, ";%c", l->kind);
    if (l->is_indirect) at += sprintf(at, ";I");
    if (l->reasons != ALL) at += sprintf(at, ";k%s", l->reasons == 0x1E ? "1234" : "5678");
    char before = l->signer.name;
    for (int i = 0; i < l->num; i++) {
        const entry *e = &l->entries[i];
        at += sprintf(at, "%s%d=%d", i ? "," : " rev:", e->serial, e->reason);
        if (e->issuer != before) at += sprintf(at, "@%c", e->issuer);
        before = e->issuer;
    }
    world_line(w, line);
}

static void put_response(world *w, const response *r) {
    static const char *const answers[] = {"good:%d", "revoked:%d=1", "revoked:%d=6", "unknown:%d"};
    char line[200], *at = line;
    at += sprintf(at, "ocsp %c of:%c key:%c%d at:%d until:%d ", r->signer.name, r->signer.name,
                  r->signer.name, r->signer.key, r->at, r->until);
    if (r->is_forged)
        at += sprintf(at, "signed:none ");
    else
        at += sprintf(at, "signed:%c%d ", r->signer.name, r->signer.key);
    snprintf(at, 40, answers[r->status], r->serial);
    world_line(w, line);
}

static world *world_of_model(const model *m) {
    world *w = world_new();
    w->policy.budget = (pv_budget){100000, 1000000, 1000000, 1000, 1u << 28};
    w->policy.revocation = m->is_chain ? PV_REVOCATION_CHAIN : PV_REVOCATION_LEAF;
    w->policy.may_lack_evidence = (uint8_t)m->may;
    for (int i = 0; i < m->num_nodes; i++) {
        put_node(w, &m->nodes[i]);
    }
    for (int i = 0; i < m->num_anchors; i++) {
        world_line(w, i ? "anchor Q by Q CA key:Q0 signed:Q0" : "anchor R by R CA key:R0 signed:R0");
    }
    for (int i = 0; i < m->num_lists; i++) {
        put_list(w, &m->lists[i]);
    }
    for (int i = 0; i < m->num_responses; i++) {
        put_response(w, &m->responses[i]);
    }
    world_seal(w);
    return w;
}

typedef struct tally {
    unsigned trusted, refused, revoked, differ;
} tally;

static void compare(tally *t, int num_keys, int has_indirect, uint32_t begin) {
    seed = begin * 2654435761u + 1;
    model m = random_model(num_keys, has_indirect);
    world *w = world_of_model(&m);
    const pv_verdict *v = world_judge(w);
    int is_deep = 0, expected = is_trusted(&m, &is_deep);
    int is_right = v->outcome == (expected ? PV_OUTCOME_TRUSTED : PV_OUTCOME_REFUSED);
    /* Only what hangs on too many signers may stay open, and then it is not trusted. */
    if (v->outcome == PV_OUTCOME_UNDECIDED)
        is_right = !expected && is_deep && v->reason == PV_R_EVIDENCE_DEPTH;
    t->trusted += v->outcome == PV_OUTCOME_TRUSTED;
    t->refused += v->outcome == PV_OUTCOME_REFUSED;
    t->revoked += v->reason == PV_R_REVOKED;
    t->differ += !is_right;
    CHECK_MSG(is_right, "model %u of %d keys: outcome %d, reason %d, the oracle says %d", begin, num_keys,
              v->outcome, v->reason, expected);
    world_free(w);
}

static void compare_many(int num_keys, int has_indirect, uint32_t num) {
    tally t = {0, 0, 0, 0};
    for (uint32_t i = 0; i < num; i++) {
        compare(&t, num_keys, has_indirect, i);
    }
    /* Models that all come out alike prove nothing. */
    CHECK_MSG(t.trusted > num / 50 && t.revoked > num / 50 && t.refused - t.revoked > num / 50,
              "%u trusted, %u revoked, %u refused", t.trusted, t.revoked, t.refused);
}

TEST(one_key_for_each_name) {
    compare_many(1, 0, MODELS * 1000);
}

TEST(indirect_crls) {
    compare_many(1, 1, MODELS * 1000);
}

TEST(signers_off_the_path) {
    compare_many(2, 1, MODELS * 1000);
}

#endif
