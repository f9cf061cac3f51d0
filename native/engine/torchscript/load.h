// Bringing a TorchScript module up: bytes to an optimized module, in the only order that is right.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "engine/ivalue_codec.h"
#include "engine/model.h"

namespace node_libtorch::engine {

struct LoadedModule {
  torch::jit::Module module;
  TensorPlacement placement;
  ModelInfo info;
};

// Load onto the chosen device, eval, convert, freeze, optimize. Must run under InferenceMode: a module that
// was run once in gradient mode throws under InferenceMode for ever after.
LoadedModule load_module(const LoadRequest& request, const DeviceChoice& choice);

}  // namespace node_libtorch::engine
