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

/* The certificates that were sent, one after another, or (`others` not NULL) the target in one place and the
 * others in another. */
typedef struct sent {
    const uint8_t *target, *others;
    uint64_t len; /* of all bytes that are there */
    const uint32_t *lens;
    uint32_t num;
} sent;

static void one_parse(one *o, const pvh_config *config, pv_fault *faults, const sent *certs) {
    const uint8_t *der = certs->target;
    for (uint32_t i = 0; i < certs->num; i++) {
        pv_fault fault;
        o->certs[i] = one_read(o, &fault, config->cache, i, (pv_span){der, certs->lens[i]});
        if (i == 0) o->target = fault;
        if (faults) faults[i] = fault;
        der = i == 0 && certs->others ? certs->others : der + certs->lens[i];
    }
    o->num_held = certs->num;
}

static void one_close(one *o) {
    for (uint32_t i = 0; i < o->num_held; i++)
        pvh_interned_release(o->held[i]);
    free(o->heap);
}

/* An empty request is asked as one unreadable target: the core says so. */
static void one_parse_all(one *o, const pvh_config *config, pv_fault *faults, const sent *certs) {
    memset(&o->views[0], 0, sizeof o->views[0]);
    o->certs[0] = &o->views[0];
    one_parse(o, config, faults, certs);
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

/* Where the answer goes. */
typedef struct answer_room {
    pv_verdict *verdict;
    pv_record *records;
    uint32_t max_records;
    pv_fault *faults;
} answer_room;

typedef struct asked {
    pv_subject subject;
    pv_time time;
    const pvh_evidence *evidence;
} asked;

static pv_status check_sent(const pvh_config *config, const answer_room *out, const sent *certs,
                            const asked *question) {
    pv_cert views[FEW_CERTS];
    const pv_cert *read[FEW_CERTS];
    pvh_interned *held[FEW_CERTS];
    uint64_t workspace[FEW_WORKSPACE / sizeof(uint64_t)];
    one o = {.views = views,
             .certs = read,
             .held = held,
             .workspace = workspace,
             .workspace_len = sizeof workspace};
    memset(out->verdict, 0, sizeof *out->verdict);
    if (certs->num >= PVH_MOST_CERTS) return PV_FAILED;
    if (out->faults) memset(out->faults, 0, certs->num * sizeof *out->faults);
    if (!pvh_config_is_complete(config) || config->policy.pause != PV_PAUSE_NEVER) return PV_FAILED;
    uint64_t total = pvh_total_len(certs->lens, certs->num);
    if (total > certs->len) return PV_FAILED;
    pv_reason reason = pvh_charge(config, certs->num, total);
    if (reason != PV_OK) {
        *out->verdict = pvh_spent_verdict(reason);
        return PV_DONE;
    }
    uint32_t num = certs->num ? certs->num : 1;
    if (!one_open(&o, config, num, question->evidence)) return PV_FAILED;
    one_parse_all(&o, config, out->faults, certs);
    pv_request request = pvh_request_of(config, o.certs, num, question->evidence);
    request.subject = question->subject;
    request.time = question->time;
    request.records = out->records;
    request.max_records = out->records ? out->max_records : 0;
    pv_status status = one_run(&o, config, &request);
    if (status == PV_DONE) *out->verdict = request.verdict;
    pvh_explain_target(out->verdict, &o.target);
    one_close(&o);
    return status == PV_DONE ? PV_DONE : PV_FAILED;
}

pv_status pvh_check_one(const pvh_config *config, pv_verdict *verdict, pv_record *records,
                        uint32_t max_records, pv_fault *faults, const uint8_t *der, size_t der_len,
                        const uint32_t *cert_lens, uint32_t num_certs, uint8_t subject_kind,
                        const uint8_t *subject, size_t subject_len, uint8_t time_mode, int64_t time_value,
                        const pvh_evidence *evidence) {
    const answer_room out = {verdict, records, max_records, faults};
    const asked question = {{{subject, subject_len}, subject_kind}, {time_value, time_mode}, evidence};
    const sent certs = {der, NULL, der_len, cert_lens, num_certs};
    return check_sent(config, &out, &certs, &question);
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

typedef struct frame_parts {
    answer_room out;
    uint32_t *lens;
} frame_parts;

/* 0: it has not the room that it says, or not enough of it. */
static int frame_open(frame_parts *parts, const pvh_frame *frame, uint32_t num_certs) {
    pv_verdict *verdict = (pv_verdict *)(void *)frame->room;
    pv_record *records = (pv_record *)(void *)(verdict + 1);
    pv_fault *faults = (pv_fault *)(void *)(records + frame->max_records);
    *parts = (frame_parts){{verdict, records, frame->max_records, faults},
                           (uint32_t *)(void *)(faults + frame->max_certs)};
    return num_certs <= frame->max_certs && frame->max_certs < PVH_MOST_CERTS &&
           frame->room_len >= pvh_frame_size(frame->max_records, frame->max_certs);
}

/* What is there after the verdict, without gaps. */
static size_t frame_close(const frame_parts *parts, const pvh_frame *frame, uint32_t num_certs) {
    uint32_t num_records = parts->out.verdict->num_records;
    if (num_records > frame->max_records) num_records = frame->max_records;
    size_t len = sizeof(pv_verdict) + num_records * sizeof(pv_record);
    if (!has_faults(parts->out.faults, num_certs)) return len;
    memmove(frame->room + len, parts->out.faults, num_certs * sizeof(pv_fault));
    return len + num_certs * sizeof(pv_fault);
}

size_t pvh_ask(const pvh_frame *frame, const uint8_t *der, size_t der_len, const uint8_t *lens,
               uint32_t num_certs, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
               uint8_t time_mode, int64_t time_value, const pvh_evidence *evidence) {
    frame_parts parts;
    if (!frame_open(&parts, frame, num_certs)) return 0;
    memcpy(parts.lens, lens, num_certs * sizeof *parts.lens);
    if (pvh_check_one(frame->config, parts.out.verdict, parts.out.records, frame->max_records,
                      parts.out.faults, der, der_len, parts.lens, num_certs, subject_kind, subject,
                      subject_len, time_mode, time_value, evidence) != PV_DONE)
        return 0;
    return frame_close(&parts, frame, num_certs);
}

size_t pvh_ask_pair(const pvh_frame *frame, const uint8_t *target, uint32_t target_len, const uint8_t *other,
                    uint32_t other_len, uint8_t subject_kind, const uint8_t *subject, size_t subject_len,
                    uint8_t time_mode, int64_t time_value) {
    frame_parts parts;
    if (!frame_open(&parts, frame, 2)) return 0;
    parts.lens[0] = target_len;
    parts.lens[1] = other_len;
    const sent certs = {target, other, (uint64_t)target_len + other_len, parts.lens, 2};
    const asked question = {{{subject, subject_len}, subject_kind}, {time_value, time_mode}, NULL};
    if (check_sent(frame->config, &parts.out, &certs, &question) != PV_DONE) return 0;
    return frame_close(&parts, frame, 2);
}
