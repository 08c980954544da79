/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value graph. Which marks go where from a node that gets them:
 *
 *	kind		PRECISE		READ
 *	NONE, ENTRY	-		-
 *	CONST, LOAD	-		-	an address has been made
 *	CALL		-		-	precise by its own access
 *	WIDENED		-		a
 *	COPY		a		-
 *	ALU		a, b		-
 *	REFINED		a, b		a
 *	STORED		a, b		b	b is what the slot held
 *	CHECKPOINT	a, followers	a, followers
 *
 * READ stays with one place: `a` of a COPY or STORED lies elsewhere, and was
 * marked when it was read from there; `a` of a REFINED or WIDENED is the same
 * place. A mark that a node has already does not go on; the graph may have
 * circles (through followers), and each node passes on each mark once, so that
 * marking all of a walk costs O(nodes + followers).
 *
 * Nodes name only older nodes, but followers newer ones as well. Marks are
 * propagated with a worklist, as chains of values are as long as paths.
 *
 * Invariant: for each node n and mark m that n has, all nodes that the table
 * names for (n, m) have m. value_new keeps it as new nodes have no marks,
 * value_mark restores it before it returns, value_follow hands on what the
 * kept node has at once.
 */
#include "verify/state/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define NODES_LEAST	1024
#define NODES_MAX	(1u << 26)	/* a gigabyte */

/* The hint has to come before the copy. */
static bool grow(void **data, uint32_t *cap, size_t size)
{
	uint32_t room = *cap ? *cap * 2 : NODES_LEAST;
	void *grown;

	if (room > NODES_MAX)
		return false;
	grown = malloc(room * size);
	if (!grown)
		return false;
	large_hint(grown, room * size);
	if (*data)
		memcpy(grown, *data, *cap * size);
	free(*data);
	*data = grown;
	*cap = room;
	return true;
}

int values_init(struct values *values)
{
	*values = (struct values){ 0 };
	if (!grow((void **)&values->nodes, &values->cap,
		  sizeof(*values->nodes)) ||
	    !grow((void **)&values->followers, &values->followers_cap,
		  sizeof(*values->followers))) {
		values_fini(values);
		return -ENOMEM;
	}
	values->nodes[0] = (struct value){ .kind = VALUE_NONE };
	values->followers[0] = (struct value_follower){ 0 };
	values->cnt = 1;
	values->followers_cnt = 1;
	return 0;
}

void values_fini(struct values *values)
{
	free(values->nodes);
	free(values->followers);
	free(values->todo);
	*values = (struct values){ 0 };
}

uint32_t value_new(struct values *values, enum value_kind kind,
		   uint32_t insn, uint32_t a, uint32_t b)
{
	if (unlikely(values->cnt == values->cap) &&
	    !grow((void **)&values->nodes, &values->cap,
		  sizeof(*values->nodes))) {
		values->failed = true;
		return 0;
	}
	values->nodes[values->cnt] = (struct value){
		.insn = insn, .a = a, .b = b, .kind = (uint8_t)kind,
	};
	return values->cnt++;
}

/* Gives `node` those of `marks` that it lacks; it then waits to pass on. */
static void reach(struct values *values, uint32_t node, uint8_t marks)
{
	struct value *value = &values->nodes[node];

	if (!node || !(marks & ~value->marks))
		return;
	value->marks |= marks;
	if (unlikely(values->todo_cnt == values->todo_cap) &&
	    !grow((void **)&values->todo, &values->todo_cap,
		  sizeof(*values->todo))) {
		values->failed = true;
		return;
	}
	values->todo[values->todo_cnt++] = node;
}

static void reach_followers(struct values *values, uint32_t first,
			    uint8_t marks)
{
	for (uint32_t i = first; i; i = values->followers[i].next)
		reach(values, values->followers[i].value, marks);
}

static void pass_on(struct values *values, const struct value *value)
{
	uint8_t precise = value->marks & VALUE_PRECISE;

	switch (value->kind) {
	case VALUE_COPY:
		reach(values, value->a, precise);
		break;
	case VALUE_ALU:
		reach(values, value->a, precise);
		reach(values, value->b, precise);
		break;
	case VALUE_REFINED:
		reach(values, value->a, value->marks);
		reach(values, value->b, precise);
		break;
	case VALUE_WIDENED:
		reach(values, value->a, value->marks & VALUE_READ);
		break;
	case VALUE_STORED:
		reach(values, value->a, precise);
		reach(values, value->b, value->marks);
		break;
	case VALUE_CHECKPOINT:
		reach(values, value->a, value->marks);
		reach_followers(values, value->b, value->marks);
		break;
	default:
		break;
	}
}

void value_mark(struct values *values, uint32_t node, uint8_t marks)
{
	reach(values, node, marks);
	while (values->todo_cnt)
		pass_on(values,
			&values->nodes[values->todo[--values->todo_cnt]]);
}

void value_follow(struct values *values, uint32_t kept, uint32_t cut)
{
	struct value *value = &values->nodes[kept];

	if (!kept || !cut || kept == cut)
		return;
	if (value->marks)
		value_mark(values, cut, value->marks);
	if (values->followers_cnt == values->followers_cap &&
	    !grow((void **)&values->followers, &values->followers_cap,
		  sizeof(*values->followers))) {
		values->failed = true;
		return;
	}
	values->followers[values->followers_cnt] = (struct value_follower){
		.value = cut, .next = value->b,
	};
	value->b = values->followers_cnt++;
}
