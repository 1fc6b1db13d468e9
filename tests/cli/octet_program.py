"""Runs the program and exchanges arrays with it: .npy files read and written with struct alone, so that
the tests need nothing beside Python."""

import itertools
import json
import os
import struct
import subprocess
import tempfile
import unittest

OCTET = os.environ["OCTET"]
HAVE_OPENCL = os.environ.get("OCTET_HAVE_OPENCL", "1") == "1"
CHECKED = "equal" if HAVE_OPENCL else "not run"  # what --check finds
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")

FORMATS = {"|u1": "B", "|i1": "b", "<i4": "i", "<f4": "f", "<f8": "d", "<i8": "q"}


class Array:
    """Flat values in C order, a shape, and an element type as .npy spells it."""

    def __init__(self, descr, shape, values):
        self.descr, self.shape, self.values = descr, tuple(shape), list(values)

    def at(self, *index):
        flat = 0
        for size, i in zip(self.shape, index):
            flat = flat * size + i
        return self.values[flat]


def header(text, version=1):
    """The head of a .npy file around a dictionary's text."""
    raw = text.encode()
    length = struct.pack("<H" if version == 1 else "<I", len(raw))
    return b"\x93NUMPY" + bytes([version, 0]) + length + raw


def dictionary(descr, shape, fortran=False):
    sizes = "".join(f"{size}, " for size in shape)
    return f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': ({sizes}), }}\n"


def pack(descr, values):
    return struct.pack(f"<{len(values)}{FORMATS[descr]}", *values)


def fortran_order(array):
    """The same values with the first dimension fastest."""
    ranges = [range(size) for size in reversed(array.shape)]
    return [array.at(*reversed(index)) for index in itertools.product(*ranges)]


def parse(raw):
    assert raw[:8] == b"\x93NUMPY\x01\x00", raw[:8]
    length = struct.unpack("<H", raw[8:10])[0]
    assert (10 + length) % 64 == 0 and raw[9 + length:10 + length] == b"\n"
    fields = eval(raw[10:10 + length].decode(), {"__builtins__": {}})
    assert not fields["fortran_order"]
    data = raw[10 + length:]
    code = FORMATS[fields["descr"]]
    count = len(data) // struct.calcsize(code)
    return Array(fields["descr"], fields["shape"], struct.unpack(f"<{count}{code}", data))


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def bits(value):
    return "0x%08x" % struct.unpack("<I", struct.pack("<f", value))[0]


class ProgramTest(unittest.TestCase):
    """A folder of its own for each test, in which the program runs."""

    maxDiff = None

    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.folder = self.holder.name

    def tearDown(self):
        self.holder.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def raw(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return name

    def save(self, name, descr, shape, values, version=1, fortran=False):
        array = Array(descr, shape, values)
        stored = fortran_order(array) if fortran else array.values
        self.raw(name, header(dictionary(descr, shape, fortran), version) + pack(descr, stored))
        return array

    def load(self, name):
        with open(self.path(name), "rb") as file:
            return parse(file.read())

    def pipe(self, data):
        """A pipe that holds some bytes and ends behind them."""
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        file = os.fdopen(reader, "rb")
        self.addCleanup(file.close)
        return file

    def run_octet(self, *arguments, environment=None, **keywords):
        return subprocess.run([OCTET, *map(str, arguments)], cwd=self.folder,
                              env={**os.environ, **(environment or {})}, timeout=500,
                              stdout=keywords.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, text=True, **keywords)

    def good(self, *arguments, status=0, **keywords):
        """Expects an exit status; returns the standard output."""
        result = self.run_octet(*arguments, **keywords)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stderr}")
        return result.stdout

    def good_json(self, *arguments, **keywords):
        return json.loads(self.good(*arguments, "--json", **keywords))

    def bad(self, *arguments, status=2, words=(), **keywords):
        """Expects a refusal whose message holds all words, and nothing on standard output."""
        result = self.run_octet(*arguments, **keywords)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stderr}")
        self.assertEqual(result.stdout or "", "")
        for word in (words,) if isinstance(words, str) else words:
            self.assertIn(word, result.stderr)
        return result.stderr

    def left_behind(self, *expected):
        """Nothing but these files is in the folder: no temporary ones, no half-written ones."""
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(expected))
