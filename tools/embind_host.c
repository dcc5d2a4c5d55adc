// What embind needs in this build and would otherwise bring 5 KB of printf for.
#include <stdarg.h>
#include <stdint.h>

// Embind's only call of printf names a type that nobody registered by its address: siprintf(text,
// "%p", type).
int siprintf(char *text, const char *format, ...);
int siprintf(char *text, const char *format, ...) {
  (void)format;
  va_list arguments;
  va_start(arguments, format);
  uintptr_t address = (uintptr_t)va_arg(arguments, void *);
  va_end(arguments);
  int length = 0;
  text[length++] = '0';
  text[length++] = 'x';
  for (int shift = 28; shift >= 0; shift -= 4)
    text[length++] = "0123456789abcdef"[address >> shift & 15];
  text[length] = 0;
  return length;
}
