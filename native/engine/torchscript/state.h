// Whether running a module changes it, found from its graphs.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "engine/torchscript/graphs.h"

namespace node_libtorch::engine {

struct State {
  // What is written and by which operator, or what could not be decided; empty for a module without state.
  std::string reason;
  // Constants of the graphs that runs write to: a copy of the module shares them.
  std::vector<c10::IValue> constants;
};

// Follows every attribute and constant through the graphs, as far as lists, dicts, tuples, views and forked
// bodies carry it, and looks for operators that write to one. Clones, new tensors and inputs are nobody's
// state. What cannot be followed counts as written.
State find_state(const torch::jit::Module& module, const std::vector<MethodGraph>& graphs);

}  // namespace node_libtorch::engine
