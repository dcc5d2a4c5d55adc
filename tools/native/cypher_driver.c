// Queries on standard input, answers as lines of JSON on standard output: how test/support/tck.mjs asks the engine.
//
//   N                             a new graph; no procedures, no parameters
//   D <bytes>\n<signature>\n      a procedure: name(input :: TYPE?, ...) :: (output :: TYPE?, ...)
//   P <bytes>\n<name>\n           a parameter that is given
//   C <bytes>\n<query>\n          compiles: {} or {"error": {"type", "detail", "phase", "message"}}
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "property/ast.h"

#define MOST 16

typedef struct procedure {
  char text[1000]; // the signature, cut into names
  sl_cypher_field inputs[MOST], outputs[MOST];
} procedure;

static procedure *texts[MOST];
static sl_cypher_procedure procedures[MOST];
static char *parameters[MOST];
static sl_cypher_setting setting = {0, procedures, true, 0, (const char *const *)parameters};

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

static void print_problem(const sl_cypher_problem *p, const char *phase) {
  printf("{\"error\": {\"type\": \"%s\", \"detail\": \"%s\", \"phase\": \"%s\", \"message\": ",
         sl_cypher_error_name(p->error), sl_cypher_detail_name(p->detail), phase);
  print_string(p->message, strlen(p->message));
  printf("}}\n");
}

static uint8_t type_of(const char *text) {
  static const struct {
    const char *text;
    uint8_t type;
  } types[] = {{"INTEGER", SL_CYPHER_TYPE_INTEGER}, {"STRING", SL_CYPHER_TYPE_STRING},
               {"FLOAT", SL_CYPHER_TYPE_FLOAT},     {"NUMBER", SL_CYPHER_TYPE_NUMBER},
               {"BOOLEAN", SL_CYPHER_TYPE_BOOLEAN}, {"MAP", SL_CYPHER_TYPE_MAP}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strncmp(text, types[i].text, strlen(types[i].text)) == 0) return types[i].type;
  return SL_CYPHER_TYPE_ANY;
}

// name :: TYPE?, ...)
static char *read_fields(char *text, sl_cypher_field *fields, uint32_t *count) {
  for (*count = 0; *text != ')' && *text != 0;) {
    while (*text == ' ' || *text == ',') text++;
    fields[*count].name = text;
    while (*text != ' ' && *text != ':' && *text != 0) text++;
    char *end = text;
    while (*text == ' ' || *text == ':') text++;
    *end = 0;
    fields[*count].type = type_of(text);
    while (*text != ',' && *text != ')' && *text != 0) text++;
    ++*count;
  }
  return text + (*text != 0);
}

static void define(const char *text) {
  procedure *p = calloc(1, sizeof *p);
  if (p == NULL || strlen(text) >= sizeof p->text || setting.procedure_count == MOST) abort();
  sl_cypher_procedure *out = procedures + setting.procedure_count;
  strcpy(p->text, text);
  char *at = strchr(p->text, '(');
  *at = 0;
  at = strchr(read_fields(at + 1, p->inputs, &out->input_count), '(');
  out->output_count = 0;
  if (at != NULL) read_fields(at + 1, p->outputs, &out->output_count);
  out->name = p->text;
  out->inputs = p->inputs;
  out->outputs = p->outputs;
  texts[setting.procedure_count++] = p;
}

static void reset(void) {
  for (uint32_t i = 0; i < setting.procedure_count; i++) free(texts[i]);
  for (uint32_t i = 0; i < setting.parameter_count; i++) free(parameters[i]);
  setting.procedure_count = setting.parameter_count = 0;
}

static void compile(const char *text, size_t length) {
  sl_cypher_statement *statement;
  sl_cypher_problem problem;
  if (sl_cypher_parse(text, length, &setting, &statement, &problem) == SL_OK)
    puts("{}");
  else
    print_problem(&problem, "compile time");
  sl_cypher_destroy(statement);
}

int main(void) {
  char command;
  size_t length;
  while (scanf(" %c", &command) == 1) {
    if (command == 'N') {
      reset();
      continue;
    }
    if (scanf("%zu", &length) != 1 || getchar() != '\n') return 1;
    char *text = malloc(length + 1);
    if (text == NULL || fread(text, 1, length, stdin) != length) return 1;
    text[length] = 0;
    if (command == 'D') define(text);
    if (command == 'P' && setting.parameter_count < MOST)
      parameters[setting.parameter_count++] = strdup(text);
    if (command == 'C') compile(text, length);
    free(text);
    fflush(stdout);
  }
  reset();
  return 0;
}
