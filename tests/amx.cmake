# The path x86_amx on any x86-64 Linux: programs in which oct_x86_grant_amx of host/runtime/x86_amx.c is
# wrapped, so that an emulator catches the instructions that the CPU lacks (tests/amx). On a CPU with AMX
# the same programs run the instructions themselves. Where they test suites, other paths are switched off,
# but for those without which suites do not start.
add_library(octet_amx OBJECT amx/decode.c amx/tiles.c amx/emulator.c amx/grant.c)
target_include_directories(octet_amx PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/host ${CMAKE_CURRENT_SOURCE_DIR})
# Millions of instructions, on stacks of kernels, which sanitizers know nothing of.
target_compile_options(octet_amx PRIVATE -O2)
if(OCTET_SANITIZE)
    target_compile_options(octet_amx PRIVATE -fno-sanitize=all)
endif()

# octet_on_amx(TARGET) - links a program so.
function(octet_on_amx target)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:octet_amx>)
    target_link_options(${target} PRIVATE -Wl,--wrap=oct_x86_grant_amx)
endfunction()

octet_on_amx(test_amx_instructions)

set(amx_off plain khr x86_pmaddwd x86_vnni x86_avxvnni emulated_mma emulated_mfma emulated_wmma emulated_dpas8
    emulated_dpas16 emulated_amx emulated_2x2x4_8x4x8 emulated_2x2x4_8x4x8_k3)
list(JOIN amx_off "," amx_off)
foreach(suite IN ITEMS operators/gemm operators/conv2d operators/golden operators/dynamic_golden)
    string(REPLACE "/" "_" target test_amx_${suite})
    string(REGEX REPLACE "/" "/test_" source ${suite})
    add_executable(${target} ${source}.c)
    target_link_libraries(${target} PRIVATE octet_test_support)
    octet_on_amx(${target})
    octet_add_test(amx/${suite} ${target})
    set_property(TEST amx/${suite} APPEND PROPERTY ENVIRONMENT OCTET_DISABLE=${amx_off})
endforeach()

# By the program: more steps of k than are held at a time, of windows too, and groups; a network, whose layers
# are one command.
if(OCTET_CLI)
    octet_add_program(octet_amx_program octet-amx ${program_folders})
    octet_on_amx(octet_amx_program)
    octet_add_test(amx/layers octet_amx_program verify --variant x86_amx_32x4x16
        --type u8:s8:u8 --zero-points 130:0:3 3x5200:5200x65 mb1ic1300ih4oc66kh2ph1 g2mb1ic40ih9oc140kh3ph1
        --type s8:u8:s8 --zero-points 3:5:7 3x5200:5200x65 mb1ic1300ih4oc5kh2ph1)
    octet_add_test(amx/network octet_amx_program run digits.onnx --input test-images.npy
        --batch 100 --device pthread --check)
    set_tests_properties(amx/network PROPERTIES WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/examples/digits)
    set_property(TEST amx/network APPEND PROPERTY ENVIRONMENT OCTET_DISABLE=plain,x86_pmaddwd,x86_vnni,x86_avxvnni)
endif()
