// What the kernels have in common: no library, no allocation, memory that the host lays out.
#ifndef KERNEL_H
#define KERNEL_H

#define KERNEL(name) __attribute__((export_name(#name)))

typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x4_loose __attribute__((vector_size(16), aligned(4)));

static inline f32x4 load(const float *at) { return *(const f32x4_loose *)at; }
static inline void store(float *at, f32x4 v) { *(f32x4_loose *)at = v; }
static inline float sum(f32x4 v) { return (v[0] + v[1]) + (v[2] + v[3]); }
static inline f32x4 all(float x) { return (f32x4){x, x, x, x}; }

#endif
