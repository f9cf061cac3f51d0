#include "engine/aoti/compiled_package.h"

#include <algorithm>
#include <optional>

#include "engine/description.h"
#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

using description::integer;
using description::list;
using description::malformed;
using description::member;
using description::text;
using description::texts;

constexpr int64_t kMaxSize = int64_t{1} << 40;  // scale × size stays far below 2^63

Extent read_extent(const Value& value, size_t symbols) {
  const List& parts = list(value);
  if (parts.size() != 3) malformed("three numbers of a dimension");
  Extent extent;
  extent.symbol = integer(parts[0], -1, static_cast<int64_t>(symbols) - 1);
  extent.scale = integer(parts[1], 0, 1 << 20);
  extent.offset = integer(parts[2], -kMaxSize, kMaxSize);
  if (extent.symbol < 0 ? extent.offset < 0 : extent.scale == 0) malformed("a dimension that can be");
  return extent;
}

InputCheck read_input(const Value& value, size_t symbols) {
  InputCheck input;
  input.name = text(member(value, "name"));
  const std::optional<DType> dtype = dtype_of_name(text(member(value, "dtype")));
  if (!dtype) malformed("a dtype");
  input.dtype = *dtype;
  for (const Value& extent : list(member(value, "shape")))
    input.shape.push_back(read_extent(extent, symbols));
  const auto rank = static_cast<int64_t>(input.shape.size());
  for (const Value& axis : list(member(value, "order"))) input.order.push_back(integer(axis, 0, rank - 1));
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (std::count(input.order.begin(), input.order.end(), axis) != 1)
      malformed("every dimension once in order");
  }
  if (input.order.size() != input.shape.size()) malformed("every dimension once in order");
  return input;
}

std::vector<int64_t> sizes_of(const Value& value) {
  std::vector<int64_t> sizes;
  for (const Value& size : list(value)) sizes.push_back(integer(size, 0, kMaxSize));
  return sizes;
}

StoredConstant read_constant(const Value& value) {
  StoredConstant constant;
  constant.name = text(member(value, "name"));
  constant.file = text(member(value, "file"));
  constant.bytes = static_cast<size_t>(integer(member(value, "bytes"), 0, kMaxSize));
  const std::optional<DType> dtype = dtype_of_name(text(member(value, "dtype")));
  if (!dtype) malformed("a dtype");
  constant.dtype = *dtype;
  constant.offset = integer(member(value, "offset"), 0, kMaxSize);
  constant.shape = sizes_of(member(value, "shape"));
  constant.strides = sizes_of(member(value, "strides"));
  if (constant.shape.size() != constant.strides.size()) malformed("a stride for each dimension");
  return constant;
}

KnownState read_state(const std::string& state) {
  if (state == "none") return KnownState::none;
  if (state == "kept") return KnownState::kept;
  if (state == "unknown") return KnownState::unknown;
  malformed("a state");
}

std::string format(const std::vector<int64_t>& shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i) result += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

// The sizes that symbols have in one call, bound by the first input that shows each.
class Sizes {
 public:
  explicit Sizes(const std::vector<Symbol>& symbols) : symbols_(symbols), bound_(symbols.size()) {}

  void check(const InputCheck& input, const TensorValue& tensor) {
    if (tensor.shape.size() != input.shape.size()) {
      refuse(std::to_string(input.shape.size()) + " dimensions", input, tensor);
    }
    for (size_t axis = 0; axis < input.shape.size(); ++axis) check_axis(input, tensor, axis);
  }

 private:
  struct Bound {
    int64_t size = 0;
    const std::string* input = nullptr;
  };

  void check_axis(const InputCheck& input, const TensorValue& tensor, size_t axis) {
    const Extent& extent = input.shape[axis];
    const int64_t size = tensor.shape[axis];
    const std::string where = " in dimension " + std::to_string(axis);
    if (extent.symbol < 0) {
      if (size != extent.offset) refuse(std::to_string(extent.offset) + where, input, tensor);
      return;
    }
    const auto index = static_cast<size_t>(extent.symbol);
    const Symbol& symbol = symbols_[index];
    const int64_t rest = size - extent.offset;
    if (rest % extent.scale != 0) {
      refuse(
          "a multiple of " + std::to_string(extent.scale) + " plus " + std::to_string(extent.offset) + where,
          input, tensor);
    }
    const int64_t value = rest / extent.scale;
    if (value < symbol.min)
      refuse("at least " + std::to_string(apply(extent, symbol.min)) + where, input, tensor);
    if (value > symbol.max)
      refuse("at most " + std::to_string(apply(extent, symbol.max)) + where, input, tensor);
    Bound& bound = bound_[index];
    if (bound.input == nullptr) {
      bound = {value, &input.name};
    } else if (bound.size != value) {
      refuse(std::to_string(apply(extent, bound.size)) + where + ", by the size of " + *bound.input, input,
             tensor);
    }
  }

  static int64_t apply(const Extent& extent, int64_t size) { return extent.scale * size + extent.offset; }

  [[noreturn]] static void refuse(const std::string& wanted, const InputCheck& input,
                                  const TensorValue& tensor) {
    throw EngineError("ERR_INVALID_SHAPE", "Expected " + wanted + " for " + input.name +
                                               " but received shape " + format(tensor.shape));
  }

  const std::vector<Symbol>& symbols_;
  std::vector<Bound> bound_;
};

}  // namespace

CompiledPackage read_compiled_package(const Value& value) {
  CompiledPackage package;
  package.path = text(member(value, "path"));
  package.model = text(member(value, "model"));
  package.device = text(member(value, "device"));
  for (const Value& range : list(member(value, "symbols"))) {
    const List& bounds = list(range);
    if (bounds.size() != 2) malformed("[min, max] of a symbol");
    package.symbols.push_back({integer(bounds[0], 0, kMaxSize), integer(bounds[1], 0, kMaxSize)});
  }
  for (const Value& input : list(member(value, "inputs"))) {
    package.inputs.push_back(read_input(input, package.symbols.size()));
  }
  for (const Value& constant : list(member(value, "constants")))
    package.constants.push_back(read_constant(constant));
  package.blob = text(member(value, "blob"));
  package.blob_bytes = static_cast<size_t>(integer(member(value, "blobBytes"), 0, kMaxSize));
  package.pickled = texts(member(value, "pickled"));
  package.state = read_state(text(member(value, "state")));
  package.stateful_reason = text(member(value, "statefulReason"));
  package.operators = texts(member(value, "operators"));
  return package;
}

void check_inputs(const CompiledPackage& package, const List& args) {
  if (args.size() != package.inputs.size()) {
    throw EngineError("ERR_INVALID_INPUT", "Expected " + std::to_string(package.inputs.size()) +
                                               " input tensors but received " + std::to_string(args.size()));
  }
  Sizes sizes(package.symbols);
  for (size_t i = 0; i < args.size(); ++i) {
    const InputCheck& input = package.inputs[i];
    const auto* tensor = std::get_if<TensorValue>(&args[i].data);
    if (tensor == nullptr) {
      throw EngineError("ERR_INVALID_INPUT", "Expected a " + std::string(dtype_name(input.dtype)) +
                                                 " tensor for " + input.name + " but received another value");
    }
    if (tensor->dtype != input.dtype) {
      throw EngineError("ERR_INVALID_DTYPE", "Expected dtype " + std::string(dtype_name(input.dtype)) +
                                                 " for " + input.name + " but received " +
                                                 dtype_name(tensor->dtype));
    }
    sizes.check(input, *tensor);
  }
}

}  // namespace node_libtorch::engine
