# The programs of examples/, in the build folder's examples/. They see the public headers alone.
set(examples gemm network)
if(OCTET_ONNX)
    list(APPEND examples classify)
    set(classify_arguments digits/digits.onnx digits/test-images.npy) # in examples/
endif()
if(OCTET_OPENCL)
    list(APPEND examples opencl)
endif()
foreach(example IN LISTS examples)
    add_executable(octet_example_${example} examples/${example}.c)
    set_target_properties(octet_example_${example} PROPERTIES
        OUTPUT_NAME ${example} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
    target_link_libraries(octet_example_${example} PRIVATE octet_static)
endforeach()
if(OCTET_OPENCL)
    target_link_libraries(octet_example_opencl PRIVATE OpenCL::OpenCL)
endif()
