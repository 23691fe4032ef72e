/* store.h: anchors and pools found by the folded hash of their subject, in an index that the caller lent. */
#ifndef PV_STORE_H
#define PV_STORE_H

#include "cert.h"

/* pv_index_is_used: whether there is an index, and the build reads it. */
static inline int pv_index_is_used(const pv_index *index) {
    return !PV_IS_SMALL && index->num_slots > 0;
}

/* pv_store_next and pv_pool_next walk the entries whose subject has this hash (the caller compares the
 * names). `cursor` begins at 0; it moves on at each call. Returns 0 when there are no more; each call looks
 * at one slot or one entry. PV_INDEX_OTHER: there was another hash; call again. */
typedef enum pv_index_step { PV_INDEX_END = 0, PV_INDEX_FOUND = 1, PV_INDEX_OTHER = 2 } pv_index_step;
pv_index_step pv_store_next(const pv_store *store, uint32_t *cursor, uint32_t *entry, uint32_t hash);
pv_index_step pv_pool_next(const pv_pool *pool, uint32_t *cursor, uint32_t *entry, uint32_t hash);

#endif
