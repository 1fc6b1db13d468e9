/* make_believe.c - stands in for CUDA's driver (libcuda.so.1): one device that checks every call, ends the
 * program with 99 at the first wrong one, and runs of all kernels only those that known answers need.
 * MAKE_BELIEVE=memory, module or launch: calls of that kind fail from the tenth, first and third on. */
#include "make_believe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ptx/ptx.h"

enum { MOST = 4096, PARAMETERS = 64, REFUSED = 719, OUT_OF_MEMORY = 2 };

typedef struct function {
    const struct module *module;
    char name[64];
    size_t count, bytes[PARAMETERS];
    char is_pointer[PARAMETERS];
    unsigned local[3];
} function;

typedef struct module {
    function functions[64];
    size_t count;
    int a_signed; /* nothing in it takes an unsigned byte of a word */
} module;

/* What is live, each by its own address; sizes of memory. */
static void *live[MOST];
static size_t sizes[MOST];
static size_t events, calls[3];
static int device_context;
static __thread void *current;

/* ---- Checks ---- */

#define REQUIRE_CONTEXT REQUIRE(current == &device_context, "no context of this thread")

static size_t find(const void *thing)
{
    size_t i = 0;
    while (i < MOST && live[i] != thing)
        i++;
    return i;
}

static void *keep(void *thing, size_t bytes)
{
    const size_t i = find(NULL);
    REQUIRE(thing != NULL && i < MOST, "nothing to keep, or too much");
    live[i] = thing;
    sizes[i] = bytes;
    return thing;
}

static void drop(void *thing, const char *what)
{
    const size_t i = thing != NULL ? find(thing) : MOST;
    REQUIRE(i < MOST, "%s %p is not there", what, thing);
    live[i] = NULL;
    free(thing);
}

size_t room(address at)
{
    for (size_t i = 0; i < MOST; i++)
        if (live[i] != NULL && sizes[i] > 0 && at >= (address)(uintptr_t)live[i] &&
            at < (address)(uintptr_t)live[i] + sizes[i])
            return (size_t)((address)(uintptr_t)live[i] + sizes[i] - at);
    return 0;
}

static int fails(size_t kind, const char *name, size_t from)
{
    const char *const wish = getenv("MAKE_BELIEVE");
    return wish != NULL && strcmp(wish, name) == 0 && ++calls[kind] >= from;
}

/* The event from which times count is the program's as long as it runs. */
__attribute__((destructor)) static void check_end(void)
{
    for (size_t i = 0; i < MOST; i++)
        REQUIRE(live[i] == NULL, "%zu bytes (0: a module) are left at the end", sizes[i]);
    REQUIRE(events <= 1, "%zu events are left at the end", events);
}

/* ---- Device ---- */

#pragma GCC visibility push(default)

/* As octet-ptx takes them to be. */
#define DECLARE(name, arguments) int name arguments;
OCT_PTX_CALLS(DECLARE)

int cuInit(unsigned flags)
{
    REQUIRE(flags == 0, "flags %u", flags);
    return 0;
}

int cuDriverGetVersion(int *version)
{
    *version = 12020;
    return 0;
}

int cuDeviceGetCount(int *count)
{
    *count = 1;
    return 0;
}

int cuDeviceGetName(char *name, int capacity, int device)
{
    REQUIRE(device == 0, "device %d", device);
    snprintf(name, (size_t)capacity, "make-believe");
    return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device)
{
    REQUIRE(device == 0, "device %d", device);
    *bytes = (size_t)1 << 30;
    return 0;
}

/* Work-items and bytes of local memory of a work-group, compute units, compute capability 6.1. */
int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    static const int known[][2] = {{1, 1024}, {8, 49152}, {16, 2}, {75, 6}, {76, 1}};
    REQUIRE(device == 0, "device %d", device);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i][0] == attribute) {
            *value = known[i][1];
            return 0;
        }
    REQUIRE(0, "attribute %d", attribute);
}

int cuDevicePrimaryCtxRetain(void **context, int device)
{
    REQUIRE(device == 0, "device %d", device);
    *context = &device_context;
    return 0;
}

int cuCtxSetCurrent(void *context)
{
    REQUIRE(context == &device_context, "context %p", context);
    current = context;
    return 0;
}

int cuCtxSynchronize(void)
{
    REQUIRE_CONTEXT;
    return 0;
}

/* ---- Memory ---- */

int cuMemAlloc_v2(address *at, size_t bytes)
{
    REQUIRE_CONTEXT;
    REQUIRE(bytes > 0, "0 bytes");
    if (fails(0, "memory", 10))
        return OUT_OF_MEMORY;
    *at = (address)(uintptr_t)memset(keep(malloc(bytes), bytes), 0xcd, bytes);
    return 0;
}

int cuMemFree_v2(address at)
{
    REQUIRE_CONTEXT;
    drop((void *)(uintptr_t)at, "memory");
    return 0;
}

int cuMemcpyHtoD_v2(address to, const void *from, size_t bytes)
{
    REQUIRE_CONTEXT;
    REQUIRE(bytes <= room(to), "%zu bytes to where there are %zu", bytes, room(to));
    memcpy((void *)(uintptr_t)to, from, bytes);
    return 0;
}

int cuMemcpyDtoH_v2(void *to, address from, size_t bytes)
{
    REQUIRE_CONTEXT;
    REQUIRE(bytes <= room(from), "%zu bytes from where there are %zu", bytes, room(from));
    memcpy(to, (const void *)(uintptr_t)from, bytes);
    return 0;
}

/* ---- Modules ---- */

/* ".param .u64 .ptr .global .align 1 name" or ".param .align 16 .b8 name[16]". */
static void read_parameter(function *f, const char *at, const char *end)
{
    const char *type = at, *count = memchr(at, '[', (size_t)(end - at));
    unsigned bits = 0;
    while (type < end && sscanf(type, ".%*[usfb]%u", &bits) != 1)
        type++;
    REQUIRE(f->count < PARAMETERS && bits >= 8, "a parameter of %s: %.*s", f->name, (int)(end - at),
            at);
    f->is_pointer[f->count] = strstr(at, ".ptr") != NULL && strstr(at, ".ptr") < end;
    f->bytes[f->count++] = bits / 8 * (count != NULL ? strtoul(count + 1, NULL, 10) : 1);
}

static void read_function(function *f, const module *of, const char *at)
{
    const char *const close = strchr(at, ')'), *const body = strchr(at, '{');
    const char *const local = strstr(at, ".reqntid");
    f->module = of;
    REQUIRE(sscanf(at, ".entry %63[A-Za-z0-9_]", f->name) == 1 && close && body, "%.40s", at);
    for (at = strstr(at, ".param "); at != NULL && at < close; at = strstr(at + 1, ".param "))
        read_parameter(f, at + strlen(".param "), at + strcspn(at, ",)"));
    if (local != NULL && local < body)
        REQUIRE(sscanf(local, ".reqntid %u, %u, %u", &f->local[0], &f->local[1], &f->local[2]) == 3,
                "%.40s", local);
}

int cuModuleLoadData(void **out, const void *text)
{
    module *const loaded = calloc(1, sizeof *loaded);
    REQUIRE_CONTEXT;
    if (fails(1, "module", 1)) {
        free(loaded);
        return REFUSED;
    }
    REQUIRE(loaded != NULL && strstr(text, ".version") != NULL, "no PTX: %.40s",
            (const char *)text);
    loaded->a_signed = strstr(text, "bfe.u32") == NULL && strstr(text, "dp4a.u32") == NULL;
    for (const char *at = strstr(text, ".entry "); at != NULL; at = strstr(at + 1, ".entry ")) {
        REQUIRE(loaded->count < 64, "too many kernels");
        read_function(&loaded->functions[loaded->count++], loaded, at);
    }
    *out = keep(loaded, 0);
    return 0;
}

int cuModuleUnload(void *loaded)
{
    REQUIRE_CONTEXT;
    drop(loaded, "module");
    return 0;
}

int cuModuleGetFunction(void **out, void *loaded, const char *name)
{
    module *const of = loaded;
    REQUIRE_CONTEXT;
    REQUIRE(find(loaded) < MOST, "module %p is not there", loaded);
    for (size_t i = 0; i < of->count; i++)
        if (strcmp(of->functions[i].name, name) == 0) {
            *out = &of->functions[i];
            return 0;
        }
    return REFUSED;
}

/* ---- Kernels ---- */

int cuLaunchKernel(void *launched, unsigned groups_x, unsigned groups_y, unsigned groups_z,
                   unsigned x, unsigned y, unsigned z, unsigned shared, void *stream,
                   void **arguments, void **extra)
{
    const function *const f = launched;
    REQUIRE_CONTEXT;
    REQUIRE(find(f->module) < MOST, "its module is not there");
    REQUIRE(shared == 0 && stream == NULL && extra == NULL, "%s: more than it uses", f->name);
    REQUIRE(groups_x >= 1 && groups_x <= INT32_MAX && groups_y >= 1 && groups_y <= UINT16_MAX &&
                groups_z >= 1 && groups_z <= UINT16_MAX,
            "%s: %u x %u x %u groups", f->name, groups_x, groups_y, groups_z);
    REQUIRE(x >= 1 && y >= 1 && z >= 1 && z <= 64 && (uint64_t)x * y * z <= 1024,
            "%s: groups of %u x %u x %u", f->name, x, y, z);
    REQUIRE(f->local[0] == 0 || (f->local[0] == x && f->local[1] == y && f->local[2] == z),
            "%s: groups of %u x %u x %u; it requires %u x %u x %u", f->name, x, y, z, f->local[0],
            f->local[1], f->local[2]);
    for (size_t i = 0; i < f->count; i++)
        if (f->is_pointer[i])
            REQUIRE(room(*(const address *)arguments[i]) > 0, "%s: argument %zu is no memory",
                    f->name, i);
    if (fails(2, "launch", 3))
        return REFUSED;
    run_known(f->name, f->module->a_signed, (size_t)groups_x * x, groups_x, arguments);
    return 0;
}

/* ---- Events ---- */

int cuEventCreate(void **event, unsigned flags)
{
    REQUIRE_CONTEXT;
    REQUIRE(flags == 0, "flags %u", flags);
    *event = calloc(1, sizeof(double));
    events++;
    return *event != NULL ? 0 : OUT_OF_MEMORY;
}

int cuEventRecord(void *event, void *stream)
{
    static double now;
    REQUIRE_CONTEXT;
    REQUIRE(event != NULL && stream == NULL, "event %p, stream %p", event, stream);
    *(double *)event = ++now; /* a millisecond each */
    return 0;
}

int cuEventSynchronize(void *event)
{
    REQUIRE_CONTEXT;
    REQUIRE(event != NULL && *(const double *)event > 0.0, "an event that was not recorded");
    return 0;
}

int cuEventElapsedTime(float *milliseconds, void *from, void *to)
{
    REQUIRE_CONTEXT;
    *milliseconds = (float)(*(const double *)to - *(const double *)from);
    return 0;
}

int cuEventDestroy_v2(void *event)
{
    REQUIRE_CONTEXT;
    REQUIRE(event != NULL && events > 0, "event %p", event);
    events--;
    free(event);
    return 0;
}

#pragma GCC visibility pop
