/* build.h - what to say where this build finds no OpenCL device. */
#ifndef OCT_CORE_BUILD_H
#define OCT_CORE_BUILD_H

#ifdef OCTET_HAVE_OPENCL
#define OCT_NO_DEVICE_TEXT                                                                         \
    "no OpenCL device was found: install a driver, or PoCL for the CPU (Debian: pocl-opencl-icd)"
#define OCT_NO_PLATFORM_TEXT "no usable OpenCL device was found (no platform offers one)"
#else
#define OCT_NO_DEVICE_TEXT "this octet was built without OpenCL (OCTET_OPENCL=OFF)"
#define OCT_NO_PLATFORM_TEXT OCT_NO_DEVICE_TEXT
#endif

#endif
