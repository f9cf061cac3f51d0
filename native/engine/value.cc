#include "engine/value.h"

#include <cstdlib>

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

}  // namespace node_libtorch::engine
