/* rooms.h: memory for things in a row. Includes nothing of ours. */
#ifndef PV_HOST_ROOMS_H
#define PV_HOST_ROOMS_H

#include <stddef.h>
#include <stdlib.h>

/* pvh_rooms: zeroed; for none of them not NULL either, so that NULL says one thing only: no memory. */
static inline void *pvh_rooms(size_t num, size_t each) {
    return calloc(num ? num : 1, each);
}

/* PVH_IN_LINES: rounded up to whole lines of a processor's cache. */
#define PVH_LINE           64u
#define PVH_IN_LINES(size) (((size) + PVH_LINE - 1u) & ~(size_t)(PVH_LINE - 1u))

#endif
