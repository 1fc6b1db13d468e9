"""octet beside ONNX Runtime on the same problems: QLinearMatMul and QLinearConv of one node, constant
weights, as many threads as cores. Both take turns, so that a slow moment of the machine meets both.

    python3 bench/ort.py --octet build/release/octet --file bench/problems/resnet50.txt

Needs numpy, onnx and onnxruntime (PyPI). ONNX Runtime's images are NCHW, octet's NHWC: each has what it
is made for. Exit status: 0, or 1 when a result of octet differs from its reference."""

import argparse
import csv
import json
import math
import os
import re
import statistics
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

TYPES = {"u8": (np.uint8, TensorProto.UINT8), "s8": (np.int8, TensorProto.INT8)}
TURNS = 3


# ---- Problems, as benchdnn and octet write them ----

def read_list(path):
    """(options, problem) of a list; options hold for what follows them."""
    options = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words and words[0].startswith("--"):
                options = words
            else:
                yield from ((options, word) for word in words)


def sizes_of(text):
    """The letters and numbers of a convolution, what is left out filled in."""
    sizes = {name: int(number) for name, number in
             re.findall(r"([a-z]+)(\d+)", text.split("n\"")[0].replace("_", ""))}
    for height, default in (("ih", 1), ("kh", 1), ("sh", 1), ("ph", 0), ("dh", 0)):
        sizes.setdefault(height, default)
        sizes.setdefault(height[0] + "w", sizes[height])
    sizes.setdefault("g", 1)
    return sizes


def arrays_of(options, text, images):
    """x, w and the node's attributes."""
    types = next((word for word in options if word.startswith("u8") or word.startswith("s8")),
                 "u8:s8:u8").split(":")
    rng = np.random.default_rng(1)

    def data(kind, shape):
        low, high = np.iinfo(TYPES[kind][0]).min, np.iinfo(TYPES[kind][0]).max
        return rng.integers(low, high, shape, TYPES[kind][0], endpoint=True)

    if ":" in text.split("n\"")[0]:
        shapes = [[int(size) for size in side.split("x")]
                  for side in text.split("n\"")[0].split(":")]
        return "QLinearMatMul", [data(kind, shape) for kind, shape in zip(types, shapes)], {}
    s = sizes_of(text)
    x = data(types[0], (images, s["ic"], s["ih"], s["iw"]))
    w = data(types[1], (s["oc"], s["ic"] // s["g"], s["kh"], s["kw"]))
    return "QLinearConv", [x, w], {
        "group": s["g"], "strides": [s["sh"], s["sw"]], "dilations": [s["dh"] + 1, s["dw"] + 1],
        "pads": [s["ph"], s["pw"], s["ph"], s["pw"]]}


# ---- ONNX Runtime ----

def session_of(operator, arrays, attributes):
    """A session of one node whose input is x; weights and parameters are constants."""
    x, w = arrays
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    constants = {"w": w, "x_scale": np.float32(0.5), "x_zero": np.zeros((), x.dtype),
                 "w_scale": np.float32(0.5), "w_zero": np.zeros((), w.dtype),
                 "y_scale": np.float32(4096), "y_zero": np.array(128 if kind == TensorProto.UINT8
                                                                 else 0, x.dtype)}
    node = helper.make_node(operator, ["x", "x_scale", "x_zero", "w", "w_scale", "w_zero",
                                       "y_scale", "y_zero"], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "one", [helper.make_tensor_value_info("x", kind, x.shape)],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    return onnxruntime.InferenceSession(model.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])


def time_session(session, x, seconds):
    """Seconds of each run; outputs stay bound, as octet's do."""
    binding = session.io_binding()
    binding.bind_cpu_input("x", x)
    binding.bind_output("y")
    session.run_with_iobinding(binding)
    times, deadline = [], time.perf_counter() + seconds
    while time.perf_counter() < deadline or len(times) < 5:
        start = time.perf_counter()
        session.run_with_iobinding(binding)
        times.append(time.perf_counter() - start)
    return times


# ---- octet ----

def time_octet(program, options, text, images, seconds):
    """The result of `octet bench`."""
    command = [program, "bench", "--json", "--seconds", str(seconds), *options,
               *(["--mb", str(images)] if ":" not in text.split("n\"")[0] else []), text]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")
    return json.loads(result.stdout)["results"][0]


def measure(arguments, options, text):
    """A row of the table."""
    session_arrays = arrays_of(options, text, arguments.mb)
    try:
        session = session_of(*session_arrays)
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return None
    theirs, ours = [], []
    for _ in range(TURNS):
        theirs += time_session(session, session_arrays[1][0], arguments.seconds / TURNS)
        one = time_octet(arguments.octet, options, text, arguments.mb, arguments.seconds / TURNS)
        ours.append(one["seconds"])
    operations = one["gops"] * one["seconds"] * 1e9
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {"problem": text, "options": " ".join(options), "variant": one["variant"],
            "seconds": mine, "gops": operations / mine / 1e9,
            "onnxruntime_seconds": other, "onnxruntime_gops": operations / other / 1e9}


def main():
    """Prints as it goes; writes the CSV at the end."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octet", default="build/release/octet", help="the program")
    parser.add_argument("--file", action="append", default=[], help="a list of problems")
    parser.add_argument("--mb", type=int, default=1, help="images of convolutions (1)")
    parser.add_argument("--seconds", type=float, default=0.9, help="for each side of a problem (0.9)")
    parser.add_argument("--csv", help="the results as a table")
    parser.add_argument("problems", nargs="*", help="problems with u8:s8:u8")
    arguments = parser.parse_args()
    problems = [(["--type", "u8:s8:u8"], text) for text in arguments.problems]
    for path in arguments.file:
        problems += read_list(path)
    print(f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}, {os.cpu_count()} threads")
    rows = []
    for options, text in problems:
        row = measure(arguments, options, text)
        if row is None:
            print(f"{text}: ONNX Runtime has no kernel for {' '.join(options)}")
            continue
        rows.append(row)
        print(f"{row['gops']:10.1f} GOPS, ONNX Runtime {row['onnxruntime_gops']:8.1f} "
              f"(octet x {row['onnxruntime_seconds'] / row['seconds']:.2f})  {row['options']} {text} "
              f"({row['variant']})", flush=True)
    ratios = [row["onnxruntime_seconds"] / row["seconds"] for row in rows]
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"{len(rows)} problems; octet x {mean:.2f} of ONNX Runtime (geometric mean, lowest "
              f"{min(ratios):.2f})")
    if arguments.csv and rows:
        with open(arguments.csv, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
