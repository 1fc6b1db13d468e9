/* test_batches.c - which batches are handed out, and again. */
#include "network/batches.h"
#include "support/unit.h"

static oct_batches create(size_t images, size_t size)
{
    oct_batches batches;
    assert_int_equal(oct_batches_create(&batches, NULL, images, size, 4), OCTET_OK);
    return batches;
}

/* Takes a batch and compares it. */
static oct_batch take(oct_batches *batches, size_t first, size_t images)
{
    oct_batch batch = {0};
    assert_true(oct_batches_take(batches, true, &batch));
    assert_int_equal(batch.first, first);
    assert_int_equal(batch.images, images);
    return batch;
}

static void hands_out_every_image(void **state)
{
    (void)state;
    oct_batches batches = create(7, 3);
    oct_batch batch;
    const oct_batch taken[] = {take(&batches, 0, 3), take(&batches, 3, 3), take(&batches, 6, 1)};
    assert_false(oct_batches_take(&batches, false, &batch));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(oct_batches_done_images(&batches), 3 * i);
        oct_batches_done(&batches, &taken[i]);
    }
    assert_int_equal(oct_batches_done_images(&batches), 7);
    assert_false(oct_batches_take(&batches, true, &batch));
    oct_batches_destroy(&batches);
}

static void hands_out_again(void **state)
{
    (void)state;
    oct_batches batches = create(6, 3);
    oct_batch first = take(&batches, 0, 3), second;
    oct_batches_give_back(&batches, &first);
    first = take(&batches, 0, 3);
    oct_batches_done(&batches, &first);
    second = take(&batches, 3, 3);
    oct_batches_give_back(&batches, &second);
    oct_batches_end(&batches);
    assert_false(oct_batches_take(&batches, true, &second));
    assert_int_equal(oct_batches_done_images(&batches), 3);
    oct_batches_destroy(&batches);
}

static void no_images(void **state)
{
    (void)state;
    oct_batches batches = create(0, 0);
    oct_batch batch;
    assert_false(oct_batches_take(&batches, true, &batch));
    oct_batches_destroy(&batches);
}

/* A thread that waits gets what another gives back. */
static void *take_and_finish(void *argument)
{
    oct_batches *const batches = argument;
    oct_batch batch;
    while (oct_batches_take(batches, true, &batch))
        oct_batches_done(batches, &batch);
    return NULL;
}

static void waits_for_what_is_given_back(void **state)
{
    (void)state;
    oct_batches batches = create(4, 4);
    const oct_batch batch = take(&batches, 0, 4);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_finish, &batches), 0);
    oct_batches_give_back(&batches, &batch);
    pthread_join(thread, NULL);
    assert_int_equal(oct_batches_done_images(&batches), 4);
    oct_batches_destroy(&batches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_every_image),
        cmocka_unit_test(hands_out_again),
        cmocka_unit_test(no_images),
        cmocka_unit_test(waits_for_what_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
