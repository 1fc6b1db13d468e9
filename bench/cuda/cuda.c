/* cuda.c - see cuda.h. */
#include "cuda/cuda.h"

#include <stdlib.h>

#include "harness/random.h"

octet_status oct_cuda_bytes(const oct_log *log, size_t bytes, void **out)
{
    octet_status status = OCTET_OK;
    oct_random random = oct_random_of(1, "cuda");
    uint64_t *words = NULL;
    void *memory = NULL;
    const size_t count = bytes / sizeof *words + 1;
    OCT_ALLOC(log, words, count);
    for (size_t i = 0; i < count; i++)
        words[i] = oct_random_next(&random);
    OCT_CUDA_TRY(log, cudaMalloc(&memory, count * sizeof *words), "cudaMalloc");
    OCT_CUDA_TRY(log, cudaMemcpy(memory, words, count * sizeof *words, cudaMemcpyHostToDevice),
                 "cudaMemcpy");
    *out = memory;
    memory = NULL;
cleanup:
    cudaFree(memory);
    free(words);
    return status;
}

octet_status oct_cuda_finish(const oct_log *log)
{
    octet_status status = OCTET_OK;
    OCT_CUDA_TRY(log, cudaDeviceSynchronize(), "cudaDeviceSynchronize");
cleanup:
    return status;
}
