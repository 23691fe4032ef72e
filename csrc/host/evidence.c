#include "crl.h"
#include "host/engine.h"
#include "host/hash.h"
#include "host/lens.h"
#include "host/memo.h"
#include "host/rooms.h"
#include "ocsp.h"

#include <stdlib.h>
#include <string.h>

/* --- CRLs --------------------------------------------------------------------------------------------------
 */

struct pvh_crl {
    atomic_size_t refs;
    pv_crl view;
    pv_crl_index index;
    pvh_memo memo;
    size_t index_size;
    uint8_t digest[64];
    uint8_t der[];
};

static void *array_new(size_t num) {
    return malloc(num ? num * sizeof(uint32_t) : 1);
}

static void index_free(pv_crl_index *index) {
    free(index->starts);
    free(index->entries);
    free(index->issuers);
}

/* A few entries are looked through as fast as an index is asked. */
#define FEW_ENTRIES 8u

static int index_make(pvh_crl *crl) {
    pv_crl_index *index = &crl->index;
    if (crl->view.num_entries <= FEW_ENTRIES) return 1;
    index->num_buckets = pv_crl_num_buckets(&crl->view);
    index->seed = (uint32_t)pvh_hash_key_make().a;
    index->starts = array_new((size_t)index->num_buckets + 1);
    index->entries = array_new(crl->view.num_entries);
    index->issuers = array_new(crl->view.num_entry_issuers);
    if (!index->starts || !index->entries || !index->issuers) return 0;
    if (pv_crl_index_build(index, &crl->view) != PV_DONE) return 0;
    crl->index_size = ((size_t)index->num_buckets + 1 + crl->view.num_entries + crl->view.num_entry_issuers) *
                      sizeof(uint32_t);
    crl->view.index = index;
    return 1;
}

static pvh_crl *crl_alloc(const uint8_t *der, size_t der_len) {
    pvh_crl *crl = malloc(sizeof *crl + der_len);
    if (!crl) return NULL;
    memset(crl, 0, sizeof *crl);
    atomic_init(&crl->refs, 1);
    pvh_memo_init(&crl->memo, 1);
    memcpy(crl->der, der, der_len);
    return crl;
}

pvh_crl *pvh_crl_new(pv_fault *fault, const uint8_t *der, size_t der_len) {
    *fault = (pv_fault){0};
    if (der_len > PV_MAX_CRL) {
        *fault = (pv_fault){.reason = PV_R_EVIDENCE_TOO_LARGE, .field = PV_FIELD_CERTIFICATE_LIST};
        return NULL;
    }
    pvh_crl *crl = crl_alloc(der, der_len);
    if (!crl) return NULL;
    if (pv_crl_parse(&crl->view, fault, (pv_span){crl->der, der_len}) == PV_OK && index_make(crl)) {
        crl->view.memo = &crl->memo;
        return crl;
    }
    pvh_crl_free(crl);
    return NULL;
}

void pvh_crl_free(pvh_crl *crl) {
    if (!crl || atomic_fetch_sub_explicit(&crl->refs, 1, memory_order_acq_rel) != 1) return;
    pvh_memo_clear(&crl->memo);
    index_free(&crl->index);
    free(crl);
}

const pv_crl *pvh_crl_view(const pvh_crl *crl) {
    return &crl->view;
}

size_t pvh_crl_index_size(const pvh_crl *crl) {
    return crl->index_size;
}

pv_status pvh_crl_set_digest(pvh_crl *crl, const uint8_t *digest, size_t digest_len) {
    if (digest_len == 0 || digest_len != pvh_digest_len(pvh_sig_hash(crl->view.sig_alg))) return PV_FAILED;
    memcpy(crl->digest, digest, digest_len);
    crl->view.digest = crl->digest;
    crl->view.digest_len = (uint8_t)digest_len;
    return PV_DONE;
}

/* --- OCSP responses ----------------------------------------------------------------------------------------
 */

struct pvh_ocsp {
    atomic_size_t refs;
    pv_ocsp view;
    pvh_memo memo;
    uint8_t der[];
};

pvh_ocsp *pvh_ocsp_new(pv_fault *fault, const uint8_t *der, size_t der_len) {
    *fault = (pv_fault){0};
    if (der_len > PV_MAX_OCSP) {
        *fault = (pv_fault){.reason = PV_R_EVIDENCE_TOO_LARGE, .field = PV_FIELD_OCSP_RESPONSE};
        return NULL;
    }
    pvh_ocsp *ocsp = malloc(sizeof *ocsp + der_len);
    if (!ocsp) return NULL;
    memset(ocsp, 0, sizeof *ocsp);
    atomic_init(&ocsp->refs, 1);
    pvh_memo_init(&ocsp->memo, 1);
    memcpy(ocsp->der, der, der_len);
    if (pv_ocsp_parse(&ocsp->view, fault, (pv_span){ocsp->der, der_len}) == PV_OK) {
        ocsp->view.memo = &ocsp->memo;
        return ocsp;
    }
    pvh_ocsp_free(ocsp);
    return NULL;
}

void pvh_ocsp_free(pvh_ocsp *ocsp) {
    if (!ocsp || atomic_fetch_sub_explicit(&ocsp->refs, 1, memory_order_acq_rel) != 1) return;
    pvh_memo_clear(&ocsp->memo);
    free(ocsp);
}

const pv_ocsp *pvh_ocsp_view(const pvh_ocsp *ocsp) {
    return &ocsp->view;
}

/* --- Evidence ----------------------------------------------------------------------------------------------
 */

struct pvh_evidence {
    pv_evidence view;
    pvh_crl **owned_crls;
    pvh_ocsp **owned_ocsps;
    const pv_crl **crls;
    const pv_ocsp **ocsps;
    pv_cert *views;
    pvh_memo *memos; /* of each view: a signer's certificate is checked once for each key, too */
    const pv_cert **certs;
    uint8_t *der;
};

/* How many certificates the responses bring along. */
static uint32_t count_embedded(pvh_ocsp *const *ocsps, uint32_t num_ocsps) {
    uint32_t num = 0;
    for (uint32_t i = 0; i < num_ocsps; i++) {
        pv_span cursor = pv_ocsp_certs(&ocsps[i]->view), der;
        while (cursor.len > 0 && pv_ocsp_cert_next(&cursor, &der) == PV_OK)
            num++;
    }
    return num;
}

static int make_rooms(pvh_evidence *e, uint32_t num_crls, uint32_t num_ocsps, size_t der_len,
                      uint32_t num_certs) {
    e->owned_crls = pvh_rooms(num_crls, sizeof *e->owned_crls);
    e->owned_ocsps = pvh_rooms(num_ocsps, sizeof *e->owned_ocsps);
    e->crls = pvh_rooms(num_crls, sizeof *e->crls);
    e->ocsps = pvh_rooms(num_ocsps, sizeof *e->ocsps);
    e->views = pvh_rooms(num_certs, sizeof *e->views);
    e->memos = pvh_rooms(num_certs, sizeof *e->memos);
    e->certs = pvh_rooms(num_certs, sizeof *e->certs);
    e->der = pvh_rooms(der_len, 1);
    return e->owned_crls && e->owned_ocsps && e->crls && e->ocsps && e->views && e->memos && e->certs &&
           e->der;
}

static void take_crls(pvh_evidence *e, pvh_crl *const *crls, uint32_t num) {
    for (uint32_t i = 0; i < num; i++) {
        atomic_fetch_add_explicit(&crls[i]->refs, 1, memory_order_relaxed);
        e->owned_crls[i] = crls[i];
        e->crls[i] = &crls[i]->view;
    }
    e->view.crls = e->crls;
    e->view.num_crls = num;
}

static void take_ocsps(pvh_evidence *e, pvh_ocsp *const *ocsps, uint32_t num) {
    for (uint32_t i = 0; i < num; i++) {
        atomic_fetch_add_explicit(&ocsps[i]->refs, 1, memory_order_relaxed);
        e->owned_ocsps[i] = ocsps[i];
        e->ocsps[i] = &ocsps[i]->view;
    }
    e->view.ocsps = e->ocsps;
    e->view.num_ocsps = num;
}

/* One that cannot be read keeps its place as a zeroed view. */
static void take_cert(pvh_evidence *e, pv_span der) {
    pv_fault fault;
    pv_cert *view = &e->views[e->view.num_certs];
    if (der.len > PV_MAX_DER || pv_cert_parse(view, &fault, der) != PV_OK) memset(view, 0, sizeof *view);
    pvh_memo_init(&e->memos[e->view.num_certs], 1);
    if (view->version != 0) view->memo = &e->memos[e->view.num_certs];
    e->certs[e->view.num_certs++] = view;
}

static void take_certs(pvh_evidence *e, const uint32_t *lens, uint32_t num) {
    const uint8_t *at = e->der;
    for (uint32_t i = 0; i < num; i++) {
        take_cert(e, (pv_span){at, lens[i]});
        at += lens[i];
    }
    for (uint32_t i = 0; i < e->view.num_ocsps; i++) {
        pv_span cursor = pv_ocsp_certs(e->ocsps[i]), der;
        while (cursor.len > 0 && pv_ocsp_cert_next(&cursor, &der) == PV_OK)
            take_cert(e, der);
    }
    e->view.certs = e->certs;
}

pvh_evidence *pvh_evidence_new(pvh_crl *const *crls, uint32_t num_crls, pvh_ocsp *const *ocsps,
                               uint32_t num_ocsps, const uint8_t *der, size_t der_len,
                               const uint32_t *cert_lens, uint32_t num_certs) {
    if (!pvh_lens_fit(cert_lens, num_certs, der_len)) return NULL;
    uint32_t all = num_certs + count_embedded(ocsps, num_ocsps);
    pvh_evidence *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    if (!make_rooms(e, num_crls, num_ocsps, der_len, all)) {
        pvh_evidence_free(e);
        return NULL;
    }
    if (der_len > 0) memcpy(e->der, der, der_len);
    take_crls(e, crls, num_crls);
    take_ocsps(e, ocsps, num_ocsps);
    take_certs(e, cert_lens, num_certs);
    return e;
}

void pvh_evidence_free(pvh_evidence *e) {
    if (!e) return;
    for (uint32_t i = 0; i < e->view.num_crls; i++)
        pvh_crl_free(e->owned_crls[i]);
    for (uint32_t i = 0; i < e->view.num_ocsps; i++)
        pvh_ocsp_free(e->owned_ocsps[i]);
    for (uint32_t i = 0; i < e->view.num_certs; i++)
        pvh_memo_clear(&e->memos[i]);
    free(e->memos);
    free(e->owned_crls);
    free(e->owned_ocsps);
    free(e->crls);
    free(e->ocsps);
    free(e->views);
    free(e->certs);
    free(e->der);
    free(e);
}

const pv_evidence *pvh_evidence_view(const pvh_evidence *evidence) {
    return &evidence->view;
}
