/* What Python sees of pyvalidator.h, cert.h, ext.h, host/host.h and host/texts.h. The compiler checks every
 * line against the headers. Constants of reasons.def and fields.def are added by build_native.py. */

typedef struct pv_span {
    const uint8_t *data;
    size_t len;
} pv_span;

typedef uint16_t pv_reason;

typedef struct pv_fault {
    uint32_t offset;
    pv_reason reason;
    uint8_t field;
} pv_fault;

typedef enum { PV_FAILED, PV_DONE, PV_SUSPENDED, ... } pv_status;

#define PV_OK ...
#define PV_MAX_PATH ...
#define PV_MAX_EXTENSIONS ...
#define PV_MAX_DER ...

#define PV_SIG_UNKNOWN ...
#define PV_SIG_RSA_PKCS1_SHA256 ...
#define PV_SIG_RSA_PKCS1_SHA384 ...
#define PV_SIG_RSA_PKCS1_SHA512 ...
#define PV_SIG_RSA_PSS_SHA256 ...
#define PV_SIG_RSA_PSS_SHA384 ...
#define PV_SIG_RSA_PSS_SHA512 ...
#define PV_SIG_ECDSA_SHA256 ...
#define PV_SIG_ECDSA_SHA384 ...
#define PV_SIG_ECDSA_SHA512 ...
#define PV_SIG_ED25519 ...
#define PV_SIG_ED448 ...
#define PV_SIG_ML_DSA_44 ...
#define PV_SIG_ML_DSA_65 ...
#define PV_SIG_ML_DSA_87 ...
#define PV_SIG_LEGACY_FIRST ...
#define PV_SIG_RSA_PKCS1_SHA1 ...
#define PV_SIG_ECDSA_SHA1 ...
#define PV_SIG_DSA_SHA1 ...
#define PV_SIG_DSA_SHA256 ...
#define PV_SIG_RSA_PKCS1_MD5 ...
#define PV_SIG_RSA_PKCS1_MD2 ...

#define PV_KEY_UNKNOWN ...
#define PV_KEY_RSA ...
#define PV_KEY_RSA_PSS_SHA256 ...
#define PV_KEY_RSA_PSS_SHA384 ...
#define PV_KEY_RSA_PSS_SHA512 ...
#define PV_KEY_RSA_PSS ...
#define PV_KEY_P256 ...
#define PV_KEY_P384 ...
#define PV_KEY_P521 ...
#define PV_KEY_ED25519 ...
#define PV_KEY_ED448 ...
#define PV_KEY_DSA ...
#define PV_KEY_ML_DSA_44 ...
#define PV_KEY_ML_DSA_65 ...
#define PV_KEY_ML_DSA_87 ...

#define PV_EXT_UNKNOWN ...
#define PV_EXT_SUBJECT_KEY_ID ...
#define PV_EXT_KEY_USAGE ...
#define PV_EXT_SUBJECT_ALT_NAME ...
#define PV_EXT_ISSUER_ALT_NAME ...
#define PV_EXT_BASIC_CONSTRAINTS ...
#define PV_EXT_NAME_CONSTRAINTS ...
#define PV_EXT_CRL_DISTRIBUTION_POINTS ...
#define PV_EXT_CERTIFICATE_POLICIES ...
#define PV_EXT_POLICY_MAPPINGS ...
#define PV_EXT_AUTHORITY_KEY_ID ...
#define PV_EXT_POLICY_CONSTRAINTS ...
#define PV_EXT_EXTENDED_KEY_USAGE ...
#define PV_EXT_FRESHEST_CRL ...
#define PV_EXT_INHIBIT_ANY_POLICY ...
#define PV_EXT_SUBJECT_DIRECTORY_ATTRIBUTES ...
#define PV_EXT_AUTHORITY_INFO_ACCESS ...
#define PV_EXT_SUBJECT_INFO_ACCESS ...
#define PV_EXT_OCSP_NO_CHECK ...
#define PV_EXT_TLS_FEATURE ...
#define PV_EXT_COUNT ...

#define PV_KU_DIGITAL_SIGNATURE ...
#define PV_KU_KEY_CERT_SIGN ...
#define PV_KU_CRL_SIGN ...

#define PV_CERT_CA ...
#define PV_CERT_SELF_ISSUED ...
#define PV_CERT_EMPTY_NAME ...

#define PV_DEV_SERIAL_NEGATIVE ...
#define PV_DEV_SERIAL_ZERO ...
#define PV_DEV_SERIAL_TOO_LONG ...
#define PV_DEV_EXPLICIT_DEFAULT ...
#define PV_DEV_TIME_ENCODING ...
#define PV_DEV_VERSION ...
#define PV_DEV_SET_ORDER ...
#define PV_DEV_UNIQUE_ID ...
#define PV_DEV_EMPTY_EXTENSIONS ...
#define PV_DEV_PATH_LEN_NOT_CA ...
#define PV_DEV_KEY_USAGE_EMPTY ...
#define PV_DEV_KEY_PARAMETERS ...
#define PV_DEV_DIRECTORY_STRING ...

#define PV_NO_PATH_LEN ...

typedef struct pv_cert {
    const uint8_t *der;
    uint32_t der_len;
    uint32_t serial;
    uint32_t issuer;
    uint32_t subject;
    uint32_t spki;
    uint32_t signature;
    uint32_t extensions;
    uint32_t san;
    uint32_t name_constraints;
    uint32_t eku;
    uint32_t ski;
    uint32_t aki;
    uint32_t present;
    uint32_t critical;
    uint32_t deviations;
    uint32_t subject_hash;
    uint32_t issuer_hash;
    int64_t not_before;
    int64_t not_after;
    pv_reason key_fault;
    uint16_t key_bits;
    uint16_t key_usage;
    uint16_t path_len;
    uint8_t version;
    uint8_t sig_alg;
    uint8_t key_alg;
    uint8_t flags;
    ...;
} pv_cert;

pv_reason pv_cert_parse(pv_cert *out, pv_fault *fault, pv_span der);
pv_span pv_cert_tbs(const pv_cert *cert);
pv_span pv_cert_serial(const pv_cert *cert);
pv_span pv_cert_issuer(const pv_cert *cert);
pv_span pv_cert_subject(const pv_cert *cert);
pv_span pv_cert_spki(const pv_cert *cert);
pv_span pv_cert_signature(const pv_cert *cert);
pv_span pv_cert_key_id(const pv_cert *cert);
pv_span pv_cert_authority_key_id(const pv_cert *cert);
pv_span pv_cert_san(const pv_cert *cert);
pv_span pv_cert_name_constraints(const pv_cert *cert);
pv_span pv_cert_eku(const pv_cert *cert);
pv_span pv_cert_extension(const pv_cert *cert, uint8_t id);
pv_span pv_cert_extensions(const pv_cert *cert);

typedef struct pv_anchor {
    pv_span subject;
    pv_span spki;
    pv_span key_id;
    pv_span name_constraints;
    pv_span eku;
    const pv_cert *cert;
    int64_t not_before;
    int64_t not_after;
    int64_t distrust_after;
    uint32_t subject_hash;
    uint32_t present;
    uint16_t key_bits;
    uint16_t path_len;
    uint8_t key_alg;
    uint8_t flags;
    uint8_t usable;
} pv_anchor;
pv_reason pv_anchor_from_cert(pv_anchor *out, const pv_cert *cert);

/* ext.h */
typedef struct pv_ext {
    pv_span oid;
    pv_span value;
    uint8_t id;
    uint8_t critical;
    ...;
} pv_ext;
pv_reason pv_ext_next(pv_span *in, pv_ext *out);
pv_reason pv_ext_eku_open(pv_span value, pv_span *cursor);
pv_reason pv_ext_eku_next(pv_span *cursor, pv_span *oid);

typedef struct pv_general_name {
    pv_span value;
    uint8_t form;
    ...;
} pv_general_name;
#define PV_NAME_OTHER ...
#define PV_NAME_EMAIL ...
#define PV_NAME_DNS ...
#define PV_NAME_X400 ...
#define PV_NAME_DIRECTORY ...
#define PV_NAME_EDI ...
#define PV_NAME_URI ...
#define PV_NAME_IP ...
#define PV_NAME_REGISTERED_ID ...
pv_reason pv_ext_general_names_open(pv_span value, pv_span *cursor);
pv_reason pv_ext_general_name_next(pv_span *cursor, pv_general_name *out);
pv_reason pv_ext_other_name(pv_span contents, pv_span *type_id, pv_span *value);
int pv_ext_is_smtp_utf8(pv_span contents, pv_span *mailbox);

/* profile.h */
#define PV_ROLE_TARGET ...
#define PV_ROLE_INTERMEDIATE ...
#define PV_ROLE_ANCHOR ...
size_t pv_profile_notes(pv_reason *notes, size_t max_notes, const pv_cert *cert, uint8_t profile, uint8_t role);

/* What is asked. */
typedef struct pv_time {
    int64_t value;
    uint8_t mode;
} pv_time;
#define PV_TIME_UNSET ...
#define PV_TIME_KNOWN ...
#define PV_TIME_FLOOR ...
#define PV_TIME_UNKNOWN ...
#define PV_TIME_AT_ISSUANCE ...

#define PV_SUBJECT_UNSET ...
#define PV_SUBJECT_ANY ...
#define PV_SUBJECT_DNS ...
#define PV_SUBJECT_IP ...
#define PV_SUBJECT_URI ...
#define PV_SUBJECT_EMAIL ...

#define PV_PROFILE_UNSET ...
#define PV_PROFILE_RFC5280 ...
#define PV_PROFILE_WEBPKI ...
#define PV_PROFILE_DEVICE ...

#define PV_PURPOSE_UNSET ...
#define PV_PURPOSE_ANY ...
#define PV_PURPOSE_SERVER_AUTH ...
#define PV_PURPOSE_CLIENT_AUTH ...
#define PV_PURPOSE_CODE_SIGNING ...
#define PV_PURPOSE_EMAIL_PROTECTION ...
#define PV_PURPOSE_TIME_STAMPING ...
#define PV_PURPOSE_OCSP_SIGNING ...
#define PV_PURPOSE_OID ...

#define PV_ANCHOR_UNSET ...
#define PV_ANCHOR_CONSTRAINTS ...
#define PV_ANCHOR_CERTIFICATE ...
#define PV_ANCHOR_NAME_AND_KEY ...
#define PV_ANCHOR_WINDOW ...
#define PV_ANCHOR_DISTRUST_AFTER ...

typedef struct pv_budget {
    uint32_t signatures;
    uint32_t steps;
    uint32_t names;
    uint32_t policy_nodes;
    uint32_t bytes;
} pv_budget;

#define PV_COST_RSA_2048 ...
#define PV_COST_RSA_4096 ...
#define PV_COST_RSA_8192 ...
#define PV_COST_P256 ...
#define PV_COST_P384 ...
#define PV_COST_P521 ...
#define PV_COST_ED25519 ...
#define PV_COST_ED448 ...
#define PV_COST_ML_DSA_44 ...
#define PV_COST_ML_DSA_65 ...
#define PV_COST_ML_DSA_87 ...

/* constraints.h */
typedef struct pv_constraint_fault {
    const uint8_t *at;
    uint8_t field;
} pv_constraint_fault;
pv_reason pv_constraints_check(pv_constraint_fault *fault, pv_budget *budget, pv_span constraints,
                               const pv_cert *subject);

typedef struct pv_profile_question {
    const pv_cert *cert;
    uint8_t profile;
    uint8_t role;
    uint8_t purpose;
} pv_profile_question;
pv_reason pv_profile_check(uint8_t *field, pv_budget *left, const pv_profile_question *question);

/* crl.h and ocsp.h */
typedef struct pv_crl {
    const uint8_t *der;
    uint32_t der_len;
    uint32_t extensions;
    uint32_t num_entries;
    int64_t this_update;
    int64_t next_update;
    uint32_t base_number;
    pv_reason unusable;
    uint8_t version;
    uint8_t sig_alg;
    uint8_t flags;
    ...;
} pv_crl;
#define PV_CRL_NEXT_UPDATE ...
pv_span pv_crl_tbs(const pv_crl *crl);
pv_span pv_crl_signature(const pv_crl *crl);
pv_span pv_crl_issuer(const pv_crl *crl);
pv_span pv_crl_key_id(const pv_crl *crl);
pv_span pv_crl_number(const pv_crl *crl);
pv_span pv_crl_base_number(const pv_crl *crl);
typedef struct pv_crl_entry {
    const uint8_t *at;
    pv_span serial;
    pv_span issuer;
    int64_t revoked_at;
    int64_t invalid_at;
    uint8_t has_invalid_at;
    uint8_t reason;
    ...;
} pv_crl_entry;
pv_span pv_crl_entries(const pv_crl *crl);
pv_reason pv_crl_entry_next(pv_span *cursor, pv_crl_entry *out);
pv_reason pv_crl_find(pv_crl_entry *out, int *found, pv_budget *left, const pv_crl *crl, pv_span issuer,
                      pv_span serial);
typedef struct pv_point_name {
    pv_span names;
    pv_span relative;
    uint8_t has_point;
} pv_point_name;
typedef struct pv_idp {
    pv_point_name point;
    uint16_t reasons;
    uint8_t only_user, only_ca, only_attribute, indirect;
} pv_idp;
#define PV_ALL_REASONS ...
pv_reason pv_crl_idp(const pv_crl *crl, pv_idp *out);

typedef struct pv_ocsp {
    const uint8_t *der;
    uint32_t der_len;
    uint32_t tbs;
    uint32_t num_responses;
    int64_t produced_at;
    pv_reason unusable;
    uint8_t is_response;
    uint8_t status;
    uint8_t sig_alg;
    ...;
} pv_ocsp;
pv_span pv_ocsp_tbs(const pv_ocsp *ocsp);
pv_span pv_ocsp_signature(const pv_ocsp *ocsp);
pv_span pv_ocsp_responder(const pv_ocsp *ocsp, int *by_key);
pv_span pv_ocsp_certs(const pv_ocsp *ocsp);
pv_reason pv_ocsp_cert_next(pv_span *cursor, pv_span *der);
typedef struct pv_ocsp_single {
    const uint8_t *at;
    pv_span name_hash;
    pv_span key_hash;
    pv_span serial;
    int64_t this_update;
    int64_t next_update;
    int64_t revoked_at;
    uint8_t digest_alg;
    uint8_t has_next_update;
    uint8_t status;
    uint8_t reason;
    ...;
} pv_ocsp_single;
#define PV_OCSP_GOOD ...
#define PV_OCSP_REVOKED ...
#define PV_OCSP_UNKNOWN ...
pv_span pv_ocsp_singles(const pv_ocsp *ocsp);
pv_reason pv_ocsp_single_next(pv_span *cursor, pv_ocsp_single *out);

typedef struct pv_policy {
    uint8_t profile;
    uint8_t purpose;
    uint8_t anchor_checks;
    uint8_t revocation;
    uint8_t revocation_sources;
    uint8_t may_lack_evidence;
    uint8_t pause;
    uint8_t max_intermediates;
    uint16_t min_rsa_bits;
    uint32_t algorithms;
    uint32_t evidence_max_age;
    uint32_t evidence_leeway;
    pv_span purpose_oid;
    const pv_span *user_policies;
    uint32_t num_user_policies;
    uint32_t policy_flags;
    pv_budget budget;
} pv_policy;

#define PV_REVOCATION_NONE ...
#define PV_REVOCATION_LEAF ...
#define PV_REVOCATION_CHAIN ...
#define PV_SOURCE_CRL ...
#define PV_SOURCE_OCSP ...

#define PV_POLICY_INHIBIT_MAPPING ...
#define PV_POLICY_EXPLICIT ...
#define PV_POLICY_INHIBIT_ANY ...

#define PV_PAUSE_NEVER ...
#define PV_PAUSE_PATH ...

/* What is answered. */
#define PV_OUTCOME_NONE ...
#define PV_OUTCOME_TRUSTED ...
#define PV_OUTCOME_REFUSED ...
#define PV_OUTCOME_UNDECIDED ...

typedef uint32_t pv_node;
#define PV_NODE_OCSP ...
#define PV_NODE_CRL ...
#define PV_NODE_EVIDENCE ...
#define PV_NODE_POOL ...
#define PV_NODE_ANCHOR ...
#define PV_NODE_NONE ...
#define PV_NO_OFFSET ...

typedef struct pv_record {
    pv_node node;
    uint32_t offset;
    pv_reason reason;
    uint8_t field;
    uint8_t depth;
} pv_record;

#define PV_MARK_WILDCARD ...

typedef struct pv_verdict {
    uint8_t outcome;
    uint8_t path_len;
    uint8_t field;
    uint8_t depth;
    uint8_t rank;
    uint8_t marks;
    pv_reason reason;
    pv_node node;
    uint32_t offset;
    uint32_t anchor;
    uint32_t num_records;
    uint32_t uncovered;
    uint32_t odd_crls;
    pv_budget spent;
    pv_node path[...];
} pv_verdict;

typedef enum { PV_ANSWER_NONE, PV_ANSWER_ACCEPT, PV_ANSWER_REFUSE, ... } pv_answer;

/* The checker seam. */
#define PV_SIG_NOT_CHECKED ...
#define PV_SIG_GOOD ...
#define PV_SIG_BAD ...
#define PV_SIG_UNSUPPORTED ...

typedef struct pv_job {
    pv_span message;
    pv_span spki;
    pv_span parameters;
    pv_span signature;
    const uint8_t *digest;
    void *memo;
    uint32_t after;
    uint8_t digest_len;
    uint8_t sig_alg;
    uint8_t key_alg;
    uint8_t result;
} pv_job;

typedef enum { PV_DIGEST_BEGIN, PV_DIGEST_UPDATE, PV_DIGEST_FINISH, ... } pv_digest_step;
typedef enum {
    PV_DIGEST_NONE,
    PV_DIGEST_SHA1,
    PV_DIGEST_SHA256,
    PV_DIGEST_SHA384,
    PV_DIGEST_SHA512,
    ...
} pv_digest_alg;
#define PV_DIGEST_STATE ...

/* host.h */
typedef struct pvh_engine pvh_engine;
pvh_engine *pvh_engine_libcrypto(const char *path, const char **why);
pvh_engine *pvh_engine_callback(void (*check)(void *ctx, pv_job *jobs, size_t num_jobs), void *ctx);
void pvh_engine_set_hash(pvh_engine *engine,
                         size_t (*hash)(void *ctx, uint8_t *out, uint8_t alg, const uint8_t *data, size_t len));
void pvh_engine_limit(pvh_engine *engine, uint32_t algorithms);
pv_status pvh_engine_set_fallback(pvh_engine *engine, pvh_engine *other);
void pvh_engine_free(pvh_engine *engine);
const char *pvh_engine_version(const pvh_engine *engine);
uint32_t pvh_engine_algorithms(const pvh_engine *engine);
void pvh_engine_check(pvh_engine *engine, pv_job *jobs, size_t num_jobs);
size_t pvh_engine_digest(pvh_engine *engine, void *state, uint8_t *out, pv_digest_step step,
                         pv_digest_alg alg, pv_span data);
uint8_t pvh_verify(pvh_engine *engine, const pv_cert *cert, const uint8_t *spki, size_t spki_len);

typedef struct pvh_hot pvh_hot;
pvh_hot *pvh_hot_new(size_t max_bytes, uint32_t shadow, uint32_t most_layer, void (*alarm)(void));
void pvh_hot_free(pvh_hot *hot);
int pvh_hot_wait(const pvh_hot *hot, uint32_t milliseconds);
typedef struct pvh_hot_stats {
    uint64_t bytes, max_bytes, tables, built, evicted, taken, bare, accepted, sampled;
    int32_t layer, is_wrong;
} pvh_hot_stats;
void pvh_hot_read_stats(const pvh_hot *hot, pvh_hot_stats *out);
int pvh_hot_layer_state(uint32_t layer);

typedef struct pvh_cache pvh_cache;
pvh_cache *pvh_cache_new(size_t max_bytes);
void pvh_cache_free(pvh_cache *cache);
typedef struct pvh_cache_stats {
    uint64_t bytes, max_bytes, edges, keys, edge_hits, edge_misses, key_hits, key_misses, evictions, passed_by,
        refusals, refusal_hits;
} pvh_cache_stats;
void pvh_cache_read_stats(pvh_cache *cache, pvh_cache_stats *out);
typedef struct pvh_interned pvh_interned;
const pv_cert *pvh_interned_view(const pvh_interned *interned);
void pvh_interned_release(pvh_interned *interned);
uint32_t pvh_cache_collect(pvh_cache *cache, pvh_interned **out, uint32_t max_out);

typedef struct pvh_store pvh_store;
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
pv_reason pvh_store_add_certificate(pvh_store *store, pv_fault *fault, const uint8_t *der, size_t der_len,
                                    const pvh_anchor_limits *limits);
pv_reason pvh_store_add_key(pvh_store *store, pv_fault *fault, const uint8_t *subject, size_t subject_len,
                            const uint8_t *spki, size_t spki_len, const pvh_anchor_limits *limits);
#define PVH_ROOT_GOOD ...
#define PVH_ROOT_UNREADABLE ...
#define PVH_ROOT_END_ENTITY ...
#define PVH_ROOT_INTERMEDIATE ...
#define PVH_ROOT_UNPROVEN ...
typedef struct pvh_root_finding {
    pv_fault fault;
    uint32_t position;
    uint8_t kind;
} pvh_root_finding;
pv_status pvh_store_add_roots(pvh_store *store, pvh_root_finding *out, const uint8_t *der, size_t der_len,
                              const uint32_t *lens, uint32_t num);
pv_status pvh_store_prove_roots(const pvh_store *store, pvh_root_finding *out, pvh_engine *engine, uint32_t first,
                                uint32_t num);
pv_span pvh_store_certificate(const pvh_store *store, uint32_t anchor);
pv_status pvh_store_seal(pvh_store *store);
pv_status pvh_store_prepare(pvh_store *store, pvh_engine *engine);
uint32_t pvh_store_num_anchors(const pvh_store *store);

uint32_t pvh_pem_certificates(uint8_t *out, uint32_t *lens, uint32_t max_blocks, const uint8_t *text, size_t text_len);

typedef struct pv_evidence {
    const pv_cert *const *certs;
    uint32_t num_certs;
    ...;
} pv_evidence;
typedef struct pvh_crl pvh_crl;
typedef struct pvh_ocsp pvh_ocsp;
const pv_crl *pvh_crl_view(const pvh_crl *crl);
pv_digest_alg pvh_sig_hash(uint8_t sig_alg);
pv_status pvh_crl_set_digest(pvh_crl *crl, const uint8_t *digest, size_t digest_len);
size_t pvh_crl_index_size(const pvh_crl *crl);
const pv_ocsp *pvh_ocsp_view(const pvh_ocsp *ocsp);
typedef struct pvh_evidence pvh_evidence;
const pv_evidence *pvh_evidence_view(const pvh_evidence *evidence);

typedef struct pvh_pool pvh_pool;
size_t pvh_pool_overhead(const pvh_pool *pool);

typedef struct pvh_config {
    const pvh_store *store;
    const pvh_pool *pool;
    pvh_engine *engine;
    pvh_cache *cache;
    pvh_hot *hot;
    pv_policy policy;
    uint32_t max_certs;
    uint64_t max_der;
} pvh_config;

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
    const pvh_evidence *const *evidences;
    uint32_t num_subjects;
    uint32_t num_times;
    uint32_t num_evidences;
    uint32_t num_certs;
    uint32_t num_requests;
    uint32_t max_records;
    uint64_t caller;
} pvh_input;
uint64_t pvh_caller(void);

typedef struct pvh_log {
    pv_record **windows;
    uint32_t *ends;
    uint32_t window;
    ...;
} pvh_log;

typedef struct pvh_answers {
    pv_verdict *verdicts;
    uint8_t *outcomes;
    uint32_t *anchors;
    pv_reason *reasons;
    pv_fault *faults;
    uint32_t num_requests;
    uint32_t num_certs;
    uint32_t num_marked;
    pvh_log *log;
} pvh_answers;
size_t pvh_read_offsets(uint32_t *lens, uint64_t *first, uint64_t *last, const void *offsets, size_t num,
                        unsigned size);

typedef struct pvh_frame {
    const pvh_config *config;
    uint8_t *room;
    size_t room_len;
    uint32_t max_records;
    uint32_t max_certs;
} pvh_frame;
size_t pvh_frame_size(uint32_t max_records, uint32_t max_certs);
size_t pvh_ask(const pvh_frame *frame, const uint8_t *der, size_t der_len, const uint8_t *lens, uint32_t num_certs,
               uint8_t subject_kind, const uint8_t *subject, size_t subject_len, uint8_t time_mode,
               int64_t time_value, const pvh_evidence *evidence);
size_t pvh_ask_pair(const pvh_frame *frame, const uint8_t *target, uint32_t target_len, const uint8_t *other,
                    uint32_t other_len, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
                    uint8_t time_mode, int64_t time_value);

#define PV_POLICY_SET_AUTHORITY ...
#define PV_POLICY_SET_USER ...
pv_status pvh_policy_set(const pvh_config *config, uint32_t *num_out, pv_span *out, uint32_t max_out,
                         uint8_t kind, uint32_t anchor, const uint8_t *der, size_t der_len,
                         const uint32_t *cert_lens, uint32_t num_certs);

typedef struct pvh_output {
    pv_verdict *verdicts;
    pv_record *records;
    pv_fault *faults;
} pvh_output;
typedef struct pvh_session pvh_session;
pv_status pvh_session_run(pvh_session *session, pv_answer answer);

/* binding/held.h */
typedef struct pvh_held {
    pvh_crl *crl;
    pvh_ocsp *ocsp;
    pvh_evidence *evidence;
    pvh_pool *pool;
    pvh_answers *answers;
    pvh_session *session;
} pvh_held;
void pvh_held_free(pvh_held *held);
int pvh_hold_crl(pvh_held *held, pv_fault *fault, const uint8_t *der, size_t der_len);
int pvh_hold_ocsp(pvh_held *held, pv_fault *fault, const uint8_t *der, size_t der_len);
int pvh_hold_evidence(pvh_held *held, pvh_crl *const *crls, uint32_t num_crls, pvh_ocsp *const *ocsps,
                      uint32_t num_ocsps, const uint8_t *der, size_t der_len, const uint32_t *cert_lens,
                      uint32_t num_certs);
int pvh_hold_pool(pvh_held *held, pv_fault *fault, uint32_t *position, const uint8_t *der, size_t der_len,
                  const uint32_t *cert_lens, uint32_t num_certs);
int pvh_hold_answers(pvh_held *held, const pvh_config *config, const pvh_input *input, uint32_t num_threads);
int pvh_hold_session(pvh_held *held, const pvh_config *config, const pvh_output *output, const pvh_input *input);

/* host/texts.h */
typedef struct pvh_reason_text {
    const char *name, *clause, *text, *mend;
    pv_reason number;
} pvh_reason_text;
typedef struct pvh_field_text {
    const char *name, *text;
    uint8_t number;
} pvh_field_text;
extern const pvh_reason_text pvh_reasons[];
extern const uint32_t pvh_num_reasons;
extern const pvh_field_text pvh_fields[];
extern const uint32_t pvh_num_fields;

/* The callback engine's Python side: ffi.def_extern(); its `onerror` must leave the jobs as they are. `ctx` is
 * what pvh_engine_callback was given (an ffi.new_handle). */
extern "Python" void pvh_python_check(void *ctx, pv_job *jobs, size_t num_jobs);
extern "Python" void pvh_python_alarm(void);
extern "Python" size_t pvh_python_hash(void *ctx, uint8_t *out, uint8_t alg, const uint8_t *data, size_t len);
