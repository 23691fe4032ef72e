/* lens.h: sums of lengths. Includes nothing of ours. */
#ifndef PV_HOST_LENS_H
#define PV_HOST_LENS_H

#include <stddef.h>
#include <stdint.h>

/* Sums of 32-bit lengths cannot wrap in 64 bits. */
static inline uint64_t pvh_total_len(const uint32_t *lens, uint32_t num) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < num; i++)
        sum += lens[i];
    return sum;
}

static inline int pvh_lens_fit(const uint32_t *lens, uint32_t num, size_t room) {
    return num == 0 || (lens && pvh_total_len(lens, num) <= room);
}

#endif
