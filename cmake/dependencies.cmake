# What the parts that were asked for need, each missing piece reported with its option and its
# Debian package.
include(cmake/find_library.cmake)

function(octet_require found what option package)
    if(NOT found)
        message(FATAL_ERROR "${what} not found: install it (Debian: ${package}) or set -D${option}=OFF")
    endif()
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_library(OCTET_MATH_LIBRARY m)
mark_as_advanced(OCTET_MATH_LIBRARY)

if(OCTET_OPENCL)
    find_package(OpenCL)
    octet_require("${OpenCL_FOUND}" "OpenCL headers or loader" OCTET_OPENCL
                  "opencl-headers ocl-icd-opencl-dev")
endif()

if(OCTET_ONNX)
    octet_find_library(octet::protobuf-c protobuf-c/protobuf-c.h protobuf-c)
    octet_require(${octet_protobuf-c_FOUND} "protobuf-c" OCTET_ONNX libprotobuf-c-dev)
    find_program(OCTET_PROTOC_C protoc-c)
    octet_require("${OCTET_PROTOC_C}" "protoc-c" OCTET_ONNX protobuf-c-compiler)
    find_path(OCTET_ONNX_PROTO_DIR onnx.proto PATH_SUFFIXES onnx)
    octet_require("${OCTET_ONNX_PROTO_DIR}" "onnx.proto" OCTET_ONNX libonnx-dev)
    mark_as_advanced(OCTET_PROTOC_C OCTET_ONNX_PROTO_DIR)
endif()

if(OCTET_CLI OR OCTET_TESTS)
    octet_find_library(octet::cjson cjson/cJSON.h cjson)
endif()
if(OCTET_CLI)
    octet_require(${octet_cjson_FOUND} "cJSON" OCTET_CLI libcjson-dev)
endif()

if(OCTET_TESTS)
    octet_require(${octet_cjson_FOUND} "cJSON" OCTET_TESTS libcjson-dev)
    octet_find_library(octet::cmocka cmocka.h cmocka)
    octet_require(${octet_cmocka_FOUND} "cmocka" OCTET_TESTS libcmocka-dev)
    find_package(Python3 COMPONENTS Interpreter)
    octet_require("${Python3_FOUND}" "Python 3" OCTET_TESTS python3)
endif()

set(OCTET_MPI_FOUND OFF)
if(OCTET_CLI AND OCTET_MPI)
    find_package(MPI COMPONENTS C)
    if(NOT OCTET_MPI STREQUAL "AUTO")
        octet_require("${MPI_C_FOUND}" "MPI" OCTET_MPI libopenmpi-dev)
    endif()
    set(OCTET_MPI_FOUND ${MPI_C_FOUND})
endif()

# NVIDIA's libraries, for a second program that times them beside octet (bench/cuda).
set(OCTET_CUDA_FOUND OFF)
if(OCTET_CLI AND NOT OCTET_PEERS STREQUAL "OFF")
    set(prefixes ${CMAKE_PREFIX_PATH})
    list(APPEND CMAKE_PREFIX_PATH $ENV{CUDA_HOME} /usr/local/cuda)
    octet_find_library(octet::cublaslt cublasLt.h cublasLt)
    octet_find_library(octet::cudnn cudnn.h cudnn)
    octet_find_library(octet::cudart cuda_runtime_api.h cudart)
    set(CMAKE_PREFIX_PATH ${prefixes})
    if(TARGET octet::cublaslt AND TARGET octet::cudnn AND TARGET octet::cudart)
        set(OCTET_CUDA_FOUND ON)
    endif()
endif()

# Peers: each is one file bench/peers/<name>.c, compiled when its library is there.
set(OCTET_PEERS_FOUND)
if(OCTET_CLI AND NOT OCTET_PEERS STREQUAL "OFF")
    # OpenBLAS starts its threads as soon as it is loaded, so that only `octet bench` loads it, when
    # it is asked for.
    octet_find_library(octet::openblas_library cblas.h openblas openblas openblas-pthread)
    if(TARGET octet::openblas_library)
        add_library(octet::openblas INTERFACE IMPORTED)
        set_target_properties(octet::openblas PROPERTIES
            INTERFACE_INCLUDE_DIRECTORIES "${octet_openblas_library_INCLUDE_DIR}"
            INTERFACE_COMPILE_DEFINITIONS "OCT_OPENBLAS=\"${octet_openblas_library_LIBRARY}\""
            INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS}")
    endif()
    octet_find_library(octet::onednn dnnl.h dnnl)
    if(OCTET_OPENCL)
        octet_find_library(octet::clblast clblast_c.h clblast)
    endif()
    foreach(peer IN ITEMS onednn openblas clblast)
        if(TARGET octet::${peer} AND EXISTS ${PROJECT_SOURCE_DIR}/bench/peers/${peer}.c)
            list(APPEND OCTET_PEERS_FOUND ${peer})
        endif()
    endforeach()
endif()
