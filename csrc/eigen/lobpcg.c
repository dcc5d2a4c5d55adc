// The smallest eigenpairs by LOBPCG: each step takes the best vectors of the space that the present
// ones, their preconditioned residuals and the last directions span. Pairs that have converged stay in
// that space without a residual of their own (soft locking).
//
// Every column of the basis is made orthonormal in B to all others, twice where need be, and the new
// directions are made orthonormal among the coefficients: no Gram matrix is ever factorised, so nothing
// breaks down when residuals become small or nearly parallel.
//
// Based on: A. V. Knyazev, "Toward the optimal preconditioned eigensolver", SIAM J. Sci. Comput. 23
// (2001), doi:10.1137/S1064827500366124; U. Hetmaniuk, R. Lehoucq, "Basis selection in LOBPCG", J.
// Comput. Phys. 218 (2006), doi:10.1016/j.jcp.2006.02.007 (orthonormal bases); J. A. Duersch, M. Shao,
// C. Yang, M. Gu, "A robust and efficient implementation of LOBPCG", SIAM J. Sci. Comput. 40 (2018),
// doi:10.1137/17M1129830 (directions from coefficients, what is dropped).
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eigen/block.h"
#include "eigen/eigen_object.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))

// What of a column is left after all others have been taken away, if less, is rounding.
#define LEAST_PART 1e-12
// Iterations without progress until nothing more is expected.
#define MOST_STALE 60
#define PROBES 10

// Of the preconditioner.
#define DROP 2e-3
#define FILL 10

static double *column_of(const sl_eigen *e, double *block, uint32_t j) {
  return block + (size_t)j * e->n;
}

void sl_lobpcg_destroy(sl_lobpcg *l) {
  if (l == NULL) return;
  sl_incomplete_destroy(l->preconditioner);
  sl_free(l->as);
  sl_free(l->bs);
  sl_free(l->mix);
  sl_free(l->theta);
  sl_free(l->active);
  sl_free(l);
}

size_t sl_lobpcg_bytes(const sl_lobpcg *l, size_t n) {
  size_t m = l->width, room = l->room, bytes = sizeof *l;
  if (l->preconditioner != NULL) bytes += sl_incomplete_bytes(l->preconditioner);
  if (l->as != NULL) bytes += 8 * n * room * (l->bs != NULL ? 2 : 1);
  if (l->mix != NULL) bytes += 16 * room * m;
  return bytes + (l->theta != NULL ? 20 * m : 0);
}

// ---- making it ----------------------------------------------------------------------------------

sl_status sl_eigen_begin_preconditioner(sl_eigen *e) {
  SL_TRY(sl_alloc_zero(1, sizeof *e->lobpcg, (void **)&e->lobpcg));
  sl_lobpcg *l = e->lobpcg;
  sl_status status = sl_incomplete_begin(e->a, DROP, FILL, &l->preconditioner);
  // Without one it takes longer.
  if (status == SL_ERR_MEMORY) return sl_eigen_begin_lobpcg(e);
  return status;
}

sl_status sl_eigen_step_preconditioner(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  bool done;
  sl_status status = sl_incomplete_step(l->preconditioner, work, &e->work, &done);
  if (status == SL_ERR_MEMORY || status == SL_ERR_OVERFLOW) {
    sl_incomplete_destroy(l->preconditioner);
    l->preconditioner = NULL;
    return sl_eigen_begin_lobpcg(e);
  }
  SL_TRY(status);
  if (!done) return SL_OK;
  e->fill = sl_incomplete_fill(l->preconditioner);
  return sl_eigen_begin_lobpcg(e);
}

static sl_status reserve(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  size_t n = e->n, space = e->n - e->components;
  // A few more than are wanted: the last of them converge as fast as the value after the block is far.
  size_t width = e->wanted + (size_t)e->wanted / 4 + 3;
  l->width = (uint32_t)(width < space ? width : space);
  l->room = (uint32_t)(3 * (size_t)l->width < space ? 3 * (size_t)l->width : space);
  SL_TRY(sl_krylov_reserve(e, l->room));
  SL_TRY(sl_alloc(n, l->room * sizeof *l->as, (void **)&l->as));
  if (e->b != NULL) SL_TRY(sl_alloc(n, l->room * sizeof *l->bs, (void **)&l->bs));
  SL_TRY(sl_alloc(2 * (size_t)l->width, l->room * sizeof *l->mix, (void **)&l->mix));
  SL_TRY(SL_ALLOC(&l->theta, 2 * (size_t)l->width));
  l->left = l->theta + l->width;
  return SL_ALLOC(&l->active, (size_t)l->width);
}

sl_status sl_eigen_begin_lobpcg(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  SL_TRY(reserve(e));
  l->count = l->randoms = l->width;
  l->best = INFINITY;
  sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
  e->phase = SL_EIGEN_AT_BASIS;
  return SL_OK;
}

void sl_lobpcg_inject(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  e->injected++;
  e->pending = 0;
  e->phase = SL_EIGEN_AT_BASIS;
  uint32_t room = l->room - l->x - l->p;
  l->randoms = l->count = room < l->width - e->wanted + 1 ? room : l->width - e->wanted + 1;
  l->probes = PROBES;
  l->candidate = 0;
  for (uint32_t i = 0; i < l->count; i++) l->active[i] = i;
  sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
}

// ---- a new column -------------------------------------------------------------------------------

static void make_random(sl_eigen *e, double *x) {
  if (e->initial != NULL) {
    memcpy(x, e->initial, e->n * sizeof *x);
    sl_free(e->initial);
    e->initial = NULL;
  } else {
    for (uint32_t i = 0; i < e->n; i++) x[i] = 2 * sl_rng_double(&e->rng) - 1;
  }
}

// A x - theta B x of an active column.
NOINLINE static void make_residual(const sl_eigen *e, uint32_t j, double *r) {
  const sl_lobpcg *l = e->lobpcg;
  const double *ax = column_of(e, l->as, j),
               *bx = column_of(e, l->bs != NULL ? l->bs : e->krylov.q, j);
  for (uint32_t i = 0; i < e->n; i++) r[i] = ax[i] - l->theta[j] * bx[i];
}

// To unit length, whatever its size was. False: nothing is there.
static bool normalise(sl_eigen *e, double *x) {
  double most = sl_norm_inf_f64(x, e->n);
  if (!(most > 0 && most < INFINITY)) return false;
  sl_scale_f64(1 / most, x, e->n);
  sl_scale_f64(1 / sl_norm2_f64(x, e->n), x, e->n);
  e->work += 3 * (uint64_t)e->n;
  return true;
}

static void begin_passes(sl_eigen *e, double *x) {
  sl_lobpcg *l = e->lobpcg;
  if (e->components > 0) sl_eigen_deflate(e, x);
  l->pass = 0;
  l->length = 1;
  if (!normalise(e, x)) {
    l->candidate++;
    sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
    return;
  }
  memset(e->krylov.h, 0, e->krylov.room * sizeof *e->krylov.h);
  sl_lobpcg_go_to(l, sl_lobpcg_columns(l) > 0 ? SL_LOBPCG_DOTS : SL_LOBPCG_IMAGE);
}

static void begin_candidate(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  if (l->candidate == l->count || sl_lobpcg_columns(l) == l->room) {
    sl_lobpcg_begin_small(e);
    return;
  }
  double *x = column_of(e, e->krylov.q, sl_lobpcg_columns(l));
  e->work += 2 * (uint64_t)e->n;
  if (l->randoms > 0) {
    l->randoms--;
    make_random(e, x);
    begin_passes(e, x);
    return;
  }
  make_residual(e, l->active[l->candidate], l->preconditioner != NULL ? e->krylov.side : x);
  l->solve = 0;
  if (l->preconditioner != NULL)
    sl_lobpcg_go_to(l, SL_LOBPCG_PRECONDITION);
  else
    begin_passes(e, x);
}

static void step_precondition(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  double *x = column_of(e, e->krylov.q, sl_lobpcg_columns(l));
  uint32_t before = l->solve;
  bool done =
      sl_incomplete_solve(l->preconditioner, e->krylov.side, x, e->krylov.spare, work, &l->solve);
  e->work += (l->solve - before) * (uint64_t)(e->fill / (e->n / 1024 + 1.0) + 1);
  if (done) begin_passes(e, x);
}

static uint32_t rows_at(const sl_eigen *e, uint32_t cursor) {
  return e->n - cursor < SL_EIGEN_ROWS ? e->n - cursor : SL_EIGEN_ROWS;
}

// h = block^T v for so many columns, by runs of rows. True: it is done.
static bool step_products(sl_eigen *e, uint64_t work, const double *block, uint32_t count,
                          const double *v) {
  sl_lobpcg *l = e->lobpcg;
  uint64_t done = 0;
  while (l->cursor < e->n && done < work) {
    uint32_t rows = rows_at(e, l->cursor);
    sl_block_dots(rows, count, block + l->cursor, e->n, v + l->cursor, e->krylov.h);
    l->cursor += rows;
    done += (uint64_t)rows * count;
  }
  e->work += done;
  return l->cursor == e->n;
}

static void step_dots(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  const double *images = l->bs != NULL ? l->bs : e->krylov.q;
  if (step_products(e, work, images, sl_lobpcg_columns(l),
                    column_of(e, e->krylov.q, sl_lobpcg_columns(l))))
    sl_lobpcg_go_to(l, SL_LOBPCG_SUBTRACT);
}

// Twice is enough unless most of it went away.
static void end_pass(sl_eigen *e, double *x) {
  sl_lobpcg *l = e->lobpcg;
  if (e->components > 0) sl_eigen_deflate(e, x);
  double length = sl_norm2_f64(x, e->n), before = l->length;
  l->length = length;
  l->pass++;
  memset(e->krylov.h, 0, e->krylov.room * sizeof *e->krylov.h);
  if (!(length > LEAST_PART)) {
    l->candidate++;
    sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
  } else if (l->pass < 2 || (length < before / 2 && l->pass < 6)) {
    sl_lobpcg_go_to(l, SL_LOBPCG_DOTS);
  } else {
    normalise(e, x);
    sl_lobpcg_go_to(l, SL_LOBPCG_IMAGE);
  }
}

static void step_subtract(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t count = sl_lobpcg_columns(l);
  double *x = column_of(e, e->krylov.q, count);
  uint64_t done = 0;
  while (l->cursor < e->n && done < work) {
    uint32_t rows = rows_at(e, l->cursor);
    sl_block_subtract(rows, count, e->krylov.q + l->cursor, e->n, e->krylov.h, x + l->cursor);
    l->cursor += rows;
    done += (uint64_t)rows * count;
  }
  e->work += done;
  if (l->cursor == e->n) end_pass(e, x);
}

static bool step_product(sl_eigen *e, uint64_t work, const sl_csr *a, double *to) {
  sl_lobpcg *l = e->lobpcg;
  const double *x = column_of(e, e->krylov.q, sl_lobpcg_columns(l));
  uint64_t done = 0;
  while (l->cursor < e->n && done < work) {
    uint32_t end = l->cursor + rows_at(e, l->cursor);
    sl_block_product(a, l->cursor, end, x, to);
    done += a->row_pointers[end] - a->row_pointers[l->cursor] + (end - l->cursor);
    l->cursor = end;
  }
  e->work += done;
  return l->cursor == e->n;
}

// Its length in B becomes 1.
static void step_image(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  if (l->bs != NULL) {
    double *x = column_of(e, e->krylov.q, sl_lobpcg_columns(l)),
           *image = column_of(e, l->bs, sl_lobpcg_columns(l));
    if (!step_product(e, work, e->b, image)) return;
    double squares = sl_dot_f64(x, image, e->n);
    if (!(squares > 0)) {
      l->candidate++;
      sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
      return;
    }
    sl_scale_f64(1 / sqrt(squares), x, e->n);
    sl_scale_f64(1 / sqrt(squares), image, e->n);
  }
  sl_lobpcg_go_to(l, SL_LOBPCG_MULTIPLY);
}

static void step_multiply(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  if (!step_product(e, work, e->a, column_of(e, l->as, sl_lobpcg_columns(l)))) return;
  e->applications++;
  memset(e->krylov.h, 0, e->krylov.room * sizeof *e->krylov.h);
  sl_lobpcg_go_to(l, SL_LOBPCG_AGAINST);
}

// Its column of S^T A S.
static void step_against(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t c = sl_lobpcg_columns(l);
  if (!step_products(e, work, e->krylov.q, c + 1, column_of(e, l->as, c))) return;
  for (uint32_t i = 0; i <= c; i++) {
    e->krylov.t[(size_t)c * l->room + i] = e->krylov.t[(size_t)i * l->room + c] = e->krylov.h[i];
  }
  l->w++;
  l->candidate++;
  sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
}

// ---- the next basis ----------------------------------------------------------------------------

static bool step_rotate(sl_eigen *e, uint64_t work, double *block) {
  sl_lobpcg *l = e->lobpcg;
  uint32_t s = sl_lobpcg_columns(l);
  uint64_t done = 0;
  while (block != NULL && l->cursor < e->n && done < work) {
    uint32_t rows = rows_at(e, l->cursor);
    sl_block_rotate(rows, s, l->keep, block + l->cursor, e->n, l->mix, l->room, e->krylov.chosen,
                    e->krylov.scratch);
    l->cursor += rows;
    done += (uint64_t)rows * s * l->keep;
  }
  e->work += done;
  return block == NULL || l->cursor == e->n;
}

// ---- how far they are ---------------------------------------------------------------------------

static void step_residual(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  const double *x = column_of(e, e->krylov.q, l->at), *ax = column_of(e, l->as, l->at);
  const double *bx = l->bs != NULL ? column_of(e, l->bs, l->at) : x;
  double theta = l->theta[l->at];
  uint64_t done = 0;
  while (l->cursor < e->n && done < work) {
    uint32_t end = l->cursor + rows_at(e, l->cursor);
    double squares = 0, sizes = 0;
    for (uint32_t i = l->cursor; i < end; i++) {
      double r = ax[i] - theta * bx[i];
      squares += r * r;
      sizes += x[i] * x[i];
    }
    l->sums[0] += squares;
    l->sums[1] += sizes;
    done += 3 * (uint64_t)(end - l->cursor);
    l->cursor = end;
  }
  e->work += done;
  if (l->cursor < e->n) return;
  double size = e->norm_a + fabs(theta) * (e->b != NULL ? e->norm_b : 1);
  double left = sqrt(l->sums[0] / l->sums[1]) / size;
  l->left[l->at++] = size > 0 ? left : 0;
  l->cursor = 0;
  l->sums[0] = l->sums[1] = 0;
  if (l->at == l->x) sl_lobpcg_go_to(l, SL_LOBPCG_JUDGE);
}

static void finish(sl_eigen *e, bool converged) {
  sl_lobpcg *l = e->lobpcg;
  e->found = e->wanted < l->x ? e->wanted : l->x;
  e->converged = converged && e->found == e->wanted;
  e->krylov.next = l->x > e->wanted ? l->theta[e->wanted] : NAN;
  e->phase = SL_EIGEN_AT_BOUNDS;
  e->bounded = 0;
}

static void judge(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  double worst = 0;
  l->count = l->candidate = 0;
  for (uint32_t j = 0; j < l->x; j++) {
    if (j < e->wanted) worst = fmax(worst, l->left[j]);
    if (l->left[j] > e->tolerance) l->active[l->count++] = j;
  }
  if (l->probes > 0) l->probes--;
  bool all = l->x >= e->wanted && worst <= e->tolerance && l->probes == 0;
  if (worst < 0.9 * l->best || l->probes > 0) {
    l->best = worst;
    l->stale = 0;
  } else {
    l->stale++;
  }
  // The whole space has been searched, or rounding stands in the way: the bounds say how good it is.
  uint32_t space = e->n - e->components;
  bool stuck = l->stale == MOST_STALE || l->x == space || (l->count == 0 && l->x < e->wanted);
  if (all || stuck || e->applications >= e->limit) {
    finish(e, all || stuck);
    return;
  }
  if (l->count == 0) {
    l->randoms = l->count = 1;
    l->active[0] = 0;
  }
  sl_lobpcg_go_to(l, SL_LOBPCG_CANDIDATE);
}

static void end_rotation(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  l->x = l->kept;
  l->p = l->keep - l->kept;
  l->w = 0;
  l->sums[0] = l->sums[1] = 0;
  sl_lobpcg_go_to(l, SL_LOBPCG_RESIDUAL);
}

void sl_lobpcg_extract(sl_eigen *e) {
  sl_lobpcg *l = e->lobpcg;
  if (l == NULL || e->krylov.q == NULL) return;
  if (l->stage == SL_LOBPCG_ROTATE) {
    // Rows that have been rotated already cannot be turned back.
    step_rotate(e, UINT64_MAX, e->krylov.q);
    l->x = l->kept;
  } else if (l->stage == SL_LOBPCG_ROTATE_A || l->stage == SL_LOBPCG_ROTATE_B) {
    l->x = l->kept;
  }
  finish(e, false);
}

sl_status sl_eigen_step_lobpcg(sl_eigen *e, uint64_t work) {
  sl_lobpcg *l = e->lobpcg;
  switch (l->stage) {
  case SL_LOBPCG_CANDIDATE:
    begin_candidate(e);
    break;
  case SL_LOBPCG_PRECONDITION:
    step_precondition(e, work);
    break;
  case SL_LOBPCG_DOTS:
    step_dots(e, work);
    break;
  case SL_LOBPCG_SUBTRACT:
    step_subtract(e, work);
    break;
  case SL_LOBPCG_IMAGE:
    step_image(e, work);
    break;
  case SL_LOBPCG_MULTIPLY:
    step_multiply(e, work);
    break;
  case SL_LOBPCG_AGAINST:
    step_against(e, work);
    break;
  case SL_LOBPCG_SMALL:
    if (sl_small_step(&e->krylov.small, work, &e->work)) sl_lobpcg_go_to(l, SL_LOBPCG_CHOOSE);
    break;
  case SL_LOBPCG_CHOOSE:
    sl_lobpcg_choose(e);
    break;
  case SL_LOBPCG_DIRECT:
    sl_lobpcg_step_direct(e, work);
    break;
  case SL_LOBPCG_PROJECT:
    sl_lobpcg_step_project(e, work);
    break;
  case SL_LOBPCG_ROTATE:
    if (step_rotate(e, work, e->krylov.q)) sl_lobpcg_go_to(l, SL_LOBPCG_ROTATE_A);
    break;
  case SL_LOBPCG_ROTATE_A:
    if (step_rotate(e, work, l->as)) sl_lobpcg_go_to(l, SL_LOBPCG_ROTATE_B);
    break;
  case SL_LOBPCG_ROTATE_B:
    if (step_rotate(e, work, l->bs)) end_rotation(e);
    break;
  case SL_LOBPCG_RESIDUAL:
    step_residual(e, work);
    break;
  default:
    judge(e);
  }
  return SL_OK;
}
