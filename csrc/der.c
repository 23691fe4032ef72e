/* der.c: see der.h. */
#include "der.h"

#include <string.h>

/* Bytes of the length field after its first, and the length they give. X.690 10.1: definite, as short as can
 * be. */
static pv_reason long_length(const uint8_t *at, size_t left, uint32_t max, size_t *len, size_t *header) {
    size_t num = at[1] & 0x7Fu;
    if (num == 0 || num > 4) return PV_R_DER_LENGTH;
    if (left - 2 < num) return PV_R_DER_TRUNCATED;
    uint32_t value = 0;
    for (size_t i = 0; i < num; i++)
        value = value << 8 | at[2 + i];
    /* The first octet carries something, and the short form would not have done. */
    if (at[2] == 0 || value < 0x80u || value > max) return PV_R_DER_LENGTH;
    *len = value;
    *header = 2 + num;
    return PV_OK;
}

static pv_reason header_within(const pv_span *in, uint32_t max, size_t *header, size_t *len) {
    if (in->len < 2)
        return in->len == 0 || (in->data[0] & 0x1Fu) != 0x1Fu ? PV_R_DER_TRUNCATED : PV_R_DER_TAG;
    if ((in->data[0] & 0x1Fu) == 0x1Fu) return PV_R_DER_TAG; /* X.690 8.1.2.4: no such tag is in X.509 */
    *header = 2;
    *len = in->data[1];
    if (in->data[1] >= 0x80u) {
        pv_reason reason = long_length(in->data, in->len, max, len, header);
        if (reason != PV_OK) return reason;
    }
    return *len <= in->len - *header ? PV_OK : PV_R_DER_TRUNCATED;
}

pv_reason pv_der_header(const pv_span *in, size_t *header, size_t *len) {
    return header_within(in, PV_MAX_DER, header, len);
}

pv_reason pv_der_read_any(pv_span *in, uint8_t *tag, pv_span *contents) {
    size_t header = 0;
    size_t len = 0;
    pv_reason reason = pv_der_header(in, &header, &len);
    if (reason != PV_OK) return reason;
    *tag = in->data[0];
    contents->data = in->data + header;
    contents->len = len;
    pv_der_skip(in, header + len);
    return PV_OK;
}

pv_reason pv_der_peek_within(const pv_span *in, uint8_t tag, uint32_t max, pv_span *contents) {
    size_t header = 0;
    size_t len = 0;
    if (in->len > 0 && in->data[0] != tag) return PV_R_DER_TAG;
    pv_reason reason = header_within(in, max, &header, &len);
    if (reason != PV_OK) return reason;
    contents->data = in->data + header;
    contents->len = len;
    return PV_OK;
}

pv_reason pv_der_peek_long(const pv_span *in, uint8_t tag, pv_span *contents) {
    return pv_der_peek_within(in, tag, PV_MAX_DER, contents);
}

pv_reason pv_der_read_within(pv_span *in, uint8_t tag, uint32_t max, pv_span *contents) {
    pv_reason reason = pv_der_peek_within(in, tag, max, contents);
    if (reason == PV_OK) pv_der_move(in, contents->data + contents->len);
    return reason;
}

pv_reason pv_der_read_boolean(pv_span *in, int *value) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_BOOLEAN, &contents);
    if (reason != PV_OK) return reason;
    /* X.690 8.2.1, 11.1 */
    if (contents.len != 1 || (contents.data[0] != 0x00 && contents.data[0] != 0xFF)) return PV_R_DER_BOOLEAN;
    *value = contents.data[0] == 0xFF;
    pv_der_move(in, contents.data + 1);
    return PV_OK;
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
int pv_der_integer_is_minimal(pv_span contents) {
    if (contents.len == 0) return 0;
    if (contents.len == 1) return 1;
    unsigned sign = contents.data[1] >> 7;
    return contents.data[0] != (sign != 0 ? 0xFFu : 0x00u);
}

pv_reason pv_der_read_integer(pv_span *in, pv_span *contents) {
    pv_reason reason = pv_der_peek(in, PV_DER_INTEGER, contents);
    if (reason != PV_OK) return reason;
    if (!pv_der_integer_is_minimal(*contents)) return PV_R_DER_INTEGER;
    pv_der_move(in, contents->data + contents->len);
    return PV_OK;
}

pv_reason pv_der_read_small(pv_span *in, uint16_t *value) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_INTEGER, &contents);
    if (reason != PV_OK) return reason;
    if (!pv_der_integer_is_minimal(contents) || (contents.data[0] & 0x80u) != 0) return PV_R_DER_INTEGER;
    uint32_t number = 0;
    for (size_t i = 0; i < contents.len && i < 3; i++)
        number = number << 8 | contents.data[i];
    *value = contents.len > 3 || number > 0xFFFFu ? (uint16_t)0xFFFFu : (uint16_t)number;
    pv_der_move(in, contents.data + contents.len);
    return PV_OK;
}

/* X.690 8.4: encoded like an INTEGER. */
pv_reason pv_der_read_enumerated(pv_span *in, uint8_t *value) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_ENUMERATED, &contents);
    if (reason != PV_OK) return reason;
    if (contents.len != 1 || contents.data[0] > 0x7F) return PV_R_DER_INTEGER;
    *value = contents.data[0];
    pv_der_move(in, contents.data + 1);
    return PV_OK;
}

pv_reason pv_der_split_bits(pv_span contents, pv_span *octets, uint8_t *unused) {
    /* X.690 8.6.2: the count of unused bits comes first, and an empty string has none. */
    if (contents.len == 0 || contents.data[0] > 7) return PV_R_DER_BIT_STRING;
    uint8_t num = contents.data[0];
    if (contents.len == 1 && num != 0) return PV_R_DER_BIT_STRING;
    /* X.690 11.2.1: unused bits are zero. */
    unsigned mask = (1u << num) - 1u;
    if (contents.len > 1 && (contents.data[contents.len - 1] & mask) != 0) return PV_R_DER_BIT_STRING;
    *octets = (pv_span){contents.data + 1, contents.len - 1};
    *unused = num;
    return PV_OK;
}

pv_reason pv_der_read_bits(pv_span *in, pv_span *octets, uint8_t *unused) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_BIT_STRING, &contents);
    if (reason == PV_OK) reason = pv_der_split_bits(contents, octets, unused);
    if (reason == PV_OK) pv_der_move(in, contents.data + contents.len);
    return reason;
}

pv_reason pv_der_read_octets(pv_span *in, pv_span *octets) {
    pv_span contents;
    pv_reason reason = pv_der_peek(in, PV_DER_BIT_STRING, &contents);
    if (reason != PV_OK) return reason;
    if (contents.len == 0 || contents.data[0] != 0) return PV_R_DER_BIT_STRING;
    octets->data = contents.data + 1;
    octets->len = contents.len - 1;
    pv_der_move(in, contents.data + contents.len);
    return PV_OK;
}

/* X.690 8.19.2: each subidentifier ends with an octet below 80 and does not begin with 80. Most have no octet
 * above. */
int pv_der_oid_is_good(pv_span contents) {
    const uint8_t *octets = contents.data;
    unsigned bad = 0;
    if (pv_der_is_ascii(contents)) return contents.len > 0;
    unsigned before = 0; /* the octet before: a subidentifier begins after one below 80 */
    for (size_t i = 0; i < contents.len; i++) {
        bad |= (unsigned)(octets[i] == 0x80) & (unsigned)(before < 0x80);
        before = octets[i];
    }
    return contents.len > 0 && bad == 0 && before < 0x80;
}

pv_reason pv_der_read_oid_long(pv_span *in, pv_span *contents) {
    pv_reason reason = pv_der_peek(in, PV_DER_OID, contents);
    if (reason != PV_OK) return reason;
    if (!pv_der_oid_is_good(*contents)) return PV_R_DER_OID;
    pv_der_move(in, contents->data + contents->len);
    return PV_OK;
}

pv_span pv_der_contents_long(pv_span whole, uint32_t at) {
    uint8_t tag = 0;
    pv_span contents = {NULL, 0};
    if (at >= whole.len) return contents;
    pv_span rest = {whole.data + at, whole.len - at};
    (void)pv_der_read_any(&rest, &tag, &contents); /* on failure it stays empty */
    return contents;
}

size_t pv_der_header_len(size_t contents_len) {
    size_t header = 2;
    if (contents_len < 0x80u) return header;
    for (; contents_len != 0; contents_len >>= 8)
        header++;
    return header;
}

int pv_der_is_ascii(pv_span text) {
    uint64_t all = 0;
    size_t i = 0;
    for (; !PV_IS_SMALL && text.len - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, sizeof word);
        all |= word;
    }
    for (; i < text.len; i++)
        all |= text.data[i];
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* The length of the well-formed sequence that begins at `at` (RFC 3629 4); 0: there is none. */
static size_t utf8_sequence(const uint8_t *at, size_t left) {
    unsigned lead = at[0];
    if (lead < 0x80u) return 1;
    if (lead < 0xC2u || lead > 0xF4u) return 0;
    size_t len = lead < 0xE0u ? 2 : lead < 0xF0u ? 3 : 4;
    if (left < len) return 0;
    /* Only the second octet has a narrower range: against overlong forms, surrogates, and beyond 10FFFF. */
    unsigned low = lead == 0xE0u ? 0xA0u : lead == 0xF0u ? 0x90u : 0x80u;
    unsigned high = lead == 0xEDu ? 0x9Fu : lead == 0xF4u ? 0x8Fu : 0xBFu;
    if (at[1] < low || at[1] > high) return 0;
    for (size_t i = 2; i < len; i++)
        if ((at[i] & 0xC0u) != 0x80u) return 0;
    return len;
}

int pv_der_is_utf8(pv_span text) {
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(text.data + i, text.len - i);
        if (len == 0) return 0;
        i += len;
    }
    return 1;
}

int pv_span_equal(pv_span a, pv_span b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
