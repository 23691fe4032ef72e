#include "contents.h"

#include "constraints.h"
#include "der.h"
#include "oid.h"

/* What reading a value costs each time that a certificate is judged: as much as comparing names. */
static pv_reason pay(pv_budget *left, size_t len) {
    return pv_budget_names(left, (uint32_t)(len / 32u));
}

/* The contents of a list's next entry, itself a SEQUENCE that begins with an OID. */
static pv_reason read_entry(pv_span *list, pv_span *entry, pv_span *oid) {
    pv_reason reason = pv_der_read(list, PV_DER_SEQUENCE, entry);
    return reason == PV_OK ? pv_der_read_oid(entry, oid) : reason;
}

static pv_reason open_sequence(pv_span value, pv_span *list) {
    pv_reason reason = pv_der_read(&value, PV_DER_SEQUENCE, list);
    if (reason == PV_OK) reason = pv_der_end(&value);
    return reason == PV_OK && list->len == 0 ? PV_R_DER_EMPTY : reason;
}

/* --- certificatePolicies (4.2.1.4), policyMappings (4.2.1.5), policyConstraints (4.2.1.11), inhibitAnyPolicy
 * (4.2.1.14) --- */

/* policyQualifiers: where the extension is critical, only the two kinds that the standard defines are
 * understood. */
static pv_reason read_qualifiers(pv_span in, int critical) {
    pv_span list, entry, oid, value;
    uint8_t tag;
    pv_reason reason = open_sequence(in, &list);
    while (reason == PV_OK && list.len > 0) {
        reason = read_entry(&list, &entry, &oid);
        if (reason == PV_OK) reason = pv_der_read_any(&entry, &tag, &value);
        if (reason == PV_OK) reason = pv_der_end(&entry);
        if (reason != PV_OK || !critical) continue;
        if (!PV_OID_IS(oid, PV_OID_QT_CPS) && !PV_OID_IS(oid, PV_OID_QT_NOTICE))
            return PV_R_UNKNOWN_CRITICAL_EXTENSION;
    }
    return reason;
}

/* Whether a policy stands in `list` before `end`; what is there was read before. */
static int has_policy(pv_span list, const uint8_t *end, pv_span policy) {
    pv_span other, qualifiers;
    list.len = (size_t)(end - list.data);
    while (list.len > 0) {
        if (pv_ext_policy_next(&list, &other, &qualifiers) != PV_OK) return 1;
        if (pv_span_equal(other, policy)) return 1;
    }
    return 0;
}

/* No policy twice (4.2.1.4): each is compared with those before it, and that is paid for. */
static pv_reason read_policies(pv_span value, int critical, pv_budget *left) {
    pv_span list, policy, qualifiers, all;
    pv_reason reason = pv_ext_policies_open(value, &list);
    all = list;
    while (reason == PV_OK && list.len > 0) {
        const uint8_t *at = list.data;
        reason = pv_ext_policy_next(&list, &policy, &qualifiers);
        if (reason == PV_OK) reason = pay(left, (size_t)(at - all.data));
        if (reason == PV_OK && has_policy(all, at, policy)) reason = PV_R_RULE_POLICY_REPEATED;
        if (reason == PV_OK && qualifiers.len > 0) reason = read_qualifiers(qualifiers, critical);
    }
    return reason;
}

/* 6.1.4 (a): a mapping from or to anyPolicy fails the path, whatever policies decide otherwise. */
static pv_reason read_mappings(pv_span value) {
    pv_span list, from, to;
    pv_reason reason = pv_ext_policies_open(value, &list);
    while (reason == PV_OK && list.len > 0) {
        reason = pv_ext_mapping_next(&list, &from, &to);
        if (reason != PV_OK) return reason;
        if (PV_OID_IS(from, PV_OID_ANY_POLICY) || PV_OID_IS(to, PV_OID_ANY_POLICY))
            return PV_R_POLICY_MAPPING_ANY;
    }
    return reason;
}

/* A core without policies refuses these two before anybody reads them, unless a strict profile asks. */
#ifdef PV_NO_POLICIES
#define READS_POLICIES (PV_PROFILES & ~PV_WITH_DEVICE)
#else
#define READS_POLICIES 1
#endif

#if READS_POLICIES

static pv_reason read_policy_constraints(pv_span value) {
    uint16_t require_explicit, inhibit_mapping;
    return pv_ext_policy_constraints(value, &require_explicit, &inhibit_mapping);
}

static pv_reason read_inhibit_any(pv_span value) {
    uint16_t skip;
    return pv_ext_inhibit_any_policy(value, &skip);
}

#endif

/* --- Names and places
 * ------------------------------------------------------------------------------------------- */

pv_reason pv_contents_names(pv_span names) {
    pv_general_name name;
    pv_reason reason = PV_OK;
    while (reason == PV_OK && names.len > 0) {
        reason = pv_ext_general_name_next(&names, &name);
    }
    return reason;
}

pv_reason pv_contents_general_names(pv_span value) {
    pv_span names;
    pv_reason reason = pv_ext_general_names_open(value, &names);
    return reason == PV_OK ? pv_contents_names(names) : reason;
}

/* AuthorityInfoAccess, SubjectInfoAccess (4.2.2) */
pv_reason pv_contents_access(pv_span value) {
    pv_span list, entry, oid;
    pv_general_name name;
    pv_reason reason = open_sequence(value, &list);
    while (reason == PV_OK && list.len > 0) {
        reason = read_entry(&list, &entry, &oid);
        if (reason == PV_OK) reason = pv_ext_general_name_next(&entry, &name);
        if (reason == PV_OK) reason = pv_der_end(&entry);
    }
    return reason;
}

/* DEVICE reads what is critical and acted upon; what else there is matters to the strict profiles alone. */
#define READS_ALL (PV_PROFILES & ~PV_WITH_DEVICE)

#if READS_ALL

/* GeneralNames under an implicit tag, never empty. */
static pv_reason read_tagged_names(pv_span *in, uint8_t tag) {
    pv_span names;
    pv_reason reason = pv_der_read(in, tag, &names);
    if (reason != PV_OK) return reason;
    return names.len == 0 ? PV_R_DER_EMPTY : pv_contents_names(names);
}

/* DistributionPointName: fullName, or nameRelativeToCRLIssuer (one RDN). */
static pv_reason read_point_name(pv_span in) {
    pv_span rdn;
    pv_reason reason;
    if (pv_der_has(&in, PV_DER_CONTEXT_CONSTRUCTED(0))) {
        reason = read_tagged_names(&in, PV_DER_CONTEXT_CONSTRUCTED(0));
    } else {
        reason = pv_der_read(&in, PV_DER_CONTEXT_CONSTRUCTED(1), &rdn);
        if (reason == PV_OK && rdn.len == 0) reason = PV_R_DER_EMPTY;
    }
    return reason == PV_OK ? pv_der_end(&in) : reason;
}

/* DistributionPoint (4.2.1.13): "MUST NOT consist of only the reasons field". */
static pv_reason read_point(pv_span in) {
    pv_span part, octets;
    uint8_t unused;
    int named = 0;
    pv_reason reason = PV_OK;
    if (pv_der_has(&in, PV_DER_CONTEXT_CONSTRUCTED(0))) {
        named = 1;
        reason = pv_der_read(&in, PV_DER_CONTEXT_CONSTRUCTED(0), &part);
        if (reason == PV_OK) reason = read_point_name(part);
    }
    if (reason == PV_OK && pv_der_has(&in, PV_DER_CONTEXT(1))) {
        reason = pv_der_read(&in, PV_DER_CONTEXT(1), &part);
        if (reason == PV_OK) reason = pv_der_split_bits(part, &octets, &unused);
    }
    if (reason == PV_OK && pv_der_has(&in, PV_DER_CONTEXT_CONSTRUCTED(2))) {
        named = 1;
        reason = read_tagged_names(&in, PV_DER_CONTEXT_CONSTRUCTED(2));
    }
    if (reason == PV_OK) reason = pv_der_end(&in);
    return reason == PV_OK && !named ? PV_R_DER_EMPTY : reason;
}

/* CRLDistributionPoints, FreshestCRL */
static pv_reason read_points(pv_span value) {
    pv_span list, point;
    pv_reason reason = open_sequence(value, &list);
    while (reason == PV_OK && list.len > 0) {
        reason = pv_der_read(&list, PV_DER_SEQUENCE, &point);
        if (reason == PV_OK) reason = read_point(point);
    }
    return reason;
}

#ifndef PV_NO_NAME_CONSTRAINTS

static pv_reason read_constraints(pv_span value, pv_budget *left) {
    pv_constraint_fault fault;
    return pv_constraints_syntax(&fault, left, value);
}

#endif

#endif

/* --- One extension, and all that are wanted
 * ---------------------------------------------------------------------- */

static uint8_t field_of(uint8_t id) {
    switch (id) {
    case PV_EXT_CERTIFICATE_POLICIES: return PV_FIELD_CERTIFICATE_POLICIES;
    case PV_EXT_POLICY_MAPPINGS: return PV_FIELD_POLICY_MAPPINGS;
    case PV_EXT_POLICY_CONSTRAINTS: return PV_FIELD_POLICY_CONSTRAINTS;
    case PV_EXT_INHIBIT_ANY_POLICY: return PV_FIELD_INHIBIT_ANY_POLICY;
    case PV_EXT_SUBJECT_ALT_NAME: return PV_FIELD_SUBJECT_ALT_NAME;
    case PV_EXT_ISSUER_ALT_NAME: return PV_FIELD_ISSUER_ALT_NAME;
    case PV_EXT_NAME_CONSTRAINTS: return PV_FIELD_NAME_CONSTRAINTS;
    case PV_EXT_CRL_DISTRIBUTION_POINTS: return PV_FIELD_CRL_DISTRIBUTION_POINTS;
    case PV_EXT_FRESHEST_CRL: return PV_FIELD_FRESHEST_CRL;
    case PV_EXT_AUTHORITY_INFO_ACCESS: return PV_FIELD_AUTHORITY_INFO_ACCESS;
    case PV_EXT_SUBJECT_INFO_ACCESS: return PV_FIELD_SUBJECT_INFO_ACCESS;
    default: return PV_FIELD_UNKNOWN_EXTENSION;
    }
}

static pv_reason read_value(const pv_ext *ext, pv_budget *left) {
    switch (ext->id) {
    case PV_EXT_CERTIFICATE_POLICIES: return read_policies(ext->value, ext->critical, left);
    case PV_EXT_POLICY_MAPPINGS: return read_mappings(ext->value);
    case PV_EXT_SUBJECT_ALT_NAME: return pv_contents_general_names(ext->value);
#if READS_POLICIES
    case PV_EXT_POLICY_CONSTRAINTS: return read_policy_constraints(ext->value);
    case PV_EXT_INHIBIT_ANY_POLICY: return read_inhibit_any(ext->value);
#endif
#if READS_ALL
    case PV_EXT_ISSUER_ALT_NAME: return pv_contents_general_names(ext->value);
#ifndef PV_NO_NAME_CONSTRAINTS
    case PV_EXT_NAME_CONSTRAINTS: return read_constraints(ext->value, left);
#endif
    case PV_EXT_CRL_DISTRIBUTION_POINTS:
    case PV_EXT_FRESHEST_CRL: return read_points(ext->value);
    case PV_EXT_AUTHORITY_INFO_ACCESS:
    case PV_EXT_SUBJECT_INFO_ACCESS: return pv_contents_access(ext->value);
#endif
    default: return PV_OK;
    }
}

/* A finding of its own keeps its name; any fault of encoding (their numbers are together) is "malformed". */
static pv_reason named(pv_reason reason) {
    int is_encoding = reason >= PV_R_DER_TRUNCATED && reason <= PV_R_NAME_RDN_TOO_LARGE;
    return is_encoding ? (pv_reason)PV_R_EXTENSION_MALFORMED : reason;
}

/* The extensions that `read_value` knows. */
#if READS_POLICIES
#define READABLE_POLICIES (PV_EXT_BIT(PV_EXT_POLICY_CONSTRAINTS) | PV_EXT_BIT(PV_EXT_INHIBIT_ANY_POLICY))
#else
#define READABLE_POLICIES 0u
#endif
#if READS_ALL
#define READABLE_OTHERS                                                                                      \
    (PV_EXT_BIT(PV_EXT_ISSUER_ALT_NAME) | PV_EXT_BIT(PV_EXT_NAME_CONSTRAINTS) |                              \
     PV_EXT_BIT(PV_EXT_CRL_DISTRIBUTION_POINTS) | PV_EXT_BIT(PV_EXT_FRESHEST_CRL) |                          \
     PV_EXT_BIT(PV_EXT_AUTHORITY_INFO_ACCESS) | PV_EXT_BIT(PV_EXT_SUBJECT_INFO_ACCESS))
#else
#define READABLE_OTHERS 0u
#endif
#define READABLE                                                                                             \
    (PV_EXT_BIT(PV_EXT_CERTIFICATE_POLICIES) | PV_EXT_BIT(PV_EXT_POLICY_MAPPINGS) |                          \
     PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME) | READABLE_POLICIES | READABLE_OTHERS)

pv_reason pv_contents_check(const uint8_t **at, uint8_t *field, pv_budget *left, const pv_cert *cert,
                            uint32_t wanted) {
    pv_span list = pv_cert_extensions(cert);
    pv_ext ext;
    wanted &= cert->present & READABLE;
    if (wanted == 0) return PV_OK;
    pv_reason reason = pay(left, list.len);
    while (reason == PV_OK && list.len > 0) {
        reason = pv_ext_next(&list, &ext);
        if (reason != PV_OK || ext.id == PV_EXT_UNKNOWN || !(wanted & PV_EXT_BIT(ext.id))) continue;
        reason = named(read_value(&ext, left));
        if (reason == PV_OK) continue;
        *at = ext.value.data;
        *field = field_of(ext.id);
    }
    return reason;
}
