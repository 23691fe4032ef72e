#define _GNU_SOURCE
#include "host/hash.h"

#include <stdio.h>
#include <time.h>

/* /dev/urandom rather than getrandom: the same answer, and every libc has it. */
static int read_random(void *out, size_t len) {
    FILE *file = fopen("/dev/urandom", "rb");
    if (!file) return 0;
    size_t got = fread(out, 1, len, file);
    fclose(file);
    return got == len;
}

pvh_hash_key pvh_hash_key_make(void) {
    pvh_hash_key key;
    struct timespec now = {0, 0};
    if (read_random(&key, sizeof key)) return key;
    clock_gettime(CLOCK_MONOTONIC, &now);
    key.a = pvh_fold((uint64_t)(uintptr_t)&key, 0x9E3779B97F4A7C15u ^ (uint64_t)now.tv_nsec);
    key.b = pvh_fold((uint64_t)(uintptr_t)&now, 0xC2B2AE3D27D4EB4Fu ^ (uint64_t)now.tv_sec);
    return key;
}
