/* test_subject.c: service identity, a line a case (see named_cert.h for the words). */
#include "harness.h"
#include "named_cert.h"
#include "subject.h"

#define LONG63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static out cert_der;

#define DNS   PV_SUBJECT_DNS
#define IP    PV_SUBJECT_IP
#define URI   PV_SUBJECT_URI
#define EMAIL PV_SUBJECT_EMAIL

#define GOOD     PV_OK
#define MISMATCH PV_R_SUBJECT_MISMATCH
#define UNSET    PV_R_SUBJECT_UNSET
#define MISSING  PV_R_SAN_MISSING
#define BAD_SAN  PV_R_SAN_MALFORMED

static pv_span span_of(const char *text) {
    pv_span s;
    s.data = (const uint8_t *)text;
    s.len = strlen(text);
    return s;
}

typedef struct test_case {
    int kind;
    const char *subject; /* characters; of an IP: hexadecimal octets */
    const char *names;
    pv_reason want;
} test_case;

static const test_case cases[] = {
    /* DNS (RFC 9525 6.3) */
    {DNS, "a.example.com", "dns:a.example.com", GOOD},
    {DNS, "A.Example.COM", "dns:a.example.com", GOOD},
    {DNS, "a.example.com", "dns:A.EXAMPLE.com", GOOD},
    {DNS, "a.example.com", "dns:example.com", MISMATCH},
    {DNS, "example.com", "dns:a.example.com", MISMATCH},
    {DNS, "a.example.com", "dns:other.com dns:a.example.com", GOOD},
    {DNS, "a.example.com", "dns:a.example.com dns:other.com", GOOD},
    {DNS, "localhost", "dns:localhost", GOOD},
    {DNS, "a.example.com", "dns:*.example.com", GOOD},
    {DNS, "A.EXAMPLE.COM", "dns:*.example.com", GOOD},
    {DNS, "example.com", "dns:*.example.com", MISMATCH},
    {DNS, "b.a.example.com", "dns:*.example.com", MISMATCH},
    {DNS, "b.a.example.com", "dns:*.a.example.com", GOOD},
    {DNS, "a.notexample.com", "dns:*.example.com", MISMATCH},
    {DNS, "xn--caf-dma.example.com", "dns:*.example.com", GOOD},
    {DNS, "xn--caf-dma.example.com", "dns:XN--caf-dma.example.com", GOOD},
    {DNS, "xn--caf-dma.example.com", "dns:xn--*.example.com", MISMATCH},
    {DNS, "a.example.com", "uri:http://a.example.com mail:a@a.example.com", MISMATCH},
    {DNS, "a.example.com", "cn:a.example.com ip:c0000201", MISMATCH},

    /* presented names that are none match nothing and stop nothing */
    {DNS, "example.com", "dns:*.com", MISMATCH},
    {DNS, "localhost", "dns:*", MISMATCH},
    {DNS, "foo.example.com", "dns:f*.example.com", MISMATCH},
    {DNS, "foo.example.com", "dns:foo*.example.com", MISMATCH},
    {DNS, "foo.example.com", "dns:foo.*.com", MISMATCH},
    {DNS, "a.b.example.com", "dns:*.*.example.com", MISMATCH},
    {DNS, "a.example.com", "dns:**.example.com", MISMATCH},
    {DNS, "a.example.com", "dns:a.example.com.", MISMATCH},
    {DNS, "a.example.com", "dns:.a.example.com", MISMATCH},
    {DNS, "a.example.com", "dns:*.example.com.", MISMATCH},
    {DNS, "a.example.com", "dns:*..example.com", MISMATCH},
    {DNS, "a.example.com", "dns: dns:a_b.com dns:192.0.2.1 dns:* dns:a.example.com", GOOD},
    {DNS, "a.example.com", "dns: dns:a_b.com dns:192.0.2.1 dns:*", MISMATCH},
    {DNS, "a.example.com", "mail:a@b@c uri: dns:a.example.com", GOOD},

    /* references that are none */
    {DNS, "", "dns:a.com", UNSET},
    {DNS, "a.com.", "dns:a.com", UNSET},
    {DNS, ".a.com", "dns:a.com", UNSET},
    {DNS, "*.example.com", "dns:*.example.com", UNSET},
    {DNS, "a_b.example.com", "dns:a_b.example.com", UNSET},
    {DNS, "192.0.2.1", "dns:192.0.2.1", UNSET},
    {DNS, "-a.com", "dns:-a.com", UNSET},
    {DNS, "a-.com", "dns:a-.com", UNSET},
    {DNS, "caf\xC3\xA9.com", "dns:caf.com", UNSET},
    {DNS, LONG63 "x.com", "dns:" LONG63 "x.com", UNSET},
    {DNS, LONG63 ".com", "dns:" LONG63 ".com", GOOD},

    /* IP: octet by octet, and never a dNSName */
    {IP, "c0000201", "ip:c0000201", GOOD},
    {IP, "c0000201", "ip:c0000202", MISMATCH},
    {IP, "c0000201", "dns:192.0.2.1", MISMATCH},
    {IP, "c0000201", "ip:00000000000000000000ffffc0000201", MISMATCH},
    {IP, "00000000000000000000000000000001", "ip:00000000000000000000000000000001", GOOD},
    {IP, "00000000000000000000000000000001", "ip:00000000000000000000000000000002", MISMATCH},
    {IP, "c0000201", "ip:c0000201 ip:c00002", BAD_SAN},
    {IP, "c0000201", "ip:c0000201ffffff00", BAD_SAN},
    {IP, "c0000201", "ip:", BAD_SAN},
    {DNS, "a.com", "dns:a.com ip:c00002", BAD_SAN},
    {IP, "c00002", "ip:c00002", UNSET},
    {IP, "", "ip:c0000201", UNSET},
    {IP, "c000020101", "ip:c0000201", UNSET},

    /* URI: whole */
    {URI, "spiffe://example.org/a", "uri:spiffe://example.org/a", GOOD},
    {URI, "spiffe://example.org/a", "uri:spiffe://example.org/A", MISMATCH},
    {URI, "spiffe://example.org/a", "uri:spiffe://example.org/a/", MISMATCH},
    {URI, "spiffe://example.org/a", "uri:spiffe://example.org/", MISMATCH},
    {URI, "spiffe://example.org/a", "uri:SPIFFE://EXAMPLE.org/a", MISMATCH},
    {URI, "urn:a", "uri:urn:a", GOOD},
    {URI, "urn:a", "dns:urn", MISMATCH},
    {URI, "urn:a", "dns:urn:a", MISMATCH},
    {IP, "61626364", "dns:abcd", MISMATCH},
    {URI, "urn:", "uri:urn:", UNSET},
    {URI, ":a", "uri::a", UNSET},
    {URI, "1a:b", "uri:1a:b", UNSET},
    {URI, "example.com", "uri:example.com", UNSET},
    {URI, "http://a b", "dns:a.com", UNSET},
    {URI, "http://a\\b", "uri:http://a\\b", UNSET},
    {URI, "", "uri:", UNSET},

    /* mailboxes */
    {EMAIL, "a@example.com", "mail:a@example.com", GOOD},
    {EMAIL, "a@EXAMPLE.com", "mail:a@example.COM", GOOD},
    {EMAIL, "A@example.com", "mail:a@example.com", MISMATCH},
    {EMAIL, "a@example.com", "mail:b@example.com", MISMATCH},
    {EMAIL, "a@example.com", "mail:a@sub.example.com", MISMATCH},
    {EMAIL, "a@example.com", "mail:*@example.com", MISMATCH},
    {EMAIL, "*@example.com", "mail:*@example.com", GOOD},
    {EMAIL, "a@example.com", "mail:\"a\"@example.com", MISMATCH},
    {EMAIL, "\"a b\"@example.com", "mail:\"ab\"@example.com", MISMATCH},
    {EMAIL, "a@example.com", "cn:x email:a@example.com dns:example.com", MISMATCH},
    {EMAIL, "a@example.com", "mail:a@b@c mail:a@example.com", GOOD},
    {EMAIL, "a@example.com", "smtp:a@example.com", MISMATCH}, /* RFC 9598 3: not its form */
    {EMAIL, "\xC3\xA9@example.com", "smtp:\xC3\xA9@example.com", GOOD},
    {EMAIL, "\xC3\xA9@Example.com", "smtp:\xC3\xA9@example.com", GOOD},
    {EMAIL, "\xC3\xA9@example.com", "smtp:e\xCC\x81@example.com", MISMATCH}, /* no normalisation */
    {EMAIL, "\xC3\xA9@example.com", "smtp:\xC3\x89@example.com", MISMATCH},
    {EMAIL, "\xC3\xA9@example.com", "other:\xC3\xA9@example.com", MISMATCH},
    {EMAIL, "\xC3\xA9@example.com", "mail:\xC3\xA9@example.com", BAD_SAN},
    {EMAIL, "a@example.com", "mail:a@example.com smtpia5:a", BAD_SAN},
    {EMAIL, "\xC3@example.com", "smtp:\xC3\xA9@example.com", UNSET},
    {EMAIL, "\xC3\xA9@\xC3\xA9.com", "smtp:\xC3\xA9@example.com", UNSET},
    {EMAIL, "example.com", "mail:a@example.com", UNSET},
    {EMAIL, "a@b@example.com", "mail:a@b@example.com", UNSET},
    {EMAIL, "@example.com", "mail:a@example.com", UNSET},
    {EMAIL, "a@", "mail:a@example.com", UNSET},
    {EMAIL, "a@[192.0.2.1]", "mail:a@[192.0.2.1]", UNSET},
    {EMAIL, "", "mail:", UNSET},

    /* any subject, and none */
    {PV_SUBJECT_ANY, "", "dns:a.com", GOOD},
    {PV_SUBJECT_ANY, "", "cn:a.com", GOOD},
    {PV_SUBJECT_ANY, "", "dns:a_b dir:foo rid:\x2A\x03 x400: edi: other:x", GOOD},
    {PV_SUBJECT_ANY, "", "ip:00", BAD_SAN},
    {PV_SUBJECT_ANY, "", "san", BAD_SAN},
    {PV_SUBJECT_UNSET, "a.com", "dns:a.com", UNSET},
    {6, "a.com", "dns:a.com", UNSET},
    {255, "a.com", "dns:a.com", UNSET},
    {DNS, "a.com", "cn:a.com", MISSING},
    {IP, "c0000201", "cn:a.com", MISSING},

    /* a SAN that cannot be read, before and after a match */
    {DNS, "a.com", "san", BAD_SAN},
    {DNS, "a.com", "raw:8203", BAD_SAN},
    {DNS, "a.com", "dns:a.com raw:8203", BAD_SAN},
    {DNS, "a.com", "dns:a.com raw:8900", BAD_SAN},
    {DNS, "a.com", "raw:8205FF2E636F6D dns:a.com", BAD_SAN},
    {DNS, "a.com", "dns:a.com rid:\x80", BAD_SAN},
};

static pv_reason check(const test_case *c, uint32_t *names, const uint8_t **at) {
    static out value;
    pv_budget budget;
    pv_subject subject;
    pv_cert cert;
    pv_reason reason;
    memset(&budget, 0, sizeof budget);
    budget.names = *names;
    value.len = 0;
    if (c->kind == IP) put_hex(&value, c->subject, strlen(c->subject));
    subject.kind = (uint8_t)c->kind;
    subject.value = span_of(c->subject);
    if (c->kind == IP) subject.value.data = value.data;
    if (c->kind == IP) subject.value.len = value.len;
    if (make_cert(&cert_der, &cert, c->names) != PV_OK) return PV_R_CERT_UNREADABLE;
    reason = pv_subject_check(at, &budget, &subject, &cert);
    *names = budget.names;
    return reason;
}

TEST(every_case) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t rich = 1000;
        const uint8_t *at;
        pv_reason got = check(&cases[i], &rich, &at);
        CHECK_MSG(got == cases[i].want, "%d [%s] in [%s]: %u, not %u", cases[i].kind, cases[i].subject,
                  cases[i].names, (unsigned)got, (unsigned)cases[i].want);
    }
}

/* Budget: one for each name; exactly enough passes, one less does not. */
TEST(budget_edges) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t left = 1000, spent;
        const uint8_t *at;
        pv_reason got = check(&cases[i], &left, &at);
        spent = 1000 - left;
        left = spent;
        CHECK_MSG(check(&cases[i], &left, &at) == got && left == 0, "[%s] in [%s]", cases[i].subject,
                  cases[i].names);
        if (spent == 0) continue;
        left = spent - 1;
        CHECK_MSG(check(&cases[i], &left, &at) == PV_R_BUDGET_NAMES, "[%s] in [%s]", cases[i].subject,
                  cases[i].names);
    }
}

TEST(budget_counts) {
    static const test_case three = {DNS, "a.com", "dns:a.com dns:b.com ip:c0000201", PV_OK};
    uint32_t left = 3;
    const uint8_t *at;
    CHECK(check(&three, &left, &at) == PV_OK && left == 0 && at == NULL);
}

/* Law: names added to a certificate never turn a match into a mismatch, nor one unreadable name into none. */
TEST(more_names) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        char more[300];
        uint32_t rich = 1000;
        const uint8_t *at;
        test_case c = cases[i];
        if (c.want != GOOD && c.want != BAD_SAN) continue;
        if (strcmp(c.names, "san") == 0) continue;
        strcpy(more, "dns:zz.example mail:x ");
        strcat(more, c.names);
        c.names = more;
        CHECK_MSG(check(&c, &rich, &at) == c.want, "[%s] in [%s]", c.subject, more);
    }
}

/* Where: at the name that cannot be read; at the list where none matches. */
TEST(places) {
    static const test_case unread = {DNS, "a.com", "dns:a.com ip:c00002 dns:b.com", PV_OK};
    static const test_case none = {DNS, "c.com", "dns:a.com", PV_OK};
    static const test_case missing = {DNS, "a.com", "cn:a.com", PV_OK};
    uint32_t rich = 100;
    const uint8_t *at = NULL;
    check(&unread, &rich, &at);
    CHECK(at && memcmp(at, "\x87\x03\xC0\x00\x02", 5) == 0);
    check(&none, &rich, &at);
    CHECK(at && memcmp(at,
                       "\x30\x07\x82\x05"
                       "a.com",
                       9) == 0);
    check(&missing, &rich, &at);
    CHECK(at == NULL);
}

TEST(dns_names) {
    static const struct {
        const char *text;
        int name, pattern;
    } names[] = {
        {"a", 1, 1},
        {"a.b", 1, 1},
        {"1.b", 1, 1},
        {"a.1b", 1, 1},
        {"a.b1", 1, 1},
        {"", 0, 0},
        {".", 0, 0},
        {"a.", 0, 0},
        {".a", 0, 0},
        {"a..b", 0, 0},
        {"1", 0, 0},
        {"a.1", 0, 0},
        {"1.2.3.4", 0, 0},
        {"a_b.c", 0, 0},
        {"-a.b", 0, 0},
        {"a-.b", 0, 0},
        {"a-b.c", 1, 1},
        {"a--b.c", 1, 1},
        {"a b.c", 0, 0},
        {"a.b-", 0, 0},
        {"*", 0, 0},
        {"*.", 0, 0},
        {"*.a", 0, 0},
        {"*.a.b", 0, 1},
        {"*a.b.c", 0, 0},
        {"a*.b.c", 0, 0},
        {"a.*.c", 0, 0},
        {"*.*.a.b", 0, 0},
        {"*..a.b", 0, 0},
        {"**.a.b", 0, 0},
        {"*.a.1", 0, 0},
        {"*.a.", 0, 0},
        {"*.192.0.2.1", 0, 0},
        {"caf\xC3\xA9.com", 0, 0},
        {LONG63, 1, 1},
        {LONG63 "x", 0, 0},
        {"*." LONG63 ".a", 0, 1},
        {LONG63 "." LONG63 "." LONG63 "."
                "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy",
         1, 1},
        {LONG63 "." LONG63 "." LONG63 "."
                "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz",
         0, 0},
    };
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_MSG(pv_dns_is_name(span_of(names[i].text)) == names[i].name, "%s", names[i].text);
        CHECK_MSG(pv_dns_is_pattern(span_of(names[i].text)) == names[i].pattern, "%s", names[i].text);
    }
}

/* Law: a wildcard matches exactly the names with one label more than what follows it. */
TEST(wildcard_law) {
    static const char *const names[] = {"b.c", "a.b.c", "x.a.b.c", "y.x.a.b.c", "xn--a.b.c", "A.B.C", "c"};
    size_t i, j;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        char pattern[40] = "*.";
        strcat(pattern, names[i]);
        for (j = 0; j < sizeof names / sizeof *names; j++) {
            const char *rest = strchr(names[j], '.');
            int want = strchr(names[i], '.') && rest && pv_ascii_equal(span_of(rest + 1), span_of(names[i]));
            CHECK_MSG(pv_dns_matches(span_of(pattern), span_of(names[j])) == want, "%s, %s", pattern,
                      names[j]);
        }
    }
}

/* Laws: pv_ascii_equal is symmetric and folds the 26 letters alone; over all pairs of octets. */
TEST(ascii_equal) {
    int i, j;
    for (i = 0; i < 256; i++) {
        for (j = 0; j < 256; j++) {
            uint8_t a[2] = {'x', (uint8_t)i}, b[2] = {'X', (uint8_t)j};
            pv_span s = {a, 2}, t = {b, 2};
            int letters = i != j && (i | 0x20) == (j | 0x20) && (i | 0x20) >= 'a' && (i | 0x20) <= 'z';
            CHECK(pv_ascii_equal(s, t) == (i == j || letters));
            CHECK(pv_ascii_equal(s, t) == pv_ascii_equal(t, s));
        }
    }
    CHECK(!pv_ascii_equal(span_of("ab"), span_of("abc")));
    CHECK(pv_ascii_equal(span_of(""), span_of("")));
}

TEST(mailboxes) {
    static const struct {
        const char *mailbox, *local, *domain; /* NULL: it is none */
    } boxes[] = {
        {"a@b.c", "a", "b.c"},
        {"a.b+c@b.c", "a.b+c", "b.c"},
        {"\"a@b\"@b.c", "\"a@b\"", "b.c"},
        {"\"a\\\"@b\"@b.c", "\"a\\\"@b\"", "b.c"},
        {"\"\"@b.c", "\"\"", "b.c"},
        {"\"a b\"@b.c", "\"a b\"", "b.c"},
        {"\xC3\xA9@b.c", "\xC3\xA9", "b.c"},
        {"", NULL, NULL},
        {"a", NULL, NULL},
        {"@", NULL, NULL},
        {"a@", NULL, NULL},
        {"@b.c", NULL, NULL},
        {"a@b@c", NULL, NULL},
        {".a@b.c", NULL, NULL},
        {"a.@b.c", NULL, NULL},
        {"a..b@b.c", NULL, NULL},
        {"a b@b.c", NULL, NULL},
        {"a(x)@b.c", NULL, NULL},
        {"\"a@b.c", NULL, NULL},
        {"\"a\"b@b.c", NULL, NULL},
        {"\"a\\", NULL, NULL},
        {"\"a\\\"@b.c", NULL, NULL},
        {"\"a\nb\"@b.c", NULL, NULL},
        {"\"", NULL, NULL},
        {"a@b_c", NULL, NULL},
        {"a@b.c.", NULL, NULL},
        {"a@.b.c", NULL, NULL},
    };
    size_t i;
    for (i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        pv_span local, domain;
        int got = pv_mail_split(span_of(boxes[i].mailbox), &local, &domain);
        CHECK_MSG(got == (boxes[i].local != NULL), "%s", boxes[i].mailbox);
        if (!got || !boxes[i].local) continue;
        domain = span_of(boxes[i].mailbox);
        domain.len = local.len; /* the "@" after the end is not the mailbox's */
        CHECK_MSG(!pv_mail_split(domain, &local, &domain), "%s, cut", boxes[i].mailbox);
        pv_mail_split(span_of(boxes[i].mailbox), &local, &domain);
        CHECK_MSG(local.len == strlen(boxes[i].local) && !memcmp(local.data, boxes[i].local, local.len), "%s",
                  boxes[i].mailbox);
        CHECK_MSG(domain.len == strlen(boxes[i].domain) && !memcmp(domain.data, boxes[i].domain, domain.len),
                  "%s", boxes[i].mailbox);
    }
}

/* Law: nothing is read past the end; for the sanitizers, on arrays of exactly the size. */
TEST(exact_ends) {
    uint8_t a[1] = {'a'}, quote[1] = {'"'}, star[2] = {'*', '.'}, colon[2] = {'a', ':'};
    pv_span local, domain, s = {a, 1}, q = {quote, 1}, w = {star, 2}, u = {colon, 2}, none = {NULL, 0};
    CHECK(pv_dns_is_name(s) && pv_dns_is_pattern(s) && !pv_dns_is_pattern(w) && !pv_dns_matches(w, s));
    CHECK(!pv_mail_split(s, &local, &domain) && !pv_mail_split(q, &local, &domain));
    CHECK(!pv_uri_split(s, &local) && !pv_uri_split(u, &local));
    CHECK(!pv_dns_is_name(none) && !pv_dns_is_pattern(none) && !pv_uri_split(none, &local));
    CHECK(!pv_mail_split(none, &local, &domain) && pv_ascii_equal(none, none));
}

TEST(uris) {
    pv_span rest;
    CHECK(pv_uri_split(span_of("a+b-c.d:x"), &rest) && rest.len == 1);
    CHECK(pv_uri_split(span_of("http://[::1]/%20?a#b"), &rest));
    CHECK(!pv_uri_split(span_of("a"), &rest) && !pv_uri_split(span_of("a:"), &rest));
    CHECK(!pv_uri_split(span_of("+a:b"), &rest) && !pv_uri_split(span_of("a_b:c"), &rest));
    CHECK(!pv_uri_split(span_of("a:b c"), &rest) && !pv_uri_split(span_of("a:b\x7F"), &rest));
    CHECK(!pv_uri_split(span_of("a:b\xC3\xA9"), &rest) && !pv_uri_split(span_of("a:<b>"), &rest));
}
