/* network.h - whole quantized networks: load an ONNX file, run it in batches, look inside it, and
 * compare every layer with the reference.
 *
 *     octet_network_load_onnx   read, check, choose layouts, make the operators
 *     octet_network_prepare     build kernels and allocate for one batch size
 *     octet_network_run         host arrays in and out, any number of images
 *     octet_network_stream      the same for inputs and outputs that pass through, on one or more
 *                               devices
 *     octet_network_enqueue     the same for tensors that are already on the device
 *
 * The rules of octet.h hold here too. A network belongs to one thread at a time.
 *
 * Batches. Many models leave the first dimension of their inputs open ("N"). Shapes in this header
 * are those of one image, with "batched" set where the first size is multiplied by the number of
 * images. Everything else is fixed when the model is loaded. The same images give the same bits
 * whatever the batch size, except in models that find the range of a tensor when they run
 * (DynamicQuantizeLinear): that is the range of a batch.
 *
 * Hooks. While a run calls one of the functions below, its networks and their contexts are at work.
 * Every hook may call octet with other contexts and networks, and octet_network_inputs, _outputs,
 * _layers and _layer with those of the run; octet_layer_fn may do more. None may leave by longjmp or
 * a C++ exception.
 */
#ifndef OCTET_NETWORK_H
#define OCTET_NETWORK_H

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Loading ---- */

typedef struct octet_network octet_network;

typedef struct octet_network_options {
    size_t struct_size;

    /* Not 0: a model with operators that octet lacks is loaded all the same, to be looked at; it
     * cannot run. */
    int allow_unsupported;

    /* NULL or "": chosen for each layer. "reference" computes every layer, another row of the
     * variant table those of conv2d and gemm. */
    const char *variant;
} octet_network_options;

/* octet_network_load_onnx - reads a quantized ONNX model, in QOperator or QDQ form (docs/onnx.md
 * lists operators and versions), checks all of it and makes its operators on "context". "options"
 * may be NULL: all defaults. Weights may be in other files of its folder. No file is needed
 * afterwards.
 * - OCTET_IO_FAILED: a file cannot be read.
 * - OCTET_INVALID_ARGUMENT: it is not a valid model; the message names the node.
 * - OCTET_UNSUPPORTED: it uses what octet lacks; one message per such node. */
OCTET_API octet_status octet_network_load_onnx(octet_context *context, const char *path,
                                               const octet_network_options *options,
                                               octet_network **out);

/* octet_network_load_onnx_memory - like octet_network_load_onnx, from "size" bytes at "data", which
 * are only read during the call and hold all weights. */
OCTET_API octet_status octet_network_load_onnx_memory(octet_context *context, const void *data,
                                                      size_t size,
                                                      const octet_network_options *options,
                                                      octet_network **out);
OCTET_API void octet_network_destroy(octet_network *network);

/* octet_network_unsupported_count - how many parts of the model cannot run. */
OCTET_API size_t octet_network_unsupported_count(const octet_network *network);

/* octet_network_unsupported - the reason why part "index", from 0, cannot run, naming its node. Lives
 * as long as the network.
 * - OCTET_INVALID_ARGUMENT: there are not so many. */
OCTET_API octet_status octet_network_unsupported(const octet_network *network, size_t index,
                                                 const char **reason);

/* ---- 2. Inputs and outputs ---- */

typedef struct octet_network_value {
    const char *name; /* lives as long as the network */
    octet_type type;
    octet_shape shape; /* of one image if "batched"; sizes in the model's order */
    int batched;       /* not 0: the first size is multiplied by the number of images */
} octet_network_value;

/* octet_network_inputs, octet_network_outputs - write up to "capacity" descriptions in the model's
 * order to "values" (may be NULL with capacity 0), and return how many there are. */
OCTET_API size_t octet_network_inputs(const octet_network *network, octet_network_value *values,
                                      size_t capacity);
OCTET_API size_t octet_network_outputs(const octet_network *network, octet_network_value *values,
                                       size_t capacity);

/* ---- 3. Running ---- */

/* octet_network_prepare - fixes the largest batch: builds kernels and allocates memory for "batch"
 * images at once (1 where no input is batched). May be called again for another size. */
OCTET_API octet_status octet_network_prepare(octet_network *network, size_t batch);

/* octet_layer_fn - told after each layer of each batch, when its output is complete. "layer" counts
 * as in octet_network_layer; "first_image" is the first of the batch. The tensor, the first of those
 * that the layer makes, may be read during the call; four-dimensional values are stored with channels
 * last (N,H,W,C). The network's context may be used then, for other operators too; the network itself
 * must not be prepared, run or destroyed. */
typedef void (*octet_layer_fn)(void *user, size_t layer, size_t first_image,
                               const octet_tensor *output);

/* octet_progress_fn - told after each batch how many images of all are done. Must not call octet with
 * what the run uses, as said above. */
typedef void (*octet_progress_fn)(void *user, size_t done, size_t images);

/* What a device did, by its own clock. */
typedef enum octet_trace_kind {
    OCTET_TRACE_INPUT = 0, /* the copy of an input to the device */
    OCTET_TRACE_LAYER,
    OCTET_TRACE_OUTPUT /* the copy of an output from the device */
} octet_trace_kind;

typedef struct octet_trace_event {
    octet_trace_kind kind;
    size_t index;   /* of the input, layer or output */
    size_t network; /* of those given to octet_network_stream */
    size_t queue; /* 0: the one that computes, also copies; 1, 2: to, from the device, beside it */
    size_t first_image, images; /* the batch */
    double start, end;          /* seconds since the run began */
} octet_trace_event;

/* octet_trace_fn - told, after each batch, of each thing the device did for it, in the order of
 * inputs, layers, outputs. Must not call octet with what the run uses, but for octet_network_layer and
 * its like, as said above. */
typedef void (*octet_trace_fn)(void *user, const octet_trace_event *event);

/* What comparing every layer with the reference found. */
typedef struct octet_network_check {
    size_t compared;  /* layer outputs compared, over all batches */
    size_t different; /* how many of them had a wrong bit; also outputs that "whole" found wrong */

    /* Batches of which the outputs were computed once more, by all layers as one command, and compared
     * with those of the layers one by one: octet_context_chains. */
    size_t whole;

    /* Of the first wrong one, in the order of computation: its index, and the first wrong element,
     * "rank" sizes in the model's order. The first of them counts over all images if the layer is
     * batched; comparison.first counts in the stored order. An index of octet_network_layers means
     * an output of all layers as one command; "rank" is 0 then, and index[0] the output's index. */
    size_t layer;
    octet_comparison comparison;
    size_t rank;
    size_t index[OCTET_MAX_RANK];
} octet_network_check;

typedef struct octet_run_options {
    size_t struct_size;

    octet_layer_fn layer; /* may be NULL; otherwise layers run one at a time */
    void *layer_user;
    octet_progress_fn progress; /* may be NULL */
    void *progress_user;

    /* Not 0: layers run one at a time; octet_network_layer tells their seconds afterwards. */
    int time_layers;

    /* Not NULL: each layer is computed again by its "reference" variant from the same inputs, and
     * the outputs are compared bit by bit. A difference is reported here and by a message; the run
     * goes on. */
    octet_network_check *check;

    /* May be NULL; otherwise the contexts are made with profiling (the reference needs none), and
     * layers do not run one at a time. The clocks of several devices are put beside each other to
     * about the time that waiting for a device takes. */
    octet_trace_fn trace;
    void *trace_user;
} octet_run_options;

/* octet_network_run - runs "images" images (1 where no input is batched) through the network.
 * "inputs" and "outputs" are host arrays in the model's order, each holding all images; no input may
 * be NULL, and an output that is NULL is not written. They are split into batches of the prepared
 * size, the last of which may be short, and up to three of which are under way at the same time. A
 * short one behind whole ones takes as long as they do; it is computed by itself, for which every
 * operator is prepared anew and afterwards once more, in models that find the range of a tensor when
 * they run, and where "options" look at layers. So is a run of fewer images than one batch. A
 * network that its owner has not prepared is prepared for all images at once, and anew when a later
 * run has more: it then has memory for the largest run there was (octet_network_prepare sets a
 * bound). Where octet_context_chains is NULL the layers of a batch are one command, from the second batch
 * on that takes the place of an earlier one among those under way, unless "options"
 * look at them. "options" may be NULL. Returns when the outputs are written. */
OCTET_API octet_status octet_network_run(octet_network *network, size_t images,
                                         const void *const *inputs, void *const *outputs,
                                         const octet_run_options *options);

/* octet_read_fn - puts images "first" up to "first + images" into the arrays "inputs", in the model's
 * order; an input that is not batched is given whole each time.
 * octet_write_fn - takes the outputs of those images, as octet_read_fn gives inputs. What is not
 * batched comes with every batch; octet_network_run keeps that of the batch with the last image, and
 * with 0 images, where nothing computes it, refuses an array for it.
 * Both return OCTET_OK, or what the run is to fail with, and must not call octet with what the run
 * uses, as said above. The arrays are theirs during the call. */
typedef octet_status (*octet_read_fn)(void *user, size_t first, size_t images, void *const *inputs);
typedef octet_status (*octet_write_fn)(void *user, size_t first, size_t images,
                                       const void *const *outputs);

/* Where images come from and where results go. */
typedef struct octet_stream {
    size_t struct_size;
    size_t images;      /* 1 where no input is batched */
    octet_read_fn read; /* neither may be NULL where there are images */
    octet_write_fn write;
    void *user;
    const unsigned char *skip; /* NULL, or for each output: not 0 where nobody wants it;
                                * octet_write_fn gets NULL for it */
} octet_stream;

/* octet_network_stream - runs the images of a stream through "count" networks, loaded from the same
 * model, each on a context of its own (several contexts may be of one device: their batches fill each
 * other's gaps). Memory is that of the batches under way, three for each network, whatever the number
 * of images. A batch goes to whichever network is free; transfers and
 * the stream's functions overlap with computing. With one network, images are read and written in
 * order; with several, in any order, and each image is still written once.
 *
 * A network whose device fails is reported by a message and left out; what it had not finished is
 * read again and computed by the others. The call fails, with the device's status, when none is
 * left, and at once when a function of the stream fails.
 *
 * The batch is the smallest that a network is prepared for; one that its owner has not prepared is
 * prepared for its share of all images, as by octet_network_run. "options" may be NULL; "layer" needs
 * a single network, and "progress" counts the images written.
 *
 * Threads: each network after the first gets a thread. The functions of stream and options are
 * called by any of them, one at a time. */
OCTET_API octet_status octet_network_stream(octet_network *const *networks, size_t count,
                                            const octet_stream *stream,
                                            const octet_run_options *options);

/* octet_network_enqueue - enqueues one batch of "images", at most the prepared size, on tensors of
 * the network's context. Inputs and outputs have the types and shapes of octet_network_inputs and
 * _outputs with the first size multiplied; an output shares no memory with an input or another
 * output. "wait" and "event" as in octet_operator_run. The tensors must stay until the event is
 * done. Every layer is a command of its own, unless they are recorded as one (commands.h), for the
 * number of images that the network is prepared for or had the last time. Another number prepares
 * every operator for it, which packs weights and waits for the device: it suits calls with the same
 * number. */
OCTET_API octet_status octet_network_enqueue(octet_network *network, size_t images,
                                             octet_tensor *const *inputs,
                                             octet_tensor *const *outputs, octet_event *const *wait,
                                             size_t wait_count, octet_event **event);

/* ---- 4. Looking inside ---- */

/* One operator of the network as it runs. Pointers live as long as the network; shapes are those of
 * one image, in the model's order. */
typedef struct octet_layer_info {
    const char *name; /* of the model's node; one that octet added says what it is for */
    /* "conv2d", "gemm", "max_pool", "average_pool", "quantize", "dequantize", "lookup", "softmax",
     * "reduce_mean", "reduce_min", "reduce_max", "arg_min", "arg_max", "interpolate", "concat",
     * "permute", "gather", and the functions of octet_binary_create and octet_unary_create: "add" to
     * "maximum", "clip" to "hard_swish". */
    const char *op;
    const char *variant; /* what runs it; "" before the network is prepared */
    octet_type input_type, output_type;
    octet_shape input_shape, output_shape;
    int batched;                               /* of the output: the first, if it has several */
    octet_quantization input, weights, output; /* counts are 0 where there is none */
    octet_type weight_type;
    octet_shape weight_shape;         /* rank 0: the layer has no weights */
    size_t weight_bytes;              /* weights and bias */
    size_t input_bytes, output_bytes; /* one image */
    uint64_t macs;                    /* multiplications with an addition, one image */
    double seconds;                   /* of the last run with time_layers, per batch; else 0 */

    /* Names of the model's nodes that it computes, in the model's order, its own among them; the first
     * 64. None for a layer that octet added. A node of which several layers need the value is in each. */
    const char *const *sources;
    size_t source_count;
} octet_layer_info;

/* octet_network_layers - how many operators run. */
OCTET_API size_t octet_network_layers(const octet_network *network);

/* octet_network_layer - describes operator "index", from 0, in the order in which they run.
 * - OCTET_INVALID_ARGUMENT: there are not so many. */
OCTET_API octet_status octet_network_layer(const octet_network *network, size_t index,
                                           octet_layer_info *info);

/* Device memory in bytes; activations are those of the prepared batch. */
typedef struct octet_network_memory {
    size_t weights;     /* as the model holds them, bias included */
    size_t activations; /* between layers, shared where their lives do not overlap */
    size_t unshared;    /* what they would need without sharing */
    size_t ports;       /* inputs and outputs of one batch; octet_network_run has up to three */
    size_t scratch;     /* of layers for themselves: packed inputs, sums of parts */
} octet_network_memory;
OCTET_API void octet_network_memory_use(const octet_network *network, octet_network_memory *memory);

#ifdef __cplusplus
}
#endif
#endif
