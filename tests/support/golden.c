/* golden.c - see golden.h. */
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/unit.h"

enum { MOST_BYTES = 1 << 16, MOST_NAME = 64 };

cJSON *oct_golden_load(const char *file)
{
    char path[1024], text[MOST_BYTES];
    snprintf(path, sizeof path, "%s/%s", OCT_TEST_DATA, file);
    FILE *const stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("cannot open %s", path);
    const size_t length = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[length] = '\0';
    cJSON *const root = cJSON_Parse(text);
    if (root == NULL)
        fail_msg("%s is not JSON, or longer than %d bytes", path, MOST_BYTES - 1);
    return root;
}

const cJSON *oct_golden_at(const cJSON *node, const char *path)
{
    for (const char *rest = path; node != NULL && *rest != '\0';) {
        char name[MOST_NAME + 1] = {0};
        const size_t length = strcspn(rest, ".");
        assert_in_range(length, 1, MOST_NAME);
        memcpy(name, rest, length);
        node = cJSON_GetObjectItemCaseSensitive(node, name);
        rest += length + (rest[length] == '.');
    }
    if (node == NULL)
        fail_msg("there is no %s", path);
    return node;
}

double oct_golden_number(const cJSON *node, const char *path)
{
    const cJSON *const item = oct_golden_at(node, path);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

int32_t oct_golden_int(const cJSON *node, const char *path)
{
    const double number = oct_golden_number(node, path);
    assert_true(number == (double)(int32_t)number);
    return (int32_t)number;
}

const char *oct_golden_text(const cJSON *node, const char *path)
{
    const cJSON *const item = oct_golden_at(node, path);
    assert_true(cJSON_IsString(item));
    return item->valuestring;
}

static uint32_t parse_bits(const cJSON *item)
{
    assert_true(cJSON_IsString(item));
    return (uint32_t)strtoul(item->valuestring, NULL, 16);
}

float oct_golden_float(const cJSON *node, const char *path)
{
    const cJSON *const object = oct_golden_at(node, path);
    const float value = oct_float_of(parse_bits(oct_golden_at(object, "bits")));
    assert_true((double)value == oct_golden_number(object, "value"));
    return value;
}

static const cJSON *array_at(const cJSON *node, const char *path, size_t count)
{
    const cJSON *const array = oct_golden_at(node, path);
    assert_true(cJSON_IsArray(array));
    assert_int_equal(cJSON_GetArraySize(array), count);
    return array;
}

void oct_golden_ints(const cJSON *node, const char *path, size_t count, int32_t *values)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array_at(node, path, count))
    {
        assert_true(cJSON_IsNumber(item) && item->valuedouble == (double)item->valueint);
        *values++ = item->valueint;
    }
}

void oct_golden_numbers(const cJSON *node, const char *path, size_t count, double *values)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array_at(node, path, count))
    {
        assert_true(cJSON_IsNumber(item));
        *values++ = item->valuedouble;
    }
}

void oct_golden_bits(const cJSON *node, const char *path, size_t count, uint32_t *values)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, array_at(node, path, count))
    {
        *values++ = parse_bits(item);
    }
}
