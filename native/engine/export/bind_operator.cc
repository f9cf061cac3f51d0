#include "engine/export/bind_operator.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "engine/export/malformed.h"
#include "engine/export/operators.h"
#include "engine/export/upgrades.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

// torch.ops.<namespace>.<name>.<overload>
struct OperatorName {
  std::string space;
  c10::OperatorName name;
};

std::optional<OperatorName> operator_name(const std::string& target) {
  static constexpr std::string_view prefix = "torch.ops.";
  if (target.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  const size_t space = target.find('.', prefix.size());
  const size_t overload = target.rfind('.');
  if (space == std::string::npos || overload <= space) return std::nullopt;
  const std::string name_space = target.substr(prefix.size(), space - prefix.size());
  std::string variant = target.substr(overload + 1);
  if (variant == "default") variant.clear();
  return OperatorName{name_space,
                      {name_space + "::" + target.substr(space + 1, overload - space - 1), variant}};
}

// What the argument has in a file if it is a dtype, a layout or a memory format.
std::string_view enumeration_of(const c10::Argument& argument) {
  const c10::Type* type = argument.real_type().get();
  if (type->kind() == c10::TypeKind::OptionalType) {
    type = static_cast<const c10::OptionalType*>(type)->getElementType().get();
  }
  if (type->kind() == c10::TypeKind::ScalarTypeType) return "as_scalar_type";
  if (type->kind() == c10::TypeKind::LayoutType) return "as_layout";
  if (type->kind() == c10::TypeKind::MemoryFormatType) return "as_memory_format";
  return {};
}

// LibTorch takes these as numbers, and does not look at them: another number would end the process.
void check_enumeration(const c10::Argument& argument, const Json& given) {
  const std::string_view wanted = enumeration_of(argument);
  if (wanted.empty()) return;
  const std::string& tag = given.only("an argument").first;
  if (tag != wanted && tag != "as_none") {
    malformed(std::string(wanted) + " for the argument \"" + argument.name() + "\", and not " + tag + ",");
  }
}

bool is_fixed(const Arg& arg, const std::function<bool(const IValue&)>& test) {
  return arg.kind == Arg::Kind::fixed && test(arg.value);
}

// Whether a run draws random numbers: not where what would draw them is switched off.
bool is_random(const c10::OperatorHandle& op, const std::vector<Arg>& args) {
  if (!op.hasTag(at::Tag::nondeterministic_seeded)) return false;
  const auto& schema = op.schema().arguments();
  for (size_t i = 0; i < schema.size(); ++i) {
    const std::string& name = schema[i].name();
    if ((name == "train" || name == "training") &&
        is_fixed(args[i], [](const IValue& value) { return value.isBool() && !value.toBool(); })) {
      return false;
    }
    if ((name == "dropout_p" || name == "p" || name == "dropout") &&
        is_fixed(args[i], [](const IValue& value) { return value.isDouble() && value.toDouble() == 0; })) {
      return false;
    }
  }
  return true;
}

void bind_arguments(Step& step, const Json::Array& inputs, const ArgumentReader& reader,
                    const OperatorUpgrade* upgrade) {
  const std::vector<c10::Argument>& schema = step.op->schema().arguments();
  std::vector<std::optional<Arg>> bound(schema.size());
  for (size_t place = 0; place < inputs.size(); ++place) {
    const Json& input = inputs[place];
    const std::string& written = input.at("name").text("the name of an argument");
    const ArgumentUpgrade* change = upgrade == nullptr ? nullptr : upgrade->argument(written);
    const std::string name = change == nullptr ? written : std::string(change->to);
    // Only those of an operator with effects have no names, but stand in order.
    const auto found = name.empty() && place < schema.size()
                           ? schema.begin() + static_cast<std::ptrdiff_t>(place)
                           : std::find_if(
                                 schema.begin(), schema.end(),
                                 [&](const c10::Argument& argument) { return argument.name() == name; });
    if (found == schema.end()) {
      malformed("an argument that " + step.target + " has, and not \"" + name + "\",");
    }
    check_enumeration(*found, input.at("arg"));
    Arg arg = reader.read(input.at("arg"), found->type().get());
    if (change != nullptr && change->convert != nullptr) arg.value = change->convert(arg.value);
    bound[static_cast<size_t>(found - schema.begin())] = std::move(arg);
  }
  for (size_t i = 0; i < schema.size(); ++i) {
    if (!bound[i]) {
      const std::optional<IValue>& fallback = schema[i].default_value();
      if (!fallback) malformed("the argument \"" + schema[i].name() + "\" of " + step.target);
      bound[i] = Arg::of(*fallback);
    } else if (!fits(*bound[i], *schema[i].real_type())) {
      malformed("a value of the type " + schema[i].real_type()->str() + " for the argument \"" +
                schema[i].name() + "\" of " + step.target);
    }
    step.args.push_back(std::move(*bound[i]));
  }
}

}  // namespace

bool bind_operator(Step& step, const Json::Array& inputs, const ArgumentReader& reader, BindReport& report) {
  std::optional<OperatorName> name = operator_name(step.target);
  if (!name) {
    report.unknown.insert(step.target);
    return false;
  }
  const OperatorUpgrade* upgrade = find_upgrade(c10::toString(name->name));
  if (upgrade != nullptr) name->name = {std::string(upgrade->to), ""};
  // There are no gradients here to cut a tensor off from, and a weight must not be changed for that.
  if (name->name.name == "aten::detach_") name->name.name = "aten::detach";
  const auto handle = c10::Dispatcher::singleton().findSchema(name->name);
  const bool is_own = is_pytorch_namespace(name->space);
  if (!handle && !is_own) {
    report.unknown.insert(step.target);
    return false;
  }
  if (is_own && !is_allowed(c10::toString(name->name))) {
    report.forbidden.insert(step.target + " (" + why_not(c10::toString(name->name)) + ")");
    return false;
  }
  if (!handle) {
    report.unknown.insert(step.target);
    return false;
  }
  step.op = *handle;
  bind_arguments(step, inputs, reader, upgrade);
  step.zero_fill = is_zero_filled(c10::toString(name->name));
  step.guard = find_guard(c10::toString(name->name));
  if (step.op->hasTag(at::Tag::inplace_view)) step.keeps_shapes_of = report.weights;
  report.random = report.random || is_random(*step.op, step.args);
  return true;
}

}  // namespace node_libtorch::engine
