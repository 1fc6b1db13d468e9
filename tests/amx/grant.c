/* grant.c - stands in for oct_x86_grant_amx of host/runtime/x86_amx.c in programs linked with
 * --wrap=oct_x86_grant_amx: where Linux grants no AMX, because there is none, it is emulated. */
#include "amx/emulator.h"
#include "runtime/x86.h"

bool __real_oct_x86_grant_amx(void);
bool __wrap_oct_x86_grant_amx(void);

bool __wrap_oct_x86_grant_amx(void)
{
    return __real_oct_x86_grant_amx() || oct_amx_emulate();
}
