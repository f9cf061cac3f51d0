#include "engine/export/passes/rewrite.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/export/arguments.h"

namespace node_libtorch::engine {
namespace {

void count(const std::vector<Arg>& args, std::vector<size_t>& uses) {
  for (const Arg& arg : args) {
    if (arg.kind == Arg::Kind::slot) ++uses[arg.slot];
    if (arg.kind == Arg::Kind::list) count(arg.items, uses);
  }
}

void replace(std::vector<Arg>& args, Slot slot, const c10::IValue& value) {
  for (Arg& arg : args) {
    if (arg.kind == Arg::Kind::slot && arg.slot == slot) arg = Arg::of(changed(value, arg.change));
    if (arg.kind != Arg::Kind::list) continue;
    replace(arg.items, slot, value);
    arg = fixed_or_list(std::move(arg.items), arg.list_of);
  }
}

}  // namespace

bool calls(const Step& step, std::string_view name) {
  return step.kind == Step::Kind::op && step.op->operator_name().name == name;
}

std::optional<size_t> argument_of(const Step& step, std::string_view name) {
  const auto& schema = step.op->schema().arguments();
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name() == name) return i;
  }
  return std::nullopt;
}

std::optional<c10::IValue> fixed_argument(const Step& step, std::string_view name) {
  const std::optional<size_t> place = argument_of(step, name);
  if (!place || step.args[*place].kind != Arg::Kind::fixed) return std::nullopt;
  return step.args[*place].value;
}

bool has_effects(const Step& step) {
  if (step.kind == Step::Kind::builtin) return step.results.empty();
  if (step.kind != Step::Kind::op) return true;
  if (step.op->hasTag(at::Tag::nondeterministic_seeded) || step.op->schema().returns().empty()) return true;
  const auto& arguments = step.op->schema().arguments();
  return std::any_of(arguments.begin(), arguments.end(), [](const c10::Argument& argument) {
    return argument.alias_info() != nullptr && argument.alias_info()->isWrite();
  });
}

std::vector<size_t> count_uses(const Graph& graph) {
  std::vector<size_t> uses(graph.slots, 0);
  for (const Step& step : graph.steps) count(step.args, uses);
  count(graph.outputs, uses);
  return uses;
}

std::vector<std::optional<size_t>> find_makers(const Graph& graph) {
  std::vector<std::optional<size_t>> makers(graph.slots);
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    for (const Result& result : graph.steps[i].results) {
      if (result.kind == Result::Kind::slot) makers[result.slot] = i;
      for (const Slot slot : result.items) makers[slot] = i;
    }
  }
  return makers;
}

void replace(Graph& graph, Slot slot, const c10::IValue& value) {
  for (Step& step : graph.steps) replace(step.args, slot, value);
  replace(graph.outputs, slot, value);
}

void remove_steps(Graph& graph, const std::vector<bool>& marked) {
  size_t kept = 0;
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    if (marked[i]) continue;
    if (kept != i) graph.steps[kept] = std::move(graph.steps[i]);
    ++kept;
  }
  graph.steps.resize(kept);
}

}  // namespace node_libtorch::engine
