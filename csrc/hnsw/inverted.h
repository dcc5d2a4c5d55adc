// Sparse vectors under ids, and the largest inner products with one, exactly: an inverted index.
//
//   sl_inverted_create -> [ sl_inverted_add | sl_inverted_remove | sl_inverted_search ]*
//
// A sparse vector is a list of indices and a value for each: SPLADE and other learned sparse
// encoders, tf-idf, counts. Indices are any u32, in any order, each once in a vector; values are
// finite f32 of either sign. Values that are zero are left out. An empty vector is allowed: nothing
// finds it.
//
// A score is the inner product in f64: the products of values, which are exact, summed from 0 on in
// ascending order of their indices. Results are the k vectors of largest score among those that
// have an index in common with the query; equal scores by id, the smallest first. Nothing is
// approximate, and nothing depends on the order in which vectors came.
//
// Based on: A. Mallia, T. Suel, N. Tonellotto, "Faster learned sparse retrieval with block-max
// pruning", SIGIR 2024, arXiv:2405.01117: bounds of fixed blocks of vectors, in the safe variant;
// H. Turtle, J. Flood, "Query evaluation: strategies and optimizations", IPM 31 (1995),
// doi:10.1016/0306-4573(95)00020-H: the lists of a block are left off once what remains cannot
// reach the worst result (MaxScore). Deviations: only a few blocks are taken in order of their
// bounds, the others as they lie; scores are computed again from the vectors, so that their bits do
// not depend on what was skipped; least values beside the largest, for values of either sign.
#ifndef SL_HNSW_INVERTED_H
#define SL_HNSW_INVERTED_H

#include "base/container.h"
#include "hnsw/filter.h"
#include "hnsw/flat.h"

typedef struct sl_inverted sl_inverted;

// More values than a vector may have.
#define SL_SPARSE_LIMIT 65536u

sl_status sl_inverted_create(sl_inverted **out);
void sl_inverted_destroy(sl_inverted *index);

// Adds `count` vectors.
//   ids      count, read; any u32
//   starts   count + 1, read: vector i has the indices and values from starts[i] to starts[i + 1];
//            ascending, and not above `entries`
//   indices, values   entries, read
//   duplicate  an id in use: error, or the new vector takes the old one's place
//   added    written, also on failure: how many went in; those stay
//   Errors: ERR_ARGUMENT ("ids": in use; "indices": one is there twice), ERR_SHAPE ("starts"),
//   ERR_NOT_FINITE ("values"), ERR_RANGE ("indices": more than SL_SPARSE_LIMIT; "ids": more than
//   2^31 vectors), ERR_OVERFLOW, ERR_MEMORY; position = the vector, which is not there then, and
//   whose old one stays. May allocate. O(entries), O(n log n) for n indices out of order.
sl_status sl_inverted_add(sl_inverted *index, const uint32_t *ids, uint32_t count,
                          const uint32_t *starts, const uint32_t *indices, const float *values,
                          uint32_t entries, sl_duplicate duplicate, uint32_t *added);

// Removes vectors, one after another. Their memory comes back when as many are removed as are
// there: the index is made anew then.
//   removed  written, also on failure: how many are gone
//   Errors: ERR_INDEX ("ids": no such id; position = where). O(1) amortised over additions.
sl_status sl_inverted_remove(sl_inverted *index, const uint32_t *ids, uint32_t count,
                             uint32_t *removed);

// Gives a vector another id; one that has that id is removed. Errors: ERR_INDEX ("id"). O(1), as
// for sl_inverted_remove(), and never for want of memory: what takes a place is first put under an
// id that nobody uses.
sl_status sl_inverted_rename(sl_inverted *index, uint32_t id, uint32_t to);

// Leaves removed vectors behind and gives back the room for more. Takes as much memory again until
// the end. Errors: ERR_MEMORY; the index is the same then. O(entries).
sl_status sl_inverted_shrink(sl_inverted *index);

// The k largest scores of each query, largest first.
//   starts, indices, values   as for sl_inverted_add(), of count queries
//   filter   which ids may be returned, or NULL for all
//   ids, scores   count * k, written: row q holds found[q] results, then SL_NO_ID and -infinity
//   found    count, written
//   Errors: ERR_ARGUMENT (k = 0, and as sl_inverted_add()), ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE;
//   position = the query. ERR_MEMORY. May allocate scratch. O(values of the lists that the query
//   has) at most.
sl_status sl_inverted_search(sl_inverted *index, const uint32_t *starts, const uint32_t *indices,
                             const float *values, uint32_t entries, uint32_t count, uint32_t k,
                             sl_filter *filter, uint32_t *ids, double *scores, uint32_t *found);

// Copies a vector, its indices ascending.
//   indices, values   as many as sl_inverted_length() says, written
//   Errors: ERR_INDEX. O(n).
sl_status sl_inverted_length(const sl_inverted *index, uint32_t id, uint32_t *length);
sl_status sl_inverted_get(const sl_inverted *index, uint32_t id, uint32_t *indices, float *values);

bool sl_inverted_has(const sl_inverted *index, uint32_t id);
uint32_t sl_inverted_size(const sl_inverted *index);

// Writes the ids of all vectors, in the order in which they came. ids: sl_inverted_size(), written.
void sl_inverted_ids(const sl_inverted *index, uint32_t *ids);

// Numbers, written: vectors, removed ones that still take memory, values of all vectors, different
// indices that were ever used, and, of the last search, vectors whose score was computed and values
// of lists that were read.
#define SL_INVERTED_FACTS 6
void sl_inverted_facts(const sl_inverted *index, double *facts);

// Bytes held. O(1).
uint64_t sl_inverted_bytes(const sl_inverted *index);

// Bytes that an index holds at most after sl_inverted_shrink(), scratch of searches aside.
//   count    vectors; entries: values of all of them; dimensions: different indices. O(1).
double sl_inverted_estimate_bytes(double count, double entries, double dimensions);

// ---- files --------------------------------------------------------------------------------------

// Saves a file of the kind SL_FILE_SPARSE (file.h), as base/container.h says; the index must stay, and not change, as long as the writer.
// Removed vectors are not in the file. Errors: ERR_MEMORY.
sl_status sl_inverted_save(sl_inverted *index, sl_writer **out);

// From a file that was read whole; the same bits as the index that was saved. Errors: those of the
// reader, ERR_FORMAT, ERR_MEMORY. Safe on untrusted bytes: yes. O(bytes).
sl_status sl_inverted_load(sl_reader *reader, sl_inverted **out);

#endif
