"""octet quantize and dequantize, against the rules written out in Python and the golden cases."""

import json
import os
import random
import unittest

from octet_program import CHECKED, DATA, ProgramTest, bits, f32

RANGES = {"u8": (0, 255), "s8": (-128, 127)}


def half_away(value):
    return int(value + 0.5) if value >= 0 else -int(-value + 0.5)


def quantized(rule, x, scale, zero_point, kind):
    low, high = RANGES[kind]
    if rule == "reciprocal":
        value = round(f32(x * f32(1 / scale)))
    elif rule == "half-away":
        value = half_away(f32(x / scale))
    else:
        value = round(f32(x / scale))
    return min(max(value + zero_point, low), high)


class Given(ProgramTest):
    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        self.x = [f32(draw.uniform(-4, 4)) for _ in range(500)]
        self.x += [f32(0.02) * n / 2 for n in range(-300, 300)]  # halves of a step
        self.x = [f32(x) for x in self.x]
        self.save("x.npy", "<f4", (len(self.x),), self.x)

    def test_rules(self):
        for rule in ("reciprocal", "divide", "half-away"):
            for kind, zero_point in (("u8", 128), ("u8", 0), ("s8", -7)):
                found = self.good_json("quantize", "x.npy", "q.npy", "--type", kind, "--scale",
                                       "0.02", "--zero-point", zero_point, "--rule", rule,
                                       "--check")
                self.assertEqual(self.load("q.npy").values,
                                 [quantized(rule, x, f32(0.02), zero_point, kind) for x in self.x])
                self.assertEqual(found["scale"], f32(0.02))
                self.assertEqual(found["scale_bits"], bits(0.02))
                self.assertEqual((found["zero_point"], found["count"]), (zero_point, len(self.x)))
                self.assertEqual(found["check"], CHECKED)

    def test_clipped(self):
        self.save("x.npy", "<f4", (6,), [-0.5, -0.51, 255.49, 255.5, 256, float("nan")])
        line = ("quantize", "x.npy", "q.npy", "--type", "u8", "--scale", "1", "--zero-point", "0")
        self.assertEqual(self.good_json(*line)["clipped"], 4)
        self.assertEqual(self.load("q.npy").values, [0, 0, 255, 255, 255, 0])

    def test_hexadecimal_scale_and_wide_input(self):
        self.save("x.npy", "<f8", (2,), [0.5, 0.1])
        found = self.good_json("quantize", "x.npy", "q.npy", "--type", "s8", "--scale=0x1p-3",
                               "--zero-point=-1")
        self.assertEqual((found["scale"], found["scale_bits"]), (0.125, "0x3e000000"))
        self.assertEqual(self.load("q.npy").values, [3, 0])

    def test_axis(self):
        self.save("x.npy", "<f4", (2, 3, 2), range(12))
        self.save("s.npy", "<f4", (3,), [1, 2, 0.5])
        self.save("z.npy", "<i8", (3,), [0, 10, -20])
        for axis in (1, -2):
            found = self.good_json("quantize", "x.npy", "q.npy", "--type", "s8", "--axis", axis,
                                   "--scale", "s.npy", "--zero-point", "z.npy", "--check")
            self.assertEqual(found["scale"], [1, 2, 0.5])
            self.assertEqual(found["zero_point"], [0, 10, -20])
            self.assertEqual(self.load("q.npy").values,
                             [0, 1, 11, 12, -12, -10, 6, 7, 14, 14, 0, 2])
        self.good("dequantize", "q.npy", "y.npy", "--axis", 1, "--scale", "s.npy",
                  "--zero-point", "z.npy", "--check")
        self.assertEqual(self.load("y.npy").values,
                         [0, 1, 2, 4, 4, 5, 6, 7, 8, 8, 10, 11])

    def test_scalars_and_empty_arrays(self):
        line = ("--type", "u8", "--scale", "1", "--zero-point", "3")
        self.save("x.npy", "<f4", (), [2])
        self.good("quantize", "x.npy", "q.npy", *line)
        self.assertEqual((self.load("q.npy").shape, self.load("q.npy").values), ((), [5]))
        self.save("x.npy", "<f4", (0, 4), [])
        self.good("quantize", "x.npy", "q.npy", *line)
        self.assertEqual(self.load("q.npy").shape, (0, 4))

    def test_dequantize(self):
        for descr, values in (("|u1", [0, 128, 255]), ("|i1", [-128, 0, 127])):
            self.save("q.npy", descr, (3,), values)
            zero_point = values[1]
            self.good("dequantize", "q.npy", "x.npy", "--scale", "0.1", "--zero-point", zero_point)
            self.assertEqual(self.load("x.npy").values,
                             [f32(f32(0.1) * (q - zero_point)) for q in values])

    def test_refusals(self):
        line = ("quantize", "x.npy", "q.npy", "--type", "u8")
        self.bad("quantize", "x.npy", "q.npy", "--scale", "1", "--zero-point", "0", words="--type")
        self.bad(*line, words=("--scale", "--dynamic"))
        self.bad(*line, "--scale", "1", words="--zero-point is missing")
        self.bad(*line, "--zero-point", "1", words="--scale is missing")
        for scale in ("0", "-1", "nan", "inf", "1e-40", "1e39", "0x1p-127"):
            self.bad(*line, "--scale", scale, "--zero-point", "0", words=("--scale", "above 0"))
        self.bad(*line, "--scale", "1", "--zero-point", "256", words=("256", "0 to 255"))
        self.bad(*line, "--scale", "1", "--zero-point", "0.5", words="whole number")
        self.bad(*line, "--scale", "1", "--zero-point", "0", "--dynamic", words="--dynamic")
        self.bad(*line, "--scale", "1", "--zero-point", "0", "--params", "onnx", words="--dynamic")
        self.save("s.npy", "<f4", (2,), [1, 0])
        self.save("x.npy", "<f4", (2, 3), range(6))
        self.bad(*line, "--scale", "s.npy", "--zero-point", "0", words=("--scale", "number"))
        self.bad(*line, "--scale", "s.npy", "--zero-point", "0", "--axis", "0",
                 words=("s.npy", "channel 1", "is 0"))
        self.bad(*line, "--scale", "s.npy", "--zero-point", "0", "--axis", "1", words="that is 3")
        self.bad(*line, "--scale", "1", "--zero-point", "0", "--axis", "2", words=("--axis", "2x3"))
        self.left_behind("x.npy", "s.npy")


class Dynamic(ProgramTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(DATA, "seed2.json")) as file:
            self.golden = json.load(file)

    def found(self, *options):
        found = self.good_json("quantize", "x.npy", "q.npy", "--dynamic", "--check", *options)
        self.assertEqual(found["check"], CHECKED)
        return found

    def golden_case(self, case, stored, *options):
        found = self.found(*options)
        scale = case["scale"]["value"] if isinstance(case["scale"], dict) else case["scale"]
        self.assertEqual((found["scale"], found["zero_point"]), (scale, case["zero_point"]))
        self.assertEqual(found["scale_bits"], bits(scale))
        self.assertEqual(self.load("q.npy").values, stored)

    def test_golden(self):
        for name in ("x1", "x2"):
            matrix = self.golden["inputs"][name]
            self.save("x.npy", "<f8", matrix["shape"], matrix["data"])
            cases = self.golden["quantization"][name]
            self.golden_case(cases["from_four_decimal_inputs"], cases["quantized"],
                             "--type", "s8", "--params", "pytorch")
            self.golden_case(cases["uint8"], cases["uint8"]["quantized"],
                             "--type", "u8", "--params", "pytorch")
            self.golden_case(cases["int8_reduce_range"], cases["int8_reduce_range"]["quantized"],
                             "--type", "s8", "--params", "pytorch", "--reduce-range")
            self.golden_case(cases["onnx_dynamic_uint8"], cases["onnx_dynamic_uint8"]["quantized"],
                             "--type", "u8")

    def test_onnx(self):
        self.save("x.npy", "<f4", (3,), [-1, 0, 3])
        found = self.found("--type", "u8")
        self.assertEqual((found["scale_bits"], found["zero_point"]), (bits(4 / 255), 64))
        self.assertEqual(self.load("q.npy").values, [0, 64, 255])
        self.save("x.npy", "<f4", (2,), [0, 0])
        found = self.found("--type", "u8", "--params", "onnx")
        self.assertEqual((found["scale"], found["zero_point"]), (1, 0))

    def test_per_axis(self):
        self.save("x.npy", "<f4", (2, 2), [-1, 3, 0, 255])
        found = self.good_json("quantize", "x.npy", "q.npy", "--dynamic", "--type", "u8", "--axis",
                               "0", "--check")
        self.assertEqual(found["zero_point"], [64, 0])
        self.assertEqual(found["scale"], [f32(4 / 255), 1])
        self.assertEqual(self.load("q.npy").values, [0, 255, 0, 255])

    def test_refusals(self):
        self.save("x.npy", "<f4", (2, 2), [1, 2, float("nan"), 4])
        line = ("quantize", "x.npy", "q.npy", "--dynamic", "--type")
        self.bad(*line, "u8", words=("x.npy", "nan", "[1, 0]"))
        self.save("x.npy", "<f4", (1,), [float("-inf")])
        self.bad(*line, "u8", "--params", "pytorch", words=("x.npy", "inf"))
        for values, scale in (((3e38, -3e38), "inf"), ((1e-38, 0), "e-41"), ((1e-45, 0), "scale of 0;")):
            self.save("x.npy", "<f4", (3, 2), [0, 0, *values, 1, 2])
            self.bad(*line, "u8", "--axis", "0",
                     words=("x.npy", "channel 1", "%.9g" % f32(values[0]), scale))
            self.good(*line, "u8", "--axis", "0", "--params", "pytorch")
        self.save("x.npy", "<f4", (1,), [1])
        self.bad(*line, "s8", words=("s8", "onnx"))
        self.bad(*line, "u8", "--reduce-range", words="--params pytorch")


if __name__ == "__main__":
    unittest.main()
