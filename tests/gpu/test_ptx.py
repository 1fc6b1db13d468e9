"""octet-ptx, $OCTET, on a driver of CUDA that is made believe, $MAKE_BELIEVE_FOLDER/libcuda.so.1: every call is
checked there, and a wrong one ends the program with 99. Its kernels compute nothing but known answers,
so devices qualify, commands run to their end, and comparisons fail."""

import os
import subprocess
import sys
import tempfile
import unittest

from octet_program import ProgramTest

DRIVER = os.environ["MAKE_BELIEVE_FOLDER"]
PTX = b""".version 7.0
.visible .entry scale(
        .param .u64 .ptr .global .align 4 scale_param_0,
        .param .u32 scale_param_1
)
.reqntid 32, 1, 1
{
}
"""


def setUpModule():
    """Programs that were built stay for all tests."""
    global kept
    kept = tempfile.TemporaryDirectory()
    os.environ.update(LD_LIBRARY_PATH=DRIVER, OCTET_CACHE_DIR=kept.name)


def tearDownModule():
    kept.cleanup()


class OctetPtx(ProgramTest):
    def test_device_qualifies(self):
        device = self.good_json("devices", "--probe")["devices"][0]
        self.assertEqual((device["name"], device["type"], device["dot_product"]),
                         ("make-believe", "gpu", "nv_dp4a"))
        works = {probe["path"] for probe in device["probes"] if probe["works"]}
        self.assertTrue({"plain", "nv_dp4a"} <= works and "nv_mma" not in works, works)

    def test_products_run_to_their_end_and_are_compared(self):
        self.save("a.npy", "|u1", (33, 70), [1] * 33 * 70)
        self.save("b.npy", "|i1", (70, 9), [2] * 70 * 9)
        product = ("gemm", "a.npy", "b.npy", "c.npy")
        self.assertTrue(self.good_json(*product)["variant"].startswith("nv_dp4a_"))
        self.assertEqual(self.load("c.npy").shape, (33, 9))
        self.assertIn("differ", self.run_octet(*product, "--check").stderr)
        self.good(*product, "--check", status=3)

    def test_device_that_fails(self):
        """Memory that runs out, launches and modules that are refused, a compiler that is missing."""
        self.good("devices", "--probe")
        problem = ("verify", "--backend", "opencl", "2x4:4x3")
        for environment, words in (({"MAKE_BELIEVE": "memory"}, "clCreateBuffer"),
                                   ({"MAKE_BELIEVE": "launch"}, "CL_OUT_OF_RESOURCES"),
                                   ({"MAKE_BELIEVE": "module", "OCTET_CACHE_DIR": ""},
                                    "CUDA's driver refuses the PTX"),
                                   ({"CLANG": "/no/clang", "OCTET_CACHE_DIR": ""}, "/no/clang"),
                                   ({"LD_LIBRARY_PATH": ""}, "no OpenCL device")):
            with self.subTest(environment):
                self.bad(*problem, status=1, words=words, environment=environment)


class WrongCalls(unittest.TestCase):
    """The driver itself: what is right passes, what is wrong does not."""

    # Statements on `cuda`, after a device was taken, 256 bytes allocated and a kernel found.
    BEGIN = ("cuda.cuCtxSetCurrent(context); cuda.cuMemAlloc_v2(at, 256); "
             "cuda.cuModuleLoadData(module, PTX); cuda.cuModuleGetFunction(kernel, module, b'scale')")
    END = "cuda.cuModuleUnload(module); cuda.cuMemFree_v2(at)"
    RIGHT = "launch(1, 32)"
    WRONG = {"launch(1, 16)": "it requires 32", "launch(0, 32)": "0 x 1 x 1 groups",
             "launch(1, 2048)": "2048", "at.value += 256; launch(1, 32)": "argument 0 is no memory",
             "cuda.cuMemFree_v2(c_uint64(4))": "is not there",
             "cuda.cuMemcpyHtoD_v2(at, bytes(257), 257)": "257 bytes to where there are 256",
             "cuda.cuMemcpyDtoH_v2(create_string_buffer(9), c_uint64(at.value + 250), 9)": "from where",
             "cuda.cuMemAlloc_v2(at, 0)": "0 bytes", "cuda.cuCtxSetCurrent(None)": "context",
             "cuda.cuModuleUnload(module); launch(1, 32)": "not there",
             "cuda.cuMemAlloc_v2(at, 8)": "left at the end",
             "cuda.cuModuleLoadData(module, b'no such thing')": "no PTX"}

    def call(self, statements):
        code = f"""
import sys
from ctypes import *
PTX = {PTX!r}
cuda, at, context, module, kernel = CDLL({os.path.join(DRIVER, 'libcuda.so.1')!r}), c_uint64(), *(c_void_p() for _ in range(3))
def launch(groups, items):
    count = c_uint32(1)
    arguments = (c_void_p * 2)(addressof(at), addressof(count))
    return cuda.cuLaunchKernel(kernel, groups, 1, 1, items, 1, 1, 0, None, arguments, None)
cuda.cuDevicePrimaryCtxRetain(byref(context), 0)
{statements}
"""
        code = code.replace("cuMemAlloc_v2(at", "cuMemAlloc_v2(byref(at)")
        code = code.replace("cuModuleLoadData(module", "cuModuleLoadData(byref(module)")
        code = code.replace("cuModuleGetFunction(kernel", "cuModuleGetFunction(byref(kernel)")
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                              check=False, timeout=60)

    def test_right_calls_pass(self):
        result = self.call(f"{self.BEGIN}; {self.RIGHT}; {self.END}")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_wrong_calls_fail(self):
        for wrong, words in self.WRONG.items():
            with self.subTest(wrong):
                result = self.call(f"{self.BEGIN}; {wrong}; {self.END}")
                self.assertEqual(result.returncode, 99, result.stderr)
                self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
