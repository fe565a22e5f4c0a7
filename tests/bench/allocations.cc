// Counts what a program allocates, without a change to it: loaded with LD_PRELOAD, it counts calls
// of the C allocation functions, through which operator new goes too, in the file that
// STREAMUTILS_ALLOCATIONS names. Whoever measures reads the number there, in the middle of a run.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace {

std::atomic<std::uint64_t> before_start = 0;
std::atomic<std::uint64_t>* count = &before_start;

void add_one() {
  count->fetch_add(1, std::memory_order_relaxed);
}

__attribute__((constructor)) void map_count() {
  const char* path = getenv("STREAMUTILS_ALLOCATIONS");
  const int fd = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* place = mmap(nullptr, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (place != MAP_FAILED) count = static_cast<std::atomic<std::uint64_t>*>(place);
}

}  // namespace

// What glibc's own functions are called below the names that are taken over here.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* place, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  add_one();
  return __libc_malloc(size);
}

void* calloc(std::size_t items, std::size_t size) noexcept {
  add_one();
  return __libc_calloc(items, size);
}

void* realloc(void* place, std::size_t size) noexcept {
  add_one();
  return __libc_realloc(place, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  add_one();
  return __libc_memalign(alignment, size);
}
}
