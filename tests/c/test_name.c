/* test_name.c: names, folded. */
#include "harness.h"
#include "name.h"

#define UTF8 PV_DER_UTF8_STRING
#define PRN  PV_DER_PRINTABLE_STRING
#define IA5  PV_DER_IA5_STRING
#define NUM  PV_DER_NUMERIC_STRING
#define VIS  PV_DER_VISIBLE_STRING
#define BMP  PV_DER_BMP_STRING
#define T61  PV_DER_TELETEX_STRING
#define UNI  PV_DER_UNIVERSAL_STRING

#define O_TYPE  "55040A"
#define CN_TYPE "550403"

static pv_span attribute_of(const char *type, pv_span value) {
    return SEQ(OID(type), value);
}

/* CN = these characters. */
static pv_span cn(unsigned tag, const char *characters) {
    return attribute_of(CN_TYPE, STR((uint8_t)tag, characters));
}

static pv_span o(unsigned tag, const char *characters) {
    return attribute_of(O_TYPE, STR((uint8_t)tag, characters));
}

static pv_span one_cn(unsigned tag, const char *characters) {
    return SEQ(SET(cn(tag, characters)));
}

static pv_reason read_name(pv_span name, uint32_t *hash, uint32_t *deviations) {
    pv_span element;
    pv_span in = guarded(name);
    const uint8_t *start = in.data;
    GARBAGE(element);
    *deviations = 0;
    *hash = 0xA5A5A5A5;
    pv_reason reason = pv_name_read(&in, &element, hash, deviations);
    if (reason != PV_OK)
        CHECK(in.data == start && in.len == name.len);
    else
        CHECK(element.data == start && element.len == name.len && in.len == 0);
    return reason;
}

static pv_reason reason_of(pv_span name) {
    uint32_t hash, deviations;
    return read_name(name, &hash, &deviations);
}

static uint32_t deviations_of(pv_span name) {
    uint32_t hash, deviations;
    CHECK_IS(read_name(name, &hash, &deviations), PV_OK);
    return deviations;
}

static uint32_t hash_of(pv_span name) {
    uint32_t hash, deviations;
    CHECK_IS(read_name(name, &hash, &deviations), PV_OK);
    return hash;
}

TEST(frame) {
    pv_span good = cn(UTF8, "a");
    CHECK_IS(reason_of(SEQ(SET(good))), PV_OK);
    CHECK_IS(reason_of(EMPTY(0x30)), PV_OK);
    CHECK_IS(reason_of(SET(good)), PV_R_DER_TAG);
    CHECK_IS(reason_of(SEQ(good)), PV_R_DER_TAG);
    CHECK_IS(reason_of(SEQ(EMPTY(0x31))), PV_R_DER_EMPTY);
    CHECK_IS(reason_of(SEQ(SET(good), EMPTY(0x31))), PV_R_DER_EMPTY);
    CHECK_IS(reason_of(SEQ(SET(EMPTY(0x30)))), PV_R_DER_TRUNCATED);
    CHECK_IS(reason_of(SEQ(SET(SEQ(OID(CN_TYPE))))), PV_R_DER_TRUNCATED);
    CHECK_IS(reason_of(SEQ(SET(SEQ(OID("5504"), STR(UTF8, "a"), NUL())))), PV_R_DER_TRAILING);
    CHECK_IS(reason_of(SEQ(SET(SEQ(OID("5580"), STR(UTF8, "a"))))), PV_R_DER_OID);
    CHECK_IS(reason_of(SEQ(SET(SEQ(STR(UTF8, "a"), OID(CN_TYPE))))), PV_R_DER_TAG);
    CHECK_IS(reason_of(SEQ(SET(SEQ(OID(CN_TYPE), HEX("0C8141"))))), PV_R_DER_LENGTH);
    CHECK_IS(reason_of(HEX("30")), PV_R_DER_TRUNCATED);
}

TEST(values) {
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(UTF8, HEX("C3A9")))))), PV_OK);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(UTF8, HEX("C3")))))), PV_R_DER_STRING);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(UTF8, text("aaaaaaaaaaaaaaaaa"), HEX("FF")))))),
             PV_R_DER_STRING);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(BMP, HEX("0041")))))), PV_OK);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(BMP, HEX("004100")))))), PV_R_DER_STRING);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(UNI, HEX("00000041")))))), PV_OK);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(UNI, HEX("000041")))))), PV_R_DER_STRING);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, TLV(T61, HEX("E9")))))), PV_OK);
    CHECK_IS(reason_of(SEQ(SET(attribute_of(CN_TYPE, INT(5))))), PV_OK);
}

TEST(characters) {
    CHECK_IS(deviations_of(one_cn(PRN, "Az09 '()+,-./:=?")), 0);
    for (const char *bad = "!\"#$%&*;<>@[\\]^_`{|}~\x01\x1F\x7F\x80\xE9"; *bad != 0; bad++) {
        char one[2] = {*bad, 0};
        CHECK_MSG(deviations_of(one_cn(PRN, one)) == PV_DEV_DIRECTORY_STRING, "PrintableString %02X",
                  (unsigned)(uint8_t)*bad);
    }
    CHECK_IS(deviations_of(one_cn(NUM, "0 9")), 0);
    CHECK_IS(deviations_of(one_cn(NUM, "0a")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(NUM, "/")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(NUM, ":")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(VIS, " ~")), 0);
    CHECK_IS(deviations_of(one_cn(VIS, "\x1F")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(VIS, "\x7F")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(IA5, "a@b_*\x01")), 0);
    CHECK_IS(deviations_of(one_cn(IA5, "a\x80")), PV_DEV_DIRECTORY_STRING);
    CHECK_IS(deviations_of(one_cn(UTF8, "a@b_*\x01\xC3\xA9")), 0);
}

TEST(order_of_a_set) {
    pv_span a = cn(UTF8, "a"), b = cn(UTF8, "b"), longer = cn(UTF8, "aa");
    CHECK_IS(deviations_of(SEQ(SET(a, b))), 0);
    CHECK_IS(deviations_of(SEQ(SET(b, a))), PV_DEV_SET_ORDER);
    CHECK_IS(deviations_of(SEQ(SET(a, longer))), 0);
    CHECK_IS(deviations_of(SEQ(SET(longer, a))), PV_DEV_SET_ORDER);
    CHECK_IS(deviations_of(SEQ(SET(a, b, a))), PV_DEV_SET_ORDER);
    CHECK_IS(deviations_of(SEQ(SET(a, a))), 0);
    CHECK_IS(deviations_of(SEQ(SET(b), SET(a))), 0);
}

static pv_span wide_rdn(unsigned tag, unsigned num) {
    pv_span parts[20];
    for (unsigned i = 0; i < num; i++) {
        char value[2] = {(char)('a' + i), 0};
        parts[i] = cn(tag, value);
    }
    return tlv(0x31, parts, num);
}

TEST(wide_rdns) {
    CHECK_IS(reason_of(SEQ(wide_rdn(UTF8, 16))), PV_OK);
    CHECK_IS(reason_of(SEQ(wide_rdn(UTF8, 17))), PV_R_NAME_RDN_TOO_LARGE);
    CHECK(pv_name_equal(SEQ(wide_rdn(UTF8, 16)), SEQ(wide_rdn(PRN, 16))));
    CHECK(!pv_name_equal(SEQ(wide_rdn(UTF8, 16)), SEQ(wide_rdn(UTF8, 15))));
    /* What pv_name_read refused equals nothing but its own bytes. */
    CHECK(!pv_name_equal(SEQ(wide_rdn(UTF8, 17)), SEQ(wide_rdn(PRN, 17))));
}

static const struct {
    unsigned tag_a;
    const char *a;
    unsigned tag_b;
    const char *b;
    pv_likeness want;
} pairs[] = {
    {UTF8, "Example", UTF8, "Example", PV_LIKE_EQUAL},
    {UTF8, "Example", UTF8, "eXAMPLE", PV_LIKE_EQUAL},
    {UTF8, "Example", PRN, "EXAMPLE", PV_LIKE_EQUAL},
    {UTF8, "a@b.example", IA5, "A@B.EXAMPLE", PV_LIKE_EQUAL},
    {VIS, "12", NUM, "12", PV_LIKE_EQUAL},
    {UTF8, " Example  CA ", PRN, "example ca", PV_LIKE_EQUAL},
    {UTF8, "   ", PRN, "", PV_LIKE_EQUAL},
    {UTF8, "a                 b", PRN, "A B", PV_LIKE_EQUAL},
    {UTF8, "1234567 890", PRN, "1234567  890", PV_LIKE_EQUAL},
    {UTF8, "12345678 90", PRN, "12345678   90", PV_LIKE_EQUAL},
    {UTF8, "1234567 ", PRN, "1234567", PV_LIKE_EQUAL},
    {UTF8, "12345678 ", PRN, "12345678", PV_LIKE_EQUAL},
    {UTF8, " 12345678", PRN, "12345678", PV_LIKE_EQUAL},
    {UTF8, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", UTF8, "abcdefghijklmnopqrstuvwxyz", PV_LIKE_EQUAL},
    {UTF8, "\xC3\xA9t\xC3\xA9 Example", UTF8, "\xC3\xA9T\xC3\xA9  EXAMPLE", PV_LIKE_EQUAL},
    {UTF8, "Example", UTF8, "Exampl", PV_LIKE_DIFFERENT},
    {UTF8, "Example CA", UTF8, "ExampleCA", PV_LIKE_DIFFERENT},
    {UTF8, "[", UTF8, "{", PV_LIKE_DIFFERENT}, /* not letters, though 20 apart */
    {UTF8, "@", UTF8, "`", PV_LIKE_DIFFERENT},
    {UTF8, "12345678", UTF8, "123456781", PV_LIKE_DIFFERENT},
    {UTF8, "Evil", BMP, "\x7F\x45", PV_LIKE_DOUBTFUL},
    {UTF8, "Evil", T61, "Evil", PV_LIKE_DOUBTFUL},
    {PRN, "Evil", T61, "Good", PV_LIKE_DOUBTFUL},
    {T61, "Evil", T61, "Evil", PV_LIKE_EQUAL},
    {T61, "Evil", T61, "evil", PV_LIKE_DOUBTFUL},
    {UTF8, "Evil\xC3\xA9", UTF8, "Evil", PV_LIKE_DOUBTFUL},
    {UTF8, "\xC3\x89", UTF8, "\xC3\xA9", PV_LIKE_DOUBTFUL}, /* capital and small e acute */
    {UTF8, "Ev\x01il", UTF8, "Evil", PV_LIKE_DOUBTFUL},     /* RFC 4518 2.2 maps a control to nothing */
    {UTF8, "Evil\tCorp", UTF8, "Evil Corp", PV_LIKE_DOUBTFUL},
    {UTF8, "Evil\x7F", UTF8, "Evil", PV_LIKE_DOUBTFUL},
};

TEST(likeness) {
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        pv_span a = guarded(one_cn(pairs[i].tag_a, pairs[i].a));
        pv_span b = guarded(one_cn(pairs[i].tag_b, pairs[i].b));
        int equal = pairs[i].want == PV_LIKE_EQUAL;
        CHECK_MSG(pv_name_within(a, b) == pairs[i].want, "[%s] [%s]", pairs[i].a, pairs[i].b);
        CHECK_MSG(pv_name_within(b, a) == pairs[i].want, "[%s] [%s], turned", pairs[i].a, pairs[i].b);
        CHECK_MSG(pv_name_equal(a, b) == equal && pv_name_equal(b, a) == equal, "[%s] [%s]", pairs[i].a,
                  pairs[i].b);
        CHECK_MSG((hash_of(a) == hash_of(b)) == equal, "[%s] [%s]: hashes", pairs[i].a, pairs[i].b);
    }
}

TEST(types_differ) {
    CHECK_IS(pv_name_within(SEQ(SET(cn(UTF8, "a"))), SEQ(SET(o(UTF8, "a")))), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(SET(cn(T61, "a"))), SEQ(SET(o(UTF8, "a")))), PV_LIKE_DIFFERENT);
    CHECK(hash_of(SEQ(SET(cn(UTF8, "a")))) != hash_of(SEQ(SET(o(UTF8, "a")))));
    CHECK(!pv_name_equal(SEQ(SET(attribute_of(CN_TYPE, INT(1)))), SEQ(SET(attribute_of(CN_TYPE, INT(2))))));
    CHECK(pv_name_equal(SEQ(SET(attribute_of(CN_TYPE, INT(1))), SET(cn(UTF8, "a"))),
                        SEQ(SET(attribute_of(CN_TYPE, INT(1))), SET(cn(PRN, "A")))));
}

TEST(rdn_order_counts_element_order_does_not) {
    pv_span a = cn(UTF8, "a"), b = o(UTF8, "b"), upper_a = cn(PRN, "A"), c = cn(UTF8, "c");
    pv_span ab = SEQ(SET(a, b)), ba = SEQ(SET(b, upper_a));
    CHECK(pv_name_equal(ab, ba) && hash_of(ab) == hash_of(ba));
    CHECK(!pv_name_equal(SEQ(SET(a), SET(b)), SEQ(SET(b), SET(a))));
    CHECK(hash_of(SEQ(SET(a), SET(b))) != hash_of(SEQ(SET(b), SET(a))));
    CHECK(!pv_name_equal(SEQ(SET(a, b)), SEQ(SET(a), SET(b))));
    CHECK(!pv_name_equal(SEQ(SET(a, b)), SEQ(SET(a))) && !pv_name_equal(SEQ(SET(a)), SEQ(SET(a, b))));
    /* Multisets: a a c is not a c c. */
    CHECK(!pv_name_equal(SEQ(SET(a, a, c)), SEQ(SET(upper_a, c, c))));
    CHECK(pv_name_equal(SEQ(SET(a, upper_a, c)), SEQ(SET(c, a, a))));
}

TEST(subtrees) {
    pv_span a = SET(o(UTF8, "Acme")), b = SET(cn(UTF8, "b")), upper = SET(o(PRN, "ACME"));
    pv_span wide = SET(o(T61, "Acme")), other = SET(o(UTF8, "Other"));
    CHECK_IS(pv_name_within(SEQ(a, b), SEQ(upper)), PV_LIKE_EQUAL);
    CHECK_IS(pv_name_within(SEQ(a, b), EMPTY(0x30)), PV_LIKE_EQUAL);
    CHECK_IS(pv_name_within(EMPTY(0x30), EMPTY(0x30)), PV_LIKE_EQUAL);
    CHECK_IS(pv_name_within(EMPTY(0x30), SEQ(a)), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(a), SEQ(a, b)), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(b, a), SEQ(a)), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(wide, b), SEQ(a)), PV_LIKE_DOUBTFUL);
    CHECK_IS(pv_name_within(SEQ(wide, b), SEQ(a, b)), PV_LIKE_DOUBTFUL);
    /* One RDN that is surely different settles it. */
    CHECK_IS(pv_name_within(SEQ(wide, other), SEQ(a, a)), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(other, wide), SEQ(a, a)), PV_LIKE_DIFFERENT);
    CHECK(!pv_name_equal(SEQ(wide), SEQ(a)) && !pv_name_equal(SEQ(a, b), SEQ(a)) &&
          !pv_name_equal(SEQ(a), SEQ(a, b)));
}

TEST(doubt_in_sets) {
    pv_span wide = SET(cn(T61, "x"), o(UTF8, "Acme")), plain = SET(cn(UTF8, "x"), o(PRN, "acme"));
    pv_span other = SET(cn(UTF8, "x"), o(PRN, "other"));
    CHECK_IS(pv_name_within(SEQ(wide), SEQ(plain)), PV_LIKE_DOUBTFUL);
    CHECK_IS(pv_name_within(SEQ(plain), SEQ(wide)), PV_LIKE_DOUBTFUL);
    CHECK_IS(pv_name_within(SEQ(wide), SEQ(other)), PV_LIKE_DIFFERENT);
    CHECK_IS(pv_name_within(SEQ(wide), SEQ(SET(cn(UTF8, "x")))), PV_LIKE_DIFFERENT);
}

TEST(attributes) {
    pv_span name = guarded(SEQ(SET(cn(UTF8, "a"), o(PRN, "b")), SET(attribute_of(O_TYPE, INT(1)))));
    pv_span cursor = pv_name_contents(name);
    pv_span rdn = {NULL, 0};
    pv_span type, value;
    uint8_t tag;
    CHECK(pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value));
    CHECK(tag == UTF8 && pv_span_equal(value, text("a")) && pv_span_equal(type, HEX(CN_TYPE)));
    CHECK(pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value));
    CHECK(tag == PRN && pv_span_equal(value, text("b")));
    CHECK(pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value) && tag == PV_DER_INTEGER);
    CHECK(!pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value));
    CHECK(pv_name_is_empty(EMPTY(0x30)) && !pv_name_is_empty(name));
    CHECK(pv_name_contents(HEX("0500")).len == 0);
    cursor = HEX("31023000");
    rdn = (pv_span){NULL, 0};
    CHECK(!pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value));
}

/* A byte-wise statement of the same folding, to hold the eight-byte one against. */
static pv_span fold_plainly(pv_span value) {
    uint8_t *to = (uint8_t *)(uintptr_t)blank(value.len).data;
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.data[i];
        if (byte == ' ' && (len == 0 || to[len - 1] == ' ')) continue;
        to[len++] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
    }
    while (len > 0 && to[len - 1] == ' ')
        len--;
    return (pv_span){to, len};
}

TEST(hash_law) {
    static const char letters[] = "aAbZ  [@09{\xC3\xA9";
    uint32_t random = 12345;
    unsigned equal = 0;
    for (unsigned round = 0; round < 4000; round++) {
        char bytes[2][24];
        size_t len[2];
        pv_span names[2], folded[2];
        for (int side = 0; side < 2; side++) {
            random = random * 1664525 + 1013904223;
            len[side] = random >> 8 & (round & 1 ? 3 : 15);
            for (size_t i = 0; i < len[side]; i++) {
                random = random * 1664525 + 1013904223;
                bytes[side][i] =
                    letters[(random >> 16) % (sizeof(letters) - 3)]; /* ASCII alone is enough here */
            }
            pv_span value = {(const uint8_t *)bytes[side], len[side]};
            names[side] = SEQ(SET(attribute_of(CN_TYPE, TLV(side ? UTF8 : IA5, value))));
            folded[side] = fold_plainly(value);
        }
        int want = pv_span_equal(folded[0], folded[1]);
        equal += (unsigned)want;
        CHECK(pv_name_equal(names[0], names[1]) == want);
        CHECK((hash_of(names[0]) == hash_of(names[1])) == want);
    }
    CHECK(equal > 100);
}

/* Hostile: 200,000 RDNs, twice, and two sets of the most elements with nothing in common but length. */
TEST(large_names) {
    pv_span one = SET(cn(UTF8, "a")), upper = SET(cn(UTF8, "A"));
    size_t num = 200000;
    uint8_t *a = (uint8_t *)(uintptr_t)blank(num * one.len).data;
    uint8_t *b = (uint8_t *)(uintptr_t)blank(num * one.len).data;
    for (size_t i = 0; i < num; i++) {
        memcpy(a + i * one.len, one.data, one.len);
        memcpy(b + i * one.len, upper.data, one.len);
    }
    pv_span name_a = SEQ(((pv_span){a, num * one.len})), name_b = SEQ(((pv_span){b, num * one.len}));
    CHECK(pv_name_equal(name_a, name_b) && hash_of(name_a) == hash_of(name_b));
}
