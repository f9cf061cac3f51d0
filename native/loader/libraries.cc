#include "loader/libraries.h"

#include <atomic>
#include <mutex>

#include "loader/system.h"

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
    Failure failure{path, {}};
    if (void* handle = open_library(path, &failure.message); handle != nullptr) {
      handles.push_back(handle);
      continue;
    }
    for (auto it = handles.rbegin(); it != handles.rend(); ++it) close_library(*it);
    for (const auto& other : libraries) *stuck = *stuck || is_resident(other);
    return failure;
  }
  return std::nullopt;
}

void open_stub(const std::string& path) {
  if (path.empty() || is_resident("libtorch.so")) return;
  std::string ignored;
  open_library(path, &ignored);
}

}  // namespace

void set_environment(const Request& request) {
  if (process().environment_set.exchange(true)) return;
  for (const auto& [name, value] : request.env) set_variable(name, value);
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
