/* SPDX-License-Identifier: Apache-2.0 */
/* The source of core-target.o: types as another kernel might have them. */
typedef unsigned long long __u64;

struct inner {
	__u64 pad;
	int a, b;
	int more;
};

struct thing {
	__u64 first;
	__u64 grown;
	unsigned int before : 9, low : 3, high : 5;
	struct {
		struct {
			int hidden;
		};
	};
	struct inner in[3];
	long pointer;
	int moved;
};

enum colour { GREEN = 20, RED = 10, BLUE };
typedef long number_t;

struct thing thing;
enum colour colour;
number_t number;
