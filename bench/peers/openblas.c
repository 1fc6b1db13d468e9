/* openblas.c - OpenBLAS's sgemm on the CPU; the library is loaded on first use. */
#include <cblas.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "peers/peers.h"

/* Its functions; all NULL before load_openblas. */
static struct {
    void (*sgemm)(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE a_transposed,
                  enum CBLAS_TRANSPOSE b_transposed, blasint m, blasint n, blasint k, float alpha,
                  const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c,
                  blasint ldc);
    char *(*corename)(void);
    int (*num_threads)(void);
} openblas;

static bool find(void *library, const char *name, void *function)
{
    void *const symbol = library != NULL ? dlsym(library, name) : NULL;
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* The library found when octet was built, else the system's; it stays loaded. */
static bool load_openblas(void)
{
    if (openblas.sgemm != NULL)
        return true;
    void *library = dlopen(OCT_OPENBLAS, RTLD_NOW);
    if (library == NULL)
        library = dlopen("libopenblas.so.0", RTLD_NOW);
    return find(library, "openblas_get_corename", &openblas.corename) &&
           find(library, "openblas_get_num_threads", &openblas.num_threads) &&
           find(library, "cblas_sgemm", &openblas.sgemm);
}

typedef struct openblas_state {
    oct_peer_product product;
    float *a, *b, *c;
} openblas_state;

static void destroy(void *opaque)
{
    openblas_state *const state = opaque;
    if (state == NULL)
        return;
    free(state->a);
    free(state->b);
    free(state->c);
    free(state);
}

static octet_status run(void *opaque)
{
    const openblas_state *const state = opaque;
    const oct_peer_product *const p = &state->product;
    for (size_t i = 0; i < p->batch; i++)
        openblas.sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)p->m, (int)p->n, (int)p->k,
                       1.0f, state->a + i * p->m * p->k, (int)p->k, state->b + i * p->k * p->n,
                       (int)p->n, 0.0f, state->c + i * p->m * p->n, (int)p->n);
    return OCTET_OK;
}

static octet_status create(const oct_log *log, const oct_problem *problem,
                           const octet_device_info *device, void **out)
{
    octet_status status = OCTET_OK;
    openblas_state *state = NULL;
    oct_peer_product p;
    (void)device;
    if (!oct_peer_product_of(problem, &p) || p.m > INT_MAX || p.n > INT_MAX || p.k > INT_MAX)
        return OCTET_OK;
    OCT_REQUIRE(log, load_openblas(), OCTET_IO_FAILED,
                "--against openblas: the library could not be loaded: %s", dlerror());
    OCT_ALLOC(log, state, 1);
    state->product = p;
    OCT_ALLOC(log, state->a, p.batch * p.m * p.k);
    OCT_ALLOC(log, state->b, p.batch * p.k * p.n);
    OCT_ALLOC(log, state->c, p.batch * p.m * p.n);
    oct_peer_fill(state->a, p.batch * p.m * p.k);
    oct_peer_fill(state->b, p.batch * p.k * p.n);
    OCT_TRY(run(state));
    *out = state;
    state = NULL;
cleanup:
    destroy(state);
    return status;
}

/* It falls back to kernels of old CPUs where it does not know the one it is on. */
static void describe(char *text, size_t capacity)
{
    if (load_openblas())
        snprintf(text, capacity, "kernels for %s (OPENBLAS_CORETYPE chooses others), %d threads",
                 openblas.corename(), openblas.num_threads());
}

const oct_peer oct_peer_openblas = {
    .name = "openblas",
    .what = "float32 product on the CPU",
    .describe = describe,
    .create = create,
    .run = run,
    .destroy = destroy,
};
