/* The policy sets of a path that was found valid, worked out only when somebody asks for them. */
#include "host/anchors.h"
#include "policy_graph.h"

#include <stdlib.h>

typedef struct path_views {
    pv_cert views[PV_MAX_PATH];
    const pv_cert *certs[PV_MAX_PATH];
    uint8_t num;
} path_views;

static int read_path(path_views *out, pv_span der, const uint32_t *cert_lens, uint32_t num_certs) {
    if (num_certs == 0 || num_certs > PV_MAX_PATH) return 0;
    for (uint32_t i = 0; i < num_certs; i++) {
        pv_fault fault;
        pv_span each = {der.data, cert_lens[i]};
        if (each.len > der.len || pv_cert_parse(&out->views[i], &fault, each) != PV_OK) return 0;
        out->certs[i] = &out->views[i];
        der.data += each.len;
        der.len -= each.len;
    }
    out->num = (uint8_t)num_certs;
    return 1;
}

static const pv_cert *anchor_cert(const pvh_config *config, uint32_t anchor) {
    if (config->policy.anchor_checks == PV_ANCHOR_NAME_AND_KEY) return NULL;
    return pvh_store_core(config->store)->anchors[anchor].cert;
}

static uint32_t write_set(const pvh_config *config, const path_views *path, uint32_t anchor, uint8_t kind,
                          pv_policy_cell *cells, pv_span *out, uint32_t max_out) {
    pv_budget left = config->policy.budget;
    uint8_t failed;
    pv_policy_graph graph;
    graph.cells = cells;
    graph.max_cells = (uint16_t)PV_POLICY_CELLS(left.policy_nodes);
    if (pv_policy_check(&graph, &failed, &left, &config->policy, anchor_cert(config, anchor), path->certs,
                        path->num) != PV_OK)
        return 0;
    return pv_policy_set(&graph, out, max_out, &config->policy, (pv_policy_set_kind)kind);
}

pv_status pvh_policy_set(const pvh_config *config, uint32_t *num_out, pv_span *out, uint32_t max_out,
                         uint8_t kind, uint32_t anchor, const uint8_t *der, size_t der_len,
                         const uint32_t *cert_lens, uint32_t num_certs) {
    *num_out = 0;
    if (!config->store || !pvh_store_core(config->store)) return PV_FAILED;
    if (anchor >= pvh_store_core(config->store)->num_anchors) return PV_FAILED;
    if (kind != PV_POLICY_SET_AUTHORITY && kind != PV_POLICY_SET_USER) return PV_FAILED;
    path_views *path = malloc(sizeof *path);
    pv_policy_cell *cells = calloc(PV_POLICY_CELLS(config->policy.budget.policy_nodes), sizeof *cells);
    pv_status status = PV_FAILED;
    if (path && cells && read_path(path, (pv_span){der, der_len}, cert_lens, num_certs)) {
        *num_out = write_set(config, path, anchor, kind, cells, out, max_out);
        status = PV_DONE;
    }
    free(cells);
    free(path);
    return status;
}
