/* anchors.h: what the hosted parts see of a sealed store. */
#ifndef PV_HOST_ANCHORS_H
#define PV_HOST_ANCHORS_H

#include "host/engine.h"

/* NULL: the store is not sealed. */
const pv_store *pvh_store_core(const pvh_store *store);

/* The certificate of the anchor at this position; NULL: it has none, or there is no such anchor. */
const pv_cert *pvh_store_cert(const pvh_store *store, uint32_t anchor);

/* pvh_store_key: the key prepared for this engine whose SubjectPublicKeyInfo begins at `spki` (by address:
 * the store's own copy); NULL: none. It lives as long as the store. */
const pvh_key *pvh_store_key(const pvh_store *store, const pvh_engine *engine, const uint8_t *spki);

#endif
