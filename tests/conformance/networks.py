"""Seeded random networks in float32, which the tests have ONNX Runtime's quantizer quantize."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import onnx_model
from onnx_model import node


class Network:
    """A float network, node by node; every tensor knows its shape without the batch."""

    def __init__(self, rng, shape):
        self.rng, self.shape, self.input = rng, shape, shape
        self.nodes, self.constants, self.value = [], {}, "x"
        self.opset = int(rng.choice([13, 17, onnx_model.OPSET]))  # 19 changed AveragePool

    def name(self, prefix):
        """A new name."""
        return f"{prefix}{len(self.nodes)}_{len(self.constants)}"

    def constant(self, *shape, around=0.0):
        """The name of a constant of normal numbers."""
        name = self.name("c")
        values = self.rng.normal(around, self.rng.uniform(0.1, 1.0), shape)
        self.constants[name] = values.astype(np.float32)
        return name

    def add(self, operator, *others, **attributes):
        """A node of the last value, and of others."""
        output = self.name("v")
        self.nodes.append(node(operator, [self.value, *others], [output], name=output,
                               **attributes))
        self.value = output

    def activate(self):
        """A function that is rounded once, or none."""
        operator = self.rng.choice(["Relu", "Relu", "LeakyRelu", "HardSigmoid", ""])
        if operator:
            self.add(str(operator))

    def linear(self):
        """Gemm, or MatMul with an Add or without."""
        k, n = self.shape[-1], int(self.rng.choice([1, 3, 8, 17, 32]))
        kind = self.rng.integers(3) if len(self.shape) == 1 else self.rng.integers(1, 3)
        if kind == 0:
            turned = int(self.rng.integers(2))
            weights = self.constant(*((n, k) if turned else (k, n)))
            self.add("Gemm", weights, self.constant(n), transB=turned)
        else:
            self.add("MatMul", self.constant(k, n))
            if kind == 1:
                self.add("Add", self.constant(n))
        self.shape = (*self.shape[:-1], n)

    def conv(self):
        """A convolution that keeps height and width, or halves them."""
        channels, *size = self.shape
        depthwise = bool(self.rng.integers(4) == 0)
        outputs = channels if depthwise else int(self.rng.choice([1, 4, 8, 13, 20]))
        kernel, stride = int(self.rng.choice([1, 3])), int(self.rng.choice([1, 1, 2]))
        groups = channels if depthwise else 1
        weights = self.constant(outputs, channels // groups, kernel, kernel,
                                around=self.rng.choice([0.0, 0.3]))
        bias = [self.constant(outputs)] if self.rng.integers(2) else []
        self.add("Conv", weights, *bias, group=groups, strides=[stride] * 2,
                 pads=[kernel // 2] * 4)
        self.shape = (outputs, *[(length - 1) // stride + 1 for length in size])

    def pool(self):
        """The largest or the mean of windows."""
        channels, *size = self.shape
        stride = int(self.rng.choice([1, 2, 3]))
        self.add(str(self.rng.choice(["MaxPool", "AveragePool"])), kernel_shape=[3, 3],
                 strides=[stride] * 2, pads=[1] * 4)
        self.shape = (channels, *[(length - 1) // stride + 1 for length in size])

    def branch(self):
        """A convolution of 1x1 beside the value, added or one after the other."""
        channels, before = self.shape[0], self.value
        self.add("Conv", self.constant(channels, channels, 1, 1))
        if self.rng.integers(2):
            self.add("Add", before)
        else:
            self.add("Concat", before, axis=1)
            self.shape = (2 * channels, *self.shape[1:])

    def attention(self):
        """Products of values, as attention has them, but for its softmax: by heads or not."""
        rows, k = self.shape
        left, turned = self.value, [0, 2, 1]
        heads = int(self.rng.choice([1, 2])) if k % 2 == 0 else 1
        if heads > 1:
            self.constants["heads"] = np.array([0, rows, heads, k // heads])
            self.add("Reshape", "heads")
            self.add("Transpose", perm=[0, 2, 1, 3])
            left, turned = self.value, [0, 1, 3, 2]
        self.add("Transpose", perm=turned)
        self.nodes.append(node("MatMul", [left, self.value], [name := self.name("s")], name=name))
        self.value, self.shape = name, (rows, rows)

    def make(self):
        """The model, float."""
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *self.input])]
        outputs = [helper.make_tensor_value_info(self.value, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "network", inputs, outputs,
                                  [numpy_helper.from_array(value, name)
                                   for name, value in self.constants.items()])
        return helper.make_model(graph, ir_version=10,
                                 opset_imports=[helper.make_opsetid("", self.opset)])


def perceptron(rng):
    """Products of vectors."""
    network = Network(rng, (int(rng.choice([4, 10, 32])),))
    for _ in range(rng.integers(1, 4)):
        network.linear()
        network.activate()
    return network


def convolutions(rng):
    """Convolutions and pools, a mean and a product."""
    network = Network(rng, (int(rng.choice([1, 3, 8])), int(rng.integers(6, 14)), 10))
    for _ in range(rng.integers(1, 4)):
        network.conv()
        network.activate()
        if rng.integers(2):
            network.pool()
        if rng.integers(2):
            network.branch()
    network.add("GlobalAveragePool")
    network.add("Flatten")
    network.shape = network.shape[:1]
    network.linear()
    return network


def transformer(rng):
    """Products of rows, and of values by values."""
    network = Network(rng, (int(rng.choice([3, 5])), int(rng.choice([4, 8]))))
    network.linear()
    network.attention()
    network.linear()
    network.activate()
    network.linear()
    return network
