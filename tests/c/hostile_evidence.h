/* hostile_evidence.h: evidence that costs as much as its sender can make it cost. Each case is one line; who
 * includes this has defined GRAPH_ROOM and MAX_EVIDENCE large enough. See evidence_graph.h for the lines. */
#ifndef HOSTILE_EVIDENCE_H
#define HOSTILE_EVIDENCE_H

#include "evidence_graph.h"

/* "%d" in a line that is repeated is its number. */
typedef struct hostile_case {
    const char *what;
    const char *lines[8];
    const char *repeated[5];
    int times;
} hostile_case;

#define OWN             "L by I serial:5", "I by R CA", "anchor R by R CA"
#define FOREIGN(issuer) "L by I serial:5 dp:;id=" issuer, "I by R CA", "anchor R by R CA"

static const hostile_case hostile_cases[] = {
    {"2000 forged CRLs", {OWN}, {"crl I signed:k%d"}, 2000},
    {"2000 forged CRLs that revoke", {OWN}, {"crl I signed:k%d rev:5"}, 2000},
    {"2000 CRLs of others", {OWN}, {"crl X%d"}, 2000},
    {"2000 CRLs of others, each might be meant", {FOREIGN("Z")}, {"crl X%d"}, 2000},
    {"2000 CRLs of the issuer for other points", {OWN}, {"crl I idp:u=%d"}, 2000},
    {"700 holds, each forged", {OWN}, {"crl I signed:none rev:5=6 at:-%d"}, 700},
    {"100 holds, lifted by 100 forged",
     {OWN},
     {"crl I rev:5=6 at:-%d", "crl I signed:none aki:I at:-1"},
     100},
    {"1000 delta CRLs and 1000 bases that do not meet",
     {OWN},
     {"crl I n:100 idp:;U", "crl I n:101 base:99"},
     1000},
    {"1000 delta CRLs and 1000 bases, all forged",
     {OWN},
     {"crl I n:50 signed:none", "crl I n:51 base:50 signed:none"},
     1000},
    {"400 signers of one name, 1 CRL by nobody",
     {FOREIGN("C"), "crl C idp:;I signed:none"},
     {"ev C by R crls key:k%d noids"},
     400},
    {"120 signers of one name, 120 CRLs by them",
     {FOREIGN("C"), "crl R"},
     {"ev C by R crls key:k%d", "crl C signed:k%d idp:;I aki:none"},
     120},
    {"200 signers without a path",
     {FOREIGN("C")},
     {"ev C by Q crls key:k%d", "crl C signed:k%d idp:;I rev:5@I"},
     200},
    {"40 signers in a mesh of issuers without a root",
     {FOREIGN("C")},
     {"ev C by M crls key:k%d", "crl C signed:k%d idp:;I rev:5@I", "ev M by M ca key:m%d noids"},
     40},
    {"120 paths that all lack evidence",
     {"L by I serial:5 noids", "anchor R by R CA"},
     {"I by R CA key:I noids serial:%d", "crl I signed:k%d"},
     120},
    {"500 paths, and 500 forged CRLs that would lift a hold",
     {"L by I serial:5 noids", "anchor R by R CA", "crl I rev:5=6"},
     {"I by R CA key:I noids serial:1 tail:%d", "crl I signed:none aki:I at:-1"},
     500},
    {"120 certificates of one key, 120 CRLs with one signature",
     {"L by I serial:5 noids", "anchor R by R CA"},
     {"I by R CA key:I noids serial:%d", "crl I signed:none"},
     120},
    {"500 certificates of one key, 125 CRLs with one signature",
     {"L by I serial:5 noids", "I by R CA noids", "anchor R by R CA"},
     {"ev I by R CA key:I noids tail:%d serial:1", "ev I by R CA key:I noids tail:%d serial:2",
      "ev I by R CA key:I noids tail:%d serial:3", "ev I by R CA key:I noids tail:%d serial:4",
      "crl I signed:none"},
     125},
    {"500 responses, 500 delegates by key",
     {OWN},
     {"ocsp #none of:I signed:none good:5", "ev O by I eku:9 nocheck key:k%d"},
     500},
    {"100000 entries of one serial number, no index",
     {FOREIGN("Y"), "crl Y idp:;I entries:100000"},
     {NULL},
     0},
    {"20000 entries of certificateIssuers",
     {FOREIGN("Y"), "crl Y idp:;I entries:20000 issuers:20000"},
     {NULL},
     0},
    {"8000 answers on one serial number", {OWN, "ocsp I of:X times:8000 good:5"}, {NULL}, 0},
    {"8000 answers on it, of a forged response", {OWN, "ocsp I signed:none times:8000 good:5"}, {NULL}, 0},
    {"8000 answers on it, on hold", {OWN, "ocsp I times:8000 revoked:5=6"}, {NULL}, 0},
    {"8000 answers on others", {OWN, "ocsp I of:X times:8000 good:6"}, {NULL}, 0},
    {"1000 responses by nobody", {OWN}, {"ocsp #k%d of:I signed:none good:5"}, 1000},
    {"100 responses, 100 delegates of one name",
     {OWN},
     {"ocsp O of:I signed:none good:5", "ev O by I eku:9 nocheck key:k%d"},
     100},
    {"100 responses, 100 delegates by key",
     {OWN},
     {"ocsp #none of:I signed:none good:5", "ev O by I eku:9 nocheck key:k%d"},
     100},
    {"1000 URIs against 1000",
     {"L by I serial:5 uris:1000", "I by R CA", "anchor R by R CA"},
     {"crl I uris:1000"},
     8},
    {"200 directories of 16 attributes against 200",
     {"L by I serial:5 dirs:200", "I by R CA", "anchor R by R CA"},
     {"crl I dirs:200"},
     8},
    {"200 URIs against 200",
     {"L by I serial:5 uris:200", "I by R CA", "anchor R by R CA"},
     {"crl I uris:200"},
     50},
};

#define NUM_HOSTILE (sizeof hostile_cases / sizeof *hostile_cases)

/* Fills "%d" in, up to three times. */
static void hostile_line(world *w, const char *pattern, int number) {
    char line[300];
    size_t len = 0;
    for (const char *c = pattern; *c; c++) {
        const char *end = strchr(c, 'd');
        if (*c == '%' && end)
            len += (size_t)snprintf(line + len, sizeof line - len, c[1] == '0' ? "%05d" : "%d", number);
        else
            line[len++] = *c;
        if (*c == '%' && end) c = end;
    }
    line[len] = 0;
    world_line(w, line);
}

static world *hostile_world(const hostile_case *h) {
    world *w = world_new();
    for (int i = 0; h->lines[i]; i++) {
        world_line(w, h->lines[i]);
    }
    for (int n = 1; n <= h->times; n++) {
        for (int i = 0; i < 5 && h->repeated[i]; i++) {
            hostile_line(w, h->repeated[i], n);
        }
    }
    world_seal(w);
    return w;
}

#endif
