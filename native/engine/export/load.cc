#include "engine/export/load.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/bounded_operator.h"
#include "engine/error.h"
#include "engine/export/bind.h"
#include "engine/export/passes/passes.h"
#include "engine/export/state.h"
#include "engine/export/weights.h"
#include "engine/joined.h"

namespace node_libtorch::engine {
namespace {

using Tensors = std::unordered_map<std::string, at::Tensor>;
using Constants = std::unordered_map<std::string, c10::IValue>;

at::Tensor& weight(Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found != tensors.end()) return found->second;
  throw EngineError("ERR_MODEL_FORMAT", "Expected the weight \"" + name +
                                            "\" in the exported program, which has none; save it again");
}

// By the graph's names. One object for each weight: it is known by that.
Constants constants_of(const ProgramSignature& signature, Tensors& tensors) {
  Constants constants;
  for (const auto& [graph_name, name] : signature.weights)
    constants.emplace(graph_name, weight(tensors, name));
  for (const std::string& token : signature.tokens) constants.emplace(token, c10::IValue());
  return constants;
}

// Whether runs of equal shapes take about as long: no loops, and no size or branch that hangs on an element.
bool is_bounded(const Graph& graph) {
  return std::all_of(graph.steps.begin(), graph.steps.end(), [](const Step& step) {
    switch (step.kind) {
      case Step::Kind::op:
        return is_bounded_operator(step.op->schema());
      case Step::Kind::builtin:
        return true;  // arithmetic on sizes
      case Step::Kind::wrap:
        return std::all_of(step.graphs.begin(), step.graphs.end(),
                           [](const std::shared_ptr<const Graph>& inner) { return is_bounded(*inner); });
      default:
        return false;
    }
  });
}

void refuse_operators(const BindReport& report) {
  if (report.unknown.empty() && report.forbidden.empty()) return;
  const auto list = [](const std::set<std::string>& names) {
    return joined(std::vector<std::string>(names.begin(), names.end()));
  };
  std::string message = "The exported program calls ";
  if (!report.forbidden.empty()) {
    message += list(report.forbidden) +
               ", which no exported program may call here (docs/export.md lists what may be called)";
  }
  if (!report.unknown.empty()) {
    if (!report.forbidden.empty()) message += "; and ";
    message += list(report.unknown) +
               ", which this process does not have; name the libraries that define custom operators with the "
               "option operatorLibraries (--operator-library)";
  }
  throw EngineError("ERR_OPERATOR_NOT_FOUND", message);
}

int64_t bytes_of(const Tensors& tensors) {
  std::set<const void*> seen;
  int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    const c10::Storage& storage = tensor.storage();
    if (seen.insert(storage.unsafeGetStorageImpl()).second) bytes += static_cast<int64_t>(storage.nbytes());
  }
  return bytes;
}

// Names of the weights that runs write to: in place, or at their end.
std::set<std::string> written_names(const ProgramSignature& signature, const Graph& graph,
                                    const Tensors& tensors) {
  std::set<std::string> names = written_weights(graph, tensors);
  for (const auto& [place, name] : signature.updates) names.insert(name);
  return names;
}

void check_options(const LoadRequest& request) {
  if (request.precision == "auto") return;
  throw EngineError("ERR_PRECISION_UNSUPPORTED",
                    "Precision " + request.precision +
                        " was asked for, but an exported program keeps the one it was exported with; convert "
                        "the model before torch.export");
}

void check_instances(const ModelInfo& info, const LoadRequest& request) {
  if (!info.stateful || request.instances == 1) return;
  throw EngineError("ERR_STATEFUL_MODEL", "The model keeps state (" + info.stateful_reason +
                                              "), so its runs must not overlap; expected instances: 1 but "
                                              "received " +
                                              std::to_string(request.instances));
}

// The graph and the signature stand in one file, and each has its list of inputs.
void check_inputs(const ProgramSignature& signature, const Graph& graph) {
  bool same = graph.inputs.size() == signature.input_names.size();
  for (size_t i = 0; same && i < graph.inputs.size(); ++i) {
    same = graph.names[graph.inputs[i]] == signature.input_names[i];
  }
  if (same) return;
  throw EngineError(
      "ERR_MODEL_FORMAT",
      "Expected the same inputs in the graph and in the signature of the exported program; save it "
      "again");
}

void mark_slots(const std::vector<Arg>& args, std::vector<bool>& marked) {
  for (const Arg& arg : args) {
    if (arg.kind == Arg::Kind::slot) marked[arg.slot] = true;
    mark_slots(arg.items, marked);
  }
}

// Sizes and other metadata: torch.export asks them of the first of two arguments that are one tensor, and
// reads the elements of the last.
bool reads_no_elements(const Step& step) {
  return step.target.find("aten.sym_") != std::string::npos ||
         step.target.find("aten._assert_tensor_metadata") != std::string::npos;
}

// torch.export makes one input of an example tensor that stands for two arguments: the file then has both,
// and nothing reads one of them.
void warn_of_unread_inputs(const Graph& graph, std::vector<std::string>& warnings) {
  std::vector<bool> read(graph.slots, false);
  for (const Step& step : graph.steps) {
    if (!reads_no_elements(step)) mark_slots(step.args, read);
  }
  mark_slots(graph.outputs, read);
  for (const Slot input : graph.inputs) {
    if (read[input]) continue;
    warnings.push_back(
        "Nothing in the program reads the elements of the input " + graph.names[input] +
        ", so they change no result. torch.export makes one input of an example tensor that is given for two "
        "arguments: if that is why, give each a tensor of its own");
  }
}

}  // namespace

LoadedProgram load_program(const LoadRequest& request, const DeviceChoice& choice) {
  check_options(request);
  const ExportedPackage& package = *request.program;
  const FileBytes file{request.owner, request.bytes, request.size};
  const c10::Device device(choice.device);
  const Json json = Json::parse(file.text(package.json), "the exported program");

  LoadedProgram loaded;
  loaded.signature = read_signature(json);
  Tensors tensors = read_weights(package, file);
  to_device(tensors, device);
  const Json& graph = json.at("graph_module").at("graph");
  BindReport report;
  loaded.graph = bind_graph(graph, device, constants_of(loaded.signature, tensors), report);
  refuse_operators(report);
  check_inputs(loaded.signature, loaded.graph);

  const std::set<std::string> written = written_names(loaded.signature, loaded.graph, tensors);
  // On another device they have memory of their own already.
  if (!written.empty() && device.is_cpu()) {
    own_storage(tensors, {written.begin(), written.end()});
    BindReport again;
    loaded.graph = bind_graph(graph, device, constants_of(loaded.signature, tensors), again);
  }
  for (const auto& [place, name] : loaded.signature.updates) {
    loaded.graph.updated.push_back(weight(tensors, name));
  }
  warn_of_unread_inputs(loaded.graph, loaded.info.warnings);
  apply_passes(loaded.graph, request.optimize, package.passes_left_out);
  for (const std::string& name : written) loaded.written.push_back(weight(tensors, name));
  for (const auto& [place, name] : loaded.signature.updates) {
    loaded.updates.emplace_back(place, weight(tensors, name));
  }

  ModelInfo& info = loaded.info;
  info.engine = "export";
  info.device = choice;
  info.precision = "auto";
  info.optimize = request.optimize;
  info.random = report.random;
  info.stateful = !written.empty();
  if (info.stateful)
    info.stateful_reason =
        "forward writes to " + joined(std::vector<std::string>(written.begin(), written.end()));
  check_instances(info, request);
  if (is_bounded(loaded.graph)) info.bounded_methods = {"forward"};
  info.parameter_bytes = bytes_of(tensors);
  MethodInfo forward{"forward", {}, {}};
  for (const std::string& name : loaded.signature.input_names)
    forward.args.push_back({name, "Tensor", false});
  info.methods.push_back(std::move(forward));
  info.call_spec = {loaded.signature.in_spec, loaded.signature.out_spec};
  Dict description = std::get<Dict>(std::move(loaded.signature.description.data));
  List names;
  for (const std::string& name : written) names.push_back({name});
  description.keys.push_back({std::string("mutated")});
  description.values.push_back({std::move(names)});
  description.keys.push_back({std::string("nodes")});
  description.values.push_back({static_cast<double>(report.nodes)});
  info.program = Value{std::move(description)};
  return loaded;
}

}  // namespace node_libtorch::engine
