// A file of torch.export.save behind the interface of every engine.
#pragma once

#include <memory>

#include "engine/model.h"

namespace node_libtorch::engine {

// `request.program` must be there. Throws; the caller translates with current_error("ERR_MODEL_LOAD").
std::unique_ptr<Model> load_exported(const LoadRequest& request);

}  // namespace node_libtorch::engine
