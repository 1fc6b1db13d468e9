/* permute.c - reorders the dimensions of a tensor. */
#include <string.h>

#include "core/desc.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct permute {
    octet_operator base;
    size_t rank, order[OCTET_MAX_RANK];
    size_t count;
    int32_t sizes[OCTET_MAX_RANK], strides[OCTET_MAX_RANK]; /* of the output, 1s in front */
} permute;

/* ---- Checks ---- */

static octet_status check_desc(octet_context *context, const octet_permute_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    unsigned seen = 0;
    OCT_REQUIRE(log, oct_type_is_valid(desc->type), OCTET_INVALID_ARGUMENT,
                "permute: type %d is not an octet_type", (int)desc->type);
    OCT_REQUIRE(log, desc->rank <= OCTET_MAX_RANK, OCTET_INVALID_ARGUMENT,
                "permute: %zu dimensions; at most %d", desc->rank, OCTET_MAX_RANK);
    for (size_t i = 0; i < desc->rank; i++) {
        OCT_REQUIRE(log, desc->order[i] < desc->rank && !((seen >> desc->order[i]) & 1u),
                    OCTET_INVALID_ARGUMENT,
                    "permute: order[%zu] is %zu; each of 0..%zu must appear once", i,
                    desc->order[i], desc->rank - 1);
        seen |= 1u << desc->order[i];
    }
cleanup:
    return status;
}

/* ---- Bind ---- */

static void set_strides(permute *op)
{
    const octet_shape *const x = &op->base.input_shapes[0];
    const size_t front = OCTET_MAX_RANK - op->rank;
    size_t stride[OCTET_MAX_RANK] = {0}, product = 1;
    for (size_t i = op->rank; i-- > 0;) {
        stride[i] = product;
        product *= x->size[i];
    }
    for (size_t i = 0; i < OCTET_MAX_RANK; i++) {
        op->sizes[i] = i < front ? 1 : (int32_t)x->size[op->order[i - front]];
        op->strides[i] = i < front ? 0 : (int32_t)stride[op->order[i - front]];
    }
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    permute *const op = (permute *)base;
    const octet_shape *const x = &base->input_shapes[0];
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_REQUIRE(&base->context->log, x->rank == op->rank, OCTET_INVALID_ARGUMENT,
                "permute: the input has %zu dimensions, the order %zu", x->rank, op->rank);
    base->output_shapes[0].rank = op->rank;
    for (size_t i = 0; i < op->rank; i++)
        base->output_shapes[0].size[i] = x->size[op->order[i]];
    (void)oct_shape_count(x, &op->count);
    OCT_TRY(oct_check_counts(base, &op->count, 1));
    OCT_TRY(oct_check_counts(base, x->size, x->rank));
    set_strides(op);
    if (!base->use_reference)
        OCT_TRY(
            oct_create_simple_kernel(base->context, "permute", "OCT_BUILD_PERMUTE", &base->kernel));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const permute *const op = (const permute *)base;
    const size_t items = oct_elements_per_item(base->context, op->count);
    oct_arg args[] = {OCT_BUFFER(inputs[0]),
                      OCT_BUFFER(outputs[0]),
                      {.size = sizeof op->sizes},
                      {.size = sizeof op->strides},
                      OCT_INT(oct_type(base->input_types[0])->size),
                      OCT_INT(op->count),
                      OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(op->count, items), 1, 1};
    memcpy(args[2].value.i8, op->sizes, sizeof op->sizes);
    memcpy(args[3].value.i8, op->strides, sizeof op->strides);
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const permute *const op = (const permute *)base;
    oct_reference_permute(oct_type(base->input_types[0])->size, &base->input_shapes[0], op->order,
                          inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static const oct_operator_class permute_class = {"permute", prepare, enqueue, reference, NULL};

octet_status octet_permute_create(octet_context *context, const octet_permute_desc *given,
                                  octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_permute_desc copy;
    const octet_permute_desc *const desc = &copy;
    octet_operator *base = NULL;
    permute *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "permute", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &permute_class, sizeof *op, desc->variant, &base));
    op = (permute *)base;
    OCT_TRY(check_desc(context, desc));
    op->rank = desc->rank;
    memcpy(op->order, desc->order, sizeof op->order);
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = desc->type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
