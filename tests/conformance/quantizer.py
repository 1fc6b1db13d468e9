"""ONNX Runtime's quantizer, imported so that it finds its own module "onnx_model" and not ours."""

import logging
import sys

_ours = sys.modules.pop("onnx_model", None)
_path, sys.path[:] = list(sys.path), sys.path[1:]
try:
    from onnxruntime import quantization
finally:
    sys.path[:] = _path
    sys.modules.pop("onnx_model", None)
    if _ours is not None:
        sys.modules["onnx_model"] = _ours

logging.getLogger().setLevel(logging.ERROR)  # it recommends steps that these networks do not need

__all__ = ["quantization"]
