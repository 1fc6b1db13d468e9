#!/usr/bin/env python3
"""Train a small residual CNN that tells two photographs apart and write it as an int8 ONNX model.

Writes photos.onnx (QDQ form, opset 17), test-images.npy, test-labels.npy and, as ONNX Runtime
computes them, test-logits.npy. Needs numpy, onnx, onnxruntime, pillow and scikit-learn.
"""

import argparse
import logging
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from sklearn.datasets import load_sample_images
from threadpoolctl import threadpool_limits

SEED = 1
SIDE = 16         # of a patch
STEP = 4          # between patches for training
FIRST_TEST = 240  # column of the halved photographs from which on patches are for the test
EPOCHS = 10
BATCH = 64
LEARNING_RATE = 2e-3
MIN_ACCURACY = 0.95

# Name, input and output channels, groups, side of the window, stride.
CONVS = [("stem", 3, 16, 1, 3, 2),
         ("inner1", 16, 16, 1, 3, 1), ("inner2", 16, 16, 1, 3, 1),        # the residual block
         ("depthwise", 16, 16, 16, 3, 2), ("pointwise", 16, 32, 1, 1, 1)]  # the depthwise block
CLASSES = 2


# ---- Data ----

def cut(photos, step, first, last):
    """Return the patches (N,3,16,16) of columns first to last, and their photographs' numbers."""
    patches = [(photo[:, y:y + SIDE, x:x + SIDE], label) for label, photo in enumerate(photos)
               for y in range(0, photo.shape[1] - SIDE + 1, step)
               for x in range(first, last - SIDE + 1, step)]
    return np.stack([patch for patch, _ in patches]), np.array([n for _, n in patches], "<i4")


def load_patches():
    """Return what there is to learn from and, from other columns, what to test with."""
    photos = [photo[::2, ::2].transpose(2, 0, 1) for photo in load_sample_images().images]
    width = photos[0].shape[2]
    return cut(photos, STEP, 0, FIRST_TEST), cut(photos, SIDE, FIRST_TEST, width)


# ---- Layers: a convolution is the sum of its taps ----

def taps(x, window, stride):
    """Return what each tap of a padded window sees of x: rows, columns, and a view of x."""
    out = (x.shape[2] - window) // stride + 1
    for i in range(window):
        for j in range(window):
            yield i, j, x[:, :, i:i + (out - 1) * stride + 1:stride,
                          j:j + (out - 1) * stride + 1:stride]


def multiply(x, weight, depthwise):
    """Return the contribution of one tap: weight (O,I), or (O,1) with a channel for itself."""
    if depthwise:
        return x * weight[:, 0, None, None]
    return np.einsum("nihw,oi->nohw", x, weight, optimize=True)


def conv(x, weight, bias, groups, stride):
    """Return the convolution of x with weight (O,I,K,K), padded by K // 2, and the padded x."""
    pad = weight.shape[2] // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    y = bias[:, None, None]
    for i, j, seen in taps(padded, weight.shape[2], stride):
        y = y + multiply(seen, weight[:, :, i, j], groups > 1)
    return y, padded


def conv_backward(grad, padded, weight, groups, stride):
    """Return the gradients for the input, the weight and the bias."""
    pad = weight.shape[2] // 2
    grad_x, grad_weight = np.zeros_like(padded), np.zeros_like(weight)
    places = taps(grad_x, weight.shape[2], stride)
    for (i, j, seen), (_, _, target) in zip(taps(padded, weight.shape[2], stride), places):
        if groups > 1:
            grad_weight[:, 0, i, j] = (grad * seen).sum(axis=(0, 2, 3))
            target += grad * weight[:, 0, i, j, None, None]
        else:
            grad_weight[:, :, i, j] = np.einsum("nohw,nihw->oi", grad, seen, optimize=True)
            target += np.einsum("nohw,oi->nihw", grad, weight[:, :, i, j], optimize=True)
    inside = slice(pad, -pad if pad else None)
    return grad_x[:, :, inside, inside], grad_weight, grad.sum(axis=(0, 2, 3))


# ---- Training in float32 ----

def init_params(rng):
    """Return He-initialized weights and zero biases; pixels from 0 to 255 enter as they are."""
    params = {}
    for name, c_in, c_out, groups, window, _ in CONVS:
        fan = c_in // groups * window * window
        weight = rng.normal(0, np.sqrt(2 / fan), (c_out, c_in // groups, window, window))
        params[name + ".weight"] = weight / 128 if name == "stem" else weight
        params[name + ".bias"] = np.zeros(c_out)
    params["fc.weight"] = rng.normal(0, np.sqrt(1 / 32), (32, CLASSES))
    params["fc.bias"] = np.zeros(CLASSES)
    return {name: value.astype(np.float32) for name, value in params.items()}


def forward(params, x):
    """Return the logits for x and what the backward pass needs."""
    saved, x = {}, x.astype(np.float32)
    for name, _, _, groups, _, stride in CONVS:
        before = saved["stem.out"] if name == "inner2" else 0
        y, padded = conv(x, params[name + ".weight"], params[name + ".bias"], groups, stride)
        x = np.maximum(y + before, 0)
        saved[name], saved[name + ".out"] = padded, x
    saved["features"] = x.mean(axis=(2, 3))
    return saved["features"] @ params["fc.weight"] + params["fc.bias"], saved


def backward(params, saved, grad):
    """Return the parameter gradients for a gradient with respect to the logits."""
    grads = {"fc.weight": saved["features"].T @ grad, "fc.bias": grad.sum(axis=0)}
    last = saved[CONVS[-1][0] + ".out"]
    grad = (grad @ params["fc.weight"].T)[:, :, None, None] / last[0, 0].size * np.ones_like(last)
    around = 0
    for name, _, _, groups, _, stride in reversed(CONVS):
        if name == "stem":
            grad = grad + around  # what went past the block
        grad = grad * (saved[name + ".out"] > 0)
        if name == "inner2":
            around = grad
        grad, grads[name + ".weight"], grads[name + ".bias"] = conv_backward(
            grad, saved[name], params[name + ".weight"], groups, stride)
    return grads


def train(images, labels, rng):
    """Train with Adam on softmax cross-entropy and return the parameters."""
    params = init_params(rng)
    mean, square = ({name: np.zeros_like(value) for name, value in params.items()}
                    for _ in range(2))
    batches, step = -(-len(images) // BATCH), 0
    for epoch in range(EPOCHS):
        total_loss = 0.0
        for batch in np.array_split(rng.permutation(len(images)), batches):
            step += 1
            logits, saved = forward(params, images[batch])
            exp = np.exp(logits - logits.max(axis=1, keepdims=True))
            grad = exp / exp.sum(axis=1, keepdims=True)
            picked = np.arange(len(batch)), labels[batch]
            total_loss -= np.log(grad[picked] + 1e-12).sum()
            grad[picked] -= 1
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / (EPOCHS * batches)))
            for name, g in backward(params, saved, grad / len(batch)).items():
                # The stem's weights are small, as its pixels are large: so are its steps.
                own = rate / 64 if name == "stem.weight" else rate
                mean[name] += 0.1 * (g - mean[name])
                square[name] += 0.001 * (g * g - square[name])
                m_hat, v_hat = mean[name] / (1 - 0.9 ** step), square[name] / (1 - 0.999 ** step)
                params[name] -= (own * m_hat / (np.sqrt(v_hat) + 1e-8)).astype(np.float32)
        if (epoch + 1) % 2 == 0:
            print(f"epoch {epoch + 1:3}: loss {total_loss / len(images):.4f}")
    return params


# ---- ONNX ----

def build_onnx(params):
    """Return the float network as an ONNX model whose images are u8."""
    nodes = [helper.make_node("Cast", ["images"], ["pixels"], "cast", to=TensorProto.FLOAT)]
    x = "pixels"
    for name, _, _, groups, window, stride in CONVS:
        nodes.append(helper.make_node(
            "Conv", [x, name + ".weight", name + ".bias"], [name], name, group=groups,
            kernel_shape=[window] * 2, strides=[stride] * 2, pads=[window // 2] * 4))
        x = name
        if name == "inner2":
            nodes.append(helper.make_node("Add", [x, "stem_relu"], ["sum"], "residual"))
            x = "sum"
        nodes.append(helper.make_node("Relu", [x], [name + "_relu"], name + "_relu"))
        x = name + "_relu"
    nodes += [helper.make_node("GlobalAveragePool", [x], ["mean"], "mean"),
              helper.make_node("Flatten", ["mean"], ["features"], "flatten"),
              helper.make_node("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], "fc")]
    graph = helper.make_graph(
        nodes, "photos",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in params.items()])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)],
                             producer_name="octet photos example")


class Calibration(quantization.CalibrationDataReader):
    """Patches in batches, for ONNX Runtime's quantizer."""

    def __init__(self, images):
        self.batches = iter(np.array_split(images, 20))

    def get_next(self):
        """The next inputs, or None."""
        batch = next(self.batches, None)
        return None if batch is None else {"images": batch}


def quantize(model, images, path):
    """Write the model in QDQ form, u8 activations by s8 weights, with ranges found on images."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "float.onnx")
        onnx.save(model, source)
        quantization.quantize_static(
            source, path, Calibration(images), quant_format=quantization.QuantFormat.QDQ,
            per_channel=True, activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8)


def run(path, images):
    """Return ONNX Runtime's logits."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"images": images})[0]


def main():
    """Train, quantize, write the files and check the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent,
                        help="output directory (default: the directory of this script)")
    args = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)  # the quantizer recommends steps not needed here

    (train_images, train_labels), (images, labels) = load_patches()
    params = train(train_images, train_labels, np.random.default_rng(SEED))
    args.out.mkdir(parents=True, exist_ok=True)
    quantize(build_onnx(params), train_images, args.out / "photos.onnx")
    logits = run(args.out / "photos.onnx", images)
    for name, array in (("images", images), ("labels", labels), ("logits", logits)):
        np.save(args.out / f"test-{name}.npy", array)

    right = [int(np.sum(values.argmax(axis=1) == labels))
             for values in (forward(params, images)[0], logits)]
    print(f"{len(train_images)} patches for training, {len(images)} for the test")
    print(f"float: {right[0]} right, int8 by ONNX Runtime {onnxruntime.__version__}: {right[1]}")
    for file in sorted(args.out.glob("*.n*y")) + [args.out / "photos.onnx"]:
        print(f"{file.name}: {file.stat().st_size} bytes")
    return 0 if right[1] >= MIN_ACCURACY * len(images) else 1


if __name__ == "__main__":
    # One BLAS thread keeps the order of the float sums, and so the model, the same on every run.
    with threadpool_limits(1):
        sys.exit(main())
