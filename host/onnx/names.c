/* names.c - the values that a graph names: each defined once, found by binary search. */
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

static int by_text(const void *left, const void *right)
{
    const oct_onnx_name *const a = left, *const b = right;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->position > b->position) - (a->position < b->position);
}

/* Appends a definition unless the name is empty, which stands for "no output". */
static void define(oct_onnx *onnx, const char *text, size_t producer,
                   const Onnx__TensorProto *tensor, const Onnx__ValueInfoProto *input)
{
    if (text == NULL || text[0] == '\0')
        return;
    onnx->names[onnx->name_count] = (oct_onnx_name){.text = text,
                                                    .position = onnx->name_count,
                                                    .producer = producer,
                                                    .tensor = tensor,
                                                    .input = input,
                                                    .value = OCT_NONE};
    onnx->name_count++;
}

/* Until version 3 of the format, initializers were listed among the inputs too: such pairs become
 * one name, a constant. Any other repetition is refused. */
static octet_status merge(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    size_t kept = 0;
    for (size_t i = 0; i < onnx->name_count; i++) {
        const oct_onnx_name *const name = &onnx->names[i];
        if (kept == 0 || strcmp(onnx->names[kept - 1].text, name->text) != 0) {
            onnx->names[kept++] = *name;
            continue;
        }
        oct_onnx_name *const before = &onnx->names[kept - 1];
        OCT_REQUIRE(&onnx->log, before->input != NULL && name->tensor != NULL,
                    OCTET_INVALID_ARGUMENT, "the value '%s' is defined twice",
                    oct_onnx_printable(onnx, name->text));
        before->tensor = name->tensor;
        before->input = NULL;
    }
    onnx->name_count = kept;
cleanup:
    return status;
}

octet_status oct_onnx_gather_names(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    const Onnx__GraphProto *const graph = onnx->source;
    size_t count = graph->n_input + graph->n_initializer; /* both bounded by wire.c */
    for (size_t i = 0; i < graph->n_node; i++)
        count += graph->node[i]->n_output;
    OCT_ALLOC(&onnx->log, onnx->names, count);
    for (size_t i = 0; i < graph->n_input; i++)
        define(onnx, graph->input[i]->name, OCT_NONE, NULL, graph->input[i]);
    for (size_t i = 0; i < graph->n_initializer; i++)
        define(onnx, graph->initializer[i]->name, OCT_NONE, graph->initializer[i], NULL);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_output; j++)
            define(onnx, graph->node[i]->output[j], i, NULL, NULL);
    qsort(onnx->names, onnx->name_count, sizeof *onnx->names, by_text);
    OCT_TRY(merge(onnx));
cleanup:
    return status;
}

oct_onnx_name *oct_onnx_find(const oct_onnx *onnx, const char *text)
{
    size_t low = 0, high = onnx->name_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(text, onnx->names[middle].text);
        if (order == 0)
            return &onnx->names[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- Names for people and files ---- */

/* Bytes of the UTF-8 character at "text"; 0 where there is none, or one that does not print. */
static size_t character_size(const char *text)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t size = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : (first & 0xf0) == 0xe0        ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
    const unsigned char second = size > 1 ? (unsigned char)text[1] : 0;
    if (size == 0 || (size == 1 && (first < 0x20 || first == 0x7f)))
        return 0;
    /* Overlong forms, surrogates, and beyond U+10FFFF. */
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

const char *oct_onnx_printable(oct_onnx *onnx, const char *text)
{
    char *const copy = oct_graph_keep(onnx->graph, text, strlen(text) + 1, 1);
    for (char *c = copy; c != NULL && *c != '\0';) {
        const size_t size = character_size(c);
        if (size == 0)
            *c = '?';
        c += size > 0 ? size : 1;
    }
    return copy;
}
