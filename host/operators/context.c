/* context.c - contexts as the caller makes them: opened, then qualified. */
#include "operators/context.h"

octet_status oct_context_desc_or_default(const octet_context_desc *desc, octet_context_desc *out)
{
    octet_status status = OCTET_OK;
    oct_log log = {NULL, NULL};
    *out = (octet_context_desc){.struct_size = sizeof *out};
    if (desc == NULL)
        return OCTET_OK;
    log = (oct_log){desc->message, desc->message_user};
    OCT_REQUIRE(&log, desc->struct_size == sizeof *desc, OCTET_INVALID_ARGUMENT,
                "context: struct_size is %zu; set it to the description's sizeof, %zu",
                desc->struct_size, sizeof *desc);
    OCT_REQUIRE(&log, (unsigned)desc->backend <= OCTET_BACKEND_REFERENCE, OCTET_INVALID_ARGUMENT,
                "context: backend %d is not an octet_backend", (int)desc->backend);
    *out = *desc;
cleanup:
    return status;
}

octet_status octet_context_create(const octet_context_desc *desc, octet_context **out)
{
    octet_status status = OCTET_OK;
    octet_context *context = NULL;
    octet_context_desc given;
    OCT_TRY(oct_context_desc_or_default(desc, &given));
    OCT_TRY(oct_context_open(&given, &context));
    OCT_TRY(oct_qualify(context));
    oct_name_variants(context);
    *out = context;
    context = NULL;
cleanup:
    oct_context_close(context);
    return status;
}

void octet_context_destroy(octet_context *context)
{
    oct_context_close(context);
}
