// Parameters, buffers and constants of an exported program: tensors over the file's own bytes.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/export/package.h"

namespace node_libtorch::engine {

struct FileBytes {
  std::shared_ptr<void> owner;
  const uint8_t* data = nullptr;
  size_t size = 0;

  std::string_view text(const Part& part) const {
    return {reinterpret_cast<const char*>(data) + part.offset, part.size};
  }
};

// By the name that the signature has for them. What lies well in the file is not copied: nothing may write to
// it. Throws ERR_MODEL_FORMAT for pickles, and for tensors that are not within their part.
std::unordered_map<std::string, at::Tensor> read_weights(const ExportedPackage& package,
                                                         const FileBytes& file);

void to_device(std::unordered_map<std::string, at::Tensor>& tensors, const c10::Device& device);

// Gives these, and all that share their memory, memory of their own, which a program may write to.
void own_storage(std::unordered_map<std::string, at::Tensor>& tensors, const std::vector<std::string>& names);

}  // namespace node_libtorch::engine
