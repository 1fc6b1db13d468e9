"""TensorFlow Lite models of one operator, written with flatbuffers and run by LiteRT."""

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

KERNELS = {"reference": OpResolverType.BUILTIN_REF,
           "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES}

_TYPES = {np.dtype(np.int8): tflite.TensorType.INT8, np.dtype(np.uint8): tflite.TensorType.UINT8,
          np.dtype(np.int32): tflite.TensorType.INT32}


class Tensor:
    """A tensor of a model: an array when constant, else a shape; scales and zero points."""

    def __init__(self, data, dtype=None, scale=None, zero=0, axis=0):
        self.data = data if dtype is None else None
        self.shape = data.shape if dtype is None else data
        self.dtype = data.dtype if dtype is None else np.dtype(dtype)
        self.scale, self.zero, self.axis = scale, zero, axis


def _table(builder, kind, **fields):
    getattr(tflite, kind + "Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{kind}Add{name}")(builder, value)
    return getattr(tflite, kind + "End")(builder)


def _offsets(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _buffer(builder, data):
    """Constants must lie at multiples of 16 bytes."""
    if data is None:
        return _table(builder, "Buffer")
    content = np.ascontiguousarray(data).tobytes()
    builder.StartVector(1, len(content), 16)
    builder.head = builder.Head() - len(content)
    builder.Bytes[builder.head:builder.head + len(content)] = content
    return _table(builder, "Buffer", Data=builder.EndVector())


def _tensor(builder, tensor, index):
    fields = {"Name": builder.CreateString(f"tensor{index}"), "Type": _TYPES[tensor.dtype],
              "Shape": builder.CreateNumpyVector(np.array(tensor.shape, np.int32)),
              "Buffer": index + 1}
    if tensor.scale is not None:
        scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
        zeros = np.broadcast_to(np.asarray(tensor.zero, np.int64), scales.shape)
        fields["Quantization"] = _table(
            builder, "QuantizationParameters", Scale=builder.CreateNumpyVector(scales),
            ZeroPoint=builder.CreateNumpyVector(zeros.copy()), QuantizedDimension=tensor.axis)
    return _table(builder, "Tensor", **fields)


def build(code, version, options_type, options, inputs, output):
    """The bytes of a model: one operator from "inputs" (None: absent) to "output"."""
    builder = flatbuffers.Builder(4096)
    present = [tensor for tensor in inputs if tensor is not None] + [output]
    index = [present.index(tensor) if tensor is not None else -1 for tensor in inputs]
    buffers = _offsets(builder, [_buffer(builder, data) for data in
                                 [None] + [tensor.data for tensor in present]])
    tensors = _offsets(builder, [_tensor(builder, tensor, i) for i, tensor in enumerate(present)])

    def indices(values):
        return builder.CreateNumpyVector(np.array(values, np.int32))

    operator = _table(
        builder, "Operator", OpcodeIndex=0, Inputs=indices(index),
        Outputs=indices([len(present) - 1]),
        BuiltinOptionsType=getattr(tflite.BuiltinOptions, options_type),
        BuiltinOptions=_table(builder, options_type, **options))
    graph = _table(
        builder, "SubGraph", Tensors=tensors, Operators=_offsets(builder, [operator]),
        Inputs=indices([i for i, tensor in enumerate(present[:-1]) if tensor.data is None]),
        Outputs=indices([len(present) - 1]))
    opcode = _table(builder, "OperatorCode", DeprecatedBuiltinCode=min(code, 127),
                    BuiltinCode=code, Version=version)
    builder.Finish(_table(builder, "Model", Version=3, Subgraphs=_offsets(builder, [graph]),
                          OperatorCodes=_offsets(builder, [opcode]), Buffers=buffers), b"TFL3")
    return bytes(builder.Output())


def run(model, inputs, kernels="reference"):
    """The model's output."""
    interpreter = Interpreter(model_content=model, num_threads=1,
                              experimental_op_resolver_type=KERNELS[kernels])
    interpreter.allocate_tensors()
    for details, data in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(details["index"], data)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
