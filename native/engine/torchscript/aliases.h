// What an operator does to its arguments beyond its schema: shares, writes, trains.
#pragma once

#include <string>

#include "engine/torchscript/graphs.h"

namespace node_libtorch::engine {

// Lists, dicts and whatever else holds values.
bool is_container(const c10::TypePtr& type);

// Numbers, strings and the like are copied, never shared.
bool may_refer(const c10::TypePtr& type);
bool may_refer(const torch::jit::Value* value);

// Its result may be its argument itself, although its schema calls it new.
bool may_return_an_input(const torch::jit::Node* node);

// Its first argument uses the memory of its second from then on.
bool shares_memory(const torch::jit::Node* node);

bool changes_gradient_only(const torch::jit::Node* node);

// An argument that batch and instance norm write to when they are told to train; their schema says nothing of
// it.
bool is_batch_statistic(const std::string& argument);

// The argument of the node's schema that switches its randomness, or its training, on and off; null when
// there is none.
const torch::jit::Value* training_flag(const torch::jit::Node* node);

}  // namespace node_libtorch::engine
