// What is known of an AOTInductor package before it is opened: where it lies and what its inputs must be. The
// compiled code checks nothing itself, so this is what keeps its reads inside the tensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/value.h"

namespace node_libtorch::engine {

// A size that differs from call to call, the same wherever it stands in one call.
struct Symbol {
  int64_t min = 0;
  int64_t max = 0;
};

// One dimension: `offset` alone, or scale × a symbol + offset.
struct Extent {
  int64_t symbol = -1;  // none
  int64_t scale = 0;
  int64_t offset = 0;
};

struct InputCheck {
  std::string name;
  DType dtype = DType::float32;
  std::vector<Extent> shape;
  // Dimensions from the slowest to the fastest in memory, as the model was compiled for.
  std::vector<int64_t> order;
};

// A constant that lies beside the library as raw bytes: `shape` and `strides` in a file of `bytes` that was
// unpacked and checked against its checksum.
struct StoredConstant {
  std::string name;  // the constant's own, or that of the module's state
  std::string file;  // absolute
  size_t bytes = 0;
  DType dtype = DType::float32;
  int64_t offset = 0;  // in elements
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
};

// What is known of the package's state before it is opened.
enum class KnownState {
  none,
  kept,     // `stateful_reason` says how
  unknown,  // runs of a second copy show it
};

struct CompiledPackage {
  std::string path;    // its unpacked folder (LibTorch 2.15) or the package file
  std::string model;   // of the models in it
  std::string device;  // it was compiled for: "cpu" or "cuda"
  std::vector<Symbol> symbols;
  std::vector<InputCheck> inputs;
  std::vector<StoredConstant> constants;
  std::string blob;                  // absolute path of a file with all constants; empty where there is none
  size_t blob_bytes = 0;             // of it
  std::vector<std::string> pickled;  // names of constants that only Python could read
  KnownState state = KnownState::none;
  std::string stateful_reason;
  // Operators, as `namespace::name.overload`, that are given constants and are not PyTorch's own.
  std::vector<std::string> operators;
};

// Reads what src/engines/aoti/check-package.ts writes. Throws ERR_INVALID_ARGUMENT.
CompiledPackage read_compiled_package(const Value& value);

// Throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE or ERR_INVALID_SHAPE unless the arguments are tensors that the
// compiled code can read.
void check_inputs(const CompiledPackage& package, const List& args);

}  // namespace node_libtorch::engine
