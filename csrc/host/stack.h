/* stack.h: one call's way to its signature checks: what is remembered, above ready keys, above the engine. */
#ifndef PV_HOST_STACK_H
#define PV_HOST_STACK_H

#include "host/anchors.h"
#include "host/cache.h"
#include "host/hash.h"
#include "host/hot.h"

/* `keys` is a direct-mapped table: a newcomer drives out who sits in its place. */
typedef struct pvh_stack {
    const pvh_config *config;
    pvh_cache *cache;
    pvh_key **keys;
    uint32_t num_keys; /* a power of two */
    int has_keys;      /* the table is in use */
    unsigned epoch;    /* in which the call began (memo.h) */
    uint32_t asked;    /* edges that the engine found good: something to remember */
    uint32_t num_known, num_unknown;
    pvh_hash_key hash_key; /* the cache's, if there is one */
    pvh_hashed hashed;
    void *hot_memory; /* for rounds of checks by tables, made when it is first needed */
    pvh_hot_round hot_round;
} pvh_stack;

/* pvh_stack_open: the table is lent; `cache` may be NULL. pvh_stack_close lets go of the keys in it. */
void pvh_stack_open(pvh_stack *s, const pvh_config *config, pvh_cache *cache, pvh_key **keys,
                    uint32_t num_keys);
void pvh_stack_close(pvh_stack *s);

/* pvh_stack_checker: the seam for the core. */
pv_checker pvh_stack_checker(pvh_stack *s);

/* pvh_stack_remember: the edges and keys of a request's path enter the cache if it was verified to an anchor:
 * nothing that a stranger sends can fill it. */
void pvh_stack_remember(pvh_stack *s, const pv_request *request);

#endif
