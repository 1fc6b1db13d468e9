# Who may include whom. Reads the #include lines of the sources and fails on any edge that the table
# below does not allow.
#   cmake -DROOT=. -P tests/layers.cmake
#   cmake -DSELF_TEST=/tmp/scratch -P tests/layers.cmake     proves that wrong edges are found
cmake_minimum_required(VERSION 3.22)

# Folder: what its files may include, as regular expressions for the whole name. Standard headers are
# free for all. core <- reference, runtime, variants <- operators <- network <- onnx; the rest uses
# the public headers, and the harness the reference.
set(may_core       "core/.*" "octet/octet.h")
set(may_reference  "reference/.*" ${may_core})
set(may_variants   "variants/.*" ${may_core})
set(may_runtime    "runtime/.*" ${may_core} "octet/opencl.h" "CL/.*")
set(may_operators  "operators/.*" "reference/.*" "variants/.*" "runtime/.*" ${may_core} "octet/opencl.h")
set(may_network    "network/.*" "operators/.*" "reference/.*" "variants/.*" "runtime/.*" ${may_core}
                   "octet/network.h")
set(may_onnx       "onnx/.*" ${may_network} "onnx\\.pb-c\\.h" "protobuf-c/.*")
set(may_program    "harness/.*" "core/.*" "octet/.*" "cjson/.*")
set(may_harness    "reference/.*" ${may_program})
set(may_tune       "tune/.*" ${may_program})
set(may_cli        "cli/.*" "tune/.*" "peers/.*" ${may_program} "mpi.h")
set(may_bench      "peers/.*" ${may_program} "cblas.h" "clblast_c.h" "oneapi/.*" "dnnl.*" "cuda/.*"
                   "ptx/.*" "CL/cl.h"
                   "cu.*\\.h")
set(may_include    "octet/octet.h")
set(may_include_octet_octet.h "octet/elements.h" "octet/commands.h")
set(may_include_octet_opencl.h "octet/octet.h" "CL/cl.h")
set(may_examples   "octet/.*")

# Names that count as edges although they stand in <>; every name in "" does.
set(outside "^(CL|protobuf-c|cjson|oneapi)/|^(onnx|cblas|clblast|dnnl|mpi|cublas|cudnn|cuda_)")

# check(RELATIVE NAME IS_LOCAL) - appends to the list "wrong" when file RELATIVE may not include NAME.
function(check relative name is_local)
    string(REGEX REPLACE "^(host/)?([^/]+)/.*" "\\2" folder ${relative})
    string(REPLACE "/" "_" own ${relative})
    if(NOT is_local AND NOT name MATCHES "${outside}")
        return()
    endif()
    if(DEFINED may_${own})
        set(folder ${own})
    endif()
    foreach(allowed IN LISTS may_${folder})
        if(name MATCHES "^${allowed}$")
            return()
        endif()
    endforeach()
    set(wrong ${wrong} "${relative} may not include ${name}" PARENT_SCOPE)
endfunction()

# check_tree(ROOT) - sets "wrong" to the sentences about wrong edges, "count" to the edges seen.
function(check_tree root)
    set(wrong)
    set(count 0)
    file(GLOB_RECURSE files RELATIVE ${root} ${root}/host/*.[ch] ${root}/bench/*.[ch]
         ${root}/include/*.h ${root}/examples/*.[ch])
    foreach(file IN LISTS files)
        file(STRINGS ${root}/${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
        foreach(line IN LISTS lines)
            string(REGEX MATCH "([<\"])([^>\"]+)" matched "${line}")
            string(COMPARE EQUAL "${CMAKE_MATCH_1}" "\"" is_local)
            check(${file} ${CMAKE_MATCH_2} ${is_local})
            math(EXPR count "${count} + 1")
        endforeach()
    endforeach()
    set(wrong "${wrong}" PARENT_SCOPE)
    set(count ${count} PARENT_SCOPE)
endfunction()

if(NOT SELF_TEST)
    get_filename_component(root "${ROOT}" ABSOLUTE)
    check_tree(${root})
    if(count EQUAL 0)
        message(FATAL_ERROR "${root}: no sources")
    elseif(wrong)
        list(JOIN wrong "\n  " wrong)
        message(FATAL_ERROR "layers:\n  ${wrong}")
    endif()
    message("layers: ${count} includes follow the rules")
    return()
endif()

# ---- Self-test: one file per edge; what is found must be exactly the wrong ones ----

# file, include, and whether that is legal
set(edges
    "host/core/a.c        \"core/a.h\"            yes"
    "host/core/b.c        \"octet/octet.h\"       yes"
    "host/core/c.c        <stdio.h>               yes"
    "host/core/d.c        \"runtime/a.h\"         no"
    "host/core/e.c        \"octet/opencl.h\"      no"
    "host/core/f.c        \"a.h\"                 no"
    "host/core/g.h        <CL/cl.h>               no"
    "host/reference/a.c   \"core/a.h\"            yes"
    "host/reference/b.c   \"variants/a.h\"        no"
    "host/variants/a.c    \"core/a.h\"            yes"
    "host/variants/b.c    \"runtime/a.h\"         no"
    "host/variants/c.h    <CL/cl.h>               no"
    "host/variants/d.c    \"reference/a.h\"       no"
    "host/runtime/a.c     <CL/cl.h>               yes"
    "host/runtime/b.c     \"octet/opencl.h\"      yes"
    "host/runtime/c.c     \"operators/a.h\"       no"
    "host/runtime/d.c     \"variants/a.h\"        no"
    "host/operators/a.c   \"variants/a.h\"        yes"
    "host/operators/b.c   \"octet/opencl.h\"      yes"
    "host/operators/c.c   \"network/a.h\"         no"
    "host/operators/d.c   \"CL/cl.h\"             no"
    "host/network/a.c     \"operators/a.h\"       yes"
    "host/network/b.c     \"onnx/a.h\"            no"
    "host/onnx/a.c        \"network/a.h\"         yes"
    "host/onnx/b.c        \"onnx.pb-c.h\"         yes"
    "host/onnx/c.c        \"cli/a.h\"             no"
    "host/harness/a.c     \"octet/network.h\"     yes"
    "host/harness/b.c     \"runtime/a.h\"         no"
    "host/harness/c.c     \"reference/a.h\"       yes"
    "host/tune/a.c        \"harness/a.h\"         yes"
    "host/tune/b.c        \"cli/a.h\"             no"
    "host/cli/a.c         \"octet/octet.h\"       yes"
    "host/cli/b.c         \"operators/a.h\"       no"
    "host/cli/mpi.c       <mpi.h>                 yes"
    "host/network/c.c     <mpi.h>                 no"
    "host/cli/c.c         <CL/cl.h>               no"
    "host/cli/d.c         \"reference/a.h\"       no"
    "host/cli/e.c         \"tune/a.h\"            yes"
    "bench/peers/a.c      <clblast_c.h>           yes"
    "bench/peers/b.c      \"reference/a.h\"       no"
    "bench/cuda/a.c       <cublasLt.h>            yes"
    "host/cli/f.c         <cuda_runtime_api.h>    no"
    "include/octet/opencl.h <CL/cl.h>             yes"
    "include/octet/octet.h  <CL/cl.h>             no"
    "examples/a.c         \"octet/octet.h\"       yes"
    "examples/b.c         \"core/a.h\"            no")

file(REMOVE_RECURSE ${SELF_TEST})
set(expected)
foreach(edge IN LISTS edges)
    string(REGEX MATCH "^([^ ]+) +([^ ]+) +(yes|no)$" matched "${edge}")
    set(file ${CMAKE_MATCH_1})
    set(include ${CMAKE_MATCH_2})
    set(legal ${CMAKE_MATCH_3})
    file(WRITE ${SELF_TEST}/${file} "/* an edge */\n#  include ${include}\n")
    if(legal STREQUAL "no")
        string(REGEX REPLACE "[<>\"]" "" include ${include})
        list(APPEND expected "${file} may not include ${include}")
    endif()
endforeach()
check_tree(${SELF_TEST})
list(SORT expected)
list(SORT wrong)
if(NOT wrong STREQUAL expected)
    list(JOIN wrong "\n  " wrong)
    list(JOIN expected "\n  " expected)
    message(FATAL_ERROR "layers found:\n  ${wrong}\ninstead of:\n  ${expected}")
endif()

execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${SELF_TEST} -P ${CMAKE_CURRENT_LIST_FILE}
                RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
if(result EQUAL 0)
    message(FATAL_ERROR "layers: a tree with wrong edges passed")
endif()
list(LENGTH expected count)
message("layers: all ${count} wrong edges found, no others")
