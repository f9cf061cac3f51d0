// What is found out while a graph is bound, besides its plan.
#pragma once

#include <c10/core/TensorImpl.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>

namespace node_libtorch::engine {

struct BindReport {
  // Operators that are not there or not allowed, with the reason: all of them are told at once.
  std::set<std::string> unknown;
  std::set<std::string> forbidden;
  // All tensors that are bound as constants.
  std::shared_ptr<const std::unordered_set<const c10::TensorImpl*>> weights;
  size_t nodes = 0;
  bool random = false;
};

}  // namespace node_libtorch::engine
