// A plugin of QEMU that counts what a program executes: instructions, loads and stores, and the
// bytes that these move. Prints one line of JSON at the end.
//
// The declarations are those of QEMU's plugin interface, version 1 (QEMU 6 to 9), which
// distributions do not package: see docs/devel/tcg-plugins in its source.
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint32_t mem_info;
enum { kNoRegisters = 0, kAddInline = 0, kReads = 1, kWrites = 2, kBoth = 3 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*callback)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation,
                                              void *counter, uint64_t amount);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                      void (*callback)(unsigned, mem_info, uint64_t, void *),
                                      int registers, int which, void *data);
unsigned qemu_plugin_mem_size_shift(mem_info info);
_Bool qemu_plugin_mem_is_store(mem_info info);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *data);
void qemu_plugin_outs(const char *text);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

// The program that is counted has one thread at work, so plain counters are exact.
static uint64_t instructions, accesses[2], bytes[2];

static void on_access(unsigned cpu, mem_info info, uint64_t address, void *data) {
  (void)cpu, (void)address, (void)data;
  const int store = qemu_plugin_mem_is_store(info);
  accesses[store]++;
  bytes[store] += UINT64_C(1) << qemu_plugin_mem_size_shift(info);
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  qemu_plugin_register_vcpu_tb_exec_inline(tb, kAddInline, &instructions, count);
  for (size_t i = 0; i < count; ++i) {
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, kNoRegisters, kBoth,
                                     NULL);
  }
}

static void at_exit(plugin_id id, void *data) {
  (void)id, (void)data;
  fprintf(stderr,
          "{\"instructions\":%" PRIu64 ",\"loads\":%" PRIu64 ",\"stores\":%" PRIu64
          ",\"bytesLoaded\":%" PRIu64 ",\"bytesStored\":%" PRIu64 "}\n",
          instructions, accesses[0], accesses[1], bytes[0], bytes[1]);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info,
                                                               int count, char **arguments) {
  (void)info, (void)count, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, at_exit, NULL);
  return 0;
}
