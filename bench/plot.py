"""Pictures of what bench/run.sh has measured: FOLDER/<name>.csv becomes FOLDER/<name>.png, a bar per
problem for octet and each peer.

    python3 bench/plot.py build/bench"""

import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (the backend comes first)

COLOURS = {"octet": "#1b6ca8", "onednn": "#e07b39", "onnxruntime": "#7a9e3b", "openblas": "#999999",
           "clblast": "#cccccc", "cublaslt": "#76b900", "cudnn": "#76b900"}


def read(path):
    """Rows of a CSV, and those of ONNX Runtime beside them by problem and options."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    beside = path.with_name(path.stem + "-ort.csv")
    others = {}
    if beside.exists():
        with open(beside, encoding="utf-8") as file:
            others = {(row["problem"], row["options"]): row for row in csv.DictReader(file)}
    return rows, others


def speeds(row, others):
    """GOPS by name."""
    operations = float(row["gops"]) * float(row["seconds"])
    found = {"octet": float(row["gops"])}
    for column, value in row.items():
        if column.endswith("_seconds") and value:
            found[column.removesuffix("_seconds")] = operations / float(value)
    other = others.get((row["problem"], row["options"]))
    if other is not None:
        found["onnxruntime"] = float(other["onnxruntime_gops"])
    return found


def label(row):
    """A problem in a line: its name, where it has one."""
    name = row["problem"].split('n"')
    return name[1].rstrip('"') if len(name) > 1 else f"{row['problem']} {row['options'][7:12]}"


def draw(path):
    """One picture."""
    rows, others = read(path)
    found = [speeds(row, others) for row in rows]
    names = [name for name in COLOURS if any(name in one for one in found)]
    height = 0.8 / len(names)
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.14 * len(names) * len(rows)))
    for i, name in enumerate(names):
        axes.barh([row + i * height for row in range(len(rows))],
                  [one.get(name, 0) for one in found], height, label=name, color=COLOURS[name])
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(rows))], [label(row) for row in rows],
                    fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("10^9 operations per second; float32 for openblas and clblast, int8 else")
    axes.set_title(f"{path.stem}, {rows[0]['device']}", fontsize=8)
    axes.legend(fontsize=7)
    axes.margins(y=0.01)
    figure.tight_layout()
    figure.savefig(path.with_suffix(".png"), dpi=110)
    pyplot.close(figure)


for csv_path in sorted(pathlib.Path(sys.argv[1]).glob("*.csv")):
    if not csv_path.stem.endswith("-ort"):
        draw(csv_path)
        print(csv_path.with_suffix(".png"))
