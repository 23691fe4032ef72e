/* interned.h: a certificate in memory of its own, read once, with the keys that are known to have signed it.
 * Immutable but for its memo; counted, so that a cache may drop one that somebody still reads. */
#ifndef PV_HOST_INTERNED_H
#define PV_HOST_INTERNED_H

#include "host/host.h"
#include "host/memo.h"

struct pvh_interned {
    atomic_size_t refs;
    pv_cert view; /* its `memo` is the one below */
    pvh_memo memo;
    uint8_t der[];
};

/* pvh_interned_copy: of a view that was read elsewhere. NULL: no memory, or a zeroed view. */
pvh_interned *pvh_interned_copy(const pv_cert *cert);
pvh_interned *pvh_interned_retain(pvh_interned *interned);

#endif
