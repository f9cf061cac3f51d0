#include "engine/export/operators.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace node_libtorch::engine {
namespace {

constexpr std::string_view kPrefix = "aten::";

// Overloads that write into an argument `out`, beside "out" and those that end in "_out".
constexpr auto kOutOverloads = std::to_array<std::string_view>({"L",
                                                                "OutScalar_Other",
                                                                "OutScalar_Self",
                                                                "OutTensor",
                                                                "U",
                                                                "X",
                                                                "a",
                                                                "dim_max",
                                                                "dim_min",
                                                                "dim_values",
                                                                "eigenvalues",
                                                                "eigvals",
                                                                "inverse",
                                                                "out_",
                                                                "out_mode",
                                                                "out_rcond_tensor",
                                                                "out_tol_tensor",
                                                                "output",
                                                                "result",
                                                                "sign",
                                                                "values",
                                                                "values_stable"});
static_assert(std::ranges::is_sorted(kOutOverloads));

constexpr auto kZeroFilled = std::to_array<std::string_view>(
    {"empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided"});
static_assert(std::ranges::is_sorted(kZeroFilled));

// Why what is asked for most is not on the list: the first row whose part is in the name.
struct Refusal {
  std::string_view part;
  std::string_view why;
};
constexpr Refusal kRefusals[] = {
    {"from_file", "reads a file"},
    {"_print", "writes to the process's output"},
    {"_backward", "computes gradients, which only training needs"},
    {"_foreach_", "changes lists of tensors, which only training needs"},
    {"_fused_ad", "is a step of training"},
    {"_fused_sgd", "is a step of training"},
    {"_amp_", "is a step of training"},
    {"_test_", "is of PyTorch's own tests"},
    {"sparse", "works on sparse tensors, which this engine does not have"},
    {"coalesce", "works on sparse tensors, which this engine does not have"},
    {"nested", "works on nested tensors, which this engine does not have"},
    {"fbgemm", "trusts weights that were packed for one processor"},
    {"pack_mm", "trusts weights that were packed for one processor"},
    {"int4pack", "trusts weights that were packed for one processor"},
    {"_dyn_quant", "trusts weights that were packed for one processor"},
    {"quantize", "works on quantised tensors; export the model without them, or compile it with AOTInductor"},
    {"mkldnn", "works on memory laid out for one processor"},
    {"cudnn", "belongs to one device; export the model on the CPU"},
    {"miopen", "belongs to one device; export the model on the CPU"},
    {"_mps_", "belongs to one device; export the model on the CPU"},
    {"_reshape_alias", "does not check the sizes and strides that it is given"},
    {"_cummax_helper", "does not check the tensors that it writes to"},
    {"_cummin_helper", "does not check the tensors that it writes to"},
    {"_index_put_impl", "can be told not to check its indices"},
    {"resize", "shows memory that nothing has written"},
    {"set_", "takes the memory of another tensor"},
    {"_copy_from", "belongs to the inside of a device"},
};

constexpr bool is_space(char letter) { return letter == ' ' || letter == '\n'; }

// The names of all families, sorted. Made once: the table itself is written to be read.
std::vector<std::string_view> sorted_names() {
  std::vector<std::string_view> all;
  for (const OperatorFamily& family : operator_families()) {
    for (const std::string_view name : names_of(family)) all.push_back(name);
  }
  std::ranges::sort(all);
  return all;
}

bool has_name(std::string_view name) {
  static const std::vector<std::string_view> names = sorted_names();
  return std::ranges::binary_search(names, name);
}

bool is_listed(std::string_view base) {
  return has_name(base) || (base.ends_with('_') && has_name(base.substr(0, base.size() - 1)));
}

bool writes_out(std::string_view overload) {
  return overload == "out" || overload.ends_with("_out") ||
         std::ranges::binary_search(kOutOverloads, overload);
}

struct Parts {
  std::string_view base;
  std::string_view overload;
};

Parts parts_of(std::string_view name) {
  name.remove_prefix(kPrefix.size());
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {name, {}};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

std::vector<std::string_view> names_of(const OperatorFamily& family) {
  std::vector<std::string_view> names;
  for (size_t at = 0; at < family.names.size();) {
    size_t end = at;
    while (end < family.names.size() && !is_space(family.names[end])) ++end;
    if (end > at) names.push_back(family.names.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

std::vector<std::string> absent_operators() {
  std::set<std::string> there;
  for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) there.insert(name.name);
  std::vector<std::string> missing;
  for (const OperatorFamily& family : operator_families()) {
    for (const std::string_view name : names_of(family)) {
      const std::string full = std::string(kPrefix) + std::string(name);
      if (there.count(full) == 0 && there.count(full + "_") == 0) missing.push_back(full);
    }
  }
  return missing;
}

bool is_allowed(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  const Parts parts = parts_of(name);
  return is_listed(parts.base) && !writes_out(parts.overload);
}

std::string why_not(std::string_view name) {
  if (is_allowed(name)) return {};
  if (name.starts_with("prims::")) {
    return "exists only in Python; export the model without decompositions into prims";
  }
  if (!name.starts_with(kPrefix)) {
    return is_pytorch_namespace(name.substr(0, name.find(':')))
               ? "is of the inside of PyTorch, which does not check what it is given"
               : "is not PyTorch's own";
  }
  const Parts parts = parts_of(name);
  if (is_listed(parts.base)) return "writes into an argument; use the form that returns its result";
  for (const Refusal& refusal : kRefusals) {
    if (parts.base.find(refusal.part) != std::string_view::npos) return std::string(refusal.why);
  }
  return "is not on the list of operators";
}

bool is_zero_filled(std::string_view name) {
  return name.starts_with(kPrefix) && std::ranges::binary_search(kZeroFilled, parts_of(name).base);
}

bool is_pytorch_namespace(std::string_view name) {
  // All that are there before the first library of operators is opened: inductor's, for one, reads any memory
  // that it is told to.
  static const std::set<std::string, std::less<>> names = [] {
    std::set<std::string, std::less<>> found{"aten", "prims"};
    for (const c10::OperatorName& op : c10::Dispatcher::singleton().getAllOpNames()) {
      found.insert(op.name.substr(0, op.name.find(':')));
    }
    return found;
  }();
  return names.find(name) != names.end();
}

}  // namespace node_libtorch::engine
