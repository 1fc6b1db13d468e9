/* cuda.h - what the peers on CUDA share: error reports and memory of the device. */
#ifndef OCT_CUDA_CUDA_H
#define OCT_CUDA_CUDA_H

#include <cuda_runtime_api.h>

#include "core/check.h"

/* OCT_CUDA_TRY - a call of the runtime, of cuBLASLt or of cuDNN, all of which return 0 for success;
 * leaves as OCT_TRY does. */
#define OCT_CUDA_TRY(log, call, name)                                                              \
    do {                                                                                           \
        const int cuda_try_error = (int)(call);                                                    \
        OCT_REQUIRE((log), cuda_try_error == 0, OCTET_DEVICE_FAILED, "%s: error %d", (name),       \
                    cuda_try_error);                                                               \
    } while (0)

enum { OCT_CUDA_WORKSPACE = 64 << 20 }; /* bytes that a library may use */

/* oct_cuda_bytes - device memory with seeded random bytes; cudaFree it. */
octet_status oct_cuda_bytes(const oct_log *log, size_t bytes, void **out);

/* oct_cuda_finish - waits for the device. */
octet_status oct_cuda_finish(const oct_log *log);

#endif
