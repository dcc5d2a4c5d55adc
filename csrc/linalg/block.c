// Based on: K. Goto, R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34
// (2008), doi:10.1145/1356052.1356053. Columns here are what rows are to the kernels of room gemm.
#include "linalg/block.h"

#include "gemm/kernel.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

size_t sl_block_stride(uint32_t rows) {
  const size_t stride = ((size_t)rows + 6) / 4 * 4;
  return stride % 64 == 0 ? stride + 4 : stride;
}

// Four columns side by side, `depth` deep, zeros where there are fewer; with the sign turned: adding
// what comes of it subtracts.
static NOINLINE void pack_columns(sl_view b, uint32_t depth, uint32_t columns, double sign,
                                  double *to) {
  for (uint32_t j = 0; j < columns; j += 4) {
    const uint32_t here = columns - j < 4 ? columns - j : 4;
    const double *c0 = b.at + (ptrdiff_t)j * b.column, *c1 = c0 + (here > 1 ? b.column : 0),
                 *c2 = c0 + (here > 2 ? 2 * b.column : 0), *c3 = c0 + (here > 3 ? 3 * b.column : 0);
    for (uint32_t p = 0; p < depth; p++, to += 4) {
      const ptrdiff_t at = (ptrdiff_t)p * b.row;
      to[0] = sign * c0[at];
      to[1] = sign * c1[at];
      to[2] = sign * c2[at];
      to[3] = sign * c3[at];
    }
  }
}

// One column: sums over a's columns, which lie side by side.
static NOINLINE void add_column(uint32_t m, uint32_t k, sl_view a, sl_view b, double sign,
                                double *c) {
  uint32_t p = 0;
  for (; p + 4 <= k; p += 4) {
    const double *a0 = a.at + (ptrdiff_t)p * a.column, *a1 = a0 + a.column, *a2 = a1 + a.column,
                 *a3 = a2 + a.column;
    const double b0 = sign * b.at[(ptrdiff_t)p * b.row],
                 b1 = sign * b.at[(ptrdiff_t)(p + 1) * b.row],
                 b2 = sign * b.at[(ptrdiff_t)(p + 2) * b.row],
                 b3 = sign * b.at[(ptrdiff_t)(p + 3) * b.row];
    uint32_t i = 0;
    for (; i + 2 <= m; i += 2) {
      sl_f64x2 s = sl_f64x2_load(c + i);
      s += b0 * sl_f64x2_load(a0 + i);
      s += b1 * sl_f64x2_load(a1 + i);
      s += b2 * sl_f64x2_load(a2 + i);
      s += b3 * sl_f64x2_load(a3 + i);
      sl_f64x2_store(c + i, s);
    }
    for (; i < m; i++) {
      double s = c[i] + b0 * a0[i];
      s += b1 * a1[i];
      s += b2 * a2[i];
      c[i] = s + b3 * a3[i];
    }
  }
  for (; p < k; p++) {
    const double *a0 = a.at + (ptrdiff_t)p * a.column;
    const double b0 = sign * b.at[(ptrdiff_t)p * b.row];
    for (uint32_t i = 0; i < m; i++) c[i] += b0 * a0[i];
  }
}

// The same where a's rows lie side by side: products of its rows with b.
static NOINLINE void add_rows(uint32_t m, uint32_t k, sl_view a, sl_view b, double sign,
                              double *c) {
  for (uint32_t i = 0; i < m; i++) {
    const double *x = a.at + (ptrdiff_t)i * a.row, *y = b.at;
    sl_f64x2 s0 = sl_f64x2_splat(0), s1 = s0;
    uint32_t p = 0;
    if (b.row == 1) {
      for (; p + 4 <= k; p += 4) {
        s0 += sl_f64x2_load(x + p) * sl_f64x2_load(y + p);
        s1 += sl_f64x2_load(x + p + 2) * sl_f64x2_load(y + p + 2);
      }
    }
    double s = sl_f64x2_sum(s0 + s1);
    for (; p < k; p++) s += x[p] * y[(ptrdiff_t)p * b.row];
    c[i] += sign * s;
  }
}

void sl_block_add(uint32_t m, uint32_t n, uint32_t k, sl_view a, sl_view b, bool minus, double *c,
                  size_t ldc, double *scratch) {
  const double sign = minus ? -1 : 1;
  if (n <= 3 && (a.row == 1 || a.column == 1)) {
    for (uint32_t j = 0; j < n; j++) {
      const sl_view column = sl_view_from(b, 0, j);
      if (a.row == 1)
        add_column(m, k, a, column, sign, c + j * ldc);
      else
        add_rows(m, k, a, column, sign, c + j * ldc);
    }
    return;
  }
  double *const tall = scratch, *const tile = scratch + SL_BLOCK_TALL * SL_BLOCK_DEPTH;
  for (uint32_t first = 0; first < k; first += SL_BLOCK_DEPTH) {
    const uint32_t depth = k - first < SL_BLOCK_DEPTH ? k - first : SL_BLOCK_DEPTH;
    for (uint32_t row = 0; row < m; row += SL_BLOCK_TALL) {
      const uint32_t rows = m - row < SL_BLOCK_TALL ? m - row : SL_BLOCK_TALL;
      for (uint32_t i = 0; i < rows; i += 4) {
        const sl_view from = sl_view_from(a, row + i, first);
        sl_pack_panel_f64(from.at, (size_t)from.column, (size_t)from.row, depth,
                          rows - i < 4 ? rows - i : 4, tall + (size_t)i * depth);
      }
      for (uint32_t j = 0; j < n; j += SL_BLOCK_TILE) {
        const uint32_t columns = n - j < SL_BLOCK_TILE ? n - j : SL_BLOCK_TILE;
        pack_columns(sl_view_from(b, first, j), depth, columns, sign, tile);
        for (uint32_t i = 0; i < rows; i += 4)
          sl_panel_f64(columns, depth, tile, tall + (size_t)i * depth, 4, c + row + i + j * ldc,
                       ldc, true);
      }
    }
  }
}

// The triangle in panels of four rows: of panel q the elements of columns 0 .. q + 3, four rows side
// by side; beyond w that of the identity.
static NOINLINE void pack_triangle(uint32_t w, sl_view t, bool unit, double *to) {
  for (uint32_t q = 0; q < w; q += 4)
    for (uint32_t p = 0; p < q + 4; p++)
      for (uint32_t i = q; i < q + 4; i++, to++) {
        const bool one = p == i && (unit || i >= w);
        *to = one ? 1 : p > i || i >= w ? 0 : t.at[(ptrdiff_t)i * t.row + (ptrdiff_t)p * t.column];
      }
}

#define MINUS(i)                                                                                   \
  {                                                                                                \
    const sl_f64x2 by = sl_f64x2_splat(t[i]);                                                      \
    s##i##0 -= by * b0;                                                                            \
    s##i##1 -= by * b1;                                                                            \
  }
#define TAKE(i) sl_f64x2 s##i##0 = sl_f64x2_load(y + 4 * i), s##i##1 = sl_f64x2_load(y + 4 * i + 2);
#define GIVE(i)                                                                                    \
  sl_f64x2_store(y + 4 * i, s##i##0);                                                              \
  sl_f64x2_store(y + 4 * i + 2, s##i##1);
#define DIVIDE(i)                                                                                  \
  if (!unit) {                                                                                     \
    s##i##0 /= sl_f64x2_splat(t[i]);                                                               \
    s##i##1 /= sl_f64x2_splat(t[i]);                                                               \
  }                                                                                                \
  b0 = s##i##0, b1 = s##i##1;

// Four columns of right-hand sides, side by side.
static NOINLINE void solve_tile(uint32_t w, const double *t, bool unit, double *x) {
  for (uint32_t q = 0; q < w; q += 4) {
    double *const y = x + 4 * q;
    TAKE(0) TAKE(1) TAKE(2) TAKE(3) sl_f64x2 b0, b1;
    for (uint32_t p = 0; p < q; p++, t += 4) {
      b0 = sl_f64x2_load(x + 4 * p), b1 = sl_f64x2_load(x + 4 * p + 2);
      MINUS(0) MINUS(1) MINUS(2) MINUS(3)
    }
    DIVIDE(0) MINUS(1) MINUS(2) MINUS(3) t += 4;
    DIVIDE(1) MINUS(2) MINUS(3) t += 4;
    DIVIDE(2) MINUS(3) t += 4;
    DIVIDE(3) t += 4;
    GIVE(0) GIVE(1) GIVE(2) GIVE(3)
  }
}

// One column. The same operations in the same order as in a tile.
static NOINLINE void solve_column(uint32_t w, sl_view t, bool unit, double *x, ptrdiff_t row) {
  for (uint32_t q = 0; q < w; q++) {
    double s = x[(ptrdiff_t)q * row];
    for (uint32_t p = 0; p < q; p++)
      s -= t.at[(ptrdiff_t)q * t.row + (ptrdiff_t)p * t.column] * x[(ptrdiff_t)p * row];
    x[(ptrdiff_t)q * row] = unit ? s : s / t.at[(ptrdiff_t)q * (t.row + t.column)];
  }
}

void sl_block_solve(uint32_t w, uint32_t n, sl_view t, bool unit, double *x, ptrdiff_t row,
                    ptrdiff_t column, double *scratch) {
  if (n <= 2) {
    for (uint32_t j = 0; j < n; j++) solve_column(w, t, unit, x + (ptrdiff_t)j * column, row);
    return;
  }
  double *const tile = scratch, *const triangle = scratch + 4 * SL_BLOCK;
  pack_triangle(w, t, unit, triangle);
  for (uint32_t j = 0; j < n; j += 4) {
    const uint32_t here = n - j < 4 ? n - j : 4;
    pack_columns((sl_view){x + (ptrdiff_t)j * column, row, column}, w, here, 1, tile);
    for (uint32_t i = 4 * w; i < (w + 3) / 4 * 16; i++) tile[i] = 0;
    solve_tile(w, triangle, unit, tile);
    for (uint32_t c = 0; c < here; c++) {
      double *to = x + (ptrdiff_t)(j + c) * column;
      for (uint32_t i = 0; i < w; i++) to[(ptrdiff_t)i * row] = tile[4 * i + c];
    }
  }
}
