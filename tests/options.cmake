# What host/ may ask of a device's compiler: -cl-std, the registers of Intel's threads, and no other -cl-
# option, for those that relax arithmetic (-cl-mad-enable, -cl-unsafe-math-optimizations, -cl-fast-relaxed-math,
# -cl-finite-math-only, -cl-no-signed-zeros, -cl-denorms-are-zero) are among them. All options come from
# these sources: a caller can give none.
#   cmake -DROOT=. -P tests/options.cmake
cmake_minimum_required(VERSION 3.22)

file(GLOB_RECURSE sources ${ROOT}/host/*.[ch])
set(count 0)
foreach(source IN LISTS sources)
    file(STRINGS ${source} lines REGEX "-cl-")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "-cl-std=|-cl-intel-256-GRF-per-thread" "" rest "${line}")
        if(rest MATCHES "-cl-")
            message(FATAL_ERROR "${source}: an option that may change results:\n${line}")
        endif()
        math(EXPR count "${count} + 1")
    endforeach()
endforeach()
if(count EQUAL 0)
    message(FATAL_ERROR "${ROOT}: no options of a device's compiler are found, not even -cl-std=")
endif()
message("options: ${count} lines with -cl-std= and the like, none with any other -cl- option")
