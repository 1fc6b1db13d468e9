/* test_instructions.c - the emulator, or the CPU where it has AMX: what an assembler makes of each instruction
 * does what Intel's manual says, and what may not be is refused with the right fault. And that the path
 * x86_amx is there to be tested. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "amx/emulator.h"
#include "runtime/x86.h"
#include "support/rig.h"

typedef struct __attribute__((aligned(64))) config {
    uint8_t palette, start_row, zeros[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} config;

/* Tile 0: sums of m rows and n columns; 1: rows of k words; 2: k words of columns. */
static config shapes(unsigned m, unsigned n, unsigned k)
{
    return (config){.palette = 1,
                    .row_bytes = {(uint16_t)(4 * n), (uint16_t)(4 * k), (uint16_t)(4 * n)},
                    .rows = {(uint8_t)m, (uint8_t)m, (uint8_t)k}};
}

static void configure(const config *how)
{
    __asm__ volatile("ldtilecfg %0" : : "m"(*how));
}

static void release(void)
{
    __asm__ volatile("tilerelease");
}

/* ---- Products ---- */

enum { SIZE = 16 };

typedef struct operands {
    uint32_t sums[SIZE][SIZE];
    uint8_t a[SIZE][4 * SIZE], b[SIZE][4 * SIZE];
} operands;

static operands draw(uint64_t *seed)
{
    operands o;
    uint8_t *const bytes = (uint8_t *)&o;
    for (size_t i = 0; i < sizeof o; i++)
        bytes[i] = (uint8_t)oct_random_bits(seed);
    return o;
}

static int signed_or_not(uint8_t byte, int is_signed)
{
    return is_signed ? (int8_t)byte : byte;
}

static void expect(operands *o, unsigned m, unsigned n, unsigned k, int a_signed, int b_signed)
{
    for (unsigned row = 0; row < m; row++)
        for (unsigned column = 0; column < n; column++)
            for (unsigned i = 0; i < 4 * k; i++)
                o->sums[row][column] +=
                    (uint32_t)(signed_or_not(o->a[row][i], a_signed) *
                               signed_or_not(o->b[i / 4][4 * column + i % 4], b_signed));
}

#define MULTIPLY(name, o)                                                                          \
    __asm__ volatile("tileloadd (%0,%3,1), %%tmm0\n\ttileloaddt1 (%1,%3,1), %%tmm1\n\t"            \
                     "tileloadd (%2,%3,1), %%tmm2\n\t" name " %%tmm2, %%tmm1, %%tmm0\n\t"          \
                     "tilestored %%tmm0, (%0,%3,1)"                                                \
                     :                                                                             \
                     : "r"((o)->sums), "r"((o)->a), "r"((o)->b), "r"((size_t)64)                   \
                     : "memory")

static void multiply(operands *o, int a_signed, int b_signed)
{
    if (a_signed && b_signed)
        MULTIPLY("tdpbssd", o);
    else if (a_signed)
        MULTIPLY("tdpbsud", o);
    else if (b_signed)
        MULTIPLY("tdpbusd", o);
    else
        MULTIPLY("tdpbuud", o);
}

static void products_of_all_signs_and_sizes(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (unsigned i = 0; i < 4 * SIZE * SIZE; i++) {
        const unsigned m = 1 + i / 4 % SIZE, k = 1 + i / 4 / SIZE, n = 1 + (i / 4 + i / 64) % SIZE;
        const int a_signed = i % 4 / 2, b_signed = i % 2;
        const config how = shapes(m, n, k);
        operands o = draw(&seed), wanted = o;
        expect(&wanted, m, n, k, a_signed, b_signed);
        configure(&how);
        multiply(&o, a_signed, b_signed);
        release();
        assert_memory_equal(&o, &wanted, sizeof o);
    }
}

/* ---- Addresses ---- */

enum { LINE = SIZE * 4 }; /* bytes */

static uint8_t image[64 * LINE];

#define COPY_ROWS(what, base, index, from, stride)                                                 \
    __asm__ volatile("movq %0, %%" base "\n\tmovq %1, %%" index "\n\ttileloadd " what              \
                     ", %%tmm7\n\ttilestored %%tmm7, (%2,%3,1)"                                    \
                     :                                                                             \
                     : "r"((size_t)(from)), "r"((size_t)(stride)), "r"(copy), "r"((size_t)64)      \
                     : base, index, "memory")

static void addresses_of_every_form(void **state)
{
    const config how = {.palette = 1, .row_bytes = {[7] = 64}, .rows = {[7] = 16}};
    config same = {0};
    uint8_t copy[SIZE * LINE];
    (void)state;
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i + i / LINE * 7);
    configure(&how);
    __asm__ volatile("sttilecfg %0" : "=m"(same));
    assert_memory_equal(&same, &how, sizeof how);
    COPY_ROWS("(%%r12,%%rbx,1)", "r12", "rbx", image + 3 * LINE, LINE);
    assert_memory_equal(copy, image + 3 * LINE, sizeof copy);
    COPY_ROWS("8(%%r13,%%r12,1)", "r13", "r12", image + LINE - 8, LINE);
    assert_memory_equal(copy, image + LINE, sizeof copy);
    COPY_ROWS("-0x400(%%rax,%%r14,4)", "rax", "r14", image + 20 * LINE, LINE / 4);
    assert_memory_equal(copy, image + 4 * LINE, sizeof copy);
    COPY_ROWS("(%%r9,%%r8,2)", "r9", "r8", image + 48 * LINE, -LINE / 2);
    for (size_t row = 0; row < SIZE; row++)
        assert_memory_equal(copy + row * LINE, image + (48 - row) * LINE, LINE);
    __asm__ volatile("tilezero %%tmm7\n\ttilestored %%tmm7, (%0,%1,1)"
                     :
                     : "r"(copy), "r"((size_t)64)
                     : "memory");
    for (size_t i = 0; i < sizeof copy; i++)
        assert_int_equal(copy[i], 0);
    release();
    __asm__ volatile("sttilecfg %0" : "=m"(same));
    assert_memory_equal(&same, &(config){0}, sizeof same);
}

/* ---- Faults ---- */

static void use_unconfigured(void)
{
    __asm__ volatile("tilezero %tmm0");
}

static void use_released(void)
{
    const config how = shapes(16, 16, 16);
    configure(&how);
    release();
    __asm__ volatile("tilezero %tmm0");
}

static void use_empty_tile(void)
{
    const config how = shapes(16, 16, 16);
    configure(&how);
    __asm__ volatile("tilezero %tmm3");
}

static void multiply_by_itself(void)
{
    const config how = shapes(16, 16, 16);
    configure(&how);
    __asm__ volatile(".byte 0xc4, 0xe2, 0x71, 0x5e, 0xc1"); /* tdpbusd %tmm1, %tmm1, %tmm0 */
}

static void multiply_unlike_sizes(void)
{
    config how = shapes(16, 16, 16);
    how.row_bytes[1] = 32;
    configure(&how);
    __asm__ volatile("tdpbusd %tmm2, %tmm1, %tmm0");
}

static void configure_wrong_palette(void)
{
    config how = shapes(16, 16, 16);
    how.palette = 2;
    configure(&how);
}

static void configure_long_rows(void)
{
    config how = shapes(16, 16, 16);
    how.row_bytes[2] = 68;
    configure(&how);
}

static void configure_rows_of_nothing(void)
{
    config how = shapes(16, 16, 16);
    how.row_bytes[2] = 0;
    configure(&how);
}

static void configure_reserved(void)
{
    config how = shapes(16, 16, 16);
    how.zeros[5] = 1;
    configure(&how);
}

static void execute_nonsense(void)
{
    __asm__ volatile("ud2");
}

static int end_of(void (*act)(void))
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void faults_are_the_right_ones(void **state)
{
    static const struct {
        void (*act)(void);
        int end;
    } cases[] = {{use_unconfigured, SIGILL},      {use_released, SIGILL},
                 {use_empty_tile, SIGILL},        {multiply_by_itself, SIGILL},
                 {multiply_unlike_sizes, SIGILL}, {configure_wrong_palette, SIGSEGV},
                 {configure_long_rows, SIGSEGV},  {configure_rows_of_nothing, SIGSEGV},
                 {configure_reserved, SIGSEGV},   {execute_nonsense, SIGILL}};
    (void)state;
    for (size_t i = 0; i < OCT_COUNT(cases); i++)
        if (end_of(cases[i].act) != cases[i].end)
            fail_msg("case %zu ends with signal %d, not %d", i, end_of(cases[i].act), cases[i].end);
}

/* ---- The path ---- */

/* Or the suites that are built for it would pass without it. */
static void the_path_is_there(void **state)
{
    octet_probe probes[32];
    size_t count = 0;
    bool works = false;
    (void)state;
    octet_context_probes(oct_the_rig.contexts[0], probes, OCT_COUNT(probes), &count);
    for (size_t i = 0; i < count && i < OCT_COUNT(probes); i++)
        works |= strcmp(probes[i].path, "x86_amx") == 0 && probes[i].works;
    assert_true(works);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_of_all_signs_and_sizes),
                                       cmocka_unit_test(addresses_of_every_form),
                                       cmocka_unit_test(faults_are_the_right_ones),
                                       cmocka_unit_test(the_path_is_there)};
    return oct_x86_grant_amx() ? cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close) : 1;
}
