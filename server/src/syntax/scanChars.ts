/** Character classes and word lists of the lexical scanner. */

export const SPACE = 1;
export const NEWLINE = 2;
export const WORD = 3;
export const DIGIT = 4;

/** Class of an ASCII character; 0 for punctuation and everything else. */
export const CLASS = new Uint8Array(128);
for (const c of " \t\r\v\f") CLASS[c.charCodeAt(0)] = SPACE;
CLASS[10] = NEWLINE;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT;
for (let c = 65; c <= 90; c++) CLASS[c] = CLASS[c + 32] = WORD;
CLASS[95] = WORD;

/** 1 for characters that continue a word. */
export const IS_WORD = new Uint8Array(128);
for (let c = 0; c < 128; c++) IS_WORD[c] = (CLASS[c] as number) >= WORD ? 1 : 0;

/** Hash of a word; the scanners compute the same inline. */
export function hashOf(word: string): number {
  let h = 0;
  for (let i = 0; i < word.length; i++) h = (Math.imul(h, 31) + word.charCodeAt(i)) | 0;
  return h;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

/** After one of these an identifier is a value. */
export const CONTROL_KEYWORDS = words(`
  return case if while for switch do else default break continue sizeof typeof __typeof__ __typeof typeof_unqual
  __builtin_offsetof offsetof _Generic alignof _Alignof __alignof__ __extension__ asm __asm__ __asm`);

/** After one of these comes a tag or a label. */
export const TAG_KEYWORDS = words("struct union enum goto");

/** After one of these an identifier is being declared. */
export const TYPE_KEYWORDS = words(`
  void char short int long float double signed unsigned bool _Bool auto __auto_type const volatile restrict
  __restrict __const __const__ __volatile__ __signed__ __signed register _Atomic __int128`);

export const STORAGE_KEYWORDS = words("static extern inline __inline __inline__ typedef _Noreturn _Thread_local");

/** Annotations that are neither a name nor a type, with or without arguments. */
export const ATTRIBUTES = words(`
  __attribute__ __attribute __printf __scanf __acquires __releases __must_hold __cond_acquires __cond_lock
  __acquires_shared __releases_shared __must_hold_shared __cond_acquires_shared __cond_releases __requires_cap
  __guarded_by __pt_guarded_by __must_not_hold __excludes __no_context_analysis __context_unsafe
  __acquire_ret __acquires_ret __releases_ret __assumes_cap
  __section __aligned __alias __alloc_size __realloc_size __no_sanitize __no_sanitize_address __no_sanitize_memory
  __no_sanitize_or_inline __no_kcsan __no_kasan_or_inline __no_kmsan_checks __no_kmsan_or_inline __no_kstack_erase
  __always_inline noinline __noinline noinline_for_stack noinline_for_tracing __no_profile nokprobe_inline
  __init __exit __initdata __initconst __exitdata __meminit __meminitdata __memexit __cpuinit __devinit __ref
  __refdata __refconst __init_memblock __initdata_memblock __init_or_module __net_init __net_exit __earlyonly_bootmem
  __sched __lockfunc __cpuidle __kprobes notrace noinstr __noinstr_section __visible asmlinkage __malloc __pure
  __attribute_const__ __cold __hot __flatten __weak __used __maybe_unused __always_unused __unused __must_check
  __deprecated __noreturn fastcall __noclone __optimize __latent_entropy __randomize_layout
  __no_randomize_layout __designated_init __packed __read_mostly __ro_after_init __user __kernel __iomem __percpu
  __rcu __force __nocast __safe __private __bitwise __counted_by __counted_by_le __counted_by_be __counted_by_ptr
  __sized_by __nonstring __cacheline_aligned __cacheline_aligned_in_smp ____cacheline_aligned
  ____cacheline_aligned_in_smp ____cacheline_internodealigned_in_smp __cacheline_group_begin __cacheline_group_end
  __page_aligned_bss __page_aligned_data __bpf_kfunc __bpf_kfunc_start_defs __bpf_kfunc_end_defs __nocfi __noscs
  __no_stack_protector __stackprotector __overloadable __diagnose_as __compiletime_error __compiletime_warning
  __assume_aligned __copy __gnu_inline __retain __mode __no_instrument_function __no_caller_saved_registers
  __symver __ksym __kptr __percpu_kptr __arena __apicdebuginit __xipram __fpu __vdso __tracepoint_string
  __free __cleanup randomized_struct_fields_start randomized_struct_fields_end __naked 
  __head __purgatory __uninitialized`);

/** File-level macros that only annotate a function: they neither call it nor keep its address for calling. */
export const ANNOTATING_MACROS = new Set([
  "NOKPROBE_SYMBOL",
  "ALLOW_ERROR_INJECTION",
  "COND_SYSCALL",
  "COND_SYSCALL_COMPAT",
  "STACK_FRAME_NON_STANDARD",
  "STACK_FRAME_NON_STANDARD_FP",
]);
