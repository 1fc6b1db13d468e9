/* golden.h - reads the golden cases in tests/data. Paths are like "quantization.x1.uint8". A test
 * fails where a file or a field is missing. */
#ifndef OCT_TESTS_GOLDEN_H
#define OCT_TESTS_GOLDEN_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* oct_golden_load - a whole file, released with cJSON_Delete. */
cJSON *oct_golden_load(const char *file);

const cJSON *oct_golden_at(const cJSON *node, const char *path);
double oct_golden_number(const cJSON *node, const char *path);
int32_t oct_golden_int(const cJSON *node, const char *path);
const char *oct_golden_text(const cJSON *node, const char *path);

/* oct_golden_float - an object {value, bits}, whose two halves must agree. */
float oct_golden_float(const cJSON *node, const char *path);

/* Arrays of exactly "count" elements. Bits are texts like "0x3f800000". */
void oct_golden_ints(const cJSON *node, const char *path, size_t count, int32_t *values);
void oct_golden_numbers(const cJSON *node, const char *path, size_t count, double *values);
void oct_golden_bits(const cJSON *node, const char *path, size_t count, uint32_t *values);

#endif
