#include "loader/values.h"

#include <stdexcept>

#include "loader/system.h"

namespace node_libtorch::loader {

void check(napi_status status) {
  if (status != napi_ok) throw std::runtime_error("loader: a Node-API call failed");
}

napi_value text(napi_env env, const std::string& value) {
  napi_value result = nullptr;
  check(napi_create_string_utf8(env, value.c_str(), value.size(), &result));
  return result;
}

namespace {

std::string read_string(napi_env env, napi_value value) {
  size_t length = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

napi_value element(napi_env env, napi_value array, uint32_t index) {
  napi_value value = nullptr;
  check(napi_get_element(env, array, index, &value));
  return value;
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check(napi_get_named_property(env, object, name, &value));
  return value;
}

std::string read_path(napi_env env, napi_value value) {
  std::string path = read_string(env, value);
  // A bare name would be searched for along the system's paths and could be any file.
  if (!is_absolute(path)) throw std::runtime_error("loader: expected absolute paths of libraries");
  return path;
}

std::vector<std::string> read_paths(napi_env env, napi_value array) {
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length));
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < length; i++) paths.push_back(read_path(env, element(env, array, i)));
  return paths;
}

}  // namespace

Request read_request(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  check(napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr));
  Request request;
  const napi_value variables = property(env, argument, "env");
  napi_value names = nullptr;
  uint32_t length = 0;
  check(napi_get_property_names(env, variables, &names));
  check(napi_get_array_length(env, names, &length));
  for (uint32_t i = 0; i < length; i++) {
    const std::string name = read_string(env, element(env, names, i));
    request.env.emplace_back(name, read_string(env, property(env, variables, name.c_str())));
  }
  request.libraries = read_paths(env, property(env, argument, "libraries"));
  request.optional = read_paths(env, property(env, argument, "optional"));
  const napi_value stub = property(env, argument, "stub");
  napi_valuetype type = napi_undefined;
  check(napi_typeof(env, stub, &type));
  if (type == napi_string) request.stub = read_path(env, stub);
  request.description = read_string(env, property(env, argument, "description"));
  return request;
}

napi_value load_error(napi_env env, const Outcome& outcome) {
  napi_value error = nullptr;
  napi_value stuck = nullptr;
  check(napi_create_error(env, text(env, "ERR_LIBTORCH_LOAD"), text(env, outcome.failure->message), &error));
  check(napi_get_boolean(env, outcome.stuck, &stuck));
  check(napi_set_named_property(env, error, "file", text(env, outcome.failure->file)));
  check(napi_set_named_property(env, error, "stuck", stuck));
  return error;
}

napi_value loaded_object(napi_env env, const Loaded& loaded) {
  napi_value object = nullptr;
  check(napi_create_object(env, &object));
  check(napi_set_named_property(env, object, "description", text(env, loaded.description)));
  if (loaded.optional_failure) {
    const auto& [file, message] = *loaded.optional_failure;
    check(napi_set_named_property(env, object, "optionalFailure", text(env, file + ": " + message)));
  }
  return object;
}

napi_value rethrow(napi_env env, const std::exception& error) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "ERR_INVALID_ARGUMENT", error.what());
  return nullptr;
}

}  // namespace node_libtorch::loader
