/* test_host_p256_bounds.c: the lines of p256_f52.h run on intervals. What comes out lies within what goes in,
 * nothing overflows 64 bits, and no multiplication is handed more than 52: so it holds for any number of
 * operations in any order. */
#if defined(__SIZEOF_INT128__)
#define P256_ADX 0
#pragma GCC diagnostic ignored "-Wunused-function" /* of the headers that are included */
#include "harness.h"
#include "host/p256_scalar.h"

__extension__ typedef __int128 wide;

typedef struct vec {
    wide low, high; /* both may occur */
} vec;

#define BIT(n) ((wide)1 << (n))

static vec interval(wide low, wide high) {
    CHECK(low <= high);
    CHECK(low >= -BIT(63) && high < BIT(63));
    return (vec){low, high};
}

static vec v_set(uint64_t a) {
    return interval((wide)a, (wide)a);
}

static vec v_add(vec a, vec b) {
    return interval(a.low + b.low, a.high + b.high);
}

static vec v_sub(vec a, vec b) {
    return interval(a.low - b.high, a.high - b.low);
}

/* The masks are all ones. */
static vec v_and(vec a, uint64_t mask) {
    CHECK((mask & (mask + 1)) == 0);
    return a.low >= 0 && a.high <= (wide)mask ? a : interval(0, (wide)mask);
}

static vec v_shl(vec a, unsigned n) {
    return interval(a.low * BIT(n), a.high * BIT(n));
}

static vec v_shl_52(vec a, unsigned n) {
    CHECK(a.low >= 0 && n < 52);
    return interval(0, BIT(52) - 1);
}

static vec v_shr(vec a, unsigned n) {
    CHECK(a.low >= 0);
    return interval(a.low >> n, a.high >> n);
}

/* Rounds down, as the instruction does. */
static vec v_sar(vec a, unsigned n) {
    return interval(a.low >> n, a.high >> n);
}

static void check_factor(vec a) {
    CHECK(a.low >= 0 && a.high < BIT(52));
}

static vec v_madd_lo(vec sum, vec a, vec b) {
    wide most = a.high * b.high < BIT(52) ? a.high * b.high : BIT(52) - 1;
    check_factor(a);
    check_factor(b);
    return interval(sum.low, sum.high + most);
}

static vec v_madd_hi(vec sum, vec a, vec b) {
    check_factor(a);
    check_factor(b);
    return interval(sum.low + (a.low * b.low >> 52), sum.high + (a.high * b.high >> 52));
}

#include "host/p256_f52.h"

/* Any number. */
static vf any(void) {
    vec limb = interval(0, BIT(52) - 1);
    return (vf){{limb, limb, limb, limb, interval(0, BIT(48) + BIT(45) - 1)}};
}

/* What differences take. */
static vf any_signed(void) {
    vec limb = interval(-BIT(52), BIT(52));
    return (vf){{limb, limb, limb, limb, interval(-BIT(49), BIT(49))}};
}

static void check_number(vf a) {
    vf bound = any();
    for (int i = 0; i < 5; i++)
        CHECK(a.l[i].low >= bound.l[i].low && a.l[i].high <= bound.l[i].high);
}

TEST(products) {
    check_number(vf_mul(any(), any()));
    check_number(vf_sqr(any()));
}

TEST(differences) {
    check_number(vf_sub(any_signed(), any_signed()));
    check_number(vf_sub2(any_signed(), any_signed(), any_signed()));
}

TEST(constants) {
    check_number(vf_one());
    check_number(vf_square_of_r());
}

/* In units of 2^252: a number is below 18, and 2p is more than 31. A product is at most 18 * 18 / 256 of them
 * (over 2^260), and q * p over 2^260 less than p, which is below 16. */
TEST(values) {
    CHECK(18 * 18 / 256 + 1 + 16 <= 18);
    CHECK(BIT(48) + BIT(45) == 18 * BIT(44));
}
#endif /* else there are no tables */
