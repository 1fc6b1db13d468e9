/* operator.h - what every operator is: a class of functions and the shapes it was prepared for. */
#ifndef OCT_OPERATORS_OPERATOR_H
#define OCT_OPERATORS_OPERATOR_H

#include "core/check.h"
#include "core/shape.h"
#include "runtime/runtime.h"
#include "variants/tiles.h"

#define OCT_MAX_INPUTS 8
#define OCT_MAX_OUTPUTS 3

typedef struct oct_operator_class {
    const char *name; /* begins every message: "gemm" */

    /* Checks op->input_shapes, sets op->output_shapes, op->output_types and op->variant, and makes
     * everything run needs. */
    octet_status (*prepare)(octet_operator *op);

    /* Enqueues the kernels. Not called when every output is empty. */
    octet_status (*enqueue)(octet_operator *op, oct_buffer *const *inputs,
                            oct_buffer *const *outputs);

    /* The same on host memory: the "reference" row. */
    octet_status (*reference)(octet_operator *op, const void *const *inputs, void *const *outputs);

    /* Frees all that is not the base. Accepts half-made objects. NULL: there is nothing more. */
    void (*destroy)(octet_operator *op);
} oct_operator_class;

/* The first member of every operator. */
struct octet_operator {
    const oct_operator_class *class;
    octet_context *context;
    size_t input_count, output_count;
    octet_type input_types[OCT_MAX_INPUTS], output_types[OCT_MAX_OUTPUTS];
    octet_shape input_shapes[OCT_MAX_INPUTS], output_shapes[OCT_MAX_OUTPUTS];
    char wish[OCT_VARIANT_NAME];    /* the row asked for; "": choose */
    char variant[OCT_VARIANT_NAME]; /* the row in use; "" before prepare */
    bool use_reference;             /* the reference row was chosen or asked for */
    oct_tile_problem tile_problem;  /* what a tile was chosen for; no kernels: none was */
    oct_kernel *kernel; /* of an operator with one; owned, NULL until prepare makes it anew */
    /* bytes of device memory that a run writes besides its outputs; set by prepare */
    size_t scratch;
    size_t preparations;   /* begun so far */
    bool prepared, ran;    /* ran: since it was prepared last */
    atomic_size_t holders; /* besides the owner */
};

/* oct_operator_hold - one more whose octet_operator_destroy is needed before it goes. Any thread. */
octet_operator *oct_operator_hold(octet_operator *op);

/* oct_operator_compute - enqueues it on checked buffers, of which some output is not empty; the reference
 * computes. */
octet_status oct_operator_compute(octet_operator *op, oct_buffer *const *inputs,
                                  oct_buffer *const *outputs);

/* oct_operator_begin - a zeroed operator of "bytes" (its struct, base first) whose wish is the
 * description's "variant", which may be NULL. */
octet_status oct_operator_begin(octet_context *context, const oct_operator_class *class,
                                size_t bytes, const char *variant, octet_operator **out);

/* oct_operator_choose_simple - for operators with two rows, "opencl" and "reference": sets variant
 * and use_reference from the wish (none: the device's own row). */
octet_status oct_operator_choose_simple(octet_operator *op);

/* variants.c - oct_operator_choose_tile: for operators whose rows are tiles: the row wished for, or
 * else the tuned winner of the problem's class, or else the cheapest; sets variant, use_reference and
 * tile_problem. */
octet_status oct_operator_choose_tile(octet_operator *op, const oct_tile_problem *problem,
                                      const oct_tile **tile);

#endif
