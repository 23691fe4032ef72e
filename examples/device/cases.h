/* cases.h: what is judged, as generated tables have it (make_tables.py). */
#ifndef CASES_H
#define CASES_H

#include "pyvalidator.h"

/* A chain as a peer would send it, and how it is to be judged. The DER stays where it is: in flash. */
typedef struct device_case {
    const char *name;
    const pv_span *chain; /* leaf first */
    uint8_t num_certs;
    uint8_t purpose;       /* pv_purpose */
    uint8_t anchor_checks; /* pv_anchor_checks */
    const pv_store *store;
    const char *dns;
    pv_time time;
} device_case;

extern const device_case device_cases[];
extern const uint32_t num_device_cases;

#endif
