/* building.c - see building.h. An alarm and not a thread: its handler writes a line that was made
 * before, which signal handlers may. */
#include "harness/building.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 2 };

static char line[1024];
static volatile sig_atomic_t said;

static void say(int number)
{
    (void)number;
    said = 1;
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return; /* nobody listens */
}

static bool is_absolute(const char *path)
{
    return path != NULL && path[0] == '/';
}

/* Where the library keeps what it built, by the rule of octet_context_desc. */
static void append_directory(size_t length)
{
    const char *const own = getenv("OCTET_CACHE_DIR"), *const xdg = getenv("XDG_CACHE_HOME");
    const char *const home = getenv("HOME");
    const char *folder = is_absolute(home) ? home : "", *below = "/.cache/octet";
    if (own != NULL) {
        folder = own;
        below = "";
    } else if (is_absolute(xdg)) {
        folder = xdg;
        below = "/octet";
    }
    if (folder[0] != '\0')
        snprintf(line + length, sizeof line - length, ", once; kept in %.700s%s\n", folder, below);
    else
        snprintf(line + length, sizeof line - length, "; nowhere to keep them\n");
}

void oct_building_begin(const char *device)
{
    struct sigaction action = {.sa_handler = say, .sa_flags = SA_RESTART};
    if (said)
        return;
    const int length = snprintf(line, sizeof line, "%soctet: building kernels for %.160s",
                                isatty(STDERR_FILENO) ? "\r\033[K" : "", device);
    append_directory((size_t)length);
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) == 0)
        alarm(PATIENCE_SECONDS);
}

void oct_building_end(void)
{
    alarm(0);
}
