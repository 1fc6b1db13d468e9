/* bench_measure.h - the time of one problem, octet and its peers in turn. */
#ifndef OCT_CLI_BENCH_MEASURE_H
#define OCT_CLI_BENCH_MEASURE_H

#include "harness/case.h"
#include "harness/contest.h"
#include "peers/peers.h"

#define OCT_MOST_PEERS 5

typedef struct oct_bench_result {
    oct_problem problem;
    char variant[64];
    oct_timing own, peers[OCT_MOST_PEERS];
    bool different; /* from the reference: not timed */
    octet_comparison comparison;
    octet_shape shape; /* of the result */
    octet_type type;
} oct_bench_result;

typedef struct oct_bench_plan {
    octet_context *context;
    const char *variant; /* NULL: chosen */
    double seconds;      /* to spend on each problem, peers included; some runs are made in
                            any case */
    bool wait;           /* after each run; else short ones are recorded, many as one command */
    uint64_t seed;
    const oct_peer *peers[OCT_MOST_PEERS];
    size_t peer_count;
} oct_bench_plan;

/* oct_bench_measure - computes the problem, compares with the reference, by itself and as it is timed, then
 * times. Nothing is built or allocated while a clock runs; octet and the peers take turns, so that a slow
 * moment of the machine meets all of them. */
octet_status oct_bench_measure(const oct_bench_plan *plan, const oct_problem *problem,
                               oct_bench_result *out);

#endif
