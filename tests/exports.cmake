# Which names the libraries give away: the shared one only octet_*, the static one octet_*, oct_* and
# those of the generated ONNX reader.
#   cmake -DNM=nm -DSHARED=liboctet.so -DSTATIC=liboctet.a -P tests/exports.cmake
cmake_minimum_required(VERSION 3.22)

function(check library pattern)
    execute_process(COMMAND ${NM} -g --defined-only -P ${ARGN} ${library}
                    OUTPUT_VARIABLE output RESULT_VARIABLE result)
    string(REGEX MATCHALL "[^\n]+ [A-Z] [^\n]*" lines "${output}")
    if(result OR NOT lines)
        message(FATAL_ERROR "${NM} found no names in ${library}")
    endif()
    list(TRANSFORM lines REPLACE " .*" "")
    list(LENGTH lines count)
    list(FILTER lines EXCLUDE REGEX "${pattern}")
    if(lines)
        message(FATAL_ERROR "${library} should not export: ${lines}")
    endif()
    message("${library}: ${count} names")
endfunction()

if(SHARED)
    check(${SHARED} "^octet_" -D)
endif()
check(${STATIC} "^(octet_|oct_|onnx__)")
