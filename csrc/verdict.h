/* verdict.h: the log of a search, in the room that the request lent, and the one rejection that stands for
 * all. */
#ifndef PV_VERDICT_H
#define PV_VERDICT_H

#include "pyvalidator.h"

/* What a check found where: all but the node and the depth of a record. */
typedef struct pv_finding {
    uint32_t offset;
    uint8_t field;
} pv_finding;

/* How near a path came before it was turned down, for the headline. A path is stray if one of its
 * certificates asks by key identifier for another key than that of the issuer tried: a namesake, not the
 * issuer. */
typedef enum pv_nearness {
    PV_NEAR_STRAY = 0,
    PV_NEAR_STRAY_TO_ANCHOR = 1, /* stray, and an anchor was reached */
    PV_NEAR_CANDIDATE = 2,
    PV_NEAR_BELOW_ANCHOR = 3, /* an anchor has the name of the rejected certificate's issuer */
    PV_NEAR_ANCHOR = 4        /* an anchor was reached */
} pv_nearness;

/* pv_verdict_begin: no outcome yet, nothing logged. */
void pv_verdict_begin(pv_verdict *verdict);

/* pv_verdict_enter logs that a node was entered; pv_verdict_reject that it ended there, and keeps the
 * rejection that came nearest as headline: the larger pv_nearness, then the deeper one, then a certificate
 * that was refused before one whose issuer is not known, then the earlier one; a loop before nothing. */
#ifdef PV_NO_LOG
#define pv_verdict_enter(request, node, depth) ((void)(request), (void)(node), (void)(depth))
#else
void pv_verdict_enter(pv_request *request, pv_node node, uint8_t depth);
#endif
void pv_verdict_reject(pv_request *request, pv_node node, uint8_t depth, pv_reason reason,
                       const pv_finding *finding, pv_nearness nearness);

/* pv_verdict_note logs a line that ends no node and is never the headline: what evidence told nothing, and
 * why. */
#ifdef PV_NO_LOG
#define pv_verdict_note(request, line) ((void)(request), (void)(line))
#else
void pv_verdict_note(pv_request *request, const pv_record *line);
#endif

/* pv_verdict_end sets an outcome that is not TRUSTED, with a reason that overrides the headline unless it is
 * PV_OK. */
void pv_verdict_end(pv_verdict *verdict, pv_outcome outcome, pv_reason reason);

#endif
