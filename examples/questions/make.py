"""Writes the arrays of the two questions in the top README next to this file, from the golden cases
tests/data/seed1.json and seed2.json, which tell where every number comes from. Needs Python alone."""

import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "tests", "data")
CODES = {"|u1": "B", "|i1": "b", "<f4": "f"}


def golden(name):
    with open(os.path.join(DATA, name)) as file:
        return json.load(file)


def save(name, descr, shape, values):
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    head += " " * (-(11 + len(head)) % 64) + "\n"
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack(f"<{len(values)}{CODES[descr]}", *values))


conv2d = golden("seed1.json")
save("x.npy", "|u1", conv2d["input"]["shape"], conv2d["input"]["data"])
save("w.npy", "|i1", conv2d["weight"]["shape"], conv2d["weight"]["data"])
seen = next(case for case in conv2d["cases"] if case["output_zero_point"] == 128)
save("seen.npy", "|u1", (1, 1, 1, 1), [seen["wrong_if_pairwise_int16_saturation"]["output"]])

for name in ("x1", "x2"):
    matrix = golden("seed2.json")["inputs"][name]
    save(name + ".npy", "<f4", matrix["shape"], matrix["data"])
