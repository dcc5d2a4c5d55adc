// Patterns in blocks: a scan and the expansions that follow it give many rows at a time, as columns of ids.
//
// Each level has the nodes and relationships that one operator finds, and for each the row of the level before that it
// was found from. Rows come in the same order as one at a time. Where a grouping follows whose keys read one node or
// relationship, and whose aggregates read properties, the rows go to the groups a column at a time.
#ifndef SL_PROPERTY_BLOCKS_H
#define SL_PROPERTY_BLOCKS_H

#include "property/run.h"

enum { SL_BLOCK = 1024, SL_MOST_LEVELS = 9 };

typedef struct sl_level {
  uint32_t count, room; // rows; how many it may have now
  uint32_t cursor;      // the row of the level before; of a scan: the next node
  uint32_t from;        // the level whose nodes are expanded
  uint32_t unlike;      // a bit for each level whose relationship must be another one
  bool open, paused;    // its neighbours are being walked; the block is not complete
  sl_walk walk;
  uint32_t nodes[SL_BLOCK], relationships[SL_BLOCK], parents[SL_BLOCK];
} sl_level;

// What an aggregate reads of a row.
typedef struct sl_measure {
  uint32_t level, key; // key: SL_NO_NAME: nothing, rows are counted
  uint8_t what;
} sl_measure;

// Columns of the rows of the highest level.
typedef struct sl_block_rows {
  uint64_t times[SL_BLOCK];
  uint32_t groups[SL_BLOCK], ids[SL_BLOCK];
} sl_block_rows;

typedef struct sl_blocks {
  uint32_t count; // levels
  sl_operator *steps;
  sl_operator *tail;    // counts; or NULL
  sl_operator *project; // computes the keys; or NULL
  sl_operator *sink;    // AGGREGATE, or NULL
  sl_measure *measures; // of its aggregates
  uint32_t key_level;   // SL_NO_ID: keys read several, or none
  uint8_t key_what;
  uint32_t key; // the property that is the only key; SL_NO_NAME: another expression
  // State of a run.
  sl_level *levels;
  sl_block_rows *rows;
  uint32_t level, at;             // being filled; the next row that goes out
  bool begun, ready;              // ready: the block of the highest level is complete
  uint32_t *groups, group_room;   // of each id: group + 1
  uint32_t *strings, string_room; // of each string: group + 1
} sl_blocks;

// Puts the operators of a pipeline that can be into one of blocks. Errors: ERR_MEMORY.
sl_status sl_blocks_plan(sl_run *run, sl_pipeline *p);
void sl_blocks_begin(const sl_run *run, sl_blocks *b);
sl_status sl_blocks_produce(sl_run *run, sl_operator *o, sl_step_result *out);
void sl_blocks_release(sl_blocks *b);

// Takes the rows of the highest level into the groups of the sink.
sl_status sl_blocks_group(sl_run *run, sl_blocks *b);
void sl_blocks_row(sl_run *run, const sl_blocks *b, uint32_t row);

#endif
