// STREAMUTILS_CLONES in front of a function: g++ compiles it once for every x86 processor, and once
// more each for those with AVX2 and with AVX-512, and the dynamic loader picks. For plain loops
// that the vectoriser takes; the function must not be inline. clang 14 lacks it, and
// ThreadSanitizer is not ready when the loader asks.
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define STREAMUTILS_CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define STREAMUTILS_CLONES
#endif
