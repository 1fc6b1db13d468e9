"""Commands, options, messages and exit statuses."""

import os
import resource
import signal
import subprocess
import time
import unittest

from octet_program import HAVE_OPENCL, OCTET, ProgramTest

COMMANDS = ("devices", "quantize", "dequantize", "gemm", "conv2d", "compare", "explain", "run",
            "inspect", "verify", "bench", "tune")


class Usage(ProgramTest):
    def test_help_lists_every_command(self):
        text = self.good("--help")
        for command in COMMANDS:
            self.assertIn(f"  {command} ", text)

    def test_help_of_every_command(self):
        for command in COMMANDS:
            text = self.good(command, "--help")
            self.assertIn(f"Usage: octet {command}", text)
            self.assertIn("--json", text)
            self.assertIn("Example", text)

    def test_help_as_a_command(self):
        self.assertEqual(self.good("help"), self.good("--help"))
        self.assertEqual(self.good("help", "gemm"), self.good("gemm", "--help"))
        self.assertEqual(self.good("help", "explain", "conv2d"), self.good("explain", "conv2d", "--help"))
        self.assertIn("OCTET_CACHE_DIR", self.good("help"))

    def test_help_in_one_letter(self):
        self.assertEqual(self.good("-h"), self.good("--help"))
        for command in COMMANDS:
            self.assertEqual(self.good(command, "-h"), self.good(command, "--help"))
        self.bad("gemm", "-x", words="'-x' is no option")

    def test_check_is_offered_where_it_is_a_choice(self):
        for command in ("quantize", "dequantize", "gemm", "conv2d", "run"):
            self.assertIn("--check", self.good("help", command))
        for command in ("verify", "bench", "tune"):
            self.assertNotIn("--check", self.good("help", command))
            self.bad(command, "--check", "no problem", words="no problem")

    def test_version(self):
        self.assertRegex(self.good("--version"), r"^octet \d+\.\d+\.\d+\n$")

    def test_unknown_names_bring_the_nearest(self):
        self.bad("qauntize", words="'quantize'")
        self.bad("gemm", "--ascale", "1", words="--a-scale")
        self.bad("--verison", words="'--version'")
        for line in (("frobnicate",), ("xyz",), ("gemm", "--frobnicate")):
            self.assertNotIn("nearest", self.bad(*line, words="--help"))
        self.bad(words="--help")

    def test_abbreviations(self):
        self.save("a.npy", "|u1", (1, 1), [3])
        self.save("b.npy", "|i1", (1, 1), [4])
        self.good("gemm", "a.npy", "b.npy", "c.npy", "--a-z=1", "--transpose-a")
        self.assertEqual(self.load("c.npy").values, [8])
        self.bad("gemm", "a.npy", "b.npy", "c.npy", "--transpose",
                 words=("--transpose-a", "--transpose-b"))

    def test_values_of_options(self):
        self.bad("gemm", "a", "b", "c", "--out-type", "s16", words=("--out-type", "s16", "u8"))
        self.bad("gemm", "a", "b", "c", "--clamp-min", "x", words=("--clamp-min", "'x'"))
        self.bad("gemm", "a", "b", "c", "--relu=1", words="--relu takes no value")
        self.bad("gemm", "a", "b", "c", "--bias", words="needs a value")
        self.bad("conv2d", "a", "b", "c", "--groups", "0", words=("--groups", "'0'", "from 1"))
        self.bad("gemm", "a", "b", words="A.npy B.npy OUT.npy")
        self.bad("gemm", "a", "b", "c", "d", words="4 arguments")

    def test_double_dash_ends_options(self):
        self.save("-a.npy", "|u1", (1, 1), [3])
        self.save("b.npy", "|i1", (1, 1), [4])
        self.good("gemm", "--", "-a.npy", "b.npy", "-c.npy")
        self.assertEqual(self.load("-c.npy").values, [12])


class Devices(ProgramTest):
    def test_json(self):
        devices = self.good_json("devices")["devices"]
        self.assertEqual([d["index"] for d in devices], list(range(len(devices))))
        self.assertEqual(devices[-1]["type"], "reference")
        self.assertEqual(sum(d["selected"] for d in devices), 1)
        for device in devices:
            self.assertLessEqual({"name", "platform", "vendor", "driver", "type", "compute_units",
                                  "global_memory_bytes", "local_memory_bytes", "dot_product",
                                  "selected", "probes"}, set(device))
        if HAVE_OPENCL:
            self.assertGreater(len(devices), 1)
            self.assertTrue(devices[0]["probes"])
            kept = [p for p in devices[0]["probes"] if p["path"] == devices[0]["dot_product"]]
            self.assertTrue(kept[0]["works"])

    def test_probe(self):
        text = self.good("devices", "--probe")
        self.assertIn("reference", text)
        if HAVE_OPENCL:
            self.assertRegex(text, r"\n      plain          works +[\d.]+ GOPS  \w")
            self.assertRegex(text, r"\n      emulated       - {20,}not tried: for tests only\n")
            off = self.good("devices", "--probe", environment={"OCTET_DISABLE": "chain"})
            self.assertRegex(off, r"\n      chain          no {19,}switched off: OCTET_DISABLE\n")
            self.assertEqual(text.count("\n      chain "), off.count("\n      chain "))

    def test_speed_of_the_kept_path(self):
        text = self.good("devices")
        for device in self.good_json("devices")["devices"]:
            for probe in device["probes"]:
                if probe["path"] == device["dot_product"]:
                    self.assertIn(f"; dot product: {probe['path']}, {probe['gops']:.0f} GOPS\n", text)

    def test_none_to_list(self):
        result = self.run_octet("devices", environment={"OCL_ICD_VENDORS": self.folder})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("0  reference", result.stdout)
        self.assertRegex(result.stderr, r"^octet: no OpenCL device was found: .*pocl-opencl-icd\)\n$"
                         if HAVE_OPENCL else r"^octet: this octet was built without OpenCL \(.*\)\n$")

    def test_without_a_device(self):
        self.save("a.npy", "|u1", (1, 1), [3])
        hidden = {"OCL_ICD_VENDORS": self.folder}
        line = ("gemm", "a.npy", "a.npy", "c.npy")
        result = self.run_octet(*line, environment=hidden)
        self.assertEqual(result.returncode, 0, result.stderr)
        if HAVE_OPENCL:
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.bad(*line, "--backend", "opencl", environment=hidden, status=1, words="octet: ")
        result = self.run_octet(*line, "--device", "0", environment=hidden)
        self.assertIn("using the reference", result.stderr)
        quiet = self.run_octet(*line, "--backend", "reference", environment=hidden)
        self.assertEqual((quiet.returncode, quiet.stderr), (0, ""))

    def test_choosing(self):
        self.save("a.npy", "|u1", (1, 1), [3])
        line = ("gemm", "a.npy", "a.npy", "c.npy")
        last = len(self.good_json("devices")["devices"]) - 1
        self.assertEqual(self.good_json(*line, "--device", last)["backend"], "reference")
        self.assertEqual(self.good_json(*line, "--device", "referen")["backend"], "reference")
        self.bad(*line, "--device", "no such thing", words="no such thing")
        self.bad(*line, "--device", last + 1, words=str(last + 1))
        if HAVE_OPENCL:
            for device in (last, "reference"):
                self.bad(*line, "--backend", "opencl", "--device", device, words="is no OpenCL device")
        for backend in ("auto", "reference", *(["opencl"] if HAVE_OPENCL else [])):
            self.bad(*line, "--backend", backend, "--device", "no such thing", words="no such")
            self.bad(*line, "--backend", backend, "--device", "", words='device ""')
        self.bad(*line, "--variant", "no_such", words=("no_such", "reference"))
        self.assertEqual(self.good_json(*line, "--variant", "reference")["variant"], "reference")


class Output(ProgramTest):
    def setUp(self):
        super().setUp()
        self.save("a.npy", "|u1", (2, 2), [1, 2, 3, 4])

    def test_nowhere_to_write(self):
        self.bad("gemm", "a.npy", "a.npy", "no/such/c.npy", status=1, words="no/such/c.npy")
        os.mkdir(self.path("d"))
        self.bad("gemm", "a.npy", "a.npy", "d", status=1, words="'d'")
        self.left_behind("a.npy", "d")

    def test_full_disk(self):
        self.bad("gemm", "a.npy", "a.npy", "/dev/full", status=1, words="/dev/full")
        with open("/dev/full", "w") as full:
            result = self.run_octet("gemm", "a.npy", "a.npy", "c.npy", "--json", stdout=full)
        self.assertEqual(result.returncode, 1, result.stderr)

    def test_largest_file(self):
        self.save("q.npy", "|u1", (1 << 20,), bytes(1 << 20))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))
        for backend in ("auto", "reference"):
            self.bad("dequantize", "q.npy", "x.npy", "--scale", "1", "--zero-point", "0",
                     "--backend", backend, status=1, words=("x.npy", "File too large"),
                     preexec_fn=limit)
        self.left_behind("a.npy", "q.npy")

    def test_longest_name(self):
        longest = os.pathconf(self.folder, "PC_NAME_MAX")
        self.good("gemm", "a.npy", "a.npy", "c" * longest)
        self.left_behind("a.npy", "c" * longest)
        self.bad("gemm", "a.npy", "a.npy", "c" * (longest + 1), status=1, words="name too long")

    def test_link_to_nothing(self):
        os.symlink("nothing.npy", self.path("link.npy"))
        self.bad("gemm", "a.npy", "a.npy", "link.npy", status=1, words="'link.npy'")
        self.left_behind("a.npy", "link.npy")

    def test_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = self.run_octet("devices", "--json", stdout=writer)
        os.close(writer)
        self.assertEqual(result.returncode, 1, result.stderr)

    def test_failure_leaves_the_old_file(self):
        self.raw("c.npy", b"precious")
        self.bad("gemm", "a.npy", "no.npy", "c.npy", words="no.npy")
        with open(self.path("c.npy"), "rb") as file:
            self.assertEqual(file.read(), b"precious")
        self.left_behind("a.npy", "c.npy")

    def test_result_replaces_its_own_input_and_follows_links(self):
        os.symlink("a.npy", self.path("link.npy"))
        self.good("gemm", "a.npy", "link.npy", "link.npy")
        self.assertTrue(os.path.islink(self.path("link.npy")))
        self.assertEqual(self.load("a.npy").values, [7, 10, 15, 22])
        self.left_behind("a.npy", "link.npy")

    def test_permissions_are_the_usual_ones(self):
        self.good("gemm", "a.npy", "a.npy", "c.npy")
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(os.stat(self.path("c.npy")).st_mode & 0o777, 0o666 & ~mask)

    def test_signals_leave_nothing_behind(self):
        hidden = {"OCL_ICD_VENDORS": "/nonexistent"}  # LLVM inside PoCL takes SIGQUIT for itself
        for number, environment in ((signal.SIGINT, {}), (signal.SIGTERM, {}),
                                    (signal.SIGHUP, {}), (signal.SIGQUIT, hidden)):
            process = subprocess.Popen(
                [OCTET, "bench", "--seconds", "100", "--csv", "t.csv", "1024x1024:1024x1024"],
                cwd=self.folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True)
            deadline = time.time() + 60
            while len(os.listdir(self.folder)) < 2 and time.time() < deadline:
                time.sleep(0.05)
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 1)
            self.assertTrue(said.endswith("octet: interrupted; what was not finished is removed\n"), said)
            self.left_behind("a.npy")


if __name__ == "__main__":
    unittest.main()
