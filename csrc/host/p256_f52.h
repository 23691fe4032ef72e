/* p256_f52.h: numbers modulo p of P-256 in five 52-bit limbs, in Montgomery form for R = 2^260, as vector
 * units multiply them: the low and the high 52 bits of products are summed, and carried once at the end.
 * Written over operations `v_*` on a type `vec` of one limb, so that the bounds can be checked by running the
 * same lines on intervals instead of numbers (tests/c/test_host_p256_bounds.c).
 *
 * A number has limbs 0 to 3 below 2^52, and limb 4 below 2^48 + 2^45: it is below 2^256 + 2^253, which is
 * less than 2p, and not unique: a multiple of p is 0 or p. Differences take limbs of either sign, up to 2^52
 * (limb 4: 2^49).
 */

typedef struct vf {
    vec l[5];
} vf;

#define LOW_52 0xFFFFFFFFFFFFFu
#define LOW_48 0x0FFFFFFFFFFFFu
#define BIAS   0x0000000100000u /* 2^20 */

/* Without loops, whose variables a compiler might keep in memory. */
#define v_carry(to, from)                                                                                    \
    to = v_add(to, v_sar(from, 52));                                                                         \
    from = v_and(from, LOW_52)

/* Limbs 0 to 3 to 52 bits each, what is over (of either sign) to the next. */
FE_INLINE vf vf_carry(vec t0, vec t1, vec t2, vec t3, vec t4) {
    v_carry(t1, t0);
    v_carry(t2, t1);
    v_carry(t3, t2);
    v_carry(t4, t3);
    return (vf){{t0, t1, t2, t3, t4}};
}

/* Less q * p, where q is about t / 2^256: p = 2^256 - 2^224 + 2^192 + 2^96 - 1. The bias keeps the rest,
 * whose limbs may be a little negative, above zero: it is between 2^226 and 2^256 + 2^229. */
FE_INLINE vf vf_settle(vec t0, vec t1, vec t2, vec t3, vec t4) {
    vec top = v_sub(t4, v_set(BIAS)), q = v_sar(top, 48);
    return vf_carry(v_add(t0, q), v_sub(t1, v_shl(q, 44)), t2, v_sub(t3, v_shl(q, 36)),
                    v_add(v_add(v_and(top, LOW_48), v_set(BIAS)), v_shl(q, 16)));
}

FE_INLINE vf vf_sub(vf a, vf b) {
    return vf_settle(v_sub(a.l[0], b.l[0]), v_sub(a.l[1], b.l[1]), v_sub(a.l[2], b.l[2]),
                     v_sub(a.l[3], b.l[3]), v_sub(a.l[4], b.l[4]));
}

FE_INLINE vf vf_sub2(vf a, vf b, vf c) {
    return vf_settle(v_sub(v_sub(a.l[0], b.l[0]), c.l[0]), v_sub(v_sub(a.l[1], b.l[1]), c.l[1]),
                     v_sub(v_sub(a.l[2], b.l[2]), c.l[2]), v_sub(v_sub(a.l[3], b.l[3]), c.l[3]),
                     v_sub(v_sub(a.l[4], b.l[4]), c.l[4]));
}

/* t += a * b, for a limb b. */
#undef ADD_ROW
#undef DROP_LIMB
#define ADD_ROW(b)                                                                                           \
    t0 = v_madd_lo(t0, a.l[0], b);                                                                           \
    t1 = v_madd_lo(t1, a.l[1], b);                                                                           \
    t2 = v_madd_lo(t2, a.l[2], b);                                                                           \
    t3 = v_madd_lo(t3, a.l[3], b);                                                                           \
    t4 = v_madd_lo(t4, a.l[4], b);                                                                           \
    h1 = v_madd_hi(h1, a.l[0], b);                                                                           \
    h2 = v_madd_hi(h2, a.l[1], b);                                                                           \
    h3 = v_madd_hi(h3, a.l[2], b);                                                                           \
    h4 = v_madd_hi(zero, a.l[3], b);                                                                         \
    h5 = v_madd_hi(zero, a.l[4], b)

/* t = (t + q * p) / 2^52 with q the low limb, as -1/p is 1 modulo 2^52. p + 1 has three limbs: 2^44, 2^36 and
 * 2^48 - 2^16, and the one too much is the q that goes away. The first two are shifts, which other units do
 * than multiplications. h1 to h5 are a second sum for the same places: chains of additions half as long. */
#define DROP_LIMB                                                                                            \
    q = v_and(t0, LOW_52);                                                                                   \
    t0 = v_add(v_add(t1, v_shl_52(q, 44)), v_add(h1, v_shr(t0, 52)));                                        \
    t1 = t2;                                                                                                 \
    h1 = v_add(h2, v_shr(q, 8));                                                                             \
    t2 = v_add(t3, v_shl_52(q, 36));                                                                         \
    h2 = h3;                                                                                                 \
    t3 = v_madd_lo(t4, q, v_set(0x0FFFFFFFF0000u));                                                          \
    h3 = v_add(h4, v_shr(q, 16));                                                                            \
    t4 = v_madd_hi(h5, q, v_set(0x0FFFFFFFF0000u))

FE_INLINE vf vf_mul(vf a, vf b) {
    const vec zero = v_set(0);
    vec t0 = zero, t1 = zero, t2 = zero, t3 = zero, t4 = zero;
    vec h1 = zero, h2 = zero, h3 = zero, h4, h5, q;
    ADD_ROW(b.l[0]);
    DROP_LIMB;
    ADD_ROW(b.l[1]);
    DROP_LIMB;
    ADD_ROW(b.l[2]);
    DROP_LIMB;
    ADD_ROW(b.l[3]);
    DROP_LIMB;
    ADD_ROW(b.l[4]);
    DROP_LIMB;
    return vf_carry(t0, v_add(t1, h1), v_add(t2, h2), v_add(t3, h3), t4);
}

/* The products of different limbs once, and doubled. */
FE_INLINE vf vf_sqr(vf a) {
    const vec zero = v_set(0);
    vec s1 = v_madd_lo(zero, a.l[0], a.l[1]), s2 = v_madd_lo(zero, a.l[0], a.l[2]);
    vec s3 = v_madd_lo(zero, a.l[0], a.l[3]), s4 = v_madd_lo(zero, a.l[0], a.l[4]);
    vec s5 = v_madd_lo(zero, a.l[1], a.l[4]), s6 = v_madd_lo(zero, a.l[2], a.l[4]);
    vec s7 = v_madd_lo(zero, a.l[3], a.l[4]), s8 = v_madd_hi(zero, a.l[3], a.l[4]);
    s2 = v_madd_hi(s2, a.l[0], a.l[1]);
    s3 = v_madd_lo(v_madd_hi(s3, a.l[0], a.l[2]), a.l[1], a.l[2]);
    s4 = v_madd_lo(v_madd_hi(s4, a.l[0], a.l[3]), a.l[1], a.l[3]);
    s4 = v_madd_hi(s4, a.l[1], a.l[2]);
    s5 = v_madd_lo(v_madd_hi(s5, a.l[0], a.l[4]), a.l[2], a.l[3]);
    s5 = v_madd_hi(s5, a.l[1], a.l[3]);
    s6 = v_madd_hi(v_madd_hi(s6, a.l[1], a.l[4]), a.l[2], a.l[3]);
    s7 = v_madd_hi(s7, a.l[2], a.l[4]);
    vec t0 = v_madd_lo(zero, a.l[0], a.l[0]), t1 = v_madd_hi(v_add(s1, s1), a.l[0], a.l[0]);
    vec t2 = v_madd_lo(v_add(s2, s2), a.l[1], a.l[1]), t3 = v_madd_hi(v_add(s3, s3), a.l[1], a.l[1]);
    vec t4 = v_madd_lo(v_add(s4, s4), a.l[2], a.l[2]), h1 = zero, h2 = zero, h3 = zero, h4 = zero, q;
    vec h5 = v_madd_hi(v_add(s5, s5), a.l[2], a.l[2]);
    DROP_LIMB;
    h4 = zero, h5 = v_madd_lo(v_add(s6, s6), a.l[3], a.l[3]);
    DROP_LIMB;
    h4 = zero, h5 = v_madd_hi(v_add(s7, s7), a.l[3], a.l[3]);
    DROP_LIMB;
    h4 = zero, h5 = v_madd_lo(v_add(s8, s8), a.l[4], a.l[4]);
    DROP_LIMB;
    h4 = zero, h5 = v_madd_hi(zero, a.l[4], a.l[4]);
    DROP_LIMB;
    return vf_carry(t0, v_add(t1, h1), v_add(t2, h2), v_add(t3, h3), t4);
}
#undef ADD_ROW
#undef DROP_LIMB

FE_INLINE vf vf_of(uint64_t l0, uint64_t l1, uint64_t l2, uint64_t l3, uint64_t l4) {
    return (vf){{v_set(l0), v_set(l1), v_set(l2), v_set(l3), v_set(l4)}};
}

FE_INLINE vf vf_one(void) {
    return vf_of(0x0000000000010u, 0xF000000000000u, 0xFFFFFFFFFFFFFu, 0xFFEFFFFFFFFFFu, 0x00000000FFFFFu);
}

/* R^2 */
FE_INLINE vf vf_square_of_r(void) {
    return vf_of(0x0000000000300u, 0xFFFFFFFF00000u, 0xFFFFEFFFFFFFBu, 0xFDFFFFFFFFFFFu, 0x0000004FFFFFFu);
}
