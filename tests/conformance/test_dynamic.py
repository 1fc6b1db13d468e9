"""Networks that ONNX Runtime's quantize_dynamic wrote, against ONNX Runtime, bit for bit."""

import tempfile
from pathlib import Path

import numpy as np
import onnx

import cases
import onnx_model
from comparison import Comparison, short
from networks import convolutions, perceptron, transformer
from quantizer import quantization
from test_onnxruntime import how_exact


class Dynamic(Comparison):
    """Random networks, weights of both types, per channel or not, of 7 bits or 8."""
    judge = onnx_model.NAME

    @staticmethod
    def quantized(model, folder, dtype, **options):
        """The bytes that quantize_dynamic makes of a model."""
        source, target = Path(folder, "float.onnx"), Path(folder, "dynamic.onnx")
        onnx.save(model, source)
        kinds = {cases.U8: quantization.QuantType.QUInt8, cases.S8: quantization.QuantType.QInt8}
        quantization.quantize_dynamic(source, target, weight_type=kinds[dtype], **options)
        return target.read_bytes()

    def compare_networks(self, operator, make, index, count):
        """As ONNX Runtime runs what its quantizer wrote, with its optimizer and without."""
        for dtype in (cases.U8, cases.S8):
            if how_exact("MatMulInteger", cases.U8, dtype) != {}:
                print(f"left out: {operator} u8*{short(dtype)}: sums saturate on this CPU")
                continue
            for i in range(count):
                seed = [70, index, np.dtype(dtype).num, i]
                rng = np.random.default_rng(seed)
                network = make(rng)
                options = {"per_channel": bool(rng.integers(2)),
                           "reduce_range": bool(rng.integers(2)),
                           "extra_options": {"MatMulConstBOnly": False}}
                if dtype is cases.S8:
                    options["extra_options"]["WeightSymmetric"] = bool(rng.integers(2))
                with tempfile.TemporaryDirectory() as folder:
                    data = self.quantized(network.make(), folder, dtype, **options)
                x = rng.normal(rng.choice([0, 1, -3]), 1.0, (int(rng.integers(1, 5)),
                                                             *network.input)).astype(np.float32)
                expected = onnx_model.run_model(data, {"x": x}, optimize=bool(i % 2))
                self.compare(operator, short(dtype), {"seed": seed, "opset": network.opset, **options}, expected,
                             lambda context, data=data, x=x: context.network(data, [x]))

    def test_perceptron(self):
        self.compare_networks("dynamic, products", perceptron, 0, 40)

    def test_convolutions(self):
        self.compare_networks("dynamic, convolutions", convolutions, 1, 25)

    def test_transformer(self):
        self.compare_networks("dynamic, products of values", transformer, 2, 20)
