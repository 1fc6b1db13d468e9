/* kernels_source.h - kernels.cl as bytes; the definitions are made by cmake/embed.cmake. */
#ifndef OCT_RUNTIME_KERNELS_SOURCE_H
#define OCT_RUNTIME_KERNELS_SOURCE_H

#include <stddef.h>

extern const unsigned char oct_kernels_source[];
extern const size_t oct_kernels_source_size; /* without a final zero */
extern const char oct_kernels_sha256[];      /* 64 hexadecimal digits */

#endif
