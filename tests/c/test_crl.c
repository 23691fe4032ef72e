/* test_crl.c: CRLs. A good one is taken apart into its fields; each test puts one field of its own in, and
 * says which reason, which field and which byte must be named. Look-ups are made on CRLs of evidence.h's
 * lines. */
#define GRAPH_ROOM 0x80000
#include "crl.h"
#include "evidence.h"
#include "ext.h"
#include "harness.h"

/* The fields of a CRL, in their order. An empty one is left out. */
typedef struct fields {
    pv_span version, inner, issuer, this_update, next_update, entries, extensions, after_tbs, outer,
        signature;
    pv_span after_signature, after_all;
} fields;

static pv_span name(const char *characters) {
    return SEQ(SET(SEQ(OID("550403"), STR(0x0C, characters))));
}

static pv_span extension(const char *oid, pv_span value) {
    return SEQ(OID(oid), OCTETS(value));
}

static pv_span critical(const char *oid, pv_span value) {
    return SEQ(OID(oid), HEX("0101FF"), OCTETS(value));
}

static pv_span list(pv_span extensions) {
    return TLV(0xA0, SEQ(extensions));
}

#define NUMBER(value)     extension("551D14", value)
#define DELTA(value)      critical("551D1B", value)
#define IDP(...)          critical("551D1C", SEQ(__VA_ARGS__))
#define AKI               extension("551D23", HEX("30068004B1B2B3B4"))
#define UNKNOWN           extension("2B060104012A", NUL())
#define BAD_UNKNOWN       critical("2B060104012A", NUL())
#define REASON(hex)       extension("551D15", HEX(hex))
#define INVALID(value)    extension("551D18", value)
#define ISSUED(...)       critical("551D1D", SEQ(__VA_ARGS__))
#define DIRECTORY(cn)     TLV(0xA4, name(cn))
#define REVOKED_AT        STR(0x17, "260102030405Z")
#define WITH(serial, ...) SEQ(HEX(serial), REVOKED_AT, SEQ(__VA_ARGS__))
#define PLAIN(serial)     SEQ(HEX(serial), REVOKED_AT)

static fields good_fields(void) {
    fields f = {0};
    f.version = HEX("020101");
    f.inner = f.outer = SEQ(OID("2A8648CE3D040302"));
    f.issuer = name("The Issuer");
    f.this_update = STR(0x17, "260101000000Z");
    f.next_update = STR(0x18, "99991231235959Z");
    f.entries =
        SEQ(PLAIN("020111"), WITH("02020080", REASON("0A0101"), INVALID(STR(0x18, "20250101000000Z"))),
            WITH("020122", ISSUED(DIRECTORY("Other"))));
    f.extensions = list(JOIN(AKI, NUMBER(HEX("02020099")), DELTA(HEX("020107")), IDP(HEX("8401FF"))));
    f.signature = BITS(0, repeat(0x44, 70));
    return f;
}

static pv_span tbs_of(const fields *f) {
    return SEQ(f->version, f->inner, f->issuer, f->this_update, f->next_update, f->entries, f->extensions,
               f->after_tbs);
}

static pv_span build(const fields *f) {
    return JOIN(SEQ(tbs_of(f), f->outer, f->signature, f->after_signature), f->after_all);
}

/* --- Laws --- */

/* Whether every entry can be read again, and the counts are right. */
static int entries_are_sound(const pv_crl *c, pv_span der) {
    uint32_t num = 0, num_issuers = 0;
    pv_crl_entry e;
    for (pv_span cursor = pv_crl_entries(c); cursor.len > 0; num++) {
        if (pv_crl_entry_next(&cursor, &e) != PV_OK) return 0;
        if (!inside(der, e.serial) || !inside(der, e.issuer) || e.serial.len == 0) return 0;
        if (pv_crl_offset(c, e.at) < c->entries || e.reason == 7 || e.reason > 10) return 0;
        if (e.is_critical && c->unusable != PV_R_EVIDENCE_CRITICAL) return 0;
        num_issuers += e.issuer.len > 0;
    }
    return num == c->num_entries && num_issuers == c->num_entry_issuers;
}

/* Whether a view that a parse gave lies in its bytes, by every accessor. */
static int is_sound(const pv_crl *c, pv_span der) {
    pv_span spans[] = {pv_crl_tbs(c),       pv_crl_issuer(c), pv_crl_signature(c),   pv_crl_key_id(c),
                       pv_crl_idp_value(c), pv_crl_number(c), pv_crl_base_number(c), pv_crl_entries(c)};
    pv_idp idp;
    int sound = c->version >= 1 && c->version <= 2 && pv_crl_idp(c, &idp) == PV_OK;
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
        sound &= inside(der, spans[i]);
    sound &= spans[0].len > 0 && spans[1].len > 2 && (c->idp == 0) == (spans[4].data == NULL);
    sound &= (c->number == 0) == (spans[5].data == NULL) && (c->base_number == 0) == (spans[6].data == NULL);
    sound &=
        spans[5].len <= 20 && spans[6].len <= 20 && idp.only_user + idp.only_ca + idp.only_attribute <= 1;
    return sound && entries_are_sound(c, der) &&
           (c->unusable == PV_OK || c->unusable == PV_R_EVIDENCE_CRITICAL);
}

static int is_zero(const pv_crl *c) {
    static const pv_crl zero;
    return memcmp(c, &zero, sizeof(zero)) == 0;
}

/* Parses where every byte too far is seen; the laws of pv_crl_parse hold, whatever comes out. */
static pv_reason parse_laid(pv_crl *c, pv_fault *fault, pv_span der) {
    GARBAGE(*c);
    GARBAGE(*fault);
    pv_reason reason = pv_crl_parse(c, fault, der);
    int lawful = reason == fault->reason && reason != 0;
    if (reason == PV_OK)
        lawful &= is_sound(c, der) && fault->offset == 0 && fault->field == PV_FIELD_NONE;
    else
        lawful &= is_zero(c) && fault->offset <= der.len && fault->field != PV_FIELD_NONE;
    CHECK_MSG(lawful, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault->field,
              (unsigned)fault->offset);
    return reason;
}

static pv_crl parse_good(const fields *f) {
    pv_crl c;
    pv_fault fault;
    pv_reason reason = parse_laid(&c, &fault, guarded(build(f)));
    CHECK_MSG(reason == PV_OK, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault.field,
              (unsigned)fault.offset);
    return c;
}

/* Refused for this reason, in this field, at the byte where `at` begins. */
static void check_fault(int line, const fields *f, unsigned want, unsigned field, pv_span at) {
    pv_crl c;
    pv_fault fault;
    pv_span der = guarded(build(f));
    parse_laid(&c, &fault, der);
    CHECK_MSG(fault.reason == want && fault.field == field && fault.offset == where(der, at),
              "line %d: reason %u, not %u; field %u, not %u; offset %u, not %u", line, (unsigned)fault.reason,
              want, (unsigned)fault.field, field, (unsigned)fault.offset, (unsigned)where(der, at));
}

/* Puts `value` into a field of a good CRL; `at` is the element to be named. */
#define FAULT(member, value, at, reason, field_name)                                                         \
    do {                                                                                                     \
        fields f_ = good_fields();                                                                           \
        f_.member = value;                                                                                   \
        check_fault(__LINE__, &f_, PV_R_##reason, PV_FIELD_##field_name, at);                                \
    } while (0)

/* The same for a whole extension, of the CRL or of an entry: named is its extnValue. */
#define MALFORMED(oid, value, field_name)                                                                    \
    FAULT(extensions, list(JOIN(UNKNOWN, extension(oid, value))), OCTETS(value), EXTENSION_MALFORMED,        \
          field_name)
#define MALFORMED_ENTRY(oid, value, field_name)                                                              \
    FAULT(entries, SEQ(PLAIN("020111"), WITH("020101", UNKNOWN, extension(oid, value))), OCTETS(value),      \
          EXTENSION_MALFORMED, field_name)

/* --- Good ones --- */

TEST(every_field_of_a_good_one) {
    fields f = good_fields();
    pv_crl c = parse_good(&f);
    CHECK(c.version == 2 && c.sig_alg == PV_SIG_ECDSA_SHA256 && c.unusable == PV_OK && c.index == NULL);
    CHECK(c.this_update == 1767225600 && c.next_update == 253402300799 && c.flags == PV_CRL_NEXT_UPDATE);
    CHECK(c.num_entries == 3 && c.num_entry_issuers == 1 && c.memo == NULL && c.digest_len == 0);
    CHECK(pv_span_equal(pv_crl_tbs(&c), tbs_of(&f)) && pv_span_equal(pv_crl_issuer(&c), f.issuer));
    CHECK(pv_span_equal(pv_crl_signature(&c), repeat(0x44, 70)));
    CHECK(pv_span_equal(pv_crl_key_id(&c), HEX("B1B2B3B4")));
    CHECK(pv_span_equal(pv_crl_number(&c), HEX("99")) && pv_span_equal(pv_crl_base_number(&c), HEX("07")));
    CHECK(pv_span_equal(pv_crl_idp_value(&c), SEQ(HEX("8401FF"))));
    CHECK(c.der[c.aki] == 0x04 && c.der[c.idp] == 0x04 && c.der[c.number] == 0x04 &&
          c.der[c.base_number] == 0x04);
    CHECK(c.der[c.extensions] == 0x30 && c.der[c.entries] == 0x30 && c.der[c.signature] == 0x03);
    CHECK_IS(pv_crl_offset(&c, c.der + 5), 5);
    CHECK_IS(pv_crl_offset(&c, c.der + c.der_len), c.der_len);
    CHECK_IS(pv_crl_offset(&c, NULL), PV_NO_OFFSET);
    CHECK_IS(pv_crl_offset(&c, (const uint8_t *)&c), PV_NO_OFFSET);
}

TEST(every_field_of_an_entry) {
    fields f = good_fields();
    pv_crl c = parse_good(&f);
    pv_span cursor = pv_crl_entries(&c);
    pv_crl_entry e;
    CHECK_IS(pv_crl_entry_next(&cursor, &e), PV_OK);
    CHECK(e.at == pv_crl_entries(&c).data && pv_span_equal(e.serial, HEX("11")) && e.issuer.len == 0);
    CHECK(e.revoked_at == 1767323045 && !e.has_invalid_at && e.reason == PV_CRL_UNSPECIFIED &&
          !e.is_critical);
    CHECK_IS(pv_crl_entry_next(&cursor, &e), PV_OK);
    CHECK(pv_span_equal(e.serial, HEX("0080")) && e.reason == PV_CRL_KEY_COMPROMISE);
    CHECK(e.has_invalid_at == 1 && e.invalid_at == 1735689600);
    CHECK_IS(pv_crl_entry_next(&cursor, &e), PV_OK);
    CHECK(pv_span_equal(e.serial, HEX("22")) && pv_span_equal(e.issuer, DIRECTORY("Other")) &&
          cursor.len == 0);
    CHECK_IS(pv_crl_entry_next(&cursor, &e), PV_R_DER_TRUNCATED);
}

TEST(the_least_there_can_be) {
    fields f = good_fields();
    f.version = f.next_update = f.entries = f.extensions = HEX("");
    pv_crl c = parse_good(&f);
    pv_idp idp;
    CHECK(c.version == 1 && c.flags == PV_CRL_ODD_FORM && c.num_entries == 0 && c.entries == 0 &&
          c.extensions == 0);
    CHECK(pv_crl_number(&c).data == NULL && pv_crl_key_id(&c).data == NULL &&
          pv_crl_entries(&c).data == NULL);
    CHECK(pv_crl_idp(&c, &idp) == PV_OK && idp.reasons == PV_ALL_REASONS && !idp.point.has_point);
    CHECK(!idp.only_user && !idp.only_ca && !idp.only_attribute && !idp.indirect);
}

TEST(deviations_in_use_are_passed_on) {
    fields f = good_fields();
    f.entries = SEQ(HEX("")); /* an empty list of entries */
    pv_crl c = parse_good(&f);
    CHECK(c.num_entries == 0 && c.entries != 0);
    f.this_update = STR(0x18, "20260101000000Z"); /* GeneralizedTime before 2050 */
    f.entries =
        SEQ(PLAIN("0201FF"), PLAIN("020100"), SEQ(TLV(0x02, repeat(1, 300)), STR(0x18, "20260101000000Z")));
    c = parse_good(&f);
    CHECK(c.this_update == 1767225600 && c.num_entries == 3);
    f.inner = f.outer = SEQ(OID("2A864886F70D01010B")); /* RSA without NULL */
    CHECK_IS(parse_good(&f).sig_alg, PV_SIG_RSA_PKCS1_SHA256);
    f.inner = f.outer = SEQ(OID("2A03"));
    CHECK_IS(parse_good(&f).sig_alg, PV_SIG_UNKNOWN);
}

TEST(a_zeroed_view_has_nothing) {
    static const pv_crl zero;
    pv_crl_entry e;
    pv_budget left = {9, 9, 9, 9, 9};
    pv_crl_index index = {.num_buckets = 1};
    int found = 7;
    CHECK(pv_crl_tbs(&zero).data == NULL && pv_crl_issuer(&zero).data == NULL);
    CHECK(pv_crl_signature(&zero).data == NULL && pv_crl_entries(&zero).data == NULL);
    CHECK(pv_crl_key_id(&zero).data == NULL && pv_crl_idp_value(&zero).data == NULL);
    CHECK(pv_crl_number(&zero).data == NULL && pv_crl_base_number(&zero).data == NULL);
    CHECK_IS(pv_crl_find(&e, &found, &left, &zero, name("X"), HEX("01")), PV_R_EVIDENCE_UNREADABLE);
    CHECK_IS(found, 0);
    CHECK_IS(pv_crl_index_build(&index, &zero), PV_FAILED);
}

/* --- Faults --- */

TEST(field_faults) {
    pv_span sequel = good_fields().inner;
    FAULT(version, HEX("020100"), HEX("020100"), CRL_VERSION, VERSION);
    FAULT(version, HEX("020102"), HEX("020102"), CRL_VERSION, VERSION);
    FAULT(version, HEX("0201FF"), HEX("0201FF"), CRL_VERSION, VERSION);
    FAULT(version, HEX("02020101"), HEX("02020101"), CRL_VERSION, VERSION);
    FAULT(version, HEX("02020001"), HEX("02020001"), DER_INTEGER, VERSION);
    FAULT(version, HEX("0200"), HEX("0200300A"), DER_INTEGER, VERSION);
    FAULT(version, NUL(), JOIN(NUL(), sequel), DER_TAG, TBS_SIGNATURE);
    FAULT(inner, HEX("3006060180050000"), HEX("30060601"), DER_OID, TBS_SIGNATURE);
    FAULT(inner, SEQ(OID("2A8648CE3D040302"), NUL()), SEQ(OID("2A8648CE3D040302"), NUL()),
          ALGORITHM_PARAMETERS, TBS_SIGNATURE);
    FAULT(inner, SEQ(OID("2A8648CE3D040303")), sequel, CERT_ALGORITHM_MISMATCH, SIGNATURE_ALGORITHM);
    FAULT(outer, SET(OID("2A8648CE3D040302")), SET(OID("2A8648CE3D040302")), DER_TAG, SIGNATURE_ALGORITHM);
    FAULT(issuer, SEQ(EMPTY(0x31)), SEQ(EMPTY(0x31)), DER_EMPTY, ISSUER);
    FAULT(issuer, EMPTY(0x30), JOIN(EMPTY(0x30), good_fields().this_update), DER_EMPTY, ISSUER);
    FAULT(issuer, NUL(), JOIN(NUL(), good_fields().this_update), DER_TAG, ISSUER);
    FAULT(this_update, STR(0x17, "260230000000Z"), STR(0x17, "260230000000Z"), DER_TIME, THIS_UPDATE);
    FAULT(this_update, NUL(), JOIN(NUL(), good_fields().next_update), DER_TAG, THIS_UPDATE);
    FAULT(next_update, STR(0x17, "2602300000Z"), STR(0x17, "2602300000Z"), DER_TIME, NEXT_UPDATE);
    FAULT(next_update, STR(0x18, "20260101000000.5Z"), STR(0x18, "20260101000000.5Z"), DER_TIME, NEXT_UPDATE);
    FAULT(next_update, NUL(), JOIN(NUL(), good_fields().entries), DER_TRAILING, TBS_CERT_LIST);
    FAULT(after_tbs, NUL(), JOIN(NUL(), good_fields().outer), DER_TRAILING, TBS_CERT_LIST);
    FAULT(signature, BITS(3, HEX("40")), BITS(3, HEX("40")), DER_BIT_STRING, SIGNATURE);
    FAULT(signature, HEX("04020001"), HEX("04020001"), DER_TAG, SIGNATURE);
    FAULT(after_signature, HEX("0501FF"), HEX("0501FF"), DER_TRAILING, CERTIFICATE_LIST);
    FAULT(after_all, HEX("0502FEFF"), HEX("0502FEFF"), DER_TRAILING, CERTIFICATE_LIST);
}

TEST(entry_faults) {
    pv_span sequel = good_fields().extensions;
    FAULT(entries, SEQ(PLAIN("020111"), JOIN(NUL(), HEX("0500"))), HEX("05000500A0"), DER_TAG,
          REVOKED_CERTIFICATES);
    FAULT(entries, SEQ(PLAIN("02020001")), HEX("02020001"), DER_INTEGER, SERIAL_NUMBER);
    FAULT(entries, SEQ(PLAIN("0200")), JOIN(HEX("0200"), REVOKED_AT), DER_INTEGER, SERIAL_NUMBER);
    FAULT(entries, SEQ(PLAIN("0401AA")), HEX("0401AA"), DER_TAG, SERIAL_NUMBER);
    FAULT(entries, SEQ(EMPTY(0x30)), sequel, DER_TRUNCATED, SERIAL_NUMBER);
    FAULT(entries, SEQ(SEQ(INT(1))), sequel, DER_TRUNCATED, REVOKED_CERTIFICATES);
    FAULT(entries, SEQ(SEQ(INT(1), STR(0x17, "x"))), STR(0x17, "x"), DER_TIME, REVOKED_CERTIFICATES);
    FAULT(entries, SEQ(SEQ(INT(1), REVOKED_AT, NUL())), JOIN(NUL(), sequel), DER_TAG, EXTENSIONS);
    FAULT(entries, SEQ(SEQ(INT(1), REVOKED_AT, EMPTY(0x30))), JOIN(EMPTY(0x30), sequel), DER_EMPTY,
          EXTENSIONS);
    FAULT(entries, SEQ(SEQ(INT(1), REVOKED_AT, SEQ(UNKNOWN), NUL())), JOIN(NUL(), sequel), DER_TRAILING,
          REVOKED_CERTIFICATES);
    FAULT(entries, SEQ(WITH("020101", UNKNOWN, NUL())), JOIN(NUL(), sequel), DER_TAG, EXTENSIONS);
    FAULT(entries, SEQ(WITH("020101", REASON("0A0102"), UNKNOWN, REASON("0A0103"))), REASON("0A0103"),
          CERT_EXTENSION_REPEATED, REASON_CODE);
    FAULT(entries, SEQ(WITH("020101", UNKNOWN, REASON("0A0102"), BAD_UNKNOWN)), BAD_UNKNOWN,
          CERT_EXTENSION_REPEATED, UNKNOWN_EXTENSION);
    FAULT(version, HEX(""), SEQ(REASON("0A0101"), INVALID(STR(0x18, "20250101000000Z"))), CRL_VERSION,
          EXTENSIONS);
}

TEST(entry_extension_faults) {
    MALFORMED_ENTRY("551D15", HEX("0A0107"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("0A010B"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("0A0180"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("0A020001"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("0A00"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("020101"), REASON_CODE);
    MALFORMED_ENTRY("551D15", HEX("0A01010500"), REASON_CODE);
    MALFORMED_ENTRY("551D18", STR(0x17, "250101000000Z"), INVALIDITY_DATE);
    MALFORMED_ENTRY("551D18", STR(0x18, "20251301000000Z"), INVALIDITY_DATE);
    MALFORMED_ENTRY("551D18", JOIN(STR(0x18, "20251201000000Z"), NUL()), INVALIDITY_DATE);
    MALFORMED_ENTRY("551D1D", EMPTY(0x30), CERTIFICATE_ISSUER);
    MALFORMED_ENTRY("551D1D", DIRECTORY("X"), CERTIFICATE_ISSUER);
    MALFORMED_ENTRY("551D1D", SEQ(DIRECTORY("X"), HEX("8201FF")), CERTIFICATE_ISSUER);
    MALFORMED_ENTRY("551D1D", SEQ(DIRECTORY("X"), HEX("A40131")), CERTIFICATE_ISSUER);
}

TEST(extension_faults) {
    pv_span sequel = good_fields().outer;
    FAULT(extensions, TLV(0xA0, EMPTY(0x30)), JOIN(EMPTY(0x30), sequel), DER_EMPTY, EXTENSIONS);
    FAULT(extensions, EMPTY(0xA0), JOIN(sequel, good_fields().signature), DER_TRUNCATED, EXTENSIONS);
    FAULT(extensions, TLV(0xA0, SEQ(AKI), NUL()), JOIN(NUL(), sequel), DER_TRAILING, EXTENSIONS);
    FAULT(extensions, TLV(0xA0, AKI), HEX("0603551D23"), DER_TAG, EXTENSIONS);
    FAULT(extensions, list(JOIN(AKI, NUL())), JOIN(NUL(), sequel), DER_TAG, EXTENSIONS);
    FAULT(extensions, list(JOIN(NUMBER(INT(1)), AKI, NUMBER(INT(2)))), NUMBER(INT(2)),
          CERT_EXTENSION_REPEATED, CRL_NUMBER);
    FAULT(extensions, list(JOIN(UNKNOWN, AKI, BAD_UNKNOWN)), BAD_UNKNOWN, CERT_EXTENSION_REPEATED,
          UNKNOWN_EXTENSION);
    MALFORMED("551D14", HEX("0201FF"), CRL_NUMBER);
    MALFORMED("551D14", HEX("02020001"), CRL_NUMBER);
    MALFORMED("551D14", HEX("0201010500"), CRL_NUMBER);
    MALFORMED("551D14", TLV(0x02, repeat(1, 21)), CRL_NUMBER);
    MALFORMED("551D1B", HEX("0201FE"), DELTA_CRL_INDICATOR);
    MALFORMED("551D1B", TLV(0x02, JOIN(HEX("00"), repeat(0xFF, 21))), DELTA_CRL_INDICATOR);
    MALFORMED("551D23", HEX("3003800301"), AUTHORITY_KEY_ID);
    MALFORMED("551D12", EMPTY(0x30), ISSUER_ALT_NAME);
    MALFORMED("551D12", SEQ(HEX("8201FF")), ISSUER_ALT_NAME);
    MALFORMED("551D2E", EMPTY(0x30), FRESHEST_CRL);
    MALFORMED("551D2E", SEQ(SEQ(HEX("81020780"))), FRESHEST_CRL);
    MALFORMED("2B06010505070101", SEQ(SEQ(NUL())), AUTHORITY_INFO_ACCESS);
}

/* Extensions in a version 1 CRL, with nothing before them that has any. */
TEST(version_1_has_no_extensions) {
    fields f = good_fields();
    f.version = f.entries = HEX("");
    check_fault(__LINE__, &f, PV_R_CRL_VERSION, PV_FIELD_EXTENSIONS, f.extensions);
    f.extensions = HEX("");
    f.entries = SEQ(PLAIN("020111"));
    CHECK_IS(parse_good(&f).version, 1);
}

TEST(known_extensions_may_be_critical) {
    fields f = good_fields();
    pv_span place = SEQ(OID("2B0601050507 3002"), STR(0x86, "http://x/"));
    f.extensions = list(JOIN(critical("551D12", SEQ(STR(0x82, "a.example"))), critical("551D14", INT(0)),
                             critical("551D2E", SEQ(SEQ(TLV(0xA0, TLV(0xA0, STR(0x86, "http://x/"))))))));
    pv_crl c = parse_good(&f);
    CHECK(c.unusable == PV_OK && pv_crl_number(&c).data != NULL && pv_crl_number(&c).len == 0);
    f.extensions =
        list(JOIN(extension("551D1C", SEQ(HEX("8101FF"))), critical("2B06010505070101", SEQ(place))));
    CHECK_IS(parse_good(&f).unusable, PV_OK);
    f.extensions = list(JOIN(UNKNOWN, AKI));
    CHECK_IS(parse_good(&f).unusable, PV_OK);
}

TEST(what_is_critical_and_not_known) {
    fields f = good_fields();
    f.extensions = list(JOIN(AKI, BAD_UNKNOWN));
    CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
    f.extensions = list(critical("551D0F", HEX("03020106"))); /* known to certificates alone */
    CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
    f = good_fields();
    f.entries = SEQ(WITH("020101", BAD_UNKNOWN), PLAIN("020102"));
    CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
    f.entries = SEQ(WITH("020101", UNKNOWN), PLAIN("020102"));
    CHECK_IS(parse_good(&f).unusable, PV_OK);
    f.entries = SEQ(WITH("020101", ISSUED(STR(0x82, "x")))); /* names nobody by whom an issuer is known */
    CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
    f.entries = SEQ(WITH("020101", ISSUED(STR(0x82, "x"), DIRECTORY("X"))));
    CHECK_IS(parse_good(&f).unusable, PV_OK);
}

TEST(how_many_extensions) {
    fields f = good_fields();
    uint8_t many[65 * 8];
    for (uint8_t i = 0; i < 65; i++)
        memcpy(many + 8 * i, (uint8_t[]){0x30, 6, 6, 2, 0x2A, i, 4, 0}, 8);
    f.extensions = list((pv_span){many, 64 * 8});
    f.entries = SEQ(WITH("020101", (pv_span){many, 64 * 8}));
    CHECK_IS(parse_good(&f).num_entries, 1);
    f.entries = SEQ(WITH("020101", (pv_span){many, 65 * 8}));
    check_fault(__LINE__, &f, PV_R_CERT_TOO_MANY_EXTENSIONS, PV_FIELD_EXTENSIONS,
                (pv_span){many + 64 * 8, 8});
    f.entries = HEX("");
    f.extensions = list((pv_span){many, 65 * 8});
    check_fault(__LINE__, &f, PV_R_CERT_TOO_MANY_EXTENSIONS, PV_FIELD_EXTENSIONS,
                (pv_span){many + 64 * 8, 8});
}

/* --- Numbers, distribution points --- */

TEST(numbers) {
    static const struct {
        const char *a, *b;
        int order;
    } pairs[] = {
        {"", "", 0},        {"", "01", -1},           {"01", "", 1},  {"01", "02", -1}, {"FF", "01", 1},
        {"FF", "0100", -1}, {"010203", "010204", -1}, {"80", "80", 0}};
    fields f = good_fields();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        CHECK_IS(pv_crl_compare_numbers(HEX(pairs[i].a), HEX(pairs[i].b)), pairs[i].order);
    CHECK_IS(pv_crl_compare_numbers((pv_span){NULL, 0}, (pv_span){NULL, 0}), 0);
    f.extensions = list(NUMBER(TLV(0x02, JOIN(HEX("00"), repeat(0xFF, 20)))));
    pv_crl c = parse_good(&f);
    CHECK(pv_span_equal(pv_crl_number(&c), repeat(0xFF, 20)));
    f.extensions = list(NUMBER(TLV(0x02, repeat(0x7F, 20))));
    c = parse_good(&f);
    CHECK_IS(pv_crl_number(&c).len, 20);
}

static pv_idp idp_of(pv_span contents) {
    pv_idp idp;
    fields f = good_fields();
    f.extensions = list(IDP(contents));
    pv_crl c = parse_good(&f);
    CHECK_IS(pv_crl_idp(&c, &idp), PV_OK);
    return idp;
}

#define POINT TLV(0xA0, TLV(0xA0, STR(0x86, "http://a/"), DIRECTORY("P")))

TEST(idp_fields) {
    pv_idp idp = idp_of(JOIN(POINT, HEX("8101FF")));
    CHECK(idp.point.has_point &&
          pv_span_equal(idp.point.names, JOIN(STR(0x86, "http://a/"), DIRECTORY("P"))));
    CHECK(idp.only_user && !idp.only_ca && !idp.only_attribute && !idp.indirect &&
          idp.reasons == PV_ALL_REASONS);
    idp = idp_of(HEX("8201FF 8401FF"));
    CHECK(!idp.only_user && idp.only_ca && idp.indirect && !idp.point.has_point);
    idp = idp_of(HEX("8501FF"));
    CHECK(idp.only_attribute && !idp.only_user && !idp.only_ca && !idp.indirect);
    idp = idp_of(HEX("810100 8201FF 840100 850100")); /* FALSE that is written out */
    CHECK(!idp.only_user && idp.only_ca && !idp.indirect && !idp.only_attribute);
    pv_span rdn = JOIN(SEQ(OID("550403"), STR(0x0C, "x")), SEQ(OID("55040A"), STR(0x0C, "y")));
    idp = idp_of(TLV(0xA0, TLV(0xA1, rdn)));
    CHECK(idp.point.has_point && pv_span_equal(idp.point.relative, rdn) && idp.point.names.len == 0);
}

TEST(reason_flags) {
    CHECK_IS(idp_of(HEX("83020640")).reasons, 1u << 1);
    CHECK_IS(idp_of(HEX("83020780")).reasons, 0);
    CHECK_IS(idp_of(HEX("83030700 80") /* bit 8 */).reasons, 1u << 8);
    CHECK_IS(idp_of(HEX("8303007FFF")).reasons, PV_ALL_REASONS);
    CHECK_IS(idp_of(HEX("830400000080")).reasons, 0);
    CHECK_IS(idp_of(HEX("83020106")).reasons, 1u << 5 | 1u << 6);
    CHECK_IS(idp_of(HEX("830100")).reasons, 0);
}

TEST(idp_faults) {
    static const char *const bad[] = {"3000",               /* 5.2.5: never empty */
                                      "3006 8101FF 8201FF", /* two kinds */
                                      "3006 8101FF 8501FF",
                                      "3006 8201FF 8501FF",
                                      "3003 8101AA", /* no BOOLEAN of DER */
                                      "3002 8100",
                                      "3004 8102FFFF",
                                      "3006 8201FF 8101FF", /* out of order */
                                      "3003 A101FF",
                                      "3003 8601FF",
                                      "3003 830108", /* no BIT STRING */
                                      "3002 8300",
                                      "3004 83020101",
                                      "3002 A000", /* a CHOICE of nothing */
                                      "3004 A002A000",
                                      "3004 A002A100",
                                      "3004 A0020500",
                                      "3008 A006A0048202FFFE" /* a name that is no IA5String */,
                                      "300A A008A0028200A1028200" /* two choices */,
                                      "3006 A004A1023000" /* an attribute without a type */,
                                      "3003 8401FF 0500" /* a trailing element */};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        MALFORMED("551D1C", HEX(bad[i]), ISSUING_DISTRIBUTION_POINT);
    uint8_t attributes[17 * 9];
    for (uint8_t i = 0; i < 17; i++)
        memcpy(attributes + 9 * i, (uint8_t[]){0x30, 7, 6, 2, 0x2A, i, 0x0C, 1, 'x'}, 9);
    CHECK(idp_of(TLV(0xA0, TLV(0xA1, (pv_span){attributes, 16 * 9}))).point.relative.len == 16 * 9);
    MALFORMED("551D1C", SEQ(TLV(0xA0, TLV(0xA1, (pv_span){attributes, 17 * 9}))), ISSUING_DISTRIBUTION_POINT);
}

TEST(distribution_points) {
    pv_span cursor, both = SEQ(POINT, HEX("81020640"), TLV(0xA2, DIRECTORY("C")));
    pv_dist_point p;
    CHECK_IS(pv_dist_points_open(guarded(SEQ(both, SEQ(TLV(0xA2, DIRECTORY("D"))), SEQ(POINT))), &cursor),
             PV_OK);
    CHECK_IS(pv_dist_point_next(&cursor, &p), PV_OK);
    CHECK(p.point.has_point && p.reasons == 2 && pv_span_equal(p.crl_issuer, DIRECTORY("C")));
    CHECK_IS(pv_dist_point_next(&cursor, &p), PV_OK);
    CHECK(!p.point.has_point && p.reasons == PV_ALL_REASONS && pv_span_equal(p.crl_issuer, DIRECTORY("D")));
    CHECK_IS(pv_dist_point_next(&cursor, &p), PV_OK);
    CHECK(p.point.has_point && p.crl_issuer.len == 0 && cursor.len == 0);
    CHECK_IS(pv_dist_points_open(HEX("3000"), &cursor), PV_R_DER_EMPTY);
    CHECK_IS(pv_dist_points_open(HEX("30020500 0500"), &cursor), PV_R_DER_TRAILING);
}

TEST(distribution_point_faults) {
    static const struct {
        const char *hex;
        pv_reason want;
    } bad[] = {{"3000", PV_R_DER_EMPTY},         {"3004 81020640", PV_R_DER_EMPTY},
               {"3002 A200", PV_R_DER_EMPTY},    {"3004 A2020500", PV_R_DER_TAG},
               {"3002 A000", PV_R_DER_TAG},      {"3004 A002A000", PV_R_DER_EMPTY},
               {"3002 0500", PV_R_DER_TRAILING}, {"0500", PV_R_DER_TAG},
               {"3003 8203", PV_R_DER_TRUNCATED}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pv_dist_point p;
        pv_span cursor = guarded(HEX(bad[i].hex)), before = cursor;
        CHECK_MSG(pv_dist_point_next(&cursor, &p) == bad[i].want, "%s", bad[i].hex);
        CHECK(cursor.data == before.data && cursor.len == before.len);
    }
}

/* --- Mutations --- */

TEST(nothing_at_all) {
    pv_crl c;
    pv_fault fault;
    CHECK_IS(parse_laid(&c, &fault, (pv_span){NULL, 0}), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("30"))), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("3000"))), PV_R_DER_TRUNCATED);
    CHECK(fault.offset == 2 && fault.field == PV_FIELD_TBS_CERT_LIST);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("30023000"))), PV_R_DER_TRUNCATED);
    CHECK(fault.offset == 4 && fault.field == PV_FIELD_TBS_SIGNATURE);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("308000000000"))), PV_R_DER_LENGTH);
    CHECK_IS(parse_laid(&c, &fault, guarded(text("-----BEGIN X509 CRL-----"))), PV_R_DER_TAG);
}

TEST(every_truncation) {
    pv_crl c;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    guard g = guard_make(der.len);
    for (size_t len = 0; len < der.len; len++)
        CHECK_IS(parse_laid(&c, &fault, guard_lay(&g, (pv_span){der.data, len}, 1)), PV_R_DER_TRUNCATED);
}

/* Every other value of every byte, against the page at the end, or at the start. */
TEST(every_byte) {
    pv_crl c;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    guard g = guard_make(der.len);
    size_t num_good = 0;
    for (size_t i = 0; i < der.len; i++) {
        for (unsigned change = 1; change < 256; change++) {
            pv_span laid = guard_lay(&g, der, (change & 1) != 0);
            ((uint8_t *)(uintptr_t)laid.data)[i] ^= (uint8_t)change;
            num_good += parse_laid(&c, &fault, laid) == PV_OK;
        }
    }
    CHECK(num_good > 0 && num_good < der.len * 255);
}

/* --- Sizes --- */

/* Entries of 16 octets of serial number each, as many as fill `size` bytes. */
static pv_span entries_of_size(size_t size) {
    pv_span one = SEQ(TLV(0x02, repeat(0x11, 16)), REVOKED_AT);
    pv_span all = blank(size / one.len * one.len);
    for (size_t i = 0; i + one.len <= all.len; i += one.len)
        memcpy((uint8_t *)(uintptr_t)all.data + i, one.data, one.len);
    return SEQ(all);
}

TEST(seventeen_mebibytes) {
    fields f = good_fields();
    f.entries = entries_of_size(17u << 20);
    pv_crl c = parse_good(&f);
    CHECK(c.der_len > PV_MAX_DER && c.num_entries > 500000 && pv_crl_entries(&c).len > PV_MAX_DER);
    CHECK(pv_span_equal(pv_crl_tbs(&c), tbs_of(&f)) && pv_span_equal(pv_crl_number(&c), HEX("99")));
    CHECK(pv_crl_signature(&c).len == 70 && pv_crl_offset(&c, c.der + c.idp) > PV_MAX_DER);
}

/* What is no list of entries may not be longer than anywhere else. */
TEST(other_elements_stay_short) {
    fields f = good_fields();
    pv_span big = blank(PV_MAX_DER + 1);
    f.signature = BITS(0, big);
    check_fault(__LINE__, &f, PV_R_DER_LENGTH, PV_FIELD_SIGNATURE, f.signature);
    f = good_fields();
    f.entries = SEQ(WITH("020101", extension("2B060104012A", big)));
    check_fault(__LINE__, &f, PV_R_DER_LENGTH, PV_FIELD_REVOKED_CERTIFICATES,
                (pv_span){f.entries.data + 6, 64});
}

TEST(no_more_than_256_mebibytes) {
    static const uint8_t small[] = {0x30, 0x84, 0x10, 0x00, 0x00, 0x01};
    pv_crl c;
    pv_fault fault;
    GARBAGE(c);
    /* None of it is read: there is no such memory. */
    CHECK_IS(pv_crl_parse(&c, &fault, (pv_span){small, (size_t)PV_MAX_CRL + 1}), PV_R_EVIDENCE_TOO_LARGE);
    CHECK(is_zero(&c) && fault.offset == 0 && fault.field == PV_FIELD_CERTIFICATE_LIST);
    CHECK_IS(parse_laid(&c, &fault, guarded((pv_span){small, 6})), PV_R_DER_LENGTH);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("308410000000"))), PV_R_DER_TRUNCATED);
}

/* --- Look-ups --- */

static const pv_budget AMPLE = {0, 1000000, 1000000, 0, 0};

/* A CRL of a line, kept until the test ends. */
static pv_crl crl_of(const char *line) {
    static der_out o;
    pv_crl c;
    pv_fault fault;
    ev_crl(&o, line);
    pv_reason reason = parse_laid(&c, &fault, guarded((pv_span){o.data, o.len}));
    CHECK_MSG(reason == PV_OK, "%.60s: reason %u at %u", line, (unsigned)reason, (unsigned)fault.offset);
    return c;
}

/* An index with these many buckets (0: what suits); every array is exactly as long as it must be. */
static pv_crl_index *index_of(const pv_crl *c, uint32_t num_buckets, uint32_t seed) {
    pv_crl_index *index = (pv_crl_index *)(uintptr_t)blank(sizeof *index).data;
    index->num_buckets = num_buckets > 0 ? num_buckets : pv_crl_num_buckets(c);
    index->seed = seed;
    index->starts = (uint32_t *)(uintptr_t)guarded(repeat(0xA5, 4 * ((size_t)index->num_buckets + 1))).data;
    index->entries = (uint32_t *)(uintptr_t)guarded(repeat(0xA5, 4 * (size_t)c->num_entries)).data;
    index->issuers = (uint32_t *)(uintptr_t)guarded(repeat(0xA5, 4 * (size_t)c->num_entry_issuers)).data;
    CHECK_IS(pv_crl_index_build(index, c), PV_DONE);
    return index;
}

typedef struct answer {
    pv_reason reason;
    int found;
    uint32_t at; /* of the entry */
    uint8_t code;
    pv_budget left;
} answer;

static answer ask_with(const pv_crl *c, const char *issuer, const char *serial, pv_budget left) {
    answer a = {.left = left};
    pv_crl_entry e;
    GARBAGE(e);
    a.found = 7;
    a.reason = pv_crl_find(&e, &a.found, &a.left, c, name(issuer), HEX(serial));
    CHECK(a.found == 0 || (a.found == 1 && a.reason == PV_OK));
    if (a.found != 1) return a;
    a.at = pv_crl_offset(c, e.at);
    a.code = e.reason;
    CHECK(pv_span_equal(e.serial, HEX(serial)) && e.at[0] == 0x30);
    return a;
}

/* The answer without an index, which is also the one with an index, by any number of buckets. */
static answer ask(pv_crl *c, const char *issuer, const char *serial) {
    c->index = NULL;
    answer a = ask_with(c, issuer, serial, AMPLE);
    for (uint32_t buckets = 1; buckets <= 64; buckets *= 8) {
        c->index = index_of(c, buckets, buckets * 77);
        answer b = ask_with(c, issuer, serial, AMPLE);
        CHECK(a.reason == b.reason && a.found == b.found && a.at == b.at && a.code == b.code);
    }
    return a;
}

TEST(finding) {
    pv_crl c = crl_of("R e:05 e:0102,r4 e:85 e:0085");
    CHECK(ask(&c, "R", "05").found && ask(&c, "R", "0102").code == 4);
    CHECK(ask(&c, "r ", "05").found); /* names are folded */
    CHECK(!ask(&c, "R", "06").found && !ask(&c, "Q", "05").found && !ask(&c, "R", "0005").found);
    CHECK(ask(&c, "R", "85").at < ask(&c, "R", "0085").at); /* -123 is not 133 */
    c = crl_of("R");
    CHECK(!ask(&c, "R", "05").found);
    CHECK_IS(ask_with(&c, "R", "05", AMPLE).left.steps, AMPLE.steps);
}

TEST(whose_entry_it_is) {
    pv_crl c = crl_of("R idp:i e:01 e:02,iA e:03 e:04,iB e:05,iR e:06");
    static const char *const serials[] = {"01", "02", "03", "04", "05", "06"};
    static const char owners[] = "RAABRR";
    for (unsigned i = 0; i < 6; i++)
        for (const char *who = "RABC"; *who; who++) {
            char issuer[2] = {*who, 0};
            CHECK_MSG(ask(&c, issuer, serials[i]).found == (*who == owners[i]), "%s of %s", serials[i],
                      issuer);
        }
}

TEST(one_of_several_directory_names) {
    fields f = good_fields();
    f.entries = SEQ(WITH("020101", ISSUED(STR(0x82, "x"), DIRECTORY("A"), DIRECTORY("B"))), PLAIN("020102"));
    pv_crl c = parse_good(&f);
    CHECK(ask(&c, "A", "01").found && ask(&c, "B", "02").found && !ask(&c, "C", "01").found);
    CHECK(!ask(&c, "The Issuer", "02").found);
}

TEST(several_entries_of_one_certificate) {
    pv_crl c = crl_of("R base:1 e:01,r8 e:01,r1 e:01,r3 e:02,r8 e:02,r8 e:03,r8,iA e:03,r1,iR e:03,r4,iA");
    CHECK(ask(&c, "R", "01").code == PV_CRL_KEY_COMPROMISE);
    answer a = ask(&c, "R", "02");
    CHECK(a.found && a.code == PV_CRL_REMOVE_FROM_CRL);
    CHECK_IS(a.at, where((pv_span){c.der, c.der_len}, HEX("0201 02")) - 2);
    CHECK(ask(&c, "A", "03").code == 4 && ask(&c, "R", "03").code == 1);
}

static uint32_t draw(uint32_t below) {
    static uint64_t state = 0x9E3779B97F4A7C15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

#define MAX_DRAWN 120
typedef struct drawn {
    unsigned serial, code;
    char issuer; /* governing */
} drawn;

/* A random CRL: few serial numbers, so that many are doubled. `entries` gets what it says. */
static size_t draw_crl(char *line, size_t room, drawn *entries, unsigned num_serials) {
    static const unsigned codes[] = {0, 1, 4, 8, 8, 8};
    size_t num = draw(MAX_DRAWN + 1), len = (size_t)snprintf(line, room, "R base:1 idp:i");
    char issuer = 'R';
    for (size_t i = 0; i < num; i++) {
        int has_issuer = draw(8) == 0;
        if (has_issuer) issuer = "RABC"[draw(4)];
        entries[i] = (drawn){draw(num_serials), codes[draw(6)], issuer};
        len += (size_t)snprintf(line + len, room - len, " e:%02X", entries[i].serial);
        if (has_issuer) len += (size_t)snprintf(line + len, room - len, ",i%c", issuer);
        if (entries[i].code) len += (size_t)snprintf(line + len, room - len, ",r%u", entries[i].code);
    }
    return num;
}

/* What must be found: the position, or -1. */
static int expected(const drawn *entries, size_t num, char issuer, unsigned serial) {
    int first = -1;
    for (size_t i = 0; i < num; i++) {
        if (entries[i].serial != serial || entries[i].issuer != issuer) continue;
        if (entries[i].code != 8) return (int)i;
        if (first < 0) first = (int)i;
    }
    return first;
}

static uint32_t offset_of_entry(const pv_crl *c, int position) {
    pv_crl_entry e;
    pv_span cursor = pv_crl_entries(c);
    for (int i = 0; i <= position; i++)
        if (pv_crl_entry_next(&cursor, &e) != PV_OK) abort();
    return pv_crl_offset(c, e.at);
}

TEST(random_lists) {
    static char line[MAX_DRAWN * 16 + 40];
    for (unsigned round = 0; round < 60; round++) {
        drawn entries[MAX_DRAWN];
        unsigned num_serials = 1 + draw(40);
        size_t num = draw_crl(line, sizeof line, entries, num_serials);
        pv_crl c = crl_of(line);
        for (unsigned i = 0; i < 24; i++) {
            char serial[3], issuer[2] = {"RABCD"[draw(5)], 0};
            unsigned wanted = draw(num_serials + 1);
            snprintf(serial, sizeof serial, "%02X", wanted);
            int at = expected(entries, num, issuer[0], wanted);
            c.index = i % 2 ? index_of(&c, 0, draw(1000)) : NULL;
            answer a = ask_with(&c, issuer, serial, AMPLE);
            CHECK(a.reason == PV_OK && a.found == (at >= 0));
            if (at >= 0) CHECK_IS(a.at, offset_of_entry(&c, at));
        }
    }
}

/* --- Index --- */

TEST(buckets) {
    static const uint32_t pairs[][2] = {
        {0, 1}, {1, 1}, {4, 1}, {7, 1}, {8, 2}, {12, 4}, {16, 4}, {20, 8}, {13421772, 4194304}};
    pv_crl c = {.version = 2};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        c.num_entries = pairs[i][0];
        CHECK_IS(pv_crl_num_buckets(&c), pairs[i][1]);
    }
}

TEST(an_index_holds_each_entry_once_in_order) {
    pv_crl c = crl_of("R e:01 e:02,iA e:03 e:01 e:02 e:0404,iB e:05 e:06 e:07 e:08 e:01");
    pv_crl_index *index = index_of(&c, 4, 1);
    unsigned num = 0;
    CHECK(index->starts[0] == 0 && index->starts[4] == 11);
    for (uint32_t b = 0; b < 4; b++)
        for (uint32_t i = index->starts[b]; i < index->starts[b + 1]; i++, num++)
            CHECK(c.der[index->entries[i]] == 0x30 &&
                  (i == index->starts[b] || index->entries[i - 1] < index->entries[i]));
    CHECK(num == 11 && index->issuers[0] < index->issuers[1]);
}

TEST(an_index_that_cannot_be) {
    pv_crl c = crl_of("R e:01 e:02,iA e:03"), wrong = c;
    pv_crl_index *index = index_of(&c, 4, 1);
    index->num_buckets = 3;
    CHECK_IS(pv_crl_index_build(index, &c), PV_FAILED);
    index->num_buckets = 0;
    CHECK_IS(pv_crl_index_build(index, &c), PV_FAILED);
    index->num_buckets = 4;
    wrong.num_entries = 2; /* views that do not fit their DER are not written beyond their room */
    CHECK_IS(pv_crl_index_build(index, &wrong), PV_FAILED);
    wrong.num_entries = 4;
    CHECK_IS(pv_crl_index_build(index, &wrong), PV_FAILED);
    wrong.num_entries = 3;
    wrong.num_entry_issuers = 0;
    CHECK_IS(pv_crl_index_build(index, &wrong), PV_FAILED);
    static const pv_crl_index zero;
    c.index = &zero; /* as good as none */
    CHECK(ask_with(&c, "R", "01", AMPLE).found && ask_with(&c, "A", "03", AMPLE).found);
}

/* The seed and every byte of the serial number count. */
TEST(serials_spread) {
    static char line[300 * 14];
    size_t len = (size_t)snprintf(line, sizeof line, "R");
    for (unsigned i = 0; i < 256; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, " e:%02X0102%02X", 1 + i / 4, i & 3);
    pv_crl c = crl_of(line);
    for (uint32_t seed = 0; seed < 20; seed++) {
        pv_crl_index *index = index_of(&c, 0, seed * 0x01000193u);
        for (uint32_t b = 0; b < 64; b++)
            CHECK(index->starts[b + 1] - index->starts[b] < 20);
    }
}

/* --- Budgets --- */

/* What the look-up costs buys the same answer, and one less of anything does not. */
static pv_budget cost_of(const pv_crl *c, const char *issuer, const char *serial) {
    answer a = ask_with(c, issuer, serial, AMPLE);
    pv_budget cost = {0, AMPLE.steps - a.left.steps, AMPLE.names - a.left.names, 0, 0};
    answer b = ask_with(c, issuer, serial, cost);
    CHECK(b.reason == PV_OK && b.found == a.found && b.at == a.at && b.left.steps == 0 && b.left.names == 0);
    for (uint32_t steps = 0; steps < cost.steps; steps++)
        CHECK_IS(ask_with(c, issuer, serial, (pv_budget){0, steps, cost.names, 0, 0}).reason,
                 PV_R_BUDGET_STEPS);
    for (uint32_t names = 0; names < cost.names; names++)
        CHECK_IS(ask_with(c, issuer, serial, (pv_budget){0, cost.steps, names, 0, 0}).reason,
                 PV_R_BUDGET_NAMES);
    return cost;
}

static void cost_is(const pv_crl *c, const char *issuer, const char *serial, uint32_t steps, uint32_t names) {
    pv_budget cost = cost_of(c, issuer, serial);
    CHECK_MSG(cost.steps == steps && cost.names == names, "%s: %u steps, not %u; %u names, not %u", serial,
              (unsigned)cost.steps, (unsigned)steps, (unsigned)cost.names, (unsigned)names);
}

TEST(exactly_enough_without_an_index) {
    static char line[40 * 6 + 40];
    size_t len = (size_t)snprintf(line, sizeof line, "R");
    for (unsigned i = 0; i < 33; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, " e:%02X", i);
    pv_crl c = crl_of(line);
    cost_is(&c, "R", "00", 1, 1);
    cost_is(&c, "R", "0F", 1, 1); /* the 16th */
    cost_is(&c, "R", "10", 2, 1);
    cost_is(&c, "R", "20", 3, 1);
    cost_is(&c, "R", "55", 3, 0);
    cost_is(&c, "Q", "00", 3, 1);
    cost_is(&c, "A very long name, of 61 octets, so that it has to be paid for", "00", 3, 1 + (12 + 72) / 32);
}

/* All serial numbers the same: the dearest there can be, and still paid for. */
TEST(exactly_enough_with_an_index) {
    static char line[40 * 12 + 40];
    size_t len = (size_t)snprintf(line, sizeof line, "R");
    for (unsigned i = 0; i < 33; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, " e:05,r8");
    pv_crl c = crl_of(line);
    c.index = index_of(&c, 0, 5);
    cost_is(&c, "R", "05", 9, 1); /* all of them are removed: each is looked at */
    cost_is(&c, "Q", "05", 9, 1); /* and the name is compared once */
    c.index = NULL;
    cost_is(&c, "R", "05", 3, 1);
    c = crl_of("R e:05,iA e:05,iB e:05,iA e:05,iR e:05");
    c.index = index_of(&c, 0, 5);
    cost_is(&c, "R", "05", 1, 4);
    cost_is(&c, "Q", "05", 2, 4);
    c.index = NULL;
    cost_is(&c, "Q", "05", 1, 4);
}

/* Long serial numbers, and names that are walked, are paid for too. */
TEST(length_is_paid_for) {
    fields f = good_fields();
    static char serial[2 * 320 + 1];
    memset(serial, '1', 640);
    f.entries = SEQ(SEQ(TLV(0x02, repeat(0x11, 320)), REVOKED_AT));
    pv_crl c = parse_good(&f);
    cost_is(&c, "Q", serial, 1 + 345 / 64, 320 / 32 + 2); /* both names: 37 octets */
    c.index = index_of(&c, 0, 5);
    cost_is(&c, "Q", serial, 1 + 345 / 64, 2 * 320 / 32 + 2); /* hashed, and compared */
    pv_span names = JOIN(TLV(0x82, repeat('x', 640)), DIRECTORY("A"));
    f.entries = SEQ(WITH("020101", ISSUED(names)), PLAIN("020101"));
    c = parse_good(&f);
    cost_is(&c, "Q", "01", 1 + (uint32_t)names.len / 64 + 1, (uint32_t)names.len / 32 + 1);
}
