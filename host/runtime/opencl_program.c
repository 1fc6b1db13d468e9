/* opencl_program.c - kernels.cl to programs: built once per set of options, kept by the context and
 * on disk. */
#include "runtime/opencl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/kernels_source.h"

#define LARGEST_SOURCE ((size_t)16 << 20) /* bytes of a kernels.cl on disk */

/* ---- Source ---- */

static octet_status read_file(const oct_log *log, const char *path, char **text)
{
    octet_status status = OCTET_OK;
    FILE *file = fopen(path, "rb");
    char *content = NULL;
    size_t bytes = 0;
    OCT_REQUIRE(log, file != NULL, OCTET_IO_FAILED, "%s: cannot be opened", path);
    OCT_ALLOC(log, content, LARGEST_SOURCE + 1);
    bytes = fread(content, 1, LARGEST_SOURCE + 1, file);
    OCT_REQUIRE(log, !ferror(file) && bytes <= LARGEST_SOURCE, OCTET_IO_FAILED,
                "%s: cannot be read, or is larger than %zu bytes", path, LARGEST_SOURCE);
    content[bytes] = '\0';
    *text = content;
    content = NULL;
cleanup:
    free(content);
    if (file != NULL)
        fclose(file);
    return status;
}

octet_status oct_cl_load_source(octet_context *context, const char *kernel_file)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    const octet_device_info *const info = &context->info;
    char version[256] = "";
    cl_platform_id platform = NULL;
    if (kernel_file != NULL)
        OCT_TRY(read_file(&context->log, kernel_file, &cl->source));
    OCT_CL_TRY(&context->log,
               clGetDeviceInfo(cl->device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL),
               "clGetDeviceInfo");
    (void)clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof version, version, NULL);
    version[sizeof version - 1] = '\0';
    OCT_ALLOC(&context->log, cl->identity, 2048);
    snprintf(cl->identity, 2048,
             "octet %s\nkernels %.64s %016" PRIx64 "\ndevice %s\nvendor %s\ndriver %s\n"
             "platform %s\nversion %s\nunits %u\n",
             octet_version(), cl->source ? "file" : oct_kernels_sha256,
             cl->source ? oct_hash(cl->source, strlen(cl->source)) : UINT64_C(0), info->name,
             info->vendor, info->driver, info->platform, version, (unsigned)info->compute_units);
cleanup:
    return status;
}

const char *oct_context_identity(const octet_context *context)
{
    return oct_cl_of(context)->identity;
}

/* ---- Programs ---- */

/* The first line of a compiler's output that speaks of an error, else all of it. */
static const char *first_error(const char *text)
{
    const char *const found = strstr(text, "error");
    const char *line = found;
    while (line != NULL && line > text && line[-1] != '\n')
        line--;
    return line != NULL ? line : text;
}

static void report_build_log(const octet_context *context, const oct_log *log, cl_program program,
                             const char *options)
{
    char *text = NULL;
    size_t bytes = 0;
    const cl_device_id device = oct_cl_of(context)->device;
    if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) ==
            CL_SUCCESS &&
        (text = oct_allocate(bytes + 1, 1)) != NULL &&
        clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, bytes, text, NULL) ==
            CL_SUCCESS)
        oct_report(log, OCTET_DEVICE_FAILED, "%.*s (kernels.cl built with %s)",
                   (int)strcspn(first_error(text), "\n"), first_error(text), options);
    free(text);
}

static char *binary_identity(const oct_cl *cl, const char *options)
{
    const size_t bytes = strlen(cl->identity) + strlen(options) + 16;
    char *text = oct_allocate(bytes, 1);
    if (text != NULL)
        snprintf(text, bytes, "%soptions %s\n", cl->identity, options);
    return text;
}

/* A program from the disk cache, or NULL. A binary that the driver refuses counts as missing. */
static cl_program load_binary(const octet_context *context, const char *identity,
                              const char *options)
{
    oct_cl *const cl = oct_cl_of(context);
    size_t bytes = 0;
    cl_int loaded = CL_SUCCESS, error = CL_SUCCESS;
    unsigned char *const binary = oct_cache_load(&context->cache, identity, &bytes);
    const unsigned char *binaries[] = {binary};
    cl_program program = NULL;
    if (binary == NULL || bytes == 0)
        goto cleanup;
    program =
        clCreateProgramWithBinary(cl->context, 1, &cl->device, &bytes, binaries, &loaded, &error);
    if (error != CL_SUCCESS || loaded != CL_SUCCESS ||
        clBuildProgram(program, 1, &cl->device, options, NULL, NULL) != CL_SUCCESS) {
        if (program != NULL)
            (void)clReleaseProgram(program);
        program = NULL;
    }
cleanup:
    free(binary);
    return program;
}

/* Nothing is asked of the driver without a cache: PoCL compiles every kernel once more for it. */
static void store_binary(const octet_context *context, const char *identity, cl_program program)
{
    cl_uint devices = 0;
    size_t bytes = 0;
    unsigned char *binary = NULL;
    /* Programs of a caller's context may belong to several devices: those are not kept. */
    if (context->cache.directory == NULL ||
        clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, NULL) !=
            CL_SUCCESS ||
        devices != 1 ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, NULL) !=
            CL_SUCCESS ||
        bytes == 0)
        return;
    binary = oct_allocate(bytes, 1);
    if (binary != NULL &&
        clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        (void)oct_cache_store(&context->cache, identity, binary, bytes);
    free(binary);
}

static octet_status build_source(octet_context *context, const oct_log *log, const char *options,
                                 bool stepped, cl_program *out)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    const char *const own = stepped ? oct_cl_stepped_source(cl) : cl->source;
    const char *text = own != NULL ? own : (const char *)oct_kernels_source;
    const size_t length = own != NULL ? strlen(own) : oct_kernels_source_size;
    cl_int error = CL_SUCCESS;
    cl_program program = NULL;
    OCT_REQUIRE(log, own != NULL || !stepped, OCTET_OUT_OF_MEMORY,
                "out of host memory: kernels.cl with steps");
    program = clCreateProgramWithSource(cl->context, 1, &text, &length, &error);
    OCT_CL_TRY(log, error, "clCreateProgramWithSource");
    error = clBuildProgram(program, 1, &cl->device, options, NULL, NULL);
    if (error != CL_SUCCESS)
        report_build_log(context, log, program, options);
    OCT_CL_TRY(log, error, "clBuildProgram");
    *out = program;
    program = NULL;
cleanup:
    if (program != NULL)
        (void)clReleaseProgram(program);
    return status;
}

octet_status oct_cl_get_program(octet_context *context, const oct_log *log, const char *options,
                                bool stepped, oct_program **out)
{
    octet_status status = OCTET_OK;
    oct_cl *const cl = oct_cl_of(context);
    char *identity = NULL;
    oct_program *entry = NULL;
    for (oct_program *known = cl->programs; known != NULL; known = known->next)
        if (strcmp(known->options, options) == 0) {
            *out = known;
            return OCTET_OK;
        }
    OCT_ALLOC(log, entry, 1);
    OCT_ALLOC(log, entry->options, strlen(options) + 1);
    strcpy(entry->options, options);
    identity = binary_identity(cl, options);
    if (identity != NULL)
        entry->program = load_binary(context, identity, options);
    if (entry->program == NULL) {
        OCT_TRY(build_source(context, log, options, stepped, &entry->program));
        if (identity != NULL)
            store_binary(context, identity, entry->program);
    }
    entry->next = cl->programs;
    cl->programs = entry;
    *out = entry;
    entry = NULL;
cleanup:
    if (entry != NULL)
        free(entry->options);
    free(entry);
    free(identity);
    return status;
}

void oct_cl_release_programs(oct_cl *cl)
{
    while (cl->programs != NULL) {
        oct_program *const first = cl->programs;
        cl->programs = first->next;
        (void)clReleaseProgram(first->program);
        free(first->options);
        free(first);
    }
}

const void *oct_newest_program(octet_context *context)
{
    oct_cl *const cl = oct_cl_of(context);
    const oct_program *newest = NULL;
    if (cl == NULL) /* the reference */
        return NULL;
    pthread_mutex_lock(&cl->lock);
    newest = cl->programs;
    pthread_mutex_unlock(&cl->lock);
    return newest;
}

bool oct_has_new_programs(octet_context *context, const void *mark)
{
    oct_cl *const cl = oct_cl_of(context);
    bool found = false;
    pthread_mutex_lock(&cl->lock);
    for (oct_program *known = cl->programs; known != mark && !found; known = known->next)
        found = !atomic_load(&known->launched);
    pthread_mutex_unlock(&cl->lock);
    return found;
}
