// What an order by minimum degree is made in. Internal to the room.
#ifndef SL_DIRECT_AMD_OBJECT_H
#define SL_DIRECT_AMD_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#define NONE (-1)

typedef struct sl_amd sl_amd; // as in direct/amd.h

struct sl_amd {
  int32_t n, rows; // rows and elements that are numbered; rows
  int32_t *lists;  // capacity: the lists of rows and elements
  size_t capacity, end;
  uint32_t *start;   // n: where the list of a row or element begins
  int32_t *length;   // n: of the list; 0 when there is none any more
  int32_t *elements; // n: how many elements lead the list; NONE: this is an element itself
  int32_t *weight;   // n: rows of a supervariable; negative while in the element that is made; 0:
                     // eliminated or absorbed
  int32_t *degree;   // n: of a row, an upper bound; of an element, weight of its rows
  int32_t *mark;     // n: of an element, 0 when absorbed; otherwise see `stamp`
  int32_t *next, *previous; // n: lists of rows of equal degree; buckets and hashes in between
  int32_t *head;            // n: first row of each degree
  int32_t *bucket;          // n: first row of each hash
  int32_t *link, *last;     // n: rows that are eliminated together; the last of them at their first
  int32_t stamp;            // marks from here on are of the current step
  int32_t least;            // no row has a smaller degree
  int32_t eliminated;       // weight of rows that are gone
  int32_t largest;          // largest degree of an element so far
  uint32_t *order;
  int32_t placed;   // rows in `order`
  int32_t unplaced; // first of the dense rows, linked by `next`
  uint64_t spent;
};

// The next of the order: a row and those that are eliminated with it.
static inline void sl_amd_place(sl_amd *a, int32_t row) {
  for (; row != NONE; row = a->link[row]) a->order[a->placed++] = (uint32_t)row;
}

// Eliminates rows with fewer than three neighbours, as long as there are any whose neighbours have short
// lists. The lists of rows are there, nothing else is used yet. O(rows + entries).
void sl_amd_strip(sl_amd *amd);

#endif
