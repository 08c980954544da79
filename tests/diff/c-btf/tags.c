/* SPDX-License-Identifier: Apache-2.0 */
/* Type and declaration tags, floats, wide integers, booleans. */
#if __has_attribute(btf_type_tag)
#define type_tag(x) __attribute__((btf_type_tag(#x)))
#else
#define type_tag(x)
#endif
#if __has_attribute(btf_decl_tag)
#define decl_tag(x) __attribute__((btf_decl_tag(#x)))
#else
#define decl_tag(x)
#endif

struct tagged {
	int type_tag(user) *user;
	int type_tag(percpu) type_tag(rcu) *both;
	struct tagged type_tag(rcu) *next;
	const int type_tag(user) *const konst;
	int member decl_tag(member);
} decl_tag(structure);

typedef int tagged_int decl_tag(typedef);

int function(struct tagged *t decl_tag(argument)) decl_tag(function);
int function(struct tagged *t) { return t->member; }

struct numbers {
	float f; double d; long double ld; _Bool b; char c; signed char sc;
	unsigned char uc; __int128 wide; unsigned __int128 uwide;
	long long ll; tagged_int t; __builtin_va_list args;
};

struct tagged v1; struct numbers v2; int v3 decl_tag(variable);
