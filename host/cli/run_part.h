/* run_part.h - the part of the images that one of several processes computes. Parts depend on nothing that
 * the processes need not have alike: not on devices or streams, which share what is in a part. */
#ifndef OCT_CLI_RUN_PART_H
#define OCT_CLI_RUN_PART_H

#include "cli/options.h"

typedef struct oct_run_part {
    size_t part, parts; /* from 0; parts fit 31 bits */
} oct_run_part;

/* oct_parse_run_part - "K/N", for a table of options. */
octet_status oct_parse_run_part(const oct_option *option, const char *value, void *target);

/* oct_run_part_begin - the image at which part "index" of parts->parts begins, which is where the one
 * before ends; their number for the one past the last. No part begins within a batch of "batch" images; 0:
 * none were asked for. */
size_t oct_run_part_begin(const oct_run_part *parts, size_t index, size_t images, size_t batch);

/* oct_run_parts_check_alike - parts add up to the whole only where every process cuts the same whole in the
 * same way. Every process calls it. */
octet_status oct_run_parts_check_alike(size_t images, size_t batch);

#endif
