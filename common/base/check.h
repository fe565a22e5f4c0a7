// CHECK(condition) states what is true unless this program itself is wrong. It stays on in every
// build: a broken promise ends the program with the place and the condition, before it does harm.
#pragma once

[[noreturn]] void check_failed(const char* condition, const char* file, unsigned line,
                               const char* function);

#define CHECK(condition) \
  ((condition) ? void() : check_failed(#condition, __FILE__, __LINE__, __func__))
