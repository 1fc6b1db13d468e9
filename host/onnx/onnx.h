/* onnx.h - reading an ONNX model: the state that its parts share, and what converters are written
 * with. The parts in the order in which load.c calls them:
 *
 *     wire.c       the bytes are sane enough to be parsed
 *     model.c      versions; every name of a value, once (names.c); an order of the nodes (order.c)
 *     ports.c      inputs and outputs
 *     convert.c    each node through the table of operators: op_*.c, with attributes.c, inputs.c
 *                  (tensor.c, external.c, quantization.c), sizes.c (size_casts.c), windows.c
 */
#ifndef OCT_ONNX_ONNX_H
#define OCT_ONNX_ONNX_H

#include "network/graph.h"
#include "network/ops.h"
#include "onnx.pb-c.h"

/* The versions of the default operator set that are read. The operators of convert.c mean the same
 * for their types in all of them; attributes added on the way are listed, others refused. */
#define OCT_ONNX_FIRST_OPSET 10
#define OCT_ONNX_LAST_OPSET 25

/* More nodes than any network has; bounds the work that a small hostile file can ask for. */
#define OCT_ONNX_MOST_NODES 65536

/* Integers that are known while the model is loaded, but for a factor: those that are "open" are
 * multiplied by the number of images. Exporters compute shapes of them. */
typedef struct oct_onnx_sizes {
    const int64_t *values; /* kept by the graph, like "open" */
    const bool *open;
    size_t count;
    bool scalar; /* one number, not a list of one */
} oct_onnx_sizes;

/* More than any shape has; bounds the memory that many nodes with long lists can ask for. */
#define OCT_ONNX_MOST_SIZES 64

/* What a name stands for. */
typedef struct oct_onnx_name {
    const char *text;
    size_t position;                   /* among all definitions, to sort by */
    size_t producer;                   /* the node that makes it, or OCT_NONE */
    const Onnx__TensorProto *tensor;   /* an initializer, or a Constant node's value */
    const Onnx__ValueInfoProto *input; /* an input of the graph, or NULL */
    const oct_onnx_sizes *sizes;       /* of a node that computes with sizes, or NULL */
    size_t value;                      /* in the graph, once it is there; OCT_NONE before */
    bool unknown;                      /* made by a node that is not supported */
    bool read;                         /* by a node, or as an output of the graph */
} oct_onnx_name;

typedef struct oct_onnx {
    oct_log log;
    oct_graph *graph;
    const Onnx__GraphProto *source;
    const char *folder; /* of the model; NULL where it has none */
    int64_t opset;
    oct_onnx_name *names; /* sorted by text */
    size_t name_count;
    size_t *order;  /* of the nodes */
    size_t indices; /* in all tables so far */
    /* The node being converted: */
    const Onnx__NodeProto *node;
    const char *node_name; /* printable */
    char label[160];       /* "node 'conv1' (QLinearConv)", for messages */
} oct_onnx;

/* One operator of ONNX. "attributes" are the names it may have, each followed by a space. */
typedef struct oct_onnx_op {
    const char *type; /* with its domain in front, and a dot, if that is not ONNX's own */
    size_t inputs_least, inputs_most;
    const char *attributes;
    octet_status (*convert)(oct_onnx *onnx);
} oct_onnx_op;

extern const oct_onnx_op oct_onnx_ops[];
extern const size_t oct_onnx_op_count;

/* ---- The parts ---- */

/* wire.c - refuses bytes that the parser must not see: nested too deep for its recursion, the same
 * single message twice, which it merges slowly, or more messages than memory should hold. */
octet_status oct_onnx_check_wire(const oct_log *log, const ProtobufCMessageDescriptor *type,
                                 const uint8_t *data, size_t size);

/* model.c */
octet_status oct_onnx_check_model(oct_onnx *onnx, const Onnx__ModelProto *model);

/* names.c */
octet_status oct_onnx_gather_names(oct_onnx *onnx);
oct_onnx_name *oct_onnx_find(const oct_onnx *onnx, const char *text); /* NULL: no such name */

/* oct_onnx_printable - "text" with control characters and broken UTF-8 replaced; kept by the graph.
 * NULL when memory is out. */
const char *oct_onnx_printable(oct_onnx *onnx, const char *text);

/* order.c - fills onnx->order, marks the names that are read; refuses cycles and names that nothing defines. */
octet_status oct_onnx_sort(oct_onnx *onnx);

/* ports.c - inputs before the nodes are converted, outputs afterwards. */
octet_status oct_onnx_add_inputs(oct_onnx *onnx);
octet_status oct_onnx_add_outputs(oct_onnx *onnx);

/* convert.c - adds every node; those that are not supported are listed in the graph. */
octet_status oct_onnx_convert(oct_onnx *onnx);

/* oct_onnx_label - makes node "index" the one that messages name. */
octet_status oct_onnx_label(oct_onnx *onnx, size_t index);

/* ---- For converters: the current node ---- */

/* convert.c - oct_onnx_find_row: which of "count" rows of "size" bytes, each beginning with the name of an
 * operator, is the node's. */
octet_status oct_onnx_find_row(oct_onnx *onnx, const void *rows, size_t count, size_t size,
                               size_t *index);

/* inputs.c - "value" is a value of the graph, "constant" one with data, "sizes" are int64. An index past the last
 * input and the empty name are both "not given". */
bool oct_onnx_has_input(const oct_onnx *onnx, size_t index);
octet_status oct_onnx_input(oct_onnx *onnx, size_t index, size_t *value);
octet_status oct_onnx_constant(oct_onnx *onnx, size_t index, const char *role, oct_value *constant);
octet_status oct_onnx_get_sizes(oct_onnx *onnx, size_t index, const char *role,
                                oct_onnx_sizes *sizes);
octet_status oct_onnx_set_sizes(oct_onnx *onnx, const oct_onnx_sizes *sizes);
/* oct_onnx_get_integers - a constant of int64 or int32, of any shape. */
typedef struct oct_onnx_integers {
    const int64_t *values; /* kept by the graph */
    octet_shape shape;
    size_t count;
} oct_onnx_integers;
octet_status oct_onnx_get_integers(oct_onnx *onnx, size_t index, const char *role,
                                   oct_onnx_integers *integers);
/* Whether an input is such integers: an int64 constant of the model, or computed from some. */
bool oct_onnx_is_sizes(const oct_onnx *onnx, size_t index);
void oct_onnx_set_output(oct_onnx *onnx, size_t value); /* the first output */
/* Output "index", if the node has it. */
void oct_onnx_set_output_at(oct_onnx *onnx, size_t index, size_t value);

/* tensor.c - decodes a tensor; "data" is kept by the graph. */
octet_status oct_onnx_tensor(oct_onnx *onnx, const Onnx__TensorProto *tensor, octet_type *type,
                             octet_shape *shape, const void **data);
octet_status oct_onnx_tensor_integers(oct_onnx *onnx, const Onnx__TensorProto *tensor,
                                      const int64_t **integers, size_t *count);
/* external.c - "bytes" little-endian bytes of a tensor that is kept in another file; "data" is kept
 * by the graph. */
bool oct_onnx_is_external(const Onnx__TensorProto *tensor);
octet_status oct_onnx_read_external(oct_onnx *onnx, const Onnx__TensorProto *tensor,
                                    const char *name, size_t bytes, uint8_t **data);

bool oct_onnx_type(int64_t onnx_type, octet_type *type); /* false: not one of octet's */
const char *oct_onnx_type_name(int64_t onnx_type);
octet_status oct_onnx_shape(oct_onnx *onnx, const int64_t *dims, size_t rank, const char *what,
                            octet_shape *shape);

/* quantization.c - scale and zero point inputs as constants. "zero_point" may be absent: then the
 * type stays as it was. */
octet_status oct_onnx_quantization(oct_onnx *onnx, size_t scale, size_t zero_point,
                                   const char *role, octet_quantization *quantization,
                                   octet_type *type);
/* The same where the zero point, which says the type, must be there. */
octet_status oct_onnx_given_quantization(oct_onnx *onnx, size_t scale, size_t zero_point,
                                         const char *role, octet_quantization *quantization,
                                         octet_type *type);
/* The same for ConvInteger and MatMulInteger, which have no scale. */
octet_status oct_onnx_zero_points(oct_onnx *onnx, size_t index, const char *role,
                                  octet_quantization *quantization, octet_type type);
/* The same where they may be known at run time only, of what has one of them: then "found" gets its
 * scale (1.0) and zero point; else OCT_NONE. */
octet_status oct_onnx_found_zero_point(oct_onnx *onnx, size_t index, const char *role,
                                       octet_quantization *quantization, octet_type type,
                                       oct_found *found);
/* oct_onnx_per_tensor - refuses more than one value. */
octet_status oct_onnx_per_tensor(oct_onnx *onnx, const char *role,
                                 const octet_quantization *quantization);

/* attributes.c - defaults are returned where the attribute is absent. */
octet_status oct_onnx_attribute_integer(oct_onnx *onnx, const char *name, int64_t low, int64_t high,
                                        int64_t missing, int64_t *value);
octet_status oct_onnx_attribute_float(oct_onnx *onnx, const char *name, float missing,
                                      float *value);
octet_status oct_onnx_attribute_integers(oct_onnx *onnx, const char *name, const int64_t **values,
                                         size_t *count); /* NULL, 0 where absent */
octet_status oct_onnx_attribute_text(oct_onnx *onnx, const char *name, const char *missing,
                                     char *text, size_t size);
octet_status oct_onnx_attribute_axis(oct_onnx *onnx, size_t rank, int64_t missing, size_t *axis);
const Onnx__AttributeProto *oct_onnx_attribute(const oct_onnx *onnx, const char *name);
octet_status oct_onnx_check_attributes(oct_onnx *onnx, const char *known);

/* sizes.c - nodes whose inputs are all sizes. "takes" is false for others. */
bool oct_onnx_takes_sizes(const oct_onnx *onnx);
octet_status oct_onnx_convert_sizes(oct_onnx *onnx);

/* Room for a list of "count" sizes. */
octet_status oct_onnx_start_sizes(oct_onnx *onnx, size_t count, bool scalar, oct_onnx_sizes *sizes,
                                  int64_t **values, bool **open);

/* size_casts.c - a Cast of sizes; of constant float32 numbers to sizes, rounded to zero. "..._is_integer":
 * whether a type of ONNX is one of sizes. */
octet_status oct_onnx_cast_sizes(oct_onnx *onnx);
octet_status oct_onnx_sizes_of_floats(oct_onnx *onnx);
bool oct_onnx_is_integer(int64_t type);

/* images.c - what convolutions and pools look at: (N,C,H,W). A line, (N,C,L), is seen as an image of
 * height 1, by views that oct_graph_fuse moves out of the way. */
typedef struct oct_onnx_image {
    size_t value;
    bool line;
} oct_onnx_image;

/* oct_onnx_read_image - value "x" as an image; "..._line_shape" - the same of a shape: (A,B,L) becomes
 * (A,B,1,L); "..._set_image" - image y becomes the first output, a line again if "line". */
octet_status oct_onnx_read_image(oct_onnx *onnx, size_t x, oct_onnx_image *image);
octet_shape oct_onnx_line_shape(const octet_shape *shape);
octet_status oct_onnx_set_image(oct_onnx *onnx, size_t y, bool line);

/* windows.c - kernel_shape, strides, dilations, pads and auto_pad of a window over an image.
 * "kernel" is what the weights say, or NULL: then the attribute is required. */
typedef struct oct_onnx_window {
    size_t kernel[2], stride[2], dilation[2], padding[4]; /* top, left, bottom, right */
} oct_onnx_window;
octet_status oct_onnx_read_window(oct_onnx *onnx, const oct_onnx_image *image, const size_t *kernel,
                                  bool ceil, oct_onnx_window *window);
/* The same of a transposed convolution, whose padding is cut off its output; "sizes", 0 before, get
 * the two of that. No dimension of x is 0 or above 2^31 - 1. */
octet_status oct_onnx_read_transposed_window(oct_onnx *onnx, const oct_onnx_image *image,
                                             const size_t *kernel, oct_onnx_window *window,
                                             size_t *sizes);

/* tables.c - indices for oct_graph_gather. oct_onnx_start_tables gives a description that changes
 * nothing of value x; oct_onnx_add_table one axis of it a table of "count" indices, kept by the
 * graph, to be filled. */
octet_status oct_onnx_start_tables(oct_onnx *onnx, size_t x, octet_gather_desc *desc);
octet_status oct_onnx_add_table(oct_onnx *onnx, size_t axis, size_t count, octet_gather_desc *desc,
                                int32_t **table);

/* coordinates.c - one dimension that Resize stretches: element x of "to" comes from between those of
 * "from". */
typedef struct oct_onnx_stretch {
    float scale; /* to / from, or what the model says */
    float from, to;
} oct_onnx_stretch;
typedef float (*oct_onnx_coordinate)(float x, const oct_onnx_stretch *stretch);
typedef float (*oct_onnx_nearest)(float x, bool shrinks); /* an index near a coordinate */
octet_status oct_onnx_read_coordinate(oct_onnx *onnx, oct_onnx_coordinate *coordinate);
octet_status oct_onnx_read_nearest(oct_onnx *onnx, oct_onnx_nearest *nearest);

/* oct_onnx_axis - an axis counted from the end if negative; of "rank" dimensions. */
octet_status oct_onnx_axis(oct_onnx *onnx, int64_t given, size_t rank, size_t *axis);

/* oct_onnx_float_binary - adds a node of float32, named as the model's. */
octet_status oct_onnx_float_binary(oct_onnx *onnx, octet_binary_function function, size_t a,
                                   size_t b, size_t *y);

/* oct_onnx_read_axes - which of "rank" dimensions, each once: input "index" or, in older versions of the
 * operator set, the attribute 'axes'. "given" is false where there is neither. */
typedef struct oct_onnx_axes {
    size_t list[OCTET_MAX_RANK], count;
    bool has[OCTET_MAX_RANK], given;
} oct_onnx_axes;
octet_status oct_onnx_read_axes(oct_onnx *onnx, size_t index, size_t rank, oct_onnx_axes *axes);

/* ---- Converters, one file per family ---- */

octet_status oct_onnx_quantize_linear(oct_onnx *onnx);
octet_status oct_onnx_dequantize_linear(oct_onnx *onnx);
octet_status oct_onnx_dynamic_quantize_linear(oct_onnx *onnx);
octet_status oct_onnx_dynamic_quantize_matmul(oct_onnx *onnx);
octet_status oct_onnx_matmul_integer_to_float(oct_onnx *onnx);
octet_status oct_onnx_qlinear_conv(oct_onnx *onnx);
octet_status oct_onnx_conv_integer(oct_onnx *onnx);
octet_status oct_onnx_qlinear_matmul(oct_onnx *onnx);
octet_status oct_onnx_matmul_integer(oct_onnx *onnx);
octet_status oct_onnx_conv(oct_onnx *onnx);
octet_status oct_onnx_conv_transpose(oct_onnx *onnx);
octet_status oct_onnx_matmul(oct_onnx *onnx);
octet_status oct_onnx_gemm(oct_onnx *onnx);
octet_status oct_onnx_qgemm(oct_onnx *onnx);
octet_status oct_onnx_max_pool(oct_onnx *onnx);
octet_status oct_onnx_global_max_pool(oct_onnx *onnx);
octet_status oct_onnx_average_pool(oct_onnx *onnx);
octet_status oct_onnx_global_average_pool(oct_onnx *onnx);
octet_status oct_onnx_qlinear_average_pool(oct_onnx *onnx);
octet_status oct_onnx_qlinear_global_average_pool(oct_onnx *onnx);
octet_status oct_onnx_batch_normalization(oct_onnx *onnx);
octet_status oct_onnx_depth_to_space(oct_onnx *onnx);
octet_status oct_onnx_space_to_depth(oct_onnx *onnx);
octet_status oct_onnx_concat(oct_onnx *onnx);
octet_status oct_onnx_qlinear_concat(oct_onnx *onnx);
octet_status oct_onnx_qlinear_add(oct_onnx *onnx);
octet_status oct_onnx_qlinear_mul(oct_onnx *onnx);
octet_status oct_onnx_add(oct_onnx *onnx);
octet_status oct_onnx_sub(oct_onnx *onnx);
octet_status oct_onnx_mul(oct_onnx *onnx);
octet_status oct_onnx_div(oct_onnx *onnx);
octet_status oct_onnx_min(oct_onnx *onnx);
octet_status oct_onnx_max(oct_onnx *onnx);
octet_status oct_onnx_unary(oct_onnx *onnx);
octet_status oct_onnx_clip(oct_onnx *onnx);
octet_status oct_onnx_prelu(oct_onnx *onnx);
octet_status oct_onnx_pow(oct_onnx *onnx);
octet_status oct_onnx_function(oct_onnx *onnx);
octet_status oct_onnx_gelu(oct_onnx *onnx);
octet_status oct_onnx_softmax(oct_onnx *onnx);
octet_status oct_onnx_qlinear_softmax(oct_onnx *onnx);
octet_status oct_onnx_cast(oct_onnx *onnx);
octet_status oct_onnx_dropout(oct_onnx *onnx);
octet_status oct_onnx_qlinear_leaky_relu(oct_onnx *onnx);
octet_status oct_onnx_qlinear_sigmoid(oct_onnx *onnx);
octet_status oct_onnx_flatten(oct_onnx *onnx);
octet_status oct_onnx_reshape(oct_onnx *onnx);
octet_status oct_onnx_transpose(oct_onnx *onnx);
octet_status oct_onnx_identity(oct_onnx *onnx);
octet_status oct_onnx_squeeze(oct_onnx *onnx);
octet_status oct_onnx_unsqueeze(oct_onnx *onnx);
octet_status oct_onnx_shape_of(oct_onnx *onnx);
octet_status oct_onnx_slice(oct_onnx *onnx);
octet_status oct_onnx_split(oct_onnx *onnx);
octet_status oct_onnx_gather(oct_onnx *onnx);
octet_status oct_onnx_pad(oct_onnx *onnx);
octet_status oct_onnx_resize(oct_onnx *onnx);
octet_status oct_onnx_reduce(oct_onnx *onnx);
octet_status oct_onnx_arg(oct_onnx *onnx);
octet_status oct_onnx_constant_node(oct_onnx *onnx);

#endif
