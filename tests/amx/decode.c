/* decode.c - AMX-INT8 as Intel's manual encodes it: a VEX prefix of three bytes, one of three opcodes, ModRM,
 * and for memory SIB and displacement. */
#include <stddef.h>

#include "amx/emulator.h"

enum { OPCODE_CONFIG = 0x49, OPCODE_MEMORY = 0x4b, OPCODE_DOT = 0x5e };

/* Of the prefix, with its inverted bits the right way around. */
typedef struct vex {
    unsigned r, x, b, map, w, v, l, pp;
} vex;

static bool read_vex(const uint8_t *bytes, vex *out)
{
    if (bytes[0] != 0xc4)
        return false;
    *out = (vex){.r = !(bytes[1] & 0x80),
                 .x = !(bytes[1] & 0x40),
                 .b = !(bytes[1] & 0x20),
                 .map = bytes[1] & 0x1f,
                 .w = bytes[2] >> 7,
                 .v = ~(bytes[2] >> 3) & 15u,
                 .l = bytes[2] >> 2 & 1u,
                 .pp = bytes[2] & 3u};
    return out->map == 2 && out->w == 0 && out->l == 0;
}

static int32_t read_int(const uint8_t *bytes)
{
    return (int32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[3] << 24);
}

/* The memory operand whose ModRM is at bytes[4]. */
static void read_address(const uint8_t *bytes, const vex *prefix, oct_amx_instruction *out)
{
    const unsigned mod = bytes[4] >> 6, rm = bytes[4] & 7u;
    size_t at = 5;
    out->base = (int)(rm + 8 * prefix->b);
    out->index = OCT_NO_REGISTER;
    if (rm == 4) {
        const unsigned sib = bytes[at++], index = (sib >> 3 & 7u) + 8 * prefix->x;
        out->base = (int)((sib & 7u) + 8 * prefix->b);
        out->index = index == 4 ? OCT_NO_REGISTER : (int)index;
        out->scale = sib >> 6;
        if ((sib & 7u) == 5 && mod == 0)
            out->base = OCT_NO_REGISTER;
    } else if (rm == 5 && mod == 0) {
        out->base = OCT_NEXT_INSTRUCTION;
    }
    if (mod == 1) {
        out->displacement = (int8_t)bytes[at++];
    } else if (mod == 2 || out->base == OCT_NEXT_INSTRUCTION || out->base == OCT_NO_REGISTER) {
        out->displacement = read_int(bytes + at);
        at += 4;
    }
    out->length = (unsigned)at;
}

/* LDTILECFG, STTILECFG: memory. TILERELEASE, TILEZERO: no memory. */
static bool read_config(const uint8_t *bytes, const vex *prefix, oct_amx_instruction *out)
{
    const bool memory = bytes[4] < 0xc0;
    const unsigned reg = bytes[4] >> 3 & 7u, rm = bytes[4] & 7u;
    if (prefix->v != 0 || prefix->r)
        return false;
    if (memory) {
        out->name = prefix->pp == 0 ? OCT_LDTILECFG : OCT_STTILECFG;
        read_address(bytes, prefix, out);
        return reg == 0 && prefix->pp <= 1;
    }
    out->name = prefix->pp == 0 ? OCT_TILERELEASE : OCT_TILEZERO;
    out->tile = reg;
    return rm == 0 && !prefix->x && !prefix->b &&
           (prefix->pp == 3 || (prefix->pp == 0 && reg == 0));
}

static bool read_memory(const uint8_t *bytes, const vex *prefix, oct_amx_instruction *out)
{
    if (bytes[4] >= 0xc0 || (bytes[4] & 7u) != 4 || prefix->pp == 0 || prefix->v != 0 || prefix->r)
        return false;
    out->name = prefix->pp == 2 ? OCT_TILESTORED : OCT_TILELOADD;
    out->tile = bytes[4] >> 3 & 7u;
    read_address(bytes, prefix, out);
    return true;
}

static bool read_dot(const uint8_t *bytes, const vex *prefix, oct_amx_instruction *out)
{
    if (bytes[4] < 0xc0 || prefix->r || prefix->b || prefix->v > 7)
        return false;
    out->name = OCT_TDPB;
    out->tile = bytes[4] >> 3 & 7u;
    out->a = bytes[4] & 7u;
    out->b = prefix->v;
    out->a_signed = prefix->pp >= 2; /* uu, us, su, ss */
    out->b_signed = prefix->pp % 2 == 1;
    return true;
}

bool oct_amx_decode(const uint8_t *bytes, oct_amx_instruction *out)
{
    vex prefix;
    if (!read_vex(bytes, &prefix))
        return false;
    *out = (oct_amx_instruction){.length = 5, .base = OCT_NO_REGISTER, .index = OCT_NO_REGISTER};
    switch (bytes[3]) {
    case OPCODE_CONFIG:
        return read_config(bytes, &prefix, out);
    case OPCODE_MEMORY:
        return read_memory(bytes, &prefix, out);
    case OPCODE_DOT:
        return read_dot(bytes, &prefix, out);
    default:
        return false;
    }
}
