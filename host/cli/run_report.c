/* run_report.c - see run_report.h. */
#include "cli/run_report.h"

#include "cli/json.h"

/* ---- Accuracy ---- */

static double number_at(const oct_array *array, size_t i)
{
    switch (array->type) {
    case OCTET_S8:
        return ((const int8_t *)array->data)[i];
    case OCTET_U8:
        return ((const uint8_t *)array->data)[i];
    case OCTET_S32:
        return ((const int32_t *)array->data)[i];
    default:
        return (double)((const float *)array->data)[i];
    }
}

/* Where the largest of "count" numbers from "first" on is; the first of equals, never a NaN unless
 * all are. */
static size_t largest_at(const oct_array *array, size_t first, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        const double number = number_at(array, first + i), most = number_at(array, first + best);
        if (number > most || (most != most && number == number))
            best = i;
    }
    return best;
}

octet_status oct_run_count_right(const oct_run_ports *outputs, const oct_array *labels,
                                 size_t *right)
{
    octet_status status = OCTET_OK;
    const oct_array *const scores = &outputs->items[0].array;
    const size_t rank = scores->shape.rank;
    const size_t classes = rank > 0 ? scores->shape.size[rank - 1] : 0;
    const size_t rows = classes > 0 ? scores->count / classes : 0;
    OCT_REQUIRE(oct_cli_log, labels->shape.rank == 1 && classes > 0, OCTET_INVALID_ARGUMENT,
                "--labels '%s' has %zu dimensions, the output '%s' %zu; labels must have 1, scores "
                "at least 1",
                labels->path, labels->shape.rank, outputs->items[0].value.name, rank);
    OCT_REQUIRE(oct_cli_log, labels->count == rows, OCTET_INVALID_ARGUMENT,
                "--labels '%s' holds %zu labels; the output '%s' has %zu rows", labels->path,
                labels->count, outputs->items[0].value.name, rows);
    *right = 0;
    for (size_t i = 0; i < rows; i++)
        *right += (double)largest_at(scores, i * classes, classes) == number_at(labels, i);
cleanup:
    return status;
}

/* ---- JSON ---- */

static double per_second(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds : 0;
}

static double layer_gops(const oct_run_outcome *outcome, const octet_layer_info *info)
{
    const double images = info->batched ? outcome->timed_images : 1;
    return per_second(2e-9 * (double)info->macs * images, info->seconds);
}

static void add_positive(cJSON *object, const char *name, double value)
{
    if (value > 0)
        oct_json_real(object, name, value);
    else
        oct_json_null(object, name);
}

static void add_ports(cJSON *root, const char *name, const oct_run_ports *ports)
{
    cJSON *const list = oct_json_array(root, name);
    for (size_t i = 0; i < ports->count; i++) {
        const oct_run_port *const port = &ports->items[i];
        cJSON *const item = oct_json_append_object(list);
        oct_json_text(item, "name", port->value.name);
        oct_json_text(item, "type", oct_type(port->value.type)->name);
        oct_json_shape(item, "shape",
                       port->array.data != NULL ? &port->array.shape : &port->value.shape);
        oct_json_text(item, "file", port->path);
    }
}

static void add_layers(cJSON *root, const oct_run_outcome *outcome)
{
    cJSON *const list = oct_json_array(root, "layers");
    for (size_t i = 0; i < octet_network_layers(outcome->network); i++) {
        octet_layer_info info;
        cJSON *const item = oct_json_append_object(list);
        octet_network_layer(outcome->network, i, &info);
        oct_json_text(item, "name", info.name);
        oct_json_text(item, "op", info.op);
        oct_json_text(item, "variant", info.variant);
        add_positive(item, "seconds", info.seconds);
        add_positive(item, "gops", layer_gops(outcome, &info));
    }
}

static const char *check_text(const oct_run_outcome *outcome)
{
    if (!outcome->checked)
        return "not run";
    return outcome->check.different > 0 ? "different" : "equal";
}

octet_status oct_run_print_json(const oct_run_outcome *outcome)
{
    cJSON *const root = oct_json_create();
    oct_json_text(root, "model", outcome->model);
    add_ports(root, "inputs", outcome->inputs);
    add_ports(root, "outputs", outcome->outputs);
    oct_json_integer(root, "batch", (int64_t)outcome->batch);
    oct_json_integer(root, "images", (int64_t)outcome->images);
    oct_json_real(root, "seconds", outcome->seconds);
    oct_json_real(root, "images_per_second", per_second((double)outcome->images, outcome->seconds));
    oct_json_real(root, "first_run_seconds", outcome->first_run_seconds);
    oct_json_append_text(oct_json_array(root, "devices"), outcome->device.name);
    add_layers(root, outcome);
    if (outcome->labelled && outcome->labels > 0)
        oct_json_real(root, "accuracy", (double)outcome->right / (double)outcome->labels);
    else
        oct_json_null(root, "accuracy");
    oct_json_text(root, "check", check_text(outcome));
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- Text ---- */

static void print_check(const oct_run_outcome *outcome)
{
    const octet_network_check *const check = &outcome->check;
    if (!outcome->checked && outcome->device.type == OCTET_DEVICE_REFERENCE)
        oct_cli_print("check     not run: this is the reference itself\n");
    else if (!outcome->checked)
        oct_cli_print("check     not run (--check)\n");
    else if (check->different == 0)
        oct_cli_print("check     every layer equals the reference, bit for bit (%zu layers)\n",
                      octet_network_layers(outcome->network));
    else
        oct_cli_print("check     %zu of %zu layer outputs differ from the reference\n",
                      check->different, check->compared);
}

octet_status oct_run_print_text(const oct_run_outcome *outcome)
{
    oct_cli_print("model     %s, %zu layers\n", outcome->model,
                  octet_network_layers(outcome->network));
    oct_cli_print("device    %s\n", outcome->device.name);
    oct_cli_print("images    %zu", outcome->images);
    if (outcome->batch > 0 && outcome->batch < outcome->images)
        oct_cli_print(" in batches of %zu", outcome->batch);
    oct_cli_print("\n");
    if (outcome->labelled && outcome->labels > 0)
        oct_cli_print("accuracy  %.2f%% (%zu of %zu)\n",
                      100.0 * (double)outcome->right / (double)outcome->labels, outcome->right,
                      outcome->labels);
    oct_cli_print("speed     %.0f images per second (",
                  per_second((double)outcome->images, outcome->seconds));
    if (outcome->repeat > 0)
        oct_cli_print("%.4g s, the mean of %zu runs; the first took %.4g s)\n", outcome->seconds,
                      outcome->repeat, outcome->first_run_seconds);
    else
        oct_cli_print("%.4g s, a first run: --repeat times it warm)\n", outcome->seconds);
    print_check(outcome);
    return oct_cli_flush();
}
