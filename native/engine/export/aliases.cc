#include "engine/export/aliases.h"

#include <algorithm>
#include <string_view>

namespace node_libtorch::engine {
namespace {

// Operators that may return one of their arguments, or a view of it, without a word in their schema. Found by
// running PyTorch's own samples of all operators; what is of operator libraries counts as well.
constexpr std::string_view kSilent[] = {
    "aten::_lazy_clone",
    "aten::_sum_to_size",
    "aten::_unsafe_view",
    "aten::alpha_dropout",
    "aten::atleast_1d",
    "aten::atleast_2d",
    "aten::atleast_3d",
    "aten::broadcast_tensors",
    "aten::cartesian_prod",
    "aten::chalf",
    "aten::chain_matmul",
    "aten::combinations",
    "aten::conj_physical",
    "aten::dropout",
    "aten::einsum",
    "aten::feature_alpha_dropout",
    "aten::feature_dropout",
    "aten::histogramdd",
    "aten::lift",
    "aten::linalg_matrix_power",
    "aten::linalg_multi_dot",
    "aten::matrix_power",
    "aten::meshgrid",
    "aten::native_dropout",
    "aten::sum_to_size",
    "aten::tensordot",
    "aten::type_as",
    "aten::unsafe_chunk",
    "aten::unsafe_split",
    "aten::unsafe_split_with_sizes",
};

// Operators that write to their running statistics without a word in their schema, unless an argument that is
// fixed says that they do not.
struct SilentWriter {
  std::string_view name;
  std::string_view unless_false;
};
constexpr SilentWriter kSilentWriters[] = {
    {"aten::batch_norm", "training"},
    {"aten::instance_norm", "use_input_stats"},
    {"aten::native_batch_norm", "training"},
};

bool writes_statistics(const Step& step) {
  const std::string& name = step.op->operator_name().name;
  for (const SilentWriter& writer : kSilentWriters) {
    if (writer.name != name) continue;
    const auto& arguments = step.op->schema().arguments();
    for (size_t i = 0; i < arguments.size() && i < step.args.size(); ++i) {
      const Arg& arg = step.args[i];
      if (arguments[i].name() != writer.unless_false) continue;
      return !(arg.kind == Arg::Kind::fixed && arg.value.isBool() && !arg.value.toBool());
    }
    return true;
  }
  return false;
}

bool is_statistic(const c10::Argument& argument) {
  return argument.name() == "running_mean" || argument.name() == "running_var";
}

bool is_silent(const c10::OperatorHandle& op) {
  const std::string& name = op.operator_name().name;
  if (name.rfind("aten::", 0) != 0) return true;
  return std::find(std::begin(kSilent), std::end(kSilent), name) != std::end(kSilent);
}

const void* memory_of(const at::Tensor& tensor) {
  if (tensor.has_storage()) return tensor.storage().unsafeGetStorageImpl();
  return tensor.unsafeGetTensorImpl();
}

bool share_a_set(const c10::AliasInfo& a, const c10::AliasInfo& b) {
  const auto& sets = b.afterSets();
  return a.isWildcardBefore() || b.isWildcardAfter() ||
         std::any_of(a.beforeSets().begin(), a.beforeSets().end(),
                     [&](const c10::Symbol& set) { return sets.count(set) > 0; });
}

}  // namespace

Aliases::Aliases(const Graph& graph) : graph_(graph) {
  visit(graph);
  for (const at::Tensor& tensor : graph.updated) written_[find(value_of(tensor))] = true;
  for (const Slot input : graph.inputs) borrowed_[find(value_of(&graph, input))] = true;
  for (const auto& [memory, id] : fixed_) borrowed_[find(id)] = true;
}

bool Aliases::is_written(const at::Tensor& fixed) {
  const auto found = fixed_.find(memory_of(fixed));
  return found != fixed_.end() && written_[find(found->second)];
}

Aliases::Id Aliases::new_value() {
  const auto id = static_cast<Id>(parents_.size());
  parents_.push_back(id);
  written_.push_back(false);
  borrowed_.push_back(false);
  return id;
}

Aliases::Id Aliases::value_of(const Graph* graph, Slot slot) {
  const auto [first, is_new] = first_slots_.try_emplace(graph, static_cast<Id>(parents_.size()));
  if (is_new) {
    for (size_t i = 0; i < graph->slots; ++i) new_value();
  }
  return first->second + slot;
}

// Fixed tensors over one memory are one value: a weight and a view of it have names of their own.
Aliases::Id Aliases::value_of(const at::Tensor& tensor) {
  const auto found = fixed_.find(memory_of(tensor));
  if (found != fixed_.end()) return found->second;
  const Id id = new_value();
  fixed_.emplace(memory_of(tensor), id);
  return id;
}

std::vector<Aliases::Id> Aliases::values_of(const Graph& graph, const Arg& arg) {
  if (arg.kind == Arg::Kind::slot) return {value_of(&graph, arg.slot)};
  std::vector<Id> values;
  if (arg.kind == Arg::Kind::list) {
    for (const Arg& item : arg.items) {
      for (const Id id : values_of(graph, item)) values.push_back(id);
    }
  } else if (arg.value.isTensor() && arg.value.toTensor().defined()) {
    values.push_back(value_of(arg.value.toTensor()));
  }
  return values;
}

Aliases::Id Aliases::find(Id id) {
  while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
  return id;
}

void Aliases::unite(Id a, Id b) {
  a = find(a);
  b = find(b);
  if (a == b) return;
  parents_[b] = a;
  written_[a] = written_[a] || written_[b];
  borrowed_[a] = borrowed_[a] || borrowed_[b];
}

void Aliases::unite(const Graph& graph, const Result& result, const std::vector<Id>& values) {
  for (const Id value : values) {
    if (result.kind == Result::Kind::slot) unite(value, value_of(&graph, result.slot));
    for (const Slot slot : result.items) unite(value, value_of(&graph, slot));
  }
}

void Aliases::visit(const Graph& graph) {
  for (const Step& step : graph.steps) {
    if (step.kind == Step::Kind::op) visit_operator(graph, step);
    if (!step.graphs.empty()) visit_graphs(graph, step);
  }
}

void Aliases::visit_operator(const Graph& graph, const Step& step) {
  const c10::FunctionSchema& schema = step.op->schema();
  const bool silent = is_silent(*step.op);
  const bool writes = writes_statistics(step);
  for (size_t i = 0; i < step.args.size(); ++i) {
    const std::vector<Id> values = values_of(graph, step.args[i]);
    if (values.empty()) continue;
    const c10::AliasInfo* alias = schema.arguments()[i].alias_info();
    const bool silently = writes && is_statistic(schema.arguments()[i]);
    if (silently || (alias != nullptr && alias->isWrite())) {
      for (const Id id : values) written_[find(id)] = true;
    }
    for (size_t j = 0; j < step.results.size(); ++j) {
      const c10::AliasInfo* result = schema.returns()[j].alias_info();
      const bool said = alias != nullptr && result != nullptr && share_a_set(*alias, *result);
      if (said || silent) unite(graph, step.results[j], values);
    }
  }
}

// Operands are the inputs of the graphs, and the graphs' outputs are the results.
void Aliases::visit_graphs(const Graph& graph, const Step& step) {
  const size_t first = step.kind == Step::Kind::cond ? 1 : 0;
  for (const auto& inner : step.graphs) {
    visit(*inner);
    for (size_t i = 0; i < inner->inputs.size() && first + i < step.args.size(); ++i) {
      for (const Id id : values_of(graph, step.args[first + i]))
        unite(id, value_of(inner.get(), inner->inputs[i]));
    }
    for (size_t i = 0; i < inner->outputs.size(); ++i) {
      const std::vector<Id> values = values_of(*inner, inner->outputs[i]);
      if (i < step.results.size()) unite(graph, step.results[i], values);
      // What a round of a loop gives is what the next one gets.
      const bool is_carried = step.kind == Step::Kind::while_loop || step.kind == Step::Kind::scan;
      if (!is_carried || i >= inner->inputs.size()) continue;
      for (const Id id : values) unite(id, value_of(inner.get(), inner->inputs[i]));
    }
    // A loop that makes no round gives back what it was given.
    if (step.kind != Step::Kind::while_loop && step.kind != Step::Kind::scan) continue;
    for (size_t i = 0; i < step.args.size() && i < step.results.size(); ++i) {
      unite(graph, step.results[i], values_of(graph, step.args[i]));
    }
  }
}

}  // namespace node_libtorch::engine
