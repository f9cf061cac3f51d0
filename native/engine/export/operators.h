// Which of PyTorch's operators a file may call. The list is positive: what is not on it is refused at load.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace node_libtorch::engine {

// Operators of one kind, and why they may be called. `names`: base names without "aten::", separated by white
// space. An entry stands for all overloads of the name but those that write into an argument `out`, and for
// its in-place form (`relu` also for `relu_`).
struct OperatorFamily {
  std::string_view name;
  std::string_view reason;
  std::string_view names;
};

std::span<const OperatorFamily> operator_families();

// Each of them once.
std::vector<std::string_view> names_of(const OperatorFamily& family);

// Names of the table that this LibTorch does not have, in any form.
std::vector<std::string> absent_operators();

// `name`: "aten::linear", "aten::add.Tensor", "aten::relu.default".
bool is_allowed(std::string_view name);

// Why a name is refused, as the end of a sentence: "makes sparse tensors, which this engine does not have".
// Empty if it is allowed.
std::string why_not(std::string_view name);

// Whether what it returns is memory that nothing has written: the interpreter fills it with zeros.
bool is_zero_filled(std::string_view name);

// Whether PyTorch itself has the namespace: what is there when this is called first, which is before any
// library of operators is opened. Operators of others come from `operatorLibraries`.
bool is_pytorch_namespace(std::string_view name);

}  // namespace node_libtorch::engine
