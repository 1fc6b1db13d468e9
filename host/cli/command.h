/* command.h - the commands of the program: one row each, one file each. */
#ifndef OCT_CLI_COMMAND_H
#define OCT_CLI_COMMAND_H

#include <stddef.h>

typedef struct oct_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
    const char *purpose;               /* one line for octet --help */
} oct_command;

extern const oct_command oct_commands[];
extern const size_t oct_command_count;

int oct_cli_devices(int argc, char **argv);
int oct_cli_quantize(int argc, char **argv);
int oct_cli_dequantize(int argc, char **argv);
int oct_cli_gemm(int argc, char **argv);
int oct_cli_conv2d(int argc, char **argv);
int oct_cli_compare(int argc, char **argv);
int oct_cli_explain(int argc, char **argv);
int oct_cli_run(int argc, char **argv);
int oct_cli_inspect(int argc, char **argv);
int oct_cli_verify(int argc, char **argv);
int oct_cli_bench(int argc, char **argv);
int oct_cli_tune(int argc, char **argv);

#endif
