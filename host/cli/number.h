/* number.h - numbers in text, read to the last character or not at all. */
#ifndef OCT_CLI_NUMBER_H
#define OCT_CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* oct_read_integer - a whole decimal number; false when "text" is anything else or does not fit. */
bool oct_read_integer(const char *text, int64_t *value);

/* oct_read_real - decimal or hexadecimal floating point, to the nearest double. */
bool oct_read_real(const char *text, double *value);

/* oct_read_float - the same, to the nearest float32 in one rounding. */
bool oct_read_float(const char *text, float *value);

#endif
