// Saving and loading choosers. A file may come from anywhere: every child stands after its parent,
// so that each way down a tree ends, and statistics are finite.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "chooser/file.h"
#include "chooser/number.h"
#include "chooser/object.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_LABEL SL_TAG('L', 'A', 'B', 'L')
#define TAG_HEADS SL_TAG('H', 'E', 'A', 'D')
#define TAG_VALUES SL_TAG('F', 'E', 'A', 'T')
#define TAG_COSTS SL_TAG('C', 'O', 'S', 'T')
#define TAG_TARGETS SL_TAG('T', 'A', 'R', 'G')
#define TAG_ENDINGS SL_TAG('E', 'N', 'D', 'S')
#define TAG_SCALE SL_TAG('S', 'C', 'A', 'L')
#define TAG_ROOTS SL_TAG('R', 'O', 'O', 'T')
#define TAG_NODES SL_TAG('N', 'O', 'D', 'E')

// Sections with a part for each method, in their order.
static const uint32_t TAGS[] = {TAG_COSTS, TAG_VALUES, TAG_TARGETS, TAG_ENDINGS,
                                TAG_SCALE, TAG_ROOTS,  TAG_NODES};

// Section `META`, as it stands in the file.
typedef struct meta {
  double options[12];
  uint64_t reports, decisions, rng[4];
} meta;

// An entry of section `HEAD`, one a method.
typedef struct head {
  uint64_t seen, next;
  uint32_t count, roots, nodes, reserved;
} head;

// The pieces of a section are those of the methods.
static const void *piece(const void *source, uint32_t tag, uint32_t i, size_t *bytes) {
  const sl_chooser *c = source;
  const sl_chooser_method *m = &c->now.method[i];
  const size_t width = c->options.features;
  switch (tag) {
  case TAG_VALUES:
    *bytes = m->count * width * 8;
    return m->values;
  case TAG_COSTS:
    *bytes = m->count * 8;
    return m->costs;
  case TAG_TARGETS:
    *bytes = m->count * 8;
    return m->targets;
  case TAG_ENDINGS:
    *bytes = m->count;
    return m->endings;
  case TAG_SCALE:
    *bytes = m->scale != NULL && m->roots > 0 ? width * 16 : 0;
    return m->scale;
  case TAG_ROOTS:
    *bytes = m->roots * 4;
    return m->root;
  default:
    *bytes = m->node_count * sizeof *m->nodes;
    return m->nodes;
  }
}

sl_status sl_chooser_save(sl_chooser *c, sl_writer **out) {
  const sl_chooser_options *o = &c->options;
  const uint32_t methods = c->now.methods;
  head *heads;
  SL_TRY(SL_ALLOC_ZERO(&heads, methods));
  const sl_status status = sl_writer_create(SL_FILE_CHOOSER, out);
  if (status == SL_OK) {
    meta m = {.options = {methods, o->features, o->policy, (double)o->seed, o->timeout, o->penalty,
                          o->capacity, o->neighbours, o->trees, o->most_risk, o->confidence,
                          o->least},
              .reports = c->now.reports,
              .decisions = c->now.decisions};
    memcpy(m.rng, c->now.rng.state, sizeof m.rng);
    for (uint32_t i = 0; i < methods; i++) {
      const sl_chooser_method *each = &c->now.method[i];
      heads[i] = (head){each->seen, each->next, each->count, each->roots, each->node_count, 0};
    }
    sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
    sl_writer_add_copy(*out, TAG_LABEL, c->label, c->label_bytes);
    sl_writer_add_copy(*out, TAG_HEADS, heads, methods * sizeof *heads);
    for (uint32_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
      sl_writer_add_pieces(*out, TAGS[i], c, methods, piece);
    sl_writer_watch(*out, &c->version);
  }
  sl_free(heads);
  return status;
}

// ---- loading ------------------------------------------------------------------------------------

static bool heads_are_right(const sl_chooser *c, const head *heads, uint64_t reports) {
  const uint32_t trees = c->options.policy == SL_CHOOSER_FOREST ? c->options.trees + 1 : 1;
  uint64_t seen = 0;
  for (uint32_t i = 0; i < c->now.methods; i++) {
    const head *h = &heads[i];
    if (h->count > c->options.capacity || h->seen < h->count || h->reserved != 0) return false;
    if (h->roots != 0 && h->roots != trees) return false;
    if (h->seen >= (uint64_t)1 << 53 || (h->count == 0) != (h->seen == 0)) return false;
    if ((h->roots > 0 && h->count == 0) || (h->roots == 0) != (h->nodes == 0)) return false;
    if (h->next > 2 * h->seen + 4 || h->nodes > (uint64_t)h->roots * 2 * c->options.capacity)
      return false;
    seen += h->seen;
  }
  return seen == reports;
}

static bool number_is(double x, double low, double high) { return x >= low && x <= high; }

static bool runs_are_right(const sl_chooser *c, const sl_chooser_method *m) {
  for (size_t k = 0; k < (size_t)m->count * c->options.features; k++) {
    if (!isnan(m->values[k]) && !number_is(m->values[k], -1e308, 1e308)) return false;
  }
  const double most = sl_chooser_log_penalty(c) + 1;
  for (uint32_t k = 0; k < m->count; k++) {
    if (!number_is(m->costs[k], -750, most) || !number_is(m->targets[k], -750, most)) return false;
    if (m->endings[k] >= SL_RUN_ENDINGS) return false;
  }
  return true;
}

static bool nodes_are_right(const sl_chooser *c, const sl_chooser_method *m) {
  for (uint32_t i = 0; i < m->node_count; i++) {
    const sl_chooser_node *n = &m->nodes[i];
    // What is weighed is less than 2^31, so that counts are exact and fit.
    if (!number_is(n->mean, -800, 800) || !number_is(n->m2, 0, 1e18)) return false;
    if (!number_is(n->ok, 0, 0x1p31) || !number_is(n->fail, 0, 0x1p31)) return false;
    if (!number_is(n->censored, 0, n->ok) || !(n->ok + n->fail > 0) || n->missing_left > 1)
      return false;
    if (n->feature == SL_LEAF) {
      if (n->left != 0 || n->right != 0 || n->threshold != 0) return false;
    } else if (n->feature >= c->options.features || n->left <= i || n->right <= i ||
               n->left >= m->node_count || n->right >= m->node_count ||
               !number_is(n->threshold, -1e308, 1e308)) {
      return false;
    }
  }
  for (uint32_t t = 0; t < m->roots; t++)
    if (m->root[t] >= m->node_count) return false;
  return true;
}

// The bytes of a section are those of all methods, one after the other.
static sl_status fill(sl_chooser *c, sl_reader *reader, const head *heads, uint32_t tag) {
  uint64_t total = 0;
  size_t bytes;
  uint8_t *block, *at;
  sl_status status = SL_OK;
  for (uint32_t i = 0; i < c->now.methods; i++) {
    piece(c, tag, i, &bytes);
    total += bytes;
  }
  SL_TRY(sl_reader_take(reader, tag, total, (void **)&block));
  at = block;
  for (uint32_t i = 0; i < c->now.methods; i++) {
    if (heads[i].count == 0) continue;
    sl_chooser_method *m = &c->now.method[i];
    if (status == SL_OK && tag == TAG_NODES && m->node_count > 0)
      status = SL_ALLOC(&m->nodes, m->node_count);
    void *to = (void *)piece(c, tag, i, &bytes);
    if (status == SL_OK && bytes > 0) memcpy(to, at, bytes);
    at += bytes;
  }
  sl_free(block);
  return status;
}

// Makes room for as many runs as the next section, that of their costs, has.
static sl_status make_methods(sl_chooser *c, sl_reader *reader, const head *heads) {
  uint64_t runs = 0;
  sl_section costs;
  for (uint32_t i = 0; i < c->now.methods; i++) runs += heads[i].count;
  SL_TRY(sl_reader_section(reader, &costs));
  if (costs.bytes != runs * 8) return sl_reader_bad(reader, "a cost for each run");
  for (uint32_t i = 0; i < c->now.methods; i++) {
    const head *h = &heads[i];
    sl_chooser_method *m = &c->now.method[i];
    if (h->count == 0) continue;
    SL_TRY(sl_chooser_method_make(c, m, h->count));
    m->seen = h->seen;
    m->next = h->next;
    m->count = h->count;
    m->roots = h->roots;
    m->node_count = h->nodes;
  }
  return SL_OK;
}

static sl_status read_methods(sl_chooser *c, sl_reader *reader, const head *heads) {
  for (uint32_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++) SL_TRY(fill(c, reader, heads, TAGS[i]));
  for (uint32_t i = 0; i < c->now.methods; i++) {
    sl_chooser_method *m = &c->now.method[i];
    if (!runs_are_right(c, m)) return sl_reader_bad(reader, "runs with finite costs");
    if (!nodes_are_right(c, m))
      return sl_reader_bad(reader, "trees whose children come after their parents");
    for (uint32_t f = 0; m->scale != NULL && f < c->options.features; f++) {
      if (!number_is(m->scale[2 * f], -800, 800) || !number_is(m->scale[2 * f + 1], 0, 1e10))
        return sl_reader_bad(reader, "a scale of each feature");
    }
    if (m->scaled != NULL && m->roots > 0) sl_chooser_scale_kept(c, m);
  }
  return sl_reader_close(reader);
}

sl_status sl_chooser_load(sl_reader *reader, sl_chooser **out) {
  meta m;
  sl_section label;
  sl_chooser *c = NULL;
  head *heads = NULL;
  *out = NULL;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  sl_chooser_options options;
  if (sl_chooser_options_read(m.options, &options) != SL_OK || m.decisions >= (uint64_t)1 << 53 ||
      (m.rng[0] | m.rng[1] | m.rng[2] | m.rng[3]) == 0)
    return sl_reader_bad(reader, "options of a chooser");
  SL_TRY(sl_reader_section(reader, &label));
  void *text;
  SL_TRY(sl_reader_take(reader, TAG_LABEL, label.bytes, &text));
  sl_status status = sl_chooser_create(m.options, text, label.bytes, &c);
  sl_free(text);
  if (status == SL_OK)
    status = sl_reader_take(reader, TAG_HEADS, options.methods * sizeof *heads, (void **)&heads);
  if (status == SL_OK && !heads_are_right(c, heads, m.reports))
    status = sl_reader_bad(reader, "counts of runs");
  if (status == SL_OK) {
    c->now.reports = m.reports;
    c->now.decisions = m.decisions;
    memcpy(c->now.rng.state, m.rng, sizeof m.rng);
    status = make_methods(c, reader, heads);
  }
  if (status == SL_OK) status = read_methods(c, reader, heads);
  sl_free(heads);
  if (status != SL_OK) {
    sl_chooser_destroy(c);
    return status;
  }
  *out = c;
  return SL_OK;
}
