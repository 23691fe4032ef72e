/* contents.h: whether the value of an extension can be read to its end, for those that nothing else on the
 * way reads. */
#ifndef PV_CONTENTS_H
#define PV_CONTENTS_H

#include "budget.h"
#include "cert.h"

/* pv_contents_check reads the values of the extensions in `wanted` (PV_EXT_BIT each) that are in the
 * certificate. PV_OK, or EXTENSION_MALFORMED, UNKNOWN_CRITICAL_EXTENSION (a policy qualifier that nobody
 * knows in critical policies, 4.2.1.4), POLICY_MAPPING_ANY, RULE_POLICY_REPEATED, BUDGET_NAMES (1 for each 32
 * octets, before they are read); then `field` names the extension and `at` stands at its value. */
pv_reason pv_contents_check(const uint8_t **at, uint8_t *field, pv_budget *left, const pv_cert *cert,
                            uint32_t wanted);

/* Values that CRLs have too, read to their end; linear in their length. pv_contents_general_names:
 * GeneralNames (4.2.1.6). pv_contents_names: the contents of that. pv_contents_access: AuthorityInfoAccess
 * (4.2.2.1). */
pv_reason pv_contents_general_names(pv_span value);
pv_reason pv_contents_names(pv_span names);
pv_reason pv_contents_access(pv_span value);

#endif
