/* search_steps.h: the steps of a search that signers.c takes, too. */
#ifndef PV_SEARCH_STEPS_H
#define PV_SEARCH_STEPS_H

#include "search.h"

/* pv_search_restart: of a search whose request, checker, target and memory are set; `left` as in
 * pv_search_begin. */
void pv_search_restart(pv_search *search, pv_budget *left);

/* pv_search_finish: with this verdict. pv_search_accept: the path proposed is trusted, or waits for the
 * caller's answer, if it is proved. */
void pv_search_finish(pv_search *search, pv_outcome outcome, pv_reason reason);
void pv_search_accept(pv_search *search);

/* pv_search_ask_edge: what is known of an edge of the evidence; what is not falls due. */
pv_known pv_search_ask_edge(pv_search *search, pv_node child, pv_node issuer);

/* pv_search_refuse_revoked: the path's certificate at `depth`, below its issuer; the next issuer is tried. */
void pv_search_refuse_revoked(pv_search *search, uint8_t depth);

/* pv_search_is_no_witness: whether this certificate's word is one about itself, for this search or one that
 * waits for it. */
int pv_search_is_no_witness(const pv_search *search, pv_node node);

#endif
