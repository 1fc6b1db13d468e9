"""Operators that pick elements, alone and between DequantizeLinear and QuantizeLinear, against ONNX
Runtime, bit for bit."""

import unittest

import numpy as np

import cases
import onnx_model
import test_qdq
from cases import S8, U8
from comparison import Comparison, contexts, short
from onnx_model import node

PLAIN = [U8, S8, np.int32, np.float32]

COORDINATES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners",
               "half_pixel_symmetric", "tf_half_pixel_for_nn"]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def shape_of(rng, rank=None):
    """A small shape; mostly images."""
    return rng.integers(1, 9, rank or int(rng.choice([1, 2, 3, 4, 4, 4, 5]))).tolist()


def values(rng, shape, dtype):
    """Elements of any type."""
    if dtype in (U8, S8):
        return cases.data(rng, shape, dtype)
    return rng.normal(size=shape).astype(dtype) if dtype == np.float32 else \
        rng.integers(-1 << 31, 1 << 31, shape, dtype)


class Case:
    """One operator: what it is given besides the data, and how many outputs it has."""

    def __init__(self, operator, opset=19, outputs=1, **attributes):
        self.operator, self.opset, self.outputs = operator, opset, outputs
        self.attributes, self.extra = attributes, []  # extra: constants, or None

    def add(self, model, value):
        """The node after "value" in a model; its outputs' names."""
        names = [value] + ["" if array is None else model.constant(f"extra{i}", array)
                           for i, array in enumerate(self.extra)]
        outputs = [f"{self.operator}{i}" for i in range(self.outputs)]
        model.nodes.append(node(self.operator, names, outputs, **self.attributes))
        return outputs

    def __repr__(self):
        return f"{self.operator} (version {self.opset}, {self.attributes}, {self.extra})"


# ---- One of each ----

def a_slice(rng, shape, dtype):
    """Any range of some of the axes that leaves something, by any step."""
    axes = rng.permutation(len(shape))[:rng.integers(1, len(shape) + 1)]
    starts, ends, steps = [], [], []
    for axis in axes:
        size = shape[axis]
        step = int(rng.choice([1, 1, 2, 3, -1, -2, 100, -(1 << 63)]))
        first, last = sorted(rng.integers(0, size, 2).tolist())
        start, end = (first, last + 1) if step > 0 else (last, first - 1)
        if step < 0 and end == -1:
            end = -size - int(rng.integers(1, 5))
        elif rng.integers(3) == 0:
            end = end - size if end < size else int(rng.choice([size, 1 << 31, (1 << 63) - 1]))
        starts.append(start if rng.integers(2) else start - size)
        ends.append(end)
        steps.append(step)
    case = Case("Slice")
    integers = rng.choice([np.int32, np.int64]) if all(abs(i) < 1 << 31 for i in ends + steps) \
        else np.int64
    case.extra = [np.array(list_, integers) for list_ in (starts, ends, axes, steps)]
    if len(axes) == len(shape) and (np.diff(axes) > 0).all():
        case.extra[2] = None
    return case


def a_pad(rng, shape, dtype):
    """Any mode; now and then less than nothing, or only some axes."""
    mode = str(rng.choice(["constant", "constant", "reflect", "edge", "wrap"]))
    size = np.array(shape)
    most = size - 1 if mode == "reflect" else size
    pads = rng.integers(0, np.minimum(most, 4) + 1, (2, len(shape)))
    if mode == "constant" and rng.integers(3) == 0:
        cut = np.where(size > 1, rng.integers(-1, 1, len(shape)), 0)
        pads[rng.integers(2)] = cut
    case = Case("Pad", opset=19 if mode == "wrap" else int(rng.choice([11, 13, 18, 19])), mode=mode)
    axes = None
    if case.opset >= 18 and rng.integers(2):
        axes = rng.permutation(len(shape))[:rng.integers(1, len(shape) + 1)].astype(np.int64)
        pads = pads[:, axes]
    fill = values(rng, (), dtype) if mode == "constant" and rng.integers(3) > 0 else None
    case.extra = [pads.ravel().astype(np.int64)] + \
        ([fill, axes] if axes is not None else [fill] if fill is not None else [])
    return case


def a_gather(rng, shape, dtype):
    """A number, a list or a matrix of indices."""
    axis = int(rng.integers(len(shape)))
    indices = rng.integers(-shape[axis], shape[axis], rng.integers(1, 6, rng.integers(3)))
    case = Case("Gather", axis=axis - len(shape) * int(rng.integers(2)))
    case.extra = [np.asarray(indices, rng.choice([np.int32, np.int64]))]
    return case


def a_split(rng, shape, dtype):
    """Into given lengths, or a number of parts."""
    axis = int(rng.integers(len(shape)))
    parts = int(rng.integers(1, shape[axis] + 1))
    ends = np.sort(rng.permutation(np.arange(1, shape[axis]))[:parts - 1])
    lengths = np.diff(np.concatenate([[0], ends, [shape[axis]]])).astype(np.int64)
    kind = rng.integers(4)
    each = -(-shape[axis] // parts)
    if kind == 0:
        return Case("Split", 11, parts, axis=axis, split=lengths.tolist())
    if kind == 1 and shape[axis] % parts == 0:
        return Case("Split", 13, parts, axis=axis)
    if kind == 2 and each * (parts - 1) < shape[axis]:
        return Case("Split", 18, parts, axis=axis, num_outputs=parts)
    case = Case("Split", 13, parts, axis=axis - len(shape))
    case.extra = [lengths]
    return case


def a_resize(rng, shape, dtype):
    """To the nearest, by scales or to sizes, up or down, of some axes."""
    factors = rng.choice([0.5, 2, 3, 1.5, 0.7, 2.6, 1, rng.uniform(0.3, 4)], len(shape))
    factors = np.maximum(np.where(rng.random(len(shape)) < 0.5, factors, 1),
                         np.ceil(1e6 / np.array(shape)) / 1e6 + 1e-6).astype(np.float32)
    if rng.integers(8) == 0:
        case = Case("Resize", 10, mode="nearest")
        case.extra = [factors]
        return case
    case = Case("Resize", int(rng.choice([11, 13, 19])), mode="nearest",
                coordinate_transformation_mode=str(rng.choice(COORDINATES)),
                nearest_mode=str(rng.choice(ROUNDINGS)))
    if case.attributes["coordinate_transformation_mode"] == "half_pixel_symmetric":
        case.opset = 19
    if rng.integers(2):
        case.extra = [np.zeros(0, np.float32) if case.opset == 11 else None, factors]
    else:
        sizes = np.maximum(1, np.rint(factors * shape)).astype(np.int64)
        case.extra = [np.zeros(0, np.float32) if case.opset == 11 else None,
                      np.zeros(0, np.float32) if case.opset == 11 else None, sizes]
    return case


def a_linear_resize(rng, shape, dtype):
    """The last two of four or two dimensions, or the two in the middle of four."""
    factors, first = np.ones(len(shape), np.float32), len(shape) - 2
    if len(shape) == 4 and rng.integers(4) == 0:
        first = 1
    factors[first:first + 2] = rng.choice([0.5, 2, 3, 1.5, 0.7, 1, rng.uniform(0.3, 4)], 2)
    sizes = np.maximum(1, np.rint(factors * shape)).astype(np.int64)
    mode = str(rng.choice(COORDINATES))
    if rng.integers(8) == 0:
        case = Case("Resize", 10, mode="linear")
        case.extra = [np.maximum(factors, 1)]
        return case
    case = Case("Resize", 19 if mode == "half_pixel_symmetric" else int(rng.choice([13, 19])),
                mode="linear", coordinate_transformation_mode=mode)
    case.extra = [None, np.maximum(factors, 1)] if rng.integers(2) else [None, None, sizes]
    return case


class Alone(Comparison):
    """Models of one node, or of one between 8-bit values."""
    judge = onnx_model.NAME

    def compare_case(self, name, seed, model, case, outputs, types, value):
        """The node after "value", run as the model says."""
        model.arrays = {key: np.asarray(array) for key, array in model.arrays.items()}
        data = onnx_model.make(model.nodes, model.arrays, outputs, model.constants, case.opset)
        inputs = {key: array for key, array in model.arrays.items() if key not in model.constants}
        try:
            expected = onnx_model.run_model(data, inputs, signed=True)
        except onnx_model.Refused:
            return
        self.compare(name, types, {"seed": seed, "x": value.shape, "case": case}, expected,
                     lambda context: context.network(data, list(inputs.values())))

    def alone(self, index, make, types=tuple(PLAIN), shape_of=shape_of):
        """Of each type."""
        for kind, dtype in enumerate(types):
            for i in range(120):
                seed = [60, index, kind, i]
                rng = np.random.default_rng(seed)
                shape = shape_of(rng)
                model, case = test_qdq.Model(), make(rng, shape, dtype)
                x = model.arrays["x"] = values(rng, shape, dtype)
                outputs = case.add(model, "x")
                self.compare_case(case.operator, seed, model, case, dict.fromkeys(outputs, dtype),
                                  short(dtype), x)

    def between(self, index, make, shape_of=shape_of):
        """Between 8-bit values with the same parameters, others, or to float32."""
        for kind, dtype in enumerate((U8, S8)):
            for i in range(120):
                seed = [61, index, kind, i]
                rng = np.random.default_rng(seed)
                shape = shape_of(rng)
                x, parameters = values(rng, shape, dtype), (cases.scale(rng),
                                                            cases.zero_point(rng, dtype))
                output = parameters if i % 2 else (np.float32(parameters[0] * rng.uniform(0.3, 3)),
                                                   cases.zero_point(rng, dtype))
                model, case = test_qdq.Model(), make(rng, shape, np.float32)
                names = case.add(model, model.dequantized("x", x, parameters))
                outputs = {}
                for j, name in enumerate(names):
                    if rng.integers(4) > 0:
                        name = model.quantized(name, output, dtype, f"y{j}")
                    outputs[name] = dtype if name[0] == "y" else np.float32
                self.compare_case(case.operator + " between", seed, model, case, outputs,
                                  short(dtype), x)


class Moves(Alone):
    """One node of each kind."""

    def test_slice(self):
        self.alone(0, a_slice)
        self.between(0, a_slice)

    def test_pad(self):
        self.alone(1, a_pad)
        self.between(1, a_pad)

    def test_gather(self):
        self.alone(2, a_gather)
        self.between(2, a_gather)

    def test_split(self):
        self.alone(3, a_split)
        self.between(3, a_split)

    def test_resize_nearest(self):
        self.alone(4, a_resize)
        self.between(4, a_resize)

    def test_resize_linear(self):
        def images(rng):
            return shape_of(rng, int(rng.choice([2, 4, 4, 4])))
        self.alone(5, a_linear_resize, [np.float32], images)
        self.between(5, a_linear_resize, images)


def a_reduction(rng, shape, operator):
    """Of some axes or all."""
    count = int(rng.integers(1, len(shape) + 1))
    axes = rng.permutation(len(shape))[:count] - len(shape) * int(rng.integers(2))
    case = Case(operator, int(rng.choice([12, 13, 18])), keepdims=int(rng.integers(2)))
    if rng.integers(6) == 0:
        axes = np.arange(len(shape))
    elif case.opset == 18:
        case.extra = [axes.astype(np.int64)]
    else:
        case.attributes["axes"] = axes.tolist()
    return case, tuple(axes.tolist())


class Reductions(Alone):
    """ReduceMin and ReduceMax bit for bit. ReduceMean adds floats in another order than ONNX
    Runtime: it must be as near to numpy's in float64 as rounding errors allow; between 8-bit values
    the judge of its bits is ONNX Runtime's QLinearGlobalAveragePool, and its ReduceMean must be no
    more than one step away."""

    def test_extremes(self):
        for index, operator in enumerate(["ReduceMin", "ReduceMax"]):
            def make(rng, shape, dtype, operator=operator):
                return a_reduction(rng, shape, operator)[0]
            self.alone(10 + index, make, [U8, S8, np.float32])
            self.between(10 + index, make)

    def test_indices(self):
        """ArgMin and ArgMax, whose int64, or int32 by a Cast, is s32 in octet: of bytes, floats, dequantized bytes."""
        for kind, dtype in enumerate((U8, S8, np.float32)):
            for i in range(60):
                seed = [65, kind, i]
                rng = np.random.default_rng(seed)
                shape = shape_of(rng)
                operator = str(rng.choice(["ArgMin", "ArgMax"]))
                case = Case(operator, int(rng.choice([12, 13, 19])),
                            axis=int(rng.integers(-len(shape), len(shape))),
                            keepdims=int(rng.integers(2)))
                model, between = test_qdq.Model(), dtype != np.float32 and rng.integers(2)
                x = np.rint(rng.normal(size=shape) * 3)
                x = x.astype(np.float32) if dtype == np.float32 else \
                    (x + (100 if dtype == U8 else 0)).astype(dtype)
                model.arrays["x"] = x
                value = model.dequantized("x", x, (cases.scale(rng), cases.zero_point(rng, dtype))) \
                    if between else "x"
                y, = case.add(model, value)
                integer = (np.int64, np.int32)[i % 2]
                if i % 4 > 0:
                    y = model.add("Cast", [y], "integer", to=onnx_model.kind_of(integer))
                model.arrays = {key: np.asarray(array) for key, array in model.arrays.items()}
                data = onnx_model.make(model.nodes, model.arrays, {y: integer}, model.constants,
                                       case.opset)
                expected, = onnx_model.run_model(data, {"x": x})
                self.compare(operator + (" between" if between else ""), short(dtype),
                             {"seed": seed, "x": shape, "case": case}, [expected.astype(np.int32)],
                             lambda context, data=data, x=x: context.network(data, [x]))

    def test_means(self):
        for i in range(200):
            seed = [63, i]
            rng = np.random.default_rng(seed)
            shape = shape_of(rng)
            x = (rng.normal(size=shape) * np.exp2(rng.integers(-5, 5, shape))).astype(np.float32)
            model, (case, axes) = test_qdq.Model(), a_reduction(rng, shape, "ReduceMean")
            model.arrays["x"] = x
            case.add(model, "x")
            data = onnx_model.make(model.nodes, model.arrays, {"ReduceMean0": np.float32},
                                   model.constants, case.opset)
            theirs, = onnx_model.run_model(data, {"x": x})
            exact = x.astype(np.float64).mean(axes, keepdims=bool(case.attributes["keepdims"]))
            bound = np.abs(x).astype(np.float64).mean(axes).reshape(exact.shape) * 2.0**-20
            for context in contexts():
                ours, = context.network(data, [x])
                self.assertEqual(ours.shape, theirs.shape, (seed, case))
                self.assertTrue((np.abs(ours - exact) <= bound).all(), (seed, case))
            self.compared += 1

    def test_stored_means(self):
        for kind, (x_type, y_type) in enumerate(cases.PAIRS):
            for i in range(120):
                seed = [64, kind, i]
                self.stored_mean(np.random.default_rng(seed), x_type, y_type, seed)

    def stored_mean(self, rng, x_type, y_type, seed):
        """QLinearGlobalAveragePool has one type for input and output; octet's rule has two, which
        differ by 128 in the zero point and in the stored values."""
        shape = shape_of(rng)
        x, (scale, zero) = values(rng, shape, x_type), (cases.scale(rng),
                                                        cases.zero_point(rng, x_type))
        output = np.float32(scale * rng.uniform(0.1, 1.5)), cases.zero_point(rng, y_type)
        model, (case, axes) = test_qdq.Model(), a_reduction(rng, shape, "ReduceMean")
        value, = case.add(model, model.dequantized("x", x, (scale, zero)))
        model.quantized(value, output, y_type)
        model.arrays = {key: np.asarray(array) for key, array in model.arrays.items()}
        data = onnx_model.make(model.nodes, model.arrays, {"y": y_type}, model.constants,
                               case.opset)
        theirs, = onnx_model.run_model(data, {"x": x})
        folded = [axis % len(shape) for axis in axes]
        kept = [axis for axis in range(len(shape)) if axis not in folded]
        length = int(np.prod([shape[axis] for axis in folded]))
        lines = x.transpose(kept + folded).reshape(1, -1, 1, length)
        moved = 0 if x_type == y_type else 128 if y_type == U8 else -128
        lines = (lines.astype(int) + moved).astype(y_type)
        arrays = {"x": lines, "xs": np.float32(scale), "xz": y_type(int(zero) + moved),
                  "ys": output[0], "yz": output[1]}
        pool = node("QLinearGlobalAveragePool", list(arrays), ["y"], "com.microsoft")
        expected, = onnx_model.run([pool], arrays, {"y": y_type}, set(arrays) - {"x"})
        expected = expected.reshape(theirs.shape)
        self.assertLessEqual(np.abs(theirs.astype(int) - expected).max(initial=0), 1, (seed, case))
        self.compare("ReduceMean between", short(x_type) + ">" + short(y_type),
                     {"seed": seed, "x": x.shape, "case": case}, [expected],
                     lambda context: context.network(data, [x]))


class Transposed(Comparison):
    """ConvTranspose between 8-bit values. ONNX Runtime computes it in float32: the judge of its
    bits is ONNX Runtime's QLinearConv of the same sums, zeros between the elements and the weights
    turned round, and its own ConvTranspose must be no more than one step away."""
    judge = onnx_model.NAME

    def test_conv_transpose(self):
        for pair, x_type, w_type in test_qdq.pairs("QLinearConv"):
            for i in range(120):
                seed = [62, pair, i]
                self.one(np.random.default_rng(seed), x_type, w_type, seed)

    @staticmethod
    def window(rng, line):
        """Kernel, strides, dilations, and attributes that say what is left of the output; those of
        a line have a height of 1."""
        kernel, stride = rng.choice([1, 2, 3, 4], 2), rng.choice([1, 2, 2, 3], 2)
        dilation = rng.choice([1, 1, 2], 2)
        if line:
            kernel[0] = stride[0] = dilation[0] = 1
        given = {"strides": stride.tolist(), "dilations": dilation.tolist()}
        extra = rng.integers(0, stride) if rng.integers(2) else np.zeros(2, int)
        if extra.any():
            given["output_padding"] = extra.tolist()
        if rng.integers(3) == 0:
            given["auto_pad"] = str(rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
        elif rng.integers(2):
            given["pads"] = (rng.integers(0, 3, 4) * ([0, 1, 0, 1] if line else 1)).tolist()
        return kernel, stride, dilation, extra, given

    @staticmethod
    def edges(image, kernel, stride, dilation, extra, given):
        """What ConvTranspose's definition cuts off, and the sizes that are left."""
        whole = (image - 1) * stride + dilation * (kernel - 1) + 1 + extra
        pads, auto = np.reshape(given.get("pads", [0] * 4), (2, 2)), given.get("auto_pad", "")
        if auto.startswith("SAME"):
            total = np.maximum(whole - image * stride, 0)
            first = total // 2 if auto == "SAME_UPPER" else total - total // 2
            return first, whole - total
        return pads[0], whole - pads.sum(0)

    def one(self, rng, x_type, w_type, seed):
        """A transposed convolution with bias; weights per tensor, or with one group per channel."""
        line = rng.integers(4) == 0
        kernel, stride, dilation, extra, given = self.window(rng, line)
        groups = int(rng.choice([1, 1, 2, 3]))
        channels, outputs = (groups * rng.integers(1, 6, 2)).tolist()
        image = rng.integers(1, [2 if line else 7, 7])
        first, sizes = self.edges(image, kernel, stride, dilation, extra, given)
        if (sizes < 1).any() or (first > dilation * (kernel - 1) + (image - 1) * stride).any():
            return
        x = cases.data(rng, (2, channels, *image), x_type)
        w = cases.data(rng, (channels, outputs // groups, *kernel), w_type)
        k = channels // groups * int(kernel.prod())
        x_scale, x_zero = cases.scale(rng), cases.zero_point(rng, x_type)
        w_scale, w_zero = cases.scale(rng), cases.zero_point(rng, w_type)
        if groups == 1:
            w_scale, w_zero = test_qdq.Fusing.weight_parameters(rng, w_type, outputs)
        y_scale, y_zero = test_qdq.Fusing.output_parameters(
            rng, x, w, (x_scale, x_zero), (w_scale, w_zero), k)
        model = test_qdq.Model()
        inputs = [model.dequantized("x", x[:, :, 0] if line else x, (x_scale, x_zero)),
                  model.dequantized("w", w[:, :, 0] if line else w, (w_scale, w_zero),
                                    constant=True, axis=1)]
        inputs += model.bias(rng, 1, x_scale, w_scale, k, outputs)
        if line:
            given = {name: list_ if name == "auto_pad" else list_[1::2]
                     for name, list_ in given.items()}
        model.add("ConvTranspose", inputs, "sum", group=groups, **given)
        model.quantized("sum", (y_scale, y_zero), x_type)
        data, arrays = model.make({"y": x_type})
        bias = model.arrays.get("b")
        expected = self.convolution(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias,
                                    groups, stride, dilation, first, sizes)
        expected = expected[:, :, 0] if line else expected
        float32 = onnx_model.run_model(data, arrays)[0]
        steps = np.abs(float32.astype(int) - expected.astype(int))
        self.assertEqual(float32.shape, expected.shape, (seed, given))
        self.assertLessEqual(steps.max(initial=0), 1, (seed, given))
        self.compare("ConvTranspose", short(x_type, w_type),
                     {"seed": seed, "x": x.shape, "w": w.shape, "group": groups, **given},
                     [expected], lambda context: context.network(data, list(arrays.values())))

    @staticmethod
    def convolution(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias, groups, stride,
                    dilation, first, sizes):
        """QLinearConv of x spread by the strides in a frame of zeros."""
        reach = dilation * (np.array(w.shape[2:]) - 1)
        frame = np.full((*x.shape[:2], *(sizes + reach)), x_zero, x.dtype)
        for i in range(x.shape[2]):
            for j in range(x.shape[3]):
                at = np.array([i, j]) * stride + reach - first
                if (at >= 0).all() and (at < frame.shape[2:]).all():
                    frame[:, :, at[0], at[1]] = x[:, :, i, j]
        turned = w[:, :, ::-1, ::-1].reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
        turned = turned.reshape(-1, x.shape[1] // groups, *w.shape[2:])
        inputs = {"x": frame, "xs": x_scale, "xz": x_zero, "w": turned, "ws": w_scale,
                  "wz": np.broadcast_to(w_zero, np.shape(w_scale)), "ys": y_scale, "yz": y_zero}
        if bias is not None:
            inputs["b"] = bias
        conv = node("QLinearConv", list(inputs), ["y"], group=groups, dilations=dilation.tolist())
        return onnx_model.run([conv], inputs, {"y": x.dtype}, set(inputs) - {"x"})[0]


if __name__ == "__main__":
    unittest.main()
