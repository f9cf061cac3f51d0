#include "engine/export/plan.h"

#include <ATen/ATen.h>

#include <utility>

namespace node_libtorch::engine {

Arg Arg::of(c10::IValue value) {
  Arg arg;
  arg.value = std::move(value);
  return arg;
}

Arg Arg::in(Slot slot) {
  Arg arg;
  arg.kind = Kind::slot;
  arg.slot = slot;
  return arg;
}

c10::IValue changed(c10::IValue value, Arg::Change change) {
  if (change == Arg::Change::to_float && value.isInt()) return static_cast<double>(value.toInt());
  if (change != Arg::Change::to_tensor || !(value.isScalar() || value.isBool())) return value;
  // A number takes part in the promotion of dtypes as a number, whatever its tensor's dtype.
  at::Tensor tensor =
      value.isBool() ? at::scalar_tensor(value.toBool(), at::kBool) : c10::scalar_to_tensor(value.toScalar());
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

namespace {

template <typename Function>
void each_slot(std::vector<Arg>& args, Function&& function) {
  // From the back, so that the last of several uses in one step is seen first.
  for (auto arg = args.rbegin(); arg != args.rend(); ++arg) {
    if (arg->kind == Arg::Kind::slot) function(*arg);
    if (arg->kind == Arg::Kind::list) each_slot(arg->items, function);
  }
}

template <typename Function>
void each_result(const Step& step, Function&& function) {
  for (const Result& result : step.results) {
    if (result.kind == Result::Kind::slot) function(result.slot);
    if (result.kind == Result::Kind::items) {
      for (const Slot slot : result.items) function(slot);
    }
  }
}

}  // namespace

void plan_lifetimes(Graph& graph) {
  std::vector<bool> needed(graph.slots, false);
  const auto use = [&](Arg& arg) {
    arg.last_use = !needed[arg.slot];
    needed[arg.slot] = true;
  };
  each_slot(graph.outputs, use);
  for (auto step = graph.steps.rbegin(); step != graph.steps.rend(); ++step) {
    step->frees.clear();
    each_result(*step, [&](Slot slot) {
      if (!needed[slot]) step->frees.push_back(slot);
    });
    each_slot(step->args, use);
  }
}

}  // namespace node_libtorch::engine
