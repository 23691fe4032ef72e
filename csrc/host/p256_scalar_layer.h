/* p256_scalar_layer.h: the layers of one signature to a number, plain and with mulx: included by a file for
 * each. */
#include "host/p256_inverse.h"
#include "host/p256_layer.h"

#include <string.h>

typedef fe vf;

#define LANES 1u

FE_INLINE vf vf_mul(vf a, vf b) {
    return fe_mul(a, b);
}

FE_INLINE vf vf_sqr(vf a) {
    return fe_sqr(a);
}

FE_INLINE vf vf_sub(vf a, vf b) {
    return fe_sub(a, b);
}

FE_INLINE vf vf_sub2(vf a, vf b, vf c) {
    return fe_sub(fe_sub(a, b), c);
}

FE_INLINE vf vf_one(void) {
    return P256_ONE;
}

FE_INLINE unsigned vf_zero(vf a) {
    return fe_is_zero(a) ? 1u : 0u;
}

FE_INLINE vf vf_select(unsigned lanes, vf a, vf b) {
    return lanes & 1u ? a : b;
}

static inline vf vf_inverse(vf a) {
    return fe_inverse(a);
}

#include "host/p256_tree.h"

/* --- Numbers modulo n: the inverses of all s with one inversion, as in the tree. Each fn_mul loses a factor
 * R; `inverse` is 1 / (s_0 * ... * s_k) times R^(k + 1). --- */

static void prepare(p256_item *items, size_t num, fe *before) {
    fe product = items[0].u1;
    for (size_t k = 1; k < num; k++) {
        before[k] = product;
        product = fn_mul(product, items[k].u1);
    }
    fe inverse = fn_mul(inverse_mod(product, P256_N, P256_N_INVERSE_62), P256_N_RR);
    for (size_t k = num; k-- > 0;) {
        fe w = k > 0 ? fn_mul(inverse, before[k]) : inverse;
        inverse = fn_mul(inverse, items[k].u1);
        items[k].u1 = fn_mul(w, items[k].u2);
        items[k].u2 = fn_mul(w, items[k].r);
    }
}

/* --- Points */

FE_INLINE node take_point(const p256_row *row, unsigned is_minus) {
    const fe zero = FE(0, 0, 0, 0);
    node out = {fe_sixteenth(FE(row->v[0], row->v[1], row->v[2], row->v[3])),
                fe_sixteenth(FE(row->v[4], row->v[5], row->v[6], row->v[7]))};
    if (is_minus) out.y = fe_sub(zero, out.y);
    return out;
}

typedef struct picked {
    const p256_row *rows[P256_MAX_POINTS];
    unsigned minus[P256_MAX_POINTS];
    unsigned num;
} picked;

static void pick_rows(picked *out, fe k, const pvh_p256_table *table) {
    p256_digits digits = p256_digits_of(k, table);
    for (unsigned i = 0; i < table->windows; i++) {
        out->rows[out->num] = p256_pick(table, &digits, i, &out->minus[out->num]);
        __builtin_prefetch(out->rows[out->num++]);
    }
}

/* All rows of a sum, on their way before the first one is needed. */
static void pick(picked *out, const p256_item *item, const pvh_p256_table *generator) {
    out->num = 0;
    if (!fe_is_zero(item->u1)) pick_rows(out, item->u1, generator);
    pick_rows(out, item->u2, item->key);
}

/* The numbers below p that are r modulo n, times R and zz: r, and r + n if that is one. */
static int is_r(fe x, fe zz, fe r) {
    fe other;
    fe scale = fe_mul(zz, P256_RR); /* zz * R^2 / R, in the form that makes up for r's */
    if (fe_equal(fe_mul(r, scale), x)) return 1;
    if (fe_add_limbs(&other, r, P256_N) || !fe_is_below(other, P256_P)) return 0;
    return fe_equal(fe_mul(other, scale), x);
}

/* --- One signature: points one after another */

/* H = xZ^2 - X, R = yZ^3 - Y: X' = R^2 - H^3 - 2XH^2, Y' = R (XH^2 - X') - YH^3, Z' = ZH. */
FE_INLINE void add_point(jacobian *p, const node *q) {
    if (fe_is_zero(p->z)) {
        *p = (jacobian){q->x, q->y, P256_ONE};
        return;
    }
    fe zz = fe_sqr(p->z);
    fe h = fe_sub(fe_mul(q->x, zz), p->x), r = fe_sub(fe_mul(q->y, fe_mul(p->z, zz)), p->y);
    if (fe_is_zero(h)) {
        if (fe_is_zero(r))
            double_point(p);
        else
            p->z = h;
        return;
    }
    fe hh = fe_sqr(h), hhh = fe_mul(h, hh), v = fe_mul(p->x, hh);
    p->x = fe_sub(fe_sub(fe_sub(fe_sqr(r), hhh), v), v);
    p->y = fe_sub(fe_mul(r, fe_sub(v, p->x)), fe_mul(p->y, hhh));
    p->z = fe_mul(p->z, h);
}

static int check_one(const p256_item *item, const pvh_p256_table *generator) {
    jacobian sum = {FE(0, 0, 0, 0), FE(0, 0, 0, 0), FE(0, 0, 0, 0)};
    picked p;
    pick(&p, item, generator);
    for (unsigned i = 0; i < p.num; i++) {
        node point = take_point(p.rows[i], p.minus[i]);
        add_point(&sum, &point);
    }
    return !fe_is_zero(sum.z) && is_r(sum.x, fe_sqr(sum.z), item->r);
}

#include "host/p256_bare.h"

/* --- A round */

#define GROUPS 64u /* of LANES signatures, as many as the processor's cache has room for */

typedef struct room {
    node nodes[GROUPS * P256_MAX_POINTS];
    uint8_t empty[GROUPS * P256_MAX_POINTS];
    vf before[GROUPS * P256_MAX_POINTS / 2u], below[GROUPS * P256_MAX_POINTS / 2u];
    picked picked[2];
} room;

/* The next sum's rows are on their way while this one's are taken. */
static void check_groups(p256_item *const *items, unsigned num, const pvh_p256_table *generator, room *r) {
    tree t = {r->nodes, r->empty, r->before, r->below, num, generator->windows + items[0]->key->windows, 0};
    pick(&r->picked[0], items[0], generator);
    for (unsigned g = 0; g < num; g++) {
        const picked *p = &r->picked[g & 1u];
        if (g + 1u < num) pick(&r->picked[(g + 1u) & 1u], items[g + 1u], generator);
        for (unsigned i = 0; i < t.points; i++)
            t.nodes[g * t.points + i] = take_point(p->rows[i], p->minus[i]);
    }
    memset(t.empty, 0, (size_t)t.groups * t.points);
    add_up(&t);
    for (unsigned g = 0; g < num; g++) {
        unsigned is_empty = t.empty[g * t.points];
        items[g]->check->is_good = !is_empty && is_r(t.nodes[g * t.points].x, P256_ONE, items[g]->r);
    }
}

static void check_round(p256_item *const *items, size_t num, const pvh_p256_table *generator, void *memory) {
    for (size_t i = 0; i < num; i += GROUPS)
        check_groups(items + i, num - i < GROUPS ? (unsigned)(num - i) : GROUPS, generator, memory);
}
