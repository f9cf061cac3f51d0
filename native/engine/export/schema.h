// Numbers that the schema of torch.export has for dtypes, layouts and memory formats
// (torch/_export/serde/schema.py), and versions of it.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/export/json.h"

namespace node_libtorch::engine {

// Of schema.py. The major one changes when older readers misunderstand a file.
inline constexpr int64_t kSchemaMajor = 8;

// Throws ERR_MODEL_FORMAT for what the schema does not have.
at::ScalarType scalar_type_of_schema(int64_t number);
at::Layout layout_of_schema(int64_t number);
at::MemoryFormat memory_format_of_schema(int64_t number);

// A tensor as the file describes it. Sizes that depend on symbols are not known then.
struct TensorMeta {
  at::ScalarType dtype = at::kFloat;
  std::vector<std::optional<int64_t>> sizes;
  // Expressions of those that are not fixed, by dimension; empty for fixed ones.
  std::vector<std::string> expressions;
  std::vector<std::optional<int64_t>> strides;
  std::optional<int64_t> offset;
  at::Layout layout = at::kStrided;
  bool requires_grad = false;
};

TensorMeta read_tensor_meta(const Json& meta);

}  // namespace node_libtorch::engine
