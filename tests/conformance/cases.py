"""Seeded random shapes, parameters and data, shared by the comparisons."""

import numpy as np

U8, S8 = np.uint8, np.int8
PAIRS = [(U8, U8), (U8, S8), (S8, U8), (S8, S8)]


def bounds(dtype):
    """Lowest and highest value of a type."""
    return np.iinfo(dtype).min, np.iinfo(dtype).max


# ---- Values ----

def data(rng, shape, dtype):
    """Values of the whole range; one time in eight only its two ends."""
    low, high = bounds(dtype)
    if rng.random() < 0.125:
        return rng.choice(np.array([low, high], dtype), shape)
    return rng.integers(low, high, shape, dtype, endpoint=True)


def zero_point(rng, dtype, count=None):
    """Zero points: 0, ends of the range, or any."""
    low, high = bounds(dtype)
    kind = rng.integers(4)
    values = np.zeros(() if count is None else count, dtype) if kind == 0 else \
        rng.choice(np.array([low, high], dtype), count) if kind == 1 else \
        rng.integers(low, high, count, dtype, endpoint=True)
    return np.asarray(values, dtype)


def scale(rng, count=None):
    """Scales: one time in three powers of two, so that results fall on ties."""
    exponent = rng.integers(-9, 1, count) if rng.random() < 1 / 3 else rng.uniform(-9, 1, count)
    return np.asarray(np.exp2(exponent), np.float32)


def bias(rng, count, k):
    """None, of the size of the sums, or too large for float32 to hold every sum."""
    kind = rng.integers(3)
    if kind == 0:
        return None
    largest = 4000 * k if kind == 1 else 1 << 26
    return rng.integers(-largest, largest, count, np.int32)


def parameters(rng, x_type, w_type, k, scales=None, zeros=None):
    """octet's parameters of a layer whose outputs mostly stay within their range.

    "scales" and "zeros" count those of the weights; None is per tensor."""
    x_zero, w_zero = zero_point(rng, x_type), zero_point(rng, w_type, zeros)
    input_scale = scale(rng)
    weight_scale = scale(rng) * (1 if scales is None else rng.choice([1, 2, 3, 4], scales))
    output_scale = (float(input_scale) * float(np.mean(weight_scale)) *
                    largest_likely_sum(x_type, x_zero, w_type, w_zero, k) / 100.0 *
                    rng.uniform(0.4, 1.5))
    if rng.random() < 1 / 3:
        output_scale = np.exp2(np.rint(np.log2(output_scale)))
    return {"input": (input_scale, x_zero), "weights": (np.float32(weight_scale), w_zero),
            "output": (np.float32(output_scale), zero_point(rng, x_type))}


def largest_likely_sum(x_type, x_zero, w_type, w_zero, k):
    """Mean and twice the standard deviation of a sum of K products of evenly spread bytes."""
    def moments(dtype, zero):
        mean = np.mean(bounds(dtype)) - np.mean(zero)
        return abs(mean), mean**2 + 256**2 / 12

    (x_mean, x_square), (w_mean, w_square) = moments(x_type, x_zero), moments(w_type, w_zero)
    mean = x_mean * w_mean
    return k * mean + 2.0 * np.sqrt(k * (x_square * w_square - mean**2))


def sums_near_ties(rng, count, per_channel=True, largest=np.inf):
    """int32 sums and scales of input, weights and output; half of the results lie at a tie.

    No result is beyond -largest..largest."""
    channels = count if per_channel else None
    x_scale, y_scale = scale(rng), scale(rng)
    multipliers = np.exp2(rng.uniform(-24, 7, channels))
    if rng.random() < 0.5:  # ties are exact
        x_scale = y_scale = np.float32(0.5)
        multipliers = np.exp2(rng.integers(-16, 0, channels))
    w_scale = np.float32(multipliers * y_scale / x_scale)
    ties = (rng.integers(-300, 300, count) + 0.5) / (np.float64(x_scale) * w_scale / y_scale)
    ties = np.rint(ties) + rng.integers(-1, 2, count)
    others = rng.integers(-2**31, 2**31, count) >> rng.integers(0, 31, count)
    sums = np.where(rng.random(count) < 0.5, others, ties)
    bound = np.minimum(largest / multipliers, 2.0**31 - 1)
    return np.clip(sums, -bound, bound).astype(np.int32), x_scale, w_scale, y_scale


def floats(rng, shape, step):
    """Values of a few ranges of the type, every second one halfway between two steps."""
    x = rng.normal(size=shape) * 150
    x = np.where(rng.random(shape) < 0.5, np.floor(x) + 0.5, x)
    return (x * step).astype(np.float32)


def sum_case(rng, dtype, least=1):
    """a, b and octet's parameters of their sum, which mostly stays within its range.

    Half of the elements lie next to a tie, if there are any such; a and b have "least" elements."""
    a_scale, b_scale = scale(rng), scale(rng)
    y_scale = (float(a_scale) + float(b_scale)) * rng.uniform(0.4, 1.5)
    if rng.random() < 1 / 3:
        y_scale = np.exp2(np.rint(np.log2(y_scale)))
    elif rng.random() < 1 / 2:  # decimals, which come near ties but not upon them
        a_scale, b_scale, y_scale = rng.integers(1, 500, 3) / 1000
    parameters = {"a_parameters": (np.float32(a_scale), zero_point(rng, dtype)),
                  "b_parameters": (np.float32(b_scale), zero_point(rng, dtype)),
                  "output": (np.float32(y_scale), zero_point(rng, dtype))}
    shape = rng.choice([1, 2, 3, 7, 16, 33], int(rng.integers(1, 5)))
    shape[-1] = max(shape[-1], least)
    a, b = data(rng, shape, dtype), data(rng, shape, dtype)
    near = np.argwhere(distance_to_tie(dtype, parameters) < 1e-5)
    if len(near) > 0:
        chosen = near[rng.integers(0, len(near), a.size)].reshape(*shape, 2) + bounds(dtype)[0]
        half = rng.random(shape) < 0.5
        a, b = (np.where(half, chosen[..., i], array).astype(dtype)
                for i, array in enumerate((a, b)))
    return a, b, parameters


def distance_to_tie(dtype, parameters):
    """Of the sum of each pair of values of the type, in steps of the output; inf out of its range."""
    values = np.arange(bounds(dtype)[0], bounds(dtype)[1] + 1, dtype=np.float64)
    (a_scale, a_zero), (b_scale, b_zero), (y_scale, y_zero) = (
        tuple(map(float, parameters[name])) for name in ("a_parameters", "b_parameters", "output"))
    a, b = (values - a_zero) * a_scale, (values - b_zero) * b_scale
    y = (a[:, np.newaxis] + b) / y_scale
    inside = (y + y_zero > values[0]) & (y + y_zero < values[-1])
    return np.where(inside, np.abs(y % 1 - 0.5), np.inf)


# ---- Shapes ----

# Kernel, and stride and dilation along the width, of depthwise convolutions: octet compiles a program
# for each of them, so there are few.
DEPTHWISE = [([3, 3], 1, 1), ([3, 3], 2, 1), ([5, 2], 1, 1), ([1, 3], 1, 2)]


class Window:
    """Kernel, stride, dilation and padding, and an image that it fits into."""

    def __init__(self, rng, depthwise=False):
        self.kernel = rng.choice([1, 1, 2, 3, 3, 5], 2).tolist()
        self.stride = rng.choice([1, 1, 2, 3], 2).tolist()
        self.dilation = rng.choice([1, 1, 2, 3], 2).tolist()
        if depthwise:
            self.kernel, self.stride[1], self.dilation[1] = DEPTHWISE[rng.integers(len(DEPTHWISE))]
        self.padding = rng.integers(0, self.kernel * 2).tolist()  # top, left, bottom, right
        self.image = rng.integers(1, 13, 2).tolist()
        self.grow_image()

    def grow_image(self):
        """Makes the image as large as the dilated kernel, less the padding, at least."""
        for i in range(2):
            reach = self.dilation[i] * (self.kernel[i] - 1) + 1
            self.image[i] = max(self.image[i], reach - self.padding[i] - self.padding[i + 2])

    @classmethod
    def of_one(cls):
        """A window of one pixel on an image of one."""
        window = cls.__new__(cls)
        window.kernel, window.stride, window.dilation = [1, 1], [1, 1], [1, 1]
        window.padding, window.image = [0, 0, 0, 0], [1, 1]
        return window


class Conv(Window):
    """The shape of a convolution: plain, grouped or depthwise."""

    def __init__(self, rng, depthwise=None):
        kind = rng.integers(4) if depthwise is None else 3 if depthwise else 0
        super().__init__(rng, kind == 3)
        self.batch = int(rng.integers(1, 3))
        channels, outputs = rng.integers(1, 20, 2).tolist()
        self.groups = 1 if kind < 2 else int(rng.integers(2, 5))
        if kind == 3:
            self.groups, channels, outputs = int(rng.integers(2, 40)), 1, int(rng.choice([1, 1, 2]))
        self.channels, self.outputs = self.groups * channels, self.groups * outputs
        self.k = self.kernel[0] * self.kernel[1] * channels

    def shapes(self):
        """Of the image and of the weights, in NCHW."""
        return ((self.batch, self.channels, *self.image),
                (self.outputs, self.channels // self.groups, *self.kernel))

    def window(self):
        """octet's arguments, besides the layer's."""
        return {"groups": self.groups, "stride": self.stride, "dilation": self.dilation,
                "padding": self.padding}


class Product:
    """The shape of a matrix product, in two or three dimensions."""

    def __init__(self, rng, three):
        self.m, self.n = rng.choice([1, 2, 3, 5, 8, 13, 16, 31, 33], 2).tolist()
        self.k = int(rng.choice([1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 64, 100, 255, 2000]))
        self.batch = int(rng.integers(1, 4)) if three else None
        self.many_weights = three and bool(rng.integers(2))

    def shapes(self):
        """Of A and of B."""
        return ((self.m, self.k) if self.batch is None else (self.batch, self.m, self.k),
                (self.batch, self.k, self.n) if self.many_weights else (self.k, self.n))


def operands(rng, shape, x_type, w_type):
    """Data for both operands of a Conv or Product."""
    x_shape, w_shape = shape.shapes()
    return data(rng, x_shape, x_type), data(rng, w_shape, w_type)
