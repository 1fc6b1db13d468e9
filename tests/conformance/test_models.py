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


if __name__ == "__main__":
    unittest.main()
