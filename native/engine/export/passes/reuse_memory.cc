// relu(x) where nobody reads x any more may write into x's memory. Whether somebody else has it shows in the
// run, by the counts of its references; the plan only says where it is no memory of the caller's and no
// weight.

#include <algorithm>
#include <utility>

#include "engine/export/aliases.h"
#include "engine/export/passes/passes.h"
#include "engine/export/passes/rewrite.h"

namespace node_libtorch::engine {
namespace {

struct Row {
  std::string_view name;
  std::string_view overload;
};

// Operators with an in-place form `name_` of the same arguments, whose result has the shape and the dtype of
// the first one where that is of floats and the second one, if there is one, is no larger.
constexpr Row kRows[] = {
    {"aten::relu", ""},      {"aten::relu6", ""},      {"aten::sigmoid", ""},   {"aten::tanh", ""},
    {"aten::silu", ""},      {"aten::gelu", ""},       {"aten::hardswish", ""}, {"aten::hardsigmoid", ""},
    {"aten::hardtanh", ""},  {"aten::leaky_relu", ""}, {"aten::elu", ""},       {"aten::exp", ""},
    {"aten::neg", ""},       {"aten::sqrt", ""},       {"aten::rsqrt", ""},     {"aten::clamp", ""},
    {"aten::add", "Tensor"}, {"aten::sub", "Tensor"},  {"aten::mul", "Tensor"}, {"aten::div", "Tensor"},
};

}  // namespace

void reuse_memory(Graph& graph) {
  plan_lifetimes(graph);
  Aliases aliases(graph);
  for (Step& step : graph.steps) {
    if (step.kind != Step::Kind::op || step.args.empty()) continue;
    const Arg& first = step.args.front();
    if (first.kind != Arg::Kind::slot || !first.last_use || first.change != Arg::Change::none) continue;
    if (aliases.is_borrowed(first.slot)) continue;
    const c10::OperatorName& name = step.op->operator_name();
    const bool known = std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) {
      return row.name == name.name && row.overload == name.overload_name;
    });
    if (!known) continue;
    step.in_place = c10::Dispatcher::singleton().findSchema({name.name + "_", name.overload_name});
  }
}

}  // namespace node_libtorch::engine
