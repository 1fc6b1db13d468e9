/* opencl.h - octet on the caller's own OpenCL context, queue, buffers and events.
 *
 * Running never waits for the device and never copies a buffer; making a context and preparing an
 * operator do wait, and octet_network_enqueue prepares them where the number of images changes. Every
 * command goes to the caller's queue, which octet does not flush; a queue that may reorder is given
 * barriers between the commands of one operator: PoCL 3.1 takes seconds over some hundreds of them before
 * the first is done, and none on a queue in order.
 *
 * Who includes this header needs OpenCL's headers, links OpenCL as well as octet, and may define
 * CL_TARGET_OPENCL_VERSION, 120 or later, before it.
 */
#ifndef OCTET_OPENCL_H
#define OCTET_OPENCL_H

#include <CL/cl.h>

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* octet_context_from_queue - a context on "queue", which must be one of "context" and "device"; all
 * are retained until it is destroyed. The device is qualified as by octet_context_create; "desc"
 * (may be NULL) gives the cache, the kernel file and the message hook; its backend, device and
 * profiling are not used. */
OCTET_API octet_status octet_context_from_queue(cl_device_id device, cl_context context,
                                                cl_command_queue queue,
                                                const octet_context_desc *desc,
                                                octet_context **out);

/* octet_tensor_from_buffer - the bytes of "buffer" from "offset" on as a dense tensor; the buffer
 * is retained. The offset must be 0 or a multiple of the device's CL_DEVICE_MEM_BASE_ADDR_ALIGN.
 * - OCTET_INVALID_ARGUMENT: the tensor would pass the buffer's end, the buffer belongs to another
 *   OpenCL context, or "context" runs on the reference. */
OCTET_API octet_status octet_tensor_from_buffer(octet_context *context, octet_type type,
                                                const octet_shape *shape, cl_mem buffer,
                                                size_t offset, octet_tensor **out);

/* octet_operator_enqueue - like octet_operator_run, with OpenCL events: waits for "wait", and
 * *event ("event" may be NULL; the caller releases it) completes when the outputs are written. Its
 * own profiling times are those of a marker.
 * - OCTET_INVALID_ARGUMENT: the operator's context runs on the reference. */
OCTET_API octet_status octet_operator_enqueue(octet_operator *op, octet_tensor *const *inputs,
                                              size_t input_count, octet_tensor *const *outputs,
                                              size_t output_count, const cl_event *wait,
                                              size_t wait_count, cl_event *event);

/* octet_commands_enqueue - like octet_commands_run, with OpenCL events as in octet_operator_enqueue. */
OCTET_API octet_status octet_commands_enqueue(octet_commands *commands, const cl_event *wait,
                                              size_t wait_count, cl_event *event);

#ifdef __cplusplus
}
#endif
#endif
