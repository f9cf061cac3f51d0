#include "engine/torchscript/precision.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include <map>
#include <set>

#include "engine/joined.h"
#include "engine/torchscript/graphs.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;
using torch::jit::Node;

class Converter {
 public:
  explicit Converter(at::ScalarType dtype) : dtype_(dtype) {}

  // The same value in the new format. Lists, dicts and objects stay the same object, so that whoever else
  // refers to them sees the new tensors.
  IValue convert(const IValue& value) {
    if (value.isTensor()) return convert_tensor(value.toTensor());
    if (value.isTuple()) return convert_tuple(value);
    if (value.isList()) {
      c10::List<IValue> list = value.toList();
      if (!seen_.insert(value.internalToPointer()).second) return value;
      for (size_t i = 0; i < list.size(); ++i) {
        const IValue item = list.get(i);
        if (may_hold_tensors(item)) list.set(i, convert(item));
      }
      return value;
    }
    if (value.isGenericDict()) {
      if (!seen_.insert(value.internalToPointer()).second) return value;
      c10::Dict<IValue, IValue> dict = value.toGenericDict();
      for (const auto& entry : dict) entry.setValue(convert(entry.value()));
      return value;
    }
    if (value.isObject() && value.toObjectRef().type()->is_module() == false) {
      convert_object(value.toObject());
    }
    return value;
  }

  void convert_object(const c10::intrusive_ptr<c10::ivalue::Object>& object) {
    if (!seen_.insert(object.get()).second) return;
    for (size_t i = 0; i < object->slots().size(); ++i) {
      const IValue slot = object->slots()[i];
      if (slot.isCapsule()) {
        opaque_ = true;
      } else if (slot.isObject()) {
        convert_object(slot.toObject());
      } else if (may_hold_tensors(slot)) {
        object->setSlot(i, convert(slot));
      }
    }
  }

  void convert_constants(torch::jit::Graph& graph) {
    for_each_node(graph.block(), [&](Node* node) {
      if (node->kind() != c10::prim::Constant) {
        note_fixed_dtype(node);
        return;
      }
      if (!node->hasAttribute(c10::attr::value)) return;
      switch (node->kindOf(c10::attr::value)) {
        case torch::jit::AttributeKind::t: {
          const at::Tensor tensor = node->t(c10::attr::value);
          // A number that a trace wrote as a tensor of no dimension takes part in no choice of dtypes.
          if (tensor.defined() && tensor.dim() > 0) node->t_(c10::attr::value, convert_tensor(tensor));
          break;
        }
        case torch::jit::AttributeKind::ival:
          node->ival_(c10::attr::value, convert(node->ival(c10::attr::value)));
          break;
        default:
          break;
      }
    });
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> texts;
    if (opaque_) {
      texts.push_back(
          "Weights that custom objects hold, as quantized layers do, keep their own number format; precision "
          "does not reach them");
    }
    if (!fixed_.empty()) {
      texts.push_back("The graph names other number formats than the precision that was asked for (" +
                      joined(fixed_) +
                      "), as traces do; if a run fails on two dtypes, export the model in that precision");
    }
    return texts;
  }

 private:
  static bool may_hold_tensors(const IValue& value) {
    return value.isTensor() || value.isTuple() || value.isGenericDict() || value.isObject() ||
           value.isTensorList() ||
           (value.isList() && !value.isIntList() && !value.isDoubleList() && !value.isBoolList() &&
            !value.isComplexDoubleList());
  }

  at::Tensor convert_tensor(const at::Tensor& tensor) {
    if (!tensor.defined() || !tensor.is_floating_point() || tensor.scalar_type() == dtype_) return tensor;
    if (tensor.layout() != c10::kStrided || !tensor.has_storage()) return tensor.to(dtype_);
    // The memory is converted as a whole and once, and every tensor over it laid over the new one.
    const auto key = std::make_pair(tensor.storage().unsafeGetStorageImpl(), tensor.scalar_type());
    auto found = converted_.find(key);
    if (found == converted_.end()) {
      const auto elements = static_cast<int64_t>(tensor.storage().nbytes() / tensor.element_size());
      const at::Tensor all = tensor.detach().as_strided({elements}, {1}, 0);
      // The weak reference keeps the key's address from being used again, and none of the memory.
      found = converted_.emplace(key, std::make_pair(tensor.storage().getWeakStorageImpl(), all.to(dtype_)))
                  .first;
    }
    return found->second.second.as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset());
  }

  IValue convert_tuple(const IValue& value) {
    const auto& tuple = value.toTupleRef();
    std::vector<IValue> items;
    for (const IValue& item : tuple.elements())
      items.push_back(may_hold_tensors(item) ? convert(item) : item);
    const c10::TupleTypePtr type = tuple.type();
    if (type->schema()) return c10::ivalue::Tuple::createNamed(std::move(items), type);
    return c10::ivalue::Tuple::create(std::move(items));
  }

  void note_fixed_dtype(const Node* node) {
    const torch::jit::Value* named = input_named(node, "dtype");
    if (named == nullptr) return;
    const std::optional<IValue> constant = torch::jit::toIValue(named);
    if (!constant || !constant->isInt()) return;
    const auto fixed = static_cast<at::ScalarType>(constant->toInt());
    if (fixed < at::ScalarType::NumOptions && at::isFloatingType(fixed) && fixed != dtype_) {
      fixed_.insert(std::string(node->kind().toQualString()) + " " + c10::toString(fixed));
    }
  }

  const at::ScalarType dtype_;
  std::set<const void*> seen_;
  std::map<std::pair<const c10::StorageImpl*, at::ScalarType>,
           std::pair<c10::weak_intrusive_ptr<c10::StorageImpl>, at::Tensor>>
      converted_;
  std::set<std::string> fixed_;
  bool opaque_ = false;
};

}  // namespace

std::vector<std::string> convert_floating_point(const torch::jit::Module& module, at::ScalarType dtype) {
  Converter converter(dtype);
  converter.convert_object(module._ivalue());
  for_each_graph(module, [&](torch::jit::Graph& graph) { converter.convert_constants(graph); });
  return converter.warnings();
}

}  // namespace node_libtorch::engine
