#pragma OPENCL FP_CONTRACT OFF
/*
 * kernels.cl: every device function of octet.
 *
 * §0 Contents and notation
 *   §1 build parameters          §4 tiles             §7 packing, sums, quantize, reduce
 *   §2 device abilities          §5 GEMM              §8 elementwise and pooling
 *   §3 requantization            §6 convolution       §9 probes for tests
 *
 *   m, n, k      rows and columns of the product, products per element
 *   a, b, c      left operand (activations), right operand (weights), result
 *   word         32 bits of an operand along k: OCT_KG values, 4 bytes or 2 int16 (a pair)
 *   panel        b of one tile or block: [k word][OCT_PANEL columns]; columns beyond n are zero
 *   z_x z_w z_y  zero points of input, weights, output
 *   lo, hi       bounds of the output minus z_y
 *
 * A tile is OCT_MR rows by OCT_NR columns of c, held in OCT_MR * OCT_NV vectors of OCT_LANES sums.
 * A work-item computes its share, share_rows rows against share_panels panels, tile after tile; or,
 * where OCT_GM > 1, each of a work-group's OCT_GM * OCT_GN work-items computes one tile of a block, and
 * the share is a strip of blocks that are neighbours in time.
 */

/* Fast math rounds and divides as it likes; what is computed here must be exact to the bit. */
#ifdef __FAST_RELAXED_MATH__
#error "kernels.cl must not be built with -cl-fast-relaxed-math: it changes results"
#endif

/* §1 Build parameters ------------------------------------------------------------------------- */

/* Values of OCT_PATH: how a word of a meets a word of b. */
#define OCT_PLAIN 0            /* bytes; any device                                    */
#define OCT_EMULATED 1         /* bytes; any device; see OCT_SWAP                      */
#define OCT_EMULATED_PAIRS 2   /* pairs; any device                                    */
#define OCT_KHR 3              /* bytes; cl_khr_integer_dot_product                    */
#define OCT_X86_PMADDWD 4      /* pairs; AVX2 (8 lanes) or AVX-512BW (16 lanes)        */
#define OCT_X86_VNNI 5         /* bytes; AVX-512 VNNI (16 lanes; 8 with VL); see OCT_SWAP  */
#define OCT_ARM 6              /* bytes; cl_arm_integer_dot_product_*; see OCT_SWAP    */
#define OCT_QCOM 7             /* bytes; cl_qcom_dot_product8; see OCT_SWAP            */
#define OCT_NV_DP4A 8          /* bytes; NVIDIA, compute capability 6.1 and later      */
#define OCT_AMD_SDOT4 9        /* bytes; AMD gfx9 and gfx10 that have it; see OCT_SWAP */
#define OCT_AMD_SUDOT4 10      /* bytes; AMD gfx11 and later                           */
#define OCT_EMULATED_MMA 11    /* bytes; OCT_NV_MMA without its instructions           */
#define OCT_NV_MMA 12          /* bytes; NVIDIA tensor cores, capability 8.0 and later */
#define OCT_EMULATED_MFMA 13   /* bytes; OCT_AMD_MFMA without its instructions         */
#define OCT_AMD_MFMA 14        /* bytes; AMD matrix cores, gfx908, gfx90a, gfx94x; see OCT_FLIP */
#define OCT_EMULATED_WMMA 15   /* bytes; OCT_AMD_WMMA without its instructions         */
#define OCT_AMD_WMMA 16        /* bytes; AMD gfx11                                     */
#define OCT_EMULATED_DPAS8 17  /* bytes; OCT_INTEL_DPAS8 without its instructions  */
#define OCT_INTEL_DPAS8 18     /* bytes; Intel matrix engines, sub-groups of 8     */
#define OCT_EMULATED_DPAS16 19 /* bytes; OCT_INTEL_DPAS16 without its instructions */
#define OCT_INTEL_DPAS16 20    /* bytes; Intel matrix engines, sub-groups of 16    */
#define OCT_X86_AVXVNNI 21     /* bytes; AVX-VNNI (8 lanes); see OCT_SWAP         */
#define OCT_EMULATED_AMX 22    /* bytes; OCT_X86_AMX without its instructions      */
#define OCT_X86_AMX 23         /* bytes; AMX-INT8 and AVX-512 VNNI                 */

#ifndef OCT_PATH
#define OCT_PATH OCT_PLAIN
#endif
#ifndef OCT_MR
#define OCT_MR (OCT_AMX ? 32 : 4) /* rows of a tile, 1..16; of AMX 32 */
#endif
#ifndef OCT_NV
#define OCT_NV 2 /* vectors per row of a tile, 1..8 */
#endif
#ifndef OCT_KU
#define OCT_KU 2 /* words per turn of the loop over k */
#endif
#ifndef OCT_AHEAD
#define OCT_AHEAD 8 /* words between the one in use and the one prefetched */
#endif
#ifndef OCT_LANES
#define OCT_LANES 4 /* sums per vector: 2, 4, 8 or 16 */
#endif
#ifndef OCT_GM
#define OCT_GM 1 /* tiles of a work-group: down ... */
#endif
#ifndef OCT_GN
#define OCT_GN 1 /* ... and across; 1 by 1: a work-group is one work-item */
#endif
#ifndef OCT_GK
#define OCT_GK 16 /* words of k that a work-group holds of its operands at a time; 0: depthwise */
#endif
#ifndef OCT_A_SIGNED
#define OCT_A_SIGNED 0 /* bytes of a (x of depthwise) are s8, else u8 */
#endif
#ifndef OCT_CORRECT
#define OCT_CORRECT 0 /* zero points that are not in the offset: 1 weights', 2 rows', 3 both */
#endif
#ifndef OCT_STORE
#define OCT_STORE 2 /* 0 s32, 1 f32, bytes by 2 float rule, 3 fixed double, 4 fixed single */
#endif
#ifndef OCT_ROW_SCALE
#define OCT_ROW_SCALE 0 /* f32 store: scale is row_scale[row] * multiplier[column] */
#endif
#ifndef OCT_SUM
#define OCT_SUM 0 /* bytes by the float rule are added to others: 1 as the left operand, 2 right */
#endif
#ifndef OCT_SUM_SIGNED
#define OCT_SUM_SIGNED 0 /* those others are s8, else u8 */
#endif
#ifndef OCT_TABLE
#define OCT_TABLE 0 /* bytes become entries of a table: 1 one by one, 2 by AVX2, 3 by AVX512-VBMI */
#endif
#ifndef OCT_PADDING
#define OCT_PADDING 1 /* convolution: taps may lie outside the image */
#endif
#ifndef OCT_WINDOW_STEP
#define OCT_WINDOW_STEP 0 /* convolution: bytes between neighbours' windows; 0: not known */
#endif
#ifndef OCT_KH
#define OCT_KH 3 /* depthwise: height and width of the kernel ... */
#endif
#ifndef OCT_KW
#define OCT_KW 3
#endif
#ifndef OCT_SW
#define OCT_SW 1 /* ... stride ... */
#endif
#ifndef OCT_DW
#define OCT_DW 1 /* ... and dilation along the width */
#endif
#ifndef OCT_ADD
#define OCT_ADD 0 /* 0 dequantize, 1 float32, 2 fixed double, 3 fixed single */
#endif
#ifndef OCT_CHAINS
#define OCT_CHAINS 0 /* kernels can be steps of a chain: the end of §2 */
#endif

#define OCT_PAIRS (OCT_PATH == OCT_EMULATED_PAIRS || OCT_PATH == OCT_X86_PMADDWD)
#define OCT_KG (OCT_PAIRS ? 2 : 4)
#define OCT_NR (OCT_NV * OCT_LANES)
#define OCT_PANEL (OCT_GN * OCT_NR)
#define OCT_ITEMS (OCT_GM * OCT_GN)
#define OCT_STEPPED (OCT_CHAINS && OCT_ITEMS == 1) /* work-groups of several share local memory */
#define OCT_BLOCKS (OCT_GM > 1 && OCT_GK > 0)
#define OCT_MFMA (OCT_PATH == OCT_AMD_MFMA || OCT_PATH == OCT_EMULATED_MFMA)
#define OCT_WMMA (OCT_PATH == OCT_AMD_WMMA || OCT_PATH == OCT_EMULATED_WMMA)
#define OCT_DPAS8 (OCT_PATH == OCT_INTEL_DPAS8 || OCT_PATH == OCT_EMULATED_DPAS8)
#define OCT_DPAS16 (OCT_PATH == OCT_INTEL_DPAS16 || OCT_PATH == OCT_EMULATED_DPAS16)
#define OCT_DPAS (OCT_DPAS8 || OCT_DPAS16)
#define OCT_INTEL (OCT_PATH == OCT_INTEL_DPAS8 || OCT_PATH == OCT_INTEL_DPAS16)
#define OCT_MMA                                                                                    \
    (OCT_PATH == OCT_NV_MMA || OCT_PATH == OCT_EMULATED_MMA || OCT_MFMA || OCT_WMMA || OCT_DPAS)
#define OCT_EMULATED_WARPS                                                                         \
    (OCT_PATH == OCT_EMULATED_MMA || OCT_PATH == OCT_EMULATED_MFMA ||                              \
     OCT_PATH == OCT_EMULATED_WMMA || OCT_DPAS && !OCT_INTEL)
#define OCT_AMX (OCT_PATH == OCT_X86_AMX || OCT_PATH == OCT_EMULATED_AMX)
#define OCT_FLIP (OCT_MFMA && !OCT_A_SIGNED) /* only s8 times s8: blocks take bytes of a - 128 */
#define OCT_SCALE_BYTES (OCT_STORE < 3 ? 4 : 8)
#define OCT_X86_BYTES (OCT_PATH == OCT_X86_VNNI || OCT_PATH == OCT_X86_AVXVNNI)
#define OCT_X86 (OCT_PATH == OCT_X86_PMADDWD || OCT_X86_BYTES || OCT_PATH == OCT_X86_AMX)
#define OCT_UNLIKE (OCT_X86_BYTES || OCT_PATH == OCT_EMULATED || OCT_PATH == OCT_QCOM)
#define OCT_LIKE (OCT_PATH == OCT_ARM || OCT_PATH == OCT_AMD_SDOT4)
#if OCT_UNLIKE && OCT_A_SIGNED || OCT_LIKE && !OCT_A_SIGNED
#define OCT_SWAP 1 /* only u8 times s8, or only like signs: b is u8, its bytes are w + 128 */
#else
#define OCT_SWAP 0
#endif
#define OCT_SUMS (OCT_SWAP || OCT_CORRECT & 1) /* the kernel sums the rows of a */
/* Rows that end at once, so that narrow ones have four vectors together. Depthwise ones end one by one. */
#if OCT_X86 && OCT_LANES >= 8 && OCT_STORE >= 2 && OCT_NV <= 2 && OCT_MR % (4 / OCT_NV) == 0 &&    \
    !OCT_BUILD_DEPTHWISE
#define OCT_TOGETHER (4 / OCT_NV)
#else
#define OCT_TOGETHER 1
#endif
/* Whether four vectors become bytes at once, and whether depthwise words come in their order. */
#define OCT_NARROW                                                                                 \
    (OCT_X86 && OCT_LANES >= 8 && OCT_STORE >= 2 &&                                                \
     (OCT_NV % 4 == 0 || OCT_TOGETHER > 1 || OCT_NV == 3 && OCT_LANES == 16))
#define OCT_STACKED (OCT_NARROW && OCT_X86_BYTES && OCT_NV == 4 && OCT_STORE == 2)

/* Whether tiles at the right edge are loaded and stored at once, their other bytes masked. */
#define OCT_MASKED (OCT_X86 && OCT_LANES == 16 && OCT_NV <= 4 && OCT_STORE >= 2)

#if OCT_PATH < OCT_PLAIN || OCT_PATH > OCT_X86_AMX
#error "OCT_PATH: no such path"
#endif
#if OCT_AMX ? OCT_MR != 32 : OCT_MR < 1 || OCT_MR > 16
#error "OCT_MR must be 1..16, of AMX 32"
#endif
#if OCT_NV < 1 || OCT_NV > 8
#error "OCT_NV must be 1..8"
#endif
#if OCT_LANES != 2 && OCT_LANES != 4 && OCT_LANES != 8 && OCT_LANES != 16
#error "OCT_LANES must be 2, 4, 8 or 16"
#endif
#if OCT_GK < 0 || OCT_GK % 4 != 0
#error "OCT_GK must be 0 or a multiple of 4"
#endif
#if OCT_BLOCKS && (OCT_LANES != (OCT_DPAS ? 8 : 4) || OCT_PAIRS || OCT_ITEMS % (OCT_GK / 4) != 0)
#error "work-groups need 4 lanes, dpas 8; bytes; and a quarter of OCT_GK to divide their work-items"
#endif
#if OCT_CORRECT < 0 || OCT_CORRECT > 3
#error "OCT_CORRECT must be 0..3"
#endif
#if OCT_STORE < 0 || OCT_STORE > 4
#error "OCT_STORE must be 0..4"
#endif
#if OCT_ADD < 0 || OCT_ADD > 3
#error "OCT_ADD must be 0..3"
#endif
#if OCT_SUM < 0 || OCT_SUM > 2 || (OCT_SUM && OCT_STORE != 2)
#error "OCT_SUM must be 0..2, and needs OCT_STORE 2"
#endif
#if OCT_TABLE < 0 || OCT_TABLE > 3 || (OCT_TABLE && OCT_STORE < 2)
#error "OCT_TABLE must be 0..3, and needs bytes"
#endif
#if OCT_PATH == OCT_X86_PMADDWD && OCT_LANES != 8 && OCT_LANES != 16
#error "OCT_X86_PMADDWD needs 8 or 16 lanes"
#endif
#if OCT_PATH == OCT_X86_VNNI && OCT_LANES != 8 && OCT_LANES != 16
#error "OCT_X86_VNNI needs 8 or 16 lanes"
#endif
#if OCT_PATH == OCT_X86_AVXVNNI && OCT_LANES != 8
#error "OCT_X86_AVXVNNI needs 8 lanes"
#endif
#if OCT_AMX && (OCT_LANES != 16 || OCT_NV % 2 != 0 || OCT_ITEMS > 1)
#error "AMX needs 16 lanes, an even OCT_NV and work-groups of one"
#endif
#if (OCT_LIKE || OCT_AMX) && OCT_BUILD_DEPTHWISE
#error "depthwise words have no form for paths of like signs, nor for AMX"
#endif
#if OCT_CORRECT && OCT_PAIRS
#error "pairs have their zero points subtracted: OCT_CORRECT must be 0"
#endif

/* Which kernels to compile: OCT_BUILD_<NAME>, and OCT_BUILD_OTHER for those of §7 to §9. */
#if !(OCT_BUILD_GEMM || OCT_BUILD_CONV2D || OCT_BUILD_DEPTHWISE || OCT_BUILD_OTHER)
#define OCT_BUILD_ALL 1
#endif

#define OCT_JOIN_(a, b) a##b
#define OCT_JOIN(a, b) OCT_JOIN_(a, b)
#define OCT_VECTOR(type) OCT_JOIN(type, OCT_LANES)
#if OCT_LANES == 2
#define OCT_HALF
#elif OCT_LANES == 4
#define OCT_HALF 2
#elif OCT_LANES == 8
#define OCT_HALF 4
#else
#define OCT_HALF 8
#endif
#define oct_ints OCT_VECTOR(int)
#define oct_uints OCT_VECTOR(uint)
#define oct_floats OCT_VECTOR(float)
#define oct_longs OCT_JOIN(long, OCT_HALF)
#define oct_as_ints OCT_JOIN(as_, oct_ints)
#define oct_as_uints OCT_JOIN(as_, oct_uints)
#define oct_as_longs OCT_JOIN(as_, oct_longs)
#define oct_load OCT_JOIN(vload, OCT_LANES)

/* Tiles stay in registers only if every function they pass through is inlined. */
#define OCT_INLINE static inline __attribute__((always_inline))

/* Keeps compilers of CPUs from joining work-items that compute in vectors already: Intel's crashed
 * over those of a work-group. */
#if OCT_INTEL
#define OCT_HINT vec_type_hint(oct_uints), intel_reqd_sub_group_size(OCT_DPAS8 ? 8 : 16)
#else
#define OCT_HINT vec_type_hint(oct_uints)
#endif

/* A loop whose trip count is a parameter; unrolled, so that arrays it indexes become registers. */
#define FOR_TILE(i, count) _Pragma("unroll") for (int i = 0; i < (count); ++i)

/* §2 Device abilities ------------------------------------------------------------------------- */

/* Sums wrap: parts of a sum that fits may not. */
OCT_INLINE oct_ints oct_add(oct_ints a, oct_ints b)
{
    return oct_as_ints(oct_as_uints(a) + oct_as_uints(b));
}

/* Of each pair of lanes, the 64-bit product of its first ones. */
OCT_INLINE oct_longs even_products(oct_longs a, oct_longs b)
{
#if OCT_X86 /* compilers see that both are sign-extended ints only where they were extended nearby */
    oct_longs product;
    __asm__("vpmuldq %2, %1, %0" : "=v"(product) : "v"(a), "v"(b));
    return product;
#else
    return (a << 32 >> 32) * (b << 32 >> 32);
#endif
}

/* oct_dot: acc[lane] + the dot product of word a with word b[lane], exact. */

#if OCT_PATH == OCT_PLAIN

OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    FOR_TILE (i, 4) {
        const oct_uints byte = a << (uint)(24 - 8 * i);
        const oct_ints x = OCT_A_SIGNED ? oct_as_ints(byte) >> 24 : oct_as_ints(byte >> 24);
        acc = oct_add(acc, x * (oct_as_ints(b << (uint)(24 - 8 * i)) >> 24));
    }
    return acc;
}

#elif OCT_PATH == OCT_EMULATED_PAIRS

OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    const oct_ints low = (oct_as_ints(a << 16) >> 16) * (oct_as_ints(b << 16) >> 16);
    const oct_ints high = (oct_as_ints(a) >> 16) * (oct_as_ints(b) >> 16);
    return oct_add(acc, low + high);
}

#elif OCT_PATH == OCT_X86_PMADDWD

/* A builtin, not inline assembly: the compiler schedules it, and the device's own target has it. */
typedef short oct_pairs __attribute__((vector_size(4 * OCT_LANES)));

OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    const oct_pairs pairs_a = __builtin_astype(a, oct_pairs);
    const oct_pairs pairs_b = __builtin_astype(b, oct_pairs);
#if OCT_LANES == 16
    return oct_add(acc, __builtin_astype(__builtin_ia32_pmaddwd512(pairs_a, pairs_b), oct_ints));
#else
    return oct_add(acc, __builtin_astype(__builtin_ia32_pmaddwd256(pairs_a, pairs_b), oct_ints));
#endif
}

#elif OCT_PATH == OCT_X86_VNNI

/* Inline assembly, not a builtin: compilers whose target lacks VNNI abort on the builtin. */
OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    return acc;
}

#elif OCT_PATH == OCT_X86_AVXVNNI

/* Assemblers take the encoding of AVX-512 unless told, whose registers are twice as many. */
OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
    return acc;
}

#else /* a lane at a time: dot4(acc, a, b) = acc + the dot product of two words, modulo 2^32 */

#if OCT_PATH == OCT_EMULATED

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    const int4 p = convert_int4(as_uchar4(a)) * convert_int4(as_char4(b));
    return acc + p.x + p.y + p.z + p.w;
}

#elif OCT_PATH == OCT_KHR

#pragma OPENCL EXTENSION cl_khr_integer_dot_product : enable

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return acc + (OCT_A_SIGNED ? dot_4x8packed_ss_int(a, b) : dot_4x8packed_us_int(a, b));
}

#elif OCT_PATH == OCT_ARM

#pragma OPENCL EXTENSION cl_arm_integer_dot_product_int8 : enable
#ifdef cl_arm_integer_dot_product_accumulate_int8
#pragma OPENCL EXTENSION cl_arm_integer_dot_product_accumulate_int8 : enable
#define arm_dot_onto(acc, a, b) arm_dot_acc(a, b, acc)
#else
#define arm_dot_onto(acc, a, b) ((acc) + arm_dot(a, b))
#endif

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return OCT_A_SIGNED ? (uint)arm_dot_onto(acc, as_char4(a), as_char4(b))
                        : arm_dot_onto(acc, as_uchar4(a), as_uchar4(b));
}

#elif OCT_PATH == OCT_QCOM

#pragma OPENCL EXTENSION cl_qcom_dot_product8 : enable

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return qcom_dot8_acc(b, a, (int)acc); /* signed bytes times unsigned ones */
}

#elif OCT_PATH == OCT_EMULATED_MMA || OCT_PATH == OCT_EMULATED_MFMA ||                             \
    OCT_PATH == OCT_EMULATED_WMMA || OCT_PATH == OCT_EMULATED_DPAS8 ||                             \
    OCT_PATH == OCT_EMULATED_DPAS16 || OCT_PATH == OCT_AMD_MFMA || OCT_PATH == OCT_INTEL_DPAS8 ||  \
    OCT_PATH == OCT_INTEL_DPAS16 || OCT_PATH == OCT_EMULATED_AMX || OCT_PATH == OCT_X86_AMX

OCT_INLINE uint dot_bytes(uint acc, uint a, uint b, bool a_signed)
{
    const int4 x = a_signed ? convert_int4(as_char4(a)) : convert_int4(as_uchar4(a));
    const int4 p = x * convert_int4(as_char4(b));
    return acc + p.x + p.y + p.z + p.w;
}

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return dot_bytes(acc, a, b, OCT_A_SIGNED);
}

#elif OCT_PATH == OCT_NV_DP4A || OCT_PATH == OCT_NV_MMA

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
#if OCT_A_SIGNED
    __asm__("dp4a.s32.s32 %0, %1, %2, %0;" : "+r"(acc) : "r"(a), "r"(b));
#else
    __asm__("dp4a.u32.s32 %0, %1, %2, %0;" : "+r"(acc) : "r"(a), "r"(b));
#endif
    return acc;
}

#elif OCT_PATH == OCT_AMD_SDOT4

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return OCT_A_SIGNED ? (uint)__builtin_amdgcn_sdot4(a, b, acc, false)
                        : __builtin_amdgcn_udot4(a, b, acc, false);
}

#elif OCT_PATH == OCT_AMD_SUDOT4 || OCT_PATH == OCT_AMD_WMMA

OCT_INLINE uint dot4(uint acc, uint a, uint b)
{
    return __builtin_amdgcn_sudot4(OCT_A_SIGNED, a, true, b, acc, false);
}

#endif

OCT_INLINE oct_ints oct_dot(oct_ints acc, oct_uints a, oct_uints b)
{
    uint *sum = (uint *)&acc;
    const uint *word_a = (const uint *)&a, *word_b = (const uint *)&b;
    FOR_TILE (i, OCT_LANES)
        sum[i] = dot4(sum[i], word_a[i], word_b[i]);
    return acc;
}

#endif

#if OCT_MMA && OCT_BLOCKS

/*
 * A warp is OCT_WARP work-items that compute side by side. It multiplies fragments: OCT_STEP words of
 * k of tiles of OCT_MMA_ROWS rows, 16 if not said, and OCT_SPAN columns. Work-items lie OCT_DOWN by
 * OCT_ACROSS, at (g, t):
 *                        NVIDIA mma.m16n8k32   AMD mfma 16x16x16, x32    AMD wmma 16x16x16
 *   work-item            4 g + t               16 t + g                  16 t + g
 *   words of k it has    t and t + 4           t;  2 t and 2 t + 1       all 4, whatever t
 *   of rows              g and g + 8           g                         g
 *   of column            g                     g                         g
 *   sums of those rows,  2 t + e, e < 2        4 t + e, e < 4            2 e + t, e < 8
 *   of columns
 *                        Intel dpas 8x8, sub-groups of 8 (16), tiles of as many rows
 *   work-item            g; t = 0
 *   words of k it has    all 8 of row g; of each column word g (half g % 2 of word g / 2)
 *   sums of row g,       e, e < 8
 *   of columns
 * AMD's and Intel's are given columns for rows and rows for columns, so that a work-item has sums of
 * neighbouring columns. Column 2 t + e etc. of tile j is column (t * OCT_EACH + e) * OCT_MMA_TILES + j
 * of the warp; so a work-item's sums, acc[r][e * OCT_MMA_TILES + j], are neighbours in a row of c. Of
 * dpas, column e of tile j is column 8 j + e.
 */
#define OCT_DOWN (OCT_MFMA || OCT_WMMA || OCT_DPAS16 ? 16 : 8)
#define OCT_ACROSS (OCT_DPAS ? 1 : OCT_WMMA ? 2 : 4)
#define OCT_WARP (OCT_DOWN * OCT_ACROSS)
#define OCT_MMA_ROWS (OCT_DPAS ? OCT_WARP : 16)
#define OCT_LANE_ROWS (OCT_MMA_ROWS / OCT_DOWN)                /* of a tile's rows, a work-item's */
#define OCT_EACH (OCT_WMMA || OCT_DPAS ? 8 : OCT_MFMA ? 4 : 2) /* of its columns                  */
#define OCT_SPAN (OCT_EACH * OCT_ACROSS)
#define OCT_MMA_TILES (OCT_NR / OCT_EACH) /* of a warp across                   */
#if OCT_MFMA && (defined(__gfx908__) || defined(__gfx90a__) || OCT_PATH == OCT_EMULATED_MFMA)
#define OCT_LANE_WORDS 1 /* words of a row or column that a work-item has in a step */
#elif OCT_WMMA
#define OCT_LANE_WORDS 4
#else
#define OCT_LANE_WORDS 2
#endif
#define OCT_STEPS (OCT_DPAS ? 2 : OCT_WMMA ? 4 : 4 / OCT_LANE_WORDS) /* of a slice */
#define OCT_STEP (16 / OCT_STEPS)

#if OCT_GM % OCT_DOWN || OCT_GN % OCT_ACROSS || OCT_GK != 16 || OCT_MR % OCT_LANE_ROWS ||          \
    (OCT_DPAS ? OCT_PANEL % 64 : OCT_MMA_TILES % 4)
#error                                                                                             \
    "warps need OCT_GM by OCT_DOWN, OCT_GN by OCT_ACROSS, OCT_GK 16, four tiles; dpas panels of 64"
#endif

#if OCT_DPAS16
typedef ushort8 oct_columns;
#else
typedef uint8 oct_columns;
#endif

/* What a work-item has of a step. */
typedef struct {
#if OCT_DPAS
    uint8 a[OCT_MR];
    oct_columns b[OCT_MMA_TILES];
#else
    uint a[OCT_MR][OCT_LANE_WORDS], b[OCT_MMA_TILES][OCT_LANE_WORDS];
#endif
} oct_fragments;

/* The number of a work-item of the group, so that warps are those of the device. */
OCT_INLINE int warp_item(void)
{
#if OCT_INTEL
    return get_sub_group_id() * OCT_WARP + get_sub_group_local_id();
#else
    return get_local_id(0);
#endif
}

/* g and t of a work-item. */
OCT_INLINE int2 warp_lane(int item)
{
    const int lane = item % OCT_WARP;
    return OCT_DPAS         ? (int2)(lane, 0)
           : OCT_DOWN == 16 ? (int2)(lane % 16, lane / 16)
                            : (int2)(lane / 4, lane % 4);
}

/* Column g of tiles, by its place among the sums: t * OCT_EACH + e. */
OCT_INLINE int warp_column(int g)
{
    return OCT_WMMA ? g % 2 * 8 + g / 2 : g;
}

/* warp_multiply: acc += the products of the warp's OCT_STEP words of k. */
#if OCT_PATH == OCT_NV_MMA

#if OCT_A_SIGNED
#define OCT_MMA_TEXT "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
#else
#define OCT_MMA_TEXT "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 "
#endif

OCT_INLINE void warp_multiply(oct_ints acc[OCT_MR][OCT_NV], const oct_fragments *f,
                              local oct_fragments *all, int item)
{
    (void)all, (void)item;
    FOR_TILE (j, OCT_MMA_TILES) {
        FOR_TILE (i, OCT_MR / 2) {
            int *low = (int *)acc[2 * i] + j, *high = (int *)acc[2 * i + 1] + j;
            __asm__ volatile(OCT_MMA_TEXT "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                                          "{%0, %1, %2, %3};"
                             : "+r"(low[0]), "+r"(low[OCT_MMA_TILES]), "+r"(high[0]),
                               "+r"(high[OCT_MMA_TILES])
                             : "r"(f->a[2 * i][0]), "r"(f->a[2 * i + 1][0]), "r"(f->a[2 * i][1]),
                               "r"(f->a[2 * i + 1][1]), "r"(f->b[j][0]), "r"(f->b[j][1]));
        }
    }
}

#elif OCT_PATH == OCT_AMD_MFMA || OCT_PATH == OCT_AMD_WMMA

#if defined(__AMDGCN_WAVEFRONT_SIZE) && __AMDGCN_WAVEFRONT_SIZE != OCT_WARP
#error "this path needs wavefronts of OCT_WARP work-items"
#endif

#if OCT_WMMA
typedef int8 oct_tile_sums;
#else
typedef int4 oct_tile_sums;
#endif

/* sums + the products of a tile: words b of its columns, a of its rows. */
OCT_INLINE oct_tile_sums amd_multiply(oct_tile_sums sums, const uint *b, const uint *a)
{
#if OCT_WMMA
    return __builtin_amdgcn_wmma_i32_16x16x16_iu8_w32(true, (int4)(b[0], b[1], b[2], b[3]),
                                                      OCT_A_SIGNED, (int4)(a[0], a[1], a[2], a[3]),
                                                      sums, false);
#elif OCT_LANE_WORDS == 1
    return __builtin_amdgcn_mfma_i32_16x16x16i8((int)b[0], (int)a[0], sums, 0, 0, 0);
#else
    return __builtin_amdgcn_mfma_i32_16x16x32_i8(as_long((uint2)(b[0], b[1])),
                                                 as_long((uint2)(a[0], a[1])), sums, 0, 0, 0);
#endif
}

OCT_INLINE void warp_multiply(oct_ints acc[OCT_MR][OCT_NV], const oct_fragments *f,
                              local oct_fragments *all, int item)
{
    (void)all, (void)item;
    FOR_TILE (j, OCT_MMA_TILES) {
        FOR_TILE (r, OCT_MR) {
            int *at = (int *)acc[r] + j;
            oct_tile_sums sums;
            FOR_TILE (e, OCT_EACH)
                sums[e] = at[e * OCT_MMA_TILES];
            sums = amd_multiply(sums, f->b[j], f->a[r]);
            FOR_TILE (e, OCT_EACH)
                at[e * OCT_MMA_TILES] = sums[e];
        }
    }
}

#elif OCT_INTEL

#if OCT_DPAS8
#define oct_signed_columns as_int8
#else
#define oct_signed_columns as_short8
#endif

/* sums + the products of a tile: a word, or half of one, of each of its columns, a step of its row. */
OCT_INLINE int8 intel_multiply(int8 sums, oct_columns columns, uint8 row)
{
#if OCT_A_SIGNED
    return intel_sub_group_i8_i8_matrix_mad_k32(oct_signed_columns(columns), as_int8(row), sums);
#else
    return intel_sub_group_i8_u8_matrix_mad_k32(oct_signed_columns(columns), row, sums);
#endif
}

OCT_INLINE void warp_multiply(oct_ints acc[OCT_MR][OCT_NV], const oct_fragments *f,
                              local oct_fragments *all, int item)
{
    (void)all, (void)item;
    FOR_TILE (j, OCT_MMA_TILES)
        FOR_TILE (r, OCT_MR)
            acc[r][j] = intel_multiply(acc[r][j], f->b[j], f->a[r]);
}

#else

/* Word k of a step of the work-item's row r, and of its column i, from the fragments of its warp. */
#if OCT_DPAS

OCT_INLINE uint fragment_a(local const oct_fragments *of, int2 lane, int r, int k)
{
    return ((local const uint *)&of[lane.x].a[r])[k];
}

OCT_INLINE uint fragment_b(local const oct_fragments *of, int2 lane, int i, int k)
{
    (void)lane;
#if OCT_DPAS8
    return ((local const uint *)of[k].b)[i];
#else
    return ((local const ushort *)of[2 * k].b)[i] | (uint)((local const ushort *)of[2 * k + 1].b)[i]
                                                        << 16;
#endif
}

#else

/* The work-item of a warp that has word k of a step of rows or columns g, and the word's place there.
 * Of wmma two have each: both are asked. */
OCT_INLINE int fragment_lane(int g, int k)
{
    return OCT_WMMA ? k % 2 * 16 + g : OCT_MFMA ? k / OCT_LANE_WORDS * 16 + g : 4 * g + k % 4;
}

OCT_INLINE int fragment_word(int k)
{
    return OCT_WMMA ? k : OCT_MFMA ? k % OCT_LANE_WORDS : k / 4;
}

OCT_INLINE uint fragment_a(local const oct_fragments *of, int2 lane, int r, int k)
{
    return of[fragment_lane(lane.x, k)].a[r][fragment_word(k)];
}

OCT_INLINE uint fragment_b(local const oct_fragments *of, int2 lane, int i, int k)
{
    const int e = i / OCT_MMA_TILES, j = i % OCT_MMA_TILES;
    const int column = OCT_WMMA ? 2 * e + lane.y : OCT_EACH * lane.y + e;
    return of[fragment_lane(column, k)].b[j][fragment_word(k)];
}

#endif

/* The same through the fragments of all work-items of the group, in local memory. */
OCT_INLINE void warp_multiply(oct_ints acc[OCT_MR][OCT_NV], const oct_fragments *f,
                              local oct_fragments *all, int item)
{
    local oct_fragments *of = all + item / OCT_WARP * OCT_WARP;
    const int2 lane = warp_lane(item);
    all[item] = *f;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int r = 0; r < OCT_MR; ++r) {
        for (int i = 0; i < OCT_NR; ++i) {
            uint *sum = (uint *)acc[r] + i;
            for (int k = 0; k < OCT_STEP; ++k)
                *sum = dot_bytes(*sum, fragment_a(of, lane, r, k), fragment_b(of, lane, i, k),
                                 OCT_A_SIGNED || OCT_FLIP);
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
}

#endif
#endif

#if OCT_AMX

/*
 * Tiles of AMX, registers of up to 16 rows of 16 words: 0 to 3 hold sums of 16 rows and columns, 4 and 5
 * rows of a, 6 and 7 words of columns of b. amx_begin makes them so, for products of `words` words of
 * k; amx_end gives them back, or every switch of threads would save them.
 *   amx_clear(t); amx_load(t, from, stride); amx_store(t, to, stride): rows lie `stride` words apart
 *   amx_multiply(c, a, b): the sums c += rows a times columns b
 * t, a, b and c are digits, for they are written into instructions. Compilers know no tiles: what they
 * must not move or drop is volatile, and may read and write all memory.
 */
#if OCT_PATH == OCT_X86_AMX

/* What ldtilecfg reads: of each tile the bytes of a row, and the rows. */
typedef struct __attribute__((aligned(64))) {
    uchar palette, start_row, zeros[14];
    ushort row_bytes[16];
    uchar rows[16];
} oct_amx;

OCT_INLINE void amx_begin(oct_amx *amx, int words)
{
    const oct_amx shapes = {
        .palette = 1,
        .row_bytes = {64, 64, 64, 64, 4 * words, 4 * words, 64, 64},
        .rows = {16, 16, 16, 16, 16, 16, words, words},
    };
    *amx = shapes;
    __asm__ volatile("ldtilecfg %0" : : "m"(*amx) : "memory");
}

OCT_INLINE void amx_end(void)
{
    __asm__ volatile("tilerelease" : : : "memory");
}

#define amx_clear(t) __asm__ volatile("tilezero %%tmm" #t : : : "memory")
#define amx_load(t, from, stride)                                                                  \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t                                               \
                     :                                                                             \
                     : "r"(from), "r"((ulong)(4 * (stride)))                                       \
                     : "memory")
#define amx_store(t, to, stride)                                                                   \
    __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)"                                           \
                     :                                                                             \
                     : "r"(to), "r"((ulong)(4 * (stride)))                                         \
                     : "memory")
#if OCT_A_SIGNED
#define amx_multiply(c, a, b)                                                                      \
    __asm__ volatile("tdpbssd %%tmm" #b ", %%tmm" #a ", %%tmm" #c : : : "memory")
#else
#define amx_multiply(c, a, b)                                                                      \
    __asm__ volatile("tdpbusd %%tmm" #b ", %%tmm" #a ", %%tmm" #c : : : "memory")
#endif

/* sums + the values of the words; every CPU with AMX has VNNI. */
OCT_INLINE oct_ints amx_sum(oct_ints sums, oct_uints words)
{
    const oct_uints ones = 0x01010101;
    __asm__("vpdpbusd %2, %1, %0"
            : "+v"(sums)
            : "v"(OCT_A_SIGNED ? ones : words), "v"(OCT_A_SIGNED ? words : ones));
    return sums;
}

#else

typedef struct {
    int words;
    uint tile[8][16][16];
} oct_amx;

OCT_INLINE void amx_begin(oct_amx *amx, int words)
{
    amx->words = words;
}

OCT_INLINE void amx_end(void)
{
}

#define AMX_WORDS(t)                                                                               \
    for (int y = 0; y < ((t) < 6 ? 16 : amx->words); ++y)                                          \
        for (int x = 0; x < ((t) == 4 || (t) == 5 ? amx->words : 16); ++x)
#define amx_clear(t) AMX_WORDS(t) amx->tile[t][y][x] = 0
#define amx_load(t, from, stride) AMX_WORDS(t) amx->tile[t][y][x] = (from)[y * (stride) + x]
#define amx_store(t, to, stride) AMX_WORDS(t)(to)[y * (stride) + x] = amx->tile[t][y][x]
#define amx_multiply(c, a, b) amx_products(amx->tile[c], amx->tile[a], amx->tile[b], amx->words)

OCT_INLINE void amx_products(uint c[16][16], uint a[16][16], uint b[16][16], int words)
{
    for (int y = 0; y < 16; ++y)
        for (int k = 0; k < words; ++k)
            for (int x = 0; x < 16; ++x)
                c[y][x] = dot_bytes(c[y][x], a[y][k], b[k][x], OCT_A_SIGNED);
}

OCT_INLINE oct_ints amx_sum(oct_ints sums, oct_uints words)
{
    return oct_dot(sums, words, 0x01010101);
}

#endif
#endif

/* nearest_int: to the nearest integer, ties to even. */
OCT_INLINE int nearest_int(float v)
{
    return convert_int_rte(v);
}

OCT_INLINE oct_ints OCT_JOIN(nearest_int, OCT_LANES)(oct_floats v)
{
#if OCT_X86
    /* One instruction; compilers spend ten on the generic form. */
    oct_ints i;
    __asm__("vcvtps2dq %1, %0" : "=v"(i) : "v"(v));
    return i;
#else
    return OCT_JOIN(OCT_JOIN(convert_, oct_ints), _rte)(v);
#endif
}

/* Brings the cache line at p near; where the device does so by itself, nothing. */
#if OCT_X86
#define oct_prefetch(p) __builtin_prefetch((const void *)(size_t)(p))
#else
#define oct_prefetch(p)
#endif

#if OCT_NARROW
/*
 * Bytes max(r + z_y, low) of 4 vectors of integers r <= 255, in the order that x86_stack makes.
 * z_y and low are those of u8; where the bytes are s8, both are 128 above theirs and flip is
 * 0x80808080.
 */
OCT_INLINE oct_ints x86_narrow(oct_ints r0, oct_ints r1, oct_ints r2, oct_ints r3, int z_y, int low,
                               int flip)
{
    __asm__("vpackssdw %2, %0, %0\n\tvpackssdw %3, %1, %1\n\t"
            "vpaddsw %4, %0, %0\n\tvpaddsw %4, %1, %1\n\t"
            "vpackuswb %1, %0, %0\n\tvpmaxub %5, %0, %0"
            : "+&v"(r0), "+&v"(r2)
            : "v"(r1), "v"(r3), "v"((oct_ints)((z_y & 0xffff) * 0x10001)),
              "v"((oct_uints)((uint)low * 0x1010101)));
    return r0 ^ flip;
}

/* From the order of 4 vectors one after the other to that of x86_stack, and back. */
#if OCT_LANES == 16
#define x86_unstacked(v) ((v).s048c159d26ae37bf)
#else
#define x86_unstacked(v) ((v).s04152637)
#endif
#endif

#if OCT_STACKED
/*
 * Words of 4 bytes, one of each row: within every 16 bytes of the rows, bytes 4 v to 4 v + 3 become
 * words of vector v. So x86_narrow restores the order.
 */
OCT_INLINE void x86_stack(oct_uints words[4], oct_uints r0, oct_uints r1, oct_uints r2,
                          oct_uints r3)
{
    oct_uints low, high;
    __asm__("vpunpcklbw %5, %4, %0\n\tvpunpcklbw %7, %6, %1\n\t"
            "vpunpckhbw %5, %4, %2\n\tvpunpckhbw %7, %6, %3"
            : "=&v"(words[0]), "=&v"(low), "=&v"(words[2]), "=&v"(high)
            : "v"(r0), "v"(r1), "v"(r2), "v"(r3));
    __asm__("vpunpckhwd %2, %0, %1\n\tvpunpcklwd %2, %0, %0"
            : "+v"(words[0]), "=&v"(words[1])
            : "v"(low));
    __asm__("vpunpckhwd %2, %0, %1\n\tvpunpcklwd %2, %0, %0"
            : "+v"(words[2]), "=&v"(words[3])
            : "v"(high));
}
#endif

#if OCT_STEPPED
/*
 * Steps: work-items that a thread of this machine's x86-64 computes by a call, without a launch
 * (host/runtime/opencl_chain.c). The host writes each kernel NAME anew (opencl_steps.c): what it
 * computes is NAME_item, which oct_NAME_step calls with arguments from memory, and the kernel is a call of
 * oct_NAME_step or, given an entry to write, tells where oct_NAME_step is.
 */
typedef struct {
    size_t id[3], size[3]; /* global */
} oct_at;

OCT_INLINE oct_at launched_at(void)
{
    const oct_at at = {{get_global_id(0), get_global_id(1), get_global_id(2)},
                       {get_global_size(0), get_global_size(1), get_global_size(2)}};
    return at;
}

#define get_global_id(dimension) oct_here->id[dimension]
#define get_global_size(dimension) oct_here->size[dimension]

/* A jump to either of two places, by an address that compilers know nothing of: functions with one are
 * never inlined, not even by drivers that inline whatever a kernel calls. */
#define OCT_DEFINE_STEP(name, ...)                                                                 \
    void oct_##name##_step(const name##_arguments *from, const oct_at *at);                        \
    void oct_##name##_step(const name##_arguments *from, const oct_at *at)                         \
    {                                                                                              \
        __asm__ volatile("" : "+r"(from), "+r"(at));                                               \
        __auto_type place = from != 0 ? &&compute : &&leave;                                       \
        __asm__ volatile("" : "+r"(place));                                                        \
        goto *place;                                                                               \
    compute:                                                                                       \
        name##_item(__VA_ARGS__, at);                                                              \
    leave:;                                                                                        \
    }

/* Weak: where a driver drops or renames the function after all, its address is 0. Hidden: a function of
 * that name in the program that loads this code is another. */
#define OCT_CALL_STEP(name, ...)                                                                   \
    if (entry != 0) {                                                                              \
        __asm__ volatile(".weak oct_" #name "_step\n\t.hidden oct_" #name "_step\n\t"              \
                         "movq oct_" #name "_step@GOTPCREL(%%rip), %0"                             \
                         : "=r"(*entry));                                                          \
    } else {                                                                                       \
        const name##_arguments from = {__VA_ARGS__};                                               \
        const oct_at at = launched_at();                                                           \
        oct_##name##_step(&from, &at);                                                             \
    }
#endif

/* §3 Requantization: int32 sums to the output type -------------------------------------------- */

/*
 * Defined once for scalars (N empty) and vectors. Nothing here is divided or fused, so every device
 * gives the same bits. lo..hi is at most -255..255, so z_y + result always fits the output byte.
 *
 * round_float      nearest even of f32(acc) * multiplier
 * fixed_*          multiplier is m * 2^(shift - 31), 2^30 <= m < 2^31 or 0, -31 <= shift <= 30;
 *                  before clamp and z_y
 * fixed_double     rounds the product by 2^31 ties up, then the right shift ties away from zero
 * fixed_single     rounds once, ties up
 * rounded_product  a * m / 2^k, ties up; 1 <= k <= 62
 */
OCT_INLINE int rounded_product(int a, int m, int k)
{
    return (int)(((long)a * m + (1L << (k - 1))) >> k);
}

/* Even lanes and odd ones apart: half a vector's products fill a vector, and no lane moves. */
OCT_INLINE oct_longs half_products(oct_longs a, oct_longs m, oct_longs k)
{
    return (even_products(a, m) + ((oct_longs)(1) << (k - 1))) >> k;
}

OCT_INLINE oct_ints OCT_JOIN(rounded_product, OCT_LANES)(oct_ints a, oct_ints m, oct_ints k)
{
    const oct_longs x = oct_as_longs(a), y = oct_as_longs(m), z = oct_as_longs(k);
    const oct_longs even = half_products(x, y, z & 63);
    const oct_longs odd = half_products(x >> 32, y >> 32, z >> 32);
    return oct_as_ints((even & 0xffffffffL) | odd << 32);
}

#define OCT_DEFINE_REQUANTIZE(N)                                                                   \
    OCT_INLINE int##N round_float##N(int##N acc, float##N multiplier, int lo, int hi, int z_y)     \
    {                                                                                              \
        float##N v = convert_float##N##_rte(acc) * multiplier;                                     \
        v = v > (float)lo ? v : (float##N)(lo);                                                    \
        v = v < (float)hi ? v : (float##N)(hi);                                                    \
        return nearest_int##N(v) + z_y;                                                            \
    }                                                                                              \
                                                                                                   \
    /* The bit below the last one is added to it; below zero, one less makes ties fall. */         \
    OCT_INLINE int##N divide_by_power##N(int##N x, int##N shift)                                   \
    {                                                                                              \
        const int##N one = min(shift, 1);                                                          \
        const int##N doubled = (x < 0 ? x - one : x) >> (shift - one);                             \
        return (doubled + one) >> one;                                                             \
    }                                                                                              \
                                                                                                   \
    OCT_INLINE int##N fixed_double##N(int##N acc, int##N m, int##N shift)                          \
    {                                                                                              \
        const int##N h = rounded_product##N(acc << max(shift, 0), m, 31);                          \
        return divide_by_power##N(h, max(-shift, 0));                                              \
    }                                                                                              \
                                                                                                   \
    OCT_INLINE int##N fixed_single##N(int##N acc, int##N m, int##N shift)                          \
    {                                                                                              \
        return rounded_product##N(acc, m, 31 - shift);                                             \
    }
#define OCT_DEFINE_REQUANTIZE_VECTOR(N) OCT_DEFINE_REQUANTIZE(N)

OCT_DEFINE_REQUANTIZE()
OCT_DEFINE_REQUANTIZE_VECTOR(OCT_LANES)

/* §4 Tiles ------------------------------------------------------------------------------------ */

/* oct_result: element of c; oct_finished: a vector of them, OCT_FINISHED at a time; oct_chunk: what
 * becomes of them; oct_piece: what of it is stored at once. */
#if OCT_STORE == 0
typedef int oct_result;
#define oct_finished oct_ints
#elif OCT_STORE == 1
typedef float oct_result;
#define oct_finished oct_floats
#else
typedef uchar oct_result;
#define oct_finished OCT_VECTOR(uchar)
#endif
#if OCT_NARROW
#undef oct_finished
#define oct_finished oct_ints
typedef oct_ints oct_chunk;
#define OCT_CHUNKS ((OCT_NV + 3) / 4)
#define OCT_FINISHED (4 * OCT_CHUNKS)
#else
typedef oct_finished oct_chunk;
#define OCT_CHUNKS OCT_NV
#define OCT_FINISHED OCT_NV
#endif
#if OCT_TOGETHER == 4
typedef OCT_VECTOR(uchar) oct_piece;
#elif OCT_TOGETHER == 2
typedef OCT_JOIN(uint, OCT_HALF) oct_piece;
#else
typedef oct_chunk oct_piece;
#endif

/* Of OCT_TOGETHER rows, one after the other. */
typedef union {
    oct_chunk chunk[OCT_CHUNKS];
    oct_piece piece[OCT_TOGETHER][OCT_CHUNKS];
} oct_results;

/* One vector of multipliers. */
typedef struct {
#if OCT_STORE < 3
    oct_floats f;
#else
    oct_ints m, shift;
#endif
} oct_scale;

/* Aligned as one result, and yet stored at once: compilers split a vstore of bytes. */
typedef struct __attribute__((packed, aligned(sizeof(oct_result)))) {
    oct_chunk v;
} oct_packed_chunk;
typedef struct __attribute__((packed, aligned(sizeof(oct_result)))) {
    oct_piece v;
} oct_packed_piece;

#if OCT_STORE == 3
#define OCT_FIXED fixed_double
#else
#define OCT_FIXED fixed_single
#endif

/* Where a tile goes and what happens to its sums on the way; column arrays start at column 0. */
typedef struct {
    global oct_result *c;           /* element (row base 0, column 0) */
    int c_col;                      /* elements between columns       */
    int columns;                    /* of the tile that exist         */
    global const uchar *multiplier; /* float, or {m, shift} for the fixed rules */
    int multiplier_row;             /* elements between rows, 0 when shared      */
    global const float *bias;
    global const int *w_zero;
    global const int *column_sum;
    int lo, hi, z_y, relu;
    /* OCT_SUM: what is added lies as c does; the factors of left, right, and the term, in steps of
     * the sum; its bounds, stored values */
    global const uchar *other;
    float4 sum;
    int sum_lo, sum_hi;
    global const uchar *table; /* OCT_TABLE: 256 entries */
} oct_output;

/* The output from a column on. */
OCT_INLINE oct_output output_from(oct_output out, int column)
{
    out.c += (size_t)column * out.c_col;
    out.columns -= column;
    out.multiplier += (size_t)column * OCT_SCALE_BYTES;
    out.bias += column;
    out.w_zero += column;
    out.column_sum += column;
    out.other += (size_t)column * out.c_col;
    return out;
}

/* The output from an element on, of column 0. */
OCT_INLINE oct_output output_below(oct_output out, size_t element)
{
    out.c += element;
    out.other += element;
    return out;
}

/* What the epilogue needs to know of each row. */
typedef struct {
    size_t base; /* element of c where the row starts */
    size_t index;
    uint sum, zero; /* OCT_SUMS, OCT_CORRECT; sums wrap */
    float scale;    /* OCT_ROW_SCALE */
} oct_row;

/* Rows of a are whole words. */
OCT_INLINE uint load_word(global const uchar *p)
{
    return *(global const uint *)p;
}

/* acc + words of a times words of b, whichever operand the path wants unsigned. */
OCT_INLINE oct_ints multiply_words(oct_ints acc, oct_uints a, oct_uints b)
{
    return OCT_SWAP ? oct_dot(acc, b, a) : oct_dot(acc, a, b);
}

/* What work-item "i" of the third dimension multiplies: words [begin, end) of k, of a product of a
 * batch or group. Groups may split k into parts, whose sums finish_parts adds. */
typedef struct {
    size_t outer;
    int begin, end;
} oct_part;

OCT_INLINE oct_part locate_part(int i, int k_words, int part_words)
{
    const int parts = (k_words + part_words - 1) / part_words;
    const int begin = i % parts * part_words;
    const oct_part part = {
        .outer = i / parts, .begin = begin, .end = begin + min(part_words, k_words - begin)};
    return part;
}

/* The rows and columns of the work-item at (i, j), where a work-group is one. */
typedef struct {
    int row, row_end, column, column_end;
} oct_share;

OCT_INLINE oct_share locate_share(int i, int j, int m, int n, int share_rows, int share_panels)
{
    const int row = i * share_rows, column = j * share_panels * OCT_NR;
    const oct_share share = {.row = row,
                             .row_end = row + min(share_rows, m - row),
                             .column = column,
                             .column_end = column + min(share_panels * OCT_NR, n - column)};
    return share;
}

/* row[r].sum += the values of its words [0, k_words): products with ones. */
OCT_INLINE void tile_sum(oct_row row[OCT_MR], global const uchar *const words[OCT_MR], int k_words)
{
    const oct_uints ones = 0x01010101;
    oct_uints one = 0;
    one.s0 = 0x01010101;
    FOR_TILE (r, OCT_MR) {
        oct_ints sums = 0;
        int k = 0;
        for (; k + OCT_LANES <= k_words; k += OCT_LANES)
            sums = multiply_words(sums, oct_load(0, (global const uint *)(words[r] + 4 * k)), ones);
        for (; k < k_words; ++k)
            sums = multiply_words(sums, load_word(words[r] + 4 * k), one);
        FOR_TILE (i, OCT_LANES)
            row[r].sum += ((const uint *)&sums)[i];
    }
}

/*
 * Sums start from the per-column offset: bias and the terms of the zero points that are fixed. Of
 * b + 128, the product holds 128 times the row's sum too much.
 */
OCT_INLINE void tile_clear(oct_ints acc[OCT_MR][OCT_NV], global const int *offset,
                           const oct_row row[OCT_MR])
{
    FOR_TILE (v, OCT_NV) {
        const oct_ints start = oct_load(v, offset);
        FOR_TILE (r, OCT_MR)
            acc[r][v] = OCT_SWAP ? oct_add(start, -128 * row[r].sum) : start;
    }
}

/* acc += word k of each row times row k of the panel. */
OCT_INLINE void tile_step(oct_ints acc[OCT_MR][OCT_NV], global const uchar *const row[OCT_MR],
                          global const uint *panel, size_t k)
{
    oct_uints b[OCT_NV];
    FOR_TILE (v, OCT_NV)
        oct_prefetch(panel + (k + OCT_AHEAD) * OCT_NR + v * OCT_LANES);
    FOR_TILE (v, OCT_NV)
        b[v] = oct_load(k * OCT_NV + v, panel);
    FOR_TILE (r, OCT_MR) {
        const oct_uints a = load_word(row[r] + 4 * k);
        FOR_TILE (v, OCT_NV)
            acc[r][v] = multiply_words(acc[r][v], a, b[v]);
    }
}

/* acc += words [0, k_words) of each row times the panel. */
OCT_INLINE void tile_multiply(oct_ints acc[OCT_MR][OCT_NV], global const uchar *const row[OCT_MR],
                              global const uint *panel, int k_words)
{
    size_t k = 0;
    for (; k + OCT_KU <= (size_t)k_words; k += OCT_KU)
        FOR_TILE (u, OCT_KU)
            tile_step(acc, row, panel, k + u);
    for (; k < (size_t)k_words; ++k)
        tile_step(acc, row, panel, k);
}

/* Scale of one vector of columns from column on. */
OCT_INLINE oct_scale load_scale(oct_row row, int column, oct_output out)
{
    const size_t i = row.index * out.multiplier_row + column;
    oct_scale scale;
#if OCT_STORE < 3
    scale.f = oct_load(0, (global const float *)out.multiplier + i);
#else
    const oct_ints p = oct_load(0, (global const int *)out.multiplier + 2 * i);
    const oct_ints q = oct_load(1, (global const int *)out.multiplier + 2 * i);
    scale.m = (oct_ints)(p.even, q.even);
    scale.shift = (oct_ints)(p.odd, q.odd);
#endif
    return scale;
}

OCT_INLINE void load_scales(oct_scale scale[OCT_NV], oct_row row, oct_output out)
{
    FOR_TILE (v, OCT_NV)
        scale[v] = load_scale(row, v * OCT_LANES, out);
}

/* Subtracts the zero point terms that vary from row to row. */
OCT_INLINE oct_ints correct(oct_ints acc, oct_row row, int column, oct_output out)
{
    oct_uints sum = oct_as_uints(acc);
    sum -= OCT_BLOCKS ? 128 * OCT_SWAP * row.sum : 0; /* groups: unknown in tile_clear */
    sum -= OCT_CORRECT & 1 ? row.sum * oct_as_uints(oct_load(0, out.w_zero + column)) : 0;
    sum -= OCT_CORRECT & 2 ? row.zero * oct_as_uints(oct_load(0, out.column_sum + column)) : 0;
    return oct_as_ints(sum);
}

#if OCT_SUM
/* One vector of what is added; "whole": all of it exists, side by side. */
OCT_INLINE oct_floats load_other(oct_row row, int column, oct_output out, bool whole)
{
    global const uchar *p = out.other + row.base + (size_t)column * out.c_col;
    const int count = clamp(out.columns - column, 0, OCT_LANES);
    OCT_VECTOR(uchar) bytes = 0;
    if (whole)
        bytes = oct_load(0, p);
#if OCT_MASKED
    else if (out.c_col == 1)
        __asm__("vmovdqu8 %1, %0 %{%2%}%{z%}"
                : "=v"(bytes)
                : "m"(*(global const uchar(*)[OCT_LANES])p), "Yk"((ushort)((1u << count) - 1)));
#endif
    else
        for (int i = 0; i < count; ++i)
            ((uchar *)&bytes)[i] = p[(size_t)i * out.c_col];
#if OCT_SUM_SIGNED
    return OCT_JOIN(convert_, oct_floats)(OCT_JOIN(as_, OCT_VECTOR(char))(bytes));
#else
    return OCT_JOIN(convert_, oct_floats)(bytes);
#endif
}

/* The stored values q plus those of `other`: kernel binary, OCT_BINARY_FLOAT32, before its bounds. */
OCT_INLINE oct_floats sum_steps(oct_ints q, oct_floats other, float4 sum)
{
    const oct_floats result = OCT_JOIN(convert_, oct_floats)(q);
    const oct_floats left = OCT_SUM == 1 ? result : other, right = OCT_SUM == 1 ? other : result;
    return fma((oct_floats)(sum.x), left, fma((oct_floats)(sum.y), right, (oct_floats)(sum.z)));
}
#endif

/* The results of one vector of sums; where OCT_NARROW still without lower bound and z_y. "whole" as
 * in load_other. */
OCT_INLINE oct_finished finish(oct_ints acc, oct_scale scale, oct_row row, int column,
                               oct_output out, bool whole)
{
    acc = correct(acc, row, column, out);
#if OCT_STORE == 0
    (void)scale;
    return acc;
#elif OCT_STORE == 1
    oct_floats v = OCT_JOIN(OCT_JOIN(convert_, oct_floats), _rte)(acc);
    v = v * (OCT_ROW_SCALE ? row.scale * scale.f : scale.f);
    v = v + oct_load(0, out.bias + column);
    return out.relu ? v > 0.0f ? v : (oct_floats)(0.0f) : v;
#elif OCT_SUM
    const oct_ints q = OCT_JOIN(round_float, OCT_LANES)(acc, scale.f, out.lo, out.hi, out.z_y);
    const oct_floats v = sum_steps(q, load_other(row, column, out, whole), out.sum);
    const oct_floats lo = out.sum_lo, hi = out.sum_hi;
    const oct_floats least = OCT_NARROW ? v : v > lo ? v : lo;
    const oct_ints y = OCT_JOIN(nearest_int, OCT_LANES)(least < hi ? least : hi);
#if OCT_NARROW
    return y;
#else
    return OCT_JOIN(convert_, oct_finished)(y);
#endif
#elif OCT_STORE == 2 && OCT_NARROW
    const oct_floats v = OCT_JOIN(OCT_JOIN(convert_, oct_floats), _rte)(acc) * scale.f;
    const oct_floats hi = out.hi;
    return OCT_JOIN(nearest_int, OCT_LANES)(v < hi ? v : hi);
#elif OCT_STORE == 2
    return OCT_JOIN(convert_, oct_finished)(
        OCT_JOIN(round_float, OCT_LANES)(acc, scale.f, out.lo, out.hi, out.z_y));
#elif OCT_NARROW
    return min(OCT_JOIN(OCT_FIXED, OCT_LANES)(acc, scale.m, scale.shift), out.hi);
#else
    const oct_ints v = OCT_JOIN(OCT_FIXED, OCT_LANES)(acc, scale.m, scale.shift);
    return OCT_JOIN(convert_, oct_finished)(clamp(v, out.lo, out.hi) + out.z_y);
#endif
}

#if OCT_TABLE
#if OCT_NARROW && OCT_LANES == 16 || OCT_TABLE == 3
typedef uint16 oct_wide; /* a register that holds a chunk */
#else
typedef uint8 oct_wide;
#endif

/* The entry of each byte. */
OCT_INLINE oct_chunk look_up(oct_chunk bytes, global const uchar *table)
{
#if OCT_TABLE == 1
    FOR_TILE (i, (int)sizeof bytes)
        ((uchar *)&bytes)[i] = table[((const uchar *)&bytes)[i]];
    return bytes;
#else
    union {
        oct_chunk bytes;
        oct_wide all;
    } x = {.bytes = bytes};
#if OCT_TABLE == 2
    /* sixteen entries at a time: what is not of them gets an index of 128 or more, whose entry is 0 */
    oct_wide found = 0;
    FOR_TILE (i, 16) {
        union {
            uint4 part[sizeof(oct_wide) / sizeof(uint4)];
            oct_wide all;
        } entries;
        FOR_TILE (j, (int)(sizeof(oct_wide) / sizeof(uint4)))
            entries.part[j] = vload4(i, (global const uint *)table);
        oct_wide at = x.all ^ (uint)(i * 0x10101010);
        __asm__("vpaddusb %1, %0, %0\n\tvpshufb %0, %2, %0"
                : "+&v"(at)
                : "v"((oct_wide)(0x70707070)), "v"(entries.all));
        found |= at;
    }
    x.all = found;
#else
    oct_wide high = x.all;
    __asm__(
        "vpmovb2m %0, %%k1\n\tvpermi2b %3, %2, %0\n\tvpermi2b %5, %4, %1\n\t"
        "vmovdqu8 %1, %0 %{%%k1%}"
        : "+&v"(x.all), "+&v"(high)
        : "v"(vload16(0, (global const uint *)table)), "v"(vload16(1, (global const uint *)table)),
          "v"(vload16(2, (global const uint *)table)), "v"(vload16(3, (global const uint *)table))
        : "k1");
#endif
    return x.bytes;
#endif
}
#endif

/* The vectors of a row of the tile; "whole": every column exists, side by side. */
OCT_INLINE void finish_vectors(oct_finished r[OCT_NV], const oct_ints acc[OCT_NV], oct_row row,
                               const oct_scale scale[OCT_NV], oct_output out, bool whole)
{
    FOR_TILE (v, OCT_NV)
        r[v] = finish(acc[v], scale[v], row, v * OCT_LANES, out, whole);
}

/* Their chunks. "stacked": columns and scales are in the order of x86_stack. */
OCT_INLINE void finish_chunks(oct_chunk results[OCT_CHUNKS], const oct_finished r[OCT_FINISHED],
                              oct_output out, bool stacked)
{
#if OCT_NARROW
    const int lo = OCT_SUM ? out.sum_lo : out.lo + out.z_y, zero = OCT_SUM ? 0 : out.z_y;
    const int flip = lo < 0 ? 0x80808080 : 0, up = flip & 128;
    FOR_TILE (g, OCT_CHUNKS) {
        const oct_ints bytes = x86_narrow(r[4 * g], r[4 * g + 1], r[4 * g + 2], r[4 * g + 3],
                                          zero + up, lo + up, flip);
        results[g] = stacked ? bytes : x86_unstacked(bytes);
    }
#else
    FOR_TILE (v, OCT_NV)
        results[v] = r[v];
#endif
#if OCT_TABLE
    FOR_TILE (g, OCT_CHUNKS)
        results[g] = look_up(results[g], out.table);
#endif
}

/* The results of one row. */
OCT_INLINE void finish_row(oct_chunk results[OCT_CHUNKS], const oct_ints acc[OCT_NV], oct_row row,
                           const oct_scale scale[OCT_NV], oct_output out, bool stacked, bool whole)
{
    oct_finished r[OCT_FINISHED] = {0};
    finish_vectors(r, acc, row, scale, out, whole);
    finish_chunks(results, r, out, stacked);
}

OCT_INLINE void store_whole(global oct_result *c, const oct_piece results[OCT_CHUNKS])
{
    const bool aligned = OCT_ITEMS > 1 && (size_t)c % sizeof(oct_piece) == 0;
    FOR_TILE (g, OCT_CHUNKS) {
        if (aligned)
            ((global oct_piece *)c)[g] = results[g];
        else
            ((global oct_packed_piece *)c)[g].v = results[g];
    }
}

/* Stores count results of a row one by one. */
OCT_INLINE void store_edge(global oct_result *c, int c_col, const oct_piece results[OCT_CHUNKS],
                           int count)
{
    oct_piece copy[OCT_CHUNKS]; /* in memory, so that results can stay in registers */
    FOR_TILE (g, OCT_CHUNKS)
        copy[g] = results[g];
    for (int i = 0; i < count; ++i)
        c[(size_t)i * c_col] = ((const oct_result *)copy)[i];
}

/* Stores the first `count` results of a row that lie side by side. */
OCT_INLINE void store_part(global oct_result *c, const oct_piece results[OCT_CHUNKS], int count)
{
#if OCT_MASKED
    const ulong exist = (1UL << count) - 1;
    FOR_TILE (g, OCT_CHUNKS)
        __asm__("vmovdqu8 %1, %0 %{%2%}"
                : "+m"(((global oct_packed_piece *)c)[g])
                : "v"(results[g]), "Yk"(exist >> g * (int)sizeof(oct_piece)));
#else
    store_edge(c, 1, results, count);
#endif
}

/* Whether a row's pieces have no bytes but its own. */
#define OCT_FILLED (!OCT_NARROW || OCT_NV != 3)

/* Finishes and stores the columns of a row that exist; stacked as in finish_chunks. */
OCT_INLINE void store_row(const oct_ints acc[OCT_NV], oct_row row, const oct_scale scale[OCT_NV],
                          oct_output out, bool stacked)
{
    oct_results results;
    finish_row(results.chunk, acc, row, scale, out, stacked, false);
    if (out.c_col == 1 && out.columns >= OCT_NR && OCT_FILLED)
        store_whole(out.c + row.base, results.piece[0]);
    else
        store_edge(out.c + row.base, out.c_col, results.piece[0], min(out.columns, OCT_NR));
}

/* The same for the rows that exist: of a whole tile from its registers, at an edge row by row from
 * memory, which is one row's code instead of a tile's. */
OCT_INLINE void tile_store(oct_ints acc[OCT_MR][OCT_NV], const oct_row row[OCT_MR], int rows,
                           oct_output out)
{
    oct_scale scale[OCT_NV];
    const bool whole = out.columns >= OCT_NR;
    if (rows >= OCT_MR && out.c_col == 1 && (whole || OCT_MASKED)) {
        FOR_TILE (first, OCT_MR / OCT_TOGETHER) {
            oct_finished ended[OCT_FINISHED] = {0};
            oct_results results;
            FOR_TILE (i, OCT_TOGETHER) {
                const int r = first * OCT_TOGETHER + i;
                if (r > 0 && out.multiplier_row) /* rows follow each other */
                    out.multiplier += (size_t)out.multiplier_row * OCT_SCALE_BYTES;
                if (r == 0 || out.multiplier_row)
                    load_scales(scale, row[0], out);
                finish_vectors(ended + i * OCT_NV, acc[r], row[r], scale, out, whole);
            }
            finish_chunks(results.chunk, ended, out, false);
            FOR_TILE (i, OCT_TOGETHER) {
                global oct_result *c = out.c + row[first * OCT_TOGETHER + i].base;
                if (whole && OCT_FILLED)
                    store_whole(c, results.piece[i]);
                else
                    store_part(c, results.piece[i], min(out.columns, OCT_NR));
            }
        }
    } else {
        oct_ints sums[OCT_MR][OCT_NV]; /* copies: what a loop indexes is not kept in registers */
        oct_row rest[OCT_MR];
        FOR_TILE (r, OCT_MR) {
            rest[r] = row[r];
            FOR_TILE (v, OCT_NV)
                sums[r][v] = acc[r][v];
        }
        for (int r = 0; r < min(rows, OCT_MR); ++r) {
            load_scales(scale, rest[r], out);
            store_row(sums[r], rest[r], scale, out, false);
        }
    }
}

/* Tiles of AMX: --------------------------------------------------------------------------------- */

#if OCT_AMX

/*
 * k is multiplied in steps of 16 words that end with the last word; the first step has what is left, or all
 * if that is less. Its b are the first 16 words all the same, for there is nothing before them, and
 * its a is filled up with zeros.
 *
 * A tile's rows are gathered first, OCT_HELD steps at a time, which the second cache holds. So every row
 * of b's tiles meets whole rows, wherever they come from, and nothing is read that is not theirs.
 */
#define OCT_HELD (OCT_PATH == OCT_X86_AMX ? 80 : 4)

typedef struct {
    int first, steps; /* those held                                              */
    int begin, end;   /* and their words of k                                    */
    int shift;        /* words free before the first one: those that are filled  */
    int stride;       /* between rows: odd lines of the cache, spread over its sets */
    uint words[OCT_MR * (OCT_HELD | 1) * 16] __attribute__((aligned(64)));
} oct_held;

/* The steps of k_words; the word of the panel that a step begins with. */
OCT_INLINE int count_steps(int k_words)
{
    return (k_words + 15) / 16;
}

OCT_INLINE int step_word(int step, int k_words)
{
    return max(k_words - 16 * (count_steps(k_words) - step), 0);
}

/* Makes room for steps [first, ...), as many as there is room for; then come all rows' words [begin,
 * end) to held_row, and held_end. */
OCT_INLINE void held_begin(oct_held *held, int first, int k_words)
{
    const int all = count_steps(k_words);
    held->first = first;
    held->steps = min(all - first, OCT_HELD);
    held->begin = step_word(first, k_words);
    held->end = min(step_word(first + held->steps, k_words), k_words);
    held->shift = first == 0 ? 16 * all - k_words : 0;
    held->stride = (held->steps | 1) * 16;
}

OCT_INLINE uint *held_row(oct_held *held, int r)
{
    return held->words + r * held->stride + held->shift;
}

/* row[r].sum += the values of what is held, for OCT_SUMS where `sums`. */
OCT_INLINE void held_end(oct_held *held, oct_row row[OCT_MR], int rows, bool sums)
{
    const uint16 lane = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int r = 0; r < rows; ++r) {
        uint *words = held->words + r * held->stride;
        if (held->shift > 0) {
            const uint16 whole = vload16(0, words + held->shift);
            vstore16(lane < (uint16)(16 - held->shift) ? whole : (uint16)(0), 0, words);
        }
        if (OCT_SUMS && sums) {
            oct_ints each = 0;
            for (int i = 0; i < held->steps; ++i)
                each = amx_sum(each, vload16(i, words));
            FOR_TILE (i, 16)
                row[r].sum += ((const uint *)&each)[i];
        }
    }
}

/* `count` words. */
OCT_INLINE void copy_words(uint *to, global const uchar *from, int count)
{
    int i = 0;
    for (; i + 16 <= count; i += 16)
        vstore16(vload16(0, (global const uint *)(from + 4 * i)), 0, to + i);
#if OCT_X86
    if (i < count) {
        uint16 rest;
        __asm__("vmovdqu32 %2, %0 %{%3%}%{z%}\n\tvmovdqu32 %0, %1 %{%3%}"
                : "=&v"(rest), "+m"(*(uint(*)[16])(to + i))
                : "m"(*(global const uint(*)[16])(from + 4 * i)),
                  "Yk"((ushort)((1u << (count - i)) - 1)));
    }
#else
    for (; i < count; ++i)
        to[i] = load_word(from + 4 * i);
#endif
}

/* Those words of rows that lie `row_bytes` apart. */
OCT_INLINE void held_rows(oct_held *held, global const uchar *a, int row_bytes, int rows)
{
    for (int r = 0; r < rows; ++r)
        copy_words(held_row(held, r), a + (size_t)r * row_bytes + 4 * held->begin,
                   held->end - held->begin);
}

/* sums = the products, or where `more` += them, of what is held of the rows and of the panel's columns. */
OCT_INLINE void held_multiply(oct_amx *amx, oct_ints sums[OCT_MR][OCT_NV], const oct_held *held,
                              int rows, global const uint *panel, int columns, int k_words,
                              bool more)
{
    const bool tall = rows > 16;
    const int stride = held->stride;
    (void)amx;
    for (int v = 0; v < OCT_NV && v * 16 < columns; v += 2) {
        uint *c = (uint *)&sums[0][v];
        if (more) {
            amx_load(0, c, OCT_NR);
            amx_load(1, c + 16, OCT_NR);
            amx_load(2, c + 16 * OCT_NR, OCT_NR);
            amx_load(3, c + 16 * OCT_NR + 16, OCT_NR);
        } else {
            amx_clear(0);
            amx_clear(1);
            amx_clear(2);
            amx_clear(3);
        }
        for (int i = 0; i < held->steps; ++i) {
            const uint *a = held->words + 16 * i;
            global const uint *b =
                panel + (size_t)step_word(held->first + i, k_words) * OCT_NR + v * 16;
            amx_load(4, a, stride);
            amx_load(6, b, OCT_NR);
            amx_multiply(0, 4, 6);
            amx_load(7, b + 16, OCT_NR);
            amx_multiply(1, 4, 7);
            if (tall) {
                amx_load(5, a + 16 * stride, stride);
                amx_multiply(2, 5, 6);
                amx_multiply(3, 5, 7);
            }
        }
        amx_store(0, c, OCT_NR);
        amx_store(1, c + 16, OCT_NR);
        if (tall) {
            amx_store(2, c + 16 * OCT_NR, OCT_NR);
            amx_store(3, c + 16 * OCT_NR + 16, OCT_NR);
        }
    }
}

/* Adds the offset of each column to its sums, finishes and stores the rows and columns that exist. */
OCT_INLINE void held_store(const oct_ints sums[OCT_MR][OCT_NV], global const int *offset,
                           const oct_row row[OCT_MR], int rows, oct_output out)
{
    const bool whole = out.columns >= OCT_NR;
    oct_ints start[OCT_NV];
    oct_scale scale[OCT_NV];
    FOR_TILE (v, OCT_NV)
        start[v] = oct_load(v, offset);
    load_scales(scale, row[0], out);
    for (int r = 0; r < rows; ++r) {
        oct_ints acc[OCT_NV];
        oct_results results;
        FOR_TILE (v, OCT_NV)
            acc[v] = oct_add(sums[r][v], start[v]);
        if (out.multiplier_row)
            load_scales(scale, row[r], out);
        finish_row(results.chunk, acc, row[r], scale, out, false, whole && out.c_col == 1);
        if (out.c_col != 1)
            store_edge(out.c + row[r].base, out.c_col, results.piece[0], min(out.columns, OCT_NR));
        else if (whole)
            store_whole(out.c + row[r].base, results.piece[0]);
        else
            store_part(out.c + row[r].base, results.piece[0], out.columns);
    }
}

#endif

/* Tiles of a work-group: ------------------------------------------------------------------------ */

#if OCT_BLOCKS

/*
 * A block is what a work-group computes: OCT_BLOCK rows by one panel. A slice of its operands,
 * OCT_GK words of k, is held in local memory while the next one is on its way. It moves by quads:
 * four words of a row of a, or of neighbouring columns of b.
 */
#define OCT_BLOCK (OCT_GM * OCT_MR)
#define OCT_A_QUADS (OCT_GK / 4)    /* of a row of a slice       */
#define OCT_B_QUADS (OCT_PANEL / 4) /* of a word of k of a slice */

/* What a work-item copies of a slice: one quad of every OCT_A_STEP-th row, and of b every
 * OCT_ITEMS-th quad. */
#define OCT_A_STEP (OCT_ITEMS / OCT_A_QUADS)
#define OCT_A_TURNS ((OCT_BLOCK + OCT_A_STEP - 1) / OCT_A_STEP)
#define OCT_B_TURNS ((OCT_GK * OCT_B_QUADS + OCT_ITEMS - 1) / OCT_ITEMS)

typedef struct {
    uint4 a[OCT_BLOCK][OCT_A_QUADS];
    uint4 b[OCT_GK][OCT_B_QUADS]; /* columns in the order of panel_quad */
} oct_slice;

/* Word i of a quad. Not through a pointer: compilers make integers of 128 bits of that, and some
 * devices know none. */
OCT_INLINE uint quad_word(uint4 quad, int i)
{
    return i == 0 ? quad.s0 : i == 1 ? quad.s1 : i == 2 ? quad.s2 : quad.s3;
}

/* What a work-group holds in local memory. */
typedef struct {
    oct_slice slice[2];
#if OCT_EMULATED_WARPS
    oct_fragments fragments[OCT_ITEMS];
#endif
} oct_shared;

/* The quads of a slice that a work-item has fetched and not yet put into local memory. */
typedef struct {
    uint4 a[OCT_A_TURNS], b[OCT_B_TURNS];
} oct_fetched;

/* A work-item's tile within the block. */
typedef struct {
    int row, column; /* its first */
    int item;        /* of the group */
} oct_place;

/* The row within the block that a work-item copies from in that turn; beyond the block, none. */
OCT_INLINE int source_row(oct_place place, int turn)
{
    return place.item / OCT_A_QUADS + turn * OCT_A_STEP;
}

/* Where a quad of a row of a slice lies. Of dpas: the two of a step stay side by side; neighbours, who
 * ask for those of as many rows, find four at a time in as many banks. */
OCT_INLINE int row_quad(int row, int quad)
{
    return OCT_DPAS ? quad ^ row / 2 % 2 * 2 : quad;
}

/*
 * group_place   the work-item's tile
 * place_row     row r of a tile within the block
 * panel_quad    the quad of the panel that lies at quad i of a word of a slice: those side by side
 *               that work-items load at the same time
 */
#if OCT_MMA

OCT_INLINE oct_place group_place(void)
{
    const int item = warp_item(), warp = item / OCT_WARP;
    const int down = warp / (OCT_GN / OCT_ACROSS), across = warp % (OCT_GN / OCT_ACROSS);
    const int2 lane = warp_lane(item);
    const oct_place place = {.row = down * OCT_DOWN * OCT_MR + lane.x,
                             .column = (across * OCT_ACROSS + lane.y) * OCT_NR,
                             .item = item};
    return place;
}

OCT_INLINE int place_row(oct_place place, int r)
{
    return place.row + r / OCT_LANE_ROWS * OCT_MMA_ROWS + r % OCT_LANE_ROWS * 8;
}

/* Where the work-items of an emulated warp show each other their fragments; others have no such place. */
OCT_INLINE local oct_fragments *shared_fragments(local oct_shared *shared)
{
#if OCT_EMULATED_WARPS
    return shared->fragments;
#else
    (void)shared;
    return 0;
#endif
}

#if OCT_DPAS

/* The two quads of a tile's columns stay side by side; neighbours, who ask for those of as many words,
 * find them in as many banks. */
OCT_INLINE int panel_quad(int i, int word)
{
    return i ^ word % 8 * 2;
}

/* acc += a slice: in each step of a row all words, of a column one or half of one. */
OCT_INLINE void slice_multiply(oct_ints acc[OCT_MR][OCT_NV], local oct_shared *shared, int now,
                               oct_place place)
{
    local const oct_slice *slice = &shared->slice[now];
    local oct_fragments *all = shared_fragments(shared);
    const int lane = place.item % OCT_WARP;
    FOR_TILE (step, OCT_STEPS) {
        const int word = OCT_STEP * step + lane * OCT_STEP / OCT_WARP;
        oct_fragments f;
        FOR_TILE (r, OCT_MR) {
            const int row = place_row(place, r);
            f.a[r] = vload8(0, (local const uint *)&slice->a[row][row_quad(row, 2 * step)]);
        }
        FOR_TILE (j, OCT_MMA_TILES) {
            local const uint4 *quads =
                &slice->b[word][panel_quad(place.column / 4 + OCT_EACH / 4 * j, word)];
#if OCT_DPAS16
            f.b[j] = vload8(lane % 2, (local const ushort *)quads);
#else
            f.b[j] = vload8(0, (local const uint *)quads);
#endif
        }
        warp_multiply(acc, &f, all, place.item);
    }
}

#else

/* Neighbouring columns of tiles lie side by side. What words 4 t to 4 t + 3 have at quad i ^ 2 t, eight
 * banks hold, whichever t four neighbours ask for. */
#define OCT_TURN(t) (OCT_DOWN == 8 ? 2 * (t) : 0)

OCT_INLINE int panel_quad(int i, int word)
{
    const int at = i ^ OCT_TURN(word / 4), within = at % (OCT_ACROSS * OCT_NR / 4);
    return at - within + within % OCT_SPAN * (OCT_MMA_TILES / 4) + within / OCT_SPAN;
}

/* acc += a slice. The order of k is free: of the four words of a quad, a work-item takes some in each
 * step, of quad t; or of wmma, all of another quad. */
OCT_INLINE void slice_multiply(oct_ints acc[OCT_MR][OCT_NV], local oct_shared *shared, int now,
                               oct_place place)
{
    local const oct_slice *slice = &shared->slice[now];
    local oct_fragments *all = shared_fragments(shared);
    const int2 lane = warp_lane(place.item);
    const int columns = OCT_ACROSS * OCT_NR, at = warp_column(lane.x);
    const int first = place.column / columns * (columns / 4);
    uint4 a[OCT_MR], b[4][OCT_MMA_TILES / 4];
    FOR_TILE (step, OCT_STEPS) {
        oct_fragments f;
        if (step == 0 || OCT_WMMA) {
            const int quad = OCT_WMMA ? step : lane.y;
            FOR_TILE (r, OCT_MR)
                a[r] = slice->a[place_row(place, r)][quad] ^ (OCT_FLIP ? 0x80808080 : 0);
            FOR_TILE (word, 4)
                FOR_TILE (j, OCT_MMA_TILES / 4)
                    b[word][j] =
                        slice->b[4 * quad + word][first + ((OCT_SPAN * j + at) ^ OCT_TURN(quad))];
        }
        FOR_TILE (part, OCT_LANE_WORDS) {
            const int word = OCT_WMMA ? part : OCT_LANE_WORDS * step + part;
            FOR_TILE (r, OCT_MR)
                f.a[r][part] = quad_word(a[r], word);
            FOR_TILE (j, OCT_MMA_TILES)
                f.b[j][part] = quad_word(b[word][j / 4], j % 4);
        }
        warp_multiply(acc, &f, all, place.item);
    }
}

#endif
#else

OCT_INLINE oct_place group_place(void)
{
    const int item = get_local_id(0);
    const oct_place place = {
        .row = item / OCT_GN * OCT_MR, .column = item % OCT_GN * OCT_NR, .item = item};
    return place;
}

OCT_INLINE int place_row(oct_place place, int r)
{
    return place.row + r;
}

OCT_INLINE int panel_quad(int i, int word)
{
    (void)word;
    return i % OCT_GN * OCT_NV + i / OCT_GN;
}

/* AMD's compiler, given all quads of a slice at once, loads so far ahead that registers run out. */
#if OCT_PATH == OCT_AMD_SDOT4 || OCT_PATH == OCT_AMD_SUDOT4
#define OCT_UNROLL_QUADS _Pragma("unroll 1")
#else
#define OCT_UNROLL_QUADS _Pragma("unroll")
#endif

/* acc += a slice. */
OCT_INLINE void slice_multiply(oct_ints acc[OCT_MR][OCT_NV], local oct_shared *shared, int now,
                               oct_place place)
{
    local const oct_slice *slice = &shared->slice[now];
    OCT_UNROLL_QUADS for (int q = 0; q < OCT_A_QUADS; ++q)
    {
        uint4 a[OCT_MR];
        FOR_TILE (r, OCT_MR)
            a[r] = slice->a[place_row(place, r)][q];
        FOR_TILE (i, 4) {
            FOR_TILE (v, OCT_NV) {
                const uint4 b = slice->b[4 * q + i][v * OCT_GN + place.column / OCT_NR];
                FOR_TILE (r, OCT_MR)
                    acc[r][v] = multiply_words(acc[r][v], quad_word(a[r], i), b);
            }
        }
    }
}

#endif

/*
 * A quad or word on its way from global to local memory; 0 if it does not exist. fetch_* begins what
 * keep_quad ends, either through a register or, where the device can, past all of them. keep_all
 * comes before the first keep_quad.
 */
#if OCT_PATH == OCT_NV_MMA

OCT_INLINE void fetch_quad(uint4 *kept, local uint4 *to, global const uchar *from, bool exists)
{
    (void)kept;
    __asm__ volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                     :
                     : "r"((uint)(size_t)to), "l"((size_t)from), "r"(exists ? 16 : 0)
                     : "memory");
}

OCT_INLINE uint fetch_word(local uint *to, global const uchar *from, bool exists)
{
    __asm__ volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
                     :
                     : "r"((uint)(size_t)to), "l"((size_t)from), "r"(exists ? 4 : 0)
                     : "memory");
    return 0;
}

OCT_INLINE void keep_all(void)
{
    __asm__ volatile("cp.async.wait_all;" : : : "memory");
}

OCT_INLINE void keep_quad(const uint4 *kept, local uint4 *to)
{
    (void)kept, (void)to;
}

#else

OCT_INLINE void fetch_quad(uint4 *kept, local uint4 *to, global const uchar *from, bool exists)
{
    (void)to;
    *kept = exists ? *(global const uint4 *)from : (uint4)(0);
}

OCT_INLINE uint fetch_word(local uint *to, global const uchar *from, bool exists)
{
    (void)to;
    return exists ? load_word(from) : 0;
}

OCT_INLINE void keep_all(void)
{
}

OCT_INLINE void keep_quad(const uint4 *kept, local uint4 *to)
{
    *to = *kept;
}

#endif

/* The same of quad i of columns of a word. Where work-items have halves, two quads become the low ones
 * of 8 columns and the high ones. */
OCT_INLINE void keep_columns(const uint4 *kept, local uint4 *word, int i)
{
#if OCT_DPAS16
    local ushort4 *halves = (local ushort4 *)&word[i / 2 * 2] + i % 2;
    halves[0] = as_ushort8(*kept).even;
    halves[2] = as_ushort8(*kept).odd;
#else
    keep_quad(kept, &word[i]);
#endif
}

/* A position along k. Taps lie `dilation` apart before y_end and x_end; a matrix has one, at 0, 0. */
typedef struct {
    int y, x, word; /* tap, and word of its cw */
} oct_position;

typedef struct {
    int y_end, x_end, dilation_h, dilation_w, cw;
    int h, w, a_line, a_pixel; /* of the image, as in conv2d */
    global const uchar *pad;
    bool quads; /* whole quads lie within a tap, and are aligned */
} oct_walk;

/* The rows of a that a work-item copies from. */
typedef struct {
    global const uchar *origin[OCT_A_TURNS]; /* words of tap 0, 0 */
    int y[OCT_A_TURNS], x[OCT_A_TURNS];      /* where that tap lies in the image */
} oct_sources;

OCT_INLINE oct_position step_words(oct_position at, int words, oct_walk walk)
{
    at.word += words;
    while (at.word >= walk.cw) {
        at.word -= walk.cw;
        at.x += walk.dilation_w;
        if (at.x >= walk.x_end) {
            at.x = 0;
            at.y += walk.dilation_h;
        }
    }
    return at;
}

/* Where the word at a position lies for the work-item's row of that turn. */
OCT_INLINE global const uchar *source_word(const oct_sources *sources, int turn, oct_position at,
                                           oct_walk walk)
{
    const bool inside = !OCT_PADDING || ((uint)(sources->y[turn] + at.y) < (uint)walk.h &&
                                         (uint)(sources->x[turn] + at.x) < (uint)walk.w);
    return 4 * (size_t)at.word +
           (inside ? sources->origin[turn] + (long)at.y * walk.a_line + (long)at.x * walk.a_pixel
                   : walk.pad);
}

/* Fetches a quad of the row of that turn. */
OCT_INLINE void fetch_source(uint4 *kept, local uint4 *to, const oct_sources *sources, int turn,
                             oct_position at, oct_walk walk)
{
    if (walk.quads) {
        fetch_quad(kept, to, source_word(sources, turn, at, walk), at.y < walk.y_end);
        return;
    }
    uint word[4];
    FOR_TILE (i, 4) {
        word[i] = fetch_word((local uint *)to + i, source_word(sources, turn, at, walk),
                             at.y < walk.y_end);
        at = step_words(at, 1, walk);
    }
    *kept = (uint4)(word[0], word[1], word[2], word[3]);
}

/* Fetches the slice that begins at word k of the panel, and at `at` of the work-item's rows. */
OCT_INLINE void slice_fetch(oct_fetched *fetched, local oct_slice *slice,
                            const oct_sources *sources, oct_position at, oct_walk walk,
                            global const uint *panel, int k, int k_words, oct_place place)
{
    FOR_TILE (turn, OCT_A_TURNS) {
        const int row = source_row(place, turn);
        if (row < OCT_BLOCK)
            fetch_source(&fetched->a[turn], &slice->a[row][row_quad(row, place.item % OCT_A_QUADS)],
                         sources, turn, at, walk);
    }
    FOR_TILE (turn, OCT_B_TURNS) {
        const int i = place.item + turn * OCT_ITEMS, word = i / OCT_B_QUADS, quad = i % OCT_B_QUADS;
        const bool exists = k + word < k_words;
        const size_t at_quad = exists ? (size_t)(k + word) * OCT_B_QUADS : 0;
        if (word < OCT_GK)
            fetch_quad(&fetched->b[turn], &slice->b[word][quad],
                       (global const uchar *)panel + 16 * (at_quad + panel_quad(quad, word)),
                       exists);
    }
}

/* Has in local memory what was fetched. sums[turn] += the values of the quad of that row. */
OCT_INLINE void slice_keep(const oct_fetched *fetched, local oct_slice *slice,
                           uint sums[OCT_A_TURNS], oct_place place)
{
    keep_all();
    FOR_TILE (turn, OCT_A_TURNS) {
        const int row = source_row(place, turn);
        const int quad = row_quad(row, place.item % OCT_A_QUADS);
        if (row >= OCT_BLOCK)
            continue;
        keep_quad(&fetched->a[turn], &slice->a[row][quad]);
        if (OCT_SUMS) {
#if OCT_DPAS
            FOR_TILE (i, 4)
                sums[turn] = dot4(sums[turn], quad_word(slice->a[row][quad], i), 0x01010101);
#else
            const uint4 sum = as_uint4(multiply_words(0, slice->a[row][quad], 0x01010101));
            sums[turn] += sum.s0 + sum.s1 + sum.s2 + sum.s3;
#endif
        }
    }
    FOR_TILE (turn, OCT_B_TURNS) {
        const int i = place.item + turn * OCT_ITEMS;
        if (i < OCT_GK * OCT_B_QUADS)
            keep_columns(&fetched->b[turn], slice->b[i / OCT_B_QUADS], i % OCT_B_QUADS);
    }
}

/* acc = offset + the words of the part of the block's rows times the panel, which has k_words; the
 * part begins, and if it does not reach the end ends, with whole slices. Every work-item of the group
 * has to come here. OCT_SUMS: leaves the sums of the rows for group_sum. */
OCT_INLINE void group_multiply(oct_ints acc[OCT_MR][OCT_NV], global const int *offset,
                               const oct_sources *sources, oct_walk walk, global const uint *panel,
                               int k_words, oct_part part, local oct_shared *shared,
                               oct_place place)
{
    const oct_row no_sums[OCT_MR] = {{0}};
    const oct_position start = {0, 0, 0};
    oct_position at = step_words(start, part.begin + place.item % OCT_A_QUADS * 4, walk);
    oct_fetched fetched;
    uint sums[OCT_A_TURNS] = {0};
    slice_fetch(&fetched, &shared->slice[0], sources, at, walk, panel, part.begin, k_words, place);
    tile_clear(acc, offset, no_sums);
    slice_keep(&fetched, &shared->slice[0], sums, place);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = part.begin, now = 0; k < part.end; k += OCT_GK, now ^= 1) {
        local oct_slice *next = &shared->slice[now ^ 1];
        const bool more = k + OCT_GK < part.end;
        if (more) {
            at = step_words(at, OCT_GK, walk);
            slice_fetch(&fetched, next, sources, at, walk, panel, k + OCT_GK, k_words, place);
        }
        slice_multiply(acc, shared, now, place);
        if (more)
            slice_keep(&fetched, next, sums, place);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#if OCT_SUMS
    FOR_TILE (turn, OCT_A_TURNS)
        if (source_row(place, turn) < OCT_BLOCK)
            ((local uint *)shared)[place.item + turn * OCT_ITEMS] = sums[turn];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

/* OCT_SUMS: the sum of row r of the work-item's tile, whose quads group_multiply has summed. */
OCT_INLINE uint group_sum(local const oct_shared *shared, oct_place place, int r)
{
    uint sum = 0;
    FOR_TILE (i, OCT_SUMS ? OCT_A_QUADS : 0)
        sum += ((local const uint *)shared)[place_row(place, r) * OCT_A_QUADS + i];
    return sum;
}

/* Where a work-group's block lies: strips of rows, whose blocks are neighbours in time, so that they
 * find each other's operands in the cache. */
typedef struct {
    int row, panel; /* its first row, its panel */
} oct_block;

OCT_INLINE oct_block group_block(int m, int strip_rows, int panels)
{
    const int i = get_group_id(0), strip = strip_rows / OCT_BLOCK;
    const int above = i / (strip * panels) * strip; /* blocks of rows */
    const int left = (m + OCT_BLOCK - 1) / OCT_BLOCK - above;
    const int rows = min(strip, left), within = i % (strip * panels);
    const oct_block block = {.row = (above + within % rows) * OCT_BLOCK, .panel = within / rows};
    return block;
}

/* Results of a row of a tile, and what is stored of them at once. */
#if OCT_STORE < 2
typedef oct_finished oct_run;
#elif OCT_NV % 4 == 0
typedef uint4 oct_run;
#elif OCT_NV % 2 == 0
typedef uint2 oct_run;
#else
typedef uint oct_run;
#endif
#define OCT_RUNS ((int)(OCT_NR * sizeof(oct_result) / sizeof(oct_run)))

/* Finishes and stores what exists of a work-item's tile: the rows before m. */
OCT_INLINE void group_store(oct_ints acc[OCT_MR][OCT_NV], const oct_row row[OCT_MR], int m,
                            oct_output out)
{
    const bool whole = out.c_col == 1 && out.columns >= OCT_NR;
    oct_scale scale[OCT_NV];
#if OCT_INTEL /* leaves some of these loops as they are: what they index is a copy, as in tile_store */
    oct_ints sums[OCT_MR][OCT_NV];
    FOR_TILE (r, OCT_MR)
        FOR_TILE (v, OCT_NV)
            sums[r][v] = acc[r][v];
    acc = sums;
#endif
    FOR_TILE (r, OCT_MR) {
        union {
            oct_chunk chunk[OCT_CHUNKS];
            oct_run run[OCT_RUNS];
        } results;
        global oct_result *c = out.c + row[r].base;
        if ((int)row[r].index >= m)
            continue;
        if (r == 0 || out.multiplier_row)
            load_scales(scale, row[r], out);
        finish_row(results.chunk, acc[r], row[r], scale, out, false, whole);
        if (whole && (size_t)c % sizeof(oct_run) == 0)
            FOR_TILE (i, OCT_RUNS)
                ((global oct_run *)c)[i] = results.run[i];
        else
            store_edge(c, out.c_col, results.chunk, min(out.columns, OCT_NR));
    }
}

#endif

/* §5 GEMM ------------------------------------------------------------------------------------- */

#if OCT_BUILD_GEMM || OCT_BUILD_ALL

/* Row first + r, where c begins with row `first`; of rows that do not exist, the parameters of the last. */
OCT_INLINE oct_row gemm_row(int first, int r, int m, int c_row, global const int *row_zero,
                            global const float *row_scale)
{
    const int last = min(first + r, m - 1);
    const oct_row row = {.index = first + r,
                         .base = (size_t)r * c_row,
                         .sum = 0,
                         .zero = OCT_CORRECT & 2 ? row_zero[last] : 0,
                         .scale = OCT_ROW_SCALE ? row_scale[last] : 0.0f};
    return row;
}

/*
 * c = requantize(a * b) for a batch of matrices. Arrays of rows are indexed batch * m + row, arrays
 * of columns batch * column_stride + column; those are padded to whole panels.
 * Each part of k has a matrix of its own: of part i of batch b, c is at (b * parts + i) * c_batch.
 * Global size: (ceil(m / share_rows), ceil(panels / share_panels), batch); share_rows % OCT_MR == 0,
 * part_words = k_words. Of groups: (blocks * OCT_ITEMS, 1, batch * parts);
 * share_rows % OCT_BLOCK == 0, share_panels = panels, part_words % OCT_GK == 0 unless it is k_words.
 */
kernel __attribute__((reqd_work_group_size(OCT_ITEMS, 1, 1), OCT_HINT)) void
gemm(global const uchar *a, global const uint *b, global oct_result *c, global const int *offset,
     global const uchar *multiplier, global const float *bias, global const int *row_zero,
     global const float *row_scale, global const int *w_zero, global const int *column_sum,
     global const uchar *other, global const uchar *table, int m, int n, int k_words,
     int part_words, int a_row_bytes, int a_batch_bytes, int b_batch_words, int c_batch, int c_row,
     int column_stride, int multiplier_row, int lo, int hi, int z_y, int relu, float4 sum,
     int sum_lo, int sum_hi, int share_rows, int share_panels)
{
    const oct_part part = locate_part(get_global_id(2), k_words, part_words);
    const size_t batch = part.outer, columns = batch * column_stride;
    const oct_output out = {.c = c + get_global_id(2) * c_batch,
                            .c_col = 1,
                            .columns = n,
                            .multiplier = multiplier + columns * OCT_SCALE_BYTES,
                            .multiplier_row = multiplier_row,
                            .bias = bias + columns,
                            .w_zero = w_zero + columns,
                            .column_sum = column_sum + columns,
                            .lo = lo,
                            .hi = hi,
                            .z_y = z_y,
                            .relu = relu,
                            .other = other + batch * c_batch,
                            .sum = sum,
                            .sum_lo = sum_lo,
                            .sum_hi = sum_hi,
                            .table = table};
    a += batch * a_batch_bytes;
    b += batch * b_batch_words;
    offset += columns;
    row_zero += batch * m;
    row_scale += batch * m;

#if OCT_BLOCKS
    /* locate tile */
    local oct_shared shared;
    const oct_block block = group_block(m, share_rows, share_panels);
    const oct_place place = group_place();
    const oct_walk walk = {.y_end = 1,
                           .x_end = 1,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .cw = k_words,
                           .h = 1,
                           .w = 1,
                           .pad = a,
                           .quads = ((size_t)a | a_row_bytes) % sizeof(uint4) == 0};
    oct_sources sources;
    FOR_TILE (turn, OCT_A_TURNS) {
        const int index = min(block.row + source_row(place, turn), m - 1);
        sources.origin[turn] = a + (size_t)index * a_row_bytes;
        sources.y[turn] = sources.x[turn] = 0;
    }
    const int column = block.panel * OCT_PANEL + place.column;
    const oct_output below = output_below(out, (size_t)block.row * c_row);

    /* clear accumulators; loop over k: load, multiply */
    oct_ints acc[OCT_MR][OCT_NV];
    group_multiply(acc, offset + column, &sources, walk,
                   b + (size_t)block.panel * OCT_PANEL * k_words, k_words, part, &shared, place);

    /* correct zero points and add bias, requantize and store */
    oct_row row[OCT_MR];
    FOR_TILE (r, OCT_MR) {
        row[r] = gemm_row(block.row, place_row(place, r), m, c_row, row_zero, row_scale);
        row[r].sum = group_sum(&shared, place, r);
    }
    group_store(acc, row, m, output_from(below, column));
#else
    const oct_share share =
        locate_share(get_global_id(0), get_global_id(1), m, n, share_rows, share_panels);
#if OCT_AMX
    const int steps = count_steps(k_words);
    oct_amx amx;
    oct_held held;
    amx_begin(&amx, min(k_words, 16));
    for (int first = share.row; first < share.row_end; first += OCT_MR) {
        /* locate tile */
        const int rows = min(share.row_end - first, OCT_MR);
        const oct_output below = output_below(out, (size_t)first * c_row);
        oct_row row[OCT_MR];
        for (int r = 0; r < rows; ++r)
            row[r] = gemm_row(first, r, m, c_row, row_zero, row_scale);
        for (int column = share.column; column < share.column_end; column += OCT_NR) {
            /* clear accumulators; loop over k: load, multiply */
            oct_ints acc[OCT_MR][OCT_NV];
            for (int step = 0; step < steps; step += OCT_HELD) {
                if (column == share.column || steps > OCT_HELD) {
                    held_begin(&held, step, k_words);
                    held_rows(&held, a + (size_t)first * a_row_bytes, a_row_bytes, rows);
                    held_end(&held, row, rows, column == share.column);
                }
                held_multiply(&amx, acc, &held, rows, b + (size_t)column * k_words, n - column,
                              k_words, step > 0);
            }

            /* correct zero points and add bias, requantize and store */
            held_store(acc, offset + column, row, rows, output_from(below, column));
        }
    }
    amx_end();
#else
    /* From a tile's first row: bytes to the others; rows that do not exist are the last one again. */
    size_t down[OCT_MR];
    FOR_TILE (r, OCT_MR)
        down[r] = (size_t)r * a_row_bytes;
    for (int first = share.row; first < share.row_end; first += OCT_MR) {
        /* locate tile */
        global const uchar *words[OCT_MR];
        oct_row row[OCT_MR];
        const oct_output below = output_below(out, (size_t)first * c_row);
        if (first + OCT_MR > m)
            FOR_TILE (r, OCT_MR)
                down[r] = (size_t)min(r, m - 1 - first) * a_row_bytes;
        FOR_TILE (r, OCT_MR) {
            words[r] = a + (size_t)first * a_row_bytes + down[r];
            row[r] = gemm_row(first, r, m, c_row, row_zero, row_scale);
        }
        if (OCT_SUMS)
            tile_sum(row, words, k_words);
        for (int column = share.column; column < share.column_end; column += OCT_NR) {
            /* clear accumulators */
            oct_ints acc[OCT_MR][OCT_NV];
            tile_clear(acc, offset + column, row);

            /* loop over k: load, multiply */
            tile_multiply(acc, words, b + (size_t)column * k_words, k_words);

            /* correct zero points and add bias, requantize and store */
            tile_store(acc, row, m - first, output_from(below, column));
        }
    }
#endif
#endif
}

#endif

/* §6 Convolution ------------------------------------------------------------------------------ */

#if OCT_BUILD_CONV2D || OCT_BUILD_ALL

/* A lane for each row of a tile, whose number it is; spare lanes are the last row again. */
#define OCT_ROW(i) ((i) < OCT_MR ? (i) : OCT_MR - 1)
#define OCT_ROWS_FROM(i) OCT_ROW(i), OCT_ROW(i + 1), OCT_ROW(i + 2), OCT_ROW(i + 3)
#if OCT_MR <= 8
#define OCT_PER_ROW(type) OCT_JOIN(type, 8)
#define OCT_ROW_LANES (OCT_PER_ROW(int))(OCT_ROWS_FROM(0), OCT_ROWS_FROM(4))
#else
#define OCT_PER_ROW(type) OCT_JOIN(type, 16)
#define OCT_ROW_LANES                                                                              \
    (OCT_PER_ROW(int))(OCT_ROWS_FROM(0), OCT_ROWS_FROM(4), OCT_ROWS_FROM(8), OCT_ROWS_FROM(12))
#endif

#define OCT_LOCATED (OCT_MR < 16 ? OCT_MR : 16) /* rows that such lanes are for */

/* n / d for n >= 0, with by = {ceil(2^(31 + s) / d), s}, s = ceil(log2(d)): exact (Granlund and
 * Montgomery, 1994). */
OCT_INLINE OCT_PER_ROW(int) rows_divide(OCT_PER_ROW(int) n, uint2 by)
{
    const OCT_PER_ROW(uint) positive = OCT_JOIN(as_, OCT_PER_ROW(uint))(n);
    const OCT_PER_ROW(ulong) product =
        OCT_JOIN(convert_, OCT_PER_ROW(ulong))(positive) * (ulong)by.x;
    const OCT_PER_ROW(uint) high = OCT_JOIN(convert_, OCT_PER_ROW(uint))(product >> 31UL);
    return OCT_JOIN(as_, OCT_PER_ROW(int))(high >> by.y);
}

/* The same for one. */
OCT_INLINE int divide_int(int n, uint2 by)
{
    return (int)((uint)((ulong)(uint)n * by.x >> 31) >> by.y);
}

/* What kernel conv2d computes, of a group: */
typedef struct {
    global const uchar *a, *pad;
    global const uint *b;
    global const int *offset;
    int m, h, w, oh, ow;
    uint2 by_image, by_line;
    int kh, kw, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int cw, k_words; /* of a tap, of a window */
    int a_pixel, a_line, a_image, c_image, c_row;
} oct_convolution;

#if OCT_BLOCKS

/* A work-group's block. */
OCT_INLINE void conv2d_block(oct_convolution conv, oct_part part, oct_output out, int strip_rows,
                             int panels, local oct_shared *shared)
{
    /* locate tile */
    const oct_block block = group_block(conv.m, strip_rows, panels);
    const oct_place place = group_place();
    const oct_walk walk = {
        .y_end = conv.kh * conv.dilation_h,
        .x_end = conv.kw * conv.dilation_w,
        .dilation_h = conv.dilation_h,
        .dilation_w = conv.dilation_w,
        .cw = conv.cw,
        .h = conv.h,
        .w = conv.w,
        .a_line = conv.a_line,
        .a_pixel = conv.a_pixel,
        .pad = conv.pad,
        .quads =
            ((size_t)conv.a | (size_t)conv.pad | conv.a_pixel | conv.cw * 4) % sizeof(uint4) == 0};
    oct_sources sources;
    FOR_TILE (turn, OCT_A_TURNS) {
        const int index = min(block.row + source_row(place, turn), conv.m - 1);
        const int image = divide_int(index, conv.by_image);
        const int pixel = index - image * (conv.oh * conv.ow);
        const int line = divide_int(pixel, conv.by_line);
        sources.y[turn] = line * conv.stride_h - conv.pad_top;
        sources.x[turn] = (pixel - line * conv.ow) * conv.stride_w - conv.pad_left;
        sources.origin[turn] = conv.a + (long)image * conv.a_image +
                               (long)sources.y[turn] * conv.a_line +
                               (long)sources.x[turn] * conv.a_pixel;
    }
    const int column = block.panel * OCT_PANEL + place.column;

    /* clear accumulators; loop over k: load, multiply */
    oct_ints acc[OCT_MR][OCT_NV];
    group_multiply(acc, conv.offset + column, &sources, walk,
                   conv.b + (size_t)block.panel * OCT_PANEL * conv.k_words, conv.k_words, part,
                   shared, place);

    /* correct zero points and add bias, requantize and store */
    oct_row row[OCT_MR];
    FOR_TILE (r, OCT_MR) {
        const int index = block.row + place_row(place, r), image = divide_int(index, conv.by_image);
        row[r].index = index;
        row[r].base = (size_t)image * conv.c_image +
                      (size_t)(index - image * (conv.oh * conv.ow)) * conv.c_row;
        row[r].sum = group_sum(shared, place, r);
    }
    group_store(acc, row, conv.m, output_from(out, column));
}

#elif OCT_WINDOW_STEP

/* A work-item's share, whole lines. A tile is neighbours of a line, whose last one overlaps the one
 * before if it must. */
OCT_INLINE void conv2d_lines(oct_convolution conv, oct_share share, oct_output out)
{
    const int run = conv.kw * conv.cw, down = conv.dilation_h * conv.a_line;
    for (int index = share.row; index < share.row_end; index += conv.ow) {
        const int image = divide_int(index, conv.by_image);
        const int y = divide_int(index, conv.by_line) - image * conv.oh;
        global const uchar *line =
            conv.a + (size_t)image * conv.a_image + (size_t)y * conv.stride_h * conv.a_line;
        for (int x = 0; x < conv.ow; x += OCT_MR) {
            /* locate tile */
            const int first = min(x, conv.ow - OCT_MR);
            global const uchar *words[OCT_MR];
            oct_row row[OCT_MR];
            const size_t base =
                (size_t)image * conv.c_image + (size_t)(y * conv.ow + first) * conv.c_row;
            FOR_TILE (r, OCT_MR) {
                words[r] = line + (first + r) * OCT_WINDOW_STEP;
                row[r].index = index + first + r;
                row[r].base = base + (size_t)r * conv.c_row;
                row[r].sum = 0;
            }
            for (int tap = 0; tap < (OCT_SUMS ? conv.kh : 0); ++tap) {
                tile_sum(row, words, run);
                FOR_TILE (r, OCT_MR)
                    words[r] += down;
            }
            for (int column = share.column; column < share.column_end; column += OCT_NR) {
                global const uint *panel = conv.b + (size_t)column * conv.k_words;

                /* clear accumulators */
                oct_ints acc[OCT_MR][OCT_NV];
                tile_clear(acc, conv.offset + column, row);

                /* loop over k: load, multiply */
                global const uchar *window = line + first * OCT_WINDOW_STEP;
                for (int tap = 0; tap < conv.kh; ++tap) {
                    FOR_TILE (r, OCT_MR)
                        words[r] = window + r * OCT_WINDOW_STEP;
                    tile_multiply(acc, words, panel, run);
                    window += down;
                    panel += (size_t)run * OCT_NR;
                }

                /* correct zero points and add bias, requantize and store */
                tile_store(acc, row, OCT_MR, output_from(out, column));
            }
        }
    }
}

#else

/* Where the windows of a tile's rows lie. */
typedef struct {
    OCT_PER_ROW(int) y, x;    /* of tap 0, which may be outside the image */
    OCT_PER_ROW(long) origin; /* its words: bytes from a                  */
    bool lines;               /* taps of a line lie side by side: one run of words */
} oct_windows;

/* Words of the tap at (y, x) of each window, `pad` where that is outside the image. */
OCT_INLINE void window_words(global const uchar *words[OCT_LOCATED], oct_windows at, int y, int x,
                             oct_convolution conv)
{
    const OCT_PER_ROW(uint) tap_y = OCT_JOIN(as_, OCT_PER_ROW(uint))(at.y + y);
    const OCT_PER_ROW(uint) tap_x = OCT_JOIN(as_, OCT_PER_ROW(uint))(at.x + x);
    const OCT_PER_ROW(int) any_x = at.lines ? -1 : 0;
    const OCT_PER_ROW(int) inside = (tap_y < (uint)conv.h) & ((tap_x < (uint)conv.w) | any_x);
    global const uchar *a = conv.a + (long)y * conv.a_line + (long)x * conv.a_pixel;
    FOR_TILE (r, OCT_LOCATED)
        words[r] = !OCT_PADDING || ((const int *)&inside)[r] ? a + ((const long *)&at.origin)[r]
                                                             : conv.pad;
}

/* The windows of rows from `first` on, and what the epilogue needs of them; rows that do not exist are
 * the last one again. */
OCT_INLINE oct_windows locate_windows(oct_row row[OCT_LOCATED], int first, oct_convolution conv)
{
    const OCT_PER_ROW(int) last = conv.m - 1, index = min(first + OCT_ROW_LANES, last);
    const OCT_PER_ROW(int) image = rows_divide(index, conv.by_image);
    const OCT_PER_ROW(int) pixel = index - image * (conv.oh * conv.ow);
    const OCT_PER_ROW(int) line = rows_divide(pixel, conv.by_line);
    oct_windows at;
    at.y = line * conv.stride_h - conv.pad_top;
    at.x = (pixel - line * conv.ow) * conv.stride_w - conv.pad_left;
    at.origin = OCT_JOIN(convert_, OCT_PER_ROW(long))(image) * conv.a_image +
                OCT_JOIN(convert_, OCT_PER_ROW(long))(at.y) * conv.a_line +
                OCT_JOIN(convert_, OCT_PER_ROW(long))(at.x) * conv.a_pixel;
    const bool within = OCT_PADDING ? all((at.x >= 0) & (at.x <= conv.w - conv.kw)) : true;
    at.lines = within && conv.dilation_w == 1 && conv.a_pixel == conv.cw * 4;
    const OCT_PER_ROW(long) base = OCT_JOIN(convert_, OCT_PER_ROW(long))(image) * conv.c_image +
                                   OCT_JOIN(convert_, OCT_PER_ROW(long))(pixel) * conv.c_row;
    FOR_TILE (r, OCT_LOCATED) {
        row[r].index = first + r;
        row[r].base = ((const long *)&base)[r];
        row[r].sum = 0;
    }
    return at;
}

#if OCT_AMX

/* What is to be held of so many windows. */
OCT_INLINE void held_windows(oct_held *held, int first, int rows, oct_windows at,
                             oct_convolution conv)
{
    const int run = at.lines ? conv.kw * conv.cw : conv.cw;
    const int y_end = conv.kh * conv.dilation_h;
    const int x_end = at.lines ? 1 : conv.kw * conv.dilation_w;
    int word = 0;
    for (int y = 0; y < y_end; y += conv.dilation_h) {
        for (int x = 0; x < x_end; x += conv.dilation_w, word += run) {
            const int begin = max(held->begin, word), end = min(held->end, word + run);
            global const uchar *words[OCT_LOCATED];
            if (begin >= end)
                continue;
            window_words(words, at, y, x, conv);
            for (int r = 0; r < rows; ++r)
                copy_words(held_row(held, first + r) + begin - held->begin,
                           words[r] + 4 * (begin - word), end - begin);
        }
    }
}

/* A work-item's share. */
OCT_INLINE void conv2d_tiles(oct_convolution conv, oct_share share, oct_output out)
{
    const int steps = count_steps(conv.k_words);
    oct_amx amx;
    oct_held held;
    amx_begin(&amx, min(conv.k_words, 16));
    for (int first = share.row; first < share.row_end; first += OCT_MR) {
        /* locate tile */
        const int rows = min(share.row_end - first, OCT_MR);
        oct_row row[OCT_MR];
        oct_windows at[OCT_MR / OCT_LOCATED];
        FOR_TILE (i, OCT_MR / OCT_LOCATED)
            at[i] = locate_windows(row + i * OCT_LOCATED, first + i * OCT_LOCATED, conv);
        for (int column = share.column; column < share.column_end; column += OCT_NR) {
            /* clear accumulators; loop over k: load, multiply */
            oct_ints acc[OCT_MR][OCT_NV];
            for (int step = 0; step < steps; step += OCT_HELD) {
                if (column == share.column || steps > OCT_HELD) {
                    held_begin(&held, step, conv.k_words);
                    for (int i = 0; i < rows; i += OCT_LOCATED)
                        held_windows(&held, i, min(rows - i, OCT_LOCATED), at[i / OCT_LOCATED],
                                     conv);
                    held_end(&held, row, rows, column == share.column);
                }
                held_multiply(&amx, acc, &held, rows, conv.b + (size_t)column * conv.k_words,
                              out.columns - column, conv.k_words, step > 0);
            }

            /* correct zero points and add bias, requantize and store */
            held_store(acc, conv.offset + column, row, rows, output_from(out, column));
        }
    }
    amx_end();
}

#else

/* A work-item's share. */
OCT_INLINE void conv2d_tiles(oct_convolution conv, oct_share share, oct_output out)
{
    for (int first = share.row; first < share.row_end; first += OCT_MR) {
        /* locate tile */
        oct_row row[OCT_MR];
        const oct_windows at = locate_windows(row, first, conv);
        const int run = at.lines ? conv.kw * conv.cw : conv.cw;
        const int y_end = conv.kh * conv.dilation_h,
                  x_end = at.lines ? 1 : conv.kw * conv.dilation_w;
        global const uchar *words[OCT_MR];
        for (int y = 0; y < (OCT_SUMS ? y_end : 0); y += conv.dilation_h) {
            for (int x = 0; x < x_end; x += conv.dilation_w) {
                window_words(words, at, y, x, conv);
                tile_sum(row, words, run);
            }
        }
        for (int column = share.column; column < share.column_end; column += OCT_NR) {
            global const uint *panel = conv.b + (size_t)column * conv.k_words;

            /* clear accumulators */
            oct_ints acc[OCT_MR][OCT_NV];
            tile_clear(acc, conv.offset + column, row);

            /* loop over k: load, multiply */
            for (int y = 0; y < y_end; y += conv.dilation_h) {
                for (int x = 0; x < x_end; x += conv.dilation_w) {
                    window_words(words, at, y, x, conv);
                    tile_multiply(acc, words, panel, run);
                    panel += (size_t)run * OCT_NR;
                }
            }

            /* correct zero points and add bias, requantize and store */
            tile_store(acc, row, conv.m - first, output_from(out, column));
        }
    }
}

#endif
#endif

/*
 * Implicit GEMM over NHWC words: row = output pixel, k = (tap, word of the group's channels). A tap
 * outside the image reads `pad`, kw pixels that hold z_x; there, too, unused bytes are 0.
 * a_pixel, a_line, a_image: bytes between pixels, lines of pixels, images.
 * by_image, by_line: divisors oh * ow and ow as in rows_divide.
 * Global size: as of gemm, with m = images * oh * ow and the groups for a batch: of a row of c, each
 * part of each has n columns.
 */
kernel __attribute__((reqd_work_group_size(OCT_ITEMS, 1, 1), OCT_HINT)) void
conv2d(global const uchar *a, global const uint *b, global oct_result *c, global const int *offset,
       global const uchar *multiplier, global const float *bias, global const int *w_zero,
       global const uchar *pad, global const uchar *other, global const uchar *table, int images,
       int h, int w, int oh, int ow, uint2 by_image, uint2 by_line, int kh, int kw, int stride_h,
       int stride_w, int dilation_h, int dilation_w, int pad_top, int pad_left, int cw,
       int part_words, int a_pixel, int a_line, int a_image, int n, int c_image, int c_row,
       int c_col, int column_stride, int lo, int hi, int z_y, int relu, float4 sum, int sum_lo,
       int sum_hi, int share_rows, int share_panels)
{
    const int m = images * oh * ow, k_words = kh * kw * cw;
    const oct_part part = locate_part(get_global_id(2), k_words, part_words);
    const size_t group = part.outer, columns = group * column_stride;
    const oct_output out = {.c = c + get_global_id(2) * n * c_col,
                            .c_col = c_col,
                            .columns = n,
                            .multiplier = multiplier + columns * OCT_SCALE_BYTES,
                            .multiplier_row = 0,
                            .bias = bias + columns,
                            .w_zero = w_zero + columns,
                            .lo = lo,
                            .hi = hi,
                            .z_y = z_y,
                            .relu = relu,
                            .other = other + group * n * c_col,
                            .sum = sum,
                            .sum_lo = sum_lo,
                            .sum_hi = sum_hi,
                            .table = table};
    const oct_convolution conv = {.a = a + group * cw * 4,
                                  .pad = pad + group * cw * 4,
                                  .b = b + columns * k_words,
                                  .offset = offset + columns,
                                  .m = m,
                                  .h = h,
                                  .w = w,
                                  .oh = oh,
                                  .ow = ow,
                                  .by_image = by_image,
                                  .by_line = by_line,
                                  .kh = kh,
                                  .kw = kw,
                                  .stride_h = stride_h,
                                  .stride_w = stride_w,
                                  .dilation_h = dilation_h,
                                  .dilation_w = dilation_w,
                                  .pad_top = pad_top,
                                  .pad_left = pad_left,
                                  .cw = cw,
                                  .k_words = k_words,
                                  .a_pixel = a_pixel,
                                  .a_line = a_line,
                                  .a_image = a_image,
                                  .c_image = c_image,
                                  .c_row = c_row};
#if OCT_BLOCKS
    local oct_shared shared;
    conv2d_block(conv, part, out, share_rows, share_panels, &shared);
#else
    const oct_share share =
        locate_share(get_global_id(0), get_global_id(1), m, n, share_rows, share_panels);
#if OCT_WINDOW_STEP
    conv2d_lines(conv, share, out);
#else
    conv2d_tiles(conv, share, out);
#endif
#endif
}

#endif

#if OCT_BUILD_FINISH_PARTS || OCT_BUILD_ALL

/*
 * The end of gemm and conv2d where k was split: c = requantize(offset + the parts' sums), which lie
 * as [row][batch or group][part][padded]. OCT_CORRECT is 0, or 2: the weights' zero points were a
 * matter of the parts. Rows are images of `pixels` rows.
 * Global size: (any, m, batch or groups): work-items share a row's columns.
 */
kernel void finish_parts(global const int *sums, global oct_result *c, global const int *offset,
                         global const uchar *multiplier, global const float *bias,
                         global const int *row_zero, global const float *row_scale,
                         global const int *column_sum, global const uchar *other,
                         global const uchar *table, int parts, int n, int padded, int pixels,
                         int c_outer, int c_image, int c_row, int c_col, int column_stride,
                         int multiplier_row, int lo, int hi, int z_y, int relu, float4 sum,
                         int sum_lo, int sum_hi)
{
    const size_t index = get_global_id(1), m = get_global_size(1), outer = get_global_id(2);
    const size_t columns = outer * column_stride;
    const oct_row row = {.index = index,
                         .base = index / pixels * c_image + index % pixels * c_row,
                         .zero = OCT_CORRECT & 2 ? row_zero[outer * m + index] : 0,
                         .scale = OCT_ROW_SCALE ? row_scale[outer * m + index] : 0.0f};
    const oct_output out = {.c = c + outer * c_outer,
                            .c_col = c_col,
                            .columns = n,
                            .multiplier = multiplier + columns * OCT_SCALE_BYTES,
                            .multiplier_row = multiplier_row,
                            .bias = bias + columns,
                            .column_sum = column_sum + columns,
                            .lo = lo,
                            .hi = hi,
                            .z_y = z_y,
                            .relu = relu,
                            .other = other + outer * c_outer,
                            .sum = sum,
                            .sum_lo = sum_lo,
                            .sum_hi = sum_hi,
                            .table = table};
    sums += (index * get_global_size(2) + outer) * parts * padded;
    for (int column = get_global_id(0) * OCT_NR; column < n;
         column += get_global_size(0) * OCT_NR) {
        oct_ints acc[OCT_NV];
        FOR_TILE (v, OCT_NV)
            acc[v] = oct_load(v, offset + columns + column);
        for (int part = 0; part < parts; ++part)
            FOR_TILE (v, OCT_NV)
                acc[v] = oct_add(acc[v], oct_load(v, sums + (size_t)part * padded + column));
        oct_scale scale[OCT_NV];
        load_scales(scale, row, output_from(out, column));
        store_row(acc, row, scale, output_from(out, column), false);
    }
}

#endif

#if OCT_BUILD_DEPTHWISE || OCT_BUILD_ALL

#define OCT_STACKS ((OCT_KH + OCT_KG - 1) / OCT_KG)
#define OCT_LINE ((OCT_MR - 1) * OCT_SW + (OCT_KW - 1) * OCT_DW + 1)

/* Columns of the image that a tile shares with the one before, and pixels that it begins for the next. */
#define OCT_LEAD (OCT_LINE > OCT_MR * OCT_SW ? OCT_LINE - OCT_MR * OCT_SW : 0)
#define OCT_BEGUN ((OCT_LINE - 1) / OCT_SW + 1 - OCT_MR)

/* NV vectors of NR values at p, one per channel; in the order of x86_stack where there is one. */
OCT_INLINE void load_channels(oct_uints v[OCT_NV], global const uint *p)
{
#if OCT_STACKED
    FOR_TILE (i, OCT_NV) {
        global const uint *q = p + 4 * i;
#if OCT_LANES == 16
        v[i] = (oct_uints)(vload4(0, q), vload4(4, q), vload4(8, q), vload4(12, q));
#else
        v[i] = (oct_uints)(vload4(0, q), vload4(4, q));
#endif
    }
#else
    FOR_TILE (i, OCT_NV)
        v[i] = oct_load(i, p);
#endif
}

/* OCT_LANES bytes; GPUs load them at once only if they know them to be aligned. */
OCT_INLINE OCT_VECTOR(uchar) load_lanes(global const uchar *p, bool aligned)
{
    return OCT_ITEMS > 1 && aligned ? *(global const OCT_VECTOR(uchar) *)p : oct_load(0, p);
}

/* Stacks one pixel of OCT_KG lines: a word per channel. */
OCT_INLINE void stack_pixels(oct_uints words[OCT_NV], global const uchar *const pixel[OCT_KG],
                             bool aligned)
{
#if OCT_STACKED
    oct_uints line[4];
    FOR_TILE (i, 4) {
        const oct_chunk bytes = ((global const oct_packed_chunk *)pixel[i])->v;
        line[i] = oct_as_uints(bytes) ^ (OCT_SWAP ? 0x80808080 : 0);
    }
    x86_stack(words, line[0], line[1], line[2], line[3]);
#else
    FOR_TILE (v, OCT_NV) {
        words[v] = 0;
        FOR_TILE (i, OCT_KG) {
            const OCT_VECTOR(uchar) bytes = load_lanes(pixel[i] + v * OCT_LANES, aligned);
#if OCT_PAIRS && OCT_A_SIGNED
            const oct_ints values =
                OCT_JOIN(convert_, oct_ints)(OCT_JOIN(as_, OCT_VECTOR(char))(bytes));
            const oct_uints x = oct_as_uints(values) & 0xffff;
#else
            const oct_uints x = OCT_JOIN(convert_, oct_uints)(bytes);
#endif
            words[v] |= x << (uint)(i * 32 / OCT_KG);
        }
        words[v] ^= OCT_SWAP ? 0x80808080 : 0;
    }
#endif
}

/* The lines that windows see of the image: OCT_KH, from a column on. */
typedef struct {
    global const uchar *line[OCT_KH];
    int step[OCT_KH]; /* bytes between pixels, 0 in padding */
    global const uchar *pad;
    int x, w; /* the column in the image, and the image's */
    bool aligned;
} oct_lines;

/* acc[r] += column q of the lines, for each pixel r whose window holds it; the first begins the sums. */
OCT_INLINE void add_column(oct_ints acc[OCT_MR + OCT_BEGUN][OCT_NV], const oct_uints start[OCT_NV],
                           const oct_uints weight[OCT_STACKS][OCT_KW][OCT_NV],
                           const oct_lines *lines, int q)
{
    const bool inside = (uint)(lines->x + q) < (uint)lines->w;
    FOR_TILE (s, OCT_STACKS) {
        global const uchar *pixel[OCT_KG];
        FOR_TILE (i, OCT_KG) { /* lines beyond the kernel meet zero weights */
            const int l = min(s * OCT_KG + i, OCT_KH - 1);
            pixel[i] = inside ? lines->line[l] + q * lines->step[l] : lines->pad;
        }
        oct_uints words[OCT_NV];
        stack_pixels(words, pixel, lines->aligned);
        FOR_TILE (kx, OCT_KW) {
            const int r = (q - kx * OCT_DW) / OCT_SW;
            if (q == r * OCT_SW + kx * OCT_DW && r >= 0)
                FOR_TILE (v, OCT_NV)
                    acc[r][v] = oct_dot(s + kx == 0 ? oct_as_ints(start[v]) : acc[r][v], words[v],
                                        weight[s][kx][v]);
        }
    }
}

/* Requantizes and stores pixel `at` of the output's line that begins with pixel `first`, if it exists. */
OCT_INLINE void store_pixel(const oct_ints acc[OCT_NV], int first, int at, int ow, int c_row,
                            const oct_scale scale[OCT_NV], oct_output out)
{
    const oct_row row = {.index = 0, .base = (size_t)(first + at) * c_row};
    if (at < ow)
        store_row(acc, row, scale, out, OCT_STACKED);
}

/*
 * groups == channels: every channel has its own filter. x is NHWC bytes, `pad` a pixel of z_x. A
 * word stacks OCT_KG vertically adjacent taps, so one column of the image serves every pixel whose
 * window holds it. weights: [stack of lines][kernel column][channel] words, channels padded to
 * whole tiles. A tile is OCT_MR pixels of one output line by OCT_NR channels; channels >= OCT_NR,
 * and the last tile overlaps the one before if it must.
 * Global size: (work-items for the channels, ceil(oh / lines_per_item) * ceil(ow / pixels_per_item),
 * images); neighbours share their pixels' lines. pixels_per_item % OCT_MR == 0.
 */
kernel __attribute__((reqd_work_group_size(OCT_GN, OCT_GM, 1), OCT_HINT)) void
depthwise(global const uchar *x, global const uint *weights, global oct_result *c,
          global const int *offset, global const uchar *multiplier, global const float *bias,
          global const uchar *pad, global const uchar *table, int h, int w, int oh, int ow,
          int stride_h, int dilation_h, int pad_top, int pad_left, int channels, int x_image,
          int x_line, int x_pixel, int c_image, int c_row, int c_col, int lo, int hi, int z_y,
          int relu, int lines_per_item, int pixels_per_item)
{
    const int image = get_global_id(2), spans = (ow + pixels_per_item - 1) / pixels_per_item;
    const int line_begin = get_global_id(1) / spans * lines_per_item;
    const int line_end = line_begin + min(lines_per_item, oh - line_begin);
    const int span_begin = get_global_id(1) % spans * pixels_per_item;
    const int span_end = span_begin + min(pixels_per_item, ow - span_begin);
    const int padded = (channels + OCT_NR - 1) / OCT_NR * OCT_NR;
    const bool aligned = ((size_t)x | (size_t)pad | x_pixel | channels) % OCT_LANES == 0;

    for (int block = get_global_id(0) * OCT_NR; block < channels;
         block += get_global_size(0) * OCT_NR) {
        const int channel = min(block, channels - OCT_NR);
        const oct_output out = {.c = c + (size_t)image * c_image + (size_t)channel * c_col,
                                .c_col = c_col,
                                .columns = OCT_NR,
                                .multiplier = multiplier + (size_t)channel * OCT_SCALE_BYTES,
                                .bias = bias + channel,
                                .lo = lo,
                                .hi = hi,
                                .z_y = z_y,
                                .relu = relu,
                                .table = table};
        oct_uints start[OCT_NV], weight[OCT_STACKS][OCT_KW][OCT_NV];
        load_channels(start, (global const uint *)offset + channel);
        FOR_TILE (s, OCT_STACKS)
            FOR_TILE (kx, OCT_KW)
                load_channels(weight[s][kx],
                              weights + (size_t)(s * OCT_KW + kx) * padded + channel);
        oct_scale scale[OCT_NV];
#if OCT_STACKED
        load_channels((oct_uints *)scale, (global const uint *)multiplier + channel);
#else
        const oct_row any = {.index = 0};
        load_scales(scale, any, out);
#endif

        for (int y = line_begin; y < line_end; ++y) {
            /* locate tile */
            oct_lines lines = {.pad = pad + channel,
                               .x = span_begin * OCT_SW - pad_left,
                               .w = w,
                               .aligned = aligned};
            FOR_TILE (i, OCT_KH) {
                const int iy = y * stride_h - pad_top + i * dilation_h;
                const bool inside = (uint)iy < (uint)h;
                lines.step[i] = inside ? x_pixel : 0;
                lines.line[i] =
                    (inside ? x + (size_t)image * x_image + (size_t)iy * x_line : pad) + channel;
                lines.line[i] += (long)lines.x * lines.step[i];
            }
            oct_ints acc[OCT_MR + OCT_BEGUN][OCT_NV];
            FOR_TILE (q, OCT_LEAD)
                add_column(acc, start, weight, &lines, q);
            for (int first = span_begin; first < span_end; first += OCT_MR) {
                FOR_TILE (q, OCT_MR * OCT_SW) /* what the next tile is the first to see */
                    oct_prefetch(lines.line[OCT_KH - 1] + (OCT_LINE + q) * lines.step[OCT_KH - 1]);

                /* clear accumulators; loop over k: load, multiply; requantize and store each pixel,
                 * while the column after its window is multiplied */
                FOR_TILE (i, OCT_LINE - OCT_LEAD) {
                    const int q = OCT_LEAD + i, ended = q - 1 - (OCT_KW - 1) * OCT_DW;
                    add_column(acc, start, weight, &lines, q);
                    if (ended >= 0 && ended % OCT_SW == 0)
                        store_pixel(acc[ended / OCT_SW], y * ow, first + ended / OCT_SW, ow, c_row,
                                    scale, out);
                }
                store_pixel(acc[OCT_MR - 1], y * ow, first + OCT_MR - 1, ow, c_row, scale, out);
                FOR_TILE (r, OCT_BEGUN)
                    FOR_TILE (v, OCT_NV)
                        acc[r][v] = acc[OCT_MR + r][v];
                lines.x += OCT_MR * OCT_SW;
                FOR_TILE (i, OCT_KH)
                    lines.line[i] += OCT_MR * OCT_SW * lines.step[i];
            }
        }
    }
}

#endif
/* §7 Packing, sums, quantize, reduce ---------------------------------------------------------- */

/*
 * Bytes are u8 or s8: `sign` is 0 for u8 and 0x80 for s8, and the number in a byte is
 * (byte ^ sign) - sign. While packing, `flip` is 0x80 where u8 becomes s8 or s8 becomes u8, else 0,
 * and `sign` is the type after the flip. Pairs are never flipped.
 */

/* Unaligned, and yet stored at once: compilers split a vstore of bytes. */
typedef struct __attribute__((packed)) {
    uchar16 v;
} oct_packed_bytes;
typedef struct __attribute__((packed)) {
    short16 v;
} oct_packed_shorts;
typedef struct __attribute__((packed)) {
    uint16 v;
} oct_packed_words;

/* A word of `count` neighbouring values, where OCT_KG bytes may be read; the rest of it is 0. Pairs
 * hold the numbers less `zero`. */
OCT_INLINE uint pack_neighbours(global const uchar *src, int count, int flip, int sign, int zero)
{
#if OCT_PAIRS
    const ushort low = (src[0] ^ sign) - sign - zero, high = (src[1] ^ sign) - sign - zero;
    const uint word = low | (uint)high << 16;
#else
    const uint word = as_uint(vload4(0, src)) ^ flip * 0x01010101u;
#endif
    return word & 0xffffffffu >> (32 - 32 / OCT_KG * min(count, OCT_KG));
}

/* The same of values `stride` bytes apart; no more than `count` bytes are read. */
OCT_INLINE uint pack_word(global const uchar *src, int count, int stride, int flip, int sign,
                          int zero)
{
    if (!OCT_PAIRS && stride == 1 && count >= OCT_KG)
        return pack_neighbours(src, OCT_KG, flip, sign, zero);
    uint word = 0;
    FOR_TILE (i, OCT_KG) {
        if (i < count) {
            const int x = src[(size_t)i * stride];
            const uint value = OCT_PAIRS ? (ushort)((x ^ sign) - sign - zero) : x ^ flip;
            word |= value << (i * 32 / OCT_KG);
        }
    }
    return word;
}

/* The sum of a word's values. */
OCT_INLINE int word_sum(uint word, int sign)
{
#if OCT_PAIRS
    return as_short2(word).x + as_short2(word).y;
#else
    const uint bytes = word ^ sign * 0x01010101u;
    const uint sums = (bytes & 0xff00ff) + (bytes >> 8 & 0xff00ff);
    return (int)(sums & 0xffff) + (int)(sums >> 16) - 4 * sign;
#endif
}

#if OCT_BUILD_PACK_ROWS || OCT_BUILD_ALL

/* Stores values c to c + 15 of a row. */
OCT_INLINE void pack_values(global const uchar *src, global uint *dst, int c, int sign, int zero)
{
    const uchar16 x = vload16(0, src + c);
    if (OCT_PAIRS)
        ((global oct_packed_shorts *)((global short *)dst + c))->v =
            convert_short16(x ^ (uchar)sign) - (short)(sign + zero);
    else
        ((global oct_packed_bytes *)((global uchar *)dst + c))->v = x;
}

/* Four rows of three neighbouring values: pixels of an image. Reads 16 bytes. */
OCT_INLINE void pack_pixels(global const uchar *src, global uint *dst, int sign, int zero)
{
    const uchar4 pixel = (uchar4)(255, 255, 255, 0);
    const uchar16 pixels = (uchar16)(pixel, pixel, pixel, pixel);
    const uchar16 x = ((global const oct_packed_bytes *)src)->v;
    const uchar16 rows = x.s0120345067809ab0 & pixels;
    const short4 exists = (short4)(-1, -1, -1, 0);
    if (OCT_PAIRS)
        ((global oct_packed_shorts *)dst)->v =
            (convert_short16(rows ^ (uchar)sign) - (short)(sign + zero)) &
            (short16)(exists, exists, exists, exists);
    else
        ((global oct_packed_bytes *)dst)->v = rows;
}

/* One row. With `spare`, its values are neighbours and bytes beyond them may be read. */
OCT_INLINE void pack_row(global const uchar *src, global uint *dst, int channels,
                         int channel_stride, bool spare, int sign, int zero)
{
    int c = 0;
    if (channel_stride == 1)
        for (; c + 16 <= channels; c += 16)
            pack_values(src, dst, c, sign, zero);
    for (; c < channels; c += OCT_KG) {
        global const uchar *p = src + (size_t)c * channel_stride;
        dst[c / OCT_KG] = spare ? pack_neighbours(p, channels - c, 0, sign, zero)
                                : pack_word(p, channels - c, channel_stride, 0, sign, zero);
    }
}

/* A word of each of sixteen rows that are one byte apart. */
OCT_INLINE uint16 pack_words(global const uchar *src, int count, int channel_stride, int sign,
                             int16 zero)
{
    uint16 words = 0;
    FOR_TILE (i, OCT_KG) {
        if (i < count) {
            const uchar16 x = vload16(0, src + (size_t)i * channel_stride);
            const int16 v = convert_int16(x ^ (uchar)sign) - sign - zero;
            words |= (OCT_PAIRS ? as_uint16(v) & 0xffff : convert_uint16(x)) << (i * 32 / OCT_KG);
        }
    }
    return words;
}

/* Sixteen rows that are one byte apart. Words go through a tile, so that each row is stored sixteen
 * words at a time: rows a power of two apart share cache sets. */
OCT_INLINE void pack_rows16(global const uchar *src, global uint *dst, int channels,
                            int channel_stride, int row_words, int sign, int16 zero)
{
    for (int c = 0; c < channels; c += 16 * OCT_KG) {
        const int words = min(16, (channels - c + OCT_KG - 1) / OCT_KG);
        uint tile[16][16];
        for (int w = 0; w < words; ++w) {
            const int first = c + w * OCT_KG;
            const uint16 word = pack_words(src + (size_t)first * channel_stride, channels - first,
                                           channel_stride, sign, zero);
            FOR_TILE (r, 16)
                tile[r][w] = ((const uint *)&word)[r];
        }
        for (int r = 0; r < 16; ++r) {
            global uint *row = dst + (size_t)r * row_words + c / OCT_KG;
            if (words == 16)
                ((global oct_packed_words *)row)->v = vload16(0, tile[r]);
            else
                for (int w = 0; w < words; ++w)
                    row[w] = tile[r][w];
        }
    }
}

/*
 * Packs activations: each pixel of each line becomes a row of dst that holds, for each group, its
 * `channels` values as ceil(channels / OCT_KG) = cw words; what is left of the last word is 0. For a
 * matrix: one line, pixels = m, channels = k, one group. Strides of src count bytes, row_words words
 * of dst; pixel 0 of a line goes to row image * image_rows + first_row + line * line_rows.
 * row_zero[row * zero_step] is read for pairs only.
 * Global size: (ceil(pixels / items), groups, images * lines).
 */
kernel void pack_rows(global const uchar *src, global uint *dst, global const int *row_zero,
                      int pixels, int lines, int channels, int cw, int image_stride,
                      int line_stride, int pixel_stride, int channel_stride, int image_rows,
                      int line_rows, int first_row, int row_words, int sign, int zero_step,
                      int items)
{
    /* locate rows */
    const size_t image = get_global_id(2) / lines, line = get_global_id(2) % lines;
    const int group = get_global_id(1);
    const int first = get_global_id(0) * items;
    const int count = min(items, pixels - first);
    const size_t row = image * image_rows + first_row + line * line_rows + first;
    src += image * image_stride + line * line_stride + (size_t)first * pixel_stride +
           (size_t)group * channels * channel_stride;
    dst += row * row_words + (size_t)group * cw;
    row_zero += row * zero_step;

    /* sixteen rows at a time, the last of them perhaps twice; or four pixels; else row by row */
    const bool by_sixteen = pixel_stride == 1 && channel_stride != 1 && count >= 16;
    const bool by_four = channels == 3 && channel_stride == 1 && pixel_stride == 3 &&
                         row_words * OCT_KG == 4 && !zero_step;
    int r = 0;
    while (by_sixteen && r < count) {
        const int start = min(r, count - 16);
        int16 zero = 0;
        if (OCT_PAIRS)
            zero = zero_step ? vload16(0, row_zero + start) : *row_zero;
        pack_rows16(src + start, dst + (size_t)start * row_words, channels, channel_stride,
                    row_words, sign, zero);
        r = start + 16;
    }
    for (; by_four && r + 4 <= count && first + r + 6 <= pixels; r += 4)
        pack_pixels(src + 3 * r, dst + (size_t)r * row_words, sign, OCT_PAIRS ? *row_zero : 0);
    for (; r < count; ++r) {
        const bool spare = channel_stride == 1 && first + r + OCT_KG <= pixels;
        pack_row(src + (size_t)r * pixel_stride, dst + (size_t)r * row_words, channels,
                 channel_stride, spare, sign, OCT_PAIRS ? row_zero[r * zero_step] : 0);
    }
}

#endif

#if OCT_BUILD_PACK_WEIGHTS || OCT_BUILD_ALL

/* All k words of OCT_NR columns, of which the first `exist` are not 0. `excess` is what the words in
 * memory differ in from words of s8. */
OCT_INLINE void pack_columns(global const uchar *src, global uint *dst, int *sums, int exist,
                             int taps, int channels, int column_stride, int tap_stride,
                             int channel_stride, int flip, int sign, uint excess, const int *zero)
{
    for (int tap = 0; tap < taps; ++tap) {
        for (int c = 0; c < channels; c += OCT_KG) {
            global const uchar *word_src =
                src + (size_t)tap * tap_stride + (size_t)c * channel_stride;
            for (int j = 0; j < OCT_NR; ++j) {
                const uint word = j < exist
                                      ? pack_word(word_src + (size_t)j * column_stride,
                                                  channels - c, channel_stride, flip, sign, zero[j])
                                      : 0;
                dst[j] = word ^ excess;
                sums[j] += word_sum(word, sign);
            }
            dst += OCT_PANEL;
        }
    }
}

/*
 * Packs weights: panel (outer, panel) of dst gets k words (tap, word of the channels) of OCT_PANEL
 * columns; columns from n on, and what is left of a tap's last word, hold weight 0. For a matrix:
 * taps = 1, channels = k. Strides of src count bytes. flip (0x80 for u8 weights) makes bytes of src
 * s8, as which column_sum[outer][panels * OCT_PANEL] adds them, or the values of pairs; sign is
 * 0x80, but for pairs of u8 0. Panels hold the s8 weights ^ excess: 0, or 0x80 where OCT_SWAP wants
 * weights + 128. w_zero, read for pairs only, is found as in column_terms.
 * Global size: (panels * OCT_GN, outer).
 */
kernel void pack_weights(global const uchar *src, global uint *dst, global int *column_sum,
                         global const int *w_zero, int n, int taps, int channels, int outer_stride,
                         int column_stride, int tap_stride, int channel_stride, int group,
                         int w_step, int flip, int sign, int excess)
{
    const size_t outer = get_global_id(1);
    const int column = get_global_id(0) * OCT_NR;
    const int panels = (n + OCT_PANEL - 1) / OCT_PANEL;
    const size_t k_words = (size_t)taps * ((channels + OCT_KG - 1) / OCT_KG);
    const int exist = min(n - column, OCT_NR);
    src += outer * outer_stride + (size_t)column * column_stride;
    dst += (outer * panels + column / OCT_PANEL) * k_words * OCT_PANEL + column % OCT_PANEL;
    column_sum += outer * panels * OCT_PANEL + column;

    const uint excesses = excess * 0x1010101u;
    int sums[OCT_NR] = {0}, zero[OCT_NR] = {0};
    for (int j = 0; OCT_PAIRS && j < exist; ++j)
        zero[j] = w_zero[(outer * group + column + j) * w_step];
    if (column_stride == 1 && exist == OCT_NR)
        pack_columns(src, dst, sums, OCT_NR, taps, channels, 1, tap_stride, channel_stride, flip,
                     sign, excesses, zero);
    else if (channel_stride == 1)
        pack_columns(src, dst, sums, exist, taps, channels, column_stride, tap_stride, 1, flip,
                     sign, excesses, zero);
    else
        pack_columns(src, dst, sums, exist, taps, channels, column_stride, tap_stride,
                     channel_stride, flip, sign, excesses, zero);
    for (int j = 0; j < OCT_NR; ++j)
        column_sum[j] = sums[j];
}

#endif

#if OCT_BUILD_COLUMN_TERMS || OCT_BUILD_ALL

/*
 * The arrays of columns an epilogue reads, from sums and from parameters that may have been chosen
 * on the device. With z_x = *x_zero and z_w = w_zero[..] + w_shift (-128 where u8 weights became
 * s8): column_sum = sum - k * z_w,   offset = bias + x_shift * sum - z_x * column_sum (x_shift: what
 * OCT_FLIP takes off the input),   zero = z_w,   scale = *a_scale * b_scale[..]. Channel outer * group + column has its bias, and its w_zero and b_scale at
 * channel * w_step; group is n, or 0 where every outer has the same channels; w_step is 1, or 0
 * where all channels have the same parameters. Results are [outer][padded] and 0 from column n on.
 * column_sum and scale (bits of float32) may be sum. Global size: (padded, outer).
 */
kernel void column_terms(global const int *sum, global const int *w_zero, global const int *x_zero,
                         global const int *bias, global const float *a_scale,
                         global const float *b_scale, global int *offset, global int *column_sum,
                         global int *zero, global uint *scale, int n, int k, int group, int w_step,
                         int w_shift, int x_shift)
{
    const size_t outer = get_global_id(1), column = get_global_id(0);
    const size_t i = outer * get_global_size(0) + column, channel = outer * group + column;
    const bool exists = (int)column < n;
    const uint z_x = *x_zero;
    const uint z_w = exists ? w_zero[channel * w_step] + w_shift : 0;
    const uint reduced = exists ? sum[i] - (uint)k * z_w : 0;
    offset[i] = exists ? bias[channel] + (uint)x_shift * sum[i] - z_x * reduced : 0;
    column_sum[i] = reduced;
    zero[i] = z_w;
    scale[i] = exists ? as_uint(*a_scale * b_scale[channel * w_step]) : 0;
}

#endif

#if OCT_BUILD_ROW_TERMS || OCT_BUILD_ALL

/*
 * row[i] = source[i % period]: zero points, or the bits of scales, repeated to every row there is.
 * Global size: rows.
 */
kernel void row_terms(global const int *source, global int *row, int period)
{
    const size_t i = get_global_id(0);
    row[i] = source[i % period];
}

#endif

#if OCT_BUILD_FILL_PAD || OCT_BUILD_ALL

/*
 * Words of pixels outside an image, whose zero point is found at run time: *zero in each of a group's
 * `channels` bytes, which are cw words; what is left of the last word is 0.
 * Global size: words.
 */
kernel void fill_pad(global uint *words, global const int *zero, int channels, int cw)
{
    const size_t i = get_global_id(0);
    const int left = channels - 4 * (int)(i % cw);
    const uint bytes = (uint)(*zero & 0xff) * 0x01010101u;
    words[i] = left >= 4 ? bytes : bytes & ((1u << 8 * left) - 1u);
}

#endif

#if OCT_BUILD_QUANTIZE || OCT_BUILD_AVERAGE_POOL || OCT_BUILD_FLOAT_POOL || OCT_BUILD_BINARY ||    \
    OCT_BUILD_UNARY || OCT_BUILD_SOFTMAX || OCT_BUILD_REDUCE || OCT_BUILD_INTERPOLATE ||           \
    OCT_BUILD_ALL

/* Vectors of which only `count` elements may exist in memory. */
OCT_INLINE oct_ints load_ints(global const int *p, int count)
{
    int lane[OCT_LANES] = {0};
    if (count >= OCT_LANES)
        return oct_load(0, p);
    for (int i = 0; i < count; ++i)
        lane[i] = p[i];
    return oct_load(0, lane);
}

OCT_INLINE oct_floats load_floats(global const float *p, int count)
{
    float lane[OCT_LANES] = {0};
    if (count >= OCT_LANES)
        return oct_load(0, p);
    for (int i = 0; i < count; ++i)
        lane[i] = p[i];
    return oct_load(0, lane);
}

OCT_INLINE oct_ints load_bytes(global const uchar *p, int count, int sign)
{
    uchar lane[OCT_LANES] = {0};
    if (count >= OCT_LANES)
        return (OCT_JOIN(convert_, oct_ints)(oct_load(0, p)) ^ sign) - sign;
    for (int i = 0; i < count; ++i)
        lane[i] = p[i];
    return (OCT_JOIN(convert_, oct_ints)(oct_load(0, lane)) ^ sign) - sign;
}

typedef struct __attribute__((packed)) {
    OCT_VECTOR(uchar) v;
} oct_packed_lanes;

/* The low bytes of v. */
OCT_INLINE void store_bytes(global uchar *p, oct_ints v, int count)
{
    const OCT_VECTOR(uchar) bytes = OCT_JOIN(convert_, OCT_VECTOR(uchar))(v);
    if (count >= OCT_LANES)
        ((global oct_packed_lanes *)p)->v = bytes;
    else
        for (int i = 0; i < count; ++i)
            p[i] = ((const uchar *)&bytes)[i];
}

OCT_INLINE void store_floats(global float *p, oct_floats v, int count)
{
    if (count >= OCT_LANES)
        OCT_JOIN(vstore, OCT_LANES)(v, 0, p);
    else
        for (int i = 0; i < count; ++i)
            p[i] = ((const float *)&v)[i];
}

/* Rounds to the stored values lo..hi; NaN becomes lo. */
OCT_INLINE oct_ints quantize_steps(oct_floats steps, oct_ints zero, bool half_away, int lo, int hi)
{
    const oct_floats least = OCT_JOIN(convert_, oct_floats)(lo - zero);
    const oct_floats most = OCT_JOIN(convert_, oct_floats)(hi - zero);
    const oct_floats raised = steps > least ? steps : least;
    const oct_floats bounded = raised < most ? raised : most;
    return OCT_JOIN(nearest_int, OCT_LANES)(half_away ? round(bounded) : bounded) + zero;
}

#endif

#if OCT_BUILD_QUANTIZE || OCT_BUILD_AVERAGE_POOL || OCT_BUILD_FLOAT_POOL || OCT_BUILD_BINARY ||    \
    OCT_BUILD_UNARY || OCT_BUILD_SOFTMAX || OCT_BUILD_REDUCE || OCT_BUILD_INTERPOLATE ||           \
    OCT_BUILD_SELF_TEST || OCT_BUILD_ALL

/* Values of `rule`. */
#define OCT_QUANTIZE_DIVIDE 0     /* x / scale, ties to even        */
#define OCT_QUANTIZE_RECIPROCAL 1 /* x * (1 / scale), ties to even  */
#define OCT_QUANTIZE_HALF_AWAY 2  /* x / scale, ties away from zero */

/*
 * Division as accurate as quantizing needs, on devices whose own is not correctly rounded: the
 * quotient, clamped to where it matters, plus its remainder times the reciprocal. Dividend and
 * divisor are first scaled by a power of two that keeps remainder and reciprocal normal numbers.
 */
typedef struct {
    oct_floats power, scale, reciprocal; /* scale = divisor * power, reciprocal = 1 / scale */
} oct_divisor;

/* Two Newton steps round the reciprocal correctly, but for one significand, which they leave a unit
 * too low. Zero, infinity and NaN stay what they are. */
OCT_INLINE oct_divisor divisor(oct_floats scale)
{
    const oct_floats small = 0x1p-96f, one = 1.0f, large = 0x1p96f;
    oct_divisor d;
    d.power = scale < 0x1p-64f ? large : scale > 0x1p64f ? small : one;
    d.scale = fmin(scale * d.power, FLT_MAX);
    const oct_floats start = one / (scale * d.power);
    oct_floats r = start;
    r = fma(fma(-d.scale, r, one), r, r);
    r = fma(fma(-d.scale, r, one), r, r);
    const oct_floats above = OCT_JOIN(as_, oct_floats)(oct_as_ints(r) + 1);
    r = fabs(fma(-d.scale, above, one)) < fabs(fma(-d.scale, r, one)) ? above : r;
    d.reciprocal = start > 0.0f && start < INFINITY ? r : start;
    return d;
}

/* x / divisor: between -257 and 257 on the same side of every half as the correctly rounded
 * quotient (tried for all significands), beyond them no nearer to 0; NaN as in IEEE division. */
OCT_INLINE oct_floats divide(oct_floats x, oct_divisor d)
{
    const oct_floats scaled = x * d.power;
    const oct_floats quotient = clamp(scaled * d.reciprocal, -512.0f, 512.0f);
    return fma(fma(-quotient, d.scale, scaled), d.reciprocal, quotient);
}

#endif

#if OCT_BUILD_PARAMETERS || OCT_BUILD_AVERAGE_POOL || OCT_BUILD_FLOAT_POOL || OCT_BUILD_BINARY ||  \
    OCT_BUILD_SOFTMAX || OCT_BUILD_REDUCE || OCT_BUILD_ALL

/* m / 2^shift to nearest even; shift >= 1. */
OCT_INLINE ulong shift_to_even(ulong m, int shift)
{
    if (shift > 63)
        return shift == 64 && m > 1UL << 63;
    const ulong whole = m >> shift, rest = m & ((1UL << shift) - 1), tie = 1UL << (shift - 1);
    return whole + (rest > tie || (rest == tie && (whole & 1)));
}

#endif

#if OCT_BUILD_BINARY || OCT_BUILD_UNARY || OCT_BUILD_SOFTMAX || OCT_BUILD_REDUCE ||                \
    OCT_BUILD_INTERPOLATE || OCT_BUILD_ALL

/* The only NaN that is stored. */
OCT_INLINE oct_floats one_nan(oct_floats v)
{
    return isnan(v) ? (oct_floats)(as_float(0x7fc00000)) : v;
}

#endif

#if OCT_BUILD_AVERAGE_POOL || OCT_BUILD_FLOAT_POOL || OCT_BUILD_BINARY || OCT_BUILD_SOFTMAX ||     \
    OCT_BUILD_REDUCE || OCT_BUILD_ALL

/* A finite number without its sign as m * 2^(exponent - 150), 2^23 <= m < 2^24. */
OCT_INLINE uint normal_significand(uint bits, int *exponent)
{
    const uint fraction = bits & 0x7fffff, m = bits >> 23 ? fraction | 0x800000 : fraction;
    const int shift = clz(m) - 8;
    *exponent = max((int)(bits >> 23), 1) - shift;
    return m << shift;
}

/* x / y for every x and y, by integers. */
OCT_INLINE float quotient_by_integers(float x, float y)
{
    const uint infinity = 0x7f800000, sign = (as_uint(x) ^ as_uint(y)) & 0x80000000;
    const uint a = as_uint(x) & 0x7fffffff, b = as_uint(y) & 0x7fffffff;
    if (a > infinity || b > infinity || (a == b && (a == 0 || a == infinity)))
        return as_float(0x7fc00000);
    if (a == infinity || b == 0)
        return as_float(sign | infinity);
    if (a == 0 || b == infinity)
        return as_float(sign);
    int a_exponent, b_exponent;
    const ulong m = (ulong)normal_significand(a, &a_exponent) << 32;
    const uint d = normal_significand(b, &b_exponent);
    const ulong q = m / d << 1 | (m % d != 0); /* 33 or 34 bits, the last one sticky */
    const int bits = 64 - (int)clz(q);
    const int exponent = a_exponent - b_exponent + bits + 93;
    const uint rounded = (uint)shift_to_even(q, bits - 24 + max(1 - exponent, 0));
    return as_float(sign | min(((uint)max(exponent - 1, 0) << 23) + rounded, infinity));
}

/* x / y, correctly rounded. Of numbers whose quotient, remainder and reciprocal are normal the
 * first correction leaves less than a unit, the second none. */
OCT_INLINE oct_floats quotient(oct_floats x, oct_floats y)
{
    const oct_floats a = fabs(x), b = fabs(y);
    const oct_ints a_usual = a == 0.0f || (a >= 0x1p-60f && a <= 0x1p60f);
    if (all(a_usual && b >= 0x1p-60f && b <= 0x1p60f)) {
        const oct_floats r = divisor(b).reciprocal;
        oct_floats q = a * r;
        q = fma(fma(-q, b, a), r, q);
        q = fma(fma(-q, b, a), r, q);
        const oct_uints sign =
            (OCT_JOIN(as_, oct_uints)(x) ^ OCT_JOIN(as_, oct_uints)(y)) & 0x80000000;
        return OCT_JOIN(as_, oct_floats)(OCT_JOIN(as_, oct_uints)(q) | sign);
    }
    float lane[2][OCT_LANES];
    OCT_JOIN(vstore, OCT_LANES)(x, 0, lane[0]);
    OCT_JOIN(vstore, OCT_LANES)(y, 0, lane[1]);
    for (int i = 0; i < OCT_LANES; ++i)
        lane[0][i] = quotient_by_integers(lane[0][i], lane[1][i]);
    return oct_load(0, lane[0]);
}

#endif

#if OCT_BUILD_UNARY || OCT_BUILD_SOFTMAX || OCT_BUILD_ALL

/* 2^exponent, -126 <= exponent <= 127. */
OCT_INLINE oct_floats power_of_two(oct_ints exponent)
{
    return OCT_JOIN(as_, oct_floats)((exponent + 127) << 23);
}

/* e^x for -104 <= x <= 89: x = n * ln 2 + r, e^r = 1 + r + r^2 * q(r); the scaling by 2^n in two
 * halves rounds once, if the result is subnormal. *low is what the sum with 1 lost. */
OCT_INLINE oct_floats exp_in_range(oct_floats x, oct_floats *low)
{
    const oct_floats n = rint(x * 0x1.715476p0f);
    const oct_floats r = fma(n, 0x1.05c610p-29f, fma(n, -0x1.62e430p-1f, x));
    oct_floats sum = 0x1.6db4e4p-10f;
    sum = fma(sum, r, 0x1.123be0p-7f);
    sum = fma(sum, r, 0x1.55545ep-5f);
    sum = fma(sum, r, 0x1.55548ep-3f);
    sum = fma(sum, r, 0.5f);
    const oct_floats rest = fma(r * r, sum, r);
    const oct_floats y = 1.0f + rest;
    const oct_ints whole = OCT_JOIN(convert_, oct_ints)(n), part = whole >> 1;
    const oct_floats first = power_of_two(part), second = power_of_two(whole - part);
    *low = (rest - (y - 1.0f)) * first * second;
    return y * first * second;
}

OCT_INLINE oct_floats exponential(oct_floats x)
{
    oct_floats low;
    const oct_floats y = exp_in_range(fmin(fmax(x, -104.0f), 89.0f), &low);
    const oct_floats bounded = x < -104.0f ? 0.0f : x > 89.0f ? INFINITY : y;
    return isnan(x) ? x : bounded;
}

#endif

#if OCT_BUILD_QUANTIZE || OCT_BUILD_ALL

/*
 * q = clamp(round(x / scale) + zero), lo..hi the bounds of q's type. Element (o, c, i) is at
 * (o * channels + c) * inner + i and has the parameters of channel c. reciprocal[c] is 1 / scale[c]
 * rounded to float32, read by the reciprocal rule only, and scale by the others.
 * Global size: ceil(outer * channels * inner / items).
 */
kernel void quantize(global const float *x, global uchar *q, global const float *scale,
                     global const float *reciprocal, global const int *zero, int outer,
                     int channels, int inner, int rule, int lo, int hi, int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)outer * channels * inner);
    size_t begin = get_global_id(0) * items;
    const bool by_reciprocal = rule == OCT_QUANTIZE_RECIPROCAL;
    global const float *parameter = by_reciprocal ? reciprocal : scale;
    while (begin < end) {
        /* a run of one channel, or of neighbouring channels of one element each */
        const int c = begin / inner % channels;
        const size_t left = inner == 1 ? channels - c : inner - begin % inner;
        const int count = min(left, end - begin);
        oct_floats factor = parameter[c];
        oct_divisor d = divisor(factor);
        oct_ints z = zero[c];
        for (int i = 0; i < count; i += OCT_LANES) {
            if (inner == 1) {
                factor = load_floats(parameter + c + i, count - i);
                d = by_reciprocal ? d : divisor(factor);
                z = load_ints(zero + c + i, count - i);
            }
            const oct_floats v = load_floats(x + begin + i, count - i);
            const oct_floats steps = by_reciprocal ? v * factor : divide(v, d);
            store_bytes(q + begin + i,
                        quantize_steps(steps, z, rule == OCT_QUANTIZE_HALF_AWAY, lo, hi),
                        count - i);
        }
        begin += count;
    }
}

typedef struct __attribute__((packed)) {
    uint v;
} oct_packed_word;

/* Bytes of `part` neighbouring channels, in one word for each of `count` neighbouring pixels. What a
 * word holds too much of a pixel with fewer than 4 is overwritten by the next. */
OCT_INLINE void store_pixels(global uchar *p, oct_uints words, int channels, int part, int count)
{
    for (int i = 0; i < min(count, OCT_LANES); ++i, p += channels) {
        const uint word = ((const uint *)&words)[i];
        if (part == 4 || (part == channels && i + 1 < count))
            ((global oct_packed_word *)p)->v = word;
        else
            for (int j = 0; j < part; ++j)
                p[j] = word >> 8 * j;
    }
}

/*
 * The same from channels first to channels last, with one parameter for all: element (o, c, i) of x is
 * at (o * channels + c) * inner + i, that of q at (o * inner + i) * channels + c. A work-item does
 * `items` of the inner elements of every channel. Global size: (ceil(inner / items), outer).
 */
kernel void quantize_last(global const float *x, global uchar *q, global const float *scale,
                          global const float *reciprocal, global const int *zero, int channels,
                          int inner, int rule, int lo, int hi, int items)
{
    const int begin = get_global_id(0) * items, end = min(begin + items, inner);
    const bool by_reciprocal = rule == OCT_QUANTIZE_RECIPROCAL;
    const oct_floats factor = by_reciprocal ? *reciprocal : *scale;
    const oct_divisor d = divisor(factor);
    x += get_global_id(1) * channels * inner;
    q += get_global_id(1) * channels * inner;
    for (int i = begin; i < end; i += OCT_LANES) {
        for (int c = 0; c < channels; c += 4) {
            const int part = min(4, channels - c);
            oct_uints words = 0;
            for (int j = 0; j < part; ++j) {
                const oct_floats v = load_floats(x + (size_t)(c + j) * inner + i, end - i);
                const oct_floats steps = by_reciprocal ? v * factor : divide(v, d);
                const oct_ints bytes =
                    quantize_steps(steps, *zero, rule == OCT_QUANTIZE_HALF_AWAY, lo, hi);
                words |= (oct_as_uints(bytes) & 0xff) << (uint)(8 * j);
            }
            store_pixels(q + (size_t)i * channels + c, words, channels, part, end - i);
        }
    }
}

#endif

#if OCT_BUILD_DEQUANTIZE || OCT_BUILD_ALL

/*
 * x = scale * f32(q - zero), indexed and with parameters as in quantize. q holds bytes (sign as
 * above) or, where sign is -1, int32; their difference is rounded to float32 once.
 * Global size: ceil(outer * channels * inner / items).
 */
kernel void dequantize(global const uchar *q, global float *x, global const float *scale,
                       global const int *zero, int outer, int channels, int inner, int sign,
                       int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)outer * channels * inner);
    size_t i = get_global_id(0) * items;
    while (i < end) {
        const int c = i / inner % channels;
        const size_t left = inner == 1 ? channels - c : inner - i % inner;
        const size_t stop = min(i + left, end);
        global const float *s = scale + c;
        global const int *z = zero + c;
        if (sign < 0) {
            for (; i < stop; ++i) {
                const long steps = (long)((global const int *)q)[i] - *z;
                x[i] = *s * convert_float_rte(steps);
                s += inner == 1;
                z += inner == 1;
            }
        } else if (inner == 1) {
            for (; i < stop; ++i)
                x[i] = *s++ * (float)((q[i] ^ sign) - sign - *z++);
        } else {
            for (; i < stop; ++i)
                x[i] = *s * (float)((q[i] ^ sign) - sign - *z);
        }
    }
}

#endif

#if OCT_BUILD_PARAMETERS || OCT_BUILD_ALL

/* A range is {min, max, 1 if any element was NaN, 0}; fmin and fmax skip NaN. */
OCT_INLINE float4 range_of(float x)
{
    return (float4)(x, x, isnan(x) ? 1.0f : 0.0f, 0.0f);
}

OCT_INLINE float4 range_join(float4 a, float4 b)
{
    return (float4)(fmin(a.x, b.x), fmax(a.y, b.y), fmax(a.z, b.z), 0.0f);
}

/* Sixteen ranges at once. */
typedef struct {
    float16 least, most;
    int16 nan;
} oct_ranges;

OCT_INLINE void ranges_add(oct_ranges *ranges, float16 x)
{
    ranges->least = fmin(ranges->least, x);
    ranges->most = fmax(ranges->most, x);
    ranges->nan |= isnan(x);
}

OCT_INLINE float4 range_at(oct_ranges ranges, int i)
{
    return (float4)(((const float *)&ranges.least)[i], ((const float *)&ranges.most)[i],
                    ((const int *)&ranges.nan)[i] ? 1.0f : 0.0f, 0.0f);
}

/*
 * First stage of the range of each channel; element (o, c, i) is at (o * channels + c) * inner + i.
 * partial[part * channels + c] is the range of a part of the channel's outer * inner elements:
 * `items` neighbours.
 * Global size: (ceil(channels / span), parts); span channels per work-item, parts >= 1, and
 * parts * items >= outer * inner. choose_parameters is the second stage.
 */
kernel void min_max(global const float *x, global float4 *partial, int outer, int channels,
                    int inner, int span, int items)
{
    const size_t part = get_global_id(1), first = part * items;
    const size_t end = min(first + items, (size_t)outer * inner);
    int c = get_global_id(0) * span;
    const int last = c + min(span, channels - c);
    partial += part * channels;

    /* sixteen neighbouring channels */
    for (; inner == 1 && c + 16 <= last; c += 16) {
        oct_ranges ranges = {INFINITY, -INFINITY, 0};
        for (size_t e = first; e < end; ++e)
            ranges_add(&ranges, vload16(0, x + e * channels + c));
        for (int i = 0; i < 16; ++i)
            partial[c + i] = range_at(ranges, i);
    }
    /* one channel, as runs of neighbouring elements */
    for (; c < last; ++c) {
        oct_ranges ranges = {INFINITY, -INFINITY, 0};
        float4 rest = (float4)(INFINITY, -INFINITY, 0.0f, 0.0f);
        size_t e = first;
        while (e < end) {
            global const float *run = x + (e / inner * channels + c) * inner + e % inner;
            const size_t length = min(inner - e % inner, end - e);
            size_t i = 0;
            for (; i + 16 <= length; i += 16)
                ranges_add(&ranges, vload16(0, run + i));
            for (; i < length; ++i)
                rest = range_join(rest, range_of(run[i]));
            e += length;
        }
        for (int i = 0; i < 16; ++i)
            rest = range_join(rest, range_at(ranges, i));
        partial[c] = rest;
    }
}

/*
 * Float64 by integers, for devices without it: bits of finite numbers, none subnormal. Every result
 * is rounded to nearest even.
 */
typedef ulong oct_f64;

#define F64_SIGN (1UL << 63)
#define F64_INFINITY (0x7ffUL << 52) /* a result only, and only for f64_to_float */

OCT_INLINE int f64_exponent(oct_f64 a)
{
    return (int)(a >> 52 & 0x7ff) - 1023;
}

/* 2^52..2^53 - 1, or 0 for zero. */
OCT_INLINE ulong f64_significand(oct_f64 a)
{
    return a << 1 ? (a & ((1UL << 52) - 1)) | 1UL << 52 : 0;
}

/* m * 2^exponent; sign is F64_SIGN or 0. */
OCT_INLINE oct_f64 f64_make(ulong sign, ulong m, int exponent)
{
    if (m == 0)
        return sign;
    const int zeros = clz(m);
    const ulong rounded = shift_to_even(m << zeros, 11);
    return sign | (((ulong)(exponent - zeros + 63 + 1022) << 52) + rounded);
}

OCT_INLINE oct_f64 f64_from_int(int a)
{
    return f64_make(a < 0 ? F64_SIGN : 0, abs(a), 0);
}

OCT_INLINE oct_f64 f64_from_float(float a)
{
    const uint bits = as_uint(a), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
    const uint m = exponent ? fraction | 0x800000 : fraction;
    return f64_make((ulong)(bits >> 31) << 63, m, (int)max(exponent, 1u) - 150);
}

OCT_INLINE float f64_to_float(oct_f64 a)
{
    const int exponent = clamp(f64_exponent(a), -126, 128);
    const ulong m = shift_to_even(f64_significand(a), 29 + max(exponent - f64_exponent(a), 0));
    const uint magnitude = ((uint)(exponent + 126) << 23) + (uint)m;
    return as_float((uint)(a >> 32 & 0x80000000) | min(magnitude, 0x7f800000u));
}

/* Nearest even; |a| < 2^31. */
OCT_INLINE int f64_to_int(oct_f64 a)
{
    const int m = shift_to_even(f64_significand(a), 52 - f64_exponent(a));
    return a & F64_SIGN ? -m : m;
}

OCT_INLINE bool f64_less(oct_f64 a, oct_f64 b)
{
    const long x = a & F64_SIGN ? -(long)(a & ~F64_SIGN) : (long)a;
    const long y = b & F64_SIGN ? -(long)(b & ~F64_SIGN) : (long)b;
    return x < y;
}

OCT_INLINE oct_f64 f64_abs(oct_f64 a)
{
    return a & ~F64_SIGN;
}

/* What the smaller operand loses in its shift is kept as one sticky bit. */
OCT_INLINE oct_f64 f64_add(oct_f64 a, oct_f64 b)
{
    const bool swap = f64_abs(a) < f64_abs(b);
    const oct_f64 big = swap ? b : a, small = swap ? a : b;
    const int shift = min(f64_exponent(big) - f64_exponent(small), 63);
    const ulong x = f64_significand(big) << 9, y = f64_significand(small) << 9;
    const ulong shifted = y >> shift | ((y & ((1UL << shift) - 1)) != 0);
    const ulong sum = (a ^ b) & F64_SIGN ? x - shifted : x + shifted;
    return f64_make(sum ? big & F64_SIGN : 0, sum, f64_exponent(big) - 52 - 9);
}

OCT_INLINE oct_f64 f64_subtract(oct_f64 a, oct_f64 b)
{
    return f64_add(a, b ^ F64_SIGN);
}

/* Long division, b not zero: 62 bits of quotient and a sticky one. */
OCT_INLINE oct_f64 f64_divide(oct_f64 a, oct_f64 b)
{
    const ulong d = f64_significand(b);
    ulong rest = f64_significand(a), quotient = 0;
    for (int i = 0; i < 62; ++i) {
        const bool fits = rest >= d;
        quotient = quotient << 1 | fits;
        rest = (fits ? rest - d : rest) << 1;
    }
    return f64_make((a ^ b) & F64_SIGN, quotient << 1 | (rest != 0),
                    f64_exponent(a) - f64_exponent(b) - 62);
}

/* a / b rounded to float32: rounding to 53 bits first does no harm. With 0 and infinity, even a
 * device's inaccurate division is exact. */
OCT_INLINE float divide_float(float a, float b)
{
    if (as_uint(b) << 1 == 0 || isinf(b) || isinf(a)) /* not b == 0: a subnormal b may compare so */
        return a / b;
    return f64_to_float(f64_divide(f64_from_float(a), f64_from_float(b)));
}

/* ONNX DynamicQuantizeLinear, float32 throughout; least <= 0 <= most. */
OCT_INLINE void choose_onnx(float least, float most, oct_f64 *scale, int *zero)
{
    const float s = least == most ? 1.0f : divide_float(most - least, 255.0f);
    const float z = 0.0f - divide_float(least, s);
    *scale = isinf(s) ? F64_INFINITY : f64_from_float(s);
    *zero = convert_int_rte(fmin(fmax(z, 0.0f), 255.0f));
}

/* PyTorch's choose_qparams, float64 where it uses it; least <= 0 <= most. */
OCT_INLINE void choose_pytorch(float least, float most, int lo, int hi, oct_f64 *scale, int *zero)
{
    const float smallest = 6.1e-5f;
    const int levels = hi - lo;

    /* an infinite range, as IEEE arithmetic would end */
    if (isinf(least) || isinf(most)) {
        *scale = F64_INFINITY;
        *zero = isinf(most) ? lo : hi;
        return;
    }

    /* scale: 0.1 where its reciprocal would not be a float32; one too small widens the range */
    oct_f64 s =
        f64_divide(f64_subtract(f64_from_float(most), f64_from_float(least)), f64_from_int(levels));
    if (as_uint(f64_to_float(s)) <= as_uint(0x1p-128f))
        s = 0x3fb999999999999aUL;
    if (f64_less(s, f64_from_float(smallest))) {
        if (least == 0.0f) {
            most = smallest * (float)levels;
        } else if (most == 0.0f) {
            least = -smallest * (float)levels;
        } else {
            const float factor = divide_float(smallest, f64_to_float(s));
            least *= factor;
            most *= factor;
        }
        s = f64_from_float(smallest);
    }

    /* zero point from the end of the range that has the smaller error */
    const oct_f64 low = f64_divide(f64_from_float(least), s);
    const oct_f64 high = f64_divide(f64_from_float(most), s);
    const oct_f64 low_error = f64_subtract(f64_from_int(abs(lo)), f64_abs(low));
    const oct_f64 high_error = f64_subtract(f64_from_int(abs(hi)), f64_abs(high));
    const oct_f64 z = f64_less(low_error, high_error) ? f64_subtract(f64_from_int(lo), low)
                                                      : f64_subtract(f64_from_int(hi), high);
    *scale = s;
    if (f64_less(z, f64_from_int(lo)))
        *zero = lo;
    else
        *zero = f64_less(f64_from_int(hi), z) ? hi : f64_to_int(z);
}

/* Values of `rule` below. */
#define OCT_PARAMETERS_ONNX 1
#define OCT_PARAMETERS_PYTORCH 2

/*
 * Second stage of min_max, and the parameters that follow from each channel's range, which is 0..0
 * where it has no number: scale, reciprocal = 1 / scale rounded to float32, zero, and scale64, the
 * bits of the scale as float64. legal is 0 where any element was NaN or infinite, or the scale is not
 * in least_scale..most_scale. lo..hi are what the range is mapped to (PyTorch only; after reduce_range).
 * Global size: channels.
 */
kernel void choose_parameters(global const float4 *partial, global int *legal, global float *scale,
                              global float *reciprocal, global int *zero, global ulong *scale64,
                              int parts, int rule, int lo, int hi, float least_scale,
                              float most_scale)
{
    const size_t c = get_global_id(0), channels = get_global_size(0);
    float4 all = partial[c];
    for (int part = 1; part < parts; ++part)
        all = range_join(all, partial[part * channels + c]);
    if (all.x > all.y) /* no number */
        all.xy = 0.0f;

    const float least = fmin(all.x, 0.0f), most = fmax(all.y, 0.0f);
    oct_f64 s;
    int z;
    if (rule == OCT_PARAMETERS_ONNX)
        choose_onnx(least, most, &s, &z);
    else
        choose_pytorch(least, most, lo, hi, &s, &z);
    scale64[c] = s;
    scale[c] = f64_to_float(s);
    reciprocal[c] = divide_float(1.0f, scale[c]);
    zero[c] = z;
    legal[c] = all.z == 0.0f && all.x > -INFINITY && all.y < INFINITY && scale[c] >= least_scale &&
               scale[c] <= most_scale;
}

#endif

/* §8 Elementwise and pooling ------------------------------------------------------------------ */

#if OCT_BUILD_MAX_POOL || OCT_BUILD_AVERAGE_POOL || OCT_BUILD_FLOAT_POOL || OCT_BUILD_ALL

/* A window over an image, and how the image lies in memory. */
typedef struct {
    int h, w, kh, kw, dilation_h, dilation_w;
    int row, col; /* elements between rows and columns */
    uchar sign;
} oct_window;

#endif

#if OCT_BUILD_MAX_POOL || OCT_BUILD_ALL

/* The largest byte of the window whose top left tap is at (y, x), ordered as unsigned after ^ sign;
 * a window of nothing but padding has the lowest. */
OCT_INLINE uchar pool_one(global const uchar *image, oct_window p, int y, int x)
{
    uchar most = 0;
    for (int i = 0; i < p.kh; ++i) {
        for (int j = 0; j < p.kw; ++j) {
            const int tap_y = y + i * p.dilation_h, tap_x = x + j * p.dilation_w;
            const size_t tap = (size_t)tap_y * p.row + (size_t)tap_x * p.col;
            if ((uint)tap_y < (uint)p.h && (uint)tap_x < (uint)p.w)
                most = max(most, (uchar)(image[tap] ^ p.sign));
        }
    }
    return most;
}

/* Sixteen neighbouring bytes, or every second one. */
OCT_INLINE uchar16 load_spread(global const uchar *p, int spread)
{
    if (spread == 1)
        return vload16(0, p);
    return (uchar16)(vload16(0, p).even, vload16(0, p + 15).odd);
}

/* The same for sixteen windows at once whose taps lie `spread` (1 or 2) bytes apart: neighbouring
 * channels, or neighbouring columns none of which meets the padding at left or right. */
OCT_INLINE uchar16 pool_many(global const uchar *image, oct_window p, int y, int x, int spread)
{
    uchar16 most = 0;
    for (int i = 0; i < p.kh; ++i) {
        for (int j = 0; j < p.kw; ++j) {
            const int tap_y = y + i * p.dilation_h, tap_x = x + j * p.dilation_w;
            const size_t tap = (size_t)tap_y * p.row + (size_t)tap_x * p.col;
            if ((uint)tap_y < (uint)p.h && (uint)tap_x < (uint)p.w)
                most = max(most, load_spread(image + tap, spread) ^ p.sign);
        }
    }
    return most;
}

/*
 * Largest stored value of each window; padding never wins. Works along lines of the output, whose
 * elements are neighbours in memory: the channels of a pixel (NHWC) or the columns of a plane's row
 * (NCHW). Across them go columns (NHWC) or channels (NCHW). A work-item does `items` lines, `span`
 * elements of each.
 * Global size: (ceil(line / span), ceil(across / items) * oh, images), with line, across =
 * channels, ow (NHWC) or ow, channels (nchw).
 */
kernel void max_pool(global const uchar *x, global uchar *y, int h, int w, int oh, int ow,
                     int channels, int kh, int kw, int stride_h, int stride_w, int dilation_h,
                     int dilation_w, int pad_top, int pad_left, int nchw, int sign, int span,
                     int items)
{
    const int line = nchw ? ow : channels, across = nchw ? channels : ow;
    const int out_y = get_global_id(1) % oh;
    const int begin = get_global_id(0) * span, end = min(line, begin + span);
    const int first = get_global_id(1) / oh * items, last = min(across, first + items);
    const int top = out_y * stride_h - pad_top;
    const oct_window p = {.h = h,
                          .w = w,
                          .kh = kh,
                          .kw = kw,
                          .dilation_h = dilation_h,
                          .dilation_w = dilation_w,
                          .row = nchw ? w : w * channels,
                          .col = nchw ? 1 : channels,
                          .sign = sign};
    x += get_global_id(2) * channels * h * w;
    y += get_global_id(2) * channels * oh * ow;

    for (int a = first; a < last; ++a) {
        global uchar *out =
            y + (nchw ? ((size_t)a * oh + out_y) * ow : ((size_t)out_y * ow + a) * channels);
        int i = begin;
        while (i < end) {
            const int left = (nchw ? i : a) * stride_w - pad_left;
            const int right = left + 15 * stride_w + (kw - 1) * dilation_w;
            global const uchar *image = x + (nchw ? (size_t)a * h * w : i);
            const bool inside = !nchw || (left >= 0 && right < w && stride_w <= 2);
            if (i + 16 <= end && inside) {
                const uchar16 most = nchw && stride_w == 2 ? pool_many(image, p, top, left, 2)
                                                           : pool_many(image, p, top, left, 1);
                ((global oct_packed_bytes *)(out + i))->v = most ^ p.sign;
                i += 16;
            } else {
                out[i] = pool_one(image, p, top, left) ^ p.sign;
                i += 1;
            }
        }
    }
}

#endif

#if OCT_BUILD_AVERAGE_POOL || OCT_BUILD_ALL

/* The taps of a window that are inside the input, for neighbouring channels: their number, and their
 * sums. */
typedef struct {
    int count;
    oct_ints sum;
    oct_floats real;
} oct_taps;

/* Numbers of `count` channels whose bytes are `step` apart. */
OCT_INLINE oct_ints load_strided(global const uchar *p, size_t step, int count, int sign)
{
    if (step == 1)
        return load_bytes(p, count, sign);
    int lane[OCT_LANES] = {0};
    for (int i = 0; i < min(count, OCT_LANES); ++i)
        lane[i] = (p[i * step] ^ sign) - sign;
    return oct_load(0, lane);
}

OCT_INLINE void store_strided(global uchar *p, size_t step, oct_ints v, int count)
{
    if (step == 1) {
        store_bytes(p, v, count);
        return;
    }
    for (int i = 0; i < min(count, OCT_LANES); ++i)
        p[i * step] = ((const int *)&v)[i];
}

/* The window's top left tap is at (y, x). */
OCT_INLINE oct_taps gather_taps(global const uchar *image, oct_window p, int y, int x, size_t step,
                                int channels, int zero, float scale)
{
    oct_taps taps = {0};
    for (int i = 0; i < p.kh; ++i) {
        for (int j = 0; j < p.kw; ++j) {
            const int tap_y = y + i * p.dilation_h, tap_x = x + j * p.dilation_w;
            if ((uint)tap_y >= (uint)p.h || (uint)tap_x >= (uint)p.w)
                continue;
            const size_t tap = (size_t)tap_y * p.row + (size_t)tap_x * p.col;
            const oct_ints steps = load_strided(image + tap, step, channels, p.sign) - zero;
            const oct_floats real = OCT_JOIN(convert_, oct_floats)(steps) * scale;
            taps.count += 1;
            taps.sum += steps;
            taps.real += real;
        }
    }
    return taps;
}

/* Mean of each window: of the sum of steps, by one multiplication, or if `real` of their values in
 * float32. x_scale is in [0.5, 1), which keeps every step normal. A work-item does OCT_LANES
 * channels. Global size: (ceil(channels / OCT_LANES), oh * ow, images). */
kernel void average_pool(global const uchar *x, global uchar *y, int h, int w, int oh, int ow,
                         int channels, int kh, int kw, int stride_h, int stride_w, int dilation_h,
                         int dilation_w, int pad_top, int pad_left, int nchw, int sign, int real,
                         int count_padding, float x_scale, float y_scale, int x_zero, int y_zero,
                         int lo, int hi)
{
    const int c = get_global_id(0) * OCT_LANES, pixel = get_global_id(1);
    const int out_y = pixel / ow, out_x = pixel - out_y * ow;
    const int top = out_y * stride_h - pad_top, left = out_x * stride_w - pad_left;
    const size_t x_step = nchw ? (size_t)h * w : 1, y_step = nchw ? (size_t)oh * ow : 1;
    const oct_window p = {.h = h,
                          .w = w,
                          .kh = kh,
                          .kw = kw,
                          .dilation_h = dilation_h,
                          .dilation_w = dilation_w,
                          .row = nchw ? w : w * channels,
                          .col = nchw ? 1 : channels,
                          .sign = sign};
    x += get_global_id(2) * channels * h * w + c * x_step;
    y += get_global_id(2) * channels * oh * ow + c * y_step + (size_t)pixel * (nchw ? 1 : channels);

    const oct_taps taps = gather_taps(x, p, top, left, x_step, channels - c, x_zero, x_scale);
    const oct_floats n = (float)(count_padding ? kh * kw : max(taps.count, 1));
    oct_ints q;
    if (real) {
        const oct_floats mean = quotient(taps.real, n);
        const oct_floats v = quotient(mean, y_scale) + (float)y_zero, least = lo, most = hi;
        q = OCT_JOIN(nearest_int, OCT_LANES)(clamp(v, least, most));
    } else {
        const oct_floats multiplier = quotient(x_scale, y_scale * n);
        q = OCT_JOIN(round_float, OCT_LANES)(taps.sum, multiplier, lo - y_zero, hi - y_zero,
                                             y_zero);
    }
    store_strided(y, y_step, q, channels - c);
}

#endif

#if OCT_BUILD_FLOAT_POOL || OCT_BUILD_ALL

/* What float_pool computes of a window: the largest, or the mean, of a sum row after row, of columns
 * that are added up for themselves, or of every fourth tap for itself. */
#define OCT_POOL_MAXIMUM 0
#define OCT_POOL_ROWS 1
#define OCT_POOL_COLUMNS 2
#define OCT_POOL_FOURTHS 3

/* Numbers of `count` channels that are `step` apart. */
OCT_INLINE oct_floats load_apart(global const float *p, size_t step, int count)
{
    if (step == 1)
        return load_floats(p, count);
    float lane[OCT_LANES] = {0};
    for (int i = 0; i < min(count, OCT_LANES); ++i)
        lane[i] = p[i * step];
    return oct_load(0, lane);
}

OCT_INLINE void store_apart(global float *p, size_t step, oct_floats v, int count)
{
    if (step == 1) {
        store_floats(p, v, count);
        return;
    }
    for (int i = 0; i < min(count, OCT_LANES); ++i)
        p[i * step] = ((const float *)&v)[i];
}

/* The window's top left tap is at (y, x); *result is the largest tap, or the sum of those inside the
 * image, whose number is returned. */
OCT_INLINE int pool_floats(global const float *image, oct_window p, int y, int x, size_t step,
                           int channels, int function, oct_floats *result)
{
    const bool by_columns = function == OCT_POOL_COLUMNS;
    const int outer = by_columns ? p.kw : p.kh, inner = by_columns ? p.kh : p.kw;
    oct_floats most = -FLT_MAX, sum = 0.0f;
    int count = 0;
    for (int i = 0; i < outer; ++i) {
        oct_floats part = by_columns ? (oct_floats)(0.0f) : sum;
        for (int j = 0; j < inner; ++j) {
            const int tap_y = y + (by_columns ? j : i) * p.dilation_h;
            const int tap_x = x + (by_columns ? i : j) * p.dilation_w;
            if ((uint)tap_y >= (uint)p.h || (uint)tap_x >= (uint)p.w)
                continue;
            const size_t tap = (size_t)tap_y * p.row + (size_t)tap_x * p.col;
            const oct_floats v = load_apart(image + tap, step, channels);
            most = v > most ? v : most;
            part += v;
            count += 1;
        }
        sum = by_columns ? sum + part : part;
    }
    *result = function == OCT_POOL_MAXIMUM ? most : sum;
    return count;
}

/* The sum of n taps that lie `tap` apart. */
OCT_INLINE oct_floats sum_fourths(global const float *image, int n, size_t tap, size_t step,
                                  int channels)
{
    oct_floats part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int i = 0;
    for (; i + 4 <= n; i += 4)
        FOR_TILE (j, 4)
            part[j] += load_apart(image + (size_t)(i + j) * tap, step, channels);
    oct_floats sum = (part[0] + part[2]) + (part[1] + part[3]);
    for (; i < n; ++i)
        sum += load_apart(image + (size_t)i * tap, step, channels);
    return sum;
}

/* A function of each window of float32 numbers. A work-item does OCT_LANES channels. Global size:
 * (ceil(channels / OCT_LANES), oh * ow, images). */
kernel void float_pool(global const float *x, global float *y, int h, int w, int oh, int ow,
                       int channels, int kh, int kw, int stride_h, int stride_w, int dilation_h,
                       int dilation_w, int pad_top, int pad_left, int nchw, int function,
                       int count_padding)
{
    const int c = get_global_id(0) * OCT_LANES, pixel = get_global_id(1);
    const int out_y = pixel / ow, out_x = pixel - out_y * ow;
    const int top = out_y * stride_h - pad_top, left = out_x * stride_w - pad_left;
    const size_t x_step = nchw ? (size_t)h * w : 1, y_step = nchw ? (size_t)oh * ow : 1;
    const oct_window p = {.h = h,
                          .w = w,
                          .kh = kh,
                          .kw = kw,
                          .dilation_h = dilation_h,
                          .dilation_w = dilation_w,
                          .row = nchw ? w : w * channels,
                          .col = nchw ? 1 : channels};
    x += get_global_id(2) * channels * h * w + c * x_step;
    y += get_global_id(2) * channels * oh * ow + c * y_step + (size_t)pixel * (nchw ? 1 : channels);

    oct_floats result;
    int count = kh * kw;
    if (function == OCT_POOL_FOURTHS)
        result = sum_fourths(x, count, p.col, x_step, channels - c);
    else
        count = pool_floats(x, p, top, left, x_step, channels - c, function, &result);
    if (function != OCT_POOL_MAXIMUM)
        result = quotient(result, (float)(count_padding ? kh * kw : max(count, 1)));
    store_apart(y, y_step, result, channels - c);
}

#endif

#if OCT_BUILD_BINARY || OCT_BUILD_ALL

/* Values of OCT_BINARY: a rule, or float32. */
#define OCT_BINARY_DIVIDE 0
#define OCT_BINARY_RECIPROCAL 1
#define OCT_BINARY_FLOAT32 2
#define OCT_BINARY_FIXED_DOUBLE 3
#define OCT_BINARY_FIXED_SINGLE 4
#define OCT_BINARY_FLOATS 5
#ifndef OCT_BINARY
#define OCT_BINARY OCT_BINARY_DIVIDE
#endif

/* Values of `function`. */
#define OCT_ADD 0
#define OCT_SUBTRACT 1
#define OCT_MULTIPLY 2
#define OCT_DIVIDE 3
#define OCT_MINIMUM 4
#define OCT_MAXIMUM 5

#if OCT_BINARY == OCT_BINARY_FIXED_DOUBLE
#define multiply_fixed OCT_JOIN(fixed_double, OCT_LANES)
#else
#define multiply_fixed OCT_JOIN(fixed_single, OCT_LANES)
#endif

OCT_INLINE oct_floats binary_real(int function, oct_floats a, oct_floats b)
{
    switch (function) {
    case OCT_ADD:
        return a + b;
    case OCT_SUBTRACT:
        return a - b;
    case OCT_MULTIPLY:
        return a * b;
    case OCT_DIVIDE:
        return quotient(a, b);
    case OCT_MINIMUM:
        return a <= b || isnan(a) ? a : b;
    default:
        return a >= b || isnan(a) ? a : b;
    }
}

/* What is the same for all elements. a_factor and the like are scales, and y_factor is what the
 * result is divided by (divide) or multiplied with (reciprocal); or a_factor and b_factor are those
 * of the terms of a sum, a_factor that of a product, and y_factor is added (float32); or the
 * factors are {m, shift} of §3 and meet the differences times 2^20 (fixed). lo..hi are stored
 * bounds. */
typedef struct {
    int function;
    float a_factor, b_factor, y_factor;
    int2 a_fixed, b_fixed, y_fixed;
    int a_zero, b_zero, y_zero, a_sign, b_sign, lo, hi;
    oct_divisor y_divisor;
} oct_binary;

/* The stored value of a and b less their zero points. */
OCT_INLINE oct_ints binary_stored(const oct_binary *p, oct_ints a, oct_ints b)
{
#if OCT_BINARY <= OCT_BINARY_FLOAT32
    const oct_floats x = OCT_JOIN(convert_, oct_floats)(a), y = OCT_JOIN(convert_, oct_floats)(b);
#if OCT_BINARY == OCT_BINARY_FLOAT32
    const oct_floats b_part = fma(y, (oct_floats)(p->b_factor), (oct_floats)(p->y_factor));
    const oct_floats sum = fma(x, (oct_floats)(p->a_factor), b_part);
    const oct_floats product = x * y * p->a_factor; /* x * y is exact */
    const oct_floats steps = p->function == OCT_ADD ? sum : product + p->y_factor;
#else
    const oct_floats real = binary_real(p->function, p->a_factor * x, p->b_factor * y);
    const oct_floats steps =
        OCT_BINARY == OCT_BINARY_DIVIDE ? divide(real, p->y_divisor) : real * p->y_factor;
#endif
    return quantize_steps(steps, p->y_zero, false, p->lo, p->hi);
#else
    const oct_ints a_part = multiply_fixed(a << 20, p->a_fixed.x, p->a_fixed.y);
    const oct_ints b_part = multiply_fixed(b << 20, p->b_fixed.x, p->b_fixed.y);
    const oct_ints steps = multiply_fixed(a_part + b_part, p->y_fixed.x, p->y_fixed.y);
    return clamp(steps, p->lo - p->y_zero, p->hi - p->y_zero) + p->y_zero;
#endif
}

/* Up to OCT_LANES neighbouring elements: of y at index i, of a and b from theirs on, or where their
 * step is 0 all the same one. */
OCT_INLINE void binary_vector(const oct_binary *p, global const uchar *a, size_t a_at, int a_step,
                              global const uchar *b, size_t b_at, int b_step, global uchar *y,
                              size_t i, int count)
{
#if OCT_BINARY == OCT_BINARY_FLOATS
    global const float *left = (global const float *)a + a_at;
    global const float *right = (global const float *)b + b_at;
    const oct_floats u = a_step ? load_floats(left, count) : (oct_floats)(*left);
    const oct_floats v = b_step ? load_floats(right, count) : (oct_floats)(*right);
    store_floats((global float *)y + i, one_nan(binary_real(p->function, u, v)), count);
#else
    const oct_ints u = a_step ? load_bytes(a + a_at, count, p->a_sign)
                              : (oct_ints)((a[a_at] ^ p->a_sign) - p->a_sign);
    const oct_ints v = b_step ? load_bytes(b + b_at, count, p->b_sign)
                              : (oct_ints)((b[b_at] ^ p->b_sign) - p->b_sign);
    store_bytes(y + i, binary_stored(p, u - p->a_zero, v - p->b_zero), count);
#endif
}

/*
 * y[i0]..[i7] = function of a[i0 * a_stride0 + ..] and b[i0 * b_stride0 + ..]: sizes are those of
 * y, outermost first and filled up with 1 at the front; the last strides are 0 or 1.
 * Global size: ceil(count / items).
 */
kernel void binary(global const uchar *a, global const uchar *b, global uchar *y, int8 sizes,
                   int8 a_strides, int8 b_strides, int function, float a_factor, float b_factor,
                   float y_factor, int2 a_fixed, int2 b_fixed, int2 y_fixed, int a_zero, int b_zero,
                   int y_zero, int a_sign, int b_sign, int lo, int hi, int count, int items)
{
    const oct_binary p = {.function = function,
                          .a_factor = a_factor,
                          .b_factor = b_factor,
                          .y_factor = y_factor,
                          .a_fixed = a_fixed,
                          .b_fixed = b_fixed,
                          .y_fixed = y_fixed,
                          .a_zero = a_zero,
                          .b_zero = b_zero,
                          .y_zero = y_zero,
                          .a_sign = a_sign,
                          .b_sign = b_sign,
                          .lo = lo,
                          .hi = hi,
                          .y_divisor = divisor(y_factor)};
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)count);
    size_t i = get_global_id(0) * items;
    int size[8], a_stride[8], b_stride[8], position[8];
    vstore8(sizes, 0, size);
    vstore8(a_strides, 0, a_stride);
    vstore8(b_strides, 0, b_stride);
    size_t rest = i, a_at = 0, b_at = 0;
    for (int d = 7; d >= 0; --d) {
        position[d] = rest % size[d];
        a_at += (size_t)position[d] * a_stride[d];
        b_at += (size_t)position[d] * b_stride[d];
        rest /= size[d];
    }
    while (i < end) {
        /* the rest of an innermost line */
        const size_t line = min((size_t)(size[7] - position[7]), end - i);
        size_t j = 0;
        for (; j + OCT_LANES <= line; j += OCT_LANES)
            binary_vector(&p, a, a_at + j * a_stride[7], a_stride[7], b, b_at + j * b_stride[7],
                          b_stride[7], y, i + j, OCT_LANES);
        if (j < line)
            binary_vector(&p, a, a_at + j * a_stride[7], a_stride[7], b, b_at + j * b_stride[7],
                          b_stride[7], y, i + j, line - j);
        i += line;
        /* the start of the next line */
        a_at -= (size_t)position[7] * a_stride[7];
        b_at -= (size_t)position[7] * b_stride[7];
        position[7] = 0;
        for (int d = 6; d >= 0; --d) {
            a_at += a_stride[d];
            b_at += b_stride[d];
            if (++position[d] < size[d])
                break;
            a_at -= (size_t)size[d] * a_stride[d];
            b_at -= (size_t)size[d] * b_stride[d];
            position[d] = 0;
        }
    }
}

#endif

#if OCT_BUILD_UNARY || OCT_BUILD_ALL

/* Values of `function`. */
#define OCT_CLIP 0
#define OCT_LEAKY_RELU 1
#define OCT_ABSOLUTE 2
#define OCT_NEGATE 3
#define OCT_ROUND 4
#define OCT_SQUARE_ROOT 5
#define OCT_EXPONENTIAL 6
#define OCT_SIGMOID 7
#define OCT_TANH 8
#define OCT_HARD_SIGMOID 9
#define OCT_HARD_SWISH 10

/* n / d, of |x|: 1 / (1 + e^-x), for negative x e^x / (1 + e^x); the quotient is corrected by what
 * its product with d, and the sums in n and d, lack. */
OCT_INLINE oct_floats sigmoid(oct_floats x)
{
    oct_floats e_low;
    const oct_floats e = exp_in_range(fmax(-fabs(x), -104.0f), &e_low);
    const oct_floats n = x < 0.0f ? e : 1.0f, n_low = x < 0.0f ? e_low : 0.0f;
    const oct_floats d = 1.0f + e, d_low = e - (d - 1.0f) + e_low;
    const oct_floats reciprocal = divisor(d).reciprocal;
    const oct_floats y = n * reciprocal;
    const oct_floats missing = fma(-y, d_low, fma(-y, d, n) + n_low);
    return isnan(x) ? x : fma(missing, reciprocal, y);
}

/* Near 0 x + x^3 * q(x^2), else 1 - 2 / (e^(2x) + 1), of |x|; from 10 on that is 1. */
OCT_INLINE oct_floats hyperbolic_tangent(oct_floats x)
{
    const oct_floats a = fmin(fabs(x), 10.0f), square = a * a;
    oct_floats low, sum = -0x1.9bba4ep-8f;
    sum = fma(sum, square, 0x1.595682p-6f);
    sum = fma(sum, square, -0x1.b92bbap-5f);
    sum = fma(sum, square, 0x1.110d3cp-3f);
    sum = fma(sum, square, -0x1.55554cp-2f);
    const oct_floats near = fma(square * a, sum, a);
    const oct_floats far = 1.0f - 2.0f * divisor(exp_in_range(2.0f * a, &low) + 1.0f).reciprocal;
    return isnan(x) ? x : copysign(a < 0.55f ? near : far, x);
}

/* Correctly rounded. The number is scaled to 1..4 by a power of four; then the remainder, which is
 * exact, says whether a neighbour of the device's root is nearer. */
OCT_INLINE oct_floats square_root(oct_floats x)
{
    const oct_floats unit = 0x1p-23f;
    const oct_floats normal = x < FLT_MIN ? x * 0x1p48f : x;
    const oct_ints bits = oct_as_ints(normal), odd = ~(bits >> 23) & 1;
    const oct_ints exponent = (bits >> 23) - 127 - odd; /* even */
    const oct_floats m = OCT_JOIN(as_, oct_floats)((bits & 0x7fffff) | (127 + odd) << 23);
    oct_floats y = clamp(sqrt(m), 1.0f, 2.0f - unit);
    y = fma(fma(-y, y, m), 0.5f / y, y);
    y = clamp(y, 1.0f, 2.0f - unit);
    for (int i = 0; i < 2; ++i) {
        const oct_floats remainder = fma(-y, y, m), step = y * unit;
        y = remainder > step ? y + unit : remainder <= -step ? y - unit : y;
    }
    const oct_ints shift = (exponent >> 1) - (x < FLT_MIN ? 24 : 0);
    const oct_floats root = y * power_of_two(shift);
    return x == 0.0f || x == INFINITY ? x : x > 0.0f ? root : as_float(0x7fc00000);
}

OCT_INLINE oct_floats clip(oct_floats x, float low, float high)
{
    const oct_floats raised = x < low ? low : x;
    return raised > high ? high : raised;
}

OCT_INLINE oct_floats unary_one(int function, float alpha, float beta, oct_floats x)
{
    switch (function) {
    case OCT_CLIP:
        return clip(x, alpha, beta);
    case OCT_LEAKY_RELU:
        return x < 0.0f ? alpha * x : x;
    case OCT_ABSOLUTE:
        return fabs(x);
    case OCT_NEGATE:
        return -x;
    case OCT_ROUND:
        return rint(x);
    case OCT_SQUARE_ROOT:
        return square_root(x);
    case OCT_EXPONENTIAL:
        return exponential(x);
    case OCT_SIGMOID:
        return sigmoid(x);
    case OCT_TANH:
        return hyperbolic_tangent(x);
    case OCT_HARD_SIGMOID:
        return clip(alpha * x + beta, 0.0f, 1.0f);
    default:
        return x * clip(alpha * x + beta, 0.0f, 1.0f);
    }
}

/* y = function of x, alpha and beta, as octet.h has them. Global size: ceil(count / items). */
kernel void unary(global const float *x, global float *y, int function, float alpha, float beta,
                  int count, int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)count);
    size_t i = get_global_id(0) * items;
    for (; i + OCT_LANES <= end; i += OCT_LANES)
        store_floats(y + i, one_nan(unary_one(function, alpha, beta, oct_load(0, x + i))),
                     OCT_LANES);
    if (i < end) {
        const oct_floats v = load_floats(x + i, end - i);
        store_floats(y + i, one_nan(unary_one(function, alpha, beta, v)), end - i);
    }
}

#endif

#if OCT_BUILD_SOFTMAX || OCT_BUILD_ALL

/* e^(x - most), also of what rounding the difference loses: e^(d + rest) = e^d * (1 + rest). */
OCT_INLINE oct_floats exp_of_difference(oct_floats x, oct_floats most)
{
    const oct_floats d = x - most, moved = d - x;
    const oct_floats rest = (x - (d - moved)) - (most + moved);
    const oct_floats e = exponential(d);
    return e > 0.0f ? fma(e, rest, e) : e;
}

/* Sixteen partial sums, to which the elements of a line are added in turn. */
#define OCT_PARTS (16 / OCT_LANES)

/* The sum of all lanes: 8 to 8, 4 to 4, and so on. */
OCT_INLINE float sum_of_parts(const oct_floats *parts)
{
    float lane[16];
    FOR_TILE (v, OCT_PARTS)
        OCT_JOIN(vstore, OCT_LANES)(parts[v], v, lane);
    for (int part = 8; part > 0; part /= 2)
        for (int i = 0; i < part; ++i)
            lane[i] += lane[i + part];
    return lane[0];
}

OCT_INLINE float largest_of(global const float *x, int n)
{
    oct_floats most = -INFINITY;
    float lane[OCT_LANES], largest = -INFINITY;
    int i = 0;
    for (; i + OCT_LANES <= n; i += OCT_LANES)
        most = fmax(most, oct_load(0, x + i));
    for (; i < n; ++i)
        largest = fmax(largest, x[i]);
    OCT_JOIN(vstore, OCT_LANES)(most, 0, lane);
    for (int j = 0; j < OCT_LANES; ++j)
        largest = fmax(largest, lane[j]);
    return largest;
}

/* A line of n neighbours. */
OCT_INLINE void softmax_line(global const float *x, global float *y, int n)
{
    const float largest = largest_of(x, n);
    oct_floats parts[OCT_PARTS];
    FOR_TILE (v, OCT_PARTS)
        parts[v] = 0.0f;
    for (int i = 0; i < n; i += 16) {
        FOR_TILE (v, OCT_PARTS) {
            const int at = i + v * OCT_LANES;
            if (at < n) {
                store_floats(y + at, exp_of_difference(load_floats(x + at, n - at), largest),
                             n - at);
                parts[v] += load_floats(y + at, n - at); /* 0 beyond the end */
            }
        }
    }
    const oct_floats sum = sum_of_parts(parts);
    for (int i = 0; i < n; i += OCT_LANES)
        store_floats(y + i, one_nan(quotient(load_floats(y + i, n - i), sum)), n - i);
}

/* Up to OCT_LANES neighbouring lines, whose elements are `stride` apart. */
OCT_INLINE void softmax_lines(global const float *x, global float *y, int n, size_t stride,
                              int count)
{
    oct_floats most = -INFINITY, parts[16];
    for (int i = 0; i < n; ++i)
        most = fmax(most, load_floats(x + i * stride, count));
    for (int i = 0; i < 16; ++i)
        parts[i] = 0.0f;
    for (int i = 0; i < n; ++i) {
        const oct_floats e = exp_of_difference(load_floats(x + i * stride, count), most);
        store_floats(y + i * stride, e, count);
        parts[i % 16] += e;
    }
    for (int part = 8; part > 0; part /= 2)
        for (int i = 0; i < part; ++i)
            parts[i] += parts[i + part];
    for (int i = 0; i < n; ++i)
        store_floats(y + i * stride,
                     one_nan(quotient(load_floats(y + i * stride, count), parts[0])), count);
}

/*
 * e^(x - largest) / sum along the middle one of three dimensions.
 * Global size: (ceil(inner / OCT_LANES), outer).
 */
kernel void softmax(global const float *x, global float *y, int n, int inner)
{
    const int c = get_global_id(0) * OCT_LANES;
    const size_t at = get_global_id(1) * n * inner + c;
    if (inner == 1)
        softmax_line(x + at, y + at, n);
    else
        softmax_lines(x + at, y + at, n, inner, inner - c);
}

/* The number in the byte at p. */
OCT_INLINE int byte_at(global const uchar *p, int sign)
{
    return (*p ^ sign) - sign;
}

/*
 * The same of bytes, less exact: table[d] is the exponential for d below the largest, `steps` how
 * many of y there are in 1; the sum goes from the first to the last. Global size: (inner, outer).
 */
kernel void softmax_stored(global const uchar *x, global uchar *y, global const float *table, int n,
                           int inner, float steps, int zero, int sign, int lo, int hi)
{
    const size_t first = get_global_id(1) * n * inner + get_global_id(0);
    int most = lo;
    float sum = 0.0f;
    x += first;
    y += first;
    for (int i = 0; i < n; ++i)
        most = max(most, byte_at(x + (size_t)i * inner, sign));
    for (int i = 0; i < n; ++i)
        sum += table[most - byte_at(x + (size_t)i * inner, sign)];
    for (int i = 0; i < n; i += OCT_LANES) {
        const int count = min(n - i, OCT_LANES);
        float e[OCT_LANES] = {0};
        int q[OCT_LANES];
        for (int j = 0; j < count; ++j)
            e[j] = table[most - byte_at(x + (size_t)(i + j) * inner, sign)];
        const oct_floats share = quotient(oct_load(0, e) * steps, sum);
        OCT_JOIN(vstore, OCT_LANES)(quantize_steps(share, zero, false, lo, hi), 0, q);
        for (int j = 0; j < count; ++j)
            y[(size_t)(i + j) * inner] = q[j];
    }
}

#endif

#if OCT_BUILD_REDUCE || OCT_BUILD_ALL

/* Values of `function`. */
#define OCT_REDUCE_MEAN 0
#define OCT_REDUCE_MINIMUM 1
#define OCT_REDUCE_MAXIMUM 2

OCT_INLINE oct_floats combine(int function, oct_floats a, oct_floats b)
{
    switch (function) {
    case OCT_REDUCE_MEAN:
        return a + b;
    case OCT_REDUCE_MINIMUM:
        return a <= b || isnan(a) ? a : b;
    default:
        return a >= b || isnan(a) ? a : b;
    }
}

/*
 * The mean, smallest or largest along the middle one of three dimensions: element i goes to part
 * i % 16, and the parts are combined 8 to 8, 4 to 4 and so on. A work-item does OCT_LANES neighbouring
 * lines. Global size: (ceil(inner / OCT_LANES), outer).
 */
kernel void reduce(global const float *x, global float *y, int function, int n, int inner)
{
    const int c = get_global_id(0) * OCT_LANES, count = inner - c;
    const float start = function == OCT_REDUCE_MEAN      ? 0.0f
                        : function == OCT_REDUCE_MINIMUM ? INFINITY
                                                         : -INFINITY;
    oct_floats parts[16];
    x += get_global_id(1) * n * inner + c;
    y += get_global_id(1) * inner + c;
    for (int i = 0; i < 16; ++i)
        parts[i] = start;
    for (int i = 0; i < n; ++i)
        parts[i % 16] = combine(function, parts[i % 16], load_floats(x + (size_t)i * inner, count));
    for (int part = 8; part > 0; part /= 2)
        for (int i = 0; i < part; ++i)
            parts[i] = combine(function, parts[i], parts[i + part]);
    const oct_floats v = function == OCT_REDUCE_MEAN ? quotient(parts[0], (float)n) : parts[0];
    store_floats(y, one_nan(v), count);
}

/*
 * The same of bytes: the mean is the sum of steps times `multiplier`, and lo..hi are stored bounds of
 * the output. Global size: (ceil(inner / OCT_LANES), outer).
 */
kernel void reduce_stored(global const uchar *x, global uchar *y, int function, int n, int inner,
                          int sign, float multiplier, int x_zero, int y_zero, int lo, int hi)
{
    const int c = get_global_id(0) * OCT_LANES, count = inner - c;
    oct_ints sum = 0, least = INT_MAX, most = INT_MIN;
    x += get_global_id(1) * n * inner + c;
    y += get_global_id(1) * inner + c;
    for (int i = 0; i < n; ++i) {
        const oct_ints v = load_bytes(x + (size_t)i * inner, count, sign);
        sum += v - x_zero;
        least = min(least, v);
        most = max(most, v);
    }
    const oct_ints mean =
        OCT_JOIN(round_float, OCT_LANES)(sum, multiplier, lo - y_zero, hi - y_zero, y_zero);
    store_bytes(y,
                function == OCT_REDUCE_MEAN      ? mean
                : function == OCT_REDUCE_MINIMUM ? least
                                                 : most,
                count);
}

/*
 * Where the smallest or largest is, the first of equal ones and any NaN before all, of floats or bytes.
 * Global size: (ceil(inner / OCT_LANES), outer).
 */
kernel void reduce_index(global const uchar *x, global int *y, int smallest, int n, int inner,
                         int bytes, int sign)
{
    const int c = get_global_id(0) * OCT_LANES, count = inner - c;
    const size_t first = get_global_id(1) * n * inner + c;
    oct_floats best = 0.0f;
    oct_ints at = 0;
    for (int i = 0; i < n; ++i) {
        const size_t place = first + (size_t)i * inner;
        const oct_floats v =
            bytes ? OCT_JOIN(convert_, oct_floats)(load_bytes(x + place, count, sign))
                  : load_floats((global const float *)x + place, count);
        const oct_ints beyond = smallest ? v < best : v > best;
        const oct_ints better = (beyond || isnan(v)) && !isnan(best);
        best = i == 0 || better ? v : best;
        at = better && i > 0 ? (oct_ints)i : at;
    }
    y += get_global_id(1) * inner + c;
    for (int i = 0; i < min(count, OCT_LANES); ++i)
        y[i] = ((const int *)&at)[i];
}

#endif

#if OCT_BUILD_INTERPOLATE || OCT_BUILD_ALL

/* A float, or the number that a stored byte means. */
OCT_INLINE float number_at(global const uchar *x, size_t i, int bytes, int sign, float scale,
                           int zero)
{
    return bytes ? scale * (float)(((x[i] ^ sign) - sign) - zero) : ((global const float *)x)[i];
}

/*
 * Weighted sums of four elements, of two rows and two columns: `indices` and `weights` hold those of
 * the oh first rows, of the oh second ones, of the ow first and of the ow second columns. Images are
 * (h, w, inner). A work-item does OCT_LANES neighbours in a row of y.
 * Global size: (ceil(ow * inner / OCT_LANES), oh, images).
 */
kernel void interpolate(global const uchar *x, global uchar *y, global const int *indices,
                        global const float *weights, int h, int w, int oh, int ow, int inner,
                        int bytes, int sign, float x_scale, int x_zero, float y_scale, int y_zero,
                        int lo, int hi)
{
    const int begin = get_global_id(0) * OCT_LANES, count = ow * inner - begin;
    const int row = get_global_id(1);
    const size_t image = get_global_id(2) * h;
    const size_t top = (image + indices[row]) * w, bottom = (image + indices[oh + row]) * w;
    const float upper = weights[row], lower = weights[oh + row];
    float corner[4][OCT_LANES] = {{0}}, left[OCT_LANES] = {0}, right[OCT_LANES] = {0};
    for (int i = 0; i < min(count, OCT_LANES); ++i) {
        const int column = 2 * oh + (begin + i) / inner, c = (begin + i) % inner;
        const int first = indices[column], second = indices[ow + column];
        left[i] = weights[column];
        right[i] = weights[ow + column];
        corner[0][i] = number_at(x, (top + first) * inner + c, bytes, sign, x_scale, x_zero);
        corner[1][i] = number_at(x, (top + second) * inner + c, bytes, sign, x_scale, x_zero);
        corner[2][i] = number_at(x, (bottom + first) * inner + c, bytes, sign, x_scale, x_zero);
        corner[3][i] = number_at(x, (bottom + second) * inner + c, bytes, sign, x_scale, x_zero);
    }
    const oct_floats u = oct_load(0, left), v = oct_load(0, right);
    oct_floats sum = u * upper * oct_load(0, corner[0]);
    sum = sum + v * upper * oct_load(0, corner[1]);
    sum = sum + u * lower * oct_load(0, corner[2]);
    sum = sum + v * lower * oct_load(0, corner[3]);
    const size_t to = (get_global_id(2) * oh + row) * ow * inner + begin;
    if (bytes)
        store_bytes(y + to, quantize_steps(divide(sum, divisor(y_scale)), y_zero, false, lo, hi),
                    count);
    else
        store_floats((global float *)y + to, one_nan(sum), count);
}

#endif

#if OCT_BUILD_LOOKUP || OCT_BUILD_ALL

/* y = table[x], byte by byte. Global size: ceil(count / items). */
kernel void lookup(global const uchar *x, global uchar *y, global const uchar *table, int count,
                   int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)count);
    for (size_t i = get_global_id(0) * items; i < end; ++i)
        y[i] = table[x[i]];
}

#endif

#if OCT_BUILD_CONCAT || OCT_BUILD_ALL

/*
 * Rows of `part` bytes, each to `first` of a row of `whole` bytes; through the table of that index, if
 * it is not below 0. A work-item does `rows` rows, `span` bytes of each.
 * Global size: (ceil(part / span), ceil(outer / rows)).
 */
kernel void concat(global const uchar *x, global uchar *y, global const uchar *tables, int table,
                   int outer, int part, int whole, int first, int span, int rows)
{
    const int begin = get_global_id(0) * span, end = min(begin + span, part);
    const int top = get_global_id(1) * rows, bottom = min(top + rows, outer);
    for (int row = top; row < bottom; ++row) {
        global const uchar *from = x + (size_t)row * part;
        global uchar *to = y + (size_t)row * whole + first;
        if (table >= 0)
            for (int i = begin; i < end; ++i)
                to[i] = tables[256 * table + from[i]];
        else
            for (int i = begin; i < end; ++i)
                to[i] = from[i];
    }
}

#endif

#if OCT_BUILD_PERMUTE || OCT_BUILD_ALL

/*
 * y[i0][i1]..[i7] = x[i0 * stride0 + i1 * stride1 + ..]: sizes are those of y, outermost first and
 * filled up with 1 at the front; strides count elements of x. Elements have 1 or 4 bytes.
 * Global size: ceil(count / items).
 */
kernel void permute(global const uchar *x, global uchar *y, int8 sizes, int8 strides,
                    int element_bytes, int count, int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)count);
    size_t i = get_global_id(0) * items;
    int size[8], stride[8], position[8];
    vstore8(sizes, 0, size);
    vstore8(strides, 0, stride);
    size_t rest = i, source = 0;
    for (int d = 7; d >= 0; --d) {
        position[d] = rest % size[d];
        source += (size_t)position[d] * stride[d];
        rest /= size[d];
    }
    while (i < end) {
        /* the rest of an innermost line */
        const size_t line = min((size_t)(size[7] - position[7]), end - i);
        if (element_bytes == 1) {
            for (size_t j = 0; j < line; ++j)
                y[i + j] = x[source + j * stride[7]];
        } else {
            for (size_t j = 0; j < line; ++j)
                ((global uint *)y)[i + j] = ((global const uint *)x)[source + j * stride[7]];
        }
        i += line;
        /* the start of the next line */
        source -= (size_t)position[7] * stride[7];
        position[7] = 0;
        for (int d = 6; d >= 0; --d) {
            source += stride[d];
            if (++position[d] < size[d])
                break;
            source -= (size_t)size[d] * stride[d];
            position[d] = 0;
        }
    }
}

#endif

#if OCT_BUILD_GATHER || OCT_BUILD_ALL

/*
 * y[i0]..[i7][j] = x[t0[i0] + .. + t7[i7] + j] for j below `inner`, or `fill` where one of the offsets
 * is below 0. `sizes` are those of the dimensions before j, outermost first and filled up with 1 at
 * the front; their tables t lie one after the other in `offsets`, which count elements of x. Elements
 * have 1 or 4 bytes. A work-item does `cells` of the `count` combinations of i0..i7, `span` elements
 * of each. Global size: (ceil(inner / span), ceil(count / cells)).
 */
kernel void gather(global const uchar *x, global uchar *y, global const int *offsets, int8 sizes,
                   int fill, int element_bytes, int inner, int count, int span, int cells)
{
    const int begin = get_global_id(0) * span, length = min(span, inner - begin);
    const size_t end = min((get_global_id(1) + 1) * cells, (size_t)count);
    size_t i = get_global_id(1) * cells, rest = i;
    int size[8], first[8], position[8];
    vstore8(sizes, 0, size);
    for (int d = 0, sum = 0; d < 8; sum += size[d++])
        first[d] = sum;
    for (int d = 7; d >= 0; --d) {
        position[d] = rest % size[d];
        rest /= size[d];
    }
    while (i < end) {
        /* the rest of an innermost line */
        const size_t line = min((size_t)(size[7] - position[7]), end - i);
        int base = begin, outside = 0;
        for (int d = 0; d < 7; ++d) {
            const int offset = offsets[first[d] + position[d]];
            base += offset;
            outside |= offset;
        }
        for (size_t j = 0; j < line; ++j) {
            const int offset = offsets[first[7] + position[7] + j];
            const bool inside = (offset | outside) >= 0;
            const size_t from = inside ? base + offset : 0, to = (i + j) * inner + begin;
            if (element_bytes == 1) {
                for (int k = 0; k < length; ++k)
                    y[to + k] = inside ? x[from + k] : (uchar)fill;
            } else {
                for (int k = 0; k < length; ++k)
                    ((global int *)y)[to + k] = inside ? ((global const int *)x)[from + k] : fill;
            }
        }
        /* the start of the next line */
        i += line;
        position[7] = 0;
        for (int d = 6; d >= 0 && ++position[d] == size[d]; --d)
            position[d] = 0;
    }
}

#endif

#if OCT_BUILD_CHAIN && OCT_STEPPED

/* number = 3 number + addend, of numbers in a matrix. Global size: its columns and rows. */
kernel void try_chain(global int *numbers, int addend)
{
    const size_t i = get_global_id(1) * get_global_size(0) + get_global_id(0);
    numbers[i] = 3 * numbers[i] + addend;
}

/* Not "kernel", for these are no steps. */

/* to[index] = the address of "buffer". Global size: 1. */
__kernel void locate_buffer(global const uchar *buffer, global ulong *to, int index)
{
    to[index] = (ulong)buffer;
}

/* Calls the host's function(chain) on the stack of the thread, below what the caller may keep under its
 * end. What functions may change is named; the rest they restore, the control bits of MXCSR and of the x87
 * among them. Nothing of OpenCL C lies in x87 registers, and nothing reads flags of rounding. Global size:
 * any. */
__kernel void run_chain(ulong function, ulong chain)
{
    __asm__ volatile("movq %%rsp, %%rbx\n\tsubq $128, %%rsp\n\tandq $-64, %%rsp\n\t"
                     "call *%1\n\tmovq %%rbx, %%rsp"
                     : "+D"(chain), "+a"(function)
                     :
                     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",
                       "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#ifdef __AVX512F__
                       ,
                       "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
                       "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k0",
                       "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#endif
    );
}

#endif

/* §9 Probes for tests ------------------------------------------------------------------------- */

#if OCT_BUILD_PROBE_DOT || OCT_BUILD_ALL

/* result[i] = acc[i] + a[i / OCT_LANES] times b[i] on the chosen path; where OCT_SWAP, the bytes of
 * b are u8. Global size: words of a. */
kernel void probe_dot(global const uint *a, global const uint *b, global const int *acc,
                      global int *result)
{
    const size_t i = get_global_id(0);
    const oct_ints sum = multiply_words(oct_load(i, acc), a[i], oct_load(i, b));
    OCT_JOIN(vstore, OCT_LANES)(sum, i, result);
}

#endif

#if OCT_BUILD_PROBE_SPEED || OCT_BUILD_ALL

/*
 * Times the chosen path: a tile of OCT_MR rows by OCT_NR columns, multiplied `rounds` times over
 * the same k_words, few enough for the first cache. offset[OCT_NR] starts every sum, a is
 * [OCT_MR][k_words] words, b is one panel; modulo 2^32,
 *   result[work-item][OCT_MR][OCT_NR] = offset + rounds * products.
 * Each work-item performs 2 * OCT_KG * k_words * rounds * OCT_MR * OCT_NR operations. Global size:
 * any.
 */
kernel void probe_speed(global const uchar *a, global const uint *b, global const int *offset,
                        global int *result, int k_words, int rounds)
{
    oct_ints acc[OCT_MR][OCT_NV];
    global const uchar *row[OCT_MR];
    const oct_row no_sums[OCT_MR] = {{0}};
    FOR_TILE (r, OCT_MR)
        row[r] = a + (size_t)4 * r * k_words;
    tile_clear(acc, offset, no_sums);
    for (int round = 0; round < rounds; ++round)
        tile_multiply(acc, row, b, k_words);
    FOR_TILE (r, OCT_MR) {
        FOR_TILE (v, OCT_NV) {
            const size_t at = (get_global_id(0) * OCT_MR + r) * OCT_NV + v;
            OCT_JOIN(vstore, OCT_LANES)(acc[r][v], at, result);
        }
    }
}

#endif

#if OCT_BLOCKS && (OCT_BUILD_PROBE_BLOCK || OCT_BUILD_ALL)

/*
 * Tries and times a block: a is [OCT_BLOCK][OCT_GK] words, b a panel of OCT_GK words; modulo 2^32,
 *   result[work-group][OCT_BLOCK][OCT_PANEL] = rounds * products.
 * Each work-group performs 8 * OCT_GK * rounds * OCT_BLOCK * OCT_PANEL operations. Global size: a
 * multiple of OCT_ITEMS.
 */
kernel __attribute__((reqd_work_group_size(OCT_ITEMS, 1, 1), OCT_HINT)) void
probe_block(global const uchar *a, global const uint *b, global int *result, int rounds)
{
    local oct_shared shared;
    const oct_place place = group_place();
    const oct_walk walk = {.y_end = 1,
                           .x_end = 1,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .cw = OCT_GK,
                           .h = 1,
                           .w = 1,
                           .pad = a,
                           .quads = true};
    const oct_position at = {0, 0, place.item % OCT_A_QUADS * 4};
    oct_sources sources;
    oct_fetched fetched;
    uint sums[OCT_A_TURNS] = {0};
    oct_ints acc[OCT_MR][OCT_NV];
    FOR_TILE (turn, OCT_A_TURNS) {
        sources.origin[turn] = a + 4 * OCT_GK * min(source_row(place, turn), OCT_BLOCK - 1);
        sources.y[turn] = sources.x[turn] = 0;
    }
    FOR_TILE (r, OCT_MR)
        FOR_TILE (v, OCT_NV)
            acc[r][v] = 0;
    slice_fetch(&fetched, &shared.slice[0], &sources, at, walk, b, 0, OCT_GK, place);
    slice_keep(&fetched, &shared.slice[0], sums, place);
    for (int round = 0; round < rounds; ++round) {
        barrier(CLK_LOCAL_MEM_FENCE);
        slice_multiply(acc, &shared, 0, place);
    }
    result += get_group_id(0) * OCT_BLOCK * OCT_PANEL + place.column;
    FOR_TILE (r, OCT_MR)
        FOR_TILE (v, OCT_NV)
            OCT_JOIN(vstore, OCT_LANES)(acc[r][v], v, result + place_row(place, r) * OCT_PANEL);
}

#endif

#if OCT_AMX && (OCT_BUILD_PROBE_BLOCK || OCT_BUILD_ALL)

#define OCT_PROBE_WORDS 128

/* The same of a tile of AMX: a is [OCT_MR][OCT_PROBE_WORDS] words. Global size: any. */
kernel __attribute__((reqd_work_group_size(1, 1, 1), OCT_HINT)) void
probe_block(global const uchar *a, global const uint *b, global int *result, int rounds)
{
    oct_amx amx;
    oct_held held;
    oct_row row[OCT_MR];
    oct_ints acc[OCT_MR][OCT_NV];
    FOR_TILE (v, OCT_NV)
        for (int r = 0; r < OCT_MR; ++r)
            acc[r][v] = 0;
    const int steps = OCT_PROBE_WORDS / 16;
    amx_begin(&amx, 16);
    for (int round = 0; round < rounds; ++round) {
        for (int step = 0; step < steps; step += OCT_HELD) {
            if (round == 0 || step > 0 || step + OCT_HELD < steps) {
                held_begin(&held, step, OCT_PROBE_WORDS);
                held_rows(&held, a, 4 * OCT_PROBE_WORDS, OCT_MR);
                held_end(&held, row, OCT_MR, false);
            }
            held_multiply(&amx, acc, &held, OCT_MR, b, OCT_NR, OCT_PROBE_WORDS, true);
        }
    }
    amx_end();
    result += get_global_id(0) * OCT_MR * OCT_NR;
    for (int r = 0; r < OCT_MR; ++r)
        FOR_TILE (v, OCT_NV)
            OCT_JOIN(vstore, OCT_LANES)(acc[r][v], r * OCT_NV + v, result);
}

#endif

#if OCT_BUILD_PROBE_REQUANTIZE || OCT_BUILD_ALL

/*
 * Each rule of §3 for each accumulator, by its scalar and its vector form. fixed is {m, shift} per
 * accumulator. result[form][rule][count]: form 0 scalar, 1 vector; rule 0 float, 1 fixed double,
 * 2 fixed single. count = OCT_LANES * global size.
 */
kernel void probe_requantize(global const int *acc, global const float *multiplier,
                             global const int2 *fixed, global int *result, int lo, int hi, int z_y)
{
    const size_t count = get_global_size(0) * OCT_LANES, first = get_global_id(0) * OCT_LANES;
    int m[OCT_LANES], shift[OCT_LANES];
    result += first;
    for (int i = 0; i < OCT_LANES; ++i) {
        const int x = acc[first + i];
        m[i] = fixed[first + i].x;
        shift[i] = fixed[first + i].y;
        result[i] = round_float(x, multiplier[first + i], lo, hi, z_y);
        result[count + i] = clamp(fixed_double(x, m[i], shift[i]), lo, hi) + z_y;
        result[2 * count + i] = clamp(fixed_single(x, m[i], shift[i]), lo, hi) + z_y;
    }
    const oct_ints x = oct_load(0, acc + first);
    const oct_floats scale = oct_load(0, multiplier + first);
    const oct_ints ms = oct_load(0, m);
    const oct_ints shifts = oct_load(0, shift);
    result += 3 * count;
    OCT_JOIN(vstore, OCT_LANES)
    (OCT_JOIN(round_float, OCT_LANES)(x, scale, lo, hi, z_y), 0, result);
    OCT_JOIN(vstore, OCT_LANES)
    (clamp(OCT_JOIN(fixed_double, OCT_LANES)(x, ms, shifts), lo, hi) + z_y, 0, result + count);
    OCT_JOIN(vstore, OCT_LANES)
    (clamp(OCT_JOIN(fixed_single, OCT_LANES)(x, ms, shifts), lo, hi) + z_y, 0, result + 2 * count);
}

#endif

#if OCT_BUILD_SELF_TEST || OCT_BUILD_ALL

/* What octet relies on, one operation of the device at a time. Words are int or bits of float. */
OCT_INLINE uint self_test_one(uint operation, uint x, uint y, uint z)
{
    const float fx = as_float(x), fy = as_float(y), fz = as_float(z);
    switch (operation) {
    case 0:
        return as_uint(fz + fx * fy); /* must not be fused */
    case 1:
        return as_uint(fma(fx, fy, fz));
    case 2:
        return as_uint(fx * fy);
    case 3:
        return as_uint(fmin(fmax(fx, fy), fz));
    case 4:
        return as_uint(fx > fy ? fx : fy);
    case 5:
        return as_uint(round(fx));
    case 6:
        return isnan(fx);
    case 7:
        return as_uint(convert_float_rte((int)x));
    case 8:
        return as_uint(convert_float_rte((long)(int)x - (int)y));
    case 9:
        return convert_int_rte(fx);
    case 10:
        return nearest_int(fx);
    case 11:
        return round_float((int)x, fy, -128 - (int)z, 127 - (int)z, z);
    case 12:
        return as_uint(divide(fx, divisor(fy)).s0);
    case 13:
        return convert_int((long)(int)x * (int)y);
    case 14:
        return (long)(int)x * (int)y >> z;
    case 15:
        return (int)x >> y;
    case 16:
        return clz((ulong)x << 32 | y);
    case 17:
        return convert_uchar((int)x);
    default:
        return 0;
    }
}

/* result[i] = operation cases[i].x of the words cases[i].yzw. Global size: cases. */
kernel void self_test(global const uint4 *cases, global uint *result)
{
    const uint4 c = cases[get_global_id(0)];
    result[get_global_id(0)] = self_test_one(c.x, c.y, c.z, c.w);
}

#endif
