/* stage.h - an operator set up over host arrays, and the comparison of simple operators (those with
 * the rows "opencl" and "reference") on all contexts of the rig. */
#ifndef OCT_TESTS_STAGE_H
#define OCT_TESTS_STAGE_H

#include "harness/execute.h"
#include "support/rig.h"

/* A dense array in host memory. */
typedef struct oct_array {
    octet_type type;
    octet_shape shape;
    const void *data;
} oct_array;

/* An operator with its own copies of its inputs on the device. Starts as {0}. */
typedef struct oct_stage {
    octet_tensor *inputs[OCT_EXECUTION_INPUTS];
    size_t counts[OCT_EXECUTION_OUTPUTS]; /* elements of the outputs */
    oct_execution execution;
} oct_stage;

/* oct_stage_open - takes over "op" and prepares it for the inputs. Any failure fails the test. */
void oct_stage_open(oct_stage *stage, octet_context *context, octet_operator *op,
                    const oct_array *inputs, size_t input_count, const octet_type *output_types,
                    size_t output_count);

/* oct_stage_run - runs once, over outputs filled with rubbish. */
void oct_stage_run(oct_stage *stage);

/* oct_stage_output - an output's elements, freed by the caller. */
void *oct_stage_output(const oct_stage *stage, size_t index);
void oct_stage_close(oct_stage *stage);

/* oct_poison - fills a tensor of 1 or 4 byte elements with rubbish: output memory that a kernel
 * leaves as it was must not pass for a result. */
void oct_poison(octet_tensor *tensor);

/* Makes an operator from a description of the test's own. */
typedef octet_status (*oct_make_fn)(octet_context *context, const void *desc, const char *variant,
                                    octet_operator **out);

/* A simple operator and what goes through it. */
typedef struct oct_simple {
    const char *what; /* begins failure messages */
    oct_make_fn make;
    const void *desc;
    const oct_array *inputs;
    size_t input_count;
    const octet_type *output_types;
    size_t output_count;
} oct_simple;

/* oct_compare_everywhere - runs both rows on each context; every output must have the bits that the
 * reference context gives or, where "expected" is not NULL, those of that array (output 0). */
void oct_compare_everywhere(const oct_simple *simple, const void *expected);

/* oct_refuse_desc - the reference must not make an operator of "desc", and say something that contains
 * "text". */
void oct_refuse_desc(oct_make_fn make, const void *desc, octet_status status, const char *text);

/* oct_refuse_shape - the same of preparing one for an input. */
void oct_refuse_shape(oct_make_fn make, const void *desc, const octet_shape *shape,
                      octet_status status, const char *text);

/* oct_assert_same - fails with the first difference. */
void oct_assert_same(const char *what, octet_type type, size_t count, const void *expected,
                     const void *actual);

#endif
