#include "host/interned.h"

#include <stdlib.h>
#include <string.h>

/* Views hold offsets, so a copy of the bytes is all that a copy of a view needs. */
pvh_interned *pvh_interned_copy(const pv_cert *cert, pv_span spki, unsigned epoch) {
    size_t size = sizeof(pvh_interned) + cert->der_len + spki.len;
    pvh_interned *made = cert->version != 0 ? malloc(size) : NULL;
    if (!made) return NULL;
    atomic_init(&made->refs, 1);
    made->size = size;
    memcpy(made->bytes, cert->der, cert->der_len);
    if (spki.len > 0) memcpy(made->bytes + cert->der_len, spki.data, spki.len);
    made->key = (pv_span){made->bytes + cert->der_len, spki.len};
    pvh_memo_init(&made->memo, 0);
    made->memo.epoch = epoch;
    atomic_init(&made->memo.keys[0], &made->key);
    made->view = *cert;
    made->view.der = made->bytes;
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
    free(interned);
}
