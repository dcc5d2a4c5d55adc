// Values as bytes, both ways.
#ifndef SL_PROPERTY_WIRE_H
#define SL_PROPERTY_WIRE_H

#include "property/property.h"
#include "property/store.h"

typedef struct sl_buffer {
  uint8_t *bytes;
  size_t count, room;
} sl_buffer;

void sl_buffer_free(sl_buffer *b);
sl_status sl_put_bytes(sl_buffer *b, const void *bytes, size_t count);
sl_status sl_put_count(sl_buffer *b, uint32_t count);
sl_status sl_put_text(sl_buffer *b, const char *text,
                      size_t bytes); // without the byte that says so
sl_status sl_put_value(sl_buffer *b, const sl_store *s, sl_value v);

// Reads one value that takes all the bytes. Safe on untrusted bytes. Errors: ERR_FORMAT (argument), ERR_MEMORY.
sl_status sl_take_value(sl_pool *pool, const uint8_t *bytes, size_t count, const char *argument,
                        sl_value *out);

#endif
