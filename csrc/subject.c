/* subject.c: names as people mean them (hosts, mailboxes, URIs), and the comparison of one with a
 * certificate's subjectAltName. */
#include "subject.h"
#include "der.h"

static uint8_t fold(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20u) : c;
}

static int is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static int is_alpha(uint8_t c) {
    return fold(c) >= 'a' && fold(c) <= 'z';
}

static int is_alnum_or(uint8_t c, const char *others) {
    while (*others && (uint8_t)*others != c)
        others++;
    return *others || is_alpha(c) || is_digit(c);
}

static pv_span from(pv_span s, size_t at) {
    pv_span rest = {s.data + at, s.len - at};
    return rest;
}

static int begins_with(pv_span s, char c) {
    return s.len > 0 && s.data[0] == (uint8_t)c;
}

int pv_ascii_equal(pv_span a, pv_span b) {
    size_t i;
    if (a.len != b.len) return 0;
    for (i = 0; i < a.len; i++) {
        if (fold(a.data[i]) != fold(b.data[i])) return 0;
    }
    return 1;
}

/* The LDH label that `name` begins with (RFC 5890 2.3.1): its length, or 0; and whether it is a number. */
static size_t read_label(pv_span name, int *number) {
    size_t len;
    *number = 1;
    for (len = 0; len < name.len && is_alnum_or(name.data[len], "-"); len++) {
        *number &= is_digit(name.data[len]);
    }
    if (len == 0 || len > 63 || name.data[0] == '-' || name.data[len - 1] == '-') return 0;
    return len;
}

int pv_dns_is_name(pv_span name) {
    int number;
    size_t len;
    if (name.len > 253) return 0;
    while ((len = read_label(name, &number)) != 0) {
        if (len == name.len) return !number;
        if (name.data[len] != '.') return 0;
        name = from(name, len + 1);
    }
    return 0;
}

/* Where the first dot is; s.len if there is none. */
static size_t first_dot(pv_span s) {
    size_t i = 0;
    while (i < s.len && s.data[i] != '.')
        i++;
    return i;
}

/* RFC 9525 6.3: one "*", and only as the whole leftmost label. Two labels must follow, so that no pattern
 * spans a top-level domain. */
int pv_dns_is_pattern(pv_span name) {
    if (name.len <= 2 || name.data[0] != '*' || name.data[1] != '.') return pv_dns_is_name(name);
    name = from(name, 2);
    return first_dot(name) < name.len && pv_dns_is_name(name);
}

/* RFC 9525 6.3: A-labels are compared as ASCII without case, and "*" stands for exactly one label. That may
 * be an A-label: the rule against it (RFC 6125 6.4.3) was about "*" inside a label, which is no pattern now.
 * What equals a name, or all of it but the first label, is one itself: only the two labels behind "*" are
 * left to ask for. */
static int matches_name(pv_span pattern, pv_span name) {
    if (pattern.len <= 2 || pattern.data[0] != '*' || pattern.data[1] != '.')
        return pv_ascii_equal(pattern, name);
    pv_span rest = from(pattern, 2);
    return pv_ascii_equal(from(pattern, 1), from(name, first_dot(name))) && first_dot(rest) < rest.len;
}

int pv_dns_matches(pv_span pattern, pv_span reference) {
    return pv_dns_is_name(reference) && matches_name(pattern, reference);
}

/* RFC 5321 4.1.2 Dot-string, with RFC 6531 3.3 (octets above ASCII): its length, or 0. */
static size_t read_dot_string(pv_span s) {
    int dot = 1;
    size_t len;
    for (len = 0; len < s.len; len++) {
        int is_dot = s.data[len] == '.';
        if (is_dot ? dot : s.data[len] < 0x80 && !is_alnum_or(s.data[len], "!#$%&'*+-/=?^_`{|}~")) break;
        dot = is_dot;
    }
    return dot ? 0 : len;
}

/* RFC 5321 4.1.2 Quoted-string: its length, quotes included, or 0. */
static size_t read_quoted_string(pv_span s) {
    size_t len;
    for (len = 1; len < s.len && s.data[len] != '"'; len++) {
        if (s.data[len] == '\\' && ++len == s.len) return 0;
        if (s.data[len] < 0x20 || s.data[len] == 0x7F) return 0;
    }
    return len < s.len ? len + 1 : 0;
}

int pv_mail_split(pv_span mailbox, pv_span *local, pv_span *domain) {
    size_t len = begins_with(mailbox, '"') ? read_quoted_string(mailbox) : read_dot_string(mailbox);
    if (len == 0 || len == mailbox.len || mailbox.data[len] != '@') return 0;
    local->data = mailbox.data;
    local->len = len;
    *domain = from(mailbox, len + 1);
    return pv_dns_is_name(*domain);
}

int pv_uri_split(pv_span uri, pv_span *rest) {
    size_t i, scheme = 0;
    while (scheme < uri.len && is_alnum_or(uri.data[scheme], "+-."))
        scheme++;
    if (scheme == 0 || !is_alpha(uri.data[0]) || uri.len - scheme < 2 || uri.data[scheme] != ':') return 0;
    for (i = scheme; i < uri.len; i++) {
        if (!is_alnum_or(uri.data[i], "-._~:/?#[]@!$&'()*+,;=%")) return 0;
    }
    *rest = from(uri, scheme + 1);
    return 1;
}

static int is_ip(pv_span value) {
    return value.len == 4 || value.len == 16;
}

#if PV_NAMES & PV_WITH_URI

static int is_uri(pv_span value) {
    pv_span rest;
    return pv_uri_split(value, &rest);
}

#endif

#if PV_NAMES & PV_WITH_EMAIL

static int is_mailbox(pv_span value) {
    pv_span local, domain;
    return pv_der_is_utf8(value) && pv_mail_split(value, &local, &domain);
}

/* RFC 5280 7.5: the local part exactly, the domain without case. */
static int mail_matches(pv_span presented, pv_span reference) {
    pv_span local, domain, ref_local, ref_domain;
    return pv_mail_split(presented, &local, &domain) && pv_mail_split(reference, &ref_local, &ref_domain) &&
           pv_span_equal(local, ref_local) && pv_ascii_equal(domain, ref_domain);
}

#endif

/* Whether the subject has a value of its kind; no value is of a kind that is not built in. */
static int is_value(const pv_subject *subject) {
    switch (subject->kind) {
#if PV_NAMES & PV_WITH_DNS
    case PV_SUBJECT_DNS: return pv_dns_is_name(subject->value);
#endif
#if PV_NAMES & PV_WITH_IP
    case PV_SUBJECT_IP: return is_ip(subject->value);
#endif
#if PV_NAMES & PV_WITH_URI
    case PV_SUBJECT_URI: return is_uri(subject->value);
#endif
#if PV_NAMES & PV_WITH_EMAIL
    case PV_SUBJECT_EMAIL: return is_mailbox(subject->value);
#endif
    default: return subject->kind == PV_SUBJECT_ANY;
    }
}

/* Whether a name of the certificate is the subject. URIs are compared octet by octet: RFC 5280 4.2.1.6 would
 * let scheme and host vary in case, which whoever asks can settle in the reference; what is stricter here
 * never takes one identity for another. */
static int is_subject(const pv_general_name *name, const pv_subject *subject) {
    switch (subject->kind) {
    case PV_SUBJECT_DNS: return name->form == PV_NAME_DNS && matches_name(name->value, subject->value);
    case PV_SUBJECT_IP: return name->form == PV_NAME_IP && pv_span_equal(name->value, subject->value);
    case PV_SUBJECT_URI: return name->form == PV_NAME_URI && pv_span_equal(name->value, subject->value);
#if PV_NAMES & PV_WITH_EMAIL
    case PV_SUBJECT_EMAIL: return name->form == PV_NAME_EMAIL && mail_matches(name->value, subject->value);
#endif
    default: return 0;
    }
}

/* RFC 9598 3: mailboxes with an ASCII local part are rfc822Names, all others SmtpUTF8Mailboxes; 5: one never
 * matches the other. A mailbox that is wrongly in the other form is passed over. */
static void mailbox_of_other_name(pv_general_name *name) {
    pv_span mailbox;
    if (!(PV_NAMES & PV_WITH_EMAIL)) return;
    if (name->form != PV_NAME_OTHER || !pv_ext_is_smtp_utf8(name->value, &mailbox) ||
        pv_der_is_ascii(mailbox))
        return;
    name->value = mailbox;
    name->form = PV_NAME_EMAIL;
}

/* The value of a dNSName whose length takes one octet: nearly all names are, and some certificates have many.
 * 0: it is something else, or not in order. */
static int next_plain_dns(pv_span *in, pv_span *value) {
    if (PV_IS_SMALL || in->len < 2 || in->data[0] != PV_DER_CONTEXT(PV_NAME_DNS)) return 0;
    if (in->data[1] >= 0x80u || in->data[1] > in->len - 2) return 0;
    value->data = in->data + 2;
    value->len = in->data[1];
    if (!pv_der_is_ascii(*value)) return 0;
    pv_der_move(in, value->data + value->len);
    return 1;
}

/* Reads the name at the cursor. A name that is no good pattern, mailbox or URI matches nothing and stops
 * nothing (RFC 9525 6.3: such an identifier is ignored); an address of another length cannot be read at all.
 */
static pv_reason check_next(pv_span *in, const pv_subject *subject, int *matched) {
    pv_general_name name;
    if (next_plain_dns(in, &name.value)) {
        if (subject->kind == PV_SUBJECT_DNS) *matched |= matches_name(name.value, subject->value);
        return PV_OK;
    }
    if (pv_ext_general_name_next(in, &name) != PV_OK) return PV_R_SAN_MALFORMED;
    if (name.form == PV_NAME_IP && !is_ip(name.value)) return PV_R_SAN_MALFORMED;
    mailbox_of_other_name(&name);
    *matched |= is_subject(&name, subject);
    return PV_OK;
}

static pv_reason check_all(const uint8_t **at, pv_budget *budget, const pv_subject *subject, pv_span san) {
    pv_span in;
    int matched = subject->kind == PV_SUBJECT_ANY;
    *at = san.data;
    if (pv_ext_general_names_open(san, &in) != PV_OK) return PV_R_SAN_MALFORMED;
    while (in.len > 0) {
        pv_reason reason = pv_budget_names(budget, 1);
        *at = in.data;
        if (reason == PV_OK) reason = check_next(&in, subject, &matched);
        if (reason != PV_OK) return reason;
    }
    *at = matched ? NULL : san.data;
    return matched ? PV_OK : PV_R_SUBJECT_MISMATCH;
}

pv_reason pv_subject_check(const uint8_t **at, pv_budget *budget, const pv_subject *subject,
                           const pv_cert *cert) {
    *at = NULL;
    if (!is_value(subject)) return PV_R_SUBJECT_UNSET;
    if (!(cert->present & PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME)))
        return subject->kind == PV_SUBJECT_ANY ? PV_OK : PV_R_SAN_MISSING;
    return check_all(at, budget, subject, pv_cert_san(cert));
}
