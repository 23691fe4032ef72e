/* pyvalidator.h: X.509 certification path validation (RFC 5280) in C99, without a heap.
 *
 * House rules, true for every function of the core:
 *   - It allocates nothing, reads no clock, does no I/O and keeps nothing between calls. What it needs is
 * lent.
 *   - A span borrows: the bytes behind it belong to the caller and must outlive everything made from them.
 *   - Zero refuses. A zeroed policy, subject, time, anchor, view, reason or signature result accepts nothing.
 *   - A pv_status says whether the call could be carried out, never what was found. A pv_reason says what was
 *     found: PV_OK is the only good one, and it is not zero.
 *   - Order of arguments: context, outputs, inputs. `_len` counts bytes, `num_` counts the rest.
 *   - Pointers must not be NULL unless the comment says so; a span of length 0 may have a NULL pointer.
 *   - Every loop over input was paid for, out of a pv_budget or by the length of its own input, before it
 * runs.
 */
#ifndef PYVALIDATOR_H
#define PYVALIDATOR_H

#include "options.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most extensions in one certificate (they are compared pairwise for RFC 5280 4.2, "each once"). */
#define PV_MAX_EXTENSIONS 64

/* No certificate above this size is read: 16 MiB. */
#define PV_MAX_DER 0x1000000u

typedef struct pv_span {
    const uint8_t *data;
    size_t len;
} pv_span;

/* What was found: PV_OK, or the rule that was broken. See reasons.def. */
typedef enum pv_reason_code {
#define PV_REASON(number, name, clause, text, mend) PV_R_##name = number,
#include "reasons.def"
#undef PV_REASON
    PV_OK = PV_R_OK,
    PV_R_MAX = 0x7FFF
} pv_reason_code;
typedef uint16_t pv_reason;

/* Which part of a certificate (or of a path) a reason speaks of. See fields.def. */
typedef enum pv_field_code {
#define PV_FIELD(number, name, text) PV_FIELD_##name = number,
#include "fields.def"
#undef PV_FIELD
} pv_field_code;

/* An encoding fault: the rule, the part, and the byte where reading stopped, counted from the DER's first. */
typedef struct pv_fault {
    uint32_t offset;
    pv_reason reason;
    uint8_t field;
} pv_fault;

typedef enum pv_status {
    PV_FAILED = 0,    /* could not be carried out: bad arguments, too little workspace */
    PV_DONE = 1,      /* every request has its verdict */
    PV_SUSPENDED = 2, /* at least one request waits for the caller: see pv_request.wait */
} pv_status;

/* --- Algorithms -------------------------------------------------------------------------------------------
 */

/* Signature algorithms. 0 is unknown and refuses. Those from PV_SIG_LEGACY_FIRST on are known by name so that
 * they can be refused by name: no policy takes them on an edge of a path unless its owner lists them, which
 * the Python layer offers for DSA alone. */
typedef enum pv_sig_alg {
    PV_SIG_UNKNOWN = 0,
    PV_SIG_RSA_PKCS1_SHA256 = 1,
    PV_SIG_RSA_PKCS1_SHA384 = 2,
    PV_SIG_RSA_PKCS1_SHA512 = 3,
    PV_SIG_RSA_PSS_SHA256 = 4,
    PV_SIG_RSA_PSS_SHA384 = 5,
    PV_SIG_RSA_PSS_SHA512 = 6,
    PV_SIG_ECDSA_SHA256 = 7,
    PV_SIG_ECDSA_SHA384 = 8,
    PV_SIG_ECDSA_SHA512 = 9,
    PV_SIG_ED25519 = 10,
    PV_SIG_ED448 = 11,
    PV_SIG_ML_DSA_44 = 12, /* RFC 9881 */
    PV_SIG_ML_DSA_65 = 13,
    PV_SIG_ML_DSA_87 = 14,
    PV_SIG_LEGACY_FIRST = 20,
    PV_SIG_RSA_PKCS1_SHA1 = 20,
    PV_SIG_ECDSA_SHA1 = 21,
    PV_SIG_DSA_SHA1 = 22,
    PV_SIG_DSA_SHA256 = 23,
    PV_SIG_RSA_PKCS1_MD5 = 24,
    PV_SIG_RSA_PKCS1_MD2 = 25,
    PV_SIG_MAX = 31
} pv_sig_alg;

/* Key algorithms, the named curve included. 0 is unknown and refuses. */
typedef enum pv_key_alg {
    PV_KEY_UNKNOWN = 0,
    PV_KEY_RSA = 1,
    PV_KEY_RSA_PSS_SHA256 = 2, /* id-RSASSA-PSS keys, restricted by their parameters (RFC 4055 3.1) */
    PV_KEY_RSA_PSS_SHA384 = 3,
    PV_KEY_RSA_PSS_SHA512 = 4,
    PV_KEY_RSA_PSS = 5, /* id-RSASSA-PSS without parameters: any of the three hashes */
    PV_KEY_P256 = 6,
    PV_KEY_P384 = 7,
    PV_KEY_P521 = 8,
    PV_KEY_ED25519 = 9,
    PV_KEY_ED448 = 10,
    PV_KEY_DSA = 11,
    PV_KEY_ML_DSA_44 = 12, /* RFC 9881 */
    PV_KEY_ML_DSA_65 = 13,
    PV_KEY_ML_DSA_87 = 14,
} pv_key_alg;

#define PV_ALG_BIT(alg) ((uint32_t)1 << (alg))

/* --- Certificate view -------------------------------------------------------------------------------------
 */

/* The extensions that the core knows. A bit of pv_cert.present and pv_cert.critical each. */
typedef enum pv_ext_id {
    PV_EXT_UNKNOWN = 0, /* the bit in `critical`: at least one critical extension is not known */
    PV_EXT_SUBJECT_KEY_ID = 1,
    PV_EXT_KEY_USAGE = 2,
    PV_EXT_SUBJECT_ALT_NAME = 3,
    PV_EXT_ISSUER_ALT_NAME = 4,
    PV_EXT_BASIC_CONSTRAINTS = 5,
    PV_EXT_NAME_CONSTRAINTS = 6,
    PV_EXT_CRL_DISTRIBUTION_POINTS = 7,
    PV_EXT_CERTIFICATE_POLICIES = 8,
    PV_EXT_POLICY_MAPPINGS = 9,
    PV_EXT_AUTHORITY_KEY_ID = 10,
    PV_EXT_POLICY_CONSTRAINTS = 11,
    PV_EXT_EXTENDED_KEY_USAGE = 12,
    PV_EXT_FRESHEST_CRL = 13,
    PV_EXT_INHIBIT_ANY_POLICY = 14,
    PV_EXT_SUBJECT_DIRECTORY_ATTRIBUTES = 15,
    PV_EXT_AUTHORITY_INFO_ACCESS = 16,
    PV_EXT_SUBJECT_INFO_ACCESS = 17,
    PV_EXT_OCSP_NO_CHECK = 18,
    PV_EXT_TLS_FEATURE = 19,
    PV_EXT_COUNT = 20
} pv_ext_id;

#define PV_EXT_BIT(id) ((uint32_t)1 << (id))

/* keyUsage bits as RFC 5280 4.2.1.3 numbers them. */
#define PV_KU_DIGITAL_SIGNATURE 0x0001u
#define PV_KU_KEY_CERT_SIGN     0x0020u
#define PV_KU_CRL_SIGN          0x0040u

/* pv_cert.flags */
#define PV_CERT_CA          0x01u /* basicConstraints with cA TRUE */
#define PV_CERT_SELF_ISSUED 0x02u /* subject and issuer are the same name (RFC 5280 3.2), folded */
#define PV_CERT_EMPTY_NAME  0x04u /* the subject is an empty sequence */

/* pv_cert.deviations: encodings that strict DER or RFC 5280 section 4 forbid and that the reader passes on,
 * each because such certificates are in use and nothing hangs on it. The profile refuses or notes them. */
#define PV_DEV_SERIAL_NEGATIVE 0x0001u /* 4.1.2.2 */
#define PV_DEV_SERIAL_ZERO     0x0002u /* 4.1.2.2 */
#define PV_DEV_SERIAL_TOO_LONG 0x0004u /* 4.1.2.2: more than 20 octets */
#define PV_DEV_EXPLICIT_DEFAULT                                                                              \
    0x0008u /* X.690 11.5: a DEFAULT value is written out (critical FALSE, cA FALSE, v1) */
#define PV_DEV_TIME_ENCODING     0x0010u /* 4.1.2.5: GeneralizedTime before 2050 */
#define PV_DEV_VERSION           0x0020u /* 4.1.2.1: extensions or unique ids in a version that has none */
#define PV_DEV_SET_ORDER         0x0040u /* X.690 11.6: an RDN's elements are not in order */
#define PV_DEV_UNIQUE_ID         0x0080u /* 4.1.2.8: a unique identifier is there */
#define PV_DEV_EMPTY_EXTENSIONS  0x0100u /* 4.2: an empty list of extensions */
#define PV_DEV_PATH_LEN_NOT_CA   0x0200u /* 4.2.1.9: a pathLenConstraint without cA */
#define PV_DEV_KEY_USAGE_EMPTY   0x0400u /* 4.2.1.3: keyUsage with no bit set */
#define PV_DEV_KEY_PARAMETERS    0x0800u /* RFC 3279 2.3.1, RFC 4055: the RSA parameters NULL are missing */
#define PV_DEV_DIRECTORY_STRING  0x1000u /* a character that its string type does not have */
#define PV_DEV_KEY_USAGE_PADDING 0x2000u /* X.690 11.2.2: keyUsage ends in zero bits */

#define PV_NO_PATH_LEN 0xFFFFu

/* A parsed certificate: offsets of elements in `der` (each one's DER header was checked, so an offset names
 * its length too), and what is too small to be a span. 0 as an offset: absent. A zeroed view is no
 * certificate. Read it through the functions of cert.h. */
typedef struct pv_cert {
    const uint8_t *der;
    void *memo; /* the owner's own, handed on in pv_job.memo; NULL: none */
    uint32_t der_len;
    uint32_t serial;     /* INTEGER */
    uint32_t issuer;     /* Name */
    uint32_t subject;    /* Name */
    uint32_t spki;       /* SubjectPublicKeyInfo */
    uint32_t signature;  /* BIT STRING signatureValue */
    uint32_t extensions; /* SEQUENCE OF Extension */
    uint32_t san;        /* from here to aki: extnValue, the OCTET STRING */
    uint32_t name_constraints;
    uint32_t eku;
    uint32_t ski;
    uint32_t aki;
    uint32_t present;      /* PV_EXT_BIT of each known extension that is there */
    uint32_t critical;     /* PV_EXT_BIT of each critical one; bit 0: an unknown one */
    uint32_t deviations;   /* PV_DEV_* */
    uint32_t subject_hash; /* pv_name_hash of the folded name */
    uint32_t issuer_hash;
    int64_t not_before; /* seconds since 1970-01-01T00:00:00Z */
    int64_t not_after;
    pv_reason key_fault; /* PV_OK, or why this key can verify nothing (judged where the key is needed) */
    uint16_t key_bits;   /* RSA modulus bits, or the curve's size; DSA: bits of p (0: inherited); ML-DSA: 0 */
    uint16_t key_usage;  /* PV_KU_*; bit n as RFC 5280 numbers it */
    uint16_t path_len;   /* PV_NO_PATH_LEN: none */
    uint8_t version;     /* 1, 2 or 3; 0: this view is not a certificate */
    uint8_t sig_alg;     /* pv_sig_alg */
    uint8_t key_alg;     /* pv_key_alg */
    uint8_t flags;       /* PV_CERT_* */
} pv_cert;

/* pv_cert_parse reads one DER certificate into `out`. PV_OK: every field of the view holds, and the frame of
 * every extension was checked; the contents of an extension other than basicConstraints, keyUsage and the key
 * identifiers are read where they are needed. Otherwise `out` is zeroed and `fault` says what stopped it; the
 * same reason is returned. Costs time linear in der.len, plus PV_MAX_EXTENSIONS squared. */
pv_reason pv_cert_parse(pv_cert *out, pv_fault *fault, pv_span der);

/* --- Anchors ----------------------------------------------------------------------------------------------
 */

#define PV_ANCHOR_WINDOW         0x01u /* not_before and not_after count (under PV_ANCHOR_CONSTRAINTS) */
#define PV_ANCHOR_DISTRUST_AFTER 0x02u /* distrust_after counts, always */

/* A trust anchor: name, key and constraints (RFC 5914, 5937); never "a certificate". `cert` may be NULL; it
 * is read only under PV_ANCHOR_CERTIFICATE. Fill one with pv_anchor_from_cert or pv_anchor_from_key. */
typedef struct pv_anchor {
    pv_span subject;          /* Name, with its header */
    pv_span spki;             /* SubjectPublicKeyInfo, with its header */
    pv_span key_id;           /* subjectKeyIdentifier; empty: none */
    pv_span name_constraints; /* the NameConstraints value; empty: none */
    pv_span eku;              /* the ExtKeyUsageSyntax value; empty: any */
    const pv_cert *cert;
    int64_t not_before;
    int64_t not_after;
    int64_t distrust_after; /* a target whose notBefore is later is refused */
    uint32_t subject_hash;
    uint32_t present; /* of its certificate, for policy constraints; 0: none */
    uint16_t key_bits;
    uint16_t path_len; /* PV_NO_PATH_LEN: none */
    uint8_t key_alg;
    uint8_t flags;  /* PV_ANCHOR_* */
    uint8_t usable; /* 1; a zeroed anchor anchors nothing */
} pv_anchor;

/* pv_anchor_from_cert takes name, key and constraints from `cert`, which must outlive `out`. It does not ask
 * whether the certificate is a root: that is the store's owner's rule. PV_OK, or why its key cannot be used.
 */
pv_reason pv_anchor_from_cert(pv_anchor *out, const pv_cert *cert);

/* pv_anchor_from_key makes an anchor of a DER Name and a DER SubjectPublicKeyInfo; constraints may then be
 * set. */
pv_reason pv_anchor_from_key(pv_anchor *out, pv_fault *fault, pv_span subject, pv_span spki);

/* An index entry: position in its array plus 1; 0: none. */
typedef uint32_t pv_slot;

/* Where entries stand, by the hash of their folded subject, in memory lent by the caller. num_slots 0: they
 * are looked up one by one. */
typedef struct pv_index {
    pv_slot *slots;     /* num_slots: the first entry of a hash */
    pv_slot *links;     /* one for each entry: the next of the same hash */
    uint32_t num_slots; /* 0, or a power of two above the number of entries */
} pv_index;

typedef struct pv_store {
    const pv_anchor *anchors;
    uint32_t num_anchors;
    pv_index index;
} pv_store;

/* Candidate intermediates that several requests share; trusted by nobody. */
typedef struct pv_pool {
    const pv_cert *const *certs;
    uint32_t num_certs;
    pv_index index;
} pv_pool;

/* pv_store_index and pv_pool_index fill slots and links. PV_FAILED: num_slots is neither 0 nor a large enough
 * power of 2. pv_store_slots says how many slots suit `num` entries. */
pv_status pv_store_index(pv_store *store);
pv_status pv_pool_index(pv_pool *pool);
uint32_t pv_store_slots(uint32_t num);

/* --- Evidence of revocation --------------------------------------------------------------------------------
 */

/* A parsed CRL (RFC 5280 5.1): offsets as in pv_cert, 0: absent. A zeroed view is no CRL. Read it through the
 * functions of crl.h. */
typedef struct pv_crl {
    const uint8_t *der;
    uint32_t der_len;
    uint32_t issuer;      /* Name */
    uint32_t entries;     /* revokedCertificates, the SEQUENCE OF */
    uint32_t extensions;  /* crlExtensions, the SEQUENCE OF Extension */
    uint32_t signature;   /* BIT STRING signatureValue */
    uint32_t aki;         /* from here to base_number: extnValue, the OCTET STRING */
    uint32_t idp;         /* issuingDistributionPoint */
    uint32_t number;      /* cRLNumber */
    uint32_t base_number; /* deltaCRLIndicator; it is a delta CRL if this is there */
    uint32_t num_entries;
    uint32_t num_entry_issuers; /* entries that have a certificateIssuer */
    uint32_t issuer_hash;       /* pv_name_hash of the folded name */
    int64_t this_update;        /* seconds since 1970 */
    int64_t next_update;
    const struct pv_crl_index *index; /* lent by the owner (crl.h); NULL: entries are looked up one by one */
    const uint8_t *digest; /* lent by the owner: of tbsCertList, by the hash of its signature algorithm */
    void *memo;            /* the owner's own, handed on in pv_job.memo */
    pv_reason unusable; /* PV_OK, or why it tells nothing of any certificate: a critical extension of the CRL
                         * or of an entry that is not known (5.2, 5.3), or one that cannot be acted upon */
    uint8_t digest_len; /* 0: none */
    uint8_t version;    /* 1 or 2; 0: this view is not a CRL */
    uint8_t sig_alg;    /* pv_sig_alg */
    uint8_t flags;      /* PV_CRL_* */
} pv_crl;

#define PV_CRL_NEXT_UPDATE 0x01u /* nextUpdate is there */
#define PV_CRL_ODD_FORM                                                                                      \
    0x02u /* it breaks a rule of 5.1.2 or 5.2 that the strict profiles hold CRLs to: see crl.c */

/* pv_crl_parse reads one DER CertificateList and every entry of it. PV_OK: every field of the view holds.
 * Otherwise `out` is zeroed, and `fault` says what stopped it. Costs time linear in der.len. */
pv_reason pv_crl_parse(pv_crl *out, pv_fault *fault, pv_span der);

/* A parsed OCSPResponse (RFC 6960 4.2.1), offsets as above. A zeroed view is none. See ocsp.h. */
typedef struct pv_ocsp {
    const uint8_t *der;
    uint32_t der_len;
    uint32_t tbs;       /* tbsResponseData, the SEQUENCE */
    uint32_t responder; /* responderID: the element [1] or [2] */
    uint32_t responses; /* SEQUENCE OF SingleResponse */
    uint32_t signature; /* BIT STRING */
    uint32_t certs;     /* the SEQUENCE OF Certificate inside [0] */
    uint32_t num_responses;
    int64_t produced_at; /* seconds since 1970 */
    void *memo;          /* the owner's own, handed on in pv_job.memo */
    pv_reason unusable;  /* PV_OK, or why it tells nothing of any certificate: OCSP_UNSUCCESSFUL (then only
                          * `status` holds), or a critical extension that is not known */
    uint8_t is_response; /* 1; 0: this view is none */
    uint8_t status;      /* OCSPResponseStatus; 0: successful */
    uint8_t sig_alg;     /* pv_sig_alg */
} pv_ocsp;

/* pv_ocsp_parse reads one DER OCSPResponse and every SingleResponse of it; as pv_crl_parse. The certificates
 * in it are framed, not read. */
pv_reason pv_ocsp_parse(pv_ocsp *out, pv_fault *fault, pv_span der);

/* What a request brings along: CRLs, OCSP responses, and certificates that may have signed them. Nobody
 * trusts any of it: a signer needs a path of its own to the anchor. Zeroed views are passed over. */
typedef struct pv_evidence {
    const pv_crl *const *crls;
    const pv_ocsp *const *ocsps;
    const pv_cert *const *certs;
    uint32_t num_crls;
    uint32_t num_ocsps;
    uint32_t num_certs;
} pv_evidence;

/* --- What is asked ----------------------------------------------------------------------------------------
 */

typedef enum pv_time_mode {
    PV_TIME_UNSET = 0, /* refuses */
    PV_TIME_KNOWN = 1, /* notBefore <= value <= notAfter */
    PV_TIME_FLOOR =
        2, /* value <= notAfter; notBefore is not judged: the device only knows that it is later */
    PV_TIME_UNKNOWN = 3,     /* no time is judged, and the verdict says so */
    PV_TIME_AT_ISSUANCE = 4, /* each issuer was valid at its subject's notBefore */
} pv_time_mode;

typedef struct pv_time {
    int64_t value; /* seconds since 1970, fractions floored */
    uint8_t mode;
} pv_time;

typedef enum pv_subject_kind {
    PV_SUBJECT_UNSET = 0, /* refuses */
    PV_SUBJECT_ANY = 1,   /* the caller takes whatever the target names */
    PV_SUBJECT_DNS = 2,   /* LDH labels in A-label form, no final dot */
    PV_SUBJECT_IP = 3,    /* 4 or 16 bytes */
    PV_SUBJECT_URI = 4,   /* compared whole */
    PV_SUBJECT_EMAIL = 5, /* RFC 5280 rfc822Name, RFC 9598 SmtpUTF8Mailbox */
} pv_subject_kind;

typedef struct pv_subject {
    pv_span value;
    uint8_t kind;
} pv_subject;

typedef enum pv_profile {
    PV_PROFILE_UNSET = 0, /* refuses */
    PV_PROFILE_RFC5280 = 1,
    PV_PROFILE_WEBPKI = 2,
    PV_PROFILE_DEVICE = 3,
} pv_profile;

typedef enum pv_purpose {
    PV_PURPOSE_UNSET = 0, /* refuses */
    PV_PURPOSE_ANY = 1,
    PV_PURPOSE_SERVER_AUTH = 2,
    PV_PURPOSE_CLIENT_AUTH = 3,
    PV_PURPOSE_CODE_SIGNING = 4,
    PV_PURPOSE_EMAIL_PROTECTION = 5,
    PV_PURPOSE_TIME_STAMPING = 6,
    PV_PURPOSE_OCSP_SIGNING = 7,
    PV_PURPOSE_OID = 8, /* pv_policy.purpose_oid: the OID's contents */
} pv_purpose;

typedef enum pv_anchor_checks {
    PV_ANCHOR_UNSET = 0,        /* refuses */
    PV_ANCHOR_CONSTRAINTS = 1,  /* window, name constraints, EKU, path length */
    PV_ANCHOR_CERTIFICATE = 2,  /* every field as for an intermediate */
    PV_ANCHOR_NAME_AND_KEY = 3, /* RFC 5280 6.1.1 (d) to the letter */
} pv_anchor_checks;

/* What may still be spent. Each is taken from before the work it pays for. */
typedef struct pv_budget {
    uint32_t signatures;   /* in units: see PV_COST_* */
    uint32_t steps;        /* candidates looked at */
    uint32_t names;        /* name and constraint comparisons */
    uint32_t policy_nodes; /* nodes of the policy graph */
    uint32_t bytes;        /* bytes hashed for signatures */
} pv_budget;

/* Costs of one signature check, in units of about 10 microseconds on a server: rounded ratios of the slowest
 * libcrypto in use. Sources: docs/performance.md. */
#define PV_COST_RSA_2048  2u
#define PV_COST_RSA_4096  8u
#define PV_COST_RSA_8192  32u
#define PV_COST_P256      8u
#define PV_COST_P384      64u
#define PV_COST_P521      64u
#define PV_COST_ED25519   11u
#define PV_COST_ED448     64u
#define PV_COST_ML_DSA_44 14u
#define PV_COST_ML_DSA_65 20u
#define PV_COST_ML_DSA_87 32u
#define PV_COST_DSA       80u /* of 3072 bits */

/* Of which certificates of a path it must be known that they are not revoked. */
typedef enum pv_revocation {
    PV_REVOCATION_NONE = 0,  /* not asked */
    PV_REVOCATION_LEAF = 1,  /* the target */
    PV_REVOCATION_CHAIN = 2, /* the target and every intermediate */
} pv_revocation;

/* pv_policy.revocation_sources: whose word counts. 0 refuses if revocation is asked for. */
#define PV_SOURCE_CRL  0x01u
#define PV_SOURCE_OCSP 0x02u

typedef struct pv_policy {
    uint8_t profile;            /* pv_profile */
    uint8_t purpose;            /* pv_purpose */
    uint8_t anchor_checks;      /* pv_anchor_checks */
    uint8_t revocation;         /* pv_revocation */
    uint8_t revocation_sources; /* PV_SOURCE_* */
    uint8_t may_lack_evidence; /* 1: a certificate that no evidence speaks of is noted (pv_verdict.uncovered),
                                * 0: it is refused. One that is revoked is always refused. */
    uint8_t pause;             /* PV_PAUSE_*: stop at each path found and ask the caller */
    uint8_t max_intermediates; /* self-issued ones are not counted (RFC 5280 6.1.4 (l)) */
    uint16_t min_rsa_bits;     /* 2048 at least */
    uint32_t algorithms;       /* PV_ALG_BIT of each pv_sig_alg that an edge may have; 0: none */
    uint32_t evidence_max_age; /* seconds since thisUpdate after which evidence is stale; 0: nextUpdate alone
                                * decides, and what has none is stale */
    uint32_t evidence_leeway; /* seconds that thisUpdate and producedAt may lie ahead of the time judged by */
    pv_span purpose_oid;
    const pv_span *user_policies; /* contents of OIDs: the user-initial-policy-set (RFC 5280 6.1.1 (c)) */
    uint32_t num_user_policies;   /* 0: any-policy */
    uint32_t policy_flags;        /* PV_POLICY_* */
    pv_budget budget;             /* what each request may spend */
} pv_policy;

/* RFC 5280 6.1.1 (e), (f), (g) */
#define PV_POLICY_INHIBIT_MAPPING 0x01u
#define PV_POLICY_EXPLICIT        0x02u
#define PV_POLICY_INHIBIT_ANY     0x04u
#define PV_POLICY_FLAGS           0x07u /* any other is refused */

#define PV_PAUSE_NEVER 0u
#define PV_PAUSE_PATH  1u

/* --- What is answered -------------------------------------------------------------------------------------
 */

typedef enum pv_outcome {
    PV_OUTCOME_NONE = 0,    /* no verdict was reached; never trust */
    PV_OUTCOME_TRUSTED = 1, /* a valid path to an anchor was found */
    PV_OUTCOME_REFUSED = 2, /* there is none */
    PV_OUTCOME_UNDECIDED =
        3, /* the budget was spent, or a signature could not be asked about, before either was known */
} pv_outcome;

/* A node of the search: a certificate of the request (its position), of the pool (PV_NODE_POOL + position),
 * of the evidence (PV_NODE_EVIDENCE + position), or an anchor (PV_NODE_ANCHOR + position). In the log, also a
 * CRL or an OCSP response of the evidence, by position. */
typedef uint32_t pv_node;
#define PV_NODE_OCSP     0x08000000u
#define PV_NODE_CRL      0x10000000u
#define PV_NODE_EVIDENCE 0x20000000u
#define PV_NODE_POOL     0x40000000u
#define PV_NODE_ANCHOR   0x80000000u
#define PV_NODE_NONE     0xFFFFFFFFu
#define PV_NO_OFFSET     0xFFFFFFFFu

/* One line of the search's log, in the order tried: `reason` PV_OK says that the node was entered at this
 * depth (what follows deeper hangs below it), anything else that it ended there. Depth 0 is the target.
 *
 * Lines on evidence (PV_NODE_CRL, PV_NODE_OCSP; `offset` in its DER) stand before the line of the certificate
 * that it was asked about, at that one's depth: why it tells nothing of it, or, as the last of them with
 * PV_R_REVOKED, the entry that says so. */
typedef struct pv_record {
    pv_node node;
    uint32_t offset; /* in the node's DER, or PV_NO_OFFSET */
    pv_reason reason;
    uint8_t field; /* pv_field_code */
    uint8_t depth;
} pv_record;

/* The target has a wildcard name, and the profile (WEBPKI) refuses those directly below a public suffix:
 * which names are public suffixes is not for the core to know (CA/B BR 3.2.2.6). A verdict with marks is
 * UNDECIDED with its valid path: the caller makes it TRUSTED if its list has no objection. */
#define PV_MARK_WILDCARD 0x01u

typedef struct pv_verdict {
    uint8_t outcome;  /* pv_outcome */
    uint8_t path_len; /* entries of `path`; 0 unless trusted (or marked, or paused at a path) */
    uint8_t field;    /* of the headline */
    uint8_t depth;    /* of the headline */
    uint8_t rank;     /* of the headline: how near it came; 0: there is none */
    uint8_t marks;    /* PV_MARK_*: what the caller must still judge; never with TRUSTED */
    pv_reason
        reason; /* PV_OK if trusted; else the headline: the rejection that came nearest, or the spent limit */
    pv_node node;         /* of the headline */
    uint32_t offset;      /* of the headline */
    uint32_t anchor;      /* position in the store; PV_NODE_NONE unless trusted */
    uint32_t num_records; /* lines written or wanted: may exceed the room lent */
    uint32_t uncovered;   /* bit n: no evidence spoke of path[n], and the policy lets that pass */
    uint32_t odd_crls;    /* bit n: a CRL of odd form (PV_CRL_ODD_FORM) spoke of path[n] */
    pv_budget spent;
    pv_node path[PV_MAX_PATH]; /* target first */
} pv_verdict;

typedef enum pv_wait {
    PV_WAIT_NOTHING = 0,
    PV_WAIT_PATH = 1, /* PV_PAUSE_PATH: verdict.path and .anchor hold a valid path; set `answer` */
} pv_wait;

typedef enum pv_answer {
    PV_ANSWER_NONE = 0, /* refuses: the path is taken for refused */
    PV_ANSWER_ACCEPT = 1,
    PV_ANSWER_REFUSE = 2, /* logged as PV_R_HOOK_REFUSED; the search goes on */
} pv_answer;

/* One question. `certs[0]` is the target, the rest are candidates in any order; a zeroed view among them is
 * passed over. Equal certificates must not be given by different pointers if an edge is to be checked once
 * only across requests. `parent` (may be NULL) is the request on whose budget this one lives. */
typedef struct pv_request {
    const pv_cert *const *certs;
    uint32_t num_certs;
    uint32_t max_records;
    pv_record *records; /* may be NULL if max_records is 0 */
    const pv_store *store;
    const pv_pool *pool;         /* may be NULL */
    const pv_evidence *evidence; /* may be NULL: none */
    const pv_policy *policy;
    struct pv_request *parent;
    pv_subject subject;
    pv_time time;
    uint8_t wait;   /* out: pv_wait */
    uint8_t answer; /* in, when resumed: pv_answer */
    pv_verdict verdict;
} pv_request;

/* --- The checker seam -------------------------------------------------------------------------------------
 */

typedef enum pv_sig_result {
    PV_SIG_NOT_CHECKED = 0, /* refuses; for a job that was not to be skipped: the engine failed (UNDECIDED) */
    PV_SIG_GOOD = 1,
    PV_SIG_BAD = 2,
    PV_SIG_UNSUPPORTED = 3, /* this machine cannot check it: neither good nor bad */
} pv_sig_result;

/* A signature to check. Either `message` (the signed bytes) or, with digest_len > 0, `digest`. `after`
 * not 0: the job at position `after - 1` of this call, an earlier one, must come out good first; unless it
 * did (which includes not having been checked), this one must be left PV_SIG_NOT_CHECKED. */
typedef struct pv_job {
    pv_span message;
    pv_span spki;       /* the issuer's SubjectPublicKeyInfo, with its header; already checked by the core */
    pv_span parameters; /* of a DSA key that inherits them (RFC 3279 2.3.2): Dss-Parms, with its header; else
                           empty. Such a key without them is UNSUPPORTED: nobody can say */
    pv_span signature;  /* the bit string's octets */
    const uint8_t *digest;
    void *memo; /* of the certificate, CRL or response that is signed */
    uint32_t after;
    uint8_t digest_len;
    uint8_t sig_alg; /* pv_sig_alg */
    uint8_t key_alg; /* pv_key_alg */
    uint8_t result;  /* out: pv_sig_result; PV_SIG_NOT_CHECKED on entry */
} pv_job;

typedef enum pv_digest_alg {
    PV_DIGEST_NONE = 0,
    PV_DIGEST_SHA1 = 1, /* OCSP CertIDs and key identifiers; never for a signature on a path */
    PV_DIGEST_SHA256 = 2,
    PV_DIGEST_SHA384 = 3,
    PV_DIGEST_SHA512 = 4,
} pv_digest_alg;

typedef enum pv_digest_step {
    PV_DIGEST_BEGIN = 1,
    PV_DIGEST_UPDATE = 2,
    PV_DIGEST_FINISH = 3
} pv_digest_step;

/* Bytes of state that a caller lends to `digest`, aligned like uint64_t. */
#define PV_DIGEST_STATE 256u

/* The only door to cryptography. `check` fills jobs[i].result; it verifies public data only. `digest` hashes
 * incrementally: BEGIN with `alg`, UPDATE with data, FINISH writes to `out` (64 bytes of room) and returns
 * the length; 0: failed. */
typedef struct pv_checker {
    void *ctx;
    void (*check)(void *ctx, pv_job *jobs, size_t num_jobs);
    size_t (*digest)(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                     pv_span data);
} pv_checker;

/* --- Validation -------------------------------------------------------------------------------------------
 */

/* pv_workspace_size: bytes that pv_validate needs for these many requests of at most `max_certs` certificates
 * each (where revocation is asked for, those of the evidence counted) under this policy; 0: no such size. The
 * workspace is aligned like uint64_t. */
size_t pv_workspace_size(uint32_t num_requests, uint32_t max_certs, const pv_policy *policy);

/* pv_validate answers every request. It searches all of them, hands the signatures that fall due in one round
 * to the checker in one call, and goes on until each has a verdict or waits for the caller; then call
 * pv_resume with the same arguments. One request never changes another's verdict. */
pv_status pv_validate(void *workspace, size_t workspace_len, pv_request *requests, uint32_t num_requests,
                      const pv_checker *checker);
pv_status pv_resume(void *workspace, size_t workspace_len, pv_request *requests, uint32_t num_requests,
                    const pv_checker *checker);

#ifdef __cplusplus
}
#endif
#endif
