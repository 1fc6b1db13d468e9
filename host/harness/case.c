/* case.c - see case.h. The arrays come from case_data.c. */
#include "harness/case.h"

#include <stdlib.h>

#include "core/shape.h"
#include "harness/case_data.h"

/* ---- Shapes ---- */

static octet_shape batched(size_t batch, size_t rows, size_t columns)
{
    if (batch == 1)
        return oct_shape(2, (size_t[]){rows, columns});
    return oct_shape(3, (size_t[]){batch, rows, columns});
}

static octet_shape image_shape(octet_layout layout, size_t n, size_t c, size_t h, size_t w)
{
    if (layout == OCTET_NHWC)
        return oct_shape(4, (size_t[]){n, h, w, c});
    return oct_shape(4, (size_t[]){n, c, h, w});
}

static void set_shapes(oct_case *c)
{
    const oct_gemm_shape *const g = &c->problem.gemm;
    const oct_conv2d_shape *const v = &c->problem.conv2d;
    const oct_problem_settings *const s = &c->problem.settings;
    if (c->problem.kind == OCT_PROBLEM_GEMM) {
        c->input_shape =
            s->transpose_a ? batched(g->a_batch, g->k, g->m) : batched(g->a_batch, g->m, g->k);
        c->weight_shape =
            s->transpose_b ? batched(g->b_batch, g->n, g->k) : batched(g->b_batch, g->k, g->n);
        return;
    }
    c->input_shape = image_shape(s->layout, v->images, v->channels, v->in[0], v->in[1]);
    c->weight_shape = image_shape(s->layout, v->out_channels, v->channels / v->groups, v->kernel[0],
                                  v->kernel[1]);
}

octet_shape oct_case_output(const oct_case *c)
{
    const oct_gemm_shape *const g = &c->problem.gemm;
    const oct_conv2d_shape *const v = &c->problem.conv2d;
    if (c->problem.kind == OCT_PROBLEM_GEMM)
        return batched(g->a_batch != 1 ? g->a_batch : g->b_batch, g->m, g->n);
    return image_shape(c->problem.settings.layout, v->images, v->out_channels, v->out[0],
                       v->out[1]);
}

/* ---- Life ---- */

static void set_layer(oct_case *c)
{
    const oct_problem_settings *const s = &c->problem.settings;
    const size_t rows = oct_case_rows(c), columns = oct_case_columns(c);
    c->lookup = (octet_lookup_desc){.struct_size = sizeof c->lookup,
                                    .input_type = s->output_type,
                                    .output_type = s->output_type,
                                    .table = c->table};
    c->layer = (octet_layer){
        .input_type = s->input_type,
        .weight_type = s->weight_type,
        .output_type = s->output_type,
        .input = {c->input_scales, rows, c->input_zeros, rows},
        .weights = {c->weight_scales, columns, c->weight_zeros, columns},
        .output = {&c->output_scale, 1, &c->output_zero, 1},
        .rounding = s->rounding,
        .weight_data = c->weights,
        .bias = c->bias,
        .bias_type = s->output_type == OCTET_F32 ? OCTET_F32 : OCTET_S32,
        .relu = s->relu,
        .clamp = s->clamp && oct_type_is_byte(s->output_type), /* only stored values are */
        .clamp_min = s->clamp_min,
        .clamp_max = s->clamp_max,
        .lookup = s->table ? &c->lookup : NULL,
    };
}

octet_status oct_case_create(const oct_log *log, const oct_problem *problem, uint64_t seed,
                             oct_case *out)
{
    octet_status status = OCTET_OK;
    *out = (oct_case){.log = log, .problem = *problem};
    set_shapes(out);
    const octet_shape output = oct_case_output(out);
    OCT_REQUIRE(log, oct_shape_count(&output, &out->output_count), OCTET_INVALID_ARGUMENT,
                "problem '%s' is too large for this machine's addresses", problem->text);
    OCT_TRY(oct_case_fill(out, seed));
    set_layer(out);
cleanup:
    return status;
}

void oct_case_release(oct_case *c)
{
    free(c->input);
    free(c->weights);
    free(c->input_scales);
    free(c->weight_scales);
    free(c->input_zeros);
    free(c->weight_zeros);
    free(c->bias);
    free(c->expected);
    *c = (oct_case){0};
}

/* ---- Operators ---- */

static octet_status create_gemm(const oct_case *c, octet_context *context, const char *variant,
                                octet_operator **out)
{
    const oct_gemm_shape *const shape = &c->problem.gemm;
    const octet_gemm_desc desc = {.struct_size = sizeof desc,
                                  .layer = c->layer,
                                  .n = shape->n,
                                  .k = shape->k,
                                  .weight_batch = shape->b_batch,
                                  .transpose_a = c->problem.settings.transpose_a,
                                  .transpose_b = c->problem.settings.transpose_b,
                                  .variant = variant};
    return octet_gemm_create(context, &desc, out);
}

static octet_status create_conv2d(const oct_case *c, octet_context *context, const char *variant,
                                  octet_operator **out)
{
    const oct_conv2d_shape *const shape = &c->problem.conv2d;
    octet_conv2d_desc desc = {.struct_size = sizeof desc,
                              .layer = c->layer,
                              .layout = c->problem.settings.layout,
                              .input_channels = shape->channels,
                              .output_channels = shape->out_channels,
                              .groups = shape->groups,
                              .variant = variant};
    for (size_t i = 0; i < 2; i++) {
        desc.kernel[i] = shape->kernel[i];
        desc.stride[i] = shape->stride[i];
        desc.dilation[i] = shape->dilation[i];
    }
    for (size_t i = 0; i < 4; i++)
        desc.padding[i] = shape->padding[i];
    return octet_conv2d_create(context, &desc, out);
}

octet_status oct_case_operator(const oct_case *c, octet_context *context, const char *variant,
                               octet_operator **out)
{
    return c->problem.kind == OCT_PROBLEM_GEMM ? create_gemm(c, context, variant, out)
                                               : create_conv2d(c, context, variant, out);
}

/* ---- Running ---- */

octet_status oct_case_prepare(const oct_case *c, octet_context *context, const char *variant,
                              oct_case_run *out)
{
    octet_status status = OCTET_OK;
    octet_operator *op = NULL;
    OCT_TRY(oct_upload(context, c->layer.input_type, &c->input_shape, c->input, &out->input));
    OCT_TRY(oct_case_operator(c, context, variant, &op));
    OCT_TRY(oct_execution_prepare(&out->execution, c->log, context, op, &out->input, 1,
                                  &c->layer.output_type, 1));
cleanup:
    return status;
}

void oct_case_run_release(oct_case_run *run)
{
    oct_execution_release(&run->execution);
    octet_tensor_destroy(run->input);
    *run = (oct_case_run){0};
}

octet_status oct_case_expect(oct_case *c, octet_context *context)
{
    octet_status status = OCTET_OK;
    oct_case_run run = {0};
    if (c->expected != NULL)
        return OCTET_OK;
    OCT_TRY(oct_case_prepare(c, context, "reference", &run));
    OCT_TRY(oct_execution_enqueue(&run.execution));
    OCT_TRY(oct_download(c->log, run.execution.outputs[0], &c->expected));
cleanup:
    oct_case_run_release(&run);
    return status;
}

/* No byte of the output is what is expected: what computes nothing is found. */
static octet_status spoil(const oct_case *c, octet_tensor *output)
{
    octet_status status = OCTET_OK;
    unsigned char *wrong = NULL;
    size_t bytes = 0;
    const octet_shape shape = octet_tensor_shape(output);
    oct_shape_bytes(octet_tensor_type(output), &shape, &bytes); /* fits: it was allocated */
    OCT_ALLOC(c->log, wrong, bytes);
    for (size_t i = 0; i < bytes; i++)
        wrong[i] = (unsigned char)~((const unsigned char *)c->expected)[i];
    OCT_TRY(octet_tensor_write(output, wrong, NULL));
cleanup:
    free(wrong);
    return status;
}

octet_status oct_case_judge(const oct_case *c, oct_case_run *run, octet_comparison *out)
{
    octet_status status = OCTET_OK;
    const octet_shape expected = oct_case_output(c);
    char got_text[OCT_SHAPE_TEXT], expected_text[OCT_SHAPE_TEXT];
    void *actual = NULL;
    OCT_REQUIRE(c->log, oct_shape_equal(&run->execution.output_shapes[0], &expected),
                OCTET_DEVICE_FAILED, "problem '%s': the result is %s instead of %s",
                c->problem.text, oct_shape_text(&run->execution.output_shapes[0], got_text),
                oct_shape_text(&expected, expected_text));
    OCT_TRY(spoil(c, run->execution.outputs[0]));
    OCT_TRY(oct_execution_play(&run->execution));
    OCT_TRY(oct_download(c->log, run->execution.outputs[0], &actual));
    octet_compare(c->layer.output_type, c->output_count, c->expected, actual, out);
cleanup:
    free(actual);
    return status;
}
