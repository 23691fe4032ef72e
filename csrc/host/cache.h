/* cache.h: the cache as the checker sees it. Every function may be called with a NULL cache (a miss). */
#ifndef PV_HOST_CACHE_H
#define PV_HOST_CACHE_H

#include "host/engine.h"

/* pvh_cache_has_edge: whether exactly this signature by this key over these bytes was verified before. */
int pvh_cache_has_edge(pvh_cache *cache, const pv_job *job);

/* pvh_cache_key: the key of these exact SubjectPublicKeyInfo bytes, for the caller to release; NULL: none. */
pvh_key *pvh_cache_key(pvh_cache *cache, const pvh_engine *engine, pv_span spki);

/* Only for a path verified to an anchor. What is there already is left; no memory: nothing is added. */
void pvh_cache_add_edge(pvh_cache *cache, const pv_job *job);
void pvh_cache_add_key(pvh_cache *cache, pvh_key *key, pv_span spki);

#endif
