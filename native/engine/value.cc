#include "engine/value.h"

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "engine/error.h"

namespace node_libtorch::engine {

std::shared_ptr<void> allocate_tensor_memory(size_t bytes) {
  constexpr size_t kAlignment = 64;
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  void* memory = std::aligned_alloc(kAlignment, rounded == 0 ? kAlignment : rounded);
  if (memory == nullptr) {
    throw EngineError("ERR_OUT_OF_MEMORY",
                      "Could not allocate " + std::to_string(bytes) + " bytes for an input tensor");
  }
  return {memory, [](void* pointer) { std::free(pointer); }};
}

void return_freed_memory() noexcept {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace node_libtorch::engine
