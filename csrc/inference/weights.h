// Weights: a file of tensors by name, of GGUF (versions 2 and 3) or ONNX, whole in memory.
//
//   sl_weights_create(bytes, &weights);
//   memcpy(sl_weights_data(weights), file, bytes);
//   sl_weights_parse(weights);                       everything is looked at, nothing is copied
//   sl_weights_find(weights, name, length, &i);
//   sl_weights_read(weights, i, out);                its elements as f32
//
// Safe on untrusted bytes: a file is refused when a part of it lies outside of it, when tensors
// overlap or have gaps between them, when a name or a key stands twice, when a size does not fit.
//
// Of ONNX the tensors are those that the file calls initializers and the values of its nodes
// `Constant`, in graphs within graphs as well; nothing is computed. Operators must be of the list
// below, so that a file is refused by the name of what is not known.
//
// Sources: GGUF, github.com/ggml-org/ggml, docs/gguf.md; ONNX, github.com/onnx/onnx,
// onnx/onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto).
#ifndef SL_INFERENCE_WEIGHTS_H
#define SL_INFERENCE_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sl_weights sl_weights;

typedef enum sl_weights_kind { SL_WEIGHTS_GGUF = 1, SL_WEIGHTS_ONNX = 2 } sl_weights_kind;

// How elements are kept; the numbers are those of GGUF. Q4_0 and Q8_0 are blocks of 32 elements of
// one row, a scale of binary16 and codes of 4 bits (0 to 15, less 8) or 8 bits.
typedef enum sl_weight_type {
  SL_WEIGHT_F32 = 0,
  SL_WEIGHT_F16 = 1,
  SL_WEIGHT_Q4_0 = 2,
  SL_WEIGHT_Q8_0 = 8,
  SL_WEIGHT_I64 = 27, // of ONNX only; rounded when it is read
  SL_WEIGHT_BF16 = 30,
} sl_weight_type;

enum { SL_WEIGHT_RANK = 4 };

// The operators that a file of ONNX may have.
#define SL_ONNX_OPERATORS                                                                          \
  "Add Cast Concat Constant ConstantOfShape Conv Div Equal Exp Gather Gemm Identity If LSTM Log "  \
  "MatMul Mul Neg Not Pad Pow ReduceMean Relu Reshape Shape Sigmoid Size Slice Softmax Sqrt "      \
  "Squeeze Sub Tanh Transpose Unsqueeze"

// Part of the file: where it begins, and how many bytes it has.
typedef struct sl_span {
  size_t at, bytes;
} sl_span;

typedef struct sl_weight {
  sl_span name;
  sl_span data;
  uint64_t elements;
  uint32_t type;                 // sl_weight_type
  uint32_t rank;                 // 0 .. SL_WEIGHT_RANK; 0 is a single number
  uint32_t dims[SL_WEIGHT_RANK]; // the last one's elements lie side by side; 1 beyond the rank
} sl_weight;

// A node `Conv` of ONNX.
typedef struct sl_convolution {
  sl_span weights, bias; // names of tensors; bias may be empty
  uint32_t stride;       // along one axis
  uint32_t before, after;
  bool plain; // one axis, one group, no dilation
} sl_convolution;

// What GGUF says beside its tensors. Types are those of GGUF: 0 to 7 and 10 to 12 are numbers (u8, i8, u16,
// i16, u32, i32, f32, bool, u64, i64, f64), 8 is a string, 9 an array.
typedef struct sl_weights_entry {
  sl_span key;
  uint32_t type;
  uint32_t of;    // of an array: the type of its elements, which are numbers or strings
  uint64_t count; // of an array: its elements; else 1
  sl_span
      value; // of a string: its text; of an array of strings: each as 8 bytes of length, then text
} sl_weights_entry;

// Room for a file of so many bytes. Errors: ERR_MEMORY. Allocates. O(1).
sl_status sl_weights_create(size_t bytes, sl_weights **out);
void sl_weights_destroy(sl_weights *weights); // NULL is allowed

// The file: to be written before it is parsed, not after.
uint8_t *sl_weights_data(const sl_weights *weights);

// Looks at the whole file.
//   Errors: ERR_FORMAT ("bytes", by offset), ERR_TRUNCATED ("bytes"), ERR_STATE ("weights": parsed
//   before), ERR_MEMORY; then nothing but destroying is allowed. O(bytes of names and keys, times
//   the log of their number). Allocates 72 bytes a tensor, and as many for each entry.
sl_status sl_weights_parse(sl_weights *weights);

// Once it is parsed: sl_weights_kind, tensors in the order of their names, entries in that of their keys.
uint32_t sl_weights_kind_of(const sl_weights *weights);
uint32_t sl_weights_count(const sl_weights *weights);
const sl_weight *sl_weights_get(const sl_weights *weights, uint32_t i);
uint32_t sl_weights_entries(const sl_weights *weights);
const sl_weights_entry *sl_weights_entry_at(const sl_weights *weights, uint32_t i);
uint32_t sl_weights_convolutions(const sl_weights *weights);
const sl_convolution *sl_weights_convolution(const sl_weights *weights, uint32_t i);

// out: the tensor's number, written. Errors: ERR_FORMAT ("bytes": it has no tensor of this name). O(log tensors).
sl_status sl_weights_find(const sl_weights *weights, const char *name, size_t bytes, uint32_t *out);

// Elements as f32, row after row: exact, but of I64, and of Q4_0 and Q8_0 code times scale.
//   out   `elements` of the tensor, written
//   Errors: ERR_INDEX ("tensor"), ERR_FORMAT ("bytes": the file has not all of its elements). O(elements).
sl_status sl_weights_read(const sl_weights *weights, uint32_t tensor, float *out);

// Numbers of tensor i, and of entry i, for hosts.
//   out   SL_WEIGHT_FACTS: offset and bytes of the name, type, rank, four dims, elements, offset and
//         bytes of the data; SL_ENTRY_FACTS: offset and bytes of the key, type, type of elements,
//         count, offset and bytes of the value. Written.
//   Errors: ERR_INDEX ("tensor", "entry").
#define SL_WEIGHT_FACTS 11u
#define SL_ENTRY_FACTS 7u
sl_status sl_weights_facts(const sl_weights *weights, uint32_t i, double *out);
sl_status sl_weights_entry_facts(const sl_weights *weights, uint32_t i, double *out);

size_t sl_weights_held(const sl_weights *weights); // bytes

#endif
