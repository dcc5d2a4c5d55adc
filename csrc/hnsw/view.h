// Several readers of one index: the index is frozen, and each reader has a view of it, with scratch
// of its own. Views may search in several threads at once: the arrays that they share are not
// written any more, and nothing that they write is shared.
#ifndef SL_HNSW_VIEW_H
#define SL_HNSW_VIEW_H

#include "hnsw/index.h"

// Links what cannot be reached (reach.h), so that a file of the index leads to every vector, and
// refuses every change from then on. There is no way back. Errors: ERR_MEMORY (nothing is frozen).
// O(size * m).
sl_status sl_hnsw_freeze(sl_hnsw *index);

// A view of a frozen index, to be destroyed by sl_hnsw_destroy() like an index. What is asked of it
// gets the same bits as what is asked of the index. sl_hnsw_bytes() are those of its scratch.
//   index   read; must outlive the view. It may be a view itself
//   Errors: ERR_STATE (the index is not frozen), ERR_MEMORY. Allocates two bytes a vector and
//   scratch that does not depend on their number. O(size).
sl_status sl_hnsw_view(const sl_hnsw *index, sl_hnsw **out);

bool sl_hnsw_is_frozen(const sl_hnsw *index);

#endif
