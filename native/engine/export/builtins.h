// What a graph calls that is no operator of the dispatcher: Python's arithmetic on sizes, and assertions.
#pragma once

#include <string_view>
#include <vector>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

// By the file's name for it, as _operator.mul; null for what there is none of.
Builtin find_builtin(std::string_view target);

}  // namespace node_libtorch::engine
