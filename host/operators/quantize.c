/* quantize.c - float32 to 8 bits, with given parameters or ones found from the data. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/elements.h"
#include "reference/reference.h"

enum { MOST_PARTS = 1024 };

/* ---- State ---- */

typedef struct quantize {
    octet_operator base;
    octet_quantize_rule rule;
    octet_parameters parameters;
    bool reduce_range, per_axis, channels_last;
    size_t axis;
    float *scales; /* given: [given_scales], [given_zeros] */
    int32_t *zeros;
    size_t given_scales, given_zeros;
    oct_axis split;
    size_t items, parts; /* elements per work-item; parts of the range reduction */
    oct_kernel *min_max, *choose;
    oct_buffer *scale, *reciprocal, *zero; /* [channels] */
    oct_buffer *partial, *legal, *scale64; /* found parameters only */
    double *host_scales;                   /* [channels], found by the reference */
    bool host_legal;
} quantize;

static bool finds(const quantize *op)
{
    return op->parameters != OCTET_PARAMETERS_GIVEN;
}

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_quantize_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    OCT_REQUIRE(log, oct_type_is_byte(desc->output_type), OCTET_INVALID_ARGUMENT,
                "quantize: output type must be s8 or u8");
    OCT_REQUIRE(log, (unsigned)desc->rule <= OCTET_QUANTIZE_HALF_AWAY, OCTET_INVALID_ARGUMENT,
                "quantize: rule %d is not an octet_quantize_rule", (int)desc->rule);
    OCT_REQUIRE(log, (unsigned)desc->parameters <= OCTET_PARAMETERS_PYTORCH, OCTET_INVALID_ARGUMENT,
                "quantize: parameters %d is not an octet_parameters", (int)desc->parameters);
    OCT_REQUIRE(log, desc->parameters != OCTET_PARAMETERS_ONNX || desc->output_type == OCTET_U8,
                OCTET_INVALID_ARGUMENT,
                "quantize: ONNX finds parameters for u8 only; for s8 use the PyTorch rule");
    OCT_REQUIRE(log, !desc->reduce_range || desc->parameters == OCTET_PARAMETERS_PYTORCH,
                OCTET_INVALID_ARGUMENT, "quantize: reduce_range belongs to the PyTorch rule");
    OCT_REQUIRE(log,
                desc->parameters == OCTET_PARAMETERS_GIVEN ||
                    !oct_quantization_is_given(&desc->output),
                OCTET_INVALID_ARGUMENT,
                "quantize: scale and zero point are found from the data, so the description must "
                "not give them");
    OCT_REQUIRE(log,
                !desc->channels_last ||
                    (desc->parameters == OCTET_PARAMETERS_GIVEN && !desc->per_axis),
                OCTET_INVALID_ARGUMENT,
                "quantize: channels_last needs parameters that are given, per tensor");
    OCT_TRY(oct_check_axis_quantization(log, "quantize: output", &desc->output, desc->output_type,
                                        desc->per_axis));
cleanup:
    return status;
}

static octet_status check_channels(const quantize *op)
{
    octet_status status = OCTET_OK;
    const size_t counts[] = {op->given_scales, op->given_zeros};
    for (size_t i = 0; i < 2; i++)
        OCT_REQUIRE(&op->base.context->log, counts[i] == 1 || counts[i] == op->split.channels,
                    OCTET_INVALID_ARGUMENT, "quantize: %zu %s for %zu channels", counts[i],
                    i == 0 ? "scales" : "zero points", op->split.channels);
cleanup:
    return status;
}

/* ---- Pack and bind ---- */

static void release_prepared(quantize *op)
{
    oct_kernel *const kernels[] = {op->min_max, op->choose};
    oct_buffer *const buffers[] = {op->scale,   op->reciprocal, op->zero,
                                   op->partial, op->legal,      op->scale64};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        oct_kernel_destroy(kernels[i]);
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        oct_buffer_destroy(buffers[i]);
    op->min_max = op->choose = NULL;
    op->scale = op->reciprocal = op->zero = NULL;
    op->partial = op->legal = op->scale64 = NULL;
    free(op->host_scales);
    op->host_scales = NULL;
}

static octet_status upload_given(quantize *op)
{
    octet_status status = OCTET_OK;
    octet_context *const context = op->base.context;
    const size_t channels = op->split.channels, bytes = channels * sizeof(float);
    float *scales = NULL, *reciprocals = NULL;
    int32_t *zeros = NULL;
    OCT_ALLOC(&context->log, scales, channels);
    OCT_ALLOC(&context->log, reciprocals, channels);
    OCT_ALLOC(&context->log, zeros, channels);
    for (size_t i = 0; i < channels; i++) {
        scales[i] = op->scales[op->given_scales > 1 ? i : 0];
        OCT_TRY(oct_check_flushing(&op->base, "scale", scales[i]));
        reciprocals[i] = 1.0f / scales[i];
        zeros[i] = op->zeros[op->given_zeros > 1 ? i : 0];
    }
    OCT_TRY(oct_buffer_from_host(context, bytes, scales, &op->scale));
    OCT_TRY(oct_buffer_from_host(context, bytes, reciprocals, &op->reciprocal));
    OCT_TRY(oct_buffer_from_host(context, bytes, zeros, &op->zero));
cleanup:
    free(scales);
    free(reciprocals);
    free(zeros);
    return status;
}

static octet_status create_found(quantize *op)
{
    octet_status status = OCTET_OK;
    octet_context *const context = op->base.context;
    const size_t channels = op->split.channels, each = op->split.outer * op->split.inner;
    /* one work-item joins the parts of a channel: no more of them than keep the device busy */
    op->items = oct_divide_up(each, MOST_PARTS);
    if (op->items < oct_elements_per_item(context, each))
        op->items = oct_elements_per_item(context, each);
    op->parts = each > 0 ? oct_divide_up(each, op->items) : 1;
    OCT_TRY(oct_create_simple_kernel(context, "min_max", "OCT_BUILD_PARAMETERS", &op->min_max));
    OCT_TRY(oct_create_simple_kernel(context, "choose_parameters", "OCT_BUILD_PARAMETERS",
                                     &op->choose));
    OCT_TRY(oct_buffer_create(context, op->parts * channels * 4 * sizeof(float), &op->partial));
    OCT_TRY(oct_buffer_create(context, channels * sizeof(int32_t), &op->legal));
    OCT_TRY(oct_buffer_create(context, channels * sizeof(float), &op->reciprocal));
    OCT_TRY(oct_buffer_create(context, channels * sizeof(uint64_t), &op->scale64));
cleanup:
    return status;
}

/* (N,C,H,W) to (N,H,W,C). The parameter is that of one channel of everything. */
static octet_status move_channels(const quantize *op, octet_shape *shape)
{
    octet_status status = OCTET_OK;
    char text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&op->base.context->log, shape->rank == 4, OCTET_INVALID_ARGUMENT,
                "quantize: the input is %s; for channels_last it must have 4 dimensions",
                oct_shape_text(shape, text));
    const size_t *const nchw = shape->size;
    *shape = oct_shape(4, (size_t[]){nchw[0], nchw[2], nchw[3], nchw[1]});
cleanup:
    return status;
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    quantize *const op = (quantize *)base;
    const octet_shape *const shape = &base->input_shapes[0];
    const octet_shape found = oct_shape(1, (size_t[]){1});
    release_prepared(op);
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(oct_axis_split(base, shape, op->per_axis, op->axis, &op->split));
    if (!finds(op))
        OCT_TRY(check_channels(op));
    base->output_shapes[0] = *shape;
    if (op->channels_last)
        OCT_TRY(move_channels(op, &base->output_shapes[0]));
    base->output_shapes[1] = base->output_shapes[2] = found;
    base->output_shapes[1].size[0] = base->output_shapes[2].size[0] = op->split.channels;
    if (finds(op) && base->use_reference)
        OCT_ALLOC(&base->context->log, op->host_scales, op->split.channels);
    if (base->use_reference || op->split.channels == 0)
        goto cleanup;
    OCT_TRY(oct_check_counts(base, (size_t[]){op->split.outer, op->split.channels, op->split.inner},
                             3));
    OCT_TRY(oct_create_simple_kernel(base->context,
                                     op->channels_last ? "quantize_last" : "quantize",
                                     "OCT_BUILD_QUANTIZE", &base->kernel));
    OCT_TRY(finds(op) ? create_found(op) : upload_given(op));
cleanup:
    return status;
}

/* ---- Run ---- */

/* The bounds that torch's choose_qparams fits the range into. */
static void found_bounds(const quantize *op, int32_t *low, int32_t *high)
{
    const oct_type_info *const type = oct_type(op->base.output_types[0]);
    *low = op->reduce_range ? type->low / 2 : type->low;
    *high = op->reduce_range ? type->high / 2 : type->high;
}

static octet_status find_parameters(quantize *op, const oct_buffer *input, const oct_buffer *scale,
                                    const oct_buffer *zero)
{
    octet_status status = OCTET_OK;
    octet_context *const context = op->base.context;
    const size_t span = op->split.inner == 1 ? 16 : 1; /* channels per work-item */
    const bool subnormals = context->traits.subnormals;
    int32_t low = 0, high = 0;
    found_bounds(op, &low, &high);
    const oct_arg reduce[] = {OCT_BUFFER(input),        OCT_BUFFER(op->partial),
                              OCT_INT(op->split.outer), OCT_INT(op->split.channels),
                              OCT_INT(op->split.inner), OCT_INT(span),
                              OCT_INT(op->items)};
    const oct_arg choose[] = {OCT_BUFFER(op->partial),
                              OCT_BUFFER(op->legal),
                              OCT_BUFFER(scale),
                              OCT_BUFFER(op->reciprocal),
                              OCT_BUFFER(zero),
                              OCT_BUFFER(op->scale64),
                              OCT_INT(op->parts),
                              OCT_INT(op->parameters),
                              OCT_INT(low),
                              OCT_INT(high),
                              OCT_FLOAT(subnormals ? FLT_MIN : OCT_SAFE_LEAST),
                              OCT_FLOAT(subnormals ? FLT_MAX : OCT_SAFE_MOST)};
    const size_t reduce_size[3] = {oct_divide_up(op->split.channels, span), op->parts, 1};
    const size_t choose_size[3] = {op->split.channels, 1, 1};
    OCT_TRY(OCT_LAUNCH(op->min_max, reduce_size, reduce));
    OCT_TRY(oct_enqueue_barrier(context));
    OCT_TRY(OCT_LAUNCH(op->choose, choose_size, choose));
    OCT_TRY(oct_enqueue_barrier(context));
cleanup:
    return status;
}

static octet_status enqueue_last(const quantize *op, const oct_buffer *x, const oct_buffer *q)
{
    const octet_shape *const shape = &op->base.input_shapes[0];
    const oct_type_info *const type = oct_type(op->base.output_types[0]);
    const size_t channels = shape->size[1], pixels = shape->size[2] * shape->size[3];
    const size_t items = oct_round_up(
        oct_divide_up(oct_elements_per_item(op->base.context, op->split.inner), channels), 16);
    const oct_arg args[] = {OCT_BUFFER(x),         OCT_BUFFER(q),
                            OCT_BUFFER(op->scale), OCT_BUFFER(op->reciprocal),
                            OCT_BUFFER(op->zero),  OCT_INT(channels),
                            OCT_INT(pixels),       OCT_INT(op->rule),
                            OCT_INT(type->low),    OCT_INT(type->high),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(pixels, items), shape->size[0], 1};
    return OCT_LAUNCH(op->base.kernel, global, args);
}

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    quantize *const op = (quantize *)base;
    const oct_axis *const split = &op->split;
    const oct_type_info *const type = oct_type(base->output_types[0]);
    const size_t count = split->outer * split->channels * split->inner;
    const size_t items = oct_elements_per_item(base->context, count);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]),
                            OCT_BUFFER(outputs[0]),
                            OCT_BUFFER(finds(op) ? outputs[1] : op->scale),
                            OCT_BUFFER(op->reciprocal),
                            OCT_BUFFER(finds(op) ? outputs[2] : op->zero),
                            OCT_INT(split->outer),
                            OCT_INT(split->channels),
                            OCT_INT(split->inner),
                            OCT_INT(op->rule),
                            OCT_INT(type->low),
                            OCT_INT(type->high),
                            OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(count, items), 1, 1};
    if (finds(op))
        OCT_TRY(find_parameters(op, inputs[0], outputs[1], outputs[2]));
    if (count > 0 && op->channels_last)
        OCT_TRY(enqueue_last(op, inputs[0], outputs[0]));
    else if (count > 0)
        OCT_TRY(OCT_LAUNCH(op->base.kernel, global, args));
cleanup:
    return status;
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    octet_status status = OCTET_OK;
    quantize *const op = (quantize *)base;
    const oct_axis *const split = &op->split;
    static const size_t to_last[] = {0, 2, 3, 1};
    float *min = NULL, *max = NULL, *scales = NULL;
    char *plain = NULL;
    void *q = outputs[0];
    int32_t *zeros = NULL;
    OCT_ALLOC(&base->context->log, min, split->channels);
    OCT_ALLOC(&base->context->log, max, split->channels);
    OCT_ALLOC(&base->context->log, scales, split->channels);
    OCT_ALLOC(&base->context->log, zeros, split->channels);
    if (finds(op))
        oct_reference_min_max(split->outer, split->channels, split->inner, inputs[0], min, max,
                              &op->host_legal);
    for (size_t i = 0; i < split->channels; i++) {
        if (finds(op)) {
            const oct_found_parameters found =
                op->parameters == OCTET_PARAMETERS_ONNX
                    ? oct_choose_onnx(min[i], max[i])
                    : oct_choose_pytorch(min[i], max[i], base->output_types[0], op->reduce_range);
            op->host_scales[i] = found.scale;
            scales[i] = (float)found.scale;
            op->host_legal = op->host_legal && isnormal(scales[i]);
            zeros[i] = found.zero_point;
        } else {
            scales[i] = op->scales[op->given_scales > 1 ? i : 0];
            zeros[i] = op->zeros[op->given_zeros > 1 ? i : 0];
        }
    }
    if (finds(op) && split->channels > 0) {
        memcpy(outputs[1], scales, split->channels * sizeof *scales);
        memcpy(outputs[2], zeros, split->channels * sizeof *zeros);
    }
    if (op->channels_last) {
        OCT_ALLOC(&base->context->log, plain, split->outer * split->channels * split->inner);
        q = plain;
    }
    oct_reference_quantize_run(&(oct_reference_quantize){.type = base->output_types[0],
                                                         .rule = op->rule,
                                                         .outer = split->outer,
                                                         .channels = split->channels,
                                                         .inner = split->inner,
                                                         .scales = scales,
                                                         .zero_points = zeros},
                               inputs[0], q);
    if (op->channels_last)
        oct_reference_permute(1, &base->input_shapes[0], to_last, plain, outputs[0]);
cleanup:
    free(plain);
    free(min);
    free(max);
    free(scales);
    free(zeros);
    return status;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    quantize *const op = (quantize *)base;
    release_prepared(op);
    free(op->scales);
    free(op->zeros);
}

static const oct_operator_class quantize_class = {"quantize", prepare, enqueue, reference, destroy};

static octet_status copy_parameters(quantize *op, const octet_quantization *given)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->base.context->log;
    op->given_scales = given->scale_count > 1 ? given->scale_count : 1;
    op->given_zeros = given->zero_point_count > 1 ? given->zero_point_count : 1;
    OCT_ALLOC(log, op->scales, op->given_scales);
    OCT_ALLOC(log, op->zeros, op->given_zeros);
    for (size_t i = 0; i < op->given_scales; i++)
        op->scales[i] = oct_scale_at(given, i);
    for (size_t i = 0; i < op->given_zeros; i++)
        op->zeros[i] = oct_zero_point_at(given, i);
cleanup:
    return status;
}

octet_status octet_quantize_create(octet_context *context, const octet_quantize_desc *given,
                                   octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_quantize_desc copy;
    const octet_quantize_desc *const desc = &copy;
    octet_operator *base = NULL;
    quantize *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "quantize", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &quantize_class, sizeof *op, desc->variant, &base));
    op = (quantize *)base;
    OCT_TRY(check_desc(context, desc));
    op->rule = desc->rule;
    op->parameters = desc->parameters;
    op->reduce_range = desc->reduce_range != 0;
    op->per_axis = desc->per_axis != 0;
    op->axis = desc->axis;
    op->channels_last = desc->channels_last != 0;
    OCT_TRY(copy_parameters(op, &desc->output));
    base->input_count = 1;
    base->input_types[0] = OCTET_F32;
    base->output_count = finds(op) ? 3 : 1;
    base->output_types[0] = desc->output_type;
    base->output_types[1] = OCTET_F32;
    base->output_types[2] = OCTET_S32;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}

octet_status octet_quantize_found(octet_operator *base, double *scales, size_t count, int *legal)
{
    octet_status status = OCTET_OK;
    const quantize *const op = (const quantize *)base;
    const oct_log *const log = &base->context->log;
    double *found = NULL;
    int32_t *flags = NULL;
    bool all = true; /* of no channels, every one is */
    OCT_TRY(oct_refuse_recording(base->context, "octet_quantize_found"));
    OCT_REQUIRE(log, base->class == &quantize_class && finds(op) && base->ran,
                OCTET_INVALID_ARGUMENT,
                "quantize: this operator has found no parameters from data");
    OCT_REQUIRE(log, count == op->split.channels, OCTET_INVALID_ARGUMENT,
                "quantize: room for %zu parameters; there are %zu", count, op->split.channels);
    if (count > 0 && base->use_reference) {
        memcpy(scales, op->host_scales, count * sizeof *scales);
        all = op->host_legal;
    } else if (count > 0) {
        OCT_ALLOC(log, found, count);
        OCT_ALLOC(log, flags, count);
        OCT_TRY(oct_buffer_read(op->scale64, count * sizeof *found, found, NULL));
        OCT_TRY(oct_buffer_read(op->legal, count * sizeof *flags, flags, NULL));
        for (size_t i = 0; i < count; i++)
            all = all && flags[i] != 0;
        memcpy(scales, found, count * sizeof *scales);
    }
    *legal = all;
cleanup:
    free(found);
    free(flags);
    return status;
}
