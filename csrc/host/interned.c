#include "host/interned.h"

#include <stdlib.h>
#include <string.h>

/* Views hold offsets, so a copy of the bytes is all that a copy of a view needs. */
pvh_interned *pvh_interned_copy(const pv_cert *cert) {
    pvh_interned *made = cert->version != 0 ? malloc(sizeof *made + cert->der_len) : NULL;
    if (!made) return NULL;
    atomic_init(&made->refs, 1);
    pvh_memo_init(&made->memo, 0);
    memcpy(made->der, cert->der, cert->der_len);
    made->view = *cert;
    made->view.der = made->der;
    made->view.memo = &made->memo;
    return made;
}

pvh_interned *pvh_interned_retain(pvh_interned *interned) {
    atomic_fetch_add_explicit(&interned->refs, 1, memory_order_relaxed);
    return interned;
}

const pv_cert *pvh_interned_view(const pvh_interned *interned) {
    return &interned->view;
}

void pvh_interned_release(pvh_interned *interned) {
    if (!interned || atomic_fetch_sub_explicit(&interned->refs, 1, memory_order_acq_rel) != 1) return;
    pvh_memo_clear(&interned->memo);
    free(interned);
}
