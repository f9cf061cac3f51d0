#include "engine/torchscript/state.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "engine/torchscript/aliases.h"
#include "engine/torchscript/points_to.h"

namespace node_libtorch::engine {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
using Things = PointsTo::Things;

std::string described(const Node* node) {
  std::string name = node->kind().toQualString();
  if (node->hasAttribute(c10::attr::name) && node->kindOf(c10::attr::name) == torch::jit::AttributeKind::s) {
    name += " " + node->s(c10::attr::name);
  }
  return name;
}

// Follows what the values of a method refer to, until nothing new is found, and looks at what is written.
class Analysis {
 public:
  Analysis(const MethodGraph& method, const std::map<const c10::ivalue::Object*, std::string>& paths)
      : method_(method), paths_(paths) {}

  State run() {
    for_each_node(method_.graph->block(), [&](Node* node) {
      takes_gradients_ = takes_gradients_ || node->kind() == c10::Symbol::fromQualString("aten::backward");
      shares_memory_ = shares_memory_ || shares_memory(node);
    });
    if (shares_memory_) track_inputs();
    do {
      known_.begin_round();
      follow(method_.graph->block());
    } while (known_.has_grown());
    for (const int id : written_constants_) {
      if (std::optional<c10::IValue> value = torch::jit::toIValue(known_[id].constant->output())) {
        state_.constants.push_back(std::move(*value));
      }
    }
    return std::move(state_);
  }

 private:
  // A new tensor, which is worth following only where the memory of another may be put into it.
  void made(const Value* tensor) {
    if (shares_memory_) known_.flow(tensor, {known_.make(tensor, {}, {}, false)});
  }

  void track_inputs() {
    for (const Value* input : method_.graph->inputs()) {
      if (!may_refer(input)) continue;
      made(input);
      if (!is_container(input->type())) continue;
      // Stands for all that is in it, at any depth.
      const int inner = known_.make(input, "content", {}, false);
      known_.put_into({inner}, {inner});
      known_.hold(input, {inner});
    }
  }

  void report(const std::string& reason) {
    if (state_.reason.empty()) state_.reason = method_.method + " " + reason;
  }

  void undecided(const Node* node, const Things& ids) {
    for (const int id : ids) {
      if (!known_[id].kept) continue;
      report("calls " + described(node) + ", of which it is not known whether it writes to " +
             known_[id].name);
      return;
    }
  }

  void write(const Node* node, const Things& ids) {
    for (const int id : ids) {
      if (!known_[id].kept) continue;
      if (known_[id].constant != nullptr) written_constants_.insert(id);
      report("writes to " + known_[id].name + " (" + described(node) + ")");
    }
  }

  std::string path(const ObjectPtr& object, const std::string& name) const {
    const auto found = paths_.find(object.get());
    if (found == paths_.end()) return "self…." + name;
    return found->second + "." + name;
  }

  void follow(Block* block) {
    for (Node* node : block->nodes()) {
      step(node);
      if (node->kind() == c10::prim::If || node->kind() == c10::prim::Loop) continue;
      for (Block* inner : node->blocks()) {
        follow(inner);
        for (const Value* output : node->outputs()) {
          for (const Value* result : inner->outputs()) known_.flow(output, result);
        }
      }
    }
  }

  void step(Node* node) {
    switch (node->kind()) {
      case c10::prim::Constant:
        return constant(node);
      case c10::prim::GetAttr:
        return get_attribute(node);
      case c10::prim::SetAttr:
        return set_attribute(node);
      case c10::prim::If:
        return branch(node);
      case c10::prim::Loop:
        return loop(node);
      case c10::prim::CreateObject:
        return known_.hold(node->output(), {});
      case c10::prim::ListConstruct:
      case c10::prim::TupleConstruct:
      case c10::prim::DictConstruct:
        for (const Value* input : node->inputs()) known_.hold(node->output(), known_.refs(input));
        return known_.hold(node->output(), {});
      case c10::prim::TupleUnpack:
      case c10::prim::ListUnpack:
      case c10::prim::TupleIndex:
        for (const Value* output : node->outputs()) known_.flow(output, known_.contents(node->input(0)));
        return;
      case c10::prim::unchecked_cast:
        return known_.flow(node->output(), node->input(0));
      case c10::prim::fork:
      case c10::prim::awaitable:
        return fork(node);
      case c10::prim::awaitable_nowait:
        return known_.hold(node->output(), known_.refs(node->input(0)));
      case c10::prim::awaitable_wait:
        return known_.flow(node->output(), known_.contents(node->input(0)));
      case c10::prim::CallMethod:
      case c10::prim::CallFunction:
        return call(node);
      case c10::prim::Print:
      case c10::prim::RaiseException:
      case c10::prim::Enter:
      case c10::prim::Exit:
        return;
      default:
        break;
    }
    if (node->kind() == c10::aten::wait) return known_.flow(node->output(), known_.contents(node->input(0)));
    if (const c10::FunctionSchema* schema = node->maybeSchema()) return operation(node, *schema);
    // Of a kind without a schema: what comes out may be what went in.
    const Things inputs = known_.reach_of_inputs(node);
    for (const Value* output : node->outputs()) {
      if (may_refer(output)) known_.flow(output, inputs);
    }
  }

  void constant(const Node* node) {
    if (!may_refer(node->output())) return;
    const int id = known_.make(node->output(), {}, "a constant of its graph", true);
    known_.set_constant(id, node);
    known_.flow(node->output(), {id});
  }

  void get_attribute(const Node* node) {
    const auto object = method_.objects.find(node->input(0));
    const Value* output = node->output();
    const std::string& name = node->s(c10::attr::name);
    if (object == method_.objects.end()) return known_.flow(output, known_.contents(node->input(0)));
    if (output->type()->is_module() || output->type()->kind() == c10::TypeKind::InterfaceType) return;
    if (!may_refer(output)) return;
    known_.flow(output, {known_.make(object->second.get(), name, path(object->second, name), true)});
  }

  void set_attribute(const Node* node) {
    const auto object = method_.objects.find(node->input(0));
    const std::string& name = node->s(c10::attr::name);
    if (object != method_.objects.end()) return report("assigns " + path(object->second, name));
    const c10::TypePtr type = node->input(0)->type();
    if (type->is_module() || type->kind() == c10::TypeKind::InterfaceType) {
      return report("assigns " + name + " of a module that cannot be told");
    }
    write(node, known_.refs(node->input(0)));
    known_.put_into(known_.refs(node->input(0)), known_.refs(node->input(1)));
  }

  void branch(Node* node) {
    for (Block* inner : node->blocks()) {
      follow(inner);
      for (size_t i = 0; i < node->outputs().size(); ++i)
        known_.flow(node->outputs()[i], inner->outputs()[i]);
    }
  }

  void loop(Node* node) {
    Block* body = node->blocks()[0];
    for (size_t i = 0; i < node->outputs().size(); ++i)
      known_.flow(body->inputs()[i + 1], node->inputs()[i + 2]);
    follow(body);
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      known_.flow(body->inputs()[i + 1], body->outputs()[i + 1]);
      known_.flow(node->outputs()[i], body->outputs()[i + 1]);
      known_.flow(node->outputs()[i], node->inputs()[i + 2]);
    }
  }

  void fork(Node* node) {
    const std::shared_ptr<Graph> body = node->g(c10::attr::Subgraph);
    for (size_t i = 0; i < body->inputs().size() && i < node->inputs().size(); ++i) {
      known_.flow(body->inputs()[i], node->inputs()[i]);
    }
    follow(body->block());
    Things results;
    for (const Value* output : body->outputs()) {
      const Things one = known_.reach(output);
      results.insert(one.begin(), one.end());
    }
    known_.hold(node->output(), results);
  }

  // A call that could not be inlined: the method of a custom class, or of a module that is chosen while it
  // runs.
  void call(const Node* node) {
    const c10::TypePtr type = node->input(0)->type();
    const bool is_object = node->kind() == c10::prim::CallMethod;
    if (is_object && (type->is_module() || type->kind() == c10::TypeKind::InterfaceType)) {
      return report("calls " + described(node) + " of a module that is chosen while it runs");
    }
    const Things inputs = known_.reach_of_inputs(node);
    undecided(node, inputs);
    for (const Value* output : node->outputs()) known_.flow(output, inputs);
  }

  void operation(const Node* node, const c10::FunctionSchema& schema) {
    const size_t count = std::min(schema.arguments().size(), node->inputs().size());
    const bool is_own = node->kind().is_aten() || node->kind().is_prim();
    if (!is_own && node->maybeOperator() != nullptr &&
        node->getOperator().aliasAnalysisKind() == c10::AliasAnalysisKind::CONSERVATIVE) {
      undecided(node, known_.reach_of_inputs(node));
    }
    for (size_t i = 0; i < count; ++i) argument(node, schema.arguments()[i], i);
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      const c10::AliasInfo* alias = i < schema.returns().size() ? schema.returns()[i].alias_info() : nullptr;
      result(node, schema, node->outputs()[i], alias);
    }
  }

  void argument(const Node* node, const c10::Argument& argument, size_t index) {
    const Value* input = node->input(index);
    if (is_batch_statistic(argument.name())) {
      const Value* flag = training_flag(node);
      if (flag == nullptr || may_be_true(flag)) write(node, known_.refs(input));
      return;
    }
    const c10::AliasInfo* alias = argument.alias_info();
    if (alias == nullptr) return;
    if (changes_gradient_only(node)) {
      if (takes_gradients_) write(node, known_.refs(input));
      return;
    }
    const bool writes_content = std::any_of(alias->containedTypes().begin(), alias->containedTypes().end(),
                                            [](const c10::AliasInfo& inner) { return inner.isWrite(); });
    if (writes_content)
      write(node, is_container(input->type()) ? known_.contents(input) : known_.refs(input));
    if (!alias->isWrite()) return;
    if (!is_container(input->type())) {
      if (!shares_memory(node)) return write(node, known_.reach(input));
      // What was in it is let go, and what comes in is written by whoever writes to it from here on.
      write(node, known_.refs(input));
      return share(input, known_.refs(node->input(1)));
    }
    write(node, known_.refs(input));
    // It may hold the other arguments from here on.
    for (size_t i = 0; i < node->inputs().size(); ++i) {
      if (i == index) continue;
      const Things more = known_.reach(node->input(i));
      if (more.empty()) continue;
      known_.put_into(known_.refs(input), more);
    }
  }

  void share(const Value* tensor, const Things& memory) {
    const Things owners = known_.refs(tensor);
    known_.put_into(owners, memory);
    if (owners.empty()) known_.flow(tensor, memory);
  }

  void result(const Node* node, const c10::FunctionSchema& schema, const Value* output,
              const c10::AliasInfo* alias) {
    if (!may_refer(output)) return;
    const bool holds = is_container(output->type());
    if (holds) known_.hold(output, known_.reach_of_inputs(node));
    if (alias == nullptr || alias->beforeSets().empty()) {
      if (!holds) made(output);
      if (may_return_an_input(node)) known_.flow(output, known_.reach_of_inputs(node));
      return;
    }
    if (alias->isWildcardBefore() || alias->isWildcardAfter())
      return known_.flow(output, known_.reach_of_inputs(node));
    const size_t count = std::min(schema.arguments().size(), node->inputs().size());
    for (size_t i = 0; i < count; ++i) {
      const c10::AliasInfo* from = schema.arguments()[i].alias_info();
      if (from != nullptr && shares(*from, *alias)) known_.flow(output, node->input(i));
    }
  }

  static bool shares(const c10::AliasInfo& one, const c10::AliasInfo& other) {
    return std::any_of(one.beforeSets().begin(), one.beforeSets().end(),
                       [&](c10::Symbol set) { return other.beforeSets().count(set) > 0; });
  }

  const MethodGraph& method_;
  const std::map<const c10::ivalue::Object*, std::string>& paths_;
  PointsTo known_;
  std::set<int> written_constants_;
  bool takes_gradients_ = false;
  bool shares_memory_ = false;
  State state_;
};

}  // namespace

State find_state(const torch::jit::Module& module, const std::vector<MethodGraph>& graphs) {
  std::map<const c10::ivalue::Object*, std::string> paths;
  for (const auto& part : module.named_modules()) {
    paths.emplace(part.value._ivalue().get(), part.name.empty() ? "self" : "self." + part.name);
  }
  State state;
  for (const MethodGraph& method : graphs) {
    State one = Analysis(method, paths).run();
    if (state.reason.empty()) state.reason = std::move(one.reason);
    state.constants.insert(state.constants.end(), one.constants.begin(), one.constants.end());
  }
  return state;
}

}  // namespace node_libtorch::engine
