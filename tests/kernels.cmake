# kernels.cl by clang, as OpenCL C 1.2, warnings as errors: with no option at all, each kernel alone
# (every OCT_BUILD_<NAME> the file mentions), each dot-product path that needs nothing of a driver, and
# each rule of binary functions; with fast math it must not compile.
#   cmake -DCLANG=clang -DKERNELS=kernels.cl -P tests/kernels.cmake
# lint/opencl_kernels does the first and the last of these on the devices of the machine.
cmake_minimum_required(VERSION 3.22)

# A function that only some parameters use is no mistake.
set(compile ${CLANG} -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only
    -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter)

file(STRINGS ${KERNELS} lines ENCODING UTF-8 REGEX "^#if.*OCT_BUILD_")
string(REGEX MATCHALL "OCT_BUILD_[A-Z0-9_]+" builds "${lines}")
list(REMOVE_DUPLICATES builds)
list(REMOVE_ITEM builds OCT_BUILD_ALL)
list(LENGTH builds count)
if(count EQUAL 0)
    message(FATAL_ERROR "${KERNELS} names no OCT_BUILD_")
endif()
list(TRANSFORM builds PREPEND "-D")

set(x86 "-target x86_64-linux-gnu")
set(paths
    "-DOCT_PATH=OCT_EMULATED"
    "-DOCT_PATH=OCT_EMULATED_PAIRS -DOCT_TABLE=1"
    "-DOCT_PATH=OCT_EMULATED -DOCT_A_SIGNED=1 -DOCT_GM=16 -DOCT_GN=16"
    "-DOCT_PATH=OCT_EMULATED_MMA -DOCT_GM=16 -DOCT_GN=8"
    "-DOCT_PATH=OCT_EMULATED_MFMA -DOCT_NV=4 -DOCT_GM=16 -DOCT_GN=8"
    "-DOCT_PATH=OCT_EMULATED_WMMA -DOCT_NV=8 -DOCT_GM=16 -DOCT_GN=8"
    "-DOCT_PATH=OCT_EMULATED_DPAS8 -DOCT_NV=4 -DOCT_LANES=8 -DOCT_GM=16 -DOCT_GN=2"
    "-DOCT_PATH=OCT_EMULATED_DPAS16 -DOCT_NV=4 -DOCT_LANES=8 -DOCT_GM=32 -DOCT_GN=2"
    "-DOCT_PATH=OCT_EMULATED_AMX -DOCT_MR=32 -DOCT_LANES=16"
    "-DOCT_PATH=OCT_EMULATED -DOCT_NV=1 -DOCT_GM=8 -DOCT_GN=16 -DOCT_GK=0"
    "-DOCT_PATH=OCT_NV_MMA -DOCT_NV=4 -DOCT_GM=16 -DOCT_GN=8 -target nvptx64-nvidia-nvcl"
    "-DOCT_PATH=OCT_X86_PMADDWD -DOCT_LANES=8 -DOCT_TABLE=2 ${x86} -mavx2"
    "-DOCT_PATH=OCT_X86_AVXVNNI -DOCT_NV=4 -DOCT_LANES=8 ${x86} -mavx2"
    "-DOCT_PATH=OCT_X86_PMADDWD -DOCT_LANES=16 ${x86} -mavx512bw"
    "-DOCT_PATH=OCT_X86_VNNI -DOCT_LANES=16 -DOCT_TABLE=3 ${x86} -mavx512vnni"
    "-DOCT_PATH=OCT_X86_AMX -DOCT_MR=32 -DOCT_NV=4 -DOCT_LANES=16 -DOCT_TABLE=3 ${x86} -mavx512vnni")

set(rules "-DOCT_BINARY=1" "-DOCT_BINARY=2" "-DOCT_BINARY=3" "-DOCT_BINARY=4" "-DOCT_BINARY=5")

foreach(options IN ITEMS "" LISTS builds paths rules)
    separate_arguments(arguments UNIX_COMMAND "${options}")
    execute_process(COMMAND ${compile} ${arguments} ${KERNELS} RESULT_VARIABLE result)
    if(result)
        message(FATAL_ERROR "${KERNELS} does not compile with \"${options}\"")
    endif()
endforeach()

set(refusal "must not be built with -cl-fast-relaxed-math")
execute_process(COMMAND ${compile} -cl-fast-relaxed-math ${KERNELS} RESULT_VARIABLE result
                ERROR_VARIABLE said)
if(NOT result OR NOT said MATCHES "${refusal}")
    message(FATAL_ERROR "${KERNELS} with fast math: \"${refusal}\" is not what is said:\n${said}")
endif()
message("${KERNELS}: compiles without options, and ${count} kernels each alone")
