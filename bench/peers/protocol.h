// What every native peer speaks: commands on standard input, one a line, one line of answer each.
//
//   load FILE              ok                            a system or a graph, as written by native.ts
//   run METHOD TOLERANCE   ok MILLISECONDS ITERATIONS    or: error TEXT
//   write FILE             ok                            the last result, f64
//
// The peer times itself, so that pipes and files are not in its figures.
#ifndef SL_BENCH_PEERS_PROTOCOL_H
#define SL_BENCH_PEERS_PROTOCOL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A square system in compressed rows, columns ascending, and its right-hand side.
typedef struct peer_system {
  uint32_t n, nnz;
  uint32_t *row_pointers, *columns;
  double *values, *b;
} peer_system;

// Outgoing edges in compressed rows, both directions when undirected, and one source node.
typedef struct peer_graph {
  uint32_t n, edges, source;
  uint32_t *row_pointers, *columns;
} peer_graph;

// A run: sets the result (n values, kept by the peer until the next run) and how many iterations;
// returns NULL, or what went wrong. Only `milliseconds` between the clock calls counts.
typedef struct peer_answer {
  const double *result;
  size_t length;
  double milliseconds;
  long iterations;
} peer_answer;

static inline double peer_now(void) {
  static int clock = -1;
  if (clock < 0) {
    const char *wanted = getenv("SUBLINEAR_PEER_CLOCK");
    clock = wanted != NULL && strcmp(wanted, "cpu") == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  }
  struct timespec t;
  clock_gettime(clock, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static inline void *peer_read(FILE *file, size_t count, size_t size) {
  void *data = malloc(count * size + 16);
  if (data == NULL || fread(data, size, count, file) != count) {
    fprintf(stderr, "peer: short file\n");
    exit(1);
  }
  return data;
}

static inline FILE *peer_open(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  return file;
}

static inline peer_system peer_read_system(const char *path) {
  FILE *file = peer_open(path, "rb");
  peer_system s;
  uint32_t *head = (uint32_t *)peer_read(file, 2, 4);
  s.n = head[0];
  s.nnz = head[1];
  free(head);
  s.row_pointers = (uint32_t *)peer_read(file, s.n + (size_t)1, 4);
  s.columns = (uint32_t *)peer_read(file, s.nnz, 4);
  s.values = (double *)peer_read(file, s.nnz, 8);
  s.b = (double *)peer_read(file, s.n, 8);
  fclose(file);
  return s;
}

// The same matrix in compressed columns, rows ascending. The arrays are allocated anew.
static inline void peer_columns(const peer_system *s, int **pointers, int **rows, double **values) {
  int *begin = (int *)calloc(s->n + (size_t)2, sizeof *begin);
  *pointers = (int *)realloc(*pointers, (s->n + (size_t)1) * sizeof **pointers);
  *rows = (int *)realloc(*rows, s->nnz * sizeof **rows);
  *values = (double *)realloc(*values, s->nnz * sizeof **values);
  for (uint32_t k = 0; k < s->nnz; k++) begin[s->columns[k] + 1]++;
  for (uint32_t j = 0; j < s->n; j++) begin[j + 1] += begin[j];
  memcpy(*pointers, begin, (s->n + (size_t)1) * sizeof *begin);
  for (uint32_t i = 0; i < s->n; i++) {
    for (uint32_t k = s->row_pointers[i]; k < s->row_pointers[i + 1]; k++) {
      int at = begin[s->columns[k]]++;
      (*rows)[at] = (int)i;
      (*values)[at] = s->values[k];
    }
  }
  free(begin);
}

static inline peer_graph peer_read_graph(const char *path) {
  FILE *file = peer_open(path, "rb");
  peer_graph g;
  uint32_t *head = (uint32_t *)peer_read(file, 3, 4);
  g.n = head[0];
  g.edges = head[1];
  g.source = head[2];
  free(head);
  g.row_pointers = (uint32_t *)peer_read(file, g.n + (size_t)1, 4);
  g.columns = (uint32_t *)peer_read(file, g.edges, 4);
  fclose(file);
  return g;
}

// Answers commands until standard input ends.
static inline int peer_serve(void (*load)(const char *path),
                             const char *(*run)(const char *method, double tolerance,
                                                peer_answer *answer)) {
  char line[4096];
  peer_answer answer = {NULL, 0, 0, 0};
  while (fgets(line, sizeof line, stdin) != NULL) {
    char word[64], text[4000];
    double tolerance = 0;
    if (sscanf(line, "load %3999[^\n]", text) == 1) {
      load(text);
      printf("ok\n");
    } else if (sscanf(line, "run %63s %lf", word, &tolerance) == 2) {
      const char *error = run(word, tolerance, &answer);
      if (error != NULL) printf("error %s\n", error);
      else printf("ok %.6f %ld\n", answer.milliseconds, answer.iterations);
    } else if (sscanf(line, "write %3999[^\n]", text) == 1) {
      FILE *file = peer_open(text, "wb");
      fwrite(answer.result, 8, answer.length, file);
      fclose(file);
      printf("ok\n");
    } else {
      printf("error unknown command\n");
    }
    fflush(stdout);
  }
  return 0;
}

#endif
