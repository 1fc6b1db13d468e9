/* dynamic.c - see dynamic.h. */
#include "cli/dynamic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/difference.h"

const oct_choice oct_dynamic_rules[] = {
    {"onnx", OCTET_PARAMETERS_ONNX}, {"pytorch", OCTET_PARAMETERS_PYTORCH}, {NULL, 0}};

oct_channels oct_channels_whole(const octet_shape *shape)
{
    oct_channels channels = {1, 1, 1};
    for (size_t i = 0; i < shape->rank; i++)
        channels.inner *= shape->size[i];
    return channels;
}

oct_channels oct_channels_of_axis(const octet_shape *shape, size_t axis)
{
    oct_channels channels = {1, shape->size[axis], 1};
    for (size_t i = 0; i < axis; i++)
        channels.outer *= shape->size[i];
    for (size_t i = axis + 1; i < shape->rank; i++)
        channels.inner *= shape->size[i];
    return channels;
}

octet_parameters oct_dynamic_parameters(const oct_dynamic_options *options)
{
    return options->parameters == OCTET_PARAMETERS_PYTORCH ? OCTET_PARAMETERS_PYTORCH
                                                           : OCTET_PARAMETERS_ONNX;
}

octet_quantize_rule oct_dynamic_rule(const oct_dynamic_options *options)
{
    return oct_dynamic_parameters(options) == OCTET_PARAMETERS_PYTORCH ? OCTET_QUANTIZE_RECIPROCAL
                                                                       : OCTET_QUANTIZE_DIVIDE;
}

octet_status oct_dynamic_check(const oct_dynamic_options *options, octet_type type,
                               const char *type_option)
{
    octet_status status = OCTET_OK;
    if (oct_dynamic_parameters(options) == OCTET_PARAMETERS_PYTORCH)
        return OCTET_OK;
    OCT_REQUIRE(oct_cli_log, type == OCTET_U8, OCTET_INVALID_ARGUMENT,
                "%s is s8, but --params onnx knows u8 only (--params pytorch knows both)",
                type_option);
    OCT_REQUIRE(oct_cli_log, !options->reduce_range, OCTET_INVALID_ARGUMENT,
                "--reduce-range needs --params pytorch; --params onnx has no such thing");
cleanup:
    return status;
}

static octet_status refuse_value(const oct_array *array, size_t flat)
{
    char place[200] = "";
    size_t index[OCTET_MAX_RANK], length = 0;
    oct_index_of(&array->shape, flat, index);
    for (size_t d = 0; d < array->shape.rank; d++)
        length += (size_t)snprintf(place + length, sizeof place - length, "%s%zu",
                                   d > 0 ? ", " : "", index[d]);
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "'%s' has %g at [%s]; parameters can be found from finite values only",
                      array->path, (double)((const float *)array->data)[flat], place);
}

/* A difference beyond float32 gives an infinite scale, a tiny one a scale of 0 or a subnormal. */
static octet_status check_scale(const oct_array *array, size_t channel, float low, float high,
                                double scale)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, isnormal((float)scale), OCTET_INVALID_ARGUMENT,
                "'%s' goes from %.9g to %.9g in channel %zu, which gives a scale of %.9g; a scale "
                "must be finite and no smaller than 2^-126",
                array->path, (double)low, (double)high, channel, scale);
cleanup:
    return status;
}

/* Smallest and largest of one channel; both 0 when it is empty. */
static octet_status find_range(const oct_array *array, oct_channels channels, size_t channel,
                               float *low, float *high)
{
    const float *const data = array->data;
    *low = *high = 0.0f;
    for (size_t o = 0; channels.inner > 0 && o < channels.outer; o++) {
        const size_t begin = (o * channels.count + channel) * channels.inner;
        if (o == 0)
            *low = *high = data[begin];
        for (size_t i = begin; i < begin + channels.inner; i++) {
            if (!isfinite(data[i]))
                return refuse_value(array, i);
            *low = data[i] < *low ? data[i] : *low;
            *high = data[i] > *high ? data[i] : *high;
        }
    }
    return OCTET_OK;
}

octet_status oct_dynamic_choose(const oct_dynamic_options *options, octet_type type,
                                const oct_array *array, oct_channels channels,
                                oct_found_parameters **out)
{
    octet_status status = OCTET_OK;
    oct_found_parameters *chosen = NULL;
    OCT_ALLOC(oct_cli_log, chosen, channels.count);
    for (size_t c = 0; c < channels.count; c++) {
        float low, high;
        OCT_TRY(find_range(array, channels, c, &low, &high));
        chosen[c] = oct_dynamic_parameters(options) == OCTET_PARAMETERS_PYTORCH
                        ? oct_choose_pytorch(low, high, type, options->reduce_range)
                        : oct_choose_onnx(low, high);
        OCT_TRY(check_scale(array, c, low, high, chosen[c].scale));
    }
    *out = chosen;
    chosen = NULL;
cleanup:
    free(chosen);
    return status;
}
