// Which methods take about as long in every run of equal shapes.
#pragma once

#include <string>
#include <vector>

#include "engine/torchscript/graphs.h"

namespace node_libtorch::engine {

// The methods without loops, calls of what is not known, tasks, custom operators, and sizes or branches that
// hang on the elements of a tensor.
std::vector<std::string> bounded_methods(const std::vector<MethodGraph>& graphs);

}  // namespace node_libtorch::engine
