/* ext.h: which extension an OID names, and the contents of the small ones. No judgement. */
#ifndef PV_EXT_H
#define PV_EXT_H

#include "pyvalidator.h"

/* One Extension of the list. */
typedef struct pv_ext {
    pv_span oid;   /* contents */
    pv_span value; /* contents of extnValue */
    uint8_t id;    /* pv_ext_id; PV_EXT_UNKNOWN */
    uint8_t critical;
    uint8_t explicit_default; /* critical FALSE was written out */
} pv_ext;

/* pv_ext_next: reads the Extension at the cursor (contents of the SEQUENCE OF). */
pv_reason pv_ext_next(pv_span *in, pv_ext *out);

/* A list of extensions that nobody has read yet: `rest` is the cursor. Zero it but for `rest`. */
typedef struct pv_ext_list {
    pv_span rest;
    const uint8_t *first;
    uint32_t num; /* read so far */
} pv_ext_list;

/* pv_ext_list_next: pv_ext_next, and the rules of the list: CERT_EXTENSION_REPEATED (4.2: each once; then
 * `out` holds the second), CERT_TOO_MANY_EXTENSIONS. On a fault `rest` stays at the extension. */
pv_reason pv_ext_list_next(pv_ext_list *list, pv_ext *out);

/* pv_ext_list_has: whether an extension with this OID stands in `list`, whose extensions were all read
 * before.
 */
int pv_ext_list_has(pv_span list, pv_span oid);

/* pv_ext_id_of: the pv_ext_id for an OID's contents. */
uint8_t pv_ext_id_of(pv_span oid);

/* The values below are whole extnValue contents; each must end exactly at its end. */

/* BasicConstraints (4.2.1.9). */
pv_reason pv_ext_basic_constraints(pv_span value, int *ca, uint16_t *path_len, uint32_t *deviations);

/* KeyUsage (4.2.1.3): bit n of `usage` is bit n of the standard. A named bit list has no trailing zero bits
 * (X.690 11.2.2): PV_DEV_KEY_USAGE_PADDING where it has. */
pv_reason pv_ext_key_usage(pv_span value, uint16_t *usage, uint32_t *deviations);

/* SubjectKeyIdentifier (4.2.1.2): the octets. */
pv_reason pv_ext_subject_key_id(pv_span value, pv_span *key_id);

/* AuthorityKeyIdentifier (4.2.1.1): each part may be empty; issuer is GeneralNames' contents, serial the
 * INTEGER's. */
typedef struct pv_aki {
    pv_span key_id;
    pv_span issuer;
    pv_span serial;
} pv_aki;
pv_reason pv_ext_authority_key_id(pv_span value, pv_aki *out);

/* ExtKeyUsageSyntax (4.2.1.12): 1..n OIDs. pv_ext_eku_open gives the cursor; pv_ext_eku_next reads one OID.
 */
pv_reason pv_ext_eku_open(pv_span value, pv_span *cursor);
pv_reason pv_ext_eku_next(pv_span *cursor, pv_span *oid);

/* GeneralNames (4.2.1.6): 1..n. A name's tag is its context number 0 to 8; for directoryName `value` is the
 * Name with its header, for the other constructed forms the contents of the tagged element. The string forms
 * hold IA5 (DER_STRING otherwise); iPAddress 4 or 16 octets are checked by who reads it (constraints have 8
 * or 32); registeredID is a good OID; a Name a good Name. */
typedef struct pv_general_name {
    pv_span value;
    uint8_t form; /* PV_NAME_* */
} pv_general_name;
#define PV_NAME_OTHER         0u
#define PV_NAME_EMAIL         1u
#define PV_NAME_DNS           2u
#define PV_NAME_X400          3u
#define PV_NAME_DIRECTORY     4u
#define PV_NAME_EDI           5u
#define PV_NAME_URI           6u
#define PV_NAME_IP            7u
#define PV_NAME_REGISTERED_ID 8u
pv_reason pv_ext_general_names_open(pv_span value, pv_span *cursor);
pv_reason pv_ext_general_name_next(pv_span *cursor, pv_general_name *out);

/* pv_ext_other_name: type-id and value (the element inside [0]) of an otherName's contents. */
pv_reason pv_ext_other_name(pv_span contents, pv_span *type_id, pv_span *value);

/* pv_ext_is_smtp_utf8: whether an otherName's contents are a SmtpUTF8Mailbox (RFC 9598): then `mailbox` is
 * its UTF-8. */
int pv_ext_is_smtp_utf8(pv_span contents, pv_span *mailbox);

/* CertificatePolicies (4.2.1.4) and PolicyMappings (4.2.1.5): 1..n entries. The open functions give the
 * cursor; `qualifiers` is what follows the OID in an entry, empty if nothing does. */
pv_reason pv_ext_policies_open(pv_span value, pv_span *cursor);
pv_reason pv_ext_policy_next(pv_span *cursor, pv_span *policy, pv_span *qualifiers);
pv_reason pv_ext_mapping_next(pv_span *cursor, pv_span *issuer_domain, pv_span *subject_domain);

/* PolicyConstraints (4.2.1.11) and InhibitAnyPolicy (4.2.1.14): SkipCerts, PV_NO_PATH_LEN where there is none
 * (or so many that no path has them). A constraint with neither part is DER_EMPTY. */
pv_reason pv_ext_policy_constraints(pv_span value, uint16_t *require_explicit, uint16_t *inhibit_mapping);
pv_reason pv_ext_inhibit_any_policy(pv_span value, uint16_t *skip);

#endif
