/* opencl_error.c - names of OpenCL's error codes. */
#include "runtime/opencl.h"

#define NAME(code)                                                                                 \
    {                                                                                              \
        code, #code                                                                                \
    }

octet_status oct_cl_report(const oct_log *log, cl_int error, const char *call)
{
    static const struct {
        cl_int code;
        const char *name;
    } names[] = {
        NAME(CL_DEVICE_NOT_FOUND),
        NAME(CL_DEVICE_NOT_AVAILABLE),
        NAME(CL_COMPILER_NOT_AVAILABLE),
        NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE),
        NAME(CL_OUT_OF_RESOURCES),
        NAME(CL_OUT_OF_HOST_MEMORY),
        NAME(CL_PROFILING_INFO_NOT_AVAILABLE),
        NAME(CL_BUILD_PROGRAM_FAILURE),
        NAME(CL_MAP_FAILURE),
        NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
        NAME(CL_INVALID_VALUE),
        NAME(CL_INVALID_DEVICE),
        NAME(CL_INVALID_CONTEXT),
        NAME(CL_INVALID_COMMAND_QUEUE),
        NAME(CL_INVALID_MEM_OBJECT),
        NAME(CL_INVALID_BINARY),
        NAME(CL_INVALID_BUILD_OPTIONS),
        NAME(CL_INVALID_PROGRAM_EXECUTABLE),
        NAME(CL_INVALID_KERNEL_NAME),
        NAME(CL_INVALID_ARG_SIZE),
        NAME(CL_INVALID_KERNEL_ARGS),
        NAME(CL_INVALID_WORK_GROUP_SIZE),
        NAME(CL_INVALID_GLOBAL_WORK_SIZE),
        NAME(CL_INVALID_EVENT),
        NAME(CL_INVALID_BUFFER_SIZE),
    };
    const bool memory = error == CL_MEM_OBJECT_ALLOCATION_FAILURE ||
                        error == CL_OUT_OF_HOST_MEMORY || error == CL_INVALID_BUFFER_SIZE;
    const char *name = "an OpenCL error";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].code == error)
            name = names[i].name;
    return oct_report(log, memory ? OCTET_OUT_OF_MEMORY : OCTET_DEVICE_FAILED, "%s failed: %s (%d)",
                      call, name, (int)error);
}
