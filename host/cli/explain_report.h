/* explain_report.h - what octet explain has found, for people and for programs. */
#ifndef OCT_CLI_EXPLAIN_REPORT_H
#define OCT_CLI_EXPLAIN_REPORT_H

#include "cli/explain_paths.h"

extern const char *const oct_cause_names[OCT_CAUSES];

/* explain_verdict.c - the cause, and a sentence with it and the numbers of one element. */
#define OCT_VERDICT_TEXT 1600
oct_cause oct_verdict(const oct_findings *findings, char text[OCT_VERDICT_TEXT]);

/* "[0, 3]" */
#define OCT_INDEX_TEXT 200
const char *oct_index_text(const octet_shape *shape, size_t flat, char text[OCT_INDEX_TEXT]);

/* oct_element_observed - the observed array's element; there must be one. */
int32_t oct_element_observed(const oct_findings *findings, size_t index);

octet_status oct_explain_text(const oct_subject *subject, const oct_findings *findings,
                              const oct_outcome *outcome);
octet_status oct_explain_json(const oct_subject *subject, const oct_findings *findings,
                              const oct_outcome *outcome);

#endif
