#include "engine/torchscript/traits.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "engine/joined.h"
#include "engine/torchscript/aliases.h"

namespace node_libtorch::engine {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_true(const Value* value) {
  const std::optional<c10::IValue> constant = torch::jit::toIValue(value);
  return constant && constant->isBool() && constant->toBool();
}

bool draws_random_numbers(const Node* node) {
  const c10::FunctionSchema* schema = node->maybeSchema();
  if (schema == nullptr) return false;
  const auto found = c10::Dispatcher::singleton().findSchema(schema->operator_name());
  if (!found || !found->hasTag(at::Tag::nondeterministic_seeded)) return false;
  const Value* flag = training_flag(node);
  if (flag != nullptr && !may_be_true(flag)) return false;
  for (const char* name : {"p", "dropout", "dropout_p"}) {
    const Value* chance = input_named(node, name);
    if (chance != nullptr && chance->type()->kind() == c10::TypeKind::FloatType && !may_be_true(chance)) {
      return false;
    }
  }
  return true;
}

bool takes_a_gradient(const Node* node) {
  const std::string name = node->kind().toQualString();
  if (name == "aten::grad" || name == "aten::backward" || name == "aten::_backward") return true;
  if (name != "aten::requires_grad_") return false;
  const Value* flag = input_named(node, "requires_grad");
  return flag == nullptr || may_be_true(flag);
}

// Where an integer comes from, the more dangerous the higher.
enum class Origin { fixed, size, data };

class Origins {
 public:
  Origin of(const Value* value) {
    const auto [known, is_new] = origins_.emplace(value, Origin::fixed);
    if (!is_new) return known->second;
    const Origin origin = find(value);
    origins_[value] = origin;
    return origin;
  }

 private:
  Origin find(const Value* value) {
    const Node* node = value->node();
    const std::string name = node->kind().toQualString();
    if (node->kind() == c10::prim::Param) return of_parameter(value, node);
    if (node->kind() == c10::prim::Constant || node->kind() == c10::prim::GetAttr) return Origin::fixed;
    static const std::set<std::string> reads_a_tensor = {
        "aten::Int",   "aten::IntImplicit", "aten::item",          "aten::ScalarImplicit",     "prim::tolist",
        "aten::Float", "aten::Bool",        "aten::FloatImplicit", "aten::_local_scalar_dense"};
    if (reads_a_tensor.count(name) > 0 && node->inputs().size() > 0 &&
        node->input(0)->type()->kind() == c10::TypeKind::TensorType) {
      return Origin::data;
    }
    if (!node->inputs().empty() && node->input(0)->type()->kind() == c10::TypeKind::TensorType) {
      return value->type()->kind() == c10::TypeKind::TensorType ? Origin::fixed : Origin::size;
    }
    Origin most = Origin::fixed;
    if (node->kind() == c10::prim::If || node->kind() == c10::prim::Loop) return of_outcome(value, node);
    for (const Value* input : node->inputs()) most = std::max(most, of(input));
    for (const Block* inner : node->blocks()) {
      for (const Value* output : inner->outputs()) most = std::max(most, of(output));
    }
    return most;
  }

  // What a branch or a loop makes of values; what decides is no part of it.
  Origin of_outcome(const Value* value, const Node* node) {
    const size_t index = value->offset();
    const bool is_loop = node->kind() == c10::prim::Loop;
    Origin most = is_loop ? of(node->inputs()[index + 2]) : Origin::fixed;
    for (const Block* inner : node->blocks()) {
      most = std::max(most, of(inner->outputs()[index + (is_loop ? 1 : 0)]));
    }
    return most;
  }

  // What a caller passes; or what a loop carries.
  Origin of_parameter(const Value* value, const Node* node) {
    const Block* block = node->owningBlock();
    const Node* owner = block->owningNode();
    if (owner == nullptr || owner->kind() != c10::prim::Loop) {
      return value->type()->kind() == c10::TypeKind::TensorType ? Origin::fixed : Origin::data;
    }
    const size_t index = value->offset();
    if (index == 0) return Origin::fixed;  // it counts
    return std::max(of(owner->inputs()[index + 1]), of(block->outputs()[index]));
  }

  std::map<const Value*, Origin> origins_;
};

std::optional<int64_t> constant_integer(const Value* value) {
  const std::optional<c10::IValue> constant = torch::jit::toIValue(value);
  if (!constant || !constant->isInt()) return std::nullopt;
  return constant->toInt();
}

bool divides_integers(const Node* node) {
  static const std::set<std::string> integer_divisions = {
      "aten::remainder", "aten::floordiv", "aten::__round_to_zero_floordiv",
      "aten::divmod",    "aten::gcd",      "aten::floor_divide"};
  if (integer_divisions.count(node->kind().toQualString()) == 0 || node->inputs().size() < 2) return false;
  const auto may_be_integer = [](const Value* value) {
    return value->type()->kind() == c10::TypeKind::IntType ||
           value->type()->kind() == c10::TypeKind::NumberType;
  };
  return may_be_integer(node->input(0)) && may_be_integer(node->input(1));
}

// Whether LibTorch's passes may know the value before the program runs: nothing of it comes from an input.
class Knowable {
 public:
  bool operator()(const Value* value) {
    const auto [known, is_new] = known_.emplace(value, false);
    if (!is_new) return known->second;
    const bool found = find(value);
    known_[value] = found;
    return found;
  }

 private:
  bool find(const Value* value) {
    const Node* node = value->node();
    if (node->kind() == c10::prim::Param) {
      // What a loop carries may be what goes in; its counter is the first.
      const Node* owner = node->owningBlock()->owningNode();
      return owner != nullptr && owner->kind() == c10::prim::Loop && value->offset() > 0 &&
             (*this)(owner->inputs()[value->offset() + 1]);
    }
    if (node->kind() == c10::prim::Loop) return (*this)(node->inputs()[value->offset() + 2]);
    if (node->kind() == c10::prim::If) {
      return std::any_of(node->blocks().begin(), node->blocks().end(),
                         [&](const Block* inner) { return (*this)(inner->outputs()[value->offset()]); });
    }
    return std::all_of(node->inputs().begin(), node->inputs().end(),
                       [&](const Value* input) { return input->type()->is_module() || (*this)(input); });
  }

  std::map<const Value*, bool> known_;
};

// An integer division that a pass may run, of numbers of which it is not certain that they can be divided.
bool is_deadly_to_fold(const Node* node, Knowable& knowable) {
  if (!divides_integers(node)) return false;
  const std::optional<int64_t> divisor = constant_integer(node->input(1));
  if (divisor && *divisor != 0 && *divisor != -1) return false;
  const std::optional<int64_t> dividend = constant_integer(node->input(0));
  if (divisor == -1 && dividend && *dividend != std::numeric_limits<int64_t>::min()) return false;
  return knowable(node->input(0)) && knowable(node->input(1));
}

// The processor stops a program that divides by zero, or the least integer by -1.
bool may_trap(const Node* node, Origins& origins) {
  if (!divides_integers(node)) return false;
  const std::string name = node->kind().toQualString();
  const std::optional<int64_t> divisor = constant_integer(node->input(1));
  if (divisor) return *divisor == 0 || (*divisor == -1 && origins.of(node->input(0)) == Origin::data);
  const Origin of_divisor = origins.of(node->input(1));
  // Only this one does not look for zero itself.
  if (name == "aten::remainder" && of_divisor == Origin::size) return true;
  return of_divisor == Origin::data &&
         (name == "aten::remainder" || origins.of(node->input(0)) == Origin::data);
}

// torch.div(…, rounding_mode='trunc') of integer tensors.
bool may_trap_in_a_tensor(const Node* node) {
  if (node->kind() != c10::aten::div && node->kind() != c10::aten::div_) return false;
  const Value* mode = input_named(node, "rounding_mode");
  if (mode == nullptr) return false;
  const std::optional<c10::IValue> text = torch::jit::toIValue(mode);
  if (!text || !text->isString() || text->toStringRef() != "trunc") return false;
  return !torch::jit::toIValue(node->input(1)) && node->input(1)->node()->kind() != c10::prim::GetAttr;
}

}  // namespace

Traits find_traits(const std::vector<MethodGraph>& graphs) {
  Traits traits;
  std::set<std::string> random;
  std::set<std::string> dropped;
  std::set<std::string> normed;
  std::set<std::string> divided;
  std::set<std::string> truncated;
  std::set<std::string> deadly;
  for (const MethodGraph& method : graphs) {
    Origins origins;
    Knowable knowable;
    for_each_node(method.graph->block(), [&](Node* node) {
      const std::string name = node->kind().toQualString();
      traits.gradients = traits.gradients || takes_a_gradient(node);
      const Value* flag = training_flag(node);
      const bool trains = flag != nullptr && is_true(flag);
      if (draws_random_numbers(node)) {
        traits.random = true;
        (trains || name.find("dropout") != std::string::npos ? dropped : random).insert(name);
      }
      const Value* statistics = input_named(node, "running_mean");
      if (trains && statistics != nullptr && may_be_true(statistics)) normed.insert(name);
      if (may_trap(node, origins)) divided.insert(name + " in " + method.method);
      if (is_deadly_to_fold(node, knowable)) deadly.insert(name + " in " + method.method);
      if (may_trap_in_a_tensor(node)) truncated.insert(name + " in " + method.method);
    });
  }
  const auto warn = [&](const std::set<std::string>& names, const std::string& before, const char* after) {
    if (!names.empty()) traits.warnings.push_back(before + joined(names) + after);
  };
  warn(dropped, "The graph drops values at random, as in training (",
       "): equal inputs give different answers. Call model.eval() before you trace or script it");
  warn(normed, "The graph normalizes by the statistics of each batch, as in training, and updates its own (",
       "): call model.eval() before you trace it");
  warn(random, "The model draws random numbers (",
       "): equal inputs give different answers unless runtime.manualSeed() fixes the generator");
  warn(divided, "The model divides integers that come from its input (",
       "): a divisor of 0, or the least integer and -1, ends the process with SIGFPE. Check them in the "
       "model, or "
       "before the call");
  warn(truncated, "The model divides tensors with rounding_mode='trunc' (",
       "): if they are integers, the least integer and -1 end the process with SIGFPE");
  traits.deadly_to_fold = joined(deadly);
  return traits;
}

}  // namespace node_libtorch::engine
