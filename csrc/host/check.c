/* One request: the least to set up. */
#include "host/request.h"
#include "host/stack.h"

#include <stdlib.h>
#include <string.h>

#define FEW_CERTS     8u     /* views that are kept on the stack */
#define FEW_WORKSPACE 49152u /* bytes of workspace that are kept there */
#define NUM_KEYS      16u    /* keys that a call remembers; a power of two */

typedef struct one {
    pv_cert *views;
    const pv_cert **certs;
    pvh_interned **held; /* of each certificate that the cache knows; else NULL */
    uint32_t num_held;
    uint64_t *workspace;
    size_t workspace_len;
    pv_fault target; /* the target's own fault */
    void *heap;      /* holds the four if they are too large for the stack */
} one;

static int one_open(one *o, const pvh_config *config, uint32_t num_certs, const pvh_evidence *evidence) {
    size_t each = sizeof(pv_cert) + sizeof(pv_cert *) + sizeof(pvh_interned *);
    size_t len = pv_workspace_size(1, num_certs + pvh_num_signers(evidence), &config->policy);
    if (len == 0 || len > SIZE_MAX / 4) return 0;
    if (num_certs <= FEW_CERTS && len <= o->workspace_len) return 1;
    o->heap = malloc(len + num_certs * each + sizeof(uint64_t));
    if (!o->heap) return 0;
    o->workspace = o->heap;
    o->workspace_len = len;
    o->views = (pv_cert *)(void *)((uint8_t *)o->heap + ((len + 7u) & ~(size_t)7u));
    o->certs = (const pv_cert **)(void *)(o->views + num_certs);
    o->held = (pvh_interned **)(void *)(o->certs + num_certs);
    return 1;
}

/* What the cache knows was read before. */
static const pv_cert *one_read(one *o, pv_fault *fault, pvh_cache *cache, uint32_t i, pv_span der) {
    *fault = (pv_fault){0};
    o->held[i] = pvh_cache_cert(cache, der);
    if (o->held[i]) return &o->held[i]->view;
    if (pv_cert_parse(&o->views[i], fault, der) != PV_OK) memset(&o->views[i], 0, sizeof o->views[i]);
    return &o->views[i];
}

static void one_parse(one *o, const pvh_config *config, pv_fault *faults, const uint8_t *der,
                      const uint32_t *cert_lens, uint32_t num_certs) {
    for (uint32_t i = 0; i < num_certs; i++) {
        pv_fault fault;
        o->certs[i] = one_read(o, &fault, config->cache, i, (pv_span){der, cert_lens[i]});
        if (i == 0) o->target = fault;
        if (faults) faults[i] = fault;
        der += cert_lens[i];
    }
    o->num_held = num_certs;
}

static void one_close(one *o) {
    for (uint32_t i = 0; i < o->num_held; i++)
        pvh_interned_release(o->held[i]);
    free(o->heap);
}

/* An empty request is asked as one unreadable target: the core says so. */
static void one_parse_all(one *o, const pvh_config *config, pv_fault *faults, const uint8_t *der,
                          const uint32_t *cert_lens, uint32_t num_certs) {
    memset(&o->views[0], 0, sizeof o->views[0]);
    o->certs[0] = &o->views[0];
    one_parse(o, config, faults, der, cert_lens, num_certs);
}

static pv_status one_run(one *o, const pvh_config *config, pv_request *request) {
    pvh_key *keys[NUM_KEYS];
    pvh_stack s;
    pvh_stack_open(&s, config, config->cache, keys, NUM_KEYS);
    pv_checker checker = pvh_stack_checker(&s);
    pv_status status = pv_validate(o->workspace, o->workspace_len, request, 1, &checker);
    if (status == PV_DONE) pvh_stack_remember(&s, request);
    pvh_stack_close(&s);
    return status;
}

pv_status pvh_check_one(const pvh_config *config, pv_verdict *verdict, pv_record *records,
                        uint32_t max_records, pv_fault *faults, const uint8_t *der, size_t der_len,
                        const uint32_t *cert_lens, uint32_t num_certs, uint8_t subject_kind,
                        const uint8_t *subject, size_t subject_len, uint8_t time_mode, int64_t time_value,
                        const pvh_evidence *evidence) {
    pv_cert views[FEW_CERTS];
    const pv_cert *certs[FEW_CERTS];
    pvh_interned *held[FEW_CERTS];
    uint64_t workspace[FEW_WORKSPACE / sizeof(uint64_t)];
    one o = {.views = views,
             .certs = certs,
             .held = held,
             .workspace = workspace,
             .workspace_len = sizeof workspace};
    memset(verdict, 0, sizeof *verdict);
    if (num_certs >= PVH_MOST_CERTS) return PV_FAILED;
    if (faults) memset(faults, 0, num_certs * sizeof *faults);
    if (!pvh_config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER) return PV_FAILED;
    uint64_t total = pvh_total_len(cert_lens, num_certs);
    if (total > der_len) return PV_FAILED;
    pv_reason reason = pvh_charge(config, num_certs, total);
    if (reason != PV_OK) {
        *verdict = pvh_spent_verdict(reason);
        return PV_DONE;
    }
    uint32_t asked = num_certs ? num_certs : 1;
    if (!one_open(&o, config, asked, evidence)) return PV_FAILED;
    one_parse_all(&o, config, faults, der, cert_lens, num_certs);
    pv_request request = pvh_request_of(config, o.certs, asked, evidence);
    request.subject = (pv_subject){{subject, subject_len}, subject_kind};
    request.time = (pv_time){time_value, time_mode};
    request.records = records;
    request.max_records = records ? max_records : 0;
    pv_status status = one_run(&o, config, &request);
    if (status == PV_DONE) *verdict = request.verdict;
    pvh_explain_target(verdict, &o.target);
    one_close(&o);
    return status == PV_DONE ? PV_DONE : PV_FAILED;
}

/* --- Frames ------------------------------------------------------------------------------------------------
 */

size_t pvh_frame_size(uint32_t max_records, uint32_t max_certs) {
    return sizeof(pv_verdict) + (size_t)max_records * sizeof(pv_record) +
           (size_t)max_certs * (sizeof(pv_fault) + sizeof(uint32_t));
}

static int has_faults(const pv_fault *faults, uint32_t num) {
    for (uint32_t i = 0; i < num; i++)
        if (faults[i].reason != PV_OK && faults[i].reason != 0) return 1;
    return 0;
}

size_t pvh_ask(const pvh_frame *frame, const uint8_t *der, size_t der_len, const uint8_t *lens,
               uint32_t num_certs, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
               uint8_t time_mode, int64_t time_value, const pvh_evidence *evidence) {
    pv_verdict *verdict = (pv_verdict *)(void *)frame->room;
    pv_record *records = (pv_record *)(void *)(verdict + 1);
    pv_fault *faults = (pv_fault *)(void *)(records + frame->max_records);
    uint32_t *own_lens = (uint32_t *)(void *)(faults + frame->max_certs);
    if (num_certs > frame->max_certs || frame->max_certs >= PVH_MOST_CERTS ||
        frame->room_len < pvh_frame_size(frame->max_records, frame->max_certs))
        return 0;
    memcpy(own_lens, lens, num_certs * sizeof *own_lens);
    if (pvh_check_one(frame->config, verdict, records, frame->max_records, faults, der, der_len, own_lens,
                      num_certs, subject_kind, subject, subject_len, time_mode, time_value,
                      evidence) != PV_DONE)
        return 0;
    uint32_t num_records = verdict->num_records;
    if (num_records > frame->max_records) num_records = frame->max_records;
    size_t len = sizeof *verdict + num_records * sizeof *records;
    if (!has_faults(faults, num_certs)) return len;
    memmove(frame->room + len, faults, num_certs * sizeof *faults);
    return len + num_certs * sizeof *faults;
}
