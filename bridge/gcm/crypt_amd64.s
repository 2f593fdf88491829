//go:build amd64 && !purego

#include "textflag.h"
#include "go_asm.h"
#include "ghash_amd64.h"
#include "aes_amd64.h"

// Registers that stay: AX the AEAD, BX the counter's last byte, CX and DX what is
// left of the additional data, SI and DI what is left to read and to write, R8 how
// many bytes of a last group there are, R9 the powers for the group at hand, R10
// how many whole groups are left, R11 how many of them until the sum is reduced.
// A group is 256 bytes, 16 blocks.

DATA swap<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA swap<>+8(SB)/8, $0x0001020304050607
GLOBL swap<>(SB), RODATA|NOPTR, $16

DATA four<>+0(SB)/8, $4
DATA four<>+8(SB)/8, $0
GLOBL four<>(SB), RODATA|NOPTR, $16

// The same for counters as AES takes them, and what the first four are beyond 1.
DATA counters<>+0(SB)/8, $0
DATA counters<>+8(SB)/8, $0x0400000000000000
DATA counters<>+16(SB)/8, $0
DATA counters<>+24(SB)/8, $0x0100000000000000
DATA counters<>+32(SB)/8, $0
DATA counters<>+40(SB)/8, $0x0200000000000000
DATA counters<>+48(SB)/8, $0
DATA counters<>+56(SB)/8, $0x0300000000000000
DATA counters<>+64(SB)/8, $0
DATA counters<>+72(SB)/8, $0x0400000000000000
GLOBL counters<>(SB), RODATA|NOPTR, $80

DATA poly<>+0(SB)/8, $0xc200000000000000
GLOBL poly<>(SB), RODATA|NOPTR, $8

// END is behind H^1.
#define END AEAD_powers+(81*16)(AX)

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
	VBROADCASTI32X4 counters<>(SB), FOUR
	VPBROADCASTQ    poly<>(SB), POLY

	MOVL        $0x01000000, R12
	VMOVQ       (BX), X0
	VPINSRD     $2, 8(BX), X0, X0
	VPINSRD     $3, R12, X0, X0
	VSHUFI64X2  $0, Z0, Z0, COUNTER
	VPADDD      counters<>+16(SB), COUNTER, COUNTER
	MOVL        $2, BX
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

// carry is COUNT where the last byte runs over: with the bytes swapped, a lane's
// first number counts.
TEXT carry<>(SB), NOSPLIT|NOFRAME, $0
	VBROADCASTI32X4 four<>(SB), U
	VPXORQ  KEY0, A0, T
	VPSHUFB SWAP, T, T
	VPADDD  U, T, T
	VPSHUFB SWAP, T, A1
	VPADDD  U, T, T
	VPSHUFB SWAP, T, A2
	VPADDD  U, T, T
	VPSHUFB SWAP, T, A3
	VPADDD  U, T, T
	VPSHUFB SWAP, T, COUNTER
	VPXORQ  KEY0, A1, A1
	VPXORQ  KEY0, A2, A2
	VPXORQ  KEY0, A3, A3
	RET

// absorb hashes the additional data, its last block filled up with zeros.
TEXT absorb<>(SB), NOSPLIT|NOFRAME, $0
	TESTQ CX, CX
	JEQ   done
	MOVQ  $64, R14
	MOVQ  $-1, R15

four:
	MOVQ       CX, R11
	CMPQ       R11, R14
	CMOVQGT    R14, R11
	BZHIQ      R11, R15, R12
	KMOVQ      R12, K1
	VMOVDQU8.Z (DX), K1, D0
	VPSHUFB    SWAP, D0, D0
	VPXORQ     ACC, D0, D0

	// The power to begin with is that of the number of blocks, up to 4.
	ADDQ R11, DX
	SUBQ R11, CX
	ADDQ $15, R11
	ANDQ $~15, R11
	LEAQ END, R9
	SUBQ R11, R9
	START
	ADD1(D0, 0)
	REDUCE
	TESTQ CX, CX
	JNE   four

done:
	RET

// plan begins a sum of 4 groups, or the last one: that has up to 4 groups, the
// last group and the lengths, and is left to finish.
TEXT plan<>(SB), NOSPLIT|NOFRAME, $0
	START
	LEAQ END, R9
	CMPQ R10, $4
	JLE  last
	MOVQ $4, R11
	SUBQ $(64*16), R9
	RET

last:
	MOVQ R10, R11
	MOVQ R10, R12
	SHLQ $8, R12
	MOVQ R8, R13
	ANDQ $~15, R13
	ADDQ R13, R12
	ADDQ $32, R12
	SUBQ R12, R9
	RET

// swapped readies the counters for LAST.
TEXT swapped<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ            $-1, R15
	VBROADCASTI32X4 four<>(SB), FOUR
	VPSHUFB         SWAP, COUNTER, COUNTER
	RET

// finish hashes the lengths in bits of the additional data, R12, and of the
// ciphertext, R13. The tag comes to lie in X0; what knows the key is wiped.
TEXT finish<>(SB), NOSPLIT|NOFRAME, $0
	VMOVQ   R13, X4
	VPINSRQ $1, R12, X4, X4
	LEAQ    END, R9
	ADD1(D0, -16)
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
	VPXORQ POWER2, POWER2, POWER2
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
	CALL plan<>(SB)
	TESTQ R10, R10
	JEQ  last

	// One group goes ahead; then each is encrypted while that before it is hashed.
	COUNT
	ROUNDS
	SEALEDGROUP

group:
	CMPQ R10, $1
	JEQ  ahead
	COUNT
	CHAIN
	ROUNDSADD
	SEALEDGROUP
	ADDQ $256, R9
	DECQ R10
	DECQ R11
	JNE  group
	REDUCE
	CALL plan<>(SB)
	JMP  group

ahead:
	CHAIN
	ADD
	ADDQ $256, R9

last:
	MOVBLZX tail+64(FP), R11
	VPBROADCASTB R11, D1
	CALL swapped<>(SB)

four:
	LAST
	VMOVDQU8.Z  (SI), K2, T
	VMOVDQU8    D1, K3, T
	VPXORQ      KEYL, T, T
	VAESENCLAST T, A0, A0
	VMOVDQU8    A0, K1, (DI)
	VMOVDQU8.Z  A0, K1, D0
	VPSHUFB     SWAP, D0, D0
	CHAIN
	ADD1(D0, 0)
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $64, R9
	SUBQ $64, R8
	JGE  four

	MOVQ ad_len+80(FP), R12
	MOVQ payload_len+48(FP), R13
	MOVQ dst_base+16(FP), DI
	LEAQ 1(DI)(R13*1), DI // where the tag goes
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
	CALL plan<>(SB)
	TESTQ R10, R10
	JEQ  last

group:
	OPENING(0, D0)
	OPENING(64, D1)
	OPENING(128, D2)
	OPENING(192, D3)
	COUNT
	CHAIN
	ROUNDSADD
	OPENED(0, A0)
	OPENED(64, A1)
	OPENED(128, A2)
	OPENED(192, A3)
	ADDQ $256, SI
	ADDQ $256, DI
	ADDQ $256, R9
	DECQ R10
	JEQ  last
	DECQ R11
	JNE  group
	REDUCE
	CALL plan<>(SB)
	JMP  group

last:
	VPXORQ D1, D1, D1
	CALL swapped<>(SB)

four:
	LAST
	VMOVDQU8.Z  (SI), K1, T
	VPSHUFB     SWAP, T, D0
	VPXORQ      KEYL, T, T
	VAESENCLAST T, A0, A0
	VMOVDQU8    A0, K2, (DI)
	VMOVDQU8    A0, K3, D1
	CHAIN
	ADD1(D0, 0)
	ADDQ $64, SI
	ADDQ $64, DI
	ADDQ $64, R9
	SUBQ $64, R8
	JGE  four

	// All of D1 but one byte is zero: its sum is that byte.
	VEXTRACTI64X4 $1, D1, TY
	VPORQ   TY, Y5, Y5
	VEXTRACTI64X2 $1, Y5, TX
	VPORQ   TX, X5, X1
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
