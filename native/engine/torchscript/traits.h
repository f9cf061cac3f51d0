// What a module's graphs do that a caller should know: random numbers, batch statistics, gradients,
// divisions.
#pragma once

#include <string>
#include <vector>

#include "engine/torchscript/graphs.h"

namespace node_libtorch::engine {

struct Traits {
  // Equal inputs may give different answers.
  bool random = false;
  // A gradient is taken while it runs.
  bool gradients = false;
  // Divisions that stop the process where a pass folds them, although they may never run; empty when it is
  // safe to fold constants.
  std::string deadly_to_fold;
  // Sentences for people.
  std::vector<std::string> warnings;
};

Traits find_traits(const std::vector<MethodGraph>& graphs);

}  // namespace node_libtorch::engine
