/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles through pointers, and types that are only declared. */
struct b;
union u;
struct unknown;
enum late;
struct a { struct b *b; union u *u; struct unknown *nobody; };
struct b { struct a a; struct c *c; struct b *self; };
struct c { struct { struct b *up; struct d *down; } links; struct c **list; };
struct d { struct c c[2]; typeof(struct a *) same; };
union u { struct b *b; struct d *d; struct { union u *next; }; };

typedef struct node node_t;
typedef node_t *node_p;
struct node { node_p next, prev; node_t *tree[2]; void (*visit)(node_t *); };
typedef struct { struct node head; node_t *tail; } list_t;
typedef list_t lists_t[2];
struct owner { lists_t lists; list_t *extra; struct owner *(*find)(list_t); };

struct d v1; union u v2; struct owner v3; struct a v4;
