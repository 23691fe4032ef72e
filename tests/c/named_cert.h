/* named_cert.h: certificates and NameConstraints out of one readable line, for the tests of names.
 *
 * A line is words separated by spaces, each "form:value":
 *   dns: mail: uri:          the characters
 *   ip:                      hexadecimal octets
 *   dir:foo                  a directoryName, CN=foo (UTF8String); "dir:" alone: the empty Name
 *   smtp:                    an otherName, SmtpUTF8Mailbox; smtpia5: the same with an IA5String
 *   other: x400: edi: rid:   forms without constraints
 *   raw:                     hexadecimal octets of the whole GeneralName
 * For a certificate also, into its subject (one RDN each):
 *   cn: (UTF8String) bmp: (CN as BMPString) email: (emailAddress, IA5String) emailbmp: (as BMPString)
 * "san" alone asks for an empty list of names. In constraints each word has a sign before it, + permitted, -
 * excluded. */
#ifndef NAMED_CERT_H
#define NAMED_CERT_H

#include "cert.h"

#include <stdint.h>
#include <string.h>

typedef struct out {
    uint8_t data[200000];
    size_t len;
} out;

static void put(out *o, const void *data, size_t len) {
    if (o->len + len > sizeof o->data) len = 0;
    memcpy(o->data + o->len, data, len);
    o->len += len;
}

/* Gives what was written since `from` this tag and its length. */
static void wrap(out *o, size_t from, uint8_t tag) {
    size_t len = o->len - from;
    uint8_t head[5] = {tag, (uint8_t)len, 0, 0, 0};
    size_t head_len = 2;
    if (len > 0x7F) {
        head[1] = 0x83;
        head[2] = (uint8_t)(len >> 16);
        head[3] = (uint8_t)(len >> 8);
        head[4] = (uint8_t)len;
        head_len = 5;
        while (head[2] == 0) { /* X.690 10.1: no more octets than needed */
            memmove(head + 2, head + 3, 2);
            head[1]--;
            head_len--;
        }
    }
    if (o->len + head_len > sizeof o->data) return;
    memmove(o->data + from + head_len, o->data + from, len);
    memcpy(o->data + from, head, head_len);
    o->len += head_len;
}

static void put_element(out *o, uint8_t tag, const void *data, size_t len) {
    size_t at = o->len;
    put(o, data, len);
    wrap(o, at, tag);
}

static void put_hex(out *o, const char *hex, size_t len) {
    size_t i;
    for (i = 0; i + 1 < len; i += 2) {
        uint8_t octet = 0;
        int j;
        for (j = 0; j < 2; j++) {
            char c = hex[i + (size_t)j];
            octet = (uint8_t)(octet << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
        }
        put(o, &octet, 1);
    }
}

static const char oid_cn[] = "\x55\x04\x03";
static const char oid_email[] = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01";
static const char oid_smtp[] = "\x2B\x06\x01\x05\x05\x07\x08\x09";
static const char oid_other[] = "\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x03";

static void put_rdn(out *o, const char *oid, uint8_t tag, const char *value, size_t len) {
    size_t at = o->len;
    put_element(o, 0x06, oid, strlen(oid));
    put_element(o, tag, value, len);
    wrap(o, at, 0x30);
    wrap(o, at, 0x31);
}

static void put_other(out *o, const char *oid, uint8_t tag, const char *value, size_t len) {
    size_t at = o->len, inner;
    put_element(o, 0x06, oid, strlen(oid));
    inner = o->len;
    put_element(o, tag, value, len);
    wrap(o, inner, 0xA0);
    wrap(o, at, 0xA0);
}

/* The words of a line. */
typedef struct word {
    const char *form, *value;
    size_t form_len, len;
} word;

static int next_word(const char **line, word *w) {
    const char *s = *line;
    while (*s == ' ')
        s++;
    if (!*s) return 0;
    w->form = s;
    while (*s && *s != ' ' && *s != ':')
        s++;
    w->form_len = (size_t)(s - w->form);
    if (*s == ':') s++;
    w->value = s;
    while (*s && *s != ' ')
        s++;
    w->len = (size_t)(s - w->value);
    *line = s;
    return 1;
}

static int is_form(const word *w, const char *form) {
    return w->form_len == strlen(form) && memcmp(w->form, form, w->form_len) == 0;
}

/* Writes the word as a GeneralName; 0: it is none. */
static int put_general_name(out *o, const word *w) {
    static const struct {
        const char *form;
        uint8_t tag;
    } text[] = {{"mail", 0x81}, {"dns", 0x82}, {"x400", 0xA3}, {"edi", 0xA5}, {"uri", 0x86}, {"rid", 0x88}};
    size_t i, at = o->len;
    for (i = 0; i < sizeof text / sizeof *text; i++) {
        if (is_form(w, text[i].form)) return put_element(o, text[i].tag, w->value, w->len), 1;
    }
    if (is_form(w, "smtp")) return put_other(o, oid_smtp, 0x0C, w->value, w->len), 1;
    if (is_form(w, "smtpia5")) return put_other(o, oid_smtp, 0x16, w->value, w->len), 1;
    if (is_form(w, "other")) return put_other(o, oid_other, 0x0C, w->value, w->len), 1;
    if (is_form(w, "raw")) return put_hex(o, w->value, w->len), 1;
    if (is_form(w, "ip")) {
        put_hex(o, w->value, w->len);
        wrap(o, at, 0x87);
        return 1;
    }
    if (!is_form(w, "dir")) return 0;
    if (w->len > 0) put_rdn(o, oid_cn, 0x0C, w->value, w->len);
    wrap(o, at, 0x30);
    wrap(o, at, 0xA4);
    return 1;
}

static void put_subject(out *o, const char *line) {
    size_t at = o->len;
    word w;
    while (next_word(&line, &w)) {
        if (is_form(&w, "cn")) put_rdn(o, oid_cn, 0x0C, w.value, w.len);
        if (is_form(&w, "bmp")) put_rdn(o, oid_cn, 0x1E, w.value, w.len);
        if (is_form(&w, "email")) put_rdn(o, oid_email, 0x16, w.value, w.len);
        if (is_form(&w, "emailbmp")) put_rdn(o, oid_email, 0x1E, w.value, w.len);
    }
    wrap(o, at, 0x30);
}

/* [3] extensions with a subjectAltName, if the line has a name for it. */
static void put_san(out *o, const char *line) {
    size_t at = o->len, names;
    int any = 0;
    word w;
    put_element(o, 0x06, "\x55\x1D\x11", 3);
    names = o->len;
    while (next_word(&line, &w))
        any |= put_general_name(o, &w) | is_form(&w, "san");
    if (!any) {
        o->len = at;
        return;
    }
    wrap(o, names, 0x30);
    wrap(o, names, 0x04);
    wrap(o, at, 0x30);
    wrap(o, at, 0x30);
    wrap(o, at, 0xA3);
}

/* A version 3 certificate with an Ed25519 key, naming what the line says. */
static pv_reason make_cert(out *o, pv_cert *cert, const char *line) {
    static const uint8_t start[] = {0xA0, 3, 2, 1, 2, 2, 1, 1, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70};
    static const char dates[] = "\x30\x1E\x17\x0D"
                                "250101000000Z\x17\x0D"
                                "350101000000Z";
    uint8_t spki[44] = {0x30, 42, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 33, 0};
    uint8_t signature[74] = {0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 65, 0};
    pv_fault fault;
    pv_span der;
    memset(spki + 12, 7, 32);
    o->len = 0;
    put(o, start, sizeof start);
    put_subject(o, "cn:issuer");
    put(o, dates, 32);
    put_subject(o, line);
    put(o, spki, sizeof spki);
    put_san(o, line);
    wrap(o, 0, 0x30);
    put(o, signature, sizeof signature);
    wrap(o, 0, 0x30);
    der.data = o->data;
    der.len = o->len;
    return pv_cert_parse(cert, &fault, der);
}

#endif
