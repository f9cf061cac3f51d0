#include "engine/export/passes/passes.h"
#include "engine/export/passes/rewrite.h"

namespace node_libtorch::engine {
namespace {

void need(const std::vector<Arg>& args, std::vector<bool>& needed) {
  for (const Arg& arg : args) {
    if (arg.kind == Arg::Kind::slot) needed[arg.slot] = true;
    if (arg.kind == Arg::Kind::list) need(arg.items, needed);
  }
}

bool is_needed(const Step& step, const std::vector<bool>& needed) {
  if (has_effects(step)) return true;
  for (const Result& result : step.results) {
    if (result.kind == Result::Kind::slot && needed[result.slot]) return true;
    for (const Slot slot : result.items) {
      if (needed[slot]) return true;
    }
  }
  return false;
}

}  // namespace

void remove_dead_code(Graph& graph) {
  std::vector<bool> needed(graph.slots, false);
  std::vector<bool> dead(graph.steps.size(), false);
  need(graph.outputs, needed);
  for (size_t i = graph.steps.size(); i-- > 0;) {
    const Step& step = graph.steps[i];
    if (is_needed(step, needed)) {
      need(step.args, needed);
    } else {
      dead[i] = true;
    }
  }
  remove_steps(graph, dead);
}

}  // namespace node_libtorch::engine
