#include <ATen/DeviceAccelerator.h>
#include <c10/core/InferenceMode.h>

#include <map>

#include "engine/device/scope.h"
#include "engine/error.h"
#include "engine/ivalue_codec.h"
#include "engine/joined.h"
#include "engine/model.h"
#include "engine/model_output.h"
#include "engine/torchscript/kept_values.h"
#include "engine/torchscript/load.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class TorchScriptModel : public Model {
 public:
  explicit TorchScriptModel(LoadedModule loaded) : loaded_(std::move(loaded)) {
    for (const MethodInfo& method : loaded_.info.methods) {
      methods_.emplace(method.name, loaded_.module.get_method(method.name));
      redirect_warnings_of_forks(methods_.at(method.name));
    }
  }

  const ModelInfo& info() const override { return loaded_.info; }

  Value run(RunRequest request) const override {
    const torch::jit::Method& method = find(request.method);
    return on_device(loaded_.placement.device, "ERR_MODEL_EXECUTION", [&] {
      if (!loaded_.info.autograd) return run_here(method, std::move(request));
      // Also turns gradient mode on. Inputs are made inside, or they could not be saved for a gradient.
      const c10::InferenceMode outside(false);
      return run_here(method, std::move(request));
    });
  }

 private:
  const torch::jit::Method& find(const std::string& name) const {
    const auto found = methods_.find(name);
    if (found != methods_.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [method, _] : methods_) known.push_back(method);
    throw EngineError("ERR_METHOD_NOT_FOUND",
                      "Expected one of the methods " + joined(known) + " but received " + quoted(name));
  }

  Value run_here(const torch::jit::Method& method, RunRequest request) const {
    if (!request.scratch) return run_method(method, std::move(request));
    const torch::jit::Module copy = loaded_.module.deepcopy();
    // The worker is the only one: what keeps state has one instance.
    const KeptValues kept(loaded_.written_constants);
    return run_method(copy.get_method(method.name()), std::move(request));
  }

  Value run_method(const torch::jit::Method& method, RunRequest request) const {
    std::vector<IValue> stack = bind(method, std::move(request));
    // A Method is a handle; its call is not const, but runs of one frozen module may overlap.
    torch::jit::Method callee = method;
    return from_ivalue(callee(std::move(stack)), loaded_.placement);
  }

  // The full argument list by the method's schema, defaults filled in.
  std::vector<IValue> bind(const torch::jit::Method& method, RunRequest request) const {
    const std::vector<c10::Argument>& schema = method.function().getSchema().arguments();
    const size_t count = schema.size() - 1;  // 0 is self
    if (request.args.size() > count) {
      throw EngineError("ERR_INVALID_INPUT", "Expected at most " + std::to_string(count) + " arguments for " +
                                                 method.name() + " but received " +
                                                 std::to_string(request.args.size()));
    }
    std::vector<IValue> stack;
    stack.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      const c10::Argument& argument = schema[i + 1];
      if (i < request.args.size() && request.args[i]) {
        stack.push_back(to_ivalue(*request.args[i], argument.type(), argument.name(), loaded_.placement));
      } else if (argument.default_value()) {
        // A default list or tensor is the schema's own, and a method may write to it.
        stack.push_back(argument.default_value()->deepcopy());
      } else {
        throw EngineError("ERR_INVALID_INPUT", "Expected argument " + quoted(argument.name()) + " (" +
                                                   argument.type()->annotation_str() + ") for " +
                                                   method.name() + " but it is missing");
      }
    }
    return stack;
  }

  LoadedModule loaded_;
  std::map<std::string, torch::jit::Method> methods_;
};

}  // namespace

std::unique_ptr<Model> load_torchscript(const LoadRequest& request) {
  const DeviceChoice choice = choose_device(request.device);
  const c10::Device device(choice.device);
  return on_device(device, "ERR_MODEL_LOAD", [&] {
    auto model = std::make_unique<TorchScriptModel>(load_module(request, choice));
    // Weights were moved and converted on this thread's stream; the other instances have streams of their
    // own.
    if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
    return model;
  });
}

}  // namespace node_libtorch::engine
