#include "engine/export/passes/passes.h"

#include <algorithm>

namespace node_libtorch::engine {
namespace {

constexpr Pass kPasses[] = {
    {"fold-constants", "freeze", fold_constants},
    {"fold-batch-norms", "freeze", fold_batch_norms},
    {"remove-dead-code", "freeze", remove_dead_code},
    {"prepack-convolutions", "inference", prepack_convolutions},
    {"reuse-memory", "freeze", reuse_memory},
};

}  // namespace

std::span<const Pass> passes() { return kPasses; }

std::vector<std::string> apply_passes(Graph& graph, std::string_view optimize,
                                      const std::vector<std::string>& left_out) {
  std::vector<std::string> done;
  if (optimize == "none") return done;
  for (const Pass& pass : kPasses) {
    if (pass.from == "inference" && optimize != "inference") continue;
    if (std::find(left_out.begin(), left_out.end(), pass.name) != left_out.end()) continue;
    pass.apply(graph);
    plan_lifetimes(graph);
    done.emplace_back(pass.name);
  }
  return done;
}

}  // namespace node_libtorch::engine
