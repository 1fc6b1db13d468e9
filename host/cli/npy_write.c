/* npy_write.c - writes .npy files, version 1.0, C order (npy.h). */
#include <stdio.h>
#include <string.h>

#include "cli/npy.h"
#include "cli/npy_header.h"

/* Magic, version, length and text together fill a multiple of this, so that the data is aligned. */
enum { ALIGNMENT = 64, PREFIX = 10, LONGEST = 512 };

static const char *descr_of(octet_type type)
{
    size_t i = 0;
    while (oct_npy_kinds[i].type != type)
        i++;
    return oct_npy_kinds[i].descr;
}

/* The dictionary, as NumPy writes it. Returns its length. */
static size_t header_text(octet_type type, const octet_shape *shape, char *text, size_t size)
{
    size_t length = (size_t)snprintf(
        text, size, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr_of(type));
    for (size_t i = 0; i < shape->rank; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%zu", i > 0 ? ", " : "",
                                   shape->size[i]);
    length += (size_t)snprintf(text + length, size - length, "%s), }", shape->rank == 1 ? "," : "");
    return length;
}

octet_status oct_npy_write_header(oct_output *output, octet_type type, const octet_shape *shape)
{
    char header[LONGEST] = "\x93NUMPY\x01";
    const size_t length = header_text(type, shape, header + PREFIX, sizeof header - PREFIX);
    const size_t total = oct_round_up(PREFIX + length + 1, ALIGNMENT);
    const size_t announced = total - PREFIX;
    header[PREFIX - 2] = (char)(announced & 0xff);
    header[PREFIX - 1] = (char)(announced >> 8);
    memset(header + PREFIX + length, ' ', total - PREFIX - length);
    header[total - 1] = '\n';
    return oct_output_write(output, header, total);
}

octet_status oct_npy_write(oct_output *output, octet_type type, const octet_shape *shape,
                           const void *data)
{
    octet_status status = OCTET_OK;
    size_t bytes = 0;
    OCT_REQUIRE(oct_cli_log, oct_shape_bytes(type, shape, &bytes), OCTET_OUT_OF_MEMORY,
                "the result is too large");
    OCT_TRY(oct_npy_write_header(output, type, shape));
    OCT_TRY(oct_output_write(output, data, bytes));
cleanup:
    return status;
}
