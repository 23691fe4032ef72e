#include "store.h"

#include "algorithm.h"
#include "der.h"
#include "name.h"

/* Anchors (RFC 5914: name, key and constraints) and the index that they share with pools: open addressing, at
 * most half full, one slot for each hash, from which its entries are linked in the order of their array. Many
 * entries of one name are so in nobody's way but their own. */

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

static uint32_t home(const pv_index *index, uint32_t hash) {
    return spread(hash) & (index->num_slots - 1u);
}

typedef uint32_t hash_of(const void *entries, uint32_t i);

static uint32_t hash_of_anchor(const void *anchors, uint32_t i) {
    return ((const pv_anchor *)anchors)[i].subject_hash;
}

static uint32_t hash_of_cert(const void *certs, uint32_t i) {
    return ((const pv_cert *const *)certs)[i]->subject_hash;
}

/* The slot of an entry's hash, or the free one where it shall stand: one beyond the entries is always free.
 */
static pv_slot *find_slot(const pv_index *index, hash_of *hash, const void *entries, uint32_t entry) {
    uint32_t wanted = hash(entries, entry), at = home(index, wanted);
    while (index->slots[at] != 0 && hash(entries, index->slots[at] - 1u) != wanted) {
        at = (at + 1u) & (index->num_slots - 1u);
    }
    return &index->slots[at];
}

/* The last entry goes in first, each before those of its hash. */
static pv_status fill(pv_index *index, hash_of *hash, const void *entries, uint32_t num) {
    if (index->num_slots == 0) return PV_DONE;
    if (!slots_fit(index->num_slots, num)) return PV_FAILED;
    for (uint32_t i = 0; i < index->num_slots; i++) {
        index->slots[i] = 0;
    }
    for (uint32_t i = num; i-- > 0;) {
        pv_slot *slot = find_slot(index, hash, entries, i);
        index->links[i] = *slot;
        *slot = i + 1u;
    }
    return PV_DONE;
}

pv_status pv_store_index(pv_store *store) {
    return fill(&store->index, hash_of_anchor, store->anchors, store->num_anchors);
}

pv_status pv_pool_index(pv_pool *pool) {
    return fill(&pool->index, hash_of_cert, pool->certs, pool->num_certs);
}

/* A walk's cursor counts slots until one has the hash, then stands beyond num_slots for the entry found.
 * Links lead onward only, so that no list goes round. */
static uint32_t place(const pv_index *index, uint32_t num, uint32_t cursor, uint32_t hash) {
    if (!pv_index_is_used(index)) return cursor < num ? cursor + 1u : 0;
    if (cursor < index->num_slots)
        return index->slots[(home(index, hash) + cursor) & (index->num_slots - 1u)];
    uint32_t last = cursor - index->num_slots;
    return last > 0 && index->links[last - 1u] > last ? index->links[last - 1u] : 0;
}

static pv_index_step step_on(const pv_index *index, uint32_t *cursor, uint32_t found, int is_same) {
    if (!is_same || !pv_index_is_used(index)) {
        (*cursor)++;
    } else {
        *cursor = index->num_slots + found;
    }
    return is_same ? PV_INDEX_FOUND : PV_INDEX_OTHER;
}

pv_index_step pv_store_next(const pv_store *store, uint32_t *cursor, uint32_t *entry, uint32_t hash) {
    uint32_t found = place(&store->index, store->num_anchors, *cursor, hash);
    if (found == 0) return PV_INDEX_END;
    *entry = found - 1u;
    return step_on(&store->index, cursor, found, store->anchors[*entry].subject_hash == hash);
}

pv_index_step pv_pool_next(const pv_pool *pool, uint32_t *cursor, uint32_t *entry, uint32_t hash) {
    uint32_t found = place(&pool->index, pool->num_certs, *cursor, hash);
    if (found == 0) return PV_INDEX_END;
    *entry = found - 1u;
    return step_on(&pool->index, cursor, found, pool->certs[*entry]->subject_hash == hash);
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
