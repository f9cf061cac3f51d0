#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/DeviceType.h>

#include "engine/device/staging.h"
#include "engine/error.h"
#include "engine/ivalue_codec.h"
#include "engine/utf8.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

// Of a typed array in the oldest V8 we support, which ends the process when it is asked for more.
constexpr int64_t kMaxElements = int64_t{1} << 32;

[[noreturn]] void refuse(const std::string& what, const std::string& advice) {
  throw EngineError("ERR_BAD_OUTPUT", "The model returned " + what + ", which is not supported; " + advice);
}

void check_layout(const at::Tensor& tensor) {
  if (!tensor.defined()) refuse("an undefined tensor", "return None instead");
  if (tensor.is_nested() || tensor.layout() == c10::kJagged) {
    refuse("a nested tensor", "call torch.nested.to_padded_tensor() or unbind() in the model");
  }
  if (tensor.layout() != c10::kStrided) refuse("a sparse tensor", "call to_dense() in the model");
  if (tensor.is_meta()) {
    refuse("a tensor of the meta device, where tensors have no elements",
           "move the model and the tensors that it makes to a device");
  }
  if (!tensor.is_cpu() && !tensor.is_cuda()) {
    refuse("a tensor of the device " + tensor.device().str(), "move it to the CPU in the model");
  }
  if (tensor.is_quantized()) refuse("a quantized tensor", "call dequantize() in the model");
  if (tensor.is_complex()) refuse("a complex tensor", "call torch.view_as_real() in the model");
}

// Takes the last reference that the result held. Whatever else still refers to the tensor or its storage then
// (a weight, an attribute, another output) would see the caller's writes, so it is copied; and a small view
// must not keep a large buffer alive.
bool may_hand_over(const at::Tensor& tensor) {
  return tensor.use_count() == 1 && tensor.storage().use_count() == 1 &&
         tensor.storage().nbytes() <= 2 * tensor.nbytes();
}

class Decoder {
 public:
  explicit Decoder(const TensorPlacement& placement) : placement_(placement) {}

  Value decode(IValue value, size_t depth) {
    if (depth > kMaxDepth)
      refuse("values nested deeper than " + std::to_string(kMaxDepth) + " levels", "flatten them");
    if (value.isTensor()) return {decode_tensor(std::move(value).toTensor())};
    if (value.isNone()) return {std::monostate{}};
    if (value.isBool()) return {value.toBool()};
    if (value.isInt()) return {value.toInt()};
    if (value.isDouble()) return {value.toDouble()};
    if (value.isString()) return {decode_text(value.toStringRef())};
    if (value.isDevice()) return {value.toDevice().str()};
    // The container is let go before its items are decoded: they are then held once, unless the model holds
    // them too.
    if (value.isTuple()) {
      std::vector<IValue> items = value.toTupleRef().elements().vec();
      value = IValue();
      return {decode_items(std::move(items), depth)};
    }
    if (value.isList()) {
      std::vector<IValue> items = value.toListRef().vec();
      value = IValue();
      return {decode_items(std::move(items), depth)};
    }
    if (value.isGenericDict()) {
      std::vector<IValue> keys;
      std::vector<IValue> values;
      for (const auto& entry : value.toGenericDict()) {
        keys.push_back(entry.key());
        values.push_back(entry.value());
      }
      value = IValue();
      return {Dict{decode_items(std::move(keys), depth), decode_items(std::move(values), depth)}};
    }
    refuse("a value of type " + value.type()->annotation_str(),
           "return tensors, numbers, strings, lists or dicts");
  }

  // Results that come from a device are there once this has returned.
  void finish() { downloads_.wait(); }

 private:
  List decode_items(std::vector<IValue> items, size_t depth) {
    List list;
    list.reserve(items.size());
    for (IValue& item : items) list.push_back(decode(std::move(item), depth + 1));
    return list;
  }

  static std::string decode_text(const std::string& text) {
    const size_t end = utf8_end(text);
    if (end == text.size()) return text;
    refuse("a str that is not UTF-8 (from byte " + std::to_string(end) + " of " +
               std::to_string(text.size()) + ")",
           "do not cut a str inside a character in the model; TorchScript counts bytes");
  }

  TensorValue decode_tensor(at::Tensor tensor) {
    if (tensor.defined() && tensor.is_mkldnn()) tensor = tensor.to_dense();
    check_layout(tensor);
    // A gradient's graph would hold everything that led here.
    if (tensor.requires_grad()) tensor = tensor.detach();
    if (placement_.output_dtype && tensor.is_floating_point()) tensor = tensor.to(*placement_.output_dtype);
    if (tensor.is_neg()) tensor = tensor.resolve_neg();
    if (tensor._is_zerotensor()) tensor = at::zeros(tensor.sizes(), tensor.options());  // has no memory
    tensor = tensor.contiguous();
    const std::optional<DType> dtype = dtype_of(tensor.scalar_type());
    if (!dtype) {
      refuse(std::string("a tensor of dtype ") + c10::toString(tensor.scalar_type()),
             "convert it in the model");
    }
    if (tensor.numel() > kMaxElements) refuse("a tensor of more than 2^32 elements", "split it in the model");
    TensorValue value;
    value.dtype = *dtype;
    value.shape = tensor.sizes().vec();
    value.bytes = tensor.nbytes();
    if (tensor.is_cpu()) {
      if (!may_hand_over(tensor)) tensor = tensor.clone(at::MemoryFormat::Contiguous);
      value.data = tensor.data_ptr();
      value.owner = std::make_shared<at::Tensor>(std::move(tensor));
    } else {
      value.owner = allocate_tensor_memory(value.bytes);
      value.data = value.owner.get();
      downloads_.add(tensor, value.data);
    }
    return value;
  }

  const TensorPlacement& placement_;
  Downloads downloads_;
};

}  // namespace

Value from_ivalue(IValue value, const TensorPlacement& placement) {
  Decoder decoder(placement);
  Value decoded = decoder.decode(std::move(value), 0);
  decoder.finish();
  return decoded;
}

}  // namespace node_libtorch::engine
