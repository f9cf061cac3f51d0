// The constants that a package's library does not hold itself.
#pragma once

#include <c10/core/Device.h>

#include "engine/aoti/runner.h"

namespace node_libtorch::engine {

// Gives the code the constants that lie beside its library. It reads every constant without a look whether it
// is there, so this comes before the first run.
// Throws ERR_MODEL_FORMAT, with their names, where any is still missing or is not what the code was compiled
// for.
void complete_constants(AotiRunner& runner, const CompiledPackage& package, const c10::Device& device);

}  // namespace node_libtorch::engine
