/* der_time.c: see der_time.h. */
#include "der_time.h"

#include "der.h"

/* Two digits at `at`; -1 if they are not. */
static int32_t two_digits(const uint8_t *at) {
    unsigned tens = at[0] - (unsigned)'0';
    unsigned ones = at[1] - (unsigned)'0';
    return tens > 9 || ones > 9 ? -1 : (int32_t)(tens * 10 + ones);
}

/* Exact for any year of four digits and some centuries more; a small processor divides by a long routine. */
static uint32_t century_of(uint32_t year) {
    return year * 5243u >> 19;
}

static int is_leap_year(uint32_t year) {
    uint32_t century = century_of(year);
    return year == century * 100u ? century % 4u == 0 : year % 4u == 0;
}

/* The long months are the odd ones up to July, the even ones from August on. */
static uint32_t days_in_month(uint32_t year, uint32_t month) {
    if (month == 2) return is_leap_year(year) ? 29 : 28;
    return 30u + ((month + (month >> 3)) & 1u);
}

/* Days from 1970-01-01 in the Gregorian calendar, which is extended backwards to year 0. A year begins in
 * March here, so that the leap day is its last; the months from March on then begin at (153 m + 2) / 5, which
 * is 30.6 m + 0.4 rounded down: 979 m + 16 over 32 for the twelve of them. */
static int32_t days_since_1970(uint32_t year, uint32_t month, uint32_t day) {
    uint32_t m = month > 2 ? month - 3u : month + 9u;
    uint32_t y = 400u + year - (month <= 2); /* January of year 0 lies in year -1 */
    uint32_t century = century_of(y);
    uint32_t days = y * 365u + y / 4u - century + century / 4u + ((979u * m + 16u) >> 5) + day - 1u;
    return (int32_t)days - 719468 - 146097;
}

/* MMDDHHMMSSZ at `at`, after a year. */
static pv_reason read_rest(const uint8_t *at, int32_t year, int64_t *seconds) {
    static const uint8_t least[] = {1, 1, 0, 0, 0}, most[] = {12, 31, 23, 59, 59};
    int32_t parts[5]; /* month, day, hour, minute, second */
    for (unsigned i = 0; i < 5; i++) {
        parts[i] = two_digits(at + 2 * i);
        if (parts[i] < least[i] || parts[i] > most[i]) return PV_R_DER_TIME;
    }
    uint32_t month = (uint32_t)parts[0], day = (uint32_t)parts[1];
    if (at[10] != 'Z' || day > days_in_month((uint32_t)year, month)) return PV_R_DER_TIME;
    int32_t of_day = (parts[2] * 60 + parts[3]) * 60 + parts[4];
    *seconds = (int64_t)days_since_1970((uint32_t)year, month, day) * 86400 + of_day;
    return PV_OK;
}

/* YYMMDDHHMMSSZ (RFC 5280 4.1.2.5.1) */
static pv_reason read_utc(pv_span text, int64_t *seconds) {
    if (text.len != 13) return PV_R_DER_TIME;
    int32_t year = two_digits(text.data);
    if (year < 0) return PV_R_DER_TIME;
    return read_rest(text.data + 2, year < 50 ? 2000 + year : 1900 + year, seconds);
}

/* YYYYMMDDHHMMSSZ, no fraction (RFC 5280 4.1.2.5.2) */
static pv_reason read_generalized(pv_span text, int64_t *seconds, int32_t *year) {
    if (text.len != 15) return PV_R_DER_TIME;
    int32_t century = two_digits(text.data);
    int32_t of_century = two_digits(text.data + 2);
    if (century < 0 || of_century < 0) return PV_R_DER_TIME;
    *year = century * 100 + of_century;
    return read_rest(text.data + 4, *year, seconds);
}

pv_reason pv_time_read(pv_span *in, int64_t *seconds, uint32_t *deviations) {
    pv_span text;
    int32_t year = 2050; /* where the encodings part */
    int is_generalized = pv_der_has(in, PV_DER_GENERALIZED_TIME);
    pv_reason reason = pv_der_peek(in, is_generalized ? PV_DER_GENERALIZED_TIME : PV_DER_UTC_TIME, &text);
    if (reason != PV_OK) return reason;
    reason = is_generalized ? read_generalized(text, seconds, &year) : read_utc(text, seconds);
    if (reason != PV_OK) return reason;
    if (PV_HAS_NOTES && year < 2050)
        *deviations |= PV_DEV_TIME_ENCODING; /* RFC 5280 4.1.2.5: UTCTime through 2049 */
    pv_der_move(in, text.data + text.len);
    return PV_OK;
}

pv_reason pv_time_read_generalized(pv_span *in, int64_t *seconds) {
    pv_span text;
    int32_t year = 0;
    pv_reason reason = pv_der_peek(in, PV_DER_GENERALIZED_TIME, &text);
    if (reason == PV_OK) reason = read_generalized(text, seconds, &year);
    if (reason == PV_OK) pv_der_move(in, text.data + text.len);
    return reason;
}
