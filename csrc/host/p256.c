/* Tables, and what is the same for all layers. */
#include "host/p256.h"

#if defined(__SIZEOF_INT128__)

#define P256_ADX 0
#include "host/p256_inverse.h"
#include "host/p256_layer.h"
#include "host/rooms.h"

#include <stdlib.h>
#include <string.h>

struct pvh_p256 {
    const p256_functions *functions;
    pvh_p256_table *generator;
};

/* --- Layers ------------------------------------------------------------------------------------------------
 */

#if defined(__x86_64__)
static int has_adx(void) {
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("adx");
}

/* Asks what the operating system keeps of the registers, too. */
static int has_ifma(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma");
}
#endif

static const p256_functions *functions_of(pvh_p256_layer layer) {
    switch (layer) {
    case PVH_P256_PLAIN: return &pvh_p256_plain;
#if defined(__x86_64__)
    case PVH_P256_ADX: return has_adx() ? &pvh_p256_adx : NULL;
    case PVH_P256_IFMA: return has_adx() && has_ifma() ? &pvh_p256_ifma : NULL;
#endif
    default: return NULL;
    }
}

int pvh_p256_has(pvh_p256_layer layer) {
    return functions_of(layer) != NULL;
}

/* --- Numbers -----------------------------------------------------------------------------------------------
 */

static uint64_t read_limb(const uint8_t octets[8]) {
    uint64_t out = 0;
    for (int i = 0; i < 8; i++)
        out = out << 8 | octets[i];
    return out;
}

static fe fe_read(const uint8_t octets[32]) {
    return FE(read_limb(octets + 24), read_limb(octets + 16), read_limb(octets + 8), read_limb(octets));
}

static fe to_montgomery(fe a) {
    return fe_mul(a, P256_RR);
}

static fe three_times(fe a) {
    return fe_add(fe_add(a, a), a);
}

/* y^2 = x^3 - 3x + b */
static int is_on_curve(fe x, fe y) {
    const fe b = FE(0xD89CDF6229C4BDDFu, 0xACF005CD78843090u, 0xE5A220ABF7212ED6u, 0xDC30061D04874834u);
    return fe_equal(fe_sqr(y), fe_add(fe_sub(fe_mul(fe_sqr(x), x), three_times(x)), b));
}

/* --- Tables ------------------------------------------------------------------------------------------------
 *
 * First 2^j times the point for all j, made affine with one inversion; then, in all windows at once, of the
 * multiples 1, 3, ..., 2^k - 1 the next ones by adding 2^k. Nothing exceptional can meet: that two of these
 * numbers times a power of two are equal or opposite modulo n, a prime above 2^width, they are too small.
 */

typedef struct affine {
    fe x, y;
} affine;

static unsigned windows_of(unsigned width) {
    return (256u + width - 1u) / width;
}

static int is_width(unsigned width) {
    return width >= PVH_P256_MIN_WIDTH && width <= PVH_P256_MAX_WIDTH;
}

size_t pvh_p256_table_size(unsigned width) {
    return is_width(width)
               ? sizeof(pvh_p256_table) + 64u + ((size_t)windows_of(width) << (width - 1u)) * sizeof(p256_row)
               : 0;
}

size_t pvh_p256_table_bytes(const pvh_p256_table *table) {
    return pvh_p256_table_size(table->width);
}

/* powers[j] = 2^j times the point, from powers[0]: doubled in Jacobian coordinates, with Z in `z`, so that
 * one inversion makes all of them affine. */
static void double_all(affine *powers, fe *z, fe *before, unsigned num) {
    jacobian p = {powers[0].x, powers[0].y, P256_ONE};
    z[0] = p.z;
    for (unsigned j = 1; j < num; j++) {
        double_point(&p);
        powers[j] = (affine){p.x, p.y};
        z[j] = p.z;
    }
    fe_invert_all(z, before, num);
    for (unsigned j = 1; j < num; j++) {
        fe square = fe_sqr(z[j]);
        powers[j].x = fe_mul(powers[j].x, square);
        powers[j].y = fe_mul(powers[j].y, fe_mul(square, z[j]));
    }
}

static affine add_affine(affine a, affine b, fe inverse) {
    fe slope = fe_mul(fe_sub(b.y, a.y), inverse);
    fe x = fe_sub(fe_sub(fe_sqr(slope), a.x), b.x);
    return (affine){x, fe_sub(fe_mul(slope, fe_sub(a.x, x)), a.y)};
}

/* points[window << (width - 1)] and on: the window's odd multiples, of which `have` (2^(k - 1)) are there. */
static void double_windows(affine *points, const affine *powers, fe *below, fe *before, unsigned width,
                           unsigned have, unsigned k) {
    unsigned num = windows_of(width), n = 0;
    for (unsigned i = 0; i < num; i++) {
        for (unsigned j = 0; j < have; j++)
            below[n++] = fe_sub(powers[i * width + k].x, points[((size_t)i << (width - 1u)) + j].x);
    }
    fe_invert_all(below, before, n);
    n = 0;
    for (unsigned i = 0; i < num; i++) {
        affine *window = points + ((size_t)i << (width - 1u));
        for (unsigned j = 0; j < have; j++)
            window[have + j] = add_affine(window[j], powers[i * width + k], below[n++]);
    }
}

/* In place: a row is as large as an affine point. */
static void write_rows(p256_row *rows, const affine *points, size_t num) {
    for (size_t i = 0; i < num; i++) {
        fe x = fe_mul(points[i].x, P256_SIXTEEN), y = fe_mul(points[i].y, P256_SIXTEEN);
        memcpy(&rows[i].v[0], x.v, sizeof x.v);
        memcpy(&rows[i].v[4], y.v, sizeof y.v);
    }
}

static int fill(pvh_p256_table *table, affine point) {
    unsigned width = table->width, num = table->windows, powers = num * width + 1u;
    size_t half = (size_t)num << (width - 2u);
    affine *points = (affine *)(void *)table->rows;
    affine *power = malloc(powers * sizeof *power);
    fe *scratch = malloc(2u * (half > powers ? half : powers) * sizeof *scratch);
    if (power && scratch) {
        fe *before = scratch + (half > powers ? half : powers);
        power[0] = point;
        double_all(power, scratch, before, powers);
        for (unsigned i = 0; i < num; i++)
            points[(size_t)i << (width - 1u)] = power[i * width];
        for (unsigned k = 1; k < width; k++)
            double_windows(points, power, scratch, before, width, 1u << (k - 1u), k);
        write_rows(table->rows, points, half * 2u);
    }
    int done = power && scratch;
    free(power);
    free(scratch);
    return done;
}

static pvh_p256_table *table_open(unsigned width) {
    pvh_p256_table *table = is_width(width) ? calloc(1, sizeof *table) : NULL;
    if (!table) return NULL;
    table->width = width;
    table->windows = windows_of(width);
    table->memory = malloc(pvh_p256_table_size(width) - sizeof *table);
    if (!table->memory) {
        free(table);
        return NULL;
    }
    table->rows = (p256_row *)(((uintptr_t)table->memory + 63u) & ~(uintptr_t)63u);
    return table;
}

/* In Montgomery form; 0: it is no point of the curve. */
static int read_point(affine *out, const uint8_t point[64]) {
    fe x = fe_read(point), y = fe_read(point + 32);
    if (!fe_is_below(x, P256_P) || !fe_is_below(y, P256_P)) return 0;
    *out = (affine){to_montgomery(x), to_montgomery(y)};
    return is_on_curve(out->x, out->y);
}

pvh_p256_table *pvh_p256_table_new(const uint8_t point[64], unsigned width) {
    affine p;
    if (!read_point(&p, point)) return NULL;
    pvh_p256_table *table = table_open(width);
    if (table && fill(table, p)) return table;
    pvh_p256_table_free(table);
    return NULL;
}

void pvh_p256_table_free(pvh_p256_table *table) {
    if (!table) return;
    free(table->memory);
    free(table);
}

/* --- Engines -----------------------------------------------------------------------------------------------
 */

pvh_p256 *pvh_p256_new(pvh_p256_layer layer, unsigned generator_width) {
    static const uint8_t generator[64] = {
        0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2,
        0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96,
        0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16,
        0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};
    const p256_functions *functions = functions_of(layer);
    pvh_p256 *p256 = functions ? calloc(1, sizeof *p256) : NULL;
    if (!p256) return NULL;
    p256->functions = functions;
    p256->generator = pvh_p256_table_new(generator, generator_width);
    if (p256->generator) return p256;
    free(p256);
    return NULL;
}

void pvh_p256_free(pvh_p256 *p256) {
    if (!p256) return;
    pvh_p256_table_free(p256->generator);
    free(p256);
}

size_t pvh_p256_size(const pvh_p256 *p256) {
    return sizeof *p256 + pvh_p256_table_size(p256->generator->width);
}

/* --- Checks ------------------------------------------------------------------------------------------------
 */

typedef struct round_room {
    p256_item items[P256_ROUND];
    p256_item *order[P256_ROUND];
    fe before[P256_ROUND];
} round_room;

size_t pvh_p256_room_size(void) {
    size_t most = pvh_p256_plain.room;
#if defined(__x86_64__)
    if (pvh_p256_adx.room > most) most = pvh_p256_adx.room;
    if (pvh_p256_ifma.room > most) most = pvh_p256_ifma.room;
#endif
    return PVH_IN_LINES(sizeof(round_room)) + PVH_IN_LINES(most);
}

/* 1 to n - 1, as r and s have to be. */
static int is_scalar(fe a) {
    return !fe_is_zero(a) && fe_is_below(a, P256_N);
}

static int read_item(p256_item *item, pvh_p256_check *check) {
    check->is_good = 0;
    *item = (p256_item){check->key, fe_read(check->s), fe_read(check->digest), fe_read(check->r), check};
    return is_scalar(item->r) && is_scalar(item->u1);
}

/* Items of the same width as the first of those that are left go to the front; how many. */
static size_t gather(p256_item **order, size_t num) {
    size_t same = 0;
    for (size_t i = 0; i < num; i++) {
        if (order[i]->key->width != order[0]->key->width) continue;
        p256_item *kept = order[same];
        order[same++] = order[i];
        order[i] = kept;
    }
    return same;
}

static void check_alone(const pvh_p256 *p256, p256_item *item) {
    item->check->is_good = p256->functions->check_one(item, p256->generator) == 1;
}

static void check_items(const pvh_p256 *p256, round_room *r, size_t num, void *room) {
    size_t many = 0;
    if (num == 0) return;
    p256->functions->prepare(r->items, num, r->before);
    for (size_t i = 0; i < num; i++) {
        if (num < p256->functions->least || fe_is_zero(r->items[i].u1))
            check_alone(p256, &r->items[i]);
        else
            r->order[many++] = &r->items[i];
    }
    for (size_t i = 0; i < many;) {
        size_t same = gather(r->order + i, many - i);
        p256->functions->check_round(r->order + i, same, p256->generator, room);
        i += same;
    }
}

void pvh_p256_verify_one(const pvh_p256 *p256, pvh_p256_check *check) {
    p256_item item;
    fe before;
    if (!read_item(&item, check)) return;
    p256->functions->prepare(&item, 1, &before);
    check_alone(p256, &item);
}

int pvh_p256_is_in_order(const pvh_p256_check *check, const uint8_t point[64]) {
    affine p;
    return is_scalar(fe_read(check->r)) && is_scalar(fe_read(check->s)) && read_point(&p, point);
}

int pvh_p256_verify_bare(const pvh_p256 *p256, pvh_p256_check *check, const uint8_t point[64]) {
    p256_item item;
    affine p;
    fe before;
    if (!read_item(&item, check) || !read_point(&p, point)) return 0;
    p256->functions->prepare(&item, 1, &before);
    check->is_good = p256->functions->check_bare(&item, (const fe[2]){p.x, p.y}, p256->generator) == 1;
    return 1;
}

void pvh_p256_verify(const pvh_p256 *p256, pvh_p256_check *checks, size_t num, void *memory) {
    round_room *r = memory;
    void *room = (uint8_t *)memory + PVH_IN_LINES(sizeof *r);
    size_t held = 0;
    for (size_t i = 0; i < num; i++) {
        held += (size_t)read_item(&r->items[held], &checks[i]);
        if (held < P256_ROUND && i + 1 < num) continue;
        check_items(p256, r, held, room);
        held = 0;
    }
}

#else /* no 128-bit products: no layer is there */

int pvh_p256_has(pvh_p256_layer layer) {
    (void)layer;
    return 0;
}

size_t pvh_p256_table_size(unsigned width) {
    (void)width;
    return 0;
}

size_t pvh_p256_table_bytes(const pvh_p256_table *table) {
    (void)table;
    return 0;
}

pvh_p256_table *pvh_p256_table_new(const uint8_t point[64], unsigned width) {
    (void)point;
    (void)width;
    return NULL;
}

void pvh_p256_table_free(pvh_p256_table *table) {
    (void)table;
}

pvh_p256 *pvh_p256_new(pvh_p256_layer layer, unsigned generator_width) {
    (void)layer;
    (void)generator_width;
    return NULL;
}

void pvh_p256_free(pvh_p256 *p256) {
    (void)p256;
}

size_t pvh_p256_size(const pvh_p256 *p256) {
    (void)p256;
    return 0;
}

size_t pvh_p256_room_size(void) {
    return 64;
}

void pvh_p256_verify(const pvh_p256 *p256, pvh_p256_check *checks, size_t num, void *room) {
    (void)p256;
    (void)room;
    for (size_t i = 0; i < num; i++)
        checks[i].is_good = 0;
}

void pvh_p256_verify_one(const pvh_p256 *p256, pvh_p256_check *check) {
    (void)p256;
    check->is_good = 0;
}

int pvh_p256_verify_bare(const pvh_p256 *p256, pvh_p256_check *check, const uint8_t point[64]) {
    (void)p256;
    (void)point;
    check->is_good = 0;
    return 0;
}

int pvh_p256_is_in_order(const pvh_p256_check *check, const uint8_t point[64]) {
    (void)check;
    (void)point;
    return 0;
}

#endif
