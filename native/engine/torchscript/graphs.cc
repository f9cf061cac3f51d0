#include "engine/torchscript/graphs.h"

#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <set>

namespace node_libtorch::engine {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// Interfaces that call interfaces, one round a level. More is a model that calls itself.
constexpr int kMaxRounds = 64;

std::shared_ptr<Graph> subgraph_of(const Node* node) {
  if (!node->hasAttribute(c10::attr::Subgraph)) return nullptr;
  return node->g(c10::attr::Subgraph);
}

void resolve(const Block* block, ResolvedObjects& objects) {
  for (const Node* node : block->nodes()) {
    if (!node->inputs().empty()) {
      const auto base = objects.find(node->input(0));
      if (base != objects.end()) {
        if (node->kind() == c10::prim::GetAttr) {
          const c10::IValue held = base->second->getAttr(node->s(c10::attr::name));
          if (held.isObject()) objects.emplace(node->output(), held.toObject());
        } else if (node->kind() == c10::prim::unchecked_cast) {
          objects.emplace(node->output(), base->second);
        }
      }
    }
    for (const Block* inner : node->blocks()) resolve(inner, objects);
    if (const std::shared_ptr<Graph> body = subgraph_of(node)) {
      for (size_t i = 0; i < body->inputs().size() && i < node->inputs().size(); ++i) {
        const auto known = objects.find(node->input(i));
        if (known != objects.end()) objects.emplace(body->inputs()[i], known->second);
      }
      resolve(body->block(), objects);
    }
  }
}

ResolvedObjects resolve(const torch::jit::Module& module, const Graph& graph) {
  ResolvedObjects objects;
  objects.emplace(graph.inputs()[0], module._ivalue());
  resolve(graph.block(), objects);
  return objects;
}

void inline_calls(Graph& graph) {
  torch::jit::Inline(graph);
  for_each_node(graph.block(), [](Node* node) {
    if (const std::shared_ptr<Graph> body = subgraph_of(node)) torch::jit::Inline(*body);
  });
}

// Calls that inlining left, because their object's type is an interface.
bool inline_interface_calls(const torch::jit::Module& module, Graph& graph) {
  const ResolvedObjects objects = resolve(module, graph);
  std::vector<Node*> calls;
  for_each_node(graph.block(), [&](Node* node) {
    if (node->kind() == c10::prim::CallMethod && objects.count(node->input(0)) > 0) calls.push_back(node);
  });
  bool found = false;
  for (Node* call : calls) {
    torch::jit::Function* method = objects.at(call->input(0))->type()->findMethod(call->s(c10::attr::name));
    if (method == nullptr || !method->isGraphFunction()) continue;
    torch::jit::inlineCallTo(call, &torch::jit::toGraphFunction(*method));
    found = true;
  }
  return found;
}

void assigned_names(Graph& graph, std::set<std::string>& names) {
  for_each_node(graph.block(), [&](Node* node) {
    if (node->kind() == c10::prim::SetAttr) names.insert(node->s(c10::attr::name));
  });
}

bool is_plain(const c10::IValue& value) {
  return value.isNone() || value.isBool() || value.isInt() || value.isDouble() || value.isString() ||
         value.isDevice();
}

void fold_settings(Graph& graph, const ResolvedObjects& objects, const std::set<std::string>& assigned) {
  std::vector<Node*> reads;
  for_each_node(graph.block(), [&](Node* node) {
    if (node->kind() == c10::prim::GetAttr && objects.count(node->input(0)) > 0) reads.push_back(node);
  });
  for (Node* read : reads) {
    const std::string& name = read->s(c10::attr::name);
    if (assigned.count(name) > 0) continue;
    const c10::IValue held = objects.at(read->input(0))->getAttr(name);
    if (!is_plain(held)) continue;
    Graph& owner = *read->owningGraph();
    const torch::jit::WithInsertPoint here(read);
    Value* constant = owner.insertConstant(held);
    if (held.isNone()) constant->setType(c10::NoneType::get());
    read->output()->replaceAllUsesWith(constant);
    read->destroy();
  }
}

// What decides a branch, and cannot fail, stop the process or fill its memory: what is folded here need not
// run in the program.
bool is_harmless(const Node* node) {
  static const std::set<std::string> names = {
      "aten::eq",      "aten::ne",     "aten::lt",        "aten::le",      "aten::gt",
      "aten::ge",      "aten::__is__", "aten::__isnot__", "aten::__not__", "aten::Bool",
      "aten::__and__", "aten::__or__", "aten::__xor__"};
  static const std::set<std::string> of_numbers = {"aten::add", "aten::sub", "aten::mul"};
  const std::string name = node->kind().toQualString();
  if (names.count(name) > 0) return true;
  return of_numbers.count(name) > 0 &&
         std::all_of(node->inputs().begin(), node->inputs().end(),
                     [](const Value* input) { return input->type()->kind() == c10::TypeKind::IntType; });
}

bool is_foldable(const Node* node) {
  if (node->inputs().empty() || !node->blocks().empty() || !is_harmless(node)) return false;
  for (const Value* input : node->inputs()) {
    if (input->node()->kind() != c10::prim::Constant) return false;
    const std::optional<c10::IValue> constant = torch::jit::toIValue(input);
    if (!constant || !is_plain(*constant)) return false;
  }
  // Last, for the search of an operator takes longest.
  return node->maybeSchema() != nullptr && !node->hasSideEffects() && !node->isNondeterministic();
}

void replace_by_constants(Node* node) {
  std::optional<torch::jit::Stack> results;
  try {
    results = torch::jit::runNodeIfInputsAreConstant(node);
  } catch (const std::exception&) {
    return;  // it will fail when it runs
  }
  if (!results || results->size() != node->outputs().size()) return;
  for (const c10::IValue& result : *results) {
    if (!is_plain(result)) return;
  }
  const torch::jit::WithInsertPoint here(node);
  for (size_t i = 0; i < results->size(); ++i) {
    node->outputs()[i]->replaceAllUsesWith(node->owningGraph()->insertConstant((*results)[i]));
  }
}

// Where the condition of a branch is known, only what it chooses is left. LibTorch's own pass also removes
// what it takes for dead, writes through lists among it.
void fold_constants(Block* block) {
  for (auto at = block->nodes().begin(); at != block->nodes().end();) {
    Node* node = *at;
    const std::optional<c10::IValue> condition =
        node->kind() == c10::prim::If ? torch::jit::toIValue(node->input()) : std::nullopt;
    if (!condition || !condition->isBool()) {
      for (Block* inner : node->blocks()) fold_constants(inner);
      if (const std::shared_ptr<Graph> body = subgraph_of(node)) fold_constants(body->block());
      if (is_foldable(node)) replace_by_constants(node);
      ++at;
      continue;
    }
    Block* chosen = node->blocks()[condition->toBool() ? 0 : 1];
    Node* first = nullptr;
    for (auto inner = chosen->nodes().begin(); inner != chosen->nodes().end();) {
      Node* moved = *inner;
      ++inner;
      moved->moveBefore(node);
      if (first == nullptr) first = moved;
    }
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      node->outputs()[i]->replaceAllUsesWith(chosen->outputs()[i]);
    }
    ++at;
    node->destroy();
    if (first != nullptr) at = first->iterator();
  }
}

void visit_graph(Graph& graph, std::set<const Graph*>& seen, const std::function<void(Graph&)>& visit);

void visit_function(torch::jit::Function& function, std::set<const Graph*>& seen,
                    const std::function<void(Graph&)>& visit) {
  if (function.isGraphFunction()) visit_graph(*torch::jit::toGraphFunction(function).graph(), seen, visit);
}

void visit_graph(Graph& graph, std::set<const Graph*>& seen, const std::function<void(Graph&)>& visit) {
  if (!seen.insert(&graph).second) return;
  visit(graph);
  for_each_node(graph.block(), [&](Node* node) {
    for (const Value* output : node->outputs()) {
      if (const auto function = output->type()->cast<c10::FunctionType>()) {
        visit_function(*function->function(), seen, visit);
      }
      if (const auto held = output->type()->cast<c10::ClassType>()) {
        if (!held->is_module()) {
          for (torch::jit::Function* method : held->methods()) visit_function(*method, seen, visit);
        }
      }
    }
  });
}

}  // namespace

void for_each_node(Block* block, const std::function<void(Node*)>& visit) {
  for (Node* node : block->nodes()) {
    visit(node);
    for (Block* inner : node->blocks()) for_each_node(inner, visit);
    if (const std::shared_ptr<Graph> body = subgraph_of(node)) for_each_node(body->block(), visit);
  }
}

void for_each_graph(const torch::jit::Module& module, const std::function<void(Graph&)>& visit) {
  std::set<const Graph*> seen;
  for (const torch::jit::Module& part : module.modules()) {
    for (torch::jit::Function* method : part.type()->methods()) visit_function(*method, seen, visit);
  }
}

std::vector<MethodGraph> method_graphs(const torch::jit::Module& module,
                                       const std::vector<std::string>& methods) {
  std::vector<MethodGraph> graphs;
  std::set<std::string> assigned;
  for (const std::string& method : methods) {
    std::shared_ptr<Graph> graph = module.get_method(method).graph()->copy();
    inline_calls(*graph);
    for (int round = 0; round < kMaxRounds && inline_interface_calls(module, *graph); ++round) {
      inline_calls(*graph);
    }
    assigned_names(*graph, assigned);
    graphs.push_back({method, std::move(graph), {}});
  }
  for (MethodGraph& method : graphs) {
    fold_settings(*method.graph, resolve(module, *method.graph), assigned);
    fold_constants(method.graph->block());
    method.objects = resolve(module, *method.graph);
  }
  return graphs;
}

Value* input_named(const Node* node, const char* name) {
  const c10::FunctionSchema* schema = node->maybeSchema();
  if (schema == nullptr) return nullptr;
  const std::optional<int> index = schema->argumentIndexWithName(name);
  if (!index || static_cast<size_t>(*index) >= node->inputs().size()) return nullptr;
  return const_cast<Value*>(node->input(*index));
}

bool may_be_true(const Value* value) {
  const std::optional<c10::IValue> constant = torch::jit::toIValue(value);
  if (!constant) return true;
  if (constant->isNone()) return false;
  if (constant->isBool()) return constant->toBool();
  if (constant->isInt()) return constant->toInt() != 0;
  if (constant->isDouble()) return constant->toDouble() != 0;
  return true;
}

}  // namespace node_libtorch::engine
