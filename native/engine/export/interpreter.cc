#include "engine/export/interpreter.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/List.h>

#include <algorithm>

#include "engine/error.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

bool truth(const IValue& value) {
  if (value.isTensor()) return value.toTensor().item().toBool();
  if (value.isBool()) return value.toBool();
  if (value.isInt()) return value.toInt() != 0;
  throw EngineError("ERR_MODEL_FORMAT", "Expected a bool to decide by in the exported program");
}

// Autocast as torch.autocast sets it, until the end of a scope.
class AutocastScope {
 public:
  explicit AutocastScope(const Step::Autocast& wanted)
      : device_(wanted.device),
        enabled_(at::autocast::is_autocast_enabled(device_)),
        dtype_(at::autocast::get_autocast_dtype(device_)) {
    at::autocast::set_autocast_enabled(device_, wanted.enabled);
    if (wanted.dtype) at::autocast::set_autocast_dtype(device_, *wanted.dtype);
    at::autocast::increment_nesting();
  }
  ~AutocastScope() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, enabled_);
    at::autocast::set_autocast_dtype(device_, dtype_);
  }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const at::DeviceType device_;
  const bool enabled_;
  const at::ScalarType dtype_;
};

// Nobody else has the first argument, and the result fits into it.
bool may_write_to_first(const std::vector<IValue>& args) {
  const at::Tensor& first = args.front().toTensor();
  if (first.use_count() != 1 || first.storage().use_count() != 1) return false;
  if (!first.is_floating_point() || !first.is_non_overlapping_and_dense()) return false;
  if (args.size() < 2 || !args[1].isTensor()) return true;
  const at::Tensor& second = args[1].toTensor();
  if (second.unsafeGetTensorImpl()->is_wrapped_number()) return !second.is_complex();
  return second.scalar_type() == first.scalar_type() && second.sizes() == first.sizes();
}

void check_shape_may_change(const Step& step, const std::vector<IValue>& args) {
  if (args.empty() || !args.front().isTensor()) return;
  TORCH_CHECK(step.keeps_shapes_of->count(args.front().toTensor().unsafeGetTensorImpl()) == 0,
              "Expected no weight whose shape is changed in place, which is not allowed");
}

// A result that was not asked for is an undefined tensor, which kernels do not expect; Python has None there.
IValue defined_or_none(IValue value) {
  if (value.isTensor() && !value.toTensor().defined()) return {};
  return value;
}

class Frame {
 public:
  Frame(const Graph& graph, std::vector<IValue> inputs) : graph_(graph), slots_(graph.slots) {
    for (size_t i = 0; i < inputs.size(); ++i) slots_[graph.inputs[i]] = std::move(inputs[i]);
  }

  std::vector<IValue> run() {
    for (const Step& step : graph_.steps) {
      try {
        run_step(step);
      } catch (c10::Error& error) {
        error.add_context("The node calls " + step.target);
        throw;
      }
      for (const Slot slot : step.frees) slots_[slot] = IValue();
    }
    std::vector<IValue> outputs;
    outputs.reserve(graph_.outputs.size());
    for (const Arg& output : graph_.outputs) outputs.push_back(take(output));
    return outputs;
  }

 private:
  IValue take(const Arg& arg) {
    switch (arg.kind) {
      case Arg::Kind::fixed:
        return arg.value;
      case Arg::Kind::slot: {
        IValue& held = slots_[arg.slot];
        if (arg.change != Arg::Change::none) return changed(held, arg.change);
        if (arg.last_use) return std::move(held);
        return held;
      }
      default:
        return list(arg);
    }
  }

  IValue list(const Arg& arg) {
    switch (arg.list_of) {
      case ListOf::tensors: {
        c10::List<at::Tensor> list;
        list.reserve(arg.items.size());
        for (const Arg& item : arg.items) list.push_back(take(item).toTensor());
        return list;
      }
      case ListOf::optional_tensors: {
        c10::List<std::optional<at::Tensor>> list;
        list.reserve(arg.items.size());
        for (const Arg& item : arg.items) list.push_back(take(item).toOptional<at::Tensor>());
        return list;
      }
      case ListOf::ints: {
        c10::List<int64_t> list;
        list.reserve(arg.items.size());
        for (const Arg& item : arg.items) list.push_back(take(item).toInt());
        return list;
      }
      case ListOf::floats: {
        c10::List<double> list;
        list.reserve(arg.items.size());
        for (const Arg& item : arg.items) {
          const IValue value = take(item);
          list.push_back(value.isInt() ? static_cast<double>(value.toInt()) : value.toDouble());
        }
        return list;
      }
      case ListOf::scalars: {
        c10::impl::GenericList list(c10::NumberType::get());
        for (const Arg& item : arg.items) list.push_back(take(item).toScalar());
        return list;
      }
      default: {
        c10::List<bool> list;
        for (const Arg& item : arg.items) list.push_back(take(item).toBool());
        return list;
      }
    }
  }

  void run_step(const Step& step) {
    switch (step.kind) {
      case Step::Kind::op:
        run_operator(step);
        break;
      case Step::Kind::builtin:
        gather(step, 0);
        put(step, 0, step.builtin(stack_));
        stack_.clear();
        break;
      case Step::Kind::cond: {
        const bool holds = truth(take(step.args.front()));
        gather(step, 1);
        put_all(step, run_graph(*step.graphs[holds ? 0 : 1], std::move(stack_)));
        break;
      }
      case Step::Kind::while_loop:
        run_loop(step);
        break;
      case Step::Kind::map:
      case Step::Kind::scan:
        run_rows(step);
        break;
      case Step::Kind::wrap: {
        std::optional<AutocastScope> scope;
        if (step.autocast) scope.emplace(*step.autocast);
        gather(step, 0);
        put_all(step, run_graph(*step.graphs.front(), std::move(stack_)));
        break;
      }
    }
  }

  void gather(const Step& step, size_t from) {
    stack_.clear();
    for (size_t i = from; i < step.args.size(); ++i) stack_.push_back(take(step.args[i]));
  }

  void run_operator(const Step& step) {
    gather(step, 0);
    if (step.guard != nullptr) step.guard(stack_);
    if (step.keeps_shapes_of) check_shape_may_change(step, stack_);
    const bool in_place = step.in_place && may_write_to_first(stack_);
    (in_place ? *step.in_place : *step.op).callBoxed(&stack_);
    if (step.zero_fill && !stack_.empty() && stack_.front().isTensor()) stack_.front().toTensor().zero_();
    const size_t results = std::min(step.results.size(), stack_.size());
    for (size_t i = 0; i < results; ++i) put(step, i, std::move(stack_[i]));
    stack_.clear();
  }

  void put(const Step& step, size_t i, IValue value) {
    if (i >= step.results.size()) return;
    const Result& result = step.results[i];
    if (result.kind == Result::Kind::slot) slots_[result.slot] = defined_or_none(std::move(value));
    if (result.kind == Result::Kind::items) put_items(step, result, value);
  }

  void put_items(const Step& step, const Result& result, const IValue& value) {
    if (!value.isList() || value.toListRef().size() != result.items.size()) {
      throw EngineError("ERR_INVALID_INPUT",
                        "Expected " + std::to_string(result.items.size()) + " results of " + step.target +
                            ", as when the model was exported, but there are " +
                            (value.isList() ? std::to_string(value.toListRef().size()) : "none"));
    }
    const c10::ArrayRef<IValue> items = value.toListRef();
    for (size_t i = 0; i < items.size(); ++i) slots_[result.items[i]] = defined_or_none(items[i]);
  }

  void put_all(const Step& step, std::vector<IValue> values) {
    for (size_t i = 0; i < std::min(values.size(), step.results.size()); ++i)
      put(step, i, std::move(values[i]));
    stack_.clear();
  }

  // What is carried comes first; what follows is the same in every round.
  void run_loop(const Step& step) {
    gather(step, 0);
    std::vector<IValue> carried = std::move(stack_);
    const size_t count = step.graphs[1]->outputs.size();
    while (truth(run_graph(*step.graphs[0], carried).at(0))) {
      std::vector<IValue> next = run_graph(*step.graphs[1], carried);
      for (size_t i = 0; i < std::min(count, carried.size()); ++i) carried[i] = std::move(next[i]);
    }
    put_all(step, std::move(carried));
  }

  // The graph once for each row; what it gives is put together again along a new first dimension.
  void run_rows(const Step& step) {
    gather(step, 0);
    std::vector<IValue> operands = std::move(stack_);
    const Graph& body = *step.graphs.front();
    std::vector<IValue> rows(operands.begin() + static_cast<int64_t>(step.first_row),
                             operands.begin() + static_cast<int64_t>(step.end_of_rows));
    const int64_t count = rows.front().toTensor().size(0);
    const size_t carried = step.kind == Step::Kind::scan ? step.first_row : 0;
    std::vector<std::vector<at::Tensor>> made(body.outputs.size() - carried);
    for (int64_t row = 0; row < count; ++row) {
      for (size_t i = 0; i < rows.size(); ++i) {
        operands[step.first_row + i] = rows[i].toTensor().select(0, row);
      }
      std::vector<IValue> outputs = run_graph(body, operands);
      for (size_t i = 0; i < carried; ++i) operands[i] = std::move(outputs[i]);
      for (size_t i = 0; i < made.size(); ++i) made[i].push_back(outputs[carried + i].toTensor());
    }
    if (count == 0) {
      throw EngineError("ERR_INVALID_SHAPE", "Expected at least one row to go over, for " + step.target);
    }
    operands.resize(carried);
    for (const std::vector<at::Tensor>& items : made) operands.emplace_back(at::stack(items));
    put_all(step, std::move(operands));
  }

  const Graph& graph_;
  std::vector<IValue> slots_;
  std::vector<IValue> stack_;
};

}  // namespace

std::vector<IValue> run_graph(const Graph& graph, std::vector<IValue> inputs) {
  if (inputs.size() != graph.inputs.size()) {
    throw EngineError("ERR_INVALID_INPUT", "Expected " + std::to_string(graph.inputs.size()) +
                                               " arguments but received " + std::to_string(inputs.size()));
  }
  return Frame(graph, std::move(inputs)).run();
}

}  // namespace node_libtorch::engine
