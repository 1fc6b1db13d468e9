/* test_plan.c - memory between layers is shared, but never by two values at a time. */
#include "network/plan.h"

#include "support/unit.h"

#define MOST 200

static size_t plan(oct_plan_item *items, size_t count, size_t *blocks)
{
    size_t owners[MOST];
    return oct_plan(items, count, owners, blocks);
}

static void test_nothing(void **state)
{
    size_t blocks[1];
    (void)state;
    assert_int_equal(plan(NULL, 0, blocks), 0);
}

/* A chain needs two blocks: each step reads one and writes the other. */
static void test_chain(void **state)
{
    oct_plan_item items[10];
    size_t blocks[10];
    (void)state;
    for (size_t i = 0; i < 10; i++)
        items[i] = (oct_plan_item){.bytes = 100, .first = i, .last = i + 1};
    assert_int_equal(plan(items, 10, blocks), 2);
    assert_int_equal(blocks[0] + blocks[1], 200);
}

/* A large value late must not leave an early block unused: the largest free one grows. */
static void test_growth(void **state)
{
    oct_plan_item items[] = {{10, 0, 1, 0}, {20, 1, 2, 0}, {1000, 3, 4, 0}, {5, 4, 5, 0}};
    size_t blocks[4];
    (void)state;
    assert_int_equal(plan(items, 4, blocks), 2);
    assert_int_equal(items[2].block, items[1].block);
    assert_int_equal(blocks[items[2].block], 1000);
    assert_int_equal(blocks[items[3].block], 10);
}

static void check_plan(const oct_plan_item *items, size_t count, const size_t *blocks,
                       size_t block_count)
{
    size_t sum = 0, unshared = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(items[i].block < block_count);
        assert_true(blocks[items[i].block] >= items[i].bytes);
        unshared += items[i].bytes;
        for (size_t j = 0; j < i; j++)
            assert_true(items[i].block != items[j].block || items[j].last < items[i].first);
    }
    for (size_t i = 0; i < block_count; i++)
        sum += blocks[i];
    assert_true(sum <= unshared);
}

static void test_random(void **state)
{
    oct_plan_item items[MOST];
    size_t blocks[MOST];
    uint64_t seed = 6;
    (void)state;
    for (size_t round = 0; round < 500; round++) {
        const size_t count = oct_random_size(&seed, 1, MOST);
        for (size_t i = 0; i < count; i++) {
            const size_t first = i == 0 ? 0 : items[i - 1].first + oct_random_size(&seed, 0, 2);
            items[i] = (oct_plan_item){.bytes = oct_random_size(&seed, 0, 1000),
                                       .first = first,
                                       .last = first + oct_random_size(&seed, 0, 20)};
        }
        check_plan(items, count, blocks, plan(items, count, blocks));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
