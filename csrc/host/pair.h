/* pair.h: signatures that are two numbers in DER: Ecdsa-Sig-Value, Dss-Sig-Value (RFC 3279 2.2.3, 2.2.2). */
#ifndef PV_HOST_PAIR_H
#define PV_HOST_PAIR_H

#include "pyvalidator.h"

/* The contents of an INTEGER that is not negative, in its shortest form (X.690 8.3.2): at most max + 1
 * octets. */
static inline int pvh_read_number(pv_span *in, pv_span *number, size_t max) {
    if (in->len < 3 || in->data[0] != 0x02) return 0;
    size_t len = in->data[1];
    const uint8_t *value = in->data + 2;
    if (len == 0 || len > max + 1 || len > in->len - 2) return 0;
    if (value[0] & 0x80) return 0;
    if (len > 1 && value[0] == 0 && !(value[1] & 0x80)) return 0;
    *number = (pv_span){value, len};
    *in = (pv_span){value + len, in->len - 2 - len};
    return 1;
}

/* pvh_read_pair: both of them; nothing may be left over. */
static inline int pvh_read_pair(pv_span numbers[2], pv_span sig, size_t max) {
    if (sig.len < 3 || sig.data[0] != 0x30) return 0;
    size_t len = sig.data[1], at = 2;
    if (len == 0x81) {
        len = sig.data[2];
        at = 3;
        if (len < 0x80) return 0;
    }
    if (len != sig.len - at) return 0;
    pv_span in = {sig.data + at, len};
    return pvh_read_number(&in, &numbers[0], max) && pvh_read_number(&in, &numbers[1], max) && in.len == 0;
}

#endif
