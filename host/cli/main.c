/* main.c - finds the command and hands it the rest of the line. */
#include <string.h>

#include "cli/command.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/suggest.h"

static int print_help(void)
{
    oct_cli_print("octet - exact int8 inference on OpenCL\n\n"
                  "Usage: octet COMMAND [OPTIONS] [ARGUMENTS]\n\n"
                  "Commands:\n");
    for (size_t i = 0; i < oct_command_count; i++)
        oct_cli_print("  %-12s%s\n", oct_commands[i].name, oct_commands[i].purpose);
    oct_cli_print("\n"
                  "octet help COMMAND explains a command, octet --version prints the version.\n"
                  "Arrays are NumPy .npy files. An output is written under another name and then\n"
                  "renamed, so it may replace an input. Of an option given twice the last counts;\n"
                  "run's --input and --output add to a list. Exit status: 0 done, 1 failed while\n"
                  "running, 2 bad usage or input, 3 a comparison found a difference.\n\n"
                  "Kernels are built on first use and kept in $OCTET_CACHE_DIR, else\n"
                  "$XDG_CACHE_HOME/octet, else ~/.cache/octet; OCTET_CACHE_DIR= keeps none.\n\n"
                  "Start here:\n"
                  "  octet devices\n"
                  "  octet verify\n");
    return oct_cli_exit(oct_cli_flush(), false);
}

static int print_version(void)
{
    oct_cli_print("octet %s\n", octet_version());
    return oct_cli_exit(oct_cli_flush(), false);
}

static int refuse(const char *name)
{
    static const char *const others[] = {"help", "--help", "--version"};
    oct_suggestion nearest = {0};
    const bool option = name[0] == '-';
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        oct_suggestion_offer(&nearest, name, others[i]);
    for (size_t i = 0; i < oct_command_count; i++)
        oct_suggestion_offer(&nearest, name, oct_commands[i].name);
    oct_cli_note("'%s' is no %s%s%s%s (octet --help lists all)", name,
                 option ? "option of octet itself" : "command",
                 nearest.name != NULL ? "; the nearest is '" : "",
                 nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "'" : "");
    return OCT_EXIT_USAGE;
}

/* "help COMMAND" is "COMMAND --help". */
static void turn_help(int argc, char **argv)
{
    static char option[] = "--help";
    memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof *argv);
    argv[argc - 1] = option;
}

int main(int argc, char **argv)
{
    oct_output_begin();
    oct_cli_remember(argc, argv);
    if (argc < 2) {
        oct_cli_note("no command given; octet --help lists them");
        return OCT_EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0)
        turn_help(argc, argv);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    for (size_t i = 0; i < oct_command_count; i++) {
        if (strcmp(argv[1], oct_commands[i].name) == 0)
            return oct_commands[i].run(argc - 1, argv + 1);
    }
    return refuse(argv[1]);
}
