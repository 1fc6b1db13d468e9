/* json.h - the one JSON object of --json, with cJSON. Numbers round-trip: cJSON's own printing
 * keeps only 15 digits, so numbers go through these functions. A node that could not be allocated
 * is remembered, and oct_json_print reports it. */
#ifndef OCT_CLI_JSON_H
#define OCT_CLI_JSON_H

#include <cjson/cJSON.h>

#include "cli/message.h"
#include "core/shape.h"

/* oct_json_create - an empty object; also prepares cJSON. Released with cJSON_Delete. */
cJSON *oct_json_create(void);

/* Each adds "name" to "object". A number that is not finite becomes null; so does a NULL text. */
void oct_json_text(cJSON *object, const char *name, const char *text);
void oct_json_real(cJSON *object, const char *name, double value);
void oct_json_integer(cJSON *object, const char *name, int64_t value);
void oct_json_bool(cJSON *object, const char *name, bool value);
void oct_json_null(cJSON *object, const char *name);
void oct_json_shape(cJSON *object, const char *name, const octet_shape *shape);
cJSON *oct_json_array(cJSON *object, const char *name);
cJSON *oct_json_object(cJSON *object, const char *name);

/* The same, appended to an array. */
void oct_json_append_text(cJSON *array, const char *text);
void oct_json_append_real(cJSON *array, double value);
void oct_json_append_integer(cJSON *array, int64_t value);
cJSON *oct_json_append_object(cJSON *array);

/* oct_json_print - the object and a newline on standard output, flushed. */
octet_status oct_json_print(const cJSON *object);

#endif
