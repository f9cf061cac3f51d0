// Runs a plan. Safe on several threads at once: all that a run changes is its own, but for weights that the
// program writes to.
#pragma once

#include <vector>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

// `inputs`: as many as graph.inputs. Throws what the operators throw, and ERR_INVALID_INPUT for assertions.
std::vector<c10::IValue> run_graph(const Graph& graph, std::vector<c10::IValue> inputs);

}  // namespace node_libtorch::engine
