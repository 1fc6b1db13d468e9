# Tests of the sources as text, and of what gets installed.
find_program(OCTET_CXX NAMES g++ clang++ c++)
find_program(OCTET_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
find_program(OCTET_PKG_CONFIG NAMES pkg-config pkgconf)
find_program(OCTET_OBJDUMP NAMES objdump llvm-objdump)
mark_as_advanced(OCTET_CXX OCTET_CLANG OCTET_PKG_CONFIG OCTET_OBJDUMP)

# octet_left_out(NAME WHAT) - ctest lists the test as not run, and the configuring says why.
function(octet_left_out name what)
    message(STATUS "Test ${name} is left out: ${what} not found")
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E false)
    set_tests_properties(${name} PROPERTIES DISABLED ON)
endfunction()

# Layers.
octet_add_test(lint/layers ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}
               -P ${CMAKE_CURRENT_LIST_DIR}/layers.cmake)
octet_add_test(lint/layers_self_test ${CMAKE_COMMAND} -DSELF_TEST=${CMAKE_CURRENT_BINARY_DIR}/layers
               -P ${CMAKE_CURRENT_LIST_DIR}/layers.cmake)

# Options of device compilers.
octet_add_test(lint/options ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR}
               -P ${CMAKE_CURRENT_LIST_DIR}/options.cmake)

# The public headers, each alone, as C99 and as C++11.
set(header_flags -fsyntax-only -pedantic-errors -Wall -Wextra -Wundef -Werror
                 -I${PROJECT_SOURCE_DIR}/include)
if(OCTET_OPENCL)
    list(TRANSFORM OpenCL_INCLUDE_DIRS PREPEND -isystem OUTPUT_VARIABLE opencl_flags)
    list(APPEND header_flags ${opencl_flags} -DCL_TARGET_OPENCL_VERSION=120)
endif()
foreach(header IN LISTS octet_headers)
    get_filename_component(name ${header} NAME)
    octet_add_test(lint/${name}_as_c99 ${CMAKE_C_COMPILER} -x c -std=c99 ${header_flags} ${header})
    if(OCTET_CXX)
        octet_add_test(lint/${name}_as_c++11 ${OCTET_CXX} -x c++ -std=c++11 ${header_flags} ${header})
    else()
        octet_left_out(lint/${name}_as_c++11 "a C++ compiler")
    endif()
endforeach()

# Arithmetic that is not exact is refused when octet is compiled.
octet_add_test(lint/refuses_fast_math ${CMAKE_C_COMPILER} -fsyntax-only -std=c11 -ffast-math
               -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/host
               ${PROJECT_SOURCE_DIR}/host/core/quantization.c)
set_tests_properties(lint/refuses_fast_math PROPERTIES
                     PASS_REGULAR_EXPRESSION "cannot be built with -ffast-math")

# kernels.cl, by a compiler that is stricter than a driver's.
if(OCTET_CLANG)
    octet_add_test(lint/kernels_by_clang ${CMAKE_COMMAND} -DCLANG=${OCTET_CLANG}
                   -DKERNELS=${PROJECT_SOURCE_DIR}/kernels.cl
                   -P ${CMAKE_CURRENT_LIST_DIR}/kernels.cmake)
else()
    octet_left_out(lint/kernels_by_clang clang)
endif()

# kernels.cl for GPUs, by offline compilers: what each instruction's path and every tile become.
if(OCTET_OPENCL AND NOT OCTET_SANITIZE)
    add_executable(octet_test_rows gpu/rows.c)
    target_link_libraries(octet_test_rows PRIVATE octet_test)
    set(compile ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/gpu/compile.py)
    foreach(device IN ITEMS spir64 sm_61 sm_80 sm_90 gfx906 gfx90a gfx1030 gfx1100 tgllp acm-g10 pvc)
        execute_process(COMMAND ${compile} --missing ${device} OUTPUT_VARIABLE missing)
        if(missing)
            octet_left_out(lint/kernels_for_${device} "${missing}")
        else()
            octet_add_test(lint/kernels_for_${device} ${compile} --rows $<TARGET_FILE:octet_test_rows>
                           ${device})
        endif()
    endforeach()
    if(OCTET_CLANG AND OCTET_OBJDUMP)
        octet_add_test(lint/kernels_without_avx512 ${Python3_EXECUTABLE}
                       ${CMAKE_CURRENT_LIST_DIR}/lint/avx2.py --clang ${OCTET_CLANG}
                       --objdump ${OCTET_OBJDUMP} --rows $<TARGET_FILE:octet_test_rows>)
    else()
        octet_left_out(lint/kernels_without_avx512 "clang or objdump")
    endif()
endif()

# Names that the libraries give away. Sanitizers add some of their own.
if(NOT OCTET_SANITIZE)
    octet_add_test(lint/exports ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DSTATIC=$<TARGET_FILE:octet_static>
                   $<$<BOOL:${OCTET_SHARED}>:-DSHARED=$<TARGET_FILE:octet_shared>>
                   -P ${CMAKE_CURRENT_LIST_DIR}/exports.cmake)
endif()

# The installed package, used by a project of its own.
if(NOT OCTET_PKG_CONFIG)
    set(OCTET_PKG_CONFIG)
    message(STATUS "Test package is run without its pkg-config part: pkg-config not found")
endif()
list(JOIN OCTET_SANITIZE_FLAGS " " flags)
octet_add_test(package ${CMAKE_COMMAND}
               -DBUILD=${PROJECT_BINARY_DIR} -DSCRATCH=${CMAKE_CURRENT_BINARY_DIR}/package
               -DCONFIG=$<CONFIG> -DVERSION=${PROJECT_VERSION}
               -DLIBDIR=${CMAKE_INSTALL_LIBDIR} -DBINDIR=${CMAKE_INSTALL_BINDIR}
               -DGENERATOR=${CMAKE_GENERATOR} -DCC=${CMAKE_C_COMPILER} -DFLAGS=${flags}
               -DPROGRAM=${OCTET_CLI} -DPKG_CONFIG=${OCTET_PKG_CONFIG}
               -P ${CMAKE_CURRENT_LIST_DIR}/package/check.cmake)
