#include "engine/export/arguments.h"

#include <ATen/core/List.h>

#include <algorithm>

#include "engine/error.h"
#include "engine/export/schema.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;
using c10::TypeKind;

[[noreturn]] void unfit(const std::string& tag, const c10::Type* type) {
  throw EngineError("ERR_MODEL_FORMAT", "Expected an argument of the type " +
                                            (type == nullptr ? std::string("number") : type->str()) +
                                            " in the exported program but received " + tag);
}

const c10::Type* without_optional(const c10::Type* type) {
  while (type != nullptr && type->kind() == TypeKind::OptionalType) {
    type = static_cast<const c10::OptionalType*>(type)->getElementType().get();
  }
  return type;
}

const c10::Type* element_of(const c10::Type* type) {
  if (type == nullptr || type->kind() != TypeKind::ListType) return nullptr;
  return static_cast<const c10::ListType*>(type)->getElementType().get();
}

bool is_float(const c10::Type* type) { return type != nullptr && type->kind() == TypeKind::FloatType; }
bool is_optional(const c10::Type* type) { return type != nullptr && type->kind() == TypeKind::OptionalType; }

Arg list_arg(std::vector<Arg> items, ListOf list_of) {
  Arg arg;
  arg.kind = Arg::Kind::list;
  arg.list_of = list_of;
  arg.items = std::move(items);
  return arg;
}

Arg::Change change_for(const c10::Type* type) {
  if (is_float(type)) return Arg::Change::to_float;
  if (type != nullptr && type->kind() == TypeKind::TensorType) return Arg::Change::to_tensor;
  return Arg::Change::none;
}

IValue number_for(const IValue& value, const c10::Type* type) {
  if (const Arg::Change change = change_for(type); change != Arg::Change::none) return changed(value, change);
  if (type != nullptr && type->kind() == TypeKind::BoolType && value.isInt()) return value.toInt() != 0;
  if (type != nullptr && type->kind() == TypeKind::IntType && value.isBool()) return value.toBool() ? 1 : 0;
  return value;
}

bool fits_value(const IValue& value, const c10::Type& type) {
  switch (type.kind()) {
    case TypeKind::OptionalType:
      return value.isNone() || fits_value(value, *type.expectRef<c10::OptionalType>().getElementType());
    case TypeKind::TensorType:
      return value.isTensor() && value.toTensor().defined();
    case TypeKind::NumberType:
      return value.isScalar() || value.isBool();
    case TypeKind::IntType:
    case TypeKind::SymIntType:
    case TypeKind::ScalarTypeType:
    case TypeKind::LayoutType:
    case TypeKind::MemoryFormatType:
      return value.isInt();
    case TypeKind::FloatType:
      return value.isDouble();
    case TypeKind::BoolType:
      return value.isBool();
    case TypeKind::StringType:
      return value.isString();
    case TypeKind::DeviceObjType:
      return value.isDevice();
    case TypeKind::ListType: {
      if (!value.isList()) return false;
      const c10::Type& element = *type.expectRef<c10::ListType>().getElementType();
      for (const IValue& item : value.toList()) {
        if (!fits_value(item, element)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

// What a run finds out: LibTorch looks at these when it is called.
bool fits_slot(const c10::Type& type) {
  switch (type.kind()) {
    case TypeKind::OptionalType:
      return fits_slot(*type.expectRef<c10::OptionalType>().getElementType());
    case TypeKind::TensorType:
    case TypeKind::NumberType:
    case TypeKind::IntType:
    case TypeKind::SymIntType:
    case TypeKind::FloatType:
    case TypeKind::BoolType:
      return true;
    default:
      return false;
  }
}

bool fits_list(ListOf list_of, const c10::Type& element) {
  const c10::Type& inner = *without_optional(&element);
  switch (list_of) {
    case ListOf::tensors:
      return element.kind() == TypeKind::TensorType;
    case ListOf::optional_tensors:
      return element.kind() == TypeKind::OptionalType && inner.kind() == TypeKind::TensorType;
    case ListOf::ints:
      return inner.kind() == TypeKind::IntType || inner.kind() == TypeKind::SymIntType;
    case ListOf::floats:
      return inner.kind() == TypeKind::FloatType;
    case ListOf::scalars:
      return inner.kind() == TypeKind::NumberType;
    default:
      return inner.kind() == TypeKind::BoolType;
  }
}

}  // namespace

bool fits(const Arg& arg, const c10::Type& type) {
  if (arg.kind == Arg::Kind::slot) return fits_slot(type);
  if (arg.kind == Arg::Kind::fixed) return fits_value(arg.value, type);
  const c10::Type& list = *without_optional(&type);
  if (list.kind() != TypeKind::ListType) return false;
  const c10::Type& element = *list.expectRef<c10::ListType>().getElementType();
  return fits_list(arg.list_of, element) && std::all_of(arg.items.begin(), arg.items.end(),
                                                        [&](const Arg& item) { return fits(item, element); });
}

Arg fixed_or_list(std::vector<Arg> items, ListOf list_of) {
  for (const Arg& item : items) {
    if (item.kind != Arg::Kind::fixed) return list_arg(std::move(items), list_of);
  }
  switch (list_of) {
    case ListOf::ints: {
      c10::List<int64_t> list;
      for (const Arg& item : items) list.push_back(item.value.toInt());
      return Arg::of(list);
    }
    case ListOf::floats: {
      c10::List<double> list;
      for (const Arg& item : items) {
        list.push_back(item.value.isInt() ? static_cast<double>(item.value.toInt()) : item.value.toDouble());
      }
      return Arg::of(list);
    }
    case ListOf::scalars: {
      c10::impl::GenericList list(c10::NumberType::get());
      for (const Arg& item : items) list.push_back(item.value);
      return Arg::of(list);
    }
    case ListOf::bools: {
      c10::List<bool> list;
      for (const Arg& item : items) list.push_back(item.value.toBool());
      return Arg::of(list);
    }
    default:
      // Tensors that are fixed are weights. A list of them is made anew, for an operator may keep it.
      return list_arg(std::move(items), list_of);
  }
}

Arg ArgumentReader::read(const Json& argument, const c10::Type* declared) const {
  const auto& [tag, value] = argument.only("an argument");
  const c10::Type* type = without_optional(declared);
  const c10::Type* element = without_optional(element_of(type));

  const auto name_of = [](const Json& json) -> const std::string& {
    return json.at("name").text("the name of a value");
  };
  const auto slot = [&](const std::string& name) {
    Arg arg = named(name);
    if (arg.kind == Arg::Kind::fixed) arg.value = number_for(arg.value, type);
    return arg;
  };
  // {"as_name": "s0"} or {"as_int": 3}
  const auto symbolic = [&](const Json& json, const c10::Type* wanted) {
    const auto& [kind, inner] = json.only("a symbolic number");
    if (kind == "as_name") {
      Arg arg = named(inner.text("the name of a number"));
      arg.change = change_for(wanted);
      return arg;
    }
    if (kind == "as_int") return Arg::of(number_for(IValue(inner.integer("a number")), wanted));
    if (kind == "as_float") return Arg::of(number_for(IValue(inner.number("a number")), wanted));
    if (kind == "as_bool") return Arg::of(number_for(IValue(inner.boolean("a bool")), wanted));
    unfit(kind, wanted);
  };
  const auto each = [&](ListOf list_of, auto&& item_of) {
    std::vector<Arg> items;
    for (const Json& item : value.array("a list of arguments")) items.push_back(item_of(item));
    return fixed_or_list(std::move(items), list_of);
  };
  const ListOf tensors_of = is_optional(element_of(type)) ? ListOf::optional_tensors : ListOf::tensors;
  const bool is_scalar = element != nullptr && element->kind() == TypeKind::NumberType;
  const ListOf numbers_of = is_scalar ? ListOf::scalars : is_float(element) ? ListOf::floats : ListOf::ints;
  const ListOf floats_of = is_scalar ? ListOf::scalars : ListOf::floats;
  // A schema such as int[2] takes one number for all of them.
  const auto one_for_list = [&](const IValue& number) {
    if (element == nullptr) return Arg::of(number_for(number, type));
    return fixed_or_list({Arg::of(number_for(number, element))}, numbers_of);
  };

  if (tag == "as_none") return Arg::of(IValue());
  if (tag == "as_tensor") return slot(name_of(value));
  if (tag == "as_optional_tensor") {
    const auto& [kind, inner] = value.only("an optional tensor");
    return kind == "as_none" ? Arg::of(IValue()) : slot(name_of(inner));
  }
  if (tag == "as_tensors") return each(tensors_of, [&](const Json& item) { return named(name_of(item)); });
  if (tag == "as_optional_tensors") {
    return each(ListOf::optional_tensors, [&](const Json& item) {
      const auto& [kind, inner] = item.only("an optional tensor");
      return kind == "as_none" ? Arg::of(IValue()) : named(name_of(inner));
    });
  }
  if (tag == "as_int") return one_for_list(IValue(value.integer("an int")));
  if (tag == "as_float") return one_for_list(IValue(value.number("a float")));
  if (tag == "as_bool") return Arg::of(number_for(IValue(value.boolean("a bool")), type));
  if (tag == "as_string") return Arg::of(IValue(value.text("a string")));
  if (tag == "as_ints") {
    return each(numbers_of, [&](const Json& item) {
      return Arg::of(number_for(IValue(item.integer("an int")), element));
    });
  }
  if (tag == "as_floats") {
    return each(floats_of, [](const Json& item) { return Arg::of(IValue(item.number("a float"))); });
  }
  if (tag == "as_bools") {
    return each(ListOf::bools, [](const Json& item) { return Arg::of(IValue(item.boolean("a bool"))); });
  }
  if (tag == "as_sym_int" || tag == "as_sym_float" || tag == "as_sym_bool") {
    if (element == nullptr) return symbolic(value, type);
    return fixed_or_list({symbolic(value, element)}, numbers_of);
  }
  if (tag == "as_sym_ints") {
    return each(numbers_of, [&](const Json& item) { return symbolic(item, element); });
  }
  if (tag == "as_sym_floats") {
    return each(floats_of, [&](const Json& item) { return symbolic(item, element); });
  }
  if (tag == "as_sym_bools") {
    return each(ListOf::bools, [&](const Json& item) { return symbolic(item, element); });
  }
  if (tag == "as_scalar_type") {
    return Arg::of(IValue(static_cast<int64_t>(scalar_type_of_schema(value.integer("a dtype")))));
  }
  if (tag == "as_layout") {
    return Arg::of(IValue(static_cast<int64_t>(layout_of_schema(value.integer("a layout")))));
  }
  if (tag == "as_memory_format") {
    return Arg::of(IValue(static_cast<int64_t>(memory_format_of_schema(value.integer("a memory format")))));
  }
  // Wherever the model was exported: it runs on one device, which its weights are on.
  if (tag == "as_device") return Arg::of(IValue(device));
  if (tag == "as_complex") {
    return Arg::of(IValue(
        c10::complex<double>(value.at("real").number("a number"), value.at("imag").number("a number"))));
  }
  unfit(tag, type);
}

}  // namespace node_libtorch::engine
