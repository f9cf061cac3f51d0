// A compiled package (.pt2) behind the interface of every engine.
#pragma once

#include <memory>

#include "engine/model.h"

namespace node_libtorch::engine {

// `request.package` must be there. Throws; the caller translates with current_error("ERR_MODEL_LOAD").
std::unique_ptr<Model> load_compiled(const LoadRequest& request);

}  // namespace node_libtorch::engine
