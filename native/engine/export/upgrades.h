// Operators that older versions of PyTorch saved under other names, or with other arguments.
#pragma once

#include <ATen/core/ivalue.h>

#include <span>
#include <string_view>

namespace node_libtorch::engine {

// An argument that is called differently now. `convert` changes its value where that is not enough.
struct ArgumentUpgrade {
  std::string_view from;
  std::string_view to;
  c10::IValue (*convert)(const c10::IValue& value) = nullptr;
};

struct OperatorUpgrade {
  std::string_view from;  // "aten::cholesky"
  std::string_view to;
  std::span<const ArgumentUpgrade> arguments;

  // The row of an argument of the old operator; nothing if it is called the same.
  const ArgumentUpgrade* argument(std::string_view name) const;
};

// What stands for an operator of a file; nothing if LibTorch has it as the file means it.
const OperatorUpgrade* find_upgrade(std::string_view name);

}  // namespace node_libtorch::engine
