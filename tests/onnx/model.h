/* model.h - builds ONNX models in memory, good and bad ones. */
#ifndef OCT_TESTS_ONNX_MODEL_H
#define OCT_TESTS_ONNX_MODEL_H

#include <stdbool.h>
#include <stdlib.h>

#include "onnx.pb-c.h"
#include "support/unit.h"

#define OCT_MOST_PARTS 64
#define OCT_TYPE(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

typedef struct oct_model {
    Onnx__ModelProto proto;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset;
    Onnx__OperatorSetIdProto *opsets[1];
    Onnx__NodeProto *nodes[OCT_MOST_PARTS];
    Onnx__TensorProto *initializers[OCT_MOST_PARTS];
    Onnx__ValueInfoProto *inputs[OCT_MOST_PARTS], *outputs[OCT_MOST_PARTS];
    void *kept[4096];
    size_t kept_count;
} oct_model;

/* Zeroed memory until oct_model_free. */
static inline void *oct_model_keep(oct_model *m, size_t size)
{
    assert_true(m->kept_count < OCT_COUNT(m->kept));
    void *const memory = calloc(1, size > 0 ? size : 1);
    assert_non_null(memory);
    m->kept[m->kept_count++] = memory;
    return memory;
}

static inline void *oct_model_copy(oct_model *m, const void *data, size_t size)
{
    void *const copy = oct_model_keep(m, size);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

static inline char *oct_model_text(oct_model *m, const char *text)
{
    return oct_model_copy(m, text, strlen(text) + 1);
}

static inline void oct_model_free(oct_model *m)
{
    while (m->kept_count > 0)
        free(m->kept[--m->kept_count]);
    free(m);
}

/* An empty model of operator set 13. */
static inline oct_model *oct_model_create(void)
{
    oct_model *const m = calloc(1, sizeof *m);
    assert_non_null(m);
    onnx__model_proto__init(&m->proto);
    onnx__graph_proto__init(&m->graph);
    onnx__operator_set_id_proto__init(&m->opset);
    m->opset.has_version = 1;
    m->opset.version = 13;
    m->opset.domain = oct_model_text(m, "");
    m->opsets[0] = &m->opset;
    m->proto.has_ir_version = 1;
    m->proto.ir_version = 8;
    m->proto.opset_import = m->opsets;
    m->proto.n_opset_import = 1;
    m->proto.graph = &m->graph;
    m->graph.node = m->nodes;
    m->graph.initializer = m->initializers;
    m->graph.input = m->inputs;
    m->graph.output = m->outputs;
    return m;
}

/* Sizes of -1 are left open and named "N". */
static inline Onnx__ValueInfoProto *oct_model_port(oct_model *m, const char *name, int type,
                                                   size_t rank, const int64_t *sizes)
{
    Onnx__ValueInfoProto *const info = oct_model_keep(m, sizeof *info);
    Onnx__TensorShapeProto *const shape = oct_model_keep(m, sizeof *shape);
    onnx__value_info_proto__init(info);
    info->name = oct_model_text(m, name);
    info->type = oct_model_keep(m, sizeof *info->type);
    onnx__type_proto__init(info->type);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = oct_model_keep(m, sizeof *info->type->tensor_type);
    onnx__type_proto__tensor__init(info->type->tensor_type);
    info->type->tensor_type->has_elem_type = 1;
    info->type->tensor_type->elem_type = type;
    info->type->tensor_type->shape = shape;
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = rank;
    shape->dim = oct_model_keep(m, rank * sizeof *shape->dim);
    for (size_t i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *const dim = oct_model_keep(m, sizeof *dim);
        onnx__tensor_shape_proto__dimension__init(dim);
        dim->value_case = sizes[i] == -1 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                                         : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (sizes[i] == -1)
            dim->dim_param = oct_model_text(m, "N");
        else
            dim->dim_value = sizes[i];
        shape->dim[i] = dim;
    }
    return info;
}

static inline void oct_model_input(oct_model *m, const char *name, int type, size_t rank,
                                   const int64_t *sizes)
{
    m->inputs[m->graph.n_input++] = oct_model_port(m, name, type, rank, sizes);
}

/* Its type and shape are left to the nodes. */
static inline void oct_model_output(oct_model *m, const char *name)
{
    Onnx__ValueInfoProto *const info = oct_model_keep(m, sizeof *info);
    onnx__value_info_proto__init(info);
    info->name = oct_model_text(m, name);
    m->outputs[m->graph.n_output++] = info;
}

/* An initializer with raw data of "bytes". */
static inline Onnx__TensorProto *oct_model_tensor(oct_model *m, const char *name, int type,
                                                  size_t rank, const int64_t *sizes,
                                                  const void *data, size_t bytes)
{
    Onnx__TensorProto *const tensor = oct_model_keep(m, sizeof *tensor);
    onnx__tensor_proto__init(tensor);
    tensor->name = oct_model_text(m, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = rank;
    tensor->dims = oct_model_copy(m, sizes, rank * sizeof *sizes);
    tensor->has_raw_data = 1;
    tensor->raw_data.len = bytes;
    tensor->raw_data.data = oct_model_copy(m, data, bytes);
    m->initializers[m->graph.n_initializer++] = tensor;
    return tensor;
}

static inline void oct_model_scale(oct_model *m, const char *name, float scale)
{
    oct_model_tensor(m, name, OCT_TYPE(FLOAT), 0, NULL, &scale, sizeof scale);
}

/* A zero point of one byte; "type" UINT8 or INT8. */
static inline void oct_model_zero(oct_model *m, const char *name, int type, int zero)
{
    const uint8_t byte = (uint8_t)(zero & 0xff);
    oct_model_tensor(m, name, type, 0, NULL, &byte, 1);
}

/* Splits "a b c"; "-" is the empty name. */
static inline size_t oct_model_words(oct_model *m, const char *words, char ***list)
{
    size_t count = 0;
    char *text = oct_model_text(m, words);
    *list = oct_model_keep(m, OCT_MOST_PARTS * sizeof **list);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "))
        (*list)[count++] = strcmp(word, "-") == 0 ? oct_model_text(m, "") : word;
    return count;
}

static inline Onnx__NodeProto *oct_model_node(oct_model *m, const char *type, const char *name,
                                              const char *inputs, const char *outputs)
{
    Onnx__NodeProto *const node = oct_model_keep(m, sizeof *node);
    onnx__node_proto__init(node);
    node->op_type = oct_model_text(m, type);
    node->name = oct_model_text(m, name);
    node->n_input = oct_model_words(m, inputs, &node->input);
    node->n_output = oct_model_words(m, outputs, &node->output);
    node->attribute = oct_model_keep(m, OCT_MOST_PARTS * sizeof *node->attribute);
    m->nodes[m->graph.n_node++] = node;
    return node;
}

static inline Onnx__AttributeProto *oct_model_attribute(oct_model *m, Onnx__NodeProto *node,
                                                        const char *name, int type)
{
    Onnx__AttributeProto *const attribute = oct_model_keep(m, sizeof *attribute);
    onnx__attribute_proto__init(attribute);
    attribute->name = oct_model_text(m, name);
    attribute->has_type = 1;
    attribute->type = (Onnx__AttributeProto__AttributeType)type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

static inline void oct_model_integer(oct_model *m, Onnx__NodeProto *node, const char *name,
                                     int64_t value)
{
    Onnx__AttributeProto *const attribute =
        oct_model_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    attribute->has_i = 1;
    attribute->i = value;
}

static inline void oct_model_float(oct_model *m, Onnx__NodeProto *node, const char *name,
                                   float value)
{
    Onnx__AttributeProto *const attribute =
        oct_model_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    attribute->has_f = 1;
    attribute->f = value;
}

static inline void oct_model_integers(oct_model *m, Onnx__NodeProto *node, const char *name,
                                      size_t count, const int64_t *values)
{
    Onnx__AttributeProto *const attribute =
        oct_model_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    attribute->n_ints = count;
    attribute->ints = oct_model_copy(m, values, count * sizeof *values);
}

static inline void oct_model_string(oct_model *m, Onnx__NodeProto *node, const char *name,
                                    const char *text)
{
    Onnx__AttributeProto *const attribute =
        oct_model_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    attribute->has_s = 1;
    attribute->s.len = strlen(text);
    attribute->s.data = oct_model_copy(m, text, strlen(text));
}

/* The model's bytes, which live until oct_model_free. */
static inline const uint8_t *oct_model_pack(oct_model *m, size_t *size)
{
    *size = onnx__model_proto__get_packed_size(&m->proto);
    uint8_t *const bytes = oct_model_keep(m, *size);
    onnx__model_proto__pack(&m->proto, bytes);
    return bytes;
}

#endif
