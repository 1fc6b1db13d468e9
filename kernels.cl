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
 *   panel        b of one tile: [k word][OCT_NR columns]; columns beyond n are zero
 *   z_x z_w z_y  zero points of input, weights, output
 *   lo, hi       bounds of the output minus z_y
 *
 * A tile is OCT_MR rows by OCT_NR columns of c, held in OCT_MR * OCT_NV vectors of OCT_LANES sums.
 * One work-item computes rows_per_item rows, tile after tile, against one panel.
 */

/* §1 Build parameters ------------------------------------------------------------------------- */

/* Values of OCT_PATH: how a word of a meets a word of b. */
#define OCT_PLAIN 0          /* bytes; any device                                    */
#define OCT_EMULATED 1       /* bytes; the body of OCT_KHR on emulated builtins      */
#define OCT_EMULATED_PAIRS 2 /* pairs; any device                                    */
#define OCT_KHR 3            /* bytes; cl_khr_integer_dot_product                    */
#define OCT_X86_PMADDWD 4    /* pairs; AVX2 (8 lanes) or AVX-512BW (16 lanes)        */
#define OCT_X86_VNNI 5       /* bytes, a unsigned; AVX-512 VNNI (16 lanes; 8 with VL) */

#ifndef OCT_PATH
#define OCT_PATH OCT_PLAIN
#endif
#ifndef OCT_MR
#define OCT_MR 4 /* rows of a tile, 1..32 */
#endif
#ifndef OCT_NV
#define OCT_NV 2 /* vectors per row of a tile, 1..8 */
#endif
#ifndef OCT_LANES
#define OCT_LANES 4 /* sums per vector: 2, 4, 8 or 16 */
#endif
#ifndef OCT_A_SIGNED
#define OCT_A_SIGNED 0 /* bytes of a (x of depthwise) are s8, else u8; b is always s8 */
#endif
#ifndef OCT_ALIGNED
#define OCT_ALIGNED 0 /* every row of a starts on a 4-byte boundary */
#endif
#ifndef OCT_CORRECT
#define OCT_CORRECT 0 /* zero point terms: 1 of the weights, 2 of single rows, 3 both */
#endif
#ifndef OCT_STORE
#define OCT_STORE 2 /* 0 s32, 1 f32, bytes by 2 float rule, 3 tflite double, 4 tflite single */
#endif
#ifndef OCT_ROW_SCALE
#define OCT_ROW_SCALE 0 /* f32 store: scale is row_scale[row] * multiplier[column] */
#endif
#ifndef OCT_GROUP_M
#define OCT_GROUP_M 1 /* work-items per work-group along the rows ... */
#endif
#ifndef OCT_GROUP_N
#define OCT_GROUP_N 1 /* ... and along the panels */
#endif

#define OCT_PAIRS (OCT_PATH == OCT_EMULATED_PAIRS || OCT_PATH == OCT_X86_PMADDWD)
#define OCT_KG (OCT_PAIRS ? 2 : 4)
#define OCT_NR (OCT_NV * OCT_LANES)

#if OCT_PATH < OCT_PLAIN || OCT_PATH > OCT_X86_VNNI
#error "OCT_PATH: no such path"
#endif
#if OCT_MR < 1 || OCT_MR > 32
#error "OCT_MR must be 1..32"
#endif
#if OCT_NV < 1 || OCT_NV > 8
#error "OCT_NV must be 1..8"
#endif
#if OCT_LANES != 2 && OCT_LANES != 4 && OCT_LANES != 8 && OCT_LANES != 16
#error "OCT_LANES must be 2, 4, 8 or 16"
#endif
#if OCT_CORRECT < 0 || OCT_CORRECT > 3
#error "OCT_CORRECT must be 0..3"
#endif
#if OCT_STORE < 0 || OCT_STORE > 4
#error "OCT_STORE must be 0..4"
#endif
#if OCT_PATH == OCT_X86_PMADDWD && OCT_LANES != 8 && OCT_LANES != 16
#error "OCT_X86_PMADDWD needs 8 or 16 lanes"
#endif
#if OCT_PATH == OCT_X86_VNNI && ((OCT_LANES != 8 && OCT_LANES != 16) || OCT_A_SIGNED)
#error "OCT_X86_VNNI needs 8 or 16 lanes and unsigned a"
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
#define oct_ints OCT_VECTOR(int)
#define oct_uints OCT_VECTOR(uint)
#define oct_floats OCT_VECTOR(float)

/* A loop whose trip count is a parameter; unrolled, so that arrays it indexes become registers. */
#define FOR_TILE(i, count) _Pragma("unroll") for (int i = 0; i < (count); ++i)

/* §2 Device abilities ------------------------------------------------------------------------- */

/* oct_dot: acc[lane] + the dot product of word a with word b[lane], exact. */

#if OCT_PATH == OCT_PLAIN

static inline oct_ints oct_dot(oct_ints acc, uint a, oct_uints b)
{
    FOR_TILE(i, 4) {
        const uint byte = a << (24 - 8 * i);
        const int x = OCT_A_SIGNED ? (int)byte >> 24 : (int)(byte >> 24);
        acc += x * (OCT_JOIN(as_, oct_ints)(b << (uint)(24 - 8 * i)) >> 24);
    }
    return acc;
}

#elif OCT_PATH == OCT_KHR || OCT_PATH == OCT_EMULATED

#if OCT_PATH == OCT_EMULATED
static inline int emulated_dot_us(uint a, uint b)
{
    const int4 p = convert_int4(as_uchar4(a)) * convert_int4(as_char4(b));
    return p.x + p.y + p.z + p.w;
}

static inline int emulated_dot_ss(uint a, uint b)
{
    const int4 p = convert_int4(as_char4(a)) * convert_int4(as_char4(b));
    return p.x + p.y + p.z + p.w;
}
#define OCT_DOT4 OCT_JOIN(emulated_dot_, OCT_DOT4_SIGNS)
#else
#pragma OPENCL EXTENSION cl_khr_integer_dot_product : enable
#define OCT_DOT4 OCT_JOIN(OCT_JOIN(dot_4x8packed_, OCT_DOT4_SIGNS), _int)
#endif
#if OCT_A_SIGNED
#define OCT_DOT4_SIGNS ss
#else
#define OCT_DOT4_SIGNS us
#endif

static inline oct_ints oct_dot(oct_ints acc, uint a, oct_uints b)
{
    int *sum = (int *)&acc;
    const uint *word = (const uint *)&b;
    FOR_TILE(i, OCT_LANES) sum[i] += OCT_DOT4(a, word[i]);
    return acc;
}

#elif OCT_PATH == OCT_EMULATED_PAIRS

static inline oct_ints oct_dot(oct_ints acc, uint a, oct_uints b)
{
    const oct_ints low = OCT_JOIN(as_, oct_ints)(b << 16) >> 16;
    const oct_ints high = OCT_JOIN(as_, oct_ints)(b) >> 16;
    return acc + as_short2(a).x * low + as_short2(a).y * high;
}

#elif OCT_PATH == OCT_X86_PMADDWD

/* A builtin, not inline assembly: the compiler schedules it, and the device's own target has it. */
typedef short oct_pairs __attribute__((vector_size(4 * OCT_LANES)));

static inline oct_ints oct_dot(oct_ints acc, uint a, oct_uints b)
{
    const oct_pairs pairs_a = __builtin_astype((oct_uints)(a), oct_pairs);
    const oct_pairs pairs_b = __builtin_astype(b, oct_pairs);
#if OCT_LANES == 16
    return acc + __builtin_astype(__builtin_ia32_pmaddwd512(pairs_a, pairs_b), oct_ints);
#else
    return acc + __builtin_astype(__builtin_ia32_pmaddwd256(pairs_a, pairs_b), oct_ints);
#endif
}

#elif OCT_PATH == OCT_X86_VNNI

/* Inline assembly, not a builtin: compilers whose target lacks VNNI abort on the builtin. */
static inline oct_ints oct_dot(oct_ints acc, uint a, oct_uints b)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"((oct_uints)(a)), "v"(b));
    return acc;
}

#endif

/* nearest_int: to the nearest integer, ties to even. */
static inline int nearest_int(float v)
{
    return convert_int_rte(v);
}

static inline oct_ints OCT_JOIN(nearest_int, OCT_LANES)(oct_floats v)
{
#if OCT_PATH == OCT_X86_PMADDWD || OCT_PATH == OCT_X86_VNNI
    /* One instruction; compilers spend ten on the generic form. */
    oct_ints i;
    __asm__("vcvtps2dq %1, %0" : "=v"(i) : "v"(v));
    return i;
#else
    return OCT_JOIN(OCT_JOIN(convert_, oct_ints), _rte)(v);
#endif
}

/* §3 Requantization: int32 sums to the output type -------------------------------------------- */

/*
 * Defined once for scalars (N empty) and vectors. Nothing here is divided or fused, so every device
 * gives the same bits. lo..hi is at most -255..255, so z_y + result always fits the output byte.
 *
 * requantize_float   nearest even of f32(acc) * multiplier
 * tflite_*           multiplier is m * 2^(shift - 31), 2^30 <= m < 2^31 or 0, -31 <= shift <= 30
 * tflite_double      rounds the product by 2^31 ties up, then the right shift ties away from zero
 * tflite_single      rounds once, ties up
 */
#define OCT_DEFINE_REQUANTIZE(N)                                                                   \
    static inline int##N requantize_float##N(int##N acc, float##N multiplier, int lo, int hi,      \
                                             int z_y)                                              \
    {                                                                                              \
        float##N v = convert_float##N##_rte(acc) * multiplier;                                     \
        v = v > (float)lo ? v : (float##N)(lo);                                                    \
        v = v < (float)hi ? v : (float##N)(hi);                                                    \
        return nearest_int##N(v) + z_y;                                                            \
    }                                                                                              \
                                                                                                   \
    static inline int##N high_product##N(int##N a, int##N m)                                       \
    {                                                                                              \
        const long##N p = convert_long##N(a) * convert_long##N(m) + (1L << 30);                    \
        return convert_int##N(p >> 31);                                                            \
    }                                                                                              \
                                                                                                   \
    static inline int##N shift_right_rounded##N(int##N x, int##N shift)                            \
    {                                                                                              \
        const int##N mask = ~((int##N)(-1) << shift);                                              \
        const int##N middle = (mask >> 1) + (x >> 31 & 1);                                         \
        return (x >> shift) + ((middle - (x & mask)) >> 31 & 1);                                   \
    }                                                                                              \
                                                                                                   \
    static inline int##N requantize_tflite_double##N(int##N acc, int##N m, int##N shift, int lo,   \
                                                     int hi, int z_y)                              \
    {                                                                                              \
        const int##N h = high_product##N(acc << max(shift, 0), m);                                 \
        return clamp(shift_right_rounded##N(h, max(-shift, 0)), lo, hi) + z_y;                     \
    }                                                                                              \
                                                                                                   \
    static inline int##N requantize_tflite_single##N(int##N acc, int##N m, int##N shift, int lo,   \
                                                     int hi, int z_y)                              \
    {                                                                                              \
        const long##N p = convert_long##N(acc) * convert_long##N(m);                               \
        const int##N v = convert_int##N(((p >> convert_long##N(30 - shift)) + 1L) >> 1);           \
        return clamp(v, lo, hi) + z_y;                                                             \
    }
#define OCT_DEFINE_REQUANTIZE_VECTOR(N) OCT_DEFINE_REQUANTIZE(N)

OCT_DEFINE_REQUANTIZE()
OCT_DEFINE_REQUANTIZE_VECTOR(OCT_LANES)

/* §4 Tiles ------------------------------------------------------------------------------------ */

#if OCT_STORE == 0
typedef int oct_result;
#define oct_results oct_ints
#elif OCT_STORE == 1
typedef float oct_result;
#define oct_results oct_floats
#else
typedef uchar oct_result;
#define oct_results OCT_VECTOR(uchar)
#endif
/* Unaligned, and yet stored at once: compilers split a vstore of bytes. */
typedef struct __attribute__((packed)) {
    oct_results v;
} oct_packed_results;

#define OCT_TFLITE OCT_JOIN(requantize_tflite_, OCT_TFLITE_ROUNDING)
#if OCT_STORE == 3
#define OCT_TFLITE_ROUNDING double
#else
#define OCT_TFLITE_ROUNDING single
#endif

/* Where a tile goes and what happens to its sums on the way; column arrays start at column 0. */
typedef struct {
    global oct_result *c; /* element (row base 0, column 0) */
    int c_col;       /* elements between columns       */
    int rows;        /* of the tile that exist         */
    int columns;     /* of the tile that exist         */
    global const uchar *multiplier; /* float, or {m, shift} for the tflite rules */
    int multiplier_row;             /* elements between rows, 0 when shared      */
    global const float *bias;
    global const int *w_zero;
    global const int *column_sum;
    int lo, hi, z_y, relu;
} oct_output;

/* What the epilogue needs to know of each row. */
typedef struct {
    size_t base; /* element of c where the row starts */
    size_t index;
    int sum, zero; /* OCT_CORRECT */
    float scale;   /* OCT_ROW_SCALE */
} oct_row;

static inline uint load_word(global const uchar *p)
{
#if OCT_ALIGNED
    return *(global const uint *)p;
#else
    return as_uint(vload4(0, p));
#endif
}

/* Sums start from the per-column offset: bias and the terms of the zero points that are fixed. */
static inline void tile_clear(oct_ints acc[OCT_MR][OCT_NV], global const int *offset)
{
    FOR_TILE(v, OCT_NV) {
        const oct_ints start = OCT_JOIN(vload, OCT_LANES)(v, offset);
        FOR_TILE(r, OCT_MR) acc[r][v] = start;
    }
}

/* acc += words [0, k_words) of each row times the panel. */
static inline void tile_multiply(oct_ints acc[OCT_MR][OCT_NV], global const uchar *const row[OCT_MR],
                                 global const uint *panel, int k_words)
{
    for (size_t k = 0; k < (size_t)k_words; ++k) {
        oct_uints b[OCT_NV];
        FOR_TILE(v, OCT_NV) b[v] = OCT_JOIN(vload, OCT_LANES)(k * OCT_NV + v, panel);
        FOR_TILE(r, OCT_MR) {
            const uint a = load_word(row[r] + 4 * k);
            FOR_TILE(v, OCT_NV) acc[r][v] = oct_dot(acc[r][v], a, b[v]);
        }
    }
}

/* The results of one vector of sums: row r, columns from column on. */
static inline oct_results finish(oct_ints acc, oct_row row, int column, oct_output out)
{
    acc -= OCT_CORRECT & 1 ? row.sum * OCT_JOIN(vload, OCT_LANES)(0, out.w_zero + column) : 0;
    acc -= OCT_CORRECT & 2 ? row.zero * OCT_JOIN(vload, OCT_LANES)(0, out.column_sum + column) : 0;
#if OCT_STORE == 0
    return acc;
#else
    const size_t m = row.index * out.multiplier_row + column;
#endif
#if OCT_STORE == 1 || OCT_STORE == 2
    const oct_floats scale = OCT_JOIN(vload, OCT_LANES)(0, (global const float *)out.multiplier + m);
#if OCT_STORE == 1
    oct_floats v = OCT_JOIN(OCT_JOIN(convert_, oct_floats), _rte)(acc);
    v = v * (OCT_ROW_SCALE ? row.scale * scale : scale);
    v = v + OCT_JOIN(vload, OCT_LANES)(0, out.bias + column);
    return out.relu ? fmax(v, 0.0f) : v;
#else
    return OCT_JOIN(convert_, oct_results)(
        OCT_JOIN(requantize_float, OCT_LANES)(acc, scale, out.lo, out.hi, out.z_y));
#endif
#elif OCT_STORE > 2
    global const int *pair = (global const int *)out.multiplier + 2 * m;
    const oct_ints p = OCT_JOIN(vload, OCT_LANES)(0, pair);
    const oct_ints q = OCT_JOIN(vload, OCT_LANES)(1, pair);
    return OCT_JOIN(convert_, oct_results)(OCT_JOIN(OCT_TFLITE, OCT_LANES)(
        acc, (oct_ints)(p.even, q.even), (oct_ints)(p.odd, q.odd), out.lo, out.hi, out.z_y));
#endif
}

/* Stores the rows and columns of the tile that exist. */
static inline void tile_store(oct_ints acc[OCT_MR][OCT_NV], const oct_row row[OCT_MR],
                              oct_output out)
{
    if (out.c_col == 1 && out.rows >= OCT_MR && out.columns >= OCT_NR) {
        FOR_TILE(r, OCT_MR) FOR_TILE(v, OCT_NV) {
            const oct_results results = finish(acc[r][v], row[r], v * OCT_LANES, out);
            ((global oct_packed_results *)(out.c + row[r].base))[v].v = results;
        }
        return;
    }
    oct_results edge[OCT_MR][OCT_NV];
    size_t base[OCT_MR];
    FOR_TILE(r, OCT_MR) {
        base[r] = row[r].base;
        FOR_TILE(v, OCT_NV) edge[r][v] = finish(acc[r][v], row[r], v * OCT_LANES, out);
    }
    for (int r = 0; r < min(out.rows, OCT_MR); ++r)
        for (int i = 0; i < min(out.columns, OCT_NR); ++i)
            out.c[base[r] + (size_t)i * out.c_col] = ((const oct_result *)edge[r])[i];
}

/* §5 GEMM ------------------------------------------------------------------------------------- */

#if OCT_BUILD_GEMM || OCT_BUILD_ALL

/*
 * c = requantize(a * b) for a batch of matrices. Arrays of rows are indexed batch * m + row, arrays
 * of columns batch * column_stride + column; those are padded to whole tiles.
 * Global size: (ceil(m / rows_per_item), tiles of columns, batch); rows_per_item % OCT_MR == 0.
 */
kernel __attribute__((reqd_work_group_size(OCT_GROUP_M, OCT_GROUP_N, 1))) void
gemm(global const uchar *a, global const uint *b, global oct_result *c, global const int *offset,
     global const uchar *multiplier, global const float *bias, global const int *row_sum,
     global const int *row_zero, global const float *row_scale, global const int *w_zero,
     global const int *column_sum, int m, int n, int k_words, int a_row_bytes, int a_batch_bytes,
     int b_batch_words, int c_batch, int c_row, int column_stride, int multiplier_row, int lo,
     int hi, int z_y, int relu, int rows_per_item)
{
    /* locate tile */
    const size_t batch = get_global_id(2);
    const int column = get_global_id(1) * OCT_NR;
    const int begin = get_global_id(0) * rows_per_item;
    const int end = min(m, begin + rows_per_item);
    const size_t columns = batch * column_stride + column;
    const int scale_bytes = OCT_STORE < 3 ? 4 : 8;
    if (column >= n)
        return;
    oct_output out = {.c = c + batch * c_batch + column,
                      .c_col = 1,
                      .columns = n - column,
                      .multiplier = multiplier + columns * scale_bytes,
                      .multiplier_row = multiplier_row,
                      .bias = bias + columns,
                      .w_zero = w_zero + columns,
                      .column_sum = column_sum + columns,
                      .lo = lo,
                      .hi = hi,
                      .z_y = z_y,
                      .relu = relu};
    a += batch * a_batch_bytes;
    b += batch * b_batch_words + (size_t)column * k_words;

    for (int first = begin; first < end; first += OCT_MR) {
        global const uchar *words[OCT_MR];
        FOR_TILE(r, OCT_MR) words[r] = a + (size_t)min(first + r, m - 1) * a_row_bytes;

        /* clear accumulators */
        oct_ints acc[OCT_MR][OCT_NV];
        tile_clear(acc, offset + columns);

        /* loop over k: load, multiply */
        tile_multiply(acc, words, b, k_words);

        /* correct zero points and add bias, requantize and store */
        oct_row row[OCT_MR];
        FOR_TILE(r, OCT_MR) {
            const int index = min(first + r, m - 1);
            row[r].index = index;
            row[r].base = (size_t)index * c_row;
            row[r].sum = OCT_CORRECT & 1 ? row_sum[batch * m + index] : 0;
            row[r].zero = OCT_CORRECT & 2 ? row_zero[batch * m + index] : 0;
            row[r].scale = OCT_ROW_SCALE ? row_scale[batch * m + index] : 0.0f;
        }
        out.rows = m - first;
        tile_store(acc, row, out);
    }
}

#endif

/* §6 Convolution ------------------------------------------------------------------------------ */

#if OCT_BUILD_CONV2D || OCT_BUILD_ALL

/*
 * Implicit GEMM over NHWC words: row = output pixel, k = (tap, word of the group's channels). A tap
 * outside the image reads `pad`, one pixel that holds z_x. pixel_sum is [image pixel][group].
 * Global size: (ceil(images * oh * ow / rows_per_item), tiles of n columns, groups).
 */
kernel __attribute__((reqd_work_group_size(OCT_GROUP_M, OCT_GROUP_N, 1))) void
conv2d(global const uchar *a, global const uint *b, global oct_result *c, global const int *offset,
       global const uchar *multiplier, global const float *bias, global const int *pixel_sum,
       global const int *w_zero, global const uchar *pad, int images, int h, int w, int oh, int ow,
       int kh, int kw, int stride_h, int stride_w, int dilation_h, int dilation_w, int pad_top,
       int pad_left, int cw, int groups, int n, int c_image, int c_row, int c_col,
       int column_stride, int lo, int hi, int z_y, int relu, int pad_sum, int rows_per_item)
{
    /* locate tile */
    const int group = get_global_id(2);
    const int column = get_global_id(1) * OCT_NR;
    const int begin = get_global_id(0) * rows_per_item;
    const int m = images * oh * ow;
    const int end = min(m, begin + rows_per_item);
    const int tiles = (n + OCT_NR - 1) / OCT_NR;
    const size_t columns = (size_t)group * column_stride + column;
    const int scale_bytes = OCT_STORE < 3 ? 4 : 8;
    const size_t pixel_bytes = (size_t)groups * cw * 4;
    if (column >= n)
        return;
    oct_output out = {.c = c + ((size_t)group * n + column) * c_col,
                      .c_col = c_col,
                      .columns = n - column,
                      .multiplier = multiplier + columns * scale_bytes,
                      .multiplier_row = 0,
                      .bias = bias + columns,
                      .w_zero = w_zero + columns,
                      .lo = lo,
                      .hi = hi,
                      .z_y = z_y,
                      .relu = relu};
    a += (size_t)group * cw * 4;
    pad += (size_t)group * cw * 4;
    b += ((size_t)group * tiles * OCT_NR + column) * kh * kw * cw;

    for (int first = begin; first < end; first += OCT_MR) {
        int y0[OCT_MR], x0[OCT_MR], image[OCT_MR];
        oct_row row[OCT_MR];
        FOR_TILE(r, OCT_MR) {
            const int index = min(first + r, m - 1);
            const int pixel = index % (oh * ow);
            image[r] = index / (oh * ow);
            y0[r] = pixel / ow * stride_h - pad_top;
            x0[r] = pixel % ow * stride_w - pad_left;
            row[r].index = index;
            row[r].base = (size_t)image[r] * c_image + (size_t)pixel * c_row;
            row[r].sum = 0;
        }

        /* clear accumulators */
        oct_ints acc[OCT_MR][OCT_NV];
        tile_clear(acc, offset + columns);

        /* loop over k: load, multiply */
        global const uint *panel = b;
        for (int tap = 0; tap < kh * kw; ++tap) {
            global const uchar *words[OCT_MR];
            FOR_TILE(r, OCT_MR) {
                const int y = y0[r] + tap / kw * dilation_h;
                const int x = x0[r] + tap % kw * dilation_w;
                const bool inside = (uint)y < (uint)h && (uint)x < (uint)w;
                const size_t pixel = ((size_t)image[r] * h + y) * w + x;
                words[r] = inside ? a + pixel * pixel_bytes : pad;
                if (OCT_CORRECT)
                    row[r].sum += inside ? pixel_sum[pixel * groups + group] : pad_sum;
            }
            tile_multiply(acc, words, panel, cw);
            panel += (size_t)cw * OCT_NR;
        }

        /* correct zero points and add bias, requantize and store */
        out.rows = m - first;
        tile_store(acc, row, out);
    }
}

#endif

#if OCT_BUILD_DEPTHWISE || OCT_BUILD_ALL

/* count bytes of x, at most OCT_LANES, as int. */
static inline oct_ints load_channels(global const uchar *x, int count)
{
    OCT_VECTOR(uchar) v;
    if (count >= OCT_LANES) {
        v = OCT_JOIN(vload, OCT_LANES)(0, x);
    } else {
        uchar lane[OCT_LANES] = {0};
        for (int i = 0; i < count; ++i)
            lane[i] = x[i];
        v = OCT_JOIN(vload, OCT_LANES)(0, lane);
    }
#if OCT_A_SIGNED
    return OCT_JOIN(convert_, oct_ints)(OCT_JOIN(as_, OCT_VECTOR(char))(v));
#else
    return OCT_JOIN(convert_, oct_ints)(v);
#endif
}

/*
 * groups == channels: every channel has its own filter. x is NHWC bytes; weights is [tap][channel],
 * z_w subtracted, channels padded to whole tiles. Taps outside the image add nothing.
 * A tile is OCT_MR pixels of one output row by OCT_NR channels.
 * Global size: (ceil(ow / pixels_per_item), images * oh, ceil(channels / channels_per_item)).
 */
kernel __attribute__((reqd_work_group_size(OCT_GROUP_M, OCT_GROUP_N, 1))) void
depthwise(global const uchar *x, global const short *weights, global oct_result *c,
          global const int *offset, global const uchar *multiplier, global const float *bias,
          int images, int h, int w, int oh, int ow, int kh, int kw, int stride_h, int stride_w,
          int dilation_h, int dilation_w, int pad_top, int pad_left, int channels, int x_image,
          int x_pixel, int c_image, int c_row, int c_col, int z_x, int lo, int hi, int z_y,
          int relu, int pixels_per_item, int channels_per_item)
{
    const int image = get_global_id(1) / oh;
    const int y = get_global_id(1) % oh;
    const int channel_end = min(channels, (int)(get_global_id(2) + 1) * channels_per_item);
    const int begin = get_global_id(0) * pixels_per_item;
    const int end = min(ow, begin + pixels_per_item);
    const int padded = (channels + OCT_NR - 1) / OCT_NR * OCT_NR;
    if (image >= images)
        return;
    for (int channel = get_global_id(2) * channels_per_item; channel < channel_end;
         channel += OCT_NR) {
        oct_output out = {.c = c + (size_t)channel * c_col,
                          .c_col = c_col,
                          .columns = channels - channel,
                          .multiplier = multiplier + (size_t)channel * (OCT_STORE < 3 ? 4 : 8),
                          .multiplier_row = 0,
                          .bias = bias + channel,
                          .lo = lo,
                          .hi = hi,
                          .z_y = z_y,
                          .relu = relu};
        for (int first = begin; first < end; first += OCT_MR) {
            /* clear accumulators */
            oct_ints acc[OCT_MR][OCT_NV];
            tile_clear(acc, offset + channel);

            /* loop over k: load, multiply */
            for (int tap = 0; tap < kh * kw; ++tap) {
                const int iy = y * stride_h - pad_top + tap / kw * dilation_h;
                oct_ints weight[OCT_NV];
                FOR_TILE(v, OCT_NV) weight[v] = OCT_JOIN(convert_, oct_ints)(OCT_JOIN(
                    vload, OCT_LANES)(v, weights + (size_t)tap * padded + channel));
                if ((uint)iy >= (uint)h)
                    continue;
                FOR_TILE(r, OCT_MR) {
                    const int ix =
                        min(first + r, ow - 1) * stride_w - pad_left + tap % kw * dilation_w;
                    global const uchar *pixel = x + (size_t)image * x_image +
                                                ((size_t)iy * w + ix) * x_pixel + channel;
                    if ((uint)ix < (uint)w)
                        FOR_TILE(v, OCT_NV) acc[r][v] +=
                            (load_channels(pixel + v * OCT_LANES,
                                           channels - channel - v * OCT_LANES) -
                             z_x) *
                            weight[v];
                }
            }

            /* requantize and store */
            oct_row row[OCT_MR];
            FOR_TILE(r, OCT_MR) {
                row[r].index = 0;
                row[r].base = (size_t)image * c_image + (size_t)(y * ow + first + r) * c_row;
            }
            out.rows = end - first;
            tile_store(acc, row, out);
        }
    }
}

#endif
/* §7 Packing, sums, quantize, reduce ---------------------------------------------------------- */

#ifndef OCT_TEAM
#define OCT_TEAM 1 /* work-items that pack rows together: 1 on CPUs, at least 2 on GPUs */
#endif

/*
 * Bytes are u8 or s8: `sign` is 0 for u8 and 0x80 for s8, and the number in a byte is
 * (byte ^ sign) - sign. While packing, `flip` is 0x80 where u8 becomes s8 or s8 becomes u8, else 0,
 * and `sign` is the type after the flip. Pairs are never flipped.
 */

/* A word of `count` values `stride` bytes apart; the rest of it is 0. A pair holds the numbers less
 * `zero`. */
static inline uint pack_word(global const uchar *src, int count, int stride, int flip, int sign,
                             int zero)
{
    uint word = 0;
    FOR_TILE(i, OCT_KG) {
        if (i < count) {
            const int x = src[(size_t)i * stride];
            const uint value = OCT_PAIRS ? (ushort)((x ^ sign) - sign - zero) : x ^ flip;
            word |= value << (i * 32 / OCT_KG);
        }
    }
    return word;
}

/* The same of neighbouring bytes, where all OCT_KG may be read. */
static inline uint pack_neighbours(global const uchar *src, int count, int flip, int sign, int zero)
{
#if OCT_PAIRS
    const int2 x = (convert_int2(vload2(0, src)) ^ sign) - sign - zero;
    const uint word = (x.x & 0xffff) | x.y << 16;
#else
    const uint word = as_uint(vload4(0, src)) ^ flip * 0x01010101;
#endif
    return word & 0xffffffff >> (32 - 32 / OCT_KG * min(count, OCT_KG));
}

/* The sum of a word's values. */
static inline int word_sum(uint word, int sign)
{
#if OCT_PAIRS
    return as_short2(word).x + as_short2(word).y;
#else
    const uint bytes = word ^ sign * 0x01010101;
    const uint sums = (bytes & 0xff00ff) + (bytes >> 8 & 0xff00ff);
    return (int)(sums & 0xffff) + (int)(sums >> 16) - 4 * sign;
#endif
}

#if OCT_BUILD_PACK_ROWS || OCT_BUILD_ALL

#if OCT_TEAM == 1

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

/* Stores values c to c + 15 of a row and returns them as numbers. */
static inline int16 pack_values(global const uchar *src, global uint *dst, int c, int flip,
                                int sign, int zero)
{
    const uchar16 x = vload16(0, src + c) ^ (uchar)flip;
    const int16 v = (convert_int16(x ^ (uchar)sign) - sign) - zero;
    if (OCT_PAIRS)
        ((global oct_packed_shorts *)((global short *)dst + c))->v = convert_short16(v);
    else
        ((global oct_packed_bytes *)((global uchar *)dst + c))->v = x;
    return v;
}

static inline int sum16(int16 v)
{
    const int8 v8 = v.lo + v.hi;
    const int4 v4 = v8.lo + v8.hi;
    return v4.x + v4.y + v4.z + v4.w;
}

/* A row of neighbouring bytes; returns its sum. With `spare`, bytes beyond the row may be read. */
static inline int pack_row(global const uchar *src, global uint *dst, int channels, bool spare,
                           int flip, int sign, int zero)
{
    int c = 0, sum = 0;
    if (channels >= 16) {
        int16 sums = 0;
        for (; c + 16 <= channels; c += 16)
            sums += pack_values(src, dst, c, flip, sign, zero);
        sum = sum16(sums);
    }
    for (; c < channels; c += OCT_KG) {
        const int count = channels - c;
        const uint word = count >= OCT_KG || spare
                              ? pack_neighbours(src + c, count, flip, sign, zero)
                              : pack_word(src + c, count, 1, flip, sign, zero);
        dst[c / OCT_KG] = word;
        sum += word_sum(word, sign);
    }
    return sum;
}

/* Sixteen rows that are one byte apart; returns their sums. */
static inline int16 pack_rows16(global const uchar *src, global uint *dst, int channels,
                                int channel_stride, int row_words, int flip, int sign, int16 zero)
{
    int16 sums = 0;
    for (int c = 0; c < channels; c += OCT_KG) {
        uint16 words = 0;
        FOR_TILE(i, OCT_KG) {
            if (c + i < channels) {
                const uchar16 x = vload16(0, src + (size_t)(c + i) * channel_stride) ^ (uchar)flip;
                const int16 v = (convert_int16(x ^ (uchar)sign) - sign) - zero;
                words |= (OCT_PAIRS ? as_uint16(v) & 0xffff : convert_uint16(x))
                         << (i * 32 / OCT_KG);
                sums += v;
            }
        }
        if (row_words == 1)
            ((global oct_packed_words *)dst)->v = words;
        else
            FOR_TILE(r, 16) dst[(size_t)r * row_words + c / OCT_KG] = ((uint *)&words)[r];
    }
    return sums;
}

/* One row of any strides; returns its sum. */
static inline int pack_spread_row(global const uchar *src, global uint *dst, int channels,
                                  int channel_stride, int flip, int sign, int zero)
{
    int sum = 0;
    for (int c = 0; c < channels; c += OCT_KG) {
        const uint word = pack_word(src + (size_t)c * channel_stride, channels - c, channel_stride,
                                    flip, sign, zero);
        dst[c / OCT_KG] = word;
        sum += word_sum(word, sign);
    }
    return sum;
}

#endif

/*
 * Packs activations: row (image, pixel) of dst gets, for each group, its `channels` values as
 * ceil(channels / OCT_KG) = cw words; what is left of the last word is 0. For a matrix: pixels = m,
 * channels = k, one group. Strides of src count bytes, row_words counts words of dst.
 * sums[row][group], written if want_sums, adds the values as stored. row_zero[row * zero_step] is
 * read for pairs only. Rows count image * pixels + pixel.
 * Global size: (OCT_TEAM * ceil(pixels / items), groups, images), work-groups (OCT_TEAM, 1, 1);
 * with OCT_TEAM > 1, items <= OCT_TEAM.
 */
kernel __attribute__((reqd_work_group_size(OCT_TEAM, 1, 1))) void
pack_rows(global const uchar *src, global uint *dst, global int *sums, global const int *row_zero,
          int pixels, int channels, int groups, int cw, int image_stride, int pixel_stride,
          int channel_stride, int row_words, int flip, int sign, int zero_step, int want_sums,
          int items)
{
    /* locate rows */
    const size_t image = get_global_id(2);
    const int group = get_global_id(1);
    const int first = get_group_id(0) * items;
    const int count = min(items, pixels - first);
    const size_t row = image * pixels + first;
    src += image * image_stride + (size_t)first * pixel_stride +
           (size_t)group * channels * channel_stride;
    dst += row * row_words + (size_t)group * cw;
    sums += row * groups + group;
    row_zero += row * zero_step;

#if OCT_TEAM == 1
    int r = 0;
    /* sixteen rows at a time, the last of them perhaps twice; else row by row */
    while (pixel_stride == 1 && channel_stride != 1 && count >= 16 && r < count) {
        const int start = min(r, count - 16);
        const int16 zero = OCT_PAIRS && zero_step ? vload16(0, row_zero + start) : *row_zero;
        const int16 sum = pack_rows16(src + start, dst + (size_t)start * row_words, channels,
                                      channel_stride, row_words, flip, sign, OCT_PAIRS ? zero : 0);
        if (want_sums)
            FOR_TILE(i, 16) sums[(size_t)(start + i) * groups] = ((int *)&sum)[i];
        r = start + 16;
    }
    for (; r < count; ++r) {
        global const uchar *row_src = src + (size_t)r * pixel_stride;
        global uint *row_dst = dst + (size_t)r * row_words;
        const int zero = OCT_PAIRS ? row_zero[r * zero_step] : 0;
        const bool spare = first + r + OCT_KG <= pixels;
        const int sum = channel_stride == 1
                            ? pack_row(row_src, row_dst, channels, spare, flip, sign, zero)
                            : pack_spread_row(row_src, row_dst, channels, channel_stride, flip,
                                              sign, zero);
        if (want_sums)
            sums[(size_t)r * groups] = sum;
    }
#else
    /* pack word by word, neighbouring work-items on neighbouring bytes */
    local int team_sums[OCT_TEAM];
    team_sums[get_local_id(0)] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = get_local_id(0); i < count * cw; i += OCT_TEAM) {
        const int r = channel_stride == 1 ? i / cw : i % count;
        const int w = channel_stride == 1 ? i % cw : i / count;
        const uint word = pack_word(
            src + (size_t)r * pixel_stride + (size_t)w * OCT_KG * channel_stride,
            channels - w * OCT_KG, channel_stride, flip, sign,
            OCT_PAIRS ? row_zero[r * zero_step] : 0);
        dst[(size_t)r * row_words + w] = word;
        if (want_sums)
            atomic_add(&team_sums[r], word_sum(word, sign));
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (want_sums && (int)get_local_id(0) < count)
        sums[get_local_id(0) * groups] = team_sums[get_local_id(0)];
#endif
}

#endif

#if OCT_BUILD_PACK_WEIGHTS || OCT_BUILD_ALL

/* Columns of one work-item: a tile where it works alone, else one. */
#define OCT_PACK_COLUMNS (OCT_TEAM == 1 ? OCT_NR : 1)

/* `count` columns of words for all k; columns from `exist` on are 0. */
static inline void pack_columns(global const uchar *src, global uint *dst, int *sums, int exist,
                                int taps, int channels, int column_stride, int tap_stride,
                                int channel_stride, int flip, int sign, const int *zero)
{
    for (int tap = 0; tap < taps; ++tap) {
        for (int c = 0; c < channels; c += OCT_KG) {
            global const uchar *word_src =
                src + (size_t)tap * tap_stride + (size_t)c * channel_stride;
            for (int j = 0; j < OCT_PACK_COLUMNS; ++j) {
                const uint word = j < exist
                                      ? pack_word(word_src + (size_t)j * column_stride,
                                                  channels - c, channel_stride, flip, sign, zero[j])
                                      : 0;
                dst[j] = word;
                sums[j] += word_sum(word, sign);
            }
            dst += OCT_NR;
        }
    }
}

/*
 * Packs weights: panel (outer, tile) of dst gets k words (tap, word of the channels) of OCT_NR
 * columns; columns from n on, and what is left of a tap's last word, are 0. For a matrix: taps = 1,
 * channels = k. Strides of src count bytes. flip is 0x80 for u8 weights, sign their type after it.
 * column_sum[outer][tiles * OCT_NR] adds the values as stored.
 * w_zero[outer * zero_outer + column * zero_column] is read for pairs only.
 * Global size: (tiles * (OCT_TEAM == 1 ? 1 : OCT_NR), outer), any work-groups.
 */
kernel void pack_weights(global const uchar *src, global uint *dst, global int *column_sum,
                         global const int *w_zero, int n, int taps, int channels, int outer_stride,
                         int column_stride, int tap_stride, int channel_stride, int zero_outer,
                         int zero_column, int flip, int sign)
{
    const size_t outer = get_global_id(1);
    const int column = get_global_id(0) * OCT_PACK_COLUMNS;
    const int tiles = (n + OCT_NR - 1) / OCT_NR;
    const size_t k_words = (size_t)taps * ((channels + OCT_KG - 1) / OCT_KG);
    const int exist = min(n - column, OCT_PACK_COLUMNS);
    if (column >= tiles * OCT_NR)
        return;
    src += outer * outer_stride + (size_t)column * column_stride;
    dst += (outer * tiles + column / OCT_NR) * k_words * OCT_NR + column % OCT_NR;
    column_sum += outer * tiles * OCT_NR + column;

    int sums[OCT_PACK_COLUMNS] = {0}, zero[OCT_PACK_COLUMNS] = {0};
    for (int j = 0; OCT_PAIRS && j < exist; ++j)
        zero[j] = w_zero[outer * zero_outer + (size_t)(column + j) * zero_column];
    if (column_stride == 1 && exist == OCT_PACK_COLUMNS)
        pack_columns(src, dst, sums, OCT_PACK_COLUMNS, taps, channels, 1, tap_stride,
                     channel_stride, flip, sign, zero);
    else
        pack_columns(src, dst, sums, exist, taps, channels, column_stride, tap_stride,
                     channel_stride, flip, sign, zero);
    for (int j = 0; j < OCT_PACK_COLUMNS; ++j)
        column_sum[j] = sums[j];
}

#endif

#if OCT_BUILD_COLUMN_TERMS || OCT_BUILD_ALL

/*
 * The arrays of columns an epilogue reads, from sums and from parameters that may have been chosen
 * on the device. With z_x = *x_zero + x_shift and z_w = w_zero[..] + w_shift (shift: what a flip of
 * the operand adds, -128 to s8, 128 to u8):
 *   column_sum = sum - k * z_w,   offset = bias - z_x * column_sum,   zero = z_w,
 *   scale = *a_scale * b_scale[..].
 * An array read at (outer, column) has its element at outer * <array>_outer + column *
 * <array>_column. Results are [outer][padded] and 0 from column n on. column_sum may be sum.
 * Global size: (padded, outer).
 */
kernel void column_terms(global const int *sum, global const int *w_zero, global const int *x_zero,
                         global const int *bias, global const float *a_scale,
                         global const float *b_scale, global int *offset, global int *column_sum,
                         global int *zero, global float *scale, int n, int k, int zero_outer,
                         int zero_column, int bias_outer, int bias_column, int scale_outer,
                         int scale_column, int w_shift, int x_shift)
{
    const size_t outer = get_global_id(1), column = get_global_id(0);
    const size_t i = outer * get_global_size(0) + column;
    const bool exists = (int)column < n;
    const uint z_x = *x_zero + x_shift;
    const uint z_w = exists ? w_zero[outer * zero_outer + column * zero_column] + w_shift : 0;
    const uint reduced = exists ? sum[i] - (uint)k * z_w : 0;
    offset[i] = exists ? bias[outer * bias_outer + column * bias_column] - z_x * reduced : 0;
    column_sum[i] = reduced;
    zero[i] = z_w;
    scale[i] = exists ? *a_scale * b_scale[outer * scale_outer + column * scale_column] : 0.0f;
}

#endif

#if OCT_BUILD_ROW_TERMS || OCT_BUILD_ALL

/* row[i] = source[i % period] + shift: parameters of rows, repeated to every row there is. Zero points,
 * with what a flip of the operand adds; or the bits of scales, with shift 0.
 * Global size: rows. */
kernel void row_terms(global const int *source, global int *row, int period, int shift)
{
    const size_t i = get_global_id(0);
    row[i] = source[i % period] + shift;
}

#endif

#if OCT_BUILD_QUANTIZE || OCT_BUILD_ADD || OCT_BUILD_ALL

/* Vectors of which only `count` elements may exist in memory. */
static inline oct_floats load_floats(global const float *p, int count)
{
    float lane[OCT_LANES] = {0};
    if (count >= OCT_LANES)
        return OCT_JOIN(vload, OCT_LANES)(0, p);
    for (int i = 0; i < count; ++i)
        lane[i] = p[i];
    return OCT_JOIN(vload, OCT_LANES)(0, lane);
}

static inline oct_ints load_ints(global const int *p, int count)
{
    return OCT_JOIN(as_, oct_ints)(load_floats((global const float *)p, count));
}

static inline oct_ints load_bytes(global const uchar *p, int count, int sign)
{
    uchar lane[OCT_LANES] = {0};
    if (count >= OCT_LANES)
        return (OCT_JOIN(convert_, oct_ints)(OCT_JOIN(vload, OCT_LANES)(0, p)) ^ sign) - sign;
    for (int i = 0; i < count; ++i)
        lane[i] = p[i];
    return (OCT_JOIN(convert_, oct_ints)(OCT_JOIN(vload, OCT_LANES)(0, lane)) ^ sign) - sign;
}

typedef struct __attribute__((packed)) {
    OCT_VECTOR(uchar) v;
} oct_packed_lanes;

/* The low bytes of v. */
static inline void store_bytes(global uchar *p, oct_ints v, int count)
{
    const OCT_VECTOR(uchar) bytes = OCT_JOIN(convert_, OCT_VECTOR(uchar))(v);
    if (count >= OCT_LANES)
        ((global oct_packed_lanes *)p)->v = bytes;
    else
        for (int i = 0; i < count; ++i)
            p[i] = ((const uchar *)&bytes)[i];
}

/* Rounds to the stored values lo..hi; NaN becomes lo. */
static inline oct_ints quantize_steps(oct_floats steps, oct_ints zero, bool half_away, int lo,
                                      int hi)
{
    const oct_floats least = OCT_JOIN(convert_, oct_floats)(lo - zero);
    const oct_floats most = OCT_JOIN(convert_, oct_floats)(hi - zero);
    const oct_floats raised = steps > least ? steps : least;
    const oct_floats bounded = raised < most ? raised : most;
    return OCT_JOIN(nearest_int, OCT_LANES)(half_away ? round(bounded) : bounded) + zero;
}

#endif

#if OCT_BUILD_QUANTIZE || OCT_BUILD_SELF_TEST || OCT_BUILD_ALL

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

static inline oct_divisor divisor(oct_floats scale)
{
    const oct_floats small = 0x1p-96f, one = 1.0f, large = 0x1p96f;
    oct_divisor d;
    d.power = scale < 0x1p-64f ? large : scale > 0x1p64f ? small : one;
    d.reciprocal = one / (scale * d.power);
    d.scale = fmin(scale * d.power, FLT_MAX);
    for (int i = 0; i < 2; ++i) {
        const oct_floats better = fma(fma(-d.scale, d.reciprocal, one), d.reciprocal, d.reciprocal);
        d.reciprocal = d.reciprocal < INFINITY ? better : d.reciprocal;
    }
    return d;
}

/* x / the divisor; exact where it decides a quantized value, anything beyond -512..512 otherwise. */
static inline oct_floats divide(oct_floats x, oct_divisor d)
{
    const oct_floats scaled = x * d.power;
    const oct_floats quotient = clamp(scaled * d.reciprocal, -512.0f, 512.0f);
    return fma(fma(-quotient, d.scale, scaled), d.reciprocal, quotient);
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
            const oct_ints values = quantize_steps(steps, z, rule == OCT_QUANTIZE_HALF_AWAY, lo, hi);
            store_bytes(q + begin + i, values, count - i);
        }
        begin += count;
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

/* Smallest and largest so far; NaN is skipped, but noted. */
typedef struct {
    float16 least, most;
    int16 nan;
} oct_range;

static inline void range_add(oct_range *range, float16 x)
{
    range->least = fmin(range->least, x);
    range->most = fmax(range->most, x);
    range->nan |= isnan(x);
}

/* {least, most, not 0 if any is NaN} of channel i of a vector. */
static inline float4 range_channel(oct_range range, int i)
{
    return (float4)(((float *)&range.least)[i], ((float *)&range.most)[i],
                    ((int *)&range.nan)[i] ? 1.0f : 0.0f, 0.0f);
}

static inline float4 range_join(float4 a, float4 b)
{
    return (float4)(fmin(a.x, b.x), fmax(a.y, b.y), fmax(a.z, b.z), 0.0f);
}

static inline float4 range_all(oct_range range)
{
    float4 all = range_channel(range, 0);
    for (int i = 1; i < 16; ++i)
        all = range_join(all, range_channel(range, i));
    return all;
}

/*
 * First stage of the range of each channel; element (o, c, i) is at (o * channels + c) * inner + i.
 * partial[part * channels + c] = {min, max, 1 if any was NaN, 0} of a part of the channel's
 * outer * inner elements: `items` neighbours or, if interleaved, every parts-th.
 * Global size: (ceil(channels / span), parts); span channels per work-item, parts >= 1, and
 * parts * items >= outer * inner unless interleaved. choose_parameters is the second stage.
 */
kernel void min_max(global const float *x, global float4 *partial, int outer, int channels,
                    int inner, int span, int items, int interleaved)
{
    const size_t part = get_global_id(1), parts = get_global_size(1);
    const size_t total = (size_t)outer * inner;
    const size_t first = interleaved ? part : part * items;
    const size_t end = interleaved ? total : min(first + items, total);
    const size_t step = interleaved ? parts : 1;
    const int last = min(channels, (int)(get_global_id(0) + 1) * span);
    int c = get_global_id(0) * span;
    partial += part * channels;

    /* neighbouring channels */
    for (; inner == 1 && c + 16 <= last; c += 16) {
        oct_range range = {INFINITY, -INFINITY, 0};
        for (size_t e = first; e < end; e += step)
            range_add(&range, vload16(0, x + e * channels + c));
        for (int i = 0; i < 16; ++i)
            partial[c + i] = range_channel(range, i);
    }
    /* one channel */
    for (; c < last; ++c) {
        oct_range range = {INFINITY, -INFINITY, 0};
        size_t e = first;
        while (e < end) {
            global const float *run = x + (e / inner * channels + c) * inner + e % inner;
            const size_t left = step == 1 ? min(inner - e % inner, end - e) : 1;
            size_t i = 0;
            for (; i + 16 <= left; i += 16)
                range_add(&range, vload16(0, run + i));
            for (; i < left; ++i)
                range_add(&range, run[i]);
            e += step == 1 ? left : step;
        }
        partial[c] = range_all(range);
    }
}

#endif

#if OCT_BUILD_PARAMETERS || OCT_BUILD_ALL

/*
 * Float64 by integers, for devices without it: bits of finite numbers, none subnormal. Every result
 * is rounded to nearest even.
 */
typedef ulong oct_f64;

#define F64_SIGN (1UL << 63)

/* m / 2^shift to nearest even; shift >= 1. */
static inline ulong shift_to_even(ulong m, int shift)
{
    if (shift > 63)
        return shift == 64 && m > F64_SIGN;
    const ulong whole = m >> shift, rest = m & ((1UL << shift) - 1), tie = 1UL << (shift - 1);
    return whole + (rest > tie || (rest == tie && (whole & 1)));
}

static inline int f64_exponent(oct_f64 a)
{
    return (int)(a >> 52 & 0x7ff) - 1023;
}

/* 2^52..2^53 - 1, or 0 for zero. */
static inline ulong f64_significand(oct_f64 a)
{
    return a << 1 ? (a & ((1UL << 52) - 1)) | 1UL << 52 : 0;
}

/* m * 2^exponent; sign is F64_SIGN or 0. */
static inline oct_f64 f64_make(ulong sign, ulong m, int exponent)
{
    if (m == 0)
        return sign;
    const int zeros = clz(m);
    const ulong rounded = shift_to_even(m << zeros, 11);
    return sign | (((ulong)(exponent - zeros + 63 + 1022) << 52) + rounded);
}

static inline oct_f64 f64_from_int(int a)
{
    return f64_make(a < 0 ? F64_SIGN : 0, abs(a), 0);
}

static inline oct_f64 f64_from_float(float a)
{
    const uint bits = as_uint(a), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
    const uint m = exponent ? fraction | 0x800000 : fraction;
    return f64_make((ulong)(bits >> 31) << 63, m, (int)max(exponent, 1u) - 150);
}

static inline float f64_to_float(oct_f64 a)
{
    const int exponent = clamp(f64_exponent(a), -126, 128);
    const ulong m = shift_to_even(f64_significand(a), 29 + max(exponent - f64_exponent(a), 0));
    const uint magnitude = ((uint)(exponent + 126) << 23) + (uint)m;
    return as_float((uint)(a >> 32 & 0x80000000) | min(magnitude, 0x7f800000u));
}

/* Nearest even; |a| < 2^31. */
static inline int f64_to_int(oct_f64 a)
{
    const int m = shift_to_even(f64_significand(a), 52 - f64_exponent(a));
    return a & F64_SIGN ? -m : m;
}

static inline bool f64_less(oct_f64 a, oct_f64 b)
{
    const long x = a & F64_SIGN ? -(long)(a & ~F64_SIGN) : (long)a;
    const long y = b & F64_SIGN ? -(long)(b & ~F64_SIGN) : (long)b;
    return x < y;
}

static inline oct_f64 f64_abs(oct_f64 a)
{
    return a & ~F64_SIGN;
}

/* What the smaller operand loses in its shift is kept as one sticky bit. */
static inline oct_f64 f64_add(oct_f64 a, oct_f64 b)
{
    const oct_f64 big = f64_abs(a) < f64_abs(b) ? b : a, small = f64_abs(a) < f64_abs(b) ? a : b;
    const int shift = min(f64_exponent(big) - f64_exponent(small), 63);
    const ulong x = f64_significand(big) << 9, y = f64_significand(small) << 9;
    const ulong shifted = y >> shift | ((y & ((1UL << shift) - 1)) != 0);
    const ulong sum = (a ^ b) & F64_SIGN ? x - shifted : x + shifted;
    return f64_make(sum ? big & F64_SIGN : 0, sum, f64_exponent(big) - 52 - 9);
}

static inline oct_f64 f64_subtract(oct_f64 a, oct_f64 b)
{
    return f64_add(a, b ^ F64_SIGN);
}

/* Long division, b not zero: 62 bits of quotient and a sticky one. */
static inline oct_f64 f64_divide(oct_f64 a, oct_f64 b)
{
    const ulong divisor = f64_significand(b);
    ulong rest = f64_significand(a), quotient = 0;
    for (int i = 0; i < 62; ++i) {
        const bool fits = rest >= divisor;
        quotient = quotient << 1 | fits;
        rest = (fits ? rest - divisor : rest) << 1;
    }
    return f64_make((a ^ b) & F64_SIGN, quotient << 1 | (rest != 0),
                    f64_exponent(a) - f64_exponent(b) - 62);
}

/* a / b rounded to float32: rounding to 53 bits first does no harm. With 0 and infinity, even a
 * device's inaccurate division is exact. */
static inline float divide_float(float a, float b)
{
    if (b == 0.0f || isinf(b) || isinf(a))
        return a / b;
    return f64_to_float(f64_divide(f64_from_float(a), f64_from_float(b)));
}

/* ONNX DynamicQuantizeLinear, float32 throughout; min <= 0 <= max. */
static inline void choose_onnx(float min, float max, oct_f64 *scale, int *zero)
{
    const float s = min == max ? 1.0f : divide_float(max - min, 255.0f);
    const float z = 0.0f - divide_float(min, s);
    *scale = isinf(s) ? 0x7ffUL << 52 : f64_from_float(s);
    *zero = convert_int_rte(fmin(fmax(z, 0.0f), 255.0f));
}

/* PyTorch's choose_qparams, float64 where it uses it; min <= 0 <= max. */
static inline void choose_pytorch(float min, float max, int lo, int hi, oct_f64 *scale, int *zero)
{
    const float smallest = 6.1e-5f;

    /* an infinite range, as IEEE arithmetic would end */
    if (isinf(min) || isinf(max)) {
        *scale = 0x7ffUL << 52;
        *zero = isinf(max) ? lo : hi;
        return;
    }

    /* scale: 0.1 where its reciprocal would not be a float32, and not too small */
    oct_f64 s = f64_divide(f64_subtract(f64_from_float(max), f64_from_float(min)),
                           f64_from_int(hi - lo));
    if (as_uint(f64_to_float(s)) <= as_uint(0x1p-128f))
        s = 0x3fb999999999999aUL;
    if (f64_less(s, f64_from_float(smallest))) {
        if (min == 0.0f) {
            max = smallest * (float)(hi - lo);
        } else if (max == 0.0f) {
            min = -smallest * (float)(hi - lo);
        } else {
            const float factor = divide_float(smallest, f64_to_float(s));
            min *= factor;
            max *= factor;
        }
        s = f64_from_float(smallest);
    }

    /* zero point from the end of the range that has the smaller error */
    const oct_f64 low = f64_divide(f64_from_float(min), s);
    const oct_f64 high = f64_divide(f64_from_float(max), s);
    const oct_f64 low_error = f64_subtract(f64_from_int(abs(lo)), f64_abs(low));
    const oct_f64 high_error = f64_subtract(f64_from_int(abs(hi)), f64_abs(high));
    const oct_f64 z = f64_less(low_error, high_error) ? f64_subtract(f64_from_int(lo), low)
                                                      : f64_subtract(f64_from_int(hi), high);
    *scale = s;
    *zero = f64_less(z, f64_from_int(lo))   ? lo
            : f64_less(f64_from_int(hi), z) ? hi
                                            : f64_to_int(z);
}

/* Values of `rule` below. */
#define OCT_PARAMETERS_NONE 0
#define OCT_PARAMETERS_ONNX 1
#define OCT_PARAMETERS_PYTORCH 2

/*
 * Second stage of min_max, and the parameters that follow from each channel's range:
 * range = {min, max}, both 0 where a channel has no number; finite is 0 where any element was NaN or
 * infinite. Unless the rule is NONE: scale, reciprocal = 1 / scale rounded to float32, zero, and
 * scale64, the bits of the scale as float64. lo..hi bounds the quantized values of the range (PyTorch
 * only; after reduce_range).
 * Global size: channels.
 */
kernel void choose_parameters(global const float4 *partial, global float2 *range,
                              global int *finite, global float *scale, global float *reciprocal,
                              global int *zero, global ulong *scale64, int parts, int rule, int lo,
                              int hi)
{
    const size_t c = get_global_id(0), channels = get_global_size(0);
    float4 all = partial[c];
    for (int part = 1; part < parts; ++part)
        all = range_join(all, partial[part * channels + c]);
    if (all.x > all.y)
        all.xy = 0.0f;
    range[c] = all.xy;
    finite[c] = all.z == 0.0f && all.x > -INFINITY && all.y < INFINITY;
    if (rule == OCT_PARAMETERS_NONE)
        return;

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
}

#endif

/* §8 Elementwise and pooling ------------------------------------------------------------------ */

#if OCT_BUILD_MAX_POOL || OCT_BUILD_ALL

/* A window over an image of bytes, and how the image lies in memory. */
typedef struct {
    int h, w, kh, kw, stride_h, stride_w, dilation_h, dilation_w;
    int row, col, channel; /* bytes between neighbours of the input */
    uchar sign;
} oct_window;

/* The largest byte of the window whose top left tap is at (y, x), ordered as unsigned after ^ sign;
 * a window of nothing but padding has the lowest. */
static inline uchar pool_one(global const uchar *image, oct_window p, int y, int x)
{
    uchar most = 0;
    for (int i = 0; i < p.kh; ++i) {
        for (int j = 0; j < p.kw; ++j) {
            const int tap_y = y + i * p.dilation_h, tap_x = x + j * p.dilation_w;
            if ((uint)tap_y < (uint)p.h && (uint)tap_x < (uint)p.w)
                most = max(most, (uchar)(image[(size_t)tap_y * p.row + (size_t)tap_x * p.col] ^
                                         p.sign));
        }
    }
    return most;
}

/* Sixteen neighbouring bytes, or every second one. */
static inline uchar16 load_spread(global const uchar *p, int spread)
{
    if (spread == 1)
        return vload16(0, p);
    return (uchar16)(vload16(0, p).even, vload16(0, p + 15).odd);
}

/* The same for sixteen windows at once whose taps lie `spread` (1 or 2) bytes apart: neighbouring
 * channels, or neighbouring columns none of which meets the padding at left or right. */
static inline uchar16 pool_many(global const uchar *image, oct_window p, int y, int x, int spread)
{
    uchar16 most = 0;
    for (int i = 0; i < p.kh; ++i) {
        for (int j = 0; j < p.kw; ++j) {
            const int tap_y = y + i * p.dilation_h, tap_x = x + j * p.dilation_w;
            if ((uint)tap_y < (uint)p.h && (uint)tap_x < (uint)p.w)
                most = max(most, load_spread(image + (size_t)tap_y * p.row + (size_t)tap_x * p.col,
                                             spread) ^
                                     p.sign);
        }
    }
    return most;
}

/*
 * Largest stored value of each window; padding never wins. Works along lines of the output, whose
 * elements are neighbours in memory: channels of a pixel (NHWC) or columns of a plane (NCHW). Across
 * lines: columns of a row (NHWC) or channels (NCHW). Each work-item does items lines, span elements.
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
    const oct_window p = {h, w, kh, kw, stride_h, stride_w, dilation_h, dilation_w,
                          nchw ? w : w * channels, nchw ? 1 : channels, nchw ? h * w : 1, sign};
    x += get_global_id(2) * channels * h * w;
    y += get_global_id(2) * channels * oh * ow;

    for (int a = first; a < last; ++a) {
        global uchar *out = y + (nchw ? ((size_t)a * oh + out_y) * ow
                                      : ((size_t)out_y * ow + a) * channels);
        int i = begin;
        while (i < end) {
            const int channel = nchw ? a : i;
            const int left = (nchw ? i : a) * stride_w - pad_left;
            const int right = left + 15 * stride_w + (kw - 1) * dilation_w;
            global const uchar *image = x + (size_t)channel * p.channel;
            const bool inside = !nchw || (left >= 0 && right < w && stride_w <= 2);
            if (i + 16 <= end && inside) {
                const uchar16 most = nchw && stride_w == 2 ? pool_many(image, p, top, left, 2)
                                                           : pool_many(image, p, top, left, 1);
                vstore16(most ^ p.sign, 0, out + i);
                i += 16;
            } else {
                out[i] = pool_one(image, p, top, left) ^ p.sign;
                i += 1;
            }
        }
    }
}

#endif

#if OCT_BUILD_ADD || OCT_BUILD_ALL

/*
 * y = quantize(dequantize(a) + dequantize(b)) by the reciprocal rule; every step is rounded to
 * float32, none is fused. lo..hi are stored bounds, reciprocal is 1 / s_y rounded to float32.
 * Global size: ceil(count / items).
 */
kernel void add(global const uchar *a, global const uchar *b, global uchar *y, int count,
                float a_scale, float b_scale, float reciprocal, int a_zero, int b_zero, int y_zero,
                int a_sign, int b_sign, int lo, int hi, int items)
{
    const size_t end = min((get_global_id(0) + 1) * items, (size_t)count);
    for (size_t i = get_global_id(0) * items; i < end; i += OCT_LANES) {
        const int left = min(end - i, (size_t)OCT_LANES);
        const oct_ints a_steps = load_bytes(a + i, left, a_sign) - a_zero;
        const oct_ints b_steps = load_bytes(b + i, left, b_sign) - b_zero;
        const oct_floats a_real = a_scale * OCT_JOIN(convert_, oct_floats)(a_steps);
        const oct_floats b_real = b_scale * OCT_JOIN(convert_, oct_floats)(b_steps);
        const oct_floats sum = a_real + b_real;
        store_bytes(y + i, quantize_steps(sum * reciprocal, y_zero, false, lo, hi), left);
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

/* §9 Probes for tests ------------------------------------------------------------------------- */

#if OCT_BUILD_PROBE_DOT || OCT_BUILD_ALL

/* result[i] = acc[i] + dot(a[i / OCT_LANES], b[i]) on the chosen path. Global size: words of a. */
kernel void probe_dot(global const uint *a, global const uint *b, global const int *acc,
                      global int *result)
{
    const size_t i = get_global_id(0);
    const oct_ints sum = oct_dot(OCT_JOIN(vload, OCT_LANES)(i, acc), a[i],
                                 OCT_JOIN(vload, OCT_LANES)(i, b));
    OCT_JOIN(vstore, OCT_LANES)(sum, i, result);
}

#endif

#if OCT_BUILD_PROBE_SPEED || OCT_BUILD_ALL

/*
 * Times the chosen path: a tile of OCT_MR rows by OCT_NR columns, multiplied `rounds` times over the
 * same k_words, few enough for the first cache. offset[OCT_NR] starts every sum, a is [OCT_MR][k_words]
 * words, b one panel; result[work-item][OCT_MR][OCT_NR] = offset + rounds * products, modulo 2^32.
 * 2 * OCT_KG * k_words * rounds * OCT_MR * OCT_NR operations per work-item. Any global size.
 */
kernel void probe_speed(global const uchar *a, global const uint *b, global const int *offset,
                        global int *result, int k_words, int rounds)
{
    oct_ints acc[OCT_MR][OCT_NV];
    global const uchar *row[OCT_MR];
    FOR_TILE(r, OCT_MR) row[r] = a + (size_t)4 * r * k_words;
    tile_clear(acc, offset);
    for (int round = 0; round < rounds; ++round)
        tile_multiply(acc, row, b, k_words);
    FOR_TILE(r, OCT_MR) {
        FOR_TILE(v, OCT_NV) {
            const size_t at = (get_global_id(0) * OCT_MR + r) * OCT_NV + v;
            OCT_JOIN(vstore, OCT_LANES)(acc[r][v], at, result);
        }
    }
}

#endif

#if OCT_BUILD_PROBE_REQUANTIZE || OCT_BUILD_ALL

/*
 * Each rule of §3 for each accumulator, by its scalar and its vector form. fixed is {m, shift} per
 * accumulator. result[form][rule][count]: form 0 scalar, 1 vector; rule 0 float, 1 tflite double,
 * 2 tflite single. count = OCT_LANES * global size.
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
        result[i] = requantize_float(x, multiplier[first + i], lo, hi, z_y);
        result[count + i] = requantize_tflite_double(x, m[i], shift[i], lo, hi, z_y);
        result[2 * count + i] = requantize_tflite_single(x, m[i], shift[i], lo, hi, z_y);
    }
    const oct_ints x = OCT_JOIN(vload, OCT_LANES)(0, acc + first);
    const oct_floats scale = OCT_JOIN(vload, OCT_LANES)(0, multiplier + first);
    const oct_ints ms = OCT_JOIN(vload, OCT_LANES)(0, m);
    const oct_ints shifts = OCT_JOIN(vload, OCT_LANES)(0, shift);
    result += 3 * count;
    OCT_JOIN(vstore, OCT_LANES)
    (OCT_JOIN(requantize_float, OCT_LANES)(x, scale, lo, hi, z_y), 0, result);
    OCT_JOIN(vstore, OCT_LANES)
    (OCT_JOIN(requantize_tflite_double, OCT_LANES)(x, ms, shifts, lo, hi, z_y), 0, result + count);
    OCT_JOIN(vstore, OCT_LANES)
    (OCT_JOIN(requantize_tflite_single, OCT_LANES)(x, ms, shifts, lo, hi, z_y), 0,
     result + 2 * count);
}

#endif

#if OCT_BUILD_SELF_TEST || OCT_BUILD_ALL

/* What octet relies on, one operation of the device at a time. Words are int or the bits of float. */
static inline uint self_test_one(uint operation, uint x, uint y, uint z)
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
        return requantize_float((int)x, fy, -128 - (int)z, 127 - (int)z, z);
    case 12:
        return as_uint(divide(fx, divisor(fy)).s0);
    case 13:
        return mul_hi((int)x, (int)y);
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
