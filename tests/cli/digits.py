"""The trained network of examples/digits and its test images, as files and as values."""

import os

DIGITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "digits")
MODEL, IMAGES, LABELS = (os.path.join(DIGITS, name)
                         for name in ("digits.onnx", "test-images.npy", "test-labels.npy"))
COUNT, PIXELS, CLASSES = 500, 64, 10


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def image_bytes():
    """All test images, without their header."""
    return contents(IMAGES)[-COUNT * PIXELS * 4:]
