/* compile.c - kernels.cl to PTX by clang ($CLANG, else "clang"), in a folder that goes when the program
 * ends. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ptx/ptx.h"

enum { COMMAND = 4096, MOST_TEXT = 16 << 20 };

static char folder[256];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one compilation at a time */

static const char *clang(void)
{
    const char *const named = getenv("CLANG");
    return named != NULL ? named : "clang";
}

/* PTX of compute capability 6.1 or 8.0, which the driver makes the device's own. */
static const char *target(int capability)
{
    return capability < 80 ? "-target nvptx64-nvidia-nvcl -Xclang -target-cpu -Xclang sm_61 "
                             "-Xclang -target-feature -Xclang +ptx70"
                           : "-target nvptx64-nvidia-nvcl -Xclang -target-cpu -Xclang sm_80 "
                             "-Xclang -target-feature -Xclang +ptx70";
}

static void remove_folder(void)
{
    char command[COMMAND];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "octet-ptx: %s stays\n", folder);
}

/* Runs a command; what it says goes to log, its end cut. */
static bool run(const char *command, char *log, size_t capacity)
{
    size_t length = 0, got = 0;
    char rest[512];
    FILE *const said = popen(command, "r");
    if (said == NULL)
        return false;
    while (length + 1 < capacity && (got = fread(log + length, 1, capacity - 1 - length, said)) > 0)
        length += got;
    log[length] = '\0';
    while (fread(rest, 1, sizeof rest, said) > 0)
        continue;
    return pclose(said) == 0;
}

/* Makes the folder, and the builtin functions in it; once. */
static bool prepare(int capability, char *log, size_t capacity)
{
    char command[COMMAND];
    const char *const parent = getenv("TMPDIR");
    if (folder[0] != '\0')
        return true;
    snprintf(folder, sizeof folder, "%s/octet-ptx-XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(folder) == NULL) {
        snprintf(log, capacity, "error: no folder %s", folder);
        folder[0] = '\0';
        return false;
    }
    atexit(remove_folder);
    snprintf(command, sizeof command,
             "'%s' -x cl -cl-std=CL1.2 %s -Xclang -finclude-default-header -O1 -emit-llvm -c "
             "-o '%s/builtins.bc' '%s/tests/gpu/builtins.cl' 2>&1",
             clang(), target(capability), folder, OCT_SOURCE);
    return run(command, log, capacity);
}

static bool write_text(const char *path, const char *text)
{
    FILE *const file = fopen(path, "wb");
    if (file == NULL)
        return false;
    const bool whole = fwrite(text, 1, strlen(text), file) == strlen(text);
    return fclose(file) == 0 && whole;
}

static char *read_text(const char *path)
{
    FILE *const file = fopen(path, "rb");
    char *const text = calloc(MOST_TEXT, 1);
    if (file != NULL && text != NULL && fread(text, 1, MOST_TEXT - 1, file) > 0) {
        fclose(file);
        return text;
    }
    if (file != NULL)
        fclose(file);
    free(text);
    return NULL;
}

/* The work-group that a kernel of LLVM's text requires; false: any. */
static bool required_group(const char *ir, const char *name, int group[3])
{
    char head[96], node[32];
    int number = 0;
    snprintf(head, sizeof head, " @%s(", name);
    for (const char *at = strstr(ir, "\ndefine "); at != NULL; at = strstr(at + 1, "\ndefine ")) {
        const char *const end = strchr(at + 1, '\n'), *const here = strstr(at, head);
        const char *const required = strstr(at, "!reqd_work_group_size !");
        if (end == NULL || here == NULL || here > end)
            continue;
        if (required == NULL || required > end ||
            sscanf(required, "!reqd_work_group_size !%d", &number) != 1)
            return false;
        snprintf(node, sizeof node, "\n!%d = ", number);
        at = strstr(ir, node);
        return at != NULL && sscanf(at + strlen(node), "!{i32 %d, i32 %d, i32 %d}", &group[0],
                                    &group[1], &group[2]) == 3;
    }
    return false;
}

/* Writes LLVM's text with what clang leaves out for PTX: the work-groups that kernels require. */
static bool write_ir(const char *path, const char *ir)
{
    static const char mark[] = ", !\"kernel\", i32 1}";
    FILE *const file = fopen(path, "wb");
    const char *from = ir;
    if (file == NULL)
        return false;
    for (const char *at = strstr(ir, mark); at != NULL; at = strstr(at + 1, mark)) {
        const char *name = at;
        char text[64];
        int group[3];
        while (name > ir && name[-1] != '@')
            name--;
        snprintf(text, sizeof text, "%.*s", (int)(at - name), name);
        fwrite(from, 1, (size_t)(at + strlen(mark) - 1 - from), file);
        from = at + strlen(mark) - 1;
        if (required_group(ir, text, group))
            fprintf(file, ", !\"reqntidx\", i32 %d, !\"reqntidy\", i32 %d, !\"reqntidz\", i32 %d",
                    group[0], group[1], group[2]);
    }
    fputs(from, file);
    return fclose(file) == 0;
}

/* kernels.cl to LLVM's text in the folder, that text completed, and PTX of it. */
static char *compile(int capability, const char *source, const char *options, char *log,
                     size_t capacity)
{
    char from[300], ir[300], to[300], command[COMMAND];
    char *text = NULL;
    snprintf(from, sizeof from, "%s/kernels.cl", folder);
    snprintf(ir, sizeof ir, "%s/kernels.ll", folder);
    snprintf(to, sizeof to, "%s/kernels.ptx", folder);
    snprintf(command, sizeof command,
             "'%s' -x cl %s -Xclang -finclude-default-header -w -O3 -Xclang "
             "-mlink-builtin-bitcode -Xclang '%s/builtins.bc' -emit-llvm -S -o '%s' %s '%s' 2>&1",
             clang(), target(capability), folder, ir, options, from);
    if (!write_text(from, source) || !run(command, log, capacity) || (text = read_text(ir)) == NULL)
        return NULL;
    const bool written = write_ir(ir, text);
    free(text);
    snprintf(command, sizeof command, "'%s' -x ir %s -w -O3 -S -o '%s' '%s' 2>&1", clang(),
             target(capability), to, ir);
    return written && run(command, log, capacity) ? read_text(to) : NULL;
}

char *oct_ptx_compile(int capability, const char *source, const char *options, char *log,
                      size_t capacity)
{
    char *text = NULL;
    pthread_mutex_lock(&lock);
    if (prepare(capability, log, capacity))
        text = compile(capability, source, options, log, capacity);
    pthread_mutex_unlock(&lock);
    return text;
}
