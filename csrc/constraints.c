/* constraints.c: the names of one certificate against the NameConstraints of one CA above it.
 *
 * Two passes. The first reads every constraint and notes which forms have one; the second walks the names
 * and, for each name of such a form, the lists. What the second pass does is paid for pair by pair. */
#include "constraints.h"
#include "der.h"
#include "name.h"
#include "oid.h"
#include "subject.h"

#ifndef PV_NO_NAME_CONSTRAINTS

/* The two lists, numbered as their context tags (RFC 5280 4.2.1.10). */
#define PERMITTED 0u
#define EXCLUDED  1u

#define FORM_BIT(form) (1u << (form))

typedef struct nc {
    pv_constraint_fault *fault;
    pv_budget *budget;
    pv_span list[2];   /* contents; empty: the list is absent */
    unsigned forms[2]; /* FORM_BIT of each form with a constraint in the list */
} nc;

static pv_span from(pv_span s, size_t at) {
    pv_span rest = {s.data + at, s.len - at};
    return rest;
}

static int begins_with(pv_span s, char c) {
    return s.len > 0 && s.data[0] == (uint8_t)c;
}

static int ends_with(pv_span s, pv_span end) {
    return s.len >= end.len && pv_ascii_equal(from(s, s.len - end.len), end);
}

#if PV_NAMES & PV_WITH_DNS

/* --- dNSName: any name made by adding labels on the left lies within (4.2.1.10) --- */

static int dns_is_base(pv_span base) {
    return base.len == 0 || pv_dns_is_name(base); /* no wildcard, no leading period: 4.2.1.10 has neither */
}

static int dns_holds(pv_span name, pv_span base) {
    if (base.len == 0) return 1;
    return ends_with(name, base) && (name.len == base.len || name.data[name.len - base.len - 1] == '.');
}

/* A wildcard stands for every name one label longer. All lie within if what follows "*." does; some do, and
 * that is DOUBTFUL, if the base is one of those names. */
PV_OWN_FRAME static pv_likeness dns_within(pv_span name, pv_span base) {
    int wildcard = begins_with(name, '*');
    if (dns_holds(wildcard ? from(name, 2) : name, base)) return PV_LIKE_EQUAL;
    return wildcard && pv_dns_matches(name, base) ? PV_LIKE_DOUBTFUL : PV_LIKE_DIFFERENT;
}

#endif

#if PV_NAMES & (PV_WITH_EMAIL | PV_WITH_URI)

/* --- hosts, as in rfc822Name and URI: ".domain" is all below it and not itself --- */

static int host_is_base(pv_span base) {
    return pv_dns_is_name(begins_with(base, '.') ? from(base, 1) : base);
}

static pv_likeness host_within(pv_span host, pv_span base) {
    int within = begins_with(base, '.') ? ends_with(host, base) : pv_ascii_equal(host, base);
    return within ? PV_LIKE_EQUAL : PV_LIKE_DIFFERENT;
}

#endif

#if PV_NAMES & PV_WITH_EMAIL

/* --- rfc822Name --- */

static int mail_is_name(pv_span name) {
    pv_span local, domain;
    return pv_mail_split(name, &local, &domain);
}

static int mail_is_base(pv_span base) {
    return mail_is_name(base) || host_is_base(base);
}

/* Whether different octets mean different mailboxes. A quoted local part may spell an unquoted one (RFC 5321
 * 4.1.2), and for a SmtpUTF8Mailbox RFC 9598 6 would strip the local part of the constraint. */
static int is_plain(pv_span local) {
    return !begins_with(local, '"') && pv_der_is_ascii(local);
}

static pv_likeness mail_within(pv_span name, pv_span base) {
    pv_span local, domain, base_local, base_domain;
    if (!pv_mail_split(name, &local, &domain)) return PV_LIKE_DOUBTFUL;
    if (!pv_mail_split(base, &base_local, &base_domain)) return host_within(domain, base);
    if (!pv_ascii_equal(domain, base_domain)) return PV_LIKE_DIFFERENT;
    if (pv_span_equal(local, base_local)) return PV_LIKE_EQUAL;
    return is_plain(local) && is_plain(base_local) ? PV_LIKE_DIFFERENT : PV_LIKE_DOUBTFUL;
}

#endif

#if PV_NAMES & PV_WITH_URI

/* --- URI --- */

static int uri_is_name(pv_span name) {
    pv_span rest;
    return pv_uri_split(name, &rest);
}

static size_t find_any(pv_span s, const char *set) {
    size_t i;
    for (i = 0; i < s.len; i++) {
        const char *c = set;
        while (*c && (uint8_t)*c != s.data[i])
            c++;
        if (*c) break;
    }
    return i;
}

/* The host of the authority (RFC 3986 3.2), user and port stripped; empty if there is none. */
static pv_span uri_host(pv_span uri) {
    pv_span rest = {NULL, 0};
    size_t at;
    if (!pv_uri_split(uri, &rest) || rest.len < 2 || rest.data[0] != '/' || rest.data[1] != '/') {
        rest.len = 0;
        return rest;
    }
    rest = from(rest, 2);
    rest.len = find_any(rest, "/?#");
    at = find_any(rest, "@");
    if (at < rest.len) rest = from(rest, at + 1);
    rest.len = find_any(rest, ":");
    return rest;
}

/* 4.2.1.10: a URI without a host, or with an address for its host, must be refused under any constraint. */
static pv_likeness uri_within(pv_span name, pv_span base) {
    pv_span host = uri_host(name);
    return pv_dns_is_name(host) ? host_within(host, base) : PV_LIKE_DOUBTFUL;
}

#endif

#if PV_NAMES & PV_WITH_IP

/* --- iPAddress: address and mask, as RFC 4632 --- */

static int ip_is_name(pv_span name) {
    return name.len == 4 || name.len == 16;
}

static int ip_is_base(pv_span base) {
    size_t i;
    uint8_t last = 0xFF;
    if (base.len != 8 && base.len != 32) return 0;
    for (i = base.len / 2; i < base.len; i++) {
        uint8_t clear = (uint8_t)~base.data[i];
        if ((clear & (clear + 1u)) != 0 || (last != 0xFF && clear != 0xFF)) return 0;
        last = base.data[i];
    }
    return 1;
}

/* Whether the last `len` octets of an address lie in the last ones of a range of the same form or another. */
static int ip_holds(pv_span name, pv_span base, size_t len) {
    const uint8_t *address = name.data + name.len - len;
    const uint8_t *range = base.data + base.len / 2 - len;
    const uint8_t *mask = base.data + base.len - len;
    size_t i;
    for (i = 0; i < len; i++) {
        if (((address[i] ^ range[i]) & mask[i]) != 0) return 0;
    }
    return 1;
}

/* Whether an IPv6 address, or all of an IPv6 range, is an IPv4 one in another dress (RFC 4291 2.5.5.2). */
static int ip_is_mapped(pv_span value) {
    static const uint8_t prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    size_t i, len = value.len % 16 == 0 ? sizeof prefix : 0;
    for (i = 0; i < len; i++) {
        if (value.data[i] != prefix[i] || (value.len == 32 && value.data[16 + i] != 0xFF)) return 0;
    }
    return len > 0;
}

/* A mapped address reaches the same host as the IPv4 one, and is no name of that form all the same: doubt. */
static pv_likeness ip_within(pv_span name, pv_span base) {
    if (base.len == 2 * name.len) return ip_holds(name, base, name.len) ? PV_LIKE_EQUAL : PV_LIKE_DIFFERENT;
    if (!ip_is_mapped(name.len == 16 ? name : base)) return PV_LIKE_DIFFERENT;
    return ip_holds(name, base, 4) ? PV_LIKE_DOUBTFUL : PV_LIKE_DIFFERENT;
}

#endif

/* --- Each by its form; of directoryNames the reader of GeneralNames has checked both --- */

/* Forms that the build can compare, as FORM_BIT. */
#define BUILT_IN ((unsigned)(PV_NAMES))

static int is_base(const pv_general_name *base) {
    switch (base->form) {
#if PV_NAMES & PV_WITH_EMAIL
    case PV_NAME_EMAIL: return mail_is_base(base->value);
#endif
#if PV_NAMES & PV_WITH_DNS
    case PV_NAME_DNS: return dns_is_base(base->value);
#endif
#if PV_NAMES & PV_WITH_URI
    case PV_NAME_URI: return host_is_base(base->value);
#endif
#if PV_NAMES & PV_WITH_IP
    case PV_NAME_IP: return ip_is_base(base->value);
#endif
    default: return base->value.len > 0 || !(FORM_BIT(base->form) & BUILT_IN);
    }
}

static int is_name(const pv_general_name *name) {
    switch (name->form) {
#if PV_NAMES & PV_WITH_EMAIL
    case PV_NAME_EMAIL: return mail_is_name(name->value);
#endif
#if PV_NAMES & PV_WITH_DNS
    case PV_NAME_DNS: return pv_dns_is_pattern(name->value);
#endif
#if PV_NAMES & PV_WITH_URI
    case PV_NAME_URI: return uri_is_name(name->value);
#endif
#if PV_NAMES & PV_WITH_IP
    case PV_NAME_IP: return ip_is_name(name->value);
#endif
    default: return name->value.len > 0;
    }
}

/* Only forms that are built in come here. */
static pv_likeness within(const pv_general_name *name, pv_span base) {
    (void)base; /* of a build without any form of name */
    switch (name->form) {
#if PV_NAMES & PV_WITH_EMAIL
    case PV_NAME_EMAIL: return mail_within(name->value, base);
#endif
#if PV_NAMES & PV_WITH_DNS
    case PV_NAME_DNS: return dns_within(name->value, base);
#endif
#if PV_NAMES & PV_WITH_DIRECTORY_NAME
    case PV_NAME_DIRECTORY: return pv_name_within(name->value, base);
#endif
#if PV_NAMES & PV_WITH_URI
    case PV_NAME_URI: return uri_within(name->value, base);
#endif
#if PV_NAMES & PV_WITH_IP
    case PV_NAME_IP: return ip_within(name->value, base);
#endif
    default: return PV_LIKE_DOUBTFUL;
    }
}

/* --- First pass: the constraints themselves --- */

/* GeneralSubtree. minimum must be 0 and maximum absent (4.2.1.10). A written minimum of 0 is not DER (X.690
 * 11.5), yet some CAs write it and it says nothing else than its absence, so it is read. */
static pv_reason read_subtree(pv_span *in, unsigned *forms) {
    pv_general_name base;
    pv_span body, minimum = {NULL, 0};
    int given;
    if (pv_der_read(in, PV_DER_SEQUENCE, &body) != PV_OK) return PV_R_NC_MALFORMED;
    if (pv_ext_general_name_next(&body, &base) != PV_OK) return PV_R_NC_MALFORMED;
    given = pv_der_has(&body, PV_DER_CONTEXT(0));
    if (given && pv_der_read(&body, PV_DER_CONTEXT(0), &minimum) != PV_OK) return PV_R_NC_MALFORMED;
    if (given && (minimum.len != 1 || minimum.data[0] != 0)) return PV_R_NC_MALFORMED;
    if (pv_der_end(&body) != PV_OK) return PV_R_NC_MALFORMED;
    *forms |= FORM_BIT(base.form);
    return is_base(&base) ? PV_OK : PV_R_NC_MALFORMED;
}

static pv_reason read_list(nc *c, pv_span *in, unsigned list) {
    pv_span rest;
    if (!pv_der_has(in, (uint8_t)PV_DER_CONTEXT_CONSTRUCTED(list))) return PV_OK;
    if (pv_der_read(in, (uint8_t)PV_DER_CONTEXT_CONSTRUCTED(list), &rest) != PV_OK) return PV_R_NC_MALFORMED;
    if (rest.len == 0) return PV_R_NC_MALFORMED;
    c->list[list] = rest;
    while (rest.len > 0) {
        pv_reason reason = pv_budget_names(c->budget, 1);
        if (reason == PV_OK) reason = read_subtree(&rest, &c->forms[list]);
        if (reason != PV_OK) return reason;
    }
    return PV_OK;
}

/* Values are read anew for each pair of certificates, also where nothing in them is compared. */
static pv_reason pay_reading(pv_budget *budget, pv_span value) {
    return pv_budget_names(budget, (uint32_t)(value.len / 32u));
}

/* NameConstraints. 4.2.1.10: at least one of the lists must be there. */
static pv_reason open_constraints(nc *c, pv_constraint_fault *fault, pv_budget *budget, pv_span value) {
    static const nc none;
    pv_reason reason;
    pv_span in;
    *c = none;
    c->fault = fault;
    c->budget = budget;
    fault->at = NULL;
    fault->field = PV_FIELD_NAME_CONSTRAINTS;
    reason = pay_reading(budget, value);
    if (reason != PV_OK) return reason;
    if (pv_der_read(&value, PV_DER_SEQUENCE, &in) != PV_OK || pv_der_end(&value) != PV_OK || in.len == 0)
        return PV_R_NC_MALFORMED;
    reason = read_list(c, &in, PERMITTED);
    if (reason == PV_OK) reason = read_list(c, &in, EXCLUDED);
    if (reason == PV_OK && pv_der_end(&in) != PV_OK) reason = PV_R_NC_MALFORMED;
    return reason;
}

/* --- Second pass: the names --- */

/* The base at the cursor, which the first pass has read: only to find it again. */
static pv_reason next_base(pv_span *in, pv_general_name *base) {
    pv_span body;
    uint8_t tag;
    if (pv_der_read(in, PV_DER_SEQUENCE, &body) != PV_OK) return PV_R_NC_MALFORMED;
    if (pv_der_read_any(&body, &tag, &base->value) != PV_OK) return PV_R_NC_MALFORMED;
    base->form = tag & 0x1Fu;
    return PV_OK;
}

/* A comparison costs 1, and one more for each 512 octets of name and base: none takes longer than linear
 * time. Directory names cost one more for each 16, as the attributes of one RDN are compared pairwise. */
static uint32_t cost_of(const pv_general_name *name, const pv_general_name *base) {
    unsigned shift = name->form == PV_NAME_DIRECTORY ? 4u : 9u;
    return name->form == base->form ? 1u + (uint32_t)((name->value.len + base->value.len) >> shift) : 1u;
}

/* Whether a list has this name. A base of another form has to be looked at too, and is paid for. */
static pv_reason find_base(const nc *c, unsigned list, const pv_general_name *name, int *found) {
    pv_span in = c->list[list];
    pv_general_name base;
    for (*found = 0; in.len > 0 && !*found;) {
        pv_likeness like = PV_LIKE_DIFFERENT;
        pv_reason reason = next_base(&in, &base);
        if (reason == PV_OK) reason = pv_budget_names(c->budget, cost_of(name, &base));
        if (reason != PV_OK) return reason;
        if (base.form == name->form) like = within(name, base.value);
        *found = list == EXCLUDED ? like != PV_LIKE_DIFFERENT : like == PV_LIKE_EQUAL;
    }
    return PV_OK;
}

/* 6.1.3 (c), then (b): a name must lie in none of the excluded subtrees, and in one of the permitted ones if
 * there are any of its form. */
static pv_reason check_name(const nc *c, const pv_general_name *name) {
    unsigned bit = FORM_BIT(name->form);
    pv_reason reason = PV_OK;
    int found = 0;
    if (!((c->forms[PERMITTED] | c->forms[EXCLUDED]) & bit)) return PV_OK;
    if (!(bit & BUILT_IN)) return PV_R_NC_UNSUPPORTED;
    if (!is_name(name)) return PV_R_SAN_MALFORMED;
    if (c->forms[EXCLUDED] & bit) reason = find_base(c, EXCLUDED, name, &found);
    if (reason != PV_OK || found) return found ? PV_R_NC_EXCLUDED : reason;
    if (!(c->forms[PERMITTED] & bit)) return PV_OK;
    reason = find_base(c, PERMITTED, name, &found);
    return reason != PV_OK || found ? reason : PV_R_NC_NOT_PERMITTED;
}

static pv_reason check_value(const nc *c, pv_span value, uint8_t form) {
    pv_general_name name;
    name.value = value;
    name.form = form;
    return check_name(c, &name);
}

/* RFC 9598 6: constraints on rfc822Name hold for SmtpUTF8Mailbox too (which the reader of GeneralNames takes
 * only if it is UTF-8). 3: its local part must not be ASCII; such a one is no form's mailbox. */
static pv_reason check_other_name(const nc *c, pv_span contents) {
    pv_span mailbox;
    if (!((c->forms[PERMITTED] | c->forms[EXCLUDED]) & FORM_BIT(PV_NAME_EMAIL))) return PV_OK;
    if (!pv_ext_is_smtp_utf8(contents, &mailbox)) return PV_OK;
    return pv_der_is_ascii(mailbox) ? PV_R_SAN_MALFORMED : check_value(c, mailbox, PV_NAME_EMAIL);
}

static pv_reason check_next(const nc *c, pv_span *in, int *has_mail) {
    pv_general_name name;
    pv_reason reason;
    c->fault->at = in->data;
    if (pv_ext_general_name_next(in, &name) != PV_OK) return PV_R_SAN_MALFORMED;
    *has_mail |= name.form == PV_NAME_EMAIL;
    reason = check_name(c, &name);
    if (reason == PV_OK && name.form == PV_NAME_OTHER) reason = check_other_name(c, name.value);
    return reason;
}

static pv_reason check_san(const nc *c, const pv_cert *cert, int *has_mail) {
    pv_span in, san = pv_cert_san(cert);
    pv_reason reason = pay_reading(c->budget, san);
    if (reason != PV_OK) return reason;
    c->fault->at = san.data;
    c->fault->field = PV_FIELD_SUBJECT_ALT_NAME;
    if (pv_ext_general_names_open(san, &in) != PV_OK) return PV_R_SAN_MALFORMED;
    while (reason == PV_OK && in.len > 0)
        reason = check_next(c, &in, has_mail);
    return reason;
}

/* 4.2.1.10: where no rfc822Name says it, the emailAddress attributes of the subject are held to constraints
 * on rfc822Name. Types of string that are not read as ASCII or UTF-8 could spell any mailbox. */
static pv_reason check_attributes(const nc *c, pv_span subject) {
    pv_span rdn = {NULL, 0}, in = pv_name_contents(subject), type, value;
    pv_reason reason = PV_OK;
    uint8_t tag;
    while (reason == PV_OK && pv_name_next_attribute(&in, &rdn, &type, &tag, &value)) {
        if (!PV_OID_IS(type, PV_OID_EMAIL_ADDRESS)) continue;
        if (tag != PV_DER_IA5_STRING && tag != PV_DER_UTF8_STRING && tag != PV_DER_PRINTABLE_STRING)
            value.len = 0;
        c->fault->at = value.data;
        reason = check_value(c, value, PV_NAME_EMAIL);
    }
    return reason;
}

pv_reason pv_constraints_check(pv_constraint_fault *fault, pv_budget *budget, pv_span constraints,
                               const pv_cert *subject) {
    pv_span name = pv_cert_subject(subject);
    int has_mail = 0;
    nc c;
    pv_reason reason = open_constraints(&c, fault, budget, constraints);
    if (reason != PV_OK) return reason;
    fault->field = PV_FIELD_SUBJECT;
    fault->at = name.data;
    reason = pay_reading(budget, name);
    if (reason == PV_OK && !pv_name_is_empty(name)) reason = check_value(&c, name, PV_NAME_DIRECTORY);
    if (reason == PV_OK && subject->present & PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME))
        reason = check_san(&c, subject, &has_mail);
    if (reason != PV_OK || has_mail) return reason;
    fault->field = PV_FIELD_SUBJECT;
    return check_attributes(&c, name);
}

pv_reason pv_constraints_syntax(pv_constraint_fault *fault, pv_budget *budget, pv_span constraints) {
    nc c;
    return open_constraints(&c, fault, budget, constraints);
}

#else
typedef int pv_constraints_are_left_out; /* a translation unit is never empty (C99 6.9) */
#endif
