/* name.c: see name.h. */
#include "name.h"

#include "der.h"

#include <string.h>

/* Most attributes of one RDN: they are compared pairwise. */
#define MAX_RDN 16u

typedef struct attribute {
    pv_span type; /* OID contents */
    pv_span value;
    uint8_t tag;
} attribute;

/* AttributeTypeAndValue at the cursor (RFC 5280 4.1.2.4). */
static pv_reason read_attribute(pv_span *in, attribute *out) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_SEQUENCE, &contents);
    if (reason != PV_OK) return reason;
    const uint8_t *end = contents.data + contents.len;
    reason = pv_der_read_oid(&contents, &out->type);
    if (reason == PV_OK) reason = pv_der_read_any(&contents, &out->tag, &out->value);
    if (reason == PV_OK) reason = pv_der_end(&contents);
    if (reason == PV_OK) pv_der_move(in, end);
    return reason;
}

/* The string types that are folded into one kind. */
static int is_folded(uint8_t tag) {
    return tag == PV_DER_PRINTABLE_STRING || tag == PV_DER_UTF8_STRING || tag == PV_DER_IA5_STRING ||
           tag == PV_DER_VISIBLE_STRING || tag == PV_DER_NUMERIC_STRING;
}

/* --- Folding, a byte at a time --- */

static pv_span trim(pv_span text) {
    while (text.len > 0 && text.data[0] == ' ')
        pv_der_skip(&text, 1);
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

/* The next byte of a trimmed text, lower case, a run of spaces as one; -1 at the end. */
static int fold_next(pv_span *text) {
    if (text->len == 0) return -1;
    uint8_t byte = text->data[0];
    do {
        pv_der_skip(text, 1);
    } while (byte == ' ' && text->len > 0 && text->data[0] == ' ');
    return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

static int fold_equal(pv_span a, pv_span b) {
    if (pv_span_equal(a, b)) return 1;
    a = trim(a);
    b = trim(b);
    for (;;) {
        int byte = fold_next(&a);
        if (byte != fold_next(&b)) return 0;
        if (byte < 0) return 1;
    }
}

/* --- Hashing, eight bytes at a time ---
 *
 * A word holds its bytes with the first one lowest; the last word of a text is filled up with zeros. The same
 * words come out whether a text is folded in place or byte by byte. */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15); /* odd; 2^64 by the golden ratio */
    return hash ^ hash >> 32;
}

#ifndef PV_SMALL

static uint64_t load8(const uint8_t *at) {
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

static uint64_t load_some(const uint8_t *at, size_t len) {
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)at[i] << 8 * i;
    return word;
}

/* ASCII capitals of a word to small letters; every other byte stays. */
static uint64_t lower8(uint64_t word) {
    uint64_t low = word & EACH(0x7F);
    uint64_t from_a = low + EACH(0x80 - 'A');
    uint64_t beyond_z = low + EACH(0x7F - 'Z');
    return word | (from_a & ~beyond_z & ~word & EACH(0x80)) >> 2;
}

/* The top bit of each byte that is a space. */
static uint64_t spaces8(uint64_t word) {
    uint64_t other = word ^ EACH(' ');
    return ~(((other & EACH(0x7F)) + EACH(0x7F)) | other) & EACH(0x80);
}

#endif

/* Bytes on their way into words. */
typedef struct stream {
    uint64_t hash;
    uint64_t word;
    uint32_t num;
} stream;

static void stream_put(stream *s, unsigned byte) {
    s->word = s->word >> 8 | (uint64_t)byte << 56;
    s->num++;
    if (s->num % 8 == 0) s->hash = mix(s->hash, s->word);
}

static uint64_t stream_end(stream *s) {
    while (s->num % 8 != 0)
        stream_put(s, 0);
    return s->hash;
}

static uint64_t hash_folding(uint64_t hash, pv_span text) {
    stream s = {.hash = hash, .word = 0, .num = 0};
    text = trim(text);
    for (int byte = fold_next(&text); byte >= 0; byte = fold_next(&text))
        stream_put(&s, (unsigned)byte);
    uint32_t num = s.num;
    return mix(stream_end(&s), num);
}

#ifdef PV_SMALL

static uint64_t hash_bytes(uint64_t hash, pv_span bytes) {
    stream s = {.hash = hash, .word = 0, .num = 0};
    for (size_t i = 0; i < bytes.len; i++)
        stream_put(&s, bytes.data[i]);
    return stream_end(&s);
}

static uint64_t hash_text(uint64_t hash, pv_span text, int *is_ascii) {
    *is_ascii = pv_der_is_ascii(text);
    return hash_folding(hash, text);
}

#else

static uint64_t hash_bytes(uint64_t hash, pv_span bytes) {
    for (; bytes.len >= 8; pv_der_skip(&bytes, 8))
        hash = mix(hash, load8(bytes.data));
    return bytes.len > 0 ? mix(hash, load_some(bytes.data, bytes.len)) : hash;
}

/* What a walk over a text saw of it. */
typedef struct sight {
    uint64_t hash;
    uint64_t all;     /* all words, ORed: a top bit is a byte outside ASCII */
    uint64_t doubled; /* a space follows a space */
    uint64_t carry;   /* the word before ended in a space */
} sight;

static void see_word(sight *s, uint64_t word) {
    uint64_t spaces = spaces8(word);
    s->all |= word;
    s->doubled |= spaces & (spaces << 8 | s->carry);
    s->carry = spaces >> 56;
    s->hash = mix(s->hash, lower8(word));
}

/* The hash of a text as it folds, and whether it is all ASCII. Spaces to be taken out are rare. */
static uint64_t hash_text(uint64_t hash, pv_span text, int *is_ascii) {
    sight s = {.hash = hash, .all = 0, .doubled = 0, .carry = 0};
    pv_span rest = text;
    for (; rest.len >= 8; pv_der_skip(&rest, 8))
        see_word(&s, load8(rest.data));
    if (rest.len > 0) see_word(&s, load_some(rest.data, rest.len));
    *is_ascii = (s.all & EACH(0x80)) == 0;
    int is_plain = text.len == 0 || (text.data[0] != ' ' && text.data[text.len - 1] != ' ' && s.doubled == 0);
    return is_plain ? mix(s.hash, text.len) : hash_folding(hash, text);
}

#endif

/* --- Reading --- */

/* The characters of PrintableString (X.680 41.4), a bit each: blank ' ( ) + , - . / 0-9 : = ? A-Z a-z. */
static int is_printable(uint8_t byte) {
    static const uint32_t map[4] = {0, 0xA7FFFB81u, 0x07FFFFFEu, 0x07FFFFFEu};
    return byte < 0x80 && (map[byte / 32] >> byte % 32 & 1) != 0;
}

static int has_its_characters(uint8_t tag, pv_span text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (tag == PV_DER_PRINTABLE_STRING && !is_printable(byte)) return 0;
        if (tag == PV_DER_NUMERIC_STRING && byte != ' ' && (byte < '0' || byte > '9')) return 0;
        if (tag == PV_DER_VISIBLE_STRING && (byte < 0x20 || byte > 0x7E)) return 0;
    }
    return 1;
}

static pv_reason check_text(uint8_t tag, pv_span text, int is_ascii, uint32_t *deviations) {
    if (tag == PV_DER_UTF8_STRING) return is_ascii || pv_der_is_utf8(text) ? PV_OK : PV_R_DER_STRING;
    if (PV_HAS_NOTES && (!is_ascii || (tag != PV_DER_IA5_STRING && !has_its_characters(tag, text))))
        *deviations |= PV_DEV_DIRECTORY_STRING;
    return PV_OK;
}

/* Wide strings hold whole characters (X.690 8.23.8, 8.23.9). */
static pv_reason check_other(uint8_t tag, pv_span value) {
    if (tag == PV_DER_BMP_STRING && value.len % 2 != 0) return PV_R_DER_STRING;
    return tag == PV_DER_UNIVERSAL_STRING && value.len % 4 != 0 ? PV_R_DER_STRING : PV_OK;
}

static pv_reason hash_attribute(const attribute *a, uint64_t *hash, uint32_t *deviations) {
    int is_ascii = 1;
    uint64_t h = hash_bytes(a->type.len, a->type);
    if (!is_folded(a->tag)) {
        *hash = mix(hash_bytes(mix(h, a->tag), a->value), a->value.len);
        return check_other(a->tag, a->value);
    }
    *hash = hash_text(mix(h, PV_DER_UTF8_STRING), a->value, &is_ascii);
    return check_text(a->tag, a->value, is_ascii, deviations);
}

/* X.690 11.6: the encodings of a SET OF stand in ascending order. */
static int in_order(pv_span before, pv_span after) {
    size_t len = before.len < after.len ? before.len : after.len;
    int order = memcmp(before.data, after.data, len);
    return order < 0 || (order == 0 && before.len <= after.len);
}

/* One attribute of an RDN; `before` is where the last one began, or NULL. */
static pv_reason read_one(pv_span *set, const uint8_t **before, uint64_t *sum, uint32_t *deviations) {
    attribute a;
    uint64_t hash = 0;
    const uint8_t *at = set->data;
    pv_reason reason = read_attribute(set, &a);
    if (reason == PV_OK) reason = hash_attribute(&a, &hash, deviations);
    if (reason != PV_OK) return reason;
    pv_span last = {*before, *before == NULL ? 0 : (size_t)(at - *before)};
    pv_span this = {at, (size_t)(set->data - at)};
    if (PV_HAS_NOTES && last.len > 0 && !in_order(last, this)) *deviations |= PV_DEV_SET_ORDER;
    *before = at;
    *sum += hash;
    return PV_OK;
}

/* A RelativeDistinguishedName at the cursor. The attributes' hashes are added, so that their order does not
 * count. */
static pv_reason read_rdn(pv_span *in, uint64_t *hash, uint32_t *deviations) {
    pv_span set;
    const uint8_t *before = NULL;
    uint64_t sum = 0;
    pv_reason reason = pv_der_peek(in, PV_DER_SET, &set);
    if (reason != PV_OK) return reason;
    if (set.len == 0) return PV_R_DER_EMPTY;
    const uint8_t *end = set.data + set.len;
    for (unsigned num = 0; set.len > 0; num++) {
        if (num == MAX_RDN) return PV_R_NAME_RDN_TOO_LARGE;
        reason = read_one(&set, &before, &sum, deviations);
        if (reason != PV_OK) return reason;
    }
    *hash = mix(*hash, sum);
    pv_der_move(in, end);
    return PV_OK;
}

pv_reason pv_name_read(pv_span *in, pv_span *element, uint32_t *hash, uint32_t *deviations) {
    pv_span rdns;
    uint64_t h = 0;
    pv_reason reason = pv_der_peek(in, PV_DER_SEQUENCE, &rdns);
    while (reason == PV_OK && rdns.len > 0)
        reason = read_rdn(&rdns, &h, deviations);
    if (reason != PV_OK) return reason;
    element->data = in->data;
    pv_der_move(in, rdns.data); /* which stands at its end */
    element->len = (size_t)(in->data - element->data);
    *hash = (uint32_t)(h ^ h >> 32);
    return PV_OK;
}

/* --- Comparing --- */

/* Only printable ASCII: a text that no fuller preparation (RFC 4518 2) changes beyond what folding does. */
static int is_plain_text(const attribute *a) {
    if (!is_folded(a->tag)) return 0;
    for (size_t i = 0; i < a->value.len; i++)
        if (a->value.data[i] < 0x20 || a->value.data[i] > 0x7E) return 0;
    return 1;
}

static int attribute_equal(const attribute *a, const attribute *b) {
    if (!pv_span_equal(a->type, b->type)) return 0;
    if (is_folded(a->tag) && is_folded(b->tag)) return fold_equal(a->value, b->value);
    return a->tag == b->tag && pv_span_equal(a->value, b->value);
}

static pv_likeness attribute_like(const attribute *a, const attribute *b) {
    if (attribute_equal(a, b)) return PV_LIKE_EQUAL;
    if (!pv_span_equal(a->type, b->type)) return PV_LIKE_DIFFERENT;
    return is_plain_text(a) && is_plain_text(b) ? PV_LIKE_DIFFERENT : PV_LIKE_DOUBTFUL;
}

/* An RDN's attributes: read once, or each time anew where room is dearer than time. */
typedef struct rdn_set {
    pv_span set;
    unsigned num;
#if !PV_IS_SMALL
    attribute list[MAX_RDN];
#endif
} rdn_set;

/* Returns 0 if it cannot be read, or has more than MAX_RDN attributes: it equals nothing. */
PV_OWN_FRAME static int rdn_open(rdn_set *out, pv_span set) {
    attribute read;
    out->set = set;
    for (out->num = 0; set.len > 0; out->num++) {
        if (out->num == MAX_RDN || read_attribute(&set, &read) != PV_OK) return 0;
#if !PV_IS_SMALL
        out->list[out->num] = read;
#endif
    }
    return 1;
}

/* Attribute `i`; `at` stands before it, and is moved behind it. */
static const attribute *rdn_next(const rdn_set *from, unsigned i, pv_span *at, attribute *room) {
#if PV_IS_SMALL
    (void)from, (void)i;
    return read_attribute(at, room) == PV_OK ? room : NULL;
#else
    (void)at, (void)room;
    return i < from->num ? &from->list[i] : NULL;
#endif
}

/* Equal, or for `least` DOUBTFUL not surely different. */
static int is_like(const attribute *a, const attribute *b, pv_likeness least) {
    return least == PV_LIKE_EQUAL ? attribute_equal(a, b) : attribute_like(a, b) != PV_LIKE_DIFFERENT;
}

/* The first of an RDN's attributes, the taken ones not counted, that is like this one; MAX_RDN: there is
 * none. */
static unsigned find_like(const rdn_set *in, uint32_t taken, const attribute *like, pv_likeness least) {
    attribute room;
    pv_span at = in->set;
    for (unsigned i = 0; i < in->num; i++) {
        const attribute *one = rdn_next(in, i, &at, &room);
        if (one != NULL && (taken >> i & 1) == 0 && is_like(like, one, least)) return i;
    }
    return MAX_RDN;
}

/* Whether each of `a` has an equal of its own in `b` (equality is an equivalence, so that the first free
 * equal will do); for `least` DOUBTFUL, one that it is not surely different from. */
static int each_is_found(const rdn_set *a, const rdn_set *b, pv_likeness least) {
    attribute room;
    uint32_t taken = 0;
    pv_span at = a->set;
    for (unsigned i = 0; i < a->num; i++) {
        const attribute *one = rdn_next(a, i, &at, &room);
        unsigned found = one != NULL ? find_like(b, taken, one, least) : MAX_RDN;
        if (found == MAX_RDN) return 0;
        if (least == PV_LIKE_EQUAL) taken |= (uint32_t)1 << found;
    }
    return 1;
}

/* RDNs of several attributes. */
static pv_likeness sets_like(pv_span set_a, pv_span set_b) {
    rdn_set a, b;
    if (!rdn_open(&a, set_a) || !rdn_open(&b, set_b) || a.num != b.num || a.num == 0)
        return PV_LIKE_DIFFERENT;
    if (each_is_found(&a, &b, PV_LIKE_EQUAL)) return PV_LIKE_EQUAL;
    int doubtful = each_is_found(&a, &b, PV_LIKE_DOUBTFUL) && each_is_found(&b, &a, PV_LIKE_DOUBTFUL);
    return doubtful ? PV_LIKE_DOUBTFUL : PV_LIKE_DIFFERENT;
}

/* Two RDNs (contents of their SETs). Nearly all have one attribute. */
static pv_likeness rdn_like(pv_span a, pv_span b) {
    if (pv_span_equal(a, b)) return PV_LIKE_EQUAL;
#if PV_IS_SMALL
    return sets_like(a, b);
#else
    attribute one_a, one_b;
    pv_span rest_a = a;
    pv_span rest_b = b;
    if (read_attribute(&rest_a, &one_a) != PV_OK || read_attribute(&rest_b, &one_b) != PV_OK)
        return PV_LIKE_DIFFERENT;
    if (rest_a.len != 0 || rest_b.len != 0) return sets_like(a, b);
    return attribute_like(&one_a, &one_b);
#endif
}

/* The RDNs of `base` against as many of `name`, which moves past them. */
static pv_likeness prefix_like(pv_span *name, pv_span base) {
    pv_likeness all = PV_LIKE_EQUAL;
    while (base.len > 0) {
        pv_span set_name, set_base;
        if (pv_der_read(&base, PV_DER_SET, &set_base) != PV_OK) return PV_LIKE_DIFFERENT;
        if (pv_der_read(name, PV_DER_SET, &set_name) != PV_OK) return PV_LIKE_DIFFERENT;
        pv_likeness one = rdn_like(set_name, set_base);
        if (one == PV_LIKE_DIFFERENT) return one;
        if (one == PV_LIKE_DOUBTFUL) all = one;
    }
    return all;
}

pv_span pv_name_contents(pv_span name) {
    pv_span contents = {NULL, 0};
    (void)pv_der_read(&name, PV_DER_SEQUENCE, &contents); /* on failure it stays empty */
    return contents;
}

int pv_name_equal(pv_span a, pv_span b) {
    if (pv_span_equal(a, b)) return 1;
    pv_span rdns = pv_name_contents(a);
    return prefix_like(&rdns, pv_name_contents(b)) == PV_LIKE_EQUAL && rdns.len == 0;
}

pv_likeness pv_name_within(pv_span name, pv_span base) {
    pv_span rdns = pv_name_contents(name);
    return prefix_like(&rdns, pv_name_contents(base));
}

int pv_name_rdn_equal(pv_span a, pv_span b) {
    return rdn_like(a, b) == PV_LIKE_EQUAL;
}

int pv_name_extends(pv_span name, pv_span base, pv_span rdn) {
    pv_span rdns = pv_name_contents(name), last;
    if (prefix_like(&rdns, pv_name_contents(base)) != PV_LIKE_EQUAL) return 0;
    if (pv_der_read(&rdns, PV_DER_SET, &last) != PV_OK || rdns.len != 0) return 0;
    return pv_name_rdn_equal(last, rdn);
}

int pv_name_is_empty(pv_span name) {
    return pv_name_contents(name).len == 0;
}

int pv_name_next_attribute(pv_span *cursor, pv_span *rdn, pv_span *type, uint8_t *tag, pv_span *value) {
    attribute a;
    if (rdn->len == 0 && pv_der_read(cursor, PV_DER_SET, rdn) != PV_OK) return 0;
    if (read_attribute(rdn, &a) != PV_OK) return 0;
    *type = a.type;
    *tag = a.tag;
    *value = a.value;
    return 1;
}
