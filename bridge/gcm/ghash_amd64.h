// What both assembly files share: registers, and the arithmetic of GHASH.
//
// GHASH multiplies in GF(2^128). SP 800-38D section 6.3 numbers a block's bits
// from the left: the first bit of the first byte is the coefficient of x^0. With
// its bytes reversed (SWAP), a block is an integer whose bit 127-i belongs to x^i:
// all polynomials are mirrored. The mirrored product of two mirrored polynomials
// has 255 bits and lies one bit too low in 256; so one factor, the power of H, is
// kept multiplied by x, that is shifted left by one and reduced.
//
// The modulus mirrored is G = x^128 + x^127 + x^126 + x^121 + 1. A product is
// divided by x^128 modulo G, 64 bits at a time, as Montgomery does with integers:
// the lowest 64 bits t become zero by adding t*G, because G ends in 63 zeros and a
// one. Of t*G/x^64 there remain t*x^64 and t*(x^63+x^62+x^57): halves swapped, and
// a multiplication by POLY.
//
// A product of 128 x 128 bits is four of 64 x 64: low halves in LO, high ones in
// HI, the two mixed ones, that are 64 bits further up than LO, in MI. They are
// summed up for many blocks, in four lanes, and reduced once: X1*H^n + ... + Xn*H^1.

#define A0 Z0 // four times four blocks of counters on their way through AES
#define A1 Z1
#define A2 Z2
#define A3 Z3
#define D0 Z4 // ciphertext for GHASH, swapped
#define D1 Z5
#define D2 Z6
#define D3 Z7
#define COUNTER Z8 // the next four counters, as AES takes them
#define FOUR Z9
#define SWAP Z10
#define POLY Z11
#define LO Z12
#define MI Z13
#define HI Z14
#define HIY Y14
#define HIX X14
#define POWER Z15
#define POWER2 Z20
#define T Z16
#define TY Y16
#define TX X16
#define U Z17
#define ACC Z18 // what GHASH has come to, swapped, in the lowest lane
#define ACCX X18
#define MASKX X19 // the first counter encrypted: added to GHASH it is the tag
#define KEY0 Z21 // round keys, four times each
#define KEY1 Z22
#define KEY2 Z23
#define KEY3 Z24
#define KEY4 Z25
#define KEY5 Z26
#define KEY6 Z27
#define KEY7 Z28
#define KEY8 Z29
#define KEY9 Z30
#define KEYL Z31

// START begins a sum of products. LOWS, HIGHS and two times MIXED add two registers
// of blocks times the powers at offset of R9; LOWS loads these for the others.
#define START \
	VPXORQ LO, LO, LO \
	VPXORQ MI, MI, MI \
	VPXORQ HI, HI, HI

#define LOWS(d, e, offset) \
	VMOVDQU64  offset(R9), POWER     \
	VMOVDQU64  offset+64(R9), POWER2 \
	VPCLMULQDQ $0x00, POWER, d, T    \
	VPCLMULQDQ $0x00, POWER2, e, U   \
	VPTERNLOGQ $0x96, T, U, LO

#define HIGHS(d, e) \
	VPCLMULQDQ $0x11, POWER, d, T  \
	VPCLMULQDQ $0x11, POWER2, e, U \
	VPTERNLOGQ $0x96, T, U, HI

#define MIXED(d, power) \
	VPCLMULQDQ $0x01, power, d, T \
	VPCLMULQDQ $0x10, power, d, U \
	VPTERNLOGQ $0x96, T, U, MI

// ADD adds all of a group.
#define ADD \
	LOWS(D0, D1, 0)   \
	HIGHS(D0, D1)     \
	MIXED(D0, POWER)  \
	MIXED(D1, POWER2) \
	LOWS(D2, D3, 128) \
	HIGHS(D2, D3)     \
	MIXED(D2, POWER)  \
	MIXED(D3, POWER2)

// ADD1 adds a single register.
#define ADD1(d, offset) \
	VMOVDQU64  offset(R9), POWER  \
	VPCLMULQDQ $0x00, POWER, d, T \
	VPCLMULQDQ $0x11, POWER, d, U \
	VPXORQ     T, LO, LO          \
	VPXORQ     U, HI, HI          \
	MIXED(d, POWER)

// REDUCE brings the sum down to 128 bits a lane, and the lanes together in ACC.
#define REDUCE \
	VPCLMULQDQ    $0x00, POLY, LO, T \
	VPSHUFD       $0x4e, LO, U       \
	VPTERNLOGQ    $0x96, T, U, MI    \
	VPCLMULQDQ    $0x00, POLY, MI, T \
	VPSHUFD       $0x4e, MI, U       \
	VPTERNLOGQ    $0x96, T, U, HI    \
	VEXTRACTI64X4 $1, HI, TY         \
	VPXORQ        TY, HIY, HIY       \
	VEXTRACTI64X2 $1, HIY, TX        \
	VPXORQ        TX, HIX, ACCX
