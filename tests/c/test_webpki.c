/* test_webpki.c: what the Baseline Requirements find in one certificate. The views are bare: a subject and a
 * list of names that ends against a page that cannot be read. */
#include "harness.h"
#include "webpki.h"

#define NONE HEX("")

static pv_span dns(const char *name) {
    return STR(0x82, name);
}

static pv_span ip(const char *octets) {
    return TLV(0x87, HEX(octets));
}

static pv_span attribute(const char *oid, uint8_t tag, pv_span value) {
    return SEQ(OID(oid), TLV(tag, value));
}

/* An RDN of one common name. */
static pv_span cn(const char *name) {
    return SET(attribute("550403", PV_DER_UTF8_STRING, text(name)));
}

/* A view of nothing but these RDNs and this extnValue; an empty one: no subjectAltName. */
static pv_cert view_of(pv_span rdns, pv_span san) {
    pv_cert cert;
    memset(&cert, 0, sizeof cert);
    pv_span subject = TLV(0x30, rdns);
    pv_span der = guarded(JOIN(NUL(), subject, san)); /* an offset of 0 is "absent" */
    cert.der = der.data;
    cert.der_len = (uint32_t)der.len;
    cert.subject = 2;
    cert.version = 3;
    if (san.len > 0) {
        cert.san = 2 + (uint32_t)subject.len;
        cert.present = PV_EXT_BIT(PV_EXT_SUBJECT_ALT_NAME);
    }
    return cert;
}

static pv_cert named(pv_span rdns, pv_span names) {
    return view_of(rdns, OCTETS(TLV(0x30, names)));
}

/* --- Keys (6.1.5, 7.1.3.1) */

TEST(keys) {
    pv_cert cert = view_of(NONE, NONE);
    for (unsigned alg = 0; alg < 256; alg++) {
        int want = alg == PV_KEY_RSA || alg == PV_KEY_P256 || alg == PV_KEY_P384 || alg == PV_KEY_P521;
        cert.key_alg = (uint8_t)alg;
        cert.key_fault = PV_OK;
        CHECK_MSG(pv_webpki_key_is_allowed(&cert) == want, "%u", alg);
        cert.key_fault = PV_R_KEY_POINT;
        CHECK(!pv_webpki_key_is_allowed(&cert));
        cert.key_fault = PV_R_UNCHECKED;
        CHECK(!pv_webpki_key_is_allowed(&cert));
    }
}

/* --- keyUsage (7.1.2.7.11) and extKeyUsage (7.1.2.7.10) */

/* Bits as RFC 5280 4.2.1.3 numbers them. */
#define DIGITAL_SIGNATURE 0x001u
#define RSA_BITS          (DIGITAL_SIGNATURE | 0x004u | 0x008u) /* key and data encipherment */
#define ELLIPTIC_BITS     (DIGITAL_SIGNATURE | 0x010u)          /* key agreement */

TEST(every_key_usage_by_the_kind_of_key) {
    pv_cert cert = view_of(NONE, NONE);
    cert.key_alg = PV_KEY_RSA;
    cert.key_usage = 0x002; /* without the extension it says nothing */
    CHECK(pv_webpki_usage_is_allowed(&cert));
    cert.present = PV_EXT_BIT(PV_EXT_KEY_USAGE);
    for (unsigned usage = 0; usage < 512; usage++) {
        int rsa = usage != 0 && (usage | RSA_BITS) == RSA_BITS;
        int elliptic = (usage & DIGITAL_SIGNATURE) && (usage | ELLIPTIC_BITS) == ELLIPTIC_BITS;
        cert.key_usage = (uint16_t)usage;
        cert.key_alg = PV_KEY_RSA;
        CHECK_MSG(pv_webpki_usage_is_allowed(&cert) == rsa, "%x", usage);
        for (uint8_t alg = PV_KEY_P256; alg <= PV_KEY_P521; alg++) {
            cert.key_alg = alg;
            CHECK_MSG(pv_webpki_usage_is_allowed(&cert) == elliptic, "%x", usage);
        }
    }
}

/* The extension stands where the names of the other tests do. */
static int foreign(pv_span extension) {
    pv_cert cert = view_of(NONE, extension);
    cert.eku = cert.san;
    cert.san = 0;
    return pv_webpki_has_foreign_eku(&cert);
}

TEST(purposes_that_no_server_has) {
    const char *const bad[] = {"2B06010505070303", "2B06010505070304", "2B06010505070308", "2B06010505070309",
                               "2B06010401D679020404"};
    const char *const good[] = {"2B06010505070301",
                                "2B06010505070302",
                                "2B0601050507030E",
                                "2B060105050703",
                                "551D2500",
                                "2B06010401D679020405",
                                "2A03",
                                "2B0601050507030300"};
    pv_span server = OID("2B06010505070301");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(foreign(OCTETS(SEQ(OID(bad[i])))), "%s", bad[i]);
        CHECK_MSG(foreign(OCTETS(SEQ(server, OID(bad[i])))), "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(!foreign(OCTETS(SEQ(server, OID(good[i])))), "%s", good[i]);
    CHECK(!foreign(NONE));                                 /* absent */
    CHECK(!foreign(OCTETS(EMPTY(0x30))));                  /* what cannot be read is refused elsewhere */
    CHECK(!foreign(OCTETS(SEQ(server, HEX("0605")))));     /* breaks off */
    CHECK(foreign(OCTETS(SEQ(OID(bad[0]), HEX("0605"))))); /* found before the fault */
}

/* --- Names (7.1.2.7.12, 3.2.2.6) */

static int reserved(pv_span names) {
    pv_cert cert = named(NONE, names);
    return pv_webpki_has_reserved_label(&cert);
}

TEST(reserved_labels) {
    const char *const bad[] = {"ab--",   "ab--c.example", "a.ab--c", "a.zn--c.example", "*.xm--c.example",
                               "xa--.b", "----",          "n---.a",  "xn--a.an--b"};
    const char *const good[] = {"xn--a",    "XN--a.example", "Xn--a.b", "a.xN--b.c", "a--b.example",
                                "abc--d.a", "ab-c.d--ef",    "ab-.-c",  "ab-",       "",
                                ".",        "...--"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(reserved(dns(bad[i])), "%s", bad[i]);
        CHECK_MSG(reserved(JOIN(ip("61622D2D"), dns("a.example"), dns(bad[i]))), "%s", bad[i]);
        CHECK_MSG(!reserved(STR(0x81, bad[i])) && !reserved(STR(0x86, bad[i])), "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(!reserved(dns(good[i])), "%s", good[i]);
    CHECK(!reserved(ip("61622D2D"))); /* "ab--" as octets of an address */
}

static int hosts(pv_span names) {
    pv_cert cert = named(NONE, names);
    return pv_webpki_names_are_hosts(&cert);
}

TEST(every_name_is_a_host) {
    const pv_span others[] = {STR(0x81, "a@b.example"),
                              STR(0x86, "http://a.example"),
                              TLV(0x88, HEX("2A03")),
                              TLV(0xA4, EMPTY(0x30)),
                              TLV(0xA3, NUL()),
                              TLV(0xA5, NUL()),
                              TLV(0xA0, OID("2A03"), TLV(0xA0, NUL()))};
    CHECK(hosts(dns("a.example")) && hosts(ip("7F000001")));
    CHECK(hosts(JOIN(dns("a.example"), ip("7F000001"), dns("*.b.example"))));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK_MSG(!hosts(others[i]), "number %zu", i);
        CHECK_MSG(!hosts(JOIN(others[i], dns("a.example"))), "number %zu", i);
        CHECK_MSG(!hosts(JOIN(dns("a.example"), ip("7F000001"), others[i])), "number %zu", i);
    }
}

static int tld(pv_span names) {
    pv_cert cert = named(NONE, names);
    return pv_webpki_has_tld_wildcard(&cert);
}

TEST(wildcards_below_a_top_level_domain) {
    const char *const bad[] = {"*.example", "*.x", "*.EXAMPLE", "*.xn--a"};
    const char *const good[] = {"*.a.example", "a.example", "example", "a*.example", "*example",
                                "*",           "*.",        "",        "*.example.", "a.*.example"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(tld(dns(bad[i])), "%s", bad[i]);
        CHECK_MSG(tld(JOIN(ip("2A2E6162"), dns("a.example"), dns(bad[i]))), "%s", bad[i]);
        CHECK_MSG(!tld(STR(0x81, bad[i])) && !tld(STR(0x86, bad[i])), "%s", bad[i]); /* of another form */
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(!tld(dns(good[i])), "%s", good[i]);
    CHECK(!tld(ip("2A2E6162"))); /* "*.ab" as octets of an address */
}

TEST(names_that_cannot_be_read) {
    const pv_span sans[] = {NONE,
                            OCTETS(NONE),
                            OCTETS(EMPTY(0x30)),
                            OCTETS(JOIN(SEQ(dns("a")), NUL())),
                            OCTETS(SEQ(HEX("8205"))),
                            OCTETS(SEQ(dns("a.example"), TLV(0x82, HEX("80"))))};
    for (size_t i = 0; i < sizeof sans / sizeof *sans; i++) {
        pv_cert cert = view_of(cn("b.example"), sans[i]);
        CHECK_MSG(!pv_webpki_names_are_hosts(&cert), "number %zu", i);
        CHECK_MSG(!pv_webpki_has_tld_wildcard(&cert), "number %zu", i);
        CHECK_MSG(!pv_webpki_has_reserved_label(&cert), "number %zu", i);
        /* No list: no name that this one could have been. A list that breaks off: doubt refuses. */
        CHECK_MSG(pv_webpki_common_name_stands_in_san(&cert) == (i < 4), "number %zu", i);
    }
    CHECK(tld(JOIN(dns("*.example"), HEX("8205")))); /* found before the fault */
}

/* --- Common names (7.1.4.3) */

static int stands(pv_span rdns, pv_span names) {
    pv_cert cert = named(rdns, names);
    return pv_webpki_common_name_stands_in_san(&cert);
}

static const struct {
    const char *octets, *text;
    const char *wrong[6];
} addresses[] = {
    {"00000000", "0.0.0.0", {"0.0.0", "0.0.0.00", "0", "00.0.0.0", "0x0"}},
    {"C0000201", "192.0.2.1", {"192.0.2.01", "192.000.2.1", "3221225985", "0xC0000201", "192.0.2.2"}},
    {"FFFFFFFF", "255.255.255.255", {"255.255.255.25", "255.255.255.2555", "4294967295", "0xffffffff"}},
    {"0A640009", "10.100.0.9", {"10.100.9", "010.100.0.9", " 10.100.0.9"}},
    /* RFC 5952 4.2.1: as short as can be; all zeros */
    {"0000 0000 0000 0000 0000 0000 0000 0000", "::", {"0::", "::0", "0:0:0:0:0:0:0:0", ":", ":::", "0"}},
    {"0000 0000 0000 0000 0000 0000 0000 0001", "::1", {"0::1", "::01", "0:0:0:0:0:0:0:1", "::0:1"}},
    {"0001 0000 0000 0000 0000 0000 0000 0000", "1::", {"1::0", "1:0:0:0:0:0:0:0", "1:", "01::"}},
    {"2001 0DB8 0000 0000 0000 0000 0002 0001",
     "2001:db8::2:1",
     {"2001:db8::0:2:1", "2001:db8:0::2:1", "2001:db8:0:0:0:0:2:1"}},
    /* 4.2.2: a single group of zeros is not shortened */
    {"2001 0DB8 0000 0001 0001 0001 0001 0001",
     "2001:db8:0:1:1:1:1:1",
     {"2001:db8::1:1:1:1:1", "2001:db8:0000:1:1:1:1:1"}},
    {"0001 0000 0002 0000 0003 0000 0004 0000", "1:0:2:0:3:0:4:0", {"1::2:0:3:0:4:0", "1:0:2:0:3:0:4:"}},
    {"0000 0001 0002 0003 0004 0005 0006 0007", "0:1:2:3:4:5:6:7", {"::1:2:3:4:5:6:7", ":1:2:3:4:5:6:7"}},
    /* 4.2.3: the longest run; of equal ones the first */
    {"2001 0000 0000 0001 0000 0000 0000 0001", "2001:0:0:1::1", {"2001::1:0:0:0:1", "2001::1::1"}},
    {"2001 0DB8 0000 0000 0001 0000 0000 0001",
     "2001:db8::1:0:0:1",
     {"2001:db8:0:0:1::1", "2001:db8::1::1", "2001:db8:0:0:1:0:0:1"}},
    {"0000 0000 0001 0002 0003 0004 0000 0000", "::1:2:3:4:0:0", {"0:0:1:2:3:4::"}},
    {"0001 0002 0003 0004 0005 0006 0000 0000", "1:2:3:4:5:6::", {"1:2:3:4:5:6:0:0"}},
    /* 4.1: no leading zeros; 4.3: lower case */
    {"2001 0DB8 00AA 000B 0C0C D00D 000E 00F0",
     "2001:db8:aa:b:c0c:d00d:e:f0",
     {"2001:0db8:aa:b:c0c:d00d:e:f0", "2001:db8:AA:b:c0c:d00d:e:f0", "2001:DB8:aa:b:c0c:d00d:e:f0",
      "2001:db8:aa:b:c0c:d00d:e:F0", "[2001:db8:aa:b:c0c:d00d:e:f0]"}},
    {"FFFF FFFF FFFF FFFF FFFF FFFF FFFF FFFF",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     {"FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff",
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff0"}},
    /* 5 speaks of mixed notation where the prefix is known from elsewhere: here it is not written */
    {"0000 0000 0000 0000 0000 FFFF C000 0201", "::ffff:c000:201", {"::ffff:192.0.2.1", "192.0.2.1"}},
};

TEST(an_address_has_one_spelling) {
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        pv_span san = ip(addresses[i].octets);
        CHECK_MSG(stands(cn(addresses[i].text), san), "%s", addresses[i].text);
        CHECK_MSG(stands(cn(addresses[i].text), JOIN(ip("01020304"), dns("a.example"), san)), "%s",
                  addresses[i].text);
        CHECK_MSG(!stands(cn(addresses[i].text), ip("01020304")), "%s", addresses[i].text);
        for (size_t n = 0; n < 6 && addresses[i].wrong[n] != NULL; n++)
            CHECK_MSG(!stands(cn(addresses[i].wrong[n]), san), "%s", addresses[i].wrong[n]);
    }
}

static unsigned group_at(const uint8_t *octets, unsigned i) {
    return (unsigned)octets[2 * i] << 8 | octets[2 * i + 1];
}

static unsigned zeros_from(const uint8_t *octets, unsigned from, unsigned len) {
    unsigned i = 0;
    while (i < len && group_at(octets, from + i) == 0)
        i++;
    return i;
}

/* RFC 5952 4.2 by its words: of all runs, longest first, then leftmost, the first that is all zeros. */
static void spell(char *out, const uint8_t *octets) {
    unsigned len = 8, start = 0;
    while (len > 1 && zeros_from(octets, start, len) < len) {
        if (start + len == 8) {
            len--;
            start = 0;
        } else {
            start++;
        }
    }
    out[0] = 0;
    for (unsigned i = 0; i < 8; i++) {
        int in_run = len > 1 && i >= start && i < start + len;
        if (in_run && i == start) strcat(out, "::");
        if (in_run) continue;
        if (i > 0 && out[strlen(out) - 1] != ':') strcat(out, ":");
        sprintf(out + strlen(out), "%x", group_at(octets, i));
    }
}

/* Every way to lay zeros among the eight groups, with short and long ones between. */
TEST(every_pattern_of_zeros) {
    const unsigned fillers[] = {0x1, 0x20, 0xABC, 0xFFFF};
    for (unsigned pattern = 0; pattern < 256 * 4; pattern++) {
        uint8_t octets[16];
        char spelled[48];
        for (unsigned i = 0; i < 8; i++) {
            unsigned group = pattern >> i & 1 ? fillers[((pattern >> 8) + i) % 4] : 0;
            octets[2 * i] = (uint8_t)(group >> 8);
            octets[2 * i + 1] = (uint8_t)group;
        }
        spell(spelled, octets);
        pv_span san = TLV(0x87, ((pv_span){octets, 16}));
        CHECK_MSG(stands(cn(spelled), san), "%s", spelled);
        spelled[strlen(spelled) - 1] = 0;
        CHECK_MSG(!stands(cn(spelled), san), "%s", spelled);
    }
}

TEST(addresses_of_no_known_length) {
    CHECK(!stands(cn("1.2.3"), ip("010203")));
    CHECK(!stands(cn("1.2.3.4"), ip("0102030405")));
    CHECK(!stands(cn("::"), ip("")));
    CHECK(!stands(cn("1:2:3:4:5:6:7:8"), ip("0001 0002 0003 0004 0005 0006 0007 0008 00")));
}

TEST(hosts_stand_character_for_character) {
    CHECK(stands(cn("a.example"), dns("a.example")));
    CHECK(stands(cn("a.example"), JOIN(ip("7F000001"), dns("b.example"), dns("a.example"))));
    CHECK(stands(cn("*.example.org"), dns("*.example.org")));
    CHECK(!stands(cn("A.example"), dns("a.example"))); /* the same host, another spelling */
    CHECK(!stands(cn("a.example."), dns("a.example")));
    CHECK(!stands(cn("a.exampl"), dns("a.example")));
    CHECK(!stands(cn("a.example "), dns("a.example")));
    CHECK(!stands(cn("b.example.org"), dns("*.example.org"))); /* a wildcard is no list of names */
    CHECK(!stands(cn("a.example"), JOIN(dns("b.example"), STR(0x86, "a.example")))); /* of another form */
    CHECK(stands(cn("0x7f000001"), dns("0x7f000001"))); /* it stands there as it is */
}

/* Only hosts can stand for a host, and only addresses for an address. */
TEST(a_common_name_without_rivals_of_its_kind) {
    const char *const for_hosts[] = {"a.example", "gateway1", "a.0x1", "a.example.", "1.2.3.4.",
                                     ".",         "x0.1a",    "0y1",   "1.2.3.4a"};
    const char *const for_addresses[] = {"1.2.3.4",    "::1", "a:b", "1",     "12345", "a.1",
                                         "0x7f000001", "0X1", "0x",  "[::1]", "0xzz",  "1.2.3.4:80"};
    for (size_t i = 0; i < sizeof for_hosts / sizeof *for_hosts; i++) {
        CHECK_MSG(stands(cn(for_hosts[i]), ip("7F000001")), "%s", for_hosts[i]);
        CHECK_MSG(stands(cn(for_hosts[i]), STR(0x81, "a@b.example")), "%s", for_hosts[i]);
        CHECK_MSG(!stands(cn(for_hosts[i]), dns("z.example")), "%s", for_hosts[i]);
    }
    for (size_t i = 0; i < sizeof for_addresses / sizeof *for_addresses; i++) {
        CHECK_MSG(stands(cn(for_addresses[i]), dns("z.example")), "%s", for_addresses[i]);
        CHECK_MSG(!stands(cn(for_addresses[i]), ip("7F000001")), "%s", for_addresses[i]);
        CHECK_MSG(!stands(cn(for_addresses[i]), JOIN(dns("z.example"), ip("7F000001"))), "%s",
                  for_addresses[i]);
    }
}

TEST(what_can_be_no_host_is_passed_over) {
    const char *const words[] = {"localhost", "Device", "a-b", "Some Company", "", "x"};
    const char *const maybe[] = {"gateway7", "a.b", "a:b", "caf\xC3\xA9", "\xEF\xBC\x8E", "7"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        CHECK_MSG(stands(cn(words[i]), JOIN(dns("z.example"), ip("7F000001"))), "%s", words[i]);
    for (size_t i = 0; i < sizeof maybe / sizeof *maybe; i++)
        CHECK_MSG(!stands(cn(maybe[i]), JOIN(dns("z.example"), ip("7F000001"))), "%s", maybe[i]);
}

TEST(types_of_string) {
    for (unsigned tag = 1; tag < 0x1F; tag++) {
        int plain = tag == PV_DER_UTF8_STRING || tag == PV_DER_PRINTABLE_STRING || tag == PV_DER_IA5_STRING;
        pv_span host = SET(attribute("550403", (uint8_t)tag, text("a.example")));
        pv_span word = SET(attribute("550403", (uint8_t)tag, text("word")));
        CHECK_MSG(stands(host, dns("a.example")) == plain, "%u", tag);
        CHECK_MSG(stands(word, dns("a.example")) == plain, "%u", tag); /* its octets may spell anything */
        CHECK_MSG(stands(word, dns("word")) == plain, "%u", tag);
    }
    /* A BMPString (X.680: two octets each) of a host, and what its octets look like. */
    pv_span wide = SET(attribute("550403", PV_DER_BMP_STRING, HEX("0061 002E 0062")));
    CHECK(!stands(wide, dns("a.b")) && !stands(wide, TLV(0x82, HEX("0061002E0062"))));
}

/* "Exactly one entry": two are too many, whatever they say. */
TEST(one_common_name_at_most) {
    pv_span names = JOIN(dns("a.example"), dns("b.example"), ip("7F000001"));
    pv_span in_one_rdn =
        SET(attribute("550403", 0x0C, text("a.example")), attribute("550403", 0x0C, text("b.example")));
    pv_span with_another =
        SET(attribute("550403", 0x0C, text("a.example")), attribute("55040A", 0x0C, text("b.example")));
    CHECK(stands(NONE, names));
    CHECK(stands(cn("a.example"), names) && stands(with_another, names));
    CHECK(!stands(JOIN(cn("a.example"), cn("b.example")), names));
    CHECK(!stands(JOIN(cn("a.example"), cn("a.example")), names));
    CHECK(!stands(JOIN(cn("a.example"), cn("word")), names));
    CHECK(!stands(JOIN(cn("word"), cn("word")), names));
    CHECK(!stands(in_one_rdn, names));
    CHECK(!stands(JOIN(cn("word"), SET(attribute("550403", 0x1E, HEX("0061")))), names));
}

TEST(other_attributes_are_nobodys_names) {
    const char *const types[] = {"55040A", "55040B", "550404", "5504", "55040300", "2A864886F70D010901"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        pv_span other = SET(attribute(types[i], 0x0C, text("c.example")));
        CHECK_MSG(stands(other, dns("a.example")), "%s", types[i]);
        CHECK_MSG(stands(JOIN(other, cn("a.example")), dns("a.example")), "%s", types[i]);
        CHECK_MSG(!stands(JOIN(other, cn("c.example")), dns("a.example")), "%s", types[i]);
    }
}
