/* same_anchors.c: a table of tools/anchors_to_c.py (TABLE_H, TABLE) beside what the core makes of the same
 * certificates: same_anchors DER-FILE..., in the order of the table. Exit status 0: every member is the same.
 */
#include TABLE_H
#include "cert.h"

#include <stdio.h>
#include <string.h>

#define SAME(member) tell(#member, a->member == b->member)
#define SPAN(member) tell(#member, pv_span_equal(a->member, b->member))

static int failed;

static void tell(const char *member, int same) {
    if (!same) printf("%s differs\n", member);
    failed |= !same;
}

static void compare_spans(const pv_anchor *a, const pv_anchor *b) {
    SPAN(subject);
    SPAN(spki);
    SPAN(key_id);
    SPAN(name_constraints);
    SPAN(eku);
}

static void compare_anchors(const pv_anchor *a, const pv_anchor *b) {
    compare_spans(a, b);
    SAME(not_before);
    SAME(not_after);
    SAME(distrust_after);
    SAME(subject_hash);
    SAME(present);
    SAME(key_bits);
    SAME(path_len);
    SAME(key_alg);
    SAME(flags);
    SAME(usable);
}

/* The views stand in zeroed memory, or were made of initialisers: no member is left out by comparing bytes,
 * but for the pointer. */
static void compare_views(const pv_cert *a, const pv_cert *b) {
    pv_cert left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    tell("der", pv_span_equal(pv_cert_der(a), pv_cert_der(b)));
    left.der = right.der = NULL;
    tell("view", memcmp(&left, &right, sizeof left) == 0);
}

static void compare(uint32_t i, pv_span der) {
    static pv_cert cert;
    pv_anchor anchor;
    pv_fault fault;
    tell("position", i < TABLE.num_anchors);
    if (i >= TABLE.num_anchors) return;
    tell("parsed",
         pv_cert_parse(&cert, &fault, der) == PV_OK && pv_anchor_from_cert(&anchor, &cert) == PV_OK);
    compare_anchors(&TABLE.anchors[i], &anchor);
    if (TABLE.anchors[i].cert != NULL) compare_views(TABLE.anchors[i].cert, &cert);
}

int main(int argc, char **argv) {
    static uint8_t der[65536];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (file == NULL) return 2;
        size_t len = fread(der, 1, sizeof der, file);
        fclose(file);
        compare((uint32_t)(i - 1), (pv_span){der, len});
    }
    tell("number", TABLE.num_anchors == (uint32_t)(argc - 1));
    return failed;
}
