// What a TorchScript module tells of itself: its methods' schemas and its size.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "engine/model.h"

namespace node_libtorch::engine {

// Exported methods by name, without (de)serialisation hooks.
std::vector<std::string> exported_methods(const torch::jit::Module& module);

MethodInfo describe_method(const torch::jit::Method& method);

// Bytes of parameters and buffers, shared storage counted once.
int64_t parameter_bytes(const torch::jit::Module& module);

}  // namespace node_libtorch::engine
