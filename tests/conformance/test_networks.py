"""Random networks that ONNX Runtime's quantize_static wrote, against ONNX Runtime."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

import cases
import onnx_model
from cases import S8, U8
from comparison import Comparison, short
from networks import Network, convolutions, perceptron
from onnx_model import node
from quantizer import quantization
from test_onnxruntime import how_exact

TYPES = {U8: quantization.QuantType.QUInt8, S8: quantization.QuantType.QInt8}
FORMS = quantization.QuantFormat


class Images(quantization.CalibrationDataReader):
    """Random inputs to calibrate with."""

    def __init__(self, rng, shape):
        self.images = iter([{"x": rng.normal(size=(8, *shape)).astype(np.float32)}
                            for _ in range(4)])

    def get_next(self):
        """The next inputs, or None."""
        return next(self.images, None)


def quantized(network, rng, form, dtype, **options):
    """The bytes that quantize_static makes of a network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "quantized.onnx")
        quantization.quantize_static(
            network.make(), path, Images(rng, network.input), quant_format=form,
            activation_type=TYPES[dtype], weight_type=quantization.QuantType.QInt8, **options)
        return path.read_bytes()


class Networks(Comparison):
    """Both forms; u8 and s8 activations, weights per channel or not."""
    judge = onnx_model.NAME

    @staticmethod
    def types():
        """Activations whose products with s8 weights are exact here."""
        return [dtype for dtype in (U8, S8) if how_exact("QLinearConv", dtype, S8) == {}]

    def compare_networks(self, operator, make, index, count):
        """Every bit of the outputs."""
        for form in FORMS:
            for dtype in self.types():
                for i in range(count):
                    seed = [80, index, form.value, np.dtype(dtype).num, i]
                    rng = np.random.default_rng(seed)
                    network = make(rng)
                    options = {"per_channel": bool(rng.integers(2))}
                    data = quantized(network, rng, form, dtype, **options)
                    x = rng.normal(size=(5, *network.input)).astype(np.float32)
                    expected = onnx_model.run_model(data, {"x": x}, signed=True)
                    self.compare(f"{operator}, {form.name}", short(dtype, S8),
                                 {"seed": seed, "opset": network.opset, **options}, expected,
                                 lambda context, data=data, x=x: context.network(data, [x]))

    def test_products(self):
        self.compare_networks("products", perceptron, 0, 15)

    def test_convolutions(self):
        self.compare_networks("convolutions", convolutions, 1, 20)

    def test_islands(self):
        """Functions that octet computes with other last bits, in float32 between two layers: at most
        one step away. How many are is printed."""
        for function in ("Sigmoid", "Tanh", "Exp", "Softmax", "SiLU"):
            found = np.zeros(2, int)
            for dtype in self.types():
                for i in range(10):
                    found += self.one_island(function, dtype, i)
            print(f"{function}: {found[0]} of {found[1]} elements are a step away", flush=True)

    def one_island(self, function, dtype, index):
        """A convolution, the function, and a quantization of what it gives."""
        seed = [81, len(function), np.dtype(dtype).num, index]
        rng = np.random.default_rng(seed)
        network = Network(rng, (int(rng.choice([3, 8])), 6, int(rng.integers(4, 40))))
        network.conv()
        if function == "SiLU":
            value = network.value
            network.add("Sigmoid")
            network.add("Mul", value)
        else:
            network.add(function, **{"axis": 1} if function == "Softmax" else {})
        x = rng.normal(size=(5, *network.input)).astype(np.float32)
        data, scale = self.end_in_bytes(
            quantized(network, rng, FORMS.QDQ, dtype, op_types_to_quantize=["Conv"]), x, dtype)
        expected, = onnx_model.run_model(data, {"x": x}, signed=True)
        results = []

        def compute(context):
            y, = context.network(data, [x])
            results.append(y)
            return [np.where(np.abs(np.rint((y - expected) / scale)) > 1, y, expected)]

        self.compare(f"{function}, within a step", short(dtype), {"seed": seed}, [expected],
                     compute)
        return np.array([np.sum(results[0] != expected), expected.size])

    @staticmethod
    def end_in_bytes(data, x, dtype):
        """The model with its output quantized over the range it has for x, and that scale."""
        y, = onnx_model.run_model(data, {"x": x})
        low, high = min(0, np.min(y)), max(0, np.max(y))
        scale = np.float32((high - low) / 255)
        zero = np.asarray(np.clip(np.rint(-low / scale), 0, 255) + cases.bounds(dtype)[0], dtype)
        model = onnx.load_from_string(data)
        graph, output = model.graph, model.graph.output[0]
        graph.initializer.extend([numpy_helper.from_array(scale, "end_scale"),
                                  numpy_helper.from_array(zero, "end_zero")])
        graph.node.extend([
            node("QuantizeLinear", [output.name, "end_scale", "end_zero"], ["end_stored"]),
            node("DequantizeLinear", ["end_stored", "end_scale", "end_zero"], ["end"])])
        output.name = "end"
        return model.SerializeToString(), scale
