/* check_whole.c - compares what layers gave one by one with what they give as one command, which is how a
 * batch runs that nobody looks at. */
#include <stdlib.h>

#include "network/slot.h"

/* An output as the layers gave it one by one. */
typedef struct seen_output {
    const octet_tensor *tensor; /* of the binding */
    unsigned char *bytes;
} seen_output;

/* Reads an output and puts other bytes in its place, so that only what computes it restores it. */
static octet_status take(const octet_network *network, const octet_tensor *tensor, seen_output *out)
{
    octet_status status = OCTET_OK;
    out->tensor = tensor;
    OCT_ALLOC(&network->log, out->bytes, tensor->bytes);
    OCT_TRY(oct_buffer_read(tensor->buffer, tensor->bytes, out->bytes, NULL));
    for (size_t i = 0; i < tensor->bytes; i++)
        out->bytes[i] ^= 0xff;
    OCT_TRY(oct_buffer_write(tensor->buffer, tensor->bytes, out->bytes, NULL));
    for (size_t i = 0; i < tensor->bytes; i++)
        out->bytes[i] ^= 0xff;
cleanup:
    return status;
}

/* Puts the layers' bytes back, which are those that were compared with the reference. */
static octet_status compare(const octet_network *network, const seen_output *seen,
                            octet_comparison *found)
{
    octet_status status = OCTET_OK;
    const octet_tensor *const tensor = seen->tensor;
    unsigned char *actual = NULL;
    size_t count = 0;
    oct_shape_count(&tensor->shape, &count);
    OCT_ALLOC(&network->log, actual, tensor->bytes);
    OCT_TRY(oct_buffer_read(tensor->buffer, tensor->bytes, actual, NULL));
    OCT_TRY(oct_buffer_write(tensor->buffer, tensor->bytes, seen->bytes, NULL));
    octet_compare(tensor->type, count, seen->bytes, actual, found);
cleanup:
    free(actual);
    return status;
}

static void add(const octet_network *network, size_t output, const octet_comparison *found,
                octet_network_check *check)
{
    if (check->different == 0) {
        check->layer = network->stage_count;
        check->comparison = *found;
        check->rank = 0;
        check->index[0] = output;
    }
    check->different++;
}

octet_status oct_slot_check_whole(octet_network *network, oct_slot *slot)
{
    octet_status status = OCTET_OK;
    octet_comparison found = {0};
    seen_output *seen = NULL;
    OCT_TRY(oct_network_record(network, &slot->binding));
    if (slot->binding.chain == NULL)
        return OCTET_OK;
    OCT_ALLOC(&network->log, seen, slot->output_count);
    for (size_t i = 0; i < slot->output_count; i++)
        OCT_TRY(
            take(network, slot->binding.views[slot->ports[slot->input_count + i].value], &seen[i]));
    OCT_TRY(oct_chain_run(slot->binding.chain));
    for (size_t i = 0; i < slot->output_count; i++) {
        OCT_TRY(compare(network, &seen[i], &found));
        if (found.mismatches > 0)
            add(network, i, &found, &slot->check);
    }
    slot->check.whole++;
cleanup:
    for (size_t i = 0; seen != NULL && i < slot->output_count; i++)
        free(seen[i].bytes);
    free(seen);
    return status;
}
