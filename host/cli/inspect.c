/* inspect.c - octet inspect: the layers of a quantized ONNX network as they would run. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/run_ports.h"
#include "cli/session.h"

typedef struct inspect_options {
    size_t batch;
    oct_common_options common;
} inspect_options;

static const oct_choice backends[] = {{"auto", OCTET_BACKEND_AUTO},
                                      {"opencl", OCTET_BACKEND_OPENCL},
                                      {"reference", OCTET_BACKEND_REFERENCE},
                                      {NULL, 0}};

#define FIELD(name) offsetof(inspect_options, name)
static const oct_option rows[] = {
    {"batch", "N", oct_parse_size, FIELD(batch), .low = 1, .high = INT32_MAX,
     .help = "for this many images at a time (1)"},
    {"backend", "NAME", oct_parse_choice, FIELD(common.backend), .choices = backends,
     .help = "auto, opencl or reference (auto)"},
    {"device", "N|TEXT", oct_parse_text, FIELD(common.device),
     .help = "its number in `octet devices`, or part of its name"},
    {"json", NULL, oct_parse_flag, FIELD(common.json),
     .help = "one JSON object on standard output"},
};

static const oct_usage usage = {
    .command = "inspect",
    .purpose =
        "Shows the layers of a quantized ONNX network: the model's nodes in each, types, shapes,\n"
        "quantization, bytes and what runs it. Nodes that octet lacks are named.",
    .arguments = "MODEL.onnx",
    .least = 1,
    .most = 1,
    .example = "  octet inspect digits.onnx --json",
};

typedef struct inspection {
    const char *model;
    octet_context *context;
    octet_network *network;
    oct_run_ports inputs, outputs;
    octet_device_info device;
    size_t batch;
} inspection;

static octet_status load(const inspect_options *options, inspection *seen)
{
    octet_status status = OCTET_OK;
    const octet_network_options how = {.struct_size = sizeof how, .allow_unsupported = 1};
    bool batched = false;
    OCT_TRY(oct_session_open(&options->common, &seen->context));
    octet_context_device(seen->context, &seen->device, NULL);
    status = octet_network_load_onnx(seen->context, seen->model, &how, &seen->network);
    if (status == OCTET_IO_FAILED) /* a model that cannot be opened is the user's fault */
        status = OCTET_INVALID_ARGUMENT;
    OCT_TRY(status);
    OCT_TRY(oct_run_ports_describe(seen->network, false, &seen->inputs));
    OCT_TRY(oct_run_ports_describe(seen->network, true, &seen->outputs));
    for (size_t i = 0; i < seen->inputs.count; i++)
        batched |= seen->inputs.items[i].value.batched != 0;
    seen->batch = batched && options->batch > 0 ? options->batch : 1;
    status = octet_network_prepare(seen->network, seen->batch);
    OCT_REQUIRE(oct_cli_log, status == OCTET_OK, status,
                "inspect: model '%s' failed with %zu images at a time", seen->model, seen->batch);
cleanup:
    return status;
}

/* ---- JSON ---- */

/* One number, or an array of those per channel; nothing where there are none. */
static void add_scales(cJSON *object, const octet_quantization *q)
{
    if (q->scale_count == 1)
        oct_json_real(object, "scale", (double)q->scales[0]);
    cJSON *const list = q->scale_count > 1 ? oct_json_array(object, "scale") : NULL;
    for (size_t i = 0; list != NULL && i < q->scale_count; i++)
        oct_json_append_real(list, (double)q->scales[i]);
}

static void add_zero_points(cJSON *object, const octet_quantization *q)
{
    if (q->zero_point_count == 1)
        oct_json_integer(object, "zero_point", q->zero_points[0]);
    cJSON *const list = q->zero_point_count > 1 ? oct_json_array(object, "zero_point") : NULL;
    for (size_t i = 0; list != NULL && i < q->zero_point_count; i++)
        oct_json_append_integer(list, q->zero_points[i]);
}

static cJSON *add_tensor(cJSON *object, const char *name, octet_type type, const octet_shape *shape,
                         size_t bytes, const octet_quantization *q)
{
    cJSON *const item = oct_json_object(object, name);
    oct_json_text(item, "type", oct_type(type)->name);
    oct_json_shape(item, "shape", shape);
    oct_json_integer(item, "bytes", (int64_t)bytes);
    add_scales(item, q);
    add_zero_points(item, q);
    return item;
}

static void add_layer(cJSON *list, const octet_layer_info *info)
{
    cJSON *const item = oct_json_append_object(list);
    oct_json_text(item, "name", info->name);
    oct_json_text(item, "op", info->op);
    oct_json_text(item, "variant", info->variant);
    oct_json_bool(item, "batched", info->batched != 0);
    add_tensor(item, "input", info->input_type, &info->input_shape, info->input_bytes,
               &info->input);
    if (info->weight_shape.rank > 0)
        add_tensor(item, "weights", info->weight_type, &info->weight_shape, info->weight_bytes,
                   &info->weights);
    add_tensor(item, "output", info->output_type, &info->output_shape, info->output_bytes,
               &info->output);
    oct_json_integer(item, "macs", (int64_t)info->macs);
    cJSON *const nodes = oct_json_array(item, "nodes");
    for (size_t i = 0; i < info->source_count; i++)
        oct_json_append_text(nodes, info->sources[i]);
}

static void add_ports(cJSON *root, const char *name, const oct_run_ports *ports)
{
    cJSON *const list = oct_json_array(root, name);
    for (size_t i = 0; i < ports->count; i++) {
        const octet_network_value *const value = &ports->items[i].value;
        cJSON *const item = oct_json_append_object(list);
        oct_json_text(item, "name", value->name);
        oct_json_text(item, "type", oct_type(value->type)->name);
        oct_json_shape(item, "shape", &value->shape);
        oct_json_bool(item, "batched", value->batched != 0);
    }
}

static void add_memory(cJSON *root, const octet_network *network)
{
    cJSON *const item = oct_json_object(root, "memory");
    octet_network_memory memory;
    octet_network_memory_use(network, &memory);
    oct_json_integer(item, "weights", (int64_t)memory.weights);
    oct_json_integer(item, "activations", (int64_t)memory.activations);
    oct_json_integer(item, "activations_unshared", (int64_t)memory.unshared);
    oct_json_integer(item, "inputs_and_outputs", (int64_t)memory.ports);
    oct_json_integer(item, "scratch", (int64_t)memory.scratch);
}

static octet_status print_json(const inspection *seen)
{
    cJSON *const root = oct_json_create();
    oct_json_text(root, "model", seen->model);
    oct_json_text(root, "device", seen->device.name);
    oct_json_integer(root, "batch", (int64_t)seen->batch);
    add_ports(root, "inputs", &seen->inputs);
    add_ports(root, "outputs", &seen->outputs);
    cJSON *const layers = oct_json_array(root, "layers");
    for (size_t i = 0; i < octet_network_layers(seen->network); i++) {
        octet_layer_info info;
        octet_network_layer(seen->network, i, &info);
        add_layer(layers, &info);
    }
    add_memory(root, seen->network);
    cJSON *const list = oct_json_array(root, "unsupported");
    for (size_t i = 0; i < octet_network_unsupported_count(seen->network); i++) {
        const char *reason = "";
        octet_network_unsupported(seen->network, i, &reason);
        oct_json_append_text(list, reason);
    }
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- Text ---- */

#define TENSOR_TEXT (OCT_SHAPE_TEXT + 16)

/* "u8 Nx1x8x8": N stands for the number of images. */
static const char *tensor_text(octet_type type, const octet_shape *shape, bool batched,
                               char text[TENSOR_TEXT])
{
    char sizes[OCT_SHAPE_TEXT];
    const char *rest = oct_shape_text(shape, sizes);
    const bool one = shape->rank > 0 && shape->size[0] == 1;
    if (batched && one) /* the leading 1 becomes N, other numbers are multiplied by it */
        rest++;
    snprintf(text, TENSOR_TEXT, "%s %s%s%s", oct_type(type)->name, batched ? "N" : "",
             batched && !one ? "*" : "", rest);
    return text;
}

static void print_ports(const char *what, const oct_run_ports *ports)
{
    char text[TENSOR_TEXT];
    for (size_t i = 0; i < ports->count; i++) {
        const octet_network_value *const value = &ports->items[i].value;
        oct_cli_print("%-8s  %s: %s\n", what, value->name,
                      tensor_text(value->type, &value->shape, value->batched != 0, text));
    }
}

/* "scale 0.5", or "16 scales 0.0049..0.02". */
static void print_scales(const float *scales, size_t count)
{
    float low = INFINITY, high = 0;
    for (size_t i = 0; i < count; i++) {
        low = fminf(low, scales[i]);
        high = fmaxf(high, scales[i]);
    }
    if (count == 1)
        oct_cli_print(" scale %.9g", (double)low);
    else if (count > 1)
        oct_cli_print(" %zu scales %.4g..%.4g", count, (double)low, (double)high);
}

/* ", zero point 3"; one for all where all are alike. */
static void print_zero_points(const int32_t *zeros, size_t count)
{
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        low = zeros[i] < low ? zeros[i] : low;
        high = zeros[i] > high ? zeros[i] : high;
    }
    if (count > 0 && low == high)
        oct_cli_print(", zero point %" PRId32, low);
    else if (count > 0)
        oct_cli_print(", %zu zero points %" PRId32 "..%" PRId32, count, low, high);
}

static void print_quantization(const char *what, const octet_quantization *q)
{
    if (q->scale_count == 0)
        return;
    oct_cli_print("      %-8s", what);
    print_scales(q->scales, q->scale_count);
    print_zero_points(q->zero_points, q->zero_point_count);
    oct_cli_print("\n");
}

static void print_layer(size_t index, const octet_layer_info *info)
{
    char text[TENSOR_TEXT], work[24] = "";
    if (info->macs > 0)
        snprintf(work, sizeof work, "%.3f M MAC", 1e-6 * (double)info->macs);
    oct_cli_print("%3zu  %-10s  %-24s  %-20s  %14s  %s\n", index, info->op, info->name,
                  tensor_text(info->output_type, &info->output_shape, info->batched != 0, text),
                  work, info->variant);
    if (info->weight_shape.rank > 0)
        oct_cli_print("      weights  %s, %zu bytes with bias\n",
                      tensor_text(info->weight_type, &info->weight_shape, false, text),
                      info->weight_bytes);
    for (size_t i = 0; info->source_count > 1 && i < info->source_count; i++)
        oct_cli_print("%s%s%s", i == 0 ? "      nodes    " : ", ", info->sources[i],
                      i + 1 == info->source_count ? "\n" : "");
    print_quantization("input", &info->input);
    print_quantization("weights", &info->weights);
    print_quantization("output", &info->output);
}

static octet_status print_text(const inspection *seen)
{
    octet_network_memory memory;
    octet_network_memory_use(seen->network, &memory);
    oct_cli_print("model     %s\ndevice    %s\n", seen->model, seen->device.name);
    print_ports("input", &seen->inputs);
    print_ports("output", &seen->outputs);
    oct_cli_print("layers    (output for N images, work for one, what runs it)\n");
    for (size_t i = 0; i < octet_network_layers(seen->network); i++) {
        octet_layer_info info;
        octet_network_layer(seen->network, i, &info);
        print_layer(i, &info);
    }
    oct_cli_print(
        "memory    %zu bytes of weights; %zu between layers (%zu without sharing), %zu inside "
        "layers and %zu for inputs and outputs, for %zu image%s at a time\n",
        memory.weights, memory.activations, memory.unshared, memory.scratch, memory.ports,
        seen->batch, seen->batch == 1 ? "" : "s");
    for (size_t i = 0; i < octet_network_unsupported_count(seen->network); i++) {
        const char *reason = "";
        octet_network_unsupported(seen->network, i, &reason);
        oct_cli_print("not supported: %s\n", reason);
    }
    return oct_cli_flush();
}

int oct_cli_inspect(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    inspect_options options = {0};
    const oct_option_group groups[] = {{NULL, rows, sizeof rows / sizeof rows[0], &options}};
    inspection seen = {0};
    const int ended = oct_options_parse(&usage, groups, 1, argc, argv, &seen.model);
    if (ended >= 0)
        return ended;
    OCT_TRY(load(&options, &seen));
    OCT_TRY(options.common.json ? print_json(&seen) : print_text(&seen));
cleanup:
    oct_run_ports_release(&seen.outputs);
    oct_run_ports_release(&seen.inputs);
    octet_network_destroy(seen.network);
    octet_context_destroy(seen.context);
    return oct_cli_exit(status, false);
}
