// Where the parts of a file of torch.export.save lie in its bytes, as src/engines/export says after it has
// checked the archive's directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/value.h"

namespace node_libtorch::engine {

struct Part {
  size_t offset = 0;
  size_t size = 0;
};

struct ExportedPackage {
  Part json;                      // models/<model>.json
  std::optional<Part> weights;    // data/weights/<model>_weights_config.json
  std::optional<Part> constants;  // data/constants/<model>_constants_config.json
  // By path below the archive's root, as data/weights/weight_0.
  std::unordered_map<std::string, Part> files;
  // Of native/engine/export/passes: what is not done whatever optimize says. For tests.
  std::vector<std::string> passes_left_out;
};

// Throws ERR_INVALID_ARGUMENT for a part that is not within `size` bytes.
ExportedPackage read_exported_package(const Value& value, size_t size);

}  // namespace node_libtorch::engine
