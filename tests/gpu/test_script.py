"""bench/gpu.sh, $SCRIPT, with the program $OCTET: in a few seconds, of which it leaves out what does not fit."""

import csv
import json
import os
import pathlib
import subprocess
import tempfile
import unittest


class Script(unittest.TestCase):
    def run_script(self, folder, **environment):
        return subprocess.run(["bash", os.environ["SCRIPT"], folder], text=True, timeout=120, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, **environment})

    def test_leaves_a_folder_of_what_it_did(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            result = self.run_script(name, MINUTES="0.2", LISTS="gemm", SECONDS_EACH="0.001")
            summary = (folder / "summary.txt").read_text()
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertEqual(summary, result.stdout)
            self.assertIn("devices: done in", summary)
            self.assertIn(f"0 failed; all of it is in {name}", summary)
            devices = json.loads((folder / "devices.json").read_text())["devices"]
            self.assertGreaterEqual(len(devices), 2)
            self.assertTrue((folder / "devices.txt").read_text())
            for file in folder.glob("*.json"):
                self.assertTrue(json.loads(file.read_text()), file)
            for file in folder.glob("*.csv"):
                self.assertTrue(list(csv.DictReader(file.open())), file)

    def test_says_what_failed(self):
        with tempfile.TemporaryDirectory() as name:
            program = pathlib.Path(name) / "octet"
            program.write_text('#!/bin/sh\ncase "$1" in devices) echo \'{"type": "cpu"}\' ;; '
                               "*) echo broken >&2; exit 3 ;; esac\n")
            program.chmod(0o755)
            result = self.run_script(f"{name}/out", LISTS="gemm", OCTET=str(program))
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn("verify-0: FAILED (exit 3): broken", result.stdout)
            self.assertIn("gemm: FAILED (exit 3): broken", result.stdout)


if __name__ == "__main__":
    unittest.main()
