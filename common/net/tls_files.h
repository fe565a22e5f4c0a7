// Certificates and keys in files: can they be read, and if not, why, in words that name the file.
// OpenSSL's own errors name none, and mix those of the system with its own. Never asks at a
// terminal for a password.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace net {

struct FreeKey {
  void operator()(EVP_PKEY* key) const;
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// Of a pipe the bytes come once, and trying again may wait for ever.
bool can_be_read_again(const std::string& path);

/// "cannot read a.pem: No such file or directory", "cannot read a.pem: it is empty". Takes nothing
/// from a pipe, and has nothing to say about one.
Result<void> check_readable(const std::string& path);

/// "cannot read certs: No such file or directory"
Result<void> check_folder(const std::string& path);

/// The private key in a PEM file. `password` is for one that is encrypted.
Result<Key> read_key(const std::string& path, const std::optional<std::string>& password);

/// The sentence for a failure of OpenSSL to make use of the `what` in a PEM file. Empties its error
/// queue.
Error unusable(std::string_view what, const std::string& path);

/// For a key that is fine by itself.
Error not_a_pair(const std::string& key_file, const std::string& certificate_file);

}  // namespace net
