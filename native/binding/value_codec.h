// Values between JavaScript and the engine. The wire form is src/addon/addon.ts's NativeValue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// JavaScript to engine; tensors are copied here, once. `where` names the value in messages.
// Throws EngineError (ERR_INVALID_INPUT, ERR_INVALID_SHAPE, ERR_INVALID_DTYPE, ERR_OUT_OF_RANGE) or
// NapiFailure.
engine::Value decode(napi_env env, napi_value value, const std::string& where);

// An array of values.
engine::List decode_list(napi_env env, napi_value array, const std::string& where);

// An array of arguments by position; undefined is an absent one.
std::vector<std::optional<engine::Value>> decode_arguments(napi_env env, napi_value array);

// Engine to JavaScript. Large tensors are handed over without a copy where the runtime allows it. Throws
// NapiFailure.
napi_value encode(napi_env env, engine::Value value);

napi_value encode_text(napi_env env, const std::string& text);
std::string decode_text(napi_env env, napi_value value, const std::string& where);
double decode_number(napi_env env, napi_value value, const std::string& where);
bool decode_flag(napi_env env, napi_value value, const std::string& where);
// An integer from `min` to `max`, ERR_INVALID_ARGUMENT otherwise: what is no such number must not be cast to
// one.
int64_t decode_count(napi_env env, napi_value value, const std::string& where, int64_t min, int64_t max);

// Of an operation, as JavaScript gives them out.
double id_of(napi_env env, napi_value value);

// A property of an object, undefined where it has none.
napi_value member(napi_env env, napi_value object, const char* name);

inline constexpr int64_t kMaxSafeInteger = 9007199254740991;

}  // namespace node_libtorch::binding
