// What the loaded LibTorch says of itself.
#pragma once

#include "engine/value.h"

namespace node_libtorch::engine {

// {torchVersion (compiled against), cpuCapability, bfloat16, mkl, onednn, openmp, devices, operatorLibraries}
Dict runtime_info();

// TorchScript's print() would write to the process's stdout; from here on it goes to stderr, one escaped line
// a call.
void redirect_model_output();

}  // namespace node_libtorch::engine
