/* opencl.h - octet on the caller's own OpenCL context, queue, buffers and events.
 *
 * Running never waits for the device and never copies a buffer; making a context and preparing an
 * operator do wait. Every command goes to the caller's queue; a queue that may reorder is given
 * barriers between the commands of one operator.
 */
#ifndef OCTET_OPENCL_H
#define OCTET_OPENCL_H

#include <CL/cl.h>

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* octet_context_from_queue - a context on "queue" of "context" and "device", which are retained
 * until it is destroyed. The device is qualified as by octet_context_create; "desc" (may be NULL)
 * gives the cache, the kernel file and the message hook; its backend, device and profiling are not
 * read. */
OCTET_API octet_status octet_context_from_queue(cl_device_id device, cl_context context,
                                                cl_command_queue queue,
                                                const octet_context_desc *desc,
                                                octet_context **out);

/* octet_tensor_from_buffer - the bytes of "buffer" from "offset" on as a dense tensor; the buffer
 * is retained. The offset must be a multiple of the device's CL_DEVICE_MEM_BASE_ADDR_ALIGN, except
 * 0. OCTET_INVALID_ARGUMENT: the tensor would pass the buffer's end. */
OCTET_API octet_status octet_tensor_from_buffer(octet_context *context, octet_type type,
                                                const octet_shape *shape, cl_mem buffer,
                                                size_t offset, octet_tensor **out);

/* octet_operator_enqueue - octet_operator_run with OpenCL events: waits for "wait", and *event (may
 * be NULL; the caller releases it) completes when the outputs are written. */
OCTET_API octet_status octet_operator_enqueue(octet_operator *op, octet_tensor *const *inputs,
                                              size_t input_count, octet_tensor *const *outputs,
                                              size_t output_count, const cl_event *wait,
                                              size_t wait_count, cl_event *event);

#ifdef __cplusplus
}
#endif
#endif
