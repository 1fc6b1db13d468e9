/* output.h - files that appear whole or not at all: written under a temporary name in the same
 * directory, renamed by commit, removed by destroy, and removed when SIGINT, SIGTERM, SIGHUP or
 * SIGQUIT ends the program. A path that names something other than a regular file (a pipe,
 * /dev/null) is written in place. */
#ifndef OCT_CLI_OUTPUT_H
#define OCT_CLI_OUTPUT_H

#include <stdio.h>

#include "cli/message.h"

typedef struct oct_output oct_output;

/* oct_output_open - "path" must live as long as the output. OCTET_IO_FAILED with a message that
 * names it when nothing can be created there: call it before long work. */
octet_status oct_output_open(const char *path, oct_output **out);

octet_status oct_output_write(oct_output *output, const void *data, size_t size);

/* oct_output_write_at - writes at a place behind all that oct_output_write wrote, any number of times
 * and in any order; those calls are over then. Where the path is written in place, it is kept in a
 * temporary file without a name until the commit. */
octet_status oct_output_write_at(oct_output *output, size_t offset, const void *data, size_t size);

/* oct_output_share - the name of the file as it is being written, with all that oct_output_write wrote
 * in it, for others to write behind that. NULL where it is written in place. */
const char *oct_output_share(oct_output *output);

/* oct_output_size - bytes that oct_output_write wrote. */
size_t oct_output_size(const oct_output *output);

/* oct_output_file - for text written with fprintf; commit sees what failed. */
FILE *oct_output_file(oct_output *output);

/* oct_output_flush - writes what is still in memory; nothing is written afterwards. */
octet_status oct_output_flush(oct_output *output);

/* oct_output_commit - flushes and renames. Several outputs of one command are all flushed, and then
 * committed together, at its end: one that cannot be written leaves none of them. */
octet_status oct_output_commit(oct_output *output);

/* oct_output_destroy - releases, and removes what was not committed. NULL is accepted. */
void oct_output_destroy(oct_output *output);

/* oct_output_begin - called once by main: makes signals remove temporary files, and failed writes
 * end in a status instead of a signal. */
void oct_output_begin(void);

/* oct_output_remove_all - removes every file that is not committed yet, where the program is about to
 * end without a destroy. */
void oct_output_remove_all(void);

/* oct_output_handle_signals - the handlers once more, after a driver may have put others in their
 * place. LLVM's, inside PoCL, pass signals on when they have removed its files, but for SIGQUIT:
 * one that arrives while PoCL begins or builds kernels is lost, and the program goes on. */
void oct_output_handle_signals(void);

#endif
