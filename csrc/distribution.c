#include "distribution.h"

#ifndef PV_NO_CRL

#include "der.h"
#include "name.h"

/* One distribution point of a certificate against one CRL. `broke` keeps what could not be paid for: then
 * nothing matches any more. */
typedef struct match {
    const pv_crl *crl;
    const pv_cert *cert;
    pv_idp idp;
    pv_budget *left;
    pv_reason broke;
} match;

static int pay(match *m, size_t a, size_t b) {
    if (m->broke == PV_OK) m->broke = pv_budget_names(m->left, 1u + (uint32_t)((a + b) / 32u));
    return m->broke == PV_OK;
}

/* The elements of an RDN may stand in any order: that costs twice what strings do. */
static int names_equal(match *m, pv_span a, pv_span b) {
    return pay(m, 2 * a.len, 2 * b.len) && pv_name_equal(a, b);
}

/* --- Distribution point names (6.3.3 (b)(2)(i)) ------------------------------------------------------------
 */

/* Strings are compared as they stand: two spellings of one URI are two names. */
static int general_names_equal(match *m, const pv_general_name *a, const pv_general_name *b) {
    if (a->form != b->form) return 0;
    if (a->form == PV_NAME_DIRECTORY) return names_equal(m, a->value, b->value);
    return pay(m, a->value.len, b->value.len) && pv_span_equal(a->value, b->value);
}

/* Each name costs before it is read, also one that is then passed over for its form. */
static int next_name(match *m, pv_span *cursor, pv_general_name *name) {
    size_t header, len;
    if (cursor->len == 0 || pv_der_header(cursor, &header, &len) != PV_OK || !pay(m, len, 0)) return 0;
    return pv_ext_general_name_next(cursor, name) == PV_OK;
}

/* Whether two lists of GeneralNames have one in common. */
static int lists_meet(match *m, pv_span a, pv_span b) {
    pv_general_name one, other;
    while (next_name(m, &a, &one)) {
        pv_span rest = b;
        while (next_name(m, &rest, &other)) {
            if (general_names_equal(m, &one, &other)) return 1;
            if (m->broke != PV_OK) return 0;
        }
    }
    return 0;
}

static int list_has_directory(match *m, pv_span list, pv_span wanted) {
    pv_general_name name;
    while (next_name(m, &list, &name) && m->broke == PV_OK) {
        if (name.form == PV_NAME_DIRECTORY && names_equal(m, name.value, wanted)) return 1;
    }
    return 0;
}

/* A name relative to an issuer (4.2.1.13), spelled out in the other list. */
static int list_has_relative(match *m, pv_span list, pv_span base, pv_span rdn) {
    pv_general_name name;
    while (next_name(m, &list, &name) && m->broke == PV_OK) {
        if (name.form != PV_NAME_DIRECTORY || !pay(m, name.value.len, base.len + rdn.len)) continue;
        if (pv_name_extends(name.value, base, rdn)) return 1;
    }
    return 0;
}

/* Names relative to an issuer are relative to the CRL's: the point's own, or the certificate's issuer, was
 * found to be that one before. */
static int point_names_meet(match *m, const pv_point_name *a, const pv_point_name *b) {
    pv_span base = pv_crl_issuer(m->crl);
    if (a->relative.len > 0 && b->relative.len > 0)
        return pay(m, a->relative.len, b->relative.len) && pv_name_rdn_equal(a->relative, b->relative);
    if (a->relative.len > 0) return list_has_relative(m, b->names, base, a->relative);
    if (b->relative.len > 0) return list_has_relative(m, a->names, base, b->relative);
    return lists_meet(m, a->names, b->names);
}

static int points_meet(match *m, const pv_dist_point *point) {
    if (!m->idp.point.has_point) return 1;
    if (point->point.has_point) return point_names_meet(m, &m->idp.point, &point->point);
    pv_point_name issuers = {point->crl_issuer, {NULL, 0}, 1};
    return point_names_meet(m, &m->idp.point, &issuers);
}

/* --- Issuers (6.3.3 (b)(1))
 * --------------------------------------------------------------------------------- */

static int is_own_issuer(match *m) {
    return m->crl->issuer_hash == m->cert->issuer_hash &&
           names_equal(m, pv_crl_issuer(m->crl), pv_cert_issuer(m->cert));
}

static int issuers_meet(match *m, const pv_dist_point *point, int is_own) {
    if (point->crl_issuer.len == 0) return is_own;
    return list_has_directory(m, point->crl_issuer, pv_crl_issuer(m->crl));
}

/* --- One point, all points
 * ---------------------------------------------------------------------------------- */

static void try_point(match *m, pv_scope *out, const pv_dist_point *point, int is_own) {
    if (!issuers_meet(m, point, is_own)) return;
    out->is_related = 1;
    if (point->crl_issuer.len > 0 && !m->idp.indirect) return;
    if (points_meet(m, point)) out->reasons |= (uint16_t)(point->reasons & m->idp.reasons); /* (d) */
}

/* The point that every certificate has: its issuer's own CRL, by the issuer's name (6.3.3, last paragraph).
 */
static void try_own_point(match *m, pv_scope *out, int is_own) {
    if (!is_own) return;
    out->is_related = 1;
    int meets =
        !m->idp.point.has_point || (m->idp.point.relative.len == 0 &&
                                    list_has_directory(m, m->idp.point.names, pv_cert_issuer(m->cert)));
    if (meets) out->reasons |= m->idp.reasons;
}

static pv_reason try_points(match *m, pv_scope *out, int is_own) {
    pv_span value = pv_cert_extension(m->cert, PV_EXT_CRL_DISTRIBUTION_POINTS), cursor;
    pv_dist_point point;
    if (!(m->cert->present & PV_EXT_BIT(PV_EXT_CRL_DISTRIBUTION_POINTS))) return PV_OK;
    if (!pay(m, value.len, 0)) return m->broke;
    pv_reason reason = pv_dist_points_open(value, &cursor);
    while (reason == PV_OK && cursor.len > 0) {
        reason = pv_dist_point_next(&cursor, &point);
        if (reason == PV_OK) try_point(m, out, &point, is_own);
    }
    return reason == PV_OK ? PV_OK : PV_R_EXTENSION_MALFORMED;
}

/* (b)(2)(ii) to (iv): the kinds of certificates that the CRL is for. */
static int is_its_kind(const pv_idp *idp, const pv_cert *cert) {
    int is_ca = (cert->flags & PV_CERT_CA) != 0;
    return !idp->only_attribute && !(idp->only_user && is_ca) && !(idp->only_ca && !is_ca);
}

pv_reason pv_distribution_scope(pv_scope *out, pv_budget *left, const pv_crl *crl, const pv_cert *cert) {
    const pv_scope nothing = {0, 0};
    match m = {crl, cert, {{{NULL, 0}, {NULL, 0}, 0}, 0, 0, 0, 0, 0}, left, PV_OK};
    *out = nothing;
    if (pv_crl_idp(crl, &m.idp) != PV_OK) return PV_OK; /* cannot be: the reader has read it */
    int is_own = is_own_issuer(&m);
    try_own_point(&m, out, is_own);
    pv_reason reason = try_points(&m, out, is_own);
    if (!is_its_kind(&m.idp, cert)) out->reasons = 0;
    if (m.broke != PV_OK) reason = m.broke;
    if (reason != PV_OK) out->reasons = 0;
    return reason;
}

#endif
