/* test_host_evidence.c: CRLs and responses in memory of their own: who keeps whom alive, and memos under
 * threads. */
#define _GNU_SOURCE
#include "harness.h"
#include "evidence.h"
#include "host/host.h"
#include "host/memo.h"

#include "crl.h"

#include <pthread.h>

static pvh_crl *crl_of(const char *line) {
    der_out o = {0};
    pv_fault fault;
    ev_crl(&o, line);
    pvh_crl *crl = pvh_crl_new(&fault, o.data, o.len);
    CHECK(crl != NULL && fault.reason == PV_OK);
    return crl;
}

static pvh_ocsp *ocsp_of(const char *line) {
    der_out o = {0};
    pv_fault fault;
    ev_ocsp(&o, line);
    pvh_ocsp *ocsp = pvh_ocsp_new(&fault, o.data, o.len);
    CHECK(ocsp != NULL && fault.reason == PV_OK);
    return ocsp;
}

TEST(evidence_outlives_what_it_was_made_of) {
    pvh_crl *crl = crl_of("CA num:1 e:11");
    pvh_ocsp *ocsp = ocsp_of("CA good:11 certs:2");
    pvh_evidence *evidence =
        pvh_evidence_new(&crl, 1, &ocsp, 1, (const uint8_t *)"\x30", 1, (uint32_t[]){1}, 1);
    pvh_crl_free(crl);
    pvh_ocsp_free(ocsp);
    const pv_evidence *view = pvh_evidence_view(evidence);
    CHECK(view->num_crls == 1 && view->num_ocsps == 1 && view->num_certs == 3);
    CHECK(view->crls[0]->num_entries == 1 && view->ocsps[0]->num_responses == 1);
    for (uint32_t i = 0; i < view->num_certs;
         i++) /* none of them can be read: zeroed views keep their places */
        CHECK_IS(view->certs[i]->version, 0);
    pvh_evidence_free(evidence);
}

TEST(what_cannot_be_read_is_not_made) {
    pv_fault fault;
    CHECK(pvh_crl_new(&fault, (const uint8_t *)"\x30\x00", 2) == NULL);
    CHECK(fault.reason != PV_OK && fault.reason != PV_R_UNCHECKED);
    CHECK(pvh_ocsp_new(&fault, (const uint8_t *)"\x30\x00", 2) == NULL);
    CHECK(fault.reason != PV_OK && fault.reason != PV_R_UNCHECKED);
    CHECK(pvh_evidence_new(NULL, 0, NULL, 0, (const uint8_t *)"\x30", 1, (uint32_t[]){2}, 1) == NULL);
}

TEST(an_index_only_where_it_pays) {
    pvh_crl *few = crl_of("CA num:1 e:11 e:12"), *many;
    char line[512] = "CA num:1";
    for (int i = 0; i < 40; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " e:%02X", 16 + i);
    many = crl_of(line);
    CHECK(pvh_crl_index_size(few) == 0 && pvh_crl_view(few)->index == NULL);
    CHECK(pvh_crl_index_size(many) > 0 && pvh_crl_view(many)->index != NULL);
    pvh_crl_free(few);
    pvh_crl_free(many);
}

TEST(digests_have_the_length_of_their_hash) {
    pvh_crl *crl = crl_of("CA num:1");
    uint8_t digest[64] = {1};
    CHECK_IS(pvh_crl_set_digest(crl, digest, 0), PV_FAILED);
    CHECK_IS(pvh_crl_set_digest(crl, digest, 20), PV_FAILED);
    CHECK_IS(pvh_crl_view(crl)->digest_len, 0);
    CHECK_IS(pvh_crl_set_digest(crl, digest, 32), PV_DONE);
    CHECK_IS(pvh_crl_view(crl)->digest_len, 32);
    pvh_crl_free(crl);
}

/* --- Memos ------------------------------------------------------------------------------------------------
 */

static pv_span key(uint8_t number, uint8_t out[91]) {
    memset(out, number, 91);
    return (pv_span){out, 91};
}

TEST(memos_hold_exact_keys_and_few) {
    pvh_crl *crl = crl_of("CA num:1");
    void *memo = pvh_crl_view(crl)->memo;
    uint8_t bytes[91];
    unsigned held = 0;
    for (uint8_t i = 1; i < 20; i++) {
        CHECK(!pvh_memo_has(memo, key(i, bytes)));
        pvh_memo_add(memo, key(i, bytes));
        pvh_memo_add(memo, key(i, bytes));
    }
    for (uint8_t i = 1; i < 20; i++)
        held += (unsigned)pvh_memo_has(memo, key(i, bytes));
    CHECK_IS(held, 4);
    CHECK(pvh_memo_has(memo, key(1, bytes)) && !pvh_memo_has(memo, (pv_span){bytes, 90}));
    bytes[90] ^= 1;
    CHECK(!pvh_memo_has(memo, (pv_span){bytes, 91}));
    pvh_crl_free(crl);
}

static void *add_and_ask(void *memo) {
    uint8_t bytes[91];
    for (int round = 0; round < 2000; round++) {
        for (uint8_t i = 1; i < 8; i++) {
            pvh_memo_add(memo, key(i, bytes));
            (void)pvh_memo_has(memo, key((uint8_t)(8 - i), bytes));
        }
    }
    return NULL;
}

TEST(memos_are_shared_by_threads) {
    pvh_ocsp *ocsp = ocsp_of("CA good:11");
    void *memo = pvh_ocsp_view(ocsp)->memo;
    pthread_t threads[4];
    uint8_t bytes[91];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, add_and_ask, memo) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(!pvh_memo_has(memo, key(9, bytes)));
    pvh_ocsp_free(ocsp);
}
