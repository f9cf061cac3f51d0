#include <ATen/ops/from_blob.h>
#include <c10/util/overloaded.h>

#include <cmath>

#include "engine/device/staging.h"
#include "engine/error.h"
#include "engine/ivalue_codec.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;
using c10::TypeKind;
using c10::TypePtr;

constexpr double kMaxSafeInteger = 9007199254740991.0;

std::string kind_of(const Value& value) {
  return std::visit(
      c10::overloaded(
          [](std::monostate) -> std::string { return "null"; },
          [](bool) -> std::string { return "a boolean"; }, [](int64_t) -> std::string { return "a bigint"; },
          [](double number) -> std::string {
            if (!std::isfinite(number)) return "a number that is not finite";
            return std::trunc(number) == number ? "an integral number" : "a number";
          },
          [](const std::string&) -> std::string { return "a string"; },
          [](const TensorValue& tensor) -> std::string {
            return std::string("a ") + dtype_name(tensor.dtype) + " tensor";
          },
          [](const List& list) -> std::string { return "an array of " + std::to_string(list.size()); },
          [](const Dict& dict) -> std::string {
            return "an object of " + std::to_string(dict.keys.size()) + " members";
          }),
      value.data);
}

[[noreturn]] void mismatch(const std::string& wanted, const std::string& where, const Value& got) {
  throw EngineError("ERR_INVALID_INPUT",
                    "Expected " + wanted + " for " + where + " but received " + kind_of(got));
}

class Encoder {
 public:
  explicit Encoder(const TensorPlacement& placement) : placement_(placement) {}

  IValue encode(const Value& value, const TypePtr& type, const std::string& where, size_t depth) const {
    if (depth > kMaxDepth) {
      throw EngineError("ERR_INVALID_INPUT",
                        "Expected at most " + std::to_string(kMaxDepth) + " levels of nesting for " + where);
    }
    switch (type->kind()) {
      case TypeKind::TensorType:
        if (const auto* tensor = std::get_if<TensorValue>(&value.data)) return encode_tensor(*tensor);
        mismatch("a tensor", where, value);
      case TypeKind::IntType:
        return encode_int(value, where);
      case TypeKind::FloatType:
        if (const auto* number = std::get_if<double>(&value.data)) return *number;
        mismatch("a number", where, value);
      case TypeKind::NumberType:
        return encode_number(value, where);
      case TypeKind::BoolType:
        if (const bool* flag = std::get_if<bool>(&value.data)) return *flag;
        mismatch("a boolean", where, value);
      case TypeKind::StringType:
        if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
        mismatch("a string", where, value);
      case TypeKind::DeviceObjType:
        if (const auto* text = std::get_if<std::string>(&value.data)) return encode_device(*text, where);
        mismatch("a device's name", where, value);
      case TypeKind::NoneType:
        if (std::holds_alternative<std::monostate>(value.data)) return IValue();
        mismatch("null", where, value);
      case TypeKind::OptionalType:
        if (std::holds_alternative<std::monostate>(value.data)) return IValue();
        return encode(value, type->expectRef<c10::OptionalType>().getElementType(), where, depth + 1);
      case TypeKind::ListType:
        return encode_list(value, type, where, depth);
      case TypeKind::TupleType:
        return encode_tuple(value, type, where, depth);
      case TypeKind::DictType:
        return encode_dict(value, type, where, depth);
      case TypeKind::UnionType:
        return encode_union(value, type, where, depth);
      case TypeKind::AnyType:
        return encode_any(value, where, depth);
      default:
        throw EngineError("ERR_UNSUPPORTED_TYPE",
                          "The model asks for " + type->annotation_str() + " for " + where +
                              ", which no JavaScript value can be; wrap the model so that it takes tensors, "
                              "numbers, strings, lists or dicts");
    }
  }

 private:
  IValue encode_tensor(const TensorValue& value) const {
    // The tensor keeps the value's memory alive; nothing else writes to it, so no copy is made.
    at::Tensor tensor = at::from_blob(
        value.data, value.shape, [owner = value.owner](void*) {},
        at::TensorOptions(scalar_type_of(value.dtype)));
    const bool convert = placement_.input_dtype && tensor.is_floating_point();
    // Converted on the device, so that what crosses to it is what was given.
    if (!placement_.device.is_cpu()) tensor = upload(tensor, placement_.device);
    return convert ? tensor.to(*placement_.input_dtype) : tensor;
  }

  static IValue encode_device(const std::string& text, const std::string& where) {
    try {
      return c10::Device(text);
    } catch (const c10::Error&) {
      throw EngineError("ERR_INVALID_INPUT", "Expected a device such as cpu or cuda:0 for " + where);
    }
  }

  static IValue encode_int(const Value& value, const std::string& where) {
    if (const auto* integer = std::get_if<int64_t>(&value.data)) return *integer;
    if (const auto* number = std::get_if<double>(&value.data)) {
      if (std::trunc(*number) == *number && std::abs(*number) <= kMaxSafeInteger) {
        return static_cast<int64_t>(*number);
      }
      mismatch("an integer (a bigint beyond 2^53)", where, value);
    }
    mismatch("an integer", where, value);
  }

  static IValue encode_number(const Value& value, const std::string& where) {
    if (const auto* integer = std::get_if<int64_t>(&value.data)) return *integer;
    if (const auto* number = std::get_if<double>(&value.data)) return *number;
    mismatch("a number or a bigint", where, value);
  }

  IValue encode_list(const Value& value, const TypePtr& type, const std::string& where, size_t depth) const {
    const auto* items = std::get_if<List>(&value.data);
    const TypePtr& element = type->expectRef<c10::ListType>().getElementType();
    if (items == nullptr) mismatch("an array (" + type->annotation_str() + ")", where, value);
    c10::impl::GenericList list(element);
    list.reserve(items->size());
    for (size_t i = 0; i < items->size(); ++i) {
      list.push_back(encode((*items)[i], element, where + "[" + std::to_string(i) + "]", depth + 1));
    }
    return list;
  }

  IValue encode_tuple(const Value& value, const TypePtr& type, const std::string& where, size_t depth) const {
    const auto* items = std::get_if<List>(&value.data);
    const auto elements = type->expectRef<c10::TupleType>().elements();
    if (items == nullptr || items->size() != elements.size()) {
      mismatch("an array of " + std::to_string(elements.size()) + " (" + type->annotation_str() + ")", where,
               value);
    }
    std::vector<IValue> encoded;
    encoded.reserve(items->size());
    for (size_t i = 0; i < items->size(); ++i) {
      encoded.push_back(encode((*items)[i], elements[i], where + "[" + std::to_string(i) + "]", depth + 1));
    }
    const auto& tuple_type = type->expect<c10::TupleType>();
    if (tuple_type->schema()) return c10::ivalue::Tuple::createNamed(std::move(encoded), tuple_type);
    return c10::ivalue::Tuple::create(std::move(encoded));
  }

  IValue encode_dict(const Value& value, const TypePtr& type, const std::string& where, size_t depth) const {
    const auto* entries = std::get_if<Dict>(&value.data);
    if (entries == nullptr) mismatch("an object or a Map (" + type->annotation_str() + ")", where, value);
    const auto& dict_type = type->expectRef<c10::DictType>();
    c10::impl::GenericDict dict(dict_type.getKeyType(), dict_type.getValueType());
    for (size_t i = 0; i < entries->keys.size(); ++i) {
      const IValue key = encode(entries->keys[i], dict_type.getKeyType(), where + "'s key", depth + 1);
      const std::string member = key.isString() ? key.toStringRef() : std::to_string(i);
      dict.insert(key, encode(entries->values[i], dict_type.getValueType(), where + "." + member, depth + 1));
    }
    return dict;
  }

  IValue encode_union(const Value& value, const TypePtr& type, const std::string& where, size_t depth) const {
    for (const TypePtr& candidate : type->expectRef<c10::UnionType>().containedTypes()) {
      try {
        return encode(value, candidate, where, depth + 1);
      } catch (const EngineError&) {
        // Not this member; the next may take it.
      }
    }
    mismatch(type->annotation_str(), where, value);
  }

  IValue encode_any(const Value& value, const std::string& where, size_t depth) const {
    if (const auto* tensor = std::get_if<TensorValue>(&value.data)) return encode_tensor(*tensor);
    if (std::holds_alternative<std::monostate>(value.data)) return IValue();
    if (const bool* flag = std::get_if<bool>(&value.data)) return *flag;
    if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
    if (std::holds_alternative<List>(value.data)) {
      return encode_list(value, c10::ListType::create(c10::AnyType::get()), where, depth);
    }
    if (std::holds_alternative<Dict>(value.data)) {
      return encode_dict(value, c10::DictType::create(c10::StringType::get(), c10::AnyType::get()), where,
                         depth);
    }
    return encode_number(value, where);
  }

  const TensorPlacement& placement_;
};

}  // namespace

IValue to_ivalue(const Value& value, const TypePtr& type, const std::string& where,
                 const TensorPlacement& placement) {
  return Encoder(placement).encode(value, type, where, 0);
}

}  // namespace node_libtorch::engine
