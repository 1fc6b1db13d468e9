"""kernels.cl for x86-64 CPUs without AVX-512: every variant that they could take is compiled by clang for
Haswell, with each way to store, and must hold its path's instruction and none of AVX-512's, whose code
begins with a byte 62. PoCL's builtin functions stay calls.

    python3 tests/lint/avx2.py --rows build/ci/tests/octet_test_rows"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
INSTRUCTIONS = {"x86_pmaddwd": r"\bvpmaddwd\b", "x86_avxvnni": r"\{vex\} vpdpbusd\b"}
KERNELS = {"matrix": ["GEMM", "CONV2D"], "depthwise": ["DEPTHWISE"]}
STORES = ["OCT_STORE=0", "OCT_STORE=1", "OCT_STORE=3", "OCT_STORE=4", "OCT_SUM=1", "OCT_TABLE=2"]
AVX512 = re.compile(r"^ +[0-9a-f]+:\t62 .*", re.MULTILINE)


def disassemble(arguments):
    """Instructions of kernels.cl with these options, a line each: place, bytes, text."""
    with tempfile.TemporaryDirectory() as folder:
        code = pathlib.Path(folder) / "kernels.o"
        subprocess.run([options.clang, "-x", "cl", "-cl-std=CL1.2", "-target", "x86_64-linux-gnu",
                        "-march=haswell", "-Xclang", "-finclude-default-header", "-w", "-O2", "-c",
                        "-o", code, *arguments, ROOT / "kernels.cl"], check=True)
        return subprocess.run([options.objdump, "-d", code], check=True, text=True,
                              stdout=subprocess.PIPE).stdout


def check(path, name, arguments):
    """Empty, or what is wrong with a variant's code."""
    text = disassemble(arguments)
    found = AVX512.search(text)
    if found:
        return f"{name} {' '.join(arguments)}: an instruction of AVX-512: {found.group()}"
    if not re.search(INSTRUCTIONS[path], text):
        return f"{name} {' '.join(arguments)}: no '{INSTRUCTIONS[path]}' in its code"
    return ""


def main():
    """0 when all is as it should be."""
    rows = [line.split("\t") for line in
            subprocess.run([options.rows], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()]
    count = 0
    if not AVX512.search(disassemble(["-DOCT_BUILD_GEMM", "-DOCT_PATH=OCT_X86_VNNI", "-DOCT_LANES=8"])):
        return "x86_vnni: its instructions are AVX-512's, and were not found"
    for path, kind, name, tile in rows:
        if path not in INSTRUCTIONS or "OCT_LANES=8" not in tile:
            continue
        for kernel in KERNELS[kind]:
            for sign, store in enumerate(STORES):
                wrong = check(path, name, [f"-DOCT_BUILD_{kernel}=1", f"-DOCT_A_SIGNED={sign % 2}",
                                           f"-D{store}", *tile.split()])
                if wrong:
                    return wrong
                count += 1
    print(f"{count} kernels of rows for x86-64 without AVX-512")
    return 0 if count > 0 else "no rows of 8 lanes"


parser = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", required=True, help="the program that prints the table of tiles")
parser.add_argument("--clang", default="clang")
parser.add_argument("--objdump", default="objdump")
options = parser.parse_args()
if __name__ == "__main__":
    sys.exit(main())
