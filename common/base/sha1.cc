#include "base/sha1.h"

#include <openssl/sha.h>

std::array<std::uint8_t, 20> sha1(ConstBytes bytes) {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(bytes.data(), bytes.size(), digest.data());
  return digest;
}
