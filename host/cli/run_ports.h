/* run_ports.h - the inputs and outputs of a network and the files they come from and go to. */
#ifndef OCT_CLI_RUN_PORTS_H
#define OCT_CLI_RUN_PORTS_H

#include "cli/npy.h"
#include "cli/options.h"
#include "octet/network.h"

typedef struct oct_run_port {
    octet_network_value value;
    const char *path;   /* of its file; NULL: none */
    oct_array array;    /* all images; data is NULL for an output that nobody wants */
    oct_output *output; /* of an output with a path, until it is committed */
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

/* oct_run_ports_read - reads every input's file; all must have one. "images" becomes what their
 * open first dimensions hold, or 1 where none is open ("batched" false). */
octet_status oct_run_ports_read(oct_run_ports *ports, size_t *images, bool *batched);

/* oct_run_ports_open - creates the output files, before long work. */
octet_status oct_run_ports_open(oct_run_ports *ports);

/* oct_run_ports_allocate - memory for "images" of each output that has a file; of the first output
 * in any case. */
octet_status oct_run_ports_allocate(oct_run_ports *ports, size_t images);

/* oct_run_ports_write - fills the output files; oct_run_ports_commit puts them in place. */
octet_status oct_run_ports_write(oct_run_ports *ports);
octet_status oct_run_ports_commit(oct_run_ports *ports);

/* oct_run_port_at - the port's data from image "first" on; NULL where there is none. */
void *oct_run_port_at(const oct_run_port *port, size_t first);

void oct_run_ports_release(oct_run_ports *ports);

#endif
