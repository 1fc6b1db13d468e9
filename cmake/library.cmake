# The library: an object library per folder of host/, then liboctet.a and liboctet.so from all.
set(OCTET_GENERATED ${PROJECT_BINARY_DIR}/generated)

# octet_folder(NAME) - host/NAME/*.c as target octet_NAME, if there are any. Files named opencl.c,
# opencl_*.c and all of host/onnx but no_onnx.c are for builds with that part; no_opencl.c and
# no_onnx.c stand in for them in builds without; so do mpi.c and no_mpi.c.
function(octet_folder name)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/host/${name}/*.c)
    if(OCTET_OPENCL)
        list(FILTER sources EXCLUDE REGEX "/no_opencl\\.c$")
    else()
        list(FILTER sources EXCLUDE REGEX "/opencl(_[^/]*)?\\.c$")
    endif()
    if(OCTET_ONNX)
        list(FILTER sources EXCLUDE REGEX "/no_onnx\\.c$")
    elseif(name STREQUAL "onnx")
        list(FILTER sources INCLUDE REGEX "/no_onnx\\.c$")
    endif()
    if(OCTET_MPI_FOUND)
        list(FILTER sources EXCLUDE REGEX "/no_mpi\\.c$")
    else()
        list(FILTER sources EXCLUDE REGEX "/mpi\\.c$")
    endif()
    if(NOT sources)
        return()
    endif()
    add_library(octet_${name} OBJECT ${sources})
    target_include_directories(octet_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include
                                                     ${PROJECT_SOURCE_DIR}/host)
    target_compile_definitions(octet_${name} PRIVATE
        $<$<BOOL:${OCTET_OPENCL}>:OCTET_HAVE_OPENCL> $<$<BOOL:${OCTET_ONNX}>:OCTET_HAVE_ONNX>)
    if(OCTET_OPENCL)
        target_include_directories(octet_${name} SYSTEM PRIVATE ${OpenCL_INCLUDE_DIRS})
    endif()
endfunction()

set(folders core reference variants runtime operators network onnx)
foreach(folder IN LISTS folders)
    octet_folder(${folder})
endforeach()

# The reference checks every result, so it must not be slow: -O3 whatever CMake's default says.
target_compile_options(octet_reference PRIVATE $<$<CONFIG:Release>:-O3>)

# kernels.cl becomes a byte array inside the runtime.
if(OCTET_OPENCL)
    add_custom_command(
        OUTPUT ${OCTET_GENERATED}/kernels.c
        COMMAND ${CMAKE_COMMAND} -DINPUT=${PROJECT_SOURCE_DIR}/kernels.cl
                -DOUTPUT=${OCTET_GENERATED}/kernels.c -DNAME=oct_kernels
                -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${PROJECT_SOURCE_DIR}/kernels.cl ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "Embedding kernels.cl"
        VERBATIM)
    target_sources(octet_runtime PRIVATE ${OCTET_GENERATED}/kernels.c)
endif()

# onnx.proto becomes C; that code is not ours, so its warnings are off.
if(OCTET_ONNX)
    set(proto ${OCTET_GENERATED}/onnx.pb-c)
    add_custom_command(
        OUTPUT ${proto}.c ${proto}.h
        COMMAND ${CMAKE_COMMAND} -E make_directory ${OCTET_GENERATED}
        COMMAND ${OCTET_PROTOC_C} --c_out=${OCTET_GENERATED} --proto_path=${OCTET_ONNX_PROTO_DIR}
                ${OCTET_ONNX_PROTO_DIR}/onnx.proto
        DEPENDS ${OCTET_ONNX_PROTO_DIR}/onnx.proto
        COMMENT "Generating the ONNX reader from onnx.proto"
        VERBATIM)
    add_library(octet_onnx_proto OBJECT ${proto}.c ${proto}.h)
    target_compile_options(octet_onnx_proto PRIVATE -w)
    target_link_libraries(octet_onnx_proto PRIVATE octet::protobuf-c)
    list(APPEND folders onnx_proto)
    target_include_directories(octet_onnx SYSTEM PRIVATE ${OCTET_GENERATED})
    target_link_libraries(octet_onnx PRIVATE octet::protobuf-c)
    add_dependencies(octet_onnx octet_onnx_proto)
endif()

set(octet_objects)
foreach(folder IN LISTS folders)
    if(TARGET octet_${folder})
        list(APPEND octet_objects $<TARGET_OBJECTS:octet_${folder}>)
    endif()
endforeach()

set(octet_libraries octet_static)
add_library(octet_static STATIC ${octet_objects})
if(OCTET_SHARED)
    add_library(octet_shared SHARED ${octet_objects})
    list(APPEND octet_libraries octet_shared)
    set_target_properties(octet_shared PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        EXPORT_NAME octet)
    add_library(octet::octet ALIAS octet_shared)
endif()
set_target_properties(octet_static PROPERTIES EXPORT_NAME static)
add_library(octet::static ALIAS octet_static)

foreach(library IN LISTS octet_libraries)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME octet LINKER_LANGUAGE C)
    target_include_directories(${library} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE Threads::Threads)
    if(OCTET_MATH_LIBRARY)
        target_link_libraries(${library} PRIVATE m)
    endif()
    if(OCTET_OPENCL)
        target_link_libraries(${library} PRIVATE OpenCL::OpenCL ${CMAKE_DL_LIBS})
    endif()
    if(OCTET_ONNX)
        target_link_libraries(${library} PRIVATE octet::protobuf-c)
    endif()
endforeach()
