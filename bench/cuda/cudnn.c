/* cudnn.c - convolutions by NVIDIA's cuDNN in int8: s8 times s8, s8 out, without bias. */
#include <cudnn.h>
#include <stdlib.h>

#include "cuda/cuda.h"
#include "harness/contest.h"
#include "peers/peers.h"

/* The two forms of int8 tensors; channels are rounded up to what each takes. */
typedef struct form {
    cudnnTensorFormat_t format;
    cudnnDataType_t type;
    size_t channels;
    bool reorders; /* filters, once */
} form;

static const form forms[] = {
    {CUDNN_TENSOR_NHWC, CUDNN_DATA_INT8, 4, false},
    {CUDNN_TENSOR_NCHW_VECT_C, CUDNN_DATA_INT8x32, 32, true},
};

typedef struct cudnn {
    const oct_log *log;
    cudnnHandle_t handle;
    cudnnTensorDescriptor_t input, output;
    cudnnFilterDescriptor_t filter;
    cudnnConvolutionDescriptor_t convolution;
    void *input_data, *filter_data, *output_data, *workspace;
    size_t workspace_bytes;
} cudnn;

static const cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;

static void destroy(void *state)
{
    cudnn *const c = state;
    if (c == NULL)
        return;
    cudaFree(c->workspace);
    cudaFree(c->output_data);
    cudaFree(c->filter_data);
    cudaFree(c->input_data);
    if (c->convolution != NULL)
        cudnnDestroyConvolutionDescriptor(c->convolution);
    if (c->filter != NULL)
        cudnnDestroyFilterDescriptor(c->filter);
    if (c->output != NULL)
        cudnnDestroyTensorDescriptor(c->output);
    if (c->input != NULL)
        cudnnDestroyTensorDescriptor(c->input);
    if (c->handle != NULL)
        cudnnDestroy(c->handle);
    free(c);
}

static cudnnStatus_t enqueue(const cudnn *c)
{
    const float scale = 0x1p-12f, zero = 0.0f;
    return cudnnConvolutionForward(c->handle, &scale, c->input, c->input_data, c->filter,
                                   c->filter_data, c->convolution, algorithm, c->workspace,
                                   c->workspace_bytes, &zero, c->output, c->output_data);
}

static octet_status run(void *state)
{
    octet_status status = OCTET_OK;
    OCT_CUDA_TRY(((cudnn *)state)->log, enqueue(state), "cudnnConvolutionForward");
cleanup:
    return status;
}

static octet_status finish(void *state)
{
    return oct_cuda_finish(((cudnn *)state)->log);
}

static octet_status create_handles(cudnn *c)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = c->log;
    OCT_CUDA_TRY(log, cudnnCreate(&c->handle), "cudnnCreate");
    OCT_CUDA_TRY(log, cudnnCreateTensorDescriptor(&c->input), "cudnnCreateTensorDescriptor");
    OCT_CUDA_TRY(log, cudnnCreateTensorDescriptor(&c->output), "cudnnCreateTensorDescriptor");
    OCT_CUDA_TRY(log, cudnnCreateFilterDescriptor(&c->filter), "cudnnCreateFilterDescriptor");
    OCT_CUDA_TRY(log, cudnnCreateConvolutionDescriptor(&c->convolution),
                 "cudnnCreateConvolutionDescriptor");
cleanup:
    return status;
}

/* Whether cuDNN takes the shape in this form; its padding is the same on both sides, so the output may
 * come out in another size, which is another problem. */
static bool describe(cudnn *c, const oct_conv2d_shape *s, const form *f)
{
    const int images = (int)s->images, groups = (int)s->groups;
    const int channels = (int)oct_round_up(s->channels, f->channels);
    const int out_channels = (int)oct_round_up(s->out_channels, f->channels);
    int n = 0, c_out = 0, h = 0, w = 0;
    return cudnnSetTensor4dDescriptor(c->input, f->format, f->type, images, channels, (int)s->in[0],
                                      (int)s->in[1]) == 0 &&
           cudnnSetFilter4dDescriptor(c->filter, f->type, f->format, out_channels,
                                      channels / groups, (int)s->kernel[0],
                                      (int)s->kernel[1]) == 0 &&
           cudnnSetConvolution2dDescriptor(c->convolution, (int)s->padding[0], (int)s->padding[1],
                                           (int)s->stride[0], (int)s->stride[1],
                                           (int)s->dilation[0], (int)s->dilation[1],
                                           CUDNN_CROSS_CORRELATION, CUDNN_DATA_INT32) == 0 &&
           cudnnSetConvolutionGroupCount(c->convolution, groups) == 0 &&
           cudnnSetConvolutionMathType(c->convolution, CUDNN_TENSOR_OP_MATH) == 0 &&
           cudnnGetConvolution2dForwardOutputDim(c->convolution, c->input, c->filter, &n, &c_out,
                                                 &h, &w) == 0 &&
           n == images && c_out == out_channels && h == (int)s->out[0] && w == (int)s->out[1] &&
           cudnnSetTensor4dDescriptor(c->output, f->format, f->type, n, c_out, h, w) == 0 &&
           cudnnGetConvolutionForwardWorkspaceSize(c->handle, c->input, c->filter, c->convolution,
                                                   c->output, algorithm, &c->workspace_bytes) == 0;
}

static octet_status allocate(cudnn *c, const oct_conv2d_shape *s, const form *f)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = c->log;
    const size_t channels = oct_round_up(s->channels, f->channels);
    const size_t out_channels = oct_round_up(s->out_channels, f->channels);
    void *plain = NULL;
    const size_t filter_bytes = out_channels * (channels / s->groups) * s->kernel[0] * s->kernel[1];
    OCT_TRY(oct_cuda_bytes(log, s->images * channels * s->in[0] * s->in[1], &c->input_data));
    OCT_TRY(oct_cuda_bytes(log, s->images * out_channels * s->out[0] * s->out[1], &c->output_data));
    OCT_TRY(oct_cuda_bytes(log, filter_bytes, &c->filter_data));
    OCT_TRY(oct_cuda_bytes(log, c->workspace_bytes, &c->workspace));
    if (f->reorders) {
        OCT_TRY(oct_cuda_bytes(log, filter_bytes, &plain));
        OCT_CUDA_TRY(log,
                     cudnnReorderFilterAndBias(c->handle, c->filter, CUDNN_DEFAULT_REORDER, plain,
                                               c->filter_data, 0, NULL, NULL),
                     "cudnnReorderFilterAndBias");
        OCT_CUDA_TRY(log, cudnnSetConvolutionReorderType(c->convolution, CUDNN_NO_REORDER),
                     "cudnnSetConvolutionReorderType");
    }
cleanup:
    cudaFree(plain);
    return status;
}

/* *out stays NULL where cuDNN has no kernel for the form. */
static octet_status create_form(const oct_log *log, const oct_conv2d_shape *shape, const form *f,
                                cudnn **out)
{
    octet_status status = OCTET_OK;
    cudnn *c = NULL;
    OCT_ALLOC(log, c, 1);
    c->log = log;
    OCT_TRY(create_handles(c));
    if (!describe(c, shape, f))
        goto cleanup;
    OCT_TRY(allocate(c, shape, f));
    if (enqueue(c) != CUDNN_STATUS_SUCCESS)
        goto cleanup;
    OCT_TRY(oct_cuda_finish(log));
    *out = c;
    c = NULL;
cleanup:
    destroy(c);
    return status;
}

static octet_status time_form(cudnn *c, double *seconds)
{
    octet_status status = OCTET_OK;
    const oct_turns turns = {.turn = 0};
    oct_contestant *trial = NULL;
    OCT_ALLOC(c->log, trial, 1);
    *trial = (oct_contestant){.run = run, .finish = finish, .state = c};
    OCT_TRY(oct_contest(trial, 1, &turns));
    *seconds = oct_contestant_timing(trial).median;
cleanup:
    free(trial);
    return status;
}

/* The faster of the forms that there are. */
static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *device, void **out)
{
    octet_status status = OCTET_OK;
    cudnn *best = NULL, *one = NULL;
    double least = 0.0, seconds = 0.0;
    (void)device; /* the first one of CUDA */
    if (problem->kind != OCT_PROBLEM_CONV2D)
        return OCTET_OK;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (problem->conv2d.groups > 1 && problem->conv2d.channels % forms[i].channels != 0)
            continue;
        OCT_TRY(create_form(log, &problem->conv2d, &forms[i], &one));
        if (one == NULL)
            continue;
        OCT_TRY(time_form(one, &seconds));
        if (best == NULL || seconds < least) {
            cudnn *const slower = best;
            best = one;
            one = slower;
            least = seconds;
        }
        destroy(one);
        one = NULL;
    }
    *out = best;
    best = NULL;
cleanup:
    destroy(one);
    destroy(best);
    return status;
}

const oct_peer oct_peer_cudnn = {
    .name = "cudnn",
    .what = "s8 * s8 on CUDA's first device, the faster of NHWC and blocks of 32 channels",
    .create = create,
    .run = run,
    .finish = finish,
    .destroy = destroy,
};
