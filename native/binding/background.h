// Work that belongs to no model and may take long.
#pragma once

#include <functional>

#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// Runs `work` on the environment's own thread for such work, one after the other; never on libuv's pool,
// whose four threads serve the files and names of the whole process. Settles `id` with what it returns or
// throws.
void background(napi_env env, double id, std::function<engine::Value()> work);

}  // namespace node_libtorch::binding
