# How every C file here is compiled.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_definitions(_POSIX_C_SOURCE=200809L CL_TARGET_OPENCL_VERSION=120)

# A contracted multiply-add rounds once where the rules of docs/numbers.md round twice.
# Nobody reads errno after lrintf, which is one instruction if it need not set it.
add_compile_options(-ffp-contract=off -fno-math-errno)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes
                    -Wstrict-prototypes -Wundef -Wvla)
if(OCTET_WERROR)
    add_compile_options(-Werror)
endif()

if(OCTET_SANITIZE)
    set(OCTET_SANITIZE_FLAGS -fsanitize=${OCTET_SANITIZE} -fno-sanitize-recover=all)
    add_compile_options(${OCTET_SANITIZE_FLAGS} -fno-omit-frame-pointer)
    add_link_options(${OCTET_SANITIZE_FLAGS})
endif()
