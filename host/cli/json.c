/* json.c - see json.h. */
#include "cli/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool memory_out;

static void *allocate(size_t size)
{
    void *const memory = malloc(size);
    if (memory == NULL)
        memory_out = true;
    return memory;
}

cJSON *oct_json_create(void)
{
    static cJSON_Hooks hooks = {allocate, free};
    cJSON_InitHooks(&hooks);
    return cJSON_CreateObject();
}

/* ---- Nodes ---- */

/* The shortest of 15, 16 or 17 digits that reads back as the same double. */
static cJSON *real_node(double value)
{
    char text[40];
    if (!isfinite(value))
        return cJSON_CreateNull();
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return cJSON_CreateRaw(text);
}

static cJSON *integer_node(int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return cJSON_CreateRaw(text);
}

static cJSON *text_node(const char *text)
{
    return text != NULL ? cJSON_CreateString(text) : cJSON_CreateNull();
}

/* ---- Into objects ---- */

static cJSON *add(cJSON *object, const char *name, cJSON *node)
{
    if (cJSON_AddItemToObject(object, name, node))
        return node;
    cJSON_Delete(node);
    memory_out = true;
    return NULL;
}

void oct_json_text(cJSON *object, const char *name, const char *text)
{
    add(object, name, text_node(text));
}

void oct_json_real(cJSON *object, const char *name, double value)
{
    add(object, name, real_node(value));
}

void oct_json_integer(cJSON *object, const char *name, int64_t value)
{
    add(object, name, integer_node(value));
}

void oct_json_bool(cJSON *object, const char *name, bool value)
{
    add(object, name, cJSON_CreateBool(value));
}

void oct_json_null(cJSON *object, const char *name)
{
    add(object, name, cJSON_CreateNull());
}

cJSON *oct_json_array(cJSON *object, const char *name)
{
    return add(object, name, cJSON_CreateArray());
}

cJSON *oct_json_object(cJSON *object, const char *name)
{
    return add(object, name, cJSON_CreateObject());
}

void oct_json_shape(cJSON *object, const char *name, const octet_shape *shape)
{
    cJSON *const array = oct_json_array(object, name);
    for (size_t i = 0; i < shape->rank; i++)
        oct_json_append_integer(array, (int64_t)shape->size[i]);
}

/* ---- Into arrays ---- */

static cJSON *append(cJSON *array, cJSON *node)
{
    if (cJSON_AddItemToArray(array, node))
        return node;
    cJSON_Delete(node);
    memory_out = true;
    return NULL;
}

void oct_json_append_text(cJSON *array, const char *text)
{
    append(array, text_node(text));
}

void oct_json_append_real(cJSON *array, double value)
{
    append(array, real_node(value));
}

void oct_json_append_integer(cJSON *array, int64_t value)
{
    append(array, integer_node(value));
}

cJSON *oct_json_append_object(cJSON *array)
{
    return append(array, cJSON_CreateObject());
}

/* ---- Out ---- */

octet_status oct_json_print(const cJSON *object)
{
    char *const text = cJSON_Print(object);
    if (text == NULL || memory_out) {
        cJSON_free(text);
        return oct_report(oct_cli_log, OCTET_OUT_OF_MEMORY, "out of host memory for JSON");
    }
    oct_cli_print("%s\n", text);
    cJSON_free(text);
    return oct_cli_flush();
}
