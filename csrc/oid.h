/* oid.h: contents of the OBJECT IDENTIFIERs that the core knows, as string literals (their final zero is not
 * part of them). */
#ifndef PV_OID_H
#define PV_OID_H

#include "pyvalidator.h"

#include <string.h>

#define PV_OID_LEN(oid) (sizeof(oid) - 1)

/* PV_OID_IS: whether the span is this OID. */
#define PV_OID_IS(span, oid) ((span).len == PV_OID_LEN(oid) && memcmp((span).data, oid, PV_OID_LEN(oid)) == 0)

/* Public keys (RFC 3279 2.3, 4055 3, 5480 2.1, 8410 3; ML-DSA, RFC 9881 2, is below) */
#define PV_OID_RSA_ENCRYPTION "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01" /* 1.2.840.113549.1.1.1 */
#define PV_OID_RSASSA_PSS     "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A" /* 1.2.840.113549.1.1.10 */
#define PV_OID_EC_PUBLIC_KEY  "\x2A\x86\x48\xCE\x3D\x02\x01"         /* 1.2.840.10045.2.1 */
#define PV_OID_DSA            "\x2A\x86\x48\xCE\x38\x04\x01"         /* 1.2.840.10040.4.1 */
#define PV_OID_ED25519        "\x2B\x65\x70"                         /* 1.3.101.112 */
#define PV_OID_ED448          "\x2B\x65\x71"                         /* 1.3.101.113 */

/* Curves (RFC 5480 2.1.1.1) */
#define PV_OID_P256 "\x2A\x86\x48\xCE\x3D\x03\x01\x07" /* 1.2.840.10045.3.1.7 */
#define PV_OID_P384 "\x2B\x81\x04\x00\x22"             /* 1.3.132.0.34 */
#define PV_OID_P521 "\x2B\x81\x04\x00\x23"             /* 1.3.132.0.35 */

/* Hashes and the mask generation of PSS (RFC 4055 2) */
#define PV_OID_SHA256 "\x60\x86\x48\x01\x65\x03\x04\x02\x01" /* 2.16.840.1.101.3.4.2.1 */
#define PV_OID_SHA384 "\x60\x86\x48\x01\x65\x03\x04\x02\x02" /* 2.16.840.1.101.3.4.2.2 */
#define PV_OID_SHA512 "\x60\x86\x48\x01\x65\x03\x04\x02\x03" /* 2.16.840.1.101.3.4.2.3 */
#define PV_OID_MGF1   "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08" /* 1.2.840.113549.1.1.8 */

/* Signatures (RFC 3279 2.2, 4055 5, 5758 3) */
#define PV_OID_RSA_MD2      "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x02" /* 1.2.840.113549.1.1.2 */
#define PV_OID_RSA_MD5      "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04" /* 1.2.840.113549.1.1.4 */
#define PV_OID_RSA_SHA1     "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05" /* 1.2.840.113549.1.1.5 */
#define PV_OID_RSA_SHA256   "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B" /* 1.2.840.113549.1.1.11 */
#define PV_OID_RSA_SHA384   "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C" /* 1.2.840.113549.1.1.12 */
#define PV_OID_RSA_SHA512   "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D" /* 1.2.840.113549.1.1.13 */
#define PV_OID_OIW_RSA_SHA1 "\x2B\x0E\x03\x02\x1D"                 /* 1.3.14.3.2.29, an older name */
#define PV_OID_ECDSA_SHA1   "\x2A\x86\x48\xCE\x3D\x04\x01"         /* 1.2.840.10045.4.1 */
#define PV_OID_ECDSA_SHA256 "\x2A\x86\x48\xCE\x3D\x04\x03\x02"     /* 1.2.840.10045.4.3.2 */
#define PV_OID_ECDSA_SHA384 "\x2A\x86\x48\xCE\x3D\x04\x03\x03"     /* 1.2.840.10045.4.3.3 */
#define PV_OID_ECDSA_SHA512 "\x2A\x86\x48\xCE\x3D\x04\x03\x04"     /* 1.2.840.10045.4.3.4 */
#define PV_OID_DSA_SHA1     "\x2A\x86\x48\xCE\x38\x04\x03"         /* 1.2.840.10040.4.3 */
#define PV_OID_DSA_SHA256   "\x60\x86\x48\x01\x65\x03\x04\x03\x02" /* 2.16.840.1.101.3.4.3.2 */

/* ML-DSA, signatures and keys alike (RFC 9881 2). HashML-DSA has others, and no certificate uses it (8.3). */
#define PV_OID_ML_DSA_44 "\x60\x86\x48\x01\x65\x03\x04\x03\x11" /* 2.16.840.1.101.3.4.3.17 */
#define PV_OID_ML_DSA_65 "\x60\x86\x48\x01\x65\x03\x04\x03\x12" /* 2.16.840.1.101.3.4.3.18 */
#define PV_OID_ML_DSA_87 "\x60\x86\x48\x01\x65\x03\x04\x03\x13" /* 2.16.840.1.101.3.4.3.19 */

/* Extensions (RFC 5280 4.2.1, 4.2.2; 6960 4.2.2.2.1; 7633 4): id-ce is an arc, one octet follows. */
#define PV_OID_CE_ARC        "\x55\x1D"                             /* 2.5.29 */
#define PV_OID_PE_ARC        "\x2B\x06\x01\x05\x05\x07\x01"         /* 1.3.6.1.5.5.7.1 */
#define PV_OID_OCSP_NO_CHECK "\x2B\x06\x01\x05\x05\x07\x30\x01\x05" /* 1.3.6.1.5.5.7.48.1.5 */

/* Extended key usages (RFC 5280 4.2.1.12) */
#define PV_OID_EKU_ANY              "\x55\x1D\x25\x00"                         /* 2.5.29.37.0 */
#define PV_OID_EKU_SERVER_AUTH      "\x2B\x06\x01\x05\x05\x07\x03\x01"         /* 1.3.6.1.5.5.7.3.1 */
#define PV_OID_EKU_CLIENT_AUTH      "\x2B\x06\x01\x05\x05\x07\x03\x02"         /* 1.3.6.1.5.5.7.3.2 */
#define PV_OID_EKU_CODE_SIGNING     "\x2B\x06\x01\x05\x05\x07\x03\x03"         /* 1.3.6.1.5.5.7.3.3 */
#define PV_OID_EKU_EMAIL_PROTECTION "\x2B\x06\x01\x05\x05\x07\x03\x04"         /* 1.3.6.1.5.5.7.3.4 */
#define PV_OID_EKU_TIME_STAMPING    "\x2B\x06\x01\x05\x05\x07\x03\x08"         /* 1.3.6.1.5.5.7.3.8 */
#define PV_OID_EKU_OCSP_SIGNING     "\x2B\x06\x01\x05\x05\x07\x03\x09"         /* 1.3.6.1.5.5.7.3.9 */
#define PV_OID_EKU_PRECERTIFICATE   "\x2B\x06\x01\x04\x01\xD6\x79\x02\x04\x04" /* 1.3.6.1.4.1.11129.2.4.4 */

/* Certificate policies (RFC 5280 4.2.1.4): anyPolicy, and the two qualifiers */
#define PV_OID_ANY_POLICY "\x55\x1D\x20\x00"                 /* 2.5.29.32.0 */
#define PV_OID_QT_CPS     "\x2B\x06\x01\x05\x05\x07\x02\x01" /* 1.3.6.1.5.5.7.2.1 */
#define PV_OID_QT_NOTICE  "\x2B\x06\x01\x05\x05\x07\x02\x02" /* 1.3.6.1.5.5.7.2.2 */

/* Names: emailAddress (RFC 5280 4.1.2.6), commonName; SmtpUTF8Mailbox (RFC 9598 3) */
#define PV_OID_EMAIL_ADDRESS "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01" /* 1.2.840.113549.1.9.1 */
#define PV_OID_COMMON_NAME   "\x55\x04\x03"                         /* 2.5.4.3 */
#define PV_OID_SMTP_UTF8     "\x2B\x06\x01\x05\x05\x07\x08\x09"     /* 1.3.6.1.5.5.7.8.9 */

#endif
