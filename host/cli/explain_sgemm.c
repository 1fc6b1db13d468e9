/* explain_sgemm.c - see explain_sgemm.h. */
#include "cli/explain_sgemm.h"

#ifdef OCTET_HAVE_CLBLAST

#include "cli/message.h"
#include "peers/clblast.h"

static octet_status multiply(const oct_sgemm *sgemm, const float *a, const float *b, float *c)
{
    octet_status status = OCTET_OK;
    OCT_TRY(oct_clblast_write(sgemm->state, a, b));
    OCT_TRY(oct_clblast_multiply(sgemm->state));
    OCT_TRY(oct_clblast_read(sgemm->state, c));
cleanup:
    return status;
}

octet_status oct_explain_sgemm_open(octet_context *context, const oct_gather *gather,
                                    oct_sgemm *out)
{
    octet_status status = OCTET_OK;
    oct_sgemm sgemm = oct_sgemm_of(gather);
    const oct_peer_product product = {1, sgemm.m, sgemm.n, sgemm.k};
    octet_device_info device;
    oct_clblast *clblast = NULL;
    octet_context_device(context, &device, NULL);
    OCT_TRY(oct_clblast_create(oct_cli_log, &product, &device, &clblast));
    if (clblast != NULL) {
        sgemm.name = "clblast";
        sgemm.multiply = multiply;
        sgemm.state = clblast;
    }
    *out = sgemm;
cleanup:
    return status;
}

void oct_explain_sgemm_close(oct_sgemm *sgemm)
{
    oct_clblast_destroy(sgemm->state);
}

#else

octet_status oct_explain_sgemm_open(octet_context *context, const oct_gather *gather,
                                    oct_sgemm *out)
{
    (void)context;
    *out = oct_sgemm_of(gather);
    return OCTET_OK;
}

void oct_explain_sgemm_close(oct_sgemm *sgemm)
{
    (void)sgemm;
}

#endif
