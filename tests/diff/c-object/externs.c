/* SPDX-License-Identifier: Apache-2.0 */
/* __kconfig and __ksym externs, there and not there. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig;
extern enum libbpf_tristate CONFIG_NET __kconfig __weak;
extern int CONFIG_HZ __kconfig __weak;
extern unsigned long CONFIG_NO_SUCH_THING __kconfig __weak;
extern char CONFIG_NO_SUCH_CHAR __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[12] __kconfig __weak;
extern const void bpf_prog_fops __ksym __weak;
extern const void no_such_symbol __ksym __weak;

__u64 out[10];

SEC("xdp")
int externs(struct xdp_md *ctx)
{
	out[0] = LINUX_KERNEL_VERSION;
	out[1] = CONFIG_BPF;
	out[2] = CONFIG_NET;
	out[3] = CONFIG_HZ;
	out[4] = CONFIG_NO_SUCH_THING;
	out[5] = CONFIG_NO_SUCH_CHAR;
	out[6] = CONFIG_DEFAULT_HOSTNAME[2];
	out[7] = (__u64)&bpf_prog_fops;
	out[8] = (__u64)&no_such_symbol;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
