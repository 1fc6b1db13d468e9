"""Which .npy files are read, which are refused, and what is said about them."""

import os
import unittest

from octet_program import ProgramTest, dictionary, header, pack

VALUES = list(range(-12, 12))


class Reading(ProgramTest):
    """`octet compare` reads every type; equal files exit 0."""

    def equal(self, status=0):
        self.good("compare", "expected.npy", "actual.npy", status=status)

    def test_types(self):
        for descr in ("|i1", "<i4", "<f4"):
            self.save("expected.npy", descr, (2, 3, 4), VALUES)
            self.save("actual.npy", descr, (2, 3, 4), VALUES, version=2)
            self.equal()

    def test_fortran_order(self):
        for descr in ("|i1", "<i4", "<f8", "<i8"):
            for shape in ((24,), (4, 6), (2, 3, 4), (1, 24, 1)):
                self.save("expected.npy", descr, shape, VALUES)
                self.save("actual.npy", descr, shape, VALUES, fortran=True)
                self.equal()

    def test_wide_types_are_converted(self):
        self.save("expected.npy", "<f4", (3,), [0.5, -1e30, float("inf")])
        self.save("actual.npy", "<f8", (3,), [0.5, -1e30, float("inf")])
        self.equal()
        self.save("expected.npy", "<i4", (2,), [-2**31, 2**31 - 1])
        self.save("actual.npy", "<i8", (2,), [-2**31, 2**31 - 1])
        self.equal()
        said = self.run_octet("compare", "expected.npy", "actual.npy").stderr
        self.assertIn("'actual.npy' holds int64, read as int32", said)
        self.assertNotIn("'expected.npy'", said)
        self.assertEqual(self.run_octet("compare", "actual.npy", "actual.npy").stderr, "")

    def test_wide_values_are_checked(self):
        self.save("expected.npy", "<f4", (1,), [0])
        self.save("actual.npy", "<f8", (2,), [0, 1e39])
        self.bad("compare", "expected.npy", "actual.npy", words=("actual.npy", "1e+39"))
        self.save("actual.npy", "<i8", (2,), [0, 2**31])
        self.bad("compare", "expected.npy", "actual.npy", words=("actual.npy", "2147483648"))

    def test_scalars_and_empty_arrays(self):
        for shape, values in (((), [7]), ((0,), []), ((3, 0, 2), [])):
            self.save("expected.npy", "<i4", shape, values)
            self.save("actual.npy", "<i4", shape, values, fortran=True)
            self.equal()

    def test_dictionary_in_any_form(self):
        self.save("expected.npy", "|u1", (2,), [1, 2])
        for text in ('{"shape":(2,),"fortran_order":True,"descr":"|u1"}',
                     " { 'fortran_order' : False ,\n 'shape' : ( 2 , ) , 'descr' : '|u1' } \t\n"):
            self.raw("actual.npy", header(text) + bytes([1, 2]))
            self.equal()

    def test_empty_arrays_of_many_nothings(self):
        """Loops over the other dimensions would not end."""
        for shape in ((2**40, 3, 0), (2**40, 0, 3), (3, 2**40, 0)):
            self.save("x.npy", "<f4", shape, [])
            for line in (("--scale", "1", "--zero-point", "0"), ("--dynamic",)):
                self.good("quantize", "x.npy", "q.npy", "--type", "u8", "--backend", "reference",
                          *line)
                self.assertEqual(self.load("q.npy").shape, shape)
        self.save("x.npy", "<f4", (2**40, 3, 0), [])
        self.good("quantize", "x.npy", "q.npy", "--type", "u8", "--backend", "reference",
                  "--dynamic", "--axis", "1")
        self.good("dequantize", "q.npy", "y.npy", "--backend", "reference", "--scale", "1",
                  "--zero-point", "0")

    def test_pipes(self):
        self.save("expected.npy", "|u1", (2,), [1, 2])
        with open(self.path("expected.npy"), "rb") as file:
            self.good("compare", "expected.npy", "/dev/stdin", stdin=self.pipe(file.read()))


class Refusing(ProgramTest):
    def refuse(self, data, *words):
        self.raw("bad.npy", data)
        self.bad("compare", "bad.npy", "bad.npy", words=("bad.npy", *words))

    def refuse_header(self, text, *words, data=b"\0\0"):
        self.refuse(header(text) + data, *words)

    def test_not_a_file(self):
        self.bad("compare", "no.npy", "no.npy", words=("no.npy", "No such file"))
        os.mkdir(self.path("d.npy"))
        self.bad("compare", "d.npy", "d.npy", words="d.npy")

    def test_not_npy(self):
        self.refuse(b"", "ends after 0")
        self.refuse(b"\x93NUM", "ends after 4")
        self.refuse(b"PK\x03\x04 a zip archive", "no .npy file")
        self.refuse(b"\x93NUMPY\x03\x00" + b"\0" * 100, "version 3.0")
        self.refuse(b"\x93NUMPY\x01\x01" + b"\0" * 100, "version 1.1")

    def test_header_length(self):
        self.refuse(b"\x93NUMPY\x01\x00\xff\x00{", "header")
        self.refuse(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "4294967295 bytes")

    def test_dictionary(self):
        self.refuse_header("", "'{'")
        self.refuse_header("{'descr': '|u1', 'fortran_order': False}", "lacks the key 'shape'")
        self.refuse_header("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': 1}", "'x'")
        self.refuse_header("{'descr': '|u1', 'descr': '|u1', 'shape': (2,)}", "twice")
        self.refuse_header("{'descr': '|u1' 'shape': (2,)}", "','")
        self.refuse_header("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}", "fortran_order")
        self.refuse_header(dictionary("|u1", (2,)) + "{}", "behind")
        self.refuse_header("{'descr': '|u1", "quote")
        self.refuse_header(dictionary("|u1", (2,)) + "\0", "behind")
        self.refuse_header(dictionary("|u1\0", (2,)), "|u1?")
        self.refuse_header("{'descr\0': '|u1', 'fortran_order': False, 'shape': (2,)}", "'descr?'")

    def test_types(self):
        for descr in (">i4", "<i2", "|b1", "<f2", "|S3", "|O", "<c8", "i4"):
            self.refuse_header(dictionary(descr, (2,)), descr, "|u1")
        self.refuse_header("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}",
                           "quoted")

    def test_shapes(self):
        for shape in ("2", "(2)", "(-1,)", "(2,,)", "(2 3)", "[2]", "(2.0,)", "(True,)", "(0x2,)",
                      "(2", "(2L,)", "(02,)", "(1, 002)", "(00,)"):
            self.refuse_header(f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}",
                               "header")
        self.refuse_header(dictionary("|u1", (1,) * 9), "more than 8 dimensions")

    def test_huge_shapes(self):
        self.refuse_header(dictionary("|u1", (10**30,)), "too large")
        self.refuse_header(dictionary("<i4", (2**62,)), "too large")
        self.refuse_header(dictionary("|u1", (2**40, 2**40)), "too large")
        self.refuse_header(dictionary("|u1", (2**40, 2**40, 0)), "too large")
        self.refuse_header(dictionary("|u1", (0, 2**64 - 1)), "too large")
        self.refuse_header(dictionary("<i4", (2**62, 0)), "too large")
        self.refuse_header(dictionary("|u1", (2**63,)), "too large")
        self.refuse_header(dictionary("|u1", (2**60,)), "announces 1152921504606846976")

    def test_missing_and_extra_bytes(self):
        self.refuse_header(dictionary("|u1", (3,)), "holds 2 bytes", "announces 3")
        self.refuse_header(dictionary("|u1", (1,)), "holds 2 bytes", "announces 1")
        self.refuse_header(dictionary("|u1", (0,)), "announces 0")
        for extra, words in ((b"\0\0", "ends after 2 of 3"), (b"\0" * 4, "goes on behind the 3")):
            self.bad("compare", "/dev/stdin", "/dev/stdin", words=words,
                     stdin=self.pipe(header(dictionary("|u1", (3,))) + extra))

    def test_every_truncation_is_refused(self):
        whole = header(dictionary("<i4", (2, 2))) + pack("<i4", [1, 2, 3, 4])
        for length in range(0, len(whole), 7):
            self.refuse(whole[:length])


class Compare(ProgramTest):
    def test_equal(self):
        self.save("a.npy", "|u1", (2, 2), [1, 2, 3, 4])
        found = self.good_json("compare", "a.npy", "a.npy")
        self.assertEqual(found, {"count": 4, "mismatches": 0, "first_mismatch": None,
                                 "expected": None, "actual": None, "max_difference": 0,
                                 "histogram": {}})

    def test_different(self):
        self.save("a.npy", "|u1", (2, 3), [1, 2, 3, 4, 5, 6])
        self.save("b.npy", "|u1", (2, 3), [1, 2, 3, 5, 5, 3])
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual(found, {"count": 6, "mismatches": 2, "first_mismatch": [1, 0],
                                 "expected": 4, "actual": 5, "max_difference": 3,
                                 "histogram": {"-3": 1, "1": 1}})
        self.assertIn("[1, 0]", self.good("compare", "a.npy", "b.npy", status=3))

    def test_bits_of_floats(self):
        nan = float("nan")
        self.save("a.npy", "<f4", (4,), [0.0, nan, nan, 1.5])
        self.save("b.npy", "<f4", (4,), [-0.0, nan, 2.0, 1.5])
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual((found["mismatches"], found["first_mismatch"]), (2, [0]))
        self.assertEqual(found["histogram"], {"0": 1, "nan": 1})
        self.save("b.npy", "<f4", (4,), [0.0, nan, float("inf"), 1.5])
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual((found["expected"], found["actual"]), (None, None))

    def test_wide_types_keep_their_width(self):
        self.save("a.npy", "<f8", (2,), [1, 1e300])
        self.save("b.npy", "<f8", (2,), [1 + 2**-50, 1e300], fortran=True)
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual((found["mismatches"], found["max_difference"]), (1, 2**-50))
        self.assertEqual((found["expected"], found["actual"]), (1, 1 + 2**-50))
        self.assertIn("1.0000000000000009", self.good("compare", "a.npy", "b.npy", status=3))
        self.good("compare", "a.npy", "a.npy")
        self.save("a.npy", "<i8", (2, 2), [1, 2**62, -2**63, 4])
        self.save("b.npy", "<i8", (2, 2), [1, 2**62 + 1, 2**63 - 1, 4], fortran=True)
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual(found["first_mismatch"], [0, 1])
        self.assertEqual(found["histogram"], {"1": 1, "1.8446744073709552e+19": 1})
        self.good("compare", "a.npy", "a.npy")
        self.save("b.npy", "<f8", (2, 2), [0] * 4)
        self.bad("compare", "b.npy", "a.npy", words=("a.npy", "beyond int32"))

    def test_scalars(self):
        self.save("a.npy", "<i4", (), [1])
        self.save("b.npy", "<i4", (), [3])
        found = self.good_json("compare", "a.npy", "b.npy", status=3)
        self.assertEqual((found["first_mismatch"], found["max_difference"]), ([], 2))

    def test_not_comparable(self):
        self.save("a.npy", "|u1", (4,), [1, 2, 3, 4])
        self.save("b.npy", "|i1", (4,), [1, 2, 3, 4])
        self.bad("compare", "a.npy", "b.npy", words=("u8", "s8"))
        self.save("b.npy", "|u1", (2, 2), [1, 2, 3, 4])
        self.bad("compare", "a.npy", "b.npy", "--json", words=("4", "2x2"))


if __name__ == "__main__":
    unittest.main()
