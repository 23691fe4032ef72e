/* fuzz_ocsp.c: OCSP responses, as fuzz_evidence.h makes them.
 *
 * Laws: a view is either zeroed, with a fault that says why and lies inside the input, or every span of it
 * lies inside the input and every answer can be read again; reading twice gives the same. */
#include "fuzz_evidence.h"

#include "ocsp.h"

static void make_seed(der_out *o, unsigned which) {
    static const char *const lines[] = {
        "R good:05 nonce certs:3",
        "key revoked:0102,r1,n unknown:07,2,c good:01,c",
        "R revoked:05,r8 nonce crit",
        "key good:0102030405060708,2",
    };
    ev_ocsp(o, lines[which % (sizeof lines / sizeof *lines)]);
}

static void check_singles(const pv_ocsp *o, pv_span der) {
    uint32_t num = 0;
    pv_ocsp_single s, again;
    for (pv_span cursor = pv_ocsp_singles(o); cursor.len > 0; num++) {
        pv_span same = cursor;
        MUST(pv_ocsp_single_next(&cursor, &s) == PV_OK && pv_ocsp_single_next(&same, &again) == PV_OK);
        MUST(same.data == cursor.data && s.status == again.status && s.digest_alg == again.digest_alg);
        MUST(is_inside(der, s.name_hash) && is_inside(der, s.key_hash) && is_inside(der, s.serial));
        MUST(s.serial.len > 0 && s.status <= PV_OCSP_UNKNOWN && s.reason <= 10 && s.reason != 7);
        MUST(s.digest_alg == PV_DIGEST_NONE || s.name_hash.len == s.key_hash.len);
        MUST(pv_ocsp_offset(o, s.at) > o->responses);
    }
    MUST(num == o->num_responses && num > 0);
}

static void check_view(const pv_ocsp *o, pv_span der) {
    int by_key;
    pv_span cert, certs = pv_ocsp_certs(o), responder = pv_ocsp_responder(o, &by_key);
    MUST(is_inside(der, pv_ocsp_tbs(o)) && pv_ocsp_tbs(o).len > 0 && is_inside(der, pv_ocsp_signature(o)));
    MUST(is_inside(der, responder) && (by_key ? responder.len == 20 : responder.len >= 2));
    while (certs.len > 0)
        MUST(pv_ocsp_cert_next(&certs, &cert) == PV_OK && is_inside(der, cert));
    MUST(o->unusable == PV_OK || o->unusable == PV_R_EVIDENCE_CRITICAL);
    check_singles(o, der);
}

static void check_der(pv_span der, uint8_t hint) {
    static const pv_ocsp zero;
    pv_ocsp o, again;
    pv_fault fault, fault_again;
    (void)hint;
    memset(&o, 0xA5, sizeof o);
    pv_reason reason = pv_ocsp_parse(&o, &fault, der);
    MUST(pv_ocsp_parse(&again, &fault_again, der) == reason && fault.offset == fault_again.offset);
    MUST(reason != PV_R_UNCHECKED && fault.reason == reason);
    if (reason != PV_OK) {
        num_refused++;
        MUST(memcmp(&o, &zero, sizeof o) == 0 && fault.offset <= der.len && fault.field != PV_FIELD_NONE);
        return;
    }
    num_read++;
    MUST(o.is_response == 1 && o.num_responses == again.num_responses && o.tbs == again.tbs);
    if (o.status == 0)
        check_view(&o, der);
    else
        MUST(o.unusable == PV_R_OCSP_UNSUCCESSFUL && o.responses == 0);
}
