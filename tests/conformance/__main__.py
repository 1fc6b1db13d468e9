"""Runs the comparisons named on the command line, or all; ends with "N passed, N failed"."""

import sys
import unittest

import numpy as np

from comparison import contexts, tally

MODULES = ["test_nodes", "test_onnxruntime", "test_models", "test_qdq", "test_moves", "test_networks",
           "test_dynamic", "test_tflite"]


def main():
    """0 when everything that was compared agrees."""
    np.set_printoptions(threshold=8)
    for context in contexts():
        print(f"device: {context.name} ({context.platform})")
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or MODULES)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    print()
    print("\n".join(tally.lines()))
    failed = tally.total("failed")
    # a test may also fail without a case: an exception, or nothing to compare
    failed += len(result.errors) + (len(result.failures) if failed == 0 else 0)
    print(f"{tally.total('cases') - tally.total('failed')} passed, {failed} failed")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
