/* der.h: strict DER (X.690), one element at a time. Knows tags and lengths, nothing of certificates.
 *
 * A pv_span is the cursor. Each pv_der_read_* moves it past one element on PV_OK; on any other reason the
 * cursor stands where it stood: at the element that could not be read. That is how a fault gets its byte
 * offset. */
#ifndef PV_DER_H
#define PV_DER_H

#include "pyvalidator.h"

#define PV_DER_BOOLEAN          0x01u
#define PV_DER_INTEGER          0x02u
#define PV_DER_BIT_STRING       0x03u
#define PV_DER_OCTET_STRING     0x04u
#define PV_DER_NULL             0x05u
#define PV_DER_OID              0x06u
#define PV_DER_UTF8_STRING      0x0Cu
#define PV_DER_NUMERIC_STRING   0x12u
#define PV_DER_PRINTABLE_STRING 0x13u
#define PV_DER_TELETEX_STRING   0x14u
#define PV_DER_IA5_STRING       0x16u
#define PV_DER_UTC_TIME         0x17u
#define PV_DER_GENERALIZED_TIME 0x18u
#define PV_DER_VISIBLE_STRING   0x1Au
#define PV_DER_UNIVERSAL_STRING 0x1Cu
#define PV_DER_BMP_STRING       0x1Eu
#define PV_DER_SEQUENCE         0x30u
#define PV_DER_SET              0x31u
/* Context-specific tags, primitive and constructed. */
#define PV_DER_CONTEXT(n)             (0x80u | (n))
#define PV_DER_CONTEXT_CONSTRUCTED(n) (0xA0u | (n))

/* pv_der_read_any: any single-byte tag; `contents` without the header. Reasons: DER_TRUNCATED, DER_LENGTH
 * (indefinite, not minimal, or above PV_MAX_DER; X.690 10.1), DER_TAG (high tag number form). */
pv_reason pv_der_read_any(pv_span *in, uint8_t *tag, pv_span *contents);

/* pv_der_read: an element of this tag, its contents; DER_TAG if another stands there (DER_TRUNCATED at the
 * end). */
pv_reason pv_der_read(pv_span *in, uint8_t tag, pv_span *contents);

/* pv_der_read_element: the same, but the span has the header too. */
pv_reason pv_der_read_element(pv_span *in, uint8_t tag, pv_span *element);

/* pv_der_has: whether the next element has this tag. It reads nothing. */
int pv_der_has(const pv_span *in, uint8_t tag);

/* pv_der_end: PV_OK if nothing is left, else DER_TRAILING. */
pv_reason pv_der_end(const pv_span *in);

/* pv_der_read_boolean: contents 00 or FF (X.690 11.1). */
pv_reason pv_der_read_boolean(pv_span *in, int *value);

/* pv_der_read_integer: minimal two's complement (X.690 8.3.2), contents as they stand; never empty. */
pv_reason pv_der_read_integer(pv_span *in, pv_span *contents);

/* pv_der_read_small: an INTEGER from 0 to 65534 (65535 for anything larger that is not negative); DER_INTEGER
 * if negative. */
pv_reason pv_der_read_small(pv_span *in, uint16_t *value);

/* pv_der_read_bits: a BIT STRING; `unused` bits of the last octet are zero (X.690 11.2.1). */
pv_reason pv_der_read_bits(pv_span *in, pv_span *octets, uint8_t *unused);

/* pv_der_read_octets: a BIT STRING without unused bits (a key, a signature): its octets; DER_BIT_STRING
 * otherwise. */
pv_reason pv_der_read_octets(pv_span *in, pv_span *octets);

/* pv_der_read_oid: an OBJECT IDENTIFIER; subidentifiers minimal and complete (X.690 8.19.2). */
pv_reason pv_der_read_oid(pv_span *in, pv_span *contents);

/* pv_der_element_at: the element that begins at `at` inside `whole`, header included; its header was checked
 * before. */
pv_span pv_der_element_at(pv_span whole, uint32_t at);

/* pv_der_contents_at: the same element's contents. */
pv_span pv_der_contents_at(pv_span whole, uint32_t at);

/* pv_span_equal: same length, same bytes. */
int pv_span_equal(pv_span a, pv_span b);

#endif
