/* test_ext.c: extensions, one at a time. */
#include "ext.h"
#include "harness.h"

static pv_span extension(const char *oid, pv_span critical, pv_span value) {
    return SEQ(OID(oid), critical, OCTETS(value));
}

TEST(frames) {
    pv_span none = HEX(""), yes = HEX("0101FF"), no = HEX("010100"), value = NUL();
    struct {
        pv_span element;
        pv_reason want;
        int critical;
        int explicit_default;
    } cases[] = {
        {extension("551D0F", none, value), PV_OK, 0, 0},
        {extension("551D0F", yes, value), PV_OK, 1, 0},
        {extension("551D0F", no, value), PV_OK, 0, 1},
        {extension("551D0F", HEX("010101"), value), PV_R_DER_BOOLEAN, 0, 0},
        {extension("551D80", yes, value), PV_R_DER_OID, 0, 0},
        {SEQ(OID("551D0F"), yes), PV_R_DER_TRUNCATED, 0, 0},
        {SEQ(OID("551D0F"), BITS(0, value)), PV_R_DER_TAG, 0, 0},
        {SEQ(OID("551D0F"), yes, yes, OCTETS(value)), PV_R_DER_TAG, 0, 0},
        {SEQ(OID("551D0F"), OCTETS(value), NUL()), PV_R_DER_TRAILING, 0, 0},
        {SEQ(OCTETS(value), OID("551D0F")), PV_R_DER_TAG, 0, 0},
        {SET(OID("551D0F"), OCTETS(value)), PV_R_DER_TAG, 0, 0},
        {EMPTY(0x30), PV_R_DER_TRUNCATED, 0, 0},
        {none, PV_R_DER_TRUNCATED, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pv_ext ext;
        pv_span in = guarded(cases[i].element);
        GARBAGE(ext);
        pv_reason got = pv_ext_next(&in, &ext);
        CHECK_MSG(got == cases[i].want, "number %zu: %u", i, (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : cases[i].element.len));
        if (got != PV_OK) continue;
        CHECK(ext.id == PV_EXT_KEY_USAGE && pv_span_equal(ext.value, value) && ext.oid.len == 3);
        CHECK(ext.critical == cases[i].critical && ext.explicit_default == cases[i].explicit_default);
    }
}

static const struct {
    const char *oid;
    uint8_t id;
} ids[] = {
    {"551D0E", PV_EXT_SUBJECT_KEY_ID},
    {"551D0F", PV_EXT_KEY_USAGE},
    {"551D11", PV_EXT_SUBJECT_ALT_NAME},
    {"551D12", PV_EXT_ISSUER_ALT_NAME},
    {"551D13", PV_EXT_BASIC_CONSTRAINTS},
    {"551D1E", PV_EXT_NAME_CONSTRAINTS},
    {"551D1F", PV_EXT_CRL_DISTRIBUTION_POINTS},
    {"551D20", PV_EXT_CERTIFICATE_POLICIES},
    {"551D21", PV_EXT_POLICY_MAPPINGS},
    {"551D23", PV_EXT_AUTHORITY_KEY_ID},
    {"551D24", PV_EXT_POLICY_CONSTRAINTS},
    {"551D25", PV_EXT_EXTENDED_KEY_USAGE},
    {"551D2E", PV_EXT_FRESHEST_CRL},
    {"551D36", PV_EXT_INHIBIT_ANY_POLICY},
    {"551D09", PV_EXT_SUBJECT_DIRECTORY_ATTRIBUTES},
    {"2B06010505070101", PV_EXT_AUTHORITY_INFO_ACCESS},
    {"2B0601050507010B", PV_EXT_SUBJECT_INFO_ACCESS},
    {"2B060105050730 0105", PV_EXT_OCSP_NO_CHECK},
    {"2B06010505070118", PV_EXT_TLS_FEATURE},
    {"551D0D", PV_EXT_UNKNOWN},
    {"551D", PV_EXT_UNKNOWN},
    {"551D0F00", PV_EXT_UNKNOWN},
    {"551C0F", PV_EXT_UNKNOWN},
    {"551D2500", PV_EXT_UNKNOWN},
    {"2B06010505070102", PV_EXT_UNKNOWN},
    {"2B06010505070201", PV_EXT_UNKNOWN},
    {"2B0601050507300106", PV_EXT_UNKNOWN},
    {"2B06010401D679020402", PV_EXT_UNKNOWN},
};

TEST(ids) {
    uint32_t seen = 0;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        uint8_t id = pv_ext_id_of(guarded(HEX(ids[i].oid)));
        CHECK_MSG(id == ids[i].id, "%s: %u", ids[i].oid, (unsigned)id);
        seen |= PV_EXT_BIT(id);
    }
    CHECK_IS(seen, PV_EXT_BIT(PV_EXT_COUNT) - 1);
}

static const struct {
    const char *hex;
    pv_reason want;
    int ca;
    unsigned path_len;
    uint32_t deviations;
} constraints[] = {
    {"3000", PV_OK, 0, PV_NO_PATH_LEN, 0},
    {"30030101FF", PV_OK, 1, PV_NO_PATH_LEN, 0},
    {"30060101FF020100", PV_OK, 1, 0, 0},
    {"30070101FF02020080", PV_OK, 1, 128, 0},
    {"30080101FF020300FFFE", PV_OK, 1, 65534, 0},
    {"30090101FF020401000000", PV_OK, 1, PV_NO_PATH_LEN, 0},
    {"3003010100", PV_OK, 0, PV_NO_PATH_LEN, PV_DEV_EXPLICIT_DEFAULT},
    {"3003020100", PV_OK, 0, 0, PV_DEV_PATH_LEN_NOT_CA},
    {"3006010100020101", PV_OK, 0, 1, PV_DEV_PATH_LEN_NOT_CA | PV_DEV_EXPLICIT_DEFAULT},
    {"30060101FF0201FF", PV_R_DER_INTEGER, 0, 0, 0},
    {"30070101FF02020000", PV_R_DER_INTEGER, 0, 0, 0},
    {"3003010101", PV_R_DER_BOOLEAN, 0, 0, 0},
    {"30080101FF0201000500", PV_R_DER_TRAILING, 0, 0, 0},
    {"30050101FF0500", PV_R_DER_TAG, 0, 0, 0},
    {"30000500", PV_R_DER_TRAILING, 0, 0, 0},
    {"0500", PV_R_DER_TAG, 0, 0, 0},
    {"", PV_R_DER_TRUNCATED, 0, 0, 0},
    {"30030101", PV_R_DER_TRUNCATED, 0, 0, 0},
};

TEST(basic_constraints) {
    for (size_t i = 0; i < sizeof(constraints) / sizeof(constraints[0]); i++) {
        int ca = 7;
        uint16_t path_len = 0xA5A5;
        uint32_t deviations = 0;
        pv_reason got =
            pv_ext_basic_constraints(guarded(HEX(constraints[i].hex)), &ca, &path_len, &deviations);
        CHECK_MSG(got == constraints[i].want, "%s: %u", constraints[i].hex, (unsigned)got);
        if (got != PV_OK) continue;
        CHECK_MSG(ca == constraints[i].ca && path_len == constraints[i].path_len, "%s", constraints[i].hex);
        CHECK_MSG(deviations == constraints[i].deviations, "%s", constraints[i].hex);
    }
}

static const struct {
    const char *hex;
    pv_reason want;
    unsigned usage;
    uint32_t deviations;
} usages[] = {
    {"03020780", PV_OK, PV_KU_DIGITAL_SIGNATURE, 0},
    {"03020106", PV_OK, PV_KU_KEY_CERT_SIGN | PV_KU_CRL_SIGN, 0},
    {"03020204", PV_OK, PV_KU_KEY_CERT_SIGN, 0},
    {"0303070080", PV_OK, 0x0100, 0}, /* decipherOnly */
    {"0303000001", PV_OK, 0x8000, 0},
    {"030100", PV_OK, 0, PV_DEV_KEY_USAGE_EMPTY},
    {"03020006", PV_OK, 0x0060, PV_DEV_KEY_USAGE_PADDING}, /* a trailing zero bit: X.690 11.2.2 */
    {"03020700", PV_OK, 0, PV_DEV_KEY_USAGE_PADDING | PV_DEV_KEY_USAGE_EMPTY},
    {"0303078000", PV_OK, PV_KU_DIGITAL_SIGNATURE, PV_DEV_KEY_USAGE_PADDING},
    {"03020107", PV_R_DER_BIT_STRING, 0, 0}, /* an unused bit is set */
    {"030400000001", PV_R_DER_BIT_STRING, 0, 0},
    {"030208FF", PV_R_DER_BIT_STRING, 0, 0},
    {"0300", PV_R_DER_BIT_STRING, 0, 0},
    {"04020780", PV_R_DER_TAG, 0, 0},
    {"030207800500", PV_R_DER_TRAILING, 0, 0},
    {"", PV_R_DER_TRUNCATED, 0, 0},
};

TEST(key_usage) {
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        uint16_t usage = 0xA5A5;
        uint32_t deviations = 0;
        pv_reason got = pv_ext_key_usage(guarded(HEX(usages[i].hex)), &usage, &deviations);
        CHECK_MSG(got == usages[i].want, "%s: %u", usages[i].hex, (unsigned)got);
        CHECK_MSG(usage == usages[i].usage && deviations == usages[i].deviations, "%s", usages[i].hex);
    }
}

TEST(key_ids) {
    pv_span key_id;
    CHECK_IS(pv_ext_subject_key_id(guarded(HEX("0402AABB")), &key_id), PV_OK);
    CHECK(pv_span_equal(key_id, HEX("AABB")));
    CHECK_IS(pv_ext_subject_key_id(guarded(HEX("0402AABB00")), &key_id), PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_subject_key_id(guarded(HEX("0302AABB")), &key_id), PV_R_DER_TAG);
    CHECK_IS(pv_ext_subject_key_id(guarded(HEX("0403AABB")), &key_id), PV_R_DER_TRUNCATED);
}

TEST(authority_key_id) {
    pv_aki aki;
    pv_span names = TLV(0xA1, TLV(0xA4, EMPTY(0x30))), id = HEX("8002AABB"), serial = HEX("820105");
    GARBAGE(aki);
    CHECK_IS(pv_ext_authority_key_id(guarded(EMPTY(0x30)), &aki), PV_OK);
    CHECK(aki.key_id.data == NULL && aki.issuer.data == NULL && aki.serial.data == NULL);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(id, names, serial)), &aki), PV_OK);
    CHECK(aki.key_id.len == 2 && aki.issuer.len == 4 && aki.serial.len == 1);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(names)), &aki), PV_OK);
    CHECK(aki.key_id.len == 0 && aki.issuer.len == 4);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(serial)), &aki), PV_OK);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(names, id)), &aki), PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(id, id)), &aki), PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(id, EMPTY(0xA1))), &aki), PV_R_DER_EMPTY);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(id, HEX("82020005"))), &aki), PV_R_DER_INTEGER);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(id, HEX("8200"))), &aki), PV_R_DER_INTEGER);
    CHECK_IS(pv_ext_authority_key_id(guarded(SEQ(HEX("8003AABB"))), &aki), PV_R_DER_TRUNCATED);
    CHECK_IS(pv_ext_authority_key_id(guarded(JOIN(SEQ(id), NUL())), &aki), PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_authority_key_id(guarded(HEX("0402AABB")), &aki), PV_R_DER_TAG);
}

TEST(extended_key_usage) {
    pv_span cursor, oid;
    CHECK_IS(pv_ext_eku_open(guarded(SEQ(OID("551D2500"), OID("5580"))), &cursor), PV_OK);
    CHECK_IS(pv_ext_eku_next(&cursor, &oid), PV_OK);
    CHECK(oid.len == 4);
    CHECK_IS(pv_ext_eku_next(&cursor, &oid), PV_R_DER_OID);
    CHECK(cursor.len == 4);
    CHECK_IS(pv_ext_eku_open(guarded(EMPTY(0x30)), &cursor), PV_R_DER_EMPTY);
    CHECK_IS(pv_ext_eku_open(guarded(JOIN(SEQ(OID("551D2500")), NUL())), &cursor), PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_eku_open(guarded(NUL()), &cursor), PV_R_DER_TAG);
}

/* --- GeneralNames --- */

#define SMTP "2B0601050507080 9"

static pv_span other_name(const char *oid, pv_span value) {
    return TLV(0xA0, OID(oid), TLV(0xA0, value));
}

TEST(general_names) {
    pv_span name = SEQ(SET(SEQ(OID("550403"), STR(0x0C, "a"))));
    struct {
        pv_span element;
        pv_reason want;
        unsigned form;
    } cases[] = {
        {STR(0x81, "a@b"), PV_OK, PV_NAME_EMAIL},
        {STR(0x82, "a.example"), PV_OK, PV_NAME_DNS},
        {EMPTY(0x82), PV_OK, PV_NAME_DNS},
        {STR(0x86, "http://a"), PV_OK, PV_NAME_URI},
        {TLV(0x87, HEX("7F000001")), PV_OK, PV_NAME_IP},
        {TLV(0x88, HEX("550403")), PV_OK, PV_NAME_REGISTERED_ID},
        {TLV(0xA4, name), PV_OK, PV_NAME_DIRECTORY},
        {TLV(0xA4, EMPTY(0x30)), PV_OK, PV_NAME_DIRECTORY},
        {TLV(0xA3, NUL()), PV_OK, PV_NAME_X400},
        {TLV(0xA5, NUL()), PV_OK, PV_NAME_EDI},
        {other_name("2A03", INT(5)), PV_OK, PV_NAME_OTHER},
        {other_name(SMTP, TLV(0x0C, HEX("C3A9"), text("@b.example"))), PV_OK, PV_NAME_OTHER},
        {other_name(SMTP, STR(0x16, "a@b.example")), PV_R_DER_STRING, 0},
        {other_name(SMTP, TLV(0x0C, HEX("C3"))), PV_R_DER_STRING, 0},
        {TLV(0xA0, OID("2A03")), PV_R_DER_TRUNCATED, 0},
        {TLV(0xA0, OID("2A03"), INT(5)), PV_R_DER_TAG, 0},
        {TLV(0xA0, OID("2A03"), EMPTY(0xA0)), PV_R_DER_TRUNCATED, 0},
        {TLV(0xA0, OID("2A03"), TLV(0xA0, NUL(), NUL())), PV_R_DER_TRAILING, 0},
        {TLV(0xA0, OID("2A03"), TLV(0xA0, NUL()), NUL()), PV_R_DER_TRAILING, 0},
        {TLV(0xA0, OID("80"), TLV(0xA0, NUL())), PV_R_DER_OID, 0},
        {TLV(0x81, HEX("61C3A9")), PV_R_DER_STRING, 0},
        {TLV(0x82, HEX("80")), PV_R_DER_STRING, 0},
        {TLV(0x86, HEX("FF")), PV_R_DER_STRING, 0},
        {TLV(0x88, HEX("5580")), PV_R_DER_OID, 0},
        {EMPTY(0x88), PV_R_DER_OID, 0},
        {TLV(0xA4, name, NUL()), PV_R_DER_TRAILING, 0},
        {TLV(0xA4, SEQ(EMPTY(0x31))), PV_R_DER_EMPTY, 0},
        {EMPTY(0xA4), PV_R_DER_TRUNCATED, 0},
        {TLV(0x84, name), PV_R_DER_TAG, 0}, /* a constructed form, written primitive */
        {STR(0xA2, "a.example"), PV_R_DER_TAG, 0},
        {STR(0x89, "a"), PV_R_DER_TAG, 0},
        {STR(0x16, "a.example"), PV_R_DER_TAG, 0},
        {HEX("8205"), PV_R_DER_TRUNCATED, 0},
        {HEX(""), PV_R_DER_TRUNCATED, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pv_general_name out;
        pv_span cursor = guarded(cases[i].element);
        GARBAGE(out);
        pv_reason got = pv_ext_general_name_next(&cursor, &out);
        CHECK_MSG(got == cases[i].want, "number %zu: %u", i, (unsigned)got);
        CHECK(cursor.len == (got == PV_OK ? 0 : cases[i].element.len));
        if (got == PV_OK) CHECK(out.form == cases[i].form && out.value.len == cases[i].element.len - 2);
    }
}

TEST(general_name_lists) {
    pv_span cursor;
    CHECK_IS(pv_ext_general_names_open(guarded(SEQ(STR(0x82, "a"))), &cursor), PV_OK);
    CHECK_IS(cursor.len, 3);
    CHECK_IS(pv_ext_general_names_open(guarded(EMPTY(0x30)), &cursor), PV_R_DER_EMPTY);
    CHECK_IS(pv_ext_general_names_open(guarded(JOIN(SEQ(STR(0x82, "a")), NUL())), &cursor),
             PV_R_DER_TRAILING);
    CHECK_IS(pv_ext_general_names_open(guarded(SET(STR(0x82, "a"))), &cursor), PV_R_DER_TAG);
}

TEST(smtp_utf8) {
    pv_span mailbox, type_id, value;
    pv_span good = guarded(JOIN(OID(SMTP), TLV(0xA0, STR(0x0C, "a@b"))));
    CHECK(pv_ext_is_smtp_utf8(good, &mailbox) && pv_span_equal(mailbox, text("a@b")));
    CHECK_IS(pv_ext_other_name(good, &type_id, &value), PV_OK);
    CHECK(type_id.len == 8 && value.len == 5);
    CHECK(!pv_ext_is_smtp_utf8(guarded(JOIN(OID("2A03"), TLV(0xA0, STR(0x0C, "a@b")))), &mailbox));
    CHECK(!pv_ext_is_smtp_utf8(guarded(JOIN(OID(SMTP), TLV(0xA0, STR(0x16, "a@b")))), &mailbox));
    CHECK(!pv_ext_is_smtp_utf8(guarded(JOIN(OID(SMTP), STR(0x0C, "a@b"))), &mailbox));
}
