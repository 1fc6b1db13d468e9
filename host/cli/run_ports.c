/* run_ports.c - see run_ports.h. */
#include "cli/run_ports.h"

#include <stdlib.h>
#include <string.h>

#include "cli/same_file.h"

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

octet_status oct_run_ports_check_distinct(const oct_run_ports *ports, const char *profile)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        const char *const path = ports->items[i].path;
        for (size_t j = 0; path != NULL && j < i; j++)
            OCT_REQUIRE(oct_cli_log,
                        ports->items[j].path == NULL || !oct_same_file(ports->items[j].path, path),
                        OCTET_INVALID_ARGUMENT, "--output %s: the file of '%s' and of '%s'", path,
                        ports->items[j].value.name, ports->items[i].value.name);
        OCT_REQUIRE(oct_cli_log, path == NULL || profile == NULL || !oct_same_file(profile, path),
                    OCTET_INVALID_ARGUMENT, "--profile %s: the file of the output '%s' too", path,
                    ports->items[i].value.name);
    }
cleanup:
    return status;
}

static octet_status check_other(const char *option, const char *path, const char *what,
                                const char *kept)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, path == NULL || kept == NULL || !oct_same_file(path, kept),
                OCTET_INVALID_ARGUMENT, "--%s %s: this is the %s file, which is read", option, path,
                what);
cleanup:
    return status;
}

octet_status oct_run_ports_check_kept(const oct_run_ports *inputs, const oct_run_ports *outputs,
                                      const char *model, const char *labels, const char *profile)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < outputs->count; i++)
        OCT_TRY(check_other("output", outputs->items[i].path, "model's", model));
    OCT_TRY(check_other("profile", profile, "model's", model));
    OCT_TRY(check_other("profile", profile, "labels'", labels));
    for (size_t i = 0; i < inputs->count; i++)
        OCT_TRY(check_other("profile", profile, "input's", inputs->items[i].path));
cleanup:
    return status;
}

/* ---- Inputs ---- */

/* The number of images in a file; OCTET_INVALID_ARGUMENT where its shape is not the input's. */
static octet_status count_images(const oct_run_port *port, size_t *images)
{
    octet_status status = OCTET_OK;
    const octet_shape *const given = &port->shape;
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

static octet_status open_input(oct_run_port *port)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(oct_cli_log, port->path != NULL, OCTET_INVALID_ARGUMENT,
                "--input: the model's input '%s' has no file", port->value.name);
    OCT_TRY(oct_npy_open("--input", port->path, 1u << port->value.type, &port->source));
    port->shape = oct_npy_info(port->source).shape;
cleanup:
    return status;
}

octet_status oct_run_ports_open_inputs(oct_run_ports *ports, size_t *images, bool *batched)
{
    octet_status status = OCTET_OK;
    *images = 1;
    *batched = false;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        size_t count = 1;
        OCT_TRY(open_input(port));
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

octet_status oct_run_ports_read(const oct_run_ports *ports, size_t first, size_t images,
                                void *const *inputs)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        const oct_run_port *const port = &ports->items[i];
        const size_t rows = port->shape.rank > 0 ? port->value.shape.size[0] : 1;
        if (port->value.batched)
            OCT_TRY(oct_npy_fetch(port->source, first * rows, images * rows, inputs[i]));
        else
            OCT_TRY(oct_npy_fetch(port->source, 0, rows, inputs[i]));
    }
cleanup:
    return status;
}

/* ---- Outputs ---- */

octet_status oct_run_ports_size_outputs(oct_run_ports *ports, size_t images)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        size_t bytes = 0;
        port->shape = port->value.shape;
        oct_shape_bytes(port->value.type, &port->shape, &port->image_bytes);
        OCT_REQUIRE(oct_cli_log, images > 0 || port->value.batched || port->path == NULL,
                    OCTET_INVALID_ARGUMENT,
                    "--output '%s': '%s' has no batch dimension, so that without images nothing "
                    "computes it",
                    port->path, port->value.name);
        const bool fits =
            !port->value.batched || oct_multiply(port->shape.size[0], images, &port->shape.size[0]);
        OCT_REQUIRE(oct_cli_log, fits && oct_shape_bytes(port->value.type, &port->shape, &bytes),
                    OCTET_OUT_OF_MEMORY, "output '%s': %zu images are too many", port->value.name,
                    images);
    }
cleanup:
    return status;
}

static octet_status create_output(oct_run_port *port)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_output_open(port->path, &port->output));
    OCT_TRY(oct_npy_write_header(port->output, port->value.type, &port->shape));
    OCT_REQUIRE(oct_cli_log, oct_rank_count() == 1 || oct_output_share(port->output) != NULL,
                OCTET_INVALID_ARGUMENT,
                "--output '%s' is no regular file; several processes can write no other",
                port->path);
cleanup:
    return status;
}

octet_status oct_run_ports_open_outputs(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        const bool first = oct_rank() == 0;
        if (port->path == NULL)
            continue;
        OCT_TRY(oct_ranks_agree(first ? create_output(port) : OCTET_OK));
        if (oct_rank_count() > 1)
            OCT_TRY(oct_shared_open(first ? oct_output_share(port->output) : NULL,
                                    first ? oct_output_size(port->output) : 0, &port->shared));
    }
cleanup:
    return status;
}

static octet_status write_output(const oct_run_port *port, size_t offset, size_t bytes,
                                 const void *data)
{
    if (port->shared == NULL)
        return oct_output_write_at(port->output, oct_output_size(port->output) + offset, data,
                                   bytes);
    return oct_shared_write_at(port->shared, offset, data, bytes);
}

octet_status oct_run_ports_write(const oct_run_ports *ports, size_t first, size_t images, bool last,
                                 const void *const *outputs)
{
    octet_status status = OCTET_OK;
    const bool last_of_all =
        last && oct_rank() + 1 == oct_rank_count(); /* no part of it is empty */
    for (size_t i = 0; i < ports->count; i++) {
        const oct_run_port *const port = &ports->items[i];
        const bool batched = port->value.batched != 0;
        if (port->path != NULL && (batched || last_of_all))
            OCT_TRY(write_output(port, batched ? first * port->image_bytes : 0,
                                 (batched ? images : 1) * port->image_bytes, outputs[i]));
    }
cleanup:
    return status;
}

static octet_status close_shared(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < ports->count; i++) {
        oct_run_port *const port = &ports->items[i];
        const octet_status closed =
            port->shared != NULL ? oct_shared_close(port->shared) : OCTET_OK;
        port->shared = NULL;
        status = status == OCTET_OK ? closed : status;
    }
    return oct_ranks_agree(status);
}

octet_status oct_run_ports_commit(oct_run_ports *ports)
{
    octet_status status = OCTET_OK;
    OCT_TRY(close_shared(ports));
    for (size_t i = 0; i < ports->count && status == OCTET_OK; i++)
        if (ports->items[i].output != NULL)
            status = oct_output_flush(ports->items[i].output);
    for (size_t i = 0; i < ports->count && status == OCTET_OK; i++)
        if (ports->items[i].output != NULL)
            status = oct_output_commit(ports->items[i].output);
    status = oct_ranks_agree(status);
cleanup:
    return status;
}

void oct_run_ports_release(oct_run_ports *ports)
{
    (void)close_shared(ports); /* every process comes here, unless the job was aborted */
    for (size_t i = 0; i < ports->count; i++) {
        oct_output_destroy(ports->items[i].output);
        oct_npy_close(ports->items[i].source);
    }
    free(ports->items);
    *ports = (oct_run_ports){0};
}
