"""A model whose outputs depend on the whole batch, made by hand."""


def message(*fields):
    """Fields of Protocol Buffers: (number, value), with text, bytes or a whole number; lengths and
    numbers below 2^14."""
    def number_bytes(value):
        return bytes([value] if value < 128 else [value & 127 | 128, value >> 7])

    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += bytes([number << 3]) + number_bytes(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += bytes([number << 3 | 2]) + number_bytes(len(value)) + value
    return out


def dynamic_model():
    """An ONNX model that quantizes x, f32 (N,4), with parameters found from the data: q, u8 (N,4), and
    the scale s, f32, and the zero point z, u8, which have no dimension."""
    def port(name, kind, *sizes):
        shape = message(*((1, message((1 if isinstance(size, int) else 2, size))) for size in sizes))
        return message((1, name), (2, message((1, message((1, kind), (2, shape))))))

    node = message((1, "x"), (2, "q"), (2, "s"), (2, "z"), (4, "DynamicQuantizeLinear"))
    graph = message((1, node), (2, "g"), (11, port("x", 1, "N", 4)), (12, port("q", 2, "N", 4)),
                    (12, port("s", 1)), (12, port("z", 2)))
    return message((1, 8), (7, graph), (8, message((2, 13))))
