"""octet against ONNX Runtime, bit for bit."""

import functools
import unittest

import numpy as np

import cases
import onnx_model
from cases import PAIRS, S8, U8
from comparison import Comparison, short
from onnx_model import node

OPERANDS = ["x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero"]
CONSTANT = {"constants": ("w", "w_zero")}
SPECIAL = [np.nan, np.inf, -np.inf, 1e38, -1e38, 3e9, -3e9, 2147483648.0, 0.0, -0.0, 1e-40]


# ---- Operators of ONNX ----

def integer(operator, x, w, x_zero=0, w_zero=0, attributes=None, **how):
    """ConvInteger or MatMulInteger."""
    inputs = {"x": x, "w": w, "x_zero": np.asarray(x_zero, x.dtype),
              "w_zero": np.asarray(w_zero, w.dtype)}
    return onnx_model.run([node(operator, list(inputs), ["y"], **attributes or {})], inputs,
                          {"y": np.int32}, **how)


def qlinear(operator, x, w, parameters, bias=None, attributes=None, **how):
    """QLinearConv or QLinearMatMul; "parameters" are octet's."""
    types = {"input": x.dtype, "weights": w.dtype, "output": x.dtype}
    values = {"x": x, "w": w}
    for name, kind in zip("xwy", types):
        scale, zero = parameters[kind]
        values[name + "_scale"] = np.asarray(scale, np.float32)
        values[name + "_zero"] = np.asarray(zero, types[kind])
    inputs = {name: values[name] for name in OPERANDS}
    if bias is not None:
        inputs["bias"] = bias
    return onnx_model.run([node(operator, list(inputs), ["y"], **attributes or {})], inputs,
                          {"y": x.dtype}, **how)


def qlinear_add(a, b, parameters):
    """QLinearAdd of one type; "parameters" are octet's."""
    inputs = {"a": a, "a_scale": None, "a_zero": None, "b": b, "b_scale": None, "b_zero": None,
              "y_scale": None, "y_zero": None}
    for name, (scale, zero) in zip("aby", parameters.values()):
        inputs[name + "_scale"] = np.float32(scale)
        inputs[name + "_zero"] = np.asarray(zero, a.dtype)
    return onnx_model.run([node("QLinearAdd", list(inputs), ["y"], "com.microsoft")], inputs,
                          {"y": a.dtype})


def adds_fused():
    """Whether sums take fused steps, as with AVX2: here -4.5 + 10 is then 6, not 5."""
    a, b = np.full(4, 131, U8), np.full(4, 216, U8)
    parameters = {"a_parameters": (0.397, 145), "b_parameters": (0.118, 184),
                  "output": (0.396, 10)}
    return np.all(qlinear_add(a, b, parameters)[0] == 6)


# ---- Which type pairs ONNX Runtime computes exactly on this CPU ----

def is_exact(operator, x_type, w_type, m, k, n, how):
    """Whether sums of K products of the types' largest values come out right."""
    x_value, w_value = cases.bounds(x_type)[1], cases.bounds(w_type)[1]
    total = x_value * w_value * k
    x, w = np.full((m, k), x_value, x_type), np.full((k, n), w_value, w_type)
    if "Conv" in operator:
        x, w = x.T.reshape(1, k, m, 1), w.T.reshape(n, k, 1, 1)
    if operator.endswith("Integer"):
        return np.all(integer(operator, x, w, **how)[0] == total)
    wanted = 100
    parameters = {"input": (1, 0), "weights": (1, 0), "output": (total / wanted, 0)}
    return np.all(qlinear(operator, x, w, parameters, **how)[0] == wanted)


@functools.cache
def how_exact(operator, x_type, w_type):
    """How to run the operator so that it is exact, or None; prints what was found."""
    name, why = f"{onnx_model.NAME}, {operator} {short(x_type, w_type)}:", None
    for how in ({}, {"precise": True, **CONSTANT}):
        try:
            if all(is_exact(operator, x_type, w_type, m, k, n, how)
                   for m in (1, 7, 33) for k in (2, 4, 63, 64) for n in (1, 8, 33)):
                print(name, "compared" + (", with x64quantprecision" if how else ""), flush=True)
                return how
            why = why or "its sums saturate on this CPU"
        except onnx_model.Refused as refused:
            why = why or str(refused)
    print(f"{name} left out: {why}", flush=True)
    return None


def exact_pairs(operator):
    """The type pairs to compare: seed, types, how to run it."""
    for index, (x_type, w_type) in enumerate(PAIRS):
        how = how_exact(operator, x_type, w_type)
        if how is not None:
            yield index, x_type, w_type, how


# ---- Comparisons ----

class Layers(Comparison):
    """Convolutions and matrix products."""
    judge = onnx_model.NAME

    @staticmethod
    def constant(rng, how):
        """Constant weights or not: what octet is told, and what ONNX Runtime is."""
        constant = bool(rng.integers(2))
        return constant, how or (CONSTANT if constant else {})

    def compare_conv(self, operator, types, seed, rng, conv, x, w, options, expected):
        """octet's conv2d, one time in four with channels last."""
        options = dict(conv.window(), **options)
        last = rng.integers(4) == 0
        if last:
            options["layout"] = "nhwc"

        def compute(context):
            if not last:
                return [context.conv2d(x, w, **options)]
            y = context.conv2d(x.transpose(0, 2, 3, 1), w.transpose(0, 2, 3, 1), **options)
            return [y.transpose(0, 3, 1, 2)]

        self.compare(operator, types, {"seed": seed, "x": x.shape, "w": w.shape, **options},
                     expected, compute)

    @staticmethod
    def attributes(conv):
        """ONNX's pads are top, left, bottom, right, as octet's."""
        return {"group": conv.groups, "strides": conv.stride, "dilations": conv.dilation,
                "pads": conv.padding}

    def test_qlinear_conv(self):
        shapes = [cases.Conv(np.random.default_rng([1, i])) for i in range(200)]
        for pair, x_type, w_type, how in exact_pairs("QLinearConv"):
            for i in range(5 * len(shapes)):
                seed = [2, pair, i]
                rng, conv = np.random.default_rng(seed), shapes[i % len(shapes)]
                x, w = cases.operands(rng, conv, x_type, w_type)
                constant, ort = self.constant(rng, how)
                parameters = cases.parameters(
                    rng, x_type, w_type, conv.k,
                    scales=conv.outputs if rng.integers(2) else None)
                bias = cases.bias(rng, conv.outputs, conv.k)
                expected = qlinear("QLinearConv", x, w, parameters, bias,
                                   self.attributes(conv), **ort)
                self.compare_conv("QLinearConv", short(x_type, w_type), seed, rng, conv, x, w,
                                  dict(parameters, bias=bias, output_type=x_type,
                                       constant_weights=constant), expected)

    def test_conv_integer(self):
        shapes = [cases.Conv(np.random.default_rng([3, i])) for i in range(100)]
        for pair, x_type, w_type, how in exact_pairs("ConvInteger"):
            for i in range(2 * len(shapes)):
                seed = [4, pair, i]
                rng, conv = np.random.default_rng(seed), shapes[i % len(shapes)]
                x, w = cases.operands(rng, conv, x_type, w_type)
                constant, ort = self.constant(rng, how)
                x_zero, w_zero = cases.zero_point(rng, x_type), cases.zero_point(rng, w_type)
                expected = integer("ConvInteger", x, w, x_zero, w_zero, self.attributes(conv),
                                   **ort)
                self.compare_conv("ConvInteger", short(x_type, w_type), seed, rng, conv, x, w,
                                  {"input": (1, x_zero), "weights": (1, w_zero),
                                   "output_type": np.int32, "constant_weights": constant},
                                  expected)

    def compare_product(self, operator, types, seed, x, w, options, expected):
        """octet's gemm."""
        self.compare(operator, types, {"seed": seed, "a": x.shape, "b": w.shape, **options},
                     expected, lambda context: [context.gemm(x, w, **options)])

    def test_qlinear_matmul(self):
        for pair, x_type, w_type, how in exact_pairs("QLinearMatMul"):
            for three in (False, True):
                for i in range(250):
                    seed = [5, pair, three, i]
                    rng = np.random.default_rng(seed)
                    product = cases.Product(np.random.default_rng([6, three, i % 80]), three)
                    x, w = cases.operands(rng, product, x_type, w_type)
                    constant, ort = self.constant(rng, how)
                    # ONNX's B has parameters of columns only in two dimensions
                    columns = None if product.many_weights else product.n
                    parameters = cases.parameters(
                        rng, x_type, w_type, product.k,
                        scales=columns if rng.integers(2) else None,
                        zeros=columns if rng.integers(2) else None)
                    expected = qlinear("QLinearMatMul", x, w, parameters, **ort)
                    self.compare_product(f"QLinearMatMul {x.ndim}-D", short(x_type, w_type), seed,
                                         x, w, dict(parameters, output_type=x_type,
                                                    constant_weights=constant), expected)

    def test_matmul_integer(self):
        for pair, x_type, w_type, how in exact_pairs("MatMulInteger"):
            for i in range(200):
                seed = [7, pair, i]
                rng, three = np.random.default_rng(seed), i % 3 == 0
                product = cases.Product(np.random.default_rng([8, i % 80]), three)
                x, w = cases.operands(rng, product, x_type, w_type)
                constant, ort = self.constant(rng, how)
                columns = None if product.many_weights or rng.integers(2) else product.n
                x_zero = cases.zero_point(rng, x_type)
                w_zero = cases.zero_point(rng, w_type, columns)
                expected = integer("MatMulInteger", x, w, x_zero, w_zero, **ort)
                self.compare_product(f"MatMulInteger {x.ndim}-D", short(x_type, w_type), seed,
                                     x, w, {"input": (1, x_zero), "weights": (1, w_zero),
                                            "output_type": np.int32,
                                            "constant_weights": constant}, expected)

    def test_dynamic_matmul(self):
        """DynamicQuantizeLinear, MatMulInteger and the scaling to float32, node by node."""
        nodes = [node("DynamicQuantizeLinear", ["x"], ["q", "q_scale", "q_zero"]),
                 node("MatMulInteger", ["q", "w", "q_zero", "w_zero"], ["sum"]),
                 node("Cast", ["sum"], ["float_sum"], to=1),
                 node("Mul", ["q_scale", "w_scale"], ["scale"]),
                 node("Mul", ["float_sum", "scale"], ["product"]),
                 node("Add", ["product", "bias"], ["y"])]
        for pair, x_type, w_type, how in exact_pairs("MatMulInteger"):
            if x_type is S8:
                continue  # DynamicQuantizeLinear makes u8
            for i in range(150):
                seed = [9, pair, i]
                rng = np.random.default_rng(seed)
                product = cases.Product(np.random.default_rng([6, False, i % 80]), False)
                x = (rng.normal(size=(product.m, product.k)) *
                     np.exp2(rng.uniform(-8, 8))).astype(np.float32)
                w = cases.data(rng, (product.k, product.n), w_type)
                weights = cases.scale(rng, product.n), cases.zero_point(rng, w_type)
                bias = rng.normal(size=product.n).astype(np.float32)
                # the precise mode is an optimization of the graph
                expected = onnx_model.run(
                    nodes, {"x": x, "w": w, "w_scale": weights[0], "w_zero": weights[1],
                            "bias": bias}, {"y": np.float32}, optimize=bool(how), **how)

                def compute(context):
                    q, scale, zero, _ = context.quantize(x, U8, parameters="onnx")
                    return [context.gemm(q, w, output_type=np.float32, weights=weights, bias=bias,
                                         a_dynamic=(scale, zero))]

                self.compare("dynamic MatMulInteger", short(U8, w_type) + ">f32",
                             {"seed": seed, "a": x.shape, "b": w.shape, "weights": weights,
                              "bias": bias}, expected, compute)

    def test_requantization(self):
        """Sums of all of int32: the bias of a convolution whose input is its zero point."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(60):
                seed = [10, index, i]
                rng = np.random.default_rng(seed)
                sums, x_scale, w_scale, y_scale = cases.sums_near_ties(rng, 1024)
                zero = cases.zero_point(rng, dtype)
                x, w = np.full((1, 1, 1, 1), zero, dtype), np.ones((len(sums), 1, 1, 1), dtype)
                parameters = {"input": (x_scale, zero), "weights": (w_scale, 0),
                              "output": (y_scale, cases.zero_point(rng, dtype))}
                expected = qlinear("QLinearConv", x, w, parameters, sums)
                options = dict(parameters, bias=sums, output_type=dtype)
                self.compare("requantize", short(dtype), {"seed": seed, **options}, expected,
                             lambda context: [context.conv2d(x, w, **options)])


class Elementwise(Comparison):
    """Quantization, sums and pooling."""
    judge = onnx_model.NAME

    @staticmethod
    def spread(values, ndim, axis):
        """One value per index of the axis, to multiply an array of "ndim" dimensions with."""
        return values.reshape([-1 if i == axis else 1 for i in range(ndim)])

    def quantize_case(self, rng, dtype):
        """x, octet's parameters and axis."""
        shape = rng.choice([1, 2, 3, 7, 16, 33], int(rng.integers(1, 5))).tolist()
        axis = int(rng.integers(len(shape))) if rng.integers(2) else None
        count = None if axis is None else shape[axis]
        scales, zeros = cases.scale(rng, count), cases.zero_point(rng, dtype, count)
        step = scales if axis is None else self.spread(scales, len(shape), axis)
        return shape, axis, scales, zeros, step

    def test_quantize_linear(self):
        for index, dtype in enumerate((U8, S8)):
            for i in range(300):
                seed = [11, index, i]
                rng = np.random.default_rng(seed)
                shape, axis, scales, zeros, step = self.quantize_case(rng, dtype)
                x = cases.floats(rng, shape, step)
                if i % 4 == 0:
                    x.flat[:len(SPECIAL)] = SPECIAL[:x.size]
                expected = onnx_model.run(
                    [node("QuantizeLinear", ["x", "s", "z"], ["y"],
                          **{} if axis is None else {"axis": axis})],
                    {"x": x, "s": scales, "z": zeros}, {"y": dtype})
                self.compare("QuantizeLinear" + (" axis" if axis is not None else ""),
                             short(dtype), {"seed": seed, "x": shape, "axis": axis,
                                            "output": (scales, zeros)}, expected,
                             lambda context: [context.quantize(x, dtype, axis=axis,
                                                               output=(scales, zeros))])

    def test_dequantize_linear(self):
        for index, dtype in enumerate((U8, S8, np.int32)):
            for i in range(150):
                seed = [12, index, i]
                rng = np.random.default_rng(seed)
                shape, axis, scales, zeros, _ = self.quantize_case(
                    rng, S8 if dtype is np.int32 else dtype)
                if dtype is np.int32:  # ONNX Runtime wants zero points of 0 there
                    zeros = np.zeros_like(zeros, np.int32)
                q = cases.data(rng, shape, dtype)
                expected = onnx_model.run(
                    [node("DequantizeLinear", ["q", "s", "z"], ["y"],
                          **{} if axis is None else {"axis": axis})],
                    {"q": q, "s": scales, "z": zeros}, {"y": np.float32})
                self.compare("DequantizeLinear" + (" axis" if axis is not None else ""),
                             short(dtype), {"seed": seed, "q": shape, "axis": axis,
                                            "input": (scales, zeros)}, expected,
                             lambda context: [context.dequantize(q, axis=axis,
                                                                 input=(scales, zeros))])

    def test_blocked(self):
        """Blocks become rows, each with parameters of its own."""
        for index, dtype in enumerate((U8, S8)):
            for i in range(60):
                seed = [13, index, i]
                rng = np.random.default_rng(seed)
                outer, blocks, block, inner = rng.choice([1, 2, 3, 5, 8], 4).tolist()
                scales = cases.scale(rng, (outer, blocks, inner))
                zeros = cases.zero_point(rng, dtype, scales.shape)
                # [outer][blocks][inner][block], which is [row][block], and back
                rows = (scales.size, block)
                x = cases.floats(rng, rows, scales.reshape(-1, 1))
                q = cases.data(rng, rows, dtype)

                def onnx_order(array):
                    return np.ascontiguousarray(
                        array.reshape(outer, blocks, inner, block).transpose(0, 1, 3, 2)
                        .reshape(outer, blocks * block, inner))

                parameters = {"s": scales, "z": zeros}
                where = {"axis": 1, "block_size": block}
                expected_q = onnx_model.run(
                    [node("QuantizeLinear", ["x", "s", "z"], ["y"], **where)],
                    {"x": onnx_order(x), **parameters}, {"y": dtype},
                    opset=onnx_model.BLOCKED_OPSET)
                expected_x = onnx_model.run(
                    [node("DequantizeLinear", ["q", "s", "z"], ["y"], **where)],
                    {"q": onnx_order(q), **parameters}, {"y": np.float32},
                    opset=onnx_model.BLOCKED_OPSET)
                per_row = scales.ravel(), zeros.ravel()
                case = {"seed": seed, "rows": rows, "parameters": per_row}
                self.compare("QuantizeLinear blocks", short(dtype), case, expected_q,
                             lambda context: [onnx_order(context.quantize(x, dtype, axis=0,
                                                                          output=per_row))])
                self.compare("DequantizeLinear blocks", short(dtype), case, expected_x,
                             lambda context: [onnx_order(context.dequantize(q, axis=0,
                                                                            input=per_row))])

    def test_dynamic_quantize_linear(self):
        for i in range(300):
            seed = [14, i]
            rng = np.random.default_rng(seed)
            shape = rng.choice([1, 2, 3, 7, 16, 33], int(rng.integers(1, 4))).tolist()
            x = rng.normal(rng.normal() * 2, 1, shape) * np.exp2(rng.uniform(-20, 20))
            kind = i % 8
            x = np.abs(x) if kind == 0 else -np.abs(x) if kind == 1 else x
            x = np.round(x * 2) / 2 if kind == 2 else np.zeros(shape) if kind == 3 else x
            x = x.astype(np.float32)
            q, scale, zero = onnx_model.run(
                [node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"])], {"x": x},
                {"q": U8, "s": np.float32, "z": U8})
            expected = [q, scale.reshape(1), zero.astype(np.int32).reshape(1)]
            self.compare("DynamicQuantizeLinear", "f32>u8", {"seed": seed, "x": shape}, expected,
                         lambda context: context.quantize(x, U8, parameters="onnx")[:3])

    @unittest.skipUnless(adds_fused(), "left out: on this CPU its steps are not fused")
    def test_qlinear_add(self):
        for index, dtype in enumerate((U8, S8)):
            for i in range(400):
                seed = [16, index, i]
                rng = np.random.default_rng(seed)
                # of tensors of one element ONNX Runtime adds a before b
                a, b, parameters = cases.sum_case(rng, dtype, least=2)
                self.compare("QLinearAdd", short(dtype), {"seed": seed, "a": a.shape, **parameters},
                             qlinear_add(a, b, parameters),
                             lambda context: [context.binary("add", a, b, dtype, rule="float32",
                                                          **parameters)])

    def test_max_pool(self):
        for index, dtype in enumerate((U8, S8)):
            for i in range(150):
                seed = [15, index, i]
                rng = np.random.default_rng(seed)
                window = cases.Window(rng)
                x = cases.data(rng, (2, int(rng.integers(1, 20)), *window.image), dtype)
                ceil = bool(rng.integers(2))
                expected = onnx_model.run(
                    [node("MaxPool", ["x"], ["y"], kernel_shape=window.kernel,
                          strides=window.stride, dilations=window.dilation, pads=window.padding,
                          ceil_mode=int(ceil))], {"x": x}, {"y": dtype})
                options = dict(vars(window), ceil=ceil)
                del options["image"]
                self.compare("MaxPool", short(dtype), {"seed": seed, "x": x.shape, **options},
                             expected, lambda context: [context.max_pool(x, **options)])


if __name__ == "__main__":
    unittest.main()
