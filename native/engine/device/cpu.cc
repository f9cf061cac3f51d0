#include "engine/device/cpu.h"

#if defined(__x86_64__) && !defined(_WIN32)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace node_libtorch::engine {

bool cpu_has_bfloat16() noexcept {
#if defined(__x86_64__) && !defined(_WIN32)
  // Intel SDM, CPUID leaf 7: subleaf 0 EDX bit 22 AMX-BF16 and bit 24 AMX-TILE; subleaf 1 EAX bit 5
  // AVX512_BF16.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__builtin_cpu_supports("avx512f")) return false;  // asks the operating system too
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  const bool amx = (edx >> 22 & 1U) != 0 && (edx >> 24 & 1U) != 0;
  if (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) == 0) return amx;
  return amx || (eax >> 5 & 1U) != 0;
#elif defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long kHwcap2Bf16 = 1UL << 14;  // asm/hwcap.h, HWCAP2_BF16
  return (getauxval(AT_HWCAP2) & kHwcap2Bf16) != 0;
#elif defined(__APPLE__) && defined(__aarch64__)
  return false;  // M2 and later have it; not measured, so not claimed
#else
  return false;
#endif
}

}  // namespace node_libtorch::engine
