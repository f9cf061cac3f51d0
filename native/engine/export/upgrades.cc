#include "engine/export/upgrades.h"

namespace node_libtorch::engine {
namespace {

using c10::IValue;

// qr(some) is linalg_qr(mode).
IValue mode_of_qr(const IValue& some) {
  return IValue(!some.isBool() || some.toBool() ? "reduced" : "complete");
}

constexpr ArgumentUpgrade kOfQr[] = {{"self", "A"}, {"some", "mode", mode_of_qr}};

// THE TABLE. Made by comparing native_functions.yaml of PyTorch 2.9, 2.10, 2.11, 2.12, 2.13 and 2.14 with the
// schemas of 2.15: of all operators that operator_families.cc allows, no other is gone, and none has other
// arguments, defaults or results. (What else differs are gradients, named tensors and attention of other
// devices, which no file may call.)
constexpr OperatorUpgrade kUpgrades[] = {
    {"aten::cholesky", "aten::linalg_cholesky", {}},
    {"aten::qr", "aten::linalg_qr", kOfQr},
};

}  // namespace

const ArgumentUpgrade* OperatorUpgrade::argument(std::string_view name) const {
  for (const ArgumentUpgrade& row : arguments) {
    if (row.from == name) return &row;
  }
  return nullptr;
}

const OperatorUpgrade* find_upgrade(std::string_view name) {
  for (const OperatorUpgrade& row : kUpgrades) {
    if (row.from == name) return &row;
  }
  return nullptr;
}

}  // namespace node_libtorch::engine
