/* context.c - contexts as the caller makes them: opened, then qualified. */
#include "operators/context.h"

#include "core/desc.h"

octet_status oct_context_desc_or_default(const octet_context_desc *desc, octet_context_desc *out)
{
    octet_status status = OCTET_OK;
    octet_context_desc copy = {.struct_size = sizeof copy};
    oct_log log = {NULL, NULL};
    if (desc != NULL && desc->struct_size >= sizeof *desc) /* else there is no hook to tell */
        log = (oct_log){desc->message, desc->message_user};
    if (desc != NULL)
        OCT_TRY(oct_desc_copy(&log, "context", desc, sizeof copy, sizeof copy, &copy));
    OCT_REQUIRE(&log, (unsigned)copy.backend <= OCTET_BACKEND_REFERENCE, OCTET_INVALID_ARGUMENT,
                "context: backend %d is not an octet_backend", (int)copy.backend);
    *out = copy;
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
    if (oct_is_switched_off(OCT_CHAIN))
        context->no_chains = "switched off: " OCT_SWITCHES;
    else
        oct_context_use_chains(context);
    OCT_TRY(oct_qualify(context));
    oct_name_variants(context);
    oct_load_winners(context);
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
