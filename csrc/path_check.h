/* path_check.h: RFC 5280 6.1 over one link at a time, from the target up. It judges what it is given and
 * never looks for a certificate. */
#ifndef PV_PATH_CHECK_H
#define PV_PATH_CHECK_H

#include "cert.h"
#include "policy_graph.h"
#include "verdict.h"

/* The path so far: certs[0] is the target. */
typedef struct pv_path {
    const pv_cert *certs[PV_MAX_PATH];
    uint8_t len;
} pv_path;

/* What the path is judged by. `left` is what may still be spent. */
typedef struct pv_rules {
    const pv_policy *policy;
    const pv_subject *subject;
    pv_time time;
    pv_budget *left;
    pv_policy_cell *cells; /* lent to the policy graph */
    uint16_t max_cells;
} pv_rules;

/* pv_path_check_policy: whether the rules can be judged by at all (policy complete, time and subject set). */
pv_reason pv_path_check_policy(const pv_rules *rules);

/* pv_path_check_target: the target by itself: certificate rules, criticality, time, algorithms, purpose,
 * identity. */
pv_reason pv_path_check_target(pv_finding *out, const pv_rules *rules, const pv_cert *target);

/* pv_path_check_marks: what the caller must still judge about a target that stood all checks (PV_MARK_*). */
uint8_t pv_path_check_marks(const pv_rules *rules, const pv_cert *target);

/* pv_path_check_issuer: `issuer`, whose subject is the issuer name of the path's last certificate, as the
 * next intermediate. Its signature, and the path's last one under its key, are asked about later. */
pv_reason pv_path_check_issuer(pv_finding *out, const pv_rules *rules, const pv_path *path,
                               const pv_cert *issuer);

/* pv_path_check_anchor: the anchor above the path, by the policy's anchor checks. */
pv_reason pv_path_check_anchor(pv_finding *out, const pv_rules *rules, const pv_path *path,
                               const pv_anchor *anchor);

/* pv_path_num_intermediates: those of the path that count (RFC 5280 6.1.4 (l): self-issued ones do not; nor
 * does the target). */
unsigned pv_path_num_intermediates(const pv_path *path);

#endif
