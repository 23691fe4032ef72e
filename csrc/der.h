/* der.h: strict DER (X.690), one element at a time. Knows tags and lengths, nothing of certificates.
 *
 * A pv_span is the cursor. Each pv_der_read_* moves it past one element on PV_OK; on any other reason the
 * cursor stands where it stood: at the element that could not be read. That is how a fault gets its byte
 * offset. */
#ifndef PV_DER_H
#define PV_DER_H

#include "pyvalidator.h"

#define PV_DER_BOOLEAN          0x01u
#define PV_DER_INTEGER          0x02u
#define PV_DER_BIT_STRING       0x03u
#define PV_DER_OCTET_STRING     0x04u
#define PV_DER_NULL             0x05u
#define PV_DER_OID              0x06u
#define PV_DER_ENUMERATED       0x0Au
#define PV_DER_UTF8_STRING      0x0Cu
#define PV_DER_NUMERIC_STRING   0x12u
#define PV_DER_PRINTABLE_STRING 0x13u
#define PV_DER_TELETEX_STRING   0x14u
#define PV_DER_IA5_STRING       0x16u
#define PV_DER_UTC_TIME         0x17u
#define PV_DER_GENERALIZED_TIME 0x18u
#define PV_DER_VISIBLE_STRING   0x1Au
#define PV_DER_UNIVERSAL_STRING 0x1Cu
#define PV_DER_BMP_STRING       0x1Eu
#define PV_DER_SEQUENCE         0x30u
#define PV_DER_SET              0x31u
/* Context-specific tags, primitive and constructed. */
#define PV_DER_CONTEXT(n)             (0x80u | (n))
#define PV_DER_CONTEXT_CONSTRUCTED(n) (0xA0u | (n))

/* pv_der_read_any: any single-byte tag; `contents` without the header. Reasons: DER_TRUNCATED, DER_LENGTH
 * (indefinite, not minimal, or above PV_MAX_DER; X.690 10.1), DER_TAG (high tag number form). */
pv_reason pv_der_read_any(pv_span *in, uint8_t *tag, pv_span *contents);

/* pv_der_header: the lengths of the header and of the contents of the element at the cursor, which is all
 * there. Reads nothing; reasons as above. */
pv_reason pv_der_header(const pv_span *in, size_t *header, size_t *len);

/* pv_der_peek_within: as pv_der_peek, but lengths up to `max` are read: for the few elements of a CRL that
 * may be longer than any of a certificate. pv_der_read_within: the same, and the cursor moves past it. */
pv_reason pv_der_peek_within(const pv_span *in, uint8_t tag, uint32_t max, pv_span *contents);
pv_reason pv_der_read_within(pv_span *in, uint8_t tag, uint32_t max, pv_span *contents);

/* pv_der_skip: moves the cursor by at most in->len bytes. */
static inline void pv_der_skip(pv_span *in, size_t len) {
    in->data += len;
    in->len -= len;
}

/* pv_der_move: moves the cursor to `end`, which lies inside it or at its end. */
static inline void pv_der_move(pv_span *in, const uint8_t *end) {
    in->len -= (size_t)(end - in->data);
    in->data = end;
}

/* pv_der_peek: the contents of the next element, if it has this tag; DER_TAG if another stands there
 * (DER_TRUNCATED at the end). The cursor stays. The short form of the length, nearly all of a certificate, is
 * read in line. (Readers peek, check and move, rather than work on a copy of the cursor: a copy of two words
 * just written stalls many a processor.) */
pv_reason pv_der_peek_long(const pv_span *in, uint8_t tag, pv_span *contents);
static inline pv_reason pv_der_peek(const pv_span *in, uint8_t tag, pv_span *contents) {
    if (PV_IS_SMALL || in->len < 2 || in->data[0] != tag || in->data[1] >= 0x80u || in->data[1] > in->len - 2)
        return pv_der_peek_long(in, tag, contents);
    contents->data = in->data + 2;
    contents->len = in->data[1];
    return PV_OK;
}

/* pv_der_read: the same, and the cursor moves past it. */
static inline pv_reason pv_der_read(pv_span *in, uint8_t tag, pv_span *contents) {
    pv_span found;
    pv_reason reason = pv_der_peek(in, tag, &found);
    if (reason != PV_OK) return reason;
    contents->data = found.data;
    contents->len = found.len;
    pv_der_move(in, found.data + found.len);
    return PV_OK;
}

/* pv_der_read_element: the same, but the span has the header too. */
static inline pv_reason pv_der_read_element(pv_span *in, uint8_t tag, pv_span *element) {
    const uint8_t *start = in->data;
    pv_span contents;
    pv_reason reason = pv_der_read(in, tag, &contents);
    if (reason != PV_OK) return reason;
    element->data = start;
    element->len = (size_t)(in->data - start);
    return PV_OK;
}

/* pv_der_has: whether the next element has this tag. It reads nothing. */
static inline int pv_der_has(const pv_span *in, uint8_t tag) {
    return in->len > 0 && in->data[0] == tag;
}

/* pv_der_end: PV_OK if nothing is left, else DER_TRAILING. */
static inline pv_reason pv_der_end(const pv_span *in) {
    return in->len == 0 ? PV_OK : PV_R_DER_TRAILING;
}

/* pv_der_read_boolean: contents 00 or FF (X.690 11.1). */
pv_reason pv_der_read_boolean(pv_span *in, int *value);

/* pv_der_read_integer: minimal two's complement (X.690 8.3.2), contents as they stand; never empty. */
pv_reason pv_der_read_integer(pv_span *in, pv_span *contents);

/* pv_der_integer_is_minimal: the same rule for contents under an implicit tag. */
int pv_der_integer_is_minimal(pv_span contents);

/* pv_der_read_small: an INTEGER from 0 to 65534 (65535 for anything larger that is not negative); DER_INTEGER
 * if negative. */
pv_reason pv_der_read_small(pv_span *in, uint16_t *value);

/* pv_der_read_enumerated: an ENUMERATED from 0 to 127, more than any in use has; DER_INTEGER otherwise. */
pv_reason pv_der_read_enumerated(pv_span *in, uint8_t *value);

/* pv_der_read_bits: a BIT STRING; `unused` bits of the last octet are zero (X.690 11.2.1). */
pv_reason pv_der_read_bits(pv_span *in, pv_span *octets, uint8_t *unused);

/* pv_der_split_bits: the same rules for contents under an implicit tag. */
pv_reason pv_der_split_bits(pv_span contents, pv_span *octets, uint8_t *unused);

/* pv_der_read_octets: a BIT STRING without unused bits (a key, a signature): its octets; DER_BIT_STRING
 * otherwise. */
pv_reason pv_der_read_octets(pv_span *in, pv_span *octets);

/* pv_der_read_oid: an OBJECT IDENTIFIER; subidentifiers minimal and complete (X.690 8.19.2). Most are three
 * octets below 80: those are read in line. */
pv_reason pv_der_read_oid_long(pv_span *in, pv_span *contents);
static inline pv_reason pv_der_read_oid(pv_span *in, pv_span *contents) {
    const uint8_t *at = in->data;
    if (PV_IS_SMALL || in->len < 5 || at[0] != PV_DER_OID || at[1] != 3 || (at[2] | at[3] | at[4]) >= 0x80)
        return pv_der_read_oid_long(in, contents);
    contents->data = at + 2;
    contents->len = 3;
    pv_der_skip(in, 5);
    return PV_OK;
}

/* pv_der_oid_is_good: the same rules for contents under an implicit tag. */
int pv_der_oid_is_good(pv_span contents);

/* pv_der_element_at: the element that begins at `at` inside `whole`, header included; its header was checked
 * before. pv_der_contents_at: the same element's contents. (Lengths are held against `whole` again all the
 * same: what was read may lie in memory that somebody writes to. The usual forms of a length are read in
 * line, without asking again whether they are the shortest.) */
pv_span pv_der_contents_long(pv_span whole, uint32_t at);
static inline pv_span pv_der_contents_at(pv_span whole, uint32_t at) {
    size_t left = at < whole.len ? whole.len - at : 0;
    const uint8_t *head = whole.data + at;
    if (PV_IS_SMALL) return pv_der_contents_long(whole, at);
    if (left >= 2 && head[1] < 0x80u && head[1] <= left - 2) return (pv_span){head + 2, head[1]};
    if (left >= 4 && head[1] == 0x82u) {
        size_t len = (size_t)head[2] << 8 | head[3];
        if (len <= left - 4) return (pv_span){head + 4, len};
    }
    return pv_der_contents_long(whole, at);
}

static inline pv_span pv_der_element_at(pv_span whole, uint32_t at) {
    pv_span element = pv_der_contents_at(whole, at);
    if (element.data == NULL) return element;
    element.len += (size_t)(element.data - (whole.data + at));
    element.data = whole.data + at;
    return element;
}

/* pv_der_header_len: bytes of tag and length before contents of this many bytes. As lengths are minimal, an
 * element begins that far before its contents. */
size_t pv_der_header_len(size_t contents_len);

/* pv_der_is_ascii: only bytes below 80. pv_der_is_utf8: well-formed UTF-8 (RFC 3629 4: no overlong form, no
 * surrogate, nothing above 10FFFF). */
int pv_der_is_ascii(pv_span text);
int pv_der_is_utf8(pv_span text);

/* pv_span_equal: same length, same bytes. */
int pv_span_equal(pv_span a, pv_span b);

#endif
