/* der_time.h: UTCTime and GeneralizedTime (X.690 11.7, 11.8; RFC 5280 4.1.2.5) to seconds since 1970; no
 * clock. */
#ifndef PV_DER_TIME_H
#define PV_DER_TIME_H

#include "pyvalidator.h"

/* pv_time_read: a Time at the cursor, YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, every field in range (a day that its
 * month has; no leap second). UTCTime years 50 to 99 are 19xx. `deviations` gets PV_DEV_TIME_ENCODING for a
 * GeneralizedTime before 2050. DER_TIME otherwise; DER_TAG if the
 * element is of another type. */
pv_reason pv_time_read(pv_span *in, int64_t *seconds, uint32_t *deviations);

/* pv_time_read_generalized: only GeneralizedTime (OCSP, invalidityDate). */
pv_reason pv_time_read_generalized(pv_span *in, int64_t *seconds);

#endif
