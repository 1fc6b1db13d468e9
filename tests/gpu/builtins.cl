/* builtins.cl - OpenCL's builtin functions as kernels.cl uses them, for clang's targets nvptx64 and
 * amdgcn, which come without a library of them. Linked by -mlink-builtin-bitcode, so that what an
 * offline compiler counts (registers, spills) is a kernel's own and its PTX lacks nothing. */

#define DEFINE __attribute__((overloadable, always_inline))
#define FOR_WIDTHS(X, ...) X(2, __VA_ARGS__) X(4, __VA_ARGS__) X(8, __VA_ARGS__) X(16, __VA_ARGS__)
#define EACH(i, n) _Pragma("unroll") for (int i = 0; i < (n); ++i)

/* ---- Work-items ---- */

#ifdef __NVPTX__
#define BY_DIMENSION(name, what)                                                                   \
    DEFINE size_t name(uint d)                                                                     \
    {                                                                                              \
        return d == 0   ? __nvvm_read_ptx_sreg_##what##_x()                                        \
               : d == 1 ? __nvvm_read_ptx_sreg_##what##_y()                                        \
                        : __nvvm_read_ptx_sreg_##what##_z();                                       \
    }
BY_DIMENSION(get_group_id, ctaid)
BY_DIMENSION(get_local_id, tid)
BY_DIMENSION(get_local_size, ntid)
BY_DIMENSION(get_num_groups, nctaid)

DEFINE size_t get_global_size(uint d)
{
    return get_num_groups(d) * get_local_size(d);
}

DEFINE void barrier(cl_mem_fence_flags flags)
{
    __nvvm_bar_sync(0);
}
#else
#define BY_DIMENSION(name, what)                                                                   \
    DEFINE size_t name(uint d)                                                                     \
    {                                                                                              \
        return d == 0   ? __builtin_amdgcn_##what##_x()                                            \
               : d == 1 ? __builtin_amdgcn_##what##_y()                                            \
                        : __builtin_amdgcn_##what##_z();                                           \
    }
BY_DIMENSION(get_group_id, workgroup_id)
BY_DIMENSION(get_local_id, workitem_id)
BY_DIMENSION(get_local_size, workgroup_size)
BY_DIMENSION(get_global_size, grid_size)

DEFINE void barrier(cl_mem_fence_flags flags)
{
    __builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
    __builtin_amdgcn_s_barrier();
}
#endif

DEFINE size_t get_global_id(uint d)
{
    return get_group_id(d) * get_local_size(d) + get_local_id(d);
}

/* ---- Loads and stores: aligned as one element ---- */

#define DEFINE_LOAD(N, type, space)                                                                \
    DEFINE type##N vload##N(size_t at, const space type *p)                                        \
    {                                                                                              \
        type##N v;                                                                                 \
        EACH(i, N)                                                                                 \
        v[i] = p[at * N + i];                                                                      \
        return v;                                                                                  \
    }
#define DEFINE_STORE(N, type, space)                                                               \
    DEFINE void vstore##N(type##N v, size_t at, space type *p)                                     \
    {                                                                                              \
        EACH(i, N)                                                                                 \
        p[at * N + i] = v[i];                                                                      \
    }
#define DEFINE_BOTH(type, space)                                                                   \
    FOR_WIDTHS(DEFINE_LOAD, type, space) FOR_WIDTHS(DEFINE_STORE, type, space)
#define DEFINE_SPACES(type)                                                                        \
    DEFINE_BOTH(type, global) DEFINE_BOTH(type, local) DEFINE_BOTH(type, private)
DEFINE_SPACES(uchar)
DEFINE_SPACES(int)
DEFINE_SPACES(uint)
DEFINE_SPACES(float)

/* ---- Conversions ---- */

#define DEFINE_CONVERT(N, from, to)                                                                \
    DEFINE to##N convert_##to##N(from##N v)                                                        \
    {                                                                                              \
        return __builtin_convertvector(v, to##N);                                                  \
    }
#define DEFINE_CONVERTS(from, to)                                                                  \
    DEFINE to convert_##to(from v)                                                                 \
    {                                                                                              \
        return (to)v;                                                                              \
    }                                                                                              \
    FOR_WIDTHS(DEFINE_CONVERT, from, to)
DEFINE_CONVERTS(char, float)
DEFINE_CONVERTS(char, int)
DEFINE_CONVERTS(float, int)
DEFINE_CONVERTS(int, char)
DEFINE_CONVERTS(int, float)
DEFINE_CONVERTS(int, long)
DEFINE_CONVERTS(int, short)
DEFINE_CONVERTS(int, uchar)
DEFINE_CONVERTS(long, int)
DEFINE_CONVERTS(uchar, float)
DEFINE_CONVERTS(uchar, int)
DEFINE_CONVERTS(uchar, short)
DEFINE_CONVERTS(uchar, uint)
DEFINE_CONVERTS(uint, ulong)
DEFINE_CONVERTS(ulong, uint)

DEFINE int convert_int_rte(float v)
{
#ifdef __NVPTX__
    int i;
    __asm__("cvt.rni.s32.f32 %0, %1;" : "=r"(i) : "f"(v));
    return i;
#else
    return (int)__builtin_rintf(v);
#endif
}

DEFINE float convert_float_rte(int v)
{
    return (float)v;
}

DEFINE float convert_float_rte(long v)
{
    return (float)v;
}

#define DEFINE_ROUNDED(N, ...)                                                                     \
    DEFINE int##N convert_int##N##_rte(float##N v)                                                 \
    {                                                                                              \
        int##N r;                                                                                  \
        EACH(i, N)                                                                                 \
        r[i] = convert_int_rte(v[i]);                                                              \
        return r;                                                                                  \
    }                                                                                              \
    DEFINE float##N convert_float##N##_rte(int##N v)                                               \
    {                                                                                              \
        return __builtin_convertvector(v, float##N);                                               \
    }
FOR_WIDTHS(DEFINE_ROUNDED, )

/* ---- Integers ---- */

#define DEFINE_ORDER(type)                                                                         \
    DEFINE type min(type a, type b)                                                                \
    {                                                                                              \
        return a < b ? a : b;                                                                      \
    }                                                                                              \
    DEFINE type max(type a, type b)                                                                \
    {                                                                                              \
        return a > b ? a : b;                                                                      \
    }                                                                                              \
    DEFINE type clamp(type v, type low, type high)                                                 \
    {                                                                                              \
        return min(max(v, low), high);                                                             \
    }
#define DEFINE_MIXED(N, type)                                                                      \
    DEFINE_ORDER(type##N)                                                                          \
    DEFINE type##N min(type##N a, type b)                                                          \
    {                                                                                              \
        return min(a, (type##N)b);                                                                 \
    }                                                                                              \
    DEFINE type##N max(type##N a, type b)                                                          \
    {                                                                                              \
        return max(a, (type##N)b);                                                                 \
    }                                                                                              \
    DEFINE type##N clamp(type##N v, type low, type high)                                           \
    {                                                                                              \
        return clamp(v, (type##N)low, (type##N)high);                                              \
    }
#define DEFINE_ORDERS(type) DEFINE_ORDER(type) FOR_WIDTHS(DEFINE_MIXED, type)
DEFINE_ORDERS(char)
DEFINE_ORDERS(uchar)
DEFINE_ORDERS(int)
DEFINE_ORDERS(uint)
DEFINE_ORDER(long)
DEFINE_ORDER(ulong)

DEFINE uint abs(int v)
{
    return v < 0 ? -(uint)v : (uint)v;
}

DEFINE uint clz(uint v)
{
    return v ? (uint)__builtin_clz(v) : 32u;
}

DEFINE ulong clz(ulong v)
{
    return v ? (ulong)__builtin_clzl(v) : 64ul;
}

#define DEFINE_ALL(N, ...)                                                                         \
    DEFINE int all(int##N v)                                                                       \
    {                                                                                              \
        int every = -1;                                                                            \
        EACH(i, N)                                                                                 \
        every &= v[i];                                                                             \
        return every < 0;                                                                          \
    }
FOR_WIDTHS(DEFINE_ALL, )

/* ---- Floats ---- */

#define DEFINE_ONE(name, builtin)                                                                  \
    DEFINE float name(float a)                                                                     \
    {                                                                                              \
        return builtin(a);                                                                         \
    }                                                                                              \
    FOR_WIDTHS(DEFINE_ONE_WIDE, name, builtin)
#define DEFINE_ONE_WIDE(N, name, builtin)                                                          \
    DEFINE float##N name(float##N a)                                                               \
    {                                                                                              \
        float##N r;                                                                                \
        EACH(i, N)                                                                                 \
        r[i] = builtin(a[i]);                                                                      \
        return r;                                                                                  \
    }
#define DEFINE_TWO(name, builtin)                                                                  \
    DEFINE float name(float a, float b)                                                            \
    {                                                                                              \
        return builtin(a, b);                                                                      \
    }                                                                                              \
    FOR_WIDTHS(DEFINE_TWO_WIDE, name, builtin)
#define DEFINE_TWO_WIDE(N, name, builtin)                                                          \
    DEFINE float##N name(float##N a, float##N b)                                                   \
    {                                                                                              \
        float##N r;                                                                                \
        EACH(i, N)                                                                                 \
        r[i] = builtin(a[i], b[i]);                                                                \
        return r;                                                                                  \
    }
#define DEFINE_SCALAR_SECOND(N, name)                                                              \
    DEFINE float##N name(float##N a, float b)                                                      \
    {                                                                                              \
        return name(a, (float##N)b);                                                               \
    }
#define DEFINE_FMA(N, ...)                                                                         \
    DEFINE float##N fma(float##N a, float##N b, float##N c)                                        \
    {                                                                                              \
        float##N r;                                                                                \
        EACH(i, N)                                                                                 \
        r[i] = __builtin_fmaf(a[i], b[i], c[i]);                                                   \
        return r;                                                                                  \
    }
#define DEFINE_CLAMP(N, ...)                                                                       \
    DEFINE float##N clamp(float##N v, float##N low, float##N high)                                 \
    {                                                                                              \
        return fmin(fmax(v, low), high);                                                           \
    }                                                                                              \
    DEFINE float##N clamp(float##N v, float low, float high)                                       \
    {                                                                                              \
        return fmin(fmax(v, (float##N)low), (float##N)high);                                       \
    }
#define DEFINE_IS(N, ...)                                                                          \
    DEFINE int##N isnan(float##N v)                                                                \
    {                                                                                              \
        return v != v;                                                                             \
    }
DEFINE_ONE(fabs, __builtin_fabsf)
DEFINE_ONE(rint, __builtin_rintf)
DEFINE_ONE(round, __builtin_roundf)
DEFINE_ONE(sqrt, __builtin_sqrtf)
DEFINE_TWO(copysign, __builtin_copysignf)
DEFINE_TWO(fmin, __builtin_fminf)
DEFINE_TWO(fmax, __builtin_fmaxf)
FOR_WIDTHS(DEFINE_SCALAR_SECOND, fmin)
FOR_WIDTHS(DEFINE_SCALAR_SECOND, fmax)
FOR_WIDTHS(DEFINE_FMA, )
FOR_WIDTHS(DEFINE_CLAMP, )
FOR_WIDTHS(DEFINE_IS, )

DEFINE float fma(float a, float b, float c)
{
    return __builtin_fmaf(a, b, c);
}

DEFINE float clamp(float v, float low, float high)
{
    return fmin(fmax(v, low), high);
}

DEFINE int isnan(float v)
{
    return v != v;
}

DEFINE int isinf(float v)
{
    return fabs(v) == INFINITY;
}
