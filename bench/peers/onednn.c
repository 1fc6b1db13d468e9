/* onednn.c - oneDNN's matmul and convolution primitives of the same types, with weights in the
 * layout that oneDNN prefers, activations row-major or NHWC. */
#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "peers/peers.h"

/* An operand: described freely for the primitive to choose a layout, then as it was chosen. */
typedef struct operand {
    dnnl_memory_desc_t desc;
    dnnl_memory_t memory;
} operand;

typedef struct onednn_state {
    const oct_log *log;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t attributes;
    dnnl_primitive_desc_t plan;
    dnnl_primitive_t primitive;
    operand input, weights, output;
} onednn_state;

#define TRY_DNNL(state, call)                                                                      \
    do {                                                                                           \
        const dnnl_status_t code_ = (call);                                                        \
        if (code_ != dnnl_success) {                                                               \
            status = oct_report((state)->log, OCTET_DEVICE_FAILED, "onednn: %s gave %d", #call,    \
                                (int)code_);                                                       \
            goto cleanup;                                                                          \
        }                                                                                          \
    } while (0)

static const dnnl_data_type_t types[] = {
    [OCTET_S8] = dnnl_s8, [OCTET_U8] = dnnl_u8, [OCTET_S32] = dnnl_s32, [OCTET_F32] = dnnl_f32};

static void destroy(void *opaque)
{
    onednn_state *const state = opaque;
    if (state == NULL)
        return;
    if (state->primitive != NULL)
        dnnl_primitive_destroy(state->primitive);
    if (state->plan != NULL)
        dnnl_primitive_desc_destroy(state->plan);
    operand *const operands[] = {&state->input, &state->weights, &state->output};
    for (size_t i = 0; i < sizeof operands / sizeof operands[0]; i++) {
        if (operands[i]->memory != NULL)
            dnnl_memory_destroy(operands[i]->memory);
    }
    if (state->attributes != NULL)
        dnnl_primitive_attr_destroy(state->attributes);
    if (state->stream != NULL)
        dnnl_stream_destroy(state->stream);
    if (state->engine != NULL)
        dnnl_engine_destroy(state->engine);
    free(state);
}

/* ---- Descriptions ---- */

/* "rank" dimensions; strides NULL: the primitive chooses. */
static octet_status describe(onednn_state *state, octet_type type, int rank, const size_t *sizes,
                             const size_t *strides, operand *out)
{
    octet_status status = OCTET_OK;
    dnnl_dims_t dims, steps;
    for (int i = 0; i < rank; i++) {
        dims[i] = (dnnl_dim_t)sizes[i];
        steps[i] = strides != NULL ? (dnnl_dim_t)strides[i] : 0;
    }
    if (strides != NULL)
        TRY_DNNL(state,
                 dnnl_memory_desc_init_by_strides(&out->desc, rank, dims, types[type], steps));
    else
        TRY_DNNL(state, dnnl_memory_desc_init_by_tag(&out->desc, rank, dims, types[type],
                                                     dnnl_format_tag_any));
cleanup:
    return status;
}

static octet_status describe_rows(onednn_state *state, octet_type type, size_t batch, size_t rows,
                                  size_t columns, operand *out)
{
    const size_t sizes[] = {batch, rows, columns}, strides[] = {rows * columns, columns, 1};
    return describe(state, type, 3, sizes, strides, out);
}

static octet_status describe_image(onednn_state *state, octet_type type, size_t n, size_t c,
                                   const size_t side[2], operand *out)
{
    const size_t sizes[] = {n, c, side[0], side[1]};
    const size_t strides[] = {side[0] * side[1] * c, 1, side[1] * c, c};
    return describe(state, type, 4, sizes, strides, out);
}

/* oneDNN scales the sum by one factor before it rounds; zero points are the problem's. */
static octet_status describe_layer(onednn_state *state, const oct_problem_settings *s)
{
    octet_status status = OCTET_OK;
    const float scale = 1.0f / 512;
    const bool is_byte = s->output_type == OCTET_S8 || s->output_type == OCTET_U8;
    const struct {
        int argument;
        int32_t zero;
    } zeros[] = {{DNNL_ARG_SRC, s->input_zero},
                 {DNNL_ARG_WEIGHTS, s->weight_zero},
                 {DNNL_ARG_DST, s->output_zero}};
    TRY_DNNL(state, dnnl_primitive_attr_create(&state->attributes));
    if (is_byte)
        TRY_DNNL(state, dnnl_primitive_attr_set_output_scales(state->attributes, 1, 0, &scale));
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        if (zeros[i].zero != 0)
            TRY_DNNL(state, dnnl_primitive_attr_set_zero_points(
                                state->attributes, zeros[i].argument, 1, 0, &zeros[i].zero));
    }
cleanup:
    return status;
}

/* Each leaves state->plan NULL where oneDNN has no such primitive. */

static octet_status plan_gemm(onednn_state *state, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_problem_settings *const s = &problem->settings;
    const oct_gemm_shape *const g = &problem->gemm;
    const size_t batch = g->a_batch != 1 ? g->a_batch : g->b_batch;
    const size_t weights[] = {g->b_batch, g->k, g->n};
    dnnl_matmul_desc_t desc;
    OCT_TRY(describe_rows(state, s->input_type, g->a_batch, g->m, g->k, &state->input));
    OCT_TRY(describe(state, s->weight_type, 3, weights, NULL, &state->weights));
    OCT_TRY(describe_rows(state, s->output_type, batch, g->m, g->n, &state->output));
    if (dnnl_matmul_desc_init(&desc, &state->input.desc, &state->weights.desc, NULL,
                              &state->output.desc) == dnnl_success)
        dnnl_primitive_desc_create(&state->plan, &desc, state->attributes, state->engine, NULL);
cleanup:
    return status;
}

static octet_status plan_conv2d(onednn_state *state, const oct_problem *problem)
{
    octet_status status = OCTET_OK;
    const oct_problem_settings *const s = &problem->settings;
    const oct_conv2d_shape *const c = &problem->conv2d;
    const size_t o = c->out_channels, i = c->channels, g = c->groups;
    const size_t grouped[] = {g, o / g, i / g, c->kernel[0], c->kernel[1]};
    const size_t plain[] = {o, i, c->kernel[0], c->kernel[1]};
    dnnl_dims_t stride, dilation, before, behind; /* two of each are used */
    dnnl_convolution_desc_t desc;
    for (int axis = 0; axis < 2; axis++) {
        stride[axis] = (dnnl_dim_t)c->stride[axis];
        dilation[axis] = (dnnl_dim_t)c->dilation[axis] - 1;
        before[axis] = (dnnl_dim_t)c->padding[axis];
        behind[axis] = (dnnl_dim_t)c->padding[2 + axis];
    }
    OCT_TRY(describe_image(state, s->input_type, c->images, i, c->in, &state->input));
    OCT_TRY(describe(state, s->weight_type, g > 1 ? 5 : 4, g > 1 ? grouped : plain, NULL,
                     &state->weights));
    OCT_TRY(describe_image(state, s->output_type, c->images, o, c->out, &state->output));
    if (dnnl_dilated_convolution_forward_desc_init(
            &desc, dnnl_forward_inference, dnnl_convolution_auto, &state->input.desc,
            &state->weights.desc, NULL, &state->output.desc, stride, dilation, before,
            behind) == dnnl_success)
        dnnl_primitive_desc_create(&state->plan, &desc, state->attributes, state->engine, NULL);
cleanup:
    return status;
}

/* ---- Memory ---- */

static octet_status allocate(onednn_state *state, dnnl_query_t role, operand *out)
{
    octet_status status = OCTET_OK;
    void *bytes = NULL;
    out->desc = *dnnl_primitive_desc_query_md(state->plan, role, 0);
    TRY_DNNL(state,
             dnnl_memory_create(&out->memory, &out->desc, state->engine, DNNL_MEMORY_ALLOCATE));
    TRY_DNNL(state, dnnl_memory_get_data_handle(out->memory, &bytes));
    memset(bytes, 3, dnnl_memory_desc_get_size(&out->desc));
cleanup:
    return status;
}

/* ---- As a peer ---- */

static octet_status run(void *opaque)
{
    octet_status status = OCTET_OK;
    onednn_state *const state = opaque;
    const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, state->input.memory},
                                         {DNNL_ARG_WEIGHTS, state->weights.memory},
                                         {DNNL_ARG_DST, state->output.memory}};
    TRY_DNNL(state, dnnl_primitive_execute(state->primitive, state->stream,
                                           sizeof arguments / sizeof arguments[0], arguments));
    TRY_DNNL(state, dnnl_stream_wait(state->stream));
cleanup:
    return status;
}

static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *device, void **out)
{
    octet_status status = OCTET_OK;
    onednn_state *state = NULL;
    (void)device;
    OCT_ALLOC(log, state, 1);
    state->log = log;
    TRY_DNNL(state, dnnl_engine_create(&state->engine, dnnl_cpu, 0));
    TRY_DNNL(state, dnnl_stream_create(&state->stream, state->engine, dnnl_stream_default_flags));
    OCT_TRY(describe_layer(state, &problem->settings));
    OCT_TRY(problem->kind == OCT_PROBLEM_GEMM ? plan_gemm(state, problem)
                                              : plan_conv2d(state, problem));
    if (state->plan == NULL)
        goto cleanup;
    TRY_DNNL(state, dnnl_primitive_create(&state->primitive, state->plan));
    OCT_TRY(allocate(state, dnnl_query_src_md, &state->input));
    OCT_TRY(allocate(state, dnnl_query_weights_md, &state->weights));
    OCT_TRY(allocate(state, dnnl_query_dst_md, &state->output));
    OCT_TRY(run(state));
    *out = state;
    state = NULL;
cleanup:
    destroy(state);
    return status;
}

const oct_peer oct_peer_onednn = {
    .name = "onednn",
    .what = "the same types on the CPU, weights prepacked",
    .create = create,
    .run = run,
    .destroy = destroy,
};
