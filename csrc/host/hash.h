/* hash.h: a keyed 64-bit hash that finds entries in tables; what is found is always compared in full. The key
 * is random and stays in the process, so that nobody outside can aim at a slot. */
#ifndef PV_HOST_HASH_H
#define PV_HOST_HASH_H

#include "pyvalidator.h"

#include <string.h>

typedef struct pvh_hash_key {
    uint64_t a, b;
} pvh_hash_key;

/* pvh_hash_key_make: from the system's random numbers; where it gives none, from addresses and the clock (the
 * tables are then still right, only less well hidden). */
pvh_hash_key pvh_hash_key_make(void);

/* Both halves of the 128-bit product, one over the other. */
static inline uint64_t pvh_fold(uint64_t x, uint64_t y) {
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t xl = x & 0xFFFFFFFFu, xh = x >> 32, yl = y & 0xFFFFFFFFu, yh = y >> 32;
    uint64_t low = xl * yl, mid = xh * yl + (low >> 32), more = xl * yh + (mid & 0xFFFFFFFFu);
    return (low & 0xFFFFFFFFu) ^ (more << 32) ^ (xh * yh + (mid >> 32) + (more >> 32));
#endif
}

static inline uint64_t pvh_load64(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static inline uint64_t pvh_hash(pvh_hash_key key, pv_span data) {
    uint64_t state = key.a ^ (uint64_t)data.len, last[2] = {0, 0};
    size_t at = 0;
    for (; data.len - at >= 16; at += 16)
        state = pvh_fold(pvh_load64(data.data + at) ^ key.b, pvh_load64(data.data + at + 8) ^ state) + key.a;
    if (data.len > at) memcpy(last, data.data + at, data.len - at);
    state = pvh_fold(last[0] ^ key.b, last[1] ^ state);
    return pvh_fold(state ^ key.a, key.b | 1);
}

#define PVH_TAIL 48u

/* pvh_hash_tail: of a certificate. It ends in its signature, and no two that are worth telling apart end
 * alike; who makes some that do costs a few comparisons, which end where they differ. */
static inline uint64_t pvh_hash_tail(pvh_hash_key key, pv_span der) {
    size_t len = der.len < PVH_TAIL ? der.len : PVH_TAIL;
    return pvh_hash(key, (pv_span){der.data + (der.len - len), len});
}

static inline int pvh_equal(pv_span a, pv_span b) {
    return a.len == b.len && (a.data == b.data || a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
