"""octet run under mpirun: processes that share the images and write one file."""

import os
import subprocess
import unittest

from digits import COUNT, IMAGES, LABELS, MODEL, PIXELS, contents
from octet_program import HAVE_OPENCL, OCTET, ProgramTest, f32
from small_models import dynamic_model

MPIRUN = os.environ["OCTET_MPIRUN"]
ENVIRONMENT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1"}
RUN = (OCTET, "run", MODEL)


class Mpi(ProgramTest):
    def mpirun(self, *arguments, status=0):
        result = subprocess.run([MPIRUN, *map(str, arguments)], cwd=self.folder, capture_output=True,
                                env={**os.environ, **ENVIRONMENT}, timeout=250, text=True, check=False)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def test_one_file(self):
        self.good("run", MODEL, "--input", IMAGES, "--output", "expected.npy", "--backend", "reference")
        for processes in (1, 2, 3):
            for batch in (17, 250):
                result = self.mpirun("-n", processes, *RUN, "--input", IMAGES, "--output", "y.npy",
                                     "--labels", LABELS, "--batch", batch)
                self.assertEqual(contents(self.path("y.npy")), contents(self.path("expected.npy")))
                self.assertEqual(result.stdout.count("model "), 1)
                self.assertIn("accuracy  98.80% (494 of 500)", result.stdout)
                self.assertIn("images    500 in batches", result.stdout)
        self.left_behind("expected.npy", "y.npy")

    def few_images(self, count):
        self.save(f"{count}.npy", "<f4", (count, 1, 8, 8),
                  memoryview(contents(IMAGES)[-COUNT * PIXELS * 4:]).cast("f").tolist()[:count * PIXELS])
        return f"{count}.npy"

    def test_whatever_the_streams(self):
        """One process has one stream, the other two: no image is lost between their parts."""
        run = ("--input", self.few_images(101), "--output")
        self.good("run", MODEL, *run, "expected.npy", "--backend", "reference")
        for options in ((), ("--batch", 7)):
            run_all = (*RUN, *run, "y.npy", *options, "--streams")
            self.mpirun("-n", 1, *run_all, 1, ":", "-n", 1, *run_all, 2)
            self.assertEqual(contents(self.path("y.npy")), contents(self.path("expected.npy")))

    def test_processes_differ(self):
        """Parts of different wholes, or cut in another way."""
        run, few = (*RUN, "--output", "y.npy", "--input"), self.few_images(100)
        for one, other in (((few,), (IMAGES,)), ((IMAGES,), (few,)),
                           ((IMAGES, "--batch", 64), (IMAGES, "--batch", 100)),
                           ((IMAGES, "--batch", 64), (IMAGES,))):
            result = self.mpirun("-n", 1, *run, *one, ":", "-n", 1, *run, *other, status=2)
            self.assertIn("all must be given the same", result.stderr)
        self.left_behind(few)

    def test_without_batch_dimension(self):
        """An output that all images share is that of the last batch, also where the first process has
        none."""
        self.raw("m.onnx", dynamic_model())
        self.save("x.npy", "<f4", (60, 4), [i // 4 + 1 for i in range(240)])
        for processes, batch in ((2, 60), (3, 4)):
            self.mpirun("-n", processes, OCTET, "run", "m.onnx", "--input", "x.npy", "--batch", batch,
                        "--output", "s=s.npy")
            self.assertEqual(self.load("s.npy").values, [f32(60 / 255)])

    def test_check_and_profile(self):
        result = self.mpirun("-n", 2, *RUN, "--input", IMAGES, "--batch", 50, "--check", "--profile",
                             "t.json", "--json")
        self.assertIn('"processes":\t2', result.stdout)
        self.assertIn('"images":\t500', result.stdout)
        self.assertIn('"check":\t"%s"' % ("equal" if HAVE_OPENCL else "not run"), result.stdout)
        self.left_behind("t.json")

    def test_wrong_use(self):
        for words, *options in (("lost.npy", "--input", "lost.npy"),
                                ("--shard", "--input", IMAGES, "--shard", "0/2"),
                                ("no regular file", "--input", IMAGES, "--output", "/dev/null")):
            result = self.mpirun("-n", 2, *RUN, *options, status=2)
            self.assertIn(words, result.stderr)
        self.left_behind()

    def test_one_process_reads_nonsense(self):
        """Only the last process comes to the value that does not fit."""
        values = [0.0] * (COUNT * PIXELS)
        values[-1] = 1e300
        self.save("beyond.npy", "<f8", (COUNT, 1, 8, 8), values)
        result = self.mpirun("-n", 2, *RUN, "--input", "beyond.npy", "--output", "y.npy", "--batch", 50,
                             status=2)
        self.assertIn("1e+300", result.stderr)
        self.left_behind("beyond.npy")

    @unittest.skipUnless(HAVE_OPENCL, "the reference has no driver that could fail")
    def test_one_device_fails(self):
        run = (*RUN, "--input", IMAGES, "--output", "y.npy", "--batch", 50, "--device", 0)
        failing = [f"{name}={value}" for name, value in
                   (("LD_PRELOAD", os.environ["OCTET_FAILING_DEVICE"]), ("OCTET_TEST_FAILING", "0:2"))]
        for arguments in (("-n", 1, *run, ":", "-n", 1, "env", *failing, *run),
                          ("-n", 1, "env", *failing, *run, ":", "-n", 1, *run)):
            result = self.mpirun(*arguments, status=1)
            self.assertIn("clEnqueue", result.stderr)
            self.left_behind()


if __name__ == "__main__":
    unittest.main()
