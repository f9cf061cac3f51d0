// Turns what a function throws into a JavaScript error with a code.
#pragma once

#include "binding/status.h"
#include "engine/error.h"
#include "napi_config.h"

namespace node_libtorch::binding {

template <typename Function>
Napi::Value guarded(const Napi::CallbackInfo& info, Function&& function) {
  const auto raise = [&](const engine::EngineError& error) {
    Napi::Error javascript = Napi::Error::New(info.Env(), error.message());
    javascript.Set("code", Napi::String::New(info.Env(), error.code()));
    throw javascript;
  };
  try {
    return function();
  } catch (const NapiFailure& failure) {
    if (info.Env().IsExceptionPending()) throw info.Env().GetAndClearPendingException();
    raise({"ERR_INTERNAL", "Node-API refused a call with status " + std::to_string(failure.status)});
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    raise(engine::current_error("ERR_INTERNAL"));
  }
  return info.Env().Undefined();
}

// The arguments of a call; a missing one is undefined.
inline napi_value argument(const Napi::CallbackInfo& info, size_t index) { return info[index]; }

}  // namespace node_libtorch::binding
