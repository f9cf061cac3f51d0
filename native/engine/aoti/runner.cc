#include "engine/aoti/runner.h"

#include <ATen/DynamicLibrary.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/inductor/aoti_runtime/interface.h>

#include <mutex>
#include <set>

#include "engine/aoti/text.h"
#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

std::mutex& construction() {
  static auto* mutex = new std::mutex;  // outlives static destruction: a worker may still be in it
  return *mutex;
}

using torch::inductor::AOTIModelContainerRunner;

struct Access : AOTIModelContainerRunner {  // never made: it reaches what is protected
  static AOTInductorModelContainerHandle handle(AOTIModelContainerRunner& runner) {
    return runner.*(&Access::container_handle_);
  }
  static at::DynamicLibrary& library(AOTIModelContainerRunner& runner) {
    return *(runner.*(&Access::model_so_));
  }
};

// The library's own functions, for what the runner does not pass on: which constants are folded, and their
// size.
class Library {
 public:
  explicit Library(AOTIModelContainerRunner& runner)
      : library_(Access::library(runner)), handle_(Access::handle(runner)) {
    at::DynamicLibrary& library = library_;
    find(library, "AOTInductorModelContainerGetNumConstants", count_);
    find(library, "AOTInductorModelContainerGetConstantName", name_);
    find(library, "AOTInductorModelContainerGetConstantOriginalFQN", original_name_);
    find(library, "AOTInductorModelContainerGetConstantFromFolded", folded_);
    find(library, "AOTInductorModelContainerGetConstantDtype", dtype_);
    find(library, "AOTInductorModelContainerGetConstantDataSize", bytes_);
  }

  uint64_t blob_bytes() const {
    decltype(&AOTInductorModelContainerGetConstantsBlobSize) ask = nullptr;
    find(library_, "AOTInductorModelContainerGetConstantsBlobSize", ask);
    uint64_t bytes = 0;
    check(ask(handle_, &bytes));
    return bytes;
  }

  std::vector<Constant> constants() const {
    size_t count = 0;
    check(count_(handle_, &count));
    std::vector<Constant> constants(count);
    for (size_t i = 0; i < count; ++i) {
      Constant& constant = constants[i];
      const char* name = "";
      const char* original_name = "";
      int32_t dtype = 0;
      check(name_(handle_, i, &name));
      check(original_name_(handle_, i, &original_name));
      check(folded_(handle_, i, &constant.folded));
      check(dtype_(handle_, i, &dtype));
      check(bytes_(handle_, i, &constant.bytes));
      constant.name = name;
      constant.original_name = original_name;
      constant.dtype = static_cast<c10::ScalarType>(dtype);
    }
    return constants;
  }

 private:
  template <typename Function>
  static void find(at::DynamicLibrary& library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(library.sym(name));
  }

  static void check(AOTIRuntimeError error) {
    if (error != 0)
      throw EngineError("ERR_MODEL_FORMAT",
                        "Expected the package's library to say which constants it needs, but it fails");
  }

  at::DynamicLibrary& library_;
  AOTInductorModelContainerHandle handle_;
  decltype(&AOTInductorModelContainerGetNumConstants) count_ = nullptr;
  decltype(&AOTInductorModelContainerGetConstantName) name_ = nullptr;
  decltype(&AOTInductorModelContainerGetConstantOriginalFQN) original_name_ = nullptr;
  decltype(&AOTInductorModelContainerGetConstantFromFolded) folded_ = nullptr;
  decltype(&AOTInductorModelContainerGetConstantDtype) dtype_ = nullptr;
  decltype(&AOTInductorModelContainerGetConstantDataSize) bytes_ = nullptr;
};

}  // namespace

struct AotiRunner::State {
  State(const CompiledPackage& package, size_t instances, int device_index)
      : loader(package.path, package.model, /*run_single_threaded=*/false, instances,
               static_cast<c10::DeviceIndex>(device_index)) {}
  torch::inductor::AOTIModelPackageLoader loader;
  std::unordered_map<std::string, at::Tensor> given;
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

std::vector<Constant> AotiRunner::constants() const {
  std::vector<Constant> constants;
  without_paths("ERR_MODEL_FORMAT", [&] {
    AOTIModelContainerRunner& runner = *state_->loader.get_runner();
    constants = Library(runner).constants();
    const auto defined = runner.extract_constants_map(/*use_inactive=*/false);
    for (Constant& constant : constants) {
      const auto found = defined.find(constant.original_name);
      if (found != defined.end() && !constant.folded) constant.tensor = found->second;
    }
  });
  return constants;
}

void AotiRunner::give_constants(std::unordered_map<std::string, at::Tensor> tensors) {
  without_paths("ERR_MODEL_FORMAT", [&] {
    state_->loader.get_runner()->update_constant_buffer(
        tensors, /*use_inactive=*/false, /*validate_full_updates=*/false, /*user_managed=*/true);
  });
  state_->given = std::move(tensors);
}

void AotiRunner::give_blob(const std::string& path, size_t bytes) {
  without_paths("ERR_MODEL_FORMAT", [&] {
    AOTIModelContainerRunner& runner = *state_->loader.get_runner();
    const uint64_t wanted = Library(runner).blob_bytes();
    if (wanted != bytes) {
      throw EngineError("ERR_MODEL_FORMAT", "Expected " + std::to_string(wanted) +
                                                " bytes in the package's file of constants but received " +
                                                std::to_string(bytes) + "; package both anew");
    }
    runner.update_constant_buffer_from_blob(path);
  });
}

int64_t AotiRunner::constant_bytes() const {
  std::set<const void*> seen;
  int64_t bytes = 0;
  for (const Constant& constant : constants()) {
    const at::Tensor& tensor = constant.tensor;
    if (!tensor.defined()) continue;
    if (tensor.layout() != c10::kStrided) {
      bytes += static_cast<int64_t>(constant.bytes);
    } else if (seen.insert(tensor.const_data_ptr()).second) {
      bytes += static_cast<int64_t>(tensor.nbytes());
    }
  }
  return bytes;
}

}  // namespace node_libtorch::engine
