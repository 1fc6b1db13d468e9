/* drawn.h - layers drawn by chance, computed on any context, for tests of what arithmetic says of
 * every layer: shifted, split and rearranged ones agree in every bit, whoever computes them. */
#ifndef OCT_TESTS_DRAWN_H
#define OCT_TESTS_DRAWN_H

#include <stdbool.h>

#include "support/rig.h"

/* So few rows and columns, and so few pairs of types, that devices need few programs. */
enum { OCT_DRAWN_BYTES = 1 << 14, OCT_DRAWN_CHANNELS = 32 };

/* x or w. Parameters: one, or one per index of the outermost dimension. */
typedef struct oct_operand {
    octet_type type;
    octet_shape shape;
    size_t parameters;
    float scales[OCT_DRAWN_CHANNELS];
    int32_t zeros[OCT_DRAWN_CHANNELS];
    uint8_t bytes[OCT_DRAWN_BYTES];
} oct_operand;

/* A convolution in either layout, or a gemm of x (m, k) or (batch, m, k) and w (n, k), B
 * transposed; "turned": of x (k, m), A transposed, and w (k, n). */
typedef struct oct_drawn {
    bool convolution, turned;
    octet_layout layout;
    oct_operand x, w;
    size_t groups, stride[2], dilation[2], padding[4];
    octet_type y_type;
    octet_rounding rounding;
    float y_scale, float_bias[OCT_DRAWN_CHANNELS];
    int32_t y_zero, bias[OCT_DRAWN_CHANNELS];
    bool relu, clamp;
    int32_t low, high; /* of the clamp */
} oct_drawn;

/* Where a check runs, and the numbers it may draw: the same everywhere. */
typedef struct oct_place {
    octet_context *context;
    const char *what; /* begins failure messages */
    uint64_t *seed;
} oct_place;

/* oct_drawn_compute - y, freed by the caller; its shape goes to "shape". A failure fails the test. */
void *oct_drawn_compute(const oct_place *p, const oct_drawn *l, octet_shape *shape);

/* oct_drawn_expect - computes a layer whose answer is known. */
void oct_drawn_expect(const oct_place *p, const oct_drawn *l, const void *expected);

size_t oct_elements(const octet_shape *shape);

/* A row of a test's table: layers of these types are drawn. */
typedef struct oct_property {
    const char *name;
    bool convolution;
    octet_type x, w, y;
    void (*check)(const oct_place *p, oct_drawn *l); /* may change the layer */
} oct_property;

/* oct_property_tests - one test per row, for a group between oct_rig_open and oct_rig_close: checks
 * some layers on every context. */
void oct_property_tests(const oct_property *properties, size_t count, struct CMUnitTest *tests);

#endif
