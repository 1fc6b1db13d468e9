"""Runs a case on the reference and on an OpenCL device, and counts what differs from the judge."""

import collections
import os
import unittest

import numpy as np

import octet

SHOWN = 5  # differing cases that one test prints

_contexts = []


def contexts():
    """The reference and the OpenCL device (of OCTET_DEVICE, if set), opened once."""
    if not _contexts:
        _contexts.append(octet.Context("reference"))
        _contexts.append(octet.Context("opencl", os.environ.get("OCTET_DEVICE")))
    return _contexts


class Tally:
    """Cases and mismatches by judge, operator and types."""

    def __init__(self):
        self.rows = collections.OrderedDict()
        self.notes = []

    def row(self, judge, operator, types):
        """A row's counter: "cases", "elements", "failed" and one per device that was wrong."""
        return self.rows.setdefault((judge, operator, types), collections.Counter())

    def total(self, name):
        """The sum of one counter."""
        return sum(row[name] for row in self.rows.values())

    def note(self, text):
        """Something that was left out, and why."""
        if text not in self.notes:
            self.notes.append(text)
            print(text, flush=True)

    def lines(self):
        """The table as text."""
        names = [context.name for context in contexts()]
        yield (f"{'judge':<28} {'operator':<24} {'types':<12} {'cases':>6} {'elements':>9}"
               "  mismatches on " + ", ".join(names))
        for (judge, operator, types), row in self.rows.items():
            yield (f"{judge:<28} {operator:<24} {types:<12} {row['cases']:>6} "
                   f"{row['elements']:>9}  " + ", ".join(str(row[name]) for name in names))


tally = Tally()


def short(dtype):
    """"u8" and the like."""
    return {"uint8": "u8", "int8": "s8", "int32": "s32", "float32": "f32"}[np.dtype(dtype).name]


def difference(expected, actual):
    """What differs, bit for bit, in a sentence; None when nothing does."""
    expected, actual = np.asarray(expected), np.asarray(actual)
    if (expected.dtype, expected.shape) != (actual.dtype, actual.shape):
        return (f"expected {expected.dtype} {expected.shape}, got {actual.dtype} {actual.shape}")
    bits = np.dtype(f"u{expected.dtype.itemsize}")
    wrong = np.argwhere(np.ascontiguousarray(expected).view(bits)
                        != np.ascontiguousarray(actual).view(bits))
    if len(wrong) == 0:
        return None
    at = tuple(int(i) for i in wrong[0])
    return (f"{len(wrong)} of {expected.size} differ, the first at {at}: "
            f"expected {expected[at]!r}, got {actual[at]!r}")


class Comparison(unittest.TestCase):
    """A test that compares every case before it fails, and prints the first that differ."""
    judge = ""

    def setUp(self):
        self.differing = []

    def compare(self, operator, types, parameters, expected, compute):
        """"compute" of each context must give the list "expected"; one case."""
        row = tally.row(self.judge, operator, types)
        row["cases"] += 1
        row["elements"] += sum(np.size(array) for array in expected)
        found = []
        for context in contexts():
            try:
                actual = compute(context)
                found = [(context.name, i, difference(*pair))
                         for i, pair in enumerate(zip(expected, actual, strict=True))]
            except octet.Error as error:
                found = [(context.name, 0, str(error))]
            found = [entry for entry in found if entry[2] is not None]
            row[context.name] += bool(found)
            self.differing += [(operator, types, parameters, *entry) for entry in found]
            row["failed"] += bool(found) and context is contexts()[0]
        return not found

    def tearDown(self):
        for operator, types, parameters, device, output, text in self.differing[:SHOWN]:
            print(f"MISMATCH {operator} {types} on {device}, output {output}: {text}\n"
                  f"  {parameters}", flush=True)
        if self.differing:
            self.fail(f"{len(self.differing)} results differ from {self.judge}")
