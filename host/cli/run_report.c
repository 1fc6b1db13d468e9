/* run_report.c - see run_report.h. */
#include "cli/run_report.h"

#include "cli/json.h"

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
        oct_json_shape(item, "shape", &port->shape);
        oct_json_text(item, "file", port->path);
    }
}

static void add_devices(cJSON *root, const oct_run_devices *devices)
{
    cJSON *const list = oct_json_array(root, "devices");
    for (size_t i = 0; i < devices->count; i += devices->streams)
        oct_json_append_text(list, devices->infos[i].name);
}

static void add_layers(cJSON *root, const oct_run_outcome *outcome, const octet_network *network)
{
    cJSON *const list = oct_json_array(root, "layers");
    for (size_t i = 0; i < octet_network_layers(network); i++) {
        octet_layer_info info;
        cJSON *const item = oct_json_append_object(list);
        octet_network_layer(network, i, &info);
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

octet_status oct_run_print_json(const oct_run_outcome *outcome, const oct_run_stream *stream)
{
    const oct_accuracy *const accuracy = &stream->accuracy;
    cJSON *const root = oct_json_create();
    oct_json_text(root, "model", outcome->model);
    add_ports(root, "inputs", &stream->inputs);
    add_ports(root, "outputs", &stream->outputs);
    oct_json_integer(root, "batch", (int64_t)outcome->batch);
    oct_json_integer(root, "processes", (int64_t)outcome->processes);
    oct_json_integer(root, "images", (int64_t)outcome->images);
    oct_json_real(root, "seconds", outcome->seconds);
    oct_json_real(root, "images_per_second", per_second((double)outcome->images, outcome->seconds));
    oct_json_real(root, "first_run_seconds", outcome->first_run_seconds);
    add_devices(root, stream->devices);
    oct_json_integer(root, "streams", (int64_t)stream->devices->streams);
    add_layers(root, outcome, stream->devices->networks[0]);
    if (accuracy->counted > 0)
        oct_json_real(root, "accuracy", (double)accuracy->right / (double)accuracy->counted);
    else
        oct_json_null(root, "accuracy");
    oct_json_text(root, "check", check_text(outcome));
    const octet_status status = oct_json_print(root);
    cJSON_Delete(root);
    return status;
}

/* ---- Text ---- */

static void print_check(const oct_run_outcome *outcome, const oct_run_devices *devices)
{
    const octet_network_check *const check = &outcome->check;
    if (!outcome->checked && devices->infos[0].type == OCTET_DEVICE_REFERENCE)
        oct_cli_print("check     not run: this is the reference itself\n");
    else if (!outcome->checked)
        oct_cli_print("check     not run (--check)\n");
    else if (check->different == 0)
        oct_cli_print("check     every layer equals the reference, bit for bit (%zu layers)\n",
                      octet_network_layers(devices->networks[0]));
    else
        oct_cli_print("check     %zu of %zu layer outputs differ from the reference\n",
                      check->different, check->compared);
    if (outcome->checked && check->different == 0 && check->whole > 0)
        oct_cli_print("          and all layers as one command give the same outputs\n");
}

octet_status oct_run_print_text(const oct_run_outcome *outcome, const oct_run_stream *stream)
{
    const oct_run_devices *const devices = stream->devices;
    const oct_accuracy *const accuracy = &stream->accuracy;
    oct_cli_print("model     %s, %zu layers\n", outcome->model,
                  octet_network_layers(devices->networks[0]));
    for (size_t i = 0; i < devices->count; i += devices->streams)
        oct_cli_print("device    %s\n", devices->infos[i].name);
    if (devices->streams > 1)
        oct_cli_print("streams   %zu on each device\n", devices->streams);
    if (outcome->processes > 1)
        oct_cli_print("processes %zu (the device is that of process 0)\n", outcome->processes);
    oct_cli_print("images    %zu", outcome->images);
    if (outcome->batch > 0 && outcome->batch < outcome->images)
        oct_cli_print(" in batches of %zu", outcome->batch);
    oct_cli_print("\n");
    if (accuracy->counted > 0)
        oct_cli_print("accuracy  %.2f%% (%zu of %zu)\n",
                      100.0 * (double)accuracy->right / (double)accuracy->counted, accuracy->right,
                      accuracy->counted);
    oct_cli_print("speed     %.0f images per second (",
                  per_second((double)outcome->images, outcome->seconds));
    if (outcome->repeat > 0)
        oct_cli_print("%.4g s, the mean of %zu runs)\n", outcome->seconds, outcome->repeat);
    else
        oct_cli_print("%.4g s, once; --repeat times it warm)\n", outcome->seconds);
    oct_cli_print("first run %.4g s, with opening, loading and building\n",
                  outcome->first_run_seconds);
    print_check(outcome, devices);
    return oct_cli_flush();
}
