/* test_cert.c: whole certificates. A good one is taken apart into its fields; each test puts one field of its
 * own in, and says which reason, which field and which byte must be named. */
#include "cert.h"
#include "harness.h"
#include "name.h"

/* The fields of a certificate, in their order. An empty one is left out. */
typedef struct fields {
    pv_span version, serial, inner, issuer, not_before, not_after, after_times, subject, spki, issuer_uid;
    pv_span subject_uid, extensions, after_tbs, outer, signature, after_signature, after_all;
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
    return TLV(0xA3, SEQ(extensions));
}

#define KEY_USAGE   critical("551D0F", HEX("03020106"))
#define BASIC       critical("551D13", HEX("30060101FF020103"))
#define SKI         extension("551D0E", HEX("0404A1A2A3A4"))
#define AKI         extension("551D23", HEX("30068004B1B2B3B4"))
#define SAN         extension("551D11", SEQ(STR(0x82, "a.example"), STR(0x82, "b.example")))
#define CONSTRAINTS critical("551D1E", SEQ(TLV(0xA0, SEQ(STR(0x82, "example")))))
#define EKU         extension("551D25", SEQ(OID("2B06010505070301")))
#define POLICIES    extension("551D20", SEQ(SEQ(OID("551D2000"))))
#define UNKNOWN     extension("2B060104012A", NUL())

static fields good_fields(void) {
    fields f = {0};
    f.version = HEX("A003020102");
    f.serial = HEX("020411223344");
    f.inner = f.outer = SEQ(OID("2A8648CE3D040302"));
    f.issuer = name("The Issuer");
    f.not_before = STR(0x17, "260101000000Z");
    f.not_after = STR(0x18, "99991231235959Z");
    f.subject = name("The Subject");
    f.spki =
        SEQ(SEQ(OID("2A8648CE3D0201"), OID("2A8648CE3D030107")), BITS(0, JOIN(HEX("04"), repeat(0x33, 64))));
    f.extensions = list(JOIN(KEY_USAGE, BASIC, SKI, AKI, SAN, CONSTRAINTS, EKU, POLICIES));
    f.signature = BITS(0, repeat(0x44, 70));
    return f;
}

static pv_span tbs_of(const fields *f) {
    return SEQ(f->version, f->serial, f->inner, f->issuer, SEQ(f->not_before, f->not_after, f->after_times),
               f->subject, f->spki, f->issuer_uid, f->subject_uid, f->extensions, f->after_tbs);
}

static pv_span build(const fields *f) {
    return JOIN(SEQ(tbs_of(f), f->outer, f->signature, f->after_signature), f->after_all);
}

/* Whether a view that a parse gave lies in its bytes, by every accessor. */
static int is_sound(const pv_cert *c, pv_span der) {
    pv_span spans[] = {pv_cert_der(c),       pv_cert_tbs(c),       pv_cert_serial(c),
                       pv_cert_issuer(c),    pv_cert_subject(c),   pv_cert_spki(c),
                       pv_cert_san(c),       pv_cert_key_id(c),    pv_cert_authority_key_id(c),
                       pv_cert_eku(c),       pv_cert_signature(c), pv_cert_name_constraints(c),
                       pv_cert_extensions(c)};
    int sound = c->version >= 1 && c->version <= 3;
    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
        sound &= inside(der, spans[i]);
    for (unsigned i = 1; i < 6; i++)
        sound &= spans[i].len > 0;
    for (unsigned id = 0; id < 256; id++) {
        pv_span value = pv_cert_extension(c, (uint8_t)id);
        sound &= inside(der, value) && (value.data == NULL || (c->present & PV_EXT_BIT(id)) != 0);
    }
    pv_ext ext;
    pv_span cursor = spans[12];
    while (cursor.len > 0) {
        if (pv_ext_next(&cursor, &ext) != PV_OK) return 0;
        sound &= inside(der, ext.oid) && inside(der, ext.value);
    }
    return sound;
}

static int is_zero(const pv_cert *c) {
    static const pv_cert zero;
    return memcmp(c, &zero, sizeof(zero)) == 0;
}

/* Parses where every byte too far is seen; the laws of pv_cert_parse hold, whatever comes out. */
static pv_reason parse_laid(pv_cert *c, pv_fault *fault, pv_span der) {
    GARBAGE(*c);
    GARBAGE(*fault);
    pv_reason reason = pv_cert_parse(c, fault, der);
    int lawful = reason == fault->reason && reason != 0;
    if (reason == PV_OK)
        lawful &= is_sound(c, der) && fault->offset == 0 && fault->field == PV_FIELD_NONE;
    else
        lawful &= is_zero(c) && fault->offset <= der.len && fault->field != PV_FIELD_NONE;
    CHECK_MSG(lawful, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault->field,
              (unsigned)fault->offset);
    return reason;
}

static pv_cert parse_good(const fields *f) {
    pv_cert c;
    pv_fault fault;
    pv_reason reason = parse_laid(&c, &fault, guarded(build(f)));
    CHECK_MSG(reason == PV_OK, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault.field,
              (unsigned)fault.offset);
    return c;
}

/* Refused for this reason, in this field, at the byte where `at` begins. */
static void check_fault(int line, const fields *f, unsigned want, unsigned field, pv_span at) {
    pv_cert c;
    pv_fault fault;
    pv_span der = guarded(build(f));
    parse_laid(&c, &fault, der);
    CHECK_MSG(fault.reason == want && fault.field == field && fault.offset == where(der, at),
              "line %d: reason %u, not %u; field %u, not %u; offset %u, not %u", line, (unsigned)fault.reason,
              want, (unsigned)fault.field, field, (unsigned)fault.offset, (unsigned)where(der, at));
}

/* Puts `value` into a field of a good certificate; `at` is the element to be named. */
#define FAULT(member, value, at, reason, field_name)                                                         \
    do {                                                                                                     \
        fields f_ = good_fields();                                                                           \
        f_.member = value;                                                                                   \
        check_fault(__LINE__, &f_, PV_R_##reason, PV_FIELD_##field_name, at);                                \
    } while (0)

TEST(every_field_of_a_good_one) {
    fields f = good_fields();
    pv_cert c = parse_good(&f);
    CHECK(c.version == 3 && c.sig_alg == PV_SIG_ECDSA_SHA256 && c.deviations == 0);
    CHECK(c.key_alg == PV_KEY_P256 && c.key_bits == 256 && c.key_fault == PV_OK);
    CHECK(c.not_before == 1767225600 && c.not_after == 253402300799);
    CHECK(c.flags == PV_CERT_CA && c.path_len == 3 && c.key_usage == (PV_KU_KEY_CERT_SIGN | PV_KU_CRL_SIGN));
    CHECK(pv_span_equal(pv_cert_tbs(&c), tbs_of(&f)) && pv_span_equal(pv_cert_serial(&c), HEX("11223344")));
    CHECK(pv_span_equal(pv_cert_issuer(&c), f.issuer) && pv_span_equal(pv_cert_subject(&c), f.subject));
    CHECK(pv_span_equal(pv_cert_spki(&c), f.spki) && pv_span_equal(pv_cert_signature(&c), repeat(0x44, 70)));
    CHECK(pv_span_equal(pv_cert_key_id(&c), HEX("A1A2A3A4")));
    CHECK(pv_span_equal(pv_cert_authority_key_id(&c), HEX("B1B2B3B4")));
    CHECK(pv_span_equal(pv_cert_san(&c), SEQ(STR(0x82, "a.example"), STR(0x82, "b.example"))));
    CHECK(pv_span_equal(pv_cert_eku(&c), SEQ(OID("2B06010505070301"))));
    CHECK(pv_span_equal(pv_cert_name_constraints(&c), SEQ(TLV(0xA0, SEQ(STR(0x82, "example"))))));
    CHECK(pv_span_equal(pv_cert_extension(&c, PV_EXT_CERTIFICATE_POLICIES), SEQ(SEQ(OID("551D2000")))));
    CHECK(pv_cert_extension(&c, PV_EXT_POLICY_MAPPINGS).data == NULL);
    CHECK(c.critical == (PV_EXT_BIT(PV_EXT_KEY_USAGE) | PV_EXT_BIT(PV_EXT_BASIC_CONSTRAINTS) |
                         PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS)));
    CHECK(c.der[c.san] == 0x04 && c.der[c.aki] == 0x04 && c.der[c.extensions] == 0x30);
    CHECK(c.subject_hash != c.issuer_hash);
}

TEST(the_least_there_can_be) {
    fields f = good_fields();
    f.version = f.extensions = HEX("");
    pv_cert c = parse_good(&f);
    CHECK(c.version == 1 && c.deviations == 0 && c.present == 0 && c.path_len == PV_NO_PATH_LEN &&
          c.flags == 0);
    CHECK(pv_cert_san(&c).data == NULL && pv_cert_key_id(&c).data == NULL && pv_cert_eku(&c).data == NULL);
    CHECK(pv_cert_extensions(&c).data == NULL && pv_cert_authority_key_id(&c).data == NULL);
}

TEST(a_zeroed_view_has_nothing) {
    static const pv_cert zero;
    CHECK(pv_cert_serial(&zero).data == NULL && pv_cert_tbs(&zero).data == NULL);
    CHECK(pv_cert_subject(&zero).data == NULL && pv_cert_spki(&zero).data == NULL);
    CHECK(pv_cert_signature(&zero).data == NULL && pv_cert_extension(&zero, 1).data == NULL);
    CHECK_IS(pv_cert_offset(&zero, (const uint8_t *)"x"), PV_NO_OFFSET);
}

TEST(offsets) {
    fields f = good_fields();
    pv_cert c = parse_good(&f);
    CHECK_IS(pv_cert_offset(&c, c.der), 0);
    CHECK_IS(pv_cert_offset(&c, c.der + c.der_len), c.der_len);
    CHECK_IS(pv_cert_offset(&c, pv_cert_spki(&c).data), c.spki);
    CHECK_IS(pv_cert_offset(&c, NULL), PV_NO_OFFSET);
    CHECK_IS(pv_cert_offset(&c, (const uint8_t *)&c), PV_NO_OFFSET);
}

/* --- Faults --- */

TEST(version_faults) {
    pv_span four = TLV(0xA0, INT(3)), minus = HEX("A0030201FF"), two = TLV(0xA0, INT(2), NUL());
    FAULT(version, four, INT(3), CERT_VERSION, VERSION);
    FAULT(version, minus, HEX("0201FF"), DER_INTEGER, VERSION);
    FAULT(version, HEX("A00402020002"), HEX("02020002"), DER_INTEGER, VERSION);
    FAULT(version, two, HEX("050002041122"), DER_TRAILING, VERSION);
    FAULT(version, HEX("A000"), HEX("02041122"), DER_TRUNCATED, VERSION);
    FAULT(version, HEX("A0020500"), HEX("0500"), DER_TAG, VERSION);
    FAULT(version, HEX("A0840FFFFFFF"), HEX("A0840FFFFFFF"), DER_LENGTH, VERSION);
}

TEST(field_faults) {
    FAULT(serial, HEX("0200"), HEX("0200300A06"), DER_INTEGER, SERIAL_NUMBER);
    FAULT(serial, HEX("02020011"), HEX("02020011"), DER_INTEGER, SERIAL_NUMBER);
    FAULT(serial, NUL(), HEX("0500300A"), DER_TAG, SERIAL_NUMBER);
    FAULT(inner, HEX("3006060180050000"), HEX("30060601"), DER_OID, TBS_SIGNATURE);
    FAULT(inner, SEQ(OID("2A8648CE3D040302"), NUL()), SEQ(OID("2A8648CE3D040302"), NUL()),
          ALGORITHM_PARAMETERS, TBS_SIGNATURE);
    FAULT(inner, SEQ(OID("2A8648CE3D040303")), SEQ(OID("2A8648CE3D040302")), CERT_ALGORITHM_MISMATCH,
          SIGNATURE_ALGORITHM);
    FAULT(outer, SEQ(OID("2A8648CE3D040302"), NUL()), SEQ(OID("2A8648CE3D040302"), NUL()),
          CERT_ALGORITHM_MISMATCH, SIGNATURE_ALGORITHM);
    FAULT(outer, SET(OID("2A8648CE3D040302")), SET(OID("2A8648CE3D040302")), DER_TAG, SIGNATURE_ALGORITHM);
    FAULT(issuer, SEQ(EMPTY(0x31)), SEQ(EMPTY(0x31)), DER_EMPTY, ISSUER);
    FAULT(subject, SEQ(EMPTY(0x31)), SEQ(EMPTY(0x31)), DER_EMPTY, SUBJECT);
    FAULT(subject, NUL(), JOIN(NUL(), good_fields().spki), DER_TAG, SUBJECT);
    FAULT(not_before, STR(0x17, "260230000000Z"), STR(0x17, "260230000000Z"), DER_TIME, NOT_BEFORE);
    FAULT(not_after, STR(0x17, "260101000000"), STR(0x17, "260101000000"), DER_TIME, NOT_AFTER);
    FAULT(not_after, STR(0x0C, "260101000000Z"), STR(0x0C, "260101000000Z"), DER_TAG, NOT_AFTER);
    FAULT(not_after, HEX(""), good_fields().subject, DER_TRUNCATED, NOT_AFTER);
    FAULT(after_times, NUL(), JOIN(NUL(), good_fields().subject), DER_TRAILING, VALIDITY);
    FAULT(spki, SEQ(NUL()), SEQ(NUL()), DER_TAG, SUBJECT_PUBLIC_KEY);
    FAULT(issuer_uid, HEX("8101FF"), HEX("8101FF"), DER_BIT_STRING, UNIQUE_ID);
    FAULT(subject_uid, HEX("82020101"), HEX("82020101"), DER_BIT_STRING, UNIQUE_ID);
    FAULT(subject_uid, HEX("A203030100"), HEX("A203030100"), DER_TRAILING, TBS_CERTIFICATE);
    FAULT(after_tbs, NUL(), JOIN(NUL(), good_fields().outer), DER_TRAILING, TBS_CERTIFICATE);
    FAULT(signature, BITS(3, HEX("40")), BITS(3, HEX("40")), DER_BIT_STRING, SIGNATURE);
    FAULT(signature, HEX("03020801"), HEX("03020801"), DER_BIT_STRING, SIGNATURE);
    FAULT(after_signature, HEX("0501FF"), HEX("0501FF"), DER_TRAILING, CERTIFICATE);
    FAULT(after_all, HEX("0502FEFF"), HEX("0502FEFF"), DER_TRAILING, CERTIFICATE);
}

TEST(extension_faults) {
    pv_span bad_basic = extension("551D13", HEX("30030101F0")),
            bad_usage = extension("551D0F", HEX("03020107"));
    pv_span bad_ski = extension("551D0E", HEX("04020102 00")),
            bad_aki = extension("551D23", HEX("3003800301"));
    pv_span bad_flag = SEQ(OID("551D20"), HEX("010155"), OCTETS(NUL()));
    FAULT(extensions, list(JOIN(SKI, bad_basic)), OCTETS(HEX("30030101F0")), DER_BOOLEAN, BASIC_CONSTRAINTS);
    FAULT(extensions, list(JOIN(SKI, bad_usage)), OCTETS(HEX("03020107")), DER_BIT_STRING, KEY_USAGE);
    FAULT(extensions, list(bad_ski), OCTETS(HEX("0402010200")), DER_TRAILING, SUBJECT_KEY_ID);
    FAULT(extensions, list(bad_aki), OCTETS(HEX("3003800301")), DER_TRUNCATED, AUTHORITY_KEY_ID);
    FAULT(extensions, list(JOIN(SKI, bad_flag)), bad_flag, DER_BOOLEAN, EXTENSIONS);
    FAULT(extensions, list(JOIN(SKI, NUL())), JOIN(NUL(), good_fields().outer), DER_TAG, EXTENSIONS);
    FAULT(extensions, TLV(0xA3, SEQ(SKI), NUL()), JOIN(NUL(), good_fields().outer), DER_TRAILING, EXTENSIONS);
    FAULT(extensions, EMPTY(0xA3), JOIN(good_fields().outer, good_fields().signature), DER_TRUNCATED,
          EXTENSIONS);
    FAULT(extensions, TLV(0xA3, SKI), HEX("0603551D0E"), DER_TAG, EXTENSIONS);
}

/* The second of two; what is between differs in length, so that its offset is its own. */
static void check_repeated(const char *oid, pv_span value, unsigned field) {
    fields f = good_fields();
    pv_span second = critical(oid, value);
    f.extensions = list(JOIN(extension(oid, value), extension("2B060104012B", repeat(1, 20)), second));
    check_fault(__LINE__, &f, PV_R_CERT_EXTENSION_REPEATED, field, second);
}

TEST(each_extension_once) {
    check_repeated("551D0F", HEX("03020106"), PV_FIELD_KEY_USAGE);
    check_repeated("551D13", HEX("30030101FF"), PV_FIELD_BASIC_CONSTRAINTS);
    check_repeated("551D0E", HEX("0401AA"), PV_FIELD_SUBJECT_KEY_ID);
    check_repeated("551D23", EMPTY(0x30), PV_FIELD_AUTHORITY_KEY_ID);
    check_repeated("551D11", NUL(), PV_FIELD_SUBJECT_ALT_NAME);
    check_repeated("551D12", NUL(), PV_FIELD_ISSUER_ALT_NAME);
    check_repeated("551D1E", NUL(), PV_FIELD_NAME_CONSTRAINTS);
    check_repeated("551D1F", NUL(), PV_FIELD_CRL_DISTRIBUTION_POINTS);
    check_repeated("551D20", NUL(), PV_FIELD_CERTIFICATE_POLICIES);
    check_repeated("551D21", NUL(), PV_FIELD_POLICY_MAPPINGS);
    check_repeated("551D24", NUL(), PV_FIELD_POLICY_CONSTRAINTS);
    check_repeated("551D25", NUL(), PV_FIELD_EXTENDED_KEY_USAGE);
    check_repeated("551D2E", NUL(), PV_FIELD_FRESHEST_CRL);
    check_repeated("551D36", NUL(), PV_FIELD_INHIBIT_ANY_POLICY);
    check_repeated("551D09", NUL(), PV_FIELD_UNKNOWN_EXTENSION);
    check_repeated("2B06010505070101", NUL(), PV_FIELD_UNKNOWN_EXTENSION);
    check_repeated("2B0601050507300105", NUL(), PV_FIELD_UNKNOWN_EXTENSION);
    check_repeated("2B060104012A", NUL(), PV_FIELD_UNKNOWN_EXTENSION);
}

/* `num` unknown extensions; the one at `twin` has the OID of the first. */
static pv_span many_extensions(unsigned num, unsigned twin) {
    pv_span parts[80];
    for (unsigned i = 0; i < num; i++) {
        char oid[16];
        snprintf(oid, sizeof(oid), "2B06%02X", i == twin ? 0 : i);
        parts[i] = extension(oid, INT(i));
    }
    return list(join(parts, num));
}

TEST(many_extensions_all_different) {
    fields f = good_fields();
    f.extensions = many_extensions(PV_MAX_EXTENSIONS, 0);
    CHECK_IS(parse_good(&f).present, 0);
    for (unsigned twin = 1; twin < PV_MAX_EXTENSIONS; twin++) {
        f.extensions = many_extensions(PV_MAX_EXTENSIONS, twin);
        check_fault(__LINE__, &f, PV_R_CERT_EXTENSION_REPEATED, PV_FIELD_UNKNOWN_EXTENSION,
                    extension("2B0600", INT(twin)));
    }
    f.extensions = many_extensions(PV_MAX_EXTENSIONS + 1, 0);
    check_fault(__LINE__, &f, PV_R_CERT_TOO_MANY_EXTENSIONS, PV_FIELD_EXTENSIONS,
                extension("2B0640", INT(64)));
}

TEST(unknown_critical) {
    fields f = good_fields();
    f.extensions = list(JOIN(KEY_USAGE, critical("2B060104012A", NUL())));
    CHECK(parse_good(&f).critical == (PV_EXT_BIT(PV_EXT_UNKNOWN) | PV_EXT_BIT(PV_EXT_KEY_USAGE)));
    f.extensions = list(JOIN(KEY_USAGE, UNKNOWN));
    CHECK(parse_good(&f).critical == PV_EXT_BIT(PV_EXT_KEY_USAGE));
}

/* --- Deviations --- */

#define DEVIATION(member, value, want)                                                                       \
    do {                                                                                                     \
        fields f_ = good_fields();                                                                           \
        f_.member = value;                                                                                   \
        CHECK_IS(parse_good(&f_).deviations, want);                                                          \
    } while (0)

TEST(deviations) {
    DEVIATION(serial, HEX("0201FF"), PV_DEV_SERIAL_NEGATIVE);
    DEVIATION(serial, HEX("020100"), PV_DEV_SERIAL_ZERO);
    DEVIATION(serial, TLV(0x02, repeat(0x11, 20)), 0);
    DEVIATION(serial, TLV(0x02, repeat(0x11, 21)), PV_DEV_SERIAL_TOO_LONG);
    DEVIATION(serial, TLV(0x02, repeat(0x91, 21)), PV_DEV_SERIAL_TOO_LONG | PV_DEV_SERIAL_NEGATIVE);
    DEVIATION(version, HEX("A003020100"), PV_DEV_EXPLICIT_DEFAULT | PV_DEV_VERSION);
    DEVIATION(version, HEX("A003020101"), PV_DEV_VERSION);
    DEVIATION(version, HEX(""), PV_DEV_VERSION);
    DEVIATION(not_after, STR(0x18, "20491231235959Z"), PV_DEV_TIME_ENCODING);
    DEVIATION(not_before, STR(0x18, "20260101000000Z"), PV_DEV_TIME_ENCODING);
    DEVIATION(issuer_uid, HEX("810200AA"), PV_DEV_UNIQUE_ID);
    DEVIATION(subject_uid, HEX("820200AA"), PV_DEV_UNIQUE_ID);
    DEVIATION(extensions, TLV(0xA3, EMPTY(0x30)), PV_DEV_EMPTY_EXTENSIONS);
    DEVIATION(extensions, list(SEQ(OID("551D20"), HEX("010100"), OCTETS(NUL()))), PV_DEV_EXPLICIT_DEFAULT);
    DEVIATION(extensions, list(extension("551D13", HEX("3003010100"))), PV_DEV_EXPLICIT_DEFAULT);
    DEVIATION(extensions, list(extension("551D13", HEX("3003020100"))), PV_DEV_PATH_LEN_NOT_CA);
    DEVIATION(extensions, list(extension("551D0F", HEX("030100"))), PV_DEV_KEY_USAGE_EMPTY);
    DEVIATION(subject, SEQ(SET(SEQ(OID("550403"), STR(0x13, "a*")))), PV_DEV_DIRECTORY_STRING);
    fields f = good_fields();
    f.inner = f.outer = SEQ(OID("2A864886F70D01010B"));
    CHECK_IS(parse_good(&f).deviations, PV_DEV_KEY_PARAMETERS);
    f = good_fields();
    f.version = f.extensions = HEX("");
    f.issuer_uid = HEX("810100");
    CHECK_IS(parse_good(&f).deviations, PV_DEV_UNIQUE_ID | PV_DEV_VERSION);
}

TEST(a_bad_key_is_no_encoding_fault) {
    fields f = good_fields();
    f.spki = SEQ(SEQ(OID("2A8648CE3D0201"), OID("2A8648CE3D030107")), BITS(0, repeat(2, 33)));
    pv_cert c = parse_good(&f);
    CHECK(c.key_fault == PV_R_KEY_POINT && c.key_alg == PV_KEY_P256);
    f.spki = SEQ(SEQ(OID("2A03")), BITS(0, repeat(2, 33)));
    c = parse_good(&f);
    CHECK(c.key_fault == PV_R_ALGORITHM_UNKNOWN && c.key_alg == PV_KEY_UNKNOWN);
    f.inner = f.outer = SEQ(OID("2A03"), NUL());
    CHECK_IS(parse_good(&f).sig_alg, PV_SIG_UNKNOWN);
}

TEST(self_issued) {
    fields f = good_fields();
    f.subject = name("THE  issuer ");
    pv_cert c = parse_good(&f);
    CHECK((c.flags & PV_CERT_SELF_ISSUED) != 0 && c.subject_hash == c.issuer_hash);
    f.subject = f.issuer;
    CHECK((parse_good(&f).flags & PV_CERT_SELF_ISSUED) != 0);
    f.subject = name("The Issuer2");
    CHECK((parse_good(&f).flags & PV_CERT_SELF_ISSUED) == 0);
    f.subject = EMPTY(0x30);
    CHECK((parse_good(&f).flags & (PV_CERT_SELF_ISSUED | PV_CERT_EMPTY_NAME)) == PV_CERT_EMPTY_NAME);
    f.issuer = f.subject;
    CHECK((parse_good(&f).flags & (PV_CERT_SELF_ISSUED | PV_CERT_EMPTY_NAME)) == PV_CERT_EMPTY_NAME);
}

/* --- Sizes --- */

/* A certificate of about this size, by one long unknown extension. */
static pv_span of_size(size_t size) {
    fields f = good_fields();
    f.extensions = list(JOIN(extension("2B060104012A", blank(size)), SAN));
    return build(&f);
}

TEST(sizes) {
    static const size_t sizes[] = {100, 127, 128, 255, 256, 70000, 0xFFFF, 0x10000, 0xFFF000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pv_cert c;
        pv_fault fault;
        CHECK_IS(parse_laid(&c, &fault, guarded(of_size(sizes[i]))), PV_OK);
        CHECK(c.san > sizes[i] && pv_cert_san(&c).len == 24);
    }
}

TEST(sixteen_mebibytes) {
    pv_cert c;
    pv_fault fault;
    size_t extra = of_size(0xFFF000).len - 0xFFF000;
    pv_span most = guarded(of_size(PV_MAX_DER - extra));
    CHECK_IS(most.len, PV_MAX_DER);
    CHECK_IS(parse_laid(&c, &fault, most), PV_OK);
    CHECK_IS(parse_laid(&c, &fault, guarded(of_size(PV_MAX_DER - extra + 1))), PV_R_CERT_TOO_LARGE);
    CHECK(fault.offset == 0 && fault.field == PV_FIELD_CERTIFICATE);
}

TEST(nothing_at_all) {
    pv_cert c;
    pv_fault fault;
    CHECK_IS(parse_laid(&c, &fault, (pv_span){NULL, 0}), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("30"))), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("3000"))), PV_R_DER_TRUNCATED);
    CHECK(fault.offset == 2 && fault.field == PV_FIELD_TBS_CERTIFICATE);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("30023000"))), PV_R_DER_TRUNCATED);
    CHECK(fault.offset == 4 && fault.field == PV_FIELD_SERIAL_NUMBER);
    CHECK_IS(parse_laid(&c, &fault, guarded(HEX("308000000000"))), PV_R_DER_LENGTH);
    CHECK_IS(parse_laid(&c, &fault, guarded(text("-----BEGIN CERTIFICATE-----"))), PV_R_DER_TAG);
}

/* --- Mutations --- */

TEST(every_truncation) {
    pv_cert c;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    guard g = guard_make(der.len);
    for (size_t len = 0; len < der.len; len++) {
        pv_span cut = guard_lay(&g, (pv_span){der.data, len}, 1);
        CHECK_IS(parse_laid(&c, &fault, cut), PV_R_DER_TRUNCATED);
    }
}

/* Every other value of every byte, against the page at the end. What still parses differs only where it was
 * changed: the law is checked by parse_laid. */
TEST(every_byte) {
    pv_cert c;
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

/* Each element's length in turn is blown up, in forms that X.690 10.1 has and has not. */
TEST(every_length) {
    static const char *const lengths[] = {"80",         "FF",       "81FF",
                                          "82FFFF",     "83FFFFFF", "84FFFFFFFF",
                                          "8401000000", "8400FFFF", "88FFFFFFFFFFFFFFFF",
                                          "8100",       "820001"};
    pv_cert c;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    for (size_t i = 0; i + 1 < der.len; i++) {
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            pv_span head = {der.data, i + 1}, tail = {der.data + i + 2, der.len - i - 2};
            guard g = guard_make(der.len + 16);
            pv_span laid = guard_lay(&g, JOIN(head, HEX(lengths[j]), tail), 1);
            CHECK(parse_laid(&c, &fault, laid) != PV_OK || i > 0);
        }
    }
}
