"""TensorFlow Lite models of one operator, written with flatbuffers and run by LiteRT."""

import importlib.metadata

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

NAME = f"LiteRT {importlib.metadata.version('ai-edge-litert')}"

# LiteRT's sets of kernels. Its default set is the optimized one, and before it XNNPACK for what
# XNNPACK takes.
KERNELS = {"reference": OpResolverType.BUILTIN_REF,
           "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
           "XNNPACK": OpResolverType.BUILTIN}

TYPES = {"int8": tflite.TensorType.INT8, "uint8": tflite.TensorType.UINT8,
         "int32": tflite.TensorType.INT32, "float32": tflite.TensorType.FLOAT32}


class NotTaken(Exception):
    """XNNPACK left this operator to the optimized kernels."""


class Tensor:
    """A tensor of a model: constant "data", or the shape of what is given at run time."""

    def __init__(self, dtype, shape=None, data=None, quantization=None, axis=0):
        self.dtype, self.data, self.axis = np.dtype(dtype), data, axis
        self.shape = shape if data is None else data.shape
        self.quantization = quantization  # (scale or scales, zero point or zero points)


def table(builder, kind, **fields):
    """A table of the schema; the fields' own tables must be there already."""
    getattr(tflite, kind + "Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{kind}Add{name}")(builder, value)
    return getattr(tflite, kind + "End")(builder)


def offsets(builder, values):
    """A vector of tables."""
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependUOffsetTRelative(value)
    return builder.EndVector()


def buffer(builder, data):
    """A buffer; constants must lie at multiples of 16 bytes."""
    if data is None:
        return table(builder, "Buffer")
    content = np.ascontiguousarray(data).tobytes()
    builder.StartVector(1, len(content), 16)
    builder.head = builder.Head() - len(content)
    builder.Bytes[builder.head:builder.head + len(content)] = content
    return table(builder, "Buffer", Data=builder.EndVector())


def tensor_table(builder, tensor, index):
    """A tensor, whose data are in buffer index + 1: the first buffer is always empty."""
    fields = {"Name": builder.CreateString(f"tensor{index}"), "Type": TYPES[tensor.dtype.name],
              "Shape": builder.CreateNumpyVector(np.array(tensor.shape, np.int32)),
              "Buffer": index + 1}
    if tensor.quantization is not None:
        scales = np.atleast_1d(np.asarray(tensor.quantization[0], np.float32))
        zeros = np.full(scales.shape, tensor.quantization[1], np.int64)
        fields["Quantization"] = table(
            builder, "QuantizationParameters", Scale=builder.CreateNumpyVector(scales),
            ZeroPoint=builder.CreateNumpyVector(zeros), QuantizedDimension=tensor.axis)
    return table(builder, "Tensor", **fields)


def build(operator, version, options_type, options, inputs, output):
    """The bytes of a model of one operator."""
    builder = flatbuffers.Builder(4096)
    tensors = [*inputs, output]

    def indices(chosen):
        return builder.CreateNumpyVector(np.array([tensors.index(tensor) for tensor in chosen],
                                                  np.int32))

    graph = table(
        builder, "SubGraph",
        Tensors=offsets(builder, [tensor_table(builder, *pair[::-1])
                                  for pair in enumerate(tensors)]),
        Operators=offsets(builder, [table(
            builder, "Operator", OpcodeIndex=0, Inputs=indices(inputs), Outputs=indices([output]),
            BuiltinOptionsType=getattr(tflite.BuiltinOptions, options_type),
            BuiltinOptions=table(builder, options_type, **options))]),
        Inputs=indices([tensor for tensor in inputs if tensor.data is None]),
        Outputs=indices([output]))
    code = table(builder, "OperatorCode", DeprecatedBuiltinCode=min(operator, 127),
                 BuiltinCode=operator, Version=version)
    buffers = [buffer(builder, data) for data in [None] + [tensor.data for tensor in tensors]]
    builder.Finish(table(builder, "Model", Version=3, Subgraphs=offsets(builder, [graph]),
                         OperatorCodes=offsets(builder, [code]),
                         Buffers=offsets(builder, buffers)), b"TFL3")
    return bytes(builder.Output())


def run(model, x, kernels):
    """The model's output for the input x."""
    interpreter = Interpreter(model_content=model, num_threads=1,
                              experimental_op_resolver_type=KERNELS[kernels])
    interpreter.allocate_tensors()
    if kernels == "XNNPACK":
        # no public call says what a delegate took
        names = [operator["op_name"] for operator in interpreter._get_ops_details()]
        if "DELEGATE" not in names:
            raise NotTaken(", ".join(names))
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
