/* sizes.c - arithmetic with sizes, which exporters write where a shape depends on another: done while
 * the model is loaded. */
#include <string.h>

#include "onnx/onnx.h"

/* Sums, differences and products of numbers below this fit. */
#define MOST ((int64_t)1 << 31)

/* ---- Making lists ---- */

octet_status oct_onnx_start_sizes(oct_onnx *onnx, size_t count, bool scalar, oct_onnx_sizes *sizes,
                                  int64_t **values, bool **open)
{
    octet_status status = OCTET_OK;
    OCT_REQUIRE(&onnx->log, count <= OCT_ONNX_MOST_SIZES, OCTET_UNSUPPORTED,
                "%s: a list of %zu sizes; at most %d are supported", onnx->label, count,
                OCT_ONNX_MOST_SIZES);
    *values = oct_graph_keep(onnx->graph, NULL, count, sizeof **values);
    *open = oct_graph_keep(onnx->graph, NULL, count, sizeof **open);
    OCT_REQUIRE(&onnx->log, *values != NULL && *open != NULL, OCTET_OUT_OF_MEMORY,
                "out of host memory: %zu sizes", count);
    *sizes = (oct_onnx_sizes){*values, *open, count, scalar};
cleanup:
    return status;
}

/* The sizes "from", from + step, ... of a list, "count" of them. */
static octet_status pick(oct_onnx *onnx, const oct_onnx_sizes *list, int64_t from, int64_t step,
                         size_t count)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes result;
    int64_t *values = NULL;
    bool *open = NULL;
    OCT_TRY(oct_onnx_start_sizes(onnx, count, false, &result, &values, &open));
    for (size_t i = 0; i < count; i++) {
        const int64_t at = from + (int64_t)i * step;
        values[i] = list->values[at];
        open[i] = list->open[at];
    }
    OCT_TRY(oct_onnx_set_sizes(onnx, &result));
cleanup:
    return status;
}

/* An index, from the end if negative, moved into 0..count. */
static int64_t bounded(int64_t index, size_t count)
{
    const int64_t end = (int64_t)count;
    const int64_t at = index < 0 && index >= -end ? index + end : index;
    return at < 0 ? 0 : at > end ? end : at;
}

/* ---- Lists ---- */

octet_status oct_onnx_shape_of(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes list = {NULL, NULL, 0, false};
    int64_t *values = NULL, first, last;
    bool *open = NULL;
    size_t x = OCT_NONE;
    OCT_TRY(oct_onnx_input(onnx, 0, &x));
    const oct_value value = onnx->graph->values[x];
    const size_t rank = value.shape.rank;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "start", INT64_MIN, INT64_MAX, 0, &first));
    OCT_TRY(oct_onnx_attribute_integer(onnx, "end", INT64_MIN, INT64_MAX, INT64_MAX, &last));
    OCT_TRY(oct_onnx_start_sizes(onnx, rank, false, &list, &values, &open));
    for (size_t i = 0; i < rank; i++) {
        values[i] = (int64_t)value.shape.size[i];
        open[i] = value.batched && i == 0;
    }
    first = bounded(first, rank);
    last = bounded(last, rank);
    OCT_TRY(pick(onnx, &list, first, 1, last > first ? (size_t)(last - first) : 0));
cleanup:
    return status;
}

static octet_status gather(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes list, indices, result;
    int64_t *values = NULL, axis;
    bool *open = NULL;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", -1, 0, 0, &axis));
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &list));
    OCT_TRY(oct_onnx_get_sizes(onnx, 1, "indices", &indices));
    OCT_TRY(oct_onnx_start_sizes(onnx, indices.count, indices.scalar, &result, &values, &open));
    for (size_t i = 0; i < indices.count; i++) {
        const int64_t count = (int64_t)list.count, index = indices.values[i];
        OCT_REQUIRE(&onnx->log, index >= -count && index < count && !indices.open[i],
                    OCTET_INVALID_ARGUMENT, "%s: index %lld of a list of %zu", onnx->label,
                    (long long)index, list.count);
        values[i] = list.values[index < 0 ? index + count : index];
        open[i] = list.open[index < 0 ? index + count : index];
    }
    OCT_TRY(oct_onnx_set_sizes(onnx, &result));
cleanup:
    return status;
}

static octet_status concat(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes list, result;
    int64_t *values = NULL, axis;
    bool *open = NULL;
    size_t count = 0;
    OCT_TRY(oct_onnx_attribute_integer(onnx, "axis", -1, 0, 0, &axis));
    for (size_t i = 0; i < onnx->node->n_input; i++) {
        OCT_TRY(oct_onnx_get_sizes(onnx, i, "data", &list));
        count += list.count;
    }
    OCT_TRY(oct_onnx_start_sizes(onnx, count, false, &result, &values, &open));
    for (size_t i = 0; i < onnx->node->n_input; i++) {
        OCT_TRY(oct_onnx_get_sizes(onnx, i, "data", &list));
        for (size_t j = 0; j < list.count; j++) {
            *values++ = list.values[j];
            *open++ = list.open[j];
        }
    }
    OCT_TRY(oct_onnx_set_sizes(onnx, &result));
cleanup:
    return status;
}

/* One number that an input gives; "missing" without it. */
static octet_status read_number(oct_onnx *onnx, size_t index, const char *role, int64_t missing,
                                int64_t *number)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes;
    *number = missing;
    if (!oct_onnx_has_input(onnx, index))
        return OCTET_OK;
    OCT_TRY(oct_onnx_get_sizes(onnx, index, role, &sizes));
    OCT_REQUIRE(&onnx->log, sizes.count == 1 && !sizes.open[0], OCTET_UNSUPPORTED,
                "%s: its %s are %zu numbers, or depend on the number of images; of sizes there "
                "must be 1",
                onnx->label, role, sizes.count);
    *number = sizes.values[0];
cleanup:
    return status;
}

static octet_status slice(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes list;
    int64_t first, last, axis, step;
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &list));
    OCT_TRY(read_number(onnx, 1, "starts", 0, &first));
    OCT_TRY(read_number(onnx, 2, "ends", INT64_MAX, &last));
    OCT_TRY(read_number(onnx, 3, "axes", 0, &axis));
    OCT_TRY(read_number(onnx, 4, "steps", 1, &step));
    OCT_REQUIRE(&onnx->log, (axis == 0 || axis == -1) && step == 1, OCTET_UNSUPPORTED,
                "%s: axis %lld, step %lld; of a list of sizes they must be 0 and 1", onnx->label,
                (long long)axis, (long long)step);
    first = bounded(first, list.count);
    last = bounded(last, list.count);
    OCT_TRY(pick(onnx, &list, first, 1, last > first ? (size_t)(last - first) : 0));
cleanup:
    return status;
}

/* The same numbers, as a list or as one of it. */
static octet_status keep(oct_onnx *onnx, bool scalar)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes;
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &sizes));
    OCT_REQUIRE(&onnx->log, sizes.count == 1 || scalar == sizes.scalar, OCTET_UNSUPPORTED,
                "%s: a list of %zu sizes", onnx->label, sizes.count);
    sizes.scalar = scalar;
    OCT_TRY(oct_onnx_set_sizes(onnx, &sizes));
cleanup:
    return status;
}

static octet_status squeeze(oct_onnx *onnx)
{
    return keep(onnx, true);
}

static octet_status unsqueeze(oct_onnx *onnx)
{
    return keep(onnx, false);
}

static octet_status same(oct_onnx *onnx)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes sizes;
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "data", &sizes));
    OCT_TRY(oct_onnx_set_sizes(onnx, &sizes));
cleanup:
    return status;
}

/* ---- Numbers ---- */

/* One operation; both numbers are below MOST. False where the result is no whole multiple of the
 * number of images, or of nothing. */
typedef bool (*operation)(int64_t a, bool a_open, int64_t b, bool b_open, int64_t *c, bool *c_open);

static bool plus(int64_t a, bool a_open, int64_t b, bool b_open, int64_t *c, bool *c_open)
{
    *c = a + b;
    *c_open = a_open || b_open;
    return a_open == b_open || a == 0 || b == 0;
}

static bool minus(int64_t a, bool a_open, int64_t b, bool b_open, int64_t *c, bool *c_open)
{
    return plus(a, a_open, -b, b_open, c, c_open);
}

static bool times(int64_t a, bool a_open, int64_t b, bool b_open, int64_t *c, bool *c_open)
{
    *c = a * b;
    *c_open = a_open || b_open;
    return !(a_open && b_open);
}

/* Rounded to zero, as ONNX divides integers. */
static bool divided(int64_t a, bool a_open, int64_t b, bool b_open, int64_t *c, bool *c_open)
{
    *c = b != 0 ? a / b : 0;
    *c_open = a_open && !b_open;
    return b != 0 && (a_open == b_open ? !a_open || a % b == 0 : a_open && a % b == 0);
}

static octet_status calculate(oct_onnx *onnx, operation operate)
{
    octet_status status = OCTET_OK;
    oct_onnx_sizes a, b, result;
    int64_t *values = NULL;
    bool *open = NULL;
    OCT_TRY(oct_onnx_get_sizes(onnx, 0, "first", &a));
    OCT_TRY(oct_onnx_get_sizes(onnx, 1, "second", &b));
    OCT_REQUIRE(&onnx->log, a.count == b.count || a.count == 1 || b.count == 1,
                OCTET_INVALID_ARGUMENT, "%s: of %zu and %zu sizes", onnx->label, a.count, b.count);
    OCT_TRY(oct_onnx_start_sizes(onnx, a.count == 1 ? b.count : a.count, a.scalar && b.scalar,
                                 &result, &values, &open));
    for (size_t i = 0; i < result.count; i++) {
        const size_t at_a = a.count == 1 ? 0 : i, at_b = b.count == 1 ? 0 : i;
        const int64_t left = a.values[at_a], right = b.values[at_b];
        OCT_REQUIRE(&onnx->log,
                    left > -MOST && left < MOST && right > -MOST && right < MOST &&
                        operate(left, a.open[at_a], right, b.open[at_b], &values[i], &open[i]),
                    OCTET_UNSUPPORTED,
                    "%s: of the sizes %lld%s and %lld%s; the result must be a whole multiple of "
                    "the number of images, or of nothing",
                    onnx->label, (long long)left, a.open[at_a] ? " per image" : "",
                    (long long)right, b.open[at_b] ? " per image" : "");
    }
    OCT_TRY(oct_onnx_set_sizes(onnx, &result));
cleanup:
    return status;
}

static octet_status add(oct_onnx *onnx)
{
    return calculate(onnx, plus);
}

static octet_status subtract(oct_onnx *onnx)
{
    return calculate(onnx, minus);
}

static octet_status multiply(oct_onnx *onnx)
{
    return calculate(onnx, times);
}

static octet_status divide(oct_onnx *onnx)
{
    return calculate(onnx, divided);
}

/* ---- Which operators ---- */

/* Rows of convert.c's table that mean something else of sizes. */
static const struct {
    const char *type;
    octet_status (*convert)(oct_onnx *onnx);
} operators[] = {
    {"Gather", gather},
    {"Concat", concat},
    {"Slice", slice},
    {"Squeeze", squeeze},
    {"Unsqueeze", unsqueeze},
    {"Identity", same},
    {"Cast", oct_onnx_cast_sizes},
    {"Add", add},
    {"Sub", subtract},
    {"Mul", multiply},
    {"Div", divide},
};

static size_t find_operator(const oct_onnx *onnx)
{
    size_t i = 0;
    while (i < sizeof operators / sizeof operators[0] &&
           strcmp(operators[i].type, onnx->node->op_type) != 0)
        i++;
    return i;
}

bool oct_onnx_takes_sizes(const oct_onnx *onnx)
{
    if (find_operator(onnx) == sizeof operators / sizeof operators[0])
        return false;
    for (size_t i = 0; i < onnx->node->n_input; i++)
        if (oct_onnx_has_input(onnx, i) && !oct_onnx_is_sizes(onnx, i))
            return false;
    return onnx->node->n_input > 0;
}

octet_status oct_onnx_convert_sizes(oct_onnx *onnx)
{
    return operators[find_operator(onnx)].convert(onnx);
}
