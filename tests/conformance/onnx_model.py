"""ONNX models of one or a few nodes, run by ONNX Runtime on one thread of the CPU."""

import numpy as np
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, NotImplemented
from onnx import helper, numpy_helper

NAME = f"ONNX Runtime {onnxruntime.__version__}"

OPSET = 19          # the last in which x64quantprecision knows QLinearMatMul
BLOCKED_OPSET = 21  # the first with block_size

# With it, on a CPU whose u8*s8 products saturate, constant s8 weights become u8.
PRECISE = ("session.x64quantprecision", "1")

# With it, s8 activations between DequantizeLinear and QuantizeLinear become integers on x86 too.
SIGNED = ("session.qdqisint8allowed", "1")

onnxruntime.set_default_logger_severity(4)


class Refused(Exception):
    """ONNX Runtime did not accept the model."""


def node(operator, inputs, outputs, domain="", **attributes):
    """A node; "" stands for an absent input."""
    return helper.make_node(operator, inputs, outputs, domain=domain, **attributes)


def kind_of(dtype):
    """ONNX's number of a type."""
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def make(nodes, inputs, outputs, constants=(), opset=OPSET):
    """The model's bytes; arguments as of "run"."""
    inputs = {name: np.asarray(value) for name, value in inputs.items()}
    kind = kind_of
    graph = helper.make_graph(
        nodes, "graph",
        [helper.make_tensor_value_info(name, kind(value.dtype), value.shape)
         for name, value in inputs.items() if name not in constants],
        [helper.make_tensor_value_info(name, kind(dtype), None)
         for name, dtype in outputs.items()],
        [numpy_helper.from_array(inputs[name], name) for name in constants])
    model = helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)])
    return model.SerializeToString()


def run_model(model, inputs, precise=False, optimize=True, signed=False):
    """The outputs, a list, of a model's bytes for inputs by name."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if precise:
        options.add_session_config_entry(*PRECISE)
    if signed:
        options.add_session_config_entry(*SIGNED)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except NotImplemented as error:
        raise Refused("not offered") from error
    except Fail as error:
        raise Refused(str(error)) from error
    return session.run(None, inputs)


def run(nodes, inputs, outputs, constants=(), opset=OPSET, precise=False, optimize=True):
    """The outputs, a list; "inputs" are arrays by name, and those named by "constants" constant."""
    return run_model(make(nodes, inputs, outputs, constants, opset),
                     {name: np.asarray(value) for name, value in inputs.items()
                      if name not in constants}, precise, optimize)
