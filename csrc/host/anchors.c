#include "host/anchors.h"

#include "cert.h"
#include "host/hash.h"
#include "host/lens.h"
#include "host/roots.h"

#include <stdlib.h>
#include <string.h>

/* --- Memory that does not move: chunks, each entry whole in one -------------------------------------------
 */

#define CHUNK       (64u * 1024u)
#define MAX_ANCHORS 0x10000000u

typedef struct chunk {
    struct chunk *next;
    size_t used, room;
    uint64_t bytes[]; /* aligned for a pv_cert */
} chunk;

typedef struct key_slot {
    const uint8_t *spki; /* NULL: free */
    pvh_key *key;
} key_slot;

/* The anchors' keys for one engine, found by the address of their SubjectPublicKeyInfo. */
typedef struct prepared {
    struct prepared *next;
    pvh_engine *engine;
    size_t num_slots; /* a power of two above the number of anchors */
    key_slot slots[];
} prepared;

struct pvh_store {
    pv_store core;
    chunk *chunks;
    pv_anchor *anchors;
    uint32_t num_anchors, room;
    int is_sealed;
    _Atomic(prepared *) prepared; /* pushed at the front, never taken off before the store is freed */
};

static chunk *chunk_new(size_t len) {
    size_t room = len > CHUNK ? len : CHUNK;
    chunk *made = malloc(sizeof *made + room);
    if (!made) return NULL;
    made->used = 0;
    made->room = room;
    return made;
}

static size_t aligned(size_t len) {
    return (len + 7u) & ~(size_t)7u;
}

/* So that the next `len` bytes, aligned parts of them one by one, are in one chunk. */
static int reserve(pvh_store *store, size_t len) {
    if (store->chunks && store->chunks->room - store->chunks->used >= len) return 1;
    chunk *made = chunk_new(len);
    if (!made) return 0;
    made->next = store->chunks;
    store->chunks = made;
    return 1;
}

static void *take(pvh_store *store, size_t len) {
    size_t need = aligned(len);
    if (!reserve(store, need)) return NULL;
    void *at = (uint8_t *)store->chunks->bytes + store->chunks->used;
    store->chunks->used += need;
    return at;
}

/* An absent span stays absent; `done` turns 0 when there is no memory. */
static pv_span copy(pvh_store *store, const uint8_t *data, size_t len, int *done) {
    pv_span none = {NULL, 0};
    if (len == 0) return none;
    uint8_t *at = take(store, len);
    if (!at) {
        *done = 0;
        return none;
    }
    memcpy(at, data, len);
    return (pv_span){at, len};
}

/* --- Building ----------------------------------------------------------------------------------------------
 */

pvh_store *pvh_store_new(void) {
    pvh_store *store = calloc(1, sizeof *store);
    if (store) atomic_init(&store->prepared, NULL);
    return store;
}

static void free_prepared(prepared *list) {
    while (list) {
        prepared *next = list->next;
        for (size_t i = 0; i < list->num_slots; i++)
            pvh_key_release(list->slots[i].key);
        pvh_engine_free(list->engine);
        free(list);
        list = next;
    }
}

void pvh_store_free(pvh_store *store) {
    if (!store) return;
    free_prepared(atomic_load(&store->prepared));
    for (chunk *at = store->chunks, *next; at; at = next) {
        next = at->next;
        free(at);
    }
    free(store->anchors);
    free(store->core.index.slots);
    free(store);
}

/* Room for `num` more anchors; it grows by doubling at least. */
static int has_room(pvh_store *store, uint32_t num) {
    size_t most = SIZE_MAX / sizeof(pv_anchor);
    if (num <= store->room - store->num_anchors) return 1;
    if (num > MAX_ANCHORS - store->num_anchors) return 0;
    uint32_t room = store->room ? store->room * 2 : 16;
    if (room < store->num_anchors + num) room = store->num_anchors + num;
    if (room > most) return 0;
    pv_anchor *grown = realloc(store->anchors, room * sizeof *grown);
    if (!grown) return 0;
    store->anchors = grown;
    store->room = room;
    return 1;
}

static pv_reason fail(pv_fault *fault, pv_reason reason, pv_field_code field, uint32_t offset) {
    fault->reason = reason;
    fault->field = (uint8_t)field;
    fault->offset = offset;
    return reason;
}

/* The narrower of two windows. */
static void add_window(pv_anchor *anchor, const pvh_anchor_limits *limits) {
    int has = (anchor->flags & PV_ANCHOR_WINDOW) != 0;
    if (!has || limits->not_before > anchor->not_before) anchor->not_before = limits->not_before;
    if (!has || limits->not_after < anchor->not_after) anchor->not_after = limits->not_after;
    anchor->flags |= PV_ANCHOR_WINDOW;
}

/* A second value beside one that says otherwise could only loosen or be lost: 0. */
static int add_span(pvh_store *store, pv_span *to, const uint8_t *data, size_t len) {
    int done = 1;
    if (len == 0) return 1;
    if (to->len > 0) return to->len == len && memcmp(to->data, data, len) == 0;
    *to = copy(store, data, len, &done);
    return done;
}

static int add_limits(pvh_store *store, pv_anchor *anchor, const pvh_anchor_limits *limits) {
    if (!limits) return 1;
    if (limits->flags & PV_ANCHOR_WINDOW) add_window(anchor, limits);
    if (limits->flags & PV_ANCHOR_DISTRUST_AFTER) {
        anchor->distrust_after = limits->distrust_after;
        anchor->flags |= PV_ANCHOR_DISTRUST_AFTER;
    }
    return add_span(store, &anchor->name_constraints, limits->name_constraints,
                    limits->name_constraints_len) &&
           add_span(store, &anchor->eku, limits->eku, limits->eku_len);
}

static pv_reason push(pvh_store *store, pv_fault *fault, pv_anchor *anchor, const pvh_anchor_limits *limits) {
    if (!has_room(store, 1) || !add_limits(store, anchor, limits))
        return fail(fault, PV_R_ANCHOR_UNUSABLE, PV_FIELD_ANCHOR, 0);
    store->anchors[store->num_anchors++] = *anchor;
    return fault->reason = PV_OK;
}

static pv_reason read_certificate(pvh_store *store, pv_fault *fault, pv_anchor *anchor, const uint8_t *der,
                                  size_t der_len) {
    int done = 1;
    pv_cert *cert = take(store, sizeof *cert);
    pv_span bytes = copy(store, der, der_len, &done);
    if (!cert || !done) return fail(fault, PV_R_ANCHOR_UNUSABLE, PV_FIELD_ANCHOR, 0);
    pv_reason reason = pv_cert_parse(cert, fault, bytes);
    if (reason != PV_OK) return reason;
    reason = pv_anchor_from_cert(anchor, cert);
    return reason == PV_OK ? PV_OK : fail(fault, reason, PV_FIELD_SUBJECT_PUBLIC_KEY, cert->spki);
}

pv_reason pvh_store_add_certificate(pvh_store *store, pv_fault *fault, const uint8_t *der, size_t der_len,
                                    const pvh_anchor_limits *limits) {
    pv_anchor anchor = {0};
    *fault = (pv_fault){0};
    if (store->is_sealed) return fail(fault, PV_R_ANCHOR_UNUSABLE, PV_FIELD_ANCHOR, 0);
    if (der_len > PV_MAX_DER) return fail(fault, PV_R_CERT_TOO_LARGE, PV_FIELD_CERTIFICATE, 0);
    pv_reason reason = read_certificate(store, fault, &anchor, der, der_len);
    return reason == PV_OK ? push(store, fault, &anchor, limits) : reason;
}

static pv_reason read_key(pvh_store *store, pv_fault *fault, pv_anchor *anchor, pv_span subject,
                          pv_span spki) {
    int done = 1;
    pv_span own_subject = copy(store, subject.data, subject.len, &done);
    pv_span own_spki = copy(store, spki.data, spki.len, &done);
    if (!done) return fail(fault, PV_R_ANCHOR_UNUSABLE, PV_FIELD_ANCHOR, 0);
    return pv_anchor_from_key(anchor, fault, own_subject, own_spki);
}

pv_reason pvh_store_add_key(pvh_store *store, pv_fault *fault, const uint8_t *subject, size_t subject_len,
                            const uint8_t *spki, size_t spki_len, const pvh_anchor_limits *limits) {
    pv_anchor anchor = {0};
    *fault = (pv_fault){0};
    if (store->is_sealed) return fail(fault, PV_R_ANCHOR_UNUSABLE, PV_FIELD_ANCHOR, 0);
    if (subject_len > PV_MAX_DER || spki_len > PV_MAX_DER)
        return fail(fault, PV_R_CERT_TOO_LARGE, PV_FIELD_ANCHOR, 0);
    pv_reason reason =
        read_key(store, fault, &anchor, (pv_span){subject, subject_len}, (pv_span){spki, spki_len});
    return reason == PV_OK ? push(store, fault, &anchor, limits) : reason;
}

/* --- Many roots at once ------------------------------------------------------------------------------------
 */

/* A certificate of the input that was read, and where it stood there. */
typedef struct root_entry {
    const pv_cert *cert;
    uint32_t position;
} root_entry;

/* Those that were read, each once, found by the hash of their DER. */
typedef struct root_batch {
    root_entry *entries;
    pv_slot *slots; /* at most half full */
    size_t num_slots;
    uint32_t num;
    pvh_hash_key key;
} root_batch;

static int batch_open(root_batch *batch, uint32_t num) {
    *batch = (root_batch){.num_slots = pv_store_slots(num), .key = pvh_hash_key_make()};
    batch->entries = calloc(num + 1u, sizeof batch->entries[0]);
    batch->slots = calloc(batch->num_slots, sizeof batch->slots[0]);
    return batch->entries && batch->slots;
}

static void batch_close(root_batch *batch) {
    free(batch->entries);
    free(batch->slots);
}

/* The slot of the same bytes, or the free one where they belong. */
static pv_slot *batch_slot(const root_batch *batch, pv_span der) {
    size_t at = (size_t)pvh_hash(batch->key, der) & (batch->num_slots - 1);
    while (batch->slots[at] && !pvh_equal(pv_cert_der(batch->entries[batch->slots[at] - 1].cert), der))
        at = (at + 1) & (batch->num_slots - 1);
    return &batch->slots[at];
}

static int batch_read(root_batch *batch, pvh_store *store, pvh_root_finding *out, pv_span der,
                      uint32_t position) {
    int done = 1;
    pv_slot *slot = batch_slot(batch, der);
    if (*slot) return 1;
    pv_cert *cert = take(store, sizeof *cert);
    pv_span own = copy(store, der.data, der.len, &done);
    if (!cert || !done) return 0;
    out->position = position;
    if (pv_cert_parse(cert, &out->fault, own) != PV_OK) {
        out->kind = PVH_ROOT_UNREADABLE;
        return 1;
    }
    batch->entries[batch->num] = (root_entry){cert, position};
    *slot = ++batch->num;
    return 1;
}

/* All of them before any is judged: what cannot be read comes first, wherever it stands. */
static int batch_read_all(root_batch *batch, pvh_store *store, pvh_root_finding *out, const uint8_t *der,
                          const uint32_t *lens, uint32_t num) {
    for (uint32_t i = 0; i < num && out->kind == PVH_ROOT_GOOD; i++) {
        if (!batch_read(batch, store, out, (pv_span){der, lens[i]}, i)) return 0;
        der += lens[i];
    }
    return 1;
}

static int batch_add(const root_batch *batch, pvh_store *store, pvh_root_finding *out) {
    if (!has_room(store, batch->num)) return 0;
    for (uint32_t i = 0; i < batch->num; i++) {
        pv_anchor anchor;
        const pv_cert *cert = batch->entries[i].cert;
        out->position = batch->entries[i].position;
        out->kind = (uint8_t)pvh_root_structure(&out->fault, cert);
        if (out->kind != PVH_ROOT_GOOD) return 1;
        if (pv_anchor_from_cert(&anchor, cert) != PV_OK) return 0;
        store->anchors[store->num_anchors++] = anchor;
    }
    return 1;
}

/* Bytes that the input takes in the store at most. */
static size_t batch_size(size_t der_len, uint32_t num) {
    return aligned(der_len) + num * (aligned(sizeof(pv_cert)) + 8u);
}

pv_status pvh_store_add_roots(pvh_store *store, pvh_root_finding *out, const uint8_t *der, size_t der_len,
                              const uint32_t *lens, uint32_t num) {
    root_batch batch;
    *out = (pvh_root_finding){.kind = PVH_ROOT_UNKNOWN};
    if (store->is_sealed || num > MAX_ANCHORS || pvh_total_len(lens, num) != der_len) return PV_FAILED;
    out->kind = PVH_ROOT_GOOD;
    int done = batch_open(&batch, num) && reserve(store, batch_size(der_len, num)) &&
               batch_read_all(&batch, store, out, der, lens, num);
    if (done && out->kind == PVH_ROOT_GOOD) done = batch_add(&batch, store, out);
    batch_close(&batch);
    if (!done) out->kind = PVH_ROOT_UNKNOWN;
    return done ? PV_DONE : PV_FAILED;
}

/* --- Sealing -----------------------------------------------------------------------------------------------
 */

pv_status pvh_store_seal(pvh_store *store) {
    if (store->is_sealed) return PV_DONE;
    uint32_t num_slots = pv_store_slots(store->num_anchors);
    pv_slot *slots = calloc((size_t)num_slots + store->num_anchors, sizeof *slots);
    if (!slots) return PV_FAILED;
    pv_index index = {slots, slots + num_slots, num_slots};
    store->core = (pv_store){store->anchors, store->num_anchors, index};
    store->is_sealed = pv_store_index(&store->core) == PV_DONE;
    if (store->is_sealed) return PV_DONE;
    free(slots);
    store->core = (pv_store){0};
    return PV_FAILED;
}

uint32_t pvh_store_num_anchors(const pvh_store *store) {
    return store->num_anchors;
}

/* NULL: the anchor has none, or there is no such anchor. */
static const pv_cert *cert_of(const pvh_store *store, uint32_t anchor) {
    return anchor < store->num_anchors ? store->anchors[anchor].cert : NULL;
}

const pv_store *pvh_store_core(const pvh_store *store) {
    return store->is_sealed ? &store->core : NULL;
}

/* --- Roots -------------------------------------------------------------------------------------------------
 */

pv_status pvh_store_prove_roots(const pvh_store *store, pvh_root_finding *out, pvh_engine *engine,
                                uint32_t first, uint32_t num) {
    uint32_t held = pvh_store_num_anchors(store);
    *out = (pvh_root_finding){.kind = PVH_ROOT_UNKNOWN};
    if (first > held || num > held - first) return PV_FAILED;
    out->kind = PVH_ROOT_GOOD;
    for (uint32_t i = first; i < first + num && out->kind == PVH_ROOT_GOOD; i++) {
        const pv_cert *cert = cert_of(store, i);
        out->position = i;
        if (cert) out->kind = (uint8_t)pvh_root_prove(&out->fault, engine, cert);
    }
    return PV_DONE;
}

pv_span pvh_store_certificate(const pvh_store *store, uint32_t anchor) {
    const pv_cert *cert = cert_of(store, anchor);
    return cert ? pv_cert_der(cert) : (pv_span){NULL, 0};
}

/* --- Prepared keys -----------------------------------------------------------------------------------------
 */

/* Fibonacci hashing of an address: the store's own, so nobody outside aims at a slot. */
static size_t home(const prepared *set, const uint8_t *spki) {
    uint64_t mixed = (uint64_t)(uintptr_t)spki * 0x9E3779B97F4A7C15u;
    return (size_t)(mixed >> 32) & (set->num_slots - 1);
}

static prepared *prepared_new(const pvh_store *store, pvh_engine *engine) {
    size_t num_slots = store->core.index.num_slots;
    prepared *set = calloc(1, sizeof *set + num_slots * sizeof set->slots[0]);
    if (!set) return NULL;
    set->engine = pvh_engine_retain(engine);
    set->num_slots = num_slots;
    return set;
}

/* An anchor whose key libcrypto does not take has no entry: its edges then say why. */
static void prepare_key(prepared *set, const pv_anchor *anchor) {
    uint8_t why;
    size_t at = home(set, anchor->spki.data);
    pvh_key *key = pvh_key_new(set->engine, anchor->key_alg, anchor->spki, &why);
    if (!key) return;
    while (set->slots[at].spki)
        at = (at + 1) & (set->num_slots - 1);
    set->slots[at] = (key_slot){anchor->spki.data, key};
}

static const prepared *find_prepared(const pvh_store *store, const pvh_engine *engine) {
    const prepared *set = atomic_load_explicit(&((pvh_store *)store)->prepared, memory_order_acquire);
    while (set && set->engine != engine)
        set = set->next;
    return set;
}

/* Two threads may prepare the same engine at once: the second set is only never found. */
pv_status pvh_store_prepare(pvh_store *store, pvh_engine *engine) {
    if (!store->is_sealed) return PV_FAILED;
    if (!engine->lib || find_prepared(store, engine)) return PV_DONE;
    prepared *set = prepared_new(store, engine);
    if (!set) return PV_FAILED;
    for (uint32_t i = 0; i < store->num_anchors; i++)
        prepare_key(set, &store->anchors[i]);
    pvh_engine_settle(engine);
    set->next = atomic_load(&store->prepared);
    while (!atomic_compare_exchange_weak(&store->prepared, &set->next, set)) {
    }
    return PV_DONE;
}

const pvh_key *pvh_store_key(const pvh_store *store, const pvh_engine *engine, const uint8_t *spki) {
    const prepared *set = find_prepared(store, engine);
    if (!set) return NULL;
    for (size_t at = home(set, spki); set->slots[at].spki; at = (at + 1) & (set->num_slots - 1))
        if (set->slots[at].spki == spki) return set->slots[at].key;
    return NULL;
}
