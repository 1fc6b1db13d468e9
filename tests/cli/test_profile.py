"""octet run --profile: a trace that is JSON and makes sense."""

import json
import unittest

from digits import COUNT, IMAGES, MODEL
from octet_program import HAVE_OPENCL, ProgramTest

BATCH = 100
LAYERS = 9


class Profile(ProgramTest):
    def trace(self, *options):
        found = self.good_json("run", MODEL, "--input", IMAGES, "--output", "y.npy", "--batch", BATCH,
                               "--profile", "t.json", *options)
        with open(self.path("t.json"), encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
        names = {event["pid"]: event["args"]["name"] for event in events
                 if event["name"] == "process_name"}
        self.assertEqual(list(dict.fromkeys(name.split(", stream ")[0] for name in names.values())),
                         found["devices"])
        self.assertEqual(len(names), len(found["devices"]) * found["streams"])
        return found, [event for event in events if event["ph"] == "X"]

    def assert_plausible(self, found, spans):
        """All batches are there, once; each row's spans follow each other; a batch goes through the
        layers in order; all of it lies within the run."""
        layers = [layer["name"] for layer in found["layers"]]
        self.assertEqual(len(layers), LAYERS)
        rows, batches = {}, {}
        for span in spans:
            self.assertGreaterEqual(span["ts"], 0)
            self.assertGreaterEqual(span["dur"], 0)
            rows.setdefault((span["pid"], span["tid"]), []).append(span)
            batches.setdefault(span["args"]["batch"], []).append(span)
        for row in rows.values():
            row.sort(key=lambda span: span["ts"])
            for before, after in zip(row, row[1:]):
                self.assertLessEqual(before["ts"] + before["dur"], after["ts"] + 1)  # a microsecond
        self.assertEqual(sorted(batches), list(range(COUNT // BATCH)))
        for batch in batches.values():
            batch.sort(key=lambda span: span["ts"])
            self.assertEqual([span["name"] for span in batch], ["images", *layers, "logits"])
            self.assertEqual([span["cat"] for span in batch][0::LAYERS + 1], ["input", "output"])
            self.assertEqual({span["args"]["images"] for span in batch}, {BATCH})
            self.assertEqual(len({span["pid"] for span in batch}), 1)
        for pid in {span["pid"] for span in spans}:
            own = [span for span in spans if span["pid"] == pid]
            length = max(span["ts"] + span["dur"] for span in own) - min(span["ts"] for span in own)
            self.assertLess(length, found["seconds"] * 1e6)
        conv = next(span for span in spans if span["name"] == "conv2")
        self.assertEqual(conv["args"]["op"], "conv2d")
        self.assertEqual(conv["args"]["variant"], found["layers"][2]["variant"])

    def test_one_device(self):
        self.assert_plausible(*self.trace())
        self.assert_plausible(*self.trace("--backend", "reference"))
        self.left_behind("t.json", "y.npy")

    @unittest.skipUnless(HAVE_OPENCL, "the reference alone has no other device")
    def test_two_devices(self):
        number = self.good_json("devices")["devices"][-1]["index"]
        found, spans = self.trace("--devices", f"0,{number}")
        self.assert_plausible(found, spans)

    def test_streams(self):
        self.assert_plausible(*self.trace("--streams", 2))

    def test_failed_run(self):
        self.bad("run", MODEL, "--input", "lost.npy", "--profile", "t.json", words="lost.npy")
        self.bad("run", MODEL, "--input", IMAGES, "--profile", "/nonexistent/t.json", status=1,
                 words="/nonexistent/t.json")
        self.left_behind()

    def test_nothing_is_left_by_a_trace_that_cannot_be_written(self):
        told = self.bad("run", MODEL, "--backend", "reference", "--input", IMAGES, "--batch", 1,
                        "--output", "y.npy", "--profile", "/dev/full", status=1, words="/dev/full")
        self.assertEqual(told.count("/dev/full"), 1)
        self.left_behind()

    def test_a_file_is_written_once(self):
        self.bad("run", MODEL, "--input", IMAGES, "--output", "t.json", "--profile", "t.json",
                 words="--profile t.json")
        self.left_behind()


if __name__ == "__main__":
    unittest.main()
