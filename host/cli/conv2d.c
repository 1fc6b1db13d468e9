/* conv2d.c - octet conv2d: two-dimensional convolution of 8-bit arrays. */
#include "cli/conv2d.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "harness/execute.h"

static const oct_choice layouts[] = {{"nhwc", OCTET_NHWC}, {"nchw", OCTET_NCHW}, {NULL, 0}};

#define FIELD(name) offsetof(oct_conv2d_options, name)
static const oct_option rows[] = {
    {"x-scale", "S", oct_parse_text, FIELD(x_scale), .help = "of X (1)"},
    {"x-zero-point", "Z", oct_parse_text, FIELD(x_zero_point), .help = "of X (0)"},
    {"w-scale", "S|FILE", oct_parse_text, FIELD(w_scale),
     .help = "of W; FILE: one per output channel (1)"},
    {"w-zero-point", "Z|FILE", oct_parse_text, FIELD(w_zero_point),
     .help = "of W; FILE: one per output channel (0)"},
    {"layout", "LAYOUT", oct_parse_choice, FIELD(layout), .choices = layouts,
     .help = "nhwc: X (N,H,W,C), W (O,KH,KW,C/groups); nchw: X (N,C,H,W),\n"
             "                            W (O,C/groups,KH,KW); the output as X (nhwc)"},
    {"stride", "H[,W]", oct_parse_list, FIELD(stride), .low = 1, .high = INT32_MAX,
     .help = "rows and columns from one window to the next (1)"},
    {"dilation", "H[,W]", oct_parse_list, FIELD(dilation), .low = 1, .high = INT32_MAX,
     .help = "rows and columns from one tap to the next (1)"},
    {"padding", "T,L,B,R", oct_parse_list, FIELD(padding), .low = 0, .high = INT32_MAX,
     .help = "top, left, bottom, right; or H,W; or one for all (0).\n"
             "                            Padded taps hold X's zero point"},
    {"groups", "N", oct_parse_size, FIELD(groups), .low = 1, .high = INT32_MAX,
     .help = "of channels, filtered apart; as many as X has channels:\n"
             "                            depthwise (1)"},
};

size_t oct_conv2d_groups(oct_conv2d_options *options, oct_option_group groups[OCT_MAX_GROUPS])
{
    groups[0] = (oct_option_group){NULL, rows, sizeof rows / sizeof rows[0], options};
    groups[1] = oct_layer_group(&options->layer);
    groups[2] = oct_common_group(&options->common);
    return 3;
}

static const oct_usage usage = {
    .command = "conv2d",
    .purpose = "Convolves 8-bit images X with 8-bit filters W, exactly; the result is requantized\n"
               "by a written rule and has the same bits on every device.",
    .arguments = "X.npy W.npy OUT.npy",
    .least = 3,
    .most = 3,
    .example =
        "  octet conv2d x.npy w.npy y.npy --x-scale 0.02 --x-zero-point 128 --w-scale ws.npy \\\n"
        "      --out-type u8 --out-scale 0.05 --out-zero-point 120 --padding 1 --check",
};

/* ---- Numbers that may be fewer ---- */

/* "H" or "H,W". */
static octet_status read_pair(const char *option, const oct_list *list, size_t pair[2])
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, list->count <= 2, OCTET_INVALID_ARGUMENT,
                "%s has %zu numbers; it takes H or H,W", option, list->count);
    if (list->count > 0) {
        pair[0] = list->values[0];
        pair[1] = list->values[list->count - 1];
    }
cleanup:
    return status;
}

/* "N", "H,W" or "T,L,B,R". */
static octet_status read_padding(const oct_list *list, size_t padding[4])
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, list->count <= 2 || list->count == 4, OCTET_INVALID_ARGUMENT,
                "--padding has %zu numbers; it takes N, H,W or T,L,B,R", list->count);
    for (size_t i = 0; i < 4 && list->count > 0; i++)
        padding[i] = list->values[i % list->count];
cleanup:
    return status;
}

/* ---- Loading ---- */

/* Where height, width and channels are among the dimensions. */
typedef struct axes {
    size_t height, width, channels;
} axes;
static const axes axes_of[] = {[OCTET_NHWC] = {1, 2, 3}, [OCTET_NCHW] = {2, 3, 1}};

static octet_status check_shapes(const oct_conv2d_call *call, const axes *at, size_t groups)
{
    octet_status status = OCTET_OK;
    const oct_array *const x = &call->x, *const w = &call->w;
    char x_text[OCT_SHAPE_TEXT], w_text[OCT_SHAPE_TEXT];
    oct_shape_text(&x->shape, x_text);
    oct_shape_text(&w->shape, w_text);
    OCT_REQUIRE(oct_cli_log, x->shape.rank == 4, OCTET_INVALID_ARGUMENT,
                "X '%s' is %s; it must have 4 dimensions", x->path, x_text);
    OCT_REQUIRE(oct_cli_log, w->shape.rank == 4, OCTET_INVALID_ARGUMENT,
                "W '%s' is %s; it must have 4 dimensions", w->path, w_text);
    for (size_t i = 0; i < 4; i++)
        OCT_REQUIRE(oct_cli_log, w->shape.size[i] > 0, OCTET_INVALID_ARGUMENT,
                    "W '%s' is %s; no size may be 0", w->path, w_text);
    const size_t channels = x->shape.size[at->channels], outputs = w->shape.size[0];
    OCT_REQUIRE(oct_cli_log, outputs % groups == 0, OCTET_INVALID_ARGUMENT,
                "--groups is %zu, which does not divide the %zu output channels of W '%s'", groups,
                outputs, w->path);
    OCT_REQUIRE(oct_cli_log,
                channels % groups == 0 && channels / groups == w->shape.size[at->channels],
                OCTET_INVALID_ARGUMENT,
                "X '%s' is %s and W '%s' is %s: %zu channels in %zu groups do not fit filters of "
                "%zu (--layout, --groups)",
                x->path, x_text, w->path, w_text, channels, groups, w->shape.size[at->channels]);
cleanup:
    return status;
}

static octet_status read_parameters(const oct_conv2d_options *options, oct_conv2d_call *call)
{
    octet_status status = OCTET_OK;
    const size_t outputs = call->w.shape.size[0];
    const oct_parameter_request x = {"--x-scale",
                                     "--x-zero-point",
                                     options->x_scale,
                                     options->x_zero_point,
                                     call->x.type,
                                     NULL,
                                     1};
    const oct_parameter_request w = {
        "--w-scale",  "--w-zero-point", options->w_scale, options->w_zero_point,
        call->w.type, "output channel", outputs};
    OCT_TRY(oct_parameters_read(&x, &call->arrays.input));
    OCT_TRY(oct_parameters_read(&w, &call->arrays.weights));
    OCT_TRY(oct_layer_read(&options->layer, outputs, "output channel", &call->arrays,
                           &call->desc.layer));
cleanup:
    return status;
}

octet_status oct_conv2d_load(const oct_conv2d_options *options, const char *const *paths,
                             oct_conv2d_call *call)
{
    octet_status status = OCTET_OK;
    octet_conv2d_desc *const desc = &call->desc;
    const axes *const at = &axes_of[options->layout];
    OCT_TRY(read_pair("--stride", &options->stride, desc->stride));
    OCT_TRY(read_pair("--dilation", &options->dilation, desc->dilation));
    OCT_TRY(read_padding(&options->padding, desc->padding));
    OCT_TRY(oct_npy_read("X", paths[0], OCT_ACCEPT_BYTES, &call->x));
    OCT_TRY(oct_npy_read("W", paths[1], OCT_ACCEPT_BYTES, &call->w));
    OCT_TRY(check_shapes(call, at, options->groups));
    OCT_TRY(read_parameters(options, call));
    desc->struct_size = sizeof *desc;
    desc->layout = (octet_layout)options->layout;
    desc->input_channels = call->x.shape.size[at->channels];
    desc->output_channels = call->w.shape.size[0];
    desc->groups = options->groups;
    desc->kernel[0] = call->w.shape.size[at->height];
    desc->kernel[1] = call->w.shape.size[at->width];
    desc->layer.input_type = call->x.type;
    desc->layer.weight_type = call->w.type;
    desc->layer.weight_data = call->w.data;
    OCT_TRY(oct_layer_check_multiplier("--x-scale", "--w-scale", &desc->layer));
cleanup:
    return status;
}

/* ---- Computing ---- */

octet_status oct_conv2d_compute(void *opaque, octet_context *context, const char *variant,
                                oct_result *result)
{
    octet_status status = OCTET_OK;
    oct_conv2d_call *const call = opaque;
    octet_conv2d_desc desc = call->desc;
    oct_execution execution = {0};
    octet_tensor *x = NULL;
    octet_operator *op = NULL;
    desc.variant = variant;
    OCT_TRY(oct_upload(context, call->x.type, &call->x.shape, call->x.data, &x));
    OCT_TRY(octet_conv2d_create(context, &desc, &op));
    OCT_TRY(oct_execution_prepare(&execution, oct_cli_log, context, op, &x, 1,
                                  &desc.layer.output_type, 1));
    OCT_TRY(oct_execution_time(&execution, &result->seconds));
    OCT_TRY(oct_download(oct_cli_log, execution.outputs[0], &result->data));
    result->type = desc.layer.output_type;
    result->shape = call->output_shape = execution.output_shapes[0];
    snprintf(result->variant, sizeof result->variant, "%s", octet_operator_variant(execution.op));
cleanup:
    oct_execution_release(&execution);
    octet_tensor_destroy(x);
    return status;
}

void oct_conv2d_release(oct_conv2d_call *call)
{
    oct_layer_arrays_release(&call->arrays);
    oct_array_release(&call->w);
    oct_array_release(&call->x);
}

/* ---- Report ---- */

static double operations(const oct_conv2d_call *call)
{
    double count = 2.0;
    for (size_t i = 0; i < 4; i++)
        count *= (double)call->output_shape.size[i];
    for (size_t i = 1; i < 4; i++) /* taps per output: W without its first dimension */
        count *= (double)call->w.shape.size[i];
    return count;
}

static octet_status report(const oct_conv2d_options *options, const oct_conv2d_call *call,
                           const oct_outcome *outcome)
{
    if (!options->common.json) {
        char input[OCT_SHAPE_TEXT], output[OCT_SHAPE_TEXT], what[2 * OCT_SHAPE_TEXT + 16];
        snprintf(what, sizeof what, "conv2d %s to %s", oct_shape_text(&call->x.shape, input),
                 oct_shape_text(&call->output_shape, output));
        oct_outcome_print(what, outcome, operations(call));
        oct_outcome_print_file(outcome, &call->desc.layer);
        return oct_cli_flush();
    }
    cJSON *const root = oct_json_create();
    oct_json_shape(root, "input", &call->x.shape);
    oct_json_shape(root, "weights", &call->w.shape);
    oct_json_shape(root, "output", &call->output_shape);
    oct_outcome_json(root, outcome, operations(call));
    oct_outcome_limits_json(root, outcome, &call->desc.layer);
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

int oct_cli_conv2d(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    oct_conv2d_options options = OCT_CONV2D_OPTIONS;
    oct_option_group groups[OCT_MAX_GROUPS];
    const char *paths[3];
    oct_conv2d_call call = {0};
    oct_outcome outcome = {0};
    const size_t group_count = oct_conv2d_groups(&options, groups);
    const int ended = oct_options_parse(&usage, groups, group_count, argc, argv, paths);
    if (ended >= 0)
        return ended;
    OCT_TRY(oct_conv2d_load(&options, paths, &call));
    OCT_TRY(
        oct_compute_file(&options.common, "conv2d", oct_conv2d_compute, &call, paths[2], &outcome));
    OCT_TRY(report(&options, &call, &outcome));
cleanup:
    oct_outcome_release(&outcome);
    oct_conv2d_release(&call);
    return oct_cli_exit(status, outcome.different);
}
