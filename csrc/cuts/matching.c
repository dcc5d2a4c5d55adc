// A matching of most edges: by layers where the graph is bipartite, by blossoms where it is not.
#include "cuts/matching.h"
#include "cuts/bipartite.h"

typedef struct sl_maximum_matching {
  sl_bipartite sides;
  sl_matching matching;
  bool begun;
  uint8_t *marks;
  uint32_t *proof, proof_count, size;
} sl_maximum_matching;

void sl_matching_greedy(sl_matching *m) {
  const uint32_t *rows = m->edges->row_pointers, *columns = m->edges->columns;
  memset(m->mate, 0xff, m->n * sizeof *m->mate);
  for (uint32_t u = 0; u < m->n; u++) {
    for (uint32_t k = rows[u]; k < rows[u + 1] && m->mate[u] == NONE; k++) {
      const uint32_t v = columns[k];
      if (v == u || m->mate[v] != NONE) continue;
      m->mate[u] = v;
      m->mate[v] = u;
    }
  }
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_maximum_matching *s;
  SL_TRY(TAKE_ZERO(cuts, &s, 1));
  cuts->state = s;
  s->matching.edges = cuts->graph->outgoing;
  s->matching.n = cuts->n;
  SL_TRY(TAKE(cuts, &s->matching.mate, cuts->n));
  SL_TRY(TAKE(cuts, &s->marks, cuts->n));
  return sl_bipartite_create(&s->sides, cuts);
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_maximum_matching *s = cuts->state;
  sl_matching *m = &s->matching;
  if (!s->sides.done) return sl_bipartite_step(&s->sides, cuts, work);
  const bool bipartite = s->sides.cycle == NULL;
  if (!s->begun) {
    s->begun = true;
    sl_matching_greedy(m);
    cuts->work += m->edges->nnz;
    m->side = s->sides.side;
    return bipartite ? sl_hopcroft_karp_create(m, cuts) : sl_blossom_create(m, cuts);
  }
  cuts->work += bipartite ? sl_hopcroft_karp_step(m, work) : sl_blossom_step(m, work);
  if (!m->done) return SL_OK;
  if (bipartite)
    sl_hopcroft_karp_proof(m, s->marks);
  else
    sl_blossom_proof(m, s->marks);
  for (uint32_t u = 0; u < m->n; u++) {
    s->proof_count += s->marks[u];
    s->size += m->mate[u] != NONE;
  }
  s->size /= 2;
  SL_TRY(TAKE(cuts, &s->proof, s->proof_count));
  for (uint32_t u = 0, count = 0; u < m->n; u++)
    if (s->marks[u]) s->proof[count++] = u;
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_maximum_matching *s = cuts->state;
  numbers[2] = s->size;
  numbers[3] = sl_address(s->matching.mate);
  numbers[4] = s->sides.cycle == NULL;
  numbers[5] = s->proof_count;
  numbers[6] = sl_address(s->proof);
  return SL_OK;
}

const sl_cut_question sl_matching_question = {true, begin, step, read};

// A vertex cover of at most twice the least size: both ends of the edges of a matching that no edge can
// be added to, but those that turn out not to be needed (F. Gavril 1974, in M. R. Garey, D. S. Johnson,
// "Computers and intractability", 1979). A node with a loop is in every cover.
typedef struct sl_cover {
  uint32_t *nodes, count, bound;
} sl_cover;

static sl_status begin_cover(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                             uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_cover *c;
  SL_TRY(TAKE_ZERO(cuts, &c, 1));
  cuts->state = c;
  SL_TRY(TAKE(cuts, &c->nodes, cuts->n));
  return SL_OK;
}

enum { NOT_NEEDED, TAKEN, LOOP };

static sl_status step_cover(sl_cuts *cuts, uint64_t work) {
  (void)work;
  sl_cover *c = cuts->state;
  const uint32_t *rows = cuts->graph->outgoing->row_pointers,
                 *columns = cuts->graph->outgoing->columns, n = cuts->n;
  uint8_t *in;
  SL_TRY(TAKE_ZERO(cuts, &in, n));
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t k = rows[u]; k < rows[u + 1] && columns[k] <= u; k++) {
      if (columns[k] != u) continue;
      in[u] = LOOP;
      c->bound++;
    }
  }
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t k = rows[u]; k < rows[u + 1] && !in[u]; k++) {
      if (in[columns[k]]) continue;
      in[u] = in[columns[k]] = TAKEN;
      c->bound++;
    }
  }
  for (uint32_t u = 0; u < n; u++) {
    bool needed = in[u] == LOOP;
    for (uint32_t k = rows[u]; k < rows[u + 1] && !needed; k++) needed = !in[columns[k]];
    if (!needed) in[u] = NOT_NEEDED;
    if (in[u]) c->nodes[c->count++] = u;
  }
  cuts->work += 3 * (uint64_t)cuts->graph->outgoing->nnz + n;
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read_cover(sl_cuts *cuts, double *numbers) {
  const sl_cover *c = cuts->state;
  numbers[2] = c->count;
  numbers[3] = sl_address(c->nodes);
  numbers[4] = c->bound;
  return SL_OK;
}

const sl_cut_question sl_cover_question = {true, begin_cover, step_cover, read_cover};
