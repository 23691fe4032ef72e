/* p256_inverse.h: inverses modulo an odd number below 2^256 by divisions steps (Bernstein, Yang: Fast
 * constant-time gcd computation and modular inversion, 2019; here in variable time), 62 of them at a time on
 * the lowest limbs, by whose matrix the whole numbers are then multiplied. Public data only. */
#ifndef PV_HOST_P256_INVERSE_H
#define PV_HOST_P256_INVERSE_H

#include "host/p256_scalar.h"

#include <stddef.h>

__extension__ typedef __int128 pvh_i128;

/* Signed: the sum of v[i] * 2^(62i). v[0] to v[3] are below 2^62 and not negative, v[4] has the sign. */
typedef struct wide {
    int64_t v[5];
} wide;

#define LOW_62            ((uint64_t) - 1 >> 2)
#define P256_P_INVERSE_62 0x3FFFFFFFFFFFFFFFu /* 1/p modulo 2^62 */
#define P256_N_INVERSE_62 0x332E375511FF43B1u

/* 2^62 times what is next: (f, g) to (u*f + v*g, q*f + r*g). */
typedef struct step_matrix {
    int64_t u, v, q, r;
} step_matrix;

static inline wide wide_of(fe a) {
    return (wide){{(int64_t)(a.v[0] & LOW_62), (int64_t)((a.v[0] >> 62 | a.v[1] << 2) & LOW_62),
                   (int64_t)((a.v[1] >> 60 | a.v[2] << 4) & LOW_62),
                   (int64_t)((a.v[2] >> 58 | a.v[3] << 6) & LOW_62), (int64_t)(a.v[3] >> 56)}};
}

static inline fe fe_of_wide(wide a) {
    const uint64_t v[5] = {(uint64_t)a.v[0], (uint64_t)a.v[1], (uint64_t)a.v[2], (uint64_t)a.v[3],
                           (uint64_t)a.v[4]};
    return FE(v[0] | v[1] << 62, v[1] >> 2 | v[2] << 60, v[2] >> 4 | v[3] << 58, v[3] >> 6 | v[4] << 56);
}

/* 62 steps. Zeros at g's end go at once; then, the smaller of the two in front, as many of g's bits as the
 * steps allow (6 at most) go by adding a multiple of f: f * (2 - f^2) is 1/f modulo 64 for an odd f. */
static inline int64_t make_steps(step_matrix *t, int64_t eta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1, old;
    int left = 62;
    for (;;) {
        int zeros = __builtin_ctzll(g | ((uint64_t)-1 << left));
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= zeros;
        left -= zeros;
        if (left == 0) break;
        if (eta < 0) {
            eta = -eta;
            old = f, f = g, g = (uint64_t)0 - old;
            old = u, u = q, q = (uint64_t)0 - old;
            old = v, v = r, r = (uint64_t)0 - old;
        }
        int num = eta + 1 < left ? (int)eta + 1 : left;
        uint64_t keep = num < 6 ? ((uint64_t)1 << num) - 1 : 63;
        uint64_t w = (g * f * (f * f - 2)) & keep;
        g += f * w;
        q += u * w;
        r += v * w;
    }
    *t = (step_matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
    return eta;
}

/* (u*f + v*g) / 2^62, which is whole. */
static inline wide combine(int64_t u, wide f, int64_t v, wide g) {
    wide out;
    pvh_i128 sum = (pvh_i128)u * f.v[0] + (pvh_i128)v * g.v[0];
    for (int i = 1; i < 5; i++) {
        sum = (sum >> 62) + (pvh_i128)u * f.v[i] + (pvh_i128)v * g.v[i];
        out.v[i - 1] = (int64_t)((uint64_t)sum & LOW_62);
    }
    out.v[4] = (int64_t)(sum >> 62);
    return out;
}

/* The same modulo m, with d and e (and what comes out) between -2m and m: m goes in once for each of them
 * that is negative, and then as often as makes the sum a multiple of 2^62. `inverse`: 1/m modulo 2^62. */
static inline wide combine_mod(int64_t u, wide d, int64_t v, wide e, const wide *m, uint64_t inverse) {
    wide out;
    int64_t times = (u & (d.v[4] >> 63)) + (v & (e.v[4] >> 63));
    pvh_i128 sum = (pvh_i128)u * d.v[0] + (pvh_i128)v * e.v[0];
    times -= (int64_t)((inverse * (uint64_t)sum + (uint64_t)times) & LOW_62);
    sum += (pvh_i128)times * m->v[0];
    for (int i = 1; i < 5; i++) {
        sum = (sum >> 62) + (pvh_i128)u * d.v[i] + (pvh_i128)v * e.v[i] + (pvh_i128)times * m->v[i];
        out.v[i - 1] = (int64_t)((uint64_t)sum & LOW_62);
    }
    out.v[4] = (int64_t)(sum >> 62);
    return out;
}

static inline int wide_is_zero(wide a) {
    return (a.v[0] | a.v[1] | a.v[2] | a.v[3] | a.v[4]) == 0;
}

static inline wide wide_add(wide a, wide b, int64_t sign) {
    wide out;
    int64_t carry = 0;
    for (int i = 0; i < 5; i++) {
        int64_t sum = a.v[i] + sign * b.v[i] + carry;
        carry = sum >> 62;
        out.v[i] = i < 4 ? (int64_t)((uint64_t)sum & LOW_62) : sum;
    }
    return out;
}

/* Of a number between -2m and 2m what is between 0 and m. */
static inline wide wide_reduce(wide a, const wide *m) {
    while (a.v[4] < 0)
        a = wide_add(a, *m, 1);
    wide less = wide_add(a, *m, -1);
    return less.v[4] < 0 ? a : less;
}

/* 1/x modulo a prime m; 0 if x is 0. 741 steps are enough for 256 bits (theorem 11.2 there). */
static inline fe inverse_mod(fe x, fe modulus, uint64_t inverse) {
    const wide m = wide_of(modulus), zero = {{0, 0, 0, 0, 0}};
    wide f = m, g = wide_of(x), d = zero, e = {{1, 0, 0, 0, 0}};
    step_matrix t;
    int64_t eta = -1;
    for (int i = 0; i < 12 && !wide_is_zero(g); i++) {
        eta = make_steps(&t, eta, (uint64_t)f.v[0] | (uint64_t)f.v[1] << 62,
                         (uint64_t)g.v[0] | (uint64_t)g.v[1] << 62);
        wide next = combine(t.u, f, t.v, g);
        g = combine(t.q, f, t.r, g);
        f = next;
        next = combine_mod(t.u, d, t.v, e, &m, inverse);
        e = combine_mod(t.q, d, t.r, e, &m, inverse);
        d = next;
    }
    if (!wide_is_zero(g)) return FE(0, 0, 0, 0);
    if (f.v[4] < 0) d = wide_add(zero, d, -1); /* f is 1, -1, or the modulus if x is 0 */
    return fe_of_wide(wide_reduce(d, &m));
}

/* Of a number modulo p in Montgomery form: 1 / (a * R), times R^3 / R. */
static inline fe fe_inverse(fe a) {
    const fe cube = fe_mul(P256_RR, P256_RR);
    return fe_mul(inverse_mod(a, P256_P, P256_P_INVERSE_62), cube);
}

/* 1 / values[i] for all of them, with one inversion (Montgomery 1987); none is 0. `before` has room for as
 * many.
 */
static inline void fe_invert_all(fe *values, fe *before, size_t num) {
    fe product = P256_ONE;
    for (size_t i = 0; i < num; i++) {
        before[i] = product;
        product = fe_mul(product, values[i]);
    }
    fe inverse = fe_inverse(product);
    for (size_t i = num; i-- > 0;) {
        fe value = values[i];
        values[i] = fe_mul(inverse, before[i]);
        inverse = fe_mul(inverse, value);
    }
}

#endif
