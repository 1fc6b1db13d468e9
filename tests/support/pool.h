/* pool.h - windows of pools, for all their tests. */
#ifndef OCT_TESTS_POOL_H
#define OCT_TESTS_POOL_H

#include "support/stage.h"

/* Pairs are height, width; padding is top, left, bottom, right. */
typedef struct oct_pool_case {
    const char *name;
    size_t images, size[2], channels, kernel[2], stride[2], dilation[2], padding[4];
    int ceil, count_padding; /* the second is of average pools */
} oct_pool_case;

extern const oct_pool_case oct_pool_cases[];
enum { OCT_POOL_CASES = 19 };

/* oct_pool_tests - fills "tests" with one per case; *state is the case. */
void oct_pool_tests(struct CMUnitTest *tests, CMUnitTestFunction run);

/* oct_pool_input - the shape of the input in a layout. */
octet_shape oct_pool_input(const oct_pool_case *c, octet_layout layout);

/* Descriptions of a case's windows; the types are those of bytes until the caller says otherwise. */
octet_max_pool_desc oct_max_pool_of(const oct_pool_case *c, octet_layout layout);
octet_average_pool_desc oct_average_pool_of(const oct_pool_case *c, octet_layout layout);

/* Of the type oct_make_fn; "desc" is the operator's. */
octet_status oct_make_max_pool(octet_context *context, const void *desc, const char *variant,
                               octet_operator **out);
octet_status oct_make_average_pool(octet_context *context, const void *desc, const char *variant,
                                   octet_operator **out);

#endif
