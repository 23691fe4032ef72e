/* fuzz_crl.c: CRLs, as fuzz_evidence.h makes them.
 *
 * Laws: a view is either zeroed, with a fault that says why and lies inside the input, or every span of it
 * lies inside the input and every entry can be read again; reading twice gives the same; an index holds every
 * entry once and finds what a scan finds; a budget of exactly enough is enough, one less is not. */
#include "fuzz_evidence.h"

#include "crl.h"

static void make_seed(der_out *o, unsigned which) {
    static const char *const lines[] = {
        "R num:5 e:05 e:0102,r4 e:07,d,r1 e:05,r8",
        "R num:7 idp:i e:01 e:02,iA e:03,iB,r1 e:02 e:02,iR e:03,i",
        "R base:3 num:9 idp:u e:01,r8 e:01 e:02,r8 e:01,iA",
        "R v1 nonext e:01 e:02 e:03",
        "R crit e:01,c",
        "R",
    };
    ev_crl(o, lines[which % (sizeof lines / sizeof *lines)]);
}

static void check_spans(const pv_crl *c, pv_span der) {
    const pv_span spans[] = {pv_crl_tbs(c),       pv_crl_issuer(c), pv_crl_signature(c),   pv_crl_key_id(c),
                             pv_crl_idp_value(c), pv_crl_number(c), pv_crl_base_number(c), pv_crl_entries(c)};
    pv_idp idp;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        MUST(is_inside(der, spans[i]));
    MUST(spans[0].len > 0 && spans[1].len > 2 && (c->version == 1 || c->version == 2));
    MUST(pv_crl_idp(c, &idp) == PV_OK && idp.only_user + idp.only_ca + idp.only_attribute <= 1);
    MUST(is_inside(der, idp.point.names) && is_inside(der, idp.point.relative));
    MUST(idp.point.names.len == 0 || idp.point.relative.len == 0);
    MUST((idp.reasons & ~PV_ALL_REASONS) == 0);
    MUST(pv_crl_compare_numbers(spans[5], spans[6]) == -pv_crl_compare_numbers(spans[6], spans[5]));
    MUST(c->unusable == PV_OK || c->unusable == PV_R_EVIDENCE_CRITICAL);
}

static void check_entries(const pv_crl *c, pv_span der) {
    uint32_t num = 0, num_issuers = 0;
    pv_crl_entry e;
    for (pv_span cursor = pv_crl_entries(c); cursor.len > 0; num++) {
        MUST(pv_crl_entry_next(&cursor, &e) == PV_OK);
        MUST(is_inside(der, e.serial) && is_inside(der, e.issuer) && e.serial.len > 0);
        MUST(e.reason <= 10 && e.reason != 7 && (!e.is_critical || c->unusable == PV_R_EVIDENCE_CRITICAL));
        num_issuers += e.issuer.len > 0;
    }
    MUST(num == c->num_entries && num_issuers == c->num_entry_issuers);
}

static pv_reason find(const pv_crl *c, pv_crl_entry *e, int *found, pv_budget *left, pv_span issuer,
                      pv_span serial) {
    pv_reason reason = pv_crl_find(e, found, left, c, issuer, serial);
    MUST(reason != PV_R_UNCHECKED && (*found == 0 || (*found == 1 && reason == PV_OK)));
    return reason;
}

/* Exactly what it costs is enough; one less of either is not. */
static void check_cost(const pv_crl *c, pv_span issuer, pv_span serial, pv_budget spent) {
    int found;
    pv_crl_entry e;
    pv_budget left = spent;
    MUST(find(c, &e, &found, &left, issuer, serial) == PV_OK && left.steps == 0 && left.names == 0);
    left = (pv_budget){.steps = spent.steps - 1, .names = spent.names};
    if (spent.steps > 0) MUST(find(c, &e, &found, &left, issuer, serial) == PV_R_BUDGET_STEPS);
    left = (pv_budget){.steps = spent.steps, .names = spent.names - 1};
    if (spent.names > 0) MUST(find(c, &e, &found, &left, issuer, serial) == PV_R_BUDGET_NAMES);
}

/* One question, to the list and to the index. */
static void check_question(pv_crl *c, const pv_crl_index *index, pv_span issuer, pv_span serial) {
    int found[2];
    pv_crl_entry e[2];
    for (int i = 0; i < 2; i++) {
        pv_budget left = {0, 1000000, 1000000, 0, 0};
        c->index = i == 0 ? NULL : index;
        MUST(find(c, &e[i], &found[i], &left, issuer, serial) == PV_OK);
        check_cost(c, issuer, serial,
                   (pv_budget){.steps = 1000000 - left.steps, .names = 1000000 - left.names});
        MUST(!found[i] || pv_span_equal(e[i].serial, serial));
    }
    MUST(found[0] == found[1] && e[0].at == e[1].at && e[0].reason == e[1].reason);
}

static void check_index_holds_all(const pv_crl *c, const pv_crl_index *index) {
    uint32_t num = 0;
    pv_crl_entry e;
    for (pv_span cursor = pv_crl_entries(c); cursor.len > 0; num++) {
        const uint8_t *at = cursor.data;
        uint32_t times = 0;
        MUST(pv_crl_entry_next(&cursor, &e) == PV_OK);
        for (uint32_t i = 0; i < c->num_entries; i++)
            times += index->entries[i] == pv_crl_offset(c, at);
        MUST(times == 1);
    }
    MUST(index->starts[0] == 0 && index->starts[index->num_buckets] == num);
}

static void check_questions(pv_crl *c, const pv_crl_index *index) {
    static der_out name;
    pv_crl_entry e;
    name.len = 0;
    d_name(&name, "A", 1, 1, 0);
    for (pv_span cursor = pv_crl_entries(c); cursor.len > 0;) {
        MUST(pv_crl_entry_next(&cursor, &e) == PV_OK);
        check_question(c, index, pv_crl_issuer(c), e.serial);
        check_question(c, index, (pv_span){name.data, name.len}, e.serial);
    }
    check_question(c, index, pv_crl_issuer(c), (pv_span){(const uint8_t *)"\x70", 1});
}

static void check_index(pv_crl *c, uint8_t hint) {
    pv_crl_index index = {.num_buckets = 1u << hint % 5, .seed = hint * 0x9E3779B1u};
    if (hint % 7 == 0) index.num_buckets = pv_crl_num_buckets(c);
    index.starts = malloc(4 * ((size_t)index.num_buckets + 1));
    index.entries = malloc(4 * (size_t)c->num_entries + 1);
    index.issuers = malloc(4 * (size_t)c->num_entry_issuers + 1);
    MUST(pv_crl_index_build(&index, c) == PV_DONE);
    if (c->num_entries <= 300) {
        check_index_holds_all(c, &index);
        check_questions(c, &index);
    }
    free(index.starts);
    free(index.entries);
    free(index.issuers);
}

static void check_points(pv_span value) {
    pv_span cursor;
    pv_dist_point point;
    if (pv_dist_points_open(value, &cursor) != PV_OK) return;
    while (cursor.len > 0 && pv_dist_point_next(&cursor, &point) == PV_OK)
        MUST(is_inside(value, point.point.names) && is_inside(value, point.point.relative) &&
             is_inside(value, point.crl_issuer) && (point.point.has_point || point.crl_issuer.len > 0));
}

static void check_der(pv_span der, uint8_t hint) {
    static const pv_crl zero;
    pv_crl c, again;
    pv_fault fault, fault_again;
    memset(&c, 0xA5, sizeof c);
    check_points(der);
    pv_reason reason = pv_crl_parse(&c, &fault, der);
    MUST(pv_crl_parse(&again, &fault_again, der) == reason && fault.offset == fault_again.offset);
    MUST(reason != PV_R_UNCHECKED && fault.reason == reason);
    if (reason != PV_OK) {
        num_refused++;
        MUST(memcmp(&c, &zero, sizeof c) == 0 && fault.offset <= der.len && fault.field != PV_FIELD_NONE);
        return;
    }
    num_read++;
    MUST(c.issuer_hash == again.issuer_hash && c.num_entries == again.num_entries && c.idp == again.idp);
    check_spans(&c, der);
    check_entries(&c, der);
    check_index(&c, hint);
}
