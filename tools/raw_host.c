// What a raw module (sublinear/raw/<bundle>.<variant>.wasm) needs besides the rooms.
#include <stddef.h>

// Emscripten's C library reports each growth of the memory to the host through an import of this
// name. A raw module imports nothing: the host sees the growth by itself, because `memory.buffer`
// is another object after it.
void emscripten_notify_memory_growth(size_t memory_index);
void emscripten_notify_memory_growth(size_t memory_index) { (void)memory_index; }
