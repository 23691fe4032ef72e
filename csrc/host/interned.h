/* interned.h: a certificate in memory of its own, read once, with the key that is known to have signed it.
 * Immutable; counted, so that a cache may drop one that somebody still reads. */
#ifndef PV_HOST_INTERNED_H
#define PV_HOST_INTERNED_H

#include "host/host.h"
#include "host/memo.h"

struct pvh_interned {
    atomic_size_t refs;
    size_t size;  /* of all of it */
    pv_cert view; /* its `memo` is the one below */
    pvh_memo memo;
    pv_span key;     /* the one that it was verified under, for the memo */
    uint8_t bytes[]; /* the DER, then that key */
};

/* pvh_interned_copy: of a view that was read elsewhere and verified under `spki`, in this epoch (memo.h).
 * NULL: no memory, or a zeroed view. */
pvh_interned *pvh_interned_copy(const pv_cert *cert, pv_span spki, unsigned epoch);
pvh_interned *pvh_interned_retain(pvh_interned *interned);

#endif
