// What the files of property graphs consist of.
//
// META   u32: nodes, relationships, sets of labels, columns
// NAME   a list of three lists: labels, types, keys
// SETS   for each set its size and its labels, u32
// NODE   the set of each node, u32
// FROM, TO.., TYPE   of each relationship, u32
// COLU   for each column: u32 0 nodes, 1 relationships; u32 key; then a list: ids ascending, as integers, and values, by turns
//
// Only what lives is saved, and ids follow each other without gaps.
//
// A segment is what has changed since another state, with the ids as they are; since nothing, all.
//
// META   u32: nodes and relationships that there were, that there are, sets of labels, columns
// NAME, SETS   all of them
// NODE   the set of each new node
// CHAN   for each node of before that has changed its id and its set
// FROM, TO.., TYPE   of each new relationship
// GONE   the ids of relationships of before that are gone
// COLU   of each column with pages that have changed; null: the value was taken away
//
// In a set or type the highest bit says that the node or relationship is gone.
#ifndef SL_PROPERTY_FILE_PARTS_H
#define SL_PROPERTY_FILE_PARTS_H

#include "base/container.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_NAMES SL_TAG('N', 'A', 'M', 'E')
#define TAG_SETS SL_TAG('S', 'E', 'T', 'S')
#define TAG_NODES SL_TAG('N', 'O', 'D', 'E')
#define TAG_FROM SL_TAG('F', 'R', 'O', 'M')
#define TAG_TO SL_TAG('T', 'O', '.', '.')
#define TAG_TYPES SL_TAG('T', 'Y', 'P', 'E')
#define TAG_COLUMN SL_TAG('C', 'O', 'L', 'U')
#define TAG_CHANGED SL_TAG('C', 'H', 'A', 'N')
#define TAG_GONE SL_TAG('G', 'O', 'N', 'E')

enum { SL_FILE_MOST_COLUMNS = 1000 };

typedef struct sl_file_meta {
  uint32_t nodes, relationships, sets, columns;
} sl_file_meta;

typedef struct sl_segment_meta {
  uint32_t nodes_before, relationships_before, nodes, relationships, sets, columns;
} sl_segment_meta;

#endif
