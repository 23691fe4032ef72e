#include "psa_checker.h"

#include <psa/crypto.h>
#include <string.h>

#define MAX_COORDINATE 66u /* P-521 */
#define COUNT(array)   (sizeof(array) / sizeof *(array))

/* The state that the core lends must hold a hash operation. */
typedef char psa_hash_operation_fits[sizeof(psa_hash_operation_t) <= PV_DIGEST_STATE ? 1 : -1];

typedef struct sig_kind {
    uint8_t sig_alg; /* pv_sig_alg */
    psa_algorithm_t alg, hash;
} sig_kind;

typedef struct key_kind {
    uint8_t key_alg, coordinate; /* pv_key_alg; octets of a coordinate, 0: RSA */
    psa_key_type_t type;
} key_kind;

#define PAIR PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)

static const sig_kind sig_kinds[] = {
    {PV_SIG_ECDSA_SHA256, PSA_ALG_ECDSA(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
    {PV_SIG_ECDSA_SHA384, PSA_ALG_ECDSA(PSA_ALG_SHA_384), PSA_ALG_SHA_384},
    {PV_SIG_ECDSA_SHA512, PSA_ALG_ECDSA(PSA_ALG_SHA_512), PSA_ALG_SHA_512},
    {PV_SIG_RSA_PKCS1_SHA256, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
    {PV_SIG_RSA_PKCS1_SHA384, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_384), PSA_ALG_SHA_384},
    {PV_SIG_RSA_PKCS1_SHA512, PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_512), PSA_ALG_SHA_512},
    {PV_SIG_RSA_PSS_SHA256, PSA_ALG_RSA_PSS(PSA_ALG_SHA_256), PSA_ALG_SHA_256},
    {PV_SIG_RSA_PSS_SHA384, PSA_ALG_RSA_PSS(PSA_ALG_SHA_384), PSA_ALG_SHA_384},
    {PV_SIG_RSA_PSS_SHA512, PSA_ALG_RSA_PSS(PSA_ALG_SHA_512), PSA_ALG_SHA_512},
};

static const key_kind key_kinds[] = {
    {PV_KEY_P256, 32, PAIR},
    {PV_KEY_P384, 48, PAIR},
    {PV_KEY_P521, MAX_COORDINATE, PAIR},
    {PV_KEY_RSA, 0, PSA_KEY_TYPE_RSA_PUBLIC_KEY},
    {PV_KEY_RSA_PSS, 0, PSA_KEY_TYPE_RSA_PUBLIC_KEY},
    {PV_KEY_RSA_PSS_SHA256, 0, PSA_KEY_TYPE_RSA_PUBLIC_KEY},
    {PV_KEY_RSA_PSS_SHA384, 0, PSA_KEY_TYPE_RSA_PUBLIC_KEY},
    {PV_KEY_RSA_PSS_SHA512, 0, PSA_KEY_TYPE_RSA_PUBLIC_KEY},
};

static const sig_kind *find_sig(uint8_t alg) {
    for (size_t i = 0; i < COUNT(sig_kinds); i++) {
        if (sig_kinds[i].sig_alg == alg) return &sig_kinds[i];
    }
    return NULL;
}

static const key_kind *find_key(uint8_t alg) {
    for (size_t i = 0; i < COUNT(key_kinds); i++) {
        if (key_kinds[i].key_alg == alg) return &key_kinds[i];
    }
    return NULL;
}

static void advance(pv_span *in, size_t len) {
    in->data += len;
    in->len -= len;
}

/* A definite length in the fewest octets (X.690 10.1), of two octets at most: 0 if it is none. */
static int take_len(pv_span *in, size_t *len) {
    size_t octets = 0;
    if (in->len == 0) return 0;
    *len = in->data[0];
    if (*len >= 0x80) octets = *len & 0x7Fu;
    if (octets > 2 || (*len >= 0x80 && octets == 0) || in->len < 1 + octets) return 0;
    if (octets > 0) *len = octets == 1 ? in->data[1] : (size_t)in->data[1] << 8 | in->data[2];
    if (octets > 0 && *len < (octets == 1 ? 0x80u : 0x100u)) return 0;
    advance(in, 1 + octets);
    return *len <= in->len;
}

/* Takes the contents of the next element, which must have this tag. */
static int take(pv_span *contents, pv_span *in, uint8_t tag) {
    size_t len = 0;
    if (in->len == 0 || in->data[0] != tag) return 0;
    advance(in, 1);
    if (!take_len(in, &len)) return 0;
    contents->data = in->data;
    contents->len = len;
    advance(in, len);
    return 1;
}

/* subjectPublicKey's octets: the point, or RSAPublicKey, which are PSA's formats too. */
static int key_octets(pv_span *out, pv_span spki) {
    pv_span info, algorithm;
    if (!take(&info, &spki, 0x30) || !take(&algorithm, &info, 0x30) || !take(out, &info, 0x03)) return 0;
    if (out->len < 2 || out->data[0] != 0) return 0;
    advance(out, 1);
    return 1;
}

/* A positive INTEGER in the fewest octets, to `len` octets, high ones first. */
static int take_number(uint8_t *out, pv_span *in, size_t len) {
    pv_span number;
    if (!take(&number, in, 0x02) || number.len == 0 || (number.data[0] & 0x80)) return 0;
    if (number.data[0] == 0 && number.len > 1) {
        advance(&number, 1);
        if (!(number.data[0] & 0x80)) return 0;
    }
    if (number.len > len) return 0;
    memset(out, 0, len - number.len);
    memcpy(out + len - number.len, number.data, number.len);
    return 1;
}

/* ECDSA-Sig-Value (RFC 3279 2.2.3) as PSA has it: r and s, each as long as a coordinate. */
static int pair_of(uint8_t *out, size_t len, pv_span signature) {
    pv_span pair;
    if (!take(&pair, &signature, 0x30) || signature.len != 0) return 0;
    return take_number(out, &pair, len) && take_number(out + len, &pair, len) && pair.len == 0;
}

/* Only the provider's plain "no" is BAD. Memory, hardware, or a missing psa_crypto_init decide nothing. */
static uint8_t result_of(psa_status_t status) {
    switch (status) {
    case PSA_SUCCESS: return PV_SIG_GOOD;
    case PSA_ERROR_INVALID_SIGNATURE: return PV_SIG_BAD;
    case PSA_ERROR_NOT_SUPPORTED: return PV_SIG_UNSUPPORTED;
    default: return PV_SIG_NOT_CHECKED;
    }
}

static uint8_t import_key(psa_key_id_t *key, const key_kind *kind, const sig_kind *sig, pv_span spki) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    pv_span octets;
    if (!key_octets(&octets, spki)) return PV_SIG_BAD;
    psa_set_key_type(&attributes, kind->type);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH | PSA_KEY_USAGE_VERIFY_MESSAGE);
    psa_set_key_algorithm(&attributes, sig->alg);
    psa_status_t status = psa_import_key(&attributes, octets.data, octets.len, key);
    /* A point that is not on its curve can verify nothing, whoever asks (SEC 1 3.2.2.1). */
    if (status == PSA_ERROR_INVALID_ARGUMENT) return kind->coordinate ? PV_SIG_BAD : PV_SIG_UNSUPPORTED;
    return result_of(status);
}

static psa_status_t verify(const pv_job *job, const sig_kind *sig, psa_key_id_t key, pv_span signature) {
    if (job->digest_len == 0)
        return psa_verify_message(key, sig->alg, job->message.data, job->message.len, signature.data,
                                  signature.len);
    if (job->digest_len != PSA_HASH_LENGTH(sig->hash)) return PSA_ERROR_BAD_STATE;
    return psa_verify_hash(key, sig->alg, job->digest, job->digest_len, signature.data, signature.len);
}

static uint8_t check_one(const pv_job *job) {
    const sig_kind *sig = find_sig(job->sig_alg);
    const key_kind *kind = find_key(job->key_alg);
    uint8_t room[2 * MAX_COORDINATE];
    pv_span signature = job->signature;
    psa_key_id_t key = 0;
    if (sig == NULL || kind == NULL) return PV_SIG_UNSUPPORTED;
    if ((kind->coordinate != 0) != (PSA_ALG_IS_ECDSA(sig->alg) != 0)) return PV_SIG_BAD;
    uint8_t result = import_key(&key, kind, sig, job->spki);
    if (result != PV_SIG_GOOD) return result;
    if (kind->coordinate) signature = (pv_span){room, 2u * kind->coordinate};
    result = kind->coordinate && !pair_of(room, kind->coordinate, job->signature)
                 ? (uint8_t)PV_SIG_BAD
                 : result_of(verify(job, sig, key, signature));
    return psa_destroy_key(key) == PSA_SUCCESS ? result : (uint8_t)PV_SIG_NOT_CHECKED;
}

static void check(void *ctx, pv_job *jobs, size_t num_jobs) {
    (void)ctx;
    for (size_t i = 0; i < num_jobs; i++) {
        uint32_t after = jobs[i].after;
        if (after == 0 || (after <= i && jobs[after - 1].result == PV_SIG_GOOD))
            jobs[i].result = check_one(&jobs[i]);
    }
}

static psa_algorithm_t hash_of(pv_digest_alg alg) {
    switch (alg) {
    case PV_DIGEST_SHA1: return PSA_ALG_SHA_1;
    case PV_DIGEST_SHA256: return PSA_ALG_SHA_256;
    case PV_DIGEST_SHA384: return PSA_ALG_SHA_384;
    case PV_DIGEST_SHA512: return PSA_ALG_SHA_512;
    default: return PSA_ALG_NONE;
    }
}

/* A step that fails leaves no operation, so that FINISH fails too. */
static size_t digest(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                     pv_span data) {
    psa_hash_operation_t *operation = state;
    psa_status_t status = PSA_SUCCESS;
    size_t len = 0;
    (void)ctx;
    if (step == PV_DIGEST_BEGIN) {
        *operation = psa_hash_operation_init();
        status = psa_hash_setup(operation, hash_of(alg));
    } else if (step == PV_DIGEST_UPDATE) {
        status = psa_hash_update(operation, data.data, data.len);
    } else {
        status = psa_hash_finish(operation, out, 64, &len);
    }
    if (status == PSA_SUCCESS) return step == PV_DIGEST_FINISH ? len : 1;
    (void)psa_hash_abort(operation);
    return 0;
}

const pv_checker psa_checker = {NULL, check, digest};
