// The functions for one algorithm, which OpenSSL 3 calls old: the new ones look the algorithm up by
// name in its providers, which costs a short run more than all of our own code, and a server more
// than the digest at every handshake.
#define OPENSSL_API_COMPAT 10100

#include "base/sha1.h"

#include <openssl/sha.h>

#include "base/check.h"

std::array<std::uint8_t, 20> sha1(ConstBytes bytes) {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA_CTX context;
  const bool ok = SHA1_Init(&context) == 1 &&
                  SHA1_Update(&context, bytes.data(), bytes.size()) == 1 &&
                  SHA1_Final(digest.data(), &context) == 1;
  CHECK(ok);
  return digest;
}
