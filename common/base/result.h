// Result<T>: a value, or a sentence that says why there is none. For failures of the world (a file,
// a name, an option); what a peer does wrong is a diag::Violation, what we do wrong is a CHECK.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

/// `message` names the thing and the reason, in lower case, without a full stop.
struct Error {
  std::string message;
  std::string hint;  ///< what to do about it, one line; empty when there is nothing to add
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() { return value(); }
  const T& operator*() const { return const_cast<Result*>(this)->value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }

  const Error& error() const {
    const Error* error = std::get_if<1>(&state_);
    CHECK(error != nullptr);
    return *error;
  }

 private:
  T& value() {
    T* value = std::get_if<0>(&state_);
    CHECK(value != nullptr);
    return *value;
  }

  std::variant<T, Error> state_;
};

/// Success has nothing to say: `return Result<void>{}` or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const {
    CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};
