#include "engine/export/state.h"

#include "engine/export/aliases.h"

namespace node_libtorch::engine {

std::set<std::string> written_weights(const Graph& graph,
                                      const std::unordered_map<std::string, at::Tensor>& weights) {
  std::set<std::string> names;
  Aliases aliases(graph);
  for (const auto& [name, tensor] : weights) {
    if (aliases.is_written(tensor)) names.insert(name);
  }
  return names;
}

}  // namespace node_libtorch::engine
