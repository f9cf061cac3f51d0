// Which weights a program writes to while it runs.
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

// Names of those that an operator may write to, as its schema says, itself or through a view.
std::set<std::string> written_weights(const Graph& graph,
                                      const std::unordered_map<std::string, at::Tensor>& weights);

}  // namespace node_libtorch::engine
