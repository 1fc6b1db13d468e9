/* gather.c - picks elements, along each axis by a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct gather {
    octet_operator base;
    size_t rank, sizes[OCTET_MAX_RANK];
    int32_t *indices[OCTET_MAX_RANK]; /* NULL: the axis stays as it is */
    union {                           /* one element */
        int32_t s32;
        float f32;
        uint8_t byte;
    } fill;
    size_t inner;                 /* neighbours that stay neighbours */
    size_t first;                 /* where those begin, of as many as the input has there */
    size_t count;                 /* how many times so many the output has */
    int32_t walk[OCTET_MAX_RANK]; /* the sizes of the other dimensions, 1s in front */
    oct_buffer *offsets;          /* for each of them, in elements of the input; below 0: outside */
} gather;

/* ---- Checks ---- */

static octet_status check_fill(const octet_context *context, const octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_type_info *const type = oct_type(desc->type);
    const double fill = desc->fill;
    const bool exact = desc->type == OCTET_F32
                           ? isnan(fill) || (double)(float)fill == fill
                           : fill >= type->low && fill <= type->high && fill == floor(fill);
    OCT_REQUIRE(&context->log, exact, OCTET_INVALID_ARGUMENT,
                "gather: fill is %g; it must be a value of %s", fill, type->name);
cleanup:
    return status;
}

static octet_status check_desc(const octet_context *context, const octet_gather_desc *desc)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &context->log;
    OCT_REQUIRE(log, oct_type_is_valid(desc->type), OCTET_INVALID_ARGUMENT,
                "gather: type %d is not an octet_type", (int)desc->type);
    OCT_REQUIRE(log, desc->rank <= OCTET_MAX_RANK, OCTET_INVALID_ARGUMENT,
                "gather: %zu dimensions; at most %d", desc->rank, OCTET_MAX_RANK);
    OCT_TRY(check_fill(context, desc));
cleanup:
    return status;
}

/* Every index of an axis against its size. */
static octet_status check_indices(const gather *op, size_t axis, size_t size)
{
    octet_status status = OCTET_OK;
    const int32_t *const indices = op->indices[axis];
    for (size_t i = 0; indices != NULL && i < op->sizes[axis]; i++)
        OCT_REQUIRE(&op->base.context->log,
                    indices[i] >= -1 && (indices[i] < 0 || (size_t)indices[i] < size),
                    OCTET_INVALID_ARGUMENT,
                    "gather: index %zu of axis %zu is %d; the input's size is %zu", i, axis,
                    (int)indices[i], size);
cleanup:
    return status;
}

static octet_status check_shape(gather *op)
{
    octet_status status = OCTET_OK;
    octet_operator *const base = &op->base;
    const octet_shape *const x = &base->input_shapes[0];
    octet_shape *const y = &base->output_shapes[0];
    char text[OCT_SHAPE_TEXT];
    size_t counts[2] = {0, 0};
    OCT_REQUIRE(&base->context->log, x->rank == op->rank, OCTET_INVALID_ARGUMENT,
                "gather: the input has %zu dimensions, the description %zu", x->rank, op->rank);
    y->rank = op->rank;
    for (size_t i = 0; i < op->rank; i++) {
        OCT_TRY(check_indices(op, i, x->size[i]));
        y->size[i] = op->indices[i] != NULL ? op->sizes[i] : x->size[i];
    }
    OCT_REQUIRE(&base->context->log, oct_shape_count(y, &counts[1]), OCTET_INVALID_ARGUMENT,
                "gather: the output %s is too large", oct_shape_text(y, text));
    (void)oct_shape_count(x, &counts[0]);
    OCT_TRY(oct_check_counts(base, counts, 2));
    OCT_TRY(oct_check_counts(base, y->size, y->rank));
cleanup:
    return status;
}

/* ---- Bind ---- */

/* Whether an axis stays as it is. */
static bool is_kept(const gather *op, size_t axis)
{
    const int32_t *const indices = op->indices[axis];
    bool kept = indices == NULL || op->sizes[axis] == op->base.input_shapes[0].size[axis];
    for (size_t i = 0; indices != NULL && kept && i < op->sizes[axis]; i++)
        kept = (size_t)indices[i] == i;
    return kept;
}

/* Whether the indices of an axis rise one by one. */
static bool is_range(const gather *op, size_t axis)
{
    const int32_t *const indices = op->indices[axis];
    bool range = op->sizes[axis] > 0 && indices[0] >= 0;
    for (size_t i = 1; range && i < op->sizes[axis]; i++)
        range = indices[i] == indices[0] + (int32_t)i;
    return range;
}

/* Splits the output into "inner", the last of whose dimensions may be cut, and those before, of which
 * there are *outer; says how many offsets these have. */
static size_t split(gather *op, size_t *outer)
{
    const octet_shape *const y = &op->base.output_shapes[0];
    size_t offsets = 0;
    *outer = op->rank;
    op->inner = op->count = 1;
    op->first = 0;
    while (*outer > 0 && is_kept(op, *outer - 1))
        op->inner *= y->size[--*outer];
    if (*outer > 0 && is_range(op, *outer - 1)) {
        op->first = (size_t)op->indices[--*outer][0] * op->inner;
        op->inner *= y->size[*outer];
    }
    for (size_t i = 0; i < OCTET_MAX_RANK; i++) {
        const size_t front = OCTET_MAX_RANK - *outer, size = i < front ? 1 : y->size[i - front];
        op->walk[i] = (int32_t)size;
        op->count *= size;
        offsets += size;
    }
    return offsets;
}

/* Each index times the elements that one of its axis has; a dimension of 1 in front is no step, and
 * there is one if "first" is not 0. */
static void fill_offsets(const gather *op, size_t outer, int32_t *offsets)
{
    const octet_shape *const x = &op->base.input_shapes[0], *const y = &op->base.output_shapes[0];
    size_t stride[OCTET_MAX_RANK] = {0}, product = 1;
    for (size_t d = op->rank; d-- > 0; product *= x->size[d])
        stride[d] = product;
    offsets[0] = (int32_t)op->first;
    offsets += OCTET_MAX_RANK - outer; /* zeros */
    for (size_t d = 0; d < outer; offsets += y->size[d++])
        for (size_t i = 0; i < y->size[d]; i++) {
            const int32_t index = op->indices[d] != NULL ? op->indices[d][i] : (int32_t)i;
            offsets[i] = index < 0 ? -1 : index * (int32_t)stride[d]; /* below the elements of x */
        }
}

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    gather *const op = (gather *)base;
    int32_t *offsets = NULL;
    size_t outer = 0;
    oct_buffer_destroy(op->offsets);
    op->offsets = NULL;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(check_shape(op));
    const size_t count = split(op, &outer);
    if (base->use_reference || op->inner * op->count == 0)
        goto cleanup;
    OCT_ALLOC(&base->context->log, offsets, count);
    fill_offsets(op, outer, offsets);
    OCT_TRY(oct_buffer_from_host(base->context, count * sizeof *offsets, offsets, &op->offsets));
    OCT_TRY(oct_create_simple_kernel(base->context, "gather", "OCT_BUILD_GATHER", &base->kernel));
cleanup:
    free(offsets);
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const gather *const op = (const gather *)base;
    const size_t size = oct_type(base->input_types[0])->size;
    const size_t span = oct_elements_per_item(base->context, op->inner);
    const size_t cells =
        oct_divide_up(oct_elements_per_item(base->context, op->inner * op->count), op->inner);
    oct_arg args[] = {OCT_BUFFER(inputs[0]),
                      OCT_BUFFER(outputs[0]),
                      OCT_BUFFER(op->offsets),
                      {.size = sizeof op->walk},
                      OCT_INT(size == 1 ? op->fill.byte : op->fill.s32),
                      OCT_INT(size),
                      OCT_INT(op->inner),
                      OCT_INT(op->count),
                      OCT_INT(span),
                      OCT_INT(cells)};
    const size_t global[3] = {oct_divide_up(op->inner, span), oct_divide_up(op->count, cells), 1};
    memcpy(args[3].value.i8, op->walk, sizeof op->walk);
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const gather *const op = (const gather *)base;
    oct_reference_gather(oct_type(base->input_types[0])->size, &base->input_shapes[0],
                         &base->output_shapes[0], (const int32_t *const *)op->indices, &op->fill,
                         inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    gather *const op = (gather *)base;
    oct_buffer_destroy(op->offsets);
    for (size_t i = 0; i < OCTET_MAX_RANK; i++)
        free(op->indices[i]);
}

static const oct_operator_class gather_class = {"gather", prepare, enqueue, reference, destroy};

static void set_fill(gather *op, octet_type type, double fill)
{
    if (type == OCTET_F32)
        op->fill.f32 = (float)fill;
    else if (type == OCTET_S32)
        op->fill.s32 = (int32_t)fill;
    else
        op->fill.byte = (uint8_t)(int32_t)fill;
}

octet_status octet_gather_create(octet_context *context, const octet_gather_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_gather_desc copy;
    const octet_gather_desc *const desc = &copy;
    octet_operator *base = NULL;
    gather *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "gather", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &gather_class, sizeof *op, desc->variant, &base));
    op = (gather *)base;
    OCT_TRY(check_desc(context, desc));
    op->rank = desc->rank;
    memcpy(op->sizes, desc->sizes, sizeof op->sizes);
    set_fill(op, desc->type, desc->fill);
    for (size_t i = 0; i < desc->rank; i++) {
        if (desc->indices[i] == NULL)
            continue;
        op->indices[i] = oct_copy_array(desc->indices[i], desc->sizes[i], sizeof(int32_t));
        OCT_REQUIRE(&context->log, op->indices[i] != NULL, OCTET_OUT_OF_MEMORY,
                    "out of host memory: %zu indices", desc->sizes[i]);
    }
    base->input_count = base->output_count = 1;
    base->input_types[0] = base->output_types[0] = desc->type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
