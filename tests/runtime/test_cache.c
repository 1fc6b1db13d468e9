/* test_cache.c - entries on disk: what is stored comes back, and nothing else ever does. */
#include "runtime/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/unit.h"

/* ---- A cache in a directory of its own ---- */

static oct_scratch scratch;
static oct_cache cache;

static int open_cache(void **state)
{
    (void)state;
    oct_scratch_open(&scratch);
    oct_cache_open(&cache, scratch.path);
    return 0;
}

static int close_cache(void **state)
{
    (void)state;
    oct_cache_close(&cache);
    oct_scratch_close(&scratch);
    return 0;
}

static void assert_holds(const char *identity, const void *data, size_t bytes)
{
    size_t found = 0;
    void *const copy = oct_cache_load(&cache, identity, &found);
    assert_non_null(copy);
    assert_int_equal(found, bytes);
    assert_memory_equal(copy, data, bytes);
    free(copy);
}

static void assert_misses(const char *identity)
{
    size_t bytes = 77;
    assert_null(oct_cache_load(&cache, identity, &bytes));
    assert_int_equal(bytes, 77);
}

/* The path of the only entry. */
static const char *only_entry(char path[OCT_SCRATCH_PATH])
{
    char names[2][OCT_SCRATCH_PATH];
    assert_int_equal(oct_scratch_list(scratch.path, names, 2), 1);
    return oct_scratch_join(scratch.path, names[0], path);
}

/* ---- Tests ---- */

static void hashes_are_fnv_1a(void **state)
{
    (void)state;
    assert_true(oct_hash("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(oct_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(oct_hash("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void what_is_stored_comes_back(void **state)
{
    static char large[100000];
    (void)state;
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * i >> 7);
    assert_misses("small");
    oct_cache_store(&cache, "small", "abc", 3);
    oct_cache_store(&cache, "large\nover lines\n", large, sizeof large);
    oct_cache_store(&cache, "empty", "", 0);
    assert_holds("small", "abc", 3);
    assert_holds("large\nover lines\n", large, sizeof large);
    assert_holds("empty", "", 0);
    oct_cache_store(&cache, "small", "another", 7);
    assert_holds("small", "another", 7);
    assert_misses("smal");
    assert_misses("small ");
    assert_misses("");
}

static void every_damaged_byte_is_noticed(void **state)
{
    char path[OCT_SCRATCH_PATH];
    size_t size = 0;
    (void)state;
    oct_cache_store(&cache, "an identity", "some data", 9);
    char *const whole = oct_scratch_read(only_entry(path), &size);
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            whole[i] = (char)(whole[i] ^ 1 << bit);
            oct_scratch_write(path, whole, size);
            size_t bytes = 0;
            void *const found = oct_cache_load(&cache, "an identity", &bytes);
            /* a changed digit case or blank in the head may mean the same */
            if (found != NULL) {
                assert_int_equal(bytes, 9);
                assert_memory_equal(found, "some data", 9);
            }
            free(found);
            whole[i] = (char)(whole[i] ^ 1 << bit);
        }
    }
    oct_scratch_write(path, whole, size);
    assert_holds("an identity", "some data", 9);
    free(whole);
}

static void truncated_and_overlong_entries_are_missing(void **state)
{
    char path[OCT_SCRATCH_PATH];
    size_t size = 0;
    (void)state;
    oct_cache_store(&cache, "an identity", "some data", 9);
    char *const whole = oct_scratch_read(only_entry(path), &size);
    for (size_t length = 0; length < size; length++) {
        oct_scratch_write(path, whole, length);
        assert_misses("an identity");
    }
    oct_scratch_write(path, whole, size + 1); /* and the zero behind it */
    assert_misses("an identity");
    oct_cache_store(&cache, "an identity", "new data", 8);
    assert_holds("an identity", "new data", 8);
    free(whole);
}

/* A head may claim any size. */
static void sizes_of_nonsense_are_missing(void **state)
{
    static const char *const heads[] = {
        "octet cache 1\n11\n18446744073709551615\n0000000000000000\nan identity",
        "octet cache 1\n11\n99999999999999999999999999\n0000000000000000\nan identity",
        "octet cache 1\n18446744073709551615\n9\n0000000000000000\nan identity",
        "octet cache 1\n11\n-1\n0000000000000000\nan identity",
        "octet cache 2\n11\n0\ncbf29ce484222325\nan identity",
        "\n\n\n\n",
        "",
    };
    char path[OCT_SCRATCH_PATH];
    (void)state;
    oct_cache_store(&cache, "an identity", "some data", 9);
    only_entry(path);
    for (size_t i = 0; i < OCT_COUNT(heads); i++) {
        oct_scratch_write(path, heads[i], strlen(heads[i]));
        assert_misses("an identity");
    }
    oct_scratch_write(path, "octet cache 1\n11\n0\ncbf29ce484222325\nan identity", 47);
    assert_holds("an identity", "", 0); /* the same form, filled in rightly */
}

/* An entry under the name of another: hashes may meet, identities do not. */
static void the_identity_must_be_the_same(void **state)
{
    char first[OCT_SCRATCH_PATH], path[OCT_SCRATCH_PATH], names[2][OCT_SCRATCH_PATH];
    size_t size = 0;
    (void)state;
    oct_cache_store(&cache, "one identity", "one", 3);
    void *const whole = oct_scratch_read(only_entry(first), &size);
    assert_int_equal(remove(first), 0);
    oct_cache_store(&cache, "two identity", "two", 3);
    assert_int_equal(oct_scratch_list(scratch.path, names, 2), 1);
    oct_scratch_write(oct_scratch_join(scratch.path, names[0], path), whole, size);
    assert_misses("two identity");
    assert_misses("one identity");
    free(whole);
}

/* Opening a pipe waits for somebody who writes into it. */
static void a_pipe_in_the_way_does_no_harm(void **state)
{
    char path[OCT_SCRATCH_PATH];
    (void)state;
    oct_cache_store(&cache, "an identity", "some data", 9);
    assert_int_equal(remove(only_entry(path)), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(60);
    assert_misses("an identity");
    alarm(0);
    oct_cache_store(&cache, "an identity", "some data", 9);
    assert_holds("an identity", "some data", 9);
}

static void nothing_is_left_beside_the_entries(void **state)
{
    char names[4][OCT_SCRATCH_PATH];
    (void)state;
    for (int i = 0; i < 10; i++)
        oct_cache_store(&cache, i % 2 == 0 ? "even" : "odd", "data", 4);
    assert_int_equal(oct_scratch_list(scratch.path, names, 4), 2);
}

/* ---- Where it is ---- */

static void no_cache_keeps_nothing(void **state)
{
    oct_cache none;
    size_t bytes = 0;
    (void)state;
    oct_cache_open(&none, "");
    assert_null(none.directory);
    oct_cache_store(&none, "identity", "data", 4);
    assert_null(oct_cache_load(&none, "identity", &bytes));
    oct_cache_close(&none);
    oct_cache_close(&none);
}

static void directories_are_made_when_needed(void **state)
{
    char deep[OCT_SCRATCH_PATH], names[1][OCT_SCRATCH_PATH];
    struct stat about;
    (void)state;
    oct_cache_close(&cache);
    oct_cache_open(&cache, oct_scratch_join(scratch.path, "one/two/three", deep));
    assert_misses("identity");
    assert_int_equal(oct_scratch_list(scratch.path, names, 1), 0);
    oct_cache_store(&cache, "identity", "data", 4);
    assert_holds("identity", "data", 4);
    assert_int_equal(stat(deep, &about), 0);
    assert_int_equal(about.st_mode & 077, 0); /* nobody else's business */
}

static void unusable_directories_do_no_harm(void **state)
{
    char path[OCT_SCRATCH_PATH], below[OCT_SCRATCH_PATH];
    const char *const directories[] = {path, below, "/proc/no/such", "/dev/null"};
    (void)state;
    oct_scratch_write(oct_scratch_join(scratch.path, "file", path), "x", 1);
    oct_scratch_join(path, "below a file", below);
    for (size_t i = 0; i < OCT_COUNT(directories); i++) {
        oct_cache_close(&cache);
        oct_cache_open(&cache, directories[i]);
        oct_cache_store(&cache, "identity", "data", 4);
        assert_misses("identity");
    }
}

static void unwritable_directories_do_no_harm(void **state)
{
    (void)state;
    oct_cache_store(&cache, "before", "data", 4);
    assert_int_equal(chmod(scratch.path, 0500), 0);
    oct_cache_store(&cache, "after", "data", 4);
    assert_holds("before", "data", 4);
    if (geteuid() != 0) /* who may do anything writes even here */
        assert_misses("after");
    assert_int_equal(chmod(scratch.path, 0700), 0);
}

/* What stands where an entry belongs may be no file at all. */
static void a_directory_in_the_way_does_no_harm(void **state)
{
    char path[OCT_SCRATCH_PATH], names[4][OCT_SCRATCH_PATH];
    (void)state;
    oct_cache_store(&cache, "identity", "data", 4);
    only_entry(path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_misses("identity");
    oct_cache_store(&cache, "identity", "data", 4);
    assert_misses("identity");
    assert_int_equal(oct_scratch_list(scratch.path, names, 4), 1); /* no temporary file stays */
}

static void the_environment_says_where(void **state)
{
    static const struct {
        const char *own, *xdg, *home, *expected;
    } cases[] = {
        {"/own", "/xdg", "/home", "/own"},
        {"", "/xdg", "/home", NULL},
        {NULL, "/xdg", "/home", "/xdg/octet"},
        {NULL, NULL, "/home", "/home/.cache/octet"},
        {NULL, "relative", "/home", "/home/.cache/octet"},
        {NULL, NULL, "relative", NULL},
        {NULL, NULL, NULL, NULL},
    };
    static const char *const names[] = {"OCTET_CACHE_DIR", "XDG_CACHE_HOME", "HOME"};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++) {
        const char *const values[] = {cases[i].own, cases[i].xdg, cases[i].home};
        oct_cache found;
        for (size_t j = 0; j < OCT_COUNT(names); j++)
            assert_int_equal(
                values[j] != NULL ? setenv(names[j], values[j], 1) : unsetenv(names[j]), 0);
        oct_cache_open(&found, NULL);
        if (cases[i].expected == NULL)
            assert_null(found.directory);
        else
            assert_string_equal(found.directory, cases[i].expected);
        oct_cache_close(&found);
        oct_cache_open(&found, "/given");
        assert_string_equal(found.directory, "/given");
        oct_cache_close(&found);
    }
}

/* ---- Several processes ---- */

enum { ROUNDS = 300, LONGEST = 30000 };

/* Entries of one identity: the length, and every byte, say which round wrote them. */
static size_t fill(int writer, int round, unsigned char *data)
{
    const size_t length = (size_t)(1 + (round * 97 + writer * 5003) % LONGEST);
    memset(data, writer * 100 + round % 100, length);
    return length;
}

static int write_rounds(int writer)
{
    static unsigned char data[LONGEST];
    for (int round = 0; round < ROUNDS; round++)
        oct_cache_store(&cache, "shared", data, fill(writer, round, data));
    return 0;
}

static bool is_whole(const unsigned char *data, size_t bytes)
{
    static unsigned char expected[LONGEST];
    for (int i = 0; i < 2 * ROUNDS; i++)
        if (fill(i % 2, i / 2, expected) == bytes && memcmp(data, expected, bytes) == 0)
            return true;
    return false;
}

static void two_processes_may_write_at_once(void **state)
{
    pid_t children[2];
    size_t seen = 0;
    int running = 2;
    (void)state;
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(write_rounds(i));
    }
    while (running > 0) {
        size_t bytes = 0;
        int status = 0;
        unsigned char *const data = oct_cache_load(&cache, "shared", &bytes);
        if (data != NULL) {
            assert_true(is_whole(data, bytes));
            seen++;
        }
        free(data);
        if (waitpid(-1, &status, WNOHANG) > 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            running--;
        }
    }
    assert_true(seen > 0);
    char names[2][OCT_SCRATCH_PATH];
    assert_int_equal(oct_scratch_list(scratch.path, names, 2), 1);
}

/* ---- The lock ---- */

enum { COUNTED = 100 };

/* Each adds one to the number that the entry holds; without the lock some would be lost. */
static int count_up(void)
{
    const struct timespec pause = {0, 1000000}; /* for others to get their turn */
    for (int round = 0; round < COUNTED; round++) {
        const int lock = oct_cache_lock(&cache);
        size_t bytes = 0;
        int number = 0;
        void *const data = oct_cache_load(&cache, "number", &bytes);
        if (data != NULL && bytes == sizeof number)
            memcpy(&number, data, bytes);
        free(data);
        number++;
        if (lock < 0 || !oct_cache_store(&cache, "number", &number, sizeof number))
            return 1;
        oct_cache_unlock(lock);
        nanosleep(&pause, NULL);
    }
    return 0;
}

static void changes_under_the_lock_are_not_lost(void **state)
{
    enum { PROCESSES = 3 };
    const int expected = PROCESSES * COUNTED;
    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(count_up());
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_holds("number", &expected, sizeof expected);
    char names[2][OCT_SCRATCH_PATH];
    assert_int_equal(oct_scratch_list(scratch.path, names, 2), 1); /* the lock leaves nothing */
}

static void locks_that_cannot_be_had_do_no_harm(void **state)
{
    oct_cache none;
    (void)state;
    const int first = oct_cache_lock(&cache);
    assert_true(first >= 0);
    oct_cache_unlock(oct_cache_lock(&cache)); /* waits for a while, and goes on */
    oct_cache_unlock(first);
    oct_cache_open(&none, "");
    assert_int_equal(oct_cache_lock(&none), -1);
    oct_cache_open(&none, "/dev/null/cache");
    assert_int_equal(oct_cache_lock(&none), -1);
    oct_cache_unlock(-1);
    oct_cache_close(&none);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cache, close_cache)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_fnv_1a),
        TEST(what_is_stored_comes_back),
        TEST(every_damaged_byte_is_noticed),
        TEST(truncated_and_overlong_entries_are_missing),
        TEST(sizes_of_nonsense_are_missing),
        TEST(the_identity_must_be_the_same),
        TEST(nothing_is_left_beside_the_entries),
        cmocka_unit_test(no_cache_keeps_nothing),
        TEST(directories_are_made_when_needed),
        TEST(unusable_directories_do_no_harm),
        TEST(unwritable_directories_do_no_harm),
        TEST(a_directory_in_the_way_does_no_harm),
        TEST(a_pipe_in_the_way_does_no_harm),
        TEST(two_processes_may_write_at_once),
        TEST(changes_under_the_lock_are_not_lost),
        TEST(locks_that_cannot_be_had_do_no_harm),
        cmocka_unit_test(the_environment_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
