/* harness.h: the frame of the C tests.
 *
 * TEST(name) { ... } is a test; main stands in harness.c and runs every one of its file. CHECK says what must
 * hold; a failed one is printed and the test goes on. What a test makes is given back when it ends.
 *
 * DER is written as it is nested: SEQ(INT(5), OID("2A03"), NUL()). Hexadecimal text may have spaces. Any
 * element may be replaced by HEX(...), so that each fault is one readable place. */
#ifndef HARNESS_H
#define HARNESS_H

#include "der.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*harness_test)(void);

/* For the macros below. */
void harness_register(const char *name, harness_test run);
void harness_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
extern unsigned long harness_checks;

#define TEST(name)                                                                                           \
    static void test_of_##name(void);                                                                        \
    __attribute__((constructor)) static void register_##name(void) {                                         \
        harness_register(#name, test_of_##name);                                                             \
    }                                                                                                        \
    static void test_of_##name(void)

#define CHECK_MSG(condition, ...)                                                                            \
    do {                                                                                                     \
        harness_checks++;                                                                                    \
        if (!(condition)) harness_fail(__FILE__, __LINE__, __VA_ARGS__);                                     \
    } while (0)
#define CHECK(condition) CHECK_MSG(condition, "%s", #condition)

/* Two numbers that must be the same; both are printed. */
#define CHECK_IS(got, want)                                                                                  \
    do {                                                                                                     \
        long long got_ = (long long)(got), want_ = (long long)(want);                                        \
        CHECK_MSG(got_ == want_, "%s: %lld, not %lld", #got, got_, want_);                                   \
    } while (0)

/* Fills a struct with what no caller would have put there. */
#define GARBAGE(thing) memset(&(thing), 0xA5, sizeof(thing))

/* guarded: a copy whose last byte lies against a page that cannot be read; guarded_start: whose first byte
 * does. */
pv_span guarded(pv_span bytes);
pv_span guarded_start(pv_span bytes);

/* A guard that is used over and over: guard_lay puts up to `room` bytes at the end (where 1) or the start
 * (0). */
typedef struct guard {
    uint8_t *first; /* of the readable pages */
    size_t room;
} guard;
guard guard_make(size_t room);
pv_span guard_lay(const guard *g, pv_span bytes, int at_end);

/* --- Bytes and DER --- */

pv_span blank(size_t len); /* that many zero bytes, writable through the cast of its data */
pv_span text(const char *characters);
pv_span HEX(const char *digits);
pv_span repeat(uint8_t byte, size_t len);
pv_span join(const pv_span *parts, size_t num);
pv_span tlv(uint8_t tag, const pv_span *parts, size_t num);

#define PARTS(...)    (const pv_span[]){__VA_ARGS__}, sizeof((const pv_span[]){__VA_ARGS__}) / sizeof(pv_span)
#define JOIN(...)     join(PARTS(__VA_ARGS__))
#define TLV(tag, ...) tlv((uint8_t)(tag), PARTS(__VA_ARGS__))
#define SEQ(...)      TLV(0x30, __VA_ARGS__)
#define SET(...)      TLV(0x31, __VA_ARGS__)

pv_span EMPTY(uint8_t tag);            /* an element without contents */
pv_span NUL(void);                     /* NULL */
pv_span INT(unsigned long value);      /* INTEGER, not negative */
pv_span OID(const char *hex_contents); /* OBJECT IDENTIFIER */
pv_span STR(uint8_t tag, const char *characters);
pv_span BITS(uint8_t unused, pv_span octets);
pv_span OCTETS(pv_span contents);

/* where: the offset of the first place in `whole` where these bytes stand; it must be there. */
uint32_t where(pv_span whole, pv_span part);

/* inside: whether a span lies in another (an empty one with no pointer does). */
int inside(pv_span whole, pv_span part);

#endif
