/* graph.h: certificate graphs out of readable lines, and a checker that knows their "signatures" without
 * cryptography.
 *
 * A line is words separated by spaces: SUBJECT by ISSUER, then any of
 *   key:k      the subject's key is the one called k (default: the subject's name)
 *   signed:k   the key that signed it (default: the issuer's name); "signed:none" is a signature by nobody
 *   ca         basicConstraints cA, critical, with keyCertSign; len:N adds a pathLenConstraint
 *   from:T to:T  validity in seconds since 1970 (a multiple of 86400; defaults cover TEST_NOW)
 *   dns:NAME   a dNSName in the SAN
 *   nodns      names nobody
 *   noids      no key identifiers
 *   serial:N   one octet
 *   crit       an unknown critical extension
 *   pcons      a policyConstraints extension: an explicit policy from here on
 *   pol:1,2,*  certificate policies (numbers; "*" is anyPolicy); map:1>2,1>3 policy mappings
 *   require:N nomap:N   policyConstraints; noany:N inhibitAnyPolicy
 *   critpol    certificatePolicies are critical; softpol: the other three are not
 *   nousage    a CA whose keyUsage lacks keyCertSign
 *   permit:NAME exclude:NAME   dNSName constraints
 *   eku:N      id-kp N
 *   crls       keyUsage has cRLSign; CA: ca and crls; bare: no keyUsage
 *   nocheck    id-pkix-ocsp-nocheck
 *   dp:POINT   a distribution point (again for more): NAMES;iNAMES;kREASONS, its names, cRLIssuer and reasons
 * (as digits), each of which may be left out. NAMES: u=URI, d=NAME, n=DNS with "+" between them, or r=CN for
 *              a name relative to the CRL's issuer. NAME: a CN, or CNs with "/" between them, an RDN each.
 * "dp:bad" is an empty list of points, or beside others an empty point. and, for certificates that cost their
 * reader much: gap:N      each "_" in the subject is N spaces (which fold to one); igap:N the same in the
 * issuer kid:N      both key identifiers are the same N octets ekus:N sans:N exts:N   N more purposes,
 * dNSNames, or a critical extension whose OID has N octets pols:N     policies 1 to N; maps:N each of 1 to N
 * mapped to each; lost:N N mappings of what nobody has exdirs:N   N excluded directoryNames; exlen:N one of N
 * octets; attrs:N both names have N attributes in one RDN tail:N     an extension of N octets at the end A
 * "signature" is the signer's public point: whoever holds the key to compare with can check it. */
#ifndef GRAPH_H
#define GRAPH_H

#include "cert.h"
#include "der_out.h"
#include "validate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_NOW 1700000000
#ifndef MAX_GRAPH
#define MAX_GRAPH 600
#endif

static void key_point(uint8_t point[65], const char *key) {
    uint32_t h = 2166136261u;
    for (const char *c = key; *c; c++) {
        h = (h ^ (uint8_t)*c) * 16777619u;
    }
    point[0] = 4;
    for (int i = 1; i < 65; i++) {
        h = (h ^ (uint32_t)i) * 16777619u;
        point[i] = (uint8_t)(h >> 13);
    }
}

static void d_spki(der_out *o, const char *key) {
    uint8_t point[65];
    size_t from = o->len;
    key_point(point, key);
    d_put(o, "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21);
    d_bits(o, point, sizeof point);
    d_wrap(o, from, 0x30);
}

/* One Extension from an OID's last byte(s) under id-ce, its criticality, and a value already written to
 * `value`. */
static void d_ext(der_out *o, const char *oid, size_t oid_len, int critical, const der_out *value) {
    size_t from = o->len;
    d_element(o, 0x06, oid, oid_len);
    if (critical) d_put(o, "\x01\x01\xff", 3);
    d_element(o, 0x04, value->data, value->len);
    d_wrap(o, from, 0x30);
}

#define MAX_POINTS 4

typedef struct cert_spec {
    char subject[64], issuer[64], key[64], signer[64], dns[64], permit[64], exclude[64];
    long long from, to;
    int ca, len, noids, crit, pcons, nousage, nodns, eku, serial;
    int gap, igap, kid, ekus, sans, exts, exdirs, exlen, attrs, tail;
    char pol[64], map[64];
    int require, nomap, noany, critpol, softpol, pols, maps, lost;
    int crls, bare, nocheck, num_points, uris, dirs;
    char points[MAX_POINTS][64];
} cert_spec;

static int word_value(const char *word, const char *head, char *out) {
    size_t len = strlen(head);
    if (strncmp(word, head, len) != 0) return 0;
    snprintf(out, 64, "%s", word + len);
    return 1;
}

static int read_size(cert_spec *s, const char *word) {
    char value[64];
    const struct {
        const char *head;
        int *number;
    } sizes[] = {{"gap:", &s->gap},     {"igap:", &s->igap}, {"kid:", &s->kid},         {"ekus:", &s->ekus},
                 {"sans:", &s->sans},   {"exts:", &s->exts}, {"exdirs:", &s->exdirs},   {"exlen:", &s->exlen},
                 {"attrs:", &s->attrs}, {"tail:", &s->tail}, {"require:", &s->require}, {"nomap:", &s->nomap},
                 {"noany:", &s->noany}, {"pols:", &s->pols}, {"maps:", &s->maps},       {"lost:", &s->lost},
                 {"uris:", &s->uris},   {"dirs:", &s->dirs}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!word_value(word, sizes[i].head, value)) continue;
        *sizes[i].number = atoi(value);
        return 1;
    }
    return 0;
}

/* Words about revocation. */
static int read_revocation_word(cert_spec *s, const char *word) {
    if (strncmp(word, "dp:", 3) == 0 && s->num_points < MAX_POINTS)
        return word_value(word, "dp:", s->points[s->num_points++]);
    if (strcmp(word, "CA") == 0) s->ca = s->crls = 1;
    if (strcmp(word, "crls") == 0) s->crls = 1;
    if (strcmp(word, "bare") == 0) s->bare = 1;
    if (strcmp(word, "nocheck") == 0) s->nocheck = 1;
    return strcmp(word, "CA") == 0 || strcmp(word, "crls") == 0 || strcmp(word, "bare") == 0 ||
           strcmp(word, "nocheck") == 0;
}

static void read_word(cert_spec *s, const char *word) {
    char value[64];
    if (read_size(s, word) || read_revocation_word(s, word)) return;
    if (word_value(word, "key:", s->key) || word_value(word, "signed:", s->signer) ||
        word_value(word, "dns:", s->dns))
        return;
    if (word_value(word, "pol:", s->pol) || word_value(word, "map:", s->map)) return;
    if (word_value(word, "permit:", s->permit) || word_value(word, "exclude:", s->exclude)) return;
    if (word_value(word, "len:", value))
        s->len = atoi(value);
    else if (word_value(word, "from:", value))
        s->from = atoll(value);
    else if (word_value(word, "to:", value))
        s->to = atoll(value);
    else if (word_value(word, "serial:", value))
        s->serial = atoi(value);
    else if (word_value(word, "eku:", value))
        s->eku = atoi(value);
    else if (strcmp(word, "ca") == 0)
        s->ca = 1;
    else if (strcmp(word, "noids") == 0)
        s->noids = 1;
    else if (strcmp(word, "crit") == 0)
        s->crit = 1;
    else if (strcmp(word, "pcons") == 0)
        s->pcons = 1;
    else if (strcmp(word, "critpol") == 0)
        s->critpol = 1;
    else if (strcmp(word, "softpol") == 0)
        s->softpol = 1;
    else if (strcmp(word, "nousage") == 0)
        s->nousage = 1;
    else if (strcmp(word, "nodns") == 0)
        s->nodns = 1;
    else if (strcmp(word, "by") != 0)
        abort();
}

static cert_spec read_spec(const char *line) {
    cert_spec s = {.len = -1,
                   .from = 1600000000 / TEST_DAY * TEST_DAY,
                   .to = 1800000000 / TEST_DAY * TEST_DAY,
                   .serial = 1,
                   .gap = 1,
                   .igap = 1,
                   .attrs = 1,
                   .require = -1,
                   .nomap = -1,
                   .noany = -1};
    char copy[512];
    snprintf(copy, sizeof copy, "%s", line);
    int n = 0;
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "), n++) {
        if (n == 0)
            snprintf(s.subject, sizeof s.subject, "%s", w);
        else if (n == 2)
            snprintf(s.issuer, sizeof s.issuer, "%s", w);
        else
            read_word(&s, w);
    }
    if (!s.key[0]) memcpy(s.key, s.subject, sizeof s.key);
    if (!s.signer[0]) memcpy(s.signer, s.issuer, sizeof s.signer);
    if (!s.dns[0]) snprintf(s.dns, sizeof s.dns, "device.example");
    return s;
}

static void d_filler(der_out *o, uint8_t tag, int len, char byte) {
    size_t from = o->len;
    for (int i = 0; i < len; i++) {
        d_put(o, &byte, 1);
    }
    d_wrap(o, from, tag);
}

static void d_subtree(der_out *o, uint8_t tag, const char *dns) {
    size_t from = o->len;
    if (!dns[0]) return;
    d_element(o, 0x82, dns, strlen(dns));
    d_wrap(o, from, 0x30);
    d_wrap(o, from, tag);
}

/* Excluded directoryNames: `num` of them, or one of `len` octets. */
static void d_directories(der_out *o, const cert_spec *s) {
    size_t list = o->len;
    for (int i = 0; i < s->exdirs; i++) {
        size_t from = o->len;
        d_name(o, "excluded", 1, s->attrs, 1);
        d_wrap(o, from, 0xA4);
        d_wrap(o, from, 0x30);
    }
    if (s->exlen) {
        size_t from = o->len;
        d_element(o, 0x06, "\x55\x04\x03", 3);
        d_filler(o, 0x0C, s->exlen, 'x');
        d_wrap(o, from, 0x30);
        d_wrap(o, from, 0x31);
        d_wrap(o, from, 0x30);
        d_wrap(o, from, 0xA4);
        d_wrap(o, from, 0x30);
    }
    if (o->len > list) d_wrap(o, list, 0xA1);
}

static void d_key_ids(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (s->noids) return;
    if (s->kid)
        d_filler(&v, 0x04, s->kid, 'k');
    else
        d_element(&v, 0x04, s->key, strlen(s->key));
    d_ext(o, "\x55\x1d\x0e", 3, 0, &v);
    v.len = 0;
    if (s->kid)
        d_filler(&v, 0x80, s->kid, 'k');
    else
        d_element(&v, 0x80, s->signer, strlen(s->signer));
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x23", 3, 0, &v);
}

static void d_ca(der_out *o, const cert_spec *s) {
    static der_out v;
    uint8_t len = (uint8_t)s->len;
    v.len = 0;
    d_put(&v, "\x01\x01\xff", 3);
    if (s->len >= 0) d_element(&v, 0x02, &len, 1);
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x13", 3, 1, &v);
}

static void d_usage(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (s->bare || (!s->ca && !s->crls)) return;
    if (!s->ca || s->nousage)
        d_put(&v, "\x03\x02\x01\x02", 4);
    else
        d_put(&v, s->crls ? "\x03\x02\x01\x06" : "\x03\x02\x02\x04", 4);
    d_ext(o, "\x55\x1d\x0f", 3, 1, &v);
}

/* RDNs of a CN each, with "/" between them. */
static void d_path_name(der_out *o, const char *cns, size_t len) {
    size_t name = o->len;
    for (size_t at = 0; at < len; at++) {
        char cn[64];
        size_t from = o->len, n = 0;
        while (at < len && cns[at] != '/')
            cn[n++] = cns[at++];
        cn[n] = 0;
        d_attribute(o, cn, 1);
        d_wrap(o, from, 0x31);
    }
    d_wrap(o, name, 0x30);
}

/* GeneralNames' contents: NAMES up to ";" or the end, which is returned. */
static const char *d_names(der_out *o, const char *c) {
    while (*c && *c != ';') {
        const char *text = c + 2;
        size_t len = strcspn(text, "+;"), from = o->len;
        if (c[1] != '=') abort();
        if (c[0] == 'd') {
            d_path_name(o, text, len);
            d_wrap(o, from, 0xA4);
        } else {
            d_element(o, c[0] == 'u' ? 0x86 : 0x82, text, len);
        }
        c = text + len;
        c += *c == '+';
    }
    return c;
}

/* DistributionPointName [0]; nothing if there are no names. */
static const char *d_point_name(der_out *o, const char *c) {
    size_t from = o->len;
    if (strncmp(c, "r=", 2) == 0) {
        char cn[64];
        size_t len = strcspn(c, ";");
        snprintf(cn, sizeof cn, "%.*s", (int)(len - 2), c + 2);
        d_attribute(o, cn, 1);
        d_wrap(o, from, 0xA1);
        c += len;
    } else {
        c = d_names(o, c);
        if (o->len > from) d_wrap(o, from, 0xA0);
    }
    if (o->len > from) d_wrap(o, from, 0xA0);
    return c;
}

/* ReasonFlags: digits from 1 to 8; bit 0 is the top bit of the first octet. */
static const char *d_flags(der_out *o, uint8_t tag, const char *c) {
    uint8_t bits[3] = {7, 0, 0};
    for (; *c && *c != ';'; c++) {
        int bit = *c - '0';
        bits[1 + bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    d_element(o, tag, bits, sizeof bits);
    return c;
}

static void d_point(der_out *o, const char *c) {
    size_t from = o->len, part = 0;
    const char *reasons = NULL, *issuers = NULL;
    c = d_point_name(o, c);
    while (*c++ == ';') {
        if (*c == 'i') issuers = c + 1;
        if (*c == 'k') reasons = c + 1;
        c += strcspn(c, ";");
    }
    if (reasons) d_flags(o, 0x81, reasons);
    part = o->len;
    if (issuers) d_names(o, issuers);
    if (issuers) d_wrap(o, part, 0xA2);
    d_wrap(o, from, 0x30);
}

/* A point's name: `uris` URIs that end in `last`, and `dirs` directoryNames of 16 attributes, one of which
 * has `last` in it, forwards for 'a' and backwards for others.
 */
static void d_many_names(der_out *o, int uris, int dirs, char last) {
    char uri[] = "http://crl.example/a/path/of/some/length/x";
    size_t from = o->len;
    uri[sizeof uri - 2] = last;
    for (int i = 0; i < uris; i++) {
        d_element(o, 0x86, uri, sizeof uri - 1);
    }
    for (int i = 0; i < dirs; i++) {
        size_t name = o->len;
        for (int k = 0; k < 16; k++) {
            int which = last == 'a' ? k : 15 - k;
            char cn[] = {'d', (char)('a' + which), which == 15 ? last : 'x', 0};
            d_attribute(o, cn, 1);
        }
        d_wrap(o, name, 0x31);
        d_wrap(o, name, 0x30);
        d_wrap(o, name, 0xA4);
    }
    d_wrap(o, from, 0xA0);
    d_wrap(o, from, 0xA0);
}

static void d_revocation(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (s->uris || s->dirs) {
        d_many_names(&v, s->uris, s->dirs, 'a');
        d_wrap(&v, 0, 0x30);
        d_wrap(&v, 0, 0x30);
        d_ext(o, "\x55\x1d\x1f", 3, 0, &v);
        v.len = 0;
    }
    for (int i = 0; i < s->num_points; i++) {
        if (strcmp(s->points[i], "bad") != 0)
            d_point(&v, s->points[i]);
        else if (s->num_points > 1)
            d_put(&v, "\x30\x00", 2);
    }
    d_wrap(&v, 0, 0x30);
    if (s->num_points > 0) d_ext(o, "\x55\x1d\x1f", 3, 0, &v);
    v.len = 0;
    d_put(&v, "\x05\x00", 2);
    if (s->nocheck) d_ext(o, "\x2b\x06\x01\x05\x05\x07\x30\x01\x05", 9, 0, &v);
}

static void d_san(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (s->ca || s->nodns) return;
    for (int i = 0; i <= s->sans; i++) {
        d_element(&v, 0x82, s->dns, strlen(s->dns));
    }
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x11", 3, 0, &v);
}

static void d_constraints(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (!s->permit[0] && !s->exclude[0] && !s->exdirs && !s->exlen) return;
    d_subtree(&v, 0xA0, s->permit);
    d_subtree(&v, 0xA1, s->exclude);
    d_directories(&v, s); /* not beside "exclude" */
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x1e", 3, 1, &v);
}

static void d_ekus(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    if (!s->eku && !s->ekus) return;
    for (int i = 0; i <= s->ekus; i++) {
        uint8_t oid[] = {0x2B, 6, 1, 5, 5, 7, 3, (uint8_t)(i < s->ekus ? 99 : s->eku)};
        d_element(&v, 0x06, oid, sizeof oid);
    }
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x25", 3, 0, &v);
}

/* Policy `number` is 2.3.number; 0 is anyPolicy. */
static void d_policy(der_out *o, int number) {
    uint8_t oid[] = {0x53, (uint8_t)(0x80 | number >> 7), (uint8_t)(number & 0x7F)};
    if (number >= 0x4000) abort();
    if (number == 0)
        d_element(o, 0x06, "\x55\x1d\x20\x00", 4);
    else if (number < 0x80)
        d_element(o, 0x06, (uint8_t[]){0x53, (uint8_t)number}, 2);
    else
        d_element(o, 0x06, oid, 3);
}

static int read_policy(const char **text) {
    char *end = NULL;
    if (**text == '*') {
        (*text)++;
        return 0;
    }
    long number = strtol(*text, &end, 10);
    if (end == *text) abort();
    *text = end;
    return (int)number;
}

static void d_mapping(der_out *o, int from, int to) {
    size_t at = o->len;
    d_policy(o, from);
    d_policy(o, to);
    d_wrap(o, at, 0x30);
}

static void d_policies(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    for (const char *c = s->pol; *c; c += *c == ',') {
        size_t at = v.len;
        d_policy(&v, read_policy(&c));
        d_wrap(&v, at, 0x30);
    }
    for (int i = 1; i <= s->pols; i++) {
        size_t at = v.len;
        d_policy(&v, i);
        d_wrap(&v, at, 0x30);
    }
    if (v.len == 0) return;
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x20", 3, s->critpol, &v);
}

static void d_mappings(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    for (const char *c = s->map; *c; c += *c == ',') {
        int from = read_policy(&c);
        if (*c++ != '>') abort();
        d_mapping(&v, from, read_policy(&c));
    }
    for (int i = 0; i < s->maps * s->maps; i++)
        d_mapping(&v, 1 + i / s->maps, 1 + i % s->maps);
    for (int i = 0; i < s->lost; i++)
        d_mapping(&v, 0x3FFF, 0x3FFE);
    if (v.len == 0) return;
    d_wrap(&v, 0, 0x30);
    d_ext(o, "\x55\x1d\x21", 3, !s->softpol, &v);
}

static void d_skip(der_out *o, uint8_t tag, int skip) {
    uint8_t octet = (uint8_t)skip;
    if (skip >= 0x80) abort();
    if (skip >= 0) d_element(o, tag, &octet, 1);
}

static void d_policy_limits(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    d_skip(&v, 0x80, s->require);
    d_skip(&v, 0x81, s->nomap);
    if (v.len > 0) {
        d_wrap(&v, 0, 0x30);
        d_ext(o, "\x55\x1d\x24", 3, !s->softpol, &v);
    }
    v.len = 0;
    d_skip(&v, 0x02, s->noany);
    if (v.len > 0) d_ext(o, "\x55\x1d\x36", 3, !s->softpol, &v);
}

static void d_odd_extensions(der_out *o, const cert_spec *s) {
    static der_out v;
    v.len = 0;
    d_put(&v, "\x30\x03\x80\x01\x00", 5);
    if (s->pcons) d_ext(o, "\x55\x1d\x24", 3, 1, &v);
    if (s->crit) d_ext(o, "\x2a\x03\x04", 3, 1, &v);
    if (s->exts) {
        size_t from = o->len;
        d_filler(o, 0x06, s->exts, 0x2A);
        d_put(o, "\x01\x01\xff\x04\x00", 5);
        d_wrap(o, from, 0x30);
    }
    if (s->tail) {
        char last = (char)s->serial;
        v.len = 0;
        d_filler(&v, 0x04, s->tail, 't');
        d_put(&v, &last, 1);
        d_ext(o, "\x2a\x03\x05", 3, 0, &v);
    }
}

static void d_extensions(der_out *o, const cert_spec *s) {
    size_t list = o->len;
    d_key_ids(o, s);
    if (s->ca) d_ca(o, s);
    d_usage(o, s);
    d_san(o, s);
    d_constraints(o, s);
    d_ekus(o, s);
    d_policies(o, s);
    d_mappings(o, s);
    d_policy_limits(o, s);
    d_revocation(o, s);
    d_odd_extensions(o, s);
    if (o->len == list) return;
    d_wrap(o, list, 0x30);
    d_wrap(o, list, 0xA3);
}

static void d_path_or_name(der_out *o, const char *cn, int gap, int num, int turned) {
    if (strchr(cn, '/'))
        d_path_name(o, cn, strlen(cn));
    else
        d_name(o, cn, gap, num, turned);
}

static void d_certificate(der_out *o, const cert_spec *s) {
    uint8_t point[65];
    uint8_t serial = s->tail ? 1 : (uint8_t)s->serial; /* a tail ends in it instead */
    o->len = 0;
    d_put(o, "\xa0\x03\x02\x01\x02", 5);
    d_element(o, 0x02, &serial, 1);
    d_put(o, ECDSA_SHA256, 12);
    d_path_or_name(o, s->issuer, s->igap, s->attrs, 1);
    size_t validity = o->len;
    d_time(o, s->from);
    d_time(o, s->to);
    d_wrap(o, validity, 0x30);
    d_path_or_name(o, s->subject, s->gap, s->attrs, 0);
    d_spki(o, s->key);
    d_extensions(o, s);
    d_wrap(o, 0, 0x30);
    d_put(o, ECDSA_SHA256, 12);
    key_point(point, s->signer);
    d_bits(o, point, sizeof point);
    d_wrap(o, 0, 0x30);
}

/* A graph: certificates sent (the first is the target) and anchors. */
typedef struct graph {
    pv_cert certs[MAX_GRAPH];
    const pv_cert *sent[MAX_GRAPH];
    uint8_t *der[MAX_GRAPH];
    pv_anchor anchors[MAX_GRAPH];
    pv_slot slots[2 * MAX_GRAPH + 8], links[MAX_GRAPH];
    pv_store store;
    uint32_t num_certs, num_sent;
    uint32_t num_jobs, num_calls; /* counted by the checker */
    uint32_t fail_after;          /* jobs after which the engine has no answers; 0: never */
    uint8_t answer_all;           /* 0: honest; else this result for every job */
} graph;

static const pv_cert *graph_parse(graph *g, const char *line) {
    static der_out o;
    pv_fault fault;
    cert_spec s = read_spec(line);
    d_certificate(&o, &s);
    uint32_t at = g->num_certs++;
    g->der[at] = malloc(o.len); /* exactly as long as it is, so that the sanitizer sees a byte too far */
    memcpy(g->der[at], o.data, o.len);
    pv_span der = {g->der[at], o.len};
    if (pv_cert_parse(&g->certs[at], &fault, der) != PV_OK) {
        fprintf(stderr, "graph line does not parse: %s (reason %d, field %d, offset %u)\n", line,
                fault.reason, fault.field, fault.offset);
        abort();
    }
    return &g->certs[at];
}

static void graph_send(graph *g, const char *line) {
    g->sent[g->num_sent++] = graph_parse(g, line);
}

static void graph_anchor(graph *g, const char *line) {
    if (pv_anchor_from_cert(&g->anchors[g->store.num_anchors++], graph_parse(g, line)) != PV_OK) abort();
}

static graph *graph_new(void) {
    graph *g = calloc(1, sizeof *g);
    g->store.anchors = g->anchors;
    g->store.index.slots = g->slots;
    g->store.index.links = g->links;
    return g;
}

static void graph_seal(graph *g) {
    g->store.index.num_slots = pv_store_slots(g->store.num_anchors);
    if (pv_store_index(&g->store) != PV_DONE) abort();
}

static void graph_free(graph *g) {
    for (uint32_t i = 0; i < g->num_certs; i++) {
        free(g->der[i]);
    }
    free(g);
}

static uint8_t graph_judge(const pv_job *job) {
    const uint8_t *point = job->spki.data + job->spki.len - 65;
    return job->signature.len == 65 && memcmp(point, job->signature.data, 65) == 0 ? PV_SIG_GOOD : PV_SIG_BAD;
}

static void graph_check(void *ctx, pv_job *jobs, size_t num_jobs) {
    graph *g = ctx;
    g->num_calls++;
    for (size_t i = 0; i < num_jobs; i++) {
        if (jobs[i].after && jobs[jobs[i].after - 1].result != PV_SIG_GOOD) continue;
        g->num_jobs++;
        if (g->fail_after && g->num_jobs > g->fail_after) continue;
        jobs[i].result = g->answer_all ? g->answer_all : graph_judge(&jobs[i]);
    }
}

static const pv_policy GRAPH_POLICY = {
    .profile = PV_PROFILE_DEVICE,
    .purpose = PV_PURPOSE_ANY,
    .anchor_checks = PV_ANCHOR_CONSTRAINTS,
    .max_intermediates = 8,
    .min_rsa_bits = 2048,
    .algorithms = PV_ALG_BIT(PV_SIG_ECDSA_SHA256),
    .budget = {1024, 20000, 250000, 1024, 1u << 26},
};

static pv_request graph_request(const graph *g, const pv_policy *policy) {
    pv_request r = {0};
    r.certs = g->sent;
    r.num_certs = g->num_sent;
    r.store = &g->store;
    r.policy = policy;
    r.subject.kind = PV_SUBJECT_ANY;
    r.time.mode = PV_TIME_KNOWN;
    r.time.value = TEST_NOW;
    return r;
}

/* Runs requests to the end, with a workspace of exactly the size asked for. */
static pv_status graph_run(graph *g, pv_request *requests, uint32_t num) {
    pv_checker checker = {g, graph_check, NULL};
    uint32_t most = 0;
    for (uint32_t i = 0; i < num; i++) {
        if (requests[i].num_certs > most) most = requests[i].num_certs;
    }
    size_t size = pv_workspace_size(num, most, requests[0].policy);
    void *workspace = malloc(size);
    memset(workspace, 0xA5, size);
    pv_status status = pv_validate(workspace, size, requests, num, &checker);
    free(workspace);
    return status;
}

static pv_verdict graph_verdict(graph *g, const pv_policy *policy, pv_record *records, uint32_t max_records) {
    pv_request r = graph_request(g, policy);
    r.records = records;
    r.max_records = max_records;
    if (graph_run(g, &r, 1) != PV_DONE) abort();
    return r.verdict;
}

#endif
