/* check.c - compares a layer's output with that of its reference, computed from the same inputs: a
 * wrong layer is found where it is, not where its error ends up. */
#include <stdlib.h>

#include "network/layout.h"
#include "network/network.h"

/* Makes the stage's operator with variant "reference", for the images of now. */
static octet_status prepare_twin(octet_network *network, oct_stage *stage)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = stage->node;
    octet_shape *shapes = NULL;
    if (stage->twin == NULL)
        OCT_TRY(node->op->create(network->context, node, "reference", &stage->twin));
    if (stage->twin_images == network->images)
        return OCTET_OK;
    stage->twin_images = 0;
    OCT_ALLOC(&network->log, shapes, node->input_count);
    for (size_t i = 0; i < node->input_count; i++)
        oct_value_stored_shape(oct_graph_input_of(network->graph, node, i), network->images,
                               &shapes[i]); /* fits: the operator itself is prepared for it */
    OCT_TRY(octet_operator_prepare(stage->twin, shapes, node->input_count, NULL, 0));
    stage->twin_images = network->images;
cleanup:
    free(shapes);
    return status;
}

/* The shape of output "at" of a stage, which is prepared for it. */
static octet_shape output_shape(const octet_network *network, const oct_stage *stage, size_t at)
{
    octet_shape shape = {0};
    oct_value_stored_shape(&network->graph->values[stage->node->output + at], network->images,
                           &shape);
    return shape;
}

/* Makes tensors for the outputs of the twin and runs it. */
static octet_status run_twin(const octet_network *network, const oct_binding *binding,
                             const oct_stage *stage, octet_tensor **outputs)
{
    octet_status status = OCTET_OK;
    const oct_node *const node = stage->node;
    octet_tensor *const *const inputs = &binding->arguments[stage->arguments];
    for (size_t i = 0; i < oct_node_outputs(node); i++) {
        const octet_shape shape = output_shape(network, stage, i);
        OCT_TRY(octet_tensor_create(network->context, network->graph->values[node->output + i].type,
                                    &shape, &outputs[i]));
    }
    OCT_TRY(octet_operator_run(stage->twin, inputs, node->input_count, outputs,
                               oct_node_outputs(node), NULL, 0, NULL));
cleanup:
    return status;
}

/* Where flat element "first" of the stored order is in the model's order. */
static void locate(const oct_value *value, const octet_shape *stored, size_t first_image,
                   octet_network_check *check)
{
    size_t flat = check->comparison.first, place[OCTET_MAX_RANK] = {0};
    for (size_t i = stored->rank; i-- > 0;) {
        place[i] = flat % stored->size[i];
        flat /= stored->size[i];
    }
    check->rank = stored->rank;
    for (size_t i = 0; i < stored->rank; i++)
        check->index[i] = place[oct_stored_axis(value->stored, i)];
    if (value->batched)
        check->index[0] += first_image * value->shape.size[0];
}

static void report(const octet_network *network, const octet_network_check *check)
{
    const oct_stage *const stage = &network->stages[check->layer];
    const octet_comparison *const found = &check->comparison;
    octet_shape index = {.rank = check->rank};
    char text[OCT_SHAPE_TEXT];
    for (size_t i = 0; i < check->rank; i++)
        index.size[i] = check->index[i];
    for (char *c = (char *)oct_shape_text(&index, text); *c != '\0'; c++)
        *c = *c == 'x' ? ',' : *c;
    oct_report(&network->log, OCTET_OK,
               "layer %zu '%s' (%s, variant %s) differs from the reference: element [%s] is %.9g, "
               "expected %.9g; %zu of %zu elements differ, by at most %.9g",
               check->layer, stage->node->name, stage->node->op->name,
               octet_operator_variant(stage->op), text, found->actual, found->expected,
               found->mismatches, found->count, found->max_difference);
}

static void report_whole(const octet_network *network, const octet_network_check *check)
{
    const octet_comparison *const found = &check->comparison;
    oct_report(
        &network->log, OCTET_OK,
        "all layers as one command: output '%s' differs from what they give one by one: element "
        "%zu of the batch is %.9g, expected %.9g; %zu of %zu elements differ",
        network->graph->outputs.items[check->index[0]].name, found->first, found->actual,
        found->expected, found->mismatches, found->count);
}

/* Compares output "at" of a layer with what the twin made of it. */
static octet_status compare(const octet_network *network, const oct_stage *stage, size_t at,
                            const octet_tensor *twin, const octet_tensor *tensor,
                            octet_comparison *found)
{
    octet_status status = OCTET_OK;
    const octet_type type = network->graph->values[stage->node->output + at].type;
    const octet_shape shape = output_shape(network, stage, at);
    char *expected = NULL, *actual = NULL;
    size_t bytes = 0, count = 0;
    oct_shape_bytes(type, &shape, &bytes);
    oct_shape_count(&shape, &count);
    OCT_ALLOC(&network->log, expected, bytes);
    OCT_ALLOC(&network->log, actual, bytes);
    OCT_TRY(octet_tensor_read(twin, expected, NULL));
    OCT_TRY(octet_tensor_read(tensor, actual, NULL));
    octet_compare(type, count, expected, actual, found);
cleanup:
    free(actual);
    free(expected);
    return status;
}

octet_status oct_stage_check(octet_network *network, const oct_binding *binding, size_t index,
                             size_t first_image, octet_network_check *check)
{
    octet_status status = OCTET_OK;
    oct_stage *const stage = &network->stages[index];
    const size_t first = stage->node->output;
    octet_tensor *outputs[OCT_MOST_OUTPUTS] = {NULL};
    bool differs = false;
    OCT_TRY(prepare_twin(network, stage));
    OCT_TRY(run_twin(network, binding, stage, outputs));
    for (size_t i = 0; i < oct_node_outputs(stage->node) && !differs; i++) {
        octet_comparison found = {0};
        OCT_TRY(compare(network, stage, i, outputs[i], binding->views[first + i], &found));
        differs = found.mismatches > 0;
        if (!differs || check->different > 0)
            continue;
        const octet_shape shape = output_shape(network, stage, i);
        check->layer = index;
        check->comparison = found;
        locate(&network->graph->values[first + i], &shape, first_image, check);
    }
    check->compared++;
    check->different += differs;
cleanup:
    for (size_t i = 0; i < OCT_MOST_OUTPUTS; i++)
        octet_tensor_destroy(outputs[i]);
    return status;
}

void oct_check_add(const octet_network *network, const octet_network_check *found,
                   octet_network_check *check)
{
    const octet_network_check before = *check;
    if (before.different == 0 && found->different > 0) {
        *check = *found;
        if (check->layer < network->stage_count)
            report(network, check);
        else
            report_whole(network, check);
    }
    check->whole = before.whole + found->whole;
    check->compared = before.compared + found->compared;
    check->different = before.different + found->different;
}
