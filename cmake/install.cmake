# What `cmake --install` puts where: headers, libraries, program, CMake package, pkg-config file.
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/octet)

file(GLOB octet_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/octet/*.h)
if(NOT OCTET_OPENCL)
    list(FILTER octet_headers EXCLUDE REGEX "/opencl\\.h$")
endif()
install(FILES ${octet_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/octet)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(OCTET_CLI)
    install(TARGETS octet_program)
endif()

# An export set each: a program that uses the shared library needs none of its dependencies.
foreach(kind IN ITEMS static shared)
    if(TARGET octet_${kind})
        install(TARGETS octet_${kind} EXPORT octet-${kind})
        install(EXPORT octet-${kind} NAMESPACE octet:: DESTINATION ${cmake_dir})
    endif()
endforeach()

configure_package_config_file(cmake/octetConfig.cmake.in octetConfig.cmake
                              INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(octetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/octetConfig.cmake ${PROJECT_BINARY_DIR}/octetConfigVersion.cmake
              cmake/find_library.cmake
        DESTINATION ${cmake_dir})

# For pkg-config; what the library itself needs is private, unless it is there as an archive only.
set(pc_private -lm -pthread)
if(OCTET_OPENCL)
    list(APPEND pc_private -lOpenCL -ldl)
endif()
if(OCTET_ONNX)
    list(APPEND pc_private -lprotobuf-c)
endif()
list(JOIN pc_private " " pc_private)
set(pc_libraries "-loctet")
if(NOT OCTET_SHARED)
    set(pc_libraries "-loctet ${pc_private}")
    set(pc_private)
endif()
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/octet.pc.in octet.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/octet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
