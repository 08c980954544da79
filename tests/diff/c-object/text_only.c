/* SPDX-License-Identifier: Apache-2.0 */
/* One function without SEC(): the object's one program, of no type. */
int alone(void *ctx)
{
	return 1;
}

char _license[] __attribute__((section("license"), used)) = "GPL";
