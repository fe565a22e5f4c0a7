#include "process_meter.h"

#include <dirent.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace bench {
namespace {

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
  void operator()(DIR* folder) const { closedir(folder); }
};

std::unique_ptr<FILE, CloseFile> open_to_read(const std::string& path) {
  return std::unique_ptr<FILE, CloseFile>(std::fopen(path.c_str(), "re"));
}

}  // namespace

std::uint64_t cpu_ns(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/task", pid);
  const std::unique_ptr<DIR, CloseFile> folder(opendir(path.c_str()));
  if (!folder) return 0;
  std::uint64_t total = 0;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] == '.') continue;
    const auto file = open_to_read(fmt::format("{}/{}/schedstat", path, entry->d_name));
    unsigned long long spent = 0;
    if (file && std::fscanf(file.get(), "%llu", &spent) == 1) total += spent;
  }
  return total;
}

Memory memory_of(pid_t pid) {
  // VmRSS in /proc/PID/status is counted per processor and may be late by half a mebibyte.
  const auto file = open_to_read(fmt::format("/proc/{}/smaps_rollup", pid));
  Memory memory;
  char line[256];
  while (file && std::fgets(line, sizeof line, file.get()) != nullptr) {
    unsigned long long kib = 0;
    if (std::sscanf(line, "Rss: %llu kB", &kib) == 1) memory.resident_kib = kib;
    if (std::sscanf(line, "Pss: %llu kB", &kib) == 1) memory.proportional_kib = kib;
  }
  return memory;
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace bench
