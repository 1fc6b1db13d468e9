/* scratch.c - see scratch.h. */
#include "support/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/unit.h"

enum { MOST_NAMES = 256 };

void oct_scratch_open(oct_scratch *scratch)
{
    const char *const base = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/octet-test-XXXXXX",
             base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(scratch->path));
}

const char *oct_scratch_join(const char *directory, const char *name, char path[OCT_SCRATCH_PATH])
{
    const int length = snprintf(path, OCT_SCRATCH_PATH, "%s/%s", directory, name);
    assert_in_range(length, 1, OCT_SCRATCH_PATH - 1);
    return path;
}

size_t oct_scratch_list(const char *directory, char names[][OCT_SCRATCH_PATH], size_t capacity)
{
    DIR *const stream = opendir(directory);
    size_t count = 0;
    if (stream == NULL)
        return 0;
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count < capacity)
            snprintf(names[count], OCT_SCRATCH_PATH, "%.*s", OCT_SCRATCH_PATH - 1, entry->d_name);
        count++;
    }
    closedir(stream);
    return count;
}

static void remove_tree(const char *path)
{
    static char all[4][MOST_NAMES][OCT_SCRATCH_PATH];
    static size_t depth;
    char(*const names)[OCT_SCRATCH_PATH] = all[depth];
    char whole[OCT_SCRATCH_PATH];
    struct stat about;
    if (lstat(path, &about) != 0)
        return;
    if (S_ISDIR(about.st_mode)) {
        (void)chmod(path, 0700);
        const size_t count = oct_scratch_list(path, names, MOST_NAMES);
        assert_in_range(depth, 0, OCT_COUNT(all) - 1);
        depth++;
        for (size_t i = 0; i < count && i < MOST_NAMES; i++)
            remove_tree(oct_scratch_join(path, names[i], whole));
        depth--;
    }
    (void)remove(path);
}

void oct_scratch_close(oct_scratch *scratch)
{
    remove_tree(scratch->path);
}

void oct_scratch_write(const char *path, const void *data, size_t size)
{
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void *oct_scratch_read(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *const data = malloc(*size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    data[*size] = '\0';
    fclose(file);
    return data;
}
