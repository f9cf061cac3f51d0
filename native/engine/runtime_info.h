// What the loaded LibTorch says of itself, and its random numbers.
#pragma once

#include <cstdint>

#include "engine/value.h"

namespace node_libtorch::engine {

// {torchVersion (compiled against), cpuCapability, bfloat16, mkl, onednn, openmp, devices, operatorLibraries}
Dict runtime_info();

// Seeds every generator that models draw from unless they have one of their own, on the CPU and on every
// device. Waits for a run that is drawing numbers.
void manual_seed(uint64_t seed);

}  // namespace node_libtorch::engine
