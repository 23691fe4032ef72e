/* test_revocation.c: whole searches with evidence of revocation (RFC 5280 6.3, RFC 6960). See
 * evidence_graph.h for the lines. */
#pragma GCC diagnostic ignored "-Wunused-function" /* graph.h has more than is used here */
#include "evidence_graph.h"
#include "harness.h"

#include <stdarg.h>

#define LIR       "L by I serial:5", "I by R CA serial:7", "anchor R by R CA"
#define T         PV_OUTCOME_TRUSTED, PV_OK
#define REVOKED   PV_OUTCOME_REFUSED, PV_R_REVOKED
#define UNKNOWN   PV_OUTCOME_REFUSED, PV_R_REVOCATION_UNKNOWN
#define FAILED    PV_OUTCOME_UNDECIDED, PV_R_SIGNATURE_NOT_CHECKED
#define TOLD(why) PV_R_##why

/* `told`: the reason of a line on evidence that must be in the log; 0: no line that says more than "revoked".
 */
typedef struct revocation_case {
    const char *lines[14];
    uint8_t outcome;
    pv_reason reason, told;
    uint32_t uncovered;
} revocation_case;

#ifndef PV_NO_CRL

static const revocation_case crl_cases[] = {
    /* the issuer's own CRL */
    {{LIR, "crl I"}, T, 0, 0},
    {{LIR, "crl I rev:4,6"}, T, 0, 0},
    {{LIR, "crl I rev:4,5,6"}, REVOKED, 0, 0},
    {{LIR}, UNKNOWN, 0, 0},
    {{LIR, "crl zero"}, UNKNOWN, 0, 0},
    {{LIR, "crl R"}, UNKNOWN, 0, 0},
    {{LIR, "crl I signed:none"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "crl I signed:none rev:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "crl I noaki"}, T, 0, 0},
    {{LIR, "crl I crit"}, UNKNOWN, TOLD(EVIDENCE_CRITICAL), 0},
    {{LIR, "crl I crit rev:5"}, UNKNOWN, TOLD(EVIDENCE_CRITICAL), 0},
    {{LIR, "crl I alg:8"}, UNKNOWN, TOLD(ALGORITHM_NOT_ALLOWED), 0},
    {{LIR, "crl I alg:0"}, UNKNOWN, TOLD(ALGORITHM_NOT_ALLOWED), 0},
    /* a "may" lets pass what is not spoken of, never what is revoked */
    {{LIR, "policy may"}, T, 0, 1},
    {{LIR, "policy may chain"}, T, 0, 3},
    {{LIR, "crl I", "policy may chain"}, T, 0, 2},
    {{LIR, "crl R", "policy may chain"}, T, 0, 1},
    {{LIR, "crl I rev:5", "policy may chain"}, REVOKED, 0, 0},
    {{LIR, "crl R rev:7", "policy may chain"}, REVOKED, 0, 0},
    {{LIR, "crl I signed:none rev:5", "policy may"}, T, 0, 1},
    /* LEAF asks about the target alone, CHAIN about each */
    {{LIR, "crl I", "crl R rev:7"}, T, 0, 0},
    {{LIR, "crl I", "crl R rev:7", "policy chain"}, REVOKED, 0, 0},
    {{LIR, "crl I", "policy chain"}, UNKNOWN, 0, 0},
    {{LIR, "crl R", "policy chain"}, UNKNOWN, 0, 0},
    {{LIR, "crl I", "crl R", "policy chain"}, T, 0, 0},
    {{"I by R CA serial:7", "anchor R by R CA", "crl R rev:7"}, REVOKED, 0, 0},
    /* who may sign: no cRLSign, no keyUsage at all, an anchor judged by name and key */
    {{"L by I serial:5", "I by R ca", "anchor R by R CA", "crl I"}, UNKNOWN, TOLD(CRL_NO_CRL_SIGN), 0},
    {{"L by I serial:5", "I by R ca", "anchor R by R CA", "crl I rev:5"}, UNKNOWN, TOLD(CRL_NO_CRL_SIGN), 0},
    {{"L by I serial:5", "I by R CA bare", "anchor R by R CA", "crl I"}, T, 0, 0},
    {{"L by R serial:5", "anchor R by R ca", "crl R"}, UNKNOWN, TOLD(CRL_NO_CRL_SIGN), 0},
    {{"L by R serial:5", "anchor R by R CA", "crl R"}, T, 0, 0},
    /* time */
    {{LIR, "crl I until:0"}, T, 0, 0},
    {{LIR, "crl I until:-1"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I until:-1 rev:5"}, REVOKED, 0, 0},
    {{LIR, "crl I nonext"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I nonext", "policy age:3600"}, T, 0, 0},
    {{LIR, "crl I nonext", "policy age:3599"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I", "policy age:3599"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I", "policy age:3599 time:floor"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I until:-1", "policy time:floor"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I until:-1", "policy time:unknown"}, T, 0, 0},
    {{LIR, "crl I nonext", "policy time:unknown"}, T, 0, 0},
    {{LIR, "crl I until:-1", "policy time:issuance"}, T, 0, 0},
    {{LIR, "crl I at:1 until:2"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    {{LIR, "crl I at:1 until:2 rev:5"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    {{LIR, "crl I at:0 until:2"}, T, 0, 0},
    {{LIR, "crl I at:60 until:90", "policy leeway:60"}, T, 0, 0},
    {{LIR, "crl I at:61 until:90", "policy leeway:60"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    {{LIR, "crl I at:60 nonext", "policy leeway:60 age:1"}, T, 0, 0},
    {{LIR, "crl I at:1 until:2", "policy time:floor"}, T, 0, 0},
    {{LIR, "crl I at:1 until:2", "policy time:unknown"}, T, 0, 0},
    /* hold: while it is the newest word of its scope */
    {{LIR, "crl I rev:5=6"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60"}, T, 0, 0},
    {{LIR, "crl I rev:5=6 at:-60", "crl I at:-3600"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-60", "crl I at:-60"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 rev:5=6"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 until:-1"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 crit"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 signed:none aki:I"}, REVOKED, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 idp:;U"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl I at:-60 noaki"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=6 at:-3600", "crl R at:-60"}, REVOKED, 0, 0},
    {{LIR, "crl I rev:5=1 at:-3600", "crl I at:-60"}, REVOKED, 0, 0}, /* for good */
    {{LIR, "crl I rev:5=8"}, T, 0, 0},                                /* 5.3.1: says nothing here */
    /* delta CRLs */
    {{LIR, "crl I n:3", "crl I n:4 base:3"}, T, 0, 0},
    {{LIR, "crl I n:3", "crl I n:4 base:3 rev:5"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3", "crl I n:4 base:3 rev:5=6"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8"}, T, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=1", "crl I n:4 base:3 rev:5=8"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8", "crl I n:5 base:3 rev:5=6"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3", "crl I n:5 base:3 rev:5=8"}, T, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8 until:-1"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8 signed:none aki:I"},
     REVOKED,
     TOLD(EVIDENCE_SIGNER),
     0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8 crit"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:3 base:3 rev:5=8"}, REVOKED, 0, 0}, /* not newer */
    {{LIR, "crl I n:3 rev:5=6", "crl I n:5 base:4 rev:5=8"}, REVOKED, 0, 0}, /* of a later base */
    {{LIR, "crl I n:4 rev:5=6", "crl I n:5 base:3 rev:5=8"}, T, 0, 0},
    {{LIR, "crl I n:4 rev:5=6", "crl I base:3 rev:5=8"}, REVOKED, 0, 0}, /* has no number */
    {{LIR, "crl I rev:5=6", "crl I n:5 base:3 rev:5=8"}, REVOKED, 0, 0}, /* base has none */
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8 idp:;U"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=8 noaki"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 until:-1", "crl I n:4 base:3"}, T, 0, 0}, /* the delta carries it on */
    {{LIR, "crl I n:3 until:-1", "crl I n:4 base:3 until:-1"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "crl I n:4 base:3"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5"}, REVOKED, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5 until:-1"}, REVOKED, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5=6"}, REVOKED, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5=6 until:-1"}, REVOKED, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5=6 signed:none aki:I"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:4 base:3 rev:5=8"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:3 crit", "crl I n:4 base:3"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl zero", "crl I n:4 base:3"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:3 base:2", "crl I n:4 base:3"}, UNKNOWN, TOLD(CRL_NO_BASE), 0},
    {{LIR, "crl I n:3 at:-1800", "crl I n:4 base:3 rev:5=6 at:-3600"}, REVOKED, 0, 0},
    {{LIR, "crl I n:5 at:-1800", "crl I n:4 base:3 rev:5=6 at:-3600"}, T, 0, 0},
    /* signers on the path above the issuer: by the cRLIssuer of a distribution point */
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R idp:;I"}, T, 0, 0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R idp:;I rev:5@I"}, REVOKED, 0, 0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R idp:;I rev:5"}, T, 0, 0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl I"}, T, 0, 0},
    {{"L by I serial:5 dp:bad", "I by R CA", "anchor R by R CA", "crl I"}, UNKNOWN, 0, 0},
    {{"L by I serial:5 dp:;id=J+d=X", "I by J CA", "J by R CA", "anchor R by R CA", "crl J idp:;I rev:5@I"},
     REVOKED,
     0,
     0},
    /* signers off the path: among those sent, in the evidence, in the pool */
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "C by R crls", "crl C idp:;I", "crl R"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls", "crl C idp:;I", "crl R"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev zero", "pool C by R crls",
      "pool D by R crls", "crl C idp:;I", "crl R"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls", "crl C idp:;I rev:5@I",
      "crl R"},
     REVOKED,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R", "crl C idp:;I", "crl R"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R ca", "crl C idp:;I", "crl R"},
     UNKNOWN,
     TOLD(CRL_NO_CRL_SIGN),
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls signed:none",
      "crl C idp:;I", "crl R"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by Q crls", "crl C idp:;I rev:5@I",
      "crl R"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "anchor Q by Q CA", "ev C by Q crls",
      "crl C idp:;I", "crl R"},
     UNKNOWN, /* under another anchor */
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls key:other",
      "ev C by R crls key:c2", "crl C signed:c2 idp:;I", "crl R"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls key:other",
      "ev C by R crls key:c2", "crl C signed:c2 aki:other idp:;I", "crl R"},
     T, /* the identifier only says who is tried first */
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by R crls noids", "crl C idp:;I",
      "crl R"},
     T,
     0,
     0},
    /* a key of the same name: the CRL key of an issuer, rolled over */
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by R crls key:i2 serial:9",
      "crl I signed:i2 rev:5", "crl R"},
     REVOKED,
     0,
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by I crls key:i2 serial:9",
      "crl I signed:i2"},
     T,
     0,
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by I crls key:i2 serial:9", "crl I signed:i2",
      "crl R", "policy chain"},
     T, /* the CRL covers its own signer, 9 */
     0,
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by I crls key:i2 serial:9",
      "crl I signed:i2 rev:9", "crl R", "policy chain"},
     UNKNOWN, /* and says that it is revoked */
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by I crls key:i2 serial:9",
      "crl I signed:i2 rev:9", "policy leaf"},
     UNKNOWN, /* LEAF asks about signers, too */
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by I crls key:i2 serial:9", "crl I signed:i2",
      "crl I rev:9 idp:;k1", "crl R", "policy chain"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    /* two that vouch for one another */
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by I crls dp:;id=D serial:8",
      "ev D by I crls dp:;id=C serial:9", "crl C idp:;I", "crl D idp:;I", "crl R", "policy chain"},
     UNKNOWN, /* nobody's word goes in a circle */
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by I crls dp:;id=D serial:8",
      "ev D by I crls dp:;id=C serial:9", "crl C idp:;I", "crl D idp:;I rev:8@I", "crl R", "policy chain"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    /* a chain of signers: as deep as is followed, and one deeper */
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by I crls dp:;id=D serial:8",
      "ev D by R crls serial:9", "crl C idp:;I", "crl D idp:;I", "crl R", "policy chain"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev C by I crls dp:;id=D serial:8",
      "ev D by I crls dp:;id=E serial:9", "ev E by R crls", "crl C idp:;I", "crl D idp:;I", "crl E idp:;I",
      "crl R", "policy chain"},
     UNKNOWN,
     TOLD(EVIDENCE_DEPTH),
     0},
    /* revoked under one issuer, alive under another; unknown under one anchor, spoken of under another */
    {{"L by I serial:5", "I by R CA", "I by Q CA key:I", "anchor R by R CA", "anchor Q by Q CA",
      "crl I rev:5"},
     REVOKED,
     0,
     0},
    {{"L by I serial:5", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA", "anchor Q by Q CA",
      "crl I", "crl R rev:7", "crl Q", "policy chain"},
     T,
     0,
     0},
    {{"L by I serial:5", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA", "anchor Q by Q CA",
      "crl I", "crl R", "crl Q rev:8", "policy chain"},
     T,
     0,
     0},
    {{"L by I serial:5", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA", "anchor Q by Q CA",
      "crl I", "crl R rev:7", "crl Q rev:8", "policy chain"},
     REVOKED,
     0,
     0},
    {{"L by I serial:5", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA", "anchor Q by Q CA",
      "crl I", "crl Q", "policy chain"},
     T,
     0,
     0},
    {{"L by I serial:5", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA", "anchor Q by Q CA",
      "crl I", "crl R", "policy chain"},
     T,
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA",
      "anchor Q by Q CA", "ev C by Q crls", "crl C idp:;I", "crl Q"},
     T, /* C's path ends at Q: so must L's */
     0,
     0},
    {{"L by I serial:5 dp:;id=C", "I by R CA serial:7", "I by Q CA serial:8", "anchor R by R CA",
      "anchor Q by Q CA", "ev C by R crls", "crl C idp:;I", "crl R"},
     T,
     0,
     0},
    /* kinds of certificates, reasons, several CRLs that cover one another's rest */
    {{LIR, "crl I idp:;U"}, T, 0, 0},
    {{LIR, "crl I idp:;C"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{LIR, "crl I idp:;A"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{LIR, "crl I idp:;C rev:5"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{"I by R CA serial:7", "anchor R by R CA", "crl R idp:;C"}, T, 0, 0},
    {{"I by R CA serial:7", "anchor R by R CA", "crl R idp:;U"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{LIR, "crl I idp:;k1234"}, UNKNOWN, TOLD(CRL_REASONS), 0},
    {{LIR, "crl I idp:;k1234", "policy may"}, T, 0, 1},
    {{LIR, "crl I idp:;k1234", "crl I idp:;k5678"}, T, 0, 0},
    {{LIR, "crl I idp:;k1234", "crl I idp:;k567"}, UNKNOWN, TOLD(CRL_REASONS), 0},
    {{LIR, "crl I idp:;k1234", "crl I idp:;k5678 rev:5"}, REVOKED, 0, 0},
    {{LIR, "crl I idp:;k1234", "crl I idp:;k1234"}, UNKNOWN, TOLD(CRL_REASONS), 0},
    {{"L by I serial:5 dp:u=a;k12", "I by R CA", "anchor R by R CA", "crl I idp:u=a"},
     UNKNOWN,
     TOLD(CRL_REASONS),
     0},
    {{"L by I serial:5 dp:u=a;k12 dp:u=b;k345678", "I by R CA", "anchor R by R CA", "crl I idp:u=a",
      "crl I idp:u=b"},
     T,
     0,
     0},
    /* names of distribution points: full ones */
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:u=a"}, T, 0, 0},
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:u=a rev:5"}, REVOKED, 0, 0},
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:u=b"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:n=a"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:u=A"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:u=a", "I by R CA", "anchor R by R CA", "crl I"}, T, 0, 0},
    {{"L by I serial:5 dp:u=x+n=y+u=a", "I by R CA", "anchor R by R CA", "crl I idp:d=z+u=b+u=a"}, T, 0, 0},
    {{"L by I serial:5 dp:u=x dp:u=a", "I by R CA", "anchor R by R CA", "crl I idp:u=a"}, T, 0, 0},
    {{"L by I serial:5 dp:d=Point", "I by R CA", "anchor R by R CA", "crl I idp:d=POINT"}, T, 0, 0},
    {{"L by I serial:5 dp:d=Point", "I by R CA", "anchor R by R CA", "crl I idp:d=other"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{LIR, "crl I idp:u=a"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{LIR, "crl I idp:d=I"}, T, 0, 0}, /* the point that each certificate has: its issuer */
    {{LIR, "crl I idp:u=a+d=i"}, T, 0, 0},
    {{LIR, "crl I idp:d=X"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    {{LIR, "crl I idp:r=x"}, UNKNOWN, TOLD(EVIDENCE_SCOPE), 0},
    /* relative ones, on either side or both */
    {{"L by I serial:5 dp:r=one", "I by R CA", "anchor R by R CA", "crl I idp:r=One"}, T, 0, 0},
    {{"L by I serial:5 dp:r=one", "I by R CA", "anchor R by R CA", "crl I idp:r=two"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:r=one", "I by R CA", "anchor R by R CA", "crl I idp:d=I/one"}, T, 0, 0},
    {{"L by I serial:5 dp:r=one", "I by R CA", "anchor R by R CA", "crl I idp:u=q+d=I/two+d=i/ONE"}, T, 0, 0},
    {{"L by I serial:5 dp:r=one", "I by R CA", "anchor R by R CA", "crl I idp:d=J/one+d=I/one/x"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:d=I/one", "I by R CA", "anchor R by R CA", "crl I idp:r=one"}, T, 0, 0},
    {{"L by I serial:5 dp:d=I/two", "I by R CA", "anchor R by R CA", "crl I idp:r=one"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    /* a point that is but a cRLIssuer: its name is the point's */
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R idp:d=R;I"}, T, 0, 0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl R idp:u=a;I"},
     UNKNOWN,
     TOLD(EVIDENCE_SCOPE),
     0},
    {{"L by I serial:5 dp:u=a;id=R", "I by R CA", "anchor R by R CA", "crl R idp:u=a;I"}, T, 0, 0},
    {{"L by I serial:5 dp:r=one;id=R", "I by R CA", "anchor R by R CA", "crl R idp:d=R/one;I"}, T, 0, 0},
    {{"L by I serial:5 dp:;iu=a", "I by R CA", "anchor R by R CA", "crl R idp:;I"}, UNKNOWN, 0, 0},
    {{"L by I serial:5 dp:;id=X", "I by R CA", "anchor R by R CA", "crl R idp:;I"}, UNKNOWN, 0, 0},
    /* points that cannot be read: nothing speaks of the certificate */
    {{"L by I serial:5 dp:u=a dp:bad", "I by R CA", "anchor R by R CA", "crl I"}, UNKNOWN, 0, 0},
    {{"L by I serial:5 dp:u=a dp:bad", "I by R CA", "anchor R by R CA", "crl I rev:5"}, UNKNOWN, 0, 0},
    {{"L by I serial:5 dp:;id=R", "I by R CA", "anchor R by R CA", "crl zero", "crl R idp:;I"}, T, 0, 0},
    /* keys that cannot have signed, anchors without a certificate's word, a pool that does not help */
    {{LIR, "crl I alg:10", "policy anyalg"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{"L by R serial:5", "anchor R by R ca", "crl R", "policy bykey"}, T, 0, 0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "pool I by R crls key:i2 signed:none",
      "crl I signed:i2", "crl R"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by R crls key:i2", "crl I signed:i2 noaki",
      "crl R"},
     T,
     0,
     0},
    /* a delta CRL by another key than its base's */
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "ev I by R crls key:i2", "crl R",
      "crl I n:3 until:-1", "crl I n:4 base:3 signed:i2 aki:I"},
     UNKNOWN,
     TOLD(EVIDENCE_STALE),
     0},
    /* what a delta CRL takes back it must build upon */
    {{LIR, "crl I rev:5=6 at:-3600", "crl I n:5 base:3 rev:5=8 at:-60"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6 at:-3600", "crl I n:5 base:4 rev:5=8 at:-60"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 rev:5=6 at:-3600", "crl I n:5 base:3 rev:5=8 at:-60"}, T, 0, 0},
    {{LIR, "crl I n:3 rev:5=6", "crl I n:4 base:3 rev:5=6 at:-60"}, REVOKED, 0, 0},
    {{LIR, "crl I n:3 at:-3600", "crl I n:4 base:3 rev:5=6 at:-60", "crl I n:5 at:-30"}, T, 0, 0},
    /* the target does not speak for itself */
    {{"I by I key:i2 crls serial:9", "I by R CA serial:7 dp:;id=I", "anchor R by R CA",
      "crl I signed:i2 idp:;I", "crl R", "policy chain"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    /* nor does who stands below it, but for a word that revokes */
    {{"I by R CA serial:7 dp:;id=C", "anchor R by R CA", "ev C by I crls", "crl C idp:;I", "crl I"},
     UNKNOWN,
     TOLD(EVIDENCE_SIGNER),
     0},
    {{"I by R CA serial:7 dp:;id=C", "anchor R by R CA", "ev C by I crls", "crl C idp:;I rev:7@R", "crl I"},
     REVOKED,
     0,
     0},
    /* CRLs of odd form (no number): no word under the strict profiles */
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "crl I", "policy strict"},
     UNKNOWN,
     TOLD(CRL_FORM),
     0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "crl I n:1", "policy strict"}, T, 0, 0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "crl I n:1 rev:5=6 at:-3600", "crl I at:-60",
      "policy strict"},
     REVOKED,
     0,
     0},
    /* a signer under the rules of the web is judged by RFC 5280's */
    {{"L by I serial:5 eku:1 dp:;id=C", "I by R CA eku:1", "anchor R by R CA", "ev C by R crls",
      "crl C n:1 idp:;I", "crl R n:1", "policy web"},
     T,
     0,
     0},
    /* entries of an indirect CRL: the last certificateIssuer counts */
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "crl I idp:;I rev:4@X,5"}, T, 0, 0},
    {{"L by I serial:5", "I by R CA", "anchor R by R CA", "crl I idp:;I rev:4@X,5@I"}, REVOKED, 0, 0},
};

#endif

#ifndef PV_NO_OCSP

static const revocation_case ocsp_cases[] = {
    /* signed by the issuer, named by name or key */
    {{LIR, "ocsp I good:5"}, T, 0, 0},
    {{LIR, "ocsp #I good:5"}, T, 0, 0},
    {{LIR, "ocsp i of:I key:I signed:I good:5"}, T, 0, 0}, /* folded */
    {{LIR, "ocsp I revoked:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I revoked:5=1"}, REVOKED, 0, 0},
    {{LIR, "ocsp I good:4"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I revoked:4 good:5"}, T, 0, 0},
    {{LIR, "ocsp I good:5 revoked:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I unknown:5"}, UNKNOWN, TOLD(OCSP_UNKNOWN), 0},
    {{LIR, "ocsp I fail"}, UNKNOWN, TOLD(OCSP_UNSUCCESSFUL), 0},
    {{LIR, "ocsp I good:5 crit"}, UNKNOWN, TOLD(EVIDENCE_CRITICAL), 0},
    {{LIR, "ocsp I single good:5"}, UNKNOWN, TOLD(EVIDENCE_CRITICAL), 0},
    {{LIR, "ocsp I good:5 alg:8"}, UNKNOWN, TOLD(ALGORITHM_NOT_ALLOWED), 0},
    {{LIR, "ocsp zero"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I good:5 signed:none"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "ocsp I revoked:5 signed:none"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "ocsp X of:I signed:I good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "ocsp #X of:I signed:I good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    /* CertIDs */
    {{LIR, "ocsp I hash:2 good:5"}, T, 0, 0},
    {{LIR, "ocsp I hash:3 good:5"}, T, 0, 0},
    {{LIR, "ocsp I hash:4 good:5"}, T, 0, 0},
    {{LIR, "ocsp I hash:0 good:5"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I of:J key:I good:5"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I of:I key:J good:5"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I of:I key:J revoked:5"}, UNKNOWN, 0, 0},
    /* time */
    {{LIR, "ocsp I until:0 good:5"}, T, 0, 0},
    {{LIR, "ocsp I until:-1 good:5"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "ocsp I until:-1 revoked:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I nonext good:5"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "ocsp I nonext good:5", "policy age:3600"}, T, 0, 0},
    {{LIR, "ocsp I nonext good:5", "policy age:3599"}, UNKNOWN, TOLD(EVIDENCE_STALE), 0},
    {{LIR, "ocsp I nonext good:5", "policy time:unknown"}, T, 0, 0},
    {{LIR, "ocsp I at:61 until:90 good:5", "policy leeway:60"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    {{LIR, "ocsp I at:60 until:90 made:60 good:5", "policy leeway:60"}, T, 0, 0},
    {{LIR, "ocsp I made:61 good:5", "policy leeway:60"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    {{LIR, "ocsp I made:61 revoked:5", "policy leeway:60"}, UNKNOWN, TOLD(EVIDENCE_NOT_YET_VALID), 0},
    /* hold: while no newer word is "good" */
    {{LIR, "ocsp I revoked:5=6"}, REVOKED, 0, 0},
    {{LIR, "ocsp I at:-3600 revoked:5=6 at:-60 good:5"}, T, 0, 0},
    {{LIR, "ocsp I at:-60 revoked:5=6 at:-3600 good:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I at:-60 revoked:5=6 at:-60 good:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I at:-60 revoked:5=6", "ocsp I at:-30 good:5", "ocsp I at:-90 good:5"}, T, 0, 0},
    {{LIR, "ocsp I at:-60 revoked:5=6", "ocsp I at:-30 good:5", "ocsp I at:-20 revoked:5=6"}, REVOKED, 0, 0},
    {{LIR, "ocsp I at:-20 revoked:5=6", "ocsp I at:-30 revoked:5=6", "ocsp I at:-25 good:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I revoked:5=6 revoked:5=1"}, REVOKED, 0, 0},
    {{LIR, "ocsp I alg:10 good:5", "policy anyalg"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    /* of the chain: each from its own issuer */
    {{LIR, "ocsp I good:5", "ocsp R good:7", "policy chain"}, T, 0, 0},
    {{LIR, "ocsp I good:5", "ocsp R revoked:7", "policy chain"}, REVOKED, 0, 0},
    {{LIR, "ocsp I good:5", "policy chain may"}, T, 0, 2},
    {{LIR, "ocsp R of:I signed:R good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    /* delegates */
    {{LIR, "ev O by I eku:9 nocheck", "ocsp O of:I signed:O good:5"}, T, 0, 0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp #O of:I good:5"}, T, 0, 0},
    {{LIR, "O by I eku:9 nocheck", "ocsp O of:I good:5"}, T, 0, 0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp O of:I revoked:5"}, REVOKED, 0, 0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp X of:I signed:O good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp O of:I signed:none good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:1 nocheck", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I nocheck", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:9 CA nocheck", "ocsp O of:I good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    {{LIR, "ev O by R eku:9 nocheck", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by R eku:9 nocheck", "ocsp O of:I revoked:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:9 nocheck signed:none", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:9 nocheck to:1640995200", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev zero", "ev O by I eku:9 nocheck", "ocsp O of:I good:5"}, T, 0, 0},
    {{LIR, "ev O by I eku:9 nocheck key:o2", "ev O by I eku:9 nocheck", "ocsp O of:I good:5"}, T, 0, 0},
    {{LIR, "pool O by I eku:9 nocheck", "ocsp O of:I good:5"}, UNKNOWN, TOLD(EVIDENCE_SIGNER), 0},
    /* without nocheck a delegate needs evidence of its own; its own word is none */
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5", "ocsp I good:6"}, T, 0, 0},
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5 good:6"}, UNKNOWN, TOLD(OCSP_RESPONDER), 0},
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5", "ocsp I revoked:6"},
     UNKNOWN,
     TOLD(OCSP_RESPONDER),
     0},
    {{LIR, "ev O by I eku:9 serial:6", "ev P by I eku:9 serial:8 nocheck", "ocsp O of:I good:5",
      "ocsp P of:I good:6"},
     T,
     0,
     0},
    {{LIR, "ev O by I eku:9 serial:6", "ev P by I eku:9 serial:8", "ocsp O of:I good:5 good:8",
      "ocsp P of:I good:6"},
     UNKNOWN, /* each would stand on the other */
     TOLD(OCSP_RESPONDER),
     0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp O of:I good:5", "ocsp R good:7", "policy chain"}, T, 0, 0},
    {{LIR, "ev O by I eku:9 nocheck", "ocsp O of:I good:5", "policy chain may"}, T, 0, 3},
    /* an end entity that calls itself a delegate and wants to speak of itself */
    {{"L by I serial:5 eku:9 nocheck", "I by R CA", "anchor R by R CA", "ocsp L of:I good:5"},
     UNKNOWN,
     TOLD(OCSP_RESPONDER),
     0},
};

#endif

#if !defined(PV_NO_CRL) && !defined(PV_NO_OCSP)

static const revocation_case mixed_cases[] = {
    /* whose word does not count */
    {{LIR, "crl I", "policy ocsp"}, UNKNOWN, 0, 0},
    {{LIR, "crl I rev:5", "policy ocsp"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I good:5", "policy crl"}, UNKNOWN, 0, 0},
    {{LIR, "ocsp I good:5", "crl I rev:5"}, REVOKED, 0, 0},
    {{LIR, "ocsp I revoked:5", "crl I"}, REVOKED, 0, 0},
    {{LIR, "ocsp I good:5", "crl I"}, T, 0, 0},
    {{LIR, "ocsp I good:5", "crl R", "policy chain"}, T, 0, 0},
    {{LIR, "ocsp I unknown:5", "crl I"}, T, 0, 0},
    {{LIR, "ocsp I good:5", "crl I rev:5=6"}, REVOKED, 0, 0},
    {{LIR, "ocsp I good:5", "crl I until:-1"}, T, 0, 0},
    {{LIR, "ocsp I good:5", "crl I signed:none rev:5"}, T, 0, 0},
    /* one signs both */
    {{"L by I serial:5 dp:;id=O", "I by R CA", "anchor R by R CA", "ev O by I eku:9 crls serial:6",
      "ocsp I good:6", "ocsp O of:I good:5", "crl O idp:;I"},
     T,
     0,
     0},
    /* a delegate whose status the CRL tells */
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5", "crl I idp:;U rev:5"}, REVOKED, 0, 0},
    {{LIR, "ev O by I eku:9 serial:6", "ocsp O of:I good:5", "crl I rev:6"}, T, 0, 0},
};

#endif

/* --- Tables -----------------------------------------------------------------------------------------------
 */

static uint32_t seed = 12345;

static uint32_t dice(uint32_t sides) {
    seed = seed * 1103515245u + 12345u;
    return (seed >> 12) % sides;
}

static void shuffle(const void **items, uint32_t from, uint32_t num) {
    for (uint32_t i = num; i-- > from + 1;) {
        uint32_t with = from + dice(i - from + 1);
        const void *kept = items[i];
        items[i] = items[with];
        items[with] = kept;
    }
}

static void shuffle_world(world *w) {
    shuffle((const void **)w->crl_at, 0, w->evidence.num_crls);
    shuffle((const void **)w->ocsp_at, 0, w->evidence.num_ocsps);
    shuffle((const void **)w->cert_at, 0, w->evidence.num_certs);
    if (w->g->num_sent > 0) shuffle((const void **)w->g->sent, 1, w->g->num_sent);
}

static const char *name_of(const revocation_case *c) {
    static char text[600];
    text[0] = 0;
    for (int i = 0; c->lines[i]; i++) {
        strncat(text, c->lines[i], sizeof text - strlen(text) - 4);
        strcat(text, "; ");
    }
    return text;
}

static int comes_out(const world *w, const revocation_case *c) {
    return w->v.outcome == c->outcome && w->v.reason == c->reason && w->v.uncovered == c->uncovered;
}

static int is_told(const world *w, pv_reason reason) {
    if (reason != 0) return world_told(w, reason) != NULL;
    for (uint32_t i = 0; i < log_len(w); i++) {
        if (is_evidence_line(&w->log[i]) && w->log[i].reason != PV_R_REVOKED) return 0;
    }
    return 1;
}

/* Lines on evidence stand before the certificate's they are about, at its depth, unless others follow. */
static int log_is_in_order(const world *w) {
    for (uint32_t i = 0; i < log_len(w); i++) {
        if (!is_evidence_line(&w->log[i])) continue;
        uint32_t next = i + 1;
        while (next < log_len(w) && is_evidence_line(&w->log[next]))
            next++;
        if (next == log_len(w) || w->log[next].depth != w->log[next - 1].depth) return 0;
        if (w->log[next].field != PV_FIELD_REVOCATION) return 0;
    }
    return 1;
}

/* A line that says "revoked" names the entry, by where it begins. */
static int entries_are_named(const world *w) {
    for (uint32_t i = 0; i < log_len(w); i++) {
        const pv_record *line = &w->log[i];
        if (!is_evidence_line(line) || line->reason != PV_R_REVOKED) continue;
        int is_crl = (line->node & PV_NODE_CRL) != 0;
        const uint8_t *der =
            is_crl ? w->crl_at[line->node & ~PV_NODE_CRL]->der : w->ocsp_at[line->node & ~PV_NODE_OCSP]->der;
        if (line->field != (is_crl ? PV_FIELD_REVOKED_CERTIFICATES : PV_FIELD_CERT_STATUS)) return 0;
        if (line->offset == PV_NO_OFFSET || der[line->offset] != 0x30) return 0;
        if (i + 1 >= log_len(w) || is_evidence_line(&w->log[i + 1])) return 0; /* the last of them */
        if (w->log[i + 1].reason != PV_R_REVOKED) return 0;
    }
    return 1;
}

static void check_case(const revocation_case *c) {
    world *w = world_of(c->lines);
    world_judge(w);
    int is_right = comes_out(w, c) && (is_told(w, c->told) || c->outcome == PV_OUTCOME_TRUSTED);
    int log_is_right = c->outcome == PV_OUTCOME_TRUSTED || (log_is_in_order(w) && entries_are_named(w));
    if (!is_right || !log_is_right) world_print(w);
    CHECK_MSG(is_right, "%s", name_of(c));
    CHECK_MSG(log_is_right, "log of: %s", name_of(c));
    for (int round = 0; is_right && round < 6; round++) {
        shuffle_world(w);
        world_judge(w);
        CHECK_MSG(comes_out(w, c), "in another order: %s", name_of(c));
    }
    world_free(w);
}

#define CHECK_CASES(cases)                                                                                   \
    for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++) {                                           \
        check_case(&(cases)[i]);                                                                             \
    }

#ifndef PV_NO_CRL
TEST(crls) {
    CHECK_CASES(crl_cases);
}
#endif

#ifndef PV_NO_OCSP
TEST(ocsp_responses) {
    CHECK_CASES(ocsp_cases);
}
#endif

#if !defined(PV_NO_CRL) && !defined(PV_NO_OCSP)
TEST(both_together) {
    CHECK_CASES(mixed_cases);
}
#endif

#if !defined(PV_NO_CRL) || !defined(PV_NO_OCSP)

/* --- Budgets ----------------------------------------------------------------------------------------------
 */

static uint32_t *member_of(pv_budget *budget, int which) {
    uint32_t *const members[] = {&budget->signatures, &budget->steps, &budget->names, &budget->bytes};
    return members[which];
}

/* What a limit of one kind comes to. Too little is never "refused" or "trusted" by chance: each limit up to
 * the least that is enough ends UNDECIDED for that limit, and all from there on alike. */
static void check_limit(const revocation_case *c, int which) {
    static const pv_reason reasons[] = {PV_R_BUDGET_SIGNATURES, PV_R_BUDGET_STEPS, PV_R_BUDGET_NAMES,
                                        PV_R_BUDGET_BYTES};
    world *w = world_of(c->lines);
    uint32_t most = *member_of(&w->policy.budget, which), low = 0;
    pv_budget spent = world_judge(w)->spent;
    /* What is given back was needed in between, so the least that is enough may be more than what is spent.
     */
    uint32_t high = 4 * *member_of(&spent, which) + 64;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        *member_of(&w->policy.budget, which) = middle;
        if (world_judge(w)->outcome == PV_OUTCOME_UNDECIDED)
            low = middle + 1;
        else
            high = middle;
    }
    CHECK(low <= most);
    for (uint32_t limit = low > 40 ? low - 40 : 0; limit < low + 20; limit++) {
        *member_of(&w->policy.budget, which) = limit;
        world_judge(w);
        int is_right = limit < low ? w->v.outcome == PV_OUTCOME_UNDECIDED && w->v.reason == reasons[which]
                                   : comes_out(w, c);
        CHECK_MSG(is_right, "limit %d of %u, enough %u: outcome %d, reason %d: %s", which, limit, low,
                  w->v.outcome, w->v.reason, name_of(c));
        CHECK(*member_of(&w->v.spent, which) <= limit);
    }
    world_free(w);
}

#define CHECK_LIMITS(cases)                                                                                  \
    for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++) {                                           \
        for (int which = 0; which < 4; which++)                                                              \
            check_limit(&(cases)[i], which);                                                                 \
    }

TEST(budgets_end_exactly) {
#ifndef PV_NO_CRL
    CHECK_LIMITS(crl_cases);
#endif
#ifndef PV_NO_OCSP
    CHECK_LIMITS(ocsp_cases);
#endif
#if !defined(PV_NO_CRL) && !defined(PV_NO_OCSP)
    CHECK_LIMITS(mixed_cases);
#endif
}

#endif

/* --- One by one -------------------------------------------------------------------------------------------
 */

/* Lines that may begin with a printf-like number, for worlds that are written by loops. */
static void add(world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(world *w, const char *format, ...) {
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    world_line(w, line);
}

static world *world_of_three(void) {
    static const char *const lines[] = {LIR, NULL};
    world *w = world_new();
    for (const char *const *line = lines; *line; line++) {
        world_line(w, *line);
    }
    return w;
}

static void check_outcome(world *w, pv_outcome outcome, pv_reason reason) {
    world_judge(w);
    if (w->v.outcome != outcome || w->v.reason != reason) world_print(w);
    CHECK_IS(w->v.outcome, outcome);
    CHECK_IS(w->v.reason, reason);
}

/* What is not built in is not judged by, whatever else is. */
TEST(sources_that_are_not_built_in) {
    static const uint8_t all[] = {PV_SOURCE_CRL, PV_SOURCE_OCSP, PV_SOURCE_CRL | PV_SOURCE_OCSP};
    for (size_t i = 0; i < sizeof all; i++) {
        world *w = world_of_three();
        world_seal(w);
        w->policy.revocation_sources = all[i];
        w->policy.may_lack_evidence = 1;
        int is_built = (all[i] & ~SOURCES) == 0;
        CHECK_IS(pv_revocation_is_built_in(all[i]), is_built);
        if (is_built)
            check_outcome(w, PV_OUTCOME_TRUSTED, PV_OK);
        else
            check_outcome(w, PV_OUTCOME_REFUSED, PV_R_REVOCATION_UNSUPPORTED);
        world_free(w);
    }
}

#if !defined(PV_NO_CRL) || !defined(PV_NO_OCSP)

TEST(sources) {
    world *w = world_of_three();
    world_seal(w);
    w->policy.revocation_sources = 0;
    check_outcome(w, PV_OUTCOME_REFUSED, PV_R_POLICY_UNUSABLE);
    w->policy.revocation_sources = 4;
    check_outcome(w, PV_OUTCOME_REFUSED, PV_R_POLICY_UNUSABLE);
    w->policy.revocation_sources = SOURCES;
    w->policy.may_lack_evidence = 2;
    check_outcome(w, PV_OUTCOME_REFUSED, PV_R_POLICY_UNUSABLE);
    w->policy.may_lack_evidence = 0;
    w->policy.revocation = 3;
    check_outcome(w, PV_OUTCOME_REFUSED, PV_R_POLICY_UNUSABLE);
    w->policy.revocation = PV_REVOCATION_NONE;
    w->policy.revocation_sources = 0;
    check_outcome(w, PV_OUTCOME_TRUSTED, PV_OK);
    world_free(w);
}

TEST(no_evidence_at_all) {
    for (int may = 0; may < 2; may++) {
        world *w = world_of_three();
        world_seal(w);
        w->policy.may_lack_evidence = (uint8_t)may;
        pv_request r = world_request(w);
        r.evidence = NULL;
        CHECK_IS(world_run(w, &r, 1, PV_ANSWER_NONE), PV_DONE);
        CHECK_IS(r.verdict.outcome, may ? PV_OUTCOME_TRUSTED : PV_OUTCOME_REFUSED);
        CHECK_IS(r.verdict.uncovered, may);
        CHECK_IS(r.verdict.depth, 0);
        world_free(w);
    }
}

/* Lists that are not there, or longer than positions go. */
TEST(evidence_that_is_incomplete_fails) {
    world *w = world_of_three();
    world_seal(w);
    const pv_evidence none = {NULL, NULL, NULL, 0, 0, 0};
    const pv_evidence wrong[] = {
        {NULL, NULL, NULL, 1, 0, 0},
        {NULL, NULL, NULL, 0, 1, 0},
        {NULL, NULL, NULL, 0, 0, 1},
        {w->crl_at, NULL, NULL, PV_NODE_OCSP, 0, 0},
        {NULL, w->ocsp_at, NULL, 0, PV_NODE_OCSP, 0},
        {NULL, NULL, w->cert_at, 0, 0, PV_NODE_OCSP},
    };
    pv_checker checker = world_checker(w);
    static uint64_t room[1 << 16];
    pv_request r = world_request(w);
    r.evidence = &none;
    CHECK_IS(pv_validate(room, sizeof room, &r, 1, &checker), PV_DONE);
    CHECK_IS(r.verdict.reason, PV_R_REVOCATION_UNKNOWN);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        r.evidence = &wrong[i];
        CHECK_IS(pv_validate(room, sizeof room, &r, 1, &checker), PV_FAILED);
        CHECK_IS(r.verdict.outcome, PV_OUTCOME_NONE);
    }
    world_free(w);
}

/* The certificates of the evidence count for the workspace; one byte less is too little. */
TEST(the_workspace_holds_the_evidence) {
    world *w = world_of_three();
    for (int i = 0; i < 20; i++) {
        add(w, "ev C%d by I serial:%d", i, i + 10);
    }
    world_seal(w);
    pv_checker checker = world_checker(w);
    pv_request r = world_request(w);
    size_t size = pv_workspace_size(1, w->g->num_sent + 20, &w->policy);
    uint8_t *room = malloc(size);
    CHECK_IS(pv_validate(room, size, &r, 1, &checker), PV_DONE);
    CHECK_IS(pv_validate(room, size - 1, &r, 1, &checker), PV_FAILED);
    pv_policy none = w->policy;
    none.revocation = PV_REVOCATION_NONE;
    CHECK(pv_workspace_size(1, 22, &none) < size);
    free(room);
    world_free(w);
}

#endif

#ifndef PV_NO_CRL

/* The engine that has no answer on evidence decides nothing; one that cannot check it is as good as none. */
TEST(engines_that_fail_on_crls) {
    static const char *const lines[] = {LIR, "crl I rev:5", NULL};
    static const char *const good[] = {LIR, "crl I", NULL};
    for (int is_good = 0; is_good < 2; is_good++) {
        world *w = world_of(is_good ? good : lines);
        w->odd_key = "I";
        w->odd_evidence_alone = 1;
        for (int may = 0; may < 2; may++) {
            w->policy.may_lack_evidence = (uint8_t)may;
            w->odd_result = PV_SIG_NOT_CHECKED;
            check_outcome(w, FAILED);
            w->odd_result = 77;
            check_outcome(w, FAILED);
            w->odd_result = PV_SIG_UNSUPPORTED;
            check_outcome(w, may ? PV_OUTCOME_TRUSTED : PV_OUTCOME_REFUSED,
                          may ? PV_OK : PV_R_REVOCATION_UNKNOWN);
            if (!may) CHECK(world_told(w, PV_R_SIGNATURE_UNSUPPORTED) != NULL);
        }
        world_free(w);
    }
}

/* Of two CRLs one that revokes decides although the engine failed on the other. */
TEST(what_is_known_to_be_revoked_needs_no_engine) {
    static const char *const lines[] = {LIR, "ev I by R crls key:i2 serial:9", "crl I signed:i2",
                                        "crl I rev:5", NULL};
    world *w = world_of(lines);
    w->odd_key = "i2";
    w->odd_evidence_alone = 1;
    w->odd_result = PV_SIG_NOT_CHECKED;
    check_outcome(w, REVOKED);
    world_free(w);
}

/* The engine fails on the certificate of a CRL's signer: its path is in doubt, and so is the answer. */
TEST(engines_that_fail_on_signers) {
    static const char *const lines[] = {"L by I serial:5 dp:;id=C",
                                        "I by R CA",
                                        "anchor R by R CA",
                                        "ev C by R crls serial:9",
                                        "crl C idp:;I",
                                        "crl R",
                                        NULL};
    for (int may = 0; may < 2; may++) {
        world *w = world_of(lines);
        w->policy.may_lack_evidence = (uint8_t)may;
        check_outcome(w, T);
        uint32_t jobs = w->g->num_jobs;
        for (uint32_t after = 1; after < jobs; after++) {
            w->g->fail_after = after;
            check_outcome(w, FAILED);
        }
        world_free(w);
    }
}

/* Each budget once more, over the search for a signer; and what a search for a signer spends is the
 * request's. */
TEST(signer_searches_spend_the_requests_budget) {
    static const char *const lines[] = {"L by I serial:5 dp:;id=C",
                                        "I by R CA",
                                        "anchor R by R CA",
                                        "ev C by R crls serial:9",
                                        "crl C idp:;I",
                                        "crl R",
                                        NULL};
    world *w = world_of(lines);
    check_outcome(w, T);
    CHECK_IS(w->v.spent.signatures, w->g->num_jobs * PV_COST_P256);
    CHECK_IS(w->g->num_jobs, 5); /* L, I, C and two CRLs */
    CHECK_IS(w->num_checks, 2);
    world_free(w);
}

/* A chain of signers of `num` links, each CRL covering the signer of the one before; the last is R's own. */
static world *chain_of_signers(int num) {
    world *w = world_of_three();
    w->g->num_sent = 0;
    add(w, "L by I serial:5 dp:;id=C1");
    add(w, "I by R CA serial:7");
    for (int i = 1; i <= num; i++) {
        if (i < num)
            add(w, "ev C%d by I crls serial:%d dp:;id=C%d", i, 10 + i, i + 1);
        else
            add(w, "ev C%d by R crls serial:%d", i, 10 + i);
        add(w, "crl C%d idp:;I", i);
    }
    add(w, "crl R");
    world_seal(w);
    return w;
}

TEST(signers_hang_on_one_another_so_deep) {
    for (int num = 1; num <= PV_MAX_SIGNER_DEPTH + 3; num++) {
        world *w = chain_of_signers(num);
        if (num <= PV_MAX_SIGNER_DEPTH) {
            check_outcome(w, T);
        } else {
            check_outcome(w, UNKNOWN);
            CHECK(world_told(w, PV_R_EVIDENCE_DEPTH) != NULL);
        }
        world_free(w);
    }
}

/* The last of `num` CRLs revokes; each has a signer of its own that must be looked for, and all but the last
 * one's are nobody's. */
static world *many_signers(int num) {
    world *w = world_of_three();
    w->policy.budget.steps = 1000000;
    w->policy.budget.signatures = 100000; /* each CRL under each key of the name */
    for (int i = 0; i < num; i++) {
        add(w, "ev I by R crls key:k%d serial:%d %s", i, 10 + i, i < num - 1 ? "signed:none" : "");
        add(w, "crl I signed:k%d %s", i, i < num - 1 ? "" : "rev:5");
    }
    add(w, "crl R");
    world_seal(w);
    return w;
}

TEST(more_signers_than_there_is_room_for) {
    for (int num = PV_MAX_SIGNERS - 1; num <= PV_MAX_SIGNERS + 2; num++) {
        world *w = many_signers(num);
        if (num <= PV_MAX_SIGNERS) {
            check_outcome(w, REVOKED);
        } else {
            check_outcome(w, PV_OUTCOME_UNDECIDED, PV_R_EVIDENCE_DEPTH); /* it might be revoked */
            CHECK(world_told(w, PV_R_EVIDENCE_DEPTH) != NULL);
        }
        world_free(w);
    }
}

/* Under DEVICE a CRL of odd form counts, and the verdict says so. */
TEST(crls_of_odd_form_are_noted) {
    static const char *const lines[] = {LIR, "crl I n:1", "crl R", "policy chain", NULL};
    world *w = world_of(lines);
    check_outcome(w, T);
    CHECK_IS(w->v.odd_crls, 2);
    world_free(w);
}

/* --- Several requests --- */

/* A CRL that every request hands in is checked once, by the address of its view. */
TEST(a_crl_is_checked_once_for_all_requests) {
    static const char *const lines[] = {LIR, "crl I rev:9", "crl R", "policy chain", NULL};
    world *w = world_of(lines);
    pv_request requests[8];
    for (int i = 0; i < 8; i++) {
        requests[i] = world_request(w);
    }
    CHECK_IS(world_run(w, requests, 8, PV_ANSWER_NONE), PV_DONE);
    for (int i = 0; i < 8; i++) {
        CHECK_IS(requests[i].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[i].verdict.spent.signatures, 4 * PV_COST_P256);
    }
    CHECK_IS(w->checks[0], 1);
    CHECK_IS(w->checks[1], 1);
    CHECK_IS(w->g->num_jobs, 4);
    world_free(w);
}

/* Each round has room for the checks of PV_MAX_PATH; what does not fit comes up again. */
TEST(more_crls_than_a_round_has_room_for) {
    static const char *const kinds[] = {"", "rev:5"};
    for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
        world *w = world_of_three();
        w->policy.revocation = PV_REVOCATION_CHAIN;
        for (int i = 0; i < 2 * PV_MAX_PATH; i++) {
            add(w, "crl I rev:%d %s", 20 + i, "");
        }
        add(w, "crl I %s", kinds[is_revoked]);
        add(w, "crl R");
        world_seal(w);
        if (is_revoked)
            check_outcome(w, REVOKED);
        else
            check_outcome(w, T);
        CHECK(w->g->num_jobs <= 2 + 2 * PV_MAX_PATH + 2);
        world_free(w);
    }
}

/* A request whose first path fails takes over what another learnt meanwhile. */
TEST(results_of_earlier_rounds_are_shared) {
    static const char *const lines[] = {"L by I serial:5",
                                        "I by R CA serial:7",
                                        "I by Q CA serial:8 signed:none to:1800057600",
                                        "anchor R by R CA",
                                        "anchor Q by Q CA",
                                        "crl I",
                                        NULL};
    world *w = world_of(lines);
    for (int other = 0; other < 2; other++) {
        pv_request requests[2] = {world_request(w), world_request(w)};
        requests[other].num_certs = 2;
        w->g->num_jobs = 0;
        CHECK_IS(world_run(w, requests, 2, PV_ANSWER_NONE), PV_DONE);
        CHECK_IS(requests[0].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[1 - other].verdict.num_records, 6); /* it went the long way */
        CHECK_IS(w->g->num_jobs, 4);
    }
    world_free(w);
}

/* Requests with other evidence, other certificates, a bad edge that another's evidence hangs below: each as
 * alone. */
TEST(requests_answer_as_they_would_alone) {
    static const char *const lines[] = {"L by I serial:5",
                                        "I by R CA serial:7",
                                        "anchor R by R CA",
                                        "ev I by R crls key:i2 serial:9",
                                        "crl I signed:i2",
                                        "crl R",
                                        "crl I rev:5",
                                        "crl I signed:none",
                                        "ev I by R crls key:i2 serial:9 signed:none",
                                        NULL};
    world *w = world_of(lines);
    for (int round = 0; round < 200; round++) {
        pv_evidence evidence[6];
        const pv_crl *crls[6][4];
        pv_request alone[6], together[6];
        for (int i = 0; i < 6; i++) {
            uint32_t num = dice(5);
            evidence[i] = w->evidence;
            memcpy(crls[i], w->crl_at, sizeof crls[i]);
            shuffle((const void **)crls[i], 0, 4);
            evidence[i].crls = crls[i];
            evidence[i].num_crls = num;
            evidence[i].certs = w->cert_at + dice(2);
            evidence[i].num_certs = 1;
            alone[i] = world_request(w);
            alone[i].evidence = &evidence[i];
            together[i] = alone[i];
            CHECK_IS(world_run(w, &alone[i], 1, PV_ANSWER_NONE), PV_DONE);
        }
        CHECK_IS(world_run(w, together, 6, PV_ANSWER_NONE), PV_DONE);
        for (int i = 0; i < 6; i++) {
            CHECK(memcmp(&alone[i].verdict, &together[i].verdict, sizeof alone[i].verdict) == 0);
        }
    }
    world_free(w);
}

/* --- Pauses --- */

TEST(a_paused_path_was_judged) {
    static const char *const lines[] = {"L by I serial:5",  "I by R CA serial:7", "I by Q CA serial:8",
                                        "anchor R by R CA", "anchor Q by Q CA",   "crl I",
                                        "crl R rev:7",      "policy chain may",   NULL};
    world *w = world_of(lines);
    w->policy.pause = PV_PAUSE_PATH;
    pv_request r = world_request(w);
    pv_checker checker = world_checker(w);
    size_t size = pv_workspace_size(1, 3, &w->policy);
    void *room = malloc(size);
    CHECK_IS(pv_validate(room, size, &r, 1, &checker), PV_SUSPENDED);
    CHECK_IS(r.wait, PV_WAIT_PATH); /* the path by R was refused before anyone was asked */
    CHECK_IS(r.verdict.anchor, 1);
    CHECK_IS(r.verdict.uncovered, 2);
    CHECK_IS(r.verdict.outcome, PV_OUTCOME_NONE);
    r.answer = PV_ANSWER_REFUSE;
    CHECK_IS(pv_resume(room, size, &r, 1, &checker), PV_DONE);
    CHECK_IS(r.verdict.outcome, PV_OUTCOME_REFUSED);
    CHECK_IS(r.verdict.uncovered, 0);
    CHECK_IS(r.verdict.path_len, 0);
    CHECK_IS(pv_validate(room, size, &r, 1, &checker), PV_SUSPENDED);
    r.answer = PV_ANSWER_ACCEPT;
    CHECK_IS(pv_resume(room, size, &r, 1, &checker), PV_DONE);
    CHECK_IS(r.verdict.outcome, PV_OUTCOME_TRUSTED);
    CHECK_IS(r.verdict.uncovered, 2);
    free(room);
    world_free(w);
}

/* --- Digests and look-ups that the owner lends --- */

TEST(a_lent_digest_is_handed_on) {
    static const char *const lines[] = {LIR, "crl I", NULL};
    static const uint8_t digest[32] = {1};
    world *w = world_of(lines);
    uint32_t bytes = world_judge(w)->spent.bytes;
    w->crls[0].digest = digest;
    w->crls[0].digest_len = 32;
    CHECK_IS(bytes - world_judge(w)->spent.bytes, pv_crl_tbs(&w->crls[0]).len);
    CHECK_IS(w->v.outcome, PV_OUTCOME_TRUSTED);
    world_free(w);
}

/* Names and hashes that are made to collide are told apart. */
TEST(colliding_names) {
    static const char *const lines[] = {
        "L by I serial:5 dp:;id=C", "I by R CA", "anchor R by R CA", "ev X by R crls", "crl Y idp:;I",
        "crl C idp:;I rev:5@I",     NULL};
    world *w = world_of(lines);
    w->crls[0].issuer_hash = w->g->certs[0].issuer_hash;
    w->g->certs[3].subject_hash = w->crls[1].issuer_hash;
    check_outcome(w, UNKNOWN);
    world_free(w);
}

#endif

#ifndef PV_NO_OCSP

/* Whoever cannot hash does not know what a response speaks of: that is no "no". */
TEST(digests_that_fail) {
    static const char *const lines[] = {LIR, "ocsp I good:5", NULL};
    static const char *const revoked[] = {LIR, "ocsp #I revoked:5", NULL};
    for (uint8_t mode = 1; mode <= 3; mode++) {
        for (int may = 0; may < 2; may++) {
            world *w = world_of(may ? lines : revoked);
            w->policy.may_lack_evidence = (uint8_t)may;
            w->digest_mode = mode;
            check_outcome(w, FAILED);
            world_free(w);
        }
    }
}

TEST(engines_that_fail_on_responses) {
    static const char *const lines[] = {LIR, "ev O by I eku:9 nocheck", "ocsp O of:I good:5", NULL};
    world *w = world_of(lines);
    check_outcome(w, T);
    uint32_t jobs = w->g->num_jobs;
    for (uint32_t after = 1; after < jobs; after++) {
        w->g->fail_after = after;
        check_outcome(w, FAILED);
    }
    w->g->fail_after = 0;
    w->odd_key = "O";
    w->odd_result = PV_SIG_UNSUPPORTED;
    check_outcome(w, UNKNOWN);
    world_free(w);
}

/* One request's path hangs on a signature that does not hold, so that the edge below is not looked at;
 * another asks about that edge as evidence in the same round, and gets its answer in the next. */
TEST(an_edge_that_was_left_undone_is_asked_about_again) {
    static const char *const lines[] = {"O by I eku:9 nocheck serial:6",
                                        "L by I serial:5",
                                        "I by R CA",
                                        "R by Q CA key:R signed:none serial:1",
                                        "R by Q CA key:R signed:none serial:2",
                                        "anchor Q by Q CA",
                                        "ocsp O of:I good:5",
                                        NULL};
    world *w = world_of(lines);
    static graph other;
    memset(&other, 0, sizeof other);
    other.store.anchors = other.anchors;
    other.store.index.slots = other.slots;
    other.store.index.links = other.links;
    graph_anchor(&other, "R by R CA");
    graph_seal(&other);
    const pv_cert *first[] = {w->g->sent[0], w->g->sent[2], w->g->sent[3], w->g->sent[4]};
    const pv_cert *second[] = {w->g->sent[1], w->g->sent[2], w->g->sent[0]};
    for (int round = 0; round < 2; round++) {
        pv_request requests[2] = {world_request(w), world_request(w)};
        int a = round, b = 1 - round;
        requests[a].certs = first;
        requests[a].num_certs = 4;
        requests[b].certs = second;
        requests[b].num_certs = 3;
        requests[b].store = &other.store;
        CHECK_IS(world_run(w, requests, 2, PV_ANSWER_NONE), PV_DONE);
        CHECK_IS(requests[a].verdict.reason, PV_R_SIGNATURE_BAD);
        CHECK_IS(requests[b].verdict.outcome, PV_OUTCOME_TRUSTED);
        CHECK_IS(requests[b].verdict.spent.signatures, 4 * PV_COST_P256);
    }
    free(other.der[0]);
    world_free(w);
}

/* A responder's key that is not one, and one of another kind. */
TEST(keys_that_cannot_have_signed) {
    static const char *const lines[] = {LIR, "ev O by I eku:9 nocheck", "ocsp O of:I good:5", NULL};
    world *w = world_of(lines);
    pv_cert *responder = &w->g->certs[3];
    responder->key_fault = PV_R_KEY_POINT;
    check_outcome(w, UNKNOWN);
    responder->key_fault = PV_OK;
    responder->key_alg = PV_KEY_RSA;
    check_outcome(w, UNKNOWN);
    responder->key_alg = PV_KEY_P256;
    responder->sig_alg = PV_SIG_ECDSA_SHA384; /* not among those that the policy takes */
    check_outcome(w, UNKNOWN);
    responder->sig_alg = PV_SIG_ECDSA_SHA256;
    check_outcome(w, T);
    world_free(w);
}

#endif
