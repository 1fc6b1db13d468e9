"""ONNX models of one node, loaded by octet, against ONNX Runtime, bit for bit."""

import unittest

import numpy as np

import cases
import onnx_model
from cases import S8, U8
from comparison import Comparison, short
from onnx_model import node


class Model(Comparison):
    """The same bytes go to both."""
    judge = onnx_model.NAME

    def compare_model(self, operator, types, case, nodes, inputs, outputs, constants=()):
        """One model, whose inputs that are not constant are given when it runs."""
        inputs = {name: np.asarray(value) for name, value in inputs.items()}
        expected = onnx_model.run(nodes, inputs, outputs, constants)
        given = [value for name, value in inputs.items() if name not in constants]
        model = onnx_model.make(nodes, inputs, outputs, constants)
        self.compare(operator, types, case, expected,
                     lambda context: context.network(model, given))


class Tables(Model):
    """Functions of one byte: all 256 values for many parameters."""

    def compare_table(self, operator, index, attributes, scale):
        """Both types, zero points of each kind."""
        for dtype in (U8, S8):
            x = np.arange(256).astype(U8).view(dtype)
            for i in range(300):
                seed = [40, index, np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                parameters = {"xs": cases.scale(rng), "xz": cases.zero_point(rng, dtype),
                              "ys": np.float32(scale(rng)), "yz": cases.zero_point(rng, dtype)}
                given = attributes(rng)
                inputs = {"x": x, **parameters}
                self.compare_model(operator, short(dtype), {"seed": seed, **parameters, **given},
                                   [node(operator, list(inputs), ["y"], "com.microsoft", **given)],
                                   inputs, {"y": dtype}, tuple(parameters))

    def test_leaky_relu(self):
        self.compare_table("QLinearLeakyRelu", 0,
                           lambda rng: {"alpha": float(np.float32(rng.normal()))}, cases.scale)

    def test_sigmoid(self):
        self.compare_table("QLinearSigmoid", 1, lambda rng: {},
                           lambda rng: rng.choice([1 / 256, 1 / 255, 0.001, rng.uniform(1e-4, 0.02)]))


class Stored(Model):
    """Functions of two 8-bit tensors, whose sizes may be repeated."""
    SHAPES = [((256, 1), (256,)), ((256,), (256, 1)), ((2, 5, 7), (2, 5, 7)), ((7,), ()),
              ((), (7,)), ((), ()), ((1,), (5, 1)), ((5, 1), (1,)), ((1, 1), ()), ((), (1, 1)),
              ((2, 9, 5, 3), (9, 1, 1)), ((9, 1, 1), (2, 9, 5, 3)), ((2, 9, 1, 1), (2, 9, 5, 3)),
              ((2, 9, 5, 3), (1, 9, 1, 3)), ((1, 9, 1, 3), (2, 9, 5, 3)), ((2, 1, 5, 1), (3, 1, 4)),
              ((4, 1, 1), (4, 1, 1)), ((1, 1, 33), (8, 33)), ((3, 1, 2, 1, 2), (2, 1, 3, 1))]

    def compare_function(self, operator, index, ratio):
        """"ratio" makes the output's scale of those of a and b."""
        names = ["a", "a_scale", "a_zero", "b", "b_scale", "b_zero", "y_scale", "y_zero"]
        for dtype in (U8, S8):
            for i in range(20 * len(self.SHAPES)):
                seed = [41, index, np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                a_shape, b_shape = self.SHAPES[i % len(self.SHAPES)]
                scales = cases.scale(rng), cases.scale(rng)
                if rng.integers(2):  # decimals, which come near ties but not upon them
                    scales = np.float32(rng.integers(1, 500, 2) / 1000)
                a, b = cases.data(rng, a_shape, dtype), cases.data(rng, b_shape, dtype)
                if a_shape == (256, 1) or b_shape == (256, 1):  # every pair there is
                    a, b = (np.arange(256).astype(U8).view(dtype).reshape(shape)
                            for shape in (a_shape, b_shape))
                values = [a, scales[0], cases.zero_point(rng, dtype),
                          b, scales[1], cases.zero_point(rng, dtype),
                          np.float32(ratio(*scales) * rng.uniform(0.4, 1.5)),
                          cases.zero_point(rng, dtype)]
                inputs = dict(zip(names, values))
                constants = [name for name in names if name not in ("a", "b")]
                if i % 3 == 0:
                    constants.append("ab"[i % 2])
                self.compare_model(operator, short(dtype),
                                   {"seed": seed, "a": a_shape, "b": b_shape,
                                    **{name: inputs[name] for name in names if len(name) > 1}},
                                   [node(operator, names, ["y"], "com.microsoft")], inputs,
                                   {"y": dtype}, constants)

    def test_add(self):
        self.compare_function("QLinearAdd", 0, lambda a, b: a + b)

    def test_multiply(self):
        self.compare_function("QLinearMul", 1, lambda a, b: 100 * a * b)


class Softmax(Model):
    """QLinearSoftmax. Avoided are s8 outputs that would pass 127, which ONNX Runtime lets wrap, and
    lines so short that its products overflow."""

    def test_softmax(self):
        names = ["x", "x_scale", "x_zero", "y_scale", "y_zero"]
        for dtype in (U8, S8):
            for i in range(120):
                seed = [49, np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                shape = rng.choice([1, 2, 3, 7, 16, 33, 100], int(rng.integers(1, 4))).tolist()
                axis, opset = int(rng.integers(len(shape))), int(rng.choice([11, 13]))
                y_scale = np.float32(rng.choice([1 / 256, 1 / 255, rng.uniform(0.001, 0.02)]))
                y_zero = cases.zero_point(rng, dtype)
                shortest = shape[axis] if opset == 13 else int(np.prod(shape[axis:]))
                y_scale = max(y_scale, np.float32(1.01 * np.exp(-5) / shortest))
                if dtype is S8:
                    y_scale = max(y_scale, np.float32(1 / 255))
                    y_zero = np.asarray(min(int(y_zero), 127 - int(np.floor(1 / y_scale))), S8)
                inputs = dict(zip(names, (cases.data(rng, shape, dtype), cases.scale(rng),
                                          cases.zero_point(rng, dtype), y_scale, y_zero)))
                self.compare_model("QLinearSoftmax", short(dtype),
                                   {"seed": seed, "x": shape, "axis": axis, "opset": opset},
                                   [node("QLinearSoftmax", names, ["y"], "com.microsoft", axis=axis,
                                         opset=opset)], inputs, {"y": dtype}, names[1:])


class Averages(Model):
    """QLinearAveragePool and QLinearGlobalAveragePool, channels first and last."""
    NAMES = ["x", "x_scale", "x_zero", "y_scale", "y_zero"]

    def compare_averages(self, operator, count, make):
        """"make" gives shape and attributes; channels go last in every second case."""
        for dtype in (U8, S8):
            for i in range(count):
                seed = [54, len(operator), np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                shape, attributes = make(rng)
                x_scale = cases.scale(rng)
                if i % 2:
                    shape = (shape[0], *shape[2:], shape[1])
                x = cases.data(rng, shape, dtype)
                y_scale = np.float32(x_scale * rng.choice([1, 0.5, 0.25, rng.uniform(0.05, 1.5)]))
                inputs = dict(zip(self.NAMES, (x, x_scale, cases.zero_point(rng, dtype), y_scale,
                                               cases.zero_point(rng, dtype))))
                self.compare_model(operator, short(dtype), {"seed": seed, "x": shape, **attributes},
                                   [node(operator, self.NAMES, ["y"], "com.microsoft",
                                         channels_last=i % 2, **attributes)],
                                   inputs, {"y": dtype}, self.NAMES[1:])

    def test_global(self):
        def make(rng):
            return (int(rng.integers(1, 4)), int(rng.integers(1, 70)),
                    *rng.choice([1, 2, 3, 7, 8, 13, 20], 2).tolist()), {}
        self.compare_averages("QLinearGlobalAveragePool", 150, make)

    def test_windows(self):
        def make(rng):
            kernel = rng.choice([1, 2, 3, 5, 7], 2).tolist()
            pads = [int(rng.integers(0, size)) for size in kernel * 2] if rng.integers(2) else [0] * 4
            image = [int(size + rng.integers(0, 9)) for size in kernel]
            return (int(rng.integers(1, 3)), int(rng.integers(1, 40)), *image), {
                "kernel_shape": kernel, "pads": pads, "strides": rng.integers(1, 4, 2).tolist(),
                "count_include_pad": int(rng.integers(2)), "ceil_mode": int(rng.integers(2))}
        self.compare_averages("QLinearAveragePool", 300, make)


class Concat(Model):
    """QLinearConcat along every axis, of tensors some of which have the output's parameters."""

    def test_concat(self):
        for dtype in (U8, S8):
            for i in range(80):
                seed = [55, np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                shape = rng.integers(1, 7, int(rng.integers(1, 5))).tolist()
                axis, count = int(rng.integers(-len(shape), len(shape))), int(rng.integers(1, 9))
                output = cases.scale(rng), cases.zero_point(rng, dtype)
                inputs = {"y_scale": output[0], "y_zero": output[1]}
                for j in range(count):
                    other = np.float32(output[0] * rng.uniform(0.3, 3)), cases.zero_point(rng, dtype)
                    shape[axis] = int(rng.integers(1, 70))
                    inputs[f"x{j}"] = cases.data(rng, shape, dtype)
                    inputs[f"s{j}"], inputs[f"z{j}"] = output if rng.integers(3) == 0 else other
                constants = [name for name in inputs if name[0] != "x"]
                self.compare_model("QLinearConcat", short(dtype),
                                   {"seed": seed, "tensors": count, "axis": axis},
                                   [node("QLinearConcat", list(inputs), ["y"], "com.microsoft",
                                         axis=axis)], inputs, {"y": dtype}, constants)


class Floats(Model):
    """Functions of float32 tensors."""

    def test_binary(self):
        for index, operator in enumerate(("Add", "Sub", "Mul", "Div", "Min", "Max")):
            for i in range(2 * len(Stored.SHAPES)):
                seed = [42, index, i]
                rng = np.random.default_rng(seed)
                a, b = (np.asarray(rng.normal(size=shape) * np.exp2(rng.uniform(-60, 60, shape)),
                                   np.float32) for shape in Stored.SHAPES[i % len(Stored.SHAPES)])
                self.compare_model(operator, "f32", {"seed": seed, "a": a.shape, "b": b.shape},
                                   [node(operator, ["a", "b"], ["y"])], {"a": a, "b": b},
                                   {"y": np.float32}, ("b",) if i % 3 == 0 else ())

    SPECIAL = np.float32([np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 0.5, -0.5, 1.5, 2.5, 88.7, -90])

    def values(self, rng, shape=(2, 9, 50)):
        """Of several sizes, and what is special."""
        x = np.asarray(rng.normal(size=shape) * np.exp2(rng.uniform(-20, 6, shape)), np.float32)
        x.flat[:self.SPECIAL.size] = self.SPECIAL
        return x

    def test_exact(self):
        """Functions that are rounded once."""
        for index, (operator, attributes) in enumerate((
                ("Relu", {}), ("LeakyRelu", {"alpha": 0.3}), ("Round", {}), ("Abs", {}),
                ("Neg", {}), ("Sqrt", {}), ("HardSigmoid", {"alpha": 0.15, "beta": 0.45}),
                ("HardSwish", {}))):
            for i in range(20):
                seed = [43, index, i]
                x = self.values(np.random.default_rng(seed))
                x = np.abs(x) if operator == "Sqrt" else x
                x = np.clip(x, -1e9, 1e9) if operator == "HardSwish" else x  # of infinity: NaN
                self.compare_model(operator, "f32", {"seed": seed},
                                   [node(operator, ["x"], ["y"], **attributes)], {"x": x},
                                   {"y": np.float32})

    def test_clip(self):
        for i, (low, high) in enumerate(((-1, 6), (None, 0.5), (0.25, None), (None, None), (2, 1))):
            x = self.values(np.random.default_rng([44, i]))
            inputs = {"x": x} | ({} if low is None else {"low": np.float32(low)}) | (
                {} if high is None else {"high": np.float32(high)})
            names = [name if name in inputs else "" for name in ("x", "low", "high")]
            self.compare_model("Clip", "f32", {"bounds": (low, high)},
                               [node("Clip", names, ["y"])], inputs, {"y": np.float32},
                               [name for name in inputs if name != "x"])

    def compare_curve(self, operator, attributes, x, exact, units, opset=onnx_model.OPSET):
        """At most "units" in the last place from float64; how many differ from ONNX Runtime."""
        nodes = [node(operator, ["x"], ["y"], **attributes)]
        model = onnx_model.make(nodes, {"x": x}, {"y": np.float32}, opset=opset)
        other, = onnx_model.run(nodes, {"x": x}, {"y": np.float32}, opset=opset)
        unit = np.exp2(np.maximum(np.frexp(exact)[1] - 24, -149))
        results = []

        def compute(context):
            y, = context.network(model, [x])
            results.append(y)
            far = np.abs(y - exact) > units * unit
            return [np.where(far, y, exact.astype(np.float32))]

        self.judge = "numpy, float64"
        self.compare(operator, "f32", {"x": x.shape, **attributes}, [exact.astype(np.float32)],
                     compute)
        return np.array([np.sum(results[0] != other), x.size])

    def test_curves(self):
        """Within 2 units; how many differ from ONNX Runtime is printed."""
        curves = {"Exp": np.exp, "Tanh": np.tanh,
                  "Sigmoid": lambda x: np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))}
        for index, (operator, exact) in enumerate(curves.items()):
            found = np.zeros(2, int)
            for i in range(20):
                rng = np.random.default_rng([45, index, i])
                x = np.float32(rng.uniform(-87, 87, (4, 1000)) * np.exp2(rng.uniform(-9, 0)))
                found += self.compare_curve(operator, {}, x, exact(np.float64(x)), 2)
            print(f"{operator}: {found[0] / found[1]:.1%} differ from {onnx_model.NAME}", flush=True)

    def test_softmax(self):
        """Along each axis; before version 13 over all dimensions from the axis on. Within 6 units:
        an exponential, a sum of up to 1400, a quotient."""
        found = np.zeros(2, int)
        for i, (axis, opset) in enumerate(((0, 13), (1, 13), (-1, 13), (2, 19), (1, 11), (3, 12))):
            rng = np.random.default_rng([46, i])
            x = np.float32(rng.normal(size=(3, 5, 7, 40)) * 4)
            axes = tuple(range(axis, 4)) if opset < 13 else axis
            e = np.exp(np.float64(x) - np.max(x, axes, keepdims=True))
            found += self.compare_curve("Softmax", {"axis": axis}, x,
                                        e / np.sum(e, axes, keepdims=True), 6, opset)
        print(f"Softmax: {found[0] / found[1]:.1%} differ from {onnx_model.NAME}", flush=True)

    def test_batch_normalization(self):
        for i, shape in enumerate(((3, 5, 7, 9), (2, 4, 33), (6, 8))):
            rng = np.random.default_rng([49, i])
            channels = {name: np.float32(rng.normal(size=shape[1])) for name in "sbm"}
            inputs = {"x": np.float32(rng.normal(size=shape) * 3), **channels,
                      "v": np.float32(rng.uniform(0.01, 4, shape[1]))}
            self.compare_model("BatchNormalization", "f32", {"x": shape},
                               [node("BatchNormalization", list(inputs), ["y"], epsilon=1e-3)],
                               inputs, {"y": np.float32}, tuple(channels) + ("v",))

    def test_blocks(self):
        x = np.random.default_rng(50).normal(size=(2, 24, 6, 4)).astype(np.float32)
        for operator, attributes in (("DepthToSpace", {"blocksize": 2}),
                                     ("DepthToSpace", {"blocksize": 2, "mode": "CRD"}),
                                     ("SpaceToDepth", {"blocksize": 2})):
            self.compare_model(operator, "f32", attributes,
                               [node(operator, ["x"], ["y"], **attributes)], {"x": x},
                               {"y": np.float32})

    def test_global_max_pool(self):
        for shape in ((3, 5, 7, 9), (2, 4, 33)):
            x = np.random.default_rng([51, *shape]).normal(size=shape).astype(np.float32)
            self.compare_model("GlobalMaxPool", "f32", {"x": shape},
                               [node("GlobalMaxPool", ["x"], ["y"])], {"x": x}, {"y": np.float32})

    def test_prelu(self):
        x = self.values(np.random.default_rng(52))
        for slope in (0.25, -1.5, 3.5):
            self.compare_model("PRelu", "f32", {"slope": slope},
                               [node("PRelu", ["x", "slope"], ["y"])],
                               {"x": x, "slope": np.full(1, slope, np.float32)},
                               {"y": np.float32}, ("slope",))

    def test_cast(self):
        for index, dtype in enumerate((U8, S8, np.int32)):
            x = cases.data(np.random.default_rng([47, index]), (5, 77), dtype)
            self.compare_model("Cast", short(dtype), {}, [node("Cast", ["x"], ["y"], to=1)],
                               {"x": x}, {"y": np.float32})

    def test_dropout(self):
        x = self.values(np.random.default_rng(48))
        self.compare_model("Dropout", "f32", {}, [node("Dropout", ["x"], ["y"])], {"x": x},
                           {"y": np.float32})


if __name__ == "__main__":
    unittest.main()
