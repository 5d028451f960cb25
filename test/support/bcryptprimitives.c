/* The only function that Go programs use from bcryptprimitives.dll, which is missing in Wine 8: random
   bytes. Wine provides them under another name (RtlGenRandom). For tests. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return SystemFunction036(data, (ULONG)length);
}
