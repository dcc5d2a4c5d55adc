// Saving and loading bandits.
//
// A file may come from anywhere: sizes, numbers of arms and ids are those that a bandit can have,
// diagonals are positive and all numbers finite, so that every function can be called. That its
// weights were learned from rewards cannot be seen from the file.
#include <math.h>
#include <string.h>

#include "bandit/file.h"
#include "bandit/state.h"
#include "base/memory.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_ARMS SL_TAG('A', 'R', 'M', 'S')
#define TAG_FACTORS SL_TAG('F', 'A', 'C', 'T')
#define TAG_COMMON SL_TAG('C', 'O', 'M', 'M')
#define TAG_WAITING SL_TAG('W', 'A', 'I', 'T')
#define TAG_WAITING_ROWS SL_TAG('W', 'R', 'O', 'W')
#define TAG_LAST SL_TAG('L', 'A', 'S', 'T')
#define TAG_LAST_ROWS SL_TAG('L', 'R', 'O', 'W')
#define TAG_LABELS SL_TAG('L', 'A', 'B', 'L')

// Section `META`, as it stands in the file.
typedef struct meta {
  double exploration, ridge, prior_mean, noise, successes, failures, decay;
  uint64_t seed;
  double choices, rewards, scale;
  uint64_t rng[4], sampling[4];
  uint32_t policy, dimension, shared, window, pending, samples;
  uint32_t slots, pending_capacity, window_capacity, window_first, window_count, reserved;
} meta;

// Everything is copied: a bandit goes on while its file is written, and its blocks move.
static void add_ring(sl_writer *writer, uint32_t tag, uint32_t rows, const sl_bandit_ring *ring) {
  sl_writer_add_copy(writer, tag, ring->events, ring->capacity * sizeof *ring->events);
  sl_writer_add_copy(writer, rows, ring->contexts,
                     (size_t)ring->capacity * ring->row * sizeof(double));
}

// The factors of all arms there are, one after another.
static sl_status copy_factors(const sl_bandit *b, double **out, size_t *bytes) {
  const size_t size =
      sl_bandit_is_linear(b) ? sl_regression_size(b->options.dimension, b->options.shared) : 0;
  *bytes = b->alive * size * sizeof **out;
  SL_TRY(SL_ALLOC(out, b->alive * size));
  double *to = *out;
  for (uint32_t i = 0; i < b->slots && size > 0; i++) {
    if (!b->arms[i].alive) continue;
    memcpy(to, b->blocks[i], size * sizeof *to);
    to += size;
  }
  return SL_OK;
}

sl_status sl_bandit_save(const sl_bandit *b, const void *labels, size_t bytes, sl_writer **out) {
  double *factors;
  size_t factor_bytes;
  *out = NULL;
  SL_TRY(copy_factors(b, &factors, &factor_bytes));
  const sl_status status = sl_writer_create(SL_FILE_BANDIT, out);
  if (status != SL_OK) {
    sl_free(factors);
    return status;
  }
  const sl_bandit_options *o = &b->options;
  meta m = {
      .exploration = o->exploration,
      .ridge = o->ridge,
      .prior_mean = o->prior_mean,
      .noise = o->noise,
      .successes = o->successes,
      .failures = o->failures,
      .decay = o->decay,
      .seed = o->seed,
      .choices = b->choices,
      .rewards = b->rewards,
      .scale = b->scale,
      .policy = (uint32_t)o->policy,
      .dimension = o->dimension,
      .shared = o->shared,
      .window = o->window,
      .pending = o->pending,
      .samples = o->samples,
      .slots = b->slots,
      .pending_capacity = b->pending.capacity,
      .window_capacity = b->window.capacity,
      .window_first = b->window_first,
      .window_count = b->window_count,
  };
  memcpy(m.rng, b->rng.state, sizeof m.rng);
  memcpy(m.sampling, b->sampling.state, sizeof m.sampling);
  sl_writer *w = *out;
  sl_writer_add_copy(w, TAG_META, &m, sizeof m);
  sl_writer_add_copy(w, TAG_ARMS, b->arms, b->slots * sizeof *b->arms);
  sl_writer_add_copy(w, TAG_FACTORS, factors, factor_bytes);
  sl_free(factors);
  sl_writer_add_copy(w, TAG_COMMON, b->common,
                     o->shared > 0 ? sl_regression_size(o->shared, 0) * sizeof(double) : 0);
  add_ring(w, TAG_WAITING, TAG_WAITING_ROWS, &b->pending);
  add_ring(w, TAG_LAST, TAG_LAST_ROWS, &b->window);
  sl_writer_add_copy(w, TAG_LABELS, labels, bytes);
  return SL_OK;
}

// ---- loading ------------------------------------------------------------------------------------

static bool bounded(const double *x, size_t n, double most) {
  for (size_t i = 0; i < n; i++)
    if (!(fabs(x[i]) <= most)) return false;
  return true;
}

static bool whole(double x) { return x >= 0 && x <= 0x1p53 && x == floor(x); }

static bool factor_is_right(sl_regression f) {
  // Larger than what rewards and contexts of the largest size lead to.
  if (!bounded(f.l, sl_regression_size(f.d, f.k), 0x1p900)) return false;
  for (uint32_t j = 0; j < f.d; j++)
    if (!(f.pivot[j] >= 0x1p-100) || f.inverse[j] != 1 / f.pivot[j]) return false;
  return true;
}

static bool meta_is_right(const meta *m) {
  uint64_t rng = 0, sampling = 0;
  for (int i = 0; i < 4; i++) {
    rng |= m->rng[i];
    sampling |= m->sampling[i];
  }
  if (rng == 0 || sampling == 0 || m->reserved != 0) return false;
  if (!whole(m->choices) || !whole(m->rewards) || m->slots > SL_BANDIT_MOST_ARMS) return false;
  if (!(m->scale >= 0.5 && m->scale <= 1) || (m->decay == 1 && m->scale != 1)) return false;
  if (m->pending_capacity > m->pending || (m->choices > 0 && m->pending_capacity == 0))
    return false;
  if (m->window_capacity > m->window || m->window_count > m->window_capacity) return false;
  // The window begins to move when it is as large as it may be.
  return m->window_first == 0 || (m->window_first < m->window_capacity &&
                                  m->window_count == m->window && m->window_capacity == m->window);
}

static bool arm_is_right(const sl_bandit *b, const sl_bandit_arm *arm) {
  const double most = 0x1p53;
  if (arm->alive > 1 || !(arm->count >= 0 && arm->count <= most)) return false;
  if (arm->alive && arm->serial == 0) return false;
  if (!sl_bandit_is_binary(b)) return fabs(arm->sum) <= 0x1p460;
  return arm->sum >= -1e-6 * (1 + arm->count) && arm->sum <= arm->count + 1e-6 * (1 + arm->count);
}

static sl_status take_arms(sl_bandit *b, sl_reader *reader, uint32_t slots) {
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  if (section.tag != TAG_ARMS || section.bytes != slots * sizeof *b->arms)
    return sl_reader_bad(reader, "an entry for each arm");
  SL_TRY(sl_bandit_grow(b, slots));
  SL_TRY(sl_reader_copy(reader, TAG_ARMS, b->arms, slots * sizeof *b->arms));
  b->slots = slots;
  for (uint32_t i = 0; i < slots; i++) {
    if (!arm_is_right(b, &b->arms[i]))
      return sl_reader_bad(reader, "counts and sums that rewards can have");
    b->alive += b->arms[i].alive;
  }
  return SL_OK;
}

static sl_status take_factors(sl_bandit *b, sl_reader *reader) {
  const uint32_t d = b->options.dimension, k = b->options.shared;
  const size_t size = d > 0 ? sl_regression_size(d, k) : 0;
  double *all = NULL;
  SL_TRY(
      sl_reader_take(reader, TAG_FACTORS, (uint64_t)b->alive * size * sizeof *all, (void **)&all));
  const double *from = all;
  sl_status status = SL_OK;
  for (uint32_t i = 0; i < b->slots && size > 0 && status == SL_OK; i++) {
    if (!b->arms[i].alive) continue;
    status = SL_ALLOC(&b->blocks[i], size);
    if (status != SL_OK) break;
    memcpy(b->blocks[i], from, size * sizeof *from);
    from += size;
    if (!factor_is_right(sl_bandit_model(b, i)))
      status = sl_reader_bad(reader, "factors with positive pivots");
  }
  sl_free(all);
  return status;
}

static sl_status take_common(sl_bandit *b, sl_reader *reader) {
  const uint32_t k = b->options.shared;
  const size_t bytes = k > 0 ? sl_regression_size(k, 0) * sizeof(double) : 0;
  uint8_t nothing;
  if (k == 0) return sl_reader_copy(reader, TAG_COMMON, &nothing, 0);
  SL_TRY(sl_reader_copy(reader, TAG_COMMON, b->common, bytes));
  return factor_is_right(sl_bandit_common(b))
             ? SL_OK
             : sl_reader_bad(reader, "factors with positive pivots");
}

static bool waiting_is_right(const sl_bandit *b, uint32_t i) {
  const sl_bandit_event *e = &b->pending.events[i];
  if (!whole(e->id) || e->id > b->choices || e->done > 1 || e->reserved != 0 || e->reward != 0)
    return false;
  return e->id == 0 || (uint64_t)e->id % b->pending.capacity == i;
}

static bool last_is_right(const sl_bandit *b, uint32_t i) {
  const sl_bandit_event *e = &b->window.events[i];
  if (e->id != 0 || e->done != 0 || e->reserved != 0) return false;
  return sl_bandit_is_binary(b) ? e->reward >= 0 && e->reward <= 1
                                : fabs(e->reward) <= SL_BANDIT_LARGEST;
}

static sl_status take_ring(sl_bandit *b, sl_reader *reader, uint32_t tag, uint32_t rows,
                           sl_bandit_ring *ring, uint32_t capacity,
                           bool (*right)(const sl_bandit *, uint32_t)) {
  SL_TRY(sl_reader_take(reader, tag, (uint64_t)capacity * sizeof *ring->events,
                        (void **)&ring->events));
  const uint64_t numbers = (uint64_t)capacity * ring->row;
  SL_TRY(sl_reader_take(reader, rows, numbers * sizeof *ring->contexts, (void **)&ring->contexts));
  ring->capacity = capacity;
  for (uint32_t i = 0; i < capacity; i++)
    if (!right(b, i)) return sl_reader_bad(reader, "ids and rewards that choices can have");
  if (!bounded(ring->contexts, numbers, SL_BANDIT_LARGEST))
    return sl_reader_bad(reader, "finite numbers up to 2^400 in size");
  return SL_OK;
}

static sl_status read_state(sl_bandit *b, sl_reader *reader, const meta *m) {
  b->choices = m->choices;
  b->rewards = m->rewards;
  b->scale = m->scale;
  memcpy(b->rng.state, m->rng, sizeof m->rng);
  memcpy(b->sampling.state, m->sampling, sizeof m->sampling);
  SL_TRY(take_arms(b, reader, m->slots));
  SL_TRY(take_factors(b, reader));
  SL_TRY(take_common(b, reader));
  SL_TRY(take_ring(b, reader, TAG_WAITING, TAG_WAITING_ROWS, &b->pending, m->pending_capacity,
                   waiting_is_right));
  SL_TRY(
      take_ring(b, reader, TAG_LAST, TAG_LAST_ROWS, &b->window, m->window_capacity, last_is_right));
  b->window_first = m->window_first;
  b->window_count = m->window_count;
  sl_section labels;
  SL_TRY(sl_reader_section(reader, &labels));
  SL_TRY(sl_reader_take(reader, TAG_LABELS, labels.bytes, &b->labels));
  b->labels_bytes = labels.bytes;
  return sl_reader_close(reader);
}

sl_status sl_bandit_load(sl_reader *reader, sl_bandit **out) {
  *out = NULL;
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const sl_bandit_options options = {
      .policy = (sl_bandit_policy)m.policy,
      .dimension = m.dimension,
      .shared = m.shared,
      .exploration = m.exploration,
      .ridge = m.ridge,
      .prior_mean = m.prior_mean,
      .noise = m.noise,
      .successes = m.successes,
      .failures = m.failures,
      .decay = m.decay,
      .window = m.window,
      .pending = m.pending,
      .samples = m.samples,
      .seed = m.seed,
  };
  if (sl_bandit_options_check(&options) != SL_OK || !meta_is_right(&m))
    return sl_reader_bad(reader, "options that a bandit can have");
  sl_bandit *b;
  SL_TRY(sl_bandit_create(&options, &b));
  const sl_status status = read_state(b, reader, &m);
  if (status != SL_OK) {
    sl_bandit_destroy(b);
    return status;
  }
  *out = b;
  return SL_OK;
}
