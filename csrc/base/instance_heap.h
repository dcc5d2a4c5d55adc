// The heap of an instance that shares its memory with others (instance.h), in place of the C
// library's. It is there in the variant `shared` alone.
#ifndef SL_BASE_INSTANCE_HEAP_H
#define SL_BASE_INSTANCE_HEAP_H

#include <stddef.h>

// A block of `bytes` bytes, 16-byte aligned, or NULL. O(free blocks).
void *sl_instance_take(size_t bytes);

// Gives a block back. O(1).
void sl_instance_give(void *block);

#endif
