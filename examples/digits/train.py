#!/usr/bin/env python3
"""Train a small CNN on scikit-learn's digits and write it as an int8 ONNX model.

Writes digits.onnx (QOperator form, opset 13), test-images.npy and test-labels.npy.
Needs numpy, onnx and scikit-learn (which brings threadpoolctl); --verify also needs onnxruntime.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

SEED = 1
TEST_IMAGES = 500
EPOCHS = 60
BATCH = 64
LEARNING_RATE = 2e-3
MIN_ACCURACY = 0.97

# Pixels are whole numbers from 0 to 16, so a scale of 1/8 represents them exactly. They take up
# only half of the u8 range; starting them at 64 gives the zero point, and with it the padding of
# the first convolution, a value other than 0.
INPUT_SCALE = np.float32(0.125)
INPUT_ZERO_POINT = 64

# Each convolution is 3x3 with padding 1: name, input channels, output channels, 2x2 pooling after.
CONVS = [("conv1", 1, 16, False), ("conv2", 16, 32, True), ("conv3", 32, 32, True)]
FEATURES = 32 * 2 * 2
CLASSES = 10


# ---- Layers: convolution and pooling work on float and on integer arrays alike ----

def im2col(x):
    """Return the zero-padded 3x3 windows of x (N,C,H,W) as rows, shape (N*H*W, C*9)."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)


def conv(x, weight):
    """Return the 3x3 convolution of x with weight (O,C,3,3), padding 1, and the im2col rows."""
    n, _, h, w = x.shape
    rows = im2col(x)
    y = rows @ weight.reshape(len(weight), -1).T
    return y.reshape(n, h, w, len(weight)).transpose(0, 3, 1, 2), rows


def max_pool(x):
    """Return the 2x2 maximum of x (N,C,H,W) with stride 2."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def upsample(x):
    """Repeat every element of x (N,C,H,W) over a 2x2 block."""
    return x.repeat(2, axis=2).repeat(2, axis=3)


# ---- Training in float32 ----

def init_params(rng):
    """Return He-initialized weights and zero biases."""
    params = {}
    for name, c_in, c_out, _ in CONVS:
        shape = (c_out, c_in, 3, 3)
        params[name + ".weight"] = rng.normal(0, np.sqrt(2 / (c_in * 9)), shape)
        params[name + ".bias"] = np.zeros(c_out)
    # The last layer has no bias because QLinearMatMul has no input for one.
    params["fc.weight"] = rng.normal(0, np.sqrt(1 / FEATURES), (FEATURES, CLASSES))
    return {name: value.astype(np.float32) for name, value in params.items()}


def forward(params, x):
    """Return the logits for x and what the backward pass needs of each layer."""
    saved = {}
    for name, _, _, pooled in CONVS:
        y, rows = conv(x, params[name + ".weight"])
        relu = np.maximum(y + params[name + ".bias"][:, None, None], 0)
        x = max_pool(relu) if pooled else relu
        saved[name] = (rows, relu, x)
    saved["features"] = x.reshape(len(x), -1)
    return saved["features"] @ params["fc.weight"], saved


def backward(params, saved, grad):
    """Return the parameter gradients for a gradient with respect to the logits."""
    grads = {"fc.weight": saved["features"].T @ grad}
    grad = (grad @ params["fc.weight"].T).reshape(saved[CONVS[-1][0]][2].shape)
    for name, _, c_out, pooled in reversed(CONVS):
        rows, relu, out = saved[name]
        weight = params[name + ".weight"]
        if pooled:
            grad = upsample(grad) * (relu == upsample(out))
        grad = grad * (relu > 0)
        flat = grad.transpose(0, 2, 3, 1).reshape(-1, c_out)
        grads[name + ".weight"] = (flat.T @ rows).reshape(weight.shape)
        grads[name + ".bias"] = flat.sum(axis=0)
        # The input gradient is the convolution with the kernel rotated by 180 degrees.
        grad, _ = conv(grad, weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1])
    return grads


def random_shift(images, rng):
    """Move each image by up to one pixel in each direction, filling with 0."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    offsets = rng.integers(0, 3, (len(images), 2))
    return np.stack([p[:, dy:dy + 8, dx:dx + 8] for p, (dy, dx) in zip(padded, offsets)])


def train(images, labels, rng):
    """Train with Adam on softmax cross-entropy and return the parameters."""
    params = init_params(rng)
    mean = {name: np.zeros_like(value) for name, value in params.items()}
    square = {name: np.zeros_like(value) for name, value in params.items()}
    batches = -(-len(images) // BATCH)
    step = 0
    for epoch in range(EPOCHS):
        total_loss = 0.0
        for batch in np.array_split(rng.permutation(len(images)), batches):
            step += 1
            logits, saved = forward(params, random_shift(images[batch], rng))
            exp = np.exp(logits - logits.max(axis=1, keepdims=True))
            grad = exp / exp.sum(axis=1, keepdims=True)
            picked = np.arange(len(batch)), labels[batch]
            total_loss -= np.log(grad[picked] + 1e-12).sum()
            grad[picked] -= 1
            # Cosine decay to 0 lets the weights settle at the end.
            rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / (EPOCHS * batches)))
            for name, g in backward(params, saved, grad / len(batch)).items():
                mean[name] += 0.1 * (g - mean[name])
                square[name] += 0.001 * (g * g - square[name])
                m_hat = mean[name] / (1 - 0.9 ** step)
                v_hat = square[name] / (1 - 0.999 ** step)
                params[name] -= (rate * m_hat / (np.sqrt(v_hat) + 1e-8)).astype(np.float32)
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3}: loss {total_loss / len(images):.4f}")
    return params


# ---- Quantization ----

def quantize_weight(weight, axes):
    """Quantize weight to s8 with zero point 0 and one scale for each channel left after axes."""
    scale = (np.abs(weight).max(axis=axes, keepdims=True) / 127).astype(np.float32)
    q = np.clip(np.rint(weight / scale), -127, 127).astype(np.int8)
    return q, scale.ravel()


def quantize_model(params, images):
    """Return the quantized layers, with activation ranges calibrated on images."""
    logits, saved = forward(params, images)
    layers = {}
    x_scale, x_zero = INPUT_SCALE, INPUT_ZERO_POINT
    for name, _, _, _ in CONVS:
        weight, w_scale = quantize_weight(params[name + ".weight"], (1, 2, 3))
        # A zero point of 0 makes the lower clamp of the u8 output do the work of the ReLU.
        y_scale = np.float32(saved[name][1].max() / 255)
        bias = np.rint(params[name + ".bias"] / (x_scale * w_scale)).astype(np.int32)
        layers[name] = {"x_scale": x_scale, "x_zero": x_zero, "weight": weight,
                        "w_scale": w_scale, "bias": bias, "y_scale": y_scale, "y_zero": 0}
        x_scale, x_zero = y_scale, 0
    weight, w_scale = quantize_weight(params["fc.weight"], 0)
    # Logits have both signs, so their zero point lies inside the u8 range.
    y_scale = np.float32((logits.max() - logits.min()) / 255)
    y_zero = int(np.rint(-logits.min() / y_scale))
    layers["fc"] = {"x_scale": x_scale, "x_zero": x_zero, "weight": weight,
                    "w_scale": w_scale, "y_scale": y_scale, "y_zero": y_zero}
    return layers


# ---- Reference inference: the arithmetic an exact implementation has to reproduce ----

def saturate(values, zero_point):
    """Round float32 values half to even, add the zero point and clamp to u8."""
    return np.clip(np.rint(values) + zero_point, 0, 255).astype(np.uint8)


def requantize(acc, layer):
    """Scale int32 accumulators, channels last, to u8 with every step rounded to float32."""
    multiplier = (layer["x_scale"] * layer["w_scale"]) / layer["y_scale"]
    assert multiplier.dtype == np.float32
    return saturate(acc.astype(np.float32) * multiplier, layer["y_zero"])


def infer_int8(layers, images):
    """Return the u8 logits of the quantized model."""
    x = saturate(images / INPUT_SCALE, INPUT_ZERO_POINT)
    for name, _, _, pooled in CONVS:
        layer = layers[name]
        # Padding stands for a real 0, so it is 0 once the zero point has been subtracted.
        acc, _ = conv(x.astype(np.int32) - layer["x_zero"], layer["weight"].astype(np.int32))
        acc = acc.transpose(0, 2, 3, 1) + layer["bias"]
        x = requantize(acc, layer).transpose(0, 3, 1, 2)
        if pooled:
            x = max_pool(x)
    fc = layers["fc"]
    acc = (x.reshape(len(x), -1).astype(np.int32) - fc["x_zero"]) @ fc["weight"].astype(np.int32)
    return requantize(acc, fc)


# ---- ONNX ----

def build_onnx(layers):
    """Return the quantized layers as an ONNX model in QOperator form."""
    nodes, tensors = [], []

    def const(name, value, dtype):
        """Add an initializer and return its name."""
        tensors.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def activation(name, scale, zero_point):
        """Add the scale and zero point of a u8 activation and return their names."""
        return [const(name + "_scale", scale, np.float32),
                const(name + "_zero_point", zero_point, np.uint8)]

    def weights(name, layer):
        """Add the s8 weight of a layer with its scales and zero points and return their names."""
        return [const(name + "_weight", layer["weight"], np.int8),
                const(name + "_weight_scale", layer["w_scale"], np.float32),
                const(name + "_weight_zero_point", np.zeros(len(layer["w_scale"])), np.int8)]

    x, x_quant = "images_u8", activation("images", INPUT_SCALE, INPUT_ZERO_POINT)
    nodes.append(helper.make_node("QuantizeLinear", ["images", *x_quant], [x], "quantize_images"))
    for name, _, _, pooled in CONVS:
        layer = layers[name]
        y, y_quant = name + "_out", activation(name + "_out", layer["y_scale"], layer["y_zero"])
        bias = const(name + "_bias", layer["bias"], np.int32)
        nodes.append(helper.make_node(
            "QLinearConv", [x, *x_quant, *weights(name, layer), *y_quant, bias], [y], name,
            kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]))
        x, x_quant = y, y_quant
        if pooled:
            pool = name.replace("conv", "pool")
            nodes.append(helper.make_node("MaxPool", [x], [pool + "_out"], pool,
                                          kernel_shape=[2, 2], strides=[2, 2]))
            x = pool + "_out"
    nodes.append(helper.make_node("Flatten", [x], ["features"], "flatten", axis=1))
    fc = layers["fc"]
    y_quant = activation("logits", fc["y_scale"], fc["y_zero"])
    nodes.append(helper.make_node(
        "QLinearMatMul", ["features", *x_quant, *weights("fc", fc), *y_quant], ["logits_u8"],
        "fc"))
    nodes.append(helper.make_node("DequantizeLinear", ["logits_u8", *y_quant], ["logits"],
                                  "dequantize_logits"))
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", CLASSES])],
        tensors)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)],
                             producer_name="octet digits example")


def verify(path, images, expected):
    """Print how many logits of ONNX Runtime differ from the expected ones."""
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"images": images})
    # x86 CPUs without VNNI may saturate the sums of two u8*s8 products, which shows up here.
    differing = np.count_nonzero(logits != expected)
    print(f"onnxruntime {onnxruntime.__version__}: {differing} of {logits.size} logits differ")


def main():
    """Train, quantize, write the files and check the accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent,
                        help="output directory (default: the directory of this script)")
    parser.add_argument("--verify", action="store_true", help="compare with ONNX Runtime")
    args = parser.parse_args()

    digits = load_digits()
    images = np.ascontiguousarray(digits.images[:, None], dtype="<f4")
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, digits.target.astype("<i4"), test_size=TEST_IMAGES, random_state=SEED,
        stratify=digits.target)
    params = train(train_images, train_labels, np.random.default_rng(SEED))

    layers = quantize_model(params, train_images)
    model = build_onnx(layers)
    onnx.checker.check_model(model, full_check=True)
    args.out.mkdir(parents=True, exist_ok=True)
    onnx.save(model, args.out / "digits.onnx")
    np.save(args.out / "test-images.npy", test_images)
    np.save(args.out / "test-labels.npy", test_labels)

    float_correct = np.sum(forward(params, test_images)[0].argmax(axis=1) == test_labels)
    logits_u8 = infer_int8(layers, test_images)
    int8_correct = np.sum(logits_u8.argmax(axis=1) == test_labels)
    print(f"float accuracy: {float_correct / TEST_IMAGES:.1%} ({float_correct}/{TEST_IMAGES})")
    print(f"int8 accuracy:  {int8_correct / TEST_IMAGES:.1%} ({int8_correct}/{TEST_IMAGES})")
    for name in ("digits.onnx", "test-images.npy", "test-labels.npy"):
        print(f"{name}: {(args.out / name).stat().st_size} bytes")
    if args.verify:
        fc = layers["fc"]
        logits = (logits_u8.astype(np.int32) - fc["y_zero"]).astype(np.float32) * fc["y_scale"]
        verify(args.out / "digits.onnx", test_images, logits)
    return 0 if int8_correct >= MIN_ACCURACY * TEST_IMAGES else 1


if __name__ == "__main__":
    # One BLAS thread keeps the order of the float sums, and so the model, the same on every run.
    with threadpool_limits(1):
        sys.exit(main())
