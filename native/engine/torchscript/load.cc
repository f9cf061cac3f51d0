#include "engine/torchscript/load.h"

#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/device/cpu.h"
#include "engine/error.h"
#include "engine/torchscript/signature.h"

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

// The operator that a module calls and this process does not have, as LibTorch names it; empty for other
// errors.
std::string unknown_operator(const std::string& text) {
  const std::string mark = "Unknown builtin op: ";
  const size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  const size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_of(".\n", begin) - begin);
}

Module read_module(const LoadRequest& request, const c10::Device& device) {
  try {
    return torch::jit::load(std::make_shared<BytesReader>(request), device, /*load_debug_files=*/false);
  } catch (const std::exception& error) {
    const std::string missing = unknown_operator(error.what());
    if (missing.empty()) throw;
    throw EngineError(
        "ERR_OPERATOR_NOT_FOUND",
        "The model calls the operator " + missing +
            ", which this process does not have; name the library that defines it with the option "
            "operatorLibraries (--operator-library)");
  }
}

// Module::to(dtype) would convert integer buffers too.
void convert_floating_point(Module module, at::ScalarType dtype) {
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
    if (!attribute.value.isTensor()) continue;
    const at::Tensor tensor = attribute.value.toTensor();
    if (tensor.defined() && tensor.is_floating_point()) module.setattr(attribute.name, tensor.to(dtype));
  }
  for (const Module& child : module.children()) convert_floating_point(child, dtype);
}

// Replaces `module` when freezing works; says why not otherwise. Methods that are not named would be dropped.
void optimize(Module& module, const LoadRequest& request, ModelInfo& info) {
  info.optimize = "none";
  if (request.optimize == "none") return;
  std::vector<std::string> others = exported_methods(module);
  const auto forward = std::find(others.begin(), others.end(), "forward");
  if (forward == others.end()) {
    info.warnings.push_back("The module has no forward method, so it was not optimized");
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

}  // namespace

LoadedModule load_module(const LoadRequest& request, const DeviceChoice& choice) {
  ModelInfo info;
  info.engine = "torchscript";
  info.device = choice;
  info.precision = request.precision;
  const c10::Device device(info.device.device);
  const std::optional<at::ScalarType> dtype = precision_dtype(request.precision, device);

  Module module = read_module(request, device);
  module.eval();
  if (dtype) convert_floating_point(module, *dtype);

  for (const std::string& name : exported_methods(module)) {
    const torch::jit::Method method = module.get_method(name);
    info.methods.push_back(describe_method(method));
    info.stateful = info.stateful || assigns_attributes(method);
  }
  if (info.stateful && request.instances > 1) {
    throw EngineError("ERR_STATEFUL_MODEL",
                      "The model keeps state (it assigns attributes when it runs), so its runs "
                      "must not overlap; expected instances: 1 but received " +
                          std::to_string(request.instances));
  }
  info.parameter_bytes = parameter_bytes(module);
  optimize(module, request, info);

  TensorPlacement placement;
  placement.device = device;
  placement.input_dtype = dtype;
  if (dtype && request.output_dtype == "float32") placement.output_dtype = at::kFloat;
  return {std::move(module), placement, std::move(info)};
}

}  // namespace node_libtorch::engine
