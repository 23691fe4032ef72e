/* test_profile.c: each certificate rule refuses under its profiles, is noted under the others, and rests
 * otherwise. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "graph.h"
#include "harness.h"
#include "path_check.h"
#include "profile.h"

#define EXT(id) PV_EXT_BIT(PV_EXT_##id)

/* Good certificates under every profile, for the rules to be broken on. */
static pv_cert leaf_view, ca_view;

static graph *views(void) {
    graph *g = graph_new();
    leaf_view = *graph_parse(g, "L by I");
    ca_view = *graph_parse(g, "I by R ca");
    return g;
}

static uint8_t role_of(const pv_cert *cert) {
    return (cert->flags & PV_CERT_CA) ? PV_ROLE_INTERMEDIATE : PV_ROLE_TARGET;
}

static pv_reason checked(const pv_cert *cert, uint8_t profile, uint8_t *field) {
    pv_budget rich = GRAPH_POLICY.budget;
    pv_profile_question question = {cert, profile, role_of(cert), PV_PURPOSE_CLIENT_AUTH};
    *field = 0xA5;
    return pv_profile_check(field, &rich, &question);
}

/* The one note that DEVICE makes of it; UNCHECKED if there is none, or more than one. */
static pv_reason noted(const pv_cert *cert, uint8_t profile) {
    pv_reason notes[2] = {0, 0};
    size_t num = pv_profile_notes(notes, 2, cert, profile, role_of(cert));
    return num == 1 && notes[1] == 0 ? notes[0] : PV_R_UNCHECKED;
}

TEST(good_certificates_pass) {
    uint8_t field;
    graph *g = views();
    const uint8_t profiles[] = {PV_PROFILE_RFC5280, PV_PROFILE_DEVICE};
    for (int i = 0; i < 2; i++) {
        CHECK_IS(checked(&leaf_view, profiles[i], &field), PV_OK);
        CHECK_IS(checked(&ca_view, profiles[i], &field), PV_OK);
        CHECK_IS(field, 0xA5);
        CHECK_IS(pv_profile_notes(NULL, 0, &leaf_view, profiles[i], role_of(&leaf_view)), 0);
        CHECK_IS(pv_profile_notes(NULL, 0, &ca_view, profiles[i], role_of(&ca_view)), 0);
    }
    graph_free(g);
}

TEST(profiles_that_are_not_built_refuse) {
    uint8_t field;
    graph *g = views();
    for (unsigned profile = 0; profile < 256; profile++) {
        int known = profile >= PV_PROFILE_RFC5280 && profile <= PV_PROFILE_DEVICE;
        CHECK_IS(pv_profile_known((uint8_t)profile), known);
        if (!known) CHECK_IS(checked(&leaf_view, (uint8_t)profile, &field), PV_R_PROFILE_UNSUPPORTED);
    }
    leaf_view.deviations = PV_DEV_SERIAL_ZERO;
    CHECK_IS(pv_profile_notes(NULL, 0, &leaf_view, PV_PROFILE_WEBPKI, role_of(&leaf_view)), 0);
    CHECK_IS(pv_profile_notes(NULL, 0, &leaf_view, PV_PROFILE_UNSET, role_of(&leaf_view)), 0);
    graph_free(g);
}

static const struct {
    uint32_t deviation;
    pv_reason reason;
    uint8_t field;
} encodings[] = {
    {PV_DEV_SERIAL_NEGATIVE, PV_R_RULE_SERIAL_NEGATIVE, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_SERIAL_ZERO, PV_R_RULE_SERIAL_ZERO, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_SERIAL_TOO_LONG, PV_R_RULE_SERIAL_TOO_LONG, PV_FIELD_SERIAL_NUMBER},
    {PV_DEV_EXPLICIT_DEFAULT, PV_R_RULE_EXPLICIT_DEFAULT, PV_FIELD_EXTENSIONS},
    {PV_DEV_TIME_ENCODING, PV_R_RULE_TIME_ENCODING, PV_FIELD_VALIDITY},
    {PV_DEV_VERSION, PV_R_RULE_VERSION, PV_FIELD_VERSION},
    {PV_DEV_SET_ORDER, PV_R_RULE_SET_ORDER, PV_FIELD_SUBJECT},
    {PV_DEV_UNIQUE_ID, PV_R_RULE_UNIQUE_ID, PV_FIELD_UNIQUE_ID},
    {PV_DEV_EMPTY_EXTENSIONS, PV_R_RULE_EMPTY_EXTENSIONS, PV_FIELD_EXTENSIONS},
    {PV_DEV_PATH_LEN_NOT_CA, PV_R_RULE_PATH_LEN_NOT_CA, PV_FIELD_BASIC_CONSTRAINTS},
    {PV_DEV_KEY_USAGE_EMPTY, PV_R_RULE_KEY_USAGE_EMPTY, PV_FIELD_KEY_USAGE},
    {PV_DEV_KEY_PARAMETERS, PV_R_RULE_KEY_PARAMETERS, PV_FIELD_SUBJECT_PUBLIC_KEY},
    {PV_DEV_DIRECTORY_STRING, PV_R_RULE_DIRECTORY_STRING, PV_FIELD_SUBJECT},
    {PV_DEV_KEY_USAGE_PADDING, PV_R_RULE_KEY_USAGE_PADDING, PV_FIELD_KEY_USAGE},
};
#define NUM_ENCODINGS (sizeof encodings / sizeof *encodings)

TEST(each_deviation_of_the_encoding) {
    uint8_t field;
    graph *g = views();
    for (size_t i = 0; i < NUM_ENCODINGS; i++) {
        leaf_view.deviations = encodings[i].deviation;
        CHECK_IS(checked(&leaf_view, PV_PROFILE_RFC5280, &field), encodings[i].reason);
        CHECK_IS(field, encodings[i].field);
        CHECK_IS(checked(&leaf_view, PV_PROFILE_DEVICE, &field), PV_OK);
        CHECK_IS(noted(&leaf_view, PV_PROFILE_DEVICE), encodings[i].reason);
        CHECK_IS(pv_profile_notes(NULL, 0, &leaf_view, PV_PROFILE_RFC5280, role_of(&leaf_view)), 0);
    }
    graph_free(g);
}

static int is_encoding(pv_reason reason) {
    size_t i = 0;
    while (i < NUM_ENCODINGS && encodings[i].reason != reason)
        i++;
    return i < NUM_ENCODINGS;
}

static int stands_before(const pv_reason *notes, size_t at) {
    size_t i = 0;
    while (i < at && notes[i] != notes[at])
        i++;
    return i < at;
}

TEST(all_notes_are_counted_and_no_more_are_written_than_fit) {
    pv_reason notes[NUM_ENCODINGS + 1];
    graph *g = views();
    leaf_view.deviations = 0x3FFF;
    for (size_t room = 0; room <= NUM_ENCODINGS; room++) {
        memset(notes, 0xA5, sizeof notes);
        CHECK_IS(pv_profile_notes(notes, room, &leaf_view, PV_PROFILE_DEVICE, role_of(&leaf_view)),
                 NUM_ENCODINGS);
        for (size_t i = 0; i < room; i++)
            CHECK(is_encoding(notes[i]) && !stands_before(notes, i));
        CHECK_IS(notes[room], 0xA5A5);
    }
    graph_free(g);
}

/* A rule that the strict profile refuses, and DEVICE notes. */
static void breaks(const pv_cert *cert, pv_reason reason, uint8_t where_) {
    uint8_t field;
    CHECK_IS(checked(cert, PV_PROFILE_RFC5280, &field), reason);
    CHECK_IS(field, where_);
    CHECK_IS(checked(cert, PV_PROFILE_DEVICE, &field), PV_OK);
    CHECK_IS(noted(cert, PV_PROFILE_DEVICE), reason);
}

/* A rule that every profile refuses; nothing that is refused is a note as well. */
static void breaks_everywhere(const pv_cert *cert, pv_reason reason, uint8_t where_) {
    uint8_t field;
    CHECK_IS(checked(cert, PV_PROFILE_RFC5280, &field), reason);
    CHECK_IS(checked(cert, PV_PROFILE_DEVICE, &field), reason);
    CHECK_IS(field, where_);
}

TEST(rules_of_end_entities) {
    uint8_t field;
    graph *g = views();
    pv_cert cert = leaf_view;
    cert.flags |= PV_CERT_EMPTY_NAME;
    breaks(&cert, PV_R_RULE_SAN_NOT_CRITICAL, PV_FIELD_SUBJECT_ALT_NAME);
    cert.critical |= EXT(SUBJECT_ALT_NAME);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = leaf_view;
    cert.key_usage = PV_KU_KEY_CERT_SIGN | PV_KU_DIGITAL_SIGNATURE;
    breaks(&cert, PV_R_RULE_CERT_SIGN_NOT_CA, PV_FIELD_KEY_USAGE);
    cert = leaf_view;
    cert.present |= EXT(NAME_CONSTRAINTS);
    cert.critical |= EXT(NAME_CONSTRAINTS);
    breaks(&cert, PV_R_RULE_NC_NOT_CA, PV_FIELD_NAME_CONSTRAINTS);
    graph_free(g);
}

TEST(rules_of_cas) {
    uint8_t field;
    graph *g = views();
    pv_cert cert = ca_view;
    cert.flags |= PV_CERT_EMPTY_NAME;
    breaks_everywhere(&cert, PV_R_RULE_CA_EMPTY_SUBJECT, PV_FIELD_SUBJECT);
    cert = ca_view;
    cert.deviations = PV_DEV_VERSION;
    breaks_everywhere(&cert, PV_R_RULE_VERSION, PV_FIELD_VERSION);
    cert = ca_view;
    cert.critical &= ~EXT(BASIC_CONSTRAINTS);
    breaks(&cert, PV_R_RULE_CA_NOT_CRITICAL, PV_FIELD_BASIC_CONSTRAINTS);
    cert = ca_view;
    cert.present &= ~EXT(SUBJECT_KEY_ID);
    cert.ski = 0;
    breaks(&cert, PV_R_RULE_SUBJECT_KEY_ID, PV_FIELD_SUBJECT_KEY_ID);
    cert = ca_view;
    cert.present |= EXT(NAME_CONSTRAINTS);
    breaks(&cert, PV_R_RULE_NC_NOT_CRITICAL, PV_FIELD_NAME_CONSTRAINTS);
    cert.critical |= EXT(NAME_CONSTRAINTS);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = ca_view;
    cert.key_usage = PV_KU_KEY_CERT_SIGN; /* is a CA's to have */
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    graph_free(g);
}

TEST(key_identifiers) {
    uint8_t field;
    graph *g = views();
    const pv_cert *bare = graph_parse(g, "L by I noids");
    const pv_cert *self_issued = graph_parse(g, "S by S noids");
    breaks(bare, PV_R_RULE_AUTHORITY_KEY_ID, PV_FIELD_AUTHORITY_KEY_ID);
    CHECK_IS(checked(self_issued, PV_PROFILE_RFC5280, &field), PV_OK); /* it may be self-signed */
    pv_cert cert = leaf_view;
    cert.critical |= EXT(AUTHORITY_KEY_ID);
    breaks(&cert, PV_R_RULE_KEY_ID_CRITICAL, PV_FIELD_EXTENSIONS);
    cert = leaf_view;
    cert.critical |= EXT(SUBJECT_KEY_ID);
    breaks(&cert, PV_R_RULE_KEY_ID_CRITICAL, PV_FIELD_EXTENSIONS);
    graph_free(g);
}

TEST(rules_of_certificates_that_a_line_can_be_bent_into) {
    uint8_t field;
    graph *g = views();
    pv_cert cert = ca_view;
    cert.present &= ~EXT(KEY_USAGE);
    breaks(&cert, PV_R_RULE_KEY_USAGE_MISSING, PV_FIELD_KEY_USAGE);
    cert = ca_view;
    cert.path_len = 0;
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert.key_usage = PV_KU_DIGITAL_SIGNATURE;
    breaks(&cert, PV_R_RULE_PATH_LEN_NO_SIGN, PV_FIELD_BASIC_CONSTRAINTS);
    cert.path_len = PV_NO_PATH_LEN;
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = ca_view;
    cert.present |= EXT(POLICY_CONSTRAINTS);
    breaks(&cert, PV_R_RULE_PC_NOT_CRITICAL, PV_FIELD_POLICY_CONSTRAINTS);
    cert.critical |= EXT(POLICY_CONSTRAINTS);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = ca_view;
    cert.present |= EXT(INHIBIT_ANY_POLICY);
    breaks(&cert, PV_R_RULE_INHIBIT_ANY_NOT_CRITICAL, PV_FIELD_INHIBIT_ANY_POLICY);
    cert.critical |= EXT(INHIBIT_ANY_POLICY);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = leaf_view;
    cert.critical |= EXT(SUBJECT_ALT_NAME);
    breaks(&cert, PV_R_RULE_SAN_CRITICAL, PV_FIELD_SUBJECT_ALT_NAME);
    graph_free(g);
}

/* --- Certificates out of their parts */

static pv_span extension(const char *oid, int critical, pv_span value) {
    return SEQ(OID(oid), critical ? HEX("0101FF") : HEX(""), OCTETS(value));
}

static pv_span rdn(const char *name) {
    return SET(SEQ(OID("550403"), STR(0x0C, name)));
}

static pv_cert made(pv_span subject, pv_span issuer, pv_span extensions) {
    pv_cert cert;
    pv_fault fault;
    pv_span algorithm = HEX("300a06082a8648ce3d040302");
    pv_span spki = JOIN(HEX("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), repeat(7, 64));
    pv_span validity = SEQ(STR(0x17, "200101000000Z"), STR(0x17, "400101000000Z"));
    pv_span list = TLV(0xA3, TLV(0x30, extensions));
    pv_span tbs = SEQ(HEX("a003020102"), INT(1), algorithm, TLV(0x30, issuer), validity, TLV(0x30, subject),
                      spki, list);
    CHECK_IS(pv_cert_parse(&cert, &fault, SEQ(tbs, algorithm, BITS(0, HEX("00")))), PV_OK);
    return cert;
}

static pv_span ski_ext(void) {
    return extension("551D0E", 0, OCTETS(HEX("01")));
}

static pv_span aki_ext(pv_span contents) {
    return extension("551D23", 0, TLV(0x30, contents));
}

static pv_span usage_ext(const char *bits) {
    return extension("551D0F", 1, HEX(bits));
}

static pv_span ca_exts(void) {
    return JOIN(extension("551D13", 1, SEQ(HEX("0101FF"))), usage_ext("03020106"), ski_ext());
}

static pv_span san_ext(pv_span names) {
    return extension("551D11", 0, TLV(0x30, names));
}

static pv_span eku_ext(pv_span oids) {
    return extension("551D25", 0, TLV(0x30, oids));
}

#define KEY_ID      HEX("800101")
#define SERVER_AUTH OID("2B06010505070301")
#define EKU_ANY     OID("551D2500")
#define NOTHING     HEX("")

static pv_span host(const char *name) {
    return STR(0x82, name);
}

/* A server's certificate with all that the web asks for, one part of it as given. */
static pv_cert server_with(pv_span aki, pv_span san, pv_span eku) {
    return made(rdn("Server"), rdn("CA"), JOIN(usage_ext("03020780"), aki, san, eku));
}

static pv_cert good_server(void) {
    return server_with(aki_ext(KEY_ID), san_ext(host("a.example")), eku_ext(SERVER_AUTH));
}

static pv_cert good_ca(pv_span more) {
    return made(rdn("CA"), rdn("Root"), JOIN(ca_exts(), aki_ext(KEY_ID), more));
}

static pv_cert good_root(pv_span more) {
    return made(rdn("Root"), rdn("Root"), JOIN(ca_exts(), more));
}

/* --- RFC 5280 4.2.1.1, 4.2.1.6 */

TEST(authority_key_identifiers_are_whole) {
    pv_span issuer = TLV(0xA1, TLV(0xA4, SEQ(rdn("Root")))), serial = HEX("820105");
    uint8_t field;
    pv_cert cert = server_with(aki_ext(JOIN(KEY_ID, issuer, serial)), NOTHING, NOTHING);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = server_with(aki_ext(JOIN(KEY_ID, issuer)), NOTHING, NOTHING);
    breaks(&cert, PV_R_RULE_AKI_HALF, PV_FIELD_AUTHORITY_KEY_ID);
    cert = server_with(aki_ext(JOIN(KEY_ID, serial)), NOTHING, NOTHING);
    breaks(&cert, PV_R_RULE_AKI_HALF, PV_FIELD_AUTHORITY_KEY_ID);
    cert = server_with(aki_ext(JOIN(issuer, serial)), NOTHING, NOTHING); /* no keyIdentifier in it */
    breaks(&cert, PV_R_RULE_AUTHORITY_KEY_ID, PV_FIELD_AUTHORITY_KEY_ID);
    cert = made(rdn("Server"), NOTHING, aki_ext(KEY_ID));
    breaks(&cert, PV_R_RULE_ISSUER_EMPTY, PV_FIELD_ISSUER);
}

TEST(names_have_the_syntax_of_their_form) {
    const struct {
        pv_span good, bad;
    } cases[] = {
        {host("a.example"), host("a b.example")},
        {host("*.a.example"), host("*")},
        {host("*.example"), host("*.")},
        {host("a.example"), host("*a.example")},
        {STR(0x81, "a@b.example"), STR(0x81, "a")},
        {STR(0x86, "http://a.example/"), STR(0x86, "a")},
        {TLV(0x87, HEX("7F000001")), TLV(0x87, HEX("7F0000"))},
        {TLV(0x87, repeat(1, 16)), TLV(0x87, repeat(1, 8))},
        {TLV(0x88, HEX("2A03")), host("")},
        {TLV(0xA4, EMPTY(0x30)), TLV(0x87, HEX(""))},
    };
    uint8_t field;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_cert cert = server_with(aki_ext(KEY_ID), san_ext(cases[i].good), NOTHING);
        CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
        cert = server_with(aki_ext(KEY_ID), san_ext(JOIN(cases[i].good, cases[i].bad)), NOTHING);
        breaks(&cert, PV_R_RULE_SAN_SYNTAX, PV_FIELD_SUBJECT_ALT_NAME);
    }
    /* What cannot be read is another reader's fault (contents.h), and no rule's. */
    pv_cert cert = server_with(aki_ext(KEY_ID), extension("551D11", 0, NUL()), NOTHING);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
    cert = server_with(aki_ext(KEY_ID), san_ext(HEX("8205")), NOTHING);
    CHECK_IS(checked(&cert, PV_PROFILE_RFC5280, &field), PV_OK);
}

/* --- CA/Browser Forum BR 7.1 */

static pv_reason ask(const pv_cert *cert, uint8_t profile, uint8_t role, uint8_t purpose, uint8_t *field) {
    pv_budget rich = GRAPH_POLICY.budget;
    pv_profile_question question = {cert, profile, role, purpose};
    *field = 0xA5;
    return pv_profile_check(field, &rich, &question);
}

static pv_reason web(const pv_cert *cert, uint8_t role) {
    uint8_t field;
    return ask(cert, PV_PROFILE_WEBPKI, role, PV_PURPOSE_SERVER_AUTH, &field);
}

/* WEBPKI refuses it in this role; the others neither refuse it nor note it. */
static void breaks_web(const pv_cert *cert, uint8_t role, pv_reason reason, uint8_t where_) {
    uint8_t field;
    pv_reason notes[1];
    CHECK_IS(ask(cert, PV_PROFILE_WEBPKI, role, PV_PURPOSE_SERVER_AUTH, &field), reason);
    CHECK_IS(field, where_);
    for (int i = 0; i < 2; i++) {
        uint8_t other = i == 0 ? PV_PROFILE_RFC5280 : PV_PROFILE_DEVICE;
        CHECK_IS(ask(cert, other, role, PV_PURPOSE_SERVER_AUTH, &field), PV_OK);
        CHECK_IS(field, 0xA5);
        CHECK_IS(pv_profile_notes(notes, 1, cert, other, role), 0);
    }
    CHECK_IS(pv_profile_notes(notes, 1, cert, PV_PROFILE_WEBPKI, role), 0); /* refused, not noted */
}

TEST(good_certificates_of_the_web) {
    const uint8_t purposes[] = {PV_PURPOSE_ANY, PV_PURPOSE_SERVER_AUTH, PV_PURPOSE_CLIENT_AUTH};
    pv_cert server = good_server(), ca = good_ca(NOTHING), root = good_root(NOTHING);
    uint8_t field;
    for (size_t i = 0; i < 3; i++) {
        CHECK_IS(ask(&server, PV_PROFILE_WEBPKI, PV_ROLE_TARGET, purposes[i], &field), PV_OK);
        CHECK_IS(ask(&server, PV_PROFILE_WEBPKI, PV_ROLE_UNCONSTRAINED_TARGET, purposes[i], &field), PV_OK);
        CHECK_IS(ask(&ca, PV_PROFILE_WEBPKI, PV_ROLE_INTERMEDIATE, purposes[i], &field), PV_OK);
        CHECK_IS(ask(&root, PV_PROFILE_WEBPKI, PV_ROLE_ANCHOR, purposes[i], &field), PV_OK);
        CHECK_IS(field, 0xA5);
    }
}

/* What RFC 5280 refuses, the web refuses; but for one rule. */
TEST(rules_that_the_web_shares) {
    uint8_t field;
    pv_cert cert;
    for (size_t i = 0; i < NUM_ENCODINGS; i++) {
        cert = good_server();
        cert.deviations = encodings[i].deviation;
        CHECK_IS(ask(&cert, PV_PROFILE_WEBPKI, PV_ROLE_TARGET, PV_PURPOSE_ANY, &field), encodings[i].reason);
        CHECK_IS(field, encodings[i].field);
    }
    cert = good_ca(extension("551D1E", 0, SEQ(TLV(0xA0, SEQ(host("a.example"))))));
    CHECK_IS(ask(&cert, PV_PROFILE_RFC5280, PV_ROLE_INTERMEDIATE, PV_PURPOSE_ANY, &field),
             PV_R_RULE_NC_NOT_CRITICAL);
    CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK); /* BR 7.1.2.10.8 */
}

/* A target, an intermediate and an anchor, each good, and the role it has. */
typedef struct stand {
    pv_cert cert;
    uint8_t role;
} stand;

static void three(stand out[3]) {
    out[0] = (stand){good_server(), PV_ROLE_TARGET};
    out[1] = (stand){good_ca(NOTHING), PV_ROLE_INTERMEDIATE};
    out[2] = (stand){good_root(NOTHING), PV_ROLE_ANCHOR};
}

TEST(versions_and_keys_in_every_role) {
    stand s[3];
    three(s);
    for (int i = 0; i < 3; i++) {
        pv_cert cert = s[i].cert;
        for (uint8_t version = 1; version < 3; version++) {
            cert.version = version;
            breaks_web(&cert, s[i].role, PV_R_BR_VERSION, PV_FIELD_VERSION);
        }
        for (uint8_t alg = 0; alg <= PV_KEY_DSA + 1; alg++) {
            cert = s[i].cert;
            cert.key_alg = alg;
            if (alg == PV_KEY_RSA || (alg >= PV_KEY_P256 && alg <= PV_KEY_P521))
                CHECK_IS(web(&cert, s[i].role), PV_OK);
            else
                breaks_web(&cert, s[i].role, PV_R_BR_KEY, PV_FIELD_SUBJECT_PUBLIC_KEY);
        }
        cert = s[i].cert;
        cert.key_fault = PV_R_KEY_CURVE;
        breaks_web(&cert, s[i].role, PV_R_BR_KEY, PV_FIELD_SUBJECT_PUBLIC_KEY);
    }
}

TEST(sizes_of_rsa_keys_in_every_role) {
    stand s[3];
    three(s);
    for (int i = 0; i < 3; i++) {
        for (uint16_t bits = 2048; bits <= 2056; bits++) {
            pv_cert cert = s[i].cert;
            cert.key_alg = PV_KEY_RSA;
            cert.key_bits = bits;
            if (bits % 8 == 0)
                CHECK_IS(web(&cert, s[i].role), PV_OK);
            else
                breaks_web(&cert, s[i].role, PV_R_BR_RSA_BITS, PV_FIELD_SUBJECT_PUBLIC_KEY);
            cert.key_alg = PV_KEY_P521; /* a curve's size is what it is */
            CHECK_IS(web(&cert, s[i].role), PV_OK);
        }
    }
}

TEST(signatures_in_every_role_but_the_anchors) {
    stand s[3];
    three(s);
    for (int i = 0; i < 3; i++) {
        for (uint8_t alg = PV_SIG_UNKNOWN; alg <= PV_SIG_MAX; alg++) {
            pv_cert cert = s[i].cert;
            cert.sig_alg = alg;
            if (i == 2 || (alg >= PV_SIG_RSA_PKCS1_SHA256 && alg <= PV_SIG_ECDSA_SHA512))
                CHECK_IS(web(&cert, s[i].role), PV_OK);
            else
                breaks_web(&cert, s[i].role, PV_R_BR_SIGNATURE, PV_FIELD_SIGNATURE_ALGORITHM);
        }
    }
}

TEST(no_ca_is_a_target_of_the_web) {
    pv_cert cert = good_ca(JOIN(san_ext(host("a.example")), eku_ext(SERVER_AUTH)));
    breaks_web(&cert, PV_ROLE_TARGET, PV_R_BR_TARGET_CA, PV_FIELD_BASIC_CONSTRAINTS);
    CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK); /* and it may sign lists */
    cert = good_server();
    cert.key_usage |= PV_KU_CRL_SIGN;
    breaks_web(&cert, PV_ROLE_TARGET, PV_R_BR_CRL_SIGN, PV_FIELD_KEY_USAGE);
}

TEST(key_identifiers_of_the_web) {
    pv_span issuer = TLV(0xA1, TLV(0xA4, SEQ(rdn("Root")))), serial = HEX("820105");
    pv_span whole = aki_ext(JOIN(KEY_ID, issuer, serial));
    pv_cert cert = server_with(whole, san_ext(host("a.example")), eku_ext(SERVER_AUTH));
    breaks_web(&cert, PV_ROLE_TARGET, PV_R_BR_AKI_ISSUER, PV_FIELD_AUTHORITY_KEY_ID);
    cert = made(rdn("CA"), rdn("Root"), JOIN(ca_exts(), whole));
    breaks_web(&cert, PV_ROLE_INTERMEDIATE, PV_R_BR_AKI_ISSUER, PV_FIELD_AUTHORITY_KEY_ID);
    cert = good_root(whole);
    breaks_web(&cert, PV_ROLE_ANCHOR, PV_R_BR_AKI_ISSUER, PV_FIELD_AUTHORITY_KEY_ID);
    cert = good_root(aki_ext(KEY_ID)); /* its own */
    CHECK_IS(web(&cert, PV_ROLE_ANCHOR), PV_OK);
    const pv_span others[] = {HEX("800102"), HEX("80020101"), HEX("8000"), NOTHING};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cert = good_root(aki_ext(others[i]));
        breaks_web(&cert, PV_ROLE_ANCHOR, PV_R_BR_ROOT_AKI, PV_FIELD_AUTHORITY_KEY_ID);
        CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK); /* self-issued: a new key under the old one */
    }
    cert = good_ca(NOTHING);
    cert.flags &= (uint8_t)~PV_CERT_SELF_ISSUED;
    CHECK_IS(web(&cert, PV_ROLE_ANCHOR), PV_OK); /* an intermediate that is trusted by itself */
}

TEST(purposes_of_the_web) {
    pv_span ids = aki_ext(KEY_ID), san = san_ext(host("a.example"));
    pv_cert cert = good_root(eku_ext(SERVER_AUTH));
    breaks_web(&cert, PV_ROLE_ANCHOR, PV_R_BR_ROOT_EKU, PV_FIELD_EXTENDED_KEY_USAGE);
    CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK);
    cert = server_with(ids, san, NOTHING);
    breaks_web(&cert, PV_ROLE_TARGET, PV_R_BR_EKU_MISSING, PV_FIELD_EXTENDED_KEY_USAGE);
    const pv_span any[] = {EKU_ANY, JOIN(SERVER_AUTH, EKU_ANY), JOIN(EKU_ANY, SERVER_AUTH),
                           JOIN(EKU_ANY, NUL())};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        cert = server_with(ids, san, eku_ext(any[i]));
        breaks_web(&cert, PV_ROLE_TARGET, PV_R_BR_EKU_ANY, PV_FIELD_EXTENDED_KEY_USAGE);
        pv_cert ca = good_ca(eku_ext(any[i]));
        CHECK_IS(web(&ca, PV_ROLE_INTERMEDIATE), PV_OK);
    }
    cert = server_with(ids, san, eku_ext(JOIN(OID("551D2501"), SERVER_AUTH))); /* near it */
    CHECK_IS(web(&cert, PV_ROLE_TARGET), PV_OK);
    cert = server_with(ids, san, eku_ext(JOIN(NUL(), EKU_ANY))); /* not read that far; refused elsewhere */
    CHECK_IS(web(&cert, PV_ROLE_TARGET), PV_OK);
    cert = server_with(ids, san, extension("551D25", 0, NUL()));
    CHECK_IS(web(&cert, PV_ROLE_TARGET), PV_OK);
}

/* Which rules ask what a server says of itself: under the purpose of servers, or any. */
static void breaks_server(const pv_cert *cert, uint8_t role, pv_reason reason, uint8_t where_) {
    uint8_t field;
    breaks_web(cert, role, reason, where_);
    CHECK_IS(ask(cert, PV_PROFILE_WEBPKI, role, PV_PURPOSE_ANY, &field), reason);
    for (uint8_t purpose = PV_PURPOSE_CLIENT_AUTH; purpose <= PV_PURPOSE_OID; purpose++)
        CHECK_IS(ask(cert, PV_PROFILE_WEBPKI, role, purpose, &field), PV_OK);
}

TEST(what_servers_of_the_web_may_be_used_for) {
    pv_span ids = aki_ext(KEY_ID), san = san_ext(host("a.example"));
    pv_cert cert = good_server();
    cert.key_usage |= 0x02; /* nonRepudiation */
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_KEY_USAGE, PV_FIELD_KEY_USAGE);
    cert = server_with(ids, san, eku_ext(JOIN(SERVER_AUTH, OID("2B06010505070303"))));
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_EKU_FOREIGN, PV_FIELD_EXTENDED_KEY_USAGE);
    cert = server_with(ids, san, extension("551D25", 1, SEQ(SERVER_AUTH)));
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_CRITICAL, PV_FIELD_EXTENSIONS);
    cert = good_server();
    cert.critical |= EXT(CERTIFICATE_POLICIES);
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_CRITICAL, PV_FIELD_EXTENSIONS);
    cert = server_with(ids, san_ext(host("ab--c.example")), eku_ext(SERVER_AUTH));
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_LABEL, PV_FIELD_SUBJECT_ALT_NAME);
    cert = good_ca(extension("551D25", 1, SEQ(SERVER_AUTH, OID("2B06010505070303"))));
    CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK); /* no server's */
}

/* What DEVICE does not read because it is not critical, it reads for a note. */
TEST(contents_are_noted) {
    pv_span ids = aki_ext(KEY_ID), a = host("a.example"), b = host("b.example");
    pv_span policy = SEQ(OID("2A03"));
    pv_cert cert = server_with(ids, san_ext(JOIN(a, b)), extension("551D20", 0, SEQ(policy)));
    CHECK_IS(pv_profile_notes(NULL, 0, &cert, PV_PROFILE_DEVICE, PV_ROLE_TARGET), 0);
    cert = server_with(ids, san_ext(a), extension("551D20", 0, SEQ(policy, policy)));
    CHECK_IS(noted(&cert, PV_PROFILE_DEVICE), PV_R_RULE_POLICY_REPEATED);
    CHECK_IS(pv_profile_notes(NULL, 0, &cert, PV_PROFILE_RFC5280, PV_ROLE_TARGET), 0);
    cert = server_with(ids, san_ext(a), extension("551D1F", 0, NUL()));
    CHECK_IS(noted(&cert, PV_PROFILE_DEVICE), PV_R_EXTENSION_MALFORMED);
    cert = server_with(ids, san_ext(a), extension("551D1F", 1, NUL())); /* critical: refused, no note */
    CHECK_IS(pv_profile_notes(NULL, 0, &cert, PV_PROFILE_DEVICE, PV_ROLE_TARGET), 0);
}

TEST(names_of_the_web) {
    pv_span ids = aki_ext(KEY_ID), eku = eku_ext(SERVER_AUTH), a = host("a.example");
    pv_cert cert = server_with(ids, NOTHING, eku);
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_SAN_MISSING, PV_FIELD_SUBJECT_ALT_NAME);
    cert = server_with(ids, san_ext(JOIN(a, STR(0x81, "a@b.example"))), eku);
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_SAN_FORM, PV_FIELD_SUBJECT_ALT_NAME);
    cert = server_with(ids, san_ext(JOIN(a, host("*.example"))), eku);
    breaks_server(&cert, PV_ROLE_TARGET, PV_R_BR_PUBLIC_SUFFIX, PV_FIELD_SUBJECT_ALT_NAME);
    cert = server_with(ids, san_ext(JOIN(a, host("*.a.example"), TLV(0x87, HEX("7F000001")))), eku);
    CHECK_IS(web(&cert, PV_ROLE_TARGET), PV_OK);
    cert = good_ca(san_ext(JOIN(STR(0x81, "a@b.example"), host("*.example"))));
    CHECK_IS(web(&cert, PV_ROLE_INTERMEDIATE), PV_OK); /* no server's */
    CHECK_IS(web(&cert, PV_ROLE_ANCHOR), PV_OK);
}

static pv_cert server_called(const char *name) {
    return made(
        rdn(name), rdn("CA"),
        JOIN(usage_ext("03020780"), aki_ext(KEY_ID), san_ext(host("a.example")), eku_ext(SERVER_AUTH)));
}

TEST(common_names_wait_for_the_whole_path) {
    pv_cert cert = server_called("b.example");
    CHECK_IS(web(&cert, PV_ROLE_TARGET), PV_OK);
    breaks_server(&cert, PV_ROLE_UNCONSTRAINED_TARGET, PV_R_BR_COMMON_NAME, PV_FIELD_SUBJECT);
    cert = server_called("a.example");
    CHECK_IS(web(&cert, PV_ROLE_UNCONSTRAINED_TARGET), PV_OK);
    cert.deviations = 0x3FFF; /* all else was asked before */
    cert.version = 1;
    cert.key_alg = PV_KEY_UNKNOWN;
    CHECK_IS(web(&cert, PV_ROLE_UNCONSTRAINED_TARGET), PV_OK);
}

/* The path of a target, an intermediate and an anchor, judged at its end. */
static pv_reason whole(const pv_cert *target, const pv_cert *issuer, const pv_anchor *anchor) {
    pv_policy policy = GRAPH_POLICY;
    pv_subject subject = {{NULL, 0}, PV_SUBJECT_ANY};
    pv_budget left = policy.budget;
    pv_rules rules = {
        .policy = &policy, .subject = &subject, .time = {TEST_NOW, PV_TIME_KNOWN}, .left = &left};
    pv_path path = {.certs = {target, issuer}, .len = 2};
    pv_finding finding;
    policy.profile = PV_PROFILE_WEBPKI;
    policy.purpose = PV_PURPOSE_SERVER_AUTH;
    policy.anchor_checks = PV_ANCHOR_NAME_AND_KEY;
    return pv_path_check_anchor(&finding, &rules, &path, anchor);
}

TEST(common_names_below_constraints_are_let_be) {
    pv_cert odd = server_called("b.example"), fine = server_called("a.example");
    pv_cert issuer = good_ca(NOTHING), root = good_root(NOTHING), constrained = issuer;
    pv_anchor anchor, other;
    constrained.present |= EXT(NAME_CONSTRAINTS);
    CHECK_IS(pv_anchor_from_cert(&anchor, &root), PV_OK);
    CHECK_IS(whole(&fine, &issuer, &anchor), PV_OK);
    CHECK_IS(whole(&odd, &issuer, &anchor), PV_R_BR_COMMON_NAME);
    CHECK_IS(whole(&odd, &constrained, &anchor), PV_OK);
    other = anchor;
    other.present |= EXT(NAME_CONSTRAINTS);
    CHECK_IS(whole(&odd, &issuer, &other), PV_OK);
    other = anchor;
    other.name_constraints = SEQ(TLV(0xA0, SEQ(host("b.example"))));
    CHECK_IS(whole(&odd, &issuer, &other), PV_OK);
    odd.present |= EXT(NAME_CONSTRAINTS); /* its own constrain nothing */
    CHECK_IS(whole(&odd, &issuer, &anchor), PV_R_BR_COMMON_NAME);
}

/* BR 7.1.3.2.2 */
TEST(each_curve_has_its_hash) {
    const uint8_t curves[] = {PV_KEY_P256, PV_KEY_P384, PV_KEY_P521};
    for (uint8_t i = 0; i < 3; i++) {
        for (uint8_t alg = PV_SIG_UNKNOWN; alg <= PV_SIG_MAX; alg++) {
            int fits = alg == PV_SIG_ECDSA_SHA256 + i;
            CHECK_IS(pv_profile_fit(PV_PROFILE_WEBPKI, alg, curves[i]), fits ? PV_OK : PV_R_BR_ECDSA_HASH);
            CHECK_IS(pv_profile_fit(PV_PROFILE_RFC5280, alg, curves[i]), PV_OK);
            CHECK_IS(pv_profile_fit(PV_PROFILE_DEVICE, alg, curves[i]), PV_OK);
        }
    }
    for (uint8_t key = 0; key <= PV_KEY_DSA; key++)
        if (key < PV_KEY_P256 || key > PV_KEY_P521)
            CHECK_IS(pv_profile_fit(PV_PROFILE_WEBPKI, PV_SIG_ECDSA_SHA256, key), PV_OK);
}

TEST(wildcards_are_marked_for_the_caller) {
    const struct {
        pv_span san;
        int has;
    } cases[] = {
        {NOTHING, 0},
        {san_ext(host("a.example")), 0},
        {san_ext(host("*.a.example")), 1},
        {san_ext(host("*.example")), 1},
        {san_ext(JOIN(host("a.example"), TLV(0x87, HEX("7F000001")), host("*.b.example"))), 1},
        {san_ext(host("a.*.example")), 0},
        {san_ext(host("")), 0},
        {san_ext(STR(0x81, "*@a.example")), 0},
        {san_ext(TLV(0x87, HEX("2A2E6162"))), 0}, /* "*.ab" */
        {extension("551D11", 0, NUL()), 0},
        {san_ext(JOIN(HEX("8209"))), 0},
    };
    pv_policy policy = GRAPH_POLICY;
    pv_rules rules = {.policy = &policy};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_cert cert = server_with(aki_ext(KEY_ID), cases[i].san, eku_ext(SERVER_AUTH));
        CHECK_MSG(pv_profile_has_wildcard(&cert) == cases[i].has, "number %zu", i);
        for (uint8_t profile = PV_PROFILE_UNSET; profile <= PV_PROFILE_DEVICE; profile++) {
            policy.profile = profile;
            CHECK_IS(pv_path_check_marks(&rules, &cert),
                     cases[i].has && profile == PV_PROFILE_WEBPKI ? PV_MARK_WILDCARD : 0);
        }
    }
}

/* Exactly enough passes; any less does not; DEVICE reads nothing and pays nothing. */
TEST(names_are_paid_for_before_they_are_read) {
    char name[61];
    pv_span names[12];
    memset(name, 'w', 60);
    name[60] = 0;
    for (size_t i = 0; i < 12; i++)
        names[i] = host("a.example");
    pv_cert cert =
        made(JOIN(rdn(name), SET(SEQ(OID("55040A"), STR(0x0C, name)))), rdn("CA"),
             JOIN(usage_ext("03020780"), aki_ext(KEY_ID), san_ext(join(names, 12)), eku_ext(SERVER_AUTH)));
    const uint8_t roles[] = {PV_ROLE_TARGET, PV_ROLE_UNCONSTRAINED_TARGET};
    for (size_t i = 0; i < 2; i++) {
        pv_profile_question question = {&cert, PV_PROFILE_WEBPKI, roles[i], PV_PURPOSE_SERVER_AUTH};
        pv_budget left = {.names = 10000};
        uint8_t field = 0xA5;
        CHECK_IS(pv_profile_check(&field, &left, &question), PV_OK);
        uint32_t price = 10000 - left.names;
        CHECK(price > 12); /* common names times names */
        left.names = price;
        CHECK_IS(pv_profile_check(&field, &left, &question), PV_OK);
        CHECK_IS(left.names, 0);
        for (uint32_t less = 0; less < price; less++) {
            left.names = less;
            CHECK_IS(pv_profile_check(&field, &left, &question), PV_R_BUDGET_NAMES);
        }
        question.profile = PV_PROFILE_DEVICE;
        left.names = 0;
        CHECK_IS(pv_profile_check(&field, &left, &question), PV_OK);
    }
}
