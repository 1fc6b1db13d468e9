"""Runs a case on the reference and on an OpenCL device, and counts what differs from the judge."""

import collections
import io
import os
import sys
import unittest

import numpy as np

import octet

SHOWN = 5  # differing results that one test prints

_contexts = []


def contexts():
    """The reference and the OpenCL device (the one of OCTET_DEVICE, if set), opened once."""
    if not _contexts:
        _contexts.append(octet.Context("reference"))
        _contexts.append(octet.Context("opencl", os.environ.get("OCTET_DEVICE")))
    return _contexts


class Tally:
    """Cases and mismatches by judge, operator and types."""

    def __init__(self):
        self.rows = {}

    def row(self, judge, operator, types):
        """Counters: "cases", "elements", "failed" cases, and each device's mismatches by name."""
        return self.rows.setdefault((judge, operator, types), collections.Counter())

    def add(self, rows):
        """Counters of another process."""
        for key, counters in rows.items():
            self.row(*key).update(counters)

    def total(self, name):
        """The sum of one counter."""
        return sum(row[name] for row in self.rows.values())

    def lines(self):
        """The table as text."""
        names = [context.name for context in contexts()]
        yield (f"{'judge':<24} {'operator':<26} {'types':<10} {'cases':>5} {'elements':>9}  "
               f"mismatches on {', '.join(names)}")
        for (judge, operator, types), row in self.rows.items():
            yield (f"{judge:<24} {operator:<26} {types:<10} {row['cases']:>5} "
                   f"{row['elements']:>9}  {', '.join(str(row[name]) for name in names)}")


tally = Tally()


def short(*dtypes):
    """"u8*s8" and the like."""
    names = {"uint8": "u8", "int8": "s8", "int32": "s32", "float32": "f32"}
    return "*".join(names[np.dtype(dtype).name] for dtype in dtypes)


def difference(expected, actual):
    """What differs, bit for bit, in a sentence; None when nothing does."""
    expected, actual = np.ascontiguousarray(expected), np.ascontiguousarray(actual)
    if (expected.dtype, expected.shape) != (actual.dtype, actual.shape):
        return f"expected {expected.dtype} {expected.shape}, got {actual.dtype} {actual.shape}"
    bits = np.dtype(f"u{expected.dtype.itemsize}")
    wrong = np.argwhere(expected.view(bits) != actual.view(bits))
    if len(wrong) == 0:
        return None
    at = tuple(wrong[0].tolist())
    return (f"{len(wrong)} of {expected.size} differ, first {list(at)}: "
            f"expected {expected[at]}, got {actual[at]}")


def differences(expected, compute, context):
    """What differs, in sentences, when "compute" of "context" should give the list "expected"."""
    try:
        actual = compute(context)
    except octet.Error as error:
        return [str(error)]
    found = [difference(*pair) for pair in zip(expected, actual, strict=True)]
    return [f"output {i}: {text}" for i, text in enumerate(found) if text is not None]


class Comparison(unittest.TestCase):
    """A test that compares all its cases before it fails, and prints the first that differ."""
    judge = ""

    def setUp(self):
        self.compared = 0
        self.differing = []

    def compare(self, operator, types, case, expected, compute):
        """One case: "compute" of a context must give the arrays "expected" on every device."""
        row = tally.row(self.judge, operator, types)
        found = {context.name: differences(expected, compute, context) for context in contexts()}
        self.compared += 1
        row["cases"] += 1
        row["elements"] += sum(np.size(array) for array in expected)
        row["failed"] += any(found.values())
        for name, texts in found.items():
            row[name] += bool(texts)
            self.differing += [f"{operator} {types} on {name}: {text}\n    {case}"
                               for text in texts]

    def tearDown(self):
        for text in self.differing[:SHOWN]:
            print("MISMATCH " + text, flush=True)
        if self.differing:
            self.fail(f"{len(self.differing)} results differ")
        if self.compared == 0:
            self.fail("nothing was compared")


def run_module(name):
    """A module's tests: what they printed, the rows they counted, how many ended in an exception and how
    many failed. For a process that runs several, one after the other."""
    np.set_printoptions(threshold=8)
    text = sys.stdout = io.StringIO()
    tally.rows.clear()
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=text, verbosity=2).run(suite)
    sys.stdout = sys.__stdout__
    return text.getvalue(), tally.rows, len(result.errors), len(result.failures)
