// Makes the segments of a graph file (format/remote_graph.h) from a graph.
//
//   sl_graph_publish_create -> [sl_graph_publish_labels] -> sl_graph_publish_begin
//   -> sl_job_step(sl_graph_publish_job(...)) until it has ended -> sl_graph_publish_read
//
// The same graph and labels give the same bytes on every machine.
#ifndef SL_FORMAT_GRAPH_PUBLISH_H
#define SL_FORMAT_GRAPH_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

#define SL_GRAPH_PUBLISH_SEGMENTS 11
#define SL_GRAPH_PUBLISH_NUMBERS (2 * SL_GRAPH_PUBLISH_SEGMENTS + 2)

typedef struct sl_graph_publish sl_graph_publish;

// The arrays are copied.
//   nodes           1 .. 2^30
//   row_pointers    nodes + 1, read: from 0 to entries, never descending
//   columns         entries, read: < nodes, strictly ascending in each row
//   weights         entries, read: above 0, at most 1e100; NULL: all are 1
//   entries         at most 2^31 - 1
//   directed        0: each edge is in both of its rows, with the same weight; a loop once
//   Errors: ERR_RANGE ("nodes", "entries"), ERR_SHAPE ("row_pointers"), ERR_INDEX ("columns",
//   position), ERR_NOT_FINITE, ERR_NOT_POSITIVE, ERR_RANGE ("weights", position), ERR_NOT_SYMMETRIC
//   ("columns", position), ERR_MEMORY. O(nodes + entries).
sl_status sl_graph_publish_create(uint32_t nodes, const uint32_t *row_pointers,
                                  const uint32_t *columns, const double *weights, uint32_t entries,
                                  uint32_t directed, sl_graph_publish **out);

// Frees it. NULL is allowed.
void sl_graph_publish_destroy(sl_graph_publish *publish);

// The labels of all nodes, once, before the beginning; they are copied.
//   labels    count bytes, read: one label after another, no two of them the same
//   lengths   a number for each node, read, at most 65,535
//   kind      1: they are texts; 2: JSON
//   Errors: ERR_SHAPE ("lengths": their sum is not count), ERR_RANGE ("labels"), ERR_OPTION
//   ("kind"), ERR_STATE, ERR_MEMORY.
sl_status sl_graph_publish_labels(sl_graph_publish *publish, const uint8_t *labels, size_t count,
                                  const uint32_t *lengths, uint32_t kind);

// Begins. Errors: ERR_STATE (it was begun before), ERR_MEMORY.
sl_status sl_graph_publish_begin(sl_graph_publish *publish);

// The work (base/job.h). Outcomes: CONVERGED; stopping it leaves no result: TIME_LIMIT, WORK_LIMIT.
// Errors of stepping: ERR_MEMORY, ERR_RANGE ("labels": two are the same; position: of one of them).
//   O((entries + nodes) log nodes) as a rule.
sl_job *sl_graph_publish_job(sl_graph_publish *publish);
extern const sl_job_kind sl_graph_publish_kind;

// numbers: SL_GRAPH_PUBLISH_NUMBERS, written: address and length in bytes of the segments graph,
// levels, blocks, pages, rows.ends, lookup.ends, lookup.firsts, lookup.hashes, rows.hashes, rows,
// lookup; blocks of rows; blocks of lookup.
//   Errors: ERR_STATE (it has not ended as CONVERGED).
sl_status sl_graph_publish_read(const sl_graph_publish *publish, double *numbers);

size_t sl_graph_publish_bytes(const sl_graph_publish *publish);

#endif
