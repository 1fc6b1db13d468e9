"""octet gemm against sums written out in Python."""

import json
import os
import random
import unittest

from octet_program import CHECKED, DATA, ProgramTest, bits, f32

DESCR = {"u8": "|u1", "s8": "|i1"}
LIMITS = {"u8": (0, 255), "s8": (-128, 127)}


def matrix(seed, kind, count):
    low, high = LIMITS[kind]
    draw = random.Random(seed)
    return [draw.choice((low, high, draw.randint(low, high))) for _ in range(count)]


def product(a, b, m, n, k, a_zero=0, b_zeros=None, bias=None):
    b_zeros = b_zeros or [0] * n
    bias = bias or [0] * n
    return [sum((a[i * k + p] - a_zero) * (b[p * n + j] - b_zeros[j]) for p in range(k)) + bias[j]
            for i in range(m) for j in range(n)]


def requantized(acc, a_scale, b_scale, out_scale, out_zero, kind):
    low, high = LIMITS[kind]
    multiplier = f32(f32(f32(a_scale) * f32(b_scale)) / f32(out_scale))
    return [min(max(round(f32(f32(v) * multiplier)) + out_zero, low), high) for v in acc]


class Gemm(ProgramTest):
    m, n, k = 5, 7, 11

    def setUp(self):
        super().setUp()
        self.a, self.b = matrix(1, "u8", self.m * self.k), matrix(2, "s8", self.k * self.n)
        self.save("a.npy", "|u1", (self.m, self.k), self.a)
        self.save("b.npy", "|i1", (self.k, self.n), self.b)
        self.zeros = [-3, 0, 127, -128, 5, 1, 9]
        self.bias = [2**20, -7, 0, 1, -2**20, 3, 4]
        self.save("zeros.npy", "<i4", (self.n,), self.zeros)
        self.save("bias.npy", "<i4", (self.n,), self.bias)

    def gemm(self, *options, a="a.npy", b="b.npy"):
        found = self.good_json("gemm", a, b, "c.npy", "--check", *options)
        self.assertEqual(found["check"], CHECKED)
        return found

    def test_accumulators(self):
        found = self.gemm("--a-zero-point", 200, "--b-zero-point", "zeros.npy", "--bias", "bias.npy")
        self.assertEqual({key: found[key] for key in "mnk"}, {"m": 5, "n": 7, "k": 11})
        self.assertEqual(found["batch"], 1)
        self.assertLessEqual({"backend", "device", "variant", "seconds", "gops"}, set(found))
        c = self.load("c.npy")
        self.assertEqual((c.descr, c.shape), ("<i4", (5, 7)))
        self.assertEqual(c.values, product(self.a, self.b, 5, 7, 11, 200, self.zeros, self.bias))

    def test_without_json_and_check(self):
        text = self.good("gemm", "a.npy", "b.npy", "c.npy", "--out-type", "u8")
        for part in ("GOPS", "not run", "c.npy: u8 5x7, ", "at the lower limit 0", "limit 255"):
            self.assertIn(part, text)

    def test_nothing_to_check_with(self):
        for where in (("--backend", "reference"), ("--variant", "reference")):
            result = self.run_octet("gemm", "a.npy", "b.npy", "c.npy", "--check", "--json", *where)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["check"], "not run")
            self.assertIn("nothing to compare", result.stderr)
            text = self.good("gemm", "a.npy", "b.npy", "c.npy", *where)
            self.assertIn("; computed by the reference; check: not run\n", text)

    def test_types(self):
        for a_kind in DESCR:
            for b_kind in DESCR:
                a, b = matrix(3, a_kind, 55), matrix(4, b_kind, 77)
                self.save("x.npy", DESCR[a_kind], (5, 11), a)
                self.save("w.npy", DESCR[b_kind], (11, 7), b)
                self.gemm(a="x.npy", b="w.npy")
                self.assertEqual(self.load("c.npy").values, product(a, b, 5, 7, 11))

    def test_transposes(self):
        self.save("at.npy", "|u1", (11, 5), [self.a[i * 11 + p] for p in range(11) for i in range(5)])
        self.save("bt.npy", "|i1", (7, 11), [self.b[p * 7 + j] for j in range(7) for p in range(11)])
        self.gemm("--transpose-a", "--transpose-b", "--b-zero-point", "zeros.npy",
                  a="at.npy", b="bt.npy")
        self.assertEqual(self.load("c.npy").values,
                         product(self.a, self.b, 5, 7, 11, 0, self.zeros))

    def test_batches(self):
        a, b = matrix(5, "u8", 3 * 55), matrix(6, "s8", 3 * 77)
        self.save("a3.npy", "|u1", (3, 5, 11), a)
        self.save("b3.npy", "|i1", (3, 11, 7), b)
        for x, w in (("a3.npy", "b3.npy"), ("a3.npy", "b.npy"), ("a.npy", "b3.npy")):
            self.assertEqual(self.gemm(a=x, b=w)["batch"], 3)
            c = self.load("c.npy")
            self.assertEqual(c.shape, (3, 5, 7))
            for i in range(3):
                left = a[55 * i:55 * i + 55] if x == "a3.npy" else self.a
                right = b[77 * i:77 * i + 77] if w == "b3.npy" else self.b
                self.assertEqual(c.values[35 * i:35 * i + 35], product(left, right, 5, 7, 11))

    def test_empty_batches(self):
        self.save("none.npy", "|u1", (0, 5, 11), [])
        self.gemm(a="none.npy")
        self.assertEqual(self.load("c.npy").shape, (0, 5, 7))
        self.save("none.npy", "|u1", (0, 11), [])
        self.gemm(a="none.npy")
        self.assertEqual(self.load("c.npy").shape, (0, 7))

    def test_requantized(self):
        acc = product(self.a, self.b, 5, 7, 11, 3, None, self.bias)
        scales = ("--a-scale", "0.02", "--b-scale", "0.003", "--out-scale", "1.5")
        for kind, zero in (("u8", 131), ("s8", -5)):
            line = (*scales, "--a-zero-point", 3, "--bias", "bias.npy", "--out-type", kind,
                    "--out-zero-point", zero)
            expected = requantized(acc, 0.02, 0.003, 1.5, zero, kind)
            for options, low, high in ((), *LIMITS[kind]), (("--relu",), zero, LIMITS[kind][1]), (
                    ("--clamp-min", 1, "--clamp-max", 50), 1, 50):
                found = self.gemm(*line, *options)
                values = self.load("c.npy").values
                self.assertEqual(values, [min(max(v, low), high) for v in expected])
                self.assertEqual(found["at_limits"], {"low": values.count(low),
                                                      "high": values.count(high)})
        for rule in ("float32-reciprocal", "fixed-double", "fixed-single"):
            self.gemm(*line, "--rounding", rule)

    def test_float_out(self):
        self.save("fbias.npy", "<f4", (7,), [0.1 * j for j in range(7)])
        acc = product(self.a, self.b, 5, 7, 11)
        scale = f32(f32(0.02) * f32(0.003))
        line = ("--a-scale", 0.02, "--b-scale", 0.003, "--out-type", "f32")
        self.gemm(*line, "--bias", "fbias.npy")
        expected = [f32(f32(v * scale) + f32(0.1 * (i % 7))) for i, v in enumerate(acc)]
        self.assertEqual(self.load("c.npy").values, expected)
        self.gemm(*line, "--bias", "fbias.npy", "--relu")
        self.assertEqual(self.load("c.npy").values, [max(v, 0) for v in expected])

    def test_scales_per_row_and_column(self):
        self.save("rows.npy", "<f4", (5,), [0.5, 1, 2, 4, 8])
        self.save("columns.npy", "<f8", (7,), [1, 2, 4, 8, 16, 32, 64])
        self.gemm("--a-scale", "rows.npy", "--b-scale", "columns.npy", "--out-type", "f32")
        acc = product(self.a, self.b, 5, 7, 11)
        self.assertEqual(self.load("c.npy").values,
                         [v * 0.5 * 2**(i // 7) * 2**(i % 7) for i, v in enumerate(acc)])

    def test_a_batch_in_either(self):
        """The result has one as soon as A or B has, also of one matrix."""
        rows, columns = (self.m, self.k), (self.k, self.n)
        expected = product(self.a, self.b, self.m, self.n, self.k)
        for a_batch, b_batch in (((), (1,)), ((1,), ()), ((1,), (1,))):
            self.save("a3.npy", "|u1", (*a_batch, *rows), self.a)
            self.save("b3.npy", "|i1", (*b_batch, *columns), self.b)
            for command in ("gemm",), ("explain", "gemm"):
                self.good(*command, "a3.npy", "b3.npy", "c.npy", "--check")
                self.assertEqual(self.load("c.npy").shape, (1, self.m, self.n))
                self.assertEqual(self.load("c.npy").values, expected)
        self.save("f.npy", "<f4", (1, *columns), self.b)
        self.good("gemm", "a.npy", "f.npy", "c.npy", "--b-dynamic", "--check")
        self.assertEqual(self.load("c.npy").shape, (1, self.m, self.n))

    def test_bad_shapes(self):
        line = ("gemm", "a.npy", "b.npy", "c.npy")
        self.bad("gemm", "b.npy", "a.npy", "c.npy", words=("b.npy", "11x7", "5x11"))
        self.save("v.npy", "|u1", (11,), [0] * 11)
        self.bad("gemm", "v.npy", "b.npy", "c.npy", words=("v.npy", "2 dimensions"))
        self.save("k0.npy", "|u1", (5, 0), [])
        self.save("k0b.npy", "|u1", (0, 5), [])
        self.bad("gemm", "k0.npy", "k0b.npy", "c.npy", words="k is 0")
        self.save("a2.npy", "|u1", (2, 5, 11), [0] * 110)
        self.save("b3.npy", "|u1", (3, 11, 7), [0] * 231)
        self.bad("gemm", "a2.npy", "b3.npy", "c.npy", words=("batches of 2 and 3"))
        self.save("f.npy", "<f4", (5, 11), [0] * 55)
        self.bad("gemm", "f.npy", "b.npy", "c.npy", words=("f.npy", "float32 (<f4)", "uint8 (|u1)",
                                                           "octet quantize", "--a-dynamic"))
        self.bad(*line, "--bias", "a.npy", words=("--bias", "a.npy", "<i4"))
        self.save("short.npy", "<i4", (6,), [0] * 6)
        self.bad(*line, "--bias", "short.npy", words=("short.npy", "that is 7"))
        self.bad(*line, "--b-zero-point", "short.npy", words=("--b-zero-point", "that is 7"))

    def test_bad_parameters(self):
        line = ("gemm", "a.npy", "b.npy", "c.npy")
        self.bad(*line, "--a-scale", "0", words="--a-scale")
        self.bad(*line, "--a-zero-point", "-1", words=("--a-zero-point", "0 to 255"))
        self.bad(*line, "--b-zero-point", "128", words=("--b-zero-point", "-128 to 127"))
        self.bad(*line, "--a-scale", "x", words=("--a-scale", "'x'"))
        self.bad(*line, "--out-type", "u8", "--out-scale", "a.npy", words=("--out-scale", "number"))
        self.bad(*line, "--out-type", "u8", "--a-scale", "256",
                 words=("--a-scale 256 * --b-scale 1 / --out-scale 1", "is 256", "[2^-32, 256)"))
        self.bad(*line, "--out-type", "u8", "--out-scale", "1e10", words="2^-32")
        self.save("s.npy", "<f4", (7,), [1, 1, 300, 1, 1e-12, 1, 1])
        for rule in ("float32", "float32-reciprocal", "fixed-double", "fixed-single"):
            self.bad(*line, "--out-type", "s8", "--b-scale", "s.npy", "--rounding", rule,
                     words="--a-scale 1 * --b-scale 9.99999996e-13 / --out-scale 1 is")
        self.bad(*line, "--out-type", "f32", "--a-scale", "1e-30", "--b-scale", "1e-30",
                 words=("--a-scale 1e-30 * --b-scale 1e-30 is", "normal float32"))
        self.bad(*line, "--relu", words="--relu")
        self.bad(*line, "--clamp-min", "0", words="s32")
        self.bad(*line, "--clamp-max", "0", "--out-type", "f32", words="f32")
        self.bad(*line, "--clamp-max", "256", "--out-type", "u8", words="256")
        self.bad(*line, "--clamp-min", "9", "--clamp-max", "8", "--out-type", "u8", words="rise")
        self.save("fbias.npy", "<f4", (7,), [0] * 7)
        self.bad(*line, "--bias", "fbias.npy",
                 words=("<i4", "RNE(bias / f32(s_x * s_w))", "docs/numbers.md"))
        self.save("nan.npy", "<f4", (7,), [1, 1, 1, float("nan"), 1, 1, 1])
        self.bad(*line, "--b-scale", "nan.npy", words=("nan.npy", "channel 3", "nan"))

    def test_largest_k(self):
        for k, zero, status in ((131071, 0, 0), (131072, 0, 2), (65793, 127, 0), (65794, 127, 2)):
            self.save("x.npy", "|i1", (1, k), [-128] * k)
            self.save("w.npy", "|i1", (k, 1), [-128] * k)
            line = ("gemm", "x.npy", "w.npy", "c.npy", "--a-zero-point", zero)
            if status == 0:
                self.good(*line)
                self.assertEqual(self.load("c.npy").values, [k * (-128 - zero) * -128])
            else:
                self.bad(*line, words=str(k - 1))


class Dynamic(ProgramTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(DATA, "seed2.json")) as file:
            self.golden = json.load(file)
        for name in ("x1", "x2"):
            matrix_ = self.golden["inputs"][name]
            self.save(name + ".npy", "<f8", matrix_["shape"], matrix_["data"])

    def gemm(self, *options, a="x1.npy", b="x2.npy"):
        found = self.good_json("gemm", a, b, "y.npy", "--check", *options)
        self.assertEqual(found["check"], CHECKED)
        return found, self.load("y.npy").values

    def test_golden(self):
        options = ("--a-dynamic", "--b-dynamic", "--params", "pytorch", "--type-a", "s8",
                   "--type-b", "s8")
        found, values = self.gemm(*options)
        self.assertEqual(values, self.golden["product"]["acc"])
        for name, side in (("x1", "a"), ("x2", "b")):
            case = self.golden["quantization"][name]["from_four_decimal_inputs"]
            self.assertEqual(found[side], {"scale": case["scale"],
                                           "zero_point": case["zero_point"]})
        found, values = self.gemm(*options, "--out-type", "f32")
        case = self.golden["product"]["dequantized_scales_from_four_decimal_inputs"]
        self.assertEqual([bits(v) for v in values], case["float32_bits_one_combined_scale"])

    def test_text(self):
        text = self.good("gemm", "x1.npy", "x2.npy", "y.npy", "--a-dynamic", "--b-dynamic", "--params",
                         "pytorch", "--type-a", "s8", "--type-b", "s8", "--out-type", "f32")
        for part in ("x1.npy: s8, found scale 0.0157949018, zero point -8",
                     "x2.npy: s8, found scale 0.0262", "zero point 24", "y.npy: f32 1x10\n"):
            self.assertIn(part, text)

    def test_one_side(self):
        self.save("w.npy", "|i1", (10, 3), matrix(7, "s8", 30))
        found, values = self.gemm("--a-dynamic", "--b-scale", "0.5", "--out-type", "f32", b="w.npy")
        self.assertNotIn("b", found)
        self.assertEqual(len(values), 3)

    def test_per_row(self):
        rows = [[1, 2, 3], [-10, 0, 10], [0, 0, 0], [255, 0, 1]]
        self.save("a.npy", "<f4", (4, 3), sum(rows, []))
        self.save("b.npy", "|i1", (3, 1), [1, 1, 1])
        found, values = self.gemm("--a-dynamic", "--a-per-row", "--out-type", "f32", a="a.npy",
                                  b="b.npy")
        self.assertEqual(found["a"]["zero_point"], [0, 127, 0, 0])
        self.assertEqual(found["a"]["scale"], [f32(3 / 255), f32(20 / 255), 1, 1])
        self.save("a3.npy", "<f4", (2, 2, 3), sum(rows, []))
        batched, same = self.gemm("--a-dynamic", "--a-per-row", "--out-type", "f32", a="a3.npy",
                                  b="b.npy")
        self.assertEqual((batched["a"], same), (found["a"], values))
        self.save("at.npy", "<f4", (3, 4), [rows[i][p] for p in range(3) for i in range(4)])
        turned, same = self.gemm("--a-dynamic", "--a-per-row", "--transpose-a", "--out-type", "f32",
                                 a="at.npy", b="b.npy")
        self.assertEqual((turned["a"], same), (found["a"], values))

    def test_refusals(self):
        line = ("gemm", "x1.npy", "x2.npy", "y.npy")
        self.bad(*line, words=("x1.npy", "<f8"))
        self.bad(*line, "--a-dynamic", "--a-scale", "1", words="--a-dynamic")
        self.bad(*line, "--a-dynamic", "--b-dynamic", "--type-a", "s8", words=("--type-a", "onnx"))
        self.bad(*line, "--params", "onnx", words="--a-dynamic")
        self.bad(*line, "--b-dynamic", "--a-per-row", words="--a-per-row")
        self.bad(*line, "--a-dynamic", "--b-dynamic", "--out-type", "u8", words="u8")
        self.save("nan.npy", "<f4", (1, 10), [float("nan")] * 10)
        self.bad("gemm", "nan.npy", "x2.npy", "y.npy", "--a-dynamic", "--b-dynamic",
                 words=("nan.npy", "[0, 0]"))
        self.save("tiny.npy", "<f4", (1, 10), [1e-40] * 10)
        self.bad("gemm", "tiny.npy", "x2.npy", "y.npy", "--a-dynamic", "--b-dynamic",
                 words=("tiny.npy", "channel 0", "scale"))


if __name__ == "__main__":
    unittest.main()
