/* explain_sgemm.h - the float32 product of octet explain: CLBlast's where that is built in and the
 * device is one of OpenCL's, else plain C. */
#ifndef OCT_CLI_EXPLAIN_SGEMM_H
#define OCT_CLI_EXPLAIN_SGEMM_H

#include "harness/float_path.h"

/* oct_explain_sgemm_open - in the sizes that "gather" needs; with its name "clblast" or "plain C".
 */
octet_status oct_explain_sgemm_open(octet_context *context, const oct_gather *gather,
                                    oct_sgemm *out);

/* oct_explain_sgemm_close - one that was not opened, of zeros, is accepted. */
void oct_explain_sgemm_close(oct_sgemm *sgemm);

#endif
