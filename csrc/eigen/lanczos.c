// Based on: K. Wu, H. Simon, SIAM J. Matrix Anal. Appl. 22 (2000) (thick restarts); J. W. Daniel,
// W. B. Gragg, L. Kaufman, G. W. Stewart, "Reorthogonalization and stable algorithms for updating
// the Gram-Schmidt QR factorization", Math. Comp. 30 (1976) (when another pass is needed).
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "eigen/block.h"
#include "eigen/eigen_object.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))
#define MOST_TRIES 40

enum { RANDOM, MULTIPLY, SOLVE, CORRECT, IMAGE, DOTS, SUBTRACT, ACCEPT, SMALL, JUDGE, ROTATE };

static double *column(const sl_eigen *e, uint32_t j) { return e->krylov.q + (size_t)j * e->n; }

// Dimension of the space that is left to search.
static uint32_t space(const sl_eigen *e) { return e->n - e->components; }

void sl_krylov_destroy(sl_krylov *k) {
  sl_free(k->q);
  sl_free(k->t);
  sl_free(k->h);
  sl_free(k->image);
  sl_free(k->side);
  sl_free(k->spare);
  sl_free(k->small.vectors);
  sl_free(k->small.values);
  sl_free(k->chosen);
  sl_free(k->scratch);
  *k = (sl_krylov){0};
}

size_t sl_krylov_bytes(const sl_krylov *k, size_t n) {
  size_t m = k->room;
  if (k->q == NULL) return 0;
  return 8 * (n * (m + 1) + 2 * m * m + 69 * m + n * (2 + (k->image != NULL))) + 4 * m;
}

static uint32_t room_for(const sl_eigen *e) {
  uint64_t room = 2 * (uint64_t)e->wanted + 20;
  if (!e->inverts) room += 12;
  uint32_t all = space(e);
  // A space that is nearly as small as that is searched as a whole.
  return room + room / 2 >= all ? all : (uint32_t)room;
}

static void begin(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  k->columns = k->restart = k->kept = k->checked = k->turns = k->tries = 0;
  k->closed = false;
  k->beta = k->size = 0;
  k->next = NAN;
  k->stage = RANDOM;
  k->ends = false;
  memset(k->t, 0, (size_t)k->room * k->room * sizeof *k->t);
}

sl_status sl_krylov_reserve(sl_eigen *e, uint32_t room) {
  sl_krylov *k = &e->krylov;
  size_t n = e->n, m = k->room = room;
  SL_TRY(sl_alloc(n, (m + 1) * sizeof *k->q, (void **)&k->q));
  SL_TRY(sl_alloc(m, m * sizeof *k->t, (void **)&k->t));
  SL_TRY(sl_alloc(m, m * sizeof *k->t, (void **)&k->small.vectors));
  SL_TRY(SL_ALLOC(&k->small.values, 4 * m));
  k->small.off = k->small.values + m;
  k->small.scratch = k->small.off + m;
  SL_TRY(SL_ALLOC(&k->h, m + 1));
  SL_TRY(SL_ALLOC(&k->chosen, m));
  SL_TRY(sl_alloc(m, 64 * sizeof *k->scratch, (void **)&k->scratch));
  SL_TRY(SL_ALLOC(&k->side, n));
  SL_TRY(SL_ALLOC(&k->spare, n));
  if (e->b != NULL) SL_TRY(SL_ALLOC(&k->image, n));
  return SL_OK;
}

void sl_eigen_begin_again(sl_eigen *e) { begin(e); }

sl_status sl_eigen_begin_lanczos(sl_eigen *e) {
  if (e->krylov.q == NULL) {
    sl_status status = sl_krylov_reserve(e, room_for(e));
    if (status != SL_OK) {
      sl_krylov_destroy(&e->krylov);
      return status;
    }
    begin(e);
  }
  if (e->factor != NULL) SL_TRY(sl_factor_reserve(e->factor));
  e->phase = SL_EIGEN_AT_BASIS;
  return SL_OK;
}

// ---- the operator -------------------------------------------------------------------------------

static uint64_t product(const sl_csr *a, uint32_t *cursor, uint64_t work, const double *x,
                        double *y) {
  uint64_t done = 0;
  while (*cursor < a->rows && done < work) {
    uint32_t end = a->rows - *cursor < SL_EIGEN_ROWS ? a->rows : *cursor + SL_EIGEN_ROWS;
    sl_block_product(a, *cursor, end, x, y);
    done += a->row_pointers[end] - a->row_pointers[*cursor] + (end - *cursor);
    *cursor = end;
  }
  return done;
}

static void go_to(sl_eigen *e, int stage) {
  e->krylov.stage = stage;
  e->krylov.cursor = 0;
}

// The right-hand side in the scaled equations of the factor.
NOINLINE static void begin_pass(sl_eigen *e, const double *b) {
  sl_factor *f = e->factor;
  double *scaled = e->krylov.side;
  for (uint32_t i = 0; i < e->n; i++) scaled[i] = sl_times_power(b[i], f->row_exponent[i]);
  sl_factor_pass_begin(f, scaled, false);
  go_to(e, SOLVE);
}

NOINLINE static void end_pass(sl_eigen *e, double *x) {
  const int32_t *exponent = e->factor->column_exponent;
  const double *scaled = e->krylov.side;
  if (e->krylov.corrects) {
    for (uint32_t i = 0; i < e->n; i++) x[i] += sl_times_power(scaled[i], exponent[i]);
  } else {
    for (uint32_t i = 0; i < e->n; i++) x[i] = sl_times_power(scaled[i], exponent[i]);
  }
}

static void begin_apply(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  k->pass = 0;
  k->fresh = k->corrects = false;
  e->applications++;
  if (e->inverts && e->b == NULL) {
    memcpy(k->spare, column(e, k->columns - 1), e->n * sizeof *k->spare);
    begin_pass(e, k->spare);
    return;
  }
  go_to(e, MULTIPLY);
}

static void step_multiply(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  const double *from = column(e, k->columns - 1);
  bool solves = e->factor != NULL;
  double *to = solves ? k->spare : column(e, k->columns);
  e->work += product(e->inverts ? e->b : e->a, &k->cursor, work, from, to);
  if (k->cursor < e->n) return;
  if (solves)
    begin_pass(e, to);
  else
    go_to(e, IMAGE);
}

static void step_solve(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  uint64_t before = e->factor->work;
  bool done = sl_factor_pass_step(e->factor, work, k->side);
  e->work += e->factor->work - before;
  if (!done) return;
  end_pass(e, column(e, k->columns));
  bool again = !k->corrects && (e->refines || !e->judged);
  go_to(e, again ? CORRECT : IMAGE);
}

// What the factor leaves of the equations: another pass takes it away where that is more than
// rounding.
static void step_correct(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  const sl_csr *m = e->factor->matrix;
  const double *x = column(e, k->columns);
  e->work += product(m, &k->cursor, work, x, k->side);
  if (k->cursor < e->n) return;
  for (uint32_t i = 0; i < e->n; i++) k->spare[i] -= k->side[i];
  if (!e->judged) {
    double left = sl_norm2_f64(k->spare, e->n), size = sl_norm2_f64(x, e->n);
    e->judged = true;
    e->refines = !(left <= 0x1p-46 * m->matrix_class.norm_inf * size);
    if (!e->refines) {
      go_to(e, IMAGE);
      return;
    }
  }
  k->corrects = true;
  begin_pass(e, k->spare);
}

// ---- orthogonality ------------------------------------------------------------------------------

static void begin_small(sl_eigen *e);

static void begin_random(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  double *x = column(e, k->columns);
  if (k->tries++ == MOST_TRIES) {
    // What is left of the space is too small for B to tell from nothing.
    k->closed = true;
    k->beta = 0;
    if (k->columns > 0) {
      begin_small(e);
      return;
    }
    e->phase = SL_EIGEN_AT_BOUNDS;
    return;
  }
  k->fresh = true;
  k->pass = 1;
  k->last = 0;
  if (k->columns == 0 && e->initial != NULL) {
    memcpy(x, e->initial, e->n * sizeof *x);
    sl_free(e->initial);
    e->initial = NULL;
  } else {
    for (uint32_t i = 0; i < e->n; i++) x[i] = 2 * sl_rng_double(&e->rng) - 1;
  }
  e->work += e->n;
  go_to(e, IMAGE);
}

static const double *image(const sl_eigen *e) {
  return e->b != NULL ? e->krylov.image : column(e, e->krylov.columns);
}

static double inner(const sl_eigen *e, const double *x, const double *y) {
  double sum = 0;
  for (uint32_t i = 0; i < e->n; i += SL_EIGEN_ROWS) {
    uint32_t rows = e->n - i < SL_EIGEN_ROWS ? e->n - i : SL_EIGEN_ROWS;
    sum += sl_dot_f64(x + i, y + i, rows);
  }
  return sum;
}

// First of the columns that this pass takes away.
static uint32_t pass_first(const sl_krylov *k) {
  uint32_t c = k->columns;
  return k->pass > 0 || c == k->restart + 1 || c < 2 ? 0 : c - 2;
}

// B times the candidate, its norm, and whether that will do.
static void step_image(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  double *x = column(e, k->columns);
  if (k->cursor == 0 && e->components > 0) sl_eigen_deflate(e, x);
  if (e->b != NULL) {
    e->work += product(e->b, &k->cursor, work, x, k->image);
    if (k->cursor < e->n) return;
  }
  k->norm = inner(e, x, image(e));
  e->work += 2 * (uint64_t)e->n;
  double least = k->fresh ? 0 : 0x1p-100 * k->size * k->size;
  bool vanished = !(k->norm > least);
  if (k->fresh && vanished) {
    go_to(e, RANDOM);
    return;
  }
  // Once all columns have been taken away a pass that leaves most of it was the last.
  bool enough = k->pass >= 2 && (k->norm >= k->last / 2 || k->pass > 5);
  if (vanished || enough || (k->fresh && k->columns == 0)) {
    k->beta = k->fresh || vanished ? 0 : sqrt(k->norm);
    go_to(e, ACCEPT);
    return;
  }
  k->last = k->norm;
  memset(k->h, 0, k->columns * sizeof *k->h);
  go_to(e, DOTS);
}

static uint64_t rows_at(const sl_eigen *e, uint32_t cursor) {
  return e->n - cursor < SL_EIGEN_ROWS ? e->n - cursor : SL_EIGEN_ROWS;
}

static void step_dots(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  uint32_t first = pass_first(k), count = k->columns - first;
  uint64_t done = 0;
  const double *v = image(e);
  while (k->cursor < e->n && done < work) {
    uint32_t rows = (uint32_t)rows_at(e, k->cursor);
    sl_block_dots(rows, count, column(e, first) + k->cursor, e->n, v + k->cursor, k->h + first);
    k->cursor += rows;
    done += (uint64_t)rows * count;
  }
  e->work += done;
  if (k->cursor < e->n) return;
  if (!k->fresh) {
    double *t = k->t + (size_t)(k->columns - 1) * k->room;
    for (uint32_t i = first; i < k->columns; i++) {
      t[i] += k->h[i];
      if (fabs(t[i]) > k->size) k->size = fabs(t[i]);
    }
  }
  go_to(e, SUBTRACT);
}

static void step_subtract(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  uint32_t first = pass_first(k), count = k->columns - first;
  uint64_t done = 0;
  double *x = column(e, k->columns);
  while (k->cursor < e->n && done < work) {
    uint32_t rows = (uint32_t)rows_at(e, k->cursor);
    sl_block_subtract(rows, count, column(e, first) + k->cursor, e->n, k->h + first, x + k->cursor);
    k->cursor += rows;
    done += (uint64_t)rows * count;
  }
  e->work += done;
  if (k->cursor < e->n) return;
  k->pass++;
  go_to(e, IMAGE);
}

// The candidate becomes a column; the operator is applied to it.
static void accept(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  sl_scale_f64(1 / sqrt(k->norm), column(e, k->columns), e->n);
  e->work += e->n;
  memset(k->t + (size_t)k->columns * k->room, 0, k->room * sizeof *k->t);
  k->columns++;
  k->tries = 0;
  begin_apply(e);
}

// ---- the projected problem ----------------------------------------------------------------------

static bool exhausted(const sl_eigen *e) {
  return e->krylov.columns == space(e) || e->krylov.closed;
}

// Looks at the Ritz values now and then, and when there is no more room.
static bool is_due(const sl_eigen *e) {
  const sl_krylov *k = &e->krylov;
  uint32_t c = k->columns;
  if (c == k->room || exhausted(e) || e->applications >= e->limit) return true;
  if (c < e->wanted + 2) return false;
  uint32_t every = 3 + c / 10;
  return k->beta == 0 || c - k->checked >= every;
}

static void begin_small(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  uint32_t c = k->columns;
  k->checked = c;
  for (uint32_t j = 0; j < c; j++) {
    for (uint32_t i = 0; i <= j; i++) {
      double value = k->t[(size_t)j * k->room + i];
      k->small.vectors[(size_t)j * c + i] = k->small.vectors[(size_t)i * c + j] = value;
    }
  }
  e->work += (uint64_t)c * c;
  sl_small_begin(&k->small, c);
  go_to(e, SMALL);
}

// How much a Ritz value is wanted.
static double rank_of(const sl_eigen *e, double mu) {
  if (!e->inverts) return e->which == SL_EIGEN_NEAREST ? -fabs(mu - e->sigma_asked) : -mu;
  return e->which == SL_EIGEN_NEAREST ? fabs(mu) : mu;
}

// By insertion: there are few, and ties keep their places.
static void order(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  const double *mu = k->small.values;
  for (uint32_t i = 0; i < k->columns; i++) {
    uint32_t at = i;
    double rank = rank_of(e, mu[i]);
    for (; at > 0 && rank > rank_of(e, mu[k->chosen[at - 1]]); at--) {
      k->chosen[at] = k->chosen[at - 1];
    }
    k->chosen[at] = i;
  }
}

// What the operator leaves of the i-th Ritz pair.
static double left_of(const sl_krylov *k, uint32_t i) {
  size_t c = k->columns;
  return k->beta * fabs(k->small.vectors[k->chosen[i] * c + c - 1]);
}

static bool has_converged(const sl_eigen *e, uint32_t i, double tolerance) {
  const sl_krylov *k = &e->krylov;
  double size = e->inverts ? fabs(k->small.values[k->chosen[i]]) : k->size;
  double left = left_of(k, i);
  return left <= tolerance * size || left <= 0x1p-52 * k->size;
}

// After a start from a random vector: no better pair is to be seen in the new directions.
static bool is_probed(const sl_eigen *e) {
  const sl_krylov *k = &e->krylov;
  uint32_t w = e->wanted;
  if (k->kept == 0 || exhausted(e)) return true;
  if (k->columns < w + 1 || k->columns < k->kept + 6) return false;
  double apart = fabs(k->small.values[k->chosen[w - 1]] - k->small.values[k->chosen[w]]);
  return left_of(k, w) <= apart / 8 || has_converged(e, w, 0x1p-20);
}

static void begin_rotation(sl_eigen *e, uint32_t keep, bool ends) {
  sl_krylov *k = &e->krylov;
  k->keep = keep;
  k->ends = ends;
  go_to(e, ROTATE);
}

static void judge(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  uint32_t c = k->columns, w = e->wanted < c ? e->wanted : c, converged = 0;
  order(e);
  for (uint32_t i = 0; i < w; i++) converged += has_converged(e, i, e->tolerance);
  k->next = c > w ? k->small.values[k->chosen[w]] : NAN;
  bool all = exhausted(e), stops = e->applications >= e->limit;
  e->converged = w == e->wanted && (all || (converged == w && is_probed(e)));
  if (e->converged || stops || all) {
    e->found = w;
    begin_rotation(e, w, true);
    return;
  }
  if (c < k->room) {
    go_to(e, k->beta == 0 ? RANDOM : ACCEPT);
    return;
  }
  k->turns++;
  if (e->inverts && e->which != SL_EIGEN_NEAREST && k->turns >= 2 && e->moved < 3 && k->kept == 0) {
    double first = sl_eigen_value_of(e, k->small.values[k->chosen[0]]);
    double last = sl_eigen_value_of(e, k->small.values[k->chosen[w - 1]]);
    if (first - e->sigma > 4 * (last - first)) {
      begin(e);
      sl_eigen_move_shift(e, first, last);
      return;
    }
  }
  uint32_t spare = k->room - w, more = converged < spare / 2 ? converged : spare / 2;
  uint32_t keep = w + (more > spare / 3 ? more : spare / 3);
  begin_rotation(e, keep < k->room ? keep : k->room - 1, false);
}

static void end_rotation(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  uint32_t keep = k->keep;
  memset(k->t, 0, (size_t)k->room * k->room * sizeof *k->t);
  for (uint32_t i = 0; i < keep; i++) {
    k->t[(size_t)i * k->room + i] = k->small.values[k->chosen[i]];
  }
  if (!k->ends) memmove(column(e, keep), column(e, k->columns), e->n * sizeof *k->q);
  k->columns = k->restart = k->checked = keep;
  if (k->ends && e->pending > 0 && e->converged && !exhausted(e)) {
    e->pending--;
    sl_eigen_inject(e);
    return;
  }
  if (k->ends) {
    e->phase = SL_EIGEN_AT_BOUNDS;
    e->bounded = 0;
    return;
  }
  go_to(e, k->beta == 0 ? RANDOM : ACCEPT);
}

static void step_rotate(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  uint64_t done = 0;
  while (k->cursor < e->n && done < work) {
    uint32_t rows = (uint32_t)rows_at(e, k->cursor);
    sl_block_rotate(rows, k->columns, k->keep, k->q + k->cursor, e->n, k->small.vectors, k->columns,
                    k->chosen, k->scratch);
    k->cursor += rows;
    done += (uint64_t)rows * k->columns * k->keep;
  }
  e->work += done;
  if (k->cursor == e->n) end_rotation(e);
}

void sl_eigen_inject(sl_eigen *e) {
  if (e->lobpcg != NULL) {
    sl_lobpcg_inject(e);
    return;
  }
  sl_krylov *k = &e->krylov;
  k->kept = k->columns;
  e->injected++;
  // Counting has taken the place of the factor.
  e->phase = e->inverts && e->factor == NULL ? SL_EIGEN_AT_CHOOSE : SL_EIGEN_AT_BASIS;
  go_to(e, RANDOM);
}

void sl_eigen_extract(sl_eigen *e) {
  sl_krylov *k = &e->krylov;
  if (e->lobpcg != NULL) {
    sl_lobpcg_extract(e);
    return;
  }
  // The last column has no image yet unless a look at the values was due.
  if (k->q == NULL || k->columns == 0) return;
  if (k->stage != JUDGE && k->stage != SMALL && k->stage != ROTATE) {
    if (k->columns <= k->restart + 1) {
      if (k->restart == 0) return;
      k->columns = k->restart; // pairs of the last restart
    } else {
      k->columns--;
    }
    k->beta = INFINITY;
    begin_small(e);
  }
  while (k->stage == SMALL) {
    if (sl_small_step(&k->small, UINT64_MAX, &e->work)) k->stage = JUDGE;
  }
  if (k->stage == JUDGE) {
    order(e);
    e->found = e->wanted < k->columns ? e->wanted : k->columns;
    begin_rotation(e, e->found, true);
  } else {
    e->found = e->wanted < k->keep ? e->wanted : k->keep;
    k->ends = true;
  }
  while (e->phase == SL_EIGEN_AT_BASIS) step_rotate(e, UINT64_MAX);
}

sl_status sl_eigen_step_lanczos(sl_eigen *e, uint64_t work) {
  sl_krylov *k = &e->krylov;
  switch (k->stage) {
  case RANDOM:
    begin_random(e);
    break;
  case MULTIPLY:
    step_multiply(e, work);
    break;
  case SOLVE:
    step_solve(e, work);
    break;
  case CORRECT:
    step_correct(e, work);
    break;
  case IMAGE:
    step_image(e, work);
    break;
  case DOTS:
    step_dots(e, work);
    break;
  case SUBTRACT:
    step_subtract(e, work);
    break;
  case ACCEPT:
    if (!k->fresh && k->checked < k->columns && is_due(e))
      begin_small(e);
    else if (!k->fresh && k->beta == 0)
      go_to(e, RANDOM);
    else
      accept(e);
    break;
  case SMALL:
    if (sl_small_step(&k->small, work, &e->work)) k->stage = JUDGE;
    break;
  case JUDGE:
    judge(e);
    break;
  default:
    step_rotate(e, work);
  }
  return SL_OK;
}
