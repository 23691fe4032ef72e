/* cache.h: the cache as the checker sees it. Every function may be called with a NULL cache (a miss). */
#ifndef PV_HOST_CACHE_H
#define PV_HOST_CACHE_H

#include "host/engine.h"
#include "host/hash.h"
#include "host/interned.h"

/* pvh_cache_cert: the certificate of exactly these bytes, for the caller to release; NULL: none. Its memo has
 * the key that it was verified under. pvh_cache_cert_hashed: the same for who has its pvh_hash_tail already,
 * with pvh_cache_hash_key. */
pvh_interned *pvh_cache_cert(pvh_cache *cache, pv_span der);
pvh_interned *pvh_cache_cert_hashed(pvh_cache *cache, uint64_t hash, pv_span der);
pvh_hash_key pvh_cache_hash_key(const pvh_cache *cache);

/* pvh_cache_is_refused: whether this engine found before that exactly this signature by this key over these
 * bytes does not hold. */
int pvh_cache_is_refused(pvh_cache *cache, const pvh_engine *engine, const pv_job *job);

/* pvh_cache_key: the key of these exact SubjectPublicKeyInfo bytes, for the caller to release; NULL: none. */
pvh_key *pvh_cache_key(pvh_cache *cache, const pvh_engine *engine, pv_span spki);

/* pvh_cache_count: how many edges were known, and how many had to be asked about. */
void pvh_cache_count(pvh_cache *cache, uint32_t hits, uint32_t misses);

/* pvh_cache_add_cert: a certificate, verified under `spki` in this epoch (memo.h); pvh_cache_add_key. Only
 * for a path verified to an anchor. What is there already is left; no memory: nothing is added. */
void pvh_cache_add_cert(pvh_cache *cache, const pv_cert *cert, pv_span spki, unsigned epoch);
void pvh_cache_add_key(pvh_cache *cache, pvh_key *key, pv_span spki);

/* pvh_cache_add_refusal: anybody can cause one, so they have a small room of their own, where they drive out
 * nothing but one another. */
void pvh_cache_add_refusal(pvh_cache *cache, pvh_engine *engine, const pv_job *job);

#endif
