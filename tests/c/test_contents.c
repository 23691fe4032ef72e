/* test_contents.c: the values of extensions, read to their end or refused. The views are bare: a list of
 * extensions that ends against a page that cannot be read. */
#include "contents.h"
#include "harness.h"

#define EXT(id) PV_EXT_BIT(PV_EXT_##id)
#define ALL     0xFFFFFFFFu
#define RICH    100000u

#define POLICIES       "551D20"
#define MAPPINGS       "551D21"
#define P_CONSTRAINTS  "551D24"
#define INHIBIT_ANY    "551D36"
#define SUBJECT_NAMES  "551D11"
#define ISSUER_NAMES   "551D12"
#define N_CONSTRAINTS  "551D1E"
#define CRL_POINTS     "551D1F"
#define FRESHEST       "551D2E"
#define ISSUER_ACCESS  "2B06010505070101"
#define SUBJECT_ACCESS "2B0601050507010B"

#define CPS    "2B06010505070201"
#define NOTICE "2B06010505070202"

static pv_span ext(const char *oid, int critical, pv_span value) {
    return SEQ(OID(oid), critical ? HEX("0101FF") : HEX(""), OCTETS(value));
}

/* A view of nothing but these extensions. */
static pv_cert view_of(pv_span extensions) {
    pv_cert cert;
    pv_span list = extensions;
    pv_ext one;
    memset(&cert, 0, sizeof cert);
    pv_span der = guarded(JOIN(NUL(), TLV(0x30, extensions))); /* an offset of 0 is "absent" */
    cert.der = der.data;
    cert.der_len = (uint32_t)der.len;
    cert.extensions = 2;
    cert.version = 3;
    while (list.len > 0 && pv_ext_next(&list, &one) == PV_OK) {
        cert.present |= PV_EXT_BIT(one.id);
        if (one.critical) cert.critical |= PV_EXT_BIT(one.id);
    }
    return cert;
}

/* What a check left behind. */
static const uint8_t *at;
static uint8_t field;
static pv_budget left;

static pv_reason check(pv_span extensions, uint32_t wanted, uint32_t names) {
    pv_cert cert = view_of(extensions);
    memset(&left, 0, sizeof left);
    left.names = names;
    at = NULL;
    field = 0xA5;
    pv_reason reason = pv_contents_check(&at, &field, &left, &cert, wanted);
    if (at != NULL) CHECK(at >= cert.der && at <= cert.der + cert.der_len);
    return reason;
}

static pv_reason read_as(const char *oid, int critical, pv_span value) {
    return check(ext(oid, critical, value), ALL, RICH);
}

/* --- Every reader */

typedef struct reader {
    const char *oid;
    uint32_t bit;
    uint8_t field;
    pv_reason malformed;
    pv_span good; /* with every part that there can be */
} reader;

#define NUM_READERS 11

static pv_span uri(void) {
    return STR(0x86, "http://a.example/");
}

static pv_span full_policies(void) {
    pv_span qualifiers = SEQ(SEQ(OID(CPS), STR(0x16, "u")), SEQ(OID(NOTICE), EMPTY(0x30)));
    return SEQ(SEQ(OID("2A03"), qualifiers), SEQ(OID("2A04")), SEQ(OID("551D2000")));
}

static pv_span full_points(void) {
    pv_span by_name = TLV(0xA0, TLV(0xA0, uri(), uri()));
    pv_span relative = TLV(0xA0, TLV(0xA1, SEQ(OID("550403"), STR(0x0C, "a"))));
    pv_span issuer = TLV(0xA2, TLV(0xA4, SEQ(SET(SEQ(OID("550403"), STR(0x0C, "a"))))));
    return SEQ(SEQ(by_name, HEX("81020640"), issuer), SEQ(relative), SEQ(issuer));
}

static void all_readers(reader *out) {
    pv_span names = SEQ(STR(0x82, "a.example"), uri(), TLV(0x87, HEX("7F000001")));
    pv_span access = SEQ(SEQ(OID("2B06010505073001"), uri()), SEQ(OID("2A03"), STR(0x82, "a")));
    pv_span trees = SEQ(TLV(0xA0, SEQ(STR(0x82, "a.example"))), TLV(0xA1, SEQ(STR(0x82, "b.example"))));
    const reader readers[NUM_READERS] = {
        {POLICIES, EXT(CERTIFICATE_POLICIES), PV_FIELD_CERTIFICATE_POLICIES, PV_R_EXTENSION_MALFORMED,
         full_policies()},
        {MAPPINGS, EXT(POLICY_MAPPINGS), PV_FIELD_POLICY_MAPPINGS, PV_R_EXTENSION_MALFORMED,
         SEQ(SEQ(OID("2A03"), OID("2A04")), SEQ(OID("2A05"), OID("2A06")))},
        {P_CONSTRAINTS, EXT(POLICY_CONSTRAINTS), PV_FIELD_POLICY_CONSTRAINTS, PV_R_EXTENSION_MALFORMED,
         SEQ(HEX("800100"), HEX("81020100"))},
        {INHIBIT_ANY, EXT(INHIBIT_ANY_POLICY), PV_FIELD_INHIBIT_ANY_POLICY, PV_R_EXTENSION_MALFORMED,
         INT(300)},
        {SUBJECT_NAMES, EXT(SUBJECT_ALT_NAME), PV_FIELD_SUBJECT_ALT_NAME, PV_R_EXTENSION_MALFORMED, names},
        {ISSUER_NAMES, EXT(ISSUER_ALT_NAME), PV_FIELD_ISSUER_ALT_NAME, PV_R_EXTENSION_MALFORMED, names},
        {N_CONSTRAINTS, EXT(NAME_CONSTRAINTS), PV_FIELD_NAME_CONSTRAINTS, PV_R_NC_MALFORMED, trees},
        {CRL_POINTS, EXT(CRL_DISTRIBUTION_POINTS), PV_FIELD_CRL_DISTRIBUTION_POINTS, PV_R_EXTENSION_MALFORMED,
         full_points()},
        {FRESHEST, EXT(FRESHEST_CRL), PV_FIELD_FRESHEST_CRL, PV_R_EXTENSION_MALFORMED, full_points()},
        {ISSUER_ACCESS, EXT(AUTHORITY_INFO_ACCESS), PV_FIELD_AUTHORITY_INFO_ACCESS, PV_R_EXTENSION_MALFORMED,
         access},
        {SUBJECT_ACCESS, EXT(SUBJECT_INFO_ACCESS), PV_FIELD_SUBJECT_INFO_ACCESS, PV_R_EXTENSION_MALFORMED,
         access},
    };
    memcpy(out, readers, sizeof readers);
}

/* Malformed, critical or not, and the record says where. */
static void is_malformed(const reader *r, pv_span value) {
    for (int critical = 0; critical < 2; critical++) {
        pv_reason reason = read_as(r->oid, critical, value);
        CHECK_MSG(reason == r->malformed, "%s: %u", r->oid, (unsigned)reason);
        CHECK_IS(field, r->field);
        CHECK(at != NULL);
        if (at != NULL && value.len > 0) CHECK(memcmp(at, value.data, value.len) == 0);
    }
}

TEST(what_is_well_formed_is_read) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t i = 0; i < NUM_READERS; i++) {
        for (int critical = 0; critical < 2; critical++) {
            CHECK_MSG(read_as(readers[i].oid, critical, readers[i].good) == PV_OK, "%s", readers[i].oid);
            CHECK(field == 0xA5 && at == NULL);
        }
    }
}

TEST(no_beginning_of_a_value_is_one) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t i = 0; i < NUM_READERS; i++)
        for (size_t len = 0; len < readers[i].good.len; len++)
            is_malformed(&readers[i], (pv_span){readers[i].good.data, len});
}

TEST(nothing_follows_a_value) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t i = 0; i < NUM_READERS; i++) {
        is_malformed(&readers[i], JOIN(readers[i].good, HEX("00")));
        is_malformed(&readers[i], JOIN(readers[i].good, NUL()));
        is_malformed(&readers[i], JOIN(readers[i].good, readers[i].good));
    }
}

TEST(a_value_is_of_its_type_and_not_empty) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t i = 0; i < NUM_READERS; i++) {
        is_malformed(&readers[i], EMPTY(0x30)); /* INTEGER, or a list that must have an entry */
        is_malformed(&readers[i], EMPTY(0x31));
        is_malformed(&readers[i], NUL());
        is_malformed(&readers[i], EMPTY(0x02));
        is_malformed(&readers[i], SEQ(NUL()));
        is_malformed(&readers[i], SEQ(EMPTY(0x30)));
        is_malformed(&readers[i], HEX("3080 0000"));    /* indefinite */
        is_malformed(&readers[i], HEX("308103020100")); /* a length longer than need be */
    }
}

/* One octet of a good value changed at a time: any finding may come of it, but one that is named. */
TEST(any_octet_changed_ends_in_a_named_finding) {
    reader readers[NUM_READERS];
    all_readers(readers);
    const pv_reason named[] = {PV_OK,
                               PV_R_EXTENSION_MALFORMED,
                               PV_R_NC_MALFORMED,
                               PV_R_POLICY_MAPPING_ANY,
                               PV_R_RULE_POLICY_REPEATED,
                               PV_R_UNKNOWN_CRITICAL_EXTENSION};
    const uint8_t flips[] = {0x01, 0x20, 0x80, 0xFF};
    for (size_t i = 0; i < NUM_READERS; i++) {
        for (size_t n = 0; n < 4 * readers[i].good.len; n++) {
            pv_span bent = JOIN(readers[i].good);
            ((uint8_t *)bent.data)[n / 4] ^= flips[n % 4];
            pv_reason reason = read_as(readers[i].oid, 1, bent);
            size_t known = 0;
            while (known < 6 && named[known] != reason)
                known++;
            CHECK_MSG(known < 6, "%s, octet %zu: %u", readers[i].oid, n / 4, (unsigned)reason);
            CHECK(reason == PV_OK ? at == NULL : at != NULL && field == readers[i].field);
        }
    }
}

/* --- What is wanted */

TEST(only_what_is_wanted_is_read) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t i = 0; i < NUM_READERS; i++) {
        pv_span bad = ext(readers[i].oid, 1, NUL());
        CHECK_IS(check(bad, ALL & ~readers[i].bit, 0), PV_OK); /* nor paid for */
        CHECK(field == 0xA5 && at == NULL);
        CHECK_IS(check(bad, 0, 0), PV_OK);
        CHECK_IS(check(bad, readers[i].bit, RICH), readers[i].malformed);
    }
}

TEST(each_extension_is_found_among_all) {
    reader readers[NUM_READERS];
    all_readers(readers);
    for (size_t bad = 0; bad <= NUM_READERS; bad++) {
        pv_span parts[NUM_READERS];
        for (size_t i = 0; i < NUM_READERS; i++)
            parts[i] = ext(readers[i].oid, 0, i == bad ? NUL() : readers[i].good);
        pv_span list = join(parts, NUM_READERS);
        CHECK_IS(check(list, ALL, RICH), bad == NUM_READERS ? PV_OK : readers[bad].malformed);
        CHECK_IS(field, bad == NUM_READERS ? 0xA5 : readers[bad].field);
        if (bad < NUM_READERS) CHECK_IS(check(list, ALL & ~readers[bad].bit, RICH), PV_OK);
    }
}

TEST(the_first_fault_is_told) {
    pv_span list = JOIN(ext(POLICIES, 0, full_policies()), ext(FRESHEST, 0, NUL()), ext(POLICIES, 0, NUL()));
    CHECK_IS(check(list, ALL, RICH), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(field, PV_FIELD_FRESHEST_CRL);
}

TEST(others_are_passed_over) {
    const char *const others[] = {"551D0E", "551D0F", "551D13",           "551D23",
                                  "551D25", "551D09", "2B06010505070118", "2B0601050507300105",
                                  "2A0304"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK_IS(read_as(others[i], 1, HEX("FF")), PV_OK);
        pv_span list = JOIN(ext(others[i], 1, HEX("FF")), ext(INHIBIT_ANY, 1, NUL()));
        CHECK_IS(check(list, ALL, RICH), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(field, PV_FIELD_INHIBIT_ANY_POLICY);
    }
}

/* No parsed view has such a list; a view that was made otherwise does not pass for read. */
TEST(a_list_that_cannot_be_read_is_no_good_one) {
    CHECK(check(JOIN(ext(INHIBIT_ANY, 1, INT(0)), NUL()), ALL, RICH) != PV_OK);
    CHECK(check(JOIN(ext(INHIBIT_ANY, 1, INT(0)), HEX("3001")), ALL, RICH) != PV_OK);
    CHECK_IS(check(HEX(""), ALL, 0), PV_OK);
}

/* --- certificatePolicies (4.2.1.4) */

TEST(no_policy_stands_twice) {
    pv_span a = SEQ(OID("2A03")), b = SEQ(OID("2A0304")), any = SEQ(OID("551D2000"));
    pv_span noted = SEQ(OID("2A03"), SEQ(SEQ(OID(CPS), STR(0x16, "u"))));
    const struct {
        pv_span value;
        pv_reason want;
    } cases[] = {
        {SEQ(a, b, any), PV_OK},
        {SEQ(b, a), PV_OK},
        {SEQ(a, a), PV_R_RULE_POLICY_REPEATED},
        {SEQ(a, b, a), PV_R_RULE_POLICY_REPEATED},
        {SEQ(b, a, any, b), PV_R_RULE_POLICY_REPEATED},
        {SEQ(any, a, any), PV_R_RULE_POLICY_REPEATED},
        {SEQ(noted, a), PV_R_RULE_POLICY_REPEATED}, /* qualifiers make it no other policy */
        {SEQ(a, noted), PV_R_RULE_POLICY_REPEATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_IS(read_as(POLICIES, 0, cases[i].value), cases[i].want);
        CHECK_IS(read_as(POLICIES, 1, cases[i].value), cases[i].want);
        CHECK_IS(field, cases[i].want == PV_OK ? 0xA5 : PV_FIELD_CERTIFICATE_POLICIES);
    }
}

static pv_span qualified(pv_span qualifiers) {
    return SEQ(SEQ(OID("2A05")), SEQ(OID("2A03"), qualifiers), SEQ(OID("2A04")));
}

TEST(qualifiers_that_nobody_knows_count_where_critical) {
    const char *const strange[] = {"2A05", "2B06010505070200", "2B06010505070203", "2B060105050702",
                                   "2B0601050507020101"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        pv_span one = SEQ(OID(strange[i]), NUL()), known = SEQ(OID(CPS), STR(0x16, "u"));
        CHECK_IS(read_as(POLICIES, 0, qualified(SEQ(one))), PV_OK);
        CHECK_IS(read_as(POLICIES, 1, qualified(SEQ(one))), PV_R_UNKNOWN_CRITICAL_EXTENSION);
        CHECK_IS(field, PV_FIELD_CERTIFICATE_POLICIES);
        CHECK_IS(read_as(POLICIES, 0, qualified(SEQ(known, one))), PV_OK);
        CHECK_IS(read_as(POLICIES, 1, qualified(SEQ(known, one))), PV_R_UNKNOWN_CRITICAL_EXTENSION);
    }
    CHECK_IS(read_as(POLICIES, 1, qualified(SEQ(SEQ(OID(CPS), NUL()), SEQ(OID(NOTICE), NUL())))), PV_OK);
}

TEST(qualifiers_are_read_to_their_end) {
    pv_span known = SEQ(OID(CPS), STR(0x16, "u"));
    pv_span bad[] = {EMPTY(0x30),
                     NUL(),
                     JOIN(SEQ(known), NUL()),
                     SEQ(SEQ(OID(CPS))),
                     SEQ(SEQ(OID(CPS), NUL(), NUL())),
                     SEQ(known, NUL()),
                     SEQ(EMPTY(0x30)),
                     SEQ(SEQ(NUL(), NUL())),
                     SEQ(SEQ(OID("80"), NUL())),
                     SEQ(SEQ(OID(CPS), HEX("1605")))};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int critical = 0; critical < 2; critical++)
            CHECK_IS(read_as(POLICIES, critical, qualified(bad[i])), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(read_as(POLICIES, 0, SEQ(SEQ(OID("5580")))), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(read_as(POLICIES, 0, SEQ(SEQ(OID("2A03")), OID("2A04"))), PV_R_EXTENSION_MALFORMED);
}

/* --- policyMappings, policyConstraints, inhibitAnyPolicy (4.2.1.5, 4.2.1.11, 4.2.1.14) */

TEST(no_mapping_speaks_of_any_policy) {
    pv_span a = OID("2A03"), b = OID("2A04"), any = OID("551D2000"), near = OID("551D2001");
    CHECK_IS(read_as(MAPPINGS, 0, SEQ(SEQ(a, near), SEQ(near, a))), PV_OK);
    pv_span bad[] = {SEQ(SEQ(any, a)), SEQ(SEQ(a, any)), SEQ(SEQ(any, any)), SEQ(SEQ(a, b), SEQ(b, any)),
                     SEQ(SEQ(a, b), SEQ(any, b), SEQ(b, a))};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_IS(read_as(MAPPINGS, i & 1, bad[i]), PV_R_POLICY_MAPPING_ANY);
        CHECK_IS(field, PV_FIELD_POLICY_MAPPINGS);
    }
    pv_span odd[] = {SEQ(SEQ(a)),        SEQ(SEQ(a, b, a)),      SEQ(a, b),
                     SEQ(SEQ(a, NUL())), SEQ(SEQ(a, OID("80"))), SEQ(SEQ(any, NUL()))};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CHECK_IS(read_as(MAPPINGS, 0, odd[i]), PV_R_EXTENSION_MALFORMED);
}

TEST(counts_of_certificates_to_skip) {
    const char *const good[] = {"800100", "810100", "80017F", "80020080", "8104 01000000"};
    const char *const bad[] = {"8000",       "800180",     "8001FF",       "80020000",     "8002007F",
                               "8100",       "8101FF",     "810100800100", "800100800100", "820100",
                               "8001000500", "A003020100", "020100"};
    CHECK_IS(read_as(P_CONSTRAINTS, 1, SEQ(HEX("800100"), HEX("810100"))), PV_OK);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(read_as(P_CONSTRAINTS, 0, SEQ(HEX(good[i]))) == PV_OK, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(read_as(P_CONSTRAINTS, 0, SEQ(HEX(bad[i]))) == PV_R_EXTENSION_MALFORMED, "%s", bad[i]);
    CHECK_IS(read_as(INHIBIT_ANY, 0, INT(0)), PV_OK);
    CHECK_IS(read_as(INHIBIT_ANY, 0, INT(0x1000000)), PV_OK);
    CHECK_IS(read_as(INHIBIT_ANY, 0, HEX("0201FF")), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(read_as(INHIBIT_ANY, 0, HEX("02020001")), PV_R_EXTENSION_MALFORMED);
}

/* --- Names and places (4.2.1.6, 4.2.1.7, 4.2.1.13, 4.2.1.15, 4.2.2) */

TEST(names_are_of_their_forms) {
    pv_span bad[] = {TLV(0x82, HEX("80")), STR(0x89, "a"), TLV(0x88, HEX("5580")), EMPTY(0xA4), HEX("8205")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_IS(read_as(SUBJECT_NAMES, 0, SEQ(uri(), bad[i])), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(read_as(ISSUER_NAMES, 1, SEQ(bad[i], uri())), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(read_as(ISSUER_ACCESS, 0, SEQ(SEQ(OID("2A03"), bad[i]))), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(read_as(CRL_POINTS, 0, SEQ(SEQ(TLV(0xA2, bad[i])))), PV_R_EXTENSION_MALFORMED);
        CHECK_IS(read_as(FRESHEST, 0, SEQ(SEQ(TLV(0xA0, TLV(0xA0, bad[i]))))), PV_R_EXTENSION_MALFORMED);
    }
    CHECK_IS(read_as(ISSUER_ACCESS, 0, SEQ(SEQ(OID("2A03")))), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(read_as(ISSUER_ACCESS, 0, SEQ(SEQ(uri()))), PV_R_EXTENSION_MALFORMED);
    CHECK_IS(read_as(SUBJECT_ACCESS, 0, SEQ(SEQ(OID("2A03"), uri(), uri()))), PV_R_EXTENSION_MALFORMED);
}

TEST(distribution_points) {
    pv_span name = TLV(0xA0, TLV(0xA0, uri())), reasons = HEX("81020640"), issuer = TLV(0xA2, uri());
    pv_span relative = TLV(0xA0, TLV(0xA1, SEQ(OID("550403"), STR(0x0C, "a"))));
    const struct {
        pv_span point;
        pv_reason want;
    } cases[] = {
        {SEQ(name), PV_OK},
        {SEQ(relative), PV_OK},
        {SEQ(issuer), PV_OK},
        {SEQ(name, reasons), PV_OK},
        {SEQ(reasons, issuer), PV_OK},
        {SEQ(name, reasons, issuer), PV_OK},
        {SEQ(reasons), PV_R_EXTENSION_MALFORMED}, /* 4.2.1.13: not of the reasons alone */
        {EMPTY(0x30), PV_R_EXTENSION_MALFORMED},
        {SEQ(name, name), PV_R_EXTENSION_MALFORMED},
        {SEQ(reasons, name), PV_R_EXTENSION_MALFORMED},
        {SEQ(issuer, reasons), PV_R_EXTENSION_MALFORMED},
        {SEQ(name, issuer, NUL()), PV_R_EXTENSION_MALFORMED},
        {SEQ(EMPTY(0xA0)), PV_R_EXTENSION_MALFORMED},
        {SEQ(EMPTY(0xA2)), PV_R_EXTENSION_MALFORMED},
        {SEQ(TLV(0xA0, EMPTY(0xA0))), PV_R_EXTENSION_MALFORMED},
        {SEQ(TLV(0xA0, EMPTY(0xA1))), PV_R_EXTENSION_MALFORMED},
        {SEQ(TLV(0xA0, TLV(0xA2, uri()))), PV_R_EXTENSION_MALFORMED},
        {SEQ(TLV(0xA0, TLV(0xA0, uri()), TLV(0xA0, uri()))), PV_R_EXTENSION_MALFORMED},
        {SEQ(TLV(0xA0, TLV(0xA1, SEQ(OID("550403"), STR(0x0C, "a"))), NUL())), PV_R_EXTENSION_MALFORMED},
        {SEQ(name, HEX("8100")), PV_R_EXTENSION_MALFORMED},
        {SEQ(name, HEX("81020801")), PV_R_EXTENSION_MALFORMED},
        {SEQ(name, HEX("81020641")), PV_R_EXTENSION_MALFORMED}, /* an unused bit is set */
        {SEQ(HEX("8000"), issuer), PV_R_EXTENSION_MALFORMED},
        {name, PV_R_EXTENSION_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_reason first = read_as(CRL_POINTS, 0, SEQ(cases[i].point, SEQ(name)));
        pv_reason last = read_as(FRESHEST, 0, SEQ(SEQ(name), cases[i].point));
        CHECK_MSG(first == cases[i].want && last == cases[i].want, "number %zu: %u, %u", i, (unsigned)first,
                  (unsigned)last);
    }
}

TEST(name_constraints_keep_their_own_reason) {
    CHECK_IS(read_as(N_CONSTRAINTS, 1, SEQ(TLV(0xA0, SEQ(STR(0x82, "a"), HEX("810100"))))),
             PV_R_NC_MALFORMED); /* a maximum */
    CHECK_IS(field, PV_FIELD_NAME_CONSTRAINTS);
}

/* --- What it costs */

static uint32_t price_of(pv_span list) {
    CHECK_IS(check(list, ALL, RICH), PV_OK);
    return RICH - left.names;
}

/* Exactly enough passes, and nothing is left; any less does not. */
static void edge(pv_span list) {
    uint32_t price = price_of(list);
    CHECK(price > 0);
    CHECK_IS(check(list, ALL, price), PV_OK);
    CHECK_IS(left.names, 0);
    for (uint32_t less = 0; less < price; less++)
        CHECK_IS(check(list, ALL, less), PV_R_BUDGET_NAMES);
}

TEST(reading_is_paid_for_to_the_unit) {
    pv_span long_uri = TLV(0x86, repeat('u', 200));
    pv_span policies[20];
    for (size_t i = 0; i < 20; i++)
        policies[i] = SEQ(TLV(0x06, HEX("2A"), repeat((uint8_t)(i + 1), 40)));
    edge(ext(SUBJECT_NAMES, 0, SEQ(long_uri)));
    edge(ext(CRL_POINTS, 0, SEQ(SEQ(TLV(0xA2, long_uri)))));
    edge(ext(ISSUER_ACCESS, 1, SEQ(SEQ(OID("2A03"), long_uri))));
    edge(ext(POLICIES, 0, tlv(0x30, policies, 20)));
    edge(ext(N_CONSTRAINTS, 1, SEQ(TLV(0xA0, SEQ(TLV(0x82, repeat('a', 60)))))));
    edge(JOIN(ext("2A0304", 0, repeat(0, 200)), ext(INHIBIT_ANY, 0, INT(0)))); /* it is walked over */
}

/* Each policy is compared with those before it: the price grows with their square. */
TEST(many_policies_cost_more_than_their_bytes) {
    pv_span policies[64];
    uint32_t prices[2];
    for (size_t i = 0; i < 64; i++)
        policies[i] = SEQ(TLV(0x06, HEX("2A"), repeat((uint8_t)(i + 1), 28)));
    for (size_t i = 0; i < 2; i++)
        prices[i] = price_of(ext(POLICIES, 0, tlv(0x30, policies, 32u << i)));
    CHECK_MSG(prices[1] > 3 * prices[0], "%u, %u", (unsigned)prices[0], (unsigned)prices[1]);
}

TEST(a_spent_budget_is_not_called_malformed) {
    pv_span list = ext(SUBJECT_NAMES, 0, TLV(0x04, repeat(0, 200)));
    CHECK_IS(check(list, ALL, 0), PV_R_BUDGET_NAMES);
    CHECK(at == NULL); /* nothing was read */
    CHECK_IS(check(list, ALL, RICH), PV_R_EXTENSION_MALFORMED);
}
