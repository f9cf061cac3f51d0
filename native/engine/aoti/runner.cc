#include "engine/aoti/runner.h"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <mutex>
#include <set>

#include "engine/aoti/text.h"

namespace node_libtorch::engine {
namespace {

std::mutex& construction() {
  static auto* mutex = new std::mutex;  // outlives static destruction: a worker may still be in it
  return *mutex;
}

}  // namespace

struct AotiRunner::State {
  State(const CompiledPackage& package, size_t instances, int device_index)
      : loader(package.path, package.model, /*run_single_threaded=*/false, instances,
               static_cast<c10::DeviceIndex>(device_index)) {}
  torch::inductor::AOTIModelPackageLoader loader;
};

AotiRunner::AotiRunner(const CompiledPackage& package, size_t instances, int device_index) {
  const std::lock_guard lock(construction());
  without_paths("ERR_MODEL_LOAD",
                [&] { state_ = std::make_unique<State>(package, instances, device_index); });
}

AotiRunner::~AotiRunner() {
  const std::lock_guard lock(construction());
  state_.reset();
}

std::vector<at::Tensor> AotiRunner::run(const std::vector<at::Tensor>& inputs) const {
  std::vector<at::Tensor> outputs;
  without_paths("ERR_MODEL_EXECUTION", [&] { outputs = state_->loader.run(inputs); });
  return outputs;
}

std::vector<std::string> AotiRunner::call_spec() const { return state_->loader.get_call_spec(); }

int64_t AotiRunner::constant_bytes() const {
  std::set<const void*> seen;
  int64_t bytes = 0;
  for (const auto& [name, tensor] :
       state_->loader.get_runner()->extract_constants_map(/*use_inactive=*/false)) {
    if (tensor.defined() && seen.insert(tensor.const_data_ptr()).second) {
      bytes += static_cast<int64_t>(tensor.nbytes());
    }
  }
  return bytes;
}

}  // namespace node_libtorch::engine
