#include "webpki.h"

#include "der.h"
#include "name.h"
#include "oid.h"

#if PV_PROFILES & PV_WITH_WEBPKI

int pv_webpki_key_is_allowed(const pv_cert *cert) {
    if (cert->key_fault != PV_OK) return 0;
    return cert->key_alg == PV_KEY_RSA || (cert->key_alg >= PV_KEY_P256 && cert->key_alg <= PV_KEY_P521);
}

/* keyUsage bits as RFC 5280 4.2.1.3 numbers them. */
#define KEY_ENCIPHERMENT  0x04u
#define DATA_ENCIPHERMENT 0x08u
#define KEY_AGREEMENT     0x10u

int pv_webpki_usage_is_allowed(const pv_cert *cert) {
    unsigned rsa = PV_KU_DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | DATA_ENCIPHERMENT;
    unsigned elliptic = PV_KU_DIGITAL_SIGNATURE | KEY_AGREEMENT;
    if (!(cert->present & PV_EXT_BIT(PV_EXT_KEY_USAGE))) return 1;
    if (cert->key_alg == PV_KEY_RSA) return cert->key_usage != 0 && (cert->key_usage & ~rsa) == 0;
    return (cert->key_usage & PV_KU_DIGITAL_SIGNATURE) != 0 && (cert->key_usage & ~elliptic) == 0;
}

static int is_foreign_eku(pv_span oid) {
    return PV_OID_IS(oid, PV_OID_EKU_CODE_SIGNING) || PV_OID_IS(oid, PV_OID_EKU_EMAIL_PROTECTION) ||
           PV_OID_IS(oid, PV_OID_EKU_TIME_STAMPING) || PV_OID_IS(oid, PV_OID_EKU_OCSP_SIGNING) ||
           PV_OID_IS(oid, PV_OID_EKU_PRECERTIFICATE);
}

int pv_webpki_has_foreign_eku(const pv_cert *cert) {
    pv_span cursor, oid;
    if (pv_ext_eku_open(pv_cert_eku(cert), &cursor) != PV_OK) return 0;
    while (cursor.len > 0 && pv_ext_eku_next(&cursor, &oid) == PV_OK) {
        if (is_foreign_eku(oid)) return 1;
    }
    return 0;
}

int pv_webpki_names_are_hosts(const pv_cert *cert) {
    pv_span names;
    pv_general_name name;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) return 0;
    while (names.len > 0) {
        if (pv_ext_general_name_next(&names, &name) != PV_OK) return 0;
        if (name.form != PV_NAME_DNS && name.form != PV_NAME_IP) return 0;
    }
    return 1;
}

static int is_reserved_label(pv_span label) {
    const uint8_t *c = label.data;
    if (label.len < 4 || c[2] != '-' || c[3] != '-') return 0;
    return (c[0] | 0x20u) != 'x' || (c[1] | 0x20u) != 'n';
}

static int has_reserved_label(pv_span name) {
    pv_span label = {name.data, 0};
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] != '.') {
            label.len++;
            continue;
        }
        if (is_reserved_label(label)) return 1;
        label.data = name.data + i + 1;
        label.len = 0;
    }
    return is_reserved_label(label);
}

int pv_webpki_has_reserved_label(const pv_cert *cert) {
    pv_span names;
    pv_general_name name;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) return 0;
    while (names.len > 0 && pv_ext_general_name_next(&names, &name) == PV_OK) {
        if (name.form == PV_NAME_DNS && has_reserved_label(name.value)) return 1;
    }
    return 0;
}

static int is_tld_wildcard(pv_span name) {
    if (name.len < 3 || name.data[0] != '*' || name.data[1] != '.') return 0;
    for (size_t i = 2; i < name.len; i++) {
        if (name.data[i] == '.') return 0;
    }
    return 1;
}

int pv_webpki_has_tld_wildcard(const pv_cert *cert) {
    pv_span names;
    pv_general_name name;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) return 0;
    while (names.len > 0 && pv_ext_general_name_next(&names, &name) == PV_OK) {
        if (name.form == PV_NAME_DNS && is_tld_wildcard(name.value)) return 1;
    }
    return 0;
}

/* --- Addresses as text
 * --------------------------------------------------------------------------------------------- */

#define MAX_TEXT 40u /* "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" has 39 */

typedef struct text {
    uint8_t data[MAX_TEXT];
    size_t len;
} text;

static void put(text *out, uint8_t c) {
    if (out->len < MAX_TEXT) out->data[out->len++] = c;
}

/* Without leading zeros, in base 10 or 16 (lower case: RFC 5952 4.3). */
static void put_number(text *out, unsigned value, unsigned base) {
    unsigned place = 1;
    while (value / place >= base) {
        place *= base;
    }
    for (; place > 0; place /= base) {
        put(out, (uint8_t) "0123456789abcdef"[value / place % base]);
    }
}

static void put_ipv4(text *out, const uint8_t *address) {
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0) put(out, '.');
        put_number(out, address[i], 10);
    }
}

static unsigned group_at(const uint8_t *address, unsigned i) {
    return (unsigned)address[2 * i] << 8 | address[2 * i + 1];
}

/* How many groups of zeros begin at `i`. */
static unsigned run_at(const uint8_t *address, unsigned i) {
    unsigned len = 0;
    while (i + len < 8 && group_at(address, i + len) == 0) {
        len++;
    }
    return len;
}

/* RFC 5952 4.2: the longest run of two or more groups of zeros becomes "::"; of equal ones the first. 8:
 * there is none. */
static unsigned longest_run(const uint8_t *address, unsigned *run_len) {
    unsigned best = 8;
    *run_len = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned len = run_at(address, i);
        if (len <= *run_len) continue;
        *run_len = len;
        best = i;
    }
    return best;
}

static void put_ipv6(text *out, const uint8_t *address) {
    unsigned run_len;
    unsigned run = longest_run(address, &run_len);
    for (unsigned i = 0; i < 8;) {
        if (i == run) {
            put(out, ':');
            put(out, ':');
            i += run_len;
            continue;
        }
        if (i > 0 && i != run + run_len) put(out, ':');
        put_number(out, group_at(address, i), 16);
        i++;
    }
}

/* --- Common names
 * ----------------------------------------------------------------------------------------------------- */

static int is_address_text(pv_span name, pv_span address) {
    text spelled = {.len = 0};
    if (address.len == 4) put_ipv4(&spelled, address.data);
    if (address.len == 16) put_ipv6(&spelled, address.data);
    pv_span span = {spelled.data, spelled.len};
    return spelled.len > 0 && pv_span_equal(name, span);
}

/* Whether a common name is meant for an address, well spelled or not: a colon, a last label of digits alone,
 * or a number in C's hexadecimal. */
static int is_address_like(pv_span name) {
    int digits = 0; /* of the last label: 0 none so far, 1 nothing else, -1 something else */
    if (name.len > 1 && name.data[0] == '0' && (name.data[1] | 0x20u) == 'x') return 1;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c == ':') return 1;
        if (c == '.') {
            digits = 0;
        } else if (digits >= 0) {
            digits = c >= '0' && c <= '9' ? 1 : -1;
        }
    }
    return digits > 0;
}

/* Whether the common name is one of the names, or they have none of its kind: only hosts can stand for a
 * host, only addresses for an address. */
static int stands_in_san(pv_span names, pv_span common_name) {
    uint8_t kind = is_address_like(common_name) ? PV_NAME_IP : PV_NAME_DNS;
    int rivals = 0;
    pv_general_name name;
    while (names.len > 0) {
        if (pv_ext_general_name_next(&names, &name) != PV_OK) return 0;
        if (name.form == PV_NAME_DNS && pv_span_equal(name.value, common_name)) return 1;
        if (name.form == PV_NAME_IP && is_address_text(common_name, name.value)) return 1;
        rivals |= name.form == kind;
    }
    return !rivals;
}

/* Whether a common name could be taken for a host of the public web or an address in some notation: these
 * have a dot, a colon, a digit, or letters beyond ASCII. */
static int may_be_host(pv_span name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c == '.' || c == ':' || (c >= '0' && c <= '9') || c >= 0x80) return 1;
    }
    return 0;
}

/* Types whose octets are the characters that they stand for. */
static int is_plain_type(uint8_t tag) {
    return tag == PV_DER_UTF8_STRING || tag == PV_DER_PRINTABLE_STRING || tag == PV_DER_IA5_STRING;
}

int pv_webpki_common_name_stands_in_san(const pv_cert *cert) {
    pv_span cursor = pv_name_contents(pv_cert_subject(cert));
    pv_span rdn = {NULL, 0};
    pv_span type, value, names;
    uint8_t tag;
    int num = 0;
    if (pv_ext_general_names_open(pv_cert_san(cert), &names) != PV_OK) names.len = 0;
    while (pv_name_next_attribute(&cursor, &rdn, &type, &tag, &value)) {
        if (!PV_OID_IS(type, PV_OID_COMMON_NAME)) continue;
        if (++num > 1) return 0;
        if (is_plain_type(tag) && !may_be_host(value)) continue;
        if (!is_plain_type(tag) || !stands_in_san(names, value)) return 0;
    }
    return 1;
}

#else
typedef int pv_webpki_is_left_out; /* a translation unit is never empty (C99 6.9) */
#endif
