"""octet's fusing of DequantizeLinear, float operators and QuantizeLinear against ONNX Runtime's."""

import copy
import tempfile
import unittest
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx

import cases
import onnx_model
from cases import S8, U8
from comparison import Comparison, short
from onnx_model import node
from quantizer import quantization
from test_onnxruntime import adds_fused, how_exact


def pairs(operator):
    """Seed and types whose sums are exact without special modes."""
    return [(index, *pair) for index, pair in enumerate(cases.PAIRS)
            if how_exact(operator, *pair) == {}]

# In QOperator form; a sum stays between DequantizeLinear and QuantizeLinear.
QUANTIZED = ["Conv", "Relu", "Clip", "MaxPool", "Gemm", "MatMul"]

OPTIONS = [("ActivationSymmetric", True), ("AddQDQPairToWeight", True), ("DedicatedQDQPair", True),
           ("QuantizeBias", False), ("UseQDQContribOps", True),
           ("QDQKeepRemovableActivations", True),
           ("OpTypesToExcludeOutputQuantization", ["Gemm", "MatMul"])]


MICROSOFT = {"domain": "com.microsoft"}
CURVES = [("Elu", {"alpha": 0.7}), ("Selu", {}), ("Celu", {"alpha": 0.5}), ("Softplus", {}),
          ("Softsign", {}), ("Mish", {}), ("Erf", {}), ("Gelu", {}), ("Gelu", {"approximate": "tanh"}),
          ("Gelu", MICROSOFT), ("QuickGelu", {"alpha": 1.5, **MICROSOFT}), ("Log", {}),
          ("Reciprocal", {}), ("Sin", {}), ("Cos", {}), ("ThresholdedRelu", {"alpha": 0.4}),
          ("Sign", {}), ("Floor", {}), ("Ceil", {})]


# (operator, inputs, attributes) of each node: 0 is x, n what node n gives, a float a constant.
WINDOW = {"kernel_shape": [2, 2], "strides": [2, 2]}
SPELLED = [
    [("Div", [0, 1.41421356]), ("Erf", [1]), ("Add", [2, 1.0]), ("Mul", [0, 3]), ("Mul", [4, 0.5])],
    [("Pow", [0, 3.0]), ("Mul", [1, 0.044715]), ("Add", [0, 2]), ("Mul", [3, 0.79788456]),
     ("Tanh", [4]), ("Add", [5, 1.0]), ("Mul", [0, 0.5]), ("Mul", [7, 6])],
    [("Softplus", [0]), ("Tanh", [1]), ("Mul", [0, 2])],
    [("Sigmoid", [0]), ("Mul", [0, 1]), ("MaxPool", [2], WINDOW)],
    [("Add", [0, 3.0]), ("Clip", [1, 0.0, 6.0]), ("Mul", [0, 2]), ("Div", [3, 6.0])],
    [("Elu", [0]), ("MaxPool", [1], WINDOW), ("Transpose", [2], {"perm": [0, 2, 3, 1]})],
    [("Elu", [0]), ("Add", [0, 1]), ("GlobalMaxPool", [2])],
    [("Pow", [0, 2.0]), ("Add", [1, 0.001]), ("Pow", [2, 0.5]), ("Pow", [3, -1.0]), ("Pow", [4, 1.5])],
]


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

    def make(self, outputs, opset=onnx_model.OPSET):
        """The model's bytes, and its inputs by name."""
        self.arrays = {name: np.asarray(array) for name, array in self.arrays.items()}
        model = onnx_model.make(self.nodes, self.arrays, outputs, self.constants, opset)
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

    def test_batch_normalization(self):
        """After a convolution ONNX Runtime computes it in float32, octet in the convolution's
        multipliers: at most one step away. How many are is printed."""
        found = np.zeros(2, int)
        for pair, x_type, w_type in pairs("QLinearConv"):
            for i in range(30):
                found += self.one_normalization([29, pair, i], x_type, w_type)
        print(f"Conv, BatchNormalization: {found[0]} of {found[1]} elements are a step away",
              flush=True)

    def one_normalization(self, seed, x_type, w_type):
        """A convolution with a bias or without, the normalization, perhaps a Relu. One time in four
        a factor is below 0."""
        rng = np.random.default_rng(seed)
        conv = cases.Conv(np.random.default_rng([3, seed[-1] % 60]))
        x, w = cases.operands(rng, conv, x_type, w_type)
        model = Model()
        x_parameters = cases.scale(rng), cases.zero_point(rng, x_type)
        w_parameters = self.weight_parameters(rng, w_type, conv.outputs)
        y_scale, y_zero = self.output_parameters(rng, x, w, x_parameters, w_parameters, conv.k)
        inputs = [model.dequantized("x", x, x_parameters),
                  model.dequantized("w", w, w_parameters, constant=True, axis=0)]
        inputs += model.bias(rng, int(rng.integers(3)), x_parameters[0], w_parameters[0], conv.k,
                             conv.outputs)
        value = model.add("Conv", inputs, "conv", group=conv.groups, strides=conv.stride,
                          dilations=conv.dilation, pads=conv.padding)
        gamma = rng.uniform(0.3, 2, conv.outputs)
        gamma[-1] *= rng.choice([1, 1, 1, -1])
        of_channels = [("gamma", gamma), ("beta", rng.normal(size=conv.outputs) * 60 * y_scale),
                       ("mean", rng.normal(size=conv.outputs) * 60 * y_scale),
                       ("variance", rng.uniform(0.3, 2, conv.outputs))]
        value = model.add("BatchNormalization", [value] + [
            model.constant(name, values, np.float32) for name, values in of_channels], "normal")
        if rng.integers(2):
            value = model.add("Relu", [value], "relu")
        model.quantized(value, (y_scale, y_zero), x_type)
        return self.compare_within_a_step("Conv, BatchNormalization", short(x_type, w_type),
                                          {"seed": seed, "x": x.shape, "w": w.shape}, model,
                                          {"y": x_type})

    def compare_within_a_step(self, operator, types, case, model, outputs,
                              opset=onnx_model.OPSET):
        """As compare_model, but for stored values next to the expected ones; how many there are, of how
        many."""
        data, inputs = model.make(outputs, opset)
        expected, = onnx_model.run_model(data, inputs, signed=True)
        results = []

        def compute(context):
            y, = context.network(data, list(inputs.values()))
            results.append(y)
            return [np.where(np.abs(y.astype(int) - expected) > 1, y, expected)]

        self.compare(operator + ", within a step", types, case, [expected], compute)
        return np.array([np.sum(results[0] != expected), expected.size])

    def test_gemm(self):
        for pair, x_type, w_type in pairs("QLinearMatMul"):
            for i in range(150):
                seed = [21, pair, i]
                rng = np.random.default_rng(seed)
                product = cases.Product(np.random.default_rng([6, False, i % 80]), False)
                self.one_gemm(rng, product, x_type, w_type, seed)

    def one_gemm(self, rng, product, x_type, w_type, seed):
        """Gemm with transposed operands, alpha and bias, to 8 bits or float32."""
        x, w = cases.operands(rng, product, x_type, w_type)
        bias = int(rng.integers(3))
        alpha = rng.choice([1, 0.5, 0.7]) if bias == 0 else 1  # ONNX Runtime fuses one of them
        attributes = {"transA": int(rng.integers(2)), "transB": int(rng.integers(2)),
                      "alpha": float(alpha)}
        to_float = bias < 2 and rng.integers(3) == 0
        model = Model()
        x_parameters = np.float32(cases.scale(rng)), cases.zero_point(rng, x_type)
        w_parameters = self.weight_parameters(rng, w_type, product.n)
        parameters = self.output_parameters(rng, x, w, x_parameters, w_parameters, product.k,
                                            bool(rng.integers(2)))
        inputs = [model.dequantized("x", x.T if attributes["transA"] else x, x_parameters),
                  model.dequantized("w", w.T if attributes["transB"] else w, w_parameters,
                                    constant=True, axis=1 - attributes["transB"])]
        inputs += model.bias(rng, bias, x_parameters[0], w_parameters[0], product.k, product.n)
        value, clamp = model.add("Gemm", inputs, "y" if to_float else "gemm", **attributes), None
        if not to_float:
            value, clamp = self.activate(rng, model, value, parameters, np.dtype(x_type))
            model.quantized(value, parameters, x_type)
        self.compare_model("Gemm" + (" to float" if to_float else ""), short(x_type, w_type),
                           {"seed": seed, "x": x.shape, "w": w.shape, "bias": bias, **attributes},
                           model, {"y": np.float32 if to_float else x_type}, clamp)

    def test_matmul(self):
        for pair, x_type, w_type in pairs("QLinearMatMul"):
            for i in range(150):
                seed = [22, pair, i]
                rng, three = np.random.default_rng(seed), i % 2 == 0
                product = cases.Product(np.random.default_rng([6, three, i % 80]), three)
                self.one_matmul(rng, product, x_type, w_type, seed)

    def one_matmul(self, rng, product, x_type, w_type, seed):
        """MatMul of a matrix or of two values with batches, sometimes two batch dimensions."""
        x, w = cases.operands(rng, product, x_type, w_type)
        constant = not product.many_weights and bool(rng.integers(4))
        if product.many_weights and rng.integers(2):
            x, w = np.stack([x, x[::-1]]), np.stack([w, w[::-1]])
        to_float = rng.integers(3) == 0
        model = Model()
        x_parameters = cases.scale(rng), cases.zero_point(rng, x_type)
        w_parameters = self.weight_parameters(rng, w_type, product.n) if constant else \
            (cases.scale(rng), cases.zero_point(rng, w_type))
        parameters = self.output_parameters(rng, x, w, x_parameters, w_parameters, product.k)
        value = model.add("MatMul", [model.dequantized("x", x, x_parameters),
                                     model.dequantized("w", w, w_parameters, constant=constant,
                                                       axis=1)], "y" if to_float else "product")
        if not to_float:
            model.quantized(value, parameters, x_type)
        self.compare_model("MatMul" + (" to float" if to_float else ""), short(x_type, w_type),
                           {"seed": seed, "x": x.shape, "w": w.shape, "constant": constant},
                           model, {"y": np.float32 if to_float else x_type})

    def test_matmul_bias(self):
        """MatMul, then Add of a constant, as PyTorch's exporter writes a linear layer."""
        for pair, x_type, w_type in pairs("QLinearMatMul"):
            for i in range(60):
                seed = [23, pair, i]
                rng = np.random.default_rng(seed)
                product = cases.Product(np.random.default_rng([6, False, i % 80]), False)
                x, w = cases.operands(rng, product, x_type, w_type)
                model = Model()
                x_parameters = cases.scale(rng), cases.zero_point(rng, x_type)
                w_parameters = self.weight_parameters(rng, w_type, product.n)
                parameters = self.output_parameters(rng, x, w, x_parameters, w_parameters,
                                                    product.k)
                value = model.add("MatMul", [model.dequantized("x", x, x_parameters),
                                             model.dequantized("w", w, w_parameters, constant=True,
                                                               axis=1)], "product")
                bias = model.bias(rng, 1, x_parameters[0], w_parameters[0], product.k, product.n)
                order = [value] + bias if rng.integers(2) else bias + [value]
                model.quantized(model.add("Add", order, "sum"), parameters, x_type)
                self.compare_model("MatMul with Add", short(x_type, w_type),
                                   {"seed": seed, "x": x.shape, "w": w.shape}, model,
                                   {"y": x_type})

    @unittest.skipUnless(adds_fused(), "left out: on this CPU its steps are not fused")
    def test_binary(self):
        """With a Relu or Clip ONNX Runtime often computes in float32, and octet as it would."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(400):
                seed = [24, index, i]
                rng = np.random.default_rng(seed)
                # of tensors of one element ONNX Runtime adds a before b
                a, b, parameters = cases.sum_case(rng, dtype, least=2)
                operator = rng.choice(["Add"] * 3 + ["Mul", "Sub", "Div", "Min", "Max"])
                scale, zero = parameters["output"]
                model = Model()
                value = model.add(operator, [
                    model.dequantized("a", a, parameters["a_parameters"]),
                    model.dequantized("b", b, parameters["b_parameters"])], "sum")
                kind = rng.integers(4)
                if kind == 0:
                    zero = np.asarray(cases.bounds(dtype)[0], dtype)  # nothing is left of the Relu
                if kind < 2:
                    value = model.add("Relu", [value], "relu")
                elif kind == 2:
                    low, high = np.sort(rng.normal(size=2) * 60 * scale).astype(np.float32)
                    value = model.add("Clip", [value, model.constant("low", low),
                                               model.constant("high", high)], "clip")
                model.quantized(value, (scale, zero), dtype)
                self.compare_model(operator, short(dtype),
                                   {"seed": seed, "a": a.shape, **parameters}, model,
                                   {"y": dtype})

    def test_unary(self):
        """Functions that are rounded once, one or two of them: tables."""
        functions = ["Relu", "LeakyRelu", "HardSigmoid", "Round", "Abs", "Neg", "Sqrt", "Identity"]
        for index, (x_type, y_type) in enumerate(cases.PAIRS):
            for i in range(40):
                seed = [26, index, i]
                rng = np.random.default_rng(seed)
                model = Model()
                value = model.dequantized("x", np.arange(*np.add(cases.bounds(x_type), (0, 1)),
                                                         dtype=x_type),
                                          (cases.scale(rng), cases.zero_point(rng, x_type)))
                names = rng.choice(functions, rng.integers(1, 3)).tolist()
                for name in names:
                    value = model.add(name, [value], value + "_" + name.lower())
                model.quantized(value, (cases.scale(rng), cases.zero_point(rng, y_type)), y_type)
                self.compare_model("functions", short(x_type) + ">" + short(y_type),
                                   {"seed": seed, "functions": names}, model, {"y": y_type})

    def test_curves(self):
        """Functions with other last bits in float32: tables, at most one step away. How many entries are is
        printed."""
        for operator, attributes in CURVES:
            found = np.zeros(2, int)
            for index, (x_type, y_type) in enumerate(cases.PAIRS):
                for i in range(10):
                    found += self.one_curve(operator, attributes, [33, len(operator), index, i],
                                            x_type, y_type)
            print(f"{operator}: {found[0]} of {found[1]} entries are a step away", flush=True)

    def one_curve(self, operator, attributes, seed, x_type, y_type):
        """All stored values, by parameters under which the function uses the range of y."""
        rng = np.random.default_rng(seed)
        x = np.arange(*np.add(cases.bounds(x_type), (0, 1)), dtype=x_type)
        model = Model()
        value = model.dequantized("x", x, (np.float32(rng.uniform(0.5, 8) / 128),
                                           cases.zero_point(rng, x_type)))
        model.add(operator, [value], "curve", **attributes)
        model.quantized("curve", (np.float32(rng.uniform(0.5, 8) / 128),
                                  cases.zero_point(rng, y_type)), y_type)
        return self.compare_within_a_step(operator, short(x_type) + ">" + short(y_type),
                                          {"seed": seed}, model, {"y": y_type}, opset=20)

    def test_spelled_out(self):
        """Functions of several nodes, some with what moves their results behind them: tables."""
        found = np.zeros(2, int)
        for number in range(len(SPELLED)):
            for index, (x_type, y_type) in enumerate(cases.PAIRS):
                found += self.one_spelled(SPELLED[number], [36, number, index], x_type, y_type)
        print(f"spelled out: {found[0]} of {found[1]} entries are a step away", flush=True)

    def one_spelled(self, spelled, seed, x_type, y_type):
        """Nodes as (operator, inputs): x, the number of a node before, or a constant number."""
        rng = np.random.default_rng(seed)
        model = Model()
        x = np.arange(*np.add(cases.bounds(x_type), (0, 1)), dtype=x_type).reshape(1, 1, 16, 16)
        values = [model.dequantized("x", x, (np.float32(rng.uniform(0.5, 8) / 128),
                                             cases.zero_point(rng, x_type)))]
        for operator, inputs, *attributes in spelled:
            names = [values[i] if isinstance(i, int)
                     else model.constant(f"c{len(values)}_{j}", np.float32(i))
                     for j, i in enumerate(inputs)]
            values.append(model.add(operator, names, f"v{len(values)}", **dict(*attributes)))
        model.quantized(values[-1], (np.float32(rng.uniform(0.5, 8) / 128),
                                     cases.zero_point(rng, y_type)), y_type)
        return self.compare_within_a_step("spelled out", short(x_type) + ">" + short(y_type),
                                          {"seed": seed, "nodes": spelled}, model, {"y": y_type},
                                          opset=20)

    def test_averages(self):
        """Pools between 8-bit values of one type, which ONNX Runtime makes 8-bit pools of."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(120):
                seed = [27, index, i]
                rng = np.random.default_rng(seed)
                window = cases.Window(rng)
                attributes = {"kernel_shape": window.kernel, "strides": window.stride,
                              "count_include_pad": int(rng.integers(2)),
                              "pads": [min(pad, window.kernel[j % 2] - 1)
                                       for j, pad in enumerate(window.padding)]}
                operator = rng.choice(["AveragePool", "GlobalAveragePool"])
                image = np.maximum(window.image, window.kernel).tolist()
                x = cases.data(rng, (2, int(rng.integers(1, 40)), *image), dtype)
                scale = cases.scale(rng)
                model = Model()
                value = model.dequantized("x", x, (scale, cases.zero_point(rng, dtype)))
                model.add(operator, [value], "mean",
                          **attributes if operator == "AveragePool" else {})
                model.quantized("mean", (np.float32(scale * rng.uniform(0.2, 1.2)),
                                         cases.zero_point(rng, dtype)), dtype)
                self.compare_model(operator, short(dtype), {"seed": seed, "x": x.shape,
                                                            **attributes}, model, {"y": dtype})

    def test_concat(self):
        """Tensors of one type, some of which have the output's parameters."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(60):
                seed = [28, index, i]
                rng = np.random.default_rng(seed)
                output = cases.scale(rng), cases.zero_point(rng, dtype)
                shape, axis, values = rng.integers(1, 9, 4).tolist(), int(rng.integers(4)), []
                model = Model()
                for j in range(int(rng.integers(2, 6))):
                    other = np.float32(output[0] * rng.uniform(0.3, 3)), cases.zero_point(rng, dtype)
                    shape[axis] = int(rng.integers(1, 40))
                    values.append(model.dequantized(f"x{j}", cases.data(rng, shape, dtype),
                                                    output if rng.integers(3) == 0 else other))
                model.add("Concat", values, "all", axis=axis)
                model.quantized("all", output, dtype)
                self.compare_model("Concat", short(dtype), {"seed": seed, "axis": axis}, model,
                                   {"y": dtype})

    def test_moves(self):
        """What moves or picks elements, alone between 8-bit values; then to float32."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(60):
                seed = [25, index, i]
                rng = np.random.default_rng(seed)
                window = cases.Window(rng)
                x = cases.data(rng, (2, int(rng.integers(1, 20)), *window.image), dtype)
                parameters = cases.scale(rng), cases.zero_point(rng, dtype)
                model = Model()
                value = model.dequantized("x", x, parameters)
                if rng.integers(2) and all(pad < window.kernel[i % 2]
                                           for i, pad in enumerate(window.padding)):
                    value = model.add("MaxPool", [value], "window", kernel_shape=window.kernel,
                                      strides=window.stride, dilations=window.dilation,
                                      pads=window.padding)
                for step in rng.permutation(4)[:rng.integers(1, 4)].tolist():
                    value = self.move(model, value, step)
                to_float = bool(rng.integers(2))
                if to_float:
                    model.add("Identity", [value], "y")
                else:
                    model.quantized(value, parameters, dtype)
                self.compare_model("moves" + (" to float" if to_float else ""), short(dtype),
                                   {"seed": seed, "x": x.shape, **vars(window)}, model,
                                   {"y": np.float32 if to_float else dtype})

    @staticmethod
    def move(model, value, step):
        """One or two nodes, which take and give four dimensions."""
        if step == 0:
            return model.add("MaxPool", [value], "pool", kernel_shape=[1, 1])
        if step == 1:
            return model.add("Transpose", [value], "swapped", perm=[0, 3, 1, 2])
        if step == 2:
            flat = model.add("Flatten", [value], "flat", axis=1)
            return model.add("Reshape", [flat, model.constant("sizes", [0, -1, 1, 1], np.int64)],
                             "shaped")
        return model.add("Identity", [value], "same")


def float_network(rng):
    """A small network in float32: convolutions plain, depthwise and strided, a sum around two of
    them, pools, activations, products; its bytes."""
    model = Model()

    def conv(x, name, channels, outputs, kernel, groups=1, stride=1):
        weights = rng.normal(size=(outputs, channels // groups, kernel, kernel))
        weights /= kernel * np.sqrt(channels / groups)
        return model.add("Conv", [x, model.constant(name + "_w", weights, np.float32),
                                  model.constant(name + "_b", rng.normal(size=outputs) / 4,
                                                 np.float32)],
                         name, group=groups, strides=[stride] * 2, pads=[kernel // 2] * 4)

    model.arrays["x"] = np.zeros((1, 3, 12, 12), np.float32)
    x = model.add("Relu", [conv("x", "stem", 3, 8, 3)], "stem_relu")
    y = model.add("Clip", [conv(x, "depthwise", 8, 8, 3, groups=8), model.constant(
        "zero", 0, np.float32), model.constant("six", 6, np.float32)], "depthwise_clip")
    y = model.add("Relu", [model.add("Add", [conv(y, "point", 8, 8, 1), x], "sum")], "sum_relu")
    y = model.add("MaxPool", [conv(y, "stride", 8, 12, 3, stride=2)], "pool", kernel_shape=[2, 2],
                  strides=[2, 2])
    y = model.add("Flatten", [y], "flat")
    y = model.add("Relu", [model.add("Gemm", [
        y, model.constant("hidden_w", rng.normal(size=(20, 108)) / 10, np.float32),
        model.constant("hidden_b", rng.normal(size=20), np.float32)], "hidden", transB=1)],
        "hidden_relu")
    model.add("MatMul", [y, model.constant("last_w", rng.normal(size=(20, 5)) / 4, np.float32)],
              "y")
    return model.make({"y": np.float32})[0]


def float_line_network(rng):
    """The same for lines: no height anywhere until a view ends it."""
    model = Model()

    def conv(x, name, channels, outputs, kernel, groups=1, **how):
        weights = rng.normal(size=(outputs, channels // groups, kernel))
        weights /= np.sqrt(kernel * channels / groups)
        return model.add("Conv", [x, model.constant(name + "_w", weights, np.float32),
                                  model.constant(name + "_b", rng.normal(size=outputs) / 4,
                                                 np.float32)], name, group=groups, **how)

    model.arrays["x"] = np.zeros((1, 3, 40), np.float32)
    x = model.add("Relu", [conv("x", "stem", 3, 8, 5, pads=[2, 2], strides=[2])], "stem_relu")
    x = model.add("MaxPool", [x], "pool", kernel_shape=[2], strides=[2])
    y = model.add("Clip", [conv(x, "depthwise", 8, 8, 3, groups=8, pads=[2, 2], dilations=[2]),
                           model.constant("zero", 0, np.float32),
                           model.constant("six", 6, np.float32)], "depthwise_clip")
    y = model.add("Add", [conv(y, "point", 8, 8, 1, auto_pad="SAME_UPPER"), x], "sum")
    y = model.add("AveragePool", [model.add("Sigmoid", [y], "gate")], "average", kernel_shape=[3],
                  pads=[1, 1], count_include_pad=1)
    y = model.add("Flatten", [model.add("GlobalAveragePool", [conv(y, "last", 8, 12, 3)], "global")],
                  "flat")
    model.add("MatMul", [y, model.constant("last_w2", rng.normal(size=(12, 5)) / 4, np.float32)], "y")
    return model.make({"y": np.float32})[0]


def open_batch(data):
    """The model with the first dimension of its input open."""
    model = onnx.load_from_string(data)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "N"
    return model


class Images(quantization.CalibrationDataReader):
    """A few random inputs to calibrate with."""

    def __init__(self, rng, shape):
        self.images = iter([{"x": rng.normal(size=(4, *shape)).astype(np.float32)}
                            for _ in range(4)])

    def get_next(self):
        return next(self.images, None)


class Networks(Comparison):
    """A network that ONNX Runtime's quantizer quantizes in both forms."""
    judge = onnx_model.NAME

    def test_quantize_static(self):
        for index, form in enumerate(quantization.QuantFormat):
            for dtype, kind in ((U8, quantization.QuantType.QUInt8),
                                (S8, quantization.QuantType.QInt8)):
                if how_exact("QLinearConv", dtype, S8) != {}:
                    continue
                for i in range(4):
                    self.one_network([30, index, i], dtype, per_channel=i % 2 == 0,
                                     quant_format=form, activation_type=kind)

    def test_options(self):
        """The same with options of the quantizer that write other nodes."""
        for index, (name, value) in enumerate(OPTIONS):
            if how_exact("QLinearConv", U8, S8) == {}:
                self.one_network([31, index], U8, per_channel=True,
                                 quant_format=quantization.QuantFormat.QDQ,
                                 activation_type=quantization.QuantType.QUInt8,
                                 extra_options={name: value})

    def test_lines(self):
        for index, form in enumerate(quantization.QuantFormat):
            for dtype, kind in ((U8, quantization.QuantType.QUInt8),
                                (S8, quantization.QuantType.QInt8)):
                if how_exact("QLinearConv", dtype, S8) != {}:
                    continue
                for i in range(4):
                    self.one_network([32, index, i], dtype, float_line_network, (3, 40), None,
                                     per_channel=i % 2 == 0, quant_format=form, activation_type=kind)

    def one_network(self, seed, dtype, make=float_network, shape=(3, 12, 12), operators=QUANTIZED,
                    **how):
        """Quantizes, runs, compares; "operators" are those that form QOperator quantizes (None: all)."""
        rng = np.random.default_rng(seed)
        float_model = open_batch(make(rng))
        operator = how["quant_format"] == quantization.QuantFormat.QOperator
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "quantized.onnx"
            quantization.quantize_static(
                float_model, path, Images(rng, shape), weight_type=quantization.QuantType.QInt8,
                op_types_to_quantize=operators if operator else None, **how)
            data = path.read_bytes()
        x = rng.normal(size=(7, *shape)).astype(np.float32)
        expected = onnx_model.run_model(data, {"x": x}, signed=True)
        self.compare(how["quant_format"].name + (" per channel" if how["per_channel"] else ""),
                     short(dtype, S8), {"seed": seed, **how}, expected,
                     lambda context: context.network(data, [x]))


if __name__ == "__main__":
    unittest.main()
