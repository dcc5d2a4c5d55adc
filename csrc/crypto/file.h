// Saving and loading witness chains: the kind CHAIN of base/container.h. docs/format.md describes every
// byte.
#ifndef SL_CRYPTO_FILE_H
#define SL_CRYPTO_FILE_H

#include "base/container.h"
#include "crypto/chain.h"

SL_FILE_KIND(SL_FILE_CHAIN, SL_TAG('W', 'T', 'N', 'S'), "WitnessChain");

// Begins the file of a chain, with the heads that it keeps.
//   chain   read: it must outlive the writer, and not be appended to meanwhile
//   Errors: ERR_MEMORY. O(1).
sl_status sl_chain_save(const sl_chain *chain, sl_writer **out);

// Makes a chain from a file that has been read: sl_reader_end() has succeeded. That its heads are right is
// not known then: sl_chain_begin_verify finds out.
//   Errors: ERR_FORMAT ("bytes"; position = offset in the file), ERR_STATE, ERR_MEMORY. Safe on untrusted
//   bytes: yes. O(entries).
sl_status sl_chain_load(sl_reader *reader, sl_chain **out);

#endif
