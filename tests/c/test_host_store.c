/* test_host_store.c: many roots at once under the roots-only rule, and plain PEM. */
#include "harness.h"
#include "cert.h"
#include "host/anchors.h"
#include "host/roots.h"
#include "host_vectors.h"

static pvh_engine *engine(void) {
    static pvh_engine *made;
    if (!made) made = pvh_engine_libcrypto(getenv("PV_LIBCRYPTO"), NULL);
    return made;
}

#define CERT(name) ((pv_span){name, sizeof name})

/* The first that is no root by its structure. */
static pvh_root_finding add(pvh_store *store, const pv_span *certs, uint32_t num) {
    pvh_root_finding found;
    uint32_t lens[16];
    GARBAGE(found);
    for (uint32_t i = 0; i < num; i++)
        lens[i] = (uint32_t)certs[i].len;
    pv_span der = guarded(join(certs, num));
    CHECK_IS(pvh_store_add_roots(store, &found, der.data, der.len, lens, num), PV_DONE);
    return found;
}
#define ADD(store, ...) add(store, PARTS(__VA_ARGS__))

static pvh_root_finding prove(const pvh_store *store) {
    pvh_root_finding found;
    GARBAGE(found);
    CHECK_IS(pvh_store_prove_roots(store, &found, engine(), 0, pvh_store_num_anchors(store)), PV_DONE);
    return found;
}

static pv_span altered(pv_span cert, size_t from_end) {
    pv_span own = JOIN(cert);
    ((uint8_t *)(uintptr_t)own.data)[own.len - from_end] ^= 1;
    return own;
}

TEST(equal_roots_count_once_in_their_order) {
    pvh_store *store = pvh_store_new();
    CHECK_IS(ADD(store, CERT(rsa_root), CERT(ec_root), CERT(rsa_root)).kind, PVH_ROOT_GOOD);
    CHECK_IS(pvh_store_num_anchors(store), 2);
    CHECK_IS(prove(store).kind, PVH_ROOT_GOOD);
    pv_span first = pvh_store_certificate(store, 0), second = pvh_store_certificate(store, 1);
    CHECK(first.len == sizeof rsa_root && memcmp(first.data, rsa_root, first.len) == 0);
    CHECK(second.len == sizeof ec_root && memcmp(second.data, ec_root, second.len) == 0);
    CHECK_IS(pvh_store_certificate(store, 2).len, 0);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    pvh_store_free(store);
}

TEST(what_is_no_root_by_structure) {
    pvh_store *store = pvh_store_new();
    pvh_root_finding found = ADD(store, CERT(ec_root), CERT(ec_inter), CERT(ec_leaf0));
    CHECK_IS(found.kind, PVH_ROOT_INTERMEDIATE);
    CHECK_IS(found.position, 1);
    CHECK_IS(pvh_store_num_anchors(store), 1);
    found = ADD(store, CERT(ec_leaf0), CERT(ec_inter));
    CHECK_IS(found.kind, PVH_ROOT_END_ENTITY);
    CHECK_IS(found.position, 0);
    pvh_store_free(store);
}

TEST(what_cannot_be_read_comes_first) {
    pvh_store *store = pvh_store_new();
    pvh_root_finding found = ADD(store, CERT(ec_leaf0), CERT(ec_root), HEX("30 03 02 01 00"));
    CHECK_IS(found.kind, PVH_ROOT_UNREADABLE);
    CHECK_IS(found.position, 2);
    CHECK(found.fault.reason != PV_OK && found.fault.reason != 0);
    CHECK_IS(pvh_store_num_anchors(store), 0);
    found = ADD(store, CERT(ec_root), (pv_span){NULL, 0});
    CHECK_IS(found.kind, PVH_ROOT_UNREADABLE);
    CHECK_IS(found.position, 1);
    pvh_store_free(store);
}

/* The prefix before a certificate that is no root by structure can still be proven. */
TEST(signatures_that_are_not_their_own) {
    pvh_store *store = pvh_store_new();
    CHECK_IS(ADD(store, CERT(rsa_root), altered(CERT(ec_root), 1), CERT(ec_leaf0)).position, 2);
    pvh_root_finding found = prove(store);
    CHECK_IS(found.kind, PVH_ROOT_INTERMEDIATE);
    CHECK_IS(found.position, 1);
    pvh_store_free(store);
}

/* Answers what it is told to. */
static void answer(void *ctx, pv_job *jobs, size_t num_jobs) {
    for (size_t i = 0; i < num_jobs; i++)
        jobs[i].result = *(const uint8_t *)ctx;
}

TEST(what_cannot_be_proven) {
    static const struct {
        uint8_t result, kind;
        pv_reason reason;
    } cases[] = {{PV_SIG_NOT_CHECKED, PVH_ROOT_UNPROVEN, PV_R_SIGNATURE_NOT_CHECKED},
                 {PV_SIG_UNSUPPORTED, PVH_ROOT_UNPROVEN, PV_R_SIGNATURE_UNSUPPORTED},
                 {PV_SIG_BAD, PVH_ROOT_INTERMEDIATE, 0},
                 {0x7F, PVH_ROOT_UNPROVEN, PV_R_SIGNATURE_NOT_CHECKED},
                 {PV_SIG_GOOD, PVH_ROOT_GOOD, 0}};
    pvh_store *store = pvh_store_new();
    CHECK_IS(ADD(store, CERT(rsa_root)).kind, PVH_ROOT_GOOD);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pvh_root_finding found;
        uint8_t result = cases[i].result;
        pvh_engine *asked = pvh_engine_callback(answer, &result);
        CHECK_IS(pvh_store_prove_roots(store, &found, asked, 0, 1), PV_DONE);
        CHECK_IS(found.kind, cases[i].kind);
        CHECK_IS(found.fault.reason, cases[i].reason);
        pvh_engine_free(asked);
    }
    pvh_store_free(store);
}

/* Anchors of a name and a key have no signature to prove. */
TEST(anchors_without_a_certificate_are_passed_over) {
    pv_cert cert;
    pv_fault fault;
    pvh_store *store = pvh_store_new();
    CHECK_IS(pv_cert_parse(&cert, &fault, CERT(ec_inter)), PV_OK);
    pv_span subject = pv_cert_subject(&cert), spki = pv_cert_spki(&cert);
    CHECK_IS(pvh_store_add_key(store, &fault, subject.data, subject.len, spki.data, spki.len, NULL), PV_OK);
    CHECK_IS(prove(store).kind, PVH_ROOT_GOOD);
    CHECK_IS(pvh_store_certificate(store, 0).len, 0);
    pvh_store_free(store);
}

/* A view that is changed by hand, as no certificate here has such keys. */
TEST(keys_that_anchor_nothing) {
    pv_cert cert;
    pv_fault fault;
    CHECK_IS(pv_cert_parse(&cert, &fault, CERT(ec_root)), PV_OK);
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_GOOD);
    cert.key_fault = PV_R_KEY_POINT;
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_UNPROVEN);
    CHECK_IS(fault.reason, PV_R_KEY_POINT);
    cert.key_alg = PV_KEY_DSA;
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_UNPROVEN);
    CHECK_IS(fault.reason, PV_R_ALGORITHM_NOT_ALLOWED);
    cert.key_fault = PV_OK;
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_UNPROVEN);
    cert.flags &= (uint8_t)~PV_CERT_SELF_ISSUED;
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_INTERMEDIATE);
    cert.flags = PV_CERT_SELF_ISSUED;
    CHECK_IS(pvh_root_structure(&fault, &cert), PVH_ROOT_END_ENTITY);
    CHECK_IS(pvh_root_structure(&fault, &(pv_cert){0}), PVH_ROOT_UNKNOWN);
}

TEST(calls_that_cannot_be_carried_out) {
    pvh_store *store = pvh_store_new();
    pvh_root_finding found;
    const uint32_t longer[] = {sizeof ec_root, 1}, shorter[] = {sizeof ec_root - 1}, huge[] = {UINT32_MAX, 2};
    CHECK_IS(pvh_store_add_roots(store, &found, ec_root, sizeof ec_root, longer, 2), PV_FAILED);
    CHECK_IS(found.kind, PVH_ROOT_UNKNOWN);
    CHECK_IS(pvh_store_add_roots(store, &found, ec_root, sizeof ec_root, shorter, 1), PV_FAILED);
    CHECK_IS(pvh_store_add_roots(store, &found, ec_root, 1, huge, 2), PV_FAILED);
    CHECK_IS(pvh_store_add_roots(store, &found, ec_root, 0, NULL, 0), PV_DONE);
    CHECK_IS(pvh_store_prove_roots(store, &found, engine(), 0, 1), PV_FAILED);
    CHECK_IS(pvh_store_prove_roots(store, &found, engine(), 1, UINT32_MAX), PV_FAILED);
    CHECK_IS(found.kind, PVH_ROOT_UNKNOWN);
    CHECK_IS(pvh_store_seal(store), PV_DONE);
    CHECK_IS(pvh_store_add_roots(store, &found, ec_root, 0, NULL, 0), PV_FAILED);
    pvh_store_free(store);
}

/* --- Plain PEM --- */

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

/* All that was decoded, in hexadecimal, each block ended by a point; "-": the text is not plain. */
static const char *decoded(const char *pem) {
    static char shown[256];
    static uint8_t out[256];
    uint32_t lens[4];
    pv_span in = guarded(text(pem));
    uint32_t num = pvh_pem_certificates(out, lens, 4, in.data, in.len);
    if (num == 0) return "-";
    char *to = shown;
    const uint8_t *at = out;
    for (uint32_t i = 0; i < num; i++) {
        for (uint32_t j = 0; j < lens[i]; j++)
            to += snprintf(to, 3, "%02x", *at++);
        to += snprintf(to, 2, ".");
    }
    return shown;
}
#define CHECK_PEM(pem, want)                                                                                 \
    CHECK_MSG(strcmp(decoded(pem), want) == 0, "%s: %s, not %s", pem, decoded(pem), want)

TEST(plain_pem) {
    CHECK_PEM(BEGIN "AQID\n" END, "010203.");
    CHECK_PEM(BEGIN "AQID\nBAUG\n" END BEGIN "/+8=\n" END, "010203040506.ffef.");
    CHECK_PEM("# A root\n\n" BEGIN "AQ==\n" END "trailing text", "01.");
    CHECK_PEM("-----BEGIN CERTIFICATE-----\r\nAQID\r\n-----END CERTIFICATE-----\r\n", "010203.");
    CHECK_PEM(BEGIN "AQID\n-----END CERTIFICATE-----", "010203.");
    CHECK_PEM(BEGIN "AZaz\nAZ09\n+/+/\n" END, "0196b3019d3dfbffbf.");
}

TEST(pem_that_is_left_to_others) {
    static const char *const odd[] = {"",
                                      "text",
                                      BEGIN,
                                      END,
                                      BEGIN END,
                                      BEGIN "AQID\n",
                                      BEGIN "AQI\n" END,
                                      BEGIN "AQI=\nAQID\n" END,
                                      BEGIN "AQID====\n" END,
                                      BEGIN "A===\n" END,
                                      BEGIN "====\n" END,
                                      BEGIN "AQ=A\n" END,
                                      BEGIN "AR==\n" END,
                                      BEGIN "AQJ=\n" END,
                                      BEGIN " AQID\n" END,
                                      BEGIN "AQID \n" END,
                                      BEGIN "AQ\rID\n" END,
                                      BEGIN "\nAQID\n" END,
                                      BEGIN "AQ\x80\x44\n" END,
                                      BEGIN "AQ-D\n" END,
                                      BEGIN "AQID\n" BEGIN "AQID\n" END,
                                      BEGIN "AQID\n" END END,
                                      " " BEGIN "AQID\n" END,
                                      "-----BEGIN CERTIFICATE----- \nAQID\n" END,
                                      "\xEF\xBB\xBF" BEGIN "AQID\n" END,
                                      BEGIN "AQID\n-----END X509 CRL-----\n",
                                      BEGIN "AQID\n" END "-----BEGIN PRIVATE KEY-----\n",
                                      BEGIN "AQID\n" END "------\n",
                                      "-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CHECK_PEM(odd[i], "-");
    CHECK_PEM(BEGIN "AQID\n" END BEGIN "AQID\n" END BEGIN "AQID\n" END BEGIN "AQID\n" END,
              "010203.010203.010203.010203.");
    CHECK_PEM(BEGIN "AQID\n" END BEGIN "AQID\n" END BEGIN "AQID\n" END BEGIN "AQID\n" END BEGIN "AQID\n" END,
              "-");
}

/* As much room as is promised, and no more, is enough. */
TEST(decoding_stays_in_its_room) {
    char pem[4096];
    for (size_t groups = 1; groups < 200; groups++) {
        size_t len = (size_t)snprintf(pem, sizeof pem, BEGIN);
        for (size_t i = 0; i < groups; i++)
            len += (size_t)snprintf(pem + len, sizeof pem - len, "AQID\n");
        len += (size_t)snprintf(pem + len, sizeof pem - len, END);
        pv_span in = guarded((pv_span){(uint8_t *)pem, len}), out = guarded(blank(len * 3 / 4));
        uint32_t lens[1];
        CHECK_IS(pvh_pem_certificates((uint8_t *)(uintptr_t)out.data, lens, 1, in.data, in.len), 1);
        CHECK_IS(lens[0], 3 * groups);
    }
}
