// LibTorch's loader of packages behind a few plain functions: its headers, which promise no stability, are
// included by one file.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/aoti/compiled_package.h"

namespace node_libtorch::engine {

// A parameter, buffer or other tensor that the compiled code reads, and perhaps writes.
struct Constant {
  std::string name;           // as the code calls it
  std::string original_name;  // as the module's state calls it
  c10::ScalarType dtype;
  size_t bytes = 0;     // of its memory; on a CPU rounded up to a multiple of 64
  bool folded = false;  // computed out of others at the first run
  at::Tensor tensor;    // undefined where the library does not hold it
};

// One package in memory: `instances` runs at once share its constants. Opening and closing are serialised
// over the whole process: LibTorch 2.15 parses every package's metadata into one static object.
class AotiRunner {
 public:
  AotiRunner(const CompiledPackage& package, size_t instances, int device_index);
  ~AotiRunner();
  AotiRunner(const AotiRunner&) = delete;
  AotiRunner& operator=(const AotiRunner&) = delete;

  // Safe on as many threads as there are instances; more wait. The inputs must have been checked, and no
  // constant may be undefined: the code does not look. An output may be undefined: the model's None.
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const;
  // The pytrees of inputs and outputs, as JSON.
  std::vector<std::string> call_spec() const;
  std::vector<Constant> constants() const;
  // By the code's names. Shares their memory.
  void give_constants(std::unordered_map<std::string, at::Tensor> tensors);
  // All of them, from a file of as many bytes. Throws ERR_MODEL_FORMAT where the code wants another number:
  // it would read beyond the file's end.
  void give_blob(const std::string& path, size_t bytes);
  int64_t constant_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace node_libtorch::engine
