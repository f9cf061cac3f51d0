#include "binding/value_codec.h"

#include <cmath>
#include <cstdint>

#include "binding/status.h"
#include "binding/tensor_codec.h"
#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

using engine::Dict;
using engine::EngineError;
using engine::List;
using engine::Value;

[[noreturn]] void invalid(const std::string& wanted, const std::string& where) {
  throw EngineError("ERR_INVALID_INPUT", "Expected " + wanted + " for " + where);
}

Value decode_at(napi_env env, napi_value value, const std::string& where, size_t depth);

List decode_items(napi_env env, napi_value array, const std::string& where, size_t depth) {
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length));
  List list;
  list.reserve(length);
  for (uint32_t i = 0; i < length; ++i) {
    const HandleScope scope(env);
    napi_value item = nullptr;
    check(napi_get_element(env, array, i, &item));
    list.push_back(decode_at(env, item, where, depth));
  }
  return list;
}

bool is_array(napi_env env, napi_value value) {
  bool answer = false;
  check(napi_is_array(env, value, &answer));
  return answer;
}

Value decode_object(napi_env env, napi_value value, const std::string& where, size_t depth) {
  if (is_array(env, value)) return {decode_items(env, value, where, depth + 1)};
  napi_value keys = nullptr;
  check(napi_get_named_property(env, value, "keys", &keys));
  if (!is_array(env, keys)) return {decode_tensor(env, value, where)};
  napi_value values = nullptr;
  check(napi_get_named_property(env, value, "values", &values));
  if (!is_array(env, values)) invalid("an array of values", where);
  Dict dict{decode_items(env, keys, where, depth + 1), decode_items(env, values, where, depth + 1)};
  if (dict.keys.size() != dict.values.size()) invalid("as many keys as values", where);
  return {std::move(dict)};
}

Value decode_bigint(napi_env env, napi_value value, const std::string& where) {
  int64_t integer = 0;
  bool lossless = false;
  check(napi_get_value_bigint_int64(env, value, &integer, &lossless));
  if (!lossless) throw EngineError("ERR_OUT_OF_RANGE", "Expected an integer of 64 bits for " + where);
  return {integer};
}

Value decode_at(napi_env env, napi_value value, const std::string& where, size_t depth) {
  if (depth > engine::kMaxDepth)
    invalid("at most " + std::to_string(engine::kMaxDepth) + " levels of nesting", where);
  napi_valuetype type = napi_undefined;
  check(napi_typeof(env, value, &type));
  switch (type) {
    case napi_null:
      return {};
    case napi_boolean: {
      bool flag = false;
      check(napi_get_value_bool(env, value, &flag));
      return {flag};
    }
    case napi_number:
      return {decode_number(env, value, where)};
    case napi_bigint:
      return decode_bigint(env, value, where);
    case napi_string:
      return {decode_text(env, value, where)};
    case napi_object:
      return decode_object(env, value, where, depth);
    default:
      invalid("a tensor, number, bigint, boolean, string, null, array or object", where);
  }
}

napi_value encode_int(napi_env env, int64_t integer) {
  napi_value result = nullptr;
  if (integer >= -kMaxSafeInteger && integer <= kMaxSafeInteger) {
    check(napi_create_int64(env, integer, &result));
  } else {
    check(napi_create_bigint_int64(env, integer, &result));
  }
  return result;
}

napi_value encode_list(napi_env env, List list) {
  napi_value array = nullptr;
  check(napi_create_array_with_length(env, list.size(), &array));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const HandleScope scope(env);
    check(napi_set_element(env, array, i, encode(env, std::move(list[i]))));
  }
  return array;
}

napi_value encode_dict(napi_env env, Dict dict) {
  napi_value object = nullptr;
  check(napi_create_object(env, &object));
  check(napi_set_named_property(env, object, "keys", encode_list(env, std::move(dict.keys))));
  check(napi_set_named_property(env, object, "values", encode_list(env, std::move(dict.values))));
  return object;
}

struct Encode {
  napi_env env;

  napi_value operator()(std::monostate) const {
    napi_value result = nullptr;
    check(napi_get_null(env, &result));
    return result;
  }
  napi_value operator()(bool flag) const {
    napi_value result = nullptr;
    check(napi_get_boolean(env, flag, &result));
    return result;
  }
  napi_value operator()(int64_t integer) const { return encode_int(env, integer); }
  napi_value operator()(double number) const {
    napi_value result = nullptr;
    check(napi_create_double(env, number, &result));
    return result;
  }
  napi_value operator()(const std::string& text) const { return encode_text(env, text); }
  napi_value operator()(engine::TensorValue& tensor) const { return encode_tensor(env, std::move(tensor)); }
  napi_value operator()(List& list) const { return encode_list(env, std::move(list)); }
  napi_value operator()(Dict& dict) const { return encode_dict(env, std::move(dict)); }
};

}  // namespace

Value decode(napi_env env, napi_value value, const std::string& where) {
  return decode_at(env, value, where, 0);
}

List decode_list(napi_env env, napi_value array, const std::string& where) {
  if (!is_array(env, array)) invalid("an array", where);
  return decode_items(env, array, where, 0);
}

std::vector<std::optional<Value>> decode_arguments(napi_env env, napi_value array) {
  if (!is_array(env, array)) invalid("an array", "the arguments");
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length));
  std::vector<std::optional<Value>> arguments(length);
  for (uint32_t i = 0; i < length; ++i) {
    const HandleScope scope(env);
    napi_value item = nullptr;
    check(napi_get_element(env, array, i, &item));
    napi_valuetype type = napi_undefined;
    check(napi_typeof(env, item, &type));
    if (type != napi_undefined) arguments[i] = decode_at(env, item, "argument " + std::to_string(i), 0);
  }
  return arguments;
}

napi_value encode(napi_env env, Value value) { return std::visit(Encode{env}, value.data); }

napi_value member(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check(napi_get_named_property(env, object, name, &value));
  return value;
}

napi_value encode_text(napi_env env, const std::string& text) {
  napi_value result = nullptr;
  check(napi_create_string_utf8(env, text.data(), text.size(), &result));
  return result;
}

std::string decode_text(napi_env env, napi_value value, const std::string& where) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) invalid("a string", where);
  std::string text(length, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

double decode_number(napi_env env, napi_value value, const std::string& where) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) invalid("a number", where);
  return number;
}

bool decode_flag(napi_env env, napi_value value, const std::string& where) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) invalid("a boolean", where);
  return flag;
}

double id_of(napi_env env, napi_value value) {
  return static_cast<double>(decode_count(env, value, "id", 0, kMaxSafeInteger));
}

int64_t decode_count(napi_env env, napi_value value, const std::string& where, int64_t min, int64_t max) {
  const double number = decode_number(env, value, where);
  if (number >= static_cast<double>(min) && number <= static_cast<double>(max) &&
      number == std::trunc(number)) {
    return static_cast<int64_t>(number);
  }
  throw EngineError("ERR_INVALID_ARGUMENT", "Expected an integer from " + std::to_string(min) + " to " +
                                                std::to_string(max) + " for " + where);
}

}  // namespace node_libtorch::binding
