/* emulator.h - AMX-INT8 for machines without it, so that tests run the instructions of the path x86_amx one
 * by one: what the CPU refuses as unknown is decoded, checked, computed and stepped over. Linked
 * into test programs only, in the place of oct_x86_grant_amx (grant.c). */
#ifndef OCT_TESTS_AMX_EMULATOR_H
#define OCT_TESTS_AMX_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

/* ---- decode.c ---- */

typedef enum oct_amx_name {
    OCT_LDTILECFG,
    OCT_STTILECFG,
    OCT_TILERELEASE,
    OCT_TILEZERO,
    OCT_TILELOADD, /* and TILELOADDT1, a hint to caches */
    OCT_TILESTORED,
    OCT_TDPB
} oct_amx_name;

/* Registers are counted as instructions do: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15. */
enum { OCT_NO_REGISTER = -1, OCT_NEXT_INSTRUCTION = 16 };

typedef struct oct_amx_instruction {
    oct_amx_name name;
    unsigned length;         /* bytes                                             */
    unsigned tile, a, b;     /* the destination, or what is stored; of OCT_TDPB   */
    bool a_signed, b_signed; /* of OCT_TDPB                                       */
    int base, index;         /* of an address; OCT_NO_REGISTER: 0                 */
    unsigned scale;          /* the index is shifted left so far                  */
    int32_t displacement;
} oct_amx_instruction;

/* oct_amx_decode - false: the bytes are no instruction of AMX-INT8. Reads no byte behind it. */
bool oct_amx_decode(const uint8_t *bytes, oct_amx_instruction *out);

/* ---- tiles.c ---- */

/* How an instruction ends: as on the CPU, or in one of its faults. */
typedef enum oct_amx_end {
    OCT_AMX_DONE,
    OCT_AMX_UNDEFINED /* #UD */,
    OCT_AMX_PROTECTED /* #GP */
} oct_amx_end;

/* oct_amx_execute - on the tiles of the thread. "address" is that of the memory operand; rows of tiles in
 * memory lie "stride" bytes apart. */
oct_amx_end oct_amx_execute(const oct_amx_instruction *what, uint64_t address, uint64_t stride);

/* ---- emulator.c ---- */

/* oct_amx_emulate - from now on, in every thread of the process. False where there is no x86-64 Linux. */
bool oct_amx_emulate(void);
#endif
