/* der_out.h: DER written into a buffer of a fixed size, from the inside out: put the contents, then wrap
 * them.
 */
#ifndef DER_OUT_H
#define DER_OUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_DAY 86400
#ifndef GRAPH_ROOM
#define GRAPH_ROOM 4096 /* the longest certificate */
#endif

typedef struct der_out {
    uint8_t data[GRAPH_ROOM];
    size_t len;
} der_out;

static inline void d_put(der_out *o, const void *bytes, size_t len) {
    if (o->len + len > sizeof o->data) abort();
    memcpy(o->data + o->len, bytes, len);
    o->len += len;
}

/* Puts a header before everything written since `from`. */
static inline void d_wrap(der_out *o, size_t from, uint8_t tag) {
    size_t len = o->len - from;
    uint8_t head[5] = {tag, (uint8_t)len, 0, 0, 0};
    size_t head_len = 2;
    if (len > 0xFFFF) {
        head[1] = 0x83;
        head[2] = (uint8_t)(len >> 16);
        head[3] = (uint8_t)(len >> 8);
        head[4] = (uint8_t)len;
        head_len = 5;
    } else if (len > 0xFF) {
        head[1] = 0x82;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        head_len = 4;
    } else if (len > 0x7F) {
        head[1] = 0x81;
        head[2] = (uint8_t)len;
        head_len = 3;
    }
    if (o->len + head_len > sizeof o->data) abort();
    memmove(o->data + from + head_len, o->data + from, len);
    memcpy(o->data + from, head, head_len);
    o->len += head_len;
}

static inline void d_element(der_out *o, uint8_t tag, const void *bytes, size_t len) {
    size_t from = o->len;
    d_put(o, bytes, len);
    d_wrap(o, from, tag);
}

/* A CN; "_" is `gap` spaces. */
static inline void d_text(der_out *o, const char *cn, int gap) {
    size_t from = o->len;
    for (; *cn; cn++) {
        for (int i = 0; i < (*cn == '_' ? gap : 1); i++) {
            d_put(o, *cn == '_' ? " " : cn, 1);
        }
    }
    d_wrap(o, from, 0x0C);
}

static inline void d_attribute(der_out *o, const char *cn, int gap) {
    size_t from = o->len;
    d_element(o, 0x06, "\x55\x04\x03", 3);
    d_text(o, cn, gap);
    d_wrap(o, from, 0x30);
}

/* `num` attributes in one RDN, the first `cn`, the others "a" to "z" after it; backwards if `turned`. */
static inline void d_name(der_out *o, const char *cn, int gap, int num, int turned) {
    size_t name = o->len;
    char text[80];
    for (int i = 0; i < num && strcmp(cn, "-") != 0; i++) { /* "-" is the empty name */
        int which = turned ? num - 1 - i : i;
        snprintf(text, sizeof text, "%s%.1s", cn, &"abcdefghijklmnopqrstuvwxyz"[which]);
        d_attribute(o, which == 0 ? cn : text, gap);
    }
    if (o->len > name) d_wrap(o, name, 0x31);
    d_wrap(o, name, 0x30);
}

static inline void d_bits(der_out *o, const uint8_t *octets, size_t len) {
    size_t from = o->len;
    d_put(o, "\0", 1);
    d_put(o, octets, len);
    d_wrap(o, from, 0x03);
}

#define ECDSA_SHA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"

static inline void d_time(der_out *o, long long seconds) {
    long long days = seconds / TEST_DAY;
    int year = 1970;
    int month = 0;
    char text[32];
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (;; year++) {
        int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (days < 365 + leap) break;
        days -= 365 + leap;
    }
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    while (days >= lengths[month] + (month == 1 && leap)) {
        days -= lengths[month] + (month == 1 && leap);
        month++;
    }
    snprintf(text, sizeof text, "%02d%02d%02d000000Z", year % 100, month + 1, (int)days + 1);
    d_element(o, 0x17, text, 13);
}

#endif
