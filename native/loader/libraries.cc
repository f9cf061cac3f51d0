#include "loader/libraries.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace node_libtorch::loader {
namespace {

struct Process {
  std::mutex mutex;
  std::optional<Loaded> loaded;
  std::atomic<bool> environment_set = false;
};

Process& process() {
  static auto* instance = new Process;  // outlives static destruction: a pool thread may still be in it
  return *instance;
}

// On success the handles are never closed: LibTorch does not survive being unmapped. On failure they are, so
// that another LibTorch can be tried; `stuck` says that one of them stayed nevertheless.
std::optional<Failure> open_all(const std::vector<std::string>& libraries, bool* stuck) {
  std::vector<void*> handles;
  for (const auto& path : libraries) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) {
      handles.push_back(handle);
      continue;
    }
    const char* reason = dlerror();
    Failure failure{path, reason != nullptr ? reason : "dlopen failed"};
    for (auto it = handles.rbegin(); it != handles.rend(); ++it) dlclose(*it);
    for (const auto& other : libraries) {
      if (void* resident = dlopen(other.c_str(), RTLD_LAZY | RTLD_NOLOAD); resident != nullptr) {
        dlclose(resident);
        *stuck = true;
      }
    }
    return failure;
  }
  return std::nullopt;
}

// RTLD_LOCAL is enough: a compiled package names libtorch.so and libtorch_cpu.so as its needs, finds both by
// soname, and looks symbols up in what it needs.
void open_stub(const std::string& path) {
  if (path.empty()) return;
  if (void* real = dlopen("libtorch.so", RTLD_LAZY | RTLD_NOLOAD); real != nullptr) {
    dlclose(real);
    return;
  }
  dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

}  // namespace

void set_environment(const Request& request) {
  if (process().environment_set.exchange(true)) return;
  for (const auto& [name, value] : request.env) setenv(name.c_str(), value.c_str(), 1);
}

Outcome load(const Request& request) {
  const std::lock_guard<std::mutex> lock(process().mutex);
  Outcome outcome;
  if (!process().loaded) {
    outcome.failure = open_all(request.libraries, &outcome.stuck);
    if (outcome.failure) {
      process().environment_set = false;
      return outcome;
    }
    bool ignored = false;
    process().loaded = Loaded{request.description, open_all(request.optional, &ignored)};
    open_stub(request.stub);
  }
  outcome.loaded = *process().loaded;
  return outcome;
}

}  // namespace node_libtorch::loader
