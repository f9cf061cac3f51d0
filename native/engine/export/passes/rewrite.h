// What passes ask of a plan, and how they change it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/export/plan.h"

namespace node_libtorch::engine {

// Whether a step calls this operator, of any overload: "aten::conv2d".
bool calls(const Step& step, std::string_view name);

// The place of an argument in the operator's schema.
std::optional<size_t> argument_of(const Step& step, std::string_view name);

// The value of an argument that is fixed; none for another, and where there is none of that name.
std::optional<c10::IValue> fixed_argument(const Step& step, std::string_view name);

// Whether a step may change what others see, besides its results.
bool has_effects(const Step& step);

// How often each slot is read, by steps and as an output.
std::vector<size_t> count_uses(const Graph& graph);

// By slot, the step that makes it; none for inputs.
std::vector<std::optional<size_t>> find_makers(const Graph& graph);

// Whoever reads `slot` gets `value` from now on.
void replace(Graph& graph, Slot slot, const c10::IValue& value);

// Steps that are marked go.
void remove_steps(Graph& graph, const std::vector<bool>& marked);

}  // namespace node_libtorch::engine
