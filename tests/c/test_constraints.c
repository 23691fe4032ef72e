/* test_constraints.c: name constraints, a line a case (see named_cert.h for the words). */
#include "constraints.h"
#include "harness.h"
#include "named_cert.h"

#include <stdlib.h>

#define LONG63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static out cert_der, nc_der;

typedef struct test_case {
    const char *constraints;
    const char *names;
    pv_reason want;
} test_case;

#define GOOD        PV_OK
#define EXCLUDED    PV_R_NC_EXCLUDED
#define OUTSIDE     PV_R_NC_NOT_PERMITTED
#define BAD_NC      PV_R_NC_MALFORMED
#define UNSUPPORTED PV_R_NC_UNSUPPORTED
#define BAD_SAN     PV_R_SAN_MALFORMED

static const test_case cases[] = {
    /* dNSName: the base and everything below it */
    {"+dns:example.com", "dns:example.com", GOOD},
    {"+dns:example.com", "dns:a.example.com", GOOD},
    {"+dns:example.com", "dns:b.a.example.com", GOOD},
    {"+dns:example.com", "dns:notexample.com", OUTSIDE},
    {"+dns:example.com", "dns:com", OUTSIDE},
    {"+dns:example.com", "dns:example.com.evil", OUTSIDE},
    {"+dns:example.com", "dns:EXAMPLE.Com", GOOD},
    {"+dns:ExAmple.com", "dns:a.example.com", GOOD},
    {"-dns:example.com", "dns:A.EXAMPLE.COM", EXCLUDED},
    {"-dns:example.com", "dns:example.com", EXCLUDED},
    {"-dns:example.com", "dns:a.example.com", EXCLUDED},
    {"-dns:example.com", "dns:notexample.com", GOOD},
    {"-dns:a.example.com", "dns:example.com", GOOD},
    {"+dns:", "dns:anything.at.all", GOOD},
    {"-dns:", "dns:anything.at.all", EXCLUDED},
    {"-dns:", "ip:c0000201", GOOD},
    {"+dns:a.com +dns:b.com", "dns:x.b.com dns:a.com", GOOD},
    {"+dns:a.com +dns:b.com", "dns:a.com dns:c.com", OUTSIDE},
    {"+dns:example.com -dns:example.com", "dns:example.com", EXCLUDED},
    {"+dns:example.com -dns:bad.example.com", "dns:good.example.com", GOOD},
    {"+dns:example.com -dns:bad.example.com", "dns:x.bad.example.com", EXCLUDED},
    {"+dns:example.com -dns:bad.example.com", "dns:other.com", OUTSIDE},

    /* wildcards: permitted if all that they stand for lies within, excluded if any of it may */
    {"+dns:example.com", "dns:*.example.com", GOOD},
    {"+dns:example.com", "dns:*.a.example.com", GOOD},
    {"+dns:a.example.com", "dns:*.example.com", OUTSIDE},
    {"+dns:b.a.example.com", "dns:*.example.com", OUTSIDE},
    {"-dns:example.com", "dns:*.example.com", EXCLUDED},
    {"-dns:bar.example.com", "dns:*.example.com", EXCLUDED},
    {"-dns:BAR.example.com", "dns:*.EXAMPLE.com", EXCLUDED},
    {"-dns:foo.bar.example.com", "dns:*.example.com", GOOD},
    {"-dns:foo.bar.example.com", "dns:*.bar.example.com", EXCLUDED},
    {"-dns:xexample.com", "dns:*.example.com", GOOD},
    {"+dns:", "dns:*.example.com", GOOD},

    /* dNSNames that are none, where a constraint asks; and where none does */
    {"+dns:example.com", "dns:foo_bar.example.com", BAD_SAN},
    {"-dns:evil.com", "dns:a..example.com", BAD_SAN},
    {"-dns:evil.com", "dns:example.com.", BAD_SAN},
    {"-dns:evil.com", "dns:.example.com", BAD_SAN},
    {"-dns:evil.com", "dns:*", BAD_SAN},
    {"-dns:evil.com", "dns:*.com", BAD_SAN},
    {"-dns:evil.com", "dns:f*.example.com", BAD_SAN},
    {"-dns:evil.com", "dns:*.*.example.com", BAD_SAN},
    {"-dns:evil.com", "dns:192.0.2.1", BAD_SAN},
    {"-dns:evil.com", "dns:", BAD_SAN},
    {"-ip:c0000200ffffff00", "dns:foo_bar.example.com", GOOD},

    /* dNSName constraints that are none, used or not */
    {"+dns:.example.com", "dns:a.example.com", BAD_NC},
    {"+dns:*.example.com", "dns:a.example.com", BAD_NC},
    {"-dns:.example.com", "ip:c0000201", BAD_NC},
    {"+dns:example.com.", "cn:x", BAD_NC},
    {"+dns:exa_mple.com", "cn:x", BAD_NC},
    {"+dns:-example.com", "cn:x", BAD_NC},
    {"+dns:" LONG63 "x.com", "cn:x", BAD_NC},
    {"+dns:" LONG63 ".com", "cn:x", GOOD},

    /* iPAddress */
    {"+ip:c0000200ffffff00", "ip:c0000200", GOOD},
    {"+ip:c0000200ffffff00", "ip:c00002ff", GOOD},
    {"+ip:c0000200ffffff00", "ip:c0000300", OUTSIDE},
    {"-ip:c0000200ffffff00", "ip:c0000201", EXCLUDED},
    {"-ip:c0000200ffffff00", "ip:c00001ff", GOOD},
    {"+ip:c000028affffff80", "ip:c00002ff", GOOD},
    {"+ip:c0000280ffffff80", "ip:c000027f", OUTSIDE},
    {"-ip:0000000000000000", "ip:08080808", EXCLUDED},
    {"-ip:0000000000000000", "ip:00000000000000000000000000000001", GOOD},
    {"+ip:0000000000000000", "ip:00000000000000000000000000000001", OUTSIDE},
    {"-ip:00000000000000000000000000000001ffffffffffffffffffffffffffffffff",
     "ip:00000000000000000000000000000001", EXCLUDED},
    {"-ip:00000000000000000000000000000001ffffffffffffffffffffffffffffffff",
     "ip:00000000000000000000000000000002", GOOD},
    {"-ip:0000000000000000000000000000000000000000000000000000000000000000", "ip:08080808", GOOD},
    {"+ip:c0000200ffffff00", "ip:c0000200ffffff00", BAD_SAN},
    {"-ip:c0000200ffffff00", "ip:080808", BAD_SAN},
    {"-ip:c0000200ffffff00", "ip:", BAD_SAN},
    {"+dns:example.com", "dns:example.com ip:080808", GOOD},
    {"+ip:7f000001", "dns:a.com", BAD_NC},
    {"+ip:00000000000000000000000000000001", "dns:a.com", BAD_NC},
    {"+ip:c0000200ff00ff00", "dns:a.com", BAD_NC},
    {"+ip:c0000200fffffd00", "dns:a.com", BAD_NC},
    {"+ip:c000020000ffffff", "dns:a.com", BAD_NC},
    {"+ip:c0000200ffffff01", "dns:a.com", BAD_NC},
    {"+ip:c0000200fffffe00", "dns:a.com", GOOD},
    {"+ip:c0000200fffffffe", "dns:a.com", GOOD},
    {"+ip:", "dns:a.com", BAD_NC},

    /* rfc822Name: a mailbox, a host, or all below a domain */
    {"+mail:example.com", "mail:a@example.com", GOOD},
    {"+mail:example.com", "mail:a@EXAMPLE.com", GOOD},
    {"+mail:example.com", "mail:a@sub.example.com", OUTSIDE},
    {"+mail:.example.com", "mail:a@sub.example.com", GOOD},
    {"+mail:.example.com", "mail:a@b.sub.example.com", GOOD},
    {"+mail:.example.com", "mail:a@example.com", OUTSIDE},
    {"+mail:.example.com", "mail:a@badexample.com", OUTSIDE},
    {"-mail:.Example.com", "mail:a@sub.eXample.com", EXCLUDED},
    {"+mail:foo@example.com", "mail:foo@example.com", GOOD},
    {"+mail:foo@example.com", "mail:foo@Example.com", GOOD},
    {"+mail:foo@example.com", "mail:Foo@example.com", OUTSIDE},
    {"+mail:foo@example.com", "mail:foo@sub.example.com", OUTSIDE},
    {"-mail:foo@example.com", "mail:foo@example.com", EXCLUDED},
    {"-mail:foo@example.com", "mail:bar@example.com", GOOD},
    {"+mail:*@example.com", "mail:*@example.com", GOOD},
    {"+mail:*@example.com", "mail:user@example.com", OUTSIDE},
    {"+mail:**@example.com", "mail:*@example.com", OUTSIDE},
    {"-mail:*@example.com", "mail:user@example.com", GOOD},
    {"-mail:foo@example.com", "mail:\"foo\"@example.com", EXCLUDED}, /* may be the same mailbox */
    {"+mail:foo@example.com", "mail:\"foo\"@example.com", OUTSIDE},
    {"+mail:\"foo\"@example.com", "mail:\"foo\"@example.com", GOOD},
    {"-mail:foo@example.com", "mail:\"foo\"@example.org", GOOD},
    {"+mail:example.com", "mail:\"a@b\"@example.com", GOOD},
    {"+mail:example.com", "mail:\"a\\\"@b\"@example.com", GOOD},
    {"+mail:example.com", "mail:a@b@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:a@b@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:example.com", BAD_SAN},
    {"-mail:evil.com", "mail:@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:a@", BAD_SAN},
    {"-mail:evil.com", "mail:", BAD_SAN},
    {"-mail:evil.com", "mail:.a@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:a.@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:a..b@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:a.b@example.com", GOOD},
    {"-mail:evil.com", "mail:a@[192.0.2.1]", BAD_SAN},
    {"-mail:evil.com", "mail:\"a@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:\"a\\\"@example.com", BAD_SAN},
    {"-mail:evil.com", "mail:<a@example.com>", BAD_SAN},
    {"-dns:evil.com", "mail:a@b@example.com", GOOD},
    {"+mail:a@b@example.com", "dns:a.com", BAD_NC},
    {"+mail:a@", "dns:a.com", BAD_NC},
    {"+mail:@a.com", "dns:a.com", BAD_NC},
    {"+mail:..com", "dns:a.com", BAD_NC},
    {"+mail:.", "dns:a.com", BAD_NC},
    {"+mail:", "dns:a.com", BAD_NC},
    {"-mail:*.com", "dns:a.com", BAD_NC},

    /* the same for SmtpUTF8Mailbox (RFC 9598 6) */
    {"+mail:example.com", "smtp:\xC3\xA9@example.com", GOOD},
    {"+mail:example.com", "smtp:\xC3\xA9@EXAMPLE.com", GOOD},
    {"+mail:example.com", "smtp:\xC3\xA9@example.org", OUTSIDE},
    {"-mail:example.com", "smtp:\xC3\xA9@example.com", EXCLUDED},
    {"-mail:.example.com", "smtp:\xC3\xA9@a.example.com", EXCLUDED},
    {"-mail:.example.com", "smtp:\xC3\xA9@example.com", GOOD},
    {"+mail:foo@example.com", "smtp:\xC3\xA9@example.com", OUTSIDE},
    {"-mail:foo@example.com", "smtp:\xC3\xA9@example.com", EXCLUDED}, /* 9598 6 strips "foo" */
    {"-mail:foo@example.com", "smtp:\xC3\xA9@example.org", GOOD},
    {"+mail:example.com", "smtp:a@example.com", BAD_SAN},
    {"+mail:example.com", "smtp:\xC3\xA9@\xC3\xA9.com", BAD_SAN},
    {"+mail:example.com", "smtp:\xC3\xA9", BAD_SAN},
    {"-mail:evil.com", "smtpia5:a@example.com", BAD_SAN},
    {"-mail:evil.com", "smtp:\xC3@example.com", BAD_SAN},
    {"-mail:evil.com", "other:a@evil.com", GOOD},
    {"-dns:evil.com", "smtp:a@example.com", GOOD},

    /* emailAddress attributes, where no rfc822Name is there */
    {"+mail:example.com", "email:a@example.com", GOOD},
    {"+mail:example.com", "cn:x email:a@example.org", OUTSIDE},
    {"-mail:example.com", "cn:x email:a@example.com", EXCLUDED},
    {"-mail:example.com", "cn:x email:a@example.com dns:a.com", EXCLUDED},
    {"-mail:example.com", "cn:x email:a@example.com mail:a@example.org", GOOD},
    {"-mail:example.com", "email:a@example.com smtp:\xC3\xA9@example.org", EXCLUDED},
    {"-mail:example.com", "email:a@example.org email:a@example.com", EXCLUDED},
    {"-mail:example.com", "email:nobody", BAD_SAN},
    {"-mail:example.com", "emailbmp:abcd", BAD_SAN},
    {"-mail:example.com", "emailbmp:a@b.co", BAD_SAN},
    {"-dns:example.com", "email:nobody emailbmp:abcd", GOOD},

    /* URI: the host of the authority */
    {"+uri:example.com", "uri:http://example.com", GOOD},
    {"+uri:example.com", "uri:http://example.com/", GOOD},
    {"+uri:example.com", "uri:HTTP://EXAMPLE.COM:8080/a?b#c", GOOD},
    {"+uri:example.com", "uri:ldap://user:pass@example.com?q", GOOD},
    {"+uri:example.com", "uri:http://example.com#@evil.com", GOOD},
    {"+uri:example.com", "uri:http://example.com@evil.com/", OUTSIDE},
    {"+uri:example.com", "uri:http://evil.com/example.com", OUTSIDE},
    {"+uri:example.com", "uri:http://evil.com?@example.com", OUTSIDE},
    {"+uri:example.com", "uri:http://a.example.com/", OUTSIDE},
    {"+uri:.example.com", "uri:http://a.example.com/", GOOD},
    {"+uri:.example.com", "uri:http://example.com/", OUTSIDE},
    {"-uri:example.com", "uri:spiffe://Example.com/a", EXCLUDED},
    {"-uri:example.com", "uri:spiffe://a.example.com/a", GOOD},
    {"-uri:.example.com", "uri:spiffe://b.a.example.com/a", EXCLUDED},
    {"-uri:evil.com", "uri:urn:example:a", EXCLUDED},
    {"+uri:example.com", "uri:urn:example:a", OUTSIDE},
    {"-uri:evil.com", "uri:file:///etc/passwd", EXCLUDED},
    {"-uri:evil.com", "uri:http://192.0.2.1/", EXCLUDED},
    {"+uri:example.com", "uri:http://192.0.2.1/", OUTSIDE},
    {"-uri:evil.com", "uri:http://[2001:db8::1]:80/", EXCLUDED},
    {"-uri:evil.com", "uri:http://a@b@example.com/", EXCLUDED},
    {"-uri:evil.com", "uri:http://exa%6Dple.com/", EXCLUDED},
    {"-uri:evil.com", "uri:http://example.com./", EXCLUDED},
    {"-uri:evil.com", "uri:http:/example.com/", EXCLUDED},
    {"-uri:evil.com", "uri:http://evil.com\\@example.com/", BAD_SAN},
    {"-uri:evil.com", "uri:example.com/a", BAD_SAN},
    {"-uri:evil.com", "uri:", BAD_SAN},
    {"-dns:evil.com", "uri:urn:example:a uri:nonsense", GOOD},
    {"+uri:http://example.com", "dns:a.com", BAD_NC},
    {"+uri:192.0.2.1", "dns:a.com", BAD_NC},
    {"+uri:", "dns:a.com", BAD_NC},
    {"+uri:.", "dns:a.com", BAD_NC},
    {"+uri:a@example.com", "dns:a.com", BAD_NC},

    /* directoryName: the subject if it is not empty, and every one in the SAN */
    {"+dir:foo", "cn:foo", GOOD},
    {"+dir:foo", "cn:FOO cn:bar", GOOD},
    {"+dir:foo", "cn:bar", OUTSIDE},
    {"+dir:foo", "cn:bar cn:foo", OUTSIDE},
    {"+dir:foo", "dns:a.com", GOOD},
    {"+dir:foo", "cn:foo dir:foo", GOOD},
    {"+dir:foo", "cn:foo dir:bar", OUTSIDE},
    {"+dir:foo", "cn:bar dir:foo", OUTSIDE},
    {"-dir:foo", "cn:foo", EXCLUDED},
    {"-dir:foo", "cn:foo dir:bar", EXCLUDED},
    {"-dir:foo", "cn:bar dir:foo", EXCLUDED},
    {"-dir:foo", "cn:bar dir:bar", GOOD},
    {"-dir:foo", "dns:a.com", GOOD},
    {"+dir:", "cn:bar dir:foo", GOOD},
    {"-dir:", "cn:bar", EXCLUDED},
    {"-dir:", "dns:a.com", GOOD},
    {"+dir:abcd", "bmp:abcd", OUTSIDE}, /* a string that is not folded: doubtful both ways */
    {"-dir:abcd", "bmp:abcd", EXCLUDED},

    /* one form's constraints say nothing of another's names */
    {"+ip:c0000200ffffff00", "dns:a.com cn:foo mail:a@a.com uri:http://a.com", GOOD},
    {"+dns:a.com +ip:c0000200ffffff00", "dns:a.com ip:08080808", OUTSIDE},
    {"+dns:a.com", "cn:foo", GOOD},

    /* forms that are not implemented: only a name of the form hurts */
    {"+other:x", "dns:a.com", GOOD},
    {"+other:x", "other:x", UNSUPPORTED},
    {"-other:x", "other:y", UNSUPPORTED},
    {"-other:x", "smtp:\xC3\xA9@example.com", UNSUPPORTED},
    {"+x400:", "x400:", UNSUPPORTED},
    {"-x400:", "dns:a.com", GOOD},
    {"+edi:", "edi:", UNSUPPORTED},
    {"-edi:", "x400:", GOOD},
    {"+rid:\x2A\x03", "rid:\x2A\x03", UNSUPPORTED},
    {"-rid:\x2A\x03", "rid:\x2A\x04", UNSUPPORTED},
    {"-rid:\x2A\x03", "cn:foo", GOOD},

    /* a SAN that cannot be read passes no constraints */
    {"+ip:c0000200ffffff00", "san", BAD_SAN},
    {"+ip:c0000200ffffff00", "raw:8203", BAD_SAN},
    {"+ip:c0000200ffffff00", "raw:8201FF", BAD_SAN},
    {"+ip:c0000200ffffff00", "raw:8900", BAD_SAN},

    /* GeneralSubtree: minimum and maximum */
    {"+raw:8205612E636F6D", "dns:a.com", GOOD},
    {"+raw:8205612E636F6D800100", "dns:a.com", GOOD},
    {"+raw:8205612E636F6D800101", "dns:a.com", BAD_NC},
    {"+raw:8205612E636F6D80020000", "dns:a.com", BAD_NC},
    {"+raw:8205612E636F6D8000", "dns:a.com", BAD_NC},
    {"+raw:8205612E636F6D810100", "dns:a.com", BAD_NC},
    {"+raw:8205612E636F6D800100810101", "dns:a.com", BAD_NC},
    {"+raw:8205612E636F6D0500", "dns:a.com", BAD_NC},
    {"+raw:", "dns:a.com", BAD_NC},
    {"+raw:8206612E636F6D", "dns:a.com", BAD_NC},
    {"+raw:8205FF2E636F6D", "dns:a.com", BAD_NC},
    {"", "dns:a.com", BAD_NC},
};

/* A NameConstraints value. */
static pv_span make_constraints(out *o, const char *line) {
    static const char signs[] = "+-";
    pv_span value;
    size_t list;
    o->len = 0;
    for (list = 0; list < 2; list++) {
        const char *rest = line;
        size_t start = o->len, at = start;
        word w;
        while (next_word(&rest, &w)) {
            if (w.form[0] != signs[list]) continue;
            w.form++;
            w.form_len--;
            put_general_name(o, &w);
            wrap(o, at, 0x30);
            at = o->len;
        }
        if (at != start) wrap(o, start, (uint8_t)(0xA0 + list));
    }
    wrap(o, 0, 0x30);
    value.data = o->data;
    value.len = o->len;
    return value;
}

static pv_reason check(const char *constraints, const char *names, uint32_t *budget_names,
                       pv_constraint_fault *fault) {
    pv_budget budget;
    pv_reason reason;
    pv_cert cert;
    pv_span value = make_constraints(&nc_der, constraints);
    memset(&budget, 0, sizeof budget);
    budget.names = *budget_names;
    if (make_cert(&cert_der, &cert, names) != PV_OK) return PV_R_CERT_UNREADABLE;
    memset(fault, 0xA5, sizeof *fault);
    reason = pv_constraints_check(fault, &budget, value, &cert);
    *budget_names = budget.names;
    return reason;
}

static pv_reason check_rich(const char *constraints, const char *names) {
    uint32_t rich = 1000000;
    pv_constraint_fault fault;
    return check(constraints, names, &rich, &fault);
}

#define HAS(form) ((PV_NAMES & (form)) != 0)

#if HAS(PV_WITH_EMAIL) && HAS(PV_WITH_DNS) && HAS(PV_WITH_DIRECTORY_NAME) && HAS(PV_WITH_URI) &&             \
    HAS(PV_WITH_IP)

TEST(every_case) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_reason got = check_rich(cases[i].constraints, cases[i].names);
        CHECK_MSG(got == cases[i].want, "[%s] over [%s]: %u, not %u", cases[i].constraints, cases[i].names,
                  (unsigned)got, (unsigned)cases[i].want);
    }
}

/* Budget: what a check spends is exactly enough, and one less is BUDGET_NAMES. */
TEST(budget_edges) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t rich = 1000000;
        uint32_t left = rich, spent;
        pv_constraint_fault fault;
        pv_reason got = check(cases[i].constraints, cases[i].names, &left, &fault);
        spent = rich - left;
        left = spent;
        CHECK_MSG(check(cases[i].constraints, cases[i].names, &left, &fault) == got && left == 0,
                  "[%s] over [%s]: %u is not exactly enough", cases[i].constraints, cases[i].names,
                  (unsigned)spent);
        left = spent - 1;
        if (spent == 0) continue;
        CHECK_MSG(check(cases[i].constraints, cases[i].names, &left, &fault) == PV_R_BUDGET_NAMES,
                  "[%s] over [%s]: %u is not one too few", cases[i].constraints, cases[i].names,
                  (unsigned)spent - 1);
    }
}

/* Each constraint is read once, and each pair of a name with a constraint in the lists of its form is paid.
 */
TEST(budget_counts) {
    static const struct {
        const char *constraints, *names;
        uint32_t spent;
    } counts[] = {
        {"+dns:a.com", "cn:x", 1},
        {"+dns:a.com", "dns:a.com", 1 + 1},
        {"+dns:a.com", "dns:a.com dns:b.a.com", 1 + 2},
        {"+dns:a.com +dns:b.com", "dns:a.com dns:b.com", 2 + 1 + 2},
        {"+dns:a.com -dns:b.com", "dns:a.com", 2 + 1 + 1},
        {"+dns:a.com -ip:0000000000000000", "dns:a.com", 2 + 1},
        {"+ip:0000000000000000 +dns:a.com", "dns:a.com", 2 + 2},
        {"-dns:b.com -dns:c.com -dns:d.com", "dns:a.com dns:e.com", 3 + 6},
    };
    size_t i;
    for (i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t left = 1000;
        pv_constraint_fault fault;
        pv_reason got = check(counts[i].constraints, counts[i].names, &left, &fault);
        CHECK_MSG(got == PV_OK && 1000 - left == counts[i].spent, "[%s] over [%s]: spent %u",
                  counts[i].constraints, counts[i].names, (unsigned)(1000 - left));
    }
}

/* Long names cost more than short ones: a mailbox of 60,000 octets against a host. */
TEST(budget_length) {
    static char names[60100];
    uint32_t left = 10000;
    pv_constraint_fault fault;
    memset(names, 'a', 60000);
    memcpy(names, "mail:", 5);
    memcpy(names + 60000, "@a.com", 7);
    CHECK(check("-mail:b.com", names, &left, &fault) == PV_OK);
    CHECK(10000 - left == 1 + 1 + (60001 + 5) / 512 + (60001 + 8) / 32);
}

/* Law: excluded wins over permitted. What a list excludes of one name, it excludes if it permits it too. */
TEST(excluded_wins) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        char both[400];
        if (cases[i].want != PV_R_NC_EXCLUDED || cases[i].constraints[0] != '-') continue;
        if (strchr(cases[i].names, ' ')) continue;
        strcpy(both, cases[i].constraints);
        strcat(both, " +");
        strcat(both, cases[i].constraints + 1);
        CHECK_MSG(check_rich(both, cases[i].names) == PV_R_NC_EXCLUDED, "[%s] over [%s]", both,
                  cases[i].names);
    }
}

/* Law: the case of hosts changes no answer (local parts keep theirs: forms with "@" are left out, and so are
 * those whose letters are hexadecimal digits or bytes). */
TEST(case_folding) {
    size_t i, j;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        char upper[200];
        const char *names = cases[i].names;
        if (strncmp(names, "dns:", 4) != 0 || strchr(names, ' ')) continue;
        for (j = 0; names[j]; j++)
            upper[j] = (char)(j > 3 && names[j] >= 'a' ? names[j] - 32 : names[j]);
        upper[j] = 0;
        if (strchr(names, '_')) continue;
        CHECK_MSG(check_rich(cases[i].constraints, upper) == cases[i].want, "[%s] over [%s]",
                  cases[i].constraints, upper);
    }
}

/* Law: more bases never turn an exclusion into a pass, nor names added a refusal into one. */
TEST(monotone) {
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        char more[400];
        pv_reason got;
        if (cases[i].want == PV_OK || strcmp(cases[i].names, "san") == 0) continue;
        strcpy(more, cases[i].names);
        strcat(more, " mail:z@zz.zz dns:zz.zz");
        if (strstr(cases[i].names, "email")) continue; /* an rfc822Name takes the attributes' place */
        got = check_rich(cases[i].constraints, more);
        CHECK_MSG(got != PV_OK && got != PV_R_CERT_UNREADABLE, "[%s] over [%s]", cases[i].constraints, more);
    }
}

/* Where it failed: which name, or the constraints. */
TEST(faults) {
    static const struct {
        const char *constraints, *names;
        uint8_t field;
        const char *at; /* what the element at fault holds, two octets of header before it; NULL: nothing */
    } faults[] = {
        {"+dns:.a.com", "dns:a.com", PV_FIELD_NAME_CONSTRAINTS, NULL},
        {"-dns:b.com", "cn:x dns:a.com dns:b.com", PV_FIELD_SUBJECT_ALT_NAME, "b.com"},
        {"+dns:b.com", "cn:x dns:b.com dns:a.com", PV_FIELD_SUBJECT_ALT_NAME, "a.com"},
        {"-dns:b.com", "cn:x dns:a.com dns:b_d.com", PV_FIELD_SUBJECT_ALT_NAME, "b_d.com"},
        {"-dir:x", "cn:x dns:a.com", PV_FIELD_SUBJECT, "1"}, /* a Name begins with a SET */
    };
    size_t i;
    for (i = 0; i < sizeof faults / sizeof *faults; i++) {
        uint32_t rich = 1000;
        pv_constraint_fault fault;
        CHECK(check(faults[i].constraints, faults[i].names, &rich, &fault) != PV_OK);
        CHECK(fault.field == faults[i].field);
        CHECK((fault.at == NULL) == (faults[i].at == NULL));
        if (fault.at && faults[i].at) CHECK(memcmp(fault.at + 2, faults[i].at, strlen(faults[i].at)) == 0);
    }
}

#else

/* The form of name that a word stands for, as a bit of PV_NAMES; 0: one that no build compares. */
static unsigned form_of(const word *w) {
    static const struct {
        const char *word;
        unsigned form;
    } forms[] = {{"dns", PV_WITH_DNS},
                 {"mail", PV_WITH_EMAIL},
                 {"smtp", PV_WITH_EMAIL},
                 {"smtpia5", PV_WITH_EMAIL},
                 {"email", PV_WITH_EMAIL},
                 {"emailbmp", PV_WITH_EMAIL},
                 {"dir", PV_WITH_DIRECTORY_NAME},
                 {"uri", PV_WITH_URI},
                 {"ip", PV_WITH_IP}};
    size_t i;
    for (i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (is_form(w, forms[i].word)) return forms[i].form;
    }
    if (!is_form(w, "raw")) return 0;
    return 1u << ((strtoul((char[]){w->value[0], w->value[1], 0}, NULL, 16)) & 0x1F);
}

/* The forms of a line's words; `signs` of constraints are passed over. A subject is a directoryName. */
static unsigned forms_of(const char *line, int signs) {
    unsigned forms = 0;
    word w;
    while (next_word(&line, &w)) {
        w.form += signs;
        w.form_len -= (size_t)signs;
        forms |= form_of(&w);
        if (is_form(&w, "cn") || is_form(&w, "bmp") || is_form(&w, "email") || is_form(&w, "emailbmp"))
            forms |= PV_WITH_DIRECTORY_NAME;
    }
    return forms;
}

/* The same cases where some forms are not built: whatever hangs on one of them is refused as unsupported, all
 * else is judged as ever. Constraints on them are not read: if malformed, they are refused only where they
 * count. */
TEST(a_form_that_is_not_built_is_never_passed_over) {
    unsigned num_unsupported = 0;
    size_t i;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_case *c = &cases[i];
        pv_reason got = check_rich(c->constraints, c->names);
        unsigned unbuilt = forms_of(c->constraints, 1) & ~(unsigned)(PV_NAMES);
        unsigned hangs = unbuilt & forms_of(c->names, 0);
        int unread = c->want == BAD_NC && unbuilt && !hangs;
        num_unsupported += got == UNSUPPORTED && c->want != UNSUPPORTED;
        if (got == c->want || unread) continue;
        CHECK_MSG(got == UNSUPPORTED && hangs, "[%s] over [%s]: %u, not %u", c->constraints, c->names,
                  (unsigned)got, (unsigned)c->want);
    }
    CHECK(num_unsupported > 0);
}

/* A name that the whole core permits, under its constraint. */
TEST(each_form_is_judged_or_unsupported) {
    static const struct {
        const char *constraints, *names;
        unsigned form;
    } forms[] = {
        {"+dns:a.com", "dns:x.a.com", PV_WITH_DNS},
        {"-dns:b.com", "dns:x.a.com", PV_WITH_DNS},
        {"+mail:a.com", "mail:x@a.com", PV_WITH_EMAIL},
        {"-mail:b.com", "mail:x@a.com", PV_WITH_EMAIL},
        {"-mail:b.com", "email:x@a.com", PV_WITH_EMAIL},
        {"+uri:a.com", "uri:http://a.com/x", PV_WITH_URI},
        {"-uri:b.com", "uri:http://a.com/x", PV_WITH_URI},
        {"+ip:c0000200ffffff00", "ip:c0000201", PV_WITH_IP},
        {"-ip:c0000300ffffff00", "ip:c0000201", PV_WITH_IP},
        {"-dir:y", "cn:x", PV_WITH_DIRECTORY_NAME},
        {"+dir:x", "cn:x", PV_WITH_DIRECTORY_NAME},
    };
    size_t i;
    for (i = 0; i < sizeof forms / sizeof *forms; i++) {
        pv_reason want = HAS(forms[i].form) ? PV_OK : UNSUPPORTED;
        CHECK_MSG(check_rich(forms[i].constraints, forms[i].names) == want, "[%s] over [%s]",
                  forms[i].constraints, forms[i].names);
        CHECK(check_rich(forms[i].constraints, "rid:x") == PV_OK); /* nothing hangs on it */
    }
}

#endif

TEST(syntax) {
    static const struct {
        const char *hex;
        pv_reason want;
    } values[] = {
        {"", PV_R_NC_MALFORMED},
        {"3000", PV_R_NC_MALFORMED},     /* neither list */
        {"3002A000", PV_R_NC_MALFORMED}, /* an empty list */
        {"300BA0093007820561"
         "2E636F6D",
         PV_OK}, /* +dns:a.com */
        {"300BA1093007820561"
         "2E636F6D",
         PV_OK}, /* -dns:a.com */
        {"300BA2093007820561"
         "2E636F6D",
         PV_R_NC_MALFORMED}, /* no such list */
        {"300DA0093007820561"
         "2E636F6DA100",
         PV_R_NC_MALFORMED}, /* the second list is empty */
        {"300DA0093007820561"
         "2E636F6D0500",
         PV_R_NC_MALFORMED}, /* something after the lists */
        {"300BA0093007820561"
         "2E636F6D00",
         PV_R_NC_MALFORMED}, /* something after the value */
        {"300BA0093107820561"
         "2E636F6D",
         PV_R_NC_MALFORMED},                               /* a SET for a subtree */
        {"300B800930078205612E636F6D", PV_R_NC_MALFORMED}, /* a primitive list */
        {"3016A1093007820561"
         "2E636F6DA0093007820561"
         "2E636F6D",
         PV_R_NC_MALFORMED}, /* wrong order */
    };
    size_t i;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        pv_constraint_fault fault;
        pv_budget budget;
        pv_span value;
        pv_reason got;
        memset(&budget, 0, sizeof budget);
        budget.names = 2;
        nc_der.len = 0;
        put_hex(&nc_der, values[i].hex, strlen(values[i].hex));
        value.data = nc_der.data;
        value.len = nc_der.len;
        got = pv_constraints_syntax(&fault, &budget, value);
        CHECK_MSG(got == values[i].want, "%s: %u", values[i].hex, (unsigned)got);
        CHECK(fault.at == NULL && fault.field == PV_FIELD_NAME_CONSTRAINTS);
        budget.names = 0;
        if (got == PV_OK) CHECK(pv_constraints_syntax(&fault, &budget, value) == PV_R_BUDGET_NAMES);
    }
}

/* Law: every truncation and every changed length of a good value is malformed or, at worst, another value;
 * it never reads beyond. (Run under the sanitizers.) */
TEST(truncations) {
    pv_span value = make_constraints(&nc_der, "+dns:a.com +dir:foo -mail:b.com -ip:c0000200ffffff00");
    size_t len;
    for (len = 0; len < value.len; len++) {
        pv_constraint_fault fault;
        pv_budget budget;
        pv_span part = value;
        memset(&budget, 0xFF, sizeof budget);
        part.len = len;
        CHECK(pv_constraints_syntax(&fault, &budget, part) == PV_R_NC_MALFORMED);
    }
}
