// Values as they cross between JavaScript and an engine, free of Node-API and of LibTorch, so that the
// binding compiles without LibTorch's headers and every engine speaks one language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/dtype.h"

namespace node_libtorch::engine {

// Deeper nesting is refused in both directions: recursion must not be steered by input.
inline constexpr size_t kMaxDepth = 64;

// Dense, contiguous, row-major, in host memory. `owner` keeps `data` alive.
struct TensorValue {
  DType dtype = DType::float32;
  std::vector<int64_t> shape;
  std::shared_ptr<void> owner;
  void* data = nullptr;
  size_t bytes = 0;
};

struct Value;
using List = std::vector<Value>;

// Keeps the order of insertion. keys.size() == values.size().
struct Dict {
  List keys;
  List values;
};

// A JavaScript number is a double until a schema says otherwise; a bigint is an int64_t.
struct Value {
  std::variant<std::monostate, bool, int64_t, double, std::string, TensorValue, List, Dict> data;
};

// Host memory for a tensor, aligned for vector instructions. Throws ERR_OUT_OF_MEMORY.
std::shared_ptr<void> allocate_tensor_memory(size_t bytes);

// Gives what the allocator keeps of freed memory back to the system, which it may not do by itself for the
// many middle-sized tensors of a model. Takes some milliseconds: any thread but JavaScript's.
void return_freed_memory() noexcept;

// A dict with string keys, for structured answers of the engine itself.
class DictBuilder {
 public:
  template <typename T>
  DictBuilder& add(std::string key, T&& value) {
    dict_.keys.push_back(Value{std::move(key)});
    dict_.values.push_back(Value{std::forward<T>(value)});
    return *this;
  }
  Dict build() { return std::move(dict_); }

 private:
  Dict dict_;
};

}  // namespace node_libtorch::engine
