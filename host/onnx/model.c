/* model.c - what must hold for the model as a whole. */
#include <string.h>

#include "onnx/onnx.h"

#define FIRST_IR_VERSION 3

static bool is_default_domain(const char *domain)
{
    return domain == NULL || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0;
}

/* The version of the default operator set. */
static octet_status read_opset(oct_onnx *onnx, const Onnx__ModelProto *model)
{
    octet_status status = OCTET_OK;
    bool found = false;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        if (!is_default_domain(model->opset_import[i]->domain))
            continue;
        OCT_REQUIRE(&onnx->log, !found, OCTET_INVALID_ARGUMENT,
                    "it names two versions of ONNX's operators");
        onnx->opset = model->opset_import[i]->version;
        found = true;
    }
    OCT_REQUIRE(&onnx->log, found, OCTET_INVALID_ARGUMENT,
                "it does not say which version of ONNX's operators it uses");
    OCT_REQUIRE(&onnx->log,
                onnx->opset >= OCT_ONNX_FIRST_OPSET && onnx->opset <= OCT_ONNX_LAST_OPSET,
                OCTET_UNSUPPORTED, "it uses version %lld of ONNX's operators; octet reads %d to %d",
                (long long)onnx->opset, OCT_ONNX_FIRST_OPSET, OCT_ONNX_LAST_OPSET);
cleanup:
    return status;
}

octet_status oct_onnx_check_model(oct_onnx *onnx, const Onnx__ModelProto *model)
{
    octet_status status = OCTET_OK;
    const Onnx__GraphProto *const graph = model->graph;
    OCT_REQUIRE(&onnx->log, model->has_ir_version && model->ir_version >= FIRST_IR_VERSION,
                OCTET_INVALID_ARGUMENT, "it is no ONNX model: its format version is %lld",
                (long long)model->ir_version);
    OCT_REQUIRE(&onnx->log, graph != NULL, OCTET_INVALID_ARGUMENT, "it has no graph");
    OCT_TRY(read_opset(onnx, model));
    OCT_REQUIRE(&onnx->log, graph->n_node <= OCT_ONNX_MOST_NODES, OCTET_UNSUPPORTED,
                "it has %zu nodes; octet reads up to %d", graph->n_node, OCT_ONNX_MOST_NODES);
    OCT_REQUIRE(&onnx->log, graph->n_sparse_initializer == 0, OCTET_UNSUPPORTED,
                "it has sparse initializers, which are not supported");
    OCT_REQUIRE(&onnx->log, graph->n_output > 0, OCTET_INVALID_ARGUMENT, "it has no outputs");
cleanup:
    return status;
}
