#include "engine/export/guards/checks.h"

namespace node_libtorch::engine::guards {
namespace {

// LAPACK takes pivots for numbers of rows.
void expect_pivots(const at::Tensor& factors, const at::Tensor& pivots, bool may_be_negative) {
  TORCH_CHECK(factors.dim() >= 2 && factors.size(-1) == factors.size(-2), "Expected square matrices");
  TORCH_CHECK(pivots.dim() >= 1 && pivots.size(-1) == factors.size(-1), "Expected a pivot for each row");
  for (const int64_t pivot : numbers(pivots)) {
    const int64_t row = may_be_negative && pivot < 0 ? -pivot : pivot;
    TORCH_CHECK(row >= 1 && row <= factors.size(-1), "Expected pivots up to ", factors.size(-1),
                " but received ", pivot);
  }
}

}  // namespace

// (LU, pivots, B, …)
void lu_factors(const Args& args) { expect_pivots(tensor(args, 0), tensor(args, 1), false); }

// (self, LU_data, LU_pivots)
void lu_data(const Args& args) { expect_pivots(tensor(args, 1), tensor(args, 2), false); }

// (LD, pivots, B, …): pivots of two rows stand in pairs of equal negative numbers.
void ldl_factors(const Args& args) {
  const at::Tensor pivots = tensor(args, 1);
  expect_pivots(tensor(args, 0), pivots, true);
  const std::vector<int64_t> all = numbers(pivots);
  const auto count = static_cast<size_t>(pivots.size(-1));
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i] > 0) continue;
    TORCH_CHECK((i + 1) % count != 0 && all[i + 1] == all[i], "Expected negative pivots in pairs");
    ++i;
  }
}

}  // namespace node_libtorch::engine::guards
