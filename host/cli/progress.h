/* progress.h - a bar on standard error with rate and time left; silent where standard error is not
 * a terminal. One bar at a time, and one thread at a time; messages clear it first. */
#ifndef OCT_CLI_PROGRESS_H
#define OCT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct oct_progress {
    const char *what, *unit; /* "verify", "problems" */
    size_t total;            /* 0: unknown */
    double started, drawn;   /* seconds */
    bool shown;
} oct_progress;

void oct_progress_start(oct_progress *progress, const char *what, const char *unit, size_t total);
void oct_progress_step(oct_progress *progress, size_t done);
void oct_progress_end(oct_progress *progress);

/* oct_progress_clear - removes the bar from the screen until the next step. Any thread, and a
 * signal's handler. */
void oct_progress_clear(void);

#endif
