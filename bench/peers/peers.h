/* peers.h - other libraries on the same problems: what octet bench puts beside its own times. Each
 * is one file, compiled where its library was found (OCTET_HAVE_<NAME>). */
#ifndef OCT_PEERS_PEERS_H
#define OCT_PEERS_PEERS_H

#include "harness/problem.h"
#include "octet/octet.h"

typedef struct oct_peer {
    const char *name;
    const char *what; /* what is timed */

    /* Which kernels it has picked for this CPU, into "text"; NULL where there is no choice. */
    void (*describe)(char *text, size_t capacity);

    /* Prepares the problem: allocates, builds, warms up. *state stays NULL when the library has no
     * such thing. "device" is what octet runs on. */
    octet_status (*create)(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *device, void **state);
    octet_status (*run)(void *state);    /* one run; returns when it is done ... */
    octet_status (*finish)(void *state); /* ... or, unless NULL, after this      */
    void (*destroy)(void *state);        /* NULL is accepted */
} oct_peer;

/* Those compiled in; NULL ends the list. */
extern const oct_peer *const oct_peers[];

#ifdef OCTET_HAVE_ONEDNN
extern const oct_peer oct_peer_onednn;
#endif
#ifdef OCTET_HAVE_OPENBLAS
extern const oct_peer oct_peer_openblas;
#endif
#ifdef OCTET_HAVE_CLBLAST
extern const oct_peer oct_peer_clblast;
#endif
#ifdef OCTET_HAVE_CUDA
extern const oct_peer oct_peer_cublaslt, oct_peer_cudnn;
#endif

/* A problem as a float32 matrix product of the same size. For a convolution it is the product it
 * becomes once its windows are gathered; the gathering is not timed, to the peer's advantage. */
typedef struct oct_peer_product {
    size_t batch, m, n, k;
} oct_peer_product;

/* oct_peer_product_of - false for grouped convolutions, which are no single product. */
bool oct_peer_product_of(const oct_problem *problem, oct_peer_product *out);

/* oct_peer_fill - small values, the same each time. */
void oct_peer_fill(float *values, size_t count);

#endif
