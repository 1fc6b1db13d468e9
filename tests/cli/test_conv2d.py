"""octet conv2d against sums written out in Python and the golden case."""

import json
import os
import random
import unittest

from octet_program import CHECKED, DATA, ProgramTest

DESCR = {"uint8": "|u1", "int8": "|i1"}
KIND = {"uint8": "u8", "int8": "s8"}


class Golden(ProgramTest):
    def test_seed1(self):
        with open(os.path.join(DATA, "seed1.json")) as file:
            golden = json.load(file)
        x, w = golden["input"], golden["weight"]
        self.save("x.npy", DESCR[x["dtype"]], x["shape"], x["data"])
        self.save("w.npy", DESCR[w["dtype"]], w["shape"], w["data"])
        for case in golden["cases"]:
            zero = case["weight_zero_point"]
            kind = KIND[case["output_dtype"]]
            line = ("conv2d", "x.npy", "w.npy", "y.npy", "--layout", "nchw", "--x-scale",
                    x["scale_decimal"], "--x-zero-point", x["zero_point"], "--w-scale",
                    w["scale_decimal"], "--w-zero-point", zero, "--check")
            self.good(*line)
            self.assertEqual(self.load("y.npy").values, [case["acc"]])
            for rule in ("float32", "float32-reciprocal"):
                self.good(*line, "--out-type", kind, "--out-scale", golden["output"]["scale_decimal"],
                          "--out-zero-point", case["output_zero_point"], "--rounding", rule)
                self.assertEqual(self.load("y.npy").values, [case["expected_output"]])


class Conv2d(ProgramTest):
    """Images of 2x5x6x4 and filters of 6x3x2x(4/groups), NHWC."""

    n, h, w, c, o, kh, kw = 2, 5, 6, 4, 6, 3, 2

    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        self.x = self.save("x.npy", "|u1", (self.n, self.h, self.w, self.c),
                           [draw.randint(0, 255) for _ in range(self.n * self.h * self.w * self.c)])

    def filters(self, groups):
        draw = random.Random(2)
        count = self.o * self.kh * self.kw * self.c // groups
        return self.save("w.npy", "|i1", (self.o, self.kh, self.kw, self.c // groups),
                         [draw.randint(-128, 127) for _ in range(count)])

    def expected(self, w, groups=1, stride=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0), zero=0):
        top, left, bottom, right = padding
        out_h = (self.h + top + bottom - dilation[0] * (self.kh - 1) - 1) // stride[0] + 1
        out_w = (self.w + left + right - dilation[1] * (self.kw - 1) - 1) // stride[1] + 1
        per = self.c // groups

        def tap(n, y, x, channel):
            inside = 0 <= y < self.h and 0 <= x < self.w
            return self.x.at(n, y, x, channel) - zero if inside else 0

        def one(n, y, x, o):
            first = o // (self.o // groups) * per
            return sum(tap(n, y * stride[0] - top + i * dilation[0],
                           x * stride[1] - left + j * dilation[1], first + k) * w.at(o, i, j, k)
                       for i in range(self.kh) for j in range(self.kw) for k in range(per))

        return (self.n, out_h, out_w, self.o), [
            one(n, y, x, o) for n in range(self.n) for y in range(out_h) for x in range(out_w)
            for o in range(self.o)]

    def check(self, *options, **keywords):
        w = self.filters(keywords.get("groups", 1))
        found = self.good_json("conv2d", "x.npy", "w.npy", "y.npy", "--check", *options)
        self.assertEqual(found["check"], CHECKED)
        y = self.load("y.npy")
        self.assertEqual((y.shape, y.values), self.expected(w, **keywords))
        self.assertEqual(found["output"], list(y.shape))
        self.assertEqual(found["input"], [self.n, self.h, self.w, self.c])
        self.assertEqual(found["weights"], list(w.shape))

    def test_plain(self):
        self.check()

    def test_stride_dilation(self):
        self.check("--stride", "2", stride=(2, 2))
        self.check("--stride", "2,3", "--dilation", "2,1", stride=(2, 3), dilation=(2, 1))

    def test_padding_holds_the_zero_point(self):
        self.check("--padding", "1", "--x-zero-point", 77, padding=(1, 1, 1, 1), zero=77)
        self.check("--padding", "2,1", "--x-zero-point", 255, padding=(2, 1, 2, 1), zero=255)
        self.check("--padding", "0,1,2,3", padding=(0, 1, 2, 3))

    def test_groups(self):
        self.check("--groups", "2", groups=2)

    def test_channels_first(self):
        w = self.filters(1)
        x = self.x
        self.save("x2.npy", "|u1", (self.n, self.c, self.h, self.w),
                  [x.at(n, i, j, k) for n in range(self.n) for k in range(self.c)
                   for i in range(self.h) for j in range(self.w)])
        self.save("w2.npy", "|i1", (self.o, self.c, self.kh, self.kw),
                  [w.at(o, i, j, k) for o in range(self.o) for k in range(self.c)
                   for i in range(self.kh) for j in range(self.kw)])
        self.good("conv2d", "x2.npy", "w2.npy", "y.npy", "--layout", "nchw", "--padding", "1",
                  "--check")
        shape, values = self.expected(w, padding=(1, 1, 1, 1))
        y = self.load("y.npy")
        self.assertEqual(y.shape, (shape[0], shape[3], shape[1], shape[2]))
        self.assertEqual([y.at(n, o, i, j) for n in range(shape[0]) for i in range(shape[1])
                          for j in range(shape[2]) for o in range(shape[3])], values)

    def test_empty_batch(self):
        self.filters(1)
        self.save("x.npy", "|u1", (0, 5, 6, 4), [])
        self.good("conv2d", "x.npy", "w.npy", "y.npy", "--check", "--out-type", "u8")
        self.assertEqual(self.load("y.npy").shape, (0, 3, 5, 6))

    def test_refusals(self):
        self.filters(1)
        line = ("conv2d", "x.npy", "w.npy", "y.npy")
        self.bad(*line, "--groups", "3", words=("x.npy", "w.npy", "3 groups"))
        self.bad(*line, "--groups", "4", words="--groups is 4")
        self.bad(*line, "--layout", "nchw", words="2x5x6x4")
        self.bad(*line, "--stride", "1,2,3", words=("--stride", "3 numbers"))
        self.bad(*line, "--stride", "0", words="--stride")
        self.bad(*line, "--stride", ",", words="--stride is ','")
        self.bad(*line, "--dilation", "1,0", words="--dilation is '1,0'")
        self.bad(*line, "--out-type", "u8", "--x-scale", "0x1p-40",
                 words="--x-scale 9.09494702e-13 * --w-scale 1 / --out-scale 1")
        self.bad(*line, "--padding", "1,2,3", words=("--padding", "3 numbers"))
        self.bad(*line, "--padding", "-1", words="--padding")
        self.bad(*line, "--padding", "1,", words="--padding")
        self.bad(*line, "--dilation", "4", words="conv2d")
        self.save("s.npy", "<f4", (5,), [1] * 5)
        self.bad(*line, "--w-scale", "s.npy", words=("s.npy", "that is 6"))
        self.bad(*line, "--x-scale", "s.npy", words=("--x-scale", "number"))
        self.save("k0.npy", "|i1", (6, 0, 2, 4), [])
        self.bad("conv2d", "x.npy", "k0.npy", "y.npy", words="k0.npy")
        self.left_behind("x.npy", "w.npy", "s.npy", "k0.npy")


if __name__ == "__main__":
    unittest.main()
