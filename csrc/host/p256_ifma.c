/* The layer of eight signatures to a vector: AVX-512 with 52-bit multiply-add (IFMA). */
#if defined(__SIZEOF_INT128__) && defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma"))),                \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512ifma")
#endif

#define P256_ADX 1
#include "host/p256_inverse.h"
#include "host/p256_layer.h"

#include <immintrin.h>
#include <string.h>

#define LANES 8u

typedef __m512i vec;

#define v_set(a)             _mm512_set1_epi64((long long)(a))
#define v_add(a, b)          _mm512_add_epi64(a, b)
#define v_sub(a, b)          _mm512_sub_epi64(a, b)
#define v_and(a, mask)       _mm512_and_si512(a, v_set(mask))
#define v_shl(a, n)          _mm512_slli_epi64(a, n)
#define v_shr(a, n)          _mm512_srli_epi64(a, n)
#define v_sar(a, n)          _mm512_srai_epi64(a, n)
#define v_shl_52(a, n)       v_and(v_shl(a, n), LOW_52) /* what stays of it below 2^52 */
#define v_madd_lo(sum, a, b) _mm512_madd52lo_epu64(sum, a, b)
#define v_madd_hi(sum, a, b) _mm512_madd52hi_epu64(sum, a, b)

#include "host/p256_f52.h"

#define SAME(mask, i, limb) _mm512_mask_cmpeq_epi64_mask(mask, a.l[i], v_set(limb))

FE_INLINE unsigned vf_zero(vf a) {
    __mmask8 none = SAME(SAME(SAME(SAME(SAME(0xFF, 0, 0), 1, 0), 2, 0), 3, 0), 4, 0);
    __mmask8 p = SAME(
        SAME(SAME(SAME(SAME(0xFF, 0, 0xFFFFFFFFFFFFFu), 1, 0x00FFFFFFFFFFFu), 2, 0), 3, 0x0001000000000u), 4,
        0x0FFFFFFFF0000u);
    return none | p;
}

#define CHOOSE(i) _mm512_mask_mov_epi64(b.l[i], (__mmask8)lanes, a.l[i])

FE_INLINE vf vf_select(unsigned lanes, vf a, vf b) {
    return (vf){{CHOOSE(0), CHOOSE(1), CHOOSE(2), CHOOSE(3), CHOOSE(4)}};
}

/* --- Between the lanes and single numbers */

FE_INLINE vf split_limbs(const vec x[4]) {
    return (vf){{v_and(x[0], LOW_52), v_and(_mm512_or_si512(v_shr(x[0], 52), v_shl(x[1], 12)), LOW_52),
                 v_and(_mm512_or_si512(v_shr(x[1], 40), v_shl(x[2], 24)), LOW_52),
                 v_and(_mm512_or_si512(v_shr(x[2], 28), v_shl(x[3], 36)), LOW_52), v_shr(x[3], 16)}};
}

static vf gather_numbers(const fe numbers[LANES]) {
    vec x[4];
    for (int i = 0; i < 4; i++) {
        uint64_t limbs[LANES];
        for (unsigned k = 0; k < LANES; k++)
            limbs[k] = numbers[k].v[i];
        x[i] = _mm512_loadu_si512(limbs);
    }
    return split_limbs(x);
}

/* Below 2p, so that one p less is below p: see p256_f52.h. */
static void scatter_numbers(fe numbers[LANES], const vf *a) {
    uint64_t l[5][LANES];
    for (int i = 0; i < 5; i++)
        _mm512_storeu_si512(l[i], a->l[i]);
    for (unsigned k = 0; k < LANES; k++) {
        fe number = FE(l[0][k] | l[1][k] << 52, l[1][k] >> 12 | l[2][k] << 40, l[2][k] >> 24 | l[3][k] << 28,
                       l[3][k] >> 36 | l[4][k] << 16);
        numbers[k] = fe_reduce_once(number, l[4][k] >> 48, P256_P);
    }
}

/* The inverse of all lanes by one of their product (each fe_mul loses a factor 2^256, on the way up as often
 * as on the way down): a * R comes in as an integer, 1/a * R is wanted, which is 1 / (a * R) times R^3 / R.
 */
static vf vf_inverse(vf a) {
    fe numbers[LANES], before[LANES];
    scatter_numbers(numbers, &a);
    fe product = P256_ONE;
    for (unsigned k = 0; k < LANES; k++) {
        before[k] = product;
        product = fe_mul(product, numbers[k]);
    }
    fe inverse = inverse_mod(product, P256_P, P256_P_INVERSE_62);
    for (unsigned k = LANES; k-- > 0;) {
        fe number = numbers[k];
        numbers[k] = fe_mul(inverse, before[k]);
        inverse = fe_mul(inverse, number);
    }
    vf square = vf_square_of_r();
    return vf_mul(gather_numbers(numbers), vf_mul(square, square));
}

#include "host/p256_tree.h"

/* --- Points: the rows of eight signatures, turned so that each limb of them is one vector */

typedef struct picked {
    const p256_row *rows[LANES];
    unsigned minus; /* the lanes whose point goes in with the other sign */
} picked;

static void pick_rows(picked *out, unsigned lane, fe k, const pvh_p256_table *table) {
    p256_digits digits = p256_digits_of(k, table);
    for (unsigned i = 0; i < table->windows; i++) {
        unsigned is_minus;
        const p256_row *row = p256_pick(table, &digits, i, &is_minus);
        _mm_prefetch((const char *)row, _MM_HINT_T0);
        out[i].rows[lane] = row;
        out[i].minus |= is_minus << lane;
    }
}

#define MIX(a, b, n) _mm512_shuffle_i64x2(a, b, n)

/* Columns 0, 2, 4, 6 or 1, 3, 5, 7 of eight rows, of which c0 to c3 have two each: 0 and 4 of four rows, 2
 * and 6 of four rows, then of all. */
#define TURN(first, c0, c1, c2, c3)                                                                          \
    do {                                                                                                     \
        vec a = MIX(c0, c1, 0x88), b = MIX(c2, c3, 0x88), d = MIX(c0, c1, 0xDD), e = MIX(c2, c3, 0xDD);      \
        out[first] = MIX(a, b, 0x88);                                                                        \
        out[(first) + 4] = MIX(a, b, 0xDD);                                                                  \
        out[(first) + 2] = MIX(d, e, 0x88);                                                                  \
        out[(first) + 6] = MIX(d, e, 0xDD);                                                                  \
    } while (0)

/* Eight rows of eight limbs: transposed. */
FE_INLINE void turn(vec out[8], const vec in[8]) {
    TURN(0, _mm512_unpacklo_epi64(in[0], in[1]), _mm512_unpacklo_epi64(in[2], in[3]),
         _mm512_unpacklo_epi64(in[4], in[5]), _mm512_unpacklo_epi64(in[6], in[7]));
    TURN(1, _mm512_unpackhi_epi64(in[0], in[1]), _mm512_unpackhi_epi64(in[2], in[3]),
         _mm512_unpackhi_epi64(in[4], in[5]), _mm512_unpackhi_epi64(in[6], in[7]));
}

#define NEGATE(i, limb) _mm512_mask_sub_epi64(y.l[i], (__mmask8)lanes, v_set(limb), y.l[i])

/* p - y where it is minus: limbs of either sign, which differences take. */
FE_INLINE vf negate(vf y, unsigned lanes) {
    return (vf){{NEGATE(0, 0xFFFFFFFFFFFFFu), NEGATE(1, 0x00FFFFFFFFFFFu), NEGATE(2, 0),
                 NEGATE(3, 0x0001000000000u), NEGATE(4, 0x0FFFFFFFF0000u)}};
}

static void take_points(node *out, const picked *from, unsigned num) {
    vec rows[LANES], columns[LANES];
    for (unsigned i = 0; i < num; i++) {
#define LOAD(k) rows[k] = _mm512_load_si512(from[i].rows[k])
        LOAD(0), LOAD(1), LOAD(2), LOAD(3), LOAD(4), LOAD(5), LOAD(6), LOAD(7);
        turn(columns, rows);
        out[i].x = split_limbs(columns);
        out[i].y = negate(split_limbs(columns + 4), from[i].minus);
    }
}

/* --- A round */

#define GROUPS (P256_ROUND / LANES)

typedef struct room {
    node nodes[GROUPS * P256_MAX_POINTS];
    vf before[GROUPS * P256_MAX_POINTS / 2u], below[GROUPS * P256_MAX_POINTS / 2u];
    uint8_t empty[GROUPS * P256_MAX_POINTS];
    picked picked[2][P256_MAX_POINTS];
} room;

/* A last group that is not full has its first signature several times. */
static const p256_item *item_of(p256_item *const *items, unsigned num, unsigned group, unsigned lane) {
    unsigned i = group * LANES + lane;
    return items[i < num ? i : group * LANES];
}

static void pick_group(picked *out, p256_item *const *items, unsigned num, unsigned group,
                       const pvh_p256_table *generator) {
    unsigned points = generator->windows + items[0]->key->windows;
    for (unsigned i = 0; i < points; i++)
        out[i].minus = 0;
    for (unsigned lane = 0; lane < LANES; lane++) {
        const p256_item *item = item_of(items, num, group, lane);
        pick_rows(out, lane, item->u1, generator);
        pick_rows(out + generator->windows, lane, item->u2, item->key);
    }
}

static unsigned lanes_of_r(vf x, const fe r[LANES]) {
    return vf_zero(vf_sub(x, vf_mul(gather_numbers(r), vf_square_of_r())));
}

/* The lanes in which x is r modulo n: r, or r + n where that is below p. */
static unsigned lanes_that_hold(vf x, const fe r[LANES]) {
    fe other[LANES];
    unsigned has_other = 0, lanes = lanes_of_r(x, r);
    for (unsigned k = 0; k < LANES; k++) {
        unsigned over = (unsigned)fe_add_limbs(&other[k], r[k], P256_N);
        if (!over && fe_is_below(other[k], P256_P)) has_other |= 1u << k;
    }
    return has_other ? lanes | (lanes_of_r(x, other) & has_other) : lanes;
}

static void tell_group(const tree *t, p256_item *const *items, unsigned num, unsigned group) {
    fe r[LANES];
    for (unsigned lane = 0; lane < LANES; lane++)
        r[lane] = item_of(items, num, group, lane)->r;
    unsigned good = lanes_that_hold(t->nodes[group * t->points].x, r) & ~t->empty[group * t->points];
    for (unsigned lane = 0; lane < LANES && group * LANES + lane < num; lane++)
        items[group * LANES + lane]->check->is_good = (good >> lane) & 1u;
}

/* The next group's rows are on their way while this one's are turned. */
static void check_round(p256_item *const *items, size_t count, const pvh_p256_table *generator,
                        void *memory) {
    room *r = memory;
    unsigned num = (unsigned)count;
    tree t = {.nodes = r->nodes, .empty = r->empty, .before = r->before, .below = r->below};
    t.groups = (num + LANES - 1u) / LANES;
    t.points = generator->windows + items[0]->key->windows;
    pick_group(r->picked[0], items, num, 0, generator);
    for (unsigned g = 0; g < t.groups; g++) {
        if (g + 1u < t.groups) pick_group(r->picked[(g + 1u) & 1u], items, num, g + 1u, generator);
        take_points(&r->nodes[g * t.points], r->picked[g & 1u], t.points);
    }
    memset(t.empty, 0, (size_t)t.groups * t.points);
    add_up(&t);
    for (unsigned g = 0; g < t.groups; g++)
        tell_group(&t, items, num, g);
}

static void prepare(p256_item *items, size_t num, fe *before) {
    pvh_p256_adx.prepare(items, num, before);
}

static int check_one(const p256_item *item, const pvh_p256_table *generator) {
    return pvh_p256_adx.check_one(item, generator);
}

static int check_bare(const p256_item *item, const fe point[2], const pvh_p256_table *generator) {
    return pvh_p256_adx.check_bare(item, point, generator);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const p256_functions pvh_p256_ifma = {4, prepare, check_one, check_bare, check_round, sizeof(room)};
#else
typedef int pvh_no_p256_ifma; /* C99 6.9: a translation unit is not empty */
#endif
