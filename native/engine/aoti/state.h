// Whether a compiled package changes its constants when it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/aoti/runner.h"

namespace node_libtorch::engine {

using OpenRunner = std::function<std::unique_ptr<AotiRunner>()>;

// Why the package counts as stateful; empty where it keeps none. Where neither its metadata nor its source
// says, a second copy of it (from `open`) runs on made-up inputs and its constants are compared before and
// after.
std::string state_of(const AotiRunner& opened, const CompiledPackage& package, const c10::Device& device,
                     const OpenRunner& open);

}  // namespace node_libtorch::engine
