/* rows.c - prints the table of tiles, for compile.py: path, "matrix" or "depthwise", name and options of
 * the compiler, by tabs. */
#include <stdio.h>

#include "variants/paths.h"
#include "variants/tiles.h"

int main(void)
{
    for (size_t i = 0; i < oct_tile_count; i++) {
        const oct_tile *const tile = &oct_tiles[i];
        char name[OCT_TILE_NAME], options[512] = "";
        if (tile->path == OCT_REFERENCE_PATH)
            continue;
        oct_tile_options(tile, options, sizeof options);
        printf("%s\t%s\t%s\t%s\n", oct_paths[tile->path].name,
               tile->kernels == OCT_FOR_DEPTHWISE ? "depthwise" : "matrix",
               oct_tile_name(tile, name), options);
    }
    return 0;
}
