// Raw ABI of hnsw/build.h.
#include "base/abi.h"
#include "base/instance.h"

#include "hnsw/abi.h"
#include "hnsw/build.h"

static const sl_kind SL_HANDLE_BUILD[1] = {{"the handle of a build of an HNSW index"}};

static sl_status build_of(sl_handle handle, sl_hnsw_build **out) {
  return sl_handle_get(handle, SL_HANDLE_BUILD, (void **)out);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_hnsw_build_create)(sl_handle handle, uint32_t count) {
  sl_hnsw *index;
  sl_hnsw_build *build;
  sl_handle made;
  if (sl_abi_get_hnsw(handle, &index) != SL_OK) return 0;
  if (sl_hnsw_build_create(index, count, &build) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_BUILD, build, &made) == SL_OK) return made;
  sl_hnsw_build_destroy(build);
  return 0;
}
int32_t SL_ABI(sl_abi_hnsw_build_destroy)(sl_handle handle) {
  sl_hnsw_build *build;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_BUILD, (void **)&build));
  sl_hnsw_build_destroy(build);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_hnsw_build_add)(sl_handle handle, const uint32_t *ids, const void *vectors,
                                      uint32_t count, uint32_t *added) {
  sl_hnsw_build *build;
  SL_TRY(build_of(handle, &build));
  return sl_hnsw_build_add(build, ids, vectors, count, added);
}
int32_t SL_ABI(sl_abi_hnsw_build_next)(sl_handle handle, uint32_t *units) {
  sl_hnsw_build *build;
  SL_TRY(build_of(handle, &build));
  return sl_hnsw_build_next(build, units);
}
int32_t SL_ABI(sl_abi_hnsw_build_unit)(sl_handle handle, uint32_t unit) {
  sl_hnsw_build *build;
  SL_TRY(build_of(handle, &build));
  return sl_hnsw_build_unit(build, unit);
}
// Writes how many vectors are done and how many there are.
int32_t SL_ABI(sl_abi_hnsw_build_info)(sl_handle handle, uint32_t *done, uint32_t *total) {
  sl_hnsw_build *build;
  SL_TRY(build_of(handle, &build));
  *done = sl_hnsw_build_done(build);
  *total = sl_hnsw_build_total(build);
  return SL_OK;
}

#ifdef SL_SHARED
// --- Instances on one memory ---------------------------------------------------------------------
// For our own host alone, which passes on addresses that it got here.

static const sl_kind SL_HANDLE_BUILDER[1] = {{"the handle of a builder"}};

// The address by which another instance makes a builder. 0 when it is no build.
uint32_t SL_INSTANCE_ABI(sl_instance_build_address)(sl_handle handle) {
  sl_hnsw_build *build;
  return build_of(handle, &build) == SL_OK ? (uint32_t)(uintptr_t)build : 0;
}
sl_handle SL_INSTANCE_ABI(sl_instance_builder_create)(sl_hnsw_build *build) {
  sl_hnsw_builder *builder;
  sl_handle made;
  if (sl_hnsw_builder_create(build, &builder) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_BUILDER, builder, &made) == SL_OK) return made;
  sl_hnsw_builder_destroy(builder);
  return 0;
}
int32_t SL_INSTANCE_ABI(sl_instance_builder_destroy)(sl_handle handle) {
  sl_hnsw_builder *builder;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_BUILDER, (void **)&builder));
  sl_hnsw_builder_destroy(builder);
  return SL_OK;
}
int32_t SL_INSTANCE_ABI(sl_instance_builder_unit)(sl_handle handle, uint32_t unit) {
  sl_hnsw_builder *builder;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_BUILDER, (void **)&builder));
  sl_hnsw_builder_unit(builder, unit);
  return SL_OK;
}
// Plans the next phase, whichever instance does it; `done` vectors are done then.
int32_t SL_INSTANCE_ABI(sl_instance_builder_next)(sl_handle handle, uint32_t *units,
                                                  uint32_t *done) {
  sl_hnsw_builder *builder;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_BUILDER, (void **)&builder));
  sl_hnsw_build *build = sl_hnsw_builder_of(builder);
  SL_TRY(sl_hnsw_build_next(build, units));
  *done = sl_hnsw_build_done(build);
  return SL_OK;
}
#endif
