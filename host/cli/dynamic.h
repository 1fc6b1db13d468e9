/* dynamic.h - scales and zero points found from the data, as the device finds them; on the host,
 * because reports show the framework's own scale (PyTorch's is a double), and because data with a
 * NaN or an infinity must be refused by name. */
#ifndef OCT_CLI_DYNAMIC_H
#define OCT_CLI_DYNAMIC_H

#include "cli/npy.h"
#include "cli/options.h"
#include "core/quantization.h"

typedef struct oct_dynamic_options {
    int parameters; /* octet_parameters: ONNX or PYTORCH; 0 (GIVEN): not said, ONNX */
    bool reduce_range;
} oct_dynamic_options;

/* Rows "params" and "reduce-range", for a command's table: their offsets are into
 * oct_dynamic_options at "base" of the target. */
#define OCT_DYNAMIC_ROWS(base)                                                                     \
    {"params",                                                                                     \
     "RULE",                                                                                       \
     oct_parse_choice,                                                                             \
     (base) + offsetof(oct_dynamic_options, parameters),                                           \
     .choices = oct_dynamic_rules,                                                                 \
     .help = "how they are found: onnx (u8 only) or pytorch (onnx)"},                              \
    {                                                                                              \
        "reduce-range", NULL, oct_parse_flag,                                                      \
            (base) + offsetof(oct_dynamic_options, reduce_range),                                  \
            .help = "one bit less, as torch's reduce_range"                                        \
    }
extern const oct_choice oct_dynamic_rules[];

/* A range of an array with parameters of its own: every index of "axis", or the whole. */
typedef struct oct_channels {
    size_t outer, count, inner; /* element (o, c, i) is at (o * count + c) * inner + i */
} oct_channels;

oct_channels oct_channels_whole(const octet_shape *shape);
oct_channels oct_channels_of_axis(const octet_shape *shape, size_t axis);

/* oct_dynamic_check - refuses combinations that no framework knows. */
octet_status oct_dynamic_check(const oct_dynamic_options *options, octet_type type,
                               const char *type_option);

/* oct_dynamic_choose - one oct_found_parameters per channel, freed by the caller. A NaN or an
 * infinity is refused with its index, a range whose scale is not a normal float32 with its channel.
 */
octet_status oct_dynamic_choose(const oct_dynamic_options *options, octet_type type,
                                const oct_array *array, oct_channels channels,
                                oct_found_parameters **out);

/* oct_dynamic_rule - the rule that goes with the parameters. */
octet_quantize_rule oct_dynamic_rule(const oct_dynamic_options *options);

/* The library's name for the choice. */
octet_parameters oct_dynamic_parameters(const oct_dynamic_options *options);

#endif
