#define _GNU_SOURCE /* MADV_WIPEONFORK */
#include "host/cache.h"

#include "host/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Certificates, parsed keys and refusals, found by a keyed hash and decided by comparing every byte.
 *
 * The cache is cut into shards, each with a flag that is tried for a moment: who finds it taken all along
 * goes without. So no thread waits for one that does not run, and a child of fork cannot inherit a wait. The
 * child finds its marker wiped (or another process id), forgets every entry without touching it (a thread
 * that is gone may have been in the middle of a change), and starts empty. */

#define MAX_SHARDS 8u
#define SHARD_MIN  (256u * 1024u) /* bytes that a shard must be worth */

typedef enum kind { CERT = 1, KEY, REFUSAL } kind;

/* What an entry keeps alive, by its kind. */
typedef union content {
    pvh_interned *cert;
    pvh_key *key;
    pvh_engine *engine; /* that refused */
} content;

typedef struct entry {
    struct entry *chain;         /* of the same bucket */
    struct entry *newer, *older; /* order of use */
    uint64_t hash;
    size_t size; /* all that it takes, what it points to included */
    content of;
    uint32_t lens[3]; /* message, spki, signature of a refusal; of a key only the spki */
    uint8_t kind;
    uint8_t sig_alg;
    uint8_t bytes[]; /* the three, one after another */
} entry;

typedef struct shard {
    atomic_uchar taken;
    entry **buckets;
    uint32_t num_buckets; /* a power of two */
    entry *newest, *oldest;
    size_t max_bytes, bytes, evictions;
    size_t nums[REFUSAL + 1]; /* of each kind */
} shard;

typedef enum fork_state { WIPED = 0, READY = 1, RESETTING = 2 } fork_state;

struct pvh_cache {
    pvh_hash_key hash_key;
    size_t max_bytes;
    uint32_t num_shards;     /* a power of two; the one after them is for refusals */
    atomic_int has_refusals; /* whether there was one ever: before, none is looked for */
    atomic_int *marker;      /* on a page that the kernel zeroes in a child; NULL: `pid` is asked */
    atomic_long pid;         /* -1: someone is resetting */
    atomic_uint_fast64_t edge_hits, edge_misses, key_hits, key_misses, refusal_hits, passed_by;
    shard shards[MAX_SHARDS + 1];
};

/* What is looked for. A certificate's bytes are its message. */
typedef struct wanted {
    pv_span message, spki, signature;
    const pvh_engine *engine; /* of keys and refusals */
    uint64_t hash;
    uint8_t kind;
    uint8_t sig_alg;
} wanted;

/* --- Fork --------------------------------------------------------------------------------------------------
 */

#define MARKER_PAGE 4096u
#define NO_ADVICE   0x7FFF

static atomic_int *marker_new(void) {
#ifdef MADV_WIPEONFORK
    void *page = mmap(NULL, MARKER_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return NULL;
    /* User-mode emulators take any advice and do nothing, so one that does not exist must be turned down. */
    if (madvise(page, MARKER_PAGE, NO_ADVICE) != 0 && madvise(page, MARKER_PAGE, MADV_WIPEONFORK) == 0)
        return page;
    munmap(page, MARKER_PAGE);
#endif
    return NULL;
}

/* The entries are lost, not freed: their lists may be half changed. Memory of the parent, copied on write. */
static void forget(pvh_cache *cache) {
    for (uint32_t i = 0; i <= cache->num_shards; i++) {
        shard *s = &cache->shards[i];
        memset(s->buckets, 0, s->num_buckets * sizeof *s->buckets);
        memset(s->nums, 0, sizeof s->nums);
        s->newest = s->oldest = NULL;
        s->bytes = s->evictions = 0;
        atomic_store(&s->taken, 0);
    }
}

static int ready_by_marker(pvh_cache *cache) {
    int state = atomic_load_explicit(cache->marker, memory_order_acquire);
    if (state == READY) return 1;
    if (state != WIPED || !atomic_compare_exchange_strong(cache->marker, &state, RESETTING)) return 0;
    forget(cache);
    atomic_store_explicit(cache->marker, READY, memory_order_release);
    return 1;
}

static int ready_by_pid(pvh_cache *cache) {
    long mine = (long)getpid(), owner = atomic_load_explicit(&cache->pid, memory_order_acquire);
    if (owner == mine) return 1;
    if (owner < 0 || !atomic_compare_exchange_strong(&cache->pid, &owner, -1)) return 0;
    forget(cache);
    atomic_store_explicit(&cache->pid, mine, memory_order_release);
    return 1;
}

static int is_ready(pvh_cache *cache) {
    return cache->marker ? ready_by_marker(cache) : ready_by_pid(cache);
}

/* --- Shards ------------------------------------------------------------------------------------------------
 */

static void count(atomic_uint_fast64_t *counter, uint64_t num) {
    if (num > 0) atomic_fetch_add_explicit(counter, num, memory_order_relaxed);
}

/* A shard is held for some tens of nanoseconds, and what it knows is worth some tens of microseconds: so it
 * is tried again for a while that is short against that. */
#define FEW_TRIES  64u
#define MANY_TRIES 65536u /* where speed does not matter */

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* 0: it stays busy. */
static int take(shard *s, unsigned tries) {
    for (unsigned i = 0; i < tries; i++) {
        if (!atomic_load_explicit(&s->taken, memory_order_relaxed) &&
            !atomic_exchange_explicit(&s->taken, 1, memory_order_acquire))
            return 1;
        pause_briefly();
    }
    return 0;
}

/* NULL: busy. */
static shard *enter(pvh_cache *cache, const wanted *w) {
    uint32_t at = (uint32_t)(w->hash >> 56) & (cache->num_shards - 1);
    if (w->kind == REFUSAL) at = cache->num_shards;
    shard *s = &cache->shards[at];
    if (is_ready(cache) && take(s, FEW_TRIES)) return s;
    count(&cache->passed_by, 1);
    return NULL;
}

static void leave(shard *s) {
    atomic_store_explicit(&s->taken, 0, memory_order_release);
}

static entry **bucket(shard *s, uint64_t hash) {
    return &s->buckets[hash & (s->num_buckets - 1)];
}

static int bytes_match(const entry *e, const wanted *w) {
    const uint8_t *spki = e->bytes + e->lens[0], *signature = spki + e->lens[1];
    return e->sig_alg == w->sig_alg && pvh_equal((pv_span){signature, e->lens[2]}, w->signature) &&
           pvh_equal((pv_span){spki, e->lens[1]}, w->spki) &&
           pvh_equal((pv_span){e->bytes, e->lens[0]}, w->message);
}

static int matches(const entry *e, const wanted *w) {
    if (e->hash != w->hash || e->kind != w->kind) return 0;
    if (e->kind == CERT) return pvh_equal(pv_cert_der(&e->of.cert->view), w->message);
    return (e->kind == KEY ? e->of.key->engine : e->of.engine) == w->engine && bytes_match(e, w);
}

#define MAX_LOOKS 16u /* at entries of one bucket; what lies behind them is as good as gone */

static entry *find(shard *s, const wanted *w) {
    entry *e = *bucket(s, w->hash);
    for (unsigned i = 0; e && i < MAX_LOOKS; i++, e = e->chain)
        if (matches(e, w)) return e;
    return NULL;
}

static void unlink_use(shard *s, entry *e) {
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void link_newest(shard *s, entry *e) {
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void touch(shard *s, entry *e) {
    if (s->newest == e) return;
    unlink_use(s, e);
    link_newest(s, e);
}

static void tally(shard *s, const entry *e, size_t sign) {
    s->bytes += sign * e->size;
    s->nums[e->kind] += sign;
}

/* Takes the least recently used entry out; it is freed by the caller, outside the shard. */
static entry *evict(shard *s) {
    entry *e = s->oldest;
    entry **at = bucket(s, e->hash);
    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    unlink_use(s, e);
    tally(s, e, (size_t)-1);
    s->evictions++;
    return e;
}

static void release(uint8_t what, content of) {
    if (what == CERT) pvh_interned_release(of.cert);
    if (what == KEY) pvh_key_release(of.key);
    if (what == REFUSAL) pvh_engine_free(of.engine);
}

static void entry_free(entry *e) {
    release(e->kind, e->of);
    free(e);
}

static void free_chain(entry *e) {
    while (e) {
        entry *next = e->chain;
        entry_free(e);
        e = next;
    }
}

/* --- Looking up --------------------------------------------------------------------------------------------
 */

static wanted want_cert(uint64_t hash, pv_span der) {
    return (wanted){.kind = CERT, .message = der, .hash = hash};
}

static wanted want_key(const pvh_cache *cache, const pvh_engine *engine, pv_span spki) {
    return (wanted){.kind = KEY, .spki = spki, .engine = engine, .hash = pvh_hash(cache->hash_key, spki)};
}

/* All of it is hashed: whoever forges certificates chooses every part, and could give them one signature. */
static uint64_t hash_refusal(pvh_hash_key key, const pv_job *job) {
    key.a ^= pvh_hash(key, job->message);
    key.a ^= pvh_hash(key, job->spki);
    return pvh_hash(key, job->signature);
}

static wanted want_refusal(const pvh_cache *cache, const pvh_engine *engine, const pv_job *job) {
    return (wanted){.kind = REFUSAL,
                    .message = job->message,
                    .spki = job->spki,
                    .signature = job->signature,
                    .engine = engine,
                    .sig_alg = job->sig_alg,
                    .hash = hash_refusal(cache->hash_key, job)};
}

pvh_hash_key pvh_cache_hash_key(const pvh_cache *cache) {
    return cache->hash_key;
}

/* What was found, for the caller to release; NULLs: nothing. Of a refusal only whether there is one. */
static content look_up(pvh_cache *cache, const wanted *w) {
    content found = {NULL};
    shard *s = enter(cache, w);
    entry *e = s ? find(s, w) : NULL;
    if (e) {
        found = e->of;
        if (w->kind == CERT) pvh_interned_retain(found.cert);
        if (w->kind == KEY) pvh_key_retain(found.key);
        touch(s, e);
    }
    if (s) leave(s);
    return found;
}

pvh_interned *pvh_cache_cert(pvh_cache *cache, pv_span der) {
    return cache ? pvh_cache_cert_hashed(cache, pvh_hash_tail(cache->hash_key, der), der) : NULL;
}

pvh_interned *pvh_cache_cert_hashed(pvh_cache *cache, uint64_t hash, pv_span der) {
    if (!cache) return NULL;
    wanted w = want_cert(hash, der);
    return look_up(cache, &w).cert;
}

pvh_key *pvh_cache_key(pvh_cache *cache, const pvh_engine *engine, pv_span spki) {
    if (!cache) return NULL;
    wanted w = want_key(cache, engine, spki);
    pvh_key *key = look_up(cache, &w).key;
    count(key ? &cache->key_hits : &cache->key_misses, 1);
    return key;
}

/* A job that carries a digest instead of its bytes cannot be compared, so it is never found; nor is one whose
 * SPKI is not all of its key. */
static int is_comparable(const pv_job *job) {
    return job->digest_len == 0 && pvh_job_is_lasting(job);
}

int pvh_cache_is_refused(pvh_cache *cache, const pvh_engine *engine, const pv_job *job) {
    if (!cache || !is_comparable(job)) return 0;
    if (!atomic_load_explicit(&cache->has_refusals, memory_order_relaxed)) return 0;
    wanted w = want_refusal(cache, engine, job);
    int is_refused = look_up(cache, &w).engine != NULL;
    count(&cache->refusal_hits, (uint64_t)is_refused);
    return is_refused;
}

void pvh_cache_count(pvh_cache *cache, uint32_t hits, uint32_t misses) {
    if (!cache) return;
    count(&cache->edge_hits, hits);
    count(&cache->edge_misses, misses);
}

/* --- Adding ------------------------------------------------------------------------------------------------
 */

#define ALLOCATION 16u /* what the allocator takes for itself, roughly */

static uint8_t *put(uint8_t *to, pv_span from) {
    if (from.len > 0) memcpy(to, from.data, from.len);
    return to + from.len;
}

/* Of a certificate the entry has no bytes: they are in what it points to. */
static entry *entry_alloc(const wanted *w) {
    const pv_span none = {NULL, 0};
    pv_span message = w->kind == CERT ? none : w->message;
    size_t len = message.len + w->spki.len + w->signature.len;
    if (message.len > PV_MAX_DER || w->spki.len > PV_MAX_DER || w->signature.len > PV_MAX_DER) return NULL;
    entry *e = malloc(sizeof *e + len);
    if (!e) return NULL;
    *e = (entry){.hash = w->hash, .kind = w->kind, .sig_alg = w->sig_alg};
    e->lens[0] = (uint32_t)message.len;
    e->lens[1] = (uint32_t)w->spki.len;
    e->lens[2] = (uint32_t)w->signature.len;
    put(put(put(e->bytes, message), w->spki), w->signature);
    e->size = sizeof *e + len + ALLOCATION;
    return e;
}

/* NULL: no memory, or something is too long; then `of` is let go of. */
static entry *entry_new(const wanted *w, content of, size_t size) {
    entry *e = entry_alloc(w);
    if (!e) {
        release(w->kind, of);
        return NULL;
    }
    e->of = of;
    e->size += size;
    return e;
}

/* Links `e` in, and returns what must go for it, chained. */
static entry *insert(shard *s, entry *e) {
    entry *gone = NULL;
    while (s->oldest && s->bytes + e->size > s->max_bytes) {
        entry *old = evict(s);
        old->chain = gone;
        gone = old;
    }
    entry **at = bucket(s, e->hash);
    e->chain = *at;
    *at = e;
    link_newest(s, e);
    tally(s, e, 1);
    return gone;
}

static int has(pvh_cache *cache, const wanted *w) {
    shard *s = enter(cache, w);
    int found = s && find(s, w);
    if (s) leave(s);
    return found;
}

/* Takes `of`, of this many bytes, over from the caller. Memory is taken before and given back after the shard
 * is held. */
static void add(pvh_cache *cache, const wanted *w, content of, size_t size) {
    entry *e = entry_new(w, of, size), *gone = e;
    shard *s = e ? enter(cache, w) : NULL;
    if (s) {
        if (e->size <= s->max_bytes && !find(s, w)) gone = insert(s, e);
        leave(s);
    }
    free_chain(gone);
}

/* It was looked for when it came, so it is not looked for again before memory is taken. */
void pvh_cache_add_cert(pvh_cache *cache, const pv_cert *cert, pv_span spki, unsigned epoch) {
    if (!cache) return;
    pv_span der = pv_cert_der(cert);
    wanted w = want_cert(pvh_hash_tail(cache->hash_key, der), der);
    pvh_interned *copy = pvh_interned_copy(cert, spki, epoch);
    if (copy) add(cache, &w, (content){.cert = copy}, copy->size + ALLOCATION);
}

void pvh_cache_add_key(pvh_cache *cache, pvh_key *key, pv_span spki) {
    if (!cache || atomic_exchange_explicit(&key->is_cached, 1, memory_order_relaxed)) return;
    wanted w = want_key(cache, key->engine, spki);
    add(cache, &w, (content){.key = pvh_key_retain(key)}, key->size);
}

void pvh_cache_add_refusal(pvh_cache *cache, pvh_engine *engine, const pv_job *job) {
    if (!cache || !is_comparable(job)) return;
    atomic_store_explicit(&cache->has_refusals, 1, memory_order_relaxed);
    wanted w = want_refusal(cache, engine, job);
    if (!has(cache, &w)) add(cache, &w, (content){.engine = pvh_engine_retain(engine)}, 0);
}

/* --- Making and reading ------------------------------------------------------------------------------------
 */

static uint32_t power_of_two(size_t least, uint32_t most) {
    uint32_t power = 1;
    while (power < most && power < least)
        power *= 2;
    return power;
}

/* The buckets count too: about one for each KiB, so they take under a hundredth. */
static int shard_open(shard *s, size_t share) {
    atomic_init(&s->taken, 0);
    s->num_buckets = power_of_two(share / 1024, 0x1000000u);
    size_t table = s->num_buckets * sizeof *s->buckets;
    s->max_bytes = share > table ? share - table : 0;
    s->buckets = calloc(s->num_buckets, sizeof *s->buckets);
    return s->buckets != NULL;
}

static int shards_open(pvh_cache *cache, size_t max_bytes) {
    size_t refusals = max_bytes / 16, rest = max_bytes - refusals;
    cache->max_bytes = max_bytes;
    cache->num_shards = power_of_two(rest / SHARD_MIN, MAX_SHARDS);
    for (uint32_t i = 0; i < cache->num_shards; i++)
        if (!shard_open(&cache->shards[i], rest / cache->num_shards)) return 0;
    return shard_open(&cache->shards[cache->num_shards], refusals);
}

pvh_cache *pvh_cache_new(size_t max_bytes) {
    pvh_cache *cache = calloc(1, sizeof *cache);
    if (!cache) return NULL;
    cache->hash_key = pvh_hash_key_make();
    cache->marker = marker_new();
    if (cache->marker) atomic_store(cache->marker, READY);
    atomic_init(&cache->pid, (long)getpid());
    if (shards_open(cache, max_bytes)) return cache;
    pvh_cache_free(cache);
    return NULL;
}

void pvh_cache_free(pvh_cache *cache) {
    if (!cache) return;
    int usable = is_ready(cache);
    for (uint32_t i = 0; i <= cache->num_shards; i++) {
        for (entry *e = usable ? cache->shards[i].newest : NULL, *older; e; e = older) {
            older = e->older;
            entry_free(e);
        }
        free(cache->shards[i].buckets);
    }
    if (cache->marker) munmap(cache->marker, MARKER_PAGE);
    free(cache);
}

uint32_t pvh_cache_collect(pvh_cache *cache, pvh_interned **out, uint32_t max_out) {
    uint32_t num = 0;
    for (uint32_t i = 0; i < cache->num_shards; i++) {
        shard *s = is_ready(cache) && take(&cache->shards[i], MANY_TRIES) ? &cache->shards[i] : NULL;
        for (entry *e = s ? s->newest : NULL; e && num < max_out; e = e->older)
            if (e->kind == CERT && (e->of.cert->view.flags & PV_CERT_CA))
                out[num++] = pvh_interned_retain(e->of.cert);
        if (s) leave(s);
    }
    return num;
}

/* A shard that stays busy is left out: these are numbers for people. */
void pvh_cache_read_stats(pvh_cache *cache, pvh_cache_stats *out) {
    *out = (pvh_cache_stats){.max_bytes = cache->max_bytes};
    for (uint32_t i = 0; i <= cache->num_shards; i++) {
        shard *s = &cache->shards[i];
        if (!is_ready(cache) || !take(s, MANY_TRIES)) continue;
        out->bytes += s->bytes + s->num_buckets * sizeof *s->buckets;
        out->edges += s->nums[CERT];
        out->keys += s->nums[KEY];
        out->refusals += s->nums[REFUSAL];
        out->evictions += s->evictions;
        leave(s);
    }
    out->edge_hits = atomic_load(&cache->edge_hits);
    out->edge_misses = atomic_load(&cache->edge_misses);
    out->refusal_hits = atomic_load(&cache->refusal_hits);
    out->key_hits = atomic_load(&cache->key_hits);
    out->key_misses = atomic_load(&cache->key_misses);
    out->passed_by = atomic_load(&cache->passed_by);
}
