#include "nodes.h"

#include "crl.h"
#include "ocsp.h"

pv_span pv_node_subject(const pv_request *request, pv_node node, uint32_t *hash) {
    if (pv_node_is_anchor(node)) {
        const pv_anchor *anchor = pv_node_anchor(request, node);
        *hash = anchor->subject_hash;
        return anchor->subject;
    }
    const pv_cert *cert = pv_node_cert(request, node);
    *hash = cert->subject_hash;
    return pv_cert_subject(cert);
}

static void signed_cert(pv_signed *out, const pv_cert *cert) {
    out->message = pv_cert_tbs(cert);
    out->signature = pv_cert_signature(cert);
    out->object = cert;
    out->memo = cert->memo;
    out->sig_alg = cert->sig_alg;
}

#ifndef PV_NO_CRL
static void signed_crl(pv_signed *out, const pv_crl *crl) {
    out->message = pv_crl_tbs(crl);
    out->signature = pv_crl_signature(crl);
    out->object = crl;
    out->digest = crl->digest;
    out->digest_len = crl->digest_len;
    out->memo = crl->memo;
    out->sig_alg = crl->sig_alg;
}
#endif

#ifndef PV_NO_OCSP
static void signed_ocsp(pv_signed *out, const pv_ocsp *ocsp) {
    out->message = pv_ocsp_tbs(ocsp);
    out->signature = pv_ocsp_signature(ocsp);
    out->object = ocsp;
    out->memo = ocsp->memo;
    out->sig_alg = ocsp->sig_alg;
}
#endif

void pv_node_signed(pv_signed *out, const pv_request *request, pv_node node) {
#if PV_HAS_REVOCATION
    const pv_signed nothing = {0};
    *out = nothing;
#endif
#ifndef PV_NO_CRL
    if (node & PV_NODE_CRL) {
        signed_crl(out, request->evidence->crls[node & ~PV_NODE_CRL]);
        return;
    }
#endif
#ifndef PV_NO_OCSP
    if (node & PV_NODE_OCSP) {
        signed_ocsp(out, request->evidence->ocsps[node & ~PV_NODE_OCSP]);
        return;
    }
#endif
    signed_cert(out, pv_node_cert(request, node));
}
