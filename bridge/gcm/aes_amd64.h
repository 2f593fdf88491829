// The counter mode of SP 800-38D section 6.5, by groups of 16 blocks and at the
// end by four. BX is the last byte of the counter.

// ROUND is one round of AES for a group.
#define ROUND(key) \
	VAESENC key, A0, A0 \
	VAESENC key, A1, A1 \
	VAESENC key, A2, A2 \
	VAESENC key, A3, A3

// COUNT makes the next 16 counters and adds the first key. The last 32 bits count,
// the highest byte first (SP 800-38D section 6.2). Mostly it is enough to add to
// the last byte: as COUNTER begins with 2 and goes on by 16, none of its lanes runs
// over before BX, which is its lowest lane, does.
#define COUNT \
	VPXORQ KEY0, COUNTER, A0      \
	VPADDD FOUR, COUNTER, COUNTER \
	VPXORQ KEY0, COUNTER, A1      \
	VPADDD FOUR, COUNTER, COUNTER \
	VPXORQ KEY0, COUNTER, A2      \
	VPADDD FOUR, COUNTER, COUNTER \
	VPXORQ KEY0, COUNTER, A3      \
	VPADDD FOUR, COUNTER, COUNTER \
	ADDB   $16, BX                \
	JCC    2(PC)                  \
	CALL   carry<>(SB)

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

// ROUNDSADD is ROUNDS and ADD at a time: each fills the other's waits.
#define ROUNDSADD \
	ROUND(KEY1)       \
	LOWS(D0, D1, 0)   \
	ROUND(KEY2)       \
	HIGHS(D0, D1)     \
	ROUND(KEY3)       \
	MIXED(D0, POWER)  \
	ROUND(KEY4)       \
	MIXED(D1, POWER2) \
	ROUND(KEY5)       \
	LOWS(D2, D3, 128) \
	ROUND(KEY6)       \
	HIGHS(D2, D3)     \
	ROUND(KEY7)       \
	MIXED(D2, POWER)  \
	ROUND(KEY8)       \
	MIXED(D3, POWER2) \
	ROUND(KEY9)

// CHAIN adds what GHASH has come to, once, to the first group of a sum.
#define CHAIN \
	VPXORQ ACC, D0, D0 \
	VPXORQ ACC, ACC, ACC

// LAST begins the last 64 bytes or less, of R8 and one more: K1 is the mask of
// all of them, K2 of R8, K3 of the one if it is here. Counters are swapped.
#define LAST \
	BZHIQ   R8, R15, R12           \
	KMOVQ   R12, K2                \
	LEAQ    1(R12)(R12*1), R12     \
	KMOVQ   R12, K1                \
	KXORQ   K1, K2, K3             \
	VPSHUFB SWAP, COUNTER, A0      \
	VPADDD  FOUR, COUNTER, COUNTER \
	VPXORQ  KEY0, A0, A0           \
	VAESENC KEY1, A0, A0           \
	VAESENC KEY2, A0, A0           \
	VAESENC KEY3, A0, A0           \
	VAESENC KEY4, A0, A0           \
	VAESENC KEY5, A0, A0           \
	VAESENC KEY6, A0, A0           \
	VAESENC KEY7, A0, A0           \
	VAESENC KEY8, A0, A0           \
	VAESENC KEY9, A0, A0
