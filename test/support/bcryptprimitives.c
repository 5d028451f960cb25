/* The one function that programs of Go take from bcryptprimitives.dll, which Wine 8 lacks: random
   bytes, which Wine gives under another name (RtlGenRandom). For tests. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return SystemFunction036(data, (ULONG)length);
}
