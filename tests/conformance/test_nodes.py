"""octet against the 8-bit operators' test data of the ONNX standard, bit for bit."""

import importlib
import os
import pathlib
import re
import unittest

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case import node as node_tests

from comparison import Comparison, short

FOLDER = pathlib.Path(os.environ.get("OCTET_NODE_TESTS", "/usr/share/libonnx-testdata/data/node"))
NAMES = re.compile("qlinear|integer|quantizelinear")


class LeftOut(Exception):
    """A test of something that octet does not do."""


def attributes_of(node):
    """Attributes by name."""
    return {attribute.name: onnx.helper.get_attribute_value(attribute)
            for attribute in node.attribute}


def scalar_zero(zero, dtype):
    """A zero point that may be absent."""
    return np.zeros((), dtype) if zero is None else zero


def window(node):
    """octet's arguments of a convolution's attributes."""
    given = attributes_of(node)
    if given.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise LeftOut("auto_pad")
    return {"groups": given.get("group", 1), "stride": given.get("strides", (1, 1)),
            "dilation": given.get("dilations", (1, 1)), "padding": given.get("pads", (0, 0, 0, 0))}


# ---- Operators ----

def as_columns(parameter):
    """B's parameters of columns may come as a row."""
    return np.ravel(parameter) if np.ndim(parameter) else parameter


def fold(array):
    """Leading dimensions beyond one batch are more batches."""
    return array.reshape(-1, *array.shape[-2:]) if array.ndim > 3 else array


def gemm(context, a, b, **options):
    """A product of two or more dimensions."""
    y = context.gemm(fold(a), fold(b), **options)
    return y.reshape(*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *y.shape[-2:])


def matmul_integer(context, node, a, b, a_zero=None, b_zero=None):
    """MatMulInteger"""
    return [gemm(context, a, b, output_type=np.int32, input=(1, scalar_zero(a_zero, a.dtype)),
                 weights=(1, scalar_zero(b_zero, b.dtype)))]


def conv_integer(context, node, x, w, x_zero=None, w_zero=None):
    """ConvInteger"""
    return [context.conv2d(x, w, output_type=np.int32, input=(1, scalar_zero(x_zero, x.dtype)),
                           weights=(1, scalar_zero(w_zero, w.dtype)), **window(node))]


def qlinear_matmul(context, node, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    """QLinearMatMul"""
    return [gemm(context, a, b, output_type=y_zero.dtype, input=(a_scale, a_zero),
                 weights=(as_columns(b_scale), as_columns(b_zero)), output=(y_scale, y_zero))]


def qlinear_conv(context, node, x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero,
                 bias=None):
    """QLinearConv"""
    return [context.conv2d(x, w, output_type=y_zero.dtype, input=(x_scale, x_zero),
                           weights=(w_scale, w_zero), output=(y_scale, y_zero), bias=bias,
                           **window(node))]


def by_rows(node, x, scale, zero, compute):
    """(De)quantization per tensor, along an axis, or of blocks, which become rows."""
    given = attributes_of(node)
    axis = given.get("axis", 1) % max(x.ndim, 1)
    if scale.ndim == 0 or scale.size == 1 and scale.ndim < 2:
        return compute(x, (scale, zero), None)
    if scale.ndim == 1:
        return compute(x, (scale, zero), axis)
    block = given["block_size"]
    blocks = x.reshape(*x.shape[:axis], -1, block, *x.shape[axis + 1:])
    rows = np.moveaxis(blocks, axis + 1, -1)
    y = compute(rows.reshape(-1, block), (scale.ravel(), zero.ravel()), 0)
    return np.moveaxis(y.reshape(rows.shape), -1, axis + 1).reshape(x.shape)


def quantize_linear(context, node, x, scale, zero=None):
    """QuantizeLinear"""
    zero = np.zeros(scale.shape, np.uint8) if zero is None else zero
    return [by_rows(node, x, scale, zero, lambda x, output, axis: context.quantize(
        x, zero.dtype, output=output, axis=axis))]


def dequantize_linear(context, node, q, scale, zero=None):
    """DequantizeLinear"""
    zero = np.zeros(scale.shape, q.dtype) if zero is None else zero
    return [by_rows(node, q, scale, zero, lambda q, input, axis: context.dequantize(
        q, input=input, axis=axis))]


def dynamic_quantize_linear(context, node, x):
    """DynamicQuantizeLinear"""
    q, scale, zero, _ = context.quantize(x, np.uint8, parameters="onnx")
    return [q, scale.reshape(()), zero.reshape(()).astype(np.uint8)]


# Each with the inputs whose types name a row of the table of results.
OPERATORS = {"MatMulInteger": (matmul_integer, (0, 1)), "ConvInteger": (conv_integer, (0, 1)),
             "QLinearMatMul": (qlinear_matmul, (0, 3)), "QLinearConv": (qlinear_conv, (0, 3)),
             "QuantizeLinear": (quantize_linear, (0,)),
             "DequantizeLinear": (dequantize_linear, (0,)),
             "DynamicQuantizeLinear": (dynamic_quantize_linear, (0,))}


# ---- Test data ----

def arrays_of(tensors):
    """The tensors as arrays; raises LeftOut where one has a type that octet does not take."""
    for tensor in tensors:
        name = (onnx.TensorProto.DataType.Name(tensor.data_type).lower()
                if isinstance(tensor, onnx.TensorProto) else tensor.dtype.name)
        if name not in ("uint8", "int8", "int32", "float32"):
            raise LeftOut(f"{name} tensors")
    return [np.asarray(tensor) for tensor in tensors]


def read_tensor(path):
    """The array in a .pb file."""
    return numpy_helper.to_array(onnx.load_tensor(path))


def from_folder(folder):
    """(name, model, [(inputs, outputs)]) of the tests in a folder of files."""
    for path in sorted(folder.glob("*/model.onnx")):
        if NAMES.search(path.parent.name):
            sets = [[[read_tensor(file) for file in sorted(
                data.glob(kind), key=lambda file: int(re.search(r"\d+", file.name)[0]))]
                     for kind in ("input_*.pb", "output_*.pb")]
                    for data in sorted(path.parent.glob("test_data_set_*"))]
            yield path.parent.name, onnx.load(path), sets


def from_package():
    """The same of the onnx package, which makes its tests as their modules are imported."""
    for operator in OPERATORS:
        importlib.import_module(f"{node_tests.__name__}.{operator.lower()}")
    # the public function imports the modules of all operators, which takes long
    for test in node_tests._NodeTestCases:
        yield test.name, test.model, [[list(arrays) for arrays in data] for data in test.data_sets]


class Nodes(Comparison):
    """One node, its inputs and its expected outputs."""

    def run_test(self, name, model, sets):
        """One test, or a line that says why it is left out."""
        node, *more = model.graph.node
        try:
            if more:
                raise LeftOut(f"the same as {name.removesuffix('_expanded')}, as a function")
            function, operands = OPERATORS[node.op_type]
            for inputs, outputs in sets:
                inputs, outputs = iter(arrays_of(inputs)), arrays_of(outputs)
                arguments = [next(inputs) if name else None for name in node.input]
                self.compare(node.op_type, short(*[arguments[i].dtype for i in operands]), name,
                             outputs, lambda context: function(context, node, *arguments))
        except LeftOut as reason:
            print(f"{self.judge}, {name}: left out, {reason}")

    def test_onnx_package(self):
        self.judge = f"onnx {onnx.__version__}"
        for test in from_package():
            self.run_test(*test)

    def test_libonnx_testdata(self):
        self.judge = "libonnx-testdata"
        tests = list(from_folder(FOLDER))
        self.assertTrue(tests, f"there are no tests in {FOLDER}: install libonnx-testdata, or set "
                        "OCTET_NODE_TESTS to the folder of the node tests")
        for test in tests:
            self.run_test(*test)


if __name__ == "__main__":
    unittest.main()
