/* run_ports.c - see run_ports.h. */
#include "cli/run_ports.h"

#include <stdlib.h>
#include <string.h>

octet_status oct_run_ports_describe(const octet_network *network, bool outputs,
                                    oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    octet_network_value *values = NULL;
    size_t (*const list)(const octet_network *, octet_network_value *, size_t) =
        outputs ? octet_network_outputs : octet_network_inputs;
    const size_t count = list(network, NULL, 0);
    OCT_ALLOC(oct_cli_log, values, count);
    OCT_ALLOC(oct_cli_log, ports->items, count);
    list(network, values, count);
    for (size_t i = 0; i < count; i++)
        ports->items[i].value = values[i];
    ports->count = count;
cleanup:
    free(values);
    return status;
}

/* ---- Files to ports ---- */

/* The port that "NAME=FILE" begins with; NULL where the text is a path alone. */
static oct_run_port *find_named(const oct_run_ports *ports, const char *text, const char **path)
{
    for (size_t i = 0; i < ports->count; i++) {
        const char *const name = ports->items[i].value.name;
        const size_t length = strlen(name);
        if (strncmp(text, name, length) == 0 && text[length] == '=') {
            *path = text + length + 1;
            return &ports->items[i];
        }
    }
    return NULL;
}

static oct_run_port *first_free(const oct_run_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        if (ports->items[i].path == NULL)
            return &ports->items[i];
    return NULL;
}

static octet_status assign_named(oct_run_ports *ports, const char *option, const char *text)
{
    octet_status status = OCTET_OK;
    const char *path = text;
    oct_run_port *const port = find_named(ports, text, &path);
    if (port == NULL)
        return OCTET_OK;
    OCT_REQUIRE(oct_cli_log, port->path == NULL, OCTET_INVALID_ARGUMENT,
                "--%s %s: '%s' has a file already, '%s'", option, text, port->value.name,
                port->path);
    OCT_REQUIRE(oct_cli_log, path[0] != '\0', OCTET_INVALID_ARGUMENT,
                "--%s %s: a file name must follow the '='", option, text);
    port->path = path;
cleanup:
    return status;
}

/* "imgs=x.npy" is a name with a slip of the pen, "./imgs=x.npy" a path. */
static bool looks_named(const char *text)
{
    const char *const equals = strchr(text, '='), *const slash = strchr(text, '/');
    return equals != NULL && (slash == NULL || equals < slash);
}

static octet_status assign_in_order(oct_run_ports *ports, const char *option, const char *text)
{
    octet_status status = OCTET_OK;
    const char *path = text;
    if (find_named(ports, text, &path) != NULL)
        return OCTET_OK;
    OCT_REQUIRE(oct_cli_log, !looks_named(text), OCTET_INVALID_ARGUMENT,
                "--%s %s: what is before the '=' names no %s of the model (it has '%s'); a path "
                "with a '=' in it can begin with ./",
                option, text, option, ports->count > 0 ? ports->items[0].value.name : "none");
    oct_run_port *const port = first_free(ports);
    OCT_REQUIRE(oct_cli_log, port != NULL, OCTET_INVALID_ARGUMENT,
                "--%s %s: the model has %zu %s%s, and each has a file already", option, text,
                ports->count, option, ports->count == 1 ? "" : "s");
    port->path = text;
cleanup:
    return status;
}

octet_status oct_run_ports_assign(oct_run_ports *ports, const char *option, const oct_texts *files)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < files->count; i++)
        OCT_TRY(assign_named(ports, option, files->items[i]));
    for (size_t i = 0; i < files->count; i++)
        OCT_TRY(assign_in_order(ports, option, files->items[i]));
cleanup:
    return status;
}

/* ---- Inputs ---- */

/* The number of images in an array; OCTET_INVALID_ARGUMENT where its shape is not the input's. */
static octet_status count_images(const oct_run_port *port, size_t *images)
{
    octet_status status = OCTET_OK;
    const octet_shape *const given = &port->array.shape;
    octet_shape wanted = port->value.shape;
    char a[OCT_SHAPE_TEXT], b[OCT_SHAPE_TEXT];
    *images = 1;
    if (port->value.batched && given->rank > 0) {
        *images = given->size[0] / wanted.size[0]; /* sizes of inputs are at least 1 */
        wanted.size[0] *= *images;
    }
    OCT_REQUIRE(oct_cli_log, oct_shape_equal(given, &wanted), OCTET_INVALID_ARGUMENT,
                "--input '%s' is %s; the model's '%s' is %s%s", port->path,
                oct_shape_text(given, a), port->value.name, oct_shape_text(&port->value.shape, b),
                port->value.batched ? " for each image" : "");
cleanup:
    return status;
}

static octet_status read_input(oct_run_port *port)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, port->path != NULL, OCTET_INVALID_ARGUMENT,
                "--input: the model's input '%s' has no file", port->value.name);
    OCT_TRY(oct_npy_read("--input", port->path, 1u << port->value.type, &port->array));
cleanup:
    return status;
}

octet_status oct_run_ports_read(oct_run_ports *ports, size_t *images, bool *batched)
{
    octet_status status = OCTET_OK;
    *images = 1;
    *batched = false;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        size_t count = 1;
        OCT_TRY(read_input(port));
        OCT_TRY(count_images(port, &count));
        OCT_REQUIRE(oct_cli_log, !port->value.batched || !*batched || count == *images,
                    OCTET_INVALID_ARGUMENT, "--input '%s' holds %zu images, another input %zu",
                    port->path, count, *images);
        if (port->value.batched)
            *images = count;
        *batched |= port->value.batched != 0;
    }
cleanup:
    return status;
}

/* ---- Outputs ---- */

octet_status oct_run_ports_open(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++)
        if (ports->items[i].path != NULL)
            OCT_TRY(oct_output_open(ports->items[i].path, &ports->items[i].output));
cleanup:
    return status;
}

octet_status oct_run_ports_allocate(oct_run_ports *ports, size_t images)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        oct_array *const array = &port->array;
        *array =
            (oct_array){.path = port->path, .type = port->value.type, .shape = port->value.shape};
        if (port->path == NULL && i > 0)
            continue;
        const bool fits = !port->value.batched ||
                          oct_multiply(array->shape.size[0], images, &array->shape.size[0]);
        OCT_REQUIRE(oct_cli_log, fits && oct_shape_count(&array->shape, &array->count),
                    OCTET_OUT_OF_MEMORY, "output '%s': %zu images are too many", port->value.name,
                    images);
        array->data = oct_allocate(array->count, oct_type(array->type)->size);
        OCT_REQUIRE(oct_cli_log, array->data != NULL, OCTET_OUT_OF_MEMORY,
                    "output '%s': out of host memory for %zu images", port->value.name, images);
    }
cleanup:
    return status;
}

octet_status oct_run_ports_write(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        const oct_run_port *const port = &ports->items[i];
        if (port->output != NULL)
            OCT_TRY(oct_npy_write(port->output, port->array.type, &port->array.shape,
                                  port->array.data));
    }
cleanup:
    return status;
}

octet_status oct_run_ports_commit(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++)
        if (ports->items[i].output != NULL)
            OCT_TRY(oct_output_commit(ports->items[i].output));
cleanup:
    return status;
}

/* ---- Both ---- */

void *oct_run_port_at(const oct_run_port *port, size_t first)
{
    size_t bytes = 0;
    if (port->array.data == NULL)
        return NULL;
    if (port->value.batched)
        oct_shape_bytes(port->value.type, &port->value.shape, &bytes);
    return (char *)port->array.data + first * bytes;
}

void oct_run_ports_release(oct_run_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        oct_output_destroy(ports->items[i].output);
        oct_array_release(&ports->items[i].array);
    }
    free(ports->items);
    *ports = (oct_run_ports){0};
}
