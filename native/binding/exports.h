// The functions that JavaScript sees; src/addon/addon.ts declares them.
#pragma once

#include "napi_config.h"

namespace node_libtorch::binding {

void export_model_functions(Napi::Env env, Napi::Object exports);
void export_lock_functions(Napi::Env env, Napi::Object exports);
void export_runtime_functions(Napi::Env env, Napi::Object exports);

}  // namespace node_libtorch::binding
