// The graphs of a module's methods as they will run: calls inlined, branches that its settings rule out gone.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace node_libtorch::engine {

using ObjectPtr = c10::intrusive_ptr<c10::ivalue::Object>;

// Which value of a graph is which object of the module: itself, a submodule, an object held by an attribute.
using ResolvedObjects = std::unordered_map<const torch::jit::Value*, ObjectPtr>;

struct MethodGraph {
  std::string method;
  std::shared_ptr<torch::jit::Graph> graph;
  ResolvedObjects objects;
};

// Copies: the module's own graphs stay as they are. Calls through interfaces are inlined where the object is
// known. Attributes that no method assigns and that are numbers, strings or None are constants here.
std::vector<MethodGraph> method_graphs(const torch::jit::Module& module,
                                       const std::vector<std::string>& methods);

// Every node: of inner blocks and of forked bodies too, in the order of the program.
void for_each_node(torch::jit::Block* block, const std::function<void(torch::jit::Node*)>& visit);

// The module's own graphs, before inlining: of every method of every submodule, and of the functions called.
void for_each_graph(const torch::jit::Module& module, const std::function<void(torch::jit::Graph&)>& visit);

// The input that the node's schema calls `name`; null when there is none.
torch::jit::Value* input_named(const torch::jit::Node* node, const char* name);

// True unless the value is a constant that is false, zero or None.
bool may_be_true(const torch::jit::Value* value);

}  // namespace node_libtorch::engine
