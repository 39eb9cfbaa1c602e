// Reads what matters of a shared object: System V ABI, chapters 4 and 5 (gabi), and the symbol
// versions of the Linux Standard Base. Little-endian, 32 and 64 bits.

export interface Elf {
  readonly bits: 32 | 64
  /** e_machine: 40 ARM, 62 x86-64, 183 AArch64. */
  readonly machine: number
  readonly loads: readonly {
    readonly align: number
    readonly offset: number
    readonly address: number
  }[]
  /** Whether its stack asks to be executable. */
  readonly executableStack: boolean
  readonly needed: readonly string[]
  /** Symbol versions wanted of other libraries, such as GLIBC_2.17. */
  readonly versions: readonly string[]
  /** Names that others can see. */
  readonly exports: readonly string[]
  /** Names that others must provide. */
  readonly imports: readonly string[]
  readonly nodelete: boolean
  readonly searchPaths: readonly string[]
  readonly sections: readonly string[]
}

// Names as in elf.h.
const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_GNU_STACK = 0x6474e551
const PF_X = 1
const DT = {
  NEEDED: 1,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RPATH: 15,
  RUNPATH: 29,
  FLAGS_1: 0x6ffffffb,
  VERNEED: 0x6ffffffe,
  VERNEEDNUM: 0x6fffffff
}
const DF_1_NODELETE = 8
const SHT_DYNSYM = 11
const SHN_UNDEF = 0

/** Field offsets that differ with the word size. */
const layouts = {
  32: {
    header: {
      phoff: 28,
      shoff: 32,
      phentsize: 42,
      phnum: 44,
      shentsize: 46,
      shnum: 48,
      shstrndx: 50
    },
    segment: { flags: 24, offset: 4, address: 8, size: 16, align: 28 },
    section: { type: 4, offset: 16, size: 20 },
    symbol: { size: 16, info: 12, shndx: 14 }
  },
  64: {
    header: {
      phoff: 32,
      shoff: 40,
      phentsize: 54,
      phnum: 56,
      shentsize: 58,
      shnum: 60,
      shstrndx: 62
    },
    segment: { flags: 4, offset: 8, address: 16, size: 32, align: 48 },
    section: { type: 4, offset: 24, size: 32 },
    symbol: { size: 24, info: 4, shndx: 6 }
  }
} as const

interface Segment {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly size: number
  readonly align: number
}

class Reader {
  readonly bits: 32 | 64
  constructor(readonly bytes: Buffer) {
    if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46)
      throw new Error('not an ELF file')
    if (bytes[5] !== 1) throw new Error('not little-endian')
    this.bits = bytes[4] === 2 ? 64 : 32
  }
  get layout() {
    return layouts[this.bits]
  }
  half(at: number): number {
    return this.bytes.readUInt16LE(at)
  }
  word(at: number): number {
    return this.bytes.readUInt32LE(at)
  }
  /** An address, offset or size: as wide as the file's class. */
  wide(at: number): number {
    return this.bits === 64 ? Number(this.bytes.readBigUInt64LE(at)) : this.word(at)
  }
  text(at: number): string {
    return this.bytes.toString('latin1', at, this.bytes.indexOf(0, at))
  }

  segments(): Segment[] {
    const { header, segment } = this.layout
    const start = this.wide(header.phoff)
    return Array.from({ length: this.half(header.phnum) }, (_, i) => {
      const at = start + i * this.half(header.phentsize)
      return {
        type: this.word(at),
        flags: this.word(at + segment.flags),
        offset: this.wide(at + segment.offset),
        address: this.wide(at + segment.address),
        size: this.wide(at + segment.size),
        align: this.wide(at + segment.align)
      }
    })
  }

  sections(): { name: string; type: number; offset: number; size: number }[] {
    const { header, section } = this.layout
    const start = this.wide(header.shoff)
    const size = this.half(header.shentsize)
    const names = this.wide(start + this.half(header.shstrndx) * size + section.offset)
    return Array.from({ length: this.half(header.shnum) }, (_, i) => {
      const at = start + i * size
      return {
        name: this.text(names + this.word(at)),
        type: this.word(at + section.type),
        offset: this.wide(at + section.offset),
        size: this.wide(at + section.size)
      }
    })
  }

  /** The pairs tag, value of the dynamic section. */
  dynamic(segments: readonly Segment[]): [tag: number, value: number][] {
    const table = segments.find(({ type }) => type === PT_DYNAMIC)
    if (!table) throw new Error('not a dynamic object')
    const step = this.bits / 8
    const pairs: [number, number][] = []
    for (let at = table.offset; at < table.offset + table.size; at += 2 * step) {
      pairs.push([this.wide(at), this.wide(at + step)])
    }
    return pairs
  }
}

export function readElf(bytes: Buffer): Elf {
  const file = new Reader(bytes)
  const segments = file.segments()
  const loads = segments.filter(({ type }) => type === PT_LOAD)
  const dynamic = file.dynamic(segments)
  const values = (tag: number) => dynamic.filter(([t]) => t === tag).map(([, value]) => value)
  const value = (tag: number) => values(tag)[0] ?? 0
  const offsetOf = (address: number): number => {
    const load = loads.find((l) => address >= l.address && address < l.address + l.size)
    if (!load) throw new Error(`no segment holds the address ${address}`)
    return address - load.address + load.offset
  }
  const strings = offsetOf(value(DT.STRTAB))
  const named = (offset: number) => file.text(strings + offset)

  const versions = new Set<string>()
  let need = value(DT.VERNEEDNUM) > 0 ? offsetOf(value(DT.VERNEED)) : 0
  for (let i = 0; i < value(DT.VERNEEDNUM); i++) {
    // Verneed: version, cnt (half); file, aux, next (word). Vernaux: hash; flags, other; name, next.
    let aux = need + file.word(need + 8)
    for (let j = 0; j < file.half(need + 2); j++) {
      versions.add(named(file.word(aux + 8)))
      aux += file.word(aux + 12)
    }
    need += file.word(need + 12)
  }

  const sections = file.sections()
  const { symbol } = file.layout
  const table = sections.find(({ type }) => type === SHT_DYNSYM)
  const exports: string[] = []
  const imports: string[] = []
  // The first symbol is always the empty one.
  for (let i = 1; table && i < table.size / symbol.size; i++) {
    const at = table.offset + i * symbol.size
    const name = named(file.word(at))
    const weak = bytes.readUInt8(at + symbol.info) >> 4 === 2
    if (file.half(at + symbol.shndx) !== SHN_UNDEF) exports.push(name)
    else if (!weak) imports.push(name)
  }

  return {
    bits: file.bits,
    machine: file.half(18),
    loads: loads.map(({ align, offset, address }) => ({ align, offset, address })),
    executableStack: segments.some(
      ({ type, flags }) => type === PT_GNU_STACK && (flags & PF_X) !== 0
    ),
    needed: values(DT.NEEDED).map(named),
    versions: [...versions].sort(),
    exports: exports.sort(),
    imports: imports.sort(),
    nodelete: (value(DT.FLAGS_1) & DF_1_NODELETE) !== 0,
    searchPaths: [...values(DT.RPATH), ...values(DT.RUNPATH)].map(named),
    sections: sections.map(({ name }) => name)
  }
}
