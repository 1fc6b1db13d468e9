/* command.c - the table of commands, in the order of octet --help. */
#include "cli/command.h"

const oct_command oct_commands[] = {
    /* name       function            purpose */
    {"devices", oct_cli_devices, "what can compute here, and how fast"},
    {"quantize", oct_cli_quantize, "float32 to 8 bits"},
    {"dequantize", oct_cli_dequantize, "8 bits to float32"},
    {"gemm", oct_cli_gemm, "matrix product of 8-bit arrays"},
    {"conv2d", oct_cli_conv2d, "two-dimensional convolution of 8-bit arrays"},
    {"compare", oct_cli_compare, "do two arrays hold the same bits?"},
    {"explain", oct_cli_explain, "why an integer and a float result differ"},
    {"run", oct_cli_run, "a quantized ONNX network on arrays"},
    {"inspect", oct_cli_inspect, "the layers of a quantized ONNX network"},
    {"verify", oct_cli_verify, "test devices against the reference"},
    {"bench", oct_cli_bench, "how fast problems are solved"},
    {"tune", oct_cli_tune, "find the fastest variants, for later runs"},
};
const size_t oct_command_count = sizeof oct_commands / sizeof oct_commands[0];
