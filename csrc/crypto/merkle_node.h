// What the two files of Merkle trees share.
#ifndef SL_CRYPTO_MERKLE_NODE_H
#define SL_CRYPTO_MERKLE_NODE_H

#include <stdint.h>

enum { SL_MERKLE_LEAF = 0, SL_MERKLE_NODE = 1 };

// H(0x01 || left || right); `out` may be one of the two.
void sl_merkle_node(const uint8_t *left, const uint8_t *right, uint8_t *out);

#endif
