/* gemm.c - octet gemm: matrix product of 8-bit arrays, or of float32 arrays quantized on the way. */
#include "cli/gemm.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "core/clock.h"

static const oct_choice types[] = {{"u8", OCTET_U8}, {"s8", OCTET_S8}, {NULL, 0}};

#define FIELD(name) offsetof(oct_gemm_options, name)
static const oct_option rows[] = {
    {"a-scale", "S|FILE", oct_parse_text, FIELD(a_scale),
     .help = "of A; FILE: one per row of op(A) (1)"},
    {"a-zero-point", "Z|FILE", oct_parse_text, FIELD(a_zero_point),
     .help = "of A; FILE: one per row of op(A) (0)"},
    {"b-scale", "S|FILE", oct_parse_text, FIELD(b_scale),
     .help = "of B; FILE: one per column of op(B) (1)"},
    {"b-zero-point", "Z|FILE", oct_parse_text, FIELD(b_zero_point),
     .help = "of B; FILE: one per column of op(B) (0)"},
    {"transpose-a", NULL, oct_parse_flag, FIELD(transpose_a), .help = "A holds (K,M)"},
    {"transpose-b", NULL, oct_parse_flag, FIELD(transpose_b), .help = "B holds (N,K)"},
};
static const oct_option dynamic_rows[] = {
    {"a-dynamic", NULL, oct_parse_flag, FIELD(a_dynamic),
     .help = "A is float32, quantized on the device first"},
    {"b-dynamic", NULL, oct_parse_flag, FIELD(b_dynamic),
     .help = "B is float32, quantized on the device first"},
    {"a-per-row", NULL, oct_parse_flag, FIELD(a_per_row),
     .help = "every row of A gets parameters of its own"},
    {"type-a", "TYPE", oct_parse_choice, FIELD(type_a), .choices = types,
     .help = "of A once quantized: u8 or s8 (u8)"},
    {"type-b", "TYPE", oct_parse_choice, FIELD(type_b), .choices = types,
     .help = "of B once quantized: u8 or s8 (u8)"},
    OCT_DYNAMIC_ROWS(FIELD(rules)),
};

size_t oct_gemm_groups(oct_gemm_options *options, oct_option_group groups[OCT_MAX_GROUPS])
{
    groups[0] = (oct_option_group){NULL, rows, sizeof rows / sizeof rows[0], options};
    groups[1] = oct_layer_group(&options->layer);
    groups[2] = oct_common_group(&options->common);
    return 3;
}

static oct_option_group dynamic_group(oct_gemm_options *options)
{
    return (oct_option_group){"Dynamic quantization", dynamic_rows,
                              sizeof dynamic_rows / sizeof dynamic_rows[0], options};
}

static const oct_usage usage = {
    .command = "gemm",
    .purpose =
        "Multiplies 8-bit matrices exactly: C = op(A) * op(B). A is (M,K) or (batch,M,K), B is\n"
        "(K,N) or (batch,K,N); a missing batch is shared.",
    .arguments = "A.npy B.npy OUT.npy",
    .least = 3,
    .most = 3,
    .example = "  octet gemm a.npy b.npy c.npy --a-zero-point 128 --check\n"
               "  octet gemm x.npy w.npy y.npy --a-dynamic --b-scale 0.01 --out-type f32",
};

/* ---- Loading ---- */

static octet_status check_options(const oct_gemm_options *options)
{
    octet_status status = OCTET_OK;
    const bool asks = options->rules.parameters != OCTET_PARAMETERS_GIVEN ||
                      options->rules.reduce_range || options->type_a != OCT_NOT_SAID ||
                      options->type_b != OCT_NOT_SAID || options->a_per_row;
    OCT_REQUIRE(oct_cli_log, !asks || options->a_dynamic || options->b_dynamic,
                OCTET_INVALID_ARGUMENT,
                "gemm: --params, --reduce-range, --type-a, --type-b and --a-per-row need "
                "--a-dynamic or --b-dynamic");
    OCT_REQUIRE(oct_cli_log, !options->a_per_row || options->a_dynamic, OCTET_INVALID_ARGUMENT,
                "gemm: --a-per-row needs --a-dynamic");
    OCT_REQUIRE(oct_cli_log,
                !options->a_dynamic || (options->a_scale == NULL && options->a_zero_point == NULL),
                OCTET_INVALID_ARGUMENT,
                "gemm: --a-dynamic finds A's scale and zero point; do not give them too");
    OCT_REQUIRE(oct_cli_log,
                !options->b_dynamic || (options->b_scale == NULL && options->b_zero_point == NULL),
                OCTET_INVALID_ARGUMENT,
                "gemm: --b-dynamic finds B's scale and zero point; do not give them too");
cleanup:
    return status;
}

static octet_type dynamic_type(int said)
{
    return said == OCT_NOT_SAID ? OCTET_U8 : (octet_type)said;
}

static octet_status check_sizes(const oct_gemm_call *call)
{
    octet_status status = OCTET_OK;
    const oct_operand *const a = &call->a, *const b = &call->b;
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    oct_shape_text(&a->array.shape, a_text);
    oct_shape_text(&b->array.shape, b_text);
    OCT_REQUIRE(oct_cli_log, a->columns == b->rows, OCTET_INVALID_ARGUMENT,
                "A '%s' is %s and B '%s' is %s: op(A) has %zu columns, op(B) %zu rows; they must "
                "be equal",
                a->array.path, a_text, b->array.path, b_text, a->columns, b->rows);
    OCT_REQUIRE(oct_cli_log, a->columns > 0, OCTET_INVALID_ARGUMENT,
                "A '%s' is %s: k is 0; it must be at least 1", a->array.path, a_text);
    OCT_REQUIRE(oct_cli_log, b->columns > 0, OCTET_INVALID_ARGUMENT,
                "B '%s' is %s: n is 0; it must be at least 1", b->array.path, b_text);
    OCT_REQUIRE(oct_cli_log, a->batch == b->batch || a->batch == 1 || b->batch == 1,
                OCTET_INVALID_ARGUMENT,
                "A '%s' is %s and B '%s' is %s: batches of %zu and %zu; they must be equal, or one "
                "of them 1",
                a->array.path, a_text, b->array.path, b_text, a->batch, b->batch);
cleanup:
    return status;
}

static octet_status read_operands(const char *const *paths, oct_gemm_call *call)
{
    octet_status status = OCTET_OK;
    const oct_gemm_options *const options = call->options;
    call->a_request = (oct_operand_request){"A",
                                            "--type-a",
                                            options->transpose_a,
                                            options->a_dynamic,
                                            options->a_per_row,
                                            dynamic_type(options->type_a),
                                            &options->rules};
    call->b_request = (oct_operand_request){"B",
                                            "--type-b",
                                            options->transpose_b,
                                            options->b_dynamic,
                                            false,
                                            dynamic_type(options->type_b),
                                            &options->rules};
    OCT_TRY(oct_operand_read(&call->a_request, paths[0], &call->a));
    OCT_TRY(oct_operand_read(&call->b_request, paths[1], &call->b));
    OCT_TRY(check_sizes(call));
    call->batch = call->a.batch != 1 ? call->a.batch : call->b.batch;
cleanup:
    return status;
}

static octet_status read_parameters(oct_gemm_call *call)
{
    octet_status status = OCTET_OK;
    const oct_gemm_options *const options = call->options;
    const oct_parameter_request a = {"--a-scale",           "--a-zero-point", options->a_scale,
                                     options->a_zero_point, call->a.type,     "row of op(A)",
                                     call->a.rows};
    const oct_parameter_request b = {"--b-scale",           "--b-zero-point", options->b_scale,
                                     options->b_zero_point, call->b.type,     "column of op(B)",
                                     call->b.columns};
    if (!options->a_dynamic)
        OCT_TRY(oct_parameters_read(&a, &call->arrays.input));
    if (!options->b_dynamic)
        OCT_TRY(oct_parameters_read(&b, &call->arrays.weights));
    OCT_TRY(oct_layer_read(&options->layer, call->b.columns, "column of op(B)", &call->arrays,
                           &call->desc.layer));
cleanup:
    return status;
}

octet_status oct_gemm_load(const char *const *paths, oct_gemm_call *call)
{
    octet_status status = OCTET_OK;
    const oct_gemm_options *const options = call->options;
    octet_gemm_desc *const desc = &call->desc;
    OCT_TRY(check_options(options));
    OCT_TRY(read_operands(paths, call));
    OCT_TRY(read_parameters(call));
    desc->struct_size = sizeof *desc;
    desc->n = call->b.columns;
    desc->k = call->b.rows;
    desc->transpose_a = options->transpose_a;
    desc->transpose_b = options->transpose_b;
    desc->layer.input_type = call->a.type;
    desc->layer.weight_type = call->b.type;
    desc->layer.dynamic_input = options->a_dynamic;
    desc->layer.dynamic_weights = options->b_dynamic;
    if (!options->b_dynamic && call->b.batch > 0) {
        desc->layer.weight_data = call->b.array.data;
        desc->weight_batch = call->b.batch;
    }
    OCT_TRY(oct_layer_check_multiplier("--a-scale", "--b-scale", &desc->layer));
cleanup:
    return status;
}

/* ---- Computing ---- */

/* Everything on the device; the quantizations run before the product. */
typedef struct gemm_run {
    oct_device_operand a, b;
    oct_execution product;
} gemm_run;

/* Inputs in the order of octet_gemm_create. Returns how many. */
static size_t gather_inputs(const oct_gemm_call *call, const gemm_run *run,
                            octet_tensor *inputs[OCT_EXECUTION_INPUTS])
{
    size_t count = 0;
    inputs[count++] = oct_device_operand_values(&run->a);
    if (call->desc.layer.weight_data == NULL)
        inputs[count++] = oct_device_operand_values(&run->b);
    for (size_t i = 1; i <= 2 && call->options->a_dynamic; i++)
        inputs[count++] = run->a.quantize.outputs[i];
    for (size_t i = 1; i <= 2 && call->options->b_dynamic; i++)
        inputs[count++] = run->b.quantize.outputs[i];
    return count;
}

static octet_status prepare(const oct_gemm_call *call, octet_context *context, const char *variant,
                            const char *quantize_variant, gemm_run *run)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc desc = call->desc;
    octet_tensor *inputs[OCT_EXECUTION_INPUTS];
    octet_operator *op = NULL;
    desc.variant = variant;
    OCT_TRY(oct_operand_upload(&call->a, context, quantize_variant, &run->a));
    if (desc.layer.weight_data == NULL)
        OCT_TRY(oct_operand_upload(&call->b, context, quantize_variant, &run->b));
    OCT_TRY(octet_gemm_create(context, &desc, &op));
    const size_t count = gather_inputs(call, run, inputs);
    OCT_TRY(oct_execution_prepare(&run->product, oct_cli_log, context, op, inputs, count,
                                  &desc.layer.output_type, 1));
cleanup:
    return status;
}

static octet_status run_once(gemm_run *run, octet_context *context, double *seconds)
{
    octet_status status = OCTET_OK;
    const double begin = oct_now();
    if (run->a.quantize.op != NULL)
        OCT_TRY(oct_execution_enqueue(&run->a.quantize));
    if (run->b.quantize.op != NULL)
        OCT_TRY(oct_execution_enqueue(&run->b.quantize));
    OCT_TRY(oct_execution_enqueue(&run->product));
    OCT_TRY(octet_context_finish(context));
    *seconds = oct_now() - begin;
cleanup:
    return status;
}

octet_status oct_gemm_compute(void *opaque, octet_context *context, const char *variant,
                              oct_result *result)
{
    octet_status status = OCTET_OK;
    const oct_gemm_call *const call = opaque;
    const bool reference = variant != NULL && strcmp(variant, "reference") == 0;
    gemm_run run = {0};
    OCT_TRY(prepare(call, context, variant, reference ? variant : NULL, &run));
    OCT_TRY(run_once(&run, context, &result->seconds));
    OCT_TRY(oct_download(oct_cli_log, run.product.outputs[0], &result->data));
    result->type = call->desc.layer.output_type;
    result->shape = run.product.output_shapes[0];
    if (result->shape.rank == 2 && (call->a.has_batch || call->b.has_batch)) /* a batch of 1 in B */
        result->shape = oct_shape(3, (size_t[]){1, call->a.rows, call->b.columns});
    snprintf(result->variant, sizeof result->variant, "%s", octet_operator_variant(run.product.op));
cleanup:
    oct_execution_release(&run.product);
    oct_device_operand_release(&run.b);
    oct_device_operand_release(&run.a);
    return status;
}

void oct_gemm_release(oct_gemm_call *call)
{
    oct_layer_arrays_release(&call->arrays);
    oct_operand_release(&call->b);
    oct_operand_release(&call->a);
}

/* ---- Report ---- */

static octet_status report(const oct_gemm_call *call, const oct_outcome *outcome)
{
    const size_t m = call->a.rows, n = call->desc.n, k = call->desc.k;
    const double operations = 2.0 * (double)m * (double)n * (double)k * (double)call->batch;
    if (!call->options->common.json) {
        char what[128];
        snprintf(what, sizeof what, "gemm m %zu, n %zu, k %zu, batch %zu", m, n, k, call->batch);
        oct_outcome_print(what, outcome, operations);
        oct_operand_print(&call->a);
        oct_operand_print(&call->b);
        oct_outcome_print_file(outcome, &call->desc.layer);
        return oct_cli_flush();
    }
    cJSON *const root = oct_json_create();
    oct_json_integer(root, "m", (int64_t)m);
    oct_json_integer(root, "n", (int64_t)n);
    oct_json_integer(root, "k", (int64_t)k);
    oct_json_integer(root, "batch", (int64_t)call->batch);
    oct_outcome_json(root, outcome, operations);
    oct_outcome_limits_json(root, outcome, &call->desc.layer);
    oct_operand_json(root, "a", &call->a);
    oct_operand_json(root, "b", &call->b);
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

int oct_cli_gemm(int argc, char **argv)
{
    octet_status status = OCTET_OK;
    oct_gemm_options options = OCT_GEMM_OPTIONS;
    oct_option_group groups[OCT_MAX_GROUPS];
    const char *paths[3];
    oct_gemm_call call = {.options = &options};
    oct_outcome outcome = {0};
    size_t group_count = oct_gemm_groups(&options, groups);
    groups[group_count++] = dynamic_group(&options);
    const int ended = oct_options_parse(&usage, groups, group_count, argc, argv, paths);
    if (ended >= 0)
        return ended;
    OCT_TRY(oct_gemm_load(paths, &call));
    OCT_TRY(oct_compute_file(&options.common, "gemm", oct_gemm_compute, &call, paths[2], &outcome));
    OCT_TRY(report(&call, &outcome));
cleanup:
    oct_outcome_release(&outcome);
    oct_gemm_release(&call);
    return oct_cli_exit(status, outcome.different);
}
