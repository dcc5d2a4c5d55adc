// The files of Flat and Hnsw, and the kind of a third one, of base/container.h: docs/format.md describes every byte.
//
// A file is written in pieces of any size, so that saving needs no second copy of the index; the
// place where it stands is kept in the index. Loading takes the whole file at once, or a reader
// that was fed with it piece by piece.
#ifndef SL_HNSW_FILE_H
#define SL_HNSW_FILE_H

#include "base/container.h"
#include "hnsw/flat.h"
#include "hnsw/hnsw.h"

SL_FILE_KIND(SL_FILE_FLAT, SL_TAG('F', 'L', 'A', 'T'), "Flat");
SL_FILE_KIND(SL_FILE_HNSW, SL_TAG('H', 'N', 'S', 'W'), "Hnsw");
// inverted.h says what it holds.
SL_FILE_KIND(SL_FILE_SPARSE, SL_TAG('S', 'P', 'I', 'X'), "SparseIndex");

// Bytes of the file that the index would give now; first links what cannot be reached (reach.h), so
// that a file leads to every vector. 0 when memory for that was missing. O(size * m).
uint64_t sl_hnsw_file_size(sl_hnsw *index);
uint64_t sl_flat_file_size(const sl_flat *flat);

// Writes the next bytes of the file.
//   offset    0 begins; afterwards the sum of what was written so far
//   buffer    capacity bytes, written
//   written   how many bytes; less than capacity only at the end of the file
//   Errors: ERR_STATE (offset is neither 0 nor where the last call ended, or the index changed
//   since offset 0), ERR_MEMORY (at offset 0: some hundred bytes for the head, and for Hnsw what
//   sl_hnsw_file_size() needs). O(written), at offset 0 O(size) for the sizes.
sl_status sl_hnsw_save(sl_hnsw *index, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written);
sl_status sl_flat_save(sl_flat *flat, uint64_t offset, void *buffer, uint32_t capacity,
                       uint32_t *written);

// An offset that came as a double: what is not a whole number becomes one that no save stands at.
static inline uint64_t sl_file_offset(double offset) {
  return offset >= 0 && offset < 0x1p53 ? (uint64_t)offset : UINT64_MAX;
}

// Makes an index from a file. Safe on untrusted bytes: yes, with and without verification: no
// more memory is taken than as many slots of this shape need as the file has room for.
//   bytes    length, read; not needed afterwards
//   verify   compare the checksums; without it damage to vectors may go unseen (never a crash)
//   Errors: ERR_FORMAT (not such a file, a newer version, the other kind of index, contradictory
//   numbers; position = offset of the section), ERR_TRUNCATED, ERR_CHECKSUM, ERR_MEMORY. O(length).
sl_status sl_hnsw_load(const uint8_t *bytes, uint64_t length, bool verify, sl_hnsw **out);
sl_status sl_flat_load(const uint8_t *bytes, uint64_t length, bool verify, sl_flat **out);

// The same from a reader that has all bytes, whose sums it has compared already. Its sections are
// freed as they are used. Where it keeps pieces, the file turns into the index piece by piece: at
// most the larger of the two and some pieces are in memory.
//   reader   afterwards to be destroyed and nothing else, also after a failure
//   Errors: ERR_FORMAT, ERR_TRUNCATED ("bytes": bytes are missing), ERR_STATE (the reader has
//   failed, or an HNSW index was made of it), ERR_MEMORY. O(length).
sl_status sl_hnsw_read(sl_reader *reader, sl_hnsw **out);
sl_status sl_flat_read(sl_reader *reader, sl_flat **out);

#endif
