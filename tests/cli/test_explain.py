"""octet explain against the golden case, and against the three paths written out in Python."""

import json
import os
import random
import unittest

from octet_program import CHECKED, DATA, ProgramTest, f32

DESCR = {"u8": "|u1", "s8": "|i1", "s32": "<i4"}
ON_HOST = ("--backend", "reference")  # where building kernels would only cost time
LIMITS = {"u8": (0, 255), "s8": (-128, 127), "s32": (-2**31, 2**31 - 1)}
GOLDEN = {"uint8": "u8", "int8": "s8"}


class Golden(ProgramTest):
    """seed1.json: a user's convolution, which some hardware gets wrong."""

    def setUp(self):
        super().setUp()
        with open(os.path.join(DATA, "seed1.json")) as file:
            self.golden = json.load(file)
        x, w = self.golden["input"], self.golden["weight"]
        self.save("x.npy", "|u1", x["shape"], x["data"])
        self.save("w.npy", "|i1", w["shape"], w["data"])

    def line(self, case, *options):
        return ("explain", "conv2d", "x.npy", "w.npy", "y.npy", "--layout", "nchw", "--x-scale",
                self.golden["input"]["scale_decimal"], "--x-zero-point",
                self.golden["input"]["zero_point"], "--w-scale",
                self.golden["weight"]["scale_decimal"], "--w-zero-point",
                case["weight_zero_point"], "--out-type", GOLDEN[case["output_dtype"]], "--out-scale",
                self.golden["output"]["scale_decimal"], "--out-zero-point",
                case["output_zero_point"], *options)

    def visible(self):
        return next(c for c in self.golden["cases"] if c["output_zero_point"] == 128)

    def observe(self, case, value):
        self.save("o.npy", DESCR[GOLDEN[case["output_dtype"]]], (1, 1, 1, 1), [value])
        return self.good_json(*self.line(case, "--observed", "o.npy", *ON_HOST))

    def test_every_case(self):
        for case in self.golden["cases"]:
            right, wrong = case["expected_output"], case["wrong_if_pairwise_int16_saturation"]
            found = self.good_json(*self.line(case, *ON_HOST))
            self.assertEqual(self.load("y.npy").values, [right])
            self.assertEqual(found["elements"], 1)
            self.assertEqual(found["exact_vs_float"], {"mismatches": 0, "max_steps": 0})
            self.assertEqual(found["exact_vs_saturating16"],
                             {"mismatches": int(right != wrong["output"]),
                              "max_steps": abs(right - wrong["output"])})
            self.assertEqual(found["accumulator"], {"min": case["acc"], "max": case["acc"],
                                                    "overflows_int32": False})
            low = case["rounded_before_zero_point"] + case["output_zero_point"] < 0 and right == 0
            self.assertEqual(found["clipped"], {"low": int(low), "high": 0})
            self.assertEqual(found["observed"], "not given")
            self.assertNotIn("cause", found)
            self.assertTrue(found["verdict"].startswith(
                "if another result is from hardware" if right != wrong["output"] else "nothing"))
            first = found["first"]
            self.assertEqual(first["index"], [0, 0, 0, 0])
            self.assertEqual(first["saturating16_accumulator"], wrong["acc"])
            self.assertEqual(first["scaled"]["exact"], case["scaled"]["value"])
            self.assertEqual(first["stored"], {"exact": right, "float": right,
                                               "saturating16": wrong["output"]})

    def test_observed(self):
        case = self.visible()
        found = self.observe(case, 135)
        self.assertEqual((found["observed"], found["cause"]), ("saturating16", "16-bit saturation"))
        for text in ("o.npy", "[0, 0, 0, 0]", "-13861", "-24.63675", "103", "135", "4003"):
            self.assertIn(text, found["verdict"])
        self.assertEqual(found["first"]["stored"]["observed"], 135)
        found = self.observe(case, 103)
        self.assertEqual((found["observed"], found["cause"]), ("exact", "nothing differs"))
        found = self.observe(case, 104)
        self.assertEqual((found["observed"], found["cause"]), ("none", "unknown"))
        self.assertEqual(found["observed_vs_exact"], {"mismatches": 1, "max_steps": 1})
        self.assertEqual(found["observed_vs_saturating16"], {"mismatches": 1, "max_steps": 31})

    def test_clipped_like_the_question(self):
        case = self.golden["cases"][0]
        self.assertEqual((case["output_dtype"], case["output_zero_point"]), ("uint8", 0))
        self.assertEqual(self.observe(case, 0)["observed"], "exact")
        self.assertEqual(self.observe(case, 7)["observed"], "saturating16")

    def test_text(self):
        case = self.visible()
        self.save("o.npy", "|u1", (1, 1, 1, 1), [135])
        text = self.good(*self.line(case, "--observed", "o.npy", *ON_HOST))
        for part in ("'o.npy': saturating16", "2 of its 13 pairs", "-32800, kept as -32768",
                     "-50600, kept as -32768", "-13861", "4003", "Verdict: 16-bit saturation"):
            self.assertIn(part, text)
        self.assertNotIn("To check", text)
        self.assertRegex(text, r"^conv2d to 1x1x1x1, sums of 25 products; exact by the reference\n")

    def test_checklist(self):
        self.save("o.npy", "|u1", (1, 1, 1, 1), [104])
        text = self.good(*self.line(self.visible(), "--observed", "o.npy", *ON_HOST))
        checklist = text[text.index("Verdict: unknown"):].split("To check", 1)[1]
        for part in ("scales", "zero points", "padding", "layout", "rounding", "bias", "saturation"):
            self.assertIn(f"\n    {part} ", checklist)

    def test_on_a_device(self):
        found = self.good_json(*self.line(self.visible(), "--check"))
        self.assertEqual(found["check"], CHECKED)
        self.assertEqual(found["first"]["stored"], {"exact": 103, "float": 103, "saturating16": 135})
        self.assertIn(found["float_path"], ("clblast", "plain C"))
        found = self.good_json(*self.line(self.visible(), *ON_HOST))
        self.assertEqual(found["float_path"], "plain C")

    def test_options_may_come_first(self):
        line = self.line(self.visible(), *ON_HOST)
        self.assertIn("Verdict", self.good("explain", *line[2:], "conv2d"))

    def test_rounding_rules(self):
        for rule in ("float32-reciprocal", "fixed-double", "fixed-single"):
            found = self.good_json(*self.line(self.visible(), "--rounding", rule, *ON_HOST))
            self.assertEqual(found["first"]["stored"], {"exact": 103, "float": 103,
                                                        "saturating16": 135})
            self.assertAlmostEqual(found["first"]["scaled"]["exact"], -24.6367588, 5)


class Paths:
    """One layer by all three paths, an output element at a time: rows of (x, w) in the order in which
    hardware walks them, and for each row its parameters."""

    def __init__(self, x_type, w_type, out_type, out_scale=1.0, out_zero=0):
        self.x_type, self.w_type, self.out_type = x_type, w_type, out_type
        self.out_scale, self.out_zero = f32(out_scale), out_zero
        self.paths = {"exact": [], "float": [], "saturating16": []}
        self.accumulators = []

    def store(self, value):
        low, high = LIMITS[self.out_type]
        return min(max(round(value) + self.out_zero, low), high)

    def requantize(self, acc, x_scale, w_scale):
        if self.out_type == "s32":
            return acc
        return self.store(f32(f32(acc) * f32(f32(x_scale * w_scale) / self.out_scale)))

    def pair_sum(self, x, w, x_zero, w_zero):
        to_u8, to_s8 = (128 if self.x_type == "s8" else 0), (-128 if self.w_type == "u8" else 0)
        x, w = [v + to_u8 for v in x], [v + to_s8 for v in w]
        x_zero, w_zero = x_zero + to_u8, w_zero + to_s8
        raw = sum(min(max(sum(a * b for a, b in zip(x[k:k + 2], w[k:k + 2])), -32768), 32767)
                  for k in range(0, len(x), 2))
        return raw - w_zero * sum(x) - x_zero * sum(w) + len(x) * x_zero * w_zero

    def float_sum(self, x, w, x_scale, x_zero, w_scale, w_zero):
        total = 0.0
        for a, b in zip(x, w):
            total = f32(total + f32(f32(x_scale * (a - x_zero)) * f32(w_scale * (b - w_zero))))
        return total

    def add(self, x, w, x_scale=1.0, x_zero=0, w_scale=1.0, w_zero=0, bias=0):
        x_scale, w_scale = f32(x_scale), f32(w_scale)
        unit = f32(x_scale * w_scale)
        acc = sum((a - x_zero) * (b - w_zero) for a, b in zip(x, w)) + bias
        real = f32(self.float_sum(x, w, x_scale, x_zero, w_scale, w_zero) + f32(f32(bias) * unit))
        steps = f32(real / (unit if self.out_type == "s32" else self.out_scale))
        self.accumulators.append(acc)
        self.paths["exact"].append(self.requantize(acc, x_scale, w_scale))
        self.paths["float"].append(self.store(steps))
        self.paths["saturating16"].append(
            self.requantize(self.pair_sum(x, w, x_zero, w_zero) + bias, x_scale, w_scale))

    def difference(self, path):
        pairs = [abs(a - b) for a, b in zip(self.paths["exact"], self.paths[path])]
        return {"mismatches": sum(d > 0 for d in pairs), "max_steps": max(pairs)}


def numbers(seed, kind, count):
    low, high = LIMITS[kind]
    draw = random.Random(seed)
    return [draw.choice((low, high, draw.randint(low, high))) for _ in range(count)]


class Layers(ProgramTest):
    """Each file of a path must be recognized as what it is. On the host, because its float sums go in the
    order of k; some on a device too, where only those may differ."""

    def check(self, paths, shape, *line, device=False):
        floats, pairs = (paths.difference(path) for path in ("float", "saturating16"))
        for observed in paths.paths:
            values = paths.paths[observed]
            self.save("o.npy", DESCR[paths.out_type], shape, values)
            found = self.good_json("explain", *line, "--observed", "o.npy", *ON_HOST)
            same = [path for path in paths.paths if paths.paths[path] == values]
            self.assertEqual(found["observed"], same[0], line)
        cause = "16-bit saturation" if pairs["mismatches"] else "nothing differs"
        if floats["mismatches"] > pairs["mismatches"]:
            cause = "rounding of float sums"
        for where in (ON_HOST, ("--check",)) if device else (ON_HOST,):
            found = self.good_json("explain", *line, *where)
            self.assertEqual(self.load(line[3]).values, paths.paths["exact"])
            self.assertEqual(found["elements"], len(paths.accumulators))
            self.assertEqual(found["exact_vs_saturating16"], pairs)
            if where == ON_HOST:
                self.assertEqual((found["exact_vs_float"], found["possible_cause"]),
                                 (floats, cause))
            self.assertEqual(found["accumulator"],
                             {"min": min(paths.accumulators), "max": max(paths.accumulators),
                              "overflows_int32": False})

    def conv2d(self, x_type, w_type, layout, groups, padding, out_type="u8", bias=False,
               device=False):
        n, h, w, c, o, kh, kw = 2, 4, 5, 4, 6, 3, 2
        top, left, bottom, right = padding
        per, out_h, out_w = c // groups, h + top + bottom - 2, w + left + right - 1
        x_zero, w_zeros = (7, [3 * i - 8 for i in range(o)])
        if w_type == "u8":
            w_zeros = [z + 128 for z in w_zeros]
        x, f = numbers(3, x_type, n * h * w * c), numbers(4, w_type, o * kh * kw * per)
        biases = [1000 * i - 3000 for i in range(o)] if bias else [0] * o
        scales = [f32(0.01 + 0.003 * i) for i in range(o)]
        nhwc = layout == "nhwc"

        def at_x(i, y, z, k):
            if not (0 <= y < h and 0 <= z < w):
                return x_zero
            return x[((i * h + y) * w + z) * c + k if nhwc else ((i * c + k) * h + y) * w + z]

        def at_w(j, y, z, k):
            return f[((j * kh + y) * kw + z) * per + k if nhwc else ((j * per + k) * kh + y) * kw + z]

        taps = [(y, z, k) for y in range(kh) for z in range(kw) for k in range(per)]
        paths = Paths(x_type, w_type, out_type, 1.5, 100 if out_type == "u8" else 0)
        pixels = [(i, y, z) for i in range(n) for y in range(out_h) for z in range(out_w)]
        places = [(p, j) for p in pixels for j in range(o)]
        if not nhwc:
            places = [((i, y, z), j) for i in range(n) for j in range(o) for y in range(out_h)
                      for z in range(out_w)]
        for (i, y, z), j in places:
            first = j // (o // groups) * per
            paths.add([at_x(i, y - top + a, z - left + b, first + k) for a, b, k in taps],
                      [at_w(j, a, b, k) for a, b, k in taps], 0.02, x_zero, scales[j], w_zeros[j],
                      biases[j])
        self.save("x.npy", DESCR[x_type], (n, h, w, c) if nhwc else (n, c, h, w), x)
        self.save("w.npy", DESCR[w_type], (o, kh, kw, per) if nhwc else (o, per, kh, kw), f)
        self.save("s.npy", "<f4", (o,), scales)
        self.save("z.npy", "<i4", (o,), w_zeros)
        self.save("b.npy", "<i4", (o,), biases)
        self.check(paths, (n, out_h, out_w, o) if nhwc else (n, o, out_h, out_w), "conv2d", "x.npy",
                   "w.npy", "y.npy", "--layout", layout, "--groups", groups, "--padding",
                   ",".join(map(str, padding)), "--x-scale", "0.02", "--x-zero-point", x_zero,
                   "--w-scale", "s.npy", "--w-zero-point", "z.npy", "--out-type", out_type,
                   *(("--out-scale", "1.5", "--out-zero-point", paths.out_zero)
                     if out_type != "s32" else ()), *(("--bias", "b.npy") if bias else ()),
                   device=device)

    def test_conv2d(self):
        self.conv2d("u8", "s8", "nhwc", 1, (0, 0, 0, 0))
        self.conv2d("u8", "s8", "nchw", 1, (1, 0, 2, 1), bias=True)
        self.conv2d("s8", "s8", "nhwc", 2, (1, 1, 1, 1), "s8", device=True)
        self.conv2d("s8", "u8", "nchw", 2, (0, 1, 0, 0), "s32", bias=True)

    def gemm(self, x_type, w_type, out_type, batches=(1, 1), transpose=(False, False), rows=False,
             device=False):
        m, n, k = 5, 6, 9
        batch = max(batches)
        a, b = numbers(5, x_type, batches[0] * m * k), numbers(6, w_type, batches[1] * k * n)
        zeros, scales = ([3 * i for i in range(m)], [f32(0.01 * (i + 1)) for i in range(m)])
        paths = Paths(x_type, w_type, out_type, 2.25, 9 if out_type != "s32" else 0)
        for t in range(batch):
            for i in range(m):
                for j in range(n):
                    x = [a[t % batches[0] * m * k + (p * m + i if transpose[0] else i * k + p)]
                         for p in range(k)]
                    w = [b[t % batches[1] * k * n + (j * k + p if transpose[1] else p * n + j)]
                         for p in range(k)]
                    paths.add(x, w, scales[i] if rows else 0.01, zeros[i] if rows else 5, 0.5, 1)
        shapes = [(m, k), (k, n)]
        shapes = [s[::-1] if t else s for s, t in zip(shapes, transpose)]
        shapes = [(c, *s) if c > 1 else s for s, c in zip(shapes, batches)]
        self.save("a.npy", DESCR[x_type], shapes[0], a)
        self.save("b.npy", DESCR[w_type], shapes[1], b)
        self.save("s.npy", "<f4", (m,), scales)
        self.save("z.npy", "<i4", (m,), zeros)
        self.check(paths, (batch, m, n) if batch > 1 else (m, n), "gemm", "a.npy", "b.npy", "c.npy",
                   "--a-scale", "s.npy" if rows else "0.01", "--a-zero-point",
                   "z.npy" if rows else 5, "--b-scale", "0.5", "--b-zero-point", 1, "--out-type",
                   out_type, *(("--out-scale", "2.25", "--out-zero-point", 9)
                               if out_type != "s32" else ()),
                   *(("--transpose-a",) if transpose[0] else ()),
                   *(("--transpose-b",) if transpose[1] else ()), device=device)

    def test_gemm(self):
        self.gemm("u8", "s8", "u8")
        self.gemm("u8", "s8", "s8", rows=True)
        self.gemm("s8", "s8", "u8", batches=(3, 1), transpose=(True, False))
        self.gemm("u8", "u8", "s32", batches=(1, 3), transpose=(False, True))
        self.gemm("s8", "u8", "u8", batches=(2, 2), transpose=(True, True), rows=True, device=True)

    def test_every_pair_saturates(self):
        self.save("a.npy", "|u1", (2, 18), [255] * 36)
        self.save("b.npy", "|i1", (18, 3), [127] * 54)
        found = self.good_json("explain", "gemm", "a.npy", "b.npy", "c.npy", "--out-type", "u8",
                               "--out-scale", "2938.15", *ON_HOST)
        self.assertEqual(self.load("c.npy").values, [198] * 6)
        self.assertEqual(found["exact_vs_float"]["mismatches"], 0)
        self.assertEqual(found["exact_vs_saturating16"], {"mismatches": 6, "max_steps": 98})
        self.assertEqual(found["accumulator"]["max"], 255 * 127 * 18)
        self.assertEqual(found["first"]["saturating16_accumulator"], 9 * 32767)
        self.assertEqual(found["possible_cause"], "16-bit saturation")

    def test_nothing_differs(self):
        self.save("a.npy", "|u1", (2, 3), [1, 2, 3, 4, 5, 6])
        self.save("b.npy", "|i1", (3, 1), [1, -1, 2])
        found = self.good_json("explain", "gemm", "a.npy", "b.npy", "c.npy", *ON_HOST)
        self.assertEqual(self.load("c.npy").values, [5, 11])
        self.assertEqual(found["possible_cause"], "nothing differs")
        self.assertRegex(found["verdict"], r"^nothing differs: .*\[0, 0\].* 5")


class Causes(ProgramTest):
    def explain(self, a, b, *options):
        self.save("a.npy", "|u1", (len(a), 1), a)
        self.save("b.npy", "|i1", (1, len(b)), b)
        return self.good_json("explain", "gemm", "a.npy", "b.npy", "c.npy", *ON_HOST, *options)

    def test_rounding_of_float_sums(self):
        """acc * m is exactly a half for odd acc; in floats, of tenths, it is nearly a half."""
        a = list(range(1, 256, 2))
        options = ("--a-scale", "0.1", "--b-scale", "0.1", "--out-type", "u8", "--out-scale", "0.02")
        paths = Paths("u8", "s8", "u8", 0.02)
        for value in a:
            paths.add([value], [1], 0.1, 0, 0.1)
        self.assertGreater(paths.difference("float")["mismatches"], 0)
        found = self.explain(a, [1], *options)
        self.assertEqual(found["exact_vs_float"], paths.difference("float"))
        self.assertEqual(found["exact_vs_saturating16"]["mismatches"], 0)
        self.assertEqual(found["possible_cause"], "rounding of float sums")
        index = next(i for i, (e, f) in enumerate(zip(paths.paths["exact"], paths.paths["float"]))
                     if e != f)
        self.assertEqual(found["first"]["index"], [index, 0])
        self.save("o.npy", "|u1", (len(a), 1), paths.paths["float"])
        found = self.explain(a, [1], *options, "--observed", "o.npy")
        self.assertEqual((found["observed"], found["cause"]), ("float", "rounding of float sums"))

    def test_float_sums_in_another_order(self):
        """Sums near odd ones, which are nearly a half in steps: k from the last to the first."""
        m, n, k, tenth = 12, 10, 40, f32(0.1)
        a, b = [v % 12 for v in numbers(7, "u8", m * k)], [v % 5 - 1 for v in numbers(8, "s8", k * n)]
        exact, floats, ties = [], [], []
        for i in range(m):
            for j in range(n):
                x, w = a[i * k:i * k + k], b[j::n]
                steps, total = sum(p * q for p, q in zip(x, w)), 0.0
                for p, q in reversed(list(zip(x, w))):
                    total = f32(total + f32(f32(tenth * p) * f32(tenth * q)))
                exact.append(min(round(f32(steps * f32(f32(tenth * tenth) / f32(0.02)))), 255))
                floats.append(min(round(f32(total / f32(0.02))), 255))
                ties.append(steps % 2 == 1)
        different = [i for i, (e, f) in enumerate(zip(exact, floats)) if e != f]
        self.assertGreater(len(different), 3)
        self.save("a.npy", "|u1", (m, k), a)
        self.save("b.npy", "|i1", (k, n), b)

        def observe(values):
            self.save("o.npy", "|u1", (m, n), values)
            found = self.good_json("explain", "gemm", "a.npy", "b.npy", "c.npy", *ON_HOST, "--a-scale",
                                   "0.1", "--b-scale", "0.1", "--out-type", "u8", "--out-scale",
                                   "0.02", "--observed", "o.npy")
            self.assertEqual(self.load("c.npy").values, exact)
            return found

        found = observe(floats)
        self.assertEqual((found["observed"], found["cause"]), ("none", "rounding of float sums"))
        for text in ("'o.npy' is not the float path's result here", "float32 sums in another order",
                     f"in {len(different)} of {m * n} elements by 1 step"):
            self.assertIn(text, found["verdict"])
        distance = float(found["verdict"].split("lies within ")[1].split(" of a tie")[0])
        self.assertTrue(0 < distance < 1e-3)
        inside = [i for i, e in enumerate(exact) if 5 < e < 250]
        away = next(i for i in inside if not ties[i])
        one, wrong = different[0], next(i for i in inside if i in different)
        for index, value in ((away, exact[away] + 1), (wrong, 2 * exact[wrong] - floats[wrong]),
                             (one, exact[one] + 2 * (floats[one] - exact[one]))):
            found = observe([value if i == index else f for i, f in enumerate(floats)])
            self.assertEqual((found["observed"], found["cause"]), ("none", "unknown"))
            self.assertIn("neighbours by kernel row, column, channel", found["verdict"])

    def test_another_rounding_rule(self):
        """TFLite rounds halves away from 0; halves that are rounded down are no rule's."""
        options = ("--out-type", "u8", "--out-scale", "2", "--observed", "o.npy")
        self.save("o.npy", "|u1", (3, 1), [1, 2, 3])
        found = self.explain([1, 3, 5], [1], *options)
        self.assertEqual(self.load("c.npy").values, [0, 2, 2])
        self.assertEqual((found["observed"], found["cause"]), ("none", "the rounding rule"))
        self.assertIn("'o.npy' is what --rounding fixed-double gives", found["verdict"])
        self.save("o.npy", "|u1", (3, 1), [0, 1, 2])
        self.assertEqual(self.explain([1, 3, 5], [1], *options)["cause"], "unknown")

    def test_rounding_rule(self):
        found = self.explain([1, 3], [1], "--out-type", "u8", "--out-scale", "2", "--rounding",
                             "fixed-double")
        self.assertEqual(self.load("c.npy").values, [1, 2])
        self.assertEqual(found["first"]["stored"]["float"], 0)
        self.assertEqual(found["possible_cause"], "the rounding rule")

    def test_overflow_by_the_bias(self):
        self.save("bias.npy", "<i4", (2,), [2**31 - 1, 0])
        found = self.explain([1, 255], [127, 1], "--out-type", "s8", "--bias", "bias.npy")
        self.assertEqual(self.load("c.npy").values, [-128, 1, -128, 127])
        self.assertEqual(found["accumulator"], {"min": 1, "max": 2**31 - 1 + 255 * 127,
                                                "overflows_int32": True})
        self.assertEqual(found["possible_cause"], "overflow of 32 bits")
        self.assertEqual(found["clipped"], {"low": 2, "high": 1})

    def test_the_larger_cause_is_named(self):
        """One element overflows; several differ by the rounding of tenths."""
        a = list(range(1, 256, 2))
        options = ("--a-scale", "0.1", "--b-scale", "0.1", "--out-type", "u8", "--out-scale", "0.02",
                   "--bias", "bias.npy")
        paths = Paths("u8", "s8", "u8", 0.02)
        for value in a:
            paths.add([value], [1], 0.1, 0, 0.1)
        sums = paths.difference("float")["mismatches"]
        self.assertGreater(sums, 1)
        self.save("bias.npy", "<i4", (2,), [0, 2**31 - 255])
        found = self.explain(a, [1, 1], *options)
        self.assertEqual(found["accumulator"]["overflows_int32"], True)
        self.assertEqual(found["exact_vs_float"]["mismatches"], sums + 1)
        self.assertEqual(found["possible_cause"], "rounding of float sums")
        self.assertIn(f"{sums} of them by rounding of float sums", found["verdict"])
        self.assertEqual(found["first"]["index"][1], 0)
        self.save("bias.npy", "<i4", (2,), [2**31 - 1, 2**31 - 1])
        found = self.explain([1, 255], [1, 1], *options)
        self.assertEqual(found["possible_cause"], "overflow of 32 bits")
        self.assertNotIn("of them", found["verdict"])

    def test_advice_is_in_stored_values(self):
        for x, x_lows, x_advice in (("u8", 255, "x in 0..127 (PyTorch: reduce_range)"),
                                    ("s8", 127, "x in -128..-1 or")):
            for w, w_lows, w_advice in (("s8", 127, "w in -64..64"), ("u8", 255, "w in 64..192")):
                self.save("a.npy", DESCR[x], (1, 2), [x_lows] * 2)
                self.save("b.npy", DESCR[w], (2, 1), [w_lows] * 2)
                text = self.good("explain", "gemm", "a.npy", "b.npy", "c.npy", *ON_HOST)
                self.assertIn("255*127 + 255*127 = 64770, kept as 32767", text)
                self.assertIn(x_advice, text)
                self.assertIn(w_advice, text)

    def test_activations(self):
        options = ("--out-type", "s8", "--out-zero-point", "-5")
        found = self.explain([1, 9, 100], [-1, 1], *options, "--relu")
        self.assertEqual(self.load("c.npy").values, [-5, -4, -5, 4, -5, 95])
        self.assertEqual(found["clipped"], {"low": 3, "high": 0})
        self.assertEqual(found["exact_vs_float"]["mismatches"], 0)
        found = self.explain([1, 9, 100], [-1, 1], *options, "--clamp-min", "-10", "--clamp-max", "3")
        self.assertEqual(self.load("c.npy").values, [-6, -4, -10, 3, -10, 3])
        self.assertEqual(found["clipped"], {"low": 2, "high": 2})
        self.assertEqual(found["exact_vs_float"]["mismatches"], 0)


class Refusals(ProgramTest):
    def setUp(self):
        super().setUp()
        self.save("a.npy", "|u1", (2, 3), range(6))
        self.save("b.npy", "|i1", (3, 2), range(6))
        self.line = ("explain", "gemm", "a.npy", "b.npy", "c.npy", *ON_HOST)

    def test_lines(self):
        self.bad("explain", words="gemm|conv2d")
        self.bad("explain", "conv", "a.npy", words=("'conv'", "neither gemm nor conv2d"))
        self.bad("explain", "gemm", "a.npy", "b.npy", words="OUT.npy")
        self.bad(*self.line, "--observe", words="--observe needs a value")
        self.bad(*self.line, "--x-scale", "1", words="--x-scale")
        self.bad(*self.line, "--out-type", "f32", words=("--out-type", "f32"))
        self.bad(*self.line, "--a-dynamic", words=("--a-dynamic is for octet gemm alone", "quantize"))
        self.bad(*self.line, "--b-dyn", words="--b-dynamic is for octet gemm alone")
        self.bad("explain", "gemm", "a.npy", "none.npy", "c.npy", words="none.npy")
        self.left_behind("a.npy", "b.npy")

    def test_help(self):
        self.assertIn("gemm|conv2d", self.good("explain", "--help"))
        for kind, option in (("gemm", "--a-scale"), ("conv2d", "--x-scale")):
            text = self.good("explain", kind, "--help")
            self.assertIn(option, text)
            self.assertIn("--observed", text)
            self.assertNotRegex(text, "(?m)^ +--[ab]-dynamic")
        self.assertIn("no --a-dynamic", self.good("explain", "gemm", "--help"))

    def test_observed(self):
        self.save("o.npy", "|u1", (2, 2), [1] * 4)
        self.bad(*self.line, "--observed", "o.npy", words=("--observed", "o.npy", "<i4"))
        self.bad(*self.line, "--observed", "o.npy", "--out-type", "s8", words=("o.npy", "|i1"))
        self.save("o.npy", "<i4", (2, 2, 1), [1] * 4)
        self.bad(*self.line, "--observed", "o.npy", words=("--observed", "o.npy", "2x2x1", "2x2"))
        self.bad(*self.line, "--observed", "none.npy", words=("--observed", "none.npy"))
        self.left_behind("a.npy", "b.npy", "o.npy")

    def test_output(self):
        self.bad(*self.line[:4], "none/c.npy", *ON_HOST, status=1, words="none/c.npy")

    def test_empty(self):
        self.save("a.npy", "|u1", (0, 3), [])
        self.save("o.npy", "<i4", (0, 2), [])
        found = self.good_json(*self.line, "--observed", "o.npy")
        self.assertEqual((found["elements"], found["observed"]), (0, "exact"))
        self.assertIsNone(found["accumulator"]["min"])
        self.assertIn("Verdict", self.good(*self.line))
        self.assertEqual(self.load("c.npy").shape, (0, 2))


if __name__ == "__main__":
    unittest.main()
