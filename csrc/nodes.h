/* nodes.h: what the numbers of a request's nodes stand for. No judgement. */
#ifndef PV_NODES_H
#define PV_NODES_H

#include "cert.h"

/* Something signed: a certificate, a CRL or an OCSP response. */
typedef struct pv_signed {
    pv_span message; /* the signed bytes */
    pv_span signature;
    const void *object; /* the view: who it is, across requests */
    void *memo;
#ifndef PV_NO_CRL
    const uint8_t *digest; /* pv_crl.digest */
    uint8_t digest_len;
#endif
    uint8_t sig_alg;
} pv_signed;

static inline int pv_node_is_anchor(pv_node node) {
    return (node & PV_NODE_ANCHOR) != 0;
}

/* pv_node_cert: a certificate's view (of the request, the pool or the evidence). pv_node_anchor: an anchor.
 */
static inline const pv_cert *pv_node_cert(const pv_request *request, pv_node node) {
#ifndef PV_NO_POOL
    if (node & PV_NODE_POOL) return request->pool->certs[node & ~PV_NODE_POOL];
#endif
#if PV_HAS_REVOCATION
    if (node & PV_NODE_EVIDENCE) return request->evidence->certs[node & ~PV_NODE_EVIDENCE];
#endif
    return request->certs[node];
}

static inline const pv_anchor *pv_node_anchor(const pv_request *request, pv_node node) {
    return &request->store->anchors[node & ~PV_NODE_ANCHOR];
}

/* pv_node_listed: the certificates of a request and of its evidence by one number: those sent, then the
 * others. */
static inline pv_node pv_node_listed(const pv_request *request, uint32_t i) {
    return i < request->num_certs ? i : PV_NODE_EVIDENCE | (i - request->num_certs);
}

/* pv_node_key_kind: of which algorithm and size a node's key is. */
static inline void pv_node_key_kind(const pv_request *request, pv_node node, uint8_t *alg, uint16_t *bits) {
    if (pv_node_is_anchor(node)) {
        *alg = pv_node_anchor(request, node)->key_alg;
        *bits = pv_node_anchor(request, node)->key_bits;
    } else {
        *alg = pv_node_cert(request, node)->key_alg;
        *bits = pv_node_cert(request, node)->key_bits;
    }
}

/* pv_node_key: the SubjectPublicKeyInfo, with its header, of a certificate or an anchor. pv_node_subject: its
 * Name. */
static inline pv_span pv_node_key(const pv_request *request, pv_node node) {
    if (pv_node_is_anchor(node)) return pv_node_anchor(request, node)->spki;
    return pv_cert_spki(pv_node_cert(request, node));
}
pv_span pv_node_subject(const pv_request *request, pv_node node, uint32_t *hash);

/* pv_node_signed: a certificate, CRL or response as something that was signed. */
void pv_node_signed(pv_signed *out, const pv_request *request, pv_node node);

/* pv_node_message: the signed bytes alone. */
static inline pv_span pv_node_message(const pv_request *request, pv_node node) {
#if PV_HAS_REVOCATION
    pv_signed object;
    pv_node_signed(&object, request, node);
    return object.message;
#else
    return pv_cert_tbs(pv_node_cert(request, node));
#endif
}

#endif
