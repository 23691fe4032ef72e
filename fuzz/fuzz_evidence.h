/* fuzz_evidence.h: what fuzz_crl.c and fuzz_ocsp.c share: inputs that are random, or made of a good one
 * changed by a few bytes, and a main of its own.
 *
 * libFuzzer's entry: the first byte chooses (0 to 127: the rest as it is; otherwise a seed changed by it).
 * Unless FUZZ_LIBFUZZER is defined, a main: SECONDS [SEED]. */
#ifndef FUZZ_EVIDENCE_H
#define FUZZ_EVIDENCE_H

#define _POSIX_C_SOURCE 199309L
#include "der.h"
#include "evidence.h"

#include <time.h>

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static unsigned long num_read, num_refused;

static int is_inside(pv_span whole, pv_span part) {
    if (part.len == 0) return 1;
    return part.data >= whole.data && part.len <= whole.len &&
           (size_t)(part.data - whole.data) <= whole.len - part.len;
}

/* The two that each target has of its own. */
static void make_seed(der_out *o, unsigned which);
static void check_der(pv_span der, uint8_t hint);

/* Changes a seed: each four bytes are a place, an operation, and a value. */
static void change(der_out *o, const uint8_t *data, size_t len) {
    for (size_t i = 1; i + 3 < len; i += 4) {
        size_t at = ((size_t)data[i] << 8 | data[i + 1]) % o->len;
        switch (data[i + 2] % 4) {
        case 0: o->data[at] = data[i + 3]; break;
        case 1: o->data[at] ^= (uint8_t)(1u << (data[i + 3] % 8)); break;
        case 2: o->data[at] = (uint8_t)(o->data[at] + data[i + 3] % 5 - 2); break;
        default: memmove(o->data + at, o->data + (at + o->len) / 2, o->len - (at + o->len) / 2); break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static der_out seed;
    if (len == 0) return 0;
    pv_span der = {data + 1, len - 1};
    if (data[0] >= 128) {
        make_seed(&seed, data[0]);
        change(&seed, data, len);
        der = (pv_span){seed.data, seed.len};
    }
    uint8_t *exact = malloc(der.len + !der.len); /* so that the sanitizer sees a byte too far */
    if (der.len > 0) memcpy(exact, der.data, der.len);
    check_der((pv_span){exact, der.len}, data[len - 1]);
    free(exact);
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
    uint8_t data[256];
    time_t end = time(NULL) + (time_t)seconds;
    unsigned long runs = 0;
    for (; runs % 256 != 0 || time(NULL) < end; runs++) {
        state = (seed + runs) * 0x9E3779B97F4A7C15u + 1;
        size_t len = 1 + random_byte() % (runs % 16 == 0 ? 200u : 14u);
        for (size_t i = 0; i < len; i++)
            data[i] = random_byte();
        if (runs % 16 != 0) data[0] |= 128; /* random bytes alone are hardly ever what is wanted */
        LLVMFuzzerTestOneInput(data, len);
    }
    printf("%s: %lu inputs from seed %llu: %lu read, %lu refused\n", argv[0], runs, (unsigned long long)seed,
           num_read, num_refused);
    return 0;
}
#endif
#endif
