// Tensors between JavaScript ({dtype, shape, data}) and the engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// Checks dtype against the typed array's kind and shape against its byte length, then copies, unless the
// memory is allocateBytes' own: the caller then leaves it alone until the run has ended.
engine::TensorValue decode_tensor(napi_env env, napi_value object, const std::string& where);

// The same of a tensor whose dtype and shape are known; the array is looked at and copied.
engine::TensorValue tensor_over(napi_env env, engine::DType dtype, std::vector<int64_t> shape,
                                napi_value array, const std::string& where);

inline constexpr uint32_t kMaxRank = 32;

napi_value encode_tensor(napi_env env, engine::TensorValue tensor);

// An ArrayBuffer over memory that `owner` keeps alive; a copy of it where the runtime refuses external
// buffers.
napi_value external_array_buffer(napi_env env, std::shared_ptr<void> owner, void* data, size_t bytes);

}  // namespace node_libtorch::binding
