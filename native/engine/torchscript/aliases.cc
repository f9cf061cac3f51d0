#include "engine/torchscript/aliases.h"

#include <set>

namespace node_libtorch::engine {

using torch::jit::Node;
using torch::jit::Value;

bool is_container(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::ListType:
    case c10::TypeKind::DictType:
    case c10::TypeKind::TupleType:
    case c10::TypeKind::FutureType:
    case c10::TypeKind::AwaitType:
    case c10::TypeKind::UnionType:
    case c10::TypeKind::AnyType:
      return true;
    case c10::TypeKind::ClassType:
      return !type->is_module();
    case c10::TypeKind::OptionalType:
      return is_container(type->expectRef<c10::OptionalType>().getElementType());
    default:
      return false;
  }
}

bool may_refer(const c10::TypePtr& type) {
  if (type->kind() == c10::TypeKind::TensorType || is_container(type)) return true;
  if (type->kind() != c10::TypeKind::OptionalType) return false;
  return may_refer(type->expectRef<c10::OptionalType>().getElementType());
}

bool may_refer(const Value* value) { return may_refer(value->type()); }

bool may_return_an_input(const Node* node) {
  static const std::set<std::string> names = {
      "aten::_cast_Byte",
      "aten::_cast_Char",
      "aten::_cast_Double",
      "aten::_cast_Float",
      "aten::_cast_Half",
      "aten::_cast_Int",
      "aten::_cast_Long",
      "aten::_cast_Short",
      "aten::_pack_sequence",
      "aten::_remove_batch_dim",
      "aten::_saturate_weight_to_fp16",
      "aten::_unsafe_view",
      "aten::alpha_dropout",
      "aten::atleast_1d",
      "aten::atleast_2d",
      "aten::atleast_3d",
      "aten::broadcast_tensors",
      "aten::cartesian_prod",
      "aten::chain_matmul",
      "aten::channel_shuffle",
      "aten::combinations",
      "aten::conj_physical",
      "aten::data",
      "aten::dequantize",
      "aten::dropout",
      "aten::einsum",
      "aten::feature_alpha_dropout",
      "aten::feature_dropout",
      "aten::flatten_dense_tensors",
      "aten::lift",
      "aten::linalg_multi_dot",
      "aten::meshgrid",
      "aten::native_dropout",
      "aten::pad",
      "aten::pixel_shuffle",
      "aten::pixel_unshuffle",
      "aten::rnn_flatten",
      "aten::set",
      "aten::sum_to_size",
      "aten::to_dense",
      "aten::type_as",
  };
  return names.count(node->kind().toQualString()) > 0;
}

bool shares_memory(const Node* node) {
  static const std::set<std::string> names = {"aten::set_", "aten::set_data"};
  return names.count(node->kind().toQualString()) > 0 && node->inputs().size() > 1;
}

bool changes_gradient_only(const Node* node) {
  static const std::set<std::string> names = {"aten::requires_grad_", "aten::retain_grad", "aten::detach_"};
  return names.count(node->kind().toQualString()) > 0;
}

bool is_batch_statistic(const std::string& argument) {
  return argument == "running_mean" || argument == "running_var";
}

const Value* training_flag(const Node* node) {
  for (const char* name : {"training", "train", "use_input_stats"}) {
    if (const Value* flag = input_named(node, name)) return flag;
  }
  return nullptr;
}

}  // namespace node_libtorch::engine
