/* stage.c - see stage.h. */
#include "support/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"

void oct_poison(octet_tensor *tensor)
{
    const octet_shape shape = octet_tensor_shape(tensor);
    size_t bytes = 0;
    assert_true(oct_shape_bytes(octet_tensor_type(tensor), &shape, &bytes));
    void *const rubbish = malloc(bytes + 1);
    assert_non_null(rubbish);
    memset(rubbish, 0xa5, bytes);
    OCT_ASSERT_OK(octet_tensor_write(tensor, rubbish, NULL));
    free(rubbish);
}

void oct_stage_open(oct_stage *stage, octet_context *context, octet_operator *op,
                    const oct_array *inputs, size_t input_count, const octet_type *output_types,
                    size_t output_count)
{
    oct_rig_hush();
    for (size_t i = 0; i < input_count; i++)
        OCT_ASSERT_OK(oct_upload(context, inputs[i].type, &inputs[i].shape, inputs[i].data,
                                 &stage->inputs[i]));
    OCT_ASSERT_OK(oct_execution_prepare(&stage->execution, &oct_the_rig.log, context, op,
                                        stage->inputs, input_count, output_types, output_count));
    for (size_t i = 0; i < output_count; i++)
        assert_true(oct_shape_count(&stage->execution.output_shapes[i], &stage->counts[i]));
}

void oct_stage_run(oct_stage *stage)
{
    for (size_t i = 0; i < stage->execution.output_count; i++)
        oct_poison(stage->execution.outputs[i]);
    OCT_ASSERT_OK(oct_execution_enqueue(&stage->execution));
}

void *oct_stage_output(const oct_stage *stage, size_t index)
{
    void *data = NULL;
    OCT_ASSERT_OK(oct_download(&oct_the_rig.log, stage->execution.outputs[index], &data));
    return data;
}

void oct_stage_close(oct_stage *stage)
{
    const size_t inputs = stage->execution.input_count;
    oct_execution_release(&stage->execution);
    for (size_t i = 0; i < inputs; i++)
        octet_tensor_destroy(stage->inputs[i]);
    *stage = (oct_stage){0};
}

void oct_assert_same(const char *what, octet_type type, size_t count, const void *expected,
                     const void *actual)
{
    octet_comparison found;
    octet_compare(type, count, expected, actual, &found);
    if (found.mismatches > 0)
        fail_msg("%s: %zu of %zu %s differ, the first at %zu: %.9g instead of %.9g", what,
                 found.mismatches, found.count, oct_type(type)->name, found.first, found.actual,
                 found.expected);
}

/* One row on one context; "outputs" get the results or, where there are some, are compared. */
static void run_simple(const oct_simple *simple, size_t context, const char *variant,
                       void **outputs)
{
    octet_context *const here = oct_the_rig.contexts[context];
    oct_stage stage = {0};
    octet_operator *op = NULL;
    char what[256];
    OCT_ASSERT_OK(simple->make(here, simple->desc, variant, &op));
    oct_stage_open(&stage, here, op, simple->inputs, simple->input_count, simple->output_types,
                   simple->output_count);
    oct_stage_run(&stage);
    for (size_t i = 0; i < simple->output_count; i++) {
        void *const actual = oct_stage_output(&stage, i);
        snprintf(what, sizeof what, "%s, output %zu of variant %s on device %zu", simple->what, i,
                 octet_operator_variant(op), context);
        if (outputs[i] == NULL) {
            outputs[i] = actual;
            continue;
        }
        oct_assert_same(what, simple->output_types[i], stage.counts[i], outputs[i], actual);
        free(actual);
    }
    oct_stage_close(&stage);
}

void oct_compare_everywhere(const oct_simple *simple, const void *expected)
{
    static const char *const variants[] = {NULL, "opencl", "reference"};
    void *outputs[OCT_EXECUTION_OUTPUTS] = {(void *)expected};
    oct_rig_hush();
    run_simple(simple, oct_the_rig.devices, NULL, outputs);
    for (size_t i = 0; i < oct_the_rig.devices * OCT_COUNT(variants); i++)
        run_simple(simple, i / OCT_COUNT(variants), variants[i % OCT_COUNT(variants)], outputs);
    for (size_t i = expected != NULL; i < simple->output_count; i++)
        free(outputs[i]);
}

void oct_refuse_desc(oct_make_fn make, const void *desc, octet_status status, const char *text)
{
    octet_operator *op = NULL;
    OCT_ASSERT_REFUSED(make(oct_the_rig.reference, desc, NULL, &op), status, text);
    assert_null(op);
}

void oct_refuse_shape(oct_make_fn make, const void *desc, const octet_shape *shape,
                      octet_status status, const char *text)
{
    octet_operator *op = NULL;
    OCT_ASSERT_OK(make(oct_the_rig.reference, desc, NULL, &op));
    OCT_ASSERT_REFUSED(octet_operator_prepare(op, shape, 1, NULL, 0), status, text);
    octet_operator_destroy(op);
}
