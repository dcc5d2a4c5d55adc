// What embind's own library (bind.cpp of Emscripten) does, for the types that cross in this project. The library also
// registers strings, views of memory and big integers: 1.3 KB in each module and a fifth of the glue, for nothing.
#include <emscripten/bind.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

using namespace emscripten::internal;

namespace {

InitFunc *first = nullptr;

template <typename T>
void integer(const char *name) {
  _embind_register_integer(TypeID<T>::get(), name, sizeof(T), std::numeric_limits<T>::min(),
                           std::numeric_limits<T>::max());
}

} // namespace

extern "C" {

// The name of a type that nobody registered, for an error: its address. The caller frees it.
const char *__getTypeName(const std::type_info *type) {
  constexpr int size = 2 + 8 + 1;
  char *text = static_cast<char *>(malloc(size));
  if (text == nullptr) abort();
  const uintptr_t address = reinterpret_cast<uintptr_t>(type);
  text[0] = '0';
  text[1] = 'x';
  for (int i = 0; i < 8; i++) text[2 + i] = "0123456789abcdef"[address >> (28 - 4 * i) & 15];
  text[size - 1] = 0;
  return text;
}

void _embind_register_bindings(InitFunc *block) {
  block->next = first;
  first = block;
}

void _embind_initialize_bindings() {
  for (InitFunc *block = first; block; block = block->next) block->init_func();
}
}

// Wire in bindings/common.hpp leaves these: addresses and sizes are unsigned long.
EMSCRIPTEN_BINDINGS(builtin) {
  _embind_register_void(TypeID<void>::get(), "void");
  _embind_register_bool(TypeID<bool>::get(), "bool", true, false);
  integer<int>("int");
  integer<unsigned>("unsigned int");
  integer<unsigned long>("unsigned long");
  _embind_register_float(TypeID<float>::get(), "float", sizeof(float));
  _embind_register_float(TypeID<double>::get(), "double", sizeof(double));
}
