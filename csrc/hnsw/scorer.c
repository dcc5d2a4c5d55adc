#include "hnsw/scorer.h"

#include <string.h>

#include "hnsw/codes.h"
#include "hnsw/exact.h"
#include "hnsw/model.h"
#include "hnsw/prefix.h"
#include "quant/binary.h"

sl_scorer sl_scorer_over(const sl_store *store) {
  return (sl_scorer){.rows = store->rows,
                     .factors = store->factors,
                     .padded = store->padded,
                     .tail_at = store->tail_at};
}

sl_scorer sl_scorer_make(const sl_store *store, const void *vector, unsigned char *buffer) {
  sl_scorer s = sl_scorer_over(store);
  s.query = store->codes == SL_CODES_NONE ? vector : buffer;
  if (store->codes == SL_CODES_BINARY) {
    memset(buffer, 0, store->padded);
    sl_binary_encode(vector, store->dimension, buffer);
  } else if (store->codes == SL_CODES_PREFIX) {
    sl_prefix_write(store, vector, buffer);
  } else if (store->codes != SL_CODES_NONE) {
    sl_code_query(store, vector, buffer, &s);
  } else if (store->sketch.codes > 0) {
    s.sketch = sl_sketch_query_make(&store->sketch, vector, (int16_t *)buffer);
  }
  return s;
}

void sl_scorer_turn(const sl_store *store, uint32_t slot, unsigned char *buffer, sl_scorer *s) {
  if (!sl_codes_have_tails(store->codes)) {
    s->query = sl_store_row(store, slot);
    return;
  }
  s->query = buffer;
  // Eight bits by eight bits of so many elements pass 2^31.
  bool wide = store->codes == SL_CODES_RABITQ8 && store->padded > SL_DIMENSION_LIMIT / 2;
  if (store->codes != SL_CODES_RABITQ && store->codes != SL_CODES_PRODUCT && !wide) {
    sl_code_query_of_slot(store, slot, buffer, s);
    return;
  }
  // From the vector: a product of signs with signs would lose half of what is known, and product
  // codes take tables.
  const float *vector = sl_store_known_vector(store, slot);
  if (vector == NULL) {
    float *read = sl_codes_read_buffer(store);
    sl_code_read(store, sl_store_row(store, slot), read);
    vector = read;
  }
  sl_code_query(store, vector, buffer, s);
}

sl_scorer sl_scorer_of_slot(const sl_store *store, uint32_t slot, unsigned char *buffer) {
  sl_scorer s = sl_scorer_over(store);
  sl_scorer_turn(store, slot, buffer, &s);
  return s;
}
