// Triangular solves with the factors.
#include "linalg/object.h"

enum { CHUNK = 64 };

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

static void begin_chunk(sl_decomposition *d) {
  sl_sweep *s = &d->sweep;
  s->here = smaller(s->columns - s->first, CHUNK);
  s->stage = 0;
  s->block = 0;
  if (d->kind == SL_DECOMPOSITION_LU && !s->transposed)
    sl_linalg_exchange(d, s->x + s->first * d->ld, s->here, 0, d->n, false);
}

void sl_sweep_begin(sl_decomposition *d, double *x, uint32_t columns, bool transposed) {
  d->sweep = (sl_sweep){.x = x, .columns = columns, .transposed = transposed};
  begin_chunk(d);
}

bool sl_sweep_step(sl_decomposition *d) {
  sl_sweep *s = &d->sweep;
  const uint32_t n = d->n, blocks = (n + SL_BLOCK - 1) / SL_BLOCK;
  if (n == 0 || s->columns == 0) return true;
  const ptrdiff_t ld = (ptrdiff_t)d->ld;
  const bool lu = d->kind == SL_DECOMPOSITION_LU, turned = s->transposed && lu;
  const sl_view plain = {d->a, 1, ld}, across = {d->a, ld, 1};
  const sl_view lower = turned ? across : plain, upper = lu && !turned ? plain : across;
  const uint32_t block = s->stage == 0 ? s->block : blocks - 1 - s->block;
  const uint32_t row = block * SL_BLOCK, width = smaller(SL_BLOCK, n - row);
  double *const x = s->x + s->first * d->ld, *const at = x + row;
  const sl_view solved = {at, 1, ld};
  if (s->stage == 0) {
    sl_block_solve(width, s->here, sl_view_from(lower, row, row), lu && !turned, at, 1, ld,
                   d->scratch);
    sl_block_add(n - row - width, s->here, width, sl_view_from(lower, row + width, row), solved,
                 true, at + width, d->ld, d->scratch);
    d->work += (uint64_t)width * s->here * (n - row);
  } else {
    // From its last element an upper triangle is a lower one.
    const sl_view last = sl_view_from(upper, row + width - 1, row + width - 1);
    sl_block_solve(width, s->here, (sl_view){last.at, -last.row, -last.column}, lu && turned,
                   at + width - 1, -1, ld, d->scratch);
    sl_block_add(row, s->here, width, sl_view_from(upper, 0, row), solved, true, x, d->ld,
                 d->scratch);
    d->work += (uint64_t)width * s->here * (row + width);
  }
  if (++s->block < blocks) return false;
  s->block = 0;
  if (++s->stage < 2) return false;
  if (turned) sl_linalg_exchange(d, x, s->here, 0, n, true);
  s->first += s->here;
  if (s->first < s->columns) {
    begin_chunk(d);
    return false;
  }
  return true;
}
