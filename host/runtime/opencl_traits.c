/* opencl_traits.c - what an OpenCL device is, as far as choosing kernels is concerned. */
#include "runtime/opencl.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/x86.h"

/* ---- Extensions ---- */

static bool has_extension(cl_device_id device, const char *name)
{
    size_t bytes = 0;
    char *list = NULL;
    bool found = false;
    if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, 0, NULL, &bytes) != CL_SUCCESS)
        return false;
    list = oct_allocate(bytes + 1, 1);
    if (list != NULL &&
        clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, bytes, list, NULL) == CL_SUCCESS) {
        const size_t length = strlen(name);
        for (const char *at = strstr(list, name); at != NULL && !found;
             at = strstr(at + length, name))
            found = (at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0');
    }
    free(list);
    return found;
}

/* ---- Vendors ---- */

/* Of cl_nv_device_attribute_query: 10 times the compute capability; 0 where it is not known. */
static unsigned nv_capability(cl_device_id device)
{
    enum { MAJOR = 0x4000, MINOR = 0x4001 };
    cl_uint major = 0, minor = 0;
    if (!has_extension(device, "cl_nv_device_attribute_query") ||
        clGetDeviceInfo(device, MAJOR, sizeof major, &major, NULL) != CL_SUCCESS ||
        clGetDeviceInfo(device, MINOR, sizeof minor, &minor, NULL) != CL_SUCCESS || minor > 9)
        return 0;
    return 10 * major + minor;
}

/* The number in "gfx90a" or "gfx90a:sramecc+:xnack-", AMD's names of devices; 0: not such a name. */
static unsigned amd_gfx(const octet_device_info *info)
{
    char *end = NULL;
    if (info->type != OCTET_DEVICE_GPU || strncmp(info->name, "gfx", 3) != 0)
        return 0;
    const unsigned long number = strtoul(info->name + 3, &end, 16);
    return (*end == '\0' || *end == ':' || *end == '+') && number <= 0xffff ? (unsigned)number : 0;
}

/* Of cl_intel_required_subgroup_size: the smallest sub-group of a device with matrix engines; else 0. */
static unsigned intel_dpas(cl_device_id device)
{
    enum { SUB_GROUP_SIZES = 0x4108 };
    size_t sizes[16] = {0}, least = 0;
    if (!has_extension(device, "cl_intel_subgroup_matrix_multiply_accumulate") ||
        !has_extension(device, "cl_intel_required_subgroup_size") ||
        clGetDeviceInfo(device, SUB_GROUP_SIZES, sizeof sizes, sizes, NULL) != CL_SUCCESS)
        return 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (sizes[i] > 0 && (least == 0 || sizes[i] < least))
            least = sizes[i];
    return (unsigned)least;
}

/* Of cl_intel_device_attribute_query: Intel counts as a compute unit what has no local memory of its own;
 * so many share one. 1 where it is not known. */
static size_t units_per_local_memory(cl_device_id device)
{
    enum { EUS_PER_SUB_SLICE = 0x4254 };
    cl_uint count = 0;
    return has_extension(device, "cl_intel_device_attribute_query") &&
                   clGetDeviceInfo(device, EUS_PER_SUB_SLICE, sizeof count, &count, NULL) ==
                       CL_SUCCESS &&
                   count > 0
               ? count
               : 1;
}

/* ---- All of it ---- */

void oct_cl_fill_traits(octet_context *context, cl_device_id device)
{
    const octet_device_info *const info = &context->info;
    oct_traits *const traits = &context->traits;
    cl_device_fp_config floats = 0;
    cl_device_local_mem_type local = CL_NONE;
    traits->type = info->type;
    traits->compute_units = oct_divide_up(info->compute_units, units_per_local_memory(device));
    traits->local_bytes = (size_t)info->local_memory_bytes;
    (void)clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof traits->group_items,
                          &traits->group_items, NULL);
    (void)clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_TYPE, sizeof local, &local, NULL);
    traits->own_local = local == CL_LOCAL;
    (void)clGetDeviceInfo(device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
    traits->subnormals = (floats & CL_FP_DENORM) != 0;
    traits->khr_dot = has_extension(device, "cl_khr_integer_dot_product");
    traits->arm_dot = has_extension(device, "cl_arm_integer_dot_product_int8");
    traits->qcom_dot = has_extension(device, "cl_qcom_dot_product8");
    traits->nv_capability = nv_capability(device);
    traits->amd_gfx = amd_gfx(info);
    traits->intel_dpas = intel_dpas(device);
    /* PoCL's CPU drivers run on this machine's cores; their names begin with the driver's. */
    traits->native_x86 =
        info->type == OCTET_DEVICE_CPU &&
        strcmp(info->platform, "Portable Computing Language") == 0 &&
        (strncmp(info->name, "pthread", 7) == 0 || strncmp(info->name, "basic", 5) == 0 ||
         strncmp(info->name, "cpu", 3) == 0);
    if (traits->native_x86)
        oct_x86_detect(traits);
}
