#include "engine/torchscript/bounded.h"

#include <set>

#include "engine/bounded_operator.h"

namespace node_libtorch::engine {
namespace {

using torch::jit::Node;

// Of prim, what does no more than move values: loops, forks and calls are not among it.
bool only_moves_values(const std::string& name) {
  static const std::set<std::string> moving = {"prim::Constant",
                                               "prim::GetAttr",
                                               "prim::SetAttr",
                                               "prim::If",
                                               "prim::Param",
                                               "prim::Return",
                                               "prim::ListConstruct",
                                               "prim::ListUnpack",
                                               "prim::TupleIndex",
                                               "prim::TupleUnpack",
                                               "prim::TupleConstruct",
                                               "prim::TupleSlice",
                                               "prim::NumToTensor",
                                               "prim::Uninitialized",
                                               "prim::RaiseException",
                                               "prim::DictConstruct",
                                               "prim::unchecked_cast",
                                               "prim::isinstance",
                                               "prim::device",
                                               "prim::dtype",
                                               "prim::layout",
                                               "prim::min",
                                               "prim::max",
                                               "prim::abs",
                                               "prim::is_cuda",
                                               "prim::requires_grad",
                                               "prim::data",
                                               "prim::CreateObject"};
  return moving.count(name) > 0;
}

bool is_bounded(const Node* node) {
  const std::string name = node->kind().toQualString();
  if (node->kind().is_prim()) return only_moves_values(name);
  const c10::FunctionSchema* schema = node->maybeSchema();
  return schema != nullptr && is_bounded_operator(*schema);
}

}  // namespace

std::vector<std::string> bounded_methods(const std::vector<MethodGraph>& graphs) {
  std::vector<std::string> bounded;
  for (const MethodGraph& method : graphs) {
    bool all = true;
    for_each_node(method.graph->block(), [&](Node* node) { all = all && is_bounded(node); });
    if (all) bounded.push_back(method.method);
  }
  return bounded;
}

}  // namespace node_libtorch::engine
