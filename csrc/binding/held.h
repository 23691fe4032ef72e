/* held.h: what C makes for Python lies in a cell that Python owns before the call. An exception that comes
 * when the call has returned and its answer is not yet kept, as a signal's handler raises it, then loses
 * nothing. */
#ifndef PV_BINDING_HELD_H
#define PV_BINDING_HELD_H

#include "host/host.h"

typedef struct pvh_held {
    pvh_crl *crl;
    pvh_ocsp *ocsp;
    pvh_evidence *evidence;
    pvh_pool *pool;
    pvh_answers *answers;
    pvh_session *session;
} pvh_held;

/* Frees what was made, once. */
static void pvh_held_free(pvh_held *held) {
    pvh_crl_free(held->crl);
    pvh_ocsp_free(held->ocsp);
    pvh_evidence_free(held->evidence);
    pvh_pool_free(held->pool);
    pvh_answers_free(held->answers);
    pvh_session_free(held->session);
    *held = (pvh_held){0};
}

/* pvh_hold_*: as the function of host.h that makes one; 0 where that answers NULL. */

static int pvh_hold_crl(pvh_held *held, pv_fault *fault, const uint8_t *der, size_t der_len) {
    held->crl = pvh_crl_new(fault, der, der_len);
    return held->crl != NULL;
}

static int pvh_hold_ocsp(pvh_held *held, pv_fault *fault, const uint8_t *der, size_t der_len) {
    held->ocsp = pvh_ocsp_new(fault, der, der_len);
    return held->ocsp != NULL;
}

static int pvh_hold_evidence(pvh_held *held, pvh_crl *const *crls, uint32_t num_crls, pvh_ocsp *const *ocsps,
                             uint32_t num_ocsps, const uint8_t *der, size_t der_len,
                             const uint32_t *cert_lens, uint32_t num_certs) {
    held->evidence = pvh_evidence_new(crls, num_crls, ocsps, num_ocsps, der, der_len, cert_lens, num_certs);
    return held->evidence != NULL;
}

static int pvh_hold_pool(pvh_held *held, pv_fault *fault, uint32_t *position, const uint8_t *der,
                         size_t der_len, const uint32_t *cert_lens, uint32_t num_certs) {
    held->pool = pvh_pool_new(fault, position, der, der_len, cert_lens, num_certs);
    return held->pool != NULL;
}

static int pvh_hold_answers(pvh_held *held, const pvh_config *config, const pvh_input *input,
                            uint32_t num_threads) {
    held->answers = pvh_check_many(config, input, num_threads);
    return held->answers != NULL;
}

static int pvh_hold_session(pvh_held *held, const pvh_config *config, const pvh_output *output,
                            const pvh_input *input) {
    held->session = pvh_session_new(config, output, input);
    return held->session != NULL;
}

#endif
