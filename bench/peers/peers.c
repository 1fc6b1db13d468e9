/* peers.c - see peers.h. */
#include "peers/peers.h"

const oct_peer *const oct_peers[] = {
#ifdef OCTET_HAVE_ONEDNN
    &oct_peer_onednn,
#endif
#ifdef OCTET_HAVE_OPENBLAS
    &oct_peer_openblas,
#endif
#ifdef OCTET_HAVE_CLBLAST
    &oct_peer_clblast,
#endif
#ifdef OCTET_HAVE_CUDA
    &oct_peer_cublaslt,
    &oct_peer_cudnn,
#endif
    NULL,
};

bool oct_peer_product_of(const oct_problem *problem, oct_peer_product *out)
{
    const oct_gemm_shape *const gemm = &problem->gemm;
    const oct_conv2d_shape *const conv2d = &problem->conv2d;
    if (problem->kind == OCT_PROBLEM_GEMM) {
        const size_t batch = gemm->a_batch != 1 ? gemm->a_batch : gemm->b_batch;
        *out = (oct_peer_product){batch, gemm->m, gemm->n, gemm->k};
        return true;
    }
    *out = (oct_peer_product){1, conv2d->images * conv2d->out[0] * conv2d->out[1],
                              conv2d->out_channels, oct_problem_k(problem)};
    return conv2d->groups == 1;
}

void oct_peer_fill(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(i % 17) - 8.0f;
}
