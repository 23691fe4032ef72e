/* test_ocsp.c: OCSP responses. A good one is taken apart into its fields; each test puts one field of its own
 * in, and says which reason, which field and which byte must be named. */
#include "evidence.h"
#include "harness.h"
#include "ocsp.h"

/* The fields of a response, from the outside in, and those of its only answer. An empty one is left out. */
typedef struct fields {
    pv_span status, type, after_response, after_bytes, after_all;                   /* OCSPResponse */
    pv_span algorithm, signature, certs, after_basic, behind_basic;                 /* BasicOCSPResponse */
    pv_span version, responder, produced_at, more, extensions, after_data;          /* ResponseData */
    pv_span digest, name_hash, key_hash, serial, after_id;                          /* CertID */
    pv_span cert_status, this_update, next_update, single_extensions, after_single; /* SingleResponse */
} fields;

#define NOW        STR(0x18, "20260101000000Z")
#define LATER      STR(0x18, "20260108000000Z")
#define SHA1       SEQ(OID("2B0E03021A"), NUL())
#define SHA256     SEQ(OID("608648016503040201"))
#define SHA384     SEQ(OID("608648016503040202"), NUL())
#define SHA512     SEQ(OID("608648016503040203"))
#define BASIC      OID("2B0601050507300101")
#define NONCE(len) extension("2B0601050507300102", OCTETS(repeat(0x77, len)))
#define GOOD       HEX("8000")
#define UNKNOWN    extension("2B060104012A", NUL())
#define BAD        critical("2B060104012A", NUL())

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
    return TLV(0xA1, SEQ(extensions));
}

static fields good_fields(void) {
    fields f = {0};
    f.status = HEX("0A0100");
    f.type = BASIC;
    f.algorithm = SEQ(OID("2A8648CE3D040302"));
    f.signature = BITS(0, repeat(0x44, 70));
    f.certs = TLV(0xA0, SEQ(SEQ(INT(1)), SEQ(INT(2))));
    f.responder = TLV(0xA1, name("The Responder"));
    f.produced_at = NOW;
    f.extensions = list(JOIN(NONCE(16), UNKNOWN));
    f.digest = SHA1;
    f.name_hash = OCTETS(repeat(0xAA, 20));
    f.key_hash = OCTETS(repeat(0xBB, 20));
    f.serial = HEX("02020080");
    f.cert_status = TLV(0xA1, STR(0x18, "20250601000000Z"), HEX("A0030A0101"));
    f.this_update = STR(0x18, "20251231000000Z");
    f.next_update = TLV(0xA0, LATER);
    f.single_extensions = list(UNKNOWN);
    return f;
}

static pv_span single_of(const fields *f) {
    return SEQ(SEQ(f->digest, f->name_hash, f->key_hash, f->serial, f->after_id), f->cert_status,
               f->this_update, f->next_update, f->single_extensions, f->after_single);
}

static pv_span data_of(const fields *f) {
    return SEQ(f->version, f->responder, f->produced_at, SEQ(single_of(f), f->more), f->extensions,
               f->after_data);
}

static pv_span wrapped(const fields *f, pv_span basic) {
    return JOIN(SEQ(f->status, TLV(0xA0, SEQ(f->type, OCTETS(basic), f->after_response)), f->after_bytes),
                f->after_all);
}

static pv_span build(const fields *f) {
    pv_span basic = SEQ(data_of(f), f->algorithm, f->signature, f->certs, f->after_basic);
    return wrapped(f, JOIN(basic, f->behind_basic));
}

/* --- Laws --- */

static int singles_are_sound(const pv_ocsp *o, pv_span der) {
    uint32_t num = 0;
    pv_ocsp_single s;
    for (pv_span cursor = pv_ocsp_singles(o); cursor.len > 0; num++) {
        if (pv_ocsp_single_next(&cursor, &s) != PV_OK) return 0;
        if (!inside(der, s.name_hash) || !inside(der, s.key_hash) || !inside(der, s.serial)) return 0;
        if (s.serial.len == 0 || s.status > PV_OCSP_UNKNOWN || s.reason == 7 || s.reason > 10) return 0;
        if (s.digest_alg > PV_DIGEST_SHA512 || s.at[0] != 0x30) return 0;
    }
    return num == o->num_responses && num > 0;
}

static int is_sound(const pv_ocsp *o, pv_span der) {
    int by_key = 7;
    uint32_t num = 0;
    pv_span cert, certs = pv_ocsp_certs(o), responder = pv_ocsp_responder(o, &by_key);
    if (o->status != 0)
        return o->unusable == PV_R_OCSP_UNSUCCESSFUL && o->tbs == 0 && o->responses == 0 && by_key == 0 &&
               responder.data == NULL && certs.data == NULL && pv_ocsp_tbs(o).data == NULL;
    int sound = o->unusable == PV_OK || o->unusable == PV_R_EVIDENCE_CRITICAL;
    sound &= inside(der, pv_ocsp_tbs(o)) && pv_ocsp_tbs(o).len > 0 && inside(der, pv_ocsp_signature(o));
    sound &=
        inside(der, responder) && (by_key ? responder.len == 20 : responder.len >= 2) && inside(der, certs);
    for (; certs.len > 0; num++)
        if (pv_ocsp_cert_next(&certs, &cert) != PV_OK || !inside(der, cert) || cert.len < 2) return 0;
    return sound && num <= PV_MAX_OCSP_CERTS && singles_are_sound(o, der);
}

static int is_zero(const pv_ocsp *o) {
    static const pv_ocsp zero;
    return memcmp(o, &zero, sizeof(zero)) == 0;
}

/* Parses where every byte too far is seen; the laws of pv_ocsp_parse hold, whatever comes out. */
static pv_reason parse_laid(pv_ocsp *o, pv_fault *fault, pv_span der) {
    GARBAGE(*o);
    GARBAGE(*fault);
    pv_reason reason = pv_ocsp_parse(o, fault, der);
    int lawful = reason == fault->reason && reason != 0;
    if (reason == PV_OK)
        lawful &=
            o->is_response == 1 && is_sound(o, der) && fault->offset == 0 && fault->field == PV_FIELD_NONE;
    else
        lawful &= is_zero(o) && fault->offset <= der.len && fault->field != PV_FIELD_NONE;
    CHECK_MSG(lawful, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault->field,
              (unsigned)fault->offset);
    return reason;
}

static pv_ocsp parse_good(const fields *f) {
    pv_ocsp o;
    pv_fault fault;
    pv_reason reason = parse_laid(&o, &fault, guarded(build(f)));
    CHECK_MSG(reason == PV_OK, "reason %u, field %u, offset %u", (unsigned)reason, (unsigned)fault.field,
              (unsigned)fault.offset);
    return o;
}

static pv_ocsp_single single_good(const fields *f) {
    pv_ocsp o = parse_good(f);
    pv_span cursor = pv_ocsp_singles(&o);
    pv_ocsp_single s;
    GARBAGE(s);
    CHECK_IS(pv_ocsp_single_next(&cursor, &s), PV_OK);
    return s;
}

/* Refused for this reason, in this field, at the byte where `at` begins. */
static void check_der(int line, pv_span bytes, unsigned want, unsigned field, pv_span at) {
    pv_ocsp o;
    pv_fault fault;
    pv_span der = guarded(bytes);
    parse_laid(&o, &fault, der);
    CHECK_MSG(fault.reason == want && fault.field == field && fault.offset == where(der, at),
              "line %d: reason %u, not %u; field %u, not %u; offset %u, not %u", line, (unsigned)fault.reason,
              want, (unsigned)fault.field, field, (unsigned)fault.offset, (unsigned)where(der, at));
}

/* Puts `value` into a field of a good response; `at` is the element to be named. */
#define FAULT(member, value, at, reason, field_name)                                                         \
    do {                                                                                                     \
        fields f_ = good_fields();                                                                           \
        f_.member = value;                                                                                   \
        check_der(__LINE__, build(&f_), PV_R_##reason, PV_FIELD_##field_name, at);                           \
    } while (0)

/* --- Good ones --- */

TEST(every_field_of_a_good_one) {
    fields f = good_fields();
    pv_ocsp o = parse_good(&f);
    int by_key = 7;
    pv_span cert, certs = pv_ocsp_certs(&o);
    CHECK(o.status == 0 && o.sig_alg == PV_SIG_ECDSA_SHA256 && o.unusable == PV_OK && o.num_responses == 1);
    CHECK(o.produced_at == 1767225600 && o.memo == NULL);
    CHECK(pv_span_equal(pv_ocsp_tbs(&o), data_of(&f)) && o.der[o.tbs] == 0x30);
    CHECK(pv_span_equal(pv_ocsp_signature(&o), repeat(0x44, 70)));
    CHECK(pv_span_equal(pv_ocsp_responder(&o, &by_key), name("The Responder")) && by_key == 0);
    CHECK(o.der[o.responder] == 0xA1 && o.der[o.responses] == 0x30 && o.der[o.certs] == 0x30);
    CHECK(pv_ocsp_cert_next(&certs, &cert) == PV_OK && pv_span_equal(cert, SEQ(INT(1))));
    CHECK(pv_ocsp_cert_next(&certs, &cert) == PV_OK && pv_span_equal(cert, SEQ(INT(2))) && certs.len == 0);
    CHECK_IS(pv_ocsp_cert_next(&certs, &cert), PV_R_DER_TRUNCATED);
    CHECK_IS(pv_ocsp_offset(&o, o.der + o.der_len), o.der_len);
    CHECK_IS(pv_ocsp_offset(&o, NULL), PV_NO_OFFSET);
    CHECK_IS(pv_ocsp_offset(&o, (const uint8_t *)&o), PV_NO_OFFSET);
}

TEST(every_field_of_an_answer) {
    fields f = good_fields();
    pv_ocsp_single s = single_good(&f);
    CHECK(s.status == PV_OCSP_REVOKED && s.reason == 1 && s.revoked_at == 1748736000 && !s.is_critical);
    CHECK(s.this_update == 1767139200 && s.next_update == 1767830400 && s.has_next_update == 1);
    CHECK(s.digest_alg == PV_DIGEST_SHA1 && pv_span_equal(s.name_hash, repeat(0xAA, 20)));
    CHECK(pv_span_equal(s.key_hash, repeat(0xBB, 20)) && pv_span_equal(s.serial, HEX("0080")));
}

TEST(the_least_there_can_be) {
    fields f = good_fields();
    int by_key = 0;
    f.certs = f.extensions = f.next_update = f.single_extensions = HEX("");
    f.cert_status = GOOD;
    f.responder = TLV(0xA2, OCTETS(repeat(0xCC, 20)));
    pv_ocsp o = parse_good(&f);
    CHECK(pv_ocsp_certs(&o).data == NULL && o.certs == 0);
    CHECK(pv_span_equal(pv_ocsp_responder(&o, &by_key), repeat(0xCC, 20)) && by_key == 1);
    pv_ocsp_single s = single_good(&f);
    CHECK(s.status == PV_OCSP_GOOD && !s.has_next_update && s.next_update == 0 && s.revoked_at == 0);
}

TEST(statuses) {
    fields f = good_fields();
    f.cert_status = HEX("8200");
    CHECK_IS(single_good(&f).status, PV_OCSP_UNKNOWN);
    f.cert_status = TLV(0xA1, NOW);
    pv_ocsp_single s = single_good(&f);
    CHECK(s.status == PV_OCSP_REVOKED && s.reason == 0 && s.revoked_at == 1767225600);
    for (uint8_t code = 0; code < 12; code++) {
        f.cert_status = TLV(0xA1, NOW, TLV(0xA0, TLV(0x0A, ((pv_span){&code, 1}))));
        if (code != 7 && code < 11)
            CHECK_IS(single_good(&f).reason, code);
        else
            check_der(__LINE__, build(&f), PV_R_DER_INTEGER, PV_FIELD_CERT_STATUS,
                      JOIN(HEX("0A01"), (pv_span){&code, 1}));
    }
}

TEST(digests) {
    static const size_t lengths[] = {20, 32, 48, 64};
    fields f = good_fields();
    pv_span algorithms[] = {SHA1, SHA256, SHA384, SHA512};
    for (uint8_t i = 0; i < 4; i++) {
        f.digest = algorithms[i];
        f.name_hash = OCTETS(repeat(0xAA, lengths[i]));
        f.key_hash = OCTETS(repeat(0xBB, lengths[i]));
        CHECK_IS(single_good(&f).digest_alg, i + 1);
        f.key_hash = OCTETS(repeat(0xBB, lengths[i] - 1));
        check_der(__LINE__, build(&f), PV_R_DER_STRING, PV_FIELD_SINGLE_RESPONSE, f.key_hash);
        f.name_hash = OCTETS(repeat(0xAA, lengths[i] + 1));
        check_der(__LINE__, build(&f), PV_R_DER_STRING, PV_FIELD_SINGLE_RESPONSE, f.name_hash);
    }
    f.digest = SEQ(OID("2A03"), SEQ(INT(1))); /* one that is not known: passed on as such */
    pv_ocsp_single s = single_good(&f);
    CHECK(s.digest_alg == PV_DIGEST_NONE && s.name_hash.len == 65 && s.key_hash.len == 63);
}

TEST(deviations_in_use_are_passed_on) {
    fields f = good_fields();
    f.version = HEX("A003020100");
    f.certs = TLV(0xA0, EMPTY(0x30));
    f.algorithm = SEQ(OID("2A864886F70D01010B"));
    pv_ocsp o = parse_good(&f);
    CHECK(o.sig_alg == PV_SIG_RSA_PKCS1_SHA256 && o.certs != 0 && pv_ocsp_certs(&o).len == 0);
}

TEST(several_answers) {
    static der_out d;
    pv_ocsp o;
    pv_fault fault;
    pv_ocsp_single s;
    ev_ocsp(&d, "key good:05 revoked:0606,r1,n unknown:07,2,c nonce certs:3");
    CHECK_IS(parse_laid(&o, &fault, guarded((pv_span){d.data, d.len})), PV_OK);
    CHECK(o.num_responses == 3 && o.unusable == PV_OK);
    pv_span cursor = pv_ocsp_singles(&o);
    CHECK(pv_ocsp_single_next(&cursor, &s) == PV_OK && s.status == PV_OCSP_GOOD && s.has_next_update);
    CHECK(pv_ocsp_single_next(&cursor, &s) == PV_OK && s.status == PV_OCSP_REVOKED && s.reason == 1);
    CHECK(!s.has_next_update && pv_span_equal(s.serial, HEX("0606")));
    CHECK(pv_ocsp_single_next(&cursor, &s) == PV_OK && s.status == PV_OCSP_UNKNOWN && s.is_critical);
    CHECK(s.digest_alg == PV_DIGEST_SHA256 && cursor.len == 0);
    GARBAGE(s);
    CHECK_IS(pv_ocsp_single_next(&cursor, &s), PV_R_DER_TRUNCATED);
    CHECK(s.serial.data == NULL && s.at == NULL);
}

TEST(a_zeroed_view_has_nothing) {
    static const pv_ocsp zero;
    int by_key = 7;
    CHECK(pv_ocsp_tbs(&zero).data == NULL && pv_ocsp_signature(&zero).data == NULL);
    CHECK(pv_ocsp_certs(&zero).data == NULL && pv_ocsp_singles(&zero).data == NULL);
    CHECK(pv_ocsp_responder(&zero, &by_key).data == NULL && by_key == 0);
}

/* --- The outside --- */

TEST(unsuccessful) {
    pv_ocsp o;
    pv_fault fault;
    for (uint8_t status = 1; status < 8; status++) {
        pv_span code = TLV(0x0A, ((pv_span){&status, 1}));
        if (status == 4 || status == 7) {
            check_der(__LINE__, SEQ(code), PV_R_DER_INTEGER, PV_FIELD_OCSP_RESPONSE, code);
            continue;
        }
        CHECK_IS(parse_laid(&o, &fault, guarded(SEQ(code))), PV_OK);
        CHECK(o.unusable == PV_R_OCSP_UNSUCCESSFUL && o.status == status && o.num_responses == 0);
        fields f = good_fields(); /* 4.2.1: with an error there are no bytes */
        f.status = code;
        pv_span der = build(&f);
        check_der(__LINE__, der, PV_R_DER_TRAILING, PV_FIELD_OCSP_RESPONSE,
                  (pv_span){der.data + where(der, code) + 3, 64});
    }
    CHECK_IS(parse_laid(&o, &fault, guarded(SEQ(HEX("0A0100")))), PV_R_DER_TRUNCATED);
    CHECK(fault.offset == 5 && fault.field == PV_FIELD_OCSP_RESPONSE);
}

TEST(outer_faults) {
    fields g = good_fields();
    FAULT(status, HEX("020100"), HEX("020100"), DER_TAG, OCSP_RESPONSE);
    FAULT(status, HEX("0A020000"), HEX("0A020000"), DER_INTEGER, OCSP_RESPONSE);
    FAULT(status, HEX("0A0180"), HEX("0A0180"), DER_INTEGER, OCSP_RESPONSE);
    FAULT(status, HEX("0A00"), HEX("0A00"), DER_INTEGER, OCSP_RESPONSE);
    FAULT(type, OID("2B0601050507300102"), OID("2B0601050507300102"), EXTENSION_MALFORMED, OCSP_RESPONSE);
    FAULT(type, OID("80"), OID("80"), DER_OID, OCSP_RESPONSE);
    FAULT(type, HEX(""), HEX("0482"), DER_TAG, OCSP_RESPONSE);
    FAULT(type, JOIN(BASIC, NUL()), HEX("05000482"), DER_TAG, OCSP_RESPONSE);
    FAULT(after_response, HEX("0501FF"), HEX("0501FF"), DER_TRAILING, OCSP_RESPONSE);
    FAULT(after_bytes, HEX("0501FE"), HEX("0501FE"), DER_TRAILING, OCSP_RESPONSE);
    FAULT(after_all, HEX("0501FD"), HEX("0501FD"), DER_TRAILING, OCSP_RESPONSE);
    FAULT(after_basic, HEX("0501FC"), HEX("0501FC"), DER_TRAILING, OCSP_RESPONSE);
    FAULT(behind_basic, HEX("0501FB"), HEX("0501FB"), DER_TRAILING, OCSP_RESPONSE);
    check_der(__LINE__, wrapped(&g, NUL()), PV_R_DER_TAG, PV_FIELD_OCSP_RESPONSE, NUL());
    check_der(__LINE__, wrapped(&g, SEQ(HEX("020107"))), PV_R_DER_TAG, PV_FIELD_RESPONSE_DATA, HEX("020107"));
    check_der(__LINE__, SEQ(g.status, TLV(0xA0, HEX("020107"))), PV_R_DER_TAG, PV_FIELD_OCSP_RESPONSE,
              HEX("020107"));
    check_der(__LINE__, SEQ(g.status, HEX("A1020500")), PV_R_DER_TAG, PV_FIELD_OCSP_RESPONSE,
              HEX("A1020500"));
    check_der(__LINE__, SEQ(g.status, TLV(0xA0, EMPTY(0x30), NUL())), PV_R_DER_TRAILING,
              PV_FIELD_OCSP_RESPONSE, NUL());
}

TEST(basic_faults) {
    FAULT(algorithm, SEQ(OID("2A8648CE3D040302"), NUL()), SEQ(OID("2A8648CE3D040302"), NUL()),
          ALGORITHM_PARAMETERS, SIGNATURE_ALGORITHM);
    FAULT(algorithm, HEX("310107"), HEX("310107"), DER_TAG, SIGNATURE_ALGORITHM);
    FAULT(signature, BITS(3, HEX("40")), BITS(3, HEX("40")), DER_BIT_STRING, SIGNATURE);
    FAULT(signature, HEX("04020001"), HEX("04020001"), DER_TAG, SIGNATURE);
    FAULT(certs, HEX("A0030201FE"), HEX("0201FE"), DER_TAG, OCSP_CERTIFICATES);
    FAULT(certs, TLV(0xA0, SEQ(EMPTY(0x30), HEX("0201FE"))), HEX("0201FE"), DER_TAG, OCSP_CERTIFICATES);
    FAULT(certs, TLV(0xA0, EMPTY(0x30), HEX("0201FE")), HEX("0201FE"), DER_TRAILING, OCSP_CERTIFICATES);
    FAULT(certs, HEX("A1033001FE"), HEX("A1033001FE"), DER_TRAILING, OCSP_RESPONSE);
}

TEST(data_faults) {
    fields g = good_fields();
    FAULT(version, HEX("A003020101"), HEX("020101"), DER_INTEGER, VERSION);
    FAULT(version, HEX("A00402020000"), HEX("02020000"), DER_INTEGER, VERSION);
    FAULT(version, HEX("A005020100 0500"), JOIN(HEX("0500"), g.responder), DER_TRAILING, VERSION);
    FAULT(version, HEX("A0020500"), JOIN(HEX("0500"), g.responder), DER_TAG, VERSION);
    FAULT(responder, TLV(0xA3, name("R")), TLV(0xA3, name("R")), DER_TAG, RESPONDER_ID);
    FAULT(responder, TLV(0xA1, NUL()), JOIN(NUL(), NOW), DER_TAG, RESPONDER_ID);
    FAULT(responder, TLV(0xA1, SEQ(EMPTY(0x31))), SEQ(EMPTY(0x31)), DER_EMPTY, RESPONDER_ID);
    FAULT(responder, TLV(0xA1, name("R"), NUL()), JOIN(NUL(), NOW), DER_TRAILING, RESPONDER_ID);
    FAULT(responder, TLV(0xA2, OCTETS(repeat(0xCC, 19))), OCTETS(repeat(0xCC, 19)), DER_STRING, RESPONDER_ID);
    FAULT(responder, TLV(0xA2, OCTETS(repeat(0xCC, 21))), OCTETS(repeat(0xCC, 21)), DER_STRING, RESPONDER_ID);
    FAULT(responder, TLV(0x82, repeat(0xCC, 20)), TLV(0x82, repeat(0xCC, 20)), DER_TAG, RESPONDER_ID);
    FAULT(produced_at, STR(0x17, "260101000000Z"), STR(0x17, "260101000000Z"), DER_TAG, PRODUCED_AT);
    FAULT(produced_at, STR(0x18, "20260101000000.1Z"), STR(0x18, "20260101000000.1Z"), DER_TIME, PRODUCED_AT);
    FAULT(more, HEX("0501FF"), HEX("0501FF"), DER_TAG, SINGLE_RESPONSE);
    FAULT(extensions, TLV(0xA1, EMPTY(0x30)), JOIN(EMPTY(0x30), g.algorithm), DER_EMPTY, EXTENSIONS);
    FAULT(extensions, TLV(0xA1, SEQ(UNKNOWN), NUL()), JOIN(NUL(), g.algorithm), DER_TRAILING, EXTENSIONS);
    FAULT(extensions, TLV(0xA1, NUL()), JOIN(NUL(), g.algorithm), DER_TAG, EXTENSIONS);
    FAULT(extensions, list(JOIN(BAD, NONCE(9), UNKNOWN)), JOIN(UNKNOWN, g.algorithm), CERT_EXTENSION_REPEATED,
          UNKNOWN_EXTENSION);
    FAULT(extensions, TLV(0xA2, SEQ(UNKNOWN)), TLV(0xA2, SEQ(UNKNOWN)), DER_TRAILING, RESPONSE_DATA);
    FAULT(after_data, NUL(), JOIN(NUL(), g.algorithm), DER_TRAILING, RESPONSE_DATA);
}

TEST(an_empty_list_of_answers) {
    fields f = good_fields();
    pv_span data = SEQ(f.responder, f.produced_at, EMPTY(0x30));
    check_der(__LINE__, wrapped(&f, SEQ(data, f.algorithm, f.signature)), PV_R_DER_EMPTY,
              PV_FIELD_RESPONSE_DATA, JOIN(EMPTY(0x30), f.algorithm));
    data = SEQ(f.responder, f.produced_at);
    check_der(__LINE__, wrapped(&f, SEQ(data, f.algorithm, f.signature)), PV_R_DER_TRUNCATED,
              PV_FIELD_RESPONSE_DATA, JOIN(f.algorithm, f.signature));
}

TEST(single_faults) {
    fields g = good_fields();
    FAULT(digest, SEQ(OID("2B0E03021A"), INT(1)), SEQ(OID("2B0E03021A"), INT(1)), ALGORITHM_PARAMETERS,
          SINGLE_RESPONSE);
    FAULT(digest, SEQ(OID("2B0E03021A"), HEX("050107")), SEQ(OID("2B0E03021A"), HEX("050107")),
          ALGORITHM_PARAMETERS, SINGLE_RESPONSE);
    FAULT(digest, SEQ(OID("2B0E03021A"), NUL(), NUL()), SEQ(OID("2B0E03021A"), NUL(), NUL()), DER_TRAILING,
          SINGLE_RESPONSE);
    FAULT(digest, SEQ(NUL()), SEQ(NUL()), DER_TAG, SINGLE_RESPONSE);
    FAULT(digest, NUL(), JOIN(NUL(), g.name_hash), DER_TAG, SINGLE_RESPONSE);
    FAULT(name_hash, HEX("0501AA"), HEX("0501AA"), DER_TAG, SINGLE_RESPONSE);
    FAULT(key_hash, HEX(""), g.serial, DER_TAG, SINGLE_RESPONSE);
    FAULT(serial, HEX("02020001"), HEX("02020001"), DER_INTEGER, SERIAL_NUMBER);
    FAULT(serial, HEX("0401AA"), HEX("0401AA"), DER_TAG, SERIAL_NUMBER);
    FAULT(after_id, NUL(), JOIN(NUL(), g.cert_status), DER_TRAILING, SINGLE_RESPONSE);
    FAULT(this_update, STR(0x17, "260101000000Z"), STR(0x17, "260101000000Z"), DER_TAG, THIS_UPDATE);
    FAULT(next_update, TLV(0xA0, STR(0x17, "260101000000Z")), STR(0x17, "260101000000Z"), DER_TAG,
          NEXT_UPDATE);
    FAULT(next_update, TLV(0xA0, LATER, NUL()), JOIN(NUL(), g.single_extensions), DER_TRAILING, NEXT_UPDATE);
    FAULT(next_update, EMPTY(0xA0), g.single_extensions, DER_TRUNCATED, NEXT_UPDATE);
    FAULT(next_update, HEX("8001FE"), HEX("8001FE"), DER_TRAILING, SINGLE_RESPONSE);
    FAULT(single_extensions, TLV(0xA1, EMPTY(0x30)), JOIN(EMPTY(0x30), g.extensions), DER_EMPTY, EXTENSIONS);
    FAULT(single_extensions, list(JOIN(UNKNOWN, BAD)), BAD, CERT_EXTENSION_REPEATED, UNKNOWN_EXTENSION);
    FAULT(after_single, NUL(), JOIN(NUL(), g.extensions), DER_TRAILING, SINGLE_RESPONSE);
}

TEST(status_faults) {
    FAULT(cert_status, HEX("8001AA"), HEX("AA180F"), DER_TRAILING, CERT_STATUS);
    FAULT(cert_status, HEX("8201AA"), HEX("AA180F"), DER_TRAILING, CERT_STATUS);
    FAULT(cert_status, HEX("8101AA"), HEX("8101AA"), DER_TAG, CERT_STATUS);
    FAULT(cert_status, HEX("A00180"), HEX("A00180"), DER_TAG, CERT_STATUS);
    FAULT(cert_status, HEX("8301AA"), HEX("8301AA"), DER_TAG, CERT_STATUS);
    FAULT(cert_status, EMPTY(0xA1), good_fields().this_update, DER_TRUNCATED, CERT_STATUS);
    FAULT(cert_status, TLV(0xA1, STR(0x17, "250601000000Z")), STR(0x17, "250601000000Z"), DER_TAG,
          CERT_STATUS);
    FAULT(cert_status, TLV(0xA1, NOW, HEX("0A0103")), HEX("0A0103"), DER_TAG, CERT_STATUS);
    FAULT(cert_status, TLV(0xA1, NOW, HEX("A003020103")), HEX("020103180F"), DER_TAG, CERT_STATUS);
    FAULT(cert_status, TLV(0xA1, NOW, HEX("A0060A01030501DD")), HEX("0501DD"), DER_TRAILING, CERT_STATUS);
    FAULT(cert_status, TLV(0xA1, NOW, HEX("A0030A0103 0501DD")), HEX("0501DD"), DER_TRAILING, CERT_STATUS);
}

/* --- Extensions --- */

TEST(nonces) {
    fields f = good_fields();
    static const size_t good[] = {1, 32, 128}, bad[] = {0, 129};
    for (size_t i = 0; i < 3; i++) {
        f.extensions = list(NONCE(good[i]));
        CHECK_IS(parse_good(&f).unusable, PV_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        pv_span value = OCTETS(OCTETS(repeat(0x77, bad[i])));
        FAULT(extensions, list(JOIN(UNKNOWN, NONCE(bad[i]))), value, EXTENSION_MALFORMED, UNKNOWN_EXTENSION);
    }
    pv_span raw = extension("2B0601050507300102", HEX("0708090A0B"));
    FAULT(extensions, list(raw), OCTETS(HEX("0708090A0B")), EXTENSION_MALFORMED, UNKNOWN_EXTENSION);
    raw = extension("2B0601050507300102", HEX("0401070500"));
    FAULT(extensions, list(raw), OCTETS(HEX("0401070500")), EXTENSION_MALFORMED, UNKNOWN_EXTENSION);
}

TEST(what_is_critical) {
    static const char *const known[] = {"2B0601050507300103", "2B0601050507300106", "551D15", "551D18",
                                        "551D1D"};
    fields f = good_fields();
    f.extensions =
        list(JOIN(critical("2B0601050507300102", OCTETS(INT(5))), critical("2B0601050507300109", NUL())));
    CHECK_IS(parse_good(&f).unusable, PV_OK);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        f.single_extensions = list(JOIN(UNKNOWN, critical(known[i], NUL())));
        CHECK(!single_good(&f).is_critical);
        f.extensions = list(critical(known[i], NUL()));
        CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
        f.extensions = HEX("");
    }
    f.extensions = list(JOIN(NONCE(8), BAD));
    CHECK_IS(parse_good(&f).unusable, PV_R_EVIDENCE_CRITICAL);
    f.extensions = HEX("");
    f.single_extensions = list(BAD); /* that answer alone */
    CHECK_IS(parse_good(&f).unusable, PV_OK);
    CHECK_IS(single_good(&f).is_critical, 1);
    f.single_extensions = list(critical("2B0601050507300102", OCTETS(INT(5))));
    CHECK_IS(single_good(&f).is_critical, 1);
}

/* --- Sizes, mutations --- */

TEST(how_many_certificates) {
    fields f = good_fields();
    pv_span all = blank(2 * (PV_MAX_OCSP_CERTS + 1));
    for (size_t i = 0; i < all.len; i += 2)
        ((uint8_t *)(uintptr_t)all.data)[i] = 0x30;
    f.certs = TLV(0xA0, SEQ((pv_span){all.data, 2 * PV_MAX_OCSP_CERTS}));
    pv_ocsp o = parse_good(&f);
    CHECK_IS(pv_ocsp_certs(&o).len, 2 * PV_MAX_OCSP_CERTS);
    f.certs = TLV(0xA0, SEQ(all));
    pv_span der = guarded(build(&f));
    pv_fault fault;
    CHECK_IS(parse_laid(&o, &fault, der), PV_R_EVIDENCE_TOO_LARGE);
    CHECK(fault.offset == der.len - 2 && fault.field == PV_FIELD_OCSP_CERTIFICATES);
}

/* A response of exactly this size, by one large certificate. */
static pv_span of_size(size_t size) {
    fields f = good_fields();
    f.certs = TLV(0xA0, SEQ(SEQ(blank(size))));
    pv_span der = build(&f);
    f.certs = TLV(0xA0, SEQ(SEQ(blank(size - (der.len - size)))));
    return build(&f);
}

TEST(one_mebibyte) {
    pv_ocsp o;
    pv_fault fault;
    CHECK_IS(of_size(PV_MAX_OCSP).len, PV_MAX_OCSP);
    CHECK_IS(parse_laid(&o, &fault, guarded(of_size(PV_MAX_OCSP))), PV_OK);
    CHECK_IS(parse_laid(&o, &fault, guarded(of_size(PV_MAX_OCSP + 1))), PV_R_EVIDENCE_TOO_LARGE);
    CHECK(fault.offset == 0 && fault.field == PV_FIELD_OCSP_RESPONSE);
}

TEST(nothing_at_all) {
    pv_ocsp o;
    pv_fault fault;
    CHECK_IS(parse_laid(&o, &fault, (pv_span){NULL, 0}), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&o, &fault, guarded(HEX("30"))), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&o, &fault, guarded(HEX("3000"))), PV_R_DER_TRUNCATED);
    CHECK_IS(parse_laid(&o, &fault, guarded(HEX("308000000000"))), PV_R_DER_LENGTH);
    CHECK_IS(parse_laid(&o, &fault, guarded(text("HTTP/1.1 200 OK"))), PV_R_DER_TAG);
}

TEST(every_truncation) {
    pv_ocsp o;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    guard g = guard_make(der.len);
    for (size_t len = 0; len < der.len; len++)
        CHECK_IS(parse_laid(&o, &fault, guard_lay(&g, (pv_span){der.data, len}, 1)), PV_R_DER_TRUNCATED);
}

/* Every other value of every byte, against the page at the end, or at the start. */
TEST(every_byte) {
    pv_ocsp o;
    pv_fault fault;
    fields f = good_fields();
    pv_span der = build(&f);
    guard g = guard_make(der.len);
    size_t num_good = 0;
    for (size_t i = 0; i < der.len; i++) {
        for (unsigned change = 1; change < 256; change++) {
            pv_span laid = guard_lay(&g, der, (change & 1) != 0);
            ((uint8_t *)(uintptr_t)laid.data)[i] ^= (uint8_t)change;
            num_good += parse_laid(&o, &fault, laid) == PV_OK;
        }
    }
    CHECK(num_good > 0 && num_good < der.len * 255);
}
