// Values to and from LibTorch's IValue, led by a method's schema.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <optional>
#include <string>

#include "engine/value.h"

namespace node_libtorch::engine {

struct TensorPlacement {
  c10::Device device = c10::kCPU;
  // Floating-point inputs are converted to this; left alone when empty.
  std::optional<at::ScalarType> input_dtype;
  // Floating-point outputs are converted to this; left alone when empty.
  std::optional<at::ScalarType> output_dtype;
};

// `where` names the argument in messages. Takes the tensors' memory over without a copy on the CPU.
// Throws ERR_INVALID_INPUT when the value does not fit the type, ERR_UNSUPPORTED_TYPE for types that no value
// can have.
c10::IValue to_ivalue(const Value& value, const c10::TypePtr& type, const std::string& where,
                      const TensorPlacement& placement);

// Outputs own their memory: what the model or another output shares is copied.
// Throws ERR_BAD_OUTPUT for sparse, quantized and complex tensors and for objects.
Value from_ivalue(c10::IValue value, const TensorPlacement& placement);

}  // namespace node_libtorch::engine
