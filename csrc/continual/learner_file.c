// Saving and loading learners.
//
// A file may come from anywhere: sizes are those that a learner can have and all numbers finite, so
// that every function can be called. That they were learned cannot be seen from the file.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "continual/file.h"
#include "continual/object.h"
#include "simd/kernels.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_PARAMETERS SL_TAG('P', 'A', 'R', 'A')
#define TAG_MOMENTS SL_TAG('M', 'O', 'M', 'E')
#define TAG_ANCHOR SL_TAG('A', 'N', 'C', 'H')
#define TAG_COUNTS SL_TAG('C', 'O', 'U', 'N')
#define TAG_VECTORS SL_TAG('V', 'E', 'C', 'T')
#define TAG_ANSWERS SL_TAG('A', 'N', 'S', 'W')
#define TAG_BORN SL_TAG('B', 'O', 'R', 'N')
#define TAG_CHECKPOINT SL_TAG('C', 'H', 'K', 'P')
#define TAG_LABELS SL_TAG('L', 'A', 'B', 'L')

// Section `META`, as it stands in the file.
typedef struct meta {
  double learning_rate, momentum, weight_decay, clip, replay_weight, ewc, ewc_decay, distillation,
      temperature, power1, power2;
  uint64_t rng[4], steps, updates, examples, calls;
  uint32_t inputs, outputs, hidden[4], hidden_layers, activation, loss, optimizer, replay,
      per_class, replay_rows, balanced, checkpoints, seed;
  uint32_t remembered, consolidated, kept, checkpoint_ids;
} meta;

// Section `CHKP` before its parameters and counts.
typedef struct checkpoint_head {
  double loss;
  uint64_t examples, calls;
  uint32_t id, reserved;
} checkpoint_head;

static const void *moments(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  (void)tag;
  const sl_learner *l = source;
  *bytes = l->net.parameters * sizeof(float);
  return i == 0 ? l->optimizer.first : l->optimizer.second;
}
static const void *anchor(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  (void)tag;
  const sl_learner *l = source;
  *bytes = l->net.parameters * sizeof(float);
  if (i < 2) return i == 0 ? l->fisher : l->anchor;
  *bytes = l->options.outputs;
  return l->known;
}

sl_status sl_learner_save(const sl_learner *l, const void *labels, size_t bytes, sl_writer **out) {
  *out = NULL;
  SL_TRY(sl_learner_require_idle(l));
  SL_TRY(sl_writer_create(SL_FILE_LEARNER, out));
  const sl_learner_options *o = &l->options;
  const sl_replay *m = &l->memory;
  meta head;
  memset(&head, 0, sizeof head);
  head.learning_rate = o->learning_rate;
  head.momentum = o->momentum;
  head.weight_decay = o->weight_decay;
  head.clip = o->clip;
  head.replay_weight = o->replay_weight;
  head.ewc = o->ewc;
  head.ewc_decay = o->ewc_decay;
  head.distillation = o->distillation;
  head.temperature = o->temperature;
  head.power1 = l->optimizer.power1;
  head.power2 = l->optimizer.power2;
  memcpy(head.rng, l->rng.state, sizeof head.rng);
  head.steps = l->optimizer.steps;
  head.updates = l->updates;
  head.examples = l->examples;
  head.calls = l->calls;
  head.inputs = o->inputs;
  head.outputs = o->outputs;
  memcpy(head.hidden, l->hidden, o->hidden_layers * sizeof *head.hidden);
  head.hidden_layers = o->hidden_layers;
  head.activation = o->activation;
  head.loss = o->loss;
  head.optimizer = o->optimizer;
  head.replay = o->replay;
  head.per_class = o->per_class;
  head.replay_rows = o->replay_rows;
  head.balanced = o->balanced;
  head.checkpoints = o->checkpoints;
  head.seed = o->seed;
  head.remembered = m->count;
  head.consolidated = l->consolidated;
  head.kept = l->kept_count;
  head.checkpoint_ids = l->checkpoint_ids;
  sl_writer *w = *out;
  const uint32_t counters = sl_replay_counters(m);
  sl_writer_add_copy(w, TAG_META, &head, sizeof head);
  sl_writer_add(w, TAG_PARAMETERS, l->parameters, l->net.parameters * sizeof(float));
  sl_writer_add_pieces(w, TAG_MOMENTS, l, sl_optimizer_slots(&l->optimizer.options), moments);
  sl_writer_add_pieces(w, TAG_ANCHOR, l, l->consolidated > 0 ? 3 : 0, anchor);
  sl_writer_add(w, TAG_COUNTS, m->offered, counters * sizeof *m->offered);
  sl_writer_add(w, TAG_VECTORS, m->vectors, (size_t)m->count * m->inputs * sizeof(float));
  if (m->by_label) {
    sl_writer_add(w, TAG_ANSWERS, m->labels, m->count * sizeof *m->labels);
  } else {
    sl_writer_add(w, TAG_ANSWERS, m->values, (size_t)m->count * m->outputs * sizeof(float));
  }
  sl_writer_add(w, TAG_BORN, m->born, m->count * sizeof *m->born);
  for (uint32_t i = 0; i < l->kept_count; i++) {
    const sl_kept *kept = &l->kept[i];
    const checkpoint_head of = {.loss = kept->facts.loss,
                                .examples = (uint64_t)kept->facts.examples,
                                .calls = kept->calls,
                                .id = kept->facts.id};
    sl_writer_add_copy(w, TAG_CHECKPOINT, &of, sizeof of);
    sl_writer_add(w, TAG_PARAMETERS, kept->parameters, l->net.parameters * sizeof(float));
    sl_writer_add(w, TAG_COUNTS, kept->offered, counters * sizeof *kept->offered);
  }
  sl_writer_add_copy(w, TAG_LABELS, labels, bytes);
  return SL_OK;
}

// ---- loading ------------------------------------------------------------------------------------

static sl_status take_numbers(sl_reader *reader, uint32_t tag, uint64_t count, float *to) {
  void *block;
  SL_TRY(sl_reader_take(reader, tag, count * sizeof(float), &block));
  if (count > 0) memcpy(to, block, (size_t)count * sizeof(float)); // else there may be no array
  sl_free(block);
  if (sl_first_not_finite_f32(to, (size_t)count) < count)
    return sl_reader_bad(reader, "finite numbers");
  return SL_OK;
}

static sl_status take_moments(sl_learner *l, sl_reader *reader) {
  const uint32_t n = l->net.parameters, slots = sl_optimizer_slots(&l->optimizer.options);
  float *block;
  SL_TRY(sl_reader_take(reader, TAG_MOMENTS, (uint64_t)slots * n * sizeof(float), (void **)&block));
  bool right = sl_first_not_finite_f32(block, (size_t)slots * n) == (size_t)slots * n;
  if (slots > 0) memcpy(l->optimizer.first, block, n * sizeof(float));
  if (slots > 1) memcpy(l->optimizer.second, block + n, n * sizeof(float));
  for (uint32_t i = 0; slots > 1 && i < n; i++) right = right && l->optimizer.second[i] >= 0;
  sl_free(block);
  return right ? SL_OK : sl_reader_bad(reader, "finite moments");
}

static sl_status take_anchor(sl_learner *l, sl_reader *reader) {
  const uint32_t n = l->net.parameters, outputs = l->options.outputs;
  const bool has = l->consolidated > 0;
  uint8_t *block;
  if (has) SL_TRY(sl_learner_allocate_anchor(l));
  SL_TRY(sl_reader_take(reader, TAG_ANCHOR, has ? 8 * (uint64_t)n + outputs : 0, (void **)&block));
  bool right = true;
  if (has) {
    memcpy(l->fisher, block, 4 * (size_t)n);
    memcpy(l->anchor, block + 4 * (size_t)n, 4 * (size_t)n);
    memcpy(l->known, block + 8 * (size_t)n, outputs);
    right =
        sl_first_not_finite_f32(l->fisher, n) == n && sl_first_not_finite_f32(l->anchor, n) == n;
    for (uint32_t i = 0; i < n; i++) right = right && l->fisher[i] >= 0;
    bool some = false;
    for (uint32_t k = 0; k < outputs; k++) {
      right = right && l->known[k] <= 1;
      some = some || l->known[k];
    }
    right = right && some;
  }
  sl_free(block);
  return right ? SL_OK : sl_reader_bad(reader, "a finite anchor");
}

// Counts of examples that came; those that a memory can have.
static sl_status take_counts(const sl_learner *l, sl_reader *reader, uint64_t *to) {
  const uint32_t counters = sl_replay_counters(&l->memory);
  SL_TRY(sl_reader_copy(reader, TAG_COUNTS, to, counters * sizeof *to));
  for (uint32_t k = 0; k < counters; k++)
    if (to[k] > UINT64_C(1) << 44) return sl_reader_bad(reader, "fewer than 2^44 examples");
  return SL_OK;
}

static sl_status take_memory(sl_learner *l, sl_reader *reader, uint32_t count) {
  sl_replay *m = &l->memory;
  if (count > m->room) return sl_reader_bad(reader, "no more examples than there is room for");
  SL_TRY(take_counts(l, reader, m->offered));
  // The bytes have come: a forged count takes no memory.
  sl_section next;
  SL_TRY(sl_reader_section(reader, &next));
  if (next.bytes != (uint64_t)count * m->inputs * sizeof(float))
    return sl_reader_bad(reader, "as many examples as are said");
  SL_TRY(sl_replay_reserve(m, count));
  SL_TRY(take_numbers(reader, TAG_VECTORS, (uint64_t)count * m->inputs, m->vectors));
  for (uint64_t i = 0; i < (uint64_t)count * m->inputs; i++)
    if (!(fabsf(m->vectors[i]) <= SL_LEARNER_LARGEST))
      return sl_reader_bad(reader, "examples of at most 10^6");
  if (!m->by_label) {
    SL_TRY(take_numbers(reader, TAG_ANSWERS, (uint64_t)count * m->outputs, m->values));
    m->held[0] = count;
    if (m->offered[0] < count) return sl_reader_bad(reader, "examples that came");
  } else {
    uint32_t *labels;
    SL_TRY(sl_reader_take(reader, TAG_ANSWERS, 4 * (uint64_t)count, (void **)&labels));
    bool right = true;
    for (uint32_t i = 0; i < count && right; i++) {
      right = labels[i] < m->outputs;
      if (!right) break;
      m->labels[i] = labels[i];
      m->held[labels[i]]++;
    }
    for (uint32_t k = 0; k < m->outputs; k++)
      right = right && m->held[k] <= m->offered[k] && !(m->per_class && m->held[k] > m->quota);
    sl_free(labels);
    if (!right) return sl_reader_bad(reader, "labels of examples that came");
  }
  uint64_t *born;
  SL_TRY(sl_reader_take(reader, TAG_BORN, 8 * (uint64_t)count, (void **)&born));
  bool right = true;
  for (uint32_t i = 0; i < count; i++) {
    right = right && born[i] <= l->calls;
    m->born[i] = born[i];
  }
  sl_free(born);
  m->count = count;
  return right ? SL_OK : sl_reader_bad(reader, "examples of calls that were made");
}

static sl_status take_checkpoint(sl_learner *l, sl_reader *reader) {
  checkpoint_head head;
  SL_TRY(sl_reader_copy(reader, TAG_CHECKPOINT, &head, sizeof head));
  const uint32_t after = l->kept_count == 0 ? 0 : l->kept[l->kept_count - 1].facts.id;
  if (!isfinite(head.loss) || head.calls > l->calls || head.id <= after ||
      head.id > l->checkpoint_ids || head.reserved != 0 || head.examples > UINT64_C(1) << 53)
    return sl_reader_bad(reader, "checkpoints in their order");
  sl_kept *kept = &l->kept[l->kept_count];
  SL_TRY(sl_learner_allocate_kept(l, kept));
  l->kept_count++;
  kept->facts =
      (sl_learner_checkpoint){.id = head.id, .loss = head.loss, .examples = (double)head.examples};
  kept->calls = head.calls;
  SL_TRY(take_numbers(reader, TAG_PARAMETERS, l->net.parameters, kept->parameters));
  return take_counts(l, reader, kept->offered);
}

static sl_status read_state(sl_learner *l, sl_reader *reader, const meta *m) {
  SL_TRY(take_numbers(reader, TAG_PARAMETERS, l->net.parameters, l->parameters));
  SL_TRY(take_moments(l, reader));
  SL_TRY(take_anchor(l, reader));
  SL_TRY(take_memory(l, reader, m->remembered));
  for (uint32_t i = 0; i < m->kept; i++) SL_TRY(take_checkpoint(l, reader));
  sl_learner_see(l);
  sl_section labels;
  SL_TRY(sl_reader_section(reader, &labels));
  SL_TRY(sl_reader_take(reader, TAG_LABELS, labels.bytes, &l->labels));
  l->labels_bytes = labels.bytes;
  return sl_reader_close(reader);
}

// The bytes of a file say how much a learner takes: a forged head cannot force a large allocation,
// as its parameters must have come.
static bool meta_is_right(const meta *m, const sl_net *net, const sl_reader *reader) {
  sl_section next;
  if (sl_reader_section(reader, &next) != SL_OK || next.tag != TAG_PARAMETERS ||
      next.bytes != net->parameters * sizeof(float))
    return false;
  if (m->kept > m->checkpoints || m->hidden_layers > 4) return false;
  for (uint32_t i = m->hidden_layers; i < 4; i++)
    if (m->hidden[i] != 0) return false;
  if ((m->rng[0] | m->rng[1] | m->rng[2] | m->rng[3]) == 0) return false;
  const uint64_t most = UINT64_C(1) << 53;
  if (m->steps > most || m->updates > most || m->examples > most || m->calls > most) return false;
  return m->power1 >= 0 && m->power1 <= 1 && m->power2 >= 0 && m->power2 <= 1 &&
         (m->steps == 0 || m->optimizer == SL_LEARNER_SGD || (m->power1 < 1 && m->power2 < 1));
}

sl_status sl_learner_load(sl_reader *reader, sl_learner **out) {
  *out = NULL;
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const sl_learner_options o = {.inputs = m.inputs,
                                .outputs = m.outputs,
                                .hidden = m.hidden,
                                .hidden_layers = m.hidden_layers,
                                .activation = m.activation,
                                .loss = m.loss,
                                .optimizer = m.optimizer,
                                .learning_rate = m.learning_rate,
                                .momentum = m.momentum,
                                .weight_decay = m.weight_decay,
                                .clip = m.clip,
                                .replay = m.replay,
                                .per_class = m.per_class,
                                .replay_rows = m.replay_rows,
                                .replay_weight = m.replay_weight,
                                .balanced = m.balanced,
                                .ewc = m.ewc,
                                .ewc_decay = m.ewc_decay,
                                .distillation = m.distillation,
                                .temperature = m.temperature,
                                .checkpoints = m.checkpoints,
                                .seed = m.seed};
  sl_net net;
  if (sl_learner_options_check(&o) != SL_OK ||
      sl_net_shape(o.inputs, o.hidden, o.hidden_layers, o.outputs, o.activation, &net) != SL_OK ||
      !meta_is_right(&m, &net, reader))
    return sl_reader_bad(reader, "options that a learner can have");
  sl_learner *l;
  SL_TRY(SL_ALLOC_ZERO(&l, 1));
  l->calls = m.calls;
  l->updates = m.updates;
  l->examples = m.examples;
  l->consolidated = m.consolidated;
  l->checkpoint_ids = m.checkpoint_ids;
  memcpy(l->rng.state, m.rng, sizeof m.rng);
  sl_status status = sl_learner_allocate(l, &o);
  if (status == SL_ERR_OVERFLOW) status = sl_reader_bad(reader, "options that a learner can have");
  if (status == SL_OK) {
    l->optimizer.steps = m.steps;
    l->optimizer.power1 = m.power1;
    l->optimizer.power2 = m.power2;
    status = read_state(l, reader, &m);
  }
  if (status != SL_OK) {
    sl_learner_destroy(l);
    return status;
  }
  *out = l;
  return SL_OK;
}
