// ONNX, a message of Protocol Buffers: fields of a number, a kind and a value, messages within
// messages. Source: protobuf.dev/programming-guides/encoding.
#include <string.h>

#include "base/memory.h"
#include "inference/weights_parts.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
// Graphs within graphs; a file has two or three.
enum { MOST_DEPTH = 8 };
// Numbers of fields.
enum {
  MODEL_GRAPH = 7,
  GRAPH_NODE = 1,
  GRAPH_TENSOR = 5,
  GRAPH_SPARSE = 15,
  NODE_INPUT = 1,
  NODE_OUTPUT = 2,
  NODE_OPERATOR = 4,
  NODE_ATTRIBUTE = 5,
  ATTRIBUTE_NAME = 1,
  ATTRIBUTE_INTEGER = 3,
  ATTRIBUTE_TENSOR = 5,
  ATTRIBUTE_GRAPH = 6,
  ATTRIBUTE_INTEGERS = 8,
  ATTRIBUTE_GRAPHS = 11,
  TENSOR_DIMS = 1,
  TENSOR_TYPE = 2,
  TENSOR_SEGMENT = 3,
  TENSOR_FLOATS = 4,
  TENSOR_NAME = 8,
  TENSOR_RAW = 9,
  TENSOR_ELSEWHERE = 13,
};
enum { ONNX_FLOAT = 1, ONNX_INT64 = 7, ONNX_FLOAT16 = 10, ONNX_BFLOAT16 = 16 };

// A message that is being read.
typedef struct message {
  const sl_weights *weights;
  size_t at, end;
} message;

typedef struct field {
  uint32_t number, wire;
  uint64_t value; // of a varint
  sl_span bytes;
} field;

static sl_status broken(size_t at) { return sl_weights_bad(at, "a file of ONNX or GGUF"); }

static sl_status take_varint(message *m, uint64_t *out) {
  *out = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    if (m->at == m->end) return broken(m->at);
    const uint8_t byte = m->weights->bytes[m->at++];
    *out |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) return SL_OK;
  }
  return broken(m->at);
}

static sl_status take_field(message *m, field *out) {
  uint64_t key, bytes;
  const size_t begins = m->at;
  SL_TRY(take_varint(m, &key));
  if (key >> 3 == 0 || key > UINT32_MAX) return broken(begins);
  *out = (field){(uint32_t)(key >> 3), (uint32_t)(key & 7), 0, {m->at, 0}};
  if (out->wire == WIRE_VARINT) return take_varint(m, &out->value);
  if (out->wire == WIRE_BYTES)
    SL_TRY(take_varint(m, &bytes));
  else if (out->wire == WIRE_64 || out->wire == WIRE_32)
    bytes = out->wire == WIRE_64 ? 8 : 4;
  else
    return broken(begins);
  if (bytes > m->end - m->at) {
    const bool whole = m->end == m->weights->length;
    return whole ? sl_fail(SL_ERR_TRUNCATED, "bytes", "a whole file", m->at) : broken(begins);
  }
  out->bytes = (sl_span){m->at, (size_t)bytes};
  m->at += (size_t)bytes;
  return SL_OK;
}

static message within(const sl_weights *w, sl_span bytes) {
  return (message){w, bytes.at, bytes.at + bytes.bytes};
}

static bool is(const sl_weights *w, sl_span text, const char *wanted) {
  return text.bytes == strlen(wanted) && memcmp(w->bytes + text.at, wanted, text.bytes) == 0;
}

// Whole numbers, packed into one field or one each: the next one goes to out[(*count)++].
static sl_status take_integers(const sl_weights *w, const field *f, uint32_t most, uint64_t *out,
                               uint32_t *count) {
  if (f->wire == WIRE_VARINT) {
    if (*count == most) return sl_weights_bad(f->bytes.at, "fewer dimensions");
    out[(*count)++] = f->value;
    return SL_OK;
  }
  if (f->wire != WIRE_BYTES) return broken(f->bytes.at);
  message m = within(w, f->bytes);
  while (m.at < m.end) {
    if (*count == most) return sl_weights_bad(m.at, "fewer dimensions");
    SL_TRY(take_varint(&m, &out[(*count)++]));
  }
  return SL_OK;
}

// ---- tensors ------------------------------------------------------------------------------------

static sl_status type_of(uint64_t onnx, size_t at, uint32_t *out) {
  switch (onnx) {
  case ONNX_FLOAT:
    *out = SL_WEIGHT_F32;
    return SL_OK;
  case ONNX_FLOAT16:
    *out = SL_WEIGHT_F16;
    return SL_OK;
  case ONNX_BFLOAT16:
    *out = SL_WEIGHT_BF16;
    return SL_OK;
  case ONNX_INT64:
    *out = SL_WEIGHT_I64;
    return SL_OK;
  default:
    return sl_weights_bad(at, "tensors of FLOAT, FLOAT16, BFLOAT16 or INT64");
  }
}

// `name`: of the value of a node, else NULL.
static sl_status take_tensor(sl_weights *w, sl_span bytes, const sl_span *name) {
  message m = within(w, bytes);
  sl_weight *t;
  field f;
  uint64_t dims[SL_WEIGHT_RANK], type = 0, size;
  sl_span floats = {0, 0};
  SL_TRY(sl_weights_add_tensor(w, &t));
  while (m.at < m.end) {
    SL_TRY(take_field(&m, &f));
    const bool text = f.wire == WIRE_BYTES;
    if (f.number == TENSOR_DIMS) SL_TRY(take_integers(w, &f, SL_WEIGHT_RANK, dims, &t->rank));
    if (f.number == TENSOR_TYPE && f.wire == WIRE_VARINT) type = f.value;
    if (f.number == TENSOR_NAME && text) t->name = f.bytes;
    if (f.number == TENSOR_RAW && text) t->data = f.bytes;
    if (f.number == TENSOR_FLOATS && text) floats = f.bytes;
    if (f.number == TENSOR_ELSEWHERE || f.number == TENSOR_SEGMENT)
      return sl_weights_bad(f.bytes.at, "tensors that are whole and in the file");
  }
  if (name != NULL) t->name = *name;
  if (t->name.bytes == 0) return sl_weights_bad(bytes.at, "tensors with names");
  SL_TRY(type_of(type, bytes.at, &t->type));
  for (uint32_t d = 0; d < SL_WEIGHT_RANK; d++) {
    t->dims[d] = d < t->rank ? (uint32_t)dims[d] : 1;
    if (d < t->rank && dims[d] > UINT32_MAX) return sl_weights_bad(bytes.at, "fewer elements");
  }
  if (t->data.bytes == 0 && t->type == SL_WEIGHT_F32) t->data = floats;
  if (!sl_weight_size(t, &size) || (t->data.bytes > 0 && size != t->data.bytes))
    return sl_weights_bad(bytes.at, "as many bytes as the shape of the tensor says");
  return SL_OK;
}

// ---- nodes --------------------------------------------------------------------------------------

static sl_status take_graph(sl_weights *w, sl_span bytes, uint32_t depth);

#define ONLY "only operators of: "
static const char operators[] = ONLY SL_ONNX_OPERATORS;

static bool is_known(const sl_weights *w, sl_span name) {
  const char *at = operators + sizeof ONLY - 1;
  while (*at != 0) {
    const size_t length = strcspn(at, " ");
    if (length == name.bytes && memcmp(w->bytes + name.at, at, length) == 0) return true;
    at += length + (at[length] == ' ' ? 1 : 0);
  }
  return false;
}

// What is wanted of the attributes of a node.
typedef struct asked {
  sl_weights *weights;
  uint32_t depth;
  const sl_span *constant; // the name of its value, where it is a Constant
  sl_convolution *convolution;
} asked;

// strides, pads, dilations and kernel_shape of a convolution along one axis.
static sl_status keep_integers(const asked *a, sl_span name, const uint64_t *values,
                               uint32_t count) {
  sl_convolution *c = a->convolution;
  if (c == NULL) return SL_OK;
  const bool small = (count < 1 || values[0] < 1u << 16) && (count < 2 || values[1] < 1u << 16);
  if (is(a->weights, name, "strides")) {
    c->plain = c->plain && count == 1 && small;
    c->stride = (uint32_t)values[0];
  } else if (is(a->weights, name, "pads")) {
    c->plain = c->plain && count == 2 && small;
    c->before = (uint32_t)values[0];
    c->after = (uint32_t)values[1];
  } else if (is(a->weights, name, "dilations") || is(a->weights, name, "group")) {
    c->plain = c->plain && count == 1 && values[0] == 1;
  } else if (is(a->weights, name, "auto_pad")) {
    c->plain = false;
  }
  return SL_OK;
}

static sl_status take_attribute(const asked *a, sl_span bytes) {
  message m = within(a->weights, bytes);
  field f;
  sl_span name = {bytes.at, 0};
  uint64_t integers[8] = {0};
  uint32_t count = 0;
  while (m.at < m.end) {
    SL_TRY(take_field(&m, &f));
    const bool text = f.wire == WIRE_BYTES;
    if (f.number == ATTRIBUTE_NAME && text) name = f.bytes;
    if (a->convolution != NULL && (f.number == ATTRIBUTE_INTEGER || f.number == ATTRIBUTE_INTEGERS))
      SL_TRY(take_integers(a->weights, &f, 8, integers, &count));
    if (f.number == ATTRIBUTE_TENSOR && text && a->constant != NULL)
      SL_TRY(take_tensor(a->weights, f.bytes, a->constant));
    if ((f.number == ATTRIBUTE_GRAPH || f.number == ATTRIBUTE_GRAPHS) && text)
      SL_TRY(take_graph(a->weights, f.bytes, a->depth + 1));
  }
  return keep_integers(a, name, integers, count);
}

// A node's names first, as its attributes may stand before them.
static sl_status take_node(sl_weights *w, sl_span bytes, uint32_t depth) {
  message m = within(w, bytes);
  field f;
  sl_span inputs[3] = {{0, 0}}, output = {0, 0}, name = {bytes.at, 0};
  uint32_t given = 0;
  while (m.at < m.end) {
    SL_TRY(take_field(&m, &f));
    if (f.wire != WIRE_BYTES) continue;
    if (f.number == NODE_OPERATOR) name = f.bytes;
    if (f.number == NODE_OUTPUT && output.bytes == 0) output = f.bytes;
    if (f.number == NODE_INPUT && given < 3) inputs[given++] = f.bytes;
  }
  if (!is_known(w, name)) return sl_weights_bad(name.at, operators);
  sl_convolution c = {inputs[1], inputs[2], 1, 0, 0, true};
  const bool convolution = is(w, name, "Conv");
  const asked a = {w, depth, is(w, name, "Constant") ? &output : NULL, convolution ? &c : NULL};
  for (m = within(w, bytes); m.at < m.end;) {
    SL_TRY(take_field(&m, &f));
    if (f.number == NODE_ATTRIBUTE && f.wire == WIRE_BYTES) SL_TRY(take_attribute(&a, f.bytes));
  }
  if (!convolution) return SL_OK;
  sl_convolution *kept;
  SL_TRY(sl_weights_add_convolution(w, &kept));
  *kept = c;
  return SL_OK;
}

static sl_status take_graph(sl_weights *w, sl_span bytes, uint32_t depth) {
  if (depth > MOST_DEPTH) return sl_weights_bad(bytes.at, "fewer graphs within graphs");
  message m = within(w, bytes);
  field f;
  while (m.at < m.end) {
    SL_TRY(take_field(&m, &f));
    if (f.wire != WIRE_BYTES) continue;
    if (f.number == GRAPH_NODE) SL_TRY(take_node(w, f.bytes, depth));
    if (f.number == GRAPH_TENSOR) SL_TRY(take_tensor(w, f.bytes, NULL));
    if (f.number == GRAPH_SPARSE) return sl_weights_bad(f.bytes.at, "no sparse tensors");
  }
  return SL_OK;
}

sl_status sl_onnx_parse(sl_weights *w) {
  message m = {w, 0, w->length};
  field f;
  bool found = false;
  while (m.at < m.end) {
    SL_TRY(take_field(&m, &f));
    if (f.number != MODEL_GRAPH || f.wire != WIRE_BYTES) continue;
    if (found) return broken(f.bytes.at);
    found = true;
    SL_TRY(take_graph(w, f.bytes, 1));
  }
  return found ? SL_OK : broken(0);
}
