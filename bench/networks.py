"""Whole networks: octet beside ONNX Runtime and, where Python has it, OpenVINO, on as many threads as
cores. All take turns, so that a slow moment of the machine meets each of them.

    python3 bench/networks.py build/networks --octet build/release/octet --batch 1 8
    python3 bench/networks.py build/networks --octet build/release/octet --batch 1 8 --streams 2
    python3 bench/networks.py build/networks --octet build/release/octet --form qdq --layers

One stream: a batch begins when the one before is done. More: as many batches at once, of many, with the
cores shared between them.

--layers: instead, where the time goes, as tables and pictures in FOLDER (layers.py).

Writes ResNet-50 (He et al., 2015; the stride in the 3x3 layer of each first block) and MobileNet v2
(Sandler et al., 2018) at 224x224 to FOLDER, as ONNX in QOperator and in QDQ form, with random weights
(s8, a scale per output channel) and scales under which activations fill their range. The outputs are
compared too: where ONNX Runtime's products do not saturate (on CPUs with VNNI) none should differ.
Needs numpy, onnx and onnxruntime (PyPI)."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

try:
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper
except ImportError as missing:
    sys.exit(f"networks.py: {missing}: pip install numpy onnx onnxruntime")

import layers

try:
    import openvino
except ImportError:
    openvino = None

TURNS = 3
BATCHES = 8  # that each of several streams computes in a run
CLASSES = 1000
TYPES = {"u8": np.uint8, "s8": np.int8}


# ---- Building ----

class Value(NamedTuple):
    """A stored tensor: its parameters, and what builders need of its contents."""
    name: str
    scale: np.float32
    zero: int
    channels: int
    square: float  # mean of x * x

    @property
    def parameters(self):
        """Names of the scale and the zero point."""
        return [self.name + "_scale", self.name + "_zero"]


class Builder:
    """Nodes and constants of one model. Layers are named by their number."""

    def __init__(self, dtype):
        self.dtype, self.rng = dtype, np.random.default_rng(1)
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, name, value, dtype):
        """A constant; its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, operator, inputs, output, **attributes):
        """A node; its output."""
        domain = "com.microsoft" if operator.startswith("Q") and operator not in (
            "QuantizeLinear", "QLinearConv") else ""
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain,
                                           **attributes))
        return output

    def value(self, channels, square, most=None):
        """A new stored value: of 0 to "most" (0: what relu leaves), or of both signs (None)."""
        self.count += 1
        low, high = np.iinfo(self.dtype).min, np.iinfo(self.dtype).max
        deviation = np.sqrt(square)
        zero = low if most is not None else (low + high + 1) // 2
        reach = min(most or np.inf, 4 * deviation) if most is not None else 8 * deviation
        value = Value(f"v{self.count}", np.float32(reach / 255), zero, channels, square)
        self.constant(value.parameters[0], value.scale, np.float32)
        self.constant(value.parameters[1], zero, self.dtype)
        return value

    def weights(self, x, shape, gain):
        """Names of weights, scales, zero points and bias of a layer whose outputs have the
        deviation "gain"; its biases are small beside it."""
        name = f"w{self.count}"
        rows, fan_in = shape[0], int(np.prod(shape[1:]))
        stored = np.clip(np.rint(self.rng.normal(size=shape) * 40), -127, 127)
        scales = gain / np.sqrt(fan_in * x.square) / 40 * self.rng.uniform(0.8, 1.25, rows)
        scales = scales.astype(np.float32)
        bias = np.rint(self.rng.normal(size=rows) * 0.1 * gain / (x.scale * scales))
        steps = self.constant(name + "_bias_scale", x.scale * scales, np.float32)
        return [self.constant(name, stored, np.int8), self.constant(name + "_scale", scales, np.float32),
                self.constant(name + "_zero", np.zeros(rows), np.int8),
                self.constant(name + "_bias", bias, np.int32), steps,
                self.constant(name + "_bias_zero", np.zeros(rows), np.int32)]

    def model(self, output):
        """The model, from images to one value per class."""
        used = {name for node in self.nodes for name in node.input}
        graph = helper.make_graph(
            self.nodes, "network",
            [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, ["N", 3, 224, 224])],
            [helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, ["N", CLASSES])],
            [constant for constant in self.constants if constant.name in used])
        return helper.make_model(graph, ir_version=8, opset_imports=[
            helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])


class QOperator(Builder):
    """Operators that take stored values themselves."""

    def start(self):
        """Images of mean 0 and deviation 1."""
        x = self.value(3, 1.0)
        self.node("QuantizeLinear", ["images", *x.parameters], x.name)
        return x

    def conv(self, x, outputs, kernel, stride=1, groups=1, gain=1.0, most=None):
        """A convolution that keeps the size, but for its stride; its activation is the range."""
        y = self.value(outputs, gain ** 2 / (1 if most is None else 2), most)
        w, *parameters, bias, _, _ = self.weights(
            x, (outputs, x.channels // groups, kernel, kernel), gain)
        self.node("QLinearConv", [x.name, *x.parameters, w, *parameters, *y.parameters, bias], y.name,
                  strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)
        return y

    def add(self, a, b, most=None):
        """A sum."""
        y = self.value(a.channels, a.square + b.square, most)
        self.node("QLinearAdd", [a.name, *a.parameters, b.name, *b.parameters, *y.parameters], y.name)
        return y

    def max_pool(self, x):
        """3x3 with stride 2; parameters stay."""
        name = self.node("MaxPool", [x.name], x.name + "_pool", kernel_shape=[3, 3], strides=[2, 2],
                         pads=[1, 1, 1, 1])
        for old, new in zip(x.parameters, x._replace(name=name).parameters):
            self.constants += [numpy_helper.from_array(numpy_helper.to_array(c), new)
                               for c in self.constants if c.name == old]
        return x._replace(name=name)

    def mean(self, x):
        """Of all pixels."""
        y = self.value(x.channels, x.square, 0)
        self.node("QLinearGlobalAveragePool", [x.name, *x.parameters, *y.parameters], y.name)
        return y

    def finish(self, x):
        """The classes."""
        y = self.value(CLASSES, 1.0)
        flat = self.node("Flatten", [x.name], "flat")
        w, *parameters, bias, _, _ = self.weights(x, (CLASSES, x.channels), 1.0)
        self.node("QGemm", [flat, *x.parameters, w, *parameters, bias, *y.parameters], y.name, transB=1)
        return self.model(self.node("DequantizeLinear", [y.name, *y.parameters], "classes"))


class Qdq(Builder):
    """Float operators between DequantizeLinear and QuantizeLinear."""

    def real(self, name, parameters, **attributes):
        """A stored tensor, dequantized."""
        return self.node("DequantizeLinear", [name, *parameters], f"{name}_real{len(self.nodes)}",
                         **attributes)

    def of(self, x):
        """A value, dequantized."""
        return self.real(x.name, x.parameters)

    def store(self, operator, inputs, y, most=None, **attributes):
        """An operator, its activation, and what stores y."""
        name = self.node(operator, inputs, y.name + "_" + operator.lower(), **attributes)
        if most is not None:
            bounds = [self.constant(f"{y.name}_{side}", bound, np.float32)
                      for side, bound in (("low", 0), ("high", most))] if most > 0 else []
            name = self.node("Clip" if bounds else "Relu", [name, *bounds], y.name + "_clipped")
        self.node("QuantizeLinear", [name, *y.parameters], y.name)
        return y

    def start(self):
        """As QOperator's."""
        x = self.value(3, 1.0)
        self.node("QuantizeLinear", ["images", *x.parameters], x.name)
        return x

    def layer(self, x, shape, gain):
        """The float weights and bias."""
        w, scale, zero, bias, steps, bias_zero = self.weights(x, shape, gain)
        return [self.real(w, [scale, zero], axis=0), self.real(bias, [steps, bias_zero], axis=0)]

    def conv(self, x, outputs, kernel, stride=1, groups=1, gain=1.0, most=None):
        """As QOperator's."""
        y = self.value(outputs, gain ** 2 / (1 if most is None else 2), most)
        layer = self.layer(x, (outputs, x.channels // groups, kernel, kernel), gain)
        return self.store("Conv", [self.of(x), *layer], y, most, strides=[stride] * 2,
                          pads=[kernel // 2] * 4, group=groups)

    def add(self, a, b, most=None):
        """A sum."""
        y = self.value(a.channels, a.square + b.square, most)
        return self.store("Add", [self.of(a), self.of(b)], y, most)

    def max_pool(self, x):
        """3x3 with stride 2; the same parameters."""
        y = self.value(x.channels, x.square, 0)
        y = y._replace(scale=x.scale, zero=x.zero)
        self.constants = [c for c in self.constants if c.name not in y.parameters]
        self.constant(y.parameters[0], x.scale, np.float32)
        self.constant(y.parameters[1], x.zero, self.dtype)
        return self.store("MaxPool", [self.of(x)], y, kernel_shape=[3, 3], strides=[2, 2],
                          pads=[1, 1, 1, 1])

    def mean(self, x):
        """Of all pixels."""
        return self.store("GlobalAveragePool", [self.of(x)], self.value(x.channels, x.square, 0))

    def finish(self, x):
        """The classes."""
        y = self.value(CLASSES, 1.0)
        layer = self.layer(x, (CLASSES, x.channels), 1.0)
        flat = self.node("Flatten", [self.of(x)], "flat")
        self.store("Gemm", [flat, *layer], y, transB=1)
        return self.model(self.node("DequantizeLinear", [y.name, *y.parameters], "classes"))


# ---- Networks ----

def resnet50(b):
    """ResNet-50, table 1."""
    x = b.max_pool(b.conv(b.start(), 64, 7, stride=2, most=0))
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = b.conv(x, width, 1, most=0)
            y = b.conv(y, width, 3, stride=stride, most=0)
            y = b.conv(y, 4 * width, 1, gain=0.5)
            shortcut = b.conv(x, 4 * width, 1, stride=stride) if block == 0 else x
            x = b.add(y, shortcut, most=0)
    return b.finish(b.mean(x))


def mobilenet_v2(b):
    """MobileNet v2, table 2, with its ReLU6."""
    x = b.conv(b.start(), 32, 3, stride=2, most=6)
    for expansion, channels, blocks, first in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
            (6, 160, 3, 2), (6, 320, 1, 1)):
        for block in range(blocks):
            wide, stride = expansion * x.channels, first if block == 0 else 1
            y = b.conv(x, wide, 1, gain=2.0, most=6) if expansion > 1 else x
            y = b.conv(y, wide, 3, stride=stride, groups=wide, gain=2.0, most=6)
            y = b.conv(y, channels, 1)
            x = b.add(x, y) if block > 0 else y
    return b.finish(b.mean(b.conv(x, 1280, 1, gain=2.0, most=6)))


NETWORKS = {"resnet50": resnet50, "mobilenet_v2": mobilenet_v2}
FORMS = {"qoperator": QOperator, "qdq": Qdq}


# ---- Running ----

class OnnxRuntime:
    """A session; outputs stay bound, as octet's do."""
    name = "ONNX Runtime"

    def __init__(self, path, batches, streams):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, os.cpu_count() // streams)
        options.add_session_config_entry("session.qdqisint8allowed", "1")
        self.session = onnxruntime.InferenceSession(str(path), options,
                                                    providers=["CPUExecutionProvider"])
        self.streams = [[self.bind(batch) for batch in batches[i::streams]] for i in range(streams)]
        self.pool = ThreadPoolExecutor(streams)

    def bind(self, batch):
        """A batch with its output."""
        binding = self.session.io_binding()
        binding.bind_cpu_input("images", batch)
        binding.bind_output("classes")
        return binding

    def run(self):
        """Computes all batches once."""
        def one(bindings):
            for binding in bindings:
                self.session.run_with_iobinding(binding)
        if len(self.streams) == 1:
            one(self.streams[0])
        else:
            list(self.pool.map(one, self.streams))

    def time(self, seconds):
        """The mean of runs that last "seconds", and the output of the first batch."""
        return time_calls(self.run, seconds), self.streams[0][0].copy_outputs_to_cpu()[0]


class OpenVino:
    """A compiled model."""
    name = "OpenVINO"

    def __init__(self, path, batches, streams):
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape(list(batches[0].shape))
        hints = {"PERFORMANCE_HINT": "LATENCY"} if streams == 1 else {
            "PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": streams}
        compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": os.cpu_count(), **hints})
        self.batches = [openvino.Tensor(batch, shared_memory=True) for batch in batches]
        self.request = compiled.create_infer_request() if streams == 1 else None
        self.queue = openvino.AsyncInferQueue(compiled, streams)

    def run(self):
        """As OnnxRuntime's."""
        for batch in self.batches:
            if self.request:
                self.request.infer({0: batch}, share_inputs=True)
            else:
                self.queue.start_async({0: batch}, share_inputs=True)
        self.queue.wait_all()

    def time(self, seconds):
        """As OnnxRuntime's."""
        taken = time_calls(self.run, seconds)
        request = self.request or self.queue[0]
        return taken, request.get_output_tensor().data.copy()


class Octet:
    """The program: one process per turn."""
    name = "octet"

    def __init__(self, program, path, batches, streams):
        self.path, self.once, self.images = path, 0.05, len(batches[0])
        self.input, self.output = path.with_suffix(".input.npy"), path.with_suffix(".output.npy")
        self.command = [program, "run", "--json", "--batch", str(self.images), "--streams",
                        str(streams), "--input", str(self.input), "--output", str(self.output),
                        str(path)]
        np.save(self.input, np.concatenate(batches))

    def time(self, seconds):
        """As OnnxRuntime's."""
        command = [*self.command, "--repeat", str(max(3, int(seconds / self.once)))]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")
        self.once = json.loads(result.stdout)["seconds"]
        return self.once, np.load(self.output)[:self.images]


def time_calls(call, seconds):
    """The mean of calls that last "seconds", after one, as octet gives it."""
    call()
    times, deadline = [], time.perf_counter() + seconds
    while time.perf_counter() < deadline or len(times) < 3:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.mean(times)


def open_all(arguments, path, batches):
    """Whoever accepts the model."""
    sides = [Octet(arguments.octet, path, batches, arguments.streams),
             OnnxRuntime(path, batches, arguments.streams)]
    try:
        return sides + ([OpenVino(path, batches, arguments.streams)] if openvino is not None else [])
    except RuntimeError as error:
        print(f"{path.name}: OpenVINO refuses it: {str(error).strip().splitlines()[-1]}")
        return sides


def random_images(rng, images):
    """A batch."""
    return rng.normal(size=(images, 3, 224, 224)).astype(np.float32)


def measure_layers(arguments, path, images):
    """Prints where octet loses time."""
    batch, saved = random_images(np.random.default_rng(2), images), path.with_suffix(".input.npy")
    np.save(saved, batch)
    layers.report(arguments.octet, path, saved, batch)


def measure(arguments, path, images):
    """Prints a line per side."""
    rng, count = np.random.default_rng(2), arguments.streams
    batches = [random_images(rng, images) for _ in range(count * BATCHES if count > 1 else 1)]
    sides, times, outputs = open_all(arguments, path, batches), {}, {}
    for _ in range(TURNS):
        for side in sides:
            seconds, outputs[side.name] = side.time(arguments.seconds / TURNS)
            times.setdefault(side.name, []).append(seconds)
    mine, theirs = outputs["octet"], outputs["ONNX Runtime"]
    total = images * len(batches)
    speeds = ", ".join(f"{name} {total / statistics.median(each):.1f}" for name, each in times.items())
    print(f"{path.stem} batch {images}, streams {count}: images/s: {speeds}; {np.count_nonzero(mine != theirs)} of "
          f"{mine.size} outputs differ from ONNX Runtime's, {len(np.unique(mine))} distinct values",
          flush=True)


def main():
    """Writes, then measures."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where models and arrays are written")
    parser.add_argument("--octet", default="build/release/octet", help="the program")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--form", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--type", nargs="+", choices=TYPES, default=["u8"],
                        help="of activations (u8)")
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8], help="images at a time (1 8)")
    parser.add_argument("--streams", type=int, default=1, help="batches at once (1)")
    parser.add_argument("--layers", action="store_true", help="time layers, not networks")
    parser.add_argument("--seconds", type=float, default=6, help="for each side of a model (6)")
    parser.add_argument("--write", action="store_true", help="write the models, run nothing")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not arguments.write:
        peers = f", openvino {openvino.__version__}" if openvino is not None else ""
        print(f"onnxruntime {onnxruntime.__version__}{peers}, {os.cpu_count()} threads")
    for name in arguments.network:
        for form in arguments.form:
            for kind in arguments.type:
                path = arguments.folder / f"{name}-{form}-{kind}.onnx"
                onnx.save(NETWORKS[name](FORMS[form](TYPES[kind])), path)
                for images in [] if arguments.write else arguments.batch:
                    (measure_layers if arguments.layers else measure)(arguments, path, images)
    return 0


if __name__ == "__main__":
    sys.exit(main())
