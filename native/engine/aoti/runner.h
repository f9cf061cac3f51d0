// LibTorch's loader of packages behind a few plain functions: its headers, which promise no stability, are
// included by one file.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/aoti/compiled_package.h"

namespace node_libtorch::engine {

// One package in memory: `instances` runs at once share its constants. Opening and closing are serialised
// over the whole process: LibTorch 2.15 parses every package's metadata into one static object.
class AotiRunner {
 public:
  AotiRunner(const CompiledPackage& package, size_t instances, int device_index);
  ~AotiRunner();
  AotiRunner(const AotiRunner&) = delete;
  AotiRunner& operator=(const AotiRunner&) = delete;

  // Safe on as many threads as there are instances; more wait. The inputs must have been checked.
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const;
  // The pytrees of inputs and outputs, as JSON.
  std::vector<std::string> call_spec() const;
  int64_t constant_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace node_libtorch::engine
