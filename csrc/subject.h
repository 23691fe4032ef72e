/* subject.h: service identity: does the target name whom we meant to talk to? (RFC 9525, 5280, 9598; SAN
 * only) */
#ifndef PV_SUBJECT_H
#define PV_SUBJECT_H

#include "budget.h"
#include "cert.h"

/* pv_subject_check: PV_OK if a subjectAltName of `cert` matches. Every name of the SAN is read, also after a
 * match: SAN_MALFORMED if one cannot be. SUBJECT_UNSET (kind 0, or a value that its kind does not allow),
 * SAN_MISSING, SUBJECT_MISMATCH, BUDGET_NAMES (1 for each name). `at`: where in the DER, or NULL.
 * PV_SUBJECT_ANY reads the SAN too, if there is one. */
pv_reason pv_subject_check(const uint8_t **at, pv_budget *budget, const pv_subject *subject,
                           const pv_cert *cert);

/* pv_dns_is_name: LDH labels of 1 to 63 octets that neither begin nor end with a hyphen, 253 at most in all,
 * no final dot, the last label not all digits (an IPv4 address is no DNS name). */
int pv_dns_is_name(pv_span name);

/* pv_dns_is_pattern: a name, or "*." and a name of at least two labels. */
int pv_dns_is_pattern(pv_span name);

/* pv_dns_matches: presented pattern against a reference name, ASCII case folded; "*" stands for exactly the
 * leftmost label. */
int pv_dns_matches(pv_span pattern, pv_span reference);

/* pv_mail_split: local part and domain of a mailbox whose form holds (RFC 5321 4.1.2 dot-string or quoted
 * string; the domain a DNS name). 0: it does not. */
int pv_mail_split(pv_span mailbox, pv_span *local, pv_span *domain);

/* pv_uri_split: a scheme, ":", and what follows it (never empty), all in the characters of RFC 3986 2. 0: it
 * is no such URI. */
int pv_uri_split(pv_span uri, pv_span *rest);

/* pv_ascii_equal: same length, same bytes but for ASCII case. */
int pv_ascii_equal(pv_span a, pv_span b);

#endif
