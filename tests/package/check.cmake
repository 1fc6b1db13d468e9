# Installs a build into a scratch folder and uses it from there in each way a stranger would: with
# find_package (shared and static library), with pkg-config (both again), and as a program.
#   cmake -DBUILD=… -DCONFIG=… -DSCRATCH=… -DVERSION=… -DLIBDIR=lib -DBINDIR=bin -DGENERATOR=Ninja
#         -DCC=cc -DFLAGS=… [-DPKG_CONFIG=pkg-config] [-DPROGRAM=ON] -P check.cmake
cmake_minimum_required(VERSION 3.22)

set(prefix ${SCRATCH}/prefix)
file(REMOVE_RECURSE ${SCRATCH})

function(run what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(result)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${what} failed (${result}): ${command}\n${output}")
    endif()
    string(STRIP "${output}" output)
    set(output "${output}" PARENT_SCOPE)
endfunction()

# Runs a program and expects a line that begins with words.
function(expect words program)
    run("${program}" ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${prefix}/${LIBDIR} ${program} ${ARGN})
    if(NOT output MATCHES "(^|\n)${words}")
        message(FATAL_ERROR "${program} says \"${output}\", not \"${words}\"")
    endif()
    message("${program}: ${output}")
endfunction()

# The version that was installed.
function(expect_version)
    expect("octet ${VERSION}" ${ARGN})
endfunction()

run("install" ${CMAKE_COMMAND} --install ${BUILD} --config ${CONFIG} --prefix ${prefix})
if(PROGRAM)
    expect_version(${prefix}/${BINDIR}/octet --version)
endif()

# The program in the README, as pasted.
file(READ ${CMAKE_CURRENT_LIST_DIR}/../../README.md readme)
string(REGEX MATCH "```c\n([^`]*)```" readme "${readme}")
file(WRITE ${SCRATCH}/readme.c "${CMAKE_MATCH_1}")

run("configuring" ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${SCRATCH}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${prefix} -DOCTET_VERSION=${VERSION} -DCMAKE_C_COMPILER=${CC}
    -DCMAKE_C_FLAGS=${FLAGS} -DREADME_C=${SCRATCH}/readme.c)
run("building" ${CMAKE_COMMAND} --build ${SCRATCH}/build)
expect_version(${SCRATCH}/build/uses_octet)
expect_version(${SCRATCH}/build/uses_static)
expect_version(${SCRATCH}/build/gemm)
expect("5 11" ${SCRATCH}/build/readme)

if(PKG_CONFIG)
    set(ENV{PKG_CONFIG_PATH} ${prefix}/${LIBDIR}/pkgconfig)
    separate_arguments(flags UNIX_COMMAND "${FLAGS}")
    foreach(kind IN ITEMS shared static)
        set(static)
        if(kind STREQUAL "static")
            set(static --static)
        endif()
        run("pkg-config" ${PKG_CONFIG} ${static} --cflags --libs octet)
        if(kind STREQUAL "static")
            string(REPLACE "-loctet" "-l:liboctet.a" output "${output}")
        endif()
        separate_arguments(libraries UNIX_COMMAND "${output}")
        run("compiling" ${CC} ${flags} ${CMAKE_CURRENT_LIST_DIR}/main.c ${libraries}
            -o ${SCRATCH}/pkg_config_${kind})
        expect_version(${SCRATCH}/pkg_config_${kind})
    endforeach()
endif()
