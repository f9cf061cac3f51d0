// A program of its own over native/engine/device/fault.cc: prints what it says of texts that it reads, one a line with
// "\n" for line ends; then marks devices as failed from many threads. There is no CUDA device needed for any of it.
#include "engine/device/fault.h"

#include <cstdlib>
#include <iostream>
#include <thread>

using namespace node_libtorch::engine;

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

std::string unescaped(std::string text) {
  for (size_t at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at)) text.replace(at, 2, "\n");
  return text;
}

}  // namespace

int main() {
  constexpr const char* kNames[] = {"none", "passing", "sticky"};
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << kNames[static_cast<int>(device_fault(unescaped(line)))] << '\n';
  }

  expect(failed_devices().empty() && !failure_of("cuda:0"), "nothing has failed at first");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      for (int j = 0; j < 1000; ++j) {
        mark_failed("cuda:" + std::to_string(i % 2), "first");
        expect(failure_of("cuda:" + std::to_string(i % 2)) == "first", "a device that failed has failed");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  mark_failed("cuda:0", "second");
  expect(failed_devices().size() == 2, "two devices have failed");
  expect(failure_of("cuda:0") == "first", "the first reason stays");
  expect(!failure_of("cuda:2"), "other devices go on");
}
