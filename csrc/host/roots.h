/* roots.h: the roots-only rule. Only roots are anchors: certificates of CAs, self-issued and self-signed. */
#ifndef PV_HOST_ROOTS_H
#define PV_HOST_ROOTS_H

#include "host/host.h"

/* pvh_root_structure: the rule but for the signature. PVH_ROOT_GOOD: what is left to show is that its own key
 * signed it. `why->reason` is written for PVH_ROOT_UNPROVEN alone. */
pvh_root_kind pvh_root_structure(pv_fault *why, const pv_cert *cert);

#endif
