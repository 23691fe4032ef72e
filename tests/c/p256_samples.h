/* p256_samples.h: keys and signatures of P-256 by the book, and what libcrypto says of them. PV_SEED: where
 * the random numbers begin; PV_CASES: how many cases a test makes of them. */
#ifndef P256_SAMPLES_H
#define P256_SAMPLES_H

#define P256_ADX 0
#pragma GCC diagnostic ignored                                                                               \
    "-Wunused-function" /* of the layer that is included, and of what a test needs not */
#include "harness.h"
#include "host/engine.h"
#include "host/p256_scalar_layer.h"

/* --- Random numbers */

static uint64_t state;

static uint64_t next_random(void) {
    if (state == 0)
        state = getenv("PV_SEED") ? strtoull(getenv("PV_SEED"), NULL, 0) | 1u : 0x9E3779B97F4A7C15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du;
}

static size_t num_cases(size_t usual) {
    return getenv("PV_CASES") ? strtoull(getenv("PV_CASES"), NULL, 0) : usual;
}

/* One limb in eight is all zeros, one all ones. */
static fe any_number(void) {
    fe out;
    for (int i = 0; i < 4; i++) {
        unsigned kind = next_random() % 16;
        out.v[i] = kind == 0 ? 0 : kind == 1 ? (uint64_t)-1 : next_random();
    }
    return out;
}

static fe below(fe modulus) {
    for (;;) {
        fe out = any_number();
        if (fe_is_below(out, modulus) && !fe_is_zero(out)) return out;
    }
}

static fe small(uint64_t n) {
    return FE(n, 0, 0, 0);
}

/* --- Numbers modulo n, and points, by the book */

static fe times_n(fe a, fe b) {
    return fn_mul(fn_mul(a, b), P256_N_RR);
}

static fe plus_n(fe a, fe b) {
    fe sum;
    uint64_t carry = fe_add_limbs(&sum, a, b);
    return fe_reduce_once(sum, carry, P256_N);
}

static fe minus_n(fe a) {
    fe out;
    (void)fe_sub_limbs(&out, P256_N, a);
    return fe_is_zero(a) ? a : out;
}

/* a^(n - 2) */
static fe inverse_n(fe a) {
    fe exponent, out = small(1);
    (void)fe_sub_limbs(&exponent, P256_N, small(2));
    for (int i = 255; i >= 0; i--) {
        out = times_n(out, out);
        if (exponent.v[i / 64] >> (i % 64) & 1) out = times_n(out, a);
    }
    return out;
}

/* a^(2^num) */
static fe sqr_times(fe a, unsigned num) {
    while (num-- > 0)
        a = fe_sqr(a);
    return a;
}

/* 1/a = a^(p - 2) (Fermat); 0 for 0. p - 2 is 32 ones, 31 zeros, a one, 96 zeros, 94 ones, a zero, a one. */
static fe inverse_p(fe a) {
    fe two = fe_mul(fe_sqr(a), a);
    fe four = fe_mul(sqr_times(two, 2), two);
    fe eight = fe_mul(sqr_times(four, 4), four);
    fe sixteen = fe_mul(sqr_times(eight, 8), eight);
    fe ones = fe_mul(sqr_times(sixteen, 16), sixteen); /* 32 */
    fe out = fe_mul(sqr_times(ones, 32), a);
    out = fe_mul(sqr_times(out, 128), ones);
    out = fe_mul(sqr_times(out, 32), ones);
    out = fe_mul(sqr_times(out, 16), sixteen);
    out = fe_mul(sqr_times(out, 8), eight);
    out = fe_mul(sqr_times(out, 4), four);
    out = fe_mul(sqr_times(out, 2), two);
    return fe_mul(sqr_times(out, 2), a);
}

typedef struct point {
    fe x, y; /* in Montgomery form for 2^256 */
    int is_none;
} point;

static point generator(void) {
    const fe x = FE(0xF4A13945D898C296u, 0x77037D812DEB33A0u, 0xF8BCE6E563A440F2u, 0x6B17D1F2E12C4247u);
    const fe y = FE(0xCBB6406837BF51F5u, 0x2BCE33576B315ECEu, 0x8EE7EB4A7C0F9E16u, 0x4FE342E2FE1A7F9Bu);
    return (point){fe_mul(x, P256_RR), fe_mul(y, P256_RR), 0};
}

static point to_affine(jacobian j) {
    if (fe_is_zero(j.z)) return (point){.is_none = 1};
    fe inverse = inverse_p(j.z), square = fe_sqr(inverse);
    return (point){fe_mul(j.x, square), fe_mul(j.y, fe_mul(square, inverse)), 0};
}

static point times(fe k, point p) {
    jacobian sum = {FE(0, 0, 0, 0), FE(0, 0, 0, 0), FE(0, 0, 0, 0)};
    node n = {p.x, p.y};
    for (int i = 255; i >= 0; i--) {
        double_point(&sum);
        if (k.v[i / 64] >> (i % 64) & 1) add_point(&sum, &n);
    }
    return to_affine(sum);
}

static point plus(point a, point b) {
    if (a.is_none || b.is_none) return a.is_none ? b : a;
    jacobian sum = {a.x, a.y, P256_ONE};
    node n = {b.x, b.y};
    add_point(&sum, &n);
    return to_affine(sum);
}

/* a * 1 / R */
static fe from_montgomery(fe a) {
    return fe_mul(a, small(1));
}

static fe x_of(point p) {
    return fe_reduce_once(from_montgomery(p.x), 0, P256_N);
}

static void write_number(uint8_t out[32], fe a) {
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(a.v[3 - i / 8] >> (56 - 8 * (i % 8)));
}

/* --- Cases */

typedef struct test_key {
    uint8_t spki[91];
    pvh_p256_table *table;
    fe d; /* 0: nobody knows */
    point q;
} test_key;

static void key_of_point(test_key *k, point q, unsigned width) {
    static const uint8_t head[27] = {0x30, 0x59, 0x30, 0x13, 6, 7, 0x2A, 0x86, 0x48,
                                     0xCE, 0x3D, 2,    1,    6, 8, 0x2A, 0x86, 0x48,
                                     0xCE, 0x3D, 3,    1,    7, 3, 0x42, 0,    4};
    memcpy(k->spki, head, sizeof head);
    k->q = q;
    write_number(k->spki + 27, from_montgomery(q.x));
    write_number(k->spki + 59, from_montgomery(q.y));
    k->table = pvh_p256_table_new(k->spki + 27, width);
    CHECK(k->table != NULL);
}

static void make_key(test_key *k, fe d, unsigned width) {
    k->d = d;
    key_of_point(k, times(d, generator()), width);
}

typedef struct sample {
    const test_key *key;
    fe digest, r, s;
    int is_good; /* -1: libcrypto says */
} sample;

/* The signature whose check computes u1 * G + u2 * Q; `r` NULL: the right one. */
static sample by_multiples(const test_key *k, fe u1, fe u2, const fe *r) {
    point sum = u2.v[0] | u2.v[1] | u2.v[2] | u2.v[3] ? times(u2, k->q) : (point){.is_none = 1};
    if (!fe_is_zero(u1)) sum = plus(times(u1, generator()), sum);
    sample out = {k, small(0), r ? *r : x_of(sum), small(0), r ? -1 : 1};
    out.s = times_n(out.r, inverse_n(u2));
    out.digest = times_n(u1, out.s);
    return out;
}

static sample sign(const test_key *k, fe digest, fe nonce) {
    fe r = x_of(times(nonce, generator()));
    fe s = times_n(inverse_n(nonce), plus_n(fe_reduce_once(digest, 0, P256_N), times_n(r, k->d)));
    return (sample){k, digest, r, s, 1};
}

static pvh_p256_check check_of(const sample *s) {
    pvh_p256_check out = {.key = s->key->table, .is_good = 2};
    write_number(out.digest, s->digest);
    write_number(out.r, s->r);
    write_number(out.s, s->s);
    return out;
}

/* --- libcrypto */

static pvh_engine *engine(void) {
    static pvh_engine *made;
    if (!made) made = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    CHECK(made != NULL);
    return made;
}

static size_t write_integer(uint8_t *out, const uint8_t number[32]) {
    size_t skip = 0, pad;
    while (skip < 31 && number[skip] == 0)
        skip++;
    pad = number[skip] >> 7;
    out[0] = 2;
    out[1] = (uint8_t)(32 - skip + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, number + skip, 32 - skip);
    return 34 - skip + pad;
}

static size_t write_signature(uint8_t out[72], const pvh_p256_check *check) {
    size_t len = 2 + write_integer(out + 2, check->r);
    len += write_integer(out + len, check->s);
    out[0] = 0x30;
    out[1] = (uint8_t)(len - 2);
    return len;
}

static int libcrypto_says(const sample *s) {
    uint8_t signature[72];
    pvh_p256_check check = check_of(s);
    size_t len = write_signature(signature, &check);
    pv_job job = {.digest = check.digest,
                  .digest_len = 32,
                  .signature = {signature, len},
                  .spki = {s->key->spki, 91},
                  .sig_alg = PV_SIG_ECDSA_SHA256,
                  .key_alg = PV_KEY_P256};
    pvh_engine_check(engine(), &job, 1);
    CHECK(job.result == PV_SIG_GOOD || job.result == PV_SIG_BAD);
    return job.result == PV_SIG_GOOD;
}

#endif
