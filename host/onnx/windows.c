/* windows.c - the attributes that convolutions and pools share. */
#include <string.h>

#include "onnx/onnx.h"

/* How auto_pad is spelled, and which side gets the odd element. */
typedef enum pad_kind { PAD_GIVEN, PAD_NONE, PAD_SAME_UPPER, PAD_SAME_LOWER } pad_kind;
static const char *const pad_names[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};

/* "count" values from low to 2^31 - 1, or the default where the attribute is absent. Of a line, they
 * are those of the width; along the height they are low, which changes nothing. */
static octet_status read_sizes(oct_onnx *onnx, const char *name, bool line, size_t count,
                               int64_t low, size_t missing, size_t *sizes)
{
    octet_status status = OCTET_OK;
    const int64_t *values = NULL;
    size_t given = 0;
    const size_t wanted = line ? count / 2 : count;
    OCT_TRY(oct_onnx_attribute_integers(onnx, name, &values, &given));
    OCT_REQUIRE(&onnx->log, given == 0 || given == wanted, OCTET_INVALID_ARGUMENT,
                "%s: its attribute '%s' has %zu values; it must have %zu", onnx->label, name, given,
                wanted);
    for (size_t i = 0; i < wanted; i++) {
        const size_t at = line ? 2 * i + 1 : i;
        OCT_REQUIRE(&onnx->log, given == 0 || (values[i] >= low && values[i] <= INT32_MAX),
                    OCTET_INVALID_ARGUMENT,
                    "%s: value %zu of its attribute '%s' is %lld; it must be %lld to %d",
                    onnx->label, i, name, (long long)values[i], (long long)low, INT32_MAX);
        sizes[at] = given == 0 ? missing : (size_t)values[i];
        if (line)
            sizes[at - 1] = (size_t)low;
    }
cleanup:
    return status;
}

static octet_status read_kernel(oct_onnx *onnx, bool line, const size_t *kernel,
                                oct_onnx_window *window)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, kernel != NULL || oct_onnx_attribute(onnx, "kernel_shape") != NULL,
                OCTET_INVALID_ARGUMENT, "%s: its attribute 'kernel_shape' is missing", onnx->label);
    OCT_TRY(read_sizes(onnx, "kernel_shape", line, 2, 1, 0, window->kernel));
    for (size_t i = 0; kernel != NULL && i < 2; i++) {
        if (window->kernel[i] == 0)
            window->kernel[i] = kernel[i];
        OCT_REQUIRE(&onnx->log, window->kernel[i] == kernel[i], OCTET_INVALID_ARGUMENT,
                    "%s: its attribute 'kernel_shape' says %zu, its weights %zu", onnx->label,
                    window->kernel[i], kernel[i]);
    }
cleanup:
    return status;
}

static octet_status read_pad_kind(oct_onnx *onnx, pad_kind *kind)
{
    octet_status status = OCTET_OK;
    char text[16];
    size_t i = 0;
    OCT_TRY(oct_onnx_attribute_text(onnx, "auto_pad", pad_names[PAD_GIVEN], text, sizeof text));
    while (i < 4 && strcmp(text, pad_names[i]) != 0)
        i++;
    OCT_REQUIRE(&onnx->log, i < 4, OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'auto_pad' is '%s'; it must be %s, %s, %s or %s", onnx->label,
                oct_onnx_printable(onnx, text), pad_names[0], pad_names[1], pad_names[2],
                pad_names[3]);
    *kind = (pad_kind)i;
cleanup:
    return status;
}

/* Padding that makes the output size ceil(size / stride). Where windows are further apart than they
 * are long, none is needed for that; ONNX Runtime then crops the input of a pool (not that of a
 * convolution), so false is returned. All numbers but "size" are below 2^31, so nothing overflows
 * unless size does not fit in memory anyway. */
static bool pad_same(oct_onnx_window *window, size_t axis, size_t size, bool upper)
{
    const size_t stride = window->stride[axis];
    const size_t extent = window->dilation[axis] * (window->kernel[axis] - 1) + 1;
    const size_t covered = (oct_divide_up(size, stride) - 1) * stride + extent;
    const size_t total = covered > size ? covered - size : 0;
    window->padding[axis] = upper ? total / 2 : total - total / 2;
    window->padding[axis + 2] = total - window->padding[axis];
    return covered >= size;
}

octet_status oct_onnx_read_window(oct_onnx *onnx, const oct_onnx_image *image, const size_t *kernel,
                                  bool ceil, oct_onnx_window *window)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = onnx->graph->values[image->value].shape;
    const bool line = image->line;
    pad_kind kind = PAD_GIVEN;
    OCT_TRY(read_kernel(onnx, line, kernel, window));
    OCT_TRY(read_sizes(onnx, "strides", line, 2, 1, 1, window->stride));
    OCT_TRY(read_sizes(onnx, "dilations", line, 2, 1, 1, window->dilation));
    OCT_TRY(read_sizes(onnx, "pads", line, 4, 0, 0, window->padding));
    OCT_TRY(read_pad_kind(onnx, &kind));
    if (kind == PAD_GIVEN)
        return OCTET_OK;
    for (size_t i = 0; i < 4; i++)
        OCT_REQUIRE(&onnx->log, window->padding[i] == 0, OCTET_INVALID_ARGUMENT,
                    "%s: it has both 'auto_pad' and 'pads'", onnx->label);
    OCT_REQUIRE(&onnx->log, !ceil || kind == PAD_NONE, OCTET_UNSUPPORTED,
                "%s: 'ceil_mode' with 'auto_pad' %s", onnx->label, pad_names[kind]);
    for (size_t i = 0; kind != PAD_NONE && i < 2; i++) {
        const bool whole = pad_same(window, i, shape.size[i + 2], kind == PAD_SAME_UPPER);
        OCT_REQUIRE(&onnx->log, whole || kernel != NULL, OCTET_UNSUPPORTED,
                    "%s: 'auto_pad' %s with a stride of %zu above its window of %zu", onnx->label,
                    pad_names[kind], window->stride[i], window->kernel[i]);
    }
cleanup:
    return status;
}

/* ---- Transposed convolutions ---- */

/* The sizes that the attribute asks for; 0: none. Some writers put those of batch and channels in
 * front. */
static octet_status read_output_shape(oct_onnx *onnx, bool line, size_t *sizes)
{
    octet_status status = OCTET_OK;
    const int64_t *values = NULL;
    const size_t wanted = line ? 1 : 2;
    size_t count = 0;
    OCT_TRY(oct_onnx_attribute_integers(onnx, "output_shape", &values, &count));
    OCT_REQUIRE(&onnx->log, count == 0 || count == wanted || count == wanted + 2,
                OCTET_INVALID_ARGUMENT,
                "%s: its attribute 'output_shape' has %zu values; it must have %zu", onnx->label,
                count, wanted);
    for (size_t i = 0; i < wanted && count > 0; i++) {
        const int64_t size = values[count - wanted + i];
        OCT_REQUIRE(&onnx->log, size > 0 && size <= INT32_MAX, OCTET_INVALID_ARGUMENT,
                    "%s: its attribute 'output_shape' asks for a size of %lld", onnx->label,
                    (long long)size);
        sizes[line ? 1 : i] = (size_t)size;
    }
cleanup:
    return status;
}

/* What is more than a wanted size is cut off at both ends. */
static void cut(oct_onnx_window *window, size_t axis, size_t whole, size_t wanted, bool upper)
{
    const size_t total = whole > wanted ? whole - wanted : 0;
    window->padding[axis] = upper ? total / 2 : total - total / 2;
    window->padding[axis + 2] = total - window->padding[axis];
}

octet_status oct_onnx_read_transposed_window(oct_onnx *onnx, const oct_onnx_image *image,
                                             const size_t *kernel, oct_onnx_window *window,
                                             size_t *sizes)
{
    octet_status status = OCTET_OK;
    const octet_shape shape = onnx->graph->values[image->value].shape;
    const bool line = image->line;
    size_t extra[2];
    pad_kind kind = PAD_GIVEN;
    OCT_TRY(read_kernel(onnx, line, kernel, window));
    OCT_TRY(read_sizes(onnx, "strides", line, 2, 1, 1, window->stride));
    OCT_TRY(read_sizes(onnx, "dilations", line, 2, 1, 1, window->dilation));
    OCT_TRY(read_sizes(onnx, "pads", line, 4, 0, 0, window->padding));
    OCT_TRY(read_sizes(onnx, "output_padding", line, 2, 0, 0, extra));
    OCT_TRY(read_pad_kind(onnx, &kind));
    OCT_TRY(read_output_shape(onnx, line, sizes));
    for (size_t i = 0; i < 2; i++) {
        const size_t size = shape.size[i + 2]; /* 1 to 2^31 - 1: no product overflows */
        const size_t extent = window->dilation[i] * (window->kernel[i] - 1) + 1;
        const size_t whole = (size - 1) * window->stride[i] + extent + extra[i];
        size_t *const padding = window->padding;
        OCT_REQUIRE(&onnx->log, kind == PAD_GIVEN || padding[i] + padding[i + 2] == 0,
                    OCTET_INVALID_ARGUMENT, "%s: it has both 'auto_pad' and 'pads'", onnx->label);
        if (sizes[i] == 0 && (kind == PAD_SAME_UPPER || kind == PAD_SAME_LOWER))
            sizes[i] = size * window->stride[i] < whole ? size * window->stride[i] : whole;
        if (sizes[i] > 0)
            cut(window, i, whole, sizes[i], kind == PAD_SAME_UPPER);
        else if (padding[i] + padding[i + 2] < whole)
            sizes[i] = whole - padding[i] - padding[i + 2];
        OCT_REQUIRE(&onnx->log, sizes[i] > 0, OCTET_INVALID_ARGUMENT,
                    "%s: pads of %zu and %zu leave nothing of its output of %zu", onnx->label,
                    padding[i], padding[i + 2], whole);
    }
cleanup:
    return status;
}
