"""Networks layer by layer, for networks.py --layers: octet's layers, and the nodes of OpenVINO and ONNX Runtime
that compute the same nodes of the model.

octet's times are those of octet run --json, where each layer is launched and waited for by itself: about
30 microseconds of each are that. The others' nodes run one after the other, without. Nothing is
subtracted."""

import collections
import csv
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import onnxruntime

try:
    import openvino
except ImportError:
    openvino = None

try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:
    pyplot = None

TURNS = 5
RUNS = 10  # of a peer in each turn, after one more
SHOWN = 20
ELSEWHERE = "(none of these)"
COLOURS = {"octet": "#1b6ca8", "OpenVINO": "#e07b39", "ONNX Runtime": "#7a9e3b"}


def run_json(command):
    """What a command of octet prints."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stderr}")
    return json.loads(result.stdout)


class Octet:
    """The program: one process per turn, whose last run is timed by layers."""
    name = "octet"

    def __init__(self, program, path, input_path, images):
        self.layers = run_json([program, "inspect", "--json", str(path)])["layers"]
        self.command = [program, "run", "--json", "--repeat", str(RUNS), "--batch", str(images),
                        "--input", str(input_path), str(path)]

    def owners(self):
        """The layer of each node of the model; of several that need it, the first."""
        found = {}
        for layer in self.layers:
            for node in layer.get("nodes", []):
                found.setdefault(node, layer["name"])
        return found

    def turn(self):
        """[(layer, seconds)], each several times."""
        return [(layer["name"], layer["seconds"] or 0.0) for layer in run_json(self.command)["layers"]]


class OpenVino:
    """A compiled model that counts."""
    name = "OpenVINO"

    def __init__(self, path, batch):
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape(list(batch.shape))
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": os.cpu_count(), "PERFORMANCE_HINT": "LATENCY",
            "PERF_COUNT": True})
        self.nodes = {op.get_friendly_name(): self.sources(op)
                      for op in compiled.get_runtime_model().get_ops()}
        self.request, self.batch = compiled.create_infer_request(), batch

    @staticmethod
    def sources(op):
        """Names of the model's nodes that went into one of OpenVINO's: its parts have a "/"."""
        info = op.get_rt_info()
        names = info["originalLayersNames"].astype(str) if "originalLayersNames" in info else ""
        return [name.split("/")[0] for name in [*names.split(","), op.get_friendly_name()]]

    def turn(self):
        """[(names of nodes, seconds)]."""
        self.request.infer({0: self.batch}, share_inputs=True)
        times = collections.defaultdict(list)
        for _ in range(RUNS):
            self.request.infer({0: self.batch}, share_inputs=True)
            for node in self.request.profiling_info:
                times[node.node_name].append(node.real_time.total_seconds())
        return [(self.nodes.get(name, [name.split("/")[0]]), statistics.median(each))
                for name, each in times.items()]


class OnnxRuntime:
    """A session that writes a profile: a new one in each turn."""
    name = "ONNX Runtime"

    def __init__(self, path, batch):
        self.path, self.batch = path, batch

    def turn(self):
        """As OpenVino's. A node that was made of another keeps its name, with a number behind."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count()
        options.add_session_config_entry("session.qdqisint8allowed", "1")
        options.enable_profiling = True
        options.profile_file_prefix = str(self.path.with_suffix(""))
        session = onnxruntime.InferenceSession(str(self.path), options,
                                               providers=["CPUExecutionProvider"])
        for _ in range(RUNS + 1):
            session.run(None, {"images": self.batch})
        profile = Path(session.end_profiling())
        times = collections.defaultdict(list)
        for event in json.loads(profile.read_text(encoding="utf-8")):
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
                times[event["name"].removesuffix("_kernel_time")].append(event["dur"] * 1e-6)
        profile.unlink()
        return [([re.sub(r"_token_\d+$", "", name)], statistics.median(each[1:]))
                for name, each in times.items()]


def by_layer(owners, nodes):
    """Seconds by layer of octet, of what one turn of a peer gave."""
    found = collections.Counter()
    for names, seconds in nodes:
        found[next((owners[name] for name in names if name in owners), ELSEWHERE)] += seconds
    return found


def measure(program, path, input_path, batch):
    """[(layer, {side: median seconds})] in octet's order, and last what no layer has."""
    octet = Octet(program, path, input_path, len(batch))
    peers = [OnnxRuntime(path, batch)] + ([OpenVino(path, batch)] if openvino is not None else [])
    owners, turns = octet.owners(), collections.defaultdict(list)
    for _ in range(TURNS):
        turns[octet.name].append(collections.Counter(dict(octet.turn())))
        for peer in peers:
            turns[peer.name].append(by_layer(owners, peer.turn()))
    names = [layer["name"] for layer in octet.layers] + [ELSEWHERE]
    medians = [{side: statistics.median(turn[name] for turn in each)
                for side, each in turns.items()} for name in names]
    return list(zip([*octet.layers, {"name": ELSEWHERE, "op": "", "variant": ""}], medians))


def lost(times):
    """How much longer octet took than the fastest of the others that has this layer."""
    others = [seconds for side, seconds in times.items() if side != "octet" and seconds > 0]
    return times["octet"] - min(others) if others and times["octet"] > 0 else 0.0


def draw(path, title, rows):
    """A bar per side for the layers that lose most."""
    sides = [side for side in COLOURS if side in rows[0][1]]
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.16 * len(sides) * len(rows)))
    height = 0.8 / len(sides)
    for i, side in enumerate(sides):
        axes.barh([row + i * height for row in range(len(rows))],
                  [times[side] * 1e6 for _, times in rows], height, label=side, color=COLOURS[side])
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(rows))],
                    [f"{layer['name']} {layer['op']}" for layer, _ in rows], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("microseconds; octet's with a launch and a wait, about 30")
    axes.set_title(title, fontsize=8)
    axes.legend(fontsize=7)
    axes.margins(y=0.01)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def report(program, path, input_path, batch):
    """Writes <model>-batch<N>-layers.csv and, with matplotlib, .png; prints the first rows."""
    rows = sorted(measure(program, path, input_path, batch), key=lambda row: -lost(row[1]))
    sides = list(rows[0][1])
    table = path.with_name(f"{path.stem}-batch{len(batch)}-layers.csv")
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["layer", "op", "variant", *(f"{side} us" for side in sides), "lost us"])
        for layer, times in rows:
            writer.writerow([layer["name"], layer["op"], layer["variant"],
                             *(f"{times[side] * 1e6:.1f}" for side in sides), f"{lost(times) * 1e6:.1f}"])
    if pyplot is not None:
        draw(table.with_suffix(".png"), table.stem, rows[:SHOWN])
    totals = {side: sum(times[side] for _, times in rows) for side in sides}
    print(f"{table}: microseconds of all layers: " +
          ", ".join(f"{side} {total * 1e6:.0f}" for side, total in totals.items()))
    for layer, times in rows[:10]:
        print(f"  {layer['name']:<28} {layer['op']:<14} " +
              " ".join(f"{side} {times[side] * 1e6:6.0f}" for side in sides) +
              f"  lost {lost(times) * 1e6:6.0f}", flush=True)
