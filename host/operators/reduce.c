/* reduce.c - means, smallest and largest elements along neighbouring dimensions, and their indices. */
#include <math.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct reduce {
    octet_operator base;
    oct_reference_stored_fold fold; /* of floats only function and sizes count */
    float input_scale, output_scale;
    size_t axis, axes;
} reduce;

/* ---- Checks ---- */

static octet_status check_scales(const oct_log *log, const octet_reduce_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_check_quantization(log, "reduce: input", &desc->input, desc->input_type, 1));
    OCT_TRY(oct_check_quantization(log, "reduce: output", &desc->output, desc->output_type, 1));
    const double input = (double)oct_scale_at(&desc->input, 0);
    const double output = (double)oct_scale_at(&desc->output, 0);
    OCT_REQUIRE(log, oct_multiplier_is_legal(input / output), OCTET_INVALID_ARGUMENT,
                "reduce: input scale %g by output scale %g; it must be in [2^-32, 256)", input,
                output);
cleanup:
    return status;
}

static octet_status check_index(const oct_log *log, const octet_reduce_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log, desc->input_type != OCTET_S32 && desc->output_type == OCTET_S32,
                OCTET_INVALID_ARGUMENT,
                "reduce: an index of %s to %s; it must be of f32, s8 or u8, and to s32",
                oct_type(desc->input_type)->name, oct_type(desc->output_type)->name);
    OCT_REQUIRE(log,
                desc->input_type != OCTET_F32 || (!oct_quantization_is_given(&desc->input) &&
                                                  !oct_quantization_is_given(&desc->output)),
                OCTET_INVALID_ARGUMENT, "reduce: f32 has no quantization; its counts must be 0");
cleanup:
    return status;
}

static octet_status check_desc(const octet_context *context, const octet_reduce_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    const bool is_mean = desc->function == OCTET_REDUCE_MEAN;
    const bool bytes = oct_type_is_byte(desc->input_type) && oct_type_is_byte(desc->output_type);
    OCT_REQUIRE(log,
                oct_reduce_is_index(desc->function) || is_mean ||
                    desc->function == OCTET_REDUCE_MINIMUM ||
                    desc->function == OCTET_REDUCE_MAXIMUM,
                OCTET_INVALID_ARGUMENT, "reduce: function %d is not an octet_reduce_function",
                (int)desc->function);
    if (oct_reduce_is_index(desc->function))
        return check_index(log, desc);
    OCT_REQUIRE(log, bytes || (desc->input_type == OCTET_F32 && desc->output_type == OCTET_F32),
                OCTET_INVALID_ARGUMENT, "reduce: types must be f32, or s8 or u8 both");
    OCT_REQUIRE(log,
                bytes || (!oct_quantization_is_given(&desc->input) &&
                          !oct_quantization_is_given(&desc->output)),
                OCTET_INVALID_ARGUMENT, "reduce: f32 has no quantization; its counts must be 0");
    OCT_REQUIRE(log, is_mean || desc->input_type == desc->output_type, OCTET_INVALID_ARGUMENT,
                "reduce: the smallest and largest of %s are not %s",
                oct_type(desc->input_type)->name, oct_type(desc->output_type)->name);
    if (is_mean && bytes)
        OCT_TRY(check_scales(log, desc));
cleanup:
    return status;
}

/* Stored values are added up whatever the function is: sums of steps, each at most 255, must fit 31
 * bits. */
static octet_status check_terms(const reduce *op)
{
    octet_status status = OCTET_OK;
    const size_t n = op->fold.n;
    const oct_log *const log = &op->base.context->log;
    OCT_REQUIRE(log, n > 0, OCTET_INVALID_ARGUMENT, "reduce: of no elements");
    OCT_REQUIRE(log, op->fold.input_type == OCTET_F32 || n <= INT32_MAX / 255, OCTET_UNSUPPORTED,
                "reduce: of %zu elements; at most %d", n, INT32_MAX / 255);
cleanup:
    return status;
}

static octet_status check_shape(reduce *op)
{
    octet_status status = OCTET_OK;
    octet_operator *const base = &op->base;
    const oct_log *const log = &base->context->log;
    const octet_shape *const x = &base->input_shapes[0];
    oct_reference_stored_fold *const fold = &op->fold;
    OCT_REQUIRE(log, op->axes > 0 && op->axes <= x->rank && op->axis <= x->rank - op->axes,
                OCTET_INVALID_ARGUMENT, "reduce: %zu dimensions from %zu on; the input has %zu",
                op->axes, op->axis, x->rank);
    base->output_shapes[0] = *x;
    fold->outer = fold->n = fold->inner = 1;
    for (size_t i = 0; i < x->rank; i++) {
        const bool folded = i >= op->axis && i < op->axis + op->axes;
        size_t *const product = i < op->axis ? &fold->outer : folded ? &fold->n : &fold->inner;
        *product *= x->size[i]; /* at most the elements */
        if (folded)
            base->output_shapes[0].size[i] = 1;
    }
    OCT_TRY(check_terms(op));
    OCT_TRY(oct_check_counts(base, (size_t[]){fold->outer, fold->n, fold->inner}, 3));
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    reduce *const op = (reduce *)base;
    const bool bytes = oct_type_is_byte(base->input_types[0]);
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(check_shape(op));
    const float below = op->output_scale * (float)op->fold.n;
    op->fold.multiplier = op->input_scale / below;
    if (base->use_reference)
        goto cleanup;
    OCT_REQUIRE(&base->context->log, bytes || base->context->traits.subnormals, OCTET_UNSUPPORTED,
                "reduce: a device without subnormal numbers");
    OCT_TRY(oct_create_simple_kernel(base->context,
                                     oct_reduce_is_index(op->fold.function) ? "reduce_index"
                                     : bytes                                ? "reduce_stored"
                                                                            : "reduce",
                                     "OCT_BUILD_REDUCE", &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue_stored(const reduce *op, oct_buffer *const *inputs,
                                   oct_buffer *const *outputs, const size_t *global)
{
    const oct_reference_stored_fold *const fold = &op->fold;
    const oct_type_info *const type = oct_type(fold->output_type);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(outputs[0]),
                            OCT_INT(fold->function),
                            OCT_INT(fold->n),
                            OCT_INT(fold->inner),
                            OCT_INT(oct_sign_of(fold->input_type)),
                            OCT_FLOAT(fold->multiplier),
                            OCT_INT(fold->input_zero_point),
                            OCT_INT(fold->output_zero_point),
                            OCT_INT(type->low),
                            OCT_INT(type->high)};
    return OCT_LAUNCH(op->base.kernel, global, args);
}

static octet_status enqueue_index(const reduce *op, oct_buffer *const *inputs,
                                  oct_buffer *const *outputs, const size_t *global)
{
    const oct_reference_stored_fold *const fold = &op->fold;
    const bool bytes = oct_type_is_byte(fold->input_type);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(outputs[0]),
                            OCT_INT(fold->function == OCTET_REDUCE_MINIMUM_INDEX),
                            OCT_INT(fold->n),
                            OCT_INT(fold->inner),
                            OCT_INT(bytes),
                            OCT_INT(bytes ? oct_sign_of(fold->input_type) : 0)};
    return OCT_LAUNCH(op->base.kernel, global, args);
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const reduce *const op = (const reduce *)base;
    const oct_reference_stored_fold *const fold = &op->fold;
    const size_t lanes = oct_simple_lanes(base->context);
    const size_t global[3] = {oct_divide_up(fold->inner, lanes), fold->outer, 1};
    const oct_arg args[] = {OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]), OCT_INT(fold->function),
                            OCT_INT(fold->n), OCT_INT(fold->inner)};
    if (oct_reduce_is_index(fold->function))
        return enqueue_index(op, inputs, outputs, global);
    return oct_type_is_byte(base->input_types[0]) ? enqueue_stored(op, inputs, outputs, global)
                                                  : OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const oct_reference_stored_fold *const fold = &((const reduce *)base)->fold;
    if (oct_reduce_is_index(fold->function))
        oct_reference_fold_index(fold->function, fold->input_type, fold->outer, fold->n,
                                 fold->inner, inputs[0], outputs[0]);
    else if (oct_type_is_byte(base->input_types[0]))
        oct_reference_fold_stored(fold, inputs[0], outputs[0]);
    else
        oct_reference_fold(fold->function, fold->outer, fold->n, fold->inner, inputs[0],
                           outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class reduce_class = {"reduce", prepare, enqueue, reference, NULL};

/* Scales count by their quotient alone: with the input's in [0.5, 1) no product passes the largest
 * number. */
static void read_scales(reduce *op, const octet_reduce_desc *desc)
{
    int exponent;
    op->input_scale = frexpf(oct_scale_at(&desc->input, 0), &exponent);
    op->output_scale = ldexpf(oct_scale_at(&desc->output, 0), -exponent);
    op->fold.input_zero_point = oct_zero_point_at(&desc->input, 0);
    op->fold.output_zero_point = oct_zero_point_at(&desc->output, 0);
}

octet_status octet_reduce_create(octet_context *context, const octet_reduce_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_reduce_desc copy;
    const octet_reduce_desc *const desc = &copy;
    octet_operator *base = NULL;
    reduce *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "reduce", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &reduce_class, sizeof *op, desc->variant, &base));
    op = (reduce *)base;
    OCT_TRY(check_desc(context, desc));
    op->axis = desc->axis;
    op->axes = desc->axes;
    op->fold.function = desc->function;
    op->fold.input_type = desc->input_type;
    op->fold.output_type = desc->output_type;
    op->input_scale = op->output_scale = 1.0f;
    if (oct_type_is_byte(desc->input_type) && desc->function == OCTET_REDUCE_MEAN)
        read_scales(op, desc);
    base->input_count = base->output_count = 1;
    base->input_types[0] = desc->input_type;
    base->output_types[0] = desc->output_type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
