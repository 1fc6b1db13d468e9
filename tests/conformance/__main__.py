"""Runs the comparisons named on the command line, or all, as many at a time as there are processors; ends
with "N passed, N failed"."""

import concurrent.futures
import multiprocessing
import os
import sys

from comparison import contexts, run_module, tally

# The longest first, so that no processor waits for one of them at the end.
MODULES = ["test_qdq", "test_moves", "test_models", "test_onnxruntime", "test_tflite", "test_networks",
           "test_dynamic", "test_nodes"]


def main():
    """0 when everything that was compared agrees."""
    errors = failures = 0
    with concurrent.futures.ProcessPoolExecutor(
            os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        for text, rows, wrong, differing in pool.map(run_module, sys.argv[1:] or MODULES):
            print(text, flush=True)
            tally.add(rows)
            errors += wrong
            failures += differing
    for context in contexts():
        print(f"device: {context.name} ({context.platform})")
    print("\n".join(tally.lines()))
    failed = tally.total("failed")
    # a test may also fail without a case: an exception, or nothing to compare
    failed += errors + (failures if failed == 0 else 0)
    print(f"{tally.total('cases') - tally.total('failed')} passed, {failed} failed")
    return 0 if errors + failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
