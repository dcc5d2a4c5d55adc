// The memory of replay.
#include "continual/replay.h"

#include <string.h>

#include "base/memory.h"

sl_status sl_replay_create(uint32_t inputs, uint32_t outputs, bool by_label, bool per_class,
                           uint32_t quota, sl_replay *out) {
  *out = (sl_replay){.inputs = inputs,
                     .outputs = outputs,
                     .by_label = by_label,
                     .per_class = per_class,
                     .quota = quota};
  const uint64_t room = (uint64_t)quota * (per_class ? outputs : 1);
  const uint64_t row = (uint64_t)inputs + (by_label ? 1 : outputs);
  SL_REQUIRE(room * row <= 1u << 28, SL_ERR_OVERFLOW, "replay",
             "fewer examples: at most 2^28 numbers");
  out->room = (uint32_t)room;
  const uint32_t counters = sl_replay_counters(out);
  SL_TRY(SL_ALLOC_ZERO(&out->offered, counters));
  return SL_ALLOC_ZERO(&out->held, counters);
}

sl_status sl_replay_reserve(sl_replay *m, uint32_t more) {
  const uint64_t wanted = (uint64_t)m->count + more;
  const uint32_t places = wanted < m->room ? (uint32_t)wanted : m->room;
  if (places <= m->places) return SL_OK;
  SL_TRY(SL_REALLOC(&m->vectors, (size_t)places * m->inputs));
  SL_TRY(SL_REALLOC(&m->born, (size_t)places));
  if (m->by_label)
    SL_TRY(SL_REALLOC(&m->labels, (size_t)places));
  else
    SL_TRY(SL_REALLOC(&m->values, (size_t)places * m->outputs));
  m->places = places;
  return SL_OK;
}

void sl_replay_free(sl_replay *memory) {
  sl_free(memory->vectors);
  sl_free(memory->labels);
  sl_free(memory->values);
  sl_free(memory->born);
  sl_free(memory->offered);
  sl_free(memory->held);
  memset(memory, 0, sizeof *memory);
}

static void put(sl_replay *m, uint32_t place, const float *vector, uint32_t label,
                const float *values, uint64_t born) {
  memcpy(m->vectors + (size_t)place * m->inputs, vector, m->inputs * sizeof *vector);
  m->born[place] = born;
  if (m->by_label) {
    m->labels[place] = label;
  } else {
    memcpy(m->values + (size_t)place * m->outputs, values, m->outputs * sizeof *values);
  }
}

// Uniform below n, which may be more than 32 bits.
static uint64_t below(sl_rng *rng, uint64_t n) {
  if (n <= UINT32_MAX) return sl_rng_below(rng, (uint32_t)n);
  return sl_rng_next(rng) % n; // a bias of less than 2^-20 as long as fewer than 2^44 came
}

// The place of number `i` of a class.
static uint32_t place_of(const sl_replay *m, uint32_t label, uint32_t i) {
  uint32_t place = 0;
  for (;; place++)
    if (m->labels[place] == label && i-- == 0) return place;
}

void sl_replay_offer(sl_replay *m, sl_rng *rng, const float *vector, uint32_t label,
                     const float *values, uint64_t born) {
  const uint32_t own = m->by_label ? label : 0;
  m->offered[own]++;
  if (m->quota == 0) return;
  uint64_t came = m->offered[own];
  uint32_t held = m->held[own];
  if (!m->per_class) {
    held = m->count;
    if (m->by_label) {
      came = 0;
      for (uint32_t k = 0; k < m->outputs; k++) came += m->offered[k];
    }
  }
  uint32_t place;
  // Fewer than the quota although more came: others were forgotten.
  if (held < m->quota) {
    place = m->count++;
  } else {
    const uint64_t at = below(rng, came);
    if (at >= m->quota) return;
    place = m->per_class ? place_of(m, label, (uint32_t)at) : (uint32_t)at;
    if (m->by_label)
      m->held[m->labels[place]]--;
    else
      m->held[0]--;
  }
  m->held[own]++;
  put(m, place, vector, label, values, born);
}

void sl_replay_forget(sl_replay *m, uint64_t calls, const uint64_t *offered) {
  uint32_t kept = 0;
  const uint32_t counters = sl_replay_counters(m);
  memset(m->held, 0, counters * sizeof *m->held);
  for (uint32_t i = 0; i < m->count; i++) {
    if (m->born[i] > calls) continue;
    const uint32_t label = m->by_label ? m->labels[i] : 0;
    if (kept < i)
      put(m, kept, m->vectors + (size_t)i * m->inputs, label,
          m->by_label ? NULL : m->values + (size_t)i * m->outputs, m->born[i]);
    m->held[label]++;
    kept++;
  }
  m->count = kept;
  memcpy(m->offered, offered, counters * sizeof *offered);
}

void sl_replay_draw(const sl_replay *m, sl_rng *rng, uint32_t rows, uint32_t *out) {
  for (uint32_t i = 0; i < rows; i++) out[i] = sl_rng_below(rng, m->count);
}
