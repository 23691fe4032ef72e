/* parse_certs.c: what reading certificates costs, timed in C: pv_cert_parse over several certificates in
 * turn, so that no branch predictor learns one of them by heart. Compiled together with the core, by its own
 * flags. */
#define _POSIX_C_SOURCE 200809L
#include "cert.h"

#include <time.h>

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void parse_each(const uint8_t *der, const uint32_t *lens, uint32_t num, uint32_t *num_bad) {
    for (uint32_t i = 0; i < num; i++) {
        pv_cert view;
        pv_fault fault;
        *num_bad += pv_cert_parse(&view, &fault, (pv_span){der, lens[i]}) != PV_OK;
        der += lens[i];
    }
}

/* parse_measure: nanoseconds of `times` readings of all `num` certificates, which stand one after another;
 * below 0 if one could not be read. */
int64_t parse_measure(const uint8_t *der, const uint32_t *lens, uint32_t num, uint32_t times) {
    uint32_t num_bad = 0;
    int64_t begin = now_ns();
    for (uint32_t i = 0; i < times; i++)
        parse_each(der, lens, num, &num_bad);
    int64_t elapsed = now_ns() - begin;
    return num_bad == 0 ? elapsed : -1;
}
