// Files that are read by ranges: a header, a directory of segments, the segments. Version 2 of the
// container; docs/format.md describes every byte.
//
//   0    8 bytes  89 73 6c 66 0d 0a 1a 0a, as in version 1
//   8    u32      2
//   12   u32      kind, four letters
//   16   u32      flags that a reader must know: none are defined, 0
//   20   u32      number of segments, 0 .. SL_SEGMENTS_MOST
//   24   u64      length of the file
//   32   32 bytes SHA-256 of bytes 0 to 31 followed by the directory: the identity of the file,
//                 since each entry holds the hash of its segment
//   64   128 bytes for each segment: the directory
//
// An entry:
//   0    32 bytes name: a letter a-z, then a-z, 0-9, '.', '-', '_'; zeros up to the end
//   32   u32      type, sl_segment_type
//   36   u32      number of dimensions, 0 .. 4
//   40   4 u64    shape; 0 for dimensions that are not there
//   72   u64      offset: the next multiple of 64 after the end of the segment before
//   80   u64      length in bytes: product of the shape and the size of an element
//   88   u32      bytes in a block, a power of two, 64 at least; 0: the whole segment is one block,
//                 or the segment `ends` says where blocks end
//   92   u16      1 + the place of the segment with the hashes of the blocks (u8, blocks x 32); 0
//                 where the segment is one block
//   94   u16      1 + the place of the segment with the ends of the blocks (u64); 0: none
//   96   32 bytes root of the Merkle tree over the blocks (format/hash_tree.h)
//
// Between segments are zeros; the file ends with its last segment.
#ifndef SL_FORMAT_SEGMENTS_H
#define SL_FORMAT_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_SEGMENTS_VERSION 2u
#define SL_SEGMENTS_HEADER 64u
#define SL_SEGMENTS_ENTRY 128u
#define SL_SEGMENTS_MOST 4096u
#define SL_SEGMENTS_NAME 32u
#define SL_SEGMENTS_ALIGN 64u
// Offsets and lengths that JavaScript holds exactly.
#define SL_SEGMENTS_LIMIT 0x20000000000000u

typedef enum sl_segment_type {
  SL_SEGMENT_U8 = 0,
  SL_SEGMENT_I8 = 1,
  SL_SEGMENT_U16 = 2,
  SL_SEGMENT_I16 = 3,
  SL_SEGMENT_U32 = 4,
  SL_SEGMENT_I32 = 5,
  SL_SEGMENT_U64 = 6,
  SL_SEGMENT_I64 = 7,
  SL_SEGMENT_F16 = 8,
  SL_SEGMENT_BF16 = 9,
  SL_SEGMENT_F32 = 10,
  SL_SEGMENT_F64 = 11,
  SL_SEGMENT_BOOL = 12,
  SL_SEGMENT_TEXT = 13, // UTF-8
  SL_SEGMENT_TYPES = 14,
} sl_segment_type;

// Bytes of an element; 0 for what is no type.
uint32_t sl_segment_size(uint32_t type);

// An entry of a directory that was checked.
typedef struct sl_segment {
  char name[SL_SEGMENTS_NAME];
  uint32_t type, rank;
  uint64_t shape[4];
  uint64_t offset, length, blocks;
  uint32_t block;
  uint16_t hashes, ends;
  const uint8_t *root;
} sl_segment;

// Entry i. bytes: header and directory, checked. O(1).
void sl_segments_get(const uint8_t *bytes, uint32_t i, sl_segment *out);

// The place of the entry of that name, or UINT32_MAX. O(segments).
uint32_t sl_segments_find(const uint8_t *bytes, const char *name);

// How many bytes header and directory have.
//   bytes    SL_SEGMENTS_HEADER, read
//   Errors: ERR_TRUNCATED (count is less), ERR_FORMAT ("bytes": no such file, another version, flags
//   that are not known, too many segments). O(1).
sl_status sl_segments_head(const uint8_t *bytes, size_t count, uint32_t *out);

// Checks header and directory: everything said above, whether the hash is right or not.
//   bytes       count, read: the beginning of a file
//   kind        what is expected; 0: any
//   file_bytes  length of the file, or 0 when that is not known
//   Errors: as above; ERR_CHECKSUM, ERR_FORMAT ("bytes"; position = offset in the file),
//   ERR_TRUNCATED. Allocates 2 bytes a segment. O(segments log segments).
sl_status sl_segments_check(const uint8_t *bytes, size_t count, uint32_t kind, double file_bytes);

// Completes a header and directory in place: of each entry name, type, rank, shape, block, hashes,
// ends and root are read; offset and length are written, and the header, and checked like a file's.
//   bytes    SL_SEGMENTS_HEADER + segments * SL_SEGMENTS_ENTRY, read and written
//   Errors: as sl_segments_check(); ERR_RANGE ("segments"). Allocates as that.
sl_status sl_segments_seal(uint8_t *bytes, uint32_t kind, uint32_t segments);

#endif
