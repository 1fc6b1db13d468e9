"""The test suites on every OpenCL implementation that can be had without hardware; prints a table.

PoCL (its two CPU drivers), Intel's CPU runtime, Oclgrind with its checks for data races and invalid
memory accesses, two vendors in one process, and the reference."""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENDORS = pathlib.Path("/etc/OpenCL/vendors")
DIGITS = ROOT / "examples/digits"
PRODUCTS = ["1x1:1x1", "5x7:7x3", "3x17x65:3x65x33", "--zero-points", "3:-2:5", "--per-channel",
            "--bias", "33x20:20x17"]
WINDOWS = ["mb1ic5ih7oc6kh3ph1", "g8mb1ic8ih5oc8kh3ph1", "g2mb1ic6ih5oc4kh3sh2"]

Implementation = collections.namedtuple("Implementation", "name environment prefix suites")
Outcome = collections.namedtuple("Outcome", "cases mismatches")


class Failed(Exception):
    """A suite that did not run to its end, with its output."""


# ---- Suites: each takes an implementation, runs to the end and gives an Outcome ----

def run(one, command, **keywords):
    """Standard output and standard error, in one."""
    result = subprocess.run([*one.prefix, *map(str, command)], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={**os.environ, **one.environment}, check=False, **keywords)
    return result.returncode, result.stdout


def run_json(one, command):
    """The object that an octet command prints; 3 is the exit status of a difference."""
    code, text = run(one, [options.build / "octet", *command, "--json"])
    if code not in (0, 3) or "{" not in text:
        raise Failed(f"{' '.join(map(str, command))}: exit {code}\n{text}")
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def tests(pattern):
    """The cases of the test programs whose names match."""
    def suite(one):
        code, text = run(one, ["ctest", "--verbose", "-j", os.cpu_count() or 1, "-R", pattern],
                         cwd=options.build)
        passed, failed = (sum(map(int, re.findall(rf"\[  {word}  \] (\d+) test", text)))
                          for word in ("PASSED", "FAILED"))
        if passed + failed == 0 or (code != 0) != (failed > 0):
            raise Failed(f"ctest: exit {code}\n{text[-4000:]}")
        if failed > 0:
            print("\n".join(line for line in text.splitlines() if "ERROR" in line or "LINE" in line))
        return Outcome(passed + failed, failed)
    return suite


def verify(*arguments):
    """Problems, times the devices and the variants that took them."""
    def suite(one):
        found = run_json(one, ["verify", "--backend", "opencl", *arguments])
        for failure in found["failures"]:
            print(failure)
        compared = [device["compared"] for device in found["devices"]]
        if not compared or min(compared) == 0:
            raise Failed(f"verify: no comparison on some device: {found['devices']}")
        return Outcome(sum(compared), len(found["failures"]))
    return suite


def digits(*arguments):
    """Layers of the digits network, on all its images."""
    def suite(one):
        found = run_json(one, ["run", DIGITS / "digits.onnx", "--input", DIGITS / "test-images.npy",
                               "--check", *arguments])
        if not found["layers"]:
            raise Failed("run: no layer was compared")
        return Outcome(len(found["layers"]), int(found["check"] != "equal"))
    return suite


def side_by_side(suite, platforms):
    """A suite that needs devices of so many platforms in one process."""
    def checked(one):
        devices = run_json(one, ["devices"])["devices"]
        found = {device["platform"] for device in devices if device["type"] != "reference"}
        if len(found) != platforms:
            raise Failed(f"devices: the platforms are {sorted(found)}; there must be {platforms}")
        return suite(one)
    return checked


def conformance(one):
    """Cases that others judge: tests/conformance."""
    code, text = run(one, [ROOT / "tests/conformance/run.sh"])
    closing = re.search(r"(\d+) passed, (\d+) failed\n$", text)
    if closing is None:
        raise Failed(f"conformance: exit {code}\n{text[-4000:]}")
    passed, failed = map(int, closing.groups())
    return Outcome(passed + failed, failed)


# ---- What is at hand ----

class Missing(Exception):
    """An implementation that is not installed."""


def icd_folder(name, *files):
    """The value of OCL_ICD_VENDORS that offers these platforms and no other."""
    folder = options.folder / "icd" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(file, folder)
    return {"OCL_ICD_VENDORS": str(folder)}


def pocl_icd():
    """PoCL's file, as Debian installs it."""
    if not (VENDORS / "pocl.icd").exists():
        raise Missing("PoCL (Debian: pocl-opencl-icd)")
    return VENDORS / "pocl.icd"


def install_intel():
    """Intel's CPU runtime from PyPI, where it is missing."""
    venv = options.folder / "venv"
    if not (venv / "lib/libintelocl.so").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                        HERE / "requirements.txt"], check=True)


def intel():
    """Environment and ICD file of Intel's CPU runtime in the environment of PyPI's packages."""
    venv, libraries = options.folder / "venv", options.folder / "intel"
    if not (venv / "lib/libintelocl.so").exists():
        raise Missing("Intel's CPU runtime (PyPI: intel-opencl-rt)")
    shutil.rmtree(libraries, ignore_errors=True)
    libraries.mkdir(parents=True)
    for file in (venv / "lib").iterdir():
        if not file.name.startswith("libOpenCL"):  # the loader is the one octet is linked with
            (libraries / file.name).symlink_to(file)
    icd = libraries / "intel.icd"
    icd.write_text(f"{libraries}/libintelocl.so\n")
    return icd, {"LD_LIBRARY_PATH": str(libraries)}


def oclgrind_log():
    """What Oclgrind complains about."""
    return options.folder / "oclgrind.log"


def simulated(suite):
    """A suite under Oclgrind: each of its complaints is a mismatch."""
    def checked(one):
        oclgrind_log().unlink(missing_ok=True)
        outcome = suite(one)
        if not oclgrind_log().exists():  # Oclgrind makes it when a program opens a device
            raise Failed("Oclgrind wrote no log: it was not what computed")
        complaints = [text for text in oclgrind_log().read_text().split("\n\n") if text.strip()]
        print("\n\n".join(complaints[:3]), end="\n" if complaints else "")
        return Outcome(outcome.cases, outcome.mismatches + len(complaints))
    return checked


# ---- The table's rows ----

def standard(one):
    """The standard problems; in full runs on every variant."""
    return verify(*["--all-variants"] if options.full else [])(one)


FULL = {"tests": tests("^(operators|kernels|network|runtime|onnx)/"), "verify": standard,
        "digits": digits(), "conformance": conformance}


def pocl(driver):
    """One of PoCL's drivers."""
    environment = {**icd_folder("pocl", pocl_icd()), "POCL_DEVICES": driver}
    return Implementation(f"PoCL {driver}", environment, [], FULL)


def intel_alone():
    """Advertises cl_khr_integer_dot_product: the khr path runs for real."""
    icd, environment = intel()
    return Implementation("Intel CPU runtime", {**icd_folder("intel", icd), **environment}, [],
                          FULL)


def oclgrind():
    """Interprets kernels, so the list is small; every variant takes it."""
    if shutil.which("oclgrind") is None:
        raise Missing("Oclgrind (Debian: oclgrind)")
    prefix = ["oclgrind", "--data-races", "--check-api", "--log", str(oclgrind_log())]
    return Implementation("Oclgrind", {}, prefix, {
        "verify": simulated(verify("--device", "Oclgrind", "--all-variants", *PRODUCTS, *WINDOWS)),
        "digits": simulated(digits("--device", "Oclgrind", "--batch", 4, "--shard", "0/125"))})


def two_vendors():
    """Both platforms in one process."""
    icd, environment = intel()
    return Implementation("PoCL and Intel at once",
                          {**icd_folder("both", pocl_icd(), icd), **environment}, [], {
                              "tests": side_by_side(
                                  tests("^(runtime|network)/|opencl_interop"), 2),
                              "verify": side_by_side(
                                  verify("--all-devices", *PRODUCTS, *WINDOWS), 2)})


def reference():
    """No OpenCL at all."""
    return Implementation("reference", {"OCL_ICD_VENDORS": "/nonexistent"}, [], {
        "tests": tests("^(reference|core|harness)/")})


# What quick runs, which come after the other tests, leave out: what they have tested already. There
# `verify` takes the variants that octet would choose, and tests have the other half of the variants
# (tests/support/turns.h) compute what takes turns.
ROWS = [(lambda: pocl("pthread"), []), (lambda: pocl("basic"), ["digits"]),
        (intel_alone, ["tests", "verify", "digits"]), (oclgrind, ["verify", "digits"]),
        (two_vendors, ["tests", "verify"]), (reference, [])]


def at_hand():
    """Implementations, each with the names of its suites that are wanted."""
    for make, quick in ROWS:
        try:
            one = make()
        except Missing as missing:
            print(f"left out: {missing} is not installed", flush=True)
            continue
        wanted = one.suites if options.full else quick
        yield one, [name for name in wanted if not options.suite or name in options.suite]


def run_suites(one, names):
    """Rows of the table: the implementation, the suite, an Outcome."""
    rows = []
    for name in names:
        print(f"{one.name}: {name}", flush=True)
        try:
            outcome = one.suites[name](one)
        except Failed as problem:
            print(f"{one.name}: {problem}", flush=True)
            outcome = Outcome(0, 1)
        rows.append((one.name, name, outcome))
    return rows


def main():
    """0 when something was compared, and nothing differs anywhere."""
    if options.install:
        install_intel()
    os.environ.setdefault("OCTET_TEST_TURN", "all" if options.full else "1")
    # Oclgrind and kernel compilers use one core: another implementation has the next.
    with concurrent.futures.ThreadPoolExecutor(1 if options.full else 2) as pool:
        rows = sum(pool.map(lambda pair: run_suites(*pair), list(at_hand())), [])
    failed = sum(outcome.mismatches for _, _, outcome in rows)
    passed = sum(outcome.cases - min(outcome.cases, outcome.mismatches) for _, _, outcome in rows)
    if passed + failed == 0:
        print("nothing was compared")
        failed = 1
    print("| implementation | suite | cases | mismatches |", "|---|---|---|---|", sep="\n")
    for implementation, suite, outcome in rows:
        print(f"| {implementation} | {suite} | {outcome.cases:,} | {outcome.mismatches} |")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


parser = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--install", action="store_true", help="install Intel's runtime from PyPI")
parser.add_argument("--full", action="store_true",
                    help="every suite, also those that `quickstart.sh test` runs elsewhere")
parser.add_argument("--suite", action="append", choices=list(FULL),
                    help="only this one; may be repeated")
parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/ci",
                    help="the build to test (build/ci)")
parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/implementations",
                    help="for what is installed and for caches (build/implementations)")
options = parser.parse_args()
options.build, options.folder = options.build.resolve(), options.folder.resolve()
os.environ.setdefault("POCL_CACHE_DIR", str(ROOT / "build/pocl-cache"))
os.environ.setdefault("OCTET_CACHE_DIR", str(options.folder / "cache"))
os.environ.setdefault("OCTET_LIBRARY", str(options.build / "liboctet.so"))
if __name__ == "__main__":
    sys.exit(main())
