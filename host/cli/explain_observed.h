/* explain_observed.h - what a result from elsewhere may be that none of the paths gives. */
#ifndef OCT_CLI_EXPLAIN_OBSERVED_H
#define OCT_CLI_EXPLAIN_OBSERVED_H

#include "cli/explain_paths.h"

/* oct_findings_observe - finds "observed_rule", else "observed_distance", of an observed array of 8
 * bits that is none of the paths' results. */
octet_status oct_findings_observe(oct_findings *findings);

#endif
