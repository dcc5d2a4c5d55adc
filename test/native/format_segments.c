// Headers, directories, Merkle trees: what is right is read, whatever is wrong is refused.
#include "check.h"

#include "base/rng.h"
#include "format_file.h"

static void hex(const uint8_t *hash, char *out) {
  for (int i = 0; i < 32; i++) sprintf(out + 2 * i, "%02x", hash[i]);
}

// The test vectors of the certificate-transparency project for RFC 6962.
static void merkle_roots_of_the_standard(void **state) {
  (void)state;
  static const uint8_t data[] = {0x00, 0x10, 0x20, 0x21, 0x30, 0x31, 0x40, 0x41, 0x42,
                                 0x43, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57,
                                 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
                                 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f};
  static const size_t lengths[] = {0, 1, 1, 2, 2, 4, 8, 16};
  static const char *roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  uint8_t hashes[8][32], root[32];
  size_t at = 0;
  for (int i = 0; i < 8; i++) {
    sl_merkle_leaf_hash(data + at, lengths[i], hashes[i]);
    assert_ok(sl_hash_tree_check(data + at, lengths[i], hashes[i]));
    at += lengths[i];
  }
  for (size_t n = 0; n <= 8; n++) {
    char text[65];
    sl_hash_tree_root(hashes[0], n, root);
    hex(root, text);
    assert_string_equal(text, roots[n]);
  }
  assert_refused(sl_hash_tree_check("x", 1, hashes[1]), SL_ERR_CHECKSUM, "bytes");
}

static void blocks_of_one_size(void **state) {
  (void)state;
  uint8_t bytes[1000], hashes[16 * 32], root[32], again[32];
  for (int i = 0; i < 1000; i++) bytes[i] = (uint8_t)(i * 7);
  assert_ok(sl_hash_tree_blocks(bytes, 1000, 64, hashes, root));
  sl_hash_tree_root(hashes, 16, again);
  assert_memory_equal(root, again, 32);
  assert_ok(sl_hash_tree_check(bytes + 15 * 64, 40, hashes + 15 * 32));
  assert_ok(sl_hash_tree_blocks(bytes, 0, 64, NULL, root));
  assert_refused(sl_hash_tree_blocks(bytes, 9, 0, NULL, root), SL_ERR_OPTION, "block");
}

#define TEST_KIND 0x54534554u

static const uint64_t ends[3] = {5, 5, 12};
static uint8_t hashes[3][32];

static file small(void) {
  static const float numbers[6] = {1, 2, 3, 4, 5, 6};
  const char *text = "twelve bytes";
  sl_merkle_leaf_hash(text, 5, hashes[0]);
  sl_merkle_leaf_hash(text, 0, hashes[1]);
  sl_merkle_leaf_hash(text + 5, 7, hashes[2]);
  const part parts[] = {
      {.name = "numbers", .type = SL_SEGMENT_F32, .shape = {2, 3}, .bytes = numbers, .length = 24},
      {.name = "text.ends", .type = SL_SEGMENT_U64, .shape = {3}, .bytes = ends, .length = 24},
      {.name = "text.hashes",
       .type = SL_SEGMENT_U8,
       .shape = {3, 32},
       .bytes = hashes,
       .length = 96},
      {.name = "text",
       .type = SL_SEGMENT_TEXT,
       .hashes = 3,
       .ends = 2,
       .shape = {12},
       .bytes = text,
       .length = 12},
      {.name = "nothing", .type = SL_SEGMENT_F64, .shape = {0}}};
  return compose(TEST_KIND, parts, 5);
}

static void a_file_reads_as_it_was_written(void **state) {
  (void)state;
  file f = small();
  assert_ok(sl_segments_check(f.bytes, f.length, TEST_KIND, (double)f.length));
  assert_ok(sl_segments_check(f.bytes, f.head, 0, 0));
  sl_segment s;
  assert_int_equal(sl_segments_find(f.bytes, "text"), 3);
  assert_int_equal(sl_segments_find(f.bytes, "tex"), UINT32_MAX);
  assert_int_equal(sl_segments_find(f.bytes, "a name that is longer than any can be"), UINT32_MAX);
  sl_segments_get(f.bytes, 3, &s);
  assert_int_equal(s.blocks, 3);
  assert_int_equal(s.offset % 64, 0);
  assert_memory_equal(f.bytes + s.offset, "twelve bytes", 12);
  sl_segments_get(f.bytes, 4, &s);
  assert_int_equal(s.blocks, 0);
  assert_refused(sl_segments_check(f.bytes, f.length, 1, 0), SL_ERR_FORMAT, "bytes");
  assert_refused(sl_segments_check(f.bytes, f.length, 0, (double)f.length + 1), SL_ERR_FORMAT,
                 "bytes");
  assert_refused(sl_segments_check(f.bytes, f.length, 0, (double)f.length - 1), SL_ERR_TRUNCATED,
                 "bytes");
  free(f.bytes);
}

static void every_bit_and_every_length(void **state) {
  (void)state;
  file f = small();
  for (size_t i = 0; i < f.head * 8; i++) {
    f.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    assert_true(sl_segments_check(f.bytes, f.length, 0, (double)f.length) < 0);
    f.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
  }
  for (size_t n = 0; n < f.head; n++) {
    uint8_t *copy = malloc(n + (n == 0));
    memcpy(copy, f.bytes, n);
    assert_int_equal(sl_segments_check(copy, n, 0, 0), SL_ERR_TRUNCATED);
    free(copy);
  }
  free(f.bytes);
}

// Changes that a forger makes, with a hash that is right.
static void forged_directories(void **state) {
  (void)state;
  static const struct {
    uint32_t entry, at, bytes;
    uint64_t value;
  } forged[] = {
      {0, 72, 8, 0},          {0, 72, 8, 1024},       {1, 72, 8, 704}, {1, 72, 8, 896},
      {0, 80, 8, 23},         {0, 80, 8, UINT64_MAX}, {0, 32, 4, 14},  {0, 32, 4, UINT32_MAX},
      {0, 36, 4, 5},          {0, 36, 4, 1},          {0, 40, 8, 3},   {0, 40, 8, UINT64_MAX},
      {0, 48, 8, 1ull << 62}, {0, 56, 8, 1},          {0, 0, 1, 'A'},  {0, 0, 1, 0},
      {0, 3, 1, 0},           {0, 20, 1, 'x'},        {3, 92, 2, 0},   {3, 92, 2, 4},
      {3, 92, 2, 9},          {3, 92, 2, 1},          {3, 94, 2, 1},   {3, 94, 2, 4},
      {3, 94, 2, 0},          {3, 94, 2, 65535},      {3, 88, 4, 64},  {3, 88, 4, 65},
      {3, 88, 4, 32},         {1, 94, 2, 4},          {2, 40, 8, 2},   {4, 72, 8, 1ull << 53},
      {0, 88, 4, 1},
  };
  for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
    file f = small();
    uint8_t *e = f.bytes + 64 + forged[i].entry * 128 + forged[i].at, own[32];
    memcpy(e, &forged[i].value, forged[i].bytes);
    sl_sha256 h;
    sl_sha256_init(&h);
    sl_sha256_update(&h, f.bytes, 32);
    sl_sha256_update(&h, f.bytes + 64, 5 * 128);
    sl_sha256_final(&h, own);
    memcpy(f.bytes + 32, own, 32);
    const sl_status status = sl_segments_check(f.bytes, f.length, 0, (double)f.length);
    if (status >= 0 || status == SL_ERR_CHECKSUM) fail_msg("forgery %zu: %d", i, status);
    free(f.bytes);
  }
  file f = small();
  memcpy(f.bytes + 64 + 128, f.bytes + 64, 32); // the same name twice
  assert_refused(sl_segments_seal(f.bytes, TEST_KIND, 5), SL_ERR_FORMAT, "bytes");
  assert_refused(sl_segments_seal(f.bytes, TEST_KIND, 5000), SL_ERR_RANGE, "segments");
  free(f.bytes);
}

// A flag says that a reader who does not know it must not go on, however right the hash is.
static void flags_that_nobody_knows(void **state) {
  (void)state;
  for (int bit = 0; bit < 32; bit++) {
    file f = small();
    sl_put_u32(f.bytes + 16, 1u << bit);
    sl_sha256 h;
    sl_sha256_init(&h);
    sl_sha256_update(&h, f.bytes, 32);
    sl_sha256_update(&h, f.bytes + 64, 5 * 128);
    sl_sha256_final(&h, f.bytes + 32);
    assert_refused(sl_segments_check(f.bytes, f.length, 0, (double)f.length), SL_ERR_FORMAT,
                   "bytes");
    assert_int_equal(sl_last_error()->position, 16);
    free(f.bytes);
  }
}

static void files_of_version_1_are_sent_elsewhere(void **state) {
  (void)state;
  file f = small();
  sl_put_u32(f.bytes + 8, 1);
  assert_refused(sl_segments_check(f.bytes, f.length, 0, 0), SL_ERR_FORMAT, "bytes");
  assert_non_null(strstr(sl_last_error()->expected, "load()"));
  free(f.bytes);
}

static void random_changes(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  file f = small();
  uint8_t *copy = malloc(f.length);
  for (int i = 0; i < 100000; i++) {
    memcpy(copy, f.bytes, f.length);
    for (uint32_t n = 1 + sl_rng_below(&rng, 4); n > 0; n--) {
      const uint32_t at = 8 + sl_rng_below(&rng, (uint32_t)(64 + 5 * 128 - 8));
      copy[at] = sl_rng_below(&rng, 2) ? (uint8_t)sl_rng_next(&rng) : copy[at ^ 4];
    }
    sl_sha256 h;
    sl_sha256_init(&h);
    sl_sha256_update(&h, copy, 32);
    sl_sha256_update(&h, copy + 64, 5 * 128);
    sl_sha256_final(&h, copy + 32);
    const sl_status status = sl_segments_check(copy, f.length, 0, 0);
    if (status != SL_OK) continue;
    for (uint32_t j = 0; j < 5; j++) { // what is accepted lies in the file
      sl_segment s;
      sl_segments_get(copy, j, &s);
      assert_true(s.offset + s.length <= sl_get_u64(copy + 24));
    }
  }
  free(copy);
  free(f.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(merkle_roots_of_the_standard),
      property(blocks_of_one_size),
      property(a_file_reads_as_it_was_written),
      property(every_bit_and_every_length),
      property(forged_directories),
      property(flags_that_nobody_knows),
      property(files_of_version_1_are_sent_elsewhere),
      property(random_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
