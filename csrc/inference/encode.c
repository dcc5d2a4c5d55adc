// Texts through the network, a group of texts at a time: the tokens of a group are rows of one
// matrix, so that a product reads each weight once for all of them. Only attention is done text by
// text.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "inference/model.h"
#include "inference/pooling.h"

#define NOINLINE __attribute__((noinline))

enum {
  // A group is closed when it has so many tokens, or texts.
  GROUP_TOKENS = 256,
  GROUP_TEXTS = 256,
  // Heads of a text are done together up to so many scores.
  MOST_SCORES = 1 << 18,
};
// Of the norms of networks that are no BERT.
static const double EPSILON = 1e-6;

static uint32_t used(const sl_encoder *e, uint32_t text) { return e->run.used[text]; }

// ---- begin --------------------------------------------------------------------------------------

static sl_status begin(sl_encoder *e, size_t size, const uint32_t *lengths, uint32_t count,
                       float *out, uint32_t *counts) {
  sl_job_drop(&e->job);
  SL_TRY(sl_encoder_ready(e));
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(lengths[i] < 1u << 31, SL_ERR_OVERFLOW, "texts", "texts of less than 2 GB", i);
    sum += lengths[i];
  }
  SL_REQUIRE(sum == (double)size, SL_ERR_SHAPE, "texts", "lengths that add up to what is given");
  if (e->run.lengths_room < 2 * (size_t)count) {
    sl_free(e->run.lengths);
    e->run.lengths = NULL;
    e->run.lengths_room = 0;
    SL_TRY(SL_ALLOC(&e->run.lengths, 2 * (size_t)count));
    e->run.lengths_room = 2 * (size_t)count;
  }
  e->run.used = count > 0 ? e->run.lengths + count : NULL;
  if (count > 0) memcpy(e->run.lengths, lengths, count * sizeof *lengths);
  e->run.texts = NULL;
  e->run.ids = NULL;
  e->run.count = count;
  e->run.out = out;
  e->run.counts = counts;
  e->run.at = 0;
  e->run.first = e->run.next = e->run.tokens = e->run.layer = 0;
  e->run.op = SL_OP_GATHER;
  e->run.cutting = e->run.multiplying = false;
  e->run.work = 0;
  sl_job_begin(&e->job);
  if (count == 0) sl_job_end(&e->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

sl_status sl_encoder_begin(sl_encoder *e, const uint8_t *texts, size_t text_bytes,
                           const uint32_t *lengths, uint32_t count, float *out, uint32_t *counts) {
  SL_TRY(begin(e, text_bytes, lengths, count, out, counts));
  e->run.texts = texts;
  return SL_OK;
}

static sl_status require_ids(const sl_encoder *e, const uint32_t *ids, size_t count) {
  const uint32_t pieces = sl_pieces_count(e->pieces);
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(ids[i] < pieces, SL_ERR_INDEX, "ids", "numbers of pieces", i);
  return SL_OK;
}

sl_status sl_encoder_begin_ids(sl_encoder *e, const uint32_t *ids, size_t id_count,
                               const uint32_t *lengths, uint32_t count, float *out,
                               uint32_t *counts) {
  sl_job_drop(&e->job);
  SL_TRY(require_ids(e, ids, id_count));
  SL_TRY(begin(e, id_count, lengths, count, out, counts));
  e->run.ids = ids;
  return SL_OK;
}

sl_status sl_encoder_tokens(sl_encoder *e, const uint8_t *text, size_t text_bytes, uint32_t most,
                            uint32_t *out, uint32_t *found) {
  sl_cutter *c = &e->single;
  SL_TRY(sl_cutter_begin(c, e->pieces, text, text_bytes, most));
  while (!c->done) SL_TRY(sl_cutter_step(c, UINT64_MAX));
  if (c->count > 0) memcpy(out, c->ids, c->count * sizeof *out);
  *found = c->count + (c->more ? 1 : 0);
  return SL_OK;
}

// ---- gathering ----------------------------------------------------------------------------------

static sl_status add_to_group(sl_encoder *e, const uint32_t *ids, uint32_t count, bool more) {
  const size_t wanted = (size_t)e->run.tokens + count;
  if (wanted > e->run.group_room) {
    const size_t room = wanted + wanted / 2;
    SL_REQUIRE(room < UINT32_MAX, SL_ERR_OVERFLOW, "texts", "fewer tokens");
    SL_TRY(SL_REALLOC(&e->run.group, room));
    e->run.group_room = (uint32_t)room;
  }
  if (count > 0) memcpy(e->run.group + e->run.tokens, ids, count * sizeof *ids);
  e->run.used[e->run.next] = count;
  e->run.counts[e->run.next] = more ? e->shape.most_tokens + 1 : count;
  e->run.tokens += count;
  e->run.at += e->run.lengths[e->run.next++];
  return SL_OK;
}

// Goes on cutting for `work` bytes; one text more where it ends.
static sl_status gather(sl_encoder *e, uint64_t work) {
  const uint32_t length = e->run.lengths[e->run.next], most = e->shape.most_tokens;
  if (e->run.ids != NULL) {
    const uint32_t *ids = e->run.ids + e->run.at, count = length < most ? length : most;
    SL_TRY(require_ids(e, ids, count));
    return add_to_group(e, ids, count, length > most);
  }
  sl_cutter *c = &e->cutter;
  if (!e->run.cutting)
    SL_TRY(sl_cutter_begin(c, e->pieces, e->run.texts + e->run.at, length, most));
  e->run.cutting = true;
  if (!c->done) SL_TRY(sl_cutter_step(c, work));
  if (!c->done) return SL_OK;
  e->run.cutting = false;
  return add_to_group(e, c->ids, c->count, c->more);
}

static bool group_is_full(const sl_encoder *e) {
  return e->run.next == e->run.count || e->run.tokens >= GROUP_TOKENS ||
         e->run.next - e->run.first >= GROUP_TEXTS;
}

// One row of the table, times nothing.
static NOINLINE void read_row(const sl_encoder *e, uint32_t id, float *out) {
  const uint32_t d = e->shape.dimension;
  const float *table = e->tensors[0].numbers;
  if (e->shape.precision == SL_PRECISION_F32) {
    memcpy(out, table + (size_t)id * d, d * sizeof *out);
    return;
  }
  const float scale = table[id];
  const int8_t *codes = (const int8_t *)(table + sl_pieces_count(e->pieces)) + (size_t)id * d;
  for (uint32_t j = 0; j < d; j++) out[j] = (float)codes[j] * scale;
}

// Divided by its length, or by 1e-6 where that is more.
static NOINLINE void normalize(float *row, uint32_t n, float *out) {
  double sum = 0;
  for (uint32_t j = 0; j < n; j++) sum += (double)row[j] * (double)row[j];
  const double inverse = 1 / sqrt(sum < 1e-12 ? 1e-12 : sum);
  for (uint32_t j = 0; j < n; j++) out[j] = (float)((double)row[j] * inverse);
}

// Heads of a text of so many tokens that are done together.
static uint32_t heads_together(const sl_encoder *e, size_t tokens) {
  const size_t fit = MOST_SCORES / (tokens * tokens + 1);
  return fit < 1 ? 1 : fit < e->shape.heads ? (uint32_t)fit : e->shape.heads;
}

static sl_status place_arrays(sl_encoder *e, size_t most) {
  const sl_encoder_shape *s = &e->shape;
  const size_t tokens = e->run.tokens, texts = e->run.next - e->run.first;
  const size_t wide = s->dimension < s->width ? s->width : s->dimension;
  const size_t full = s->hidden < 3 * wide ? 3 * wide : s->hidden;
  // Enough for any text: the longest one's, or as many as are done together of shorter ones.
  const size_t all = s->heads * most * most, one = most * most;
  const size_t together = one < MOST_SCORES ? MOST_SCORES : one;
  const size_t scores = (all < together ? all : together) + most * wide;
  const size_t wanted = tokens * (3 * wide + full) + scores + texts * s->width;
  if (wanted > e->run.block_room) {
    sl_free(e->run.block);
    e->run.block = NULL;
    e->run.block_room = 0;
    SL_TRY(SL_ALLOC(&e->run.block, wanted));
    e->run.block_room = wanted;
  }
  e->run.x = e->run.block;
  e->run.y = e->run.x + tokens * wide;
  e->run.h = e->run.y + tokens * wide;
  e->run.f = e->run.h + tokens * wide;
  e->run.scores = e->run.f + tokens * full;
  e->run.mean = e->run.scores + scores;
  return SL_OK;
}

// Without layers: sums of rows, of length 1.
static void add_up(sl_encoder *e) {
  const uint32_t d = e->shape.dimension;
  const uint32_t *ids = e->run.group;
  float *row = e->run.x, *sum = e->run.y;
  for (uint32_t t = e->run.first; t < e->run.next; t++) {
    memset(sum, 0, d * sizeof *sum);
    for (uint32_t i = 0; i < used(e, t); i++) {
      read_row(e, *ids++, row);
      sl_add_row(sum, row, d);
    }
    normalize(sum, d, e->run.out + (size_t)t * d);
  }
  e->run.work += (uint64_t)e->run.tokens * d + 1;
}

static void next_group(sl_encoder *e) {
  e->run.first = e->run.next;
  e->run.tokens = 0;
  e->run.layer = 0;
  e->run.op = SL_OP_GATHER;
  if (e->run.first == e->run.count) sl_job_end(&e->job, SL_OUTCOME_CONVERGED);
}

static sl_status start_group(sl_encoder *e) {
  const uint32_t d = e->shape.dimension;
  if (e->shape.layers == 0) {
    const uint32_t tokens = e->run.tokens;
    e->run.tokens = 1; // one row is looked at at a time
    const sl_status status = place_arrays(e, 0);
    e->run.tokens = tokens;
    SL_TRY(status);
    add_up(e);
    next_group(e);
    return SL_OK;
  }
  uint32_t most = 0;
  for (uint32_t t = e->run.first; t < e->run.next; t++)
    most = most < used(e, t) ? used(e, t) : most;
  SL_TRY(place_arrays(e, most));
  float *x = e->run.x;
  const uint32_t *ids = e->run.group;
  for (uint32_t t = e->run.first; t < e->run.next; t++)
    for (uint32_t i = 0; i < used(e, t); i++, x += d) {
      read_row(e, *ids++, x);
      sl_add_row(x, e->timing + (size_t)i * d, d);
    }
  if (sl_encoder_is_bert(e))
    SL_TRY(sl_layer_norm(e->run.x, e->run.tokens, d, e->tensors[2].numbers, e->tensors[3].numbers,
                         e->shape.epsilon));
  e->run.op = e->run.tokens > 0 ? SL_OP_NORM_1 : SL_OP_MEAN;
  return SL_OK;
}

// ---- the network --------------------------------------------------------------------------------

// out = activation(left weights + bias), or added to out.
static sl_status multiply(sl_encoder *e, uint32_t rows, const float *left, sl_dense_matrix *weights,
                          const float *bias, bool add, uint32_t activation, float *out) {
  sl_product_options o = sl_product_of_rows(rows, left, weights, add, out);
  o.bias = bias;
  o.bias_count = weights->columns;
  o.activation = activation;
  SL_TRY(sl_product_begin(e->product, weights, &o));
  e->run.multiplying = true;
  e->run.product_work = 0;
  return SL_OK;
}

static sl_status part_product(sl_encoder *e, const float *left, uint32_t part, bool add,
                              uint32_t activation, float *out) {
  return multiply(e, e->run.tokens, left, sl_encoder_part(e, e->run.layer, part).weights,
                  sl_encoder_part(e, e->run.layer, part + 1).numbers, add, activation, out);
}

static sl_status norm(sl_encoder *e, float *x, uint32_t width, uint32_t gain) {
  e->run.work += (uint64_t)e->run.tokens * width;
  return sl_layer_norm(x, e->run.tokens, width, sl_encoder_part(e, e->run.layer, gain).numbers,
                       sl_encoder_part(e, e->run.layer, gain + 1).numbers,
                       sl_encoder_is_bert(e) ? e->shape.epsilon : EPSILON);
}

// h = norm of x, which stays.
static sl_status norm_before(sl_encoder *e, const float *x, uint32_t width, uint32_t gain) {
  memcpy(e->run.h, x, (size_t)e->run.tokens * width * sizeof *x);
  return norm(e, e->run.h, width, gain);
}

static sl_status begin_product(sl_encoder *e, const sl_product_options *o) {
  SL_TRY(sl_product_begin(e->product, NULL, o));
  e->run.multiplying = true;
  e->run.product_work = 0;
  return SL_OK;
}

// Attention within one text: f has queries, keys and values of its tokens; h is written. Some heads
// in three parts: scores, their products with values, and each head to its place.
static sl_status attend(sl_encoder *e, uint32_t tokens) {
  const uint32_t in = sl_encoder_in(e, e->run.layer), heads = e->run.heads;
  const uint32_t size = in / e->shape.heads, before = e->run.head * size;
  const float *queries = e->run.f + (size_t)e->run.token * 3 * in + before;
  const size_t reach = (size_t)tokens * 3 * in - before, count = (size_t)heads * tokens * tokens;
  float *scores = e->run.scores, *given = scores + count;
  sl_product_options o = {.type = SL_ELEMENT_F32, .batch = heads, .rows = tokens, .alpha = 1};
  switch (e->run.part) {
  case 0:
    o.depth = size;
    o.columns = tokens;
    o.left = queries;
    o.left_count = reach;
    o.left_row_stride = 3 * in;
    o.left_column_stride = 1;
    o.left_batch_stride = size;
    o.right = queries + in;
    o.right_count = reach - in;
    o.right_row_stride = 1;
    o.right_column_stride = 3 * in;
    o.right_batch_stride = size;
    o.out = scores;
    o.out_count = count;
    o.out_row_stride = tokens;
    o.out_batch_stride = tokens * tokens;
    o.alpha = 1 / sqrt(size);
    return begin_product(e, &o);
  case 1:
    sl_softmax(scores, (size_t)heads * tokens, tokens);
    e->run.work += count;
    o.depth = tokens;
    o.columns = size;
    o.left = scores;
    o.left_count = count;
    o.left_row_stride = tokens;
    o.left_column_stride = 1;
    o.left_batch_stride = tokens * tokens;
    o.right = queries + 2 * (size_t)in;
    o.right_count = reach - 2 * (size_t)in;
    o.right_row_stride = 3 * in;
    o.right_column_stride = 1;
    o.right_batch_stride = size;
    o.out = given;
    o.out_count = (size_t)tokens * heads * size;
    o.out_row_stride = size;
    o.out_batch_stride = tokens * size;
    return begin_product(e, &o);
  default:
    for (uint32_t h = 0; h < heads; h++)
      for (uint32_t t = 0; t < tokens; t++)
        memcpy(e->run.h + (size_t)(e->run.token + t) * in + before + (size_t)h * size,
               given + ((size_t)h * tokens + t) * size, size * sizeof *given);
    return SL_OK;
  }
}

// One part of some heads more. `last`: of the last heads of the last text.
static sl_status attend_next(sl_encoder *e, bool *last) {
  const uint32_t tokens = used(e, e->run.text), left = e->shape.heads - e->run.head;
  *last = false;
  if (tokens > 0) {
    e->run.heads = heads_together(e, tokens);
    if (e->run.heads > left) e->run.heads = left;
    SL_TRY(attend(e, tokens));
    if (e->run.part < 2) return SL_OK; // the product's end goes on
    e->run.part = 0;
    e->run.head += e->run.heads;
    if (e->run.head < e->shape.heads) return SL_OK;
  }
  e->run.head = 0;
  e->run.token += tokens;
  *last = ++e->run.text == e->run.next;
  return SL_OK;
}

// The product that ends the last layer, where only the mean of its rows is wanted: that of the means
// is the same, and has a row a text.
static sl_status multiply_means(sl_encoder *e) {
  const uint32_t *tokens = e->run.used + e->run.first, texts = e->run.next - e->run.first;
  sl_take_means(e->run.y, tokens, texts, e->shape.width, e->run.mean);
  const uint32_t rows = sl_take_means(e->run.f, tokens, texts, e->shape.hidden, e->run.f);
  e->run.work += (uint64_t)e->run.tokens * (e->shape.width + e->shape.hidden);
  return multiply(e, rows, e->run.f, sl_encoder_part(e, e->run.layer, SL_NARROW).weights,
                  sl_encoder_part(e, e->run.layer, SL_NARROW + 1).numbers, true, SL_ACTIVATION_NONE,
                  e->run.mean);
}

// A row a text, of those without tokens too.
static void pool(sl_encoder *e) {
  const uint32_t *tokens = e->run.used + e->run.first, texts = e->run.next - e->run.first;
  const uint32_t width = e->shape.width;
  if (e->shape.pooling == SL_POOLING_FIRST)
    sl_take_first(e->run.x, tokens, texts, width, e->run.mean);
  else if (sl_encoder_is_bert(e))
    sl_take_means(e->run.x, tokens, texts, width, e->run.mean);
  sl_spread_rows(tokens, texts, width, e->run.mean);
  e->run.work += ((uint64_t)e->run.tokens + texts) * width;
}

static void end_layer(sl_encoder *e) {
  float *const before = e->run.x;
  e->run.x = e->run.y;
  e->run.y = before;
  e->run.op = ++e->run.layer < e->shape.layers ? SL_OP_NORM_1 : SL_OP_MEAN;
}

// What has been multiplied, or done at once, is done: to the next thing.
static void next_op(sl_encoder *e) {
  const uint32_t width = e->shape.width;
  float *row = e->run.out + (size_t)e->run.first * width;
  switch (e->run.op) {
  case SL_OP_HEADS:
    if (e->run.text == e->run.next) break;
    e->run.part++;
    return;
  case SL_OP_NARROW:
    if (sl_encoder_is_bert(e)) break; // its norm comes after
    end_layer(e);
    return;
  case SL_OP_NORM_3:
    end_layer(e);
    return;
  case SL_OP_END:
    for (uint32_t t = e->run.first; t < e->run.next; t++, row += width) normalize(row, width, row);
    next_group(e);
    return;
  case SL_OP_ATTEND:
    e->run.text = e->run.first;
    e->run.token = e->run.head = e->run.part = 0;
    break;
  default:
    break;
  }
  e->run.op++;
}

static sl_status do_op(sl_encoder *e) {
  const uint32_t in = sl_encoder_in(e, e->run.layer), width = e->shape.width;
  const bool bert = sl_encoder_is_bert(e);
  switch (e->run.op) {
  case SL_OP_NORM_1:
    if (!bert) SL_TRY(norm_before(e, e->run.x, in, SL_GAIN_1));
    break;
  case SL_OP_ATTEND:
    return part_product(e, bert ? e->run.x : e->run.h, SL_ATTEND, false, SL_ACTIVATION_NONE,
                        e->run.f);
  case SL_OP_HEADS: {
    bool last;
    SL_TRY(attend_next(e, &last));
    if (!last) return SL_OK;
    break;
  }
  case SL_OP_RESIDUAL:
    if (sl_encoder_has_residual(e, e->run.layer))
      return part_product(e, e->run.x, SL_RESIDUAL, false, SL_ACTIVATION_NONE, e->run.y);
    memcpy(e->run.y, e->run.x, (size_t)e->run.tokens * width * sizeof(float));
    break;
  case SL_OP_GIVE:
    return part_product(e, e->run.h, SL_GIVE, true, SL_ACTIVATION_NONE, e->run.y);
  case SL_OP_NORM_2:
    SL_TRY(bert ? norm(e, e->run.y, width, SL_GAIN_1) : norm_before(e, e->run.y, width, SL_GAIN_2));
    break;
  case SL_OP_WIDEN:
    return part_product(e, bert ? e->run.y : e->run.h, SL_WIDEN, false,
                        bert ? SL_ACTIVATION_GELU : SL_ACTIVATION_RELU, e->run.f);
  case SL_OP_NARROW:
    if (!bert && e->run.layer + 1 == e->shape.layers) return multiply_means(e);
    return part_product(e, e->run.f, SL_NARROW, true, SL_ACTIVATION_NONE, e->run.y);
  case SL_OP_NORM_3:
    SL_TRY(norm(e, e->run.y, width, SL_GAIN_2));
    break;
  case SL_OP_MEAN:
    pool(e);
    break;
  case SL_OP_END:
    if (bert) {
      memcpy(e->run.out + (size_t)e->run.first * width, e->run.mean,
             (size_t)(e->run.next - e->run.first) * width * sizeof(float));
      break;
    }
    return multiply(e, e->run.next - e->run.first, e->run.mean,
                    e->tensors[e->tensor_count - 2].weights,
                    e->tensors[e->tensor_count - 1].numbers, false, SL_ACTIVATION_TANH,
                    e->run.out + (size_t)e->run.first * width);
  default:
    break;
  }
  next_op(e);
  return SL_OK;
}

// ---- the job ------------------------------------------------------------------------------------

static sl_status go_on_multiplying(sl_encoder *e, uint64_t work) {
  sl_outcome outcome;
  SL_TRY(sl_job_step(sl_product_job(e->product), work, &outcome));
  const uint64_t done = sl_job_work(sl_product_job(e->product));
  e->run.work += done - e->run.product_work;
  e->run.product_work = done;
  if (outcome == SL_OUTCOME_RUNNING) return SL_OK;
  e->run.multiplying = false;
  next_op(e);
  return SL_OK;
}

// A byte of text costs about as much as this many products.
enum { BYTE_WORK = 64 };

static sl_status go_on_gathering(sl_encoder *e, uint64_t work) {
  const uint64_t bytes = work / BYTE_WORK + 1;
  const uint32_t length = e->run.lengths[e->run.next];
  SL_TRY(gather(e, bytes));
  e->run.work += (bytes < length ? bytes : length) * BYTE_WORK + 1;
  return group_is_full(e) ? start_group(e) : SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_encoder *e = (sl_encoder *)job;
  const uint64_t until = work > UINT64_MAX - e->run.work ? UINT64_MAX : e->run.work + work;
  do {
    const uint64_t left = until > e->run.work ? until - e->run.work : 1;
    if (e->run.multiplying)
      SL_TRY(go_on_multiplying(e, left));
    else if (e->run.op == SL_OP_GATHER)
      SL_TRY(go_on_gathering(e, left));
    else
      SL_TRY(do_op(e));
  } while (sl_job_is_running(&e->job) && e->run.work < until);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_encoder *)job)->run.work; }
// As if all texts were like those that are done.
static uint64_t work_expected(const sl_job *job) {
  const sl_encoder *e = (const sl_encoder *)job;
  if (e->run.first == 0) return 0;
  const double all = (double)e->run.work / e->run.first * e->run.count;
  return all < 0x1p63 ? (uint64_t)all : 0;
}
static size_t job_bytes(const sl_job *job) { return sl_encoder_bytes((const sl_encoder *)job); }
static void destroy(sl_job *job) { sl_encoder_destroy((sl_encoder *)job); }

sl_job *sl_encoder_job(sl_encoder *e) { return &e->job; }

const sl_job_kind sl_encoder_kind = {"encoder",     step,      sl_job_stop_here, work_done,
                                     work_expected, job_bytes, destroy};
