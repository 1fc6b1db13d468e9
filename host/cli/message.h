/* message.h - what the program says on standard error, and the exit status it ends with.
 *
 * A command is a chain of functions that return octet_status and report to oct_cli_log through
 * OCT_TRY and OCT_REQUIRE (core/check.h), and ends in
 *
 *     return oct_cli_exit(status, different);
 *
 * A fault in what the user gave (an option, an input file) is OCTET_INVALID_ARGUMENT or
 * OCTET_UNSUPPORTED; a fault in the world (output, memory, device) is any other status. */
#ifndef OCT_CLI_MESSAGE_H
#define OCT_CLI_MESSAGE_H

#include <stdbool.h>

#include "core/check.h"

enum { OCT_EXIT_OK = 0, OCT_EXIT_FAILED = 1, OCT_EXIT_USAGE = 2, OCT_EXIT_DIFFERENT = 3 };

/* The log of the whole program: prints "octet: TEXT" to standard error, from any thread. Give its
 * message and user to octet_context_desc too. */
extern const oct_log *const oct_cli_log;

/* oct_cli_hold - from now on messages are kept, the last alone, instead of printed: for attempts
 * that may fail. oct_cli_release ends that, and prints what was kept if "print". Main thread. */
void oct_cli_hold(void);
void oct_cli_release(bool print);

/* oct_cli_note - a remark that is no failure, printed like one. */
void oct_cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* oct_cli_exit - 0, 1 or 2 for "status"; 3 when it is OCTET_OK and "different". */
int oct_cli_exit(octet_status status, bool different);

/* oct_cli_print - printf to standard output; failures are seen by oct_cli_flush. */
void oct_cli_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* oct_cli_flush - OCTET_IO_FAILED with a message if anything written to standard output is lost. */
octet_status oct_cli_flush(void);

/* oct_cli_remember - keeps main's arguments for oct_cli_command_line. */
void oct_cli_remember(int argc, char **argv);

/* oct_cli_command_line - the command line as a shell would need it, quoted. Freed by the caller;
 * NULL when memory is out. */
char *oct_cli_command_line(void);

/* oct_cli_quote - one word as a shell would need it, appended to "text", which grows. False when
 * memory is out. */
bool oct_cli_quote(char **text, const char *word);

#endif
