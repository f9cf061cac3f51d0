// What this CPU can do, asked of the CPU itself and so the same for every LibTorch version.
#pragma once

namespace node_libtorch::engine {

// bfloat16 arithmetic in hardware (AVX512_BF16 or AMX on x86-64, the BF16 extension on arm64). Without it
// LibTorch emulates, many times slower than float32.
bool cpu_has_bfloat16() noexcept;

}  // namespace node_libtorch::engine
