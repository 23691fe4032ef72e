/* host.h: the hosted parts (C11): a heap, threads and libcrypto are allowed here. What the binding calls.
 *
 * Functions here may be called without Python's lock and from any thread. Objects made by a pvh_*_new are
 * freed by the pvh_*_free of the same name; NULL means that there was no memory. Stores are immutable once
 * sealed; engines and caches may be shared by any number of threads.
 */
#ifndef PV_HOST_H
#define PV_HOST_H

#include "cert.h"
#include "pyvalidator.h"

/* --- Engines: what stands behind the checker seam ----------------------------------------------------------
 */

typedef struct pvh_engine pvh_engine;

/* pvh_engine_libcrypto finds a libcrypto (1.1.1, 3.x, 4.x) at run time through a table of function pointers.
 * `path` NULL: one that the process has loaded already, else the usual names; "" is never looked for. NULL:
 * none can be used, and `why` (a constant text, may be NULL) says why. */
pvh_engine *pvh_engine_libcrypto(const char *path, const char **why);

/* pvh_engine_callback asks `check` instead (the `cryptography` package behind a callback). What it leaves
 * untouched is NOT_CHECKED; a job whose result is something else when it comes has its answer already. It is
 * taken to know every algorithm of pv_sig_alg but those of MD5 and MD2; pvh_engine_limit, before it is used,
 * says that it knows only these (PV_ALG_BIT each). */
pvh_engine *pvh_engine_callback(void (*check)(void *ctx, pv_job *jobs, size_t num_jobs), void *ctx);
void pvh_engine_limit(pvh_engine *engine, uint32_t algorithms);

/* pvh_engine_set_fallback: what `engine` does not know is asked of `other`, a job at a time, and kept alive
 * by it. Before `engine` is used; once; `other` has none itself. PV_FAILED: it was not so. */
pv_status pvh_engine_set_fallback(pvh_engine *engine, pvh_engine *other);

/* pvh_engine_set_hash lends a callback engine a hash (before it is shared): `hash` writes the digest of
 * `data`
 * (`alg`: pv_digest_alg) and returns its length; 0: it cannot. Without one OCSP responses cannot be judged.
 */
void pvh_engine_set_hash(pvh_engine *engine, size_t (*hash)(void *ctx, uint8_t *out, uint8_t alg,
                                                            const uint8_t *data, size_t len));

/* pvh_engine_free gives up the caller's hold; stores prepared for it and cached keys keep it alive. */
void pvh_engine_free(pvh_engine *engine);

/* pvh_engine_version: "OpenSSL 3.0.19 27 Jan 2026"; "" for a callback. pvh_engine_algorithms: PV_ALG_BIT of
 * what it can check, its fallback's included. */
const char *pvh_engine_version(const pvh_engine *engine);
uint32_t pvh_engine_algorithms(const pvh_engine *engine);

/* pvh_engine_check checks jobs with bare keys, nothing cached. Legacy algorithms (SHA-1, DSA) are answered
 * too: only store building and policies that list DSA ask about them. pvh_engine_digest is the seam's other
 * operation. */
void pvh_engine_check(pvh_engine *engine, pv_job *jobs, size_t num_jobs);
size_t pvh_engine_digest(pvh_engine *engine, void *state, uint8_t *out, pv_digest_step step,
                         pv_digest_alg alg, pv_span data);

/* pvh_verify: whether `cert` is signed by `spki` (a pv_sig_result). The core's checks of algorithm and key
 * come first; SHA-1 is taken. */
uint8_t pvh_verify(pvh_engine *engine, const pv_cert *cert, const uint8_t *spki, size_t spki_len);

/* --- Hot keys: signatures by keys that are seen often, by tables of their multiples --- */

/* P-256 with SHA-256 only. Bounded by `max_bytes`, its generator's table included (the first of them is made
 * when the first key is hot). 1 in `shadow` accepted signatures is asked of libcrypto again (0: none); what
 * does not hold always is. If it does not agree, nothing is checked by tables any more in this process, and
 * `alarm` (may be NULL) is called, once. `most_layer`: a pvh_p256_layer, the best that may be used. Only keys
 * on paths verified to an anchor get a table, made by a thread of its own. Works with libcrypto engines
 * alone. */
typedef struct pvh_hot pvh_hot;
pvh_hot *pvh_hot_new(size_t max_bytes, uint32_t shadow, uint32_t most_layer, void (*alarm)(void));
void pvh_hot_free(pvh_hot *hot);

/* pvh_hot_wait: until no table is being made; 0: the time was over before. */
int pvh_hot_wait(const pvh_hot *hot, uint32_t milliseconds);

/* `taken`: signatures that were checked by tables, or (`bare` of them) by the point of a key without one;
 * `accepted` of all of them, and `sampled` of those, which libcrypto was asked about too. `layer`: a
 * pvh_p256_layer; 0: none yet, -1: none that passed its test. */
typedef struct pvh_hot_stats {
    uint64_t bytes, max_bytes, tables, built, evicted, taken, bare, accepted, sampled;
    int32_t layer, is_wrong;
} pvh_hot_stats;
void pvh_hot_read_stats(const pvh_hot *hot, pvh_hot_stats *out);

/* pvh_hot_layer_state: -1: this build or machine has no such layer; 0: it failed its test; 1: it passed. */
int pvh_hot_layer_state(uint32_t layer);

/* --- Cache: certificates of trusted paths, read once, with the keys that they were verified under; parsed
 * keys; by exact bytes --- */

typedef struct pvh_cache pvh_cache;

/* pvh_cache_new: bounded by `max_bytes` in all. It knows neither stores nor policies. Only what lies on a
 * path verified to an anchor enters; remembered refusals have a room of their own, a sixteenth. A busy cache
 * is passed by, never waited for; after a fork it starts empty in the child. */
pvh_cache *pvh_cache_new(size_t max_bytes);
void pvh_cache_free(pvh_cache *cache);

/* `edges` counts the certificates: each has the one key that it was verified under. */
typedef struct pvh_cache_stats {
    uint64_t bytes, max_bytes, edges, keys, edge_hits, edge_misses, key_hits, key_misses, evictions,
        passed_by, refusals, refusal_hits;
} pvh_cache_stats;
void pvh_cache_read_stats(pvh_cache *cache, pvh_cache_stats *out);

/* A certificate that was read, in memory of its own. */
typedef struct pvh_interned pvh_interned;
const pv_cert *pvh_interned_view(const pvh_interned *interned);
void pvh_interned_release(pvh_interned *interned);

/* pvh_cache_collect: the CA certificates in it, each for the caller to release; at most max_out. */
uint32_t pvh_cache_collect(pvh_cache *cache, pvh_interned **out, uint32_t max_out);

/* --- Store
 * --------------------------------------------------------------------------------------------------- */

typedef struct pvh_store pvh_store;

/* Limits of an anchor beyond its certificate's own. `flags`: PV_ANCHOR_*. Spans of length 0: none. */
typedef struct pvh_anchor_limits {
    int64_t not_before, not_after, distrust_after;
    const uint8_t *name_constraints;
    size_t name_constraints_len;
    const uint8_t *eku;
    size_t eku_len;
    uint8_t flags;
} pvh_anchor_limits;

pvh_store *pvh_store_new(void);
void pvh_store_free(pvh_store *store);

/* Both copy what they are given. Anchors keep the order in which they were added. A reason other than PV_OK:
 * nothing was added. The roots-only rule is the caller's (TrustStore). `limits` may be NULL; they can only
 * narrow: of two windows the common part counts, and name constraints or an EKU beside ones of the
 * certificate's own that differ are ANCHOR_UNUSABLE (as is a lack of memory). */
pv_reason pvh_store_add_certificate(pvh_store *store, pv_fault *fault, const uint8_t *der, size_t der_len,
                                    const pvh_anchor_limits *limits);
pv_reason pvh_store_add_key(pvh_store *store, pv_fault *fault, const uint8_t *subject, size_t subject_len,
                            const uint8_t *spki, size_t spki_len, const pvh_anchor_limits *limits);

/* What the roots-only rule (roots.h) says of a certificate. Zero is no answer. */
typedef enum pvh_root_kind {
    PVH_ROOT_UNKNOWN = 0,
    PVH_ROOT_GOOD = 1,
    PVH_ROOT_UNREADABLE = 2,   /* the fault says why and where */
    PVH_ROOT_END_ENTITY = 3,   /* not a CA's */
    PVH_ROOT_INTERMEDIATE = 4, /* a CA's, and not signed by its own key */
    PVH_ROOT_UNPROVEN = 5,     /* a self-issued CA's; the fault's reason says why no more can be shown */
} pvh_root_kind;

/* The first certificate that is no root, and where it stands; PVH_ROOT_GOOD: there is none. */
typedef struct pvh_root_finding {
    pv_fault fault;
    uint32_t position;
    uint8_t kind; /* pvh_root_kind */
} pvh_root_finding;

/* pvh_store_add_roots adds certificates, one after another in `der`, that are roots by all but their
 * signature. Equal ones count once. All are read first: one that cannot be is found before any that is no
 * root. `out` has its position in the input; those before it were added, so that they can still be proven,
 * and the store is then good for nothing else. PV_FAILED: no memory, or the lengths do not make up
 * `der_len`. */
pv_status pvh_store_add_roots(pvh_store *store, pvh_root_finding *out, const uint8_t *der, size_t der_len,
                              const uint32_t *lens, uint32_t num);

/* pvh_store_prove_roots checks the self-signatures of `num` anchors from `first` on; SHA-1 is taken. `out`
 * has a position in the store. Anchors without a certificate are passed over. PV_FAILED: there are not that
 * many. */
pv_status pvh_store_prove_roots(const pvh_store *store, pvh_root_finding *out, pvh_engine *engine,
                                uint32_t first, uint32_t num);

/* pvh_store_certificate: the DER of the anchor's certificate, as long as the store lives; empty: none. */
pv_span pvh_store_certificate(const pvh_store *store, uint32_t anchor);

/* pvh_store_seal indexes the anchors; nothing can be added afterwards. pvh_store_prepare sets up the anchors'
 * keys for an engine (idempotent; called when a validator is built, never on the hot path). */
pv_status pvh_store_seal(pvh_store *store);
pv_status pvh_store_prepare(pvh_store *store, pvh_engine *engine);
uint32_t pvh_store_num_anchors(const pvh_store *store);

/* --- Pool
 * ---------------------------------------------------------------------------------------------------- */

/* Candidate intermediates that the requests of a validator share: found by name, trusted by nobody. Copied,
 * read once, immutable to whoever uses it. */
typedef struct pvh_pool pvh_pool;

#define PVH_MAX_POOL 0x1000000u

/* pvh_pool_new: of CA certificates, one after another in `der`. NULL: `fault` says why (PV_R_UNCHECKED: no
 * memory, or too many), and `position` of which. pvh_pool_overhead: bytes that it takes beyond the DER, but
 * for the keys that its certificates were verified under. */
pvh_pool *pvh_pool_new(pv_fault *fault, uint32_t *position, const uint8_t *der, size_t der_len,
                       const uint32_t *cert_lens, uint32_t num_certs);
void pvh_pool_free(pvh_pool *pool);
size_t pvh_pool_overhead(const pvh_pool *pool);

/* pvh_pem_certificates decodes PEM text that is plain: CERTIFICATE blocks (RFC 7468 5.1) in lines of whole
 * groups of base64, with any lines that have no "-----" in them around the blocks. Writes the DER of all, one
 * after another, and the length of each, and returns how many. 0: it is not plain (or has no block, or more
 * than max_blocks), and nothing written counts; whoever reads all of PEM says what is wrong. `out` has room
 * for three quarters of text_len. */
uint32_t pvh_pem_certificates(uint8_t *out, uint32_t *lens, uint32_t max_blocks, const uint8_t *text,
                              size_t text_len);

/* --- Evidence of revocation
 * -------------------------------------------------------------------------------------- */

/* A CRL or an OCSP response in memory of its own: read once, a CRL indexed, its signature checked once for
 * each key. Immutable to whoever uses it; shared by any number of threads, requests and engines. NULL:
 * `fault` says why (PV_R_UNCHECKED: no memory). */
typedef struct pvh_crl pvh_crl;
typedef struct pvh_ocsp pvh_ocsp;
pvh_crl *pvh_crl_new(pv_fault *fault, const uint8_t *der, size_t der_len);
void pvh_crl_free(pvh_crl *crl);
const pv_crl *pvh_crl_view(const pvh_crl *crl);
/* pvh_crl_set_digest: the digest of its signed bytes (pv_crl_tbs) by the hash of its signature algorithm, so
 * that nobody hashes them again; before the CRL is shared, and the caller answers for it. PV_FAILED: not of
 * this length. */
pv_status pvh_crl_set_digest(pvh_crl *crl, const uint8_t *digest, size_t digest_len);
/* pvh_crl_index_size: bytes of the index, beyond the DER. */
size_t pvh_crl_index_size(const pvh_crl *crl);
pvh_ocsp *pvh_ocsp_new(pv_fault *fault, const uint8_t *der, size_t der_len);
void pvh_ocsp_free(pvh_ocsp *ocsp);
const pv_ocsp *pvh_ocsp_view(const pvh_ocsp *ocsp);

/* What a request brings along. It keeps what it was made of alive, and copies the certificates (one after
 * another in `der`); the ones inside of OCSP responses are added to them. One that cannot be read is passed
 * over. */
typedef struct pvh_evidence pvh_evidence;
pvh_evidence *pvh_evidence_new(pvh_crl *const *crls, uint32_t num_crls, pvh_ocsp *const *ocsps,
                               uint32_t num_ocsps, const uint8_t *der, size_t der_len,
                               const uint32_t *cert_lens, uint32_t num_certs);
void pvh_evidence_free(pvh_evidence *evidence);
const pv_evidence *pvh_evidence_view(const pvh_evidence *evidence);

/* --- Validation
 * ---------------------------------------------------------------------------------------------- */

/* What a validator is made of; the caller keeps all of it alive. `cache`, `pool` and `hot` may be NULL. */
typedef struct pvh_config {
    const pvh_store *store;
    const pvh_pool *pool;
    pvh_engine *engine;
    pvh_cache *cache;
    pvh_hot *hot;
    pv_policy policy;
    uint32_t
        max_certs;    /* certificates of one request; more: BUDGET_CERTIFICATES, UNDECIDED, nothing parsed */
    uint64_t max_der; /* bytes of DER of one request; the same */
} pvh_config;

/* Many requests: all certificates one after another in `der`, `cert_lens` of each, `counts` of each request.
 * A length that leaves `der` makes the call fail. Subjects one after another too. */
typedef struct pvh_input {
    const uint8_t *der;
    size_t der_len;
    const uint32_t *cert_lens;
    const uint32_t *counts;
    const uint8_t *subject_kinds;
    const uint8_t *subjects;
    size_t subjects_len;
    const uint32_t *subject_lens;
    const pv_time *times;
    const pvh_evidence *const *evidences; /* of each request (NULL: none) */
    uint32_t num_subjects;                /* num_requests, or 1: the same for all; as below */
    uint32_t num_times;
    uint32_t num_evidences; /* 0: there is none */
    uint32_t num_certs;
    uint32_t num_requests; /* at least 1 */
    uint32_t max_records;  /* lines of log for each request */
    uint64_t caller;       /* what pvh_caller answers on the threads that work for this call */
} pvh_input;

/* pvh_caller: for whom this thread works, so that an engine's callback knows whose call it is asked in. 0: it
 * is no thread of pvh_check_many. */
uint64_t pvh_caller(void);

/* The lines that were kept of each request: those of a window's requests in one piece, as long as they are;
 * `ends` counts a request's lines from the first of its window on. */
typedef struct pvh_log {
    pv_record **windows;
    uint32_t *ends;
    uint32_t window; /* requests */
    uint32_t num_windows;
} pvh_log;

/* The answers to many requests, in memory of their own that is as large as what was written.
 * The columns: `outcomes` (never PV_OUTCOME_NONE), `anchors` (PV_NODE_NONE unless trusted), and `reasons`,
 * where the reader's own words stand for a certificate that could not be read. What the caller makes of a
 * verdict with marks, it enters in verdicts and columns. `faults`: of each certificate, why it could not be
 * read; reason 0 or PV_OK: it could, or was not looked at; NULL: all that were looked at could. */
typedef struct pvh_answers {
    pv_verdict *verdicts;
    uint8_t *outcomes;
    uint32_t *anchors;
    pv_reason *reasons;
    pv_fault *faults;
    uint32_t num_requests;
    uint32_t num_certs;
    uint32_t num_marked; /* verdicts with marks */
    pvh_log *log;
} pvh_answers;

/* pvh_check_many answers all requests on `num_threads` threads (the caller's is one of them; 1 at least),
 * which take windows of requests as they come to it. NULL: it could not be carried out (a policy that pauses,
 * an input that is not sound, no memory), and nothing was judged. */
pvh_answers *pvh_check_many(const pvh_config *config, const pvh_input *input, uint32_t num_threads);
void pvh_answers_free(pvh_answers *answers);

/* pvh_read_offsets turns `num` offsets of `size` bytes (4 or 8) into the num - 1 lengths between them, and
 * says where they begin and end. Returns how many are in order; fewer than `num`: the next is smaller than
 * the one before, or 4 GiB or more beyond it. */
size_t pvh_read_offsets(uint32_t *lens, uint64_t *first, uint64_t *last, const void *offsets, size_t num,
                        unsigned size);

/* pvh_check_one: the same for a single request with the least to hand over. */
pv_status pvh_check_one(const pvh_config *config, pv_verdict *verdict, pv_record *records,
                        uint32_t max_records, pv_fault *faults, const uint8_t *der, size_t der_len,
                        const uint32_t *cert_lens, uint32_t num_certs, uint8_t subject_kind,
                        const uint8_t *subject, size_t subject_len, uint8_t time_mode, int64_t time_value,
                        const pvh_evidence *evidence);

/* One caller at a time asks through a frame, over and over, and reads the answer in its room. The caller
 * keeps all of it alive. */
typedef struct pvh_frame {
    const pvh_config *config;
    uint8_t *room; /* aligned like uint64_t; pvh_frame_size bytes for these numbers */
    size_t room_len;
    uint32_t max_records; /* lines of log */
    uint32_t max_certs;   /* of one request */
} pvh_frame;

size_t pvh_frame_size(uint32_t max_records, uint32_t max_certs);

/* pvh_ask: pvh_check_one with the least to hand over. `lens` are 32-bit numbers of this machine, one for each
 * certificate, wherever they lie. The room gets a pv_verdict, then the lines of its log, then, if some
 * certificate could not be read, a pv_fault for each. Returns their bytes; 0: it could not be carried out. */
size_t pvh_ask(const pvh_frame *frame, const uint8_t *der, size_t der_len, const uint8_t *lens,
               uint32_t num_certs, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
               uint8_t time_mode, int64_t time_value, const pvh_evidence *evidence);

/* pvh_ask_pair: the same of two certificates that lie in two places, and without evidence: what nearly all
 * requests are. */
size_t pvh_ask_pair(const pvh_frame *frame, const uint8_t *target, uint32_t target_len, const uint8_t *other,
                    uint32_t other_len, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
                    uint8_t time_mode, int64_t time_value);

/* pvh_policy_set: the authority- or user-constrained policy set (RFC 9618 5.5; `kind`: pv_policy_set_kind) of
 * a path that was found valid, its certificates one after another, target first, below the store's anchor at
 * this position. Writes at most max_out; `num_out` says how many there are; the spans point into `der` and
 * into the config's policy. Empty where the policies cannot be read, or not within the policy's budget: a
 * policy that is not known to be valid is not valid. PV_FAILED: no memory, or no such path. */
pv_status pvh_policy_set(const pvh_config *config, uint32_t *num_out, pv_span *out, uint32_t max_out,
                         uint8_t kind, uint32_t anchor, const uint8_t *der, size_t der_len,
                         const uint32_t *cert_lens, uint32_t num_certs);

/* Where a session's answer goes, lent by the caller: one verdict, records[max_records], faults[num_certs].
 * `records` and `faults` may be NULL. */
typedef struct pvh_output {
    pv_verdict *verdicts;
    pv_record *records;
    pv_fault *faults;
} pvh_output;

/* A session keeps a single request's search while the caller thinks about a path (PV_PAUSE_PATH). The memory
 * behind `output` and `input` must stay. pvh_session_run returns PV_SUSPENDED at each path (in verdict.path
 * and .anchor); it is given the answer to the pause before. */
typedef struct pvh_session pvh_session;
pvh_session *pvh_session_new(const pvh_config *config, const pvh_output *output, const pvh_input *input);
pv_status pvh_session_run(pvh_session *session, pv_answer answer);
void pvh_session_free(pvh_session *session);

#endif
