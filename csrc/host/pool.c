#include "host/pool.h"

#include "host/lens.h"
#include "host/memo.h"
#include "host/rooms.h"

#include <stdlib.h>
#include <string.h>

/* Read once; immutable but for the memos, which learn from trusted paths alone. */
struct pvh_pool {
    pv_pool core;
    pv_cert *views;
    pvh_memo *memos; /* of each view */
    const pv_cert **certs;
    uint8_t *der;
};

static int make_rooms(pvh_pool *pool, size_t der_len, uint32_t num) {
    pv_index *index = &pool->core.index;
    index->num_slots = pv_store_slots(num);
    index->slots = pvh_rooms(index->num_slots, sizeof *index->slots);
    index->links = pvh_rooms(num, sizeof *index->links);
    pool->views = pvh_rooms(num, sizeof *pool->views);
    pool->memos = pvh_rooms(num, sizeof *pool->memos);
    pool->certs = pvh_rooms(num, sizeof *pool->certs);
    pool->der = pvh_rooms(der_len, 1);
    return index->slots && index->links && pool->views && pool->memos && pool->certs && pool->der;
}

/* What can issue nothing is no candidate: its owner has taken one file for another. */
static pv_reason add(pvh_pool *pool, pv_fault *fault, pv_span der) {
    uint32_t at = pool->core.num_certs;
    pv_cert *view = &pool->views[at];
    pv_reason reason = pv_cert_parse(view, fault, der);
    if (reason == PV_OK && !(view->flags & PV_CERT_CA)) {
        *fault = (pv_fault){.reason = PV_R_NOT_A_CA, .field = PV_FIELD_BASIC_CONSTRAINTS};
        reason = fault->reason;
    }
    pvh_memo_init(&pool->memos[at], 0);
    view->memo = &pool->memos[at];
    pool->certs[at] = view;
    pool->core.num_certs += reason == PV_OK;
    return reason;
}

static int fill(pvh_pool *pool, pv_fault *fault, const uint32_t *cert_lens, uint32_t num) {
    const uint8_t *at = pool->der;
    for (uint32_t i = 0; i < num; i++) {
        if (add(pool, fault, (pv_span){at, cert_lens[i]}) != PV_OK) return 0;
        at += cert_lens[i];
    }
    pool->core.certs = pool->certs;
    *fault = (pv_fault){.reason = PV_R_UNCHECKED};
    return pv_pool_index(&pool->core) == PV_DONE;
}

pvh_pool *pvh_pool_new(pv_fault *fault, uint32_t *position, const uint8_t *der, size_t der_len,
                       const uint32_t *cert_lens, uint32_t num_certs) {
    *fault = (pv_fault){.reason = PV_R_UNCHECKED};
    *position = 0;
    if (num_certs > PVH_MAX_POOL || !pvh_lens_fit(cert_lens, num_certs, der_len)) return NULL;
    pvh_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    if (make_rooms(pool, der_len, num_certs)) {
        if (der_len > 0) memcpy(pool->der, der, der_len);
        if (fill(pool, fault, cert_lens, num_certs)) return pool;
        *position = pool->core.num_certs;
    }
    pvh_pool_free(pool);
    return NULL;
}

void pvh_pool_free(pvh_pool *pool) {
    if (!pool) return;
    for (uint32_t i = 0; i < pool->core.num_certs; i++)
        pvh_memo_clear(&pool->memos[i]);
    free(pool->core.index.slots);
    free(pool->core.index.links);
    free(pool->views);
    free(pool->memos);
    free(pool->certs);
    free(pool->der);
    free(pool);
}

size_t pvh_pool_overhead(const pvh_pool *pool) {
    const pv_index *index = &pool->core.index;
    size_t each = sizeof *pool->views + sizeof *pool->memos + sizeof *pool->certs + sizeof *index->links;
    return sizeof *pool + pool->core.num_certs * each + index->num_slots * sizeof *index->slots;
}

const pv_pool *pvh_pool_core(const pvh_pool *pool) {
    return &pool->core;
}
