# Turns a file into a C array, with CMake alone:
#   cmake -DINPUT=kernels.cl -DOUTPUT=kernels.c -DNAME=oct_kernels -P embed.cmake
# defines NAME_source[] (a zero follows it), NAME_source_size and NAME_sha256[] (hexadecimal). Bytes
# and not a string literal: C promises no more than 4095 characters of those.
cmake_minimum_required(VERSION 3.22)

file(READ "${INPUT}" bytes HEX)
file(SHA256 "${INPUT}" sha256)
string(LENGTH "${bytes}" size)
math(EXPR size "${size} / 2")

# Two steps, so that no regular expression has to see a long line: rows of 20 bytes, then bytes.
string(REGEX REPLACE "(........................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")

get_filename_component(folder "${OUTPUT}" DIRECTORY)
get_filename_component(input_name "${INPUT}" NAME)
file(MAKE_DIRECTORY "${folder}")
file(WRITE "${OUTPUT}" "/* Made from ${input_name} by cmake/embed.cmake. */
#include <stddef.h>

extern const unsigned char ${NAME}_source[];
extern const size_t ${NAME}_source_size;
extern const char ${NAME}_sha256[];

const unsigned char ${NAME}_source[] = {
${bytes}
0};
const size_t ${NAME}_source_size = ${size};
const char ${NAME}_sha256[] = \"${sha256}\";
")
