// Work that may take longer than the JavaScript thread has time, and is no model's.
#pragma once

#include <functional>

#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// Runs `work` on a thread of libuv's pool: for what is rare and short. Settles `id` with what it returns or
// throws.
void background(napi_env env, double id, std::function<engine::Value()> work);

}  // namespace node_libtorch::binding
