#include "engine/export/bind.h"

#include <algorithm>

#include "engine/export/arguments.h"
#include "engine/export/bind_operator.h"
#include "engine/export/builtins.h"
#include "engine/export/malformed.h"
#include "engine/export/schema.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

constexpr size_t kMaxNodes = 1'000'000;
constexpr size_t kMaxGraphDepth = 16;

class Binder {
 public:
  Binder(const Json& json, const c10::Device& device,
         const std::unordered_map<std::string, IValue>& constants, BindReport& report, size_t depth)
      : json_(json), constants_(constants), report_(report), depth_(depth), device_(device) {
    if (depth > kMaxGraphDepth) malformed("at most 16 graphs in one another");
    reader_ = {device, [this](const std::string& name) { return named(name); }};
  }

  Graph bind() {
    for (const Json& input : json_.at("inputs").array("the inputs of a graph")) bind_input(input);
    for (const Json& node : json_.at("nodes").array("the nodes of a graph")) {
      if (++report_.nodes > kMaxNodes) malformed("at most 1,000,000 nodes");
      try {
        bind_node(node);
      } catch (const c10::Error&) {
        // A list whose items are of several kinds, for one.
        malformed("arguments of the types that " + node.at("target").text("a target") + " takes");
      }
    }
    for (const Json& output : json_.at("outputs").array("the outputs of a graph")) {
      graph_.outputs.push_back(reader_.read(output, nullptr));
    }
    graph_.slots = graph_.names.size();
    read_ranks();
    plan_lifetimes(graph_);
    return std::move(graph_);
  }

 private:
  void read_ranks() {
    graph_.ranks.assign(graph_.slots, -1);
    const Json* tensors = json_.find("tensor_values");
    if (tensors == nullptr) return;
    for (const auto& [name, meta] : tensors->object("tensor_values")) {
      const auto slot = slots_.find(name);
      if (slot == slots_.end()) continue;
      graph_.ranks[slot->second] = static_cast<int>(meta.at("sizes").array("sizes").size());
    }
  }

  void bind_input(const Json& input) {
    const auto& [tag, value] = input.only("an input of a graph");
    if (tag == "as_tensor") {
      const std::string& name = value.at("name").text("the name of an input");
      if (constants_.count(name) == 0) graph_.inputs.push_back(new_slot(name));
      return;
    }
    if (tag == "as_sym_int" || tag == "as_sym_float" || tag == "as_sym_bool") {
      const auto& [kind, inner] = value.only("an input of a graph");
      // Of a subgraph: what it is called with is fixed, and it does not look.
      if (kind != "as_name" && depth_ == 0) return;
      graph_.inputs.push_back(
          new_slot(kind == "as_name" ? inner.text("the name of an input") : std::string()));
      return;
    }
    static constexpr std::string_view fixed[] = {"as_none", "as_int", "as_float", "as_bool", "as_string"};
    if (std::find(std::begin(fixed), std::end(fixed), tag) == std::end(fixed)) {
      malformed("tensors and numbers as inputs, and not " + tag + ",");
    }
    // A subgraph gets all of its arguments.
    if (depth_ > 0) graph_.inputs.push_back(new_slot(""));
  }

  Slot new_slot(const std::string& name) {
    const auto slot = static_cast<Slot>(graph_.names.size());
    graph_.names.push_back(name);
    if (!name.empty() && !slots_.emplace(name, slot).second) {
      malformed("each value to have a name of its own, and not two \"" + name + "\",");
    }
    return slot;
  }

  Arg named(const std::string& name) const {
    if (const auto slot = slots_.find(name); slot != slots_.end()) return Arg::in(slot->second);
    if (const auto constant = constants_.find(name); constant != constants_.end()) {
      return Arg::of(constant->second);
    }
    malformed("the value \"" + name + "\" to be made before it is used");
  }

  void bind_node(const Json& node) {
    Step step;
    step.target = node.at("target").text("the target of a node");
    const Json::Array& inputs = node.at("inputs").array("the inputs of a node");
    if (step.target == "torch.ops.higher_order.with_effects") return bind_effect(inputs, node);
    if (const Builtin builtin = find_builtin(step.target)) {
      step.kind = Step::Kind::builtin;
      step.builtin = builtin;
      for (const Json& input : inputs) step.args.push_back(reader_.read(input.at("arg"), nullptr));
    } else if (step.target.rfind("torch.ops.higher_order.", 0) == 0) {
      bind_control_flow(step, inputs);
    } else if (!bind_operator(step, inputs, reader_, report_)) {
      // It is in the report; later nodes are looked at all the same.
      step.kind = Step::Kind::builtin;
    }
    bind_results(step, node);
    graph_.steps.push_back(std::move(step));
  }

  // (token, operator, arguments) gives another token and what the operator gives. Tokens say what comes
  // first, which the order of the steps does; as values they are None.
  void bind_effect(const Json::Array& inputs, const Json& node) {
    const auto& [tag, value] = argument(inputs, 1).only("an operator");
    if (tag != "as_operator") malformed("an operator that has effects, and not " + tag + ",");
    Step step;
    step.target = value.text("the name of an operator");
    const Json::Array arguments(inputs.begin() + 2, inputs.end());
    if (const Builtin builtin = find_builtin(step.target)) {
      step.kind = Step::Kind::builtin;
      step.builtin = builtin;
      for (const Json& input : arguments) step.args.push_back(reader_.read(input.at("arg"), nullptr));
    } else if (!bind_operator(step, arguments, reader_, report_)) {
      step.kind = Step::Kind::builtin;
    }
    const Json::Array& outputs = node.at("outputs").array("the outputs of a node");
    for (size_t i = 0; i < outputs.size(); ++i) {
      Result result = result_of(outputs[i]);
      if (i > 0 && result.kind != Result::Kind::none) step.results.push_back(std::move(result));
    }
    check_results(step);
    graph_.steps.push_back(std::move(step));
  }

  std::shared_ptr<const Graph> subgraph(const Json& argument) {
    const auto& [tag, value] = argument.only("a graph");
    if (tag != "as_graph") malformed("a graph as the argument of control flow, and not " + tag + ",");
    static const std::unordered_map<std::string, IValue> none;
    return std::make_shared<Graph>(Binder(value.at("graph"), device_, none, report_, depth_ + 1).bind());
  }

  // Operands may stand in one list, or each by itself.
  void bind_operands(Step& step, const Json::Array& inputs, size_t from) {
    for (size_t i = from; i < inputs.size(); ++i) bind_operand(step, inputs[i]);
  }

  void bind_operand(Step& step, const Json& input) {
    const Arg arg = reader_.read(input.at("arg"), nullptr);
    if (arg.kind == Arg::Kind::list) {
      step.args.insert(step.args.end(), arg.items.begin(), arg.items.end());
    } else if (arg.kind == Arg::Kind::fixed && arg.value.isList()) {
      for (const IValue& item : arg.value.toList()) step.args.push_back(Arg::of(item));
    } else {
      step.args.push_back(arg);
    }
  }

  // (graph, rows, others), or (graph, carried, rows, others): a list each.
  void bind_rows(Step& step, Step::Kind kind, const Json::Array& inputs, size_t rows) {
    step.kind = kind;
    step.graphs = {subgraph(argument(inputs, 0))};
    for (size_t i = 1; i < inputs.size(); ++i) {
      if (i == rows) step.first_row = step.args.size();
      bind_operand(step, inputs[i]);
      if (i == rows) step.end_of_rows = step.args.size();
    }
    if (step.end_of_rows == step.first_row) malformed("rows for " + step.target);
    if (kind == Step::Kind::scan && step.graphs.front()->outputs.size() < step.first_row) {
      malformed("as many results of " + step.target + " as it carries");
    }
  }

  void check_operands(const Step& step) const {
    const size_t first = step.kind == Step::Kind::cond ? 1 : 0;
    for (const auto& graph : step.graphs) {
      if (graph->inputs.size() != step.args.size() - first) {
        malformed("as many operands of " + step.target + " as its graphs have inputs");
      }
    }
  }

  // What is read of the graphs' outputs is there.
  static void check_flow(const Step& step) {
    const size_t wanted = step.results.size();
    bool fits = true;
    if (step.kind == Step::Kind::while_loop) {
      fits = step.graphs[0]->outputs.size() == 1 && step.graphs[1]->outputs.size() <= step.args.size() &&
             wanted <= step.graphs[1]->outputs.size();
    } else {
      for (const auto& graph : step.graphs) fits = fits && wanted <= graph->outputs.size();
    }
    if (!fits) malformed("as many outputs of the graphs of " + step.target + " as it has results");
  }

  static const Json& argument(const Json::Array& inputs, size_t i) {
    if (i >= inputs.size()) malformed("all arguments of control flow");
    return inputs[i].at("arg");
  }

  void bind_control_flow(Step& step, const Json::Array& inputs) {
    const std::string name = step.target.substr(std::string_view("torch.ops.higher_order.").size());
    if (name == "cond") {
      step.kind = Step::Kind::cond;
      step.args.push_back(reader_.read(argument(inputs, 0), nullptr));
      step.graphs = {subgraph(argument(inputs, 1)), subgraph(argument(inputs, 2))};
      bind_operands(step, inputs, 3);
    } else if (name == "while_loop") {
      step.kind = Step::Kind::while_loop;
      step.graphs = {subgraph(argument(inputs, 0)), subgraph(argument(inputs, 1))};
      bind_operands(step, inputs, 2);
    } else if (name == "map_impl") {
      bind_rows(step, Step::Kind::map, inputs, 1);
    } else if (name == "scan") {
      bind_rows(step, Step::Kind::scan, inputs, 2);
    } else if (name == "wrap_with_set_grad_enabled") {
      step.kind = Step::Kind::wrap;
      step.graphs = {subgraph(argument(inputs, 1))};
      bind_operands(step, inputs, 2);
    } else if (name == "wrap_with_autocast") {
      step.kind = Step::Kind::wrap;
      step.autocast = autocast_of(inputs);
      step.graphs = {subgraph(argument(inputs, 4))};
      bind_operands(step, inputs, 5);
    } else {
      step.kind = Step::Kind::builtin;
      report_.forbidden.insert(step.target + " (control flow that this engine does not have)");
      return;
    }
    check_operands(step);
  }

  // (device type, dtype?, enabled, cache?, graph, operands)
  Step::Autocast autocast_of(const Json::Array& inputs) const {
    Step::Autocast autocast;
    autocast.device = device_.type();
    const auto& [tag, dtype] = argument(inputs, 1).only("a dtype");
    if (tag == "as_scalar_type") autocast.dtype = scalar_type_of_schema(dtype.integer("a dtype"));
    if (autocast.dtype && *autocast.dtype != at::kBFloat16 && *autocast.dtype != at::kHalf) {
      malformed("bfloat16 or float16 for autocast");
    }
    autocast.enabled =
        argument(inputs, 2).only("whether autocast is on").second.boolean("whether autocast is on");
    return autocast;
  }

  // {"as_tensor": {"name"}}, {"as_sym_int": {"as_name"}}, {"as_tensors": [{"name"}]}, …
  Result result_of(const Json& output) {
    const auto& [tag, value] = output.only("an output of a node");
    Result result;
    if (tag == "as_tensor") {
      result = {Result::Kind::slot, new_slot(value.at("name").text("the name of an output")), {}};
    } else if (tag == "as_optional_tensor") {
      const auto& [kind, inner] = value.only("an optional tensor");
      if (kind != "as_none") return result_of_name(inner.at("name").text("the name of an output"));
    } else if (tag == "as_sym_int" || tag == "as_sym_float" || tag == "as_sym_bool") {
      const auto& [kind, inner] = value.only("an output of a node");
      if (kind == "as_name") return result_of_name(inner.text("the name of an output"));
    } else if (tag == "as_tensors") {
      result.kind = Result::Kind::items;
      for (const Json& item : value.array("outputs of a node")) {
        result.items.push_back(new_slot(item.at("name").text("the name of an output")));
      }
    } else if (tag == "as_optional_tensors") {
      result.kind = Result::Kind::items;
      for (const Json& item : value.array("outputs of a node")) {
        const auto& [kind, inner] = item.only("an optional tensor");
        result.items.push_back(
            new_slot(kind == "as_none" ? "" : inner.at("name").text("the name of an output")));
      }
    } else if (tag != "as_none" && tag != "as_int" && tag != "as_bool" && tag != "as_float") {
      malformed("tensors and numbers as outputs of a node, and not " + tag + ",");
    }
    return result;
  }

  Result result_of_name(const std::string& name) { return {Result::Kind::slot, new_slot(name), {}}; }

  void bind_results(Step& step, const Json& node) {
    for (const Json& output : node.at("outputs").array("the outputs of a node")) {
      step.results.push_back(result_of(output));
    }
    // Control flow gives a list, whether its outputs stand in one or each by itself.
    const bool is_list = step.results.size() == 1 && step.results.front().kind == Result::Kind::items;
    if (!step.graphs.empty() && is_list) {
      std::vector<Result> each;
      for (const Slot slot : step.results.front().items) each.push_back({Result::Kind::slot, slot, {}});
      step.results = std::move(each);
    }
    check_results(step);
  }

  static void check_results(const Step& step) {
    if (!step.graphs.empty()) check_flow(step);
    if (step.kind != Step::Kind::op) return;
    const size_t returns = step.op->schema().returns().size();
    if (step.results.size() > returns) malformed("as many outputs of " + step.target + " as it has");
  }

  const Json& json_;
  const std::unordered_map<std::string, IValue>& constants_;
  BindReport& report_;
  const size_t depth_;
  const c10::Device device_;
  ArgumentReader reader_;
  Graph graph_;
  std::unordered_map<std::string, Slot> slots_;
};

}  // namespace

Graph bind_graph(const Json& graph, const c10::Device& device,
                 const std::unordered_map<std::string, IValue>& constants, BindReport& report) {
  std::unordered_set<const c10::TensorImpl*> weights;
  for (const auto& [name, value] : constants) {
    if (value.isTensor()) weights.insert(value.toTensor().unsafeGetTensorImpl());
  }
  report.weights = std::make_shared<const std::unordered_set<const c10::TensorImpl*>>(std::move(weights));
  return Binder(graph, device, constants, report, 0).bind();
}

}  // namespace node_libtorch::engine
