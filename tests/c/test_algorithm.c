/* test_algorithm.c: AlgorithmIdentifiers and public keys. */
#include "algorithm.h"
#include "harness.h"

#define RSA_ARC "2A864886F70D0101"
#define SHA256  "608648016503040201"
#define SHA384  "608648016503040202"
#define SHA512  "608648016503040203"
#define SHA1    "2B0E03021A"
#define MGF1    RSA_ARC "08"
#define PSS     RSA_ARC "0A"

/* What the contents of an AlgorithmIdentifier come to. */
typedef struct found {
    pv_reason reason;
    uint8_t alg;
    uint32_t deviations;
} found;

static found signature_of(pv_span contents) {
    found f = {0, 0xA5, 0};
    f.reason = pv_algorithm_signature(guarded(contents), &f.alg, &f.deviations);
    if (f.reason != PV_OK) CHECK_IS(f.alg, PV_SIG_UNKNOWN);
    return f;
}

static const struct {
    const char *oid;
    uint8_t alg;
    uint8_t takes_null;
} signatures[] = {
    {RSA_ARC "0B", PV_SIG_RSA_PKCS1_SHA256, 1},
    {RSA_ARC "0C", PV_SIG_RSA_PKCS1_SHA384, 1},
    {RSA_ARC "0D", PV_SIG_RSA_PKCS1_SHA512, 1},
    {RSA_ARC "05", PV_SIG_RSA_PKCS1_SHA1, 1},
    {"2B0E03021D", PV_SIG_RSA_PKCS1_SHA1, 1},
    {RSA_ARC "04", PV_SIG_RSA_PKCS1_MD5, 1},
    {RSA_ARC "02", PV_SIG_RSA_PKCS1_MD2, 1},
    {"2A8648CE3D040302", PV_SIG_ECDSA_SHA256, 0},
    {"2A8648CE3D040303", PV_SIG_ECDSA_SHA384, 0},
    {"2A8648CE3D040304", PV_SIG_ECDSA_SHA512, 0},
    {"2A8648CE3D0401", PV_SIG_ECDSA_SHA1, 0},
    {"2B6570", PV_SIG_ED25519, 0},
    {"2B6571", PV_SIG_ED448, 0},
    {"2A8648CE380403", PV_SIG_DSA_SHA1, 0},
    {"608648016503040302", PV_SIG_DSA_SHA256, 0},
    {"608648016503040311", PV_SIG_ML_DSA_44, 0},
    {"608648016503040312", PV_SIG_ML_DSA_65, 0},
    {"608648016503040313", PV_SIG_ML_DSA_87, 0},
};

TEST(signatures) {
    for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
        pv_span oid = OID(signatures[i].oid);
        int takes_null = signatures[i].takes_null;
        found f = signature_of(oid);
        CHECK_MSG(f.reason == PV_OK && f.alg == signatures[i].alg, "%s", signatures[i].oid);
        CHECK_IS(f.deviations, takes_null ? PV_DEV_KEY_PARAMETERS : 0);
        f = signature_of(JOIN(oid, NUL()));
        CHECK_MSG(f.reason == (takes_null ? PV_OK : PV_R_ALGORITHM_PARAMETERS), "%s", signatures[i].oid);
        CHECK_MSG(f.alg == (takes_null ? signatures[i].alg : 0) && f.deviations == 0, "%s",
                  signatures[i].oid);
        CHECK_IS(signature_of(JOIN(oid, INT(1))).reason, PV_R_ALGORITHM_PARAMETERS);
        CHECK_IS(signature_of(JOIN(oid, HEX("050100"))).reason, PV_R_ALGORITHM_PARAMETERS);
        CHECK_IS(signature_of(JOIN(oid, NUL(), NUL())).reason, PV_R_DER_TRAILING);
        CHECK_IS(signature_of(JOIN(oid, HEX("05"))).reason, PV_R_DER_TRUNCATED);
    }
}

TEST(unknown_signatures) {
    CHECK(signature_of(OID(RSA_ARC "0E")).reason == PV_OK && signature_of(OID(RSA_ARC "0E")).alg == 0);
    CHECK(signature_of(OID("2B65")).reason == PV_OK && signature_of(OID("2B65")).alg == 0);
    CHECK_IS(signature_of(OID("608648016503040314")).alg, PV_SIG_UNKNOWN); /* SLH-DSA */
    CHECK_IS(signature_of(OID("608648016503040320")).alg, PV_SIG_UNKNOWN); /* HashML-DSA-44 */
    CHECK(signature_of(JOIN(OID("2B657070"), SEQ(INT(1)))).alg == 0);
    CHECK_IS(signature_of(HEX("")).reason, PV_R_DER_TRUNCATED);
    CHECK_IS(signature_of(EMPTY(0x06)).reason, PV_R_DER_OID);
    CHECK_IS(signature_of(NUL()).reason, PV_R_DER_TAG);
}

/* --- RSASSA-PSS-params --- */

static pv_span hash_id(const char *oid) {
    return SEQ(OID(oid), NUL());
}

static pv_span pss_hash(const char *oid) {
    return TLV(0xA0, hash_id(oid));
}

static pv_span pss_mask(const char *oid) {
    return TLV(0xA1, SEQ(OID(MGF1), hash_id(oid)));
}

static pv_span salt(unsigned len) {
    return TLV(0xA2, INT(len));
}

static found pss(pv_span parameters) {
    return signature_of(JOIN(OID(PSS), parameters));
}

TEST(pss_that_is_in_use) {
    CHECK_IS(pss(SEQ(pss_hash(SHA256), pss_mask(SHA256), salt(32))).alg, PV_SIG_RSA_PSS_SHA256);
    CHECK_IS(pss(SEQ(pss_hash(SHA384), pss_mask(SHA384), salt(48))).alg, PV_SIG_RSA_PSS_SHA384);
    CHECK_IS(pss(SEQ(pss_hash(SHA512), pss_mask(SHA512), salt(64))).alg, PV_SIG_RSA_PSS_SHA512);
    found f = pss(SEQ(pss_hash(SHA256), pss_mask(SHA256), salt(32), TLV(0xA3, INT(1))));
    CHECK(f.alg == PV_SIG_RSA_PSS_SHA256 && f.deviations == PV_DEV_EXPLICIT_DEFAULT);
    /* RFC 4055 2.1: a hash's parameters may be absent. */
    f = pss(SEQ(TLV(0xA0, SEQ(OID(SHA256))), TLV(0xA1, SEQ(OID(MGF1), SEQ(OID(SHA256)))), salt(32)));
    CHECK(f.alg == PV_SIG_RSA_PSS_SHA256 && f.deviations == 0);
}

TEST(pss_that_is_not) {
    pv_span h = pss_hash(SHA256), m = pss_mask(SHA256), s = salt(32), t = TLV(0xA3, INT(1));
    pv_span bad[] = {
        HEX(""),
        NUL(),
        EMPTY(0x30), /* all defaults: SHA-1 */
        SEQ(h, m),   /* the salt defaults to 20 */
        SEQ(h, s),
        SEQ(m, s),
        SEQ(m, h, s),
        SEQ(h, m, salt(20)),
        SEQ(h, m, salt(31)),
        SEQ(h, m, salt(33)),
        SEQ(h, m, salt(65535)),
        SEQ(h, m, TLV(0xA2, HEX("0201E0"))), /* negative */
        SEQ(h, m, TLV(0xA2, HEX("02020020"))),
        SEQ(h, m, TLV(0xA2, INT(32), NUL())),
        SEQ(h, m, HEX("82 01 20")),
        SEQ(h, m, s, TLV(0xA3, INT(2))),
        SEQ(h, m, s, TLV(0xA3, INT(1), NUL())),
        SEQ(h, m, s, TLV(0xA3, NUL())),
        SEQ(h, m, s, t, NUL()),
        SEQ(h, m, s, NUL()),
        SEQ(h, m, t, s),
        SEQ(pss_hash(SHA1), pss_mask(SHA1), salt(20)),
        SEQ(pss_hash(SHA256), pss_mask(SHA1), s),
        SEQ(pss_hash(SHA256), pss_mask(SHA384), s),
        SEQ(pss_hash(SHA384), pss_mask(SHA256), salt(48)),
        SEQ(TLV(0xA0, SEQ(OID(SHA256), INT(1))), m, s),
        SEQ(TLV(0xA0, hash_id(SHA256), NUL()), m, s),
        SEQ(TLV(0xA0, OID(SHA256)), m, s),
        SEQ(EMPTY(0xA0), m, s),
        SEQ(h, TLV(0xA1, SEQ(OID(PSS), hash_id(SHA256))), s),
        SEQ(h, TLV(0xA1, SEQ(OID(MGF1))), s),
        SEQ(h, TLV(0xA1, SEQ(OID(MGF1), hash_id(SHA256), NUL())), s),
        SEQ(h, TLV(0xA1, SEQ(OID(MGF1), hash_id(SHA256)), NUL()), s),
        SEQ(h, TLV(0xA1, OID(MGF1)), s),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_MSG(pss(bad[i]).reason == PV_R_ALGORITHM_PARAMETERS, "number %zu", i);
    CHECK_IS(pss(JOIN(SEQ(h, m, s), NUL())).reason, PV_R_DER_TRAILING);
}

/* --- Keys --- */

static pv_key_info key_of(pv_span spki, uint32_t *deviations) {
    pv_key_info info;
    pv_span element;
    pv_span in = guarded(spki);
    const uint8_t *start = in.data;
    GARBAGE(info);
    *deviations = 0;
    CHECK_IS(pv_algorithm_key(&in, &element, &info, deviations), PV_OK);
    CHECK(element.data == start && element.len == spki.len && in.len == 0);
    CHECK(pv_algorithm_key_octets(element).data != NULL);
    return info;
}

static pv_span key(const char *oid, pv_span parameters, pv_span octets) {
    return SEQ(SEQ(OID(oid), parameters), BITS(0, octets));
}

/* Judged: fault, kind, bits. */
#define CHECK_KEY(spki, want_fault, want_alg, want_bits)                                                     \
    do {                                                                                                     \
        uint32_t deviations_ = 0;                                                                            \
        pv_key_info info_ = key_of(spki, &deviations_);                                                      \
        CHECK_IS(info_.fault, want_fault);                                                                   \
        CHECK_IS(info_.alg, want_alg);                                                                       \
        CHECK_IS(info_.bits, want_bits);                                                                     \
    } while (0)

/* A modulus of so many bits: top and bottom bit set; `last` is its last octet. */
static pv_span modulus(size_t bits, uint8_t last) {
    size_t len = (bits + 7) / 8;
    uint8_t *at = (uint8_t *)(uintptr_t)repeat(0x11, len + 1).data;
    at[0] = 0;
    at[1] = (uint8_t)(1u << (bits + 7) % 8);
    at[len] = last;
    int needs_zero = at[1] >= 0x80;
    return TLV(0x02, ((pv_span){needs_zero ? at : at + 1, needs_zero ? len + 1 : len}));
}

static pv_span rsa(pv_span n, pv_span e) {
    return key(RSA_ARC "01", NUL(), SEQ(n, e));
}

TEST(rsa_sizes) {
    pv_span e = INT(65537);
    CHECK_KEY(rsa(modulus(2048, 1), e), PV_OK, PV_KEY_RSA, 2048);
    CHECK_KEY(rsa(modulus(2047, 1), e), PV_R_KEY_TOO_SMALL, PV_KEY_RSA, 2047);
    CHECK_KEY(rsa(modulus(2049, 1), e), PV_OK, PV_KEY_RSA, 2049);
    CHECK_KEY(rsa(modulus(1024, 1), e), PV_R_KEY_TOO_SMALL, PV_KEY_RSA, 1024);
    CHECK_KEY(rsa(INT(1), e), PV_R_KEY_TOO_SMALL, PV_KEY_RSA, 1);
    CHECK_KEY(rsa(modulus(8192, 1), e), PV_OK, PV_KEY_RSA, 8192);
    CHECK_KEY(rsa(modulus(8193, 1), e), PV_R_KEY_TOO_LARGE, PV_KEY_RSA, 8193);
    CHECK_KEY(rsa(modulus(65528, 1), e), PV_R_KEY_TOO_LARGE, PV_KEY_RSA, 65528);
    CHECK_KEY(rsa(modulus(65536, 1), e), PV_R_KEY_TOO_LARGE, PV_KEY_RSA, 65535);
    CHECK_KEY(rsa(modulus(800000, 1), e), PV_R_KEY_TOO_LARGE, PV_KEY_RSA, 65535);
    CHECK_KEY(rsa(modulus(2048, 2), e), PV_R_KEY_MODULUS, PV_KEY_RSA, 2048);
}

TEST(rsa_exponents) {
    static const struct {
        const char *hex;
        pv_reason want;
    } cases[] = {
        {"020103", PV_OK},
        {"0203010001", PV_OK},
        {"020500FFFFFFFF", PV_OK},
        {"020501FFFFFFFF", PV_OK}, /* 2^33 - 1 */
        {"02050200000001", PV_R_KEY_EXPONENT},
        {"0206010000000001", PV_R_KEY_EXPONENT},
        {"020101", PV_R_KEY_EXPONENT},
        {"020102", PV_R_KEY_EXPONENT},
        {"0203010000", PV_R_KEY_EXPONENT},
        {"020100", PV_R_DER_INTEGER},
        {"0201FF", PV_R_DER_INTEGER},
        {"02020003", PV_R_DER_INTEGER},
        {"0200", PV_R_DER_INTEGER},
        {"0500", PV_R_DER_TAG},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t deviations;
        pv_reason got = key_of(rsa(modulus(2048, 1), HEX(cases[i].hex)), &deviations).fault;
        CHECK_MSG(got == cases[i].want, "%s: %u", cases[i].hex, (unsigned)got);
    }
}

TEST(rsa_frames) {
    pv_span n = modulus(2048, 1), e = INT(65537);
    uint32_t deviations;
    CHECK_IS(key_of(key(RSA_ARC "01", NUL(), SEQ(n, e, NUL())), &deviations).fault, PV_R_DER_TRAILING);
    CHECK_IS(key_of(key(RSA_ARC "01", NUL(), JOIN(SEQ(n, e), NUL())), &deviations).fault, PV_R_DER_TRAILING);
    CHECK_IS(key_of(key(RSA_ARC "01", NUL(), SEQ(n)), &deviations).fault, PV_R_DER_TRUNCATED);
    CHECK_IS(key_of(key(RSA_ARC "01", NUL(), HEX("")), &deviations).fault, PV_R_DER_TRUNCATED);
    CHECK_IS(key_of(key(RSA_ARC "01", NUL(), JOIN(n, e)), &deviations).fault, PV_R_DER_TAG);
    CHECK_IS(key_of(rsa(TLV(0x02, HEX("80"), repeat(1, 255)), e), &deviations).fault, PV_R_DER_INTEGER);
    CHECK_IS(key_of(rsa(HEX("020100"), e), &deviations).fault, PV_R_DER_INTEGER);
    CHECK_IS(key_of(key(RSA_ARC "01", INT(1), SEQ(n, e)), &deviations).fault, PV_R_ALGORITHM_PARAMETERS);
    CHECK_IS(deviations, 0);
    CHECK_IS(key_of(SEQ(SEQ(OID(RSA_ARC "01")), BITS(0, SEQ(n, e))), &deviations).fault, PV_OK);
    CHECK_IS(deviations, PV_DEV_KEY_PARAMETERS);
}

TEST(rsa_numbers) {
    pv_span n, e;
    pv_span good = guarded(rsa(modulus(2048, 1), INT(65537)));
    CHECK(pv_algorithm_rsa(good, &n, &e) && n.len == 256 && n.data[0] == 0x80 &&
          pv_span_equal(e, HEX("010001")));
    CHECK(inside(good, n) && inside(good, e));
    CHECK(pv_algorithm_rsa(guarded(key(PSS, HEX(""), SEQ(modulus(2048, 1), INT(3)))), &n, &e) && e.len == 1);
    CHECK(!pv_algorithm_rsa(guarded(key("2B6570", HEX(""), repeat(1, 32))), &n, &e));
    CHECK(!pv_algorithm_rsa(guarded(key(RSA_ARC "01", NUL(), repeat(1, 32))), &n, &e));
    CHECK(!pv_algorithm_rsa(guarded(NUL()), &n, &e) && pv_algorithm_key_octets(guarded(NUL())).data == NULL);
}

TEST(pss_keys) {
    pv_span numbers = SEQ(modulus(2048, 1), INT(65537));
    CHECK_KEY(SEQ(SEQ(OID(PSS)), BITS(0, numbers)), PV_OK, PV_KEY_RSA_PSS, 2048);
    CHECK_KEY(key(PSS, SEQ(pss_hash(SHA256), pss_mask(SHA256), salt(32)), numbers), PV_OK,
              PV_KEY_RSA_PSS_SHA256, 2048);
    CHECK_KEY(key(PSS, SEQ(pss_hash(SHA384), pss_mask(SHA384)), numbers), PV_OK, PV_KEY_RSA_PSS_SHA384, 2048);
    CHECK_KEY(key(PSS, SEQ(pss_hash(SHA512), pss_mask(SHA512), salt(64)), numbers), PV_OK,
              PV_KEY_RSA_PSS_SHA512, 2048);
    CHECK_KEY(key(PSS, SEQ(pss_hash(SHA256), pss_mask(SHA256), salt(33)), numbers), PV_R_ALGORITHM_PARAMETERS,
              PV_KEY_UNKNOWN, 2048);
    CHECK_KEY(key(PSS, EMPTY(0x30), numbers), PV_R_ALGORITHM_PARAMETERS, PV_KEY_UNKNOWN, 2048);
    CHECK_KEY(key(PSS, NUL(), numbers), PV_R_ALGORITHM_PARAMETERS, PV_KEY_UNKNOWN, 2048);
    CHECK_KEY(SEQ(SEQ(OID(PSS)), BITS(0, SEQ(modulus(1024, 1), INT(3)))), PV_R_KEY_TOO_SMALL, PV_KEY_RSA_PSS,
              1024);
}

#define EC   "2A8648CE3D0201"
#define P256 "2A8648CE3D030107"
#define P384 "2B81040022"
#define P521 "2B81040023"

static pv_span point(uint8_t first, size_t len) {
    return JOIN(repeat(first, 1), repeat(0x22, len - 1));
}

TEST(elliptic_keys) {
    CHECK_KEY(key(EC, OID(P256), point(4, 65)), PV_OK, PV_KEY_P256, 256);
    CHECK_KEY(key(EC, OID(P384), point(4, 97)), PV_OK, PV_KEY_P384, 384);
    CHECK_KEY(key(EC, OID(P521), point(4, 133)), PV_OK, PV_KEY_P521, 521);
    CHECK_KEY(key(EC, OID(P256), point(2, 33)), PV_R_KEY_POINT, PV_KEY_P256, 256); /* compressed */
    CHECK_KEY(key(EC, OID(P256), point(6, 65)), PV_R_KEY_POINT, PV_KEY_P256, 256); /* hybrid */
    CHECK_KEY(key(EC, OID(P256), point(4, 64)), PV_R_KEY_POINT, PV_KEY_P256, 256);
    CHECK_KEY(key(EC, OID(P256), point(4, 66)), PV_R_KEY_POINT, PV_KEY_P256, 256);
    CHECK_KEY(key(EC, OID(P384), point(4, 65)), PV_R_KEY_POINT, PV_KEY_P384, 384);
    CHECK_KEY(key(EC, OID(P256), HEX("00")), PV_R_KEY_POINT, PV_KEY_P256, 256); /* infinity */
    CHECK_KEY(key(EC, OID(P256), HEX("")), PV_R_KEY_POINT, PV_KEY_P256, 256);
    CHECK_KEY(key(EC, OID("2A8648CE3D030101"), point(4, 49)), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0);
    CHECK_KEY(key(EC, OID("2B8104000A"), point(4, 65)), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0);
    CHECK_KEY(key(EC, SEQ(INT(1)), point(4, 65)), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0); /* specifiedCurve */
    CHECK_KEY(key(EC, NUL(), point(4, 65)), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0);       /* implicitCurve */
    CHECK_KEY(SEQ(SEQ(OID(EC)), BITS(0, point(4, 65))), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0);
    CHECK_KEY(key(EC, HEX("060180"), point(4, 65)), PV_R_KEY_CURVE, PV_KEY_UNKNOWN, 0);
}

TEST(edwards_and_other_keys) {
    CHECK_KEY(key("2B6570", HEX(""), repeat(1, 32)), PV_OK, PV_KEY_ED25519, 255);
    CHECK_KEY(key("2B6571", HEX(""), repeat(1, 57)), PV_OK, PV_KEY_ED448, 448);
    CHECK_KEY(key("2B6570", HEX(""), repeat(1, 33)), PV_R_KEY_POINT, PV_KEY_ED25519, 255);
    CHECK_KEY(key("2B6570", HEX(""), repeat(1, 31)), PV_R_KEY_POINT, PV_KEY_ED25519, 255);
    CHECK_KEY(key("2B6571", HEX(""), repeat(1, 56)), PV_R_KEY_POINT, PV_KEY_ED448, 448);
    CHECK_KEY(key("2B6570", NUL(), repeat(1, 32)), PV_R_ALGORITHM_PARAMETERS, PV_KEY_ED25519, 255);
    CHECK_KEY(key("2B6571", NUL(), repeat(1, 57)), PV_R_ALGORITHM_PARAMETERS, PV_KEY_ED448, 448);
    CHECK_KEY(key("2B656E", HEX(""), repeat(1, 32)), PV_R_ALGORITHM_UNKNOWN, PV_KEY_UNKNOWN, 0); /* X25519 */
}

TEST(ml_dsa_keys) {
    static const struct {
        const char *oid;
        size_t len;
        uint8_t alg;
    } kinds[] = {{"608648016503040311", 1312, PV_KEY_ML_DSA_44},
                 {"608648016503040312", 1952, PV_KEY_ML_DSA_65},
                 {"608648016503040313", 2592, PV_KEY_ML_DSA_87}};
    for (size_t i = 0; i < 3; i++) {
        const char *oid = kinds[i].oid;
        uint8_t alg = kinds[i].alg;
        pv_span good = repeat(0xFF, kinds[i].len);
        CHECK_KEY(key(oid, HEX(""), good), PV_OK, alg, 0);
        CHECK_KEY(key(oid, HEX(""), repeat(1, kinds[i].len - 1)), PV_R_KEY_LENGTH, alg, 0);
        CHECK_KEY(key(oid, HEX(""), repeat(1, kinds[i].len + 1)), PV_R_KEY_LENGTH, alg, 0);
        CHECK_KEY(key(oid, HEX(""), repeat(1, kinds[(i + 1) % 3].len)), PV_R_KEY_LENGTH, alg, 0);
        CHECK_KEY(key(oid, HEX(""), HEX("")), PV_R_KEY_LENGTH, alg, 0);
        CHECK_KEY(key(oid, NUL(), good), PV_R_ALGORITHM_PARAMETERS, alg, 0);
        CHECK_KEY(key(oid, INT(1), repeat(1, 3)), PV_R_ALGORITHM_PARAMETERS, alg, 0);
    }
    CHECK_KEY(key("608648016503040320", HEX(""), repeat(1, 1312)), PV_R_ALGORITHM_UNKNOWN, PV_KEY_UNKNOWN, 0);
}

/* --- DSA --- */

#define DSA "2A8648CE380401"

static pv_span dsa(pv_span parameters, pv_span octets) {
    return key(DSA, parameters, octets);
}

static pv_span dss(size_t p_bits, size_t q_bits, unsigned long g) {
    return SEQ(modulus(p_bits, 1), modulus(q_bits, 1), INT(g));
}

TEST(dsa_sizes) {
    static const struct {
        uint16_t p, q;
        pv_reason want;
    } cases[] = {
        {1024, 160, PV_OK},
        {1536, 160, PV_OK},
        {2048, 224, PV_OK},
        {2048, 256, PV_OK},
        {3072, 256, PV_OK},
        {1023, 160, PV_R_ALGORITHM_PARAMETERS},
        {512, 160, PV_R_ALGORITHM_PARAMETERS},
        {3073, 256, PV_R_ALGORITHM_PARAMETERS},
        {8192, 256, PV_R_ALGORITHM_PARAMETERS},
        {2048, 159, PV_R_ALGORITHM_PARAMETERS},
        {2048, 161, PV_R_ALGORITHM_PARAMETERS},
        {2048, 223, PV_R_ALGORITHM_PARAMETERS},
        {2048, 255, PV_R_ALGORITHM_PARAMETERS},
        {2048, 257, PV_R_ALGORITHM_PARAMETERS},
        {2048, 2048, PV_R_ALGORITHM_PARAMETERS},
        {2048, 1, PV_R_ALGORITHM_PARAMETERS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_KEY(dsa(dss(cases[i].p, cases[i].q, 2), INT(5)), cases[i].want, PV_KEY_DSA, cases[i].p);
    CHECK_KEY(dsa(dss(800000, 256, 2), INT(5)), PV_R_ALGORITHM_PARAMETERS, PV_KEY_DSA, 65535);
}

/* Dss-Parms that no key is judged by. */
static size_t bad_parameters(pv_span *out) {
    pv_span p = modulus(1024, 1), q = modulus(160, 1), g = INT(2);
    const pv_span bad[] = {
        NUL(), /* RFC 3279 2.3.2: absent is the only other form */
        EMPTY(0x30),
        SEQ(p),
        SEQ(p, q),
        SEQ(p, q, g, NUL()),
        SET(p, q, g),
        SEQ(NUL(), q, g),
        SEQ(p, q, OCTETS(HEX("02"))),
        SEQ(modulus(1024, 2), q, g), /* even */
        SEQ(p, modulus(160, 2), g),
        SEQ(p, q, INT(0)),
        SEQ(p, q, INT(1)),
        SEQ(p, q, p),
        SEQ(p, q, modulus(1024, 3)), /* above p */
        SEQ(p, q, modulus(1025, 1)),
        SEQ(p, q, HEX("0201FF")),   /* negative */
        SEQ(p, q, HEX("02020002")), /* not minimal */
        SEQ(p, q, HEX("0200")),
        SEQ(TLV(0x02, repeat(0xFF, 128)), q, g), /* -1 in 1024 bits, which is not minimal */
        SEQ(TLV(0x02, HEX("80"), repeat(1, 127)), q, g),
    };
    memcpy(out, bad, sizeof bad);
    return sizeof bad / sizeof bad[0];
}

TEST(dsa_parameters) {
    pv_span bad[32];
    size_t num = bad_parameters(bad);
    uint32_t deviations;
    for (size_t i = 0; i < num; i++) {
        pv_key_info info = key_of(dsa(bad[i], INT(5)), &deviations);
        CHECK_MSG(info.fault == PV_R_ALGORITHM_PARAMETERS && info.alg == PV_KEY_DSA, "number %zu: %d", i,
                  info.fault);
        CHECK_IS(pv_algorithm_dsa_parameters(guarded(dsa(bad[i], INT(5)))).len, 0);
    }
    CHECK_KEY(dsa(SEQ(modulus(1024, 1), modulus(160, 1), modulus(1023, 1)), INT(5)), PV_OK, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(EMPTY(0x30), INT(0)), PV_R_ALGORITHM_PARAMETERS, PV_KEY_DSA, 0);
}

TEST(dsa_public_numbers) {
    pv_span own = dss(1024, 160, 2), p = modulus(1024, 1), none = HEX("");
    CHECK_KEY(dsa(own, INT(2)), PV_OK, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, modulus(1023, 1)), PV_OK, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, INT(0)), PV_R_DER_INTEGER, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, INT(1)), PV_R_KEY_LENGTH, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, p), PV_R_KEY_LENGTH, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, modulus(1024, 3)), PV_R_KEY_LENGTH, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, modulus(2048, 1)), PV_R_KEY_LENGTH, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, JOIN(INT(5), NUL())), PV_R_DER_TRAILING, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, HEX("0201FF")), PV_R_DER_INTEGER, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, HEX("02020005")), PV_R_DER_INTEGER, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, NUL()), PV_R_DER_TAG, PV_KEY_DSA, 1024);
    CHECK_KEY(dsa(own, none), PV_R_DER_TRUNCATED, PV_KEY_DSA, 1024);
    CHECK_KEY(SEQ(SEQ(OID(DSA)), BITS(0, INT(5))), PV_OK, PV_KEY_DSA, 0); /* inherited */
    CHECK_KEY(dsa(none, modulus(3072, 1)), PV_OK, PV_KEY_DSA, 0);
    CHECK_KEY(dsa(none, modulus(3073, 1)), PV_R_KEY_LENGTH, PV_KEY_DSA, 0);
    CHECK_KEY(dsa(none, INT(1)), PV_R_KEY_LENGTH, PV_KEY_DSA, 0);
    CHECK_KEY(dsa(none, INT(0)), PV_R_DER_INTEGER, PV_KEY_DSA, 0);
    CHECK_KEY(dsa(none, none), PV_R_DER_TRUNCATED, PV_KEY_DSA, 0);
}

TEST(dsa_parameters_to_inherit) {
    pv_span own = dss(1024, 160, 2), spki = guarded(dsa(own, INT(5)));
    pv_span inherited = pv_algorithm_dsa_parameters(spki);
    CHECK(pv_span_equal(inherited, own) && inside(spki, inherited));
    CHECK_IS(pv_algorithm_dsa_parameters(guarded(dsa(HEX(""), INT(5)))).len, 0);
    CHECK_IS(pv_algorithm_dsa_parameters(guarded(rsa(modulus(2048, 1), INT(3)))).len, 0);
    CHECK_IS(pv_algorithm_dsa_parameters(guarded(key(EC, own, INT(5)))).len, 0);
    CHECK_IS(pv_algorithm_dsa_parameters(guarded(NUL())).len, 0);
    CHECK_IS(pv_algorithm_dsa_parameters((pv_span){NULL, 0}).len, 0);
}

/* What a DSA key comes to with these parameters beside it. */
static pv_dsa_key whole_dsa(pv_span spki, pv_span inherited, pv_dsa_numbers *numbers) {
    GARBAGE(*numbers);
    return pv_algorithm_dsa(guarded(spki), guarded(inherited), numbers);
}

TEST(dsa_numbers) {
    pv_span small = dss(1024, 160, 2), large = dss(2048, 256, 3), none = HEX("");
    pv_dsa_numbers n;
    CHECK_IS(whole_dsa(dsa(small, INT(5)), none, &n), PV_DSA_GOOD);
    CHECK(n.p.len == 128 && n.p.data[0] == 0x80 && n.q.len == 20 && n.q.data[0] == 0x80);
    CHECK(pv_span_equal(n.g, HEX("02")) && pv_span_equal(n.y, HEX("05")));
    CHECK_IS(whole_dsa(dsa(small, INT(5)), large, &n), PV_DSA_GOOD); /* its own count */
    CHECK_IS(n.p.len, 128);
    CHECK_IS(whole_dsa(dsa(none, INT(5)), large, &n), PV_DSA_GOOD);
    CHECK(n.p.len == 256 && n.q.len == 32 && pv_span_equal(n.g, HEX("03")));
    CHECK_IS(whole_dsa(dsa(none, INT(5)), none, &n), PV_DSA_INCOMPLETE);
    CHECK_IS(whole_dsa(dsa(none, modulus(1024, 1)), small, &n), PV_DSA_BAD); /* y is p */
    CHECK_IS(whole_dsa(dsa(none, modulus(1024, 1)), large, &n), PV_DSA_GOOD);
    CHECK_IS(whole_dsa(dsa(none, modulus(2048, 1)), small, &n), PV_DSA_BAD);
    CHECK_IS(whole_dsa(dsa(none, INT(1)), small, &n), PV_DSA_BAD);
    CHECK_IS(whole_dsa(dsa(NUL(), INT(5)), small, &n), PV_DSA_BAD); /* what is there counts */
    CHECK_IS(whole_dsa(dsa(none, INT(5)), JOIN(small, NUL()), &n), PV_DSA_BAD);
    CHECK_IS(whole_dsa(rsa(modulus(2048, 1), INT(3)), small, &n), PV_DSA_BAD);
    CHECK_IS(whole_dsa(NUL(), small, &n), PV_DSA_BAD);
}

TEST(dsa_inherits_only_what_is_good) {
    pv_span bad[32];
    size_t num = bad_parameters(bad);
    pv_dsa_numbers n;
    for (size_t i = 0; i < num; i++)
        CHECK_MSG(whole_dsa(dsa(HEX(""), INT(5)), bad[i], &n) == PV_DSA_BAD, "number %zu", i);
}

TEST(key_frames) {
    pv_span alg = SEQ(OID("2B6570")), octets = BITS(0, repeat(1, 32));
    static const pv_reason want[] = {PV_R_DER_TRAILING,   PV_R_DER_TRUNCATED, PV_R_DER_BIT_STRING,
                                     PV_R_DER_TAG,        PV_R_DER_TAG,       PV_R_DER_TRAILING,
                                     PV_R_DER_BIT_STRING, PV_R_DER_TRUNCATED, PV_R_DER_OID};
    pv_span bad[] = {SEQ(alg, octets, NUL()),
                     SEQ(alg),
                     SEQ(alg, BITS(1, repeat(2, 32))),
                     SEQ(alg, OCTETS(repeat(1, 32))),
                     SET(alg, octets),
                     SEQ(SEQ(OID("2B6570"), NUL(), NUL()), octets),
                     SEQ(alg, EMPTY(0x03)),
                     SEQ(EMPTY(0x30), octets),
                     SEQ(SEQ(OID("2B6580")), octets)};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pv_key_info info;
        pv_span element;
        uint32_t deviations = 0;
        pv_span in = guarded(bad[i]);
        CHECK_IS(pv_algorithm_key(&in, &element, &info, &deviations), want[i]);
        CHECK(in.len == bad[i].len);
    }
}

/* --- Which goes with which --- */

TEST(fits) {
    for (unsigned sig = 0; sig < 256; sig++)
        for (unsigned alg = 0; alg < 256; alg++) {
            int pkcs1 = (sig >= 1 && sig <= 3) || sig == 20 || sig == 24 || sig == 25;
            int any_pss = sig >= 4 && sig <= 6 && (alg == PV_KEY_RSA || alg == PV_KEY_RSA_PSS);
            int own_pss = sig >= 4 && sig <= 6 && alg == sig - 2;
            int ecdsa = ((sig >= 7 && sig <= 9) || sig == 21) && alg >= PV_KEY_P256 && alg <= PV_KEY_P521;
            int other = (sig == 10 && alg == PV_KEY_ED25519) || (sig == 11 && alg == PV_KEY_ED448) ||
                        (sig == 12 && alg == PV_KEY_ML_DSA_44) || (sig == 13 && alg == PV_KEY_ML_DSA_65) ||
                        (sig == 14 && alg == PV_KEY_ML_DSA_87) ||
                        ((sig == 22 || sig == 23) && alg == PV_KEY_DSA);
            int want = (pkcs1 && alg == PV_KEY_RSA) || any_pss || own_pss || ecdsa || other;
            CHECK_MSG(pv_algorithm_fits((uint8_t)sig, (uint8_t)alg) == want, "%u with %u", sig, alg);
        }
}

TEST(costs) {
    CHECK_IS(pv_algorithm_cost(PV_KEY_RSA, 2048), PV_COST_RSA_2048);
    CHECK_IS(pv_algorithm_cost(PV_KEY_RSA, 2049), PV_COST_RSA_4096);
    CHECK_IS(pv_algorithm_cost(PV_KEY_RSA_PSS, 4096), PV_COST_RSA_4096);
    CHECK_IS(pv_algorithm_cost(PV_KEY_RSA_PSS_SHA256, 4097), PV_COST_RSA_8192);
    CHECK_IS(pv_algorithm_cost(PV_KEY_P256, 256), PV_COST_P256);
    CHECK_IS(pv_algorithm_cost(PV_KEY_P384, 384), PV_COST_P384);
    CHECK_IS(pv_algorithm_cost(PV_KEY_P521, 521), PV_COST_P521);
    CHECK_IS(pv_algorithm_cost(PV_KEY_ED25519, 255), PV_COST_ED25519);
    CHECK_IS(pv_algorithm_cost(PV_KEY_ED448, 448), PV_COST_ED448);
    CHECK_IS(pv_algorithm_cost(PV_KEY_ML_DSA_44, 0), PV_COST_ML_DSA_44);
    CHECK_IS(pv_algorithm_cost(PV_KEY_ML_DSA_65, 0), PV_COST_ML_DSA_65);
    CHECK_IS(pv_algorithm_cost(PV_KEY_ML_DSA_87, 0), PV_COST_ML_DSA_87);
    CHECK_IS(pv_algorithm_cost(PV_KEY_DSA, 1024), PV_COST_DSA);
    CHECK_IS(pv_algorithm_cost(PV_KEY_UNKNOWN, 0), PV_COST_DSA);
    for (unsigned alg = 0; alg < 256; alg++)
        CHECK(pv_algorithm_cost((uint8_t)alg, 0) > 0);
}
