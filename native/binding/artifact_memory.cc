#include "binding/artifact_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <string>

#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

constexpr int kFresh = MAP_PRIVATE | MAP_ANONYMOUS;

}  // namespace

ArtifactMemory::Range::~Range() { munmap(data, bytes); }

ArtifactMemory::ArtifactMemory(size_t bytes) {
  const size_t mapped = std::max<size_t>(bytes, 1);
  // Pages of its own: the allocator may keep what it is given back.
  void* data = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, kFresh, -1, 0);
  if (data == MAP_FAILED) {
    throw engine::EngineError("ERR_OUT_OF_MEMORY",
                              "Could not allocate " + std::to_string(bytes) + " bytes for a model file");
  }
  range_ = std::shared_ptr<Range>(new Range{data, mapped});
  // Empty pages in place of the full ones; should the system refuse, the collector frees them later.
  reader_ = std::shared_ptr<void>(data, [range = range_](void*) {
    mmap(range->data, range->bytes, PROT_READ | PROT_WRITE, kFresh | MAP_FIXED | MAP_NORESERVE, -1, 0);
  });
}

}  // namespace node_libtorch::binding
