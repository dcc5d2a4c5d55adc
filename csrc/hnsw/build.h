// Building an index with several threads, to the same bits with any number of them.
//
// Based on: the insertion of Malkov and Yashunin (hnsw.h), in batches as in M. D. Manohar, Z. Shen,
// G. E. Blelloch, L. Dhulipala, Y. Gu, H. V. Simhadri, Y. Sun, "ParlayANN: Scalable and
// deterministic parallel graph-based approximate nearest neighbor search algorithms", PPoPP 2024,
// doi:10.1145/3627535.3638475, section 4: a batch is searched for in the graph as it was before,
// and its links back are grouped by the list that they go into. Deviations: a vector is also
// compared with those that come before it in its batch, so that runs of near vectors link to each
// other as they do one after another; batches grow with the graph to a size that does not depend on
// the number of threads, and stay small.
//
// All vectors are taken into the store first: nothing moves while links are made. Then phases
// follow each other, each of some units of work:
//
//   sl_hnsw_build_create(index, count, &build);
//   sl_hnsw_build_add(build, ids, vectors, count, &added);        as often as needed
//   sl_hnsw_build_next(build, &units);                            the first phase
//   sl_hnsw_builder_create(build, &builders[t]);                  one for each thread
//   while (units > 0) {
//     for each unit of 0 .. units - 1, in any thread and order:   sl_hnsw_builder_unit(...)
//     when all have ended:                                        sl_hnsw_build_next(build, &units)
//   }
//   sl_hnsw_builder_destroy(builders[t]); sl_hnsw_build_destroy(build);
//
// No two units of a phase write to the same list, and none reads a list that another one writes.
// Who calls sees to it that what the units of a phase wrote is seen by the next phase, as any
// barrier, lock or atomic counter does.
#ifndef SL_HNSW_BUILD_H
#define SL_HNSW_BUILD_H

#include "hnsw/hnsw.h"

typedef struct sl_hnsw_build sl_hnsw_build;
typedef struct sl_hnsw_builder sl_hnsw_builder;

// Begins to add up to `count` vectors to an index, which may hold some already. Removed vectors are
// repaired away first. Until the build is destroyed every other change of the index is refused, and
// searches find what has been linked.
//   Errors: ERR_STATE (the index is frozen or being built), ERR_MEMORY, ERR_OVERFLOW. O(count).
sl_status sl_hnsw_build_create(sl_hnsw *index, uint32_t count, sl_hnsw_build **out);

// Vectors that have been added and are not linked are removed: nothing, when sl_hnsw_build_next()
// has said that there is no unit left. Takes NULL. Its builders must have been destroyed; the index
// may have been: whatever else is asked of the build then is ERR_STATE.
void sl_hnsw_build_destroy(sl_hnsw_build *build);

// Takes vectors; arguments and errors as sl_hnsw_add() with SL_DUPLICATE_ERROR, and ERR_STATE after
// sl_hnsw_build_next(), ERR_RANGE ("count": more than the build was made for). O(dimension) each.
sl_status sl_hnsw_build_add(sl_hnsw_build *build, const uint32_t *ids, const void *vectors,
                            uint32_t count, uint32_t *added);

// Goes on to the next phase, when all units of the one before have ended.
//   units   written: how many the new phase has; 0: all vectors are linked
//   Errors: ERR_MEMORY, in the first call alone: later ones allocate nothing and cannot fail.
//   O(links of a batch * log).
sl_status sl_hnsw_build_next(sl_hnsw_build *build, uint32_t *units);

// Vectors that are done: linked, or copies of others; and how many there are. Between phases.
uint32_t sl_hnsw_build_done(const sl_hnsw_build *build);
uint32_t sl_hnsw_build_total(const sl_hnsw_build *build);

// What a thread works with: a view of the index with scratch of its own (view.h).
//   Errors: ERR_STATE (before the first phase), ERR_MEMORY. O(vectors): two bytes each.
sl_status sl_hnsw_builder_create(sl_hnsw_build *build, sl_hnsw_builder **out);
void sl_hnsw_builder_destroy(sl_hnsw_builder *builder);

// Does a unit of the present phase. Units of one phase may run at once, each once, each with a
// builder that no other unit uses meanwhile. Allocates nothing and cannot fail; a unit that the
// phase does not have is nothing to do. O(ef_construction * m * dimension) expected.
void sl_hnsw_builder_unit(sl_hnsw_builder *builder, uint32_t unit);

// The same with a builder of the build's own, for one thread: made by the first call.
//   Errors: ERR_STATE (before the first phase), ERR_MEMORY.
sl_status sl_hnsw_build_unit(sl_hnsw_build *build, uint32_t unit);

// Rows that a builder has compared so far.
uint64_t sl_hnsw_builder_scored(const sl_hnsw_builder *builder);

sl_hnsw_build *sl_hnsw_builder_of(const sl_hnsw_builder *builder);

#endif
