/* p256_scalar.h: integers below p and below n of P-256 (SP 800-186 3.2.1.3) in four 64-bit limbs, in
 * Montgomery form for R = 2^256 (Montgomery 1985), always fully reduced: equal numbers have equal limbs.
 * Public data only: the time taken depends on it. Included by each file that is compiled for other
 * instructions; P256_ADX says that mulx, adcx and adox are there. */
#ifndef PV_HOST_P256_SCALAR_H
#define PV_HOST_P256_SCALAR_H

#include <stdint.h>

__extension__ typedef unsigned __int128 pvh_u128;

/* Calls would pass every number through memory. */
#define FE_INLINE static inline __attribute__((always_inline))

typedef struct fe {
    uint64_t v[4];
} fe;

#define FE(a, b, c, d) ((fe){{a, b, c, d}})
#define P256_P         FE(0xFFFFFFFFFFFFFFFFu, 0x00000000FFFFFFFFu, 0x0000000000000000u, 0xFFFFFFFF00000001u)
#define P256_N         FE(0xF3B9CAC2FC632551u, 0xBCE6FAADA7179E84u, 0xFFFFFFFFFFFFFFFFu, 0xFFFFFFFF00000000u)
/* R mod p; R^2 mod p; 2^260 mod p; R^2 mod n; -1/n mod 2^64 */
#define P256_ONE       FE(0x0000000000000001u, 0xFFFFFFFF00000000u, 0xFFFFFFFFFFFFFFFFu, 0x00000000FFFFFFFEu)
#define P256_RR        FE(0x0000000000000003u, 0xFFFFFFFBFFFFFFFFu, 0xFFFFFFFFFFFFFFFEu, 0x00000004FFFFFFFDu)
#define P256_SIXTEEN   FE(0x0000000000000010u, 0xFFFFFFF000000000u, 0xFFFFFFFFFFFFFFFFu, 0x0000000FFFFFFFEFu)
#define P256_N_RR      FE(0x83244C95BE79EEA2u, 0x4699799C49BD6FA6u, 0x2845B2392B6BEC59u, 0x66E12D94F3D95620u)
#define P256_N_INVERSE 0xCCD1C8AAEE00BC4Fu

/* t + a * b + c: the low limb to t, the high one to c. */
#define MAC(t, c, a, b)                                                                                      \
    do {                                                                                                     \
        pvh_u128 z_ = (pvh_u128)(a) * (b) + (t) + (c);                                                       \
        (t) = (uint64_t)z_;                                                                                  \
        (c) = (uint64_t)(z_ >> 64);                                                                          \
    } while (0)
#define ADC(out, a, b, c)                                                                                    \
    do {                                                                                                     \
        pvh_u128 z_ = (pvh_u128)(a) + (b) + (c);                                                             \
        (out) = (uint64_t)z_;                                                                                \
        (c) = (uint64_t)(z_ >> 64);                                                                          \
    } while (0)
#define SBB(out, a, b, c)                                                                                    \
    do {                                                                                                     \
        pvh_u128 z_ = (pvh_u128)(a) - (b) - (c);                                                             \
        (out) = (uint64_t)z_;                                                                                \
        (c) = (uint64_t)(z_ >> 127);                                                                         \
    } while (0)

FE_INLINE uint64_t fe_add_limbs(fe *out, fe a, fe b) {
    uint64_t c = 0;
    ADC(out->v[0], a.v[0], b.v[0], c);
    ADC(out->v[1], a.v[1], b.v[1], c);
    ADC(out->v[2], a.v[2], b.v[2], c);
    ADC(out->v[3], a.v[3], b.v[3], c);
    return c;
}

FE_INLINE uint64_t fe_sub_limbs(fe *out, fe a, fe b) {
    uint64_t c = 0;
    SBB(out->v[0], a.v[0], b.v[0], c);
    SBB(out->v[1], a.v[1], b.v[1], c);
    SBB(out->v[2], a.v[2], b.v[2], c);
    SBB(out->v[3], a.v[3], b.v[3], c);
    return c;
}

FE_INLINE fe fe_mask(fe a, uint64_t keep) {
    return FE(a.v[0] & keep, a.v[1] & keep, a.v[2] & keep, a.v[3] & keep);
}

/* Of high * 2^256 + a, below twice the modulus, what is below it. */
FE_INLINE fe fe_reduce_once(fe a, uint64_t high, fe modulus) {
    fe less;
    uint64_t keep = (uint64_t)0 - (uint64_t)(fe_sub_limbs(&less, a, modulus) > high);
    return FE((a.v[0] & keep) | (less.v[0] & ~keep), (a.v[1] & keep) | (less.v[1] & ~keep),
              (a.v[2] & keep) | (less.v[2] & ~keep), (a.v[3] & keep) | (less.v[3] & ~keep));
}

#if defined(__x86_64__) /* compilers make little of carries */
FE_INLINE fe fe_sub(fe a, fe b) {
    uint64_t t0 = a.v[0], t1 = a.v[1], t2 = a.v[2], t3 = a.v[3], m, m1, m3 = 0xFFFFFFFF00000001u;
    __asm__("subq %[b0], %[t0]\n\t"
            "sbbq %[b1], %[t1]\n\t"
            "sbbq %[b2], %[t2]\n\t"
            "sbbq %[b3], %[t3]\n\t"
            "sbbq %[m], %[m]\n\t" /* p, or 0 */
            "movl %k[m], %k[m1]\n\t"
            "andq %[m], %[m3]\n\t"
            "addq %[m], %[t0]\n\t"
            "adcq %[m1], %[t1]\n\t"
            "adcq $0, %[t2]\n\t"
            "adcq %[m3], %[t3]\n\t"
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [m] "=&r"(m), [m1] "=&r"(m1),
              [m3] "+&r"(m3)
            : [b0] "rm"(b.v[0]), [b1] "rm"(b.v[1]), [b2] "rm"(b.v[2]), [b3] "rm"(b.v[3])
            : "cc");
    return FE(t0, t1, t2, t3);
}

/* a - (p - b), where p - b needs no borrow at the end. */
FE_INLINE fe fe_add(fe a, fe b) {
    fe less;
    (void)fe_sub_limbs(&less, P256_P, b);
    return fe_sub(a, less);
}
#else
FE_INLINE fe fe_add(fe a, fe b) {
    fe sum;
    uint64_t carry = fe_add_limbs(&sum, a, b);
    return fe_reduce_once(sum, carry, P256_P);
}

FE_INLINE fe fe_sub(fe a, fe b) {
    fe out;
    uint64_t borrow = fe_sub_limbs(&out, a, b);
    (void)fe_add_limbs(&out, out, fe_mask(P256_P, (uint64_t)0 - borrow));
    return out;
}
#endif

FE_INLINE int fe_is_zero(fe a) {
    return (a.v[0] | a.v[1] | a.v[2] | a.v[3]) == 0;
}

FE_INLINE int fe_equal(fe a, fe b) {
    return ((a.v[0] ^ b.v[0]) | (a.v[1] ^ b.v[1]) | (a.v[2] ^ b.v[2]) | (a.v[3] ^ b.v[3])) == 0;
}

/* Whether a < b. */
FE_INLINE int fe_is_below(fe a, fe b) {
    fe less;
    return (int)fe_sub_limbs(&less, a, b);
}

/* --- Products modulo p. -1/p is 1 modulo 2^64, and p = 2^192 * (2^64 - 2^32 + 1) + 2^96 - 1, so that a limb
 * q goes away by adding q * p: one multiplication and two shifts. Five limbs hold every sum: with t < 2p and
 * a < p, t + a * b is below 2^320, and what is left of t + a * b + q * p is below 2p again. --- */

#if defined(__x86_64__) /* compilers make little of carries */
#if P256_ADX
#define FIRST_ROW(t0, t1, t2, t3, t4)                                                                        \
    "movq (%[b]), %%rdx\n\t"                                                                                 \
    "mulxq (%[a]), %[" t0 "], %[" t1 "]\n\t"                                                                 \
    "mulxq 8(%[a]), %[lo], %[" t2 "]\n\t"                                                                    \
    "addq %[lo], %[" t1 "]\n\t"                                                                              \
    "mulxq 16(%[a]), %[lo], %[" t3 "]\n\t"                                                                   \
    "adcq %[lo], %[" t2 "]\n\t"                                                                              \
    "mulxq 24(%[a]), %[lo], %[" t4 "]\n\t"                                                                   \
    "adcq %[lo], %[" t3 "]\n\t"                                                                              \
    "adcq $0, %[" t4 "]\n\t"
#define ROW_STEP(at, low, high)                                                                              \
    "mulxq " at "(%[a]), %[lo], %[hi]\n\t"                                                                   \
    "adcxq %[lo], %[" low "]\n\t"                                                                            \
    "adoxq %[hi], %[" high "]\n\t"
#define NEXT_ROW(at, t0, t1, t2, t3, t4)                                                                     \
    "movq " at "(%[b]), %%rdx\n\t"                                                                           \
    "xorl %k[lo], %k[lo]\n\t" ROW_STEP("", t0, t1) ROW_STEP("8", t1, t2) ROW_STEP("16", t2, t3)              \
        ROW_STEP("24", t3, t4) "movl $0, %k[lo]\n\t"                                                         \
                               "adcxq %[lo], %[" t4 "]\n\t"
/* The number goes on in t1, t2, t3, t4, t0. */
#define DROP_LIMB(t0, t1, t2, t3, t4)                                                                        \
    "movq %[" t0 "], %%rdx\n\t"                                                                              \
    "movq %[" t0 "], %[lo]\n\t"                                                                              \
    "shlq $32, %[lo]\n\t"                                                                                    \
    "shrq $32, %[" t0 "]\n\t"                                                                                \
    "addq %[lo], %[" t1 "]\n\t"                                                                              \
    "adcq %[" t0 "], %[" t2 "]\n\t"                                                                          \
    "mulxq %[p3], %[lo], %[hi]\n\t"                                                                          \
    "adcq %[lo], %[" t3 "]\n\t"                                                                              \
    "adcq %[hi], %[" t4 "]\n\t"                                                                              \
    "movl $0, %k[" t0 "]\n\t"                                                                                \
    "adcq $0, %[" t0 "]\n\t"
#define DROP_LIMB_N(t0, t1, t2, t3, t4)                                                                      \
    "movq %[" t0 "], %%rdx\n\t"                                                                              \
    "imulq %[inverse], %%rdx\n\t"                                                                            \
    "xorl %k[lo], %k[lo]\n\t" N_STEP("", t0, t1) N_STEP("8", t1, t2) N_STEP("16", t2, t3)                    \
        N_STEP("24", t3, t4) "movl $0, %k[lo]\n\t"                                                           \
                             "adcxq %[lo], %[" t4 "]\n\t"                                                    \
                             "adcxq %[lo], %[" t0 "]\n\t"                                                    \
                             "adoxq %[lo], %[" t0 "]\n\t"
#define N_STEP(at, low, high)                                                                                \
    "mulxq " at "(%[n]), %[lo], %[hi]\n\t"                                                                   \
    "adcxq %[lo], %[" low "]\n\t"                                                                            \
    "adoxq %[hi], %[" high "]\n\t"
#else /* any x86-64 */
#define FIRST_STEP(at, low, high)                                                                            \
    "movq " at "(%[a]), %%rax\n\t"                                                                           \
    "mulq %[hi]\n\t"                                                                                         \
    "addq %%rax, %[" low "]\n\t"                                                                             \
    "adcq $0, %%rdx\n\t"                                                                                     \
    "movq %%rdx, %[" high "]\n\t"
#define FIRST_ROW(t0, t1, t2, t3, t4)                                                                        \
    "movq (%[b]), %[hi]\n\t"                                                                                 \
    "xorl %k[" t0 "], %k[" t0 "]\n\t" FIRST_STEP("", t0, t1) FIRST_STEP("8", t1, t2)                         \
        FIRST_STEP("16", t2, t3) FIRST_STEP("24", t3, t4)
/* *low += from[at] * hi + lo, which gets what is over. */
#define ROW_STEP(from, at, low)                                                                              \
    "movq " at "(%[" from "]), %%rax\n\t"                                                                    \
    "mulq %[hi]\n\t"                                                                                         \
    "addq %[lo], %[" low "]\n\t"                                                                             \
    "adcq $0, %%rdx\n\t"                                                                                     \
    "addq %%rax, %[" low "]\n\t"                                                                             \
    "adcq $0, %%rdx\n\t"                                                                                     \
    "movq %%rdx, %[lo]\n\t"
#define FOUR_STEPS(from, t0, t1, t2, t3, t4)                                                                 \
    "xorl %k[lo], %k[lo]\n\t" ROW_STEP(from, "", t0) ROW_STEP(from, "8", t1) ROW_STEP(from, "16", t2)        \
        ROW_STEP(from, "24", t3) "addq %[lo], %[" t4 "]\n\t"
#define NEXT_ROW(at, t0, t1, t2, t3, t4) "movq " at "(%[b]), %[hi]\n\t" FOUR_STEPS("a", t0, t1, t2, t3, t4)
#define DROP_LIMB(t0, t1, t2, t3, t4)                                                                        \
    "movq %[" t0 "], %%rax\n\t"                                                                              \
    "mulq %[p3]\n\t"                                                                                         \
    "movq %[" t0 "], %[lo]\n\t"                                                                              \
    "shlq $32, %[lo]\n\t"                                                                                    \
    "shrq $32, %[" t0 "]\n\t"                                                                                \
    "addq %[lo], %[" t1 "]\n\t"                                                                              \
    "adcq %[" t0 "], %[" t2 "]\n\t"                                                                          \
    "adcq %%rax, %[" t3 "]\n\t"                                                                              \
    "adcq %%rdx, %[" t4 "]\n\t"                                                                              \
    "movl $0, %k[" t0 "]\n\t"                                                                                \
    "adcq $0, %[" t0 "]\n\t"
#define DROP_LIMB_N(t0, t1, t2, t3, t4)                                                                      \
    "movq %[inverse], %[hi]\n\t"                                                                             \
    "imulq %[" t0 "], %[hi]\n\t" FOUR_STEPS("n", t0, t1, t2, t3, t4) "movl $0, %k[" t0 "]\n\t"               \
                                                                     "adcq $0, %[" t0 "]\n\t"
#endif

FE_INLINE fe fe_mul(fe a, fe b) {
    static const uint64_t p3 = 0xFFFFFFFF00000001u;
    uint64_t t0, t1, t2, t3, t4, lo, hi, x;
    __asm__(FIRST_ROW("t0", "t1", "t2", "t3", "t4") DROP_LIMB("t0", "t1", "t2", "t3", "t4")
                NEXT_ROW("8", "t1", "t2", "t3", "t4", "t0") DROP_LIMB("t1", "t2", "t3", "t4", "t0")
                    NEXT_ROW("16", "t2", "t3", "t4", "t0", "t1") DROP_LIMB("t2", "t3", "t4", "t0", "t1")
                        NEXT_ROW("24", "t3", "t4", "t0", "t1", "t2") DROP_LIMB("t3", "t4", "t0", "t1", "t2")
            /* t4, t0, t1, t2, t3: less p, unless that is below zero */
            "movl $-1, %k[x]\n\t"
            "movq %[t4], %[lo]\n\t"
            "movq %[t0], %[hi]\n\t"
            "movq %[t1], %%rdx\n\t"
            "subq $-1, %[lo]\n\t"
            "sbbq %[x], %[hi]\n\t"
            "sbbq $0, %%rdx\n\t"
            "movq %[t2], %[x]\n\t"
            "sbbq %[p3], %[x]\n\t"
            "sbbq $0, %[t3]\n\t"
            "cmovncq %[lo], %[t4]\n\t"
            "cmovncq %[hi], %[t0]\n\t"
            "cmovncq %%rdx, %[t1]\n\t"
            "cmovncq %[x], %[t2]\n\t"
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [lo] "=&r"(lo),
              [hi] "=&r"(hi), [x] "=&r"(x)
            : [a] "r"(a.v), [b] "r"(b.v), [p3] "m"(p3), "m"(a), "m"(b)
            : "rax", "rdx", "cc");
    return FE(t4, t0, t1, t2);
}
#else
#define ADD_ROW(b)                                                                                           \
    c = 0;                                                                                                   \
    MAC(t0, c, a.v[0], b);                                                                                   \
    MAC(t1, c, a.v[1], b);                                                                                   \
    MAC(t2, c, a.v[2], b);                                                                                   \
    MAC(t3, c, a.v[3], b);                                                                                   \
    t4 += c
#define DROP_LIMB                                                                                            \
    q = t0;                                                                                                  \
    c = 0;                                                                                                   \
    ADC(t0, t1, q << 32, c);                                                                                 \
    ADC(t1, t2, q >> 32, c);                                                                                 \
    t2 = t3;                                                                                                 \
    MAC(t2, c, q, 0xFFFFFFFF00000001u);                                                                      \
    t3 = t4;                                                                                                 \
    t4 = 0;                                                                                                  \
    ADC(t3, t3, c, t4)

FE_INLINE fe fe_mul(fe a, fe b) {
    uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0, c, q;
    ADD_ROW(b.v[0]);
    DROP_LIMB;
    ADD_ROW(b.v[1]);
    DROP_LIMB;
    ADD_ROW(b.v[2]);
    DROP_LIMB;
    ADD_ROW(b.v[3]);
    DROP_LIMB;
    return fe_reduce_once(FE(t0, t1, t2, t3), t4, P256_P);
}
#undef ADD_ROW
#undef DROP_LIMB
#endif

FE_INLINE fe fe_sqr(fe a) {
    return fe_mul(a, a);
}

/* a / 2: plus p, which is odd, where a is. */
FE_INLINE fe fe_half(fe a) {
    uint64_t carry = fe_add_limbs(&a, a, fe_mask(P256_P, (uint64_t)0 - (a.v[0] & 1u)));
    return FE((a.v[0] >> 1) | (a.v[1] << 63), (a.v[1] >> 1) | (a.v[2] << 63), (a.v[2] >> 1) | (a.v[3] << 63),
              (a.v[3] >> 1) | (carry << 63));
}

/* a / 16: with what of p makes it a multiple of 16, as p is -1 modulo 16. */
FE_INLINE fe fe_sixteenth(fe a) {
    uint64_t m = a.v[0] & 15u, c = 0;
    a.v[0] -= m; /* m * p = m * (2^256 - 2^224 + 2^192 + 2^96) - m */
    ADC(a.v[1], a.v[1], m << 32, c);
    ADC(a.v[2], a.v[2], 0, c);
    ADC(a.v[3], a.v[3], m - (m << 32), c);
    uint64_t high = m + c - (m != 0); /* m - (m << 32) borrowed from it */
    return FE((a.v[0] >> 4) | (a.v[1] << 60), (a.v[1] >> 4) | (a.v[2] << 60), (a.v[2] >> 4) | (a.v[3] << 60),
              (a.v[3] >> 4) | (high << 60));
}

/* --- Products modulo n: a * b / R, for a < n and any b. The same bounds hold, with a multiplication to find
 * q. */

#if defined(__x86_64__)
FE_INLINE fe fn_mul(fe a, fe b) {
    static const fe n = {
        {0xF3B9CAC2FC632551u, 0xBCE6FAADA7179E84u, 0xFFFFFFFFFFFFFFFFu, 0xFFFFFFFF00000000u}};
    static const uint64_t inverse = P256_N_INVERSE;
    uint64_t t0, t1, t2, t3, t4, lo, hi;
    __asm__(FIRST_ROW("t0", "t1", "t2", "t3", "t4") DROP_LIMB_N("t0", "t1", "t2", "t3", "t4")
                NEXT_ROW("8", "t1", "t2", "t3", "t4", "t0") DROP_LIMB_N("t1", "t2", "t3", "t4", "t0")
                    NEXT_ROW("16", "t2", "t3", "t4", "t0", "t1") DROP_LIMB_N("t2", "t3", "t4", "t0", "t1")
                        NEXT_ROW("24", "t3", "t4", "t0", "t1", "t2") DROP_LIMB_N("t3", "t4", "t0", "t1", "t2")
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4), [lo] "=&r"(lo),
              [hi] "=&r"(hi)
            : [a] "r"(a.v), [b] "r"(b.v), [n] "r"(n.v), [inverse] "m"(inverse), "m"(a), "m"(b), "m"(n)
            : "rax", "rdx", "cc");
    return fe_reduce_once(FE(t4, t0, t1, t2), t3, n);
}
#else
FE_INLINE fe fn_mul(fe a, fe b) {
    const fe n = P256_N;
    uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0, c, q;
    for (int i = 0; i < 4; i++) {
        c = 0;
        MAC(t0, c, a.v[0], b.v[i]);
        MAC(t1, c, a.v[1], b.v[i]);
        MAC(t2, c, a.v[2], b.v[i]);
        MAC(t3, c, a.v[3], b.v[i]);
        t4 += c;
        q = t0 * P256_N_INVERSE;
        c = 0;
        MAC(t0, c, q, n.v[0]);
        MAC(t1, c, q, n.v[1]);
        MAC(t2, c, q, n.v[2]);
        MAC(t3, c, q, n.v[3]);
        t0 = t1;
        t1 = t2;
        t2 = t3;
        t3 = t4;
        t4 = 0;
        ADC(t3, t3, c, t4);
    }
    return fe_reduce_once(FE(t0, t1, t2, t3), t4, n);
}

#endif

#endif
