/* test_der.c: X.690, one element at a time. */
#include "harness.h"

/* What each reader says of an input, and that on a refusal the cursor stays. */
static pv_reason read_any(const char *hex, size_t *contents_len, size_t *left) {
    uint8_t tag;
    pv_span contents = {NULL, 0};
    pv_span in = guarded(HEX(hex));
    const uint8_t *start = in.data;
    GARBAGE(tag);
    GARBAGE(contents);
    pv_reason reason = pv_der_read_any(&in, &tag, &contents);
    *left = in.len;
    if (reason != PV_OK) {
        CHECK_MSG(in.data == start && in.len == HEX(hex).len, "%s: the cursor moved", hex);
        return reason;
    }
    *contents_len = contents.len;
    CHECK_MSG(tag == start[0] && contents.data + contents.len == in.data, "%s", hex);
    return reason;
}

static const struct {
    const char *hex;
    pv_reason want;
    size_t contents_len;
    size_t left;
} elements[] = {
    {"0500", PV_OK, 0, 0},
    {"0500FF", PV_OK, 0, 1},
    {"040155", PV_OK, 1, 0},
    {"", PV_R_DER_TRUNCATED, 0, 0},
    {"04", PV_R_DER_TRUNCATED, 0, 0},
    {"0401", PV_R_DER_TRUNCATED, 0, 0},
    {"04820100", PV_R_DER_TRUNCATED, 0, 0},
    {"0481", PV_R_DER_TRUNCATED, 0, 0},
    {"048201", PV_R_DER_TRUNCATED, 0, 0},
    {"0484010000", PV_R_DER_TRUNCATED, 0, 0},
    {"30800000", PV_R_DER_LENGTH, 0, 0},        /* indefinite */
    {"04810155", PV_R_DER_LENGTH, 0, 0},        /* the short form would do */
    {"04817F", PV_R_DER_LENGTH, 0, 0},          /* the same */
    {"0482008055", PV_R_DER_LENGTH, 0, 0},      /* leading zero */
    {"048200FF", PV_R_DER_LENGTH, 0, 0},        /* leading zero */
    {"048401000001", PV_R_DER_LENGTH, 0, 0},    /* above 16 MiB */
    {"0484FFFFFFFF", PV_R_DER_LENGTH, 0, 0},    /* far above */
    {"04850100000000", PV_R_DER_LENGTH, 0, 0},  /* five octets of length */
    {"04FF", PV_R_DER_LENGTH, 0, 0},            /* X.690 8.1.3.5 (c) */
    {"048401000000", PV_R_DER_TRUNCATED, 0, 0}, /* 16 MiB exactly may be */
    {"1F0100", PV_R_DER_TAG, 0, 0},             /* high tag number */
    {"BF8A0100", PV_R_DER_TAG, 0, 0},
    {"FF", PV_R_DER_TAG, 0, 0},
};

TEST(elements) {
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        size_t contents_len = 0;
        size_t left = 0;
        pv_reason got = read_any(elements[i].hex, &contents_len, &left);
        CHECK_MSG(got == elements[i].want, "%s: %u", elements[i].hex, (unsigned)got);
        if (got == PV_OK) CHECK(contents_len == elements[i].contents_len && left == elements[i].left);
    }
}

/* Elements that a CRL may have longer than a certificate: the other rules of lengths stay. */
static const struct {
    const char *hex;
    uint32_t max;
    pv_reason want;
} within[] = {
    {"3003020105", 3, PV_OK},
    {"3003020105", 0x10000000u, PV_OK},
    {"3103020105", 0x10000000u, PV_R_DER_TAG},
    {"3082FFFF", 0xFFFE, PV_R_DER_LENGTH},
    {"3082FFFF", 0xFFFF, PV_R_DER_TRUNCATED},
    {"308401000001", PV_MAX_DER, PV_R_DER_LENGTH},
    {"308401000001", PV_MAX_DER + 1, PV_R_DER_TRUNCATED},
    {"308410000000", 0x10000000u, PV_R_DER_TRUNCATED},
    {"308410000001", 0x10000000u, PV_R_DER_LENGTH},
    {"3084FFFFFFFF", 0xFFFFFFFFu, PV_R_DER_TRUNCATED},
    {"30850100000000", 0xFFFFFFFFu, PV_R_DER_LENGTH},
    {"308400FFFFFF", 0xFFFFFFFFu, PV_R_DER_LENGTH},
    {"3080", 0xFFFFFFFFu, PV_R_DER_LENGTH},
    {"", 0xFFFFFFFFu, PV_R_DER_TRUNCATED},
};

TEST(lengths_within) {
    for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
        pv_span contents = {NULL, 0};
        pv_span in = guarded(HEX(within[i].hex)), whole = in;
        pv_reason peeked = pv_der_peek_within(&in, PV_DER_SEQUENCE, within[i].max, &contents);
        CHECK_MSG(peeked == within[i].want, "%s: %u", within[i].hex, (unsigned)peeked);
        CHECK(in.data == whole.data && in.len == whole.len);
        CHECK_IS(pv_der_read_within(&in, PV_DER_SEQUENCE, within[i].max, &contents), peeked);
        CHECK(in.len == (peeked == PV_OK ? 0 : whole.len) && (peeked != PV_OK || contents.len == 3));
    }
}

static const struct {
    const char *hex;
    pv_reason want;
    uint8_t value;
} enumerated[] = {
    {"0A0100", PV_OK, 0},
    {"0A017F", PV_OK, 127},
    {"0A0180", PV_R_DER_INTEGER, 0},
    {"0A020080", PV_R_DER_INTEGER, 0},
    {"0A020001", PV_R_DER_INTEGER, 0},
    {"0A00", PV_R_DER_INTEGER, 0},
    {"020100", PV_R_DER_TAG, 0},
    {"0A01", PV_R_DER_TRUNCATED, 0},
};

TEST(enumerated) {
    for (size_t i = 0; i < sizeof(enumerated) / sizeof(enumerated[0]); i++) {
        uint8_t value = 0;
        pv_span in = guarded(HEX(enumerated[i].hex));
        size_t len = in.len;
        pv_reason got = pv_der_read_enumerated(&in, &value);
        CHECK_MSG(got == enumerated[i].want && value == enumerated[i].value, "%s: %u", enumerated[i].hex,
                  (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : len));
    }
}

TEST(every_length) {
    static const size_t lengths[] = {0, 1, 126, 127, 128, 129, 255, 256, 257, 65535, 65536, 0xFFFFFF - 5};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        pv_span element = guarded(OCTETS(repeat(0x55, lengths[i])));
        pv_span in = element;
        pv_span contents = {NULL, 0};
        CHECK_IS(pv_der_read(&in, PV_DER_OCTET_STRING, &contents), PV_OK);
        CHECK(contents.len == lengths[i] && in.len == 0);
        CHECK_IS(pv_der_header_len(contents.len), element.len - contents.len);
        CHECK(pv_der_element_at(element, 0).len == element.len);
        CHECK(pv_der_contents_at(element, 0).data == contents.data);
        in = (pv_span){element.data, element.len - 1};
        if (lengths[i] > 0) CHECK_IS(pv_der_read(&in, PV_DER_OCTET_STRING, &contents), PV_R_DER_TRUNCATED);
    }
}

TEST(tag_that_was_asked_for) {
    pv_span contents = {NULL, 0};
    pv_span in = guarded(HEX("0401550500"));
    CHECK_IS(pv_der_read(&in, PV_DER_NULL, &contents), PV_R_DER_TAG);
    CHECK_IS(pv_der_read_element(&in, PV_DER_NULL, &contents), PV_R_DER_TAG);
    CHECK(in.len == 5 && pv_der_has(&in, PV_DER_OCTET_STRING) && !pv_der_has(&in, PV_DER_NULL));
    CHECK_IS(pv_der_read_element(&in, PV_DER_OCTET_STRING, &contents), PV_OK);
    CHECK(contents.len == 3 && in.len == 2);
    CHECK_IS(pv_der_end(&in), PV_R_DER_TRAILING);
    CHECK_IS(pv_der_read(&in, PV_DER_NULL, &contents), PV_OK);
    CHECK_IS(pv_der_end(&in), PV_OK);
    CHECK_IS(pv_der_read(&in, PV_DER_NULL, &contents), PV_R_DER_TRUNCATED);
    CHECK(!pv_der_has(&in, PV_DER_NULL));
}

TEST(element_at_outside) {
    pv_span whole = guarded(HEX("0401550502"));
    CHECK(pv_der_element_at(whole, 5).len == 0 && pv_der_element_at(whole, 0xFFFFFFFF).data == NULL);
    CHECK(pv_der_contents_at(whole, 5).data == NULL && pv_der_contents_at(whole, 4).data == NULL);
    CHECK(pv_der_element_at(whole, 3).data == NULL);
}

/* --- The types --- */

static const struct {
    const char *hex;
    pv_reason want;
    int value;
} booleans[] = {
    {"010100", PV_OK, 0},
    {"0101FF", PV_OK, 1},
    {"010101", PV_R_DER_BOOLEAN, 0},
    {"0100", PV_R_DER_BOOLEAN, 0},
    {"0102FFFF", PV_R_DER_BOOLEAN, 0},
    {"020100", PV_R_DER_TAG, 0},
    {"0101", PV_R_DER_TRUNCATED, 0},
};

TEST(booleans) {
    for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++) {
        int value = 7;
        pv_span in = guarded(HEX(booleans[i].hex));
        pv_reason got = pv_der_read_boolean(&in, &value);
        CHECK_MSG(got == booleans[i].want, "%s: %u", booleans[i].hex, (unsigned)got);
        CHECK(got == PV_OK ? in.len == 0 && value == booleans[i].value : in.len == HEX(booleans[i].hex).len);
    }
}

static const struct {
    const char *hex;
    pv_reason any;   /* pv_der_read_integer */
    pv_reason small; /* pv_der_read_small */
    unsigned value;
} integers[] = {
    {"020100", PV_OK, PV_OK, 0},
    {"02017F", PV_OK, PV_OK, 127},
    {"02020080", PV_OK, PV_OK, 128},
    {"0202FF7F", PV_OK, PV_R_DER_INTEGER, 0},
    {"0201FF", PV_OK, PV_R_DER_INTEGER, 0},
    {"0200", PV_R_DER_INTEGER, PV_R_DER_INTEGER, 0},
    {"0202007F", PV_R_DER_INTEGER, PV_R_DER_INTEGER, 0},
    {"0202FF80", PV_R_DER_INTEGER, PV_R_DER_INTEGER, 0},
    {"02020000", PV_R_DER_INTEGER, PV_R_DER_INTEGER, 0},
    {"020300FFFE", PV_OK, PV_OK, 65534},
    {"020300FFFF", PV_OK, PV_OK, 65535},
    {"0203010000", PV_OK, PV_OK, 65535},
    {"020401000000", PV_OK, PV_OK, 65535},
    {"02090100000000000000FF", PV_OK, PV_OK, 65535},
    {"030100", PV_R_DER_TAG, PV_R_DER_TAG, 0},
    {"0202FF", PV_R_DER_TRUNCATED, PV_R_DER_TRUNCATED, 0},
};

TEST(integers) {
    for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
        uint16_t value = 0xA5A5;
        pv_span contents = {NULL, 0};
        pv_span in = guarded(HEX(integers[i].hex));
        pv_span again = in;
        size_t len = in.len;
        pv_reason got = pv_der_read_integer(&in, &contents);
        CHECK_MSG(got == integers[i].any, "%s: %u", integers[i].hex, (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : len));
        got = pv_der_read_small(&again, &value);
        CHECK_MSG(got == integers[i].small, "%s: %u", integers[i].hex, (unsigned)got);
        CHECK(again.len == (got == PV_OK ? 0 : len));
        if (got == PV_OK) CHECK_IS(value, integers[i].value);
    }
}

static const struct {
    const char *hex;
    pv_reason bits;   /* pv_der_read_bits */
    pv_reason octets; /* pv_der_read_octets */
    size_t len;
    unsigned unused;
} bit_strings[] = {
    {"030100", PV_OK, PV_OK, 0, 0},
    {"03020055", PV_OK, PV_OK, 1, 0},
    {"03020780", PV_OK, PV_R_DER_BIT_STRING, 1, 7},
    {"030204F0", PV_OK, PV_R_DER_BIT_STRING, 1, 4},
    {"030204F8", PV_R_DER_BIT_STRING, PV_R_DER_BIT_STRING, 0, 0}, /* an unused bit is set */
    {"03020701", PV_R_DER_BIT_STRING, PV_R_DER_BIT_STRING, 0, 0},
    {"0302087F", PV_R_DER_BIT_STRING, PV_R_DER_BIT_STRING, 0, 0}, /* eight unused bits */
    {"030101", PV_R_DER_BIT_STRING, PV_R_DER_BIT_STRING, 0, 0},   /* unused bits of nothing */
    {"0300", PV_R_DER_BIT_STRING, PV_R_DER_BIT_STRING, 0, 0},
    {"23030301FF", PV_R_DER_TAG, PV_R_DER_TAG, 0, 0}, /* constructed: X.690 10.2 */
    {"0302", PV_R_DER_TRUNCATED, PV_R_DER_TRUNCATED, 0, 0},
};

TEST(bit_strings) {
    for (size_t i = 0; i < sizeof(bit_strings) / sizeof(bit_strings[0]); i++) {
        uint8_t unused = 0xA5;
        pv_span octets;
        pv_span in = guarded(HEX(bit_strings[i].hex));
        pv_span again = in;
        size_t len = in.len;
        pv_reason got = pv_der_read_bits(&in, &octets, &unused);
        CHECK_MSG(got == bit_strings[i].bits, "%s: %u", bit_strings[i].hex, (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : len));
        if (got == PV_OK) CHECK(octets.len == bit_strings[i].len && unused == bit_strings[i].unused);
        got = pv_der_read_octets(&again, &octets);
        CHECK_MSG(got == bit_strings[i].octets, "%s: %u", bit_strings[i].hex, (unsigned)got);
        CHECK(again.len == (got == PV_OK ? 0 : len));
        if (got == PV_OK) CHECK(octets.len == bit_strings[i].len);
    }
}

static const struct {
    const char *hex;
    pv_reason want;
} oids[] = {
    {"0603550403", PV_OK},
    {"06092A864886F70D01010B", PV_OK},
    {"060100", PV_OK},
    {"06022A00", PV_OK},
    {"0600", PV_R_DER_OID},
    {"06022A86", PV_R_DER_OID}, /* incomplete */
    {"060181", PV_R_DER_OID},
    {"0603558003", PV_R_DER_OID}, /* a subidentifier with a leading 80 */
    {"0603800103", PV_R_DER_OID},
    {"06035504FF", PV_R_DER_OID},
    {"0604558180 03", PV_OK}, /* 80 inside a subidentifier is a digit */
    {"06062A8180808001", PV_OK},
    {"06072A864880017F80", PV_R_DER_OID},
    {"060A2A864886F70D0101808B", PV_R_DER_OID},
    {"0D03550403", PV_R_DER_TAG}, /* RELATIVE-OID */
    {"0604550403", PV_R_DER_TRUNCATED},
};

TEST(oids) {
    for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        pv_span contents = {NULL, 0};
        pv_span in = guarded(HEX(oids[i].hex));
        size_t len = in.len;
        pv_reason got = pv_der_read_oid(&in, &contents);
        CHECK_MSG(got == oids[i].want, "%s: %u", oids[i].hex, (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : len));
    }
}

/* --- Text --- */

static const struct {
    const char *hex;
    int good;
} utf8[] = {
    {"", 1},         {"41", 1},     {"7F", 1},       {"C280", 1},     {"DFBF", 1},     {"E0A080", 1},
    {"ED9FBF", 1},   {"EE8080", 1}, {"EFBFBF", 1},   {"F0908080", 1}, {"F48FBFBF", 1}, {"41C3A942", 1},
    {"80", 0},       {"BF", 0},     {"C0AF", 0},     {"C1BF", 0},     {"C2", 0},       {"C241", 0},
    {"E09F80", 0},   {"E0A0", 0},   {"E0A041", 0},   {"EDA080", 0},   {"EDBFBF", 0},   {"F08F8080", 0},
    {"F0908041", 0}, {"F09080", 0}, {"F4908080", 0}, {"F5808080", 0}, {"FF", 0},       {"FE", 0},
    {"C3A9C3", 0},   {"E28200", 0}, {"C2C0", 0},
};

TEST(utf8) {
    for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
        CHECK_MSG(pv_der_is_utf8(guarded(HEX(utf8[i].hex))) == utf8[i].good, "%s", utf8[i].hex);
    CHECK(pv_der_is_ascii(text("az~")) && pv_der_is_ascii(HEX("")) && !pv_der_is_ascii(HEX("414280")));
}

TEST(span_equal) {
    pv_span none = {NULL, 0};
    CHECK(pv_span_equal(text("ab"), text("ab")) && pv_span_equal(none, none) &&
          pv_span_equal(none, text("")));
    CHECK(!pv_span_equal(text("ab"), text("ac")) && !pv_span_equal(text("ab"), text("a")));
}
