/* worst_cases.c: what the dearest known inputs cost the search, one line a case. Signatures cost nothing here
 * (graph.h), so the time is the core's own. Build with -O2 and -DGRAPH_ROOM=0x80000, run without arguments;
 * exit status 1 if a case took more than 20 ms (given as an argument: another number of milliseconds), or was
 * trusted. */
#define _POSIX_C_SOURCE 199309L
#include "graph.h"

#include <time.h>

static double limit_ms = 20;
static int num_slow;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void measure(const char *what, graph *g, const pv_policy *policy) {
    double best = 1e9;
    size_t size = 0;
    pv_verdict v = {0};
    graph_seal(g);
    for (uint32_t i = 0; i < g->num_sent; i++) {
        size += g->sent[i]->der_len;
    }
    for (int round = 0; round < 3; round++) {
        double start = now_ms();
        v = graph_verdict(g, policy, NULL, 0);
        double took = now_ms() - start;
        if (took < best) best = took;
        if (took > 500) break;
    }
    int slow = best > limit_ms || v.outcome == PV_OUTCOME_TRUSTED;
    num_slow += slow;
    printf("%-44s %3u certs %6zu KB %9.2f ms  outcome %u reason %3u  sig %u steps %u names %u%s\n", what,
           g->num_sent, size / 1024, best, v.outcome, v.reason, v.spent.signatures, v.spent.steps,
           v.spent.names, slow ? "  TOO SLOW" : "");
    fflush(stdout);
    graph_free(g);
}

static void mesh(const char *what, int levels, int width, const char *leaf, int rooted, const char *more) {
    graph *g = graph_new();
    pv_policy policy = GRAPH_POLICY;
    char line[200];
    policy.max_intermediates = 23;
    graph_send(g, leaf);
    for (int level = 0; level < levels; level++) {
        for (int i = 0; i < width * width; i++) {
            snprintf(line, sizeof line, "M%d by M%d ca key:M%d.%d signed:M%d.%d %s", level, level + 1, level,
                     i % width, level + 1, i / width, more);
            graph_send(g, line);
        }
    }
    snprintf(line, sizeof line, "M%d by M%d ca noids key:M%d.0 signed:M%d.0", levels, levels, levels, levels);
    graph_anchor(g, rooted ? line : "R by R ca");
    measure(what, g, &policy);
}

/* `num` certificates of one name, issued by that name, each with a key of its own: everything may issue
 * everything. */
static void clique(const char *what, int num, const char *leaf, const char *each, const char *anchor) {
    graph *g = graph_new();
    pv_policy policy = GRAPH_POLICY;
    char line[300];
    policy.max_intermediates = 23;
    graph_send(g, leaf);
    for (int i = 1; i < num; i++) {
        snprintf(line, sizeof line, "%s key:K%d serial:%d", each, i, i % 127 + 1);
        graph_send(g, line);
    }
    graph_anchor(g, anchor);
    measure(what, g, &policy);
}

/* 24 that lead on, each finding the same `num` dear ones, which are tried first and refused. */
static void refused(const char *what, int num, const char *leaf, const char *dear, uint8_t profile,
                    uint8_t purpose) {
    graph *g = graph_new();
    pv_policy policy = GRAPH_POLICY;
    char line[300];
    policy.max_intermediates = 23;
    policy.profile = profile;
    policy.purpose = purpose;
    graph_send(g, leaf);
    for (int i = 0; i < 24 + num; i++) {
        snprintf(line, sizeof line, "%s key:K%d serial:%d", i < 24 ? "M by M ca noids" : dear, i,
                 i % 127 + 1);
        graph_send(g, line);
    }
    graph_anchor(g, "R by R ca");
    measure(what, g, &policy);
}

static void twins(const char *what, int num, const char *each) {
    graph *g = graph_new();
    char line[300];
    graph_send(g, "L by M");
    for (int i = 1; i < num; i++) {
        snprintf(line, sizeof line, "%s serial:%d", each, i % 255);
        graph_send(g, line);
    }
    graph_anchor(g, "R by R ca");
    measure(what, g, &GRAPH_POLICY);
}

static void all_cases(void) {
#define NO "R by R ca"
#define AN "R by R ca key:x signed:x"
    mesh("mesh 10x4, no root", 10, 4, "L by M0 noids", 0, "noids");
    mesh("mesh 10x4, root, forged leaf", 10, 4, "L by M0 noids signed:none", 1, "noids");
    mesh("mesh 10x4, root, forged top", 10, 4, "L by M0 noids", 1, "noids signed:none");
    mesh("mesh 10x5, key ids, no root", 10, 5, "L by M0", 0, "");
    mesh("mesh 3x9, no root", 3, 9, "L by M0 noids", 0, "noids");
    mesh("mesh 23x3, no root", 23, 3, "L by M0 noids", 0, "noids");
    clique("one name, 30 keys, no root", 30, "L by M noids", "M by M ca noids", NO);
    clique("one name, 256 keys, no root", 256, "L by M noids", "M by M ca noids", NO);
    clique("one name, 256 keys, key ids", 256, "L by M", "M by M ca", NO);
    clique("one name, 256 keys, under the anchor", 256, "L by R noids", "R by R ca noids", AN);
    clique("one name, 256 keys, 500 byte names", 256, "L by M_1 noids igap:450",
           "M_1 by M_1 ca noids gap:220 igap:230", NO);
    clique("one name, 256 expired keys", 256, "L by M", "M by M ca to:1640995200", NO);
    clique("one name, 16 attributes each", 256, "L by M attrs:16", "M by M ca attrs:16", NO);
    clique("64 KB key ids", 256, "L by M kid:64000", "M by M ca kid:64000", NO);
    clique("240 KB key ids", 256, "L by M kid:240000", "M by M ca kid:240000", NO);
    clique("240 KB of blanks in names", 256, "L by M_1", "M_1 by M_1 ca gap:120000", NO);
    clique("240 KB of blanks, one key", 256, "L by M_1", "M_1 by M_1 ca gap:120000 igap:100 key:one", NO);
    clique("30 with 64 KB of blanks", 30, "L by M_1", "M_1 by M_1 ca gap:64000", NO);
    clique("16 attributes of 15 KB, permuted", 100, "L by M_1 attrs:16",
           "M_1 by M_1 ca gap:15000 igap:15001 attrs:16", NO);
    clique("20000 purposes", 256, "L by M eku:1", "M by M ca ekus:20000 eku:1", NO);
    clique("2000 purposes, 30", 30, "L by M eku:1", "M by M ca ekus:2000 eku:1", NO);
    clique("extension OID of 240 KB", 256, "L by M", "M by M ca exts:240000", NO);
    clique("extension OID of 1 KB", 256, "L by M", "M by M ca exts:1000", NO);
    clique("a constraint of 240 KB", 256, "L by M", "M by M ca exlen:240000", NO);
    clique("a constraint of 4 KB", 256, "L by M", "M by M ca exlen:4000", NO);
    clique("1000 SANs under 30 x 1000 directories", 30, "L by M sans:1000", "M by M ca exdirs:1000", NO);
    clique("20000 SANs under 30 constraints", 30, "L by M sans:20000", "M by M ca exdirs:1", NO);
    clique("20000 SANs under 30 DNS constraints", 30, "L by M sans:20000", "M by M ca permit:device.example",
           NO);
    clique("200 SANs under 30 DNS constraints", 30, "L by M sans:200", "M by M ca permit:example", NO);
    clique("directories of 16 attributes", 30, "L by M attrs:16", "M by M ca exdirs:500 attrs:16", NO);
    refused("230 refused for 3500 purposes", 230, "L by M", "M by M ca ekus:3500 eku:2 to:1900022400", 3, 2);
    refused("230 refused for 300 purposes", 230, "L by M", "M by M ca ekus:300 eku:2 to:1900022400", 3, 2);
    refused("230 refused for an OID of 30 KB", 230, "L by M", "M by M ca exts:30000 to:1900022400", 3, 1);
    refused("230 refused for an OID of 500 octets", 230, "L by M", "M by M ca exts:500 to:1900022400", 3, 1);
    refused("230 refused by a constraint, 100 SANs", 230, "L by M sans:100 dns:a.b",
            "M by M ca exclude:b to:1900022400", 3, 1);
    refused("230 refused by 100 directories", 230, "L by M", "M by M ca exdirs:100 pcons to:1900022400", 1,
            1);
    refused("230 key ids of 128 octets", 230, "L by M kid:128", "M by M ca kid:128 to:1900022400", 1, 1);
    twins("256 twins of 240 KB", 256, "M by M ca tail:240000");
    twins("256 twins of 8 KB", 256, "M by M ca tail:8000");
    twins("256 twins of 1 KB", 256, "M by M ca tail:1000");
}

int main(int argc, char **argv) {
    if (argc > 1) limit_ms = atof(argv[1]);
    all_cases();
    return num_slow != 0;
}
