#include "net/tls_files.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509err.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "net/fd.h"
#include "net/tls_error.h"

namespace net {
namespace {

struct Password {
  const std::optional<std::string>& text;
  bool asked = false;
};

int on_password(char* into, int size, int, void* user) {
  auto& password = *static_cast<Password*>(user);
  password.asked = true;
  if (!password.text || password.text->size() > static_cast<std::size_t>(size)) return -1;
  std::copy(password.text->begin(), password.text->end(), into);
  return static_cast<int>(password.text->size());
}

/// There is nothing of the kind in the file. The decoder calls what it does not find unsupported.
bool is_absent(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return (ERR_GET_LIB(error) == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
         (ERR_GET_LIB(error) == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
         (ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED);
}

}  // namespace

void FreeKey::operator()(EVP_PKEY* key) const {
  EVP_PKEY_free(key);
}

bool can_be_read_again(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

Result<void> check_readable(const std::string& path) {
  struct stat info = {};
  const bool there = stat(path.c_str(), &info) == 0;
  if (there && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) return {};
  const Fd file(there ? open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1);
  char first = 0;
  const ssize_t size = file ? read(file.value(), &first, 1) : -1;
  if (size > 0) return {};
  return Error{"cannot read " + path + ": " + (size == 0 ? "it is empty" : errno_text(errno)), {}};
}

Result<void> check_folder(const std::string& path) {
  const Fd folder(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  if (folder) return {};
  return Error{"cannot read " + path + ": " + errno_text(errno), {}};
}

Result<Key> read_key(const std::string& path, const std::optional<std::string>& password) {
  if (auto readable = check_readable(path); !readable) return readable.error();
  ERR_clear_error();
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "re"), &BIO_free);
  Password given{password};
  Key key(file != nullptr ? PEM_read_bio_PrivateKey(file.get(), nullptr, on_password, &given)
                          : nullptr);
  if (key != nullptr) return key;
  if (!given.asked) return unusable("private key", path);
  ERR_clear_error();
  if (password) return Error{"the password does not open the private key in " + path, {}};
  return Error{"the private key in " + path + " is encrypted", {}};
}

Error unusable(std::string_view what, const std::string& path) {
  const bool absent = is_absent(ERR_peek_error()) || is_absent(ERR_peek_last_error());
  const std::string reason = openssl_reason();
  if (absent) {
    return {"no " + std::string(what) + " in " + path,
            what == "private key" ? "--key FILE says where it is" : "a PEM file is wanted"};
  }
  return {"cannot use the " + std::string(what) + " in " + path + ": " + reason, {}};
}

Error not_a_pair(const std::string& key_file, const std::string& certificate_file) {
  return {"the private key in " + key_file + " does not belong to the certificate in " +
              certificate_file,
          {}};
}

}  // namespace net
