/* SPDX-License-Identifier: Apache-2.0 */
/* The source of data.o: variables to set, and slots of a prog array. */
typedef unsigned int __u32;
#define SEC(name) __attribute__((section(name), used))

enum mode { OFF, ON = 7, AUTO = -3 };

struct limits {
	unsigned char tag;
	__u32 low;
	union {
		unsigned short half;
		signed char bytes[2];
	};
	int odd : 3;
};

const volatile __u32 threshold = 1000;
const volatile char banner[8] = "hello";
const volatile enum mode mode = ON;
const volatile _Bool verbose = 1;
const volatile signed char tiny = -1;
const volatile unsigned long long wide = 5;
struct limits limits = { 1, 2, { 3 } };
__u32 table[4] = { 4, 5, 6, 7 };
void *pointer;
int zeroed;

int target(void *ctx);

struct {
	int (*type)[3];
	int (*max_entries)[4];
	int (*key_size)[4];
	int (*pinning)[1];
	int (*values[])(void *);
} jumps SEC(".maps") = { .values = { [2] = target } };

struct inner {
	int (*type)[2];
	int (*max_entries)[1];
	int *key;
	int *value;
} one SEC(".maps");

struct {
	int (*type)[12];
	int (*max_entries)[2];
	int *key;
	struct inner *values[];
} outer SEC(".maps") = { .values = { [1] = &one } };

static void (*tail_call)(void *, void *, __u32) = (void *)12;

SEC("xdp") int target(void *ctx)
{
	return threshold + banner[1] + mode + verbose + tiny + wide;
}

SEC("?xdp/cpumap") int entry(void *ctx)
{
	tail_call(ctx, &jumps, 2);
	zeroed = limits.low + table[1] + (pointer != &outer);
	return zeroed;
}

char _license[] SEC("license") = "Proprietary";
