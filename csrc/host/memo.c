#include "host/memo.h"

#include "host/hash.h"

#include <stdlib.h>
#include <string.h>

#define MAX_KEY_LEN 4096u /* no longer key is remembered */

static atomic_uint epoch;

void pvh_memo_void(void) {
    atomic_fetch_add(&epoch, 1);
}

unsigned pvh_memo_epoch(void) {
    return atomic_load(&epoch);
}

int pvh_memo_has(const pvh_memo *memo, pv_span spki) {
    if (memo->epoch != pvh_memo_epoch()) return 0;
    for (unsigned i = 0; i < PVH_MEMO_KEYS; i++) {
        pv_span *key = atomic_load_explicit(&memo->keys[i], memory_order_acquire);
        if (!key) return 0;
        if (pvh_equal(*key, spki)) return 1;
    }
    return 0;
}

static pv_span *key_new(pv_span spki) {
    pv_span *key = malloc(sizeof *key + spki.len);
    if (!key) return NULL;
    memcpy(key + 1, spki.data, spki.len);
    *key = (pv_span){(const uint8_t *)(key + 1), spki.len};
    return key;
}

/* Places are filled from the first on. */
void pvh_memo_add(pvh_memo *memo, pv_span spki) {
    if (spki.len == 0 || spki.len > MAX_KEY_LEN || pvh_memo_has(memo, spki)) return;
    pv_span *key = key_new(spki);
    for (unsigned i = 0; key && i < PVH_MEMO_KEYS; i++) {
        pv_span *expected = NULL;
        if (atomic_compare_exchange_strong(&memo->keys[i], &expected, key)) return;
    }
    free(key);
}

void pvh_memo_init(pvh_memo *memo, int is_open) {
    for (unsigned i = 0; i < PVH_MEMO_KEYS; i++)
        atomic_init(&memo->keys[i], NULL);
    memo->epoch = pvh_memo_epoch();
    memo->is_open = is_open != 0;
}

void pvh_memo_clear(pvh_memo *memo) {
    for (unsigned i = 0; i < PVH_MEMO_KEYS; i++)
        free(atomic_load(&memo->keys[i]));
}
