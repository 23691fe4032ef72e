/* p256.h: ECDSA P-256 signatures (FIPS 186-5 6.4.2) checked by tables of multiples of the keys, one at a time
 * or many together. Knows numbers and points, nothing of DER, jobs or caches. Public data only: the time
 * taken depends on it. What does not hold here is for another library to refuse. */
#ifndef PV_HOST_P256_H
#define PV_HOST_P256_H

#include <stddef.h>
#include <stdint.h>

/* Kinds of arithmetic, each faster than the one before where it is there. */
typedef enum pvh_p256_layer {
    PVH_P256_NONE = 0,
    PVH_P256_PLAIN = 1, /* C with 128-bit products */
    PVH_P256_ADX = 2,   /* x86-64 with mulx, adcx and adox */
    PVH_P256_IFMA = 3,  /* eight signatures in one AVX-512 vector */
} pvh_p256_layer;

/* pvh_p256_has: whether this build and this machine have the layer. */
int pvh_p256_has(pvh_p256_layer layer);

/* Odd multiples of a point in each window of `width` bits: a sum of one of each window is any multiple. */
typedef struct pvh_p256_table pvh_p256_table;

#define PVH_P256_MIN_WIDTH 8u
#define PVH_P256_MAX_WIDTH 16u

/* pvh_p256_table_size: bytes. pvh_p256_table_new: for the affine point x, y (32 octets each, big-endian).
 * NULL: no memory, or no point of the curve. */
size_t pvh_p256_table_size(unsigned width);
size_t pvh_p256_table_bytes(const pvh_p256_table *table);
pvh_p256_table *pvh_p256_table_new(const uint8_t point[64], unsigned width);
void pvh_p256_table_free(pvh_p256_table *table);

/* A layer with a table of the generator. */
typedef struct pvh_p256 pvh_p256;

/* pvh_p256_new: NULL: the layer is not there, or no memory. */
pvh_p256 *pvh_p256_new(pvh_p256_layer layer, unsigned generator_width);
void pvh_p256_free(pvh_p256 *p256);
size_t pvh_p256_size(const pvh_p256 *p256);

/* One signature: r and s as 32 octets, big-endian. */
typedef struct pvh_p256_check {
    const pvh_p256_table *key;
    uint8_t digest[32], r[32], s[32];
    uint8_t is_good;
} pvh_p256_check;

/* pvh_p256_verify sets is_good to 1 where the signature holds, else to 0. pvh_p256_room_size: bytes that it
 * works in, in whole lines of 64 and aligned to that. Tables of any width may come together; those of one
 * width are fastest. */
size_t pvh_p256_room_size(void);
void pvh_p256_verify(const pvh_p256 *p256, pvh_p256_check *checks, size_t num, void *room);
void pvh_p256_verify_one(const pvh_p256 *p256, pvh_p256_check *check);

/* pvh_p256_verify_bare: the same by the key's point alone (as for a table); `key` is not looked at. 0:
 * nothing was computed, as no library would: a number is out of range, or this is no point of the curve.
 * pvh_p256_is_in_order: whether it would not be so. */
int pvh_p256_verify_bare(const pvh_p256 *p256, pvh_p256_check *check, const uint8_t point[64]);
int pvh_p256_is_in_order(const pvh_p256_check *check, const uint8_t point[64]);

typedef enum pvh_p256_result {
    PVH_P256_WRONG = 0,
    PVH_P256_RIGHT = 1,
    PVH_P256_UNTESTED = 2, /* no memory: nobody knows */
} pvh_p256_result;

#define PVH_P256_TEST_WIDTHS 4u /* at most */

/* pvh_p256_test: whether this layer with this generator gives the known answers (p256_test.c), by tables of
 * each of these widths and of all of them in one round. */
pvh_p256_result pvh_p256_test(const pvh_p256 *p256, const unsigned *widths, size_t num_widths);

#endif
