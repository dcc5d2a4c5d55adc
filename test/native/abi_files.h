// What base_abi.c reads: a small file of each kind, and a remote index.
#ifndef SL_TEST_ABI_FILES_H
#define SL_TEST_ABI_FILES_H

#include "check.h"

#include <stdlib.h>

#include "bandit/bandit.h"
#include "bandit/file.h"
#include "chooser/chooser.h"
#include "chooser/file.h"
#include "continual/continual.h"
#include "continual/file.h"
#include "crypto/file.h"
#include "direct/factor.h"
#include "gnn/file.h"
#include "gnn/gnn.h"
#include "gnn/logistic.h"
#include "graph/file.h"
#include "hnsw/file.h"
#include "hnsw/inverted.h"
#include "inference/encoder.h"
#include "inference/file.h"
#include "lora/file.h"
#include "lora/lora.h"
#include "paths/file.h"
#include "paths/hierarchy.h"
#include "property/file.h"
#include "property/property.h"
#include "router/file.h"
#include "router/router.h"
#include "sparse/file.h"
#include "text/file.h"
#include "text/fulltext.h"

#include "format_graph_file.h"

enum { MOST_FILES = 32 };

// One file of each kind. The first two are those of the loaders that take a file as a whole.
enum { FILE_OF_FLAT, FILE_OF_HNSW };
static struct {
  sl_file_kind kind;
  uint8_t *bytes;
  size_t length;
} files[MOST_FILES];
static uint32_t file_count;

// A remote index with one cell of one group, and where their bytes are.
static file remote_file;
static double remote_block[SL_REMOTE_PLACE], remote_details[SL_REMOTE_PLACE];

// A graph with one block, and where that and the page with its hash are.
static file graph_file;
static double graph_place[SL_REMOTE_GRAPH_PLACE], graph_page[SL_REMOTE_GRAPH_PLACE];

// The lists of the only word of a full-text index that is read by ranges.
static uint8_t word_lists[64];
static size_t word_list_bytes;

static uint8_t *add_file(sl_file_kind kind, uint64_t length) {
  assert_true(file_count < MOST_FILES);
  files[file_count].kind = kind;
  files[file_count].length = (size_t)length;
  files[file_count].bytes = malloc((size_t)length);
  return files[file_count++].bytes;
}

static void keep_file(sl_file_kind kind, sl_writer *writer) {
  uint32_t written, length = (uint32_t)sl_writer_size(writer);
  assert_ok(sl_writer_next(writer, add_file(kind, length), length, &written));
  sl_writer_destroy(writer);
}

static void make_files(void) {
  const uint32_t from[] = {0, 1, 2, 2}, to[] = {1, 2, 0, 3};
  const float vectors[] = {1, 2, 3, 4, 5, 6, 7, 8, 8, 7, 6, 5, 4, 3, 2, 1};
  const double publishing[] = {SL_REMOTE_EUCLIDEAN, 1, 1, 0};
  sl_remote *remote;
  remote_file = publish(vectors, 2, 8, publishing, true, UINT64_MAX);
  assert_ok(sl_remote_create(remote_file.bytes, remote_file.head, 1, &remote));
  assert_ok(sl_remote_place(remote, 0, remote_block));
  assert_ok(sl_remote_group(remote, 0, remote_file.bytes + (size_t)remote_block[0],
                            (size_t)remote_block[1], 0, remote_details));
  sl_remote_destroy(remote);

  const uint32_t pointers[] = {0, 2, 4, 6, 7, 8}, ends[] = {1, 2, 0, 2, 0, 1, 4, 3};
  sl_remote_graph *remote_graph;
  graph_file = publish_graph(5, pointers, ends, NULL, false, true, UINT64_MAX);
  assert_ok(sl_remote_graph_create(graph_file.bytes, graph_file.head, 1, &remote_graph));
  assert_ok(sl_remote_graph_place(remote_graph, 0, graph_place));
  memcpy(graph_page, graph_place + 5, 2 * sizeof(double));
  sl_remote_graph_destroy(remote_graph);

  const uint32_t ids[] = {3, 5};
  uint32_t added, written, length;
  sl_flat *flat;
  assert_ok(sl_flat_create(SL_METRIC_EUCLIDEAN, 8, 1, 0, &flat));
  assert_ok(sl_flat_add(flat, ids, vectors, 2, (sl_duplicate)0, &added));
  length = (uint32_t)sl_flat_file_size(flat);
  assert_ok(sl_flat_save(flat, 0, add_file(SL_FILE_FLAT, length), length, &written));
  sl_flat_destroy(flat);
  sl_hnsw_options options = sl_hnsw_options_default();
  options.dimension = 8;
  sl_hnsw *index;
  assert_ok(sl_hnsw_create(&options, &index));
  assert_ok(sl_hnsw_add(index, ids, vectors, 2, (sl_duplicate)0, &added));
  length = (uint32_t)sl_hnsw_file_size(index);
  assert_ok(sl_hnsw_save(index, 0, add_file(SL_FILE_HNSW, length), length, &written));
  sl_hnsw_destroy(index);
  sl_graph *graph;
  sl_csr *matrix;
  sl_writer *writer;
  assert_ok(sl_graph_from_edges(4, 4, from, to, NULL, SL_VALUES_PATTERN, false, &graph));
  assert_ok(sl_graph_laplacian(graph, 1, &matrix));
  assert_ok(sl_csr_save(matrix, &writer));
  keep_file(SL_FILE_MATRIX, writer);
  assert_ok(sl_graph_save(graph, SL_LABELS_TEXT, "[]", 2, &writer));
  keep_file(SL_FILE_GRAPH, writer);
  sl_factor *factor;
  sl_outcome outcome;
  assert_ok(sl_factor_create(matrix, SL_FACTOR_AUTO, SL_FACTOR_ORDER_AMD, &factor));
  assert_ok(sl_job_step(sl_factor_job(factor), UINT64_MAX, &outcome));
  assert_ok(sl_factor_save(factor, &writer));
  keep_file(SL_FILE_FACTOR, writer);
  sl_factor_destroy(factor);
  sl_hierarchy *hierarchy;
  assert_ok(sl_hierarchy_create(graph, true, &hierarchy));
  assert_ok(sl_job_step(sl_hierarchy_job(hierarchy), UINT64_MAX, &outcome));
  assert_ok(sl_hierarchy_save(hierarchy, SL_LABELS_TEXT, "[]", 2, &writer));
  keep_file(SL_FILE_HIERARCHY, writer);
  sl_bandit_options bandit_options = sl_bandit_options_default();
  bandit_options.dimension = 3;
  sl_bandit *bandit;
  uint32_t arm;
  assert_ok(sl_bandit_create(&bandit_options, &bandit));
  assert_ok(sl_bandit_add_arm(bandit, &arm));
  assert_ok(sl_bandit_save(bandit, "[]", 2, &writer));
  keep_file(SL_FILE_BANDIT, writer);
  sl_bandit_destroy(bandit);
  sl_hierarchy_destroy(hierarchy);
  sl_chain *chain;
  assert_ok(sl_chain_create((const uint8_t *)"a", 1, &chain));
  assert_ok(sl_chain_append(chain, 7, (const uint8_t *)"entry", 5));
  assert_ok(sl_chain_save(chain, &writer));
  keep_file(SL_FILE_CHAIN, writer);
  sl_chain_destroy(chain);
  sl_property *properties;
  uint32_t first;
  const uint32_t known[] = {0, 1};
  assert_ok(sl_property_create(&properties));
  assert_ok(sl_property_add_nodes(properties, (const uint8_t *)"A", 1, 2, &first));
  assert_ok(sl_property_add_relationships(properties, (const uint8_t *)"B", 1, known, known + 1, 1,
                                          &first));
  assert_ok(sl_property_save(properties, &writer));
  keep_file(SL_FILE_PROPERTY, writer);
  sl_property_destroy(properties);
  const sl_fulltext_options text_options = {2, SL_LANGUAGE_ENGLISH, true};
  const uint32_t parts[] = {SL_PART_KEY, 0, 1, SL_PART_TEXT, 1, 10};
  sl_fulltext *texts;
  uint32_t documents;
  assert_ok(sl_fulltext_create(&text_options, NULL, 0, &texts));
  assert_ok(
      sl_fulltext_add(texts, (const uint8_t *)"aab ca bb c", 11, parts, 2, false, &documents));
  assert_ok(sl_fulltext_save(texts, &writer));
  keep_file(SL_FILE_TEXT, writer);
  sl_fulltext_destroy(texts);
  // An index of one word, whose lists are those of all words.
  const uint32_t word[] = {SL_PART_KEY, 0, 1, SL_PART_TEXT, 1, 3};
  double lists[2];
  assert_ok(sl_fulltext_create(&text_options, NULL, 0, &texts));
  assert_ok(sl_fulltext_add(texts, (const uint8_t *)"aaab", 4, word, 2, false, &documents));
  assert_ok(sl_fulltext_save_head(texts, &writer));
  keep_file(SL_FILE_TEXT_HEAD, writer);
  assert_ok(sl_fulltext_lists(texts, lists));
  assert_true(lists[1] <= sizeof word_lists);
  word_list_bytes = (size_t)lists[1];
  memcpy(word_lists, (const void *)(uintptr_t)lists[0], word_list_bytes);
  sl_fulltext_destroy(texts);

  static const uint32_t sparse_ids[] = {1, 2}, starts[] = {0, 2, 3}, indices[] = {0, 4, 1};
  static const float sparse_values[] = {1, -2, 3};
  sl_inverted *sparse;
  assert_ok(sl_inverted_create(&sparse));
  assert_ok(sl_inverted_add(sparse, sparse_ids, 2, starts, indices, sparse_values, 3,
                            SL_DUPLICATE_ERROR, &documents));
  assert_ok(sl_inverted_save(sparse, &writer));
  keep_file(SL_FILE_SPARSE, writer);
  sl_inverted_destroy(sparse);
  const double settings[SL_LOGISTIC_SETTINGS] = {0.1, 50, 1e-6, 1};
  const uint32_t classes[] = {0, 1, 2, 1};
  sl_logistic *logistic;
  assert_ok(sl_logistic_create(4, 2, 3, vectors, classes, NULL, settings, &logistic));
  assert_ok(sl_job_step(sl_logistic_job(logistic), UINT64_MAX, &outcome));
  assert_ok(sl_logistic_save(logistic, &writer));
  keep_file(SL_FILE_LOGISTIC, writer);
  sl_logistic_destroy(logistic);
  sl_router_question routes = sl_router_question_default();
  routes.examples = 4;
  routes.dimension = 2;
  routes.routes = 3;
  routes.vectors = vectors;
  routes.labels = classes;
  sl_router *router;
  assert_ok(sl_router_create(&routes, &router));
  assert_ok(sl_job_step(sl_router_job(router), UINT64_MAX, &outcome));
  assert_ok(sl_router_save(router, "[]", 2, &writer));
  keep_file(SL_FILE_ROUTER, writer);
  sl_router_destroy(router);
  const sl_lora_shape low = {2, 2, 1, 1, 3};
  sl_lora *lora;
  assert_ok(sl_lora_create(&low, NULL, 0, &lora));
  assert_ok(sl_lora_save(lora, "", 0, &writer));
  keep_file(SL_FILE_LORA, writer);
  sl_lora_destroy(lora);
  const uint32_t shapes[SL_GNN_SHAPE] = {SL_GNN_GCN, 2, 2, 1, 0, SL_GNN_RELU};
  sl_gnn *gnn;
  assert_ok(sl_gnn_create(1, shapes, vectors, 6, &gnn));
  assert_ok(sl_gnn_save(gnn, &writer));
  keep_file(SL_FILE_GNN, writer);
  sl_gnn_destroy(gnn);
  static const double chosen[] = {2, 1, SL_CHOOSER_FOREST, 1, 10, 10, 8, 3, 2, 1, 0.9, 2};
  sl_chooser *chooser;
  assert_ok(sl_chooser_create(chosen, NULL, 0, &chooser));
  for (uint32_t i = 0; i < 12; i++)
    assert_ok(sl_chooser_report(chooser, 0, (const double[]){i}, i % 2, i, i % 3));
  assert_ok(sl_chooser_save(chooser, &writer));
  keep_file(SL_FILE_CHOOSER, writer);
  sl_chooser_destroy(chooser);
  sl_learner_options learns = sl_learner_options_default();
  learns.inputs = 1;
  learns.outputs = 2;
  sl_learner *learner;
  assert_ok(sl_learner_create(&learns, &learner));
  assert_ok(sl_learner_save(learner, "", 0, &writer));
  keep_file(SL_FILE_LEARNER, writer);
  sl_learner_destroy(learner);
  const sl_encoder_shape shape = {2, 2, 0, 0, 0, 9, SL_PRECISION_I8, 0, 0};
  sl_encoder *encoder;
  assert_ok(sl_encoder_create(&shape, SL_CUTTING_WORDS, (const uint8_t *)"abc", 3,
                              (const uint32_t[]){1, 2}, NULL, 2, 0, &encoder));
  assert_ok(sl_encoder_add(encoder, vectors, 4));
  assert_ok(sl_encoder_save(encoder, &writer));
  keep_file(SL_FILE_ENCODER, writer);
  sl_encoder_destroy(encoder);
  sl_csr_destroy(matrix);
  sl_graph_destroy(graph);
}

static void free_files(void) {
  for (uint32_t i = 0; i < file_count; i++) free(files[i].bytes);
  free(remote_file.bytes);
  free(graph_file.bytes);
}

#endif
