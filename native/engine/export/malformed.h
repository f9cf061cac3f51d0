#pragma once

#include <string>

#include "engine/error.h"

namespace node_libtorch::engine {

// The file does not say what every exported program says. Throws ERR_MODEL_FORMAT.
[[noreturn]] inline void malformed(const std::string& wanted) {
  throw EngineError("ERR_MODEL_FORMAT", "Expected " + wanted + " in the exported program; save it again");
}

}  // namespace node_libtorch::engine
