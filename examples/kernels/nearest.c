// The k nearest of some vectors by their Euclidean distance: what a file answers queries with that carries this program.
#define KERNEL(name) __attribute__((export_name(#name)))

// vectors: count * width; ids and distances: k, written, the nearest first; k <= count. Returns 0, or 1 for a k that is
// too large.
KERNEL(nearest)
int nearest(const float *restrict vectors, const float *restrict query, int *restrict ids,
            float *restrict distances, int count, int width, int k) {
  if (k > count) return 1;
  int found = 0;
  for (int row = 0; row < count; row++, vectors += width) {
    float sums[4] = {0, 0, 0, 0};
    int i = 0;
    for (; i + 4 <= width; i += 4) {
      for (int lane = 0; lane < 4; lane++) {
        const float d = vectors[i + lane] - query[i + lane];
        sums[lane] += d * d;
      }
    }
    for (; i < width; i++) sums[0] += (vectors[i] - query[i]) * (vectors[i] - query[i]);
    const float distance = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    if (found == k && !(distance < distances[k - 1])) continue;
    int at = found < k ? found++ : k - 1;
    for (; at > 0 && distances[at - 1] > distance; at--) {
      distances[at] = distances[at - 1];
      ids[at] = ids[at - 1];
    }
    distances[at] = distance;
    ids[at] = row;
  }
  for (int at = 0; at < k; at++) distances[at] = __builtin_sqrtf(distances[at]);
  return 0;
}
