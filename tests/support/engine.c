/* engine.c - see engine.h. */
#include "support/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/shape.h"
#include "harness/problem_list.h"
#include "support/oracle.h"
#include "support/stage.h"
#include "support/turns.h"
#include "variants/paths.h"
#include "variants/tiles.h"

enum { SEED = 1 };

/* One case on one variant. */
typedef struct trial {
    const oct_row *row;
    const oct_case *c;
    size_t context;
    const char *variant;
    bool at_run_time;
} trial;

static size_t failures;
static bool has_computed[OCT_RIG_CONTEXTS][OCT_MOST_VARIANTS];

static void report(const trial *t, const char *what)
{
    char line[OCT_PROBLEM_TEXT];
    failures++;
    print_error("octet verify --device %zu --variant %s --seed %d %s\n    %s%s%s%s\n", t->context,
                t->variant, SEED, oct_problem_line(&t->c->problem, line), what,
                t->at_run_time ? "; weights given at run time" : "",
                t->row->adjusted != NULL ? "; " : "",
                t->row->adjusted != NULL ? t->row->adjusted : "");
}

static void report_difference(const trial *t, const octet_comparison *found)
{
    char text[160];
    snprintf(text, sizeof text, "%zu of %zu differ, the first at %zu: %.9g instead of %.9g",
             found->mismatches, found->count, found->first, found->actual, found->expected);
    report(t, text);
}

/* ---- One trial ---- */

static octet_status prepare(const trial *t, octet_tensor *const *inputs, oct_execution *out)
{
    octet_status status = OCTET_OK;
    octet_context *const context = oct_the_rig.contexts[t->context];
    const octet_layer known = t->c->layer;
    oct_case copy = *t->c;
    octet_operator *op = NULL;
    if (t->at_run_time)
        copy.layer.weight_data = NULL;
    OCT_TRY(oct_case_operator(&copy, context, t->variant, &op));
    OCT_TRY(oct_execution_prepare(out, &oct_the_rig.log, context, op, inputs,
                                  t->at_run_time ? 2 : 1, &known.output_type, 1));
cleanup:
    return status;
}

static void compare_runs(const trial *t, oct_execution *execution, const void *expected)
{
    const octet_shape shape = oct_case_output(t->c);
    const octet_type type = t->c->layer.output_type;
    octet_comparison found = {0};
    void *actual = NULL;
    assert_true(oct_shape_equal(&execution->output_shapes[0], &shape));
    assert_string_equal(octet_operator_variant(execution->op), t->variant);
    for (int run = 0; run < 2 && found.mismatches == 0; run++) {
        oct_poison(execution->outputs[0]);
        OCT_ASSERT_OK(oct_execution_enqueue(execution));
        OCT_ASSERT_OK(oct_download(&oct_the_rig.log, execution->outputs[0], &actual));
        octet_compare(type, t->c->output_count, expected, actual, &found);
        free(actual);
    }
    if (found.mismatches > 0)
        report_difference(t, &found);
}

static const oct_tile *tile_of(const char *variant)
{
    char name[OCT_TILE_NAME];
    for (size_t i = 0; i < oct_tile_count; i++)
        if (strcmp(oct_tile_name(&oct_tiles[i], name), variant) == 0)
            return &oct_tiles[i];
    fail_msg("%s is not in the table of tiles", variant);
    return NULL;
}

static bool has_weight_zeros(const oct_case *c)
{
    const octet_quantization *const weights = &c->layer.weights;
    for (size_t i = 0; i < weights->zero_point_count; i++)
        if (weights->zero_points[i] != 0)
            return true;
    return c->layer.weight_type == OCTET_U8;
}

/* Only depthwise rows may refuse a problem: one that is not depthwise, or of too few channels,
 * whose weights come at run time, or whose differences of weights do not fit into the row's bytes.
 */
static bool may_refuse(const trial *t)
{
    const oct_conv2d_shape *const v = &t->c->problem.conv2d;
    const oct_tile *const tile = tile_of(t->variant);
    const bool depthwise = t->c->problem.kind == OCT_PROBLEM_CONV2D && v->groups == v->channels &&
                           v->groups == v->out_channels;
    return tile->kernels == OCT_FOR_DEPTHWISE &&
           (!depthwise || v->groups < oct_tile_columns(tile) || t->at_run_time ||
            (!oct_paths[tile->path].pairs && has_weight_zeros(t->c)));
}

/* False when the variant does not take the problem. */
static bool try_variant(const trial *t, octet_tensor *const *inputs, const void *expected)
{
    oct_execution execution = {0};
    oct_rig_hush();
    const octet_status status = prepare(t, inputs, &execution);
    if (status == OCTET_OK)
        compare_runs(t, &execution, expected);
    else if (status != OCTET_INVALID_ARGUMENT || !may_refuse(t))
        report(t, oct_the_rig.said);
    oct_execution_release(&execution);
    return status == OCTET_OK;
}

/* ---- All trials of a case ---- */

static void try_turns(const trial *base, const oct_turns *turns, octet_tensor *const *inputs,
                      const void *expected)
{
    for (size_t i = 0; i < turns->count; i++) {
        trial t = *base;
        t.variant = turns->names[i];
        if (!oct_has_turn(turns, i, &t.c->layer) ||
            (t.row->depthwise && !oct_is_depthwise(t.variant)))
            continue;
        has_computed[t.context][i] |= try_variant(&t, inputs, expected);
        t.at_run_time = true;
        if (t.row->at_run_time)
            (void)try_variant(&t, inputs, expected);
    }
}

static void try_context(const trial *base, const void *expected)
{
    octet_context *const context = oct_the_rig.contexts[base->context];
    const oct_case *const c = base->c;
    const oct_turns turns = oct_turns_of(context, c->problem.kind);
    octet_tensor *inputs[2] = {NULL, NULL};
    OCT_ASSERT_OK(oct_upload(context, c->layer.input_type, &c->input_shape, c->input, &inputs[0]));
    OCT_ASSERT_OK(
        oct_upload(context, c->layer.weight_type, &c->weight_shape, c->weights, &inputs[1]));
    try_turns(base, &turns, inputs, expected);
    octet_tensor_destroy(inputs[0]);
    octet_tensor_destroy(inputs[1]);
}

static void expect(const trial *t, oct_case *c)
{
    octet_comparison found;
    void *const exact = oct_oracle(c);
    OCT_ASSERT_OK(oct_case_expect(c, oct_the_rig.reference));
    octet_compare(c->layer.output_type, c->output_count, exact, c->expected, &found);
    if (found.mismatches > 0)
        report_difference(t, &found);
    free(exact);
}

static void try_problem(const oct_row *row, const oct_problem *problem)
{
    oct_case c = {0};
    OCT_ASSERT_OK(oct_case_create(&oct_the_rig.log, problem, SEED, &c));
    if (row->adjust != NULL)
        row->adjust(&c);
    trial t = {row, &c, oct_the_rig.devices, "reference", false};
    expect(&t, &c);
    for (t.context = 0; t.context < oct_the_rig.count; t.context++)
        try_context(&t, c.expected);
    oct_case_release(&c);
}

void oct_engine_run(void **state)
{
    const oct_row *const row = *state;
    oct_problem_list list;
    failures = 0;
    oct_rig_hush();
    oct_problem_list_init(&list, &oct_the_rig.log);
    OCT_ASSERT_OK(oct_problem_list_line(&list, row->problems));
    assert_true(list.count > 0);
    for (size_t i = 0; i < list.count; i++)
        try_problem(row, &list.items[i]);
    oct_problem_list_release(&list);
    assert_int_equal(failures, 0);
}

void oct_engine_tests(const oct_row *rows, size_t count, struct CMUnitTest *tests)
{
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].problems,
                                       .test_func = oct_engine_run,
                                       .initial_state = (void *)&rows[i]}; /* read only */
}

void oct_engine_every_variant_computed(void **state)
{
    const oct_problem_kind *const kind = *state;
    for (size_t i = 0; i < oct_the_rig.count; i++) {
        const oct_turns turns = oct_turns_of(oct_the_rig.contexts[i], *kind);
        for (size_t j = 0; j < turns.count; j++)
            if (!has_computed[i][j])
                fail_msg("device %zu, %s: no row of the table was computed", i, turns.names[j]);
    }
}

void oct_engine_has_emulated_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * oct_the_rig.devices; i++) {
        const oct_turns turns = oct_turns_of(oct_the_rig.contexts[i / 2],
                                             i % 2 == 0 ? OCT_PROBLEM_GEMM : OCT_PROBLEM_CONV2D);
        size_t bytes = 0, pairs = 0;
        for (size_t j = 0; j < turns.count; j++) {
            const bool is_pairs = strncmp(turns.names[j], "emulated_pairs_", 15) == 0;
            pairs += is_pairs;
            bytes += !is_pairs && strncmp(turns.names[j], "emulated_", 9) == 0;
        }
        assert_true(bytes > 0 && pairs > 0);
        assert_string_equal(turns.names[turns.count - 1], "reference");
    }
}
