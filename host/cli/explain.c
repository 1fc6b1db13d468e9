/* explain.c - octet explain: why an integer and a float result differ. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/conv2d.h"
#include "cli/explain_report.h"
#include "cli/gemm.h"
#include "core/quantization.h"

typedef struct explain_options {
    const char *observed;
} explain_options;

static octet_status refuse_dynamic(const oct_option *option, const char *value, void *target)
{
    (void)value;
    (void)target;
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "explain: --%s is for octet gemm alone; octet quantize --dynamic makes an "
                      "8-bit file, with its scale and zero point, that can be explained",
                      option->name);
}

static const oct_option rows[] = {
    {"observed", "Y.npy", oct_parse_text, offsetof(explain_options, observed),
     .help = "a result from elsewhere: which path is it?"},
    {"a-dynamic", NULL, refuse_dynamic, 0, .help = NULL},
    {"b-dynamic", NULL, refuse_dynamic, 0, .help = NULL},
};

static oct_option_group explain_group(explain_options *options)
{
    return (oct_option_group){"Explanation", rows, sizeof rows / sizeof rows[0], options};
}

#define PURPOSE                                                                                    \
    "Computes a layer three ways and says where and why they differ: exactly in integers\n"        \
    "(written to OUT.npy); dequantized, in float32, and quantized again; and as hardware\n"        \
    "does that adds neighbouring u8*s8 products in saturating 16 bits: neighbours by\n"            \
    "kernel row, kernel column, channel; of gemm along K. Where other products are paired, the\n"  \
    "result is another, which --observed does not recognize. Exit status 0 whatever it finds."
#define EXAMPLE                                                                                    \
    "  octet explain conv2d x.npy w.npy y.npy --layout nchw --x-scale 0.012728 --x-zero-point 33 " \
    "\\\n"                                                                                         \
    "      --w-scale 0.00292 --w-zero-point -11 --out-type u8 --out-scale 0.02091 \\\n"            \
    "      --out-zero-point 128 --observed torch.npy"

/* ---- One explanation ---- */

typedef struct explanation {
    oct_subject subject;
    oct_findings findings;
} explanation;

/* The exact result, and all there is to find out about it before it is written; --check computes
 * the result alone once more. */
static octet_status compute(void *state, octet_context *context, const char *variant,
                            oct_result *result)
{
    octet_status status = OCTET_OK;
    explanation *const self = state;
    OCT_TRY(self->subject.compute(self->subject.call, context, variant, result));
    if (!self->findings.complete)
        OCT_TRY(oct_findings_make(&self->subject, context, variant, result, &self->findings));
cleanup:
    return status;
}

static octet_status check_type(octet_type type)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, type != OCTET_F32, OCTET_INVALID_ARGUMENT,
                "explain: --out-type is f32; explain compares quantized results, s8 and u8, or "
                "the accumulators, s32");
cleanup:
    return status;
}

static octet_status explain(const oct_subject *subject, const explain_options *options,
                            const oct_common_options *common, const char *path, bool *different)
{
    octet_status status = OCTET_OK;
    explanation self = {.subject = *subject};
    oct_outcome outcome = {0};
    OCT_TRY(check_type(subject->layer->output_type));
    if (options->observed != NULL)
        OCT_TRY(oct_npy_read("--observed", options->observed, 1u << subject->layer->output_type,
                             &self.findings.observed));
    OCT_TRY(oct_compute_file(common, subject->kind, compute, &self, path, &outcome));
    OCT_TRY(common->json ? oct_explain_json(subject, &self.findings, &outcome)
                         : oct_explain_text(subject, &self.findings, &outcome));
cleanup:
    *different = outcome.different;
    oct_outcome_release(&outcome);
    oct_findings_release(&self.findings);
    return status;
}

/* ---- conv2d ---- */

static void describe_conv2d(const void *opaque, const octet_shape *output, oct_gather *gather)
{
    const oct_conv2d_call *const call = opaque;
    const octet_conv2d_desc *const desc = &call->desc;
    const size_t rows_at = desc->layout == OCTET_NHWC ? 1 : 2;
    const size_t taps = desc->kernel[0] * desc->kernel[1];
    const size_t channels = desc->input_channels / desc->groups;
    oct_conv2d_geometry geometry = {.layout = desc->layout,
                                    .images = call->x.shape.size[0],
                                    .height = call->x.shape.size[rows_at],
                                    .width = call->x.shape.size[rows_at + 1],
                                    .channels = desc->input_channels,
                                    .out_height = output->size[rows_at],
                                    .out_width = output->size[rows_at + 1],
                                    .out_channels = desc->output_channels,
                                    .groups = desc->groups};
    for (size_t i = 0; i < 2; i++) {
        geometry.window.kernel[i] = desc->kernel[i];
        geometry.window.stride[i] = desc->stride[i] > 0 ? desc->stride[i] : 1;
        geometry.window.dilation[i] = desc->dilation[i] > 0 ? desc->dilation[i] : 1;
    }
    memcpy(geometry.window.padding, desc->padding, sizeof geometry.window.padding);
    *gather = (oct_gather){.geometry = geometry,
                           .output_layout = desc->layout,
                           .input_type = call->x.type,
                           .weight_type = call->w.type,
                           .input = call->x.data,
                           .weights = call->w.data,
                           .input_zero = oct_zero_point_at(&desc->layer.input, 0),
                           .weight_filter = taps * channels,
                           .weight_tap = desc->layout == OCTET_NHWC ? channels : 1,
                           .weight_channel = desc->layout == OCTET_NHWC ? 1 : taps};
}

static int explain_conv2d(int argc, char **argv)
{
    static const oct_usage usage = {.command = "explain conv2d",
                                    .purpose = PURPOSE,
                                    .arguments = "X.npy W.npy OUT.npy",
                                    .least = 3,
                                    .most = 3,
                                    .example = EXAMPLE};
    octet_status status = OCTET_OK;
    oct_conv2d_options options = OCT_CONV2D_OPTIONS;
    explain_options own = {0};
    oct_option_group groups[OCT_MAX_GROUPS];
    const char *paths[3];
    oct_conv2d_call call = {0};
    bool different = false;
    size_t count = oct_conv2d_groups(&options, groups);
    groups[count++] = explain_group(&own);
    const int ended = oct_options_parse(&usage, groups, count, argc, argv, paths);
    if (ended >= 0)
        return ended;
    const oct_subject subject = {"conv2d", oct_conv2d_compute, &call, &call.desc.layer,
                                 describe_conv2d};
    OCT_TRY(oct_conv2d_load(&options, paths, &call));
    OCT_TRY(explain(&subject, &own, &options.common, paths[2], &different));
cleanup:
    oct_conv2d_release(&call);
    return oct_cli_exit(status, different);
}

/* ---- gemm ---- */

/* Rows are pixels, k is channels: A as it lies is NHWC, transposed NCHW. */
static void describe_gemm(const void *opaque, const octet_shape *output, oct_gather *gather)
{
    const oct_gemm_call *const call = opaque;
    const octet_gemm_desc *const desc = &call->desc;
    (void)output;
    *gather = (oct_gather){
        .geometry = {.layout = desc->transpose_a ? OCTET_NCHW : OCTET_NHWC,
                     .images = call->batch,
                     .height = 1,
                     .width = call->a.rows,
                     .channels = desc->k,
                     .out_height = 1,
                     .out_width = call->a.rows,
                     .out_channels = desc->n,
                     .groups = 1,
                     .window = {.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}}},
        .output_layout = OCTET_NHWC,
        .input_type = call->a.type,
        .weight_type = call->b.type,
        .input = call->a.array.data,
        .weights = call->b.array.data,
        .one_input = call->a.batch == 1,
        .weight_image = call->b.batch > 1 ? desc->n * desc->k : 0,
        .weight_filter = desc->transpose_b ? desc->k : 1,
        .weight_channel = desc->transpose_b ? 1 : desc->n};
}

static int explain_gemm(int argc, char **argv)
{
    static const oct_usage usage = {.command = "explain gemm",
                                    .purpose = PURPOSE "\nThere is no --a-dynamic and no "
                                                       "--b-dynamic: float32 files are made\n8-bit "
                                                       "ones by octet quantize --dynamic first.",
                                    .arguments = "A.npy B.npy OUT.npy",
                                    .least = 3,
                                    .most = 3,
                                    .example =
                                        "  octet explain gemm a.npy b.npy c.npy --a-zero-point "
                                        "128 --observed mine.npy"};
    octet_status status = OCTET_OK;
    oct_gemm_options options = OCT_GEMM_OPTIONS;
    explain_options own = {0};
    oct_option_group groups[OCT_MAX_GROUPS];
    const char *paths[3];
    oct_gemm_call call = {.options = &options};
    bool different = false;
    size_t count = oct_gemm_groups(&options, groups);
    groups[count++] = explain_group(&own);
    const int ended = oct_options_parse(&usage, groups, count, argc, argv, paths);
    if (ended >= 0)
        return ended;
    const oct_subject subject = {"gemm", oct_gemm_compute, &call, &call.desc.layer, describe_gemm};
    OCT_TRY(oct_gemm_load(paths, &call));
    OCT_TRY(explain(&subject, &own, &options.common, paths[2], &different));
cleanup:
    oct_gemm_release(&call);
    return oct_cli_exit(status, different);
}

/* ---- Which of them ---- */

typedef struct explained {
    const char *name;
    int (*run)(int argc, char **argv);
} explained;

static const explained commands[] = {{"gemm", explain_gemm}, {"conv2d", explain_conv2d}};

/* The first word that names one; moved in front of the others, so that options may come first. */
static const explained *take_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        for (size_t c = 0; c < sizeof commands / sizeof commands[0]; c++) {
            char *const word = argv[i];
            if (strcmp(word, commands[c].name) != 0)
                continue;
            memmove(argv + 2, argv + 1, (size_t)(i - 1) * sizeof *argv);
            argv[1] = word;
            return &commands[c];
        }
    }
    return NULL;
}

static octet_status refuse_word(const char *text, void *target)
{
    (void)target;
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "explain: '%s' is neither gemm nor conv2d", text);
}

/* --help, or what is wrong with the line. */
static int answer_without_command(int argc, char **argv)
{
    static const oct_usage usage = {.command = "explain",
                                    .purpose = PURPOSE "\nOptions and arguments are those of "
                                                       "octet gemm or conv2d, and --observed; but\n"
                                                       "no --a-dynamic, --b-dynamic and no "
                                                       "--out-type f32. With s32, which is the\n"
                                                       "default, the accumulators are compared.",
                                    .arguments = "gemm|conv2d ARGUMENTS",
                                    .least = 1,
                                    .example = EXAMPLE,
                                    .argument = refuse_word};
    explain_options own = {0};
    oct_common_options common = {0};
    const oct_option_group groups[] = {explain_group(&own), oct_common_group(&common)};
    const int ended = oct_options_parse(&usage, groups, 2, argc, argv, NULL);
    return ended >= 0 ? ended : OCT_EXIT_USAGE;
}

int oct_cli_explain(int argc, char **argv)
{
    const explained *const command = take_command(argc, argv);
    if (command == NULL)
        return answer_without_command(argc, argv);
    return command->run(argc - 1, argv + 1);
}
