/* stream_check.c - what octet_network_stream and octet_network_run are given, before anything runs. */
#include "network/slot.h"

/* Where all images come from and go to. */
static octet_status check_arrays(const octet_network *network, const oct_arrays *arrays)
{
    octet_status status = OCTET_OK;
    const oct_ports *const inputs = &network->graph->inputs;
    for (size_t i = 0; i < inputs->count; i++)
        OCT_REQUIRE(&network->log, arrays->inputs != NULL && arrays->inputs[i] != NULL,
                    OCTET_INVALID_ARGUMENT, "the array of input '%s' is NULL",
                    inputs->items[i].name);
cleanup:
    return status;
}

static octet_status check_functions(const octet_network *network, const octet_stream *stream)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&network->log, stream->read != NULL && stream->write != NULL,
                OCTET_INVALID_ARGUMENT, "network: stream: %s is NULL",
                stream->read == NULL ? "read" : "write");
cleanup:
    return status;
}

static bool same_ports(const octet_network *a, const octet_network *b, const oct_ports *of_a,
                       const oct_ports *of_b)
{
    bool same = of_a->count == of_b->count;
    for (size_t i = 0; same && i < of_a->count; i++) {
        const oct_value *const x = &a->graph->values[of_a->items[i].value];
        const oct_value *const y = &b->graph->values[of_b->items[i].value];
        same =
            x->type == y->type && x->batched == y->batched && oct_shape_equal(&x->shape, &y->shape);
    }
    return same;
}

static octet_status check_networks(octet_network *const *networks, size_t count)
{
    octet_status status = OCTET_OK;
    const octet_network *const one = networks[0];
    for (size_t i = 1; i < count; i++) {
        const octet_network *const other = networks[i];
        OCT_REQUIRE(&one->log,
                    same_ports(one, other, &one->graph->inputs, &other->graph->inputs) &&
                        same_ports(one, other, &one->graph->outputs, &other->graph->outputs),
                    OCTET_INVALID_ARGUMENT,
                    "network: networks 0 and %zu differ in inputs or outputs; they must be of the "
                    "same model",
                    i);
        for (size_t j = 0; j < i; j++)
            OCT_REQUIRE(&one->log, other->context != networks[j]->context, OCTET_INVALID_ARGUMENT,
                        "network: networks %zu and %zu share a context; each must have its own", j,
                        i);
    }
cleanup:
    return status;
}

octet_status oct_stream_check(octet_network *const *networks, size_t count,
                              const octet_stream *stream, const oct_arrays *arrays,
                              const octet_run_options *options)
{
    octet_status status = OCTET_OK;
    const octet_network *const one = networks[0];
    OCT_REQUIRE(&one->log, options->layer == NULL || count == 1, OCTET_INVALID_ARGUMENT,
                "network: options: layer is given with %zu networks; it needs a single one", count);
    for (size_t i = 0; i < count; i++) {
        OCT_TRY(oct_refuse_recording(networks[i]->context, "network: a run on host arrays"));
        OCT_TRY(oct_network_check_runnable(networks[i], stream->images));
    }
    if (stream->images > 0)
        OCT_TRY(arrays != NULL ? check_arrays(one, arrays) : check_functions(one, stream));
    OCT_TRY(check_networks(networks, count));
cleanup:
    return status;
}
