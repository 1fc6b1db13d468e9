"""octet against the kernels of TensorFlow Lite (LiteRT), bit for bit."""

import functools
import math
import unittest

import numpy as np
import tflite
from tflite import ActivationFunctionType as Activation

import cases
import tflite_model
from cases import S8, U8
from comparison import Comparison, short
from tflite_model import Tensor

CODES = {name: getattr(tflite.BuiltinOperator, name) for name in
         ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "QUANTIZE",
          "DEQUANTIZE", "ADD")}
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "MAX_POOL_2D": 2,
            "QUANTIZE": 2, "DEQUANTIZE": 2, "ADD": 2}

BOUNDS = {Activation.NONE: (None, None), Activation.RELU: (0.0, None),
          Activation.RELU_N1_TO_1: (-1.0, 1.0), Activation.RELU6: (0.0, 6.0)}

# Sums and multipliers whose results tell the rules of rounding apart: 1/2 and -1/2 with a shift to
# the right and without, and 0.3, which two roundings make 1.
PROBES = [(2, 0.25), (-2, 0.25), (1, 0.5), (-1, 0.5), (1, 0.3), (-1, 0.3)]
RULES = {(0, 0, 0, 0, 0, 0): "float32",
         (1, -1, 1, 0, 1, -1): "fixed-double",
         (1, 0, 1, 0, 0, 0): "fixed-single",
         (1, 0, 1, 0, 1, 0): "two roundings, both of ties upwards",
         (1, -1, 1, -1, 0, 0): "one rounding of a float64, ties away from zero"}

# The same for ADD: a, b and the scales of a, b and the output. Fixed point of 31 bits moves the last
# two off their ties, up and down; fixed point of 21 bits does not.
ADD_PROBES = [(1, 0, 0.5, 0.5, 1), (-1, 0, 0.5, 0.5, 1), (101, 127, 0.125, 0.375, 0.5),
              (-101, 127, 0.625, 0.125, 0.5)]
ADD_RULES = {(1, -1, 121, -95): "fixed-double",
             (1, 0, 120, -95): "fixed-single",
             (1, 0, 121, -94): "multipliers of 21 bits, one rounding, ties upwards"}
OFFERED = ("float32", "fixed-double", "fixed-single")


# ---- Operators of TensorFlow Lite ----

def run_operator(name, x, options_type, options, constants, quantization, output, kernels):
    """One operator of x and of constants to "output", a Tensor; quantization is that of x."""
    inputs = [Tensor(x.dtype, x.shape, quantization=quantization), *constants]
    model = tflite_model.build(CODES[name], VERSIONS[name], options_type, options, inputs, output)
    return tflite_model.run(model, x, kernels)


def run_layer(name, x, w, parameters, bias, options, output_shape, kernels):
    """A layer; "parameters" are octet's."""
    options_type = {"CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
                    "FULLY_CONNECTED": "FullyConnectedOptions"}[name]
    axis = 3 if name == "DEPTHWISE_CONV_2D" else 0
    bias_scale = np.float32(parameters["input"][0]) * np.float32(parameters["weights"][0])
    constants = [Tensor(w.dtype, data=w, quantization=parameters["weights"], axis=axis)]
    if bias is not None:
        constants.append(Tensor(np.int32, data=bias, quantization=(bias_scale, 0)))
    return run_operator(name, x, options_type, options, constants, parameters["input"],
                        Tensor(x.dtype, output_shape, quantization=parameters["output"]), kernels)


def run_add(a, b, parameters, kernels, activation=Activation.NONE):
    """ADD; "parameters" are octet's."""
    return run_operator("ADD", a, "AddOptions", {"FusedActivationFunction": activation},
                        [Tensor(b.dtype, data=b, quantization=parameters["b_parameters"])],
                        parameters["a_parameters"],
                        Tensor(a.dtype, a.shape, quantization=parameters["output"]), kernels)


def window_options(window, padding=tflite.Padding.VALID, **more):
    """Of a convolution."""
    return {"Padding": padding, "StrideH": window.stride[0], "StrideW": window.stride[1],
            "DilationHFactor": window.dilation[0], "DilationWFactor": window.dilation[1], **more}


def same_padding(window):
    """Top, left, bottom, right of SAME; the odd one goes to the end."""
    totals = [max((math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
              for size, kernel, stride, dilation in zip(window.image, window.kernel,
                                                        window.stride, window.dilation)]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def output_image(window):
    """Height and width of the output."""
    return [(window.image[i] + window.padding[i] + window.padding[i + 2] -
             window.dilation[i] * (window.kernel[i] - 1) - 1) // window.stride[i] + 1
            for i in range(2)]


def half_away(x):
    """x rounded to an integer, ties away from zero."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def clamp_of(activation, dtype, scale, zero, kernels):
    """What octet clamps to: the activation's bounds as the kernels store them."""
    def stored(value):
        steps = float(np.float32(value) / np.float32(scale))
        if kernels == "XNNPACK":  # the zero point goes in before the rounding, ties to even
            return round(steps + int(zero))
        return int(zero) + half_away(steps)

    low, high = cases.bounds(dtype)
    real_low, real_high = BOUNDS[activation]
    return (low if real_low is None else min(max(low, stored(real_low)), high),
            high if real_high is None else max(min(high, stored(real_high)), low))


def fixed_point(parameters):
    """(M, shift) where TensorFlow Lite rounds the product of the scales to float32."""
    x_scale, w_scale, y_scale = (np.float32(parameters[kind][0]).item()
                                 for kind in ("input", "weights", "output"))
    fraction, shift = math.frexp(float(np.float32(x_scale * w_scale)) / y_scale)
    multiplier = math.floor(fraction * 2.0**31 + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = 1 << 30, shift + 1
    return [multiplier], [shift]


# ---- How a kernel rounds ----

def probe_layer(name, dtype, kernels, total, multiplier):
    """The result of a sum with a multiplier; the sum is the bias of an input that is zero."""
    zero = 0 if dtype is S8 else 128
    parameters = {"input": (1, zero), "weights": (multiplier, zero), "output": (1, zero)}
    shape = (1, 4) if name == "FULLY_CONNECTED" else (1, 1, 1, 4)
    x, w = np.full(shape, zero, dtype), np.full((4, *shape[1:]), zero, dtype)
    options = window_options(cases.Window.of_one())
    if name == "FULLY_CONNECTED":
        options = {}
    if name == "DEPTHWISE_CONV_2D":
        w, options["DepthMultiplier"] = w[:1], 1
    y = run_layer(name, x, w, parameters, np.full(4, total, np.int32), options, shape, kernels)
    return int(y.flat[0]) - zero


def probe_add(_, dtype, kernels, a, b, *scales):
    """The sum of a and b, numbers of steps."""
    zero = 0 if dtype is S8 else 128
    parameters = {name: (scale, zero) for name, scale in
                  zip(("a_parameters", "b_parameters", "output"), scales)}
    y = run_add(np.full((1, 4), zero + a, dtype), np.full((1, 4), zero + b, dtype), parameters,
                kernels)
    return int(y.flat[0]) - zero


@functools.cache
def rule_of(name, dtype, kernels):
    """The rule of rounding, or None if octet does not offer it; prints what was found."""
    probe, probes, rules = ((probe_add, ADD_PROBES, ADD_RULES) if name == "ADD" else
                            (probe_layer, PROBES, RULES))
    what = f"{tflite_model.NAME}, {name} {short(dtype)}, {kernels} kernels:"
    try:
        found = tuple(probe(name, dtype, kernels, *values) for values in probes)
    except tflite_model.NotTaken:
        print(f"{what} left out, XNNPACK does not take it", flush=True)
        return None
    rule = rules.get(found, f"unknown, {found}")
    print(what, rule if rule in OFFERED else f"left out, octet does not offer its rule: {rule}",
          flush=True)
    return rule if rule in OFFERED else None


# ---- Comparisons ----

class Kernels(Comparison):
    """Operators whose rule is found out first."""

    def kinds(self, *names):
        """Operator, type, kernels and rule to compare, with a number for seeds."""
        for index, (name, dtype, kernels) in enumerate(
                (name, dtype, kernels) for name in names for dtype in (S8, U8)
                for kernels in ("reference", "XNNPACK")):
            rule = rule_of(name, dtype, kernels)
            if rule is not None:
                self.judge = f"{tflite_model.NAME} {kernels}"
                yield index, name, dtype, kernels, rule


class Layers(Kernels):
    """Convolutions and fully connected layers."""

    @staticmethod
    def parameters(rng, dtype, k, outputs):
        """octet's parameters: int8 weights have zero point 0, others no scales per channel."""
        parameters = cases.parameters(rng, dtype, dtype, k, scales=outputs
                                      if dtype is S8 and rng.integers(2) else None)
        if dtype is S8:
            parameters["weights"] = parameters["weights"][0], 0
        return parameters

    @staticmethod
    def give_fixed_point(name, options):
        """(M, shift) for octet where TensorFlow Lite does not form them as octet does."""
        per_tensor = np.size(options["weights"][0]) == 1
        legacy = options["output_type"] is U8 or name == "FULLY_CONNECTED"
        if options["rounding"].startswith("fixed") and per_tensor and legacy:
            options["fixed"] = fixed_point(options)

    @staticmethod
    def layer(rng, name, dtype, kernels, rule, parameters, bias):
        """octet's options, and the activation they hold."""
        activation = rng.choice(list(BOUNDS), p=[0.4, 0.3, 0.15, 0.15])
        options = dict(parameters, bias=bias, output_type=dtype, rounding=rule,
                       clamp=clamp_of(activation, dtype, *parameters["output"], kernels))
        Layers.give_fixed_point(name, options)
        return options, activation

    def compare_layer(self, name, types, case, run, compute):
        """A case, but for shapes that XNNPACK does not take."""
        try:
            expected = run()
        except tflite_model.NotTaken:
            self.not_taken += 1
        else:
            self.compare(name, types, case, [expected], compute)

    def setUp(self):
        super().setUp()
        self.not_taken = 0

    def tearDown(self):
        if self.not_taken > 0:
            print(f"{tflite_model.NAME}: {self.not_taken} cases left out, XNNPACK does not take "
                  "them", flush=True)
        super().tearDown()

    def test_conv_2d(self):
        for index, name, dtype, kernels, rule in self.kinds("CONV_2D", "DEPTHWISE_CONV_2D"):
            for i in range(200):
                seed = [21, index, i]
                rng = np.random.default_rng(seed)
                depthwise = name == "DEPTHWISE_CONV_2D"
                # grouped convolutions are CONV_2D's, and only its reference kernel's
                kind = None if name == "CONV_2D" and kernels == "reference" else depthwise
                conv = cases.Conv(np.random.default_rng([22, depthwise, i % 70]), kind)
                same = bool(rng.integers(2))
                if kernels == "XNNPACK" and any(np.less(conv.kernel, conv.stride)):
                    same = False  # there this version of XNNPACK pads wrongly
                conv.padding = same_padding(conv) if same else [0, 0, 0, 0]
                conv.grow_image()
                x, w = (array.transpose(0, 2, 3, 1)
                        for array in cases.operands(rng, conv, dtype, dtype))
                parameters = self.parameters(rng, dtype, conv.k, conv.outputs)
                bias = cases.bias(rng, conv.outputs, conv.k)
                if bias is None:  # TensorFlow Lite wants one here
                    bias = np.zeros(conv.outputs, np.int32)
                options, activation = self.layer(rng, name, dtype, kernels, rule,
                                                 parameters, bias)
                options.update(conv.window(), layout="nhwc")
                more = {"FusedActivationFunction": activation}
                if depthwise:
                    more["DepthMultiplier"] = conv.outputs // conv.channels
                padding = tflite.Padding.SAME if same else tflite.Padding.VALID
                self.compare_layer(
                    name, short(dtype), {"seed": seed, "x": x.shape, "w": w.shape, **options},
                    lambda: run_layer(name, x, w.transpose(3, 1, 2, 0) if depthwise else w,
                                      parameters, bias, window_options(conv, padding, **more),
                                      (conv.batch, *output_image(conv), conv.outputs), kernels),
                    lambda context: [context.conv2d(x, w, **options)])

    def test_fully_connected(self):
        for index, name, dtype, kernels, rule in self.kinds("FULLY_CONNECTED"):
            for i in range(200):
                seed = [23, index, i]
                rng = np.random.default_rng(seed)
                product = cases.Product(np.random.default_rng([6, False, i % 80]), False)
                x, w = cases.operands(rng, product, dtype, dtype)
                w = np.ascontiguousarray(w.T)
                parameters = self.parameters(rng, dtype, product.k, product.n)
                bias = cases.bias(rng, product.n, product.k)
                options, activation = self.layer(rng, name, dtype, kernels, rule,
                                                 parameters, bias)
                self.compare_layer(
                    name, short(dtype), {"seed": seed, "a": x.shape, "b": w.shape, **options},
                    lambda: run_layer(name, x, w, parameters, bias,
                                      {"FusedActivationFunction": activation},
                                      (product.m, product.n), kernels),
                    lambda context: [context.gemm(x, w, transpose_b=True, **options)])

    def test_requantization(self):
        """Sums of all of int32: the bias of a layer whose input is its zero point."""
        for index, name, dtype, kernels, rule in self.kinds("CONV_2D", "FULLY_CONNECTED"):
            for i in range(60):
                seed = [24, index, i]
                rng = np.random.default_rng(seed)
                # a shift to the left must not overflow
                sums, x_scale, w_scale, y_scale = cases.sums_near_ties(
                    rng, 1024, per_channel=dtype is S8 and i % 2 == 0, largest=2.0**30)
                zero = cases.zero_point(rng, dtype)
                parameters = {"input": (x_scale, zero), "weights": (w_scale, 0),
                              "output": (y_scale, cases.zero_point(rng, dtype))}
                options = dict(parameters, bias=sums, output_type=dtype, rounding=rule)
                self.give_fixed_point(name, options)
                shape = (1, 1) if name == "FULLY_CONNECTED" else (1, 1, 1, 1)
                x, w = np.full(shape, zero, dtype), np.ones((len(sums), *shape[1:]), dtype)
                more = {} if name == "FULLY_CONNECTED" else window_options(cases.Window.of_one())

                def compute(context):
                    if name == "FULLY_CONNECTED":
                        return [context.gemm(x, w, transpose_b=True, **options)]
                    return [context.conv2d(x, w, layout="nhwc", **options)]

                self.compare_layer(
                    "requantize " + name, short(dtype), {"seed": seed, **options},
                    lambda: run_layer(name, x, w, parameters, sums, more,
                                      (*shape[:-1], len(sums)), kernels), compute)


class Elementwise(Kernels):
    """Quantization, sums and pooling."""

    def test_quantize(self):
        for kind, (kernels, rule, per_axis) in enumerate((
                ("reference", "half-away", False), ("reference", "half-away", True),
                ("optimized", "reciprocal", False))):
            self.judge = f"{tflite_model.NAME} {kernels}"
            for index, dtype in enumerate((U8, S8)):
                for i in range(100):
                    seed = [25, kind, index, i]
                    rng = np.random.default_rng(seed)
                    shape = rng.choice([1, 2, 3, 7, 16, 33], int(rng.integers(2, 5))).tolist()
                    if kernels == "optimized":  # which rounds the rest of a vector otherwise
                        shape[-1] = 32
                    axis = len(shape) - 1 if per_axis else None
                    scales = cases.scale(rng, shape[-1] if per_axis else None)
                    zero = int(cases.zero_point(rng, dtype))
                    x = cases.floats(rng, shape, scales)
                    expected = run_operator(
                        "QUANTIZE", x, "QuantizeOptions", {}, [], None,
                        Tensor(dtype, shape, quantization=(scales, zero), axis=axis or 0),
                        kernels)
                    zeros = np.full(np.shape(scales), zero)
                    self.compare("QUANTIZE" + (" axis" if per_axis else ""), short(dtype),
                                 {"seed": seed, "x": shape, "output": (scales, zero)}, [expected],
                                 lambda context: [context.quantize(x, dtype, rule=rule, axis=axis,
                                                                   output=(scales, zeros))])

    def test_dequantize(self):
        self.judge = f"{tflite_model.NAME} reference"
        for index, dtype in enumerate((U8, S8)):
            for i in range(100):
                seed = [26, index, i]
                rng = np.random.default_rng(seed)
                shape = rng.choice([1, 2, 3, 7, 16, 33], int(rng.integers(1, 5))).tolist()
                q, parameters = cases.data(rng, shape, dtype), (cases.scale(rng),
                                                                cases.zero_point(rng, dtype))
                expected = run_operator("DEQUANTIZE", q, "DequantizeOptions", {}, [], parameters,
                                        Tensor(np.float32, shape), "reference")
                self.compare("DEQUANTIZE", short(dtype),
                             {"seed": seed, "q": shape, "input": parameters}, [expected],
                             lambda context: [context.dequantize(q, input=parameters)])

    def test_add(self):
        for index, _, dtype, kernels, rule in self.kinds("ADD"):
            for i in range(300):
                seed = [28, index, i]
                rng = np.random.default_rng(seed)
                a, b, parameters = cases.sum_case(rng, dtype)
                activation = rng.choice(list(BOUNDS), p=[0.4, 0.3, 0.15, 0.15])
                options = dict(parameters, rule=rule, clamp=clamp_of(
                    activation, dtype, *parameters["output"], kernels))
                self.compare("ADD", short(dtype), {"seed": seed, "a": a.shape, **options},
                             [run_add(a, b, parameters, kernels, activation)],
                             lambda context: [context.binary("add", a, b, dtype, **options)])

    def test_max_pool_2d(self):
        self.judge = f"{tflite_model.NAME} reference"
        for index, dtype in enumerate((U8, S8)):
            for i in range(150):
                seed = [27, index, i]
                rng = np.random.default_rng(seed)
                window = cases.Window(rng)
                window.dilation = [1, 1]
                same = bool(rng.integers(2))
                window.padding = same_padding(window) if same else [0, 0, 0, 0]
                window.grow_image()
                x = cases.data(rng, (2, *window.image, int(rng.integers(1, 20))), dtype)
                parameters = cases.scale(rng), cases.zero_point(rng, dtype)
                expected = run_operator(
                    "MAX_POOL_2D", x, "Pool2DOptions",
                    {"Padding": tflite.Padding.SAME if same else tflite.Padding.VALID,
                     "StrideH": window.stride[0], "StrideW": window.stride[1],
                     "FilterHeight": window.kernel[0], "FilterWidth": window.kernel[1]}, [],
                    parameters, Tensor(dtype, (2, *output_image(window), x.shape[3]),
                                       quantization=parameters), "reference")
                options = {"kernel": window.kernel, "stride": window.stride,
                           "padding": window.padding, "layout": "nhwc"}
                self.compare("MAX_POOL_2D", short(dtype), {"seed": seed, "x": x.shape, **options},
                             [expected], lambda context: [context.max_pool(x, **options)])


if __name__ == "__main__":
    unittest.main()
