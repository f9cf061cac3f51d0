#include <limits>

#include "engine/export/guards/checks.h"

namespace node_libtorch::engine::guards {
namespace {

std::vector<at::Tensor> tensors(const Args& args, size_t i) {
  TORCH_CHECK(i < args.size() && args[i].isTensorList(), "Expected a list of tensors");
  return args[i].toTensorVector();
}

// How many rows each step has: fewer and fewer, all of them together those of the data.
int64_t first_batch(const at::Tensor& data, const at::Tensor& sizes) {
  TORCH_CHECK(sizes.defined() && sizes.dim() == 1 && data.dim() >= 1,
              "Expected packed data and the sizes of its steps");
  int64_t before = std::numeric_limits<int64_t>::max();
  int64_t left = data.size(0);
  const std::vector<int64_t> steps = numbers(sizes);
  TORCH_CHECK(!steps.empty(), "Expected at least one step of packed data");
  for (const int64_t size : steps) {
    TORCH_CHECK(size > 0 && size <= before && size <= left,
                "Expected sizes of steps that only fall, of all rows together");
    before = size;
    left -= size;
  }
  TORCH_CHECK(left == 0, "Expected sizes of steps that are all rows together");
  return steps.front();
}

void expect_state(const at::Tensor& state, int64_t layers, int64_t batch) {
  TORCH_CHECK(state.defined() && state.dim() == 3 && state.size(0) == layers && state.size(1) == batch,
              "Expected a state of the shape [", layers, ", ", batch, ", size] but received ", state.sizes());
}

// Of every layer and direction: input weights, hidden weights, two biases, and those of a projection.
void expect_lstm_weights(const std::vector<at::Tensor>& weights, int64_t input, const at::Tensor& hidden,
                         const at::Tensor& cell, bool biases, int64_t layers, int64_t directions) {
  const int64_t size = cell.size(2);
  const int64_t given = hidden.size(2);
  const size_t each = (biases ? 4 : 2) + (given != size ? 1 : 0);
  TORCH_CHECK(weights.size() == each * static_cast<size_t>(layers * directions), "Expected ",
              each * static_cast<size_t>(layers * directions), " weights of an LSTM but received ",
              weights.size());
  for (size_t i = 0; i < weights.size(); i += each) {
    const bool is_first = i < each * static_cast<size_t>(directions);
    expect_sizes(weights[i], {4 * size, is_first ? input : directions * given}, "weights of an LSTM");
    expect_sizes(weights[i + 1], {4 * size, given}, "weights of an LSTM");
    if (biases) {
      expect_sizes(weights[i + 2], {4 * size}, "a bias of an LSTM");
      expect_sizes(weights[i + 3], {4 * size}, "a bias of an LSTM");
    }
    if (given != size) expect_sizes(weights[i + each - 1], {given, size}, "the projection of an LSTM");
  }
}

constexpr int64_t kMostLayers = 10000;

int64_t layers_of(const Args& args, size_t i) {
  const int64_t layers = whole(args, i);
  TORCH_CHECK(layers > 0 && layers <= kMostLayers, "Expected 1 to 10000 layers but received ", layers);
  return layers;
}

void expect_lstm(const std::vector<at::Tensor>& state, const std::vector<at::Tensor>& weights,
                 const at::Tensor& input, int64_t batch, bool biases, int64_t layers, bool both) {
  const int64_t directions = both ? 2 : 1;
  TORCH_CHECK(state.size() == 2, "Expected two states of an LSTM");
  for (const at::Tensor& one : state) {
    expect_state(one, layers * directions, batch);
    TORCH_CHECK(one.scalar_type() == input.scalar_type(), "Expected states in the input's dtype");
  }
  for (const at::Tensor& one : weights) {
    TORCH_CHECK(one.scalar_type() == input.scalar_type(), "Expected weights in the input's dtype");
  }
  expect_lstm_weights(weights, input.size(-1), state[0], state[1], biases, layers, directions);
}

}  // namespace

// (input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
void lstm(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  TORCH_CHECK(input.dim() == 3, "Expected sequences as a tensor of 3 dimensions");
  expect_lstm(tensors(args, 1), tensors(args, 2), input, input.size(flag(args, 8) ? 0 : 1), flag(args, 3),
              layers_of(args, 4), flag(args, 7));
}

// (data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)
void packed_lstm(const Args& args) {
  const at::Tensor data = tensor(args, 0);
  TORCH_CHECK(data.dim() == 2, "Expected packed sequences as a tensor of 2 dimensions");
  expect_lstm(tensors(args, 2), tensors(args, 3), data, first_batch(data, tensor(args, 1)), flag(args, 4),
              layers_of(args, 5), flag(args, 8));
}

void packed_rnn(const Args& args) {
  const at::Tensor data = tensor(args, 0);
  TORCH_CHECK(data.dim() == 2, "Expected packed sequences as a tensor of 2 dimensions");
  const int64_t batch = first_batch(data, tensor(args, 1));
  expect_state(tensor(args, 2), layers_of(args, 5) * (flag(args, 8) ? 2 : 1), batch);
}

// (data, batch_sizes, …)
void unpack(const Args& args) { first_batch(tensor(args, 0), tensor(args, 1)); }

// (input, weight0, weight1, weight2, weight3, hx_, cx_, reverse, batch_sizes, mode, hidden_size, num_layers,
// has_biases,
//  bidirectional, batch_first, train): as decompositions of one layer of an LSTM call it.
void mkldnn_lstm(const Args& args) {
  const at::Tensor input = tensor(args, 0);
  TORCH_CHECK(input.dim() == 3 && input.numel() > 0, "Expected sequences as a tensor of 3 dimensions");
  TORCH_CHECK(whole(args, 9) == 2 && whole(args, 11) == 1 && !flag(args, 13) && !flag(args, 14) &&
                  !flag(args, 15) && numbers(args, 8).empty(),
              "Expected one layer of an LSTM in one direction, with the steps first");
  const int64_t size = whole(args, 10);
  TORCH_CHECK(size > 0 && size <= std::numeric_limits<int32_t>::max(), "Expected a hidden size above 0");
  // Without biases something else stands in their places, which the kernel does not read.
  const bool biases = flag(args, 12);
  for (size_t i = 1; i < 7; ++i) {
    if (!biases && (i == 3 || i == 4)) continue;
    const at::Tensor given = tensor(args, i);
    TORCH_CHECK(given.defined() && given.scalar_type() == input.scalar_type() &&
                    at::isFloatingType(given.scalar_type()),
                "Expected weights and states in the input's dtype");
  }
  expect_sizes(tensor(args, 1), {4 * size, input.size(2)}, "weights of an LSTM");
  expect_sizes(tensor(args, 2), {4 * size, size}, "weights of an LSTM");
  if (biases) {
    expect_sizes(tensor(args, 3), {4 * size}, "a bias of an LSTM");
    expect_sizes(tensor(args, 4), {4 * size}, "a bias of an LSTM");
  }
  for (size_t i = 5; i < 7; ++i) {
    TORCH_CHECK(tensor(args, i).numel() == input.size(1) * size && tensor(args, i).size(-1) == size,
                "Expected a state of the shape [", input.size(1), ", ", size, "]");
  }
}

// (weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights?, include_last_offset, …)
void embedding_bag(const Args& args) {
  const at::Tensor indices = tensor(args, 1);
  const std::vector<int64_t> offsets = numbers(tensor(args, 2));
  TORCH_CHECK(indices.defined() && offsets.size() >= (flag(args, 7) ? size_t{2} : size_t{1}),
              "Expected at least one bag of embeddings");
  int64_t before = 0;
  for (const int64_t offset : offsets) {
    TORCH_CHECK(offset >= before && offset <= indices.numel(),
                "Expected offsets of bags that only rise, up to ", indices.numel());
    before = offset;
  }
}

// (log_probs, targets, input_lengths, target_lengths, blank, …): the kernels look up what targets name.
void ctc_loss(const Args& args) {
  const at::Tensor probabilities = tensor(args, 0);
  const at::Tensor targets = tensor(args, 1);
  TORCH_CHECK(probabilities.dim() == 2 || probabilities.dim() == 3,
              "Expected probabilities of 2 or 3 dimensions");
  const int64_t classes = probabilities.size(-1);
  const size_t rows = probabilities.dim() == 3 ? static_cast<size_t>(probabilities.size(1)) : 1;
  const auto lengths = [&](size_t i) {
    return args[i].isTensor() ? numbers(args[i].toTensor()) : numbers(args, i);
  };
  const std::vector<int64_t> inputs = lengths(2);
  const std::vector<int64_t> labels = lengths(3);
  TORCH_CHECK(inputs.size() == rows && labels.size() == rows, "Expected ", rows,
              " lengths of inputs and of targets");
  const int64_t blank = whole(args, 4);
  TORCH_CHECK(blank >= 0 && blank < classes, "Expected a blank from 0 to ", classes - 1, " but received ",
              blank);
  const std::vector<int64_t> names = numbers(targets);
  const bool is_padded = targets.dim() == 2;
  TORCH_CHECK(is_padded ? targets.size(0) == static_cast<int64_t>(rows) : targets.dim() == 1,
              "Expected targets as one row for each input, or all in one");
  size_t at = 0;
  for (size_t row = 0; row < rows; ++row) {
    TORCH_CHECK(inputs[row] >= 0 && inputs[row] <= probabilities.size(0), "Expected lengths of inputs up to ",
                probabilities.size(0));
    if (is_padded) at = row * static_cast<size_t>(targets.size(1));
    const size_t end = is_padded ? at + static_cast<size_t>(targets.size(1)) : names.size();
    TORCH_CHECK(labels[row] >= 0 && static_cast<size_t>(labels[row]) <= end - at,
                "Expected lengths of targets up to those that are given");
    for (int64_t i = 0; i < labels[row]; ++i, ++at) {
      TORCH_CHECK(names[at] >= 0 && names[at] < classes, "Expected targets from 0 to ", classes - 1,
                  " but received ", names[at]);
    }
  }
}

}  // namespace node_libtorch::engine::guards
