/* pool.c - see pool.h. */
#include "support/pool.h"

/* clang-format off */
const oct_pool_case oct_pool_cases[OCT_POOL_CASES] = {
    /* name                           n   h   w      c     kernel  stride  dilation padding       ceil, count_padding */
    {"one element",                   1, {1, 1},     1,    {1, 1}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"all of the image",              2, {7, 7},     20,   {7, 7}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"all of an oblong image",        1, {3, 5},     17,   {3, 5}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, 0},
    {"all of fewer taps than 4",      1, {1, 3},     4,    {1, 3}, {0, 0}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"side by side",                  2, {9, 11},    5,    {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 0, 1},
    {"side by side, cut off",         1, {9, 11},    16,   {2, 2}, {2, 2}, {0, 0}, {0, 0, 0, 0}, 1, 0},
    {"overlapping, padded",           1, {14, 40},   17,   {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 0, 1},
    {"overlapping, padded, cut off",  1, {14, 41},   33,   {3, 3}, {2, 2}, {0, 0}, {1, 1, 1, 1}, 1, 0},
    {"apart, padded, cut off",        1, {14, 21},   33,   {3, 3}, {3, 3}, {0, 0}, {1, 1, 1, 1}, 1, 0},
    {"at every element",              3, {5, 70},    2,    {3, 3}, {1, 1}, {0, 0}, {1, 1, 1, 1}, 0, 0},
    {"dilated",                       1, {7, 50},    3,    {2, 3}, {3, 1}, {2, 3}, {1, 0, 0, 2}, 0, 0},
    {"dilated, flat",                 1, {6, 64},    4,    {1, 5}, {1, 3}, {1, 2}, {0, 4, 0, 3}, 1, 1},
    {"as large as the image, padded", 1, {4, 4},     7,    {4, 4}, {1, 1}, {0, 0}, {3, 3, 3, 3}, 0, 0},
    {"nothing but padding",           1, {3, 3},     2,    {1, 1}, {1, 1}, {0, 0}, {2, 1, 0, 2}, 0, 0},
    {"one tap at every element",      1, {20, 100},  3,    {1, 1}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"several work-items in a line",  1, {2, 5000},  3,    {2, 2}, {1, 2}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"many channels",                 1, {2, 3},     9000, {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"no image",                      0, {5, 5},     3,    {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
    {"no channel",                    1, {5, 5},     0,    {2, 2}, {1, 1}, {0, 0}, {0, 0, 0, 0}, 0, 0},
};
/* clang-format on */

void oct_pool_tests(struct CMUnitTest *tests, CMUnitTestFunction run)
{
    OCT_ROW_TESTS(tests, run, oct_pool_cases);
}

octet_shape oct_pool_input(const oct_pool_case *c, octet_layout layout)
{
    return layout == OCTET_NHWC
               ? (octet_shape){4, {c->images, c->size[0], c->size[1], c->channels}}
               : (octet_shape){4, {c->images, c->channels, c->size[0], c->size[1]}};
}

/* Both descriptions name their windows alike. */
#define SET_WINDOWS(desc, c)                                                                       \
    do {                                                                                           \
        memcpy((desc).kernel, (c)->kernel, sizeof(desc).kernel);                                   \
        memcpy((desc).stride, (c)->stride, sizeof(desc).stride);                                   \
        memcpy((desc).dilation, (c)->dilation, sizeof(desc).dilation);                             \
        memcpy((desc).padding, (c)->padding, sizeof(desc).padding);                                \
    } while (0)

octet_max_pool_desc oct_max_pool_of(const oct_pool_case *c, octet_layout layout)
{
    octet_max_pool_desc desc = {.layout = layout, .ceil = c->ceil};
    SET_WINDOWS(desc, c);
    return desc;
}

octet_average_pool_desc oct_average_pool_of(const oct_pool_case *c, octet_layout layout)
{
    octet_average_pool_desc desc = {
        .layout = layout, .ceil = c->ceil, .count_padding = c->count_padding};
    SET_WINDOWS(desc, c);
    return desc;
}

octet_status oct_make_max_pool(octet_context *context, const void *desc, const char *variant,
                               octet_operator **out)
{
    octet_max_pool_desc own = *(const octet_max_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_max_pool_create(context, &own, out);
}

octet_status oct_make_average_pool(octet_context *context, const void *desc, const char *variant,
                                   octet_operator **out)
{
    octet_average_pool_desc own = *(const octet_average_pool_desc *)desc;
    own.struct_size = sizeof own;
    own.variant = variant;
    return octet_average_pool_create(context, &own, out);
}
