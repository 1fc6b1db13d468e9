/* output.c - see output.h. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/progress.h"

/* ---- Temporary names that a signal must remove ---- */

/* The handler reads these, so an entry is complete before it becomes visible and is never freed
 * while visible. */
enum { MOST_OUTPUTS = 128 };
static char *volatile temporaries[MOST_OUTPUTS];

void oct_output_remove_all(void)
{
    for (int i = 0; i < MOST_OUTPUTS; i++) {
        if (temporaries[i] != NULL)
            unlink(temporaries[i]);
    }
}

static void remove_and_leave(int number)
{
    static const char message[] = "octet: interrupted; what was not finished is removed\n";
    (void)number;
    oct_output_remove_all();
    oct_progress_clear();
    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    _exit(OCT_EXIT_FAILED);
}

static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDINGS = sizeof endings / sizeof endings[0] };
static bool ignored[ENDINGS]; /* when the program began, by nohup for one */

void oct_output_begin(void)
{
    sigset_t writing; /* a closed pipe, a file that may grow no further: failed writes, exit 1 */
    sigemptyset(&writing);
    sigaddset(&writing, SIGPIPE);
    sigaddset(&writing, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &writing, NULL); /* drivers replace handlers, SIG_IGN too */
    atexit(oct_output_remove_all);          /* and end the program when they fail */
    for (size_t i = 0; i < ENDINGS; i++) {
        struct sigaction before;
        ignored[i] = sigaction(endings[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    }
    oct_output_handle_signals();
}

void oct_output_handle_signals(void)
{
    struct sigaction action = {.sa_handler = remove_and_leave};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ENDINGS; i++) {
        if (!ignored[i])
            sigaction(endings[i], &action, NULL);
    }
}

/* False when the table is full. */
static bool watch(char *name)
{
    for (int i = 0; i < MOST_OUTPUTS; i++) {
        if (temporaries[i] == NULL) {
            temporaries[i] = name;
            return true;
        }
    }
    return false;
}

static void unwatch(const char *name)
{
    for (int i = 0; i < MOST_OUTPUTS; i++) {
        if (temporaries[i] == name)
            temporaries[i] = NULL;
    }
}

/* ---- One output ---- */

struct oct_output {
    const char *path; /* as given, for messages */
    char *target;     /* what commit renames to: the path, symbolic links followed */
    char *temporary;  /* NULL when the path is written in place, or after commit */
    FILE *file;
    FILE *scattered; /* what oct_output_write_at wrote for a path written in place */
    size_t written;  /* by oct_output_write */
};

static octet_status report(const oct_output *output, const char *what)
{
    return oct_report(oct_cli_log, OCTET_IO_FAILED, "output '%s' %s: %s", output->path, what,
                      strerror(errno));
}

static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

/* Follows a symbolic link, so that its target is replaced and the link stays. NULL, with errno,
 * where no file can be: below no directory, or behind a link to nothing. */
static char *resolve(const char *path)
{
    struct stat info;
    char *const real = realpath(path, NULL);
    if (real != NULL || errno != ENOENT || lstat(path, &info) == 0)
        return real;
    return strdup(path);
}

/* "DIRECTORY/.octet.XXXXXX" beside "target": short, because the target's name may be as long as
 * names can be. */
static char *temporary_name(const char *target)
{
    static const char base[] = ".octet.XXXXXX";
    const char *const slash = strrchr(target, '/');
    const size_t directory = slash != NULL ? (size_t)(slash - target) + 1 : 0;
    char *const name = malloc(directory + sizeof base);
    if (name != NULL) {
        memcpy(name, target, directory);
        memcpy(name + directory, base, sizeof base);
    }
    return name;
}

/* The permissions a newly created file would have had; mkstemp gives 0600. */
static void set_permissions(int descriptor)
{
    const mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(descriptor, 0666 & ~mask);
}

/* Signals wait, so that no file can exist that the handler does not know of. */
static int create_watched(char *name)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    int descriptor = mkstemp(name);
    if (descriptor >= 0 && !watch(name)) {
        unlink(name);
        close(descriptor);
        errno = EMFILE;
        descriptor = -1;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return descriptor;
}

static octet_status open_temporary(oct_output *output)
{
    struct stat info;
    output->target = resolve(output->path);
    if (output->target == NULL)
        return report(output, "cannot be created");
    char *const name = temporary_name(output->target);
    if (name == NULL)
        return oct_report(oct_cli_log, OCTET_OUT_OF_MEMORY, "out of host memory");
    const bool directory = stat(output->target, &info) == 0 && S_ISDIR(info.st_mode);
    const int descriptor = directory ? -1 : create_watched(name);
    if (descriptor < 0) {
        if (directory)
            errno = EISDIR;
        free(name);
        return report(output, "cannot be created");
    }
    output->temporary = name;
    set_permissions(descriptor);
    output->file = fdopen(descriptor, "wb");
    return output->file != NULL ? OCTET_OK : report(output, "cannot be opened");
}

octet_status oct_output_open(const char *path, oct_output **out)
{
    octet_status status = OCTET_OK;
    oct_output *output;
    OCT_ALLOC(oct_cli_log, output, 1);
    output->path = path;
    if (is_special(path)) {
        output->file = fopen(path, "wb");
        if (output->file == NULL)
            status = report(output, "cannot be opened");
    } else {
        status = open_temporary(output);
    }
    if (status == OCTET_OK) {
        *out = output;
        output = NULL;
    }
cleanup:
    oct_output_destroy(output);
    return status;
}

octet_status oct_output_write(oct_output *output, const void *data, size_t size)
{
    if (size > 0 && fwrite(data, 1, size, output->file) != size)
        return report(output, "cannot be written");
    output->written += size;
    return OCTET_OK;
}

size_t oct_output_size(const oct_output *output)
{
    return output->written;
}

octet_status oct_output_write_at(oct_output *output, size_t offset, const void *data, size_t size)
{
    const char *from = data;
    if (output->temporary == NULL && output->scattered == NULL)
        output->scattered = tmpfile();
    FILE *const file = output->temporary != NULL ? output->file : output->scattered;
    if (file == NULL || fflush(file) != 0)
        return report(output, "cannot be written");
    while (size > 0) {
        const ssize_t done = pwrite(fileno(file), from, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return report(output, "cannot be written");
        from += done;
        offset += (size_t)done;
        size -= (size_t)done;
    }
    return OCTET_OK;
}

const char *oct_output_share(oct_output *output)
{
    (void)fflush(output->file); /* what fails is seen by commit */
    return output->temporary;
}

/* What was written in any order, to where only one order is possible. */
static octet_status gather(oct_output *output)
{
    octet_status status = OCTET_OK;
    char piece[1 << 16];
    size_t got;
    if (fseeko(output->scattered, (off_t)output->written, SEEK_SET) != 0)
        return report(output, "cannot be written");
    while ((got = fread(piece, 1, sizeof piece, output->scattered)) > 0)
        OCT_TRY(oct_output_write(output, piece, got));
    if (ferror(output->scattered))
        status = report(output, "cannot be written");
cleanup:
    return status;
}

FILE *oct_output_file(oct_output *output)
{
    return output->file;
}

octet_status oct_output_flush(oct_output *output)
{
    octet_status status = OCTET_OK;
    if (output->scattered != NULL)
        OCT_TRY(gather(output));
    if (ferror(output->file) != 0 || fflush(output->file) != 0)
        status = report(output, "cannot be written");
cleanup:
    if (output->scattered != NULL)
        fclose(output->scattered);
    output->scattered = NULL;
    return status;
}

octet_status oct_output_commit(oct_output *output)
{
    const octet_status flushed = oct_output_flush(output);
    if (flushed != OCTET_OK)
        return flushed;
    const bool closed = fclose(output->file) == 0;
    output->file = NULL;
    if (!closed)
        return report(output, "cannot be written");
    if (output->temporary == NULL)
        return OCTET_OK;
    if (rename(output->temporary, output->target) != 0)
        return report(output, "cannot be created");
    unwatch(output->temporary);
    free(output->temporary);
    output->temporary = NULL;
    return OCTET_OK;
}

void oct_output_destroy(oct_output *output)
{
    if (output == NULL)
        return;
    if (output->file != NULL)
        fclose(output->file);
    if (output->scattered != NULL)
        fclose(output->scattered);
    if (output->temporary != NULL) {
        unlink(output->temporary);
        unwatch(output->temporary);
        free(output->temporary);
    }
    free(output->target);
    free(output);
}
