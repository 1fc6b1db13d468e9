/* context.c - lists devices, finds the one a description asks for, opens and closes contexts. */
#include "runtime/backend.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/build.h"

static void describe_reference(octet_device_info *info)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);
    *info = (octet_device_info){.type = OCTET_DEVICE_REFERENCE};
    snprintf(info->name, sizeof info->name, "reference");
    snprintf(info->platform, sizeof info->platform, "octet");
    snprintf(info->vendor, sizeof info->vendor, "octet");
    snprintf(info->driver, sizeof info->driver, "%s", octet_version());
    info->compute_units = cores > 0 ? (uint32_t)cores : 1;
    if (pages > 0 && page > 0)
        info->global_memory_bytes = (uint64_t)pages * (uint64_t)page;
}

octet_status octet_list_devices(octet_device_info *infos, size_t capacity, size_t *count)
{
    octet_status status = OCTET_OK;
    oct_opencl_device *devices = NULL;
    size_t found = 0;
    OCT_TRY(oct_opencl_list(NULL, &devices, &found));
    for (size_t i = 0; i < found && i < capacity; i++)
        infos[i] = devices[i].info;
    if (found < capacity)
        describe_reference(&infos[found]);
    *count = found + 1;
cleanup:
    free(devices);
    return status;
}

/* GPUs before accelerators before CPUs; among equals more compute units, then the loader's order.
 */
static bool is_better(const octet_device_info *a, const octet_device_info *b)
{
    static const int rank[] = {
        [OCTET_DEVICE_GPU] = 0, [OCTET_DEVICE_ACCELERATOR] = 1, [OCTET_DEVICE_CPU] = 2};
    if (rank[a->type] != rank[b->type])
        return rank[a->type] < rank[b->type];
    return a->compute_units > b->compute_units;
}

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == length)
            return length > 0;
    }
    return false;
}

/* Whether "wanted" (a number, or part of a name; NULL: any) means device "index". */
static bool is_wanted(const char *wanted, size_t index, const octet_device_info *info)
{
    char *end = NULL;
    if (wanted == NULL)
        return true;
    const unsigned long number = strtoul(wanted, &end, 10);
    if (isdigit((unsigned char)wanted[0]) && *end == '\0')
        return number == index;
    return contains(info->name, wanted) || contains(info->platform, wanted);
}

/* Whether the reference is what was asked for. Where it is alone, its number 0 says nothing. */
static bool is_asked_for_reference(const octet_context_desc *desc, size_t count)
{
    if (desc->backend == OCTET_BACKEND_REFERENCE)
        return true;
    return desc->device != NULL && (count > 0 || !isdigit((unsigned char)desc->device[0]));
}

/* The index of the device to use; "count" means the reference. */
static octet_status select_device(const oct_log *log, const octet_context_desc *desc,
                                  const oct_opencl_device *devices, size_t count, size_t *selected)
{
    octet_status status = OCTET_OK;
    octet_device_info reference;
    /* what the backend has to choose from: first up to end */
    const size_t first = desc->backend == OCTET_BACKEND_REFERENCE ? count : 0;
    const size_t end = desc->backend == OCTET_BACKEND_OPENCL ? count : count + 1;
    size_t best = SIZE_MAX;
    describe_reference(&reference);
    for (size_t i = first; i < count; i++)
        if (devices[i].usable && is_wanted(desc->device, i, &devices[i].info) &&
            (best == SIZE_MAX || is_better(&devices[i].info, &devices[best].info)))
            best = i;
    if (best == SIZE_MAX && end > count && is_wanted(desc->device, count, &reference))
        best = count;
    OCT_REQUIRE(log, best != SIZE_MAX || (desc->device != NULL && end > 0), OCTET_NO_DEVICE,
                OCT_NO_DEVICE_TEXT ", or use the reference backend");
    OCT_REQUIRE(log, best != SIZE_MAX || end > count || !is_wanted(desc->device, count, &reference),
                OCTET_INVALID_ARGUMENT,
                "device \"%s\" is the reference, which is no OpenCL device: choose backend auto or "
                "reference for it",
                desc->device);
    OCT_REQUIRE(log, best != SIZE_MAX, OCTET_INVALID_ARGUMENT,
                "device \"%s\" names none of the %zu devices to choose from: give a number from "
                "%zu to %zu, or part of a device's or platform's name",
                desc->device, end - first, first, end - 1);
    if (best == count && !is_asked_for_reference(desc, count))
        oct_report(log, OCTET_OK, "%s: using the reference",
                   count == 0 ? OCT_NO_PLATFORM_TEXT
                              : "no usable OpenCL device was found (none is available with a "
                                "compiler)");
    *selected = best;
cleanup:
    return status;
}

octet_status oct_context_open(const octet_context_desc *desc, octet_context **out)
{
    octet_status status = OCTET_OK;
    const oct_log log = {desc->message, desc->message_user};
    octet_context *context = NULL;
    oct_opencl_device *devices = NULL;
    size_t count = 0, selected = 0;
    OCT_TRY(oct_opencl_list(&log, &devices, &count));
    OCT_TRY(select_device(&log, desc, devices, count, &selected));
    OCT_ALLOC(&log, context, 1);
    context->log = log;
    context->index = selected;
    context->backend = &oct_host_backend;
    oct_cache_open(&context->cache, desc->cache_directory);
    if (selected < count) {
        context->info = devices[selected].info;
        OCT_TRY(oct_opencl_open(context, &devices[selected], desc));
    } else {
        describe_reference(&context->info);
        context->traits.type = OCTET_DEVICE_REFERENCE;
        context->traits.compute_units = context->info.compute_units;
    }
    *out = context;
    context = NULL;
cleanup:
    oct_context_close(context);
    free(devices);
    return status;
}

void oct_context_close(octet_context *context)
{
    if (context == NULL)
        return;
    context->backend->close(context);
    oct_cache_close(&context->cache);
    free(context->winners);
    free(context);
}

void octet_context_device(const octet_context *context, octet_device_info *info, size_t *index)
{
    *info = context->info;
    if (index != NULL)
        *index = context->index;
}

void octet_context_probes(const octet_context *context, octet_probe *probes, size_t capacity,
                          size_t *count)
{
    for (size_t i = 0; i < context->probe_count && i < capacity; i++)
        probes[i] = context->probes[i];
    *count = context->probe_count;
}
