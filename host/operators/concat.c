/* concat.c - tensors one after the other along an axis, by one kernel for each. */
#include <string.h>

#include "core/desc.h"
#include "operators/elements.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct concat {
    octet_operator base;
    size_t axis;
    bool has_table[OCTET_MAX_CONCAT];
    uint8_t entries[OCTET_MAX_CONCAT][256];
    size_t outer, whole;            /* rows, and bytes of one in the output */
    size_t parts[OCTET_MAX_CONCAT]; /* bytes of a row of each input */
    oct_buffer *tables;
} concat;

/* ---- Checks ---- */

static octet_status check_desc(const octet_context *context, const octet_concat_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&context->log, oct_type_is_byte(desc->type) || desc->type == OCTET_F32,
                OCTET_INVALID_ARGUMENT, "concat: type must be s8, u8 or f32");
    OCT_REQUIRE(&context->log, desc->input_count >= 1 && desc->input_count <= OCTET_MAX_CONCAT,
                OCTET_INVALID_ARGUMENT, "concat: %zu inputs; it must be 1 to %d", desc->input_count,
                OCTET_MAX_CONCAT);
    for (size_t i = 0; desc->type == OCTET_F32 && i < desc->input_count; i++)
        OCT_REQUIRE(&context->log, desc->tables[i] == NULL, OCTET_INVALID_ARGUMENT,
                    "concat: a table for input %zu, which is f32; only bytes have tables", i);
cleanup:
    return status;
}

/* Whether b has the sizes of a but for the axis. */
static bool alike(const octet_shape *a, const octet_shape *b, size_t axis)
{
    for (size_t i = 0; i < a->rank && a->rank == b->rank; i++)
        if (i != axis && a->size[i] != b->size[i])
            return false;
    return a->rank == b->rank;
}

static octet_status check_shapes(concat *op)
{
    octet_status status = OCTET_OK;
    octet_operator *const base = &op->base;
    const octet_shape *const first = &base->input_shapes[0];
    octet_shape *const y = &base->output_shapes[0];
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    const size_t size = oct_type(base->output_types[0])->size;
    oct_axis split;
    size_t bytes;
    OCT_REQUIRE(&base->context->log, op->axis < first->rank, OCTET_INVALID_ARGUMENT,
                "concat: axis %zu; the first input has %zu dimensions", op->axis, first->rank);
    *y = *first;
    y->size[op->axis] = 0;
    for (size_t i = 0; i < base->input_count; i++) {
        const octet_shape *const x = &base->input_shapes[i];
        OCT_REQUIRE(&base->context->log, alike(first, x, op->axis), OCTET_INVALID_ARGUMENT,
                    "concat: input %zu is %s, the first %s; they may differ along axis %zu alone",
                    i, oct_shape_text(x, a), oct_shape_text(first, b), op->axis);
        OCT_TRY(oct_axis_split(base, x, true, op->axis, &split));
        op->parts[i] = split.channels * split.inner * size; /* at most the input's bytes */
        OCT_TRY(oct_check_counts(base, &x->size[op->axis], 1));
        y->size[op->axis] += x->size[op->axis];
    }
    OCT_REQUIRE(&base->context->log, oct_shape_bytes(base->output_types[0], y, &bytes),
                OCTET_INVALID_ARGUMENT, "concat: the output %s is too large", oct_shape_text(y, a));
    OCT_TRY(oct_axis_split(base, y, true, op->axis, &split));
    op->outer = split.outer;
    op->whole = split.channels * split.inner * size;
    OCT_TRY(oct_check_counts(base, (size_t[]){op->outer, op->whole}, 2));
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    concat *const op = (concat *)base;
    OCT_TRY(oct_operator_choose_simple(base));
    OCT_TRY(check_shapes(op));
    if (base->use_reference)
        goto cleanup;
    OCT_TRY(oct_create_simple_kernel(base->context, "concat", "OCT_BUILD_CONCAT", &base->kernel));
    if (op->tables == NULL)
        OCT_TRY(oct_buffer_from_host(base->context, sizeof op->entries, op->entries, &op->tables));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    const concat *const op = (const concat *)base;
    size_t first = 0;
    for (size_t i = 0; i < base->input_count; first += op->parts[i++]) {
        const size_t part = op->parts[i];
        if (part == 0)
            continue;
        const size_t span = oct_elements_per_item(base->context, part);
        const size_t rows =
            oct_divide_up(oct_elements_per_item(base->context, part * op->outer), part);
        const oct_arg args[] = {OCT_BUFFER(inputs[i]),  OCT_BUFFER(outputs[0]),
                                OCT_BUFFER(op->tables), OCT_INT(op->has_table[i] ? (int)i : -1),
                                OCT_INT(op->outer),     OCT_INT(part),
                                OCT_INT(op->whole),     OCT_INT(first),
                                OCT_INT(span),          OCT_INT(rows)};
        const size_t global[3] = {oct_divide_up(part, span), oct_divide_up(op->outer, rows), 1};
        OCT_TRY(OCT_LAUNCH(base->kernel, global, args));
    }
cleanup:
    return status;
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const concat *const op = (const concat *)base;
    size_t first = 0;
    for (size_t i = 0; i < base->input_count; first += op->parts[i++])
        oct_reference_concat(op->has_table[i] ? op->entries[i] : NULL, op->outer, op->parts[i],
                             op->whole, first, inputs[i], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_buffer_destroy(((concat *)base)->tables);
}

static const oct_operator_class concat_class = {"concat", prepare, enqueue, reference, destroy};

octet_status octet_concat_create(octet_context *context, const octet_concat_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_concat_desc copy;
    const octet_concat_desc *const desc = &copy;
    octet_operator *base = NULL;
    concat *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "concat", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &concat_class, sizeof *op, desc->variant, &base));
    op = (concat *)base;
    OCT_TRY(check_desc(context, desc));
    op->axis = desc->axis;
    base->input_count = desc->input_count;
    base->output_count = 1;
    base->output_types[0] = desc->type;
    for (size_t i = 0; i < desc->input_count; i++) {
        base->input_types[i] = desc->type;
        op->has_table[i] = desc->tables[i] != NULL;
        if (op->has_table[i])
            memcpy(op->entries[i], desc->tables[i], sizeof op->entries[i]);
    }
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
