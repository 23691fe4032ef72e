/* profile.h: rules on one certificate by itself (RFC 5280 section 4): a table, one row a rule. */
#ifndef PV_PROFILE_H
#define PV_PROFILE_H

#include "cert.h"

/* pv_profile_check: PV_OK, or the first rule that this profile refuses the certificate for. `field` tells the
 * part. */
pv_reason pv_profile_check(uint8_t *field, const pv_cert *cert, uint8_t profile);

/* pv_profile_notes: the rules that this profile only notes. Writes at most max_notes of them; returns how
 * many there are. */
size_t pv_profile_notes(pv_reason *notes, size_t max_notes, const pv_cert *cert, uint8_t profile);

/* pv_profile_known: whether this build has the profile. */
int pv_profile_known(uint8_t profile);

#endif
