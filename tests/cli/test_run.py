"""octet run and octet inspect on the trained network of examples/digits."""

import os
import shutil
import unittest

from digits import IMAGES, LABELS, MODEL, contents
from octet_program import CHECKED, HAVE_OPENCL, ProgramTest
from small_models import arg_max_model

BACKENDS = ("opencl", "reference") if HAVE_OPENCL else ("reference",)


class Run(ProgramTest):
    def digits(self, *options):
        return self.good_json("run", MODEL, "--input", IMAGES, *options)

    def images(self, count):
        """The first test images, in a file of their own; their values are in self.values."""
        raw = contents(IMAGES)
        self.values = memoryview(raw[128:128 + count * 256]).cast("f").tolist()
        self.save("some.npy", "<f4", (count, 1, 8, 8), self.values)
        return "some.npy"

    def test_every_layer_and_accuracy(self):
        for backend in BACKENDS:
            found = self.digits("--labels", LABELS, "--check", "--backend", backend)
            self.assertEqual(found["check"], "not run" if backend == "reference" else CHECKED)
            self.assertGreaterEqual(found["accuracy"], 0.97)
            self.assertEqual((found["images"], found["batch"]), (500, 500))
            self.assertEqual(len(found["devices"]), 1)
            self.assertGreater(found["images_per_second"], 0)
            self.assertGreaterEqual(found["first_run_seconds"], found["seconds"])
            self.assertEqual(found["inputs"][0]["name"], "images")
            self.assertEqual(found["outputs"][0]["shape"], [500, 10])
            self.assertIn("conv2d", [layer["op"] for layer in found["layers"]])
            for layer in found["layers"]:
                self.assertLessEqual({"name", "op", "variant", "seconds", "gops"}, set(layer))

    def test_same_bytes(self):
        self.digits("--output", "expected.npy", "--backend", "reference")
        for backend in BACKENDS:
            for batch in (7, 500, 1000):
                self.digits("--output", "logits=y.npy", "--batch", batch, "--backend", backend)
                self.assertEqual(contents(self.path("y.npy")), contents(self.path("expected.npy")))
        self.left_behind("expected.npy", "y.npy")

    def test_text(self):
        text = self.good("run", MODEL, "--input", IMAGES, "--labels", LABELS, "--check", "--repeat", 2)
        self.assertIn("every layer equals the reference, bit for bit" if HAVE_OPENCL else "not run", text)
        self.assertIn("500", text)
        self.assertRegex(text, r"images per second \([\d.e-]+ s, the mean of 2 runs\)")
        self.assertRegex(text, r"\nfirst run [\d.e-]+ s, with opening, loading and building\n")
        self.assertRegex(text, r"accuracy +9[78]\.\d+%")

    def test_no_images(self):
        self.save("none.npy", "<f4", (0, 1, 8, 8), [])
        self.save("labels.npy", "<i4", (0,), [])
        found = self.good_json("run", MODEL, "--input", "none.npy", "--output", "y.npy", "--labels",
                               "labels.npy", "--check")
        self.assertEqual((found["images"], found["accuracy"]), (0, None))
        self.assertEqual(self.load("y.npy").shape, (0, 10))

    def test_other_types(self):
        images = self.images(3)
        self.good("run", MODEL, "--input", images, "--output", "expected.npy")
        self.save("wide.npy", "<f8", (3, 1, 8, 8), self.values, fortran=True)
        self.save("labels.npy", "|u1", (3,), [0, 0, 0])
        found = self.good_json("run", MODEL, "--input", "wide.npy", "--output", "y.npy", "--labels",
                               "labels.npy")
        self.assertIn(found["accuracy"], (0, 1 / 3, 2 / 3, 1))
        self.assertEqual(contents(self.path("y.npy")), contents(self.path("expected.npy")))

    def test_labels_that_are_no_class(self):
        images = self.images(4)
        self.save("labels.npy", "<i4", (4,), [-1, 10, 0, 9])
        result = self.run_octet("run", MODEL, "--input", images, "--labels", "labels.npy", "--batch", 1)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("'labels.npy': 2 of 4 labels are no class from 0 to 9", result.stderr)

    def test_labels_of_an_arg_max(self):
        """The output is the class itself."""
        self.raw("m.onnx", arg_max_model())
        self.save("x.npy", "<f4", (3, 4), [0, 0, 5, 1, 9, 2, 3, 4, 1, 2, 3, 4])
        self.save("labels.npy", "<i4", (3,), [2, 0, 1])
        for backend in BACKENDS:
            found = self.good_json("run", "m.onnx", "--input", "x.npy", "--output", "y.npy",
                                   "--labels", "labels.npy", "--batch", 2, "--backend", backend)
            self.assertAlmostEqual(found["accuracy"], 2 / 3)
            self.assertEqual(found["outputs"][0]["type"], "s32")
            written = self.load("y.npy")
            self.assertEqual((written.shape, list(written.values)), ((3,), [2, 0, 3]))

    def test_wrong_use(self):
        images = self.images(2)
        self.save("narrow.npy", "<f4", (2, 1, 8, 7), [0] * 112)
        self.save("labels.npy", "<i4", (3,), [1, 2, 3])
        for words, *arguments in (
                ("'images' has no file", MODEL),
                ("/nonexistent.onnx", "/nonexistent.onnx", "--input", images),
                ("lost.npy", MODEL, "--input", "lost.npy"),
                ("names no input", MODEL, "--input", "imgs=some.npy"),
                ("names no output", MODEL, "--input", images, "--output", "logit=y.npy"),
                ("has a file already", MODEL, "--input", images, "--input", images),
                ("2x1x8x7", MODEL, "--input", "narrow.npy"),
                ("3 labels", MODEL, "--input", images, "--labels", "labels.npy"),
                ("--batch", MODEL, "--input", images, "--batch", 0),
                ("--shard 3/3", MODEL, "--input", images, "--shard", "3/3"),
                ("nonsense", MODEL, "--input", images, "--variant", "nonsense"),
                ("nonsense", MODEL, "--input", images, "--device", "nonsense")):
            self.bad("run", *arguments, words=words)
        self.bad("run", MODEL, "--input", images, "--output", "/nonexistent/y.npy", status=1,
                 words="/nonexistent/y.npy")
        os.symlink(".", self.path("here"))
        for other in ("y.npy", "./y.npy", "here/y.npy", self.path("y.npy")):
            self.bad("run", MODEL, "--input", images, "--output", "y.npy", "--profile", other,
                     words="the file of the output 'logits' too")
        self.left_behind("here", "labels.npy", "narrow.npy", "some.npy")

    def test_what_is_read_is_kept(self):
        self.raw("m.onnx", contents(MODEL))
        images = self.images(2)
        self.save("labels.npy", "<i4", (2,), [1, 2])
        arguments = ("run", "m.onnx", "--input", images, "--labels", "labels.npy")
        for option, file, what in (("output", "m.onnx", "model's"), ("profile", "m.onnx", "model's"),
                                   ("profile", "labels.npy", "labels'"), ("profile", images, "input's")):
            before = contents(self.path(file))
            self.bad(*arguments, f"--{option}", f"./{file}",
                     words=f"--{option} ./{file}: this is the {what} file")
            self.assertEqual(contents(self.path(file)), before)
        self.good(*arguments, "--output", images)
        self.assertEqual(self.load(images).shape, (2, 10))

    def test_without_device(self):
        nowhere = {"OCL_ICD_VENDORS": "/nonexistent"}
        arguments = ("run", MODEL, "--input", self.images(1), "--output", "y.npy")
        self.bad(*arguments, "--backend", "opencl", status=1, environment=nowhere)
        self.left_behind("some.npy")
        result = self.run_octet(*arguments, environment=nowhere)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("using the reference", result.stderr)


class Unsupported(ProgramTest):
    """The model with an operator's name changed to one that octet does not have."""

    def setUp(self):
        super().setUp()
        self.raw("fool.onnx", contents(MODEL).replace(b"MaxPool", b"MaxFool"))
        shutil.copy(IMAGES, self.path("images.npy"))

    def test_run(self):
        self.bad("run", "fool.onnx", "--input", "images.npy", "--output", "y.npy",
                 words=("'pool2' (MaxFool)", "'pool3' (MaxFool)", "2 of its 9 nodes"))
        self.left_behind("fool.onnx", "images.npy")

    def test_inspect(self):
        found = self.good_json("inspect", "fool.onnx")
        self.assertEqual(len(found["unsupported"]), 2)
        self.assertIn("'pool3' (MaxFool)", found["unsupported"][1])
        self.assertIn("conv2", [layer["name"] for layer in found["layers"]])
        self.assertIn("not supported", self.good("inspect", "fool.onnx"))


class Inspect(ProgramTest):
    def test_json(self):
        found = self.good_json("inspect", MODEL, "--batch", 10, "--backend", "reference")
        layers = {layer["name"]: layer for layer in found["layers"]}
        conv = layers["conv2"]
        self.assertEqual(conv["input"]["shape"], [1, 16, 8, 8])
        self.assertEqual(conv["weights"]["shape"], [32, 16, 3, 3])
        self.assertEqual(conv["weights"]["bytes"], 32 * 16 * 9 + 32 * 4)
        self.assertEqual(len(conv["weights"]["scale"]), 32)
        self.assertEqual(conv["macs"], 8 * 8 * 32 * 16 * 9)
        self.assertEqual(conv["variant"], "reference")
        self.assertEqual(conv["nodes"], ["conv2"])
        self.assertEqual(layers["pool3"]["nodes"], ["pool3", "flatten"])
        self.assertEqual(layers["(to channels first)"]["nodes"], [])
        self.assertEqual(layers["quantize_images"]["output"]["scale"], 0.125)
        self.assertEqual(layers["quantize_images"]["output"]["zero_point"], 64)
        self.assertLess(found["memory"]["activations"], found["memory"]["activations_unshared"])
        self.assertEqual(found["memory"]["scratch"], 0)
        self.assertEqual(found["unsupported"], [])

    def test_text(self):
        text = self.good("inspect", MODEL)
        for word in ("images: f32 Nx1x8x8", "logits: f32 Nx10", "s8 32x16x3x3", "conv1",
                     "16 scales 0.002694..0.009531, zero point 0\n", "0.295 M MAC",
                     "scale 0.125, zero point 64\n", "      nodes    pool3, flatten\n"):
            self.assertIn(word, text)
        self.assertNotIn(" 0.000 M MAC", text)

    def test_too_many_images(self):
        self.bad("inspect", MODEL, "--batch", 2**31 - 1,
                 words=("digits.onnx", "node '", "2147483647 images"))

    def test_refused(self):
        self.raw("cut.onnx", contents(MODEL)[:-100])
        self.raw("text.onnx", b"not a model")
        for name in ("cut.onnx", "text.onnx", "lost.onnx"):
            self.bad("inspect", name, words=name)


if __name__ == "__main__":
    unittest.main()
