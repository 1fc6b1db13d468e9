/* sum.c - see sum.h. */
#include "operators/sum.h"

#include <stdlib.h>
#include <string.h>

#include "core/desc.h"
#include "core/quantization.h"
#include "operators/binary_internal.h"

/* The sum must read what the layer stores. */
static octet_status check_result(const oct_log *log, const char *name, const octet_layer *layer)
{
    octet_status status = OCTET_OK;
    const octet_binary_desc *const sum = layer->sum;
    const octet_quantization *const q = layer->sum_result_is_b ? &sum->b : &sum->a;
    const octet_type type = layer->sum_result_is_b ? sum->b_type : sum->a_type;
    const char *const operand = layer->sum_result_is_b ? "b" : "a";
    OCT_REQUIRE(log,
                oct_type_is_byte(layer->output_type) &&
                    (layer->rounding == OCTET_ROUND_FLOAT32 ||
                     layer->rounding == OCTET_ROUND_FLOAT32_RECIPROCAL),
                OCTET_UNSUPPORTED, "%s: a sum follows s8 and u8 by the float32 rules only", name);
    OCT_REQUIRE(log, sum->function == OCTET_ADD && sum->rule == OCTET_BINARY_FLOAT32,
                OCTET_UNSUPPORTED,
                "%s: the sum has function %d and rule %d; only OCTET_ADD by OCTET_BINARY_FLOAT32 "
                "is offered",
                name, (int)sum->function, (int)sum->rule);
    OCT_REQUIRE(log, type == layer->output_type && oct_quantization_is_same(q, &layer->output),
                OCTET_INVALID_ARGUMENT,
                "%s: the sum's %s is %s with scale %g and zero point %d; it must be the layer's "
                "result, %s with %g and %d",
                name, operand, oct_type(type)->name, (double)oct_scale_at(q, 0),
                oct_zero_point_at(q, 0), oct_type(layer->output_type)->name,
                (double)oct_scale_at(&layer->output, 0), oct_zero_point_at(&layer->output, 0));
cleanup:
    return status;
}

octet_status oct_sum_create(oct_sum *sum, const oct_log *log, const char *name,
                            const octet_layer *layer)
{
    octet_status status = OCTET_OK;
    octet_binary_desc copy;
    *sum = (oct_sum){.wanted = layer->sum != NULL, .result_is_b = layer->sum_result_is_b != 0};
    if (!sum->wanted)
        return OCTET_OK;
    OCT_TRY(oct_desc_copy(log, name, layer->sum, sizeof copy, sizeof copy, &copy));
    OCT_TRY(oct_binary_describe(log, &copy, &sum->what));
    OCT_TRY(check_result(log, name, layer));
    sum->factors = oct_reference_binary_factors(&sum->what);
cleanup:
    return status;
}

octet_type oct_sum_other_type(const oct_sum *sum)
{
    return sum->result_is_b ? sum->what.a_type : sum->what.b_type;
}

octet_status oct_sum_check_shape(const oct_log *log, const char *name, const octet_shape *other,
                                 const octet_shape *output)
{
    octet_status status = OCTET_OK;
    char given[OCT_SHAPE_TEXT], wanted[OCT_SHAPE_TEXT];
    OCT_REQUIRE(log, oct_shape_equal(other, output), OCTET_INVALID_ARGUMENT,
                "%s: what is added is %s; it must be %s as the output", name,
                oct_shape_text(other, given), oct_shape_text(output, wanted));
cleanup:
    return status;
}

octet_status oct_sum_begin(const oct_log *log, const char *name, const octet_shape *shape, void **q)
{
    octet_status status = OCTET_OK;
    uint8_t *made = NULL;
    size_t count = 0;
    (void)oct_shape_count(shape, &count); /* fits: the output has been allocated */
    OCT_REQUIRE(log, (made = malloc(count > 0 ? count : 1)) != NULL, OCTET_OUT_OF_MEMORY,
                "%s: out of host memory: %zu bytes before the sum", name, count);
    *q = made;
cleanup:
    return status;
}

void oct_sum_end(const oct_sum *sum, const octet_shape *shape, const void *q, const void *other,
                 void *output)
{
    oct_broadcast walk;
    oct_broadcast_walk(shape, shape, &walk);
    oct_reference_binary_run(&sum->what, &walk, sum->result_is_b ? other : q,
                             sum->result_is_b ? q : other, output);
}

oct_arg oct_sum_factors(const oct_sum *sum)
{
    const float factors[4] = {sum->factors.a, sum->factors.b, sum->factors.output, 0.0f};
    oct_arg arg = {.size = sizeof factors};
    memcpy(&arg.value, factors, sizeof factors);
    return arg;
}
