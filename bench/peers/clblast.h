/* clblast.h - float32 matrix products by CLBlast on the device that octet runs on: what octet bench
 * times, and how octet explain multiplies floats. */
#ifndef OCT_PEERS_CLBLAST_H
#define OCT_PEERS_CLBLAST_H

#include "peers/peers.h"

/* A queue of its own and the buffers of one batch of products. One thread at a time. */
typedef struct oct_clblast oct_clblast;

/* oct_clblast_create - *out stays NULL when "device" is none of OpenCL's. "log" must live as long.
 */
octet_status oct_clblast_create(const oct_log *log, const oct_peer_product *product,
                                const octet_device_info *device, oct_clblast **out);
void oct_clblast_destroy(oct_clblast *clblast);

/* oct_clblast_write - sets A and B: of each of the batch (m, k) and (k, n), row-major. Until then
 * they hold zeros. */
octet_status oct_clblast_write(oct_clblast *clblast, const float *a, const float *b);

/* oct_clblast_multiply - C = A * B; returns when it is done. */
octet_status oct_clblast_multiply(oct_clblast *clblast);

/* oct_clblast_read - C, of each of the batch (m, n). */
octet_status oct_clblast_read(oct_clblast *clblast, float *c);

#endif
