#include "engine/aoti/model.h"

#include <ATen/DeviceAccelerator.h>

#include "engine/aoti/constants.h"
#include "engine/aoti/state.h"
#include "engine/device/scope.h"
#include "engine/error.h"
#include "engine/ivalue_codec.h"

namespace node_libtorch::engine {
namespace {

// The package's own device: it holds code for no other.
DeviceChoice device_of(const CompiledPackage& package, const std::string& wanted) {
  const bool cuda = package.device == "cuda";
  if (!cuda && package.device != "cpu") {
    throw EngineError("ERR_DEVICE_UNAVAILABLE",
                      "Expected a package compiled for cpu or cuda but received one for " + package.device);
  }
  if (wanted == "auto") {
    const std::string why = "the package is compiled for " + package.device;
    return {choose_device(package.device).device, why};
  }
  const DeviceChoice choice = choose_device(wanted);
  if ((choice.device != "cpu") != cuda) {
    throw EngineError("ERR_DEVICE_UNAVAILABLE", "Device " + wanted +
                                                    " was asked for, but the package is compiled for " +
                                                    package.device + "; export it for " + wanted);
  }
  return choice;
}

class AotiModel : public Model {
 public:
  explicit AotiModel(const LoadRequest& request)
      : package_(*request.package), info_(describe(request)), device_(info_.device.device) {
    runner_ = open(request.instances);
    info_.stateful_reason = state_of(*runner_, package_, device_, [this] { return open(1); });
    info_.stateful = !info_.stateful_reason.empty();
    if (info_.stateful && request.instances > 1) {
      throw EngineError("ERR_STATEFUL_MODEL", "The model keeps state (" + info_.stateful_reason +
                                                  "), so its runs must not overlap; expected instances: 1 "
                                                  "but received " +
                                                  std::to_string(request.instances));
    }
    info_.parameter_bytes = runner_->constant_bytes();
    info_.call_spec = runner_->call_spec();
  }

  const ModelInfo& info() const override { return info_; }

  Value run(RunRequest request) const override {
    if (request.method != "forward") {
      throw EngineError("ERR_METHOD_NOT_FOUND",
                        "Expected the method forward but received \"" + request.method + "\"");
    }
    List args;
    args.reserve(request.args.size());
    for (std::optional<Value>& value : request.args) {
      if (!value) throw EngineError("ERR_INVALID_INPUT", "Expected every input tensor of a compiled package");
      args.push_back(std::move(*value));
    }
    check_inputs(package_, args);
    return on_device(device_, "ERR_MODEL_EXECUTION", [&] {
      if (!request.scratch || !info_.stateful) return run_checked(*runner_, args);
      // A copy of its own, which starts with the state that the package was exported with.
      return run_checked(*open(1), args);
    });
  }

 private:
  // The package in memory, with all its constants.
  std::unique_ptr<AotiRunner> open(size_t instances) const {
    auto runner = std::make_unique<AotiRunner>(package_, instances, device_.is_cpu() ? -1 : device_.index());
    complete_constants(*runner, package_, device_);
    return runner;
  }

  Value run_checked(const AotiRunner& runner, const List& args) const {
    const TensorPlacement placement{device_, std::nullopt, std::nullopt};
    std::vector<at::Tensor> inputs;
    inputs.reserve(args.size());
    for (size_t i = 0; i < args.size(); ++i) inputs.push_back(place(args[i], i, placement));
    std::vector<at::Tensor> outputs = runner.run(inputs);
    // The inputs live on until here: an output that is one of them must be seen to be shared.
    List values;
    values.reserve(outputs.size());
    for (at::Tensor& output : outputs) {
      const bool is_none = !output.defined();
      values.push_back(from_ivalue(is_none ? c10::IValue() : c10::IValue(std::move(output)), placement));
    }
    return {std::move(values)};
  }

  static ModelInfo describe(const LoadRequest& request) {
    if (request.precision != "auto") {
      throw EngineError(
          "ERR_PRECISION_UNSUPPORTED",
          "Precision " + request.precision +
              " was asked for, but a compiled package keeps the one it was exported with; convert the "
              "model before torch.export");
    }
    ModelInfo info;
    info.engine = "aotinductor";
    info.device = device_of(*request.package, request.device);
    info.precision = "auto";
    info.optimize = "none";
    MethodInfo forward{"forward", {}, {}};
    for (const InputCheck& input : request.package->inputs)
      forward.args.push_back({input.name, "Tensor", false});
    info.methods.push_back(std::move(forward));
    return info;
  }

  at::Tensor place(const Value& value, size_t index, const TensorPlacement& placement) const {
    const InputCheck& input = package_.inputs[index];
    at::Tensor tensor = to_ivalue(value, c10::TensorType::get(), input.name, placement).toTensor();
    // Compiled code knows where each element lies in memory, whatever the strides of the tensor say.
    std::vector<int64_t> inverse(input.order.size());
    bool row_major = true;
    for (size_t i = 0; i < input.order.size(); ++i) {
      inverse[static_cast<size_t>(input.order[i])] = static_cast<int64_t>(i);
      row_major = row_major && input.order[i] == static_cast<int64_t>(i);
    }
    return row_major ? tensor : tensor.permute(input.order).contiguous().permute(inverse);
  }

  const CompiledPackage package_;
  ModelInfo info_;
  const c10::Device device_;
  std::unique_ptr<AotiRunner> runner_;
};

}  // namespace

std::unique_ptr<Model> load_compiled(const LoadRequest& request) {
  const c10::Device device(device_of(*request.package, request.device).device);
  return on_device(device, "ERR_MODEL_LOAD", [&] {
    auto model = std::make_unique<AotiModel>(request);
    if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
    return model;
  });
}

}  // namespace node_libtorch::engine
