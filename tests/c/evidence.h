/* evidence.h: CRLs and OCSP responses out of one readable line; their "signatures" are no one's.
 *
 * A CRL's line is words separated by spaces: its issuer's common name, then any of
 *   v1         version 1; nonext: without nextUpdate
 *   num:N      a cRLNumber; base:N a deltaCRLIndicator (both one octet)
 *   idp:F      an issuingDistributionPoint: F of u, c, a (only user, CA, attribute certificates), i
 * (indirect) crit       an unknown critical extension e:HEX      an entry, by its serial number; with commas,
 * in any order: rN its reasonCode, iNAME its certificateIssuer (a directoryName; "i" alone: a dNSName), d an
 * invalidityDate, c an unknown critical extension An OCSP response's: its responder's common name, or "key",
 * then any of good:HEX unknown:HEX revoked:HEX   an answer, by the serial number; with commas rN a reason, n
 * no nextUpdate, c an unknown critical extension, 2 a CertID by SHA-256 nonce      a nonce; crit an unknown
 * critical extension; certs:N N empty "certificates" */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "der_out.h"

#define EV_NOW 1700006400 /* a multiple of TEST_DAY */

typedef struct ev_word {
    char name[16];
    const char *value; /* up to `len`; empty without a colon */
    size_t len;
} ev_word;

/* The next word, separated by `separator`; 0 at the end. */
static inline int ev_next(const char **line, char separator, ev_word *w) {
    const char *s = *line;
    memset(w, 0, sizeof *w);
    while (*s == separator)
        s++;
    for (size_t i = 0; *s && *s != separator && *s != ' ' && *s != ':'; s++)
        if (i + 1 < sizeof w->name) w->name[i++] = *s;
    if (*s == ':') s++;
    w->value = s;
    while (*s && *s != ' ')
        s++;
    w->len = (size_t)(s - w->value);
    *line = s;
    return w->name[0] != 0;
}

static inline int ev_is(const ev_word *w, const char *name) {
    return strcmp(w->name, name) == 0;
}

/* A word's options, separated by commas, the first of which is the serial number: option `n`'s text, copied.
 */
static inline int ev_option(const ev_word *w, unsigned n, char out[64]) {
    const char *s = w->value, *end = w->value + w->len;
    size_t len = 0;
    for (; n > 0 && s < end; s++)
        n -= *s == ',';
    while (n == 0 && s < end && *s != ',' && len < 63)
        out[len++] = *s++;
    out[len] = 0;
    return len > 0;
}

static inline void ev_integer(der_out *o, const char *hex) {
    size_t from = o->len;
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        uint8_t octet = (uint8_t)strtoul(pair, NULL, 16);
        d_put(o, &octet, 1);
    }
    d_wrap(o, from, 0x02);
}

static inline void ev_generalized(der_out *o) {
    d_element(o, 0x18, "20231115000000Z", 15); /* EV_NOW */
}

/* Everything since `from` is an extension's value. */
static inline void ev_extension(der_out *o, size_t from, const char *oid, int is_critical) {
    static der_out value;
    value.len = 0;
    d_put(&value, o->data + from, o->len - from);
    o->len = from;
    d_element(o, 0x06, oid, strlen(oid));
    if (is_critical) d_element(o, 0x01, "\xFF", 1);
    d_element(o, 0x04, value.data, value.len);
    d_wrap(o, from, 0x30);
}

static inline void ev_unknown(der_out *o) {
    size_t from = o->len;
    d_put(o, "\x05\x00", 2);
    ev_extension(o, from, "\x2B\x06\x01\x04\x01\x2A", 1);
}

static inline void ev_signature(der_out *o) {
    d_put(o, ECDSA_SHA256, 12);
    d_bits(o, (const uint8_t *)"no signature", 12);
}

/* certificateIssuer: GeneralNames of one name */
static inline void ev_entry_issuer(der_out *o, const char *cn) {
    size_t from = o->len;
    if (*cn) {
        d_name(o, cn, 1, 1, 0);
        d_wrap(o, from, 0xA4);
    } else {
        d_element(o, 0x82, "issuer.example", 14);
    }
    d_wrap(o, from, 0x30);
    ev_extension(o, from, "\x55\x1D\x1D", 1);
}

static inline void ev_entry_extension(der_out *o, const char *option) {
    size_t from = o->len;
    uint8_t code = (uint8_t)atoi(option + 1);
    if (option[0] == 'r') {
        d_element(o, 0x0A, &code, 1);
        ev_extension(o, from, "\x55\x1D\x15", 0);
    }
    if (option[0] == 'd') {
        ev_generalized(o);
        ev_extension(o, from, "\x55\x1D\x18", 0);
    }
    if (option[0] == 'i') ev_entry_issuer(o, option + 1);
    if (option[0] == 'c') ev_unknown(o);
}

static inline void ev_entry(der_out *o, const ev_word *w) {
    size_t from = o->len;
    char option[64];
    (void)ev_option(w, 0, option);
    ev_integer(o, option);
    d_time(o, EV_NOW - TEST_DAY);
    size_t extensions = o->len;
    for (unsigned n = 1; ev_option(w, n, option); n++)
        ev_entry_extension(o, option);
    if (o->len > extensions) d_wrap(o, extensions, 0x30);
    d_wrap(o, from, 0x30);
}

static inline void ev_idp(der_out *o, const ev_word *w) {
    static const struct {
        char flag;
        uint8_t tag;
    } flags[] = {{'u', 0x81}, {'c', 0x82}, {'i', 0x84}, {'a', 0x85}};
    size_t from = o->len;
    for (size_t i = 0; i < 4; i++)
        if (memchr(w->value, flags[i].flag, w->len) != NULL) d_element(o, flags[i].tag, "\xFF", 1);
    d_wrap(o, from, 0x30);
    ev_extension(o, from, "\x55\x1D\x1C", 1);
}

static inline void ev_crl_extension(der_out *o, const ev_word *w) {
    size_t from = o->len;
    uint8_t number = (uint8_t)(atoi(w->value) & 0x7F);
    if (ev_is(w, "num") || ev_is(w, "base")) {
        d_element(o, 0x02, &number, 1);
        ev_extension(o, from, ev_is(w, "num") ? "\x55\x1D\x14" : "\x55\x1D\x1B", ev_is(w, "base"));
    }
    if (ev_is(w, "idp")) ev_idp(o, w);
    if (ev_is(w, "crit")) ev_unknown(o);
}

static inline int ev_has(const char *line, const char *name) {
    ev_word w;
    while (ev_next(&line, ' ', &w))
        if (ev_is(&w, name)) return 1;
    return 0;
}

/* The entries and the extensions of the line's words. */
static inline void ev_crl_lists(der_out *o, const char *line) {
    ev_word w;
    const char *rest = line;
    size_t from = o->len;
    while (ev_next(&rest, ' ', &w))
        if (ev_is(&w, "e")) ev_entry(o, &w);
    if (o->len > from) d_wrap(o, from, 0x30);
    from = o->len;
    while (ev_next(&line, ' ', &w))
        ev_crl_extension(o, &w);
    if (o->len == from) return;
    d_wrap(o, from, 0x30);
    d_wrap(o, from, 0xA0);
}

static inline void ev_crl(der_out *o, const char *line) {
    ev_word issuer;
    o->len = 0;
    (void)ev_next(&line, ' ', &issuer);
    if (!ev_has(line, "v1")) d_put(o, "\x02\x01\x01", 3);
    d_put(o, ECDSA_SHA256, 12);
    d_name(o, issuer.name, 1, 1, 0);
    d_time(o, EV_NOW);
    if (!ev_has(line, "nonext")) d_time(o, EV_NOW + 7 * TEST_DAY);
    ev_crl_lists(o, line);
    d_wrap(o, 0, 0x30);
    ev_signature(o);
    d_wrap(o, 0, 0x30);
}

/* --- OCSP --- */

static inline void ev_cert_id(der_out *o, const char *serial, int by_sha256) {
    static const uint8_t hash[32] = {0xA5};
    size_t from = o->len, len = by_sha256 ? 32 : 20;
    if (by_sha256)
        d_put(o, "\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01", 13);
    else
        d_put(o, "\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00", 11);
    d_element(o, 0x04, hash, len);
    d_element(o, 0x04, hash, len);
    ev_integer(o, serial);
    d_wrap(o, from, 0x30);
}

static inline void ev_status(der_out *o, const ev_word *w, const char *reason) {
    size_t from = o->len;
    uint8_t code = (uint8_t)atoi(reason);
    if (!ev_is(w, "revoked")) {
        d_element(o, ev_is(w, "good") ? 0x80 : 0x82, "", 0);
        return;
    }
    ev_generalized(o);
    size_t inner = o->len;
    if (*reason) {
        d_element(o, 0x0A, &code, 1);
        d_wrap(o, inner, 0xA0);
    }
    d_wrap(o, from, 0xA1);
}

static inline void ev_single(der_out *o, const ev_word *w) {
    size_t from = o->len;
    char serial[64], option[64], reason[64] = "";
    int by_sha256 = 0, has_next = 1, is_critical = 0;
    for (unsigned n = 1; ev_option(w, n, option); n++) {
        by_sha256 |= option[0] == '2';
        has_next &= option[0] != 'n';
        is_critical |= option[0] == 'c';
        if (option[0] == 'r') memcpy(reason, option + 1, 63);
    }
    (void)ev_option(w, 0, serial);
    ev_cert_id(o, serial, by_sha256);
    ev_status(o, w, reason);
    ev_generalized(o);
    size_t inner = o->len;
    if (has_next) {
        ev_generalized(o);
        d_wrap(o, inner, 0xA0);
    }
    inner = o->len;
    if (is_critical) {
        ev_unknown(o);
        d_wrap(o, inner, 0x30);
        d_wrap(o, inner, 0xA1);
    }
    d_wrap(o, from, 0x30);
}

static inline void ev_responder(der_out *o, const char *name) {
    static const uint8_t key[20] = {0x5A};
    size_t from = o->len;
    if (strcmp(name, "key") == 0) {
        d_element(o, 0x04, key, sizeof key);
        d_wrap(o, from, 0xA2);
    } else {
        d_name(o, name, 1, 1, 0);
        d_wrap(o, from, 0xA1);
    }
}

static inline void ev_response_extensions(der_out *o, const char *line) {
    size_t from = o->len;
    if (ev_has(line, "nonce")) {
        d_element(o, 0x04, "0123456789abcdef", 16);
        ev_extension(o, from, "\x2B\x06\x01\x05\x05\x07\x30\x01\x02", 0);
    }
    if (ev_has(line, "crit")) ev_unknown(o);
    if (o->len == from) return;
    d_wrap(o, from, 0x30);
    d_wrap(o, from, 0xA1);
}

static inline void ev_response_data(der_out *o, const char *line) {
    ev_word w;
    size_t from = o->len;
    (void)ev_next(&line, ' ', &w);
    ev_responder(o, w.name);
    ev_generalized(o);
    const char *rest = line;
    size_t inner = o->len;
    while (ev_next(&rest, ' ', &w))
        if (ev_is(&w, "good") || ev_is(&w, "unknown") || ev_is(&w, "revoked")) ev_single(o, &w);
    d_wrap(o, inner, 0x30);
    ev_response_extensions(o, line);
    d_wrap(o, from, 0x30);
}

static inline void ev_certs(der_out *o, const char *line) {
    ev_word w;
    size_t from = o->len;
    while (ev_next(&line, ' ', &w))
        for (int n = ev_is(&w, "certs") ? atoi(w.value) : 0; n > 0; n--)
            d_put(o, "\x30\x00", 2);
    if (o->len == from) return;
    d_wrap(o, from, 0x30);
    d_wrap(o, from, 0xA0);
}

static inline void ev_ocsp(der_out *o, const char *line) {
    static const char start[] = "\x06\x09\x2B\x06\x01\x05\x05\x07\x30\x01\x01";
    o->len = 0;
    d_put(o, "\x0A\x01\x00", 3);
    size_t bytes = o->len;
    d_put(o, start, sizeof start - 1);
    size_t basic = o->len;
    ev_response_data(o, line);
    ev_signature(o);
    ev_certs(o, line);
    d_wrap(o, basic, 0x30);
    d_wrap(o, basic, 0x04);
    d_wrap(o, bytes, 0x30);
    d_wrap(o, bytes, 0xA0);
    d_wrap(o, 0, 0x30);
}

#endif
