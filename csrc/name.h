/* name.h: distinguished names, compared and hashed folded by RFC 5280 7.1.
 *
 * Folding: PrintableString, UTF8String, IA5String, VisibleString and NumericString values are one kind; ASCII
 * letters lose their case; leading and trailing spaces go; inner runs of spaces become one. Values of any
 * other string type, and anything that is no string, are compared byte for byte together with their tag. */
#ifndef PV_NAME_H
#define PV_NAME_H

#include "pyvalidator.h"

/* How two names (or two values) stand to each other. DOUBTFUL: not equal here, but they could be under a
 * fuller reading (a string type that is not folded, letters outside ASCII); who excludes must take it for
 * equal, who permits for different. */
typedef enum pv_likeness { PV_LIKE_DIFFERENT = 0, PV_LIKE_EQUAL = 1, PV_LIKE_DOUBTFUL = 2 } pv_likeness;

/* pv_name_read: checks a Name at the cursor: SEQUENCE OF SET OF { OID, value }, no empty RDN, values
 * well-formed for their string type as far as folding goes (UTF-8 is valid; ASCII types hold ASCII, else
 * PV_DEV_DIRECTORY_STRING), 16 attributes in an RDN at most (NAME_RDN_TOO_LARGE); deviations get
 * PV_DEV_SET_ORDER. `element` is the Name with its header, `hash`
 * its folded hash. */
pv_reason pv_name_read(pv_span *in, pv_span *element, uint32_t *hash, uint32_t *deviations);

/* pv_name_equal: whether two Names that pv_name_read accepted are the same, folded. The elements of a
 * multi-valued RDN may stand in any order. Cost: linear in the lengths, but for multi-valued RDNs, which are
 * compared pairwise. */
int pv_name_equal(pv_span a, pv_span b);

/* pv_name_within: whether `name` lies in the subtree `base` (its RDNs are a prefix; RFC 5280 4.2.1.10
 * directoryName). Both are Names with headers that pv_name_read accepted. */
pv_likeness pv_name_within(pv_span name, pv_span base);

/* pv_name_rdn_equal: whether two RDNs (contents of their SETs) are the same, folded. pv_name_extends: whether
 * `name` is `base` with one more RDN (contents of its SET) at its end. */
int pv_name_rdn_equal(pv_span a, pv_span b);
int pv_name_extends(pv_span name, pv_span base, pv_span rdn);

/* pv_name_is_empty: a Name without RDNs. */
int pv_name_is_empty(pv_span name);

/* pv_name_next_attribute: walks every AttributeTypeAndValue of a Name, RDN borders ignored. `cursor` begins
 * as the Name's contents (pv_name_contents) and `rdn` as an empty span. Returns 1 with type (OID contents),
 * tag and value, 0 at the end. */
pv_span pv_name_contents(pv_span name);
int pv_name_next_attribute(pv_span *cursor, pv_span *rdn, pv_span *type, uint8_t *tag, pv_span *value);

#endif
