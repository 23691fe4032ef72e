/* crl.h: CRLs (RFC 5280 5) and distribution points (4.2.1.13): DER to views and look-ups. No judgement. */
#ifndef PV_CRL_H
#define PV_CRL_H

#include "budget.h"

/* No CRL above this size is read: 256 MiB. */
#define PV_MAX_CRL 0x10000000u

/* pv_crl_tbs: tbsCertList with its header, the signed bytes. pv_crl_signature: the bit string's octets.
 * pv_crl_issuer: the Name with its header. pv_crl_key_id: authorityKeyIdentifier's keyIdentifier, empty if
 * there is none. The values of extensions: contents of extnValue, empty if absent. */
pv_span pv_crl_tbs(const pv_crl *crl);
pv_span pv_crl_signature(const pv_crl *crl);
pv_span pv_crl_issuer(const pv_crl *crl);
pv_span pv_crl_key_id(const pv_crl *crl);
pv_span pv_crl_idp_value(const pv_crl *crl);

/* pv_crl_number, pv_crl_base_number: the INTEGER's contents without leading zero octets (5.2.3: never
 * negative, checked); empty if the extension is absent (then data is NULL) or zero. pv_crl_compare_numbers:
 * -1, 0 or 1. */
pv_span pv_crl_number(const pv_crl *crl);
pv_span pv_crl_base_number(const pv_crl *crl);
int pv_crl_compare_numbers(pv_span a, pv_span b);

/* pv_crl_offset: where `at` stands in the CRL's DER; PV_NO_OFFSET if outside. */
uint32_t pv_crl_offset(const pv_crl *crl, const uint8_t *at);

/* reasonCode (5.3.1) */
typedef enum pv_crl_reason {
    PV_CRL_UNSPECIFIED = 0,
    PV_CRL_KEY_COMPROMISE = 1,
    PV_CRL_CA_COMPROMISE = 2,
    PV_CRL_AFFILIATION_CHANGED = 3,
    PV_CRL_SUPERSEDED = 4,
    PV_CRL_CESSATION_OF_OPERATION = 5,
    PV_CRL_CERTIFICATE_HOLD = 6,
    PV_CRL_REMOVE_FROM_CRL = 8,
    PV_CRL_PRIVILEGE_WITHDRAWN = 9,
    PV_CRL_AA_COMPROMISE = 10,
} pv_crl_reason;

/* One entry of revokedCertificates. */
typedef struct pv_crl_entry {
    const uint8_t *at; /* its first byte */
    pv_span serial;    /* INTEGER contents as they stand */
    pv_span issuer;    /* certificateIssuer (5.3.3): GeneralNames' contents; empty: none in this entry */
    int64_t revoked_at;
    int64_t invalid_at; /* invalidityDate (5.3.2), if has_invalid_at */
    uint8_t has_invalid_at;
    uint8_t reason;      /* pv_crl_reason; UNSPECIFIED if absent */
    uint8_t is_critical; /* a critical entry extension is not known */
} pv_crl_entry;

/* pv_crl_entries: the cursor over the entries (empty if there are none); pv_crl_entry_next reads one. The
 * view's parser has read them all, so a reason other than PV_OK cannot come out for its entries; an entry
 * costs the same however long its extensions are. */
pv_span pv_crl_entries(const pv_crl *crl);
pv_reason pv_crl_entry_next(pv_span *cursor, pv_crl_entry *out);

/* An index over the entries, in memory lent by the owner: entries in buckets by a seeded hash of the serial
 * number, in their order within a bucket. A bucket as full as a hostile CRL can make it only makes look-ups
 * in it dearer, and they are paid for. */
typedef struct pv_crl_index {
    uint32_t *starts;  /* num_buckets + 1: where each bucket begins in `entries` */
    uint32_t *entries; /* num_entries: offsets in the DER */
    uint32_t
        *issuers; /* num_entry_issuers: offsets of the entries that have a certificateIssuer, ascending */
    uint32_t num_buckets; /* a power of two */
    uint32_t seed;
} pv_crl_index;

/* pv_crl_num_buckets: how many suit a CRL. pv_crl_index_build fills the lent arrays (`starts`, `entries`,
 * `issuers`, `num_buckets` and `seed` are set); two passes over the entries, whatever they hold. PV_FAILED: a
 * zeroed view, or a number of buckets that is no power of two. */
uint32_t pv_crl_num_buckets(const pv_crl *crl);
pv_status pv_crl_index_build(pv_crl_index *index, const pv_crl *crl);

/* pv_crl_find looks for the entry of a certificate: serial (INTEGER contents), and issuer (a Name with its
 * header), which is the entry's own or last certificateIssuer up to it, else the CRL's issuer (5.3.3).
 * Several entries of one certificate: the first that is not removeFromCRL counts, else the first. PV_OK:
 * `found` is 0 or 1; any other reason (the budget; a zeroed view: EVIDENCE_UNREADABLE) tells nothing.
 * BUDGET_STEPS: without an index each 16 entries cost a step; with it each 4 looked at. BUDGET_NAMES: each
 * comparison of names costs 1, and each 32 octets of them 1 more, before it is made; each 32 octets of a
 * certificateIssuer that is walked, and of a serial number that is compared or hashed, too (for the usual
 * ones that is nothing). Names are compared only with entries of the right serial number, and once for a run
 * of entries under one certificateIssuer. */
pv_reason pv_crl_find(pv_crl_entry *out, int *found, pv_budget *left, const pv_crl *crl, pv_span issuer,
                      pv_span serial);

/* ReasonFlags (4.2.1.13) as a mask: bit n is bit n of the standard (1 keyCompromise to 8 aACompromise). */
#define PV_ALL_REASONS 0x01FEu

/* DistributionPointName: `names` is fullName's GeneralNames contents, `relative` the contents of
 * nameRelativeToCRLIssuer (an RDN: a SET's contents); at most one of them is not empty. has_point: it is
 * there. */
typedef struct pv_point_name {
    pv_span names;
    pv_span relative;
    uint8_t has_point;
} pv_point_name;

/* issuingDistributionPoint (5.2.5). `reasons`: PV_ALL_REASONS if onlySomeReasons is absent. */
typedef struct pv_idp {
    pv_point_name point;
    uint16_t reasons;
    uint8_t only_user, only_ca, only_attribute, indirect;
} pv_idp;

/* pv_crl_idp: what the CRL's says; all zero but `reasons` if it has none. */
pv_reason pv_crl_idp(const pv_crl *crl, pv_idp *out);

/* One DistributionPoint of cRLDistributionPoints or freshestCRL. crl_issuer: GeneralNames' contents, empty:
 * none.
 */
typedef struct pv_dist_point {
    pv_point_name point;
    pv_span crl_issuer;
    uint16_t reasons; /* PV_ALL_REASONS if absent */
} pv_dist_point;

/* pv_dist_points_open: the cursor over an extension's value (contents of extnValue), 1..n points.
 * pv_dist_point_next reads one, and every name in it. */
pv_reason pv_dist_points_open(pv_span value, pv_span *cursor);
pv_reason pv_dist_point_next(pv_span *cursor, pv_dist_point *out);

#endif
