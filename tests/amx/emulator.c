/* emulator.c - catches what the CPU takes for no instruction. */
#define _GNU_SOURCE /* REG_RIP */
#include "amx/emulator.h"

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <ucontext.h>

static _Atomic bool emulating;

/* The register of a number in instructions. */
static uint64_t read_register(const greg_t *registers, int number, uint64_t next)
{
    static const int places[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15};
    if (number == OCT_NO_REGISTER)
        return 0;
    return number == OCT_NEXT_INSTRUCTION ? next : (uint64_t)registers[places[number]];
}

static bool set_handler(int number, void (*handler)(int))
{
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    return sigaction(number, &action, NULL) == 0;
}

static void step(int number, siginfo_t *info, void *context)
{
    greg_t *const registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    oct_amx_instruction what;
    (void)info;
    if (!oct_amx_decode((const uint8_t *)registers[REG_RIP], &what)) {
        (void)set_handler(number, SIG_DFL); /* and once more, which ends the process at its place */
        return;
    }
    const uint64_t next = (uint64_t)registers[REG_RIP] + what.length;
    const uint64_t index = read_register(registers, what.index, next) << what.scale;
    const uint64_t base =
        read_register(registers, what.base, next) + (uint64_t)(int64_t)what.displacement;
    const bool rows = what.name == OCT_TILELOADD || what.name == OCT_TILESTORED;
    const oct_amx_end end = oct_amx_execute(&what, rows ? base : base + index, index);
    if (end == OCT_AMX_DONE)
        registers[REG_RIP] = (greg_t)next;
    else
        (void)set_handler(SIGILL, SIG_DFL);
    if (end == OCT_AMX_PROTECTED) {
        (void)set_handler(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
}

bool oct_amx_emulate(void)
{
    const struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};
    emulating = sigaction(SIGILL, &action, NULL) == 0;
    return emulating;
}

/* Stands between cmocka, which takes SIGILL for itself before every test, and the C library. */
__attribute__((visibility("default"))) void (*signal(int number, void (*handler)(int)))(int)
{
    if (number == SIGILL && emulating)
        return SIG_DFL;
    return set_handler(number, handler) ? SIG_DFL : SIG_ERR;
}

#else

bool oct_amx_emulate(void)
{
    return false;
}

#endif
