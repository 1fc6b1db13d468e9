/* commands.h - runs of operators, recorded once and played as one command any number of times.
 *
 *     octet_commands_begin      what this thread runs from now on is recorded instead of enqueued
 *     octet_operator_run        checked as ever; any number of times, and octet_network_enqueue
 *     octet_commands_end        makes one command of it
 *     octet_commands_run        enqueues that
 *
 * A part of octet.h, which includes it, and whose rules hold here. As graphs captured from a stream and
 * command buffers do elsewhere, it saves what enqueueing costs for each run. Where octet_context_chains
 * is NULL, the device's threads go from each run to the next by themselves, without a launch: worth it for
 * runs of less than a millisecond. On other devices their launches are enqueued one by one, with arguments
 * that are set already; where a variant is "reference", the runs are made again. The bits are the same
 * everywhere.
 *
 * What may be recorded
 * - octet_operator_run and octet_network_enqueue, without a wait list and without an event: those are
 *   octet_commands_run's. Each sees what those before it wrote. An operator may be recorded several times,
 *   on the same tensors or on others. What is refused is not recorded; the rest is.
 * - Refused meanwhile, on the context and by the thread that record: copies from and to host memory,
 *   octet_operator_prepare, octet_quantize_found, octet_commands_run, and all else that is done with a
 *   network, loading included. Making and destroying other objects, and octet_context_finish, are done at
 *   once, as ever.
 *
 * Lifetime
 * - Commands keep the operators and the memory of the tensors that they were recorded with: those may be
 *   destroyed before them; octet_tensor_write and _read reach the contents as long as the tensor lives.
 * - An operator that is prepared again (and so a network, for another number of images) ends the commands
 *   that it is in: they are refused from then on, and can only be destroyed.
 * - A buffer that a tensor was made from (opencl.h) is kept too. A context is destroyed after its commands.
 *
 * Threads: commands belong to one thread at a time, and while they run or are destroyed so do their
 * operators. octet_commands_begin, what is recorded, and octet_commands_end (or octet_commands_destroy in its
 * place) are one thread's, which records one at a time. What other threads do with the context meanwhile is
 * enqueued.
 */
#ifndef OCTET_COMMANDS_H
#define OCTET_COMMANDS_H

#include "octet/octet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct octet_commands octet_commands;

/* octet_commands_begin - this thread records what it runs on "context", up to octet_commands_end.
 * - OCTET_INVALID_ARGUMENT: it records already, on this context or another. */
OCTET_API octet_status octet_commands_begin(octet_context *context, octet_commands **out);

/* octet_commands_end - the recording is over, also when it fails. May wait for the device.
 * - OCTET_INVALID_ARGUMENT: they are not what this thread records, or an operator was prepared again, by
 *   another thread, since it was recorded. */
OCTET_API octet_status octet_commands_end(octet_commands *commands);

/* octet_commands_run - enqueues all that was recorded, in order, with "wait" and "event" as in
 * octet_operator_run; so is what it promises, but for *event's times, which are those of all runs together.
 * Any number of times, also before the last one is done.
 * - OCTET_INVALID_ARGUMENT: octet_commands_end has not given OCTET_OK, or an operator was prepared again
 *   since. */
OCTET_API octet_status octet_commands_run(octet_commands *commands, octet_event *const *wait,
                                          size_t wait_count, octet_event **event);

/* octet_commands_destroy - may wait for runs that are not done. */
OCTET_API void octet_commands_destroy(octet_commands *commands);

#ifdef __cplusplus
}
#endif
#endif
