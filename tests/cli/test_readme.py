"""The README's showcase: its commands, run on examples/questions, print what it shows; and the commands
it lists are those there are."""

import os
import re
import shlex
import shutil
import unittest

from octet_program import ProgramTest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
QUESTIONS = os.path.join(ROOT, "examples", "questions")


class Readme(ProgramTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            self.text = file.read()
        for name in os.listdir(QUESTIONS):
            if name.endswith(".npy"):
                shutil.copy(os.path.join(QUESTIONS, name), self.folder)

    def test_answers(self):
        """But for the line that names the device and the time, and for who added floats in which order."""
        blocks = re.findall(r"```\n\$ octet ((?:explain|gemm)(?:.*\\\n)*.*)\n((?:.*\n)*?)```", self.text)
        self.assertEqual(len(blocks), 2)
        for line, expected in blocks:
            printed = self.good(*shlex.split(line.replace("\\\n", " ")))
            shown, same = [re.sub(r"clblast|plain C|-24\.63675\d+", "...", text).splitlines()
                           for text in (expected, printed)]
            self.assertGreater(len(shown), 3)
            self.assertEqual(same[1:], shown[1:])

    def test_commands(self):
        there_are = re.findall(r"^  (\w+) {2,}\w", self.good("help").split("\n\n")[2], re.M)
        listed = re.findall(r"^octet (\w+) .*  \w", self.text, re.M)
        self.assertEqual(listed, there_are)


if __name__ == "__main__":
    unittest.main()
