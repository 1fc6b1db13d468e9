/* op_gemm.c - the matrix product node: by constant weights, or of two values. */
#include "network/layout.h"
#include "network/ops.h"

static size_t weight_count(const octet_gemm_desc *desc)
{
    return desc->n * desc->k; /* checked by oct_graph_gemm */
}

static void gemm_keep(oct_graph *graph, void *description)
{
    octet_gemm_desc *const desc = description;
    oct_node_keep_layer(graph, &desc->layer, weight_count(desc), desc->n);
}

/* Batch dimension of A (m,k) or (batch,m,k) times B (k,n) or (batch,k,n) into the output, whose
 * last two sizes are set. False where the batches do not match. */
static bool infer_batch(const oct_value *a, const oct_value *b, oct_value *output)
{
    const bool a_has = a->shape.rank == 3, b_has = b->shape.rank == 3;
    if ((b->batched && !b_has) || (a->batched && !a_has && b_has))
        return false;
    output->batched = a->batched || b->batched;
    if (!a_has && !b_has)
        return true;
    const size_t a_batch = a_has ? a->shape.size[0] : 1, b_batch = b_has ? b->shape.size[0] : 1;
    const bool a_one = !a->batched && a_batch == 1, b_one = !b->batched && b_batch == 1;
    const size_t m = output->shape.size[0], n = output->shape.size[1];
    const size_t sizes[3] = {a_one ? b_batch : a_batch, m, n};
    output->shape = oct_shape(3, sizes);
    return a_one || b_one || (a->batched == b->batched && a_batch == b_batch);
}

static octet_status gemm_infer(const oct_graph *graph, const oct_node *node, oct_value *output)
{
    octet_status status = OCTET_OK;
    const octet_gemm_desc *const desc = node->desc;
    const oct_value *const a = oct_graph_input_of(graph, node, 0);
    const size_t weight_sizes[2] = {desc->k, desc->n};
    const oct_value weights = {.type = desc->layer.weight_type,
                               .shape = oct_shape(2, weight_sizes)};
    const oct_value *const b =
        desc->layer.weight_data == NULL ? oct_graph_input_of(graph, node, 1) : &weights;
    const size_t a_rank = a->shape.rank, b_rank = b->shape.rank;
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    oct_shape_text(&a->shape, a_text);
    oct_shape_text(&b->shape, b_text);
    OCT_REQUIRE(&graph->log, a_rank >= 2 && a_rank <= 3 && b_rank >= 2 && b_rank <= 3,
                OCTET_UNSUPPORTED,
                "node '%s': a product of %s and %s; both must have 2 or 3 dimensions", node->name,
                a_text, b_text);
    OCT_REQUIRE(&graph->log,
                a->shape.size[a_rank - 1] == desc->k && b->shape.size[b_rank - 2] == desc->k &&
                    b->shape.size[b_rank - 1] == desc->n && b->type == desc->layer.weight_type,
                OCTET_INVALID_ARGUMENT, "node '%s': %s cannot be multiplied by %s %s", node->name,
                a_text, oct_type(b->type)->name, b_text);
    OCT_TRY(oct_node_check_layer(graph, node, &desc->layer, desc->k, desc->n));
    const size_t sizes[2] = {a->shape.size[a_rank - 2], desc->n};
    output->type = oct_node_stored_type(&desc->layer);
    output->shape = oct_shape(2, sizes);
    OCT_REQUIRE(&graph->log, infer_batch(a, b, output), OCTET_INVALID_ARGUMENT,
                "node '%s': the batches of %s and %s do not match", node->name, a_text, b_text);
cleanup:
    return status;
}

static octet_status gemm_create(octet_context *context, const oct_node *node, const char *variant,
                                octet_operator **out)
{
    octet_gemm_desc desc = *(const octet_gemm_desc *)node->desc;
    desc.variant = variant;
    return octet_gemm_create(context, &desc, out);
}

static void gemm_describe(const oct_node *node, octet_layer_info *info)
{
    const octet_gemm_desc *const desc = node->desc;
    const size_t sizes[2] = {desc->k, desc->n};
    const octet_shape shape = oct_shape(2, sizes);
    oct_node_describe_layer(&desc->layer, &shape, desc->n, desc->k, info);
}

const oct_op oct_op_gemm = {
    .name = "gemm",
    .desc_size = sizeof(octet_gemm_desc),
    .has_variants = true,
    .keep = gemm_keep,
    .infer = gemm_infer,
    .lay_out = oct_lay_out_plain,
    .create = gemm_create,
    .describe = gemm_describe,
};

/* With the same weights for every row, all dimensions but the last are rows: (..., k) as (rows, k),
 * and the product back. */
static octet_status add_flattened(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                                  size_t *inputs, size_t input_count, size_t *c)
{
    octet_status status = OCTET_OK;
    octet_shape shape = graph->values[inputs[0]].shape;
    size_t sizes[2] = {1, desc->k}, product;
    for (size_t i = 0; i + 1 < shape.rank; i++)
        sizes[0] *= shape.size[i];
    const octet_shape flat = oct_shape(2, sizes);
    OCT_TRY(oct_graph_view(graph, name, &flat, inputs[0], &inputs[0]));
    OCT_TRY(oct_graph_add(graph, &oct_op_gemm, name, desc, inputs, input_count, &product));
    shape.size[shape.rank - 1] = desc->n;
    OCT_TRY(oct_graph_view(graph, name, &shape, product, c));
cleanup:
    return status;
}

/* Whether all sizes but the last two agree. */
static bool batches_agree(const oct_value *a, const oct_value *b)
{
    bool same = a->shape.rank == b->shape.rank && a->batched == b->batched;
    for (size_t i = 0; same && i + 2 < a->shape.rank; i++)
        same = a->shape.size[i] == b->shape.size[i];
    return same;
}

/* Sizes before the last two as one, the batch that octet_gemm_create knows. */
static octet_status flatten_batch(oct_graph *graph, const char *name, size_t *value)
{
    const octet_shape shape = graph->values[*value].shape;
    octet_shape flat = {.rank = 3, .size = {1}};
    if (shape.rank <= 3)
        return OCTET_OK;
    for (size_t i = 0; i + 2 < shape.rank; i++)
        flat.size[0] *= shape.size[i]; /* at most the number of elements */
    flat.size[1] = shape.size[shape.rank - 2];
    flat.size[2] = shape.size[shape.rank - 1];
    return oct_graph_view(graph, name, &flat, *value, value);
}

/* The product of two values, of which a has more than three dimensions. */
static octet_status add_batches(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                                size_t *inputs, size_t input_count, size_t *c)
{
    octet_status status = OCTET_OK;
    const oct_value a = graph->values[inputs[0]], b = graph->values[inputs[1]];
    octet_shape shape = a.shape;
    char a_text[OCT_SHAPE_TEXT], b_text[OCT_SHAPE_TEXT];
    OCT_REQUIRE(&graph->log, b.shape.rank == 2 || batches_agree(&a, &b), OCTET_UNSUPPORTED,
                "node '%s': a product of %s and %s; of more than 3 dimensions all sizes but the "
                "last two must be equal",
                name, oct_shape_text(&a.shape, a_text), oct_shape_text(&b.shape, b_text));
    OCT_TRY(flatten_batch(graph, name, &inputs[0]));
    OCT_TRY(flatten_batch(graph, name, &inputs[1]));
    OCT_TRY(oct_graph_add(graph, &oct_op_gemm, name, desc, inputs, input_count, c));
    shape.size[shape.rank - 1] = desc->n;
    OCT_TRY(oct_graph_view(graph, name, &shape, *c, c));
cleanup:
    return status;
}

/* Inputs in the order of octet_gemm_create; of those not given, the value is OCT_NONE. */
static octet_status add(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                        size_t *inputs, size_t most, size_t *c)
{
    octet_status status = OCTET_OK;
    const bool constant = desc->layer.weight_data != NULL;
    const bool has_weights = inputs[1] != OCT_NONE;
    size_t input_count = 0;
    size_t weights;
    OCT_REQUIRE(&graph->log,
                constant != has_weights && desc->weight_batch <= 1 && !desc->transpose_a &&
                    !desc->transpose_b && oct_multiply(desc->n, desc->k, &weights),
                OCTET_UNSUPPORTED,
                "node '%s': in a network, a product has one plain matrix of weights or two inputs",
                name);
    for (size_t i = 0; i < most; i++)
        if (inputs[i] != OCT_NONE)
            inputs[input_count++] = inputs[i];
    if (constant && graph->values[inputs[0]].shape.rank > 2)
        OCT_TRY(add_flattened(graph, name, desc, inputs, input_count, c));
    else if (!constant && graph->values[inputs[0]].shape.rank > 3)
        OCT_TRY(add_batches(graph, name, desc, inputs, input_count, c));
    else
        OCT_TRY(oct_graph_add(graph, &oct_op_gemm, name, desc, inputs, input_count, c));
cleanup:
    return status;
}

octet_status oct_graph_gemm(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                            size_t a, size_t b, size_t *c)
{
    size_t inputs[] = {a, b};
    return add(graph, name, desc, inputs, 2, c);
}

octet_status oct_graph_gemm_found(oct_graph *graph, const char *name, const octet_gemm_desc *desc,
                                  const oct_found *a, const oct_found *b, size_t *c)
{
    size_t inputs[] = {a->value, b->value, a->scale, a->zero_point, b->scale, b->zero_point};
    return add(graph, name, desc, inputs, 6, c);
}
