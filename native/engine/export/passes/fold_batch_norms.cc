// A batch norm in evaluation is a scale and a shift for each channel, which the convolution before it can do:
// weight × s and (bias - mean) × s + shift, where s = scale / sqrt(variance + eps). As torch.nn.utils.fusion.

#include <ATen/ATen.h>

#include <array>

#include "engine/export/aliases.h"
#include "engine/export/passes/passes.h"
#include "engine/export/passes/rewrite.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

constexpr std::string_view kConvolutions[] = {"aten::conv1d", "aten::conv2d", "aten::conv3d",
                                              "aten::convolution"};

struct Norm {
  at::Tensor scale, shift, mean, variance;
  double eps = 0;
  Slot input = 0;
};

bool is_convolution(const Step& step) {
  for (const std::string_view name : kConvolutions) {
    if (calls(step, name)) {
      const std::optional<IValue> transposed = fixed_argument(step, "transposed");
      return !transposed || !transposed->toBool();
    }
  }
  return false;
}

class Folding {
 public:
  explicit Folding(Graph& graph)
      : graph_(graph), aliases_(graph), uses_(count_uses(graph)), makers_(find_makers(graph)) {}

  void run() {
    std::vector<bool> folded(graph_.steps.size(), false);
    for (size_t i = 0; i < graph_.steps.size(); ++i) {
      const std::optional<Norm> norm = norm_of(graph_.steps[i]);
      if (norm && fold(*norm, graph_.steps[i])) folded[i] = true;
    }
    remove_steps(graph_, folded);
  }

 private:
  // A floating-point vector that no run changes; undefined for None.
  bool vector_of(const Step& step, std::string_view name, at::Tensor& tensor) {
    const std::optional<IValue> value = fixed_argument(step, name);
    if (!value) return false;
    if (value->isNone()) return true;
    if (!value->isTensor() || aliases_.is_written(value->toTensor())) return false;
    tensor = value->toTensor();
    return tensor.dim() == 1 && tensor.is_floating_point();
  }

  std::optional<Norm> norm_of(const Step& step) {
    const bool is_plain = calls(step, "aten::batch_norm");
    if (!is_plain && !calls(step, "aten::_native_batch_norm_legit_no_training")) return std::nullopt;
    const std::optional<IValue> training = fixed_argument(step, "training");
    if (is_plain && (!training || training->toBool())) return std::nullopt;
    for (size_t i = 1; i < step.results.size(); ++i) {
      const Result& result = step.results[i];
      if (result.kind == Result::Kind::slot && uses_[result.slot] > 0) return std::nullopt;
    }
    Norm norm;
    const std::optional<IValue> eps = fixed_argument(step, "eps");
    const Arg& input = step.args.front();
    if (!eps || !eps->isDouble() || input.kind != Arg::Kind::slot) return std::nullopt;
    norm.eps = eps->toDouble();
    norm.input = input.slot;
    if (!vector_of(step, "weight", norm.scale) || !vector_of(step, "bias", norm.shift) ||
        !vector_of(step, "running_mean", norm.mean) || !vector_of(step, "running_var", norm.variance)) {
      return std::nullopt;
    }
    if (!norm.mean.defined() || !norm.variance.defined()) return std::nullopt;
    return norm;
  }

  bool fold(const Norm& norm, const Step& step) {
    if (uses_[norm.input] != 1 || !makers_[norm.input] || aliases_.is_written(norm.input)) return false;
    Step& convolution = graph_.steps[*makers_[norm.input]];
    if (!is_convolution(convolution)) return false;
    const std::optional<IValue> weight = fixed_argument(convolution, "weight");
    const std::optional<IValue> bias = fixed_argument(convolution, "bias");
    if (!weight || !bias || !weight->isTensor() || aliases_.is_written(weight->toTensor())) return false;
    const at::Tensor& w = weight->toTensor();
    const at::Tensor before = bias->isNone() ? at::Tensor() : bias->toTensor();
    if (before.defined() && aliases_.is_written(before)) return false;
    if (w.scalar_type() != norm.variance.scalar_type() || w.dim() < 3 || w.size(0) != norm.variance.numel()) {
      return false;
    }
    at::Tensor factor = at::rsqrt(norm.variance + norm.eps);
    if (norm.scale.defined()) factor = factor * norm.scale;
    std::vector<int64_t> shape(static_cast<size_t>(w.dim()), 1);
    shape[0] = -1;
    at::Tensor offset = before.defined() ? before - norm.mean : -norm.mean;
    offset = offset * factor;
    if (norm.shift.defined()) offset = offset + norm.shift;
    convolution.args[*argument_of(convolution, "weight")] = Arg::of(w * factor.reshape(shape));
    convolution.args[*argument_of(convolution, "bias")] = Arg::of(offset);
    convolution.results = {step.results.front()};
    return true;
  }

  Graph& graph_;
  Aliases aliases_;
  const std::vector<size_t> uses_;
  const std::vector<std::optional<size_t>> makers_;
};

}  // namespace

void fold_batch_norms(Graph& graph) { Folding(graph).run(); }

}  // namespace node_libtorch::engine
