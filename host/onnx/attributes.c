/* attributes.c - a node's attributes: known names only, the right kind, values in range. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "onnx/onnx.h"

const Onnx__AttributeProto *oct_onnx_attribute(const oct_onnx *onnx, const char *name)
{
    for (size_t i = 0; i < onnx->node->n_attribute; i++)
        if (strcmp(onnx->node->attribute[i]->name, name) == 0)
            return onnx->node->attribute[i];
    return NULL;
}

/* Whether "name" and a space are in the list. */
static bool is_listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (; *list != '\0'; list = strchr(list, ' ') + 1)
        if (strncmp(list, name, length) == 0 && list[length] == ' ')
            return true;
    return false;
}

octet_status oct_onnx_check_attributes(oct_onnx *onnx, const char *known)
{
    octet_status status = OCTET_OK;
    for (size_t i = 0; i < onnx->node->n_attribute; i++) {
        const Onnx__AttributeProto *const attribute = onnx->node->attribute[i];
        OCT_REQUIRE(&onnx->log, attribute->name != NULL, OCTET_INVALID_ARGUMENT,
                    "%s: attribute %zu has no name", onnx->label, i);
        const char *const name = oct_onnx_printable(onnx, attribute->name);
        OCT_REQUIRE(&onnx->log, is_listed(known, attribute->name), OCTET_UNSUPPORTED,
                    "%s: its attribute '%s' is not supported", onnx->label, name);
        OCT_REQUIRE(&onnx->log, attribute->ref_attr_name == NULL, OCTET_UNSUPPORTED,
                    "%s: its attribute '%s' refers to a function's", onnx->label, name);
        OCT_REQUIRE(&onnx->log, oct_onnx_attribute(onnx, attribute->name) == attribute,
                    OCTET_INVALID_ARGUMENT, "%s: its attribute '%s' is there twice", onnx->label,
                    name);
    }
cleanup:
    return status;
}

/* "3 to 5", or "only 3". */
static const char *range_text(int64_t low, int64_t high, char text[48])
{
    if (low < high)
        snprintf(text, 48, "%lld to %lld", (long long)low, (long long)high);
    else
        snprintf(text, 48, "only %lld", (long long)low);
    return text;
}

/* Writers before format version 3 left the kind out. */
static octet_status require_kind(oct_onnx *onnx, const Onnx__AttributeProto *attribute,
                                 Onnx__AttributeProto__AttributeType kind)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, !attribute->has_type || attribute->type == kind, OCTET_INVALID_ARGUMENT,
                "%s: its attribute '%s' is of kind %d; it must be %d", onnx->label, attribute->name,
                (int)attribute->type, (int)kind);
cleanup:
    return status;
}

octet_status oct_onnx_attribute_integer(oct_onnx *onnx, const char *name, int64_t low, int64_t high,
                                        int64_t missing, int64_t *value)
{
    octet_status status = OCTET_OK;
    const Onnx__AttributeProto *const attribute = oct_onnx_attribute(onnx, name);
    char range[48];
    *value = missing;
    if (attribute == NULL)
        return OCTET_OK;
    OCT_TRY(require_kind(onnx, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT));
    OCT_REQUIRE(&onnx->log, attribute->i >= low && attribute->i <= high, OCTET_UNSUPPORTED,
                "%s: its attribute '%s' is %lld; octet supports %s", onnx->label, name,
                (long long)attribute->i, range_text(low, high, range));
    *value = attribute->i;
cleanup:
    return status;
}

octet_status oct_onnx_attribute_float(oct_onnx *onnx, const char *name, float missing, float *value)
{
    octet_status status = OCTET_OK;
    const Onnx__AttributeProto *const attribute = oct_onnx_attribute(onnx, name);
    *value = missing;
    if (attribute == NULL)
        return OCTET_OK;
    OCT_TRY(require_kind(onnx, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT));
    OCT_REQUIRE(&onnx->log, isfinite(attribute->f), OCTET_INVALID_ARGUMENT,
                "%s: its attribute '%s' is %g; it must be finite", onnx->label, name,
                (double)attribute->f);
    *value = attribute->f;
cleanup:
    return status;
}

octet_status oct_onnx_attribute_integers(oct_onnx *onnx, const char *name, const int64_t **values,
                                         size_t *count)
{
    octet_status status = OCTET_OK;
    const Onnx__AttributeProto *const attribute = oct_onnx_attribute(onnx, name);
    *values = NULL;
    *count = 0;
    if (attribute == NULL)
        return OCTET_OK;
    OCT_TRY(require_kind(onnx, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS));
    *values = attribute->ints;
    *count = attribute->n_ints;
cleanup:
    return status;
}

octet_status oct_onnx_attribute_text(oct_onnx *onnx, const char *name, const char *missing,
                                     char *text, size_t size)
{
    octet_status status = OCTET_OK;
    const Onnx__AttributeProto *const attribute = oct_onnx_attribute(onnx, name);
    snprintf(text, size, "%s", missing);
    if (attribute == NULL)
        return OCTET_OK;
    OCT_TRY(require_kind(onnx, attribute, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING));
    OCT_REQUIRE(&onnx->log, attribute->s.len < size, OCTET_INVALID_ARGUMENT,
                "%s: its attribute '%s' has %zu characters", onnx->label, name, attribute->s.len);
    if (attribute->s.len > 0)
        memcpy(text, attribute->s.data, attribute->s.len);
    text[attribute->s.len] = '\0';
cleanup:
    return status;
}

octet_status oct_onnx_attribute_axis(oct_onnx *onnx, size_t rank, int64_t missing, size_t *axis)
{
    octet_status status = OCTET_OK;
    int64_t value;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", INT64_MIN, INT64_MAX, missing, &value));
    OCT_REQUIRE(&onnx->log, value >= -(int64_t)rank && value <= (int64_t)rank,
                OCTET_INVALID_ARGUMENT, "%s: axis %lld; its input has rank %zu", onnx->label,
                (long long)value, rank);
    *axis = (size_t)(value < 0 ? value + (int64_t)rank : value);
cleanup:
    return status;
}
