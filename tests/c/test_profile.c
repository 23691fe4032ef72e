/* test_profile.c: each certificate rule refuses under its profiles, is noted under the others, and rests
 * otherwise. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "graph.h"
#include "harness.h"
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
