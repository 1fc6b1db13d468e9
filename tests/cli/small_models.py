"""ONNX models of one node, made by hand."""


def message(*fields):
    """Fields of Protocol Buffers: (number, value), with text, bytes or a whole number; lengths and
    numbers below 2^14."""
    def number_bytes(value):
        return bytes([value] if value < 128 else [value & 127 | 128, value >> 7])

    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += number_bytes(number << 3) + number_bytes(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += number_bytes(number << 3 | 2) + number_bytes(len(value)) + value
    return out


def port(name, kind, *sizes):
    """An input or output of the graph, of one of ONNX's types."""
    shape = message(*((1, message((1 if isinstance(size, int) else 2, size))) for size in sizes))
    return message((1, name), (2, message((1, message((1, kind), (2, shape))))))


def model(graph):
    """A model of version 13 of the operators."""
    return message((1, 8), (7, graph), (8, message((2, 13))))


def arg_max_model():
    """An ONNX model that says which of four is the largest: x, f32 (N,4), to y, int64 (N)."""
    axis, drop = (message((1, name), (3, value), (20, 2)) for name, value in
                  (("axis", 1), ("keepdims", 0)))
    node = message((1, "x"), (2, "y"), (4, "ArgMax"), (5, axis), (5, drop))
    return model(message((1, node), (2, "g"), (11, port("x", 1, "N", 4)), (12, port("y", 7, "N"))))


def dynamic_model():
    """An ONNX model that quantizes x, f32 (N,4), with parameters found from the data: q, u8 (N,4), and
    the scale s, f32, and the zero point z, u8, which have no dimension."""
    node = message((1, "x"), (2, "q"), (2, "s"), (2, "z"), (4, "DynamicQuantizeLinear"))
    graph = message((1, node), (2, "g"), (11, port("x", 1, "N", 4)), (12, port("q", 2, "N", 4)),
                    (12, port("s", 1)), (12, port("z", 2)))
    return model(graph)
