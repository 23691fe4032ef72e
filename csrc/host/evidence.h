/* evidence.h: what the hosted parts share of CRLs and OCSP responses: which keys are known to have signed
 * them. */
#ifndef PV_HOST_EVIDENCE_H
#define PV_HOST_EVIDENCE_H

#include "host/engine.h"

/* pvh_memo_has: whether exactly this key was found before to have signed what the memo belongs to. */
int pvh_memo_has(void *memo, pv_span spki);

/* pvh_memo_add remembers that it has. Only a key that did can enter, and only a few do. */
void pvh_memo_add(void *memo, pv_span spki);

#endif
