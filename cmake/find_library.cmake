# octet_find_library(TARGET HEADER LIBRARY [SUFFIX...]) - looks for a header and a library and, when
# both are there, makes an imported target. For libraries whose own CMake package is missing or
# differs between systems; also installed, because a program that links octet's static library needs
# the same libraries. Sets <TARGET>_FOUND in the caller, with "::" in TARGET as "_".
function(octet_find_library target header library)
    string(REPLACE "::" "_" name ${target})
    find_path(${name}_INCLUDE_DIR ${header} PATH_SUFFIXES ${ARGN})
    find_library(${name}_LIBRARY ${library} PATH_SUFFIXES ${ARGN})
    mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
    set(found OFF)
    if(${name}_INCLUDE_DIR AND ${name}_LIBRARY)
        set(found ON)
        if(NOT TARGET ${target})
            add_library(${target} UNKNOWN IMPORTED)
            set_target_properties(${target} PROPERTIES
                IMPORTED_LOCATION "${${name}_LIBRARY}"
                INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE_DIR}")
        endif()
    endif()
    set(${name}_FOUND ${found} PARENT_SCOPE)
endfunction()
