/* fuzz_cert.c: the readers over random bytes, and over certificates with a few bytes changed.
 *
 * Laws: a view is either zeroed, with a fault that says why and lies inside the input, or every span of it
 * lies inside the input; reading twice gives the same; a name equals itself; a budget of nothing buys nothing
 * that costs, exactly enough is enough, one less is not.
 *
 * libFuzzer's entry: the first byte chooses (0 to 127: the rest as it is; otherwise a certificate of graph.h
 * changed by it). Unless FUZZ_LIBFUZZER is defined, a main: fuzz_cert SECONDS [SEED]. */
#define _POSIX_C_SOURCE 199309L
#define GRAPH_ROOM      0x10000
#include "constraints.h"
#include "der.h"
#include "graph.h"
#include "name.h"
#include "subject.h"

#include <time.h>

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static unsigned long num_read, num_refused;

static int is_inside(pv_span whole, pv_span part) {
    if (part.len == 0) return 1;
    return part.data >= whole.data && part.len <= whole.len &&
           (size_t)(part.data - whole.data) <= whole.len - part.len;
}

static void check_spans(const pv_cert *cert, pv_span der) {
    pv_span list = pv_cert_extensions(cert);
    pv_ext ext;
    const pv_span spans[] = {
        pv_cert_der(cert),
        pv_cert_tbs(cert),
        pv_cert_serial(cert),
        pv_cert_issuer(cert),
        pv_cert_subject(cert),
        pv_cert_spki(cert),
        pv_cert_signature(cert),
        pv_cert_key_id(cert),
        pv_cert_authority_key_id(cert),
        pv_cert_san(cert),
        pv_cert_eku(cert),
        pv_cert_name_constraints(cert),
        list,
    };
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        MUST(is_inside(der, spans[i]));
    }
    MUST(pv_span_equal(spans[0], der) && spans[1].len > 0 && spans[5].len > 0);
    while (list.len > 0) {
        MUST(pv_ext_next(&list, &ext) == PV_OK);
        MUST(is_inside(der, ext.oid) && is_inside(der, ext.value));
        MUST(ext.id == PV_EXT_UNKNOWN || pv_span_equal(pv_cert_extension(cert, ext.id), ext.value));
    }
    for (unsigned id = 0; id < 256; id++) {
        pv_span value = pv_cert_extension(cert, (uint8_t)id);
        MUST(is_inside(der, value) && (value.len == 0 || (id < 32 && cert->present & PV_EXT_BIT(id))));
    }
}

static void check_names(const pv_cert *cert) {
    pv_span subject = pv_cert_subject(cert), issuer = pv_cert_issuer(cert);
    MUST(pv_name_equal(subject, subject) && pv_name_equal(issuer, issuer));
    MUST(pv_name_equal(subject, issuer) == pv_name_equal(issuer, subject));
    MUST(!pv_name_equal(subject, issuer) || cert->subject_hash == cert->issuer_hash);
    MUST(pv_name_within(subject, subject) == PV_LIKE_EQUAL);
    if (cert->flags & PV_CERT_SELF_ISSUED) MUST(cert->subject_hash == cert->issuer_hash);
}

/* `left` of names buys exactly what `spent` says. */
static void check_constraints(const pv_cert *cert, pv_span constraints) {
    pv_constraint_fault fault;
    pv_budget budget = {0, 0, 1000000, 0, 0};
    pv_reason reason = pv_constraints_check(&fault, &budget, constraints, cert);
    uint32_t spent = 1000000 - budget.names;
    MUST(reason != PV_R_UNCHECKED && reason != PV_R_BUDGET_NAMES);
    MUST(reason == PV_OK || fault.at == NULL || pv_cert_offset(cert, fault.at) != PV_NO_OFFSET);
    budget.names = spent;
    MUST(pv_constraints_check(&fault, &budget, constraints, cert) == reason && budget.names == 0);
    if (spent == 0) return;
    budget.names = spent - 1;
    MUST(pv_constraints_check(&fault, &budget, constraints, cert) == PV_R_BUDGET_NAMES);
}

static void check_subjects(const pv_cert *cert) {
    static const pv_subject subjects[] = {
        {{NULL, 0}, PV_SUBJECT_ANY},
        {{(const uint8_t *)"device.example", 14}, PV_SUBJECT_DNS},
        {{(const uint8_t *)"\x01\x02\x03\x04", 4}, PV_SUBJECT_IP},
        {{(const uint8_t *)"https://device.example/", 23}, PV_SUBJECT_URI},
        {{(const uint8_t *)"a@device.example", 16}, PV_SUBJECT_EMAIL},
        {{NULL, 0}, PV_SUBJECT_DNS},
        {{NULL, 0}, PV_SUBJECT_UNSET},
        {{NULL, 0}, 255},
    };
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const uint8_t *at = NULL;
        pv_budget budget = {0, 0, 1000000, 0, 0}, none = {0, 0, 0, 0, 0};
        pv_reason reason = pv_subject_check(&at, &budget, &subjects[i], cert);
        MUST(reason != PV_R_UNCHECKED && (i < 5 || reason == PV_R_SUBJECT_UNSET));
        MUST(at == NULL || pv_cert_offset(cert, at) != PV_NO_OFFSET);
        if (budget.names < 1000000)
            MUST(pv_subject_check(&at, &none, &subjects[i], cert) == PV_R_BUDGET_NAMES);
    }
}

/* As target, and as its own issuer: every check, and whatever comes out, nothing is trusted. */
static void check_search(const pv_cert *cert) {
    graph *g = graph_new();
    g->sent[g->num_sent++] = cert;
    g->sent[g->num_sent++] = cert;
    graph_seal(g);
    for (unsigned profile = PV_PROFILE_RFC5280; profile <= PV_PROFILE_DEVICE; profile++) {
        pv_policy policy = GRAPH_POLICY;
        policy.profile = (uint8_t)profile;
        policy.algorithms = 0xFFFFFFFFu;
        pv_request r = graph_request(g, &policy);
        r.time.mode = PV_TIME_UNKNOWN;
        MUST(graph_run(g, &r, 1) == PV_DONE && r.verdict.outcome != PV_OUTCOME_TRUSTED &&
             r.verdict.outcome != PV_OUTCOME_NONE);
    }
    pv_anchor anchor;
    if (pv_anchor_from_cert(&g->anchors[0], cert) == PV_OK) {
        pv_fault fault;
        MUST(pv_name_is_empty(pv_cert_subject(cert)) ||
             pv_anchor_from_key(&anchor, &fault, pv_cert_subject(cert), pv_cert_spki(cert)) == PV_OK);
        g->store.num_anchors = 1;
        graph_seal(g);
        (void)graph_verdict(g, &GRAPH_POLICY, NULL, 0);
    }
    graph_free(g);
}

static const pv_cert *checked_constraints[2];

static void check_der(pv_span der) {
    static const pv_cert zero;
    pv_cert cert, again;
    pv_fault fault, fault_again;
    memset(&cert, 0xA5, sizeof cert);
    pv_reason reason = pv_cert_parse(&cert, &fault, der);
    MUST(pv_cert_parse(&again, &fault_again, der) == reason);
    if (reason != PV_OK) {
        num_refused++;
        MUST(memcmp(&cert, &zero, sizeof cert) == 0 && fault.reason == reason && fault.offset <= der.len);
        return;
    }
    num_read++;
    MUST(cert.der == again.der && cert.subject_hash == again.subject_hash && cert.present == again.present);
    check_spans(&cert, der);
    check_names(&cert);
    check_subjects(&cert);
    if (cert.name_constraints != 0) check_constraints(&cert, pv_cert_name_constraints(&cert));
    for (size_t i = 0; i < 2; i++) {
        check_constraints(&cert, pv_cert_name_constraints(checked_constraints[i]));
        if (cert.name_constraints != 0)
            check_constraints(checked_constraints[i], pv_cert_name_constraints(&cert));
    }
    check_search(&cert);
}

/* --- Inputs
 * ----------------------------------------------------------------------------------------------------------------------
 */

static graph *seeds;

static void make_seeds(void) {
    static const char *const lines[] = {
        "L by I permit:example exclude:a.example",
        "L_1 by I ca exdirs:3 attrs:3 gap:4",
        "L by L ca len:3",
        "L by I eku:1 sans:5",
        "- by I crit",
        "L_2 by I ca exdirs:2 ekus:3 eku:2 pcons",
        "L by I exts:5 tail:9",
        "L by I noids nodns",
        "L by I kid:20",
    };
    seeds = graph_new();
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        (void)graph_parse(seeds, lines[i]);
    }
    checked_constraints[0] = &seeds->certs[0];
    checked_constraints[1] = &seeds->certs[1];
}

/* Changes a seed: each three bytes are a place, an operation, and a value. */
static pv_span change(uint8_t *out, const uint8_t *data, size_t len) {
    const pv_cert *seed = &seeds->certs[data[0] % seeds->num_certs];
    size_t size = seed->der_len;
    memcpy(out, seed->der, size);
    for (size_t i = 1; i + 3 < len; i += 4) {
        size_t at = ((size_t)data[i] << 8 | data[i + 1]) % size;
        switch (data[i + 2] % 4) {
        case 0: out[at] = data[i + 3]; break;
        case 1: out[at] ^= (uint8_t)(1u << (data[i + 3] % 8)); break;
        case 2: out[at] = (uint8_t)(out[at] + data[i + 3] % 5 - 2); break;
        default: memmove(out + at, out + (at + size) / 2, size - (at + size) / 2); break;
        }
    }
    pv_span der = {out, size};
    return der;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static uint8_t room[GRAPH_ROOM];
    if (seeds == NULL) make_seeds();
    if (len == 0) return 0;
    pv_span der = {data + 1, len - 1};
    if (data[0] >= 128) der = change(room, data, len);
    uint8_t *exact = malloc(der.len + !der.len); /* so that the sanitizer sees a byte too far */
    if (der.len > 0) memcpy(exact, der.data, der.len);
    pv_span copy = {exact, der.len};
    check_der(copy);
    free(exact);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
static uint64_t state;

static uint8_t random_byte(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint8_t)(state >> 32);
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint8_t data[256];
    time_t end = time(NULL) + (time_t)seconds;
    unsigned long runs = 0;
    for (; runs % 256 != 0 || time(NULL) < end; runs++) {
        state = (seed + runs) * 0x9E3779B97F4A7C15u + 1;
        size_t len = 1 + random_byte() % (runs % 16 == 0 ? 200u : 14u);
        for (size_t i = 0; i < len; i++) {
            data[i] = random_byte();
        }
        if (runs % 16 != 0) data[0] |= 128; /* random bytes alone are hardly ever a certificate */
        LLVMFuzzerTestOneInput(data, len);
    }
    graph_free(seeds);
    printf("fuzz_cert: %lu inputs from seed %llu: %lu read, %lu refused\n", runs, (unsigned long long)seed,
           num_read, num_refused);
    return 0;
}
#endif
