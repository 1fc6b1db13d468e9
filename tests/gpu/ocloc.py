"""Intel's offline compiler for its GPUs, as compile.py uses it: kernels.cl to machine code of a device, and
what the code holds."""

import os
import pathlib
import re
import shutil

HERE = pathlib.Path(__file__).resolve().parent

# A driver defines the name of each extension of its device.
DEFINES = "-D cl_intel_subgroup_matrix_multiply_accumulate"


class Ocloc:
    """ocloc of PATH or of packages that were unpacked below a folder, and the library it loads to print
    instructions, which it knows by another name than Debian gives it."""

    def __init__(self, unpacked, scratch):
        program = shutil.which("ocloc") or unpacked / "usr/bin/ocloc"
        self.program = program if pathlib.Path(program).exists() else None
        folders = [*unpacked.glob("usr/lib/*-linux-gnu"), *pathlib.Path("/usr/lib").glob("*-linux-gnu")]
        printer = [file for folder in folders for file in folder.glob("libiga64.so*")]
        self.missing = ("ocloc (Debian: intel-opencl-icd)" if self.program is None else
                        "libiga64 (Debian: libigc1)" if not printer else "")
        self.scratch, self.printer = scratch, printer[:1]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, [scratch, *folders]))}

    def compile(self, run, device, kernels, options):
        """What the compiler says, the code's description of itself and its instructions, in one text."""
        link, code = self.scratch / "libiga64.so", self.scratch / "code"
        if not link.exists():
            link.symlink_to(self.printer[0])
        source = self.scratch / "ocloc.cl"
        source.write_text((HERE / "ocloc.cl").read_text(encoding="utf-8") +
                          kernels.read_text(encoding="utf-8"), encoding="utf-8")
        shutil.rmtree(code, ignore_errors=True)
        code.mkdir()
        options = [option for option in options if option != "-cl-std=CL3.0"] # its headers fail there
        said = run([self.program, "compile", "-file", source, "-device", device, "-out_dir", self.scratch,
                    "-output", "binary", "-output_no_suffix", "--format", "zebin", "-options",
                    f"{DEFINES} {' '.join(options)}"], self.environment)
        run([self.program, "disasm", "-file", self.scratch / "binary", "-device", device, "-dump", code],
            self.environment)
        parts = [code / ".ze_info", *sorted(code.glob(".text.*.asm"))]
        return said + "".join(part.read_text(encoding="utf-8", errors="replace") for part in parts)


def keeps_sums(text, products):
    """Whether the code has so many products, of a slice, and nothing but local memory between them."""
    parts = text.split("dpas.8x8")
    return len(parts) > products and not any(".ugm" in between for between in parts[1:-1])


def count(text):
    """Of each kernel: registers, bytes of memory that a work-item's variables take, spilled registers."""
    found = {}
    for name, about in re.findall(r"\n  - name: +(\w+)\n(    .*?\n)(?=  - |\w)", text, re.S):
        registers = re.search(r"grf_count: +(\d+)", about)
        if registers is None:
            continue
        lanes = int(re.search(r"simd_size: +(\d+)", about).group(1))
        memory = 0
        for buffer in re.findall(r"- type: +(?:global|scratch)\n((?: {8}.*\n)+)", about):
            size = int(re.search(r"size: +(\d+)", buffer).group(1))
            memory += size if "is_simt_thread:  true" in buffer else size // lanes
        spills = re.search(rf"kernel {name} .*spilled around (\d+)", text)
        found[name] = int(registers.group(1)), memory, int(spills.group(1)) if spills else 0
    return found
