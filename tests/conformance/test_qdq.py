"""octet's fusing of DequantizeLinear, float operators and QuantizeLinear against ONNX Runtime's."""

import copy
import unittest
from typing import NamedTuple

import numpy as np

import cases
import onnx_model
from cases import S8, U8
from comparison import Comparison, short
from onnx_model import node
from test_onnxruntime import adds_fused, how_exact


def pairs(operator):
    """Seed and types whose sums are exact without special modes."""
    return [(index, *pair) for index, pair in enumerate(cases.PAIRS)
            if how_exact(operator, *pair) == {}]


class Clamp(NamedTuple):
    """A node that clamps to two stored values."""
    name: str
    low: np.integer
    high: np.integer


class Model:
    """Nodes, arrays and the names of those that are constant, gathered piece by piece."""

    def __init__(self):
        self.nodes, self.arrays, self.constants = [], {}, []

    def constant(self, name, value, dtype=None):
        """A constant; its name."""
        self.arrays[name] = np.asarray(value, dtype)
        self.constants.append(name)
        return name

    def add(self, operator, inputs, output, **attributes):
        """A node; its output."""
        self.nodes.append(node(operator, inputs, [output], **attributes))
        return output

    def dequantized(self, name, values, parameters, constant=False, axis=None):
        """What DequantizeLinear makes of an input or a constant."""
        self.arrays[name] = values
        if constant:
            self.constants.append(name)
        return self.dequantize(name, parameters, values.dtype, axis)

    def dequantize(self, name, parameters, dtype, axis=None):
        """The value "name", dequantized."""
        scales, zeros = parameters
        inputs = [name, self.constant(name + "_scale", scales, np.float32),
                  self.constant(name + "_zero", np.broadcast_to(zeros, np.shape(scales)), dtype)]
        return self.add("DequantizeLinear", inputs, name + "_float",
                        **{} if axis is None or np.ndim(scales) == 0 else {"axis": axis})

    def quantized(self, name, parameters, dtype, output="y"):
        """The value "name", quantized."""
        scale, zero = parameters
        return self.add("QuantizeLinear", [name, self.constant(output + "_scale", scale, np.float32),
                                           self.constant(output + "_zero", zero, dtype)], output)

    def bias(self, rng, kind, x_scale, w_scale, k, count):
        """Nothing, stored numbers as quantizers write them, or float32."""
        step = np.float32(x_scale) * np.float32(w_scale)
        steps = rng.integers(-4000 * k, 4000 * k, count, np.int32)
        if kind == 0:
            return []
        if kind == 1:
            return [self.dequantized("b", steps, (step, 0), constant=True, axis=0)]
        return [self.constant("b", (steps + rng.normal(size=count)) * step, np.float32)]

    def without(self, name):
        """A copy in which the node that makes "name" is left out."""
        other = copy.deepcopy(self)
        left_out, = (n for n in other.nodes if n.output[0] == name)
        other.nodes.remove(left_out)
        for other_node in other.nodes:
            for i, value in enumerate(other_node.input):
                if value == name:
                    other_node.input[i] = left_out.input[0]
        return other

    def make(self, outputs):
        """The model's bytes, and its inputs by name."""
        self.arrays = {name: np.asarray(array) for name, array in self.arrays.items()}
        model = onnx_model.make(self.nodes, self.arrays, outputs, self.constants)
        return model, {name: array for name, array in self.arrays.items()
                       if name not in self.constants}


class Fusing(Comparison):
    """Small models around one layer."""
    judge = onnx_model.NAME

    def compare_model(self, operator, types, case, model, outputs, clamp=None):
        """What "clamp" names is a node that ONNX Runtime does not fuse: it gets a model without,
        and numpy clamps its outputs instead."""
        data, inputs = model.make(outputs)
        judged = data
        if clamp is not None:
            judged, _ = model.without(clamp.name).make(outputs)
        expected = onnx_model.run_model(judged, inputs, signed=True)
        if clamp is not None:
            expected = [np.clip(array, clamp.low, clamp.high) for array in expected]
        self.compare(operator, types, case, expected,
                     lambda context: context.network(data, list(inputs.values())))

    @staticmethod
    def weight_parameters(rng, w_type, count):
        """Per tensor or per channel; ONNX Runtime's convolutions have one zero point for all."""
        scales = cases.scale(rng)
        if rng.integers(2):
            scales = scales * rng.choice(np.float32([1, 2, 3, 4]), count)
        return np.float32(scales), cases.zero_point(rng, w_type)

    @staticmethod
    def output_parameters(rng, x, w, x_parameters, w_parameters, k, relu=False):
        """A scale with which most outputs stay within the range."""
        sums = cases.largest_likely_sum(x.dtype, x_parameters[1], w.dtype, w_parameters[1], k)
        scale = (float(x_parameters[0]) * float(np.mean(w_parameters[0])) * sums / 100 *
                 rng.uniform(0.4, 1.5))
        return np.float32(scale), (np.asarray(cases.bounds(x.dtype)[0], x.dtype) if relu
                                   else cases.zero_point(rng, x.dtype))

    @staticmethod
    def activate(rng, model, value, parameters, dtype):
        """One time in two an activation, which quantizing makes a clamp: the value after it, and the
        Clamp that is left to numpy."""
        kind, (scale, zero) = rng.integers(6), parameters
        low, high = cases.bounds(dtype)
        if kind < 3:
            return value, None
        if kind == 3:
            return model.add("Relu", [value], "relu"), \
                None if zero == low else Clamp("relu", zero, dtype.type(high))
        ends = np.sort(rng.integers(low, high, 2, dtype, endpoint=True))
        if kind == 4:  # the whole range: nothing is left of it
            ends = np.array([low, high], dtype)
        bounds = (ends.astype(np.int32) - zero) * scale
        return model.add("Clip", [value, model.constant("low", bounds[0], np.float32),
                                  model.constant("high", bounds[1], np.float32)], "clip"), \
            None if kind == 4 else Clamp("clip", *ends)

    def test_conv(self):
        shapes = [cases.Conv(np.random.default_rng([3, i])) for i in range(60)]
        for pair, x_type, w_type in pairs("QLinearConv"):
            for i in range(2 * len(shapes)):
                seed = [20, pair, i]
                rng, conv = np.random.default_rng(seed), shapes[i % len(shapes)]
                self.one_conv(rng, conv, x_type, w_type, seed)

    def one_conv(self, rng, conv, x_type, w_type, seed):
        """A convolution with bias and activation."""
        x, w = cases.operands(rng, conv, x_type, w_type)
        model = Model()
        x_parameters = cases.scale(rng), cases.zero_point(rng, x_type)
        w_parameters = self.weight_parameters(rng, w_type, conv.outputs)
        parameters = self.output_parameters(rng, x, w, x_parameters, w_parameters, conv.k,
                                            bool(rng.integers(2)))
        inputs = [model.dequantized("x", x, x_parameters),
                  model.dequantized("w", w, w_parameters, constant=True, axis=0)]
        kind = int(rng.integers(3))
        inputs += model.bias(rng, kind, x_parameters[0], w_parameters[0], conv.k, conv.outputs)
        value = model.add("Conv", inputs, "conv", group=conv.groups, strides=conv.stride,
                          dilations=conv.dilation, pads=conv.padding)
        value, clamp = self.activate(rng, model, value, parameters, np.dtype(x_type))
        model.quantized(value, parameters, x_type)
        self.compare_model("Conv", short(x_type, w_type),
                           {"seed": seed, "x": x.shape, "w": w.shape, "bias": kind,
                            **conv.window()}, model, {"y": x_type}, clamp)


if __name__ == "__main__":
    unittest.main()
