/* test_host_p256.c: P-256 by tables, each layer that this machine has, against libcrypto and against
 * arithmetic of the book kind. */
#if defined(__SIZEOF_INT128__)
#include "p256_samples.h"

#include "host/hot.h"

#define NUM_LAYERS 3

/* --- Layers */

typedef struct layers {
    pvh_p256 *p256[NUM_LAYERS];
    void *room;
} layers;

static layers layers_open(unsigned width) {
    layers out = {.room = aligned_alloc(64, (pvh_p256_room_size() + 63u) & ~(size_t)63u)};
    for (int i = 0; i < NUM_LAYERS; i++)
        out.p256[i] = pvh_p256_new((pvh_p256_layer)(i + 1), width);
    CHECK(out.p256[0] != NULL);
    return out;
}

static void layers_close(layers *l) {
    for (int i = 0; i < NUM_LAYERS; i++)
        pvh_p256_free(l->p256[i]);
    free(l->room);
}

/* By the keys' points alone. */
static void run_bare(const pvh_p256 *p256, const sample *samples, const int *wanted, size_t num) {
    for (size_t k = 0; k < num; k++) {
        pvh_p256_check check = check_of(&samples[k]);
        check.key = NULL;
        pvh_p256_verify_bare(p256, &check, samples[k].key->spki + 27);
        CHECK_MSG(check.is_good == wanted[k], "bare, sample %zu of %zu: %d, not %d", k, num, check.is_good,
                  wanted[k]);
    }
}

/* Every layer gives the answers that are wanted, all samples together and, a part of them, without tables. */
static void run(const layers *l, const sample *samples, const int *wanted, size_t num) {
    pvh_p256_check *checks = malloc(num * sizeof *checks);
    for (int i = 0; i < NUM_LAYERS; i++) {
        if (!l->p256[i]) continue;
        for (size_t k = 0; k < num; k++)
            checks[k] = check_of(&samples[k]);
        pvh_p256_verify(l->p256[i], checks, num, l->room);
        for (size_t k = 0; k < num; k++)
            CHECK_MSG(checks[k].is_good == wanted[k], "layer %d, sample %zu of %zu: %d, not %d", i + 1, k,
                      num, checks[k].is_good, wanted[k]);
        run_bare(l->p256[i], samples, wanted, num < 40 || num % 16 == 0 ? num : num / 16);
    }
    free(checks);
}

/* One sample alone, in each place of a round, and in a round that has nothing else. */
static void run_everywhere(const layers *l, const sample *odd, const sample *plain) {
    sample samples[19];
    int wanted[19];
    int is_good = odd->is_good >= 0 ? odd->is_good : libcrypto_says(odd);
    CHECK_IS(is_good, libcrypto_says(odd));
    run(l, odd, &is_good, 1);
    for (size_t place = 0; place < 19; place++) {
        for (size_t i = 0; i < 19; i++) {
            samples[i] = i == place ? *odd : plain[i % 2];
            wanted[i] = i == place ? is_good : plain[i % 2].is_good;
        }
        run(l, samples, wanted, 19);
    }
    for (size_t i = 0; i < 19; i++)
        samples[i] = *odd, wanted[i] = is_good;
    run(l, samples, wanted, 19);
}

/* --- Tests */

TEST(layers_give_the_known_answers) {
    unsigned num = 0;
    for (uint32_t layer = 1; layer <= NUM_LAYERS; layer++) {
        int found = pvh_hot_layer_state(layer);
        CHECK_MSG(found != 0, "layer %u", layer);
        num += found == 1;
    }
    CHECK(num >= 1);
    CHECK_IS(pvh_hot_layer_state(0), -1);
    CHECK_IS(pvh_hot_layer_state(4), -1);
    printf("%u of %d layers are here\n", num, NUM_LAYERS);
}

/* What a layer looks like from inside. */
typedef struct opened {
    const p256_functions *functions;
    pvh_p256_table *generator;
} opened;

TEST(a_wrong_generator_is_noticed) {
    const unsigned widths[] = {8, 9};
    for (uint32_t layer = 1; layer <= NUM_LAYERS; layer++) {
        pvh_p256 *p256 = pvh_p256_new((pvh_p256_layer)layer, 10);
        if (!p256) continue;
        CHECK_IS(pvh_p256_test(p256, widths, 2), PVH_P256_RIGHT);
        CHECK_IS(pvh_p256_test(p256, widths, 0), PVH_P256_UNTESTED);
        pvh_p256_table *generator = ((opened *)(void *)p256)->generator;
        p256_row *rows = generator->rows;
        test_key k;
        make_key(&k, small(2), 10);
        generator->rows = k.table->rows;
        CHECK_IS(pvh_p256_test(p256, widths, 2), PVH_P256_WRONG);
        generator->rows = rows;
        pvh_p256_table_free(k.table);
        pvh_p256_free(p256);
    }
}

TEST(inverses) {
    fe edges[] = {small(0), small(1), small(2), P256_ONE, P256_RR, FE(0, 0, 0, (uint64_t)1 << 63)};
    for (size_t i = 0; i < num_cases(3000); i++) {
        fe a = i < 6 ? edges[i] : below(P256_P);
        fe found = inverse_mod(a, P256_P, P256_P_INVERSE_62);
        fe product = fe_mul(fe_mul(a, P256_RR), found);
        CHECK(fe_is_zero(a) ? fe_is_zero(found) : fe_equal(product, small(1)));
        fe by_power = inverse_p(fe_mul(a, P256_RR)); /* of a number in Montgomery form */
        CHECK(fe_equal(fe_mul(found, P256_RR), by_power));
        if (!fe_is_below(a, P256_N)) continue;
        found = inverse_mod(a, P256_N, P256_N_INVERSE_62);
        CHECK(fe_is_zero(a) ? fe_is_zero(found) : fe_equal(times_n(a, found), small(1)));
        CHECK(fe_is_below(found, P256_N));
    }
}

TEST(a_sixteenth_times_sixteen) {
    for (size_t i = 0; i < num_cases(3000); i++) {
        fe a = below(P256_P), b = fe_sixteenth(a);
        CHECK(fe_is_below(b, P256_P));
        for (int k = 0; k < 4; k++)
            b = fe_add(b, b);
        CHECK(fe_equal(a, b));
    }
}

/* Every row is what it is said to be. */
TEST(tables) {
    for (unsigned width = 8; width <= 10; width++) {
        test_key k;
        make_key(&k, below(P256_N), width);
        CHECK_IS(pvh_p256_table_bytes(k.table), pvh_p256_table_size(width));
        for (int i = 0; i < 40; i++) {
            unsigned window = (unsigned)(next_random() % k.table->windows),
                     row = (unsigned)(next_random() >> 40);
            row = i < 2 ? (unsigned)i : row % (1u << (width - 1));
            if (i < 4) window = k.table->windows - 1 - (unsigned)i % 2;
            fe multiple = small(2u * row + 1u), two = small(2);
            for (unsigned j = 0; j < window * width; j++)
                multiple = times_n(multiple, two);
            point wanted = times(multiple, k.q);
            node found = take_point(&k.table->rows[((size_t)window << (width - 1)) + row], 0);
            CHECK(fe_equal(found.x, wanted.x) && fe_equal(found.y, wanted.y));
            found = take_point(&k.table->rows[((size_t)window << (width - 1)) + row], 1);
            CHECK(fe_is_zero(fe_add(found.y, wanted.y)));
        }
        pvh_p256_table_free(k.table);
    }
}

TEST(what_is_no_table) {
    uint8_t octets[64] = {0};
    CHECK(pvh_p256_table_new(octets, 8) == NULL);
    memset(octets, 0xFF, sizeof octets);
    CHECK(pvh_p256_table_new(octets, 8) == NULL);
    write_number(octets, from_montgomery(generator().x));
    write_number(octets + 32, from_montgomery(generator().y));
    CHECK(pvh_p256_table_new(octets, 7) == NULL && pvh_p256_table_new(octets, 17) == NULL);
    CHECK_IS(pvh_p256_table_size(7), 0);
    octets[63] ^= 1;
    CHECK(pvh_p256_table_new(octets, 8) == NULL);
    CHECK(pvh_p256_new(PVH_P256_NONE, 8) == NULL);
}

/* Numbers out of range, digests of 0 and of n or more, few multiples, sums that double and that vanish, at
 * the end and in between. */
TEST(edges) {
    layers l = layers_open(8);
    test_key k;
    make_key(&k, below(P256_N), 8);
    sample plain[2] = {sign(&k, below(P256_N), below(P256_N)), sign(&k, below(P256_N), below(P256_N))};
    plain[1].digest.v[1] ^= 16;
    plain[1].is_good = 0;
    fe n_less, n_more, p = P256_P, n = P256_N,
                       all = FE((uint64_t)-1, (uint64_t)-1, (uint64_t)-1, (uint64_t)-1);
    (void)fe_sub_limbs(&n_less, n, small(1));
    (void)fe_add_limbs(&n_more, n, small(1));
    fe out_of_range[] = {small(0), n, n_more, p, all, n_less, small(1)};
    for (size_t i = 0; i < 7; i++) {
        for (int is_s = 0; is_s < 2; is_s++) {
            sample s = plain[0];
            *(is_s ? &s.s : &s.r) = out_of_range[i];
            s.is_good = -1;
            run_everywhere(&l, &s, plain);
        }
    }
    fe digests[] = {small(0), small(1), n, n_more, n_less, all, p};
    for (size_t i = 0; i < 7; i++) {
        sample s = sign(&k, digests[i], below(n));
        run_everywhere(&l, &s, plain);
    }
    for (uint64_t a = 1; a <= 3; a++) {
        for (uint64_t b = 1; b <= 3; b++) {
            for (int sign_of = 0; sign_of < 4; sign_of++) {
                fe u1 = sign_of & 1 ? minus_n(small(a)) : small(a),
                   u2 = sign_of & 2 ? minus_n(small(b)) : small(b);
                sample s = by_multiples(&k, u1, u2, NULL);
                run_everywhere(&l, &s, plain);
            }
        }
    }
    layers_close(&l);
    pvh_p256_table_free(k.table);
}

/* u1 * G and u2 * Q are equal, or opposite; and parts of the sums are, for keys that are small multiples. */
TEST(sums_that_meet) {
    layers l = layers_open(8);
    fe any_r = below(P256_N);
    for (uint64_t i = 0; i < 12; i++) {
        test_key k;
        fe d = i == 0   ? small(1)
               : i == 1 ? minus_n(small(1))
               : i < 8  ? small((uint64_t)1 << (i * 8 - 8))
                        : below(P256_N);
        make_key(&k, d, 8);
        sample plain[2] = {sign(&k, below(P256_N), below(P256_N)), sign(&k, below(P256_N), below(P256_N))};
        plain[1].digest.v[0] ^= 1;
        plain[1].is_good = 0;
        fe u2 = i % 2 ? below(P256_N) : small(i + 3), u1 = times_n(u2, d);
        sample doubled = by_multiples(&k, u1, u2, NULL), gone = by_multiples(&k, minus_n(u1), u2, &any_r);
        run_everywhere(&l, &doubled, plain);
        run_everywhere(&l, &gone, plain);
        sample again = by_multiples(&k, small(1), small(1), NULL);
        if (i != 1) run_everywhere(&l, &again, plain);
        pvh_p256_table_free(k.table);
    }
    layers_close(&l);
}

/* Digits say what the number is: 0 or odd, small, and four zeros at least after each that is not 0. */
TEST(digits_of_bare_keys) {
    fe edges[] = {small(1),          small(15),
                  small(16),         small(17),
                  small(31),         FE(0, 0, 0, (uint64_t)1 << 63),
                  minus_n(small(1)), FE((uint64_t)-1, (uint64_t)-1, (uint64_t)-1, (uint64_t)-1)};
    for (size_t i = 0; i < num_cases(3000) + 8; i++) {
        fe k = i < 8 ? edges[i] : any_number(), sum = small(0);
        int8_t digits[BARE_DIGITS];
        uint64_t over = 0;
        unsigned num = write_digits(digits, k), last = BARE_DIGITS + BARE_WIDTH;
        CHECK(num <= BARE_DIGITS && (num == 0 || digits[num - 1] > 0));
        for (unsigned at = num; at-- > 0;) {
            int digit = digits[at];
            over = over << 1 | fe_add_limbs(&sum, sum, sum);
            if (digit > 0) over += fe_add_limbs(&sum, sum, small((uint64_t)digit));
            if (digit < 0) over -= fe_sub_limbs(&sum, sum, small((uint64_t)-digit));
            if (digit == 0) continue;
            CHECK(digit % 2 != 0 && digit > -16 && digit < 16 && last - at >= BARE_WIDTH);
            last = at;
        }
        CHECK(over == 0 && fe_equal(sum, k));
    }
}

/* Sums that meet a row on the way: u2 of one or two digits, and keys whose few multiples the generator's rows
 * meet. */
TEST(bare_sums_that_meet) {
    layers l = layers_open(8);
    for (uint64_t d = 1; d < 34; d++) {
        test_key k;
        make_key(&k, d % 2 ? small(d) : minus_n(small(d)), 8);
        for (uint64_t a = 1; a < 40; a++) {
            fe u2 = small(a), u1 = times_n(u2, k.d), any_r = below(P256_N);
            sample three[3] = {by_multiples(&k, u1, u2, NULL), by_multiples(&k, minus_n(u1), u2, &any_r),
                               by_multiples(&k, small(0), minus_n(u2), NULL)};
            int wanted[3] = {1, 0, 1};
            for (int i = 0; i < NUM_LAYERS; i++)
                if (l.p256[i]) run_bare(l.p256[i], three, wanted, 3);
            CHECK(libcrypto_says(&three[0]) && !libcrypto_says(&three[1]) && libcrypto_says(&three[2]));
        }
        pvh_p256_table_free(k.table);
    }
    layers_close(&l);
}

/* By a^((p + 1) / 4); 0: it has none. */
static int square_root(fe *root, fe a) {
    fe exponent;
    *root = P256_ONE;
    (void)fe_add_limbs(&exponent, P256_P, small(1));
    for (int i = 253; i >= 0; i--) {
        *root = fe_sqr(*root);
        if (exponent.v[(i + 2) / 64] >> ((i + 2) % 64) & 1) *root = fe_mul(*root, a);
    }
    return fe_equal(fe_sqr(*root), a);
}

static const fe curve_b = {
    {0xD89CDF6229C4BDDFu, 0xACF005CD78843090u, 0xE5A220ABF7212ED6u, 0xDC30061D04874834u}};

static int holds_by(const pvh_p256 *p256, const sample *s, const uint8_t at[64]) {
    pvh_p256_check check = check_of(s);
    pvh_p256_verify_bare(p256, &check, at);
    return check.is_good;
}

/* s = 7 holds; 7 + n, the same number modulo n, does not (FIPS 186-5 6.4.2 step 1). */
TEST(bare_numbers_out_of_range) {
    layers l = layers_open(8);
    test_key k;
    make_key(&k, below(P256_N), 8);
    fe nonce = below(P256_N), r = x_of(times(nonce, generator()));
    fe digest = plus_n(times_n(small(7), nonce), minus_n(times_n(r, k.d)));
    sample low = {&k, digest, r, small(7), 1}, high = low;
    (void)fe_add_limbs(&high.s, P256_N, small(7));
    CHECK(libcrypto_says(&low) && !libcrypto_says(&high));
    for (int i = 0; i < NUM_LAYERS; i++) {
        if (!l.p256[i]) continue;
        CHECK(holds_by(l.p256[i], &low, k.spki + 27) && !holds_by(l.p256[i], &high, k.spki + 27));
        pvh_p256_check of_low = check_of(&low), of_high = check_of(&high);
        CHECK(pvh_p256_is_in_order(&of_low, k.spki + 27) && !pvh_p256_is_in_order(&of_high, k.spki + 27));
    }
    pvh_p256_table_free(k.table);
    layers_close(&l);
}

static int never_bare(const p256_item *item, const fe at[2], const pvh_p256_table *of) {
    (void)item;
    (void)at;
    (void)of;
    return 0;
}

static int always_bare(const p256_item *item, const fe at[2], const pvh_p256_table *of) {
    return !never_bare(item, at, of);
}

TEST(a_wrong_bare_check_is_noticed) {
    const unsigned widths[] = {8};
    pvh_p256 *p256 = pvh_p256_new(PVH_P256_PLAIN, 10);
    opened *inside = (opened *)(void *)p256;
    p256_functions wrong = *inside->functions;
    inside->functions = &wrong;
    CHECK_IS(pvh_p256_test(p256, widths, 1), PVH_P256_RIGHT);
    wrong.check_bare = never_bare;
    CHECK_IS(pvh_p256_test(p256, widths, 1), PVH_P256_WRONG);
    wrong.check_bare = always_bare;
    CHECK_IS(pvh_p256_test(p256, widths, 1), PVH_P256_WRONG);
    pvh_p256_free(p256);
}

/* A point off the curve verifies nothing, nor does one whose x is p where 0 is meant (SEC 1 2.3.4). */
TEST(what_is_no_bare_key) {
    layers l = layers_open(8);
    test_key k, zero = {.d = small(0)};
    fe y;
    make_key(&k, below(P256_N), 8);
    CHECK(square_root(&y, curve_b));
    key_of_point(&zero, (point){small(0), y, 0}, 8);
    sample s = sign(&k, below(P256_N), below(P256_N)), t = by_multiples(&zero, small(5), small(7), NULL);
    for (int i = 0; i < NUM_LAYERS; i++) {
        uint8_t octets[64];
        if (!l.p256[i]) continue;
        for (unsigned octet = 0; octet < 64; octet++) {
            memcpy(octets, k.spki + 27, 64);
            octets[octet] ^= (uint8_t)(1u << octet % 8);
            CHECK(!holds_by(l.p256[i], &s, octets));
        }
        memcpy(octets, zero.spki + 27, 64);
        CHECK(holds_by(l.p256[i], &t, octets));
        write_number(octets, P256_P);
        CHECK(!holds_by(l.p256[i], &t, octets));
    }
    pvh_p256_table_free(k.table);
    pvh_p256_table_free(zero.table);
    layers_close(&l);
}

/* Two halves of one multiple that are opposite modulo n: n - 2a, where a is what n has below the split. */
TEST(halves_that_meet) {
    layers l = layers_open(8);
    test_key k;
    make_key(&k, below(P256_N), 8);
    sample plain[2] = {sign(&k, below(P256_N), below(P256_N)), sign(&k, below(P256_N), below(P256_N))};
    for (unsigned bits = 8; bits < 256; bits += 8) {
        fe low = P256_N, u;
        for (unsigned i = 0; i < 4; i++) {
            if (bits <= 64 * i)
                low.v[i] = 0;
            else if (bits < 64 * (i + 1))
                low.v[i] &= ((uint64_t)1 << (bits - 64 * i)) - 1;
        }
        u = plus_n(P256_N, minus_n(plus_n(low, low)));
        fe others[] = {u, minus_n(u), plus_n(low, low), low};
        for (int i = 0; i < 4; i++) {
            if (fe_is_zero(others[i])) continue;
            sample in_g = by_multiples(&k, others[i], below(P256_N), NULL);
            sample in_q = by_multiples(&k, below(P256_N), others[i], NULL);
            sample both = by_multiples(&k, others[i], others[i], NULL);
            sample three[3] = {in_g, in_q, both};
            int wanted[3] = {1, 1, 1};
            run(&l, three, wanted, 3);
            if (bits % 64 == 0) run_everywhere(&l, &both, plain);
            sample full[9] = {both, in_g, in_q, both, both, in_q, in_g, both, both};
            int good[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
            run(&l, full, good, 9);
        }
    }
    layers_close(&l);
    pvh_p256_table_free(k.table);
}

/* x between n and p: r is x - n, and only r + n is found. */
TEST(an_x_above_n) {
    layers l = layers_open(8);
    unsigned found = 0;
    for (uint64_t t = 1; t < 200 && found < 8; t++) {
        fe x = P256_N, y;
        (void)fe_add_limbs(&x, P256_N, small(t));
        x = fe_mul(x, P256_RR);
        if (!square_root(&y, fe_add(fe_sub(fe_mul(fe_sqr(x), x), fe_add(fe_add(x, x), x)), curve_b)))
            continue;
        found++;
        fe u1 = below(P256_N), u2 = below(P256_N);
        point r = {x, y, 0}, minus = times(minus_n(u1), generator());
        test_key k = {.d = small(0)};
        key_of_point(&k, times(inverse_n(u2), plus(r, minus)), 8);
        sample s = by_multiples(&k, u1, u2, NULL);
        CHECK(fe_equal(s.r, small(t)));
        sample plain[2] = {by_multiples(&k, below(P256_N), below(P256_N), NULL), s};
        run_everywhere(&l, &s, plain);
        s.r = small(t + 1);
        s.is_good = -1;
        run_everywhere(&l, &s, plain);
        pvh_p256_table_free(k.table);
    }
    CHECK_IS(found, 8);
    layers_close(&l);
}

/* Half of them invalid, by one bit of one of the numbers or by another key. */
TEST(random_signatures_against_libcrypto) {
    size_t num = num_cases(2000);
    layers l = layers_open(8);
    test_key keys[4];
    for (unsigned i = 0; i < 4; i++)
        make_key(&keys[i], below(P256_N), 8 + i % 3);
    for (size_t done = 0; done < num;) {
        sample samples[257];
        int wanted[257];
        size_t size = 1 + next_random() % 257;
        for (size_t i = 0; i < size; i++) {
            sample s = sign(&keys[next_random() % 4], any_number(), below(P256_N));
            unsigned bit = next_random() % 256, kind = next_random() % 8;
            if (kind == 3) s.key = &keys[next_random() % 4];
            if (kind < 3)
                (kind == 0 ? &s.digest : kind == 1 ? &s.r : &s.s)->v[bit / 64] ^= (uint64_t)1 << bit % 64;
            samples[i] = s;
            wanted[i] = libcrypto_says(&s);
        }
        run(&l, samples, wanted, size);
        done += size;
    }
    layers_close(&l);
    for (unsigned i = 0; i < 4; i++)
        pvh_p256_table_free(keys[i].table);
}

/* 1, 16 and 64 keys in rounds of every size up to 1000; good ones and bad ones. */
TEST(rounds_of_every_size) {
    enum { MOST = 1000, KEYS = 64 };
    layers l = layers_open(9);
    test_key *keys = calloc(KEYS, sizeof *keys);
    sample *all = calloc(MOST, sizeof *all), good[64];
    int *wanted = calloc(MOST, sizeof *wanted);
    for (unsigned i = 0; i < KEYS; i++)
        make_key(&keys[i], below(P256_N), i % 5 ? 8 : 9);
    for (unsigned num_keys = 1; num_keys <= KEYS; num_keys *= num_keys == 1 ? 16 : 4) {
        for (unsigned i = 0; i < 64; i++)
            good[i] = sign(&keys[i % num_keys], below(P256_N), below(P256_N));
        for (unsigned i = 0; i < MOST; i++) {
            all[i] = good[i % 64];
            wanted[i] = next_random() % 4 != 0;
            if (!wanted[i]) all[i].digest.v[2] ^= 4;
        }
        for (size_t size = 1; size <= MOST; size += size < 40 ? 1 : 37)
            run(&l, all, wanted, size);
    }
    for (unsigned i = 0; i < KEYS; i++)
        pvh_p256_table_free(keys[i].table);
    free(keys);
    free(all);
    free(wanted);
    layers_close(&l);
}
#endif /* else there are no tables */
