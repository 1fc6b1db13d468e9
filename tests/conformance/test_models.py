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


if __name__ == "__main__":
    unittest.main()
