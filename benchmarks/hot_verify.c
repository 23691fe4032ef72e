/* hot_verify.c: the tables of hot keys by themselves: signatures whose digests are ready, timed in C.
 * Compiled with the layers' own sources by hot.py. */
#define _POSIX_C_SOURCE 200809L
#include "host/p256.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* hot_measure: nanoseconds for all checks, `batch` at a time; below 0 if one came out other than `wanted`. */
int64_t hot_measure(const pvh_p256 *p256, pvh_p256_check *checks, size_t num, size_t batch, int wanted) {
    void *room = aligned_alloc(64, (pvh_p256_room_size() + 63u) & ~(size_t)63u);
    int64_t begin = now_ns();
    if (!room) return -1;
    for (size_t i = 0; i < num; i += batch) {
        size_t size = num - i < batch ? num - i : batch;
        if (size == 1)
            pvh_p256_verify_one(p256, &checks[i]);
        else
            pvh_p256_verify(p256, &checks[i], size, room);
    }
    int64_t elapsed = now_ns() - begin;
    free(room);
    for (size_t i = 0; i < num; i++)
        if (checks[i].is_good != wanted) return -1;
    return elapsed;
}

/* hot_table_ns: nanoseconds to make a table of this point; below 0: it is none. */
int64_t hot_table_ns(const uint8_t point[64], unsigned width) {
    int64_t begin = now_ns();
    pvh_p256_table *table = pvh_p256_table_new(point, width);
    int64_t elapsed = table ? now_ns() - begin : -1;
    pvh_p256_table_free(table);
    return elapsed;
}
