/* run_ports.h - the inputs and outputs of a network and the files they come from and go to. */
#ifndef OCT_CLI_RUN_PORTS_H
#define OCT_CLI_RUN_PORTS_H

#include "cli/npy.h"
#include "cli/options.h"
#include "cli/ranks.h"
#include "octet/network.h"

typedef struct oct_run_port {
    octet_network_value value;
    const char *path;       /* of its file; NULL: none */
    octet_shape shape;      /* of the file: an input's as it is, an output's as it will be */
    oct_npy_source *source; /* of an input */
    oct_output *output;     /* of an output with a path, until it is committed; process 0 alone */
    oct_shared *shared;     /* the same file for all processes, where there are several */
    size_t image_bytes;     /* of an output */
} oct_run_port;

typedef struct oct_run_ports {
    oct_run_port *items;
    size_t count;
} oct_run_ports;

/* oct_run_ports_describe - all inputs, or all outputs, of a network, without files. */
octet_status oct_run_ports_describe(const octet_network *network, bool outputs,
                                    oct_run_ports *ports);

/* oct_run_ports_assign - gives the ports the files that an option ("input", "output") names:
 * "NAME=FILE" by name, "FILE" to the first port that has none. */
octet_status oct_run_ports_assign(oct_run_ports *ports, const char *option, const oct_texts *files);

/* oct_run_ports_check_distinct - no file is written twice, whatever its names; "profile" is the trace's, or NULL. */
octet_status oct_run_ports_check_distinct(const oct_run_ports *ports, const char *profile);

/* oct_run_ports_check_kept - no output and no trace replaces the model, and the trace replaces neither
 * inputs nor labels; an output may. "labels" and "profile" may be NULL. */
octet_status oct_run_ports_check_kept(const oct_run_ports *inputs, const oct_run_ports *outputs,
                                      const char *model, const char *labels, const char *profile);

/* oct_run_ports_open_inputs - opens every input's file; all must have one. "images" becomes what
 * their open first dimensions hold, or 1 where none is open ("batched" false). */
octet_status oct_run_ports_open_inputs(oct_run_ports *ports, size_t *images, bool *batched);

/* oct_run_ports_size_outputs - the outputs' shapes for "images" images; 0 leave an output that is not
 * batched without a value, and a file for it is refused. oct_run_ports_open_outputs - creates the
 * output files, before long work; every process calls it. */
octet_status oct_run_ports_size_outputs(oct_run_ports *ports, size_t images);
octet_status oct_run_ports_open_outputs(oct_run_ports *ports);

/* oct_run_ports_read, oct_run_ports_write - as octet_read_fn and octet_write_fn, from and to the
 * files. "last" is the batch with the last image of this process's part: outputs that are not batched
 * are those of the last batch of all. oct_run_ports_commit puts the outputs in place, and is called
 * by every process. */
octet_status oct_run_ports_read(const oct_run_ports *ports, size_t first, size_t images,
                                void *const *inputs);
octet_status oct_run_ports_write(const oct_run_ports *ports, size_t first, size_t images, bool last,
                                 const void *const *outputs);
octet_status oct_run_ports_commit(oct_run_ports *ports);

void oct_run_ports_release(oct_run_ports *ports);

#endif
