/* SPDX-License-Identifier: Apache-2.0 */
/* Declarators: functions, arrays and pointers around one another. */
typedef int (*compare)(const void *, const void *);
typedef void (*plain)(void);
typedef void *allocate(unsigned long);
typedef int matrix[3][4];
typedef const char *const names[5];

struct ops {
	int (*open)(struct ops *self, int flags);
	void *(*map)(void *, unsigned long, ...);
	compare (*pick)(int);
	int (*(*table[4])(char))[7];
};

struct arrays {
	int *pointers[3];
	int (*pointer)[3];
	const int numbers[2][3][4];
	const volatile int *const volatile qualified;
	char *restrict alone;
	int *(*deep)[2][5];
	int (*functions[2][3])(matrix *, names);
	allocate *allocator;
	struct { int (*inner)(struct { int hidden; } *); } *anonymous[2];
	const struct ops *const ops[1];
	volatile _Bool flag;
	int none[0];
};

int take(struct arrays *arrays, plain call, compare order)
{
	call();
	return order(arrays, arrays->ops[0]);
}

struct ops v1; matrix v2;
