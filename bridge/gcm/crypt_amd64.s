//go:build amd64 && !purego

#include "textflag.h"
#include "go_asm.h"
#include "header_amd64.h"

// Registers that stay: AX the AEAD, BX the nonce, CX and DX what is left of the
// additional data, SI and DI what is left to read and to write, R8 how many bytes
// of a last group there are, R9 the powers for the group at hand, R10 how many
// whole groups. A group is 256 bytes, 16 blocks.

DATA swap<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA swap<>+8(SB)/8, $0x0001020304050607
GLOBL swap<>(SB), RODATA|NOPTR, $16

DATA four<>+0(SB)/8, $4
DATA four<>+8(SB)/8, $0
GLOBL four<>(SB), RODATA|NOPTR, $16

DATA ascending<>+0(SB)/8, $1
DATA ascending<>+8(SB)/8, $0
DATA ascending<>+16(SB)/8, $2
DATA ascending<>+24(SB)/8, $0
DATA ascending<>+32(SB)/8, $3
DATA ascending<>+40(SB)/8, $0
DATA ascending<>+48(SB)/8, $4
DATA ascending<>+56(SB)/8, $0
GLOBL ascending<>(SB), RODATA|NOPTR, $64

DATA poly<>+0(SB)/8, $0xc200000000000000
GLOBL poly<>(SB), RODATA|NOPTR, $8

// ROUND is one round of AES for a group.
#define ROUND(key) \
	VAESENC key, A0, A0 \
	VAESENC key, A1, A1 \
	VAESENC key, A2, A2 \
	VAESENC key, A3, A3

// COUNT makes the next 16 counters (the last 32 bits count, SP 800-38D section
// 6.2: after the swap that is a lane's first number) and adds the first key.
#define COUNT \
	VPSHUFB SWAP, COUNTER, A0      \
	VPADDD  FOUR, COUNTER, COUNTER \
	VPSHUFB SWAP, COUNTER, A1      \
	VPADDD  FOUR, COUNTER, COUNTER \
	VPSHUFB SWAP, COUNTER, A2      \
	VPADDD  FOUR, COUNTER, COUNTER \
	VPSHUFB SWAP, COUNTER, A3      \
	VPADDD  FOUR, COUNTER, COUNTER \
	VPXORQ  KEY0, A0, A0           \
	VPXORQ  KEY0, A1, A1           \
	VPXORQ  KEY0, A2, A2           \
	VPXORQ  KEY0, A3, A3

// ROUNDS is AES but for the last round, and alone.
#define ROUNDS \
	ROUND(KEY1) \
	ROUND(KEY2) \
	ROUND(KEY3) \
	ROUND(KEY4) \
	ROUND(KEY5) \
	ROUND(KEY6) \
	ROUND(KEY7) \
	ROUND(KEY8) \
	ROUND(KEY9)

// ROUNDSHASH is ROUNDS and HASH at a time: each fills the other's waits.
#define ROUNDSHASH \
	VPXORQ ACC, D0, D0 \
	START              \
	ROUND(KEY1)        \
	OUTER(D0, 0)       \
	ROUND(KEY2)        \
	INNER(D0)          \
	ROUND(KEY3)        \
	OUTER(D1, 64)      \
	ROUND(KEY4)        \
	INNER(D1)          \
	ROUND(KEY5)        \
	OUTER(D2, 128)     \
	ROUND(KEY6)        \
	INNER(D2)          \
	ROUND(KEY7)        \
	OUTER(D3, 192)     \
	ROUND(KEY8)        \
	INNER(D3)          \
	ROUND(KEY9)        \
	REDUCE

// MASK sets mask to the bytes from offset on of the first R11 of a group: none if
// there are less than none, and no more than 64, because BZHI would take 256 as 0.
#define MASK(offset, mask) \
	MOVQ    R11, R12      \
	SUBQ    $offset, R12  \
	CMOVQLT R13, R12      \
	CMPQ    R12, R14      \
	CMOVQGT R14, R12      \
	BZHIQ   R12, R15, R12 \
	KMOVQ   R12, mask

#define MASKS(m0, m1, m2, m3) \
	XORL R13, R13 \
	MOVQ $64, R14 \
	MOVQ $-1, R15 \
	MASK(0, m0)   \
	MASK(64, m1)  \
	MASK(128, m2) \
	MASK(192, m3)

// setup loads what stays in registers, and encrypts the counter 1 for the tag. A
// nonce of 12 bytes is the upper part of the counter (SP 800-38D section 7.1).
TEXT setup<>(SB), NOSPLIT|NOFRAME, $0
	VBROADCASTI32X4 AEAD_rounds+0(AX), KEY0
	VBROADCASTI32X4 AEAD_rounds+16(AX), KEY1
	VBROADCASTI32X4 AEAD_rounds+32(AX), KEY2
	VBROADCASTI32X4 AEAD_rounds+48(AX), KEY3
	VBROADCASTI32X4 AEAD_rounds+64(AX), KEY4
	VBROADCASTI32X4 AEAD_rounds+80(AX), KEY5
	VBROADCASTI32X4 AEAD_rounds+96(AX), KEY6
	VBROADCASTI32X4 AEAD_rounds+112(AX), KEY7
	VBROADCASTI32X4 AEAD_rounds+128(AX), KEY8
	VBROADCASTI32X4 AEAD_rounds+144(AX), KEY9
	VBROADCASTI32X4 AEAD_rounds+160(AX), KEYL
	VBROADCASTI32X4 swap<>(SB), SWAP
	VBROADCASTI32X4 four<>(SB), FOUR
	VPBROADCASTQ    poly<>(SB), POLY

	MOVL        $0x01000000, R12
	VMOVQ       (BX), X0
	VPINSRD     $2, 8(BX), X0, X0
	VPINSRD     $3, R12, X0, X0
	VSHUFI64X2  $0, Z0, Z0, COUNTER
	VPSHUFB     SWAP, COUNTER, COUNTER
	VPADDD      ascending<>(SB), COUNTER, COUNTER
	VPXORQ      KEY0, A0, A0
	VAESENC     KEY1, A0, A0
	VAESENC     KEY2, A0, A0
	VAESENC     KEY3, A0, A0
	VAESENC     KEY4, A0, A0
	VAESENC     KEY5, A0, A0
	VAESENC     KEY6, A0, A0
	VAESENC     KEY7, A0, A0
	VAESENC     KEY8, A0, A0
	VAESENC     KEY9, A0, A0
	VAESENCLAST KEYL, A0, A0
	VMOVDQU64   X0, MASKX
	VPXORQ      ACC, ACC, ACC
	RET

// absorb hashes the additional data, its last block filled up with zeros. It
// leaves alone what is in SI, DI, R8 and R10.
TEXT absorb<>(SB), NOSPLIT|NOFRAME, $0
	TESTQ CX, CX
	JEQ   done

group:
	MOVQ    $256, R11
	CMPQ    CX, R11
	CMOVQLT CX, R11
	MASKS(K1, K2, K3, K4)
	VMOVDQU8.Z 0(DX), K1, D0
	VMOVDQU8.Z 64(DX), K2, D1
	VMOVDQU8.Z 128(DX), K3, D2
	VMOVDQU8.Z 192(DX), K4, D3
	VPSHUFB SWAP, D0, D0
	VPSHUFB SWAP, D1, D1
	VPSHUFB SWAP, D2, D2
	VPSHUFB SWAP, D3, D3

	// n blocks begin with H^n, which is 16*n bytes below the end of the powers.
	LEAQ 15(R11), R12
	ANDQ $~15, R12
	LEAQ AEAD_powers+272(AX), R9
	SUBQ R12, R9
	HASH
	ADDQ R11, DX
	SUBQ R11, CX
	JNE  group

done:
	RET

// finish hashes the last group, of R8+1 bytes, filled up with zeros in D0 to D3,
// and the lengths in bits of the additional data, R12, and of the ciphertext, R13.
// The tag comes to lie in X0; what knows the key is wiped.
TEXT finish<>(SB), NOSPLIT|NOFRAME, $0
	// n blocks and that of the lengths behind them begin with H^(n+1).
	MOVQ   R8, R11
	ANDQ   $~15, R11
	LEAQ   AEAD_powers+240(AX), R9
	SUBQ   R11, R9
	VPXORQ ACC, D0, D0
	START
	OUTER(D0, 0)
	INNER(D0)
	OUTER(D1, 64)
	INNER(D1)
	OUTER(D2, 128)
	INNER(D2)
	OUTER(D3, 192)
	INNER(D3)

	VMOVQ   R13, X4
	VPINSRQ $1, R12, X4, X4
	LEAQ    AEAD_powers+256(AX), R9
	OUTER(D0, 0)
	INNER(D0)
	REDUCE
	VPSHUFB SWAP, ACC, A0
	VPXORQ  MASKX, X0, X0

	VPXORQ KEY0, KEY0, KEY0
	VPXORQ KEY1, KEY1, KEY1
	VPXORQ KEY2, KEY2, KEY2
	VPXORQ KEY3, KEY3, KEY3
	VPXORQ KEY4, KEY4, KEY4
	VPXORQ KEY5, KEY5, KEY5
	VPXORQ KEY6, KEY6, KEY6
	VPXORQ KEY7, KEY7, KEY7
	VPXORQ KEY8, KEY8, KEY8
	VPXORQ KEY9, KEY9, KEY9
	VPXORQ KEYL, KEYL, KEYL
	VPXORQ POWER, POWER, POWER
	VPXORQ TAIL, TAIL, TAIL
	VPXORQ MASKX, MASKX, MASKX
	VPXORQ T, T, T
	VPXORQ U, U, U
	VPXORQ ACC, ACC, ACC
	RET

// SEALED ends the encryption of 64 bytes. The last round adds its key to the
// text: so the text's addition costs nothing on the way to the ciphertext.
#define SEALED(offset, a, data) \
	VPXORQ      offset(SI), KEYL, T \
	VAESENCLAST T, a, a             \
	VMOVDQU64   a, offset(DI)       \
	VPSHUFB     SWAP, a, data

#define SEALEDGROUP \
	SEALED(0, A0, D0)   \
	SEALED(64, A1, D1)  \
	SEALED(128, A2, D2) \
	SEALED(192, A3, D3) \
	ADDQ $256, SI       \
	ADDQ $256, DI

// SEALEDLAST does it for a last group: text of the mask K5 and then the byte
// TAIL, which mask has and K5 does not.
#define SEALEDLAST(offset, a, data, mask) \
	KXORQ       mask, K5, K6       \
	VMOVDQU8.Z  offset(SI), K5, T  \
	VMOVDQU8    TAIL, K6, T        \
	VPXORQ      KEYL, T, T         \
	VAESENCLAST T, a, a            \
	VMOVDQU8    a, mask, offset(DI) \
	VMOVDQU8.Z  a, mask, data      \
	VPSHUFB     SWAP, data, data

// func seal(a *AEAD, nonce *[12]byte, dst, payload []byte, tail byte, ad []byte)
TEXT ·seal(SB), NOSPLIT, $0-96
	MOVQ a+0(FP), AX
	MOVQ nonce+8(FP), BX
	MOVQ dst_base+16(FP), DI
	MOVQ payload_base+40(FP), SI
	MOVQ payload_len+48(FP), R8
	MOVQ ad_base+72(FP), DX
	MOVQ ad_len+80(FP), CX
	MOVQ R8, R10
	ANDQ $255, R8
	SHRQ $8, R10
	CALL setup<>(SB)
	CALL absorb<>(SB)
	TESTQ R10, R10
	JEQ  last

	// One group goes ahead; then each is encrypted while that before it is hashed.
	LEAQ AEAD_powers+16(AX), R9
	COUNT
	ROUNDS
	SEALEDGROUP
	DECQ R10
	JEQ  ahead

group:
	COUNT
	ROUNDSHASH
	SEALEDGROUP
	DECQ R10
	JNE  group

ahead:
	HASH

last:
	COUNT
	ROUNDS
	MOVBLZX tail+64(FP), R11
	VPBROADCASTB R11, TAIL
	LEAQ 1(R8), R11
	MASKS(K1, K2, K3, K4)
	MOVQ R8, R11
	MASK(0, K5)
	SEALEDLAST(0, A0, D0, K1)
	MASK(64, K5)
	SEALEDLAST(64, A1, D1, K2)
	MASK(128, K5)
	SEALEDLAST(128, A2, D2, K3)
	MASK(192, K5)
	SEALEDLAST(192, A3, D3, K4)

	LEAQ 1(DI)(R8*1), DI // where the tag goes
	MOVQ ad_len+80(FP), R12
	MOVQ payload_len+48(FP), R13
	SHLQ $3, R12
	LEAQ 8(R13*8), R13
	CALL finish<>(SB)
	VMOVDQU X0, (DI)
	VZEROUPPER
	RET

// OPENING takes 64 bytes of ciphertext for GHASH, OPENED ends their decryption.
#define OPENING(offset, data) \
	VMOVDQU64 offset(SI), data   \
	VPSHUFB   SWAP, data, data

#define OPENED(offset, a) \
	VPXORQ      offset(SI), KEYL, T \
	VAESENCLAST T, a, a             \
	VMOVDQU64   a, offset(DI)

// OPENEDLAST does both for a last group, of ciphertext of mask; the text is of the
// mask K5, and a byte more if there is one goes into TAIL.
#define OPENEDLAST(offset, a, data, mask) \
	KXORQ       mask, K5, K6       \
	VMOVDQU8.Z  offset(SI), mask, T \
	VPSHUFB     SWAP, T, data      \
	VPXORQ      KEYL, T, T         \
	VAESENCLAST T, a, a            \
	VMOVDQU8    a, K5, offset(DI)  \
	VMOVDQU8    a, K6, TAIL

// func open(a *AEAD, nonce *[12]byte, dst, sealed, ad []byte, tag *[16]byte) (tail byte)
TEXT ·open(SB), NOSPLIT, $0-97
	MOVQ a+0(FP), AX
	MOVQ nonce+8(FP), BX
	MOVQ dst_base+16(FP), DI
	MOVQ dst_len+24(FP), R8
	MOVQ sealed_base+40(FP), SI
	MOVQ ad_base+64(FP), DX
	MOVQ ad_len+72(FP), CX
	MOVQ R8, R10
	ANDQ $255, R8
	SHRQ $8, R10
	CALL setup<>(SB)
	CALL absorb<>(SB)
	TESTQ R10, R10
	JEQ  last
	LEAQ AEAD_powers+16(AX), R9

group:
	OPENING(0, D0)
	OPENING(64, D1)
	OPENING(128, D2)
	OPENING(192, D3)
	COUNT
	ROUNDSHASH
	OPENED(0, A0)
	OPENED(64, A1)
	OPENED(128, A2)
	OPENED(192, A3)
	ADDQ $256, SI
	ADDQ $256, DI
	DECQ R10
	JNE  group

last:
	COUNT
	ROUNDS
	VPXORQ TAIL, TAIL, TAIL
	LEAQ 1(R8), R11
	MASKS(K1, K2, K3, K4)
	MOVQ R8, R11
	MASK(0, K5)
	OPENEDLAST(0, A0, D0, K1)
	MASK(64, K5)
	OPENEDLAST(64, A1, D1, K2)
	MASK(128, K5)
	OPENEDLAST(128, A2, D2, K3)
	MASK(192, K5)
	OPENEDLAST(192, A3, D3, K4)

	// All of TAIL but one byte is zero: its sum is that byte.
	VEXTRACTI64X4 $1, TAIL, TY
	VPORQ   TY, TAILY, TAILY
	VEXTRACTI64X2 $1, TAILY, TX
	VPORQ   TX, TAILX, X1
	VPXOR   X2, X2, X2
	VPSADBW X2, X1, X1
	VPSRLDQ $8, X1, X2
	VPOR    X2, X1, X1
	VMOVD   X1, R11
	MOVB    R11, tail+96(FP)

	MOVQ tag+88(FP), DI
	MOVQ ad_len+72(FP), R12
	MOVQ dst_len+24(FP), R13
	SHLQ $3, R12
	LEAQ 8(R13*8), R13
	CALL finish<>(SB)
	VMOVDQU X0, (DI)
	VZEROUPPER
	RET
