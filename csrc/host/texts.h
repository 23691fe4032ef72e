/* texts.h: the reasons and fields as tables, for people and for bindings: one list feeds all languages. */
#ifndef PV_HOST_TEXTS_H
#define PV_HOST_TEXTS_H

#include "pyvalidator.h"

typedef struct pvh_reason_text {
    const char *name;   /* as in PV_R_<name> */
    const char *clause; /* of the standard; "": none */
    const char *text;   /* what was found */
    const char *mend;   /* what would help */
    pv_reason number;
} pvh_reason_text;

typedef struct pvh_field_text {
    const char *name;
    const char *text;
    uint8_t number;
} pvh_field_text;

extern const pvh_reason_text pvh_reasons[];
extern const uint32_t pvh_num_reasons;
extern const pvh_field_text pvh_fields[];
extern const uint32_t pvh_num_fields;

#endif
