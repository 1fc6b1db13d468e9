/* message.c - see message.h. */
#include "cli/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"

/* One fprintf per message, so that messages of several threads do not mix. */
static void print_message(const char *text)
{
    oct_progress_clear();
    fprintf(stderr, "octet: %s\n", text);
}

/* ---- Holding back ---- */

static bool holding;
static char held[2048];

void oct_cli_hold(void)
{
    holding = true;
    held[0] = '\0';
}

void oct_cli_release(bool print)
{
    holding = false;
    if (print && held[0] != '\0')
        print_message(held);
}

/* ---- Saying ---- */

static void say(void *user, const char *text)
{
    (void)user;
    if (holding)
        snprintf(held, sizeof held, "%s", text);
    else
        print_message(text);
}

static const oct_log log_to_stderr = {say, NULL};
const oct_log *const oct_cli_log = &log_to_stderr;

void oct_cli_note(const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(NULL, text);
}

int oct_cli_exit(octet_status status, bool different)
{
    switch (status) {
    case OCTET_OK:
        return different ? OCT_EXIT_DIFFERENT : OCT_EXIT_OK;
    case OCTET_INVALID_ARGUMENT:
    case OCTET_UNSUPPORTED:
        return OCT_EXIT_USAGE;
    default:
        return OCT_EXIT_FAILED;
    }
}

void oct_cli_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stdout, format, arguments);
    va_end(arguments);
}

octet_status oct_cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return OCTET_OK;
    return oct_report(oct_cli_log, OCTET_IO_FAILED, "standard output could not be written: %s",
                      errno != 0 ? strerror(errno) : "an earlier write failed");
}

/* ---- The command line ---- */

static int remembered_count;
static char **remembered;

void oct_cli_remember(int argc, char **argv)
{
    remembered_count = argc;
    remembered = argv;
}

static bool needs_quotes(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789@%+=:,./_-";
    return word[0] == '\0' || word[strspn(word, plain)] != '\0';
}

static char *append_quoted(char *end, const char *word)
{
    *end++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') { /* close, an escaped quote, open again */
            memcpy(end, "'\\''", 4);
            end += 4;
        } else {
            *end++ = *word;
        }
    }
    *end++ = '\'';
    return end;
}

bool oct_cli_quote(char **text, const char *word)
{
    const size_t length = *text != NULL ? strlen(*text) : 0;
    char *const grown = realloc(*text, length + 4 * strlen(word) + 4);
    if (grown == NULL)
        return false;
    char *end = grown + length;
    if (length > 0)
        *end++ = ' ';
    if (needs_quotes(word)) {
        end = append_quoted(end, word);
    } else {
        const size_t size = strlen(word);
        memcpy(end, word, size);
        end += size;
    }
    *end = '\0';
    *text = grown;
    return true;
}

char *oct_cli_command_line(void)
{
    char *text = NULL;
    for (int i = 0; i < remembered_count; i++) {
        if (!oct_cli_quote(&text, remembered[i])) {
            free(text);
            return NULL;
        }
    }
    return text;
}
