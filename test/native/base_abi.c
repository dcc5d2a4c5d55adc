// Every function of the raw ABI, of every module, in random order with random arguments: handles
// that are live, destroyed, of another kind or made up; calls before what they need, twice, and
// after the end. Nothing here knows what a function does. The build finds the functions and draws
// their arguments by type and name (tools/cmake/abi_calls.cmake); which handles a function takes is
// learnt from the calls that did not blame the handle. What must hold:
//
//   no access outside what the caller gave or the module holds (the sanitizers look)
//   a destroyed or made-up handle never works
//   a call that fails says why: a status of status.h, an argument, what was expected
//   an address that is given can be read
//   all functions work some time, and when everything is destroyed no byte is held
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_files.h"
#include "base/handle.h"
#include "base/rng.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif

typedef struct abi_function {
  const char *name;
  enum { STATUS, HANDLE, TEXT, NUMBER } kind;
  uintptr_t (*call)(void);
} abi_function;

enum { BUFFER_BYTES = 4 << 20, INPUTS = 8, OUTPUTS = 10, ADDRESSES = 4, FILLED = 320 };
enum { MEMORY = 1 << 20 }; // the limit: with it no array of an object is longer than a buffer
enum {
  LIVE = 256,
  OF_ONE_MAKER = 6,
  PAST = 64,
  RECENT = 8,
  MOST_FUNCTIONS = 1024,
  MOST_HANDLES = 3
};

static sl_rng rng;
static void *input_blocks[INPUTS], *output_blocks[OUTPUTS], *address_blocks[ADDRESSES];
static double kept_numbers[BUFFER_BYTES / 8]; // for arrays that must stay as they are after a call
static uint32_t kept_indices[BUFFER_BYTES / 4];

// The call that is being made.
static struct {
  uint32_t function;
  uint32_t size; // of matrices and graphs; few values, so that objects fit together
  uint32_t value_type;
  uint32_t input_blocks, output_blocks, address_blocks, handles;
  size_t document;       // bytes of the text or file that was drawn
  size_t block, details; // of the parts of a remote index
  double shift;          // of random numbers: most arrays are positive
  bool made_up;          // a handle that is not live was drawn
  sl_handle first;       // the first handle that was drawn
  uint32_t makers[MOST_HANDLES];
} call;

static struct live {
  sl_handle handle;
  uint32_t maker; // the function that gave it
} live[LIVE];
static uint32_t live_count;
static sl_handle recent[RECENT]; // used lately, newest at recent_count - 1
static uint32_t recent_count = 1;
static sl_handle past[PAST];
static uint32_t past_count;

// Which makers' handles were taken as handle i of a function.
static bool fits[MOST_FUNCTIONS][MOST_HANDLES][MOST_FUNCTIONS];
static uint32_t worked[MOST_FUNCTIONS], tried[MOST_FUNCTIONS];
static sl_error refused[MOST_FUNCTIONS]; // the last one that was not about a handle

static uint32_t asked_for; // the kind of file of the newest reader

static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }
static bool one_in(uint32_t n) { return below(n) == 0; }
static bool is(const char *name, const char *wanted) { return strcmp(name, wanted) == 0; }

static sl_handle pick_handle(const char *name);
static double pick_double(const char *name);
static uint32_t pick_number(const char *name);
static const void *pick_array(const char *type, const char *name);
static void *pick_output(void) { return output_blocks[call.output_blocks++]; }
static void *pick_address(void) { return &address_blocks[call.address_blocks++]; }

#include "abi_calls.h"

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static bool in_call(const char *part) {
  return strstr(functions[call.function].name, part) != NULL;
}

static const struct live *find_live(sl_handle handle) {
  for (uint32_t i = 0; i < live_count; i++) {
    if (live[i].handle == handle) return &live[i];
  }
  return NULL;
}

// A live handle that may fit at place `at`: half of the time one that was used lately, so that
// calls build on each other.
static const struct live *find_fitting(uint32_t at) {
  bool known = false;
  for (uint32_t f = 0; f < FUNCTIONS; f++) known = known || fits[call.function][at][f];
  for (uint32_t i = 0; i < RECENT && below(8) > 0; i++) {
    const struct live *found = find_live(recent[(recent_count - 1 - i) % RECENT]);
    if (found == NULL || (at > 0 && found->handle == call.first)) continue;
    if (!known || fits[call.function][at][found->maker]) return found;
  }
  for (uint32_t i = 0, from = below(live_count); i < live_count; i++) {
    const struct live *found = &live[(from + i) % live_count];
    if (!known || fits[call.function][at][found->maker]) return found;
  }
  return &live[below(live_count)];
}

static void use(sl_handle handle) {
  if (recent[(recent_count - 1) % RECENT] != handle) recent[recent_count++ % RECENT] = handle;
}

static sl_handle pick_handle(const char *name) {
  uint32_t at = call.handles++, way = below(20);
  assert_true(at < MOST_HANDLES);
  sl_handle handle = 0;
  if (way == 0 && past_count > 0) handle = past[below(past_count < PAST ? past_count : PAST)];
  if (way == 1) handle = below(2) ? (uint32_t)sl_rng_next(&rng) : 0;
  if (way == 2 && live_count > 0) handle = live[below(live_count)].handle + 1 + below(3);
  if (way == 3 && live_count > 0) handle = live[below(live_count)].handle;
  if (way > 3 && live_count > 0) handle = find_fitting(at)->handle;
  const struct live *found = find_live(handle);
  call.makers[at] = found != NULL ? found->maker : UINT32_MAX;
  const bool optional =
      is(name, "filter_handle") || is(name, "right_handle") || is(name, "before_handle");
  if (found == NULL && !(handle == 0 && optional)) call.made_up = true;
  if (at == 0) call.first = handle;
  if (found != NULL) use(handle);
  return handle;
}

static double pick_double(const char *name) {
  static const double wild[] = {NAN, INFINITY, -INFINITY, -1, 0, 1e300, 5e-324, 0x1p53, -0.5};
  // Some jobs have no end that a test would see: 2^32 steps of a layout, for instance.
  static const double wild_work[] = {NAN, -INFINITY, -1, 0, 5e-324, -0.5, 1e5};
  double u = sl_rng_double(&rng);
  if (is(name, "work")) {
    return one_in(24) ? wild_work[below(sizeof wild_work / sizeof wild_work[0])]
                      : 1 + u * u * 20000;
  }
  if (one_in(24)) return wild[below(sizeof wild / sizeof wild[0])];
  if (is(name, "tolerance") || is(name, "absolute_error")) return pow(10, -1 - 8 * u);
  if (is(name, "push_work") || is(name, "max_work")) return one_in(2) ? 0 : u * 5000;
  if (is(name, "bytes")) return one_in(2) ? 0 : u * 1e6;
  if (is(name, "offset") || is(name, "length")) return 0;
  if (is(name, "id")) return 1 + floor(u * 8);
  if (is(name, "condition_limit")) return one_in(2) ? 0 : 1 + u * 1e8;
  if (is(name, "epsilon")) return pow(10, -18 * u);
  if (is(name, "damping")) return one_in(2) ? 0.85 : u;
  if (in_call("_btsp_") && is(name, "items")) return 1 + floor(u * 50);
  if (in_call("_chooser_")) return is(name, "id") ? below(4) : u * 5;
  if (is(name, "curvature")) return one_in(4) ? u * 4 : 1;
  if (is(name, "start") || is(name, "until")) return floor(u * 1e9);
  if (in_call("_recurrence_")) return is(name, "count") ? 1 + floor(u * 50) : floor(u * 1e9);
  return u;
}

static uint32_t pick_number(const char *name) {
  static const struct {
    const char *name;
    uint32_t choices;
  } choices[] = {
      {"method", 14},   {"ordering", 4},
      {"outcome", 4},   {"why", 4},
      {"norm", 3},      {"ranking", 3},
      {"top_k", 8},     {"m", 20},
      {"ef", 40},       {"ef_construction", 40},
      {"index", 3},     {"metric", 6},
      {"codes", 6},     {"exact", 3},
      {"id", 40},       {"k", 9},
      {"kind", 4},      {"capacity", 300},
      {"value", 3},     {"max_iterations", 60},
      {"status", 70},   {"reason", 9},
      {"seed", 1000},   {"max_elements", 400},
      {"question", 15}, {"algorithm", 8},
      {"element", 5},   {"activation", 8},
      {"language", 2},  {"scorer", 2},
      {"fields", 8},    {"methods", 8},
      {"steps", 20},    {"ending", 4},
      {"how", 8},       {"depth", 8},
      {"least", 5},     {"precision", 3},
      {"least", 5},     {"pages", 20},
      {"features", 40}, {"as", 3},
  };
  uint32_t s = call.size;
  if (in_call("_learner_") && !one_in(20)) { // few shapes, so that parameters fit
    if (is(name, "input_count")) return 1;
    if (is(name, "output_count")) return 2;
    if (is(name, "hidden_layers")) return one_in(4);
    if (is(name, "parameter_count")) return 4;
    if (is(name, "epochs") || is(name, "batch")) return 1 + below(3);
  }
  if (in_call("_policy_") && !one_in(20)) { // the same of policies
    if (is(name, "input_count")) return 1;
    if (is(name, "action_count")) return 2;
    if (is(name, "hidden_layers")) return one_in(4);
    if (is(name, "parameter_count")) return 6;
  }
  if (in_call("_encoder_") && !one_in(20)) { // pieces of two bytes, texts of three
    if (is(name, "text_bytes")) return in_call("_create") ? 2 * s : 3 * s;
    if (is(name, "piece_count") || is(name, "text_count")) return s;
    if (is(name, "id_count")) return 3 * s;
    if (is(name, "value_count")) return 4 * s;
  }
  if (in_call("_decoder_") && !one_in(20)) { // sizes of the tensors of the decoder below
    if (is(name, "value_count")) return one_in(3) ? 2 : 4;
    if (is(name, "room")) return 60;
  }
  if (is(name, "byte_count") && call.document > 0)
    return one_in(8) ? below((uint32_t)call.document) : (uint32_t)call.document;
  // Lengths of arrays that the caller gives: never more than there is.
  if (call.document > 0 && (is(name, "n") || is(name, "count") || is(name, "length"))) {
    return (uint32_t)(one_in(8) ? below((uint32_t)call.document + 1) : call.document);
  }
  if (is(name, "block_length")) return (uint32_t)call.block;
  if (is(name, "details_length") || is(name, "page_length")) return (uint32_t)call.details;
  if (is(name, "rows_length") || is(name, "list_bytes")) return (uint32_t)call.block;
  if (is(name, "term")) return below(2);
  if (is(name, "graph_block") || is(name, "page")) return one_in(20) ? below(3) : 0;
  if (is(name, "pointer_count")) return one_in(20) ? below(30) : s + 1;
  if (is(name, "column_count") || is(name, "value_count") || is(name, "weight_count")) {
    return one_in(20) ? below(60) : 2 * s;
  }
  if (is(name, "count") && in_call("_from_")) return 3 * s;
  if (is(name, "tokens") && in_call("_selective_")) return below(4);
  if (strstr(name, "count") != NULL && !is(name, "node_count")) return below(s + 2);
  if (is(name, "x_length") || is(name, "y_length") || is(name, "length")) return s;
  if (in_call("_abi_property_") && strstr(name, "bytes") != NULL)
    return one_in(20) ? below((uint32_t)call.details + 1) : (uint32_t)call.details;
  if (is(name, "kind") && in_call("_abi_property_")) return below(8);
  if (is(name, "key_bytes") && (in_call("_has") || in_call("_explain"))) return 1;
  if (is(name, "n") || strstr(name, "bytes") != NULL) return below(200);
  if (is(name, "dimension")) return (uint32_t[]){0, 1, 2, 8, 8, 8, 16, 64}[below(8)];
  if (is(name, "k") || is(name, "most")) return below(9);
  if (is(name, "limit")) return below(300);
  if (is(name, "arms")) return below(4);
  if (is(name, "target_rows")) return one_in(2) ? 1 : s;
  if (is(name, "capacity") && !in_call("create") && !in_call("reserve")) return below(5000);
  if (one_in(24)) {
    static const uint32_t wild[] = {UINT32_MAX, 0x80000000u, 0x7fffffffu, 0, 100000, 1u << 20};
    return one_in(2) ? (uint32_t)sl_rng_next(&rng) : wild[below(6)];
  }
  if (is(name, "value_type") || is(name, "dtype")) return call.value_type;
  if (is(name, "rows") || is(name, "cols") || is(name, "node_count")) return s;
  if (is(name, "kind") && in_call("reader")) return files[asked_for = below(file_count)].kind;
  if (is(name, "label_kind")) return one_in(2) ? SL_LABELS_TEXT : 0;
  if (is(name, "separator")) return one_in(2) ? ',' : 0;
  if (is(name, "source") || is(name, "target")) return one_in(3) ? UINT32_MAX : below(s);
  if (is(name, "node") || is(name, "row") || is(name, "column")) return below(s);
  if (is(name, "method") && one_in(2)) return 0;
  for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
    if (is(name, choices[i].name)) return below(choices[i].choices);
  }
  return below(2);
}

static const char *pick_text(void) {
  static const char *texts[3][4] = {
      {"%%MatrixMarket matrix coordinate real general\n3 3 4\n1 1 4\n2 2 4\n3 3 4\n1 3 -1\n",
       "%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n",
       "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n",
       "%%MatrixMarket matrix coord"},
      {"0 1\n1 2\n2 0\n", "# a comment\n0,1,2.5\n1,2,1\n", "from,to\n7,9\n", "1 2 x\n"},
      {"3 2\n2 3\n1\n1\n", "% a comment\n2 1 1\n2 5\n1 5\n", "2 5\n2\n1\n", "9"},
  };
  const char *text = texts[in_call("market") ? 0 : in_call("edge_list") ? 1 : 2][below(4)];
  call.document = strlen(text);
  return text;
}

// One of the files; now and then with a byte changed.
static const void *pick_file(void) {
  uint32_t which = in_call("flat_load")   ? FILE_OF_FLAT
                   : in_call("hnsw_load") ? FILE_OF_HNSW
                                          : asked_for;
  call.document = files[which].length;
  uint8_t *copy = input_blocks[call.input_blocks++];
  memcpy(copy, files[which].bytes, call.document);
  if (one_in(10)) copy[below((uint32_t)call.document)] ^= (uint8_t)(1 << below(8));
  return copy;
}

// A part of the remote index, or of the remote graph; now and then with a byte changed.
static const void *pick_part(const double *place, size_t *length) {
  const file *from = in_call("_graph_") ? &graph_file : &remote_file;
  uint8_t *copy = input_blocks[call.input_blocks++];
  *length = (size_t)place[1];
  memcpy(copy, from->bytes + (size_t)place[0], *length);
  if (one_in(10)) copy[below((uint32_t)*length)] ^= (uint8_t)(1 << below(8));
  return copy;
}

// The lists of a word; now and then with a byte changed.
static const void *pick_lists(void) {
  uint8_t *copy = input_blocks[call.input_blocks++];
  call.block = word_list_bytes;
  memcpy(copy, word_lists, word_list_bytes);
  if (one_in(10)) copy[below((uint32_t)word_list_bytes)] ^= (uint8_t)(1 << below(8));
  return copy;
}

// A module of one function, f(i32) -> i32; now and then with a byte changed.
static const void *pick_module(void) {
  static const uint8_t module[] = {0, 0x61, 0x73, 0x6d, 1,  0, 0, 0, 1, 6,    1, 0x60, 1, 0x7f,
                                   1, 0x7f, 3,    2,    1,  0, 5, 3, 1, 0,    1, 7,    5, 1,
                                   1, 0x66, 0,    0,    10, 6, 1, 4, 0, 0x20, 0, 0x0b};
  uint8_t *copy = input_blocks[call.input_blocks++];
  call.document = sizeof module;
  memcpy(copy, module, sizeof module);
  if (one_in(10)) copy[below(sizeof module)] ^= (uint8_t)(1 << below(8));
  return copy;
}

// A file of weights (GGUF) with an entry k = 7 and a tensor t of two numbers; now and then with a
// byte changed.
static const void *pick_weights(void) {
  static const uint8_t head[] = {
      'G', 'G', 'U', 'F', 3, 0, 0, 0, 1,   0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, // counts
      1,   0,   0,   0,   0, 0, 0, 0, 'k', 4, 0, 0, 0, 7, 0, 0, 0,                      // entry
      1,   0,   0,   0,   0, 0, 0, 0, 't', 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,          // tensor
      0,   0,   0,   0,   0, 0, 0, 0, 0,   0, 0, 0};
  uint8_t *copy = input_blocks[call.input_blocks++];
  call.document = (sizeof head + 31) / 32 * 32 + 32; // where tensors begin, and what they take
  memset(copy, 0, call.document);
  memcpy(copy, head, sizeof head);
  if (one_in(10)) copy[below((uint32_t)call.document)] ^= (uint8_t)(1 << below(8));
  return copy;
}

static uint32_t index_at(const char *name, uint32_t i) {
  uint32_t s = call.size;
  if (is(name, "row_pointers")) return i <= s ? 2 * i : 2 * s;
  if (is(name, "columns")) return s < 2 ? i % 2 : (i % 2) * (s - 1);
  if (is(name, "row_indices")) return i % s;
  if (is(name, "column_indices")) return i < s ? i : (i * 5 + i / s) % s;
  if (is(name, "shape") && in_call("_selective_")) { // batch, channels, states, groups, three flags
    static const uint32_t most[] = {2, 0, 3, 2, 2, 2, 2};
    return i == 1 ? 2 : i < 7 ? (i < 4) + below(most[i]) : 0;
  }
  if (is(name, "shape") && in_call("_sparse_forward_")) { // sizes, then lengths of arrays
    static const uint32_t layer[] = {2, 3, 2, 1, 6, 3, 6, 2, 3};
    return i == 5 && one_in(2) ? 0 : i < 9 ? layer[i] + one_in(99) : 0;
  }
  if (is(name, "asked") && in_call("_sparse_forward_")) return i == 0 ? 4 : i == 1 ? 2 : below(4);
  if (is(name, "shape")) return i == 3 ? 8 * below(3) : i == 4 && one_in(2) ? 0 : below(5);
  if (is(name, "boundary") || is(name, "indices")) return i;
  if (is(name, "ids") && in_call("_decoder_")) return below(2);
  if (is(name, "ids")) return below(40);
  if (is(name, "model")) { // dimension, width, hidden, layers, heads, tokens, precision, cutting
    static const uint32_t models[2][9] = {{4, 4, 0, 0, 0, 9, 1, 0, 1}, {4, 6, 3, 1, 2, 9, 2, 0, 1}};
    const uint32_t at = i < 9 ? models[s == 5][i] : 0;
    return i == 6       ? 1 + below(2)
           : i == 7     ? below(3 + one_in(20))
           : i == 10    ? one_in(60) ? 0x3727c5ac : 0 // 1e-5
           : one_in(60) ? below(9)
                        : at;
  }
  if (is(name, "piece_lengths")) return 2;
  if (is(name, "text_lengths")) return 3;
  if (is(name, "ids") && in_call("_encoder_")) return i % s;
  if (is(name, "key_lengths")) return 1 + (one_in(8) ? below(400) : 0);
  if (is(name, "parts")) // what, where, length: a document of a short key, then fields
    return i == 0 || (i % 3 == 0 && one_in(3)) ? 255
           : i % 3 == 0                        ? 32 * below(3) + below(2)
                                               : i % 3 + below(3) - 1;
  if (is(name, "labels") || is(name, "lora_labels") || is(name, "negatives")) return below(2);
  if (is(name, "negative_begins")) return i;
  if (is(name, "labels") || is(name, "classes")) return below(2);
  if (is(name, "nodes") && in_call("_gnn_")) return i % s;
  if (is(name, "ended")) return below(one_in(64) ? 4 : 3);
  if (is(name, "actions")) return below(2);
  if (is(name, "shapes")) // kind, inputs, outputs, heads, averaged, activation
    return i % 6 == 0 ? (one_in(4) ? below(3) : 0) : i % 6 < 4 ? 1 : i % 6 == 4 ? 0 : below(3);
  if (is(name, "methods") || is(name, "endings")) return below(one_in(64) ? 4 : 2);
  if (is(name, "rule")) // frequency and interval, then bits, few of which may stand together
    return i == 0 ? below(7) : i == 1 ? 1 + below(3) : one_in(60) ? 1u << below(32) : 0;
  return below(s + (one_in(64) ? 2 : 0));
}

// What the functions of learning on graphs are set to.
static double learning_at(uint32_t i) {
  static const double smoothing[] = {0, 0.1, 3, 1, 1, 1, 2, 0.1}, logistic[] = {0.1, 50, 1e-6, 1};
  static const double training[] = {2, 2, 0.1, 0.01, 0.1, 5, 3, 1};
  if (one_in(60)) return i;
  if (in_call("_smoothing_")) return i == 0 ? below(3) : i < 8 ? smoothing[i] : 0;
  if (in_call("_logistic_")) return i < 4 ? logistic[i] : 0;
  return i < 8 ? training[i] : 0;
}

static double number_at(const char *name, uint32_t i) {
  static const double options[] = {1e-3, 0.9, 7, 0, 0};
  static const double settings[] = {2, 1, 1, 1, 1, 1, 0, 0, 0, 1, 3};
  static const double bandits[] = {0, 3, 0, 0.5, 1, 0, 1, 1, 1, 1, 0, 5, 3, 1};
  static const double evaluations[] = {31, 0, 2, 1, 5, 0.9, 1};
  static const double learners[] = {0, 0, 1, 0.01, 0.9, 0, 1, 3, 1, 2, 1, 1, 1, 1, 1, 2, 2, 1};
  static const double policies[] = {1, 0, 2, 3, 2, 4, 1, 0.01, 0.9, 0.9, 0.2, 0.01, 0.5, 1, 1};
  // Vocabulary, width, hidden, layers, heads, of keys, size, tokens, tied, interleaved, int8, ...
  static const double decoders[] = {2, 2, 2, 1, 1, 1, 2, 9, 1, 0, 0, 1e-5, 10000};
  static const double routers[] = {0, 3, 0.4, 2, 0.1, 2, 2, 0, 1, 0.1, 1};
  if (is(name, "model") && i < 13)
    return i == 8 || i == 10 ? below(2) : one_in(60) ? below(9) : decoders[i];
  if (is(name, "bandit_options")) return one_in(60) ? below(9) : i < 14 ? bandits[i] : 0;
  if (is(name, "router_options")) return one_in(40) ? below(4) : i < 11 ? routers[i] : 0;
  if (is(name, "optimizer_options")) { // kind, rate, momentum, two betas, epsilon, decay
    static const double optimizers[] = {0, 0.1, 0.5, 0.9, 0.99, 1e-8, 0};
    return i == 0 ? below(3) : i < 7 ? optimizers[i] : 0;
  }
  if (is(name,
         "learn_options")) { // loss, both, temperature, epochs, batch, clip, optimizer, rate, ...
    static const double learning[] = {0,    0,    0.1, 2, 2, 1, 0, 0.1, 0.5, 0.9,
                                      0.99, 1e-8, 0,   0, 1, 0, 1, 0.5, 1};
    if (i == 0 || i == 6) return below(3);
    return i == 1       ? below(2)
           : i == 13    ? below(4)
           : one_in(60) ? below(9)
           : i < 19     ? learning[i]
                        : 0;
  }
  if (is(name, "learner_options")) return one_in(60) ? below(9) : i < 18 ? learners[i] : 0;
  if (is(name, "policy_options")) return one_in(60) ? below(9) : i < 15 ? policies[i] : 0;
  if (is(name, "logarithms")) return -4 * sl_rng_double(&rng);
  if (is(name, "evaluation_options")) return one_in(60) ? below(9) : i < 7 ? evaluations[i] : 0;
  if (is(name, "operands")) { // type, batch, rows, depth, columns, counts and strides, ...
    static const double most[] = {4, 3, 4, 4, 4, 500, 6, 6, 20, 500, 6, 6, 20, 500, 9, 40};
    if (i < 16) return i == 5 || i == 9 || i == 13 ? 500 : below((uint32_t)most[i]) + (i == 0);
    return i == 16 || (i == 19 && one_in(2)) ? 1 : i == 18 && one_in(3) ? call.size : 0;
  }
  if (is(name, "asked") && in_call("_hyperbolic_")) { // sizes, causal, model, beta, curvature, mask
    static const double attention[] = {1, 1, 2, 1, 1, 1, 0, 0, 1, 1, 0};
    return i == 6 || i == 10 ? below(2) : i == 7 ? below(3) : i < 11 ? attention[i] : 0;
  }
  if (is(name, "asked")) { // tokens, heads, causal, window, global, mask, bias, scale
    static const uint32_t most[] = {3, 4, 2, 9, 2, 3, 4, 2};
    return i < 8 ? below(most[i]) : 0;
  }
  const bool learns = in_call("_smoothing_") || in_call("_logistic_") || in_call("_gnn_");
  if (is(name, "settings") && learns) return learning_at(i);
  if (is(name, "options") && in_call("_chooser_")) {
    static const double chooser[] = {2, 3, 0, 1, 100, 10, 20, 5, 3, 0.5, 0.9, 4};
    return i == 2 ? below(3) : i < 12 ? chooser[i] : 0;
  }
  if (is(name, "publishing")) return i == 0 ? below(3) : i == 2 ? 1 + below(2) : 0;
  if (is(name, "settings")) return i >= 11 ? 0 : one_in(40) ? i : settings[i];
  if (is(name, "options") || is(name, "numbers"))
    return i < 5 && !(i == 1 && one_in(2)) ? options[i] : 0;
  if (is(name, "problem")) { // pairs, which, method, sigma, tolerance, iterations, seed, two flags
    static const double most[] = {3, 3, 3, 1, 0, 50, 9, 1, 2};
    return i == 4 ? 1e-6 : i < 9 ? below((uint32_t)most[i]) + (i == 0 || i == 5) : 0;
  }
  if (is(name,
         "described")) { // rows, cols, entries, value type; no entries, so that zeros are right
    return i < 6 || i > 9 ? 0
           : i == 8       ? (one_in(2) ? 0 : below(9))
           : i == 9       ? below(20)
                          : call.size;
  }
  if (is(name, "changes")) return one_in(20) ? 0 : one_in(3) ? -1 : 1 + below(3);
  if (is(name, "boosts")) return one_in(20) ? 0 : 1 + below(3);
  if (is(name, "clauses")) { // occurrence, kind, fields, where, length, distance, boost
    static const uint32_t most[] = {3, 6, 8, 4, 6, 3, 0};
    return i % 7 == 6 ? 1 : below(most[i % 7]);
  }
  if (is(name, "added") || is(name, "excluded")) return floor(sl_rng_double(&rng) * 1e9);
  if (is(name, "values")) return i < call.size ? 9 : -1; // with the indices above: dominant rows
  return sl_rng_double(&rng) - call.shift;
}

// Queries, names and values as bytes of a property graph; their length is asked for next.
static const void *pick_property(const char *name) {
  static const char *const queries[] = {
      "MATCH (a)-[r*1..2]->(b) RETURN a, r, b ORDER BY a.k LIMIT 5",
      "CREATE (a:N {k: 1})-[:T {k: 'x'}]->(b) RETURN a",
      "MATCH (a) OPTIONAL MATCH (a)-->(b) SET a.k = 2, a:M DELETE b",
      "MERGE (a:N {k: 3}) RETURN count(*)",
      "UNWIND range(1, 300) AS i RETURN sum(i), collect(i)",
      "CALL f(1) YIELD b RETURN b",
      "RETURN 1 +",
  };
  static const char *const names[] = {"N", "T", "k"};
  static const char list[] = {7, 0, 0, 0, 0};
  const char *text = names[below(3)];
  if (is(name, "text")) text = queries[below(7)];
  if (is(name, "signature")) text = "f(a :: INTEGER) :: (b :: STRING)";
  if (is(name, "rows") && one_in(3)) {
    call.details = 0;
    return NULL;
  }
  if (is(name, "rows") || is(name, "values")) {
    call.details = sizeof list;
    return list;
  }
  call.details = is(name, "parameters") ? 0 : strlen(text);
  return text;
}

static const void *pick_array(const char *type, const char *name) {
  if (in_call("_abi_property_") && is(type, "uint8_t") && !is(name, "present"))
    return pick_property(name);
  if (in_call("_lora_") && is(name, "weights") && one_in(2)) return NULL;
  // These stay the module's to read after the call.
  if (in_call("_set_sparse")) return is(name, "values") ? (void *)kept_numbers : kept_indices;
  if (is(name, "b") || is(name, "t_values") || is(name, "b_values")) return kept_numbers;
  if (is(name, "t_indices") || is(name, "b_indices")) return one_in(2) ? NULL : kept_indices;
  if (in_call("_evaluation_create") && !is(name, "evaluation_options"))
    return is(type, "double") ? (void *)kept_numbers : kept_indices;
  if (is(name, "eligible") && one_in(2)) return NULL;
  if (is(name, "page_bytes")) return pick_part(graph_page, &call.details);
  if (is(name, "rows") && is(type, "uint8_t")) return pick_part(graph_place, &call.block);
  if (is(name, "bytes") && in_call("_remote_graph_create")) {
    const double head[] = {0, (double)graph_file.head};
    return pick_part(head, &call.document);
  }
  if (is(name, "block")) return pick_part(remote_block, &call.block);
  if (is(name, "lists") && in_call("_text_")) return pick_lists();
  if (is(name, "details")) return pick_part(remote_details, &call.details);
  if (is(name, "bytes") && (in_call("_remote_create") || in_call("_segments_check"))) {
    const double head[] = {0, (double)remote_file.head};
    return pick_part(head, &call.document);
  }
  if (is(name, "bytes") && in_call("_kernel_module_")) return pick_module();
  if (is(name, "bytes") && in_call("_weights_open")) return pick_weights();
  if (is(name, "bytes")) return is(type, "char") ? pick_text() : pick_file();
  if ((is(name, "initial_guess") || is(name, "initial")) && one_in(2)) return NULL;
  if (is(name, "queries") && in_call("_recall") && one_in(2)) return NULL;
  void *buffer = input_blocks[call.input_blocks++];
  call.shift = one_in(8) ? 0.6 : 0;
  bool doubles = is(type, "double") || (is(type, "void") && call.value_type == 2 &&
                                        !in_call("_add") && !in_call("_search"));
  bool floats = is(type, "float") || is(type, "void");
  for (uint32_t i = 0; i < FILLED; i++) {
    if (doubles) {
      ((double *)buffer)[i] = number_at(name, i);
    } else if (floats) {
      ((float *)buffer)[i] = (float)(number_at(name, i) / (in_call("values") ? 1 : 4));
    } else if (is(type, "uint32_t") || is(type, "int32_t")) {
      ((uint32_t *)buffer)[i] = index_at(name, i);
    } else {
      // Few letters in texts, so that words and keys meet again.
      ((uint8_t *)buffer)[i] = in_call("_text_") && !one_in(8) ? (uint8_t)"abc \n"[below(5)]
                                                               : (uint8_t)sl_rng_next(&rng);
    }
  }
  if (is(name, "hash")) sl_merkle_leaf_hash(NULL, 0, buffer); // right for no bytes
  if (doubles && !is(name, "options") && !is(name, "problem") && one_in(30))
    ((double *)buffer)[below(4)] = NAN;
  return buffer;
}

static void forget(sl_handle handle) {
  for (uint32_t i = 0; i < live_count; i++) {
    if (live[i].handle != handle) continue;
    live[i] = live[--live_count];
    past[past_count++ % PAST] = handle;
    return;
  }
}

// The address of a byte, or (of an array that is empty) the end of a block.
static bool can_be_read(const void *address) {
#if __has_feature(address_sanitizer)
  const char *at = address;
  return at == NULL || !__asan_address_is_poisoned(at) || !__asan_address_is_poisoned(at - 1);
#else
  (void)address;
  return true;
#endif
}

static bool is_status(int32_t value) { return !is(sl_status_name((sl_status)value), "UNKNOWN"); }

// What was drawn is of the right kind.
static void learn(uint32_t f) {
  for (uint32_t i = 0; i < call.handles && !call.made_up; i++) {
    if (call.makers[i] != UINT32_MAX) fits[f][i][call.makers[i]] = true;
  }
}

// Calls functions[f] and looks at what comes.
static void make_call(uint32_t f) {
  memset(&call, 0, sizeof call);
  call.function = f;
  call.size = (uint32_t[]){1, 2, 5, 12}[below(4)];
  call.value_type = below(10) == 0 ? 0 : 1 + below(2);
  memset(address_blocks, 0, sizeof address_blocks);
  sl_fail(SL_OK, "", "", SL_NO_POSITION);
  // Now and then memory ends in the middle of the call.
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, one_in(16) ? below(one_in(2) ? 1000 : 20000) : UINT64_MAX);
  uintptr_t result = functions[f].call();
  sl_memory_budget_end(&budget);
  tried[f]++;
  const char *name = functions[f].name;
  bool failed = functions[f].kind == HANDLE   ? result == 0
                : functions[f].kind == STATUS ? (int32_t)result != 0
                                              : false;
  if (failed) {
    const sl_error *error = sl_last_error();
    int32_t status = functions[f].kind == STATUS ? (int32_t)result : (int32_t)error->status;
    if (!is_status(status) || status >= 0 || status != (int32_t)error->status ||
        error->argument[0] == 0 || error->expected[0] == 0) {
      fail_msg("%s: status %d, last error %d (%s, %s)", name, status, error->status,
               error->argument, error->expected);
    }
    if (status == SL_ERR_HANDLE) return;
    refused[f] = *error;
    learn(f);
    return;
  }
  if (functions[f].kind == TEXT && result != 0) assert_true(strlen((const char *)result) < 1000);
  if (functions[f].kind != STATUS && functions[f].kind != HANDLE) {
    worked[f]++;
    return;
  }
  if (call.made_up) fail_msg("%s worked with a handle that is not live", name);
  worked[f]++;
  learn(f);
  for (uint32_t i = 0; i < call.address_blocks; i++) {
    if (!can_be_read(address_blocks[i])) fail_msg("%s gave an address that is nobody's", name);
  }
  if (functions[f].kind == HANDLE) {
    assert_true(live_count < LIVE);
    live[live_count++] = (struct live){(sl_handle)result, f};
    use((sl_handle)result);
  } else if (in_call("_destroy")) {
    forget(call.first);
  }
}

// The module's memory belongs to whoever calls these; the test gives it no other way.
static bool is_called(const char *name) {
  return !is(name, "sl_abi_alloc") && !is(name, "sl_abi_free") &&
         !is(name, "sl_abi_set_memory_limit");
}

static int set_up(void **state) {
  (void)state;
  for (int i = 0; i < INPUTS; i++) input_blocks[i] = calloc(BUFFER_BYTES, 1);
  for (int i = 0; i < OUTPUTS; i++) output_blocks[i] = calloc(BUFFER_BYTES, 1);
  for (uint32_t i = 0; i < BUFFER_BYTES / 8; i++) kept_numbers[i] = 1.0 / (1 + i % 100);
  for (uint32_t i = 0; i < BUFFER_BYTES / 4; i++) kept_indices[i] = i;
  make_files();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  for (int i = 0; i < INPUTS; i++) free(input_blocks[i]);
  for (int i = 0; i < OUTPUTS; i++) free(output_blocks[i]);
  free_files();
  return 0;
}

static bool has_enough(uint32_t maker) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < live_count; i++) count += live[i].maker == maker;
  return count >= OF_ONE_MAKER || live_count >= LIVE;
}

static bool is_destroyer(uint32_t f) { return strstr(functions[f].name, "_destroy") != NULL; }

// Destroys one of a maker's objects, most of the time.
static void replace(uint32_t maker) {
  for (uint32_t i = 0, from = below(live_count); i < live_count; i++) {
    const struct live *found = &live[(from + i) % live_count];
    if (found->maker == maker) use(found->handle);
  }
  bool known = false;
  for (uint32_t f = 0; f < FUNCTIONS; f++) known = known || (is_destroyer(f) && fits[f][0][maker]);
  for (uint32_t f = 0; f < FUNCTIONS; f++) {
    if (is_destroyer(f) && (!known || fits[f][0][maker])) make_call(f);
  }
}

static void destroy_all(void) {
  for (uint32_t i = 0; i < 10000 && live_count > 0; i++) replace(live[0].maker);
  assert_int_equal(live_count, 0);
}

// What works only between two finished runs of the same size, which chance makes too rarely to wait
// for: that it works is tested elsewhere (diffusion_certificates.c), here it is only called.
// The same goes for the rows of a procedure, which a query has to wait for (property_defined.c), for
// a decoder that has been given all of its tensors in their order (inference_decoder.c), and for
// voice detectors, whose network is larger than the limit (inference_voice.c).
static bool is_rare(const char *name) {
  return is(name, "sl_abi_pagerank_follow") || is(name, "sl_abi_property_answer") ||
         is(name, "sl_abi_decoder_begin") || is(name, "sl_abi_property_apply") ||
         strncmp(name, "sl_abi_voice_", 13) == 0;
}

static bool waits(uint32_t f) {
  return worked[f] == 0 && is_called(functions[f].name) && !is_rare(functions[f].name);
}

// A function that has not worked yet; UINT32_MAX where there is none.
static uint32_t pick_waiting(void) {
  for (uint32_t i = 0, from = below(FUNCTIONS); i < FUNCTIONS; i++) {
    if (waits((from + i) % FUNCTIONS)) return (from + i) % FUNCTIONS;
  }
  return UINT32_MAX;
}

static uint32_t near(uint32_t f) { return (f + FUNCTIONS + below(17) - 8) % FUNCTIONS; }

static uint32_t pick_job_function(void) {
  uint32_t f = below(FUNCTIONS);
  while (strncmp(functions[f].name, "sl_abi_job_", 11) != 0) f = (f + 1) % FUNCTIONS;
  return f;
}

// The next function. Neighbours in the source belong together: half of the calls stay close to the
// last one. Once every function had its chance, most calls go to those that wait for their first
// success, to their neighbours and to the functions that make jobs go on.
static uint32_t next_function(uint32_t last, uint32_t waiting) {
  if (waiting == UINT32_MAX || one_in(4)) return one_in(2) ? below(FUNCTIONS) : near(last);
  if (one_in(4)) return pick_job_function();
  return one_in(3) ? waiting : near(waiting);
}

static void any_order(uint64_t seed, uint32_t calls) {
  sl_rng_seed(&rng, seed);
  sl_set_memory_limit(MEMORY);
  for (uint32_t i = 0, f = 0; i < calls; i++) {
    f = next_function(f, seed == 1 ? UINT32_MAX : pick_waiting());
    const char *name = functions[f].name;
    if (!is_called(name)) continue;
    if (functions[f].kind == HANDLE && has_enough(f)) {
      if (one_in(2)) replace(f);
      continue;
    }
    // Objects live for a while.
    if (is_destroyer(f) && !one_in(4)) continue;
    make_call(f);
  }
  destroy_all();
  assert_int_equal(sl_handle_count(), 0);
}

static uint32_t count_never_worked(bool say) {
  uint32_t never = 0;
  for (uint32_t f = 0; f < FUNCTIONS; f++) {
    if (!waits(f)) continue;
    never++;
    if (!say) continue;
    print_message("never worked in %u calls: %s (%s: %s)\n", tried[f], functions[f].name,
                  refused[f].argument, refused[f].expected);
  }
  return never;
}

// At least 150,000 calls; more while a function waits for its first success.
static void every_function_in_any_order(void **state) {
  (void)state;
  assert_true(FUNCTIONS <= MOST_FUNCTIONS && FUNCTIONS > 100);
  for (uint64_t seed = 1; seed <= 60 && (seed <= 1 || count_never_worked(false) > 0); seed++) {
    any_order(seed, 150000);
  }
  assert_int_equal(count_never_worked(true), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_function_in_any_order),
  };
  return cmocka_run_group_tests_name("base_abi", tests, set_up, tear_down);
}
