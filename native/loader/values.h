#pragma once

#include <node_api.h>

#include <exception>
#include <string>

#include "loader/libraries.h"

namespace node_libtorch::loader {

// Throws on any status but napi_ok.
void check(napi_status status);

napi_value text(napi_env env, const std::string& value);

// The one argument of a call: { env: { NAME: value }, libraries: [path], optional: [path], stub?: path,
// description }
Request read_request(napi_env env, napi_callback_info info);

// An Error with code, file and stuck.
napi_value load_error(napi_env env, const Outcome& outcome);

// { description, optionalFailure? }
napi_value loaded_object(napi_env env, const Loaded& loaded);

// For a catch block: a C++ exception must not cross into Node; a pending JavaScript one stays what it is.
napi_value rethrow(napi_env env, const std::exception& error);

}  // namespace node_libtorch::loader
