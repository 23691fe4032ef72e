/* worst_evidence.c: what the dearest known evidence costs, as worst_cases.c tells it of certificates. Build
 * with -O2, run without arguments; exit status 1 if a case took more than 20 ms (given as an argument:
 * another number of milliseconds), or was trusted. */
#define _POSIX_C_SOURCE 200809L
#define GRAPH_ROOM      0x300000
#define MAX_EVIDENCE    2100
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "hostile_evidence.h"

#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int measure(const hostile_case *h, double limit_ms) {
    world *w = hostile_world(h);
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        double start = now_ms();
        world_judge(w);
        double took = now_ms() - start;
        if (took < best) best = took;
    }
    int is_slow = best > limit_ms || w->v.outcome == PV_OUTCOME_TRUSTED;
    printf("%-56s %8.2f ms  outcome %u reason %3u  sig %u steps %u names %u bytes %u%s\n", h->what, best,
           w->v.outcome, w->v.reason, w->v.spent.signatures, w->v.spent.steps, w->v.spent.names,
           w->v.spent.bytes, is_slow ? "  TOO SLOW" : "");
    fflush(stdout);
    world_free(w);
    return is_slow;
}

int main(int argc, char **argv) {
    double limit_ms = argc > 1 ? atof(argv[1]) : 20;
    int num_slow = 0;
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        num_slow += measure(&hostile_cases[i], limit_ms);
    }
    return num_slow != 0;
}
