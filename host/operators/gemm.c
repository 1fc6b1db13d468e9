/* gemm.c - batched matrix products of 8-bit operands. */
#include "core/desc.h"
#include "operators/elements.h"
#include "operators/gemm_internal.h"

/* ---- State ---- */

oct_gemm_inputs oct_gemm_inputs_of(const oct_gemm *op)
{
    oct_gemm_inputs inputs = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, 1};
    if (op->layer.weights == NULL)
        inputs.weights = inputs.count++;
    if (op->layer.dynamic_input) {
        inputs.input_parameters = inputs.count;
        inputs.count += 2;
    }
    if (op->layer.dynamic_weights) {
        inputs.weight_parameters = inputs.count;
        inputs.count += 2;
    }
    if (op->layer.sum.wanted)
        inputs.other = inputs.count++;
    return inputs;
}

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_gemm_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    size_t bytes = 0;
    OCT_REQUIRE(log, desc->k > 0, OCTET_INVALID_ARGUMENT, "gemm: k is 0; it must be at least 1");
    OCT_REQUIRE(log,
                oct_multiply(desc->n, desc->k, &bytes) &&
                    oct_multiply(bytes, desc->weight_batch > 1 ? desc->weight_batch : 1, &bytes),
                OCTET_INVALID_ARGUMENT, "gemm: n %zu times k %zu times %zu batches is too large",
                desc->n, desc->k, desc->weight_batch);
cleanup:
    return status;
}

/* Splits (batch, rows, columns) or (rows, columns); false for another rank. */
static bool split(const octet_shape *shape, size_t *batch, size_t *rows, size_t *columns)
{
    if (shape->rank != 2 && shape->rank != 3)
        return false;
    *batch = shape->rank == 3 ? shape->size[0] : 1;
    *rows = shape->size[shape->rank - 2];
    *columns = shape->size[shape->rank - 1];
    return true;
}

static octet_status check_weights(oct_gemm *op, const octet_shape *b)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    char text[OCT_SHAPE_TEXT];
    size_t rows = 0, columns = 0;
    OCT_REQUIRE(log, split(b, &op->weight_batches, &rows, &columns), OCTET_INVALID_ARGUMENT,
                "gemm: B is %s; it must have 2 or 3 dimensions", oct_shape_text(b, text));
    OCT_REQUIRE(
        log,
        (op->transpose_b ? columns : rows) == op->k && (op->transpose_b ? rows : columns) == op->n,
        OCTET_INVALID_ARGUMENT, "gemm: B is %s; with n %zu and k %zu it must end in %zux%zu",
        oct_shape_text(b, text), op->n, op->k, op->transpose_b ? op->n : op->k,
        op->transpose_b ? op->k : op->n);
cleanup:
    return status;
}

static octet_status check_dynamic(oct_gemm *op, const oct_gemm_inputs *inputs)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    const octet_shape *const shapes = op->base.input_shapes;
    size_t scales = 1, zeros = 1;
    op->dynamic_rows = 1;
    if (op->layer.dynamic_input) {
        (void)oct_shape_count(&shapes[inputs->input_parameters], &scales);
        (void)oct_shape_count(&shapes[inputs->input_parameters + 1], &zeros);
        OCT_REQUIRE(log,
                    scales == zeros &&
                        (scales == 1 || scales == op->m || scales == op->m * op->input_batch),
                    OCTET_INVALID_ARGUMENT,
                    "gemm: %zu scales and %zu zero points for A; give 1 of each, %zu (one per row, "
                    "every batch alike) or %zu (one per row of all batches)",
                    scales, zeros, op->m, op->m * op->input_batch);
        op->dynamic_rows = scales;
    }
    if (op->layer.dynamic_weights) {
        (void)oct_shape_count(&shapes[inputs->weight_parameters], &scales);
        (void)oct_shape_count(&shapes[inputs->weight_parameters + 1], &zeros);
        OCT_REQUIRE(log, scales == 1 && zeros == 1, OCTET_INVALID_ARGUMENT,
                    "gemm: %zu scales and %zu zero points for B; give 1 of each", scales, zeros);
    }
cleanup:
    return status;
}

static octet_status check_shapes(oct_gemm *op)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    const oct_gemm_inputs inputs = oct_gemm_inputs_of(op);
    const octet_shape *const a = &op->base.input_shapes[0];
    char text[OCT_SHAPE_TEXT];
    size_t rows = 0, columns = 0;
    OCT_REQUIRE(log, split(a, &op->input_batch, &rows, &columns), OCTET_INVALID_ARGUMENT,
                "gemm: A is %s; it must have 2 or 3 dimensions", oct_shape_text(a, text));
    op->m = op->transpose_a ? columns : rows;
    OCT_REQUIRE(log, (op->transpose_a ? rows : columns) == op->k, OCTET_INVALID_ARGUMENT,
                "gemm: A is %s%s; its k must be %zu", oct_shape_text(a, text),
                op->transpose_a ? " (transposed)" : "", op->k);
    op->weight_batches = op->weight_batch > 1 ? op->weight_batch : 1;
    if (inputs.weights != SIZE_MAX)
        OCT_TRY(check_weights(op, &op->base.input_shapes[inputs.weights]));
    OCT_REQUIRE(log,
                op->input_batch == op->weight_batches || op->input_batch == 1 ||
                    op->weight_batches == 1,
                OCTET_INVALID_ARGUMENT,
                "gemm: A has %zu batches and B has %zu; they must be equal, or one of them 1",
                op->input_batch, op->weight_batches);
    op->batch = op->input_batch == 1 ? op->weight_batches : op->input_batch;
    OCT_TRY(check_dynamic(op, &inputs));
    OCT_TRY(oct_layer_check_k(&op->layer, op->k));
cleanup:
    return status;
}

static void set_output(oct_gemm *op)
{
    const octet_shape *const a = &op->base.input_shapes[0];
    const oct_gemm_inputs inputs = oct_gemm_inputs_of(op);
    const bool batched =
        a->rank == 3 || op->weight_batch > 1 ||
        (inputs.weights != SIZE_MAX && op->base.input_shapes[inputs.weights].rank == 3);
    op->base.output_shapes[0] = batched ? oct_shape(3, (size_t[]){op->batch, op->m, op->n})
                                        : oct_shape(2, (size_t[]){op->m, op->n});
}

/* ---- Choose ---- */

static oct_tile_problem problem_of(const oct_gemm *op)
{
    return (oct_tile_problem){.kernels = OCT_FOR_MATRIX,
                              .outer = op->batch,
                              .m = op->m,
                              .n = op->n,
                              .k = op->k,
                              .input_type = op->layer.input_type,
                              .weight_type = op->layer.weight_type};
}

/* ---- Pack and bind ---- */

static void release_prepared(oct_gemm *op)
{
    oct_kernel_destroy(op->kernel);
    oct_matrix_destroy(&op->matrix);
    op->kernel = NULL;
}

static oct_matrix_shape matrix_shape(const oct_gemm *op)
{
    return (oct_matrix_shape){
        .outer = op->weight_batches,
        .n = op->n,
        .taps = 1,
        .channels = op->k,
        .weight_outer = op->n * op->k,
        .weight_column = op->transpose_b ? op->k : 1,
        .weight_channel = op->transpose_b ? 1 : op->n,
        .images = op->batch,
        .lines = 1,
        .pixels = op->m,
        .image_rows = op->m,
        .groups = 1,
        .input_image = op->input_batch > 1 ? op->m * op->k : 0,
        .input_pixel = op->transpose_a ? 1 : op->k,
        .input_channel = op->transpose_a ? op->m : 1,
        .dynamic_rows = op->dynamic_rows,
    };
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    oct_gemm *const op = (oct_gemm *)base;
    const oct_tile *tile = NULL;
    oct_tile_problem problem;
    char options[512] = "-D OCT_BUILD_GEMM=1";
    oct_matrix_shape shape;
    release_prepared(op);
    OCT_TRY(check_shapes(op));
    OCT_TRY(oct_layer_set_rows(&op->layer, op->m));
    set_output(op);
    if (op->layer.sum.wanted)
        OCT_TRY(oct_sum_check_shape(&base->context->log, "gemm",
                                    &base->input_shapes[oct_gemm_inputs_of(op).other],
                                    &base->output_shapes[0]));
    problem = problem_of(op);
    OCT_TRY(oct_operator_choose_tile(base, &problem, &tile));
    if (op->base.use_reference || op->m == 0 || op->n == 0 || op->batch == 0)
        goto cleanup;
    /* sizes that reach the kernel as ints; the input's shape and the output's are known to multiply
     */
    OCT_TRY(oct_check_counts(base,
                             (size_t[]){op->m * op->n, op->m * oct_round_up(op->k, 4),
                                        op->batch * op->m, op->weight_batches * op->n},
                             4));
    OCT_TRY(oct_layer_check_flushing(&op->layer, &base->context->traits));
    shape = matrix_shape(op);
    OCT_TRY(oct_matrix_prepare(&op->matrix, base->context, &op->layer, tile, &shape, &problem));
    base->scratch = oct_matrix_scratch(&op->matrix);
    oct_matrix_options(&op->matrix, options, sizeof options);
    OCT_TRY(oct_kernel_create(base->context, "gemm", options, &op->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static oct_matrix_operands operands_of(const oct_gemm *op, oct_buffer *const *inputs)
{
    const oct_gemm_inputs at = oct_gemm_inputs_of(op);
    oct_matrix_operands operands = {.input = inputs[0]};
    if (at.weights != SIZE_MAX)
        operands.weights = inputs[at.weights];
    if (at.input_parameters != SIZE_MAX) {
        operands.input_scale = inputs[at.input_parameters];
        operands.input_zero = inputs[at.input_parameters + 1];
    }
    if (at.weight_parameters != SIZE_MAX) {
        operands.weight_scale = inputs[at.weight_parameters];
        operands.weight_zero = inputs[at.weight_parameters + 1];
    }
    return operands;
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    oct_gemm *const op = (oct_gemm *)base;
    const oct_matrix_operands operands = operands_of(op, inputs);
    const oct_tile_problem problem = problem_of(op);
    const oct_matrix_product product = {
        .m = op->m,
        .batch = op->batch,
        .shared_input = op->input_batch == 1,
        .other = op->layer.sum.wanted ? inputs[oct_gemm_inputs_of(op).other] : NULL,
        .many_weights = op->weight_batches > 1};
    OCT_TRY(oct_matrix_pack(&op->matrix, &operands));
    OCT_TRY(oct_matrix_multiply(&op->matrix, op->kernel, &product, &problem,
                                oct_matrix_input(&op->matrix, inputs[0]), outputs[0]));
cleanup:
    return status;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_gemm *const op = (oct_gemm *)base;
    release_prepared(op);
    oct_layer_destroy(&op->layer);
}

static const oct_operator_class gemm_class = {"gemm", prepare, enqueue, oct_gemm_reference,
                                              destroy};

static void set_types(oct_gemm *op)
{
    const oct_gemm_inputs at = oct_gemm_inputs_of(op);
    octet_type *const types = op->base.input_types;
    types[0] = op->layer.input_type;
    if (at.weights != SIZE_MAX)
        types[at.weights] = op->layer.weight_type;
    if (at.input_parameters != SIZE_MAX) {
        types[at.input_parameters] = OCTET_F32;
        types[at.input_parameters + 1] = OCTET_S32;
    }
    if (at.weight_parameters != SIZE_MAX) {
        types[at.weight_parameters] = OCTET_F32;
        types[at.weight_parameters + 1] = OCTET_S32;
    }
    if (at.other != SIZE_MAX)
        types[at.other] = oct_sum_other_type(&op->layer.sum);
    op->base.input_count = at.count;
    op->base.output_count = 1;
    op->base.output_types[0] = op->layer.stored_type;
}

octet_status octet_gemm_create(octet_context *context, const octet_gemm_desc *given,
                               octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_gemm_desc copy;
    const octet_gemm_desc *const desc = &copy;
    octet_operator *base = NULL;
    oct_gemm *op = NULL;
    size_t batches = 1;
    OCT_TRY(oct_desc_copy(&context->log, "gemm", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &gemm_class, sizeof *op, desc->variant, &base));
    op = (oct_gemm *)base;
    batches = desc->weight_batch > 1 ? desc->weight_batch : 1;
    OCT_TRY(check_desc(context, desc));
    OCT_TRY(oct_layer_create(&op->layer, &context->log, "gemm", &desc->layer, desc->n,
                             batches * desc->n * desc->k, true));
    op->n = desc->n;
    op->k = desc->k;
    op->weight_batch = desc->layer.weight_data != NULL ? batches : 1;
    op->transpose_a = desc->transpose_a != 0;
    op->transpose_b = desc->transpose_b != 0;
    set_types(op);
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
