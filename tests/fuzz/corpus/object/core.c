/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source of core.o: one program per CO-RE relocation that returns its
 * value, to be linked against core-target.o; and two weak externs.
 */
typedef unsigned int __u32;
typedef unsigned long long __u64;

#define SEC(name) __attribute__((section(name), used))
#define relocated __attribute__((preserve_access_index))
#define FIELD(name, access, kind) \
	SEC("socket") __u64 name(void) \
	{ \
		return __builtin_preserve_field_info(access, kind); \
	}
#define TYPE(name, type, kind) \
	SEC("socket") __u64 name(void) \
	{ \
		return __builtin_preserve_type_info(*(type *)0, kind); \
	}
#define ENUM(name, type, value, kind) \
	SEC("socket") __u64 name(void) \
	{ \
		return __builtin_preserve_enum_value(*(type *)value, kind); \
	}

enum { OFFSET, SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT };

struct inner {
	int a, b;
} relocated;

struct thing {
	char tag;
	int moved;
	__u32 grown;
	unsigned int low : 3, high : 5;
	struct inner in[4];
	union {
		int hidden;
		char other;
	};
	int gone;
	void *pointer;
} relocated;

struct thing___old {
	int gone_too;
	int moved;
} relocated;

struct missing {
	int x;
} relocated;

enum colour___mine { RED = 1, GREEN___x = 2, PINK = 3 };
typedef int number_t;

static struct thing *const t = 0;
static struct thing___old *const old = 0;
static struct missing *const no = 0;

FIELD(moved_offset, t->moved, OFFSET)
FIELD(old_moved_offset, old->moved, OFFSET)
FIELD(grown_size, t->grown, SIZE)
FIELD(moved_signed, t->moved, SIGNED)
FIELD(grown_signed, t->grown, SIGNED)
FIELD(high_offset, t->high, OFFSET)
FIELD(high_lshift, t->high, LSHIFT)
FIELD(high_rshift, t->high, RSHIFT)
FIELD(element_offset, t->in[2].b, OFFSET)
FIELD(element_exists, t->in[2].b, EXISTS)
FIELD(hidden_offset, t->hidden, OFFSET)
FIELD(gone_exists, t->gone, EXISTS)
FIELD(gone_offset, t->gone, OFFSET)
FIELD(gone_too_exists, old->gone_too, EXISTS)
FIELD(missing_exists, no->x, EXISTS)
FIELD(pointer_exists, t->pointer, EXISTS)
TYPE(thing_exists, struct thing, 0)
TYPE(thing_size, struct thing, 1)
TYPE(thing_matches, struct thing, 2)
TYPE(inner_matches, struct inner, 2)
TYPE(missing_type, struct missing, 0)
TYPE(missing_size, struct missing, 1)
TYPE(number_exists, number_t, 0)
ENUM(red_value, enum colour___mine, RED, 1)
ENUM(green_value, enum colour___mine, GREEN___x, 1)
ENUM(pink_exists, enum colour___mine, PINK, 0)
ENUM(pink_value, enum colour___mine, PINK, 1)

SEC("socket") __u64 load(struct thing *ctx)
{
	return ctx->grown;
}

extern int weak_func(int) __attribute__((section(".ksyms"), weak));
extern const int CONFIG_NO_SUCH __attribute__((section(".kconfig"), weak));

SEC("socket") int externs(void *ctx)
{
	return weak_func ? weak_func(CONFIG_NO_SUCH) : 7;
}

char _license[] SEC("license") = "GPL";
