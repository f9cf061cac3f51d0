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
  // Constants of the graphs that runs write to, which a copy of the module shares.
  std::vector<c10::IValue> written_constants;
};

// Load onto the chosen device, eval, convert, look for state, freeze, optimize. Must run under InferenceMode:
// a module that was run once in gradient mode throws under InferenceMode for ever after. Only a model that
// takes gradients is loaded, and must be run, outside it.
LoadedModule load_module(const LoadRequest& request, const DeviceChoice& choice);

}  // namespace node_libtorch::engine
