// oneDNN orders a convolution's weights anew in each run, unless they are in its own order already.

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <algorithm>

#include "engine/export/aliases.h"
#include "engine/export/guards/guards.h"
#include "engine/export/passes/passes.h"
#include "engine/export/passes/rewrite.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

class Prepacking {
 public:
  explicit Prepacking(Graph& graph)
      : graph_(graph),
        aliases_(graph),
        reorder_(find("mkldnn::_reorder_convolution_weight")),
        convolve_(find("mkldnn::_convolution_pointwise")) {}

  void run() {
    if (!reorder_ || !convolve_ || !at::globalContext().userEnabledMkldnn() || !at::hasMKLDNN()) return;
    for (Step& step : graph_.steps) pack(step);
    fuse_activations();
  }

 private:
  static std::optional<c10::OperatorHandle> find(const char* name) {
    return c10::Dispatcher::singleton().findSchema({name, ""});
  }

  // A list of as many numbers as the convolution has dimensions; one number stands for all.
  static std::optional<std::vector<int64_t>> numbers(const Step& step, const char* name, size_t count) {
    const std::optional<IValue> value = fixed_argument(step, name);
    if (!value || !value->isIntList()) return std::nullopt;
    std::vector<int64_t> list = value->toIntVector();
    if (list.size() == 1) list.assign(count, list.front());
    if (list.size() != count) return std::nullopt;
    return list;
  }

  // What aten::conv2d would refuse in a run is left to it: oneDNN does not look.
  static bool may_pack(const at::Tensor& weight, const IValue& bias, const IValue& groups,
                       const std::vector<int64_t>& padding, const std::vector<int64_t>& stride,
                       const std::vector<int64_t>& dilation) {
    constexpr int64_t kMost = 1 << 20;
    const auto all = [](const std::vector<int64_t>& list, int64_t least) {
      return std::all_of(list.begin(), list.end(),
                         [&](int64_t number) { return number >= least && number <= kMost; });
    };
    if (!all(padding, 0) || !all(stride, 1) || !all(dilation, 1) || weight.numel() == 0) return false;
    if (!groups.isInt() || groups.toInt() < 1 || weight.size(0) % groups.toInt() != 0) return false;
    if (bias.isNone()) return true;
    return bias.isTensor() && bias.toTensor().dim() == 1 && bias.toTensor().size(0) == weight.size(0) &&
           bias.toTensor().scalar_type() == at::kFloat;
  }

  void pack(Step& step) {
    if (!calls(step, "aten::conv2d") || !step.op->operator_name().overload_name.empty()) return;
    // Of a batch: aten::conv2d takes one image of three dimensions too.
    const Arg& image = step.args.front();
    if (image.kind != Arg::Kind::slot || graph_.ranks[image.slot] != 4) return;
    const std::optional<IValue> weight = fixed_argument(step, "weight");
    const std::optional<IValue> bias = fixed_argument(step, "bias");
    const std::optional<IValue> groups = fixed_argument(step, "groups");
    const auto padding = numbers(step, "padding", 2);
    const auto stride = numbers(step, "stride", 2);
    const auto dilation = numbers(step, "dilation", 2);
    if (!weight || !bias || !groups || !padding || !stride || !dilation || !weight->isTensor()) return;
    const at::Tensor& w = weight->toTensor();
    if (!w.is_cpu() || w.scalar_type() != at::kFloat || w.dim() != 4 || aliases_.is_written(w)) return;
    if (bias->isTensor() && aliases_.is_written(bias->toTensor())) return;
    if (!may_pack(w, *bias, *groups, *padding, *stride, *dilation)) return;
    std::vector<IValue> stack{w.contiguous(), *padding, *stride, *dilation, *groups, IValue()};
    try {
      reorder_->callBoxed(&stack);
    } catch (const std::exception&) {
      return;  // it runs as it is
    }
    step.args = {step.args.front(),
                 Arg::of(stack.front()),
                 Arg::of(*bias),
                 Arg::of(*padding),
                 Arg::of(*stride),
                 Arg::of(*dilation),
                 Arg::of(*groups),
                 Arg::of(std::string("none")),
                 Arg::of(c10::impl::GenericList(c10::OptionalType::create(c10::NumberType::get()))),
                 Arg::of(std::string())};
    step.op = convolve_;
    step.guard = find_guard("mkldnn::_convolution_pointwise");
  }

  // relu(conv(x)) is one operator.
  void fuse_activations() {
    const std::vector<size_t> uses = count_uses(graph_);
    const auto makers = find_makers(graph_);
    std::vector<bool> fused(graph_.steps.size(), false);
    for (size_t i = 0; i < graph_.steps.size(); ++i) {
      Step& step = graph_.steps[i];
      if (!calls(step, "aten::relu") && !calls(step, "aten::relu_")) continue;
      const Arg& input = step.args.front();
      if (input.kind != Arg::Kind::slot || uses[input.slot] != 1 || !makers[input.slot]) continue;
      Step& maker = graph_.steps[*makers[input.slot]];
      if (!calls(maker, "mkldnn::_convolution_pointwise")) continue;
      maker.args[7] = Arg::of(std::string("relu"));
      maker.results = step.results;
      fused[i] = true;
    }
    remove_steps(graph_, fused);
  }

  Graph& graph_;
  Aliases aliases_;
  const std::optional<c10::OperatorHandle> reorder_;
  const std::optional<c10::OperatorHandle> convolve_;
};

}  // namespace

void prepack_convolutions(Graph& graph) { Prepacking(graph).run(); }

}  // namespace node_libtorch::engine
