#include "store.h"

#include "algorithm.h"
#include "der.h"
#include "name.h"

/* Anchors (RFC 5914: name, key and constraints) and the index that they share with pools: open addressing,
 * at most half full, entries of one hash in the order in which they stand in their array. */

#define PV_MIX 0x9E3779B1u /* 2^32 divided by the golden ratio: spreads hashes over the low bits */

static uint32_t spread(uint32_t hash) {
    uint32_t mixed = hash * PV_MIX;
    return mixed ^ (mixed >> 16);
}

uint32_t pv_store_slots(uint32_t num) {
    uint32_t slots = 8;
    while (slots < num * 2u && slots < 0x80000000u) {
        slots *= 2u;
    }
    return slots;
}

static int slots_fit(uint32_t num_slots, uint32_t num) {
    return num_slots > num && (num_slots & (num_slots - 1u)) == 0;
}

/* One slot beyond the entries is always free, so every walk ends. */
static void insert(pv_slot *slots, uint32_t num_slots, uint32_t hash, uint32_t entry) {
    uint32_t at = spread(hash) & (num_slots - 1u);
    while (slots[at] != 0) {
        at = (at + 1u) & (num_slots - 1u);
    }
    slots[at] = entry + 1u;
}

pv_status pv_store_index(pv_store *store) {
    if (store->num_slots == 0) return PV_DONE;
    if (!slots_fit(store->num_slots, store->num_anchors)) return PV_FAILED;
    for (uint32_t i = 0; i < store->num_slots; i++) {
        store->slots[i] = 0;
    }
    for (uint32_t i = 0; i < store->num_anchors; i++) {
        insert(store->slots, store->num_slots, store->anchors[i].subject_hash, i);
    }
    return PV_DONE;
}

pv_status pv_pool_index(pv_pool *pool) {
    if (pool->num_slots == 0) return PV_DONE;
    if (!slots_fit(pool->num_slots, pool->num_certs)) return PV_FAILED;
    for (uint32_t i = 0; i < pool->num_slots; i++) {
        pool->slots[i] = 0;
    }
    for (uint32_t i = 0; i < pool->num_certs; i++) {
        insert(pool->slots, pool->num_slots, pool->certs[i]->subject_hash, i);
    }
    return PV_DONE;
}

/* The entry at the walk's next place; 0 at the end. Without slots the walk is along the array. */
static uint32_t place(const pv_slot *slots, uint32_t num_slots, uint32_t num, uint32_t cursor,
                      uint32_t hash) {
    if (num_slots == 0) return cursor < num ? cursor + 1u : 0;
    if (cursor >= num_slots) return 0;
    return slots[(spread(hash) + cursor) & (num_slots - 1u)];
}

pv_index_step pv_store_next(const pv_store *store, uint32_t *cursor, uint32_t *entry, uint32_t hash) {
    uint32_t found = place(store->slots, store->num_slots, store->num_anchors, *cursor, hash);
    if (found == 0) return PV_INDEX_END;
    (*cursor)++;
    *entry = found - 1u;
    return store->anchors[*entry].subject_hash == hash ? PV_INDEX_FOUND : PV_INDEX_OTHER;
}

pv_index_step pv_pool_next(const pv_pool *pool, uint32_t *cursor, uint32_t *entry, uint32_t hash) {
    uint32_t found = place(pool->slots, pool->num_slots, pool->num_certs, *cursor, hash);
    if (found == 0) return PV_INDEX_END;
    (*cursor)++;
    *entry = found - 1u;
    return pool->certs[*entry]->subject_hash == hash ? PV_INDEX_FOUND : PV_INDEX_OTHER;
}

static void take_window(pv_anchor *out, const pv_cert *cert) {
    out->not_before = cert->not_before;
    out->not_after = cert->not_after;
    out->flags = PV_ANCHOR_WINDOW;
}

static void take_constraints(pv_anchor *out, const pv_cert *cert) {
    out->key_id = pv_cert_key_id(cert);
    out->name_constraints = pv_cert_name_constraints(cert);
    out->eku = pv_cert_eku(cert);
    out->present = cert->present;
    out->path_len = cert->path_len;
}

/* DSA is for old intermediates of policies that list it; nothing hangs on a DSA key alone. */
static pv_reason anchor_key_fault(uint8_t key_alg, pv_reason fault) {
    return key_alg == PV_KEY_DSA ? PV_R_ALGORITHM_NOT_ALLOWED : fault;
}

pv_reason pv_anchor_from_cert(pv_anchor *out, const pv_cert *cert) {
    const pv_anchor nothing = {0};
    *out = nothing;
    if (cert->version == 0) return PV_R_CERT_UNREADABLE;
    pv_reason fault = anchor_key_fault(cert->key_alg, cert->key_fault);
    if (fault != PV_OK) return fault;
    out->subject = pv_cert_subject(cert);
    out->subject_hash = cert->subject_hash;
    out->spki = pv_cert_spki(cert);
    out->key_alg = cert->key_alg;
    out->key_bits = cert->key_bits;
    out->cert = cert;
    take_window(out, cert);
    take_constraints(out, cert);
    out->usable = 1;
    return PV_OK;
}

static pv_reason fault_at(pv_fault *fault, pv_reason reason, pv_field_code field, const uint8_t *from,
                          pv_span at) {
    fault->reason = reason;
    fault->field = (uint8_t)field;
    fault->offset = at.data ? (uint32_t)(at.data - from) : 0;
    return reason;
}

static pv_reason read_subject(pv_anchor *out, pv_fault *fault, pv_span subject) {
    pv_span in = subject;
    uint32_t deviations = 0;
    pv_reason reason = pv_name_read(&in, &out->subject, &out->subject_hash, &deviations);
    if (reason == PV_OK) reason = pv_der_end(&in);
    /* An anchor is found by its name; an empty one would match every certificate without an issuer. */
    if (reason == PV_OK && pv_name_is_empty(out->subject)) reason = PV_R_DER_EMPTY;
    if (reason != PV_OK) return fault_at(fault, reason, PV_FIELD_SUBJECT, subject.data, in);
    return PV_OK;
}

static pv_reason read_key(pv_anchor *out, pv_fault *fault, pv_span spki) {
    pv_span in = spki;
    pv_key_info info = {0};
    uint32_t deviations = 0;
    pv_reason reason = pv_algorithm_key(&in, &out->spki, &info, &deviations);
    if (reason == PV_OK) reason = pv_der_end(&in);
    if (reason == PV_OK) reason = anchor_key_fault(info.alg, info.fault);
    if (reason != PV_OK) return fault_at(fault, reason, PV_FIELD_SUBJECT_PUBLIC_KEY, spki.data, in);
    out->key_alg = info.alg;
    out->key_bits = info.bits;
    return PV_OK;
}

pv_reason pv_anchor_from_key(pv_anchor *out, pv_fault *fault, pv_span subject, pv_span spki) {
    const pv_anchor nothing = {0};
    *out = nothing;
    pv_reason reason = read_subject(out, fault, subject);
    if (reason == PV_OK) reason = read_key(out, fault, spki);
    if (reason != PV_OK) {
        *out = nothing;
        return reason;
    }
    out->path_len = PV_NO_PATH_LEN;
    out->usable = 1;
    return PV_OK;
}
