#include "engine/torchscript/load.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/device/cpu.h"
#include "engine/error.h"
#include "engine/torchscript/bounded.h"
#include "engine/torchscript/graphs.h"
#include "engine/torchscript/missing_operators.h"
#include "engine/torchscript/precision.h"
#include "engine/torchscript/signature.h"
#include "engine/torchscript/state.h"
#include "engine/torchscript/traits.h"

namespace node_libtorch::engine {
namespace {

using torch::jit::Module;

// Reads the verified bytes where they lie: nothing can change between the hash and the load.
class BytesReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BytesReader(const LoadRequest& request)
      : owner_(request.owner), bytes_(request.bytes), size_(request.size) {}

  size_t size() const override { return size_; }

  size_t read(uint64_t position, void* buffer, size_t count, const char* /*what*/) const override {
    if (position >= size_) return 0;
    const size_t available = std::min<size_t>(count, size_ - position);
    std::memcpy(buffer, bytes_ + position, available);
    return available;
  }

 private:
  std::shared_ptr<void> owner_;
  const uint8_t* bytes_;
  size_t size_;
};

std::optional<at::ScalarType> precision_dtype(const std::string& precision, const c10::Device& device) {
  if (precision == "auto") return std::nullopt;
  if (precision == "fp32") return at::kFloat;
  if (precision == "fp16") {
    if (device.is_cpu()) {
      throw EngineError(
          "ERR_PRECISION_UNSUPPORTED",
          "Precision fp16 was asked for on a CPU, where it is several times slower than fp32; use fp32, or "
          "bf16 where the CPU has it");
    }
    return at::kHalf;
  }
  if (precision == "bf16") {
    if (device.is_cpu() && !cpu_has_bfloat16()) {
      throw EngineError(
          "ERR_PRECISION_UNSUPPORTED",
          "Precision bf16 was asked for, but this CPU has neither AVX512_BF16 nor AMX; use fp32");
    }
    return at::kBFloat16;
  }
  throw EngineError("ERR_INVALID_ARGUMENT",
                    "Expected auto, fp32, fp16 or bf16 for precision but received \"" + precision + "\"");
}

Module read_module(const LoadRequest& request, const c10::Device& device) {
  const auto reader = std::make_shared<BytesReader>(request);
  try {
    return torch::jit::load(reader, device, /*load_debug_files=*/false);
  } catch (const std::exception& error) {
    const std::string missing = missing_operators(error.what(), reader);
    if (missing.empty()) throw;
    throw EngineError(
        "ERR_OPERATOR_NOT_FOUND",
        "The model calls " + missing +
            ", which this process does not have; name the libraries that define them with the option "
            "operatorLibraries (--operator-library)");
  }
}

// Replaces `module` when freezing works; says why not otherwise. Methods that are not named would be dropped.
void optimize(Module& module, const LoadRequest& request, ModelInfo& info) {
  info.optimize = "none";
  if (request.optimize == "none") return;
  std::vector<std::string> others = exported_methods(module);
  const auto forward = std::find(others.begin(), others.end(), "forward");
  if (forward == others.end()) {
    info.warnings.push_back(
        "The module has no forward method, so it was not optimized; give it one, or load it with optimize "
        "'none'");
    return;
  }
  others.erase(forward);
  try {
    module = torch::jit::freeze(module, others);
    info.optimize = "freeze";
  } catch (...) {
    info.warnings.push_back("The module could not be frozen and runs as exported: " +
                            current_error("ERR_MODEL_LOAD").message());
    return;
  }
  if (request.optimize != "inference") return;
  try {
    Module frozen = module.copy();
    module = torch::jit::optimize_for_inference(frozen, others);
    info.optimize = "inference";
  } catch (...) {
    info.warnings.push_back("The module was frozen, but could not be optimized for inference: " +
                            current_error("ERR_MODEL_LOAD").message());
  }
}

// A module as it was saved, in the wanted precision, and what its graphs tell.
struct Opened {
  Module module;
  std::vector<MethodGraph> graphs;
  Traits traits;
  std::vector<std::string> warnings;
};

Opened open_module(const LoadRequest& request, const c10::Device& device,
                   const std::optional<at::ScalarType>& dtype) {
  Opened opened{read_module(request, device), {}, {}, {}};
  opened.module.eval();
  if (dtype) opened.warnings = convert_floating_point(opened.module, *dtype);
  opened.graphs = method_graphs(opened.module, exported_methods(opened.module));
  opened.traits = find_traits(opened.graphs);
  return opened;
}

// A model that takes gradients needs weights that were not made under InferenceMode; it asks for none of
// theirs.
Opened open_for_gradients(const LoadRequest& request, const c10::Device& device,
                          const std::optional<at::ScalarType>& dtype) {
  Opened opened = open_module(request, device, dtype);
  for (const at::Tensor& parameter : opened.module.parameters()) parameter.set_requires_grad(false);
  for (const at::Tensor& buffer : opened.module.buffers()) {
    if (buffer.requires_grad()) buffer.set_requires_grad(false);
  }
  return opened;
}

// Freezing makes constants of what a method reads. Where it makes one of something that runs write to, a copy
// of the module would share it, so the module stays as it was exported.
void optimize_stateful(Module& module, const LoadRequest& request, const State& before, ModelInfo& info,
                       std::vector<c10::IValue>& constants) {
  const Module exported = module;
  optimize(module, request, info);
  constants = before.constants;
  if (info.optimize == "none") return;
  constants = find_state(module, method_graphs(module, exported_methods(module))).constants;
  if (constants.size() <= before.constants.size()) return;
  module = exported;
  constants = before.constants;
  info.optimize = "none";
  info.warnings.push_back("The module keeps its state where freezing would lose it, so it runs as exported");
}

LoadedModule load_opened(Opened opened, LoadRequest request, ModelInfo info) {
  Module module = std::move(opened.module);
  for (const std::string& name : exported_methods(module)) {
    info.methods.push_back(describe_method(module.get_method(name)));
  }
  const State state = find_state(module, opened.graphs);
  info.bounded_methods = bounded_methods(opened.graphs);
  opened.graphs.clear();
  if (!opened.traits.deadly_to_fold.empty() && request.optimize != "none") {
    request.optimize = "none";
    opened.traits.warnings.push_back(
        "The module divides integers that are fixed (" + opened.traits.deadly_to_fold +
        "), and freezing it would end the process if a divisor is 0, even where the division never runs. It "
        "was not frozen and runs as exported; check the divisor in the model");
  }
  info.stateful = !state.reason.empty();
  info.stateful_reason = state.reason;
  if (info.stateful && request.instances > 1) {
    throw EngineError("ERR_STATEFUL_MODEL", "The model keeps state (" + state.reason +
                                                "), so its runs must not overlap; expected instances: 1 but "
                                                "received " +
                                                std::to_string(request.instances));
  }
  info.random = opened.traits.random;
  info.warnings = std::move(opened.warnings);
  info.warnings.insert(info.warnings.end(), opened.traits.warnings.begin(), opened.traits.warnings.end());
  info.parameter_bytes = parameter_bytes(module);
  if (info.autograd && request.optimize == "inference") {
    request.optimize = "freeze";
    info.warnings.push_back(
        "The model takes gradients while it runs, which optimize 'inference' does not allow; it was frozen "
        "instead");
  }
  std::vector<c10::IValue> constants;
  if (info.stateful) {
    optimize_stateful(module, request, state, info, constants);
  } else {
    optimize(module, request, info);
  }
  return {std::move(module), {}, std::move(info), std::move(constants)};
}

}  // namespace

LoadedModule load_module(const LoadRequest& request, const DeviceChoice& choice) {
  ModelInfo info;
  info.engine = "torchscript";
  info.device = choice;
  info.precision = request.precision;
  const c10::Device device(info.device.device);
  const std::optional<at::ScalarType> dtype = precision_dtype(request.precision, device);

  std::optional<Opened> opened;
  if (!request.autograd.value_or(false)) {
    opened = open_module(request, device, dtype);
    if (opened->traits.gradients && !request.autograd) opened.reset();
  }
  info.autograd = !opened.has_value();
  std::optional<LoadedModule> loaded;
  if (info.autograd) {
    const c10::InferenceMode outside(false);
    const at::NoGradGuard no_gradients;
    loaded = load_opened(open_for_gradients(request, device, dtype), request, std::move(info));
  } else {
    loaded = load_opened(std::move(*opened), request, std::move(info));
  }
  loaded->placement.device = device;
  loaded->placement.input_dtype = dtype;
  if (dtype && request.output_dtype == "float32") loaded->placement.output_dtype = at::kFloat;
  return std::move(*loaded);
}

}  // namespace node_libtorch::engine
