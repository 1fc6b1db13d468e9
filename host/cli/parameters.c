/* parameters.c - see parameters.h. */
#include "cli/parameters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/npy.h"
#include "cli/number.h"

/* Where a value came from, for messages: "--a-scale" or "--a-scale: 'f.npy', channel 3,". */
typedef struct value_source {
    const char *option, *path; /* path NULL: a number on the command line */
    size_t channel;
} value_source;

static const char *source_text(const value_source *source, char text[300])
{
    if (source->path == NULL)
        snprintf(text, 300, "%s", source->option);
    else
        snprintf(text, 300, "%s: '%s', channel %zu,", source->option, source->path,
                 source->channel);
    return text;
}

static octet_status check_scale(const value_source *source, float scale)
{
    char text[300];
    if (isnormal(scale) && scale > 0)
        return OCTET_OK;
    return oct_report(oct_cli_log, OCTET_INVALID_ARGUMENT,
                      "%s is %.9g; a scale must be above 0, finite and no smaller than 2^-126",
                      source_text(source, text), (double)scale);
}

static octet_status check_zero_point(const value_source *source, int64_t zero_point,
                                     octet_type type)
{
    char text[300];
    const oct_type_info *const info = oct_type(type);
    if (zero_point >= info->low && zero_point <= info->high)
        return OCTET_OK;
    return oct_report(
        oct_cli_log, OCTET_INVALID_ARGUMENT, "%s is %lld; a zero point of %s must be from %d to %d",
        source_text(source, text), (long long)zero_point, info->name, info->low, info->high);
}

/* ---- Files ---- */

static octet_status read_file(const oct_parameter_request *request, const char *option,
                              const char *path, octet_type type, oct_array *array)
{
    octet_status status = OCTET_OK;
    char shape[OCT_SHAPE_TEXT];
    OCT_REQUIRE(oct_cli_log, request->channel != NULL, OCTET_INVALID_ARGUMENT,
                "%s is '%s'; it must be a number", option, path);
    OCT_TRY(oct_npy_read(option, path, 1u << type, array));
    OCT_REQUIRE(oct_cli_log, array->shape.rank == 1 && array->count == request->channels,
                OCTET_INVALID_ARGUMENT,
                "%s: '%s' is %s; it must have one dimension with a value for each %s, that is %zu",
                option, path, oct_shape_text(&array->shape, shape), request->channel,
                request->channels);
cleanup:
    return status;
}

static octet_status scales_from_file(const oct_parameter_request *request, const char *path,
                                     oct_parameter_arrays *out)
{
    octet_status status = OCTET_OK;
    oct_array array = {0};
    OCT_TRY(read_file(request, request->scale_option, path, OCTET_F32, &array));
    for (size_t i = 0; i < array.count; i++) {
        const value_source source = {request->scale_option, path, i};
        OCT_TRY(check_scale(&source, ((const float *)array.data)[i]));
    }
    out->scales = array.data;
    out->scale_count = array.count;
    array.data = NULL;
cleanup:
    oct_array_release(&array);
    return status;
}

static octet_status zero_points_from_file(const oct_parameter_request *request, const char *path,
                                          oct_parameter_arrays *out)
{
    octet_status status = OCTET_OK;
    oct_array array = {0};
    OCT_TRY(read_file(request, request->zero_point_option, path, OCTET_S32, &array));
    for (size_t i = 0; i < array.count; i++) {
        const value_source source = {request->zero_point_option, path, i};
        OCT_TRY(check_zero_point(&source, ((const int32_t *)array.data)[i], request->type));
    }
    out->zero_points = array.data;
    out->zero_point_count = array.count;
    array.data = NULL;
cleanup:
    oct_array_release(&array);
    return status;
}

/* ---- Numbers ---- */

static octet_status read_scales(const oct_parameter_request *request, oct_parameter_arrays *out)
{
    octet_status status = OCTET_OK;
    const value_source source = {request->scale_option, NULL, 0};
    float scale = 1.0f;
    if (request->scale != NULL && !oct_read_float(request->scale, &scale))
        return scales_from_file(request, request->scale, out);
    OCT_TRY(check_scale(&source, scale));
    OCT_ALLOC(oct_cli_log, out->scales, 1);
    out->scales[0] = scale;
    out->scale_count = 1;
cleanup:
    return status;
}

static octet_status read_zero_points(const oct_parameter_request *request,
                                     oct_parameter_arrays *out)
{
    octet_status status = OCTET_OK;
    const value_source source = {request->zero_point_option, NULL, 0};
    int64_t zero_point = 0;
    double real;
    if (request->zero_point != NULL && !oct_read_integer(request->zero_point, &zero_point)) {
        OCT_REQUIRE(oct_cli_log, !oct_read_real(request->zero_point, &real), OCTET_INVALID_ARGUMENT,
                    "%s is %s; a zero point must be a whole number", request->zero_point_option,
                    request->zero_point);
        return zero_points_from_file(request, request->zero_point, out);
    }
    OCT_TRY(check_zero_point(&source, zero_point, request->type));
    OCT_ALLOC(oct_cli_log, out->zero_points, 1);
    out->zero_points[0] = (int32_t)zero_point;
    out->zero_point_count = 1;
cleanup:
    return status;
}

octet_status oct_parameters_read(const oct_parameter_request *request, oct_parameter_arrays *out)
{
    octet_status status = OCTET_OK;
    OCT_TRY(read_scales(request, out));
    OCT_TRY(read_zero_points(request, out));
cleanup:
    return status;
}

octet_quantization oct_parameters_view(const oct_parameter_arrays *arrays)
{
    return (octet_quantization){arrays->scales, arrays->scale_count, arrays->zero_points,
                                arrays->zero_point_count};
}

void oct_parameters_release(oct_parameter_arrays *arrays)
{
    free(arrays->scales);
    free(arrays->zero_points);
    *arrays = (oct_parameter_arrays){0};
}
