/* cache.c - see cache.h. */
#include "runtime/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"

#define MAGIC "octet cache 1\n"
#define LARGEST_ENTRY ((size_t)1 << 30) /* bytes: more is not an entry of ours */

uint64_t oct_hash(const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    uint64_t state = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes; i++)
        state = (state ^ byte[i]) * UINT64_C(1099511628211);
    return state;
}

static char *join(const char *a, const char *b)
{
    const size_t bytes = strlen(a) + strlen(b) + 1;
    char *text = oct_allocate(bytes, 1);
    if (text != NULL)
        snprintf(text, bytes, "%s%s", a, b);
    return text;
}

void oct_cache_open(oct_cache *cache, const char *directory)
{
    const char *const xdg = getenv("XDG_CACHE_HOME"), *const home = getenv("HOME");
    cache->directory = NULL;
    if (directory == NULL)
        directory = getenv("OCTET_CACHE_DIR");
    if (directory != NULL)
        cache->directory = directory[0] != '\0' ? join(directory, "") : NULL;
    else if (xdg != NULL && xdg[0] == '/')
        cache->directory = join(xdg, "/octet");
    else if (home != NULL && home[0] == '/')
        cache->directory = join(home, "/.cache/octet");
}

void oct_cache_close(oct_cache *cache)
{
    free(cache->directory);
    cache->directory = NULL;
}

static char *entry_path(const oct_cache *cache, const char *identity)
{
    char name[32];
    snprintf(name, sizeof name, "/%016" PRIx64 ".bin", oct_hash(identity, strlen(identity)));
    return join(cache->directory, name);
}

/* Reads the header and compares the identity; the data's size and checksum come back. */
static bool read_head(FILE *file, const char *identity, size_t *bytes, uint64_t *checksum)
{
    const size_t expected = strlen(identity);
    size_t identity_bytes = 0;
    bool equal = fscanf(file, MAGIC "%zu %zu %" SCNx64, &identity_bytes, bytes, checksum) == 3 &&
                 fgetc(file) == '\n' && identity_bytes == expected && *bytes <= LARGEST_ENTRY;
    for (size_t i = 0; equal && i < expected; i++)
        equal = fgetc(file) == (unsigned char)identity[i];
    return equal;
}

/* NULL where there is none, or something that is no file: a pipe, which would be waited for. */
static FILE *open_entry(const char *path)
{
    struct stat info;
    const int handle = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const bool regular = handle >= 0 && fstat(handle, &info) == 0 && S_ISREG(info.st_mode);
    FILE *const file = regular ? fdopen(handle, "rb") : NULL;
    if (file == NULL && handle >= 0)
        close(handle);
    return file;
}

void *oct_cache_load(const oct_cache *cache, const char *identity, size_t *bytes)
{
    char *path = NULL;
    FILE *file = NULL;
    void *data = NULL;
    uint64_t checksum = 0;
    size_t size = 0;
    bool whole = false;
    if (cache->directory == NULL)
        return NULL;
    path = entry_path(cache, identity);
    file = path != NULL ? open_entry(path) : NULL;
    if (file != NULL && read_head(file, identity, &size, &checksum)) {
        data = oct_allocate(size, 1);
        whole = data != NULL && fread(data, 1, size, file) == size && fgetc(file) == EOF &&
                oct_hash(data, size) == checksum;
    }
    if (file != NULL)
        fclose(file);
    free(path);
    if (!whole) {
        free(data);
        return NULL;
    }
    *bytes = size;
    return data;
}

/* mkdir -p, private to the user; an existing directory is fine. */
static void make_directories(const char *directory)
{
    char *path = join(directory, "");
    if (path == NULL)
        return;
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    (void)mkdir(path, 0700);
    free(path);
}

static bool write_entry(FILE *file, const char *identity, const void *data, size_t bytes)
{
    fprintf(file, MAGIC "%zu\n%zu\n%016" PRIx64 "\n%s", strlen(identity), bytes,
            oct_hash(data, bytes), identity);
    return fwrite(data, 1, bytes, file) == bytes && fflush(file) == 0 && !ferror(file);
}

bool oct_cache_store(const oct_cache *cache, const char *identity, const void *data, size_t bytes)
{
    char *path = NULL, *temporary = NULL;
    FILE *file = NULL;
    int handle = -1;
    bool written = false;
    if (cache->directory == NULL)
        return false;
    make_directories(cache->directory);
    path = entry_path(cache, identity);
    temporary = path != NULL ? join(path, ".XXXXXX") : NULL;
    if (temporary == NULL)
        goto cleanup;
    handle = mkstemp(temporary);
    file = handle >= 0 ? fdopen(handle, "wb") : NULL;
    if (file == NULL) {
        if (handle >= 0)
            close(handle);
        goto cleanup;
    }
    written = write_entry(file, identity, data, bytes);
    written = fclose(file) == 0 && written;
    written = written && rename(temporary, path) == 0;
    if (!written)
        (void)unlink(temporary);
cleanup:
    free(temporary);
    free(path);
    return written;
}

/* ---- The lock: the folder itself, so that nothing is left beside the entries ---- */

#define LOCK_TRIES 3000
#define LOCK_PAUSE 1000000 /* nanoseconds */

int oct_cache_lock(const oct_cache *cache)
{
    const struct timespec pause = {0, LOCK_PAUSE};
    int lock = -1, tries = 0;
    if (cache->directory == NULL)
        return -1;
    make_directories(cache->directory);
    lock = open(cache->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0 && ++tries < LOCK_TRIES)
        nanosleep(&pause, NULL);
    return lock;
}

void oct_cache_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
