/* window.h: some requests of an input, worked on together by one thread: read, asked, answered. */
#ifndef PV_HOST_WINDOW_H
#define PV_HOST_WINDOW_H

#include "host/request.h"
#include "host/stack.h"

/* Requests that are worked on together. Measured over 4,096 P-256 chains that the cache knows, in ns a chain,
 * with windows of 8: 2210, 16: 2060, 32: 2010, 64: 1970, 128: 1960, 256: 1990, 1024: 4600. Smaller ones share
 * less and begin more often; larger ones share nothing more, as a call's edges are remembered across its
 * windows, and their workspace (2.6 MB for 64) leaves the processor's cache and, from some size on, comes
 * fresh from the system in each call. For new leaves, each of which is a signature check, there is no
 * difference. */
#define PVH_WINDOW 64u

/* Where reading stands in the input. */
typedef struct pvh_place {
    size_t der, subject;
    uint32_t cert, request;
} pvh_place;

/* Room that serves each window of an input. */
typedef struct pvh_sizes {
    uint32_t requests;
    uint32_t certs;   /* of a window */
    uint32_t request; /* certificates of one request, those of its evidence included */
} pvh_sizes;

/* Certificates are interned: the same bytes are parsed once, and are one pointer in all requests of the
 * window. */
typedef struct pvh_window {
    const pvh_config *config;
    const pvh_input *input;
    pvh_output output; /* verdicts and faults of the whole input, records of this window */
    pvh_stack stack;
    uint32_t num_views, num_slots; /* slots: a power of two */
    uint32_t num_requests;         /* admitted now */
    uint32_t num_unreadable;       /* certificates, all windows together */
    pv_cert *views;
    pvh_interned **held; /* of each view that the cache knows, of which it is a copy; else NULL */
    pv_fault *faults;    /* of each view */
    uint64_t *hashes;    /* of each view's bytes */
    pv_span *bytes;      /* of each view, also where it is zeroed */
    const pv_cert **certs;
    uint32_t *slots; /* view + 1; 0: free */
    void *workspace;
    size_t workspace_len;
    pvh_key **keys;
    pv_request requests[PVH_WINDOW];
    uint32_t places[PVH_WINDOW]; /* the request's position in the input */
} pvh_window;

/* pvh_input_is_sound: whether what an input says of itself holds, so that nothing of it leads out of it. */
int pvh_input_is_sound(const pvh_input *input);

/* pvh_window_sizes: what windows of `num` requests need (`num`: 1 to PVH_WINDOW); `certs` 0: too much.
 * `starts` (may be NULL) gets where each begins. */
pvh_sizes pvh_window_sizes(pvh_place *starts, const pvh_config *config, const pvh_input *input, uint32_t num);

/* pvh_window_new: `cache` may be NULL. NULL: no memory. */
pvh_window *pvh_window_new(const pvh_config *config, const pvh_input *input, const pvh_output *output,
                           pvh_cache *cache, const pvh_sizes *sizes);
void pvh_window_free(pvh_window *w);

/* pvh_window_read turns `num` requests, at most those of pvh_sizes, into w->requests; what need not be asked
 * (it is empty, or over its limits) has its verdict then. */
void pvh_window_read(pvh_window *w, pvh_place at, uint32_t num);

/* pvh_window_start asks about what was read, pvh_window_resume goes on with a search that was suspended, and
 * pvh_window_keep writes the verdicts and lets the cache remember. */
pv_status pvh_window_start(pvh_window *w);
pv_status pvh_window_resume(pvh_window *w);
void pvh_window_keep(pvh_window *w);

#endif
