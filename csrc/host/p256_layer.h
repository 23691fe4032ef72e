/* p256_layer.h: what the layers of p256.h share: tables, digits, and checks whose numbers are ready. */
#ifndef PV_HOST_P256_LAYER_H
#define PV_HOST_P256_LAYER_H

#include "host/p256.h"
#include "host/p256_scalar.h"

/* x, then y, in four limbs each, below p, times 2^260: what IFMA wants; the others divide by 16. */
typedef struct p256_row {
    uint64_t v[8];
} p256_row;

/* Row j of window i: (2j + 1) * 2^(width * i) times the point. */
struct pvh_p256_table {
    unsigned width, windows;
    p256_row *rows;
    void *memory;
};

/* x(u1 * G + u2 * key) shall be r modulo n. */
typedef struct p256_item {
    const pvh_p256_table *key;
    fe u1, u2, r;
    pvh_p256_check *check;
} p256_item;

/* Points of one sum: at most 32 windows of each table; a round: signatures that are worked on together. */
#define P256_MAX_POINTS 64u
#define P256_ROUND      128u

typedef struct p256_functions {
    unsigned least; /* fewer are checked one by one */
    /* The inverse of s of each item comes in as u1 (times R), digests as u2; see p256.c. */
    void (*prepare)(p256_item *items, size_t num, fe *before);
    int (*check_one)(const p256_item *item, const pvh_p256_table *generator);
    /* The same of a key without a table: x and y of a point of the curve, in Montgomery form. */
    int (*check_bare)(const p256_item *item, const fe point[2], const pvh_p256_table *generator);
    /* Of items whose keys have tables of one width, at most P256_ROUND, none with u1 = 0. */
    void (*check_round)(p256_item *const *items, size_t num, const pvh_p256_table *generator, void *room);
    size_t room;
} p256_functions;

extern const p256_functions pvh_p256_plain;
#if defined(__x86_64__)
extern const p256_functions pvh_p256_adx, pvh_p256_ifma;
#endif

/* --- Points in Jacobian coordinates (x = X / Z^2, y = Y / Z^3) */

typedef struct jacobian {
    fe x, y, z; /* z = 0: infinity */
} jacobian;

/* a = -3: M = 3 (X - Z^2)(X + Z^2), S = 4XY^2, X' = M^2 - 2S, Y' = M (S - X') - (2Y)^4 / 2, Z' = 2YZ. */
static inline void double_point(jacobian *p) {
    fe zz = fe_sqr(p->z), y = fe_add(p->y, p->y), m, s;
    m = fe_mul(fe_sub(p->x, zz), fe_add(p->x, zz));
    m = fe_add(fe_add(m, m), m);
    p->z = fe_mul(y, p->z);
    y = fe_sqr(y);
    s = fe_mul(p->x, y);
    y = fe_half(fe_sqr(y));
    p->x = fe_sub(fe_sub(fe_sqr(m), s), s);
    p->y = fe_sub(fe_mul(m, fe_sub(s, p->x)), y);
}

/* Digits of a multiplier: with windows of w bits, an odd k is a sum of odd digits, each between -2^w and 2^w,
 * times 2^(wi). None is zero, and there are no carries: of the bits of (k - 1) / 2 with a one in front (bit
 * w * windows - 1), each stands for 1 if it is set and for -1 if not. An even k is n minus an odd one. */
typedef struct p256_digits {
    uint64_t v[6];
    unsigned is_negative;
} p256_digits;

static inline p256_digits p256_digits_of(fe k, const pvh_p256_table *table) {
    unsigned top = table->width * table->windows - 1u;
    p256_digits out = {.is_negative = (k.v[0] & 1u) == 0};
    if (out.is_negative) (void)fe_sub_limbs(&k, P256_N, k);
    for (int i = 0; i < 4; i++)
        out.v[i] = k.v[i] >> 1 | (i < 3 ? k.v[i + 1] << 63 : 0);
    out.v[4] = out.v[5] = 0;
    out.v[top / 64u] |= (uint64_t)1 << (top % 64u);
    return out;
}

/* The row of window i, and whether it goes in with the other sign. */
static inline const p256_row *p256_pick(const pvh_p256_table *table, const p256_digits *digits, unsigned i,
                                        unsigned *is_minus) {
    unsigned at = i * table->width, half = 1u << (table->width - 1u);
    uint64_t bits = digits->v[at / 64u] >> (at % 64u);
    if (at % 64u + table->width > 64u) bits |= digits->v[at / 64u + 1u] << (64u - at % 64u);
    unsigned is_plus = (bits >> (table->width - 1u)) & 1u;
    unsigned low = (unsigned)bits & (half - 1u);
    *is_minus = !is_plus ^ digits->is_negative;
    return &table->rows[(size_t)i * half + (is_plus ? low : low ^ (half - 1u))];
}

#endif
