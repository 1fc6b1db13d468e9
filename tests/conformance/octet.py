"""octet.h through ctypes: one call per operator, numpy arrays in, numpy arrays out."""

import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_int32, c_size_t, c_void_p

import numpy as np

MAX_RANK = 8
TYPES = (np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int32), np.dtype(np.float32))
ROUNDINGS = ("float32", "float32-reciprocal", "fixed-double", "fixed-single")
QUANTIZE_RULES = ("divide", "reciprocal", "half-away")
BINARY_RULES = ("divide", "reciprocal", "float32", "fixed-double", "fixed-single")
BINARY_FUNCTIONS = ("add", "subtract", "multiply", "divide", "minimum", "maximum")
PARAMETERS = ("given", "onnx", "pytorch")
LAYOUTS = ("nhwc", "nchw")
BACKENDS = ("auto", "opencl", "reference")

Pair = c_size_t * 2
Sides = c_size_t * 4
MessageFunction = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class Shape(ctypes.Structure):
    """octet_shape"""
    _fields_ = [("rank", c_size_t), ("size", c_size_t * MAX_RANK)]


class Quantization(ctypes.Structure):
    """octet_quantization"""
    _fields_ = [("scales", POINTER(c_float)), ("scale_count", c_size_t),
                ("zero_points", POINTER(c_int32)), ("zero_point_count", c_size_t)]


class ContextDesc(ctypes.Structure):
    """octet_context_desc"""
    _fields_ = [("struct_size", c_size_t), ("backend", c_int), ("device", c_char_p),
                ("profiling", c_int), ("cache_directory", c_char_p), ("kernel_file", c_char_p),
                ("message", MessageFunction), ("message_user", c_void_p)]


class DeviceInfo(ctypes.Structure):
    """octet_device_info"""
    _fields_ = [("name", ctypes.c_char * 160), ("platform", ctypes.c_char * 160),
                ("vendor", ctypes.c_char * 160), ("driver", ctypes.c_char * 160), ("type", c_int),
                ("compute_units", ctypes.c_uint32), ("global_memory_bytes", ctypes.c_uint64),
                ("local_memory_bytes", ctypes.c_uint64)]


class Layer(ctypes.Structure):
    """octet_layer"""
    _fields_ = [("input_type", c_int), ("weight_type", c_int), ("output_type", c_int),
                ("input", Quantization), ("weights", Quantization), ("output", Quantization),
                ("rounding", c_int), ("weight_data", c_void_p), ("bias", c_void_p),
                ("bias_type", c_int), ("relu", c_int), ("clamp", c_int), ("clamp_min", c_int32),
                ("clamp_max", c_int32), ("multipliers", POINTER(c_float)),
                ("fixed_multipliers", POINTER(c_int32)), ("shifts", POINTER(c_int32)),
                ("multiplier_count", c_size_t), ("dynamic_input", c_int),
                ("dynamic_weights", c_int),
                ("sum", c_void_p), ("sum_result_is_b", c_int), ("lookup", c_void_p)]


class GemmDesc(ctypes.Structure):
    """octet_gemm_desc"""
    _fields_ = [("struct_size", c_size_t), ("n", c_size_t), ("k", c_size_t),
                ("weight_batch", c_size_t), ("transpose_a", c_int), ("transpose_b", c_int),
                ("variant", c_char_p), ("layer", Layer)]


class Conv2dDesc(ctypes.Structure):
    """octet_conv2d_desc"""
    _fields_ = [("struct_size", c_size_t), ("layout", c_int), ("input_channels", c_size_t),
                ("output_channels", c_size_t), ("groups", c_size_t),
                ("kernel", Pair), ("stride", Pair), ("dilation", Pair), ("padding", Sides),
                ("variant", c_char_p), ("layer", Layer)]


class QuantizeDesc(ctypes.Structure):
    """octet_quantize_desc"""
    _fields_ = [("struct_size", c_size_t), ("output_type", c_int), ("output", Quantization),
                ("rule", c_int), ("parameters", c_int), ("reduce_range", c_int),
                ("per_axis", c_int), ("axis", c_size_t), ("variant", c_char_p),
                ("channels_last", c_int)]


class DequantizeDesc(ctypes.Structure):
    """octet_dequantize_desc"""
    _fields_ = [("struct_size", c_size_t), ("input_type", c_int), ("input", Quantization),
                ("per_axis", c_int), ("axis", c_size_t), ("variant", c_char_p)]


class MaxPoolDesc(ctypes.Structure):
    """octet_max_pool_desc"""
    _fields_ = [("struct_size", c_size_t), ("type", c_int), ("layout", c_int), ("kernel", Pair),
                ("stride", Pair), ("dilation", Pair), ("padding", Sides), ("ceil", c_int),
                ("variant", c_char_p)]


class BinaryDesc(ctypes.Structure):
    """octet_binary_desc"""
    _fields_ = [("struct_size", c_size_t), ("function", c_int), ("a_type", c_int),
                ("b_type", c_int), ("output_type", c_int), ("a", Quantization), ("b", Quantization),
                ("output", Quantization), ("rule", c_int), ("relu", c_int), ("clamp", c_int),
                ("clamp_min", c_int32), ("clamp_max", c_int32), ("variant", c_char_p)]


class NetworkValue(ctypes.Structure):
    """octet_network_value"""
    _fields_ = [("name", c_char_p), ("type", c_int), ("shape", Shape), ("batched", c_int)]


class Error(Exception):
    """A call that did not return OCTET_OK, with what the library said about it."""


def _load():
    library = ctypes.CDLL(os.environ.get("OCTET_LIBRARY", "liboctet.so"))
    library.octet_status_text.argtypes = [c_int]
    library.octet_status_text.restype = c_char_p
    for name, *arguments in (
            ("context_create", POINTER(ContextDesc), POINTER(c_void_p)),
            ("tensor_create", c_void_p, c_int, POINTER(Shape), POINTER(c_void_p)),
            ("tensor_write", c_void_p, c_void_p, c_void_p),
            ("tensor_read", c_void_p, c_void_p, c_void_p),
            ("operator_prepare", c_void_p, POINTER(Shape), c_size_t, POINTER(Shape), c_size_t),
            ("operator_run", c_void_p, POINTER(c_void_p), c_size_t, POINTER(c_void_p), c_size_t,
             c_void_p, c_size_t, c_void_p),
            ("list_variants", c_void_p, c_char_p, POINTER(c_char_p), c_size_t, POINTER(c_size_t)),
            ("quantize_found", c_void_p, POINTER(c_double), c_size_t, POINTER(c_int)),
            ("gemm_create", c_void_p, POINTER(GemmDesc), POINTER(c_void_p)),
            ("conv2d_create", c_void_p, POINTER(Conv2dDesc), POINTER(c_void_p)),
            ("quantize_create", c_void_p, POINTER(QuantizeDesc), POINTER(c_void_p)),
            ("dequantize_create", c_void_p, POINTER(DequantizeDesc), POINTER(c_void_p)),
            ("max_pool_create", c_void_p, POINTER(MaxPoolDesc), POINTER(c_void_p)),
            ("binary_create", c_void_p, POINTER(BinaryDesc), POINTER(c_void_p)),
            ("network_load_onnx_memory", c_void_p, c_char_p, c_size_t, c_void_p,
             POINTER(c_void_p)),
            ("network_run", c_void_p, c_size_t, POINTER(c_void_p), POINTER(c_void_p), c_void_p)):
        function = getattr(library, "octet_" + name)
        function.argtypes, function.restype = arguments, c_int
    for name, *arguments in (
            ("context_destroy", c_void_p), ("tensor_destroy", c_void_p),
            ("operator_destroy", c_void_p), ("network_destroy", c_void_p),
            ("context_device", c_void_p, POINTER(DeviceInfo), POINTER(c_size_t))):
        function = getattr(library, "octet_" + name)
        function.argtypes, function.restype = arguments, None
    for name in ("inputs", "outputs"):
        function = getattr(library, "octet_network_" + name)
        function.argtypes = [c_void_p, POINTER(NetworkValue), c_size_t]
        function.restype = c_size_t
    return library


_library = _load()


def _type(dtype):
    return TYPES.index(np.dtype(dtype))


def _shape(array):
    return Shape(array.ndim, (c_size_t * MAX_RANK)(*array.shape))


def _text(text):
    return None if text is None else text.encode()


class _Memory:
    """Keeps the arrays alive that a description points to."""

    def __init__(self):
        self.arrays = []

    def pointer(self, values, dtype, kind=None):
        """The address of contiguous "values", or None of None."""
        if values is None:
            return None
        array = np.ascontiguousarray(values, dtype)
        self.arrays.append(array)
        return array.ctypes.data_as(c_void_p if kind is None else POINTER(kind))

    def quantization(self, parameters):
        """An octet_quantization of (scale or scales, zero point or zero points), or of None."""
        if parameters is None:
            return Quantization()
        scales, zeros = (np.atleast_1d(np.asarray(value)) for value in parameters)
        return Quantization(self.pointer(scales, np.float32, c_float), scales.size,
                            self.pointer(zeros, np.int32, c_int32), zeros.size)

    def layer(self, x, w, options):
        """An octet_layer of the options of Context.gemm and Context.conv2d, which are removed."""
        take = options.pop
        output_type = np.dtype(take("output_type"))
        layer = Layer(_type(x.dtype), _type(w.dtype), _type(output_type),
                      self.quantization(take("input", None)),
                      self.quantization(take("weights", None)),
                      self.quantization(take("output", None)))
        layer.rounding = ROUNDINGS.index(take("rounding", "float32"))
        if take("constant_weights", True):
            layer.weight_data = self.pointer(w, w.dtype)
        bias = take("bias", None)
        if bias is not None:
            layer.bias, layer.bias_type = self.pointer(bias, bias.dtype), _type(bias.dtype)
        layer.relu = take("relu", False)
        clamp = take("clamp", None)
        if clamp is not None:
            layer.clamp, layer.clamp_min, layer.clamp_max = 1, *clamp
        multipliers, fixed = take("multipliers", None), take("fixed", None)
        if multipliers is not None:
            layer.multipliers = self.pointer(multipliers, np.float32, c_float)
            layer.multiplier_count = len(multipliers)
        if fixed is not None:
            layer.fixed_multipliers = self.pointer(fixed[0], np.int32, c_int32)
            layer.shifts = self.pointer(fixed[1], np.int32, c_int32)
            layer.multiplier_count = len(fixed[0])
        return layer


class Context:
    """One device and the operators on it."""

    def __init__(self, backend="auto", device=None):
        self.messages = []
        self._message = MessageFunction(lambda user, text: self.messages.append(text.decode()))
        self._context = c_void_p()
        self._check(_library.octet_context_create(
            byref(ContextDesc(ctypes.sizeof(ContextDesc), BACKENDS.index(backend), _text(device),
                              message=self._message)), byref(self._context)))
        info = DeviceInfo()
        _library.octet_context_device(self._context, byref(info), None)
        self.name = info.name.decode()
        self.platform = info.platform.decode()

    def close(self):
        """Destroys the context."""
        _library.octet_context_destroy(self._context)
        self._context = c_void_p()

    def _check(self, status):
        """Raises what the library said since the last call that was checked."""
        said, self.messages[:] = list(self.messages), []
        if status != 0:
            text = _library.octet_status_text(status).decode()
            raise Error("\n".join([text] + said))

    def variants(self, kind):
        """The names of the variants of "gemm" or "conv2d"."""
        names, count = (c_char_p * 64)(), c_size_t()
        self._check(_library.octet_list_variants(self._context, kind.encode(), names, len(names),
                                                 byref(count)))
        return [name.decode() for name in names[:count.value]]

    def _tensor(self, shape, dtype):
        tensor = c_void_p()
        self._check(_library.octet_tensor_create(self._context, _type(dtype), byref(shape),
                                                 byref(tensor)))
        return tensor

    def _execute(self, op, inputs, output_types):
        inputs = [np.ascontiguousarray(array) for array in inputs]
        shapes = (Shape * len(inputs))(*[_shape(array) for array in inputs])
        output_shapes = (Shape * len(output_types))()
        self._check(_library.octet_operator_prepare(op, shapes, len(inputs), output_shapes,
                                                    len(output_types)))
        tensors, outputs = [], []
        try:
            for array, shape in zip(inputs, shapes):
                tensors.append(self._tensor(shape, array.dtype))
                self._check(_library.octet_tensor_write(
                    tensors[-1], array.ctypes.data_as(c_void_p), None))
            for dtype, shape in zip(output_types, output_shapes):
                tensors.append(self._tensor(shape, dtype))
                outputs.append(np.empty(shape.size[:shape.rank], dtype))
            handles = (c_void_p * len(tensors))(*tensors)
            after = ctypes.cast(byref(handles, len(inputs) * ctypes.sizeof(c_void_p)),
                                POINTER(c_void_p))
            self._check(_library.octet_operator_run(op, handles, len(inputs), after, len(outputs),
                                                    None, 0, None))
            for tensor, array in zip(tensors[len(inputs):], outputs):
                self._check(_library.octet_tensor_read(tensor, array.ctypes.data_as(c_void_p),
                                                       None))
        finally:
            for tensor in tensors:
                _library.octet_tensor_destroy(tensor)
        return outputs

    def _run(self, kind, desc, inputs, output_types, after=None):
        """Creates the operator, runs it once and destroys it."""
        desc.struct_size = ctypes.sizeof(desc)
        op = c_void_p()
        self._check(getattr(_library, f"octet_{kind}_create")(self._context, byref(desc),
                                                              byref(op)))
        try:
            outputs = self._execute(op, inputs, output_types)
            return outputs if after is None else outputs + [after(op)]
        finally:
            _library.octet_operator_destroy(op)

    def gemm(self, a, b, *, transpose_a=False, transpose_b=False, a_dynamic=None, b_dynamic=None,
             variant=None, **options):
        """op(a) * op(b); "options" are those of _Memory.layer, "*_dynamic" scales, zero points."""
        memory = _Memory()
        if b_dynamic is not None:
            options["constant_weights"] = False
        constant = options.get("constant_weights", True)
        dtype = np.dtype(options["output_type"])
        layer = memory.layer(a, b, options)
        if options:
            raise TypeError(f"unknown options {sorted(options)}")
        layer.dynamic_input, layer.dynamic_weights = a_dynamic is not None, b_dynamic is not None
        n, k = (b.shape[-2], b.shape[-1]) if transpose_b else (b.shape[-1], b.shape[-2])
        desc = GemmDesc(0, n, k, b.shape[0] if constant and b.ndim == 3 else 0,
                        transpose_a, transpose_b, _text(variant), layer)
        inputs = [a] if constant else [a, b]
        for dynamic in (a_dynamic, b_dynamic):
            if dynamic is not None:
                inputs += [np.atleast_1d(np.asarray(dynamic[0], np.float32)),
                           np.atleast_1d(np.asarray(dynamic[1], np.int32))]
        return self._run("gemm", desc, inputs, [dtype])[0]

    def conv2d(self, x, w, *, layout="nchw", groups=1, stride=(1, 1), dilation=(1, 1),
               padding=(0, 0, 0, 0), variant=None, **options):
        """Weights as octet.h has them for the layout; "options" are those of _Memory.layer."""
        memory = _Memory()
        constant = options.get("constant_weights", True)
        dtype = np.dtype(options["output_type"])
        layer = memory.layer(x, w, options)
        if options:
            raise TypeError(f"unknown options {sorted(options)}")
        channels, kernel = (x.shape[3], w.shape[1:3]) if layout == "nhwc" else \
                           (x.shape[1], w.shape[2:])
        desc = Conv2dDesc(0, LAYOUTS.index(layout), channels, w.shape[0], groups,
                          Pair(*kernel), Pair(*stride), Pair(*dilation), Sides(*padding),
                          _text(variant), layer)
        return self._run("conv2d", desc, [x] if constant else [x, w], [dtype])[0]

    def quantize(self, x, output_type, *, output=None, rule="divide", axis=None,
                 parameters="given", reduce_range=False, variant=None):
        """q; or [q, scales, zero points, scales in double] when they are found from the data."""
        memory = _Memory()
        desc = QuantizeDesc(0, _type(output_type), memory.quantization(output),
                            QUANTIZE_RULES.index(rule), PARAMETERS.index(parameters), reduce_range,
                            axis is not None, axis or 0, _text(variant))
        if parameters == "given":
            return self._run("quantize", desc, [x], [output_type])[0]
        count = 1 if axis is None else x.shape[axis]

        def found(op):
            scales, finite = np.empty(count), c_int()
            self._check(_library.octet_quantize_found(
                op, scales.ctypes.data_as(POINTER(c_double)), count, byref(finite)))
            return scales if finite.value else None

        return self._run("quantize", desc, [x], [output_type, np.float32, np.int32], found)

    def dequantize(self, q, *, input, axis=None, variant=None):
        """float32 values."""
        memory = _Memory()
        desc = DequantizeDesc(0, _type(q.dtype), memory.quantization(input), axis is not None,
                              axis or 0, _text(variant))
        return self._run("dequantize", desc, [q], [np.float32])[0]

    def max_pool(self, x, *, kernel, layout="nchw", stride=(1, 1), dilation=(1, 1),
                 padding=(0, 0, 0, 0), ceil=False, variant=None):
        """Largest stored value of each window."""
        desc = MaxPoolDesc(0, _type(x.dtype), LAYOUTS.index(layout), Pair(*kernel), Pair(*stride),
                           Pair(*dilation), Sides(*padding), ceil, _text(variant))
        return self._run("max_pool", desc, [x], [x.dtype])[0]

    def binary(self, function, a, b, output_type, *, a_parameters=None, b_parameters=None,
               output=None, rule="divide", relu=False, clamp=None, variant=None):
        """A function of two arrays, element by element."""
        memory = _Memory()
        desc = BinaryDesc(0, BINARY_FUNCTIONS.index(function), _type(a.dtype), _type(b.dtype),
                          _type(output_type), memory.quantization(a_parameters),
                          memory.quantization(b_parameters), memory.quantization(output),
                          BINARY_RULES.index(rule), relu, clamp is not None,
                          *(clamp or (0, 0)), _text(variant))
        return self._run("binary", desc, [a, b], [output_type])[0]

    def network(self, model, inputs):
        """The outputs, a list, of an ONNX model (its bytes) for a list of inputs."""
        network = c_void_p()
        self._check(_library.octet_network_load_onnx_memory(self._context, model, len(model), None,
                                                            byref(network)))
        try:
            ports = self._ports(_library.octet_network_inputs, network)
            inputs = [np.asarray(array, order="C") for array in inputs]
            for port, array in zip(ports, inputs, strict=True):
                batched = int(port.batched != 0)
                if (TYPES[port.type] != array.dtype or
                        port.shape.size[batched:port.shape.rank] != list(array.shape[batched:])):
                    raise TypeError(f"input {port.name}: {array.dtype} {array.shape}")
            images = max([len(array) // port.shape.size[0] for port, array in zip(ports, inputs)
                          if port.batched], default=1)
            outputs = [np.empty([port.shape.size[i] * (images if port.batched and i == 0 else 1)
                                 for i in range(port.shape.rank)], TYPES[port.type])
                       for port in self._ports(_library.octet_network_outputs, network)]
            addresses = [(c_void_p * len(arrays))(*[array.ctypes.data for array in arrays])
                         for arrays in (inputs, outputs)]
            self._check(_library.octet_network_run(network, images, *addresses, None))
        finally:
            _library.octet_network_destroy(network)
        return outputs

    @staticmethod
    def _ports(function, network):
        ports = (NetworkValue * 16)()
        return ports[:function(network, ports, len(ports))]
