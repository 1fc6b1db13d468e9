/* engine.h - problems of gemm and conv2d on those variants of every device that have the turn
 * (turns.h), bit for bit against the variant "reference" of the same data, and that against the
 * formula (oracle.h). What differs is printed as the command that shows it again. */
#ifndef OCT_TESTS_ENGINE_H
#define OCT_TESTS_ENGINE_H

#include "harness/case.h"
#include "support/rig.h"

/* A row of a test's table: options and shapes as `octet verify` takes them, as many as share their
 * programs; then what that command cannot say. */
typedef struct oct_row {
    const char *problems;
    bool at_run_time;            /* also with the weights as a second tensor                 */
    bool depthwise;              /* on rows for depthwise convolutions alone                 */
    void (*adjust)(oct_case *c); /* changes c->layer or the data before anything is computed */
    const char *adjusted;        /* in words: "with its own multipliers"                     */
} oct_row;

/* oct_engine_tests - one test per row, for a group between oct_rig_open and oct_rig_close. */
void oct_engine_tests(const oct_row *rows, size_t count, struct CMUnitTest *tests);

/* oct_engine_run - the test function; *state is a row. */
void oct_engine_run(void **state);

/* oct_engine_every_variant_computed - the last test of a program whose table is of one kind; *state
 * is that oct_problem_kind. */
void oct_engine_every_variant_computed(void **state);

/* oct_engine_has_emulated_rows - a test: packed kernels are tested on devices that lack their
 * instruction, through the rows "emulated...". */
void oct_engine_has_emulated_rows(void **state);

#endif
