"""octet run on many images: in constant memory, from any kind of file, on several devices, some of which
fail."""

import json
import os
import pty
import signal
import subprocess
import time
import unittest

from digits import CLASSES, COUNT, IMAGES, LABELS, MODEL, PIXELS, contents, image_bytes
from octet_program import HAVE_OPENCL, OCTET, ProgramTest, dictionary, f32, header, parse
from small_models import dynamic_model

# PoCL can make three devices of one CPU.
THREE = {"POCL_DEVICES": "basic pthread pthread"}
FAILING = os.environ.get("OCTET_FAILING_DEVICE", "")


class Batches(ProgramTest):
    def run_digits(self, *options, **keywords):
        return self.good_json("run", MODEL, "--output", "y.npy", *options, **keywords)

    def expected(self):
        """What the reference gives for the test images."""
        self.good("run", MODEL, "--input", IMAGES, "--output", "expected.npy", "--backend", "reference")
        return self.load("expected.npy").values


class Dynamic(ProgramTest):
    def test_a_batch_has_parameters_of_its_own(self):
        """Results that depend on the batch: one line says so, and not on standard output."""
        self.raw("m.onnx", dynamic_model())
        self.save("x.npy", "<f4", (3, 4), [0.25 * i * i for i in range(12)])
        for batch, notes in ((1, 0), (2, 1), (3, 1)):
            result = self.run_octet("run", "m.onnx", "--input", "x.npy", "--batch", batch, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["images"], 3)
            self.assertEqual(result.stderr.count("DynamicQuantizeLinear"), notes, result.stderr)
            if notes:
                self.assertIn(f"all {batch} images of a batch", result.stderr)

    def test_without_batch_dimension(self):
        """An output that all images share is that of the last batch, whichever ends last."""
        images = 300
        self.raw("m.onnx", dynamic_model())
        self.save("x.npy", "<f4", (images, 4), [i // 4 + 1 for i in range(4 * images)])
        for streams in (1, 3, 3, 3):
            self.good("run", "m.onnx", "--input", "x.npy", "--batch", 3, "--streams", streams,
                      "--output", "s=s.npy", "--output", "z=z.npy")
            scale = self.load("s.npy")
            self.assertEqual((scale.shape, scale.values), ((), [f32(images / 255)]))
            self.assertEqual(self.load("z.npy").values, [0])

    def test_nothing_computes_it(self):
        """Without images such an output has no value, and no file."""
        self.raw("m.onnx", dynamic_model())
        self.save("none.npy", "<f4", (0, 4), [])
        arguments = ("run", "m.onnx", "--input", "none.npy", "--output", "q.npy")
        self.bad(*arguments, "--output", "s=s.npy", words="'s' has no batch dimension")
        self.left_behind("m.onnx", "none.npy")
        self.good(*arguments)
        self.assertEqual(self.load("q.npy").shape, (0, 4))


class Streaming(Batches):
    def repeated(self, times):
        """The test images many times over. Written in pieces: what this process holds when it starts
        another counts as memory of that one."""
        with open(self.path("many.npy"), "wb") as file:
            file.write(header(dictionary("<f4", (COUNT * times, 1, 8, 8))))
            for _ in range(times):
                file.write(image_bytes())
        return "many.npy"

    def assert_repeated(self, name, expected):
        """A file holds some bytes over and over behind its header."""
        with open(self.path(name), "rb") as file:
            parse(file.read(128))
            for piece in iter(lambda: file.read(len(expected)), b""):
                self.assertEqual(piece, expected)

    def peak(self, *arguments):
        """Most KiB of memory that a run had at a time, without freed memory that a sanitizer keeps."""
        environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=0"}
        with open(self.path("log"), "w+", encoding="utf-8") as log:
            child = subprocess.Popen([OCTET, *map(str, arguments)], cwd=self.folder, stdout=log,
                                     stderr=log, env=environment)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            self.assertEqual(child.returncode, 0, log.read())
        return usage.ru_maxrss

    def test_memory_is_constant(self):
        """Beyond what the first thousands of images bring drivers and sanitizers to keep."""
        few, many = 20, 80
        arguments = ("run", MODEL, "--output", "y.npy", "--batch", 100, "--input")
        self.good(*arguments, IMAGES)
        expected = contents(self.path("y.npy"))[-COUNT * CLASSES * 4:]
        peaks = [self.peak(*arguments, self.repeated(times)) for times in (few, many)]
        self.assertEqual(os.path.getsize(self.path("y.npy")), 128 + many * len(expected))
        self.assert_repeated("y.npy", expected)
        more = (many - few) * COUNT * (PIXELS + CLASSES) * 4 / 1024
        self.assertLess(peaks[1] - peaks[0], more / 2)

    def test_any_kind_of_file(self):
        expected = self.expected()
        values = memoryview(image_bytes()).cast("f").tolist()
        shape = (COUNT, 1, 8, 8)
        self.save("fortran.npy", "<f4", shape, values, fortran=True)
        self.save("wide.npy", "<f8", shape, values)
        self.save("both.npy", "<f8", shape, values, fortran=True)
        for name in ("fortran.npy", "wide.npy", "both.npy"):
            for batch in (64, COUNT):
                self.run_digits("--input", name, "--batch", batch)
                self.assertEqual(self.load("y.npy").values, expected, (name, batch))

    def test_pipes(self):
        expected = self.expected()
        raw = contents(IMAGES)
        self.good("run", MODEL, "--input", IMAGES, "--output", "expected.npy")
        for options in ((), ("--repeat", "1"), ("--check",)):
            piped = subprocess.run([OCTET, "run", MODEL, "--input", "/dev/stdin", "--output",
                                    "/dev/stderr", "--batch", "64", "--json", *options], input=raw,
                                   capture_output=True, timeout=250, check=True)
            # --check on the reference alone says so first
            self.assertEqual(piped.stderr[-COUNT * CLASSES * 4 - 128:],
                             contents(self.path("expected.npy")))
        self.assertEqual(self.load("expected.npy").values, expected)

    def test_faults_behind_the_header(self):
        values = [0.0] * (COUNT * PIXELS)
        values[-1] = 1e300
        self.save("beyond.npy", "<f8", (COUNT, 1, 8, 8), values)
        self.bad("run", MODEL, "--input", "beyond.npy", "--output", "y.npy", "--batch", 64,
                 words=("1e+300", f"flat index {COUNT * PIXELS - 1}"))
        self.left_behind("beyond.npy")

    def test_progress_on_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen([OCTET, "run", MODEL, "--input", IMAGES, "--batch", "20"],
                              stdout=subprocess.PIPE, stderr=theirs) as child:
            os.close(theirs)
            text = child.communicate(timeout=250)[0]
        shown = os.read(ours, 1 << 16).decode()
        self.assertRegex(shown, r"run \[#* *\] \d+/500 images, [\d.]+ images/s, [\d:]+( s)? left")
        self.assertNotIn(b"left", text)

    def test_interrupted(self):
        with subprocess.Popen([OCTET, "run", MODEL, "--input", IMAGES, "--output", "y.npy", "--batch",
                               "64", "--repeat", "1000000"], cwd=self.folder,
                              stderr=subprocess.DEVNULL) as child:
            while not os.listdir(self.folder) and child.poll() is None:
                time.sleep(0.01)
            time.sleep(0.2)
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(100), 1)
        self.left_behind()


class Streams(Batches):
    def test_same_bits(self):
        expected = self.expected()
        for streams in (1, 2, 5):
            for batch in ((), ("--batch", 64)):
                found = self.run_digits("--input", IMAGES, "--labels", LABELS, "--streams", streams,
                                        "--check", *batch)
                self.assertEqual((found["streams"], len(found["devices"]), found["images"]),
                                 (streams, 1, COUNT))
                self.assertEqual(found["batch"], 64 if batch else -(-COUNT // streams))
                self.assertEqual(self.load("y.npy").values, expected)

    def test_refused(self):
        for streams in (0, 65, -1):
            self.bad("run", MODEL, "--input", IMAGES, "--streams", streams, words="--streams is")


class Shards(Batches):
    def test_concatenate(self):
        """As docs/cluster.md joins the parts: header of all images, then the data of each part."""
        expected = self.expected()
        values, right = [], 0
        for part in range(3):
            found = self.run_digits("--input", IMAGES, "--labels", LABELS, "--batch", 64, "--shard",
                                    f"{part}/3")
            self.assertIn(found["images"], (128, 192, 180))
            self.assertEqual(self.load("y.npy").shape, (found["images"], CLASSES))
            right += found["accuracy"] * found["images"]
            values += self.load("y.npy").values
        self.assertEqual(values, expected)
        whole = self.run_digits("--input", IMAGES, "--labels", LABELS)
        self.assertAlmostEqual(right / COUNT, whole["accuracy"])

    def test_whatever_the_streams(self):
        """Parts do not depend on what shares them inside each process: with one stream for the first
        of two and two for the second, no image is lost."""
        count = 101
        values = self.expected()
        images = memoryview(image_bytes()).cast("f").tolist()[:count * PIXELS]
        self.save("some.npy", "<f4", (count, 1, 8, 8), images)
        for options in ((), ("--batch", 7)):
            joined, counts = [], []
            for part, streams in enumerate((1, 2)):
                found = self.run_digits("--input", "some.npy", "--shard", f"{part}/2", "--streams",
                                        streams, *options)
                counts.append(found["images"])
                joined += self.load("y.npy").values
            self.assertEqual(sum(counts), count)
            self.assertEqual(joined, values[:count * CLASSES])

    def test_more_parts_than_batches(self):
        counts = [self.run_digits("--input", IMAGES, "--batch", 250, "--shard", f"{part}/3")["images"]
                  for part in range(3)]
        self.assertEqual(sorted(counts), [0, 250, 250])


@unittest.skipUnless(HAVE_OPENCL, "the reference alone has no other device")
class SeveralDevices(Batches):
    def setUp(self):
        super().setUp()
        listed = self.good_json("devices", environment=THREE)["devices"]
        self.devices = [device["index"] for device in listed if device["type"] != "reference"]
        self.reference = listed[-1]["index"]
        self.values = self.expected()

    def several(self, devices, *options, **keywords):
        names = ",".join(map(str, devices)) if devices != "all" else devices
        found = self.run_digits("--input", IMAGES, "--devices", names, "--batch", 17, *options,
                                environment={**THREE, **keywords})
        self.assertEqual(self.load("y.npy").values, self.values)
        return found

    def test_same_bits(self):
        for count in range(1, len(self.devices) + 1):
            found = self.several(self.devices[:count], "--labels", LABELS)
            self.assertEqual((len(found["devices"]), found["images"]), (count, COUNT))
            self.assertGreater(found["accuracy"], 0.97)
        found = self.several("all", "--check")
        self.assertEqual((len(found["devices"]), found["check"]), (len(self.devices), "equal"))
        self.several([self.reference, self.devices[0]])
        found = self.several(self.devices, "--streams", 2)
        self.assertEqual((len(found["devices"]), found["streams"]), (len(self.devices), 2))

    def failing(self, *devices):
        """An environment in which these devices fail after a number of batches each."""
        return {"LD_PRELOAD": FAILING, "ASAN_OPTIONS": "verify_asan_link_order=0",
                "OCTET_TEST_FAILING": ",".join(f"{number}:{batches}" for number, batches in devices)}

    def test_one_fails(self):
        """Each device has three batches under way, so that this one is sure to be given those."""
        for batches in (0, 1, 2):
            failing = self.failing((self.devices[0], batches))
            listed = f"{self.devices[0]},{self.reference}"
            result = self.run_octet("run", MODEL, "--input", IMAGES, "--output", "y.npy", "--devices",
                                    listed, "--batch", 17, "--labels", LABELS,
                                    environment={**THREE, **failing})
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.load("y.npy").values, self.values)
            self.assertIn("': the device failed; the others computed what it had not finished",
                          result.stderr)
            self.assertIn("(494 of 500)", result.stdout)

    def test_all_fail(self):
        for devices in (self.devices[:1], self.devices):
            failing = self.failing(*((number, 2) for number in devices))
            message = self.bad("run", MODEL, "--input", IMAGES, "--output", "lost.npy", "--devices",
                               ",".join(map(str, devices)), "--batch", 17, "--json", status=1,
                               environment={**THREE, **failing}, words="digits.onnx' failed")
            self.assertIn("clEnqueue", message)
        self.left_behind("expected.npy")

    def test_wrong_use(self):
        run = ("run", MODEL, "--input", IMAGES)
        for words, *options in (
                ("device 0, which is in the list already", "--devices", "0,0"),
                ("device \"999\" names none", "--devices", "0,999"),
                ("--devices is '0,'", "--devices", "0,"),
                ("give one of them", "--devices", "0", "--device", "0"),
                ("OpenCL devices", "--devices", "all", "--backend", "reference")):
            self.bad(*run, *options, words=words)
        self.bad(*run, "--devices", "all", status=1, words="no OpenCL device",
                 environment={"OCL_ICD_VENDORS": "/nonexistent"})


if __name__ == "__main__":
    unittest.main()
