#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace node_libtorch::loader {

struct Request {
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string> libraries;
  // Tried after those; that one of them cannot be opened is reported, but not an error.
  std::vector<std::string> optional;
  // Opened last, unless a libtorch.so is loaded by then; empty if there is none, which is not an error:
  // only compiled packages need one.
  std::string stub;
  // Says what the libraries are, to the environments that find them loaded.
  std::string description;
};

struct Failure {
  std::string file;
  std::string message;
};

// What this process has loaded. A process has one LibTorch: environments (worker threads) that come later
// share it, whatever they asked for.
struct Loaded {
  std::string description;
  std::optional<Failure> optional_failure;
};

struct Outcome {
  std::optional<Failure> failure;
  // A library of the failed attempt stayed in the process: opening another LibTorch would mix the two.
  bool stuck = false;
  Loaded loaded;
};

// Sets the variables, unless an earlier request did: OpenMP and MKL read them once, when they are loaded, and
// afterwards a change would only mislead. On the JavaScript thread, so that setenv does not meet a getenv of
// it.
void set_environment(const Request& request);

// Opens the libraries, unless this process has some already. Any thread.
Outcome load(const Request& request);

}  // namespace node_libtorch::loader
