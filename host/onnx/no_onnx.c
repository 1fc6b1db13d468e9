/* no_onnx.c - a build without ONNX support refuses every model. */
#include "network/device.h"
#include "octet/network.h"

octet_status octet_network_load_onnx(octet_context *context, const char *path,
                                     const octet_network_options *options, octet_network **out)
{
    const oct_log log = oct_context_log(context);
    (void)options, (void)out;
    return oct_report(&log, OCTET_UNSUPPORTED,
                      "model '%s' is refused: this octet was built without ONNX", path);
}

octet_status octet_network_load_onnx_memory(octet_context *context, const void *data, size_t size,
                                            const octet_network_options *options,
                                            octet_network **out)
{
    const oct_log log = oct_context_log(context);
    (void)data, (void)size, (void)options, (void)out;
    return oct_report(&log, OCTET_UNSUPPORTED,
                      "the model in memory is refused: this octet was built without ONNX");
}
