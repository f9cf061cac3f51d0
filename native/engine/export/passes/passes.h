// What is done to a plan once it is loaded, so that runs are faster. Each pass leaves the results what they
// are, up to the rounding of floats.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

struct Pass {
  std::string_view name;
  // Of the option optimize, from which on it is done: "freeze" or "inference".
  std::string_view from;
  void (*apply)(Graph& graph);
};

// THE TABLE, in the order in which they are done.
std::span<const Pass> passes();

// Does those of `optimize` that `left_out` does not name. @returns the names of what was done
std::vector<std::string> apply_passes(Graph& graph, std::string_view optimize,
                                      const std::vector<std::string>& left_out);

void fold_constants(Graph& graph);
void fold_batch_norms(Graph& graph);
void remove_dead_code(Graph& graph);
void prepack_convolutions(Graph& graph);
void reuse_memory(Graph& graph);

}  // namespace node_libtorch::engine
