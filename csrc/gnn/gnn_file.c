// Saving and loading graph networks.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gnn/file.h"
#include "gnn/gnn_object.h"

#define TAG_LAYERS SL_TAG('L', 'A', 'Y', 'R')
#define TAG_PARAMETERS SL_TAG('P', 'A', 'R', 'A')

sl_status sl_gnn_save(const sl_gnn *gnn, sl_writer **out) {
  *out = NULL;
  SL_TRY(sl_job_require_ended(&gnn->job));
  SL_TRY(sl_writer_create(SL_FILE_GNN, out));
  sl_writer_add(*out, TAG_LAYERS, gnn->shapes, (size_t)gnn->layer_count * SL_GNN_SHAPE * 4);
  sl_writer_add(*out, TAG_PARAMETERS, gnn->parameters, (size_t)gnn->parameter_count * 4);
  return SL_OK;
}

static sl_status read_file(sl_reader *reader, float **parameters, sl_gnn **out) {
  sl_section section;
  uint32_t shapes[SL_GNN_MOST_LAYERS * SL_GNN_SHAPE];
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_section(reader, &section));
  const uint32_t layer_bytes = SL_GNN_SHAPE * 4;
  const bool whole = section.bytes % layer_bytes == 0 && section.bytes <= sizeof shapes;
  if (section.tag != TAG_LAYERS || !whole) return sl_reader_bad(reader, "1 to 16 layers");
  const uint32_t layers = (uint32_t)(section.bytes / layer_bytes);
  SL_TRY(sl_reader_copy(reader, TAG_LAYERS, shapes, section.bytes));
  uint64_t count;
  if (sl_gnn_check_shapes(layers, shapes, &count) != SL_OK)
    return sl_reader_bad(reader, "layers that fit together");
  SL_TRY(sl_reader_take(reader, TAG_PARAMETERS, count * 4, (void **)parameters));
  SL_TRY(sl_reader_close(reader));
  for (uint64_t i = 0; i < count; i++)
    if (!(fabsf((*parameters)[i]) <= 1e18f)) return sl_reader_bad(reader, "finite parameters");
  return sl_gnn_create(layers, shapes, *parameters, (uint32_t)count, out);
}

sl_status sl_gnn_load(sl_reader *reader, sl_gnn **out) {
  *out = NULL;
  float *parameters = NULL;
  const sl_status status = read_file(reader, &parameters, out);
  sl_free(parameters);
  return status;
}
