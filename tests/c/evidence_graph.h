/* evidence_graph.h: searches with evidence of revocation, out of readable lines: graph.h's, and
 *
 *   anchor LINE   an anchor; ev LINE, pool LINE: a certificate of the evidence, of the pool; "ev zero", "crl
 * zero", "ocsp zero": a zeroed view policy ...    leaf chain (of which certificates), crl ocsp (whose word
 * counts, else both's), may (evidence may be lacking), strict web (profiles), bykey (anchors are names and
 *                 keys), anyalg (Ed25519 and SHA-384, too), age:N leeway:N (seconds), time:known floor
 * unknown issuance crl ISSUER    then any of signed:k     the key that signed it (default: the issuer's
 * name), whose identifier it names unless noaki; aki:k names another rev:5=1,6@X  serial numbers with their
 * reasons and certificateIssuers, if any n:N base:N   cRLNumber, deltaCRLIndicator (an octet each) idp:POINT
 * issuingDistributionPoint: a name as in graph.h's "dp", then ";" and k12 (reasons), U, C, A (only users',
 * CAs', attribute certificates), I (indirect) at:S until:S thisUpdate and nextUpdate in seconds after
 * TEST_NOW (-3600, 3600); nonext crit         an unknown critical extension; alg:N PV_SIG_* (ECDSA with
 * SHA-256 or SHA-384; 0: an unknown one) ocsp RESPONDER   a name, or "#k" for a key; then any of signed:k
 * default: RESPONDER; made:S producedAt; crit; alg:N; fail (not successful) good:N revoked:N revoked:N=REASON
 * unknown:N   on a serial number; before them, for those that follow: of:NAME key:k   their issuer (default:
 * RESPONDER) and its key (default: NAME); hash:N PV_DIGEST_* (1; 0: another) at:S until:S nonext single (an
 * unknown critical extension of each)
 *
 * A digest is as pretended as a signature. */
#ifndef EVIDENCE_GRAPH_H
#define EVIDENCE_GRAPH_H

#include "graph.h"

#include "crl.h"
#include "ocsp.h"

#ifndef MAX_EVIDENCE
#define MAX_EVIDENCE 160
#endif

/* What this build can judge by. */
#if defined(PV_NO_CRL) && defined(PV_NO_OCSP)
#define SOURCES 0u
#elif defined(PV_NO_CRL)
#define SOURCES PV_SOURCE_OCSP
#elif defined(PV_NO_OCSP)
#define SOURCES PV_SOURCE_CRL
#else
#define SOURCES (PV_SOURCE_CRL | PV_SOURCE_OCSP)
#endif
#define MAX_LOG 400

typedef struct world {
    graph *g;
    pv_crl crls[MAX_EVIDENCE];
    pv_ocsp ocsps[MAX_EVIDENCE];
    const pv_crl *crl_at[MAX_EVIDENCE];
    const pv_ocsp *ocsp_at[MAX_EVIDENCE];
    const pv_cert *cert_at[MAX_EVIDENCE], *pooled[MAX_EVIDENCE];
    uint8_t *der[2 * MAX_EVIDENCE];
    pv_slot slots[2 * MAX_EVIDENCE + 8], links[MAX_EVIDENCE];
    pv_pool pool;
    pv_evidence evidence;
    pv_policy policy;
    pv_time time;
    uint32_t num_der;
    uint32_t checks[MAX_EVIDENCE]; /* of each CRL's signature */
    uint32_t num_checks;           /* of CRLs and responses */
    const char *odd_key;           /* jobs under this key come out as odd_result */
    uint8_t odd_result, odd_evidence_alone;
    uint8_t digest_mode; /* 0: honest; 1: none is lent; 2: fails; 3: too long */
    pv_record log[MAX_LOG];
    pv_verdict v;
} world;

/* --- Digests --- */

static void pretend_digest(uint8_t out[64], const uint8_t *data, size_t len, uint64_t h, pv_digest_alg alg) {
    for (size_t i = 0; i < len; i++) {
        h = (h ^ data[i]) * 0x100000001B3u;
    }
    if (out == NULL) return;
    for (unsigned i = 0; i < 64; i++) {
        h = (h ^ (i + (unsigned)alg)) * 0x100000001B3u;
        out[i] = (uint8_t)(h >> 29);
    }
}

static size_t digest_size(pv_digest_alg alg) {
    static const size_t sizes[] = {0, 20, 32, 48, 64};
    return sizes[alg];
}

static size_t world_digest(void *ctx, void *state, uint8_t *out, pv_digest_step step, pv_digest_alg alg,
                           pv_span data) {
    const world *w = ctx;
    uint64_t h;
    if (step == PV_DIGEST_BEGIN) {
        h = 0xCBF29CE484222325u;
        memset(state, 0xA5, PV_DIGEST_STATE);
        memcpy(state, &h, sizeof h);
    } else if (step == PV_DIGEST_UPDATE) {
        memcpy(&h, state, sizeof h);
        for (size_t i = 0; i < data.len; i++) {
            h = (h ^ data.data[i]) * 0x100000001B3u;
        }
        memcpy(state, &h, sizeof h);
    } else {
        memcpy(&h, state, sizeof h);
        pretend_digest(out, NULL, 0, h, alg);
        if (w->digest_mode == 2) return 0;
        return w->digest_mode == 3 ? 65 : digest_size(alg);
    }
    return 0;
}

static void d_digest(der_out *o, pv_digest_alg alg, const uint8_t *data, size_t len) {
    uint8_t out[64];
    pretend_digest(out, data, len, 0xCBF29CE484222325u, alg);
    d_element(o, 0x04, out, alg == PV_DIGEST_NONE ? 20 : digest_size(alg));
}

static void world_check(void *ctx, pv_job *jobs, size_t num_jobs) {
    world *w = ctx;
    uint8_t odd[65];
    w->g->num_calls++;
    if (w->odd_key) key_point(odd, w->odd_key);
    for (size_t i = 0; i < num_jobs; i++) {
        pv_job *job = &jobs[i];
        int is_odd = w->odd_key && memcmp(job->spki.data + job->spki.len - 65, odd, 65) == 0;
        if (job->after && jobs[job->after - 1].result != PV_SIG_GOOD) continue;
        w->g->num_jobs++;
        w->num_checks += job->memo != NULL;
        if (job->memo) ++*(uint32_t *)job->memo;
        if (w->g->fail_after && w->g->num_jobs > w->g->fail_after) continue;
        job->result = graph_judge(job);
        if (is_odd && (job->memo != NULL || !w->odd_evidence_alone)) job->result = w->odd_result;
    }
}

/* --- Words --- */

/* GeneralizedTime, `after` seconds after TEST_NOW. */
static void d_gtime(der_out *o, long long after) {
    static der_out day;
    char text[40];
    long long at = TEST_NOW + after, rest = at % TEST_DAY;
    day.len = 0;
    d_time(&day, at - rest);
    snprintf(text, sizeof text, "20%.6s%02d%02d%02dZ", (const char *)day.data + 2, (int)(rest / 3600),
             (int)(rest / 60 % 60), (int)(rest % 60));
    d_element(o, 0x18, text, 15);
}

static void d_small(der_out *o, uint8_t tag, int value) {
    uint8_t octet = (uint8_t)value;
    if (value >= 0x80) abort();
    d_element(o, tag, &octet, 1);
}

static void d_sig_alg(der_out *o, int alg) {
    if (alg == PV_SIG_ECDSA_SHA256)
        d_put(o, ECDSA_SHA256, 12);
    else if (alg == PV_SIG_ECDSA_SHA384)
        d_put(o, "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03", 12);
    else if (alg == PV_SIG_ED25519)
        d_put(o, "\x30\x05\x06\x03\x2b\x65\x70", 7);
    else
        d_put(o, "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x7f", 12);
}

static void d_sign(der_out *o, int alg, const char *key) {
    uint8_t point[65];
    d_wrap(o, 0, 0x30);
    d_sig_alg(o, alg);
    key_point(point, key);
    d_bits(o, point, sizeof point);
}

static uint8_t *keep(world *w, const der_out *o) {
    uint8_t *der = malloc(o->len);
    memcpy(der, o->data, o->len);
    w->der[w->num_der++] = der;
    return der;
}

typedef struct words {
    char copy[600];
    char *at;
} words;

static const char *next_word(words *in) {
    return strtok_r(NULL, " ", &in->at);
}

static const char *first_word(words *in, const char *line) {
    snprintf(in->copy, sizeof in->copy, "%s", line);
    return strtok_r(in->copy, " ", &in->at);
}

static int read_number_word(const char *word, const char *head, int *out) {
    char value[64];
    if (!word_value(word, head, value)) return 0;
    *out = atoi(value);
    return 1;
}

/* --- CRLs --- */

typedef struct crl_spec {
    char issuer[64], signer[64], aki[64], rev[400], idp[64];
    int number, base, at, until, nonext, noaki, crit, alg, uris, dirs, entries, issuers;
} crl_spec;

static void d_idp(der_out *o, const char *c) {
    size_t from = o->len;
    int indirect = 0, attribute = 0;
    c = d_point_name(o, c);
    while (*c++ == ';') {
        if (*c == 'U') d_put(o, "\x81\x01\xff", 3);
        if (*c == 'C') d_put(o, "\x82\x01\xff", 3);
        if (*c == 'k') d_flags(o, 0x83, c + 1);
        indirect |= *c == 'I';
        attribute |= *c == 'A';
        c += strcspn(c, ";");
    }
    if (indirect) d_put(o, "\x84\x01\xff", 3);
    if (attribute) d_put(o, "\x85\x01\xff", 3);
    d_wrap(o, from, 0x30);
}

static void d_entry_extensions(der_out *o, int reason, const char *issuer) {
    static der_out v;
    size_t from = o->len;
    if (reason >= 0) {
        v.len = 0;
        d_small(&v, 0x0A, reason);
        d_ext(o, "\x55\x1d\x15", 3, 0, &v);
    }
    if (issuer[0]) {
        v.len = 0;
        d_path_name(&v, issuer, strlen(issuer));
        d_wrap(&v, 0, 0xA4);
        d_wrap(&v, 0, 0x30);
        d_ext(o, "\x55\x1d\x1d", 3, 1, &v);
    }
    if (o->len > from) d_wrap(o, from, 0x30);
}

static void d_entry(der_out *o, const char *text) {
    size_t from = o->len;
    const char *reason = strchr(text, '='), *issuer = strchr(text, '@');
    d_small(o, 0x02, atoi(text));
    d_gtime(o, -7200);
    d_entry_extensions(o, reason ? atoi(reason + 1) : -1, issuer ? issuer + 1 : "");
    d_wrap(o, from, 0x30);
}

static void d_crl_extensions(der_out *o, const crl_spec *s) {
    static der_out v;
    size_t list = o->len;
    v.len = 0;
    d_element(&v, 0x80, s->aki, strlen(s->aki));
    d_wrap(&v, 0, 0x30);
    if (!s->noaki) d_ext(o, "\x55\x1d\x23", 3, 0, &v);
    v.len = 0;
    if (s->number >= 0) {
        d_small(&v, 0x02, s->number);
        d_ext(o, "\x55\x1d\x14", 3, 0, &v);
    }
    v.len = 0;
    if (s->base >= 0) {
        d_small(&v, 0x02, s->base);
        d_ext(o, "\x55\x1d\x1b", 3, 1, &v);
    }
    v.len = 0;
    if (s->uris || s->dirs) {
        d_many_names(&v, s->uris, s->dirs, 'b');
        d_wrap(&v, 0, 0x30);
        d_ext(o, "\x55\x1d\x1c", 3, 1, &v);
    }
    v.len = 0;
    if (s->idp[0]) {
        d_idp(&v, s->idp);
        d_ext(o, "\x55\x1d\x1c", 3, 1, &v);
    }
    v.len = 0;
    if (s->crit) d_ext(o, "\x2a\x03\x04", 3, 1, &v);
    if (o->len == list) return;
    d_wrap(o, list, 0x30);
    d_wrap(o, list, 0xA0);
}

static void read_crl_word(crl_spec *s, const char *word) {
    char value[400];
    if (strncmp(word, "rev:", 4) == 0) {
        snprintf(s->rev, sizeof s->rev, "%s", word + 4);
        return;
    }
    if (word_value(word, "signed:", s->signer) || word_value(word, "aki:", s->aki) ||
        word_value(word, "idp:", s->idp) || read_number_word(word, "n:", &s->number) ||
        read_number_word(word, "base:", &s->base) || read_number_word(word, "at:", &s->at) ||
        read_number_word(word, "until:", &s->until) || read_number_word(word, "alg:", &s->alg) ||
        read_number_word(word, "uris:", &s->uris) || read_number_word(word, "dirs:", &s->dirs) ||
        read_number_word(word, "entries:", &s->entries) || read_number_word(word, "issuers:", &s->issuers))
        return;
    snprintf(value, sizeof value, "%s", word);
    if (strcmp(value, "nonext") == 0)
        s->nonext = 1;
    else if (strcmp(value, "noaki") == 0)
        s->noaki = 1;
    else if (strcmp(value, "crit") == 0)
        s->crit = 1;
    else
        abort();
}

static void d_crl(der_out *o, crl_spec *s) {
    size_t list;
    o->len = 0;
    d_put(o, "\x02\x01\x01", 3);
    d_sig_alg(o, s->alg);
    d_path_name(o, s->issuer, strlen(s->issuer));
    d_gtime(o, s->at);
    if (!s->nonext) d_gtime(o, s->until);
    list = o->len;
    words in;
    in.at = s->rev;
    for (char *word = strtok_r(s->rev, ",", &in.at); word; word = strtok_r(NULL, ",", &in.at))
        d_entry(o, word);
    for (int i = 0; i < s->entries; i++)
        d_entry(o, i < s->issuers ? "5@X" : "5");
    if (o->len > list) d_wrap(o, list, 0x30);
    d_crl_extensions(o, s);
    d_sign(o, s->alg, s->signer);
    d_wrap(o, 0, 0x30);
}

static void world_crl(world *w, const char *line) {
    static der_out o;
    crl_spec s = {.number = -1, .base = -1, .at = -3600, .until = 3600, .alg = PV_SIG_ECDSA_SHA256};
    words in;
    uint32_t at = w->evidence.num_crls++;
    if (at >= MAX_EVIDENCE) abort();
    w->crl_at[at] = &w->crls[at];
    snprintf(s.issuer, sizeof s.issuer, "%s", first_word(&in, line));
    if (strcmp(s.issuer, "zero") == 0) return;
    for (const char *word = next_word(&in); word; word = next_word(&in))
        read_crl_word(&s, word);
    if (!s.signer[0]) memcpy(s.signer, s.issuer, sizeof s.signer);
    if (!s.aki[0]) memcpy(s.aki, s.signer, sizeof s.aki);
    d_crl(&o, &s);
#ifndef PV_NO_CRL
    pv_span der = {keep(w, &o), o.len};
    pv_fault fault;
    if (pv_crl_parse(&w->crls[at], &fault, der) != PV_OK) {
        fprintf(stderr, "CRL does not parse: %s (reason %d, field %d, offset %u)\n", line, fault.reason,
                fault.field, fault.offset);
        abort();
    }
    w->crls[at].memo = &w->checks[at];
#endif
}

/* --- OCSP responses --- */

typedef struct ocsp_spec {
    char responder[64], signer[64], of[64], key[64];
    int at, until, nonext, single, hash, made, crit, alg, fail, times;
} ocsp_spec;

static void d_cert_id(der_out *o, const ocsp_spec *s, int serial) {
    static der_out name;
    static const char *const oids[] = {
        "\x2a\x03", "\x2b\x0e\x03\x02\x1a", "\x60\x86\x48\x01\x65\x03\x04\x02\x01",
        "\x60\x86\x48\x01\x65\x03\x04\x02\x02", "\x60\x86\x48\x01\x65\x03\x04\x02\x03"};
    uint8_t point[65];
    size_t from = o->len;
    d_element(o, 0x06, oids[s->hash], strlen(oids[s->hash]));
    d_wrap(o, from, 0x30);
    name.len = 0;
    d_path_name(&name, s->of, strlen(s->of));
    d_digest(o, (pv_digest_alg)s->hash, name.data, name.len);
    key_point(point, s->key);
    d_digest(o, (pv_digest_alg)s->hash, point, sizeof point);
    d_small(o, 0x02, serial);
    d_wrap(o, from, 0x30);
}

static void d_status(der_out *o, char kind, const char *text) {
    const char *reason = strchr(text, '=');
    size_t from = o->len;
    if (kind != 'r') {
        d_put(o, kind == 'g' ? "\x80\x00" : "\x82\x00", 2);
        return;
    }
    d_gtime(o, -7200);
    if (reason) {
        size_t inner = o->len;
        d_small(o, 0x0A, atoi(reason + 1));
        d_wrap(o, inner, 0xA0);
    }
    d_wrap(o, from, 0xA1);
}

static void d_single(der_out *o, const ocsp_spec *s, char kind, const char *text) {
    static der_out empty;
    size_t from = o->len;
    d_cert_id(o, s, atoi(text));
    d_status(o, kind, text);
    d_gtime(o, s->at);
    if (!s->nonext) {
        size_t next = o->len;
        d_gtime(o, s->until);
        d_wrap(o, next, 0xA0);
    }
    if (s->single) {
        size_t list = o->len;
        d_ext(o, "\x2a\x03\x04", 3, 1, &empty);
        d_wrap(o, list, 0x30);
        d_wrap(o, list, 0xA1);
    }
    d_wrap(o, from, 0x30);
}

static void read_ocsp_word(der_out *o, ocsp_spec *s, const char *word) {
    char value[64];
    if (word_value(word, "of:", s->of)) {
        memcpy(s->key, s->of, sizeof s->key);
    } else if (word_value(word, "key:", s->key) || word_value(word, "signed:", s->signer) ||
               read_number_word(word, "at:", &s->at) || read_number_word(word, "until:", &s->until) ||
               read_number_word(word, "hash:", &s->hash) || read_number_word(word, "made:", &s->made) ||
               read_number_word(word, "alg:", &s->alg) || read_number_word(word, "times:", &s->times)) {
        return;
    } else if (word_value(word, "good:", value) || word_value(word, "revoked:", value) ||
               word_value(word, "unknown:", value)) {
        for (int i = 0; i == 0 || i < s->times; i++)
            d_single(o, s, word[0], value);
    } else if (strcmp(word, "nonext") == 0) {
        s->nonext = 1;
    } else if (strcmp(word, "single") == 0) {
        s->single = 1;
    } else if (strcmp(word, "crit") == 0) {
        s->crit = 1;
    } else if (strcmp(word, "fail") == 0) {
        s->fail = 1;
    } else {
        abort();
    }
}

static void d_responder(der_out *o, const ocsp_spec *s) {
    uint8_t point[65];
    size_t from = o->len;
    if (s->responder[0] == '#') {
        key_point(point, s->responder + 1);
        d_digest(o, PV_DIGEST_SHA1, point, sizeof point);
        d_wrap(o, from, 0xA2);
    } else {
        d_path_name(o, s->responder, strlen(s->responder));
        d_wrap(o, from, 0xA1);
    }
}

static void d_ocsp(der_out *o, const ocsp_spec *s, const der_out *singles) {
    static der_out empty;
    o->len = 0;
    d_responder(o, s);
    d_gtime(o, s->made);
    size_t from = o->len;
    d_put(o, singles->data, singles->len);
    d_wrap(o, from, 0x30);
    if (s->crit) {
        from = o->len;
        d_ext(o, "\x2a\x03\x04", 3, 1, &empty);
        d_wrap(o, from, 0x30);
        d_wrap(o, from, 0xA1);
    }
    d_sign(o, s->alg, s->signer);
    d_wrap(o, 0, 0x30);
    d_wrap(o, 0, 0x04);
    singles = NULL;
    static der_out all;
    all.len = 0;
    d_element(&all, 0x06, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01", 9);
    d_put(&all, o->data, o->len);
    d_wrap(&all, 0, 0x30);
    d_wrap(&all, 0, 0xA0);
    o->len = 0;
    d_put(o, s->fail ? "\x0a\x01\x03" : "\x0a\x01\x00", 3);
    if (!s->fail) d_put(o, all.data, all.len);
    d_wrap(o, 0, 0x30);
}

static void world_ocsp(world *w, const char *line) {
    static der_out o, singles;
    ocsp_spec s = {.at = -3600, .until = 3600, .made = -3600, .hash = 1, .alg = PV_SIG_ECDSA_SHA256};
    words in;
    uint32_t at = w->evidence.num_ocsps++;
    if (at >= MAX_EVIDENCE) abort();
    w->ocsp_at[at] = &w->ocsps[at];
    snprintf(s.responder, sizeof s.responder, "%s", first_word(&in, line));
    if (strcmp(s.responder, "zero") == 0) return;
    const char *name = s.responder + (s.responder[0] == '#');
    snprintf(s.of, sizeof s.of, "%s", name);
    memcpy(s.key, s.of, sizeof s.key);
    memcpy(s.signer, s.of, sizeof s.signer);
    singles.len = 0;
    for (const char *word = next_word(&in); word; word = next_word(&in))
        read_ocsp_word(&singles, &s, word);
    d_ocsp(&o, &s, &singles);
#ifndef PV_NO_OCSP
    pv_span der = {keep(w, &o), o.len};
    pv_fault fault;
    if (pv_ocsp_parse(&w->ocsps[at], &fault, der) != PV_OK) {
        fprintf(stderr, "response does not parse: %s (reason %d, field %d, offset %u)\n", line, fault.reason,
                fault.field, fault.offset);
        abort();
    }
    w->ocsps[at].memo = &w->checks[MAX_EVIDENCE - 1];
#endif
}

/* --- Worlds --- */

static void read_policy_word(world *w, const char *word) {
    char value[64];
    int number;
    pv_policy *policy = &w->policy;
    if (strcmp(word, "leaf") == 0)
        policy->revocation = PV_REVOCATION_LEAF;
    else if (strcmp(word, "chain") == 0)
        policy->revocation = PV_REVOCATION_CHAIN;
    else if (strcmp(word, "crl") == 0)
        policy->revocation_sources = PV_SOURCE_CRL;
    else if (strcmp(word, "ocsp") == 0)
        policy->revocation_sources = PV_SOURCE_OCSP;
    else if (strcmp(word, "strict") == 0)
        policy->profile = PV_PROFILE_RFC5280;
    else if (strcmp(word, "web") == 0)
        policy->profile = PV_PROFILE_WEBPKI;
    else if (strcmp(word, "bykey") == 0)
        policy->anchor_checks = PV_ANCHOR_NAME_AND_KEY;
    else if (strcmp(word, "anyalg") == 0)
        policy->algorithms |= PV_ALG_BIT(PV_SIG_ED25519) | PV_ALG_BIT(PV_SIG_ECDSA_SHA384);
    else if (strcmp(word, "may") == 0)
        policy->may_lack_evidence = 1;
    else if (read_number_word(word, "age:", &number))
        policy->evidence_max_age = (uint32_t)number;
    else if (read_number_word(word, "leeway:", &number))
        policy->evidence_leeway = (uint32_t)number;
    else if (word_value(word, "time:", value))
        w->time.mode = (uint8_t)(value[0] == 'k'   ? PV_TIME_KNOWN
                                 : value[0] == 'f' ? PV_TIME_FLOOR
                                 : value[0] == 'u' ? PV_TIME_UNKNOWN
                                                   : PV_TIME_AT_ISSUANCE);
    else
        abort();
}

static void read_policy_line(world *w, const char *line) {
    words in;
    for (const char *word = first_word(&in, line); word; word = next_word(&in))
        read_policy_word(w, word);
}

static const pv_cert *parse_or_zero(world *w, const char *line) {
    return strcmp(line, "zero") == 0 ? &w->g->certs[w->g->num_certs++] : graph_parse(w->g, line);
}

static void world_line(world *w, const char *line) {
    if (strncmp(line, "anchor ", 7) == 0)
        graph_anchor(w->g, line + 7);
    else if (strncmp(line, "policy ", 7) == 0)
        read_policy_line(w, line + 7);
    else if (strncmp(line, "crl ", 4) == 0)
        world_crl(w, line + 4);
    else if (strncmp(line, "ocsp ", 5) == 0)
        world_ocsp(w, line + 5);
    else if (strncmp(line, "ev ", 3) == 0)
        w->cert_at[w->evidence.num_certs++] = parse_or_zero(w, line + 3);
    else if (strncmp(line, "pool ", 5) == 0)
        w->pooled[w->pool.num_certs++] = graph_parse(w->g, line + 5);
    else
        graph_send(w->g, line);
}

static world *world_new(void) {
    world *w = calloc(1, sizeof *w);
    w->g = graph_new();
    w->policy = GRAPH_POLICY;
    w->policy.revocation = PV_REVOCATION_LEAF;
    w->policy.revocation_sources = SOURCES;
    w->time = (pv_time){TEST_NOW, PV_TIME_KNOWN};
    w->evidence.crls = w->crl_at;
    w->evidence.ocsps = w->ocsp_at;
    w->evidence.certs = w->cert_at;
    w->pool.certs = w->pooled;
    w->pool.index.slots = w->slots;
    w->pool.index.links = w->links;
    return w;
}

static void world_seal(world *w) {
    graph_seal(w->g);
    w->pool.index.num_slots = pv_store_slots(w->pool.num_certs);
    if (pv_pool_index(&w->pool) != PV_DONE) abort();
}

/* Lines up to NULL. */
static world *world_of(const char *const *lines) {
    world *w = world_new();
    for (; *lines; lines++) {
        world_line(w, *lines);
    }
    world_seal(w);
    return w;
}

static void world_free(world *w) {
    for (uint32_t i = 0; i < w->num_der; i++) {
        free(w->der[i]);
    }
    graph_free(w->g);
    free(w);
}

static pv_request world_request(world *w) {
    pv_request r = graph_request(w->g, &w->policy);
    r.evidence = &w->evidence;
    r.time = w->time;
    r.pool = w->pool.num_certs > 0 ? &w->pool : NULL;
    return r;
}

static pv_checker world_checker(world *w) {
    pv_checker checker = {w, world_check, w->digest_mode == 1 ? NULL : world_digest};
    return checker;
}

/* Runs requests to the end, in a workspace of exactly the size asked for; a path that waits is answered with
 * `answer`. */
static pv_status world_run(world *w, pv_request *requests, uint32_t num, uint8_t answer) {
    pv_checker checker = world_checker(w);
    uint32_t most = 0;
    for (uint32_t i = 0; i < num; i++) {
        uint32_t certs = requests[i].num_certs;
        if (requests[i].evidence) certs += requests[i].evidence->num_certs;
        if (certs > most) most = certs;
    }
    size_t size = pv_workspace_size(num, most, requests[0].policy);
    void *workspace = malloc(size);
    memset(workspace, 0xA5, size);
    pv_status status = pv_validate(workspace, size, requests, num, &checker);
    for (int pauses = 0; status == PV_SUSPENDED && pauses < 1000; pauses++) {
        for (uint32_t i = 0; i < num; i++) {
            requests[i].answer = answer;
        }
        status = pv_resume(workspace, size, requests, num, &checker);
    }
    free(workspace);
    return status;
}

static const pv_verdict *world_judge(world *w) {
    pv_request r = world_request(w);
    r.records = w->log;
    r.max_records = MAX_LOG;
    w->g->num_jobs = w->g->num_calls = w->num_checks = 0;
    memset(w->checks, 0, sizeof w->checks);
    if (world_run(w, &r, 1, PV_ANSWER_ACCEPT) != PV_DONE) abort();
    w->v = r.verdict;
    return &w->v;
}

static uint32_t log_len(const world *w) {
    return w->v.num_records < MAX_LOG ? w->v.num_records : MAX_LOG;
}

static int is_evidence_line(const pv_record *line) {
    return line->node < PV_NODE_EVIDENCE && line->node >= PV_NODE_OCSP;
}

/* The log's first line on evidence with this reason; NULL: there is none. */
static const pv_record *world_told(const world *w, pv_reason reason) {
    for (uint32_t i = 0; i < log_len(w); i++) {
        if (is_evidence_line(&w->log[i]) && w->log[i].reason == reason) return &w->log[i];
    }
    return NULL;
}

static void world_print(const world *w) {
    fprintf(stderr, "  outcome %d reason %d node %x depth %d uncovered %x\n", w->v.outcome, w->v.reason,
            w->v.node, w->v.depth, w->v.uncovered);
    for (uint32_t i = 0; i < log_len(w); i++) {
        fprintf(stderr, "  %*s%08x reason %d field %d offset %d\n", w->log[i].depth * 2, "", w->log[i].node,
                w->log[i].reason, w->log[i].field, (int)w->log[i].offset);
    }
}

#endif
