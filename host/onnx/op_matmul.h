/* op_matmul.h - what the converters of matrix products share. */
#ifndef OCT_ONNX_OP_MATMUL_H
#define OCT_ONNX_OP_MATMUL_H

#include "onnx/onnx.h"

/* oct_onnx_read_operands - A, input 0, and B, input "b_index": as constant weights where it is a
 * constant matrix, else as a second value ("b"). */
octet_status oct_onnx_read_operands(oct_onnx *onnx, size_t b_index, octet_gemm_desc *desc,
                                    size_t *a, size_t *b);

/* oct_onnx_add_found - adds the product, the node's output; "a" and "b" have a scale where their
 * parameters are found at run time. */
octet_status oct_onnx_add_found(oct_onnx *onnx, octet_gemm_desc *desc, size_t b_index, oct_found *a,
                                oct_found *b);

#endif
