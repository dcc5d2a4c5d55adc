// Merkle trees against the recursive definitions of RFC 6962, in Python, and proofs against each other.
#include "crypto_vectors.h"

#include "base/rng.h"
#include "crypto/merkle.h"

enum { LEAVES = 66, PROOF = SL_SHA256_BYTES * SL_MERKLE_PROOF_MAX };

// A tree of the first n messages of the vectors, appended a few at a time.
static sl_merkle *make_tree(uint32_t n, uint32_t at_a_time) {
  sl_merkle *tree;
  assert_ok(sl_merkle_create(&tree));
  for (uint32_t i = 0; i < n; i += at_a_time) {
    uint8_t entries[LEAVES * LEAVES];
    uint32_t offsets[LEAVES + 1] = {0}, count = 0;
    for (uint32_t k = i; k < n && k < i + at_a_time; k++, count++) {
      make_message(entries + offsets[count], k);
      offsets[count + 1] = offsets[count] + k;
    }
    assert_ok(sl_merkle_append(tree, entries, offsets[count], offsets, count));
  }
  return tree;
}

static void roots_and_proofs(void **state) {
  (void)state;
  uint32_t n = 0;
  sl_merkle *large = make_tree(LEAVES, LEAVES);
  for (vectors *v = open_vectors("merkle.json"); next_vector(v, 4); n++) {
    assert_int_equal(atoi(v->words[0]), n);
    sl_merkle *tree = make_tree(n, 1 + n % 7);
    assert_int_equal(sl_merkle_size(tree), n);
    uint8_t root[32], other[32], proof[PROOF], digest[32];
    assert_ok(sl_merkle_root(tree, n, root));
    assert_hex(root, 32, v->words[1]);
    assert_ok(sl_merkle_root(large, n, other));
    assert_memory_equal(root, other, 32);

    sl_sha256 all;
    uint32_t count;
    sl_sha256_init(&all);
    for (uint32_t i = 0; i < n; i++) {
      assert_ok(sl_merkle_inclusion(large, i, n, proof, &count));
      sl_sha256_update(&all, proof, (size_t)count * 32);
    }
    sl_sha256_final(&all, digest);
    assert_hex(digest, 32, v->words[2]);
    sl_sha256_init(&all);
    for (uint32_t m = 1; m <= n; m++) {
      assert_ok(sl_merkle_consistency(large, m, n, proof, &count));
      sl_sha256_update(&all, proof, (size_t)count * 32);
    }
    sl_sha256_final(&all, digest);
    assert_hex(digest, 32, v->words[3]);
    sl_merkle_destroy(tree);
  }
  assert_int_equal(n, LEAVES + 1);
  sl_merkle_destroy(large);
}

// Every proof proves what it is for and nothing else: another index, another size, a flipped bit, a hash
// more or less.
static void proofs_prove(void **state) {
  (void)state;
  sl_merkle *tree = make_tree(LEAVES, LEAVES);
  uint8_t leaf[32], root[32], from_root[32], proof[PROOF + 32] = {0};
  uint32_t count;
  for (uint32_t n = 1; n <= LEAVES; n += n < 18 ? 1 : 7) {
    assert_ok(sl_merkle_root(tree, n, root));
    for (uint32_t i = 0; i < n; i++) {
      assert_ok(sl_merkle_leaf(tree, i, leaf));
      assert_ok(sl_merkle_inclusion(tree, i, n, proof, &count));
      assert_true(sl_merkle_verify_inclusion(leaf, i, n, proof, count, root));
      for (uint32_t k = 0; k <= n + 1; k++)
        if (k != i) assert_false(sl_merkle_verify_inclusion(leaf, k, n, proof, count, root));
      assert_false(sl_merkle_verify_inclusion(leaf, i, n, proof, count + 1, root));
      if (count > 0) assert_false(sl_merkle_verify_inclusion(leaf, i, n, proof, count - 1, root));
      for (uint32_t bit = 0; bit < count * 256; bit += 37) {
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(sl_merkle_verify_inclusion(leaf, i, n, proof, count, root));
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
      }
    }
    for (uint32_t m = 0; m <= n; m++) {
      assert_ok(sl_merkle_root(tree, m, from_root));
      assert_ok(sl_merkle_consistency(tree, m, n, proof, &count));
      assert_true(sl_merkle_verify_consistency(m, n, from_root, root, proof, count));
      assert_false(sl_merkle_verify_consistency(m, n, from_root, root, proof, count + 1));
      if (m != n) assert_false(sl_merkle_verify_consistency(n, m, root, from_root, proof, count));
      if (count > 0)
        assert_false(sl_merkle_verify_consistency(m, n, from_root, root, proof, count - 1));
      for (uint32_t bit = 0; bit < count * 256; bit += 37) {
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(sl_merkle_verify_consistency(m, n, from_root, root, proof, count));
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
      }
      from_root[3] ^= 1;
      assert_false(sl_merkle_verify_consistency(m, n, from_root, root, proof, count));
    }
  }
  sl_merkle_destroy(tree);
}

// Sizes that no tree in memory has, and proofs that are noise: an answer, no crash, no endless loop.
static void noise(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 1);
  uint8_t bytes[PROOF], root[32] = {0};
  for (int i = 0; i < 20000; i++) {
    for (int k = 0; k < 40; k++) bytes[sl_rng_below(&rng, PROOF)] = (uint8_t)sl_rng_next(&rng);
    const uint64_t size = sl_rng_next(&rng) >> sl_rng_below(&rng, 64),
                   at = sl_rng_next(&rng) >> sl_rng_below(&rng, 64);
    const uint32_t count = sl_rng_below(&rng, 66);
    assert_false(sl_merkle_verify_inclusion(bytes, at, size, bytes, count, root));
    assert_false(sl_merkle_verify_consistency(at, size, bytes + 32, root, bytes, count));
  }
  assert_false(sl_merkle_verify_inclusion(bytes, UINT64_MAX, UINT64_MAX, bytes, 64, root));
}

static void blocks_are_entries(void **state) {
  (void)state;
  uint8_t bytes[1000], one[32], two[32];
  make_message(bytes, sizeof bytes);
  for (size_t block = 1; block < 1100; block += 1 + block / 9) {
    uint32_t offsets[1001] = {0}, count = 0;
    while (offsets[count] < sizeof bytes) {
      const size_t end = offsets[count] + block;
      offsets[++count] = (uint32_t)(end < sizeof bytes ? end : sizeof bytes);
    }
    sl_merkle *tree, *other;
    assert_ok(sl_merkle_create(&tree));
    assert_ok(sl_merkle_create(&other));
    assert_ok(sl_merkle_append_blocks(tree, bytes, sizeof bytes, block));
    assert_ok(sl_merkle_append(other, bytes, sizeof bytes, offsets, count));
    assert_int_equal(sl_merkle_size(tree), count);
    assert_ok(sl_merkle_root(tree, count, one));
    assert_ok(sl_merkle_root(other, count, two));
    assert_memory_equal(one, two, 32);
    sl_merkle_destroy(other);
    // The same from the hashes of its leaves.
    assert_ok(sl_merkle_create(&other));
    for (uint32_t i = 0; i < count; i++) {
      assert_ok(sl_merkle_leaf(tree, i, two));
      assert_ok(sl_merkle_append_hashes(other, two, 1));
    }
    assert_ok(sl_merkle_root(other, count, two));
    assert_memory_equal(one, two, 32);
    sl_merkle_destroy(tree);
    sl_merkle_destroy(other);
  }
}

static void refuses_and_keeps(void **state) {
  (void)state;
  sl_merkle *tree = make_tree(9, 9);
  uint8_t out[PROOF], root[32], after[32];
  uint32_t count;
  const uint32_t falling[] = {4, 3};
  assert_refused(sl_merkle_append(tree, out, 9, falling, 1), SL_ERR_INDEX, "offsets");
  assert_refused(sl_merkle_append_blocks(tree, out, 9, 0), SL_ERR_OPTION, "block_bytes");
  assert_refused(sl_merkle_leaf(tree, 9, out), SL_ERR_INDEX, "index");
  assert_refused(sl_merkle_root(tree, 10, out), SL_ERR_INDEX, "size");
  assert_refused(sl_merkle_inclusion(tree, 9, 9, out, &count), SL_ERR_INDEX, "index");
  assert_refused(sl_merkle_inclusion(tree, 0, 10, out, &count), SL_ERR_INDEX, "size");
  assert_refused(sl_merkle_inclusion(tree, 0, 0, out, &count), SL_ERR_INDEX, "index");
  assert_refused(sl_merkle_consistency(tree, 9, 8, out, &count), SL_ERR_INDEX, "from");
  assert_ok(sl_merkle_root(tree, 9, root));
  // Memory ends at every step of growth.
  uint8_t *hashes = calloc(1000, 32);
  for (uint64_t bytes = 0;; bytes += 5000) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_merkle_append_hashes(tree, hashes, 1000);
    sl_memory_budget_end(&budget);
    assert_ok(sl_merkle_root(tree, 9, after));
    assert_memory_equal(after, root, 32);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(sl_merkle_size(tree), 9);
  }
  assert_int_equal(sl_merkle_size(tree), 1009);
  free(hashes);
  sl_merkle_destroy(tree);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(roots_and_proofs),   property(proofs_prove),      property(noise),
      property(blocks_are_entries), property(refuses_and_keeps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
