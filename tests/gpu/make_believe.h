/* make_believe.h - between the calls of the make-believe driver and the kernels that it runs. */
#ifndef OCT_TESTS_GPU_MAKE_BELIEVE_H
#define OCT_TESTS_GPU_MAKE_BELIEVE_H

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

typedef unsigned long long address;

enum { WRONG_CALL = 99 }; /* the exit status of a program that makes one */

/* Ends the program with the reason. */
#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "make-believe driver, %s: ", __func__);                                \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            _exit(WRONG_CALL);                                                                     \
        }                                                                                          \
    } while (0)

/* room - bytes from an address to the end of its allocation; 0: it is in none. */
size_t room(address at);

/* run_known - what the kernel would do, if it is one of those that qualify a device: so many work-items
 * and groups along the first dimension; "a_signed": the program was built so. */
void run_known(const char *kernel, int a_signed, size_t items, size_t groups, void **arguments);

#endif
