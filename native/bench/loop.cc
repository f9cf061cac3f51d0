// What LibTorch alone can do: the forward call in a plain loop, on a module that the engine's own loader has
// brought up. No queue, no copies, no Node.
//   bench_loop MODEL DIMENSION...      the dimensions of one row, e.g. 784, or 3 224 224
//   bench_loop --additions 1           no model: a thousand additions, each a call of LibTorch
//   (benchmarks/export.mjs)
// Reads lines of "BATCH SECONDS" and answers each with one line of JSON, so that whoever drives it can
// alternate with another system without paying for a load each time.
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/threads.h"
#include "engine/torchscript/load.h"

namespace {

using Clock = std::chrono::steady_clock;
using namespace node_libtorch::engine;

LoadedModule load(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::string("cannot open ") + path);
  auto bytes = std::make_shared<std::vector<char>>(std::istreambuf_iterator<char>(file),
                                                   std::istreambuf_iterator<char>());
  LoadRequest request;
  request.bytes = reinterpret_cast<const uint8_t*>(bytes->data());
  request.size = bytes->size();
  request.owner = bytes;
  request.device = "cpu";
  return load_module(request, choose_device(request.device));
}

// The rows that benchmarks/lib/rows.mjs makes, so that both sides can compare their answers.
at::Tensor rows(int64_t batch, std::vector<int64_t> shape) {
  shape.insert(shape.begin(), batch);
  at::Tensor input = at::empty(shape);
  auto* data = input.data_ptr<float>();
  const int64_t width = input.numel() / batch;
  for (int64_t i = 0; i < input.numel(); ++i) {
    data[i] = static_cast<float>(static_cast<double>((i % width) * 7919 % 9973) / 10000);
  }
  return input;
}

using Forward = std::function<at::Tensor(const at::Tensor&)>;

at::Tensor additions(at::Tensor x) {
  for (int i = 0; i < 1000; ++i) x = at::add(x, 1.0);
  return x;
}

void measure(const Forward& forward, const std::vector<int64_t>& shape, int64_t batch, double seconds) {
  const at::Tensor input = rows(batch, shape);
  const auto run = [&] { return forward(input); };
  for (int i = 0; i < 3; ++i) run();
  std::vector<double> times;
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration<double>(seconds);
  for (auto from = start; from < end || times.size() < 3;) {
    run();
    const auto to = Clock::now();
    times.push_back(std::chrono::duration<double, std::milli>(to - from).count());
    from = to;
  }
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  std::sort(times.begin(), times.end());
  const auto at = [&](double q) {
    return times[std::min(times.size() - 1, static_cast<size_t>(q * static_cast<double>(times.size())))];
  };
  std::printf(
      "{\"batch\":%lld,\"runs\":%zu,\"p50\":%.5f,\"p95\":%.5f,\"p99\":%.5f,\"rowsPerSecond\":%.2f,"
      "\"first\":%.6g}\n",
      static_cast<long long>(batch), times.size(), at(.5), at(.95), at(.99),
      static_cast<double>(batch) * static_cast<double>(times.size()) / wall,
      run().flatten()[0].item<double>());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_loop MODEL DIMENSION...\n");
    return 2;
  }
  std::vector<int64_t> shape;
  for (int i = 2; i < argc; ++i) shape.push_back(std::stoll(argv[i]));
  configure_threads({1, 1});
  apply_threads_here();
  const c10::InferenceMode guard;
  Forward forward = additions;
  if (std::string(argv[1]) != "--additions") {
    auto loaded = std::make_shared<LoadedModule>(load(argv[1]));
    forward = [loaded](const at::Tensor& input) { return loaded->module.forward({input}).toTensor(); };
  }
  int64_t batch = 0;
  double seconds = 0;
  while (std::cin >> batch >> seconds) measure(forward, shape, batch, seconds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_loop: %s\n", error.what());
  return 1;
}
