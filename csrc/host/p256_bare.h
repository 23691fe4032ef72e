/* p256_bare.h: one signature by a key that has no table: eight odd multiples of its point, made for this one
 * sum, and a doubling for each bit of the multiplier. Included by p256_scalar_layer.h. */
#ifndef PV_HOST_P256_BARE_H
#define PV_HOST_P256_BARE_H

#define BARE_WIDTH  5u
#define BARE_ROWS   (1u << (BARE_WIDTH - 2u))
#define BARE_DIGITS 257u

static node scaled(node p, fe z) {
    fe zz = fe_sqr(z);
    return (node){fe_mul(p.x, zz), fe_mul(p.y, fe_mul(zz, z))};
}

/* rows[i] = (2i + 1) q. With x times Z^2 and y times Z^3, Z being that of 2q, 2q is affine, and a sum's z
 * lacks that factor only: adding does not look at the curve's equation. No two of these points are equal or
 * opposite, as their multiples are below n. */
static void odd_multiples(node rows[BARE_ROWS], node q) {
    fe z[BARE_ROWS], before[BARE_ROWS];
    jacobian twice = {q.x, q.y, P256_ONE};
    double_point(&twice);
    node step = {twice.x, twice.y}, first = scaled(q, twice.z);
    jacobian sum = {first.x, first.y, P256_ONE};
    for (unsigned i = 0; i < BARE_ROWS; i++) {
        rows[i] = (node){sum.x, sum.y};
        z[i] = fe_mul(sum.z, twice.z);
        if (i + 1u < BARE_ROWS) add_point(&sum, &step);
    }
    fe_invert_all(z, before, BARE_ROWS);
    for (unsigned i = 0; i < BARE_ROWS; i++)
        rows[i] = scaled(rows[i], z[i]);
}

static unsigned bits_at(fe k, unsigned at, unsigned num) {
    uint64_t bits = k.v[at / 64u] >> (at % 64u);
    if (at % 64u + num > 64u && at / 64u < 3u) bits |= k.v[at / 64u + 1u] << (64u - at % 64u);
    return (unsigned)bits & ((1u << num) - 1u);
}

/* k as a sum of digits times powers of two: each is 0, or odd and between -2^4 and 2^4, and followed by four
 * zeros at least (Solinas 2000, width 5). The number of digits. A window that ends at bit 256 may be
 * narrower; its value with the carry is odd and below half of the width then, so that it carries nothing. */
static unsigned write_digits(int8_t digits[BARE_DIGITS], fe k) {
    unsigned carry = 0, end = 0;
    for (unsigned at = 0; at < 256u;) {
        unsigned num = 256u - at < BARE_WIDTH ? 256u - at : BARE_WIDTH, value;
        digits[at] = 0;
        if (bits_at(k, at, 1) == carry) {
            at++;
            continue;
        }
        value = bits_at(k, at, num) + carry;
        carry = value >> (BARE_WIDTH - 1u);
        digits[at] = (int8_t)((int)value - (int)(carry << BARE_WIDTH));
        end = at + 1u;
        for (unsigned i = 1; i < num; i++)
            digits[at + i] = 0;
        at += num;
    }
    digits[256] = (int8_t)carry;
    return carry ? BARE_DIGITS : end;
}

static void add_digit(jacobian *sum, const node rows[BARE_ROWS], int digit) {
    node point = rows[(unsigned)(digit < 0 ? -digit : digit) / 2u];
    if (digit < 0) point.y = fe_sub(FE(0, 0, 0, 0), point.y);
    add_point(sum, &point);
}

/* u2 q by doubling, then u1 G by the generator's table. */
static int check_bare(const p256_item *item, const fe point[2], const pvh_p256_table *generator) {
    jacobian sum = {FE(0, 0, 0, 0), FE(0, 0, 0, 0), FE(0, 0, 0, 0)};
    node rows[BARE_ROWS];
    int8_t digits[BARE_DIGITS];
    picked p = {.num = 0};
    if (!fe_is_zero(item->u1)) pick_rows(&p, item->u1, generator);
    odd_multiples(rows, (node){point[0], point[1]});
    for (unsigned i = write_digits(digits, item->u2); i-- > 0;) {
        double_point(&sum);
        if (digits[i]) add_digit(&sum, rows, digits[i]);
    }
    for (unsigned i = 0; i < p.num; i++) {
        node row = take_point(p.rows[i], p.minus[i]);
        add_point(&sum, &row);
    }
    return !fe_is_zero(sum.z) && is_r(sum.x, fe_sqr(sum.z), item->r);
}

#endif
