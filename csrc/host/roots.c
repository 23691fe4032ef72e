#include "host/roots.h"

#include "cert.h"
#include "host/anchors.h"

/* No anchor has a DSA key, whatever a policy lists. */
pvh_root_kind pvh_root_structure(pv_fault *why, const pv_cert *cert) {
    if (cert->version == 0) return PVH_ROOT_UNKNOWN;
    if (!(cert->flags & PV_CERT_CA)) return PVH_ROOT_END_ENTITY;
    if (!(cert->flags & PV_CERT_SELF_ISSUED)) return PVH_ROOT_INTERMEDIATE;
    why->reason = cert->key_alg == PV_KEY_DSA ? PV_R_ALGORITHM_NOT_ALLOWED : cert->key_fault;
    return why->reason == PV_OK ? PVH_ROOT_GOOD : PVH_ROOT_UNPROVEN;
}

/* A signature that is not its own key's is another's: the certificate is an intermediate, by whatever name.
 */
static pvh_root_kind prove(pv_fault *why, pvh_engine *engine, const pv_cert *cert) {
    pv_span spki = pv_cert_spki(cert);
    switch (pvh_verify(engine, cert, spki.data, spki.len)) {
    case PV_SIG_GOOD: return PVH_ROOT_GOOD;
    case PV_SIG_BAD: return PVH_ROOT_INTERMEDIATE;
    case PV_SIG_UNSUPPORTED: why->reason = PV_R_SIGNATURE_UNSUPPORTED; break;
    default: why->reason = PV_R_SIGNATURE_NOT_CHECKED; break;
    }
    return PVH_ROOT_UNPROVEN;
}

pv_status pvh_store_prove_roots(const pvh_store *store, pvh_root_finding *out, pvh_engine *engine,
                                uint32_t first, uint32_t num) {
    uint32_t held = pvh_store_num_anchors(store);
    *out = (pvh_root_finding){.kind = PVH_ROOT_UNKNOWN};
    if (first > held || num > held - first) return PV_FAILED;
    out->kind = PVH_ROOT_GOOD;
    for (uint32_t i = first; i < first + num && out->kind == PVH_ROOT_GOOD; i++) {
        const pv_cert *cert = pvh_store_cert(store, i);
        out->position = i;
        if (cert) out->kind = (uint8_t)prove(&out->fault, engine, cert);
    }
    return PV_DONE;
}

pv_span pvh_store_certificate(const pvh_store *store, uint32_t anchor) {
    const pv_cert *cert = pvh_store_cert(store, anchor);
    return cert ? pv_cert_der(cert) : (pv_span){NULL, 0};
}
