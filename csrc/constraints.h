/* constraints.h: name constraints (RFC 5280 4.2.1.10, 6.1.4 (g), 6.1.3 (b) and (c)). */
#ifndef PV_CONSTRAINTS_H
#define PV_CONSTRAINTS_H

#include "budget.h"
#include "cert.h"

/* Where a constraint failed: which name of the subject certificate. */
typedef struct pv_constraint_fault {
    const uint8_t *at; /* in the subject certificate's DER; NULL: in the constraints themselves */
    uint8_t field;     /* pv_field_code: SUBJECT or SAN; NAME_CONSTRAINTS */
} pv_constraint_fault;

/* pv_constraints_check holds the names of `subject` (its subject name if not empty, every subjectAltName,
 * SmtpUTF8Mailbox otherNames under rfc822Name constraints, and emailAddress attributes of the subject where
 * there is no rfc822 SAN) against the NameConstraints value `constraints`. Every constraint must be
 * well-formed, whether or not it applies: NC_MALFORMED.
 *
 * PV_OK; NC_EXCLUDED; NC_NOT_PERMITTED; NC_MALFORMED; NC_UNSUPPORTED (a constraint on a form that is not
 * implemented, and such a name is there); SAN_MALFORMED (a name that cannot be read or compared);
 * BUDGET_NAMES (each comparison of a constraint with a name takes 1 from budget->names before it is made,
 * more if they are long; each 32 octets of the values to be read take 1). Doubt counts as excluded and as not
 * permitted. */
pv_reason pv_constraints_check(pv_constraint_fault *fault, pv_budget *budget, pv_span constraints,
                               const pv_cert *subject);

/* pv_constraints_syntax: only whether the value is well-formed (for the profile). */
pv_reason pv_constraints_syntax(pv_constraint_fault *fault, pv_budget *budget, pv_span constraints);

#endif
