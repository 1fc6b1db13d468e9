/* ocloc.cl - dot_4x8packed_*_int for ocloc, which comes without them: as the compiler that it brings names the
 * instruction. compile.py puts it before kernels.cl. */
int __builtin_IB_dp4a_us(int acc, int a, int b);
int __builtin_IB_dp4a_ss(int acc, int a, int b);
#define dot_4x8packed_us_int(a, b) __builtin_IB_dp4a_us(0, as_int(a), as_int(b))
#define dot_4x8packed_ss_int(a, b) __builtin_IB_dp4a_ss(0, as_int(a), as_int(b))
