// Queries on standard input, answers as lines of JSON on standard output: how test/property/kit asks the engine.
//
//   N                             a new graph; no procedures, no parameters
//   D <bytes>\n<lines>\n          a procedure: its signature, and its rows as literals of lists
//   P <bytes>\n<name>\n           a parameter that is given
//   V <bytes>\n<literal>\n        the value of the parameter that was given last
//   Q <bytes>\n<query>\n          runs: {"columns": hexadecimal, "rows": hexadecimal, "count": n} or {"error": ...}
//
// Bytes are values as csrc/property/property.h says.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "property/property.h"

#define MOST 16

static char *parameters[MOST];
static uint32_t parameter_count;

static char *copy_of(const char *text) {
  char *copy = malloc(strlen(text) + 1);
  if (copy == NULL) abort();
  return strcpy(copy, text);
}

static void print_string(const char *text, size_t length) {
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    const unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < 32)
      printf("\\u%04x", c);
    else
      putchar(c);
  }
  putchar('"');
}

// ---------------------------------------------------------------- the engine

typedef struct bytes {
  uint8_t *data;
  size_t length;
} bytes;

static sl_property *graph;
static bytes values[MOST]; // of the parameters

static void append(bytes *to, const void *data, size_t length) {
  to->data = realloc(to->data, to->length + length + 1);
  if (to->data == NULL) abort();
  if (length > 0) memcpy(to->data + to->length, data, length);
  to->length += length;
}

static void append_count(bytes *to, uint32_t count) {
  append(to,
         (uint8_t[]){(uint8_t)count, (uint8_t)(count >> 8), (uint8_t)(count >> 16),
                     (uint8_t)(count >> 24)},
         4);
}

static bytes parameter_map(void) {
  bytes map = {NULL, 0};
  append(&map, (uint8_t[]){SL_WIRE_MAP}, 1);
  append_count(&map, parameter_count);
  for (uint32_t i = 0; i < parameter_count; i++) {
    append_count(&map, (uint32_t)strlen(parameters[i]));
    append(&map, parameters[i], strlen(parameters[i]));
    append(&map, values[i].data, values[i].length);
  }
  return map;
}

static void print_failure(sl_status status, const char *phase) {
  double n[SL_PROPERTY_PROBLEM];
  sl_property_problem(graph, n);
  if ((status != SL_ERR_PARSE && status != SL_ERR_ARGUMENT) || n[1] == 0) {
    printf("{\"error\": {\"type\": \"%s\", \"detail\": \"%s\", \"phase\": \"%s\", \"message\": "
           "\"\"}}\n",
           sl_status_name(status), sl_last_error()->argument, phase);
    return;
  }
  static const int parts[] = {5, 7, 0};
  static const char *const names[] = {"type", "detail", "message"};
  printf("{\"error\": {\"phase\": \"%s\"", phase);
  for (int i = 0; i < 3; i++) {
    printf(", \"%s\": ", names[i]);
    print_string((const char *)(uintptr_t)n[parts[i]], (size_t)n[parts[i] + 1]);
  }
  puts("}}");
}

static void print_bytes(const char *name, const uint8_t *data, size_t length) {
  printf("\"%s\": \"", name);
  for (size_t i = 0; i < length; i++) printf("%02x", data[i]);
  printf("\"");
}

// Runs a query; rows are appended to `out`. False: the answer is printed already.
static bool run(const char *text, size_t length, bytes *out, double *rows, bool print_columns) {
  sl_property_query *query;
  double n[3];
  sl_status status = sl_property_prepare(graph, (const uint8_t *)text, (uint32_t)length, &query);
  if (status != SL_OK) {
    print_failure(status, "compile time");
    return false;
  }
  bytes map = parameter_map();
  status = sl_property_begin(query, map.data, (uint32_t)map.length, UINT64_MAX, 1.7e12, 1);
  free(map.data);
  const bool started = status == SL_OK;
  *rows = 0;
  for (sl_outcome outcome = SL_OUTCOME_RUNNING; status == SL_OK && outcome == SL_OUTCOME_RUNNING;) {
    status = sl_job_step(sl_property_job(query), 10000, &outcome);
    if (status != SL_OK) break;
    sl_property_take(query, n);
    append(out, (const void *)(uintptr_t)n[0], (size_t)n[1]);
    *rows += n[2];
  }
  if (status != SL_OK) {
    print_failure(status, started ? "runtime" : "compile time");
  } else if (print_columns) {
    status = sl_property_columns(query, n);
    printf("{");
    print_bytes("columns", (const uint8_t *)(uintptr_t)n[0], (size_t)n[1]);
    printf(", ");
  }
  sl_property_query_destroy(query);
  return status == SL_OK;
}

static void ask(const char *text, size_t length) {
  bytes out = {NULL, 0};
  double rows;
  if (run(text, length, &out, &rows, true)) {
    print_bytes("rows", out.data, out.length);
    printf(", \"count\": %.0f}\n", rows);
  }
  free(out.data);
}

static void evaluate(const char *literal, bytes *out) {
  char *text = malloc(strlen(literal) + 8);
  double rows;
  if (text == NULL) abort();
  sprintf(text, "RETURN %s", literal);
  if (!run(text, strlen(text), out, &rows, false)) abort();
  free(text);
}

// The signature, and a line for each row: a list of literals.
static void define(char *text) {
  bytes rows = {NULL, 0}, row = {NULL, 0};
  uint32_t count = 0;
  char *line = strtok(text, "\n");
  const char *signature = line;
  while ((line = strtok(NULL, "\n")) != NULL) {
    evaluate(line, &row);
    count++;
  }
  append(&rows, (uint8_t[]){SL_WIRE_LIST}, 1);
  append_count(&rows, count);
  append(&rows, row.data, row.length);
  if (sl_property_define(graph, (const uint8_t *)signature, (uint32_t)strlen(signature), rows.data,
                         (uint32_t)rows.length) != SL_OK) {
    fprintf(stderr, "%s: %s\n", signature, sl_last_error()->expected);
    abort();
  }
  free(rows.data);
  free(row.data);
}

static void reset(void) {
  for (uint32_t i = 0; i < parameter_count; i++) {
    free(parameters[i]);
    free(values[i].data);
    values[i] = (bytes){NULL, 0};
  }
  parameter_count = 0;
  sl_property_destroy(graph);
  graph = NULL;
}

int main(void) {
  char command;
  size_t length;
  while (scanf(" %c", &command) == 1) {
    if (command == 'N') {
      reset();
      if (sl_property_create(&graph) != SL_OK) return 1;
      continue;
    }
    if (scanf("%zu", &length) != 1 || getchar() != '\n') return 1;
    char *text = malloc(length + 1);
    if (text == NULL || fread(text, 1, length, stdin) != length) return 1;
    text[length] = 0;
    if (command == 'D') define(text);
    if (command == 'P' && parameter_count < MOST) parameters[parameter_count++] = copy_of(text);
    if (command == 'V') {
      const uint32_t last = --parameter_count; // not given yet
      evaluate(text, &values[last]);
      parameter_count++;
    }
    if (command == 'Q') ask(text, length);
    free(text);
    fflush(stdout);
  }
  reset();
  return 0;
}
