/* algorithm.c: see algorithm.h. */
#include "algorithm.h"

#include "der.h"
#include "oid.h"

#include <string.h>

/* What an algorithm's parameters must be. */
enum {
    PARAMETERS_ABSENT, /* RFC 5758 3.1 and 3.2, RFC 8410 3, RFC 9881 2 */
    PARAMETERS_NULL,   /* RFC 4055 5: NULL; absent MUST be accepted too */
    PARAMETERS_PSS,    /* RFC 4055 3.1 */
};

typedef struct known_signature {
    uint8_t alg;
    uint8_t parameters;
    uint8_t oid_len;
    uint8_t oid[10];
} known_signature;

#define KNOWN(alg, parameters, oid) {PV_SIG_##alg, PARAMETERS_##parameters, PV_OID_LEN(oid), oid},

#define HAS_RSA       (PV_ALGORITHMS & PV_WITH_ANY_RSA)
#define HAS_RSA_PKCS1 (PV_ALGORITHMS & PV_WITH_RSA_PKCS1)
#define HAS_RSA_PSS   (PV_ALGORITHMS & PV_WITH_RSA_PSS)
#define HAS_ECDSA     (PV_ALGORITHMS & PV_WITH_ECDSA)
#define HAS_ED25519   (PV_ALGORITHMS & PV_WITH_ED25519)
#define HAS_ED448     (PV_ALGORITHMS & PV_WITH_ED448)
#define HAS_ML_DSA    (PV_ALGORITHMS & PV_WITH_ML_DSA)
#define HAS_DSA       (PV_ALGORITHMS & PV_WITH_DSA)
#define HAS_LEGACY    (PV_ALGORITHMS & PV_WITH_LEGACY)
#if !(HAS_RSA || HAS_ECDSA || HAS_ED25519 || HAS_ED448 || HAS_ML_DSA)
#error "PV_ALGORITHMS names no algorithm that a policy takes"
#endif

/* Most frequent first. */
/* clang-format off */
static const known_signature known_signatures[] = {
#if HAS_RSA_PKCS1
    KNOWN(RSA_PKCS1_SHA256, NULL, PV_OID_RSA_SHA256)
#endif
#if HAS_ECDSA
    KNOWN(ECDSA_SHA256, ABSENT, PV_OID_ECDSA_SHA256)
    KNOWN(ECDSA_SHA384, ABSENT, PV_OID_ECDSA_SHA384)
#endif
#if HAS_RSA_PKCS1
    KNOWN(RSA_PKCS1_SHA384, NULL, PV_OID_RSA_SHA384)
    KNOWN(RSA_PKCS1_SHA512, NULL, PV_OID_RSA_SHA512)
#endif
#if HAS_ECDSA
    KNOWN(ECDSA_SHA512, ABSENT, PV_OID_ECDSA_SHA512)
#endif
#if HAS_ED25519
    KNOWN(ED25519, ABSENT, PV_OID_ED25519)
#endif
#if HAS_ED448
    KNOWN(ED448, ABSENT, PV_OID_ED448)
#endif
#if HAS_RSA_PSS
    KNOWN(RSA_PSS_SHA256, PSS, PV_OID_RSASSA_PSS)
#endif
#if HAS_LEGACY
    KNOWN(RSA_PKCS1_SHA1, NULL, PV_OID_RSA_SHA1)
    KNOWN(RSA_PKCS1_SHA1, NULL, PV_OID_OIW_RSA_SHA1)
    KNOWN(ECDSA_SHA1, ABSENT, PV_OID_ECDSA_SHA1)
#endif
#if HAS_DSA
    KNOWN(DSA_SHA1, ABSENT, PV_OID_DSA_SHA1)
    KNOWN(DSA_SHA256, ABSENT, PV_OID_DSA_SHA256)
#endif
#if HAS_LEGACY
    KNOWN(RSA_PKCS1_MD5, NULL, PV_OID_RSA_MD5)
    KNOWN(RSA_PKCS1_MD2, NULL, PV_OID_RSA_MD2)
#endif
#if HAS_ML_DSA
    KNOWN(ML_DSA_44, ABSENT, PV_OID_ML_DSA_44)
    KNOWN(ML_DSA_65, ABSENT, PV_OID_ML_DSA_65)
    KNOWN(ML_DSA_87, ABSENT, PV_OID_ML_DSA_87)
#endif
};
/* clang-format on */

#define NUM_KNOWN (sizeof(known_signatures) / sizeof(known_signatures[0]))

static const known_signature *find_signature(pv_span oid) {
    for (size_t i = 0; i < NUM_KNOWN; i++) {
        const known_signature *known = &known_signatures[i];
        if (known->oid_len == oid.len && memcmp(known->oid, oid.data, oid.len) == 0) return known;
    }
    return NULL;
}

/* The contents of an AlgorithmIdentifier: an OID, then at most one element of any type (empty: absent). */
static pv_reason split(pv_span contents, pv_span *oid, pv_span *parameters) {
    uint8_t tag = 0;
    pv_span skipped;
    pv_reason reason = pv_der_read_oid(&contents, oid);
    if (reason != PV_OK) return reason;
    parameters->data = contents.data;
    parameters->len = contents.len;
    if (contents.len == 0) return PV_OK;
    reason = pv_der_read_any(&contents, &tag, &skipped);
    return reason != PV_OK ? reason : pv_der_end(&contents);
}

static int is_null(pv_span parameters) {
    return parameters.len == 2 && parameters.data[0] == PV_DER_NULL && parameters.data[1] == 0;
}

/* NULL or absent, as RFC 4055 2.1 wants it accepted for hashes and 5 for PKCS #1 v1.5. */
static pv_reason check_null(pv_span parameters, uint32_t *deviations) {
    if (parameters.len == 0) {
        if (PV_HAS_NOTES) *deviations |= PV_DEV_KEY_PARAMETERS;
        return PV_OK;
    }
    return is_null(parameters) ? PV_OK : PV_R_ALGORITHM_PARAMETERS;
}

/* --- RSASSA-PSS-params (RFC 4055 3.1) --- */

#if HAS_RSA_PSS

/* A hash of PSS: 0 is SHA-256, 1 SHA-384, 2 SHA-512, in the order of pv_sig_alg and pv_key_alg. */
typedef struct pss {
    uint8_t hash;
    uint16_t salt_len;
} pss;

static uint16_t pss_hash_len(uint8_t hash) {
    return (uint16_t)(hash == 0 ? 32 : hash == 1 ? 48 : 64);
}

/* An AlgorithmIdentifier of a hash at the cursor. */
static int read_hash(pv_span *in, uint8_t *hash) {
    pv_span contents, oid, parameters;
    if (pv_der_read(in, PV_DER_SEQUENCE, &contents) != PV_OK) return 0;
    if (split(contents, &oid, &parameters) != PV_OK) return 0;
    if (parameters.len != 0 && !is_null(parameters)) return 0;
    if (PV_OID_IS(oid, PV_OID_SHA256))
        *hash = 0;
    else if (PV_OID_IS(oid, PV_OID_SHA384))
        *hash = 1;
    else if (PV_OID_IS(oid, PV_OID_SHA512))
        *hash = 2;
    else
        return 0;
    return 1;
}

/* hashAlgorithm [0]. Its default is SHA-1, so that it must be there. */
static int read_pss_hash(pv_span *in, uint8_t *hash) {
    pv_span tagged;
    if (pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(0), &tagged) != PV_OK) return 0;
    return read_hash(&tagged, hash) && tagged.len == 0;
}

/* maskGenAlgorithm [1]: MGF1 with the same hash; its default is SHA-1 too. */
static int read_pss_mask(pv_span *in, uint8_t hash) {
    pv_span tagged, contents, oid;
    uint8_t mask_hash = 0;
    if (pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(1), &tagged) != PV_OK) return 0;
    if (pv_der_read(&tagged, PV_DER_SEQUENCE, &contents) != PV_OK || tagged.len != 0) return 0;
    if (pv_der_read_oid(&contents, &oid) != PV_OK || !PV_OID_IS(oid, PV_OID_MGF1)) return 0;
    return read_hash(&contents, &mask_hash) && contents.len == 0 && mask_hash == hash;
}

/* saltLength [2], default 20. */
static int read_pss_salt(pv_span *in, uint16_t *salt_len) {
    pv_span tagged;
    *salt_len = 20;
    if (!pv_der_has(in, PV_DER_CONTEXT_CONSTRUCTED(2))) return 1;
    if (pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(2), &tagged) != PV_OK) return 0;
    return pv_der_read_small(&tagged, salt_len) == PV_OK && tagged.len == 0;
}

/* trailerField [3], default 1: whoever verifies must take it written out as well (RFC 4055 3.1). */
static int read_pss_trailer(pv_span *in, uint32_t *deviations) {
    pv_span tagged;
    uint16_t trailer = 0;
    if (in->len == 0) return 1;
    if (pv_der_read(in, PV_DER_CONTEXT_CONSTRUCTED(3), &tagged) != PV_OK) return 0;
    if (pv_der_read_small(&tagged, &trailer) != PV_OK || tagged.len != 0) return 0;
    if (PV_HAS_NOTES) *deviations |= PV_DEV_EXPLICIT_DEFAULT;
    return trailer == 1 && in->len == 0;
}

static int read_pss(pv_span parameters, pss *out, uint32_t *deviations) {
    pv_span in;
    if (pv_der_read(&parameters, PV_DER_SEQUENCE, &in) != PV_OK) return 0;
    return read_pss_hash(&in, &out->hash) && read_pss_mask(&in, out->hash) &&
           read_pss_salt(&in, &out->salt_len) && read_pss_trailer(&in, deviations);
}

static pv_reason pss_signature(pv_span parameters, uint8_t *sig_alg, uint32_t *deviations) {
    pss found = {0, 0};
    if (!read_pss(parameters, &found, deviations)) return PV_R_ALGORITHM_PARAMETERS;
    if (found.salt_len != pss_hash_len(found.hash)) return PV_R_ALGORITHM_PARAMETERS;
    *sig_alg = (uint8_t)(PV_SIG_RSA_PSS_SHA256 + found.hash);
    return PV_OK;
}

#endif

pv_reason pv_algorithm_signature(pv_span contents, uint8_t *sig_alg, uint32_t *deviations) {
    pv_span oid, parameters;
    *sig_alg = PV_SIG_UNKNOWN;
    pv_reason reason = split(contents, &oid, &parameters);
    if (reason != PV_OK) return reason;
    const known_signature *known = find_signature(oid);
    if (known == NULL) return PV_OK;
#if HAS_RSA_PSS
    if (known->parameters == PARAMETERS_PSS) return pss_signature(parameters, sig_alg, deviations);
#endif
    if (known->parameters == PARAMETERS_NULL)
        reason = check_null(parameters, deviations);
    else if (parameters.len != 0)
        reason = PV_R_ALGORITHM_PARAMETERS;
    if (reason == PV_OK) *sig_alg = known->alg;
    return reason;
}

/* --- Keys --- */

/* A positive INTEGER without the octet that only holds its sign. */
static pv_reason read_positive(pv_span *in, pv_span *number) {
    pv_reason reason = pv_der_read_integer(in, number);
    if (reason != PV_OK) return reason;
    if ((number->data[0] & 0x80u) != 0) return PV_R_DER_INTEGER;
    if (number->data[0] == 0) pv_der_skip(number, 1);
    return number->len == 0 ? PV_R_DER_INTEGER : PV_OK; /* nothing left: it is zero */
}

#if HAS_RSA || HAS_DSA

static uint16_t bit_length(pv_span number) {
    if (number.len > 0xFFFFu / 8) return 0xFFFFu;
    unsigned bits = (unsigned)number.len * 8;
    for (unsigned top = number.data[0]; top < 0x80u; top <<= 1)
        bits--;
    return (uint16_t)bits;
}

#endif

/* RSAPublicKey (RFC 8017 A.1.1) */
static pv_reason read_rsa(pv_span octets, pv_span *modulus, pv_span *exponent) {
    pv_span in;
    pv_reason reason = pv_der_read(&octets, PV_DER_SEQUENCE, &in);
    if (reason == PV_OK) reason = pv_der_end(&octets);
    if (reason == PV_OK) reason = read_positive(&in, modulus);
    if (reason == PV_OK) reason = read_positive(&in, exponent);
    return reason == PV_OK ? pv_der_end(&in) : reason;
}

#if HAS_RSA

/* Odd, above 1, below 2^33 (the public exponents that every library takes). */
static int exponent_is_good(pv_span exponent) {
    if ((exponent.data[exponent.len - 1] & 1u) == 0) return 0;
    if (exponent.len == 1) return exponent.data[0] > 1;
    return exponent.len < 5 || (exponent.len == 5 && exponent.data[0] < 2);
}

static pv_reason check_rsa(pv_span octets, uint16_t *bits) {
    pv_span modulus, exponent;
    pv_reason reason = read_rsa(octets, &modulus, &exponent);
    if (reason != PV_OK) return reason;
    *bits = bit_length(modulus);
    if (*bits < 2048) return PV_R_KEY_TOO_SMALL;
    if (*bits > 8192) return PV_R_KEY_TOO_LARGE;
    if ((modulus.data[modulus.len - 1] & 1u) == 0) return PV_R_KEY_MODULUS;
    return exponent_is_good(exponent) ? PV_OK : PV_R_KEY_EXPONENT;
}

static void judge_rsa(pv_key_info *info, pv_span parameters, pv_span octets, uint32_t *deviations) {
    info->alg = PV_KEY_RSA;
    info->fault = check_rsa(octets, &info->bits);
    pv_reason reason = check_null(parameters, deviations);
    if (reason != PV_OK) info->fault = reason;
}

#endif

#if HAS_RSA_PSS

/* id-RSASSA-PSS: no parameters, or the ones that its signatures have; the salt length is only the least one
 * (RFC 4055 3.3). */
static void judge_pss(pv_key_info *info, pv_span parameters, pv_span octets, uint32_t *deviations) {
    pss found = {0, 0};
    info->fault = check_rsa(octets, &info->bits);
    info->alg = PV_KEY_RSA_PSS;
    if (parameters.len == 0) return;
    if (read_pss(parameters, &found, deviations) && found.salt_len <= pss_hash_len(found.hash)) {
        info->alg = (uint8_t)(PV_KEY_RSA_PSS_SHA256 + found.hash);
    } else {
        info->alg = PV_KEY_UNKNOWN;
        info->fault = PV_R_ALGORITHM_PARAMETERS;
    }
}

#endif

#if HAS_ECDSA || HAS_ED25519 || HAS_ED448

static void judge_raw(pv_key_info *info, uint8_t alg, uint16_t bits, int is_good) {
    info->alg = alg;
    info->bits = bits;
    info->fault = is_good ? PV_OK : PV_R_KEY_POINT;
}

#endif

#if HAS_ECDSA

/* RFC 5480 2.2: an uncompressed point, 04 X Y. That it lies on the curve is for the checker to see. */
static int is_point(pv_span octets, size_t coordinate_len) {
    return octets.len == 1 + 2 * coordinate_len && octets.data[0] == 0x04;
}

/* RFC 5480 2.1.1: only namedCurve. */
static void judge_ec(pv_key_info *info, pv_span parameters, pv_span octets) {
    pv_span curve;
    info->fault = PV_R_KEY_CURVE;
    if (pv_der_read_oid(&parameters, &curve) != PV_OK) return;
    if (PV_OID_IS(curve, PV_OID_P256))
        judge_raw(info, PV_KEY_P256, 256, is_point(octets, 32));
    else if (PV_OID_IS(curve, PV_OID_P384))
        judge_raw(info, PV_KEY_P384, 384, is_point(octets, 48));
    else if (PV_OID_IS(curve, PV_OID_P521))
        judge_raw(info, PV_KEY_P521, 521, is_point(octets, 66));
}

#endif

#if HAS_ED25519 || HAS_ED448

/* RFC 8410 3, 4: no parameters, the key itself. */
static void judge_edwards(pv_key_info *info, int is_448, pv_span parameters, pv_span octets) {
    if (is_448)
        judge_raw(info, PV_KEY_ED448, 448, octets.len == 57);
    else
        judge_raw(info, PV_KEY_ED25519, 255, octets.len == 32);
    if (parameters.len != 0) info->fault = PV_R_ALGORITHM_PARAMETERS;
}

#endif

#if HAS_ML_DSA

/* RFC 9881 4: no parameters, the key itself. It has no size in bits that would tell anybody anything. */
static void judge_ml_dsa(pv_key_info *info, uint8_t alg, pv_span parameters, pv_span octets) {
    static const uint16_t lens[] = {1312, 1952, 2592}; /* FIPS 204, table 2 */
    info->alg = alg;
    info->fault = octets.len == lens[alg - PV_KEY_ML_DSA_44] ? PV_OK : PV_R_KEY_LENGTH;
    if (parameters.len != 0) info->fault = PV_R_ALGORITHM_PARAMETERS;
}

#endif

/* --- DSA (RFC 3279 2.3.2) --- */

#if HAS_DSA

#define MAX_DSA_OCTETS (3072u / 8u)

static int is_odd(pv_span number) {
    return number.data[number.len - 1] & 1u;
}

static int is_above_one(pv_span number) {
    return number.len > 1 || number.data[0] > 1;
}

/* Of numbers without leading zeros. */
static int is_below(pv_span a, pv_span b) {
    if (a.len != b.len) return a.len < b.len;
    return memcmp(a.data, b.data, a.len) < 0;
}

/* Dss-Parms, with its header. */
static int read_dss(pv_span parameters, pv_dsa_numbers *out) {
    pv_span in;
    if (pv_der_read(&parameters, PV_DER_SEQUENCE, &in) != PV_OK || parameters.len != 0) return 0;
    return read_positive(&in, &out->p) == PV_OK && read_positive(&in, &out->q) == PV_OK &&
           read_positive(&in, &out->g) == PV_OK && in.len == 0;
}

/* The sizes of FIPS 186-4 4.2, those between taken as well; what can be seen without arithmetic. Whether p
 * and q are prime is for the owner of the parameters to have seen. */
static int is_dss_good(const pv_dsa_numbers *numbers) {
    uint16_t p = bit_length(numbers->p), q = bit_length(numbers->q);
    if (p < 1024 || p > 3072 || !is_odd(numbers->p)) return 0;
    if ((q != 160 && q != 224 && q != 256) || !is_odd(numbers->q)) return 0;
    return is_above_one(numbers->g) && is_below(numbers->g, numbers->p);
}

/* DSAPublicKey ::= INTEGER. `p` is NULL if it is inherited: then the largest one bounds y. */
static pv_reason read_dsa_y(pv_span octets, const pv_span *p, pv_span *y) {
    pv_reason reason = read_positive(&octets, y);
    if (reason == PV_OK) reason = pv_der_end(&octets);
    if (reason != PV_OK) return reason;
    int is_in_range = is_above_one(*y) && (p ? is_below(*y, *p) : y->len <= MAX_DSA_OCTETS);
    return is_in_range ? PV_OK : PV_R_KEY_LENGTH;
}

/* Absent parameters are inherited; NULL is none of the two forms. */
static void judge_dsa(pv_key_info *info, pv_span parameters, pv_span octets) {
    pv_dsa_numbers numbers;
    info->alg = PV_KEY_DSA;
    if (parameters.len == 0) {
        info->fault = read_dsa_y(octets, NULL, &numbers.y);
        return;
    }
    info->fault = PV_R_ALGORITHM_PARAMETERS;
    if (!read_dss(parameters, &numbers)) return;
    info->bits = bit_length(numbers.p);
    if (is_dss_good(&numbers)) info->fault = read_dsa_y(octets, &numbers.p, &numbers.y);
}

#endif

/* Kinds of keys that the build has; each is named by one OID. Nearly all are one of the first two. */
static void judge_key(pv_key_info *info, pv_span oid, pv_span parameters, pv_span octets,
                      uint32_t *deviations) {
    (void)deviations; /* of RSA keys alone */
    *info = (pv_key_info){.fault = PV_R_ALGORITHM_UNKNOWN, .bits = 0, .alg = PV_KEY_UNKNOWN};
#if HAS_ECDSA
    if (PV_OID_IS(oid, PV_OID_EC_PUBLIC_KEY)) {
        judge_ec(info, parameters, octets);
        return;
    }
#endif
#if HAS_RSA
    if (PV_OID_IS(oid, PV_OID_RSA_ENCRYPTION)) {
        judge_rsa(info, parameters, octets, deviations);
        return;
    }
#endif
#if HAS_ED25519
    if (PV_OID_IS(oid, PV_OID_ED25519)) judge_edwards(info, 0, parameters, octets);
#endif
#if HAS_ED448
    if (PV_OID_IS(oid, PV_OID_ED448)) judge_edwards(info, 1, parameters, octets);
#endif
#if HAS_RSA_PSS
    if (PV_OID_IS(oid, PV_OID_RSASSA_PSS)) judge_pss(info, parameters, octets, deviations);
#endif
#if HAS_DSA
    if (PV_OID_IS(oid, PV_OID_DSA)) judge_dsa(info, parameters, octets);
#endif
#if HAS_ML_DSA
    if (PV_OID_IS(oid, PV_OID_ML_DSA_44)) judge_ml_dsa(info, PV_KEY_ML_DSA_44, parameters, octets);
    if (PV_OID_IS(oid, PV_OID_ML_DSA_65)) judge_ml_dsa(info, PV_KEY_ML_DSA_65, parameters, octets);
    if (PV_OID_IS(oid, PV_OID_ML_DSA_87)) judge_ml_dsa(info, PV_KEY_ML_DSA_87, parameters, octets);
#endif
}

typedef struct key_frame {
    pv_span oid;
    pv_span parameters;
    pv_span octets;
} key_frame;

/* The contents of a SubjectPublicKeyInfo (RFC 5280 4.1). */
static pv_reason read_frame(pv_span in, key_frame *out) {
    pv_span algorithm;
    pv_reason reason = pv_der_read(&in, PV_DER_SEQUENCE, &algorithm);
    if (reason == PV_OK) reason = split(algorithm, &out->oid, &out->parameters);
    if (reason == PV_OK) reason = pv_der_read_octets(&in, &out->octets);
    return reason == PV_OK ? pv_der_end(&in) : reason;
}

pv_reason pv_algorithm_key(pv_span *in, pv_span *element, pv_key_info *info, uint32_t *deviations) {
    pv_span contents;
    key_frame frame;
    pv_reason reason = pv_der_peek(in, PV_DER_SEQUENCE, &contents);
    if (reason == PV_OK) reason = read_frame(contents, &frame);
    if (reason != PV_OK) return reason;
    judge_key(info, frame.oid, frame.parameters, frame.octets, deviations);
    element->data = in->data;
    pv_der_move(in, contents.data + contents.len);
    element->len = (size_t)(in->data - element->data);
    return PV_OK;
}

/* 0: not a SubjectPublicKeyInfo; then `out` is empty. */
static int open_key(pv_span spki, key_frame *out) {
    pv_span contents;
    memset(out, 0, sizeof(*out));
    if (pv_der_read(&spki, PV_DER_SEQUENCE, &contents) == PV_OK && read_frame(contents, out) == PV_OK)
        return 1;
    memset(out, 0, sizeof(*out));
    return 0;
}

pv_span pv_algorithm_key_octets(pv_span spki) {
    key_frame frame;
    (void)open_key(spki, &frame); /* on failure it is empty */
    return frame.octets;
}

int pv_algorithm_rsa(pv_span spki, pv_span *modulus, pv_span *exponent) {
    key_frame frame;
    if (!open_key(spki, &frame)) return 0;
    if (!PV_OID_IS(frame.oid, PV_OID_RSA_ENCRYPTION) && !PV_OID_IS(frame.oid, PV_OID_RSASSA_PSS)) return 0;
    return read_rsa(frame.octets, modulus, exponent) == PV_OK;
}

#if HAS_DSA

pv_span pv_algorithm_dsa_parameters(pv_span spki) {
    const pv_span none = {NULL, 0};
    key_frame frame;
    pv_dsa_numbers numbers;
    if (!open_key(spki, &frame) || !PV_OID_IS(frame.oid, PV_OID_DSA)) return none;
    return read_dss(frame.parameters, &numbers) && is_dss_good(&numbers) ? frame.parameters : none;
}

pv_dsa_key pv_algorithm_dsa(pv_span spki, pv_span inherited, pv_dsa_numbers *numbers) {
    key_frame frame;
    memset(numbers, 0, sizeof(*numbers));
    if (!open_key(spki, &frame) || !PV_OID_IS(frame.oid, PV_OID_DSA)) return PV_DSA_BAD;
    pv_span parameters = frame.parameters.len != 0 ? frame.parameters : inherited;
    if (parameters.len == 0) return PV_DSA_INCOMPLETE;
    if (!read_dss(parameters, numbers) || !is_dss_good(numbers)) return PV_DSA_BAD;
    return read_dsa_y(frame.octets, &numbers->p, &numbers->y) == PV_OK ? PV_DSA_GOOD : PV_DSA_BAD;
}

#else

pv_span pv_algorithm_dsa_parameters(pv_span spki) {
    (void)spki;
    return (pv_span){NULL, 0};
}

pv_dsa_key pv_algorithm_dsa(pv_span spki, pv_span inherited, pv_dsa_numbers *numbers) {
    (void)spki, (void)inherited;
    memset(numbers, 0, sizeof(*numbers));
    return PV_DSA_BAD;
}

#endif

/* --- Which goes with which, and at what price --- */

#if HAS_RSA_PSS

static int is_rsa_pss_key(uint8_t key_alg) {
    return key_alg >= PV_KEY_RSA_PSS_SHA256 && key_alg <= PV_KEY_RSA_PSS;
}

/* RFC 4055 1.2: an rsaEncryption key makes both kinds; an id-RSASSA-PSS key only its own. */
static int pss_fits(uint8_t sig_alg, uint8_t key_alg) {
    if (key_alg == PV_KEY_RSA || key_alg == PV_KEY_RSA_PSS) return 1;
    return is_rsa_pss_key(key_alg) && key_alg - PV_KEY_RSA_PSS_SHA256 == sig_alg - PV_SIG_RSA_PSS_SHA256;
}

#endif

int pv_algorithm_fits(uint8_t sig_alg, uint8_t key_alg) {
    switch (sig_alg) {
#if HAS_RSA || HAS_LEGACY
    case PV_SIG_RSA_PKCS1_SHA256:
    case PV_SIG_RSA_PKCS1_SHA384:
    case PV_SIG_RSA_PKCS1_SHA512:
    case PV_SIG_RSA_PKCS1_SHA1:
    case PV_SIG_RSA_PKCS1_MD5:
    case PV_SIG_RSA_PKCS1_MD2: return key_alg == PV_KEY_RSA;
#endif
#if HAS_RSA_PSS
    case PV_SIG_RSA_PSS_SHA256:
    case PV_SIG_RSA_PSS_SHA384:
    case PV_SIG_RSA_PSS_SHA512: return pss_fits(sig_alg, key_alg);
#endif
#if HAS_ECDSA || HAS_LEGACY
    case PV_SIG_ECDSA_SHA256:
    case PV_SIG_ECDSA_SHA384:
    case PV_SIG_ECDSA_SHA512:
    case PV_SIG_ECDSA_SHA1: return key_alg >= PV_KEY_P256 && key_alg <= PV_KEY_P521;
#endif
#if HAS_ED25519
    case PV_SIG_ED25519: return key_alg == PV_KEY_ED25519;
#endif
#if HAS_ED448
    case PV_SIG_ED448: return key_alg == PV_KEY_ED448;
#endif
#if HAS_DSA
    case PV_SIG_DSA_SHA1:
    case PV_SIG_DSA_SHA256: return key_alg == PV_KEY_DSA;
#endif
#if HAS_ML_DSA
    case PV_SIG_ML_DSA_44: return key_alg == PV_KEY_ML_DSA_44;
    case PV_SIG_ML_DSA_65: return key_alg == PV_KEY_ML_DSA_65;
    case PV_SIG_ML_DSA_87: return key_alg == PV_KEY_ML_DSA_87;
#endif
    default: return 0;
    }
}

#if HAS_RSA

static uint32_t rsa_cost(uint16_t key_bits) {
    if (key_bits <= 2048) return PV_COST_RSA_2048;
    return key_bits <= 4096 ? PV_COST_RSA_4096 : PV_COST_RSA_8192;
}

#endif

uint32_t pv_algorithm_cost(uint8_t key_alg, uint16_t key_bits) {
    (void)key_bits; /* of RSA keys alone */
    switch (key_alg) {
#if HAS_RSA
    case PV_KEY_RSA:
    case PV_KEY_RSA_PSS_SHA256:
    case PV_KEY_RSA_PSS_SHA384:
    case PV_KEY_RSA_PSS_SHA512:
    case PV_KEY_RSA_PSS: return rsa_cost(key_bits);
#endif
#if HAS_ECDSA
    case PV_KEY_P256: return PV_COST_P256;
    case PV_KEY_P384: return PV_COST_P384;
    case PV_KEY_P521: return PV_COST_P521;
#endif
#if HAS_ED25519
    case PV_KEY_ED25519: return PV_COST_ED25519;
#endif
#if HAS_ED448
    case PV_KEY_ED448: return PV_COST_ED448;
#endif
#if HAS_ML_DSA
    case PV_KEY_ML_DSA_44: return PV_COST_ML_DSA_44;
    case PV_KEY_ML_DSA_65: return PV_COST_ML_DSA_65;
    case PV_KEY_ML_DSA_87: return PV_COST_ML_DSA_87;
#endif
    default: return PV_COST_DSA; /* the dearest: DSA, of any size as it may be inherited; what is not known */
    }
}
