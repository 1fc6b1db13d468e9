/* A program of somebody else: finds octet as an installed package and computes with it. */
#include <octet/octet.h>
#ifdef USES_OPENCL
#include <octet/opencl.h>
#endif
#include <stdio.h>

int main(void)
{
    octet_context_desc desc = {0};
    octet_context *context = NULL;
    octet_device_info info;

    desc.struct_size = sizeof desc;
    desc.backend = OCTET_BACKEND_REFERENCE;
    desc.cache_directory = "";
    if (octet_context_create(&desc, &context) != OCTET_OK)
        return 1;
    octet_context_device(context, &info, NULL);
    printf("octet %s on %s\n", octet_version(), info.name);
    octet_context_destroy(context);
    return 0;
}
