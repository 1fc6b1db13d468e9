/* lookup.c - any function of one 8-bit value, by a table. */
#include <string.h>

#include "core/desc.h"
#include "operators/elements.h"
#include "operators/lookup_internal.h"
#include "reference/reference.h"

/* ---- State ---- */

typedef struct lookup {
    octet_operator base;
    uint8_t entries[OCT_TABLE_BYTES];
    size_t count;
    oct_buffer *table;
} lookup;

/* ---- Checks ---- */

octet_status oct_lookup_check(const oct_log *log, const octet_lookup_desc *desc)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(log, oct_type_is_byte(desc->input_type) && oct_type_is_byte(desc->output_type),
                OCTET_INVALID_ARGUMENT, "lookup: both types must be s8 or u8");
    OCT_REQUIRE(log, desc->table != NULL, OCTET_INVALID_ARGUMENT,
                "lookup: the table is NULL; it must have 256 values");
cleanup:
    return status;
}

/* ---- Bind ---- */

static octet_status prepare(octet_operator *base)
{
    octet_status status = OCTET_OK;
    lookup *const op = (lookup *)base;
    OCT_TRY(oct_operator_choose_simple(base));
    base->output_shapes[0] = base->input_shapes[0];
    (void)oct_shape_count(&base->input_shapes[0], &op->count);
    OCT_TRY(oct_check_counts(base, &op->count, 1));
    if (base->use_reference)
        goto cleanup;
    OCT_TRY(oct_create_simple_kernel(base->context, "lookup", "OCT_BUILD_LOOKUP", &base->kernel));
    if (op->table == NULL)
        OCT_TRY(oct_buffer_from_host(base->context, sizeof op->entries, op->entries, &op->table));
cleanup:
    return status;
}

/* ---- Run ---- */

static octet_status enqueue(octet_operator *base, oct_buffer *const *inputs,
                            oct_buffer *const *outputs)
{
    const lookup *const op = (const lookup *)base;
    const size_t items = oct_elements_per_item(base->context, op->count);
    const oct_arg args[] = {OCT_BUFFER(inputs[0]), OCT_BUFFER(outputs[0]), OCT_BUFFER(op->table),
                            OCT_INT(op->count), OCT_INT(items)};
    const size_t global[3] = {oct_divide_up(op->count, items), 1, 1};
    return OCT_LAUNCH(base->kernel, global, args);
}

/* ---- Reference ---- */

static octet_status reference(octet_operator *base, const void *const *inputs, void *const *outputs)
{
    const lookup *const op = (const lookup *)base;
    oct_reference_lookup(op->entries, op->count, inputs[0], outputs[0]);
    return OCTET_OK;
}

/* ---- Life cycle ---- */

static void destroy(octet_operator *base)
{
    oct_buffer_destroy(((lookup *)base)->table);
}

static const oct_operator_class lookup_class = {"lookup", prepare, enqueue, reference, destroy};

octet_status octet_lookup_create(octet_context *context, const octet_lookup_desc *given,
                                 octet_operator **out)
{
    octet_status status = OCTET_OK;
    octet_lookup_desc copy;
    const octet_lookup_desc *const desc = &copy;
    octet_operator *base = NULL;
    lookup *op = NULL;
    OCT_TRY(oct_desc_copy(&context->log, "lookup", given, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_operator_begin(context, &lookup_class, sizeof *op, desc->variant, &base));
    op = (lookup *)base;
    OCT_TRY(oct_lookup_check(&context->log, desc));
    memcpy(op->entries, desc->table, sizeof op->entries);
    base->input_count = base->output_count = 1;
    base->input_types[0] = desc->input_type;
    base->output_types[0] = desc->output_type;
    *out = base;
    base = NULL;
cleanup:
    octet_operator_destroy(base);
    return status;
}
