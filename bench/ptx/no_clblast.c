/* no_clblast.c - octet explain without CLBlast, which would look for an OpenCL of its own: floats are
 * multiplied in plain C. */
#include "peers/clblast.h"

octet_status oct_clblast_create(const oct_log *log, const oct_peer_product *product,
                                const octet_device_info *device, oct_clblast **out)
{
    (void)log;
    (void)product;
    (void)device;
    (void)out;
    return OCTET_OK;
}

void oct_clblast_destroy(oct_clblast *clblast)
{
    (void)clblast;
}

octet_status oct_clblast_write(oct_clblast *clblast, const float *a, const float *b)
{
    (void)clblast;
    (void)a;
    (void)b;
    return OCTET_UNSUPPORTED;
}

octet_status oct_clblast_multiply(oct_clblast *clblast)
{
    (void)clblast;
    return OCTET_UNSUPPORTED;
}

octet_status oct_clblast_read(oct_clblast *clblast, float *c)
{
    (void)clblast;
    (void)c;
    return OCTET_UNSUPPORTED;
}
