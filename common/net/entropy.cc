#include "net/entropy.h"

#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace net {
namespace {

constexpr std::size_t kBufferSize = 4096;  // a thousand masking keys for one call

// What the kernel gives first: enough for a short run, which OpenSSL's generator would take longer
// to start than all the rest. After that OpenSSL is the quicker of the two.
constexpr std::size_t kFirstSize = 256;

void fill_from_openssl(Bytes out) {
  while (!out.empty()) {
    const Bytes part = take_front(out, std::min(out.size(), std::size_t{1} << 20));
    CHECK(RAND_bytes(part.data(), static_cast<int>(part.size())) == 1);
  }
}

struct Buffer {
  std::array<std::uint8_t, kBufferSize> bytes = {};
  std::size_t left = 0;  // at the front
  bool used = false;

  void refill() {
    left = std::exchange(used, true) ? kBufferSize : kFirstSize;
    const Bytes fresh = Bytes(bytes).first(left);
    if (left > kFirstSize || getentropy(fresh.data(), fresh.size()) != 0) fill_from_openssl(fresh);
  }
};

}  // namespace

void fill_random(Bytes out) {
  thread_local Buffer buffer;
  if (out.size() > buffer.left) {
    if (out.size() >= kFirstSize) return fill_from_openssl(out);
    buffer.refill();
  }
  buffer.left -= out.size();
  std::copy_n(buffer.bytes.begin() + static_cast<std::ptrdiff_t>(buffer.left), out.size(),
              out.begin());
}

ws::MaskKey random_mask_key() {
  ws::MaskKey key;
  fill_random(key);
  return key;
}

}  // namespace net
