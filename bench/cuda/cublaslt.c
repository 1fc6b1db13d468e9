/* cublaslt.c - matrix products by NVIDIA's cuBLASLt in int8: s8 times s8, s8 or s32 out. */
#include <cublasLt.h>
#include <stdlib.h>

#include "cuda/cuda.h"
#include "harness/contest.h"
#include "peers/peers.h"

enum { ALGORITHMS = 8 };

/* A row-major product is a column-major one of the operands in turn: weights, n by k and stored along
 * k, times inputs. Sizes are rounded up to what the kernels of int8 take. */
typedef struct cublaslt {
    const oct_log *log;
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t product;
    cublasLtMatrixLayout_t weights, input, output;
    cublasLtMatmulAlgo_t algorithm;
    bool bytes_out;
    void *weight_data, *input_data, *output_data, *workspace;
} cublaslt;

static void destroy(void *state)
{
    cublaslt *const c = state;
    if (c == NULL)
        return;
    cudaFree(c->workspace);
    cudaFree(c->output_data);
    cudaFree(c->input_data);
    cudaFree(c->weight_data);
    cublasLtMatrixLayoutDestroy(c->output);
    cublasLtMatrixLayoutDestroy(c->input);
    cublasLtMatrixLayoutDestroy(c->weights);
    cublasLtMatmulDescDestroy(c->product);
    if (c->handle != NULL)
        cublasLtDestroy(c->handle);
    free(c);
}

static octet_status run(void *state)
{
    octet_status status = OCTET_OK;
    cublaslt *const c = state;
    const float real[] = {0x1p-12f, 0.0f}; /* the scale types: of s8 outputs, of s32 ones */
    const int32_t whole[] = {1, 0};
    const void *const one = c->bytes_out ? (const void *)&real[0] : &whole[0];
    const void *const zero = c->bytes_out ? (const void *)&real[1] : &whole[1];
    OCT_CUDA_TRY(c->log,
                 cublasLtMatmul(c->handle, c->product, one, c->weight_data, c->weights,
                                c->input_data, c->input, zero, c->output_data, c->output,
                                c->output_data, c->output, &c->algorithm, c->workspace,
                                OCT_CUDA_WORKSPACE, NULL),
                 "cublasLtMatmul");
cleanup:
    return status;
}

static octet_status finish(void *state)
{
    return oct_cuda_finish(((cublaslt *)state)->log);
}

/* A batch of matrices of "rows" bytes or words along the columns; shared: the same one each time. */
static octet_status create_layout(const cublaslt *c, cudaDataType_t type, size_t rows,
                                  size_t columns, size_t batch, bool shared,
                                  cublasLtMatrixLayout_t *out)
{
    octet_status status = OCTET_OK;
    const int32_t count = (int32_t)batch;
    const int64_t stride = shared ? 0 : (int64_t)(rows * columns);
    OCT_CUDA_TRY(c->log, cublasLtMatrixLayoutCreate(out, type, rows, columns, (int64_t)rows),
                 "cublasLtMatrixLayoutCreate");
    OCT_CUDA_TRY(c->log,
                 cublasLtMatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count,
                                                  sizeof count),
                 "batch count");
    OCT_CUDA_TRY(c->log,
                 cublasLtMatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET,
                                                  &stride, sizeof stride),
                 "batch stride");
cleanup:
    return status;
}

static octet_status describe(cublaslt *c, const oct_gemm_shape *shape)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = c->log;
    const size_t m = shape->m, n = oct_round_up(shape->n, 16), k = oct_round_up(shape->k, 16);
    const size_t batch = shape->a_batch > shape->b_batch ? shape->a_batch : shape->b_batch;
    const cudaDataType_t out_type = c->bytes_out ? CUDA_R_8I : CUDA_R_32I;
    const cublasOperation_t transpose = CUBLAS_OP_T;
    OCT_CUDA_TRY(log, cublasLtCreate(&c->handle), "cublasLtCreate");
    OCT_CUDA_TRY(log,
                 cublasLtMatmulDescCreate(&c->product, CUBLAS_COMPUTE_32I,
                                          c->bytes_out ? CUDA_R_32F : CUDA_R_32I),
                 "cublasLtMatmulDescCreate");
    OCT_CUDA_TRY(log,
                 cublasLtMatmulDescSetAttribute(c->product, CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
                                                sizeof transpose),
                 "transposition");
    OCT_TRY(create_layout(c, CUDA_R_8I, k, n, batch, shape->b_batch == 1, &c->weights));
    OCT_TRY(create_layout(c, CUDA_R_8I, k, m, batch, shape->a_batch == 1, &c->input));
    OCT_TRY(create_layout(c, out_type, n, m, batch, false, &c->output));
    OCT_TRY(oct_cuda_bytes(log, shape->b_batch * n * k, &c->weight_data));
    OCT_TRY(oct_cuda_bytes(log, shape->a_batch * m * k, &c->input_data));
    OCT_TRY(oct_cuda_bytes(log, batch * m * n * (c->bytes_out ? 1 : 4), &c->output_data));
    OCT_TRY(oct_cuda_bytes(log, OCT_CUDA_WORKSPACE, &c->workspace));
cleanup:
    return status;
}

/* Tries the algorithms that cuBLASLt thinks of and keeps the fastest; false: it thinks of none. */
static octet_status choose(cublaslt *c, bool *found)
{
    octet_status status = OCTET_OK;
    cublasLtMatmulPreference_t preference = NULL;
    cublasLtMatmulHeuristicResult_t results[ALGORITHMS];
    const size_t workspace = OCT_CUDA_WORKSPACE;
    const oct_turns turns = {.turn = 0};
    oct_contestant *trial = NULL;
    double best = 0.0;
    int count = 0, kept = 0;
    OCT_ALLOC(c->log, trial, 1);
    OCT_CUDA_TRY(c->log, cublasLtMatmulPreferenceCreate(&preference), "preference");
    OCT_CUDA_TRY(c->log,
                 cublasLtMatmulPreferenceSetAttribute(preference,
                                                      CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                      &workspace, sizeof workspace),
                 "workspace");
    if (cublasLtMatmulAlgoGetHeuristic(c->handle, c->product, c->weights, c->input, c->output,
                                       c->output, preference, ALGORITHMS, results, &count) != 0)
        count = 0; /* "not supported" is an error too */
    for (int i = 0; i < count; i++) {
        *trial = (oct_contestant){.run = run, .finish = finish, .state = c};
        c->algorithm = results[i].algo;
        OCT_TRY(run(c));
        OCT_TRY(oct_contest(trial, 1, &turns));
        const double seconds = oct_contestant_timing(trial).median;
        if (i == 0 || seconds < best) {
            best = seconds;
            kept = i;
        }
    }
    if (count > 0)
        c->algorithm = results[kept].algo;
    *found = count > 0;
cleanup:
    cublasLtMatmulPreferenceDestroy(preference);
    free(trial);
    return status;
}

static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *device, void **out)
{
    octet_status status = OCTET_OK;
    const octet_type type = problem->settings.output_type;
    cublaslt *c = NULL;
    bool found = false;
    (void)device; /* the first one of CUDA */
    if (problem->kind != OCT_PROBLEM_GEMM || type == OCTET_F32)
        return OCTET_OK;
    OCT_ALLOC(log, c, 1);
    c->log = log;
    c->bytes_out = type != OCTET_S32;
    OCT_TRY(describe(c, &problem->gemm));
    OCT_TRY(choose(c, &found));
    if (found) {
        *out = c;
        c = NULL;
    }
cleanup:
    destroy(c);
    return status;
}

const oct_peer oct_peer_cublaslt = {
    .name = "cublaslt",
    .what = "s8 * s8 on CUDA's first device, the fastest of its 8 best algorithms, sizes in 16s",
    .create = create,
    .run = run,
    .finish = finish,
    .destroy = destroy,
};
