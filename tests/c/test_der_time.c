/* test_der_time.c: moments, and what is none. */
#include "der_time.h"
#include "harness.h"

#define UTC PV_DER_UTC_TIME
#define GEN PV_DER_GENERALIZED_TIME

static const struct {
    unsigned tag;
    const char *text;
    pv_reason want;
    int64_t seconds;
    uint32_t deviations;
} times[] = {
    {UTC, "700101000000Z", PV_OK, 0, 0},
    {UTC, "700101000001Z", PV_OK, 1, 0},
    {UTC, "691231235959Z", PV_OK, -1, 0},
    {UTC, "500101000000Z", PV_OK, -631152000, 0},
    {UTC, "491231235959Z", PV_OK, 2524607999, 0},
    {UTC, "260601000000Z", PV_OK, 1780272000, 0},
    {UTC, "000229000000Z", PV_OK, 951782400, 0},
    {UTC, "240229120000Z", PV_OK, 1709208000, 0},
    {UTC, "230229120000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260631000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260631", PV_R_DER_TIME, 0, 0},
    {UTC, "261301000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260001000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260600000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260601240000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260601006000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260601000060Z", PV_R_DER_TIME, 0, 0}, /* no leap second */
    {UTC, "2606010000Z", PV_R_DER_TIME, 0, 0},   /* RFC 5280 4.1.2.5.1: with seconds */
    {UTC, "260601000000", PV_R_DER_TIME, 0, 0},
    {UTC, "260601000000z", PV_R_DER_TIME, 0, 0},
    {UTC, "260601000000+0000", PV_R_DER_TIME, 0, 0},
    {UTC, "26060100000/Z", PV_R_DER_TIME, 0, 0},
    {UTC, "26060100000:Z", PV_R_DER_TIME, 0, 0},
    {UTC, "-10601000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, " 60601000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "2606 1000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "260601x00000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "2606010000x0Z", PV_R_DER_TIME, 0, 0},
    {UTC, "20260601000000Z", PV_R_DER_TIME, 0, 0},
    {UTC, "", PV_R_DER_TIME, 0, 0},
    {GEN, "20500101000000Z", PV_OK, 2524608000, 0},
    {GEN, "20491231235959Z", PV_OK, 2524607999, PV_DEV_TIME_ENCODING},
    {GEN, "19700101000000Z", PV_OK, 0, PV_DEV_TIME_ENCODING},
    {GEN, "99991231235959Z", PV_OK, 253402300799, 0},
    {GEN, "00000101000000Z", PV_OK, -62167219200, PV_DEV_TIME_ENCODING},
    {GEN, "00000229000000Z", PV_OK, -62162121600, PV_DEV_TIME_ENCODING},
    {GEN, "00010101000000Z", PV_OK, -62135596800, PV_DEV_TIME_ENCODING},
    {GEN, "21000228235959Z", PV_OK, 4107542399, 0},
    {GEN, "21000229000000Z", PV_R_DER_TIME, 0, 0}, /* no leap year */
    {GEN, "24000229000000Z", PV_OK, 13574563200, 0},
    {GEN, "20500101000000.5Z", PV_R_DER_TIME, 0, 0},
    {GEN, "205001010000Z", PV_R_DER_TIME, 0, 0},
    {GEN, "20500101000000", PV_R_DER_TIME, 0, 0},
    {GEN, "2050010100000Z", PV_R_DER_TIME, 0, 0},
    {GEN, "x0500101000000Z", PV_R_DER_TIME, 0, 0},
    {GEN, "20x00101000000Z", PV_R_DER_TIME, 0, 0},
    {GEN, "500101000000Z", PV_R_DER_TIME, 0, 0},
    {PV_DER_PRINTABLE_STRING, "260601000000Z", PV_R_DER_TAG, 0, 0},
};

TEST(times) {
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int64_t seconds = 77;
        uint32_t deviations = 0x80000000u;
        pv_span in = guarded(STR((uint8_t)times[i].tag, times[i].text));
        size_t len = in.len;
        pv_reason got = pv_time_read(&in, &seconds, &deviations);
        CHECK_MSG(got == times[i].want, "%s: %u", times[i].text, (unsigned)got);
        CHECK(in.len == (got == PV_OK ? 0 : len));
        CHECK_MSG(deviations == (times[i].deviations | 0x80000000u), "%s: deviations", times[i].text);
        if (got == PV_OK) CHECK_IS(seconds, times[i].seconds);
    }
}

TEST(only_generalized) {
    int64_t seconds = 0;
    pv_span in = guarded(STR(UTC, "260601000000Z"));
    CHECK_IS(pv_time_read_generalized(&in, &seconds), PV_R_DER_TAG);
    in = guarded(STR(GEN, "20260601000000Z"));
    CHECK_IS(pv_time_read_generalized(&in, &seconds), PV_OK);
    CHECK(seconds == 1780272000 && in.len == 0);
    in = guarded(STR(GEN, "20260601000000"));
    CHECK_IS(pv_time_read_generalized(&in, &seconds), PV_R_DER_TIME);
    CHECK(in.len == 16);
    in = (pv_span){NULL, 0};
    CHECK_IS(pv_time_read_generalized(&in, &seconds), PV_R_DER_TRUNCATED);
}

/* Every day from year 0 to 9999 is one day after the one before. */
TEST(every_day) {
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    guard g = guard_make(17);
    int64_t want = -62167219200;
    char line[64];
    int all_good = 1;
    for (int year = 0; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
            for (int day = 1; day <= days[month - 1] + leap; day++, want += 86400) {
                int64_t seconds = 0;
                uint32_t deviations = 0;
                snprintf(line, sizeof(line), "\x18\x0F%04d%02d%02d000000Z", year, month, day);
                pv_span in = guard_lay(&g, (pv_span){(const uint8_t *)line, 17}, 1);
                all_good &= pv_time_read(&in, &seconds, &deviations) == PV_OK && seconds == want;
            }
        }
    }
    CHECK(all_good);
}
