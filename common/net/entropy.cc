#include "net/entropy.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace net {
namespace {

constexpr std::size_t kBufferSize = 4096;  // a thousand masking keys for one call

void fill_from_openssl(Bytes out) {
  while (!out.empty()) {
    const Bytes part = take_front(out, std::min(out.size(), std::size_t{1} << 20));
    CHECK(RAND_bytes(part.data(), static_cast<int>(part.size())) == 1);
  }
}

}  // namespace

void fill_random(Bytes out) {
  thread_local std::array<std::uint8_t, kBufferSize> buffer;
  thread_local std::size_t used = kBufferSize;

  if (out.size() > kBufferSize - used) {
    if (out.size() >= kBufferSize) {
      fill_from_openssl(out);
      return;
    }
    fill_from_openssl(buffer);
    used = 0;
  }
  std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(used), out.size(), out.begin());
  used += out.size();
}

ws::MaskKey random_mask_key() {
  ws::MaskKey key;
  fill_random(key);
  return key;
}

}  // namespace net
