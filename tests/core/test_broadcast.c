/* test_broadcast.c - two shapes that go together, and how they are walked. */
#include "core/broadcast.h"

#include "support/unit.h"

static void shapes(void **state)
{
    static const struct {
        octet_shape a, b, output;
        bool fits;
    } cases[] = {
        {{0, {0}}, {0, {0}}, {0, {0}}, true},
        {{2, {3, 4}}, {2, {3, 4}}, {2, {3, 4}}, true},
        {{2, {3, 4}}, {1, {4}}, {2, {3, 4}}, true},
        {{1, {4}}, {2, {3, 1}}, {2, {3, 4}}, true},
        {{0, {0}}, {3, {2, 3, 4}}, {3, {2, 3, 4}}, true},
        {{4, {1, 5, 1, 1}}, {4, {2, 5, 3, 4}}, {4, {2, 5, 3, 4}}, true},
        {{2, {0, 4}}, {2, {1, 1}}, {2, {0, 4}}, true},
        {{1, {0}}, {1, {1}}, {1, {0}}, true},
        {{8, {1, 2, 1, 2, 1, 2, 1, 2}}, {1, {2}}, {8, {1, 2, 1, 2, 1, 2, 1, 2}}, true},
        {{1, {3}}, {1, {4}}, {0, {0}}, false},
        {{2, {3, 4}}, {1, {3}}, {0, {0}}, false},
        {{1, {0}}, {1, {2}}, {0, {0}}, false},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        octet_shape output = {0};
        assert_int_equal(oct_broadcast_shape(&cases[i].a, &cases[i].b, &output), cases[i].fits);
        assert_true(oct_shape_equal(&output, &cases[i].output));
        assert_int_equal(oct_broadcast_shape(&cases[i].b, &cases[i].a, &output), cases[i].fits);
    }
}

/* The last sizes and strides; those in front are 1. */
static void dimensions_are_joined(void **state)
{
    static const struct {
        octet_shape a, b;
        size_t rank, size[3], a_stride[3], b_stride[3];
    } cases[] = {
        {{3, {2, 3, 4}}, {3, {2, 3, 4}}, 1, {24}, {1}, {1}},
        {{3, {2, 3, 4}}, {0, {0}}, 1, {24}, {1}, {0}},
        {{3, {2, 3, 4}}, {1, {4}}, 2, {6, 4}, {4, 1}, {0, 1}},
        {{3, {1, 3, 1}}, {3, {2, 3, 4}}, 3, {2, 3, 4}, {0, 1, 0}, {12, 4, 1}},
        {{4, {2, 1, 3, 4}}, {4, {2, 1, 1, 1}}, 2, {2, 12}, {12, 1}, {1, 0}},
        {{2, {3, 1}}, {2, {1, 4}}, 2, {3, 4}, {1, 0}, {0, 1}},
        {{5, {2, 3, 1, 4, 5}}, {5, {2, 3, 7, 1, 1}}, 3, {6, 7, 20}, {20, 0, 1}, {7, 1, 0}},
        {{2, {1, 1}}, {1, {1}}, 1, {1}, {1}, {1}},
    };
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const size_t front = OCTET_MAX_RANK - cases[i].rank;
        oct_broadcast walk;
        oct_broadcast_walk(&cases[i].a, &cases[i].b, &walk);
        for (size_t d = 0; d < OCTET_MAX_RANK; d++) {
            assert_int_equal(walk.size[d], d < front ? 1 : cases[i].size[d - front]);
            if (d < front)
                continue;
            assert_int_equal(walk.a_stride[d], cases[i].a_stride[d - front]);
            assert_int_equal(walk.b_stride[d], cases[i].b_stride[d - front]);
        }
    }
}

/* Shapes of sizes 1 to 3 against indices worked out dimension by dimension. */
static void every_element_meets_its_own(void **state)
{
    uint64_t seed = 3;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        octet_shape a = {.rank = oct_random_size(&seed, 0, 8)},
                    b = {.rank = oct_random_size(&seed, 0, 8)};
        octet_shape full = {.rank = OCTET_MAX_RANK};
        size_t count = 1, position[OCTET_MAX_RANK] = {0};
        oct_broadcast walk;
        for (size_t d = 0; d < OCTET_MAX_RANK; d++)
            count *= full.size[d] = oct_random_size(&seed, 1, 3);
        for (size_t d = 0; d < a.rank; d++)
            a.size[d] = oct_random_bits(&seed) % 3 ? full.size[OCTET_MAX_RANK - a.rank + d] : 1;
        for (size_t d = 0; d < b.rank; d++)
            b.size[d] = oct_random_bits(&seed) % 3 ? full.size[OCTET_MAX_RANK - b.rank + d] : 1;
        oct_broadcast_walk(&a, &b, &walk);
        octet_shape output;
        assert_true(oct_broadcast_shape(&a, &b, &output));
        assert_true(oct_shape_count(&output, &count));
        for (size_t i = 0; i < count; i++) {
            size_t rest = i, a_at = 0, b_at = 0, a_step = 1, b_step = 1, a_walk = 0, b_walk = 0;
            for (size_t back = 0; back < output.rank; back++) {
                const size_t at = rest % output.size[output.rank - 1 - back];
                const size_t left = back < a.rank ? a.size[a.rank - 1 - back] : 1;
                const size_t right = back < b.rank ? b.size[b.rank - 1 - back] : 1;
                rest /= output.size[output.rank - 1 - back];
                a_at += left == 1 ? 0 : at * a_step;
                b_at += right == 1 ? 0 : at * b_step;
                a_step *= left;
                b_step *= right;
            }
            for (size_t d = 0; d < OCTET_MAX_RANK; d++) {
                a_walk += position[d] * walk.a_stride[d];
                b_walk += position[d] * walk.b_stride[d];
            }
            assert_int_equal(a_walk, a_at);
            assert_int_equal(b_walk, b_at);
            for (size_t d = OCTET_MAX_RANK; d-- > 0 && ++position[d] == walk.size[d];)
                position[d] = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(dimensions_are_joined),
        cmocka_unit_test(every_element_meets_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
