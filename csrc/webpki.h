/* webpki.h: what the CA/Browser Forum's Baseline Requirements (7.1) find in one certificate. */
#ifndef PV_WEBPKI_H
#define PV_WEBPKI_H

#include "cert.h"

/* pv_webpki_key_is_allowed: RSA, or one of the three curves, fit for use (6.1.5, 7.1.3.1). */
int pv_webpki_key_is_allowed(const pv_cert *cert);

/* pv_webpki_usage_is_allowed: a server's keyUsage, if it is there, suits its kind of key (7.1.2.7.11): RSA
 * keys sign or encipher, elliptic ones sign, and do nothing else but agree on keys. */
int pv_webpki_usage_is_allowed(const pv_cert *cert);

/* pv_webpki_has_foreign_eku: a purpose that a server's certificate must not have (7.1.2.7.10): code signing,
 * mail protection, time stamping, OCSP signing, the signing of precertificates. */
int pv_webpki_has_foreign_eku(const pv_cert *cert);

/* pv_webpki_has_reserved_label: a dNSName has a label with hyphens in its third and fourth place that is no
 * "xn--" (7.1.2.7.12; RFC 5890 2.3.1: reserved LDH labels). */
int pv_webpki_has_reserved_label(const pv_cert *cert);

/* pv_webpki_names_are_hosts: every subjectAltName is a dNSName or an iPAddress (7.1.2.7.12). */
int pv_webpki_names_are_hosts(const pv_cert *cert);

/* pv_webpki_has_tld_wildcard: a wildcard directly below a top-level domain, which is a public suffix on any
 * list (3.2.2.6). */
int pv_webpki_has_tld_wildcard(const pv_cert *cert);

/* pv_webpki_common_name_stands_in_san: there is one common name at most, and it is one of the
 * subjectAltNames, character for character: a dNSName as it stands, an IPv4 address in dotted decimal, an
 * IPv6 address as RFC 5952 writes it (7.1.4.3). What could be taken for no host, a single label of letters,
 * is passed over. Cost: common names times names. */
int pv_webpki_common_name_stands_in_san(const pv_cert *cert);

#endif
