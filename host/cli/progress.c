/* progress.c - see progress.h. */
#include "cli/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"

enum { BAR_WIDTH = 24 };
static const double redraw_seconds = 0.1;

static atomic_bool on_screen;

void oct_progress_clear(void)
{
    if (atomic_exchange(&on_screen, false))
        (void)!write(STDERR_FILENO, "\r\033[K", 4); /* stderr holds nothing back */
}

/* "42 s left", "1:05:09 left". */
static void print_time_left(char *text, size_t size, double seconds)
{
    const long whole = seconds < 1e8 ? (long)(seconds + 0.5) : 100000000;
    if (whole < 60)
        snprintf(text, size, ", %ld s left", whole);
    else if (whole < 3600)
        snprintf(text, size, ", %ld:%02ld left", whole / 60, whole % 60);
    else
        snprintf(text, size, ", %ld:%02ld:%02ld left", whole / 3600, whole / 60 % 60, whole % 60);
}

static void draw(const oct_progress *progress, size_t done, double elapsed)
{
    const double rate = elapsed > 0 ? (double)done / elapsed : 0;
    char line[160];
    int length = snprintf(line, sizeof line, "\r%s ", progress->what);
    if (progress->total > 0) {
        const int filled = (int)((double)BAR_WIDTH * (double)done / (double)progress->total);
        length += snprintf(line + length, sizeof line - (size_t)length, "[%.*s%*s] %zu/%zu %s",
                           filled, "########################", BAR_WIDTH - filled, "", done,
                           progress->total, progress->unit);
    } else {
        length +=
            snprintf(line + length, sizeof line - (size_t)length, "%zu %s", done, progress->unit);
    }
    if (rate > 0)
        length += snprintf(line + length, sizeof line - (size_t)length,
                           rate < 100 ? ", %.3g %s/s" : ", %.0f %s/s", rate, progress->unit);
    if (rate > 0 && progress->total > done)
        print_time_left(line + length, sizeof line - (size_t)length,
                        (double)(progress->total - done) / rate);
    fprintf(stderr, "%s\033[K", line);
    atomic_store(&on_screen, true);
}

void oct_progress_start(oct_progress *progress, const char *what, const char *unit, size_t total)
{
    *progress = (oct_progress){.what = what, .unit = unit, .total = total, .started = oct_now()};
    progress->shown = isatty(STDERR_FILENO) == 1;
}

void oct_progress_step(oct_progress *progress, size_t done)
{
    const double now = oct_now();
    if (!progress->shown || now - progress->drawn < redraw_seconds)
        return;
    progress->drawn = now;
    draw(progress, done, now - progress->started);
}

void oct_progress_end(oct_progress *progress)
{
    if (progress->shown)
        oct_progress_clear();
}
