#include <stdbool.h>
#include <string.h>

#include "property/problem.h"

static const char *const error_names[] = {
#define X(name, text) text,
    SL_CYPHER_ERROR_LIST(X)
#undef X
};

static const char *const detail_names[] = {
#define X(name, text) text,
    SL_CYPHER_DETAIL_LIST(X)
#undef X
};

const char *sl_cypher_error_name(sl_cypher_error error) { return error_names[error]; }

const char *sl_cypher_detail_name(sl_cypher_detail detail) { return detail_names[detail]; }

typedef struct message {
  char *text;
  size_t used;
} message;

// Cuts at the end of a character, and drops what does not fit.
static void add(message *m, const char *text, size_t length) {
  const size_t room = SL_CYPHER_MESSAGE - 1 - m->used;
  if (length > room) {
    length = room;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
  }
  if (length > 0) memcpy(m->text + m->used, text, length);
  m->used += length;
}

static void add_number(message *m, uint32_t number) {
  char digits[10];
  size_t n = sizeof digits;
  do digits[--n] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  add(m, digits + n, sizeof digits - n);
}

static bool continues(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

#define CONTEXT 60 // bytes of the line on each side of the place

void sl_cypher_problem_set(sl_cypher_problem *problem, sl_cypher_error error,
                           sl_cypher_detail detail, const char *text, size_t length,
                           uint32_t position, const char *what) {
  if (position > length) position = (uint32_t)length;
  size_t line_begin = 0, line_end = position;
  uint32_t line = 1, column = 1;
  for (size_t i = 0; i < position; i++)
    if (text[i] == '\n') {
      line++;
      line_begin = i + 1;
    }
  for (size_t i = line_begin; i < position; i++) column += !continues(text[i]);
  while (line_end < length && text[line_end] != '\n' && text[line_end] != '\r') line_end++;
  size_t begin = line_begin, end = line_end;
  if (position - begin > CONTEXT) {
    begin = position - CONTEXT;
    while (begin < position && continues(text[begin])) begin++;
  }
  if (end - position > CONTEXT) {
    end = position + CONTEXT;
    while (end > position && continues(text[end])) end--;
  }
  problem->error = error;
  problem->detail = detail;
  problem->position = position;
  problem->line = line;
  problem->column = column;
  message m = {problem->message, 0};
  add(&m, what, strlen(what) < 240 ? strlen(what) : 240);
  add(&m, " (line ", 7);
  add_number(&m, line);
  add(&m, ", column ", 9);
  add_number(&m, column);
  add(&m, ")\n", 2);
  if (begin > line_begin) add(&m, "...", 3);
  for (size_t i = begin; i < end; i++) add(&m, text[i] == '\t' || text[i] == 0 ? " " : text + i, 1);
  if (end < line_end) add(&m, "...", 3);
  add(&m, "\n", 1);
  if (begin > line_begin) add(&m, "   ", 3);
  for (size_t i = begin; i < position; i++)
    if (!continues(text[i])) add(&m, " ", 1);
  add(&m, "^", 1);
  problem->message[m.used] = 0;
}
