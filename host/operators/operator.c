/* operator.c - the life cycle that all operators share: prepare, run, destroy. */
#include "operators/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

octet_status oct_operator_begin(octet_context *context, const oct_operator_class *class,
                                size_t bytes, const char *variant, octet_operator **out)
{
    octet_status status = OCTET_OK;
    unsigned char *memory = NULL;
    octet_operator *op = NULL;
    OCT_ALLOC(&context->log, memory, bytes);
    op = (octet_operator *)(void *)memory;
    op->class = class;
    op->context = context;
    if (variant != NULL)
        snprintf(op->wish, sizeof op->wish, "%s", variant);
    *out = op;
cleanup:
    return status;
}

octet_status oct_operator_choose_simple(octet_operator *op)
{
    octet_status status = OCTET_OK;
    const bool on_host = op->context->traits.type == OCTET_DEVICE_REFERENCE;
    const char *const chosen = op->wish[0] != '\0' ? op->wish : on_host ? "reference" : "opencl";
    op->use_reference = strcmp(chosen, "reference") == 0;
    OCT_REQUIRE(&op->context->log, op->use_reference || (strcmp(chosen, "opencl") == 0 && !on_host),
                OCTET_INVALID_ARGUMENT, "%s: variant \"%s\" is not one of: %sreference",
                op->class->name, chosen, on_host ? "" : "opencl, ");
    snprintf(op->variant, sizeof op->variant, "%s", chosen);
cleanup:
    return status;
}

/* Some drivers compile a kernel when it is first launched: that belongs to prepare, so new programs
 * are run once, on scratch tensors. What they hold does not matter. */
static octet_status rehearse(octet_operator *op)
{
    octet_status status = OCTET_OK;
    oct_buffer *in[OCT_MAX_INPUTS] = {NULL}, *out[OCT_MAX_OUTPUTS] = {NULL};
    size_t bytes = 0, output_bytes = 0;
    for (size_t i = 0; i < op->input_count; i++) {
        (void)oct_shape_bytes(op->input_types[i], &op->input_shapes[i], &bytes);
        OCT_TRY(oct_buffer_create(op->context, bytes, &in[i]));
    }
    for (size_t i = 0; i < op->output_count; i++) {
        (void)oct_shape_bytes(op->output_types[i], &op->output_shapes[i], &bytes);
        OCT_TRY(oct_buffer_create(op->context, bytes, &out[i]));
        output_bytes += bytes;
    }
    if (output_bytes > 0)
        OCT_TRY(op->class->enqueue(op, in, out));
cleanup : {
    const octet_status finished = octet_context_finish(op->context);
    status = status == OCTET_OK ? finished : status;
}
    for (size_t i = 0; i < op->input_count; i++)
        oct_buffer_destroy(in[i]);
    for (size_t i = 0; i < op->output_count; i++)
        oct_buffer_destroy(out[i]);
    if (status != OCTET_OUT_OF_MEMORY)
        return status;
    return oct_report(
        &op->context->log, OCTET_OK,
        "%s: memory does not suffice to try its kernels now; its first run may be slow",
        op->class->name);
}

octet_status octet_operator_prepare(octet_operator *op, const octet_shape *input_shapes,
                                    size_t input_count, octet_shape *output_shapes,
                                    size_t output_count)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->context->log;
    const void *const mark = oct_newest_program(op->context);
    size_t bytes = 0;
    OCT_TRY(oct_refuse_recording(op->context, "octet_operator_prepare"));
    op->prepared = op->ran = false;
    op->preparations++;
    op->scratch = 0;
    oct_kernel_destroy(op->kernel);
    op->kernel = NULL;
    OCT_REQUIRE(log, input_count == op->input_count, OCTET_INVALID_ARGUMENT,
                "%s: %zu input shapes were given; it has %zu inputs", op->class->name, input_count,
                op->input_count);
    OCT_REQUIRE(log, output_shapes == NULL || output_count == op->output_count,
                OCTET_INVALID_ARGUMENT, "%s: room for %zu output shapes; it has %zu outputs",
                op->class->name, output_count, op->output_count);
    for (size_t i = 0; i < input_count; i++) {
        OCT_REQUIRE(log, oct_shape_bytes(op->input_types[i], &input_shapes[i], &bytes),
                    OCTET_INVALID_ARGUMENT,
                    "%s: the shape of input %zu has too many dimensions or too many elements",
                    op->class->name, i);
        op->input_shapes[i] = input_shapes[i];
    }
    OCT_TRY(op->class->prepare(op));
    for (size_t i = 0; i < op->output_count; i++)
        OCT_REQUIRE(log, oct_shape_bytes(op->output_types[i], &op->output_shapes[i], &bytes),
                    OCTET_INVALID_ARGUMENT, "%s: output %zu has too many elements", op->class->name,
                    i);
    if (!op->use_reference && oct_has_new_programs(op->context, mark))
        OCT_TRY(rehearse(op));
    for (size_t i = 0; output_shapes != NULL && i < output_count; i++)
        output_shapes[i] = op->output_shapes[i];
    op->prepared = true;
cleanup:
    return status;
}

/* One list of tensors against what the operator was prepared for. */
static octet_status check_tensors(const octet_operator *op, const char *what,
                                  octet_tensor *const *tensors, size_t count, size_t expected,
                                  const octet_type *types, const octet_shape *shapes)
{
    octet_status status = OCTET_OK;
    const oct_log *const log = &op->context->log;
    const char *const name = op->class->name;
    char given[OCT_SHAPE_TEXT], wanted[OCT_SHAPE_TEXT];
    OCT_REQUIRE(log, count == expected, OCTET_INVALID_ARGUMENT, "%s: %zu %ss given; it has %zu",
                name, count, what, expected);
    for (size_t i = 0; i < count; i++) {
        const octet_tensor *const tensor = tensors[i];
        OCT_REQUIRE(log, tensor != NULL, OCTET_INVALID_ARGUMENT, "%s: %s %zu is NULL", name, what,
                    i);
        OCT_REQUIRE(log, tensor->context == op->context, OCTET_INVALID_ARGUMENT,
                    "%s: %s %zu belongs to another context", name, what, i);
        OCT_REQUIRE(log, tensor->type == types[i] && oct_shape_equal(&tensor->shape, &shapes[i]),
                    OCTET_INVALID_ARGUMENT, "%s: %s %zu is %s %s; prepared for %s %s", name, what,
                    i, oct_type(tensor->type)->name, oct_shape_text(&tensor->shape, given),
                    oct_type(types[i])->name, oct_shape_text(&shapes[i], wanted));
    }
cleanup:
    return status;
}

static bool all_empty(octet_tensor *const *tensors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tensors[i]->bytes > 0)
            return false;
    return true;
}

/* A piece of memory that the reference works on. */
typedef struct mapping {
    oct_buffer *buffer;
    unsigned access;
    void *memory;
} mapping;

/* The entry of the buffer's memory, which may be an operand more than once but is mapped once. */
static mapping *enter(mapping *list, size_t *count, oct_buffer *buffer, unsigned access)
{
    mapping *at = list;
    while (at < list + *count && at->buffer->handle != buffer->handle)
        at++;
    *count += at == list + *count;
    if (at->buffer == NULL || at->buffer->bytes < buffer->bytes)
        at->buffer = buffer;
    at->access |= access;
    return at;
}

/* Maps every buffer, computes on the host, unmaps. */
static octet_status run_reference(octet_operator *op, oct_buffer *const *inputs,
                                  oct_buffer *const *outputs)
{
    octet_status status = OCTET_OK;
    mapping list[OCT_MAX_INPUTS + OCT_MAX_OUTPUTS] = {{NULL, 0, NULL}};
    const mapping *from[OCT_MAX_INPUTS], *to[OCT_MAX_OUTPUTS];
    const void *in[OCT_MAX_INPUTS];
    void *out[OCT_MAX_OUTPUTS];
    size_t count = 0, mapped = 0;
    for (size_t i = 0; i < op->input_count; i++)
        from[i] = enter(list, &count, inputs[i], OCT_READ);
    for (size_t i = 0; i < op->output_count; i++)
        to[i] = enter(list, &count, outputs[i], OCT_WRITE);
    for (; mapped < count; mapped++)
        OCT_TRY(oct_buffer_map(list[mapped].buffer, list[mapped].access, &list[mapped].memory));
    for (size_t i = 0; i < op->input_count; i++)
        in[i] = from[i]->memory;
    for (size_t i = 0; i < op->output_count; i++)
        out[i] = to[i]->memory;
    OCT_TRY(op->class->reference(op, in, out));
cleanup:
    while (mapped-- > 0) {
        const octet_status unmapped = oct_buffer_unmap(list[mapped].buffer, list[mapped].memory);
        status = status == OCTET_OK ? unmapped : status;
    }
    return status;
}

octet_status oct_operator_compute(octet_operator *op, oct_buffer *const *inputs,
                                  oct_buffer *const *outputs)
{
    return op->use_reference ? run_reference(op, inputs, outputs)
                             : op->class->enqueue(op, inputs, outputs);
}

/* On checked tensors. */
static octet_status enqueue(octet_operator *op, octet_tensor *const *inputs,
                            octet_tensor *const *outputs, octet_event *const *wait,
                            size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    octet_commands *const recording = oct_recording(op->context);
    const bool empty = all_empty(outputs, op->output_count);
    octet_event *start = NULL;
    oct_buffer *in[OCT_MAX_INPUTS] = {NULL}, *out[OCT_MAX_OUTPUTS] = {NULL};
    for (size_t i = 0; i < op->input_count; i++)
        in[i] = inputs[i]->buffer;
    for (size_t i = 0; i < op->output_count; i++)
        out[i] = outputs[i]->buffer;
    if (recording != NULL) {
        OCT_TRY(oct_commands_refuse_events(op->context, op->class->name, wait_count, event));
        OCT_TRY(oct_commands_add(recording, op, in, out, empty));
        goto cleanup;
    }
    /* also without a wait list: the operator's scratch memory may be in use */
    OCT_TRY(oct_enqueue_begin(op->context, wait, wait_count, event != NULL ? &start : NULL));
    if (!empty)
        OCT_TRY(oct_operator_compute(op, in, out));
    op->ran = true;
    if (event != NULL)
        OCT_TRY(oct_enqueue_end(op->context, &start, event));
cleanup:
    octet_event_destroy(start);
    return status;
}

octet_status octet_operator_run(octet_operator *op, octet_tensor *const *inputs, size_t input_count,
                                octet_tensor *const *outputs, size_t output_count,
                                octet_event *const *wait, size_t wait_count, octet_event **event)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&op->context->log, op->prepared, OCTET_INVALID_ARGUMENT,
                "%s: run before a successful prepare", op->class->name);
    OCT_TRY(check_tensors(op, "input", inputs, input_count, op->input_count, op->input_types,
                          op->input_shapes));
    OCT_TRY(check_tensors(op, "output", outputs, output_count, op->output_count, op->output_types,
                          op->output_shapes));
    OCT_TRY(enqueue(op, inputs, outputs, wait, wait_count, event));
cleanup:
    return status;
}

const char *octet_operator_variant(const octet_operator *op)
{
    return op->variant;
}

octet_operator *oct_operator_hold(octet_operator *op)
{
    atomic_fetch_add(&op->holders, 1);
    return op;
}

void octet_operator_destroy(octet_operator *op)
{
    if (op == NULL || atomic_fetch_sub(&op->holders, 1) > 0)
        return;
    if (op->class->destroy != NULL)
        op->class->destroy(op);
    oct_kernel_destroy(op->kernel);
    free(op);
}
