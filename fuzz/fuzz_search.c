/* fuzz_search.c: random certificate graphs against a search that is too simple to be wrong.
 *
 * Laws: TRUSTED only if the simple search finds a path, REFUSED only if it finds none, UNDECIDED only for the
 * budget or for an engine without an answer; what was spent is within the budget, and is what was asked for;
 * the order of the candidates changes nothing; a request among others gets the verdict that it gets alone; a
 * path told is one; a search whose every path is refused ends.
 *
 * libFuzzer's entry; and, unless FUZZ_LIBFUZZER is defined, a main: fuzz_search SECONDS [SEED]. */
#define _POSIX_C_SOURCE 199309L
#include "graph.h"

#include "der.h"

#include <time.h>

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#define MOST 12 /* certificates */
#define MANY 4  /* requests */

typedef struct input {
    const uint8_t *data;
    size_t len;
} input;

static unsigned take(input *in, unsigned below) {
    if (in->len == 0) return 0;
    in->len--;
    return *in->data++ % below;
}

/* Certificates as the simple search sees them. */
typedef struct node {
    char subject, issuer;
    unsigned key, signer; /* of the subject; of the issuer */
    int ca, path_len, is_valid, is_odd;
} node;

typedef struct world {
    graph *g;
    node nodes[MOST], anchors[MOST];
    unsigned num_nodes, num_anchors;
    unsigned oddness; /* 0: an honest engine */
    unsigned max_intermediates;
} world;

static unsigned num_lines; /* what was tried, for the last line */
static unsigned outcomes[4];

/* --- The engine: for some pairs of key and signature always the same odd answer
 * ------------------------------------------------ */

static uint8_t odd_answer(const world *w, const uint8_t *point, const uint8_t *signature) {
    static const uint8_t odd[] = {PV_SIG_NOT_CHECKED, PV_SIG_UNSUPPORTED, PV_SIG_BAD, 4, 255};
    unsigned sum = (unsigned)point[7] * 31 + (unsigned)signature[9] * 17 + w->oddness;
    if (w->oddness == 0 || sum % 5 != 0) return PV_SIG_GOOD;
    return odd[sum / 5 % sizeof odd];
}

static uint8_t judge(const world *w, const pv_job *job) {
    const uint8_t *point = job->spki.data + job->spki.len - 65;
    uint8_t honest = graph_judge(job);
    return honest == PV_SIG_GOOD ? odd_answer(w, point, job->signature.data) : honest;
}

static void check(void *ctx, pv_job *jobs, size_t num_jobs) {
    world *w = ctx;
    for (size_t i = 0; i < num_jobs; i++) {
        MUST(jobs[i].after <= i && jobs[i].result == PV_SIG_NOT_CHECKED);
        if (jobs[i].after && jobs[jobs[i].after - 1].result != PV_SIG_GOOD) continue;
        w->g->num_jobs++;
        jobs[i].result = judge(w, &jobs[i]);
    }
}

/* --- The simple search
 * ----------------------------------------------------------------------------------------------------------
 */

static void key_name(char out[8], char subject, unsigned key) {
    snprintf(out, 8, "%c%u", subject, key);
}

/* Whether the key of `issuer`'s name signed `child`, as the engine has it. */
static int is_signed(const world *w, const node *child, const node *issuer) {
    uint8_t point[65], signature[65];
    char name[8];
    key_name(name, issuer->subject, issuer->key);
    key_point(point, name);
    key_name(name, child->issuer, child->signer);
    key_point(signature, name);
    return memcmp(point, signature, 65) == 0 && odd_answer(w, point, signature) == PV_SIG_GOOD;
}

static unsigned counted(const node *const *path, unsigned len) {
    unsigned num = 0;
    for (unsigned i = 1; i < len; i++) {
        num += path[i]->subject != path[i]->issuer;
    }
    return num;
}

static int may_issue(const world *w, const node *const *path, unsigned len, const node *issuer) {
    const node *child = path[len - 1];
    return issuer->subject == child->issuer && issuer->is_valid && is_signed(w, child, issuer) &&
           (issuer->path_len < 0 || counted(path, len) <= (unsigned)issuer->path_len);
}

static int is_on_path(const node *const *path, unsigned len, const node *n) {
    for (unsigned i = 0; i < len; i++) {
        if (path[i]->subject == n->subject && path[i]->key == n->key) return 1;
    }
    return 0;
}

static int find(const world *w, const node **path, unsigned len) {
    for (unsigned i = 0; i < w->num_anchors; i++) {
        if (may_issue(w, path, len, &w->anchors[i])) return 1;
    }
    for (unsigned i = 0; i < w->num_nodes; i++) {
        const node *n = &w->nodes[i];
        if (is_on_path(path, len, n) || !n->ca || n->is_odd || !may_issue(w, path, len, n)) continue;
        if (n->subject != n->issuer && counted(path, len) >= w->max_intermediates) continue;
        path[len] = n;
        if (find(w, path, len + 1)) return 1;
    }
    return 0;
}

static int has_path(const world *w, unsigned target) {
    const node *path[MOST + 1] = {&w->nodes[target]};
    return w->nodes[target].is_valid && !w->nodes[target].is_odd && find(w, path, 1);
}

/* --- Graphs out of bytes
 * -------------------------------------------------------------------------------------------------------- */

static node read_node(input *in, unsigned num_names) {
    node n;
    unsigned flags = take(in, 256);
    n.subject = (char)('A' + take(in, num_names));
    n.issuer = (char)('A' + take(in, num_names));
    n.key = take(in, 2);
    n.signer = take(in, 2);
    n.ca = flags % 8 != 0;
    n.path_len = flags / 8 % 8 < 2 ? (int)(flags / 8 % 8) : -1;
    n.is_valid = flags / 64 != 3 || take(in, 3) != 0;
    n.is_odd = take(in, 16) == 1;
    return n;
}

static void write_line(char line[200], const node *n, unsigned serial) {
    char length[16] = "";
    if (n->ca && n->path_len >= 0) snprintf(length, sizeof length, "len:%d", n->path_len);
    snprintf(line, 200, "%c by %c key:%c%u signed:%c%u serial:%u %s %s %s %s %s", n->subject, n->issuer,
             n->subject, n->key, n->issuer, n->signer, serial, n->ca ? "ca" : "", length,
             n->is_valid ? "" : "to:1640995200", n->is_odd ? "crit" : "", serial % 2 ? "noids" : "");
    num_lines++;
}

static void read_world(world *w, input *in) {
    char line[200];
    unsigned num_names = 2 + take(in, 6);
    memset(w, 0, sizeof *w);
    w->g = graph_new();
    w->oddness = take(in, 3) == 2 ? take(in, 256) : 0;
    w->max_intermediates = take(in, 10);
    w->num_nodes = 1 + take(in, MOST);
    w->num_anchors = take(in, 4);
    for (unsigned i = 0; i < w->num_nodes; i++) {
        w->nodes[i] = read_node(in, num_names);
        if (!w->nodes[i].ca) w->nodes[i].path_len = -1;
        write_line(line, &w->nodes[i], 1 + take(in, 3));
        graph_send(w->g, line);
    }
    for (unsigned i = 0; i < w->num_anchors; i++) {
        w->anchors[i] = read_node(in, num_names);
        w->anchors[i].ca = 1;
        w->anchors[i].is_odd =
            0; /* a critical extension of an anchor binds nobody under ANCHOR_CONSTRAINTS */
        write_line(line, &w->anchors[i], 1 + i);
        graph_anchor(w->g, line);
    }
    graph_seal(w->g);
    if (take(in, 4) == 1) w->g->store.index.num_slots = 0;
}

static pv_policy make_policy(const world *w, input *in) {
    pv_policy policy = GRAPH_POLICY;
    policy.max_intermediates = (uint8_t)w->max_intermediates;
    if (take(in, 4) == 1) policy.budget.signatures = take(in, 80);
    if (take(in, 4) == 1) policy.budget.steps = take(in, 256);
    if (take(in, 16) == 1) policy.budget.bytes = take(in, 256) * 16;
    if (take(in, 16) == 1) policy.budget.signatures = policy.budget.steps = 0xFFFFFFFFu;
    return policy;
}

/* --- Laws
 * -----------------------------------------------------------------------------------------------------------------------
 */

static pv_status run(world *w, pv_request *requests, uint32_t num) {
    pv_checker checker = {w, check, NULL};
    pv_policy most = *requests[0].policy;
    for (uint32_t i = 0; i < num; i++) {
        if (requests[i].policy->budget.signatures > most.budget.signatures) most = *requests[i].policy;
    }
    size_t size = pv_workspace_size(num, MOST, &most);
    uint8_t *workspace = malloc(size);
    memset(workspace, 0xA5, size);
    pv_status status = pv_validate(workspace, size, requests, num, &checker);
    for (unsigned pauses = 0; status == PV_SUSPENDED; pauses++) {
        MUST(pauses < 20000);
        status = pv_resume(workspace, size, requests, num, &checker);
    }
    free(workspace);
    return status;
}

static int is_within(const pv_budget *spent, const pv_budget *budget) {
    return spent->signatures <= budget->signatures && spent->steps <= budget->steps &&
           spent->names <= budget->names && spent->bytes <= budget->bytes && spent->policy_nodes == 0;
}

/* The path told is one: names and keys meet, and an anchor stands at its end. */
static void check_path(const world *w, const pv_request *r) {
    const pv_verdict *v = &r->verdict;
    MUST(v->path_len >= 1 && v->path[0] == 0 && v->anchor < w->num_anchors);
    for (unsigned i = 0; i < v->path_len; i++) {
        const pv_cert *child = r->certs[v->path[i]];
        pv_span key =
            i + 1 < v->path_len ? pv_cert_spki(r->certs[v->path[i + 1]]) : w->g->anchors[v->anchor].spki;
        pv_span subject = i + 1 < v->path_len ? pv_cert_subject(r->certs[v->path[i + 1]])
                                              : w->g->anchors[v->anchor].subject;
        MUST(memcmp(key.data + key.len - 65, pv_cert_signature(child).data, 65) == 0);
        MUST(pv_span_equal(subject, pv_cert_issuer(child)));
    }
}

static void check_verdict(const world *w, const pv_request *r, unsigned target) {
    const pv_verdict *v = &r->verdict;
    int expected = has_path(w, target);
    MUST(v->outcome >= PV_OUTCOME_TRUSTED && v->outcome <= PV_OUTCOME_UNDECIDED);
    outcomes[v->outcome]++;
    MUST(is_within(&v->spent, &r->policy->budget));
    MUST((v->outcome == PV_OUTCOME_TRUSTED) == (v->reason == PV_OK));
    if (v->outcome == PV_OUTCOME_TRUSTED) {
        MUST(expected);
        check_path(w, r);
    } else {
        MUST(v->path_len == 0 && v->anchor == PV_NODE_NONE);
    }
    if (v->outcome == PV_OUTCOME_REFUSED) MUST(!expected);
    if (v->outcome != PV_OUTCOME_UNDECIDED) return;
    MUST((v->reason >= PV_R_BUDGET_SIGNATURES && v->reason <= PV_R_BUDGET_POLICY_NODES) ||
         (v->reason == PV_R_SIGNATURE_NOT_CHECKED && w->oddness != 0) ||
         (v->reason == PV_R_LIMIT_PATH && PV_MAX_PATH < MOST));
}

/* The target first, the others in an order out of bytes. */
static void arrange(const world *w, const pv_cert **certs, unsigned target, input *in) {
    memcpy(certs, w->g->sent, w->num_nodes * sizeof *certs);
    certs[0] = w->g->sent[target];
    certs[target] = w->g->sent[0];
    for (unsigned k = w->num_nodes - 1; k > 1; k--) {
        unsigned with = 1 + take(in, k);
        const pv_cert *kept = certs[k];
        certs[k] = certs[with];
        certs[with] = kept;
    }
}

static void check_same(const pv_request *a, const pv_request *b) {
    const pv_verdict *v = &a->verdict, *u = &b->verdict;
    MUST(v->outcome == u->outcome && v->reason == u->reason && v->path_len == u->path_len &&
         v->anchor == u->anchor);
    MUST(v->depth == u->depth && v->field == u->field && v->num_records == u->num_records);
    MUST(memcmp(&v->spent, &u->spent, sizeof v->spent) == 0);
    for (unsigned i = 0; i < v->path_len; i++) {
        MUST(pv_span_equal(pv_cert_der(a->certs[v->path[i]]), pv_cert_der(b->certs[u->path[i]])));
    }
}

static pv_request ask(world *w, const pv_policy *policy, const pv_cert *const *certs) {
    pv_request r = graph_request(w->g, policy);
    r.certs = certs;
    return r;
}

static void check_refusing_all(world *w, pv_policy policy, const pv_cert *const *certs) {
    policy.pause = PV_PAUSE_PATH;
    pv_request r = ask(w, &policy, certs);
    MUST(run(w, &r, 1) == PV_DONE);
    MUST(r.verdict.outcome == PV_OUTCOME_REFUSED || r.verdict.outcome == PV_OUTCOME_UNDECIDED);
}

static void check_alone(world *w, pv_request *r, unsigned target, input *in) {
    const pv_cert *shuffled[MOST];
    pv_record log[3];
    w->g->num_jobs = 0;
    MUST(run(w, r, 1) == PV_DONE);
    check_verdict(w, r, target);
    MUST(w->g->num_jobs * PV_COST_P256 == r->verdict.spent.signatures);
    arrange(w, shuffled, target, in);
    pv_request again = ask(w, r->policy, shuffled);
    again.records = log;
    again.max_records = take(in, 4);
    MUST(run(w, &again, 1) == PV_DONE);
    check_same(r, &again);
    if (r->policy->budget.steps < 50000) check_refusing_all(w, *r->policy, r->certs);
}

static void check_world(world *w, input *in) {
    const pv_cert *certs[MANY][MOST];
    pv_policy policies[MANY];
    pv_request alone[MANY], together[MANY];
    unsigned num = 1 + take(in, MANY);
    uint32_t jobs = 0;
    for (unsigned i = 0; i < num; i++) {
        unsigned target = take(in, w->num_nodes);
        policies[i] = make_policy(w, in);
        arrange(w, certs[i], target, in);
        alone[i] = together[i] = ask(w, &policies[i], certs[i]);
        check_alone(w, &alone[i], target, in);
        jobs += alone[i].verdict.spent.signatures / PV_COST_P256;
    }
    w->g->num_jobs = 0;
    MUST(run(w, together, num) == PV_DONE);
    MUST(w->g->num_jobs <= jobs);
    for (unsigned i = 0; i < num; i++) {
        check_same(&alone[i], &together[i]);
        MUST(memcmp(&alone[i].verdict, &together[i].verdict, sizeof alone[i].verdict) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    input in = {data, len};
    world w;
    read_world(&w, &in);
    check_world(&w, &in);
    graph_free(w.g);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
static uint64_t state;

static uint8_t random_byte(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 32);
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint8_t data[512];
    time_t end = time(NULL) + (time_t)seconds;
    unsigned long runs = 0;
    for (; runs % 64 != 0 || time(NULL) < end; runs++) {
        state = (seed + runs) * 0x9E3779B97F4A7C15u + 1;
        size_t len = 40 + random_byte() + random_byte() % 200u;
        for (size_t i = 0; i < len; i++) {
            data[i] = random_byte();
        }
        LLVMFuzzerTestOneInput(data, len);
    }
    printf("fuzz_search: %lu graphs from seed %llu, %u certificates; %u trusted, %u refused, %u undecided\n",
           runs, (unsigned long long)seed, num_lines, outcomes[1], outcomes[2], outcomes[3]);
    return 0;
}
#endif
