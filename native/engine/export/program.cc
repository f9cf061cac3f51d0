#include "engine/export/program.h"

#include <string_view>
#include <unordered_map>

#include "engine/dtype.h"
#include "engine/error.h"
#include "engine/export/malformed.h"
#include "engine/export/schema.h"

namespace node_libtorch::engine {
namespace {

constexpr size_t kMaxInputs = 100'000;

void check_version(const Json& program) {
  const Json& version = program.at("schema_version");
  const int64_t major = version.at("major").integer("the version of the schema");
  if (major == kSchemaMajor) return;
  throw EngineError("ERR_MODEL_FORMAT",
                    "Expected an exported program of schema " + std::to_string(kSchemaMajor) +
                        " (PyTorch 2.9 to 2.15) but received schema " + std::to_string(major) + "." +
                        std::to_string(version.at("minor").integer("the version of the schema")) +
                        "; save it again with torch.export.save of a PyTorch of these versions");
}

// A number for JavaScript: a double, which is exact up to 2^53.
Value number(int64_t value) { return {static_cast<double>(value)}; }

std::string dtype_text(at::ScalarType type) {
  if (const std::optional<DType> dtype = dtype_of(type)) return dtype_name(*dtype);
  malformed(std::string("a dtype of the contract for inputs and outputs, and not ") + c10::toString(type) +
            ",");
}

Value constant_value(const std::string& tag, const Json& value) {
  if (tag == "as_none") return {};
  if (tag == "as_bool") return {value.boolean("a constant")};
  if (tag == "as_int") return number(value.integer("a constant"));
  if (tag == "as_float") return {value.number("a constant")};
  if (tag == "as_string") return {value.text("a constant")};
  malformed("a plain constant, and not " + tag + ",");
}

class SignatureReader {
 public:
  explicit SignatureReader(const Json& program)
      : program_(program), module_(program.at("graph_module")), graph_(module_.at("graph")) {}

  ProgramSignature read() {
    const Json& signature = module_.at("signature");
    for (const Json& spec : signature.at("input_specs").array("input_specs")) read_input(spec);
    const Json::Array& outputs = signature.at("output_specs").array("output_specs");
    if (outputs.size() != graph_.at("outputs").array("the outputs of the graph").size()) {
      malformed("as many output_specs as the graph has outputs");
    }
    for (size_t i = 0; i < outputs.size(); ++i) read_output(i, outputs[i]);
    if (read_.is_given.size() > kMaxInputs) malformed("at most 100,000 inputs");
    read_calls();
    describe();
    return std::move(read_);
  }

 private:
  void read_input(const Json& spec) {
    const auto& [kind, value] = spec.only("an input_spec");
    const auto weight = [&](const char* member) {
      read_.weights.emplace_back(value.at("arg").at("name").text("a name"), value.at(member).text("a name"));
    };
    if (kind == "parameter") return weight("parameter_name");
    if (kind == "buffer") return weight("buffer_name");
    if (kind == "tensor_constant") return weight("tensor_constant_name");
    if (kind == "constant_input") {
      const auto& [tag, constant] = value.at("value").only("a constant");
      read_.is_given.push_back(false);
      add_input(value.at("name").text("a name"), "constant",
                DictBuilder().add("value", constant_value(tag, constant)));
      return;
    }
    if (kind == "user_input") return read_user_input(value.at("arg"));
    if (kind == "token") return read_.tokens.push_back(value.at("arg").at("name").text("a name"));
    throw EngineError("ERR_MODEL_FORMAT",
                      "Expected tensors and numbers as inputs of the exported program but received a " +
                          kind + ", which only Python has; take it out of the model before torch.export");
  }

  void read_user_input(const Json& arg) {
    const auto& [tag, value] = arg.only("a user_input");
    if (tag == "as_tensor") {
      const std::string& name = value.at("name").text("a name");
      read_.is_given.push_back(true);
      read_.input_names.push_back(name);
      read_.input_types.push_back(c10::TensorType::get());
      add_input(name, "tensor", tensor(name));
      return;
    }
    if (const char* kind = symbolic_kind(tag)) {
      const auto& [form, inner] = value.only("a number");
      if (form == "as_name") {
        const std::string& name = inner.text("a name");
        read_.is_given.push_back(true);
        read_.input_names.push_back(name);
        read_.input_types.push_back(symbolic_type(tag));
        add_input(name, kind, DictBuilder().add("expr", expression(tag, name)));
        return;
      }
      read_.is_given.push_back(false);
      add_input("", "constant", DictBuilder().add("value", constant_value(form, inner)));
      return;
    }
    read_.is_given.push_back(false);
    add_input("", "constant", DictBuilder().add("value", constant_value(tag, value)));
  }

  void read_output(size_t place, const Json& spec) {
    const auto& [kind, value] = spec.only("an output_spec");
    if (kind == "user_output" || kind == "loss_output") {
      read_.results.push_back(place);
      if (kind == "loss_output") {
        const std::string& name = value.at("arg").at("name").text("a name");
        outputs_.push_back({tensor(name).add("kind", std::string("tensor")).add("name", name).build()});
        return;
      }
      outputs_.push_back(output(value.at("arg")));
    } else if (kind == "buffer_mutation") {
      read_.updates.emplace(place, value.at("buffer_name").text("a name"));
    } else if (kind == "parameter_mutation") {
      read_.updates.emplace(place, value.at("parameter_name").text("a name"));
    }
    // Gradients, tokens, and what would be written to the caller's own tensors, go nowhere.
  }

  Value output(const Json& arg) {
    const auto& [tag, value] = arg.only("an output");
    if (tag == "as_tensor") {
      const std::string& name = value.at("name").text("a name");
      return {tensor(name).add("kind", std::string("tensor")).add("name", name).build()};
    }
    if (const char* kind = symbolic_kind(tag)) {
      const auto& [form, inner] = value.only("a number");
      if (form == "as_name") {
        const std::string& name = inner.text("a name");
        return {DictBuilder()
                    .add("kind", std::string(kind))
                    .add("name", name)
                    .add("expr", expression(tag, name))
                    .build()};
      }
      return constant(constant_value(form, inner));
    }
    return constant(constant_value(tag, value));
  }

  static Value constant(Value value) {
    return {DictBuilder().add("kind", std::string("constant")).add("value", std::move(value)).build()};
  }

  static const char* symbolic_kind(const std::string& tag) {
    if (tag == "as_sym_int") return "int";
    if (tag == "as_sym_float") return "float";
    if (tag == "as_sym_bool") return "bool";
    return nullptr;
  }

  static c10::TypePtr symbolic_type(const std::string& tag) {
    if (tag == "as_sym_int") return c10::IntType::get();
    if (tag == "as_sym_float") return c10::FloatType::get();
    return c10::BoolType::get();
  }

  void add_input(const std::string& name, const char* kind, DictBuilder members) {
    inputs_.push_back({members.add("kind", std::string(kind)).add("name", name).build()});
  }

  DictBuilder tensor(const std::string& name) {
    const TensorMeta meta = read_tensor_meta(value_of("tensor_values", name));
    List sizes;
    for (size_t i = 0; i < meta.sizes.size(); ++i) {
      sizes.push_back(meta.sizes[i] ? number(*meta.sizes[i]) : Value{meta.expressions[i]});
    }
    DictBuilder members;
    members.add("dtype", dtype_text(meta.dtype)).add("sizes", std::move(sizes));
    return members;
  }

  // By name: there may be a hundred thousand of them, which an object looks through one by one.
  const Json* find_value(const char* table, const std::string& name) {
    const auto [index, is_new] = indexes_.try_emplace(table);
    if (is_new) {
      const Json* values = graph_.find(table);
      if (values != nullptr && !values->is_null()) {
        for (const auto& [key, value] : values->object(table)) index->second.emplace(key, &value);
      }
    }
    const auto found = index->second.find(name);
    return found == index->second.end() ? nullptr : found->second;
  }

  const Json& value_of(const char* table, const std::string& name) {
    if (const Json* found = find_value(table, name)) return *found;
    malformed("the value \"" + name + "\" in " + table);
  }

  // What a symbolic number is in terms of the program's symbols; its own name where the file does not say.
  std::string expression(const std::string& tag, const std::string& name) {
    const char* table = tag == "as_sym_int"     ? "sym_int_values"
                        : tag == "as_sym_float" ? "sym_float_values"
                                                : "sym_bool_values";
    const Json* found = find_value(table, name);
    if (found == nullptr) return name;
    const auto& [form, inner] = found->only("a number");
    return form == "as_expr" ? inner.at("expr_str").text("an expression") : name;
  }

  void read_calls() {
    for (const Json& entry : module_.at("module_call_graph").array("module_call_graph")) {
      const Json* signature = entry.find("signature");
      if (entry.at("fqn").text("a name") != "" || signature == nullptr || signature->is_null()) continue;
      read_.in_spec = signature->at("in_spec").text("in_spec");
      read_.out_spec = signature->at("out_spec").text("out_spec");
      if (const Json* names = signature->find("forward_arg_names"); names != nullptr && !names->is_null()) {
        List list;
        for (const Json& name : names->array("forward_arg_names")) list.push_back({name.text("a name")});
        argument_names_ = {std::move(list)};
      }
      return;
    }
    malformed("the nesting of arguments and results (module_call_graph)");
  }

  Value ranges() {
    DictBuilder symbols;
    for (const auto& [symbol, range] : program_.at("range_constraints").object("range_constraints")) {
      const auto bound = [&range = range](const char* name) -> Value {
        const Json* value = range.find(name);
        if (value == nullptr || value->is_null()) return {};
        return {value->number("a bound")};
      };
      symbols.add(symbol, List{bound("min_val"), bound("max_val")});
    }
    return {symbols.build()};
  }

  void describe() {
    List guards;
    if (const Json* code = program_.find("guards_code"); code != nullptr && !code->is_null()) {
      for (const Json& guard : code->array("guards_code")) guards.push_back({guard.text("a guard")});
    }
    const Json* torch = program_.find("torch_version");
    const Json& version = program_.at("schema_version");
    const auto part = [&](const char* name) { return number(version.at(name).integer("a version")); };
    read_.description = {
        DictBuilder()
            .add("argNames", std::move(argument_names_.data))
            .add("inputs", std::move(inputs_))
            .add("outputs", std::move(outputs_))
            .add("ranges", ranges().data)
            .add("guards", std::move(guards))
            .add("torchVersion", torch == nullptr ? std::string() : torch->text("torch_version"))
            .add("schemaVersion", List{part("major"), part("minor")})
            .build()};
  }

  const Json& program_;
  const Json& module_;
  const Json& graph_;
  std::unordered_map<std::string, std::unordered_map<std::string_view, const Json*>> indexes_;
  ProgramSignature read_;
  List inputs_;
  List outputs_;
  Value argument_names_;
};

}  // namespace

ProgramSignature read_signature(const Json& program) {
  check_version(program);
  return SignatureReader(program).read();
}

}  // namespace node_libtorch::engine
