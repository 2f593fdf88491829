//go:build amd64 && !purego

#include "textflag.h"
#include "go_asm.h"
#include "ghash_amd64.h"

DATA swap<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA swap<>+8(SB)/8, $0x0001020304050607
GLOBL swap<>(SB), RODATA|NOPTR, $16

// x^127 + x^126 + x^121 + 1: G without its highest term.
DATA poly<>+0(SB)/8, $0x0000000000000001
DATA poly<>+8(SB)/8, $0xc200000000000000
GLOBL poly<>(SB), RODATA|NOPTR, $16

// NEXT makes a round key of the one before, X0 (FIPS 197 section 5.2), and takes
// the block X3 through the round before it.
#define NEXT(constant, offset, round) \
	AESKEYGENASSIST $constant, X0, X1    \
	VPSHUFD $0xff, X1, X1                \
	VPSLLDQ $4, X0, X2                   \
	VPXOR   X2, X0, X0                   \
	VPSLLDQ $4, X2, X2                   \
	VPXOR   X2, X0, X0                   \
	VPSLLDQ $4, X2, X2                   \
	VPXOR   X2, X0, X0                   \
	VPXOR   X1, X0, X0                   \
	VMOVDQU X0, AEAD_rounds+offset(AX)   \
	round   X0, X3, X3

// func expand(a *AEAD, key *[16]byte)
TEXT ·expand(SB), NOSPLIT, $0-16
	MOVQ    a+0(FP), AX
	MOVQ    key+8(FP), BX
	VMOVDQU (BX), X0
	VMOVDQU X0, AEAD_rounds(AX)
	VMOVDQA X0, X3 // the zero block, after the addition of the key
	NEXT(0x01, 16, VAESENC)
	NEXT(0x02, 32, VAESENC)
	NEXT(0x04, 48, VAESENC)
	NEXT(0x08, 64, VAESENC)
	NEXT(0x10, 80, VAESENC)
	NEXT(0x20, 96, VAESENC)
	NEXT(0x40, 112, VAESENC)
	NEXT(0x80, 128, VAESENC)
	NEXT(0x1b, 144, VAESENC)
	NEXT(0x36, 160, VAESENCLAST)

	// H is that block encrypted. Swapped and times x: the lower half's highest bit
	// goes into the upper half, the upper half's comes back as poly.
	VPSHUFB swap<>(SB), X3, X3
	VPSRLQ  $63, X3, X1
	VPSLLDQ $8, X1, X1
	VPSRAD  $31, X3, X2
	VPSHUFD $0xff, X2, X2
	VPAND   poly<>(SB), X2, X2
	VPADDQ  X3, X3, X3
	VPOR    X1, X3, X3
	VPXOR   X2, X3, X3

	// The powers, from H^1 downwards in memory.
	VPBROADCASTQ poly<>+8(SB), POLY
	LEAQ    AEAD_powers+(80*16)(AX), R9
	LEAQ    AEAD_powers(AX), R8
	MOVQ    R9, R10
	VMOVDQU X3, (R9)
	VMOVDQA X3, X4

power:
	START
	ADD1(D0, 0)
	REDUCE
	VMOVDQU64 ACC, D0
	SUBQ      $16, R10
	VMOVDQU   X4, (R10)
	CMPQ      R10, R8
	JNE       power
	VPXORQ    POWER2, POWER2, POWER2
	VPXORQ    T, T, T
	VPXORQ    U, U, U
	VPXORQ    ACC, ACC, ACC
	VZEROALL // of the other 16 registers, where the last keys are
	RET
