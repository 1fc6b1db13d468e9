/* execute.c - see execute.h. */
#include "harness/execute.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/shape.h"
#include "harness/building.h"

octet_status oct_upload(octet_context *context, octet_type type, const octet_shape *shape,
                        const void *data, octet_tensor **out)
{
    octet_status status = OCTET_OK;
    octet_tensor *tensor = NULL;
    OCT_TRY(octet_tensor_create(context, type, shape, &tensor));
    OCT_TRY(octet_tensor_write(tensor, data, NULL));
    *out = tensor;
    tensor = NULL;
cleanup:
    octet_tensor_destroy(tensor);
    return status;
}

octet_status oct_download(const oct_log *log, const octet_tensor *tensor, void **out)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = octet_tensor_shape(tensor);
    size_t bytes = 0;
    char *data = NULL;
    OCT_REQUIRE(log, oct_shape_bytes(octet_tensor_type(tensor), &shape, &bytes),
                OCTET_OUT_OF_MEMORY, "the result is too large for this machine's addresses");
    OCT_ALLOC(log, data, bytes);
    OCT_TRY(octet_tensor_read(tensor, data, NULL));
    *out = data;
    data = NULL;
cleanup:
    free(data);
    return status;
}

octet_status oct_execution_prepare(oct_execution *execution, const oct_log *log,
                                   octet_context *context, octet_operator *op,
                                   octet_tensor *const *inputs, size_t input_count,
                                   const octet_type *output_types, size_t output_count)
{
    octet_status status = OCTET_OK;
    octet_shape shapes[OCT_EXECUTION_INPUTS];
    octet_device_info device;
    *execution = (oct_execution){.log = log, .context = context, .op = op};
    for (size_t i = 0; i < input_count; i++) {
        execution->inputs[i] = inputs[i];
        shapes[i] = octet_tensor_shape(inputs[i]);
    }
    execution->input_count = input_count;
    execution->output_count = output_count;
    octet_context_device(context, &device, NULL);
    oct_building_begin(device.name);
    OCT_TRY(
        octet_operator_prepare(op, shapes, input_count, execution->output_shapes, output_count));
    for (size_t i = 0; i < output_count; i++)
        OCT_TRY(octet_tensor_create(context, output_types[i], &execution->output_shapes[i],
                                    &execution->outputs[i]));
cleanup:
    oct_building_end();
    return status;
}

octet_status oct_execution_enqueue(oct_execution *execution)
{
    return octet_operator_run(execution->op, execution->inputs, execution->input_count,
                              execution->outputs, execution->output_count, NULL, 0, NULL);
}

octet_status oct_execution_record(oct_execution *execution, size_t count)
{
    octet_status status = OCTET_OK;
    octet_commands *commands = NULL;
    OCT_TRY(octet_commands_begin(execution->context, &commands));
    for (size_t i = 0; i < count; i++)
        OCT_TRY(oct_execution_enqueue(execution));
    OCT_TRY(octet_commands_end(commands));
    octet_commands_destroy(execution->commands);
    execution->commands = commands;
    commands = NULL;
cleanup:
    octet_commands_destroy(commands);
    return status;
}

octet_status oct_execution_play(oct_execution *execution)
{
    return execution->commands != NULL ? octet_commands_run(execution->commands, NULL, 0, NULL)
                                       : oct_execution_enqueue(execution);
}

octet_status oct_execution_time(oct_execution *execution, double *seconds)
{
    octet_status status = OCTET_OK;
    const double begin = oct_now();
    OCT_TRY(oct_execution_enqueue(execution));
    OCT_TRY(octet_context_finish(execution->context));
    *seconds = oct_now() - begin;
cleanup:
    return status;
}

void oct_execution_release(oct_execution *execution)
{
    for (size_t i = 0; i < execution->output_count; i++)
        octet_tensor_destroy(execution->outputs[i]);
    octet_commands_destroy(execution->commands);
    octet_operator_destroy(execution->op);
    *execution = (oct_execution){0};
}
