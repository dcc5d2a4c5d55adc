// Writes files of ONNX and GGUF, for tests and fuzzers: messages of Protocol Buffers, and a network of
// the form of Silero VAD with made-up numbers.
#ifndef SL_TEST_ONNX_H
#define SL_TEST_ONNX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct bytes {
  uint8_t *at;
  size_t count, room;
} bytes;

static inline void put(bytes *b, const void *from, size_t count) {
  if (b->count + count > b->room) {
    b->room = 2 * (b->count + count);
    b->at = realloc(b->at, b->room);
    if (b->at == NULL) abort();
  }
  if (count > 0) memcpy(b->at + b->count, from, count);
  b->count += count;
}
static inline void put_u32(bytes *b, uint32_t v) { put(b, &v, sizeof v); }
static inline void put_u64(bytes *b, uint64_t v) { put(b, &v, sizeof v); }
static inline void put_text(bytes *b, const char *text) {
  put_u64(b, strlen(text));
  put(b, text, strlen(text));
}

// ---- Protocol Buffers ---------------------------------------------------------------------------

static inline void put_varint(bytes *b, uint64_t v) {
  uint8_t byte;
  for (; v > 127; v >>= 7) {
    byte = (uint8_t)(v | 128);
    put(b, &byte, 1);
  }
  byte = (uint8_t)v;
  put(b, &byte, 1);
}
static inline void put_number(bytes *b, uint32_t field, uint64_t v) {
  put_varint(b, (uint64_t)field << 3);
  put_varint(b, v);
}
static inline void put_block(bytes *b, uint32_t field, const void *from, size_t count) {
  put_varint(b, (uint64_t)field << 3 | 2);
  put_varint(b, count);
  put(b, from, count);
}
static inline void put_name(bytes *b, uint32_t field, const char *name) {
  put_block(b, field, name, strlen(name));
}
// A message that is whole, which is freed.
static inline void put_message(bytes *b, uint32_t field, bytes *message) {
  put_block(b, field, message->at, message->count);
  free(message->at);
  *message = (bytes){NULL, 0, 0};
}

// TensorProto of FLOAT. rank 0: a single number.
static inline bytes tensor_of(const char *name, const uint32_t *dims, uint32_t rank,
                              const float *values) {
  bytes t = {NULL, 0, 0};
  size_t count = 1;
  for (uint32_t d = 0; d < rank; d++) {
    put_number(&t, 1, dims[d]);
    count *= dims[d];
  }
  put_number(&t, 2, 1);
  if (name != NULL) put_name(&t, 8, name);
  put_block(&t, 9, values, count * sizeof *values);
  return t;
}

// NodeProto without attributes.
static inline bytes node_of(const char *kind, const char *const *inputs, uint32_t count,
                            const char *output) {
  bytes n = {NULL, 0, 0};
  for (uint32_t i = 0; i < count; i++) put_name(&n, 1, inputs[i]);
  put_name(&n, 2, output);
  put_name(&n, 4, kind);
  return n;
}
static inline void put_integers(bytes *node, const char *name, const uint32_t *values,
                                uint32_t count) {
  bytes a = {NULL, 0, 0};
  put_name(&a, 1, name);
  for (uint32_t i = 0; i < count; i++) put_number(&a, 8, values[i]);
  put_message(node, 5, &a);
}

// A node `Constant` whose value this is.
static inline void put_constant(bytes *graph, const char *name, const uint32_t *dims, uint32_t rank,
                                const float *values) {
  bytes n = node_of("Constant", NULL, 0, name), a = {NULL, 0, 0};
  bytes t = tensor_of(NULL, dims, rank, values);
  put_name(&a, 1, "value");
  put_message(&a, 5, &t);
  put_message(&n, 5, &a);
  put_message(graph, 1, &n);
}

static inline void put_convolution(bytes *graph, const char *weights, uint32_t stride,
                                   uint32_t pad) {
  const char *inputs[3] = {"x", weights, "bias"};
  bytes n = node_of("Conv", inputs, 3, "y");
  put_integers(&n, "dilations", &(uint32_t){1}, 1);
  put_integers(&n, "pads", (const uint32_t[]){pad, pad}, 2);
  put_integers(&n, "strides", &stride, 1);
  put_message(graph, 1, &n);
}

static inline bytes model_of(bytes *graph) {
  bytes m = {NULL, 0, 0};
  put_number(&m, 1, 8);
  put_name(&m, 2, "test");
  put_message(&m, 7, graph);
  return m;
}

// ---- a network ----------------------------------------------------------------------------------

typedef struct made_tensor {
  const char *name;
  uint32_t dims[3], rank;
  double size; // numbers are up to this
} made_tensor;
enum { MADE_TENSORS = 15 };
static const made_tensor made_tensors[MADE_TENSORS] = {
    {"a/stft.forward_basis_buffer", {258, 1, 256}, 3, 0.2},
    {"a/encoder.0.reparam_conv.weight", {128, 129, 3}, 3, 0.1},
    {"a/encoder.0.reparam_conv.bias", {128}, 1, 0.3},
    {"a/encoder.1.reparam_conv.weight", {64, 128, 3}, 3, 0.1},
    {"a/encoder.1.reparam_conv.bias", {64}, 1, 0.3},
    {"a/encoder.2.reparam_conv.weight", {64, 64, 3}, 3, 0.2},
    {"a/encoder.2.reparam_conv.bias", {64}, 1, 0.3},
    {"a/encoder.3.reparam_conv.weight", {128, 64, 3}, 3, 0.2},
    {"a/encoder.3.reparam_conv.bias", {128}, 1, 0.3},
    {"a/decoder.rnn.weight_ih", {512, 128}, 2, 0.3},
    {"a/decoder.rnn.weight_hh", {512, 128}, 2, 0.3},
    {"a/decoder.rnn.bias_ih", {512}, 1, 0.5},
    {"a/decoder.rnn.bias_hh", {512}, 1, 0.5},
    {"a/decoder.decoder.2.weight", {1, 128, 1}, 3, 1},
    {"a/decoder.decoder.2.bias", {1}, 1, 0.1},
};

static inline size_t elements_of(const made_tensor *t) {
  size_t count = 1;
  for (uint32_t d = 0; d < t->rank; d++) count *= t->dims[d];
  return count;
}

// Number i of tensor t: from -size to size, always the same.
static inline float made_number(const made_tensor *t, size_t i) {
  uint32_t x = (uint32_t)(t - made_tensors) * 2654435761u + (uint32_t)i * 2246822519u + 374761393u;
  x = (x ^ x >> 15) * 2246822519u;
  x = (x ^ x >> 13) * 3266489917u;
  return (float)((double)(x ^ x >> 16) / 2147483648.0 * t->size - t->size);
}

// The network as ONNX. left_out: a tensor that is not there, or -1.
static inline bytes made_network(int left_out) {
  bytes graph = {NULL, 0, 0};
  for (int i = 0; i < MADE_TENSORS; i++) {
    const made_tensor *t = &made_tensors[i];
    const size_t count = elements_of(t);
    float *values = malloc(count * sizeof *values);
    if (values == NULL) abort();
    for (size_t j = 0; j < count; j++) values[j] = made_number(t, j);
    if (i != left_out) put_constant(&graph, t->name, t->dims, t->rank, values);
    free(values);
  }
  put_convolution(&graph, made_tensors[0].name, 128, 0);
  for (int l = 0; l < 4; l++)
    put_convolution(&graph, made_tensors[1 + 2 * l].name, l == 1 || l == 2 ? 2 : 1, 1);
  put_convolution(&graph, made_tensors[13].name, 1, 0);
  return model_of(&graph);
}

#endif
