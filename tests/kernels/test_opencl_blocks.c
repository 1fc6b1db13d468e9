/* test_opencl_blocks.c - the blocks of every row by themselves: each tile's place, the order of panels
 * in local memory and, of tensor cores, the fragments, through probe_block of kernels.cl §9. */
#include <stdio.h>
#include <stdlib.h>

#include "operators/probe.h"
#include "support/rig.h"

enum { OPTIONS = 512, ROUNDS = 3 };

static oct_kernel *build(octet_context *context, const oct_tile *tile, bool a_signed)
{
    oct_kernel *kernel = NULL;
    char options[OPTIONS];
    snprintf(options, sizeof options,
             "-D OCT_BUILD_OTHER=1 -D OCT_BUILD_PROBE_BLOCK=1 -D OCT_A_SIGNED=%d", a_signed);
    oct_tile_options(tile, options, sizeof options);
    OCT_ASSERT_OK(oct_kernel_create(context, "probe_block", options, &kernel));
    return kernel;
}

/* A row of the table whose numbers an emulated path takes, too. */
static oct_tile twin_of(size_t row)
{
    oct_tile twin = oct_tiles[row];
    switch (twin.path) {
    case OCT_PATH_NV_MMA:
    case OCT_PATH_EMULATED_MMA:
        twin.path = OCT_PATH_EMULATED_MMA;
        break;
    case OCT_PATH_AMD_MFMA:
    case OCT_PATH_EMULATED_MFMA:
        twin.path = OCT_PATH_EMULATED_MFMA;
        break;
    case OCT_PATH_AMD_WMMA:
    case OCT_PATH_EMULATED_WMMA:
        twin.path = OCT_PATH_EMULATED_WMMA;
        break;
    case OCT_PATH_INTEL_DPAS8:
    case OCT_PATH_EMULATED_DPAS8:
        twin.path = OCT_PATH_EMULATED_DPAS8;
        break;
    case OCT_PATH_INTEL_DPAS16:
    case OCT_PATH_EMULATED_DPAS16:
        twin.path = OCT_PATH_EMULATED_DPAS16;
        break;
    default:
        twin.path = OCT_PATH_EMULATED;
    }
    twin.applicable = NULL;
    return twin;
}

static bool is_new(size_t row)
{
    const oct_tile twin = twin_of(row);
    if (!oct_tile_has_blocks(&twin) || twin.kernels == OCT_FOR_DEPTHWISE)
        return false;
    for (size_t i = 0; i < row; i++) {
        const oct_tile other = twin_of(i);
        if (other.path == twin.path && other.mr == twin.mr && other.nv == twin.nv &&
            other.gm == twin.gm && other.gn == twin.gn && other.gk == twin.gk)
            return false;
    }
    return true;
}

typedef void (*block_fn)(octet_context *context, const oct_tile *tile, bool a_signed);

/* The rows that a device has, with bytes of a of both signs. */
static void for_each_row(block_fn check)
{
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        size_t found = 0;
        for (size_t j = 0; j + 1 < oct_tile_count; j++) {
            if (!oct_tile_has_blocks(&oct_tiles[j]) || oct_tiles[j].parts > 0 ||
                !oct_tile_is_applicable(&oct_tiles[j], &context->traits, OCT_FOR_MATRIX))
                continue;
            check(context, &oct_tiles[j], false);
            check(context, &oct_tiles[j], true);
            found++;
        }
        assert_in_range(found, 2, OCT_MAX_VARIANTS); /* at least those that are for this */
    }
}

/* The numbers of every other path's rows, emulated. */
static void for_each_twin(block_fn check)
{
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        for (size_t j = 0; j + 1 < oct_tile_count; j++) {
            const oct_tile twin = twin_of(j);
            if (twin.path != oct_tiles[j].path && is_new(j) &&
                oct_tile_suits(&twin, &context->traits))
                check(context, &twin, false);
        }
    }
}

/* ---- Products ---- */

static int32_t byte_of(uint32_t word, int i, bool is_signed)
{
    return is_signed ? (int8_t)(word >> (8 * i)) : (uint8_t)(word >> (8 * i));
}

static uint32_t *draw(uint64_t *seed, size_t count)
{
    uint32_t *const words = malloc(count * sizeof *words);
    assert_non_null(words);
    for (size_t i = 0; i < count; i++)
        words[i] = oct_random_bits(seed);
    return words;
}

static oct_buffer *upload(octet_context *context, size_t words, const uint32_t *data)
{
    oct_buffer *buffer = NULL;
    OCT_ASSERT_OK(oct_buffer_from_host(context, 4 * words, data, &buffer));
    return buffer;
}

static void check_products(octet_context *context, const oct_tile *tile, bool a_signed)
{
    const size_t rows = (size_t)tile->mr * tile->gm, columns = oct_tile_panel(tile);
    const uint32_t flip = oct_path_flips(&oct_paths[tile->path], a_signed) ? 0x80808080 : 0;
    const bool b_signed = !oct_path_swaps(&oct_paths[tile->path], a_signed);
    const size_t items[3] = {(size_t)tile->gm * tile->gn, 1, 1};
    uint64_t seed = 7;
    uint32_t *const a = draw(&seed, rows * tile->gk), *const b = draw(&seed, tile->gk * columns);
    uint32_t *const c = draw(&seed, rows * columns);
    oct_buffer *const a_buffer = upload(context, rows * tile->gk, a);
    oct_buffer *const b_buffer = upload(context, tile->gk * columns, b);
    oct_buffer *const c_buffer = upload(context, rows * columns, c);
    oct_kernel *const kernel = build(context, tile, a_signed);
    const oct_arg args[] = {OCT_BUFFER(a_buffer), OCT_BUFFER(b_buffer), OCT_BUFFER(c_buffer),
                            OCT_INT(ROUNDS)};
    OCT_ASSERT_OK(OCT_LAUNCH(kernel, items, args));
    OCT_ASSERT_OK(octet_context_finish(context));
    OCT_ASSERT_OK(oct_buffer_read(c_buffer, 4 * rows * columns, c, NULL));
    for (size_t at = 0; at < rows * columns; at++) {
        int32_t sum = 0;
        for (size_t k = 0; k < tile->gk; k++)
            for (int i = 0; i < 4; i++)
                sum += byte_of(a[at / columns * tile->gk + k] ^ flip, i, a_signed || flip != 0) *
                       byte_of(b[k * columns + at % columns], i, b_signed);
        if (c[at] != (uint32_t)(ROUNDS * sum))
            fail_msg("%s, %ux%u tiles: row %zu, column %zu is %d, not %d",
                     oct_paths[tile->path].name, tile->gm, tile->gn, at / columns, at % columns,
                     (int)c[at], ROUNDS * sum);
    }
    oct_kernel_destroy(kernel);
    oct_buffer_destroy(a_buffer);
    oct_buffer_destroy(b_buffer);
    oct_buffer_destroy(c_buffer);
    free(a);
    free(b);
    free(c);
}

static void products_are_exact(void **state)
{
    (void)state;
    for_each_row(check_products);
}

static void places_of_every_row_are_right(void **state)
{
    (void)state;
    for_each_twin(check_products);
}

/* ---- Known answers ---- */

/* The probe that qualifies a path accepts what is right, and refuses bytes of the other sign. */
static void check_probe(octet_context *context, const oct_tile *tile, bool a_signed)
{
    oct_kernel *const kernel = build(context, tile, a_signed);
    oct_finding found = {0};
    OCT_ASSERT_OK(oct_probe_check_block(context, tile, a_signed, kernel, &found));
    assert_true(found.right);
    OCT_ASSERT_OK(oct_probe_check_block(context, tile, !a_signed, kernel, &found));
    assert_false(found.right);
    assert_non_null(strstr(found.wrong, "row "));
    oct_kernel_destroy(kernel);
}

static void the_probe_tells_right_from_wrong(void **state)
{
    (void)state;
    for_each_row(check_probe);
}

static void the_probe_has_a_speed(void **state)
{
    (void)state;
    for (size_t i = 0; i < oct_the_rig.devices; i++) {
        octet_context *const context = oct_the_rig.contexts[i];
        for (size_t j = 0; j + 1 < oct_tile_count; j++) {
            if (oct_tiles[j].path != OCT_PATH_EMULATED || !is_new(j))
                continue;
            oct_kernel *const kernel = build(context, &oct_tiles[j], false);
            const double gops = oct_probe_time_blocks(context, &oct_tiles[j], kernel);
            assert_true(gops > 0.0);
            oct_kernel_destroy(kernel);
        }
    }
}

int main(void)
{
    if (setenv("OCTET_DISABLE", "", 1) != 0) /* nothing is left out here */
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_exact),
        cmocka_unit_test(places_of_every_row_are_right),
        cmocka_unit_test(the_probe_tells_right_from_wrong),
        cmocka_unit_test(the_probe_has_a_speed),
    };
    return cmocka_run_group_tests(tests, oct_rig_open, oct_rig_close);
}
