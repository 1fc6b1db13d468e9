"""octet tune: what it finds and keeps, and later commands that use it. Who wins is the machine's business."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from octet_program import HAVE_OPENCL, OCTET, ProgramTest

SMALL = ("17x33:33x9", "mb1ic5ih7oc6kh3ph1")
DEPTHWISE = "g16mb1ic16ih6oc16kh3ph1"  # rows for products take it too: every device has two


class TuneTest(ProgramTest):
    """A cache of each test's own, so that others never meet its winners; kernels that the first test
    built are in those of the others."""

    kernels = tempfile.TemporaryDirectory()  # removed at exit

    def setUp(self):
        super().setUp()
        self.cache = self.path("cache")
        self.environment = {"OCTET_CACHE_DIR": self.cache}
        shutil.copytree(self.kernels.name, self.cache)
        self.addCleanup(self.keep_kernels)

    def keep_kernels(self):
        winners = {os.path.basename(path) for path in self.entries()}
        for name in set(os.listdir(self.cache)) - winners if os.path.isdir(self.cache) else ():
            if name.endswith(".bin"):
                shutil.copy(os.path.join(self.cache, name), self.kernels.name)

    def run_octet(self, *arguments, environment=None, **keywords):
        return super().run_octet(*arguments, environment={**self.environment, **(environment or {})},
                                 **keywords)

    def entries(self):
        """The files in which winners are kept."""
        paths = [os.path.join(self.cache, name) for name in
                 (os.listdir(self.cache) if os.path.isdir(self.cache) else ())
                 if name.endswith(".bin")]  # others are still being written
        found = []
        for path in paths:
            with open(path, "rb") as file:
                if b"\nwinners 1\n" in file.read():
                    found.append(path)
        return found

    def winners(self):
        """Lines "class variant" as they are kept."""
        with open(self.entries()[0], "rb") as file:
            return file.read().split(b"\nwinners 1\n")[1].decode().splitlines()

    def tuned_classes(self, **keywords):
        return [d["tuned_classes"] for d in self.good_json("devices", **keywords)["devices"]]

    def chosen(self, problem, **keywords):
        return self.good_json("bench", "--seconds", "0.001", problem, **keywords)["results"][0]["variant"]


class Tune(TuneTest):
    def test_winners_are_used(self):
        found = self.good_json("tune", "--minutes", "2", *SMALL)
        self.assertLessEqual({"device", "seconds", "results", "stored"}, set(found))
        self.assertEqual((found["stored"], found["problems"]), (2, 2))
        self.assertEqual([r["problem"] for r in found["results"]], list(SMALL))
        self.assertEqual([r["class"] for r in found["results"]],
                         ["gemm_u8s8_1x16x8x32", "conv2d_u8s8_1x64x8x32"])
        for result in found["results"]:
            self.assertLessEqual({"problem", "class", "variant", "default_variant", "seconds",
                                  "default_seconds", "gain"}, set(result))
            self.assertAlmostEqual(result["gain"], result["default_seconds"] / result["seconds"], 6)
            by_name = {c["variant"]: c for c in result["candidates"]}
            self.assertEqual(result["candidates"][0]["variant"], result["default_variant"])
            self.assertEqual(by_name[result["variant"]]["seconds"], result["seconds"])
            self.assertEqual({c["check"] for c in result["candidates"]}, {"equal"})
            self.assertNotIn("reference", by_name)
        self.assertEqual(sorted(self.winners()),
                         sorted(f"{r['class']} {r['variant']}" for r in found["results"]))
        self.assertEqual(self.tuned_classes()[0], 2)
        self.assertEqual(self.tuned_classes()[-1], 0)
        self.assertIn("tuned for 2 classes", self.good("devices"))
        self.assertIn("tuned for 2 classes", self.good("devices", "--probe"))
        for problem, result in zip(SMALL, found["results"]):
            self.assertEqual(self.chosen(problem), result["variant"])

    def test_a_winner_that_is_not_the_default(self):
        """As if another row had won: chosen, unless another is asked for, or there is no cache, or the
        entry is damaged or says nonsense."""
        problem = DEPTHWISE
        found = self.good_json("tune", problem)["results"][0]
        other = found["candidates"][-1]["variant"]  # for products: no estimate prefers it
        self.assertNotEqual(other, found["default_variant"])
        self.keep(found["class"], other)
        self.assertEqual(self.chosen(problem), other)
        self.save("x.npy", "|u1", (1, 6, 6, 16), [i % 251 for i in range(6 * 6 * 16)])
        self.save("w.npy", "|i1", (16, 3, 3, 1), [i % 127 - 63 for i in range(16 * 9)])
        line = ("conv2d", "x.npy", "w.npy", "y.npy", "--groups", "16", "--padding", "1", "--check")
        ran = self.good_json(*line)
        self.assertEqual((ran["variant"], ran["check"]), (other, "equal"))
        default = found["default_variant"]
        self.assertEqual(self.good_json(*line, "--variant", default)["variant"], default)
        none = {"OCTET_CACHE_DIR": ""}
        self.assertNotEqual(self.good_json(*line, environment=none)["variant"], other)
        self.assertEqual(self.tuned_classes(environment=none)[0], 0)
        self.assertNotEqual(self.chosen(problem.replace("16", "64")), other)  # another class
        self.keep(found["class"], "no_such_row")
        self.assertEqual(self.good_json(*line)["variant"], default)
        path, = self.entries()
        with open(path, "rb") as file:
            whole = file.read()
        for damaged in (whole[:-3], whole[:40], b"", whole[:-2] + b"x\n", whole + b"x"):
            with open(path, "wb") as file:
                file.write(damaged)
            self.assertEqual(self.good_json(*line)["variant"], default)
            self.assertEqual(self.tuned_classes()[0], 0)
        self.good("tune", problem)
        self.assertEqual(self.tuned_classes()[0], 1)

    def keep(self, name, variant):
        """The entry with one winner in it, with the checksum that belongs to it (64-bit FNV-1a)."""
        path, = self.entries()
        with open(path, "rb") as file:
            magic, identity_bytes, _, _, rest = file.read().split(b"\n", 4)
        data = f"{name} {variant}\n".encode()
        checksum = 14695981039346656037
        for byte in data:
            checksum = (checksum ^ byte) * 1099511628211 % 2**64
        with open(path, "wb") as file:
            file.write(b"%s\n%s\n%d\n%016x\n" % (magic, identity_bytes, len(data), checksum))
            file.write(rest[:int(identity_bytes)] + data)

    def test_earlier_winners_stay(self):
        self.good("tune", SMALL[0])
        self.good("tune", SMALL[1])
        self.assertEqual(self.tuned_classes()[0], 2)
        self.good("tune", "16x32:32x8")  # of the class of the first
        self.assertEqual(self.tuned_classes()[0], 2)

    def test_text(self):
        text = self.good("tune", "--type", "s8:s8:s8", *SMALL)
        for problem in SMALL:
            self.assertIn(f"--type s8:s8:s8 {problem}\n", text)
        self.assertRegex(self.good("tune", SMALL[0]),
                         r"\n1 of 1 problem in \d+ s, winners stored for 1 class; they are ")
        self.assertRegex(text, r"\n2 of 2 problems in \d+ s, winners stored for 2 classes; they are "
                               r"\d+\.\d+ times as fast as the defaults \(geometric mean\)\n$")

    def test_one_variant(self):
        found = self.good_json("tune", DEPTHWISE)["results"][0]
        other = found["candidates"][-1]["variant"]
        found = self.good_json("tune", "--variant", other, DEPTHWISE)["results"][0]
        self.assertEqual([c["variant"] for c in found["candidates"]], [found["default_variant"], other])
        for name in ("no_such", "reference", "emulated_4x2x8"):
            self.bad("tune", "--variant", name, DEPTHWISE, words=(f"'{name}'", found["default_variant"]))

    def test_time_is_up(self):
        result = self.run_octet("tune", "--json", "--minutes", "0.0001", *SMALL)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("time is up after 1 of 2 problems", result.stderr)
        found = json.loads(result.stdout)
        self.assertEqual((len(found["results"]), found["problems"], found["stored"]), (1, 2, 1))

    def test_nowhere_to_keep_winners(self):
        self.bad("tune", SMALL[0], environment={"OCTET_CACHE_DIR": ""}, words="OCTET_CACHE_DIR")
        self.bad("tune", "--json", SMALL[0], environment={"OCTET_CACHE_DIR": "/dev/null/cache"}, status=1,
                 words="/dev/null/cache")

    def test_interrupted(self):
        """What was found stays, whole; nothing else is left."""
        process = subprocess.Popen([OCTET, "tune", SMALL[0], "2048x2048:2048x2048", "--minutes", "9"],
                                   cwd=self.folder, env={**os.environ, **self.environment},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while not self.entries() and process.poll() is None and time.time() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 1)
        self.assertEqual(self.tuned_classes()[0], 1)
        self.assertEqual([line.split()[0] for line in self.winners()], ["gemm_u8s8_1x16x8x32"])
        self.assertEqual([name for name in os.listdir(self.cache) if ".bin." in name], [])

    def test_switched_off(self):
        found = self.good_json("tune", DEPTHWISE)["results"][0]
        off = next(c["variant"] for c in found["candidates"] if c["variant"].startswith("dw_"))
        again = self.good_json("tune", DEPTHWISE, environment={"OCTET_DISABLE": off})["results"][0]
        self.assertEqual({c["variant"] for c in again["candidates"]},
                         {c["variant"] for c in found["candidates"]} - {off})
        probes = self.good_json("devices", environment={"OCTET_DISABLE": off})["devices"][0]["probes"]
        self.assertEqual(len([p for p in probes if f"OCTET_DISABLE: {off}" in p["reason"]]), 1)


class Reference(TuneTest):
    def test_has_nothing_to_tune(self):
        for where in (("--backend", "reference"), ("--device", "reference")):
            result = self.run_octet("tune", "--json", *where, SMALL[0])
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("NOTHING IS TUNED", result.stderr)
            found = json.loads(result.stdout)
            self.assertEqual((found["results"], found["stored"], found["gain"]), ([], 0, None))
        self.assertEqual(self.entries(), [])

    def test_refusals(self):
        self.bad("tune", "--minutes", "0", SMALL[0], words="--minutes")
        self.bad("tune", "hello", words="hello")
        self.bad("tune", "--file", "none", words="none")


if not HAVE_OPENCL:
    del Tune  # there is nothing to tune

if __name__ == "__main__":
    unittest.main()
