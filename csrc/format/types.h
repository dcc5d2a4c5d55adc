// What remote indexes and graphs are called by everything that has to do with them.
#ifndef SL_FORMAT_TYPES_H
#define SL_FORMAT_TYPES_H

#define SL_REMOTE_KIND 0x58444952u // "RIDX"

typedef enum sl_remote_metric {
  SL_REMOTE_COSINE = 0,    // 1 - cos
  SL_REMOTE_DOT = 1,       // the negated inner product
  SL_REMOTE_EUCLIDEAN = 2, // the length of the difference
} sl_remote_metric;

typedef struct sl_remote sl_remote;
typedef struct sl_remote_search sl_remote_search;
typedef struct sl_remote_graph sl_remote_graph;

#endif
