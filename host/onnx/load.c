/* load.c - octet_network_load_onnx: file, bytes, model, graph, network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "network/device.h"
#include "network/network.h"
#include "onnx/onnx.h"

/* What protobuf allows for one message. */
#define MOST_BYTES ((size_t)INT32_MAX)

static octet_status copy_options(const oct_log *log, const octet_network_options *given,
                                 octet_network_options *options)
{
    *options = (octet_network_options){.struct_size = sizeof *options};
    return given == NULL ? OCTET_OK
                         : oct_desc_copy(log, "network: options", given, sizeof *options,
                                         sizeof *options, options);
}

/* ---- Bytes to network ---- */

/* Whether some node has one of these, up to NULL, in the name of its operator. */
static bool has_operator(const Onnx__GraphProto *source, const char *const *parts)
{
    for (size_t i = 0; i < source->n_node; i++)
        for (size_t j = 0; source->node[i]->op_type != NULL && parts[j] != NULL; j++)
            if (strstr(source->node[i]->op_type, parts[j]) != NULL)
                return true;
    return false;
}

/* Whether there are products, and no node has to do with stored values. */
static bool is_float(const Onnx__GraphProto *source)
{
    static const char *const products[] = {"Conv", "Gemm", "MatMul", NULL};
    static const char *const stored[] = {"Quantize", "QLinear", "QGemm", "Integer", NULL};
    return has_operator(source, products) && !has_operator(source, stored);
}

static octet_status report_unsupported(const oct_onnx *onnx, size_t nodes)
{
    const oct_graph *const graph = onnx->graph;
    for (size_t i = 0; i < graph->unsupported_count; i++)
        oct_report(&onnx->log, OCTET_UNSUPPORTED, "%s", graph->unsupported[i]);
    return oct_report(&onnx->log, OCTET_UNSUPPORTED,
                      "the model cannot run: %zu of its %zu nodes are not supported", nodes,
                      onnx->source->n_node);
}

/* What cannot run: refused unless that is allowed. A float model is told the way out. */
static octet_status judge_unsupported(oct_onnx *onnx, bool allowed)
{
    octet_status status = OCTET_OK;
    const size_t nodes = onnx->graph->unsupported_count;
    if (nodes == 0)
        return OCTET_OK;
    if (!allowed)
        status = report_unsupported(onnx, nodes);
    if (is_float(onnx->source))
        oct_report(&onnx->log, OCTET_UNSUPPORTED,
                   "the model is float, no node of it quantized: quantize it first, for instance "
                   "by onnxruntime.quantization.quantize_static");
    return status;
}

/* The model's graph as octet's, which holds nothing of the model's. */
static octet_status build(octet_context *context, oct_log log, const Onnx__ModelProto *model,
                          const char *folder, const octet_network_options *options,
                          oct_graph **graph)
{
    octet_status status = OCTET_OK;
    oct_onnx onnx = {.log = log, .source = model->graph, .folder = folder};
    OCT_TRY(oct_graph_create(context, log, &onnx.graph));
    OCT_TRY(oct_onnx_check_model(&onnx, model));
    OCT_TRY(oct_onnx_gather_names(&onnx));
    OCT_TRY(oct_onnx_sort(&onnx));
    OCT_TRY(oct_onnx_add_inputs(&onnx));
    OCT_TRY(oct_onnx_convert(&onnx));
    OCT_TRY(oct_onnx_add_outputs(&onnx));
    OCT_TRY(oct_graph_fuse(onnx.graph));
    OCT_TRY(judge_unsupported(&onnx, options->allow_unsupported != 0));
    *graph = onnx.graph;
    onnx.graph = NULL;
cleanup:
    oct_graph_destroy(onnx.graph);
    free(onnx.order);
    free(onnx.names);
    return status;
}

/* Parses the bytes and lets go of what it parsed. */
static octet_status read_graph(octet_context *context, const uint8_t *data, size_t size,
                               const char *folder, const octet_network_options *options,
                               oct_graph **graph)
{
    octet_status status = OCTET_OK;
    const oct_log log = oct_context_log(context);
    Onnx__ModelProto *model = NULL;
    OCT_REQUIRE(&log, size > 0, OCTET_INVALID_ARGUMENT, "it is no ONNX model: it is empty");
    OCT_REQUIRE(&log, size <= MOST_BYTES, OCTET_UNSUPPORTED,
                "it has %zu bytes; a model with more than %zu keeps its weights in other files",
                size, MOST_BYTES);
    OCT_TRY(oct_onnx_check_wire(&log, &onnx__model_proto__descriptor, data, size));
    model = onnx__model_proto__unpack(NULL, size, data);
    OCT_REQUIRE(&log, model != NULL, OCTET_INVALID_ARGUMENT,
                "it is no ONNX model, or memory is out: its %zu bytes cannot be parsed", size);
    OCT_TRY(build(context, log, model, folder, options, graph));
cleanup:
    if (model != NULL)
        onnx__model_proto__free_unpacked(model, NULL);
    return status;
}

static octet_status load(octet_context *context, const uint8_t *data, size_t size,
                         const char *folder, const octet_network_options *options,
                         octet_network **out)
{
    octet_status status = OCTET_OK;
    oct_graph *graph = NULL;
    OCT_TRY(read_graph(context, data, size, folder, options, &graph));
    OCT_TRY(oct_network_create(graph, options->variant, out)); /* takes the graph over */
cleanup:
    return status;
}

octet_status octet_network_load_onnx_memory(octet_context *context, const void *data, size_t size,
                                            const octet_network_options *given, octet_network **out)
{
    octet_status status = OCTET_OK;
    const oct_log log = oct_context_log(context);
    octet_network_options options;
    OCT_TRY(copy_options(&log, given, &options));
    status = load(context, data, size, NULL, &options, out);
    OCT_REQUIRE(&log, status == OCTET_OK, status, "the model in memory is refused");
cleanup:
    return status;
}

/* ---- File to bytes ---- */

/* All of a file; "data" is freed by the caller, also on failure. One byte more than the limit is
 * enough for the caller to see that it is too large. */
static octet_status read_file(const oct_log *log, FILE *file, uint8_t **data, size_t *size)
{
    octet_status status = OCTET_OK;
    size_t capacity = (size_t)1 << 16;
    for (*size = 0;; capacity *= 2) {
        uint8_t *const grown = realloc(*data, capacity);
        OCT_REQUIRE(log, grown != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: a model of more than %zu bytes", *size);
        *data = grown;
        *size += fread(grown + *size, 1, capacity - *size, file);
        if (*size < capacity || *size > MOST_BYTES)
            break;
    }
cleanup:
    return status;
}

/* The folder of a file: "." of "a", "/" of "/a". Freed by the caller. */
static octet_status folder_of(const oct_log *log, const char *path, char **folder)
{
    octet_status status = OCTET_OK;
    const char *const slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    OCT_ALLOC(log, *folder, length + 2);
    if (length == 0)
        (*folder)[0] = '.';
    else
        memcpy(*folder, path, length);
cleanup:
    return status;
}

octet_status octet_network_load_onnx(octet_context *context, const char *path,
                                     const octet_network_options *given, octet_network **out)
{
    octet_status status = OCTET_OK;
    const oct_log log = oct_context_log(context);
    octet_network_options options;
    FILE *file = NULL;
    uint8_t *data = NULL;
    char *folder = NULL;
    size_t size = 0;
    OCT_TRY(copy_options(&log, given, &options));
    OCT_TRY(folder_of(&log, path, &folder));
    file = fopen(path, "rb");
    OCT_REQUIRE(&log, file != NULL, OCTET_IO_FAILED, "model '%s' cannot be opened: %s", path,
                strerror(errno));
    OCT_TRY(read_file(&log, file, &data, &size));
    OCT_REQUIRE(&log, !ferror(file), OCTET_IO_FAILED, "model '%s' cannot be read: %s", path,
                strerror(errno));
    status = load(context, data, size, folder, &options, out);
    OCT_REQUIRE(&log, status == OCTET_OK, status, "model '%s' is refused", path);
cleanup:
    free(folder);
    free(data);
    if (file != NULL)
        fclose(file);
    return status;
}
