// Based on: P. Vanek, J. Mandel, M. Brezina, "Algebraic multigrid by smoothed aggregation for
// second and fourth order elliptic problems", Computing 56 (1996), doi:10.1007/BF02238511: greedy
// aggregation, prolongation smoothed by one Jacobi step on the filtered matrix. Deviations: a
// coupling is strong relative to the largest one of either row (as in J. W. Ruge, K. Stueben,
// "Algebraic multigrid", 1987, doi:10.1137/1.9781611971057.ch4), because with the original measure
// nodes of high degree have none; f32 throughout.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/amg_level.h"
#include "solver/dense_cholesky.h"
#include "solver/scaling.h"

#define NONE UINT32_MAX
#define JOINED 0x80000000u // on the aggregate of a row that joined it, until the last pass
#define BLOCK_ROWS 32768u

// A coupling counts as strong from this part of the largest one.
#define STRONG 0.25f

// Less reduction than this and another level does not pay.
#define LEAST_COARSENING 0.8

// From here on another kind of preconditioner is the better one; see sl_amg_is_poor.
#define LEAST_PAYING_COARSENING 2.5
#define MOST_COMPLEXITY 2.0
#define MOST_FILL 6.0

#define NOINLINE __attribute__((noinline))

static void free_level(sl_amg_level *level) {
  sl_free(level->pointers);
  sl_free(level->middles);
  sl_free(level->columns);
  sl_free(level->values);
  sl_free(level->diagonal);
  sl_free(level->inverse_diagonal);
  sl_free(level->p_pointers);
  sl_free(level->p_columns);
  sl_free(level->p_values);
  sl_free(level->x);
  sl_free(level->b);
  *level = (sl_amg_level){0};
}

static void free_scratch(sl_amg *amg) {
  void **arrays[] = {(void **)&amg->aggregates, (void **)&amg->strongest,
                     (void **)&amg->marks,      (void **)&amg->sums,
                     (void **)&amg->t_pointers, (void **)&amg->t_rows,
                     (void **)&amg->t_values,   (void **)&amg->ap_pointers,
                     (void **)&amg->ap_columns, (void **)&amg->ap_values};
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
    sl_free(*arrays[k]);
    *arrays[k] = NULL;
  }
}

sl_status sl_amg_create(const sl_csr *matrix, int sign, sl_ordering_kind order, bool coarsen,
                        sl_amg **out) {
  *out = NULL;
  sl_amg *amg;
  SL_TRY(SL_ALLOC_ZERO(&amg, 1));
  amg->matrix = matrix;
  amg->scale = sl_unit_scale(matrix, sign);
  amg->coarsen = coarsen;
  amg->level_count = 1;
  amg->levels[0].n = matrix->rows;
  // A dense solve on the coarsest level must stay small beside a sweep over the finest.
  double limit = sqrt((double)matrix->nnz) / 3;
  amg->coarse_limit = limit < 32 ? 32 : limit > 300 ? 300 : (uint32_t)limit;
  bool scattered = order == SL_ORDER_AUTO && sl_ordering_is_scattered(matrix);
  sl_status status = SL_OK;
  if (scattered || order == SL_ORDER_REVERSE_CUTHILL_MCKEE) {
    status = sl_ordering_begin(matrix, SL_ORDER_REVERSE_CUTHILL_MCKEE, &amg->ordering);
    if (status == SL_OK) status = SL_ALLOC(&amg->z, matrix->rows);
  }
  if (status != SL_OK) {
    sl_amg_destroy(amg);
    return status;
  }
  *out = amg;
  return SL_OK;
}

void sl_amg_destroy(sl_amg *amg) {
  if (amg == NULL) return;
  for (uint32_t l = 0; l < SL_AMG_MAX_LEVELS; l++) free_level(&amg->levels[l]);
  free_scratch(amg);
  sl_ordering_destroy(&amg->ordering);
  sl_free(amg->z);
  sl_free(amg->factor);
  sl_free(amg);
}

size_t sl_amg_bytes(const sl_amg *amg) {
  if (amg == NULL) return 0;
  size_t bytes = sizeof *amg + sl_ordering_bytes(&amg->ordering);
  if (amg->z != NULL) bytes += (size_t)amg->levels[0].n * sizeof *amg->z;
  for (uint32_t l = 0; l < amg->level_count; l++) {
    const sl_amg_level *level = &amg->levels[l];
    if (level->pointers == NULL) continue;
    bytes += (size_t)level->n * 24 + (size_t)level->pointers[level->n] * 8;
    if (level->p_pointers) bytes += (size_t)level->n * 4 + (size_t)level->p_pointers[level->n] * 8;
  }
  size_t coarsest = amg->levels[amg->level_count - 1].n;
  return bytes + (amg->factor != NULL ? coarsest * coarsest * sizeof(double) : 0);
}

void sl_amg_describe(const sl_amg *amg, sl_amg_facts *out) {
  const sl_amg_level *finest = &amg->levels[0];
  *out = (sl_amg_facts){.levels = amg->level_count, .operator_complexity = 1};
  if (finest->pointers == NULL) return;
  double entries = 0, first = (double)finest->pointers[finest->n] + finest->n;
  for (uint32_t l = 0; l < amg->level_count && amg->levels[l].inverse_diagonal != NULL; l++) {
    const sl_amg_level *level = &amg->levels[l];
    entries += (double)level->pointers[level->n] + level->n;
    if (level->p_pointers != NULL) {
      out->cycle_work += 2 * (uint64_t)level->p_pointers[level->n];
    }
    out->cycle_work += 2 * (uint64_t)level->pointers[level->n] + 2 * (uint64_t)level->n;
  }
  out->operator_complexity = entries / first;
}

bool sl_amg_is_poor(const sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  bool aggregated =
      (amg->stage == SL_AMG_PROLONGATE && amg->cursor == 0) || amg->stage == SL_AMG_DONE;
  if (aggregated && amg->factor == NULL && level->n > amg->coarse_limit &&
      level->n < LEAST_PAYING_COARSENING * amg->coarse_n) {
    return true;
  }
  sl_amg_facts facts;
  sl_amg_describe(amg, &facts);
  bool fills = amg->level_count == 1 && amg->stage != SL_AMG_PROLONGATE && amg->fill > MOST_FILL;
  return fills || facts.operator_complexity > MOST_COMPLEXITY;
}

// ---- finest level -------------------------------------------------------------------------------

static sl_status alloc_level(sl_amg_level *level) {
  size_t n = level->n;
  SL_TRY(SL_ALLOC(&level->pointers, n + 1));
  SL_TRY(SL_ALLOC(&level->middles, n));
  SL_TRY(SL_ALLOC(&level->diagonal, n));
  SL_TRY(SL_ALLOC(&level->inverse_diagonal, n));
  SL_TRY(SL_ALLOC(&level->x, n));
  SL_TRY(SL_ALLOC(&level->b, n));
  level->pointers[0] = 0;
  return SL_OK;
}

// Copies the entries of `row` to row i, which begins where the one before it ends. Where an entry
// goes cannot be predicted, so nothing branches on it: each is written as one below the diagonal
// and as one above it, the latter beyond the room of the row, and stays where it is counted.
// Returns the diagonal entry.
static double copy_row(const sl_amg *amg, uint32_t row, uint32_t i) {
  const sl_csr *matrix = amg->matrix;
  const sl_amg_level *level = &amg->levels[0];
  const uint32_t *places = amg->ordering.places;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  uint32_t low = level->pointers[i], aside = low + (end - begin), high = aside;
  uint32_t *columns = level->columns;
  float *values = level->values;
  double diagonal = 0;
  for (uint32_t k = begin; k < end; k++) {
    uint32_t j = places != NULL ? places[matrix->columns[k]] : matrix->columns[k];
    double value = sl_csr_value(matrix, k) * amg->scale;
    float narrow = (float)value;
    diagonal = j == i ? value : diagonal;
    columns[low] = columns[high] = j;
    values[low] = values[high] = narrow;
    low += (narrow != 0) & (j < i);
    high += (narrow != 0) & (j > i);
  }
  level->middles[i] = low;
  for (uint32_t k = aside; k < high; k++, low++) {
    columns[low] = columns[k];
    values[low] = values[k];
  }
  level->pointers[i + 1] = low;
  level->diagonal[i] = (float)diagonal;
  return diagonal;
}

// Fails where f32 cannot hold a diagonal entry.
NOINLINE static sl_status copy_rows(sl_amg *amg, uint32_t begin, uint32_t end, uint64_t *work) {
  const sl_csr *matrix = amg->matrix;
  const uint32_t *order = amg->ordering.order;
  for (uint32_t i = begin; i < end; i++) {
    uint32_t row = order != NULL ? order[i] : i;
    double diagonal = copy_row(amg, row, i);
    SL_REQUIRE(diagonal == 0 || diagonal > 0x1p-100, SL_ERR_UNSUPPORTED, "matrix",
               "a positive diagonal in the range of float32");
    *work += matrix->row_pointers[row + 1] - matrix->row_pointers[row];
  }
  return SL_OK;
}

static sl_status begin_copy(sl_amg *amg) {
  sl_amg_level *level = &amg->levels[0];
  const sl_csr *matrix = amg->matrix;
  size_t longest = 0;
  for (uint32_t i = 0; i < level->n; i++) {
    size_t length = matrix->row_pointers[i + 1] - matrix->row_pointers[i];
    if (length > longest) longest = length;
  }
  SL_TRY(alloc_level(level));
  SL_TRY(SL_ALLOC(&level->columns, matrix->nnz + longest + 1)); // see copy_row
  return SL_ALLOC(&level->values, matrix->nnz + longest + 1);
}

// The inverse of the diagonal; what f32 cannot hold is refused.
static sl_status invert_diagonal(sl_amg_level *level) {
  for (uint32_t i = 0; i < level->n; i++) {
    float diagonal = level->diagonal[i];
    bool isolated = level->pointers[i] == level->pointers[i + 1];
    // A row of zeros has nothing to smooth; a tiny diagonal entry is a matrix beyond f32's range.
    SL_REQUIRE(diagonal > 0x1p-100f || (diagonal == 0 && isolated), SL_ERR_UNSUPPORTED, "matrix",
               "a positive diagonal in the range of float32");
    level->inverse_diagonal[i] = diagonal > 0 ? 1 / diagonal : 0;
  }
  return SL_OK;
}

// ---- aggregation --------------------------------------------------------------------------------

static sl_status begin_aggregation(sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  SL_TRY(SL_ALLOC(&amg->aggregates, level->n));
  SL_TRY(SL_ALLOC(&amg->strongest, level->n));
  memset(amg->aggregates, 0xff, level->n * sizeof *amg->aggregates);
  amg->coarse_n = 0;
  amg->radius = 0;
  return SL_OK;
}

// Only couplings of the sign opposite to the diagonal tie two unknowns to the same value. On the
// way Gershgorin's bound of the spectral radius of D^-1 A.
NOINLINE static sl_status find_strongest(sl_amg *amg, uint32_t begin, uint32_t end,
                                         uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  for (uint32_t i = begin; i < end; i++) {
    float most = 0, sum = 0;
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      if (-level->values[k] > most) most = -level->values[k];
      sum += fabsf(level->values[k]);
    }
    amg->strongest[i] = most;
    sum = 1 + sum * level->inverse_diagonal[i];
    if (sum > amg->radius) amg->radius = sum;
  }
  *work += level->pointers[end] - level->pointers[begin];
  return SL_OK;
}

static inline bool is_strong(const float *strongest, uint32_t i, uint32_t j, float value) {
  float least = strongest[i] < strongest[j] ? strongest[i] : strongest[j];
  return -value >= STRONG * least && value < 0;
}

// Roots: nodes none of whose strong neighbours belongs to an aggregate; they take all of them.
NOINLINE static sl_status take_whole_neighbourhoods(sl_amg *amg, uint32_t begin, uint32_t end,
                                                    uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  uint32_t *aggregates = amg->aggregates;
  for (uint32_t i = begin; i < end; i++) {
    if (aggregates[i] != NONE || level->pointers[i] == level->pointers[i + 1]) continue;
    bool is_free = true;
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1] && is_free; k++) {
      uint32_t j = level->columns[k];
      is_free = aggregates[j] == NONE || !is_strong(amg->strongest, i, j, level->values[k]);
    }
    if (!is_free) continue;
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      uint32_t j = level->columns[k];
      if (is_strong(amg->strongest, i, j, level->values[k])) aggregates[j] = amg->coarse_n;
    }
    aggregates[i] = amg->coarse_n++;
  }
  amg->roots = amg->coarse_n;
  *work += level->pointers[end] - level->pointers[begin];
  return SL_OK;
}

// The rest joins the neighbouring aggregate it is tied to most; only aggregates of the first pass
// count, so that none grows into a chain.
NOINLINE static sl_status join_neighbours(sl_amg *amg, uint32_t begin, uint32_t end,
                                          uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  uint32_t *aggregates = amg->aggregates;
  for (uint32_t i = begin; i < end; i++) {
    if (aggregates[i] != NONE) continue;
    float most = 0;
    uint32_t best = NONE;
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      uint32_t j = level->columns[k];
      if (aggregates[j] < amg->roots && -level->values[k] > most &&
          is_strong(amg->strongest, i, j, level->values[k])) {
        most = -level->values[k];
        best = aggregates[j];
      }
    }
    if (best != NONE) aggregates[i] = JOINED | best;
  }
  *work += level->pointers[end] - level->pointers[begin];
  return SL_OK;
}

NOINLINE static sl_status gather_the_rest(sl_amg *amg, uint32_t begin, uint32_t end,
                                          uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  uint32_t *aggregates = amg->aggregates;
  for (uint32_t i = begin; i < end; i++) {
    if (aggregates[i] != NONE) {
      aggregates[i] &= ~JOINED;
      continue;
    }
    if (level->pointers[i] == level->pointers[i + 1]) continue;
    aggregates[i] = amg->coarse_n;
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      uint32_t j = level->columns[k];
      if (aggregates[j] == NONE && is_strong(amg->strongest, i, j, level->values[k])) {
        aggregates[j] = amg->coarse_n;
      }
    }
    amg->coarse_n++;
  }
  *work += level->pointers[end] - level->pointers[begin];
  return SL_OK;
}

// ---- prolongation -------------------------------------------------------------------------------

// Row i of P = (I - omega D^-1 A) T with the filtered A: couplings that are not strong are moved to
// the diagonal. marks[c]: place of column c in the row being made, valid from `start` on.
static void prolongate_row(sl_amg *amg, uint32_t i, uint32_t *at) {
  sl_amg_level *level = &amg->levels[amg->level_count - 1];
  uint32_t start = *at, own = amg->aggregates[i];
  if (own == NONE) return; // nothing couples it: the smoother solves its row
  float diagonal = level->diagonal[i];
  amg->marks[own] = *at;
  level->p_columns[*at] = own;
  level->p_values[(*at)++] = 0;
  for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
    uint32_t j = level->columns[k];
    float value = level->values[k];
    if (!is_strong(amg->strongest, i, j, value)) {
      diagonal += value;
      continue;
    }
    uint32_t c = amg->aggregates[j], mark = amg->marks[c];
    if (mark < start || mark >= *at || level->p_columns[mark] != c) {
      mark = amg->marks[c] = (*at)++;
      level->p_columns[mark] = c;
      level->p_values[mark] = 0;
    }
    level->p_values[mark] -= value;
  }
  // Filtering may leave next to nothing on the diagonal where positive couplings are large.
  if (!(diagonal > 0.1f * level->diagonal[i])) diagonal = level->diagonal[i];
  float factor = amg->omega / diagonal;
  for (uint32_t k = start; k < *at; k++) level->p_values[k] *= factor;
  level->p_values[start] += 1 - amg->omega;
}

static sl_status begin_prolongation(sl_amg *amg) {
  sl_amg_level *level = &amg->levels[amg->level_count - 1];
  size_t n = level->n, most = (size_t)level->pointers[n] + n;
  SL_TRY(SL_ALLOC_ZERO(&amg->marks, amg->coarse_n));
  SL_TRY(SL_ALLOC_ZERO(&amg->t_pointers, (size_t)amg->coarse_n + 2));
  SL_TRY(SL_ALLOC(&level->p_pointers, n + 1));
  // At most one entry for each strong coupling and one for the row itself.
  SL_TRY(SL_ALLOC(&level->p_columns, most));
  SL_TRY(SL_ALLOC(&level->p_values, most));
  level->p_pointers[0] = 0;
  // The damping of the Jacobi step that smooths it: 4/3 over the spectral radius.
  amg->omega = 4 / (3 * amg->radius);
  amg->fill = 0;
  return SL_OK;
}

NOINLINE static sl_status prolongate_rows(sl_amg *amg, uint32_t begin, uint32_t end,
                                          uint64_t *work) {
  sl_amg_level *level = &amg->levels[amg->level_count - 1];
  for (uint32_t i = begin; i < end; i++) {
    uint32_t start = level->p_pointers[i], at = start;
    prolongate_row(amg, i, &at);
    level->p_pointers[i + 1] = at;
    for (uint32_t k = start; k < at; k++) amg->t_pointers[level->p_columns[k] + 2]++;
    // By symmetry row i of P is met once for each entry of row i of A.
    amg->fill += (double)(level->pointers[i + 1] - level->pointers[i] + 1) * (at - start);
  }
  *work += 2 * (uint64_t)(level->pointers[end] - level->pointers[begin]) +
           2 * (uint64_t)(level->p_pointers[end] - level->p_pointers[begin]);
  return SL_OK;
}

static sl_status finish_prolongation(sl_amg *amg) {
  sl_amg_level *level = &amg->levels[amg->level_count - 1];
  uint32_t count = level->p_pointers[level->n];
  SL_TRY(SL_REALLOC(&level->p_columns, count));
  SL_TRY(SL_REALLOC(&level->p_values, count));
  amg->fill /= (double)level->pointers[level->n] + level->n;
  SL_TRY(SL_ALLOC(&amg->t_rows, count));
  SL_TRY(SL_ALLOC(&amg->t_values, count));
  // t_pointers[c + 1] is where the next entry of row c goes; in the end row c + 1 begins there.
  for (uint32_t c = 0; c < amg->coarse_n; c++) amg->t_pointers[c + 2] += amg->t_pointers[c + 1];
  return SL_OK;
}

NOINLINE static sl_status transpose_rows(sl_amg *amg, uint32_t begin, uint32_t end,
                                         uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  for (uint32_t i = begin; i < end; i++) {
    for (uint32_t k = level->p_pointers[i]; k < level->p_pointers[i + 1]; k++) {
      uint32_t place = amg->t_pointers[level->p_columns[k] + 1]++;
      amg->t_rows[place] = i;
      amg->t_values[place] = level->p_values[k];
    }
  }
  *work += 2 * (uint64_t)(level->p_pointers[end] - level->p_pointers[begin]);
  return SL_OK;
}

// ---- Galerkin product ---------------------------------------------------------------------------

// Makes room for `more` entries after `used`.
static sl_status grow(uint32_t **columns, float **values, uint32_t *capacity, size_t used,
                      size_t more) {
  size_t wanted = used + more;
  if (wanted <= *capacity) return SL_OK;
  SL_REQUIRE(wanted < UINT32_MAX / 2, SL_ERR_OVERFLOW, "matrix", "fewer entries on a coarse level");
  wanted += wanted / 2;
  SL_TRY(SL_REALLOC(columns, wanted));
  SL_TRY(SL_REALLOC(values, wanted));
  *capacity = (uint32_t)wanted;
  return SL_OK;
}

// Adds factor * (row j of P) to the row of A P that starts at `start`.
static inline void add_row(sl_amg *amg, const sl_amg_level *level, uint32_t j, float factor,
                           uint32_t start, uint32_t *at) {
  for (uint32_t k = level->p_pointers[j]; k < level->p_pointers[j + 1]; k++) {
    uint32_t c = level->p_columns[k], mark = amg->marks[c];
    if (mark < start || mark >= *at || amg->ap_columns[mark] != c) {
      mark = amg->marks[c] = (*at)++;
      amg->ap_columns[mark] = c;
      amg->ap_values[mark] = 0;
    }
    amg->ap_values[mark] += factor * level->p_values[k];
  }
}

// Rows begin .. end - 1 of A P.
NOINLINE static sl_status multiply_rows(sl_amg *amg, uint32_t begin, uint32_t end, uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  for (uint32_t i = begin; i < end; i++) {
    uint32_t start = amg->ap_pointers[i], at = start;
    size_t bound = level->p_pointers[i + 1] - level->p_pointers[i];
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      uint32_t j = level->columns[k];
      bound += level->p_pointers[j + 1] - level->p_pointers[j];
    }
    *work += bound;
    if (bound > amg->coarse_n) bound = amg->coarse_n;
    SL_TRY(grow(&amg->ap_columns, &amg->ap_values, &amg->ap_capacity, start, bound));
    add_row(amg, level, i, level->diagonal[i], start, &at);
    for (uint32_t k = level->pointers[i]; k < level->pointers[i + 1]; k++) {
      add_row(amg, level, level->columns[k], level->values[k], start, &at);
    }
    amg->ap_pointers[i + 1] = at;
  }
  return SL_OK;
}

static sl_status begin_multiply(sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  SL_TRY(SL_ALLOC(&amg->ap_pointers, (size_t)level->n + 1));
  amg->ap_pointers[0] = 0;
  memset(amg->marks, 0, amg->coarse_n * sizeof *amg->marks);
  amg->ap_capacity = 0;
  return grow(&amg->ap_columns, &amg->ap_values, &amg->ap_capacity, 0,
              (size_t)level->p_pointers[level->n] + level->n);
}

static sl_status begin_galerkin(sl_amg *amg) {
  SL_REQUIRE(amg->level_count < SL_AMG_MAX_LEVELS, SL_ERR_UNSUPPORTED, "matrix",
             "fewer levels of coarsening");
  sl_amg_level *next = &amg->levels[amg->level_count];
  next->n = amg->coarse_n;
  SL_TRY(alloc_level(next));
  SL_TRY(SL_ALLOC(&amg->sums, amg->coarse_n));
  memset(amg->marks, 0xff, amg->coarse_n * sizeof *amg->marks);
  amg->next_capacity = 0;
  return grow(&next->columns, &next->values, &amg->next_capacity, 0, 4 * (size_t)amg->coarse_n);
}

// Row c of P^T (A P): summed into sums, the columns met listed behind the rows made so far, then
// put in order of lower and upper.
static sl_status galerkin_row(sl_amg *amg, sl_amg_level *next, uint32_t c, uint64_t *work) {
  uint32_t start = next->pointers[c], at = start;
  for (uint32_t m = amg->t_pointers[c]; m < amg->t_pointers[c + 1]; m++) {
    uint32_t i = amg->t_rows[m];
    float factor = amg->t_values[m];
    uint32_t begin = amg->ap_pointers[i], end = amg->ap_pointers[i + 1];
    SL_TRY(grow(&next->columns, &next->values, &amg->next_capacity, at, end - begin));
    for (uint32_t k = begin; k < end; k++) {
      uint32_t d = amg->ap_columns[k];
      if (amg->marks[d] != c) {
        amg->marks[d] = c;
        amg->sums[d] = 0;
        next->columns[at++] = d;
      }
      amg->sums[d] += factor * amg->ap_values[k];
    }
    *work += end - begin;
  }
  // Partition in place: lower columns to the front; the diagonal is dropped by a swap to the end.
  uint32_t middle = start, count = at;
  next->diagonal[c] = 0;
  for (uint32_t k = start; k < count;) {
    uint32_t d = next->columns[k];
    if (d == c) {
      next->diagonal[c] = amg->sums[c];
      next->columns[k] = next->columns[--count];
      continue;
    }
    if (d < c) {
      next->columns[k] = next->columns[middle];
      next->columns[middle++] = d;
    }
    k++;
  }
  for (uint32_t k = start; k < count; k++) next->values[k] = amg->sums[next->columns[k]];
  next->middles[c] = middle;
  next->pointers[c + 1] = count;
  return SL_OK;
}

NOINLINE static sl_status galerkin_rows(sl_amg *amg, uint32_t begin, uint32_t end, uint64_t *work) {
  sl_amg_level *next = &amg->levels[amg->level_count];
  for (uint32_t c = begin; c < end; c++) SL_TRY(galerkin_row(amg, next, c, work));
  return SL_OK;
}

static sl_status finish_level(sl_amg *amg) {
  sl_amg_level *next = &amg->levels[amg->level_count];
  SL_TRY(SL_REALLOC(&next->columns, next->pointers[next->n]));
  SL_TRY(SL_REALLOC(&next->values, next->pointers[next->n]));
  amg->level_count++;
  free_scratch(amg);
  return invert_diagonal(next);
}

// ---- coarsest level -----------------------------------------------------------------------------

// A pivot this small beside its diagonal entry is rounding. It is raised instead of dropped: the
// direction it stands for (a constant, mostly) is then scaled wrongly, which costs one iteration.
#define LEAST_PIVOT 1e-6

static sl_status factorise(sl_amg *amg, uint64_t *work) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  size_t n = level->n;
  SL_TRY(SL_ALLOC_ZERO(&amg->factor, n * n));
  double *l = amg->factor;
  for (uint32_t i = 0; i < n; i++) {
    l[i * n + i] = level->diagonal[i] > 0 ? level->diagonal[i] : 1;
    for (uint32_t k = level->pointers[i]; k < level->middles[i]; k++) {
      l[i * n + level->columns[k]] = level->values[k];
    }
  }
  for (size_t i = 0; i < n; i++) {
    double least = LEAST_PIVOT * l[i * n + i], pivot = sl_dense_cholesky_row(l, n, i);
    l[i * n + i] = 1 / sqrt(pivot > least ? pivot : least);
  }
  *work += (uint64_t)n * n * n / 6;
  return SL_OK;
}

// ---- stages -------------------------------------------------------------------------------------

static bool is_coarsest(const sl_amg *amg) {
  const sl_amg_level *level = &amg->levels[amg->level_count - 1];
  return level->n <= amg->coarse_limit || amg->level_count == SL_AMG_MAX_LEVELS;
}

static sl_status after_level(sl_amg *amg) {
  sl_amg_level *level = &amg->levels[amg->level_count - 1];
  bool small = level->n <= amg->coarse_limit;
  SL_TRY(invert_diagonal(level));
  if (amg->coarsen && !is_coarsest(amg)) {
    amg->stage = SL_AMG_STRENGTH;
    return begin_aggregation(amg);
  }
  amg->stage = amg->coarsen && small ? SL_AMG_FACTORISE : SL_AMG_DONE;
  return SL_OK;
}

// Without enough reduction the level stays the coarsest, smoothed instead of solved.
static sl_status after_aggregation(sl_amg *amg) {
  uint32_t n = amg->levels[amg->level_count - 1].n;
  if (amg->coarse_n > 0 && amg->coarse_n <= LEAST_COARSENING * n) {
    amg->stage = SL_AMG_PROLONGATE;
    return begin_prolongation(amg);
  }
  free_scratch(amg);
  amg->stage = SL_AMG_DONE;
  return SL_OK;
}

typedef sl_status row_function(sl_amg *amg, uint32_t begin, uint32_t end, uint64_t *work);

// The next rows of a stage; the last ones lead to the next stage.
static sl_status run_rows(sl_amg *amg, uint32_t rows, row_function *run, uint64_t *work) {
  uint32_t end = rows - amg->cursor > BLOCK_ROWS ? amg->cursor + BLOCK_ROWS : rows;
  SL_TRY(run(amg, amg->cursor, end, work));
  amg->cursor = end < rows ? end : 0;
  if (end == rows) amg->stage++;
  return SL_OK;
}

// What begins with a stage that the last piece has led to.
static sl_status enter_stage(sl_amg *amg) {
  switch (amg->stage) {
  case SL_AMG_STRENGTH:
    return after_level(amg);
  case SL_AMG_PROLONGATE:
    return after_aggregation(amg);
  case SL_AMG_TRANSPOSE:
    return finish_prolongation(amg);
  case SL_AMG_MULTIPLY:
    return begin_multiply(amg);
  case SL_AMG_GALERKIN:
    return begin_galerkin(amg);
  case SL_AMG_FINISH_LEVEL:
    SL_TRY(finish_level(amg));
    return after_level(amg);
  default:
    return SL_OK;
  }
}

static sl_status run_stage(sl_amg *amg, uint64_t *work) {
  uint32_t n = amg->levels[amg->level_count - 1].n;
  switch (amg->stage) {
  case SL_AMG_COPY:
    return run_rows(amg, n, copy_rows, work);
  case SL_AMG_STRENGTH:
    return run_rows(amg, n, find_strongest, work);
  case SL_AMG_ROOTS:
    return run_rows(amg, n, take_whole_neighbourhoods, work);
  case SL_AMG_JOIN:
    return run_rows(amg, n, join_neighbours, work);
  case SL_AMG_GATHER:
    return run_rows(amg, n, gather_the_rest, work);
  case SL_AMG_PROLONGATE:
    return run_rows(amg, n, prolongate_rows, work);
  case SL_AMG_TRANSPOSE:
    return run_rows(amg, n, transpose_rows, work);
  case SL_AMG_MULTIPLY:
    return run_rows(amg, n, multiply_rows, work);
  default:
    return run_rows(amg, amg->coarse_n, galerkin_rows, work);
  }
}

sl_status sl_amg_build(sl_amg *amg, bool *done, uint64_t *work) {
  if (amg->stage == SL_AMG_ORDER) {
    if (amg->ordering.order == NULL || sl_ordering_step(&amg->ordering, 4 * BLOCK_ROWS, work)) {
      SL_TRY(begin_copy(amg));
      amg->stage = SL_AMG_COPY;
    }
  } else if (amg->stage == SL_AMG_FACTORISE) {
    SL_TRY(factorise(amg, work));
    amg->stage = SL_AMG_DONE;
  } else if (amg->stage != SL_AMG_DONE) {
    sl_amg_stage before = amg->stage;
    SL_TRY(run_stage(amg, work));
    if (amg->stage != before) SL_TRY(enter_stage(amg));
  }
  *done = amg->stage == SL_AMG_DONE;
  return SL_OK;
}
