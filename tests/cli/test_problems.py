"""octet verify and octet bench: problems on the command line and in lists, reports, refusals."""

import csv
import json
import os
import re
import time
import unittest

from octet_program import CHECKED, HAVE_OPENCL, ProgramTest

SMALL = ("17x33:33x9", "mb1ic5ih7oc6kh3ph1")


class Verify(ProgramTest):
    def test_problems_and_options_in_order(self):
        found = self.good_json("verify", "--type", "s8:s8:u8", "--zero-points", "3:-2:5", "--bias",
                               *SMALL, "--reset", "2x3x4:2x4x5")
        self.assertEqual((found["check"], found["failures"]), (CHECKED, []))
        self.assertEqual([d["problems"] for d in found["devices"]], [3])

    def test_every_option(self):
        self.good("verify", "--type", "u8:u8:u8", "--per-channel", "--per-row", "--relu", "--clamp",
                  "3:200", "--rounding", "fixed-double", "--transpose-a", "--transpose-b", SMALL[0],
                  "--layout", "nchw", "--mb", "2", SMALL[1])

    def test_all_variants(self):
        found = self.good_json("verify", "--all-variants", "--all-devices", SMALL[0])
        for device in found["devices"]:
            self.assertEqual(device["problems"], 1)
            if HAVE_OPENCL:
                self.assertGreater(device["compared"], 2)

    def test_seeds_and_time(self):
        self.good("verify", "--seed", "7", "--minutes", "0.01", SMALL[0])

    def test_without_arguments(self):
        found = self.good_json("verify")
        device = found["devices"][0]
        self.assertEqual(found["check"], CHECKED)
        self.assertGreater(device["standard_problems"], 50)
        self.assertEqual(device["standard_problems_run"] > 0, HAVE_OPENCL)
        self.assertLessEqual(device["standard_problems_run"],
                             min(device["problems"], device["standard_problems"]))

    def test_on_the_reference(self):
        where = ("--backend", "reference")
        for problems in ((), SMALL[:1]):
            found = self.good_json("verify", *where, *problems)
            self.assertEqual(found["check"], "not run")
            self.assertEqual(found["devices"][0]["compared"], 0)
        self.assertIn("NOTHING WAS COMPARED", self.good("verify", *where))
        self.bad("verify", *where, "2x3:4x5", words="K is 3")

    def test_text(self):
        text = self.good("verify", SMALL[0])
        self.assertIn(": 1 problem, ", text)
        self.assertIn("equals the reference" if HAVE_OPENCL else "NOTHING", text)
        self.assertIn("40 seconds", self.good("verify", "--help"))

    def test_lists(self):
        self.raw("list.txt", b"""# a list of one's own
--type=u8:s8:s32  17x33:33x9n"name with spaces, # and all*3"
--bias
mb1_ic5oc6_ih7kh3ph1n"conv:1"   # comment
--type s8:s8:f32
1x1:1x1
""")
        self.assertEqual(self.good_json("verify", "--file", "list.txt")["devices"][0]["problems"], 3)

    def test_lists_of_benchdnn(self):
        self.raw("shapes", b"10x30:30x20\n2x30:30x47n\"a*2\"\n")
        self.raw("harness", b"""# as published
--reset --skip-impl=ref
--dt=u8:s8:u8,s8:s8:f32,u8:s8:bf16
--stag=ab,ba --bia-dt=f32 --attr-zero-points=src:common:-5, \\
                                              src:per_dim_1
--batch=shapes
--batch=no-such-list
--reset --dt=f32 1x1:1x1
--dt=u8:s8:s8 --mb=1 --dir=FWD_B ic3id5oc4kd3ih5kh3 ic3iw9oc4kw3 g2ic4ih6oc4oh3kh3sh2dh0n"g"
""")
        result = self.run_octet("verify", "--file", "harness", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout)["devices"][0]["problems"], 6)
        for words in ("no-such-list", "2 options that mean nothing", "2 problems of types"):
            self.assertIn(words, result.stderr)

    def test_refusals(self):
        for problem, words in (("3136", "MxK:KxN"), ("2x3:4x5", "K is 3"), ("2x3:3x4x5", "dimensions"),
                               ("2x2x3:3x3x4", "batch"), ("ic3oc4", "ih and kh"), ("0x0:0x1", "K"),
                               ("ic3ih2oc4kh3", "fit"), ("ic3ih5oc4kh3sh0", "fit"), ("hello", "at"),
                               ("g2ic3ih5oc4kh3", "2 groups"), ("ic3id5ih5oc4kd3kh3", "depth"),
                               ("1x1:1x1what", "what"), ("99999999999x1:1x1", "too large"),
                               ("2147483648x1:1x1", "too large"), ("1x1:1x1x", "MxK:KxN"),
                               ("ic3oc4ih5kh2147483648", "too large"),
                               ("2000000000x70000:70000x2000000000", ("70000", "65793")),
                               ("mb1ic2147483647oc1ih1kh1", "65793")):
            self.bad("verify", problem, words=words)
        for option in (("--type", "u8:s8"), ("--type", "f32:s8:s8"), ("--zero-points", "1:2"),
                       ("--clamp", "5"), ("--rounding", "up"), ("--layout", "nhw"), ("--mb", "-1")):
            self.bad("verify", *option, SMALL[0], words=option)
        self.bad("verify", "--zero-points", "-1:0:0", SMALL[0], words=("-1", "u8", "0 to 255"))
        self.bad("verify", "--file", "none", words="none")
        self.raw("list", b"1x1:1x1\n--tpye u8:s8:s8\n")
        self.bad("verify", "--file", "list", words=("--tpye", "list", "line 2"))
        self.raw("list", b"1x1:1x1 --type\n")
        self.bad("verify", "--file", "list", words=("type", "needs a value"))
        self.bad("verify", "--variant", "no_such", SMALL[0], words=("no_such", "reference"))
        self.bad("verify", "--variant", "a", "--all-variants", words="--all-variants")
        self.bad("verify", "1x131073:131073x1", words="65793")
        self.bad("bench", "--type", "u8:s8:f16", SMALL[0],
                 words=("its output, 'f16', must be u8, s8, s32 or f32",))
        self.bad("bench", "--type", "u8:f32:u8", SMALL[0],
                 words=("its weights, 'f32', must be u8 or s8",))
        self.bad("verify", "--relu", "--type", "u8:s8:s32", SMALL[0], words=("--relu", "s32"))

    def test_lines_have_an_end(self):
        start = time.time()
        self.bad("verify", "--file", "/dev/zero", words=("/dev/zero", "line 1 is longer"))
        self.assertLess(time.time() - start, 10)
        for length, status in ((16381, 0), (16382, 0), (16383, 2), (40000, 2)):
            self.raw("list", b"\n1x1:1x1 #".ljust(length + 1) + b"\n" + b"2x1:1x1")
            self.assertEqual(self.run_octet("verify", "--file", "list").returncode, status)
        self.bad("verify", "--file", "list", words="line 2 is longer than 16382")


class Bench(ProgramTest):
    def test_json_and_csv(self):
        found = self.good_json("bench", "--seconds", "0.02", "--csv", "t.csv", "--type", "u8:s8:u8",
                               *SMALL, '--bias', '1x1:1x1n"x,y*3"')
        self.assertLessEqual({"device", "limit_gops", "results"}, set(found))
        if HAVE_OPENCL:
            self.assertGreater(found["limit_gops"], 0)
        self.assertEqual([r["problem"] for r in found["results"]], [*SMALL, '1x1:1x1n"x,y*3"'])
        for result in found["results"]:
            self.assertLessEqual({"problem", "variant", "seconds", "gops", "of_limit", "against"},
                                 set(result))
            self.assertLessEqual(result["seconds_low"], result["seconds"])
            self.assertLessEqual(result["seconds"], result["seconds_high"])
        self.assertEqual(found["results"][2]["repeat"], 3)
        self.assertIn("--bias", found["results"][2]["options"])
        with open(self.path("t.csv")) as file:
            table = list(csv.DictReader(file))
        self.assertEqual([row["problem"] for row in table], [*SMALL, '1x1:1x1n"x,y*3"'])
        self.assertAlmostEqual(float(table[0]["seconds"]), found["results"][0]["seconds"], 8)

    def test_text(self):
        text = self.good("bench", "--seconds", "0.01", SMALL[0])
        self.assertIn(SMALL[0], text)
        spread, mark = re.search(r" (\d+)%([! ]) +\d+%  .*" + SMALL[0], text).groups()
        self.assertTrue(mark == "!" if int(spread) > 50 else mark == " " or int(spread) == 50, text)

    def test_peers(self):
        message = self.bad("bench", "--against", "no_such", words="no_such")
        there_are = message.split(": ")[-1].strip()
        self.assertIn(f"compiled in: {there_are} (", self.good("help", "bench"))
        self.assertIn("libdnnl-dev", message)
        for name in ("onednn", "openblas", "clblast"):
            if name in there_are and (name != "clblast" or HAVE_OPENCL):
                found = self.good_json("bench", "--seconds", "0.02", "--against", name, *SMALL)
                self.assertGreater(found["results"][0]["against"][name], 0)

    def test_peer_with_threads_is_loaded_late(self):
        """OpenBLAS starts threads when it is loaded, which other commands do not need."""
        listed = self.run_octet("--version", environment={"LD_TRACE_LOADED_OBJECTS": "1"})
        self.assertNotIn("openblas", listed.stdout)

    def test_reference(self):
        found = self.good_json("bench", "--seconds", "0.01", "--backend", "reference", SMALL[0])
        self.assertIsNone(found["limit_gops"])
        self.assertIsNone(found["results"][0]["of_limit"])

    def test_refusals(self):
        self.bad("bench", "--csv", "no/such/t.csv", SMALL[0], status=1, words="no/such")
        self.bad("bench", "--seconds", "0", SMALL[0], words="--seconds")
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
