/* der_time.c: see der_time.h. */
#include "der_time.h"

#include "der.h"

typedef struct moment {
    int32_t year;
    int32_t month;
    int32_t day;
    int32_t hour;
    int32_t minute;
    int32_t second;
} moment;

/* Two digits at `at`; -1 if they are not. */
static int32_t two_digits(const uint8_t *at) {
    unsigned tens = at[0] - (unsigned)'0';
    unsigned ones = at[1] - (unsigned)'0';
    return tens > 9 || ones > 9 ? -1 : (int32_t)(tens * 10 + ones);
}

static int is_leap_year(int32_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

static int is_moment(const moment *m) {
    if (m->year < 0 || m->month < 1 || m->month > 12) return 0;
    if (m->day < 1 || m->day > days_in_month(m->year, m->month)) return 0;
    return m->hour >= 0 && m->hour <= 23 && m->minute >= 0 && m->minute <= 59 && m->second >= 0 &&
           m->second <= 59;
}

/* Days from 1970-01-01 in the Gregorian calendar, which is extended backwards to year 0. A year begins in
 * March here, so that the leap day is its last; the months from March on then begin at (153 m + 2) / 5. */
static int32_t days_since_1970(int32_t year, int32_t month, int32_t day) {
    int32_t y = month > 2 ? year : year - 1;
    int32_t m = month > 2 ? month - 3 : month + 9;
    y += 400; /* January of year 0 lies in year -1 */
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468 - 146097;
}

/* MMDDHHMMSSZ at `at`, after a year. */
static pv_reason read_rest(const uint8_t *at, int32_t year, int64_t *seconds) {
    moment m = {.year = year, .month = two_digits(at), .day = two_digits(at + 2)};
    m.hour = two_digits(at + 4);
    m.minute = two_digits(at + 6);
    m.second = two_digits(at + 8);
    if (at[10] != 'Z' || !is_moment(&m)) return PV_R_DER_TIME;
    int64_t days = days_since_1970(m.year, m.month, m.day);
    *seconds = days * 86400 + m.hour * 3600 + m.minute * 60 + m.second;
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
    if (year < 2050) *deviations |= PV_DEV_TIME_ENCODING; /* RFC 5280 4.1.2.5: UTCTime through 2049 */
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
