"""kernels.cl for GPUs that are not at hand, by offline compilers: every variant that NVIDIA's or Intel's could
take, and those of AMD's own instructions (its others spill, and take minutes to compile), becomes PTX and
machine code (clang, ptxas), assembly (clang) or machine code (ocloc), and must hold the instruction its path
is named after. On NVIDIA's devices those that have one must not spill registers, nor may AMD's blocks and
Intel's of matrix engines.

    python3 tests/gpu/compile.py --rows build/ci/tests/octet_test_rows sm_80 gfx1030
    python3 tests/gpu/compile.py --rows build/ci/tests/octet_test_rows --table sm_61 sm_80 gfx90a
    python3 tests/gpu/compile.py --missing sm_61     says what is missing for it; nothing: it can be done

ptxas is looked for in PATH, in CUDA's folders and in --tools, an environment of requirements.txt; ocloc in PATH
and in intel/ of --tools, where quickstart.sh unpacks it."""

import argparse
import collections
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import ocloc

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLANGS = ["clang", *(f"clang-{version}" for version in range(19, 13, -1))]

# Of a path: the first device that has it, and what its code must hold for u8 and s8 inputs.
Path = collections.namedtuple("Path", "first unsigned signed")
PATHS = {
    "sm": {"plain": Path(61, "", ""),
           "nv_dp4a": Path(61, r"dp4a\.u32\.s32", r"dp4a\.s32\.s32"),
           "nv_mma": Path(80, r"mma\.sync\S*\.u8\.s8\.s32", r"mma\.sync\S*\.s8\.s8\.s32")},
    "gfx": {"amd_sdot4": Path(0x906, "v_dot4c?_u32_u8", "v_dot4c?_i32_i8"),
            "amd_sudot4": Path(0x1100, r"v_dot4_i32_iu8.*neg_lo:\[0,1,0\]",
                               r"v_dot4_i32_iu8.*neg_lo:\[1,1,0\]"),
            "amd_mfma": Path(0x908, r"v_mfma_i32_16x16x(16i8|32_i8)", r"v_mfma_i32_16x16x(16i8|32_i8)"),
            "amd_wmma": Path(0x1100, r"v_wmma_i32_16x16x16_iu8.*neg_lo:\[1,0,0\]",
                             r"v_wmma_i32_16x16x16_iu8.*neg_lo:\[1,1,0\]")},
    "intel": {"plain": Path(0, "", ""),
              "khr": Path(1200, r"dp4a .*:ud +\S+:d", r"dp4a .*:d +\S+:d"),
              "intel_dpas8": Path(1255, r"dpas\.8x8 .*:ub +\S+:b", r"dpas\.8x8 .*:b +\S+:b"),
              "intel_dpas16": Path(1260, r"dpas\.8x8 .*:ub +\S+:b", r"dpas\.8x8 .*:b +\S+:b")},
    "spir": {"plain": Path(0, "", ""),
             "khr": Path(0, "dot_4x8packed_us_int", "dot_4x8packed_ss_int"),
             "arm": Path(0, r"arm_dot\w*Dv4_h", r"arm_dot\w*Dv4_c")},
}
MATRIX, DEPTHWISE = ["gemm", "conv2d"], ["depthwise"]
LAST = {"amd_sdot4": 0x10ff, "amd_mfma": 0x9ff, "amd_wmma": 0x11ff,
        "intel_dpas8": 1255}  # later ones have others
INTEL = {"tgllp": 1200, "acm-g10": 1255, "pvc": 1260}  # as ocloc calls them: versions of the architecture

SPILLED = {"sm": "bytes", "gfx": "bytes", "intel": "registers"}

Row = collections.namedtuple("Row", "path kind name options")
Found = collections.namedtuple("Found", "registers stack spilled")


class Failed(Exception):
    """A variant that does not compile as it should, in words."""


def run(command, environment=None):
    """Output of a compiler; Failed with its complaints."""
    result = subprocess.run([*map(str, command)], text=True, stdin=subprocess.DEVNULL, env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if result.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}\n{(result.stdout + result.stderr)[-2000:]}")
    return result.stdout + result.stderr


# ---- Devices ----

class Device:
    """sm_NN, gfxNNN, spir64 or one of INTEL: its compiler, and what to do with the output."""

    def __init__(self, name):
        self.name = name
        self.family = "intel" if name in INTEL else re.match("sm|gfx|spir", name).group()
        self.number = (INTEL[name] if self.family == "intel" else
                       int(name[3:], 16) if self.family == "gfx" else
                       int(name[3:]) if self.family == "sm" else 0)

    def target(self):
        """The flags that name it; PTX is of the oldest device, as one for all would be."""
        return {"sm": ["-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang",
                       "sm_61" if self.number < 80 else "sm_80", "-Xclang", "-target-feature",
                       "-Xclang", "+ptx70"],
                "gfx": ["-target", "amdgcn-amd-amdhsa", f"-mcpu={self.name}", "-nogpulib"],
                "spir": ["-target", "spir64", "-emit-llvm", "-Xclang", "-cl-ext=+"
                         "cl_khr_integer_dot_product,+cl_arm_integer_dot_product_int8"]}[self.family]

    def takes(self, path):
        """Whether the path has rows for it."""
        known = PATHS[self.family].get(path)
        return known is not None and known.first <= self.number <= LAST.get(path, self.number)

    @functools.cached_property
    def clang(self):
        """The first clang that knows it; None: none does."""
        for name in CLANGS:
            if shutil.which(name) and subprocess.run(
                    [name, "-x", "cl", "-cl-std=CL1.2", *self.target(), "-S", "-o", os.devnull,
                     os.devnull], capture_output=True, check=False).returncode == 0:
                return name
        return None

    @functools.cached_property
    def ptxas(self):
        """The first ptxas that knows it; None: none does."""
        found = [shutil.which("ptxas"), *pathlib.Path("/usr/local").glob("cuda*/bin/ptxas"),
                 *options.tools.glob("lib/python*/site-packages/nvidia/cuda_nvcc/bin/ptxas")]
        for program in filter(None, found):
            if re.search(rf"\b{self.name}\b", run([program, "--help"])):
                return program
        return None

    @functools.cached_property
    def ocloc(self):
        """Intel's compiler."""
        return ocloc.Ocloc(options.tools / "intel", scratch)

    @property
    def compilers(self):
        """What makes its code, in words."""
        return (self.ocloc.program if self.family == "intel" else
                f"{self.clang} and {self.ptxas}" if self.family == "sm" else self.clang)

    def missing(self):
        """What it takes that is not installed; empty: nothing."""
        if self.family == "intel":
            return self.ocloc.missing
        if self.clang is None:
            return f"a clang that knows {self.name} (Debian: clang-15 or later)"
        if self.family == "sm" and self.ptxas is None:
            return f"a ptxas that knows {self.name} (PyPI: nvidia-cuda-nvcc-cu12)"
        return ""

    @functools.cached_property
    def library(self):
        """Flags that link the builtin functions."""
        if self.family == "spir":
            return []
        bitcode = scratch / f"builtins-{self.name}.bc"
        run([self.clang, "-x", "cl", "-cl-std=CL1.2", *self.target(), "-Xclang",
             "-finclude-default-header", "-O1", "-emit-llvm", "-c", "-o", bitcode,
             HERE / "builtins.cl"])
        return ["-Xclang", "-mlink-builtin-bitcode", "-Xclang", str(bitcode)]

    def compile(self, arguments):
        """kernels.cl to text: PTX, assembly or LLVM's; of Intel's all that is known of the code."""
        if self.family == "intel":
            text = scratch / f"{self.name}.s"
            text.write_text(self.ocloc.compile(run, self.name, options.kernels, arguments),
                            encoding="utf-8")
            return text
        standard = [] if any("-cl-std" in one for one in arguments) else ["-cl-std=CL1.2"]
        text = scratch / f"{self.name}.s"
        run([self.clang, "-x", "cl", *standard, *self.target(), *self.library, "-Xclang",
             "-finclude-default-header", "-w", "-O3", "-S", "-o", text, *arguments,
             options.kernels])
        return text

    def count(self, text):
        """Found of each kernel in the text; a call is a builtin that the library lacks."""
        content = text.read_text(encoding="utf-8")
        if self.family == "intel":
            return {name: Found(*found) for name, found in ocloc.count(content).items()}
        if self.family == "sm":
            said = run([self.ptxas, "-c", "-v", f"-arch={self.name}", "-o", os.devnull, text])
            pattern = (r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes "
                       r"spill stores.*?Used (\d+) registers")
            return {name: Found(int(registers), int(stack), int(spilled)) for
                    name, stack, spilled, registers in re.findall(pattern, said, re.S)}
        pattern = (r"\.name: +(\w+)\n.*?\.private_segment_fixed_size: (\d+)\n.*?"
                   r"\.vgpr_count: +(\d+)\n +\.vgpr_spill_count: (\d+)")
        return {name: Found(int(registers), int(stack), 4 * int(spilled)) for
                name, stack, registers, spilled in re.findall(pattern, content, re.S)}


# ---- What is compiled ----

@functools.cache
def all_rows():
    """The table of tiles. This file must know each of its paths for GPUs."""
    rows = [Row(*line.split("\t")) for line in run([options.rows]).splitlines()]
    theirs = {row.path for row in rows if re.match("plain|khr|arm|nv_|amd_|intel_", row.path)}
    ours = {path for paths in PATHS.values() for path in paths}
    if not theirs <= ours:
        raise Failed(f"paths of the table of tiles that PATHS lacks: {theirs - ours}")
    return rows


def products(row):
    """Instructions of Intel's matrix engines that a slice takes, of two steps."""
    rows, vectors = (int(re.search(rf"{name}=(\d+)", row.options).group(1))
                     for name in ("OCT_MR", "OCT_NV"))
    return 2 * rows * vectors


def check(device, row, kernel, signed):
    """One variant of one kernel: Found."""
    text = device.compile(["-D", f"OCT_BUILD_{kernel.upper()}=1", "-D", f"OCT_A_SIGNED={signed:d}",
                           *row.options.split()])
    path = PATHS[device.family][row.path]
    wanted = path.signed if signed else path.unsigned
    if not re.search(wanted, text.read_text(encoding="utf-8")):
        raise Failed(f"{device.name}: {row.name}, {kernel}: no '{wanted}' in its code")
    if row.path.startswith("intel_") and not ocloc.keeps_sums(text.read_text(encoding="utf-8"),
                                                              products(row)):
        raise Failed(f"{device.name}: {row.name}, {kernel}: its sums are not kept in registers")
    if device.family == "spir":
        return Found(0, 0, 0)
    found = device.count(text).get(kernel)
    if found is None:
        raise Failed(f"{device.name}: {row.name}: nothing is said of kernel {kernel}")
    return found


def check_spills(device, name, found):
    """Of AMD's rows, blocks must not; of single tiles it is told. clang 15 gives gfx11 half of its
    registers, whatever a kernel asks for."""
    blocks = (re.match(r"intel_", name) or
              re.match(r"amd_.*_\d+x\d+x\d+_\d", name) and device.clang != "clang-15")
    if (device.family == "sm" or blocks) and found.spilled > 0:
        raise Failed(f"{device.name}: {name} spills {found.spilled} {SPILLED[device.family]}")


def check_others(device):
    """Every kernel that is no row's, at once."""
    found = device.count(device.compile(["-D", "OCT_LANES=8"]))
    others = {name: one for name, one in found.items() if name not in (*MATRIX, *DEPTHWISE)}
    if len(others) < 10:
        raise Failed(f"{device.name}: {len(others)} kernels in kernels.cl besides those of rows")
    for name, one in others.items():
        check_spills(device, name, one)
    return len(others)


def signs(number):
    """The inputs a kernel is compiled for, False for u8 and True for s8. A row's gemm and conv2d take
    one each, the next row's the other way around: the other two tell little more of what becomes of the
    same tile, and take as long. Tables are of both."""
    return (False, True) if options.table else (number % 2 == 1,)


def check_device(device, table):
    """Every row that the device takes; fills table[name, kernel][device]. The number compiled."""
    count = 0
    for number, row in enumerate(row for row in all_rows() if device.takes(row.path)):
        for at, kernel in enumerate(DEPTHWISE if row.kind == "depthwise" else MATRIX):
            most = Found(0, 0, 0)
            for signed in signs(number + at):
                found = check(device, row, kernel, signed)
                count += 1
                if row.path != "plain":
                    check_spills(device, f"{row.name}, {kernel}", found)
                most = Found(*map(max, most, found))
            table.setdefault((row.name, kernel), {})[device.name] = most
    return count + (check_others(device) if device.family != "spir" else 0)


def print_table(table, devices):
    """Markdown: registers, or the bytes in memory that replace some."""
    devices = [device for device in devices if device.family != "spir"]
    print(f"| variant | kernel | {' | '.join(device.name for device in devices)} |")
    print("|---" * (2 + len(devices)) + "|")
    for (name, kernel), found in table.items():
        if not any(device.name in found for device in devices):
            continue
        cells = []
        for device in devices:
            one = found.get(device.name)
            notes = [f"{one.spilled} {SPILLED[device.family]} spilled"] if one and one.spilled else []
            if device.family == "intel" and one and one.stack > 32:
                notes.append(f"{one.stack} bytes in memory")
            cells.append(" ".join([str(one.registers), *([f"({', '.join(notes)})"] if notes else [])])
                         if one else "")
        print(f"| `{name}` | {kernel} | {' | '.join(cells)} |")


def main():
    """0 when all is as it should be."""
    devices = [Device(name) for name in options.devices]
    lacking = [text for text in (device.missing() for device in devices) if text]
    if options.missing or lacking:
        print("\n".join(lacking), end="")
        return int(bool(lacking))
    table = {}
    for device in devices:
        try:
            count = check_device(device, table)
        except Failed as problem:
            print(problem)
            return 1
        print(f"{device.name}: {count} kernels by {device.compilers}", flush=True)
    if options.table:
        print_table(table, devices)
    return 0


parser = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("devices", nargs="+", metavar="DEVICE",
                    help=f"sm_61 and later, gfx906 and later, {', '.join(INTEL)}, spir64")
parser.add_argument("--missing", action="store_true", help="only say which tools are missing")
parser.add_argument("--table", action="store_true", help="registers of each variant, as Markdown")
parser.add_argument("--rows", type=pathlib.Path, help="the program that prints the table of tiles")
parser.add_argument("--kernels", type=pathlib.Path, default=ROOT / "kernels.cl")
parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/gpu",
                    help="a Python environment of requirements.txt (build/gpu)")
options = parser.parse_args()
if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        sys.exit(main())
