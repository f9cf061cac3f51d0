// Tensors as flat arguments: what they are stands in one Float64Array, so that no object is taken apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "binding/channel.h"
#include "binding/guard.h"
#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// Reads [count, then of each tensor: dtype by the order of dtypes(), rank, dimensions...] from `numbers`; the
// elements are the arguments of the call from `first` on. Throws EngineError (ERR_INVALID_ARGUMENT,
// ERR_INVALID_DTYPE, ERR_INVALID_SHAPE) or NapiFailure.
std::vector<std::optional<engine::Value>> decode_flat(const Napi::CallbackInfo& info, napi_value numbers,
                                                      size_t first);

// Writes a result that is one tensor into `bytes`, and [runMs, heldMs, dtype, rank, dimensions...] into
// `numbers`. False, and nothing is written, where it is something else or there is no room.
bool encode_flat(napi_env env, const Settlement& settlement, napi_value numbers, napi_value bytes);

}  // namespace node_libtorch::binding
