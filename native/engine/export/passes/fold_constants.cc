#include <ATen/ATen.h>

#include <algorithm>
#include <unordered_map>

#include "engine/export/aliases.h"
#include "engine/export/arguments.h"
#include "engine/export/interpreter.h"
#include "engine/export/passes/passes.h"
#include "engine/export/passes/rewrite.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

// What takes more is made anew in each run, unless it is made of as much: it would stay in memory.
constexpr size_t kSmall = 16 << 20;
// Of all of them together.
constexpr size_t kMost = 256 << 20;

size_t bytes_of(const IValue& value) {
  if (!value.isTensor() || !value.toTensor().defined()) return 0;
  return value.toTensor().has_storage() ? value.toTensor().storage().nbytes() : 0;
}

class Folding {
 public:
  explicit Folding(Graph& graph) : graph_(graph), aliases_(graph), known_(graph.slots) {}

  void run() {
    std::vector<bool> folded(graph_.steps.size(), false);
    for (size_t i = 0; i < graph_.steps.size(); ++i) {
      Step& step = graph_.steps[i];
      for (Arg& arg : step.args) settle(arg);
      folded[i] = fold(step);
    }
    for (Arg& output : graph_.outputs) settle(output);
    remove_steps(graph_, folded);
  }

 private:
  void settle(Arg& arg) {
    if (arg.kind == Arg::Kind::slot && known_[arg.slot])
      arg = Arg::of(changed(*known_[arg.slot], arg.change));
    if (arg.kind != Arg::Kind::list) return;
    for (Arg& item : arg.items) settle(item);
    arg = fixed_or_list(std::move(arg.items), arg.list_of);
  }

  // A value that somebody writes to has to be made anew in each run.
  bool is_steady(const Arg& arg) {
    if (arg.kind == Arg::Kind::slot) return false;
    if (arg.kind == Arg::Kind::list) {
      return std::all_of(arg.items.begin(), arg.items.end(),
                         [&](const Arg& item) { return is_steady(item); });
    }
    return !arg.value.isTensor() || !aliases_.is_written(arg.value.toTensor());
  }

  bool fold(const Step& step) {
    if (has_effects(step) || step.zero_fill || step.results.empty()) return false;
    if (!std::all_of(step.args.begin(), step.args.end(), [&](const Arg& arg) { return is_steady(arg); })) {
      return false;
    }
    for (const Result& result : step.results) {
      if (result.kind == Result::Kind::slot && aliases_.is_written(result.slot)) return false;
      for (const Slot slot : result.items) {
        if (aliases_.is_written(slot)) return false;
      }
    }
    return compute(step);
  }

  // The step as a graph of its own. What fails does so in each run, where it is told.
  bool compute(const Step& step) {
    Graph alone;
    alone.steps.push_back(step);
    alone.steps.front().frees.clear();
    std::vector<Slot> slots;
    // Its own few slots: the graph may have a million.
    const auto own = [&](Slot& slot) {
      slots.push_back(slot);
      slot = static_cast<Slot>(alone.slots++);
      alone.outputs.push_back(Arg::in(slot));
    };
    for (Result& result : alone.steps.front().results) {
      if (result.kind == Result::Kind::slot) own(result.slot);
      for (Slot& slot : result.items) own(slot);
    }
    std::vector<IValue> values;
    try {
      values = run_graph(alone, {});
    } catch (const std::exception&) {
      return false;
    }
    size_t before = 0;
    size_t after = 0;
    for (const Arg& arg : step.args) before += bytes_of(arg.value);
    for (const IValue& value : values) after += bytes_of(value);
    if (after > kSmall && after > before) return false;
    if (after > before) {
      if (after - before > kMost - added_) return false;
      added_ += after - before;
    }
    for (size_t i = 0; i < slots.size(); ++i) known_[slots[i]] = std::move(values[i]);
    return true;
  }

  Graph& graph_;
  Aliases aliases_;
  std::vector<std::optional<IValue>> known_;
  size_t added_ = 0;
};

}  // namespace

void fold_constants(Graph& graph) { Folding(graph).run(); }

}  // namespace node_libtorch::engine
