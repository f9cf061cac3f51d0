#include "binding/artifact_memory.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#endif

#include <algorithm>
#include <string>

#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

#ifdef _WIN32
void* fresh_pages(size_t bytes) {
  return VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}
void give_back(void* data, size_t) { VirtualFree(data, 0, MEM_RELEASE); }
// The addresses stay; what they hold is anything from then on.
void empty(void* data, size_t bytes) { DiscardVirtualMemory(data, bytes); }
#else
constexpr int kFresh = MAP_PRIVATE | MAP_ANONYMOUS;

void* fresh_pages(size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFresh, -1, 0);
  return data == MAP_FAILED ? nullptr : data;
}
void give_back(void* data, size_t bytes) { munmap(data, bytes); }
// Empty pages in place of the full ones; should the system refuse, the collector frees them later.
void empty(void* data, size_t bytes) {
  mmap(data, bytes, PROT_READ | PROT_WRITE, kFresh | MAP_FIXED | MAP_NORESERVE, -1, 0);
}
#endif

}  // namespace

ArtifactMemory::Range::~Range() { give_back(data, bytes); }

ArtifactMemory::ArtifactMemory(size_t bytes) {
  const size_t mapped = std::max<size_t>(bytes, 1);
  // Pages of its own: the allocator may keep what it is given back.
  void* data = fresh_pages(mapped);
  if (data == nullptr) {
    throw engine::EngineError("ERR_OUT_OF_MEMORY",
                              "Could not allocate " + std::to_string(bytes) + " bytes for a model file");
  }
  range_ = std::shared_ptr<Range>(new Range{data, mapped});
  reader_ = std::shared_ptr<void>(data, [range = range_](void*) { empty(range->data, range->bytes); });
}

}  // namespace node_libtorch::binding
