/* signers.h: between good signatures and an accepted path: has revocation judged, and finds the paths of
 * those who signed its evidence, each by a search on the budget of the one that asks. It takes steps of the
 * search; the search knows nothing of it. */
#ifndef PV_SIGNERS_H
#define PV_SIGNERS_H

#include "search.h"

/* pv_signers_settle ends a round of learning: every due edge was good, and the path is complete unless
 * something is still due. */
void pv_signers_settle(pv_search *search);

/* pv_signers_done: `search` was waiting for a signer search, which is done. */
void pv_signers_done(pv_search *search);

#endif
