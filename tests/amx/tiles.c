/* tiles.c - what the instructions do to the tiles of a thread, and what they refuse. */
#include <stddef.h>
#include <string.h>

#include "amx/emulator.h"

enum { TILES = 8, ROWS = 16, ROW_BYTES = 64, CONFIG_BYTES = 64 };

/* What LDTILECFG reads: palette, start row, then at these places the bytes of a row and the rows of each
 * tile. All other bytes are 0. */
enum { AT_PALETTE = 0, AT_START = 1, AT_ROW_BYTES = 16, AT_ROWS = 48 };

typedef struct tile_file {
    uint8_t config[CONFIG_BYTES]; /* all 0: none, as a thread begins */
    uint8_t data[TILES][ROWS][ROW_BYTES];
} tile_file;

static _Thread_local tile_file file;

static unsigned bytes_in(const uint8_t *config, unsigned tile)
{
    return config[AT_ROW_BYTES + 2 * tile] | (unsigned)config[AT_ROW_BYTES + 2 * tile + 1] << 8;
}

static unsigned row_bytes(unsigned tile)
{
    return bytes_in(file.config, tile);
}

static unsigned rows(unsigned tile)
{
    return file.config[AT_ROWS + tile];
}

/* Of a configuration: palette 1, tiles that have both rows and bytes or neither, and zeros elsewhere. A
 * start row, where an interrupted load would go on, is none of octet's. */
static bool is_legal(const uint8_t *config)
{
    uint8_t rest[CONFIG_BYTES];
    memcpy(rest, config, sizeof rest);
    rest[AT_PALETTE] = 0;
    for (unsigned i = 0; i < TILES; i++) {
        const unsigned bytes = bytes_in(config, i), count = config[AT_ROWS + i];
        if (bytes > ROW_BYTES || count > ROWS || (bytes == 0) != (count == 0))
            return false;
        rest[AT_ROW_BYTES + 2 * i] = rest[AT_ROW_BYTES + 2 * i + 1] = rest[AT_ROWS + i] = 0;
    }
    for (size_t i = 0; i < sizeof rest; i++)
        if (rest[i] != 0)
            return false;
    return config[AT_PALETTE] == 1;
}

static oct_amx_end configure(const uint8_t *config)
{
    if (config[AT_PALETTE] != 0 && !is_legal(config))
        return OCT_AMX_PROTECTED;
    memset(&file, 0, sizeof file);
    if (config[AT_PALETTE] != 0)
        memcpy(file.config, config, sizeof file.config);
    return OCT_AMX_DONE;
}

static oct_amx_end load(unsigned tile, const uint8_t *from, uint64_t stride)
{
    memset(file.data[tile], 0, sizeof file.data[tile]);
    for (unsigned row = 0; row < rows(tile); row++)
        memcpy(file.data[tile][row], from + row * stride, row_bytes(tile));
    return OCT_AMX_DONE;
}

static oct_amx_end store(unsigned tile, uint8_t *to, uint64_t stride)
{
    for (unsigned row = 0; row < rows(tile); row++)
        memcpy(to + row * stride, file.data[tile][row], row_bytes(tile));
    return OCT_AMX_DONE;
}

static bool may_multiply(unsigned c, unsigned a, unsigned b)
{
    return c != a && c != b && a != b && rows(c) == rows(a) && row_bytes(c) == row_bytes(b) &&
           row_bytes(a) == 4 * rows(b) && row_bytes(c) % 4 == 0 && row_bytes(c) > 0 &&
           row_bytes(a) > 0;
}

static int32_t value(uint8_t byte, bool is_signed)
{
    return is_signed ? (int8_t)byte : byte;
}

/* The sums of a row, which wrap. */
static void multiply_row(uint32_t sums[ROW_BYTES / 4], const uint8_t *a,
                         const oct_amx_instruction *what)
{
    for (unsigned k = 0; k < row_bytes(what->a); k++)
        for (unsigned column = 0; column < row_bytes(what->tile) / 4; column++)
            sums[column] +=
                (uint32_t)(value(a[k], what->a_signed) *
                           value(file.data[what->b][k / 4][4 * column + k % 4], what->b_signed));
}

static oct_amx_end multiply(const oct_amx_instruction *what)
{
    if (!may_multiply(what->tile, what->a, what->b))
        return OCT_AMX_UNDEFINED;
    for (unsigned row = 0; row < rows(what->tile); row++) {
        uint32_t sums[ROW_BYTES / 4];
        memcpy(sums, file.data[what->tile][row], sizeof sums);
        multiply_row(sums, file.data[what->a][row], what);
        memcpy(file.data[what->tile][row], sums, sizeof sums);
    }
    return OCT_AMX_DONE;
}

/* What needs tiles. */
static oct_amx_end execute_on_tiles(const oct_amx_instruction *what, uint64_t address,
                                    uint64_t stride)
{
    if (file.config[AT_PALETTE] == 0)
        return OCT_AMX_UNDEFINED;
    if (what->name == OCT_TDPB)
        return multiply(what);
    if (rows(what->tile) == 0)
        return OCT_AMX_UNDEFINED;
    switch (what->name) {
    case OCT_TILEZERO:
        memset(file.data[what->tile], 0, sizeof file.data[what->tile]);
        return OCT_AMX_DONE;
    case OCT_TILELOADD:
        return load(what->tile, (const uint8_t *)(uintptr_t)address, stride);
    case OCT_TILESTORED:
        return store(what->tile, (uint8_t *)(uintptr_t)address, stride);
    default:
        return OCT_AMX_UNDEFINED;
    }
}

oct_amx_end oct_amx_execute(const oct_amx_instruction *what, uint64_t address, uint64_t stride)
{
    switch (what->name) {
    case OCT_LDTILECFG:
        return configure((const uint8_t *)(uintptr_t)address);
    case OCT_STTILECFG:
        memcpy((void *)(uintptr_t)address, file.config, sizeof file.config);
        return OCT_AMX_DONE;
    case OCT_TILERELEASE:
        memset(&file, 0, sizeof file);
        return OCT_AMX_DONE;
    default:
        return execute_on_tiles(what, address, stride);
    }
}
