#include "hnsw/product_learn.h"

#include <math.h>
#include <string.h>

#include "hnsw/exact.h"
#include "hnsw/model.h"
#include "hnsw/product.h"

// Vectors that are learned from, fewer where they are long, and rounds of k-means over them; those
// that the first centroids are drawn from.
enum { SAMPLE = 4096, SAMPLE_NUMBERS = 1 << 20, SAMPLE_LEAST = 256, ROUNDS = 8, DRAWN = 1024 };
// Pairs that the share is measured on: each of PAIRED vectors with each. Fewer than LEAST_PAIRS say
// nothing.
enum { PAIRED = 32, LEAST_PAIRS = 200, TOGETHER = 8 };

// x - c of every so many live vectors, with the centre of the other set, and rotated as it says.
typedef struct walk {
  const sl_store *store;
  uint32_t slot, seen, every;
} walk;

static walk walk_over(const sl_store *store, uint32_t most) {
  uint32_t every = (store->live + most - 1) / most;
  return (walk){.store = store, .every = every > 0 ? every : 1};
}

static bool walk_next(walk *w, float *x) {
  const sl_store *store = w->store;
  const float *centre = sl_model_set(store, true) + 1;
  for (; w->slot < store->used; w->slot++) {
    if (store->states[w->slot] != SL_SLOT_LIVE || w->seen++ % w->every != 0) continue;
    const float *vector = sl_store_known_vector(store, w->slot++);
    for (uint32_t i = 0; i < store->dimension; i++) x[i] = vector[i] - centre[i];
    for (uint32_t i = store->dimension; i < store->padded; i++) x[i] = 0;
    sl_pq_turn(store, x, true);
    return true;
  }
  return false;
}

static void learn_book(sl_store *store) {
  uint32_t parts = sl_codes_parts(store), room = SAMPLE_NUMBERS / store->dimension;
  uint32_t most = room < SAMPLE_LEAST ? SAMPLE_LEAST : (room > SAMPLE ? SAMPLE : room);
  float *book = sl_codes_book(store, true), *x = sl_codes_scratch(store);
  float *sums = sl_codes_book_scratch(store), *counts = sl_codes_parts_scratch(store);
  sl_rng rng;
  sl_rng_seed(&rng, store->dimension);
  for (uint32_t chosen = 0; chosen < SL_CENTROIDS; chosen++) {
    memset(counts, 0, parts * sizeof *counts);
    for (walk w = walk_over(store, most < DRAWN ? most : DRAWN); walk_next(&w, x);) {
      sl_product_draw(x, book, parts, chosen, counts, &rng);
    }
  }
  for (int round = 0; round < ROUNDS; round++) {
    memset(sums, 0, (size_t)SL_PART_BOOK * parts * sizeof *sums);
    memset(counts, 0, (size_t)SL_CENTROIDS * parts * sizeof *counts);
    for (walk w = walk_over(store, most); walk_next(&w, x);) {
      sl_product_gather(x, book, parts, sums, counts);
    }
    sl_product_move(book, parts, sums, counts);
  }
}

// Cosines between r of some vectors and what a query may differ by: see the head of product.h.
typedef struct cosines {
  double squares, errors; // sums of squares: cosines, and parts of r in the direction of q - x
  uint32_t count;
} cosines;

static void add_cosine(uint32_t n, const float *query, const float *x, const float *rest,
                       cosines *all) {
  double product = 0, dd = 0, rr = 0;
  for (uint32_t i = 0; i < n; i++) {
    double d = (double)query[i] - x[i];
    product += d * rest[i];
    dd += d * d;
    rr += (double)rest[i] * rest[i];
  }
  if (!(dd > 0 && rr > 0)) return;
  all->squares += product / dd * (product / rr);
  all->errors += product / dd * product;
  all->count++;
}

// Returns the mean square of the parts.
static double learn_share(sl_store *store) {
  // Some vectors with their rests stand where sums of k-means did: 8 * 2 * 4 numbers a part.
  uint32_t parts = sl_codes_parts(store), row = SL_PART * parts;
  float *x = sl_codes_scratch(store), *kept = sl_codes_book_scratch(store);
  cosines all = {0};
  walk rows = walk_over(store, PAIRED);
  for (uint32_t count = TOGETHER; count == TOGETHER;) {
    for (count = 0; count < TOGETHER && walk_next(&rows, x); count++) {
      float *own = kept + (size_t)2 * count * row;
      memcpy(own, x, row * sizeof *x);
      sl_pq_rest(store, x, true, own + row);
    }
    for (walk queries = walk_over(store, PAIRED); walk_next(&queries, x);) {
      for (uint32_t i = 0; i < count; i++) {
        const float *own = kept + (size_t)2 * i * row;
        if (memcmp(own, x, row * sizeof *x) != 0) add_cosine(row, x, own, own + row, &all);
      }
    }
  }
  double share = all.count < LEAST_PAIRS ? 1 : 3 * sqrt(all.squares / all.count);
  *sl_codes_share(store, true) = share < 1 ? (float)share : 1;
  return all.count > 0 ? all.errors / all.count : 0;
}

void sl_pq_learn(sl_store *store) {
  size_t numbers = SL_PART_BOOK * (size_t)sl_codes_parts(store);
  float *model = sl_codes_share(store, true);
  // Behind what learning writes to.
  float *kept = sl_codes_book_scratch(store) + numbers;
  *sl_codes_turned(store, true) = 0;
  learn_book(store);
  double plain = learn_share(store), share = *model;
  memcpy(kept, model + 2, numbers * sizeof *kept);
  *sl_codes_turned(store, true) = 1;
  learn_book(store);
  if (learn_share(store) < plain) return;
  model[0] = (float)share;
  model[1] = 0;
  memcpy(model + 2, kept, numbers * sizeof *kept);
}
