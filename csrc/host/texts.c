#include "host/texts.h"

const pvh_reason_text pvh_reasons[] = {
#define PV_REASON(number, name, clause, text, mend) {#name, clause, text, mend, number},
#include "reasons.def"
#undef PV_REASON
};
const uint32_t pvh_num_reasons = sizeof pvh_reasons / sizeof pvh_reasons[0];

const pvh_field_text pvh_fields[] = {
#define PV_FIELD(number, name, text) {#name, text, number},
#include "fields.def"
#undef PV_FIELD
};
const uint32_t pvh_num_fields = sizeof pvh_fields / sizeof pvh_fields[0];
